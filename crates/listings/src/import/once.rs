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
    /// The same for rows that are only read: what their texts may have beyond the limits of what is stored.
    #[must_use]
    pub fn unstored(mut self) -> Self {
        for column in self.columns.iter_mut().filter(|column| column.max_unstored.is_some()) {
            column.max = column.max_unstored;
        }
        self
    }

    /// Whether a text may be longer than one that is stored.
    fn reads_more(&self, pointer: &str) -> bool {
        self.columns.iter().any(|column| column.to == pointer && column.max_unstored.is_some())
    }

    /// Maps one row and checks it as a draft.
    ///
    /// # Errors
    /// What is wrong with the row, in English, one fault a line.
    pub fn apply_json(&self, row: &Value, vocabularies: &Vocabularies, today: NaiveDate) -> Result<Mapped, String> {
        let Some(cells) = row.as_object() else { return Err("a row must be a JSON object".to_owned()) };
        let Read { content, external_id, mut faults, .. } = read(self, &Row { number: 1, cells: cells.clone() });
        if let Some(content) = &content {
            add_mapped(self, &mut faults, &Check { vocabularies, today }.draft(content));
            faults.retain(|fault| fault.code != "too_long" || !self.reads_more(&fault.pointer));
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

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_row_that_is_only_read_may_have_longer_texts_than_one_that_is_stored() {
        let text = "kind = \"need\"\nsource_lang = \"en\"\n[constants]\n\"/title/en\" = \"A dryer\"\n[[column]]\nfrom = \"text\"\nto = \"/problem/en\"\nmax = 4000\nmax_unstored = 20000\n";
        let (mapping, vocabularies) = (Mapping::parse("map.toml", text).unwrap(), Vocabularies::built_in().unwrap());
        let row = json!({ "text": "dry ".repeat(3_000) });
        let read = |mapping: &Mapping| {
            let mapped = mapping.apply_json(&row, &vocabularies, NaiveDate::from_ymd_opt(2026, 5, 1).unwrap()).unwrap();
            let Content::Need(need) = mapped.content else { return 0 };
            need.problem.get(Lang::En).map_or(0, |text| text.chars().count())
        };
        assert!((3_900..=4_000).contains(&read(&mapping)));
        assert!(read(&mapping.unstored()) > 11_900);
        for wrong in [text.replace("20000", "2000000"), text.replace("max_unstored = 20000", "split = \",\"\nmax_unstored = 9")] {
            assert!(Mapping::parse("map.toml", &wrong).is_err(), "{wrong}");
        }
    }
}
