//! Mapping a single row without storing it, for matching a file of needs.

use base::{Lang, Vocabularies};
use chrono::NaiveDate;
use serde_json::Value;

use super::convert::RowFault;
use super::mapping::Mapping;
use super::plan::{Read, add_mapped, read};
use super::text_rows::Row;
use crate::check::Check;
use crate::content::Content;

/// A row that was mapped.
#[derive(Clone, Debug, PartialEq)]
pub struct Mapped {
    /// The source's own id.
    pub external_id: Option<String>,
    /// The language the texts are written in.
    pub source_lang: Lang,
    /// What it says.
    pub content: Content,
}

impl Mapping {
    /// Maps one row and checks it as a draft.
    ///
    /// # Errors
    /// What is wrong with the row, in English, one fault a line.
    pub fn apply_json(&self, row: &Value, vocabularies: &Vocabularies, today: NaiveDate) -> Result<Mapped, String> {
        let Some(cells) = row.as_object() else { return Err("a row must be a JSON object".to_owned()) };
        let Read { content, external_id, mut faults, .. } = read(self, &Row { number: 1, cells: cells.clone() });
        if let Some(content) = &content {
            add_mapped(self, &mut faults, &Check { vocabularies, today }.draft(content));
        }
        match content {
            Some(content) if faults.is_empty() => Ok(Mapped { external_id, source_lang: self.source_lang, content }),
            _ => Err(faults.iter().map(say).collect::<Vec<_>>().join("\n")),
        }
    }
}

fn say(fault: &RowFault) -> String {
    let args: Vec<(&str, &str)> = fault.args.iter().map(|(k, v)| (*k, v.as_str())).collect();
    format!("{} ({}): {}", fault.pointer, fault.column, base::messages::fault(Lang::En, fault.code, &args))
}
