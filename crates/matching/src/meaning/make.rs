//! Making vectors: first of all listings that are out, then of those that events touch.
//!
//! What always holds: each page is written in one transaction with the place it reaches, so that one that was cut off goes on
//! there; a text that has its vector by this model is not encoded again; of several nodes the one that finds the place where
//! its page begins writes it. The model computes on threads that give way to all others, and between two texts it pauses as
//! long as the settings want.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use base::ListingId;
use listings::published::{self, Published};
use sea_orm::sea_query::{Expr, ExprTrait, OnConflict};
use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter};
use search::follower::Touched;
use store::follow::report;
use store::{Ctx, EventRow, Store, StoreError, Tx};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use vectors::{EncodeError, Packed};

use super::stored::{self, Change, Fill, Row};
use super::{Gist, Meanings, NAME, gist};
use crate::background::Background;
use crate::rows::vector_fill;

/// Listings of one page: what is done again at most after a stop.
const PAGE: u64 = 32;
/// How long a failure, and another node's work, is slept over.
const PAUSE: Duration = Duration::from_secs(2);

/// Why vectors could not be made.
#[derive(Debug, thiserror::Error)]
pub(super) enum MakeError {
    #[error("the database failed")]
    Store(#[from] StoreError),
    #[error("the model failed")]
    Model(#[from] EncodeError),
    #[error("the work was cut off")]
    CutOff(#[from] tokio::task::JoinError),
    #[error("the system gives no threads")]
    Threads(#[from] std::io::Error),
    #[error("the program is to stop")]
    Stopped,
    #[error("another node has gone on from this place")]
    Elsewhere,
}

impl From<sea_orm::DbErr> for MakeError {
    fn from(error: sea_orm::DbErr) -> Self {
        Self::Store(error.into())
    }
}

/// Whoever makes them.
struct Maker {
    store: Store,
    meanings: Arc<Meanings>,
    background: Background,
    stop: CancellationToken,
}

/// Makes what is missing, until `stop`.
pub(super) async fn run(store: Store, meanings: Arc<Meanings>, stop: CancellationToken) {
    let background = match Background::new(1) {
        Ok(background) => background,
        Err(error) => {
            tracing::error!(%error, "the system gives no thread to make vectors on");
            return;
        }
    };
    let maker = Arc::new(Maker { store: store.clone(), meanings, background, stop: stop.clone() });
    let from = loop {
        match maker.fill().await {
            Ok(from) => break from,
            Err(MakeError::Stopped) => return,
            Err(MakeError::Elsewhere) => tracing::info!(follower = NAME, "another node is making the vectors"),
            Err(error) => tracing::error!(follower = NAME, error = report(&error), "vectors could not be made"),
        }
        tokio::select! { () = stop.cancelled() => return, () = tokio::time::sleep(PAUSE) => {} }
    };
    store
        .follow(NAME, from, stop, move |events| {
            let maker = Arc::clone(&maker);
            async move {
                let before = events.first().map_or(from, |e| e.position - 1);
                match maker.step(&events).await {
                    Err(MakeError::Stopped) => Ok(before),
                    Err(MakeError::Elsewhere) => {
                        let place = maker.store.follower_position(NAME).await?;
                        if place <= before {
                            tokio::select! { () = maker.stop.cancelled() => {}, () = tokio::time::sleep(PAUSE) => {} }
                        }
                        Ok(place)
                    }
                    done => done,
                }
            }
        })
        .await;
}

impl Maker {
    /// Takes all listings that are out through the model, from where that has come to; gives the place in the log to follow
    /// from.
    async fn fill(&self) -> Result<i64, MakeError> {
        let model = self.meanings.model();
        let mut at = self.begin().await?;
        while !at.is_done {
            let page = published::page_after(&self.store, at.reached, PAGE).await?;
            let last = page.last().map(|p| p.id);
            let mut ids: BTreeSet<ListingId> = stored::between(self.store.db(), at.reached, last).await?.into_iter().collect();
            ids.extend(page.iter().map(|p| p.id));
            let change = Arc::new(self.reckon(&ids, page).await?);
            let write = move |tx: Tx| {
                let change = Arc::clone(&change);
                async move {
                    go_on(&tx, model, at.reached, last).await?;
                    change.write(&tx, model, true).await?;
                    if last.is_none() {
                        stored::tell_whole(&tx, model);
                    }
                    Ok::<_, MakeError>(())
                }
            };
            self.store.write(Ctx::system(), write).await?;
            at = Fill { reached: last.or(at.reached), is_done: last.is_none() };
        }
        Ok(self.store.follower_position(NAME).await?)
    }

    /// How far the model has come. One that was never used, or not since another one, begins; what happens from here on is
    /// followed afterwards.
    async fn begin(&self) -> Result<Fill, MakeError> {
        let model = self.meanings.model();
        if let Some(fill) = stored::fill(self.store.db(), model).await? {
            return Ok(fill);
        }
        let (place, head) = (self.store.follower_position(NAME).await?, self.store.last_position().await?);
        let begin = move |tx: Tx| async move {
            if !Store::advance_follower(&tx, NAME, place, head).await? {
                return Err(MakeError::Elsewhere);
            }
            vector_fill::Entity::delete_many().filter(vector_fill::Column::Model.ne(model)).exec(tx.db()).await?;
            let row = vector_fill::ActiveModel { model: Set(model), reached: Set(None), done: Set(false) };
            let once = OnConflict::column(vector_fill::Column::Model).do_nothing().to_owned();
            vector_fill::Entity::insert(row).on_conflict(once).exec_without_returning(tx.db()).await?;
            Ok(())
        };
        self.store.write(Ctx::system(), begin).await?;
        Ok(Fill { reached: None, is_done: false })
    }

    /// Makes the vectors of what events touched; gives the place reached.
    async fn step(&self, events: &[EventRow]) -> Result<i64, MakeError> {
        let (Some(first), Some(last)) = (events.first(), events.last()) else { return Ok(self.store.follower_position(NAME).await?) };
        let (before, reached) = (first.position - 1, last.position);
        // What a party is called and where it is, is in no vector.
        let ids: Vec<ListingId> = Touched::by(events).listings.into_iter().collect();
        if ids.is_empty() {
            // Nothing of ours: not worth a write. After a restart these events are read once more.
            return Ok(reached);
        }
        let place = self.store.follower_position(NAME).await?;
        if place >= reached {
            return Ok(place); // another node was faster
        }
        let model = self.meanings.model();
        let size = usize::try_from(PAGE).unwrap_or(usize::MAX);
        let mut pieces = ids.chunks(size).peekable();
        while let Some(piece) = pieces.next() {
            if self.stop.is_cancelled() {
                return Ok(before);
            }
            let change = Arc::new(self.reckon(&piece.iter().copied().collect(), published::load(&self.store, piece).await?).await?);
            // Only the last piece may say that the events are taken care of.
            let to = if pieces.peek().is_none() { reached } else { place };
            if change.is_nothing() && to == place {
                continue;
            }
            let write = move |tx: Tx| {
                let change = Arc::clone(&change);
                async move {
                    if !Store::advance_follower(&tx, NAME, place, to).await? {
                        return Err(MakeError::Elsewhere);
                    }
                    change.write(&tx, model, false).await?;
                    Ok(())
                }
            };
            self.store.write(Ctx::system(), write).await?;
        }
        Ok(reached)
    }

    /// What is other than stored, now that these listings are as they are; `out` are those of them that are published.
    async fn reckon(&self, ids: &BTreeSet<ListingId>, out: Vec<Published>) -> Result<Change, MakeError> {
        let known = stored::known(self.store.db(), &ids.iter().copied().collect::<Vec<_>>()).await?;
        let out: BTreeMap<ListingId, Published> = out.into_iter().map(|listing| (listing.id, listing)).collect();
        let mut change = Change::default();
        for id in ids {
            let there = known.get(id);
            let found = out.get(id).and_then(|listing| Some((listing, gist(&listing.content)?)));
            let Some((listing, gist)) = found else {
                change.gone.extend(there.map(|_| *id));
                continue;
            };
            if there == Some(&(self.meanings.model(), gist.hash)) {
                continue;
            }
            match self.encode(gist.clone()).await {
                Ok(vector) => change.put.push(Row { id: *id, kind: listing.kind, hash: gist.hash, vector }),
                // A text of which the model makes nothing has no vector; others are not held up by it.
                Err(MakeError::Model(EncodeError::NoDirection)) => {
                    tracing::warn!(listing = %id, "the model makes no vector of a listing's text");
                    change.gone.extend(there.map(|_| *id));
                }
                Err(other) => return Err(other),
            }
        }
        Ok(change)
    }

    /// One vector, and the pause behind it.
    async fn encode(&self, gist: Gist) -> Result<Packed, MakeError> {
        if self.stop.is_cancelled() {
            return Err(MakeError::Stopped);
        }
        let begun = Instant::now();
        let meanings = Arc::clone(&self.meanings);
        let vector = self.background.handle().spawn_blocking(move || meanings.encode(&gist)).await??;
        metrics::counter!("innospace_vectors_made_total").increment(1);
        let pause = pause_after(begun.elapsed(), self.meanings.texts_per_second);
        if !pause.is_zero() {
            tokio::select! { () = self.stop.cancelled() => {}, () = tokio::time::sleep(pause) => {} }
        }
        Ok(vector)
    }
}

/// Moves the first way through all listings on, if it stands at `from`; behind the last page it is done.
async fn go_on(tx: &Tx, model: uuid::Uuid, from: Option<ListingId>, to: Option<ListingId>) -> Result<(), MakeError> {
    let reached = Expr::col(vector_fill::Column::Reached);
    let mut update = vector_fill::Entity::update_many()
        .filter(vector_fill::Column::Model.eq(model))
        .filter(vector_fill::Column::Done.eq(false))
        .filter(from.map_or_else(|| reached.clone().is_null(), |from| reached.clone().eq(from.0)));
    update = match to {
        Some(to) => update.col_expr(vector_fill::Column::Reached, Expr::value(to.0)),
        None => update.col_expr(vector_fill::Column::Done, Expr::value(true)),
    };
    if update.exec(tx.db()).await?.rows_affected == 0 { Err(MakeError::Elsewhere) } else { Ok(()) }
}

/// How long to pause behind a text that took so long, so that there are no more than so many in a second; 0 for no bound.
fn pause_after(took: Duration, per_second: f64) -> Duration {
    if per_second <= 0.0 || !per_second.is_finite() {
        return Duration::ZERO;
    }
    Duration::try_from_secs_f64(1.0 / per_second).unwrap_or(Duration::MAX).saturating_sub(took)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn between_texts_it_pauses_for_what_the_settings_leave_of_a_second() {
        let ms = Duration::from_millis;
        assert_eq!((pause_after(ms(30), 10.0), pause_after(ms(100), 10.0), pause_after(ms(300), 10.0)), (ms(70), ms(0), ms(0)));
        assert_eq!((pause_after(ms(30), 0.0), pause_after(ms(30), -1.0), pause_after(ms(30), f64::NAN)), (ms(0), ms(0), ms(0)));
        assert_eq!(pause_after(ms(0), 0.5), ms(2_000));
        // A bound so low that no duration tells it is a long pause and no failure.
        assert_eq!(pause_after(ms(0), f64::MIN_POSITIVE), Duration::MAX);
    }
}
