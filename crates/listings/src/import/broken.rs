//! What keeps a whole file from being read. Nothing of such a file is imported.

use std::collections::BTreeMap;

use base::{Lang, messages};
use serde::{Deserialize, Serialize};

/// Why a file cannot be read, and from which row on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("{}", self.say(Lang::En))]
pub struct Broken {
    /// A stable code; its sentence is the message `import-<code>` (underscores as hyphens).
    pub code: String,
    /// The row as a spreadsheet or an editor counts it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub row: Option<u64>,
    /// Figures and names for the sentence.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub args: BTreeMap<String, String>,
}

impl Broken {
    /// Of the file as a whole.
    #[must_use]
    pub fn new(code: &str, args: &[(&str, &str)]) -> Self {
        let args = args.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
        Self { code: code.to_owned(), row: None, args }
    }

    /// At a row.
    #[must_use]
    pub fn at(row: u64, code: &str, args: &[(&str, &str)]) -> Self {
        Self { row: Some(row), ..Self::new(code, args) }
    }

    /// The sentence for a reader: what is wrong, where, and how to mend it.
    #[must_use]
    pub fn say(&self, lang: Lang) -> String {
        let key = format!("import-{}", self.code.replace('_', "-"));
        let args: Vec<(&str, &str)> = self.args.iter().map(|(k, v)| (k.as_str(), v.as_str())).collect();
        let sentence = messages::say(lang, &key, &args);
        match self.row {
            Some(row) => format!("{} {sentence}", messages::say(lang, "import-at-row", &[("row", &row.to_string())])),
            None => sentence,
        }
    }

    /// As an error of a reader, through which it travels to [`Broken::of_io`].
    pub(crate) fn into_io(self) -> std::io::Error {
        std::io::Error::other(self)
    }

    /// What a reader's error means: a [`Broken`] of ours that came through it, a file that ends too early, or a
    /// failing disk.
    pub(crate) fn of_io(error: &std::io::Error, row: Option<u64>) -> Self {
        if let Some(broken) = error.get_ref().and_then(|e| e.downcast_ref::<Self>()) {
            return Self { row: broken.row.or(row), ..broken.clone() };
        }
        let code = match error.kind() {
            std::io::ErrorKind::UnexpectedEof => "cut",
            // Only the reader of spreadsheets has so little.
            std::io::ErrorKind::OutOfMemory => "sheet_stopped",
            std::io::ErrorKind::InvalidInput | std::io::ErrorKind::InvalidData => "gz_damaged",
            _ => return Self { row, ..Self::new("unreadable", &[("why", &error.to_string())]) },
        };
        Self { row, ..Self::new(code, &[]) }
    }
}
