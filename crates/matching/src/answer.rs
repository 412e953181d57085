//! What an answer looks like: matches, their reasons and parts, as the API and the pages give them.

use base::{Lang, ListingId};
use chrono::{DateTime, Utc};
use listings::Kind;
use listings::published::{Provenance, Published};
use listings::state::Status;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::constraints::Exclusion;
use crate::feedback::Said;

/// A named part of the score.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = MatchPart)]
pub enum Part {
    /// Words that both sides use.
    Topic,
    /// What both say they are about means the same, by the space's language model.
    Meaning,
    /// Nearness of the fields of science and technology, or of the patent classes of two offers, if that is greater.
    Field,
    /// Figures wanted and figures offered.
    Targets,
    /// Forms of cooperation.
    Cooperation,
    /// Readiness.
    Maturity,
    /// The same province.
    Place,
    /// Lately confirmed.
    Freshness,
    /// How soon the offering side usually replies, as its page says.
    Responsiveness,
    /// Deals in the same field, or one above or below it, that were brought to their end; of parties.
    Deals,
}

/// Why two listings match: two fields and what of them met. Whoever takes the words out of either field finds the
/// reason gone. One that both mean the same cites no words: it compares the two texts as wholes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[schema(as = MatchReason)]
pub struct Reason {
    /// Which part of the score.
    pub part: Part,
    /// Its share of the score, 0 to 1; with `unexplained_share` the shares of a match sum to 1.
    pub share: f64,
    /// JSON pointer into the content of the seeking side (of two offers, the one asked about), or `/party/province`: `/title/vi`.
    pub need_field: String,
    /// JSON pointer into the content of the offering side, or `/party/province`.
    pub offer_field: String,
    /// The words that met, as the seeking side writes them.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub words: Vec<String>,
    /// The words that met, as the offering side writes them.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub offer_words: Vec<String>,
    /// The figure or code that met, on the seeking side.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub need_value: Option<String>,
    /// The figure or code that met, on the offering side.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub offer_value: Option<String>,
    /// The sentence for the reader.
    pub text: String,
}

/// How a part came out.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[schema(as = MatchPartValue)]
pub struct PartValue {
    /// The part.
    pub part: Part,
    /// 0 to 1.
    pub value: f64,
    /// False where one side says nothing of it; the value is then neutral.
    pub known: bool,
}

/// The listing of a match.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct MatchListing {
    /// The listing.
    pub id: ListingId,
    /// Its kind.
    pub kind: Kind,
    /// Its readable code.
    pub code: String,
    /// Its title in the reader's language.
    pub title: String,
    /// The language of the title.
    pub title_lang: Lang,
    /// Its short text in the reader's language.
    pub summary: String,
    /// The language of the short text.
    pub summary_lang: Lang,
    /// Its page.
    pub url: String,
    /// Always `published`.
    pub status: Status,
    /// Where it came from.
    pub provenance: Provenance,
    /// The name of its party in the reader's language, unless it is hidden.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub party: Option<String>,
    /// Its readiness level.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trl: Option<u8>,
    /// First published.
    pub published_at: DateTime<Utc>,
    /// Since when it is out for all who see it now: what news is told by, and no part of an answer.
    #[serde(skip)]
    pub out_since: DateTime<Utc>,
}

impl MatchListing {
    /// What everybody who may see the listing may know of it.
    #[must_use]
    pub(crate) fn of(listing: &Published, lang: Lang) -> Self {
        let content = &listing.content;
        let party = if content.hides_party() { None } else { listing.owner.name.best(lang).map(str::to_owned) };
        Self {
            id: listing.id,
            kind: listing.kind,
            code: listing.code.clone(),
            title: content.title().best(lang).unwrap_or_default().to_owned(),
            title_lang: content.title().spoken(lang),
            summary: beginning(content.summary().best(lang).unwrap_or_default()).to_owned(),
            summary_lang: content.summary().spoken(lang),
            url: listings::view::url(listing.kind, &listing.slug),
            status: Status::Published,
            provenance: listing.provenance.clone(),
            party,
            trl: content.trl(),
            published_at: listing.published_at,
            out_since: listing.out_since,
        }
    }
}

/// The most characters of a short text in an answer.
const SUMMARY_CHARS: usize = 500;

pub(crate) fn beginning(text: &str) -> &str {
    text.char_indices().nth(SUMMARY_CHARS).and_then(|(at, _)| text.get(..at)).unwrap_or(text)
}

/// A listing that answers another one.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Match {
    /// The listing.
    pub listing: MatchListing,
    /// 0 to 1. Where the space's weights are calibrated, the share of pairs with such a score that was judged good.
    pub score: f64,
    /// Why, the weightiest first; never empty.
    pub reasons: Vec<Reason>,
    /// What of the score no reason tells, 0 to 1: freshness, how soon the offering side replies, and what is not said.
    pub unexplained_share: f64,
    /// How soon the offering side usually replies, in words, where that speaks for the match.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub replies: Option<String>,
    /// True if both belong to the same party, as everybody may know.
    pub same_party: bool,
    /// How each part came out; only when asked to explain.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub parts: Vec<PartValue>,
    /// The pair's own id, to say something of it: the need's id, a dot, the offer's id. None for two offers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// What the reader's own side said of it last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub feedback: Option<Said>,
    /// Why it is no match; only when asked for what was excluded.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub excluded: Vec<Exclusion>,
}

/// The one thing in one's own listing that would sharpen its matches most: what it does not say, or says so that nothing
/// answers it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = MatchMissing)]
pub struct Missing {
    /// The part of the score that it would sharpen.
    pub part: Part,
    /// JSON pointer to the field to fill or to mend.
    pub field: String,
    /// The sentence for the reader.
    pub text: String,
}

/// A page of matches, the best first.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct MatchPage {
    /// The matches.
    pub items: Vec<Match>,
    /// Give this back to get the next page; null at the end.
    pub next: Option<String>,
    /// How many there are in all.
    pub total: u64,
    /// For members of the listing's party: what to fill in or to mend so that its matches become sharper.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub missing: Option<Missing>,
    /// For each of the items what gives those behind it, for whoever has room for fewer of them.
    #[serde(skip)]
    pub behind: Vec<String>,
}
