//! Reading a content that was stored under an older schema: one step per schema number, applied when it is read.
//!
//! The stored version is never rewritten; what people wrote stays as they wrote it.

use serde_json::Value;

use crate::content::{Content, SCHEMA};
use crate::kind::Kind;

/// A step from one schema number to the next.
type Step = fn(Kind, &mut Value);

/// The step from schema 1 to 2 stands first. None yet: nothing was released before schema 1.
const STEPS: &[Step] = &[];

/// A stored content that cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum UpgradeError {
    /// It was written by a newer program.
    #[error("the content has schema {0}, newer than this program's {SCHEMA}")]
    Newer(i32),
    /// It is not JSON of its kind.
    #[error("the content does not fit its schema")]
    Unreadable(#[from] serde_json::Error),
}

/// Reads a stored content of any schema up to the current one.
///
/// # Errors
/// [`UpgradeError`].
pub fn read(kind: Kind, schema: i32, json: &str) -> Result<Content, UpgradeError> {
    if schema == SCHEMA {
        return Ok(Content::from_json(kind, json)?);
    }
    apply(kind, schema, json, STEPS)
}

fn apply(kind: Kind, schema: i32, json: &str, steps: &[impl Fn(Kind, &mut Value)]) -> Result<Content, UpgradeError> {
    let from = usize::try_from(schema - 1).map_err(|_| UpgradeError::Newer(schema))?;
    let steps = steps.get(from..).ok_or(UpgradeError::Newer(schema))?;
    let mut value: Value = serde_json::from_str(json)?;
    for step in steps {
        step(kind, &mut value);
    }
    Ok(Content::from_json(kind, &value.to_string())?)
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use base::Lang;
    use proptest::collection::vec;
    use proptest::prelude::*;
    use proptest::sample::Index;
    use serde_json::json;

    use super::*;
    use crate::import::tests::contents::content;

    /// What an invented step does.
    #[derive(Clone, Debug)]
    enum Change {
        /// A field has another name from now on.
        Rename { old: String, new: String },
        /// A field was kept in an object of its own, and stands alone from now on.
        Unwrap(String),
        /// A field is not there any more.
        Drop(String),
    }

    impl Change {
        fn upgrade(&self, value: &mut Value) {
            let fields = value.as_object_mut().unwrap();
            match self {
                Self::Rename { old, new } => {
                    if let Some(value) = fields.remove(old) {
                        fields.insert(new.clone(), value);
                    }
                }
                Self::Unwrap(name) => {
                    if let Some(inner) = fields.get_mut(name).and_then(|field| field.get_mut("kept")).map(Value::take) {
                        fields.insert(name.clone(), inner);
                    }
                }
                Self::Drop(name) => drop(fields.remove(name)),
            }
        }
    }

    /// Steps that lead to a content, made from the newest back, with the content as each schema would have stored it and
    /// the fields of today that are lost from there on.
    struct History {
        steps: Vec<Change>,
        stored: Vec<Value>,
        lost: Vec<BTreeSet<String>>,
    }

    impl History {
        fn of(content: &Content, drawn: &[(u8, Index)]) -> Self {
            let mut value: Value = serde_json::from_str(&content.to_json().unwrap()).unwrap();
            // What a field of an older schema is called today.
            let mut today: BTreeMap<String, String> = value.as_object().unwrap().keys().map(|k| (k.clone(), k.clone())).collect();
            let mut all = Self { steps: Vec::new(), stored: vec![value.clone()], lost: vec![BTreeSet::new()] };
            for (number, (what, which)) in drawn.iter().enumerate() {
                let fields = value.as_object_mut().unwrap();
                let name = fields.keys().nth(which.index(fields.len())).unwrap().clone();
                let mut lost = all.lost.last().unwrap().clone();
                all.steps.push(match what {
                    0 => {
                        let (old, kept) = (format!("older_{number}"), fields.remove(&name).unwrap());
                        fields.insert(old.clone(), kept);
                        if let Some(field) = today.remove(&name) {
                            today.insert(old.clone(), field);
                        }
                        Change::Rename { old, new: name }
                    }
                    1 => {
                        let kept = fields[&name].take();
                        fields.insert(name.clone(), json!({ "kept": kept }));
                        Change::Unwrap(name)
                    }
                    2 => {
                        let gone = format!("gone_{number}");
                        fields.insert(gone.clone(), json!(["whatever", number]));
                        Change::Drop(gone)
                    }
                    _ => {
                        lost.extend(today.get(&name).cloned());
                        Change::Drop(name)
                    }
                });
                all.stored.push(value.clone());
                all.lost.push(lost);
            }
            all.stored.reverse();
            all.steps.reverse();
            all.lost.reverse();
            all
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(128))]

        #[test]
        fn a_content_of_any_schema_comes_up_to_today_with_all_that_no_step_drops(
            content in content(),
            drawn in vec((0_u8..4, any::<Index>()), 0..8),
        ) {
            let history = History::of(&content, &drawn);
            let steps: Vec<_> = history.steps.iter().map(|change| move |_: Kind, value: &mut Value| change.upgrade(value)).collect();
            for (place, (stored, lost)) in history.stored.iter().zip(&history.lost).enumerate() {
                let mut expected: Value = serde_json::from_str(&content.to_json().unwrap()).unwrap();
                expected.as_object_mut().unwrap().retain(|name, _| !lost.contains(name));
                let expected = Content::from_json(content.kind(), &expected.to_string()).unwrap();
                let schema = i32::try_from(place).unwrap() + 1;
                let read = apply(content.kind(), schema, &stored.to_string(), &steps).unwrap();
                prop_assert_eq!(read, expected, "schema {} by {:?}", schema, history.steps);
            }
            let newer = i32::try_from(steps.len()).unwrap() + 2;
            let refused = apply(content.kind(), newer, "{}", &steps);
            prop_assert!(matches!(refused, Err(UpgradeError::Newer(_))));
        }
    }

    #[test]
    fn steps_are_applied_from_the_stored_schema_on() {
        let steps: &[Step] = &[
            |_, v| {
                if let Some(name) = v.as_object_mut().and_then(|o| o.remove("name")) {
                    v["heading"] = name;
                }
            },
            |_, v| {
                if let Some(heading) = v.as_object_mut().and_then(|o| o.remove("heading")) {
                    v["title"] = json!({ "vi": heading });
                }
            },
        ];
        let first = apply(Kind::Need, 1, r#"{"name": "Cần máy sấy"}"#, steps).unwrap();
        assert_eq!(first.title().get(Lang::Vi), Some("Cần máy sấy"));
        let second = apply(Kind::Need, 2, r#"{"heading": "Cần máy sấy"}"#, steps).unwrap();
        assert_eq!(first, second);
        assert!(matches!(apply(Kind::Need, 9, "{}", steps), Err(UpgradeError::Newer(9))));
    }
}
