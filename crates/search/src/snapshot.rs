//! The index at one moment: its segments, the columns that counting and sorting read, and sets of documents that many
//! searches share.
//!
//! A segment never changes but for documents that are deleted from it, so what is read from it (columns, sets of a
//! term's documents) is kept as long as the segment lives, also over commits.

use std::cell::Cell;
use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, OnceLock};

use base::Lang;
use tantivy::columnar::{Column, StrColumn};
use tantivy::index::SegmentId;
use tantivy::postings::{SegmentPostings, TermInfo};
use tantivy::schema::document::{DeserializeError, DocumentDeserialize, DocumentDeserializer, ValueDeserialize, ValueDeserializer};
use tantivy::schema::{Field, IndexRecordOption};
use tantivy::{DocAddress, DocSet, Searcher, SegmentReader, TERMINATED, Term};
use uuid::Uuid;

use crate::bits::{Bits, KeptSet};
use crate::card::Card;
use crate::dates::{DateColumn, Period};
use crate::facet::Facet;
use crate::failure::Failure;
use crate::kept::Kept;
use crate::outcome::{Answers, Outcomes};
use crate::schema::Fields;
use crate::scoring::Reach;
use crate::search::Viewer;

/// Of so many terms is it kept where their lists are, over all segments: some 130 bytes each.
const CACHE_TERMS: f64 = 20_000.0;

/// Room for sets that a large index has at least, whatever is set: the values that all searches count are some 150, and each
/// takes a bit a document.
const CACHE_BYTES_A_DOCUMENT: usize = 48;

/// Finding a list costs about as much as reading so many postings.
const LOOK_UP: u64 = 16;

/// What a kept set of documents has in common.
#[derive(Debug, PartialEq, Eq, Hash)]
enum Key {
    Term(Field, String),
    /// Beginnings of words, with their tone where one is asked for.
    Prefix(Field, String, u8),
    Dates(DateColumn, Period),
}

impl Key {
    /// About how much it takes to keep, with its place in the table.
    fn bytes(&self) -> usize {
        match self {
            Self::Term(_, text) | Self::Prefix(_, text, _) => 160 + text.len(),
            Self::Dates(..) => 160,
        }
    }
}

/// A term's list of documents in a segment.
pub(crate) struct List {
    /// Where it is.
    pub(crate) info: TermInfo,
    /// What the term is worth at most in any of them, once all of them were read.
    pub(crate) reach: OnceLock<Reach>,
}

impl List {
    /// How many documents have the term, deleted ones included.
    pub(crate) fn len(&self) -> u64 {
        u64::from(self.info.doc_freq)
    }
}

/// What is read of a segment once.
pub(crate) struct Core {
    facets: Vec<Option<StrColumn>>,
    pub(crate) id_high: Column<u64>,
    pub(crate) id_low: Column<u64>,
    pub(crate) seal: Column<i64>,
    pub(crate) published: Column<i64>,
    pub(crate) out: Column<i64>,
    pub(crate) confirmed: Column<i64>,
    pub(crate) closes: Column<i64>,
    pub(crate) trl: Column<u64>,
    pub(crate) quality: Column<u64>,
    /// Of values and dates: each search counts all of them again, so no word takes their room.
    values: Kept<Key, Arc<KeptSet>>,
    words: Kept<Key, Arc<Bits>>,
    lists: Kept<Term, Option<Arc<List>>>,
}

impl Core {
    fn open(reader: &SegmentReader) -> Result<Self, Failure> {
        let fast = reader.fast_fields();
        let facets = Facet::ALL.iter().map(|f| fast.str(&format!("facet_{f}"))).collect::<Result<_, _>>()?;
        Ok(Self {
            facets,
            id_high: fast.u64("id_high")?,
            id_low: fast.u64("id_low")?,
            seal: fast.i64("seal")?,
            published: fast.i64("published")?,
            out: fast.i64("out")?,
            confirmed: fast.i64("confirmed")?,
            closes: fast.i64("closes")?,
            trl: fast.u64("trl")?,
            quality: fast.u64("quality")?,
            values: Kept::default(),
            words: Kept::default(),
            lists: Kept::default(),
        })
    }

    pub(crate) fn id(&self, doc: u32) -> u128 {
        let (high, low) = (self.id_high.first(doc).unwrap_or_default(), self.id_low.first(doc).unwrap_or_default());
        u128::from(high) << 64 | u128::from(low)
    }

    /// The column of a facet, if any document of the segment has a value.
    pub(crate) fn facet(&self, facet: Facet) -> Option<&StrColumn> {
        self.facets.get(facet.place())?.as_ref()
    }
}

/// A segment at one moment.
pub(crate) struct Segment {
    pub(crate) reader: SegmentReader,
    pub(crate) core: Arc<Core>,
    /// The documents that are not deleted.
    pub(crate) alive: Bits,
    /// How many bytes of sets of documents the segment may keep, of values and of words each.
    cache_bytes: usize,
    /// How many places of terms it may keep.
    cache_terms: usize,
}

impl Segment {
    pub(crate) fn bound(&self) -> u32 {
        self.reader.max_doc()
    }

    /// The documents that have a word that many have, kept for the next search.
    pub(crate) fn word_bits(&self, field: Field, text: &str) -> Result<Arc<Bits>, Failure> {
        let key = Key::Term(field, text.to_owned());
        if let Some(bits) = self.core.words.get(&key) {
            return Ok(bits);
        }
        let mut bits = Bits::none(self.bound());
        self.fill(&Term::from_field_text(field, text), &mut bits)?;
        Ok(self.keep_word(key, bits))
    }

    /// The documents that have a value, such as a province, an owner or an audience, kept for the next search.
    pub(crate) fn value_set(&self, field: Field, text: &str) -> Result<Arc<KeptSet>, Failure> {
        let key = Key::Term(field, text.to_owned());
        if let Some(set) = self.core.values.get(&key) {
            return Ok(set);
        }
        let mut bits = Bits::none(self.bound());
        self.fill(&Term::from_field_text(field, text), &mut bits)?;
        Ok(self.keep_value(key, bits))
    }

    /// The documents that have a term that begins so, kept for the next search, and whether it is all of them; with a `tone`
    /// other than 0 only terms of the exact view that have it. Each list costs of the budget as many postings as it has and some
    /// for being looked up; where nothing is left of it, the rest is missing.
    pub(crate) fn prefix_bits(&self, field: Field, prefix: &str, tone: u8, budget: &Cell<u64>) -> Result<(Arc<Bits>, bool), Failure> {
        let key = Key::Prefix(field, prefix.to_owned(), tone);
        if let Some(bits) = self.core.words.get(&key) {
            return Ok((bits, true));
        }
        let mut bits = Bits::none(self.bound());
        let inverted = self.reader.inverted_index(field)?;
        let mut stream = inverted.terms().range().ge(prefix.as_bytes()).into_stream()?;
        while bits.len() < u64::from(self.bound()) && stream.advance() && stream.key().starts_with(prefix.as_bytes()) {
            let Some(left) = budget.get().checked_sub(u64::from(stream.value().doc_freq) + LOOK_UP) else {
                return Ok((Arc::new(bits), false));
            };
            budget.set(left);
            if tone != 0 && stream.key().last() != Some(&(b'0' + tone)) {
                continue;
            }
            let mut list = inverted.read_postings_from_terminfo(stream.value(), IndexRecordOption::Basic)?;
            let mut doc = list.doc();
            while doc != TERMINATED {
                bits.insert(doc);
                doc = list.advance();
            }
        }
        Ok((self.keep_word(key, bits), true))
    }

    /// The documents with a date in a period, kept for the next search.
    pub(crate) fn period_set(&self, column: DateColumn, period: Period) -> Arc<KeptSet> {
        let key = Key::Dates(column, period);
        if let Some(set) = self.core.values.get(&key) {
            return set;
        }
        let (from, to) = period.seconds();
        let dates = column.of(&self.core);
        let mut bits = Bits::none(self.bound());
        for doc in 0..self.bound() {
            if dates.first(doc).is_some_and(|at| (from..=to).contains(&at)) {
                bits.insert(doc);
            }
        }
        self.keep_value(key, bits)
    }

    fn keep_word(&self, key: Key, bits: Bits) -> Arc<Bits> {
        let bits = Arc::new(bits);
        let size = bits.bytes() + key.bytes();
        self.core.words.put(key, Arc::clone(&bits), size, self.cache_bytes);
        bits
    }

    fn keep_value(&self, key: Key, bits: Bits) -> Arc<KeptSet> {
        let set = Arc::new(KeptSet::of(bits));
        let size = set.bytes() + key.bytes();
        self.core.values.put(key, Arc::clone(&set), size, self.cache_bytes);
        set
    }

    /// Where a term's list is, if any document has the term; kept for the next search, since the words of searches are
    /// much the same and a search looks up several forms of each in each segment.
    pub(crate) fn list(&self, term: &Term) -> Result<Option<Arc<List>>, Failure> {
        let known = self.core.lists.get(term);
        if let Some(list) = known {
            return Ok(list);
        }
        let list = self.reader.inverted_index(term.field())?.get_term_info(term)?;
        let list = list.map(|info| Arc::new(List { info, reach: OnceLock::new() }));
        self.core.lists.put(term.clone(), list.clone(), 1, self.cache_terms);
        Ok(list)
    }

    /// A term's documents in order, if any has it.
    pub(crate) fn postings(&self, term: &Term, with: IndexRecordOption) -> Result<Option<SegmentPostings>, Failure> {
        let Some(list) = self.list(term)? else { return Ok(None) };
        Ok(Some(self.reader.inverted_index(term.field())?.read_postings_from_terminfo(&list.info, with)?))
    }

    /// Adds the documents that have a term.
    pub(crate) fn fill(&self, term: &Term, bits: &mut Bits) -> Result<(), Failure> {
        if let Some(mut postings) = self.postings(term, IndexRecordOption::Basic)? {
            let mut doc = postings.doc();
            while doc != TERMINATED {
                bits.insert(doc);
                doc = postings.advance();
            }
        }
        Ok(())
    }

    /// The terms of a field that begin so, at most `most`, with how many documents have them.
    pub(crate) fn prefixed(&self, field: Field, prefix: &str, most: usize) -> Result<Vec<(String, u32)>, Failure> {
        let inverted = self.reader.inverted_index(field)?;
        let mut stream = inverted.terms().range().ge(prefix.as_bytes()).into_stream()?;
        let mut found = Vec::new();
        while found.len() < most && stream.advance() {
            if !stream.key().starts_with(prefix.as_bytes()) {
                break;
            }
            if let Ok(term) = std::str::from_utf8(stream.key()) {
                found.push((term.to_owned(), stream.value().doc_freq));
            }
        }
        Ok(found)
    }
}

/// The first text that is stored of a document: its card. What comes behind it is not read.
struct First(Option<(Field, String)>);

/// All that is stored of a document. Read as it is: tantivy's own document copies everything twice more.
struct Stored(Vec<(Field, String)>);

struct StoredText(String);

impl DocumentDeserialize for First {
    fn deserialize<'de, D: DocumentDeserializer<'de>>(mut stored: D) -> Result<Self, DeserializeError> {
        Ok(Self(stored.next_field()?.map(|(field, StoredText(text))| (field, text))))
    }
}

impl DocumentDeserialize for Stored {
    fn deserialize<'de, D: DocumentDeserializer<'de>>(mut stored: D) -> Result<Self, DeserializeError> {
        let mut texts = Vec::with_capacity(stored.size_hint());
        while let Some((field, StoredText(text))) = stored.next_field()? {
            texts.push((field, text));
        }
        Ok(Self(texts))
    }
}

impl ValueDeserialize for StoredText {
    fn deserialize<'de, D: ValueDeserializer<'de>>(stored: D) -> Result<Self, DeserializeError> {
        stored.deserialize_string().map(Self)
    }
}

/// The values of one facet over all segments.
pub(crate) struct Values {
    /// The codes.
    pub(crate) codes: Vec<String>,
    /// Per segment, from the segment's own number of a value to its place in `codes`.
    pub(crate) places: Vec<Vec<u32>>,
}

/// The index at one moment.
pub struct Snapshot {
    pub(crate) searcher: Searcher,
    pub(crate) fields: Fields,
    pub(crate) segments: Vec<Segment>,
    values: Vec<Values>,
    /// All documents, deleted ones included: what document frequencies are compared with.
    pub(crate) documents: u64,
    /// Per field, how many words a document has on average.
    lengths: HashMap<Field, f32>,
    pub(crate) outcomes: Outcomes,
    pub(crate) answers: Answers,
}

impl Snapshot {
    /// Reads what searches need; what `before` read of segments that are still there is kept.
    pub(crate) fn new(searcher: Searcher, fields: Fields, before: Option<&Self>, cache_bytes: usize) -> Result<Self, Failure> {
        let old: HashMap<SegmentId, &Arc<Core>> =
            before.map(|s| s.segments.iter().map(|seg| (seg.reader.segment_id(), &seg.core)).collect()).unwrap_or_default();
        let documents: u64 = searcher.segment_readers().iter().map(|r| u64::from(r.max_doc())).sum();
        let mut segments = Vec::new();
        for reader in searcher.segment_readers() {
            let core = match old.get(&reader.segment_id()) {
                Some(core) => Arc::clone(core),
                None => Arc::new(Core::open(reader)?),
            };
            let mut alive = Bits::all(reader.max_doc());
            if let Some(bitset) = reader.alive_bitset() {
                alive.retain(|doc| bitset.is_alive(doc));
            }
            // A segment's share of the memory is its share of the documents.
            let share = f64::from(reader.max_doc()) / (documents.max(1) as f64);
            let cache_bytes = (cache_bytes.max(documents as usize * CACHE_BYTES_A_DOCUMENT) as f64 / 2.0 * share) as usize;
            segments.push(Segment { reader: reader.clone(), core, alive, cache_bytes, cache_terms: (CACHE_TERMS * share) as usize });
        }
        let values = Facet::ALL.iter().map(|f| Values::of(*f, &segments)).collect::<Result<_, _>>()?;
        let mut lengths = HashMap::new();
        for field in fields.scored() {
            let mut tokens = 0_u64;
            for segment in &segments {
                tokens += segment.reader.inverted_index(field)?.total_num_tokens();
            }
            lengths.insert(field, (tokens as f32 / documents.max(1) as f32).max(1.0));
        }
        Ok(Self { searcher, fields, segments, values, documents, lengths, outcomes: Outcomes::default(), answers: Answers::default() })
    }

    /// How many documents are found.
    #[must_use]
    pub fn documents(&self) -> u64 {
        self.searcher.num_docs()
    }

    /// How many words a document has in a field on average; none where words are not counted.
    pub(crate) fn mean_length(&self, field: Field) -> Option<f32> {
        self.lengths.get(&field).copied()
    }

    /// In how many documents a term is, deleted ones included.
    pub(crate) fn frequency(&self, term: &Term) -> Result<u64, Failure> {
        self.segments.iter().try_fold(0, |sum, segment| Ok(sum + segment.list(term)?.map_or(0, |list| list.len())))
    }

    /// How telling a term is: the less documents have it, the more.
    pub(crate) fn idf(&self, frequency: u64) -> f32 {
        idf(frequency, self.documents)
    }

    /// The values of a facet.
    pub(crate) fn values(&self, facet: Facet) -> Option<&Values> {
        self.values.get(facet.place())
    }

    /// Where a document is, if it is there.
    pub(crate) fn locate(&self, id: Uuid) -> Result<Option<(usize, u32)>, Failure> {
        let term = self.fields.id_term(id);
        for (place, segment) in self.segments.iter().enumerate() {
            let inverted = segment.reader.inverted_index(self.fields.id)?;
            if let Some(mut postings) = inverted.read_postings(&term, IndexRecordOption::Basic)? {
                let mut doc = postings.doc();
                while doc != TERMINATED {
                    if segment.alive.contains(doc) {
                        return Ok(Some((place, doc)));
                    }
                    doc = postings.advance();
                }
            }
        }
        Ok(None)
    }

    /// The documents of a segment that the viewer may see.
    pub(crate) fn visible(&self, segment: usize, viewer: &Viewer) -> Result<Bits, Failure> {
        let Some(segment) = self.segments.get(segment) else { return Ok(Bits::default()) };
        let Some(audiences) = &viewer.audiences else { return Ok(segment.alive.clone()) };
        let mut bits = Bits::none(segment.bound());
        for audience in audiences {
            segment.value_set(self.fields.audience, audience)?.add_to(&mut bits);
        }
        bits.and(&segment.alive);
        Ok(bits)
    }

    /// The same of every segment.
    pub(crate) fn all_visible(&self, viewer: &Viewer) -> Result<Vec<Bits>, Failure> {
        (0..self.segments.len()).map(|segment| self.visible(segment, viewer)).collect()
    }

    /// The stored card.
    pub(crate) fn card(&self, segment: usize, doc: u32) -> Result<Card, Failure> {
        let First(first) = self.searcher.doc(address(segment, doc))?;
        let (_, card) = first.filter(|(field, _)| *field == self.fields.card).ok_or(Failure::Damaged(1))?;
        Ok(serde_json::from_str(&card)?)
    }

    /// The stored long texts, which are much longer than the card and often not needed beside it.
    pub(crate) fn body(&self, segment: usize, doc: u32) -> Result<BTreeMap<Lang, String>, Failure> {
        let Stored(texts) = self.searcher.doc(address(segment, doc))?;
        let lang_of = |field| Lang::ALL.into_iter().zip(self.fields.bodies).find(|(_, body)| *body == field).map(|(lang, _)| lang);
        Ok(texts.into_iter().filter_map(|(field, text)| Some((lang_of(field)?, text))).collect())
    }

    /// Every document's id and seal, for comparing with the database.
    pub(crate) fn seals(&self) -> impl Iterator<Item = (Uuid, i64)> + '_ {
        self.segments.iter().flat_map(|segment| {
            segment.alive.iter().map(|doc| (Uuid::from_u128(segment.core.id(doc)), segment.core.seal.first(doc).unwrap_or_default()))
        })
    }
}

fn address(segment: usize, doc: u32) -> DocAddress {
    DocAddress::new(u32::try_from(segment).unwrap_or(u32::MAX), doc)
}

impl Values {
    /// The code of a value by its place.
    pub(crate) fn code(&self, place: u32) -> &str {
        self.codes.get(place as usize).map_or("", String::as_str)
    }

    fn of(facet: Facet, segments: &[Segment]) -> Result<Self, Failure> {
        let mut codes = Vec::new();
        let mut known: HashMap<String, u32> = HashMap::new();
        let mut places = Vec::with_capacity(segments.len());
        for segment in segments {
            let mut map = Vec::new();
            if let Some(column) = segment.core.facet(facet) {
                let mut stream = column.dictionary().stream()?;
                while stream.advance() {
                    let code = String::from_utf8_lossy(stream.key()).into_owned();
                    let next = u32::try_from(known.len()).unwrap_or(u32::MAX);
                    let place = *known.entry(code).or_insert_with_key(|code| {
                        codes.push(code.clone());
                        next
                    });
                    map.push(place);
                }
            }
            places.push(map);
        }
        Ok(Self { codes, places })
    }
}

/// How telling a term is that so many of so many documents have.
pub(crate) fn idf(frequency: u64, documents: u64) -> f32 {
    let (all, with) = (documents.max(frequency) as f32, frequency as f32);
    (1.0 + (all - with + 0.5) / (with + 0.5)).ln()
}
