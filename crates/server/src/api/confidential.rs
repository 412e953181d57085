//! What a party confides of a listing, for its own people: the text, the files, to whom it was opened, who looked.

use axum::Json as Answer;
use axum::extract::{Path, Request, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use base::{ConfidentialFileId, ListingId};
use brokering::confidential::disclosures::{self, DisclosureReceipt, DisclosureView, NewDisclosure};
use brokering::confidential::files::{self, FileReceipt, FileView, Handed};
use brokering::confidential::ledger::{self, LookView};
use brokering::confidential::openings::{self, Emergency};
use brokering::confidential::text::{self, ConfidentialText};
use serde::Serialize;
use sha2::{Digest, Sha256};
use store::Ctx;
use utoipa::ToSchema;

use super::disclosures::served;
use super::{List, nothing};
use crate::app::App;
use crate::extract::{Id, IfMatch, Json, Params, Who, Writer, etag};
use crate::problem::Problem;

/// The new version of a confidential text.
#[derive(Serialize, ToSchema)]
pub struct TextReceipt {
    /// Its version now.
    pub version: i64,
}

/// The confidential text.
pub(crate) async fn get(State(app): State<App>, who: Who, Id(id): Id<ListingId>) -> Result<Response, Problem> {
    let own = text::own(&app.brokering, &who.actor, id).await?;
    Ok((etag(own.version), Answer(own)).into_response())
}

/// Writes it.
pub(crate) async fn set(
    State(app): State<App>,
    Writer(ctx): Writer,
    Id(id): Id<ListingId>,
    IfMatch(seen): IfMatch,
    Json(body): Json<ConfidentialText>,
) -> Result<Response, Problem> {
    let version = text::write(&app.brokering, ctx, id, seen, body).await?;
    Ok((etag(version), Answer(TextReceipt { version })).into_response())
}

/// The files.
pub(crate) async fn files(State(app): State<App>, who: Who, Id(id): Id<ListingId>) -> Result<Answer<List<FileView>>, Problem> {
    Ok(List::whole(files::list(&app.brokering, &who.actor, id).await?))
}

/// Takes a file in.
pub(crate) async fn add_file(
    State(app): State<App>,
    Writer(ctx): Writer,
    Id(id): Id<ListingId>,
    request: Request,
) -> Result<Response, Problem> {
    let handed = receive(&app, &ctx, id, request).await?;
    Ok((StatusCode::CREATED, Answer(keep(&app, ctx, id, handed).await?)).into_response())
}

/// Reads the form that the API and the page send alike, straight into the store; who may hand in nothing is not read.
pub(crate) async fn receive(app: &App, ctx: &Ctx, id: ListingId, request: Request) -> Result<Handed, Problem> {
    files::may_add(&app.brokering, ctx, id).await?;
    Ok(super::upload::receive(app, &[], request).await?.file)
}

/// Makes what was handed in the listing's own. A repeat with the same key is one with the same file.
pub(crate) async fn keep(app: &App, mut ctx: Ctx, id: ListingId, handed: Handed) -> Result<FileReceipt, Problem> {
    if let Some(key) = &mut ctx.idempotency {
        key.request_hash = Sha256::digest(format!("{id} {}", handed.sha256())).to_vec();
    }
    Ok(files::add(&app.brokering, ctx, id, handed).await?)
}

/// Removes a file.
pub(crate) async fn remove_file(
    State(app): State<App>,
    Writer(ctx): Writer,
    Path((id, file)): Path<(String, String)>,
) -> Result<Response, Problem> {
    let (id, file) = ids(&id, &file)?;
    files::remove(&app.brokering, ctx, id, file).await?;
    Ok(nothing())
}

fn ids(id: &str, file: &str) -> Result<(ListingId, ConfidentialFileId), Problem> {
    id.parse().ok().zip(file.parse().ok()).ok_or_else(Problem::not_found)
}

/// Opens the text and the list of files to an administrator, in an emergency. A repeat with the same key is
/// a look of its own in the ledger, and told once.
pub(crate) async fn break_glass(
    State(app): State<App>,
    who: Who,
    Writer(ctx): Writer,
    Id(id): Id<ListingId>,
    Json(body): Json<Emergency>,
) -> Result<Response, Problem> {
    let opened = openings::break_glass(&app.brokering, ctx, &who.client.address, id, body).await?;
    Ok(([(header::CACHE_CONTROL, "no-store")], Answer(opened)).into_response())
}

/// Opens a file in the same way.
pub(crate) async fn break_glass_file(
    State(app): State<App>,
    who: Who,
    Writer(ctx): Writer,
    Path((id, file)): Path<(String, String)>,
    Json(body): Json<Emergency>,
) -> Result<Response, Problem> {
    let (id, file) = ids(&id, &file)?;
    Ok(served(openings::break_glass_file(&app.brokering, ctx, &who.client.address, id, file, body).await?))
}

/// To whom it was opened.
pub(crate) async fn disclosures(
    State(app): State<App>,
    who: Who,
    Id(id): Id<ListingId>,
    params: Params,
) -> Result<Answer<List<DisclosureView>>, Problem> {
    let params = params.only(&["limit", "cursor"])?;
    Ok(Answer(disclosures::of_listing(&app.brokering, &who.actor, id, params.limit()?, params.cursor()).await?.into()))
}

/// Opens it to somebody.
pub(crate) async fn disclose(
    State(app): State<App>,
    Writer(ctx): Writer,
    Id(id): Id<ListingId>,
    Json(body): Json<NewDisclosure>,
) -> Result<(StatusCode, Answer<DisclosureReceipt>), Problem> {
    Ok((StatusCode::CREATED, Answer(disclosures::grant(&app.brokering, ctx, id, body).await?)))
}

/// Who looked at it.
pub(crate) async fn looks(
    State(app): State<App>,
    who: Who,
    Id(id): Id<ListingId>,
    params: Params,
) -> Result<Answer<List<LookView>>, Problem> {
    let params = params.only(&["limit", "cursor"])?;
    Ok(Answer(ledger::of_listing(&app.brokering, &who.actor, id, params.limit()?, params.cursor()).await?.into()))
}
