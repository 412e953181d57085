//! What is wrong with a form, as the summary above it says it: each fault with its field's name, leading to its input.

use base::{Lang, messages};

use super::fields::{Field, Input, Wrong, input_id};

/// A fault as the summary at the top tells it.
pub(super) struct FaultLine {
    /// The input it leads to; empty for the whole.
    pub id: String,
    /// The field.
    pub label: String,
    /// What is wrong.
    pub text: String,
}

/// The faults of a form for the summary, in the order of its fields.
pub(super) fn fault_lines(wrong: &Wrong, fields: &[Field], lang: Lang, written_in: Lang) -> Vec<FaultLine> {
    let order = |at: &str| fields.iter().position(|f| at == f.at || at.strip_prefix(f.at).is_some_and(|r| r.starts_with('/')));
    let mut all: Vec<(Option<usize>, FaultLine)> = wrong
        .iter()
        .map(|(at, text)| {
            let n = order(at);
            let line = match n.and_then(|n| fields.get(n)) {
                None => FaultLine { id: String::new(), label: String::new(), text: text.to_owned() },
                Some(field) => {
                    let label = row_label(field, at, lang);
                    let id = match field.input {
                        Input::Rows(columns) => row_input(field, columns, at, written_in),
                        _ => input_id(field, at, written_in),
                    };
                    FaultLine { id, label, text: text.to_owned() }
                }
            };
            (n, line)
        })
        .collect();
    all.sort_by_key(|(n, _)| n.unwrap_or(usize::MAX));
    all.into_iter().map(|(_, line)| line).collect()
}

/// What a field is called where its faults are listed: of a row with its number and its part.
fn row_label(field: &Field, at: &str, lang: Lang) -> String {
    let label = messages::say(lang, field.label, &[]);
    let Input::Rows(columns) = field.input else { return label };
    let rest = at.strip_prefix(field.at).unwrap_or_default().trim_start_matches('/');
    let (row, inner) = rest.split_once('/').unwrap_or((rest, ""));
    let Ok(row) = row.parse::<usize>() else { return label };
    let row = messages::say(lang, "row-number", &[("number", &(row + 1).to_string())]);
    match columns.iter().find(|c| c.at.trim_start_matches('/') == inner) {
        Some(column) => format!("{label} – {row} – {}", messages::say(lang, column.label, &[])),
        None => format!("{label} – {row}"),
    }
}

/// The input that a fault in a row leads to: its own, else the row's first.
pub(super) fn row_input(field: &Field, columns: &[Field], at: &str, written_in: Lang) -> String {
    let rest = at.strip_prefix(field.at).unwrap_or_default().trim_start_matches('/');
    let (row, inner) = rest.split_once('/').map_or((rest, String::new()), |(row, inner)| (row, format!("/{inner}")));
    let row = if row.is_empty() { "0" } else { row };
    let column = columns.iter().find(|c| c.at == inner).or_else(|| columns.first());
    column.map_or_else(String::new, |c| input_id(c, &format!("{}/{row}{}", field.at, c.at), written_in))
}
