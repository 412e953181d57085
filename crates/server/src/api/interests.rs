//! Interests in listings, what became of a listing, and how long a party takes to reply.

use axum::Json as Answer;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use base::{Code, InterestId, ListingId, PartyId};
use brokering::history::History;
use brokering::interests::{self, Filter, InterestReceipt, InterestView, NewInterest, ReplyTime, Role, Step};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::List;
use super::listings::KindContent;
use crate::app::App;
use crate::extract::{Id, IfMatch, Json, Params, Who, Writer, etag};
use crate::problem::Problem;

/// A word with a step, if one likes.
#[derive(Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Reply {
    /// The words.
    #[serde(default)]
    #[schema(max_length = 2000)]
    pub text: String,
}

/// What a step says.
#[derive(Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Said {
    /// The words.
    #[schema(max_length = 2000)]
    pub text: String,
}

/// Why an interest is declined.
#[derive(Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Refusal {
    /// A code of `decline_reasons`.
    pub reason: Code,
    /// A word with it, if one likes.
    #[serde(default)]
    #[schema(max_length = 2000)]
    pub text: String,
}

fn receipt(status: StatusCode, receipt: InterestReceipt) -> Response {
    (status, etag(receipt.version), Answer(receipt)).into_response()
}

/// Shows interest in a listing of a kind.
pub(crate) async fn create<C: KindContent>(
    State(app): State<App>,
    Writer(ctx): Writer,
    Id(listing): Id<ListingId>,
    Json(new): Json<NewInterest>,
) -> Result<Response, Problem> {
    Ok(receipt(StatusCode::CREATED, interests::send(&app.brokering, ctx, C::KIND, listing, new).await?))
}

/// Interests, as one of the sides or from the staff's desk.
pub(crate) async fn list(State(app): State<App>, who: Who, params: Params) -> Result<Answer<List<InterestView>>, Problem> {
    let params = params.only(&["limit", "cursor", "role", "status", "party"])?;
    let role = params.parsed("role")?.unwrap_or(Role::Received);
    let filter = Filter { role, which: params.parsed("status")?, party: super::parties::narrowed_to(&app, &params).await?, turned: false };
    let page = interests::list(&app.brokering, &who.actor, &filter, params.limit()?, params.cursor()).await?;
    Ok(Answer(page.into()))
}

/// One interest, as the reader may see it.
pub(crate) async fn get(State(app): State<App>, who: Who, Id(id): Id<InterestId>) -> Result<Response, Problem> {
    let view = interests::show(&app.brokering, &who.actor, id).await?;
    Ok((etag(view.version), Answer(view)).into_response())
}

async fn step(app: &App, ctx: store::Ctx, id: InterestId, seen: i64, step: Step) -> Result<Response, Problem> {
    Ok(receipt(StatusCode::OK, interests::take(&app.brokering, ctx, id, seen, step).await?))
}

/// The owner wants to go on.
pub(crate) async fn accept(
    State(app): State<App>,
    Writer(ctx): Writer,
    Id(id): Id<InterestId>,
    IfMatch(seen): IfMatch,
    Json(body): Json<Reply>,
) -> Result<Response, Problem> {
    step(&app, ctx, id, seen, Step::Accept(body.text)).await
}

/// The owner does not.
pub(crate) async fn decline(
    State(app): State<App>,
    Writer(ctx): Writer,
    Id(id): Id<InterestId>,
    IfMatch(seen): IfMatch,
    Json(body): Json<Refusal>,
) -> Result<Response, Problem> {
    step(&app, ctx, id, seen, Step::Decline(Some(body.reason), body.text)).await
}

/// The owner asks something.
pub(crate) async fn request_information(
    State(app): State<App>,
    Writer(ctx): Writer,
    Id(id): Id<InterestId>,
    IfMatch(seen): IfMatch,
    Json(body): Json<Said>,
) -> Result<Response, Problem> {
    step(&app, ctx, id, seen, Step::RequestInformation(body.text)).await
}

/// The seeker answers.
pub(crate) async fn answer(
    State(app): State<App>,
    Writer(ctx): Writer,
    Id(id): Id<InterestId>,
    IfMatch(seen): IfMatch,
    Json(body): Json<Said>,
) -> Result<Response, Problem> {
    step(&app, ctx, id, seen, Step::Answer(body.text)).await
}

/// The seeker takes it back.
pub(crate) async fn withdraw(
    State(app): State<App>,
    Writer(ctx): Writer,
    Id(id): Id<InterestId>,
    IfMatch(seen): IfMatch,
) -> Result<Response, Problem> {
    step(&app, ctx, id, seen, Step::Withdraw).await
}

/// The seeker lifts the anonymity.
pub(crate) async fn reveal(
    State(app): State<App>,
    Writer(ctx): Writer,
    Id(id): Id<InterestId>,
    IfMatch(seen): IfMatch,
) -> Result<Response, Problem> {
    step(&app, ctx, id, seen, Step::Reveal).await
}

/// A broker vouches for it and adds context.
pub(crate) async fn relay(
    State(app): State<App>,
    Writer(ctx): Writer,
    Id(id): Id<InterestId>,
    IfMatch(seen): IfMatch,
    Json(body): Json<Said>,
) -> Result<Response, Problem> {
    step(&app, ctx, id, seen, Step::Relay(body.text)).await
}

/// What became of a listing.
pub(crate) async fn history<C: KindContent>(State(app): State<App>, who: Who, Id(id): Id<ListingId>) -> Result<Answer<History>, Problem> {
    Ok(Answer(brokering::history::of_listing(&app.brokering, &who.actor, C::KIND, id).await?))
}

/// How long a party takes to reply.
pub(crate) async fn reply_time(State(app): State<App>, Id(id): Id<PartyId>) -> Result<Answer<ReplyTime>, Problem> {
    let id = accounts::merging::now(app.store.db(), id).await?;
    if !accounts::lookup::party_exists(app.store.db(), id).await? {
        return Err(Problem::not_found());
    }
    Ok(Answer(interests::reply_time(&app.brokering, id).await?))
}
