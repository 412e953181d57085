//! How long a party takes to reply: the median from sent to the first answer. What nobody answered before it ended counts with
//! the whole time that was given, so that whoever answers nothing is not quick.

use base::PartyId;
use chrono::{DateTime, Months, Utc};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect, Select};
use serde::{Deserialize, Serialize};
use store::StoreError;
use utoipa::ToSchema;

use super::Status;
use super::rows::interest;
use crate::Brokering;
use crate::history::between_two;

/// Fewer interests than this say nothing.
pub const REPLIES_NEEDED: usize = 3;
/// The newest so many count: more would not move the median, and the page stays as quick as on its first day.
const REPLIES_MAX: u64 = 200;
/// Months that are looked back.
const MONTHS: u32 = 24;

/// How long a party takes to reply.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ReplyTime {
    /// The median in whole hours, begun ones counted; null while fewer than three interests were answered or ended unanswered in
    /// 24 months. What nobody answered counts with the time until it ended.
    pub median_hours: Option<i64>,
    /// Whether the median is the time of one that nobody answered: half of them or more took at least so long.
    pub is_unanswered: bool,
}

/// An interest that was answered, or ended unanswered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Took {
    minutes: i64,
    is_unanswered: bool,
}

/// The reply time of a party, from the interests it answered in public or left unanswered: those in needs it posted without its
/// name are left out, since they would tell whose they were.
///
/// # Errors
/// If the database fails.
pub async fn reply_time(brokering: &Brokering, party: PartyId) -> Result<ReplyTime, StoreError> {
    use interest::Column as C;
    let now = brokering.store.clock().now();
    let since = now.checked_sub_months(Months::new(MONTHS)).unwrap_or(DateTime::<Utc>::MIN_UTC);
    let newest = async |query: Select<interest::Entity>, ends: C| -> Result<Vec<(DateTime<Utc>, DateTime<Utc>)>, StoreError> {
        let rows = query
            .select_only()
            .columns([C::SentAt, ends])
            .filter(C::OwnerPartyId.eq(party.0))
            .filter(C::OwnerNamed.eq(true))
            .filter(ends.gte(since))
            .filter(between_two(C::OwnerPartyId, C::SeekerPartyId))
            .order_by_desc(ends)
            .limit(REPLIES_MAX)
            .into_tuple()
            .all(brokering.store.db());
        Ok(rows.await?)
    };
    let answered = newest(interest::Entity::find(), C::AnsweredAt).await?;
    let left = interest::Entity::find().filter(C::Status.eq(Status::Expired.as_str())).filter(C::AnsweredAt.is_null());
    let left = newest(left, C::ClosedAt).await?;
    let all = answered.into_iter().map(|span| (span, false)).chain(left.into_iter().map(|span| (span, true)));
    let mut all: Vec<((DateTime<Utc>, DateTime<Utc>), bool)> = all.collect();
    all.sort_by_key(|((_, end), _)| std::cmp::Reverse(*end));
    all.truncate(usize::try_from(REPLIES_MAX).unwrap_or(usize::MAX));
    let took =
        |((sent, end), is_unanswered): ((DateTime<Utc>, DateTime<Utc>), bool)| Took { minutes: (end - sent).num_minutes(), is_unanswered };
    Ok(median(all.into_iter().map(took).collect()))
}

/// The median in hours, begun hours counted; of an even number the lower of the two in the middle.
fn median(mut all: Vec<Took>) -> ReplyTime {
    if all.len() < REPLIES_NEEDED {
        return ReplyTime::default();
    }
    all.sort_unstable();
    let Some(middle) = all.get((all.len() - 1) / 2) else { return ReplyTime::default() };
    let hours = middle.minutes.saturating_add(59).div_euclid(60).max(1);
    ReplyTime { median_hours: Some(hours), is_unanswered: middle.is_unanswered }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(minutes: &[i64], unanswered: &[i64]) -> (Option<i64>, bool) {
        let took = |is_unanswered| move |m: &i64| Took { minutes: *m, is_unanswered };
        let found = median(minutes.iter().map(took(false)).chain(unanswered.iter().map(took(true))).collect());
        (found.median_hours, found.is_unanswered)
    }

    #[test]
    fn the_median_needs_three_and_counts_begun_hours() {
        assert_eq!(of(&[60, 120], &[]), (None, false));
        assert_eq!(of(&[600, 61, 5], &[]), (Some(2), false));
        assert_eq!(of(&[0, 0, 0], &[]), (Some(1), false));
        assert_eq!(of(&[60, 120, 180, 6_000], &[]), (Some(2), false));
    }

    #[test]
    fn what_nobody_answered_counts_with_the_time_until_it_ended() {
        assert_eq!(of(&[60, 120], &[40_000]), (Some(2), false));
        assert_eq!(of(&[60], &[40_000, 40_000]), (Some(667), true), "whoever answers one of three is not quick");
        assert_eq!(of(&[], &[40_000, 40_000]), (None, false));
    }
}
