//! What would make the page of a deal too heavy: there stands the beginning of it, and on a page of its own, behind `?all=…`,
//! all of it, in parts if it is long.

use std::collections::BTreeSet;

use askama::Template;
use axum::http::StatusCode;
use axum::response::Response;
use base::{Actor, DealId, Lang, Limit, Page};
use brokering::deals::{self, DealView, MessageView};

use super::super::format::beginning;
use super::super::frame::{Frame, Visit, page, parameter};
use super::super::portion::{self, Parts, ROOM_BYTES, packed, weight};
use super::documents::DocumentLine;
use super::{DealPage, OfferColumn, Person, SHOWN, TermRow, Thing};
use crate::app::App;
use crate::problem::Problem;

/// The parameter that names what is to be shown whole.
const ALL: &str = "all";
/// Bytes of one text on the page of a deal.
const TEXT_BYTES: usize = 400;
/// Bytes of one list there.
const LIST_BYTES: usize = 1_800;
/// Bytes of the messages there; one is always whole.
const THREAD_BYTES: usize = 9_000;

/// What can be shown whole, with the message that names it.
const NAMES: [(&str, &str); 12] = [
    ("tasks", "deal-tasks"),
    ("meetings", "deal-meetings"),
    ("papers", "deal-papers"),
    ("milestones", "deal-milestones"),
    ("payments", "deal-payments"),
    ("reports", "deal-reports"),
    ("documents", "deal-documents"),
    ("offers", "deal-offers"),
    ("brokers", "deal-brokers"),
    ("contract", "deal-contract"),
    ("legal", "deal-legal"),
    ("outcome", "deal-outcome"),
];

/// One of the things of a deal, whole. Only one of the lists has something in it.
#[derive(Template)]
#[template(path = "deal_whole.html")]
struct WholePage {
    f: Frame,
    back: String,
    code: String,
    title: String,
    title_lang: Lang,
    action: String,
    today: String,
    can_write: bool,
    remove_action: String,
    things: Vec<Thing>,
    documents: Vec<DocumentLine>,
    offers: Vec<OfferColumn>,
    terms: Vec<TermRow>,
    people: Vec<Person>,
    lines: Vec<(String, String)>,
    parts: Option<Parts>,
}

/// The newest messages that have room, with the way to older ones.
pub(super) async fn thread(app: &App, actor: &Actor, id: DealId, cursor: Option<&str>) -> Result<Page<MessageView>, Problem> {
    let ask = async |limit: u16| deals::thread(&app.brokering, actor, id, Limit::new(limit).unwrap_or_default(), cursor).await;
    let thread = ask(SHOWN).await?;
    let fit = packed(thread.items.iter().map(|message| 200 + weight(&message.text)), |_| THREAD_BYTES);
    let fit = fit.first().map_or(0, |range| range.len());
    if fit >= thread.items.len() {
        return Ok(thread);
    }
    Ok(ask(u16::try_from(fit.max(1)).unwrap_or(SHOWN)).await?)
}

/// What is asked for whole; none for the page of the deal itself.
///
/// # Errors
/// 404 for what there is not, or not for this reader.
pub(super) fn asked(visit: &Visit, view: &DealView) -> Result<Option<&'static str>, Problem> {
    let name = parameter(visit, ALL);
    if name.is_empty() {
        return Ok(None);
    }
    let known = NAMES.iter().find(|(known, _)| *known == name).map(|(known, _)| *known);
    known.filter(|_| view.inside.is_some()).map(Some).ok_or_else(Problem::not_found)
}

/// One of the things of a deal on a page of its own.
pub(super) fn show(app: &App, visit: &Visit, filled: DealPage, name: &'static str) -> Result<Response, Problem> {
    let lang = visit.lang();
    let at = portion::asked(visit)?;
    let heading = NAMES.iter().find(|(known, _)| *known == name).map_or("", |(_, key)| *key);
    let here = format!("/deals/{}", filled.action.rsplit('/').next().unwrap_or_default());
    let mut whole = WholePage {
        f: visit.frame(app, super::say(lang, heading)).at(&here).unlisted().without_search().placed("my"),
        back: filled.action.clone(),
        code: filled.code,
        title: filled.title,
        title_lang: filled.title_lang,
        action: filled.action.clone(),
        today: filled.today,
        can_write: filled.can_write,
        remove_action: filled.remove_action,
        things: Vec::new(),
        documents: Vec::new(),
        offers: Vec::new(),
        terms: Vec::new(),
        people: Vec::new(),
        lines: Vec::new(),
        parts: None,
    };
    let of_things = |all: Vec<Thing>| part(all, weight_of, at);
    let of_lines = |all: Vec<(String, String)>| part(all, |(label, text)| 80 + weight(label) + weight(text), at);
    let of = match name {
        "tasks" | "meetings" | "papers" | "milestones" | "payments" | "reports" => {
            let all = match name {
                "tasks" => filled.tasks,
                "meetings" => filled.meetings,
                "papers" => filled.papers,
                "milestones" => filled.milestones,
                "payments" => filled.payments,
                _ => filled.reports,
            };
            let (things, of) = of_things(all)?;
            whole.things = things;
            of
        }
        "documents" => {
            let (documents, of) = part(filled.documents, weight_of_document, at)?;
            whole.documents = documents;
            of
        }
        "offers" => {
            let row = |row: &TermRow| weight(&row.label) + row.cells.iter().map(|(text, _)| 60 + weight(text)).sum::<usize>();
            let (terms, of) = part(filled.terms, row, at)?;
            (whole.offers, whole.terms) = (filled.offers, terms);
            of
        }
        "brokers" => {
            let person = |one: &Person| 100 + weight(&one.name) + weight(&one.about) + one.statement.as_deref().map_or(0, weight);
            let (people, of) = part(filled.brokers, person, at)?;
            whole.people = people;
            of
        }
        _ => {
            let facts = match name {
                "contract" => filled.contract,
                "legal" => filled.legal,
                _ => filled.outcome,
            };
            let (lines, of) = of_lines(facts.lines)?;
            whole.lines = lines;
            of
        }
    };
    whole.parts = Parts::new(&filled.action, &[(ALL, name)], at, of);
    Ok(page(StatusCode::OK, lang, &whole))
}

/// The part of a list with this number, and how many there are.
fn part<T>(all: Vec<T>, weigh: impl Fn(&T) -> usize, at: usize) -> Result<(Vec<T>, usize), Problem> {
    let parts = packed(all.iter().map(weigh), |_| ROOM_BYTES);
    let shown = parts.get(at).cloned().ok_or_else(Problem::not_found)?;
    Ok((all.into_iter().skip(shown.start).take(shown.len()).collect(), parts.len()))
}

/// Leaves of everything that is long its beginning on the page; gives the names of what was cut.
pub(super) fn shorten(filled: &mut DealPage) -> BTreeSet<&'static str> {
    let mut cut = BTreeSet::new();
    let lists = [
        ("tasks", &mut filled.tasks),
        ("meetings", &mut filled.meetings),
        ("papers", &mut filled.papers),
        ("milestones", &mut filled.milestones),
        ("payments", &mut filled.payments),
        ("reports", &mut filled.reports),
    ];
    for (name, things) in lists {
        let mut is_cut = false;
        for thing in things.iter_mut() {
            is_cut |= shorten_text(&mut thing.about);
        }
        // What is still to be done stays on the page before what is over.
        let fit = fitting(things.iter().map(weight_of));
        if fit < things.len() {
            things.sort_by_key(|thing| thing.button.is_none());
            things.truncate(fitting(things.iter().map(weight_of)));
            is_cut = true;
        }
        if is_cut {
            cut.insert(name);
        }
    }
    let fit = fitting(filled.documents.iter().map(weight_of_document));
    if fit < filled.documents.len() {
        filled.documents.truncate(fit);
        cut.insert("documents");
    }
    let cells = filled.terms.iter_mut().flat_map(|row| &mut row.cells);
    if cells.fold(false, |is_cut, (text, _)| shorten_text(text) | is_cut) {
        cut.insert("offers");
    }
    let statements = filled.brokers.iter_mut().filter_map(|one| one.statement.as_mut());
    if statements.fold(false, |is_cut, text| shorten_text(text) | is_cut) {
        cut.insert("brokers");
    }
    for (name, facts) in [("contract", &mut filled.contract), ("legal", &mut filled.legal), ("outcome", &mut filled.outcome)] {
        if facts.lines.iter_mut().fold(false, |is_cut, (_, text)| shorten_text(text) | is_cut) {
            cut.insert(name);
        }
    }
    cut
}

/// How many of a list have room, at least one.
fn fitting(weights: impl Iterator<Item = usize>) -> usize {
    packed(weights, |_| LIST_BYTES).first().map_or(0, |range| range.len())
}

/// Cuts a text that is too long; tells whether it was.
fn shorten_text(text: &mut String) -> bool {
    if weight(text) <= TEXT_BYTES {
        return false;
    }
    *text = beginning(text, TEXT_BYTES);
    true
}

fn weight_of(thing: &Thing) -> usize {
    // What a button does to which thing it says to whoever does not see where it stands.
    let title = weight(&thing.title);
    let button = thing.button.as_ref().map_or(0, |button| if button.day.is_some() { 700 + 2 * title } else { 350 + title });
    let take_back = thing.take_back.as_ref().map_or(0, |_| 350 + title);
    120 + button + take_back + title + weight(&thing.about)
}

fn weight_of_document(one: &DocumentLine) -> usize {
    560 + 3 * weight(&one.name) + weight(&one.about)
}
