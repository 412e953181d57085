//! Moving one deal: the ways on with what each still needs, a reason where one is asked for, and a button. A card that is
//! dragged to a column of the board comes here with that stage chosen.

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use base::{Code, DealId, Lang, messages};
use brokering::deals::{self, Transition};

use super::super::super::deals::refused;
use super::super::super::desk::terms;
use super::super::super::faults::FaultLine;
use super::super::super::fields::Opt;
use super::super::super::form::Form;
use super::super::super::frame::{Frame, Visit, go, localised, page, parsed};
use super::super::super::paging::address;
use super::super::frame;
use crate::app::App;
use crate::extract::Writer;
use crate::problem::Problem;

pub(in super::super::super) const PATH: &str = "/staff/deals/move";

/// A way on.
pub(in super::super::super) struct Way {
    pub to: String,
    pub name: String,
    /// What it still needs, in one line.
    pub missing: Option<String>,
    pub is_on: bool,
}

#[derive(Template)]
#[template(path = "staff_deal_move.html")]
pub(in super::super::super) struct MovePage {
    pub f: Frame,
    pub id: String,
    pub code: String,
    pub kind: String,
    pub title: String,
    pub title_lang: Lang,
    pub now: String,
    pub href: String,
    pub back: String,
    pub action: String,
    pub broker: String,
    pub seen: i64,
    pub ways: Vec<Way>,
    /// Said where the stage that was asked for cannot be reached from here.
    pub no_way: Option<String>,
    pub asks_reason: bool,
    pub reasons: Vec<Opt>,
    pub faults: Vec<FaultLine>,
}

/// The page, with what was chosen where that could not be done.
async fn move_page(
    app: &App,
    visit: &Visit,
    id: DealId,
    chosen: &Form,
    status: StatusCode,
    faults: Vec<FaultLine>,
) -> Result<Response, Problem> {
    let lang = visit.lang();
    let view = deals::show(&app.brokering, &visit.who.actor, id).await?;
    let (to, reason, broker) = (chosen.get("to"), chosen.get("reason"), chosen.get("broker"));
    let is_way = view.ways.iter().any(|w| w.to == to);
    let no_way = || {
        let all = app.brokering.pipelines.all_stages();
        let name = all.iter().find(|s| s.code == to).map_or(to, |s| s.name(lang));
        let way = messages::say(lang, "deal-move-from-to", &[("from", &view.stage_name), ("to", name)]);
        format!("{way}: {}", messages::say(lang, "deal-move-no-way", &[]))
    };
    let way = |w: &deals::WayView| {
        let missing = w.missing.iter().map(|m| m.text.as_str()).collect::<Vec<_>>().join(" ");
        Way {
            to: w.to.clone(),
            name: w.name.clone(),
            missing: (!missing.is_empty()).then(|| messages::say(lang, "deal-move-missing", &[("what", &missing)])),
            is_on: w.to == to,
        }
    };
    let mut reasons = terms(app, "lost_reasons", lang);
    reasons.iter_mut().for_each(|o| o.is_on = o.value == reason);
    let shown = MovePage {
        f: frame(app, visit, "deal-move", &address(PATH, &[("deal", &id.to_string())])),
        id: id.to_string(),
        href: localised(lang, &format!("/deals/{id}")),
        back: address(&localised(lang, super::PATH), &[("broker", broker)]),
        action: localised(lang, PATH),
        broker: broker.to_owned(),
        no_way: (!to.is_empty() && !is_way).then(no_way),
        ways: view.ways.iter().map(way).collect(),
        asks_reason: view.ways.iter().any(|w| w.needs_reason),
        reasons,
        seen: view.version,
        code: view.code,
        kind: view.kind_name,
        title_lang: Lang::of_words(&view.title),
        title: view.title,
        now: view.stage_name,
        faults,
    };
    Ok(page(status, lang, &shown))
}

pub(in super::super::super) async fn show(State(app): State<App>, visit: Visit) -> Result<Response, Problem> {
    let id = parsed(&visit, "deal")?.ok_or_else(Problem::not_found)?;
    move_page(&app, &visit, id, &Form::sent_in(&visit.query), StatusCode::OK, Vec::new()).await
}

/// Moves the deal.
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
    if form.get("to").is_empty() {
        let text = messages::say(lang, "deal-move-choose", &[]);
        let line = FaultLine { id: "to".to_owned(), label: String::new(), text };
        return move_page(&app, &visit, id, &form, StatusCode::UNPROCESSABLE_ENTITY, vec![line]).await;
    }
    let reason = Some(form.get("reason")).filter(|r| !r.is_empty()).map(Code::from);
    match deals::transition(&app.brokering, ctx, id, seen, Transition { to: form.get("to").to_owned(), reason }).await {
        Ok(_) => Ok(go(&address(&localised(lang, super::PATH), &[("broker", form.get("broker")), ("did", "deal-moved")]))),
        Err(error) => {
            let place = |fault: &base::Fault| FaultLine {
                id: if fault.pointer == "/reason" { "reason" } else { "to" }.to_owned(),
                label: String::new(),
                text: fault.say(lang),
            };
            let (status, faults) = refused(&app, error, lang, place)?;
            move_page(&app, &visit, id, &form, status, faults).await
        }
    }
}
