//! Matches: what answers a need, what a technology answers, what is similar; each with its reasons.

use std::collections::BTreeSet;

use axum::Json as Answer;
use axum::extract::State;
use base::ListingId;
use listings::Kind;
use matching::{Ask, MatchPage};

use crate::app::App;
use crate::extract::{Id, Params, Who};
use crate::problem::Problem;

async fn matches(app: App, who: Who, kind: Kind, id: ListingId, params: Params) -> Result<Answer<MatchPage>, Problem> {
    let params = params.only(&["limit", "cursor", "kind", "explain", "excluded"])?;
    let kinds: BTreeSet<Kind> =
        params.all("kind").map(|text| text.parse().map_err(|_| Problem::parameter("kind"))).collect::<Result<_, _>>()?;
    let ask = Ask {
        kinds,
        limit: params.limit()?,
        cursor: params.cursor().map(str::to_owned),
        explain: params.flag("explain")?,
        excluded: params.flag("excluded")?,
    };
    let page = app.matcher.matches_of(&who.actor, kind, id, &ask).await?;
    Ok(Answer(MatchPage { items: page.items, next: page.next, total: page.total }))
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
