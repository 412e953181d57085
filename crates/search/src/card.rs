//! The card of a document: what a result shows, kept in the index so that a search needs no database.

use std::collections::BTreeMap;

use base::{Lang, Localised, PartyId};
use chrono::{DateTime, Utc};
use listings::Kind;
use listings::content::{Advantage, Content};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::facet::Facet;

/// The most characters of a summary that a card carries.
pub(crate) const SUMMARY_CHARS: usize = 600;
/// The most characters of what an advantage measures that a card carries: with its figures it is to be one line.
const ADVANTAGE_CHARS: usize = 90;

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

/// The first thing that a technology does better: what was measured, and the figures of today and of the technology. They
/// are kept as figures, since each language writes them in its own way.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CardAdvantage {
    /// What was measured, per language, cut at a word.
    pub metric: BTreeMap<Lang, String>,
    /// The figure of what it is compared with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub baseline: Option<f64>,
    /// The figure offered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub offered: Option<f64>,
    /// The unit of both; may be empty.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub unit: String,
}

impl CardAdvantage {
    /// The first advantage with figures on both sides, else the first that is named; none for IP assets and needs, which
    /// have no advantages.
    pub(crate) fn of(content: &Content) -> Option<Self> {
        let Content::Technology(technology) = content else { return None };
        let named = || technology.advantages.iter().filter(|a| !a.metric.is_empty());
        let first = named().find(|a| a.baseline.is_some() && a.offered.is_some()).or_else(|| named().next())?;
        let Advantage { metric, baseline, offered, unit, .. } = first;
        let metric = Lang::ALL.into_iter().filter_map(|lang| metric.get(lang).map(|words| (lang, cut_at_a_word(words, ADVANTAGE_CHARS))));
        Some(Self { metric: metric.collect(), baseline: *baseline, offered: *offered, unit: unit.clone() })
    }

    /// What was measured in a language, else in another, and the language it is in.
    #[must_use]
    pub fn metric(&self, lang: Lang) -> (&str, Lang) {
        let (lang, words) = self.metric.get_key_value(&lang).or_else(|| self.metric.iter().next()).map_or((lang, ""), |(l, w)| (*l, w));
        (words, lang)
    }
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
    /// What it does better, of a technology that says so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub advantage: Option<CardAdvantage>,
    /// Whose it is, unless it is hidden.
    pub party: Option<CardParty>,
    /// Values per facet; the field alone, without those above it.
    pub facets: BTreeMap<Facet, Vec<String>>,
    /// First published.
    pub published_at: DateTime<Utc>,
    /// See [`Published::out_since`]; of parties and experts the same as `published_at`.
    pub out_since: DateTime<Utc>,
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

/// The first characters of a text up to the end of a word, with a mark where there is more.
fn cut_at_a_word(text: &str, max_chars: usize) -> String {
    let Some((at, _)) = text.char_indices().nth(max_chars) else { return text.to_owned() };
    let head = text.get(..at).unwrap_or(text);
    // One word that is longer than the line is cut within.
    let end = head.rfind(char::is_whitespace).filter(|end| *end > 0).unwrap_or(at);
    format!("{}…", head.get(..end).unwrap_or(head).trim_end_matches([' ', ',', ';', ':', '-']))
}

fn cut_chars(text: &str, max: usize) -> &str {
    match text.char_indices().nth(max) {
        Some((at, _)) => text.get(..at).unwrap_or(text),
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use base::Localised;
    use listings::content::Technology;

    use super::*;

    fn advantage(metric: &str, baseline: Option<f64>, offered: Option<f64>) -> Advantage {
        Advantage { metric: Localised::of(Lang::Vi, metric), baseline, offered, unit: "h".to_owned(), ..Advantage::default() }
    }

    fn of(advantages: Vec<Advantage>) -> Option<CardAdvantage> {
        CardAdvantage::of(&Content::Technology(Box::new(Technology { advantages, ..Technology::default() })))
    }

    #[test]
    fn a_line_is_cut_after_a_word() {
        assert_eq!(cut_at_a_word("thời gian sấy", 13), "thời gian sấy");
        assert_eq!(cut_at_a_word("thời gian sấy, mẻ", 15), "thời gian sấy…");
        assert_eq!(cut_at_a_word("thời gian sấy", 9), "thời…");
        assert_eq!(cut_at_a_word("siêuthịtrườngcôngnghệ", 4), "siêu…");
    }

    #[test]
    fn a_card_carries_the_first_advantage_with_figures_on_both_sides() {
        let all = vec![advantage("", Some(2.0), Some(1.0)), advantage("gọn", None, None), advantage("sấy", Some(14.0), Some(5.0))];
        let shown = of(all).unwrap();
        assert_eq!((shown.metric(Lang::En), shown.baseline, shown.offered), (("sấy", Lang::Vi), Some(14.0), Some(5.0)));
        assert_eq!(of(vec![advantage("gọn", None, None)]).unwrap().metric(Lang::Vi), ("gọn", Lang::Vi));
        assert_eq!(of(Vec::new()), None, "not measured yet");
        assert_eq!(CardAdvantage::of(&Content::Need(Box::default())), None);
    }
}
