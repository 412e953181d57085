//! The documents of a deal: files for those in it.

use axum::Json as Answer;
use axum::extract::{Path, Request, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use base::{Code, ConfidentialFileId, DealId};
use brokering::confidential::disclosures::Acceptance;
use brokering::deals::{self, DealNda, DealNdaReceipt, DocumentMark, DocumentReceipt, DocumentView, OpeningView, ReaderView, Readers};
use sha2::{Digest, Sha256};
use store::Ctx;

use super::disclosures::served;
use super::{List, nothing, upload};
use crate::app::App;
use crate::extract::{Id, IfMatch, Json, Params, Who, Writer, etag};
use crate::problem::Problem;

/// The documents.
pub(crate) async fn list(
    State(app): State<App>,
    who: Who,
    Id(id): Id<DealId>,
    params: Params,
) -> Result<Answer<List<DocumentView>>, Problem> {
    params.only(&[])?;
    Ok(List::whole(deals::documents(&app.brokering, &who.actor, id).await?))
}

/// Takes a document in.
pub(crate) async fn add(State(app): State<App>, Writer(ctx): Writer, Id(id): Id<DealId>, request: Request) -> Result<Response, Problem> {
    Ok((StatusCode::CREATED, Answer(receive(&app, ctx, id, request).await?)).into_response())
}

/// Reads the form that the API and the page send alike and makes its file a document of the deal; who may hand in nothing is
/// not read. A repeat with the same key is one with the same file.
pub(crate) async fn receive(app: &App, mut ctx: Ctx, id: DealId, request: Request) -> Result<DocumentReceipt, Problem> {
    deals::may_add_document(&app.brokering, &ctx, id).await?;
    let received = upload::receive(app, &["paper", "confidential"], request).await?;
    let paper = received.texts.get("paper").filter(|code| !code.is_empty());
    let is_confidential = match received.texts.get("confidential").map_or("", String::as_str) {
        "true" => true,
        "false" | "" => false,
        // Whether it is confidential is not guessed, so it is not kept.
        _ => return Err(upload::one_fault("/confidential".to_owned(), "not_a_flag")),
    };
    if let Some(key) = &mut ctx.idempotency {
        let said = format!("{id} {} {} {is_confidential}", received.file.sha256(), paper.map_or("", String::as_str));
        key.request_hash = Sha256::digest(said).to_vec();
    }
    let mark = DocumentMark { paper: paper.map(|code| Code::from(code.as_str())), is_confidential };
    Ok(deals::add_document(&app.brokering, ctx, id, received.file, mark).await?)
}

/// A deal and a document, from the path.
pub(crate) fn both((id, file): (String, String)) -> Result<(DealId, ConfidentialFileId), Problem> {
    id.parse().ok().zip(file.parse().ok()).ok_or_else(Problem::not_found)
}

/// Opens a document.
pub(crate) async fn open(State(app): State<App>, who: Who, Path(path): Path<(String, String)>) -> Result<Response, Problem> {
    let (id, file) = both(path)?;
    Ok(served(deals::open_document(&app.brokering, &who.actor, &who.client.address, id, file).await?))
}

/// The confidentiality agreement.
pub(crate) async fn nda(State(app): State<App>, who: Who, Id(id): Id<DealId>) -> Result<Answer<DealNda>, Problem> {
    Ok(Answer(deals::deal_nda(&app.brokering, &who.actor, id).await?))
}

/// Accepts it.
pub(crate) async fn accept_nda(
    State(app): State<App>,
    who: Who,
    Writer(ctx): Writer,
    Id(id): Id<DealId>,
    Json(body): Json<Acceptance>,
) -> Result<Answer<DealNdaReceipt>, Problem> {
    Ok(Answer(deals::accept_deal_nda(&app.brokering, ctx, who.client.address, id, body).await?))
}

/// Who opened what the reader's side handed in.
pub(crate) async fn openings(
    State(app): State<App>,
    who: Who,
    Id(id): Id<DealId>,
    params: Params,
) -> Result<Answer<List<OpeningView>>, Problem> {
    let params = params.only(&["document", "limit", "cursor"])?;
    let one = params.parsed("document")?;
    Ok(Answer(deals::openings(&app.brokering, &who.actor, id, one, params.limit()?, params.cursor()).await?.into()))
}

/// The people whom a confidential document can be opened to, with what each was given.
pub(crate) async fn readers(
    State(app): State<App>,
    who: Who,
    Path(path): Path<(String, String)>,
    params: Params,
) -> Result<Response, Problem> {
    params.only(&[])?;
    let (id, file) = both(path)?;
    let list = deals::readers(&app.brokering, &who.actor, id, file).await?;
    let whole: Answer<List<ReaderView>> = List::whole(list.people);
    Ok((etag(list.version), whole).into_response())
}

/// Names its readers.
pub(crate) async fn name_readers(
    State(app): State<App>,
    Writer(ctx): Writer,
    Path(path): Path<(String, String)>,
    IfMatch(seen): IfMatch,
    Json(body): Json<Readers>,
) -> Result<Response, Problem> {
    let (id, file) = both(path)?;
    let receipt = deals::name_readers(&app.brokering, ctx, id, file, seen, body).await?;
    Ok((etag(receipt.version), Answer(receipt)).into_response())
}

/// Takes a document back.
pub(crate) async fn remove(State(app): State<App>, Writer(ctx): Writer, Path(path): Path<(String, String)>) -> Result<Response, Problem> {
    let (id, file) = both(path)?;
    deals::remove_document(&app.brokering, ctx, id, file).await?;
    Ok(nothing())
}
