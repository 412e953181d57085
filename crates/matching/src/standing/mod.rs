//! Standing matches: for every need that is out the best offers, stored and kept current, so that a counterpart that
//! comes later is noticed by itself.
//!
//! The rule, which holds whatever happened in which order: the standing matches of a need are its best `standing_keep`
//! pairs among those from `standing_min` on that violate no hard constraint, of listings that are out and that more
//! than their own party may see. A score depends on the two approved contents, on what everybody may know of the two
//! parties, and on the generation: the statistics of words, how soon parties reply and the moment freshness is measured
//! at, all held fast until the space grew or shrank by a fifth, a month passed, or the weights, the glossary, the fields or
//! the model of vectors changed. Vectors count from when all listings have been through the model; a vector that comes later
//! touches its listing as an edit does. So an edit changes the pairs of its own listing alone, and keeping current gives
//! what reckoning everything anew would give.
//!
//! Which pairs are looked at is asked of the index, from the side that changed: every listing that shares one of the
//! most telling words, the best [`ROOM`] of them, as many by translated words, and the [`NEAREST`] by what they mean. In a
//! space where more than that share words with one listing the two sides may not look at each other. A pair that only one of
//! them would have looked at may be kept until the next generation; and a new technology among crowded needs may be missed for
//! one of them until then, which is when that need looks for itself. A test holds that with room there is no difference.
//!
//! A new generation is filled page by page, and between two pages what was edited is taken at once, with the new
//! generation. Until its page comes, the list of a need holds pairs of both: those of the generation before, and those of
//! whatever was touched since. Nodes whose settings differ for a while leave each other's generations alone: pages are
//! filled by whoever has the settings of the row, and what another node began is not begun anew before half an hour.
//!
//! `standing_min` is at least what nearness of fields alone can make (`weights.field`, as it is told), since fields alone
//! are no words that anybody could check. What a viewer may see is decided again when the pairs are read.
//!
//! Beside its offers the best `standing_experts` experts of each need are kept by the same rule (`experts`): those whose
//! published profiles meet its words. Gaps count offers alone: an expert who may help is no technology.

mod compute;
mod experts;
mod follower;
mod list;
mod rebuild;
mod tell;
mod waiting;
mod write;

pub use compute::Current;
pub use experts::{ExpertPair, still_experts};
pub use follower::{NAME, run};
pub use list::Pair;
pub use rebuild::{Compared, Difference, check, rebuild};
pub use tell::still;
pub use waiting::tell_waiting;

/// The most listings that are looked at for one by its words.
pub const ROOM: usize = 300;
/// The most that are looked at beside them by its words in the other language.
pub const TRANSLATED: usize = ROOM;
/// The most that are looked at beside them by what it means, where a model is used.
pub const NEAREST: usize = 100;

/// Why standing matches could not be kept.
#[derive(Debug, thiserror::Error)]
pub enum StandingError {
    /// The database failed.
    #[error("the database failed")]
    Store(#[from] store::StoreError),
    /// Listings or their private terms could not be read.
    #[error("listings could not be read")]
    Listing(#[from] listings::ListingError),
    /// The index failed.
    #[error("the index failed")]
    Index(#[from] search::Failure),
    /// The work was cut off, such as by a shutdown.
    #[error("the work was cut off")]
    CutOff(#[from] tokio::task::JoinError),
    /// The system gives no threads.
    #[error("the system gives no threads")]
    Threads(#[from] std::io::Error),
    /// The program is to stop.
    #[error("the program is to stop")]
    Stopped,
    /// Another node keeps them.
    #[error("another node has gone on from this place")]
    Elsewhere,
}

impl From<sea_orm::DbErr> for StandingError {
    fn from(error: sea_orm::DbErr) -> Self {
        Self::Store(error.into())
    }
}

/// Which generation the standing matches are made with; none if there are none yet.
///
/// # Errors
/// If the database fails.
pub async fn generation(store: &store::Store) -> Result<Option<uuid::Uuid>, StandingError> {
    Ok(Current::head(store).await?.map(|head| head.id))
}

/// Whether that generation is whole: the lists of all needs are made with it, and not some still with the one before.
///
/// # Errors
/// If the database fails.
pub async fn is_whole(store: &store::Store) -> Result<bool, StandingError> {
    Ok(Current::head(store).await?.is_some_and(|head| head.is_done))
}
