//! The brokers' board: the open deals by stage, in each what is overdue first. A card says what a deal is and leads to
//! moving it; it is one small page whatever there is, and the list of a stage has what a column leaves out.
//!
//! Moving a deal (`moving`), taking one that nobody brokers (`taking`) and handing over (`handover`) have pages of their own.

pub(in super::super) mod handover;
pub(in super::super) mod moving;
pub(in super::super) mod taking;

use accounts::people;
use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use base::fold::sort_key;
use base::{AccountId, Lang, Limit, StaffRole, messages};
use brokering::deals;
use brokering::{brokers_deals, manages_deals};

use super::super::deals::mine::{DealLine, PATH as LIST, deal_lines};
use super::super::fields::Opt;
use super::super::format;
use super::super::frame::{Frame, Visit, localised, page, parsed};
use super::super::paging::address;
use super::{done, frame};
use crate::app::App;
use crate::problem::Problem;

pub(in super::super) const PATH: &str = "/staff/deals";

/// Deals without a broker that the board shows; their list has the others.
const FREE: u16 = 5;
/// Bytes of HTML that a card spends on a title, and on the names of the parties.
const WORDS: usize = 120;

/// A card of the board.
pub(in super::super) struct Card {
    pub line: DealLine,
    /// Where the deal is moved from without dragging, or where it is taken.
    pub href: String,
}

/// The list that has what a column leaves out.
pub(in super::super) struct More {
    pub href: String,
    pub count: u64,
}

/// A column of the board.
pub(in super::super) struct StageColumn {
    pub stage: String,
    pub name: String,
    pub total: u64,
    pub more: Option<More>,
    pub cards: Vec<Card>,
}

#[derive(Template)]
#[template(path = "staff_deals.html")]
pub(in super::super) struct BoardPage {
    pub f: Frame,
    pub columns: Vec<StageColumn>,
    pub total: u64,
    pub brokers: Vec<Opt>,
    pub is_manager: bool,
    /// Where a card that is dragged leads to.
    pub move_at: String,
    /// The first deals that nobody brokers, how many there are, and where the others are.
    pub free: Vec<Card>,
    pub free_total: u64,
    pub free_more: Option<More>,
    /// Whether the reader brokers deals and so may take one.
    pub can_take: bool,
    pub done: Option<String>,
}

/// A card with as much of its words as a board has room for.
fn card(mut line: DealLine, href: String) -> Card {
    line.title = format::beginning(&line.title, WORDS);
    line.parties = format::beginning(&line.parties, WORDS);
    Card { line, href }
}

fn more(total: u64, shown: usize, href: impl FnOnce() -> String) -> Option<More> {
    let count = total.saturating_sub(shown as u64);
    (count > 0).then(|| More { href: href(), count })
}

/// The brokers as choices, one of them chosen.
async fn brokers(app: &App, lang: Lang, chosen: &str) -> Result<Vec<Opt>, Problem> {
    let db = app.accounts.store().db();
    let all = people::staff_with(db, StaffRole::Broker).await?;
    let names = people::names(db, &all).await?;
    let option = |id: AccountId| {
        let value = id.to_string();
        let label = names.get(&id).cloned().unwrap_or_else(|| messages::say(lang, "by-the-space", &[]));
        Opt { is_on: value == chosen, value, label, depth: 0 }
    };
    let mut brokers: Vec<Opt> = all.into_iter().map(option).collect();
    brokers.sort_by_key(|one| sort_key(&one.label));
    Ok(brokers)
}

pub(in super::super) async fn show(State(app): State<App>, visit: Visit) -> Result<Response, Problem> {
    let lang = visit.lang();
    let actor = &visit.who.actor;
    let broker: Option<AccountId> = parsed(&visit, "broker")?;
    let found = deals::board(&app.brokering, actor, broker).await?;
    let is_manager = manages_deals(actor);
    let narrowed = broker.map_or_else(String::new, |b| b.to_string());
    let whose = if is_manager { narrowed.clone() } else { actor.account().map_or_else(String::new, |a| a.to_string()) };
    let move_at = address(&localised(lang, moving::PATH), &[("broker", &narrowed)]);
    let move_one = |id: &str| address(&localised(lang, moving::PATH), &[("deal", id), ("broker", &narrowed)]);
    let mut columns = Vec::new();
    for column in found {
        let at = || address(&localised(lang, LIST), &[("stage", &column.stage), ("broker", &whose)]);
        let more = more(column.total, column.items.len(), at);
        let lines = deal_lines(&app, column.items, lang).await?;
        let cards = lines.into_iter().map(|line| {
            let href = move_one(&line.id);
            card(line, href)
        });
        columns.push(StageColumn { more, name: column.name, total: column.total, stage: column.stage, cards: cards.collect() });
    }
    let free = deals::Filter { without_broker: true, ..deals::Filter::default() };
    let free = deals::list(&app.brokering, actor, &free, Limit::new(FREE).unwrap_or_default(), None).await?;
    let free_more = more(free.total, free.items.len(), || localised(lang, taking::LIST));
    let free_cards = deal_lines(&app, free.items, lang).await?.into_iter().map(|line| {
        let href = address(&localised(lang, taking::PATH), &[("deal", &line.id)]);
        card(line, href)
    });
    let view = BoardPage {
        f: frame(&app, &visit, "deals-board", PATH),
        total: columns.iter().map(|c| c.total).sum(),
        columns,
        brokers: if is_manager { brokers(&app, lang, &narrowed).await? } else { Vec::new() },
        is_manager,
        move_at,
        free: free_cards.collect(),
        free_total: free.total,
        free_more,
        can_take: brokers_deals(actor),
        done: done(&visit, &["deal-moved", "deal-taken", "handover"]),
    };
    Ok(page(StatusCode::OK, lang, &view))
}
