//! In which order found documents come: the best `limit` of a set, by score or by a column.
//!
//! A document's score is what its words are worth ([`crate::scoring`]), times its standing: fresh, complete, verified.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use crate::failure::Failure;
use crate::matching::Found;
use crate::nearness::Nearness;
use crate::plan::Plan;
use crate::schema::{NEVER, VERIFIED};
use crate::scoring::{self, Bar, Similarity};
use crate::search::Sort;
use crate::settings::Weights;
use crate::snapshot::{Core, Snapshot};

const SECONDS_PER_DAY: f32 = 86_400.0;

/// What decides the order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Order {
    /// The score.
    Score,
    /// Standing alone, where nothing was typed.
    Standing,
    /// Last published first.
    Newest,
    /// The readiest first.
    Trl,
    /// What ends first, first; what has ended comes last.
    ClosingSoon,
}

impl Order {
    /// The order of a search: by standing where it fits best but nothing says how well, as with values alone.
    pub(crate) fn of(sort: Sort, plan: &Plan) -> Self {
        match sort {
            Sort::Relevance if plan.scoring.is_empty() => Self::Standing,
            Sort::Relevance => Self::Score,
            Sort::Newest => Self::Newest,
            Sort::Trl => Self::Trl,
            Sort::ClosingSoon => Self::ClosingSoon,
        }
    }

    /// Its name.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Score => "score",
            Self::Standing => "standing",
            Self::Newest => "newest",
            Self::Trl => "trl",
            Self::ClosingSoon => "closing_soon",
        }
    }
}

/// Which documents are wanted.
pub(crate) struct Wanted {
    pub(crate) order: Order,
    pub(crate) limit: usize,
    /// Only what comes behind this key and id.
    pub(crate) after: Option<(u64, u128)>,
    /// Down to where documents are put in order again, as it was on the first page.
    pub(crate) window: Option<(u64, u128)>,
    /// Seconds.
    pub(crate) now: i64,
}

/// A document on the page. Larger keys come first, and of equal keys larger ids.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Entry {
    pub(crate) key: u64,
    pub(crate) id: u128,
    pub(crate) segment: usize,
    pub(crate) doc: u32,
    pub(crate) score: f32,
}

impl Eq for Entry {}

impl Ord for Entry {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        (self.key, self.id).cmp(&(other.key, other.id))
    }
}

impl PartialOrd for Entry {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

/// The best entries so far.
pub(crate) struct Best {
    heap: BinaryHeap<Reverse<Entry>>,
    limit: usize,
    after: Option<(u64, u128)>,
    /// What comes behind this key and id is not wanted.
    down_to: Option<(u64, u128)>,
}

impl Best {
    pub(crate) fn new(limit: usize, after: Option<(u64, u128)>) -> Self {
        Self { heap: BinaryHeap::with_capacity(limit.min(1_024) + 1), limit, after, down_to: None }
    }

    /// The key that must at least be reached.
    pub(crate) fn least(&self) -> Option<u64> {
        let full = if self.heap.len() < self.limit { None } else { self.heap.peek().map(|Reverse(e)| e.key) };
        full.max(self.down_to.map(|(key, _)| key))
    }

    /// Puts a document in its place; its id is only read if its key may bring it onto the page.
    pub(crate) fn offer(&mut self, core: &Core, mut entry: Entry) {
        if self.after.is_some_and(|(key, _)| entry.key > key) || self.least().is_some_and(|least| entry.key < least) {
            return;
        }
        entry.id = core.id(entry.doc);
        let place = (entry.key, entry.id);
        if self.after.is_some_and(|after| place >= after) || self.down_to.is_some_and(|last| place < last) {
            return;
        }
        if self.heap.len() >= self.limit {
            if self.heap.peek().is_none_or(|Reverse(worst)| entry <= *worst) {
                return;
            }
            self.heap.pop();
        }
        self.heap.push(Reverse(entry));
    }

    pub(crate) fn into_sorted(self) -> Vec<Entry> {
        self.heap.into_sorted_vec().into_iter().map(|Reverse(e)| e).collect()
    }
}

/// So many of the best are looked at again for where their words stand.
pub(crate) const WINDOW: usize = 60;
/// On later pages so many at most: those of the first page's window and what came among them since.
const LATER_WINDOW: usize = 1_000;
/// A window that all results were in.
const ALL: (u64, u128) = (0, 0);

/// A page of results.
pub(crate) struct Page {
    pub(crate) entries: Vec<Entry>,
    /// For [`Wanted::window`] of the next page.
    pub(crate) window: Option<(u64, u128)>,
}

/// The best of what was found. The first [`WINDOW`] by score are put in order by score and nearness; what is added is
/// never less than nothing, so what is behind them stays behind them and pages join. Which those are is decided on the first
/// page: what comes among them later takes no place of theirs.
pub(crate) fn top(
    snapshot: &Snapshot,
    similarities: &[Similarity<'_>],
    nearness: Option<&Nearness>,
    weights: &Weights,
    found: &Found,
    wanted: &Wanted,
) -> Result<Page, Failure> {
    let by_score = |best: Best| by_score(snapshot, similarities, weights, found, wanted, best);
    let Some(nearness) = nearness.filter(|_| wanted.order == Order::Score) else {
        return Ok(Page { entries: by_score(Best::new(wanted.limit, wanted.after))?, window: None });
    };
    let mut best = Best::new(if wanted.window.is_none() { WINDOW } else { LATER_WINDOW }, None);
    best.down_to = wanted.window;
    let mut entries = by_score(best)?;
    let full = entries.last().filter(|_| entries.len() == WINDOW).map(|e| (e.key, e.id));
    let window = wanted.window.or(full).unwrap_or(ALL);
    entries.sort_unstable_by_key(|e| (e.segment, e.doc));
    let mut reader = None;
    for entry in &mut entries {
        let Some(segment) = snapshot.segments.get(entry.segment) else { continue };
        if reader.as_ref().is_none_or(|(place, _)| *place != entry.segment) {
            reader = Some((entry.segment, nearness.open(segment)?));
        }
        if let Some((_, reader)) = &mut reader {
            entry.score += reader.bonus(entry.doc).max(0.0);
            entry.key = key_of(entry.score);
        }
    }
    entries.retain(|e| wanted.after.is_none_or(|after| (e.key, e.id) < after));
    entries.sort_unstable_by(|a, b| b.cmp(a));
    entries.truncate(wanted.limit);
    if entries.len() < wanted.limit && window != ALL {
        let after = Some(wanted.after.map_or(window, |after| after.min(window)));
        entries.extend(by_score(Best::new(wanted.limit - entries.len(), after))?);
    }
    Ok(Page { entries, window: Some(window) })
}

/// The best of what was found by the order alone.
fn by_score(
    snapshot: &Snapshot,
    similarities: &[Similarity<'_>],
    weights: &Weights,
    found: &Found,
    wanted: &Wanted,
    mut best: Best,
) -> Result<Vec<Entry>, Failure> {
    let standing = Standing { weights, now: wanted.now };
    for (place, (segment, hits)) in snapshot.segments.iter().zip(&found.segments).enumerate() {
        if hits.hits.is_empty() {
            continue;
        }
        let core = segment.core.as_ref();
        let entry = |doc, key, score| Entry { key, id: 0, segment: place, doc, score };
        match wanted.order {
            Order::Score => {
                let most_standing = weights.most();
                let least = best.least().map_or(0.0, |key| score_of(key) / most_standing);
                let of_document = |doc| standing.of(core, doc);
                let bar = Bar { least, page: best.after.is_none().then_some(best.limit), most_standing, standing: &of_document };
                for (doc, text) in scoring::texts(segment, place, similarities, &hits.hits, &bar)? {
                    if best.least().is_none_or(|key| text * most_standing * 1.000_1 >= score_of(key)) {
                        let score = text * standing.of(core, doc);
                        best.offer(core, entry(doc, key_of(score), score));
                    }
                }
            }
            Order::Standing => {
                for doc in hits.hits.iter() {
                    let score = standing.of(core, doc);
                    best.offer(core, entry(doc, key_of(score), score));
                }
            }
            Order::Newest => {
                for doc in hits.hits.iter() {
                    best.offer(core, entry(doc, ordered(core.published.first(doc).unwrap_or_default()), 0.0));
                }
            }
            Order::Trl => {
                for doc in hits.hits.iter() {
                    best.offer(core, entry(doc, core.trl.first(doc).unwrap_or_default(), 0.0));
                }
            }
            Order::ClosingSoon => {
                for doc in hits.hits.iter() {
                    let closes = core.closes.first(doc).unwrap_or(NEVER);
                    let closes = if closes < wanted.now { NEVER } else { closes };
                    best.offer(core, entry(doc, !ordered(closes), 0.0));
                }
            }
        }
    }
    Ok(best.into_sorted())
}

/// Positive scores keep their order as whole numbers.
pub(crate) fn key_of(score: f32) -> u64 {
    u64::from(score.max(0.0).to_bits())
}

/// The score of a key.
pub(crate) fn score_of(key: u64) -> f32 {
    f32::from_bits(u32::try_from(key).unwrap_or(u32::MAX))
}

/// Signed numbers keep their order as unsigned ones.
fn ordered(value: i64) -> u64 {
    value.cast_unsigned() ^ (1 << 63)
}

/// What a document counts beside its words.
pub(crate) struct Standing<'a> {
    pub(crate) weights: &'a Weights,
    pub(crate) now: i64,
}

impl Standing<'_> {
    pub(crate) fn of(&self, core: &Core, doc: u32) -> f32 {
        let w = self.weights;
        let confirmed = core.confirmed.first(doc).unwrap_or(self.now);
        let age_days = self.now.saturating_sub(confirmed).max(0) as f32 / SECONDS_PER_DAY;
        let quality = core.quality.first(doc).unwrap_or_default();
        let complete = (quality & (VERIFIED - 1)) as f32 / 100.0;
        let verified = if quality & VERIFIED == 0 { 0.0 } else { w.verified.max(0.0) };
        let fresh = w.fresh.max(0.0) * (-age_days / w.fresh_half_days.max(1.0)).exp2();
        1.0 + fresh + w.complete.max(0.0) * complete + verified
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_keep_the_order() {
        assert!(key_of(1.5) > key_of(1.25) && key_of(0.0) == key_of(-1.0));
        assert!((score_of(key_of(3.25)) - 3.25).abs() < f32::EPSILON);
        assert!(ordered(-5) < ordered(0) && ordered(0) < ordered(7) && !ordered(3) > !ordered(4));
    }
}
