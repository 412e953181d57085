//! The brokers' board: the open deals by stage, what is overdue first, each moved by a choice and a button; and handing
//! all of a broker's deals to another.

use accounts::people;
use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use base::{AccountId, Lang, Limit, StaffRole, messages};
use brokering::deals::{self, Handover, Transition};
use brokering::manages_deals;

use super::super::deals::mine::{DealLine, deal_lines};
use super::super::deals::refused;
use super::super::faults::FaultLine;
use super::super::fields::Opt;
use super::super::form::Form;
use super::super::frame::{Frame, Visit, go, localised, page, parsed};
use super::super::paging::address;
use super::{done, frame};
use crate::app::App;
use crate::extract::Writer;
use crate::problem::Problem;

pub(in super::super) const PATH: &str = "/staff/deals";
const MOVE: &str = "/staff/deals/move";

/// A column of the board.
pub(in super::super) struct StageColumn {
    pub stage: String,
    pub name: String,
    pub total: u64,
    pub more: Option<String>,
    pub lines: Vec<DealLine>,
}

#[derive(Template)]
#[template(path = "staff_deals.html")]
pub(in super::super) struct BoardPage {
    pub f: Frame,
    pub columns: Vec<StageColumn>,
    pub total: u64,
    pub stages: Vec<Opt>,
    pub reasons: Vec<Opt>,
    pub brokers: Vec<Opt>,
    pub is_manager: bool,
    pub from: Vec<Opt>,
    pub to: Vec<Opt>,
    pub action: String,
    /// Deals that nobody brokers, as far as they are shown, and how many there are.
    pub free: Vec<DealLine>,
    pub free_total: u64,
    /// Whether the reader brokers deals and so may take one.
    pub can_take: bool,
    /// What was stated and could not be kept.
    pub statement: String,
    /// The deal whose form was sent and could not be done.
    pub sent: String,
    pub faults: Vec<FaultLine>,
    pub done: Option<String>,
}

async fn board_page(
    app: &App,
    visit: &Visit,
    status: StatusCode,
    faults: Vec<FaultLine>,
    form: Option<&Form>,
) -> Result<Response, Problem> {
    let lang = visit.lang();
    let actor = &visit.who.actor;
    let broker: Option<AccountId> = parsed(visit, "broker")?;
    let found = deals::board(&app.brokering, actor, broker).await?;
    let broker_text = broker.map_or_else(String::new, |b| b.to_string());
    let own = actor.account().map_or_else(String::new, |a| a.to_string());
    let mut columns = Vec::new();
    for column in found {
        let more = column.total > column.items.len() as u64;
        columns.push(StageColumn {
            more: more.then(|| {
                let whose = if manages_deals(actor) { broker_text.clone() } else { own.clone() };
                address(&localised(lang, super::super::deals::mine::PATH), &[("stage", &column.stage), ("broker", &whose)])
            }),
            name: column.name,
            total: column.total,
            stage: column.stage,
            lines: deal_lines(app, column.items, lang).await?,
        });
    }
    let names = brokers(app, lang).await?;
    let option = |chosen: &str| {
        let one = |(value, label): &(String, String)| Opt { value: value.clone(), label: label.clone(), depth: 0, is_on: value == chosen };
        names.iter().map(one).collect::<Vec<_>>()
    };
    let typed = |name: &str| form.map(|f| f.get(name).to_owned());
    let is_manager = manages_deals(actor);
    let mut from = option(&typed("from").unwrap_or_else(|| own.clone()));
    from.retain(|o| is_manager || o.value == own);
    let stages = app.brokering.pipelines.all_stages().into_iter().map(|s| Opt {
        value: s.code.clone(),
        label: s.name(lang).to_owned(),
        depth: 0,
        is_on: typed("to").is_some_and(|t| t == s.code),
    });
    let free = deals::Filter { without_broker: true, ..deals::Filter::default() };
    let free = deals::list(&app.brokering, actor, &free, Limit::default(), None).await?;
    let view = BoardPage {
        free_total: free.total,
        free: deal_lines(app, free.items, lang).await?,
        can_take: brokering::brokers_deals(actor),
        statement: typed("statement").unwrap_or_default(),
        f: frame(app, visit, "deals-board", PATH),
        total: columns.iter().map(|c| c.total).sum(),
        columns,
        stages: stages.collect(),
        reasons: super::super::desk::terms(app, "lost_reasons", lang),
        brokers: if is_manager { option(&broker_text) } else { Vec::new() },
        is_manager,
        to: option(&typed("handover_to").unwrap_or_default()),
        from,
        action: address(&localised(lang, PATH), &[("broker", &broker_text)]),
        sent: typed("deal").unwrap_or_default(),
        done: done(visit, &["deal-moved", "deal-taken", "handover"]).filter(|_| faults.is_empty()),
        faults,
    };
    Ok(page(status, lang, &view))
}

async fn brokers(app: &App, lang: Lang) -> Result<Vec<(String, String)>, Problem> {
    let db = app.accounts.store().db();
    let all = people::staff_with(db, StaffRole::Broker).await?;
    let names = people::names(db, &all).await?;
    let unknown = messages::say(lang, "by-the-space", &[]);
    Ok(all.into_iter().map(|id| (id.to_string(), names.get(&id).cloned().unwrap_or_else(|| unknown.clone()))).collect())
}

pub(in super::super) async fn show(State(app): State<App>, visit: Visit) -> Result<Response, Problem> {
    board_page(&app, &visit, StatusCode::OK, Vec::new(), None).await
}

#[derive(Template)]
#[template(path = "staff_deal_move.html")]
pub(in super::super) struct MovePage {
    pub f: Frame,
    pub id: String,
    pub deal: String,
    pub href: String,
    pub title: String,
    pub now: String,
    pub stage: String,
    pub stage_name: String,
    pub seen: i64,
    pub action: String,
    /// Whether the way leads there at all.
    pub is_way: bool,
    pub missing: Vec<String>,
    pub reasons: Vec<Opt>,
    pub others: Vec<(String, String)>,
}

/// What a deal's next stage demands, asked when a card is dragged there, with the button that moves it.
pub(in super::super) async fn ask(State(app): State<App>, visit: Visit) -> Result<Response, Problem> {
    let lang = visit.lang();
    let id: base::DealId = parsed(&visit, "deal")?.ok_or_else(Problem::not_found)?;
    let to = super::super::frame::parameter(&visit, "to");
    let view = deals::show(&app.brokering, &visit.who.actor, id).await?;
    let stage = view.stages.iter().find(|s| s.code == to).ok_or_else(Problem::not_found)?;
    let way = view.ways.iter().find(|w| w.to == to);
    let here = |to: &str| address(&localised(lang, MOVE), &[("deal", &id.to_string()), ("to", to)]);
    let shown = MovePage {
        f: frame(&app, &visit, "deal-move", &address(MOVE, &[("deal", &id.to_string()), ("to", &to)])),
        id: id.to_string(),
        href: localised(lang, &format!("/deals/{id}")),
        deal: view.code.clone(),
        title: view.title.clone(),
        now: view.stage_name.clone(),
        stage_name: stage.name.clone(),
        stage: to.clone(),
        seen: view.version,
        action: localised(lang, PATH),
        is_way: way.is_some(),
        missing: way.map(|w| w.missing.iter().map(|m| m.text.clone()).collect()).unwrap_or_default(),
        reasons: if way.is_some_and(|w| w.needs_reason) { super::super::desk::terms(&app, "lost_reasons", lang) } else { Vec::new() },
        others: view.ways.iter().filter(|w| w.to != to).map(|w| (w.name.clone(), here(&w.to))).collect(),
    };
    Ok(page(StatusCode::OK, lang, &shown))
}

/// Moves a deal, or hands all of a broker's to another.
pub(in super::super) async fn change(State(app): State<App>, visit: Visit, Writer(ctx): Writer, form: Form) -> Result<Response, Problem> {
    let lang = visit.lang();
    let wrong = || Problem::malformed("bad-form");
    let (did, outcome) = match form.get("_do") {
        "handover" => {
            let from = form.get("from").parse().map_err(|_| wrong())?;
            let to = form.get("handover_to").parse().map_err(|_| wrong())?;
            ("handover", deals::hand_over(&app.brokering, ctx, Handover { from, to }).await.map(drop))
        }
        "move" => {
            let id = form.get("deal").parse().map_err(|_| wrong())?;
            let reason = Some(form.get("reason")).filter(|r| !r.is_empty()).map(base::Code::from);
            let wanted = Transition { to: form.get("to").to_owned(), reason };
            let seen = form.get("_seen").parse().map_err(|_| wrong())?;
            ("deal-moved", deals::transition(&app.brokering, ctx, id, seen, wanted).await.map(drop))
        }
        "take" => {
            let id = form.get("deal").parse().map_err(|_| wrong())?;
            let seen = form.get("_seen").parse().map_err(|_| wrong())?;
            let said = deals::Statement { statement: base::text::clean(form.get("statement")) };
            ("deal-taken", deals::take(&app.brokering, ctx, id, seen, said).await.map(drop))
        }
        _ => return Err(wrong()),
    };
    match outcome {
        Ok(()) => Ok(go(&address(&localised(lang, PATH), &[("broker", &super::super::frame::parameter(&visit, "broker")), ("did", did)]))),
        Err(error) => {
            let place = |f: &base::Fault| FaultLine {
                id: match did {
                    "handover" => "handover_to".to_owned(),
                    "deal-taken" => format!("statement-{}", form.get("deal")),
                    _ => format!("to-{}", form.get("deal")),
                },
                label: String::new(),
                text: f.say(lang),
            };
            let (status, faults) = refused(&app, error, lang, place)?;
            board_page(&app, &visit, status, faults, Some(&form)).await
        }
    }
}
