//! Where a page of results ended: the key and id of its last result, not a number of pages.
//!
//! Tolerates that the index changes between two pages: what is added or taken away elsewhere moves nothing. The time the
//! first page was made at and the figures its scores were made of go along, so that everything counts the same on every page.

use std::hash::{DefaultHasher, Hash, Hasher};

use base::Cursor;
use serde::{Deserialize, Serialize};

use crate::search::Query;
use crate::statistics::Fixed;

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
pub(crate) fn mark(query: &Query) -> u64 {
    let mut hasher = DefaultHasher::new();
    (&query.text, &query.filters, &query.periods, query.party, query.sort).hash(&mut hasher);
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
    }
}
