//! Several parties verified at once: first a page that says what would be done, then one after the other, each with how it
//! went. Each is a write of its own: one that somebody was faster with keeps no other from being verified.

use accounts::access::{VerifyParty, may_verify};
use accounts::parties::{PartyFilter, VERIFICATIONS};
use accounts::{Error as AccountError, PartyView};
use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use base::{Action, Code, PartyId, Refused, messages};
use store::Ctx;
use store::follow::report;

use super::super::form::Form;
use super::super::frame::{Frame, Visit, localised, page};
use super::super::paging::address;
use super::super::takeaway;
use super::{frame, parties};
use crate::app::App;
use crate::extract::Writer;
use crate::problem::Problem;

const PATH: &str = "/staff/parties/verify";
/// Parties at once: a page of the list has fewer.
const MOST: usize = 100;

/// A party that was picked.
pub(in super::super) struct PickLine {
    pub id: String,
    pub name: String,
    pub href: String,
    pub level_label: String,
    pub version: i64,
    /// How it went, once it was tried.
    pub went: Option<String>,
}

#[derive(Template)]
#[template(path = "staff_verify.html")]
pub(in super::super) struct VerifyPage {
    pub f: Frame,
    /// The part of the list that the reader came from.
    pub list: String,
    pub action: String,
    pub to: String,
    pub to_label: String,
    pub lines: Vec<PickLine>,
    pub is_over: bool,
}

/// What was picked, each once.
fn picked(form: &Form) -> Result<Vec<PartyId>, Problem> {
    let mut ids: Vec<PartyId> = Vec::new();
    for text in form.all("pick").take(MOST) {
        let id = text.parse().map_err(|_| Problem::malformed("bad-form"))?;
        if !ids.contains(&id) {
            ids.push(id);
        }
    }
    Ok(ids)
}

fn level(form: &Form) -> Result<&str, Problem> {
    Some(form.get("to")).filter(|to| VERIFICATIONS.contains(to)).ok_or_else(|| Problem::parameter("to"))
}

async fn answer(app: &App, visit: &Visit, form: &Form, went: Option<&[(PartyId, String)]>) -> Result<Response, Problem> {
    let lang = visit.lang();
    let (ids, to) = (picked(form)?, level(form)?);
    let filter = PartyFilter { among: Some(ids), ..PartyFilter::default() };
    let rows = accounts::parties::list(&app.accounts, &filter, None, takeaway::part()).await?;
    let name = |code: &str| app.vocabularies.name("verification", code, lang).to_owned();
    let line = |party: PartyView| PickLine {
        went: went.and_then(|all| all.iter().find(|(id, _)| *id == party.id)).map(|(_, text)| text.clone()),
        name: party.profile.names.best(lang).unwrap_or(&party.slug).to_owned(),
        href: localised(lang, &format!("/parties/{}", party.slug)),
        level_label: name(party.verification.level.as_str()),
        version: party.version,
        id: party.id.to_string(),
    };
    let kept = parties::KEPT.map(|name| (name, super::parameter(visit, name)));
    let kept: Vec<(&str, &str)> = kept.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let view = VerifyPage {
        f: frame(app, visit, "staff-several-title", PATH),
        list: parties::back_to_list(visit, ""),
        action: address(&localised(lang, PATH), &kept),
        to_label: name(to),
        to: to.to_owned(),
        lines: rows.items.into_iter().map(line).collect(),
        is_over: went.is_some(),
    };
    Ok(page(StatusCode::OK, lang, &view))
}

/// The use case refuses anyway; nobody should pick in vain.
fn refuse_others(visit: &Visit) -> Result<(), Problem> {
    if may_verify(&visit.who.actor) { Ok(()) } else { Err(Refused::Forbidden { action: VerifyParty::NAME }.into()) }
}

/// What would be done.
pub(in super::super) async fn show(State(app): State<App>, visit: Visit) -> Result<Response, Problem> {
    refuse_others(&visit)?;
    answer(&app, &visit, &Form::sent_in(&visit.query), None).await
}

/// The message of how it went. What went wrong with one is told beside it, since others were verified before it.
fn told(done: Result<(), AccountError>) -> &'static str {
    match done {
        Ok(()) => "staff-several-done",
        Err(AccountError::Stale { .. }) => "staff-several-stale",
        Err(AccountError::Refused(Refused::Hidden)) => "staff-several-gone",
        Err(AccountError::Refused(_)) => "staff-several-refused",
        Err(error) => {
            tracing::error!(cause = report(&error), "a party could not be verified");
            "staff-several-failed"
        }
    }
}

/// Does it, one after the other.
pub(in super::super) async fn send(State(app): State<App>, visit: Visit, Writer(ctx): Writer, form: Form) -> Result<Response, Problem> {
    refuse_others(&visit)?;
    let to = Code::from(level(&form)?);
    let seen =
        |id: PartyId| form.get(&format!("seen:{id}")).parse().map(|seen: i64| (id, seen)).map_err(|_| Problem::malformed("bad-form"));
    let wanted = picked(&form)?.into_iter().map(seen).collect::<Result<Vec<_>, _>>()?;
    let mut went = Vec::with_capacity(wanted.len());
    for (id, seen) in wanted {
        // A key that came with the request stands for one write.
        let one = Ctx { idempotency: None, ..ctx.clone() };
        let done = accounts::parties::verify(&app.accounts, one, id, seen, to.clone()).await.map(drop);
        went.push((id, messages::say(visit.lang(), told(done), &[])));
    }
    answer(&app, &visit, &form, Some(&went)).await
}
