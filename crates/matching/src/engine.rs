//! The one engine of all matches: candidates from the index, then constraints and scores from their contents.
//!
//! It knows neither database nor actor: [`crate::Matcher`] loads what it judges. A pair has the same score whichever
//! side asks: the need always seeks, the offer always offers; of two offers the one asked about seeks.

mod candidates;
mod missing;
mod profiles;

use std::sync::Arc;

use base::{Code, Lang, Vocabularies};
use chrono::{DateTime, Utc};
use listings::content::{Content, Need, Technology};
use listings::published::Published;
use search::{Failure, Search};
use sha2::{Digest, Sha256};
use vectors::Packed;

use crate::answer::{Match, MatchListing, Part, PartValue};
use crate::common;
use crate::compare::Reached;
use crate::constraints::{self, Exclusion, Rules};
use crate::feedback::MatchId;
use crate::fit::{self, Facts};
use crate::meaning::Meanings;
use crate::metric::{self, Metrics};
use crate::reasons;
use crate::replies::Replies;
use crate::side::{Field, Side, fields};
use crate::statistics::Statistics;
use crate::targets::{self, Comparison, Measures};
use crate::terms::{Figures, Stems, Terms};
use crate::topic::{Topic, topic};
use crate::units::Units;
use crate::weights::Weights;

pub use profiles::{JudgedProfile, PastDeals, Profile};

/// Which program makes the scores. To be raised with every change of code by which a pair gets another score or is excluded
/// otherwise (`side`, `terms`, `sought`, `foreign`, `topic`, `fit`, `targets`, `metric`, `units`, `constraints`,
/// `engine/profiles`, the analysis of words): stored pairs of the one before are then reckoned anew.
const ENGINE: u32 = 4;

/// The engine. Cheap to clone.
#[derive(Clone)]
pub struct Engine {
    search: Search,
    vocabularies: Arc<Vocabularies>,
    units: Arc<Units>,
    weights: Arc<Weights>,
    /// Held figures of words instead of the index's own.
    held: Option<Arc<Statistics>>,
    /// What listings mean; none where no model is used.
    meanings: Option<Arc<Meanings>>,
    /// How soon parties reply.
    replies: Arc<Replies>,
    /// Metrics that were taken apart already.
    metrics: Arc<Metrics>,
}

/// One side with its texts taken apart.
pub(crate) struct Party<'a> {
    pub(crate) side: &'a Side<'a>,
    pub(crate) fields: Vec<Field<'a>>,
}

/// What came out for a pair.
pub(crate) struct Weighed {
    /// Before calibration.
    pub(crate) score: f64,
    pub(crate) topic: Option<Topic>,
    /// How much both mean the same, 0 to 1, if both have a vector.
    pub(crate) meaning: Option<f64>,
    /// How near they lie by field or patent class, if both have one.
    pub(crate) nearness: Option<f64>,
    pub(crate) parts: [PartValue; 6],
    pub(crate) comparisons: Vec<Comparison>,
}

impl Weighed {
    fn all_parts(&self) -> Vec<PartValue> {
        let topic = self.topic.as_ref().map_or(0.0, |t| t.value);
        let mut parts = vec![PartValue { part: Part::Topic, value: topic, known: true }];
        // Where no model is used nothing is said of it.
        parts.extend(self.meaning.map(|value| PartValue { part: Part::Meaning, value, known: true }));
        parts.push(PartValue { part: Part::Field, value: self.nearness.unwrap_or_default(), known: self.nearness.is_some() });
        parts.extend(self.parts.iter().copied());
        parts
    }
}

/// What is known of a pair beside its words.
pub(crate) struct Beside {
    /// How near they lie by field or patent class, if both have one.
    pub(crate) nearness: Option<f64>,
    pub(crate) comparisons: Vec<Comparison>,
    pub(crate) facts: Facts,
}

/// A candidate that was judged.
pub struct Judged<'a> {
    /// The candidate.
    pub listing: &'a Published,
    /// 0 to 1, in millionths: what the order is decided by.
    pub score_ppm: u32,
    weighed: Weighed,
    violated: Vec<Exclusion>,
}

impl Judged<'_> {
    /// True if a hard constraint is violated.
    #[must_use]
    pub fn is_excluded(&self) -> bool {
        !self.violated.is_empty()
    }

    /// Excludes it for one reader, who knows more than everybody.
    pub(crate) fn exclude(&mut self, more: Vec<Exclusion>) {
        for one in more {
            if !self.violated.iter().any(|there| there.constraint == one.constraint) {
                self.violated.push(one);
            }
        }
    }
}

/// How a question is asked.
#[derive(Clone, Copy, Debug)]
pub struct Reader {
    /// The language of sentences.
    pub lang: Lang,
    /// The moment that freshness is measured at.
    pub now: DateTime<Utc>,
    /// Whether the parts are told.
    pub explain: bool,
}

impl Engine {
    /// An engine over an index.
    #[must_use]
    pub fn new(search: Search, vocabularies: Arc<Vocabularies>, units: Arc<Units>, weights: Weights) -> Self {
        let (weights, replies, metrics) = (Arc::new(weights), Arc::default(), Arc::default());
        Self { search, vocabularies, units, weights, held: None, meanings: None, replies, metrics }
    }

    /// The same with words' rarity from held figures: the score of a pair then depends on the two contents alone.
    #[must_use]
    pub fn held_to(&self, statistics: Arc<Statistics>) -> Self {
        Self { held: Some(statistics), ..self.clone() }
    }

    /// The same with what listings mean beside their words.
    #[must_use]
    pub fn with_meanings(&self, meanings: Option<Arc<Meanings>>) -> Self {
        Self { meanings, ..self.clone() }
    }

    /// What listings mean, if a model is used and counts.
    pub(crate) fn meanings(&self) -> Option<&Arc<Meanings>> {
        self.meanings.as_ref().filter(|_| self.weights.vectors > 0.0)
    }

    /// The same as stored scores are reckoned: with vectors only from when all listings have been through the model, so that
    /// not each of them reckons everything near it anew.
    pub(crate) fn settled(&self) -> Self {
        self.with_meanings(self.meanings().filter(|meanings| meanings.is_whole()).cloned())
    }

    /// The vector of a side, if it has one.
    pub(crate) fn vector_of(&self, side: &Side<'_>) -> Option<Packed> {
        let meanings = self.meanings()?;
        side.vector.clone().or_else(|| meanings.of(side.id?, side.content))
    }

    /// The same knowing how soon these parties reply.
    #[must_use]
    pub fn knowing(&self, replies: Arc<Replies>) -> Self {
        Self { replies, ..self.clone() }
    }

    /// The same with other weights.
    #[must_use]
    pub(crate) fn weighing(&self, weights: Weights) -> Self {
        Self { weights: Arc::new(weights), ..self.clone() }
    }

    /// What the score of a pair depends on beside the two sides and the figures of words: the program, weights, units, common
    /// words, glossary, fields, the model of vectors. Another one means that scores made with this one are not comparable with
    /// new ones.
    pub(crate) fn fingerprint(&self) -> String {
        let mut hash = made_with(ENGINE, &self.units, common::TEXT);
        // Weights are plain figures: they always become JSON.
        hash.update(serde_json::to_vec(&*self.weights).unwrap_or_default());
        hash.update(Sha256::digest(metric::TEXT.as_bytes()));
        if let Some(meanings) = self.meanings() {
            hash.update(meanings.model().as_bytes());
        }
        for (kind, term) in self.search.synonyms().terms() {
            hash.update([0, kind as u8]);
            hash.update(term);
        }
        for field in self.vocabularies.get("fields").into_iter().flat_map(|fields| &fields.terms) {
            hash.update([0]);
            hash.update(field.code.as_str());
            hash.update([u8::from(field.parent.is_some())]);
            hash.update(field.parent.as_ref().map_or("", Code::as_str));
        }
        hex::encode(hash.finalize())
    }

    /// The index it looks for candidates in.
    pub(crate) fn search(&self) -> &Search {
        &self.search
    }

    /// The weights in use.
    #[must_use]
    pub fn weights(&self) -> &Weights {
        &self.weights
    }

    /// The cosine of the vectors of two sides, if both have one; `own` is that of the first.
    pub(crate) fn cosine(&self, own: Option<&Packed>, other: &Side<'_>) -> Option<f64> {
        let (meanings, own) = (self.meanings()?, own?);
        match &other.vector {
            Some(vector) => Some(own.cosine(vector)),
            None => meanings.cosine(own, other.id?, other.content),
        }
    }

    /// Judges candidates: those that have a reason to be there, the best first, of equals the smaller id.
    ///
    /// # Errors
    /// [`Failure`] if the index cannot be read.
    pub fn judge<'a>(&self, subject: &Side<'_>, found: &'a [Published], reader: Reader) -> Result<Vec<Judged<'a>>, Failure> {
        let mut stems = Stems::default();
        let subject = Party { side: subject, fields: fields(subject.content) };
        let own_terms = self.terms(&subject.fields, &Lang::ALL, &mut stems)?;
        let spoken = spoken(&subject.fields);
        let vector = self.vector_of(subject.side);
        let mut all = Vec::with_capacity(found.len());
        for listing in found {
            let side = Side::of(listing);
            let other = Party { side: &side, fields: fields(&listing.content) };
            let cosine = self.cosine(vector.as_ref(), &side);
            let weighed = if seeks(subject.side.content, &listing.content) {
                self.weigh((&subject, &own_terms, &other), cosine, reader.now, &mut stems)
            } else {
                let terms = self.terms(&other.fields, &spoken, &mut stems)?;
                self.weigh((&other, &terms, &subject), cosine, reader.now, &mut stems)
            };
            if weighed.score < self.weights.least_score || !reasons::any(&weighed) {
                continue;
            }
            let violated = self.violated(subject.side, &side, &weighed.comparisons, reader.lang);
            // The one place where a score becomes what is shown and stored. Whole millionths, so that nothing depends on
            // the last bit of a sum.
            let score_ppm = (self.weights.calibration.of(weighed.score) * 1e6).round() as u32;
            all.push(Judged { listing, score_ppm, weighed, violated });
        }
        all.sort_by(|a, b| b.score_ppm.cmp(&a.score_ppm).then(a.listing.id.cmp(&b.listing.id)));
        Ok(all)
    }

    /// The hard constraints that two listings violate, whether or not they have anything in common.
    pub(crate) fn broken(&self, one: &Side<'_>, other: &Side<'_>, lang: Lang) -> Vec<Exclusion> {
        let comparisons = match need_and_technology(one.content, other.content) {
            Some((need, technology)) => self.compare(need, technology),
            None => Vec::new(),
        };
        self.violated(one, other, &comparisons, lang)
    }

    /// Every figure a need wants against the figure the technology offers, in the order of the targets; none where nothing
    /// comparable is offered.
    pub(crate) fn reached(&self, need: &Content, offer: &Content, lang: Lang) -> Vec<Option<Reached>> {
        let Content::Need(wanted) = need else { return Vec::new() };
        let Some((need, technology)) = need_and_technology(need, offer) else { return wanted.targets.iter().map(|_| None).collect() };
        let found = self.compare(need, technology);
        let one = |n: usize| {
            let comparison = found.iter().find(|c| c.target == n)?;
            let advantage = technology.advantages.get(comparison.advantage)?;
            Some(Reached {
                figure: constraints::offered(advantage, lang),
                is_reached: comparison.reached(),
                advantage: comparison.advantage,
            })
        };
        (0..need.targets.len()).map(one).collect()
    }

    /// Says why, for each of these in turn.
    ///
    /// # Errors
    /// [`Failure`] if the index cannot be read.
    pub fn explain(&self, subject: &Side<'_>, judged: &[&Judged<'_>], reader: Reader) -> Result<Vec<Match>, Failure> {
        let mut stems = Stems::default();
        let subject = Party { side: subject, fields: fields(subject.content) };
        let own_terms = self.terms(&subject.fields, &Lang::ALL, &mut stems)?;
        let spoken = spoken(&subject.fields);
        let rules = self.rules(reader.lang);
        let mut all = Vec::with_capacity(judged.len());
        for one in judged {
            let side = Side::of(one.listing);
            let other = Party { side: &side, fields: fields(&one.listing.content) };
            let (offering, reasons) = if seeks(subject.side.content, side.content) {
                (other.side, reasons::of(&subject, &own_terms, &other, &one.weighed, &rules, &mut stems))
            } else {
                let terms = self.terms(&other.fields, &spoken, &mut stems)?;
                (subject.side, reasons::of(&other, &terms, &subject, &one.weighed, &rules, &mut stems))
            };
            let same_party = subject.side.known.party.is_some() && subject.side.known.party == side.known.party;
            all.push(Match {
                listing: MatchListing::of(one.listing, reader.lang),
                score: f64::from(one.score_ppm) / 1e6,
                unexplained_share: reasons::unexplained(&reasons),
                reasons,
                replies: reasons::replies(&one.weighed, self.reply_hours(offering), &rules),
                same_party,
                id: pair_id(subject.side, &side).map(|id| id.to_string()),
                feedback: None,
                parts: if reader.explain { one.weighed.all_parts() } else { Vec::new() },
                excluded: one.violated.clone(),
            });
        }
        Ok(all)
    }

    /// The telling words of one side, per language that it has; behind them, with what its fields say in another one alone, those
    /// of `into`.
    pub(crate) fn terms(&self, fields: &[Field<'_>], into: &[Lang], stems: &mut Stems) -> Result<Vec<Terms>, Failure> {
        let figures = self.held.as_deref().map_or(Figures::Live(&self.search), Figures::Held);
        let mut all: Vec<Terms> = Vec::new();
        for lang in Lang::ALL {
            all.extend(Terms::of(fields, lang, figures, &self.weights, stems)?);
        }
        // Behind what they lean on.
        all.sort_by_key(|terms| terms.leans);
        if let [said, leaning] = all.as_mut_slice()
            && leaning.leans
        {
            leaning.lean_on(said);
        }
        let synonyms = self.search.synonyms();
        let mut translated = Vec::new();
        for lang in into.iter().copied() {
            let own = all.iter().find(|terms| terms.lang == lang);
            for said in all.iter().filter(|terms| terms.lang != lang) {
                let with = (&*synonyms, figures);
                translated.extend(Terms::translated((said, own), fields, lang, with, &self.weights, stems)?);
            }
        }
        all.extend(translated);
        Ok(all)
    }

    fn weigh(
        &self,
        (sought, terms, offered): (&Party<'_>, &[Terms], &Party<'_>),
        cosine: Option<f64>,
        now: DateTime<Utc>,
        stems: &mut Stems,
    ) -> Weighed {
        let weights = &self.weights;
        let topic = topic(terms, &offered.fields, weights, stems);
        let Beside { nearness, comparisons, facts } = self.beside(sought.side, offered.side, now);
        let parts = facts.parts(weights);
        let meaning = cosine.map(|cosine| fit::meaning(cosine, weights));
        let topical = fit::topical(topic.as_ref().map_or(0.0, |t| t.value), meaning, weights);
        let score = fit::score(topical, nearness, &parts, weights);
        Weighed { score, topic, meaning, nearness, parts, comparisons }
    }

    /// What is known of a pair beside its words.
    pub(crate) fn beside(&self, sought: &Side<'_>, offered: &Side<'_>, now: DateTime<Utc>) -> Beside {
        let nearness = fit::nearness(sought.content, offered.content, &self.vocabularies).map(|near| near.value);
        let comparisons = match need_and_technology(sought.content, offered.content) {
            Some((need, technology)) => self.compare(need, technology),
            None => Vec::new(),
        };
        let facts = Facts::of((sought, offered), &comparisons, self.reply_hours(offered), now, &self.weights);
        Beside { nearness, comparisons, facts }
    }

    /// The figures that a need wants against those that a technology offers.
    fn compare(&self, need: &Need, technology: &Technology) -> Vec<Comparison> {
        if need.targets.is_empty() || technology.advantages.is_empty() {
            return Vec::new();
        }
        targets::compare(need, technology, &self.measures())
    }

    fn measures(&self) -> Measures<'_> {
        Measures { units: &self.units, weights: &self.weights, metrics: &self.metrics, synonyms: self.search.synonyms() }
    }

    /// In how many hours the offering side usually replies. A need does not offer, so that whoever hides is not told by it.
    pub(crate) fn reply_hours(&self, offered: &Side<'_>) -> Option<u32> {
        self.replies.of(offered.known.party).filter(|_| !matches!(offered.content, Content::Need(_)))
    }

    pub(crate) fn rules(&self, lang: Lang) -> Rules<'_> {
        Rules { weights: &self.weights, vocabularies: &self.vocabularies, lang }
    }

    pub(crate) fn violated(&self, one: &Side<'_>, other: &Side<'_>, comparisons: &[Comparison], lang: Lang) -> Vec<Exclusion> {
        let rules = self.rules(lang);
        match (one.content, other.content) {
            (Content::Need(_), Content::Need(_)) => Vec::new(),
            (Content::Need(need), _) => constraints::violated((one, need), other, comparisons, &rules),
            (_, Content::Need(need)) => constraints::violated((other, need), one, comparisons, &rules),
            _ => Vec::new(),
        }
    }
}

/// The beginning of a fingerprint: what the program has in itself.
fn made_with(engine: u32, units: &Units, common: &str) -> Sha256 {
    let mut hash = Sha256::new();
    hash.update(engine.to_le_bytes());
    hash.update(units.hash());
    hash.update(Sha256::digest(common.as_bytes()));
    hash
}

/// The languages that a side has texts in.
fn spoken(fields: &[Field<'_>]) -> Vec<Lang> {
    Lang::ALL.into_iter().filter(|lang| fields.iter().any(|f| f.lang == *lang)).collect()
}

/// The id of a pair of a stored need and a stored offer.
fn pair_id(one: &Side<'_>, other: &Side<'_>) -> Option<MatchId> {
    let (one_id, other_id) = (one.id?, other.id?);
    match (one.content, other.content) {
        (Content::Need(_), Content::Need(_)) => None,
        (Content::Need(_), _) => Some(MatchId { need: one_id, offer: other_id }),
        (_, Content::Need(_)) => Some(MatchId { need: other_id, offer: one_id }),
        _ => None,
    }
}

/// Whether the first side is the one that seeks: a need before an offer; of two of one sort the one asked about.
fn seeks(subject: &Content, other: &Content) -> bool {
    matches!(subject, Content::Need(_)) || !matches!(other, Content::Need(_))
}

fn need_and_technology<'a>(sought: &'a Content, offered: &'a Content) -> Option<(&'a Need, &'a Technology)> {
    match (sought, offered) {
        (Content::Need(need), Content::Technology(technology)) => Some((need, technology)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_program_other_units_and_other_common_words_are_told_apart() {
        let units = |factor: &str| {
            let row = format!("[[unit]]\nnames = [\"mẻ\"]\nfactor = {factor}\nmeasures = {{ batch = 1 }}\n");
            Units::parse(&format!("version = \"1\"\nsource = \"\"\n[multipliers]\n{row}")).unwrap()
        };
        let of = |engine, factor: &str, common: &str| made_with(engine, &units(factor), common).finalize();
        let usual = of(1, "1.0", "và");
        assert_eq!(usual, of(1, "1.0", "và"));
        for other in [of(2, "1.0", "và"), of(1, "2.0", "và"), of(1, "1.0", "của")] {
            assert_ne!(usual, other);
        }
    }
}
