//! The pieces a listing's page is made of, and the pen that writes them.

use std::collections::HashSet;

use base::text::LocalisedList;
use base::{Code, Lang, ListingId, Localised, MoneyRange, Vocabularies};
use chrono::NaiveDate;
use listings::content::Share;
use search::Facet;

use super::super::asked::Asked;
use super::super::format::{self, Moment};
use super::super::rich::{Words, language_attribute, markdown, words};
use super::{Names, say};

/// A piece of the story.
pub(crate) enum Block {
    /// Plain text.
    Prose { key: &'static str, words: Words },
    /// Markdown.
    Rich { key: &'static str, html: String, lang: Option<&'static str> },
    /// What it does better, in figures.
    Advantages { rows: Vec<AdvantageRow>, not_measured: Option<Words> },
    /// What is wanted, in figures.
    Targets { rows: Vec<TargetRow> },
    /// A list.
    Items { key: &'static str, items: Vec<Item> },
}

pub(crate) struct AdvantageRow {
    pub metric: Words,
    pub compared_with: Option<Words>,
    pub baseline: Option<String>,
    pub offered: Option<String>,
    pub evidence: Option<Words>,
    pub conditions: Option<Words>,
}

impl AdvantageRow {
    /// Whether something is said besides the figures.
    pub fn has_notes(&self) -> bool {
        self.compared_with.is_some() || self.conditions.is_some() || self.evidence.is_some()
    }
}

pub(crate) struct TargetRow {
    pub metric: Words,
    pub today: Option<String>,
    pub target: Option<String>,
    pub is_must: bool,
    pub priority: String,
}

/// A text, perhaps with where it leads and a plain explanation.
#[derive(Clone)]
pub(crate) struct Item {
    pub text: String,
    pub href: Option<String>,
    pub note: Option<String>,
    /// The language of the text, where it is not the page's.
    pub lang: Option<&'static str>,
    /// What its author says to it.
    pub evidence: Option<Words>,
    /// What stands behind the text in the page's language.
    pub tail: String,
}

impl Item {
    pub fn text(text: impl Into<String>) -> Self {
        Self { text: text.into(), href: None, note: None, lang: None, evidence: None, tail: String::new() }
    }
    pub fn link(text: impl Into<String>, href: impl Into<String>) -> Self {
        Self { href: Some(href.into()), ..Self::text(text) }
    }
    /// The same in another language than the page's.
    pub fn spoken_in(self, lang: Option<&'static str>) -> Self {
        Self { lang, ..self }
    }
    /// The attribute that says its language (WCAG 3.1.2).
    pub fn attribute(&self) -> &'static str {
        language_attribute(self.lang)
    }
    /// Whether it leads out of the space.
    pub fn is_outside(&self) -> bool {
        self.href.as_ref().is_some_and(|h| h.starts_with("http"))
    }
}

/// Facts that belong together.
pub(crate) struct Facts {
    pub key: &'static str,
    pub rows: Vec<Fact>,
}

pub(crate) struct Fact {
    pub key: &'static str,
    pub items: Vec<Item>,
    pub trl: Option<u8>,
    pub moment: Option<Moment>,
}

impl Fact {
    pub fn items(key: &'static str, items: Vec<Item>) -> Self {
        Self { key, items, trl: None, moment: None }
    }
    pub fn moment(key: &'static str, moment: Option<Moment>) -> Self {
        Self { key, items: Vec::new(), trl: None, moment }
    }
}

impl Fact {
    /// Whether it belongs to what one looks at first; a small screen shows these above the story.
    pub fn is_key(&self) -> bool {
        matches!(
            self.key,
            "fact-trl"
                | "fact-trl-min"
                | "fact-ipr-status"
                | "fact-price"
                | "fact-deadline"
                | "fact-ip-kind"
                | "fact-ip-status"
                | "fact-availability"
        )
    }

    /// How several values stand: one path, words beside each other, or a list.
    pub fn style(&self) -> &'static str {
        match self.key {
            "fact-field" => "path",
            "fact-keywords" | "fact-standards" | "fact-sdg" | "fact-creators" | "fact-family" => "words",
            _ => "list",
        }
    }
}

impl Facts {
    pub fn new(key: &'static str) -> Self {
        Self { key, rows: Vec::new() }
    }

    /// Adds a fact, unless there is nothing to say.
    pub fn add(&mut self, fact: Fact) {
        if !fact.items.is_empty() || fact.moment.is_some() || fact.trl.is_some() {
            self.rows.push(fact);
        }
    }

    pub fn say(&mut self, key: &'static str, text: &str) {
        if !text.is_empty() {
            self.add(Fact::items(key, vec![Item::text(text)]));
        }
    }
}

/// Writes codes, texts and figures in one language.
pub(crate) struct Pen<'a> {
    pub lang: Lang,
    pub vocabularies: &'a Vocabularies,
    pub names: &'a Names,
}

impl Pen<'_> {
    /// The name of a code.
    pub fn name(&self, list: &str, code: &str) -> String {
        self.vocabularies.name(list, code, self.lang).to_owned()
    }

    /// A code by its name, with the explanation its list has.
    pub fn term(&self, list: &str, code: &Code) -> Item {
        let term = self.vocabularies.get(list).and_then(|v| v.latest(code.as_str()));
        let note = term.and_then(|t| match self.lang {
            Lang::Vi => t.note_vi.clone(),
            Lang::En => t.note_en.clone(),
        });
        Item { note, ..Item::text(self.name(list, code.as_str())) }
    }

    pub fn terms<'c>(&self, list: &str, codes: impl IntoIterator<Item = &'c Code>) -> Vec<Item> {
        codes.into_iter().map(|code| self.term(list, code)).collect()
    }

    /// The field and those above it, each leading to what else is in it.
    pub fn field(&self, code: Option<&Code>) -> Vec<Item> {
        let Some(code) = code else { return Vec::new() };
        let path = self.vocabularies.get("fields").map(|v| v.path(code.as_str())).unwrap_or_default();
        path.iter()
            .rev()
            .map(|c| Item::link(self.name("fields", c.as_str()), Asked::only(Facet::Field, c.as_str()).address(self.lang, None)))
            .collect()
    }

    /// Words that lead to a search for them.
    pub fn keywords(&self, lists: &[&LocalisedList]) -> Vec<Item> {
        // What is said of the technology and of its market alike is said once.
        let mut said = HashSet::new();
        let all = lists.iter().flat_map(|list| list.best(self.lang).iter().map(|word| (word, list.spoken(self.lang))));
        let all = all.filter(|(word, _)| said.insert(word.to_lowercase()));
        let search = |word: &str| Asked::default().asking(&format!("\"{}\"", word.replace('"', " "))).address(self.lang, None);
        all.map(|(word, spoken)| Item::link(word, search(word)).spoken_in(self.other(spoken))).collect()
    }

    /// A language, where it is not the page's.
    pub fn other(&self, lang: Lang) -> Option<&'static str> {
        (lang != self.lang).then(|| lang.code())
    }

    pub fn words(&self, text: &Localised) -> Option<Words> {
        words(text, self.lang)
    }

    /// A block of plain text, unless there is none.
    pub fn prose(&self, key: &'static str, text: &Localised) -> Option<Block> {
        self.words(text).map(|words| Block::Prose { key, words })
    }

    pub fn rich(&self, key: &'static str, text: &Localised) -> Option<Block> {
        let words = self.words(text)?;
        Some(Block::Rich { key, html: markdown(&words.text), lang: words.lang })
    }

    /// Words of a list, each in the language it is in.
    pub fn listed(&self, list: &LocalisedList) -> Vec<Item> {
        let lang = self.other(list.spoken(self.lang));
        list.best(self.lang).iter().map(|word| Item::text(word).spoken_in(lang)).collect()
    }

    pub fn items(&self, key: &'static str, items: Vec<Item>) -> Option<Block> {
        (!items.is_empty()).then_some(Block::Items { key, items })
    }

    /// A figure with its unit.
    pub fn figure(&self, value: Option<f64>, unit: &str) -> Option<String> {
        Some(format::figure(self.lang, value?, unit))
    }

    pub fn day(&self, day: Option<NaiveDate>) -> String {
        day.map(|d| format::day(self.lang, d)).unwrap_or_default()
    }

    pub fn money(&self, range: Option<&MoneyRange>) -> String {
        let Some((range, text)) = range.and_then(|r| Some((r, format::range(self.lang, r)?))) else { return String::new() };
        match range.as_of {
            Some(day) => format!("{text} ({})", format::day(self.lang, day)),
            None => text,
        }
    }

    /// A length of time in months.
    pub fn months(&self, months: Option<u32>) -> String {
        let Some(months) = months else { return String::new() };
        base::messages::say(self.lang, "months", &[("count", &months.to_string())])
    }

    /// Who holds how much.
    pub fn shares(&self, shares: &[Share]) -> Vec<Item> {
        let mut items = Vec::new();
        for share in shares {
            let known = share.party.and_then(|id| self.names.get(&id.0));
            let name = known.map_or(share.name.as_str(), |n| n.title.as_str());
            if name.is_empty() {
                continue;
            }
            let part = share.share_bp.filter(|bp| *bp < 10_000 || shares.len() > 1).map(|bp| format::share(self.lang, bp));
            let text = part.map_or_else(|| name.to_owned(), |part| format!("{name}: {part}"));
            let basis = share.basis.as_ref().map(|b| self.name("share_basis", b.as_str()));
            items.push(Item { href: known.map(|n| n.href.clone()), note: basis, ..Item::text(text) });
        }
        items
    }

    /// Other listings by their titles.
    pub fn listings(&self, ids: &[ListingId]) -> Vec<Item> {
        ids.iter().filter_map(|id| self.names.get(&id.0)).map(|n| Item::link(n.title.as_str(), n.href.as_str())).collect()
    }

    /// Countries by name.
    pub fn territory(&self, codes: &[Code]) -> String {
        codes.iter().map(|code| self.name("countries", code.as_str())).collect::<Vec<_>>().join(", ")
    }

    pub fn yes_no(&self, answer: Option<bool>) -> String {
        match answer {
            Some(true) => say(self.lang, "yes"),
            Some(false) => say(self.lang, "no"),
            None => String::new(),
        }
    }

    pub fn join(&self, codes: &[Code]) -> String {
        codes.iter().map(Code::as_str).collect::<Vec<_>>().join(", ")
    }
}
