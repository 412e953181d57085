//! Who may see a listing once it is out, and who looks after it until when.

use std::cmp::Ordering;
use std::collections::BTreeSet;

use base::{AccountId, Grant, ListingId, PartyId, Refused, StaffRole};
use chrono::NaiveDate;
use sea_orm::{ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter};
use serde::{Deserialize, Serialize};
use serde_json::json;
use store::{Ctx, NewEvent, StoreError};
use utoipa::ToSchema;

use crate::Listings;
use crate::access::{SetCare, SetVisibility, edits};
use crate::edit::Receipt;
use crate::error::{ListingError, valid};
use crate::head::{Head, Visibility, load_to_change, save};
use crate::kind::Kind;
use crate::rows::{invitation, listing};

/// Parties one listing is shown to at most.
const INVITED_MAX: usize = 200;

/// Sets who may see the listing once it is published; `invited` names the parties.
///
/// # Errors
/// [`ListingError::Refused`] unless the actor is an admin of the party.
pub async fn set_visibility(
    listings: &Listings,
    ctx: Ctx,
    id: ListingId,
    seen: i64,
    visibility: Visibility,
    invited: BTreeSet<PartyId>,
) -> Result<Receipt, ListingError> {
    if invited.len() > INVITED_MAX {
        let mut faults = base::Faults::new();
        faults.add_with("/parties", "too_many", &[("max", &INVITED_MAX.to_string()), ("count", &invited.len().to_string())]);
        return Err(ListingError::Invalid(faults));
    }
    let actor = ctx.actor.clone();
    listings
        .store
        .write(ctx, move |tx| {
            let (actor, invited) = (actor.clone(), invited.clone());
            async move {
                let head = load_to_change(&tx, id).await?.ok_or(Refused::Hidden)?;
                let grant = Grant::<SetVisibility>::check(&actor, head)?;
                let head = grant.object();
                head.must_be_at(seen)?;
                let mut faults = base::Faults::new();
                let wanted: Vec<PartyId> = invited.iter().copied().collect();
                let known = accounts::parties::load_many(tx.db(), &wanted).await?;
                for (n, party) in wanted.iter().enumerate() {
                    if !known.iter().any(|k| k.id == *party) {
                        faults.add(format!("/parties/{n}"), "unknown_party");
                    }
                }
                valid(faults)?;
                invitation::Entity::delete_many().filter(invitation::Column::ListingId.eq(id.0)).exec(tx.db()).await?;
                if visibility == Visibility::Invited && !invited.is_empty() {
                    let rows = invited.iter().map(|p| invitation::ActiveModel { listing_id: Set(id.0), party_id: Set(p.0) });
                    invitation::Entity::insert_many(rows).exec_without_returning(tx.db()).await?;
                }
                let mut change = listing::ActiveModel { visibility: Set(visibility.as_str().to_owned()), ..Default::default() };
                if head.out_since.is_some() && widens((head.visibility, &head.invited), (visibility, &wanted)) {
                    change.out_since = Set(Some(tx.now()));
                }
                let version = save(&tx, head, change).await?;
                let facts = json!({ "visibility": visibility, "parties": invited.len() });
                tx.emit(NewEvent::new("listing", id, "listing.visibility_set", facts));
                Ok(Receipt::of(head, head.state, head.slug.clone(), version))
            }
        })
        .await
}

/// Whether somebody sees a listing now who did not before.
fn widens((before, invited): (Visibility, &[PartyId]), (after, wanted): (Visibility, &[PartyId])) -> bool {
    let reach = |visibility: Visibility| match visibility {
        Visibility::Private => 0,
        Visibility::Invited => 1,
        Visibility::Registered => 2,
        Visibility::Public => 3,
    };
    let more_are_invited = after == Visibility::Invited && wanted.iter().any(|party| !invited.contains(party));
    match reach(after).cmp(&reach(before)) {
        Ordering::Less => false,
        Ordering::Equal => more_are_invited,
        // An invitation of nobody shows it to nobody.
        Ordering::Greater => after != Visibility::Invited || more_are_invited,
    }
}

/// Who looks after a listing, and when something must happen next.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Care {
    /// The contact person of the party.
    pub contact: Option<AccountId>,
    /// The staff member responsible.
    pub responsible: Option<AccountId>,
    /// When something must happen next.
    pub next_action_on: Option<NaiveDate>,
}

/// Sets who looks after a listing. A published need always keeps a responsible person or a date. What stays as it was is not
/// checked again: a contact person who left is in nobody's way who changes something else.
///
/// # Errors
/// [`ListingError::Refused`] unless the actor edits the listing or, for a need that is out, keeps the need desk as a broker or
/// an administrator; to these the contact person is not theirs to change, and one they do not name stays.
pub async fn set_care(listings: &Listings, ctx: Ctx, id: ListingId, seen: i64, care: Care) -> Result<Receipt, ListingError> {
    let actor = ctx.actor.clone();
    listings
        .store
        .write(ctx, move |tx| {
            let (actor, care) = (actor.clone(), care.clone());
            async move {
                let head = load_to_change(&tx, id).await?.ok_or(Refused::Hidden)?;
                let head = Grant::<SetCare>::check(&actor, head)?.into_object();
                let care = if edits(&actor, &head) { care } else { with_its_contact(&head, care)? };
                head.must_be_at(seen)?;
                let mut faults = base::Faults::new();
                if head.kind == Kind::Need && head.public_version.is_some() && care.responsible.is_none() && care.next_action_on.is_none() {
                    faults.add("/next_action_on", "need_without_next_action");
                }
                if let Some(contact) = care.contact
                    && care.contact != head.contact
                    && !accounts::lookup::is_confirmed_member(tx.db(), contact, head.party).await?
                {
                    faults.add("/contact", "not_a_member");
                }
                if let Some(responsible) = care.responsible
                    && care.responsible != head.responsible
                    && !may_look_after(tx.db(), responsible, head.kind).await?
                {
                    faults.add("/responsible", "not_a_broker");
                }
                valid(faults)?;
                let change = listing::ActiveModel {
                    contact_id: Set(care.contact.map(|a| a.0)),
                    responsible_id: Set(care.responsible.map(|a| a.0)),
                    next_action_on: Set(care.next_action_on),
                    ..Default::default()
                };
                let version = save(&tx, &head, change).await?;
                tx.emit(NewEvent::new("listing", id, "listing.care_set", json!(care)));
                Ok(Receipt::of(&head, head.state, head.slug.clone(), version))
            }
        })
        .await
}

/// What staff set, who leave the contact person as it is.
fn with_its_contact(head: &Head, care: Care) -> Result<Care, Refused> {
    if care.contact.is_some() && care.contact != head.contact {
        return Err(Refused::Forbidden { action: "listing.set_contact" });
    }
    Ok(Care { contact: head.contact, ..care })
}

/// Whether the account may be the one of the staff who looks after a listing: a broker, or of a need also a moderator; and
/// one who may sign in.
///
/// # Errors
/// If the database fails.
pub async fn may_look_after(db: &impl ConnectionTrait, account: AccountId, kind: Kind) -> Result<bool, StoreError> {
    Ok(accounts::lookup::has_staff_role(db, account, StaffRole::Broker).await?
        || (kind == Kind::Need && accounts::lookup::has_staff_role(db, account, StaffRole::Moderator).await?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_listing_is_shown_to_more_people_where_somebody_sees_it_who_did_not_before() {
        use Visibility::{Invited, Private, Public, Registered};
        let (one, other) = (PartyId(uuid::Uuid::from_u128(1)), PartyId(uuid::Uuid::from_u128(2)));
        type Shown<'a> = (Visibility, &'a [PartyId]);
        let wider: [(Shown<'_>, Shown<'_>); 6] = [
            ((Private, &[]), (Invited, &[one])),
            ((Private, &[]), (Public, &[])),
            ((Invited, &[one]), (Invited, &[one, other])),
            ((Invited, &[one]), (Invited, &[other])),
            ((Invited, &[one]), (Registered, &[])),
            ((Registered, &[]), (Public, &[])),
        ];
        for (before, after) in wider {
            assert!(widens(before, after), "{before:?} {after:?}");
        }
        let no_wider: [(Shown<'_>, Shown<'_>); 5] = [
            ((Public, &[]), (Public, &[])),
            ((Public, &[]), (Registered, &[])),
            ((Registered, &[]), (Invited, &[one])),
            ((Invited, &[one, other]), (Invited, &[one])),
            ((Private, &[]), (Invited, &[])),
        ];
        for (before, after) in no_wider {
            assert!(!widens(before, after), "{before:?} {after:?}");
        }
    }
}
