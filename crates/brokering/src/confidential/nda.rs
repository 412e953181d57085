//! The agreement that a reader accepts before anything confidential is opened: its text in both languages, its version
//! and the hash by which it is known what was accepted; and which parties accepted it for what is confided of a listing.

use std::collections::BTreeMap;
use std::path::Path;

use base::{Lang, ListingId, PartyId};
use chrono::{DateTime, Utc};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QuerySelect};
use sha2::{Digest, Sha256};
use store::StoreError;

use super::rows::disclosure;

/// The text in force.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Nda {
    /// The version that both texts name in their first line.
    pub version: String,
    /// SHA-256 over version and both texts, in hexadecimal digits.
    pub hash: String,
    /// Markdown, Vietnamese.
    pub vi: String,
    /// Markdown, English.
    pub en: String,
}

/// Why there is no text.
#[derive(Debug, thiserror::Error)]
pub enum NdaError {
    /// A file cannot be read.
    #[error("the confidentiality agreement cannot be read: {0}")]
    File(String, #[source] Option<std::io::Error>),
    /// A file does not begin with a line `version: …`, or has nothing after it.
    #[error("{0}: the first line of the confidentiality agreement must be `version: …`, and a text must follow")]
    Form(String),
    /// The two languages are of different versions.
    #[error("the two languages of the confidentiality agreement are of different versions: {0} and {1}")]
    Versions(String, String),
}

impl Nda {
    /// The text in a folder, else the built-in one.
    ///
    /// # Errors
    /// [`NdaError`].
    pub fn open(folder: &str) -> Result<Self, NdaError> {
        let text = |name: &str| {
            if folder.is_empty() {
                return base::defaults::text(&format!("nda/{name}")).ok_or_else(|| NdaError::File(name.to_owned(), None));
            }
            let path = Path::new(folder).join(name);
            std::fs::read_to_string(&path).map_err(|e| NdaError::File(path.display().to_string(), Some(e)))
        };
        Self::of(&text("vi.md")?, &text("en.md")?)
    }

    fn of(vi: &str, en: &str) -> Result<Self, NdaError> {
        let parts = |name: &str, text: &str| {
            let text = base::text::clean(text);
            let found = text.split_once('\n').and_then(|(first, rest)| Some((first.strip_prefix("version:")?.trim(), rest.trim())));
            let (version, rest) = found.filter(|(v, t)| !v.is_empty() && !t.is_empty()).ok_or_else(|| NdaError::Form(name.to_owned()))?;
            Ok((version.to_owned(), rest.to_owned()))
        };
        let ((version, vi), (other, en)) = (parts("vi.md", vi)?, parts("en.md", en)?);
        if version != other {
            return Err(NdaError::Versions(version, other));
        }
        let hash = hex::encode(Sha256::digest([version.as_str(), &vi, &en].join("\0")));
        Ok(Self { version, hash, vi, en })
    }

    /// The text in a language.
    #[must_use]
    pub fn text(&self, lang: Lang) -> &str {
        match lang {
            Lang::Vi => &self.vi,
            Lang::En => &self.en,
        }
    }
}

/// A party whose people accepted the agreement to read what is confided of a listing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Accepted {
    pub listing: ListingId,
    pub party: PartyId,
    /// The first time.
    pub first_at: DateTime<Utc>,
}

/// The parties whose people accepted the agreement to read what is confided of these listings, each with the first time.
/// Whether they may still read it is another question: the duty of confidence outlasts that.
///
/// # Errors
/// If the database fails.
pub(crate) async fn accepted_for(db: &impl ConnectionTrait, listings: &[ListingId]) -> Result<Vec<Accepted>, StoreError> {
    let rows: Vec<(uuid::Uuid, uuid::Uuid, DateTime<Utc>)> = disclosure::Entity::find()
        .select_only()
        .column(disclosure::Column::ListingId)
        .column(disclosure::Column::PartyId)
        .column(disclosure::Column::AcceptedAt)
        .filter(disclosure::Column::ListingId.is_in(listings.iter().map(|listing| listing.0)))
        .filter(disclosure::Column::AcceptedAt.is_not_null())
        .into_tuple()
        .all(db)
        .await?;
    let mut first = BTreeMap::new();
    for (listing, party, at) in rows {
        let known = first.entry((ListingId(listing), PartyId(party))).or_insert(at);
        *known = at.min(*known);
    }
    Ok(first.into_iter().map(|((listing, party), first_at)| Accepted { listing, party, first_at }).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_built_in_text_is_there_in_both_languages_and_its_hash_is_of_all_of_it() {
        let nda = Nda::open("").unwrap();
        assert!(nda.text(Lang::Vi).starts_with("# Thỏa thuận bảo mật") && nda.text(Lang::En).starts_with("# Confidentiality"));
        assert_eq!(nda.hash.len(), 64);
        let of = |version: &str, vi: &str, en: &str| {
            Nda::of(&format!("version: {version}\n{vi}"), &format!("version: {version}\n{en}")).unwrap().hash
        };
        let one = of("1", "a", "b");
        assert!(one != of("2", "a", "b") && one != of("1", "c", "b") && one != of("1", "a", "c") && one == of("1", "a\n", "b"));
        assert!(matches!(Nda::of("version: 1\na", "version: 2\nb"), Err(NdaError::Versions(..))));
        assert!(matches!(Nda::of("a", "version: 1\nb"), Err(NdaError::Form(_))));
    }
}
