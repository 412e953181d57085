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
/// So much of a long text is looked through at a time.
const STRIDE_BYTES: usize = 600;

/// What is shown of a result, as HTML with `<mark>` alone.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Highlights {
    /// The title.
    pub title: String,
    /// The part of the texts with the most of what was looked for; the beginning where there is none of it.
    pub snippet: String,
    /// The language that part is in.
    pub snippet_lang: Lang,
}

/// The words to be marked.
#[derive(Debug, Default)]
pub(crate) struct Words {
    // A handful each: looking through them is quicker than hashing every word of every text.
    folded: Vec<String>,
    exact: Vec<String>,
    stems: Vec<String>,
    prefixes: Vec<String>,
    /// Exact words of what stands in for words, which count only so.
    others: HashSet<String>,
    /// With which ASCII letters and digits any of these begins, folded: one bit each.
    begins: u128,
}

impl Words {
    pub(crate) fn new(parsed: &Parsed, expansions: &[Expansion]) -> Self {
        let mut words = Self::default();
        for word in &parsed.words {
            add(&mut words.folded, &word.folded);
            if word.marked {
                add(&mut words.exact, &word.exact);
            } else {
                add(&mut words.stems, &stem(&word.folded));
            }
        }
        for clause in parsed.clauses.iter().filter(|c| !c.negated) {
            words.prefixes.extend(clause.any.iter().filter_map(|a| if let Atom::Prefix(p) = a { Some(p.folded.clone()) } else { None }));
        }
        for word in expansions.iter().flat_map(|e| &e.terms).flat_map(|t| &t.words) {
            words.others.insert(word.exact.clone());
            words.begins |= bit(word.folded.chars().next().unwrap_or_default());
        }
        let own = words.folded.iter().chain(&words.stems).chain(&words.prefixes);
        words.begins |= own.filter_map(|w| w.chars().next()).fold(0, |all, first| all | bit(first));
        words
    }

    /// The title and an excerpt in the reader's language. The long texts are asked for only where the short one has nothing of
    /// what was looked for.
    ///
    /// # Errors
    /// Those of `body`.
    pub(crate) fn highlights<E>(
        &self,
        card: &Card,
        lang: Lang,
        body: impl FnOnce() -> Result<BTreeMap<Lang, String>, E>,
    ) -> Result<Highlights, E> {
        let title = card.title(lang);
        let title_lang = if card.title.contains_key(&lang) { lang } else { other(lang) };
        let title = mark(title, &self.spans(title, title_lang), 0, title.len());
        let summary = card.summary(lang);
        let summary_lang = if card.summary.contains_key(&lang) { lang } else { other(lang) };
        let spans = self.spans(summary, summary_lang);
        if spans.is_empty() {
            let body = body()?;
            let text = best(&body, lang).unwrap_or_default();
            if !text.is_empty() {
                let snippet_lang = if body.contains_key(&lang) { lang } else { other(lang) };
                return Ok(Highlights { title, snippet: excerpt(text, &self.enough(text, snippet_lang)), snippet_lang });
            }
        }
        Ok(Highlights { title, snippet: excerpt(summary, &spans), snippet_lang: summary_lang })
    }

    /// Where the words stand in a long text, up to a part that has as many of them as there are.
    fn enough(&self, text: &str, lang: Lang) -> Vec<(usize, usize)> {
        let mut found = Found::default();
        let mut from = 0;
        while from < text.len() {
            let end = text.ceil_char_boundary(from + STRIDE_BYTES);
            let to = text.get(end..).and_then(|rest| rest.find(char::is_whitespace)).map_or(text.len(), |at| end + at);
            self.look(text.get(from..to).unwrap_or_default(), from, lang, &mut found);
            if fullest(&found.exact).0 >= self.folded.len().max(1) {
                return whole(found.exact);
            }
            from = to;
        }
        found.spans()
    }

    /// Where the words stand in a text: the exact ones if there are any, else those that differ by marks alone.
    fn spans(&self, text: &str, lang: Lang) -> Vec<(usize, usize)> {
        let mut found = Found::default();
        self.look(text, 0, lang, &mut found);
        found.spans()
    }

    /// Adds where the words stand in a part of a text that begins at `from`.
    fn look(&self, part: &str, from: usize, lang: Lang, found: &mut Found) {
        if self.folded.is_empty() && self.prefixes.is_empty() && self.others.is_empty() {
            return;
        }
        // A stored text is NFC, so the places are places in it.
        analysis::words_where(
            part,
            |first| self.can_begin(first),
            |word| {
                let span = (from + word.start, from + word.end);
                let folded = self.folded.contains(&word.folded)
                    || (lang == Lang::En && self.has_stem(&word.folded))
                    || self.prefixes.iter().any(|p| word.folded.starts_with(p));
                if self.others.contains(&word.exact) {
                    found.loose.push(span);
                    found.exact.push(span);
                } else if folded {
                    found.loose.push(span);
                    if self.exact.is_empty() || self.exact.contains(&word.exact) || !word.marked {
                        found.exact.push(span);
                    }
                }
            },
        );
    }

    /// Whether a word that is looked for can begin so.
    fn can_begin(&self, first: char) -> bool {
        !first.is_ascii() || self.begins & bit(first) != 0
    }

    /// Whether a word has one of the stems; only words that begin as one are worth the stemmer.
    fn has_stem(&self, folded: &str) -> bool {
        let first = folded.bytes().next();
        if !self.stems.iter().any(|s| s.bytes().next() == first) {
            return false;
        }
        let stem = stem(folded);
        self.stems.iter().any(|s| *s == stem)
    }
}

/// The bit of an ASCII character; none for others.
fn bit(c: char) -> u128 {
    if c.is_ascii() { 1 << u32::from(c) } else { 0 }
}

fn add(words: &mut Vec<String>, word: &str) {
    if !words.iter().any(|w| w == word) {
        words.push(word.to_owned());
    }
}

/// Where words were found: with their marks, and whatever the marks.
#[derive(Default)]
struct Found {
    exact: Vec<(usize, usize)>,
    loose: Vec<(usize, usize)>,
}

impl Found {
    fn spans(self) -> Vec<(usize, usize)> {
        whole(if self.exact.is_empty() { self.loose } else { self.exact })
    }
}

/// A whole such as ESP-32 covers its parts.
fn whole(mut spans: Vec<(usize, usize)>) -> Vec<(usize, usize)> {
    spans.sort_unstable_by_key(|(start, end)| (*start, std::cmp::Reverse(*end)));
    let mut covered = 0;
    spans.retain(|(start, end)| {
        let free = *start >= covered;
        covered = covered.max(*end);
        free
    });
    spans
}

/// How many spans an excerpt can have at most, and where it begins.
fn fullest(spans: &[(usize, usize)]) -> (usize, usize) {
    let mut best = (0, 0);
    for (n, (start, _)) in spans.iter().enumerate() {
        let within = spans.iter().skip(n).take_while(|(_, end)| *end <= start + EXCERPT_BYTES).count();
        if within > best.0 {
            best = (within, *start);
        }
    }
    best
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
    let best = fullest(spans);
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
    let mut done = 0;
    for (at, byte) in text.bytes().enumerate() {
        let entity = match byte {
            b'&' => "&amp;",
            b'<' => "&lt;",
            b'>' => "&gt;",
            b'"' => "&quot;",
            b'\'' => "&#39;",
            _ => continue,
        };
        out.push_str(text.get(done..at).unwrap_or_default());
        out.push_str(entity);
        done = at + 1;
    }
    out.push_str(text.get(done..).unwrap_or_default());
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::query::parse;

    fn marked(query: &str, text: &str) -> String {
        let words = Words::new(&parse(query, &base::Vocabularies::default()).unwrap(), &[]);
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
        let words = Words::new(&parse("dua say", &base::Vocabularies::default()).unwrap(), &[]);
        let part = excerpt(&text, &words.spans(&text, Lang::Vi));
        assert!(part.starts_with("… ") && part.ends_with(" …") && part.contains("<mark>dừa</mark> <mark>sấy</mark>"), "{part}");
        assert!(part.len() < EXCERPT_BYTES * 2);
    }
}
