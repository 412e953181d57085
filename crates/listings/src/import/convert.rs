//! Applying a mapping to a row: cells become a content's JSON, faults know their column.

use base::text::{clean, is_forbidden, pointer_part};
use chrono::NaiveDate;
use serde_json::{Map, Value};

use super::mapping::{Column, ColumnType, Mapping, put};

/// One thing that is wrong in a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct RowFault {
    pub column: String,
    pub pointer: String,
    pub code: &'static str,
    pub args: Vec<(&'static str, String)>,
}

impl RowFault {
    pub(crate) fn new(column: impl Into<String>, pointer: impl Into<String>, code: &'static str) -> Self {
        Self { column: column.into(), pointer: pointer.into(), code, args: Vec::new() }
    }

    pub(crate) fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.args.push((name, value.into()));
        self
    }
}

/// What a row became.
#[derive(Debug, Default)]
pub(crate) struct Converted {
    pub body: Value,
    pub faults: Vec<RowFault>,
    /// How many texts and lists were cut to their greatest length or lost forbidden characters.
    pub shortened: u64,
}

/// Fills the mapping's fields from a row. The body is clean: every text went through [`base::text::clean`], and one with
/// characters that no text may have is a fault.
pub(crate) fn convert(mapping: &Mapping, row: &Map<String, Value>) -> Converted {
    let mut done = Converted { body: mapping.body.clone(), ..Converted::default() };
    let mut cells = Cells { row, cleaned: Vec::with_capacity(mapping.columns.len()) };
    for column in &mapping.columns {
        let value = match column.kind {
            ColumnType::List => list(column, &mut cells, &mut done),
            _ => single(column, &mut cells, &mut done),
        };
        let fault = match value.or_else(|| column.default.clone()) {
            Some(value) => (!put(&mut done.body, &column.path, value)).then_some("no_place"),
            None => column.required.then_some("missing"),
        };
        if let Some(code) = fault {
            done.faults.push(RowFault::new(column.from.join(", "), column.to.clone(), code));
        }
    }
    done
}

/// A row whose texts are cleaned once, however many fields are made of them.
struct Cells<'a> {
    row: &'a Map<String, Value>,
    /// By name and, for lists, by what joins them.
    cleaned: Vec<(&'a str, &'a str, String)>,
}

impl<'a> Cells<'a> {
    /// The words of a cell; none if it has no words.
    fn text(&mut self, name: &'a str, column: &'a Column, done: &mut Converted) -> Option<&str> {
        let cell = self.row.get(name)?;
        let joint = if cell.is_array() { column.separator.as_str() } else { "" };
        let at = match self.cleaned.iter().position(|(n, j, _)| *n == name && *j == joint) {
            Some(at) => at,
            None => {
                self.cleaned.push((name, joint, allowed(cell_text(cell, joint), name, column, done)));
                self.cleaned.len() - 1
            }
        };
        self.cleaned.get(at).map(|(_, _, text)| text.as_str()).filter(|t| !t.is_empty())
    }
}

fn single<'a>(column: &'a Column, cells: &mut Cells<'a>, done: &mut Converted) -> Option<Value> {
    let text = text(column, cells, done)?;
    if let Some(value) = column.map.get(&text) {
        return Some(value.clone());
    }
    let fault =
        |code| RowFault::new(column.from.join(", "), column.to.clone(), code).with("value", text.chars().take(60).collect::<String>());
    let read = match column.kind {
        ColumnType::Text | ColumnType::List => {
            let (text, cut) = shorten(&text, column.max);
            done.shortened += u64::from(cut);
            return Some(Value::String(text));
        }
        ColumnType::Integer => text.parse::<i64>().ok().map(Value::from).ok_or_else(|| fault("not_whole_number")),
        ColumnType::Number => number(&text).ok_or_else(|| fault("not_a_number")),
        ColumnType::Date => date(&text, column.format.as_deref()).map(|d| Value::String(d.to_string())).ok_or_else(|| fault("not_a_date")),
        ColumnType::Boolean => boolean(&text).map(Value::Bool).ok_or_else(|| fault("not_yes_no")),
    };
    match read {
        Ok(value) => Some(value),
        Err(fault) => {
            // A value that may be left out where it cannot be read has a default.
            if column.default.is_none() {
                done.faults.push(fault);
            }
            None
        }
    }
}

/// The words of the columns, joined, or the first that has any.
fn text<'a>(column: &'a Column, cells: &mut Cells<'a>, done: &mut Converted) -> Option<String> {
    let mut all: Option<String> = None;
    for name in &column.from {
        let Some(text) = cells.text(name, column, done) else { continue };
        match &mut all {
            None => all = Some(text.to_owned()),
            Some(all) => {
                all.push_str(&column.separator);
                all.push_str(text);
            }
        }
        if column.first {
            break;
        }
    }
    all
}

/// A cell's words, cleaned; empty if it has no words.
fn cell_text(cell: &Value, separator: &str) -> String {
    match cell {
        Value::String(text) => clean(text),
        Value::Number(number) => number.to_string(),
        Value::Bool(bool) => bool.to_string(),
        Value::Array(items) => items.iter().map(|i| cell_text(i, separator)).filter(|t| !t.is_empty()).collect::<Vec<_>>().join(separator),
        Value::Null | Value::Object(_) => String::new(),
    }
}

/// The text without characters that no text may have, if they are to be taken out; else a fault.
fn allowed(text: String, name: &str, column: &Column, done: &mut Converted) -> String {
    if !text.chars().any(is_forbidden) {
        return text;
    }
    if !column.remove_forbidden {
        done.faults.push(RowFault::new(name, column.to.clone(), "forbidden_character"));
        return text;
    }
    done.shortened += 1;
    clean(&base::text::allowed(&text).collect::<String>())
}

/// The entries of all columns, each once, cut to number and length.
fn list<'a>(column: &'a Column, cells: &mut Cells<'a>, done: &mut Converted) -> Option<Value> {
    let mut entries: Vec<Value> = Vec::new();
    let (mut cut, mut dropped) = (0_u64, false);
    let mut add = |text: &str| {
        let text = text.trim();
        if text.is_empty() {
            return;
        }
        let value = match column.map.get(text) {
            Some(value) => value.clone(),
            None => {
                let (text, shorter) = shorten(text, column.max);
                cut += u64::from(shorter);
                Value::String(text)
            }
        };
        if entries.contains(&value) {
            return;
        }
        if column.count.is_some_and(|most| entries.len() >= most) {
            dropped = true;
        } else {
            entries.push(value);
        }
    };
    for name in &column.from {
        if let Some(Value::Array(items)) = cells.row.get(name).filter(|c| c.as_array().is_some_and(|a| !a.is_empty())) {
            for item in items {
                add(&allowed(cell_text(item, " "), name, column, done));
            }
        } else if let Some(text) = cells.text(name, column, done) {
            match &column.split {
                // Any of the characters given separates.
                Some(marks) => text.split(|c| marks.contains(c)).for_each(&mut add),
                None => add(text),
            }
        } else {
            continue;
        }
        if column.first {
            break;
        }
    }
    done.shortened += cut + u64::from(dropped);
    (!entries.is_empty()).then_some(Value::Array(entries))
}

/// At most `max` characters, cut between words where there is a space near the end.
pub(crate) fn shorten(text: &str, max: Option<usize>) -> (String, bool) {
    let Some(max) = max else { return (text.to_owned(), false) };
    if text.len() <= max || text.chars().nth(max).is_none() {
        return (text.to_owned(), false);
    }
    // One character is left for the mark that something is missing.
    let end = text.char_indices().nth(max.saturating_sub(1)).map_or(text.len(), |(at, _)| at);
    let kept = text.get(..end).unwrap_or_default();
    let near = kept.char_indices().rev().take(40).find(|(_, c)| c.is_whitespace()).map(|(at, _)| at);
    let kept = near.and_then(|at| kept.get(..at)).unwrap_or(kept).trim_end();
    (format!("{kept}…"), true)
}

/// A number as JSON has it, a decimal comma allowed.
pub(crate) fn number(text: &str) -> Option<Value> {
    let text = text.strip_prefix('+').unwrap_or(text);
    let with_point = if text.matches(',').count() == 1 && !text.contains('.') { text.replace(',', ".") } else { text.to_owned() };
    serde_json::from_str::<serde_json::Number>(&with_point).ok().map(Value::Number)
}

fn date(text: &str, format: Option<&str>) -> Option<NaiveDate> {
    match format {
        Some(format) => {
            let (day, _) = NaiveDate::parse_and_remainder(text, format).ok()?;
            Some(day)
        }
        // The day of a date with a time will do.
        None => NaiveDate::parse_from_str(text.get(..10)?, "%Y-%m-%d").ok(),
    }
}

fn boolean(text: &str) -> Option<bool> {
    match text.to_lowercase().as_str() {
        "true" | "yes" | "y" | "1" | "có" | "x" | "đúng" => Some(true),
        "false" | "no" | "n" | "0" | "không" | "sai" => Some(false),
        _ => None,
    }
}

/// The name of a field inside a body as a pointer.
pub(crate) fn pointer_of(path: &[String]) -> String {
    path.iter().map(|p| format!("/{}", pointer_part(p))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn convert_one(column: &str, row: &Value) -> Converted {
        let mapping = Mapping::parse("test", &format!("kind = \"need\"\n[[column]]\n{column}")).unwrap();
        convert(&mapping, row.as_object().unwrap())
    }

    #[test]
    fn a_text_is_cut_between_words_and_counted() {
        assert_eq!(shorten("một hai ba", Some(8)), ("một…".to_owned(), true));
        assert_eq!(shorten("một hai", Some(8)), ("một hai".to_owned(), false));
        assert_eq!(shorten("ămộthaiba", Some(4)), ("ămộ…".to_owned(), true));
        let done = convert_one("from = \"a\"\nto = \"/title/vi\"\nmax = 8", &json!({ "a": "một hai ba" }));
        assert_eq!((done.shortened, &done.body["title"]["vi"]), (1, &json!("một…")));
    }

    #[test]
    fn columns_are_joined_or_the_first_with_words_is_taken() {
        let row = json!({ "a": " ", "b": "hai", "c": "ba" });
        let joined = convert_one("from = [\"a\", \"b\", \"c\"]\nto = \"/title/vi\"\nseparator = \": \"", &row);
        assert_eq!(joined.body["title"]["vi"], "hai: ba");
        let first = convert_one("from = [\"a\", \"b\", \"c\"]\nto = \"/title/vi\"\nfirst = true", &row);
        assert_eq!(first.body["title"]["vi"], "hai");
    }

    #[test]
    fn characters_that_no_text_may_have_are_taken_out_where_the_mapping_says_so() {
        let mapping =
            Mapping::parse("test", "kind = \"need\"\nremove_forbidden = true\n[[column]]\nfrom = \"a\"\nto = \"/title/vi\"").unwrap();
        let done = convert(&mapping, json!({ "a": "Bê\u{200b}\u{301}n" }).as_object().unwrap());
        assert_eq!((done.body["title"]["vi"].clone(), done.shortened), (json!("Bến"), 1));
    }

    #[test]
    fn lists_are_split_deduplicated_and_cut() {
        let column = "from = \"k\"\nto = \"/keywords/vi\"\nsplit = \";,\"\ncount = 2\ndefault = [\"khác\"]";
        let done = convert_one(column, &json!({ "k": "sấy; dừa, sấy;; mặn" }));
        assert_eq!((done.body["keywords"]["vi"].clone(), done.shortened), (json!(["sấy", "dừa"]), 1));
        assert_eq!(convert_one(column, &json!({ "k": ["a", "b"] })).body["keywords"]["vi"], json!(["a", "b"]));
        assert_eq!(convert_one(column, &json!({ "k": "" })).body["keywords"]["vi"], json!(["khác"]));
    }

    #[test]
    fn a_cell_of_the_wrong_type_is_a_fault_of_its_column() {
        let done = convert_one("from = \"d\"\nto = \"/deadline\"\nformat = \"%d/%m/%Y\"", &json!({ "d": "2026-11-24" }));
        assert_eq!(done.faults, [RowFault::new("d", "/deadline", "not_a_date").with("value", "2026-11-24")]);
        let done = convert_one("from = \"d\"\nto = \"/deadline\"\nformat = \"%d/%m/%Y\"", &json!({ "d": "24/11/2026 08:00" }));
        assert_eq!(done.body["deadline"], "2026-11-24");
        let done = convert_one("from = \"d\"\nto = \"/trl_min\"\nmap = { high = 7 }", &json!({ "d": "high" }));
        assert_eq!(done.body["trl_min"], 7);
        let done = convert_one("from = \"d\"\nto = \"/trl_min\"\nrequired = true", &json!({}));
        assert_eq!(done.faults, [RowFault::new("d", "/trl_min", "missing")]);
    }
}
