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

/// The parts of the fit, each with its weight.
pub(crate) fn parts(
    sought: &Side<'_>,
    offered: &Side<'_>,
    comparisons: &[Comparison],
    now: DateTime<Utc>,
    weights: &Weights,
) -> Vec<PartValue> {
    let known = |part, value: Option<f64>| PartValue { part, value: value.unwrap_or(weights.unknown), known: value.is_some() };
    vec![
        known(Part::Targets, targets(comparisons, weights)),
        known(Part::Cooperation, cooperation(sought.content.cooperation(), offered.content.cooperation())),
        known(Part::Maturity, maturity(sought.content, offered.content)),
        known(Part::Place, place(sought, offered)),
        known(Part::Freshness, freshness(sought, offered, now, weights)),
    ]
}

/// The weighted mean of the parts.
pub(crate) fn mean(parts: &[PartValue], weights: &FitWeights) -> f64 {
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
        Part::Topic | Part::Field | Part::Deals => 0.0,
    }
}

/// The mean over the targets that can be compared and one of which nothing is known, so that three reached figures are
/// worth more than one and one more never costs anything.
fn targets(comparisons: &[Comparison], weights: &Weights) -> Option<f64> {
    let sum: f64 = comparisons.iter().map(|c| c.satisfaction).sum();
    (!comparisons.is_empty()).then(|| (sum + weights.unknown) / (comparisons.len() as f64 + 1.0))
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
