//! Export: listings as they can be imported again, into this space or another.
//!
//! What always holds: nothing private leaves. A line holds what its audience may read and, for the party itself and
//! operators, drafts; never private terms, people, or who was invited.

use std::collections::{BTreeSet, HashMap};
use std::io::Write;

use base::{Actor, PartyId, PartyRole, Refused, Scope};
use flate2::Compression;
use flate2::write::GzEncoder;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use store::StoreError;
use uuid::Uuid;

use crate::Listings;
use crate::error::ListingError;
use crate::head::read_content;
pub use crate::import::own::guarded;
use crate::import::own::{COLUMNS, Line, flatten};
use crate::kind::Kind;
use crate::published::Provenance;
use crate::rows::{listing, version};
use crate::state::Status;

/// Listings read at once.
const PAGE: u64 = 500;
/// Columns of a table at most, as on import.
const MAX_COLUMNS: usize = 1_000;

/// Which listings.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    /// Of this kind only.
    pub kind: Option<Kind>,
    /// Of this party only. An actor other than the system exports their own party's listings.
    pub party: Option<PartyId>,
    /// Standing so only; all, if empty.
    pub statuses: BTreeSet<Status>,
    /// From this source only.
    pub source: Option<String>,
}

/// How listings are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Format {
    /// One JSON object a line. Lossless.
    JsonLines,
    /// A table with a column for every field that occurs. Lossless for up to 1,000 columns.
    Csv,
}

/// Why an export ended early.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// Not allowed, or the database failed.
    #[error(transparent)]
    Listing(#[from] ListingError),
    /// It could not be written.
    #[error("the export could not be written")]
    Write(#[from] std::io::Error),
    /// Too many different fields for a table.
    #[error("a table has at most {MAX_COLUMNS} columns and these listings have more fields; export JSON Lines")]
    TooManyColumns,
}

impl From<StoreError> for ExportError {
    fn from(error: StoreError) -> Self {
        Self::Listing(error.into())
    }
}

impl From<sea_orm::DbErr> for ExportError {
    fn from(error: sea_orm::DbErr) -> Self {
        Self::Listing(error.into())
    }
}

/// Writes listings in the order of their codes, which an import keeps, and gives their number. `progress` is told it from time to time.
///
/// # Errors
/// [`ExportError`]; what was written until then is no whole export.
pub async fn write<W: Write + Send>(
    listings: &Listings,
    actor: &Actor,
    filter: &Filter,
    format: Format,
    packed: bool,
    writer: W,
    progress: &mut (dyn FnMut(u64) + Send),
) -> Result<u64, ExportError> {
    may_export(actor, filter).map_err(ListingError::from)?;
    if packed {
        let mut packer = GzEncoder::new(writer, Compression::default());
        let count = plain(listings, filter, format, &mut packer, progress).await?;
        packer.finish()?.flush()?;
        return Ok(count);
    }
    let mut writer = writer;
    let count = plain(listings, filter, format, &mut writer, progress).await?;
    writer.flush()?;
    Ok(count)
}

/// The system exports everything, an editor their party's listings.
fn may_export(actor: &Actor, filter: &Filter) -> Result<(), Refused> {
    if actor.is_system() {
        return Ok(());
    }
    actor.signed_in()?;
    match filter.party {
        Some(party) if actor.has_role(party, PartyRole::Editor) && actor.has_scope(Scope::Read) => Ok(()),
        _ => Err(Refused::Forbidden { action: "listing.export" }),
    }
}

async fn plain(
    listings: &Listings,
    filter: &Filter,
    format: Format,
    writer: &mut (dyn Write + Send),
    progress: &mut (dyn FnMut(u64) + Send),
) -> Result<u64, ExportError> {
    let mut count = 0;
    match format {
        Format::JsonLines => {
            let mut pages = Pages::new(listings, filter);
            while let Some(lines) = pages.next().await? {
                for line in &lines {
                    serde_json::to_writer(&mut *writer, line).map_err(std::io::Error::from)?;
                    writer.write_all(b"\n")?;
                }
                count += lines.len() as u64;
                progress(count);
            }
        }
        Format::Csv => {
            // Once through for the columns, once for the rows; a field that first appears in between is left for JSON.
            let columns = columns(listings, filter).await?;
            let places: HashMap<&str, usize> = columns.iter().enumerate().map(|(n, c)| (c.as_str(), COLUMNS.len() + n)).collect();
            // Spreadsheets know UTF-8 by this mark.
            writer.write_all("\u{feff}".as_bytes())?;
            let mut table = csv::Writer::from_writer(&mut *writer);
            table.write_record(COLUMNS.iter().map(|(name, _)| *name).chain(columns.iter().map(String::as_str))).map_err(of_csv)?;
            let mut pages = Pages::new(listings, filter);
            while let Some(lines) = pages.next().await? {
                for line in &lines {
                    let cells = cells(line, &places).ok_or(ExportError::TooManyColumns)?;
                    table.write_record(&cells).map_err(of_csv)?;
                }
                count += lines.len() as u64;
                progress(count);
            }
            table.flush()?;
        }
    }
    Ok(count)
}

fn of_csv(error: csv::Error) -> std::io::Error {
    std::io::Error::other(error)
}

/// Every pointer that occurs, in an order people can read.
async fn columns(listings: &Listings, filter: &Filter) -> Result<Vec<String>, ExportError> {
    let mut all = BTreeSet::new();
    let mut pages = Pages::new(listings, filter);
    while let Some(lines) = pages.next().await? {
        for line in &lines {
            flatten(&line.content, &mut String::new(), &mut |pointer, _| {
                if !all.contains(pointer) {
                    all.insert(pointer.to_owned());
                }
            });
        }
        if all.len() + COLUMNS.len() > MAX_COLUMNS {
            return Err(ExportError::TooManyColumns);
        }
    }
    // A content without any field is an object without any.
    Ok(all.into_iter().filter(|pointer| !pointer.is_empty()).collect())
}

/// A line as cells; none if it has a field without a column.
fn cells(line: &Line, places: &HashMap<&str, usize>) -> Option<Vec<String>> {
    let mut cells = vec![String::new(); COLUMNS.len() + places.len()];
    let head = serde_json::to_value(Line { content: Value::Null, ..line.clone() }).unwrap_or_default();
    for (cell, (_, place)) in cells.iter_mut().zip(COLUMNS) {
        let value = place.iter().try_fold(&head, |value, name| value.get(name));
        if let Some(text) = value.and_then(Value::as_str) {
            *cell = guarded(text);
        }
    }
    let mut missing = false;
    flatten(&line.content, &mut String::new(), &mut |pointer, text| match places.get(pointer).and_then(|at| cells.get_mut(*at)) {
        Some(cell) => *cell = text,
        None => missing |= !pointer.is_empty(),
    });
    (!missing).then_some(cells)
}

/// Listings page by page, by keyset.
struct Pages<'a> {
    listings: &'a Listings,
    filter: &'a Filter,
    after: Option<String>,
    parties: HashMap<Uuid, String>,
}

impl<'a> Pages<'a> {
    fn new(listings: &'a Listings, filter: &'a Filter) -> Self {
        Self { listings, filter, after: None, parties: HashMap::new() }
    }

    async fn next(&mut self) -> Result<Option<Vec<Line>>, ExportError> {
        let db = self.listings.store.db();
        let mut query = listing::Entity::find().order_by_asc(listing::Column::Code).limit(PAGE);
        if let Some(after) = &self.after {
            query = query.filter(listing::Column::Code.gt(after.as_str()));
        }
        if let Some(kind) = self.filter.kind {
            query = query.filter(listing::Column::Kind.eq(kind.as_str()));
        }
        if let Some(party) = self.filter.party {
            query = query.filter(listing::Column::PartyId.eq(party.0));
        }
        if let Some(source) = &self.filter.source {
            query = query.filter(listing::Column::Source.eq(source.as_str()));
        }
        if !self.filter.statuses.is_empty() {
            query = query.filter(listing::Column::Status.is_in(self.filter.statuses.iter().map(|s| s.as_str())));
        }
        let rows = query.all(db).await?;
        let Some(last) = rows.last() else { return Ok(None) };
        self.after = Some(last.code.clone());
        // What the public sees, or, where it sees nothing, the newest.
        let wanted: HashMap<Uuid, i64> = rows.iter().map(|r| (r.id, r.public_version.unwrap_or(r.head_version))).collect();
        let numbers: BTreeSet<i64> = wanted.values().copied().collect();
        let versions = version::Entity::find()
            .filter(version::Column::ListingId.is_in(wanted.keys().copied()))
            .filter(version::Column::Version.is_in(numbers))
            .all(db)
            .await?;
        let versions: HashMap<Uuid, version::Model> =
            versions.into_iter().filter(|v| wanted.get(&v.listing_id) == Some(&v.version)).map(|v| (v.listing_id, v)).collect();
        self.name_parties(&rows).await?;
        let mut lines = Vec::with_capacity(rows.len());
        for row in rows {
            // One that was removed between the two queries.
            let Some(version) = versions.get(&row.id) else { continue };
            lines.push(self.line(row, version)?);
        }
        Ok(Some(lines))
    }

    async fn name_parties(&mut self, rows: &[listing::Model]) -> Result<(), ExportError> {
        let new: BTreeSet<PartyId> = rows.iter().map(|r| PartyId(r.party_id)).filter(|p| !self.parties.contains_key(&p.0)).collect();
        let new: Vec<PartyId> = new.into_iter().collect();
        for party in accounts::parties::load_many(self.listings.store.db(), &new).await? {
            self.parties.insert(party.id.0, party.slug);
        }
        Ok(())
    }

    fn line(&self, row: listing::Model, version: &version::Model) -> Result<Line, StoreError> {
        let kind: Kind = row.kind.parse().map_err(|e| StoreError::corrupt("listing", e))?;
        let bad = |e: base::UnknownWord| StoreError::corrupt("listing", e);
        let content = read_content(kind, version)?.to_json().map_err(|e| StoreError::corrupt("content", e))?;
        Ok(Line {
            kind,
            party: self.parties.get(&row.party_id).cloned(),
            source_lang: row.source_lang.parse().map_err(|e| StoreError::corrupt("listing", e))?,
            status: row.status.parse().map_err(bad)?,
            visibility: row.visibility.parse().map_err(bad)?,
            code: Some(row.code),
            provenance: Provenance {
                origin: base::Code(row.provenance),
                source: row.source,
                external_id: row.external_id,
                licence: row.licence,
            },
            content: serde_json::from_str(&content).map_err(|e| StoreError::corrupt("content", e))?,
        })
    }
}
