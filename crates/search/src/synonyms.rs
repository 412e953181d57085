//! Words that are searched for each other: synonyms, abbreviations and translations, as data.
//!
//! Applied to what is typed, never to what is indexed, so that a new list counts from the next search on. What is found
//! through it counts less than what was typed ([`crate::settings::Weights::synonym`]), and phrases in quotes are left as
//! they are. The list is `config/vocabularies/synonyms.toml`; a space may add its own.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::path::Path;

use base::Lang;
use serde::Deserialize;

use crate::analysis::{self, Word};
use crate::query::{Atom, Clause};
use crate::rule::{Rule, off};

/// The longest term, in words.
const MAX_WORDS: usize = 12;
/// The most other terms that stand in for one part of a query.
const MAX_ALTERNATIVES: usize = 8;

/// How the terms of a group belong together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GroupKind {
    /// The same in one language.
    Synonym,
    /// The long form first, then short ones.
    Abbreviation,
    /// Vietnamese first, then English.
    Translation,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(rename = "version")]
    _version: String,
    #[serde(default, rename = "source")]
    _source: String,
    #[serde(default)]
    group: Vec<FileGroup>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FileGroup {
    kind: GroupKind,
    #[serde(default)]
    context: bool,
    terms: Vec<String>,
}

/// The list cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SynonymsError {
    /// Not the TOML it should be; the message has line and column.
    #[error("{0}")]
    Syntax(String),
    /// A group that says nothing.
    #[error("group {0} ({1}): two different terms of at most {MAX_WORDS} words are needed")]
    Group(usize, String),
}

/// A term of a group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Term {
    /// As written.
    pub text: String,
    /// Its words; a whole such as KH&CN stands for its parts.
    pub words: Vec<Word>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Group {
    kind: GroupKind,
    context: bool,
    terms: Vec<Term>,
}

/// The groups, ready to be looked up.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Synonyms {
    groups: Vec<Group>,
    /// From a term's folded words to its groups and places there.
    places: HashMap<String, Vec<(usize, usize)>>,
    /// The same from the stems of an English term.
    stems: HashMap<String, Vec<(usize, usize)>>,
    /// A hash of all groups.
    edition: u64,
}

/// A term of the glossary in a text, and what it is called in the other language.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Translated<'a> {
    /// As the text has it.
    pub surface: String,
    /// In the other language.
    pub terms: Vec<&'a str>,
}

/// Part of a query, and what is searched in its place as well.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Expansion {
    /// The first clause of the part.
    pub from: usize,
    /// Behind its last clause.
    pub to: usize,
    /// The other terms.
    pub terms: Vec<Term>,
}

impl Synonyms {
    /// Reads a list.
    ///
    /// # Errors
    /// [`SynonymsError`], which says where.
    pub fn parse(text: &str) -> Result<Self, SynonymsError> {
        let file: File = toml::from_str(text).map_err(|e| SynonymsError::Syntax(e.to_string()))?;
        let mut all = Self::default();
        for (n, group) in file.group.into_iter().enumerate() {
            let terms: Vec<Term> = group.terms.iter().map(|t| Term::new(t)).collect();
            let right = |t: &Term| !t.words.is_empty() && t.words.len() <= MAX_WORDS;
            if terms.len() < 2 || !terms.iter().all(right) {
                return Err(SynonymsError::Group(n + 1, group.terms.join(", ")));
            }
            all.add(Group { kind: group.kind, context: group.context, terms });
        }
        Ok(all)
    }

    /// The list the program was built with.
    ///
    /// # Errors
    /// [`SynonymsError`], which a test excludes.
    pub fn built_in() -> Result<Self, SynonymsError> {
        Self::parse(&base::defaults::text("vocabularies/synonyms.toml").unwrap_or_default())
    }

    /// The built-in list and a space's own, if it has one.
    ///
    /// # Errors
    /// One line with the file and what is wrong in it.
    pub fn of_space(own: Option<&Path>) -> Result<Self, String> {
        let all = Self::built_in().map_err(|e| format!("synonyms: {e}"))?;
        let Some(path) = own else { return Ok(all) };
        let text = std::fs::read_to_string(path).map_err(|e| format!("{}: {e}", path.display()))?;
        Ok(all.with(Self::parse(&text).map_err(|e| format!("{}: {e}", path.display()))?))
    }

    /// These groups and those of another list.
    #[must_use]
    pub fn with(mut self, other: Self) -> Self {
        for group in other.groups {
            self.add(group);
        }
        self
    }

    /// How many groups there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.groups.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.groups.is_empty()
    }

    /// Tells one list from another, in every process alike.
    pub(crate) fn edition(&self) -> u64 {
        self.edition
    }

    fn add(&mut self, group: Group) {
        let mut hasher = DefaultHasher::new();
        let texts: Vec<&str> = group.terms.iter().map(|term| term.text.as_str()).collect();
        (self.edition, group.kind as u8, group.context, texts).hash(&mut hasher);
        self.edition = hasher.finish();
        for (place, term) in group.terms.iter().enumerate() {
            let places = self.places.entry(key(&term.words)).or_default();
            places.push((self.groups.len(), place));
            if group.kind == GroupKind::Translation && place > 0 {
                let places = self.stems.entry(stemmed(term.words.iter())).or_default();
                places.push((self.groups.len(), place));
            }
        }
        self.groups.push(group);
    }

    /// What else is to be searched: for the longest parts of the query that are terms, from the left, the other terms of
    /// their groups, and the short forms of what was reached so.
    pub(crate) fn expand(&self, clauses: &[Clause]) -> Vec<Expansion> {
        let words: Vec<Option<&Word>> = clauses.iter().map(plain_word).collect();
        let mut all = Vec::new();
        let mut from = 0;
        while from < words.len() {
            let run = words.iter().skip(from).take(MAX_WORDS).take_while(|w| w.is_some()).count();
            let found = (1..=run).rev().find_map(|length| {
                let part: Vec<&Word> = words.iter().skip(from).take(length).flatten().copied().collect();
                let terms = self.others(&part, part.len() < words.len());
                (!terms.is_empty()).then_some(Expansion { from, to: from + length, terms })
            });
            from = found.as_ref().map_or(from + 1, |e| e.to);
            all.extend(found);
        }
        all
    }

    /// The terms of every group with what kind of group it is: what two lists that say the same have in common.
    pub fn terms(&self) -> impl Iterator<Item = (GroupKind, &str)> {
        self.groups.iter().flat_map(|group| group.terms.iter().map(move |term| (group.kind, term.text.as_str())))
    }

    /// The terms of the glossary that a text has, the longest from the left, and what each is called in the other
    /// language. A term with several meanings is none: nothing here tells which is meant.
    #[must_use]
    pub fn translations(&self, text: &str, lang: Lang) -> Vec<Translated<'_>> {
        let text = analysis::nfc(text);
        let mut words: Vec<Word> = Vec::new();
        analysis::words(&text, |word| {
            words.truncate(words.len().saturating_sub(word.joins));
            words.push(word.clone());
        });
        let mut all = Vec::new();
        let mut rest = words.as_slice();
        while let Some((first, behind)) = rest.split_first() {
            let found = (1..=rest.len().min(MAX_WORDS)).rev().find_map(|length| {
                let part = rest.get(..length)?;
                let terms = self.in_other_language(part, lang);
                let (end, after) = (part.last()?.end, rest.get(length..)?);
                (!terms.is_empty())
                    .then(|| (Translated { surface: text.get(first.start..end).unwrap_or_default().to_owned(), terms }, after))
            });
            rest = match found {
                Some((translated, after)) => {
                    all.push(translated);
                    after
                }
                None => behind,
            };
        }
        all
    }

    fn in_other_language(&self, part: &[Word], lang: Lang) -> Vec<&str> {
        let (places, refs): (_, Vec<&Word>) = match lang {
            Lang::Vi => (self.places.get(&key(part)), part.iter().collect()),
            Lang::En => (self.stems.get(&stemmed(part.iter())), Vec::new()),
        };
        let mut terms = Vec::new();
        for (g, place) in places.into_iter().flatten() {
            let Some(group) = self.groups.get(*g).filter(|g| g.kind == GroupKind::Translation && !g.context) else { continue };
            // Vietnamese first, then English.
            let is_own = (lang == Lang::Vi) == (*place == 0);
            if !is_own || !group.terms.get(*place).is_some_and(|term| is_meant(term, &refs)) {
                continue;
            }
            let others = group.terms.iter().enumerate().filter(|(n, _)| (*n == 0) != (lang == Lang::Vi));
            terms.extend(others.map(|(_, term)| term.text.as_str()));
        }
        terms.truncate(MAX_ALTERNATIVES);
        terms
    }

    /// The terms that stand in for these words. `supported` says that the query has other words, which the texts must have
    /// too: without them a term with several meanings stands for nothing else.
    fn others(&self, part: &[&Word], supported: bool) -> Vec<Term> {
        let mut terms: Vec<Term> = Vec::new();
        let folded = part.iter().map(|w| w.folded.as_str()).collect::<Vec<_>>().join(" ");
        let mut reached: Vec<(usize, usize)> = Vec::new();
        for (g, place) in self.places.get(&folded).into_iter().flatten() {
            let Some(group) = self.groups.get(*g) else { continue };
            let supported = supported || !group.context || off(Rule::Context);
            if !group.is_off() && supported && group.terms.get(*place).is_some_and(|t| is_meant(t, part)) {
                reached.push((*g, *place));
            }
        }
        let mut add = |term: &Term| {
            if terms.len() < MAX_ALTERNATIVES && key(&term.words) != folded && !terms.iter().any(|t| t.text == term.text) {
                terms.push(term.clone());
            }
        };
        let mut next = Vec::new();
        for (g, place) in &reached {
            let Some(group) = self.groups.get(*g) else { continue };
            for (n, term) in group.terms.iter().enumerate() {
                if n != *place {
                    add(term);
                    next.push(term);
                }
            }
        }
        for term in next {
            for (g, place) in self.places.get(&key(&term.words)).into_iter().flatten() {
                let Some(group) = self.groups.get(*g) else { continue };
                let same = group.terms.get(*place).is_some_and(|t| t.text == term.text);
                if same && !group.is_off() && !group.context && group.kind == GroupKind::Abbreviation {
                    group.terms.iter().for_each(&mut add);
                }
            }
        }
        terms
    }
}

impl Group {
    fn is_off(&self) -> bool {
        off(match self.kind {
            GroupKind::Synonym => Rule::Synonyms,
            GroupKind::Abbreviation => Rule::Abbreviations,
            GroupKind::Translation => Rule::Translations,
        })
    }
}

impl Term {
    fn new(text: &str) -> Self {
        let mut words = Vec::new();
        analysis::words(&analysis::nfc(text), |word| {
            let parts = word.joins;
            words.truncate(words.len().saturating_sub(parts));
            words.push(word.clone());
        });
        Self { text: text.to_owned(), words }
    }
}

fn key(words: &[Word]) -> String {
    words.iter().map(|w| w.folded.as_str()).collect::<Vec<_>>().join(" ")
}

fn stemmed<'a>(words: impl Iterator<Item = &'a Word>) -> String {
    words.map(|w| analysis::stem(&w.folded).into_owned()).collect::<Vec<_>>().join(" ")
}

/// The word of a clause that is one word and nothing else.
fn plain_word(clause: &Clause) -> Option<&Word> {
    match clause.any.as_slice() {
        [Atom::Word(word) | Atom::Whole(word, _)] if !clause.negated => Some(word),
        _ => None,
    }
}

/// Whether typed words can be this term: marks that were typed are the term's, and a single syllable that is nothing
/// without its marks (quả, heo and héo) was typed with them.
fn is_meant(term: &Term, part: &[&Word]) -> bool {
    if off(Rule::MeantMarks) {
        return true;
    }
    let marked = part.iter().any(|w| w.marked);
    let same = |(term, typed): (&Word, &&Word)| term.exact == typed.exact;
    match (term.words.as_slice(), marked) {
        ([one], false) => !one.marked,
        (_, false) => true,
        (words, true) => words.iter().zip(part).filter(|(_, typed)| typed.marked).all(same),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::query::parse;

    fn expanded(query: &str) -> Vec<(String, Vec<String>)> {
        let list = Synonyms::parse(
            r#"
            version = "1"
            [[group]]
            kind = "translation"
            terms = ["chuyển giao công nghệ", "technology transfer"]
            [[group]]
            kind = "abbreviation"
            terms = ["chuyển giao công nghệ", "CGCN"]
            [[group]]
            kind = "synonym"
            terms = ["quả", "trái"]
            [[group]]
            kind = "abbreviation"
            context = true
            terms = ["công nghệ cao", "CNC"]
            [[group]]
            kind = "abbreviation"
            terms = ["khoa học và công nghệ", "KH&CN"]
            "#,
        )
        .unwrap();
        let parsed = parse(query, &base::Vocabularies::default()).unwrap();
        list.expand(&parsed.clauses)
            .into_iter()
            .map(|e| (format!("{}..{}", e.from, e.to), e.terms.into_iter().map(|t| t.text).collect()))
            .collect()
    }

    fn one(part: &str, terms: &[&str]) -> Vec<(String, Vec<String>)> {
        vec![(part.to_owned(), terms.iter().map(|t| (*t).to_owned()).collect())]
    }

    #[test]
    fn the_longest_part_stands_for_the_other_terms() {
        assert_eq!(expanded("sàn chuyen giao cong nghe"), one("1..5", &["technology transfer", "CGCN"]));
        assert_eq!(expanded("technology transfer"), one("0..2", &["chuyển giao công nghệ", "CGCN"]));
        assert_eq!(expanded("sở KH-CN"), one("1..2", &["khoa học và công nghệ"]));
        assert_eq!(expanded("\"chuyển giao công nghệ\" -cgcn"), []);
    }

    #[test]
    fn a_syllable_is_only_itself_with_its_marks() {
        assert_eq!(expanded("quả dừa"), one("0..1", &["trái"]));
        assert_eq!(expanded("qua dua"), []);
        assert_eq!(expanded("quá dừa"), []);
    }

    #[test]
    fn a_word_of_several_meanings_needs_others_beside_it() {
        assert_eq!(expanded("cnc"), []);
        assert_eq!(expanded("nông nghiệp cnc"), one("2..3", &["công nghệ cao"]));
    }

    #[test]
    fn a_text_has_its_terms_in_the_other_language_too() {
        let list = Synonyms::parse(
            r#"
            version = "1"
            [[group]]
            kind = "translation"
            terms = ["máy sấy", "dryer", "drying machine"]
            [[group]]
            kind = "translation"
            terms = ["sấy", "drying"]
            [[group]]
            kind = "translation"
            context = true
            terms = ["mía", "cane"]
            "#,
        )
        .unwrap();
        let of = |text, lang| -> Vec<(String, Vec<String>)> {
            let owned = |t: Translated<'_>| (t.surface, t.terms.iter().map(|t| (*t).to_owned()).collect());
            list.translations(text, lang).into_iter().map(owned).collect()
        };
        let found = |surface: &str, terms: &[&str]| (surface.to_owned(), terms.iter().map(|t| (*t).to_owned()).collect::<Vec<_>>());
        assert_eq!(of("Cần Máy Sấy mía, sấy nhanh", Lang::Vi), [found("Máy Sấy", &["dryer", "drying machine"]), found("sấy", &["drying"])]);
        assert_eq!(of("may say dua", Lang::Vi), [found("may say", &["dryer", "drying machine"])]);
        assert_eq!(of("máy sây", Lang::Vi), [], "marks that are there must be right");
        assert_eq!(of("Dryers for copra", Lang::En), [found("Dryers", &["máy sấy"])]);
        assert_eq!(of("cane", Lang::En), []);
    }

    #[test]
    fn the_built_in_list_is_right() {
        assert!(Synonyms::built_in().unwrap().len() > 400);
        assert!(matches!(Synonyms::parse("version = 1"), Err(SynonymsError::Syntax(_))));
        let single = "version = \"1\"\n[[group]]\nkind = \"synonym\"\nterms = [\"dừa\"]";
        assert!(matches!(Synonyms::parse(single), Err(SynonymsError::Group(1, _))));
    }
}
