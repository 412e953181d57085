//! Where a query's words stand in a text: near each other, in the query's order, all of them or a part.
//!
//! Reading positions costs more than counting words, so this is asked of the best documents only ([`crate::ranking`]).
//! What it gives is added to a score and never taken away from it, so that no document outside can come before one
//! inside.

use tantivy::Term;
use tantivy::postings::{Postings as _, SegmentPostings};
use tantivy::schema::IndexRecordOption;

use crate::analysis::pair_of;
use crate::failure::Failure;
use crate::matching::at;
use crate::query::Parsed;
use crate::rule::{Rule, off};
use crate::settings::Weights;
use crate::snapshot::Segment;
use crate::statistics::Statistics;

/// Words further apart are not near.
const WINDOW: u32 = 12;
/// The most places of one word in one text that are looked at.
const MAX_PLACES: usize = 64;
/// Fewer words in a row are no run: the pairs know them.
const MIN_RUN: usize = 3;

/// A word of the query, in its order.
struct Place {
    term: Term,
    idf: f32,
    /// Of it and the next as a pair; 0 for the last.
    pair: f32,
}

fn idf_of(term: &Term, statistics: &mut Statistics<'_>) -> Result<f32, Failure> {
    let frequency = statistics.frequency(term)?;
    Ok(if frequency == 0 { 0.0 } else { statistics.idf(frequency) })
}

/// What is asked of texts.
pub(crate) struct Nearness {
    words: Vec<Place>,
    near: f32,
    run: f32,
    cover: f32,
    cover_pairs: f32,
    repeat: f32,
    all: f32,
    all_pairs: f32,
}

impl Nearness {
    /// None where one word alone is asked for, or nearness does not count.
    pub(crate) fn new(parsed: &Parsed, statistics: &mut Statistics<'_>, weights: &Weights) -> Result<Option<Self>, Failure> {
        let mut words: Vec<Place> = Vec::new();
        let fields = &statistics.snapshot.fields;
        let mut asked = parsed.words.iter().filter(|w| w.joins == 0).peekable();
        while let Some(word) = asked.next() {
            let term = Term::from_field_text(fields.folded, &word.folded);
            let idf = idf_of(&term, statistics)?;
            let pair = match asked.peek().filter(|_| weights.cover_pairs > 0.0) {
                Some(next) => idf_of(&Term::from_field_text(fields.pairs, &pair_of(word, next)), statistics)?,
                None => 0.0,
            };
            words.push(Place { term, idf, pair });
        }
        let Weights { near, run, cover, cover_pairs, repeat, .. } = *weights;
        if words.len() < 2 || off(Rule::Nearness) || near + run + cover + cover_pairs <= 0.0 {
            return Ok(None);
        }
        let all = words.iter().map(|w| w.idf).sum();
        let all_pairs = words.iter().map(|w| w.pair).sum();
        Ok(Some(Self { words, near, run, cover, cover_pairs, repeat, all, all_pairs }))
    }

    /// A reader of one segment.
    pub(crate) fn open(&self, segment: &Segment) -> Result<Reader<'_>, Failure> {
        let mut lists = Vec::with_capacity(self.words.len());
        for word in &self.words {
            let known = self.words.iter().take(lists.len()).position(|w| w.term == word.term);
            lists.push(match known {
                Some(_) => None,
                None => segment.postings(&word.term, IndexRecordOption::WithFreqsAndPositions)?,
            });
        }
        Ok(Reader { asked: self, lists, places: Vec::new(), buffer: Vec::new() })
    }
}

/// Reads one segment, document by document in order.
pub(crate) struct Reader<'a> {
    asked: &'a Nearness,
    lists: Vec<Option<SegmentPostings>>,
    /// Place in the text and which word.
    places: Vec<(u32, usize)>,
    buffer: Vec<u32>,
}

impl Reader<'_> {
    /// What a document gets for where its words stand.
    pub(crate) fn bonus(&mut self, doc: u32) -> f32 {
        self.places.clear();
        let mut covered = 0.0;
        for (n, list) in self.lists.iter_mut().enumerate() {
            let (Some(list), Some(word)) = (list.as_mut(), self.asked.words.get(n)) else { continue };
            if !at(list, doc) {
                continue;
            }
            covered += word.idf;
            list.positions(&mut self.buffer);
            self.places.extend(self.buffer.iter().take(MAX_PLACES).map(|p| (*p, n)));
        }
        self.places.sort_unstable();
        let asked = self.asked;
        let mut bonus = 0.0;
        if asked.near > 0.0 {
            bonus += asked.near * near(&self.places, &asked.words, asked.repeat);
        }
        if asked.run > 0.0 {
            bonus += asked.run * longest_run(&self.places, &asked.words);
        }
        if asked.all > 0.0 {
            bonus += asked.cover * covered * covered / asked.all;
        }
        if asked.all_pairs > 0.0 {
            let covered = pairs_covered(&self.places, &asked.words);
            bonus += asked.cover_pairs * covered * covered / asked.all_pairs;
        }
        bonus
    }
}

/// The idf of the query's pairs that stand so in the text, each as often as it was typed.
fn pairs_covered(places: &[(u32, usize)], words: &[Place]) -> f32 {
    let term = |n: usize| words.get(n).map(|w| &w.term);
    let mut met = vec![false; words.len()];
    for ((first, a), (second, b)) in places.iter().zip(places.iter().skip(1)) {
        if first + 1 == *second {
            for (n, met) in met.iter_mut().enumerate() {
                *met |= term(n) == term(*a) && term(n + 1) == term(*b);
            }
        }
    }
    words.iter().zip(met).filter(|(_, met)| *met).map(|(word, _)| word.pair).sum()
}

/// Term proximity after Büttcher, Clarke and Lushman (2006): neighbours among the query's words give each other their
/// idf divided by the square of their distance; what a word collects counts as its repetitions do in BM25.
fn near(places: &[(u32, usize)], words: &[Place], repeat: f32) -> f32 {
    let mut collected = vec![0.0_f32; words.len()];
    let idf = |n: usize| words.get(n).map_or(0.0, |w| w.idf);
    for ((first, a), (second, b)) in places.iter().zip(places.iter().skip(1)) {
        let distance = second - first;
        if a == b || distance == 0 || distance > WINDOW {
            continue;
        }
        let share = 1.0 / (distance * distance) as f32;
        if let Some(sum) = collected.get_mut(*a) {
            *sum += idf(*b) * share;
        }
        if let Some(sum) = collected.get_mut(*b) {
            *sum += idf(*a) * share;
        }
    }
    collected.iter().zip(words).map(|(sum, word)| word.idf.min(1.0) * sum * (repeat + 1.0) / (sum + repeat)).sum()
}

/// The idf of the longest run of the query's words in its order.
fn longest_run(places: &[(u32, usize)], words: &[Place]) -> f32 {
    let mut best = 0.0_f32;
    let (mut length, mut sum) = (0, 0.0);
    let mut last: Option<(u32, usize)> = None;
    for (place, n) in places {
        let goes_on = last.is_some_and(|(p, m)| p + 1 == *place && follows(words, m, *n));
        if !goes_on {
            (length, sum) = (0, 0.0);
        }
        length += 1;
        sum += words.get(*n).map_or(0.0, |w| w.idf);
        if length >= MIN_RUN {
            best = best.max(sum);
        }
        last = Some((*place, if goes_on { last.map_or(*n, |(_, m)| m + 1) } else { *n }));
    }
    best
}

/// Whether the word behind the `m`-th of the query is the `n`-th, or the same word again.
fn follows(words: &[Place], m: usize, n: usize) -> bool {
    m + 1 == n || matches!((words.get(m + 1), words.get(n)), (Some(a), Some(b)) if a.term == b.term)
}

#[cfg(test)]
mod tests {
    use tantivy::schema::Field;

    use super::*;

    fn words(text: &str) -> Vec<Place> {
        let term = |word| Term::from_field_text(Field::from_field_id(0), word);
        let mut words: Vec<Place> = text.split(' ').map(|word| Place { term: term(word), idf: 1.0, pair: 1.0 }).collect();
        words.last_mut().unwrap().pair = 0.0;
        words
    }

    #[test]
    fn a_pair_is_met_where_its_words_stand_in_a_row_in_their_order() {
        let query = words("máy sấy cơm sấy");
        // "máy sấy … sấy cơm sấy": a word typed twice is read where it was typed first.
        assert!((pairs_covered(&[(1, 0), (2, 1), (8, 1), (9, 2), (10, 1)], &query) - 3.0).abs() < f32::EPSILON);
        // "sấy máy", and "máy … sấy" with a word between them.
        assert!(pairs_covered(&[(1, 1), (2, 0), (5, 0), (7, 1)], &query).abs() < f32::EPSILON);
        // Twice is once.
        assert!((pairs_covered(&[(1, 0), (2, 1), (5, 0), (6, 1)], &query) - 1.0).abs() < f32::EPSILON);
    }
}
