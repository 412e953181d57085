//! Two texts side by side with what changed marked, word by word.

use base::Lang;
use similar::{ChangeTag, TextDiff};

use super::fields::Told;

/// A line of a comparison: a field as it was and as it is.
pub(super) struct Pair {
    /// Where a note on it goes.
    pub field: String,
    /// What it is called.
    pub label: String,
    /// The language of the text, where it is not the reader's.
    pub lang: Option<&'static str>,
    /// As it was, as HTML with what went in `<del>`.
    pub before_html: String,
    /// As it is, as HTML with what came in `<ins>`.
    pub after_html: String,
    /// Whether the two differ.
    pub is_changed: bool,
}

/// Both contents in the order of the newer; `only_changed` leaves out what is the same.
pub(super) fn compare(before: &[Told], after: &[Told], lang: Lang, only_changed: bool) -> Vec<Pair> {
    let find = |lines: &[Told], at: &str| lines.iter().find(|l| l.at == at).map(|l| l.text.clone()).unwrap_or_default();
    let gone = before.iter().filter(|l| !after.iter().any(|other| other.at == l.at));
    after
        .iter()
        .chain(gone)
        .map(|line| (line, find(before, &line.at), find(after, &line.at)))
        .filter(|(_, old, new)| !only_changed || old != new)
        .map(|(line, old, new)| {
            let (before_html, after_html) = marked(&old, &new);
            Pair {
                field: line.field.clone(),
                label: line.label.clone(),
                lang: line.lang.filter(|l| *l != lang).map(Lang::code),
                is_changed: old != new,
                before_html,
                after_html,
            }
        })
        .collect()
}

/// Text for HTML.
pub(super) fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            '\n' => out.push_str("<br>"),
            c => out.push(c),
        }
    }
    out
}

fn marked(before: &str, after: &str) -> (String, String) {
    if before == after {
        return (escaped(before), escaped(after));
    }
    // Nothing to find where one of them is empty: the whole came or went.
    let diff = TextDiff::from_unicode_words(before, after);
    let (mut old, mut new) = (String::new(), String::new());
    for change in diff.iter_all_changes() {
        let text = escaped(change.value());
        match change.tag() {
            ChangeTag::Equal => {
                old.push_str(&text);
                new.push_str(&text);
            }
            ChangeTag::Delete => old.push_str(&format!("<del>{text}</del>")),
            ChangeTag::Insert => new.push_str(&format!("<ins>{text}</ins>")),
        }
    }
    (old.replace("</del><del>", ""), new.replace("</ins><ins>", ""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_changed_is_marked_and_nothing_of_it_is_html() {
        let (old, new) = marked("Sấy 14 giờ ở 60 °C", "Sấy 5 giờ ở 60 °C <b>");
        assert_eq!(old, "Sấy <del>14</del> giờ ở 60 °C");
        assert_eq!(new, "Sấy <ins>5</ins> giờ ở 60 °C<ins> &lt;b&gt;</ins>");
        assert_eq!(marked("a\nb", "a\nb").0, "a<br>b");
    }

    #[test]
    fn lines_that_went_come_last_and_the_same_ones_can_be_left_out() {
        let line = |at: &str, text: &str| Told { at: at.into(), field: at.into(), label: at.into(), lang: None, text: text.into() };
        let before = [line("/a", "1"), line("/b", "2")];
        let after = [line("/c", "3"), line("/a", "1")];
        let all = compare(&before, &after, Lang::Vi, false);
        assert_eq!(all.iter().map(|p| (p.label.as_str(), p.is_changed)).collect::<Vec<_>>(), [("/c", true), ("/a", false), ("/b", true)]);
        assert_eq!(compare(&before, &after, Lang::Vi, true).len(), 2);
    }
}
