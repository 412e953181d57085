//! The pages of the staff: the need desk, accounts, parties to verify, the audit trail; each links only what the reader's role allows.
//!
//! The rules are those of `accounts` and of the API's handlers; here are only the pages. Whoever is no staff finds nothing
//! here.

pub(super) mod accounts;
pub(super) mod deals;
pub(super) mod emergency;
pub(super) mod events;
pub(super) mod gaps;
pub(super) mod interests;
pub(super) mod merge;
pub(super) mod need;
pub(super) mod needs;
pub(super) mod parties;
pub(super) mod record;
pub(super) mod stories;
pub(super) mod subjects;
pub(super) mod verifying;

use ::accounts::access::{may_manage_accounts, may_verify};
use ::accounts::parties::PartyFilter;
use ::accounts::people::AccountFilter;
use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use base::{Code, Limit, StaffRole, messages};
use listings::need_desk::Which;
use matching::gaps::GapSide;

use super::format;
use super::frame::{Frame, Visit, localised, page, parameter};
use super::own::Door;
use super::paging::{address, cursor};
use crate::api;
use crate::app::App;
use crate::problem::Problem;

/// A part of a list to look at.
pub(super) struct Tab {
    pub text: String,
    pub href: String,
    pub is_on: bool,
}

#[derive(Template)]
#[template(path = "staff.html")]
pub(super) struct StaffPage {
    pub f: Frame,
    pub doors: Vec<Door>,
}

/// What a page says was done, if it is one of these.
fn done(visit: &Visit, known: &[&str]) -> Option<String> {
    let did = parameter(visit, "did");
    known.iter().find(|name| **name == did).map(|name| messages::say(visit.lang(), &format!("staff-did-{name}"), &[]))
}

async fn doors(app: &App, visit: &Visit) -> Result<Vec<Door>, Problem> {
    let (actor, one) = (&visit.who.actor, Limit::new(1).unwrap_or_default());
    let counted = |key: &str, count: u64| messages::say(visit.lang(), key, &[("count", &format::count(visit.lang(), count))]);
    let mut doors = Vec::new();
    if actor.is_staff(StaffRole::Moderator) {
        let waiting = listings::review::queue(&app.listings, actor, one, None, false).await?.total;
        let about = counted("staff-review-door", waiting);
        doors.push(Door { href: "/review", title: "review-title", about, is_due: waiting > 0 });
        let agreed = brokering::stories::queue(&app.brokering, actor, one, None).await?.total;
        let about = counted("staff-stories-door", agreed);
        doors.push(Door { href: stories::PATH, title: "staff-stories-title", about, is_due: agreed > 0 });
        let about = messages::say(visit.lang(), "imports-door", &[]);
        doors.push(Door { href: super::imports::PATH, title: "imports-title", about, is_due: false });
    }
    if listings::need_desk::keeps_the_desk(actor) {
        let due = listings::need_desk::needs(&app.listings, actor, Which::Due, one, None).await?.total;
        doors.push(Door { href: needs::PATH, title: "needs-title", about: counted("needs-door", due), is_due: due > 0 });
    }
    if brokering::access::keeps_the_desk(actor) {
        let overdue = interests::overdue(app, visit).await?;
        let about = counted("staff-interests-door", overdue);
        doors.push(Door { href: interests::PATH, title: "staff-interests-title", about, is_due: overdue > 0 });
    }
    if brokering::brokers_deals(actor) || brokering::manages_deals(actor) {
        let overdue = brokering::deals::Filter { overdue: true, ..brokering::deals::Filter::default() };
        let late = brokering::deals::list(&app.brokering, actor, &overdue, one, None).await?.total;
        doors.push(Door { href: deals::PATH, title: "deals-board", about: counted("deals-board-door", late), is_due: late > 0 });
    }
    if [StaffRole::Broker, StaffRole::Analyst, StaffRole::Administrator].into_iter().any(|role| actor.is_staff(role)) {
        let open = matching::gaps::count(&app.matcher, actor, GapSide::Supply).await?;
        doors.push(Door { href: gaps::PATH, title: "gaps-title", about: counted("gaps-door", open), is_due: false });
    }
    if may_verify(actor) {
        let filter = PartyFilter { verification: Some(Code::from("unverified")), ..PartyFilter::default() };
        let open = ::accounts::parties::list(&app.accounts, &filter, None, one).await?.total;
        let about = counted("staff-parties-door", open);
        doors.push(Door { href: parties::PATH, title: "staff-parties-title", about, is_due: open > 0 });
    }
    if may_manage_accounts(actor) {
        let all = ::accounts::people::list(&app.accounts, actor, &AccountFilter::default(), None, one).await?.total;
        doors.push(Door { href: accounts::PATH, title: "staff-accounts-title", about: counted("staff-accounts-door", all), is_due: false });
    }
    if brokering::access::breaks_glass(actor) {
        let about = messages::say(visit.lang(), "emergency-door", &[]);
        doors.push(Door { href: emergency::PATH, title: "emergency-title", about, is_due: false });
    }
    if api::events::may_audit(actor) {
        let all = api::events::count(app, actor).await?;
        doors.push(Door { href: events::PATH, title: "staff-events-title", about: counted("staff-events-door", all), is_due: false });
    }
    // Everybody who works for the space looks up what a code means, and since when.
    let about = messages::say(visit.lang(), "lists-door", &[]);
    doors.push(Door { href: "/lists", title: "lists-title", about, is_due: false });
    Ok(doors)
}

pub(super) async fn show(State(app): State<App>, visit: Visit) -> Result<Response, Problem> {
    if visit.who.actor.staff.is_empty() {
        return Err(Problem::not_found());
    }
    let f = visit.frame(&app, messages::say(visit.lang(), "staff-title", &[])).at("/staff").unlisted().placed("staff");
    let doors = doors(&app, &visit).await?;
    Ok(page(StatusCode::OK, visit.lang(), &StaffPage { f, doors }))
}

/// The frame of one of the pages.
fn frame(app: &App, visit: &Visit, key: &str, path: &str) -> Frame {
    visit.frame(app, messages::say(visit.lang(), key, &[])).at(path).unlisted().without_search().placed("staff")
}

/// Back to the same part of a list, with what was done.
fn back(visit: &Visit, path: &str, filter: &[(&str, &str)], did: &str) -> String {
    let here = cursor(visit).unwrap_or_default();
    address(&localised(visit.lang(), path), &[filter, &[("cursor", here.as_str()), ("did", did)]].concat())
}
