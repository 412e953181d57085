//! What counts how much. Figures are data: an operator can set them, and `innospace fit` fits them (`tuning`).

use std::collections::BTreeMap;

use base::Lang;
use serde::{Deserialize, Serialize};

use crate::calibration::Calibration;

/// From what to what a single word may be weighed: no word is learned to be all, or nothing.
pub(crate) const WORD_BOUNDS: [f64; 2] = [0.5, 2.0];

/// The part a text plays, on either side of a match.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    /// The title.
    Title,
    /// Keywords, products.
    Keywords,
    /// A technology's summary, a need's problem.
    Summary,
    /// The problem a technology solves.
    Problem,
    /// Advantages, applications.
    Advantage,
    /// The long text; what a need must keep to.
    Description,
    /// Everything else that speaks of the matter.
    Other,
}

/// What a word counts by where it stands.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ByRole {
    /// In the title.
    pub title: f64,
    /// Among keywords and products.
    pub keywords: f64,
    /// In the summary or the seeker's problem.
    pub summary: f64,
    /// In the problem a technology solves.
    pub problem: f64,
    /// In advantages and applications.
    pub advantage: f64,
    /// In the long text.
    pub description: f64,
    /// Elsewhere.
    pub other: f64,
}

impl ByRole {
    /// The weight of one role.
    #[must_use]
    pub fn of(&self, role: Role) -> f64 {
        match role {
            Role::Title => self.title,
            Role::Keywords => self.keywords,
            Role::Summary => self.summary,
            Role::Problem => self.problem,
            Role::Advantage => self.advantage,
            Role::Description => self.description,
            Role::Other => self.other,
        }
    }
}

/// What a word counts by how it was met.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ByView {
    /// A Vietnamese syllable.
    pub syllable: f64,
    /// Two neighbouring Vietnamese syllables.
    pub pair: f64,
    /// An English word by its stem.
    pub stem: f64,
    /// Two neighbouring English words.
    pub stem_pair: f64,
}

/// What the parts of the fit count, one against the other.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FitWeights {
    /// Targets reached.
    pub targets: f64,
    /// The form of cooperation.
    pub cooperation: f64,
    /// Readiness.
    pub maturity: f64,
    /// The same province.
    pub place: f64,
    /// Lately confirmed.
    pub freshness: f64,
    /// How soon the offering side usually replies.
    pub responsiveness: f64,
}

/// What the index counts a word by where it stands, in choosing candidates. A part with weight 0 is not looked at,
/// which is quicker.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AskedWeights {
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

/// The weights of a match.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Weights {
    /// Where a word of the seeking side stands.
    pub sought: ByRole,
    /// Where a word of the offering side stands.
    pub offered: ByRole,
    /// How a word was met.
    pub view: ByView,
    /// What a word counts that meets through the glossary, beside one that meets itself.
    pub translation: f64,
    /// The most words of one side, the most telling first.
    pub terms: usize,
    /// Where the index looks for them.
    pub asked: AskedWeights,
    /// The most words the index is asked for.
    pub candidate_terms: usize,
    /// The most candidates that words bring.
    pub candidates: usize,
    /// The most candidates that the same field brings where words leave room.
    pub field_candidates: usize,
    /// The most candidates that translated words bring beside them.
    pub translated_candidates: usize,
    /// How soon more of the same word counts no more (BM25's k1), offering side.
    pub k1: f64,
    /// The same on the seeking side.
    pub k3: f64,
    /// How much a long text makes each word of it count less (BM25's b).
    pub b: f64,
    /// How much rarer words count more: the power of idf.
    pub idf_power: f64,
    /// Words less telling than this are no evidence.
    pub least_idf: f64,
    /// Documents imagined beside those of the index, so that a small index knows what is rare.
    pub imagined_documents: f64,
    /// The share of words met at which the topical part is half of what all words would make.
    pub topic_half: f64,
    /// The most that the field can bring of what the words left open.
    pub field: f64,
    /// The most that meaning the same, by vectors of sentences, can bring of what the words left open; 0 for nothing.
    pub vectors: f64,
    /// From which cosine of two vectors on they mean something alike, and at which the same. Every model has its own line.
    pub vector_line: [f64; 2],
    /// The most candidates that nearness of vectors brings beside the words.
    pub vector_candidates: usize,
    /// Pairs below this score are no matches; the score before calibration, which decides nothing.
    pub least_score: f64,
    /// How much of the relevance the fit decides.
    pub fit: f64,
    /// The parts of the fit.
    pub parts: FitWeights,
    /// What a part counts of which nothing is known.
    pub unknown: f64,
    /// After how many days half of the freshness is left.
    pub fresh_half_days: f64,
    /// With how many days until a reply half of the responsiveness is left.
    pub reply_half_days: f64,
    /// From which share of common words two figures measure the same thing.
    pub metric_overlap: f64,
    /// By how much an `equal` target may be missed, as a share of it.
    pub equal_tolerance: f64,
    /// Pairs from this score on are kept as standing matches.
    pub standing_min: f64,
    /// Pairs from this score on are told to both sides, and a listing without one is a gap.
    pub strong_min: f64,
    /// The most standing matches of one need, the best.
    pub standing_keep: usize,
    /// The most experts who stand for one need, the best.
    pub standing_experts: usize,
    /// The most new matches that are told of one listing in a day.
    pub told_per_day: u64,
    /// The country of the space's provinces, an ISO 3166 code: a technology whose terms leave it out is none for whoever is in
    /// one of them. Empty for none.
    pub country: String,
    /// Which share of the pairs with a score was judged good: what is shown instead of the score. None unless fitted.
    #[serde(skip_serializing_if = "Calibration::is_none")]
    pub calibration: Calibration,
    /// What single words of the seeking side count beside all that is said above, as the engine writes them, with marks
    /// (`vi:may4_sây4`, `en:dryer`): from half to twice as much. None unless fitted.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub words: BTreeMap<String, f64>,
}

impl Weights {
    /// What a word counts by what was learned of it, once where nothing was.
    pub(crate) fn of_word(&self, name: &str) -> f64 {
        let [least, most] = WORD_BOUNDS;
        self.words.get(name).filter(|by| by.is_finite()).map_or(1.0, |by| by.clamp(least, most))
    }
}

/// How a word is named among those that something was learned of; `key` is as the engine writes it.
pub(crate) fn word_name(lang: Lang, key: &str) -> String {
    format!("{lang}:{key}")
}

impl Weights {
    /// From which score on a pair is kept as a standing match and brought to whoever follows its need, in millionths: at
    /// least what nearness of fields alone can make, since fields alone are no words that anybody could check.
    #[must_use]
    pub fn standing_ppm(&self) -> u32 {
        ppm(self.standing_min.max(self.calibration.of(self.field)))
    }

    /// From which score on an expert stands for a need, in millionths. These scores are not calibrated, and no field alone
    /// makes a pair.
    pub(crate) fn standing_expert_ppm(&self) -> u32 {
        ppm(self.standing_min)
    }

    /// From which score on a pair is told and is no gap, in millionths.
    pub(crate) fn strong_ppm(&self) -> u32 {
        ppm(self.strong_min)
    }
}

/// A share of one in millionths.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a share of one, in millionths")]
fn ppm(share: f64) -> u32 {
    (share.clamp(0.0, 1.0) * 1e6).round() as u32
}

impl Default for Weights {
    fn default() -> Self {
        Self {
            sought: ByRole { title: 3.5, keywords: 2.0, summary: 1.0, problem: 0.7, advantage: 0.4, description: 0.5, other: 0.2 },
            offered: ByRole { title: 2.5, keywords: 2.0, summary: 0.5, problem: 0.8, advantage: 0.6, description: 0.7, other: 0.2 },
            view: ByView { syllable: 0.4, pair: 1.0, stem: 1.0, stem_pair: 0.4 },
            translation: 0.7,
            terms: 250,
            asked: AskedWeights { anywhere: 1.0, title: 0.6, keywords: 0.6, summary: 0.0, advantage: 0.0 },
            candidate_terms: 64,
            candidates: 120,
            field_candidates: 50,
            translated_candidates: 50,
            k1: 1.6,
            k3: 5.0,
            b: 0.75,
            idf_power: 1.0,
            least_idf: 1.0,
            imagined_documents: 100.0,
            topic_half: 0.25,
            field: 0.25,
            vectors: 0.5,
            vector_line: [0.2, 0.5],
            vector_candidates: 50,
            least_score: 0.08,
            fit: 0.3,
            parts: FitWeights { targets: 4.0, cooperation: 2.0, maturity: 1.5, place: 0.7, freshness: 0.5, responsiveness: 0.3 },
            unknown: 0.5,
            fresh_half_days: 180.0,
            reply_half_days: 7.0,
            metric_overlap: 0.66,
            equal_tolerance: 0.05,
            standing_min: 0.3,
            strong_min: 0.6,
            standing_keep: 50,
            standing_experts: 10,
            told_per_day: 5,
            country: "VN".to_owned(),
            calibration: Calibration::default(),
            words: BTreeMap::new(),
        }
    }
}
