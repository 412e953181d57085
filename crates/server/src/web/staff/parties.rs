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
use super::super::paging::{Sorted, TURNED, address, cursor, is_turned, paged, sorted};
use super::super::takeaway::{self, Rows};
use super::{Tab, done, frame};
use crate::app::App;
use crate::extract::Writer;
use crate::problem::Problem;

pub(super) const PATH: &str = "/staff/parties";
/// What the list is narrowed to and where in it the reader is: taken along to the page that verifies several, and back.
pub(super) const KEPT: [&str; 4] = ["verification", "q", TURNED, "cursor"];
/// How several are checked most often.
const LIKELY: &str = "document";

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
    pub by_since: Sorted,
    pub csv: String,
    /// What the list is narrowed to and where in it the reader is, for the form that verifies several.
    pub kept: Vec<(&'static str, String)>,
    /// To what several are verified.
    pub levels: Vec<Opt>,
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

/// The levels to choose from.
pub(super) fn levels(app: &App, lang: Lang, now: &str) -> Vec<Opt> {
    let level = |code: &str| Opt {
        value: code.to_owned(),
        label: app.vocabularies.name("verification", code, lang).to_owned(),
        depth: 0,
        is_on: code == now,
    };
    VERIFICATIONS.into_iter().map(level).collect()
}

/// The parties as a file.
async fn as_file(app: &App, visit: &Visit, filter: &PartyFilter) -> Result<Response, Problem> {
    let lang = visit.lang();
    let mut rows = Rows::new();
    while rows.goes_on() {
        let found = accounts::parties::list(&app.accounts, filter, rows.cursor.as_deref(), takeaway::part()).await?;
        rows.add(found.items.into_iter().map(|party| line(app, party, lang, None)).collect(), found.next);
    }
    let heads = ["column-party", "field-profile-type", "field-profile-province", "staff-level", "staff-checked", "staff-registered"];
    takeaway::file(lang, "parties", &heads, rows, |line| {
        let checked = line.checked.map(|at| at.iso).unwrap_or_default();
        vec![line.name, line.sort, line.place, line.level_label, checked, line.since.iso]
    })
}

fn line(app: &App, party: PartyView, lang: Lang, sent: Option<&Form>) -> PartyLine {
    let id = party.id.to_string();
    let sent = sent.filter(|form| form.get("party") == id);
    let name = |list: &str, code: &str| app.vocabularies.name(list, code, lang).to_owned();
    let now = sent.map_or_else(|| party.verification.level.as_str().to_owned(), |form| form.get("level").to_owned());
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
        levels: levels(app, lang, &now),
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
    let turned = is_turned(visit);
    let filter = PartyFilter { verification, among, turned, ..PartyFilter::default() };
    if takeaway::is_asked(visit)? && sent.is_none() {
        return as_file(app, visit, &filter).await;
    }
    let rows = accounts::parties::list(&app.accounts, &filter, cursor(visit).as_deref(), Limit::default()).await?;
    let asked = [("verification", level.as_str()), ("q", words.as_str())];
    let by_since = sorted(visit, PATH, &asked, "descending");
    let whole = [asked[0], asked[1], (TURNED, if turned { "turned" } else { "" })];
    let paged = paged(visit, PATH, &whole, rows.next.as_deref());
    let kept = KEPT.map(|name| (name, parameter(visit, name)));
    Ok(mishap.show(lang, |faults| PartiesPage {
        f: frame(app, visit, "staff-parties-title", PATH),
        tabs: tabs(app, lang, &level, &words),
        lines: rows.items.into_iter().map(|party| line(app, party, lang, sent)).collect(),
        total: rows.total,
        by_since,
        csv: paged.csv,
        kept: kept.into_iter().filter(|(_, value)| !value.is_empty()).collect(),
        levels: levels(app, lang, LIKELY),
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

/// The same part of the list, with what was done there if anything was.
pub(super) fn back_to_list(visit: &Visit, did: &str) -> String {
    let kept = KEPT.map(|name| (name, parameter(visit, name)));
    let all: Vec<(&str, &str)> = kept.iter().map(|(name, value)| (*name, value.as_str())).chain([("did", did)]).collect();
    address(&localised(visit.lang(), PATH), &all)
}

/// Notes how a party's identity was checked.
pub(in super::super) async fn verify(State(app): State<App>, visit: Visit, Writer(ctx): Writer, form: Form) -> Result<Response, Problem> {
    let wrong = || Problem::malformed("bad-form");
    let (id, seen) = (form.get("party").parse().map_err(|_| wrong())?, form.get("_seen").parse().map_err(|_| wrong())?);
    match accounts::parties::verify(&app.accounts, ctx, id, seen, Code::from(form.get("level"))).await {
        Ok(_) => Ok(go(&back_to_list(&visit, "verify"))),
        Err(error) => {
            let place = |pointer: &str| (pointer == "/level").then(|| (format!("level-{id}"), "staff-level"));
            list(&app, &visit, Mishap::of(error, visit.lang(), place)?, Some(&form)).await
        }
    }
}
