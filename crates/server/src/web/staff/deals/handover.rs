//! Handing all of a broker's work to another: by administrators, and by the broker for their own. First the page says what
//! would be handed over and what would stay, then it is done.

use std::collections::BTreeSet;

use accounts::people;
use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use base::{AccountId, Lang, ListingId, StaffRole, messages};
use brokering::deals::{self, Handover, HandoverPlan, Work};

use super::super::super::deals::refused;
use super::super::super::faults::FaultLine;
use super::super::super::fields::Opt;
use super::super::super::form::Form;
use super::super::super::format;
use super::super::super::frame::{Frame, Visit, go, localised, page};
use super::super::super::paging::address;
use super::super::{done, frame};
use super::brokers;
use crate::app::App;
use crate::extract::Writer;
use crate::problem::Problem;

pub(in super::super::super) const PATH: &str = "/staff/deals/handover";

/// Deals or listings that are named; of the others it says how many there are.
const NAMED: usize = 50;

/// A deal or listing by its name.
pub(in super::super::super) struct Line {
    pub code: String,
    pub title: String,
    pub title_lang: Lang,
}

/// Some lines under a heading that counts them, and how many more there are.
pub(in super::super::super) struct Lines {
    pub title: &'static str,
    pub total: u64,
    pub lines: Vec<Line>,
    pub more: u64,
}

impl Lines {
    fn of(title: &'static str, total: usize, lines: Vec<Line>) -> Self {
        Self { title, total: total as u64, more: total.saturating_sub(lines.len()) as u64, lines }
    }
}

/// What would be handed over.
pub(in super::super::super) struct Plan {
    pub from: String,
    pub to: String,
    pub to_name: String,
    pub moves: Vec<Lines>,
    pub stays: Vec<Lines>,
}

#[derive(Template)]
#[template(path = "staff_deals_handover.html")]
pub(in super::super::super) struct HandoverPage {
    pub f: Frame,
    pub from: Vec<Opt>,
    pub to: Vec<Opt>,
    pub action: String,
    pub plan: Option<Plan>,
    pub done: Option<String>,
    pub faults: Vec<FaultLine>,
}

/// Everybody who has work, with how much it is; whoever is no broker any more is said to be none.
async fn with_work(app: &App, visit: &Visit, chosen: &str) -> Result<Vec<Opt>, Problem> {
    let lang = visit.lang();
    let db = app.accounts.store().db();
    let all = deals::workloads(&app.brokering, &visit.who.actor).await?;
    let names = people::names(db, &all.keys().copied().collect::<Vec<_>>()).await?;
    let active: BTreeSet<AccountId> = people::staff_with(db, StaffRole::Broker).await?.into_iter().collect();
    let option = |(account, work): (AccountId, Work)| {
        let name = names.get(&account).cloned().unwrap_or_else(|| messages::say(lang, "by-the-space", &[]));
        let key = if active.contains(&account) { "deals-handover-has" } else { "deals-handover-had" };
        let counts = [work.deals, work.completed, work.listings, work.interests].map(|n| format::count(lang, n));
        let [deals, completed, listings, interests] = counts;
        let value = account.to_string();
        let args =
            [("name", name.as_str()), ("deals", &deals), ("completed", &completed), ("listings", &listings), ("interests", &interests)];
        let label = messages::say(lang, key, &args);
        Opt { is_on: value == chosen, value, label, depth: 0 }
    };
    Ok(all.into_iter().map(option).collect())
}

fn deal_lines(title: &'static str, deals: Vec<deals::HandoverDeal>) -> Option<Lines> {
    let line = |d: deals::HandoverDeal| Line { title_lang: Lang::of_words(&d.title), code: d.code, title: d.title };
    let total = deals.len();
    (total > 0).then(|| Lines::of(title, total, deals.into_iter().take(NAMED).map(line).collect()))
}

/// Listings by their codes, and by the titles that were approved: a draft's is its party's own.
async fn listing_lines(app: &App, ids: &[ListingId], lang: Lang) -> Result<Option<Lines>, Problem> {
    let first: Vec<ListingId> = ids.iter().take(NAMED).copied().collect();
    let mut all = listings::lookup::named(app.store.db(), &first).await?;
    all.sort_by(|a, b| a.code.cmp(&b.code));
    let line = |one: listings::lookup::Named| Line {
        title: one.title.as_ref().and_then(|t| t.best(lang)).map(str::to_owned).unwrap_or_default(),
        title_lang: one.title.as_ref().map_or(lang, |t| t.spoken(lang)),
        code: one.code,
    };
    Ok((!ids.is_empty()).then(|| Lines::of("deals-handover-listings", ids.len(), all.into_iter().map(line).collect())))
}

/// Interests by their number alone: who asks in them whom is not everybody's to read.
fn interest_lines(title: &'static str, count: usize) -> Option<Lines> {
    (count > 0).then(|| Lines { title, total: count as u64, lines: Vec::new(), more: 0 })
}

async fn plan(app: &App, wanted: &Handover, found: HandoverPlan, lang: Lang) -> Result<Plan, Problem> {
    let names = people::names(app.accounts.store().db(), &[wanted.to]).await?;
    let listings = listing_lines(app, &found.listings, lang).await?;
    let interests = interest_lines("deals-handover-interests", found.interests.len());
    let interests_left = interest_lines("deals-handover-interests-left", found.interests_left.len());
    Ok(Plan {
        from: wanted.from.to_string(),
        to: wanted.to.to_string(),
        to_name: names.get(&wanted.to).cloned().unwrap_or_default(),
        moves: deal_lines("deals-handover-deals", found.deals)
            .into_iter()
            .chain(deal_lines("deals-handover-completed", found.completed))
            .chain(listings)
            .chain(interests)
            .collect(),
        stays: deal_lines("deals-handover-left", found.left).into_iter().chain(interests_left).collect(),
    })
}

/// From whom to whom, once both are chosen.
fn wanted(form: &Form) -> Result<Option<Handover>, Problem> {
    let account = |name: &str| match form.get(name) {
        "" => Ok(None),
        text => text.parse::<AccountId>().map(Some).map_err(|_| Problem::malformed("bad-form")),
    };
    Ok(account("from")?.zip(account("to")?).map(|(from, to)| Handover { from, to }))
}

/// The page with who was chosen, and what follows from that.
async fn handover_page(app: &App, visit: &Visit, chosen: &Form) -> Result<Response, Problem> {
    let (lang, actor) = (visit.lang(), &visit.who.actor);
    let own = actor.account().map_or_else(String::new, |a| a.to_string());
    let from = with_work(app, visit, chosen.find("from").unwrap_or(&own)).await?;
    let (mut status, mut faults, mut planned) = (StatusCode::OK, Vec::new(), None);
    if let Some(wanted) = wanted(chosen)? {
        match deals::plan_handover(&app.brokering, actor, &wanted).await {
            Ok(found) => planned = Some(plan(app, &wanted, found, lang).await?),
            Err(error) => {
                let label = messages::say(lang, "deals-handover-to", &[]);
                let place = |fault: &base::Fault| FaultLine { id: "to".to_owned(), label: label.clone(), text: fault.say(lang) };
                (status, faults) = refused(app, error, lang, place)?;
            }
        }
    }
    let view = HandoverPage {
        f: frame(app, visit, "deals-handover", PATH),
        from,
        to: brokers(app, lang, chosen.get("to")).await?,
        action: localised(lang, PATH),
        plan: planned,
        done: done(visit, &["handover-left"]),
        faults,
    };
    Ok(page(status, lang, &view))
}

pub(in super::super::super) async fn show(State(app): State<App>, visit: Visit) -> Result<Response, Problem> {
    handover_page(&app, &visit, &Form::sent_in(&visit.query)).await
}

/// Hands it over.
pub(in super::super::super) async fn send(
    State(app): State<App>,
    visit: Visit,
    Writer(ctx): Writer,
    form: Form,
) -> Result<Response, Problem> {
    let lang = visit.lang();
    let wanted = wanted(&form)?.ok_or_else(|| Problem::malformed("bad-form"))?;
    match deals::hand_over(&app.brokering, ctx, wanted).await {
        Ok(receipt) if receipt.left.is_empty() && receipt.interests_left == 0 => {
            Ok(go(&address(&localised(lang, super::PATH), &[("did", "handover")])))
        }
        // What could not go is named, so that it is given to somebody else.
        Ok(_) => {
            let (from, to) = (form.get("from"), form.get("to"));
            Ok(go(&address(&localised(lang, PATH), &[("from", from), ("to", to), ("did", "handover-left")])))
        }
        // The page finds the same fault, and says it.
        Err(brokering::BrokeringError::Invalid(_)) => handover_page(&app, &visit, &form).await,
        Err(error) => Err(error.into()),
    }
}
