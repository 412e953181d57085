//! What a use case of brokering refuses.

use base::{DealId, Faults, InterestId, Refused};
use listings::ListingError;
use sea_orm::DbErr;
use store::StoreError;

use crate::confidential::objects::ObjectError;
use crate::merging::Obstacle;

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
    /// A deal was opened from the interest before.
    #[error("a deal was opened from this interest before")]
    DealThere {
        /// That one, for whoever sees it.
        deal: Option<DealId>,
    },
    /// Two parties cannot become one as things stand.
    #[error("{} obstacles to the merger", .0.len())]
    Unmergeable(Vec<Obstacle>),
    /// The listing it is about cannot be used so.
    #[error(transparent)]
    Listing(#[from] ListingError),
    /// The person or party it is about cannot be used so.
    #[error(transparent)]
    Account(#[from] accounts::Error),
    /// The confidentiality agreement must be accepted first.
    #[error("the confidentiality agreement is not accepted yet")]
    NdaFirst,
    /// The side that handed a confidential document in did not name the actor among its readers, or the day is over.
    #[error("the actor is not among the readers of the document")]
    NotAReader,
    /// The text that was accepted is not the one in force.
    #[error("the confidentiality agreement has another text by now")]
    NdaChanged,
    /// The story is not the one that was read: its text or the parties of the deal changed since.
    #[error("the story is another by now")]
    StoryChanged,
    /// A file is larger than may be.
    #[error("the file is larger than {most_mb} MB")]
    TooLarge {
        /// The most, in MB.
        most_mb: u64,
    },
    /// A file is of no kind on the list, or not what its name promises.
    #[error("the file is not of a kind that may be handed in")]
    FileRefused(Faults),
    /// The store of files failed.
    #[error(transparent)]
    Files(#[from] ObjectError),
    /// Something sealed cannot be opened: it is damaged, or the space has another key than the one it was sealed with.
    #[error("something sealed cannot be opened with this space's key")]
    Sealed,
    /// The store failed.
    #[error("the store failed")]
    Store(#[from] StoreError),
}

impl From<DbErr> for BrokeringError {
    fn from(error: DbErr) -> Self {
        Self::Store(error.into())
    }
}
