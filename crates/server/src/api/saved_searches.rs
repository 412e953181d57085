//! Saved searches and what they brought.

use axum::Json as Answer;
use axum::extract::{FromRequestParts as _, State};
use axum::http::{Request, StatusCode, header};
use axum::response::{IntoResponse, Response};
use base::{Actor, Faults, Lang, Limit, ListingId, SavedSearchId};
use chrono::{DateTime, Utc};
use matching::saved::{self, Criteria, SavedSearch, When};
use search::{Failure, Query, SearchError, Viewer};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::List;
use crate::app::App;
use crate::extract::{Id, IfMatch, Json, Params, Who, Writer};
use crate::problem::Problem;
use crate::web::criteria_path;

/// The longest query that is kept, in bytes.
const QUERY_MAX: usize = 8_000;

/// A search to keep.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewSavedSearch {
    /// What you call it; at most 120 characters.
    pub name: String,
    /// What is looked for: the query string of `GET /api/v1/search`; order, page and facets do not matter.
    #[serde(default)]
    pub query: String,
    /// A need whose matches are followed, instead of a query.
    #[serde(default)]
    pub need: Option<ListingId>,
    /// When you are told, and whether by a letter.
    pub when: When,
}

/// Another name or rhythm.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SavedSearchEdit {
    /// What you call it; at most 120 characters.
    pub name: String,
    /// When you are told, and whether by a letter.
    pub when: When,
}

/// A saved search.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SavedSearchBody {
    /// Its id.
    pub id: SavedSearchId,
    /// What its owner calls it.
    pub name: String,
    /// What is looked for, as a query string; empty where a need is followed.
    pub query: String,
    /// The need whose matches are followed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub need: Option<ListingId>,
    /// The page that searches for it.
    pub url: String,
    /// When its owner is told, and whether by a letter.
    pub when: When,
    /// An Atom feed of what it brought, for a feed reader: whoever has the address reads what its owner may see.
    pub feed: String,
    /// Grows by one with every change; the ETag.
    pub version: i64,
    /// Since when.
    pub created_at: DateTime<Utc>,
    /// What comes out after this is news: since it was kept, or since it was taken up again after `off`.
    pub news_from: DateTime<Utc>,
}

/// Something a saved search brought.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AlertBody {
    /// The search.
    pub search: SavedSearchId,
    /// What was found.
    pub found: FoundBody,
    /// When it was brought.
    pub at: DateTime<Utc>,
}

/// What was found.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct FoundBody {
    /// Its id.
    pub id: uuid::Uuid,
    /// `technology`, `ip_asset`, `need`, `party` or `expert`; none if it is not to be seen any more.
    pub kind: Option<String>,
    /// Its title; none if it is not to be seen any more.
    pub title: Option<String>,
    /// Its page; none if it is not to be seen any more.
    pub url: Option<String>,
}

/// A search from the query string of the search's own address.
///
/// # Errors
/// 422 at `/query`, with the parameter that is wrong.
pub(crate) async fn read_query(app: &App, text: &str) -> Result<Query, Problem> {
    let wrong = |name: &str| {
        let mut faults = Faults::new();
        faults.add_with("/query", "bad-search", &[("name", name)]);
        Problem::invalid(faults)
    };
    let text = text.trim().trim_start_matches('?');
    if text.len() > QUERY_MAX {
        return Err(wrong("q"));
    }
    // Written anew, so that what people type as it looks is an address.
    let pairs: Vec<(String, String)> = form_urlencoded::parse(text.as_bytes()).into_owned().collect();
    let query = form_urlencoded::Serializer::new(String::new()).extend_pairs(&pairs).finish();
    let request = Request::builder().uri(format!("/?{query}")).body(()).map_err(|_| wrong("q"))?;
    let params = Params::from_request_parts(&mut request.into_parts().0, &()).await?;
    let query = super::search::read(app, params).await.map_err(|problem| {
        let at = problem.faults.iter().next().map(|fault| fault.pointer.trim_start_matches('/').to_owned());
        wrong(at.as_deref().unwrap_or("q"))
    })?;
    // What the search itself would refuse is not kept: it would fail each time without anybody there.
    let (search, tried) = (app.search.clone(), Query { limit: Limit::new(1).unwrap_or_default(), cursor: None, ..query.clone() });
    let nobody = Viewer::of(&Actor::anonymous(Lang::Vi));
    match tokio::task::spawn_blocking(move || search.find(&tried, &nobody)).await.map_err(|e| Problem::internal(&e))? {
        Err(SearchError::Query(_)) => Err(wrong("q")),
        Err(SearchError::TooManyValues(facet)) => Err(wrong(facet.as_str())),
        // What was typed is understood before it is looked for.
        Err(SearchError::Index(Failure::Building)) | Ok(_) => Ok(query),
        Err(error) => Err(error.into()),
    }
}

impl SavedSearchBody {
    fn of(app: &App, search: SavedSearch, actor: &Actor) -> Result<Self, Problem> {
        let (path, lang) = (criteria_path(app, actor, &search.criteria)?, actor.lang);
        Ok(Self {
            need: search.criteria.need,
            feed: crate::web::feed_address(app, search.id, lang).map_err(|e| Problem::internal(&e))?,
            query: path.split_once('?').map(|(_, query)| query.to_owned()).unwrap_or_default(),
            url: path,
            id: search.id,
            name: search.name,
            when: search.when,
            version: search.version,
            created_at: search.created_at,
            news_from: search.news_from,
        })
    }
}

fn answer(app: &App, status: StatusCode, search: SavedSearch, actor: &Actor) -> Result<Response, Problem> {
    let etag = format!("\"{}\"", search.version);
    Ok((status, [(header::ETAG, etag)], Answer(SavedSearchBody::of(app, search, actor)?)).into_response())
}

/// Keeps a search.
pub(crate) async fn create(
    State(app): State<App>,
    who: Who,
    Writer(ctx): Writer,
    Json(new): Json<NewSavedSearch>,
) -> Result<Response, Problem> {
    let criteria = match new.need {
        Some(_) if !new.query.trim().is_empty() => {
            let mut faults = Faults::new();
            faults.add("/query", "need-or-query");
            return Err(Problem::invalid(faults));
        }
        Some(need) => Criteria::of_need(need),
        None => Criteria::of(&read_query(&app, &new.query).await?),
    };
    let kept = saved::create(&app.saved, ctx, &new.name, criteria, new.when).await?;
    answer(&app, StatusCode::CREATED, kept, &who.actor)
}

/// One's saved searches.
pub(crate) async fn list(State(app): State<App>, who: Who, params: Params) -> Result<Answer<List<SavedSearchBody>>, Problem> {
    params.only(&[])?;
    let own = saved::mine(&app.saved, &who.actor).await?;
    let bodies: Result<Vec<_>, _> = own.into_iter().map(|search| SavedSearchBody::of(&app, search, &who.actor)).collect();
    Ok(List::whole(bodies?))
}

/// One of one's saved searches.
pub(crate) async fn get(State(app): State<App>, who: Who, Id(id): Id<SavedSearchId>) -> Result<Response, Problem> {
    answer(&app, StatusCode::OK, saved::get(&app.saved, &who.actor, id).await?, &who.actor)
}

/// Gives it another name or rhythm.
pub(crate) async fn edit(
    State(app): State<App>,
    who: Who,
    Writer(ctx): Writer,
    Id(id): Id<SavedSearchId>,
    IfMatch(seen): IfMatch,
    Json(edit): Json<SavedSearchEdit>,
) -> Result<Response, Problem> {
    let kept = saved::edit(&app.saved, ctx, id, seen, &edit.name, edit.when).await?;
    answer(&app, StatusCode::OK, kept, &who.actor)
}

/// Gives it up.
pub(crate) async fn remove(State(app): State<App>, Writer(ctx): Writer, Id(id): Id<SavedSearchId>) -> Result<Response, Problem> {
    saved::remove(&app.saved, ctx, id).await?;
    Ok(super::nothing())
}

/// What one's saved searches brought, the newest first.
pub(crate) async fn alerts(State(app): State<App>, who: Who, params: Params) -> Result<Answer<List<AlertBody>>, Problem> {
    let params = params.only(&["limit", "cursor", "search"])?;
    let page = saved::news(&app.saved, &who.actor, params.parsed("search")?, params.limit()?, params.cursor()).await?;
    let (lang, viewer) = (who.actor.lang, Viewer::of(&who.actor));
    let mut items = Vec::with_capacity(page.items.len());
    for news in page.items {
        let card = app.search.card(news.found, &viewer)?;
        let found = FoundBody {
            id: news.found,
            kind: card.as_ref().map(|c| c.kind.as_str().to_owned()),
            title: card.as_ref().map(|c| c.title(lang).to_owned()),
            url: card.as_ref().map(super::search::url),
        };
        items.push(AlertBody { search: news.search, found, at: news.at });
    }
    Ok(Answer(List { items, next: page.next, total: page.total }))
}
