//! Vectors as they are stored: one row a listing, of the model in use, with the hash of the text it was made of.

use std::collections::BTreeMap;

use base::ListingId;
use listings::Kind;
use sea_orm::sea_query::OnConflict;
use sea_orm::{ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect};
use serde_json::json;
use store::{NewEvent, StoreError, Tx};
use uuid::Uuid;
use vectors::Packed;

use crate::rows::{vector, vector_fill};

/// What events of vectors are about; which, is the model.
pub(super) const SUBJECT: &str = "vectors";
/// Listings have another vector, or none any more.
const MADE: &str = "vectors.made";
/// All listings have been through the model.
pub(super) const WHOLE: &str = "vectors.whole";
/// Vectors read at once.
const PAGE: u64 = 2_000;
/// Rows of one statement: below either engine's limit of parameters.
const ROWS: usize = 500;

/// A stored vector.
#[derive(Clone, Debug)]
pub(super) struct Row {
    pub(super) id: ListingId,
    pub(super) kind: Kind,
    pub(super) hash: i64,
    pub(super) vector: Packed,
}

fn read(row: vector::Model) -> Result<Row, StoreError> {
    let kind: Kind = row.kind.parse().map_err(|e| StoreError::corrupt("listing vector", e))?;
    let vector = Packed::from_bytes(&row.vector).ok_or_else(|| StoreError::corrupt("listing vector", NoDirection))?;
    Ok(Row { id: ListingId(row.listing_id), kind, hash: row.text_hash, vector })
}

/// What can be read of a row. One that is damaged is told and passed over: its listing is matched by words alone until its
/// text changes, and nothing waits for it.
pub(super) fn sound(row: vector::Model) -> Option<Row> {
    let id = row.listing_id;
    match read(row) {
        Ok(row) => Some(row),
        Err(error) => {
            tracing::warn!(listing = %id, cause = store::follow::report(&error), "a stored vector is passed over");
            None
        }
    }
}

/// A stored vector is nothing but zeros.
#[derive(Debug, thiserror::Error)]
#[error("the bytes are no direction")]
struct NoDirection;

/// The rows of a model in the order of listings.
pub(super) async fn page_after(db: &impl ConnectionTrait, model: Uuid, after: Option<ListingId>) -> Result<Vec<vector::Model>, StoreError> {
    let mut query = vector::Entity::find().filter(vector::Column::Model.eq(model));
    if let Some(after) = after {
        query = query.filter(vector::Column::ListingId.gt(after.0));
    }
    Ok(query.order_by_asc(vector::Column::ListingId).limit(PAGE).all(db).await?)
}

/// The vectors of these listings by a model.
pub(super) async fn with_vectors(db: &impl ConnectionTrait, model: Uuid, ids: &[ListingId]) -> Result<Vec<Row>, StoreError> {
    let mut all = Vec::new();
    for some in ids.chunks(ROWS) {
        let of = vector::Column::ListingId.is_in(some.iter().map(|id| id.0));
        let rows = vector::Entity::find().filter(vector::Column::Model.eq(model)).filter(of).all(db).await?;
        all.extend(rows.into_iter().filter_map(sound));
    }
    Ok(all)
}

/// Of which text the vectors of these listings are, whatever model made them.
pub(super) async fn known(db: &impl ConnectionTrait, ids: &[ListingId]) -> Result<BTreeMap<ListingId, (Uuid, i64)>, StoreError> {
    let mut all = BTreeMap::new();
    for some in ids.chunks(ROWS) {
        let of = vector::Column::ListingId.is_in(some.iter().map(|id| id.0));
        let columns = [vector::Column::ListingId, vector::Column::Model, vector::Column::TextHash];
        let rows: Vec<(Uuid, Uuid, i64)> = vector::Entity::find().select_only().columns(columns).filter(of).into_tuple().all(db).await?;
        all.extend(rows.into_iter().map(|(id, model, hash)| (ListingId(id), (model, hash))));
    }
    Ok(all)
}

/// The listings behind `after` and up to `last` (to the end, where it is none) that have a vector, whatever model made it.
pub(super) async fn between(
    db: &impl ConnectionTrait,
    after: Option<ListingId>,
    last: Option<ListingId>,
) -> Result<Vec<ListingId>, StoreError> {
    let mut query = vector::Entity::find().select_only().column(vector::Column::ListingId);
    if let Some(after) = after {
        query = query.filter(vector::Column::ListingId.gt(after.0));
    }
    if let Some(last) = last {
        query = query.filter(vector::Column::ListingId.lte(last.0));
    }
    let ids: Vec<Uuid> = query.into_tuple().all(db).await?;
    Ok(ids.into_iter().map(ListingId).collect())
}

/// How many vectors of a model there are.
///
/// # Errors
/// If the database fails.
pub(super) async fn count(db: &impl ConnectionTrait, model: Uuid) -> Result<u64, StoreError> {
    Ok(vector::Entity::find().filter(vector::Column::Model.eq(model)).count(db).await?)
}

/// How far a model has gone through all listings for the first time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Fill {
    pub(super) reached: Option<ListingId>,
    pub(super) is_done: bool,
}

/// The same as it is stored; none if the model was never used, or another one since.
pub(super) async fn fill(db: &impl ConnectionTrait, model: Uuid) -> Result<Option<Fill>, StoreError> {
    let row = vector_fill::Entity::find_by_id(model).one(db).await?;
    Ok(row.map(|row| Fill { reached: row.reached.map(ListingId), is_done: row.done }))
}

/// What is to be written at once.
#[derive(Clone, Debug, Default)]
pub(super) struct Change {
    pub(super) put: Vec<Row>,
    /// Listings whose vector is no more.
    pub(super) gone: Vec<ListingId>,
}

impl Change {
    pub(super) fn is_nothing(&self) -> bool {
        self.put.is_empty() && self.gone.is_empty()
    }

    /// Writes it, with the event by which every node learns of it. `is_first` says that the model goes through all listings for
    /// the first time.
    pub(super) async fn write(&self, tx: &Tx, model: Uuid, is_first: bool) -> Result<(), StoreError> {
        if self.is_nothing() {
            return Ok(());
        }
        for gone in self.gone.chunks(ROWS) {
            let of = vector::Column::ListingId.is_in(gone.iter().map(|id| id.0));
            vector::Entity::delete_many().filter(of).exec(tx.db()).await?;
        }
        use vector::Column as C;
        for rows in self.put.chunks(ROWS) {
            let rows = rows.iter().map(|row| vector::ActiveModel {
                listing_id: Set(row.id.0),
                kind: Set(row.kind.as_str().to_owned()),
                model: Set(model),
                text_hash: Set(row.hash),
                vector: Set(row.vector.to_bytes()),
            });
            let over = OnConflict::column(C::ListingId).update_columns([C::Kind, C::Model, C::TextHash, C::Vector]).to_owned();
            vector::Entity::insert_many(rows).on_conflict(over).exec_without_returning(tx.db()).await?;
        }
        let ids: Vec<ListingId> = self.put.iter().map(|row| row.id).chain(self.gone.iter().copied()).collect();
        let facts = if is_first { json!({ "listings": ids, "first": true }) } else { json!({ "listings": ids }) };
        tx.emit(NewEvent::new(SUBJECT, model, MADE, facts));
        Ok(())
    }
}

/// Says that all listings have been through a model.
pub(super) fn tell_whole(tx: &Tx, model: Uuid) {
    tx.emit(NewEvent::new(SUBJECT, model, WHOLE, json!({})));
}
