//! Parties, for those who verify them: which are open, and how the identity of each was checked.

use accounts::PartyView;
use accounts::access::{VerifyParty, may_verify};
use accounts::parties::{PartyFilter, VERIFICATIONS};
use askama::Template;
use axum::extract::State;
use axum::response::Response;
use base::{Action, Code, Lang, Limit, Refused, messages};

use super::super::faults::FaultLine;
use super::super::fields::Opt;
use super::super::form::Form;
use super::super::format::{self, Moment};
use super::super::frame::{Frame, Visit, go, localised, parameter};
use super::super::mishap::Mishap;
use super::super::paging::{address, cursor, paged};
use super::{Tab, back, done, frame};
use crate::app::App;
use crate::extract::Writer;
use crate::problem::Problem;

pub(super) const PATH: &str = "/staff/parties";

/// A party.
pub(in super::super) struct PartyLine {
    pub id: String,
    pub name: String,
    pub href: String,
    pub sort: String,
    pub place: String,
    pub level_label: String,
    pub is_verified: bool,
    pub checked: Option<Moment>,
    pub since: Moment,
    pub version: i64,
    pub levels: Vec<Opt>,
    /// Whether its form is open, because it was sent.
    pub is_open: bool,
}

#[derive(Template)]
#[template(path = "staff_parties.html")]
pub(in super::super) struct PartiesPage {
    pub f: Frame,
    pub tabs: Vec<Tab>,
    /// The level it is narrowed to, and what is looked for by name or number.
    pub level: String,
    pub words: String,
    pub lines: Vec<PartyLine>,
    pub total: u64,
    pub action: String,
    pub next: Option<String>,
    pub first: Option<String>,
    pub faults: Vec<FaultLine>,
    pub done: Option<String>,
    /// Where one party takes in another, for those who may.
    pub merge: Option<String>,
}

fn tabs(app: &App, lang: Lang, level: &str, words: &str) -> Vec<Tab> {
    let tab = |code: &str| Tab {
        text: match code {
            "" => messages::say(lang, "my-all", &[]),
            code => app.vocabularies.name("verification", code, lang).to_owned(),
        },
        href: address(&localised(lang, PATH), &[("verification", code), ("q", words)]),
        is_on: code == level,
    };
    std::iter::once("").chain(VERIFICATIONS).map(tab).collect()
}

fn line(app: &App, party: PartyView, lang: Lang, sent: Option<&Form>) -> PartyLine {
    let id = party.id.to_string();
    let sent = sent.filter(|form| form.get("party") == id);
    let name = |list: &str, code: &str| app.vocabularies.name(list, code, lang).to_owned();
    let now = sent.map_or_else(|| party.verification.level.as_str().to_owned(), |form| form.get("level").to_owned());
    let level = |code: &str| Opt { value: code.to_owned(), label: name("verification", code), depth: 0, is_on: code == now };
    PartyLine {
        name: party.profile.names.best(lang).unwrap_or(&party.slug).to_owned(),
        href: localised(lang, &format!("/parties/{}", party.slug)),
        sort: name("party_types", party.profile.party_type.as_str()),
        place: party.profile.address.as_ref().map(|a| name("provinces", a.province.as_str())).unwrap_or_default(),
        level_label: name("verification", party.verification.level.as_str()),
        is_verified: party.verification.level != *"unverified",
        checked: party.verification.at.map(|at| format::moment(lang, at)),
        since: format::moment(lang, party.created_at),
        version: party.version,
        levels: VERIFICATIONS.into_iter().map(level).collect(),
        is_open: sent.is_some(),
        id,
    }
}

async fn list(app: &App, visit: &Visit, mishap: Mishap, sent: Option<&Form>) -> Result<Response, Problem> {
    // Parties are public, what is done to them here is not.
    if !may_verify(&visit.who.actor) {
        return Err(Refused::Forbidden { action: VerifyParty::NAME }.into());
    }
    let lang = visit.lang();
    let level = parameter(visit, "verification");
    let words = parameter(visit, "q").trim().to_owned();
    let among = match words.as_str() {
        "" => None,
        words => {
            let known = search::desk::look_up(&app.search, &app.accounts, &visit.who.actor, words).await?;
            Some(known.into_iter().map(|party| party.id).collect())
        }
    };
    let verification = Some(level.as_str()).filter(|l| !l.is_empty()).map(Code::from);
    let filter = PartyFilter { verification, among, ..PartyFilter::default() };
    let rows = accounts::parties::list(&app.accounts, &filter, cursor(visit).as_deref(), Limit::default()).await?;
    let paged = paged(visit, PATH, &[("verification", &level), ("q", &words)], rows.next.as_deref());
    Ok(mishap.show(lang, |faults| PartiesPage {
        f: frame(app, visit, "staff-parties-title", PATH),
        tabs: tabs(app, lang, &level, &words),
        lines: rows.items.into_iter().map(|party| line(app, party, lang, sent)).collect(),
        total: rows.total,
        action: paged.action,
        level,
        words,
        next: paged.next,
        first: paged.first,
        done: done(visit, &["verify", "merge"]).filter(|_| faults.is_empty()),
        merge: accounts::merging::may_merge(&visit.who.actor).then(|| localised(lang, super::merge::PATH)),
        faults,
    }))
}

pub(in super::super) async fn show(State(app): State<App>, visit: Visit) -> Result<Response, Problem> {
    list(&app, &visit, Mishap::none(), None).await
}

/// Notes how a party's identity was checked.
pub(in super::super) async fn verify(State(app): State<App>, visit: Visit, Writer(ctx): Writer, form: Form) -> Result<Response, Problem> {
    let wrong = || Problem::malformed("bad-form");
    let (id, seen) = (form.get("party").parse().map_err(|_| wrong())?, form.get("_seen").parse().map_err(|_| wrong())?);
    match accounts::parties::verify(&app.accounts, ctx, id, seen, Code::from(form.get("level"))).await {
        Ok(_) => {
            let filter = [("verification", &*parameter(&visit, "verification")), ("q", &*parameter(&visit, "q"))];
            Ok(go(&back(&visit, PATH, &filter, "verify")))
        }
        Err(error) => {
            let place = |pointer: &str| (pointer == "/level").then(|| (format!("level-{id}"), "staff-level"));
            list(&app, &visit, Mishap::of(error, visit.lang(), place)?, Some(&form)).await
        }
    }
}
