//! Targets of a need against advantages of a technology: which measure the same thing, and whether the figure is
//! reached. Figures are only compared when metric and unit allow it; what cannot be compared counts as unknown.

use std::sync::Arc;

use base::{Lang, Localised};
pub(crate) use listings::content::{Advantage, Direction, Target};
use listings::content::{Need, TargetPriority, Technology};
use search::synonyms::Synonyms;

use crate::metric::{self, Met, Metrics};
use crate::units::Units;
use crate::weights::Weights;

/// A target and the advantage that measures the same thing.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Comparison {
    pub(crate) target: usize,
    pub(crate) advantage: usize,
    /// What of the target's metric meets, and in which language.
    pub(crate) wanted: Met,
    /// What of the advantage's.
    pub(crate) offered: Met,
    /// How much of the target is reached, 0 to 1.
    pub(crate) satisfaction: f64,
    pub(crate) must: bool,
    /// Whether both measure just the same, so that missing it may exclude. Where something excludes, it is not said of
    /// what is missed of targets that cannot be reached together.
    pub(crate) is_sure: bool,
}

impl Comparison {
    /// Whether the target is reached.
    pub(crate) fn reached(&self) -> bool {
        self.satisfaction >= 1.0
    }

    /// Whether it shuts the offer out.
    pub(crate) fn excludes(&self) -> bool {
        self.must && self.is_sure && !self.reached()
    }
}

/// The targets of a need as people write them: what is measured, and the figure wanted.
pub(crate) fn said(content: &listings::content::Content, lang: Lang) -> Vec<(String, String)> {
    let listings::content::Content::Need(need) = content else { return Vec::new() };
    let one = |target: &Target| {
        let metric = target.metric.best(lang).unwrap_or_default().to_owned();
        (metric, if target.target.is_some() { crate::constraints::wanted(target, lang) } else { String::new() })
    };
    need.targets.iter().map(one).collect()
}

/// What figures are compared with.
pub(crate) struct Measures<'a> {
    pub(crate) units: &'a Units,
    pub(crate) weights: &'a Weights,
    /// Metrics that were taken apart already.
    pub(crate) metrics: &'a Metrics,
    /// By which metrics of two languages meet.
    pub(crate) synonyms: Arc<Synonyms>,
}

/// Compares every target with the advantage that measures most nearly the same; of equally near ones the better counts.
pub(crate) fn compare(need: &Need, technology: &Technology, by: &Measures<'_>) -> Vec<Comparison> {
    let advantages: Vec<(usize, &Advantage, f64)> =
        technology.advantages.iter().enumerate().filter_map(|(n, a)| Some((n, a, a.offered.filter(|o| o.is_finite())?))).collect();
    let mut all = Vec::new();
    for (place, target) in need.targets.iter().enumerate() {
        let Some(wanted) = target.target.filter(|t| t.is_finite()) else { continue };
        let mut best: Option<((f64, f64), Comparison)> = None;
        for (n, advantage, offered) in &advantages {
            let Some((same, offered)) = measured(target, advantage, *offered, by) else { continue };
            let satisfaction = satisfaction(target, wanted, offered, by.units.is_interval(&target.unit), by.weights);
            let near = (same.whole, same.overlap);
            if best.as_ref().is_none_or(|(most, b)| (near, satisfaction) > (*most, b.satisfaction)) {
                let (must, is_sure) = (target.priority == TargetPriority::Must, same.whole >= by.weights.metric_overlap);
                let (wanted, offered) = (same.one, same.other);
                best = Some((near, Comparison { target: place, advantage: *n, wanted, offered, satisfaction, must, is_sure }));
            }
        }
        all.extend(best.map(|(_, comparison)| comparison));
    }
    // Only looked for where something is missed: most technologies miss nothing that is sure.
    if all.iter().any(Comparison::excludes) {
        let impossible = contradictions(need, by);
        for comparison in &mut all {
            comparison.is_sure &= !impossible.iter().any(|(one, other)| [*one, *other].contains(&comparison.target));
        }
    }
    all
}

/// What both metrics have in common, and the figure in the target's unit; none if they do not measure the same thing.
fn measured(target: &Target, advantage: &Advantage, offered: f64, by: &Measures<'_>) -> Option<(metric::Same, f64)> {
    let convert = || by.units.convert(offered, &advantage.unit, &target.unit);
    let (one, other) = (&target.metric, &advantage.metric);
    if metric::speak_alike(one, other) {
        return Some((alike(one, other, by)?, convert()?));
    }
    // Most pairs fall at the unit, before anything is translated.
    let figure = convert()?;
    Some((alike(one, other, by)?, figure))
}

/// What two metrics have in common, if it is enough.
fn alike(one: &Localised, other: &Localised, by: &Measures<'_>) -> Option<metric::Same> {
    let same = if metric::speak_alike(one, other) { metric::same(one, other) } else { by.metrics.across(one, other, &by.synonyms) };
    same.filter(|same| same.overlap >= by.weights.metric_overlap)
}

/// Targets of a need that must both be reached and cannot be, each by its place: at most 6 h and at least 10 h of the same.
pub(crate) fn contradictions(need: &Need, by: &Measures<'_>) -> Vec<(usize, usize)> {
    let must: Vec<(usize, &Target, f64)> = need
        .targets
        .iter()
        .enumerate()
        .filter(|(_, target)| target.priority == TargetPriority::Must)
        .filter_map(|(place, target)| Some((place, target, target.target.filter(|t| t.is_finite())?)))
        .collect();
    let mut all = Vec::new();
    for (n, (place, one, wanted)) in must.iter().enumerate() {
        for (behind, other, figure) in must.iter().skip(n + 1) {
            // Figures first: most pairs do not shut each other out, whatever they measure.
            let is_apart = by.units.convert(*figure, &other.unit, &one.unit).is_some_and(|figure| {
                let ((low, high), (least, most)) = (range(one, *wanted, by.weights), range(other, figure, by.weights));
                low.max(least) > high.min(most)
            });
            let is_same = || alike(&one.metric, &other.metric, by).is_some_and(|same| same.whole >= by.weights.metric_overlap);
            if is_apart && is_same() {
                all.push((*place, *behind));
            }
        }
    }
    all
}

/// From where to where a figure reaches a target.
fn range(target: &Target, wanted: f64, weights: &Weights) -> (f64, f64) {
    // Figures that were carried from one unit to another are off by rounding.
    let close = wanted.abs() * 1e-9;
    match target.direction {
        Direction::AtLeast => (wanted - close, f64::INFINITY),
        Direction::AtMost => (f64::NEG_INFINITY, wanted + close),
        Direction::Equal => {
            let way = (wanted.abs() * weights.equal_tolerance).max(close);
            (wanted - way, wanted + way)
        }
    }
}

/// The most that a target can be worth that is missed: just missed is still missed.
const MISSED: f64 = 0.99;

/// How much of a target a figure reaches: 1 if it is reached, less the further away it is. `is_interval` says that the unit
/// has no zero to measure shares from.
fn satisfaction(target: &Target, wanted: f64, offered: f64, is_interval: bool, weights: &Weights) -> f64 {
    // Figures that were carried from one unit to another are off by rounding.
    let close = wanted.abs().max(offered.abs()) * 1e-9;
    let reached = match target.direction {
        Direction::AtLeast => offered >= wanted - close,
        Direction::AtMost => offered <= wanted + close,
        Direction::Equal => (offered - wanted).abs() <= (wanted.abs() * weights.equal_tolerance).max(close),
    };
    if reached {
        return 1.0;
    }
    // By what is wanted alone, so that it never turns from one measure to the other with what is offered.
    let share = if is_interval || wanted <= 0.0 {
        1.0 - (offered - wanted).abs() / scale(target, wanted)
    } else {
        match target.direction {
            Direction::AtLeast => offered / wanted,
            Direction::AtMost => wanted / offered,
            Direction::Equal => offered.min(wanted) / offered.max(wanted),
        }
    };
    if share.is_finite() { share.clamp(0.0, MISSED) } else { 0.0 }
}

/// By how much a figure may be missed until nothing of it is reached, where shares of it say nothing (-18 °C): as much as it
/// is away from zero or from what stands today, and at least one of the unit.
fn scale(target: &Target, wanted: f64) -> f64 {
    let from_today = target.today.map(|today| (today - wanted).abs()).filter(|way| way.is_finite());
    wanted.abs().max(from_today.unwrap_or_default()).max(1.0)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn metric(text: &str) -> Localised {
        Localised::of(Lang::Vi, text)
    }

    fn compared(need: &Need, technology: &Technology, glossary: &str) -> Vec<Comparison> {
        let (units, weights, metrics) = (Units::built_in().unwrap(), Weights::default(), Metrics::default());
        let synonyms = Arc::new(Synonyms::parse(&format!("version = \"1\"\n{glossary}")).unwrap());
        compare(need, technology, &Measures { units: &units, weights: &weights, metrics: &metrics, synonyms })
    }

    #[test]
    fn figures_without_a_unit_are_compared_as_others_are() {
        let target = Target { metric: metric("Hệ số COP"), target: Some(4.0), priority: TargetPriority::Must, ..Target::default() };
        let need = Need { targets: vec![target], ..Need::default() };
        let offering = |offered: f64, unit: &str| Technology {
            advantages: vec![Advantage {
                metric: metric("Hệ số COP"),
                offered: Some(offered),
                unit: unit.to_owned(),
                ..Advantage::default()
            }],
            ..Technology::default()
        };
        let reached = |offered, unit| compared(&need, &offering(offered, unit), "").first().map(Comparison::reached);
        assert_eq!((reached(2.0, ""), reached(4.5, " ")), (Some(false), Some(true)));
        assert_eq!(reached(4.5, "kW"), None);
    }

    #[test]
    fn a_figure_in_the_other_language_is_compared_through_the_glossary() {
        let target = Target {
            metric: metric("Thời gian sấy"),
            target: Some(5.0),
            unit: "h".to_owned(),
            direction: Direction::AtMost,
            priority: TargetPriority::Must,
            ..Target::default()
        };
        let need = Need { targets: vec![target], ..Need::default() };
        let offering = |metric: &str, offered: f64, unit: &str| Technology {
            advantages: vec![Advantage {
                metric: Localised::of(Lang::En, metric),
                offered: Some(offered),
                unit: unit.to_owned(),
                ..Advantage::default()
            }],
            ..Technology::default()
        };
        let glossary = "[[group]]\nkind = \"translation\"\nterms = [\"sấy\", \"drying\"]\n";
        let reached = |metric, offered, unit| compared(&need, &offering(metric, offered, unit), glossary).first().map(Comparison::reached);
        assert_eq!((reached("Drying time", 20.0, "h"), reached("Drying time", 240.0, "min")), (Some(false), Some(true)));
        // Another unit, another thing measured.
        assert_eq!((reached("Drying time", 20.0, "kWh"), reached("Delivery time", 20.0, "h")), (None, None));
        assert!(compared(&need, &offering("Drying time", 20.0, "h"), "").is_empty());
    }

    #[test]
    fn a_figure_is_reached_from_its_own_side() {
        let weights = Weights::default();
        let at = |direction| Target { direction, ..Target::default() };
        assert_eq!(satisfaction(&at(Direction::AtLeast), 5.0, 8.0, false, &weights), 1.0);
        assert_eq!(satisfaction(&at(Direction::AtMost), 5.0, 8.0, false, &weights), 0.625);
        assert_eq!(satisfaction(&at(Direction::Equal), 5.0, 5.1, false, &weights), 1.0);
        assert!(satisfaction(&at(Direction::AtLeast), 5.0, 4.999, false, &weights) < 1.0);
        for strange in [0.0, -1.0, f64::MAX, f64::MIN_POSITIVE, f64::MIN] {
            for direction in [Direction::AtLeast, Direction::AtMost, Direction::Equal] {
                for wanted in [0.0, -3.0, f64::MAX, f64::MIN, 1e-300] {
                    for is_interval in [false, true] {
                        let s = satisfaction(&at(direction), wanted, strange, is_interval, &weights);
                        assert!((0.0..=1.0).contains(&s), "{direction:?} {wanted} {strange}: {s}");
                    }
                }
            }
        }
    }

    #[test]
    fn a_figure_below_zero_is_missed_by_how_far_away_it_is() {
        let weights = Weights::default();
        let at = |direction, today| Target { direction, today, ..Target::default() };
        let rounded = |target: &Target, wanted, offered| (satisfaction(target, wanted, offered, true, &weights) * 100.0).round();
        // A freezer that hardly cools is far from one that is to hold -18 °C.
        assert_eq!(rounded(&at(Direction::AtMost, None), -18.0, -1.0), 6.0);
        assert_eq!(rounded(&at(Direction::AtMost, None), -18.0, -17.0), 94.0);
        assert_eq!(rounded(&at(Direction::AtLeast, None), -5.0, -10.0), 0.0);
        // Half the way from what stands today is half of it.
        assert_eq!(rounded(&at(Direction::AtMost, Some(22.0)), -18.0, 2.0), 50.0);
        assert_eq!(rounded(&at(Direction::Equal, None), 0.0, 0.5), 50.0);
    }

    proptest! {
        /// The nearer, the more, on either side of zero; 1 only for what is reached; and no jump but at the target itself.
        #[test]
        fn a_figure_that_comes_nearer_is_never_worth_less(
            wanted in -50.0_f64..50.0, today in prop::option::of(-50.0_f64..50.0),
            (one, other) in (-100.0_f64..100.0, -100.0_f64..100.0), is_interval in any::<bool>(),
        ) {
            let weights = Weights::default();
            for direction in [Direction::AtLeast, Direction::AtMost, Direction::Equal] {
                let target = Target { direction, today, ..Target::default() };
                let at = |offered: f64| satisfaction(&target, wanted, offered, is_interval, &weights);
                let (low, high) = (one.min(other), one.max(other));
                let (nearer, further) = match direction {
                    Direction::AtLeast => (high, low),
                    Direction::AtMost => (low, high),
                    // On one side of what is wanted.
                    Direction::Equal if high <= wanted => (high, low),
                    Direction::Equal if low >= wanted => (low, high),
                    Direction::Equal => continue,
                };
                prop_assert!(at(nearer) >= at(further), "{direction:?} {wanted}: {nearer} {further}");
                let is_reached = match direction {
                    Direction::AtLeast => further >= wanted - 1e-6,
                    Direction::AtMost => further <= wanted + 1e-6,
                    Direction::Equal => (further - wanted).abs() <= wanted.abs() * weights.equal_tolerance + 1e-6,
                };
                prop_assert!(is_reached || at(further) <= MISSED);
                let a_bit = at(further + 1e-9);
                let (before, behind) = (at(further).min(MISSED), a_bit.min(MISSED));
                prop_assert!((before - behind).abs() < 1e-3 || (at(further) >= 1.0) != (a_bit >= 1.0), "{before} {behind}");
            }
        }
    }
}
