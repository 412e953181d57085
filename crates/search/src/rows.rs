//! Words in a row with the marks that were typed, and how much one search may read.
//!
//! Where words stand is known of folded words alone. How often a text has a word without marks, with these marks, and the
//! row, says of nearly every text whether its row is the one that was typed; the texts of the few others are read. A row in a
//! part of a document that is not stored is believed. Never here: which documents have the words.

use std::cell::{Cell, RefCell};
use std::collections::BTreeSet;

use tantivy::postings::{Postings as _, SegmentPostings};
use tantivy::query::Scorer;

use crate::analysis::{self, Word};
use crate::failure::Failure;
use crate::matching::at;
use crate::snapshot::Snapshot;

/// The most stored texts that are read for one search.
const MAX_TEXTS: u32 = 256;
/// The most postings that are read for the beginnings of words in one search.
const MAX_POSTINGS: u64 = 5_000_000;

/// What one search may still read.
#[derive(Debug)]
pub(crate) struct Budget {
    texts: Cell<u32>,
    pub(crate) postings: Cell<u64>,
    /// The beginnings of words that stand for more than could be read.
    pub(crate) cut: RefCell<BTreeSet<String>>,
    /// What went wrong while a text was read: the search fails by it.
    failed: RefCell<Option<Failure>>,
}

impl Budget {
    /// What was found counts only if all could be read that was asked for.
    ///
    /// # Errors
    /// The last failure.
    pub(crate) fn must_be_read(&self) -> Result<(), Failure> {
        self.failed.take().map_or(Ok(()), Err)
    }
}

impl Default for Budget {
    fn default() -> Self {
        Self { texts: Cell::new(MAX_TEXTS), postings: Cell::new(MAX_POSTINGS), cut: RefCell::default(), failed: RefCell::default() }
    }
}

/// What a condition is asked of.
#[derive(Clone, Copy)]
pub(crate) struct Of<'a> {
    pub(crate) snapshot: &'a Snapshot,
    pub(crate) budget: &'a Budget,
}

/// The documents of a segment that have words in a row.
pub(crate) struct Row<'a> {
    /// Those that have it without marks.
    pub(crate) folded: Box<dyn Scorer>,
    /// None where no marks were typed.
    pub(crate) marks: Option<Marks<'a>>,
}

/// The marks of a row.
pub(crate) struct Marks<'a> {
    pub(crate) of: Of<'a>,
    /// The segment's place.
    pub(crate) segment: usize,
    pub(crate) words: Vec<Word>,
    /// Of each word of the row where it stands without marks.
    pub(crate) places: Vec<SegmentPostings>,
    /// Of the words with marks: which one, and the documents that have it so.
    pub(crate) exact: Vec<(usize, SegmentPostings)>,
}

impl Row<'_> {
    /// Whether a document has the row; asked forward only.
    pub(crate) fn is_at(&mut self, doc: u32) -> bool {
        at(self.folded.as_mut(), doc) && self.is_marked(doc)
    }

    /// Whether the row that a document has without marks has them too.
    pub(crate) fn is_marked(&mut self, doc: u32) -> bool {
        let Some(marks) = &mut self.marks else { return true };
        let Some(others) = marks.others(doc) else { return false };
        if others == 0 {
            return true;
        }
        let rows = marks.rows(doc);
        let left = marks.of.budget.texts.get();
        // Each other word spoils one row at most.
        if rows > others || left == 0 {
            return true;
        }
        marks.of.budget.texts.set(left - 1);
        marks.is_in_texts(doc, rows).unwrap_or_else(|failure| {
            marks.of.budget.failed.replace(Some(failure));
            true
        })
    }
}

impl Marks<'_> {
    /// How many of the words stand there with other marks; none if one of them is not there as typed.
    fn others(&mut self, doc: u32) -> Option<u32> {
        let mut others = 0;
        for (n, list) in &mut self.exact {
            let all = self.places.get_mut(*n)?;
            if !at(all, doc) || !at(list, doc) {
                return None;
            }
            others += all.term_freq().saturating_sub(list.term_freq());
        }
        Some(others)
    }

    /// How often the words stand in a row, whatever their marks.
    fn rows(&mut self, doc: u32) -> u32 {
        let mut begins: Option<BTreeSet<u32>> = None;
        let mut buffer = Vec::new();
        for (n, list) in (0_u32..).zip(&mut self.places) {
            if !at(list, doc) {
                return 0;
            }
            list.positions(&mut buffer);
            let here: BTreeSet<u32> = buffer.iter().filter_map(|place| place.checked_sub(n)).collect();
            begins = Some(match begins {
                Some(before) => before.intersection(&here).copied().collect(),
                None => here,
            });
        }
        begins.map_or(0, |all| u32::try_from(all.len()).unwrap_or(u32::MAX))
    }

    /// Whether one of the stored texts has the row with its marks, or not all rows are in stored texts.
    fn is_in_texts(&self, doc: u32, rows: u32) -> Result<bool, Failure> {
        let snapshot = self.of.snapshot;
        let (card, body) = (snapshot.card(self.segment, doc)?, snapshot.body(self.segment, doc)?);
        let names = card.party.iter().flat_map(|party| party.name.values());
        let mut seen = 0;
        for passage in card.title.values().chain(body.values()).chain(names).flat_map(|text| text.lines()) {
            let mut words: Vec<Word> = Vec::new();
            analysis::words(&analysis::nfc(passage), |word| words.push(word.clone()));
            for row in words.windows(self.words.len()) {
                if row.iter().zip(&self.words).any(|(there, asked)| there.folded != asked.folded) {
                    continue;
                }
                if row.iter().zip(&self.words).all(|(there, asked)| !asked.marked || there.exact == asked.exact) {
                    return Ok(true);
                }
                seen += 1;
            }
        }
        Ok(seen < rows)
    }
}
