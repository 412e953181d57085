//! The card of a document: what a result shows, kept in the index so that a search needs no database.

use std::collections::BTreeMap;

use base::{Lang, Localised, PartyId};
use chrono::{DateTime, Utc};
use listings::Kind;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::facet::Facet;

/// The most characters of a summary that a card carries.
pub(crate) const SUMMARY_CHARS: usize = 600;

/// What a document is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DocKind {
    /// A technology on offer.
    Technology,
    /// An intellectual property asset.
    IpAsset,
    /// A need.
    Need,
    /// A party.
    Party,
    /// An expert.
    Expert,
}

impl DocKind {
    /// All of them, in the order they are shown.
    pub const ALL: [Self; 5] = [Self::Technology, Self::IpAsset, Self::Need, Self::Party, Self::Expert];

    /// The word used in the index and the API.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Technology => "technology",
            Self::IpAsset => "ip_asset",
            Self::Need => "need",
            Self::Party => "party",
            Self::Expert => "expert",
        }
    }

    /// The kind of listing, if it is one.
    #[must_use]
    pub fn listing(self) -> Option<Kind> {
        match self {
            Self::Technology => Some(Kind::Technology),
            Self::IpAsset => Some(Kind::IpAsset),
            Self::Need => Some(Kind::Need),
            Self::Party | Self::Expert => None,
        }
    }
}

impl From<Kind> for DocKind {
    fn from(kind: Kind) -> Self {
        match kind {
            Kind::Technology => Self::Technology,
            Kind::IpAsset => Self::IpAsset,
            Kind::Need => Self::Need,
        }
    }
}

impl std::str::FromStr for DocKind {
    type Err = listings::UnknownKind;
    fn from_str(s: &str) -> Result<Self, Self::Err> {
        match s {
            "party" => Ok(Self::Party),
            "expert" => Ok(Self::Expert),
            other => other.parse::<Kind>().map(Self::from),
        }
    }
}

/// The party beside a listing, as everybody who finds the listing may know it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CardParty {
    /// The party.
    pub id: PartyId,
    /// Its name, per language.
    pub name: BTreeMap<Lang, String>,
}

/// What a result shows, kept in the index so that a search needs no database.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Card {
    /// The listing's, party's or expert's id.
    pub id: Uuid,
    /// What it is.
    pub kind: DocKind,
    /// The readable code; empty for parties and experts.
    pub code: String,
    /// The readable piece of the address.
    pub slug: String,
    /// The title or name, per language.
    pub title: BTreeMap<Lang, String>,
    /// The short text, per language, cut to a length that fits a result.
    pub summary: BTreeMap<Lang, String>,
    /// Whose it is, unless it is hidden.
    pub party: Option<CardParty>,
    /// Values per facet; the field alone, without those above it.
    pub facets: BTreeMap<Facet, Vec<String>>,
    /// First published.
    pub published_at: DateTime<Utc>,
    /// Last confirmed.
    pub confirmed_at: DateTime<Utc>,
    /// When it ends unless confirmed; none for parties and experts.
    pub expires_at: Option<DateTime<Utc>>,
    /// The source's name.
    pub source: Option<String>,
    /// The source's own id.
    pub external_id: Option<String>,
    /// The version shown.
    pub version: u32,
    /// See [`Published::revision`].
    pub revision: i64,
    /// Whether the party is verified; false where the party is hidden.
    pub verified: bool,
}

impl Card {
    /// The title in a language, else in another.
    #[must_use]
    pub fn title(&self, lang: Lang) -> &str {
        best(&self.title, lang).unwrap_or_default()
    }

    /// The language that [`Self::title`] speaks.
    #[must_use]
    pub fn title_lang(&self, lang: Lang) -> Lang {
        if self.title.contains_key(&lang) { lang } else { self.title.keys().next().copied().unwrap_or(lang) }
    }

    /// The short text in a language, else in another.
    #[must_use]
    pub fn summary(&self, lang: Lang) -> &str {
        best(&self.summary, lang).unwrap_or_default()
    }

    /// The readiness level.
    #[must_use]
    pub fn trl(&self) -> Option<u8> {
        self.facets.get(&Facet::Trl)?.first()?.parse().ok()
    }
}

/// The text in a language, else in another.
pub(crate) fn best(texts: &BTreeMap<Lang, String>, lang: Lang) -> Option<&str> {
    texts.get(&lang).or_else(|| texts.values().next()).map(String::as_str)
}

/// The texts that a card carries, per language, cut.
pub(crate) fn texts(text: &Localised, max_chars: usize) -> BTreeMap<Lang, String> {
    Lang::ALL.into_iter().filter_map(|lang| text.get(lang).map(|words| (lang, cut_chars(words, max_chars).to_owned()))).collect()
}

/// The first `bytes` bytes at most, cut between two characters.
pub(crate) fn cut(text: &str, bytes: usize) -> &str {
    text.get(..text.floor_char_boundary(bytes)).unwrap_or(text)
}

fn cut_chars(text: &str, max: usize) -> &str {
    match text.char_indices().nth(max) {
        Some((at, _)) => text.get(..at).unwrap_or(text),
        None => text,
    }
}
