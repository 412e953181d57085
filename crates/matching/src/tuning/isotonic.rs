//! Which share of pairs is good at which score: the best fit that never falls (isotonic regression, by pooling adjacent
//! violators), then as few knots as tell it.
//!
//! What always holds: the knots rise in score and share, whatever was judged, so that no order changes; beyond the
//! highest scores that were seen no more is claimed than was seen.

use crate::calibration::{Calibration, NotRising};

/// The most shares that are told apart; more would follow chance.
const MAX_POOLS: usize = 8;
/// The fewest pairs behind a share, and the smallest part of all pairs.
const LEAST_PAIRS: (usize, usize) = (10, 100);
/// How much a share rises at least with the score, so that two scores are never told as one.
const LEAST_RISE: f64 = 0.02;
/// How far apart two knots are at least.
const LEAST_GAP: f64 = 0.01;

/// Neighbours by score that are told as one share.
#[derive(Clone, Copy, Debug)]
struct Pool {
    /// Where it begins among the pairs in the order of their scores.
    begin: usize,
    count: usize,
    good: usize,
}

impl Pool {
    fn share(&self) -> f64 {
        self.good as f64 / self.count as f64
    }

    fn with(&self, next: &Self) -> Self {
        Self { begin: self.begin, count: self.count + next.count, good: self.good + next.good }
    }

    /// What telling the two as one costs, in squared error.
    fn cost(&self, next: &Self) -> f64 {
        let (one, other) = (self.count as f64, next.count as f64);
        one * other / (one + other) * (self.share() - next.share()).powi(2)
    }
}

/// The map from score to share for pairs of which it is known whether they are good.
///
/// # Errors
/// Never, by what is done here; what checks settings checks this too.
pub(super) fn calibration(pairs: &[(f64, bool)]) -> Result<Calibration, NotRising> {
    let mut pairs = pairs.to_vec();
    pairs.sort_by(|a, b| a.0.total_cmp(&b.0));
    Calibration::try_from(knots(&fewer(pooled(&pairs), pairs.len()), &pairs))
}

/// Shares that never fall with the score, of pairs in the order of their scores.
fn pooled(pairs: &[(f64, bool)]) -> Vec<Pool> {
    let mut all: Vec<Pool> = Vec::new();
    let mut begin = 0;
    for same in pairs.chunk_by(|a, b| a.0 == b.0) {
        let mut next = Pool { begin, count: same.len(), good: same.iter().filter(|(_, good)| *good).count() };
        begin += same.len();
        while let Some(before) = all.pop_if(|before| before.share() >= next.share()) {
            next = before.with(&next);
        }
        all.push(next);
    }
    all
}

/// The same with as few pools as tell it: each of enough pairs, and no more than so many.
fn fewer(mut pools: Vec<Pool>, pairs: usize) -> Vec<Pool> {
    let least = LEAST_PAIRS.0.max(pairs / LEAST_PAIRS.1);
    while pools.len() > 1 {
        // The two neighbours that cost least, of those where one is too small while there is such a one.
        let is_small = pools.iter().any(|pool| pool.count < least);
        if !is_small && pools.len() <= MAX_POOLS {
            break;
        }
        let cheapest = pools
            .iter()
            .zip(pools.iter().skip(1))
            .enumerate()
            .filter(|(_, (one, next))| !is_small || one.count < least || next.count < least)
            .min_by(|(_, a), (_, b)| a.0.cost(a.1).total_cmp(&b.0.cost(b.1)))
            .map(|(n, (one, next))| (n, one.with(next)));
        let Some((n, both)) = cheapest else { break };
        pools.splice(n..=n + 1, [both]);
    }
    pools
}

/// Two knots for each pool, at its lower and its upper quarter: between them its share, to the next pool a rise. And where
/// the line ends.
fn knots(pools: &[Pool], pairs: &[(f64, bool)]) -> Vec<[f64; 2]> {
    let mut all: Vec<[f64; 2]> = Vec::new();
    let mut before = [0.0, 0.0];
    for pool in pools {
        let quarter = pool.count / 4;
        // Ten of ten are not all: half a pair is imagined on either side.
        let share = (pool.good as f64 + 0.5) / (pool.count as f64 + 1.0);
        let (lower, upper) = (pool.begin + quarter, pool.begin + pool.count - 1 - quarter);
        for (score, _) in [lower, upper].into_iter().filter_map(|place| pairs.get(place)) {
            if *score >= before[0] + LEAST_GAP && *score <= 1.0 - LEAST_GAP {
                before = above(before, *score, share);
                all.push(before);
            }
        }
    }
    if !all.is_empty() {
        // Behind the last knot nothing more was seen than its share.
        all.push(above(before, 1.0, before[1]));
    }
    all
}

/// A knot at a score, high enough above the one before and with room for what comes behind.
fn above(before: [f64; 2], score: f64, share: f64) -> [f64; 2] {
    let share = share.max(before[1] + LEAST_RISE * (score - before[0])).min(1.0 - LEAST_RISE * (1.0 - score));
    [score, share].map(|figure| (figure * 1e6).round() / 1e6)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn neighbours_that_fall_are_pooled() {
        let shares = |pairs: &[(f64, bool)]| pooled(pairs).iter().map(|p| (p.begin, p.count, p.good)).collect::<Vec<_>>();
        assert_eq!(shares(&[(0.1, false), (0.2, true), (0.3, false), (0.4, true)]), [(0, 1, 0), (1, 2, 1), (3, 1, 1)]);
        assert_eq!(shares(&[(0.1, true), (0.2, false)]), [(0, 2, 1)]);
        // Equal scores are one, however they come.
        assert_eq!(shares(&[(0.1, false), (0.2, true), (0.2, false)]), [(0, 1, 0), (1, 2, 1)]);
    }

    #[test]
    fn a_share_that_grows_with_the_score_is_found_again() {
        // Of a thousand pairs a score, as many are good as the square of the score says.
        let pairs: Vec<(f64, bool)> =
            (1..=9).flat_map(|ten| (0..1_000).map(move |n| (f64::from(ten) / 10.0, n < ten * ten * 10))).collect();
        let calibration = calibration(&pairs).unwrap();
        assert!(calibration.knots().len() <= 2 * MAX_POOLS + 1);
        for ten in 2..=9 {
            let score = f64::from(ten) / 10.0;
            assert!((calibration.of(score) - score * score).abs() < 0.04, "{score}: {}", calibration.of(score));
        }
        // No more is claimed than was seen.
        assert!(calibration.of(1.0) < 0.83, "{}", calibration.of(1.0));
    }

    #[test]
    fn a_few_pairs_make_no_knot_of_their_own() {
        let mut pairs: Vec<(f64, bool)> = (0..300).map(|n| (0.2 + f64::from(n) / 1_000.0, n % 4 == 0)).collect();
        pairs.push((0.9, true));
        let calibration = calibration(&pairs).unwrap();
        assert!(calibration.of(0.9) < 0.6, "one good pair: {}", calibration.of(0.9));
    }

    proptest! {
        #[test]
        fn the_order_of_scores_never_changes(
            pairs in prop::collection::vec((0.0..=1.0, any::<bool>()), 0..300),
            mut scores in prop::collection::vec(0.0..=1.0, 2..40),
        ) {
            let calibration = calibration(&pairs).unwrap();
            prop_assert!(calibration.knots().len() <= 2 * MAX_POOLS + 1);
            scores.sort_by(f64::total_cmp);
            for two in scores.windows(2) {
                let (lower, higher) = (calibration.of(two[0]), calibration.of(two[1]));
                prop_assert!(lower <= higher);
                // Told apart as far as a score is told: in millionths, by the least rise.
                prop_assert!(two[1] - two[0] < 1e-9 || lower < higher, "{:?} {lower} {higher}", two);
            }
        }
    }
}
