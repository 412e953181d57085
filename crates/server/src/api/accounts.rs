//! Accounts: signing up, confirming, passwords, the second factor, and what administrators do.

use std::collections::BTreeSet;

use accounts::people::{AccountEdit, AccountFilter};
use accounts::second_factor::SecondFactorSetup;
use accounts::sign_up::SignUp;
use accounts::{AccountReceipt, AccountStatus, AccountView, Password};
use axum::Json as Answer;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use base::secret::Secret;
use base::{AccountId, StaffRole};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::List;
use super::session::{SecondFactorCode, cookies};
use crate::app::App;
use crate::extract::{Id, IfMatch, Json, Params, Who, Writer, etag};
use crate::problem::Problem;

/// An e-mail address.
#[derive(Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct EmailAddress {
    /// The address.
    #[schema(max_length = 254)]
    pub email: String,
}

/// The secret of a link in a mail.
#[derive(Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LinkSecret {
    /// The `token` of the link.
    #[schema(max_length = 200)]
    pub token: String,
}

/// A new password with the secret of a link.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PasswordReset {
    /// The `token` of the link.
    #[schema(max_length = 200)]
    pub token: String,
    /// The new password.
    pub password: Password,
}

/// A change of password.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PasswordChange {
    /// The password so far.
    pub old: Password,
    /// The new one.
    pub new: Password,
}

/// The password, asked for once more.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PasswordAgain {
    /// The password.
    pub password: Password,
}

/// Recovery codes, shown once.
#[derive(Serialize, ToSchema)]
pub struct RecoveryCodes {
    /// Each opens the door once.
    pub recovery_codes: Vec<String>,
}

/// Roles in the space.
#[derive(Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct StaffRoles {
    /// The roles from now on.
    pub roles: BTreeSet<StaffRole>,
}

/// Why something is done.
#[derive(Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Reason {
    /// The reason, 10 to 500 characters. The person reads it.
    #[schema(min_length = 10, max_length = 500)]
    pub reason: String,
}

/// Sent, whether or not there was somebody to send it to.
#[derive(Serialize, ToSchema)]
pub struct Sent {
    /// Always true.
    pub sent: bool,
}

/// The states of an account, as lists are asked for them.
pub(crate) const STATUSES: [(&str, AccountStatus); 3] =
    [("unconfirmed", AccountStatus::Unconfirmed), ("active", AccountStatus::Active), ("disabled", AccountStatus::Disabled)];

fn sent() -> Response {
    (StatusCode::ACCEPTED, Answer(Sent { sent: true })).into_response()
}

fn receipt(receipt: AccountReceipt) -> Response {
    (etag(receipt.version), Answer(receipt)).into_response()
}

/// Signs up: a letter with a link follows.
pub(crate) async fn sign_up(State(app): State<App>, who: Who, Json(body): Json<SignUp>) -> Result<Response, Problem> {
    accounts::sign_up::sign_up(&app.accounts, &who.client, body).await?;
    Ok(sent())
}

/// Confirms an address with the secret of the link.
pub(crate) async fn confirm(State(app): State<App>, Json(body): Json<LinkSecret>) -> Result<Response, Problem> {
    Ok(receipt(accounts::sign_up::confirm(&app.accounts, &Secret::received(&body.token)).await?))
}

/// Sends the link once more.
pub(crate) async fn resend(State(app): State<App>, who: Who, Json(body): Json<EmailAddress>) -> Result<Response, Problem> {
    accounts::sign_up::resend(&app.accounts, &who.client, &body.email).await?;
    Ok(sent())
}

/// Asks for a link that resets the password.
pub(crate) async fn forgot(State(app): State<App>, who: Who, Json(body): Json<EmailAddress>) -> Result<Response, Problem> {
    accounts::recovery::request(&app.accounts, &who.client, &body.email).await?;
    Ok(sent())
}

/// Sets a new password with the secret of the link.
pub(crate) async fn reset(State(app): State<App>, Json(body): Json<PasswordReset>) -> Result<Response, Problem> {
    Ok(receipt(accounts::recovery::reset(&app.accounts, &Secret::received(&body.token), &body.password).await?))
}

/// Changes the password.
pub(crate) async fn change_password(
    State(app): State<App>,
    who: Who,
    Writer(ctx): Writer,
    Json(body): Json<PasswordChange>,
) -> Result<Response, Problem> {
    let session = who.session()?.id;
    let secret = accounts::recovery::change(&app.accounts, ctx, session, &body.old, &body.new).await?;
    let mut response = super::nothing();
    cookies(&app, &secret, &mut response);
    Ok(response)
}

/// One's own account.
pub(crate) async fn me(State(app): State<App>, who: Who) -> Result<Response, Problem> {
    let view = accounts::people::me(&app.accounts, &who.actor).await?;
    Ok((etag(view.version), Answer(view)).into_response())
}

/// Changes name and language.
pub(crate) async fn edit_me(
    State(app): State<App>,
    Writer(ctx): Writer,
    IfMatch(seen): IfMatch,
    Json(edit): Json<AccountEdit>,
) -> Result<Response, Problem> {
    Ok(receipt(accounts::people::edit_me(&app.accounts, ctx, seen, edit).await?))
}

/// Begins to set up a second factor.
pub(crate) async fn begin_second_factor(
    State(app): State<App>,
    Writer(ctx): Writer,
    Json(body): Json<PasswordAgain>,
) -> Result<Answer<SecondFactorSetup>, Problem> {
    Ok(Answer(accounts::second_factor::begin(&app.accounts, ctx, &body.password).await?))
}

/// Confirms the second factor with its first code.
pub(crate) async fn confirm_second_factor(
    State(app): State<App>,
    who: Who,
    Writer(ctx): Writer,
    Json(body): Json<SecondFactorCode>,
) -> Result<Response, Problem> {
    let session = who.session()?.id;
    let set = accounts::second_factor::confirm(&app.accounts, ctx, session, &body.code).await?;
    let mut response = Answer(RecoveryCodes { recovery_codes: set.recovery_codes }).into_response();
    cookies(&app, &set.secret, &mut response);
    Ok(response)
}

/// Makes new recovery codes; the old ones end.
pub(crate) async fn renew_codes(
    State(app): State<App>,
    Writer(ctx): Writer,
    Json(body): Json<PasswordAgain>,
) -> Result<Answer<RecoveryCodes>, Problem> {
    let recovery_codes = accounts::second_factor::renew_codes(&app.accounts, ctx, &body.password).await?;
    Ok(Answer(RecoveryCodes { recovery_codes }))
}

/// Removes the second factor.
pub(crate) async fn remove_second_factor(
    State(app): State<App>,
    Writer(ctx): Writer,
    Json(body): Json<PasswordAgain>,
) -> Result<Response, Problem> {
    Ok(receipt(accounts::second_factor::remove(&app.accounts, ctx, &body.password).await?))
}

/// Accounts, the newest first.
pub(crate) async fn list(State(app): State<App>, who: Who, params: Params) -> Result<Answer<List<AccountView>>, Problem> {
    let params = params.only(&["limit", "cursor", "staff", "status", "q"])?;
    let known = |word: &str| STATUSES.iter().find(|(name, _)| *name == word).map(|(_, status)| *status);
    let status = params.get("status").map(|word| known(word).ok_or_else(|| Problem::parameter("status"))).transpose()?;
    let filter =
        AccountFilter { words: params.get("q").unwrap_or_default().to_owned(), staff: params.flag("staff")?, status, turned: false };
    let page = accounts::people::list(&app.accounts, &who.actor, &filter, params.cursor(), params.limit()?).await?;
    Ok(Answer(page.into()))
}

/// One account.
pub(crate) async fn get(State(app): State<App>, who: Who, Id(id): Id<AccountId>) -> Result<Response, Problem> {
    let view = accounts::people::get(&app.accounts, &who.actor, id).await?;
    Ok((etag(view.version), Answer(view)).into_response())
}

/// Sets roles in the space.
pub(crate) async fn set_staff(
    State(app): State<App>,
    Writer(ctx): Writer,
    Id(id): Id<AccountId>,
    IfMatch(seen): IfMatch,
    Json(body): Json<StaffRoles>,
) -> Result<Response, Problem> {
    Ok(receipt(accounts::managing::set_staff(&app.accounts, ctx, id, seen, body.roles).await?))
}

/// Shuts an account: its sessions and tokens end.
pub(crate) async fn disable(
    State(app): State<App>,
    Writer(ctx): Writer,
    Id(id): Id<AccountId>,
    IfMatch(seen): IfMatch,
) -> Result<Response, Problem> {
    Ok(receipt(accounts::managing::disable(&app.accounts, ctx, id, seen).await?))
}

/// Opens an account again.
pub(crate) async fn enable(
    State(app): State<App>,
    Writer(ctx): Writer,
    Id(id): Id<AccountId>,
    IfMatch(seen): IfMatch,
) -> Result<Response, Problem> {
    Ok(receipt(accounts::managing::enable(&app.accounts, ctx, id, seen).await?))
}

/// Takes away the second factor of somebody who lost it.
pub(crate) async fn take_second_factor(
    State(app): State<App>,
    Writer(ctx): Writer,
    Id(id): Id<AccountId>,
    IfMatch(seen): IfMatch,
    Json(body): Json<Reason>,
) -> Result<Response, Problem> {
    Ok(receipt(accounts::second_factor::remove_of(&app.accounts, ctx, id, seen, &body.reason).await?))
}

/// Ends all sessions of somebody.
pub(crate) async fn end_sessions(State(app): State<App>, Writer(ctx): Writer, Id(id): Id<AccountId>) -> Result<Response, Problem> {
    Ok(receipt(accounts::sessions::end_all_of(&app.accounts, ctx, id).await?))
}
