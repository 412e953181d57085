//! The text of a listing that its vector is made of: what it is called and what it says it is about.
//!
//! One text for each listing, in the language it was written in: the model leads to the other one. Only what the approved
//! content shows to others goes in; private terms and what is confided are in no content.

use base::text::Origin;
use base::{Lang, Localised};
use listings::content::Content;
use sha2::{Digest, Sha256};

/// The most characters of the short text: a model reads some hundred words, and what it costs grows with them.
const ABOUT_CHARS: usize = 1_200;

/// What the vector of a listing stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Gist {
    pub(crate) text: String,
    pub(crate) lang: Lang,
    /// Of the text: whether a vector is that of a content is seen without keeping the text beside it.
    pub(crate) hash: i64,
    /// JSON pointer to the longer of its texts, with the language: `/problem/vi`.
    pub(crate) pointer: String,
    /// Whether it is the title and another text, and not the title alone.
    pub(crate) has_about: bool,
}

/// The language in which a text was written first.
fn written_in(text: &Localised) -> Lang {
    let original =
        Lang::ALL.into_iter().find(|lang| text.get(*lang).is_some() && text.0.get(lang).is_some_and(|t| t.origin == Origin::Original));
    original.unwrap_or_else(|| text.spoken(Lang::Vi))
}

/// What a content says it is about; none without a title.
pub(crate) fn gist(content: &Content) -> Option<Gist> {
    let lang = written_in(content.title());
    let title = content.title().get(lang)?;
    let place = match content {
        Content::Technology(_) => "summary",
        Content::IpAsset(_) => "abstract",
        Content::Need(_) => "problem",
    };
    let about = content.summary().get(lang).map(|about| {
        let end = about.char_indices().nth(ABOUT_CHARS).map_or(about.len(), |(at, _)| at);
        about.get(..end).unwrap_or(about)
    });
    let text = about.map_or_else(|| title.to_owned(), |about| format!("{title}\n{about}"));
    let digest = Sha256::digest(text.as_bytes());
    let hash = digest.first_chunk().map_or(0, |bytes| i64::from_le_bytes(*bytes));
    let pointer = if about.is_some() { format!("/{place}/{lang}") } else { format!("/title/{lang}") };
    Some(Gist { text, lang, hash, pointer, has_about: about.is_some() })
}

#[cfg(test)]
mod tests {
    use listings::content::{Need, Technology};

    use super::*;

    fn need(title: Localised, problem: Localised) -> Content {
        Content::Need(Box::new(Need { title, problem, ..Need::default() }))
    }

    #[test]
    fn it_is_title_and_short_text_in_the_language_of_the_author() {
        let mut title = Localised::of(Lang::Vi, "Máy sấy");
        title.0.extend(Localised::of(Lang::En, "Dryer").0);
        title.0.get_mut(&Lang::Vi).unwrap().origin = Origin::Machine;
        let found = gist(&need(title, Localised::of(Lang::En, "Coconut turns yellow"))).unwrap();
        assert_eq!((found.text.as_str(), found.pointer.as_str()), ("Dryer\nCoconut turns yellow", "/problem/en"));
        let found = gist(&need(Localised::of(Lang::Vi, "Cần máy sấy"), Localised::default())).unwrap();
        assert_eq!((found.text.as_str(), found.pointer.as_str(), found.has_about), ("Cần máy sấy", "/title/vi", false));
        assert!(gist(&need(Localised::default(), Localised::of(Lang::Vi, "Không có tên"))).is_none());
    }

    #[test]
    fn another_text_has_another_hash_and_other_fields_change_nothing() {
        let offer = |summary: &str, trl| {
            let title = Localised::of(Lang::Vi, "Máy sấy");
            Content::Technology(Box::new(Technology { title, summary: Localised::of(Lang::Vi, summary), trl, ..Technology::default() }))
        };
        let hash = |content: &Content| gist(content).unwrap().hash;
        assert_eq!(hash(&offer("Sấy cơm dừa", None)), hash(&offer("Sấy cơm dừa", Some(7))));
        assert_ne!(hash(&offer("Sấy cơm dừa", None)), hash(&offer("Sấy cơm dứa", None)));
    }

    #[test]
    fn a_long_text_is_cut_between_characters() {
        let found = gist(&need(Localised::of(Lang::Vi, "Cần"), Localised::of(Lang::Vi, "ấ".repeat(5_000)))).unwrap();
        assert_eq!(found.text.chars().count(), 4 + ABOUT_CHARS);
    }
}
