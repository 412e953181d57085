//! The document of a party: what its page shows to everybody, and what it is found by.

use std::collections::BTreeMap;

use accounts::parties::PartyBrief;
use base::text::LocalisedList;
use base::{Code, Lang, Localised, PartyId, Vocabularies};
use chrono::{DateTime, Utc};

use super::{Document, PUBLIC, TextTarget};
use crate::card::{Card, CardParty, DocKind, SUMMARY_CHARS, texts};
use crate::facet::Facet;

/// A party as search shows it.
#[derive(Clone, Debug, PartialEq)]
pub struct PartyDocument {
    /// The party.
    pub id: PartyId,
    /// Changes with everything that changes how it is shown or found; never goes back.
    pub revision: i64,
    /// The readable piece of its address.
    pub slug: String,
    /// Its name.
    pub name: Localised,
    /// Other names and abbreviations it is known by.
    pub other_names: Vec<String>,
    /// A code of `party_types`.
    pub party_type: Code,
    /// A code of `provinces`.
    pub province: Option<Code>,
    /// A code of `communes`.
    pub commune: Option<Code>,
    /// A code of `verification`.
    pub verification: Code,
    /// How it presents itself.
    pub presentation: Localised,
    /// What it can do.
    pub capacities: LocalisedList,
    /// Standards it holds.
    pub standards: LocalisedList,
    /// What it is interested in.
    pub interests: LocalisedList,
    /// Codes of `fields`.
    pub fields: Vec<Code>,
    /// Its tax code; none for a person or a household business, whose code is personal.
    pub tax_code: Option<String>,
    /// Number and date of its registration; none for a person or a household business either.
    pub registration: Option<String>,
    /// Since when it is here.
    pub since: DateTime<Utc>,
    /// When it last changed.
    pub changed_at: DateTime<Utc>,
}

impl From<PartyBrief> for PartyDocument {
    fn from(party: PartyBrief) -> Self {
        // Of a person or a household business these are personal data, whatever the profile was given.
        let personal = party.profile.is_personal();
        let mut capacities = party.profile.capacities;
        for (lang, words) in party.profile.equipment.0 {
            capacities.0.entry(lang).or_default().extend(words);
        }
        let shown = |number: Option<String>| number.filter(|_| !personal);
        Self {
            id: party.id,
            revision: party.version,
            slug: party.slug,
            name: party.names,
            other_names: Vec::new(),
            party_type: party.party_type,
            province: party.province,
            commune: party.commune,
            verification: party.verification,
            presentation: party.profile.presentation,
            capacities,
            standards: party.profile.standards,
            interests: party.profile.interests,
            fields: Vec::new(),
            tax_code: shown(party.profile.tax_code),
            registration: shown(party.profile.registration),
            since: party.created_at,
            changed_at: party.updated_at,
        }
    }
}

impl Document {
    /// The document of a party.
    #[must_use]
    pub fn party(party: &PartyDocument, vocabularies: &Vocabularies) -> Self {
        let card = Card {
            id: party.id.0,
            kind: DocKind::Party,
            code: String::new(),
            slug: party.slug.clone(),
            title: texts(&party.name, usize::MAX),
            summary: texts(&party.presentation, SUMMARY_CHARS),
            advantage: None,
            party: Some(CardParty { id: party.id, name: texts(&party.name, usize::MAX) }),
            facets: BTreeMap::new(),
            published_at: party.since,
            out_since: party.since,
            confirmed_at: party.changed_at,
            expires_at: None,
            source: None,
            external_id: None,
            version: 1,
            verified: party.verification != "unverified",
        };
        let mut doc = Self::empty(card, party.revision);
        doc.audience = vec![PUBLIC.to_owned()];
        doc.completeness = if party.presentation.is_empty() { 40 } else { 100 };
        doc.owner = Some(party.id.0);
        doc.add_facet(Facet::Kind, DocKind::Party.as_str());
        doc.add_facet(Facet::PartyType, party.party_type.as_str());
        if let Some(province) = &party.province {
            doc.add_facet(Facet::Province, province.as_str());
            if let Some(commune) = &party.commune {
                doc.add_facet(Facet::Commune, commune.as_str());
            }
        }
        for field in &party.fields {
            doc.add_path(Facet::Field, field.as_str(), "fields", vocabularies);
        }
        for lang in Lang::ALL {
            if party.name.get(lang).is_some() {
                doc.add_facet(Facet::Language, lang.code());
            }
        }
        doc.add_text_everywhere(&party.name, TextTarget::Title);
        for name in &party.other_names {
            doc.add_words(name, Lang::Vi, TextTarget::Title);
        }
        doc.add_text_everywhere(&party.presentation, TextTarget::Summary);
        doc.add_keywords(&party.capacities);
        doc.add_keywords(&party.interests);
        doc.add_list(&party.standards, TextTarget::Other);
        if let Some(tax_code) = &party.tax_code {
            doc.add_words(tax_code, Lang::Vi, TextTarget::Other);
            doc.add_number(tax_code);
        }
        if let Some(registration) = &party.registration {
            doc.add_words(registration, Lang::Vi, TextTarget::Other);
            doc.add_numbers_in(registration);
        }
        doc.complete(&party.name);
        doc
    }
}
