//! People and parties: accounts, sessions, second factors, tokens; parties, membership, verification; their mail.
//!
//! What always holds: an [`base::Actor`] is made here and nowhere else, from a session or token that was looked up
//! this moment; only confirmed memberships are in it; secrets are stored as hashes and shown once; what somebody
//! outside can learn about an address (known or unknown) is nothing.
//! Start at `sign_up`, `sign_in` and `actor` for people, at `parties` and `membership` for parties; who may do what
//! stands in `access`. Not here: HTTP, cookies and the loop that claims jobs (`server`).

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use base::Vocabularies;
use sha2::{Digest, Sha256};
use store::Store;

pub mod access;
pub mod actor;
pub mod acts;
mod email;
mod error;
pub mod experts;
mod key;
pub mod letters;
pub mod links;
pub mod lookup;
pub mod mail;
pub mod mailbox;
pub mod managing;
pub mod membership;
pub mod merging;
pub mod notices;
mod operator;
pub mod parties;
mod password;
pub mod people;
mod profile;
pub mod recovery;
pub mod replies;
mod rows;
pub mod second_factor;
pub mod sessions;
mod settings;
pub mod sign_in;
pub mod sign_up;
pub mod tax_code;
#[cfg(test)]
mod tests;
pub mod tokens;
mod words;

pub use base::{AccountId, ExpertId, MembershipId, PartyId, SessionId, TokenId};
pub use error::Error;
pub use experts::{ExpertProfile, ExpertReceipt, ExpertStatus, ExpertView, OwnExpert};
pub use key::{InstanceKey, KeyError, Sealing};
pub use membership::{MembershipReceipt, MembershipView};
pub use parties::{PartyBrief, PartyReceipt, PartyView};
pub use password::Password;
pub use people::{AccountReceipt, AccountStatus, AccountView};
pub use profile::{Address, PartyProfile};
pub use sessions::{Client, SessionView};
pub use settings::{AccountSettings, Hidden, Rate, SecondFactorRule};
pub use tokens::{NewToken, TokenView};

/// What every use case here needs. Cheap to clone.
#[derive(Clone)]
pub struct Accounts {
    pub(crate) store: Store,
    pub(crate) settings: Arc<AccountSettings>,
    pub(crate) vocabularies: Arc<Vocabularies>,
    pub(crate) hasher: password::Hasher,
    pub(crate) key: InstanceKey,
}

/// Why accounts cannot be used at all.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The instance has no usable key.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// The hashing parameters are none for Argon2id.
    #[error("accounts.hash_memory_kib and accounts.hash_passes are no parameters for Argon2id: {0}")]
    Hash(argon2::Error),
}

impl Accounts {
    /// Accounts of a store, with the instance's key from the settings or the data directory.
    ///
    /// # Errors
    /// [`OpenError`].
    pub fn open(store: Store, settings: AccountSettings, vocabularies: Arc<Vocabularies>, data: &Path) -> Result<Self, OpenError> {
        let key = InstanceKey::of(&settings, data)?;
        let hasher = password::Hasher::new(&settings).map_err(OpenError::Hash)?;
        Ok(Self { store, settings: Arc::new(settings), vocabularies, hasher, key })
    }

    /// The store they live in.
    #[must_use]
    pub fn store(&self) -> &Store {
        &self.store
    }

    /// The rules they follow.
    #[must_use]
    pub fn settings(&self) -> &AccountSettings {
        &self.settings
    }

    /// The instance's key for one part of the space, which seals and opens its own and nothing else.
    #[must_use]
    pub fn sealing(&self, part: &'static str) -> Sealing {
        Sealing::new(self.key.clone(), part)
    }

    /// Counts an attempt at `what` under a key, of which only a hash is kept.
    pub(crate) async fn attempt(&self, what: &str, key: &str, rate: Rate) -> Result<(), Error> {
        match self.store.attempt_of(bucket(what, key), rate.allowance()).await? {
            None => Ok(()),
            Some(wait) => Err(Error::Throttled { retry_after: wait.to_std().unwrap_or(Duration::ZERO).max(Duration::from_secs(1)) }),
        }
    }
}

/// The name under which attempts are counted.
pub(crate) fn bucket(what: &str, key: &str) -> String {
    let hash = hex::encode(Sha256::digest(key.as_bytes()));
    format!("{what}:{}", hash.get(..32).unwrap_or(&hash))
}
