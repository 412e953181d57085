//! Texts that people wrote, as HTML that can do no harm: a subset of Markdown, and plain paragraphs.

use std::collections::{HashMap, HashSet};
use std::sync::LazyLock;

use ammonia::Builder;
use base::{Lang, Localised};
use comrak::nodes::NodeValue;
use comrak::{Arena, Options, format_html, parse_document};

use super::versus::escaped;

/// A text for the page: in the reader's language, or in another with that language said.
#[derive(Clone, Debug)]
pub(super) struct Words {
    /// The words.
    pub text: String,
    /// The language, where it is not the page's.
    pub lang: Option<&'static str>,
}

impl Words {
    /// The attribute that says their language, where it is not the page's (WCAG 3.1.2).
    pub fn attribute(&self) -> &'static str {
        language_attribute(self.lang)
    }

    /// The text, split at its line breaks.
    pub fn paragraphs(&self) -> impl Iterator<Item = &str> {
        self.text.split('\n').map(str::trim).filter(|p| !p.is_empty())
    }
}

/// The attribute of words in a language of their own.
pub(super) fn language_attribute(lang: Option<&str>) -> &'static str {
    match lang {
        Some("vi") => " lang=\"vi\"",
        Some("en") => " lang=\"en\"",
        _ => "",
    }
}

/// The best text for a reader.
pub(super) fn words(text: &Localised, lang: Lang) -> Option<Words> {
    let found = text.best(lang)?;
    let written_in = if text.get(lang).is_some() { None } else { Lang::ALL.into_iter().find(|l| text.get(*l).is_some()) };
    Some(Words { text: found.to_owned(), lang: written_in.map(Lang::code) })
}

/// So many bytes of HTML a text may become, and so many for each of its own.
const MARKUP_BYTES: usize = 4_000;
const MARKUP_SHARE: usize = 4;

/// The second lock behind `escape`: these tags and no other.
static CLEANER: LazyLock<Builder<'static>> = LazyLock::new(|| {
    let mut builder = Builder::new();
    builder
        .tags(HashSet::from(["p", "strong", "em", "ul", "ol", "li", "a", "br", "code", "pre", "blockquote", "h3", "h4"]))
        .tag_attributes(HashMap::from([("a", HashSet::from(["href"]))]))
        .generic_attributes(HashSet::new())
        .url_schemes(HashSet::from(["http", "https", "mailto"]))
        .link_rel(Some("nofollow ugc noopener"));
    builder
});

/// Markdown as HTML. Raw HTML in it is shown as text; its headings rank below the page's own. Markup that says far more than its
/// words, such as quotes within quotes without end, is shown as it was typed, so that no page becomes heavy by it.
pub(super) fn markdown(text: &str) -> String {
    let html = marked_up(text);
    if html.len() <= MARKUP_BYTES + MARKUP_SHARE * text.len() {
        return html;
    }
    text.lines().filter(|line| !line.trim().is_empty()).map(|line| format!("<p>{}</p>", escaped(line))).collect()
}

fn marked_up(text: &str) -> String {
    let mut options = Options::default();
    options.render.escape = true;
    let arena = Arena::new();
    let root = parse_document(&arena, text, &options);
    for node in root.descendants() {
        if let NodeValue::Heading(heading) = &mut node.data.borrow_mut().value {
            heading.level = heading.level.saturating_add(2).clamp(3, 4);
        }
    }
    let mut html = String::new();
    if format_html(root, &options, &mut html).is_err() {
        return String::new();
    }
    CLEANER.clean(&html).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_without_end_are_shown_as_they_were_typed() {
        let html = markdown(&">".repeat(4_000));
        assert!(html.starts_with("<p>&gt;&gt;") && html.len() < 20_000, "{}", html.len());
        let list = "- một\n".repeat(1_000);
        assert!(markdown(&list).contains("<li>một</li>"));
    }

    #[test]
    fn markdown_can_do_no_harm() {
        let html = markdown(
            "# Bước 1\n\n**đậm** <script>alert(1)</script>\n\n<img src=x onerror=y>\n\n[a](javascript:x) [b](https://example.org \"t\")",
        );
        assert!(html.contains("<h3>Bước 1</h3>") && html.contains("<strong>đậm</strong>"), "{html}");
        for bad in ["<script", "<img", "javascript:", "title="] {
            assert!(!html.contains(bad), "{bad} in {html}");
        }
        assert!(html.contains("href=\"https://example.org\" rel=\"nofollow ugc noopener\""), "{html}");
    }

    #[test]
    fn a_text_in_another_language_says_so() {
        let text = Localised::of(Lang::Vi, "một\n\nhai");
        let found = words(&text, Lang::En).unwrap();
        assert_eq!((found.lang, found.paragraphs().count()), (Some("vi"), 2));
        assert_eq!(words(&text, Lang::Vi).unwrap().lang, None);
    }
}
