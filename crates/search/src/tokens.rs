//! What tantivy needs to read the strings of [`crate::analysis`]: they are cut at spaces, nothing else is decided here.

use tantivy::tokenizer::{Token, TokenStream, Tokenizer};

use crate::analysis::PAIR_SIGN;

/// How far apart the last word of a passage and the first of the next one are, so that no phrase reaches over.
const PASSAGE_GAP: usize = 16;

/// Words, apart by spaces and line feeds.
#[derive(Clone, Default)]
pub struct Spaced {
    token: Token,
}

/// The words of one string.
pub struct SpacedStream<'a> {
    rest: &'a str,
    at: usize,
    next_position: usize,
    token: &'a mut Token,
}

impl Tokenizer for Spaced {
    type TokenStream<'a> = SpacedStream<'a>;

    fn token_stream<'a>(&'a mut self, text: &'a str) -> SpacedStream<'a> {
        self.token.reset();
        SpacedStream { rest: text, at: 0, next_position: 0, token: &mut self.token }
    }
}

impl TokenStream for SpacedStream<'_> {
    fn advance(&mut self) -> bool {
        loop {
            let length = memchr::memchr2(b' ', b'\n', self.rest.as_bytes()).unwrap_or(self.rest.len());
            let Some((word, rest)) = self.rest.split_at_checked(length) else { return false };
            let position = self.next_position;
            let start = self.at;
            if rest.starts_with('\n') {
                self.next_position += PASSAGE_GAP;
            } else {
                self.next_position += 1;
            }
            self.rest = rest.get(1..).unwrap_or_default();
            self.at += length + 1;
            if !word.is_empty() {
                self.token.text.clear();
                self.token.text.push_str(word);
                self.token.position = position;
                self.token.offset_from = start;
                self.token.offset_to = start + length;
                return true;
            }
            if rest.is_empty() {
                return false;
            }
        }
    }

    fn token(&self) -> &Token {
        self.token
    }

    fn token_mut(&mut self) -> &mut Token {
        self.token
    }
}

/// Pairs of neighbouring words of one passage: `say com dua` → `say_com`, `com_dua`.
#[derive(Clone, Default)]
pub struct Pairs {
    token: Token,
}

/// The pairs of one string.
pub struct PairStream<'a> {
    rest: &'a str,
    before: &'a str,
    position: usize,
    token: &'a mut Token,
}

impl Tokenizer for Pairs {
    type TokenStream<'a> = PairStream<'a>;

    fn token_stream<'a>(&'a mut self, text: &'a str) -> PairStream<'a> {
        self.token.reset();
        PairStream { rest: text, before: "", position: 0, token: &mut self.token }
    }
}

impl TokenStream for PairStream<'_> {
    fn advance(&mut self) -> bool {
        while !self.rest.is_empty() {
            let length = memchr::memchr2(b' ', b'\n', self.rest.as_bytes()).unwrap_or(self.rest.len());
            let Some((word, rest)) = self.rest.split_at_checked(length) else { return false };
            let before = self.before;
            self.before = if rest.starts_with('\n') { "" } else { word };
            self.rest = rest.get(1..).unwrap_or_default();
            if !before.is_empty() && !word.is_empty() {
                self.token.text.clear();
                self.token.text.push_str(before);
                self.token.text.push(PAIR_SIGN);
                self.token.text.push_str(word);
                self.token.position = self.position;
                self.position += 1;
                return true;
            }
        }
        false
    }

    fn token(&self) -> &Token {
        self.token
    }

    fn token_mut(&mut self) -> &mut Token {
        self.token
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passages_are_far_apart_and_no_pair_reaches_over() {
        let mut spaced = Spaced::default();
        let mut stream = spaced.token_stream("say com\ndua\n");
        let mut seen = Vec::new();
        while stream.advance() {
            seen.push((stream.token().text.clone(), stream.token().position));
        }
        assert_eq!(seen, [("say".into(), 0), ("com".into(), 1), ("dua".into(), 17)]);

        let mut pairs = Pairs::default();
        let mut stream = pairs.token_stream("say com dua\nxiem xanh");
        let mut seen = Vec::new();
        while stream.advance() {
            seen.push(stream.token().text.clone());
        }
        assert_eq!(seen, ["say_com", "com_dua", "xiem_xanh"]);
    }
}
