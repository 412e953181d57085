//! Imports: hand over a file, watch it, see what is wrong in it, take it back.

use axum::Json as Answer;
use axum::extract::multipart::Field;
use axum::extract::{FromRequest, Multipart, Request, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use base::ImportId;
use listings::import::{FaultView, ImportView, Options};
use tokio::io::AsyncWriteExt as _;

use super::List;
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

/// A form with a file, received.
pub(crate) struct Handed {
    file: Incoming,
    mapping: Option<String>,
    options: Options,
}

/// Takes a file and imports it in the background.
pub(crate) async fn start(State(app): State<App>, Writer(ctx): Writer, request: Request) -> Result<Response, Problem> {
    let handed = receive_form(&app, &ctx.actor, request).await?;
    Ok((StatusCode::ACCEPTED, Answer(begin(&app, ctx, handed).await?)).into_response())
}

/// Begins the import of what was handed over.
pub(crate) async fn begin(app: &App, ctx: store::Ctx, handed: Handed) -> Result<ImportView, Problem> {
    let Handed { file, mapping, options } = handed;
    Ok(listings::import::start(&app.listings, ctx, &app.data, &file.0, mapping.as_deref(), &options).await?)
}

/// Reads the form that the API and the page send alike; who may import nothing hands over nothing.
pub(crate) async fn receive_form(app: &App, actor: &base::Actor, request: Request) -> Result<Handed, Problem> {
    listings::import::may_import_something(actor)?;
    let mut form = Multipart::from_request(request, app).await.map_err(|_| Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "bad-form"))?;
    let mut options = Options::default();
    let (mut mapping, mut file) = (None, None);
    while let Some(field) = form.next_field().await.map_err(|_| Problem::malformed("bad-form"))? {
        let name = field.name().unwrap_or_default().to_owned();
        match name.as_str() {
            "file" => {
                options.file_name = base::text::clean(field.file_name().unwrap_or("file")).chars().take(200).collect();
                file = Some(receive(app, field).await?);
            }
            "party" => {
                let party = text(field).await?;
                if !party.trim().is_empty() {
                    options.party = Some(party.trim().parse().map_err(|_| wrong("/party"))?);
                }
            }
            "mapping" => mapping = Some(text(field).await?).filter(|m| !m.trim().is_empty()),
            "dry_run" => options.dry_run = flag(field, "/dry_run").await?,
            "skip_faulty" => options.skip_faulty = flag(field, "/skip_faulty").await?,
            "publish" => options.publish = flag(field, "/publish").await?,
            other => return Err(wrong(&format!("/{}", base::text::pointer_part(other)))),
        }
    }
    // A browser sends a file without name and content where none was chosen.
    let Some(file) = file.filter(|_| !options.file_name.is_empty()) else { return Err(missing("/file")) };
    if options.party.is_none() {
        return Err(missing("/party"));
    }
    Ok(Handed { file, mapping, options })
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
    while let Some(chunk) = field.chunk().await.map_err(|_| Problem::malformed("bad-form"))? {
        if bytes.len() + chunk.len() > TEXT_MAX {
            return Err(Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "too-large"));
        }
        bytes.extend_from_slice(&chunk);
    }
    String::from_utf8(bytes).map_err(|_| Problem::malformed("bad-form"))
}

async fn flag(field: Field<'_>, pointer: &str) -> Result<bool, Problem> {
    text(field).await?.trim().parse().map_err(|_| wrong(pointer))
}

/// Streams the file to disk, up to the limit.
async fn receive(app: &App, mut field: Field<'_>) -> Result<Incoming, Problem> {
    let failed = |error: std::io::Error| Problem::internal(&error);
    let folder = app.data.join("imports");
    tokio::fs::create_dir_all(&folder).await.map_err(failed)?;
    let incoming = Incoming(folder.join(format!("incoming-{}", app.clock().uuid())));
    let mut file = tokio::fs::File::create(&incoming.0).await.map_err(failed)?;
    let most = app.settings.import_mb.saturating_mul(1_000_000);
    let mut size = 0_u64;
    while let Some(chunk) = field.chunk().await.map_err(|_| Problem::malformed("body-cut"))? {
        size += chunk.len() as u64;
        if size > most {
            return Err(Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "too-large"));
        }
        file.write_all(&chunk).await.map_err(failed)?;
    }
    file.sync_all().await.map_err(failed)?;
    Ok(incoming)
}

/// One's imports.
pub(crate) async fn list(State(app): State<App>, who: Who, params: Params) -> Result<Answer<List<ImportView>>, Problem> {
    let params = params.only(&["limit", "cursor"])?;
    let page = listings::import::list(&app.listings, &who.actor, params.cursor(), params.limit()?).await?;
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
