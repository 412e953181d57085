//! Import: files of listings, from another system or from this one's own export.
//!
//! A file is first read, mapped and checked as a whole, then written in batches that each note how far they have come.
//! What always holds: a broken file, or a faulty row that is not to be skipped, changes nothing; a row with an external
//! id that is known makes a new version of that listing, never a second listing; an interrupted import goes on without
//! losing or doubling a row; a whole import can be taken back.

mod broken;
mod check;
mod convert;
mod encoding;
mod fields;
mod lookup;
pub mod mapping;
mod once;
pub(crate) mod own;
mod parties;
mod plan;
pub mod read;
mod rights;
pub(crate) mod rows;
pub mod run;
pub mod sheet;
mod start;
#[cfg(test)]
pub(crate) mod testing;
#[cfg(test)]
pub(crate) mod tests;
mod text_rows;
mod undo;
mod view;
mod write;
mod zip_sizes;

use std::path::PathBuf;

use base::PartyId;

pub use broken::Broken;
pub use mapping::{Mapping, MappingError};
pub use once::Mapped;
pub use own::Line;
pub use read::Limits;
pub use rights::may_import_something;
pub use run::Import;
pub use start::{JOB, run_job, run_waiting, start};
pub use undo::undo;
pub use view::{FailureView, FaultView, ImportState, ImportView, UndoView, faults, get, list};

use crate::error::ListingError;

/// What is to be done with a file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Options {
    /// Whose the listings are; none only for an operator's file in the product's own format, whose rows say so.
    pub party: Option<PartyId>,
    /// Whether listings are published at once.
    pub publish: bool,
    /// Whether faulty rows are left out instead of stopping everything.
    pub skip_faulty: bool,
    /// Whether to check only.
    pub dry_run: bool,
    /// The file's name, to be shown.
    pub file_name: String,
}

/// How far an import has come.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Progress {
    /// Checking or writing.
    pub phase: Phase,
    /// Rows checked or written.
    pub rows_done: u64,
    /// Rows in all, once they are known.
    pub rows_total: Option<u64>,
    /// Bytes of the file read, while checking.
    pub bytes_done: u64,
    /// Bytes of the file.
    pub bytes_total: u64,
    /// Rows written a second.
    pub rows_per_second: f64,
}

/// What an import is at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// The whole file is checked; nothing is changed.
    Checking,
    /// Listings are written.
    Writing,
}

impl Progress {
    fn checking(rows: u64, bytes_done: u64, bytes_total: u64) -> Self {
        Self { phase: Phase::Checking, rows_done: rows, rows_total: None, bytes_done, bytes_total, rows_per_second: 0.0 }
    }

    fn writing(rows: u64, total: u64, rows_per_second: f64) -> Self {
        Self { phase: Phase::Writing, rows_done: rows, rows_total: Some(total), bytes_done: 0, bytes_total: 0, rows_per_second }
    }
}

/// Why an import could not be run. A file that is wrong is none of these: its import has failed and says why.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// Not allowed, or the database failed.
    #[error(transparent)]
    Listing(#[from] ListingError),
    /// The mapping is wrong.
    #[error(transparent)]
    Mapping(#[from] MappingError),
    /// The file cannot be opened.
    #[error("{} cannot be read", path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        #[source]
        cause: std::io::Error,
    },
}

impl From<base::Refused> for ImportError {
    fn from(refused: base::Refused) -> Self {
        Self::Listing(refused.into())
    }
}

impl From<sea_orm::DbErr> for ImportError {
    fn from(error: sea_orm::DbErr) -> Self {
        Self::Listing(error.into())
    }
}

impl From<store::StoreError> for ImportError {
    fn from(error: store::StoreError) -> Self {
        Self::Listing(error.into())
    }
}
