//! The document of an expert, made from the published profile and nothing else.

use accounts::experts::ExpertBrief;
use base::{Code, Lang, Localised, Vocabularies};

use super::{Document, PUBLIC, TextTarget};
use crate::card::{Card, CardParty, DocKind, SUMMARY_CHARS, texts};
use crate::facet::Facet;

impl Document {
    /// The document of a published expert. Services and working languages are found by their names in both languages; the
    /// facet of languages is that of the texts, as everywhere.
    #[must_use]
    pub fn expert(expert: &ExpertBrief, vocabularies: &Vocabularies) -> Self {
        let (view, profile) = (&expert.view, &expert.view.profile);
        let name = Localised::of(profile.source_lang, profile.name.as_str());
        let party = view.affiliation.as_ref();
        let card = Card {
            id: view.id.0,
            kind: DocKind::Expert,
            code: String::new(),
            slug: view.slug.clone(),
            title: texts(&name, usize::MAX),
            summary: texts(&summary(profile), SUMMARY_CHARS),
            advantage: None,
            party: party.map(|p| CardParty { id: p.id, name: texts(&p.names, usize::MAX) }),
            facets: std::collections::BTreeMap::new(),
            published_at: view.published_at,
            out_since: view.published_at,
            confirmed_at: view.updated_at,
            expires_at: None,
            source: None,
            external_id: None,
            version: 1,
            verified: false,
        };
        let mut doc = Self::empty(card, expert.revision);
        doc.audience = vec![PUBLIC.to_owned()];
        doc.completeness = if profile.presentation.is_empty() { 60 } else { 100 };
        doc.owner = party.map(|p| p.id.0);
        doc.add_facet(Facet::Kind, DocKind::Expert.as_str());
        for field in profile.fields() {
            doc.add_path(Facet::Field, field.as_str(), "fields", vocabularies);
        }
        for region in &profile.regions {
            doc.add_facet(Facet::Province, region.as_str());
        }
        for lang in profile.text_languages() {
            doc.add_facet(Facet::Language, lang.code());
        }
        doc.add_text_everywhere(&name, TextTarget::Title);
        for one in &profile.expertise {
            doc.add_text_everywhere(&one.what, TextTarget::Keywords);
            doc.add_text_everywhere(&one.evidence, TextTarget::Advantage);
            for lang in Lang::ALL {
                if let Some(words) = one.what.get(lang) {
                    doc.add_completion(words, 'k');
                }
            }
        }
        doc.add_text_everywhere(&profile.presentation, TextTarget::Summary);
        doc.add_names("expert_services", &profile.services, vocabularies);
        doc.add_names("spoken_languages", &profile.languages, vocabularies);
        if let Some(party) = party {
            doc.add_text_everywhere(&party.names, TextTarget::Party);
        }
        if let Some(orcid) = &profile.orcid {
            doc.add_number(orcid);
        }
        doc.complete(&name);
        doc
    }

    fn add_names(&mut self, list: &str, codes: &[Code], vocabularies: &Vocabularies) {
        for code in codes {
            for lang in Lang::ALL {
                self.add_words(vocabularies.name(list, code.as_str(), lang), lang, TextTarget::Other);
            }
        }
    }
}

/// How a result presents the person: in their own words, else by what they can do.
fn summary(profile: &accounts::ExpertProfile) -> Localised {
    if !profile.presentation.is_empty() {
        return profile.presentation.clone();
    }
    let mut summary = Localised::default();
    for lang in Lang::ALL {
        let said: Vec<&str> = profile.expertise.iter().filter_map(|e| e.what.get(lang)).collect();
        if !said.is_empty() {
            summary.0.extend(Localised::of(lang, said.join("; ")).0);
        }
    }
    summary
}
