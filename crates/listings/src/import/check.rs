//! The first pass: every row is read, mapped and checked before anything is written.

use std::collections::HashMap;
use std::path::Path;
use std::sync::atomic::Ordering;

use sea_orm::ConnectionTrait;
use sha2::{Digest, Sha256};
use store::StoreError;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::convert::RowFault;
use super::plan::{Entry, Key, Plan};
use super::read::{self, Limits};
use super::{Broken, Progress, lookup};

/// Faults kept of one import; all are counted.
pub(crate) const KEPT_FAULTS: usize = 10_000;
/// Rows compared with the database at once.
const CHUNK: usize = 100;

/// What the first pass found.
#[derive(Debug, Default)]
pub(crate) struct Checked {
    /// Rows of the file.
    pub rows: u64,
    /// Which of them are faulty, one bit each.
    pub faulty: Bits,
    /// The first faults, with the number of their row.
    pub faults: Vec<(u64, RowFault)>,
    /// Texts that were cut.
    pub shortened: u64,
}

impl Checked {
    fn add(&mut self, ordinal: u64, number: u64, faults: impl IntoIterator<Item = RowFault>) {
        for fault in faults {
            self.faulty.set(ordinal);
            if self.faults.len() < KEPT_FAULTS {
                self.faults.push((number, fault));
            }
        }
    }
}

/// A growing set of small numbers.
#[derive(Clone, Debug, Default)]
pub(crate) struct Bits {
    words: Vec<u64>,
    count: u64,
}

impl Bits {
    fn set(&mut self, bit: u64) {
        let (word, mask) = Self::place(bit);
        if self.words.len() <= word {
            self.words.resize(word + 1, 0);
        }
        if let Some(word) = self.words.get_mut(word)
            && *word & mask == 0
        {
            *word |= mask;
            self.count += 1;
        }
    }

    /// Whether it is in the set.
    pub(crate) fn has(&self, bit: u64) -> bool {
        let (word, mask) = Self::place(bit);
        self.words.get(word).is_some_and(|w| w & mask != 0)
    }

    /// How many are in the set.
    pub(crate) fn count(&self) -> u64 {
        self.count
    }

    fn place(bit: u64) -> (usize, u64) {
        (usize::try_from(bit / 64).unwrap_or(usize::MAX), 1 << (bit % 64))
    }
}

/// Why the first pass ended before the end of the file.
pub(crate) enum Ended {
    Broken(Broken),
    Stopped,
    Store(StoreError),
}

impl From<Broken> for Ended {
    fn from(broken: Broken) -> Self {
        Self::Broken(broken)
    }
}

/// Reads the whole file on a thread of its own while the keys of its rows are looked up in the database.
pub(crate) async fn file(
    db: &impl ConnectionTrait,
    plan: Plan,
    path: &Path,
    limits: &Limits,
    stop: &CancellationToken,
    progress: &(dyn Fn(Progress) + Send + Sync),
) -> Result<(Plan, Checked), Ended> {
    let (send, mut receive) = mpsc::channel::<Vec<Entry>>(2);
    let (told, mut tell) = mpsc::unbounded_channel();
    let (path, limits, stop) = (path.to_owned(), limits.clone(), stop.clone());
    let reading = tokio::task::spawn_blocking(move || {
        let mut plan = plan;
        let checked = read_all(&mut plan, &path, &limits, &stop, &send, &|p| {
            // Nobody listens any more when the database failed.
            told.send(p).ok();
        })?;
        Ok::<_, Ended>((plan, checked))
    });
    let mut conflicts: Vec<(u64, u64, RowFault)> = Vec::new();
    loop {
        tokio::select! {
            chunk = receive.recv() => {
                let Some(chunk) = chunk else { break };
                let known = lookup::known(db, chunk.iter().filter_map(Entry::key)).await.map_err(Ended::Store)?;
                let mut closed = Vec::new();
                for entry in &chunk {
                    let Some(row) = lookup::of(entry, &known) else { continue };
                    if let Some(fault) = lookup::taken(entry, row) {
                        conflicts.push((entry.ordinal, entry.number, fault));
                    } else if let Some(fault) = lookup::closed(row).map_err(Ended::Store)? {
                        closed.push((entry, row, fault));
                    }
                }
                let rows: Vec<_> = closed.iter().map(|(_, row, _)| *row).collect();
                let contents = lookup::contents(db, &rows).await.map_err(Ended::Store)?;
                for (entry, row, fault) in closed {
                    let before = contents.get(&row.id);
                    if before != Some(&lookup::next_content(entry, row, before)) {
                        conflicts.push((entry.ordinal, entry.number, fault));
                    }
                }
            }
            Some(now) = tell.recv() => progress(now),
        }
    }
    let (plan, mut checked) = reading.await.map_err(|_| Ended::Store(StoreError::Lost))??;
    for (ordinal, number, fault) in conflicts {
        checked.add(ordinal, number, [fault]);
    }
    Ok((plan, checked))
}

fn read_all(
    plan: &mut Plan,
    path: &Path,
    limits: &Limits,
    stop: &CancellationToken,
    keyed: &mpsc::Sender<Vec<Entry>>,
    progress: &dyn Fn(Progress),
) -> Result<Checked, Ended> {
    let mut source = read::open(path, limits)?;
    plan.meet(source.header.as_deref())?;
    let mut checked = Checked::default();
    // A hash of each key seen, and the row it stands in.
    let mut seen: HashMap<u128, u64> = HashMap::new();
    let mut chunk = Vec::with_capacity(CHUNK);
    while let Some(row) = source.next() {
        let row = row?;
        let (ordinal, number) = (checked.rows, row.number);
        checked.rows += 1;
        let (entry, faults, shortened) = plan.read(ordinal, row, true);
        checked.shortened += shortened;
        let right = faults.is_empty();
        checked.add(ordinal, number, faults);
        if let Some((entry, key)) = entry.and_then(|e| e.key().map(|k| (e, k))) {
            if let Some(first) = seen.get(&digest(&key)) {
                checked.add(
                    ordinal,
                    number,
                    [RowFault::new("", "/provenance/external_id", "twice_in_file").with("row", first.to_string())],
                );
            } else if right {
                seen.insert(digest(&key), number);
                chunk.push(entry);
            }
        }
        if chunk.len() == CHUNK && keyed.blocking_send(std::mem::take(&mut chunk)).is_err() {
            return Err(Ended::Stopped);
        }
        if ordinal % 256 == 0 {
            if stop.is_cancelled() {
                return Err(Ended::Stopped);
            }
            progress(Progress::checking(checked.rows, source.read.load(Ordering::Relaxed), source.bytes));
        }
    }
    if checked.rows == 0 {
        return Err(Broken::new("empty", &[]).into());
    }
    if !chunk.is_empty() && keyed.blocking_send(chunk).is_err() {
        return Err(Ended::Stopped);
    }
    Ok(checked)
}

fn digest(key: &Key) -> u128 {
    let mut hasher = Sha256::new();
    match key {
        Key::External { source, id } => {
            hasher.update(source.as_bytes());
            hasher.update([0]);
            hasher.update(id.as_bytes());
        }
        Key::Code(code) => hasher.update(code.as_bytes()),
    }
    hasher.finalize().iter().take(16).fold(0, |n, byte| (n << 8) | u128::from(*byte))
}
