//! The desk of interests: what is overdue first, then what is due next; for brokers and administrators.

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use base::{Limit, messages};
use brokering::interests::{Filter, Role, Which};

use super::super::frame::{Frame, Visit, localised, parameter, parsed};
use super::super::interests::{Line, as_file, heads, line};
use super::super::mishap::Mishap;
use super::super::paging::{Sorted, TURNED, address, cursor, is_turned, paged};
use super::super::takeaway;
use super::{Tab, frame};
use crate::app::App;
use crate::problem::Problem;

pub(super) const PATH: &str = "/staff/interests";

#[derive(Template)]
#[template(path = "staff_interests.html")]
pub(in super::super) struct InterestsPage {
    pub f: Frame,
    pub tabs: Vec<Tab>,
    pub lines: Vec<Line>,
    pub total: u64,
    pub csv: String,
    pub by_day: Option<Sorted>,
    pub by_sent: Option<Sorted>,
    pub next: Option<String>,
    pub first: Option<String>,
}

/// How many are overdue, for whoever keeps the desk.
pub(super) async fn overdue(app: &App, visit: &Visit) -> Result<u64, Problem> {
    let filter = Filter { role: Role::Desk, which: Some(Which::Overdue), party: None, turned: false };
    let one = Limit::new(1).unwrap_or_default();
    Ok(brokering::interests::list(&app.brokering, &visit.who.actor, &filter, one, None).await?.total)
}

pub(in super::super) async fn show(State(app): State<App>, visit: Visit) -> Result<Response, Problem> {
    let lang = visit.lang();
    let which: Which = parsed(&visit, "status")?.unwrap_or(Which::Open);
    let filter = Filter { role: Role::Desk, which: Some(which), party: None, turned: is_turned(&visit) };
    if takeaway::is_asked(&visit)? {
        return as_file(&app, &visit, &filter).await;
    }
    let found = brokering::interests::list(&app.brokering, &visit.who.actor, &filter, Limit::default(), cursor(&visit).as_deref()).await?;
    let asked = [("status", which.as_str())];
    let turned = parameter(&visit, TURNED);
    let paged = paged(&visit, PATH, &[asked.as_slice(), &[(TURNED, turned.as_str())]].concat(), found.next.as_deref());
    let (by_day, by_sent) = heads(&visit, PATH, &asked, &filter);
    let tab = |one: &Which| Tab {
        text: match one {
            Which::All | Which::Open | Which::Overdue => messages::say(lang, &format!("interests-which-{one}"), &[]),
            status => app.vocabularies.name("interest_status", status.as_str(), lang).to_owned(),
        },
        href: address(&localised(lang, PATH), &[("status", one.as_str())]),
        is_on: *one == which,
    };
    let tabs = [Which::Open, Which::Overdue, Which::NeedsInformation, Which::Accepted, Which::Declined, Which::Expired, Which::All];
    Ok(Mishap::none().show(lang, |_| InterestsPage {
        f: frame(&app, &visit, "staff-interests-title", PATH),
        tabs: tabs.iter().map(tab).collect(),
        lines: found.items.iter().map(|view| line(&app, view, lang)).collect(),
        total: found.total,
        csv: paged.csv,
        by_day,
        by_sent,
        next: paged.next,
        first: paged.first,
    }))
}
