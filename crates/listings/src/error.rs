//! What a use case of listings refuses.

use base::{Faults, Refused};
use sea_orm::DbErr;
use store::StoreError;

use crate::state::Move;

/// Why something was not done.
#[derive(Debug, thiserror::Error)]
pub enum ListingError {
    /// Not there, not to be seen, or not for this actor.
    #[error(transparent)]
    Refused(#[from] Refused),
    /// What was sent is wrong or not enough.
    #[error("{} faults", .0.iter().count())]
    Invalid(Faults),
    /// Not a cursor of this list.
    #[error("not a cursor of this list")]
    Cursor,
    /// The listing changed since the version the actor saw.
    #[error("the listing is now at version {current}")]
    Stale {
        /// The version it has now.
        current: i64,
    },
    /// The life cycle has no such step from here.
    #[error("no step {step} from here")]
    NotAllowed {
        /// What was asked.
        step: Move,
        /// What there is.
        allowed: Vec<Move>,
    },
    /// It was published, waits for a moderator, or was opened to somebody: it is not removed.
    #[error("it cannot be removed")]
    NotRemovable {
        /// The steps there are.
        allowed: Vec<Move>,
    },
    /// Another moderator has the submission in hand.
    #[error("another moderator has claimed it")]
    Claimed,
    /// It must be claimed before it is decided.
    #[error("it is not claimed by this moderator")]
    NotClaimed,
    /// Publishing needs at least 10 of 20 points and no zero.
    #[error("the scores are too low to publish: {total} of 20")]
    ScoreTooLow {
        /// The points given.
        total: u32,
    },
    /// The store failed.
    #[error("the store failed")]
    Store(#[from] StoreError),
}

impl From<DbErr> for ListingError {
    fn from(error: DbErr) -> Self {
        Self::Store(error.into())
    }
}

/// `Invalid` unless there are no faults.
pub(crate) fn valid(faults: Faults) -> Result<(), ListingError> {
    faults.into_result().map_err(ListingError::Invalid)
}
