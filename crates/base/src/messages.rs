//! Every sentence a person reads, by key and language, from `crates/base/messages/<language>/*.ftl` (Project Fluent).
//!
//! A test holds that both languages have the same keys with the same arguments.

use std::borrow::Cow;
use std::collections::HashMap;

use fluent_templates::fluent_bundle::FluentValue;
use fluent_templates::{LanguageIdentifier, Loader, static_loader};
use unic_langid::langid;

use crate::Lang;

static_loader! {
    static MESSAGES = {
        locales: "./messages",
        fallback_language: "vi",
        customise: |bundle| {
            // Without this, HTML would get invisible isolation marks around every argument.
            bundle.set_use_isolating(false);
        },
    };
}

const VI: LanguageIdentifier = langid!("vi");
const EN: LanguageIdentifier = langid!("en");

/// The sentence `key` for a reader of `lang`. Arguments that look like whole numbers choose plurals.
/// A key that no file has comes back as itself, so that a gap is seen and nothing breaks.
#[must_use]
pub fn say(lang: Lang, key: &str, args: &[(&str, &str)]) -> String {
    let id = match lang {
        Lang::Vi => &VI,
        Lang::En => &EN,
    };
    let args: HashMap<Cow<'static, str>, FluentValue<'_>> = args.iter().map(|(k, v)| (Cow::Owned((*k).to_owned()), value(v))).collect();
    MESSAGES.try_lookup_with_args(id, key, &args).unwrap_or_else(|| key.to_owned())
}

/// What looks like a number is one; a code such as `02` is none.
fn value(text: &str) -> FluentValue<'_> {
    let is_code = text.len() > 1 && text.starts_with('0') && text.bytes().all(|b| b.is_ascii_digit());
    if is_code { FluentValue::from(text) } else { FluentValue::try_number(text) }
}

/// The sentence of a fault's code. What is said in both languages, as `note_vi` and `note_en`, is its `note` for the reader.
#[must_use]
pub fn fault(lang: Lang, code: &str, args: &[(&str, &str)]) -> String {
    let own = format!("note_{}", lang.code());
    let note = args.iter().find(|(name, _)| *name == own).map_or("", |(_, note)| *note);
    let args = [args, &[("note", note)]].concat();
    say(lang, &format!("fault-{}", code.replace('_', "-")), &args).trim_end().to_owned()
}

/// True if the key has a sentence.
#[must_use]
pub fn has(lang: Lang, key: &str) -> bool {
    say(lang, key, &[]) != key
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use super::*;

    /// The keys of a language's files and the arguments each names.
    fn keys(lang: &str) -> BTreeMap<String, BTreeSet<String>> {
        let mut keys: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/messages/");
        for file in std::fs::read_dir(format!("{folder}{lang}")).unwrap() {
            let text = std::fs::read_to_string(file.unwrap().path()).unwrap();
            let mut current = None;
            for line in text.lines().filter(|l| !l.starts_with('#')) {
                if let Some((key, _)) = line.split_once('=')
                    && !line.starts_with([' ', '\t', '}'])
                {
                    let key = key.trim().to_owned();
                    assert!(keys.insert(key.clone(), BTreeSet::new()).is_none(), "{key} stands twice");
                    current = Some(key);
                }
                for (at, _) in line.match_indices("{ $").chain(line.match_indices("{$")) {
                    let rest = line[at..].trim_start_matches(['{', ' ', '$']);
                    let name: String = rest.chars().take_while(|c| c.is_alphanumeric() || *c == '_' || *c == '-').collect();
                    keys.get_mut(current.as_ref().unwrap()).unwrap().insert(name);
                }
            }
        }
        keys
    }

    #[test]
    fn both_languages_have_the_same_keys_with_the_same_arguments() {
        let (vi, en) = (keys("vi"), keys("en"));
        assert!(!vi.is_empty());
        for (key, args) in &vi {
            assert_eq!(en.get(key), Some(args), "{key}");
        }
        for key in en.keys() {
            assert!(vi.contains_key(key), "{key} is missing in Vietnamese");
        }
    }

    #[test]
    fn a_sentence_carries_its_figures_as_typed() {
        assert!(say(Lang::En, "fault-unknown-code", &[("code", "02"), ("list", "x")]).contains("“02”"));
        assert_eq!(say(Lang::En, "fault-too-long", &[("max", "256"), ("length", "300")]), "At most 256 characters; this has 300.");
    }
}
