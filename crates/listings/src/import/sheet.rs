//! Spreadsheets are hostile until read: they are parsed in a process of their own, with a limit on its memory and its
//! time, which hands the rows over as JSON Lines.

use std::fs::File;
use std::io::{BufRead, BufReader, BufWriter, Cursor, Read, Seek, Write};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, ExitCode, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use calamine::{CellErrorType, DataRef, Reader, Xlsx};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::broken::Broken;
use super::read::megabytes;
use super::text_rows::{Row, header};
use super::{Limits, zip_sizes};

/// The name of the hidden command.
pub const COMMAND: &str = "read-sheet";

/// A line of what the child writes.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Line {
    Header(Vec<String>),
    Row(u64, Map<String, Value>),
    Broken(Broken),
    End,
}

/// A child that reads a spreadsheet. It is ended when this value goes.
pub(crate) struct Reading {
    child: Arc<Mutex<Child>>,
    output: BufReader<ChildStdout>,
    header: Vec<String>,
    line: String,
    ended: bool,
}

impl Reading {
    /// Starts the child and reads the header.
    pub(crate) fn start(path: &Path, limits: &Limits) -> Result<Self, Broken> {
        let unreadable = |e: std::io::Error| Broken::new("unreadable", &[("why", &e.to_string())]);
        let program = match &limits.sheet_program {
            Some(program) => program.clone(),
            None => std::env::current_exe().map_err(unreadable)?,
        };
        let settings = serde_json::to_string(limits).map_err(|e| unreadable(e.into()))?;
        let mut child = Command::new(program)
            .arg(COMMAND)
            .arg(path)
            .arg(settings)
            .env_clear()
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .map_err(unreadable)?;
        let output = child.stdout.take().ok_or_else(|| Broken::new("sheet_stopped", &[]))?;
        let child = Arc::new(Mutex::new(child));
        watch(&child, Duration::from_secs(limits.sheet_seconds.saturating_mul(3)));
        let mut reading = Self { child, output: BufReader::new(output), header: Vec::new(), line: String::new(), ended: false };
        match reading.read()? {
            Line::Header(names) => reading.header = names,
            Line::Broken(broken) => return Err(broken),
            Line::Row(..) | Line::End => return Err(Broken::new("empty", &[])),
        }
        Ok(reading)
    }

    pub(crate) fn header(&self) -> &[String] {
        &self.header
    }

    /// A child that stops without a word ran into its limits.
    fn read(&mut self) -> Result<Line, Broken> {
        self.line.clear();
        let read = self.output.read_line(&mut self.line).map_err(|e| Broken::of_io(&e, None))?;
        if read == 0 {
            return Err(Broken::new("sheet_stopped", &[]));
        }
        serde_json::from_str(&self.line).map_err(|_| Broken::new("sheet_stopped", &[]))
    }
}

impl Iterator for Reading {
    type Item = Result<Row, Broken>;
    fn next(&mut self) -> Option<Self::Item> {
        if self.ended {
            return None;
        }
        match self.read() {
            Ok(Line::Row(number, cells)) => return Some(Ok(Row { number, cells })),
            Ok(Line::Broken(broken)) | Err(broken) => {
                self.ended = true;
                return Some(Err(broken));
            }
            Ok(Line::Header(_) | Line::End) => self.ended = true,
        }
        None
    }
}

impl Drop for Reading {
    fn drop(&mut self) {
        let mut child = self.child.lock().unwrap_or_else(PoisonError::into_inner);
        // It may have ended by itself; either way it is waited for.
        if let Err(error) = child.kill().and_then(|()| child.wait().map(drop)) {
            tracing::warn!(%error, "the reader of a spreadsheet could not be ended");
        }
    }
}

/// Ends a child that sits there without using its processor time.
fn watch(child: &Arc<Mutex<Child>>, limit: Duration) {
    let child = Arc::downgrade(child);
    let end = Instant::now() + limit;
    std::thread::spawn(move || {
        while let Some(child) = child.upgrade() {
            let mut child = child.lock().unwrap_or_else(PoisonError::into_inner);
            if !matches!(child.try_wait(), Ok(None)) {
                return;
            }
            if Instant::now() >= end {
                if let Err(error) = child.kill() {
                    tracing::warn!(%error, "the reader of a spreadsheet could not be ended");
                }
                return;
            }
            drop(child);
            std::thread::sleep(Duration::from_millis(200));
        }
    });
}

/// The hidden command `read-sheet FILE [SETTINGS]`: limits this process and writes the rows of the file's first sheet
/// to standard output.
#[must_use]
pub fn child_main(args: &[String]) -> ExitCode {
    let Some(path) = args.first() else { return ExitCode::from(2) };
    let limits: Limits = match args.get(1).map(|s| serde_json::from_str(s)) {
        None => Limits::default(),
        Some(Ok(limits)) => limits,
        Some(Err(_)) => return ExitCode::from(2),
    };
    let mut output = BufWriter::new(std::io::stdout().lock());
    let limited = rlimit::setrlimit(rlimit::Resource::AS, limits.sheet_memory_bytes, limits.sheet_memory_bytes)
        .and_then(|()| rlimit::setrlimit(rlimit::Resource::CPU, limits.sheet_seconds, limits.sheet_seconds));
    let last = match limited {
        Err(error) => Line::Broken(Broken::new("unreadable", &[("why", &error.to_string())])),
        Ok(()) => match read_file(Path::new(path), &limits, &mut |line| write_line(&mut output, line)) {
            Ok(()) => Line::End,
            Err(broken) => Line::Broken(broken),
        },
    };
    match write_line(&mut output, &last).and_then(|()| output.flush().map_err(|e| Broken::of_io(&e, None))) {
        Ok(()) => ExitCode::SUCCESS,
        Err(_) => ExitCode::from(1),
    }
}

fn write_line(output: &mut impl Write, line: &Line) -> Result<(), Broken> {
    serde_json::to_writer(&mut *output, line)
        .map_err(std::io::Error::from)
        .and_then(|()| output.write_all(b"\n"))
        .map_err(|e| Broken::of_io(&e, None))
}

type Give<'a> = &'a mut dyn FnMut(&Line) -> Result<(), Broken>;

fn read_file(path: &Path, limits: &Limits, give: Give<'_>) -> Result<(), Broken> {
    let unreadable = |e: std::io::Error| Broken::of_io(&e, None);
    let mut file = File::open(path).map_err(unreadable)?;
    let mut start = [0_u8; 2];
    file.read_exact(&mut start).map_err(unreadable)?;
    file.rewind().map_err(unreadable)?;
    if start != [0x1f, 0x8b] {
        return read(BufReader::new(file), limits, give);
    }
    // A packed spreadsheet is unpacked into memory: this process has little of it, which is the limit.
    let most = limits.sheet_memory_bytes / 4;
    let mut all = Vec::new();
    flate2::read::MultiGzDecoder::new(BufReader::new(file)).take(most + 1).read_to_end(&mut all).map_err(unreadable)?;
    if u64::try_from(all.len()).unwrap_or(u64::MAX) > most {
        return Err(Broken::new("unpacked_too_big", &[("max", &megabytes(most))]));
    }
    read(Cursor::new(all), limits, give)
}

/// Reads the first sheet of a workbook.
fn read<R: Read + Seek>(mut input: R, limits: &Limits, give: Give<'_>) -> Result<(), Broken> {
    let damaged = |e: calamine::XlsxError| Broken::new("sheet_damaged", &[("why", &e.to_string())]);
    zip_sizes::check(&mut input, limits.sheet_memory_bytes)?;
    let mut book = Xlsx::new(input).map_err(damaged)?;
    let name = book.sheet_names().first().cloned().ok_or_else(|| Broken::new("empty", &[]))?;
    let mut cells = book.worksheet_cells_reader(&name).map_err(damaged)?;
    let mut row = SheetRow { names: None, number: 0, cells: Vec::new(), bytes: 0 };
    while let Some(cell) = cells.next_cell_with_formula().map_err(damaged)? {
        let (number, column) = (u64::from(cell.pos.0) + 1, usize::try_from(cell.pos.1).unwrap_or(usize::MAX));
        if column >= limits.columns {
            return Err(Broken::at(number, "too_many_columns", &[("max", &limits.columns.to_string())]));
        }
        if number != row.number {
            row.finish(give)?;
            row.number = number;
        }
        let value = value(&cell.value);
        if cell.formula.is_some() && value.is_null() {
            return Err(Broken::at(number, "formula", &[("cell", &name_of(column, number))]));
        }
        if let DataRef::Error(error) = &cell.value
            && !matches!(error, CellErrorType::NA)
        {
            return Err(Broken::at(number, "cell_error", &[("cell", &name_of(column, number)), ("error", &error.to_string())]));
        }
        row.bytes += value.as_str().map_or(8, str::len);
        if row.bytes > limits.row_bytes {
            return Err(Broken::at(number, "row_too_long", &[("max", &limits.row_bytes.to_string())]));
        }
        if row.cells.len() <= column {
            row.cells.resize(column + 1, Value::Null);
        }
        if let Some(place) = row.cells.get_mut(column) {
            *place = value;
        }
    }
    row.finish(give)?;
    if row.names.is_none() { Err(Broken::new("empty", &[])) } else { Ok(()) }
}

/// The row being read; the first one with cells is the header.
struct SheetRow {
    names: Option<Vec<String>>,
    number: u64,
    cells: Vec<Value>,
    bytes: usize,
}

impl SheetRow {
    fn finish(&mut self, give: Give<'_>) -> Result<(), Broken> {
        self.bytes = 0;
        let cells = std::mem::take(&mut self.cells);
        if cells.iter().all(Value::is_null) {
            return Ok(());
        }
        let Some(names) = &self.names else {
            let words = cells.iter().map(|c| match c {
                Value::Null => String::new(),
                Value::String(text) => text.clone(),
                other => other.to_string(),
            });
            let names = header(words.map(Ok))?;
            give(&Line::Header(names.clone()))?;
            self.names = Some(names);
            return Ok(());
        };
        let mut row = Map::new();
        for (place, value) in cells.into_iter().enumerate() {
            // Cells beside the table, under no name, are remarks.
            if let Some(name) = names.get(place).filter(|n| !n.is_empty() && !value.is_null()) {
                row.insert(name.clone(), value);
            }
        }
        if row.is_empty() { Ok(()) } else { give(&Line::Row(self.number, row)) }
    }
}

/// A cell as JSON: a whole number without a point, a day as 2026-11-24.
fn value(cell: &DataRef<'_>) -> Value {
    match cell {
        DataRef::Int(n) => json!(n),
        #[expect(clippy::cast_possible_truncation, reason = "checked to be whole and small")]
        DataRef::Float(x) if x.fract() == 0.0 && x.abs() < 9e15 => json!(*x as i64),
        DataRef::Float(x) => json!(x),
        DataRef::String(s) if !s.is_empty() => json!(s),
        DataRef::SharedString(s) if !s.is_empty() => json!(s),
        DataRef::Bool(b) => json!(b),
        DataRef::DateTime(at) if at.is_datetime() => {
            let (year, month, day, hour, minute, second, _) = at.to_ymd_hms_milli();
            if (hour, minute, second) == (0, 0, 0) {
                json!(format!("{year:04}-{month:02}-{day:02}"))
            } else {
                json!(format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}"))
            }
        }
        DataRef::DateTime(at) => json!(at.as_f64()),
        DataRef::DateTimeIso(s) | DataRef::DurationIso(s) => json!(s),
        DataRef::String(_) | DataRef::SharedString(_) | DataRef::Error(_) | DataRef::Empty => Value::Null,
    }
}

/// A cell's name, such as `C7`.
fn name_of(column: usize, row: u64) -> String {
    let mut letters = Vec::new();
    let mut rest = column + 1;
    while rest > 0 {
        let digit = u8::try_from((rest - 1) % 26).unwrap_or(0);
        letters.push(char::from(b'A' + digit));
        rest = (rest - 1) / 26;
    }
    format!("{}{row}", letters.iter().rev().collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::import::testing::workbook;

    fn rows(sheet: &str) -> Result<Vec<String>, Broken> {
        let mut lines = Vec::new();
        read(Cursor::new(workbook(sheet)), &Limits::default(), &mut |line| {
            lines.push(serde_json::to_string(line).unwrap());
            Ok(())
        })?;
        Ok(lines)
    }

    #[test]
    fn rows_come_with_their_numbers_and_types() {
        let sheet = r#"<row r="1"><c r="A1" t="inlineStr"><is><t>id</t></is></c><c r="C1" t="inlineStr"><is><t>trl</t></is></c></row>
            <row r="4"><c r="A4" t="inlineStr"><is><t>=một</t></is></c><c r="C4"><v>5</v></c></row>
            <row r="5"><c r="C5"><f>2+2.5</f><v>4.5</v></c></row>"#;
        assert_eq!(
            rows(sheet).unwrap(),
            [r#"{"header":["id","","trl"]}"#, r#"{"row":[4,{"id":"=một","trl":5}]}"#, r#"{"row":[5,{"trl":4.5}]}"#]
        );
    }

    #[test]
    fn a_formula_that_was_never_calculated_and_a_far_cell_are_refused() {
        let head = r#"<row r="1"><c r="A1" t="inlineStr"><is><t>id</t></is></c></row>"#;
        let broken = rows(&format!(r#"{head}<row r="2"><c r="A2"><f>1+1</f></c></row>"#)).unwrap_err();
        assert_eq!((broken.code.as_str(), broken.row, broken.args["cell"].as_str()), ("formula", Some(2), "A2"));
        let broken = rows(&format!(r#"{head}<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>"#)).unwrap_err();
        assert_eq!((broken.code.as_str(), broken.row), ("too_many_columns", Some(1_048_576)));
        assert_eq!(name_of(0, 3), "A3");
        assert_eq!(name_of(16_383, 1_048_576), "XFD1048576");
    }
}
