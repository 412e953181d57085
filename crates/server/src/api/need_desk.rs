//! The need desk, for staff.

use accounts::PartyBrief;
use axum::Json as Answer;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use base::{Code, Localised, PartyId};
use listings::need_desk::recording::NewRecord;
use listings::need_desk::{DeskNeed, Which};
use serde::Serialize;
use utoipa::ToSchema;

use super::List;
use crate::app::App;
use crate::extract::{Json, Params, Who, Writer};
use crate::problem::Problem;

/// A party that was looked up.
#[derive(Serialize, ToSchema)]
pub struct FoundParty {
    /// The party.
    pub id: PartyId,
    /// The readable piece of its address in the space.
    pub slug: String,
    /// Its names.
    pub names: Localised,
    /// A code of `party_types`.
    pub party_type: Code,
    /// A code of `provinces`.
    pub province: Option<Code>,
    /// Its tax code, where everybody may know it.
    pub tax_code: Option<String>,
}

impl From<PartyBrief> for FoundParty {
    fn from(party: PartyBrief) -> Self {
        Self {
            id: party.id,
            slug: party.slug,
            names: party.names,
            party_type: party.party_type,
            province: party.province,
            tax_code: party.profile.tax_code,
        }
    }
}

/// The needs that are out, with who looks after them and what is due.
pub(crate) async fn list(State(app): State<App>, who: Who, params: Params) -> Result<Answer<List<DeskNeed>>, Problem> {
    let params = params.only(&["limit", "cursor", "which"])?;
    let which = params.parsed("which")?.unwrap_or(Which::All);
    let page = listings::need_desk::needs(&app.listings, &who.actor, which, params.limit()?, params.cursor()).await?;
    Ok(Answer(page.into()))
}

/// Records a need for a party.
pub(crate) async fn record(State(app): State<App>, Writer(ctx): Writer, Json(body): Json<NewRecord>) -> Result<Response, Problem> {
    let recorded = listings::need_desk::recording::record(&app.listings, ctx, body).await?;
    Ok((StatusCode::CREATED, crate::extract::etag(recorded.need.version), Answer(recorded)).into_response())
}

/// The parties that are meant by a name or tax code.
pub(crate) async fn parties(State(app): State<App>, who: Who, params: Params) -> Result<Answer<List<FoundParty>>, Problem> {
    let params = params.only(&["q"])?;
    let typed = params.get("q").unwrap_or_default();
    let found = search::desk::look_up(&app.search, &app.accounts, &who.actor, typed).await?;
    Ok(List::whole(found.into_iter().map(FoundParty::from).collect()))
}
