//! How rare words are, held fast: a count of the index's documents per word at one moment.
//!
//! A live score moves a little with every listing that is published anywhere, since each makes some words less rare. What
//! is stored must not move with listings it does not speak of, so stored scores are made with these figures until they
//! are counted anew. A word that is not in them stands for one that one document has.

use search::{Failure, Search, View};

/// Words per view with how many documents have them.
///
/// Held as it is stored, since it is held as long as the server runs: a head with the number of documents, then a row
/// for each word that two documents or more have, in the order of the rows' keys. A key is a hash of view and word: of a
/// word that collides with another, the rarity is wrong and nothing else.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Statistics {
    bytes: Vec<u8>,
}

/// The bytes are no statistics.
#[derive(Debug, thiserror::Error)]
#[error("not statistics of words")]
pub struct NotStatistics;

const HEAD_BYTES: usize = 8;
const KEY_BYTES: usize = 8;
const ROW_BYTES: usize = KEY_BYTES + 4;

impl Statistics {
    /// Counts the index as it is.
    ///
    /// # Errors
    /// [`Failure`] if it cannot be read.
    pub fn count(search: &Search) -> Result<Self, Failure> {
        // Most words are of one document alone, and are none of these.
        let mut rows: Vec<(u64, u32)> = Vec::new();
        let documents = search.frequencies(|view, word, documents| {
            if documents > 1 {
                rows.push((key(view, word), u32::try_from(documents).unwrap_or(u32::MAX)));
            }
        })?;
        Ok(Self::of(documents, rows))
    }

    fn of(documents: u64, mut rows: Vec<(u64, u32)>) -> Self {
        // Of words that collide the commoner one is kept.
        rows.sort_unstable_by(|a, b| a.0.cmp(&b.0).then(b.1.cmp(&a.1)));
        rows.dedup_by_key(|(key, _)| *key);
        let mut bytes = Vec::with_capacity(HEAD_BYTES + rows.len() * ROW_BYTES);
        bytes.extend_from_slice(&documents.to_le_bytes());
        for (key, documents) in rows {
            bytes.extend_from_slice(&key.to_le_bytes());
            bytes.extend_from_slice(&documents.to_le_bytes());
        }
        Self { bytes }
    }

    /// How many documents there were.
    #[must_use]
    pub fn documents(&self) -> u64 {
        self.bytes.first_chunk().map_or(0, |head| u64::from_le_bytes(*head))
    }

    /// In how many documents a word was, at least one.
    pub(crate) fn with(&self, view: View, word: &str) -> u64 {
        let (rows, sought) = (self.rows(), key(view, word.as_bytes()));
        let found = rows.binary_search_by_key(&sought, key_of).ok().and_then(|place| rows.get(place));
        found.and_then(|row| row.last_chunk::<4>()).map_or(1, |documents| u64::from(u32::from_le_bytes(*documents)))
    }

    fn rows(&self) -> &[[u8; ROW_BYTES]] {
        self.bytes.get(HEAD_BYTES..).map_or(&[], |rows| rows.as_chunks().0)
    }

    /// The bytes to be stored; the same figures give the same bytes.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// From stored bytes.
    ///
    /// # Errors
    /// [`NotStatistics`] if they are none.
    pub fn from_bytes(bytes: Vec<u8>) -> Result<Self, NotStatistics> {
        let statistics = Self { bytes };
        let is_whole = statistics.bytes.len() >= HEAD_BYTES && (statistics.bytes.len() - HEAD_BYTES).is_multiple_of(ROW_BYTES);
        if is_whole && statistics.rows().is_sorted_by_key(key_of) { Ok(statistics) } else { Err(NotStatistics) }
    }
}

fn key_of(row: &[u8; ROW_BYTES]) -> u64 {
    row.first_chunk::<KEY_BYTES>().map_or(0, |key| u64::from_le_bytes(*key))
}

/// FNV-1a over view and word: the same in every version and on every machine.
fn key(view: View, word: &[u8]) -> u64 {
    let view = match view {
        View::Folded => b'f',
        View::Exact => b'e',
        View::Pair => b'p',
        View::Stem => b's',
    };
    std::iter::once(&view)
        .chain(word)
        .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_stored_is_read_back() {
        let rows = vec![(key(View::Pair, b"com_dua"), 7), (key(View::Stem, b"coconut"), 3), (key(View::Folded, b"dua"), 9)];
        let statistics = Statistics::of(120, rows);
        assert_eq!(Statistics::from_bytes(statistics.as_bytes().to_vec()).unwrap(), statistics);
        assert_eq!(statistics.documents(), 120);
        let with = |view, word| statistics.with(view, word);
        assert_eq!((with(View::Pair, "com_dua"), with(View::Stem, "coconut"), with(View::Folded, "dua")), (7, 3, 9));
        assert_eq!(with(View::Folded, "com_dua"), 1);
    }

    #[test]
    fn what_is_no_statistics_is_refused() {
        let bytes = Statistics::of(2, vec![(1, 2), (2, 2)]).bytes;
        let (cut, mut turned) = (bytes[..bytes.len() - 1].to_vec(), bytes);
        turned[HEAD_BYTES] = 9;
        assert!(
            Statistics::from_bytes(cut).is_err() && Statistics::from_bytes(turned).is_err() && Statistics::from_bytes(Vec::new()).is_err()
        );
    }
}
