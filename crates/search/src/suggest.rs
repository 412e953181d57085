//! What somebody may mean: suggestions while typing, and words close to mistyped ones.
//!
//! A suggestion is only given if a document it comes from is visible to the viewer: names of what is hidden do not leak
//! through a dictionary.

use std::collections::{HashMap, HashSet};
use std::time::Instant;

use serde::Serialize;
use tantivy::query::FuzzyTermQuery;
use tantivy::schema::IndexRecordOption;
use tantivy::{DocSet, TERMINATED, Term};

use crate::analysis::{self, DECIMAL_POINT, Word};
use crate::bits::Bits;
use crate::card::cut;
use crate::document::{COMPLETION_BYTES, COMPLETION_SIGN, LATER_BYTES};
use crate::failure::Failure;
use crate::index::Search;
use crate::numbers;
use crate::plan::is_english;
use crate::query::{self, Atom, Parsed};
use crate::rule::{Rule, off};
use crate::search::Viewer;
use crate::snapshot::{Segment, Snapshot};
use crate::synonyms::Expansion;
use crate::typing;

/// The fewest letters that a typo is looked for in.
const MIN_FUZZY: usize = 4;
/// The fewest letters that are read as keys: `cas` is cá.
const MIN_KEYS: usize = 3;
/// The most entries of the dictionary that are looked at closely, per segment and kind; those of documents that are hidden from
/// the viewer, or gone, take no place of it.
const MAX_LOOKED_AT: usize = 400;
/// So many entries are gone through for each kind, in all segments together.
const MAX_IN_ALL: usize = 8_000;
/// The most cards that are read for one kind, per segment.
const MAX_READ: usize = 24;
/// So many of the commonest close words are asked whether the viewer may see them.
const MAX_CLOSE: usize = 200;
/// The most words of one query that something close is looked for: each is compared with every word of the index.
const MAX_MENDED: usize = 8;

/// What a suggestion is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum SuggestionKind {
    /// The title of a listing.
    Title,
    /// A keyword of listings.
    Keyword,
    /// The name of a party.
    Party,
    /// The name of an expert.
    Expert,
    /// The code of a listing.
    Code,
}

/// A suggestion.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Suggestion {
    /// What to show and to search for.
    pub text: String,
    /// What it is.
    pub kind: SuggestionKind,
    /// How many documents it comes from.
    pub count: u64,
}

/// One kind of entries of the dictionary.
#[derive(Clone, Copy)]
struct Entries {
    /// The letter its entries begin with.
    letter: char,
    kind: SuggestionKind,
    /// The most that are taken from a segment.
    most: usize,
}

const fn entries(letter: char, kind: SuggestionKind, most: usize) -> Entries {
    Entries { letter, kind, most }
}

/// What is looked through, each kind for itself: a hundred thousand titles that begin alike hide no keyword. Titles and names
/// are read from cards, which costs more: of those, few will do.
const ALL_ENTRIES: [Entries; 5] = [
    entries('k', SuggestionKind::Keyword, 200),
    entries('p', SuggestionKind::Party, 12),
    entries('e', SuggestionKind::Expert, 12),
    entries('t', SuggestionKind::Title, 12),
    entries('c', SuggestionKind::Code, 40),
];

impl Search {
    /// Completes what was typed so far, from the beginning of any word of a keyword or name and of the first words of a title.
    /// Marks are optional, but what has those that were typed comes first; from four letters on one typo is allowed.
    ///
    /// # Errors
    /// [`Failure`] if the index cannot be read.
    pub fn suggest(&self, typed: &str, viewer: &Viewer, limit: usize) -> Result<Vec<Suggestion>, Failure> {
        let started = Instant::now();
        if typed.len() > query::MAX_BYTES {
            return Ok(Vec::new());
        }
        let mut key = analysis::folded_line(typed);
        // Titles are found by so much of them; a longer beginning leads to the same ones.
        key.truncate(key.floor_char_boundary(COMPLETION_BYTES));
        let code = numbers::code_key(typed);
        if key.chars().count() < 2 && code.len() < 2 {
            return Ok(Vec::new());
        }
        let snapshot = self.whole()?;
        let visible = snapshot.all_visible(viewer)?;
        let mut completing = Completing { snapshot: &snapshot, typed: single_words(typed), forgives: false, found: Vec::new() };
        let looked_at = (MAX_IN_ALL / snapshot.segments.len().max(1)).max(MAX_LOOKED_AT);
        for (place, (segment, visible)) in snapshot.segments.iter().zip(&visible).enumerate() {
            for of in ALL_ENTRIES {
                let key = if of.kind == SuggestionKind::Code { &code } else { &key };
                if key.len() < 2 {
                    continue;
                }
                let begin = |key: &str| segment.prefixed(snapshot.fields.completion, &format!("{}{key}", of.letter), looked_at);
                completing.collect(place, visible, of, in_turn(begin(key)?, of.most))?;
                // Behind its first word a title is found by less of it.
                let later = cut(key, LATER_BYTES);
                if of.kind == SuggestionKind::Title && later.len() < key.len() {
                    let mut entries = begin(later)?;
                    entries.retain(|(entry, _)| !entry.get(1..).is_some_and(|rest| rest.starts_with(key.as_str())));
                    completing.collect(place, visible, of, in_turn(entries, of.most))?;
                }
            }
        }
        completing.forgives = completing.found.is_empty() && key.chars().count() >= MIN_FUZZY;
        if completing.forgives {
            for (place, (segment, visible)) in snapshot.segments.iter().zip(&visible).enumerate() {
                for of in ALL_ENTRIES.into_iter().filter(|of| of.kind != SuggestionKind::Code) {
                    completing.collect(place, visible, of, near(&snapshot, segment, of.letter, &key)?)?;
                }
            }
        }
        let found = completing.best(limit);
        metrics::histogram!("suggest_seconds").record(started.elapsed().as_secs_f64());
        Ok(found)
    }
}

/// Entries in the order in which they are looked at: what many documents share first, the rest from all over the dictionary.
fn in_turn(entries: Vec<(String, u32)>, most: usize) -> Vec<String> {
    let apart = entries.len().div_ceil(most.max(1)).max(1);
    let mut placed: Vec<(usize, (String, u32))> = entries.into_iter().enumerate().collect();
    placed.sort_by_key(|(place, (_, documents))| (std::cmp::Reverse(*documents), place % apart));
    placed.into_iter().map(|(_, (entry, _))| entry).collect()
}

/// The words of a text, those made of parts as parts.
fn single_words(text: &str) -> Vec<Word> {
    let mut all = Vec::new();
    analysis::words(&analysis::nfc(text), |word| {
        if word.joins == 0 {
            all.push(word.clone());
        }
    });
    all
}

/// What was typed, and what may complete it.
struct Completing<'a> {
    snapshot: &'a Snapshot,
    typed: Vec<Word>,
    /// Whether what does not begin as it was typed is let through, too.
    forgives: bool,
    /// How much each agrees with what was typed.
    found: Vec<(usize, Suggestion)>,
}

impl Completing<'_> {
    /// Adds the entries that come from visible documents, or counts them where they are there already. What is hidden, and
    /// what has other marks than were typed, takes nobody's place.
    fn collect(&mut self, place: usize, visible: &Bits, of: Entries, entries: Vec<String>) -> Result<(), Failure> {
        let Some(segment) = self.snapshot.segments.get(place) else { return Ok(()) };
        let (mut taken, mut looked_at, mut read) = (0, 0, 0);
        let mut counted = HashSet::new();
        for entry in entries {
            if taken == of.most || looked_at == MAX_LOOKED_AT || read == MAX_READ {
                break;
            }
            let Some((key, shown)) = entry.strip_prefix(of.letter).and_then(|rest| rest.split_once(COMPLETION_SIGN)) else { continue };
            let term = Term::from_field_text(self.snapshot.fields.completion, &entry);
            let (count, first) = visible_count(segment, &term, visible)?;
            let Some(first) = first else { continue };
            looked_at += 1;
            let text = if shown.is_empty() {
                read += 1;
                // In the language it was found by.
                let card = self.snapshot.card(place, first)?;
                match card
                    .title
                    .values()
                    .find(|title| analysis::beginnings(&analysis::folded_line(title)).any(|rest| rest.starts_with(key)))
                {
                    Some(title) => title.clone(),
                    None => continue,
                }
            } else {
                shown.to_owned()
            };
            // A text that begins so at two of its words has an entry for each, of the same documents.
            if !counted.insert(text.clone()) {
                continue;
            }
            let whole = self.typed.len() * AGREES;
            let agreement = match agreement(&self.typed, &text) {
                _ if of.kind == SuggestionKind::Code => whole,
                Some(agreement) => agreement,
                None if self.forgives => 0,
                None => continue,
            };
            taken += usize::from(agreement == whole || self.forgives);
            match self.found.iter_mut().find(|(_, s)| s.kind == of.kind && s.text == text) {
                Some((_, known)) => known.count += count,
                None => self.found.push((agreement, Suggestion { text, kind: of.kind, count })),
            }
        }
        Ok(())
    }

    /// What has the marks that were typed first, then what many documents share, then the shorter.
    fn best(self, limit: usize) -> Vec<Suggestion> {
        let mut found = self.found;
        found.sort_by(|(agrees_a, a), (agrees_b, b)| {
            let by_use = || b.count.cmp(&a.count).then_with(|| a.text.len().cmp(&b.text.len()));
            agrees_b.cmp(agrees_a).then_with(by_use).then_with(|| a.text.cmp(&b.text))
        });
        let mut seen = HashSet::new();
        found.retain(|(_, s)| seen.insert(analysis::nfc(&s.text).to_lowercase()));
        found.truncate(limit);
        found.into_iter().map(|(_, suggestion)| suggestion).collect()
    }
}

/// What a word counts that has just the marks that were typed; one of the same shape with another tone counts half, where none
/// was typed.
const AGREES: usize = 2;

/// How much the words of a text agree with those that were typed, of which the last may be unfinished; none if the text has no
/// such words in a row.
fn agreement(typed: &[Word], text: &str) -> Option<usize> {
    let words = single_words(text);
    let last = typed.len().checked_sub(1)?;
    let from = |from: usize| {
        let row = words.get(from..)?;
        if row.len() < typed.len() {
            return None;
        }
        typed.iter().zip(row).enumerate().try_fold(0, |sum, (n, (asked, there))| Some(sum + agrees(asked, there, n == last)?))
    };
    (0..words.len()).filter_map(from).max()
}

fn agrees(asked: &Word, there: &Word, is_unfinished: bool) -> Option<usize> {
    let same = |asked: &str, there: &str| if is_unfinished { there.starts_with(asked) } else { there == asked };
    if !same(&asked.folded, &there.folded) {
        return None;
    }
    Some(if !asked.marked || (same(asked.shape(), there.shape()) && asked.tone == there.tone) {
        AGREES
    } else {
        usize::from(same(asked.shape(), there.shape()) && asked.tone == 0)
    })
}

/// In how many visible documents a term is, and the first of them; stops counting at a thousand.
fn visible_count(segment: &Segment, term: &Term, visible: &Bits) -> Result<(u64, Option<u32>), Failure> {
    let inverted = segment.reader.inverted_index(term.field())?;
    let Some(mut postings) = inverted.read_postings(term, IndexRecordOption::Basic)? else { return Ok((0, None)) };
    let (mut count, mut first, mut doc) = (0, None, postings.doc());
    while doc != TERMINATED && count < 1_000 {
        if visible.contains(doc) {
            count += 1;
            first.get_or_insert(doc);
        }
        doc = postings.advance();
    }
    Ok((count, first))
}

/// Entries of a kind that begin almost so.
fn near(snapshot: &Snapshot, segment: &Segment, letter: char, key: &str) -> Result<Vec<String>, Failure> {
    let term = Term::from_field_text(snapshot.fields.completion, &format!("{letter}{key}"));
    let automaton = FuzzyTermQuery::new_prefix(term, 1, true).automaton()?;
    let inverted = segment.reader.inverted_index(snapshot.fields.completion)?;
    let mut stream = inverted.terms().search(automaton).into_stream()?;
    let mut entries = Vec::new();
    while entries.len() < MAX_LOOKED_AT && stream.advance() {
        if let Some(entry) = std::str::from_utf8(stream.key()).ok().filter(|entry| entry.starts_with(letter)) {
            entries.push(entry.to_owned());
        }
    }
    Ok(entries)
}

/// The query with words that are nowhere replaced by the commonest close ones that the viewer could find; none if
/// every word is somewhere, or nothing is close. A number that is nowhere is no other number.
pub(crate) fn did_you_mean(
    snapshot: &Snapshot,
    parsed: &Parsed,
    expansions: &[Expansion],
    text: &str,
    viewer: &Viewer,
) -> Result<Option<String>, Failure> {
    let typed = analysis::nfc(text);
    let mut better = typed.clone().into_owned();
    let mut looked_for = 0;
    for (place, clause) in parsed.clauses.iter().enumerate().filter(|(_, c)| !c.negated) {
        if looked_for == MAX_MENDED {
            break;
        }
        let [Atom::Word(word) | Atom::Whole(word, _)] = clause.any.as_slice() else { continue };
        let term = Term::from_field_text(snapshot.fields.folded, &word.folded);
        let is_number = word.folded.chars().all(|c| c.is_ascii_digit() || c == DECIMAL_POINT);
        // A word that something stands in for, or of which another form is there, is no mistake.
        let is_known = expansions.iter().any(|e| (e.from..e.to).contains(&place));
        let letters = word.folded.chars().count();
        if is_number || is_known || letters < MIN_KEYS || is_visible(snapshot, &term, viewer)? || has_form(snapshot, word, viewer)? {
            continue;
        }
        looked_for += 1;
        let close = match keyed(snapshot, &word.folded, viewer)? {
            Some(written) => Some(written),
            None if letters >= MIN_FUZZY => closest(snapshot, &term, viewer)?,
            None => None,
        };
        if let Some(close) = close {
            better = replace_word(&better, &word.folded, &close);
        }
    }
    Ok((better != *typed).then_some(better))
}

/// Whether the viewer may see a document with another form of an English word.
fn has_form(snapshot: &Snapshot, word: &Word, viewer: &Viewer) -> Result<bool, Failure> {
    let stem = Term::from_field_text(snapshot.fields.stems, &analysis::stem(&word.folded));
    Ok(is_english(word) && is_visible(snapshot, &stem, viewer)?)
}

/// The word that Telex or VNI keys stand for, if it is one that the viewer could find; the commonest where the keys give
/// no tone.
fn keyed(snapshot: &Snapshot, keys: &str, viewer: &Viewer) -> Result<Option<String>, Failure> {
    let Some(syllable) = typing::read(keys) else { return Ok(None) };
    let mut best: Option<(u64, String)> = None;
    for (read, exact) in syllable.exact_forms() {
        let term = Term::from_field_text(snapshot.fields.exact, &exact);
        let frequency = snapshot.frequency(&term)?;
        if best.as_ref().is_none_or(|(most, _)| frequency > *most) && frequency > 0 && is_visible(snapshot, &term, viewer)? {
            best = Some((frequency, read.written()));
        }
    }
    Ok(best.map(|(_, written)| written))
}

/// Whether the viewer may see a document with this term.
fn is_visible(snapshot: &Snapshot, term: &Term, viewer: &Viewer) -> Result<bool, Failure> {
    for (place, segment) in snapshot.segments.iter().enumerate() {
        if segment.list(term)?.is_some() && visible_count(segment, term, &snapshot.visible(place, viewer)?)?.1.is_some() {
            return Ok(true);
        }
    }
    Ok(false)
}

/// A text with its unmarked words written as they most often are in these titles.
pub(crate) fn with_marks_of<'a>(text: &str, titles: impl Iterator<Item = &'a str>) -> String {
    let mut written: HashMap<String, HashMap<String, usize>> = HashMap::new();
    if off(Rule::WrittenMarks) {
        return text.to_owned();
    }
    for title in titles {
        analysis::words(title, |word| {
            if let Some(as_written) = title.get(word.start..word.end).filter(|_| word.joins == 0) {
                *written.entry(word.folded.clone()).or_default().entry(as_written.to_lowercase()).or_default() += 1;
            }
        });
    }
    let mut out = String::with_capacity(text.len());
    let mut done = 0;
    analysis::words(text, |word| {
        let forms = written.get(&word.folded).filter(|_| !word.marked && word.joins == 0);
        let Some((form, _)) = forms.and_then(|f| f.iter().max_by(|a, b| a.1.cmp(b.1).then_with(|| b.0.cmp(a.0)))) else { return };
        out.push_str(text.get(done..word.start).unwrap_or_default());
        out.push_str(form);
        done = word.end;
    });
    out.push_str(text.get(done..).unwrap_or_default());
    out
}

fn closest(snapshot: &Snapshot, term: &Term, viewer: &Viewer) -> Result<Option<String>, Failure> {
    if off(Rule::Typos) {
        return Ok(None);
    }
    let query = FuzzyTermQuery::new(term.clone(), 1, true);
    let mut candidates: Vec<(u32, String)> = Vec::new();
    for segment in &snapshot.segments {
        let inverted = segment.reader.inverted_index(term.field())?;
        let mut stream = inverted.terms().search(query.automaton()?).into_stream()?;
        while candidates.len() < MAX_LOOKED_AT && stream.advance() {
            if let Ok(word) = std::str::from_utf8(stream.key()) {
                match candidates.iter_mut().find(|(_, w)| w == word) {
                    Some((count, _)) => *count += stream.value().doc_freq,
                    None => candidates.push((stream.value().doc_freq, word.to_owned())),
                }
            }
        }
    }
    let letters = |word: &str| {
        let mut letters: Vec<char> = word.chars().collect();
        letters.sort_unstable();
        letters
    };
    let figures = |word: &str| word.chars().filter(char::is_ascii_digit).count();
    let typed = term.value().as_str().unwrap_or_default().to_owned();
    let (own, known) = (letters(&typed), figures(&typed));
    // A figure was meant: `6kWp` is no slip of `kWp`.
    candidates.retain(|(_, word)| figures(word) >= known);
    // Two letters that changed places are the surest slip.
    candidates.sort_by_cached_key(|(count, word)| std::cmp::Reverse((letters(word) == own, *count, word.clone())));
    // The commonest that the viewer could find, however many commoner ones are hidden.
    for (_, word) in candidates.into_iter().take(MAX_CLOSE) {
        let term = Term::from_field_text(term.field(), &word);
        if is_visible(snapshot, &term, viewer)? {
            return Ok(Some(word));
        }
    }
    Ok(None)
}

/// The text with every word of this folded form replaced, be it one word or a whole such as ESP-32.
fn replace_word(text: &str, folded: &str, by: &str) -> String {
    let mut spans = Vec::new();
    analysis::words(text, |word| {
        if word.folded == folded {
            spans.push((word.start, word.end));
        }
    });
    let mut out = String::with_capacity(text.len());
    let mut done = 0;
    for (start, end) in spans {
        out.push_str(text.get(done..start).unwrap_or_default());
        out.push_str(by);
        done = end;
    }
    out.push_str(text.get(done..).unwrap_or_default());
    out
}
