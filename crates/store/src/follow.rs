//! Followers: whoever makes something out of the event log, at its own pace, from its own durable place in it.
//!
//! A follower sees every event at least once and in order, so what it does must bear repetition. One that fails tries
//! again with growing pauses, is seen in the metrics, and never holds up a write.

use std::future::Future;
use std::time::Duration;

use chrono::TimeDelta;
use sea_orm::sea_query::{LockType, OnConflict};
use sea_orm::{ActiveValue::Set, EntityTrait, QuerySelect};
use tokio::time::{Instant, timeout_at};
use tokio_util::sync::CancellationToken;

use crate::rows::follower;
use crate::{Ctx, EventRow, Store, StoreError, Tx};

/// How many events a follower is given at once.
const BATCH: u64 = 1_000;
/// How often the pause of a follower that fails is doubled at most.
const MOST_DOUBLED_OF_EVENTS: u32 = 8;
/// How often the pause after other work that fails is doubled at most: it is looked at again after some seconds.
const MOST_DOUBLED: u32 = 4;
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

    /// Begins a round of work that one node does for all; false if one was begun less than `every` ago, here or elsewhere.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn begin_round(&self, name: &'static str, every: TimeDelta) -> Result<bool, StoreError> {
        self.write(Ctx::system(), move |tx| async move {
            let mut query = follower::Entity::find_by_id(name);
            if tx.needs_row_locks() {
                query = query.lock(LockType::Update);
            }
            let now = tx.now();
            let new = follower::ActiveModel { name: Set(name.to_owned()), position: Set(0), moved_at: Set(now) };
            match query.one(tx.db()).await? {
                // A clock that was set back must not keep everybody waiting.
                Some(row) if (now - row.moved_at).abs() < every => Ok(false),
                Some(_) => {
                    follower::Entity::update(new).exec(tx.db()).await?;
                    Ok(true)
                }
                None => {
                    let once = OnConflict::column(follower::Column::Name).do_nothing().to_owned();
                    Ok::<_, StoreError>(follower::Entity::insert(new).on_conflict(once).exec_without_returning(tx.db()).await? == 1)
                }
            }
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
    pub async fn follow<F, Fut, E>(&self, name: &'static str, from: i64, stop: CancellationToken, handle: F)
    where
        F: FnMut(Vec<EventRow>) -> Fut + Send,
        Fut: Future<Output = Result<i64, E>> + Send,
        E: std::error::Error + Send,
    {
        self.follow_beside(name, from, stop, handle, async || Ok::<_, E>(None)).await;
    }

    /// The same beside other work that is done piece by piece: `piece` is called once at the start and after every batch,
    /// and gives after which pause there is more to do, or none. Events never wait for more than one piece, nor for a piece
    /// that fails: that is tried again with growing pauses, in which events are taken as always.
    pub async fn follow_beside<F, Fut, P, Piece, E>(
        &self,
        name: &'static str,
        from: i64,
        stop: CancellationToken,
        mut handle: F,
        mut piece: P,
    ) where
        F: FnMut(Vec<EventRow>) -> Fut + Send,
        Fut: Future<Output = Result<i64, E>> + Send,
        P: FnMut() -> Piece + Send,
        Piece: Future<Output = Result<Option<Duration>, E>> + Send,
        E: std::error::Error + Send,
    {
        let mut position = from;
        let (mut failures, mut failed_pieces) = (0_u32, 0_u32);
        let mut due = Some(Instant::now());
        loop {
            let waiting = self.wait_beyond(position, &stop);
            let goes_on = match due {
                None => waiting.await,
                Some(at) => timeout_at(at, waiting).await.unwrap_or(!stop.is_cancelled()),
            };
            if !goes_on {
                return;
            }
            let step = match self.events_after(position, BATCH).await {
                Ok(batch) if batch.is_empty() => Ok(position),
                Ok(batch) => {
                    due = due.or_else(|| Some(Instant::now()));
                    handle(batch).await.map_err(|e| report(&e))
                }
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
                    tokio::select! { () = stop.cancelled() => return, () = tokio::time::sleep(pause(failures, MOST_DOUBLED_OF_EVENTS)) => {} }
                }
            }
            let lag = self.head.borrow().saturating_sub(position);
            #[expect(clippy::cast_precision_loss, reason = "a gauge")]
            metrics::gauge!("innospace_follower_lag_events", "follower" => name).set(lag as f64);
            if due.is_some_and(|at| at <= Instant::now()) && !stop.is_cancelled() {
                due = match piece().await {
                    Ok(more) => {
                        failed_pieces = 0;
                        more.map(|pause| Instant::now() + pause)
                    }
                    Err(error) => {
                        failed_pieces = failed_pieces.saturating_add(1);
                        metrics::counter!("innospace_follower_failures_total", "follower" => name).increment(1);
                        let error = report(&error);
                        tracing::error!(follower = name, failed_pieces, error, "a follower's other work failed and will be tried again");
                        Some(Instant::now() + pause(failed_pieces, MOST_DOUBLED))
                    }
                };
            }
        }
    }
}

/// How long to wait after so many failures in a row; the pause is doubled so often at most.
fn pause(failures: u32, doubled: u32) -> Duration {
    Duration::from_millis(200 * 2_u64.pow(failures.min(doubled)))
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
