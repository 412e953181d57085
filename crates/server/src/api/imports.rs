//! Imports: hand over a file, watch it, see what is wrong in it, take it back.

use axum::Json as Answer;
use axum::extract::multipart::Field;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use base::ImportId;
use listings::import::{FaultView, ImportView, Options};
use sha2::{Digest as _, Sha256};
use tokio::io::AsyncWriteExt as _;

use super::List;
use super::multipart::{Parts, cut};
use crate::app::App;
use crate::extract::{Id, Params, Who, Writer};
use crate::problem::Problem;

/// The longest text of a field other than the file, in bytes.
const TEXT_MAX: usize = 256 * 1024;

/// A file on its way in; it goes with this value unless it was taken over.
struct Incoming(std::path::PathBuf);

impl Drop for Incoming {
    fn drop(&mut self) {
        match std::fs::remove_file(&self.0) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                tracing::warn!(%error, "an uploaded file could not be removed");
            }
            _ => {}
        }
    }
}

/// Fields of the form other than the file.
const FIELDS: [&str; 5] = ["party", "mapping", "dry_run", "skip_faulty", "publish"];

/// The form that the API and the page send alike, as far as it came: a page shows it again where it is refused.
#[derive(Default)]
pub(crate) struct Sent {
    file: Option<(Incoming, [u8; 32])>,
    file_name: String,
    fields: Vec<(String, String)>,
}

/// Takes a file and imports it in the background.
pub(crate) async fn start(State(app): State<App>, Writer(ctx): Writer, request: Request) -> Result<Response, Problem> {
    let mut sent = Sent::default();
    sent.receive(&app, &ctx.actor, request, &[]).await?;
    Ok((StatusCode::ACCEPTED, Answer(sent.begin(&app, ctx).await?)).into_response())
}

impl Sent {
    /// Takes the form in; who may import nothing hands over nothing. `more` are fields that it may have besides.
    pub(crate) async fn receive(&mut self, app: &App, actor: &base::Actor, request: Request, more: &[&str]) -> Result<(), Problem> {
        listings::import::may_import_something(actor)?;
        let mut form = Parts::of(request).await?;
        while let Some(field) = form.next().await? {
            let name = field.name().unwrap_or_default().to_owned();
            if name == "file" {
                self.file_name = base::text::clean(field.file_name().unwrap_or("file")).chars().take(200).collect();
                self.file = Some(receive(app, field).await?);
            } else if FIELDS.contains(&name.as_str()) || more.contains(&name.as_str()) {
                // A form that names one again and again would be kept as a whole.
                if self.fields.iter().any(|(other, _)| *other == name) {
                    return Err(Problem::malformed("bad-form"));
                }
                self.fields.push((name, text(field).await?));
            } else {
                return Err(wrong(&format!("/{}", base::text::pointer_part(&name))));
            }
        }
        Ok(())
    }

    /// What was sent last under a name; empty if nothing was.
    pub(crate) fn get(&self, name: &str) -> &str {
        self.fields.iter().rev().find(|(n, _)| n == name).map(|(_, value)| value.as_str()).unwrap_or_default()
    }

    /// Everything that was sent, the file as its name and its hash.
    pub(crate) fn told(&self) -> Vec<(String, String)> {
        let hash = self.file.iter().map(|(_, hash)| hash.iter().map(|b| format!("{b:02x}")).collect::<String>());
        let file = hash.map(|hash| ("file".to_owned(), hash)).chain([("file_name".to_owned(), self.file_name.clone())]);
        self.fields.iter().cloned().chain(file).collect()
    }

    fn flag(&self, name: &str) -> Result<bool, Problem> {
        if !self.fields.iter().any(|(n, _)| n == name) {
            return Ok(false);
        }
        self.get(name).trim().parse().map_err(|_| wrong(&format!("/{name}")))
    }

    /// Begins the import of what was handed over.
    pub(crate) async fn begin(&self, app: &App, ctx: store::Ctx) -> Result<ImportView, Problem> {
        let party = Some(self.get("party").trim()).filter(|p| !p.is_empty());
        let options = Options {
            party: party.map(str::parse).transpose().map_err(|_| wrong("/party"))?,
            dry_run: self.flag("dry_run")?,
            skip_faulty: self.flag("skip_faulty")?,
            publish: self.flag("publish")?,
            file_name: self.file_name.clone(),
        };
        // A browser sends a file without name and content where none was chosen.
        let Some((file, _)) = self.file.as_ref().filter(|_| !options.file_name.is_empty()) else { return Err(missing("/file")) };
        if options.party.is_none() {
            return Err(missing("/party"));
        }
        let mapping = Some(self.get("mapping")).filter(|m| !m.trim().is_empty());
        Ok(listings::import::start(&app.listings, ctx, &app.data, &file.0, mapping, &options).await?)
    }
}

fn wrong(pointer: &str) -> Problem {
    let mut faults = base::Faults::new();
    faults.add(pointer, "bad_parameter");
    Problem::invalid(faults)
}

fn missing(pointer: &str) -> Problem {
    let mut faults = base::Faults::new();
    faults.add(pointer, "missing");
    Problem::invalid(faults)
}

async fn text(mut field: Field<'_>) -> Result<String, Problem> {
    let mut bytes = Vec::new();
    while let Some(chunk) = field.chunk().await.map_err(|error| cut(&error))? {
        if bytes.len() + chunk.len() > TEXT_MAX {
            return Err(Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "too-large"));
        }
        bytes.extend_from_slice(&chunk);
    }
    String::from_utf8(bytes).map_err(|_| Problem::malformed("bad-form"))
}

/// Streams the file to disk, up to the limit; with its SHA-256.
async fn receive(app: &App, mut field: Field<'_>) -> Result<(Incoming, [u8; 32]), Problem> {
    let failed = |error: std::io::Error| Problem::internal(&error);
    let folder = app.data.join("imports");
    tokio::fs::create_dir_all(&folder).await.map_err(failed)?;
    let incoming = Incoming(folder.join(format!("incoming-{}", app.clock().uuid())));
    let mut file = tokio::fs::File::create(&incoming.0).await.map_err(failed)?;
    let most = app.settings.import_mb.saturating_mul(1_000_000);
    let (mut size, mut hash) = (0_u64, Sha256::new());
    while let Some(chunk) = field.chunk().await.map_err(|error| cut(&error))? {
        size += chunk.len() as u64;
        if size > most {
            return Err(Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "too-large"));
        }
        hash.update(&chunk);
        file.write_all(&chunk).await.map_err(failed)?;
    }
    file.sync_all().await.map_err(failed)?;
    Ok((incoming, hash.finalize().into()))
}

/// One's imports.
pub(crate) async fn list(State(app): State<App>, who: Who, params: Params) -> Result<Answer<List<ImportView>>, Problem> {
    let params = params.only(&["limit", "cursor"])?;
    let page = listings::import::list(&app.listings, &who.actor, params.cursor(), params.limit()?, false).await?;
    Ok(Answer(page.into()))
}

/// How far an import has come.
pub(crate) async fn get(State(app): State<App>, who: Who, Id(id): Id<ImportId>) -> Result<Answer<ImportView>, Problem> {
    Ok(Answer(listings::import::get(&app.listings, &who.actor, id).await?))
}

/// What is wrong in the file.
pub(crate) async fn faults(
    State(app): State<App>,
    who: Who,
    Id(id): Id<ImportId>,
    params: Params,
) -> Result<Answer<List<FaultView>>, Problem> {
    let params = params.only(&["limit", "cursor"])?;
    let page = listings::import::faults(&app.listings, &who.actor, id, params.cursor(), params.limit()?).await?;
    Ok(Answer(page.into()))
}

/// Takes a whole import back.
pub(crate) async fn undo(State(app): State<App>, Writer(ctx): Writer, Id(id): Id<ImportId>) -> Result<Answer<ImportView>, Problem> {
    Ok(Answer(listings::import::undo(&app.listings, ctx, id).await?))
}
