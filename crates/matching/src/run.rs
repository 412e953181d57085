//! A run over a file of needs that are only read, for `innospace match`: the same engine as the server's.

use std::collections::BTreeSet;
use std::io::{BufRead, Write};

use base::Actor;
use listings::Kind;
use listings::content::Content;

use crate::matcher::{MatchError, Matcher};

/// The longest line of a file, bytes.
pub const MAX_LINE_BYTES: usize = 1_000_000;

/// Why a run ended early.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// A file could not be read or written.
    #[error("the file could not be read or written: {0}")]
    Files(#[from] std::io::Error),
    /// A line is not what it should be.
    #[error("line {line}: {what}")]
    Line {
        /// Counted from 1.
        line: u64,
        /// What is wrong.
        what: String,
    },
    /// Matching failed.
    #[error(transparent)]
    Match(#[from] MatchError),
}

/// A need of the file.
pub struct Query {
    /// Its id in the file.
    pub id: String,
    /// What it says.
    pub content: Content,
}

/// Matches every line of `needs` and writes `query id TAB rank TAB external id TAB score`; listings without an external
/// id are named by their own. `read` makes a query of a row, or says what is wrong with it. Gives the number of needs.
///
/// # Errors
/// [`RunError`] with the line that is wrong.
pub async fn match_file<R: BufRead, W: Write>(
    matcher: &Matcher,
    actor: &Actor,
    mut needs: R,
    mut read: impl FnMut(serde_json::Value) -> Result<Query, String>,
    kinds: &BTreeSet<Kind>,
    limit: usize,
    mut output: W,
) -> Result<u64, RunError> {
    let (mut number, mut count) = (0, 0);
    while let Some(line) = next_line(&mut needs, number + 1)? {
        number += 1;
        if line.iter().all(u8::is_ascii_whitespace) {
            continue;
        }
        let wrong = |what: String| RunError::Line { line: number, what };
        let row = serde_json::from_slice(&line).map_err(|e| wrong(e.to_string()))?;
        let query = read(row).map_err(wrong)?;
        if query.id.is_empty() || query.id.contains(['\t', '\n', '\r']) {
            return Err(wrong("the id is empty or has a tab or line feed".to_owned()));
        }
        let matches = matcher.matches_for_content(&query.content, actor, kinds, limit).await?;
        for (place, one) in matches.iter().enumerate() {
            let own = one.listing.id.to_string();
            let id = one.listing.provenance.external_id.as_deref().unwrap_or(&own);
            writeln!(output, "{}\t{}\t{id}\t{:.6}", query.id, place + 1, one.score)?;
        }
        count += 1;
    }
    output.flush()?;
    Ok(count)
}

/// The next line without its end, at most [`MAX_LINE_BYTES`] long.
fn next_line<R: BufRead>(reader: &mut R, number: u64) -> Result<Option<Vec<u8>>, RunError> {
    let mut line = Vec::new();
    let most = u64::try_from(MAX_LINE_BYTES).unwrap_or(u64::MAX);
    let read = std::io::Read::take(&mut *reader, most + 1).read_until(b'\n', &mut line)?;
    if read == 0 {
        return Ok(None);
    }
    if read > MAX_LINE_BYTES {
        return Err(RunError::Line { line: number, what: format!("longer than {MAX_LINE_BYTES} bytes") });
    }
    Ok(Some(line))
}
