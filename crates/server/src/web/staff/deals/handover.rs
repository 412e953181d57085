//! Handing all of a broker's open deals to another: by administrators, and by the broker for their own.

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use base::{Refused, messages};
use brokering::deals::{self, Handover};
use brokering::{brokers_deals, manages_deals};

use super::super::super::deals::refused;
use super::super::super::faults::FaultLine;
use super::super::super::fields::Opt;
use super::super::super::form::Form;
use super::super::super::frame::{Frame, Visit, go, localised, page};
use super::super::super::paging::address;
use super::super::frame;
use super::brokers;
use crate::app::App;
use crate::extract::Writer;
use crate::problem::Problem;

pub(in super::super::super) const PATH: &str = "/staff/deals/handover";

#[derive(Template)]
#[template(path = "staff_deals_handover.html")]
pub(in super::super::super) struct HandoverPage {
    pub f: Frame,
    pub from: Vec<Opt>,
    pub to: Vec<Opt>,
    pub action: String,
    pub faults: Vec<FaultLine>,
}

/// The form, with who was chosen where that could not be done.
async fn handover_page(app: &App, visit: &Visit, chosen: &Form, status: StatusCode, faults: Vec<FaultLine>) -> Result<Response, Problem> {
    let (lang, actor) = (visit.lang(), &visit.who.actor);
    let is_manager = manages_deals(actor);
    if !brokers_deals(actor) && !is_manager {
        return Err(Refused::Forbidden { action: "deal.hand_over" }.into());
    }
    let own = actor.account().map_or_else(String::new, |a| a.to_string());
    let mut from = brokers(app, lang, chosen.find("from").unwrap_or(&own)).await?;
    from.retain(|o| is_manager || o.value == own);
    let view = HandoverPage {
        f: frame(app, visit, "deals-handover", PATH),
        from,
        to: brokers(app, lang, chosen.get("to")).await?,
        action: localised(lang, PATH),
        faults,
    };
    Ok(page(status, lang, &view))
}

pub(in super::super::super) async fn show(State(app): State<App>, visit: Visit) -> Result<Response, Problem> {
    handover_page(&app, &visit, &Form::sent_in(&visit.query), StatusCode::OK, Vec::new()).await
}

/// Hands them over.
pub(in super::super::super) async fn send(
    State(app): State<App>,
    visit: Visit,
    Writer(ctx): Writer,
    form: Form,
) -> Result<Response, Problem> {
    let lang = visit.lang();
    let wrong = || Problem::malformed("bad-form");
    let wanted = Handover { from: form.get("from").parse().map_err(|_| wrong())?, to: form.get("to").parse().map_err(|_| wrong())? };
    match deals::hand_over(&app.brokering, ctx, wanted).await {
        Ok(_) => Ok(go(&address(&localised(lang, super::PATH), &[("did", "handover")]))),
        Err(error) => {
            let label = messages::say(lang, "deals-handover-to", &[]);
            let place = |fault: &base::Fault| FaultLine { id: "to".to_owned(), label: label.clone(), text: fault.say(lang) };
            let (status, faults) = refused(&app, error, lang, place)?;
            handover_page(&app, &visit, &form, status, faults).await
        }
    }
}
