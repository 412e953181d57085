//! The audit trail: what happened, by whom, to what, the newest first; and whether its chain is whole.

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use base::clock::day_begins;
use base::{AccountId, Lang, Limit, messages};
use chrono::NaiveDate;
use store::events::Filter;
use uuid::Uuid;

use super::super::faults::FaultLine;
use super::super::format::{self, Moment};
use super::super::frame::{Frame, Visit, localised, page, parameter};
use super::super::paging::{address, cursor, paged};
use super::super::takeaway::{self, Rows};
use super::frame;
use super::subjects::{Happenings, Subject, Subjects, happenings, kind_of_event, kind_of_subject};
use crate::api;
use crate::api::events::{ChainCheck, EventBody};
use crate::app::App;
use crate::problem::Problem;

pub(super) const PATH: &str = "/staff/events";
/// Events on a page.
const SHOWN: u16 = 40;

/// An event.
pub(in super::super) struct EventLine {
    pub position: u64,
    pub at: Moment,
    pub actor: String,
    pub actor_href: Option<String>,
    /// What happened, in words.
    pub what: String,
    pub kind: String,
    pub kind_href: String,
    /// What it happened to, as far as the reader may see it.
    pub about: Option<Subject>,
    /// What kind of thing that is.
    pub about_kind: String,
    pub subject: String,
    pub subject_href: String,
    pub payload: String,
}

/// What is asked for, as it was typed.
#[derive(Default)]
pub(in super::super) struct Asked {
    pub kind: String,
    pub subject: String,
    pub actor: String,
    /// The first day and the last one, in Vietnam.
    pub from: String,
    pub to: String,
}

/// What the check of the chain found.
pub(in super::super) struct Chain {
    pub is_whole: bool,
    pub text: String,
}

#[derive(Template)]
#[template(path = "staff_events.html")]
pub(in super::super) struct EventsPage {
    pub f: Frame,
    pub asked: Asked,
    /// Every kind of event, to choose from.
    pub happenings: Vec<Happenings>,
    /// What the two ids that are asked for belong to, as far as the reader may see it.
    pub subject_name: Option<String>,
    pub actor_name: Option<String>,
    pub lines: Vec<EventLine>,
    pub total: u64,
    pub csv: String,
    pub next: Option<String>,
    pub first: Option<String>,
    pub chain: Option<Chain>,
    pub faults: Vec<FaultLine>,
}

impl Asked {
    fn of(visit: &Visit) -> Self {
        let said = |name: &str| parameter(visit, name).trim().to_owned();
        Self { kind: said("kind"), subject: said("subject"), actor: said("actor"), from: said("from"), to: said("to") }
    }

    fn parameters(&self) -> [(&'static str, &str); 5] {
        [("kind", &self.kind), ("subject", &self.subject), ("actor", &self.actor), ("from", &self.from), ("to", &self.to)]
    }

    /// The filter, or which inputs hold no id or no day.
    fn filter(&self, before: Option<i64>) -> Result<Filter, Vec<&'static str>> {
        let id = |text: &str| if text.is_empty() { Ok(None) } else { Uuid::try_parse(text).map(Some) };
        let kind = Some(self.kind.clone()).filter(|kind| !kind.is_empty());
        let day = |text: &str| if text.is_empty() { Ok(None) } else { text.parse::<NaiveDate>().map(Some) };
        match (id(&self.subject), id(&self.actor), day(&self.from), day(&self.to)) {
            (Ok(subject), Ok(actor), Ok(from), Ok(to)) => {
                let (since, until) = (from.map(day_begins), to.and_then(|day| day.succ_opt()).map(day_begins));
                Ok(Filter { subject, kind, actor, before, since, until, ..Filter::default() })
            }
            (subject, actor, from, to) => {
                let wrong = [("subject", subject.is_err()), ("actor", actor.is_err()), ("from", from.is_err()), ("to", to.is_err())];
                Err(wrong.into_iter().filter(|(_, is_wrong)| *is_wrong).map(|(name, _)| name).collect())
            }
        }
    }
}

fn line(event: EventBody, subjects: &Subjects, lang: Lang) -> EventLine {
    let here = localised(lang, PATH);
    let actor = event.actor.and_then(|id| subjects.people.get(&AccountId(id)).cloned());
    EventLine {
        position: u64::try_from(event.position).unwrap_or_default(),
        at: format::moment(lang, event.at),
        actor: actor.unwrap_or_else(|| messages::say(lang, &format!("staff-actor-{}", event.actor_kind), &[])),
        actor_href: event.actor.map(|id| address(&here, &[("actor", &id.to_string())])),
        what: kind_of_event(&event.kind, lang),
        about: subjects.get(event.subject).cloned(),
        about_kind: kind_of_subject(&event.subject_kind, lang),
        kind_href: address(&here, &[("kind", &event.kind)]),
        kind: event.kind,
        subject_href: address(&here, &[("subject", &event.subject.to_string())]),
        subject: event.subject.to_string(),
        payload: event.payload.to_string(),
    }
}

fn chain(check: &ChainCheck, lang: Lang) -> Chain {
    let count = |n: i64| format::count(lang, u64::try_from(n).unwrap_or_default());
    let text = match check.broken_at {
        None => messages::say(lang, "staff-chain-whole", &[("count", &count(check.events))]),
        Some(at) => messages::say(lang, "staff-chain-broken", &[("number", &count(at))]),
    };
    Chain { is_whole: check.whole, text }
}

/// The trail as a file.
async fn as_file(app: &App, visit: &Visit, filter: &Filter) -> Result<Response, Problem> {
    let lang = visit.lang();
    let mut lines = Rows::new();
    while lines.goes_on() {
        let filter = Filter { before: api::events::before(lines.cursor.as_deref())?, ..filter.clone() };
        let found = api::events::read(app, &visit.who.actor, &filter, takeaway::part()).await?;
        let subjects = Subjects::of(app, visit, &found.items).await?;
        lines.add(found.items.into_iter().map(|event| line(event, &subjects, lang)).collect(), found.next);
    }
    let heads = [
        "staff-event-number",
        "staff-event-at",
        "staff-event-by",
        "staff-event-kind",
        "column-code",
        "staff-event-about",
        "staff-event-subject",
        "staff-event-facts",
    ];
    takeaway::file(lang, "events", &heads, lines, |line| {
        let about = line.about.map_or(line.about_kind, |about| about.name);
        vec![line.position.to_string(), line.at.iso, line.actor, line.what, line.kind, about, line.subject, line.payload]
    })
}

async fn trail(app: &App, visit: &Visit, check: Option<&ChainCheck>) -> Result<Response, Problem> {
    let lang = visit.lang();
    let asked = Asked::of(visit);
    let closed: &[&str] = if api::events::reads_closed(&visit.who.actor) { &[] } else { &api::events::CLOSED };
    let here = cursor(visit);
    let mut view = EventsPage {
        f: frame(app, visit, "staff-events-title", PATH),
        happenings: happenings(lang, &asked.kind, closed),
        subject_name: None,
        actor_name: None,
        lines: Vec::new(),
        total: 0,
        csv: String::new(),
        next: None,
        first: None,
        chain: check.map(|check| chain(check, lang)),
        faults: Vec::new(),
        asked,
    };
    let limit = Limit::new(SHOWN).unwrap_or_default();
    let filter = view.asked.filter(api::events::before(here.as_deref())?);
    // Asked even where nothing can be found, so that who may not read the trail learns nothing of its form.
    let events = api::events::read(app, &visit.who.actor, filter.as_ref().unwrap_or(&Filter::default()), limit).await?;
    if let Err(wrong) = &filter {
        let fault = |name: &&str| FaultLine {
            id: (*name).to_owned(),
            label: messages::say(lang, &format!("staff-event-{name}"), &[]),
            text: messages::say(lang, if matches!(*name, "from" | "to") { "staff-not-a-day" } else { "staff-not-an-id" }, &[]),
        };
        view.faults = wrong.iter().map(fault).collect();
        return Ok(page(StatusCode::BAD_REQUEST, lang, &view));
    }
    if let (Ok(filter), true) = (&filter, check.is_none() && takeaway::is_asked(visit)?) {
        return as_file(app, visit, filter).await;
    }
    let subjects = Subjects::of(app, visit, &events.items).await?;
    if let Ok(Filter { subject, actor, .. }) = &filter {
        view.subject_name = subject.and_then(|id| subjects.get(id)).map(|one| one.name.clone());
        view.actor_name = actor.and_then(|id| subjects.people.get(&AccountId(id)).cloned());
    }
    let paged = paged(visit, PATH, &view.asked.parameters(), events.next.as_deref());
    view.lines = events.items.into_iter().map(|event| line(event, &subjects, lang)).collect();
    (view.total, view.next, view.first, view.csv) = (events.total, paged.next, paged.first, paged.csv);
    Ok(page(StatusCode::OK, lang, &view))
}

pub(in super::super) async fn show(State(app): State<App>, visit: Visit) -> Result<Response, Problem> {
    trail(&app, &visit, None).await
}

/// Checks the chain from its beginning and says what was found.
pub(in super::super) async fn check(State(app): State<App>, visit: Visit) -> Result<Response, Problem> {
    let found = api::events::check(&app, &visit.who.actor).await?;
    trail(&app, &visit, Some(&found)).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_id_is_told_and_not_searched_for() {
        let asked = Asked { subject: "7".to_owned(), actor: "0190a6f2-0000-7000-8000-000000000000".to_owned(), ..Asked::default() };
        assert_eq!(asked.filter(None).unwrap_err(), ["subject"]);
        let filter = Asked { kind: "party.created".to_owned(), ..Asked::default() }.filter(Some(7)).unwrap();
        assert_eq!((filter.kind.as_deref(), filter.before, filter.subject), (Some("party.created"), Some(7), None));
        let days = Asked { from: "2026-11-24".to_owned(), to: "24/11".to_owned(), ..Asked::default() };
        assert_eq!(days.filter(None).unwrap_err(), ["to"]);
        let one_day = Asked { to: "2026-11-24".to_owned(), ..days }.filter(None).unwrap();
        assert_eq!(one_day.since.unwrap().to_string(), "2026-11-23 17:00:00 UTC", "days are days in Vietnam");
        assert_eq!(one_day.until.unwrap().to_string(), "2026-11-24 17:00:00 UTC");
    }
}
