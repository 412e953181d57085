//! The query language: what people type, as a flat list of clauses.
//!
//! Words, `"phrases"`, `-not`, `a OR b`, `(a b) OR c`, `prefix*`, `field:value`. One pass over the characters, no recursion,
//! brackets one deep, so no input can be too deep. Parsing never fails but for length: what has no meaning is searched as
//! plain words and told back in [`Parsed::ignored`]. Never here: what the index looks like.

mod fields;
mod parser;
mod pieces;

use std::fmt;

use base::Vocabularies;
use uuid::Uuid;

use crate::analysis::{self, Word};
use crate::facet::Facet;

use parser::Parser;
use pieces::next_piece;

pub use fields::field_names;

/// The longest query, in bytes.
pub const MAX_BYTES: usize = 1_024;
/// The most words that are searched; what is behind them is ignored.
pub const MAX_TERMS: usize = 64;
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
    /// A word that begins so.
    Prefix(Word),
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
            Self::Prefix(word) => write!(f, "{}*", word.folded),
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
    let clean: String = base::text::allowed(&analysis::nfc(text)).collect();
    Ok(Parser::new(&clean, vocabularies).read(&clean))
}

#[cfg(test)]
mod tests;
