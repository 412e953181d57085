//! One generation of the index in use: its files opened and checked, its writer, and what searches see of it. Never here: which
//! generation is the live one.

use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::{Duration, Instant};

use tantivy::merge_policy::LogMergePolicy;
use tantivy::schema::Schema;
use tantivy::{Index, IndexReader, IndexWriter, ReloadPolicy, TantivyError};

use super::{Batch, Place, Shared, Wanting};
use crate::directory::IndexDir;
use crate::failure::Failure;
use crate::schema::{self, Fields};
use crate::settings::Settings;
use crate::snapshot::Snapshot;
use crate::steps::Step;

/// So many segments of like size are merged into one. More than a rebuild of 100,000 listings leaves, so that a server
/// does not read its whole index, and hold it in memory, as soon as somebody writes.
const SEGMENTS_OF_A_SIZE: usize = 12;
/// The least memory tantivy takes for one thread, bytes.
pub(super) const LEAST_THREAD_BYTES: usize = 16_000_000;

/// One generation in use.
pub(super) struct Live {
    /// What the writer has: it reads files that searches have mapped.
    pub(super) written: Index,
    pub(super) reader: IndexReader,
    pub(super) writer: Mutex<Writer>,
    pub(super) snapshot: RwLock<Arc<Snapshot>>,
    /// None until the index is whole.
    pub(super) place: RwLock<Option<Place>>,
}

pub(super) enum Writer {
    Open(Box<IndexWriter>),
    /// Failed, or not needed yet; opened by the next batch.
    Shut,
    /// Another process writes; this one only reads.
    Elsewhere,
    /// Replaced by another generation.
    Replaced,
}

impl Live {
    pub(super) fn open(path: &Path, schema: &Schema, fields: &Fields, settings: &Settings, writes: bool) -> Result<Self, Wanting> {
        // Damaged files may make a reader stumble in ways nobody foresaw: whatever happens, it is a damaged index.
        let open = std::panic::AssertUnwindSafe(|| Self::open_checked(path, schema, fields, settings, writes));
        let opened = std::panic::catch_unwind(open);
        match opened {
            Ok(Ok(live)) => Ok(live),
            Ok(Err(Failure::Index(TantivyError::LockFailure(..)))) => Err(Wanting::Locked),
            Ok(Err(failure)) => Err(Wanting::Damaged(failure.to_string())),
            Err(_) => Err(Wanting::Damaged("unreadable".to_owned())),
        }
    }

    fn open_checked(path: &Path, schema: &Schema, fields: &Fields, settings: &Settings, writes: bool) -> Result<Self, Failure> {
        let index = with_tokenizers(Index::open(IndexDir::open(path)?)?);
        let metas = index.load_metas()?;
        // Checksums are only looked at for files on the list of managed files, so that list has to be whole as well.
        let managed = index.directory().list_managed_files();
        let listed = metas.list_segment_files().into_iter().filter(|f| path.join(f).exists()).all(|f| managed.contains(&f));
        let damaged = index.validate_checksum()?;
        if !listed || !damaged.is_empty() || index.schema() != *schema {
            return Err(Failure::Damaged(damaged.len()));
        }
        let place = metas.payload.as_deref().and_then(Place::read).ok_or(Failure::Damaged(1))?;
        let written = with_tokenizers(Index::open(IndexDir::to_write(path)?)?);
        let writer = if writes { Writer::Open(Box::new(open_writer(&written, settings)?)) } else { Writer::Elsewhere };
        Self::new(&index, written, writer, fields, settings, Some(place))
    }

    pub(super) fn in_memory(schema: &Schema, fields: &Fields, settings: &Settings, place: Option<Place>) -> Result<Self, Failure> {
        let index = with_tokenizers(Index::create_in_ram(schema.clone()));
        Self::new(&index, index.clone(), Writer::Shut, fields, settings, place)
    }

    pub(super) fn new(
        searched: &Index,
        written: Index,
        writer: Writer,
        fields: &Fields,
        settings: &Settings,
        place: Option<Place>,
    ) -> Result<Self, Failure> {
        let reader = searched.reader_builder().reload_policy(ReloadPolicy::Manual).try_into()?;
        let snapshot = Snapshot::new(reader.searcher(), fields.clone(), None, settings.filter_cache_mb * 1_000_000)?;
        Ok(Self { written, reader, writer: Mutex::new(writer), snapshot: RwLock::new(Arc::new(snapshot)), place: RwLock::new(place) })
    }

    pub(super) fn place(&self) -> Option<Place> {
        self.place.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(super) fn apply(&self, writer: &mut Writer, batch: &Batch, place: &Place, shared: &Shared) -> Result<(), Failure> {
        if let Writer::Shut = writer {
            *writer = Writer::Open(Box::new(open_writer(&self.written, &shared.settings)?));
        }
        let Writer::Open(open) = writer else { return Err(Failure::Closed) };
        for id in &batch.remove {
            open.delete_term(shared.fields.id_term(*id));
        }
        for doc in &batch.add {
            open.delete_term(shared.fields.id_term(doc.id()));
            open.add_document(shared.fields.write(doc)?)?;
        }
        shared.steps.reached(Step::Added);
        commit(open, place)?;
        shared.steps.reached(Step::Committed);
        self.refresh(shared)?;
        shared.steps.reached(Step::Shown);
        let mut known = self.place.write().unwrap_or_else(PoisonError::into_inner);
        if known.is_some() {
            *known = Some(place.clone());
        }
        Ok(())
    }

    /// Makes what was committed findable.
    pub(super) fn refresh(&self, shared: &Shared) -> Result<(), Failure> {
        self.reader.reload()?;
        let before = Arc::clone(&self.snapshot.read().unwrap_or_else(PoisonError::into_inner));
        let bytes = shared.settings.filter_cache_mb * 1_000_000;
        let snapshot = Snapshot::new(self.reader.searcher(), shared.fields.clone(), Some(&before), bytes)?;
        shared.note_sizes(&snapshot);
        *self.snapshot.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(snapshot);
        Ok(())
    }
}

pub(super) fn with_tokenizers(mut index: Index) -> Index {
    index.set_tokenizers(schema::tokenizers());
    index
}

/// A writer. A process that was just killed may hold the lock for a moment more.
pub(super) fn open_writer(index: &Index, settings: &Settings) -> Result<IndexWriter, Failure> {
    let threads = settings.writer_threads.max(1);
    let memory = (settings.writer_memory_mb * 1_000_000).max(LEAST_THREAD_BYTES * threads);
    let until = Instant::now() + Duration::from_millis(settings.lock_wait_ms);
    loop {
        match index.writer_with_num_threads(threads, memory) {
            Err(TantivyError::LockFailure(..)) if Instant::now() < until => std::thread::sleep(Duration::from_millis(50)),
            other => {
                let writer = other?;
                let mut policy = LogMergePolicy::default();
                policy.set_min_num_segments(SEGMENTS_OF_A_SIZE);
                writer.set_merge_policy(Box::new(policy));
                // What a process that was killed between a file and its commit left has the name of the file to come.
                writer.garbage_collect_files().wait()?;
                return Ok(writer);
            }
        }
    }
}

/// Commits together with what the index then stands for.
pub(super) fn commit(writer: &mut IndexWriter, place: &Place) -> Result<(), Failure> {
    let mut prepared = writer.prepare_commit()?;
    prepared.set_payload(&place.write());
    prepared.commit()?;
    Ok(())
}
