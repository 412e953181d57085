//! Memberships: invite, accept, confirm, suspend, roles, leave.

use std::collections::BTreeSet;

use accounts::membership::{Invitation, Step};
use accounts::{MembershipReceipt, MembershipView};
use axum::Json as Answer;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use base::{MembershipId, PartyId, PartyRole};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::List;
use crate::app::App;
use crate::extract::{Id, IfMatch, Json, Who, Writer, etag};
use crate::problem::Problem;

/// A step of a membership.
#[derive(Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MembershipTransition {
    /// `accept` and `leave` are the person's, the others an admin's.
    #[schema(inline)]
    pub step: Step,
}

/// What a member may do.
#[derive(Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MemberRoles {
    /// The roles from now on; at least one.
    pub roles: BTreeSet<PartyRole>,
}

fn receipt(status: StatusCode, receipt: MembershipReceipt) -> Response {
    (status, etag(receipt.version), Answer(receipt)).into_response()
}

/// The members of a party.
pub(crate) async fn of_party(State(app): State<App>, who: Who, Id(party): Id<PartyId>) -> Result<Answer<List<MembershipView>>, Problem> {
    let party = accounts::merging::now(app.store.db(), party).await?;
    Ok(List::whole(accounts::membership::of_party(&app.accounts, &who.actor, party).await?))
}

/// Invites somebody.
pub(crate) async fn invite(
    State(app): State<App>,
    Writer(ctx): Writer,
    Id(party): Id<PartyId>,
    Json(body): Json<Invitation>,
) -> Result<Response, Problem> {
    Ok(receipt(StatusCode::CREATED, accounts::membership::invite(&app.accounts, ctx, party, body).await?))
}

/// One's own memberships.
pub(crate) async fn mine(State(app): State<App>, who: Who) -> Result<Answer<List<MembershipView>>, Problem> {
    Ok(List::whole(accounts::membership::mine(&app.accounts, &who.actor).await?))
}

/// One membership.
pub(crate) async fn get(State(app): State<App>, who: Who, Id(id): Id<MembershipId>) -> Result<Response, Problem> {
    let view = accounts::membership::get(&app.accounts, &who.actor, id).await?;
    Ok((etag(view.version), Answer(view)).into_response())
}

/// Takes a step.
pub(crate) async fn step(
    State(app): State<App>,
    Writer(ctx): Writer,
    Id(id): Id<MembershipId>,
    Json(body): Json<MembershipTransition>,
) -> Result<Response, Problem> {
    Ok(receipt(StatusCode::OK, accounts::membership::step(&app.accounts, ctx, id, None, body.step).await?))
}

/// Sets what a member may do.
pub(crate) async fn set_roles(
    State(app): State<App>,
    Writer(ctx): Writer,
    Id(id): Id<MembershipId>,
    IfMatch(seen): IfMatch,
    Json(body): Json<MemberRoles>,
) -> Result<Response, Problem> {
    Ok(receipt(StatusCode::OK, accounts::membership::set_roles(&app.accounts, ctx, id, seen, body.roles).await?))
}
