//! What the index knows of one listing, party or expert, made from the published content and nothing else.
//!
//! A need that hides its party carries it nowhere here: not in the texts, not in the facets, not on the card. Private
//! terms and pending revisions have no way in, since [`Published`] does not hold them.

mod expert;
mod party;

pub use party::PartyDocument;

use std::collections::BTreeMap;

use base::clock::day_ends;
use base::text::LocalisedList;
use base::{Code, Lang, Localised, PartyId, Vocabularies};
use chrono::{DateTime, Utc};
use listings::content::{Content, TextRole};
use listings::published::{Audience, Published};
use uuid::Uuid;

use crate::analysis::{self, Views};
use crate::card::{Card, CardAdvantage, CardParty, DocKind, SUMMARY_CHARS, cut, texts};
use crate::facet::Facet;
use crate::failure::Failure;
use crate::numbers;
use crate::price;
use crate::seal;

/// The audience of what everybody may see.
pub(crate) const PUBLIC: &str = "public";
/// The audience of what whoever is signed in may see.
pub(crate) const REGISTERED: &str = "registered";
/// The most characters of a long text that are kept for excerpts.
const BODY_CHARS: usize = 4_000;
/// The most bytes that a suggestion is found by.
pub(crate) const COMPLETION_BYTES: usize = 64;
/// The most bytes that a title is found by from its second word on.
pub(crate) const LATER_BYTES: usize = 24;
/// So many of the first words of a title begin a suggestion: each more would cost as much of the index as all keywords do.
const TITLE_STARTS: usize = 3;
/// So many of the words of a keyword or a name.
const OTHER_STARTS: usize = 6;
/// Between what a suggestion is found by and what is shown.
pub(crate) const COMPLETION_SIGN: char = '\u{1}';

/// One document of the index, analysed and ready to be written.
#[derive(Clone, Debug)]
pub struct Document {
    pub(crate) card: Card,
    pub(crate) body: BTreeMap<Lang, String>,
    pub(crate) audience: Vec<String>,
    pub(crate) facets: Vec<(Facet, String)>,
    pub(crate) title: String,
    pub(crate) keywords: String,
    pub(crate) summary: String,
    pub(crate) advantage: String,
    pub(crate) party: String,
    pub(crate) all: Views,
    pub(crate) numbers: Vec<String>,
    pub(crate) completions: Vec<String>,
    /// The one the document belongs to, for `party:` in a query; none where it is hidden.
    pub(crate) owner: Option<Uuid>,
    /// When it closes: the deadline or the end, whichever is sooner.
    pub(crate) closes: Option<DateTime<Utc>>,
    pub(crate) completeness: u8,
    /// What the database said when it was made ([`crate::seal`]); of parties and experts their revision.
    pub(crate) seal: i64,
}

impl Document {
    /// The id of the listing, party or expert.
    #[must_use]
    pub fn id(&self) -> Uuid {
        self.card.id
    }

    /// The card.
    #[must_use]
    pub fn card(&self) -> &Card {
        &self.card
    }

    /// The document of a published listing.
    ///
    /// # Errors
    /// None in practice: a listing holds nothing that JSON has not.
    pub fn listing(listing: &Published, vocabularies: &Vocabularies) -> Result<Self, Failure> {
        let content = &listing.content;
        let hidden = content.hides_party();
        let owner = &listing.owner;
        let card = Card {
            id: listing.id.0,
            kind: listing.kind.into(),
            code: listing.code.clone(),
            slug: listing.slug.clone(),
            title: texts(content.title(), usize::MAX),
            summary: texts(content.summary(), SUMMARY_CHARS),
            advantage: CardAdvantage::of(content),
            party: (!hidden).then(|| CardParty { id: owner.id, name: texts(&owner.name, usize::MAX) }),
            facets: BTreeMap::new(),
            published_at: listing.published_at,
            out_since: listing.out_since,
            confirmed_at: listing.confirmed_at,
            expires_at: Some(listing.expires_at),
            source: listing.provenance.source.clone(),
            external_id: listing.provenance.external_id.clone(),
            version: listing.version,
            verified: !hidden && owner.verification != "unverified",
        };
        let mut doc = Self::empty(card, seal::of(listing)?);
        doc.audience = audience(&listing.audience);
        doc.completeness = listing.completeness;
        doc.closes = Some(listing.expires_at);
        doc.owner = (!hidden).then_some(owner.id.0);

        doc.add_facet(Facet::Kind, doc.card.kind.as_str());
        if let Some(field) = content.field() {
            doc.add_path(Facet::Field, field.as_str(), "fields", vocabularies);
        }
        if let Some(trl) = content.trl() {
            doc.add_facet(Facet::Trl, &trl.to_string());
        }
        for code in content.cooperation() {
            doc.add_facet(Facet::Cooperation, code.as_str());
        }
        for code in content.partner_types() {
            doc.add_facet(Facet::PartnerType, code.as_str());
        }
        if let Some(status) = content.ipr_status() {
            doc.add_facet(Facet::IprStatus, status);
        }
        for class in content.ipc() {
            doc.add_class(class.as_str());
        }
        // No facet of their own: they are found by what they are written as.
        for class in content.cpc() {
            doc.add_words(class.as_str(), Lang::Vi, TextTarget::Other);
        }
        for lang in content.languages() {
            doc.add_facet(Facet::Language, lang.code());
        }
        if !hidden {
            doc.add_facet(Facet::PartyType, owner.party_type.as_str());
            doc.add_text_everywhere(&owner.name, TextTarget::Party);
        }
        if let Some(province) = shown_province(listing) {
            doc.add_facet(Facet::Province, province.as_str());
            // The commune says nearly who it is: it goes with the party's name.
            if let Some(commune) = owner.commune.as_ref().filter(|_| !hidden && owner.province.as_ref() == Some(province)) {
                doc.add_facet(Facet::Commune, commune.as_str());
            }
        }

        for field in content.texts() {
            let target = match field.role {
                TextRole::Title => TextTarget::Title,
                TextRole::Summary => TextTarget::Summary,
                TextRole::Advantage => TextTarget::Advantage,
                TextRole::Description => TextTarget::Body,
                TextRole::Other => TextTarget::Other,
            };
            doc.add_text_everywhere(field.text, target);
        }
        for list in content.keywords() {
            doc.add_keywords(list);
        }
        doc.add_by_kind(content, vocabularies);
        doc.complete(content.title());
        doc.add_code(&listing.code);
        for number in content.numbers() {
            doc.add_number(number);
        }
        if let Some(external) = &listing.provenance.external_id {
            doc.add_number(external);
        }
        Ok(doc)
    }

    fn empty(card: Card, seal: i64) -> Self {
        Self {
            card,
            body: BTreeMap::new(),
            audience: Vec::new(),
            facets: Vec::new(),
            title: String::new(),
            keywords: String::new(),
            summary: String::new(),
            advantage: String::new(),
            party: String::new(),
            all: Views::default(),
            numbers: Vec::new(),
            completions: Vec::new(),
            owner: None,
            closes: None,
            completeness: 0,
            seal,
        }
    }

    /// What one kind of listing has beside texts: names, standards, classes, numbers, dates.
    fn add_by_kind(&mut self, content: &Content, vocabularies: &Vocabularies) {
        match content {
            Content::Technology(c) => {
                let price = c.terms.as_ref().and_then(|terms| terms.price.as_ref()).and_then(|price| price.amount.as_ref());
                for band in price.map(|amount| price::bands(amount, vocabularies)).unwrap_or_default() {
                    self.add_facet(Facet::PriceBand, band);
                }
                self.add_list(&c.products, TextTarget::Other);
                for owner in &c.owners {
                    self.add_words(&owner.name, Lang::Vi, TextTarget::Party);
                }
                for standard in &c.standards {
                    self.add_words(standard, Lang::Vi, TextTarget::Other);
                }
                for publication in &c.publications {
                    self.add_words(&publication.title, Lang::En, TextTarget::Other);
                    self.add_number(&publication.doi);
                }
                for advantage in &c.advantages {
                    self.add_words(&advantage.unit, Lang::Vi, TextTarget::Advantage);
                }
                if let Some(funding) = &c.state_funding {
                    self.add_number(&funding.task_code);
                }
            }
            Content::IpAsset(c) => {
                self.add_list(&c.products, TextTarget::Other);
                if let Some(kind) = &c.ip_kind {
                    self.add_facet(Facet::IpKind, kind.as_str());
                }
                for holder in &c.holders {
                    self.add_words(&holder.name, Lang::Vi, TextTarget::Party);
                }
                for creator in &c.creators {
                    self.add_words(creator, Lang::Vi, TextTarget::Party);
                }
                for number in &c.family {
                    self.add_number(number);
                }
                if let Some(priority) = &c.priority {
                    self.add_number(&priority.number);
                }
            }
            Content::Need(c) => {
                for standard in &c.standards {
                    self.add_words(standard, Lang::Vi, TextTarget::Other);
                }
                if let Some(deadline) = c.deadline.map(day_ends) {
                    self.closes = Some(self.closes.map_or(deadline, |closes| closes.min(deadline)));
                }
            }
        }
    }

    fn add_text_everywhere(&mut self, text: &Localised, target: TextTarget) {
        for lang in Lang::ALL {
            if let Some(words) = text.get(lang) {
                self.add_words(words, lang, target);
            }
        }
    }

    fn add_words(&mut self, words: &str, lang: Lang, target: TextTarget) {
        if words.is_empty() {
            return;
        }
        self.all.add(words, lang);
        match target {
            TextTarget::Title => analysis::add_mixed(&mut self.title, words, lang),
            TextTarget::Keywords => analysis::add_mixed(&mut self.keywords, words, lang),
            TextTarget::Party => analysis::add_mixed(&mut self.party, words, lang),
            TextTarget::Summary => analysis::add_plain(&mut self.summary, words, lang),
            TextTarget::Advantage => analysis::add_plain(&mut self.advantage, words, lang),
            TextTarget::Body | TextTarget::Other => {}
        }
        if matches!(target, TextTarget::Body | TextTarget::Summary | TextTarget::Advantage) {
            let body = self.body.entry(lang).or_default();
            let room = BODY_CHARS.saturating_sub(body.len());
            if room > 0 {
                if !body.is_empty() {
                    body.push('\n');
                }
                body.push_str(cut(words, room));
            }
        }
    }

    fn add_list(&mut self, list: &LocalisedList, target: TextTarget) {
        for (lang, words) in &list.0 {
            for word in words {
                self.add_words(word, *lang, target);
            }
        }
    }

    fn add_keywords(&mut self, list: &LocalisedList) {
        self.add_list(list, TextTarget::Keywords);
        for word in list.0.values().flatten() {
            self.add_completion(word, 'k');
        }
    }

    fn complete(&mut self, title: &Localised) {
        let kind = match self.card.kind {
            DocKind::Party => 'p',
            DocKind::Expert => 'e',
            DocKind::Technology | DocKind::IpAsset | DocKind::Need => 't',
        };
        for lang in Lang::ALL {
            if let Some(words) = title.get(lang) {
                self.add_completion(cut(words, COMPLETION_BYTES * 2), kind);
            }
        }
    }

    /// Each kind has its letter in front, so that they are looked through one by one. Found by the beginning of each of its
    /// first words. Keywords carry what is shown with them; titles and names do not, since the card has them.
    fn add_completion(&mut self, shown: &str, kind: char) {
        if shown.len() > COMPLETION_BYTES * 2 {
            return;
        }
        let line = analysis::folded_line(shown);
        let (starts, later) = if kind == 't' { (TITLE_STARTS, LATER_BYTES) } else { (OTHER_STARTS, COMPLETION_BYTES) };
        let shown = if kind == 'k' { shown } else { "" };
        for (n, rest) in analysis::beginnings(&line).take(starts).enumerate() {
            let key = cut(rest, if n == 0 { COMPLETION_BYTES } else { later });
            if !key.is_empty() {
                self.completions.push(format!("{kind}{key}{COMPLETION_SIGN}{shown}"));
            }
        }
    }

    fn add_code(&mut self, code: &str) {
        let key = numbers::code_key(code);
        if !key.is_empty() {
            self.completions.push(format!("c{key}{COMPLETION_SIGN}{code}"));
            self.numbers.push(key);
        }
    }

    fn add_number(&mut self, number: &str) {
        self.numbers.extend(numbers::number_keys(number));
    }

    /// The numbers that stand in a text such as `QĐ số 123/QĐ-UBND ngày 02/03/2015`; the days do not lead to it.
    fn add_numbers_in(&mut self, text: &str) {
        let is_day = |piece: &str| {
            let lengths: Vec<usize> = piece.split(['/', '-', '.']).map(str::len).collect();
            matches!(lengths.as_slice(), [1..=2, 1..=2, 4] | [4, 1..=2, 1..=2]) && !piece.contains(char::is_alphabetic)
        };
        for piece in text.split([' ', ',', ';', '(', ')']).map(|piece| piece.trim_end_matches('.')) {
            if piece.contains(|c: char| c.is_ascii_digit()) && !is_day(piece) {
                self.add_number(piece);
            }
        }
    }

    fn add_facet(&mut self, facet: Facet, code: &str) {
        if code.is_empty() || self.facets.iter().any(|(f, c)| *f == facet && c == code) {
            return;
        }
        self.facets.push((facet, code.to_owned()));
        self.card.facets.entry(facet).or_default().push(code.to_owned());
    }

    /// A code with all above it; the card keeps the code alone.
    fn add_path(&mut self, facet: Facet, code: &str, list: &str, vocabularies: &Vocabularies) {
        self.add_facet(facet, code);
        for above in vocabularies.get(list).map(|v| v.path(code)).unwrap_or_default() {
            if !self.facets.iter().any(|(f, c)| *f == facet && above == c.as_str()) {
                self.facets.push((facet, above.0));
            }
        }
    }

    /// A patent class with its section, class and subclass: `A23N 5/01` → `A`, `A23`, `A23N`.
    fn add_class(&mut self, class: &str) {
        self.add_facet(Facet::Ipc, class);
        for length in [1, 3, 4] {
            if let Some(above) = class.get(..length)
                && !self.facets.iter().any(|(f, c)| *f == Facet::Ipc && c == above)
            {
                self.facets.push((Facet::Ipc, above.to_owned()));
            }
        }
        self.add_words(class, Lang::Vi, TextTarget::Other);
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum TextTarget {
    Title,
    Keywords,
    Summary,
    Advantage,
    Party,
    Body,
    Other,
}

/// The province that may be shown: a `hidden` need shows none, one that tells sector and region keeps it.
fn shown_province(listing: &Published) -> Option<&Code> {
    if listing.content.hides_place() {
        return None;
    }
    match &listing.content {
        Content::Need(need) => need.province.as_ref().or(listing.owner.province.as_ref()),
        Content::Technology(_) | Content::IpAsset(_) => listing.owner.province.as_ref(),
    }
}

/// The audiences of a listing.
pub(crate) fn audience(audience: &Audience) -> Vec<String> {
    match audience {
        Audience::Public => vec![PUBLIC.to_owned()],
        Audience::Registered => vec![REGISTERED.to_owned()],
        Audience::Parties(parties) => parties.iter().map(|p| party_token(*p)).collect(),
    }
}

/// The audience of one party's members.
pub(crate) fn party_token(party: PartyId) -> String {
    format!("party:{party}")
}
