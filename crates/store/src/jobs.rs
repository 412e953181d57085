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

/// How long a claimed job is left alone before another worker may take it.
const LEASE: TimeDelta = TimeDelta::minutes(5);
/// How often a job is tried before it has failed for good: the pauses add up to some three days.
const ATTEMPTS: i64 = 14;

/// A job that was claimed.
#[derive(Clone, Debug)]
pub struct Job {
    /// Its id.
    pub id: Uuid,
    /// What to do.
    pub kind: String,
    /// To what.
    pub payload: Value,
    /// How often it was tried before.
    pub attempts: i64,
}

pub(crate) async fn insert(tx: &Tx, kind: &'static str, payload: &impl Serialize, due_at: Time) -> Result<(), StoreError> {
    let row = job::ActiveModel {
        id: Set(tx.new_id()),
        kind: Set(kind.to_owned()),
        payload: Set(serde_json::to_string(payload).map_err(|e| StoreError::corrupt("job", e))?),
        state: Set("waiting".to_owned()),
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
    /// Takes up to `limit` jobs that are due; nobody else gets them until the lease is over.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn claim_jobs(&self, limit: u64) -> Result<Vec<Job>, StoreError> {
        // A look without a transaction first: most of the time nothing is due.
        let now = self.clock.now();
        let due = move || {
            Condition::any()
                .add(job::Column::State.eq("waiting").and(job::Column::DueAt.lte(now)))
                .add(job::Column::State.eq("running").and(job::Column::ClaimedUntil.lte(now)))
        };
        if job::Entity::find().filter(due()).limit(1).one(&self.db).await?.is_none() {
            return Ok(Vec::new());
        }
        let ids: Vec<Uuid> = self
            .write(Ctx::system(), move |tx| async move {
                let mut query = job::Entity::find().filter(due()).order_by_asc(job::Column::DueAt).limit(limit);
                if tx.needs_row_locks() {
                    query = query.lock_with_behavior(LockType::Update, LockBehavior::SkipLocked);
                }
                let ids: Vec<Uuid> = query.all(tx.db()).await.map_err(StoreError::from)?.into_iter().map(|j| j.id).collect();
                job::Entity::update_many()
                    .col_expr(job::Column::State, Expr::value("running"))
                    .col_expr(job::Column::ClaimedUntil, Expr::value(tx.now() + LEASE))
                    .col_expr(job::Column::Attempts, Expr::col(job::Column::Attempts).add(1))
                    .filter(job::Column::Id.is_in(ids.clone()))
                    .exec(tx.db())
                    .await
                    .map_err(StoreError::from)?;
                Ok::<_, StoreError>(ids)
            })
            .await?;
        let rows = job::Entity::find().filter(job::Column::Id.is_in(ids)).all(&self.db).await?;
        rows.into_iter()
            .map(|row| {
                let payload = serde_json::from_str(&row.payload).map_err(|e| StoreError::corrupt("job", e))?;
                Ok(Job { id: row.id, kind: row.kind, payload, attempts: row.attempts })
            })
            .collect()
    }

    /// Keeps a job that takes long from being given to another worker.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn renew_job(&self, job: &Job) -> Result<(), StoreError> {
        let id = job.id;
        self.write(Ctx::system(), move |tx| async move {
            job::Entity::update_many()
                .col_expr(job::Column::ClaimedUntil, Expr::value(tx.now() + LEASE))
                .filter(job::Column::Id.eq(id))
                .filter(job::Column::State.eq("running"))
                .exec(tx.db())
                .await
                .map_err(StoreError::from)?;
            Ok::<_, StoreError>(())
        })
        .await
    }

    /// Ends a job, or puts it back with a pause of 30 s, 1 min, 2 min … 12 h.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn finish_job(&self, job: &Job, outcome: Result<(), String>) -> Result<(), StoreError> {
        let (id, attempts) = (job.id, job.attempts);
        self.write(Ctx::system(), move |tx| {
            let outcome = outcome.clone();
            async move {
                let pause = TimeDelta::seconds(30 * 2_i64.pow(u32::try_from(attempts.clamp(1, 12) - 1).unwrap_or(0)));
                let update = job::Entity::update_many().filter(job::Column::Id.eq(id));
                let update = match outcome {
                    Ok(()) => {
                        update.col_expr(job::Column::State, Expr::value("done")).col_expr(job::Column::EndedAt, Expr::value(Some(tx.now())))
                    }
                    Err(why) if attempts >= ATTEMPTS => update
                        .col_expr(job::Column::State, Expr::value("failed"))
                        .col_expr(job::Column::LastError, Expr::value(Some(why)))
                        .col_expr(job::Column::EndedAt, Expr::value(Some(tx.now()))),
                    Err(why) => update
                        .col_expr(job::Column::State, Expr::value("waiting"))
                        .col_expr(job::Column::LastError, Expr::value(Some(why)))
                        .col_expr(job::Column::DueAt, Expr::value(tx.now() + pause.min(TimeDelta::hours(12)))),
                };
                update.exec(tx.db()).await.map_err(StoreError::from)?;
                Ok::<_, StoreError>(())
            }
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
