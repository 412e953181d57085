//! A list as a file for spreadsheets: the rows that its page shows, from the first on, with a bound; `?format=csv` at the
//! list's own address. Who may see the page may take it away, and nothing is in the file that is not on the page.

use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use base::{Lang, Limit, messages};
use listings::export::guarded;

use super::frame::{Visit, parameter};
use crate::problem::Problem;

/// The most rows of a file.
const MOST_ROWS: usize = 1_000;

/// The rows of a list, read part by part from its beginning to its end or the bound.
pub(super) struct Rows<T> {
    pub items: Vec<T>,
    /// Where the next part begins.
    pub cursor: Option<String>,
    is_begun: bool,
}

impl<T> Rows<T> {
    /// None yet.
    pub fn new() -> Self {
        Self { items: Vec::new(), cursor: None, is_begun: false }
    }

    /// Whether there is a part to read that a file has room for.
    pub fn goes_on(&self) -> bool {
        !self.is_begun || (self.cursor.is_some() && self.items.len() < MOST_ROWS)
    }

    /// A part that was read, and where the next one begins.
    pub fn add(&mut self, part: Vec<T>, next: Option<String>) {
        (self.cursor, self.is_begun) = (next, true);
        self.items.extend(part);
    }
}

/// As many rows as a part has.
pub(super) fn part() -> Limit {
    Limit::new(Limit::MAX).unwrap_or_default()
}

/// Whether the reader asks for the list as a file.
///
/// # Errors
/// 400 for a format that there is not.
pub(super) fn is_asked(visit: &Visit) -> Result<bool, Problem> {
    match parameter(visit, "format").as_str() {
        "" => Ok(false),
        "csv" => Ok(true),
        _ => Err(Problem::parameter("format")),
    }
}

/// The file: a column for each message of `heads`, a row for each of `rows`.
///
/// # Errors
/// If it cannot be written.
pub(super) fn file<T>(
    lang: Lang,
    name: &str,
    heads: &[&str],
    rows: Rows<T>,
    cells: impl Fn(T) -> Vec<String>,
) -> Result<Response, Problem> {
    let is_complete = rows.cursor.is_none() && rows.items.len() <= MOST_ROWS;
    let body = table(lang, heads, rows.items.into_iter().take(MOST_ROWS).map(cells)).map_err(|e| Problem::internal(&e))?;
    let headers = [
        (header::CONTENT_TYPE, "text/csv; charset=utf-8".to_owned()),
        (header::CONTENT_DISPOSITION, format!("attachment; filename=\"{name}.csv\"")),
    ];
    let mut response = (headers, body).into_response();
    response.headers_mut().insert("x-complete", HeaderValue::from_static(if is_complete { "true" } else { "false" }));
    Ok(response)
}

fn table(lang: Lang, heads: &[&str], rows: impl Iterator<Item = Vec<String>>) -> Result<Vec<u8>, csv::Error> {
    // Spreadsheets know UTF-8 by this mark.
    let mut table = csv::Writer::from_writer("\u{feff}".as_bytes().to_vec());
    table.write_record(heads.iter().map(|key| messages::say(lang, key, &[])))?;
    for row in rows {
        // Nothing reads the file back, so an empty text is an empty cell.
        table.write_record(row.iter().map(|cell| if cell.is_empty() { String::new() } else { guarded(cell) }))?;
    }
    table.into_inner().map_err(|e| csv::Error::from(std::io::Error::other(e.to_string())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_marked_as_utf8_and_calculates_nothing() {
        let rows = [vec!["Máy sấy".to_owned(), "=1+1".to_owned()], vec![String::new(), "a,b".to_owned()]];
        let file = table(Lang::Vi, &["column-title", "column-status"], rows.into_iter()).unwrap();
        assert_eq!(String::from_utf8(file).unwrap(), "\u{feff}Tin,Trạng thái\nMáy sấy,'=1+1\n,\"a,b\"\n");
    }

    #[test]
    fn a_list_is_read_to_its_end_or_the_bound() {
        let mut endless = Rows::new();
        while endless.goes_on() {
            endless.add(vec![0_u8; 100], Some("on".to_owned()));
        }
        assert_eq!(endless.items.len(), MOST_ROWS);
        let mut two = Rows::new();
        while two.goes_on() {
            let next = two.cursor.is_none().then(|| "on".to_owned());
            two.add(vec![1_u8], next);
        }
        assert_eq!(two.items.len(), 2);
        let mut none: Rows<u8> = Rows::new();
        assert!(none.goes_on());
        none.add(Vec::new(), None);
        assert!(!none.goes_on());
    }
}
