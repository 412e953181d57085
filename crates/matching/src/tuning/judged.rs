//! What was judged: lines of a file, and the space's own feedback.

use std::collections::{BTreeMap, BTreeSet};

use base::ListingId;
use store::{Store, StoreError};

use super::components::components;
use crate::feedback::{self, Opinion, WhyNot};

/// Verdicts that are read at once.
const PAGE: u64 = 1_000;

/// A line of a file of judged pairs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// The need, or the offer that is asked with: an external id, a code or an id.
    pub question: String,
    /// The offer, named in the same way.
    pub offer: String,
    /// Whether it is good.
    pub good: bool,
}

/// A line is not what it should be.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("three columns with tabs between them are expected: need, offer, and 1 for good or 0 for not good")]
pub struct BadLine;

/// Reads `need TAB offer TAB grade`.
///
/// # Errors
/// [`BadLine`] if it is another one.
pub fn read_line(line: &str) -> Result<Line, BadLine> {
    let mut columns = line.split('\t').map(str::trim);
    let (Some(question), Some(offer), Some(grade), None) = (columns.next(), columns.next(), columns.next(), columns.next()) else {
        return Err(BadLine);
    };
    let good = match grade {
        "1" => true,
        "0" => false,
        _ => return Err(BadLine),
    };
    if question.is_empty() || offer.is_empty() {
        return Err(BadLine);
    }
    Ok(Line { question: question.to_owned(), offer: offer.to_owned(), good })
}

/// What was said of pairs of listings, and by how many more.
#[derive(Clone, Debug, Default)]
pub struct Judgements {
    /// For each question the offers: how many more say good than not.
    pairs: BTreeMap<ListingId, BTreeMap<ListingId, i64>>,
    /// Questions of which all good ones are known: what is not judged there is not good.
    complete: BTreeSet<ListingId>,
}

impl Judgements {
    /// Adds one word on a pair; `complete` says that all good ones of this question are named.
    pub fn add(&mut self, question: ListingId, offer: ListingId, good: bool, complete: bool) {
        *self.pairs.entry(question).or_default().entry(offer).or_default() += if good { 1 } else { -1 };
        if complete {
            self.complete.insert(question);
        }
    }

    /// Adds what people of the space said of matches; gives how many verdicts count. That two know each other already
    /// says nothing of whether they fit, nor does what was said of a version that is no more.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn add_feedback(&mut self, store: &Store) -> Result<u64, StoreError> {
        let (mut last, mut count) = (None, 0);
        loop {
            let page = feedback::page_after(store, last.as_ref(), PAGE).await?;
            let Some(end) = page.last().cloned() else { return Ok(count) };
            for one in page.iter().filter(|one| one.reason != WhyNot::AlreadyKnown.as_str() && !one.is_of_earlier) {
                self.add(one.need, one.offer, one.verdict == Opinion::Good.as_str(), false);
                count += 1;
            }
            last = Some(end);
        }
    }

    /// The questions that something is known of.
    pub fn questions(&self) -> impl Iterator<Item = ListingId> {
        self.pairs.keys().copied()
    }

    /// Of each listing that was asked with or judged the smallest one that it hangs together with over judged pairs.
    pub(super) fn components(&self) -> BTreeMap<ListingId, ListingId> {
        components(self.pairs.iter().flat_map(|(question, offers)| offers.keys().map(move |offer| (*question, *offer))))
    }

    /// How many pairs were judged.
    #[must_use]
    pub fn pairs(&self) -> usize {
        self.pairs.values().map(BTreeMap::len).sum()
    }

    /// The judged offers of a question: good if more say so than not; those of which as many say one as the other are
    /// left out.
    pub(super) fn of(&self, question: ListingId) -> BTreeMap<ListingId, bool> {
        let offers = self.pairs.get(&question).into_iter().flatten();
        offers.filter(|(_, more)| **more != 0).map(|(offer, more)| (*offer, *more > 0)).collect()
    }

    pub(super) fn is_complete(&self, question: ListingId) -> bool {
        self.complete.contains(&question)
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    #[test]
    fn a_line_has_two_names_and_a_grade() {
        let line = read_line("N-1\tsbir:7\t1").unwrap();
        assert_eq!((line.question.as_str(), line.offer.as_str(), line.good), ("N-1", "sbir:7", true));
        assert!(!read_line("N-1\tsbir:7\t0").unwrap().good);
        for wrong in ["", "N-1", "N-1\tO-1", "N-1\tO-1\t2", "N-1\tO-1\t1\tx", "\tO-1\t1", "N-1\t\t0"] {
            assert_eq!(read_line(wrong), Err(BadLine), "{wrong:?}");
        }
    }

    #[test]
    fn questions_hang_together_over_what_was_judged_for_both() {
        let id = |n| ListingId(Uuid::from_u128(n));
        let mut all = Judgements::default();
        for (question, offer, good) in [(1, 2, true), (2, 1, true), (3, 9, false), (4, 9, true), (5, 6, true)] {
            all.add(id(question), id(offer), good, true);
        }
        let of = all.components();
        assert_eq!([1, 2, 3, 4, 9, 5, 6].map(|n| of[&id(n)]), [1, 1, 3, 3, 3, 5, 5].map(id));
    }

    #[test]
    fn of_opposite_words_the_more_frequent_counts() {
        let id = |n| ListingId(Uuid::from_u128(n));
        let mut all = Judgements::default();
        for good in [true, false, true] {
            all.add(id(1), id(2), good, false);
        }
        all.add(id(1), id(3), true, false);
        all.add(id(1), id(3), false, false);
        all.add(id(1), id(4), false, false);
        assert_eq!(all.of(id(1)), BTreeMap::from([(id(2), true), (id(4), false)]));
        assert_eq!((all.pairs(), all.is_complete(id(1))), (3, false));
    }
}
