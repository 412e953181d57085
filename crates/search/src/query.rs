//! The query language: what people type, as a flat list of clauses.
//!
//! Words, `"phrases"`, `-not`, `a OR b`, `prefix*`, `field:value`. One pass over the characters, no recursion, nothing
//! nested, so no input can be too deep. Parsing never fails but for length: what has no meaning is searched as plain
//! words and told back in [`Parsed::ignored`]. Never here: what the index looks like.

use std::collections::BTreeSet;
use std::fmt;

use base::Vocabularies;
use uuid::Uuid;

use crate::analysis::{self, Word};
use crate::facet::Facet;
use crate::numbers;
use crate::rule::{Rule, off};

/// The longest query, in bytes.
pub const MAX_BYTES: usize = 1_024;
/// The most words that are searched; what is behind them is ignored.
pub const MAX_TERMS: usize = 64;
/// The most beginnings of words in one query: each stands for hundreds of words, and is found anew each time.
const MAX_PREFIXES: usize = 8;
/// The most phrases in one query: where their words stand is read for each document that has them.
const MAX_PHRASES: usize = 8;
/// The fewest letters before `*`.
const MIN_PREFIX: usize = 3;
/// The most remarks on what was ignored.
const MAX_IGNORED: usize = 8;

/// A query, taken apart.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Parsed {
    /// What must (or, negated, must not) be there.
    pub clauses: Vec<Clause>,
    /// The words that count for the order of results, as typed.
    pub words: Vec<Word>,
    /// Whether any word was typed with marks.
    pub marked: bool,
    /// Keys to look the whole query up by, if it can be a code or a number.
    pub lookup: Vec<String>,
    /// What was ignored.
    pub ignored: Vec<String>,
}

/// One condition: any of its atoms.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Clause {
    /// True if it must not be there.
    pub negated: bool,
    /// One of these.
    pub any: Vec<Atom>,
}

/// What can be asked of a document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Atom {
    /// A word anywhere.
    Word(Word),
    /// A whole such as ESP-32, or its parts in a row.
    Whole(Word, Vec<Word>),
    /// These words in a row, with the marks that were typed; or one word with its marks.
    Phrase(Vec<Word>),
    /// A word that begins so (folded).
    Prefix(String),
    /// One of these values of a facet.
    Value(Facet, Vec<String>),
    /// A code or number, by its keys.
    Number(Vec<String>),
    /// All these words in one part.
    Within(Part, Vec<Word>),
    /// Whose it is.
    Owner(Uuid),
}

/// A part of a document that can be named in a query.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// `title:`
    Title,
    /// `keyword:`
    Keywords,
    /// `party:`
    Party,
}

impl fmt::Display for Atom {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let row = |words: &[Word]| words.iter().map(|w| w.folded.as_str()).collect::<Vec<_>>().join(" ");
        match self {
            Self::Word(word) | Self::Whole(word, _) => f.write_str(&word.folded),
            Self::Phrase(words) => write!(f, "\"{}\"", row(words)),
            Self::Prefix(prefix) => write!(f, "{prefix}*"),
            Self::Value(facet, values) => write!(f, "{facet}={}", values.join("/")),
            Self::Number(keys) => write!(f, "#{}", keys.join("/")),
            Self::Within(part, words) => write!(f, "{part:?}({})", row(words)),
            Self::Owner(id) => write!(f, "{id}"),
        }
    }
}

impl fmt::Display for Clause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let any: Vec<String> = self.any.iter().map(ToString::to_string).collect();
        write!(f, "{}{}", if self.negated { "-" } else { "" }, any.join("|"))
    }
}

/// The query cannot be searched.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum QueryError {
    /// Longer than [`MAX_BYTES`].
    #[error("a query has at most {MAX_BYTES} bytes")]
    TooLong,
}

/// The parties that a text names by their ids, each as it was typed; none in a text that is too long to be searched.
pub(crate) fn owners(text: &str) -> impl Iterator<Item = (&str, Uuid)> {
    let mut rest = if text.len() > MAX_BYTES { "" } else { text };
    std::iter::from_fn(move || {
        let (piece, after) = next_piece(rest)?;
        rest = after;
        Some(piece)
    })
    .filter(|piece| piece.field.is_some_and(|name| name.eq_ignore_ascii_case("party")))
    .filter_map(|piece| Some((piece.text, piece.text.parse().ok()?)))
}

/// Takes a query apart. A value that no vocabulary has is no value, and searched as words.
///
/// # Errors
/// [`QueryError::TooLong`] and nothing else.
pub fn parse(text: &str, vocabularies: &Vocabularies) -> Result<Parsed, QueryError> {
    if text.len() > MAX_BYTES {
        return Err(QueryError::TooLong);
    }
    let clean: String = analysis::nfc(text).chars().filter(|c| !base::text::is_forbidden(*c)).collect();
    let out = Parsed { lookup: numbers::lookup_keys(&clean), ..Parsed::default() };
    let mut parser = Parser { vocabularies, out, terms: 0, prefixes: 0, phrases: 0, or: false, open: false };
    let mut rest = clean.as_str();
    while let Some((piece, after)) = next_piece(rest) {
        rest = after;
        parser.piece(piece);
    }
    Ok(parser.finish())
}

/// One piece between spaces, quotes kept together.
#[derive(Clone, Copy, Debug)]
struct Piece<'a> {
    negated: bool,
    field: Option<&'a str>,
    quoted: bool,
    text: &'a str,
    whole: &'a str,
}

fn is_quote(c: char) -> bool {
    matches!(c, '"' | '“' | '”' | '„' | '«' | '»')
}

fn next_piece(text: &str) -> Option<(Piece<'_>, &str)> {
    let text = text.trim_start();
    if text.is_empty() {
        return None;
    }
    let mut body = text;
    let negated = body.strip_prefix('-').filter(|r| r.chars().next().is_some_and(|c| c.is_alphanumeric() || is_quote(c)));
    let negated = negated.filter(|_| !off(Rule::Exclusion));
    if let Some(after) = negated {
        body = after;
    }
    // A field's name: letters and underscores up to a colon with something behind it.
    let name_end = body.find(|c: char| !c.is_ascii_alphabetic() && c != '_').unwrap_or(body.len());
    let mut field = None;
    if name_end > 0
        && let Some(after) = body.get(name_end..).and_then(|b| b.strip_prefix(':'))
        && after.chars().next().is_some_and(|c| !c.is_whitespace())
    {
        field = body.get(..name_end);
        body = after;
    }
    let piece = |quoted, inner, rest: &'_ str| {
        let whole = text.get(..text.len() - rest.len()).unwrap_or(text).trim();
        Piece { negated: negated.is_some(), field, quoted, text: inner, whole }
    };
    if let Some(first) = body.chars().next().filter(|c| is_quote(*c)) {
        let inner = body.get(first.len_utf8()..).unwrap_or_default();
        if let Some(end) = inner.find(is_quote) {
            let close = inner.get(end..).and_then(|r| r.chars().next()).map_or(0, char::len_utf8);
            let rest = inner.get(end + close..).unwrap_or_default();
            return Some((piece(true, inner.get(..end).unwrap_or_default(), rest), rest));
        }
        // Never closed: the sign alone is dropped.
        return Some((piece(false, "\"", inner), inner));
    }
    let end = body.find(|c: char| c.is_whitespace() || is_quote(c)).unwrap_or(body.len());
    let rest = body.get(end..).unwrap_or_default();
    Some((piece(false, body.get(..end).unwrap_or_default(), rest), rest))
}

struct Parser<'a> {
    vocabularies: &'a Vocabularies,
    out: Parsed,
    terms: usize,
    prefixes: usize,
    phrases: usize,
    /// The last piece was OR.
    or: bool,
    /// The last clause may be widened by OR.
    open: bool,
}

impl Parser<'_> {
    fn piece(&mut self, piece: Piece<'_>) {
        if !piece.quoted && piece.field.is_none() && !piece.negated {
            match piece.text {
                "OR" | "|" | "HOẶC" if !off(Rule::Or) => {
                    if self.open {
                        self.or = true;
                    } else {
                        self.ignore(piece.text);
                    }
                    return;
                }
                "AND" | "VÀ" => {
                    self.or = false;
                    return;
                }
                _ => {}
            }
        }
        match piece.field.filter(|_| !off(Rule::FieldValues)) {
            Some(name) => match self.field(name, piece) {
                Some(atom) => self.add(piece.negated, atom),
                None => {
                    self.ignore(&format!("{name}:"));
                    self.plain(piece, piece.whole.strip_prefix('-').unwrap_or(piece.whole));
                }
            },
            None if piece.quoted && !off(Rule::Phrases) => {
                let words = self.take(piece.text);
                match words.len() {
                    0 => self.ignore(piece.whole),
                    // One word is quoted for its marks.
                    1 if !words.iter().any(|w| w.marked) => {
                        for word in words {
                            self.add(piece.negated, Atom::Word(word));
                        }
                    }
                    _ => self.phrase(piece, words),
                }
            }
            None => self.plain(piece, piece.text),
        }
    }

    fn plain(&mut self, piece: Piece<'_>, text: &str) {
        if let Some(stem) = text.strip_suffix('*').filter(|_| !off(Rule::Prefix)) {
            let folded = analysis::folded_line(stem);
            if !folded.contains(' ') && folded.chars().count() >= MIN_PREFIX && self.prefixes < MAX_PREFIXES && self.room() {
                self.prefixes += 1;
                self.add(piece.negated, Atom::Prefix(folded));
                return;
            }
            self.ignore("*");
        }
        let mut words = self.take(text);
        // A whole such as ESP-32 stands for its parts.
        let mut parts = Vec::new();
        if let Some(whole) = words.iter().position(|w| w.joins > 0) {
            let joins = words.get(whole).map_or(0, |w| w.joins);
            parts = words.drain(whole.saturating_sub(joins)..whole).collect();
        }
        let mut atom = |word: Word| match word.joins {
            0 => Atom::Word(word),
            _ if off(Rule::Parts) => Atom::Word(word),
            _ => Atom::Whole(word, std::mem::take(&mut parts)),
        };
        match words.len() {
            0 => self.ignore(text),
            1 => {
                for word in words {
                    self.add(piece.negated, atom(word));
                }
            }
            _ if piece.negated || self.or => self.phrase(piece, words),
            _ => {
                for word in words {
                    self.add(false, atom(word));
                }
            }
        }
    }

    /// Words in a row; beyond so many they are searched as words, and none of them excludes anything.
    fn phrase(&mut self, piece: Piece<'_>, words: Vec<Word>) {
        if self.phrases < MAX_PHRASES {
            self.phrases += 1;
            self.add(piece.negated, Atom::Phrase(words));
            return;
        }
        self.ignore(piece.whole);
        if !piece.negated {
            for word in words.into_iter().filter(|w| w.joins == 0) {
                self.add(false, Atom::Word(word));
            }
        }
    }

    fn field(&mut self, name: &str, piece: Piece<'_>) -> Option<Atom> {
        let value = piece.text;
        let name = name.to_ascii_lowercase();
        match name.as_str() {
            "code" | "number" => {
                let keys = numbers::number_keys(value);
                return (!keys.is_empty()).then_some(Atom::Number(keys));
            }
            "party" => {
                if let Ok(id) = value.parse::<Uuid>() {
                    return Some(Atom::Owner(id));
                }
                return self.within(Part::Party, value);
            }
            "title" => return self.within(Part::Title, value),
            "keyword" | "keywords" => return self.within(Part::Keywords, value),
            _ => {}
        }
        let facet: Facet = match name.as_str() {
            "lang" => Facet::Language,
            other => other.parse().ok()?,
        };
        let codes = if facet == Facet::Trl {
            levels(value)?
        } else {
            value.split(',').map(str::trim).filter(|c| !c.is_empty()).map(str::to_owned).collect()
        };
        let known = codes.iter().all(|code| facet.knows(code, self.vocabularies));
        (!codes.is_empty() && known && codes.len() <= MAX_TERMS).then_some(Atom::Value(facet, codes))
    }

    fn within(&mut self, part: Part, value: &str) -> Option<Atom> {
        let words: Vec<Word> = self.take(value).into_iter().filter(|w| w.joins == 0).collect();
        (!words.is_empty()).then_some(Atom::Within(part, words))
    }

    fn room(&self) -> bool {
        self.terms < MAX_TERMS
    }

    /// The words of a text, as far as there is room.
    fn take(&mut self, text: &str) -> Vec<Word> {
        let mut words = Vec::new();
        let mut dropped = false;
        analysis::words(text, |word| {
            if self.terms < MAX_TERMS {
                self.terms += 1;
                words.push(word.clone());
            } else {
                dropped = true;
            }
        });
        if dropped {
            self.ignore(text);
        }
        words
    }

    fn add(&mut self, negated: bool, atom: Atom) {
        if !negated {
            match &atom {
                Atom::Word(word) | Atom::Whole(word, _) => self.out.words.push(word.clone()),
                Atom::Phrase(words) | Atom::Within(_, words) => self.out.words.extend(words.iter().filter(|w| w.joins == 0).cloned()),
                Atom::Prefix(_) | Atom::Value(..) | Atom::Number(_) | Atom::Owner(_) => {}
            }
        }
        let widens = std::mem::take(&mut self.or);
        if widens && negated {
            // "This or not that" is nearly everything: what is not wanted is left out all the same, and it is said.
            self.ignore("OR");
        }
        if widens
            && !negated
            && let Some(clause) = self.out.clauses.last_mut()
        {
            clause.any.push(atom);
        } else {
            self.out.clauses.push(Clause { negated, any: vec![atom] });
        }
        self.open = !negated;
    }

    fn ignore(&mut self, text: &str) {
        if self.out.ignored.len() < MAX_IGNORED {
            let text: String = text.chars().take(40).collect();
            if !self.out.ignored.contains(&text) {
                self.out.ignored.push(text);
            }
        }
    }

    fn finish(mut self) -> Parsed {
        if self.or {
            self.ignore("OR");
        }
        // The same word twice asks for nothing more.
        let mut seen = BTreeSet::new();
        self.out.clauses.retain(|clause| match clause.any.as_slice() {
            [Atom::Word(word) | Atom::Whole(word, _)] => seen.insert((clause.negated, word.folded.clone(), word.exact.clone())),
            _ => true,
        });
        self.out.marked = self.out.words.iter().any(|w| w.marked);
        self.out
    }
}

/// `6`, `5..7`, `>=6`, `<=4`, `5,6` as a list of levels.
fn levels(value: &str) -> Option<Vec<String>> {
    let level = |text: &str| text.trim().parse::<u8>().ok().filter(|l| (1..=9).contains(l));
    let (from, to) = if let Some((from, to)) = value.split_once("..") {
        (if from.is_empty() { 1 } else { level(from)? }, if to.is_empty() { 9 } else { level(to)? })
    } else if let Some(from) = value.strip_prefix(">=") {
        (level(from)?, 9)
    } else if let Some(to) = value.strip_prefix("<=") {
        (1, level(to)?)
    } else {
        return value.split(',').map(|l| level(l).map(|l| l.to_string())).collect();
    };
    Some((from..=to).map(|l| l.to_string()).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shape(query: &str) -> String {
        let parsed = parse(query, &Vocabularies::default()).unwrap();
        let clauses: Vec<String> = parsed.clauses.iter().map(ToString::to_string).collect();
        let mut shape = clauses.join(" ");
        if !parsed.ignored.is_empty() {
            shape.push_str(&format!(" !{}", parsed.ignored.join(",")));
        }
        shape
    }

    #[test]
    fn the_language_says_what_it_means() {
        assert_eq!(shape("máy sấy dừa"), "may say dua");
        assert_eq!(shape("\"cơm dừa\" -khô"), "\"com dua\" -kho");
        assert_eq!(shape("dừa OR bưởi xanh"), "dua|buoi xanh");
        assert_eq!(shape("công nghệ* dừa"), "cong nghe* dua");
        assert_eq!(shape("kind:need trl:5..7 dừa"), "kind=need trl=5/6/7 dua");
        assert_eq!(shape("code:CN-2026-000123"), "#2026000123/cn2026000123");
        assert_eq!(shape("ESP-32 5 t/h"), "esp32 5 t h");
        assert_eq!(shape("party:\"Đại học Trà Vinh\""), "Party(dai hoc tra vinh)");
        let id = "0197b2c4-0000-7000-8000-000000000001";
        let text = format!("dừa -PARTY:{id} party:\"{id}\" title:{id} {id} party:dừa");
        let named: Vec<(&str, Uuid)> = owners(&text).collect();
        assert_eq!(named, [(id, id.parse().unwrap()), (id, id.parse().unwrap())]);
        assert_eq!(owners(&format!("{text}{}", " ".repeat(MAX_BYTES))).count(), 0);
        assert_eq!(shape("-t/h"), "-\"t h\"");
    }

    #[test]
    fn a_value_that_no_list_has_is_words() {
        let all = Vocabularies::built_in().unwrap();
        let ignored = |query: &str| parse(query, &all).unwrap().ignored;
        assert_eq!(ignored("kind:need province:86 price_band:100-500"), [""; 0]);
        assert_eq!(ignored("kind:product"), ["kind:"]);
        assert_eq!(ignored("province:86,bến"), ["province:"]);
    }

    #[test]
    fn what_has_no_meaning_is_searched_as_words_and_told() {
        assert_eq!(shape("visibility:private"), "visibility private !visibility:");
        assert_eq!(shape("\"dừa"), "dua !\"");
        assert_eq!(shape("OR dừa OR"), "dua !OR");
        assert_eq!(shape("dừa OR -khô"), "dua -kho !OR");
        assert_eq!(shape("(dừa)"), "dua");
        assert_eq!(shape("de*"), "de !*");
        assert_eq!(shape("trl:99"), "trl 99 !trl:");
        assert_eq!(shape("- -- ~"), " !-,--,~");
        assert_eq!(shape("\u{202e}dua"), "dua");
    }

    #[test]
    fn nothing_is_too_much_but_length() {
        // What costs more than its length is bounded; the rest is searched as words, or left out where it would exclude.
        let many = parse(&"thanh* ".repeat(20), &Vocabularies::default()).unwrap();
        assert_eq!(many.clauses.iter().filter(|c| matches!(c.any[..], [Atom::Prefix(_)])).count(), MAX_PREFIXES);
        let many = parse(&format!("{}-\"a b\"", "\"dừa sáp\" ".repeat(20)), &Vocabularies::default()).unwrap();
        assert_eq!(many.clauses.iter().filter(|c| matches!(c.any[..], [Atom::Phrase(_)])).count(), MAX_PHRASES);
        assert!(many.clauses.iter().all(|c| !c.negated) && many.ignored.contains(&"\"dừa sáp\"".to_owned()), "{:?}", many.ignored);
        assert_eq!(parse(&"a".repeat(MAX_BYTES + 1), &Vocabularies::default()), Err(QueryError::TooLong));
        let many = parse(&(0..300).map(|n| format!("w{n}")).collect::<Vec<_>>().join(" ")[..MAX_BYTES], &Vocabularies::default()).unwrap();
        assert_eq!(many.clauses.len(), MAX_TERMS);
        assert!(!many.ignored.is_empty());
        for hostile in [
            "(".repeat(1000),
            "-(".repeat(500),
            "\"".repeat(999),
            "* ".repeat(500),
            "a OR ".repeat(200),
            "a\u{300}".repeat(300),
            "-\"".repeat(500),
            "a:".repeat(500),
        ] {
            parse(&hostile, &Vocabularies::default()).unwrap();
        }
    }
}
