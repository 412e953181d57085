//! Content as lines of words, in the order of its form: what moderators read and what versions are compared by.

use base::{Lang, MoneyRange, messages};
use chrono::NaiveDate;
use serde_json::Value;

use super::super::format;
use super::{Context, Field, Input};

/// One line: a field, or a row of one, in one language.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in super::super) struct Told {
    /// Where it is in the content; languages apart.
    pub at: String,
    /// The place a note is left at.
    pub field: String,
    /// What it is called.
    pub label: String,
    /// The language of the text, where it has one.
    pub lang: Option<Lang>,
    /// What it says.
    pub text: String,
}

/// What a content says in these fields.
pub(in super::super) fn told(fields: &[Field], content: &Value, cx: &Context<'_>) -> Vec<Told> {
    let mut lines = Vec::new();
    for field in fields {
        let Some(value) = content.pointer(field.at) else { continue };
        let label = messages::say(cx.lang, field.label, &[]);
        let mut add = |at: String, lang: Option<Lang>, text: String| {
            if !text.is_empty() {
                lines.push(Told { at, field: field.at.to_owned(), label: label.clone(), lang, text });
            }
        };
        match field.input {
            Input::Line(_) | Input::Text(..) | Input::Words | Input::Items(_) => {
                for lang in Lang::ALL {
                    add(format!("{}/{lang}", field.at), Some(lang), in_language(value, lang));
                }
            }
            Input::Rows(columns) => {
                for (n, row) in value.as_array().into_iter().flatten().enumerate() {
                    add(format!("{}/{n}", field.at), None, row_text(columns, row, cx));
                }
            }
            _ => add(field.at.to_owned(), None, plain(field, value, cx)),
        }
    }
    lines
}

/// What one value says that lies at a pointer: a field's, a row's, or that of a part of either.
pub(in super::super) fn told_at(fields: &[Field], pointer: &str, value: &Value, cx: &Context<'_>) -> String {
    let within = |f: &&Field| pointer == f.at || pointer.strip_prefix(f.at).is_some_and(|r| r.starts_with('/'));
    let words = |value: &Value| match value {
        Value::String(text) => text.clone(),
        Value::Array(items) => items.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(", "),
        Value::Object(text) => text.get("text").and_then(Value::as_str).unwrap_or_default().to_owned(),
        Value::Null => String::new(),
        other => other.to_string(),
    };
    let Some(field) = fields.iter().filter(within).max_by_key(|f| f.at.len()) else { return words(value) };
    let Input::Rows(columns) = field.input else {
        return if field.is_text() || pointer != field.at { words(value) } else { plain(field, value, cx) };
    };
    let rest = pointer.strip_prefix(field.at).unwrap_or_default().trim_start_matches('/');
    let Some((_, inner)) = rest.split_once('/') else { return row_text(columns, value, cx) };
    match columns.iter().find(|c| c.at.trim_start_matches('/') == inner) {
        Some(column) if !column.is_text() => plain(column, value, cx),
        _ => words(value),
    }
}

pub(super) fn in_language(value: &Value, lang: Lang) -> String {
    match value.get(lang.code()) {
        Some(Value::String(text)) => text.clone(),
        Some(Value::Array(words)) => words.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(", "),
        Some(Value::Object(text)) => text.get("text").and_then(Value::as_str).unwrap_or_default().to_owned(),
        _ => String::new(),
    }
}

fn row_text(columns: &[Field], row: &Value, cx: &Context<'_>) -> String {
    let parts = columns.iter().filter_map(|column| {
        let value = row.pointer(column.at)?;
        let text = match column.input {
            Input::Line(_) | Input::Text(..) | Input::Words | Input::Items(_) => {
                let all = Lang::ALL.into_iter().map(|lang| in_language(value, lang)).filter(|t| !t.is_empty());
                all.collect::<Vec<_>>().join(" / ")
            }
            _ => plain(column, value, cx),
        };
        (!text.is_empty()).then(|| format!("{}: {text}", messages::say(cx.lang, column.label, &[])))
    });
    parts.collect::<Vec<_>>().join(" · ")
}

fn plain(field: &Field, value: &Value, cx: &Context<'_>) -> String {
    let lang = cx.lang;
    let name = |list: &str, value: &Value| value.as_str().map(|code| cx.vocabularies.name(list, code, lang).to_owned());
    let many = |of: &dyn Fn(&Value) -> Option<String>, between: &str| {
        value.as_array().into_iter().flatten().filter_map(of).collect::<Vec<_>>().join(between)
    };
    let text = |v: &Value| v.as_str().map(str::to_owned);
    match field.input {
        Input::Code(list) | Input::Titled(list) | Input::Always(list) => name(list, value).unwrap_or_default(),
        Input::Codes(list) | Input::Places(list) => many(&|v| name(list, v), ", "),
        Input::Level => value.as_u64().map(|n| format!("TRL {n}")).unwrap_or_default(),
        Input::Whole => value.as_u64().map(|n| format::count(lang, n)).unwrap_or_default(),
        Input::Figure => value.as_f64().map(|n| super::super::typed::plain_number(lang, n)).unwrap_or_default(),
        Input::Percent => value.as_u64().and_then(|bp| u32::try_from(bp).ok()).map(|bp| format::share(lang, bp)).unwrap_or_default(),
        Input::Day => value.as_str().and_then(|d| d.parse::<NaiveDate>().ok()).map(|d| format::day(lang, d)).unwrap_or_default(),
        Input::Flag | Input::YesNo(_) => match value.as_bool() {
            Some(true) => messages::say(lang, "flag-yes", &[]),
            Some(false) => messages::say(lang, "flag-no", &[]),
            None => String::new(),
        },
        Input::Amount => {
            serde_json::from_value::<base::Money>(value.clone()).map(|m| format::money(lang, m.minor, &m.currency)).unwrap_or_default()
        }
        Input::Money => serde_json::from_value::<MoneyRange>(value.clone()).ok().and_then(|r| format::range(lang, &r)).unwrap_or_default(),
        Input::Tokens => many(&text, ", "),
        Input::Lines => many(&text, "\n"),
        Input::Numbers => many(&|v| v.as_u64().map(|n| n.to_string()), ", "),
        Input::Party => text(value).map(|id| cx.name_of(&id)).unwrap_or_default(),
        Input::Listings(_) => many(&|v| Some(cx.name_of(v.as_str()?)), ", "),
        Input::Line(_) | Input::Text(..) | Input::Words | Input::Items(_) | Input::Plain(_) | Input::Passage(..) | Input::Rows(_) => {
            text(value).unwrap_or_default()
        }
    }
}
