//! How long parties take to reply, as it stands on their pages: kept beside the party, so that whoever orders listings by it
//! needs not know what was answered. What is counted, and when it changes, `brokering` says.

use std::collections::BTreeMap;

use base::PartyId;
use chrono::{DateTime, Utc};
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect, Select};
use store::{StoreError, Tx};
use uuid::Uuid;

use crate::rows::party;

/// How long a party takes to reply.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reply {
    /// The median in whole hours, at least one; `u32::MAX` where it is the time of one that nobody answered.
    pub hours: u32,
    /// Until when that holds if nothing happens: then the oldest reply that counts is too old.
    pub until: DateTime<Utc>,
}

/// Keeps how long a party takes to reply; none if too little is known. Whatever is shown of the party stays as it is, so its
/// version does.
///
/// # Errors
/// If the database fails.
pub async fn keep(tx: &Tx, party: PartyId, reply: Option<Reply>) -> Result<(), StoreError> {
    party::Entity::update_many()
        .col_expr(party::Column::ReplyHours, Expr::value(reply.map(|reply| i64::from(reply.hours))))
        .col_expr(party::Column::ReplyUntil, Expr::value(reply.map(|reply| reply.until)))
        .filter(party::Column::Id.eq(party.0))
        .exec(tx.db())
        .await?;
    Ok(())
}

/// Parties whose time does not hold any more at a moment, at most `limit`.
///
/// # Errors
/// If the database fails.
pub async fn outdated(db: &impl ConnectionTrait, at: DateTime<Utc>, limit: u64) -> Result<Vec<PartyId>, StoreError> {
    let ids: Vec<Uuid> = party::Entity::find()
        .select_only()
        .column(party::Column::Id)
        .filter(party::Column::ReplyUntil.lte(at))
        .order_by_asc(party::Column::ReplyUntil)
        .limit(limit)
        .into_tuple()
        .all(db)
        .await?;
    Ok(ids.into_iter().map(PartyId).collect())
}

/// The hours in which these parties reply; one of which too little is known is left out.
///
/// # Errors
/// If the database fails.
pub async fn of(db: &impl ConnectionTrait, parties: &[PartyId]) -> Result<BTreeMap<PartyId, u32>, StoreError> {
    let mut all = BTreeMap::new();
    // Well below either engine's limit of parameters.
    for some in parties.chunks(500) {
        all.extend(read(known().filter(party::Column::Id.is_in(some.iter().map(|id| id.0))), db).await?);
    }
    Ok(all)
}

/// The same of all parties.
///
/// # Errors
/// If the database fails.
pub async fn all(db: &impl ConnectionTrait) -> Result<BTreeMap<PartyId, u32>, StoreError> {
    Ok(read(known(), db).await?.into_iter().collect())
}

fn known() -> Select<party::Entity> {
    let query = party::Entity::find().select_only().columns([party::Column::Id, party::Column::ReplyHours]);
    query.filter(party::Column::ReplyHours.is_not_null())
}

async fn read(query: Select<party::Entity>, db: &impl ConnectionTrait) -> Result<Vec<(PartyId, u32)>, StoreError> {
    let rows: Vec<(Uuid, i64)> = query.into_tuple().all(db).await?;
    Ok(rows.into_iter().map(|(id, hours)| (PartyId(id), u32::try_from(hours).unwrap_or(u32::MAX))).collect())
}
