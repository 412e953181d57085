//! One result: in a list, in a grid, beside a party.

use base::{Lang, Vocabularies};
use search::{Card, CardAdvantage, DocKind, Facet, Hit};

use super::format::{self, Moment};
use super::frame::localised;

/// What a technology does better in one line: what was measured, in the language it is written in, and the figures.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct AdvantageLine {
    pub metric: String,
    pub lang: Lang,
    /// Empty where there are none.
    pub figures: String,
}

impl AdvantageLine {
    pub fn of(advantage: &CardAdvantage, lang: Lang) -> Self {
        let (metric, metric_lang) = advantage.metric(lang);
        let figures = format::change(lang, advantage.baseline, advantage.offered, &advantage.unit);
        Self { metric: metric.to_owned(), lang: metric_lang, figures }
    }

    /// All of it as one text.
    pub fn text(&self) -> String {
        if self.figures.is_empty() { self.metric.clone() } else { format!("{}: {}", self.metric, self.figures) }
    }
}

/// A result as it is shown. The two texts in HTML come from the engine, where nothing but `<mark>` is a tag.
pub(super) struct CardView {
    pub kind: &'static str,
    pub kind_label: String,
    pub code: String,
    pub url: String,
    pub title_html: String,
    pub title_lang: Lang,
    pub snippet_html: String,
    pub snippet_lang: Lang,
    pub advantage: Option<AdvantageLine>,
    pub party: Option<String>,
    pub verified: bool,
    pub place: Option<String>,
    pub trl: Option<u8>,
    pub tags: Vec<String>,
    /// When what it says was last changed or confirmed, else published: the newest day that the index knows.
    pub moment: Moment,
    /// The message that says which of both that is.
    pub moment_key: &'static str,
    /// The first figure of the field's code: which quiet pattern stands for it.
    pub pattern: char,
}

/// The path of a card's page.
pub(super) fn path(card: &Card) -> String {
    crate::api::search::url(card)
}

impl CardView {
    /// The party's name without its last word, and that word: the sign behind a name stays with it where a line ends.
    fn party_words(&self) -> (&str, &str) {
        let name = self.party.as_deref().unwrap_or_default();
        name.rsplit_once(' ').unwrap_or(("", name))
    }

    pub fn party_start(&self) -> &str {
        self.party_words().0
    }

    pub fn party_end(&self) -> &str {
        self.party_words().1
    }

    pub fn of(hit: Hit, lang: Lang, vocabularies: &Vocabularies) -> Self {
        let card = hit.card;
        let first = |facet: Facet| card.facets.get(&facet).and_then(|values| values.first());
        let label = |facet: Facet| first(facet).map(|code| facet.label(code, lang, vocabularies));
        let tags = match card.kind {
            DocKind::Technology => [label(Facet::IprStatus), label(Facet::Cooperation)],
            DocKind::IpAsset => [label(Facet::IpKind), label(Facet::IprStatus)],
            DocKind::Need => [label(Facet::Cooperation), None],
            DocKind::Party => [label(Facet::PartyType), None],
            DocKind::Expert => [label(Facet::Field), None],
        };
        Self {
            kind: card.kind.as_str(),
            kind_label: Facet::Kind.label(card.kind.as_str(), lang, vocabularies),
            url: localised(lang, &path(&card)),
            title_html: hit.highlights.title,
            title_lang: card.title_lang(lang),
            snippet_html: hit.highlights.snippet,
            snippet_lang: hit.highlights.snippet_lang,
            advantage: card.advantage.as_ref().map(|advantage| AdvantageLine::of(advantage, lang)),
            party: card.party.as_ref().filter(|_| card.kind != DocKind::Party).map(|p| crate::api::search::party_name(p, lang).to_owned()),
            verified: card.verified,
            place: label(Facet::Province),
            trl: card.trl(),
            tags: tags.into_iter().flatten().collect(),
            moment: format::moment(lang, card.confirmed_at.max(card.published_at)),
            moment_key: match card.kind {
                _ if card.confirmed_at > card.published_at => "hit-updated",
                DocKind::Party | DocKind::Expert => "hit-joined",
                DocKind::Technology | DocKind::IpAsset | DocKind::Need => "hit-published",
            },
            pattern: first(Facet::Field).and_then(|code| code.chars().next()).filter(|c| ('1'..='6').contains(c)).unwrap_or('0'),
            code: card.code,
        }
    }
}
