//! API tokens: made in a session, shown once, revoked at any time.

use accounts::tokens::TokenRequest;
use accounts::{NewToken, TokenView};
use axum::Json as Answer;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use base::TokenId;

use super::List;
use crate::app::App;
use crate::extract::{Id, Json, Who, Writer};
use crate::problem::Problem;

/// Makes a token; its secret is shown this once.
pub(crate) async fn create(
    State(app): State<App>,
    who: Who,
    Writer(ctx): Writer,
    Json(body): Json<TokenRequest>,
) -> Result<Response, Problem> {
    let new: NewToken = accounts::tokens::create(&app.accounts, ctx, who.session()?, body).await?;
    Ok((StatusCode::CREATED, Answer(new)).into_response())
}

/// One's tokens.
pub(crate) async fn list(State(app): State<App>, who: Who) -> Result<Answer<List<TokenView>>, Problem> {
    Ok(List::whole(accounts::tokens::list(&app.accounts, &who.actor).await?))
}

/// Ends a token.
pub(crate) async fn revoke(State(app): State<App>, Writer(ctx): Writer, Id(id): Id<TokenId>) -> Result<Answer<TokenView>, Problem> {
    Ok(Answer(accounts::tokens::revoke(&app.accounts, ctx, id).await?))
}
