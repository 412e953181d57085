//! Targets of a need against advantages of a technology: which measure the same thing, and whether the figure is
//! reached. Figures are only compared when metric and unit allow it; what cannot be compared counts as unknown.

use std::collections::BTreeSet;

use base::{Lang, Localised};
pub(crate) use listings::content::{Advantage, Direction, Target};
use listings::content::{Need, TargetPriority, Technology};
use search::analysis::{nfc, stem, words};

use crate::common::metric_weight;
use crate::units::Units;
use crate::weights::Weights;

/// A target and the advantage that measures the same thing.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Comparison {
    pub(crate) target: usize,
    pub(crate) advantage: usize,
    /// The language in which the metrics meet.
    pub(crate) lang: Lang,
    /// The words they share, without marks or as stems.
    pub(crate) shared: BTreeSet<String>,
    /// How much of the target is reached, 0 to 1.
    pub(crate) satisfaction: f64,
    pub(crate) must: bool,
}

impl Comparison {
    /// Whether the target is reached.
    pub(crate) fn reached(&self) -> bool {
        self.satisfaction >= 1.0
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

/// Compares every target with the advantage that measures most nearly the same; of equally near ones the better counts.
pub(crate) fn compare(need: &Need, technology: &Technology, units: &Units, weights: &Weights) -> Vec<Comparison> {
    let advantages: Vec<(usize, &Advantage, f64)> =
        technology.advantages.iter().enumerate().filter_map(|(n, a)| Some((n, a, a.offered.filter(|o| o.is_finite())?))).collect();
    let mut all = Vec::new();
    for (place, target) in need.targets.iter().enumerate() {
        let Some(wanted) = target.target.filter(|t| t.is_finite()) else { continue };
        let mut best: Option<(f64, Comparison)> = None;
        for (n, advantage, offered) in &advantages {
            let Some((overlap, lang, shared)) = same_metric(&target.metric, &advantage.metric) else { continue };
            if overlap < weights.metric_overlap {
                continue;
            }
            let Some(offered) = units.convert(*offered, &advantage.unit, &target.unit) else { continue };
            let satisfaction = satisfaction(target, wanted, offered, weights);
            if best.as_ref().is_none_or(|(most, b)| (overlap, satisfaction) > (*most, b.satisfaction)) {
                let must = target.priority == TargetPriority::Must;
                best = Some((overlap, Comparison { target: place, advantage: *n, lang, shared, satisfaction, must }));
            }
        }
        all.extend(best.map(|(_, comparison)| comparison));
    }
    all
}

/// How much of a target a figure reaches: 1 if it is reached, less the further away it is.
fn satisfaction(target: &Target, wanted: f64, offered: f64, weights: &Weights) -> f64 {
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
    let ratio = match target.direction {
        Direction::AtLeast => offered / wanted,
        Direction::AtMost => wanted / offered,
        Direction::Equal => offered.min(wanted) / offered.max(wanted),
    };
    // Just missed is still missed.
    if ratio.is_finite() { ratio.clamp(0.0, 0.99) } else { 0.0 }
}

/// What share of the shorter metric's words both have, in the language in which it is most, and the shared words.
/// General words (time, share, cost) count little: two figures are not comparable for being times.
fn same_metric(one: &Localised, other: &Localised) -> Option<(f64, Lang, BTreeSet<String>)> {
    let mut best: Option<(f64, Lang, BTreeSet<String>)> = None;
    for lang in Lang::ALL {
        let (Some(one), Some(other)) = (one.get(lang), other.get(lang)) else { continue };
        let (one, other) = (metric_words(one, lang), metric_words(other, lang));
        let sum = |words: &BTreeSet<String>| words.iter().map(|w| metric_weight(w)).sum::<f64>();
        let one: BTreeSet<String> = one.into_iter().map(|(key, _)| key).collect();
        let other: BTreeSet<String> = other.into_iter().map(|(key, _)| key).collect();
        let shared: BTreeSet<String> = one.intersection(&other).cloned().collect();
        let least = sum(&one).min(sum(&other));
        if shared.is_empty() || least <= 0.0 {
            continue;
        }
        let overlap = sum(&shared) / least;
        if best.as_ref().is_none_or(|(most, ..)| overlap > *most) {
            best = Some((overlap, lang, shared));
        }
    }
    best
}

/// The words of a metric as they are compared, and how they are written, in the order of the text.
fn metric_words(text: &str, lang: Lang) -> Vec<(String, Vec<String>)> {
    let text = nfc(text);
    let mut all: Vec<(String, Vec<String>)> = Vec::new();
    words(&text, |word| {
        if word.joins > 0 {
            return;
        }
        let key = match lang {
            Lang::Vi => word.folded.clone(),
            Lang::En => stem(&word.folded).into_owned(),
        };
        let written = text.get(word.start..word.end).unwrap_or_default().to_lowercase();
        match all.iter_mut().find(|(k, _)| *k == key) {
            Some((_, forms)) if forms.contains(&written) => {}
            Some((_, forms)) => forms.push(written),
            None => all.push((key, vec![written])),
        }
    });
    all
}

/// How the shared words of a comparison are written in a metric.
pub(crate) fn written(metric: &Localised, comparison: &Comparison) -> Vec<String> {
    let text = metric.get(comparison.lang).unwrap_or_default();
    metric_words(text, comparison.lang).into_iter().filter(|(key, _)| comparison.shared.contains(key)).flat_map(|(_, w)| w).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn metric(text: &str) -> Localised {
        Localised::of(Lang::Vi, text)
    }

    fn overlap(one: &str, other: &str) -> f64 {
        same_metric(&metric(one), &metric(other)).map_or(0.0, |(o, ..)| o)
    }

    #[test]
    fn figures_of_the_same_thing_are_told_from_figures_that_are_both_times() {
        let least = Weights::default().metric_overlap;
        assert!(overlap("Thời gian sấy một mẻ", "thoi gian say") >= least);
        assert!(overlap("Độ ẩm sau sấy", "Độ ẩm sản phẩm sau sấy") >= least);
        assert!(overlap("Thời gian sấy", "Thời gian giao hàng") < least);
        assert!(overlap("Chi phí điện", "Chi phí nhân công") < least);
        assert!(overlap("Tỷ lệ cây sống", "Tỷ lệ thu hồi dầu") < least);
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
        let (units, weights) = (Units::built_in().unwrap(), Weights::default());
        let reached = |offered, unit| compare(&need, &offering(offered, unit), &units, &weights).first().map(Comparison::reached);
        assert_eq!((reached(2.0, ""), reached(4.5, " ")), (Some(false), Some(true)));
        assert_eq!(reached(4.5, "kW"), None);
    }

    #[test]
    fn a_figure_is_reached_from_its_own_side() {
        let weights = Weights::default();
        let at = |direction| Target { direction, ..Target::default() };
        assert_eq!(satisfaction(&at(Direction::AtLeast), 5.0, 8.0, &weights), 1.0);
        assert_eq!(satisfaction(&at(Direction::AtMost), 5.0, 8.0, &weights), 0.625);
        assert_eq!(satisfaction(&at(Direction::Equal), 5.0, 5.1, &weights), 1.0);
        assert!(satisfaction(&at(Direction::AtLeast), 5.0, 4.999, &weights) < 1.0);
        for strange in [0.0, -1.0, f64::MAX, f64::MIN_POSITIVE] {
            for direction in [Direction::AtLeast, Direction::AtMost, Direction::Equal] {
                for wanted in [0.0, -3.0, f64::MAX, 1e-300] {
                    let s = satisfaction(&at(direction), wanted, strange, &weights);
                    assert!((0.0..=1.0).contains(&s), "{direction:?} {wanted} {strange}: {s}");
                }
            }
        }
    }
}
