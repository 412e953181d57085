//! What listings mean, as vectors of sentences: a Vietnamese need and an English technology that mean the same lie near each
//! other though they have no word in common. An option: without a model nothing here costs anything.
//!
//! What always holds: a vector counts for the very text that it was made of, seen by a hash, and a listing whose vector is not
//! there yet has none, whoever asks; only what others see of a listing goes into a model; which vectors there are is decided by
//! the database, and each node holds them in memory by following the log.
//! Not here: the model (`vectors`), what nearness counts (`fit`), hard constraints and who may see what, which it moves nothing of.
//!
//! The way of a vector: [`follower::run`] makes it of an approved text and writes it with its event; every node takes it from
//! the event into [`Meanings`]; [`crate::Engine`] looks for what is near, and weighs it.

mod follower;
mod gist;
mod held;
mod make;
mod stored;

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::Duration;

use base::ListingId;
use listings::Kind;
use listings::content::Content;
use listings::published::Published;
use serde::{Deserialize, Serialize};
use store::{EventRow, Store, StoreError};
use tokio::sync::watch;
use tokio::time::Instant;
use uuid::Uuid;
use vectors::{EncodeError, Encoder, Packed};

pub use follower::{NAME, run};
pub(crate) use gist::{Gist, gist};

use held::Held;

/// After how long without a text the model's memory is given back.
const IDLE: Duration = Duration::from_secs(60);
/// The most listings whose right to be seen is looked up for one question.
const MOST_LOOKED_UP: usize = 5_000;

/// Which model, and what it may cost.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct VectorSettings {
    /// The directory of the model; none for no vectors.
    pub model: Option<PathBuf>,
    /// What the model wants before each text.
    pub prefix: String,
    /// Texts made into vectors in a second at most; 0 for as many as the threads can.
    pub texts_per_second: f64,
    /// Threads that a model computes on; they give way to all others.
    pub threads: usize,
    /// Memory for the vectors of listings, in MB; listings beyond it are matched by words alone.
    pub memory_mb: usize,
}

impl Default for VectorSettings {
    fn default() -> Self {
        Self { model: None, prefix: "query: ".to_owned(), texts_per_second: 20.0, threads: 1, memory_mb: 256 }
    }
}

/// How far the vectors are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Progress {
    /// Whether every listing that was out when the model was first used has been through it.
    pub whole: bool,
    /// Vectors in memory.
    pub held: u64,
    /// Vectors that found no room there.
    pub left_out: u64,
}

/// The vectors of a space's listings by one model. Shared by everything that matches.
pub struct Meanings {
    encoder: Arc<dyn Encoder>,
    texts_per_second: f64,
    held: RwLock<Held>,
    whole: AtomicBool,
    /// The place in the log that the memory has come to.
    followed: watch::Sender<i64>,
    last_used: Mutex<Option<Instant>>,
}

impl Meanings {
    /// The vectors of an encoder, none of them read yet.
    #[must_use]
    pub fn new(encoder: Arc<dyn Encoder>, settings: &VectorSettings) -> Self {
        let held = Held::new(encoder.dimensions(), settings.memory_mb.saturating_mul(1_000_000));
        Self {
            encoder,
            texts_per_second: settings.texts_per_second,
            held: RwLock::new(held),
            whole: AtomicBool::new(false),
            followed: watch::Sender::new(-1),
            last_used: Mutex::new(None),
        }
    }

    /// Which model, as rows and events name it.
    #[must_use]
    pub fn model(&self) -> Uuid {
        Uuid::from_u128(self.encoder.fingerprint().0)
    }

    /// How far the vectors are.
    #[must_use]
    pub fn progress(&self) -> Progress {
        let held = self.held.read().unwrap_or_else(PoisonError::into_inner);
        Progress { whole: self.is_whole(), held: held.len() as u64, left_out: held.left_out() }
    }

    /// Whether all listings have been through the model once, so that stored scores count with it.
    pub(crate) fn is_whole(&self) -> bool {
        self.whole.load(Ordering::Acquire)
    }

    /// Reads all vectors of this model; gives the place in the log that they stand for at least.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn load(&self, store: &Store) -> Result<i64, StoreError> {
        // What comes while it is read is read again by its event.
        let position = store.last_position().await?;
        let model = self.model();
        let mut after = None;
        loop {
            let page = stored::page_after(store.db(), model, after).await?;
            let Some(last) = page.last().map(|row| ListingId(row.listing_id)) else { break };
            after = Some(last);
            let mut held = self.held.write().unwrap_or_else(PoisonError::into_inner);
            page.into_iter().filter_map(stored::sound).for_each(|row| held.put(row.id, row.kind, row.hash, &row.vector));
        }
        let is_done = stored::fill(store.db(), model).await?.is_some_and(|fill| fill.is_done);
        self.whole.store(is_done, Ordering::Release);
        self.followed.send_replace(position);
        let progress = self.progress();
        if progress.left_out > 0 {
            tracing::warn!(progress.left_out, "vectors of listings find no room in vectors.memory_mb; these are matched by words alone");
        }
        Ok(position)
    }

    /// How many vectors of this model are stored, and whether all listings have been through it.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn made(&self, store: &Store) -> Result<(u64, bool), StoreError> {
        let model = self.model();
        let is_whole = stored::fill(store.db(), model).await?.is_some_and(|fill| fill.is_done);
        Ok((stored::count(store.db(), model).await?, is_whole))
    }

    /// Takes what events say of vectors into the memory.
    async fn take(&self, store: &Store, events: &[EventRow]) -> Result<(), StoreError> {
        let model = self.model();
        let told = Told::by(events, model);
        let ids: Vec<ListingId> = told.held.iter().copied().collect();
        let rows = stored::with_vectors(store.db(), model, &ids).await?;
        {
            let mut held = self.held.write().unwrap_or_else(PoisonError::into_inner);
            ids.iter().for_each(|id| held.remove(*id));
            rows.iter().for_each(|row| held.put(row.id, row.kind, row.hash, &row.vector));
        }
        if told.is_whole {
            self.whole.store(true, Ordering::Release);
        }
        if let Some(last) = events.last() {
            self.followed.send_replace(last.position);
        }
        Ok(())
    }

    /// Waits until the memory has come to a place of the log.
    pub(crate) async fn reaches(&self, position: i64) {
        // It cannot fail: the sender lives as long as this.
        self.followed.subscribe().wait_for(|followed| *followed >= position).await.ok();
    }

    /// The vector of a listing, if there is one of what it says.
    pub(crate) fn of(&self, id: ListingId, content: &Content) -> Option<Packed> {
        let gist = gist(content)?;
        self.held.read().unwrap_or_else(PoisonError::into_inner).get(id, gist.hash)
    }

    /// The cosine of a vector to that of a listing, if there is one of what the listing says.
    pub(crate) fn cosine(&self, to: &Packed, id: ListingId, content: &Content) -> Option<f64> {
        let gist = gist(content)?;
        self.held.read().unwrap_or_else(PoisonError::into_inner).cosine(to, id, gist.hash)
    }

    /// The nearest listings of these kinds with a cosine above `bound` that `seen` lets through.
    pub(crate) fn nearest<E>(
        &self,
        to: &Packed,
        (kinds, bound, limit): (&BTreeSet<Kind>, f64, usize),
        seen: impl FnMut(&[ListingId]) -> Result<Vec<ListingId>, E>,
    ) -> Result<Vec<ListingId>, E> {
        // The lock is not held while rights are looked up.
        let all = self.held.read().unwrap_or_else(PoisonError::into_inner).above(to, kinds, bound);
        held::nearest(all, limit, MOST_LOOKED_UP, seen)
    }

    /// The vector of what a listing says; takes some hundredths of a second.
    ///
    /// # Errors
    /// [`EncodeError`] if the model fails.
    pub(crate) fn encode(&self, gist: &Gist) -> Result<Packed, EncodeError> {
        *self.last_used.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now());
        let vector = self.encoder.encode(&gist.text, gist.lang)?;
        Packed::of(&vector).ok_or(EncodeError::NoDirection)
    }

    /// The vector of a content that is not stored; none if it says nothing that has one.
    ///
    /// # Errors
    /// [`EncodeError`] if the model fails.
    pub fn vector_of(&self, content: &Content) -> Result<Option<Packed>, EncodeError> {
        match gist(content).map(|gist| self.encode(&gist)).transpose() {
            Err(EncodeError::NoDirection) => Ok(None),
            done => done,
        }
    }

    /// Holds the vector of a listing in memory alone, for measuring and tests without a database; none if its text has none.
    ///
    /// # Errors
    /// [`EncodeError`] if the model fails.
    pub fn hold(&self, listing: &Published) -> Result<(), EncodeError> {
        let Some(gist) = gist(&listing.content) else { return Ok(()) };
        let vector = self.encode(&gist)?;
        self.held.write().unwrap_or_else(PoisonError::into_inner).put(listing.id, listing.kind, gist.hash, &vector);
        Ok(())
    }

    /// Gives the model's memory back if nothing was encoded for a while.
    fn rest_if_idle(&self) {
        let mut last = self.last_used.lock().unwrap_or_else(PoisonError::into_inner);
        if last.is_some_and(|at| at.elapsed() >= IDLE) {
            *last = None;
            self.encoder.rest();
        }
    }
}

/// What events say of the vectors of one model.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Told {
    /// Listings whose vector is another one.
    held: BTreeSet<ListingId>,
    /// Those of them that came after all listings had been through the model: what stands is weighed anew for them.
    pub(crate) touched: BTreeSet<ListingId>,
    /// Whether all listings have been through the model now.
    pub(crate) is_whole: bool,
}

impl Told {
    pub(crate) fn by(events: &[EventRow], model: Uuid) -> Self {
        let mut told = Self::default();
        for event in events.iter().filter(|e| e.subject_kind == stored::SUBJECT && e.subject_id == model) {
            if event.kind == stored::WHOLE {
                told.is_whole = true;
                continue;
            }
            let ids = event.payload.get("listings").and_then(serde_json::Value::as_array).into_iter().flatten();
            let ids: BTreeSet<ListingId> = ids.filter_map(|id| id.as_str()?.parse().ok()).collect();
            if event.payload.get("first").and_then(serde_json::Value::as_bool) != Some(true) {
                told.touched.extend(ids.iter().copied());
            }
            told.held.extend(ids);
        }
        told
    }
}
