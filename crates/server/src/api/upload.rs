//! One file that is handed in with a form, straight into the sealed store; never whole in memory or plain on disk.

use std::collections::BTreeMap;

use axum::extract::Request;
use axum::extract::multipart::Field;
use axum::http::StatusCode;
use base::Faults;
use brokering::confidential::files::{self, Handed};

use super::multipart::{Parts, cut};
use crate::app::App;
use crate::problem::Problem;

/// Bytes of a text beside the file at most.
const TEXT_MAX: usize = 256;

/// A form with a file that was read.
pub(crate) struct Received {
    /// The file, in the store and not yet known of.
    pub file: Handed,
    /// The texts beside it, by name.
    pub texts: BTreeMap<String, String>,
}

/// What one fault in what was sent is answered with.
pub(crate) fn one_fault(pointer: String, code: &'static str) -> Problem {
    let mut faults = Faults::new();
    faults.add(pointer, code);
    Problem::invalid(faults)
}

/// Reads a form of one `file` and of texts by these names. Who may hand in nothing was refused before; of a form that is refused
/// nothing stays in the store.
pub(crate) async fn receive(app: &App, names: &[&str], request: Request) -> Result<Received, Problem> {
    let mut form = Parts::of(request).await?;
    let (mut handed, mut texts) = (None, BTreeMap::new());
    while let Some(field) = form.next().await? {
        let name = field.name().unwrap_or_default().to_owned();
        if names.contains(&name.as_str()) && !texts.contains_key(&name) {
            let text = read_text(field).await?;
            texts.insert(name, text);
            continue;
        }
        if name != "file" || handed.is_some() {
            return Err(one_fault(format!("/{}", base::text::pointer_part(&name)), "unknown_field"));
        }
        // A browser sends a file without name and content where none was chosen.
        let file_name = field.file_name().unwrap_or_default().to_owned();
        if !file_name.is_empty() {
            handed = Some(receive_file(app, &file_name, field).await?);
        }
    }
    match handed {
        Some(file) => Ok(Received { file, texts }),
        None => Err(one_fault("/file".to_owned(), "missing")),
    }
}

/// A short text.
async fn read_text(mut field: Field<'_>) -> Result<String, Problem> {
    let mut bytes = Vec::new();
    while let Some(chunk) = field.chunk().await.map_err(|error| cut(&error))? {
        if bytes.len() + chunk.len() > TEXT_MAX {
            return Err(Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "too-large"));
        }
        bytes.extend_from_slice(&chunk);
    }
    Ok(base::text::clean(&String::from_utf8_lossy(&bytes)))
}

async fn receive_file(app: &App, name: &str, mut field: Field<'_>) -> Result<Handed, Problem> {
    let mut incoming = files::begin(&app.brokering, name).await?;
    while let Some(chunk) = field.chunk().await.map_err(|error| cut(&error))? {
        incoming.write(&chunk).await?;
    }
    Ok(incoming.finish().await?)
}
