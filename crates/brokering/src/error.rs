//! What a use case of brokering refuses.

use base::{Faults, InterestId, Refused};
use listings::ListingError;
use sea_orm::DbErr;
use store::StoreError;

/// Why something was not done.
#[derive(Debug, thiserror::Error)]
pub enum BrokeringError {
    /// Not there, not to be seen, or not for this actor.
    #[error(transparent)]
    Refused(#[from] Refused),
    /// What was sent is wrong or not enough.
    #[error("{} faults", .0.iter().count())]
    Invalid(Faults),
    /// Not a cursor of this list.
    #[error("not a cursor of this list")]
    Cursor,
    /// It changed since the version the actor saw.
    #[error("it is now at version {current}")]
    Stale {
        /// The version it has now.
        current: i64,
    },
    /// There is no such step from where it stands.
    #[error("no step to {to} from here")]
    NotAllowed {
        /// What was asked.
        to: String,
        /// What there is.
        allowed: Vec<String>,
    },
    /// The party's last interest in this listing is still open.
    #[error("{interest} is still open")]
    Open {
        /// That one.
        interest: InterestId,
    },
    /// The listing it is about cannot be used so.
    #[error(transparent)]
    Listing(#[from] ListingError),
    /// The person or party it is about cannot be used so.
    #[error(transparent)]
    Account(#[from] accounts::Error),
    /// The store failed.
    #[error("the store failed")]
    Store(#[from] StoreError),
}

impl From<DbErr> for BrokeringError {
    fn from(error: DbErr) -> Self {
        Self::Store(error.into())
    }
}
