//! Lists in pages: a bounded limit and an opaque cursor that names the last row seen (keyset, never an offset).

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, Utc};
use serde::Serialize;
use serde::de::DeserializeOwned;
use uuid::Uuid;

/// One page of a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Page<T> {
    /// The rows.
    pub items: Vec<T>,
    /// Give this back to get the next page; none at the end.
    pub next: Option<String>,
    /// How many there are in all.
    pub total: u64,
}

impl<T> Page<T> {
    /// The same page with each row turned into something else.
    pub fn map<U>(self, f: impl FnMut(T) -> U) -> Page<U> {
        Page { items: self.items.into_iter().map(f).collect(), next: self.next, total: self.total }
    }
}

/// A page of the space that everybody may read, as search engines are told of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublicPage {
    /// What it shows: lists of them are in the order of this.
    pub id: Uuid,
    /// Its address, without language and host.
    pub path: String,
    /// When what it shows was changed last.
    pub changed_at: DateTime<Utc>,
}

/// Which of them: those after an id, without the first few, and so many at most.
#[derive(Clone, Copy, Debug, Default)]
pub struct PublicSpan {
    /// After this; from the beginning if it is none.
    pub after: Option<Uuid>,
    /// Left out at the beginning.
    pub skip: u64,
    /// At most so many.
    pub limit: u64,
}

/// How many rows a page has: 1 to 100, 20 unless asked otherwise.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Limit(u16);

impl Limit {
    /// The most rows a page may have.
    pub const MAX: u16 = 100;

    /// The limit asked for, or none if it is outside 1 to [`Limit::MAX`].
    #[must_use]
    pub fn new(rows: u16) -> Option<Self> {
        (1..=Self::MAX).contains(&rows).then_some(Self(rows))
    }

    /// As a number of rows.
    #[must_use]
    pub fn get(self) -> u64 {
        u64::from(self.0)
    }
}

impl Default for Limit {
    fn default() -> Self {
        Self(20)
    }
}

/// The string is no cursor of this list.
#[derive(Debug, thiserror::Error)]
#[error("not a cursor of this list")]
pub struct CursorError;

/// Turns the key of the last row into an opaque string and back.
pub struct Cursor;

impl Cursor {
    /// The longest cursor that is looked at, in bytes.
    pub const MAX_BYTES: usize = 4_096;

    /// The string for a key.
    #[must_use]
    pub fn write<K: Serialize>(key: &K) -> String {
        URL_SAFE_NO_PAD.encode(serde_json::to_vec(key).unwrap_or_default())
    }

    /// The key of a string that [`Cursor::write`] made.
    ///
    /// # Errors
    /// [`CursorError`] for anything else.
    pub fn read<K: DeserializeOwned>(cursor: &str) -> Result<K, CursorError> {
        if cursor.len() > Self::MAX_BYTES {
            return Err(CursorError);
        }
        let bytes = URL_SAFE_NO_PAD.decode(cursor).map_err(|_| CursorError)?;
        serde_json::from_slice(&bytes).map_err(|_| CursorError)
    }
}
