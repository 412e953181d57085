//! Where a page of results ended: the key and id of its last result, not a number of pages.
//!
//! Tolerates that the index changes between two pages: what is added or taken away elsewhere moves nothing. The time the
//! first page was made at and the figures its scores were made of go along, so that everything counts the same on every page.
//! With other weights or synonyms it would not: then it is no cursor of this search any more, and one begins anew.
//!
//! Nothing in it is secret, and anybody can write one: what it says is bounded, and of what is hidden it tells no more than
//! [`crate::statistics`] lets it.

use std::hash::{DefaultHasher, Hash, Hasher};

use base::Cursor;
use serde::{Deserialize, Serialize};

use crate::search::Query;
use crate::settings::Weights;
use crate::statistics::Fixed;
use crate::synonyms::Synonyms;

/// When a first page can have been made, seconds: up to the end of the year 9999.
const MOMENTS: std::ops::Range<i64> = 0..253_402_300_800;

/// The end of a page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Bookmark {
    /// Of which search.
    pub(crate) mark: u64,
    /// The sort key of the last result.
    pub(crate) key: u64,
    /// Its id.
    pub(crate) id: u128,
    /// How far the search had been relaxed.
    pub(crate) step: usize,
    /// When the first page was made, seconds.
    pub(crate) now: i64,
    /// Down to where the first page put results in order again.
    pub(crate) window: Option<(u64, u128)>,
    /// The figures that the first page was made with.
    pub(crate) statistics: Fixed,
}

#[derive(Serialize, Deserialize)]
struct Written(String, String, String, usize, i64, Option<(String, String)>, Fixed);

impl Bookmark {
    pub(crate) fn write(&self) -> String {
        let (mark, key, id) = (format!("{:x}", self.mark), format!("{:x}", self.key), format!("{:x}", self.id));
        let window = self.window.map(|(key, id)| (format!("{key:x}"), format!("{id:x}")));
        Cursor::write(&Written(mark, key, id, self.step, self.now, window, self.statistics.clone()))
    }

    /// The bookmark of a cursor of the search with this mark.
    pub(crate) fn read(cursor: &str, mark: u64) -> Option<Self> {
        let Written(of, key, id, step, now, window, statistics) = Cursor::read(cursor).ok()?;
        let window = match window {
            Some((key, id)) => Some((u64::from_str_radix(&key, 16).ok()?, u128::from_str_radix(&id, 16).ok()?)),
            None => None,
        };
        if !MOMENTS.contains(&now) {
            return None;
        }
        let bookmark = Self {
            mark: u64::from_str_radix(&of, 16).ok()?,
            key: u64::from_str_radix(&key, 16).ok()?,
            id: u128::from_str_radix(&id, 16).ok()?,
            step,
            now,
            window,
            statistics,
        };
        (bookmark.mark == mark).then_some(bookmark)
    }
}

/// Tells one search from another: everything that decides which results come and in which order.
pub(crate) fn mark(query: &Query, weights: &Weights, synonyms: &Synonyms) -> u64 {
    let mut hasher = DefaultHasher::new();
    (&query.text, &query.filters, &query.periods, query.party, query.sort, query.all_words).hash(&mut hasher);
    // Numbers as they are written: those that differ are written differently.
    (format!("{weights:?}"), synonyms.edition()).hash(&mut hasher);
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_belongs_to_its_search() {
        let bookmark =
            Bookmark { mark: 7, key: u64::MAX, id: u128::MAX, step: 1, now: 5, window: Some((3, u128::MAX)), statistics: Fixed::default() };
        assert_eq!(Bookmark::read(&bookmark.write(), 7), Some(bookmark.clone()));
        assert_eq!(Bookmark::read(&bookmark.write(), 8), None);
        assert_eq!(Bookmark::read("nonsense", 7), None);
        for now in [i64::MIN, -1, 253_402_300_800, i64::MAX] {
            assert_eq!(Bookmark::read(&Bookmark { now, ..bookmark.clone() }.write(), 7), None, "{now}");
        }
    }
}
