//! A look at a zip file's directory before anything is unpacked.

use std::io::{Read, Seek, SeekFrom};

use super::broken::Broken;
use super::read::megabytes;

/// Entries a workbook has at most.
const MAX_ENTRIES: u64 = 10_000;
/// Bytes of a directory at most.
const MAX_DIRECTORY: u64 = 4_000_000;

/// Refuses a zip file whose entries say that they unpack to more than `max_bytes`, or that has too many of them.
pub(crate) fn check(input: &mut (impl Read + Seek), max_bytes: u64) -> Result<(), Broken> {
    let failed = |e: std::io::Error| Broken::of_io(&e, None);
    let length = input.seek(SeekFrom::End(0)).map_err(failed)?;
    // The directory's end: 22 bytes and a comment of up to 65,535.
    let tail_length = length.min(22 + 65_535);
    input.seek(SeekFrom::Start(length - tail_length)).map_err(failed)?;
    let mut tail = Vec::new();
    input.take(tail_length).read_to_end(&mut tail).map_err(failed)?;
    let end =
        tail.windows(4).rposition(|w| w == b"PK\x05\x06").and_then(|at| tail.get(at..at + 22)).ok_or_else(|| Broken::new("cut", &[]))?;
    let (entries, size, start) = (number(end, 10, 2), number(end, 12, 4), number(end, 16, 4));
    if entries > MAX_ENTRIES || size > MAX_DIRECTORY {
        return Err(Broken::new("zip_entries", &[("max", &MAX_ENTRIES.to_string())]));
    }
    input.seek(SeekFrom::Start(start)).map_err(failed)?;
    let mut directory = Vec::new();
    input.take(size).read_to_end(&mut directory).map_err(failed)?;
    let (mut rest, mut unpacked) = (directory.as_slice(), 0_u64);
    while let Some(entry) = rest.get(..46).filter(|e| e.starts_with(b"PK\x01\x02")) {
        unpacked = unpacked.saturating_add(number(entry, 24, 4));
        let skip = 46 + number(entry, 28, 2) + number(entry, 30, 2) + number(entry, 32, 2);
        rest = usize::try_from(skip).ok().and_then(|skip| rest.get(skip..)).unwrap_or_default();
    }
    if unpacked > max_bytes {
        return Err(Broken::new("unpacked_too_big", &[("max", &megabytes(max_bytes))]));
    }
    input.rewind().map_err(failed)
}

/// A little-endian number inside bytes.
fn number(bytes: &[u8], at: usize, length: usize) -> u64 {
    bytes.get(at..at + length).unwrap_or_default().iter().rev().fold(0, |n, b| (n << 8) | u64::from(*b))
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::*;
    use crate::import::testing::workbook;

    #[test]
    fn a_workbook_passes_and_what_unpacks_to_too_much_or_is_cut_does_not() {
        let book = workbook("");
        assert_eq!(check(&mut Cursor::new(&book), 1_000_000), Ok(()));
        assert_eq!(check(&mut Cursor::new(&book), 100).unwrap_err().code, "unpacked_too_big");
        assert_eq!(check(&mut Cursor::new(&book[..book.len() / 2]), 1_000_000).unwrap_err().code, "cut");
    }
}
