//! The confidentiality agreement of a deal: read in whole and accepted by each person, before what another party marked as
//! confidential is opened to them.

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use base::{DealId, messages};
use brokering::BrokeringError;
use brokering::confidential::disclosures::Acceptance;
use brokering::deals;

use super::super::disclosures::NdaText;
use super::super::faults::FaultLine;
use super::super::form::Form;
use super::super::format::{self, Moment};
use super::super::frame::{Frame, Visit, go, localised, page};
use super::say;
use crate::app::App;
use crate::extract::{Id, Writer};
use crate::problem::Problem;

#[derive(Template)]
#[template(path = "deal_nda.html")]
struct AgreementPage {
    f: Frame,
    code: String,
    deal: String,
    here: String,
    accepted: Option<Moment>,
    can_accept: bool,
    /// For whom the reader accepts: for themselves, or for their side as well.
    whose: String,
    nda: NdaText,
    nda_note: String,
    faults: Vec<FaultLine>,
}

async fn agreement(app: &App, visit: &Visit, id: DealId, status: StatusCode, faults: Vec<FaultLine>) -> Result<Response, Problem> {
    let lang = visit.lang();
    let actor = &visit.who.actor;
    let found = deals::deal_nda(&app.brokering, actor, id).await?;
    let code = deals::titles(&app.brokering, actor, &[id]).await?.remove(&id).map(|deal| deal.code).unwrap_or_default();
    let path = format!("/deals/{id}/nda");
    let view = AgreementPage {
        f: visit.frame(app, messages::say(lang, "deal-nda-title", &[("code", &code)])).at(&path).unlisted().without_search().placed("my"),
        code,
        deal: localised(lang, &format!("/deals/{id}")),
        here: localised(lang, &path),
        accepted: found.accepted_at.map(|at| format::moment(lang, at)),
        can_accept: found.can_accept,
        whose: say(lang, if found.binds_side { "deal-nda-of-side" } else { "deal-nda-personal" }),
        nda: NdaText::of(found.nda),
        nda_note: say(lang, "deal-nda-recorded"),
        faults,
    };
    Ok(page(status, lang, &view))
}

pub(in super::super) async fn show(State(app): State<App>, visit: Visit, Id(id): Id<DealId>) -> Result<Response, Problem> {
    agreement(&app, &visit, id, StatusCode::OK, Vec::new()).await
}

/// Accepts it, and leads back to the documents.
pub(in super::super) async fn accept(
    State(app): State<App>,
    visit: Visit,
    Writer(ctx): Writer,
    Id(id): Id<DealId>,
    form: Form,
) -> Result<Response, Problem> {
    let lang = visit.lang();
    let line = |key: &str, id: &str| vec![FaultLine { id: id.to_owned(), label: String::new(), text: say(lang, key) }];
    if form.get("agree").is_empty() {
        let faults = line("disclosure-agree-missing", "agree");
        return agreement(&app, &visit, id, StatusCode::UNPROCESSABLE_ENTITY, faults).await;
    }
    let acceptance = Acceptance { nda_hash: form.get("nda_hash").to_owned() };
    // The language of the page is the one the text was read in.
    let ctx = store::Ctx { actor: visit.who.actor.clone(), ..ctx };
    match deals::accept_deal_nda(&app.brokering, ctx, visit.who.client.address.clone(), id, acceptance).await {
        Ok(_) | Err(BrokeringError::NotAllowed { .. }) => Ok(go(&localised(lang, &format!("/deals/{id}#documents")))),
        Err(BrokeringError::NdaChanged) => agreement(&app, &visit, id, StatusCode::CONFLICT, line("problem-nda-changed", "nda")).await,
        Err(error) => Err(error.into()),
    }
}
