//! Things to tick, each with a sentence of what it means.

use base::{Lang, Vocabularies};
use chrono::NaiveDate;

/// One of them.
#[derive(Clone)]
pub(super) struct Choice {
    /// What is sent.
    pub value: String,
    /// What is read.
    pub label: String,
    /// What it means.
    pub about: Option<String>,
    /// Whether it is ticked.
    pub is_on: bool,
}

/// The terms of a list that may be chosen today.
pub(super) fn choices(all: &Vocabularies, list: &str, today: NaiveDate, lang: Lang, is_on: impl Fn(&str) -> bool) -> Vec<Choice> {
    let Some(list) = all.get(list) else { return Vec::new() };
    let open = list.terms.iter().filter(|term| term.in_force(today));
    open.map(|term| Choice {
        value: term.code.0.clone(),
        label: term.name(lang).to_owned(),
        about: if lang == Lang::Vi { term.note_vi.clone() } else { term.note_en.clone() },
        is_on: is_on(term.code.as_str()),
    })
    .collect()
}
