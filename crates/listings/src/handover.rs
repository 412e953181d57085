//! Handing on what a member of the staff looks after. The transaction and the question who may are the caller's
//! (`brokering::deals::hand_over`).

use std::collections::BTreeMap;

use base::{AccountId, ListingId};
use sea_orm::{ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use serde_json::json;
use store::{NewEvent, StoreError, Tx};
use uuid::Uuid;

use crate::care::Care;
use crate::error::ListingError;
use crate::head::{load_to_change, save};
use crate::rows::listing;

/// How many listings each member of the staff looks after, whatever their state: one that ended may come back.
///
/// # Errors
/// If the database fails.
pub async fn keepers(db: &impl ConnectionTrait) -> Result<BTreeMap<AccountId, u64>, StoreError> {
    let rows: Vec<(Uuid, i64)> = listing::Entity::find()
        .select_only()
        .column(listing::Column::ResponsibleId)
        .column_as(listing::Column::Id.count(), "listings")
        .filter(listing::Column::ResponsibleId.is_not_null())
        .group_by(listing::Column::ResponsibleId)
        .into_tuple()
        .all(db)
        .await?;
    Ok(rows.into_iter().map(|(account, count)| (AccountId(account), u64::try_from(count).unwrap_or_default())).collect())
}

/// The listings that somebody looks after, the oldest first.
///
/// # Errors
/// If the database fails.
pub async fn looked_after_by(db: &impl ConnectionTrait, account: AccountId) -> Result<Vec<ListingId>, StoreError> {
    let rows: Vec<Uuid> = listing::Entity::find()
        .select_only()
        .column(listing::Column::Id)
        .filter(listing::Column::ResponsibleId.eq(account.0))
        .order_by_asc(listing::Column::Id)
        .into_tuple()
        .all(db)
        .await?;
    Ok(rows.into_iter().map(ListingId).collect())
}

/// Gives every listing that one looks after to another, each with its event; tells how many. The other must be somebody who
/// may look after any of them, so a broker.
///
/// # Errors
/// If the database fails.
pub async fn hand_over(tx: &Tx, from: AccountId, to: AccountId) -> Result<u64, ListingError> {
    let mut count = 0;
    for id in looked_after_by(tx.db(), from).await? {
        let Some(head) = load_to_change(tx, id).await?.filter(|head| head.responsible == Some(from)) else { continue };
        save(tx, &head, listing::ActiveModel { responsible_id: Set(Some(to.0)), ..Default::default() }).await?;
        let care = Care { contact: head.contact, responsible: Some(to), next_action_on: head.next_action_on };
        tx.emit(NewEvent::new("listing", id, "listing.care_set", json!(care)));
        count += 1;
    }
    Ok(count)
}
