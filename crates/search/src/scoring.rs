//! What the words of a query are worth in each document: the sum over the plan's terms, BM25 per part and view.
//!
//! A query of five words counts some forty terms, so most of a search's time goes here. Lists are taken one after the other,
//! those that count most first; each is either read through or asked for each document that is still in question, whichever
//! is cheaper, and documents that cannot come onto the page are left as soon as that is certain.

use std::sync::Arc;

use tantivy::fieldnorm::FieldNormReader;
use tantivy::postings::{BlockSegmentPostings, TermInfo};
use tantivy::schema::{Field, IndexRecordOption};

use crate::bits::Bits;
use crate::failure::Failure;
use crate::plan::Scoring;
use crate::rows::Budget;
use crate::settings::Weights;
use crate::snapshot::Segment;
use crate::statistics::Statistics;

/// Asking a list for one document costs about as much as reading so many of its entries.
const READS_PER_LOOK: u64 = 10;
/// Fewer documents are all scored to the end: finding out which can be left costs more.
const FEW: usize = 256;
/// So many lists are taken before it is looked again which documents can be left.
const LISTS_BETWEEN: usize = 3;
/// One document in so many is a good part of a segment.
const MUCH: usize = 8;
/// Sums of the same numbers in another order may differ by so much.
const ROUNDING: f32 = 1.000_1;

/// A term that counts, with what it counts in the whole index.
pub(crate) struct Similarity<'a> {
    scoring: &'a Scoring,
    /// None for a term that counts the same wherever it is.
    curve: Option<Arc<Curve>>,
    /// The idf times what the term counts.
    weight: f32,
    most: f32,
    /// Where its list is in each segment.
    lists: Vec<Option<TermInfo>>,
    /// Of the beginning of words the documents of each segment instead.
    sets: Vec<Arc<Bits>>,
}

/// What lengths do to repetitions: the denominator of BM25 but for the repetitions, per code of a length.
type Curve = [f32; 256];

fn curve(mean_length: f32, weights: &Weights) -> Curve {
    let (k1, b) = (weights.repeat.max(0.0), weights.length.clamp(0.0, 1.0));
    let mut curve = [0.0; 256];
    for (code, value) in (0..=u8::MAX).zip(&mut curve) {
        *value = k1 * (1.0 - b + b * FieldNormReader::id_to_fieldnorm(code) as f32 / mean_length);
    }
    curve
}

/// The terms that any document has, those that count most first.
pub(crate) fn similarities<'a>(
    statistics: &mut Statistics<'_>,
    scoring: &'a [Scoring],
    weights: &Weights,
    budget: &Budget,
) -> Result<Vec<Similarity<'a>>, Failure> {
    let snapshot = statistics.snapshot;
    let mut curves: Vec<(Field, Arc<Curve>)> = Vec::new();
    let mut all = Vec::with_capacity(scoring.len());
    for one in scoring {
        if let Some(tone) = one.begins {
            let text = one.term.value().as_str().unwrap_or_default().to_owned();
            let mut sets = Vec::with_capacity(snapshot.segments.len());
            for segment in &snapshot.segments {
                sets.push(segment.prefix_bits(one.term.field(), &text, tone, &budget.postings)?.0);
            }
            if sets.iter().any(|set| !set.is_empty()) {
                all.push(Similarity { scoring: one, curve: None, weight: one.boost, most: one.boost, lists: Vec::new(), sets });
            }
            continue;
        }
        let frequency = statistics.frequency(&one.term)?;
        if frequency == 0 {
            continue;
        }
        let mut lists = Vec::with_capacity(snapshot.segments.len());
        for segment in &snapshot.segments {
            lists.push(segment.list(&one.term)?);
        }
        if one.constant {
            all.push(Similarity { scoring: one, curve: None, weight: one.boost, most: one.boost, lists, sets: Vec::new() });
            continue;
        }
        let field = one.term.field();
        let known = curves.iter().find(|(f, _)| *f == field).map(|(_, curve)| Arc::clone(curve));
        let curve = match (known, statistics.mean_length(field)) {
            (Some(curve), _) => curve,
            (None, Some(length)) => {
                let curve = Arc::new(curve(length, weights));
                curves.push((field, Arc::clone(&curve)));
                curve
            }
            (None, None) => continue,
        };
        let weight = statistics.idf(frequency).min(one.most_idf) * one.boost * (1.0 + weights.repeat.max(0.0));
        all.push(Similarity { scoring: one, curve: Some(curve), weight, most: weight, lists, sets: Vec::new() });
    }
    all.sort_by(|a, b| b.most.total_cmp(&a.most));
    Ok(all)
}

/// What is asked of one segment.
pub(crate) struct Bar {
    /// Documents whose words are worth less are not wanted.
    pub(crate) least: f32,
    /// Of so many documents that are worth at least as much no more is wanted than that: the size of the page, where none of
    /// them may lie before it.
    pub(crate) page: Option<usize>,
    /// The most that a document's standing multiplies what its words are worth with.
    pub(crate) most_standing: f32,
}

/// What the words are worth in each document of `hits` that may come onto the page, in the order of documents.
pub(crate) fn texts(
    segment: &Segment,
    place: usize,
    similarities: &[Similarity<'_>],
    hits: &Bits,
    bar: &Bar,
) -> Result<Vec<(u32, f32)>, Failure> {
    let lists: Vec<(&Similarity<'_>, &TermInfo)> = similarities.iter().filter_map(|s| Some((s, s.lists.get(place)?.as_ref()?))).collect();
    let mut rest: f32 = lists.iter().map(|(similarity, _)| similarity.most).sum();
    let mut taken = 0.0;
    let (mut looked, mut entries) = (0, 0);
    let mut asked = Asked::new(hits, segment.bound());
    let mut lengths = Lengths::new(segment);
    for (similarity, set) in similarities.iter().filter_map(|s| Some((s, s.sets.get(place)?))) {
        asked.add(set, similarity.weight);
        taken += similarity.most;
    }
    for (n, (similarity, list)) in lists.into_iter().enumerate() {
        if asked.docs.is_empty() {
            break;
        }
        entries += u64::from(list.doc_freq);
        // Nothing can be left yet while a document with nothing so far could still overtake all, and to look is worth as much
        // as reading an entry for each document.
        let is_due = n >= looked + LISTS_BETWEEN && entries >= asked.docs.len() as u64;
        if is_due && asked.docs.len() > FEW && rest * bar.most_standing < taken {
            asked.leave(rest, bar);
            (looked, entries) = (n, 0);
        }
        let field = similarity.scoring.term.field();
        let mut postings = segment.reader.inverted_index(field)?.read_block_postings_from_terminfo(list, IndexRecordOption::WithFreqs)?;
        let worth = Worth { similarity, lengths: if similarity.curve.is_some() { Some(lengths.of(field)?) } else { None } };
        if u64::from(list.doc_freq) < asked.docs.len() as u64 * READS_PER_LOOK {
            asked.read(&mut postings, &worth);
        } else {
            asked.look(&mut postings, &worth);
        }
        taken += similarity.most;
        rest = (rest - similarity.most).max(0.0);
    }
    Ok(asked.into_worths())
}

/// Documents in question, with what the lists taken so far are worth in them.
struct Asked {
    docs: Vec<u32>,
    sums: Sums,
    bound: u32,
}

/// Where the sums are.
enum Sums {
    /// At each document's number, of all documents of the segment: adding is quickest so, but there is one for each.
    ByNumber(Vec<f32>),
    /// At each document's place among those in question.
    ByPlace { sums: Vec<f32>, set: Bits, ranks: Vec<u32> },
}

impl Sums {
    /// Those of the documents in question, in their order.
    fn of(&self, docs: &[u32]) -> Vec<f32> {
        match self {
            Self::ByNumber(sums) => docs.iter().map(|doc| sums.get(*doc as usize).copied().unwrap_or_default()).collect(),
            Self::ByPlace { sums, .. } => sums.clone(),
        }
    }
}

impl Asked {
    fn new(hits: &Bits, bound: u32) -> Self {
        let docs: Vec<u32> = hits.iter().collect();
        let sums = if is_much(docs.len(), bound) {
            Sums::ByNumber(vec![0.0; bound as usize])
        } else {
            Sums::ByPlace { sums: vec![0.0; docs.len()], set: hits.clone(), ranks: hits.ranks() }
        };
        Self { docs, sums, bound }
    }

    /// Adds what the documents of a set are worth.
    fn add(&mut self, set: &Bits, worth: f32) {
        match &mut self.sums {
            Sums::ByNumber(sums) => {
                for doc in self.docs.iter().filter(|doc| set.contains(**doc)) {
                    if let Some(sum) = sums.get_mut(*doc as usize) {
                        *sum += worth;
                    }
                }
            }
            Sums::ByPlace { sums, .. } => {
                for (sum, doc) in sums.iter_mut().zip(&self.docs) {
                    if set.contains(*doc) {
                        *sum += worth;
                    }
                }
            }
        }
    }

    /// Adds what a list is worth, reading all of it.
    fn read(&mut self, postings: &mut BlockSegmentPostings, worth: &Worth<'_>) {
        while postings.block_len() > 0 {
            let entries = postings.docs().iter().zip(postings.freqs());
            match &mut self.sums {
                Sums::ByNumber(sums) => {
                    for (doc, times) in entries {
                        if let Some(sum) = sums.get_mut(*doc as usize) {
                            *sum += worth.of(*doc, *times);
                        }
                    }
                }
                Sums::ByPlace { sums, set, ranks } => {
                    for (doc, times) in entries {
                        if let Some(rank) = set.rank(*doc, ranks)
                            && let Some(sum) = sums.get_mut(rank as usize)
                        {
                            *sum += worth.of(*doc, *times);
                        }
                    }
                }
            }
            postings.advance();
        }
    }

    /// Adds what a list is worth, asking it for one document after the other.
    fn look(&mut self, postings: &mut BlockSegmentPostings, worth: &Worth<'_>) {
        for (place, doc) in self.docs.iter().enumerate() {
            let at = postings.seek(*doc);
            if postings.doc(at) != *doc {
                continue;
            }
            let sum = match &mut self.sums {
                Sums::ByNumber(sums) => sums.get_mut(*doc as usize),
                Sums::ByPlace { sums, .. } => sums.get_mut(place),
            };
            if let Some(sum) = sum {
                *sum += worth.of(*doc, postings.freq(at));
            }
        }
    }

    /// Leaves the documents that cannot come onto the page with the `rest` that is still to come.
    fn leave(&mut self, rest: f32, bar: &Bar) {
        let sums = self.sums.of(&self.docs);
        let mut least = bar.least;
        if let Some(page) = bar.page.filter(|page| *page > 0 && *page < sums.len()) {
            let mut sums = sums.clone();
            let (_, last, _) = sums.select_nth_unstable_by(page - 1, |a, b| b.total_cmp(a));
            least = least.max(*last / bar.most_standing);
        }
        let before = self.docs.len();
        let kept = |(_, sum): &(u32, f32)| (*sum + rest) * ROUNDING >= least;
        let (docs, sums): (Vec<u32>, Vec<f32>) = self.docs.iter().copied().zip(sums).filter(kept).unzip();
        if docs.len() == before {
            return;
        }
        self.docs = docs;
        if matches!(self.sums, Sums::ByNumber(_)) && is_much(self.docs.len(), self.bound) {
            return;
        }
        let mut set = Bits::none(self.bound);
        self.docs.iter().for_each(|doc| set.insert(*doc));
        let ranks = set.ranks();
        self.sums = Sums::ByPlace { sums, set, ranks };
    }

    /// The documents still in question and what they are worth.
    fn into_worths(self) -> Vec<(u32, f32)> {
        let sums = self.sums.of(&self.docs);
        self.docs.into_iter().zip(sums).collect()
    }
}

/// Whether so many documents are a good part of a segment.
fn is_much(docs: usize, bound: u32) -> bool {
    docs.saturating_mul(MUCH) >= bound as usize
}

/// What one term is worth in a document.
struct Worth<'a> {
    similarity: &'a Similarity<'a>,
    lengths: Option<FieldNormReader>,
}

impl Worth<'_> {
    fn of(&self, doc: u32, times: u32) -> f32 {
        match (&self.similarity.curve, &self.lengths) {
            (Some(curve), Some(lengths)) => bm25(self.similarity.weight, times, curve, lengths.fieldnorm_id(doc)),
            _ => self.similarity.weight,
        }
    }
}

/// The lengths of a segment's texts, each field opened once.
struct Lengths<'a> {
    segment: &'a Segment,
    open: Vec<(Field, FieldNormReader)>,
}

impl<'a> Lengths<'a> {
    fn new(segment: &'a Segment) -> Self {
        Self { segment, open: Vec::new() }
    }

    fn of(&mut self, field: Field) -> Result<FieldNormReader, Failure> {
        if let Some((_, lengths)) = self.open.iter().find(|(known, _)| *known == field) {
            return Ok(lengths.clone());
        }
        let lengths = self.segment.reader.get_fieldnorms_reader(field)?;
        self.open.push((field, lengths.clone()));
        Ok(lengths)
    }
}

/// What each term adds to the score of one document.
pub(crate) fn parts_of<'a>(
    segment: &Segment,
    place: usize,
    similarities: &[Similarity<'a>],
    doc: u32,
) -> Result<Vec<(&'a Scoring, f32)>, Failure> {
    let mut one = Bits::none(segment.bound());
    one.insert(doc);
    let bar = Bar { least: 0.0, page: None, most_standing: 1.0 };
    let mut parts = Vec::new();
    for similarity in similarities {
        let found = texts(segment, place, std::slice::from_ref(similarity), &one, &bar)?;
        parts.extend(found.into_iter().filter(|(_, value)| *value > 0.0).map(|(_, value)| (similarity.scoring, value)));
    }
    Ok(parts)
}

/// What a term is worth that stands so often in a text of such a length.
fn bm25(weight: f32, times: u32, curve: &Curve, length: u8) -> f32 {
    let times = times as f32;
    weight * times / (times + curve.get(usize::from(length)).copied().unwrap_or(1.0))
}
