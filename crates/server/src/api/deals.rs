//! Deals: opening, moving, the thread, offers, what is done, signed, paid and reached.

use axum::Json as Answer;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use base::DealId;
use brokering::deals::{
    self, BrokerShares, Column, Contract, DealObjects, DealParties, DealReceipt, DealRow, Filter, Handover, HandoverPlan, HandoverReceipt,
    MessageView, NewDeal, NewMeeting, NewMessage, NewMilestone, NewOffer, NewPaper, NewPayment, NewReport, NewTask, OfferView, Outcome,
    RecordView, Statement, Thing, Transition,
};
use brokering::legal::LegalFacts;
use brokering::pipelines::Pipeline;
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::List;
use crate::app::App;
use crate::extract::{Id, IfMatch, Json, Params, Who, Writer, etag};
use crate::problem::Problem;

/// The day something happened.
#[derive(Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct OnDay {
    /// The day.
    pub on: NaiveDate,
}

fn receipt(status: StatusCode, receipt: DealReceipt) -> Response {
    (status, etag(receipt.version), Answer(receipt)).into_response()
}

/// A deal and something in it, from the path.
fn both((id, part): (String, String)) -> Result<(DealId, Uuid), Problem> {
    id.parse().ok().zip(Uuid::try_parse(&part).ok()).ok_or_else(Problem::not_found)
}

/// The ways of deals.
pub(crate) async fn pipelines(State(app): State<App>, params: Params) -> Result<Answer<List<Pipeline>>, Problem> {
    params.only(&[])?;
    Ok(List::whole(app.brokering.pipelines.newest().into_iter().cloned().collect()))
}

/// The deals that the reader is in, brokers or manages.
pub(crate) async fn list(State(app): State<App>, who: Who, params: Params) -> Result<Answer<List<DealRow>>, Problem> {
    let params = params.only(&["limit", "cursor", "ended", "overdue", "stage", "party", "broker", "listing", "without_broker"])?;
    let stage = params.get("stage").map(str::to_owned);
    // A stage of no pipeline is a slip, and no answer to it could tell.
    if stage.as_ref().is_some_and(|code| app.brokering.pipelines.all_stages().iter().all(|one| one.code != *code)) {
        return Err(Problem::parameter("stage"));
    }
    let filter = Filter {
        ended: params.flag("ended")?,
        overdue: params.flag("overdue")?,
        stage,
        party: super::parties::narrowed_to(&app, &params).await?,
        broker: params.parsed("broker")?,
        listing: params.parsed("listing")?,
        without_broker: params.flag("without_broker")?,
        latest_first: false,
    };
    Ok(Answer(deals::list(&app.brokering, &who.actor, &filter, params.limit()?, params.cursor()).await?.into()))
}

/// The open deals by stage.
pub(crate) async fn board(State(app): State<App>, who: Who, params: Params) -> Result<Answer<List<Column>>, Problem> {
    let params = params.only(&["broker"])?;
    Ok(List::whole(deals::board(&app.brokering, &who.actor, params.parsed("broker")?).await?))
}

/// Opens a deal.
pub(crate) async fn open(State(app): State<App>, Writer(ctx): Writer, Json(new): Json<NewDeal>) -> Result<Response, Problem> {
    Ok(receipt(StatusCode::CREATED, deals::open(&app.brokering, ctx, new).await?))
}

/// One deal.
pub(crate) async fn get(State(app): State<App>, who: Who, Id(id): Id<DealId>) -> Result<Response, Problem> {
    let view = deals::show(&app.brokering, &who.actor, id).await?;
    Ok((etag(view.version), Answer(view)).into_response())
}

/// Moves a deal.
pub(crate) async fn transition(
    State(app): State<App>,
    Writer(ctx): Writer,
    Id(id): Id<DealId>,
    IfMatch(seen): IfMatch,
    Json(body): Json<Transition>,
) -> Result<Response, Problem> {
    Ok(receipt(StatusCode::OK, deals::transition(&app.brokering, ctx, id, seen, body).await?))
}

/// Sets who is in it.
pub(crate) async fn set_parties(
    State(app): State<App>,
    Writer(ctx): Writer,
    Id(id): Id<DealId>,
    IfMatch(seen): IfMatch,
    Json(body): Json<DealParties>,
) -> Result<Response, Problem> {
    Ok(receipt(StatusCode::OK, deals::set_parties(&app.brokering, ctx, id, seen, body).await?))
}

/// Sets what it transfers.
pub(crate) async fn set_objects(
    State(app): State<App>,
    Writer(ctx): Writer,
    Id(id): Id<DealId>,
    IfMatch(seen): IfMatch,
    Json(body): Json<DealObjects>,
) -> Result<Response, Problem> {
    Ok(receipt(StatusCode::OK, deals::set_objects(&app.brokering, ctx, id, seen, body).await?))
}

/// Sets who brokers it.
pub(crate) async fn set_brokers(
    State(app): State<App>,
    Writer(ctx): Writer,
    Id(id): Id<DealId>,
    IfMatch(seen): IfMatch,
    Json(body): Json<BrokerShares>,
) -> Result<Response, Problem> {
    Ok(receipt(StatusCode::OK, deals::set_brokers(&app.brokering, ctx, id, seen, body).await?))
}

/// Takes a deal that nobody brokers.
pub(crate) async fn take(
    State(app): State<App>,
    Writer(ctx): Writer,
    Id(id): Id<DealId>,
    IfMatch(seen): IfMatch,
    Json(body): Json<Statement>,
) -> Result<Response, Problem> {
    Ok(receipt(StatusCode::OK, deals::take(&app.brokering, ctx, id, seen, body).await?))
}

/// States one's interests as its broker.
pub(crate) async fn state_interests(
    State(app): State<App>,
    Writer(ctx): Writer,
    Id(id): Id<DealId>,
    IfMatch(seen): IfMatch,
    Json(body): Json<Statement>,
) -> Result<Response, Problem> {
    Ok(receipt(StatusCode::OK, deals::state_interests(&app.brokering, ctx, id, seen, body).await?))
}

/// Answers what the law asks.
pub(crate) async fn set_legal_facts(
    State(app): State<App>,
    Writer(ctx): Writer,
    Id(id): Id<DealId>,
    IfMatch(seen): IfMatch,
    Json(body): Json<LegalFacts>,
) -> Result<Response, Problem> {
    Ok(receipt(StatusCode::OK, deals::set_legal_facts(&app.brokering, ctx, id, seen, body).await?))
}

/// Records the contract.
pub(crate) async fn record_contract(
    State(app): State<App>,
    Writer(ctx): Writer,
    Id(id): Id<DealId>,
    IfMatch(seen): IfMatch,
    Json(body): Json<Contract>,
) -> Result<Response, Problem> {
    Ok(receipt(StatusCode::OK, deals::record_contract(&app.brokering, ctx, id, seen, body).await?))
}

/// Records what came of it.
pub(crate) async fn outcome(
    State(app): State<App>,
    Writer(ctx): Writer,
    Id(id): Id<DealId>,
    IfMatch(seen): IfMatch,
    Json(body): Json<Outcome>,
) -> Result<Response, Problem> {
    Ok(receipt(StatusCode::OK, deals::outcome(&app.brokering, ctx, id, seen, body).await?))
}

/// The thread.
pub(crate) async fn thread(
    State(app): State<App>,
    who: Who,
    Id(id): Id<DealId>,
    params: Params,
) -> Result<Answer<List<MessageView>>, Problem> {
    let params = params.only(&["limit", "cursor"])?;
    Ok(Answer(deals::thread(&app.brokering, &who.actor, id, params.limit()?, params.cursor()).await?.into()))
}

/// Sends a message.
pub(crate) async fn send(
    State(app): State<App>,
    Writer(ctx): Writer,
    Id(id): Id<DealId>,
    Json(body): Json<NewMessage>,
) -> Result<Response, Problem> {
    Ok((StatusCode::CREATED, Answer(deals::send(&app.brokering, ctx, id, body).await?)).into_response())
}

/// The offers.
pub(crate) async fn offers(State(app): State<App>, who: Who, Id(id): Id<DealId>) -> Result<Answer<List<OfferView>>, Problem> {
    Ok(List::whole(deals::offers(&app.brokering, &who.actor, id).await?))
}

/// Makes an offer.
pub(crate) async fn offer(
    State(app): State<App>,
    Writer(ctx): Writer,
    Id(id): Id<DealId>,
    IfMatch(seen): IfMatch,
    Json(body): Json<NewOffer>,
) -> Result<Response, Problem> {
    let made = deals::offer(&app.brokering, ctx, id, seen, body).await?;
    Ok((StatusCode::CREATED, etag(made.version), Answer(made)).into_response())
}

/// Accepts an offer.
pub(crate) async fn accept_offer(
    State(app): State<App>,
    Writer(ctx): Writer,
    Path(path): Path<(String, String)>,
) -> Result<Response, Problem> {
    let (id, which) = both(path)?;
    Ok(receipt(StatusCode::OK, deals::accept(&app.brokering, ctx, id, which).await?))
}

/// Takes an offer back.
pub(crate) async fn withdraw_offer(
    State(app): State<App>,
    Writer(ctx): Writer,
    Path(path): Path<(String, String)>,
) -> Result<Response, Problem> {
    let (id, which) = both(path)?;
    Ok(receipt(StatusCode::OK, deals::withdraw(&app.brokering, ctx, id, which).await?))
}

/// Sets a task.
pub(crate) async fn task(
    State(app): State<App>,
    Writer(ctx): Writer,
    Id(id): Id<DealId>,
    Json(body): Json<NewTask>,
) -> Result<Response, Problem> {
    Ok((StatusCode::CREATED, Answer(deals::task(&app.brokering, ctx, id, body).await?)).into_response())
}

/// Notes that a task is done.
pub(crate) async fn task_done(
    State(app): State<App>,
    Writer(ctx): Writer,
    Path(path): Path<(String, String)>,
) -> Result<Answer<deals::Added>, Problem> {
    let (id, which) = both(path)?;
    Ok(Answer(deals::task_done(&app.brokering, ctx, id, which).await?))
}

/// Notes a meeting.
pub(crate) async fn meeting(
    State(app): State<App>,
    Writer(ctx): Writer,
    Id(id): Id<DealId>,
    Json(body): Json<NewMeeting>,
) -> Result<Response, Problem> {
    Ok((StatusCode::CREATED, Answer(deals::meeting(&app.brokering, ctx, id, body).await?)).into_response())
}

/// Notes a paper.
pub(crate) async fn paper(
    State(app): State<App>,
    Writer(ctx): Writer,
    Id(id): Id<DealId>,
    IfMatch(seen): IfMatch,
    Json(body): Json<NewPaper>,
) -> Result<Response, Problem> {
    let done = deals::paper(&app.brokering, ctx, id, seen, body).await?;
    Ok((StatusCode::CREATED, etag(done.version), Answer(done)).into_response())
}

/// Every version of what was recorded.
pub(crate) async fn records(
    State(app): State<App>,
    who: Who,
    Id(id): Id<DealId>,
    params: Params,
) -> Result<Answer<List<RecordView>>, Problem> {
    let params = params.only(&["limit", "cursor"])?;
    Ok(Answer(deals::records(&app.brokering, &who.actor, id, params.limit()?, params.cursor()).await?.into()))
}

/// Sets a milestone.
pub(crate) async fn milestone(
    State(app): State<App>,
    Writer(ctx): Writer,
    Id(id): Id<DealId>,
    Json(body): Json<NewMilestone>,
) -> Result<Response, Problem> {
    Ok((StatusCode::CREATED, Answer(deals::milestone(&app.brokering, ctx, id, body).await?)).into_response())
}

/// Notes that a milestone was reached.
pub(crate) async fn reached(
    State(app): State<App>,
    Writer(ctx): Writer,
    Path(path): Path<(String, String)>,
    Json(body): Json<OnDay>,
) -> Result<Answer<deals::Added>, Problem> {
    let (id, which) = both(path)?;
    Ok(Answer(deals::reached(&app.brokering, ctx, id, which, body.on).await?))
}

/// Notes a payment.
pub(crate) async fn payment(
    State(app): State<App>,
    Writer(ctx): Writer,
    Id(id): Id<DealId>,
    Json(body): Json<NewPayment>,
) -> Result<Response, Problem> {
    Ok((StatusCode::CREATED, Answer(deals::payment(&app.brokering, ctx, id, body).await?)).into_response())
}

/// Notes that a payment was made.
pub(crate) async fn paid(
    State(app): State<App>,
    Writer(ctx): Writer,
    Path(path): Path<(String, String)>,
    Json(body): Json<OnDay>,
) -> Result<Answer<deals::Added>, Problem> {
    let (id, which) = both(path)?;
    Ok(Answer(deals::paid(&app.brokering, ctx, id, which, body.on).await?))
}

/// Files a half-yearly report.
pub(crate) async fn report(
    State(app): State<App>,
    Writer(ctx): Writer,
    Id(id): Id<DealId>,
    Json(body): Json<NewReport>,
) -> Result<Response, Problem> {
    Ok((StatusCode::CREATED, Answer(deals::report(&app.brokering, ctx, id, body).await?)).into_response())
}

/// The handler that takes back what was noted, for each sort of thing.
macro_rules! taking_back {
    ($($(#[$doc:meta])* $name:ident = $thing:ident;)+) => {$(
        $(#[$doc])*
        pub(crate) async fn $name(
            State(app): State<App>,
            Writer(ctx): Writer,
            Path(path): Path<(String, String)>,
        ) -> Result<Answer<deals::Added>, Problem> {
            let (id, which) = both(path)?;
            Ok(Answer(deals::take_back(&app.brokering, ctx, id, Thing::$thing, which).await?))
        }
    )+};
}

taking_back! {
    /// Takes a task back.
    take_back_task = Task;
    /// Takes a meeting back.
    take_back_meeting = Meeting;
    /// Takes a milestone back.
    take_back_milestone = Milestone;
    /// Takes a payment back.
    take_back_payment = Payment;
    /// Takes a report back.
    take_back_report = Report;
}

/// What handing over would move, and what it would leave.
pub(crate) async fn plan_handover(State(app): State<App>, who: Who, params: Params) -> Result<Answer<HandoverPlan>, Problem> {
    let params = params.only(&["from", "to"])?;
    let account = |name: &str| params.parsed(name)?.ok_or_else(|| Problem::parameter(name));
    let wanted = Handover { from: account("from")?, to: account("to")? };
    Ok(Answer(deals::plan_handover(&app.brokering, &who.actor, &wanted).await?))
}

/// Hands all of a broker's work to another.
pub(crate) async fn hand_over(
    State(app): State<App>,
    Writer(ctx): Writer,
    Json(body): Json<Handover>,
) -> Result<Answer<HandoverReceipt>, Problem> {
    Ok(Answer(deals::hand_over(&app.brokering, ctx, body).await?))
}
