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

/// The rows of a list, as many as a file has.
pub(super) struct Rows<T> {
    pub items: Vec<T>,
    /// Whether these are all there are.
    is_complete: bool,
}

impl<T> Rows<T> {
    /// The same rows as something else, all at once.
    ///
    /// # Errors
    /// Those of what makes them so.
    pub async fn try_map<U>(self, make: impl AsyncFnOnce(Vec<T>) -> Result<Vec<U>, Problem>) -> Result<Rows<U>, Problem> {
        Ok(Rows { items: make(self.items).await?, is_complete: self.is_complete })
    }

    /// The same rows as something else, one by one.
    pub fn map<U>(self, make: impl Fn(T) -> U) -> Rows<U> {
        Rows { items: self.items.into_iter().map(make).collect(), is_complete: self.is_complete }
    }
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

/// Reads a list part by part, from its beginning to its end or the bound.
///
/// # Errors
/// Those of the list.
pub(super) async fn gather<T>(
    part: impl AsyncFn(Limit, Option<String>) -> Result<(Vec<T>, Option<String>), Problem>,
) -> Result<Rows<T>, Problem> {
    let limit = Limit::new(Limit::MAX).unwrap_or_default();
    let (mut items, mut cursor) = (Vec::new(), None);
    loop {
        let (found, next) = part(limit, cursor).await?;
        items.extend(found);
        cursor = next;
        if cursor.is_none() || items.len() >= MOST_ROWS {
            let is_complete = cursor.is_none() && items.len() <= MOST_ROWS;
            items.truncate(MOST_ROWS);
            return Ok(Rows { items, is_complete });
        }
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
    let body = table(lang, heads, rows.items.into_iter().map(cells)).map_err(|e| Problem::internal(&e))?;
    let headers = [
        (header::CONTENT_TYPE, "text/csv; charset=utf-8".to_owned()),
        (header::CONTENT_DISPOSITION, format!("attachment; filename=\"{name}.csv\"")),
    ];
    let mut response = (headers, body).into_response();
    response.headers_mut().insert("x-complete", HeaderValue::from_static(if rows.is_complete { "true" } else { "false" }));
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

    #[tokio::test]
    async fn a_file_has_a_bound_and_says_whether_it_is_whole() {
        let endless = async |limit: Limit, _| Ok((vec![0_u8; usize::try_from(limit.get()).unwrap()], Some("on".to_owned())));
        let cut = gather(endless).await.unwrap();
        assert_eq!((cut.items.len(), cut.is_complete), (MOST_ROWS, false));
        let two = async |_, cursor: Option<String>| Ok((vec![1_u8], cursor.is_none().then(|| "on".to_owned())));
        let whole = gather(two).await.unwrap();
        assert_eq!((whole.items.len(), whole.is_complete), (2, true));
    }
}
