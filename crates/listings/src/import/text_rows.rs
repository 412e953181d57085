//! Rows of text files: CSV and JSON Lines, with limits on everything and nothing kept but the row in hand.

use std::io::{BufRead, Read};

use serde_json::{Map, Value};

use super::Limits;
use super::broken::Broken;
use super::encoding::not_utf8;

/// A row: its number as an editor or spreadsheet counts, and its cells by column.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// Counted from 1; a table's first row is its header.
    pub number: u64,
    /// The cells.
    pub cells: Map<String, Value>,
}

/// Reads JSON Lines.
pub(crate) struct Lines<R> {
    input: R,
    number: u64,
    limits: Limits,
    line: Vec<u8>,
    ended: bool,
}

impl<R: BufRead> Lines<R> {
    pub(crate) fn new(input: R, limits: &Limits) -> Self {
        Self { input, number: 0, limits: limits.clone(), line: Vec::new(), ended: false }
    }

    /// Reads a line without its end; whether there was one, and whether it had its end.
    fn read_line(&mut self) -> Result<Option<bool>, Broken> {
        self.line.clear();
        loop {
            let row = self.number + 1;
            let chunk = self.input.fill_buf().map_err(|e| Broken::of_io(&e, Some(row)))?;
            if chunk.is_empty() {
                return Ok((!self.line.is_empty()).then_some(false));
            }
            let end = chunk.iter().position(|b| *b == b'\n');
            let taken = end.map_or(chunk.len(), |at| at + 1);
            if self.line.len() + taken > self.limits.row_bytes {
                return Err(Broken::at(row, "row_too_long", &[("max", &self.limits.row_bytes.to_string())]));
            }
            self.line.extend_from_slice(chunk.get(..end.unwrap_or(taken)).unwrap_or_default());
            self.input.consume(taken);
            if end.is_some() {
                return Ok(Some(true));
            }
        }
    }

    fn next_row(&mut self) -> Result<Option<Row>, Broken> {
        loop {
            let Some(whole) = self.read_line()? else { return Ok(None) };
            self.number += 1;
            let text = std::str::from_utf8(&self.line).map_err(|_| not_utf8(&self.line, Some(self.number)))?;
            if text.trim().is_empty() {
                continue;
            }
            let cells: Map<String, Value> = serde_json::from_str(text).map_err(|e| match e.classify() {
                // The last line stops in the middle of its JSON.
                serde_json::error::Category::Eof if !whole => Broken::at(self.number, "cut", &[]),
                _ => Broken::at(self.number, "bad_json", &[("why", &e.to_string())]),
            })?;
            if cells.len() > self.limits.columns {
                return Err(Broken::at(self.number, "too_many_columns", &[("max", &self.limits.columns.to_string())]));
            }
            return Ok(Some(Row { number: self.number, cells }));
        }
    }
}

impl<R: BufRead> Iterator for Lines<R> {
    type Item = Result<Row, Broken>;
    fn next(&mut self) -> Option<Self::Item> {
        if self.ended {
            return None;
        }
        let row = self.next_row().transpose();
        self.ended = !matches!(row, Some(Ok(_)));
        row
    }
}

/// Where the guard stands within a record.
#[derive(Clone, Copy, PartialEq, Eq)]
enum At {
    FieldStart,
    Plain,
    Quoted,
    /// Behind a quotation mark inside quotes: the end, or the first half of a doubled one.
    QuoteInQuoted,
}

/// Stands before the CSV reader, which itself knows no limits and takes an open quotation mark at the end of a file
/// for a closed one. Follows the quoting as the reader does and stops a record that has too much of anything.
struct Guard<R> {
    input: R,
    delimiter: u8,
    limits: Limits,
    at: At,
    record: u64,
    bytes: usize,
    columns: usize,
}

impl<R: Read> Read for Guard<R> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let count = self.input.read(buffer)?;
        if count == 0 && !buffer.is_empty() && self.at == At::Quoted {
            return Err(Broken::at(self.record, "open_quote", &[]).into_io());
        }
        for byte in buffer.iter().take(count).copied() {
            self.step(byte).map_err(Broken::into_io)?;
        }
        Ok(count)
    }
}

impl<R> Guard<R> {
    fn step(&mut self, byte: u8) -> Result<(), Broken> {
        self.bytes += 1;
        if self.bytes > self.limits.row_bytes {
            return Err(Broken::at(self.record, "row_too_long", &[("max", &self.limits.row_bytes.to_string())]));
        }
        if self.at == At::Quoted {
            if byte == b'"' {
                self.at = At::QuoteInQuoted;
            }
            return Ok(());
        }
        if byte == self.delimiter {
            self.columns += 1;
            self.at = At::FieldStart;
            if self.columns > self.limits.columns {
                return Err(Broken::at(self.record, "too_many_columns", &[("max", &self.limits.columns.to_string())]));
            }
        } else if byte == b'\n' || byte == b'\r' {
            // Empty lines are no records.
            if self.bytes > 1 {
                self.record += 1;
            }
            (self.at, self.bytes, self.columns) = (At::FieldStart, 0, 1);
        } else if byte == b'"' && matches!(self.at, At::FieldStart | At::QuoteInQuoted) {
            self.at = At::Quoted;
        } else {
            self.at = At::Plain;
        }
        Ok(())
    }
}

/// Reads a table of text.
pub(crate) struct Table<R: Read> {
    reader: csv::Reader<Guard<R>>,
    header: Vec<String>,
    record: csv::ByteRecord,
    number: u64,
    ended: bool,
}

impl<R: Read> Table<R> {
    /// Reads the header.
    pub(crate) fn open(input: R, delimiter: u8, limits: &Limits) -> Result<Self, Broken> {
        let guard = Guard { input, delimiter, limits: limits.clone(), at: At::FieldStart, record: 1, bytes: 0, columns: 1 };
        let reader = csv::ReaderBuilder::new().has_headers(false).flexible(true).delimiter(delimiter).from_reader(guard);
        let mut table = Self { reader, header: Vec::new(), record: csv::ByteRecord::new(), number: 0, ended: false };
        if !table.read()? {
            return Err(Broken::new("empty", &[]));
        }
        table.header = header(table.record.iter().map(|cell| String::from_utf8(cell.to_vec()).map_err(|_| not_utf8(cell, Some(1)))))?;
        Ok(table)
    }

    pub(crate) fn header(&self) -> &[String] {
        &self.header
    }

    fn read(&mut self) -> Result<bool, Broken> {
        let row = self.number + 1;
        let there = self.reader.read_byte_record(&mut self.record).map_err(|e| match e.kind() {
            csv::ErrorKind::Io(error) => Broken::of_io(error, Some(row)),
            _ => Broken::at(row, "unreadable", &[("why", &e.to_string())]),
        })?;
        self.number += u64::from(there);
        Ok(there)
    }

    fn next_row(&mut self) -> Result<Option<Row>, Broken> {
        if !self.read()? {
            return Ok(None);
        }
        let (there, expected) = (self.record.len(), self.header.len());
        if there != expected {
            let (there, expected) = (there.to_string(), expected.to_string());
            return Err(Broken::at(self.number, "row_cells", &[("cells", &there), ("columns", &expected)]));
        }
        let mut cells = Map::new();
        for (name, cell) in self.header.iter().zip(self.record.iter()) {
            let text = std::str::from_utf8(cell).map_err(|_| not_utf8(self.record.as_slice(), Some(self.number)))?;
            if !text.is_empty() && !name.is_empty() {
                cells.insert(name.clone(), Value::String(text.to_owned()));
            }
        }
        Ok(Some(Row { number: self.number, cells }))
    }
}

impl<R: Read> Iterator for Table<R> {
    type Item = Result<Row, Broken>;
    fn next(&mut self) -> Option<Self::Item> {
        if self.ended {
            return None;
        }
        let row = self.next_row().transpose();
        self.ended = !matches!(row, Some(Ok(_)));
        row
    }
}

/// The names of a table's columns: trimmed, none twice. Columns without a name are not read.
pub(crate) fn header(cells: impl Iterator<Item = Result<String, Broken>>) -> Result<Vec<String>, Broken> {
    let mut names: Vec<String> = Vec::new();
    for cell in cells {
        let name = base::text::clean(&cell?);
        if !name.is_empty() && names.contains(&name) {
            return Err(Broken::at(1, "column_twice", &[("column", &name)]));
        }
        names.push(name);
    }
    if names.iter().all(String::is_empty) {
        return Err(Broken::new("empty", &[]));
    }
    Ok(names)
}

/// The separator of a table, told by its first line.
pub(crate) fn delimiter(head: &[u8]) -> u8 {
    let (mut quoted, mut counts) = (false, [(b',', 0_usize), (b';', 0), (b'\t', 0)]);
    for byte in head {
        match byte {
            b'"' => quoted = !quoted,
            b'\n' | b'\r' if !quoted => break,
            _ if !quoted => counts.iter_mut().filter(|(d, _)| d == byte).for_each(|(_, n)| *n += 1),
            _ => {}
        }
    }
    // The first of those that occur most often.
    counts.iter().rev().max_by_key(|(_, n)| *n).map_or(b',', |(d, _)| *d)
}
