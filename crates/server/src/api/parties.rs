//! Parties: register, edit, look at, verify.

use accounts::parties::PartyFilter;
use accounts::{PartyProfile, PartyReceipt, PartyView};
use axum::Json as Answer;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use base::{Code, PartyId};
use brokering::merging::{Merge, MergePreview};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::List;
use crate::app::App;
use crate::extract::{Id, IfMatch, Json, Params, Who, Writer, etag};
use crate::problem::Problem;

/// The party that a list is narrowed to, if to any; one that another took in leads on to that one.
pub(super) async fn narrowed_to(app: &App, params: &Params) -> Result<Option<PartyId>, Problem> {
    led_on(app, params.parsed("party")?).await
}

/// The party that an id in an address stands for by now.
pub(crate) async fn led_on(app: &App, party: Option<PartyId>) -> Result<Option<PartyId>, Problem> {
    match party {
        Some(party) => Ok(Some(accounts::merging::now(app.accounts.store().db(), party).await?)),
        None => Ok(None),
    }
}

/// How a party's identity was checked.
#[derive(Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct VerificationLevel {
    /// A code of `verification`.
    pub level: Code,
}

fn receipt(status: StatusCode, receipt: PartyReceipt) -> Response {
    (status, etag(receipt.version), Answer(receipt)).into_response()
}

/// Registers a party; who registers it becomes its admin.
pub(crate) async fn create(State(app): State<App>, Writer(ctx): Writer, Json(body): Json<PartyProfile>) -> Result<Response, Problem> {
    Ok(receipt(StatusCode::CREATED, accounts::parties::create(&app.accounts, ctx, body).await?))
}

/// Parties, the newest first.
pub(crate) async fn list(State(app): State<App>, params: Params) -> Result<Answer<List<PartyView>>, Problem> {
    let params = params.only(&["limit", "cursor", "party_type", "province", "verification"])?;
    let filter = PartyFilter {
        party_type: params.get("party_type").map(Code::from),
        province: params.get("province").map(Code::from),
        verification: params.get("verification").map(Code::from),
        ..PartyFilter::default()
    };
    let page = accounts::parties::list(&app.accounts, &filter, params.cursor(), params.limit()?).await?;
    Ok(Answer(page.into()))
}

/// One party; one that another took in leads there.
pub(crate) async fn get(State(app): State<App>, who: Who, Id(id): Id<PartyId>) -> Result<Response, Problem> {
    if let Some(alias) = accounts::merging::moved(app.accounts.store().db(), id).await? {
        let there = format!("/api/v1/parties/{}", alias.party);
        return Ok((StatusCode::MOVED_PERMANENTLY, [(header::LOCATION, there)]).into_response());
    }
    let view = accounts::parties::get(&app.accounts, &who.actor, id).await?;
    Ok((etag(view.version), Answer(view)).into_response())
}

/// What would move if another party took this one in.
pub(crate) async fn preview_merge(
    State(app): State<App>,
    who: Who,
    Id(id): Id<PartyId>,
    params: Params,
) -> Result<Answer<MergePreview>, Problem> {
    let into = params.only(&["into"])?.parsed("into")?.ok_or_else(|| Problem::parameter("into"))?;
    Ok(Answer(brokering::merging::preview(&app.brokering, &who.actor, id, into).await?))
}

/// Lets another party take this one in.
pub(crate) async fn merge(
    State(app): State<App>,
    Writer(ctx): Writer,
    Id(id): Id<PartyId>,
    IfMatch(seen): IfMatch,
    Json(body): Json<Merge>,
) -> Result<Response, Problem> {
    let merged = brokering::merging::merge(&app.brokering, ctx, id, seen, body).await?;
    Ok((etag(merged.version), Answer(merged)).into_response())
}

/// Rewrites what a party says about itself.
pub(crate) async fn edit(
    State(app): State<App>,
    Writer(ctx): Writer,
    Id(id): Id<PartyId>,
    IfMatch(seen): IfMatch,
    Json(body): Json<PartyProfile>,
) -> Result<Response, Problem> {
    Ok(receipt(StatusCode::OK, accounts::parties::edit(&app.accounts, ctx, id, seen, body).await?))
}

/// Notes how a party's identity was checked.
pub(crate) async fn verify(
    State(app): State<App>,
    Writer(ctx): Writer,
    Id(id): Id<PartyId>,
    IfMatch(seen): IfMatch,
    Json(body): Json<VerificationLevel>,
) -> Result<Response, Problem> {
    Ok(receipt(StatusCode::OK, accounts::parties::verify(&app.accounts, ctx, id, seen, body.level).await?))
}
