//! What the small forms on the page of a deal ask for: moving it, writing, a tick.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use base::{Code, DealId, Faults, Lang, messages};
use brokering::BrokeringError;
use brokering::deals::{self, NewMessage, Thing, Transition};
use chrono::NaiveDate;
use store::Ctx;
use uuid::Uuid;

use super::super::faults::FaultLine;
use super::super::form::Form;
use super::super::frame::{Visit, go, localised};
use super::super::paging::address;
use super::super::typed;
use super::{Refusal, deal_page, say};
use crate::app::App;
use crate::extract::{Id, Writer};
use crate::problem::Problem;

/// What a refused form says at the top of its page.
pub(in super::super) fn refused(
    app: &App,
    error: BrokeringError,
    lang: Lang,
    line: impl Fn(&base::Fault) -> FaultLine,
) -> Result<(StatusCode, Vec<FaultLine>), Problem> {
    let whole = |text: String| vec![FaultLine { id: String::new(), label: String::new(), text }];
    match error {
        BrokeringError::Invalid(faults) => Ok((StatusCode::UNPROCESSABLE_ENTITY, faults.iter().map(line).collect())),
        BrokeringError::Stale { .. } => Ok((StatusCode::CONFLICT, whole(say(lang, "deal-changed")))),
        BrokeringError::NotAllowed { allowed, .. } if allowed.is_empty() => Ok((StatusCode::CONFLICT, whole(say(lang, "deal-not-now")))),
        BrokeringError::NotAllowed { allowed, .. } => {
            let all = app.brokering.pipelines.all_stages();
            let named = allowed.iter().filter_map(|code| all.iter().find(|s| s.code == *code)).map(|s| s.name(lang));
            let stages = named.collect::<Vec<_>>().join(", ");
            Ok((StatusCode::CONFLICT, whole(messages::say(lang, "deal-not-from-here", &[("stages", &stages)]))))
        }
        other => Err(other.into()),
    }
}

/// The day that was typed beside a button.
fn day_of(form: &Form) -> Result<NaiveDate, BrokeringError> {
    let text = form.get("on");
    let code = if text.trim().is_empty() { "missing" } else { "not_a_day" };
    let mut faults = Faults::new();
    typed::day(text).ok_or_else(|| {
        faults.add("/on", code);
        BrokeringError::Invalid(faults)
    })
}

/// What the small forms ask for.
async fn small(app: &App, ctx: Ctx, id: DealId, form: &Form) -> Result<&'static str, Result<BrokeringError, Problem>> {
    let b = &app.brokering;
    let wrong = || Err(Problem::malformed("bad-form"));
    let which = || Uuid::try_parse(form.get("which")).map_err(|_| wrong());
    let day = || day_of(form).map_err(Ok);
    let (done, did) = match form.get("_do") {
        "move" => {
            let seen = form.get("_seen").parse().map_err(|_| wrong())?;
            let reason = Some(form.get("reason")).filter(|r| !r.is_empty()).map(Code::from);
            let wanted = Transition { to: form.get("to").to_owned(), reason };
            (deals::transition(b, ctx, id, seen, wanted).await.map(drop), "moved")
        }
        "message" => {
            let ctx = Ctx { idempotency: form.once("sendDealMessage"), ..ctx };
            (deals::send(b, ctx, id, NewMessage { text: base::text::clean(form.get("text")) }).await.map(drop), "sent")
        }
        "task_done" => (deals::task_done(b, ctx, id, which()?).await.map(drop), "done"),
        "reached" => (deals::reached(b, ctx, id, which()?, day()?).await.map(drop), "done"),
        "paid" => (deals::paid(b, ctx, id, which()?, day()?).await.map(drop), "done"),
        "back_task" => (deals::take_back(b, ctx, id, Thing::Task, which()?).await.map(drop), "taken-back"),
        "back_meeting" => (deals::take_back(b, ctx, id, Thing::Meeting, which()?).await.map(drop), "taken-back"),
        "back_milestone" => (deals::take_back(b, ctx, id, Thing::Milestone, which()?).await.map(drop), "taken-back"),
        "back_payment" => (deals::take_back(b, ctx, id, Thing::Payment, which()?).await.map(drop), "taken-back"),
        "back_report" => (deals::take_back(b, ctx, id, Thing::Report, which()?).await.map(drop), "taken-back"),
        "accept" => (deals::accept(b, ctx, id, which()?).await.map(drop), "saved"),
        "withdraw" => (deals::withdraw(b, ctx, id, which()?).await.map(drop), "saved"),
        _ => return Err(wrong()),
    };
    done.map(|()| did).map_err(Ok)
}

/// Does what one of the small forms asks for.
pub(in super::super) async fn change(
    State(app): State<App>,
    visit: Visit,
    Writer(ctx): Writer,
    Id(id): Id<DealId>,
    form: Form,
) -> Result<Response, Problem> {
    let lang = visit.lang();
    match small(&app, ctx, id, &form).await {
        Ok(did) => Ok(go(&address(&localised(lang, &format!("/deals/{id}")), &[("did", did)]))),
        Err(Err(problem)) => Err(problem),
        Err(Ok(error)) => {
            let place = |fault: &base::Fault| {
                let input = match (form.get("_do"), fault.pointer.as_str()) {
                    ("move", "/reason") => "reason".to_owned(),
                    ("move", _) => "to".to_owned(),
                    ("message", _) => "text".to_owned(),
                    (_, "/on") => format!("on:{}", form.get("which")),
                    _ => String::new(),
                };
                FaultLine { id: input, label: String::new(), text: fault.say(lang) }
            };
            let (status, faults) = refused(&app, error, lang, place)?;
            deal_page(&app, &visit, id, Refusal { status, faults, form: Some(&form) }).await
        }
    }
}
