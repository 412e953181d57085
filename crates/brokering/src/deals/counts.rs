//! The counted history of a listing, as far as deals make it: nobody is named, no amount is told exactly.

use base::{Code, ListingId};
use sea_orm::sea_query::{Expr, ExprTrait, Query, SelectStatement};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, PaginatorTrait, QueryFilter};
use serde::Serialize;
use store::StoreError;
use utoipa::ToSchema;

use super::rows::{contract, deal, meeting, paper};
use crate::Brokering;

/// How many deals were lost for a reason.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct LostCount {
    /// A code of `lost_reasons`.
    pub reason: Code,
    /// How many.
    pub count: u64,
}

/// What became of a listing in deals.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, ToSchema)]
pub struct Counts {
    /// Deals about it.
    pub deals: u64,
    /// Those that go on.
    pub open: u64,
    /// Meetings held in them.
    pub meetings: u64,
    /// Those with a non-disclosure agreement.
    pub ndas: u64,
    /// Those with an evaluation or trial.
    pub evaluations: u64,
    /// Those with a signed contract.
    pub signed: u64,
    /// Those that came to their good end.
    pub completed: u64,
    /// Those that came to nothing, by reason.
    pub lost: Vec<LostCount>,
    /// In how many contracts the value is known in dong, and the band of all of it together: a code of `price_bands`.
    pub money: Option<(u64, Code)>,
}

/// The counts of one listing.
///
/// # Errors
/// If the database fails.
pub async fn counts_of_listing(brokering: &Brokering, listing: ListingId) -> Result<Counts, StoreError> {
    let db = brokering.store.db();
    let today = brokering.store.clock().today();
    let deals = deal::Entity::find().filter(deal::Column::ListingId.eq(listing.0)).all(db).await?;
    if deals.is_empty() {
        return Ok(Counts::default());
    }
    let mut counts = Counts { deals: deals.len() as u64, open: deals.iter().filter(|d| d.is_open).count() as u64, ..Counts::default() };
    for one in deals.iter().filter(|d| !d.is_open) {
        match one.lost_reason.as_deref() {
            None => counts.completed += 1,
            Some(reason) => match counts.lost.iter_mut().find(|l| l.reason == *reason) {
                Some(line) => line.count += 1,
                None => counts.lost.push(LostCount { reason: Code(reason.to_owned()), count: 1 }),
            },
        }
    }
    counts.lost.sort_by(|a, b| b.count.cmp(&a.count).then_with(|| a.reason.cmp(&b.reason)));
    let meetings =
        meeting::Entity::find().filter(meeting::Column::DealId.in_subquery(of_listing(listing))).filter(meeting::Column::HeldOn.lte(today));
    counts.meetings = meetings.count(db).await?;
    counts.ndas = papers(db, listing, "nda").await?;
    counts.evaluations = papers(db, listing, "evaluation").await?;
    let ids: Vec<uuid::Uuid> = deals.iter().map(|d| d.id).collect();
    let mut dong = Vec::new();
    for chunk in ids.chunks(500) {
        let signed = contract::Entity::find()
            .filter(contract::Column::DealId.is_in(chunk.iter().copied()))
            .filter(contract::Column::SignedOn.is_not_null())
            .all(db)
            .await?;
        counts.signed += signed.len() as u64;
        dong.extend(signed.into_iter().filter(|c| c.currency.as_deref() == Some("VND")).filter_map(|c| c.value_minor));
    }
    let sum = dong.iter().fold(0_i64, |sum, value| sum.saturating_add(*value));
    counts.money = band(brokering, sum).filter(|_| !dong.is_empty()).map(|band| (dong.len() as u64, band));
    Ok(counts)
}

/// How many deals about a listing have a paper.
async fn papers(db: &impl ConnectionTrait, listing: ListingId, kind: &str) -> Result<u64, StoreError> {
    let found = paper::Entity::find().filter(paper::Column::Kind.eq(kind));
    Ok(found.filter(paper::Column::DealId.in_subquery(of_listing(listing))).count(db).await?)
}

fn of_listing(listing: ListingId) -> SelectStatement {
    Query::select().column(deal::Column::Id).from(deal::Entity).and_where(Expr::col(deal::Column::ListingId).eq(listing.0)).to_owned()
}

/// The band of an amount in dong; bands are data: `from-to` in million dong, from the first, below the second.
fn band(brokering: &Brokering, dong: i64) -> Option<Code> {
    const MILLION: i64 = 1_000_000;
    let list = brokering.vocabularies.get("price_bands")?;
    let holds = |code: &str| {
        let Some((from, to)) = code.split_once('-') else { return code == "free" && dong == 0 };
        let from = from.parse::<i64>().ok().map(|from| from.saturating_mul(MILLION));
        let to = if to.is_empty() { Some(i64::MAX) } else { to.parse::<i64>().ok().map(|to| to.saturating_mul(MILLION)) };
        from.zip(to).is_some_and(|(from, to)| (from..to).contains(&dong))
    };
    list.terms.iter().find(|term| holds(term.code.as_str())).map(|term| term.code.clone())
}
