//! Where an index's files are read from: who searches has them mapped into memory, but for stored texts; who writes reads them.
//!
//! Postings and columns are read in many small steps, for which mapped pages are quickest. Of stored texts a search reads
//! some twenty blocks, each once; mapped, they would stay resident page by page until the whole file counts as memory of
//! the program. They are read into the heap and gone after the answer. Merging goes through whole files once, and so reads all
//! of them: a merge of a large index would else have all of it resident a second time.
//!
//! The engine puts a checksum behind every file but the two small ones that name the others and say which documents of them
//! count. Those get theirs here, so that no damage is taken for another state of the index.

use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::{fmt, io};

use sha2::{Digest as _, Sha256};
use tantivy::Directory;
use tantivy::directory::error::{DeleteError, LockError, OpenReadError, OpenWriteError};
use tantivy::directory::{DirectoryLock, FileHandle, FileSlice, Lock, MmapDirectory, OwnedBytes, WatchCallback, WatchHandle, WritePtr};
use tantivy::{HasLen, TantivyError};

/// The files that stored texts are in end so.
const STORED: &str = "store";
/// Longer pieces are read mapped: checking goes through a whole file once.
const MOST_APART: usize = 1 << 20;

/// Bytes of the checksum behind a file that is written whole.
const SUM_BYTES: usize = 32;

fn sum_of(data: &[u8]) -> [u8; SUM_BYTES] {
    Sha256::digest(data).into()
}

/// A folder of index files.
#[derive(Clone)]
pub(crate) struct IndexDir {
    mapped: MmapDirectory,
    path: PathBuf,
    reads_all: bool,
}

impl IndexDir {
    /// The folder at `path`, which must be there, to search in.
    ///
    /// # Errors
    /// If it is not there or cannot be read.
    pub(crate) fn open(path: &Path) -> Result<Self, TantivyError> {
        Ok(Self { mapped: MmapDirectory::open(path)?, path: path.to_owned(), reads_all: false })
    }

    /// The same, to write to.
    ///
    /// # Errors
    /// If it is not there or cannot be read.
    pub(crate) fn to_write(path: &Path) -> Result<Self, TantivyError> {
        Ok(Self { reads_all: true, ..Self::open(path)? })
    }
}

impl fmt::Debug for IndexDir {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("IndexDir").field(&self.path).finish()
    }
}

/// A file of stored texts.
#[derive(Debug)]
struct StoredTexts {
    read: FileSlice,
    mapped: Arc<dyn FileHandle>,
}

impl HasLen for StoredTexts {
    fn len(&self) -> usize {
        self.mapped.len()
    }
}

impl FileHandle for StoredTexts {
    fn read_bytes(&self, range: Range<usize>) -> io::Result<OwnedBytes> {
        if range.is_empty() || range.len() > MOST_APART {
            return self.mapped.read_bytes(range);
        }
        self.read.read_bytes_slice(range)
    }
}

/// A file that is read and never mapped.
#[derive(Debug)]
struct Read(FileSlice);

impl HasLen for Read {
    fn len(&self) -> usize {
        self.0.len()
    }
}

impl FileHandle for Read {
    fn read_bytes(&self, range: Range<usize>) -> io::Result<OwnedBytes> {
        if range.is_empty() { Ok(OwnedBytes::empty()) } else { self.0.read_bytes_slice(range) }
    }
}

impl Directory for IndexDir {
    fn get_file_handle(&self, path: &Path) -> Result<Arc<dyn FileHandle>, OpenReadError> {
        let is_stored = path.extension().is_some_and(|e| e == STORED);
        if !is_stored && !self.reads_all {
            return self.mapped.get_file_handle(path);
        }
        let read = FileSlice::open(&self.path.join(path)).map_err(|e| match e.kind() {
            io::ErrorKind::NotFound => OpenReadError::FileDoesNotExist(path.to_owned()),
            _ => OpenReadError::wrap_io_error(e, path.to_owned()),
        })?;
        if self.reads_all {
            return Ok(Arc::new(Read(read)));
        }
        Ok(Arc::new(StoredTexts { read, mapped: self.mapped.get_file_handle(path)? }))
    }

    fn delete(&self, path: &Path) -> Result<(), DeleteError> {
        self.mapped.delete(path)
    }

    fn exists(&self, path: &Path) -> Result<bool, OpenReadError> {
        self.mapped.exists(path)
    }

    fn open_write(&self, path: &Path) -> Result<WritePtr, OpenWriteError> {
        self.mapped.open_write(path)
    }

    fn atomic_read(&self, path: &Path) -> Result<Vec<u8>, OpenReadError> {
        let mut data = self.mapped.atomic_read(path)?;
        let sum = data.split_off(data.len().saturating_sub(SUM_BYTES));
        if sum != sum_of(&data) {
            let damaged = io::Error::new(io::ErrorKind::InvalidData, "the checksum does not fit");
            return Err(OpenReadError::wrap_io_error(damaged, path.to_owned()));
        }
        Ok(data)
    }

    fn atomic_write(&self, path: &Path, data: &[u8]) -> io::Result<()> {
        self.mapped.atomic_write(path, &[data, &sum_of(data)].concat())
    }

    fn sync_directory(&self) -> io::Result<()> {
        self.mapped.sync_directory()
    }

    fn acquire_lock(&self, lock: &Lock) -> Result<DirectoryLock, LockError> {
        self.mapped.acquire_lock(lock)
    }

    fn watch(&self, watch_callback: WatchCallback) -> tantivy::Result<WatchHandle> {
        self.mapped.watch(watch_callback)
    }
}
