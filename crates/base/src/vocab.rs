//! Vocabularies: lists of codes with names in both languages, dated, with their source; data, never code.
//!
//! A code that has ended stays readable for ever; only new content may not choose it.

use std::collections::{BTreeMap, HashMap};
use std::sync::OnceLock;

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{Code, Faults, Lang, defaults};

/// One entry of a vocabulary.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Term {
    /// The code, unique among the entries in force on one day.
    pub code: Code,
    /// The name in Vietnamese.
    pub vi: String,
    /// The name in English.
    pub en: String,
    /// The code of the entry above it: of the same list, or of the one that the list's `parents` names.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent: Option<Code>,
    /// The first day it may be chosen.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<NaiveDate>,
    /// The last day it may be chosen.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<NaiveDate>,
    /// A plain explanation in Vietnamese.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note_vi: Option<String>,
    /// A plain explanation in English.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note_en: Option<String>,
}

impl Term {
    /// The name in a language.
    #[must_use]
    pub fn name(&self, lang: Lang) -> &str {
        match lang {
            Lang::Vi => &self.vi,
            Lang::En => &self.en,
        }
    }

    /// Whether it may be chosen on `day`.
    #[must_use]
    pub fn in_force(&self, day: NaiveDate) -> bool {
        self.from.is_none_or(|from| from <= day) && self.to.is_none_or(|to| day <= to)
    }
}

/// One list of codes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Vocabulary {
    /// The list's own name, as in the file's name.
    pub code: String,
    /// The edition.
    pub version: String,
    /// Where it is from.
    pub source: String,
    /// The list's title in Vietnamese.
    pub vi: String,
    /// The list's title in English.
    pub en: String,
    /// The list that the entries lie below, where that is another one: communes lie below provinces.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parents: Option<String>,
    /// The entries, in the order they are shown.
    #[serde(rename = "term", alias = "terms")]
    #[schema(rename = "term")]
    pub terms: Vec<Term>,
    #[serde(skip)]
    #[schema(ignore)]
    places: Places,
}

/// Where the latest entry of each code stands, found out at the first question. Says nothing that the entries do not.
#[derive(Clone, Debug, Default)]
struct Places(OnceLock<HashMap<String, usize>>);

impl PartialEq for Places {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Eq for Places {}

impl Vocabulary {
    /// Reads one file.
    ///
    /// # Errors
    /// [`VocabularyError`] with file and line.
    pub fn parse(path: &str, text: &str) -> Result<Self, VocabularyError> {
        let list: Self = toml::from_str(text).map_err(|e| VocabularyError { path: path.to_owned(), what: e.to_string() })?;
        let fault = |what: String| VocabularyError { path: path.to_owned(), what };
        let mut seen: BTreeMap<(&Code, Option<NaiveDate>), ()> = BTreeMap::new();
        for term in &list.terms {
            if term.code.as_str().is_empty() || term.vi.is_empty() || term.en.is_empty() {
                return Err(fault(format!("entry {:?} needs a code and a name in both languages", term.code.as_str())));
            }
            if seen.insert((&term.code, term.from), ()).is_some() {
                return Err(fault(format!("code {:?} stands twice", term.code.as_str())));
            }
            if let Some(parent) = &term.parent
                && list.parents.is_none()
                && !list.terms.iter().any(|t| t.code == *parent)
            {
                return Err(fault(format!("{:?} lies below {:?}, which is not there", term.code.as_str(), parent.as_str())));
            }
        }
        Ok(list)
    }

    /// The entry with this code: the one in force on `day` if several share it, else the latest.
    #[must_use]
    pub fn term(&self, code: &str, day: NaiveDate) -> Option<&Term> {
        let mut latest = None;
        for term in self.terms.iter().filter(|t| t.code == code) {
            if term.in_force(day) {
                return Some(term);
            }
            latest = Some(term);
        }
        latest
    }

    /// The latest entry with this code.
    #[must_use]
    pub fn latest(&self, code: &str) -> Option<&Term> {
        let places = self.places.0.get_or_init(|| self.terms.iter().enumerate().map(|(n, t)| (t.code.0.clone(), n)).collect());
        places.get(code).and_then(|n| self.terms.get(*n))
    }

    /// The name of a code, or the code itself if the list does not have it.
    #[must_use]
    pub fn name<'a>(&'a self, code: &'a str, lang: Lang) -> &'a str {
        self.latest(code).map_or(code, |t| t.name(lang))
    }

    /// The code and all above it, the code first.
    #[must_use]
    pub fn path(&self, code: &str) -> Vec<Code> {
        let mut path = Vec::new();
        let mut next = self.latest(code);
        while let Some(term) = next {
            if path.contains(&term.code) {
                break;
            }
            path.push(term.code.clone());
            next = term.parent.as_ref().and_then(|p| self.latest(p.as_str()));
        }
        path
    }
}

/// A vocabulary file does not hold what it should.
#[derive(Debug, thiserror::Error)]
#[error("{path}: {what}")]
pub struct VocabularyError {
    /// The file.
    pub path: String,
    /// What is wrong, with the line where the parser knows it.
    pub what: String,
}

/// All vocabularies of a space.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Vocabularies(BTreeMap<String, Vocabulary>);

impl Vocabularies {
    /// The vocabularies the program was built with.
    ///
    /// # Errors
    /// [`VocabularyError`] with file and line.
    pub fn built_in() -> Result<Self, VocabularyError> {
        let mut all = Self::default();
        for path in defaults::paths("vocabularies/") {
            if path.ends_with(".toml") && !path.ends_with("synonyms.toml") {
                let text = defaults::text(&path).unwrap_or_default();
                all.insert(Vocabulary::parse(&path, &text)?);
            }
        }
        all.check_parents()?;
        Ok(all)
    }

    /// What lies below an entry of another list needs that entry.
    fn check_parents(&self) -> Result<(), VocabularyError> {
        for list in self.iter() {
            let Some(above) = &list.parents else { continue };
            for term in &list.terms {
                if let Some(parent) = &term.parent
                    && self.get(above).and_then(|above| above.latest(parent.as_str())).is_none()
                {
                    let what = format!("{:?} lies below {:?}, which {above} does not have", term.code.as_str(), parent.as_str());
                    return Err(VocabularyError { path: format!("vocabularies/{}.toml", list.code), what });
                }
            }
        }
        Ok(())
    }

    /// Adds a list, or replaces the one of the same name.
    pub fn insert(&mut self, list: Vocabulary) {
        self.0.insert(list.code.clone(), list);
    }

    /// The list of this name.
    #[must_use]
    pub fn get(&self, list: &str) -> Option<&Vocabulary> {
        self.0.get(list)
    }

    /// All lists, by name.
    pub fn iter(&self) -> impl Iterator<Item = &Vocabulary> {
        self.0.values()
    }

    /// The name of a code in a list, or the code itself.
    #[must_use]
    pub fn name<'a>(&'a self, list: &str, code: &'a str, lang: Lang) -> &'a str {
        self.0.get(list).map_or(code, |v| v.name(code, lang))
    }

    /// Adds a fault if the list does not have the code, or if it may not be chosen on `day`; that one says what the list
    /// notes of the code, such as what took its place.
    pub fn check(&self, list: &str, code: &Code, day: NaiveDate, pointer: &str, faults: &mut Faults) {
        match self.0.get(list).and_then(|v| v.term(code.as_str(), day)) {
            None => faults.add_with(pointer, "unknown_code", &[("code", code.as_str()), ("list", list)]),
            Some(term) if !term.in_force(day) => {
                let note = |text: &Option<String>| text.clone().unwrap_or_default();
                let (vi, en) = (note(&term.note_vi), note(&term.note_en));
                let args = [("code", code.as_str()), ("list", list), ("note_vi", vi.as_str()), ("note_en", en.as_str())];
                faults.add_with(pointer, "retired_code", &args);
            }
            Some(_) => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_built_in_vocabularies_are_whole() {
        let all = Vocabularies::built_in().unwrap();
        for list in ["fields", "trl", "cooperation", "party_types", "ipr_status", "ip_kinds", "ip_status", "provinces"] {
            assert!(all.get(list).is_some_and(|v| !v.terms.is_empty()), "{list}");
        }
        let fields = all.get("fields").unwrap();
        assert_eq!(fields.path("40107").len(), 3);
        assert!(fields.terms.iter().all(|t| fields.latest(t.code.as_str()).is_some()) && fields.latest("x").is_none());
    }

    #[test]
    fn of_provinces_those_in_force_may_be_chosen() {
        let all = Vocabularies::built_in().unwrap();
        let today = NaiveDate::from_ymd_opt(2026, 11, 24).unwrap();
        let open: Vec<&Term> = all.get("provinces").unwrap().terms.iter().filter(|t| t.in_force(today)).collect();
        let names: std::collections::BTreeSet<&str> = open.iter().map(|t| t.name(Lang::Vi)).collect();
        assert_eq!((open.len(), names.len()), (34, 34), "each once");
    }

    #[test]
    fn a_code_that_has_ended_is_refused_with_what_took_its_place() {
        let all = Vocabularies::built_in().unwrap();
        let today = NaiveDate::from_ymd_opt(2026, 11, 24).unwrap();
        let mut faults = Faults::new();
        all.check("provinces", &Code::from("02"), today, "/province", &mut faults);
        let fault = faults.iter().next().unwrap();
        let (vi, en) = (fault.say(Lang::Vi), fault.say(Lang::En));
        assert!(vi.contains("“02”") && vi.ends_with("hợp nhất thành tỉnh Tuyên Quang (mã 08) từ ngày 01/7/2025."), "{vi}");
        assert!(en.contains("“02”") && en.ends_with("Merged into Tuyen Quang (code 08) on 1 July 2025."), "{en}");
        for term in &all.get("provinces").unwrap().terms {
            let mut faults = Faults::new();
            all.check("provinces", &term.code, today, "", &mut faults);
            assert!(faults.iter().all(|fault| fault.args["note_vi"].contains("(mã ")), "{}", term.vi);
        }
    }

    #[test]
    fn what_lies_below_an_entry_of_another_list_needs_that_entry() {
        let all = Vocabularies::built_in().unwrap();
        let communes = all.get("communes").unwrap();
        assert!(communes.terms.iter().all(|t| t.parent.as_ref().is_some_and(|p| *p == "86")), "every commune says its province");
        assert_eq!(communes.path("28777"), [Code::from("28777")], "a path stays in its list");

        let mut lost = all.clone();
        let mut list = communes.clone();
        list.terms[0].parent = Some(Code::from("00"));
        lost.insert(list);
        let error = lost.check_parents().unwrap_err().to_string();
        assert!(error.contains("vocabularies/communes.toml") && error.contains("provinces"), "{error}");
    }

    #[test]
    fn a_faulty_file_is_refused_with_its_name() {
        let twice =
            "code='x'\nversion='1'\nsource='s'\nvi='X'\nen='X'\n[[term]]\ncode='a'\nvi='A'\nen='A'\n[[term]]\ncode='a'\nvi='A'\nen='A'\n";
        let error = Vocabulary::parse("vocabularies/x.toml", twice).unwrap_err().to_string();
        assert!(error.contains("vocabularies/x.toml") && error.contains("twice"), "{error}");
    }
}
