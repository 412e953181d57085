//! Atom feeds (RFC 4287): of any search, for everybody, and of what a saved one or a followed need brought, for whoever has its
//! address.

use accounts::links;
use askama::Template;
use axum::extract::{Path, State};
use axum::http::header;
use axum::response::{IntoResponse as _, Response};
use base::secret::NoRandomness;
use base::{Actor, Lang, Limit, ListingId, SavedSearchId, messages};
use chrono::{DateTime, Utc};
use matching::saved::SavedSearch;
use search::{Card, Query, Sort, Viewer};

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
/// So many pages of what was brought are looked through for entries that are still to be seen.
const PAGES: usize = 4;

struct Entry {
    id: String,
    title: String,
    url: String,
    summary: String,
    author: Option<String>,
    /// When it came: to whoever kept a search when it was brought, to everybody else when it was published.
    at: String,
    published: String,
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
    let path = search_path(&query);
    let search = app.search.clone();
    let found = tokio::task::spawn_blocking(move || search.find(&query, &viewer)).await.map_err(|e| Problem::internal(&e))??;
    let entries = found.items.iter().map(|hit| (hit.card.published_at, entry(app, lang, &hit.card, hit.card.published_at)));
    write(app, lang, &path, head, entries.collect())
}

/// What a kept search brought, the newest first: what its letters have and what was told in the space, as far as its owner may
/// see it now and their side wants it. What is brought is brought once, so an entry keeps its id and its moment.
async fn brought(app: &App, owner: &Actor, kept: &SavedSearch, path: &str, head: Head) -> Result<Response, Problem> {
    let (viewer, limit) = (Viewer::of(owner), Limit::new(ENTRIES).unwrap_or_default());
    let (mut entries, mut cursor) = (Vec::new(), None);
    for _ in 0..PAGES {
        let page = matching::saved::news(&app.saved, owner, Some(kept.id), limit, cursor.as_deref()).await?;
        let wanted = match kept.criteria.need {
            Some(need) => {
                let ids: Vec<ListingId> = page.items.iter().map(|one| ListingId(one.found)).collect();
                Some(app.matcher.wanted(owner, need, &ids).await?)
            }
            None => None,
        };
        for one in page.items {
            if wanted.as_ref().is_some_and(|wanted| !wanted.contains(&ListingId(one.found))) {
                continue;
            }
            if let Some(card) = app.search.card(one.found, &viewer)? {
                entries.push((one.at, entry(app, owner.lang, &card, one.at)));
            }
        }
        cursor = page.next;
        if cursor.is_none() || entries.len() >= usize::from(ENTRIES) {
            break;
        }
    }
    entries.truncate(usize::from(ENTRIES));
    write(app, owner.lang, path, head, entries)
}

/// What a feed says of something that was found, since it came at a moment.
fn entry(app: &App, lang: Lang, card: &Card, at: DateTime<Utc>) -> Entry {
    Entry {
        id: format!("urn:uuid:{}", card.id),
        title: card.title(lang).to_owned(),
        url: format!("{}{}", app.settings.public_url, localised(lang, &super::card::path(card))),
        summary: card.summary(lang).to_owned(),
        author: card.party.as_ref().map(|party| api::search::party_name(party, lang).to_owned()),
        at: at.to_rfc3339(),
        published: card.published_at.to_rfc3339(),
    }
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

/// The newest of what a saved search brought, as its owner may see it now.
pub(super) async fn of_saved(State(app): State<App>, visit: Visit, Path(link): Path<String>) -> Result<Response, Problem> {
    let lang = visit.lang();
    let id: SavedSearchId = links::open(&app.accounts, FEED, &link).ok_or_else(Problem::not_found)?;
    let kept = matching::saved::find(&app.saved, id).await?.ok_or_else(Problem::not_found)?;
    let owner = matching::saved::owner(&app.saved, &kept).await?.ok_or_else(Problem::not_found)?;
    let own = format!("{}{}", app.settings.public_url, localised(lang, &format!("/feeds/{link}")));
    let owner = Actor { lang, ..owner };
    let head = Head { id: format!("urn:uuid:{id}"), title: kept.name.clone(), own };
    let path = criteria_path(&app, &owner, &kept.criteria)?;
    brought(&app, &owner, &kept, &path, head).await
}
