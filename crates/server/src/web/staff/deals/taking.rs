//! The deals that nobody brokers, and taking one by stating one's interests.

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use base::{DealId, Limit, Refused, messages};
use brokering::deals::{self, Filter, Statement};
use brokering::{brokers_deals, manages_deals};

use super::super::super::deals::mine::{DealLine, deal_lines};
use super::super::super::deals::refused;
use super::super::super::faults::FaultLine;
use super::super::super::form::Form;
use super::super::super::frame::{Frame, Visit, go, localised, page, parsed};
use super::super::super::paging::{address, cursor, paged};
use super::super::frame;
use super::{Card, card};
use crate::app::App;
use crate::extract::Writer;
use crate::problem::Problem;

/// The list of them.
pub(in super::super::super) const LIST: &str = "/staff/deals/free";
/// Taking one.
pub(in super::super::super) const PATH: &str = "/staff/deals/take";

#[derive(Template)]
#[template(path = "staff_deals_free.html")]
pub(in super::super::super) struct FreePage {
    pub f: Frame,
    pub free: Vec<Card>,
    pub total: u64,
    pub can_take: bool,
    pub next: Option<String>,
    pub first: Option<String>,
}

pub(in super::super::super) async fn list(State(app): State<App>, visit: Visit) -> Result<Response, Problem> {
    let (lang, actor) = (visit.lang(), &visit.who.actor);
    if !brokers_deals(actor) && !manages_deals(actor) {
        return Err(Refused::Forbidden { action: "deal.board" }.into());
    }
    let filter = Filter { without_broker: true, ..Filter::default() };
    let found = deals::list(&app.brokering, actor, &filter, Limit::default(), cursor(&visit).as_deref()).await?;
    let paged = paged(&visit, LIST, &[], found.next.as_deref());
    let cards = deal_lines(&app, found.items, lang).await?.into_iter().map(|line| {
        let href = address(&localised(lang, PATH), &[("deal", &line.id)]);
        card(line, href)
    });
    let view = FreePage {
        f: frame(&app, &visit, "deals-free", LIST),
        free: cards.collect(),
        total: found.total,
        can_take: brokers_deals(actor),
        next: paged.next,
        first: paged.first,
    };
    Ok(page(StatusCode::OK, lang, &view))
}

#[derive(Template)]
#[template(path = "staff_deal_take.html")]
pub(in super::super::super) struct TakePage {
    pub f: Frame,
    pub line: DealLine,
    pub action: String,
    /// What was stated and could not be kept.
    pub statement: String,
    pub faults: Vec<FaultLine>,
}

/// The form, with what was stated where that could not be kept.
async fn take_page(
    app: &App,
    visit: &Visit,
    id: DealId,
    statement: &str,
    status: StatusCode,
    faults: Vec<FaultLine>,
) -> Result<Response, Problem> {
    let lang = visit.lang();
    let row = deals::waiting(&app.brokering, &visit.who.actor, id).await?;
    let line = deal_lines(app, vec![row], lang).await?.into_iter().next().ok_or_else(Problem::not_found)?;
    let view = TakePage {
        f: frame(app, visit, "deals-take", &address(PATH, &[("deal", &id.to_string())])),
        line,
        action: localised(lang, PATH),
        statement: statement.to_owned(),
        faults,
    };
    Ok(page(status, lang, &view))
}

pub(in super::super::super) async fn show(State(app): State<App>, visit: Visit) -> Result<Response, Problem> {
    let id = parsed(&visit, "deal")?.ok_or_else(Problem::not_found)?;
    take_page(&app, &visit, id, "", StatusCode::OK, Vec::new()).await
}

/// Takes it.
pub(in super::super::super) async fn send(
    State(app): State<App>,
    visit: Visit,
    Writer(ctx): Writer,
    form: Form,
) -> Result<Response, Problem> {
    let lang = visit.lang();
    let wrong = || Problem::malformed("bad-form");
    let id: DealId = form.get("deal").parse().map_err(|_| wrong())?;
    let seen = form.get("_seen").parse().map_err(|_| wrong())?;
    let said = Statement { statement: base::text::clean(form.get("statement")) };
    match deals::take(&app.brokering, ctx, id, seen, said).await {
        Ok(_) => Ok(go(&address(&localised(lang, super::PATH), &[("did", "deal-taken")]))),
        Err(error) => {
            let label = messages::say(lang, "deal-part-statement", &[]);
            let place = |fault: &base::Fault| FaultLine { id: "statement".to_owned(), label: label.clone(), text: fault.say(lang) };
            let (status, faults) = refused(&app, error, lang, place)?;
            take_page(&app, &visit, id, form.get("statement"), status, faults).await
        }
    }
}
