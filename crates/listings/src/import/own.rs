//! The product's own format, which needs no mapping: one JSON object a line, or the same laid flat into a table whose
//! columns are the pointers of a content's fields.
//!
//! Both are written by [`crate::export`] and read back as they were. Cells that a spreadsheet would take for formulas
//! have an apostrophe before them in the flat form.

use std::sync::Arc;

use base::{Code, Lang};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;

use super::convert::{RowFault, number, pointer_of};
use super::fields::{FieldType, Fields};
use super::mapping::{parts, put};
use crate::head::Visibility;
use crate::kind::Kind;
use crate::published::Provenance;
use crate::state::Status;

/// A listing on its way out or in: everything but private terms and people.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Line {
    /// Its kind.
    pub kind: Kind,
    /// Whose it is: the readable piece of the party's address, or its id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub party: Option<String>,
    /// The language it is written in first.
    pub source_lang: Lang,
    /// Where it stands. Read back as published or, whatever else it was, as a draft.
    #[serde(default = "draft")]
    pub status: Status,
    /// Who may see it once published.
    #[serde(default = "public")]
    pub visibility: Visibility,
    /// Its readable code, by which a listing without an external id is known again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// Where it came from.
    #[serde(default = "imported")]
    pub provenance: Provenance,
    /// What it says.
    #[schema(value_type = Object)]
    pub content: Value,
}

fn draft() -> Status {
    Status::Draft
}

fn public() -> Visibility {
    Visibility::Public
}

/// What comes from a file and says nothing else.
pub(crate) fn imported() -> Provenance {
    Provenance { origin: Code::from("import"), source: None, external_id: None, licence: None }
}

/// The columns of the flat form that are no fields of a content, with their places in a [`Line`].
pub(crate) const COLUMNS: [(&str, &[&str]); 10] = [
    ("kind", &["kind"]),
    ("party", &["party"]),
    ("source_lang", &["source_lang"]),
    ("status", &["status"]),
    ("visibility", &["visibility"]),
    ("code", &["code"]),
    ("provenance", &["provenance", "origin"]),
    ("source", &["provenance", "source"]),
    ("external_id", &["provenance", "external_id"]),
    ("licence", &["provenance", "licence"]),
];

/// True if a table's columns are those of the flat form.
pub(crate) fn is_flat(header: &[String]) -> bool {
    header.iter().any(|name| name == "kind") && header.iter().any(|name| name.starts_with('/'))
}

/// A row of the flat form as a line of the other.
pub(crate) fn unflatten(fields: &dyn Fn(Kind) -> Option<Arc<Fields>>, row: Map<String, Value>) -> (Value, Vec<RowFault>) {
    let mut faults = Vec::new();
    let kind: Option<Kind> = row.get("kind").and_then(Value::as_str).and_then(|k| k.parse().ok());
    let fields = kind.and_then(fields);
    let mut line = Value::Object(Map::new());
    // A list's entries come in the order of their places, whatever the order of the columns.
    for (name, cell) in row {
        let cell = match cell {
            Value::String(text) => Value::String(bare(&text).to_owned()),
            other => other,
        };
        let (path, value) = if let Some((_, place)) = COLUMNS.iter().find(|(column, _)| *column == name) {
            (place.iter().map(|p| (*p).to_owned()).collect(), as_text(cell))
        } else if name.starts_with('/') {
            let kind = fields.as_ref().and_then(|f| f.at(&name));
            let mut path = vec!["content".to_owned()];
            path.extend(parts(&name));
            (path, typed(cell, kind))
        } else {
            faults.push(RowFault::new(name.clone(), name, "unknown_field"));
            continue;
        };
        if !put(&mut line, &path, value) {
            faults.push(RowFault::new(name, pointer_of(&path), "no_place"));
        }
    }
    if let Some(line) = line.as_object_mut() {
        line.entry("content").or_insert_with(|| Value::Object(Map::new()));
        // Without its column, the origin is an import.
        if let Some(provenance) = line.get_mut("provenance").and_then(Value::as_object_mut) {
            provenance.entry("origin").or_insert_with(|| Value::String("import".to_owned()));
        }
    }
    (line, faults)
}

/// A spreadsheet makes a number of a code of digits; it becomes a text again.
fn as_text(cell: Value) -> Value {
    match cell {
        Value::Number(n) => Value::String(n.to_string()),
        Value::Bool(b) => Value::String(b.to_string()),
        other => other,
    }
}

/// A cell as its field's type; what cannot be read stays a text, so that the check finds the wrong type.
fn typed(cell: Value, kind: Option<FieldType>) -> Value {
    match (kind, cell) {
        (Some(FieldType::Text | FieldType::Date), cell) => as_text(cell),
        (Some(FieldType::Integer | FieldType::Number), Value::String(text)) => number(&text).unwrap_or(Value::String(text)),
        (Some(FieldType::Boolean), Value::String(text)) => match text.as_str() {
            "true" | "TRUE" => Value::Bool(true),
            "false" | "FALSE" => Value::Bool(false),
            _ => Value::String(text),
        },
        (Some(FieldType::List), Value::String(text)) if text == "[]" => Value::Array(Vec::new()),
        (Some(FieldType::Object), Value::String(text)) if text == "{}" => Value::Object(Map::new()),
        (_, cell) => cell,
    }
}

/// The leaves of a value with their pointers, as cells: lists and objects appear only where they are empty.
pub(crate) fn flatten(value: &Value, pointer: &mut String, give: &mut dyn FnMut(&str, String)) {
    match value {
        Value::Null => {}
        Value::Bool(b) => give(pointer, b.to_string()),
        Value::Number(n) => give(pointer, guarded(&n.to_string())),
        Value::String(text) => give(pointer, guarded(text)),
        Value::Array(items) if items.is_empty() => give(pointer, "[]".to_owned()),
        Value::Object(map) if map.is_empty() => give(pointer, "{}".to_owned()),
        Value::Array(items) => {
            for (n, item) in items.iter().enumerate() {
                below(item, &n.to_string(), pointer, give);
            }
        }
        Value::Object(map) => {
            for (key, item) in map {
                below(item, &base::text::pointer_part(key), pointer, give);
            }
        }
    }
}

fn below(value: &Value, key: &str, pointer: &mut String, give: &mut dyn FnMut(&str, String)) {
    let length = pointer.len();
    pointer.push('/');
    pointer.push_str(key);
    flatten(value, pointer, give);
    pointer.truncate(length);
}

/// True for what makes a spreadsheet calculate, and for what the guard itself would make ambiguous.
fn begins_badly(text: &str) -> bool {
    text.starts_with(['=', '+', '-', '@', '\t', '\r', '\0', '\'', '＝', '＋', '－', '＠'])
}

/// A cell with an apostrophe before what a spreadsheet would calculate; the empty text is an apostrophe alone, since
/// an empty cell is no text at all.
#[must_use]
pub fn guarded(text: &str) -> String {
    let ambiguous = match text.strip_prefix('\'') {
        Some(rest) => rest.is_empty() || begins_badly(rest),
        None => text.is_empty() || begins_badly(text),
    };
    if ambiguous { format!("'{text}") } else { text.to_owned() }
}

/// A cell of a foreign table without the apostrophe that another program put before what a spreadsheet would calculate.
pub(crate) fn unguarded(cell: &str) -> &str {
    match cell.strip_prefix('\'') {
        Some(rest) if begins_badly(rest) && !rest.starts_with('\'') => rest,
        _ => cell,
    }
}

/// What [`guarded`] was given.
pub(crate) fn bare(cell: &str) -> &str {
    match cell.strip_prefix('\'') {
        Some(rest) if rest.is_empty() || begins_badly(rest) => rest,
        _ => cell,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_a_spreadsheet_would_calculate_is_guarded() {
        for (text, cell) in
            [("=1+1", "'=1+1"), ("-5", "'-5"), ("＝1", "'＝1"), ("", "'"), ("'", "''"), ("'tis", "'tis"), ("'=x", "''=x"), ("a=b", "a=b")]
        {
            assert_eq!(guarded(text), cell, "{text}");
            assert_eq!(bare(cell), text);
        }
    }

    proptest! {
        #[test]
        fn a_guarded_cell_reads_back(text in "['=+@\\-a\t\r]{0,5}") {
            let cell = guarded(&text);
            prop_assert_eq!(bare(&cell), &text);
            prop_assert!(!cell.starts_with(['=', '+', '-', '@', '\t', '\r']));
        }
    }
}
