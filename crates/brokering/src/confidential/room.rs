//! What of a listing's confidential part concerns one deal: to whom in it the part is open, who looked, and what is open to
//! whoever asks.
//!
//! The owner's people see the disclosures to persons of the deal's other parties, each with the newest looks; the named
//! person sees their own. Nobody else sees that there is anything: not their colleagues, and not the deal's brokers, for
//! no role in the space is among those who know of what is confided.

use std::collections::{BTreeMap, BTreeSet};

use base::{Actor, DealId, Grant, PartyId};
use listings::Head;
use sea_orm::{ColumnTrait, Condition, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

use super::disclosures::{self, DisclosureView};
use super::ledger::{self, LookView};
use super::rows::disclosure;
use crate::Brokering;
use crate::access::{Confided, GrantDisclosure, ReadConfidential, ReadDeal};
use crate::deals::{Deal, readable};
use crate::error::BrokeringError;

/// Disclosures shown at most.
const SHOWN: u64 = 10;
/// Looks shown of each.
const LOOKS: i64 = 3;

/// A disclosure with its newest looks, where the reader of the page may read the ledger.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RoomGrant {
    /// The disclosure.
    pub disclosure: DisclosureView,
    /// The newest looks.
    pub looks: Vec<LookView>,
    /// How many there are.
    pub looks_total: u64,
}

/// The confidential room of a deal as its reader sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Room {
    /// Whether the reader is of the owner's people; else everything here is open to the reader.
    pub is_owners: bool,
    /// Whether the reader may open it to somebody.
    pub can_grant: bool,
    /// The newest disclosures.
    pub opened: Vec<RoomGrant>,
    /// Whether there are older ones.
    pub has_more: bool,
}

/// The confidential room of a deal; none for whoever it does not concern.
///
/// # Errors
/// [`BrokeringError::Refused`] for whoever does not read the deal.
pub async fn of_deal(brokering: &Brokering, actor: &Actor, id: DealId) -> Result<Option<Room>, BrokeringError> {
    let deal = readable::<ReadDeal>(brokering, actor, id).await?;
    let Some(head) = listings::lookup::head(brokering.store.db(), deal.listing).await? else { return Ok(None) };
    let owner = head.party;
    let part = |head: &Head| Confided(head.clone());
    if Grant::<ReadConfidential>::check(actor, part(&head)).is_ok() {
        let can_grant = Grant::<GrantDisclosure>::check(actor, part(&head)).is_ok();
        return of_owner(brokering, actor, &deal, owner, can_grant).await.map(Some);
    }
    of_reader(brokering, actor, &deal).await
}

/// The disclosures of the deal's listing to these parties.
fn among(deal: &Deal, parties: impl Iterator<Item = PartyId>) -> Condition {
    let parties: BTreeSet<PartyId> = parties.collect();
    Condition::all()
        .add(disclosure::Column::ListingId.eq(deal.listing.0))
        .add(disclosure::Column::PartyId.is_in(parties.into_iter().map(|party| party.0)))
}

async fn found(brokering: &Brokering, actor: &Actor, which: Condition) -> Result<(Vec<DisclosureView>, bool), BrokeringError> {
    let db = brokering.store.db();
    let query = disclosure::Entity::find().filter(which).order_by_desc(disclosure::Column::GrantedAt);
    let mut rows = query.order_by_desc(disclosure::Column::Id).limit(SHOWN + 1).all(db).await?;
    let shown = usize::try_from(SHOWN).unwrap_or(usize::MAX);
    let has_more = rows.len() > shown;
    rows.truncate(shown);
    Ok((disclosures::views(brokering, db, actor.lang, rows).await?, has_more))
}

async fn of_owner(brokering: &Brokering, actor: &Actor, deal: &Deal, owner: PartyId, can_grant: bool) -> Result<Room, BrokeringError> {
    let others = deal.parties.iter().map(|(_, party)| *party).filter(|party| *party != owner);
    let (all, has_more) = found(brokering, actor, among(deal, others)).await?;
    let ids: Vec<_> = all.iter().map(|one| one.id).collect();
    let (looks, totals) = if ids.is_empty() { (Vec::new(), BTreeMap::new()) } else { ledger::newest(brokering, &ids, LOOKS).await? };
    let with_looks = |disclosure: DisclosureView| RoomGrant {
        looks: looks.iter().filter(|look| look.disclosure == Some(disclosure.id)).cloned().collect(),
        looks_total: totals.get(&disclosure.id).copied().unwrap_or_default(),
        disclosure,
    };
    Ok(Room { is_owners: true, can_grant, opened: all.into_iter().map(with_looks).collect(), has_more })
}

async fn of_reader(brokering: &Brokering, actor: &Actor, deal: &Deal) -> Result<Option<Room>, BrokeringError> {
    let Some(account) = actor.account() else { return Ok(None) };
    // What was opened for a party they have left is not there.
    let own = deal.parties.iter().map(|(_, party)| *party).filter(|party| actor.is_member(*party));
    let which = among(deal, own).add(disclosure::Column::AccountId.eq(account.0));
    let (all, has_more) = found(brokering, actor, which).await?;
    if all.is_empty() {
        return Ok(None);
    }
    let alone = |disclosure| RoomGrant { disclosure, looks: Vec::new(), looks_total: 0 };
    Ok(Some(Room { is_owners: false, can_grant: false, opened: all.into_iter().map(alone).collect(), has_more }))
}
