//! The facets: what one can narrow a search by, and where the names of the values come from.

use std::fmt;
use std::str::FromStr;

use base::{Lang, Vocabularies};
use serde::{Deserialize, Serialize};

/// Something a document has values of and a search can be narrowed by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Facet {
    /// Technology, IP asset, need or party.
    Kind,
    /// Vietnamese S&T field, with all fields above it.
    Field,
    /// Technology readiness level.
    Trl,
    /// Form of cooperation.
    Cooperation,
    /// Province.
    Province,
    /// Kind of party.
    PartyType,
    /// State of protection.
    IprStatus,
    /// Language that a text is there in.
    Language,
    /// International patent class, with section, class and subclass.
    Ipc,
    /// Kind of IP asset.
    IpKind,
    /// Kind of partner looked for.
    PartnerType,
}

impl Facet {
    /// All of them, in the order they are shown.
    pub const ALL: [Self; 11] = [
        Self::Kind,
        Self::Field,
        Self::Trl,
        Self::Cooperation,
        Self::Province,
        Self::PartyType,
        Self::IprStatus,
        Self::Language,
        Self::Ipc,
        Self::IpKind,
        Self::PartnerType,
    ];

    /// Those counted when a search does not say which.
    pub const SHOWN: [Self; 8] =
        [Self::Kind, Self::Field, Self::Trl, Self::Cooperation, Self::Province, Self::PartyType, Self::IprStatus, Self::Language];

    /// The word used in addresses, in the query language and in the index.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Kind => "kind",
            Self::Field => "field",
            Self::Trl => "trl",
            Self::Cooperation => "cooperation",
            Self::Province => "province",
            Self::PartyType => "party_type",
            Self::IprStatus => "ipr_status",
            Self::Language => "language",
            Self::Ipc => "ipc",
            Self::IpKind => "ip_kind",
            Self::PartnerType => "partner_type",
        }
    }

    /// Its place in [`Facet::ALL`].
    #[must_use]
    pub fn place(self) -> usize {
        Self::ALL.iter().position(|f| *f == self).unwrap_or_default()
    }

    /// The vocabulary with the names of its values.
    fn vocabulary(self) -> Option<&'static str> {
        Some(match self {
            Self::Field => "fields",
            Self::Trl => "trl",
            Self::Cooperation => "cooperation",
            Self::Province => "provinces",
            Self::PartyType | Self::PartnerType => "party_types",
            Self::IprStatus => "ipr_status",
            Self::Ipc => "ipc",
            Self::IpKind => "ip_kinds",
            Self::Kind | Self::Language => return None,
        })
    }

    /// The name of a value, the code itself where there is none.
    #[must_use]
    pub fn label(self, code: &str, lang: Lang, vocabularies: &Vocabularies) -> String {
        if let Some(list) = self.vocabulary() {
            return vocabularies.name(list, code, lang).to_owned();
        }
        match (self, code, lang) {
            (Self::Kind, "technology", Lang::Vi) => "Công nghệ",
            (Self::Kind, "technology", Lang::En) => "Technology",
            (Self::Kind, "ip_asset", Lang::Vi) => "Tài sản trí tuệ",
            (Self::Kind, "ip_asset", Lang::En) => "IP asset",
            (Self::Kind, "need", Lang::Vi) => "Nhu cầu",
            (Self::Kind, "need", Lang::En) => "Need",
            (Self::Kind, "party", Lang::Vi) => "Tổ chức, cá nhân",
            (Self::Kind, "party", Lang::En) => "Party",
            (Self::Language, "vi", Lang::Vi) => "Tiếng Việt",
            (Self::Language, "vi", Lang::En) => "Vietnamese",
            (Self::Language, "en", Lang::Vi) => "Tiếng Anh",
            (Self::Language, "en", Lang::En) => "English",
            (_, other, _) => other,
        }
        .to_owned()
    }
}

impl fmt::Display for Facet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The word names no facet.
#[derive(Debug, thiserror::Error)]
#[error("not a facet")]
pub struct UnknownFacet;

impl FromStr for Facet {
    type Err = UnknownFacet;
    fn from_str(s: &str) -> Result<Self, Self::Err> {
        Self::ALL.into_iter().find(|f| f.as_str() == s).ok_or(UnknownFacet)
    }
}
