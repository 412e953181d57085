//! Single words that stand in good pairs more often than in others, or less: a factor for each, held near 1 by how little is
//! known of it.
//!
//! Compared is within a question alone, so that what stands in all of its candidates, or in none, says nothing of a word.

use std::collections::BTreeMap;

use crate::tuning::sample::Question;
use crate::weights::WORD_BOUNDS;

/// Of fewer pairs, or of fewer questions, nothing is learned.
const LEAST_MET: (usize, usize) = (10, 3);
/// As many pairs of which nothing is known are imagined beside those that were judged.
const IMAGINED_PAIRS: f64 = 10.0;
/// How much a word counts that stands in good pairs alone, as a power of e.
const POWER: f64 = 2.0;
/// A factor nearer to 1 is none.
const LEAST_DIFFERENCE: f64 = 0.05;

/// What is known of a word.
#[derive(Default)]
struct Met {
    pairs: usize,
    questions: usize,
    /// How many more of its pairs are good than of the question's pairs by and large.
    more_good: f64,
}

/// What each word counts that these questions say something of.
pub(super) fn learn(questions: &[&Question]) -> BTreeMap<String, f64> {
    let mut all: BTreeMap<&str, Met> = BTreeMap::new();
    for question in questions {
        let known = question.known_words();
        let share = known.iter().filter(|(good, _)| *good).count() as f64 / known.len().max(1) as f64;
        let mut here: BTreeMap<&str, Met> = BTreeMap::new();
        for (good, words) in &known {
            for word in words {
                let met = here.entry(*word).or_default();
                met.pairs += 1;
                met.more_good += if *good { 1.0 - share } else { -share };
            }
        }
        for (word, here) in here {
            let met = all.entry(word).or_default();
            met.pairs += here.pairs;
            met.questions += 1;
            met.more_good += here.more_good;
        }
    }
    let factor = |met: &Met| {
        let by = (POWER * met.more_good / (met.pairs as f64 + IMAGINED_PAIRS)).exp().clamp(WORD_BOUNDS[0], WORD_BOUNDS[1]);
        (by * 100.0).round() / 100.0
    };
    let told = all.iter().filter(|(_, met)| met.pairs >= LEAST_MET.0 && met.questions >= LEAST_MET.1);
    let factors = told.map(|(word, met)| ((*word).to_owned(), factor(met)));
    factors.filter(|(_, by)| (by - 1.0).abs() >= LEAST_DIFFERENCE).collect()
}
