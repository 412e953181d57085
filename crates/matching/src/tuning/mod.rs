//! Fitting: which weights order the pairs that people judged best, and which share of the pairs with a score was judged
//! good. What `innospace fit` does.
//!
//! What always holds: questions with their candidates are taken apart once (`sample`); weights are then varied without
//! text, index or chance (`ascent`), so the same judgements give the same weights. What is claimed of new weights was
//! measured on questions that they were not fitted on: each fold is kept aside once. What was judged with one another, over
//! however many pairs, is in one fold and counts as one piece of evidence, and every climb begins at one neutral place, since
//! the weights in use may have been fitted to the same questions. Weights that are not better there beyond chance are not
//! taken. Factors of single words are learned only where that is asked for, and held to the same.
//! Not here: who judges what (`feedback`), files and tables (`innospace`).

mod ascent;
mod collect;
mod components;
mod isotonic;
mod judged;
mod measure;
mod sample;
mod words;

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use crate::calibration::{Calibration, NotRising};
use crate::weights::Weights;

pub use ascent::Moved;
pub use collect::{CollectError, Collected, collect};
pub use components::{components, part_of};
pub use judged::{BadLine, Judgements, Line, read_line};
pub use measure::Mean;
pub use sample::{Candidate, Question};

/// Fewer judged questions say more of the few people who judged than of matches.
pub const LEAST_QUESTIONS: usize = 20;
/// Fewer judged pairs make no shares.
const LEAST_PAIRS: usize = 50;
/// How many parts the judged pairs are told in, by their score.
const PARTS: usize = 10;

/// How fitting is done.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// Into how many parts the questions are divided, each kept aside once.
    pub folds: usize,
    /// New weights even where they are not shown to be better.
    pub force: bool,
    /// Whether scores are told as shares.
    pub calibrate: bool,
    /// Whether factors of single words are learned, too.
    pub words: bool,
}

/// One part of the questions, ordered with weights that were fitted on the others.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Fold {
    /// How many questions it has.
    pub questions: usize,
    /// How well they are ordered with the weights in use, 0 to 1.
    pub before: f64,
    /// The same with weights fitted on the others.
    pub after: f64,
}

/// The judged pairs of one part of the scores.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Told {
    /// How many.
    pub pairs: usize,
    /// The mean of the scores as they would be told.
    pub told: f64,
    /// The share of them that was judged good.
    pub good: f64,
}

/// How scores become shares.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Calibrated {
    /// The judged pairs it was made of.
    pub pairs: usize,
    /// How many of them are good.
    pub good: usize,
    /// The mean squared distance between what is told and what was judged, with scores as they are in use.
    pub brier_before: f64,
    /// The same for pairs of a fold that neither the weights nor the shares were made of.
    pub brier_after: f64,
    /// What would be told, for pairs of a fold that neither the weights nor the shares were made of, the lowest first.
    pub told: Vec<Told>,
}

/// What came of factors of single words.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct LearnedWords {
    /// How many words have one, learned of all questions; none of them counts unless they are better.
    pub words: usize,
    /// With the words learned of the other folds less without, question by question.
    pub difference: Mean,
    /// Whether the difference is more than chance would bring.
    pub is_better: bool,
}

/// What came of fitting.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Fit {
    /// How many questions something can be learned from.
    pub questions: usize,
    /// How many of them count all that was not judged as not good; they are measured by nDCG@10, the others by the average
    /// precision among what was judged.
    pub complete: usize,
    /// Into how many components the questions fall that have no judged listing in common, over however many pairs.
    pub components: usize,
    /// Where each climb began: the weights that are fitted, by their names in the settings.
    pub start: BTreeMap<&'static str, f64>,
    /// The kept-aside parts.
    pub folds: Vec<Fold>,
    /// Over all kept-aside questions, with the weights in use.
    pub before: Mean,
    /// The same with weights fitted on the other folds.
    pub after: Mean,
    /// After less before, question by question.
    pub difference: Mean,
    /// Whether the difference is more than chance would bring.
    pub is_better: bool,
    /// The weights that differ, those of the fit on all questions; none if the old ones are kept.
    pub moved: Vec<Moved>,
    /// What came of factors of single words, if they were asked for.
    pub words: Option<LearnedWords>,
    /// How scores become shares, if there is enough to say it.
    pub calibrated: Option<Calibrated>,
    /// All weights as they should be set, `standing_min` and `strong_min` so that as many pairs pass as before.
    pub weights: Weights,
}

/// Why nothing was fitted.
#[derive(Debug, thiserror::Error)]
pub enum FitError {
    /// Too little was judged.
    #[error(
        "{questions} questions have a good and another candidate among what was judged; fewer than {LEAST_QUESTIONS} would fit \
         the weights to a few people's opinions. More verdicts on matches, or more files of judged pairs, are needed"
    )]
    TooFew {
        /// How many questions something can be learned from.
        questions: usize,
    },
    /// All of it hangs together.
    #[error(
        "what was judged hangs together: {components} components of {questions} questions all fall into one of {folds} folds, so \
         that nothing can be kept aside that was not fitted to. Verdicts on pairs of other needs and other offers are needed, or \
         another number of folds"
    )]
    Connected {
        /// How many questions something can be learned from.
        questions: usize,
        /// Into how many components they fall.
        components: usize,
        /// Into how many folds those were to be divided.
        folds: usize,
    },
    /// Shares that do not rise with the score.
    #[error(transparent)]
    NotRising(#[from] NotRising),
}

impl Question {
    /// Whether an order of its candidates can be better than another one.
    fn tells(&self) -> bool {
        let good = self.candidates.iter().filter(|one| one.good == Some(true)).count();
        let known = self.candidates.iter().filter(|one| self.complete || one.good.is_some()).count();
        good > 0 && known > good
    }

    /// In which of so many folds it falls: always the same one.
    fn fold(&self, folds: usize) -> usize {
        part_of(&self.component, folds)
    }
}

/// How many steps fitting takes at most, for whoever shows them.
#[must_use]
pub fn most_steps(options: Options) -> u64 {
    (options.folds as u64 + 1) * ascent::most_steps()
}

/// Fits weights and shares, from a neutral start; `in_use` is what they are held against. `tick` is called after each step that
/// was tried.
///
/// # Errors
/// [`FitError::TooFew`] if too little was judged, [`FitError::Connected`] if nothing of it can be kept aside.
pub fn fit(questions: &[Question], in_use: &Weights, options: Options, tick: &mut dyn FnMut()) -> Result<Fit, FitError> {
    let telling: Vec<&Question> = questions.iter().filter(|question| question.tells()).collect();
    if telling.len() < LEAST_QUESTIONS {
        return Err(FitError::TooFew { questions: telling.len() });
    }
    let components = telling.iter().map(|question| question.component.as_str()).collect::<BTreeSet<_>>().len();
    if telling.iter().map(|question| question.fold(options.folds)).collect::<BTreeSet<_>>().len() < 2 {
        return Err(FitError::Connected { questions: telling.len(), components, folds: options.folds });
    }
    let start = ascent::neutral(in_use);
    let (mut folds, mut before, mut after) = (Vec::new(), Vec::new(), Vec::new());
    // Of each figure the component that it is of.
    let mut of: Vec<&str> = Vec::new();
    // Of each fold the weights fitted on the others; none where nothing of it tells.
    let mut apart: Vec<Option<Weights>> = Vec::new();
    for fold in 0..options.folds {
        let (aside, others): (Vec<&Question>, Vec<&Question>) = telling.iter().partition(|q| q.fold(options.folds) == fold);
        if aside.is_empty() {
            apart.push(None);
            continue;
        }
        let fitted = ascent::climb(&others, &start, tick);
        let (old, new) = (ascent::goodness(&aside, in_use), ascent::goodness(&aside, &fitted));
        of.extend(aside.iter().map(|question| question.component.as_str()));
        folds.push(Fold { questions: aside.len(), before: Mean::of(&old).mean, after: Mean::of(&new).mean });
        before.extend(old);
        after.extend(new);
        apart.push(Some(fitted));
    }
    let difference = Mean::over(of.iter().zip(after.iter().zip(&before).map(|(after, before)| after - before)));
    let is_better = difference.mean - difference.give_or_take > 0.0;
    let is_new = is_better || options.force;
    let mut weights = if is_new { ascent::climb(&telling, &start, tick) } else { in_use.clone() };
    let moved = ascent::moved(in_use, &weights);
    let mut apart: Vec<Weights> = apart.into_iter().map(|fitted| fitted.filter(|_| is_new).unwrap_or_else(|| weights.clone())).collect();
    let words = options.words.then(|| learn_words(&telling, &mut weights, &mut apart));
    let calibrated = if options.calibrate { calibrate(questions, in_use, &mut weights, &apart)? } else { None };
    if weights != *in_use {
        carry_bounds(questions, in_use, &mut weights);
    }
    let complete = telling.iter().filter(|question| question.complete).count();
    let mean = |figures: &[f64]| Mean::over(of.iter().zip(figures.iter().copied()));
    let (questions, before, after, start) = (telling.len(), mean(&before), mean(&after), ascent::named(&start));
    Ok(Fit { questions, complete, components, start, folds, before, after, difference, is_better, moved, words, calibrated, weights })
}

/// Learns factors of single words beside these weights, and keeps them where they are better on folds that they were not
/// learned of; `apart` are the weights of each fold.
fn learn_words(telling: &[&Question], weights: &mut Weights, apart: &mut [Weights]) -> LearnedWords {
    let (folds, mut differences) = (apart.len(), Vec::new());
    let mut learned = Vec::with_capacity(folds);
    for (fold, fitted) in apart.iter().enumerate() {
        let (aside, others): (Vec<&Question>, Vec<&Question>) = telling.iter().partition(|q| q.fold(folds) == fold);
        let with = Weights { words: words::learn(&others), ..fitted.clone() };
        let (before, after) = (ascent::goodness(&aside, fitted), ascent::goodness(&aside, &with));
        let components = aside.iter().map(|question| question.component.as_str());
        differences.extend(components.zip(after.iter().zip(&before).map(|(after, before)| after - before)));
        learned.push(with);
    }
    let difference = Mean::over(differences);
    let is_better = difference.mean - difference.give_or_take > 0.0;
    let all = words::learn(telling);
    let words = all.len();
    if is_better {
        weights.words = all;
        apart.clone_from_slice(&learned);
    }
    LearnedWords { words, difference, is_better }
}

/// Every candidate with its score before calibration.
fn scores(question: &Question, weights: &Weights) -> Vec<f64> {
    question.scores(&question.met(weights), weights)
}

/// The judged pairs of these questions: score before calibration, and whether the pair is good.
fn judged_pairs<'a>(questions: impl Iterator<Item = &'a Question>, weights: &Weights) -> Vec<(f64, bool)> {
    let of = |question: &Question| -> Vec<(f64, bool)> {
        question.known(&scores(question, weights)).map(|(_, score, good)| (score, good)).collect()
    };
    questions.flat_map(of).collect()
}

/// Finds which share is good at which score of these weights, and what that is worth for pairs that were kept aside: `apart`
/// are the weights of each fold, for which nothing of it was looked at. None, and the weights as they are, if too few pairs
/// were judged or all of them alike.
fn calibrate(questions: &[Question], start: &Weights, weights: &mut Weights, apart: &[Weights]) -> Result<Option<Calibrated>, NotRising> {
    let pairs = judged_pairs(questions.iter(), weights);
    let good = pairs.iter().filter(|(_, good)| *good).count();
    if pairs.len() < LEAST_PAIRS || good == 0 || good == pairs.len() {
        return Ok(None);
    }
    let mut aside: Vec<(f64, bool)> = Vec::with_capacity(pairs.len());
    for (fold, fitted) in apart.iter().enumerate() {
        let of = |is_aside: bool| judged_pairs(questions.iter().filter(|q| (q.fold(apart.len()) == fold) == is_aside), fitted);
        let shares = isotonic::calibration(&of(false))?;
        aside.extend(of(true).into_iter().map(|(score, good)| (shares.of(score), good)));
    }
    weights.calibration = isotonic::calibration(&pairs)?;
    let told = judged_pairs(questions.iter(), start).into_iter().map(|(score, good)| (start.calibration.of(score), good));
    let brier = |told: f64, good: bool| (told - if good { 1.0 } else { 0.0 }).powi(2) / pairs.len() as f64;
    Ok(Some(Calibrated {
        pairs: pairs.len(),
        good,
        brier_before: told.map(|(told, good)| brier(told, good)).sum(),
        brier_after: aside.iter().map(|(told, good)| brier(*told, *good)).sum(),
        told: parts(aside),
    }))
}

/// Pairs by what is told of them, in tenths of a score; tenths without pairs are left out.
fn parts(pairs: Vec<(f64, bool)>) -> Vec<Told> {
    let of = |tenth: usize| {
        let (from, to) = (tenth as f64 / PARTS as f64, (tenth + 1) as f64 / PARTS as f64);
        let is_last = tenth + 1 == PARTS;
        let some: Vec<&(f64, bool)> = pairs.iter().filter(|(told, _)| *told >= from && (*told < to || is_last)).collect();
        let mean = |sum: f64| sum / some.len() as f64;
        let good = some.iter().filter(|(_, good)| *good).count() as f64;
        (!some.is_empty()).then(|| Told { pairs: some.len(), told: mean(some.iter().map(|(told, _)| told).sum()), good: mean(good) })
    };
    (0..PARTS).filter_map(of).collect()
}

/// Sets the bounds of what is kept and told so that as many of the candidates pass as before: other weights and shares move
/// all scores, and nobody asked for more letters or fewer.
fn carry_bounds(questions: &[Question], start: &Weights, weights: &mut Weights) {
    let told = |weights: &Weights| -> Vec<f64> {
        let mut all: Vec<f64> =
            questions.iter().flat_map(|question| scores(question, weights)).map(|score| weights.calibration.of(score)).collect();
        all.sort_by(|a, b| b.total_cmp(a));
        all
    };
    let (old, new) = (told(start), told(weights));
    let carried = |bound: f64| {
        let passing = old.iter().take_while(|score| **score >= bound).count();
        match passing.checked_sub(1).and_then(|last| new.get(last)) {
            Some(least) => (least * 1e4).floor() / 1e4,
            // Nothing passes: what a score of that height is told as now.
            None => weights.calibration.of(uncalibrated(&start.calibration, bound)),
        }
    };
    (weights.standing_min, weights.strong_min) = (carried(start.standing_min), carried(start.strong_min));
}

/// The score that is told as this share.
fn uncalibrated(calibration: &Calibration, share: f64) -> f64 {
    let (mut from, mut to) = (0.0, 1.0);
    for _ in 0..40 {
        let middle = (from + to) / 2.0;
        if calibration.of(middle) < share { from = middle } else { to = middle }
    }
    to
}
