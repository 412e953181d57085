//! What an index stands for: up to where the log is in it, and of which database. It is written with each commit, and read
//! when the index is opened.

use uuid::Uuid;

/// From which database an index comes: an older copy of one and another one have events of their own at the same place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin {
    /// The space.
    pub space: Uuid,
    /// The hash of the event at the index's place in the log, in hexadecimal; empty where there is none yet.
    pub hash: String,
}

/// What an index stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// Up to where the log is in it.
    pub position: i64,
    /// Of which database; none where none stands behind it, such as a test's.
    pub origin: Option<Origin>,
}

impl From<i64> for Place {
    fn from(position: i64) -> Self {
        Self { position, origin: None }
    }
}

impl Place {
    /// As it is written with a commit.
    pub(super) fn write(&self) -> String {
        match &self.origin {
            Some(origin) => format!("{} {} {}", self.position, origin.space, origin.hash),
            None => self.position.to_string(),
        }
    }

    pub(super) fn read(text: &str) -> Option<Self> {
        let mut parts = text.split(' ');
        let position = parts.next()?.parse().ok()?;
        let origin = match (parts.next(), parts.next()) {
            (Some(space), Some(hash)) => Some(Origin { space: space.parse().ok()?, hash: hash.to_owned() }),
            (None, None) => None,
            _ => return None,
        };
        Some(Self { position, origin })
    }
}
