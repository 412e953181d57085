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

fn apply(kind: Kind, schema: i32, json: &str, steps: &[Step]) -> Result<Content, UpgradeError> {
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
    use super::*;
    use base::Lang;

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
                    v["title"] = serde_json::json!({ "vi": heading });
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
