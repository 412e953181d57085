//! The index itself: opened or found wanting, written in batches, rebuilt beside the live one and swapped.
//!
//! What always holds: the position of the log that a commit stands for is written with the commit, never before or
//! after it; documents are replaced by id, so that applying a batch twice changes nothing; an index that is damaged,
//! of another schema or not to be had is not repaired but rebuilt from what the caller gives.
//! Not here: where documents come from ([`crate::follower`]) and how they are found ([`crate::search`]).

mod joining;
mod live;
mod place;
mod rebuild;

use std::collections::BTreeMap;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use base::{Clock, Vocabularies};
use tantivy::schema::Schema;
use tokio::sync::watch;
use uuid::Uuid;

use crate::document::Document;
use crate::failure::Failure;
use crate::files;
use crate::schema::{self, Fields};
use crate::settings::{Settings, Weights};
use crate::snapshot::Snapshot;
use crate::steps::{Step, Steps};
use crate::synonyms::Synonyms;

use live::{LEAST_THREAD_BYTES, Live, Writer};

pub use place::{Origin, Place};
pub use rebuild::Rebuild;

/// How often a reader beside the holder tries to open what may just have been swapped.
const BESIDE_ATTEMPTS: u32 = 5;
/// Stored cards and texts are unpacked in blocks of so many bytes: a result needs one of them, so small ones are quick.
const STORED_BLOCK_BYTES: usize = 6_000;
/// The index, shared by all who search and the one who writes.
#[derive(Clone)]
pub struct Search {
    shared: Arc<Shared>,
}

struct Shared {
    /// None for an index in memory.
    dir: Option<HeldDir>,
    /// Whether the follower fails again and again.
    failing: AtomicBool,
    /// Whether the index on disk is known to be of the database beside it; one that may be another's is not searched.
    proven: AtomicBool,
    settings: Settings,
    weights: RwLock<Arc<Weights>>,
    synonyms: RwLock<Arc<Synonyms>>,
    vocabularies: Arc<Vocabularies>,
    clock: Clock,
    schema: Schema,
    fields: Fields,
    live: RwLock<Arc<Live>>,
    rebuilding: AtomicBool,
    /// How often another generation became the live one.
    swaps: watch::Sender<u64>,
    pub(crate) steps: Steps,
    /// Up to where the log needs nothing more of the index.
    followed: watch::Sender<i64>,
}

/// The index's directory and the lock on it: two processes that rebuild and tidy one directory would take each other's
/// files away.
struct HeldDir {
    path: PathBuf,
    _lock: File,
}

/// Why the index has to be built anew.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wanting {
    /// There is none.
    Missing,
    /// It is of another edition of the fields.
    OtherVersion,
    /// Files are missing or damaged.
    Damaged(String),
    /// Another process holds it.
    Locked,
    /// Its directory cannot be written: there will be none until somebody mends that and the process begins again.
    Unwritable,
}

/// An index, and what has to be done before it is worth searching.
pub struct Opened {
    /// The index; empty if it is wanting.
    pub search: Search,
    /// Why it must be rebuilt; none if it can follow the log from [`Search::position`].
    pub wanting: Option<Wanting>,
}

/// Changes that belong together.
#[derive(Clone, Debug, Default)]
pub struct Batch {
    /// Documents that replace those of the same id.
    pub add: Vec<Document>,
    /// Ids of documents that are no longer to be found.
    pub remove: Vec<Uuid>,
    /// Up to where the log is then in the index.
    pub position: i64,
}

impl Search {
    /// Opens the index below `dir` and holds the directory. One that is missing, damaged or of another edition is left
    /// aside, and [`Opened::wanting`] says why; the caller then rebuilds. What another process holds is not touched, and
    /// must not be rebuilt.
    ///
    /// # Errors
    /// [`Failure`] if not even an empty index can be made.
    pub fn open(dir: &Path, settings: Settings, vocabularies: Arc<Vocabularies>, clock: Clock) -> Result<Opened, Failure> {
        std::fs::create_dir_all(dir)?;
        let Some(held) = files::hold(dir, Duration::from_millis(settings.lock_wait_ms))? else {
            return Self::without_directory(settings, vocabularies, clock, Wanting::Locked);
        };
        let (schema, fields) = schema::build();
        let marker = files::read_marker(dir);
        let (live, wanting) = match marker {
            None => (None, Some(Wanting::Missing)),
            Some(m) if m.schema != schema::VERSION => (None, Some(Wanting::OtherVersion)),
            Some(m) => match Live::open(&files::generation(dir, m.generation), &schema, &fields, &settings, true) {
                Ok(live) => (Some(live), None),
                Err(wanting) => (None, Some(wanting)),
            },
        };
        if let Some(why) = &wanting {
            tracing::warn!(?why, "the search index has to be rebuilt");
        }
        files::remove_others(dir, marker.filter(|_| live.is_some()).map(|m| m.generation))?;
        let live = match live {
            Some(live) => live,
            None => Live::in_memory(&schema, &fields, &settings, None)?,
        };
        Ok(Opened {
            search: Self::with(Some(HeldDir { path: dir.to_owned(), _lock: held }), settings, vocabularies, clock, schema, fields, live),
            wanting,
        })
    }

    /// The index below `dir` as it is now, beside the process that holds it: what follows is not seen, and nothing can be
    /// written. None if there is no whole index of this edition.
    ///
    /// # Errors
    /// [`Failure::Damaged`] if its files cannot be read.
    pub fn beside(dir: &Path, settings: Settings, vocabularies: Arc<Vocabularies>, clock: Clock) -> Result<Option<Self>, Failure> {
        let (schema, fields) = schema::build();
        for attempt in 1.. {
            let Some(marker) = files::read_marker(dir).filter(|m| m.schema == schema::VERSION) else { return Ok(None) };
            match Live::open(&files::generation(dir, marker.generation), &schema, &fields, &settings, false) {
                Ok(live) => {
                    let search = Self::with(None, settings, vocabularies, clock, schema, fields, live);
                    // The holder has looked whether it is of its database.
                    search.note_proven();
                    return Ok(Some(search));
                }
                // The holder may just have swapped its index for a new one.
                Err(_) if attempt < BESIDE_ATTEMPTS => {}
                Err(_) => break,
            }
        }
        Err(Failure::Damaged(1))
    }

    /// What a process has whose index directory is not its own to use, for this reason: nothing is found, and whoever asks
    /// hears so.
    ///
    /// # Errors
    /// [`Failure`] if not even this can be made.
    pub fn without_directory(
        settings: Settings,
        vocabularies: Arc<Vocabularies>,
        clock: Clock,
        wanting: Wanting,
    ) -> Result<Opened, Failure> {
        let (schema, fields) = schema::build();
        let live = Live::in_memory(&schema, &fields, &settings, None)?;
        let search = Self::with(None, settings, vocabularies, clock, schema, fields, live);
        Ok(Opened { search, wanting: Some(wanting) })
    }

    /// An empty index that is kept in memory only, such as a test's.
    ///
    /// # Errors
    /// [`Failure`] if it cannot be made.
    pub fn in_memory(settings: Settings, vocabularies: Arc<Vocabularies>, clock: Clock) -> Result<Self, Failure> {
        let (schema, fields) = schema::build();
        let live = Live::in_memory(&schema, &fields, &settings, Some(Place::from(0)))?;
        Ok(Self::with(None, settings, vocabularies, clock, schema, fields, live))
    }

    /// An empty index in memory for a few documents, asked as this one is: with the same vocabularies, weights and synonyms.
    ///
    /// # Errors
    /// [`Failure`] if it cannot be made.
    pub fn small_beside(&self) -> Result<Self, Failure> {
        let least = LEAST_THREAD_BYTES.div_ceil(1_000_000);
        let settings = Settings {
            writer_memory_mb: least,
            writer_threads: 1,
            filter_cache_mb: 1,
            weights: (*self.weights()).clone(),
            ..self.settings().clone()
        };
        let small = Self::in_memory(settings, Arc::clone(&self.shared.vocabularies), self.clock().clone())?;
        *small.shared.synonyms.write().unwrap_or_else(PoisonError::into_inner) = self.synonyms();
        Ok(small)
    }

    fn with(
        dir: Option<HeldDir>,
        settings: Settings,
        vocabularies: Arc<Vocabularies>,
        clock: Clock,
        schema: Schema,
        fields: Fields,
        live: Live,
    ) -> Self {
        let weights = RwLock::new(Arc::new(settings.weights.clone()));
        let synonyms = Synonyms::built_in().unwrap_or_default();
        let proven = live.place().is_none_or(|place| place.origin.is_none());
        let live = RwLock::new(Arc::new(live));
        let search = Self {
            shared: Arc::new(Shared {
                dir,
                failing: AtomicBool::new(false),
                proven: AtomicBool::new(proven),
                settings,
                weights,
                synonyms: RwLock::new(Arc::new(synonyms)),
                vocabularies,
                clock,
                schema,
                fields,
                live,
                rebuilding: AtomicBool::new(false),
                swaps: watch::Sender::new(0),
                steps: Steps::default(),
                followed: watch::Sender::new(-1),
            }),
        };
        search.shared.note_sizes(&search.snapshot());
        search
    }

    /// Up to where the log is in the index; none while it is not whole.
    #[must_use]
    pub fn position(&self) -> Option<i64> {
        self.place().map(|place| place.position)
    }

    /// What the index stands for; none while it is not whole.
    #[must_use]
    pub fn place(&self) -> Option<Place> {
        self.live().place()
    }

    /// From now on the index is searched: it is of the database beside it, or set aside.
    pub(crate) fn note_proven(&self) {
        self.shared.proven.store(true, Ordering::Release);
    }

    /// Leaves what is there aside: it is of another database, and nothing of it is found any more. A rebuild takes its place.
    pub(crate) fn set_aside(&self) -> Result<(), Failure> {
        let shared = &self.shared;
        let none = Live::in_memory(&shared.schema, &shared.fields, &shared.settings, None)?;
        let old = std::mem::replace(&mut *shared.live.write().unwrap_or_else(PoisonError::into_inner), Arc::new(none));
        *old.writer.lock().unwrap_or_else(PoisonError::into_inner) = Writer::Replaced;
        Ok(())
    }

    /// Up to where the log needs nothing more of the index: at or beyond [`Search::position`], since events that touch
    /// nothing here are not worth a commit. What readiness and lag are measured by; -1 while nobody follows.
    #[must_use]
    pub fn followed(&self) -> i64 {
        *self.shared.followed.borrow()
    }

    /// Waits until the index has what the log had up to a position; without end while nobody follows. The log may go on
    /// meanwhile: under steady writes an index is never quite at its end.
    pub async fn reaches(&self, position: i64) {
        // It cannot fail: the sender lives as long as this.
        self.shared.followed.subscribe().wait_for(|followed| *followed >= position).await.ok();
    }

    /// Whether what is written does not reach the index: the follower failed several times in a row.
    #[must_use]
    pub fn is_failing(&self) -> bool {
        self.shared.failing.load(Ordering::Acquire)
    }

    pub(crate) fn note_failing(&self, failing: bool) {
        self.shared.failing.store(failing, Ordering::Release);
    }

    pub(crate) fn note_followed(&self, position: i64) {
        self.shared.followed.send_replace(position);
    }

    /// Changes whenever another generation becomes the live one, from now on.
    pub(crate) fn swaps(&self) -> watch::Receiver<u64> {
        self.shared.swaps.subscribe()
    }

    /// The index at this moment.
    #[must_use]
    pub fn snapshot(&self) -> Arc<Snapshot> {
        Arc::clone(&self.live().snapshot.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// The index at this moment, to search in. One that is only being built is not searched, since "nothing found" would be
    /// untrue, nor one that what is written no longer reaches, since it may show what was taken back.
    pub(crate) fn whole(&self) -> Result<Arc<Snapshot>, Failure> {
        if self.is_failing() || !self.shared.proven.load(Ordering::Acquire) {
            return Err(Failure::Building);
        }
        let live = self.live();
        live.place().ok_or(Failure::Building)?;
        Ok(Arc::clone(&live.snapshot.read().unwrap_or_else(PoisonError::into_inner)))
    }

    /// Every document's id, and what the database said of it as a number: for comparing the two.
    #[must_use]
    pub fn seals(&self) -> BTreeMap<Uuid, i64> {
        self.snapshot().seals().collect()
    }

    /// The settings.
    #[must_use]
    pub fn settings(&self) -> &Settings {
        &self.shared.settings
    }

    /// The vocabularies that documents and labels are made with.
    #[must_use]
    pub fn vocabularies(&self) -> &Vocabularies {
        &self.shared.vocabularies
    }

    /// The weights of the ranking.
    #[must_use]
    pub fn weights(&self) -> Arc<Weights> {
        Arc::clone(&self.shared.weights.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Changes the weights from the next search on.
    pub fn set_weights(&self, weights: Weights) {
        *self.shared.weights.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(weights);
    }

    /// The synonyms.
    #[must_use]
    pub fn synonyms(&self) -> Arc<Synonyms> {
        Arc::clone(&self.shared.synonyms.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Changes the synonyms from the next search on.
    pub fn set_synonyms(&self, synonyms: Synonyms) {
        *self.shared.synonyms.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(synonyms);
    }

    /// Reads the synonyms anew, those of the space beside the built-in ones; what cannot be read changes nothing.
    ///
    /// # Errors
    /// One line with the file and what is wrong in it.
    pub fn reload_synonyms(&self) -> Result<(), String> {
        let synonyms = Synonyms::of_space(self.shared.settings.synonyms.as_deref())?;
        if *self.synonyms() != synonyms {
            tracing::info!(groups = synonyms.len(), "synonyms read");
            self.set_synonyms(synonyms);
        }
        Ok(())
    }

    /// Calls `watch` at each step from here on, in the thread that takes it; a test ends everything by
    /// panicking there, and at each step after that.
    #[cfg(any(test, feature = "testing"))]
    pub fn watch(&self, watch: impl Fn(Step) + Send + Sync + 'static) {
        self.shared.steps.watch(Arc::new(watch));
    }

    pub(crate) fn reached(&self, step: Step) {
        self.shared.steps.reached(step);
    }

    pub(crate) fn clock(&self) -> &Clock {
        &self.shared.clock
    }

    fn live(&self) -> Arc<Live> {
        Arc::clone(&self.shared.live.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Writes a batch and makes it findable. Blocks: call it from a thread that may wait.
    ///
    /// # Errors
    /// [`Failure`]; the index is then as before, and the same batch may be tried again.
    pub fn apply(&self, batch: &Batch) -> Result<(), Failure> {
        self.apply_of(batch, None)
    }

    /// The same with word of which database the batch is from.
    pub(crate) fn apply_of(&self, batch: &Batch, origin: Option<Origin>) -> Result<(), Failure> {
        let place = Place { position: batch.position, origin };
        loop {
            let live = self.live();
            let mut writer = live.writer.lock().unwrap_or_else(PoisonError::into_inner);
            if matches!(*writer, Writer::Replaced) {
                continue;
            }
            let done = live.apply(&mut writer, batch, &place, &self.shared);
            if done.is_err() {
                *writer = Writer::Shut;
            }
            return done;
        }
    }
}

impl Shared {
    /// Tells how large the index on disk is; small ones in memory beside it are nobody's matter.
    fn note_sizes(&self, snapshot: &Snapshot) {
        if self.dir.is_some() {
            metrics::gauge!("search_documents").set(snapshot.documents() as f64);
            metrics::gauge!("search_segments").set(snapshot.segments.len() as f64);
        }
    }
}
