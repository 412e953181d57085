//! Accounts, for administrators: who is there, what they do for the space, shut and open.

use std::collections::{BTreeMap, BTreeSet};

use accounts::acts::Act;
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
use super::super::paging::{Sorted, TURNED, address, cursor, is_turned, paged, sorted};
use super::super::takeaway::{self, Rows};
use super::{Tab, back, done, frame};
use crate::api::accounts::STATUSES;
use crate::app::App;
use crate::extract::Writer;
use crate::problem::Problem;

pub(super) const PATH: &str = "/staff/accounts";
/// Accounts on a page: each carries its forms.
const SHOWN: u16 = 14;

/// What an administrator did to an account.
pub(in super::super) struct ActLine {
    pub text: String,
    pub by: String,
    pub at: Moment,
    pub reason: String,
}

/// An account.
pub(in super::super) struct AccountLine {
    pub id: String,
    pub name: String,
    pub email: String,
    pub status: &'static str,
    pub status_label: String,
    pub staff: String,
    pub has_second_factor: bool,
    /// Whether it is somebody else's, who can be helped.
    pub is_other: bool,
    pub reason: String,
    /// What was done to it by way of help, and why.
    pub acts: Vec<ActLine>,
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
    pub show: String,
    pub words: String,
    /// What each role means, said once.
    pub meanings: Vec<Choice>,
    pub lines: Vec<AccountLine>,
    pub total: u64,
    pub by_since: Sorted,
    pub csv: String,
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
fn filter(show: &str, words: &str, turned: bool) -> AccountFilter {
    let status = STATUSES.iter().find(|(word, _)| *word == show).map(|(_, status)| *status);
    AccountFilter { words: words.to_owned(), staff: show == "staff", status, turned }
}

fn tabs(lang: Lang, show: &str, words: &str) -> Vec<Tab> {
    let tab = |name: &str| Tab {
        text: messages::say(lang, &format!("staff-accounts-{}", if name.is_empty() { "all" } else { name }), &[]),
        href: address(&localised(lang, PATH), &[("show", name), ("q", words)]),
        is_on: name == show,
    };
    ["", "staff"].into_iter().chain(STATUSES.iter().map(|(word, _)| *word)).map(tab).collect()
}

fn line(app: &App, visit: &Visit, account: AccountView, acts: Vec<ActLine>, sent: Option<&Form>) -> AccountLine {
    let lang = visit.lang();
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
        is_other: visit.who.actor.account() != Some(account.id),
        reason: sent.map(|form| form.get("reason").to_owned()).unwrap_or_default(),
        acts,
        since: format::moment(lang, account.created_at),
        version: account.version,
        is_open: sent.is_some(),
        name: account.name,
        email: account.email,
        id,
    }
}

fn act_line(act: &Act, names: &BTreeMap<AccountId, String>, lang: Lang, now: chrono::DateTime<chrono::Utc>) -> ActLine {
    ActLine {
        text: messages::say(lang, &format!("staff-act-{}", act.what.replace('_', "-")), &[]),
        by: act.by.and_then(|by| names.get(&by).cloned()).unwrap_or_else(|| messages::say(lang, "by-the-space", &[])),
        at: format::recent(lang, act.at, now),
        reason: act.reason.clone(),
    }
}

async fn list(app: &App, visit: &Visit, mishap: Mishap, sent: Option<&Form>) -> Result<Response, Problem> {
    let lang = visit.lang();
    let (show, words) = (parameter(visit, "show"), parameter(visit, "q").trim().to_owned());
    let actor = &visit.who.actor;
    let turned = is_turned(visit);
    let rows = accounts::people::list(
        &app.accounts,
        actor,
        &filter(&show, &words, turned),
        cursor(visit).as_deref(),
        Limit::new(SHOWN).unwrap_or_default(),
    )
    .await?;
    let asked = [("show", show.as_str()), ("q", words.as_str())];
    let by_since = sorted(visit, PATH, &asked, "descending");
    let filter = [asked[0], asked[1], (TURNED, if turned { "turned" } else { "" })];
    let paged = paged(visit, PATH, &filter, rows.next.as_deref());
    let ids: Vec<AccountId> = rows.items.iter().map(|account| account.id).collect();
    let all = accounts::acts::of(&app.accounts, actor, &ids).await?;
    let by: Vec<AccountId> = all.iter().filter_map(|act| act.by).collect();
    let names = accounts::people::names(app.accounts.store().db(), &by).await?;
    let acts =
        |id: AccountId| all.iter().filter(|act| act.account == id).map(|act| act_line(act, &names, lang, app.clock().now())).collect();
    Ok(mishap.show(lang, |faults| AccountsPage {
        f: frame(app, visit, "staff-accounts-title", PATH),
        tabs: tabs(lang, &show, &words),
        meanings: choices(&app.vocabularies, "staff_roles", app.clock().today(), lang, |_| false),
        lines: rows
            .items
            .into_iter()
            .map(|account| {
                let acts = acts(account.id);
                line(app, visit, account, acts, sent)
            })
            .collect(),
        show,
        words,
        total: rows.total,
        by_since,
        csv: paged.csv,
        action: paged.action,
        next: paged.next,
        first: paged.first,
        done: done(visit, &["roles", "disable", "enable", "second-factor", "sessions"]).filter(|_| faults.is_empty()),
        faults,
    }))
}

pub(in super::super) async fn show(State(app): State<App>, visit: Visit) -> Result<Response, Problem> {
    if takeaway::is_asked(&visit)? {
        return as_file(&app, &visit).await;
    }
    list(&app, &visit, Mishap::none(), None).await
}

/// The accounts as a file.
async fn as_file(app: &App, visit: &Visit) -> Result<Response, Problem> {
    let lang = visit.lang();
    let filter = filter(&parameter(visit, "show"), parameter(visit, "q").trim(), is_turned(visit));
    let mut rows = Rows::new();
    while rows.goes_on() {
        let found = accounts::people::list(&app.accounts, &visit.who.actor, &filter, rows.cursor.as_deref(), takeaway::part()).await?;
        rows.add(found.items.into_iter().map(|account| line(app, visit, account, Vec::new(), None)).collect(), found.next);
    }
    let heads = ["account-name", "sign-in-email", "column-status", "staff-roles", "staff-registered"];
    takeaway::file(lang, "accounts", &heads, rows, |line| vec![line.name, line.email, line.status_label, line.staff, line.since.iso])
}

/// What a form asks for.
struct Wanted<'a> {
    does: &'a str,
    id: AccountId,
    seen: i64,
    roles: BTreeSet<StaffRole>,
    reason: &'a str,
}

async fn act(app: &App, ctx: Ctx, wanted: Wanted<'_>) -> Option<Result<(), AccountError>> {
    let Wanted { does, id, seen, roles, reason } = wanted;
    let done = match does {
        "second-factor" => accounts::second_factor::remove_of(&app.accounts, ctx, id, seen, reason).await,
        "sessions" => accounts::sessions::end_all_of(&app.accounts, ctx, id).await,
        "roles" => accounts::managing::set_staff(&app.accounts, ctx, id, seen, roles).await,
        "disable" => accounts::managing::disable(&app.accounts, ctx, id, seen).await,
        "enable" => accounts::managing::enable(&app.accounts, ctx, id, seen).await,
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
    let wanted = Wanted { does, id, seen, roles: roles.map_err(|_| wrong())?, reason: form.get("reason") };
    match act(&app, ctx, wanted).await.ok_or_else(wrong)? {
        Ok(()) => {
            let (show, words, order) = (parameter(&visit, "show"), parameter(&visit, "q"), parameter(&visit, TURNED));
            Ok(go(&back(&visit, PATH, &[("show", &show), ("q", &words), (TURNED, &order)], does)))
        }
        Err(error) => {
            let place = |pointer: &str| (pointer == "/reason").then(|| (format!("reason-{id}"), "staff-act-reason"));
            list(&app, &visit, Mishap::of(error, visit.lang(), place)?, Some(&form)).await
        }
    }
}
