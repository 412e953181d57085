//! Signing in and out, the second factor at the door, the list of one's sessions.

use accounts::sign_in::SignIn;
use accounts::{AccountView, SessionView};
use axum::Json as Answer;
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use base::secret::Secret;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{List, nothing};
use crate::app::App;
use crate::extract::{Id, Json, Who, Writer};
use crate::pipeline::{DEVICE_COOKIE, SESSION_COOKIE, set_cookie};
use crate::problem::Problem;

/// Seconds a device is known.
pub(crate) const DEVICE_SECONDS: i64 = 180 * 86_400;

/// Who is signed in.
#[derive(Serialize, ToSchema)]
pub struct SessionAnswer {
    /// The session; none for a program with a token.
    pub session: Option<SessionView>,
    /// The account.
    pub account: AccountView,
    /// Roles in the space that are in force now.
    pub staff: Vec<base::StaffRole>,
    /// The parties acted for.
    pub memberships: Vec<ActiveMembership>,
}

/// A party that one acts for.
#[derive(Serialize, ToSchema)]
pub struct ActiveMembership {
    /// The party.
    pub party: base::PartyId,
    /// What one may do there.
    pub roles: Vec<base::PartyRole>,
}

/// A code of the second factor.
#[derive(Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SecondFactorCode {
    /// Six digits of the authenticator, or a recovery code.
    #[schema(max_length = 64)]
    pub code: String,
}

/// The cookies of a session's secret.
pub(crate) fn cookies(app: &App, secret: &Secret, response: &mut Response) {
    let life = app.accounts.settings().session_life_hours * 3_600;
    response.headers_mut().append(header::SET_COOKIE, set_cookie(app, SESSION_COOKIE, secret.reveal(), life));
}

/// Begins a session and sets its cookie.
pub(crate) async fn sign_in(State(app): State<App>, who: Who, Json(body): Json<SignIn>) -> Result<Response, Problem> {
    let signed_in = accounts::sign_in::sign_in(&app.accounts, &who.client, &body).await?;
    let actor = accounts::actor::of_session(&app.accounts, &signed_in.secret).await?.map(|(actor, _)| actor).unwrap_or(who.actor);
    let answer = SessionAnswer {
        staff: actor.staff.iter().copied().collect(),
        memberships: memberships(&actor),
        session: Some(signed_in.session),
        account: signed_in.account,
    };
    let mut response = Answer(answer).into_response();
    cookies(&app, &signed_in.secret, &mut response);
    let device = set_cookie(&app, DEVICE_COOKIE, signed_in.device.reveal(), DEVICE_SECONDS);
    response.headers_mut().append(header::SET_COOKIE, device);
    Ok(response)
}

fn memberships(actor: &base::Actor) -> Vec<ActiveMembership> {
    actor.memberships.iter().map(|m| ActiveMembership { party: m.party, roles: m.roles.iter().copied().collect() }).collect()
}

/// Who is signed in.
pub(crate) async fn current(State(app): State<App>, who: Who) -> Result<Response, Problem> {
    let account = accounts::people::me(&app.accounts, &who.actor).await?;
    let answer = SessionAnswer {
        staff: who.actor.staff.iter().copied().collect(),
        memberships: memberships(&who.actor),
        session: who.session,
        account,
    };
    Ok(Answer(answer).into_response())
}

/// Ends the session and takes its cookie away.
pub(crate) async fn sign_out(State(app): State<App>, who: Who, Writer(ctx): Writer) -> Result<Response, Problem> {
    let session = who.session()?.id;
    accounts::sessions::end(&app.accounts, ctx, session).await?;
    let mut response = nothing();
    response.headers_mut().append(header::SET_COOKIE, set_cookie(&app, SESSION_COOKIE, "", 0));
    Ok(response)
}

/// Gives the second factor; the session goes on under a new secret.
pub(crate) async fn second_factor(
    State(app): State<App>,
    who: Who,
    Writer(ctx): Writer,
    Json(body): Json<SecondFactorCode>,
) -> Result<Response, Problem> {
    let session = who.session()?.id;
    let secret = accounts::second_factor::give(&app.accounts, ctx, session, &body.code).await?;
    let mut response = nothing();
    cookies(&app, &secret, &mut response);
    Ok(response)
}

/// One's sessions.
pub(crate) async fn list(State(app): State<App>, who: Who) -> Result<Answer<List<SessionView>>, Problem> {
    let current = who.session()?.id;
    Ok(List::whole(accounts::sessions::list(&app.accounts, &who.actor, current).await?))
}

/// Ends one of one's sessions.
pub(crate) async fn end(State(app): State<App>, Writer(ctx): Writer, Id(id): Id<base::SessionId>) -> Result<Response, Problem> {
    accounts::sessions::end(&app.accounts, ctx, id).await?;
    Ok(nothing())
}

/// Ends all of one's sessions but this one.
pub(crate) async fn end_others(State(app): State<App>, who: Who, Writer(ctx): Writer) -> Result<Response, Problem> {
    let current = who.session()?.id;
    accounts::sessions::end_others(&app.accounts, ctx, current).await?;
    Ok(nothing())
}
