//! Accounts, for administrators: who is there, what they do for the space, shut and open.

use std::collections::BTreeSet;

use accounts::people::AccountFilter;
use accounts::{AccountStatus, AccountView, Error as AccountError};
use askama::Template;
use axum::extract::State;
use axum::response::Response;
use base::{AccountId, Lang, Limit, StaffRole, messages};
use store::Ctx;

use super::super::choice::{Choice, choices};
use super::super::faults::FaultLine;
use super::super::form::Form;
use super::super::format::{self, Moment};
use super::super::frame::{Frame, Visit, go, localised, parameter};
use super::super::mishap::Mishap;
use super::super::paging::{address, cursor, paged};
use super::{Tab, back, done, frame};
use crate::api::accounts::STATUSES;
use crate::app::App;
use crate::extract::Writer;
use crate::problem::Problem;

pub(super) const PATH: &str = "/staff/accounts";

/// An account.
pub(in super::super) struct AccountLine {
    pub id: String,
    pub name: String,
    pub email: String,
    pub status: &'static str,
    pub status_label: String,
    pub staff: String,
    pub has_second_factor: bool,
    pub since: Moment,
    pub version: i64,
    pub choices: Vec<Choice>,
    /// Whether its forms are open, because one of them was sent.
    pub is_open: bool,
}

#[derive(Template)]
#[template(path = "staff_accounts.html")]
pub(in super::super) struct AccountsPage {
    pub f: Frame,
    pub tabs: Vec<Tab>,
    /// What each role means, said once.
    pub meanings: Vec<Choice>,
    pub lines: Vec<AccountLine>,
    pub total: u64,
    pub action: String,
    pub next: Option<String>,
    pub first: Option<String>,
    pub faults: Vec<FaultLine>,
    pub done: Option<String>,
}

fn word(status: AccountStatus) -> &'static str {
    STATUSES.iter().find(|(_, known)| *known == status).map_or("", |(word, _)| word)
}

/// What of the list is asked for: staff, or a state; anything else is all of it.
fn filter(show: &str) -> AccountFilter {
    let status = STATUSES.iter().find(|(word, _)| *word == show).map(|(_, status)| *status);
    AccountFilter { staff: show == "staff", status }
}

fn tabs(lang: Lang, show: &str) -> Vec<Tab> {
    let tab = |name: &str| Tab {
        text: messages::say(lang, &format!("staff-accounts-{}", if name.is_empty() { "all" } else { name }), &[]),
        href: address(&localised(lang, PATH), &[("show", name)]),
        is_on: name == show,
    };
    ["", "staff"].into_iter().chain(STATUSES.iter().map(|(word, _)| *word)).map(tab).collect()
}

fn line(app: &App, account: AccountView, lang: Lang, sent: Option<&Form>) -> AccountLine {
    let id = account.id.to_string();
    let sent = sent.filter(|form| form.get("account") == id);
    let ticked = sent.filter(|form| form.get("_do") == "roles");
    let is_on = |code: &str| match ticked {
        Some(form) => form.all("roles").any(|role| role == code),
        None => account.staff.iter().any(|role| role.as_str() == code),
    };
    let names = account.staff.iter().map(|role| app.vocabularies.name("staff_roles", role.as_str(), lang));
    let mut all = choices(&app.vocabularies, "staff_roles", app.clock().today(), lang, is_on);
    all.iter_mut().for_each(|choice| choice.about = None);
    let status = word(account.status);
    AccountLine {
        staff: names.collect::<Vec<_>>().join(", "),
        choices: all,
        status,
        status_label: messages::say(lang, &format!("staff-account-{status}"), &[]),
        has_second_factor: account.second_factor,
        since: format::moment(lang, account.created_at),
        version: account.version,
        is_open: sent.is_some(),
        name: account.name,
        email: account.email,
        id,
    }
}

async fn list(app: &App, visit: &Visit, mishap: Mishap, sent: Option<&Form>) -> Result<Response, Problem> {
    let lang = visit.lang();
    let show = parameter(visit, "show");
    let rows = accounts::people::list(&app.accounts, &visit.who.actor, filter(&show), cursor(visit).as_deref(), Limit::default()).await?;
    let paged = paged(visit, PATH, &[("show", &show)], rows.next.as_deref());
    Ok(mishap.show(lang, |faults| AccountsPage {
        f: frame(app, visit, "staff-accounts-title", PATH),
        tabs: tabs(lang, &show),
        meanings: choices(&app.vocabularies, "staff_roles", app.clock().today(), lang, |_| false),
        lines: rows.items.into_iter().map(|account| line(app, account, lang, sent)).collect(),
        total: rows.total,
        action: paged.action,
        next: paged.next,
        first: paged.first,
        done: done(visit, &["roles", "disable", "enable"]).filter(|_| faults.is_empty()),
        faults,
    }))
}

pub(in super::super) async fn show(State(app): State<App>, visit: Visit) -> Result<Response, Problem> {
    list(&app, &visit, Mishap::none(), None).await
}

async fn act(app: &App, ctx: Ctx, does: &str, id: AccountId, seen: i64, roles: BTreeSet<StaffRole>) -> Option<Result<(), AccountError>> {
    let done = match does {
        "roles" => accounts::people::set_staff(&app.accounts, ctx, id, seen, roles).await,
        "disable" => accounts::people::disable(&app.accounts, ctx, id, seen).await,
        "enable" => accounts::people::enable(&app.accounts, ctx, id, seen).await,
        _ => return None,
    };
    Some(done.map(drop))
}

/// Gives roles, shuts or opens an account.
pub(in super::super) async fn change(State(app): State<App>, visit: Visit, Writer(ctx): Writer, form: Form) -> Result<Response, Problem> {
    let wrong = || Problem::malformed("bad-form");
    let (id, seen) = (form.get("account").parse().map_err(|_| wrong())?, form.get("_seen").parse().map_err(|_| wrong())?);
    let roles: Result<BTreeSet<StaffRole>, _> = form.all("roles").map(str::parse).collect();
    let does = form.get("_do");
    match act(&app, ctx, does, id, seen, roles.map_err(|_| wrong())?).await.ok_or_else(wrong)? {
        Ok(()) => Ok(go(&back(&visit, PATH, &[("show", &parameter(&visit, "show"))], does))),
        Err(error) => list(&app, &visit, Mishap::of(error, visit.lang(), |_| None)?, Some(&form)).await,
    }
}
