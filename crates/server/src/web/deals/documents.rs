//! The documents on the page of a deal: the list, handing one in, opening it, taking it back.

use axum::extract::{Path, Request, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::Response;
use base::{ConfidentialFileId, DealId, Lang, Limit, messages};
use brokering::BrokeringError;
use brokering::deals::{self, DealView, DocumentView};
use store::IdempotencyKey;

use super::super::confidential::size;
use super::super::faults::FaultLine;
use super::super::form::Form;
use super::super::format::{self, Moment};
use super::super::frame::{Visit, go, localised, parameter};
use super::super::paging;
use super::{Refusal, deal_page, refused, writes};
use crate::api;
use crate::app::App;
use crate::extract::{Id, Writer};
use crate::problem::Problem;

/// A document as a line.
pub(in super::super) struct DocumentLine {
    pub id: String,
    pub name: String,
    /// Where it opens, or the agreement that comes before; none for whoever was not named among its readers.
    pub href: Option<String>,
    pub about: String,
    pub is_confidential: bool,
    /// Whether nobody named the reader.
    pub needs_grant: bool,
    /// Whether the way to it leads over the agreement.
    pub needs_nda: bool,
    /// Where its readers are named, for whoever names them.
    pub readers: Option<String>,
    pub is_mine: bool,
}

fn line(app: &App, id: DealId, one: DocumentView, lang: Lang) -> DocumentLine {
    let paper = one.paper.as_ref().map(|code| app.vocabularies.name("deal_papers", code.as_str(), lang).to_owned());
    let voice = app.vocabularies.name("deal_voices", one.voice.as_str(), lang).to_owned();
    let day = format::moment(lang, one.uploaded_at).day;
    let here = format!("/deals/{id}/documents/{}", one.id);
    let way = if one.needs_nda { format!("/deals/{id}/nda") } else { here.clone() };
    DocumentLine {
        id: one.id.to_string(),
        href: (!one.needs_grant).then(|| localised(lang, &way)),
        about: paper.into_iter().chain([size(lang, one.size), voice, day]).collect::<Vec<_>>().join(" · "),
        name: one.name.unwrap_or_else(|| messages::say(lang, "deal-document-unnamed", &[])),
        is_confidential: one.is_confidential,
        needs_grant: one.needs_grant,
        needs_nda: one.needs_nda,
        readers: one.names_readers.then(|| localised(lang, &format!("{here}/readers"))),
        is_mine: one.is_mine,
    }
}

/// The documents of a deal, for those in it.
pub(super) async fn lines(app: &App, visit: &Visit, view: &DealView) -> Result<Vec<DocumentLine>, Problem> {
    if view.inside.is_none() {
        return Ok(Vec::new());
    }
    let all = deals::documents(&app.brokering, &visit.who.actor, view.id).await?;
    Ok(all.into_iter().map(|one| line(app, view.id, one, visit.lang())).collect())
}

/// Openings on the page at once.
const OPENINGS: u16 = 10;

/// One opening of a document.
pub(in super::super) struct OpeningLine {
    pub name: String,
    pub voice: String,
    pub address: String,
    pub document: String,
    pub at: Moment,
}

/// The ledger of the documents that the reader's side handed in.
pub(in super::super) struct Openings {
    pub lines: Vec<OpeningLine>,
    pub total: u64,
    pub next: Option<String>,
    pub first: Option<String>,
}

/// The ledger, for those who write for a side or broker the deal; none as long as nothing stands in it.
pub(super) async fn openings(app: &App, visit: &Visit, view: &DealView, here: &str) -> Result<Option<Openings>, Problem> {
    if !writes(view) {
        return Ok(None);
    }
    openings_of(app, visit, view.id, None, here).await
}

/// The same, of one document or of all.
pub(super) async fn openings_of(
    app: &App,
    visit: &Visit,
    id: DealId,
    one: Option<ConfidentialFileId>,
    here: &str,
) -> Result<Option<Openings>, Problem> {
    let lang = visit.lang();
    let cursor = Some(parameter(visit, "openings")).filter(|c| !c.is_empty());
    let limit = Limit::new(OPENINGS).unwrap_or_default();
    let found = match deals::openings(&app.brokering, &visit.who.actor, id, one, limit, cursor.as_deref()).await {
        Ok(found) => found,
        // Not for programs.
        Err(BrokeringError::Refused(_)) => return Ok(None),
        Err(error) => return Err(error.into()),
    };
    let at = |cursor: &str| paging::address(here, &[("openings", cursor)]);
    let line = |one: deals::OpeningView| OpeningLine {
        name: one.name,
        voice: app.vocabularies.name("deal_voices", one.voice.as_str(), lang).to_owned(),
        address: one.address,
        document: one.document_name.unwrap_or_else(|| messages::say(lang, "deal-document-unnamed", &[])),
        at: format::moment(lang, one.at),
    };
    Ok((found.total > 0).then(|| Openings {
        total: found.total,
        next: found.next.as_deref().map(at),
        first: cursor.map(|_| here.to_owned()),
        lines: found.items.into_iter().map(line).collect(),
    }))
}

/// Where the form is sent, with a key of its own: sent twice, it hands in one document.
pub(super) fn action(app: &App, deal: &str) -> String {
    paging::address(&format!("{deal}/documents"), &[("key", &app.clock().uuid().simple().to_string())])
}

/// What may be handed in.
pub(super) fn hint(app: &App, lang: Lang) -> String {
    let settings = app.brokering.vault.settings();
    let kinds = settings.kinds.iter().map(|kind| kind.as_str()).collect::<Vec<_>>().join(", ");
    let (max, pdf) = (settings.max_mb.to_string(), settings.pdf_max_mb.min(settings.max_mb).to_string());
    messages::say(lang, "deal-document-hint", &[("kinds", &kinds), ("max", &max), ("pdf", &pdf)])
}

/// The endings that a browser offers.
pub(super) fn accept(app: &App) -> String {
    let kinds = app.brokering.vault.settings().kinds.iter().map(|kind| format!(".{kind}"));
    kinds.chain([".jpg".to_owned()]).collect::<Vec<_>>().join(",")
}

fn back(visit: &Visit, id: DealId, did: &str) -> Response {
    go(&paging::address(&localised(visit.lang(), &format!("/deals/{id}")), &[("did", did)]))
}

/// Takes a document in.
pub(in super::super) async fn add(
    State(app): State<App>,
    visit: Visit,
    Writer(mut ctx): Writer,
    Id(id): Id<DealId>,
    request: Request,
) -> Result<Response, Problem> {
    let lang = visit.lang();
    let key = parameter(&visit, "key");
    if (1..=64).contains(&key.len()) {
        ctx.idempotency = Some(IdempotencyKey { operation: "formDealDocument", key, request_hash: Vec::new() });
    }
    let Err(problem) = api::documents::receive(&app, ctx, id, request).await else { return Ok(back(&visit, id, "document")) };
    let can_be_said =
        [StatusCode::UNPROCESSABLE_ENTITY, StatusCode::UNSUPPORTED_MEDIA_TYPE, StatusCode::PAYLOAD_TOO_LARGE, StatusCode::CONFLICT];
    if !can_be_said.contains(&problem.status) {
        return Err(problem);
    }
    let line = |input: &str, text: String| {
        let key = format!("deal-document-{input}");
        let label = if messages::has(lang, &key) { messages::say(lang, &key, &[]) } else { String::new() };
        FaultLine { id: input.to_owned(), label, text }
    };
    let mut faults: Vec<FaultLine> = problem.faults.iter().map(|f| line(f.pointer.trim_start_matches('/'), f.say(lang))).collect();
    if faults.is_empty() {
        faults.push(line("file", messages::say(lang, &format!("problem-{}", problem.kind), &[])));
    }
    let mut response = deal_page(&app, &visit, id, Refusal { status: problem.status, faults, form: None }).await?;
    if problem.status == StatusCode::PAYLOAD_TOO_LARGE {
        // The rest is not read, so nothing can follow on this connection.
        response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
    }
    Ok(response)
}

/// Opens a document.
pub(in super::super) async fn open(State(app): State<App>, visit: Visit, Path(path): Path<(String, String)>) -> Result<Response, Problem> {
    let (id, file) = api::documents::both(path)?;
    match deals::open_document(&app.brokering, &visit.who.actor, &visit.who.client.address, id, file).await {
        // The agreement stands on a page of its own.
        Err(BrokeringError::NdaFirst) => Ok(go(&localised(visit.lang(), &format!("/deals/{id}/nda")))),
        other => Ok(api::disclosures::served(other?)),
    }
}

/// Takes a document back.
pub(in super::super) async fn remove(
    State(app): State<App>,
    visit: Visit,
    Writer(ctx): Writer,
    Id(id): Id<DealId>,
    form: Form,
) -> Result<Response, Problem> {
    let file = form.get("file").parse().map_err(|_| Problem::malformed("bad-form"))?;
    match deals::remove_document(&app.brokering, ctx, id, file).await {
        // Gone already is gone; who may not see the deal finds nothing there either.
        Ok(()) | Err(BrokeringError::Refused(base::Refused::Hidden)) => Ok(back(&visit, id, "removed")),
        Err(error) => {
            let lang = visit.lang();
            let label = messages::say(lang, "deal-documents", &[]);
            let line = |f: &base::Fault| FaultLine { id: "documents".to_owned(), label: label.clone(), text: f.say(lang) };
            let (status, faults) = refused(&app, error, lang, line)?;
            deal_page(&app, &visit, id, Refusal { status, faults, form: None }).await
        }
    }
}
