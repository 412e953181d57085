//! Matches: what answers a need, what an offer answers, what is similar, each with its reasons; what is said of them; and
//! where the space has none.

use std::collections::BTreeSet;

use axum::Json as Answer;
use axum::extract::State;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use base::{Actor, ListingId, PartyId};
use listings::Kind;
use matching::complements::{self, Complement};
use matching::feedback::{self, Given, MatchId, Receipt};
use matching::gaps::{Gap, GapFilter, GapSide};
use matching::of_party::{self, Order, PartyAsk, PartyMatch};
use matching::{Ask, CounterpartAsk, CounterpartKind, CounterpartPage, MatchPage, PastDeals};

use super::List;
use crate::app::App;
use crate::extract::{Id, Json, Params, Who, Writer};
use crate::problem::Problem;

async fn matches(app: App, who: Who, kind: Kind, id: ListingId, params: Params) -> Result<Answer<MatchPage>, Problem> {
    let params = params.only(&["limit", "cursor", "kind", "explain", "excluded"])?;
    let kinds: BTreeSet<Kind> =
        params.all("kind").map(|text| text.parse().map_err(|_| Problem::parameter("kind"))).collect::<Result<_, _>>()?;
    if !kinds.is_subset(&matching::kinds_for(kind)) {
        return Err(Problem::parameter("kind"));
    }
    let ask = Ask {
        kinds,
        limit: params.limit()?,
        cursor: params.cursor().map(str::to_owned),
        at: None,
        explain: params.flag("explain")?,
        excluded: params.flag("excluded")?,
    };
    Ok(Answer(app.matcher.matches_of(&who.actor, kind, id, &ask).await?))
}

/// What answers a need.
pub(crate) async fn of_need(State(app): State<App>, who: Who, Id(id): Id<ListingId>, params: Params) -> Result<Answer<MatchPage>, Problem> {
    matches(app, who, Kind::Need, id, params).await
}

/// What a technology answers, or what is similar to it.
pub(crate) async fn of_technology(
    State(app): State<App>,
    who: Who,
    Id(id): Id<ListingId>,
    params: Params,
) -> Result<Answer<MatchPage>, Problem> {
    matches(app, who, Kind::Technology, id, params).await
}

/// What an IP asset answers.
pub(crate) async fn of_ip_asset(
    State(app): State<App>,
    who: Who,
    Id(id): Id<ListingId>,
    params: Params,
) -> Result<Answer<MatchPage>, Problem> {
    matches(app, who, Kind::IpAsset, id, params).await
}

/// The experts or parties that fit a listing, with what may be told of the parties' past deals in its field.
pub(crate) async fn counterparts(
    app: &App,
    actor: &Actor,
    kind: Kind,
    id: ListingId,
    ask: &CounterpartAsk,
) -> Result<CounterpartPage, Problem> {
    let parties = match ask.of {
        CounterpartKind::Party => brokering::deals::dealt_in_field_of(&app.brokering, id).await?,
        CounterpartKind::Expert => BTreeSet::new(),
    };
    Ok(app.matcher.counterparts_of(actor, kind, id, ask, PastDeals { parties }).await?)
}

async fn counterpart_page(
    app: App,
    who: Who,
    (kind, id): (Kind, ListingId),
    of: CounterpartKind,
    params: Params,
) -> Result<Answer<CounterpartPage>, Problem> {
    let params = params.only(&["limit", "cursor", "explain", "excluded"])?;
    let ask = CounterpartAsk {
        of,
        limit: params.limit()?,
        cursor: params.cursor().map(str::to_owned),
        explain: params.flag("explain")?,
        excluded: params.flag("excluded")?,
    };
    Ok(Answer(counterparts(&app, &who.actor, kind, id, &ask).await?))
}

/// Experts who may help with a need.
pub(crate) async fn experts_of_need(
    State(app): State<App>,
    who: Who,
    Id(id): Id<ListingId>,
    params: Params,
) -> Result<Answer<CounterpartPage>, Problem> {
    counterpart_page(app, who, (Kind::Need, id), CounterpartKind::Expert, params).await
}

/// Parties that may help with a need.
pub(crate) async fn parties_of_need(
    State(app): State<App>,
    who: Who,
    Id(id): Id<ListingId>,
    params: Params,
) -> Result<Answer<CounterpartPage>, Problem> {
    counterpart_page(app, who, (Kind::Need, id), CounterpartKind::Party, params).await
}

/// Technologies that complete one.
pub(crate) async fn complements_of_technology(
    State(app): State<App>,
    who: Who,
    Id(id): Id<ListingId>,
    params: Params,
) -> Result<Answer<List<Complement>>, Problem> {
    let params = params.only(&["limit", "cursor"])?;
    let found = complements::complements_of(&app.matcher, &who.actor, id, params.limit()?, params.cursor()).await?;
    Ok(Answer(found.into()))
}

/// Parties that a technology may interest.
pub(crate) async fn parties_of_technology(
    State(app): State<App>,
    who: Who,
    Id(id): Id<ListingId>,
    params: Params,
) -> Result<Answer<CounterpartPage>, Problem> {
    counterpart_page(app, who, (Kind::Technology, id), CounterpartKind::Party, params).await
}

/// Parties that an IP asset may interest.
pub(crate) async fn parties_of_ip_asset(
    State(app): State<App>,
    who: Who,
    Id(id): Id<ListingId>,
    params: Params,
) -> Result<Answer<CounterpartPage>, Problem> {
    counterpart_page(app, who, (Kind::IpAsset, id), CounterpartKind::Party, params).await
}

/// The best standing matches of all listings of a party.
pub(crate) async fn of_party(
    State(app): State<App>,
    who: Who,
    Id(party): Id<PartyId>,
    params: Params,
) -> Result<Answer<List<PartyMatch>>, Problem> {
    let params = params.only(&["limit", "cursor", "explain", "excluded"])?;
    let party = accounts::merging::now(app.store.db(), party).await?;
    let ask = PartyAsk {
        order: Order::Best,
        limit: params.limit()?,
        cursor: params.cursor().map(str::to_owned),
        explain: params.flag("explain")?,
        excluded: params.flag("excluded")?,
    };
    let page = of_party::matches(&app.matcher, &who.actor, party, &ask).await?;
    Ok(Answer(page.into()))
}

/// Says of a pair whether it is good.
pub(crate) async fn give_feedback(
    State(app): State<App>,
    Writer(ctx): Writer,
    Id(id): Id<MatchId>,
    Json(given): Json<Given>,
) -> Result<Answer<Receipt>, Problem> {
    Ok(Answer(feedback::give(&app.matcher, ctx, id, given).await?))
}

/// Takes it back.
pub(crate) async fn take_feedback(State(app): State<App>, Writer(ctx): Writer, Id(id): Id<MatchId>) -> Result<Answer<Receipt>, Problem> {
    Ok(Answer(feedback::take_back(&app.matcher, ctx, id).await?))
}

/// Where the space has no counterparts, as JSON or as a table for spreadsheets.
pub(crate) async fn gaps(State(app): State<App>, who: Who, params: Params) -> Result<Response, Problem> {
    let params = params.only(&["limit", "cursor", "side", "field", "format"])?;
    let side = params.parsed("side")?.unwrap_or(GapSide::Supply);
    let filter = GapFilter { side, field: params.get("field").map(str::to_owned) };
    let as_table = match params.get("format") {
        None | Some("json") => false,
        Some("csv") => true,
        Some(_) => return Err(Problem::parameter("format")),
    };
    if as_table {
        let (gaps, more) = matching::gaps::all(&app.matcher, &who.actor, &filter).await?;
        return table(side, &gaps, more);
    }
    let found = matching::gaps::gaps(&app.matcher, &who.actor, &filter, params.limit()?, params.cursor()).await?;
    Ok(Answer(found).into_response())
}

/// Gaps as CSV; a header says if there are more.
fn table(side: GapSide, gaps: &[Gap], more: bool) -> Result<Response, Problem> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    let failed = |e: csv::Error| Problem::internal(&e);
    writer.write_record(["code", "title", "field", "best_percent", "published_at", "url"]).map_err(failed)?;
    for Gap { listing, field, best } in gaps {
        let best = best.map(|b| format!("{:.0}", b * 100.0)).unwrap_or_default();
        let at = listing.published_at.to_rfc3339();
        let cells = [listing.code.as_str(), &listing.title, field, &best, &at, &listing.url];
        writer.write_record(cells.map(harmless)).map_err(failed)?;
    }
    let bytes = writer.into_inner().map_err(|e| Problem::internal(e.error()))?;
    // The mark in front tells spreadsheets that this is UTF-8.
    let body = ["\u{feff}".as_bytes(), &bytes].concat();
    let headers = [
        (header::CONTENT_TYPE, "text/csv; charset=utf-8".to_owned()),
        (header::CONTENT_DISPOSITION, format!("attachment; filename=\"gaps-{side}.csv\"")),
    ];
    let mut response = (headers, body).into_response();
    response.headers_mut().insert("x-complete", HeaderValue::from_static(if more { "false" } else { "true" }));
    Ok(response)
}

/// A cell that no spreadsheet takes for a formula.
fn harmless(cell: &str) -> String {
    if cell.starts_with(['=', '+', '-', '@', '\t', '\r']) { format!("'{cell}") } else { cell.to_owned() }
}
