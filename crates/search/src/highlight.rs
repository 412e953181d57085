//! What of a result is shown, with the words that were looked for marked.
//!
//! Works on the stored text, not on the index: `may say` marks "máy sấy", since both have the same folded words. The
//! result is HTML in which nothing but `<mark>` is a tag. Never here: Markdown; an excerpt shows its text as it is.

use std::collections::{BTreeMap, HashSet};

use base::Lang;
use serde::{Deserialize, Serialize};

use crate::analysis::{self, stem};
use crate::card::{Card, best};
use crate::query::{Atom, Parsed};
use crate::synonyms::Expansion;

/// About how many bytes an excerpt has.
const EXCERPT_BYTES: usize = 280;

/// What is shown of a result, as HTML with `<mark>` alone.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Highlights {
    /// The title.
    pub title: String,
    /// The part of the texts with the most of what was looked for; the beginning where there is none of it.
    pub snippet: String,
}

/// The words to be marked.
#[derive(Debug, Default)]
pub(crate) struct Words {
    folded: HashSet<String>,
    exact: HashSet<String>,
    stems: HashSet<String>,
    prefixes: Vec<String>,
    /// Exact words of what stands in for words, which count only so.
    others: HashSet<String>,
}

impl Words {
    pub(crate) fn new(parsed: &Parsed, expansions: &[Expansion]) -> Self {
        let mut words = Self::default();
        for word in &parsed.words {
            words.folded.insert(word.folded.clone());
            if word.marked {
                words.exact.insert(word.exact.clone());
            } else {
                words.stems.insert(stem(&word.folded).into_owned());
            }
        }
        for clause in parsed.clauses.iter().filter(|c| !c.negated) {
            words.prefixes.extend(clause.any.iter().filter_map(|a| if let Atom::Prefix(p) = a { Some(p.clone()) } else { None }));
        }
        for word in expansions.iter().flat_map(|e| &e.terms).flat_map(|t| &t.words) {
            words.others.insert(word.exact.clone());
        }
        words
    }

    /// The title and an excerpt in the reader's language.
    pub(crate) fn highlights(&self, card: &Card, body: &BTreeMap<Lang, String>, lang: Lang) -> Highlights {
        let title = card.title(lang);
        let title_lang = if card.title.contains_key(&lang) { lang } else { other(lang) };
        let title = mark(title, &self.spans(title, title_lang), 0, title.len());
        let (summary, text) = (card.summary(lang), best(body, lang).unwrap_or_default());
        let text_lang = if body.contains_key(&lang) { lang } else { other(lang) };
        // The short text where it has what was looked for, else the best part of all.
        let spans = self.spans(summary, if card.summary.contains_key(&lang) { lang } else { other(lang) });
        let snippet =
            if spans.is_empty() && !text.is_empty() { excerpt(text, &self.spans(text, text_lang)) } else { excerpt(summary, &spans) };
        Highlights { title, snippet }
    }

    /// Where the words stand in a text: the exact ones if there are any, else those that differ by marks alone.
    fn spans(&self, text: &str, lang: Lang) -> Vec<(usize, usize)> {
        if self.folded.is_empty() && self.prefixes.is_empty() && self.others.is_empty() {
            return Vec::new();
        }
        let (mut exact, mut loose) = (Vec::new(), Vec::new());
        // A stored text is NFC, so the places are places in it.
        analysis::words(text, |word| {
            let span = (word.start, word.end);
            let same_stem = lang == Lang::En && !self.stems.is_empty() && self.stems.contains(stem(&word.folded).as_ref());
            let folded = self.folded.contains(&word.folded) || same_stem || self.prefixes.iter().any(|p| word.folded.starts_with(p));
            if self.others.contains(&word.exact) {
                loose.push(span);
                exact.push(span);
            } else if folded {
                loose.push(span);
                if self.exact.is_empty() || self.exact.contains(&word.exact) || !word.marked {
                    exact.push(span);
                }
            }
        });
        let mut spans = if exact.is_empty() { loose } else { exact };
        // A whole such as ESP-32 covers its parts.
        spans.sort_unstable_by_key(|(start, end)| (*start, std::cmp::Reverse(*end)));
        let mut covered = 0;
        spans.retain(|(start, end)| {
            let free = *start >= covered;
            covered = covered.max(*end);
            free
        });
        spans
    }
}

fn other(lang: Lang) -> Lang {
    match lang {
        Lang::Vi => Lang::En,
        Lang::En => Lang::Vi,
    }
}

/// The part of a text with the most marks, cut between words.
fn excerpt(text: &str, spans: &[(usize, usize)]) -> String {
    if text.len() <= EXCERPT_BYTES {
        return mark(text, spans, 0, text.len());
    }
    let mut best = (0, 0);
    for (n, (start, _)) in spans.iter().enumerate() {
        let within = spans.iter().skip(n).take_while(|(_, end)| *end <= start + EXCERPT_BYTES).count();
        if within > best.0 {
            best = (within, *start);
        }
    }
    // A little of what stands before.
    let from = if best.1 < EXCERPT_BYTES / 4 { 0 } else { best.1 - EXCERPT_BYTES / 6 };
    let from = word_start(text, from, best.1);
    let to = text.floor_char_boundary(from + EXCERPT_BYTES);
    let to = if to < text.len() { text.get(from..to).and_then(|t| t.rfind(char::is_whitespace)).map_or(to, |at| from + at) } else { to };
    let mut out = String::new();
    if from > 0 {
        out.push_str("… ");
    }
    out.push_str(&mark(text, spans, from, to));
    if to < text.len() {
        out.push_str(" …");
    }
    out
}

/// The first start of a word from `from` on, at the latest `last`.
fn word_start(text: &str, from: usize, last: usize) -> usize {
    if from == 0 {
        return 0;
    }
    let from = text.ceil_char_boundary(from);
    text.get(from..last)
        .and_then(|t| t.char_indices().find(|(_, c)| c.is_whitespace()))
        .map_or(last.min(text.len()), |(at, c)| from + at + c.len_utf8())
}

/// The text from `from` to `to`, escaped, with the spans marked.
fn mark(text: &str, spans: &[(usize, usize)], from: usize, to: usize) -> String {
    let mut out = String::with_capacity(to.saturating_sub(from) + 32);
    let mut done = from;
    for (start, end) in spans.iter().filter(|(start, end)| *start >= from && *end <= to) {
        escape(text.get(done..*start).unwrap_or_default(), &mut out);
        out.push_str("<mark>");
        escape(text.get(*start..*end).unwrap_or_default(), &mut out);
        out.push_str("</mark>");
        done = *end;
    }
    escape(text.get(done..to).unwrap_or_default(), &mut out);
    out
}

fn escape(text: &str, out: &mut String) {
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            _ => out.push(c),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::query::parse;

    fn marked(query: &str, text: &str) -> String {
        let words = Words::new(&parse(query).unwrap(), &[]);
        mark(text, &words.spans(text, Lang::Vi), 0, text.len())
    }

    #[test]
    fn words_without_marks_mark_words_with_marks() {
        assert_eq!(marked("may say", "Máy sấy dừa"), "<mark>Máy</mark> <mark>sấy</mark> dừa");
        assert_eq!(marked("dừa", "Dừa và dứa"), "<mark>Dừa</mark> và dứa");
        assert_eq!(marked("dừa", "Chỉ có dứa"), "Chỉ có <mark>dứa</mark>");
        assert_eq!(marked("esp32", "Mạch ESP-32 mới"), "Mạch <mark>ESP-32</mark> mới");
    }

    #[test]
    fn what_looks_like_html_is_text() {
        assert_eq!(
            marked("dua", "<b onclick='x'>dừa</b> & \"muối\""),
            "&lt;b onclick=&#39;x&#39;&gt;<mark>dừa</mark>&lt;/b&gt; &amp; &quot;muối&quot;"
        );
    }

    #[test]
    fn an_excerpt_is_where_the_words_are() {
        let text = format!("{} cơm dừa sấy {}", "một hai ba ".repeat(60), "bốn năm ".repeat(60));
        let words = Words::new(&parse("dua say").unwrap(), &[]);
        let part = excerpt(&text, &words.spans(&text, Lang::Vi));
        assert!(part.starts_with("… ") && part.ends_with(" …") && part.contains("<mark>dừa</mark> <mark>sấy</mark>"), "{part}");
        assert!(part.len() < EXCERPT_BYTES * 2);
    }
}
