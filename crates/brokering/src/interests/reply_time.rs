//! How long a party takes to reply: the median from sent to the first answer. What nobody answered before it ended counts with
//! the whole time that was given, so that whoever answers nothing is not quick.

use std::collections::BTreeSet;

use accounts::replies::Reply;
use base::PartyId;
use chrono::{DateTime, Months, Utc};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect, Select};
use serde::{Deserialize, Serialize};
use store::{Ctx, StoreError, Tx};
use utoipa::ToSchema;
use uuid::Uuid;

use super::Status;
use super::rows::interest;
use crate::Brokering;
use crate::history::between_two;

/// Fewer interests than this say nothing, and nor do those of fewer parties: one counterpart's is nobody's to tell.
pub const REPLIES_NEEDED: usize = 3;
/// The newest so many count: more would not move the median, and the page stays as quick as on its first day.
const REPLIES_MAX: u64 = 200;
/// Months that are looked back.
const MONTHS: u32 = 24;
/// Parties counted anew in one round.
const OUTDATED: u64 = 100;

/// How long a party takes to reply.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ReplyTime {
    /// The median in whole hours, begun ones counted; null while interests of fewer than three parties were answered or ended
    /// unanswered in 24 months. What nobody answered counts with the time until it ended.
    pub median_hours: Option<i64>,
    /// Whether the median is the time of one that nobody answered: half of them or more took at least so long.
    pub is_unanswered: bool,
}

/// An interest that was answered, or ended unanswered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Took {
    end: DateTime<Utc>,
    minutes: i64,
    is_unanswered: bool,
    seeker: Uuid,
}

/// The reply time of a party, from the interests it answered in public or left unanswered: those in needs it posted without its
/// name are left out, since they would tell whose they were.
///
/// # Errors
/// If the database fails.
pub async fn reply_time(brokering: &Brokering, party: PartyId) -> Result<ReplyTime, StoreError> {
    Ok(median(newest(brokering.store.db(), party, brokering.store.clock().now()).await?))
}

/// Keeps the reply time of a party beside it, after whatever may have changed it.
pub(crate) async fn note(tx: &Tx, party: PartyId) -> Result<(), StoreError> {
    let all = newest(tx.db(), party, tx.now()).await?;
    let oldest = all.iter().map(|took| took.end).min();
    let until = oldest.and_then(|at| at.checked_add_months(Months::new(MONTHS)));
    // Whoever answers less than half of it is not said to answer in any time.
    let median = median(all);
    let hours = median.median_hours.and_then(|hours| if median.is_unanswered { Some(u32::MAX) } else { u32::try_from(hours).ok() });
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

/// The interests that count, the newest first.
async fn newest(db: &impl ConnectionTrait, party: PartyId, now: DateTime<Utc>) -> Result<Vec<Took>, StoreError> {
    use interest::Column as C;
    let left = interest::Entity::find().filter(C::Status.eq(Status::Expired.as_str())).filter(C::AnsweredAt.is_null());
    let mut all = ended(db, party, now, interest::Entity::find(), C::AnsweredAt).await?;
    all.extend(ended(db, party, now, left, C::ClosedAt).await?.into_iter().map(|took| Took { is_unanswered: true, ..took }));
    all.sort_by_key(|took| std::cmp::Reverse(took.end));
    all.truncate(usize::try_from(REPLIES_MAX).unwrap_or(usize::MAX));
    Ok(all)
}

/// Those of a query that ended by this column.
async fn ended(
    db: &impl ConnectionTrait,
    party: PartyId,
    now: DateTime<Utc>,
    which: Select<interest::Entity>,
    ends: interest::Column,
) -> Result<Vec<Took>, StoreError> {
    use interest::Column as C;
    // The very first moment that does not count any more is the one until which a time is kept.
    let since = now.checked_sub_months(Months::new(MONTHS)).unwrap_or(DateTime::<Utc>::MIN_UTC);
    let rows: Vec<(DateTime<Utc>, DateTime<Utc>, Uuid)> = which
        .select_only()
        .columns([C::SentAt, ends, C::SeekerPartyId])
        .filter(C::OwnerPartyId.eq(party.0))
        .filter(C::OwnerNamed.eq(true))
        .filter(ends.gt(since))
        .filter(between_two(C::OwnerPartyId, C::SeekerPartyId))
        .order_by_desc(ends)
        .limit(REPLIES_MAX)
        .into_tuple()
        .all(db)
        .await?;
    let took = |(sent, end, seeker): (DateTime<Utc>, DateTime<Utc>, Uuid)| Took {
        end,
        minutes: (end - sent).num_minutes(),
        is_unanswered: false,
        seeker,
    };
    Ok(rows.into_iter().map(took).collect())
}

/// The median in hours, begun hours counted; of an even number the lower of the two in the middle.
fn median(mut all: Vec<Took>) -> ReplyTime {
    let seekers: BTreeSet<Uuid> = all.iter().map(|took| took.seeker).collect();
    if seekers.len() < REPLIES_NEEDED {
        return ReplyTime::default();
    }
    all.sort_unstable_by_key(|took| (took.minutes, took.is_unanswered));
    let Some(middle) = all.get((all.len() - 1) / 2) else { return ReplyTime::default() };
    let hours = middle.minutes.saturating_add(59).div_euclid(60).max(1);
    ReplyTime { median_hours: Some(hours), is_unanswered: middle.is_unanswered }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(minutes: &[i64], unanswered: &[i64]) -> (Option<i64>, bool) {
        let all = minutes.iter().map(|m| (*m, false)).chain(unanswered.iter().map(|m| (*m, true)));
        let found = median(all.enumerate().map(|(n, (minutes, late))| took(n, minutes, late)).collect());
        (found.median_hours, found.is_unanswered)
    }

    fn took(seeker: usize, minutes: i64, is_unanswered: bool) -> Took {
        Took { end: DateTime::<Utc>::UNIX_EPOCH, minutes, is_unanswered, seeker: Uuid::from_u128(seeker as u128) }
    }

    #[test]
    fn what_one_or_two_parties_heard_says_nothing_however_often_they_asked() {
        let of = |seekers: &[usize], late: bool| median(seekers.iter().map(|seeker| took(*seeker, 60, late)).collect());
        for late in [false, true] {
            assert_eq!(of(&[1, 1, 1, 1], late), ReplyTime::default());
            assert_eq!(of(&[1, 1, 2, 2, 2], late), ReplyTime::default());
            assert_eq!(of(&[1, 1, 2, 3], late), ReplyTime { median_hours: Some(1), is_unanswered: late });
        }
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
