//! Who of the others reads a confidential document of a deal: the people there are, each with a tick and a last day, and beside them
//! the ledger of that document. A form in parts: it changes only those it shows.

use std::collections::BTreeMap;

use askama::Template;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use base::{AccountId, ConfidentialFileId, DealId, Lang, PartyId, messages};
use brokering::BrokeringError;
use brokering::deals::{self, Reader, ReaderList, ReaderView, Readers};
use chrono::{Days, NaiveDate};

use super::super::faults::FaultLine;
use super::super::form::Form;
use super::super::format::{self, Moment};
use super::super::frame::{Frame, Visit, go, localised, page, parameter};
use super::super::paging::address;
use super::super::portion::{self, PART, Parts, packed, weight};
use super::super::typed;
use super::documents::{Openings, openings_of};
use super::{refused, say};
use crate::api;
use crate::app::App;
use crate::extract::Writer;
use crate::problem::Problem;

/// Days that are offered to whoever is not named yet.
const DAYS: u64 = 90;
/// Bytes of the people on one part of the page.
const ROOM_BYTES: usize = 30_000;

/// A person who may be named.
struct PersonLine {
    account: String,
    name: String,
    about: String,
    is_on: bool,
    until: String,
    /// Whether their day is over.
    is_over: bool,
    accepted: Option<Moment>,
}

#[derive(Template)]
#[template(path = "deal_readers.html")]
struct ReadersPage {
    f: Frame,
    code: String,
    deal: String,
    document: String,
    here: String,
    seen: i64,
    people: Vec<PersonLine>,
    parts: Option<Parts>,
    openings: Option<Openings>,
    faults: Vec<FaultLine>,
    done: Option<String>,
}

/// What was sent and could not be kept.
struct Refusal<'a> {
    status: StatusCode,
    faults: Vec<FaultLine>,
    form: Option<&'a Form>,
}

fn until_of(account: AccountId) -> String {
    format!("until-{account}")
}

/// The people of one part of the page, and how many parts there are.
fn part_of(list: &ReaderList, at: usize) -> Result<(&[ReaderView], usize), Problem> {
    let parts = packed(list.people.iter().map(|one| 700 + 3 * weight(&one.name)), |_| ROOM_BYTES);
    let shown = parts.get(at).cloned().and_then(|range| list.people.get(range)).ok_or_else(Problem::not_found)?;
    Ok((shown, parts.len()))
}

fn line(app: &App, one: &ReaderView, parties: &BTreeMap<PartyId, String>, form: Option<&Form>, today: NaiveDate, lang: Lang) -> PersonLine {
    let voice = app.vocabularies.name("deal_voices", one.voice.as_str(), lang).to_owned();
    let party = one.party.and_then(|party| parties.get(&party).cloned());
    let is_over = one.expires_on.is_some_and(|day| day < today);
    let usual = one.expires_on.filter(|_| !is_over).or_else(|| today.checked_add_days(Days::new(DAYS))).unwrap_or(today);
    let account = one.account.to_string();
    PersonLine {
        name: one.name.clone(),
        about: [Some(voice), party].into_iter().flatten().collect::<Vec<_>>().join(" · "),
        is_on: form.map_or(one.expires_on.is_some() && !is_over, |form| form.all("on").any(|on| on == account)),
        until: form.map_or_else(|| usual.to_string(), |form| form.get(&until_of(one.account)).to_owned()),
        is_over,
        accepted: one.accepted_at.map(|at| format::moment(lang, at)),
        account,
    }
}

async fn readers(app: &App, visit: &Visit, id: DealId, file: ConfidentialFileId, refusal: Refusal<'_>) -> Result<Response, Problem> {
    let lang = visit.lang();
    let actor = &visit.who.actor;
    let list = deals::readers(&app.brokering, actor, id, file).await?;
    let at = portion::asked(visit)?;
    let (shown, of) = part_of(&list, at)?;
    let parties: Vec<PartyId> = shown.iter().filter_map(|one| one.party).collect();
    let parties = accounts::parties::load_many(app.accounts.store().db(), &parties).await?;
    let parties = parties.into_iter().map(|one| (one.id, one.names.best(lang).unwrap_or_default().to_owned())).collect();
    let today = app.clock().today();
    let code = deals::titles(&app.brokering, actor, &[id]).await?.remove(&id).map(|deal| deal.code).unwrap_or_default();
    let path = format!("/deals/{id}/documents/{file}/readers");
    let here = localised(lang, &path);
    let number = (at + 1).to_string();
    let view = ReadersPage {
        f: visit
            .frame(app, messages::say(lang, "deal-readers-title", &[("code", &code)]))
            .at(&path)
            .unlisted()
            .without_search()
            .placed("my"),
        code,
        deal: localised(lang, &format!("/deals/{id}")),
        document: list.document_name.clone(),
        seen: list.version,
        people: shown.iter().map(|one| line(app, one, &parties, refusal.form, today, lang)).collect(),
        parts: Parts::new(&here, &[], at, of),
        openings: openings_of(app, visit, id, Some(file), &here).await?,
        here: address(&here, &[(PART, if at == 0 { "" } else { number.as_str() })]),
        done: (refusal.faults.is_empty() && parameter(visit, "did") == "saved").then(|| say(lang, "deal-readers-saved")),
        faults: refusal.faults,
    };
    Ok(page(refusal.status, lang, &view))
}

pub(in super::super) async fn show(State(app): State<App>, visit: Visit, Path(path): Path<(String, String)>) -> Result<Response, Problem> {
    let (id, file) = api::documents::both(path)?;
    readers(&app, &visit, id, file, Refusal { status: StatusCode::OK, faults: Vec::new(), form: None }).await
}

/// The whole list as it is once those shown on the form stand as it says; whose day cannot be read is named beside it.
fn wanted(list: &ReaderList, form: &Form, lang: Lang) -> (Vec<Reader>, Vec<FaultLine>) {
    let (mut wanted, mut faults) = (Vec::new(), Vec::new());
    for one in &list.people {
        let account = one.account.to_string();
        if !form.all("person").any(|shown| shown == account) {
            wanted.extend(one.expires_on.map(|expires_on| Reader { account: one.account, expires_on }));
            continue;
        }
        if !form.all("on").any(|on| on == account) {
            continue;
        }
        match typed::day(form.get(&until_of(one.account))) {
            Some(expires_on) => wanted.push(Reader { account: one.account, expires_on }),
            None => faults.push(FaultLine {
                id: until_of(one.account),
                label: one.name.clone(),
                text: messages::say(lang, "fault-not-a-day", &[]),
            }),
        }
    }
    (wanted, faults)
}

/// Names the readers.
pub(in super::super) async fn name(
    State(app): State<App>,
    visit: Visit,
    Writer(ctx): Writer,
    Path(path): Path<(String, String)>,
    form: Form,
) -> Result<Response, Problem> {
    let (id, file) = api::documents::both(path)?;
    let lang = visit.lang();
    let seen = form.get("_seen").parse().map_err(|_| Problem::malformed("bad-form"))?;
    let list = deals::readers(&app.brokering, &visit.who.actor, id, file).await?;
    let (wanted, faults) = wanted(&list, &form, lang);
    if !faults.is_empty() {
        let refusal = Refusal { status: StatusCode::UNPROCESSABLE_ENTITY, faults, form: Some(&form) };
        return readers(&app, &visit, id, file, refusal).await;
    }
    let line = |fault: &base::Fault| {
        let at = fault.pointer.split('/').nth(2).and_then(|n| n.parse::<usize>().ok()).and_then(|n| wanted.get(n));
        let name = at.and_then(|one| list.people.iter().find(|person| person.account == one.account)).map(|person| person.name.clone());
        FaultLine { id: at.map(|one| until_of(one.account)).unwrap_or_default(), label: name.unwrap_or_default(), text: fault.say(lang) }
    };
    match deals::name_readers(&app.brokering, ctx, id, file, seen, Readers { readers: wanted.clone() }).await {
        Ok(_) => {
            let here = localised(lang, &format!("/deals/{id}/documents/{file}/readers"));
            Ok(go(&address(&here, &[(PART, &parameter(&visit, PART)), ("did", "saved")])))
        }
        // Somebody else named others meanwhile: the page shows how it stands now.
        Err(error @ BrokeringError::Stale { .. }) => {
            let (status, faults) = refused(&app, error, lang, line)?;
            readers(&app, &visit, id, file, Refusal { status, faults, form: None }).await
        }
        Err(error) => {
            let (status, faults) = refused(&app, error, lang, line)?;
            readers(&app, &visit, id, file, Refusal { status, faults, form: Some(&form) }).await
        }
    }
}
