//! The need desk: every need in public, who looks after it, what is due, and the way to its matches and to the page on which
//! it is taken in hand ([`super::need`]).

use std::collections::HashMap;

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use base::{Lang, Limit, messages};
use listings::need_desk::recording::may_record;
use listings::need_desk::{DeskNeed, Sort, Which};
use listings::state::Status;

use super::super::format::{self, Moment};
use super::super::frame::{Frame, Visit, localised, parameter, parsed};
use super::super::mishap::Mishap;
use super::super::paging::{self, Sorted, address, cursor, is_turned, paged};
use super::super::takeaway::{self, Rows};
use super::{Tab, frame};
use crate::app::App;
use crate::problem::Problem;

pub(super) const PATH: &str = "/staff/needs";
/// What the list is narrowed to and where in it the reader is: taken along to a need and back.
const KEPT: [&str; 4] = ["which", "sort", paging::TURNED, "cursor"];

/// A need.
pub(in super::super) struct NeedLine {
    pub title: String,
    pub title_lang: Lang,
    pub href: String,
    pub matches: String,
    /// Where it is taken in hand.
    pub care: String,
    pub code: String,
    pub party: String,
    pub responsible: Option<String>,
    pub next: Option<String>,
    pub is_due: bool,
    /// Where it stands, of what is not out yet.
    pub standing: Option<String>,
    pub published: Option<Moment>,
}

#[derive(Template)]
#[template(path = "staff_needs.html")]
pub(in super::super) struct NeedsPage {
    pub f: Frame,
    pub tabs: Vec<Tab>,
    pub lines: Vec<NeedLine>,
    pub total: u64,
    pub by_responsible: Sorted,
    pub by_due: Sorted,
    pub by_published: Sorted,
    pub csv: String,
    pub next: Option<String>,
    pub first: Option<String>,
    /// Where a need is recorded, for those who may.
    pub record: Option<String>,
    pub done: Option<String>,
}

fn tabs(lang: Lang, which: Which) -> Vec<Tab> {
    let tab = |one: &Which| Tab {
        text: messages::say(lang, &format!("needs-{one}"), &[]),
        href: address(&localised(lang, PATH), &[("which", one.as_str())]),
        is_on: *one == which,
    };
    Which::ALL.iter().map(tab).collect()
}

/// An address that says which part of the list the reader comes from.
pub(super) fn within(visit: &Visit, path: &str, more: &[(&str, &str)]) -> String {
    let kept: Vec<(&str, String)> = KEPT.iter().map(|name| (*name, parameter(visit, name))).collect();
    let all: Vec<(&str, &str)> = kept.iter().map(|(name, value)| (*name, value.as_str())).chain(more.iter().copied()).collect();
    address(&localised(visit.lang(), path), &all)
}

async fn lines(app: &App, visit: &Visit, needs: Vec<DeskNeed>) -> Result<Vec<NeedLine>, Problem> {
    let lang = visit.lang();
    let parties: Vec<_> = needs.iter().map(|n| n.party).collect();
    let db = app.accounts.store().db();
    let parties: HashMap<_, _> = accounts::parties::load_many(db, &parties)
        .await?
        .into_iter()
        .map(|p| (p.id, p.names.best(lang).unwrap_or(&p.slug).to_owned()))
        .collect();
    let people: Vec<_> = needs.iter().filter_map(|n| n.responsible).collect();
    let people = accounts::people::names(db, &people).await?;
    let line = |need: DeskNeed| NeedLine {
        href: localised(lang, &need.url),
        care: within(visit, &super::need::path(need.id), &[]),
        matches: if need.status == Status::Published { localised(lang, &format!("{}/matches", need.url)) } else { String::new() },
        standing: (need.status != Status::Published)
            .then(|| app.vocabularies.name("listing_status", need.status.as_str(), lang).to_owned()),
        party: parties.get(&need.party).cloned().unwrap_or_default(),
        responsible: need.responsible.and_then(|id| people.get(&id).cloned()),
        next: need.next_action_on.map(|day| format::day(lang, day)),
        is_due: need.is_due,
        published: need.published_at.map(|at| format::recent(lang, at, app.clock().now())),
        title_lang: need.title_lang,
        title: need.title,
        code: need.code,
    };
    Ok(needs.into_iter().map(line).collect())
}

/// What the list is narrowed to and sorted by; the usual order says nothing.
fn filter(visit: &Visit, which: Which, sort: Sort) -> [(&'static str, &'static str); 3] {
    let sort = if sort == Sort::Published { "" } else { sort.as_str() };
    [("which", which.as_str()), ("sort", sort), (paging::TURNED, if is_turned(visit) { "turned" } else { "" })]
}

/// The head of a column: it turns the list by which it is sorted, or sorts it by itself.
fn head(visit: &Visit, which: Which, sort: Sort, own: Sort) -> Sorted {
    let [which, by, _] = filter(visit, which, own);
    if sort == own {
        let usual = if own == Sort::Published { "descending" } else { "ascending" };
        return paging::sorted(visit, PATH, &[which, by], usual);
    }
    Sorted { href: address(&localised(visit.lang(), PATH), &[which, by]), way: "none", arrow: "" }
}

pub(in super::super) async fn show(State(app): State<App>, visit: Visit) -> Result<Response, Problem> {
    let lang = visit.lang();
    let which: Which = parsed(&visit, "which")?.unwrap_or(Which::All);
    let sort: Sort = parsed(&visit, "sort")?.unwrap_or(Sort::Published);
    let by = (sort, is_turned(&visit));
    let actor = &visit.who.actor;
    if takeaway::is_asked(&visit)? {
        let mut rows = Rows::new();
        while rows.goes_on() {
            let found = listings::need_desk::sorted(&app.listings, actor, which, by, takeaway::part(), rows.cursor.as_deref()).await?;
            rows.add(lines(&app, &visit, found.items).await?, found.next);
        }
        let heads = ["column-need", "column-code", "column-party", "column-status", "needs-responsible", "needs-next", "fact-published"];
        return takeaway::file(lang, "needs", &heads, rows, |line| {
            let (text, iso) = (Option::unwrap_or_default, line.published.map(|m| m.iso).unwrap_or_default());
            vec![line.title, line.code, line.party, text(line.standing), text(line.responsible), text(line.next), iso]
        });
    }
    let found = listings::need_desk::sorted(&app.listings, actor, which, by, Limit::default(), cursor(&visit).as_deref()).await?;
    let paged = paged(&visit, PATH, &filter(&visit, which, sort), found.next.as_deref());
    let lines = lines(&app, &visit, found.items).await?;
    Ok(Mishap::none().show(lang, |_| NeedsPage {
        f: frame(&app, &visit, "needs-title", PATH),
        tabs: tabs(lang, which),
        lines,
        total: found.total,
        by_responsible: head(&visit, which, sort, Sort::Responsible),
        by_due: head(&visit, which, sort, Sort::Due),
        by_published: head(&visit, which, sort, Sort::Published),
        csv: paged.csv,
        next: paged.next,
        first: paged.first,
        record: may_record(&visit.who.actor).then(|| localised(lang, super::record::PATH)),
        done: super::done(&visit, &["recorded", "care"]),
    }))
}
