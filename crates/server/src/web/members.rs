//! Who acts for a party: everybody in it sees the list; its admins invite, confirm, suspend, let go and give roles.
//!
//! The rules are those of `accounts::membership`; here are only the pages. Whether an invited address has an account is
//! told by nothing on them.

use std::collections::BTreeSet;

use accounts::membership::{Invitation, Status, Step, next, of_party};
use accounts::{Error as AccountError, MembershipView};
use askama::Template;
use axum::extract::State;
use axum::response::Response;
use base::{Lang, MembershipId, PartyId, PartyRole, messages};
use store::Ctx;

use super::choice::{Choice, choices};
use super::faults::FaultLine;
use super::form::Form;
use super::format::{self, Moment};
use super::frame::{Frame, Visit, go, localised, parameter, parsed};
use super::mishap::Mishap;
use crate::app::App;
use crate::extract::{Id, Writer};
use crate::problem::Problem;

/// Members on a page.
const SHOWN: usize = 20;
/// What admins do with a membership, as forms name it.
const STEPS: [(&str, Step); 4] =
    [("confirm", Step::Confirm), ("reinstate", Step::Reinstate), ("suspend", Step::Suspend), ("remove", Step::Remove)];

/// A step as a button.
pub(super) struct StepButton {
    pub step: &'static str,
    pub label: String,
    pub about: String,
}

/// One member.
pub(super) struct MemberLine {
    pub id: String,
    pub name: String,
    pub email: String,
    pub roles: String,
    pub status: &'static str,
    pub status_label: String,
    pub since: Moment,
    pub version: i64,
    /// What they may be given; none for readers who are no admins.
    pub choices: Vec<Choice>,
    pub steps: Vec<StepButton>,
    /// Whether the forms of this line are open, because one of them was sent.
    pub is_open: bool,
}

#[derive(Template)]
#[template(path = "members.html")]
pub(super) struct MembersPage {
    pub f: Frame,
    pub party: String,
    pub action: String,
    pub is_admin: bool,
    pub lines: Vec<MemberLine>,
    pub total: u64,
    pub next: Option<String>,
    pub first: Option<String>,
    pub email: String,
    pub choices: Vec<Choice>,
    pub faults: Vec<FaultLine>,
    pub done: Option<String>,
}

fn buttons(status: Status, lang: Lang) -> Vec<StepButton> {
    let open = STEPS.iter().filter(|(_, step)| next(status, *step).is_some());
    open.map(|(name, _)| StepButton {
        step: name,
        label: messages::say(lang, &format!("members-{name}"), &[]),
        about: messages::say(lang, &format!("members-{name}-about"), &[]),
    })
    .collect()
}

fn line(app: &App, member: MembershipView, lang: Lang, is_admin: bool, sent: Option<&Form>) -> MemberLine {
    let id = member.id.to_string();
    let sent = sent.filter(|form| form.get("membership") == id);
    // What was ticked and could not be kept stays ticked.
    let ticked = sent.filter(|form| form.get("_do") == "roles");
    let is_on = |code: &str| match ticked {
        Some(form) => form.all("roles").any(|role| role == code),
        None => member.roles.iter().any(|role| role.as_str() == code),
    };
    let names = member.roles.iter().map(|role| app.vocabularies.name("party_roles", role.as_str(), lang));
    let mut all = choices(&app.vocabularies, "party_roles", app.clock().today(), lang, is_on);
    // What each role means is said once, where somebody is invited.
    all.iter_mut().for_each(|choice| choice.about = None);
    MemberLine {
        name: member.name.unwrap_or_default(),
        roles: names.collect::<Vec<_>>().join(", "),
        status: member.status.as_str(),
        status_label: app.vocabularies.name("membership_status", member.status.as_str(), lang).to_owned(),
        since: format::moment(lang, member.created_at),
        version: member.version,
        choices: if is_admin { all } else { Vec::new() },
        steps: if is_admin { buttons(member.status, lang) } else { Vec::new() },
        is_open: sent.is_some(),
        email: member.email,
        id,
    }
}

async fn members(app: &App, visit: &Visit, id: PartyId, mishap: Mishap, sent: Option<&Form>) -> Result<Response, Problem> {
    let lang = visit.lang();
    let party = accounts::parties::get(&app.accounts, &visit.who.actor, id).await?;
    let all = of_party(&app.accounts, &visit.who.actor, id).await?;
    let is_admin = visit.who.actor.has_role(id, PartyRole::Admin);
    let path = format!("/my/parties/{id}/members");
    let here = localised(lang, &path);
    let after: Option<MembershipId> = parsed(visit, "after")?;
    let total = all.len() as u64;
    let rest: Vec<MembershipView> = all.into_iter().filter(|m| after.is_none_or(|after| m.id > after)).collect();
    let last = rest.get(SHOWN - 1).filter(|_| rest.len() > SHOWN).map(|m| m.id);
    let invited = sent.filter(|form| form.get("_do") == "invite");
    let role = |code: &str| invited.map_or(code == PartyRole::Editor.as_str(), |form| form.all("roles").any(|role| role == code));
    let party = party.profile.names.best(lang).unwrap_or_default().to_owned();
    let did = parameter(visit, "did");
    let done = STEPS.iter().map(|(name, _)| *name).chain(["invite", "roles"]).find(|name| *name == did);
    Ok(mishap.show(lang, |faults| MembersPage {
        f: visit.frame(app, messages::say(lang, "members-title", &[("party", &party)])).at(&path).unlisted().without_search(),
        action: after.map_or_else(|| here.clone(), |after| format!("{here}?after={after}")),
        is_admin,
        lines: rest.into_iter().take(SHOWN).map(|member| line(app, member, lang, is_admin, sent)).collect(),
        total,
        next: last.map(|last| format!("{here}?after={last}")),
        first: after.map(|_| here),
        email: invited.map_or_else(String::new, |form| form.get("email").to_owned()),
        choices: if is_admin { choices(&app.vocabularies, "party_roles", app.clock().today(), lang, role) } else { Vec::new() },
        done: done.filter(|_| faults.is_empty()).map(|name| messages::say(lang, &format!("members-did-{name}"), &[])),
        faults,
        party,
    }))
}

pub(super) async fn show(State(app): State<App>, visit: Visit, Id(id): Id<PartyId>) -> Result<Response, Problem> {
    members(&app, &visit, id, Mishap::none(), None).await
}

fn roles(form: &Form) -> Result<BTreeSet<PartyRole>, Problem> {
    form.all("roles").map(|role| role.parse().map_err(|_| Problem::malformed("bad-form"))).collect()
}

/// What a form of the page asks for.
enum Wish {
    Invite(Invitation),
    Roles(MembershipId, i64, BTreeSet<PartyRole>),
    Step(MembershipId, i64, Step),
}

fn wish(form: &Form) -> Result<Wish, Problem> {
    let wrong = || Problem::malformed("bad-form");
    let does = form.get("_do");
    if does == "invite" {
        return Ok(Wish::Invite(Invitation { email: form.get("email").trim().to_owned(), roles: roles(form)? }));
    }
    let id = form.get("membership").parse().map_err(|_| wrong())?;
    let seen = form.get("_seen").parse().map_err(|_| wrong())?;
    match STEPS.iter().find(|(name, _)| *name == does) {
        Some((_, step)) => Ok(Wish::Step(id, seen, *step)),
        None if does == "roles" => Ok(Wish::Roles(id, seen, roles(form)?)),
        None => Err(wrong()),
    }
}

async fn grant(app: &App, ctx: Ctx, party: PartyId, wish: Wish) -> Result<(), AccountError> {
    match wish {
        Wish::Invite(invitation) => accounts::membership::invite(&app.accounts, ctx, party, invitation).await.map(drop),
        Wish::Roles(id, seen, roles) => accounts::membership::set_roles(&app.accounts, ctx, id, seen, roles).await.map(drop),
        Wish::Step(id, seen, step) => accounts::membership::step(&app.accounts, ctx, id, Some(seen), step).await.map(drop),
    }
}

/// Does what one of the forms asks for.
pub(super) async fn change(
    State(app): State<App>,
    visit: Visit,
    Writer(ctx): Writer,
    Id(id): Id<PartyId>,
    form: Form,
) -> Result<Response, Problem> {
    let does = form.get("_do");
    let member = form.get("membership");
    let place = |pointer: &str| match pointer {
        "/email" => Some(("email".to_owned(), "members-email")),
        "/roles" if does == "invite" => Some(("roles".to_owned(), "members-roles")),
        "/roles" => Some((format!("roles-{member}"), "members-roles")),
        _ => None,
    };
    match grant(&app, ctx, id, wish(&form)?).await {
        Ok(()) => Ok(go(&localised(visit.lang(), &format!("/my/parties/{id}/members?did={does}")))),
        Err(error) => {
            let mishap = Mishap::of(error, visit.lang(), place)?;
            members(&app, &visit, id, mishap, Some(&form)).await
        }
    }
}
