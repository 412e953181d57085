//! Taking a whole import back. What people have touched since stays as it is.

use base::{ImportId, ListingId, Refused};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect, Statement,
};
use serde_json::json;
use store::{Ctx, NewEvent, Tx};

use super::rights;
use super::rows::{import, made};
use super::view::{ImportState, ImportView, get, load};
use super::write::publish;
use crate::edit::{Written, step, write_version};
use crate::error::ListingError;
use crate::head::{Head, content_of, load_to_change, save};
use crate::rows::{listing, private};
use crate::state::{Move, Status};
use crate::{Listings, removal};

/// Listings of one transaction.
const BATCH: u64 = 200;

/// Takes an import back: listings it made are removed, listings it changed say again what they said before, as a new
/// version. Whatever was touched since is kept and counted. Can be called again if it was interrupted.
///
/// # Errors
/// [`ListingError::Refused`] if the actor may not; [`ListingError::NotAllowed`] while it is waiting or running.
pub async fn undo(listings: &Listings, ctx: Ctx, id: ImportId) -> Result<ImportView, ListingError> {
    let row = load(listings, &ctx.actor, id).await?;
    rights::may_undo(&ctx.actor, &row)?;
    let state: ImportState = row.state.parse().map_err(|e| store::StoreError::corrupt("import", e))?;
    if matches!(state, ImportState::Waiting | ImportState::Running) || row.dry_run {
        return Err(ListingError::NotAllowed { step: Move::Withdraw, allowed: Vec::new() });
    }
    let actor = ctx.actor.clone();
    loop {
        let (inner, ctx) = (listings.clone(), ctx.clone());
        let left = listings.store.write(ctx, move |tx| some(tx, inner.clone(), id)).await?;
        if left == 0 {
            return get(listings, &actor, id).await;
        }
    }
}

/// Takes some listings back and gives how many are left.
async fn some(tx: Tx, listings: Listings, id: ImportId) -> Result<u64, ListingError> {
    let mut lock = import::Entity::find_by_id(id.0);
    if tx.needs_row_locks() {
        lock = lock.lock_exclusive();
    }
    lock.one(tx.db()).await?.ok_or(Refused::Hidden)?;
    let open = || made::Entity::find().filter(made::Column::ImportId.eq(id.0)).filter(made::Column::Undo.is_null());
    let rows = open().order_by_asc(made::Column::ListingId).limit(BATCH).all(tx.db()).await?;
    for row in rows {
        let became = match load_to_change(&tx, ListingId(row.listing_id)).await? {
            None => "removed",
            Some(head) if head.version != row.after_version || is_touched(&tx, head.id).await? => "kept",
            Some(head) => match row.before_version {
                None => {
                    removal::delete(&tx, &head, json!({ "import": id })).await?;
                    "removed"
                }
                Some(before) => {
                    restore(&tx, &listings, head, before, row.before_public).await?;
                    "restored"
                }
            },
        };
        let change = made::ActiveModel { undo: Set(Some(became.to_owned())), ..Default::default() };
        made::Entity::update_many()
            .set(change)
            .filter(made::Column::ImportId.eq(id.0))
            .filter(made::Column::ListingId.eq(row.listing_id))
            .exec(tx.db())
            .await?;
    }
    let left = open().count(tx.db()).await?;
    if left == 0 {
        let change = import::ActiveModel { state: Set(ImportState::Undone.as_str().to_owned()), ..Default::default() };
        import::Entity::update_many().set(change).filter(import::Column::Id.eq(id.0)).exec(tx.db()).await?;
        tx.emit(NewEvent::new("import", id, "import.undone", json!({})));
    }
    Ok(left)
}

/// Private terms, and what other features hang on a listing, do not count in its version: whoever wrote such has touched
/// it all the same. Those tables are not this crate's; only whether a row is there is asked.
async fn is_touched(tx: &Tx, id: ListingId) -> Result<bool, ListingError> {
    if private::Entity::find_by_id(id.0).count(tx.db()).await? > 0 {
        return Ok(true);
    }
    let backend = ConnectionTrait::get_database_backend(tx.db());
    for table in ["confidential", "confidential_file", "disclosure", "interest", "deal", "deal_object", "story_listing"] {
        let sql = format!("SELECT 1 AS there FROM {table} WHERE listing_id = $1 LIMIT 1");
        let row = tx.db().query_one_raw(Statement::from_sql_and_values(backend, sql, [id.0.into()])).await?;
        if row.is_some() {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Writes the former content as the newest version; the public sees again what it saw.
async fn restore(tx: &Tx, listings: &Listings, head: Head, before: i64, before_public: Option<i64>) -> Result<(), ListingError> {
    let was_public = head.public_version;
    let mut head = head;
    if let Some(public) = before_public.filter(|p| Some(*p) != was_public) {
        head = write(tx, head, public).await?;
        publish(tx, listings, &head, json!({ "undo": true })).await?;
        head = load_to_change(tx, head.id).await?.ok_or(Refused::Hidden)?;
        if public == before {
            return Ok(());
        }
    }
    head = write(tx, head, before).await?;
    // A draft that the import made public goes out of sight; its owner may still edit and resume it.
    if before_public.is_none() && head.state.status == Status::Published {
        let after = step(head.state, Move::Hold)?;
        let change = listing::ActiveModel { status: Set(after.status.as_str().to_owned()), ..Default::default() };
        save(tx, &head, change).await?;
        tx.emit(NewEvent::new("listing", head.id, "listing.held", json!({ "status": after.status, "revision": after.revision })));
    } else if before_public == Some(before) && Some(before) == was_public {
        // The import left a pending revision where there was none: it says again what is public, so it is public.
        publish(tx, listings, &head, json!({ "undo": true })).await?;
    }
    Ok(())
}

/// Appends a former version's content and gives the listing as it is then.
async fn write(tx: &Tx, head: Head, number: i64) -> Result<Head, ListingError> {
    let content = content_of(tx.db(), head.kind, head.id.0, number).await?;
    let after = step(head.state, Move::Edit)?;
    write_version(tx, &head, after, content, Written::once(None, "undo")).await?;
    Ok(load_to_change(tx, head.id).await?.ok_or(Refused::Hidden)?)
}
