//! The parts of a score beside the words: field, targets, cooperation, readiness, place, freshness, responsiveness.
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
const HOURS_PER_DAY: f64 = 24.0;
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

/// How near two listings lie by what classifies them, and what of it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Near<'a> {
    /// 0 to 1.
    pub(crate) value: f64,
    pub(crate) by: Classified<'a>,
}

/// By what two listings lie near each other.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Classified<'a> {
    /// The fields of science and technology.
    Field,
    /// A patent class of each.
    Classes(&'a Code, &'a Code),
}

/// How near two listings lie: by their fields or by their patent classes, whichever is nearer. None if neither is known of
/// both. Only offers have patent classes, so a need is near by its field alone.
pub(crate) fn nearness<'a>(one: &'a Content, other: &'a Content, vocabularies: &Vocabularies) -> Option<Near<'a>> {
    let field = field_nearness(one.field(), other.field(), vocabularies).map(|value| Near { value, by: Classified::Field });
    let mut best = field;
    for (own, there) in one.ipc().iter().flat_map(|own| other.ipc().iter().map(move |there| (own, there))) {
        let value = class_nearness(own.as_str(), there.as_str());
        if best.is_none_or(|best| value > best.value) {
            best = Some(Near { value, by: Classified::Classes(own, there) });
        }
    }
    best
}

/// Levels of the classification of patents that count: section, class, subclass, main group.
const CLASS_LEVELS: usize = 4;

/// How near two patent classes lie in their tree, measured as fields are: 1 for the same main group, less the higher up the
/// two meet. One that stops higher up says no more than it says: the same section alone is little.
pub(crate) fn class_nearness(one: &str, other: &str) -> f64 {
    let common = class_path(one).zip(class_path(other)).take_while(|(a, b)| a == b).count();
    (common as f64 / CLASS_LEVELS as f64).powf(1.5)
}

/// The levels of a patent class from the top: `A23N 5/01` → `A`, `A23`, `A23N`, `A23N 5`.
pub(crate) fn class_path(code: &str) -> impl Iterator<Item = &str> {
    let group = code.split_once('/').map(|(group, _)| group);
    let above = [1, 3, 4].into_iter().filter_map(move |length| code.get(..length));
    above.chain(group)
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
    responsiveness: Option<f64>,
}

impl Facts {
    /// `reply_hours` is the time in which the offering side usually replies.
    pub(crate) fn of(
        (sought, offered): (&Side<'_>, &Side<'_>),
        comparisons: &[Comparison],
        reply_hours: Option<u32>,
        now: DateTime<Utc>,
        weights: &Weights,
    ) -> Self {
        let reached = comparisons.iter().map(|c| c.satisfaction).sum();
        Self {
            targets: (!comparisons.is_empty()).then_some((comparisons.len(), reached)),
            cooperation: cooperation(sought.content.cooperation(), offered.content.cooperation()),
            maturity: maturity(sought.content, offered.content),
            place: place(sought, offered),
            freshness: freshness(sought, offered, now, weights),
            responsiveness: reply_hours.map(|hours| responsiveness(hours, weights)),
        }
    }

    /// The parts of the fit, each with its value.
    pub(crate) fn parts(&self, weights: &Weights) -> [PartValue; 6] {
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
            known(Part::Responsiveness, self.responsiveness),
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
        Part::Responsiveness => weights.responsiveness,
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

/// The sooner the better, half of it left after so many days.
pub(crate) fn responsiveness(reply_hours: u32, weights: &Weights) -> f64 {
    0.5_f64.powf(f64::from(reply_hours) / HOURS_PER_DAY / weights.reply_half_days.max(1.0))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn patent_classes_are_the_nearer_the_further_down_they_meet() {
        let near = |one, other| (class_nearness(one, other) * 1_000.0).round();
        assert_eq!(near("A23N 5/01", "A23N 5/08"), 1_000.0);
        assert_eq!(near("A23N 5/01", "A23N 12/08"), 650.0);
        assert_eq!(near("A23N", "A23N"), 650.0);
        assert_eq!(near("A23N 5/01", "A23L 3/40"), 354.0);
        assert_eq!(near("A23N 5/01", "A01K 61/50"), 125.0);
        assert_eq!(near("A", "A"), 125.0);
        assert_eq!(near("A23N 5/01", "F26B 3/04"), 0.0);
        // A main group is not taken for one that begins with the same figures.
        assert_eq!(near("A23N 1/01", "A23N 12/01"), 650.0);
    }

    proptest! {
        #[test]
        fn patent_classes_are_as_near_from_either_side(one in "[A-H]([0-9]{2}([A-Z]( [0-9]{1,3}/[0-9]{2})?)?)?", other in "[A-H]([0-9]{2}([A-Z]( [0-9]{1,3}/[0-9]{2})?)?)?") {
            let value = class_nearness(&one, &other);
            prop_assert_eq!(value, class_nearness(&other, &one));
            prop_assert!((0.0..=1.0).contains(&value));
            prop_assert!(value <= class_nearness(&one, &one));
        }
    }
}
