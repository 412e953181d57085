//! Saved searches: keeping what one just looked for, how one is told, and what each brought.

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use base::{Faults, Lang, SavedSearchId, messages};
use matching::saved::{self, Criteria, SavedError, SavedSearch, When};
use search::{Facet, Query, Viewer};

use super::asked::Asked;
use super::faults::FaultLine;
use super::fields::Opt;
use super::finding;
use super::form::Form;
use super::format::{self, Moment};
use super::frame::{Frame, Visit, go, localised, page, parameter};
use super::paging::{cursor, paged};
use crate::api;
use crate::app::App;
use crate::extract::{Id, Writer};
use crate::problem::Problem;
use axum::http::StatusCode;

const PATH: &str = "/my/searches";

/// A saved search in the list.
struct Line {
    id: String,
    name: String,
    seen: i64,
    /// What it looks for, in a few words.
    about: String,
    search: String,
    news: String,
    feed: String,
    ways: Vec<Opt>,
}

#[derive(Template)]
#[template(path = "saved.html")]
struct SavedPage {
    f: Frame,
    lines: Vec<Line>,
    done: Option<String>,
    faults: Vec<FaultLine>,
}

#[derive(Template)]
#[template(path = "saved_new.html")]
struct NewPage {
    f: Frame,
    faults: Vec<FaultLine>,
    name: String,
    query: String,
    about: String,
    total: u64,
    ways: Vec<Opt>,
    key: String,
    back: String,
}

/// Something that was brought.
struct NewsLine {
    title: String,
    title_lang: Lang,
    /// Its page; none if it is not to be seen any more.
    href: Option<String>,
    kind: String,
    at: Moment,
}

#[derive(Template)]
#[template(path = "saved_news.html")]
struct NewsPage {
    f: Frame,
    name: String,
    about: String,
    search: String,
    feed: String,
    lines: Vec<NewsLine>,
    total: u64,
    next: Option<String>,
    first: Option<String>,
}

/// The page that searches for what a search looks for, without order and page.
pub(crate) fn search_path(query: &Query) -> String {
    let mut asked = Asked::of(query);
    asked.sort = search::Sort::Relevance;
    asked.path(None)
}

fn ways(lang: Lang, chosen: When) -> Vec<Opt> {
    let opt = |when: &When| Opt {
        value: when.as_str().to_owned(),
        label: messages::say(lang, &format!("saved-when-{}", when.as_str().replace('_', "-")), &[]),
        is_on: *when == chosen,
        depth: 0,
    };
    When::ALL.iter().map(opt).collect()
}

/// What a search looks for, in a few words.
fn about(app: &App, visit: &Visit, criteria: &Criteria) -> Result<String, Problem> {
    let lang = visit.lang();
    let query = criteria.query();
    let party = match query.party {
        Some(id) => app.search.card(id.0, &Viewer::of(&visit.who.actor))?.map(|card| card.title(lang).to_owned()),
        None => None,
    };
    let words = finding::in_words(&Asked::of(&query), party, lang, &app.vocabularies);
    Ok(if words.is_empty() { messages::say(lang, "saved-everything", &[]) } else { words.join(" · ") })
}

fn line(app: &App, visit: &Visit, search: SavedSearch) -> Result<Line, Problem> {
    let lang = visit.lang();
    Ok(Line {
        about: about(app, visit, &search.criteria)?,
        search: localised(lang, &search_path(&search.criteria.query())),
        news: localised(lang, &format!("{PATH}/{}", search.id)),
        feed: super::feed::address(app, search.id, lang).map_err(|e| Problem::internal(&e))?,
        ways: ways(lang, search.when),
        seen: search.version,
        id: search.id.to_string(),
        name: search.name,
    })
}

/// The faults of a form of this page as its summary says them.
fn lines_of(faults: &Faults, lang: Lang) -> Vec<FaultLine> {
    let line = |fault: &base::Fault| {
        let is_name = fault.pointer == "/name";
        FaultLine {
            id: if is_name { "name".to_owned() } else { String::new() },
            label: if is_name { messages::say(lang, "saved-name", &[]) } else { String::new() },
            text: fault.say(lang),
        }
    };
    faults.iter().map(line).collect()
}

async fn list(app: &App, visit: &Visit, status: StatusCode, faults: Vec<FaultLine>) -> Result<Response, Problem> {
    let lang = visit.lang();
    let own = saved::mine(&app.saved, &visit.who.actor).await?;
    let did = parameter(visit, "did");
    let done = ["kept", "edited", "removed"].into_iter().find(|known| *known == did);
    let shown = SavedPage {
        f: visit.frame(app, messages::say(lang, "saved-title", &[])).at(PATH).unlisted().placed("my"),
        lines: own.into_iter().map(|search| line(app, visit, search)).collect::<Result<_, _>>()?,
        done: done.filter(|_| faults.is_empty()).map(|did| messages::say(lang, &format!("saved-did-{did}"), &[])),
        faults,
    };
    Ok(page(status, lang, &shown))
}

pub(super) async fn show(State(app): State<App>, visit: Visit) -> Result<Response, Problem> {
    list(&app, &visit, StatusCode::OK, Vec::new()).await
}

/// The form that keeps a search: its address has the search.
async fn new_page(app: &App, visit: &Visit, query: Query, sent: Option<&Form>, faults: Vec<FaultLine>) -> Result<Response, Problem> {
    let lang = visit.lang();
    let criteria = Criteria::of(&query);
    let about = about(app, visit, &criteria)?;
    let found = api::search::run(app, &visit.who, Query { limit: base::Limit::new(1).unwrap_or_default(), ..criteria.query() }).await?;
    let path = search_path(&query);
    let chosen = sent.and_then(|form| form.get("when").parse().ok()).unwrap_or(When::Daily);
    let status = if faults.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    let shown = NewPage {
        f: visit.frame(app, messages::say(lang, "saved-new-title", &[])).unlisted().placed("my"),
        faults,
        name: sent.map_or_else(|| about.chars().take(saved::NAME_MAX).collect(), |form| form.get("name").to_owned()),
        query: path.split_once('?').map(|(_, query)| query.to_owned()).unwrap_or_default(),
        about,
        total: found.total,
        ways: ways(lang, chosen),
        key: sent.map_or_else(|| app.clock().uuid().to_string(), |form| form.get("_key").to_owned()),
        back: localised(lang, &path),
    };
    Ok(page(status, lang, &shown))
}

pub(super) async fn ask(State(app): State<App>, visit: Visit) -> Result<Response, Problem> {
    let query = api::search::read(&app, finding::params(&visit.query).await?).await?;
    new_page(&app, &visit, query, None, Vec::new()).await
}

/// Keeps a search, changes one, or gives one up.
pub(super) async fn save(State(app): State<App>, visit: Visit, Writer(mut ctx): Writer, form: Form) -> Result<Response, Problem> {
    let bad = || Problem::malformed("bad-form");
    let when = || form.get("when").parse::<When>().map_err(|_| bad());
    let id = || form.get("id").parse::<SavedSearchId>().map_err(|_| bad());
    let (outcome, did) = match form.get("_do") {
        "keep" => {
            let query = api::saved_searches::read_query(&app, form.get("query")).await?;
            ctx.idempotency = form.once("keepSearch");
            match saved::create(&app.saved, ctx, form.get("name"), Criteria::of(&query), when()?).await {
                Err(SavedError::Invalid(faults)) => {
                    return new_page(&app, &visit, query, Some(&form), lines_of(&faults, visit.lang())).await;
                }
                other => (other.map(drop), "kept"),
            }
        }
        "edit" => {
            let seen = form.get("_seen").parse().map_err(|_| bad())?;
            (saved::edit(&app.saved, ctx, id()?, seen, form.get("name"), when()?).await.map(drop), "edited")
        }
        "remove" => (saved::remove(&app.saved, ctx, id()?).await, "removed"),
        _ => return Err(bad()),
    };
    match outcome {
        Ok(()) => Ok(go(&localised(visit.lang(), &format!("{PATH}?did={did}")))),
        Err(SavedError::Invalid(faults)) => list(&app, &visit, StatusCode::UNPROCESSABLE_ENTITY, lines_of(&faults, visit.lang())).await,
        Err(SavedError::Stale { .. }) => {
            let text = messages::say(visit.lang(), "own-stale", &[]);
            let line = FaultLine { id: String::new(), label: String::new(), text };
            list(&app, &visit, StatusCode::CONFLICT, vec![line]).await
        }
        Err(error) => Err(error.into()),
    }
}

/// What one search brought.
pub(super) async fn news(State(app): State<App>, visit: Visit, Id(id): Id<SavedSearchId>) -> Result<Response, Problem> {
    let (lang, actor) = (visit.lang(), &visit.who.actor);
    let search = saved::get(&app.saved, actor, id).await?;
    let found = saved::news(&app.saved, actor, Some(id), base::Limit::default(), cursor(&visit).as_deref()).await?;
    let viewer = Viewer::of(actor);
    let mut lines = Vec::with_capacity(found.items.len());
    for one in found.items {
        let card = app.search.card(one.found, &viewer)?;
        let over = || messages::say(lang, "saved-over", &[]);
        lines.push(NewsLine {
            title: card.as_ref().map_or_else(over, |card| card.title(lang).to_owned()),
            title_lang: card.as_ref().map_or(lang, |card| card.title_lang(lang)),
            href: card.as_ref().map(|card| localised(lang, &super::card::path(card))),
            kind: card.as_ref().map_or_else(String::new, |card| Facet::Kind.label(card.kind.as_str(), lang, &app.vocabularies)),
            at: format::recent(lang, one.at, app.clock().now()),
        });
    }
    let path = format!("{PATH}/{id}");
    let paged = paged(&visit, &path, &[], found.next.as_deref());
    let shown = NewsPage {
        f: visit.frame(&app, search.name.clone()).at(&path).unlisted().placed("my"),
        about: about(&app, &visit, &search.criteria)?,
        search: localised(lang, &search_path(&search.criteria.query())),
        feed: super::feed::address(&app, id, lang).map_err(|e| Problem::internal(&e))?,
        name: search.name,
        lines,
        total: found.total,
        next: paged.next,
        first: paged.first,
    };
    Ok(page(StatusCode::OK, lang, &shown))
}
