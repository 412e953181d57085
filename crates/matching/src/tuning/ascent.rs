//! Weights that order judged pairs better: one weight after the other is moved by a few steps, each time to where the
//! order is best, until no step helps (coordinate ascent). No chance and no index in it: the same pairs give the same
//! weights.

use std::collections::BTreeMap;

use crate::tuning::measure::{average_precision, ndcg};
use crate::tuning::sample::Question;
use crate::weights::Weights;

/// What a weight is multiplied with: orders change by leaps, so small steps alone would come to nothing. A weight that is 0
/// was switched off and stays so.
const STEPS: [f64; 6] = [0.25, 0.5, 0.8, 1.25, 2.0, 4.0];
/// What a step must bring in the mean over the questions; less is noise.
const LEAST_GAIN: f64 = 2e-4;
/// How often all weights are gone through at most.
const MAX_SWEEPS: usize = 6;

/// A weight that can be fitted.
struct Coordinate {
    name: &'static str,
    of: fn(&mut Weights) -> &mut f64,
    /// Where it may lie.
    from: f64,
    to: f64,
    /// Where a climb begins.
    start: f64,
    /// Whether it changes what words count, which is reckoned anew then.
    of_words: bool,
}

impl Coordinate {
    const fn starting(self, start: f64) -> Self {
        Self { start, ..self }
    }
}

const fn words(name: &'static str, of: fn(&mut Weights) -> &mut f64, from: f64, to: f64) -> Coordinate {
    Coordinate { name, of, from, to, start: 1.0, of_words: true }
}

const fn beside(name: &'static str, of: fn(&mut Weights) -> &mut f64, from: f64, to: f64) -> Coordinate {
    Coordinate { name, of, from, to, start: 1.0, of_words: false }
}

/// What is fitted: how much the words, the field and the fit count, and what makes each of them. Not what chooses candidates,
/// and not `topic_half`, which stretches scores rather than ordering them. All begin as equals; what is no weight among others
/// begins in the midst of where it may lie, `k1`, `k3` and `b` where textbooks of BM25 have them.
const COORDINATES: [Coordinate; 32] = [
    // Without vectors no step of it helps, so it stays.
    beside("vectors", |w| &mut w.vectors, 0.05, 0.95).starting(0.5),
    beside("field", |w| &mut w.field, 0.05, 0.6).starting(0.3),
    beside("fit", |w| &mut w.fit, 0.05, 0.8).starting(0.4),
    beside("unknown", |w| &mut w.unknown, 0.1, 0.9).starting(0.5),
    beside("parts.targets", |w| &mut w.parts.targets, 0.1, 20.0),
    beside("parts.cooperation", |w| &mut w.parts.cooperation, 0.1, 20.0),
    beside("parts.maturity", |w| &mut w.parts.maturity, 0.1, 20.0),
    beside("parts.place", |w| &mut w.parts.place, 0.1, 20.0),
    beside("parts.freshness", |w| &mut w.parts.freshness, 0.1, 20.0),
    beside("parts.responsiveness", |w| &mut w.parts.responsiveness, 0.1, 20.0),
    words("sought.title", |w| &mut w.sought.title, 0.05, 20.0),
    words("sought.keywords", |w| &mut w.sought.keywords, 0.05, 20.0),
    words("sought.summary", |w| &mut w.sought.summary, 0.05, 20.0),
    words("sought.problem", |w| &mut w.sought.problem, 0.05, 20.0),
    words("sought.advantage", |w| &mut w.sought.advantage, 0.05, 20.0),
    words("sought.description", |w| &mut w.sought.description, 0.05, 20.0),
    words("sought.other", |w| &mut w.sought.other, 0.05, 20.0),
    words("offered.title", |w| &mut w.offered.title, 0.05, 20.0),
    words("offered.keywords", |w| &mut w.offered.keywords, 0.05, 20.0),
    words("offered.summary", |w| &mut w.offered.summary, 0.05, 20.0),
    words("offered.problem", |w| &mut w.offered.problem, 0.05, 20.0),
    words("offered.advantage", |w| &mut w.offered.advantage, 0.05, 20.0),
    words("offered.description", |w| &mut w.offered.description, 0.05, 20.0),
    words("offered.other", |w| &mut w.offered.other, 0.05, 20.0),
    words("view.syllable", |w| &mut w.view.syllable, 0.05, 5.0),
    words("view.pair", |w| &mut w.view.pair, 0.05, 5.0),
    words("view.stem", |w| &mut w.view.stem, 0.05, 5.0),
    words("view.stem_pair", |w| &mut w.view.stem_pair, 0.05, 5.0),
    words("translation", |w| &mut w.translation, 0.1, 1.5),
    words("k1", |w| &mut w.k1, 0.2, 10.0).starting(1.2),
    words("k3", |w| &mut w.k3, 0.2, 50.0).starting(8.0),
    words("b", |w| &mut w.b, 0.05, 0.95).starting(0.75),
];

/// A weight that was moved.
#[derive(Clone, Debug, PartialEq, serde::Serialize)]
pub struct Moved {
    /// Its name in the settings.
    pub weight: &'static str,
    /// What it was.
    pub from: f64,
    /// What it is.
    pub to: f64,
}

/// Where every climb begins, whatever is in use: weights in use may have been fitted to the very questions that are kept aside.
/// What is not fitted stays as it is in use, and so does what is switched off; what was learned of single words is left out.
pub(super) fn neutral(in_use: &Weights) -> Weights {
    let mut weights = Weights { words: BTreeMap::new(), ..in_use.clone() };
    for coordinate in &COORDINATES {
        let weight = (coordinate.of)(&mut weights);
        if *weight > 0.0 {
            *weight = coordinate.start;
        }
    }
    weights
}

/// What is fitted, by its name in the settings.
pub(super) fn named(weights: &Weights) -> BTreeMap<&'static str, f64> {
    let mut weights = weights.clone();
    COORDINATES.iter().map(|c| (c.name, *(c.of)(&mut weights))).collect()
}

/// How two sets of weights differ in what is fitted.
pub(super) fn moved(before: &Weights, after: &Weights) -> Vec<Moved> {
    let (mut before, mut after) = (before.clone(), after.clone());
    let both = COORDINATES.iter().map(|c| Moved { weight: c.name, from: *(c.of)(&mut before), to: *(c.of)(&mut after) });
    both.filter(|moved| moved.from != moved.to).collect()
}

/// How well each of these questions is ordered, 0 to 1: nDCG@10 where the rest counts as not good, else the average
/// precision among what was judged.
pub(super) fn goodness(questions: &[&Question], weights: &Weights) -> Vec<f64> {
    each(questions, |_, question| of_one(question, &question.met(weights), weights))
}

fn of_one(question: &Question, met: &[f64], weights: &Weights) -> f64 {
    let ranked = question.ranked(&question.scores(met, weights));
    if question.complete { ndcg(&ranked, question.unreached) } else { average_precision(&ranked) }
}

/// Moves the weights to where these questions are ordered best. `tick` is called after each step that was tried.
pub(super) fn climb(questions: &[&Question], start: &Weights, tick: &mut dyn FnMut()) -> Weights {
    let mean = |all: &[f64]| all.iter().sum::<f64>() / all.len().max(1) as f64;
    let mut weights = start.clone();
    let mut met: Vec<Vec<f64>> = each(questions, |_, question| question.met(&weights));
    let mut best = mean(&goodness(questions, &weights));
    for _ in 0..MAX_SWEEPS {
        let before = best;
        for coordinate in &COORDINATES {
            let from = *(coordinate.of)(&mut weights);
            let mut taken: Option<(f64, f64)> = None;
            for step in STEPS {
                let to = rounded((from * step).clamp(coordinate.from, coordinate.to));
                if from <= 0.0 || to == from || (to > from) != (step > 1.0) {
                    continue; // switched off, or at the end of where it may lie
                }
                *(coordinate.of)(&mut weights) = to;
                let tried = each(questions, |n, question| match met.get(n).filter(|_| !coordinate.of_words) {
                    Some(met) => of_one(question, met, &weights),
                    None => of_one(question, &question.met(&weights), &weights),
                });
                let tried = mean(&tried);
                if tried > taken.map_or(best + LEAST_GAIN, |(most, _)| most) {
                    taken = Some((tried, to));
                }
                tick();
            }
            *(coordinate.of)(&mut weights) = taken.map_or(from, |(_, to)| to);
            if let Some((reached, _)) = taken {
                best = reached;
                if coordinate.of_words {
                    met = each(questions, |_, question| question.met(&weights));
                }
            }
        }
        if best - before < LEAST_GAIN {
            break;
        }
    }
    weights
}

/// How many steps a climb takes at most.
pub(super) fn most_steps() -> u64 {
    (MAX_SWEEPS * COORDINATES.len() * STEPS.len()) as u64
}

/// Three digits: a weight that a person can read, and no accuracy that is none.
fn rounded(weight: f64) -> f64 {
    let scale = 10_f64.powf(2.0 - weight.log10().floor());
    (weight * scale).round() / scale
}

/// The same work for each question, in as many pieces as there are cores; results in the order of the questions.
fn each<T: Send>(questions: &[&Question], work: impl Fn(usize, &Question) -> T + Sync) -> Vec<T> {
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let size = questions.len().div_ceil(cores).max(1);
    let work = &work;
    std::thread::scope(|scope| {
        let pieces: Vec<_> = questions
            .chunks(size)
            .enumerate()
            .map(|(piece, some)| {
                scope.spawn(move || some.iter().enumerate().map(|(n, one)| work(piece * size + n, one)).collect::<Vec<T>>())
            })
            .collect();
        pieces.into_iter().flat_map(|piece| piece.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))).collect()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_weight_is_named_as_in_the_settings() {
        let mut weights = Weights::default();
        for coordinate in &COORDINATES {
            *(coordinate.of)(&mut weights) = 0.123;
            let json = serde_json::to_value(&weights).unwrap();
            assert_eq!(json.pointer(&format!("/{}", coordinate.name.replace('.', "/"))), Some(&0.123.into()), "{}", coordinate.name);
            let usual = *(coordinate.of)(&mut Weights::default());
            assert!(coordinate.from <= usual && usual <= coordinate.to, "{} starts outside of where it may lie", coordinate.name);
        }
    }

    #[test]
    fn a_climb_begins_at_the_same_place_whatever_is_in_use() {
        let mut in_use = Weights { words: [("vi:say1".to_owned(), 1.5)].into(), candidates: 77, vectors: 0.0, ..Weights::default() };
        (in_use.parts.place, in_use.sought.title, in_use.k1, in_use.least_score) = (9.0, 17.0, 0.3, 0.01);
        let start = neutral(&in_use);
        let usual = neutral(&Weights::default());
        for (name, weight) in named(&start) {
            let at = COORDINATES.iter().find(|c| c.name == name).unwrap();
            assert!(at.from <= at.start && at.start <= at.to, "{name} begins outside of where it may lie");
            // What is switched off stays so.
            assert_eq!(weight, if name == "vectors" { 0.0 } else { named(&usual)[name] }, "{name}");
        }
        assert_eq!((start.parts.place, start.sought.title, start.view.pair), (1.0, 1.0, 1.0));
        assert_eq!((start.words.len(), start.candidates, start.least_score), (0, 77, 0.01));
    }

    #[test]
    fn weights_have_three_digits() {
        assert_eq!([3.123_456, 0.012_345_6, 12.34, 1.0].map(rounded), [3.12, 0.0123, 12.3, 1.0]);
    }
}
