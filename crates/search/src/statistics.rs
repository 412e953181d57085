//! What scores are made of beside the texts themselves: how many documents there are, how long they are, and in how many of
//! them a term is.
//!
//! Two things hold. A word that only stands in what a viewer may not see is, to that viewer, nowhere: it neither weighs in
//! what is relaxed nor keeps a spelling from being mended. And the pages of one walk are made with the figures of its first
//! page ([`Fixed`], carried in the cursor), so that what is published meanwhile moves nothing back over the end of a page.

use std::collections::HashMap;

use foldhash::fast::RandomState;
use serde::{Deserialize, Serialize};
use tantivy::schema::{Field, IndexRecordOption};
use tantivy::{DocSet, TERMINATED, Term};

use crate::bits::Bits;
use crate::failure::Failure;
use crate::snapshot::{Segment, Snapshot, idf};

/// So many documents of a term are looked at one by one. Of a term that more have, what is hidden from the viewer counts as
/// well, as long as there is something else.
const COUNTED: usize = 64;

/// So many figures are carried from page to page; what is asked for first decides most.
const CARRIED: usize = 400;

/// The figures of one search, in the order in which they are first asked for: the same query asks for the same ones.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Fixed {
    documents: u64,
    /// The mean length of each scored field, in hundredths.
    lengths: Vec<u32>,
    frequencies: Vec<u64>,
}

/// The figures of one search.
pub(crate) struct Statistics<'a> {
    pub(crate) snapshot: &'a Snapshot,
    /// Per segment what the viewer may see; none where that is all of it.
    hidden_beside: Vec<Option<&'a Bits>>,
    /// Those of the first page, on later ones.
    fixed: Option<Fixed>,
    /// In hundredths.
    lengths: Vec<u32>,
    documents: u64,
    known: HashMap<Term, u64, RandomState>,
    asked: Vec<u64>,
}

impl<'a> Statistics<'a> {
    /// Those of what a viewer may see, per segment; as they were on the first page, if this is a later one.
    pub(crate) fn new(snapshot: &'a Snapshot, visible: &'a [Bits], fixed: Option<Fixed>) -> Self {
        let whole = |(segment, visible): (&Segment, &'a Bits)| (visible.len() < u64::from(segment.bound())).then_some(visible);
        let hidden_beside = snapshot.segments.iter().zip(visible).map(whole).collect();
        Self::with(snapshot, hidden_beside, fixed)
    }

    /// Those of everything there is.
    pub(crate) fn of_all(snapshot: &'a Snapshot) -> Self {
        Self::with(snapshot, Vec::new(), None)
    }

    fn with(snapshot: &'a Snapshot, hidden_beside: Vec<Option<&'a Bits>>, fixed: Option<Fixed>) -> Self {
        let scored = snapshot.fields.scored();
        let now = |field: &Field| (snapshot.mean_length(*field).unwrap_or(1.0) * 100.0).round() as u32;
        let lengths = match &fixed {
            Some(fixed) => fixed.lengths.clone(),
            None => scored.iter().map(now).collect(),
        };
        let documents = fixed.as_ref().map_or(snapshot.documents, |fixed| fixed.documents);
        Self { snapshot, hidden_beside, fixed, lengths, documents, known: HashMap::default(), asked: Vec::new() }
    }

    /// In how many documents a term is.
    pub(crate) fn frequency(&mut self, term: &Term) -> Result<u64, Failure> {
        if let Some(known) = self.known.get(term) {
            return Ok(*known);
        }
        let fixed = self.fixed.as_ref().and_then(|fixed| fixed.frequencies.get(self.asked.len()));
        let frequency = match fixed {
            Some(fixed) => *fixed,
            None => self.count(term)?,
        };
        self.known.insert(term.clone(), frequency);
        self.asked.push(frequency);
        Ok(frequency)
    }

    fn count(&self, term: &Term) -> Result<u64, Failure> {
        let mut sum = 0;
        for (place, segment) in self.snapshot.segments.iter().enumerate() {
            let Some(all) = segment.list(term)?.map(|list| u64::from(list.doc_freq)) else { continue };
            sum += match self.hidden_beside.get(place).copied().flatten() {
                Some(visible) => seen(segment, term, visible)?.unwrap_or(all),
                None => all,
            };
        }
        Ok(sum)
    }

    /// How telling a term is that so many documents have: the fewer, the more.
    pub(crate) fn idf(&self, frequency: u64) -> f32 {
        idf(frequency, self.documents)
    }

    /// How many words a document has in a field on average; none where words are not counted.
    pub(crate) fn mean_length(&self, field: Field) -> Option<f32> {
        let place = self.snapshot.fields.scored().iter().position(|f| *f == field)?;
        // What comes back in a cursor may be anything.
        self.lengths.get(place).map(|hundredths| (*hundredths).max(100) as f32 / 100.0)
    }

    /// What later pages are to be made with.
    pub(crate) fn fix(self) -> Fixed {
        let Self { fixed, documents, lengths, asked: mut frequencies, .. } = self;
        frequencies.truncate(CARRIED);
        fixed.unwrap_or(Fixed { documents, lengths, frequencies })
    }
}

/// How many documents that the viewer may see have a term, if that is told soon: exactly for few, none at all for any
/// number, and nothing where there are many.
fn seen(segment: &Segment, term: &Term, visible: &Bits) -> Result<Option<u64>, Failure> {
    let Some(mut list) = segment.postings(term, IndexRecordOption::Basic)? else { return Ok(Some(0)) };
    let (mut looked_at, mut seen, mut doc) = (0, 0, list.doc());
    while doc != TERMINATED {
        if looked_at >= COUNTED && seen > 0 {
            return Ok(None);
        }
        seen += u64::from(visible.contains(doc));
        looked_at += 1;
        doc = list.advance();
    }
    Ok(Some(seen))
}
