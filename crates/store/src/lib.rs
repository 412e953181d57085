//! The database: connecting, reading, the one way to write, the event log, followers, jobs, idempotent answers.
//!
//! What always holds: [`Store::write`] is the only place that opens a writing transaction; every change appends its
//! events in that transaction; nobody is answered before the commit.
//! Not here: what the tables of a feature mean; each feature's crate has its rows and queries.

mod connect;
mod error;
pub mod events;
pub mod follow;
pub mod jobs;
mod rows;
#[cfg(feature = "testing")]
pub mod testing;
pub mod throttle;
mod write;

pub use connect::{DatabaseSettings, Store};
pub use error::StoreError;
pub use events::{EventRow, NewEvent};
pub use write::{Ctx, IdempotencyKey, Tx};

/// The timestamp a row was made or changed: UTC, whole microseconds.
pub type Time = chrono::DateTime<chrono::Utc>;
