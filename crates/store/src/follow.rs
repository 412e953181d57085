//! Followers: whoever makes something out of the event log, at its own pace, from its own durable place in it.
//!
//! A follower sees every event at least once and in order, so what it does must bear repetition. One that fails tries
//! again with growing pauses, is seen in the metrics, and never holds up a write.

use std::future::Future;
use std::time::Duration;

use sea_orm::sea_query::{LockType, OnConflict};
use sea_orm::{ActiveValue::Set, EntityTrait, QuerySelect};
use tokio_util::sync::CancellationToken;

use crate::rows::follower;
use crate::{Ctx, EventRow, Store, StoreError, Tx};

/// How many events a follower is given at once.
const BATCH: u64 = 1_000;
/// How long a follower sleeps when nothing wakes it: another node may have written.
const POLL: Duration = Duration::from_millis(500);

impl Store {
    /// Where a follower has come to.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn follower_position(&self, name: &str) -> Result<i64, StoreError> {
        Ok(follower::Entity::find_by_id(name).one(&self.db).await?.map_or(0, |row| row.position))
    }

    /// Notes where a follower has come to.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn move_follower(&self, name: &'static str, position: i64) -> Result<(), StoreError> {
        self.write(Ctx::system(), move |tx| async move {
            let row = follower::ActiveModel { name: Set(name.to_owned()), position: Set(position), moved_at: Set(tx.now()) };
            follower::Entity::insert(row)
                .on_conflict(
                    OnConflict::column(follower::Column::Name)
                        .update_columns([follower::Column::Position, follower::Column::MovedAt])
                        .to_owned(),
                )
                .exec_without_returning(tx.db())
                .await
                .map_err(StoreError::from)?;
            Ok::<_, StoreError>(())
        })
        .await
    }

    /// Moves a follower inside the transaction of what it made of the events, so that both are there or neither; gives
    /// false and changes nothing if it stands elsewhere than at `from`: another node was faster. `from` and `to` may be
    /// the same, to be certain of the place alone.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn advance_follower(tx: &Tx, name: &'static str, from: i64, to: i64) -> Result<bool, StoreError> {
        let mut query = follower::Entity::find_by_id(name);
        if tx.needs_row_locks() {
            query = query.lock(LockType::Update);
        }
        let row = query.one(tx.db()).await?;
        if row.as_ref().map_or(0, |r| r.position) != from {
            return Ok(false);
        }
        let new = follower::ActiveModel { name: Set(name.to_owned()), position: Set(to), moved_at: Set(tx.now()) };
        if row.is_none() {
            // Where there is no row there is none to lock: of two nodes that begin at once one puts it there.
            let once = OnConflict::column(follower::Column::Name).do_nothing().to_owned();
            return Ok(follower::Entity::insert(new).on_conflict(once).exec_without_returning(tx.db()).await? == 1);
        } else if from != to {
            follower::Entity::update(new).exec(tx.db()).await?;
        }
        Ok(true)
    }

    /// Sleeps until there is something after `position`, here or (on PostgreSQL) from another node; true unless `stop`
    /// came first.
    pub async fn wait_beyond(&self, position: i64, stop: &CancellationToken) -> bool {
        let mut head = self.head();
        loop {
            if *head.borrow_and_update() > position {
                return !stop.is_cancelled();
            }
            tokio::select! {
                () = stop.cancelled() => return false,
                changed = head.changed() => {
                    if changed.is_err() {
                        return false;
                    }
                }
                () = tokio::time::sleep(POLL) => {
                    if self.is_sqlite() {
                        continue; // nobody else writes there
                    }
                    match self.last_position().await {
                        Ok(last) => { self.head.send_if_modified(|h| { let newer = last > *h; *h = last.max(*h); newer }); }
                        Err(error) => tracing::warn!(%error, "the head of the event log could not be read"),
                    }
                }
            }
        }
    }

    /// Hands every batch of events after `from` to `handle`, until `stop`. `handle` gives the position it has taken
    /// care of durably.
    pub async fn follow<F, Fut, E>(&self, name: &'static str, from: i64, stop: CancellationToken, mut handle: F)
    where
        F: FnMut(Vec<EventRow>) -> Fut + Send,
        Fut: Future<Output = Result<i64, E>> + Send,
        E: std::error::Error + Send,
    {
        let mut position = from;
        let mut failures = 0_u32;
        while self.wait_beyond(position, &stop).await {
            let step = match self.events_after(position, BATCH).await {
                Ok(batch) if batch.is_empty() => Ok(position),
                Ok(batch) => handle(batch).await.map_err(|e| report(&e)),
                Err(error) => Err(report(&error)),
            };
            match step {
                Ok(done) => {
                    position = done;
                    failures = 0;
                }
                Err(error) => {
                    failures = failures.saturating_add(1);
                    metrics::counter!("innospace_follower_failures_total", "follower" => name).increment(1);
                    tracing::error!(follower = name, position, failures, error, "a follower failed and will try again");
                    let pause = Duration::from_millis(200 * 2_u64.pow(failures.min(8)));
                    tokio::select! { () = stop.cancelled() => return, () = tokio::time::sleep(pause) => {} }
                }
            }
            let lag = self.head.borrow().saturating_sub(position);
            #[expect(clippy::cast_precision_loss, reason = "a gauge")]
            metrics::gauge!("innospace_follower_lag_events", "follower" => name).set(lag as f64);
        }
    }
}

/// An error with its causes, in one line.
pub fn report(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(next) = cause {
        text.push_str(": ");
        text.push_str(&next.to_string());
        cause = next.source();
    }
    text
}
