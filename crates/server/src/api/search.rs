//! Finding: search with facets, what is similar, suggestions.

use std::collections::BTreeMap;

use axum::Json as Answer;
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse as _, Response};
use base::{Lang, PartyId, Vocabularies, messages};
use chrono::NaiveDate;
use listings::Kind;
use search::{Card, CardParty, DateColumn, DocKind, Facet, Hit, Period, PeriodCount, Query, Results, Sort, Suggestion, Viewer};
use serde::Serialize;
use utoipa::ToSchema;

use super::List;
use crate::app::App;
use crate::extract::{Id, Params, Who};
use crate::problem::Problem;
use crate::web::AdvantageLine;

/// Where a listing came from.
#[derive(Serialize, ToSchema)]
pub struct HitProvenance {
    /// The source's name.
    pub source: Option<String>,
    /// The source's own id.
    pub external_id: Option<String>,
}

/// The party beside a hit.
#[derive(Serialize, ToSchema)]
pub struct HitParty {
    /// The party.
    pub id: PartyId,
    /// Its name in the reader's language.
    pub name: String,
}

/// The title and an excerpt, as HTML in which nothing but `<mark>` is a tag.
#[derive(Serialize, ToSchema)]
pub struct HitHighlights {
    /// The title.
    pub title: String,
    /// The part of the texts with the most of what was looked for.
    pub snippet: String,
}

/// What a technology does better, in one line.
#[derive(Serialize, ToSchema)]
pub struct HitAdvantage {
    /// What was measured, today's figure and the one offered, such as `drying time: 14 h → 5 h`; figures as the reader's
    /// language writes them.
    pub text: String,
    /// The language of its words: the reader's where it is written in it.
    pub lang: Lang,
}

/// A listing, party or expert that was found.
#[derive(Serialize, ToSchema)]
pub struct HitBody {
    /// Its id.
    pub id: uuid::Uuid,
    /// `technology`, `ip_asset`, `need`, `party` or `expert`.
    pub kind: String,
    /// Its readable code; empty for parties and experts.
    pub code: String,
    /// Its title in the reader's language.
    pub title: String,
    /// Its page.
    pub url: String,
    /// Always `published`: nothing else is found.
    pub status: String,
    /// Where it came from.
    pub provenance: HitProvenance,
    /// Whose it is, unless that is hidden; of an expert, where they belong.
    pub party: Option<HitParty>,
    /// Whether the party is verified.
    pub verified: bool,
    /// The short text in the reader's language.
    pub summary: String,
    /// The first thing it does better, of a technology that names one.
    pub advantage: Option<HitAdvantage>,
    /// Readiness level.
    pub trl: Option<u8>,
    /// First published.
    pub published_at: chrono::DateTime<chrono::Utc>,
    /// Ends unless confirmed.
    pub expires_at: Option<chrono::DateTime<chrono::Utc>>,
    /// How well it fits; comparable within one search only.
    pub score: f32,
    /// Title and excerpt with the words marked.
    pub highlights: HitHighlights,
}

/// A value of a facet.
#[derive(Serialize, ToSchema)]
pub struct FacetBody {
    /// The value.
    pub code: String,
    /// Its name in the reader's language.
    pub label: String,
    /// The value it lies below, where values lie below each other; of a commune its province.
    pub parent: Option<String>,
    /// How many results have it, counted as if the facet itself were not narrowed.
    pub count: u64,
}

/// A usual period of a date.
#[derive(Serialize, ToSchema)]
pub struct PeriodBody {
    /// Its name, such as `last_30_days`.
    pub code: &'static str,
    /// Its name in the reader's language.
    pub label: String,
    /// The first day.
    pub from: Option<NaiveDate>,
    /// The last day.
    pub to: Option<NaiveDate>,
    /// How many results lie in it, counted as if the date itself were not narrowed.
    pub count: u64,
}

/// The one thing whose code or number was typed.
#[derive(Serialize, ToSchema)]
pub struct JumpBody {
    /// Its id.
    pub id: uuid::Uuid,
    /// Its page.
    pub url: String,
}

/// A page of results.
#[derive(Serialize, ToSchema)]
pub struct ResultsBody {
    /// The results.
    pub items: Vec<HitBody>,
    /// Give this back as `cursor` to get the next page; null at the end.
    pub next: Option<String>,
    /// How many there are in all.
    pub total: u64,
    /// Facet by facet, the commonest value first.
    pub facets: BTreeMap<String, Vec<FacetBody>>,
    /// The facets with more values than are given, 500 of each: the commonest, and before them those that are chosen, those
    /// above and right below them, and those with none above.
    pub facets_cut: Vec<&'static str>,
    /// Per date (`published`, `closes`) the periods that people usually ask for; empty with `facets=none`.
    pub periods: BTreeMap<&'static str, Vec<PeriodBody>>,
    /// Per facet or date that is narrowed: how many there would be in all if it were not.
    pub without: BTreeMap<&'static str, u64>,
    /// Where to go at once: the one thing whose code or number was typed.
    pub jump: Option<JumpBody>,
    /// How long it took, in milliseconds; of an answer that is given again, how long it took then.
    pub took_ms: u64,
    /// True if not all words had to be there, because too little had them all.
    pub relaxed: bool,
    /// What of the text was not understood, and searched as plain words or left out.
    pub ignored: Vec<String>,
    /// The text as it may have been meant, if little was found.
    pub did_you_mean: Option<String>,
}

/// A suggestion.
#[derive(Serialize, ToSchema)]
pub struct SuggestionBody {
    /// What to show and to search for.
    pub text: String,
    /// `title`, `keyword`, `party` or `code`.
    pub kind: String,
    /// How many documents it comes from.
    pub count: u64,
}

/// The page of a card.
pub(crate) fn url(card: &Card) -> String {
    match card.kind {
        DocKind::Party => format!("/parties/{}", card.slug),
        DocKind::Expert => format!("/experts/{}", card.slug),
        DocKind::Technology => listings::view::url(Kind::Technology, &card.slug),
        DocKind::IpAsset => listings::view::url(Kind::IpAsset, &card.slug),
        DocKind::Need => listings::view::url(Kind::Need, &card.slug),
    }
}

pub(crate) fn party_name(party: &CardParty, lang: Lang) -> &str {
    party.name.get(&lang).or_else(|| party.name.values().next()).map_or("", String::as_str)
}

impl HitBody {
    pub(super) fn of(hit: Hit, lang: Lang) -> Self {
        let card = hit.card;
        Self {
            id: card.id,
            kind: card.kind.as_str().to_owned(),
            title: card.title(lang).to_owned(),
            url: url(&card),
            status: "published".to_owned(),
            party: card.party.as_ref().map(|p| HitParty { id: p.id, name: party_name(p, lang).to_owned() }),
            verified: card.verified,
            summary: card.summary(lang).to_owned(),
            advantage: card.advantage.as_ref().map(|advantage| {
                let line = AdvantageLine::of(advantage, lang);
                HitAdvantage { text: line.text(), lang: line.lang }
            }),
            trl: card.trl(),
            published_at: card.published_at,
            expires_at: card.expires_at,
            code: card.code,
            provenance: HitProvenance { source: card.source, external_id: card.external_id },
            score: hit.score,
            highlights: HitHighlights { title: hit.highlights.title, snippet: hit.highlights.snippet },
        }
    }
}

/// The most similar listings that are given.
const MOST_SIMILAR: usize = 20;

/// The names of parameters that are no facets.
const PLAIN: [&str; 8] = ["q", "limit", "cursor", "sort", "trl_min", "trl_max", "party", "facets"];

/// The parameters that a date is narrowed by.
pub(crate) fn date_names(column: DateColumn) -> (&'static str, &'static str) {
    match column {
        DateColumn::Published => ("published_from", "published_to"),
        DateColumn::Closes => ("closes_from", "closes_to"),
        // No address narrows by it.
        DateColumn::Out => ("out_from", "out_to"),
    }
}

/// Whether a search reads a parameter of this name.
pub(crate) fn is_known(name: &str) -> bool {
    let is_date = |column| <[&str; 2]>::from(date_names(column)).contains(&name);
    PLAIN.contains(&name) || name.parse::<Facet>().is_ok() || DateColumn::ALL.into_iter().any(is_date)
}

/// Reads a search from the query string. A party that another took in leads on to that one.
pub(crate) async fn read(app: &App, params: Params) -> Result<Query, Problem> {
    let mut query = parse(params, &app.vocabularies)?;
    search::lead_on(&app.store, &mut query).await?;
    Ok(query)
}

/// What it is narrowed by must be there: a mistyped code is told, not searched.
fn parse(params: Params, vocabularies: &Vocabularies) -> Result<Query, Problem> {
    let params = params.with_names(is_known)?;
    // What is shown again turns nobody's writing direction.
    let mut query = Query::words(base::text::allowed(params.get("q").unwrap_or_default()).collect::<String>());
    query.limit = params.limit()?;
    query.cursor = params.cursor().map(str::to_owned);
    query.party = params.parsed("party")?;
    query.sort = match params.get("sort") {
        None | Some("relevance") => Sort::Relevance,
        Some("newest") => Sort::Newest,
        Some("trl") => Sort::Trl,
        Some("closing_soon") => Sort::ClosingSoon,
        Some(_) => return Err(Problem::parameter("sort")),
    };
    for facet in Facet::ALL {
        for value in params.all(facet.as_str()).flat_map(|v| v.split(',')) {
            if !facet.knows(value, vocabularies) {
                return Err(Problem::parameter(facet.as_str()));
            }
            query = query.with(facet, value);
        }
    }
    for column in DateColumn::ALL {
        let (from, to) = date_names(column);
        let period = Period { from: params.parsed(from)?, to: params.parsed(to)? };
        if period.is_empty() {
            return Err(Problem::parameter(to));
        }
        if period != Period::default() {
            query.periods.insert(column, period);
        }
    }
    let (least, most) = (params.parsed::<u8>("trl_min")?, params.parsed::<u8>("trl_max")?);
    if least.zip(most).is_some_and(|(least, most)| least > most) {
        return Err(Problem::parameter("trl_max"));
    }
    if least.is_some() || most.is_some() {
        query = query.trl(least.unwrap_or(1), most.unwrap_or(9));
    }
    if let Some(wanted) = params.get("facets") {
        query.facets = match wanted {
            "none" => {
                query.count_periods = false;
                Vec::new()
            }
            names => names.split(',').map(|n| n.parse().map_err(|_| Problem::parameter("facets"))).collect::<Result<_, _>>()?,
        };
    }
    Ok(query)
}

/// Searches on a thread that may be busy for a while; the threads that talk to the network stay free.
pub(crate) async fn run(app: &App, who: &Who, query: Query) -> Result<Results, Problem> {
    let (search, viewer) = (app.search.clone(), Viewer::of(&who.actor));
    let found = tokio::task::spawn_blocking(move || search.find(&query, &viewer)).await;
    Ok(found.map_err(|e| Problem::internal(&e))??)
}

/// Finds technologies, IP assets, needs and parties. What was answered before is answered again as it was; what was not is
/// written on the thread that searched, where its many small pieces are given back as they were taken.
pub(crate) async fn find(State(app): State<App>, who: Who, params: Params) -> Result<Response, Problem> {
    let query = read(&app, params).await?;
    let viewer = Viewer::of(&who.actor);
    let json = match app.search.answered(&query, &viewer) {
        Some(json) => json,
        None => {
            let search = app.search.clone();
            let found = tokio::task::spawn_blocking(move || {
                search.find_and_answer(&query, &viewer, |results| serde_json::to_vec(&body(results, viewer.lang)))
            });
            found.await.map_err(|e| Problem::internal(&e))??.map_err(|e| Problem::internal(&e))?
        }
    };
    Ok(([(header::CONTENT_TYPE, "application/json")], json).into_response())
}

fn body(results: Results, lang: Lang) -> ResultsBody {
    let facets = results.facets.into_iter().map(|(facet, counts)| {
        let counts = counts.into_iter().map(|c| FacetBody { code: c.code, label: c.label, parent: c.parent, count: c.count }).collect();
        (facet.as_str().to_owned(), counts)
    });
    let periods = results.periods.into_iter().map(|(column, counts)| {
        let body = |c: PeriodCount| PeriodBody {
            code: c.code,
            label: period_label(c.code, lang),
            from: c.period.from,
            to: c.period.to,
            count: c.count,
        };
        (column.as_str(), counts.into_iter().map(body).collect())
    });
    ResultsBody {
        facets: facets.collect(),
        facets_cut: results.cut_facets.iter().map(|facet| facet.as_str()).collect(),
        periods: periods.collect(),
        without: results.without.into_iter().map(|(by, count)| (by.as_str(), count)).collect(),
        jump: results.named.map(|card| JumpBody { id: card.id, url: url(&card) }),
        items: results.items.into_iter().map(|h| HitBody::of(h, lang)).collect(),
        next: results.next,
        total: results.total,
        took_ms: results.took_ms,
        relaxed: results.relaxed,
        ignored: results.ignored,
        did_you_mean: results.did_you_mean,
    }
}

/// The name of a usual period.
pub(crate) fn period_label(code: &str, lang: Lang) -> String {
    messages::say(lang, &format!("period-{}", code.replace('_', "-")), &[])
}

/// Listings or parties that are like one of them.
pub(crate) async fn similar(
    State(app): State<App>,
    who: Who,
    Id(id): Id<uuid::Uuid>,
    params: Params,
) -> Result<Answer<List<HitBody>>, Problem> {
    let limit = params.only(&["limit"])?.limit()?;
    let hits = run_similar(&app, &who, id, usize::try_from(limit.get()).unwrap_or(10).min(MOST_SIMILAR)).await?;
    let hits = hits.ok_or_else(Problem::not_found)?;
    Ok(List::whole(hits.into_iter().map(|hit| HitBody::of(hit, who.actor.lang)).collect()))
}

/// What is like a listing or party; none if the reader finds no such thing.
pub(crate) async fn run_similar(app: &App, who: &Who, id: uuid::Uuid, limit: usize) -> Result<Option<Vec<Hit>>, Problem> {
    let (search, viewer) = (app.search.clone(), Viewer::of(&who.actor));
    let found = tokio::task::spawn_blocking(move || {
        let hits = search.similar(id, &viewer, limit)?;
        Ok::<_, search::Failure>(search.card(id, &viewer)?.map(|_| hits))
    });
    Ok(found.await.map_err(|e| Problem::internal(&e))??)
}

/// Completes what was typed so far.
pub(crate) async fn suggest(State(app): State<App>, who: Who, params: Params) -> Result<Answer<List<SuggestionBody>>, Problem> {
    let params = params.only(&["q", "limit"])?;
    let typed = params.get("q").unwrap_or_default().to_owned();
    let limit = usize::try_from(params.limit()?.get()).unwrap_or(10).min(20);
    let (search, viewer) = (app.search.clone(), Viewer::of(&who.actor));
    let found = tokio::task::spawn_blocking(move || search.suggest(&typed, &viewer, limit)).await;
    let found: Vec<Suggestion> = found.map_err(|e| Problem::internal(&e))??;
    let word = |s: &Suggestion| serde_json::to_value(s.kind).ok().and_then(|v| v.as_str().map(str::to_owned)).unwrap_or_default();
    let items = found.into_iter().map(|s| SuggestionBody { kind: word(&s), text: s.text, count: s.count }).collect();
    Ok(List::whole(items))
}
