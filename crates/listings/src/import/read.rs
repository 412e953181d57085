//! Opening a file of listings: CSV, JSON Lines, XLSX, each perhaps packed with gzip. What it is, is told by its bytes,
//! not by its name; it is streamed with a limit on everything.

use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use flate2::read::MultiGzDecoder;
use serde::{Deserialize, Serialize};

use super::broken::Broken;
use super::encoding::wide;
use super::sheet;
use super::text_rows::{Lines, Row, Table, delimiter};

/// What is read of a file at most.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Limits {
    /// Bytes of the file.
    pub file_bytes: u64,
    /// Bytes of what is packed in it.
    pub unpacked_bytes: u64,
    /// Rows.
    pub rows: u64,
    /// Bytes of a row.
    pub row_bytes: usize,
    /// Columns of a row.
    pub columns: usize,
    /// Memory of the process that reads a spreadsheet, bytes.
    pub sheet_memory_bytes: u64,
    /// Processor time of that process, seconds; three times as long by the clock.
    pub sheet_seconds: u64,
    /// The program that reads spreadsheets when it is started as `PROGRAM read-sheet FILE`; this program, unless set.
    pub sheet_program: Option<PathBuf>,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            file_bytes: 500_000_000,
            unpacked_bytes: 4_000_000_000,
            rows: 2_000_000,
            row_bytes: 1_000_000,
            columns: 1_000,
            sheet_memory_bytes: 256 << 20,
            sheet_seconds: 60,
            sheet_program: None,
        }
    }
}

/// What a file turned out to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FileKind {
    /// A table of text.
    Csv,
    /// JSON Lines.
    JsonLines,
    /// A spreadsheet.
    Xlsx,
}

type Rows = Box<dyn Iterator<Item = Result<Row, Broken>> + Send>;

/// An opened file, from which rows can be taken.
pub struct Source {
    /// What it is.
    pub kind: FileKind,
    /// The names of the columns of a table; none for JSON Lines, whose rows have their own.
    pub header: Option<Vec<String>>,
    /// Bytes of the file.
    pub bytes: u64,
    /// Bytes read so far.
    pub read: Arc<AtomicU64>,
    rows: Rows,
    left: u64,
    most: u64,
}

impl Iterator for Source {
    type Item = Result<Row, Broken>;
    fn next(&mut self) -> Option<Self::Item> {
        let row = self.rows.next()?;
        if self.left == 0 {
            self.rows = Box::new(std::iter::empty());
            return Some(Err(Broken::new("too_many_rows", &[("max", &self.most.to_string())])));
        }
        self.left -= 1;
        Some(row)
    }
}

/// Opens a file.
///
/// # Errors
/// [`Broken`] if it cannot be opened, is too large, empty, no UTF-8, or of no kind that is read here.
pub fn open(path: &Path, limits: &Limits) -> Result<Source, Broken> {
    let unreadable = |e: std::io::Error| Broken::new("unreadable", &[("why", &e.to_string())]);
    let file = File::open(path).map_err(unreadable)?;
    let bytes = file.metadata().map_err(unreadable)?.len();
    if bytes > limits.file_bytes {
        return Err(Broken::new("file_too_big", &[("max", &megabytes(limits.file_bytes))]));
    }
    let read = Arc::new(AtomicU64::new(0));
    let mut plain = BufReader::with_capacity(64 * 1024, Counted { inner: file, read: Arc::clone(&read) });
    let packed = plain.fill_buf().map_err(unreadable)?.starts_with(&[0x1f, 0x8b]);
    let inner: Box<dyn Read + Send> = if packed { Box::new(MultiGzDecoder::new(plain)) } else { Box::new(plain) };
    let mut input = BufReader::with_capacity(64 * 1024, Capped { inner, left: limits.unpacked_bytes, max: limits.unpacked_bytes });
    let head = input.fill_buf().map_err(|e| Broken::of_io(&e, None))?;
    let mark = if head.starts_with(&[0xef, 0xbb, 0xbf]) { 3 } else { 0 };
    let kind = kind_of(head.get(mark..).unwrap_or_default())?;
    let delimiter = delimiter(head.get(mark..).unwrap_or_default());
    input.consume(mark);
    let (header, rows): (_, Rows) = match kind {
        FileKind::JsonLines => (None, Box::new(Lines::new(input, limits))),
        FileKind::Csv => {
            let table = Table::open(input, delimiter, limits)?;
            (Some(table.header().to_vec()), Box::new(table))
        }
        FileKind::Xlsx => {
            drop(input);
            let sheet = sheet::Reading::start(path, limits)?;
            read.store(bytes, Ordering::Relaxed);
            (Some(sheet.header().to_vec()), Box::new(sheet))
        }
    };
    Ok(Source { kind, header, bytes, read, rows, left: limits.rows, most: limits.rows })
}

fn kind_of(head: &[u8]) -> Result<FileKind, Broken> {
    if head.starts_with(b"PK\x03\x04") || head.starts_with(b"PK\x05\x06") {
        return Ok(FileKind::Xlsx);
    }
    if head.starts_with(&[0xd0, 0xcf, 0x11, 0xe0]) {
        return Err(Broken::new("old_excel", &[]));
    }
    if head.starts_with(&[0x1f, 0x8b]) {
        return Err(Broken::new("packed_twice", &[]));
    }
    if let Some(broken) = wide(head) {
        return Err(broken);
    }
    match head.iter().find(|b| !b.is_ascii_whitespace()) {
        None => Err(Broken::new("empty", &[])),
        Some(b'{') => Ok(FileKind::JsonLines),
        Some(b'[') => Err(Broken::new("json_array", &[])),
        Some(_) => Ok(FileKind::Csv),
    }
}

/// Whole megabytes, for a message.
pub(crate) fn megabytes(bytes: u64) -> String {
    (bytes / 1_000_000).to_string()
}

/// Counts what is read of the file itself.
struct Counted<R> {
    inner: R,
    read: Arc<AtomicU64>,
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let count = self.inner.read(buffer)?;
        self.read.fetch_add(u64::try_from(count).unwrap_or(u64::MAX), Ordering::Relaxed);
        Ok(count)
    }
}

/// Stops what unpacks to more than was reckoned with.
struct Capped<R> {
    inner: R,
    left: u64,
    max: u64,
}

impl<R: Read> Read for Capped<R> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let count = self.inner.read(buffer)?;
        match self.left.checked_sub(u64::try_from(count).unwrap_or(u64::MAX)) {
            Some(left) => self.left = left,
            None => return Err(Broken::new("unpacked_too_big", &[("max", &megabytes(self.max))]).into_io()),
        }
        Ok(count)
    }
}
