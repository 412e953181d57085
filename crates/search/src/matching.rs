//! Which documents are found: set work on one segment at a time, before anything is scored.

use std::collections::BTreeMap;
use std::sync::Arc;

use tantivy::postings::SegmentPostings;
use tantivy::query::{EnableScoring, PhraseQuery, Query as _};
use tantivy::schema::IndexRecordOption;
use tantivy::{DocSet, TERMINATED, Term};

use crate::analysis::Word;
use crate::bits::Bits;
use crate::dates::Periods;
use crate::failure::Failure;
use crate::plan::{Condition, Plan, Test};
use crate::rows::{Marks, Of, Row};
use crate::search::{Filters, Narrowed, Viewer};
use crate::snapshot::{Segment, Snapshot};

/// A term that more than one of so many documents has is kept as a set.
const COMMON: u32 = 40;

/// What was found in one segment.
pub(crate) struct SegmentHits {
    /// What is found and passes every filter.
    pub(crate) hits: Bits,
    /// For each facet or date that is narrowed: what is found and passes every filter but that one.
    pub(crate) besides: Vec<(Narrowed, Bits)>,
    /// Of the hits, those with the code or number that was typed.
    pub(crate) looked_up: Option<Bits>,
}

impl SegmentHits {
    /// What is counted for a facet or date: as if it were not narrowed itself.
    pub(crate) fn besides_of(&self, by: Narrowed) -> &Bits {
        self.besides.iter().find(|(other, _)| *other == by).map_or(&self.hits, |(_, set)| set)
    }
}

/// What was found.
pub(crate) struct Found {
    pub(crate) segments: Vec<SegmentHits>,
    pub(crate) total: u64,
    /// How far the search was relaxed: a place in the plan's steps.
    pub(crate) step: usize,
}

/// Everything that narrows a search beside its words.
pub(crate) struct Narrowing<'a> {
    pub(crate) filters: &'a Filters,
    pub(crate) periods: &'a Periods,
    pub(crate) party: Option<uuid::Uuid>,
    pub(crate) viewer: &'a Viewer,
}

/// Finds among what the viewer may see of each segment: all words first and, where that gives less than `enough`, step by
/// step less of them. What facets and dates narrow to has no say in it: a value is found with the words it was counted with.
/// `at` names the step of an earlier page, which is then the only one tried.
pub(crate) fn find(
    snapshot: &Snapshot,
    plan: &Plan,
    narrowing: &Narrowing<'_>,
    visible: &[Bits],
    enough: u64,
    at: Option<usize>,
) -> Result<Found, Failure> {
    let mut bases = Vec::with_capacity(snapshot.segments.len());
    for (segment, visible) in snapshot.segments.iter().zip(visible) {
        bases.push(base(snapshot, segment, visible.clone(), narrowing)?);
    }
    let matched = matched(snapshot, plan, &bases, enough, at)?;
    plan.budget.must_be_read()?;
    let mut found = Found { segments: Vec::with_capacity(bases.len()), total: 0, step: matched.step };
    for (segment, OfWords { set, numbered }) in snapshot.segments.iter().zip(matched.segments) {
        found.push(narrow(segment, narrowing, set, numbered, snapshot)?);
    }
    Ok(found)
}

/// What the words match, before anything narrows it.
struct Matched {
    segments: Vec<OfWords>,
    total: u64,
    step: usize,
}

/// What the words match of one segment.
struct OfWords {
    /// What they match, with what was looked up by number.
    set: Bits,
    /// What was looked up by number.
    numbered: Option<Bits>,
}

impl Matched {
    fn none(step: usize) -> Self {
        Self { segments: Vec::new(), total: 0, step }
    }

    fn push(&mut self, mut set: Bits, numbered: Option<Bits>) {
        if let Some(numbered) = &numbered {
            set.or(numbered);
        }
        self.total += set.len();
        self.segments.push(OfWords { set, numbered });
    }
}

fn matched(snapshot: &Snapshot, plan: &Plan, bases: &[Bits], enough: u64, at: Option<usize>) -> Result<Matched, Failure> {
    let steps = plan.steps();
    let each = || snapshot.segments.iter().zip(bases);
    let first = at.unwrap_or(0).min(steps.len().saturating_sub(1));
    // What stands in for parts of the query, found once for all conditions and steps.
    let mut others = Vec::with_capacity(bases.len());
    for (segment, base) in each() {
        others.push(alternatives_of(segment, plan, base, snapshot)?);
    }
    let mut found = Matched::none(0);
    if first == 0 {
        for ((segment, base), others) in each().zip(&others) {
            let set = all_of(segment, plan, others, base, snapshot)?;
            found.push(set, looked_up_in(segment, plan, base)?);
        }
        let looked_up = found.segments.iter().any(|one| one.numbered.is_some());
        if at.is_some() || looked_up || found.total >= enough || steps.len() == 1 {
            return Ok(found);
        }
    }
    // The shares of what each document has, counted once for all steps.
    let mut shares = Vec::with_capacity(bases.len());
    for ((segment, base), others) in each().zip(&others) {
        shares.push(shares_of(segment, plan, others, base, snapshot)?);
    }
    for (step, least) in steps.iter().enumerate().skip(first.max(1)) {
        let mut relaxed = Matched::none(step);
        for ((segment, base), shares) in each().zip(&shares) {
            relaxed.push(shares.with(*least), looked_up_in(segment, plan, base)?);
        }
        // Nothing more than before: the answer stays "all words".
        if relaxed.total > found.total || at.is_some() {
            found = relaxed;
        }
        if found.total >= enough || at.is_some() {
            break;
        }
    }
    Ok(found)
}

/// What the viewer may see of a segment, of the one party if one is asked for.
fn base(snapshot: &Snapshot, segment: &Segment, visible: Bits, narrowing: &Narrowing<'_>) -> Result<Bits, Failure> {
    let mut base = visible;
    if let Some(party) = narrowing.party {
        let mut own = Bits::none(segment.bound());
        segment.value_set(snapshot.fields.owner, &party.simple().to_string())?.add_to(&mut own);
        base.and(&own);
    }
    Ok(base)
}

/// Everything of a segment that may be found, whatever its words.
pub(crate) fn allowed(snapshot: &Snapshot, place: usize, narrowing: &Narrowing<'_>) -> Result<Bits, Failure> {
    let visible = snapshot.visible(place, narrowing.viewer)?;
    let Some(segment) = snapshot.segments.get(place) else { return Ok(visible) };
    let base = base(snapshot, segment, visible, narrowing)?;
    Ok(narrow(segment, narrowing, base, None, snapshot)?.hits)
}

impl Found {
    fn push(&mut self, segment: SegmentHits) {
        self.total += segment.hits.len();
        self.segments.push(segment);
    }

    /// How many there would be if one facet or date were not narrowed, for each that is.
    pub(crate) fn without(&self) -> BTreeMap<Narrowed, u64> {
        let mut all = BTreeMap::new();
        for (by, set) in self.segments.iter().flat_map(|segment| &segment.besides) {
            *all.entry(*by).or_default() += set.len();
        }
        all
    }

    /// The one hit whose code or number was typed, if there is exactly one: segment and document.
    pub(crate) fn named(&self) -> Option<(usize, u32)> {
        let mut all =
            (0_usize..).zip(&self.segments).flat_map(|(place, s)| s.looked_up.iter().flat_map(Bits::iter).map(move |d| (place, d)));
        let first = all.next();
        if all.next().is_some() { None } else { first }
    }
}

/// Splits what matches, what was looked up by number among it, into what passes all filters and, per filter, what passes
/// all others.
fn narrow(
    segment: &Segment,
    narrowing: &Narrowing<'_>,
    matched: Bits,
    numbered: Option<Bits>,
    snapshot: &Snapshot,
) -> Result<SegmentHits, Failure> {
    let mut sets = Vec::with_capacity(narrowing.filters.len() + narrowing.periods.len());
    for (facet, values) in narrowing.filters {
        if values.is_empty() {
            continue;
        }
        let mut set = Bits::none(segment.bound());
        for value in values {
            segment.value_set(snapshot.fields.facet(*facet), value)?.add_to(&mut set);
        }
        sets.push((Narrowed::Facet(*facet), set));
    }
    for (column, period) in narrowing.periods {
        let mut set = Bits::none(segment.bound());
        segment.period_set(*column, *period).add_to(&mut set);
        sets.push((Narrowed::Date(*column), set));
    }
    let mut besides = Vec::with_capacity(sets.len());
    for (by, _) in &sets {
        let mut others = matched.clone();
        for (_, set) in sets.iter().filter(|(other, _)| other != by) {
            others.and(set);
        }
        besides.push((*by, others));
    }
    let mut hits = matched;
    for (_, set) in &sets {
        hits.and(set);
    }
    let looked_up = numbered.map(|mut numbered| {
        numbered.and(&hits);
        numbered
    });
    Ok(SegmentHits { hits, besides, looked_up })
}

/// The documents of each of the plan's alternatives.
fn alternatives_of(segment: &Segment, plan: &Plan, base: &Bits, snapshot: &Snapshot) -> Result<Vec<Arc<Bits>>, Failure> {
    let mut all = Vec::with_capacity(plan.alternatives.len());
    for test in &plan.alternatives {
        let mut cursors = Cursors::default();
        cursors.add(segment, test, plan.of(snapshot))?;
        let mut set = Bits::none(segment.bound());
        cursors.fill(&mut set);
        set.and(base);
        all.push(Arc::new(set));
    }
    Ok(all)
}

/// The documents for which every condition holds.
fn all_of(segment: &Segment, plan: &Plan, others: &[Arc<Bits>], base: &Bits, snapshot: &Snapshot) -> Result<Bits, Failure> {
    let mut required = plan.required.iter().map(|c| Cursors::open(segment, c, others, plan.of(snapshot))).collect::<Result<Vec<_>, _>>()?;
    required.sort_by_key(|c| c.cost);
    let mut required = required.into_iter();
    let mut matched = match required.next() {
        None if plan.lookup.is_empty() || !plan.excluded.is_empty() => base.clone(),
        None => Bits::none(segment.bound()),
        Some(mut rarest) => {
            let mut set = Bits::none(segment.bound());
            rarest.fill(&mut set);
            set.and(base);
            set
        }
    };
    for mut condition in required {
        condition.keep(&mut matched, true);
    }
    exclude(segment, plan, &mut matched, snapshot)?;
    Ok(matched)
}

fn exclude(segment: &Segment, plan: &Plan, matched: &mut Bits, snapshot: &Snapshot) -> Result<(), Failure> {
    for condition in &plan.excluded {
        if matched.is_empty() {
            break;
        }
        Cursors::open(segment, condition, &[], plan.of(snapshot))?.keep(matched, false);
    }
    Ok(())
}

/// How much of the query's weight each document has; 0 where something that may not miss is missing.
fn shares_of(segment: &Segment, plan: &Plan, others: &[Arc<Bits>], base: &Bits, snapshot: &Snapshot) -> Result<Shares, Failure> {
    let mut allowed = base.clone();
    for condition in plan.required.iter().filter(|c| !c.may_miss) {
        Cursors::open(segment, condition, others, plan.of(snapshot))?.keep(&mut allowed, true);
    }
    exclude(segment, plan, &mut allowed, snapshot)?;
    let there: u8 = plan.required.iter().filter(|c| !c.may_miss).fold(0, |sum, c| sum.saturating_add(c.share));
    let mut shares = vec![0_u8; segment.bound() as usize];
    if there > 0 {
        for doc in allowed.iter() {
            if let Some(share) = shares.get_mut(doc as usize) {
                *share = there;
            }
        }
    }
    let mut some = if there > 0 { allowed.clone() } else { Bits::none(segment.bound()) };
    let mut set = Bits::none(segment.bound());
    for condition in plan.required.iter().filter(|c| c.may_miss && c.share > 0) {
        let mut cursors = Cursors::open(segment, condition, others, plan.of(snapshot))?;
        set.clear();
        cursors.fill(&mut set);
        set.and(&allowed);
        some.or(&set);
        for doc in set.iter() {
            if let Some(share) = shares.get_mut(doc as usize) {
                *share = share.saturating_add(condition.share);
            }
        }
    }
    Ok(Shares { some, shares })
}

/// How much of the query's weight each document of a segment has.
struct Shares {
    /// The documents that have any of it.
    some: Bits,
    shares: Vec<u8>,
}

impl Shares {
    /// The documents with at least so much.
    fn with(&self, least: u8) -> Bits {
        let mut matched = self.some.clone();
        matched.retain(|doc| self.shares.get(doc as usize).is_some_and(|share| *share >= least));
        matched
    }
}

/// The documents whose code or number was typed, if there are any.
fn looked_up_in(segment: &Segment, plan: &Plan, base: &Bits) -> Result<Option<Bits>, Failure> {
    if plan.lookup.is_empty() {
        return Ok(None);
    }
    let mut set = Bits::none(segment.bound());
    for term in &plan.lookup {
        segment.fill(term, &mut set)?;
    }
    set.and(base);
    Ok(if set.is_empty() { None } else { Some(set) })
}

/// A condition on one segment, asked document by document in order.
#[derive(Default)]
struct Cursors<'a> {
    any: Vec<Cursor<'a>>,
    /// About how many documents it is true for.
    cost: u64,
}

enum Cursor<'a> {
    Term(Box<SegmentPostings>),
    Set(Arc<Bits>),
    Row(Box<Row<'a>>),
}

/// The words of a row as they are looked up, each with its place in it: without marks, and as written where marks were typed.
struct Placed<'p> {
    terms: &'p [(usize, Term)],
    marked: &'p [(usize, Term)],
}

impl<'a> Cursors<'a> {
    fn open(segment: &Segment, condition: &Condition, others: &[Arc<Bits>], of: Of<'a>) -> Result<Self, Failure> {
        let mut all = Self::default();
        for test in &condition.any {
            all.add(segment, test, of)?;
        }
        for set in condition.or.iter().filter_map(|n| others.get(*n)) {
            all.cost += set.len();
            all.any.push(Cursor::Set(Arc::clone(set)));
        }
        Ok(all)
    }

    fn add(&mut self, segment: &Segment, test: &Test, of: Of<'a>) -> Result<(), Failure> {
        match test {
            Test::Any(terms) => {
                for term in terms {
                    self.add_term(segment, term)?;
                }
            }
            Test::Row { words, terms, marked } => self.add_row(segment, words, Placed { terms, marked }, of)?,
            Test::Prefix { field, text, tone } => {
                let (set, is_whole) = segment.prefix_bits(*field, text, *tone, &of.budget.postings)?;
                if !is_whole {
                    of.budget.cut.borrow_mut().insert(format!("{text}*"));
                }
                self.cost += set.len();
                self.any.push(Cursor::Set(set));
            }
            Test::Each(lists) => {
                let mut set = Bits::all(segment.bound());
                for terms in lists {
                    let mut one = Bits::none(segment.bound());
                    for term in terms {
                        segment.fill(term, &mut one)?;
                    }
                    set.and(&one);
                }
                self.cost += set.len();
                self.any.push(Cursor::Set(Arc::new(set)));
            }
        }
        Ok(())
    }

    fn add_row(&mut self, segment: &Segment, words: &[Word], Placed { terms, marked }: Placed<'_>, of: Of<'a>) -> Result<(), Failure> {
        let mut exact = Vec::with_capacity(marked.len());
        for (n, term) in marked {
            match segment.postings(term, IndexRecordOption::WithFreqs)? {
                Some(list) => exact.push((*n, list)),
                None => return Ok(()),
            }
        }
        let mut places = Vec::new();
        for (_, term) in terms.iter().filter(|_| !exact.is_empty()) {
            match segment.postings(term, IndexRecordOption::WithFreqsAndPositions)? {
                Some(list) => places.push(list),
                None => return Ok(()),
            }
        }
        let phrase = PhraseQuery::new_with_offset(terms.to_vec());
        let folded = phrase.weight(EnableScoring::disabled_from_searcher(&of.snapshot.searcher))?.scorer(&segment.reader, 1.0)?;
        let place = of.snapshot.segments.iter().position(|other| std::ptr::eq(other, segment)).unwrap_or_default();
        let marks = (!exact.is_empty()).then(|| Marks { of, segment: place, words: words.to_vec(), places, exact });
        self.cost += u64::from(folded.size_hint());
        self.any.push(Cursor::Row(Box::new(Row { folded, marks })));
        Ok(())
    }

    fn add_term(&mut self, segment: &Segment, term: &Term) -> Result<(), Failure> {
        let Some(frequency) = segment.list(term)?.map(|list| list.info.doc_freq) else { return Ok(()) };
        self.cost += u64::from(frequency);
        let common = frequency > 256 && frequency > segment.bound() / COMMON;
        match term.value().as_str() {
            Some(text) if common => self.any.push(Cursor::Set(segment.word_bits(term.field(), text)?)),
            _ => self.any.extend(segment.postings(term, IndexRecordOption::Basic)?.map(|list| Cursor::Term(Box::new(list)))),
        }
        Ok(())
    }

    /// Adds all documents it is true for.
    fn fill(&mut self, set: &mut Bits) {
        for cursor in &mut self.any {
            match cursor {
                Cursor::Term(postings) => {
                    let mut doc = postings.doc();
                    while doc != TERMINATED {
                        set.insert(doc);
                        doc = postings.advance();
                    }
                }
                Cursor::Set(other) => set.or(other),
                Cursor::Row(row) => {
                    let mut doc = row.folded.doc();
                    while doc != TERMINATED {
                        if row.is_marked(doc) {
                            set.insert(doc);
                        }
                        doc = row.folded.advance();
                    }
                }
            }
        }
    }

    /// Keeps the documents of `set` for which it is true (or, with `wanted` false, is not).
    fn keep(&mut self, set: &mut Bits, wanted: bool) {
        match self.any.as_mut_slice() {
            [Cursor::Set(other)] if wanted => set.and(other),
            any => set.retain(|doc| any.iter_mut().any(|cursor| cursor.is_at(doc)) == wanted),
        }
    }
}

impl Cursor<'_> {
    fn is_at(&mut self, doc: u32) -> bool {
        match self {
            Self::Term(postings) => at(postings.as_mut(), doc),
            Self::Set(set) => set.contains(doc),
            Self::Row(row) => row.is_at(doc),
        }
    }
}

/// Whether a list that is only ever asked forward has the document.
pub(crate) fn at<D: DocSet + ?Sized>(list: &mut D, doc: u32) -> bool {
    let here = list.doc();
    if here < doc { list.seek(doc) == doc } else { here == doc }
}
