//! What the clock brings: a reminder before the day, word to the brokers after it, and the end as many days later again.

use base::{InterestId, Refused};
use chrono::{Days, NaiveDate};
use sea_orm::{ActiveValue::Set, ColumnTrait, Condition, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use serde_json::json;
use store::{Ctx, NewEvent, StoreError, Tx};
use uuid::Uuid;

use super::rows::{interest, is_open};
use super::state::Move;
use super::{Interest, after, load_to_change, save, tell};
use crate::{Brokering, BrokeringError};

/// Interests looked at in one round; the next round takes the rest.
const BATCH: u64 = 500;

/// What the clock did in one round.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Round {
    /// Interests whose reminder went out.
    pub reminded: usize,
    /// Interests that the brokers were told of.
    pub overdue: usize,
    /// Interests that nobody answered.
    pub expired: usize,
}

/// What is due.
#[derive(Clone, Copy, Debug)]
enum Due {
    Remind,
    Overdue,
    Expire,
}

/// Reminds, tells and ends what is due. Called every minute; safe to call again and on several nodes at once, since
/// each change is decided on the locked row.
///
/// # Errors
/// If the database fails.
pub async fn tick(brokering: &Brokering) -> Result<Round, BrokeringError> {
    let mut round = Round::default();
    for due in [Due::Expire, Due::Overdue, Due::Remind] {
        let count = match due {
            Due::Expire => &mut round.expired,
            Due::Overdue => &mut round.overdue,
            Due::Remind => &mut round.reminded,
        };
        for id in find(brokering, due).await? {
            // One that fails does not hold up the others.
            match act(brokering, due, id).await {
                Ok(done) => *count += usize::from(done),
                Err(error) => {
                    tracing::error!(interest = %id, cause = store::follow::report(&error), "an interest's day could not be minded")
                }
            }
        }
    }
    super::reply_time::tick(brokering).await?;
    Ok(round)
}

fn later(day: NaiveDate, days: i64) -> NaiveDate {
    day.checked_add_days(Days::new(u64::try_from(days).unwrap_or_default())).unwrap_or(NaiveDate::MAX)
}

fn is_due(due: Due, interest: &Interest, today: NaiveDate, brokering: &Brokering) -> bool {
    let (day, settings) = (interest.answer_due_on, &brokering.settings);
    interest.state.status.is_open()
        && match due {
            Due::Remind => !interest.is_reminded && today <= day && day <= later(today, settings.remind_days),
            Due::Overdue => !interest.is_told_overdue && day < today,
            Due::Expire => later(day, settings.answer_days) < today,
        }
}

async fn find(brokering: &Brokering, due: Due) -> Result<Vec<InterestId>, BrokeringError> {
    let (today, settings) = (brokering.store.clock().today(), &brokering.settings);
    let day = interest::Column::AnswerDueOn;
    let condition = match due {
        Due::Remind => Condition::all()
            .add(day.gte(today))
            .add(day.lte(later(today, settings.remind_days)))
            .add(interest::Column::RemindedAt.is_null()),
        Due::Overdue => Condition::all().add(day.lt(today)).add(interest::Column::OverdueAt.is_null()),
        Due::Expire => {
            let days = Days::new(u64::try_from(settings.answer_days).unwrap_or_default());
            Condition::all().add(day.lt(today.checked_sub_days(days).unwrap_or(NaiveDate::MIN)))
        }
    };
    let ids: Vec<Uuid> = interest::Entity::find()
        .select_only()
        .column(interest::Column::Id)
        .filter(is_open())
        .filter(condition)
        .order_by_asc(day)
        .limit(BATCH)
        .into_tuple()
        .all(brokering.store.db())
        .await?;
    Ok(ids.into_iter().map(InterestId).collect())
}

/// Does it, if it is still due; gives whether it was.
async fn act(brokering: &Brokering, due: Due, id: InterestId) -> Result<bool, BrokeringError> {
    let shared = brokering.clone();
    let result = brokering
        .store
        .write(Ctx::system(), move |tx| {
            let brokering = shared.clone();
            async move {
                let case = load_to_change(&tx, id).await?.ok_or(Refused::Hidden)?;
                if !is_due(due, &case.interest, tx.today(), &brokering) {
                    return Ok(false);
                }
                let facts = json!({ "due_on": case.interest.answer_due_on });
                match due {
                    Due::Expire => {
                        end(&tx, &case.interest).await?;
                        super::reply_time::note(&tx, case.interest.owner).await?;
                    }
                    Due::Remind => {
                        note(&tx, id, interest::ActiveModel { reminded_at: Set(Some(tx.now())), ..Default::default() }).await?;
                        tx.emit(NewEvent::new("interest", id, "interest.reminded", facts));
                        tell::due(&tx, &case).await?;
                    }
                    Due::Overdue => {
                        note(&tx, id, interest::ActiveModel { overdue_at: Set(Some(tx.now())), ..Default::default() }).await?;
                        tx.emit(NewEvent::new("interest", id, "interest.overdue", facts));
                        tell::overdue(&tx, &case).await?;
                    }
                }
                Ok(true)
            }
        })
        .await;
    match result {
        // Somebody was faster: the next round looks again.
        Err(BrokeringError::Stale { .. } | BrokeringError::NotAllowed { .. }) => Ok(false),
        other => other,
    }
}

/// Notes what the clock did. It takes nobody's ETag away.
async fn note(tx: &Tx, id: InterestId, change: interest::ActiveModel) -> Result<(), StoreError> {
    interest::Entity::update_many().set(change).filter(interest::Column::Id.eq(id.0)).exec(tx.db()).await?;
    Ok(())
}

async fn end(tx: &Tx, now: &Interest) -> Result<(), BrokeringError> {
    let state = after(now.state, Move::Expire)?;
    let change =
        interest::ActiveModel { status: Set(state.status.as_str().to_owned()), closed_at: Set(Some(tx.now())), ..Default::default() };
    let version = save(tx, now, change).await?;
    tx.emit(NewEvent::new("interest", now.id, "interest.expired", json!({ "listing": now.listing, "was": now.state.status })));
    let next = Interest { state, version, ..now.clone() };
    Ok(tell::to_seeker(tx, &next, version, Move::Expire.as_str()).await?)
}
