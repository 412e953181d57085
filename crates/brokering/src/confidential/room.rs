//! What of the confidential parts of a deal's listings concerns one deal: to whom in it each is open, who looked, and what is
//! open to whoever asks.
//!
//! The people of a listing's party see its disclosures to persons of the deal's other parties, each with the newest looks; the
//! named person sees their own. Nobody else sees that there is anything: not their colleagues, and not the deal's brokers, for
//! no role in the space is among those who know of what is confided.

use std::collections::{BTreeMap, BTreeSet};

use base::{Actor, DealId, Grant, ListingId, PartyId};
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

/// A listing of the deal whose confidential part the reader keeps.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kept {
    /// The listing.
    pub listing: ListingId,
    /// Its readable code.
    pub code: String,
    /// Whether the reader may open it to somebody.
    pub can_grant: bool,
}

/// Some of the disclosures, the newest first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Grants {
    /// The newest.
    pub newest: Vec<RoomGrant>,
    /// Whether there are older ones.
    pub has_more: bool,
}

/// The confidential room of a deal as its reader sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Room {
    /// The listings whose confidential parts the reader keeps.
    pub kept: Vec<Kept>,
    /// To whom in the deal these are open.
    pub given: Grants,
    /// What of the others is open to the reader.
    pub mine: Grants,
    /// Whether the deal is about more than one listing, so that each disclosure must say of which it is.
    pub has_several: bool,
}

/// The confidential room of a deal; none for whoever it does not concern.
///
/// # Errors
/// [`BrokeringError::Refused`] for whoever does not read the deal.
pub async fn of_deal(brokering: &Brokering, actor: &Actor, id: DealId) -> Result<Option<Room>, BrokeringError> {
    let deal = readable::<ReadDeal>(brokering, actor, id).await?;
    let about = deal.about();
    let mut heads = listings::lookup::heads(brokering.store.db(), &about).await?;
    heads.sort_by_key(|head| about.iter().position(|id| *id == head.id));
    let keeps = |head: &&Head| Grant::<ReadConfidential>::check(actor, Confided((*head).clone())).is_ok();
    let (own, others): (Vec<&Head>, Vec<&Head>) = heads.iter().partition(keeps);
    let given = of_keeper(brokering, actor, &deal, &own).await?;
    let mine = of_reader(brokering, actor, &deal, &others).await?;
    if own.is_empty() && mine.newest.is_empty() {
        return Ok(None);
    }
    let kept = |head: &&Head| Kept {
        listing: head.id,
        code: head.code.clone(),
        can_grant: Grant::<GrantDisclosure>::check(actor, Confided((*head).clone())).is_ok(),
    };
    Ok(Some(Room { kept: own.iter().map(kept).collect(), given, mine, has_several: about.len() > 1 }))
}

/// The disclosures of a listing to these parties.
fn among(listing: ListingId, parties: impl Iterator<Item = PartyId>) -> Condition {
    let parties: BTreeSet<PartyId> = parties.collect();
    Condition::all()
        .add(disclosure::Column::ListingId.eq(listing.0))
        .add(disclosure::Column::PartyId.is_in(parties.into_iter().map(|party| party.0)))
}

async fn found(brokering: &Brokering, actor: &Actor, which: Condition) -> Result<(Vec<DisclosureView>, bool), BrokeringError> {
    let db = brokering.store.db();
    let query = disclosure::Entity::find().filter(which).order_by_desc(disclosure::Column::GrantedAt);
    let mut rows = query.order_by_desc(disclosure::Column::Id).limit(SHOWN + 1).all(db).await?;
    let shown = usize::try_from(SHOWN).unwrap_or(usize::MAX);
    let has_more = rows.len() > shown;
    rows.truncate(shown);
    Ok((disclosures::views(brokering, db, actor, rows).await?, has_more))
}

/// What of the listings that the reader keeps is open to the deal's other parties.
async fn of_keeper(brokering: &Brokering, actor: &Actor, deal: &Deal, own: &[&Head]) -> Result<Grants, BrokeringError> {
    if own.is_empty() {
        return Ok(Grants::default());
    }
    let to_others = |head: &&Head| among(head.id, deal.parties.iter().map(|(_, party)| *party).filter(|party| *party != head.party));
    let which = own.iter().map(to_others).fold(Condition::any(), Condition::add);
    let (all, has_more) = found(brokering, actor, which).await?;
    let ids: Vec<_> = all.iter().map(|one| one.id).collect();
    let (looks, totals) = if ids.is_empty() { (Vec::new(), BTreeMap::new()) } else { ledger::newest(brokering, &ids, LOOKS).await? };
    let with_looks = |disclosure: DisclosureView| RoomGrant {
        looks: looks.iter().filter(|look| look.disclosure == Some(disclosure.id)).cloned().collect(),
        looks_total: totals.get(&disclosure.id).copied().unwrap_or_default(),
        disclosure,
    };
    Ok(Grants { newest: all.into_iter().map(with_looks).collect(), has_more })
}

/// What of the other listings is open to the reader.
async fn of_reader(brokering: &Brokering, actor: &Actor, deal: &Deal, others: &[&Head]) -> Result<Grants, BrokeringError> {
    let Some(account) = actor.account().filter(|_| !others.is_empty()) else { return Ok(Grants::default()) };
    // What was opened for a party they have left is not there.
    let own = || deal.parties.iter().map(|(_, party)| *party).filter(|party| actor.is_member(*party));
    let which = others.iter().map(|head| among(head.id, own())).fold(Condition::any(), Condition::add);
    let (all, has_more) = found(brokering, actor, Condition::all().add(which).add(disclosure::Column::AccountId.eq(account.0))).await?;
    let alone = |disclosure| RoomGrant { disclosure, looks: Vec::new(), looks_total: 0 };
    Ok(Grants { newest: all.into_iter().map(alone).collect(), has_more })
}
