//! Atom feeds (RFC 4287): of any search, for everybody, and of a saved one or a followed need, for whoever has its address.

use accounts::links;
use askama::Template;
use axum::extract::{Path, State};
use axum::http::header;
use axum::response::{IntoResponse as _, Response};
use base::secret::NoRandomness;
use base::{Actor, Lang, Limit, ListingId, SavedSearchId, messages};
use chrono::{DateTime, Utc};
use search::{Query, Sort, Viewer};

use super::finding;
use super::frame::{Visit, localised};
use super::saved::{criteria_path, search_path};
use crate::api;
use crate::app::App;
use crate::problem::Problem;

/// For what the addresses of feeds are sealed.
const FEED: &str = "feed";
/// Entries of a feed.
const ENTRIES: u16 = 50;

struct Entry {
    id: String,
    title: String,
    url: String,
    summary: String,
    author: Option<String>,
    at: String,
}

#[derive(Template)]
#[template(path = "feed.xml")]
struct Feed {
    lang: Lang,
    id: String,
    title: String,
    own: String,
    page: String,
    author: String,
    updated: String,
    entries: Vec<Entry>,
}

/// The whole address of a saved search's feed. It opens the search for whoever has it, until the search is given up.
pub(crate) fn address(app: &App, id: SavedSearchId, lang: Lang) -> Result<String, NoRandomness> {
    let sealed = links::seal(&app.accounts, FEED, &id)?;
    Ok(format!("{}{}", app.settings.public_url, localised(lang, &format!("/feeds/{sealed}"))))
}

/// What names a feed and where it leads.
struct Head {
    id: String,
    title: String,
    own: String,
}

/// What a search finds, the newest first.
async fn found(app: &App, lang: Lang, viewer: Viewer, query: Query, head: Head) -> Result<Response, Problem> {
    let query = Query { sort: Sort::Newest, limit: Limit::new(ENTRIES).unwrap_or_default(), facets: Vec::new(), cursor: None, ..query };
    let query = Query { count_periods: false, all_words: true, ..query };
    let base = &app.settings.public_url;
    let path = search_path(&query);
    let search = app.search.clone();
    let found = tokio::task::spawn_blocking(move || search.find(&query, &viewer)).await.map_err(|e| Problem::internal(&e))??;
    let entries = found.items.into_iter().map(|hit| {
        let card = hit.card;
        let entry = Entry {
            id: format!("urn:uuid:{}", card.id),
            title: card.title(lang).to_owned(),
            url: format!("{base}{}", localised(lang, &super::card::path(&card))),
            summary: card.summary(lang).to_owned(),
            author: card.party.as_ref().map(|party| api::search::party_name(party, lang).to_owned()),
            at: card.published_at.to_rfc3339(),
        };
        (card.published_at, entry)
    });
    write(app, lang, &path, head, entries.collect())
}

/// What answers a need, the newest first of the best.
async fn answers(app: &App, owner: &Actor, need: ListingId, path: &str, head: Head) -> Result<Response, Problem> {
    let mut found = app.matcher.answers(owner, need, Limit::new(ENTRIES).unwrap_or_default()).await?;
    found.sort_by_key(|listing| std::cmp::Reverse((listing.published_at, listing.id)));
    let base = &app.settings.public_url;
    let entries = found.into_iter().map(|listing| {
        let entry = Entry {
            id: format!("urn:uuid:{}", listing.id),
            title: listing.title,
            url: format!("{base}{}", localised(owner.lang, &listing.url)),
            summary: listing.summary,
            author: listing.party,
            at: listing.published_at.to_rfc3339(),
        };
        (listing.published_at, entry)
    });
    write(app, owner.lang, path, head, entries.collect())
}

fn write(app: &App, lang: Lang, path: &str, head: Head, entries: Vec<(DateTime<Utc>, Entry)>) -> Result<Response, Problem> {
    let space = if lang == Lang::Vi { &app.space.settings.operator_vi } else { &app.space.settings.operator_en };
    let shown = Feed {
        lang,
        id: head.id,
        title: head.title,
        own: head.own,
        page: format!("{}{}", app.settings.public_url, localised(lang, path)),
        author: space.clone(),
        // A feed of nothing is as old as the world: it changes when something comes.
        updated: entries.iter().map(|(at, _)| *at).max().unwrap_or_default().to_rfc3339(),
        entries: entries.into_iter().map(|(_, entry)| entry).collect(),
    };
    let xml = shown.render().map_err(|e| Problem::internal(&e))?;
    let headers = [(header::CONTENT_TYPE, "application/atom+xml; charset=utf-8"), (header::CACHE_CONTROL, "private, no-cache")];
    Ok((headers, xml).into_response())
}

/// The newest of what a search finds, for everybody.
pub(super) async fn of_search(State(app): State<App>, visit: Visit) -> Result<Response, Problem> {
    let lang = visit.lang();
    let query = api::search::read(&app, finding::params(&visit.query).await?).await?;
    let own = format!("{}{}", app.settings.public_url, localised(lang, &search_path(&query).replacen("/search", "/search/feed", 1)));
    let words = finding::in_words(&super::asked::Asked::of(&query), None, lang, &app.vocabularies).join(" · ");
    let title = if words.is_empty() { messages::say(lang, "search-all", &[]) } else { words };
    // A reader has no session: what is only for those signed in is not in it, whoever asks.
    let viewer = Viewer::of(&Actor::anonymous(lang));
    found(&app, lang, viewer, query, Head { id: own.clone(), title, own }).await
}

/// The newest of what a saved search finds, as its owner may see it now.
pub(super) async fn of_saved(State(app): State<App>, visit: Visit, Path(link): Path<String>) -> Result<Response, Problem> {
    let lang = visit.lang();
    let id: SavedSearchId = links::open(&app.accounts, FEED, &link).ok_or_else(Problem::not_found)?;
    let kept = matching::saved::find(&app.saved, id).await?.ok_or_else(Problem::not_found)?;
    let owner = matching::saved::owner(&app.saved, &kept).await?.ok_or_else(Problem::not_found)?;
    let own = format!("{}{}", app.settings.public_url, localised(lang, &format!("/feeds/{link}")));
    let owner = Actor { lang, ..owner };
    let head = Head { id: format!("urn:uuid:{id}"), title: kept.name, own };
    match kept.criteria.need {
        Some(need) => answers(&app, &owner, need, &criteria_path(&app, &owner, &kept.criteria)?, head).await,
        None => found(&app, lang, Viewer::of(&owner), kept.criteria.query(), head).await,
    }
}
