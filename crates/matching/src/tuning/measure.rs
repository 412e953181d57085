//! How good an order is, and whether one is better than another.

use std::collections::BTreeMap;

use serde::Serialize;

/// How many of an order are looked at.
const DEPTH: usize = 10;

/// nDCG@10 of an order of good and other ones; `unreached` good ones stand nowhere in it.
pub(super) fn ndcg(ranked: &[bool], unreached: usize) -> f64 {
    let gain = |place: usize| 1.0 / (place as f64 + 2.0).log2();
    let good = ranked.iter().filter(|good| **good).count() + unreached;
    let ideal: f64 = (0..good.min(DEPTH)).map(gain).sum();
    let found: f64 = ranked.iter().take(DEPTH).enumerate().filter(|(_, good)| **good).map(|(place, _)| gain(place)).sum();
    if ideal > 0.0 { found / ideal } else { 0.0 }
}

/// Average precision of an order of good and other ones: the mean over the good ones of how many among those up to each
/// are good.
pub(super) fn average_precision(ranked: &[bool]) -> f64 {
    let (mut good, mut sum) = (0.0, 0.0);
    for (place, _) in ranked.iter().enumerate().filter(|(_, good)| **good) {
        good += 1.0;
        sum += good / (place as f64 + 1.0);
    }
    if good > 0.0 { sum / good } else { 0.0 }
}

/// The mean of some figures and the half width of its 95 % interval.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Mean {
    /// The mean.
    pub mean: f64,
    /// It lies this far off at most, 95 times in a hundred: 1.96 standard errors over the components of the questions.
    pub give_or_take: f64,
}

impl Mean {
    /// Of figures that have nothing to do with one another.
    pub(super) fn of(all: &[f64]) -> Self {
        Self::over(all.iter().copied().enumerate())
    }

    /// Of figures with the component of each: those of one component are one piece of evidence and not several.
    pub(super) fn over<C: Ord>(all: impl IntoIterator<Item = (C, f64)>) -> Self {
        let (mut clusters, mut count, mut sum): (BTreeMap<C, (f64, f64)>, _, _) = (BTreeMap::new(), 0.0, 0.0);
        for (cluster, figure) in all {
            let here = clusters.entry(cluster).or_default();
            *here = (here.0 + figure, here.1 + 1.0);
            (count, sum) = (count + 1.0, sum + figure);
        }
        if clusters.is_empty() {
            return Self::default();
        }
        let mean = sum / count;
        let squares: f64 = clusters.values().map(|(sum, figures)| (sum - mean * figures).powi(2)).sum();
        let apart = clusters.len() as f64;
        let variance = squares * apart / (apart - 1.0).max(1.0);
        Self { mean, give_or_take: 1.96 * variance.sqrt() / count }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_measures_are_those_of_the_textbooks() {
        assert_eq!(ndcg(&[true, false, false], 0), 1.0);
        assert!((ndcg(&[false, true], 0) - 1.0 / 3.0_f64.log2()).abs() < 1e-12);
        // Two good ones, one of them not found.
        assert!((ndcg(&[true, false], 1) - 1.0 / (1.0 + 1.0 / 3.0_f64.log2())).abs() < 1e-12);
        assert_eq!(ndcg(&[false; 12], 1), 0.0);
        assert_eq!(average_precision(&[true, true, false]), 1.0);
        assert!((average_precision(&[false, true, true]) - (0.5 + 2.0 / 3.0) / 2.0).abs() < 1e-12);
        assert_eq!(average_precision(&[false]), 0.0);
    }

    #[test]
    fn the_interval_of_a_mean_narrows_with_more_figures() {
        let of = |n: usize| Mean::of(&(0..n).map(|i| if i % 2 == 0 { 0.0 } else { 1.0 }).collect::<Vec<_>>());
        assert_eq!(of(10).mean, 0.5);
        assert!(of(1_000).give_or_take < of(10).give_or_take / 9.0);
        assert!((of(100).give_or_take - 1.96 * (100.0_f64 / 99.0 * 0.25 / 100.0).sqrt()).abs() < 1e-12);
    }

    #[test]
    fn the_same_figure_from_both_ends_of_a_pair_narrows_no_interval() {
        let once: Vec<f64> = (0..50).map(|i| f64::from(i % 5)).collect();
        let twice = once.iter().copied().enumerate().flat_map(|one| [one, one]);
        let (once, twice) = (Mean::of(&once), Mean::over(twice));
        assert!((once.mean - twice.mean).abs() < 1e-12 && (once.give_or_take - twice.give_or_take).abs() < 1e-12, "{once:?} {twice:?}");
    }
}
