//! The space's own figures about its listings, each reckoned from the rows or the event log at the moment it is asked
//! for, so that anybody with the same log gets the same figure.

use std::collections::HashMap;

use base::{Actor, Refused, Scope};
use chrono::{DateTime, Utc};
use sea_orm::sea_query::{Expr, ExprTrait};
use sea_orm::{ColumnTrait, Condition, EntityTrait, FromQueryResult, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect};
use serde::{Deserialize, Serialize};
use store::StoreError;
use store::events::Filter;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::error::ListingError;
use crate::rows::listing;
use crate::state::{Revision, Status};
use crate::{Kind, Listings};

/// So many of the last publications the time to publish is reckoned from.
pub const PUBLICATIONS: u64 = 1_000;

/// How many listings of a kind stand where.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Standing {
    /// The kind.
    pub kind: Kind,
    /// Where they stand.
    pub status: Status,
    /// How many.
    pub count: u64,
}

/// How long submissions took until they were published.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct TimeToPublish {
    /// Of how many publications.
    pub count: u64,
    /// Half of them took at most so many seconds.
    pub median_seconds: u64,
    /// Nine of ten took at most so many seconds.
    pub ninth_decile_seconds: u64,
}

/// The figures.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Numbers {
    /// Listings by kind and status, whatever their audience.
    pub standing: Vec<Standing>,
    /// Submissions and revisions that wait for a moderator.
    pub waiting: u64,
    /// Since when the one waits that waits longest.
    pub oldest_waiting: Option<DateTime<Utc>>,
    /// From being submitted to being published, over the last 1,000 publications that were submitted; none before the first.
    pub time_to_publish: Option<TimeToPublish>,
}

#[derive(FromQueryResult)]
struct Counted {
    kind: String,
    status: String,
    count: i64,
}

/// The figures, for staff.
///
/// # Errors
/// [`ListingError::Refused`] for everybody else.
pub async fn numbers(listings: &Listings, actor: &Actor) -> Result<Numbers, ListingError> {
    if !actor.is_system() {
        actor.signed_in()?;
        if actor.staff.is_empty() || !actor.has_scope(Scope::Staff) {
            return Err(Refused::Forbidden { action: "numbers.read" }.into());
        }
    }
    let db = listings.store.db();
    let rows = listing::Entity::find()
        .select_only()
        .column(listing::Column::Kind)
        .column(listing::Column::Status)
        .column_as(Expr::col(listing::Column::Id).count(), "count")
        .group_by(listing::Column::Kind)
        .group_by(listing::Column::Status)
        .into_model::<Counted>()
        .all(db)
        .await?;
    let mut standing = Vec::with_capacity(rows.len());
    for row in rows {
        standing.push(Standing {
            kind: row.kind.parse().map_err(|e| StoreError::corrupt("listing", e))?,
            status: row.status.parse().map_err(|e| StoreError::corrupt("listing", e))?,
            count: u64::try_from(row.count).unwrap_or_default(),
        });
    }
    standing.sort_by_key(|s| (s.kind, s.status));
    let waiting = Condition::any()
        .add(listing::Column::Status.eq(Status::Submitted.as_str()))
        .add(listing::Column::Revision.eq(Revision::Submitted.as_str()));
    let waits = listing::Entity::find().filter(waiting);
    let oldest = waits.clone().order_by_asc(listing::Column::SubmittedAt).one(db).await?;
    Ok(Numbers {
        standing,
        waiting: waits.count(db).await?,
        oldest_waiting: oldest.and_then(|row| row.submitted_at),
        time_to_publish: time_to_publish(listings).await?,
    })
}

async fn time_to_publish(listings: &Listings) -> Result<Option<TimeToPublish>, ListingError> {
    let of = |kind: &str| Filter { kind: Some(kind.to_owned()), ..Filter::default() };
    let published = listings.store.events(&of("listing.published"), PUBLICATIONS).await?;
    // Each publication has a submission before it; some submissions were not published, so more of them are looked at.
    let submitted = listings.store.events(&of("listing.submitted"), PUBLICATIONS * 4).await?;
    let mut by_listing: HashMap<Uuid, Vec<(i64, DateTime<Utc>)>> = HashMap::new();
    for event in submitted {
        by_listing.entry(event.subject_id).or_default().push((event.position, event.at));
    }
    let took = published.iter().filter_map(|event| {
        let before = by_listing.get(&event.subject_id)?.iter().filter(|(position, _)| *position < event.position).max()?;
        u64::try_from((event.at - before.1).num_seconds()).ok()
    });
    Ok(summary(took.collect()))
}

/// Median and ninth decile: the smallest value that at least half, or nine tenths, do not exceed.
fn summary(mut seconds: Vec<u64>) -> Option<TimeToPublish> {
    seconds.sort_unstable();
    let at = |tenths: usize| seconds.get((seconds.len() * tenths).div_ceil(10).saturating_sub(1)).copied();
    Some(TimeToPublish { count: seconds.len() as u64, median_seconds: at(5)?, ninth_decile_seconds: at(9)? })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn half_take_at_most_the_median_and_nine_of_ten_at_most_the_ninth_decile() {
        assert_eq!(summary(Vec::new()), None);
        let one = summary(vec![7]).unwrap();
        assert_eq!((one.count, one.median_seconds, one.ninth_decile_seconds), (1, 7, 7));
        let ten = summary((1..=10).rev().collect()).unwrap();
        assert_eq!((ten.median_seconds, ten.ninth_decile_seconds), (5, 9));
    }
}
