//! What matching is made from: telling terms of a text, and the documents that have most of them.
//!
//! Nothing here is required to be there: a candidate is a document with enough weight of the terms asked for. Hard
//! constraints, reasons and the final score are the matching crate's.

use std::collections::{BTreeMap, HashMap};

use base::Lang;
use tantivy::Term;
use tantivy::schema::Field;
use tantivy::termdict::TermMerger;
use uuid::Uuid;

use crate::analysis::{EXACT_SIGN, PAIR_SIGN, STEM_SIGN, Views};
use crate::dates::Periods;
use crate::failure::Failure;
use crate::highlight::Words;
use crate::index::Search;
use crate::matching::{Narrowing, allowed};
use crate::plan::Scoring;
use crate::ranking::{Best, Entry, Standing, key_of, score_of};
use crate::rows::Budget;
use crate::schema::Fields;
use crate::scoring::{Bar, similarities, texts};
use crate::search::{Filters, Hit, Viewer};
use crate::settings::Weights;
use crate::snapshot::Snapshot;
use crate::statistics::Statistics;

/// The most terms of one question; those behind are left out, so give the most telling first.
pub const MAX_TERMS: usize = 96;

/// Characters of a text that say what it is about: what follows goes into details, and each word is a look into the index.
const ABOUT_CHARS: usize = 800;
/// The most terms by which what is alike is looked for.
const ALIKE_TERMS: usize = 24;
/// Where they are looked for. The title again, because it is where alike listings say alike things; the other parts
/// would cost as many postings once more each and hardly move the order.
const ALIKE_ROLES: RoleWeights = RoleWeights { anywhere: 1.0, title: 0.6, keywords: 0.0, summary: 0.0, advantage: 0.0 };

/// In which view a term is looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum View {
    /// Without marks.
    Folded,
    /// With marks: shape and tone.
    Exact,
    /// Two neighbouring syllables, without marks.
    Pair,
    /// The stem of an English word.
    Stem,
}

/// A term of a text, and how telling it is in this index.
#[derive(Clone, Debug, PartialEq)]
pub struct TellingTerm {
    /// The view.
    pub view: View,
    /// The term, as the view has it.
    pub term: String,
    /// How often it is in the text.
    pub times: u32,
    /// In how many documents it is.
    pub documents: u64,
    /// How telling: more, the less documents have it.
    pub idf: f32,
}

/// A term to be looked for.
#[derive(Clone, Debug, PartialEq)]
pub struct WantedTerm {
    /// The view.
    pub view: View,
    /// The term, as the view has it.
    pub term: String,
    /// What it counts.
    pub weight: f32,
}

/// What a term counts more for standing in a part of the document.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RoleWeights {
    /// Anywhere.
    pub anywhere: f32,
    /// In the title.
    pub title: f32,
    /// Among the keywords.
    pub keywords: f32,
    /// In the short text.
    pub summary: f32,
    /// In advantages, targets and applications.
    pub advantage: f32,
}

impl Default for RoleWeights {
    fn default() -> Self {
        Self { anywhere: 1.0, title: 0.6, keywords: 0.6, summary: 0.3, advantage: 0.3 }
    }
}

/// A question for candidates.
#[derive(Clone, Debug, Default)]
pub struct Wanted {
    /// The terms, the most telling first.
    pub terms: Vec<WantedTerm>,
    /// What they count where.
    pub roles: RoleWeights,
    /// What every candidate must have.
    pub filters: Filters,
    /// Documents that are no candidates, such as the one that asks.
    pub without: Vec<Uuid>,
    /// The most candidates.
    pub limit: usize,
}

/// A document that has some of the terms.
#[derive(Clone, Debug, PartialEq)]
pub struct Candidate {
    /// Its id.
    pub id: Uuid,
    /// The sum over the terms; comparable within one question only.
    pub score: f32,
}

impl Search {
    /// The documents with the most weight of the terms.
    ///
    /// # Errors
    /// [`Failure`] if the index cannot be read.
    pub fn candidates(&self, wanted: &Wanted, viewer: &Viewer) -> Result<Vec<Candidate>, Failure> {
        let best = most_weight(&*self.whole()?, wanted, &self.weights(), viewer)?;
        Ok(best.into_iter().map(|entry| Candidate { id: Uuid::from_u128(entry.id), score: entry.score }).collect())
    }

    /// Those of these documents that pass the filters and that the viewer may see, in their order.
    ///
    /// # Errors
    /// [`Failure`] if the index cannot be read.
    pub fn among(&self, ids: &[Uuid], filters: &Filters, viewer: &Viewer) -> Result<Vec<Uuid>, Failure> {
        let snapshot = self.whole()?;
        let narrowing = Narrowing { filters, periods: &Periods::new(), party: None, viewer };
        let sets = (0..snapshot.segments.len()).map(|place| allowed(&snapshot, place, &narrowing)).collect::<Result<Vec<_>, _>>()?;
        let mut all = Vec::with_capacity(ids.len());
        for id in ids {
            if let Some((place, doc)) = snapshot.locate(*id)?
                && sets.get(place).is_some_and(|set| set.contains(doc))
            {
                all.push(*id);
            }
        }
        Ok(all)
    }

    /// The freshest, completest and verified documents that pass the filters, as an empty search lists them.
    ///
    /// # Errors
    /// [`Failure`] if the index cannot be read.
    pub fn of_best_standing(&self, filters: &Filters, viewer: &Viewer, limit: usize) -> Result<Vec<Uuid>, Failure> {
        let (snapshot, weights) = (self.whole()?, self.weights());
        let standing = Standing { weights: &weights, now: self.clock().now().timestamp() };
        let narrowing = Narrowing { filters, periods: &Periods::new(), party: None, viewer };
        let mut best = Best::new(limit, None);
        for (place, segment) in snapshot.segments.iter().enumerate().filter(|_| limit > 0) {
            for doc in allowed(&snapshot, place, &narrowing)?.iter() {
                let score = standing.of(&segment.core, doc);
                best.offer(&segment.core, Entry { key: key_of(score), id: 0, segment: place, doc, score });
            }
        }
        Ok(best.into_sorted().into_iter().map(|entry| Uuid::from_u128(entry.id)).collect())
    }

    /// The terms of a text, the most telling first (by how often they are in the text and how rarely elsewhere).
    /// Vietnamese texts give exact words, folded words and pairs, English ones folded words and stems.
    ///
    /// # Errors
    /// [`Failure`] if the index cannot be read.
    pub fn telling_terms(&self, text: &str, lang: Lang, limit: usize) -> Result<Vec<TellingTerm>, Failure> {
        let mut views = Views::default();
        views.add(text, lang);
        telling(&*self.whole()?, &views, limit)
    }

    /// Tells every term of the index with the number of documents that have it, each term once: one view after the other,
    /// in each in the order of the terms' bytes. Gives how many documents are found.
    ///
    /// # Errors
    /// [`Failure`] if the index cannot be read.
    pub fn frequencies(&self, mut each: impl FnMut(View, &[u8], u64)) -> Result<u64, Failure> {
        let snapshot = self.whole()?;
        for view in [View::Folded, View::Exact, View::Pair, View::Stem] {
            let mut dictionaries = Vec::with_capacity(snapshot.segments.len());
            for segment in &snapshot.segments {
                dictionaries.push(segment.reader.inverted_index(field(&snapshot.fields, view))?);
            }
            let streams = dictionaries.iter().map(|d| d.terms().stream()).collect::<Result<Vec<_>, _>>()?;
            let mut merged = TermMerger::new(streams);
            while merged.advance() {
                let documents = merged.current_segment_ords_and_term_infos().map(|(_, info)| u64::from(info.doc_freq)).sum();
                each(view, merged.key(), documents);
            }
        }
        Ok(snapshot.documents())
    }

    /// Listings that are like this one, the most alike first; none if it is not there or not to be seen.
    ///
    /// # Errors
    /// [`Failure`] if the index cannot be read.
    pub fn similar(&self, id: Uuid, viewer: &Viewer, limit: usize) -> Result<Vec<Hit>, Failure> {
        let snapshot = self.whole()?;
        let Some((segment, doc)) = snapshot.locate(id)? else { return Ok(Vec::new()) };
        if !snapshot.visible(segment, viewer)?.contains(doc) {
            return Ok(Vec::new());
        }
        let (card, body) = (snapshot.card(segment, doc)?, snapshot.body(segment, doc)?);
        let mut views = Views::default();
        for lang in Lang::ALL {
            // The title says most: it counts three times.
            for text in card.title.get(&lang).into_iter().flat_map(|t| std::iter::repeat_n(t, 3)) {
                views.add(text, lang);
            }
            if let Some(text) = body.get(&lang) {
                views.add(text.char_indices().nth(ABOUT_CHARS).map_or(text, |(end, _)| text.get(..end).unwrap_or(text)), lang);
            }
        }
        let terms = telling(&snapshot, &views, ALIKE_TERMS)?;
        let wanted = Wanted {
            terms: terms
                .into_iter()
                .map(|t| WantedTerm { view: t.view, term: t.term, weight: (t.times as f32).sqrt() * view_weight(t.view) })
                .collect(),
            filters: Filters::from([(crate::Facet::Kind, std::iter::once(card.kind.as_str().to_owned()).collect())]),
            roles: ALIKE_ROLES,
            without: vec![id],
            limit,
        };
        let mut hits = Vec::new();
        for entry in most_weight(&snapshot, &wanted, &self.weights(), viewer)? {
            let card = snapshot.card(entry.segment, entry.doc)?;
            let highlights = Words::default().highlights(&card, viewer.lang, || snapshot.body(entry.segment, entry.doc))?;
            hits.push(Hit { score: entry.score, highlights, card });
        }
        Ok(hits)
    }
}

/// The documents with the most weight of the terms, the best first.
fn most_weight(snapshot: &Snapshot, wanted: &Wanted, weights: &Weights, viewer: &Viewer) -> Result<Vec<Entry>, Failure> {
    let narrowing = Narrowing { filters: &wanted.filters, periods: &Periods::new(), party: None, viewer };
    let sets = (0..snapshot.segments.len()).map(|place| allowed(snapshot, place, &narrowing)).collect::<Result<Vec<_>, _>>()?;
    // Before any list is read.
    if sets.iter().all(|set| set.is_empty()) {
        return Ok(Vec::new());
    }
    let scoring = counted(&snapshot.fields, wanted);
    let similarities = similarities(&mut Statistics::of_all(snapshot), &scoring, weights, &Budget::default())?;
    let without: Vec<u128> = wanted.without.iter().map(|id| id.as_u128()).collect();
    let limit = wanted.limit.max(1);
    let mut best = Best::new(limit, None);
    for (place, (segment, allowed)) in snapshot.segments.iter().zip(&sets).enumerate() {
        if allowed.is_empty() {
            continue;
        }
        // Those that are no candidates may be worth most, and take no place.
        let bar =
            Bar { least: best.least().map_or(0.0, score_of), page: Some(limit + without.len()), most_standing: 1.0, standing: &|_| 1.0 };
        for (doc, score) in texts(segment, place, &similarities, allowed, &bar)? {
            let key = key_of(score);
            if score > 0.0 && best.least().is_none_or(|least| key >= least) && !without.contains(&segment.core.id(doc)) {
                best.offer(&segment.core, Entry { key, id: 0, segment: place, doc, score });
            }
        }
    }
    Ok(best.into_sorted())
}

/// What a term of a view counts beside the same word in another view.
fn view_weight(view: View) -> f32 {
    match view {
        View::Folded => 0.5,
        View::Exact | View::Pair => 0.7,
        View::Stem => 0.8,
    }
}

fn telling(snapshot: &Snapshot, views: &Views, limit: usize) -> Result<Vec<TellingTerm>, Failure> {
    let mut times: HashMap<(View, String), u32> = HashMap::new();
    for (view, text) in [(View::Folded, &views.folded), (View::Exact, &views.exact), (View::Stem, &views.stems)] {
        for word in text.split([' ', '\n']).filter(|w| !w.is_empty()) {
            *times.entry((view, word.to_owned())).or_default() += 1;
        }
    }
    for passage in views.pairs.lines() {
        let words: Vec<&str> = passage.split(' ').collect();
        for (first, second) in words.iter().zip(words.iter().skip(1)) {
            *times.entry((View::Pair, format!("{first}{PAIR_SIGN}{second}"))).or_default() += 1;
        }
    }
    let mut terms = Vec::with_capacity(times.len());
    for ((view, term), times) in times {
        // Not by what is kept of lists for searches, which the words of a whole text would push out.
        let documents = snapshot.searcher.doc_freq(&Term::from_field_text(field(&snapshot.fields, view), &term))?;
        if documents > 0 {
            terms.push(TellingTerm { view, term, times, documents, idf: snapshot.idf(documents) });
        }
    }
    let telling = |t: &TellingTerm| t.idf * (t.times as f32).sqrt() * view_weight(t.view);
    terms.sort_by(|a, b| telling(b).total_cmp(&telling(a)).then_with(|| a.term.cmp(&b.term)));
    terms.truncate(limit);
    Ok(terms)
}

fn field(fields: &Fields, view: View) -> Field {
    match view {
        View::Folded => fields.folded,
        View::Exact => fields.exact,
        View::Pair => fields.pairs,
        View::Stem => fields.stems,
    }
}

/// The term as a field of several views has it.
fn within(view: View, term: &str) -> String {
    match view {
        View::Folded | View::Pair => term.to_owned(),
        View::Exact => format!("{EXACT_SIGN}{term}"),
        View::Stem => format!("{STEM_SIGN}{term}"),
    }
}

/// What each of the terms counts in each of the parts.
fn counted(fields: &Fields, wanted: &Wanted) -> Vec<Scoring> {
    let roles = &wanted.roles;
    let mut boosts: BTreeMap<Term, f32> = BTreeMap::new();
    for one in wanted.terms.iter().take(MAX_TERMS) {
        let mut add = |field, text: &str, boost: f32| {
            if boost > 0.0 {
                *boosts.entry(Term::from_field_text(field, text)).or_default() += boost * one.weight;
            }
        };
        add(field(fields, one.view), &one.term, roles.anywhere);
        let mixed = within(one.view, &one.term);
        add(fields.title, &mixed, roles.title);
        add(fields.keywords, &mixed, roles.keywords);
        if matches!(one.view, View::Folded | View::Stem) {
            add(fields.summary, &mixed, roles.summary);
            add(fields.advantage, &mixed, roles.advantage);
        }
    }
    boosts.into_iter().map(|(term, boost)| Scoring::word(term, boost)).collect()
}
