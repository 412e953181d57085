//! Which rows of a file are listings that are already there: one query for many rows.

use std::collections::{BTreeMap, HashMap};

use base::PartyId;
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter};
use store::StoreError;
use uuid::Uuid;

use super::convert::RowFault;
use super::plan::{Entry, Key};
use crate::content::Content;
use crate::head::read_content;
use crate::kind::Kind;
use crate::rows::{listing, version};
use crate::state::{Move, State};

/// Keys asked for in one query; below either engine's limit of parameters.
const AT_ONCE: usize = 1_000;

/// The listings with these keys.
pub(crate) async fn known(db: &impl ConnectionTrait, keys: impl Iterator<Item = Key>) -> Result<HashMap<Key, listing::Model>, StoreError> {
    let (mut by_source, mut codes) = (BTreeMap::<String, Vec<String>>::new(), Vec::new());
    for key in keys {
        match key {
            Key::External { source, id } => by_source.entry(source).or_default().push(id),
            Key::Code(code) => codes.push(code),
        }
    }
    let mut found = HashMap::new();
    for (source, ids) in by_source {
        for ids in ids.chunks(AT_ONCE) {
            let rows = listing::Entity::find()
                .filter(listing::Column::Source.eq(source.as_str()))
                .filter(listing::Column::ExternalId.is_in(ids))
                // Says what the index says, so that the engine uses it.
                .filter(listing::Column::ExternalId.is_not_null())
                .all(db)
                .await?;
            for row in rows {
                let id = row.external_id.clone().unwrap_or_default();
                found.insert(Key::External { source: source.clone(), id }, row);
            }
        }
    }
    for codes in codes.chunks(AT_ONCE) {
        for row in listing::Entity::find().filter(listing::Column::Code.is_in(codes)).all(db).await? {
            found.insert(Key::Code(row.code.clone()), row);
        }
    }
    Ok(found)
}

/// The newest contents of listings.
pub(crate) async fn contents(db: &impl ConnectionTrait, rows: &[&listing::Model]) -> Result<HashMap<Uuid, Content>, StoreError> {
    let mut all = HashMap::with_capacity(rows.len());
    for chunk in rows.chunks(AT_ONCE) {
        let heads: HashMap<Uuid, &listing::Model> = chunk.iter().map(|r| (r.id, *r)).collect();
        let versions = version::Entity::find()
            .filter(version::Column::ListingId.is_in(heads.keys().copied()))
            .filter(version::Column::Version.is_in(chunk.iter().map(|r| r.head_version).collect::<std::collections::BTreeSet<_>>()))
            .all(db)
            .await?;
        for row in versions {
            let Some(head) = heads.get(&row.listing_id).filter(|h| h.head_version == row.version) else { continue };
            let kind: Kind = head.kind.parse().map_err(|e| StoreError::corrupt("listing", e))?;
            all.insert(row.listing_id, read_content(kind, &row)?);
        }
    }
    Ok(all)
}

/// The listing a row is about, if there is one. A code of another party's or kind's listing is a code of another space.
pub(crate) fn of<'a>(entry: &Entry, known: &'a HashMap<Key, listing::Model>) -> Option<&'a listing::Model> {
    let key = entry.key()?;
    let row = known.get(&key)?;
    let own = PartyId(row.party_id) == entry.party && row.kind == entry.content.kind().as_str();
    (own || matches!(key, Key::External { .. })).then_some(row)
}

/// The row's content as the next version of the listing would be written; the same as `before` if it says nothing new.
pub(crate) fn next_content(entry: &Entry, row: &listing::Model, before: Option<&Content>) -> Content {
    let mut content = entry.content.clone();
    let source = row.source_lang.parse().unwrap_or(entry.source_lang);
    content.restamp(before, source, u32::try_from(row.head_version + 1).unwrap_or(u32::MAX));
    content
}

/// Why a row cannot be about the listing that is there.
pub(crate) fn taken(entry: &Entry, row: &listing::Model) -> Option<RowFault> {
    let other = PartyId(row.party_id) != entry.party || row.kind != entry.content.kind().as_str();
    other.then(|| RowFault::new("", "/provenance/external_id", "external_id_taken"))
}

/// Why the listing that is there cannot get a new version. A row that says nothing new needs none.
pub(crate) fn closed(row: &listing::Model) -> Result<Option<RowFault>, StoreError> {
    let bad = |e| StoreError::corrupt("listing", e);
    let state = State { status: row.status.parse().map_err(bad)?, revision: row.revision.parse().map_err(bad)? };
    Ok(state.after(Move::Edit).is_none().then(|| RowFault::new("", "", "not_open").with("status", row.status.clone())))
}
