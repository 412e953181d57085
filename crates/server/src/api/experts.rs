//! Experts: one's own profile with the consent under which it is public, and the published ones of others.

use accounts::experts::{self, ExpertFilter};
use accounts::{ExpertProfile, ExpertReceipt, ExpertView};
use axum::Json as Answer;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use base::ExpertId;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::List;
use crate::app::App;
use crate::extract::{Id, IfMatch, Json, Params, Who, Writer, etag};
use crate::problem::Problem;

/// The consent to being public.
#[derive(Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ExpertConsent {
    /// The version of the text that was read, as `consent_text` of one's profile has it.
    pub consent: String,
}

fn receipt(receipt: ExpertReceipt) -> Response {
    (etag(receipt.version), Answer(receipt)).into_response()
}

/// One's own profile, published or not.
pub(crate) async fn mine(State(app): State<App>, who: Who, params: Params) -> Result<Response, Problem> {
    params.only(&[])?;
    let own = experts::mine(&app.accounts, &who.actor).await?;
    Ok((etag(own.version), Answer(own)).into_response())
}

/// Writes one's own profile.
pub(crate) async fn save(
    State(app): State<App>,
    Writer(ctx): Writer,
    IfMatch(seen): IfMatch,
    Json(profile): Json<ExpertProfile>,
) -> Result<Response, Problem> {
    Ok(receipt(experts::save(&app.accounts, ctx, seen, profile).await?))
}

/// Consents, and makes it public.
pub(crate) async fn publish(
    State(app): State<App>,
    Writer(ctx): Writer,
    IfMatch(seen): IfMatch,
    Json(body): Json<ExpertConsent>,
) -> Result<Response, Problem> {
    Ok(receipt(experts::publish(&app.accounts, ctx, seen, &body.consent).await?))
}

/// Takes the consent back.
pub(crate) async fn withdraw(State(app): State<App>, Writer(ctx): Writer) -> Result<Response, Problem> {
    Ok(receipt(experts::withdraw(&app.accounts, ctx).await?))
}

/// Published experts, the newest first.
pub(crate) async fn list(State(app): State<App>, params: Params) -> Result<Answer<List<ExpertView>>, Problem> {
    let params = params.only(&["limit", "cursor", "party"])?;
    let filter = ExpertFilter { party: super::parties::narrowed_to(&app, &params).await? };
    let page = experts::list(&app.accounts, &filter, params.cursor(), params.limit()?).await?;
    Ok(Answer(page.into()))
}

/// One published expert.
pub(crate) async fn get(State(app): State<App>, who: Who, Id(id): Id<ExpertId>) -> Result<Response, Problem> {
    let view = experts::get(&app.accounts, &who.actor, id).await?;
    Ok((etag(view.version), Answer(view)).into_response())
}
