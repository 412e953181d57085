//! Reading what was sent into a type, telling every structural fault at once.
//!
//! `serde` stops at the first fault. So the type's own schema finds them all, the offending parts are taken out, and
//! what is left is still read, so that the rules of the domain can add their faults to the same answer.

use std::collections::BTreeMap;

use jsonschema::error::{TypeKind, ValidationErrorKind};
use jsonschema::{Draft, ValidationError, Validator};
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};
use utoipa::ToSchema;

use crate::Faults;
use crate::text::{clean_json, pointer_part};

/// The most characters of a value that a fault repeats.
const SHOWN_CHARS: usize = 60;

/// What one type looks like in JSON.
pub struct Shape {
    validator: Option<Validator>,
}

impl Shape {
    /// The shape of a type. Costs about a millisecond: make it once.
    #[must_use]
    pub fn of<T: ToSchema>() -> Self {
        let mut schemas = Vec::new();
        T::schemas(&mut schemas);
        let schemas: BTreeMap<String, Value> =
            schemas.into_iter().map(|(name, schema)| (name, serde_json::to_value(schema).unwrap_or_default())).collect();
        let mut document = serde_json::to_value(T::schema()).unwrap_or_default();
        if let Some(object) = document.as_object_mut() {
            object.insert("components".to_owned(), json!({ "schemas": schemas }));
        }
        let options = jsonschema::options().with_draft(Draft::Draft202012).should_validate_formats(true);
        Self { validator: options.build(&document).ok() }
    }

    /// True if the schema itself could be read; held by a test for every body of the route table.
    #[must_use]
    pub fn is_sound(&self) -> bool {
        self.validator.is_some()
    }

    /// Cleans the text of a body and reads it.
    ///
    /// Gives the value if it could be read at all (perhaps without the faulty parts) and the faults.
    #[must_use]
    pub fn read<T: DeserializeOwned>(&self, mut body: Value) -> (Option<T>, Faults) {
        let mut faults = Faults::new();
        clean_json(&mut body, "", &mut faults);
        // serde would read a struct from a list as well, by the order of its fields.
        if !body.is_object() {
            faults.add_with("", "wrong_type", &[("expected", "object")]);
            return (None, faults);
        }
        // The straight way first: nearly every body is right.
        match T::deserialize(&body) {
            Ok(value) => return (Some(value), faults),
            Err(_) => {
                let mut bad = Vec::new();
                if let Some(validator) = &self.validator {
                    for error in validator.iter_errors(&body) {
                        note(&error, &mut faults, &mut bad);
                    }
                }
                for pointer in bad {
                    remove(&mut body, &pointer);
                }
                if faults.is_empty() {
                    // The schema is content but serde is not, such as with a code of another spelling.
                    let at = serde_path_to_error::deserialize::<_, T>(&body).err().map(|e| path_pointer(e.path()));
                    note_value(&body, &at.unwrap_or_default(), &mut faults);
                }
            }
        }
        (read_the_rest(body, &mut faults), faults)
    }
}

/// Reads the body, taking out one more faulty part at a time; a part without which nothing can be read ends it.
fn read_the_rest<T: DeserializeOwned>(mut body: Value, faults: &mut Faults) -> Option<T> {
    for _ in 0..20 {
        match serde_path_to_error::deserialize::<_, T>(&body) {
            Ok(value) => return Some(value),
            Err(error) => {
                let pointer = path_pointer(error.path());
                let is_told = faults.iter().any(|f| f.pointer.starts_with(&pointer));
                if !is_told && !pointer.is_empty() {
                    note_value(&body, &pointer, faults);
                }
                if pointer.is_empty() || !remove(&mut body, &pointer) {
                    return None;
                }
            }
        }
    }
    None
}

/// Turns a schema error into a fault and notes what to take out.
fn note(error: &ValidationError<'_>, faults: &mut Faults, bad: &mut Vec<String>) {
    let pointer = error.instance_path().to_string();
    match error.kind() {
        ValidationErrorKind::AdditionalProperties { unexpected } => {
            for name in unexpected {
                let at = format!("{pointer}/{}", pointer_part(name));
                faults.add(at.as_str(), "unknown_field");
                bad.push(at);
            }
            return;
        }
        ValidationErrorKind::Required { property } => {
            let name = property.as_str().unwrap_or_default();
            faults.add(format!("{pointer}/{}", pointer_part(name)), "missing");
            return;
        }
        ValidationErrorKind::Type { kind } => {
            let expected = match kind {
                TypeKind::Single(one) => one.to_string(),
                TypeKind::Multiple(many) => many.iter().map(|t| t.to_string()).collect::<Vec<_>>().join(" / "),
            };
            faults.add_with(pointer.as_str(), "wrong_type", &[("expected", &expected)]);
        }
        ValidationErrorKind::Enum { options } => {
            let options: Vec<&str> = options.as_array().into_iter().flatten().filter_map(Value::as_str).collect();
            faults.add_with(pointer.as_str(), "not_one_of", &[("options", &options.join(", "))]);
        }
        // Nothing or a thing: what is wrong with the thing, each fault at its own place.
        ValidationErrorKind::OneOfNotValid { context } | ValidationErrorKind::AnyOf { context } => {
            let other = |e: &ValidationError<'_>| {
                matches!(e.kind(), ValidationErrorKind::Type { .. }) && e.instance_path() == error.instance_path()
            };
            if let Some(inside) = context.iter().find(|branch| !branch.is_empty() && !branch.iter().any(other)) {
                for error in inside {
                    note(error, faults, bad);
                }
                return;
            }
            faults.add_with(pointer.as_str(), "unreadable_value", &[("value", &shown(error.instance()))]);
        }
        ValidationErrorKind::Format { format } => match format.as_str() {
            "date" => faults.add(pointer.as_str(), "no_such_day"),
            "date-time" => faults.add(pointer.as_str(), "not_a_moment"),
            "uuid" => faults.add(pointer.as_str(), "not_an_id"),
            _ => faults.add_with(pointer.as_str(), "unreadable_value", &[("value", &shown(error.instance()))]),
        },
        ValidationErrorKind::MaxLength { limit } | ValidationErrorKind::MaxItems { limit } => {
            faults.add_with(pointer.as_str(), "over_limit", &[("max", &limit.to_string())]);
        }
        ValidationErrorKind::MinLength { limit } | ValidationErrorKind::MinItems { limit } => {
            faults.add_with(pointer.as_str(), "under_limit", &[("min", &limit.to_string())]);
        }
        ValidationErrorKind::Minimum { .. } | ValidationErrorKind::Maximum { .. } => faults.add(pointer.as_str(), "out_of_range"),
        _ => faults.add_with(pointer.as_str(), "unreadable_value", &[("value", &shown(error.instance()))]),
    }
    bad.push(pointer);
}

/// Tells that a value is not to be read; what a parser says of it is for programmers, and in English.
fn note_value(body: &Value, pointer: &str, faults: &mut Faults) {
    let value = body.pointer(pointer).unwrap_or(&Value::Null);
    faults.add_with(pointer, "unreadable_value", &[("value", &shown(value))]);
}

/// The beginning of a value, as it was sent.
fn shown(value: &Value) -> String {
    let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    match text.char_indices().nth(SHOWN_CHARS) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text,
    }
}

/// Takes the part at a pointer out of a body; false if it is not there or is the whole.
fn remove(body: &mut Value, pointer: &str) -> bool {
    let Some((parent, last)) = pointer.rsplit_once('/') else {
        return false;
    };
    let key = last.replace("~1", "/").replace("~0", "~");
    match body.pointer_mut(parent) {
        Some(Value::Object(map)) => map.remove(&key).is_some(),
        // The places of the others must stay, so that later pointers are right.
        Some(Value::Array(items)) => match key.parse::<usize>().ok().and_then(|n| items.get_mut(n)) {
            Some(item) if item.is_object() && !item.as_object().is_none_or(Map::is_empty) => {
                *item = Value::Object(Map::new());
                true
            }
            Some(_) => {
                if let Ok(n) = key.parse::<usize>() {
                    items.remove(n);
                }
                true
            }
            None => false,
        },
        _ => false,
    }
}

/// A path of serde as a JSON pointer.
fn path_pointer(path: &serde_path_to_error::Path) -> String {
    use serde_path_to_error::Segment;
    let mut pointer = String::new();
    for segment in path {
        match segment {
            Segment::Seq { index } => pointer.push_str(&format!("/{index}")),
            Segment::Map { key } => pointer.push_str(&format!("/{}", pointer_part(key))),
            Segment::Enum { .. } | Segment::Unknown => {}
        }
    }
    pointer
}

#[cfg(test)]
mod tests {
    use serde::{Deserialize, Serialize};

    use super::*;
    use crate::Localised;

    #[derive(Debug, Default, Serialize, Deserialize, ToSchema)]
    #[serde(deny_unknown_fields, default)]
    struct Inner {
        day: Option<chrono::NaiveDate>,
        level: Option<u8>,
    }

    #[derive(Debug, Default, Serialize, Deserialize, ToSchema)]
    #[serde(deny_unknown_fields, default)]
    struct Outer {
        title: Localised,
        inner: Vec<Inner>,
        open: Option<bool>,
    }

    fn pointers(body: Value) -> (Option<Outer>, Vec<(String, &'static str)>) {
        let shape = Shape::of::<Outer>();
        assert!(shape.is_sound());
        let (value, faults) = shape.read::<Outer>(body);
        (value, faults.iter().map(|f| (f.pointer.clone(), f.code)).collect())
    }

    #[test]
    fn every_structural_fault_is_told_at_once_and_the_rest_is_read() {
        let (value, found) = pointers(json!({
            "title": {"vi": "Máy sấy", "fr": "x"}, "open": "yes", "extra": 1,
            "inner": [{"level": "high"}, {"level": 3, "oops": true}],
        }));
        for expected in [
            ("/title/fr", "unknown_field"),
            ("/open", "wrong_type"),
            ("/extra", "unknown_field"),
            ("/inner/0/level", "wrong_type"),
            ("/inner/1/oops", "unknown_field"),
        ] {
            assert!(found.contains(&(expected.0.to_owned(), expected.1)), "{expected:?} in {found:?}");
        }
        let value = value.unwrap();
        assert_eq!(value.title.get(crate::Lang::Vi), Some("Máy sấy"));
        assert_eq!(value.inner[1].level, Some(3));
    }

    #[test]
    fn a_day_that_is_in_no_calendar_has_its_place() {
        let (_, found) = pointers(json!({"inner": [{"day": "2026-02-30"}]}));
        assert_eq!(found, [("/inner/0/day".to_owned(), "no_such_day")]);
    }

    #[test]
    fn a_body_that_is_no_object_is_a_fault_not_a_panic() {
        let (value, found) = pointers(json!([1, 2]));
        assert!(value.is_none());
        assert!(!found.is_empty());
    }
}
