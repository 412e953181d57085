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

/// The sentence `key` for a reader of `lang`. Arguments that are whole numbers choose plurals.
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

/// The most digits of a count: with more, a number would not come back as it was written.
const DIGITS_MAX: usize = 15;

/// A count is a number. Whatever else looks like one stays the text it is, or it would be written anew: a code such as `02`, a
/// telephone number with its sign, somebody called Nan.
fn value(text: &str) -> FluentValue<'_> {
    let is_whole = (1..=DIGITS_MAX).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit());
    let is_count = is_whole && (text == "0" || !text.starts_with('0'));
    if is_count { FluentValue::try_number(text) } else { FluentValue::from(text) }
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
    fn names_and_figures_stay_as_they_were_written() {
        let texts = [
            "Nan",
            "inf",
            "infinity",
            "+84912345678",
            "-1",
            "1e5",
            "007",
            "00",
            "1.50",
            "1.234",
            "1,234",
            ".5",
            "",
            "١",
            "9007199254740993",
            "0",
            "7",
            "2026",
            "999999999999999",
        ];
        for text in texts {
            for lang in Lang::ALL {
                let said = say(lang, "fault-unknown-code", &[("code", text), ("list", text)]);
                assert!(said.contains(&format!("“{text}”")), "{text}: {said}");
            }
        }
    }

    #[test]
    fn one_is_told_in_the_singular_and_other_counts_in_the_plural() {
        let found = |count: &str| say(Lang::En, "found", &[("count", count)]);
        assert_eq!(found("1"), "1 result");
        for count in ["0", "2", "21", "1,234", "1.5"] {
            assert_eq!(found(count), format!("{count} results"));
        }
    }

    #[test]
    fn a_sentence_carries_its_figures_as_typed() {
        assert!(say(Lang::En, "fault-unknown-code", &[("code", "02"), ("list", "x")]).contains("“02”"));
        assert_eq!(say(Lang::En, "fault-too-long", &[("max", "256"), ("length", "300")]), "At most 256 characters; this has 300.");
    }
}
