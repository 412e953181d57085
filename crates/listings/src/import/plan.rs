//! What a row of the file becomes: read through the mapping or as the product's own format, checked, with its key.

use std::collections::HashMap;
use std::sync::{Arc, LazyLock};

use base::body::Shape;
use base::{Faults, Lang, Origin, PartyId, Vocabularies};
use chrono::NaiveDate;
use serde_json::Value;

use super::broken::Broken;
use super::convert::{RowFault, convert};
use super::fields::Fields;
use super::mapping::Mapping;
use super::own::{self, Line};
use super::text_rows::Row;
use crate::check::Check;
use crate::content::{Content, IpAsset, Need, Technology};
use crate::head::Visibility;
use crate::kind::Kind;
use crate::published::Provenance;
use crate::state::Status;

/// The greatest revision a text of a file may have.
const MAX_REVISION: u32 = 1_000_000;
/// Longest source, external id and licence, characters.
const MAX_NAME: usize = 256;

/// A row that is to become a listing or a version of one.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Entry {
    /// Its place among the rows, from 0.
    pub ordinal: u64,
    /// Its number in the file, as an editor counts.
    pub number: u64,
    pub party: PartyId,
    pub source_lang: Lang,
    pub visibility: Visibility,
    pub publish: bool,
    pub code: Option<String>,
    pub provenance: Provenance,
    pub content: Content,
    /// The number of its first version: 1, or where its texts' revisions have come to.
    pub first_version: u32,
}

/// By what a listing is known again.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Key {
    External { source: String, id: String },
    Code(String),
}

impl Entry {
    /// The key of this row, if it has one.
    pub(crate) fn key(&self) -> Option<Key> {
        match (&self.provenance.source, &self.provenance.external_id) {
            (Some(source), Some(id)) => Some(Key::External { source: source.clone(), id: id.clone() }),
            _ => self.code.clone().map(Key::Code),
        }
    }
}

/// Made once: a shape costs about a millisecond.
static SHAPES: LazyLock<Shapes> = LazyLock::new(Shapes::new);

/// The shapes of the three kinds and of a line of the product's own format.
struct Shapes {
    technology: Shape,
    ip_asset: Shape,
    need: Shape,
    line: Shape,
}

impl Shapes {
    fn new() -> Self {
        Self {
            technology: Shape::of::<Technology>(),
            ip_asset: Shape::of::<IpAsset>(),
            need: Shape::of::<Need>(),
            line: Shape::of::<Line>(),
        }
    }

    /// Reads a body that is clean; none if anything is wrong with it.
    fn read_clean(kind: Kind, body: Value) -> Option<Content> {
        match kind {
            Kind::Technology => serde_json::from_value(body).ok().map(Content::Technology),
            Kind::IpAsset => serde_json::from_value(body).ok().map(Content::IpAsset),
            Kind::Need => serde_json::from_value(body).ok().map(Content::Need),
        }
    }

    /// Reads a body, finding everything that is wrong with it.
    fn read(&self, kind: Kind, body: Value) -> (Option<Content>, Faults) {
        match kind {
            Kind::Technology => {
                let (content, faults) = self.technology.read::<Technology>(body);
                (content.map(|c| Content::Technology(Box::new(c))), faults)
            }
            Kind::IpAsset => {
                let (content, faults) = self.ip_asset.read::<IpAsset>(body);
                (content.map(|c| Content::IpAsset(Box::new(c))), faults)
            }
            Kind::Need => {
                let (content, faults) = self.need.read::<Need>(body);
                (content.map(|c| Content::Need(Box::new(c))), faults)
            }
        }
    }
}

/// How the rows of one import are read.
pub(crate) struct Plan {
    mapping: Option<Mapping>,
    party: Option<PartyId>,
    /// The parties rows may name, by slug; asked only where no party was given.
    parties: HashMap<String, PartyId>,
    publish: bool,
    /// Whether the file may say where a listing came from and which code it has: an operator's may.
    trusted: bool,
    vocabularies: Arc<Vocabularies>,
    today: NaiveDate,
    fields: HashMap<Kind, Arc<Fields>>,
    /// Whether the file is a table, and one in the product's own flat form.
    table: bool,
    flat: bool,
}

/// What [`Plan::new`] is made from.
pub(crate) struct PlanParts {
    pub mapping: Option<Mapping>,
    pub party: Option<PartyId>,
    pub parties: HashMap<String, PartyId>,
    pub publish: bool,
    pub trusted: bool,
    pub vocabularies: Arc<Vocabularies>,
    pub today: NaiveDate,
}

impl Plan {
    pub(crate) fn new(parts: PlanParts) -> Self {
        let PlanParts { mapping, party, parties, publish, trusted, vocabularies, today } = parts;
        let fields = if mapping.is_none() { Kind::ALL.into_iter().map(|k| (k, Arc::new(Fields::of(k)))).collect() } else { HashMap::new() };
        Self { mapping, party, parties, publish, trusted, vocabularies, today, fields, table: false, flat: false }
    }

    /// Compares the columns of a table with what is asked for.
    pub(crate) fn meet(&mut self, header: Option<&[String]>) -> Result<(), Broken> {
        let Some(header) = header else { return Ok(()) };
        self.table = true;
        match &self.mapping {
            Some(mapping) => match mapping.reads().find(|column| !header.iter().any(|h| h == column)) {
                Some(column) => Err(Broken::at(1, "column_missing", &[("column", column)])),
                None => Ok(()),
            },
            None if own::is_flat(header) => {
                self.flat = true;
                Ok(())
            }
            None => Err(Broken::at(1, "needs_mapping", &[])),
        }
    }

    /// Reads a row; with `check`, all that is wrong with it is found, without it only what keeps it from being read.
    /// Also how many texts were shortened.
    pub(crate) fn read(&self, ordinal: u64, row: Row, check: bool) -> (Option<Entry>, Vec<RowFault>, u64) {
        let number = row.number;
        let (entry, mut faults, shortened) = match &self.mapping {
            Some(mapping) => self.read_mapped(mapping, ordinal, row),
            None => {
                let (entry, faults) = self.read_own(ordinal, row);
                (entry, faults, 0)
            }
        };
        if check && let Some(entry) = &entry {
            debug_assert_eq!(entry.number, number, "the row keeps its number");
            let rules = Check { vocabularies: &self.vocabularies, today: self.today };
            let found = if entry.publish { rules.submission(&entry.content, entry.source_lang) } else { rules.draft(&entry.content) };
            self.add(&mut faults, &found);
            names(entry, &mut faults);
        }
        (entry, faults, shortened)
    }

    fn read_mapped(&self, mapping: &Mapping, ordinal: u64, mut row: Row) -> (Option<Entry>, Vec<RowFault>, u64) {
        if self.table {
            for cell in row.cells.values_mut() {
                if let Value::String(text) = cell
                    && own::unguarded(text).len() != text.len()
                {
                    *text = own::unguarded(text).to_owned();
                }
            }
        }
        let number = row.number;
        let Read { content, external_id, mut faults, shortened } = read(mapping, &row);
        let Some(party) = self.party else {
            faults.push(RowFault::new("", "/party", "missing"));
            return (None, faults, shortened);
        };
        let entry = content.map(|content| Entry {
            ordinal,
            number,
            party,
            source_lang: mapping.source_lang,
            visibility: mapping.visibility,
            publish: self.publish,
            code: None,
            provenance: Provenance { source: mapping.source.clone(), external_id, licence: mapping.licence.clone(), ..own::imported() },
            content,
            first_version: 1,
        });
        (entry, faults, shortened)
    }

    fn read_own(&self, ordinal: u64, row: Row) -> (Option<Entry>, Vec<RowFault>) {
        let (body, mut faults) = if self.flat {
            own::unflatten(&|kind| self.fields.get(&kind).cloned(), row.cells)
        } else {
            (Value::Object(row.cells), Vec::new())
        };
        let (line, found) = SHAPES.line.read::<Line>(body);
        faults.extend(found.iter().map(|f| self.fault(f, "")));
        let Some(line) = line else { return (None, faults) };
        let (content, found) = SHAPES.read(line.kind, line.content);
        self.add(&mut faults, &found);
        let party = match (self.party, &line.party) {
            (Some(party), _) => Some(party),
            (None, Some(name)) => {
                let party = self.parties.get(name).copied();
                if party.is_none() {
                    faults.push(RowFault::new("party", "/party", "unknown_party"));
                }
                party
            }
            (None, None) => {
                faults.push(RowFault::new("party", "/party", "missing"));
                None
            }
        };
        let (Some(mut content), Some(party)) = (content, party) else { return (None, faults) };
        let first_version = stamp(&mut content, line.source_lang);
        if first_version > MAX_REVISION {
            faults.push(RowFault::new("", "/content", "out_of_range"));
        }
        let mut provenance = line.provenance;
        if !self.trusted {
            provenance.origin = own::imported().origin;
        }
        let entry = Entry {
            ordinal,
            number: row.number,
            party,
            source_lang: line.source_lang,
            visibility: line.visibility,
            publish: self.publish && line.status == Status::Published,
            code: line.code,
            provenance,
            content,
            first_version,
        };
        (Some(entry), faults)
    }

    fn add(&self, faults: &mut Vec<RowFault>, found: &Faults) {
        match &self.mapping {
            Some(mapping) => add_mapped(mapping, faults, found),
            None => faults.extend(found.iter().map(|f| self.fault(f, "/content"))),
        }
    }

    /// A fault in a file of the product's own format.
    fn fault(&self, fault: &base::Fault, below: &str) -> RowFault {
        let column = if self.flat { fault.pointer.clone() } else { String::new() };
        row_fault(fault, column, format!("{below}{}", fault.pointer))
    }
}

fn row_fault(fault: &base::Fault, column: String, pointer: String) -> RowFault {
    RowFault { column, pointer, code: fault.code, args: fault.args.iter().map(|(k, v)| (*k, v.clone())).collect() }
}

/// Adds faults of a content with the columns they come from.
pub(crate) fn add_mapped(mapping: &Mapping, faults: &mut Vec<RowFault>, found: &Faults) {
    for fault in found.iter() {
        // What a column could not be read for is missing as well; once is enough.
        if !faults.iter().any(|f| f.pointer == fault.pointer && !f.column.is_empty()) {
            faults.push(row_fault(fault, mapping.column_of(&fault.pointer), fault.pointer.clone()));
        }
    }
}

/// What a mapping makes of a row.
pub(crate) struct Read {
    pub content: Option<Content>,
    pub external_id: Option<String>,
    pub faults: Vec<RowFault>,
    pub shortened: u64,
}

/// Reads a row through a mapping, without the rules of the domain.
pub(crate) fn read(mapping: &Mapping, row: &Row) -> Read {
    let converted = convert(mapping, &row.cells);
    let mut faults = converted.faults;
    // The straight way first; the body is clean already.
    let mut content = Shapes::read_clean(mapping.kind, converted.body);
    if content.is_none() {
        let (part, found) = SHAPES.read(mapping.kind, convert(mapping, &row.cells).body);
        add_mapped(mapping, &mut faults, &found);
        content = part;
    }
    if let Some(content) = &mut content {
        content.restamp(None, mapping.source_lang, 1);
    }
    let external_id = mapping.external_id.as_ref().and_then(|column| match row.cells.get(column) {
        Some(Value::String(text)) if !text.trim().is_empty() => Some(base::text::clean(text)),
        Some(Value::Number(n)) => Some(n.to_string()),
        _ => {
            faults.push(RowFault::new(column.clone(), "/provenance/external_id", "missing"));
            None
        }
    });
    Read { content, external_id, faults, shortened: converted.shortened }
}

/// Gives revisions to texts that have none and tells where the listing's versions begin. A content that was exported
/// keeps its revisions, so that what was stale stays so.
fn stamp(content: &mut Content, source: Lang) -> u32 {
    let newest = content.texts().iter().flat_map(|t| t.text.0.values().map(|t| t.revision)).max().unwrap_or(0);
    if newest == 0 {
        content.restamp(None, source, 1);
        return 1;
    }
    for text in content.texts_mut() {
        let of_source = text.0.get(&source).map_or(newest, |t| if t.revision == 0 { newest } else { t.revision });
        for (lang, text) in &mut text.0 {
            if text.revision == 0 {
                text.revision = of_source;
            }
            // As every edit leaves it: the source language is the original and nothing else is.
            match (*lang == source, text.origin) {
                (true, _) => text.origin = Origin::Original,
                (false, Origin::Original) => text.origin = Origin::Human,
                (false, Origin::Machine | Origin::Human) => {}
            }
        }
    }
    newest
}

/// What is wrong with the names a row is known by.
fn names(entry: &Entry, faults: &mut Vec<RowFault>) {
    let provenance = &entry.provenance;
    for (name, value) in [("source", &provenance.source), ("external_id", &provenance.external_id), ("licence", &provenance.licence)] {
        let Some(value) = value else { continue };
        let pointer = format!("/provenance/{name}");
        let length = value.chars().count();
        if length > MAX_NAME {
            faults.push(RowFault::new(name, pointer, "too_long").with("max", MAX_NAME.to_string()).with("length", length.to_string()));
        } else if value.is_empty() || value.chars().any(base::text::is_forbidden) {
            faults.push(RowFault::new(name, pointer, "forbidden_character"));
        }
    }
    if provenance.external_id.is_some() && provenance.source.is_none() {
        faults.push(RowFault::new("source", "/provenance/source", "missing"));
    }
    if !matches!(provenance.origin.as_str(), "manual" | "import" | "federated") {
        faults.push(RowFault::new("provenance", "/provenance/origin", "not_one_of").with("options", "manual, import, federated"));
    }
    if let Some(code) = &entry.code
        && number_of_code(entry.content.kind(), code).is_none()
    {
        faults.push(RowFault::new("code", "/code", "bad_listing_code"));
    }
}

/// Year and number of a readable code of this kind.
pub(crate) fn number_of_code(kind: Kind, code: &str) -> Option<(i32, i64)> {
    let (year, number) = code.strip_prefix(kind.code_prefix())?.strip_prefix('-')?.split_once('-')?;
    let digits = |s: &str| s.bytes().all(|b| b.is_ascii_digit());
    if year.len() != 4 || !(6..=12).contains(&number.len()) || !digits(year) || !digits(number) {
        return None;
    }
    Some((year.parse().ok()?, number.parse().ok()?))
}
