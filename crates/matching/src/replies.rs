//! In how many hours parties usually reply, as everybody may read it on their pages.
//!
//! Live scores take it as it is; stored scores take what was known when their generation began, as they do with the rarity of
//! words: a stored score must not move with what a party answers to somebody.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use base::PartyId;
use store::{Store, StoreError};
use uuid::Uuid;

/// Parties with the hours in which they usually reply; of the others too little is known.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Replies(BTreeMap<PartyId, u32>);

/// The bytes are no reply times.
#[derive(Debug, thiserror::Error)]
#[error("not reply times")]
pub struct NotReplies;

const ID_BYTES: usize = 16;
const ROW_BYTES: usize = ID_BYTES + 4;

impl FromIterator<(PartyId, u32)> for Replies {
    fn from_iter<T: IntoIterator<Item = (PartyId, u32)>>(all: T) -> Self {
        Self(all.into_iter().collect())
    }
}

impl Replies {
    /// Those of these parties.
    ///
    /// # Errors
    /// If the database fails.
    pub(crate) async fn load(store: &Store, parties: impl IntoIterator<Item = PartyId>) -> Result<Arc<Self>, StoreError> {
        let parties: BTreeSet<PartyId> = parties.into_iter().collect();
        let parties: Vec<PartyId> = parties.into_iter().collect();
        Ok(Arc::new(Self(accounts::replies::of(store.db(), &parties).await?)))
    }

    /// Those of all parties.
    ///
    /// # Errors
    /// If the database fails.
    pub(crate) async fn all(store: &Store) -> Result<Self, StoreError> {
        Ok(Self(accounts::replies::all(store.db()).await?))
    }

    /// In how many hours a party usually replies.
    pub(crate) fn of(&self, party: Option<PartyId>) -> Option<u32> {
        self.0.get(&party?).copied()
    }

    /// The bytes to be stored; the same times give the same bytes.
    pub(crate) fn to_bytes(&self) -> Vec<u8> {
        self.0.iter().flat_map(|(party, hours)| party.0.as_bytes().iter().copied().chain(hours.to_le_bytes())).collect()
    }

    /// From stored bytes.
    ///
    /// # Errors
    /// [`NotReplies`] if they are none.
    pub(crate) fn from_bytes(bytes: &[u8]) -> Result<Self, NotReplies> {
        let (rows, rest) = bytes.as_chunks::<ROW_BYTES>();
        let read = |row: &[u8; ROW_BYTES]| {
            let (id, hours) = row.split_first_chunk::<ID_BYTES>()?;
            Some((PartyId(Uuid::from_bytes(*id)), u32::from_le_bytes(*hours.first_chunk()?)))
        };
        if rest.is_empty() { rows.iter().map(read).collect::<Option<Self>>().ok_or(NotReplies) } else { Err(NotReplies) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_stored_is_read_back_and_what_is_cut_is_refused() {
        let party = |n| PartyId(Uuid::from_u128(n));
        let replies = Replies::from_iter([(party(7), 3), (party(u128::MAX), u32::MAX)]);
        let bytes = replies.to_bytes();
        assert_eq!(Replies::from_bytes(&bytes).unwrap(), replies);
        assert_eq!((replies.of(Some(party(7))), replies.of(Some(party(8))), replies.of(None)), (Some(3), None, None));
        assert!(Replies::from_bytes(&bytes[1..]).is_err());
        assert_eq!(Replies::from_bytes(&[]).unwrap(), Replies::default());
    }
}
