//! Fields of a form as data: what a content has, how it is asked for, how what was typed becomes content, and how
//! content is told to whoever reviews it. A form's names are JSON pointers into the content, so a fault, a missing field
//! and a moderator's note find their input without a table between them.
//!
//! Not here: what is right. `listings` and `accounts` check; this only turns text into values and back.

mod portions;
mod read;
mod show;
mod tell;

use std::collections::{BTreeMap, HashMap};

use base::fold::folded;
use base::{Faults, Lang, ListingId, PartyId, Vocabularies, Vocabulary, messages};
use chrono::NaiveDate;
use listings::Kind;

use crate::app::App;

pub(super) use portions::{Asked, PART, Portion, asked_by, portion, portion_of_all};
pub(super) use read::apply;
pub(super) use show::{Control, FieldView, Opt, views};
pub(super) use tell::{Told, told, told_at};

/// The part of a row's name under which a form says which row of the content it is, where that is not its number.
pub(super) const ROW: &str = "_row";

/// The part of a name under which places are typed beside those that are ticked.
pub(super) const MORE: &str = "more";

/// Says of each row of a list which row of the content it is; none for a new one.
pub(super) fn row_origins(at: &str, rows: &[Option<usize>]) -> Vec<(String, String)> {
    let origin = |from: &Option<usize>| from.map(|from| from.to_string()).unwrap_or_default();
    rows.iter().enumerate().map(|(n, from)| (format!("{at}/{n}/{ROW}"), origin(from))).collect()
}

/// Whether each row is the one of its number, and none of so many is missing.
pub(super) fn is_as_it_was(rows: &[Option<usize>], count: usize) -> bool {
    rows.len() >= count && rows.iter().enumerate().all(|(n, from)| *from == (n < count).then_some(n))
}

/// How a value is asked for and what it is in the content.
#[derive(Clone, Copy, Debug)]
pub(super) enum Input {
    /// A line of text per language, of at most so many characters.
    Line(usize),
    /// A longer text per language: most characters, lines shown.
    Text(usize, u8),
    /// Words per language, with commas between.
    Words,
    /// Entries per language, one a line: lines shown.
    Items(u8),
    /// A line of text without a language.
    Plain(usize),
    /// Lines of text without a language, one a row.
    Lines,
    /// Short codes, with commas between.
    Tokens,
    /// Small whole numbers, with commas between.
    Numbers,
    /// Codes of a long list: the usual ones to tick, the others typed by name.
    Places(&'static str),
    /// One code of a list, or none.
    Code(&'static str),
    /// One code of a list, always one; it says nothing by itself.
    Always(&'static str),
    /// One code of a list or none, under the list's title; a code that the list lacks may stay.
    Titled(&'static str),
    /// Codes of a list.
    Codes(&'static str),
    /// A readiness level, 1 to 9.
    Level,
    /// A whole number.
    Whole,
    /// A figure.
    Figure,
    /// A share in percent, kept in basis points.
    Percent,
    /// A day.
    Day,
    /// Yes, no, or not said.
    Flag,
    /// Several lines without a language: most characters, lines shown.
    Passage(usize, u8),
    /// One amount in a currency.
    Amount,
    /// Yes or no; what holds where nothing is kept, and so is not kept.
    YesNo(bool),
    /// From … to … in a currency.
    Money,
    /// One of the writer's own parties.
    Party,
    /// Listings of the same party, of this kind.
    Listings(Kind),
    /// Groups of fields, as many as there are.
    Rows(&'static [Field]),
}

/// One field.
#[derive(Clone, Copy, Debug)]
pub(super) struct Field {
    /// Where its value is: a JSON pointer into the content, or into the row it belongs to.
    pub at: &'static str,
    /// The message that names it.
    pub label: &'static str,
    /// How it is asked for.
    pub input: Input,
    /// Whether a submission needs it.
    pub is_needed: bool,
}

impl Field {
    /// A field that may stay empty.
    pub const fn new(at: &'static str, label: &'static str, input: Input) -> Self {
        Self { at, label, input, is_needed: false }
    }

    /// A field that a submission needs.
    pub const fn needed(at: &'static str, label: &'static str, input: Input) -> Self {
        Self { at, label, input, is_needed: true }
    }

    /// The message that helps with it, if there is one.
    pub fn hint_key(&self) -> String {
        format!("hint-{}", self.label)
    }

    /// Whether it is text that can be translated.
    pub fn is_text(&self) -> bool {
        match self.input {
            Input::Line(_) | Input::Text(..) | Input::Words | Input::Items(_) => true,
            Input::Rows(columns) => columns.iter().any(Self::is_text),
            _ => false,
        }
    }
}

/// What fields are asked and read with.
pub(super) struct Context<'a> {
    /// The reader's language: labels, figures, days.
    pub lang: Lang,
    /// The language of the texts that are asked for.
    pub written_in: Lang,
    /// The language that is translated from: then only texts are asked for that have one in it.
    pub translated_from: Option<Lang>,
    /// The lists.
    pub vocabularies: &'a Vocabularies,
    /// Today, for what may be chosen.
    pub today: NaiveDate,
    /// The parties that may be chosen.
    pub parties: Vec<(PartyId, String)>,
    /// The listings that may be chosen.
    pub listings: Vec<(ListingId, Kind, String)>,
    /// The names of what a content names, by id, for whoever reads it: not only of what may be chosen.
    pub known: HashMap<String, String>,
    /// What moderators noted, by pointer.
    pub notes: HashMap<String, String>,
}

impl<'a> Context<'a> {
    /// Fields asked and read in the reader's language, with nothing of the reader's own to choose from.
    pub fn plain(app: &'a App, lang: Lang) -> Self {
        Self {
            lang,
            written_in: lang,
            translated_from: None,
            vocabularies: &app.vocabularies,
            today: app.clock().today(),
            parties: Vec::new(),
            listings: Vec::new(),
            known: HashMap::new(),
            notes: HashMap::new(),
        }
    }
}

impl Context<'_> {
    /// What something is called that a content names by its id: a party or a listing that may be chosen, or one that the
    /// reader may see; a sentence for what the reader may not.
    pub fn name_of(&self, id: &str) -> String {
        let party = self.parties.iter().find(|(party, _)| party.to_string() == id).map(|(_, name)| name);
        let listing = || self.listings.iter().find(|(listing, ..)| listing.to_string() == id).map(|(.., name)| name);
        let name = party.or_else(listing).or_else(|| self.known.get(id)).cloned();
        name.unwrap_or_else(|| messages::say(self.lang, "named-hidden", &[]))
    }
}

/// The sentence for a field, of all faults that belong to it; those that belong to none are left in the map.
pub(super) struct Wrong(BTreeMap<String, String>);

impl Wrong {
    /// Sorts faults to the fields they belong to: the longest place that a pointer lies in.
    pub fn of(faults: &Faults, fields: &[Field], lang: Lang) -> Self {
        Self::saying(faults.iter().map(|fault| (fault.pointer.clone(), fault.say(lang))), fields)
    }

    /// Sentences at places of the content, given with their pointers.
    pub fn saying(sentences: impl IntoIterator<Item = (String, String)>, fields: &[Field]) -> Self {
        let mut all: BTreeMap<String, String> = BTreeMap::new();
        for (pointer, sentence) in sentences {
            let place = all.entry(place(&pointer, fields)).or_default();
            if !place.is_empty() {
                place.push(' ');
            }
            place.push_str(&sentence);
        }
        Self(all)
    }

    /// What is wrong at a place.
    pub fn at(&self, at: &str) -> Option<String> {
        self.0.get(at).cloned()
    }

    /// Places and sentences.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(at, text)| (at.as_str(), text.as_str()))
    }
}

/// The place of the field that a pointer belongs to; the pointer itself where there is none.
pub(super) fn place(pointer: &str, fields: &[Field]) -> String {
    let within = |at: &str| pointer == at || pointer.strip_prefix(at).is_some_and(|rest| rest.starts_with('/'));
    let Some(field) = fields.iter().filter(|f| within(f.at)).max_by_key(|f| f.at.len()) else { return pointer.to_owned() };
    let Input::Rows(columns) = field.input else { return field.at.to_owned() };
    let rest = pointer.strip_prefix(field.at).unwrap_or_default().trim_start_matches('/');
    let (row, inner) = rest.split_once('/').map_or((rest, String::new()), |(row, inner)| (row, format!("/{inner}")));
    if row.is_empty() {
        return field.at.to_owned();
    }
    let column =
        columns.iter().filter(|c| inner == c.at || inner.strip_prefix(c.at).is_some_and(|r| r.starts_with('/'))).max_by_key(|c| c.at.len());
    match column {
        Some(column) => format!("{}/{row}{}", field.at, column.at),
        None => format!("{}/{row}", field.at),
    }
}

/// The code that a text means in a list: typed as the code, or as its name in either language, with or without its marks and
/// what stands in brackets. What is neither stays as it was typed.
pub(super) fn code_meant(list: &Vocabulary, text: &str) -> String {
    let code = text.to_uppercase();
    if list.latest(&code).is_some() {
        return code;
    }
    let wanted = folded(text);
    let bare = |name: &str| folded(name.split(" (").next().unwrap_or(name));
    let named = |is: &dyn Fn(&str) -> bool| {
        let mut found = list.terms.iter().filter(|term| is(&term.vi) || is(&term.en)).map(|term| &term.code);
        found.next().filter(|first| found.all(|other| other == *first)).map(|code| code.0.clone())
    };
    named(&|name| folded(name) == wanted).or_else(|| named(&|name| bare(name) == wanted)).unwrap_or_else(|| text.to_owned())
}

/// The id of the input at a place, to which a link leads; languages have an input each.
pub(super) fn input_id(field: &Field, at: &str, written_in: Lang) -> String {
    match field.input {
        Input::Line(_) | Input::Text(..) | Input::Words | Input::Items(_) => format!("{at}/{written_in}"),
        Input::Money => format!("{at}/min"),
        Input::Amount => format!("{at}/amount"),
        _ => at.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROWS: [Field; 2] =
        [Field::new("/metric", "field-metric", Input::Line(200)), Field::new("/offered", "field-offered", Input::Figure)];
    const FIELDS: [Field; 3] = [
        Field::needed("/title", "field-title", Input::Line(256)),
        Field::new("/terms/price/amount", "fact-price", Input::Money),
        Field::new("/advantages", "block-advantages", Input::Rows(&ROWS)),
    ];

    #[test]
    fn a_country_is_meant_by_its_code_or_its_name_in_either_language() {
        let all = Vocabularies::built_in().unwrap();
        let list = all.get("countries").unwrap();
        for (text, code) in [
            ("VN", "VN"),
            ("kh", "KH"),
            ("Campuchia", "KH"),
            ("thai lan", "TH"),
            ("Germany", "DE"),
            ("Đài Loan", "TW"),
            ("Congo", "CG"),
            ("Niger", "NE"),
            ("toàn thế giới", "WO"),
            ("Korea", "Korea"),
            ("Nước nào", "Nước nào"),
        ] {
            assert_eq!(code_meant(list, text), code, "{text}");
        }
        let codes: std::collections::BTreeSet<&str> = list.terms.iter().map(|term| term.code.as_str()).collect();
        assert_eq!(codes.len(), 249 + 7, "each once");
    }

    #[test]
    fn a_fault_finds_the_field_it_belongs_to() {
        for (pointer, at) in [
            ("/title/vi", "/title"),
            ("/title", "/title"),
            ("/terms/price/amount/max_minor", "/terms/price/amount"),
            ("/advantages/2/metric/vi", "/advantages/2/metric"),
            ("/advantages/2", "/advantages/2"),
            ("/advantages", "/advantages"),
            ("/titles", "/titles"),
        ] {
            assert_eq!(place(pointer, &FIELDS), at, "{pointer}");
        }
    }
}
