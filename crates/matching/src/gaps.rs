//! Gaps of the space: needs that nothing answers well, and technologies that nobody asks for.
//!
//! Counted is only what every signed-in person may see, and a pair answers only if both of its sides are so: no figure
//! tells of a listing that is for the invited.

use std::collections::BTreeMap;

use base::{Actor, Cursor, Limit, ListingId};
use chrono::{DateTime, Utc};
use listings::published::{self, Published};
use sea_orm::sea_query::{Condition, Expr, ExprTrait, Query, SelectStatement};
use sea_orm::{ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect};
use serde::{Deserialize, Serialize};
use store::StoreError;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::access::may_read_gaps;
use crate::answer::MatchListing;
use crate::matcher::{MatchError, Matcher};
use crate::rows::{standing, subject};

/// The most rows of a table of all gaps.
pub const MOST_ROWS: usize = 10_000;
/// How many of them are read at once.
const ROWS_AT_ONCE: u64 = 500;

base::words! {
    /// On which side something is missing.
    GapSide {
        /// Needs without a good match.
        Supply = "supply",
        /// Technologies that no need asks for.
        Demand = "demand",
    }
}

impl GapSide {
    fn kind(self) -> &'static str {
        match self {
            Self::Supply => "need",
            Self::Demand => "technology",
        }
    }

    /// The column by which a listing of this side stands in pairs.
    fn column(self) -> standing::Column {
        match self {
            Self::Supply => standing::Column::NeedId,
            Self::Demand => standing::Column::OfferId,
        }
    }
}

/// What is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GapFilter {
    /// On which side.
    pub side: GapSide,
    /// Only of this top-level code of `fields`.
    pub field: Option<String>,
}

/// A listing without a good match.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Gap {
    /// The listing.
    pub listing: MatchListing,
    /// The top of its field, a code of `fields`; empty if it names none.
    pub field: String,
    /// The score of its best match; null if it has none at all.
    pub best: Option<f64>,
}

/// How many listings of a field have no good match.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct GapCount {
    /// A top-level code of `fields`; empty for those that name none.
    pub field: String,
    /// Without a good match.
    pub gaps: u64,
    /// In all.
    pub listings: u64,
}

/// A page of gaps with the counts of all fields.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct GapPage {
    /// The listings, the newest first.
    pub items: Vec<Gap>,
    /// Give this back to get the next page; null at the end.
    pub next: Option<String>,
    /// How many there are in all.
    pub total: u64,
    /// Per field, the most gaps first.
    pub fields: Vec<GapCount>,
}

/// Good pairs of the listing at hand.
fn answers(side: GapSide, least_ppm: u32) -> SelectStatement {
    Query::select()
        .expr(Expr::val(1))
        .from(standing::Entity)
        .and_where(Expr::col((standing::Entity, side.column())).equals((subject::Entity, subject::Column::ListingId)))
        .and_where(Expr::col((standing::Entity, standing::Column::IsOpen)).eq(true))
        .and_where(Expr::col((standing::Entity, standing::Column::ScorePpm)).gte(i64::from(least_ppm)))
        .to_owned()
}

/// The gaps of one side, the newest listing first, with counts by field.
///
/// # Errors
/// [`MatchError::Listing`] with the refusal for whoever is no broker, analyst or administrator, [`MatchError::Cursor`]
/// for a cursor of another list.
pub async fn gaps(matcher: &Matcher, actor: &Actor, filter: &GapFilter, limit: Limit, cursor: Option<&str>) -> Result<GapPage, MatchError> {
    may_read_gaps(actor)?;
    let after: Option<(DateTime<Utc>, ListingId)> = cursor.map(Cursor::read).transpose().map_err(|_| MatchError::Cursor)?;
    let db = matcher.listings().store.db();
    let total = subject::Entity::find().filter(here(matcher, filter)).count(db).await.map_err(StoreError::from)?;
    let mut rows = rows(matcher, filter, after, limit.get() + 1).await?;
    let keep = usize::try_from(limit.get()).unwrap_or(usize::MAX);
    let more = rows.len() > keep;
    rows.truncate(keep);
    let last = rows.last().map(key);
    let items = described(matcher, actor, filter.side, rows).await?;
    let fields = counts(matcher, filter.side).await?;
    Ok(GapPage { items, next: last.filter(|_| more).map(|key| Cursor::write(&key)), total, fields })
}

/// All gaps of one side, the newest listing first, at most [`MOST_ROWS`]; whether there are more.
///
/// # Errors
/// As [`gaps`].
pub async fn all(matcher: &Matcher, actor: &Actor, filter: &GapFilter) -> Result<(Vec<Gap>, bool), MatchError> {
    may_read_gaps(actor)?;
    let mut all = Vec::new();
    let mut after = None;
    loop {
        let rows = rows(matcher, filter, after, ROWS_AT_ONCE).await?;
        after = rows.last().map(key);
        let is_last = (rows.len() as u64) < ROWS_AT_ONCE;
        all.extend(described(matcher, actor, filter.side, rows).await?);
        if is_last || all.len() >= MOST_ROWS {
            return Ok((all, !is_last));
        }
    }
}

/// How many gaps there are on one side.
///
/// # Errors
/// As [`gaps`].
pub async fn count(matcher: &Matcher, actor: &Actor, side: GapSide) -> Result<u64, MatchError> {
    may_read_gaps(actor)?;
    let db = matcher.listings().store.db();
    Ok(subject::Entity::find().filter(open(matcher, side)).count(db).await.map_err(StoreError::from)?)
}

/// What is asked for: the gaps of a side, perhaps of one field.
fn here(matcher: &Matcher, filter: &GapFilter) -> Condition {
    open(matcher, filter.side).add_option(filter.field.as_ref().map(|field| subject::Column::Field.eq(field.as_str())))
}

/// Where a row stands in the order.
fn key(row: &subject::Model) -> (DateTime<Utc>, ListingId) {
    (row.published_at, ListingId(row.listing_id))
}

/// The rows behind `after`, the newest first.
async fn rows(
    matcher: &Matcher,
    filter: &GapFilter,
    after: Option<(DateTime<Utc>, ListingId)>,
    limit: u64,
) -> Result<Vec<subject::Model>, StoreError> {
    let mut query = subject::Entity::find().filter(here(matcher, filter));
    if let Some((at, id)) = after {
        let order = subject::Column::PublishedAt;
        query = query
            .filter(Condition::any().add(order.lt(at)).add(Condition::all().add(order.eq(at)).add(subject::Column::ListingId.lt(id.0))));
    }
    query = query.order_by_desc(subject::Column::PublishedAt).order_by_desc(subject::Column::ListingId).limit(limit);
    Ok(query.all(matcher.listings().store.db()).await?)
}

/// The listings of a side that no good pair answers.
fn open(matcher: &Matcher, side: GapSide) -> Condition {
    let strong_ppm = matcher.engine().weights().strong_ppm();
    Condition::all().add(subject::Column::Kind.eq(side.kind())).add(Expr::exists(answers(side, strong_ppm)).not())
}

async fn described(matcher: &Matcher, actor: &Actor, side: GapSide, rows: Vec<subject::Model>) -> Result<Vec<Gap>, StoreError> {
    let store = &matcher.listings().store;
    let ids: Vec<Uuid> = rows.iter().map(|row| row.listing_id).collect();
    let listed: Vec<ListingId> = ids.iter().copied().map(ListingId).collect();
    let out: BTreeMap<Uuid, Published> = published::load(store, &listed).await?.into_iter().map(|p| (p.id.0, p)).collect();
    let best: Vec<(Uuid, Option<i64>)> = standing::Entity::find()
        .select_only()
        .column(side.column())
        .column_as(standing::Column::ScorePpm.max(), "best")
        .filter(side.column().is_in(ids))
        .filter(standing::Column::IsOpen.eq(true))
        .group_by(side.column())
        .into_tuple()
        .all(store.db())
        .await?;
    let best: BTreeMap<Uuid, i64> = best.into_iter().filter_map(|(id, best)| Some((id, best?))).collect();
    let gap = |row: subject::Model| {
        Some(Gap {
            listing: MatchListing::of(out.get(&row.listing_id)?, actor.lang),
            best: best.get(&row.listing_id).map(|ppm| *ppm as f64 / 1e6),
            field: row.field,
        })
    };
    Ok(rows.into_iter().filter_map(gap).collect())
}

/// Per field how many listings there are and how many of them are gaps, the most gaps first.
async fn counts(matcher: &Matcher, side: GapSide) -> Result<Vec<GapCount>, StoreError> {
    let db = matcher.listings().store.db();
    let count = async |only: Condition| -> Result<Vec<(String, i64)>, StoreError> {
        let rows = subject::Entity::find()
            .select_only()
            .column(subject::Column::Field)
            .column_as(subject::Column::ListingId.count(), "count")
            .filter(only)
            .group_by(subject::Column::Field)
            .into_tuple()
            .all(db)
            .await?;
        Ok(rows)
    };
    let all = count(Condition::all().add(subject::Column::Kind.eq(side.kind()))).await?;
    let gaps: BTreeMap<String, i64> = count(open(matcher, side)).await?.into_iter().collect();
    let whole = |n: i64| u64::try_from(n).unwrap_or_default();
    let mut counts: Vec<GapCount> = all
        .into_iter()
        .map(|(field, listings)| GapCount { gaps: whole(gaps.get(&field).copied().unwrap_or_default()), listings: whole(listings), field })
        .collect();
    counts.sort_by(|a, b| b.gaps.cmp(&a.gaps).then_with(|| a.field.cmp(&b.field)));
    Ok(counts)
}
