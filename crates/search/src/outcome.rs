//! What searches came to, kept until the index changes: the same words are asked again and again, by people who come back to
//! a page of results and by the pages that begin with one.
//!
//! Kept with a moment of the index ([`crate::snapshot::Snapshot`]) and gone with it. Of many searches where the results are and
//! what was counted ([`Outcomes`]), of some the whole answer as a program was sent it ([`Answers`]). Never here: an answer for
//! another viewer than the one who asked.

use std::collections::BTreeMap;
use std::sync::Arc;

use bytes::Bytes;

use crate::count::Counted;
use crate::dates::{DateColumn, PeriodCount};
use crate::kept::Kept;
use crate::ranking::Entry;
use crate::rule;
use crate::search::{Narrowed, Query, Viewer};
use crate::settings::Weights;
use crate::synonyms::Synonyms;

/// So many outcomes are kept, of some 5 kilobytes each.
const MOST: usize = 1_024;
/// An outcome with more values of facets is not kept.
const MOST_VALUES: usize = 1_000;
/// A search is made with the time of the hour's beginning: what is confirmed counts less over months.
const HOUR: i64 = 3_600;
/// One by what ends first with that of the minute's.
const MINUTE: i64 = 60;

/// Everything beside the index that decides what a search comes to.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Asked {
    pub(crate) query: Query,
    pub(crate) viewer: Viewer,
    /// Seconds.
    pub(crate) now: i64,
    pub(crate) today: chrono::NaiveDate,
    /// Whether another spelling is looked for where little is found.
    pub(crate) propose: bool,
}

/// What a search came to.
#[derive(Clone, Debug)]
pub(crate) struct Outcome {
    /// Made with these.
    pub(crate) weights: Arc<Weights>,
    pub(crate) synonyms: Arc<Synonyms>,
    /// The results of the page.
    pub(crate) top: Vec<Entry>,
    pub(crate) next: Option<String>,
    pub(crate) total: u64,
    pub(crate) facets: Counted,
    pub(crate) periods: BTreeMap<DateColumn, Vec<PeriodCount>>,
    pub(crate) without: BTreeMap<Narrowed, u64>,
    /// Segment and document of the one whose code or number was typed.
    pub(crate) named: Option<(usize, u32)>,
    pub(crate) step: usize,
    pub(crate) did_you_mean: Option<String>,
    /// The beginnings of words that stand for more than was read.
    pub(crate) cut: Vec<String>,
}

impl Outcome {
    /// Whether it was made with these weights and synonyms, and every rule counts.
    fn is_of(&self, weights: &Arc<Weights>, synonyms: &Arc<Synonyms>) -> bool {
        Arc::ptr_eq(&self.weights, weights) && Arc::ptr_eq(&self.synonyms, synonyms) && !rule::any_is_off()
    }
}

/// The outcomes of one moment of the index.
#[derive(Default)]
pub(crate) struct Outcomes(Kept<Asked, Arc<Outcome>>);

impl Outcomes {
    /// The outcome of a search that was made before with these weights and synonyms.
    pub(crate) fn of(&self, asked: &Asked, weights: &Arc<Weights>, synonyms: &Arc<Synonyms>) -> Option<Arc<Outcome>> {
        let kept = self.0.get(asked)?;
        kept.is_of(weights, synonyms).then_some(kept)
    }

    /// Keeps an outcome, if it is small enough.
    pub(crate) fn keep(&self, asked: Asked, outcome: &Arc<Outcome>) {
        let values: usize = outcome.facets.iter().map(|counted| counted.values.len()).sum();
        if values <= MOST_VALUES && !rule::any_is_off() {
            self.0.put(asked, Arc::clone(outcome), 1, MOST);
        }
    }
}

/// The beginning of the minute of a moment, both in seconds.
pub(crate) fn minute_of(now: i64) -> i64 {
    now - now.rem_euclid(MINUTE)
}

/// The beginning of the hour of a moment, both in seconds.
pub(crate) fn hour_of(now: i64) -> i64 {
    now - now.rem_euclid(HOUR)
}

/// Bytes that the key of a kept answer takes, about.
const KEY_BYTES: usize = 500;

/// What was answered at one moment of the index, as it was sent.
#[derive(Default)]
pub(crate) struct Answers(Kept<Asked, (Arc<Outcome>, Bytes)>);

impl Answers {
    /// What was answered to a search that was made before with these weights and synonyms.
    pub(crate) fn of(&self, asked: &Asked, weights: &Arc<Weights>, synonyms: &Arc<Synonyms>) -> Option<Bytes> {
        let (outcome, sent) = self.0.get(asked)?;
        outcome.is_of(weights, synonyms).then_some(sent)
    }

    /// Keeps an answer in so many bytes for all, unless it would take much of them.
    pub(crate) fn keep(&self, asked: Asked, outcome: Arc<Outcome>, sent: Bytes, room: usize) {
        let size = sent.len() + KEY_BYTES;
        if size <= room / 8 && !rule::any_is_off() {
            self.0.put(asked, (outcome, sent), size, room);
        }
    }
}
