//! How rare words are, held fast: a count of the index's documents per word at one moment.
//!
//! A live score moves a little with every listing that is published anywhere, since each makes some words less rare. What
//! is stored must not move with listings it does not speak of, so stored scores are made with these figures until they
//! are counted anew. A word that is not in them stands for one that one document has.

use std::collections::HashMap;

use search::{Failure, Search, View};

/// Words per view with how many documents have them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Statistics {
    documents: u64,
    /// Only what two documents or more have, by a hash of view and word: of a word that collides with another, the
    /// rarity is wrong and nothing else.
    common: HashMap<u64, u32>,
}

/// The bytes are no statistics.
#[derive(Debug, thiserror::Error)]
#[error("not statistics of words")]
pub struct NotStatistics;

const HEAD_BYTES: usize = 8;
const ROW_BYTES: usize = 12;

impl Statistics {
    /// Counts the index as it is.
    ///
    /// # Errors
    /// [`Failure`] if it cannot be read.
    pub fn count(search: &Search) -> Result<Self, Failure> {
        let mut common: HashMap<u64, u32> = HashMap::new();
        let mut of = None;
        let documents = search.frequencies(|view, word, documents| {
            // Most words are of one document alone: those of a view are dropped before the next one comes.
            if of.replace(view) != Some(view) {
                common.retain(|_, documents| *documents > 1);
            }
            let sum = common.entry(key(view, word)).or_default();
            *sum = sum.saturating_add(documents);
        })?;
        common.retain(|_, documents| *documents > 1);
        common.shrink_to_fit();
        Ok(Self { documents, common })
    }

    /// How many documents there were.
    #[must_use]
    pub fn documents(&self) -> u64 {
        self.documents
    }

    /// In how many documents a word was, at least one.
    pub(crate) fn with(&self, view: View, word: &str) -> u64 {
        self.common.get(&key(view, word.as_bytes())).map_or(1, |n| u64::from(*n))
    }

    /// As bytes to be stored; the same figures give the same bytes.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut rows: Vec<(&u64, &u32)> = self.common.iter().collect();
        rows.sort_unstable();
        let mut bytes = Vec::with_capacity(HEAD_BYTES + rows.len() * ROW_BYTES);
        bytes.extend_from_slice(&self.documents.to_le_bytes());
        for (key, documents) in rows {
            bytes.extend_from_slice(&key.to_le_bytes());
            bytes.extend_from_slice(&documents.to_le_bytes());
        }
        bytes
    }

    /// From stored bytes.
    ///
    /// # Errors
    /// [`NotStatistics`] if they are none.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, NotStatistics> {
        let (head, rows) = bytes.split_first_chunk::<HEAD_BYTES>().ok_or(NotStatistics)?;
        if !rows.len().is_multiple_of(ROW_BYTES) {
            return Err(NotStatistics);
        }
        let mut common = HashMap::with_capacity(rows.len() / ROW_BYTES);
        for row in rows.chunks_exact(ROW_BYTES) {
            let (key, documents) = row.split_first_chunk::<8>().ok_or(NotStatistics)?;
            let documents = documents.first_chunk::<4>().ok_or(NotStatistics)?;
            common.insert(u64::from_le_bytes(*key), u32::from_le_bytes(*documents));
        }
        Ok(Self { documents: u64::from_le_bytes(*head), common })
    }
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
        let common = HashMap::from([(key(View::Pair, b"com_dua"), 7), (key(View::Stem, b"coconut"), 3)]);
        let statistics = Statistics { documents: 120, common };
        let bytes = statistics.to_bytes();
        assert_eq!(Statistics::from_bytes(&bytes).unwrap(), statistics);
        assert_eq!((statistics.with(View::Pair, "com_dua"), statistics.with(View::Folded, "com_dua")), (7, 1));
        assert!(Statistics::from_bytes(&bytes[..bytes.len() - 1]).is_err() && Statistics::from_bytes(&[]).is_err());
    }
}
