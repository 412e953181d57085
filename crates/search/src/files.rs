//! The index's directories: one per generation, and a marker that names the live one.
//!
//! `DIR/live.json` is written only when a generation is whole, so a rebuild that was interrupted is never taken for an
//! index: at the next start it is removed, and the index is built anew.

use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};

const MARKER: &str = "live.json";
/// Held by the one process that uses the directory.
const LOCK: &str = "in-use.lock";
const PREFIX: &str = "gen-";

/// What the marker says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Marker {
    pub(crate) generation: u64,
    pub(crate) schema: u32,
}

/// The directory of a generation.
pub(crate) fn generation(dir: &Path, generation: u64) -> PathBuf {
    dir.join(format!("{PREFIX}{generation}"))
}

/// The marker, if there is a readable one.
pub(crate) fn read_marker(dir: &Path) -> Option<Marker> {
    serde_json::from_slice(&fs::read(dir.join(MARKER)).ok()?).ok()
}

/// Names the live generation, so that it is named after a power cut, too.
pub(crate) fn write_marker(dir: &Path, marker: Marker) -> io::Result<()> {
    let new = dir.join(format!("{MARKER}.new"));
    let mut file = fs::File::create(&new)?;
    file.write_all(&serde_json::to_vec(&marker)?)?;
    file.sync_all()?;
    drop(file);
    fs::rename(&new, dir.join(MARKER))?;
    fs::File::open(dir)?.sync_all()
}

/// The numbers of all generations that have a directory.
fn generations(dir: &Path) -> io::Result<Vec<u64>> {
    let mut all = Vec::new();
    for entry in fs::read_dir(dir)? {
        if let Some(number) = entry?.file_name().to_str().and_then(|n| n.strip_prefix(PREFIX)).and_then(|n| n.parse().ok()) {
            all.push(number);
        }
    }
    Ok(all)
}

/// Takes the directory for this process, which holds it as long as the file lives; none if another process has it. A
/// process that was just killed may hold it for a moment more, so it is waited for.
pub(crate) fn hold(dir: &Path, wait: Duration) -> io::Result<Option<fs::File>> {
    let file = fs::File::options().create(true).truncate(false).write(true).open(dir.join(LOCK))?;
    let until = Instant::now() + wait;
    loop {
        match file.try_lock() {
            Ok(()) => return Ok(Some(file)),
            Err(fs::TryLockError::WouldBlock) if Instant::now() < until => std::thread::sleep(Duration::from_millis(50)),
            Err(fs::TryLockError::WouldBlock) => return Ok(None),
            Err(fs::TryLockError::Error(error)) => return Err(error),
        }
    }
}

/// Removes every generation but the live one; what cannot be removed stays and is tried again at the next start.
pub(crate) fn remove_others(dir: &Path, live: Option<u64>) -> io::Result<()> {
    for other in generations(dir)?.into_iter().filter(|g| Some(*g) != live) {
        if let Err(error) = fs::remove_dir_all(generation(dir, other)) {
            tracing::warn!(%error, generation = other, "an old generation of the index could not be removed");
        }
    }
    Ok(())
}

/// An empty directory for the next generation.
pub(crate) fn create_next(dir: &Path) -> io::Result<(u64, PathBuf)> {
    fs::create_dir_all(dir)?;
    let live = read_marker(dir).map_or(0, |m| m.generation);
    let next = generations(dir)?.into_iter().max().unwrap_or(0).max(live) + 1;
    let path = generation(dir, next);
    fs::create_dir(&path)?;
    Ok((next, path))
}
