//! What a search finds as a file: CSV for spreadsheets, JSON for programs; for whoever is signed in, with a bound.
//!
//! The rows are those of the pages of results, with the same rights: nothing is here that the reader does not find.

use axum::Json as Answer;
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use base::{Lang, Limit, Vocabularies};
use chrono::{DateTime, Utc};
use listings::export::guarded;
use search::{Facet, Hit, Query, Results, Search, SearchError, Viewer};
use serde::Serialize;
use utoipa::ToSchema;

use super::search::{party_name, read, url};
use crate::app::App;
use crate::extract::{Params, Who};
use crate::problem::Problem;

/// The most results in a file.
pub(crate) const MOST_ROWS: usize = 1_000;

/// A result in a file.
#[derive(Serialize, ToSchema)]
pub struct ExportRow {
    /// Its readable code; empty for a party.
    pub code: String,
    /// `technology`, `ip_asset`, `need` or `party`.
    pub kind: &'static str,
    /// Its title in the reader's language.
    pub title: String,
    /// The short text in the reader's language.
    pub summary: String,
    /// Whose it is, unless that is hidden.
    pub party: String,
    /// Whether the party is verified.
    pub verified: bool,
    /// The names of its fields.
    pub fields: String,
    /// Readiness level.
    pub trl: Option<u8>,
    /// The name of its province.
    pub province: String,
    /// First published.
    pub published_at: DateTime<Utc>,
    /// Ends unless confirmed.
    pub expires_at: Option<DateTime<Utc>>,
    /// Its page.
    pub url: String,
    /// Its id.
    pub id: uuid::Uuid,
}

/// Results as a file.
#[derive(Serialize, ToSchema)]
pub struct ExportBody {
    /// The results, in the order of the search; at most 1,000.
    pub items: Vec<ExportRow>,
    /// Always null: a file has no further pages.
    pub next: Option<String>,
    /// How many there are in all.
    pub total: u64,
    /// Whether all of them are here.
    pub complete: bool,
    /// True if not all words had to be there, because too little had them all.
    pub relaxed: bool,
    /// What of the text was not understood, and searched as plain words or left out.
    pub ignored: Vec<String>,
}

impl ExportRow {
    fn of(hit: Hit, lang: Lang, vocabularies: &Vocabularies, public_url: &str) -> Self {
        let card = hit.card;
        let names = |facet: Facet| {
            let codes = card.facets.get(&facet).into_iter().flatten();
            codes.map(|code| facet.label(code, lang, vocabularies)).collect::<Vec<_>>().join("; ")
        };
        Self {
            kind: card.kind.as_str(),
            title: card.title(lang).to_owned(),
            summary: card.summary(lang).to_owned(),
            party: card.party.as_ref().map(|p| party_name(p, lang).to_owned()).unwrap_or_default(),
            verified: card.verified,
            fields: names(Facet::Field),
            trl: card.trl(),
            province: names(Facet::Province),
            published_at: card.published_at,
            expires_at: card.expires_at,
            url: format!("{public_url}{}", url(&card)),
            id: card.id,
            code: card.code,
        }
    }
}

/// The first results of a search, all in one. Where synonyms or weights change on the way, it is begun once more.
fn all(search: &Search, query: &Query, viewer: &Viewer) -> Result<Results, SearchError> {
    match walk(search, query.clone(), viewer) {
        Err(SearchError::Cursor) => walk(search, query.clone(), viewer),
        walked => walked,
    }
}

/// Page by page, as people see them: how long pages are changes nothing.
fn walk(search: &Search, mut query: Query, viewer: &Viewer) -> Result<Results, SearchError> {
    (query.facets, query.count_periods, query.cursor) = (Vec::new(), false, None);
    query.limit = Limit::new(Limit::MAX).unwrap_or_default();
    let mut first = search.find(&query, viewer)?;
    query.cursor = first.next.take();
    while query.cursor.is_some() && first.items.len() < MOST_ROWS {
        let page = search.find(&query, viewer)?;
        first.items.extend(page.items);
        query.cursor = page.next;
    }
    first.items.truncate(MOST_ROWS);
    Ok(first)
}

/// Gives the results of a search as a file.
pub(crate) async fn export(State(app): State<App>, who: Who, params: Params) -> Result<Response, Problem> {
    let (format, params) = params.without("format");
    let is_csv = match format.as_deref() {
        Some("csv") => true,
        None | Some("json") => false,
        Some(_) => return Err(Problem::parameter("format")),
    };
    if let Some(name) = ["limit", "cursor", "facets"].into_iter().find(|name| params.get(name).is_some()) {
        return Err(Problem::parameter(name));
    }
    let query = read(&app, params).await?;
    let (search, viewer) = (app.search.clone(), Viewer::of(&who.actor));
    let found = tokio::task::spawn_blocking(move || all(&search, &query, &viewer)).await;
    let Results { items: hits, total, relaxed, ignored, .. } = found.map_err(|e| Problem::internal(&e))??;
    let public_url = app.settings.public_url.trim_end_matches('/');
    let row = |hit| ExportRow::of(hit, who.actor.lang, &app.vocabularies, public_url);
    let items: Vec<ExportRow> = hits.into_iter().map(row).collect();
    let day = app.clock().today();
    let name = |ending: &str| (header::CONTENT_DISPOSITION, format!("attachment; filename=\"innospace-{day}.{ending}\""));
    if is_csv {
        let table = table(&items).map_err(|e| Problem::internal(&e))?;
        return Ok(([(header::CONTENT_TYPE, "text/csv; charset=utf-8".to_owned()), name("csv")], table).into_response());
    }
    let complete = items.len() as u64 == total;
    Ok(([name("json")], Answer(ExportBody { items, next: None, total, complete, relaxed, ignored })).into_response())
}

/// The rows as a spreadsheet reads them. Cells that it would calculate are guarded.
fn table(items: &[ExportRow]) -> Result<Vec<u8>, csv::Error> {
    // Spreadsheets know UTF-8 by this mark.
    let mut table = csv::Writer::from_writer("\u{feff}".as_bytes().to_vec());
    table.write_record([
        "code",
        "kind",
        "title",
        "summary",
        "party",
        "verified",
        "fields",
        "trl",
        "province",
        "published_at",
        "expires_at",
        "url",
        "id",
    ])?;
    let moment = |at: DateTime<Utc>| at.format("%Y-%m-%dT%H:%M:%SZ").to_string();
    for row in items {
        // An empty text is an empty cell here: nothing reads the file back.
        let text = |text: &str| if text.is_empty() { String::new() } else { guarded(text) };
        table.write_record([
            text(&row.code),
            row.kind.to_owned(),
            text(&row.title),
            text(&row.summary),
            text(&row.party),
            row.verified.to_string(),
            text(&row.fields),
            row.trl.map(|level| level.to_string()).unwrap_or_default(),
            text(&row.province),
            moment(row.published_at),
            row.expires_at.map(moment).unwrap_or_default(),
            row.url.clone(),
            row.id.to_string(),
        ])?;
    }
    table.into_inner().map_err(|e| csv::Error::from(std::io::Error::other(e.to_string())))
}
