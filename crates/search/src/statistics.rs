//! What scores are made of beside the texts themselves: how many documents there are, how long they are, and in how many of
//! them a term is.
//!
//! Three things hold. A word that only stands in what a viewer may not see is, to that viewer, nowhere: it neither weighs in
//! what is relaxed nor keeps a spelling from being mended. The pages of one walk are made with the figures of its first
//! page ([`Fixed`], carried in the cursor), so that what is published meanwhile moves nothing back over the end of a page.
//! And what somebody can read out of a cursor or a score tells nothing of one hidden document: what hidden ones have a part
//! in is rounded to steps of a twentieth. Only where a figure happens to lie at the edge of a step does one document move it to
//! the next, which tells that some document came or went somewhere, and neither which nor what is in it.

use std::collections::HashMap;

use foldhash::fast::RandomState;
use serde::{Deserialize, Serialize};
use tantivy::schema::{Field, IndexRecordOption};
use tantivy::{DocSet, TERMINATED, Term};

use crate::bits::Bits;
use crate::failure::Failure;
use crate::snapshot::{Segment, Snapshot, idf};

/// So many documents of a term are looked at one by one. Of a term that more have, as many are taken to be visible as of all
/// documents are, as long as one is.
const COUNTED: usize = 64;
/// From one step to the next that figures are rounded to. Scores move by a hundredth at most.
const STEP: f64 = 1.05;

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
    hidden_beside: Vec<Option<Visible<'a>>>,
    /// Whether figures are for a viewer, and rounded.
    is_rounded: bool,
    /// Those of the first page, on later ones.
    fixed: Option<Fixed>,
    /// In hundredths.
    lengths: Vec<u32>,
    documents: u64,
    known: HashMap<Term, u64, RandomState>,
    asked: Vec<u64>,
}

/// The figures of this moment that are no matter of terms.
struct Now {
    documents: u64,
    lengths: Vec<u32>,
    is_rounded: bool,
}

/// What a viewer may see of a segment.
#[derive(Clone, Copy)]
struct Visible<'a> {
    documents: &'a Bits,
    /// Which share of all it is.
    share: f64,
}

impl<'a> Statistics<'a> {
    /// Those of what a viewer may see, per segment; as they were on the first page, if this is a later one.
    pub(crate) fn new(snapshot: &'a Snapshot, visible: &'a [Bits], fixed: Option<Fixed>) -> Self {
        let mut documents = 0;
        let mut hidden_beside = Vec::with_capacity(visible.len());
        for (segment, visible) in snapshot.segments.iter().zip(visible) {
            let (seen, all) = (visible.len(), u64::from(segment.bound()));
            documents += seen;
            hidden_beside.push((seen < all).then(|| Visible { documents: visible, share: seen as f64 / all.max(1) as f64 }));
        }
        let scored = snapshot.fields.scored();
        let now = |field: &Field| u32::try_from(rounded(u64::from(hundredths(snapshot, *field)))).unwrap_or(u32::MAX);
        let now = Now { documents, lengths: scored.iter().map(now).collect(), is_rounded: true };
        Self::with(snapshot, hidden_beside, fixed, now)
    }

    /// Those of everything there is.
    pub(crate) fn of_all(snapshot: &'a Snapshot) -> Self {
        let lengths = snapshot.fields.scored().iter().map(|field| hundredths(snapshot, *field)).collect();
        Self::with(snapshot, Vec::new(), None, Now { documents: snapshot.documents, lengths, is_rounded: false })
    }

    fn with(snapshot: &'a Snapshot, hidden_beside: Vec<Option<Visible<'a>>>, fixed: Option<Fixed>, now: Now) -> Self {
        let Now { documents, lengths, is_rounded } = match &fixed {
            Some(fixed) => Now { documents: fixed.documents, lengths: fixed.lengths.clone(), ..now },
            None => now,
        };
        Self { snapshot, hidden_beside, is_rounded, fixed, lengths, documents, known: HashMap::default(), asked: Vec::new() }
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
        let (mut sum, mut is_about) = (0, false);
        for (place, segment) in self.snapshot.segments.iter().enumerate() {
            let Some(all) = segment.list(term)?.map(|list| list.len()) else { continue };
            sum += match self.hidden_beside.get(place).copied().flatten() {
                Some(visible) => match seen(segment, term, visible.documents)? {
                    Some(seen) => seen,
                    None => {
                        is_about = true;
                        ((all as f64 * visible.share).round() as u64).max(1)
                    }
                },
                None => all,
            };
        }
        // A figure must not turn from exact to rounded by what is hidden: what many have is always rounded.
        let is_rounded = self.is_rounded && (is_about || sum > COUNTED as u64);
        Ok(if is_rounded { rounded(sum) } else { sum })
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

/// The mean length of a field, in hundredths.
fn hundredths(snapshot: &Snapshot, field: Field) -> u32 {
    (snapshot.mean_length(field).unwrap_or(1.0) * 100.0).round() as u32
}

/// A number to the nearest step.
fn rounded(number: u64) -> u64 {
    let steps = (number.max(1) as f64).log(STEP).round();
    if number == 0 { 0 } else { STEP.powf(steps).round() as u64 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rounding_keeps_the_order_and_nearly_the_number() {
        assert_eq!((rounded(0), rounded(1), rounded(2)), (0, 1, 2));
        let mut last = 0;
        for number in (1..5_000).chain([1_000_000, 121_057_000]) {
            let step = rounded(number);
            assert!(step >= last && step.abs_diff(number) as f64 <= number as f64 * 0.026 + 0.5, "{number}: {step}");
            assert_eq!(rounded(step), step, "{number}");
            last = step;
        }
        rounded(u64::MAX);
    }
}
