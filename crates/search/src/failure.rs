//! What can go wrong with the index itself. The causes go to the log; nobody outside sees them.

use std::io;

/// The index could not be read or written.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// tantivy says so.
    #[error("the index failed")]
    Index(#[from] tantivy::TantivyError),
    /// A file could not be read or written.
    #[error("the index's files failed")]
    Files(#[from] io::Error),
    /// A card or what a document is made of is no JSON, or cannot be written as it.
    #[error("a card could not be read or written")]
    Card(#[from] serde_json::Error),
    /// Files whose checksums do not fit.
    #[error("{0} damaged files")]
    Damaged(usize),
    /// There is no whole index, or what is written does not reach it: it is being built.
    #[error("the index is being built")]
    Building,
    /// The writer is gone: the index was closed or replaced.
    #[error("the index is closed")]
    Closed,
}
