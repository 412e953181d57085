//! A mapping says which column of a file becomes which field of a listing, and what is the same for all of them.
//!
//! ```toml
//! kind = "technology"
//! source = "sbir"             # with `external_id` the key by which a row is known again
//! external_id = "id"          # a column
//! licence = "public domain"
//! source_lang = "en"
//! remove_forbidden = true     # take out control and zero-width characters instead of refusing the row
//!
//! [constants]
//! "/trl" = 5
//!
//! [[column]]
//! from = "title"
//! to = "/title/en"
//! max = 256                   # cut at a word
//! max_unstored = 20000        # the same where a row is only read, as by `innospace match`
//! ```

use std::collections::BTreeMap;

use base::Lang;
use base::text::{allowed, clean};
use serde::Deserialize;
use serde_json::Value;
use toml::Spanned;

use super::fields::{FieldType, Fields};
use crate::head::Visibility;
use crate::kind::Kind;

/// A mapping file does not hold what it should.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{path}: {what}")]
pub struct MappingError {
    /// The file.
    pub path: String,
    /// What is wrong, with the line.
    pub what: String,
}

/// From columns to fields.
#[derive(Clone, Debug)]
pub struct Mapping {
    /// The kind of every listing of the file.
    pub kind: Kind,
    /// The name of the source.
    pub source: Option<String>,
    /// The column with the source's own id.
    pub external_id: Option<String>,
    /// The licence the source gave.
    pub licence: Option<String>,
    /// The language the texts are written in.
    pub source_lang: Lang,
    /// Who may see the listings once they are published.
    pub visibility: Visibility,
    /// The file as it was written.
    pub(crate) text: String,
    /// The constants, already in their places.
    pub(crate) body: Value,
    /// The columns.
    pub(crate) columns: Vec<Column>,
}

/// One field and what it is made of.
#[derive(Clone, Debug)]
pub(crate) struct Column {
    pub from: Vec<String>,
    /// The place, as a pointer and cut into its parts.
    pub to: String,
    pub path: Vec<String>,
    pub kind: ColumnType,
    /// Only the first column that is not empty, instead of all joined.
    pub first: bool,
    pub separator: String,
    pub split: Option<String>,
    pub max: Option<usize>,
    /// The most characters where the row is only read.
    pub max_unstored: Option<usize>,
    pub count: Option<usize>,
    pub format: Option<String>,
    pub map: BTreeMap<String, Value>,
    pub default: Option<Value>,
    pub required: bool,
    /// Whether characters that no text may have are taken out instead of being a fault.
    pub remove_forbidden: bool,
}

/// How cells are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum ColumnType {
    Text,
    Integer,
    Number,
    Date,
    Boolean,
    List,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    kind: Kind,
    #[serde(default)]
    source: Option<String>,
    #[serde(default)]
    external_id: Option<String>,
    #[serde(default)]
    licence: Option<String>,
    #[serde(default)]
    source_lang: Lang,
    #[serde(default = "public")]
    visibility: Visibility,
    #[serde(default)]
    remove_forbidden: bool,
    #[serde(default)]
    constants: BTreeMap<Spanned<String>, toml::Value>,
    #[serde(default, rename = "column")]
    columns: Vec<Spanned<RawColumn>>,
}

fn public() -> Visibility {
    Visibility::Public
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawColumn {
    from: OneOrMany,
    to: Spanned<String>,
    #[serde(default, rename = "type")]
    kind: Option<ColumnType>,
    #[serde(default)]
    first: bool,
    #[serde(default)]
    separator: Option<String>,
    #[serde(default)]
    split: Option<String>,
    #[serde(default)]
    max: Option<usize>,
    #[serde(default)]
    max_unstored: Option<usize>,
    #[serde(default)]
    count: Option<usize>,
    #[serde(default)]
    format: Option<String>,
    #[serde(default)]
    map: BTreeMap<String, toml::Value>,
    #[serde(default)]
    default: Option<toml::Value>,
    #[serde(default)]
    required: bool,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum OneOrMany {
    One(String),
    Many(Vec<String>),
}

impl Mapping {
    /// Longest mapping file, in bytes.
    pub const MAX_BYTES: usize = 256 * 1024;

    /// Reads a mapping file. `path` is only for the message.
    ///
    /// # Errors
    /// [`MappingError`] with file and line for an unknown key, a field that no listing of this kind has, or a setting
    /// that does not fit its field.
    pub fn parse(path: &str, text: &str) -> Result<Self, MappingError> {
        let fault = |what: String| MappingError { path: path.to_owned(), what };
        if text.len() > Self::MAX_BYTES {
            return Err(fault(format!("longer than {} bytes", Self::MAX_BYTES)));
        }
        let file: File = toml::from_str(text).map_err(|e| fault(e.to_string()))?;
        let fault_at = |at: usize, what: String| fault(format!("line {}: {what}", line_of(text, at)));
        if file.external_id.is_some() && file.source.is_none() {
            return Err(fault("`external_id` needs a `source`: two sources may use the same id".to_owned()));
        }
        let fields = Fields::of(file.kind);
        let mut body = Value::Object(serde_json::Map::new());
        for (pointer, value) in file.constants {
            let at = pointer.span().start;
            let pointer = pointer.into_inner();
            if fields.at(&pointer).is_none() {
                return Err(fault_at(at, format!("a {} has no field {pointer:?}", file.kind)));
            }
            if !put(&mut body, &parts(&pointer), json(value)) {
                return Err(fault_at(at, format!("{pointer:?} does not fit beside the other constants")));
            }
        }
        let mut columns = Vec::with_capacity(file.columns.len());
        for raw in file.columns {
            let at = raw.span().start;
            let column = column(raw.into_inner(), file.kind, &fields).map_err(|(inner, what)| fault_at(inner.unwrap_or(at), what))?;
            columns.push(Column { remove_forbidden: file.remove_forbidden, ..column });
        }
        Ok(Self {
            kind: file.kind,
            source: file.source,
            external_id: file.external_id,
            licence: file.licence,
            source_lang: file.source_lang,
            visibility: file.visibility,
            text: text.to_owned(),
            body,
            columns,
        })
    }

    /// Every column of a file that is read.
    pub(crate) fn reads(&self) -> impl Iterator<Item = &str> {
        self.external_id.iter().map(String::as_str).chain(self.columns.iter().flat_map(|c| c.from.iter().map(String::as_str)))
    }

    /// The column a field of a content came from.
    pub(crate) fn column_of(&self, pointer: &str) -> String {
        let below = |to: &str| {
            pointer.strip_prefix(to).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
                || to.strip_prefix(pointer).is_some_and(|rest| rest.starts_with('/'))
        };
        self.columns.iter().filter(|c| below(&c.to)).max_by_key(|c| c.to.len()).map(|c| c.from.join(", ")).unwrap_or_default()
    }
}

fn column(raw: RawColumn, kind: Kind, fields: &Fields) -> Result<Column, (Option<usize>, String)> {
    let at = Some(raw.to.span().start);
    let to = raw.to.into_inner();
    let Some(field) = fields.at(&to) else {
        return Err((at, format!("a {kind} has no field {to:?}")));
    };
    let natural = match field {
        FieldType::Text => ColumnType::Text,
        FieldType::Date => ColumnType::Date,
        FieldType::Integer => ColumnType::Integer,
        FieldType::Number => ColumnType::Number,
        FieldType::Boolean => ColumnType::Boolean,
        FieldType::List => ColumnType::List,
        FieldType::Object => return Err((at, format!("{to:?} has fields of its own, such as a language; name one of them"))),
    };
    let from = match raw.from {
        OneOrMany::One(one) => vec![one],
        OneOrMany::Many(many) => many,
    };
    if from.is_empty() || from.iter().any(String::is_empty) {
        return Err((None, "`from` names no column".to_owned()));
    }
    let kind = raw.kind.unwrap_or(natural);
    if kind == ColumnType::List && field != FieldType::List || kind != ColumnType::List && field == FieldType::List {
        return Err((at, format!("{to:?} and its `type` must both be lists or both not")));
    }
    if kind != ColumnType::List && (raw.split.is_some() || raw.count.is_some()) {
        return Err((None, "`split` and `count` are for lists".to_owned()));
    }
    if raw.max_unstored.is_some_and(|max| kind != ColumnType::Text || max > MAX_UNSTORED_CHARS) {
        return Err((None, format!("`max_unstored` is for texts and at most {MAX_UNSTORED_CHARS}")));
    }
    if kind != ColumnType::Date && raw.format.is_some() {
        return Err((None, "`format` is for dates".to_owned()));
    }
    if let Some(format) = &raw.format
        && chrono::format::StrftimeItems::new(format).any(|item| item == chrono::format::Item::Error)
    {
        return Err((None, format!("{format:?} is no date format, such as %d/%m/%Y")));
    }
    Ok(Column {
        from,
        path: parts(&to),
        to,
        kind,
        first: raw.first,
        separator: raw.separator.unwrap_or_else(|| " ".to_owned()),
        split: raw.split.filter(|s| !s.is_empty()),
        max: raw.max,
        max_unstored: raw.max_unstored,
        count: raw.count,
        format: raw.format,
        map: raw.map.into_iter().map(|(k, v)| (k, json(v))).collect(),
        default: raw.default.map(json),
        required: raw.required,
        remove_forbidden: false,
    })
}

/// The most characters of a text that is only read: enough for a call with all its annexes, and a bound.
const MAX_UNSTORED_CHARS: usize = 100_000;

/// A TOML value as JSON, its texts cleaned; a TOML date is the date's text.
fn json(value: toml::Value) -> Value {
    match value {
        toml::Value::String(s) => Value::String(allowed(&clean(&s)).collect()),
        toml::Value::Integer(n) => n.into(),
        toml::Value::Float(x) => x.into(),
        toml::Value::Boolean(b) => b.into(),
        toml::Value::Datetime(d) => Value::String(d.to_string()),
        toml::Value::Array(all) => Value::Array(all.into_iter().map(json).collect()),
        toml::Value::Table(all) => Value::Object(all.into_iter().map(|(k, v)| (k, json(v))).collect()),
    }
}

/// The parts of a pointer, unescaped.
pub(crate) fn parts(pointer: &str) -> Vec<String> {
    pointer.split('/').skip(1).map(|p| p.replace("~1", "/").replace("~0", "~")).collect()
}

/// The most entries a list of a content is given by pointers.
const MAX_PLACES: usize = 1_000;

/// Puts a value into its place, making what lies above it; false if something else is there.
pub(crate) fn put(body: &mut Value, path: &[String], value: Value) -> bool {
    let Some((key, rest)) = path.split_first() else {
        *body = value;
        return true;
    };
    if body.is_null() {
        *body = if key.parse::<usize>().is_ok() { Value::Array(Vec::new()) } else { Value::Object(serde_json::Map::new()) };
    }
    match body {
        Value::Object(map) => put(map.entry(key.clone()).or_insert(Value::Null), rest, value),
        Value::Array(items) => {
            let Ok(place) = key.parse::<usize>() else { return false };
            if place >= MAX_PLACES {
                return false;
            }
            if items.len() <= place {
                items.resize(place + 1, Value::Null);
            }
            items.get_mut(place).is_some_and(|item| put(item, rest, value))
        }
        _ => false,
    }
}

fn line_of(text: &str, at: usize) -> usize {
    text.as_bytes().iter().take(at).filter(|b| **b == b'\n').count() + 1
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(text: &str) -> String {
        Mapping::parse("maps/x.toml", text).unwrap_err().to_string()
    }

    #[test]
    fn what_is_unknown_is_refused_with_file_and_line() {
        let message = error("kind = \"technology\"\nlicense = \"x\"\n");
        assert!(message.contains("maps/x.toml") && message.contains("license") && message.contains("line 2"), "{message}");
        let message = error("kind = \"technology\"\n\n[constants]\n\"/trl\" = 5\n\"/titel/en\" = \"x\"\n");
        assert!(message.contains("line 5") && message.contains("/titel/en"), "{message}");
        let message = error("kind = \"need\"\n[[column]]\nfrom = \"a\"\nto = \"/summary/en\"\n");
        assert!(message.contains("line 4") && message.contains("/summary/en"), "{message}");
        let message = error("kind = \"need\"\n[[column]]\nfrom = \"a\"\nto = \"/title/en\"\nsplit = \";\"\n");
        assert!(message.contains("line 2") && message.contains("split"), "{message}");
        let message = error("kind = \"need\"\n[[column]]\nfrom = \"a\"\nto = \"/deadline\"\nformat = \"%Q\"\n");
        assert!(message.contains("%Q"), "{message}");
        let message = error("kind = \"need\"\nexternal_id = \"id\"\n");
        assert!(message.contains("source"), "{message}");
    }

    #[test]
    fn constants_are_put_into_their_places() {
        let mapping =
            Mapping::parse("x", "kind = \"technology\"\n[constants]\n\"/owners/0/share_bp\" = 10000\n\"/disclosed_on\" = 2024-01-31\n")
                .unwrap();
        assert_eq!(mapping.body, serde_json::json!({ "owners": [{ "share_bp": 10000 }], "disclosed_on": "2024-01-31" }));
    }
}
