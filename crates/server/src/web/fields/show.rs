//! From content to inputs: each field as the template draws it, with what was typed rather than what is kept where both
//! are known.

use base::{Lang, Vocabulary, messages};
use serde_json::Value;

use super::super::form::Form;
use super::super::typed;
use super::read::places;
use super::tell::in_language;
use super::{Context, Field, Input, ROW, Wrong, input_id};

/// Currencies offered first; any other stays if it is there.
const CURRENCIES: [&str; 5] = ["VND", "USD", "EUR", "JPY", "CNY"];

/// Places at the head of their list that are offered to tick.
const USUAL: usize = 5;
/// Lines for the names of other places.
const PLACES: usize = 2;

/// Something to choose.
#[derive(Clone, Debug)]
pub(in super::super) struct Opt {
    /// What is sent.
    pub value: String,
    /// What is read.
    pub label: String,
    /// How deep it lies in its list, from 0.
    pub depth: usize,
    /// Whether it is chosen.
    pub is_on: bool,
}

/// How a field is drawn.
pub(in super::super) enum Control {
    /// One line.
    Line { name: String, value: String, max: usize, sort: &'static str, is_short: bool },
    /// Several lines.
    Area { name: String, value: String, max: usize, rows: u8 },
    /// One of a few.
    Radios { name: String, options: Vec<Opt> },
    /// One of many.
    Select { name: String, options: Vec<Opt> },
    /// One of many under a title; what lies outside of it stands before.
    Titled { name: String, title: String, loose: Vec<Opt>, options: Vec<Opt> },
    /// Any of these.
    Boxes { name: String, options: Vec<Opt> },
    /// The usual places to tick, and lines for the names of others, which are offered as one types.
    Places { name: String, options: Vec<Opt>, typed: Vec<String>, list: &'static str, names: Vec<String> },
    /// One amount.
    Amount { name: String, amount: String, currencies: Vec<Opt> },
    /// From … to …
    Money { name: String, min: String, max: String, currencies: Vec<Opt> },
    /// Groups.
    Rows { at: String, rows: Vec<Row>, is_fixed: bool, can_grow: bool },
}

/// One group of a repeated field.
pub(in super::super) struct Row {
    /// Its place.
    pub at: String,
    /// Its number, from 1.
    pub number: usize,
    /// Whether there is something in it.
    pub is_kept: bool,
    /// Which row of the content it is, where that is not its number; empty for a new one.
    pub from: Option<String>,
    /// What is wrong with the whole of it.
    pub fault: Option<String>,
    /// Its fields; none where it is on another part of the form and only named here.
    pub fields: Vec<FieldView>,
}

/// A field as it is drawn.
pub(in super::super) struct FieldView {
    /// The id of its input.
    pub id: String,
    /// What it is called.
    pub label: String,
    /// What helps with it.
    pub hint: Option<String>,
    /// Whether a submission needs it.
    pub is_needed: bool,
    /// What is wrong with it.
    pub fault: Option<String>,
    /// What a moderator noted.
    pub note: Option<String>,
    /// The text that is to be translated.
    pub original: Option<String>,
    /// The language of the text, where it is not the page's.
    pub lang: Option<&'static str>,
    /// How it is drawn.
    pub control: Control,
}

impl FieldView {
    /// Whether it is a group of inputs and so has a legend instead of a label.
    pub fn is_group(&self) -> bool {
        use Control::{Amount, Boxes, Money, Places, Radios};
        matches!(self.control, Radios { .. } | Boxes { .. } | Places { .. } | Amount { .. } | Money { .. })
    }

    /// The ids of what describes the input.
    pub fn described_by(&self) -> String {
        let parts = [("hint", self.hint.is_some()), ("note", self.note.is_some()), ("fault", self.fault.is_some())];
        parts.iter().filter(|p| p.1).map(|p| format!("{}:{}", p.0, self.id)).collect::<Vec<_>>().join(" ")
    }
}

/// The fields of a form.
pub(in super::super) fn views(fields: &[Field], content: &Value, typed: Option<&Form>, wrong: &Wrong, cx: &Context<'_>) -> Vec<FieldView> {
    fields.iter().filter(|field| is_asked(field, content, cx)).map(|field| view(field, "", content, typed, wrong, cx)).collect()
}

/// Whether a field is asked for here: when translating, only what there is to translate.
fn is_asked(field: &Field, content: &Value, cx: &Context<'_>) -> bool {
    let Some(source) = cx.translated_from else { return true };
    let there = |at: &str| content.pointer(at).is_some_and(|v| !in_language(v, source).is_empty());
    match field.input {
        Input::Rows(_) => field.is_text() && content.pointer(field.at).is_some(),
        _ => field.is_text() && there(field.at),
    }
}

fn view(field: &Field, row: &str, content: &Value, typed: Option<&Form>, wrong: &Wrong, cx: &Context<'_>) -> FieldView {
    let at = format!("{row}{}", field.at);
    let shown = Shown { field, name: at.clone(), kept: content.pointer(field.at), typed, cx };
    let hint = field.hint_key();
    FieldView {
        id: input_id(field, &at, cx.written_in),
        label: messages::say(cx.lang, field.label, &[]),
        hint: (row.is_empty() && messages::has(cx.lang, &hint)).then(|| messages::say(cx.lang, &hint, &[])),
        // In a row the whole of it may stay empty, so its parts do not say so each.
        is_needed: field.is_needed || !row.is_empty(),
        fault: wrong.at(&at),
        note: cx.notes.get(&at).cloned(),
        original: cx.translated_from.and_then(|source| Some(in_language(shown.kept?, source))).filter(|text| !text.is_empty()),
        lang: matches!(field.input, Input::Line(_) | Input::Text(..) | Input::Words | Input::Items(_))
            .then_some(cx.written_in)
            .filter(|l| *l != cx.lang)
            .map(Lang::code),
        control: match field.input {
            Input::Rows(columns) => rows(&at, columns, &shown, wrong),
            _ => shown.control(),
        },
    }
}

fn rows(at: &str, columns: &[Field], shown: &Shown<'_>, wrong: &Wrong) -> Control {
    let none = Vec::new();
    let kept = shown.kept.and_then(Value::as_array).unwrap_or(&none);
    let empty = Value::Object(serde_json::Map::new());
    // One blank row more than there are, so that the next can be written without a button; two to begin with where
    // rows are the heart of the page.
    let least = if shown.field.is_needed { 2 } else { 1 };
    let count = if shown.cx.translated_from.is_some() { kept.len() } else { (kept.len() + 1).max(least) };
    let says = |name: &str| name.strip_prefix(at).is_some_and(|rest| rest.starts_with('/')) && name.rsplit('/').next() == Some(ROW);
    let is_moved = shown.typed.is_some_and(|form| form.iter().any(|(name, _)| says(name)));
    let rows = (0..count)
        .map(|n| {
            let row = format!("{at}/{n}");
            let content = kept.get(n).unwrap_or(&empty);
            let asked = columns.iter().filter(|column| is_asked(column, content, shown.cx));
            let fields = asked.map(|column| view(column, &row, content, shown.typed, wrong, shown.cx)).collect();
            let from = is_moved.then(|| shown.typed.map(|form| form.get(&format!("{row}/{ROW}")).to_owned()).unwrap_or_default());
            Row { fault: wrong.at(&row), at: row, number: n + 1, is_kept: n < kept.len(), from, fields }
        })
        .collect();
    let is_fixed = shown.cx.translated_from.is_some();
    Control::Rows { at: at.to_owned(), rows, is_fixed, can_grow: !is_fixed }
}

struct Shown<'a> {
    field: &'a Field,
    name: String,
    kept: Option<&'a Value>,
    typed: Option<&'a Form>,
    cx: &'a Context<'a>,
}

impl Shown<'_> {
    /// What was typed under a name, else what is kept.
    fn text(&self, name: &str, kept: impl FnOnce(&Value) -> Option<String>) -> String {
        let typed = self.typed.and_then(|form| form.find(name)).map(str::to_owned);
        typed.unwrap_or_else(|| self.kept.and_then(kept).unwrap_or_default())
    }

    fn line(&self, name: String, value: String, max: usize, sort: &'static str) -> Control {
        Control::Line { name, value, max, sort, is_short: max <= 30 }
    }

    fn control(&self) -> Control {
        let name = self.name.clone();
        let lang = self.cx.lang;
        let name_in = format!("{}/{}", self.name, self.cx.written_in);
        let plain = |v: &Value| v.as_str().map(str::to_owned);
        let list = |v: &Value, between: &str| {
            let items = v.as_array()?.iter().filter_map(|i| i.as_str().map(str::to_owned).or_else(|| i.as_u64().map(|n| n.to_string())));
            Some(items.collect::<Vec<_>>().join(between))
        };
        let written = |v: &Value| Some(in_language(v, self.cx.written_in));
        match self.field.input {
            Input::Line(max) => self.line(name_in.clone(), self.text(&name_in, written), max, "text"),
            Input::Text(max, rows) => Control::Area { value: self.text(&name_in, written), name: name_in, max, rows },
            Input::Words => {
                let words = self.text(&name_in, written);
                self.line(name_in, words, 500, "text")
            }
            Input::Items(rows) => {
                let entries = self.text(&name_in, |v| list(v.get(self.cx.written_in.code())?, "\n"));
                Control::Area { value: entries, name: name_in, max: 10_000, rows }
            }
            Input::Plain(max) => self.line(name.clone(), self.text(&name, plain), max, "text"),
            Input::Lines => Control::Area { value: self.text(&name, |v| list(v, "\n")), name, max: 5_000, rows: 3 },
            Input::Tokens | Input::Numbers => self.line(name.clone(), self.text(&name, |v| list(v, ", ")), 500, "text"),
            Input::Places(list) => self.places(name, list),
            Input::Whole => self.line(name.clone(), self.text(&name, |v| v.as_u64().map(|n| n.to_string())), 10, "numeric"),
            Input::Figure => {
                let figure = |v: &Value| v.as_f64().map(|n| typed::plain_number(lang, n));
                self.line(name.clone(), self.text(&name, figure), 24, "decimal")
            }
            Input::Percent => {
                let percent = |v: &Value| v.as_u64().map(|bp| typed::plain_percent(lang, bp));
                self.line(name.clone(), self.text(&name, percent), 8, "decimal")
            }
            Input::Day => self.line(name.clone(), self.text(&name, plain), 10, "date"),
            Input::Flag => {
                let now = self.text(&name, |v| v.as_bool().map(|b| if b { "yes" } else { "no" }.to_owned()));
                let options = [("yes", "flag-yes"), ("no", "flag-no"), ("", "flag-open")];
                Control::Radios { name, options: options.map(|(value, key)| said(value, key, &now, lang)).into() }
            }
            Input::YesNo(usual) => {
                let word = |is: bool| if is { "yes" } else { "no" }.to_owned();
                let now = self.text(&name, |v| v.as_bool().map(word));
                let now = if now.is_empty() { word(usual) } else { now };
                let options = [("yes", "flag-yes"), ("no", "flag-no")];
                Control::Radios { name, options: options.map(|(value, key)| said(value, key, &now, lang)).into() }
            }
            Input::Level => {
                let now = self.text(&name, |v| v.as_u64().map(|n| n.to_string()));
                Control::Select { name, options: self.with_none(self.terms("trl", &[now])) }
            }
            Input::Code(list) => {
                let now = self.text(&name, plain);
                let options = self.terms(list, &[now]);
                if options.len() <= 5 {
                    Control::Radios { name, options: self.or_not(options) }
                } else {
                    Control::Select { name, options: self.with_none(options) }
                }
            }
            Input::Titled(list) => self.titled(name, list),
            Input::Always(list) => Control::Select { options: self.terms(list, &[self.text(&name, plain)]), name },
            Input::Codes(list) => Control::Boxes { options: self.terms(list, &self.chosen()), name },
            Input::Party => {
                let now = self.text(&name, plain);
                let own = self.cx.parties.iter().map(|(id, label)| (id.to_string(), label.clone()));
                Control::Select { options: self.with_none(self.named(options(own, std::slice::from_ref(&now)))), name }
            }
            Input::Listings(kind) => {
                let own = self.cx.listings.iter().filter(|(_, k, _)| *k == kind).map(|(id, _, title)| (id.to_string(), title.clone()));
                Control::Boxes { options: self.named(options(own, &self.chosen())), name }
            }
            Input::Passage(max, rows) => Control::Area { value: self.text(&name, plain), name, max, rows },
            Input::Amount => self.amount(name),
            Input::Money => self.money(name),
            Input::Rows(_) => Control::Rows { at: name, rows: Vec::new(), is_fixed: true, can_grow: false },
        }
    }

    fn titled(&self, name: String, list: &str) -> Control {
        let now = self.text(&name, |v| v.as_str().map(str::to_owned));
        let options = self.terms(list, std::slice::from_ref(&now));
        let stray = (!now.is_empty() && !options.iter().any(|o| o.value == now)).then_some(now);
        Control::Titled {
            name,
            title: self
                .cx
                .vocabularies
                .get(list)
                .map(|l| if self.cx.lang == Lang::Vi { &l.vi } else { &l.en })
                .cloned()
                .unwrap_or_default(),
            loose: self.with_none(stray.map(|value| Opt { label: value.clone(), value, depth: 0, is_on: true }).into_iter().collect()),
            options,
        }
    }

    fn places(&self, name: String, list: &'static str) -> Control {
        let all = self.cx.vocabularies.get(list);
        let chosen = match self.typed {
            Some(form) if form.find(&name).is_some() => places(form, &name, all),
            _ => self.chosen(),
        };
        // A code that the list lacks may stay; a name that it lacks is shown as it was typed.
        let is_code = |text: &String| text.len() == 2 && text.bytes().all(|b| b.is_ascii_uppercase());
        let (codes, mut typed): (Vec<String>, Vec<String>) = chosen.into_iter().partition(is_code);
        let usual = all.into_iter().flat_map(|list| &list.terms).take(USUAL).map(|term| term.code.0.clone());
        let mut offered: Vec<String> = usual.collect();
        offered.extend(codes.iter().filter(|code| !offered.contains(code)).cloned().collect::<Vec<_>>());
        let lang = self.cx.lang;
        let option = |value: String| Opt {
            label: self.cx.vocabularies.name(list, &value, lang).to_owned(),
            is_on: codes.contains(&value),
            value,
            depth: 0,
        };
        typed.resize(typed.len().max(PLACES - 1) + 1, String::new());
        Control::Places {
            name,
            options: offered.into_iter().map(option).collect(),
            typed,
            list,
            names: all.into_iter().flat_map(|list| &list.terms).skip(USUAL).map(|term| term.name(lang).to_owned()).collect(),
        }
    }

    /// The currency, and what may be chosen instead.
    fn currency(&self, name: &str) -> (base::Currency, Vec<Opt>) {
        let currency = self.text(&format!("{name}/currency"), |v| v.get("currency").and_then(Value::as_str).map(str::to_owned));
        let currency = if currency.is_empty() { "VND".to_owned() } else { currency };
        let known = CURRENCIES.iter().map(|c| ((*c).to_owned(), (*c).to_owned()));
        (base::Currency(currency.clone()), options(known, &[currency]))
    }

    fn amount(&self, name: String) -> Control {
        let (kept, currencies) = self.currency(&name);
        let minor = |v: &Value| Some(typed::plain_money(self.cx.lang, v.get("minor")?.as_i64()?, &kept));
        Control::Amount { amount: self.text(&format!("{name}/amount"), minor), currencies, name }
    }

    fn money(&self, name: String) -> Control {
        let (kept, currencies) = self.currency(&name);
        let amount = |end: &str| {
            let minor = |v: &Value| Some(typed::plain_money(self.cx.lang, v.get(format!("{end}_minor"))?.as_i64()?, &kept));
            self.text(&format!("{name}/{end}"), minor)
        };
        Control::Money { min: amount("min"), max: amount("max"), currencies, name }
    }

    /// The values of boxes that are ticked.
    fn chosen(&self) -> Vec<String> {
        match self.typed {
            Some(form) if form.find(&self.name).is_some() => form.all(&self.name).map(str::to_owned).collect(),
            _ => self.kept.and_then(Value::as_array).into_iter().flatten().filter_map(|v| v.as_str().map(str::to_owned)).collect(),
        }
    }

    /// The terms of a list that may be chosen today, and those that are chosen already.
    fn terms(&self, list: &str, chosen: &[String]) -> Vec<Opt> {
        let Some(list) = self.cx.vocabularies.get(list) else { return Vec::new() };
        // What was chosen before it went out of force stays a choice of its own form.
        let is_open = |term: &&base::vocab::Term| term.in_force(self.cx.today) || chosen.contains(&term.code.0);
        let mut seen = std::collections::HashSet::new();
        list.terms
            .iter()
            .filter(is_open)
            .map(|term| term.code.as_str())
            .filter(|code| seen.insert(*code))
            .map(|code| term(list, code, chosen, self.cx.lang))
            .collect()
    }

    /// What is chosen and may not be chosen anew has a name all the same.
    fn named(&self, mut options: Vec<Opt>) -> Vec<Opt> {
        for option in options.iter_mut().filter(|o| o.label == o.value) {
            option.label = self.cx.name_of(&option.value);
        }
        options
    }

    /// What may stay open can be left open again: radio buttons have no other way back.
    fn or_not(&self, mut options: Vec<Opt>) -> Vec<Opt> {
        if !self.field.is_needed {
            let is_on = !options.iter().any(|o| o.is_on);
            options.push(Opt { value: String::new(), label: messages::say(self.cx.lang, "choose-none", &[]), depth: 0, is_on });
        }
        options
    }

    fn with_none(&self, mut options: Vec<Opt>) -> Vec<Opt> {
        let none = Opt { value: String::new(), label: messages::say(self.cx.lang, "choose", &[]), depth: 0, is_on: false };
        options.insert(0, none);
        options
    }
}

/// One answer of a few.
fn said(value: &str, key: &str, now: &str, lang: Lang) -> Opt {
    Opt { value: value.to_owned(), label: messages::say(lang, key, &[]), depth: 0, is_on: now == value }
}

fn term(list: &Vocabulary, code: &str, chosen: &[String], lang: Lang) -> Opt {
    Opt {
        value: code.to_owned(),
        label: list.name(code, lang).to_owned(),
        depth: list.path(code).len().saturating_sub(1),
        is_on: chosen.iter().any(|c| c == code),
    }
}

/// Things with a name; what is chosen and has none here keeps its place under its id.
fn options(known: impl Iterator<Item = (String, String)>, chosen: &[String]) -> Vec<Opt> {
    let mut all: Vec<Opt> = known.map(|(value, label)| Opt { is_on: chosen.contains(&value), value, label, depth: 0 }).collect();
    for value in chosen.iter().filter(|v| !v.is_empty()) {
        if !all.iter().any(|o| o.value == *value) {
            all.push(Opt { value: value.clone(), label: value.clone(), depth: 0, is_on: true });
        }
    }
    all
}
