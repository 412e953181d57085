//! Success stories: the published ones for everybody; of a deal the text, the consents, publishing.

use axum::Json as Answer;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use base::DealId;
use brokering::stories::{self, NewConsent, StoryCard, StoryContent, StoryFilter, StoryMoved, WaitingStory, Withdrawal};

use super::List;
use crate::app::App;
use crate::extract::{Id, IfMatch, Json, Params, Who, Writer, etag};
use crate::problem::Problem;

/// The published stories.
pub(crate) async fn list(State(app): State<App>, who: Who, params: Params) -> Result<Answer<List<StoryCard>>, Problem> {
    let params = params.only(&["limit", "cursor", "listing", "party"])?;
    let filter = StoryFilter { listing: params.parsed("listing")?, party: super::parties::narrowed_to(&app, &params).await? };
    Ok(Answer(stories::list(&app.brokering, &who.actor, &filter, params.limit()?, params.cursor()).await?.into()))
}

/// One published story.
pub(crate) async fn get(State(app): State<App>, who: Who, Path(slug): Path<String>) -> Result<Response, Problem> {
    let view = stories::of_slug(&app.brokering, &who.actor, &slug).await?;
    Ok((etag(view.version), Answer(view)).into_response())
}

/// The story of a deal.
pub(crate) async fn of_deal(State(app): State<App>, who: Who, Id(id): Id<DealId>) -> Result<Response, Problem> {
    let view = stories::show(&app.brokering, &who.actor, id).await?;
    Ok((etag(view.version), Answer(view)).into_response())
}

/// Writes it.
pub(crate) async fn write(
    State(app): State<App>,
    Writer(ctx): Writer,
    Id(id): Id<DealId>,
    IfMatch(seen): IfMatch,
    Json(body): Json<StoryContent>,
) -> Result<Response, Problem> {
    let receipt = stories::write(&app.brokering, ctx, id, seen, body).await?;
    Ok((etag(receipt.version), Answer(receipt)).into_response())
}

fn moved(status: StatusCode, moved: StoryMoved) -> Response {
    (status, etag(moved.version), Answer(moved)).into_response()
}

/// Consents for a party.
pub(crate) async fn consent(
    State(app): State<App>,
    Writer(ctx): Writer,
    Id(id): Id<DealId>,
    Json(body): Json<NewConsent>,
) -> Result<Response, Problem> {
    Ok(moved(StatusCode::CREATED, stories::give(&app.brokering, ctx, id, body).await?))
}

/// Takes a party's consent back.
pub(crate) async fn withdraw(
    State(app): State<App>,
    Writer(ctx): Writer,
    Id(id): Id<DealId>,
    Json(body): Json<Withdrawal>,
) -> Result<Response, Problem> {
    Ok(moved(StatusCode::OK, stories::withdraw(&app.brokering, ctx, id, body).await?))
}

/// Publishes it.
pub(crate) async fn publish(
    State(app): State<App>,
    Writer(ctx): Writer,
    Id(id): Id<DealId>,
    IfMatch(seen): IfMatch,
) -> Result<Response, Problem> {
    Ok(moved(StatusCode::OK, stories::publish(&app.brokering, ctx, id, seen).await?))
}

/// Takes it out of public.
pub(crate) async fn unpublish(
    State(app): State<App>,
    Writer(ctx): Writer,
    Id(id): Id<DealId>,
    IfMatch(seen): IfMatch,
) -> Result<Response, Problem> {
    Ok(moved(StatusCode::OK, stories::unpublish(&app.brokering, ctx, id, seen).await?))
}

/// The stories that wait to be published.
pub(crate) async fn queue(State(app): State<App>, who: Who, params: Params) -> Result<Answer<List<WaitingStory>>, Problem> {
    let params = params.only(&["limit", "cursor"])?;
    Ok(Answer(stories::queue(&app.brokering, &who.actor, params.limit()?, params.cursor()).await?.into()))
}
