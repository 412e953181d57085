//! Saved searches: keeping what one just looked for, how one is told, and what each brought.

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use base::{Actor, Faults, Lang, SavedSearchId, messages};
use listings::Kind;
use matching::Ask;
use matching::saved::{self, Criteria, SavedError, SavedSearch, When};
use search::{Facet, Query, Viewer};

use super::asked::Asked;
use super::faults::FaultLine;
use super::fields::Opt;
use super::finding;
use super::form::Form;
use super::format::{self, Moment};
use super::frame::{Frame, Visit, go, localised, page, parameter, parsed};
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
    /// The need that is followed; empty for a search.
    need: String,
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

/// The page that shows what a saved search looks for: that of the search, or of the matches of a need; the list of saved
/// searches where that need is not to be seen any more.
pub(crate) fn criteria_path(app: &App, actor: &Actor, criteria: &Criteria) -> Result<String, Problem> {
    let Some(need) = criteria.need else { return Ok(search_path(&criteria.query())) };
    let card = app.search.card(need.0, &Viewer::of(actor))?;
    Ok(card.map_or_else(|| PATH.to_owned(), |card| format!("{}/matches", super::card::path(&card))))
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
    if let Some(need) = criteria.need {
        let card = app.search.card(need.0, &Viewer::of(&visit.who.actor))?;
        return Ok(match card {
            Some(card) => messages::say(lang, "saved-need", &[("title", card.title(lang))]),
            None => messages::say(lang, "saved-need-gone", &[]),
        });
    }
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
        search: localised(lang, &criteria_path(app, &visit.who.actor, &search.criteria)?),
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

/// The form that keeps a search or follows a need: its address has which.
async fn new_page(app: &App, visit: &Visit, criteria: &Criteria, sent: Option<&Form>, faults: Vec<FaultLine>) -> Result<Response, Problem> {
    let lang = visit.lang();
    let about = about(app, visit, criteria)?;
    let one = base::Limit::new(1).unwrap_or_default();
    let total = match criteria.need {
        Some(need) => {
            let ask = Ask { limit: one, ..Ask::default() };
            app.matcher.matches_of(&visit.who.actor, Kind::Need, need, &ask).await?.total
        }
        None => api::search::run(app, &visit.who, Query { limit: one, ..criteria.query() }).await?.total,
    };
    let path = criteria_path(app, &visit.who.actor, criteria)?;
    let chosen = sent.and_then(|form| form.get("when").parse().ok()).unwrap_or(When::Daily);
    let status = if faults.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    let shown = NewPage {
        f: visit.frame(app, messages::say(lang, "saved-new-title", &[])).unlisted().placed("my"),
        faults,
        name: sent.map_or_else(|| about.chars().take(saved::NAME_MAX).collect(), |form| form.get("name").to_owned()),
        query: path.split_once('?').map(|(_, query)| query.to_owned()).unwrap_or_default(),
        need: criteria.need.map(|id| id.to_string()).unwrap_or_default(),
        about,
        total,
        ways: ways(lang, chosen),
        key: sent.map_or_else(|| app.clock().uuid().to_string(), |form| form.get("_key").to_owned()),
        back: localised(lang, &path),
    };
    Ok(page(status, lang, &shown))
}

pub(super) async fn ask(State(app): State<App>, visit: Visit) -> Result<Response, Problem> {
    let criteria = match parsed(&visit, "need")? {
        Some(need) => Criteria::of_need(need),
        None => Criteria::of(&api::search::read(&app, finding::params(&visit.query).await?).await?),
    };
    new_page(&app, &visit, &criteria, None, Vec::new()).await
}

/// Keeps a search, changes one, or gives one up.
pub(super) async fn save(State(app): State<App>, visit: Visit, Writer(mut ctx): Writer, form: Form) -> Result<Response, Problem> {
    let bad = || Problem::malformed("bad-form");
    let when = || form.get("when").parse::<When>().map_err(|_| bad());
    let id = || form.get("id").parse::<SavedSearchId>().map_err(|_| bad());
    let (outcome, did) = match form.get("_do") {
        "keep" => {
            let criteria = match form.get("need") {
                "" => Criteria::of(&api::saved_searches::read_query(&app, form.get("query")).await?),
                need => Criteria::of_need(need.parse().map_err(|_| bad())?),
            };
            ctx.idempotency = form.once("keepSearch");
            match saved::create(&app.saved, ctx, form.get("name"), criteria.clone(), when()?).await {
                Err(SavedError::Invalid(faults)) => {
                    return new_page(&app, &visit, &criteria, Some(&form), lines_of(&faults, visit.lang())).await;
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
        search: localised(lang, &criteria_path(&app, actor, &search.criteria)?),
        feed: super::feed::address(&app, id, lang).map_err(|e| Problem::internal(&e))?,
        name: search.name,
        lines,
        total: found.total,
        next: paged.next,
        first: paged.first,
    };
    Ok(page(StatusCode::OK, lang, &shown))
}
