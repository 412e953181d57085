//! From the score of a pair to the share of such pairs that was judged good.
//!
//! What always holds: a higher score is never told as a lower share, so calibration changes no order; 0 stays 0, and
//! nothing comes out above 1. Without knots a score is told as it is.
//! Not here: how the knots are found (`tuning`).

use serde::{Deserialize, Serialize};

/// What one knot must rise above the one before, in score and in share: scores are told in millionths.
const LEAST_STEP: f64 = 1e-6;

/// Knots of a score and the share of good pairs at it, with straight lines between them, from [0, 0] before the first to
/// [1, 1] behind the last. A last knot at score 1 says where it ends instead.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Vec<[f64; 2]>", into = "Vec<[f64; 2]>")]
pub struct Calibration(Vec<[f64; 2]>);

/// The knots do not rise.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error(
    "calibration: [{}, {}] after [{}, {}]: each knot is [score, share], and both must rise from knot to knot, from above 0 to \
     at most 1 (a share of 1 at a score of 1 alone); [] leaves scores as they are",
    .knot[0], .knot[1], .before[0], .before[1]
)]
pub struct NotRising {
    /// The knot before.
    pub before: [f64; 2],
    /// The one that is not above it.
    pub knot: [f64; 2],
}

impl TryFrom<Vec<[f64; 2]>> for Calibration {
    type Error = NotRising;

    fn try_from(knots: Vec<[f64; 2]>) -> Result<Self, NotRising> {
        let mut before = [0.0, 0.0];
        for knot in &knots {
            let [score, share] = *knot;
            let rises = score >= before[0] + LEAST_STEP && share >= before[1] + LEAST_STEP;
            // Behind the last knot the line goes on to [1, 1], which it must be able to reach.
            let most = if score < 1.0 { 1.0 - LEAST_STEP } else { 1.0 };
            if !rises || score > 1.0 || share > most {
                return Err(NotRising { before, knot: *knot });
            }
            before = *knot;
        }
        Ok(Self(knots))
    }
}

impl From<Calibration> for Vec<[f64; 2]> {
    fn from(calibration: Calibration) -> Self {
        calibration.0
    }
}

impl Calibration {
    /// Whether scores are told as they are.
    #[must_use]
    pub fn is_none(&self) -> bool {
        self.0.is_empty()
    }

    /// The knots, score and share.
    #[must_use]
    pub fn knots(&self) -> &[[f64; 2]] {
        &self.0
    }

    /// The share of good pairs at a score, 0 to 1.
    #[must_use]
    pub fn of(&self, score: f64) -> f64 {
        if self.is_none() {
            return score;
        }
        let score = score.clamp(0.0, 1.0);
        let mut from = [0.0, 0.0];
        let end = [1.0, 1.0];
        for to in self.0.iter().chain([&end]) {
            if score <= to[0] {
                let share = from[1] + (to[1] - from[1]) * (score - from[0]) / (to[0] - from[0]);
                // Sums of floating point: never beyond the knots, so that the pieces meet in order.
                return share.clamp(from[1], to[1]);
            }
            from = *to;
        }
        from[1]
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn of(knots: &[[f64; 2]]) -> Result<Calibration, NotRising> {
        Calibration::try_from(knots.to_vec())
    }

    #[test]
    fn between_two_knots_shares_lie_on_a_line() {
        let calibration = of(&[[0.2, 0.1], [0.6, 0.8]]).unwrap();
        for (score, share) in [(0.0, 0.0), (0.1, 0.05), (0.2, 0.1), (0.4, 0.45), (0.6, 0.8), (0.8, 0.9), (1.0, 1.0)] {
            assert!((calibration.of(score) - share).abs() < 1e-12, "{score}: {}", calibration.of(score));
        }
        // A last knot at the end says how far it goes.
        assert_eq!(of(&[[0.5, 0.2], [1.0, 0.7]]).unwrap().of(1.0), 0.7);
        assert_eq!(Calibration::default().of(0.37), 0.37);
    }

    #[test]
    fn knots_that_do_not_rise_are_refused_and_named() {
        for wrong in [
            &[[0.2, 0.5], [0.4, 0.5]][..],
            &[[0.4, 0.2], [0.3, 0.5]],
            &[[0.0, 0.2]],
            &[[0.2, 0.0]],
            &[[0.5, 1.0]],
            &[[0.5, 0.6], [1.1, 0.8]],
            &[[1.0, 1.1]],
            &[[f64::NAN, 0.5]],
            &[[0.5, f64::NAN]],
        ] {
            assert!(of(wrong).is_err(), "{wrong:?}");
        }
        let said = of(&[[0.2, 0.5], [0.4, 0.3]]).unwrap_err().to_string();
        assert!(said.starts_with("calibration: [0.4, 0.3] after [0.2, 0.5]"), "{said}");
        assert!(toml::from_str::<crate::Weights>("calibration = [[0.2, 0.5], [0.4, 0.3]]").is_err());
        assert_eq!(toml::from_str::<crate::Weights>("calibration = [[0.2, 0.3]]").unwrap().calibration, of(&[[0.2, 0.3]]).unwrap());
    }

    prop_compose! {
        fn rising()(steps in prop::collection::vec((1e-4..1.0, 1e-4..1.0), 1..9), whole: bool) -> Calibration {
            let (mut knots, mut at) = (Vec::new(), [0.0, 0.0]);
            for (score, share) in &steps {
                at = [at[0] + score, at[1] + share];
                knots.push(at);
            }
            // Scaled into the square, up to its corner or not.
            let scale = if whole { 1.0 } else { 1.01 };
            let knots = knots.into_iter().map(|[score, share]| [score / at[0] / scale, share / at[1] / scale]).collect::<Vec<_>>();
            Calibration::try_from(knots).unwrap()
        }
    }

    proptest! {
        #[test]
        fn a_higher_score_is_never_a_lower_share(calibration in rising(), mut scores in prop::collection::vec(0.0..=1.0, 2..40)) {
            scores.sort_by(f64::total_cmp);
            for two in scores.windows(2) {
                let (lower, higher) = (calibration.of(two[0]), calibration.of(two[1]));
                prop_assert!((0.0..=1.0).contains(&lower) && (0.0..=1.0).contains(&higher));
                prop_assert!(lower <= higher);
                if two[1] - two[0] > 1e-9 {
                    prop_assert!(lower < higher, "{lower} {higher}");
                }
            }
        }
    }
}
