//! Taking away what was never published, with everything below it.
//!
//! What was ever out is withdrawn instead: others may have read it, linked it and answered it. The log keeps that the
//! listing was there, and its code is not given again.
//! Not here: what other features keep of a listing; `brokering::removal` takes that away first, in the same transaction.

use base::{Actor, Grant, ListingId, Refused};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use serde_json::{Value, json};
use store::{NewEvent, Tx};

use crate::access::Remove;
use crate::error::ListingError;
use crate::head::{Head, load_to_change};
use crate::holding;
use crate::kind::Kind;
use crate::lifecycle::owner_steps;
use crate::rows::{band, invitation, listing, private, review, slug, version};
use crate::state::Status;

/// A listing that may be removed by whoever asked; made by [`check`] alone.
#[derive(Debug)]
pub struct Removable(Head);

impl Removable {
    /// What is said when something else stands in the way.
    #[must_use]
    pub fn refused(&self) -> ListingError {
        ListingError::NotRemovable { allowed: owner_steps(&self.0) }
    }
}

/// Whether a listing was never out and is not with the moderators.
#[must_use]
pub fn is_removable(status: Status, was_published: bool) -> bool {
    !was_published && matches!(status, Status::Draft | Status::ChangesRequested | Status::Rejected)
}

/// Checks that the actor may remove the listing, which must be at the version seen. The row is locked until the commit.
///
/// # Errors
/// [`ListingError::Refused`] unless the actor edits for its party; [`ListingError::Stale`] if it changed since `seen`;
/// [`ListingError::NotRemovable`] if it was ever published or waits for a moderator.
pub async fn check(tx: &Tx, actor: &Actor, kind: Kind, id: ListingId, seen: i64) -> Result<Removable, ListingError> {
    let head = load_to_change(tx, id).await?.filter(|head| head.kind == kind).ok_or(Refused::Hidden)?;
    let head = Grant::<Remove>::check(actor, head)?.into_object();
    head.must_be_at(seen)?;
    let is_open = is_removable(head.state.status, head.public_version.is_some() || head.published_at.is_some());
    let removable = Removable(head);
    if is_open { Ok(removable) } else { Err(removable.refused()) }
}

/// Removes it.
///
/// # Errors
/// If the database fails.
pub async fn remove(tx: &Tx, listing: &Removable) -> Result<(), ListingError> {
    delete(tx, &listing.0, json!({})).await
}

/// Deletes a listing with everything below it that is this crate's. The log keeps that it was there.
pub(crate) async fn delete(tx: &Tx, head: &Head, facts: Value) -> Result<(), ListingError> {
    let (db, id) = (tx.db(), head.id.0);
    invitation::Entity::delete_many().filter(invitation::Column::ListingId.eq(id)).exec(db).await?;
    review::Entity::delete_many().filter(review::Column::ListingId.eq(id)).exec(db).await?;
    band::Entity::delete_many().filter(band::Column::ListingId.eq(id)).exec(db).await?;
    slug::Entity::delete_many().filter(slug::Column::ListingId.eq(id)).exec(db).await?;
    private::Entity::delete_by_id(id).exec(db).await?;
    version::Entity::delete_many().filter(version::Column::ListingId.eq(id)).exec(db).await?;
    listing::Entity::delete_by_id(id).exec(db).await?;
    holding::add(tx, head.party, -1).await?;
    let mut all = json!({ "kind": head.kind, "party": head.party, "code": head.code });
    if let (Some(all), Some(facts)) = (all.as_object_mut(), facts.as_object()) {
        all.extend(facts.clone());
    }
    tx.emit(NewEvent::new("listing", head.id, "listing.removed", all));
    Ok(())
}
