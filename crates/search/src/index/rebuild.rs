//! Building the index anew beside the live one, and taking its place. Whatever ends it half-way changes nothing and leaves
//! nothing behind.

use std::path::PathBuf;
use std::sync::atomic::Ordering;
use std::sync::{Arc, PoisonError};

use tantivy::merge_policy::NoMergePolicy;
use tantivy::{Index, IndexSettings, IndexWriter, TantivyDocument};

use super::live::{LEAST_THREAD_BYTES, Live, Writer, commit, open_writer, with_tokenizers};
use super::{HeldDir, Place, STORED_BLOCK_BYTES, Search, Shared};
use crate::directory::IndexDir;
use crate::document::Document;
use crate::failure::Failure;
use crate::files::{self, Marker};
use crate::schema;
use crate::steps::Step;

impl Search {
    /// Begins to build the index anew beside the live one, which goes on answering.
    ///
    /// # Errors
    /// [`Failure::Closed`] if another rebuild is running, other kinds if files cannot be made.
    pub fn rebuild(&self) -> Result<Rebuild, Failure> {
        if self.shared.rebuilding.swap(true, Ordering::AcqRel) {
            return Err(Failure::Closed);
        }
        let mut guard = Rebuilding { shared: Arc::clone(&self.shared), unfinished: None };
        let (index, generation) = match &self.shared.dir {
            Some(HeldDir { path: dir, .. }) => {
                let (generation, path) = files::create_next(dir)?;
                guard.unfinished = Some(path.clone());
                let settings = IndexSettings { docstore_blocksize: STORED_BLOCK_BYTES, ..IndexSettings::default() };
                (Index::create(IndexDir::open(&path)?, self.shared.schema.clone(), settings)?, generation)
            }
            None => (Index::create_in_ram(self.shared.schema.clone()), 0),
        };
        let index = with_tokenizers(index);
        let threads = self.shared.settings.rebuild_threads.max(1);
        let memory = (self.shared.settings.rebuild_memory_mb * 1_000_000).max(LEAST_THREAD_BYTES * threads);
        let writer = index.writer_with_num_threads(threads, memory)?;
        // The pieces are joined after the swap (`joining`), so that nobody waits for it.
        writer.set_merge_policy(Box::new(NoMergePolicy));
        Ok(Rebuild { index, writer, generation, documents: 0, guard })
    }
}

/// Ends "a rebuild is running", however it ends; one that failed leaves no folder, or each new try would leave one more.
struct Rebuilding {
    shared: Arc<Shared>,
    unfinished: Option<PathBuf>,
}

impl Drop for Rebuilding {
    fn drop(&mut self) {
        if let Some(path) = &self.unfinished
            && let Err(error) = std::fs::remove_dir_all(path)
        {
            tracing::warn!(%error, path = %path.display(), "an unfinished index could not be removed");
        }
        self.shared.rebuilding.store(false, Ordering::Release);
    }
}

/// An index that is being built beside the live one. Dropped before [`Rebuild::finish`], it changes nothing.
pub struct Rebuild {
    index: Index,
    writer: IndexWriter<TantivyDocument>,
    generation: u64,
    documents: u64,
    // The last, since it may remove what the others have open.
    guard: Rebuilding,
}

impl Rebuild {
    /// Adds a document; ids may not come twice. Waits while the writer has enough to do, which bounds the memory.
    ///
    /// # Errors
    /// [`Failure`] if the document cannot be written.
    pub fn add(&mut self, document: &Document) -> Result<(), Failure> {
        self.writer.add_document(self.guard.shared.fields.write(document)?)?;
        self.documents += 1;
        Ok(())
    }

    /// How many documents were added.
    #[must_use]
    pub fn documents(&self) -> u64 {
        self.documents
    }

    /// The same as [`Rebuild::finish_at`], of an index that no database stands behind.
    ///
    /// # Errors
    /// As [`Rebuild::finish_at`].
    pub fn finish(self, position: i64) -> Result<(), Failure> {
        self.finish_at(Place::from(position))
    }

    /// Makes it the live index, standing for the log up to `place`: the head of the log *before* the first document
    /// was read, since what happened meanwhile is applied again from there. Then removes the old one.
    ///
    /// # Errors
    /// [`Failure`]; the old index then stays the live one.
    pub fn finish_at(mut self, place: Place) -> Result<(), Failure> {
        commit(&mut self.writer, &place)?;
        self.writer.wait_merging_threads()?;
        let shared = Arc::clone(&self.guard.shared);
        let written = match &self.guard.unfinished {
            Some(path) => with_tokenizers(Index::open(IndexDir::to_write(path)?)?),
            None => self.index.clone(),
        };
        let writer = Writer::Open(Box::new(open_writer(&written, &shared.settings)?));
        let live = Live::new(&self.index, written, writer, &shared.fields, &shared.settings, Some(place))?;
        let snapshot = Arc::clone(&live.snapshot.read().unwrap_or_else(PoisonError::into_inner));
        shared.steps.reached(Step::Rebuilt);
        if let Some(HeldDir { path: dir, .. }) = &shared.dir {
            files::write_marker(dir, Marker { generation: self.generation, schema: schema::VERSION })?;
        }
        self.guard.unfinished = None;
        shared.steps.reached(Step::Named);
        let old = std::mem::replace(&mut *shared.live.write().unwrap_or_else(PoisonError::into_inner), Arc::new(live));
        *old.writer.lock().unwrap_or_else(PoisonError::into_inner) = Writer::Replaced;
        shared.note_sizes(&snapshot);
        shared.swaps.send_modify(|swaps| *swaps += 1);
        shared.steps.reached(Step::Swapped);
        if let Some(HeldDir { path: dir, .. }) = &shared.dir {
            files::remove_others(dir, Some(self.generation))?;
        }
        Ok(())
    }
}
