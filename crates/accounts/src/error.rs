//! What can go wrong in this crate. The server gives each its status; there is no catch-all.

use std::time::Duration;

use base::{Faults, Refused};
use store::StoreError;

use crate::membership::{Status, Step};

/// Why a use case did not happen.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Hidden, forbidden, or nobody signed in.
    #[error(transparent)]
    Refused(#[from] Refused),
    /// What was sent is not right.
    #[error("{} faults in what was sent", .0.iter().count())]
    Invalid(Faults),
    /// Not a cursor of this list.
    #[error("not a cursor of this list")]
    Cursor,
    /// Too many attempts.
    #[error("too many attempts")]
    Throttled {
        /// When to try again.
        retry_after: Duration,
    },
    /// E-mail and password do not belong together, or the account may not sign in: nobody can tell which.
    #[error("e-mail or password is wrong")]
    Credentials,
    /// The password is right but the address is not confirmed yet.
    #[error("the e-mail address is not confirmed yet")]
    Unconfirmed,
    /// A link from a mail is unknown, used or over.
    #[error("the link is not valid any more")]
    Link,
    /// A code of the second factor is wrong or was used before.
    #[error("the code is not valid")]
    Code,
    /// The second factor has to be given first.
    #[error("give the second factor first")]
    SecondFactorDue,
    /// A second factor is there already, or none is there yet.
    #[error("the second factor is not in that state")]
    SecondFactorState,
    /// It changed since the version that was seen.
    #[error("it changed since version {seen}")]
    Stale {
        /// What the client saw.
        seen: i64,
    },
    /// A membership cannot take this step from where it is.
    #[error("no {step} from {from}")]
    Step {
        /// Where it is.
        from: Status,
        /// What was asked.
        step: Step,
    },
    /// A party keeps at least one admin.
    #[error("the last admin of a party cannot go")]
    LastAdmin,
    /// The space keeps at least one administrator.
    #[error("the last administrator cannot go")]
    LastAdministrator,
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A second factor that was stored cannot be read with this instance's key.
    #[error("a stored second factor cannot be read: is this the instance's key?")]
    Key,
}

impl Error {
    /// One fault at one place.
    #[must_use]
    pub fn fault(pointer: &str, code: &'static str) -> Self {
        let mut faults = Faults::new();
        faults.add(pointer, code);
        Self::Invalid(faults)
    }
}

impl From<Faults> for Error {
    fn from(faults: Faults) -> Self {
        Self::Invalid(faults)
    }
}

impl From<sea_orm::DbErr> for Error {
    fn from(error: sea_orm::DbErr) -> Self {
        Self::Store(error.into())
    }
}

impl From<base::secret::NoRandomness> for Error {
    fn from(error: base::secret::NoRandomness) -> Self {
        Self::Store(error.into())
    }
}
