//! Documents are hostile until read: a small one may unpack to gigabytes. They are tried and marked in a process of their
//! own, with a limit on its memory and its time.
//!
//! What goes in: a line that says what to do, then the document. What comes out: `ok` and the marked document (nothing
//! when it was only tried), or the code of what is wrong. A process that ends without a word ran into its limits.

use std::io::{BufRead, Read, Write};
use std::path::PathBuf;
use std::process::{ExitCode, Stdio};
use std::time::Duration;

use serde::{Deserialize, Serialize};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use super::mark::{Mark, Unmarkable, marked, try_out};

/// The name of the hidden command.
pub const COMMAND: &str = "mark-pdf";
/// Memory of the process, bytes.
const MEMORY: u64 = 768 << 20;
/// Its processor time, seconds; twice as long by the clock.
const SECONDS: u64 = 10;
/// The first line of a document that was marked, or can be.
const OK: &str = "ok\n";

/// What to do with a document.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Order {
    /// Say whether it can be marked.
    Try,
    /// Mark it.
    Mark(Mark),
}

/// The hidden command `mark-pdf`: limits this process, reads the order and the document, and writes what came of it.
#[must_use]
pub fn child_main() -> ExitCode {
    let limited =
        rlimit::setrlimit(rlimit::Resource::AS, MEMORY, MEMORY).and_then(|()| rlimit::setrlimit(rlimit::Resource::CPU, SECONDS, SECONDS));
    let answer = limited.map_err(|_| Unmarkable::Damaged).and_then(|()| obey());
    let mut output = std::io::stdout().lock();
    let written = match answer {
        Ok(document) => output.write_all(OK.as_bytes()).and_then(|()| output.write_all(&document)),
        Err(why) => output.write_all(why.fault().as_bytes()),
    };
    if written.and_then(|()| output.flush()).is_ok() { ExitCode::SUCCESS } else { ExitCode::from(1) }
}

fn obey() -> Result<Vec<u8>, Unmarkable> {
    let mut input = std::io::stdin().lock();
    let (mut line, mut document) = (String::new(), Vec::new());
    input.read_line(&mut line).and_then(|_| input.read_to_end(&mut document)).map_err(|_| Unmarkable::Damaged)?;
    match serde_json::from_str(&line).map_err(|_| Unmarkable::Damaged)? {
        Order::Try => try_out(&document).map(|()| Vec::new()),
        Order::Mark(mark) => marked(&document, &mark),
    }
}

/// Has a document tried or marked. `most` bounds what is taken from the process.
///
/// # Errors
/// If no process can be started; what the process says of the document is in the answer.
pub(crate) async fn run(program: &str, order: &Order, document: &[u8], most: u64) -> std::io::Result<Result<Vec<u8>, Unmarkable>> {
    let program = if program.is_empty() { std::env::current_exe()? } else { PathBuf::from(program) };
    let mut child = tokio::process::Command::new(program)
        .arg(COMMAND)
        .env_clear()
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .spawn()?;
    let line = serde_json::to_string(order)?;
    let (Some(mut input), Some(output)) = (child.stdin.take(), child.stdout.take()) else {
        return Err(std::io::Error::other("the process has no pipes"));
    };
    let work = async {
        // It reads all before it writes. One that stops reading says why, or ran into its limits.
        let sent = async {
            input.write_all(line.as_bytes()).await?;
            input.write_all(b"\n").await?;
            input.write_all(document).await?;
            input.shutdown().await
        };
        let sent = sent.await;
        drop(input);
        let mut answer = Vec::new();
        output.take(most).read_to_end(&mut answer).await?;
        Ok::<_, std::io::Error>(answer).map(|answer| if sent.is_ok() { answer } else { Vec::new() })
    };
    let limit = Duration::from_secs(SECONDS.saturating_mul(2));
    let answer = match tokio::time::timeout(limit, work).await {
        Ok(answer) => answer?,
        // Ended with the value that holds it.
        Err(_) => return Ok(Err(Unmarkable::Damaged)),
    };
    let is_well = tokio::time::timeout(limit, child.wait()).await.is_ok_and(|status| status.is_ok_and(|s| s.success()));
    Ok(match answer.strip_prefix(OK.as_bytes()) {
        Some(document) if is_well => Ok(document.to_vec()),
        _ => Err(Unmarkable::of_fault(&answer).unwrap_or(Unmarkable::Damaged)),
    })
}
