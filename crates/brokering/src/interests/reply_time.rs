//! How long a party takes to reply: the median from sent to the first answer.

use accounts::replies::Reply;
use base::PartyId;
use chrono::{DateTime, Months, Utc};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use serde::{Deserialize, Serialize};
use store::{Ctx, StoreError, Tx};
use utoipa::ToSchema;

use super::rows::interest;
use crate::Brokering;
use crate::history::between_two;

/// Fewer replies than this say nothing.
pub const REPLIES_NEEDED: usize = 3;
/// The newest so many replies count: more would not move the median, and the page stays as quick as on its first day.
const REPLIES_MAX: u64 = 200;
/// Months that are looked back.
const MONTHS: u32 = 24;
/// Parties counted anew in one round of the clock; the next round takes the rest.
const OUTDATED: u64 = 500;

/// How long a party takes to reply.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ReplyTime {
    /// The median in whole hours, begun ones counted; null while there are fewer than three replies in 24 months.
    pub median_hours: Option<i64>,
}

/// The reply time of a party, from the interests it answered in public: those in needs it posted without its name are
/// left out, since they would tell whose they were.
///
/// # Errors
/// If the database fails.
pub async fn reply_time(brokering: &Brokering, party: PartyId) -> Result<ReplyTime, StoreError> {
    let replies = replies(brokering.store.db(), party, brokering.store.clock().now()).await?;
    Ok(ReplyTime { median_hours: median_hours(&replies) })
}

/// Keeps the reply time of a party beside it, after whatever may have changed it.
pub(crate) async fn note(tx: &Tx, party: PartyId) -> Result<(), StoreError> {
    let replies = replies(tx.db(), party, tx.now()).await?;
    let oldest = replies.iter().map(|(_, answered)| *answered).min();
    let until = oldest.and_then(|at| at.checked_add_months(Months::new(MONTHS)));
    let hours = median_hours(&replies).and_then(|hours| u32::try_from(hours).ok());
    accounts::replies::keep(tx, party, hours.zip(until).map(|(hours, until)| Reply { hours, until })).await
}

/// Counts anew of whom the oldest reply has become too old to count. Called every minute.
pub(super) async fn tick(brokering: &Brokering) -> Result<(), StoreError> {
    let store = &brokering.store;
    for party in accounts::replies::outdated(store.db(), store.clock().now(), OUTDATED).await? {
        store.write(Ctx::system(), move |tx| async move { note(&tx, party).await }).await?;
    }
    Ok(())
}

/// When each was sent and answered, the newest answers first.
async fn replies(db: &impl ConnectionTrait, party: PartyId, now: DateTime<Utc>) -> Result<Vec<(DateTime<Utc>, DateTime<Utc>)>, StoreError> {
    // The very first moment that does not count any more is the one until which a time is kept.
    let since = now.checked_sub_months(Months::new(MONTHS)).unwrap_or(DateTime::<Utc>::MIN_UTC);
    let replies: Vec<(DateTime<Utc>, Option<DateTime<Utc>>)> = interest::Entity::find()
        .select_only()
        .column(interest::Column::SentAt)
        .column(interest::Column::AnsweredAt)
        .filter(interest::Column::OwnerPartyId.eq(party.0))
        .filter(interest::Column::AnsweredAt.gt(since))
        .filter(interest::Column::OwnerNamed.eq(true))
        .filter(between_two(interest::Column::OwnerPartyId, interest::Column::SeekerPartyId))
        .order_by_desc(interest::Column::AnsweredAt)
        .limit(REPLIES_MAX)
        .into_tuple()
        .all(db)
        .await?;
    Ok(replies.into_iter().filter_map(|(sent, answered)| Some((sent, answered?))).collect())
}

/// The median of these replies in hours, begun hours counted; of an even number the lower of the two in the middle.
fn median_hours(replies: &[(DateTime<Utc>, DateTime<Utc>)]) -> Option<i64> {
    let mut minutes: Vec<i64> = replies.iter().map(|(sent, answered)| (*answered - *sent).num_minutes()).collect();
    if minutes.len() < REPLIES_NEEDED {
        return None;
    }
    minutes.sort_unstable();
    let middle = minutes.get((minutes.len() - 1) / 2)?;
    Some(middle.saturating_add(59).div_euclid(60).max(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_needs_three_replies_and_counts_begun_hours() {
        let median_of = |minutes: &[i64]| {
            let sent = DateTime::<Utc>::UNIX_EPOCH;
            let replies: Vec<_> = minutes.iter().map(|minutes| (sent, sent + chrono::TimeDelta::minutes(*minutes))).collect();
            median_hours(&replies)
        };
        assert_eq!(median_of(&[60, 120]), None);
        assert_eq!(median_of(&[600, 61, 5]), Some(2));
        assert_eq!(median_of(&[0, 0, 0]), Some(1));
        assert_eq!(median_of(&[60, 120, 180, 6_000]), Some(2));
    }
}
