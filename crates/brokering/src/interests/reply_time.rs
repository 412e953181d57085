//! How long a party takes to reply: the median from sent to the first answer.

use base::PartyId;
use chrono::{DateTime, Months, Utc};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use serde::{Deserialize, Serialize};
use store::StoreError;
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
    let now = brokering.store.clock().now();
    let since = now.checked_sub_months(Months::new(MONTHS)).unwrap_or(DateTime::<Utc>::MIN_UTC);
    let replies: Vec<(DateTime<Utc>, Option<DateTime<Utc>>)> = interest::Entity::find()
        .select_only()
        .column(interest::Column::SentAt)
        .column(interest::Column::AnsweredAt)
        .filter(interest::Column::OwnerPartyId.eq(party.0))
        .filter(interest::Column::AnsweredAt.gte(since))
        .filter(interest::Column::OwnerNamed.eq(true))
        .filter(between_two(interest::Column::OwnerPartyId, interest::Column::SeekerPartyId))
        .order_by_desc(interest::Column::AnsweredAt)
        .limit(REPLIES_MAX)
        .into_tuple()
        .all(brokering.store.db())
        .await?;
    let minutes = replies.into_iter().filter_map(|(sent, answered)| Some((answered? - sent).num_minutes()));
    Ok(ReplyTime { median_hours: median_hours(minutes.collect()) })
}

/// The median of so many minutes in hours, begun hours counted; of an even number the lower of the two in the middle.
fn median_hours(mut minutes: Vec<i64>) -> Option<i64> {
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
        assert_eq!(median_hours(vec![60, 120]), None);
        assert_eq!(median_hours(vec![600, 61, 5]), Some(2));
        assert_eq!(median_hours(vec![0, 0, 0]), Some(1));
        assert_eq!(median_hours(vec![60, 120, 180, 6_000]), Some(2));
    }
}
