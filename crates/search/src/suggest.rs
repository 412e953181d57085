//! What somebody may mean: suggestions while typing, and words close to mistyped ones.
//!
//! A suggestion is only given if a document it comes from is visible to the viewer: names of what is hidden do not leak
//! through a dictionary.

use std::collections::{HashMap, HashSet};

use serde::Serialize;
use tantivy::query::FuzzyTermQuery;
use tantivy::schema::IndexRecordOption;
use tantivy::{DocSet, TERMINATED, Term};

use crate::analysis::{self, DECIMAL_POINT, Word};
use crate::bits::Bits;
use crate::document::{COMPLETION_BYTES, COMPLETION_SIGN};
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
/// The most entries of the dictionary that are looked at, per segment.
const MAX_LOOKED_AT: usize = 400;
/// So many where some of those are of documents that are hidden from the viewer, or gone.
const MAX_BEHIND_HIDDEN: usize = 8_000;
/// The most titles that are read for one suggestion, per segment.
const MAX_TITLES: usize = 12;
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

impl Search {
    /// Completes what was typed so far; marks are optional, and from four letters on one typo is allowed.
    ///
    /// # Errors
    /// [`Failure`] if the index cannot be read.
    pub fn suggest(&self, typed: &str, viewer: &Viewer, limit: usize) -> Result<Vec<Suggestion>, Failure> {
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
        let mut found: Vec<Suggestion> = Vec::new();
        let mut visible = Vec::with_capacity(snapshot.segments.len());
        for place in 0..snapshot.segments.len() {
            visible.push(snapshot.visible(place, viewer)?);
        }
        let keys: HashSet<&str> = [key.as_str(), code.as_str()].into_iter().filter(|k| k.len() > 1).collect();
        for (place, (segment, visible)) in snapshot.segments.iter().zip(&visible).enumerate() {
            for key in &keys {
                let mut looked_at = 0;
                for most in [MAX_LOOKED_AT, MAX_BEHIND_HIDDEN] {
                    let entries = segment.prefixed(snapshot.fields.completion, key, most)?;
                    let more = entries.len() == most;
                    let new = entries.into_iter().skip(looked_at).map(|(term, _)| term);
                    let hidden = collect(&snapshot, place, visible, new, &mut found)?;
                    looked_at = most;
                    if !more || hidden == 0 {
                        break;
                    }
                }
            }
        }
        if found.is_empty() && key.chars().count() >= MIN_FUZZY {
            for (place, (segment, visible)) in snapshot.segments.iter().zip(&visible).enumerate() {
                let entries = near(&snapshot, segment, &key)?;
                collect(&snapshot, place, visible, entries, &mut found)?;
            }
        }
        // What many documents share first, then the shorter.
        found.sort_by(|a, b| b.count.cmp(&a.count).then_with(|| a.text.len().cmp(&b.text.len())).then_with(|| a.text.cmp(&b.text)));
        let mut seen = HashSet::new();
        found.retain(|s| seen.insert(analysis::folded_line(&s.text)));
        found.truncate(limit);
        Ok(found)
    }
}

/// Adds the entries that come from visible documents, or counts them where they are there already; gives how many come from
/// hidden ones alone, which take nobody's place.
fn collect(
    snapshot: &Snapshot,
    place: usize,
    visible: &Bits,
    entries: impl IntoIterator<Item = String>,
    found: &mut Vec<Suggestion>,
) -> Result<usize, Failure> {
    let Some(segment) = snapshot.segments.get(place) else { return Ok(0) };
    let (mut titles, mut shown_entries, mut hidden) = (0, 0, 0);
    for entry in entries {
        if shown_entries == MAX_LOOKED_AT {
            break;
        }
        let Some((key, rest)) = entry.split_once(COMPLETION_SIGN) else { continue };
        let (kind, shown) = match rest.split_at_checked(1) {
            Some(("k", shown)) => (SuggestionKind::Keyword, shown),
            Some(("c", shown)) => (SuggestionKind::Code, shown),
            Some(("p", _)) => (SuggestionKind::Party, ""),
            Some(("e", _)) => (SuggestionKind::Expert, ""),
            _ => (SuggestionKind::Title, ""),
        };
        // Titles are read from cards, which costs more: so many will do.
        if shown.is_empty() && titles == MAX_TITLES {
            continue;
        }
        let term = Term::from_field_text(snapshot.fields.completion, &entry);
        let (count, first) = visible_count(segment, &term, visible)?;
        let Some(first) = first else {
            hidden += 1;
            continue;
        };
        shown_entries += 1;
        titles += usize::from(shown.is_empty());
        let text = if shown.is_empty() {
            let card = snapshot.card(place, first)?;
            // In the language it was found by.
            let same = |title: &&String| analysis::folded_line(title).starts_with(key);
            match card.title.values().find(same) {
                Some(title) => title.clone(),
                None => continue,
            }
        } else {
            shown.to_owned()
        };
        match found.iter_mut().find(|s| s.kind == kind && s.text == text) {
            Some(known) => known.count += count,
            None => found.push(Suggestion { text, kind, count }),
        }
    }
    Ok(hidden)
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

/// Entries that begin almost so.
fn near(snapshot: &Snapshot, segment: &Segment, key: &str) -> Result<Vec<String>, Failure> {
    let term = Term::from_field_text(snapshot.fields.completion, key);
    let automaton = FuzzyTermQuery::new_prefix(term, 1, true).automaton()?;
    let inverted = segment.reader.inverted_index(snapshot.fields.completion)?;
    let mut stream = inverted.terms().search(automaton).into_stream()?;
    let mut entries = Vec::new();
    while entries.len() < MAX_LOOKED_AT && stream.advance() {
        if let Ok(entry) = std::str::from_utf8(stream.key()) {
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
    candidates.sort_by(|a, b| b.cmp(a));
    for (_, word) in candidates.into_iter().take(8) {
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
