//! Brokering: from interest to a signed transfer and its outcome.
//!
//! What always holds: every change appends its event in the same transaction; events hold ids and facts, never what
//! people wrote to each other; what a person may not see answers like what is not there.
//! What is confided (`confidential`) lies apart from everything else.
//! Not here: finding a counterpart (`search`, `matching`), what a listing says (`listings`), HTTP.

pub mod access;
pub mod confidential;
pub mod deals;
mod error;
mod folder;
pub mod history;
pub mod interests;
pub mod legal;
pub mod merging;
pub mod pipelines;
pub mod removal;
pub mod stories;

use std::sync::Arc;

use accounts::Accounts;
use base::Vocabularies;
use listings::Listings;
use serde::{Deserialize, Serialize};
use store::{Store, StoreError};

use legal::Laws;
use pipelines::{Pipeline, Pipelines};

pub use access::{brokers_deals, manages_deals};
pub use error::BrokeringError;

/// How brokering behaves in this space.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct BrokeringSettings {
    /// Days in which an interest must be answered.
    pub answer_days: i64,
    /// Days before that on which the addressee is reminded.
    pub remind_days: i64,
    /// A folder with pipelines, a file for each version of each kind; empty for the built-in ones.
    pub pipelines_folder: String,
    /// A folder with rules of the law, a file for each law; empty for the built-in ones.
    pub laws_folder: String,
}

impl Default for BrokeringSettings {
    fn default() -> Self {
        Self { answer_days: 14, remind_days: 4, pipelines_folder: String::new(), laws_folder: String::new() }
    }
}

/// The brokering of a space. Cheap to clone.
#[derive(Clone)]
pub struct Brokering {
    /// The database.
    pub store: Store,
    /// People and parties.
    pub accounts: Accounts,
    /// What is offered and sought.
    pub listings: Listings,
    /// The lists codes are of.
    pub vocabularies: Arc<Vocabularies>,
    /// How brokering behaves.
    pub settings: Arc<BrokeringSettings>,
    /// The ways of deals.
    pub pipelines: Arc<Pipelines>,
    /// What the law asks of deals.
    pub laws: Arc<Laws>,
    /// Where confidential material is kept.
    pub vault: confidential::Vault,
}

impl Brokering {
    /// The pipeline that a deal goes by: the version it started with.
    pub(crate) fn pipeline(&self, deal: &deals::Deal) -> Result<&Pipeline, StoreError> {
        self.pipelines.get(&deal.kind, deal.pipeline_version).ok_or_else(deals::no_pipeline)
    }
}
