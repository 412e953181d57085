//! Who hides from whom: those who turned to a listing without letting its owner know who they are. Whoever would name a party to
//! an owner asks here first.

use std::collections::{BTreeMap, BTreeSet};

use base::{Actor, InterestId, ListingId, PartyId};
use sea_orm::sea_query::{Query, SelectStatement};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QuerySelect};
use store::StoreError;
use uuid::Uuid;

use super::Anonymity;
use super::handover::KEPT;
use super::rows::interest;

/// Those of these parties that hide from the owner of one of these listings, in an interest that is open or was accepted.
pub(crate) async fn hidden_among(
    db: &impl ConnectionTrait,
    parties: &BTreeSet<PartyId>,
    listings: &[ListingId],
) -> Result<BTreeSet<PartyId>, StoreError> {
    if parties.is_empty() || listings.is_empty() {
        return Ok(BTreeSet::new());
    }
    let hidden: Vec<Uuid> = interest::Entity::find()
        .select_only()
        .column(interest::Column::SeekerPartyId)
        .filter(interest::Column::SeekerPartyId.is_in(parties.iter().map(|party| party.0)))
        .filter(interest::Column::ListingId.is_in(listings.iter().map(|listing| listing.0)))
        .filter(interest::Column::Status.is_in(KEPT))
        .filter(interest::Column::Anonymity.ne(Anonymity::Named.as_str()))
        .into_tuple()
        .all(db)
        .await?;
    Ok(hidden.into_iter().map(PartyId).collect())
}

/// Who sent each of these interests, named or not.
pub(crate) async fn senders(db: &impl ConnectionTrait, ids: &BTreeSet<InterestId>) -> Result<BTreeMap<InterestId, PartyId>, StoreError> {
    let ids: Vec<Uuid> = ids.iter().map(|id| id.0).collect();
    let mut all = BTreeMap::new();
    for some in ids.chunks(500) {
        let rows: Vec<(Uuid, Uuid)> = interest::Entity::find()
            .select_only()
            .columns([interest::Column::Id, interest::Column::SeekerPartyId])
            .filter(interest::Column::Id.is_in(some.iter().copied()))
            .into_tuple()
            .all(db)
            .await?;
        all.extend(rows.into_iter().map(|(id, party)| (InterestId(id), PartyId(party))));
    }
    Ok(all)
}

/// The interests whose sender hides from a party of the actor's, as a query for their ids; none for whoever belongs to no party.
#[must_use]
pub fn hidden_from(actor: &Actor) -> Option<SelectStatement> {
    let own: Vec<Uuid> = actor.memberships.iter().map(|m| m.party.0).collect();
    if own.is_empty() {
        return None;
    }
    let query = Query::select()
        .column(interest::Column::Id)
        .from(interest::Entity)
        .and_where(interest::Column::OwnerPartyId.is_in(own.iter().copied()))
        .and_where(interest::Column::SeekerPartyId.is_not_in(own))
        .and_where(interest::Column::Anonymity.ne(Anonymity::Named.as_str()))
        .to_owned();
    Some(query)
}
