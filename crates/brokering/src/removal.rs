//! Removing a draft with what is confided of it.
//!
//! Sealed texts and the rows of files, with their keys, go in the transaction that removes the listing; the files themselves
//! are taken out of the store behind it, or by its sweep. Where something was opened to somebody the listing stays: the
//! agreements that people accepted and the ledger of who looked outlive what they are about.

use base::{ConfidentialFileId, ListingId};
use listings::{Kind, removal};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QuerySelect, Statement};
use store::{Ctx, StoreError, Tx};

use crate::Brokering;
use crate::confidential::files::take_away;
use crate::confidential::rows::{confidential, file};
use crate::error::BrokeringError;

/// Tables whose rows keep a listing where it is.
const KEEPERS: [&str; 6] = ["disclosure", "disclosure_view", "interest", "deal", "deal_object", "story_listing"];

/// Removes a listing that was never published.
///
/// # Errors
/// As [`removal::check`]; [`listings::ListingError::NotRemovable`] also if something of it was opened to somebody.
pub async fn remove(brokering: &Brokering, ctx: Ctx, kind: Kind, id: ListingId, seen: i64) -> Result<(), BrokeringError> {
    let actor = ctx.actor.clone();
    let files = files_of(brokering, id).await?;
    brokering
        .store
        .write(ctx, move |tx| {
            let actor = actor.clone();
            async move {
                let listing = removal::check(&tx, &actor, kind, id, seen).await?;
                if is_kept(&tx, id).await? {
                    return Err(listing.refused().into());
                }
                confidential::Entity::delete_by_id(id.0).exec(tx.db()).await?;
                file::Entity::delete_many().filter(file::Column::ListingId.eq(id.0)).exec(tx.db()).await?;
                Ok::<(), BrokeringError>(removal::remove(&tx, &listing).await?)
            }
        })
        .await?;
    for file in files {
        take_away(&brokering.vault, file).await;
    }
    Ok(())
}

async fn files_of(brokering: &Brokering, id: ListingId) -> Result<Vec<ConfidentialFileId>, StoreError> {
    let query = file::Entity::find().select_only().column(file::Column::Id).filter(file::Column::ListingId.eq(id.0));
    let ids: Vec<uuid::Uuid> = query.into_tuple().all(brokering.store.db()).await?;
    Ok(ids.into_iter().map(ConfidentialFileId).collect())
}

async fn is_kept(tx: &Tx, id: ListingId) -> Result<bool, BrokeringError> {
    let one = |table| format!("SELECT 1 AS there FROM {table} WHERE listing_id = $1");
    let sql = format!("{} LIMIT 1", KEEPERS.map(one).join(" UNION ALL "));
    let backend = ConnectionTrait::get_database_backend(tx.db());
    Ok(tx.db().query_one_raw(Statement::from_sql_and_values(backend, sql, [id.0.into()])).await?.is_some())
}
