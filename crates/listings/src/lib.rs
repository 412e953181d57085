//! Technologies, IP assets and needs: contents, life cycle, review, versions, import and export.
//!
//! What always holds: every version of a content is kept but those that their own author wrote over within minutes; the
//! public sees the last approved one; every change appends its event in the same transaction; private terms have their own
//! table and type.
//! Not here: finding (`search`), pairing (`matching`), who a member is (`accounts`).

mod access;
pub mod brief;
pub mod bulk;
pub mod care;
pub mod check;
pub mod completeness;
pub mod content;
pub mod duplicates;
pub mod edit;
mod error;
pub mod export;
pub mod handover;
mod head;
mod holding;
pub mod import;
mod kind;
pub mod lifecycle;
pub mod list;
pub mod lookup;
pub mod merge;
pub mod merging;
pub mod need_desk;
pub mod notices;
pub mod numbers;
pub mod private;
pub mod published;
pub mod removal;
pub mod review;
mod rows;
pub mod state;
pub mod upgrade;
pub mod versions;
pub mod view;

use std::sync::Arc;

use base::Vocabularies;
use serde::{Deserialize, Serialize};
use store::Store;

pub use error::ListingError;
pub use head::{Head, Outcome, Visibility};
pub use kind::{Kind, UnknownKind};

/// How listings behave in this space.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ListingSettings {
    /// Days a listing lives from being published or confirmed.
    pub life_days: i64,
    /// Days before its end on which its owner is warned.
    pub warn_days: i64,
    /// Days by which something must happen to a need that nobody of the staff looks after.
    pub need_action_days: i64,
    /// Listings one party may hold.
    pub per_party: u64,
    /// Minutes from its beginning in which what the same person writes goes on with a version.
    pub version_minutes: i64,
}

impl Default for ListingSettings {
    fn default() -> Self {
        Self { life_days: 365, warn_days: 14, need_action_days: 30, per_party: 200_000, version_minutes: 15 }
    }
}

/// The listings of a space. Cheap to clone.
#[derive(Clone)]
pub struct Listings {
    /// The database.
    pub store: Store,
    /// The lists codes are of.
    pub vocabularies: Arc<Vocabularies>,
    /// How listings behave.
    pub settings: ListingSettings,
}
