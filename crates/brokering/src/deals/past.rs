//! Who brought deals in a field to their good end, told as no more than that.
//!
//! No figure, no deal and no partner follows from it: a party is named only where its completed deals in the field are
//! with at least as many different partners as a public figure needs ([`crate::history`]), to everybody alike. Deals
//! about a listing that hides its party name nobody.

use std::collections::{BTreeMap, BTreeSet};

use base::{Code, ListingId, PartyId, Vocabularies};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use store::StoreError;
use uuid::Uuid;

use super::rows::deal;
use crate::Brokering;
use crate::history::{PARTIES_NEEDED, between_two};

/// The most deals that are looked at, the last ones.
const DEALS: u64 = 2_000;
/// Partners by party.
type Partners = BTreeMap<Uuid, BTreeSet<Uuid>>;

/// The parties that may be named as having brought deals in the field of this listing, or one above or below it, to
/// their end. None if it was never published or has no field.
///
/// # Errors
/// If the database fails.
pub async fn dealt_in_field_of(brokering: &Brokering, listing: ListingId) -> Result<BTreeSet<PartyId>, StoreError> {
    let db = brokering.store.db();
    let Some(field) = listings::brief::load_many(db, &[listing]).await?.pop().and_then(|l| l.field) else { return Ok(BTreeSet::new()) };
    let all: Vec<(Uuid, Uuid, Option<Uuid>)> = deal::Entity::find()
        .select_only()
        .columns([deal::Column::ListingId, deal::Column::OwnerPartyId, deal::Column::SeekerPartyId])
        .filter(deal::Column::IsOpen.eq(false))
        .filter(deal::Column::LostReason.is_null())
        .filter(between_two(deal::Column::OwnerPartyId, deal::Column::SeekerPartyId))
        .order_by_desc(deal::Column::Id)
        .limit(DEALS)
        .into_tuple()
        .all(db)
        .await?;
    let all: Vec<(Uuid, Uuid, Uuid)> = all.into_iter().filter_map(|(about, owner, seeker)| Some((about, owner, seeker?))).collect();
    // Whoever has too few partners in all fields together has too few in this one: most listings need not be read.
    let enough = named(all.iter().map(|(_, owner, seeker)| (*owner, *seeker)));
    let ids: BTreeSet<Uuid> =
        all.iter().filter(|(_, owner, seeker)| enough.contains(owner) || enough.contains(seeker)).map(|(about, ..)| *about).collect();
    let ids: Vec<ListingId> = ids.into_iter().map(ListingId).collect();
    let about = listings::brief::load_many(db, &ids).await?;
    let same: BTreeSet<Uuid> = about
        .iter()
        .filter(|l| !l.hides_party && l.field.as_ref().is_some_and(|other| is_one_line(&field, other, &brokering.vocabularies)))
        .map(|l| l.id.0)
        .collect();
    let named = named(all.iter().filter(|(about, ..)| same.contains(about)).map(|(_, owner, seeker)| (*owner, *seeker)));
    Ok(named.into_iter().map(PartyId).collect())
}

/// Those with enough different partners.
fn named(pairs: impl Iterator<Item = (Uuid, Uuid)>) -> BTreeSet<Uuid> {
    let mut partners = Partners::new();
    for (owner, seeker) in pairs {
        partners.entry(owner).or_default().insert(seeker);
        partners.entry(seeker).or_default().insert(owner);
    }
    partners.into_iter().filter(|(_, with)| with.len() >= PARTIES_NEEDED).map(|(party, _)| party).collect()
}

/// Whether two fields are the same, or one lies above the other.
fn is_one_line(one: &Code, other: &Code, vocabularies: &Vocabularies) -> bool {
    let above = |low: &Code, high: &Code| vocabularies.get("fields").is_some_and(|list| list.path(low.as_str()).contains(high));
    one == other || above(one, other) || above(other, one)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_party_is_named_from_three_partners_on() {
        let id = Uuid::from_u128;
        let pairs = |of: &[(u128, u128)]| named(of.iter().map(|(a, b)| (id(*a), id(*b))).collect::<Vec<_>>().into_iter());
        assert!(pairs(&[(1, 2), (1, 3), (1, 2), (1, 2)]).is_empty(), "many deals with two partners");
        assert_eq!(pairs(&[(1, 2), (1, 3), (4, 1)]), BTreeSet::from([id(1)]));
    }

    #[test]
    fn a_field_is_one_with_those_above_and_below_it() {
        let all = Vocabularies::built_in().unwrap();
        let same = |one: &str, other: &str| is_one_line(&Code::from(one), &Code::from(other), &all);
        assert!(same("40107", "401") && same("401", "40107") && same("401", "401"));
        assert!(!same("401", "402") && !same("40107", "40108"));
    }
}
