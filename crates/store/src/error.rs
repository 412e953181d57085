//! What can go wrong with the store itself.

use std::time::Duration;

use sea_orm::{DbErr, SqlErr};

/// A failure of the store, apart from what a use case refuses.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The database failed.
    #[error("the database failed")]
    Database(#[source] DbErr),
    /// Too many writes are waiting; try again.
    #[error("too many writes are waiting")]
    Busy {
        /// When to try again.
        retry_after: Duration,
    },
    /// The disk is full.
    #[error("no space is left for the database")]
    Full(#[source] DbErr),
    /// The same idempotency key was used for another request.
    #[error("this idempotency key was used for another request")]
    KeyReused,
    /// A uniqueness rule refused the row; holds the rule's or column's name as the engine gives it.
    #[error("already there: {0}")]
    Duplicate(String),
    /// The database was made by a newer program, or cannot be prepared.
    #[error(transparent)]
    Migration(#[from] migrations::MigrationError),
    /// A stored value is not what it should be.
    #[error("a stored {what} cannot be read")]
    Corrupt {
        /// What it is.
        what: &'static str,
        /// Why.
        #[source]
        cause: Box<dyn std::error::Error + Send + Sync>,
    },
    /// The task of a write ended without an answer.
    #[error("the write ended without an answer")]
    Lost,
    /// The operating system gave no random bytes.
    #[error(transparent)]
    Randomness(#[from] base::secret::NoRandomness),
}

impl StoreError {
    /// A stored value that cannot be read.
    pub fn corrupt(what: &'static str, cause: impl std::error::Error + Send + Sync + 'static) -> Self {
        Self::Corrupt { what, cause: Box::new(cause) }
    }
}

impl From<DbErr> for StoreError {
    fn from(error: DbErr) -> Self {
        if let Some(SqlErr::UniqueConstraintViolation(which)) = error.sql_err() {
            return Self::Duplicate(which);
        }
        if matches!(error, DbErr::ConnectionAcquire(_)) {
            return Self::Busy { retry_after: Duration::from_secs(2) };
        }
        let text = error.to_string();
        if text.contains("database or disk is full") || text.contains("No space left on device") {
            return Self::Full(error);
        }
        if text.contains("database is locked") {
            return Self::Busy { retry_after: Duration::from_secs(1) };
        }
        Self::Database(error)
    }
}
