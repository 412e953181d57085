//! Who brought deals in a field to their good end, told as no more than that.
//!
//! No figure, no deal and no partner follows from it: a party is named only where its completed deals in the field are
//! with at least as many different partners as a public figure needs ([`crate::history`]), to everybody alike. A deal is in
//! the fields of the need it came from and of what it transferred; one with a listing that hides its party names nobody.

use std::collections::{BTreeMap, BTreeSet};

use base::{Code, ListingId, PartyId, Vocabularies};
use listings::Kind;
use listings::brief::ListingBrief;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use store::StoreError;
use uuid::Uuid;

use super::objects;
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
    /// Id, the listing it came from and its kind, owner, seeker.
    type Row = (Uuid, Uuid, String, Uuid, Option<Uuid>);
    let all: Vec<Row> = deal::Entity::find()
        .select_only()
        .columns([deal::Column::Id, deal::Column::ListingId, deal::Column::ListingKind])
        .columns([deal::Column::OwnerPartyId, deal::Column::SeekerPartyId])
        .filter(deal::Column::IsOpen.eq(false))
        .filter(deal::Column::LostReason.is_null())
        .filter(between_two(deal::Column::OwnerPartyId, deal::Column::SeekerPartyId))
        .order_by_desc(deal::Column::Id)
        .limit(DEALS)
        .into_tuple()
        .all(db)
        .await?;
    // Whoever has too few partners in all fields together has too few in this one: most listings need not be read.
    let enough = named(all.iter().filter_map(|(.., owner, seeker)| Some((*owner, (*seeker)?))));
    let all: Vec<Past> = all
        .into_iter()
        .filter_map(|(id, from, kind, owner, seeker)| Some((id, (kind == Kind::Need.as_str()).then_some(from), owner, seeker?)))
        .filter(|(.., owner, seeker)| enough.contains(owner) || enough.contains(seeker))
        .map(|(id, need, owner, seeker)| Past { id, need, owner, seeker })
        .collect();
    let moved = objects::of_deals(db, &all.iter().map(|one| one.id).collect::<Vec<_>>()).await?;
    let about = |one: &Past| -> Vec<Uuid> {
        let objects = moved.get(&one.id).into_iter().flatten().map(|object| object.listing.0);
        one.need.into_iter().chain(objects).collect()
    };
    let ids: BTreeSet<Uuid> = all.iter().flat_map(about).collect();
    let ids: Vec<ListingId> = ids.into_iter().map(ListingId).collect();
    let briefs: BTreeMap<Uuid, ListingBrief> = listings::brief::load_many(db, &ids).await?.into_iter().map(|l| (l.id.0, l)).collect();
    let is_same = |l: &&ListingBrief| l.field.as_ref().is_some_and(|other| is_one_line(&field, other, &brokering.vocabularies));
    let counts = |one: &&Past| {
        let about: Vec<&ListingBrief> = about(one).iter().filter_map(|id| briefs.get(id)).collect();
        about.iter().all(|l| !l.hides_party) && about.iter().any(is_same)
    };
    let named = named(all.iter().filter(counts).map(|one| (one.owner, one.seeker)));
    Ok(named.into_iter().map(PartyId).collect())
}

/// A deal that came to its good end.
struct Past {
    id: Uuid,
    /// The need it came from, if it did.
    need: Option<Uuid>,
    owner: Uuid,
    seeker: Uuid,
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
