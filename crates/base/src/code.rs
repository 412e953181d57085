//! A code of some vocabulary: an opaque string, checked against the vocabulary where content is checked.

use std::fmt;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A term's code, as in `config/vocabularies/`. Opaque: no program reads meaning out of its letters, apart from
/// hierarchies whose vocabulary says that a longer code lies below its prefix.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema, Default)]
#[serde(transparent)]
pub struct Code(pub String);

impl Code {
    /// The code's letters.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl From<&str> for Code {
    fn from(code: &str) -> Self {
        Self(code.to_owned())
    }
}

impl PartialEq<str> for Code {
    fn eq(&self, other: &str) -> bool {
        self.0 == other
    }
}

impl PartialEq<&str> for Code {
    fn eq(&self, other: &&str) -> bool {
        self.0 == *other
    }
}
