//! The rules themselves: files of laws (`config/legal/*.toml`, or a folder of the operator's), read and checked.
//!
//! A file is refused where a rule lacks what it needs, or names what there is none of: a fact, a word that the fact cannot have, a
//! paper. A rule with such a word would never hold, and nobody would notice. Not here: what the rules say of a deal (`legal`).

use std::collections::{BTreeMap, BTreeSet};

use base::{Lang, Vocabularies, defaults};
use chrono::NaiveDate;
use serde::Deserialize;

use super::{Direction, OBJECTS, Transferred};
use crate::folder;
use crate::pipelines::Pipelines;

base::words! {
    /// What a rule does.
    Effect {
        /// The transfer must not be.
        Forbid = "forbid",
        /// A paper must be there before signing.
        Paper = "paper",
        /// A paper must be there before what was signed is carried out.
        PaperInForce = "paper_in_force",
        /// The contract should say this.
        Content = "content",
        /// The contract must be registered.
        Register = "register",
        /// The contract may be registered.
        RegisterVoluntary = "register_voluntary",
        /// Something is to be done, perhaps by a day.
        Duty = "duty",
        /// Something is good to know.
        Note = "note",
    }
}

/// The setting that names a folder of other rules.
const SETTING: &str = "brokering.laws_folder";

/// What a condition may ask for.
const ASKED: [&str; 9] = ["kind", "object", "ip_kind", "direction", "state_capital", "list", "right", "related", "result_certificate"];

/// The parts that a rule may give something to do.
const DOERS: [&str; 2] = ["owner", "seeker"];

/// The words that rules may use.
pub(super) struct Words<'a> {
    vocabularies: &'a Vocabularies,
    kinds: BTreeSet<String>,
}

impl<'a> Words<'a> {
    /// Those of these lists, and the kinds of deals of these pipelines.
    pub(super) fn new(vocabularies: &'a Vocabularies, pipelines: &Pipelines) -> Self {
        Self { vocabularies, kinds: pipelines.kinds() }
    }

    /// What a fact of this name can be.
    fn of_fact(&self, fact: &str) -> BTreeSet<&str> {
        match fact {
            "kind" => self.kinds.iter().map(String::as_str).collect(),
            "object" => OBJECTS.into(),
            "ip_kind" => self.codes("ip_kinds"),
            "direction" => Direction::ALL.iter().map(|direction| direction.as_str()).collect(),
            "list" => self.codes("transfer_lists"),
            "right" => self.codes("rights"),
            _ => ["yes", "no"].into(),
        }
    }

    fn codes(&self, list: &str) -> BTreeSet<&str> {
        self.vocabularies.get(list).into_iter().flat_map(|list| &list.terms).map(|term| term.code.as_str()).collect()
    }
}

/// Words in a row, to be read.
fn row<'a>(words: impl IntoIterator<Item = &'a str>) -> String {
    words.into_iter().collect::<Vec<_>>().join(", ")
}

/// A rule.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    /// Its code.
    pub code: String,
    /// The first day it holds; none where the source gives none, so that it holds on any day.
    #[serde(default)]
    pub from: Option<NaiveDate>,
    /// The last day it holds.
    #[serde(default)]
    pub to: Option<NaiveDate>,
    /// The article.
    pub article: String,
    /// What it does.
    pub effect: Effect,
    /// Where it holds: one of these, each a fact with its value or values (`a|b`).
    pub when: Vec<BTreeMap<String, String>>,
    /// What it says in Vietnamese.
    pub vi: String,
    /// What it says in English.
    pub en: String,
    /// The item of the contract, with `content`.
    #[serde(default)]
    pub item: Option<String>,
    /// Whether a contract without the item must not be signed; else it is one of the usual contents.
    #[serde(default)]
    pub mandatory: bool,
    /// The paper, with `paper` and `paper_in_force`.
    #[serde(default)]
    pub paper: Option<String>,
    /// By so many days after signing.
    #[serde(default)]
    pub days: Option<u16>,
    /// Who: `owner` or `seeker`.
    #[serde(default)]
    pub by: Option<String>,
    /// Whether the article itself still has to be looked up.
    #[serde(default)]
    pub to_check: bool,
}

impl Rule {
    /// Whether it speaks of one of the things that are transferred; conditions that go together are about one and the same.
    pub(super) fn holds(&self, day: NaiveDate, known: &[BTreeMap<&'static str, &str>]) -> bool {
        let is_about = |known: &BTreeMap<&'static str, &str>| {
            let is = |(name, values): (&String, &String)| known.get(name.as_str()).is_some_and(|v| values.split('|').any(|one| one == *v));
            self.when.iter().any(|all| all.iter().all(is))
        };
        self.in_force(day) && known.iter().any(is_about)
    }

    /// Whether it could speak of this thing in a deal of this kind, whatever else is answered.
    fn may_be_about(&self, kind: &str, object: &Transferred) -> bool {
        let has = |values: &str, value: &str| values.split('|').any(|one| one == value);
        let fits = |(name, values): (&String, &String)| match name.as_str() {
            "kind" => has(values, kind),
            "object" => has(values, object.object),
            "ip_kind" => object.ip_kind.as_ref().is_some_and(|code| has(values, code.as_str())),
            _ => true,
        };
        self.when.iter().any(|all| all.iter().all(fits))
    }

    fn in_force(&self, day: NaiveDate) -> bool {
        self.from.is_none_or(|from| from <= day) && self.to.is_none_or(|to| day <= to)
    }

    fn check(&self) -> Result<(), String> {
        let place = |what: String| Err(format!("rule {:?}: {what}", self.code));
        if self.vi.is_empty() || self.en.is_empty() || self.article.is_empty() {
            return place("it needs an article and a sentence in both languages".to_owned());
        }
        if self.when.is_empty() || self.when.iter().any(BTreeMap::is_empty) {
            return place("when: it must say where it holds".to_owned());
        }
        if let Some(name) = self.when.iter().flat_map(BTreeMap::keys).find(|name| !ASKED.contains(&name.as_str())) {
            return place(format!("when.{name}: there is no such fact, only {}", row(ASKED)));
        }
        if let Some(by) = self.by.as_deref().filter(|by| !DOERS.contains(by)) {
            return place(format!("by: there is no {by:?}, only {}", row(DOERS)));
        }
        if self.from.zip(self.to).is_some_and(|(from, to)| to < from) {
            return place("it ends before it begins".to_owned());
        }
        let is_paper = matches!(self.effect, Effect::Paper | Effect::PaperInForce);
        if (self.effect == Effect::Content) != self.item.is_some() || is_paper != self.paper.is_some() {
            return place("`item` goes with the effect `content`, and `paper` with `paper` and `paper_in_force`".to_owned());
        }
        Ok(())
    }

    /// Whether it names only what there is. A paper that is none of `deal_papers` nobody could ever note.
    fn check_words(&self, words: &Words<'_>) -> Result<(), String> {
        for (fact, values) in self.when.iter().flatten() {
            let there = words.of_fact(fact);
            if let Some(value) = values.split('|').find(|value| !there.contains(value)) {
                return Err(format!("rule {:?}: when.{fact}: there is no {value:?}, only {}", self.code, row(there)));
            }
        }
        let papers = words.codes("deal_papers");
        match self.paper.as_deref().filter(|paper| !papers.contains(paper)) {
            Some(paper) => Err(format!("rule {:?}: paper: {paper:?} is no code of `deal_papers`, only {}", self.code, row(papers))),
            None => Ok(()),
        }
    }
}

/// The rules of one law.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Law {
    /// Its code, as in the file's name.
    pub code: String,
    /// The edition of the file.
    pub version: String,
    /// The law's name in Vietnamese.
    pub law_vi: String,
    /// The law's name in English.
    pub law_en: String,
    /// Where it was read, in Vietnamese.
    pub source_vi: String,
    /// Where it was read, in English.
    pub source_en: String,
    /// What the reader must beware of, in Vietnamese.
    pub caveat_vi: String,
    /// What the reader must beware of, in English.
    pub caveat_en: String,
    /// The rules.
    #[serde(rename = "rule")]
    pub rules: Vec<Rule>,
}

impl Law {
    pub(super) fn name(&self, lang: Lang) -> &str {
        if lang == Lang::Vi { &self.law_vi } else { &self.law_en }
    }

    pub(super) fn source(&self, lang: Lang) -> &str {
        if lang == Lang::Vi { &self.source_vi } else { &self.source_en }
    }

    pub(super) fn caveat(&self, lang: Lang) -> &str {
        if lang == Lang::Vi { &self.caveat_vi } else { &self.caveat_en }
    }

    /// Whether its rules name only what there is.
    pub(super) fn check_words(&self, words: &Words<'_>) -> Result<(), String> {
        self.rules.iter().try_for_each(|rule| rule.check_words(words))
    }
}

/// A file of rules does not hold what it should.
#[derive(Debug, thiserror::Error)]
#[error("{path}: {what}")]
pub struct LegalError {
    /// The file.
    pub path: String,
    /// What is wrong, and where.
    pub what: String,
}

/// All rules.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Laws(pub(super) Vec<Law>);

impl Laws {
    /// The rules the program was built with.
    ///
    /// # Errors
    /// [`LegalError`] with file and place.
    pub fn built_in() -> Result<Self, LegalError> {
        let mut all = Vec::new();
        for path in defaults::paths("legal/") {
            all.push(Self::parse(&path, &defaults::text(&path).unwrap_or_default())?);
        }
        Ok(Self(all))
    }

    /// The rules of a folder in place of the built-in ones, which an empty name stands for. They speak of the kinds of deals of these
    /// pipelines, and of the built-in ones.
    ///
    /// # Errors
    /// [`LegalError`] with file and place, and what to do.
    pub fn open(folder: &str, vocabularies: &Vocabularies, pipelines: &Pipelines) -> Result<Self, LegalError> {
        if folder.is_empty() {
            return Self::built_in();
        }
        let files = folder::files(SETTING, folder).map_err(|folder::Unusable { path, what }| LegalError { path, what })?;
        let words = Words::new(vocabularies, pipelines);
        let mut all: Vec<Law> = Vec::new();
        for file in files {
            let fault = |what: String| LegalError { path: file.path.clone(), what: format!("{what}; {}", folder::advice(SETTING)) };
            let law = Self::parse(&file.path, &file.text).map_err(|error| fault(error.what))?;
            law.check_words(&words).map_err(fault)?;
            for rule in &law.rules {
                if let Some(other) = all.iter().find(|law| law.rules.iter().any(|one| one.code == rule.code)) {
                    return Err(fault(format!("rule {:?} stands in law {:?} already", rule.code, other.code)));
                }
            }
            all.push(law);
        }
        Ok(Self(all))
    }

    pub(super) fn parse(path: &str, text: &str) -> Result<Law, LegalError> {
        let fault = |what: String| LegalError { path: path.to_owned(), what };
        let law: Law = toml::from_str(text).map_err(|e| fault(e.to_string()))?;
        let mut codes = BTreeSet::new();
        for rule in &law.rules {
            rule.check().map_err(fault)?;
            if !codes.insert(rule.code.as_str()) {
                return Err(fault(format!("rule {:?} stands twice", rule.code)));
            }
        }
        Ok(law)
    }

    /// The first day from which of each thing that a deal of this kind transfers some rule can speak: of what was signed before it,
    /// nothing can be said here. None where rules speak of any day.
    #[must_use]
    pub fn since(&self, kind: &str, objects: &[Transferred]) -> Option<NaiveDate> {
        objects.iter().filter_map(|object| self.since_of(kind, object)).max()
    }

    fn since_of(&self, kind: &str, object: &Transferred) -> Option<NaiveDate> {
        let mut first: Option<NaiveDate> = None;
        for rule in self.0.iter().flat_map(|law| &law.rules).filter(|rule| rule.may_be_about(kind, object)) {
            let from = rule.from?;
            first = Some(first.map_or(from, |day| day.min(from)));
        }
        first
    }

    /// Whether any rule ever speaks of this item of a contract.
    #[must_use]
    pub fn has_item(&self, item: &str) -> bool {
        self.0.iter().flat_map(|l| &l.rules).any(|r| r.item.as_deref() == Some(item))
    }
}
