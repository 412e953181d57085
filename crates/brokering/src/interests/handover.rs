//! Handing on the interests that a broker acts in for parties that called. The transaction and the question who may are the
//! caller's (`deals::hand_over`).

use std::collections::BTreeMap;

use base::{AccountId, InterestId, PartyId};
use sea_orm::{ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use serde_json::json;
use store::{NewEvent, StoreError, Tx};
use uuid::Uuid;

use super::rows::interest;
use super::{load_to_change, save};
use crate::BrokeringError;

/// Where something may still be done for the seeker: an accepted one may let itself be known.
pub(super) const KEPT: [&str; 4] = ["sent", "read", "needs_information", "accepted"];

/// What of somebody's interests goes to another, and what stays since the other belongs to a side.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Moving {
    pub go: Vec<InterestId>,
    pub stay: Vec<InterestId>,
}

/// How many interests each broker acts in.
pub(crate) async fn keepers(db: &impl ConnectionTrait) -> Result<BTreeMap<AccountId, u64>, StoreError> {
    let rows: Vec<(Uuid, i64)> = interest::Entity::find()
        .select_only()
        .column(interest::Column::KeptBy)
        .column_as(interest::Column::Id.count(), "interests")
        .filter(interest::Column::KeptBy.is_not_null())
        .filter(interest::Column::Status.is_in(KEPT))
        .group_by(interest::Column::KeptBy)
        .into_tuple()
        .all(db)
        .await?;
    Ok(rows.into_iter().map(|(account, count)| (AccountId(account), u64::try_from(count).unwrap_or_default())).collect())
}

/// The interests that somebody acts in, as they would go to another.
pub(crate) async fn moving(db: &impl ConnectionTrait, from: AccountId, to: AccountId) -> Result<Moving, StoreError> {
    let rows: Vec<(Uuid, Uuid, Uuid)> = interest::Entity::find()
        .select_only()
        .columns([interest::Column::Id, interest::Column::SeekerPartyId, interest::Column::OwnerPartyId])
        .filter(interest::Column::KeptBy.eq(from.0))
        .filter(interest::Column::Status.is_in(KEPT))
        .order_by_asc(interest::Column::Id)
        .into_tuple()
        .all(db)
        .await?;
    let sides = rows.iter().flat_map(|(_, seeker, owner)| [PartyId(*seeker), PartyId(*owner)]).collect();
    let own = accounts::lookup::confirmed_among(db, to, &sides).await?;
    let mut moving = Moving::default();
    for (id, seeker, owner) in rows {
        let stays = own.contains(&PartyId(seeker)) || own.contains(&PartyId(owner));
        if stays { &mut moving.stay } else { &mut moving.go }.push(InterestId(id));
    }
    Ok(moving)
}

/// Gives every interest that one acts in to another who belongs to neither side, each with its event; tells what was moved.
///
/// # Errors
/// If the database fails.
pub(crate) async fn hand_over(tx: &Tx, from: AccountId, to: AccountId) -> Result<Moving, BrokeringError> {
    let all = moving(tx.db(), from, to).await?;
    for id in &all.go {
        let Some(case) = load_to_change(tx, *id).await?.filter(|case| case.interest.kept_by == Some(from)) else { continue };
        save(tx, &case.interest, interest::ActiveModel { kept_by: Set(Some(to.0)), ..Default::default() }).await?;
        tx.emit(NewEvent::new("interest", *id, "interest.handed_over", json!({ "listing": case.interest.listing, "to": to })));
    }
    Ok(all)
}
