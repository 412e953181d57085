//! Where the engine looks for counterparts: the index, asked by the words of one side, and beside them what means the same, lies
//! in the same field or has the same patent classes. Which of them match is for the engine to judge.

use std::collections::BTreeSet;

use base::{Lang, ListingId};
use listings::Kind;
use listings::content::Content;
use search::{DocKind, Facet, Failure, Filters, MAX_TERMS, RoleWeights, View, Viewer, Wanted, WantedTerm};

use super::Engine;
use crate::fit;
use crate::side::{Field, Side, fields};
use crate::terms::{Shape, Stems, Terms};

/// The most words of metrics that the index is asked for.
const METRIC_TERMS: usize = 10;

impl Engine {
    /// The listings worth judging: those with the most weight of the subject's words, and some of the same field, among
    /// what the viewer may see. The subject itself is not among them.
    ///
    /// # Errors
    /// [`Failure`] if the index cannot be read.
    pub fn candidates(&self, subject: &Side<'_>, kinds: &BTreeSet<Kind>, viewer: &Viewer) -> Result<Vec<ListingId>, Failure> {
        let weights = &self.weights;
        let kind: BTreeSet<String> = kinds.iter().map(|k| DocKind::from(*k).as_str().to_owned()).collect();
        let filters = Filters::from([(Facet::Kind, kind)]);
        let without: Vec<uuid::Uuid> = subject.id.iter().map(|id| id.0).collect();
        let by_words = self.by_words(&fields(subject.content), self.metric_terms(subject.content)?, &filters, &without, viewer)?;
        let mut found: Vec<ListingId> = by_words.into_iter().map(ListingId).collect();
        // Of the same field without a word in common: where words leave room, which they do in a small space.
        let mut room = weights.candidates.saturating_sub(found.len()).min(weights.field_candidates);
        // What means the same, in whatever words.
        found.extend(self.nearest(subject, kinds, &filters, viewer)?);
        if let Some(field) = subject.content.field()
            && room > 0
        {
            let of_field = self.of_field(field.as_str(), room, &filters, viewer)?;
            room = room.saturating_sub(of_field.len());
            found.extend(of_field);
        }
        // And of the same patent classes, which only offers have.
        let classes: BTreeSet<&str> = subject.content.ipc().iter().filter_map(|code| fit::class_path(code.as_str()).nth(2)).collect();
        if !classes.is_empty() && room > 0 && kinds.iter().any(|kind| *kind != Kind::Need) {
            let of_classes = with(filters, Facet::Ipc, classes);
            found.extend(self.search.of_best_standing(&of_classes, viewer, room)?.into_iter().map(ListingId));
        }
        let mut seen = BTreeSet::from_iter(without.into_iter().map(ListingId));
        found.retain(|id| seen.insert(*id));
        Ok(found)
    }

    /// Listings of a field or of one below it, and those that stop at one above it: whoever of two is the more exact, each
    /// finds the other.
    fn of_field(&self, field: &str, room: usize, filters: &Filters, viewer: &Viewer) -> Result<Vec<ListingId>, Failure> {
        let best = |code: &str, limit: usize| self.search.of_best_standing(&with(filters.clone(), Facet::Field, [code]), viewer, limit);
        let mut found = best(field, room)?;
        let Some(fields) = self.vocabularies.get("fields") else { return Ok(found.into_iter().map(ListingId).collect()) };
        for above in fields.path(field).iter().filter(|above| **above != field) {
            let left = room.saturating_sub(found.len());
            if left == 0 {
                break;
            }
            // The index has a listing under all that is above its field, too: those that have something below are of that.
            let here = best(above.as_str(), self.weights.candidates)?;
            let below = fields.terms.iter().filter(|term| term.parent.as_ref() == Some(above)).map(|term| term.code.as_str());
            let below = BTreeSet::from_iter(self.search.among(&here, &with(filters.clone(), Facet::Field, below), viewer)?);
            found.extend(here.into_iter().filter(|id| !below.contains(id)).take(left));
        }
        Ok(found.into_iter().map(ListingId).collect())
    }

    /// The documents with the most weight of the telling words of these fields, and of what is `measured`; `without` are no
    /// candidates.
    pub(super) fn by_words(
        &self,
        fields: &[Field<'_>],
        measured: Vec<WantedTerm>,
        filters: &Filters,
        without: &[uuid::Uuid],
        viewer: &Viewer,
    ) -> Result<Vec<uuid::Uuid>, Failure> {
        let weights = &self.weights;
        let languages = self.terms(fields, &Lang::ALL, &mut Stems::default())?;
        // The weightiest words of each language by turns, then what is measured.
        let (said, translated): (Vec<&Terms>, Vec<&Terms>) = languages.iter().partition(|terms| !terms.translated);
        let by_language: Vec<Vec<WantedTerm>> = said.iter().map(|terms| asked(terms)).collect();
        let longest = by_language.iter().map(Vec::len).max().unwrap_or_default();
        let mut terms: Vec<WantedTerm> =
            (0..longest).flat_map(|rank| by_language.iter().filter_map(move |words| words.get(rank).cloned())).collect();
        let half = terms.len().min(weights.candidate_terms / 2);
        terms.splice(half..half, measured);
        // Last as they read without marks and stems: so the index has what is kept under the other language, or has no marks.
        terms.extend(said.iter().flat_map(|terms| plainly(terms)));
        let mut found: Vec<uuid::Uuid> = Vec::new();
        let mut wanted = Wanted {
            roles: RoleWeights {
                anywhere: weights.asked.anywhere,
                title: weights.asked.title,
                keywords: weights.asked.keywords,
                summary: weights.asked.summary,
                advantage: weights.asked.advantage,
            },
            filters: filters.clone(),
            without: without.to_vec(),
            ..Wanted::default()
        };
        // Lesser words are only asked for while there is room, so that in a small space nothing is missed. A side has no more than
        // `terms` of each language, which bounds the rounds.
        for some in terms.chunks(weights.candidate_terms.clamp(1, MAX_TERMS)) {
            let room = weights.candidates.saturating_sub(found.len());
            if room == 0 {
                break;
            }
            wanted.terms = some.to_vec();
            wanted.limit = room;
            let more = self.search.candidates(&wanted, viewer)?;
            wanted.without.extend(more.iter().map(|c| c.id));
            found.extend(more.into_iter().map(|c| c.id));
        }
        // What is in the other language: beside the others, since no sum over a few translated words outweighs a whole text.
        for terms in translated {
            let has_room = found.len() < weights.candidates;
            let plain = if has_room { plainly(terms) } else { Vec::new() };
            wanted.terms = asked(terms).into_iter().chain(plain).take(MAX_TERMS).collect();
            wanted.limit = weights.translated_candidates;
            let more = self.search.candidates(&wanted, viewer)?;
            wanted.without.extend(more.iter().map(|c| c.id));
            found.extend(more.into_iter().map(|c| c.id));
        }
        Ok(found)
    }

    /// The listings whose vectors lie nearest, among what the viewer may see.
    fn nearest(&self, subject: &Side<'_>, kinds: &BTreeSet<Kind>, filters: &Filters, viewer: &Viewer) -> Result<Vec<ListingId>, Failure> {
        let (Some(meanings), Some(own)) = (self.meanings(), self.vector_of(subject)) else { return Ok(Vec::new()) };
        // What means nothing alike would have no reason to be there.
        let (bound, limit) = (self.weights.vector_line[0], self.weights.vector_candidates);
        meanings.nearest(&own, (kinds, bound, limit), |some| {
            let ids: Vec<uuid::Uuid> = some.iter().filter(|id| Some(**id) != subject.id).map(|id| id.0).collect();
            Ok(self.search.among(&ids, filters, viewer)?.into_iter().map(ListingId).collect())
        })
    }

    /// What the seeker measures, or the offer: asked of the index, not counted as topic.
    fn metric_terms(&self, content: &Content) -> Result<Vec<WantedTerm>, Failure> {
        let Content::Need(need) = content else { return Ok(Vec::new()) };
        let mut terms = Vec::new();
        for lang in Lang::ALL {
            let text = need.targets.iter().filter_map(|t| t.metric.get(lang)).collect::<Vec<_>>().join("\n");
            if !text.is_empty() {
                let found = self.search.telling_terms(&text, lang, METRIC_TERMS)?;
                terms.extend(found.into_iter().map(|t| WantedTerm { view: t.view, term: t.term, weight: 0.3 }));
            }
        }
        Ok(terms)
    }
}

/// The same filters, and of any of these values.
pub(super) fn with<'a>(mut filters: Filters, facet: Facet, values: impl IntoIterator<Item = &'a str>) -> Filters {
    filters.insert(facet, values.into_iter().map(str::to_owned).collect());
    filters
}

/// What the index is asked for, the weightiest words first, in the views it has.
fn asked(terms: &Terms) -> Vec<WantedTerm> {
    let mut all = Vec::new();
    for term in &terms.all {
        let view = match term.shape {
            Shape::Pair => View::Pair,
            Shape::Syllable => terms.syllables(),
            Shape::Stem => View::Stem,
            Shape::StemPair => continue,
        };
        // The index has pairs without marks alone: which of them are the same words is for the engine to judge.
        let text = if term.shape == Shape::Pair { &term.folded } else { &term.key };
        all.push(WantedTerm { view, term: text.clone(), weight: term.plain_weight as f32 });
        if let Some(code) = term.code() {
            all.push(WantedTerm { view: View::Folded, term: code.to_owned(), weight: term.plain_weight as f32 });
        }
    }
    all
}

/// The same without marks and stems, where they were not asked for like that.
fn plainly(terms: &Terms) -> Vec<WantedTerm> {
    let is_new = |shape: Shape| match shape {
        Shape::Syllable => terms.syllables() != View::Folded,
        Shape::Stem => true,
        Shape::Pair | Shape::StemPair => false,
    };
    let plain = terms.all.iter().filter(|term| is_new(term.shape));
    plain.map(|term| WantedTerm { view: View::Folded, term: term.folded.clone(), weight: term.plain_weight as f32 }).collect()
}
