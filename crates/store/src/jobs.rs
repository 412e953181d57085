//! Work that follows a commit: mail above all. A job is left in the transaction that makes it due, claimed by one
//! worker at a time, and tried again with growing pauses until it is done or has failed for good.
//!
//! A payload holds ids only: whatever is secret is made when the job runs and stored as a hash.

use chrono::TimeDelta;
use sea_orm::sea_query::{Expr, ExprTrait, LockBehavior, LockType};
use sea_orm::{ActiveValue::Set, ColumnTrait, Condition, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect};
use serde::Serialize;
use serde_json::Value;
use uuid::Uuid;

use crate::rows::{idempotency, job};
use crate::{Ctx, Store, StoreError, Time, Tx};

/// How long a claimed job is left alone before another worker may take it. Nodes go by clocks of their own: since whoever works on it
/// renews it every minute, those may be minutes apart before two take the same job.
const LEASE: TimeDelta = TimeDelta::minutes(5);
/// The longest pause between two attempts: whatever was down is noticed within so long of its return.
const LONGEST_PAUSE: TimeDelta = TimeDelta::hours(1);
/// How often a job is tried before it has failed for good: the pauses add up to a little more than five days, as RFC 5321
/// (4.5.4.1) asks of mail, so that a server that is down from Friday to Tuesday loses no letter.
const ATTEMPTS: i64 = 127;
/// So many failed jobs are listed at once.
const LISTED: u64 = 200;

/// Which jobs a worker takes.
#[derive(Clone, Copy, Debug)]
pub enum Which {
    /// Those of one kind.
    Only(&'static str),
    /// Those of every other kind.
    AllBut(&'static str),
}

/// A job that was claimed.
#[derive(Clone, Debug)]
pub struct Job {
    /// Its id.
    pub id: Uuid,
    /// What to do.
    pub kind: String,
    /// To what.
    pub payload: Value,
    /// How often it was tried, this time included; a claim is known by it.
    pub attempts: i64,
}

/// Why a job was not done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// What went wrong.
    pub why: String,
    /// Whether it would go wrong again, however often it is tried.
    pub is_final: bool,
}

impl From<String> for Failure {
    fn from(why: String) -> Self {
        Self { why, is_final: false }
    }
}

/// A job that was given up.
#[derive(Clone, Debug, Serialize)]
pub struct FailedJob {
    /// Its id; of a letter the first part of its `Message-ID`.
    pub id: Uuid,
    /// What was to do.
    pub kind: String,
    /// When it was left.
    pub created_at: Time,
    /// When it was given up.
    pub ended_at: Option<Time>,
    /// How often it was tried.
    pub attempts: i64,
    /// Why it failed the last time.
    pub last_error: Option<String>,
}

/// The pause behind an attempt: 30 s, 1 min, 2 min … an hour.
fn pause(attempts: i64) -> TimeDelta {
    let doublings = u32::try_from(attempts.clamp(1, 8) - 1).unwrap_or_default();
    TimeDelta::seconds(30 * 2_i64.pow(doublings)).min(LONGEST_PAUSE)
}

/// Which of the jobs that are due comes first.
#[derive(Clone, Copy)]
pub(crate) enum Rank {
    /// Somebody sits there and waits for it.
    Awaited = 0,
    /// Everything else.
    Usual = 1,
}

pub(crate) async fn insert(tx: &Tx, rank: Rank, kind: &'static str, payload: &impl Serialize, due_at: Time) -> Result<(), StoreError> {
    let row = job::ActiveModel {
        id: Set(tx.new_id()),
        kind: Set(kind.to_owned()),
        payload: Set(serde_json::to_string(payload).map_err(|e| StoreError::corrupt("job", e))?),
        state: Set("waiting".to_owned()),
        rank: Set(rank as i64),
        due_at: Set(due_at),
        attempts: Set(0),
        claimed_until: Set(None),
        last_error: Set(None),
        created_at: Set(tx.now()),
        ended_at: Set(None),
    };
    job::Entity::insert(row).exec_without_returning(tx.db()).await?;
    Ok(())
}

impl Store {
    /// Takes the job that has been due longest, of those that somebody waits for if there are any; nobody else gets it until the
    /// lease is over. One at a time, so that the lease of none runs out while those before it are done.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn claim_job(&self, which: Which) -> Result<Option<Job>, StoreError> {
        // A look without a transaction first: most of the time nothing is due.
        let now = self.clock.now();
        let due = move || {
            let kind = match which {
                Which::Only(kind) => job::Column::Kind.eq(kind),
                Which::AllBut(kind) => job::Column::Kind.ne(kind),
            };
            // In the index's own words, so that it is used: jobs that ended stay for a month.
            let open = Expr::cust("state IN ('waiting','running')");
            let due = Condition::any()
                .add(job::Column::State.eq("waiting").and(job::Column::DueAt.lte(now)))
                .add(job::Column::State.eq("running").and(job::Column::ClaimedUntil.lte(now)));
            Condition::all().add(open).add(kind).add(due)
        };
        if job::Entity::find().filter(due()).limit(1).one(&self.db).await?.is_none() {
            return Ok(None);
        }
        let claimed = self
            .write(Ctx::system(), move |tx| async move {
                let mut query = job::Entity::find().filter(due()).limit(1);
                for column in [job::Column::Rank, job::Column::DueAt, job::Column::Id] {
                    query = query.order_by_asc(column);
                }
                if tx.needs_row_locks() {
                    query = query.lock_with_behavior(LockType::Update, LockBehavior::SkipLocked);
                }
                let Some(row) = query.one(tx.db()).await? else { return Ok::<_, StoreError>(None) };
                let attempts = row.attempts + 1;
                job::Entity::update_many()
                    .col_expr(job::Column::State, Expr::value("running"))
                    .col_expr(job::Column::ClaimedUntil, Expr::value(tx.now() + LEASE))
                    .col_expr(job::Column::Attempts, Expr::value(attempts))
                    .filter(job::Column::Id.eq(row.id))
                    .exec(tx.db())
                    .await?;
                Ok(Some((row.id, row.kind, row.payload, attempts)))
            })
            .await?;
        let Some((id, kind, payload, attempts)) = claimed else { return Ok(None) };
        let payload = serde_json::from_str(&payload).map_err(|e| StoreError::corrupt("job", e))?;
        Ok(Some(Job { id, kind, payload, attempts }))
    }

    /// Keeps a job that takes long from being given to another worker.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn renew_job(&self, job: &Job) -> Result<(), StoreError> {
        let claim = claim_of(job);
        self.write(Ctx::system(), move |tx| {
            let claim = claim.clone();
            async move {
                let until = Expr::value(tx.now() + LEASE);
                job::Entity::update_many().col_expr(job::Column::ClaimedUntil, until).filter(claim).exec(tx.db()).await?;
                Ok::<_, StoreError>(())
            }
        })
        .await
    }

    /// Ends a job, or puts it back with a pause of 30 s, 1 min, 2 min … an hour, unless trying again is in vain. Of a job that
    /// another worker has claimed since nothing changes: what became of it is for that one to say.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn finish_job(&self, job: &Job, outcome: Result<(), Failure>) -> Result<(), StoreError> {
        let (claim, attempts) = (claim_of(job), job.attempts);
        self.write(Ctx::system(), move |tx| {
            let (claim, outcome) = (claim.clone(), outcome.clone());
            async move {
                let update = job::Entity::update_many().filter(claim);
                let update = match outcome {
                    Ok(()) => {
                        update.col_expr(job::Column::State, Expr::value("done")).col_expr(job::Column::EndedAt, Expr::value(Some(tx.now())))
                    }
                    Err(Failure { why, is_final }) if is_final || attempts >= ATTEMPTS => update
                        .col_expr(job::Column::State, Expr::value("failed"))
                        .col_expr(job::Column::LastError, Expr::value(Some(why)))
                        .col_expr(job::Column::EndedAt, Expr::value(Some(tx.now()))),
                    Err(Failure { why, .. }) => update
                        .col_expr(job::Column::State, Expr::value("waiting"))
                        .col_expr(job::Column::LastError, Expr::value(Some(why)))
                        .col_expr(job::Column::DueAt, Expr::value(tx.now() + pause(attempts))),
                };
                update.exec(tx.db()).await?;
                Ok::<_, StoreError>(())
            }
        })
        .await
    }

    /// The jobs that were given up, the last first.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn failed_jobs(&self) -> Result<Vec<FailedJob>, StoreError> {
        let rows = job::Entity::find()
            .filter(job::Column::State.eq("failed"))
            .order_by_desc(job::Column::EndedAt)
            .order_by_desc(job::Column::Id)
            .limit(LISTED)
            .all(&self.db)
            .await?;
        let failed = |row: job::Model| FailedJob {
            id: row.id,
            kind: row.kind,
            created_at: row.created_at,
            ended_at: row.ended_at,
            attempts: row.attempts,
            last_error: row.last_error,
        };
        Ok(rows.into_iter().map(failed).collect())
    }

    /// Puts every job that was given up back, as if it had not been tried yet; how many those are.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn retry_failed_jobs(&self) -> Result<u64, StoreError> {
        self.write(Ctx::system(), |tx| async move {
            let put_back = job::Entity::update_many()
                .col_expr(job::Column::State, Expr::value("waiting"))
                .col_expr(job::Column::Attempts, Expr::value(0))
                .col_expr(job::Column::DueAt, Expr::value(tx.now()))
                .col_expr(job::Column::EndedAt, Expr::value(None::<Time>))
                .filter(job::Column::State.eq("failed"))
                .exec(tx.db())
                .await?;
            Ok::<_, StoreError>(put_back.rows_affected)
        })
        .await
    }

    /// How many jobs wait or run, and how many failed for good.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn count_jobs(&self) -> Result<(u64, u64), StoreError> {
        let open = job::Entity::find().filter(job::Column::State.is_in(["waiting", "running"])).count(&self.db).await?;
        let failed = job::Entity::find().filter(job::Column::State.eq("failed")).count(&self.db).await?;
        Ok((open, failed))
    }

    /// Forgets ended jobs after 30 days and stored answers after 48 hours.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn sweep(&self) -> Result<(), StoreError> {
        self.write(Ctx::system(), |tx| async move {
            job::Entity::delete_many()
                .filter(job::Column::State.eq("done"))
                .filter(job::Column::EndedAt.lt(tx.now() - TimeDelta::days(30)))
                .exec(tx.db())
                .await
                .map_err(StoreError::from)?;
            idempotency::Entity::delete_many()
                .filter(idempotency::Column::CreatedAt.lt(tx.now() - TimeDelta::hours(48)))
                .exec(tx.db())
                .await
                .map_err(StoreError::from)?;
            crate::throttle::forget_old(&tx).await
        })
        .await
    }
}

/// The row of a job while it is this worker's: another claim counts another attempt.
fn claim_of(job: &Job) -> Condition {
    let running = job::Column::State.eq("running");
    Condition::all().add(job::Column::Id.eq(job.id)).add(running).add(job::Column::Attempts.eq(job.attempts))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_job_is_tried_for_five_days_and_at_least_every_hour() {
        let pauses: Vec<TimeDelta> = (1..ATTEMPTS).map(pause).collect();
        let all: TimeDelta = pauses.iter().sum();
        assert!(all >= TimeDelta::days(5) && all < TimeDelta::days(6), "{all}");
        assert_eq!((pauses.first(), pauses.last()), (Some(&TimeDelta::seconds(30)), Some(&TimeDelta::hours(1))));
    }
}
