//! The facets: what one can narrow a search by, and where the names of the values come from.

use std::fmt;
use std::str::FromStr;

use base::{Lang, Vocabularies, messages};
use serde::{Deserialize, Serialize};

use crate::card::DocKind;
use crate::price;

/// Something a document has values of and a search can be narrowed by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Facet {
    /// Technology, IP asset, need, party or expert.
    Kind,
    /// Vietnamese S&T field, with all fields above it.
    Field,
    /// Technology readiness level.
    Trl,
    /// Form of cooperation.
    Cooperation,
    /// Province.
    Province,
    /// Commune or ward.
    Commune,
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
    /// Band of the stated price.
    PriceBand,
}

impl Facet {
    /// All of them, in the order they are shown.
    pub const ALL: [Self; 13] = [
        Self::Kind,
        Self::Field,
        Self::Trl,
        Self::Cooperation,
        Self::Province,
        Self::Commune,
        Self::PartyType,
        Self::IprStatus,
        Self::PriceBand,
        Self::Language,
        Self::Ipc,
        Self::IpKind,
        Self::PartnerType,
    ];

    /// Those counted when a search does not say which.
    pub const SHOWN: [Self; 10] = [
        Self::Kind,
        Self::Field,
        Self::Trl,
        Self::Cooperation,
        Self::Province,
        Self::PartyType,
        Self::IprStatus,
        Self::PriceBand,
        Self::Ipc,
        Self::Language,
    ];

    /// The word used in addresses, in the query language and in the index.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Kind => "kind",
            Self::Field => "field",
            Self::Trl => "trl",
            Self::Cooperation => "cooperation",
            Self::Province => "province",
            Self::Commune => "commune",
            Self::PartyType => "party_type",
            Self::IprStatus => "ipr_status",
            Self::Language => "language",
            Self::Ipc => "ipc",
            Self::IpKind => "ip_kind",
            Self::PartnerType => "partner_type",
            Self::PriceBand => "price_band",
        }
    }

    /// Its place in [`Facet::ALL`].
    #[must_use]
    pub fn place(self) -> usize {
        Self::ALL.iter().position(|f| *f == self).unwrap_or_default()
    }

    /// The vocabulary with the names of its values.
    #[must_use]
    pub fn vocabulary(self) -> Option<&'static str> {
        Some(match self {
            Self::Field => "fields",
            Self::Trl => "trl",
            Self::Cooperation => "cooperation",
            Self::Province => "provinces",
            Self::Commune => "communes",
            Self::PartyType | Self::PartnerType => "party_types",
            Self::IprStatus => "ipr_status",
            Self::Ipc => "ip_sections",
            Self::IpKind => "ip_kinds",
            Self::PriceBand => price::LIST,
            Self::Kind | Self::Language => return None,
        })
    }

    /// True if there is such a value: a code that nobody knows finds nothing and is a mistake of whoever asks.
    #[must_use]
    pub fn knows(self, code: &str, vocabularies: &Vocabularies) -> bool {
        match self {
            Self::Kind => code.parse::<DocKind>().is_ok(),
            Self::Language => Lang::ALL.iter().any(|lang| lang.code() == code),
            Self::Ipc => listings::check::is_ipc(code),
            // The list has the communes of the space's own province; those of others at least look like one.
            Self::Commune => code.len() == 5 && code.bytes().all(|b| b.is_ascii_digit()),
            // Where there is no list, any code may be one.
            _ => self.vocabulary().and_then(|list| vocabularies.get(list)).is_none_or(|list| list.latest(code).is_some()),
        }
    }

    /// True if its values lie below each other.
    #[must_use]
    pub fn is_nested(self) -> bool {
        matches!(self, Self::Field | Self::Ipc)
    }

    /// A value with all above it of the same facet, the value first.
    #[must_use]
    pub fn path(self, code: &str, vocabularies: &Vocabularies) -> Vec<String> {
        let above = |code: &String| self.parent(code, vocabularies).filter(|_| self.is_nested());
        // No list is deeper than this; a list that led in a circle would end here, too.
        std::iter::successors(Some(code.to_owned()), above).take(8).collect()
    }

    /// The value above a value: of the same facet where values lie below each other, of a commune its province.
    #[must_use]
    pub fn parent(self, code: &str, vocabularies: &Vocabularies) -> Option<String> {
        match self {
            Self::Field => vocabularies.get("fields")?.latest(code)?.parent.as_ref().map(|parent| parent.0.clone()),
            // A value of another facet: the province.
            Self::Commune => vocabularies.get("communes")?.latest(code)?.parent.as_ref().map(|parent| parent.0.clone()),
            Self::Ipc => [4, 3, 1].into_iter().find(|length| *length < code.len()).and_then(|length| code.get(..length)).map(str::to_owned),
            _ => None,
        }
    }

    /// The name of a value, the code itself where there is none.
    #[must_use]
    pub fn label(self, code: &str, lang: Lang, vocabularies: &Vocabularies) -> String {
        if let Some(list) = self.vocabulary() {
            return vocabularies.name(list, code, lang).to_owned();
        }
        let key = match self {
            Self::Kind => format!("kind-one-{}", code.replace('_', "-")),
            _ => format!("written-in-{code}"),
        };
        // A code may be anything somebody typed into an address; only those that are known have words.
        if self.knows(code, vocabularies) { messages::say(lang, &key, &[]) } else { code.to_owned() }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_class_lies_below_its_subclass() {
        let all = Vocabularies::built_in().unwrap();
        let parent = |code: &str| Facet::Ipc.parent(code, &all);
        assert_eq!(parent("A23N 5/01").as_deref(), Some("A23N"));
        assert_eq!((parent("A23N").as_deref(), parent("A23").as_deref(), parent("A")), (Some("A23"), Some("A"), None));
        assert_eq!(Facet::Field.parent("40107", &all).as_deref(), Some("401"));
        assert_eq!(Facet::Trl.parent("4", &all), None);
        assert_eq!(Facet::Ipc.path("A23N 5/01", &all), ["A23N 5/01", "A23N", "A23", "A"]);
        assert_eq!(Facet::Field.path("40107", &all), ["40107", "401", "4"]);
    }

    #[test]
    fn a_commune_lies_below_its_province_but_is_no_value_of_that_facet() {
        let all = Vocabularies::built_in().unwrap();
        assert_eq!(Facet::Commune.parent("28777", &all).as_deref(), Some("86"));
        assert_eq!(Facet::Commune.parent("00001", &all), None, "of another province, which the list does not have");
        assert_eq!(Facet::Commune.path("28777", &all), ["28777"]);
    }

    #[test]
    fn every_list_of_names_is_there() {
        let all = Vocabularies::built_in().unwrap();
        for facet in Facet::ALL {
            assert!(facet.vocabulary().is_none_or(|list| all.get(list).is_some()), "{facet}");
        }
        for section in ["A", "B", "C", "D", "E", "F", "G", "H"] {
            assert!(Facet::Ipc.label(section, Lang::Vi, &all).starts_with(&format!("{section} – ")), "{section}");
        }
        assert_eq!(Facet::Ipc.label("A", Lang::En, &all), "A – Daily needs: farming, food, health, household goods");
        assert_eq!(Facet::Ipc.label("A23N", Lang::En, &all), "A23N");
    }

    #[test]
    fn what_nobody_knows_is_no_value() {
        let all = Vocabularies::built_in().unwrap();
        for (facet, good, bad) in [
            (Facet::Kind, "need", "product"),
            (Facet::Field, "401", "4x"),
            (Facet::Trl, "9", "10"),
            (Facet::Province, "86", "00"),
            (Facet::Commune, "28777", "Phú Khương"),
            (Facet::Language, "vi", "fr"),
            (Facet::Ipc, "A23N 5/01", "Z"),
            (Facet::PriceBand, "100-500", "cheap"),
        ] {
            assert!(facet.knows(good, &all) && !facet.knows(bad, &all), "{facet}");
        }
    }
}
