//! The parts of a score beside the words: field, targets, cooperation, readiness, place, freshness.
//!
//! Every part is 0 to 1; one of which nothing is known is neutral. A part never falls when the offer meets more.

use base::{Code, Vocabularies};
use chrono::{DateTime, Utc};
use listings::content::Content;

use crate::answer::{Part, PartValue};
use crate::side::Side;
use crate::targets::Comparison;
use crate::weights::{FitWeights, Weights};

const SECONDS_PER_DAY: f64 = 86_400.0;
/// What another province is worth where the same one is worth 1.
pub(crate) const ELSEWHERE: f64 = 0.3;

/// How near two fields lie in the tree: 1 for the same one, less the higher up the two paths meet.
pub(crate) fn field_nearness(one: Option<&Code>, other: Option<&Code>, vocabularies: &Vocabularies) -> Option<f64> {
    let (one, other) = (one?, other?);
    if one == other {
        return Some(1.0);
    }
    let fields = vocabularies.get("fields")?;
    let (one, other) = (fields.path(one.as_str()), fields.path(other.as_str()));
    let common = one.iter().rev().zip(other.iter().rev()).take_while(|(a, b)| a == b).count();
    let depth = one.len().max(other.len()).max(1);
    Some((common as f64 / depth as f64).powf(1.5))
}

/// What is known of the parts of the fit, before any weight.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Facts {
    /// How many targets can be compared, and how far they are reached together.
    targets: Option<(usize, f64)>,
    cooperation: Option<f64>,
    maturity: Option<f64>,
    place: Option<f64>,
    freshness: Option<f64>,
}

impl Facts {
    pub(crate) fn of(sought: &Side<'_>, offered: &Side<'_>, comparisons: &[Comparison], now: DateTime<Utc>, weights: &Weights) -> Self {
        let reached = comparisons.iter().map(|c| c.satisfaction).sum();
        Self {
            targets: (!comparisons.is_empty()).then_some((comparisons.len(), reached)),
            cooperation: cooperation(sought.content.cooperation(), offered.content.cooperation()),
            maturity: maturity(sought.content, offered.content),
            place: place(sought, offered),
            freshness: freshness(sought, offered, now, weights),
        }
    }

    /// The parts of the fit, each with its value.
    pub(crate) fn parts(&self, weights: &Weights) -> [PartValue; 5] {
        let known = |part, value: Option<f64>| PartValue { part, value: value.unwrap_or(weights.unknown), known: value.is_some() };
        // The mean over the targets that can be compared and one of which nothing is known, so that three reached figures
        // are worth more than one and one more never costs anything.
        let targets = self.targets.map(|(count, reached)| (reached + weights.unknown) / (count as f64 + 1.0));
        [
            known(Part::Targets, targets),
            known(Part::Cooperation, self.cooperation),
            known(Part::Maturity, self.maturity),
            known(Part::Place, self.place),
            known(Part::Freshness, self.freshness),
        ]
    }
}

/// How much two sides mean the same, 0 to 1, by the cosine of their vectors.
pub(crate) fn meaning(cosine: f64, weights: &Weights) -> f64 {
    let [from, to] = weights.vector_line;
    ((cosine - from) / (to - from).max(f64::EPSILON)).clamp(0.0, 1.0)
}

/// The words, and of what they left open a part by what both mean.
pub(crate) fn topical(words: f64, meaning: Option<f64>, weights: &Weights) -> f64 {
    words + (1.0 - words) * weights.vectors * meaning.unwrap_or_default()
}

/// The score before calibration, 0 to 1: the topic, of what it left open a part by the field, and of both a part by the fit.
pub(crate) fn score(topic: f64, nearness: Option<f64>, parts: &[PartValue], weights: &Weights) -> f64 {
    let relevance = topic + (1.0 - topic) * weights.field * nearness.unwrap_or_default();
    (relevance * (1.0 - weights.fit * (1.0 - mean(parts, &weights.parts)))).clamp(0.0, 1.0)
}

/// The weighted mean of the parts.
fn mean(parts: &[PartValue], weights: &FitWeights) -> f64 {
    let all: f64 = parts.iter().map(|p| weight(p.part, weights)).sum();
    let sum: f64 = parts.iter().map(|p| weight(p.part, weights) * p.value).sum();
    if all > 0.0 { sum / all } else { 1.0 }
}

/// What a part of the fit counts.
pub(crate) fn weight(part: Part, weights: &FitWeights) -> f64 {
    match part {
        Part::Targets => weights.targets,
        Part::Cooperation => weights.cooperation,
        Part::Maturity => weights.maturity,
        Part::Place => weights.place,
        Part::Freshness => weights.freshness,
        Part::Topic | Part::Meaning | Part::Field | Part::Deals => 0.0,
    }
}

fn cooperation(sought: &[Code], offered: &[Code]) -> Option<f64> {
    let least = sought.len().min(offered.len());
    let common = sought.iter().filter(|c| offered.contains(c)).count();
    (least > 0).then(|| (common as f64 / least as f64).min(1.0))
}

fn maturity(sought: &Content, offered: &Content) -> Option<f64> {
    let (one, other) = (f64::from(sought.trl()?), f64::from(offered.trl()?));
    Some(match sought {
        // Ready enough is ready; what is not is a constraint's matter.
        Content::Need(_) => (other / one.max(1.0)).min(1.0),
        Content::Technology(_) | Content::IpAsset(_) => 1.0 - (one - other).abs() / 8.0,
    })
}

fn place(sought: &Side<'_>, offered: &Side<'_>) -> Option<f64> {
    let (one, other) = (sought.known.province.as_ref()?, offered.known.province.as_ref()?);
    Some(if one == other { 1.0 } else { ELSEWHERE })
}

/// The mean of the two sides, each half as fresh after so many days.
fn freshness(sought: &Side<'_>, offered: &Side<'_>, now: DateTime<Utc>, weights: &Weights) -> Option<f64> {
    let known: Vec<f64> = [sought.known.confirmed_at, offered.known.confirmed_at]
        .into_iter()
        .flatten()
        .map(|at| {
            let days = (now - at).num_seconds().max(0) as f64 / SECONDS_PER_DAY;
            0.5_f64.powf(days / weights.fresh_half_days.max(1.0))
        })
        .collect();
    (!known.is_empty()).then(|| known.iter().sum::<f64>() / known.len() as f64)
}
