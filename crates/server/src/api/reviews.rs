//! Review: the queue, claiming, deciding, the history.

use axum::Json as Answer;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use base::ListingId;
use listings::edit::Receipt;
use listings::review::{ReviewView, Verdict, Waiting};

use super::List;
use crate::app::App;
use crate::extract::{Id, IfMatch, Json, Params, Who, Writer, etag};
use crate::problem::Problem;

/// What waits for a moderator, the longest first.
pub(crate) async fn queue(State(app): State<App>, who: Who, params: Params) -> Result<Answer<List<Waiting>>, Problem> {
    let params = params.only(&["limit", "cursor"])?;
    let after = params.cursor().map(|c| base::Cursor::read(c).map_err(|_| Problem::parameter("cursor"))).transpose()?;
    let page = listings::review::queue(&app.listings, &who.actor, params.limit()?, after, false).await?;
    Ok(Answer(page.into()))
}

/// The reviews of a listing.
pub(crate) async fn history(State(app): State<App>, who: Who, Id(id): Id<ListingId>) -> Result<Answer<List<ReviewView>>, Problem> {
    Ok(List::whole(listings::review::history(&app.listings, &who.actor, id).await?))
}

/// Takes a submission in hand.
pub(crate) async fn claim(State(app): State<App>, Writer(ctx): Writer, Id(id): Id<ListingId>) -> Result<Answer<ReviewView>, Problem> {
    Ok(Answer(listings::review::claim(&app.listings, ctx, id).await?))
}

/// Publishes, asks for changes, rejects, or gives it back.
pub(crate) async fn decide(
    State(app): State<App>,
    Writer(ctx): Writer,
    Id(id): Id<ListingId>,
    IfMatch(seen): IfMatch,
    Json(verdict): Json<Verdict>,
) -> Result<Response, Problem> {
    let receipt: Receipt = listings::review::decide(&app.listings, ctx, id, seen, verdict).await?;
    Ok((etag(receipt.version), Answer(receipt)).into_response())
}
