//! What the words of a query are worth in each document: the sum over the plan's terms, BM25 per part and view.
//!
//! A query of five words counts some forty terms, so most of a search's time goes here. Lists are taken one after the other,
//! those that count most first; each is either read through or asked for each document that is still in question, whichever
//! is cheaper, and documents that cannot come onto the page are left as soon as that is certain: when what they have and
//! the most that the rest of the lists can give them is less than what a page of others has for sure.

mod curve;

use std::sync::Arc;

use tantivy::fieldnorm::FieldNormReader;
use tantivy::postings::BlockSegmentPostings;
use tantivy::schema::{Field, IndexRecordOption};

use self::curve::Curve;
pub(crate) use self::curve::Reach;
use crate::bits::Bits;
use crate::failure::Failure;
use crate::plan::Scoring;
use crate::rows::Budget;
use crate::settings::Weights;
use crate::snapshot::{List, Segment};
use crate::statistics::Statistics;

/// Asking a list for one document costs about as much as reading so many of its entries.
const READS_PER_LOOK: u64 = 10;
/// Fewer documents are all scored to the end: finding out which can be left costs more.
const FEW: usize = 256;
/// So many lists are taken before it is looked again which documents can be left.
const LISTS_BETWEEN: usize = 3;
/// One document in so many is a good part of a segment.
const MUCH: usize = 8;
/// Reckoning the best to the end pays where the rest of the lists would cost so many times as much.
const PAYS: u64 = 3;
/// Sums of the same numbers in another order may differ by so much.
const ROUNDING: f32 = 1.000_1;

/// A term that counts, with what it counts in the whole index.
pub(crate) struct Similarity<'a> {
    scoring: &'a Scoring,
    /// None for a term that counts the same wherever it is.
    curve: Option<Arc<Curve>>,
    /// The idf times what the term counts.
    weight: f32,
    /// Its list in each segment.
    lists: Vec<Option<Arc<List>>>,
    /// Of the beginning of words the documents of each segment instead.
    sets: Vec<Arc<Bits>>,
}

impl Similarity<'_> {
    /// The most that the term is worth in a document of a list.
    fn most(&self, list: &List) -> f32 {
        match (&self.curve, list.reach.get()) {
            (Some(curve), Some(reach)) => self.weight * reach.with(curve),
            _ => self.weight,
        }
    }
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
                all.push(Similarity { scoring: one, curve: None, weight: one.boost, lists: Vec::new(), sets });
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
            all.push(Similarity { scoring: one, curve: None, weight: one.boost, lists, sets: Vec::new() });
            continue;
        }
        let field = one.term.field();
        let known = curves.iter().find(|(f, _)| *f == field).map(|(_, curve)| Arc::clone(curve));
        let curve = match (known, statistics.mean_length(field)) {
            (Some(curve), _) => curve,
            (None, Some(length)) => {
                let curve = Arc::new(Curve::new(length, weights));
                curves.push((field, Arc::clone(&curve)));
                curve
            }
            (None, None) => continue,
        };
        let weight = statistics.idf(frequency).min(one.most_idf) * one.boost * (1.0 + weights.repeat.max(0.0));
        all.push(Similarity { scoring: one, curve: Some(curve), weight, lists, sets: Vec::new() });
    }
    // In an order that no segment and nothing that was learned changes: sums of the same numbers in another order differ.
    all.sort_by(|a, b| b.weight.total_cmp(&a.weight));
    Ok(all)
}

/// What is asked of one segment.
pub(crate) struct Bar<'a> {
    /// Documents whose words are worth less are not wanted.
    pub(crate) least: f32,
    /// Of so many documents that are worth at least as much no more is wanted than that: the size of the page, where none of
    /// them may lie before it.
    pub(crate) page: Option<usize>,
    /// The most that a document's standing multiplies what its words are worth with.
    pub(crate) most_standing: f32,
    /// What a document's standing multiplies it with.
    pub(crate) standing: &'a dyn Fn(u32) -> f32,
}

/// What the words are worth in each document of `hits` that may come onto the page, in the order of documents.
pub(crate) fn texts(
    segment: &Segment,
    place: usize,
    similarities: &[Similarity<'_>],
    hits: &Bits,
    bar: &Bar<'_>,
) -> Result<Vec<(u32, f32)>, Failure> {
    let lists: Vec<Counting<'_>> = similarities.iter().filter_map(|s| Some(Counting::new(s, s.lists.get(place)?.as_ref()?))).collect();
    let rests = rests(&lists);
    let mut taken = 0.0;
    let mut least = bar.least;
    let (mut looked, mut entries, mut finish_at) = (0, 0, LISTS_BETWEEN);
    let mut asked = Asked::new(hits, segment.bound());
    let mut lengths = Lengths::new(segment);
    for (similarity, set) in similarities.iter().filter_map(|s| Some((s, s.sets.get(place)?))) {
        asked.add(set, similarity.weight);
        taken += similarity.weight;
    }
    for (n, (one, rest)) in lists.iter().zip(rests).enumerate() {
        if asked.docs.is_empty() {
            break;
        }
        entries += one.list.len();
        // To look which can be left is worth as much as reading an entry for each document.
        if n >= looked + LISTS_BETWEEN && entries >= asked.docs.len() as u64 && asked.docs.len() > FEW {
            let left = lists.get(n..).unwrap_or_default();
            if n >= finish_at
                && let Some(page) = bar.page.filter(|page| asked.pays(left, *page))
            {
                least = least.max(asked.surely(page, left, &mut lengths, bar)?);
                finish_at = n * 2;
            }
            // Nothing can be left while a document with nothing so far could still overtake all.
            if rest < least || rest * bar.most_standing < taken {
                asked.leave(rest, least, bar);
                (looked, entries) = (n, 0);
            }
        }
        let mut postings = one.open(segment)?;
        let worth = one.worth(&mut lengths)?;
        if one.list.len() < asked.docs.len() as u64 * READS_PER_LOOK {
            asked.read(&mut postings, &worth, one.list);
        } else {
            asked.look(&mut postings, &worth);
        }
        taken += one.most;
    }
    Ok(asked.into_worths())
}

/// The most that each list and those behind it are worth together. Summed from the least up: what is subtracted from a sum
/// with a large part, as a number looked up has, keeps that part's error.
fn rests(lists: &[Counting<'_>]) -> Vec<f32> {
    let mut rests = vec![0.0; lists.len()];
    let mut sum = 0.0;
    for (rest, one) in rests.iter_mut().zip(lists).rev() {
        sum += one.most;
        *rest = sum;
    }
    rests
}

/// A term that counts in a segment.
struct Counting<'a> {
    similarity: &'a Similarity<'a>,
    list: &'a List,
    /// The most that it is worth in any document.
    most: f32,
}

impl<'a> Counting<'a> {
    fn new(similarity: &'a Similarity<'a>, list: &'a List) -> Self {
        Self { similarity, list, most: similarity.most(list) }
    }

    fn field(&self) -> Field {
        self.similarity.scoring.term.field()
    }

    fn open(&self, segment: &Segment) -> Result<BlockSegmentPostings, Failure> {
        let inverted = segment.reader.inverted_index(self.field())?;
        Ok(inverted.read_block_postings_from_terminfo(&self.list.info, IndexRecordOption::WithFreqs)?)
    }

    fn worth(&self, lengths: &mut Lengths<'_>) -> Result<Worth<'a>, Failure> {
        let by_length = match &self.similarity.curve {
            Some(curve) => Some((curve.as_ref(), lengths.of(self.field())?)),
            None => None,
        };
        Ok(Worth { weight: self.similarity.weight, by_length })
    }
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

    /// Adds what a list is worth, reading all of it, which tells the most that it is worth in any document.
    fn read(&mut self, postings: &mut BlockSegmentPostings, worth: &Worth<'_>, list: &List) {
        let learns = list.reach.get().is_none();
        let mut share = 0.0_f32;
        while postings.block_len() > 0 {
            let ones: Vec<u32>;
            let times = if postings.freqs().is_empty() {
                // A list that counts no repetitions, as that of a number, gives none rather than ones.
                ones = vec![1; postings.block_len()];
                ones.as_slice()
            } else {
                postings.freqs()
            };
            let entries = postings.docs().iter().zip(times);
            if learns && let Some((curve, lengths)) = &worth.by_length {
                let shares = entries.clone().map(|(doc, times)| curve.share(*times, lengths.fieldnorm_id(*doc)));
                share = shares.fold(share, f32::max);
            }
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
        if learns && let Some((curve, _)) = &worth.by_length {
            list.reach.get_or_init(|| Reach::new(share, curve));
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

    /// Whether asking a page of documents of all lists that are left costs little beside what it may save.
    fn pays(&self, left: &[Counting<'_>], page: usize) -> bool {
        let all: u64 = left.iter().map(|one| one.list.len().min(self.docs.len() as u64 * READS_PER_LOOK)).sum();
        let some = (page * left.len()) as u64 * READS_PER_LOOK;
        page > 0 && page * 2 < self.docs.len() && all > some * PAYS
    }

    /// What the words of a document must be worth at least to come onto the page: those that are worth most so far are
    /// reckoned to the end, and a page is full of them.
    fn surely(&self, page: usize, left: &[Counting<'_>], lengths: &mut Lengths<'_>, bar: &Bar<'_>) -> Result<f32, Failure> {
        let mut best: Vec<(u32, f32)> = self.docs.iter().copied().zip(self.sums.of(&self.docs)).collect();
        best.select_nth_unstable_by(page - 1, |a, b| b.1.total_cmp(&a.1));
        best.truncate(page);
        best.sort_unstable_by_key(|(doc, _)| *doc);
        for one in left {
            let (mut postings, worth) = (one.open(lengths.segment)?, one.worth(lengths)?);
            for (doc, sum) in &mut best {
                let at = postings.seek(*doc);
                if postings.doc(at) == *doc {
                    *sum += worth.of(*doc, postings.freq(at));
                }
            }
        }
        let last = best.iter().map(|(doc, sum)| sum * (bar.standing)(*doc)).fold(f32::INFINITY, f32::min);
        Ok(last / bar.most_standing)
    }

    /// Leaves the documents that cannot come onto the page with the `rest` that is still to come: what they are worth must be
    /// `least`, or what the last of a page is worth so far.
    fn leave(&mut self, rest: f32, mut least: f32, bar: &Bar<'_>) {
        let sums = self.sums.of(&self.docs);
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
    weight: f32,
    /// None for a term that counts the same wherever it is.
    by_length: Option<(&'a Curve, FieldNormReader)>,
}

impl Worth<'_> {
    fn of(&self, doc: u32, times: u32) -> f32 {
        match &self.by_length {
            Some((curve, lengths)) => self.weight * curve.share(times, lengths.fieldnorm_id(doc)),
            None => self.weight,
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
    let bar = Bar { least: 0.0, page: None, most_standing: 1.0, standing: &|_| 1.0 };
    let mut parts = Vec::new();
    for similarity in similarities {
        let found = texts(segment, place, std::slice::from_ref(similarity), &one, &bar)?;
        parts.extend(found.into_iter().filter(|(_, value)| *value > 0.0).map(|(_, value)| (similarity.scoring, value)));
    }
    Ok(parts)
}
