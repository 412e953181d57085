//! A question with its candidates, as it is weighed again and again: which words meet where, and what is known beside
//! them. Made once from texts and index; after that any weights give the score that the engine would give with them.
//!
//! The one difference: which of several Vietnamese words stands for all that sound alike, where one side writes no marks,
//! stays as the weights decided that it was made with.

use std::cmp::Reverse;
use std::collections::BTreeSet;

use base::{Lang, ListingId};
use chrono::{DateTime, Utc};
use listings::published::Published;
use search::Failure;

use crate::engine::{Beside, Engine, Party};
use crate::fit::{self, Facts};
use crate::reasons::NEAR;
use crate::side::{Side, fields};
use crate::targets::Comparison;
use crate::terms::{Shape, Stems, Term, Terms, plain_weight};
use crate::topic::{length, met_weight, once, value};
use crate::weights::{Role, Weights, word_name};

/// A word of the seeking side.
struct Word {
    /// As something is learned of it.
    name: String,
    shape: Shape,
    /// Its place in the order of shapes and letters, which decides between equal weights.
    place: usize,
    rarity: f64,
    is_translated: bool,
    /// How often it stands in texts of which role.
    stands: Vec<(Role, f64)>,
}

/// The words of the seeking side in one language.
struct Language {
    words: Vec<Word>,
    /// Where some are translated, the place of what is said in the language they were taken from.
    translates: Option<usize>,
}

/// A word that stands in a text of a candidate.
struct Hit {
    word: u32,
    text: u32,
    times: f32,
}

/// One that the engine weighs for a question.
pub struct Candidate {
    /// The listing.
    pub id: ListingId,
    /// What was said of the pair: good or not; none if nothing was.
    pub good: Option<bool>,
    /// Role and length of each of its texts.
    texts: Vec<(Role, f64)>,
    /// By language of the seeking side, in the order of words.
    hits: Vec<Vec<Hit>>,
    /// Whether there is a reason for it beside words.
    reason_beside: bool,
    /// Of the two vectors, if both have one.
    cosine: Option<f64>,
    nearness: Option<f64>,
    facts: Facts,
}

/// A question with its candidates.
pub struct Question {
    /// What the component of the judged graph that it belongs to is called: it decides in which fold it falls.
    pub component: String,
    /// Whether what nobody judged counts as not good.
    pub complete: bool,
    /// Good ones that the engine does not find: no weights bring them.
    pub unreached: usize,
    /// What the engine finds and what violates no hard constraint.
    pub candidates: Vec<Candidate>,
    languages: Vec<Language>,
}

impl Question {
    /// Takes a side that seeks (a need, or an offer among offers) and what was found for it apart. `good` says what was said
    /// of a candidate.
    ///
    /// # Errors
    /// [`Failure`] if the index cannot be read.
    pub fn new(
        engine: &Engine,
        subject: &Side<'_>,
        found: &[Published],
        now: DateTime<Utc>,
        good: impl Fn(ListingId) -> Option<bool>,
    ) -> Result<Self, Failure> {
        // All words: which of them are the weightiest, the weights decide each time.
        let engine = engine.weighing(Weights { terms: usize::MAX, ..engine.weights().clone() });
        let mut stems = Stems::default();
        let party = Party { side: subject, fields: fields(subject.content) };
        let all = engine.terms(&party.fields, &Lang::ALL, &mut stems)?;
        // There are two languages, so what is translated was said in the only other one.
        let said = |of: &Terms| all.iter().position(|terms| !terms.translated && terms.lang != of.lang);
        let language = |terms: &Terms| {
            let mut names: Vec<(Shape, &str)> = terms.all.iter().map(|term| (term.shape, term.key.as_str())).collect();
            names.sort_unstable();
            let word = |term: &Term| {
                let stands = term.counts.iter().filter_map(|(place, times)| Some((party.fields.get(*place)?.role, *times)));
                let place = names.partition_point(|name| *name < (term.shape, term.key.as_str()));
                Word {
                    name: word_name(terms.lang, &term.key),
                    shape: term.shape,
                    place,
                    rarity: term.rarity,
                    is_translated: term.is_translated(),
                    stands: stands.collect(),
                }
            };
            Language { words: terms.all.iter().map(word).collect(), translates: said(terms).filter(|_| terms.translated || terms.leans) }
        };
        let vector = engine.vector_of(subject);
        let mut candidates = Vec::with_capacity(found.len());
        for listing in found {
            let side = Side::of(listing);
            let texts = fields(&listing.content);
            let Beside { nearness, comparisons, facts } = engine.beside(subject, &side, now);
            let hits: Vec<Vec<Hit>> = all.iter().map(|terms| met(terms, &texts, &mut stems)).collect();
            let reason_beside = nearness.is_some_and(|n| n >= NEAR) || comparisons.iter().any(Comparison::reached);
            let cosine = engine.cosine(vector.as_ref(), &side);
            let has_reason = reason_beside || cosine.is_some() || hits.iter().any(|hits| !hits.is_empty());
            if has_reason && engine.violated(subject, &side, &comparisons, Lang::Vi).is_empty() {
                let texts = texts.iter().map(|text| (text.role, length(text))).collect();
                candidates.push(Candidate { id: listing.id, good: good(listing.id), texts, hits, reason_beside, cosine, nearness, facts });
            }
        }
        let languages = all.iter().map(language).collect();
        Ok(Self { component: String::new(), complete: false, unreached: 0, candidates, languages })
    }

    /// The score of each candidate before calibration, as the engine would give it with these weights; 0 where the words
    /// that count with them are no reason to show it and nothing else is.
    #[must_use]
    pub fn scored(&self, weights: &Weights) -> Vec<(ListingId, f64)> {
        let scores = self.scores(&self.met(weights), weights);
        self.candidates.iter().map(|one| one.id).zip(scores).collect()
    }

    /// Of each candidate the share of the words' weight that is met, in the language in which it is greatest.
    pub(crate) fn met(&self, weights: &Weights) -> Vec<f64> {
        let mut best = vec![0.0_f64; self.candidates.len()];
        let mut norms: Vec<f64> = Vec::with_capacity(self.languages.len());
        for (place, language) in self.languages.iter().enumerate() {
            let words = language.weigh(weights);
            let own: f64 = words.iter().sum();
            let norm = own.max(language.translates.and_then(|said| norms.get(said)).copied().unwrap_or_default());
            norms.push(norm);
            if norm <= 0.0 {
                continue;
            }
            for (candidate, best) in self.candidates.iter().zip(&mut best) {
                let met = candidate.met(place, &words, weights) / norm;
                *best = best.max(met.min(1.0));
            }
        }
        best
    }

    /// The score of each candidate before calibration; `met` is what [`Self::met`] gave with the same weights of words.
    pub(crate) fn scores(&self, met: &[f64], weights: &Weights) -> Vec<f64> {
        let score = |(one, met): (&Candidate, &f64)| {
            // A weight of 0 looks at no vector at all.
            let meaning = one.cosine.filter(|_| weights.vectors > 0.0).map(|cosine| fit::meaning(cosine, weights));
            if *met <= 0.0 && !one.reason_beside && meaning.is_none_or(|meaning| meaning < NEAR) {
                return 0.0;
            }
            let words = if *met > 0.0 { value(*met, weights) } else { 0.0 };
            fit::score(fit::topical(words, meaning, weights), one.nearness, &one.facts.parts(weights), weights)
        };
        self.candidates.iter().zip(met).map(score).collect()
    }

    /// Of each candidate that something is known of, whether it is good and which of the question's words stand in it.
    pub(crate) fn known_words(&self) -> Vec<(bool, BTreeSet<&str>)> {
        let mut all = Vec::new();
        for one in &self.candidates {
            let Some(good) = one.good.or(self.complete.then_some(false)) else { continue };
            let mut words: BTreeSet<&str> = BTreeSet::new();
            for (language, hits) in self.languages.iter().zip(&one.hits) {
                words.extend(hits.iter().filter_map(|hit| language.words.get(hit.word as usize)).map(|word| word.name.as_str()));
            }
            all.push((good, words));
        }
        all
    }

    /// Whether each of the candidates that something is known of is good, in the order of these scores.
    pub(crate) fn ranked(&self, scores: &[f64]) -> Vec<bool> {
        // As the engine orders: by millionths, of equals the smaller id.
        let mut all: Vec<(Reverse<u32>, ListingId, bool)> =
            self.known(scores).map(|(candidate, score, good)| (Reverse((score * 1e6).round() as u32), candidate.id, good)).collect();
        all.sort_unstable();
        all.into_iter().map(|(.., good)| good).collect()
    }

    /// The candidates that something is known of, with these scores: what was judged, and the rest as not good where that
    /// was said.
    pub(crate) fn known<'a>(&'a self, scores: &'a [f64]) -> impl Iterator<Item = (&'a Candidate, f64, bool)> {
        let all = self.candidates.iter().zip(scores);
        all.filter_map(|(one, score)| Some((one, *score, one.good.or(self.complete.then_some(false))?)))
    }
}

impl Language {
    /// What each word counts: the weightiest of them, the others nothing.
    fn weigh(&self, weights: &Weights) -> Vec<f64> {
        let weigh = |word: &Word| {
            let each = if word.is_translated { weights.translation } else { 1.0 };
            let times: f64 = word.stands.iter().map(|(role, times)| times * weights.sought.of(*role)).sum();
            if times > 0.0 { plain_weight(times * each, word.shape, weights) * weights.of_word(&word.name) * word.rarity } else { 0.0 }
        };
        let mut all: Vec<f64> = self.words.iter().map(weigh).collect();
        if all.len() > weights.terms {
            let mut order: Vec<(f64, usize, usize)> =
                self.words.iter().zip(&all).enumerate().map(|(n, (word, weight))| (*weight, word.place, n)).collect();
            order.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
            for (.., lesser) in order.into_iter().skip(weights.terms) {
                if let Some(weight) = all.get_mut(lesser) {
                    *weight = 0.0;
                }
            }
        }
        all
    }
}

impl Candidate {
    /// How much of the words' weight is met in a language.
    fn met(&self, language: usize, words: &[f64], weights: &Weights) -> f64 {
        let once: Vec<f64> = self.texts.iter().map(|(role, length)| once(*role, *length, weights).max(0.0)).collect();
        let (mut met, mut often, mut word) = (0.0, 0.0, None);
        let weight = |word: Option<u32>| word.and_then(|n| words.get(n as usize)).copied().unwrap_or_default();
        for hit in self.hits.get(language).into_iter().flatten() {
            if word != Some(hit.word) {
                met += met_weight(weight(word), often, weights);
                (often, word) = (0.0, Some(hit.word));
            }
            often += f64::from(hit.times) * once.get(hit.text as usize).copied().unwrap_or_default();
        }
        met + met_weight(weight(word), often, weights)
    }
}

/// Which words stand where in the texts of a candidate.
fn met(terms: &Terms, texts: &[crate::side::Field<'_>], stems: &mut Stems) -> Vec<Hit> {
    let mut all: Vec<Hit> = Vec::new();
    for (text, field) in texts.iter().enumerate() {
        let mut here: Vec<u32> = Vec::new();
        terms.meet(field, stems, |n, _| here.push(n as u32));
        here.sort_unstable();
        for same in here.chunk_by(|a, b| a == b) {
            let Some(word) = same.first() else { continue };
            all.push(Hit { word: *word, text: text as u32, times: same.len() as f32 });
        }
    }
    all.sort_unstable_by_key(|hit| (hit.word, hit.text));
    all
}
