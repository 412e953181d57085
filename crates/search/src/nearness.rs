//! Where a query's words stand in a text: near each other, in the query's order, all of them or a part.
//!
//! Reading positions costs more than counting words, so this is asked of the best documents only ([`crate::ranking`]).
//! What it gives is added to a score and never taken away from it, so that no document outside can come before one
//! inside.

use tantivy::Term;
use tantivy::postings::{Postings as _, SegmentPostings};
use tantivy::schema::IndexRecordOption;

use crate::analysis;
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

/// A word of the query, in its order, or a pair of neighbours.
struct Asked {
    term: Term,
    idf: f32,
}

impl Asked {
    fn new(term: Term, statistics: &mut Statistics<'_>) -> Result<Self, Failure> {
        let frequency = statistics.frequency(&term)?;
        Ok(Self { idf: if frequency == 0 { 0.0 } else { statistics.idf(frequency) }, term })
    }
}

/// The idf of what is asked for, each once.
fn sum_of(all: &[Asked]) -> f32 {
    let is_first = |n: usize, asked: &Asked| all.iter().take(n).all(|before| before.term != asked.term);
    all.iter().enumerate().filter(|(n, asked)| is_first(*n, asked)).map(|(_, asked)| asked.idf).sum()
}

/// What is asked of texts.
pub(crate) struct Nearness {
    words: Vec<Asked>,
    /// Those that some text has.
    pairs: Vec<Asked>,
    near: f32,
    run: f32,
    cover: f32,
    cover_pairs: f32,
    repeat: f32,
    all_words: f32,
    all_pairs: f32,
}

impl Nearness {
    /// None where one word alone is asked for, or nearness does not count.
    pub(crate) fn new(parsed: &Parsed, statistics: &mut Statistics<'_>, weights: &Weights) -> Result<Option<Self>, Failure> {
        let Weights { near, run, cover, cover_pairs, repeat, .. } = *weights;
        let mut words = Vec::new();
        for word in parsed.words.iter().filter(|w| w.joins == 0) {
            words.push(Asked::new(Term::from_field_text(statistics.snapshot.fields.folded, &word.folded), statistics)?);
        }
        if words.len() < 2 || off(Rule::Nearness) || [near, run, cover, cover_pairs].iter().all(|weight| *weight <= 0.0) {
            return Ok(None);
        }
        let mut pairs: Vec<Asked> = Vec::new();
        for pair in analysis::pairs(&parsed.words).take_while(|_| cover_pairs > 0.0) {
            let term = Term::from_field_text(statistics.snapshot.fields.pairs, &pair);
            if pairs.iter().all(|known| known.term != term) {
                pairs.push(Asked::new(term, statistics)?);
            }
        }
        pairs.retain(|pair| pair.idf > 0.0);
        let (all_words, all_pairs) = (sum_of(&words), sum_of(&pairs));
        Ok(Some(Self { words, pairs, near, run, cover, cover_pairs, repeat, all_words, all_pairs }))
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
        let mut pairs = Vec::with_capacity(self.pairs.len());
        for pair in &self.pairs {
            pairs.push(segment.postings(&pair.term, IndexRecordOption::Basic)?);
        }
        Ok(Reader { asked: self, lists, pairs, places: Vec::new(), buffer: Vec::new() })
    }
}

/// Reads one segment, document by document in order.
pub(crate) struct Reader<'a> {
    asked: &'a Nearness,
    /// Of each word, at its first place in the query.
    lists: Vec<Option<SegmentPostings>>,
    pairs: Vec<Option<SegmentPostings>>,
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
        let mut covered_pairs = 0.0;
        for (list, pair) in self.pairs.iter_mut().zip(&asked.pairs) {
            if list.as_mut().is_some_and(|list| at(list, doc)) {
                covered_pairs += pair.idf;
            }
        }
        bonus += asked.cover * share_of(covered, asked.all_words) + asked.cover_pairs * share_of(covered_pairs, asked.all_pairs);
        bonus
    }
}

/// What is there counts more than by its sum the more of all it is.
fn share_of(covered: f32, all: f32) -> f32 {
    if all > 0.0 { covered * covered / all } else { 0.0 }
}

/// Term proximity after Büttcher, Clarke and Lushman (2006): neighbours among the query's words give each other their
/// idf divided by the square of their distance; what a word collects counts as its repetitions do in BM25.
fn near(places: &[(u32, usize)], words: &[Asked], repeat: f32) -> f32 {
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
fn longest_run(places: &[(u32, usize)], words: &[Asked]) -> f32 {
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
fn follows(words: &[Asked], m: usize, n: usize) -> bool {
    m + 1 == n || matches!((words.get(m + 1), words.get(n)), (Some(a), Some(b)) if a.term == b.term)
}
