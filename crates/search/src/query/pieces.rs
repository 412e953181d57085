//! A query cut into pieces, from the left to the right, each looked at once.

use crate::rule::{Rule, off};

/// One piece between spaces, quotes kept together, brackets around pieces apart.
#[derive(Clone, Copy, Debug)]
pub(super) struct Piece<'a> {
    pub(super) negated: bool,
    /// A bracket before pieces or behind them, and nothing else.
    pub(super) bracket: Option<Bracket>,
    pub(super) field: Option<&'a str>,
    pub(super) quoted: bool,
    pub(super) text: &'a str,
    pub(super) whole: &'a str,
}

/// A bracket that belongs to no word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Bracket {
    /// `(`, or `-(`.
    Opens,
    /// `)`
    Closes,
}

impl<'a> Piece<'a> {
    fn bracket(bracket: Bracket, text: &'a str) -> Self {
        Self { negated: text.starts_with('-'), bracket: Some(bracket), field: None, quoted: false, text, whole: text }
    }
}

/// The bracket that a text begins with, and what comes behind it.
fn next_bracket(text: &str) -> Option<(Piece<'_>, &str)> {
    let (bracket, length) = match text.as_bytes() {
        [b'(', ..] => (Bracket::Opens, 1),
        [b'-', b'(', ..] if !off(Rule::Exclusion) => (Bracket::Opens, 2),
        [b')', ..] => (Bracket::Closes, 1),
        _ => return None,
    };
    let (sign, rest) = text.split_at_checked(length)?;
    Some((Piece::bracket(bracket, sign), rest))
}

/// Where a word ends: at a space, a quote, or a bracket that is closed and was not opened in it. `Ca(NO3)2` is one.
fn word_end(body: &str) -> usize {
    let mut open = 0_u32;
    let ends = |c: char| match c {
        '(' => {
            open = open.saturating_add(1);
            false
        }
        ')' if open > 0 => {
            open -= 1;
            false
        }
        ')' => true,
        c => c.is_whitespace() || is_quote(c),
    };
    body.find(ends).unwrap_or(body.len())
}

fn is_quote(c: char) -> bool {
    matches!(c, '"' | '“' | '”' | '„' | '«' | '»')
}

pub(super) fn next_piece(text: &str) -> Option<(Piece<'_>, &str)> {
    let text = text.trim_start();
    if text.is_empty() {
        return None;
    }
    if let Some(bracket) = next_bracket(text) {
        return Some(bracket);
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
        Piece { negated: negated.is_some(), bracket: None, field, quoted, text: inner, whole }
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
    let end = word_end(body);
    let rest = body.get(end..).unwrap_or_default();
    Some((piece(false, body.get(..end).unwrap_or_default(), rest), rest))
}
