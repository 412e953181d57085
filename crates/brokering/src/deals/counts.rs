//! What became of a listing in deals, counted with whom each figure stands for, so that the public history can be cut.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use base::{Code, ListingId};
use chrono::{DateTime, NaiveDate, Utc};
use listings::Kind;
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, FromQueryResult, QueryFilter, QuerySelect};
use store::StoreError;
use uuid::Uuid;

use super::agreement::between_the_sides;
use super::objects::counting_for;
use super::rows::{agreement, contract, deal, document, meeting, paper};
use crate::Brokering;
use crate::confidential::nda::accepted_for;
use crate::history::{Tally, between_two};

/// What became of a listing in deals; each tally knows the other parties it stands for.
#[derive(Debug, Default)]
pub(crate) struct Counted {
    /// Meetings held.
    pub meetings: Tally,
    /// Deals with a non-disclosure agreement, and parties that accepted one before there was such a deal.
    pub ndas: Tally,
    /// Deals with an evaluation or trial.
    pub evaluations: Tally,
    /// Deals whose contract was signed, in whatever currency, and whatever became of them since.
    pub signed: Tally,
    /// Those of them that did not come to their good end.
    pub unfinished: Tally,
    /// Those of them whose value is in dong: what is in another currency is in no band.
    pub priced: Tally,
    /// Deals that came to their good end.
    pub completed: Tally,
    /// Deals that came to nothing, by a code of `lost_reasons`.
    pub lost: BTreeMap<String, Tally>,
    /// The band that the value of all signed contracts in dong falls into, a code of `price_bands`.
    pub money: Option<Code>,
}

/// What is read of a deal.
#[derive(FromQueryResult)]
struct One {
    id: Uuid,
    listing_id: Uuid,
    listing_kind: String,
    owner_party_id: Uuid,
    seeker_party_id: Option<Uuid>,
    is_open: bool,
    lost_reason: Option<String>,
    signed_at: Option<DateTime<Utc>>,
}

async fn deals_of(db: &impl ConnectionTrait, listing: ListingId) -> Result<Vec<One>, StoreError> {
    use deal::Column as C;
    let query = deal::Entity::find()
        .select_only()
        .columns([C::Id, C::ListingId, C::ListingKind, C::OwnerPartyId, C::SeekerPartyId, C::IsOpen, C::LostReason, C::SignedAt])
        .filter(C::Id.in_subquery(counting_for(listing)))
        .filter(between_two(C::OwnerPartyId, C::SeekerPartyId));
    Ok(query.into_model::<One>().all(db).await?)
}

/// How many meetings were held in each deal of a listing. What was said there is not read: this is for a page that everybody
/// opens.
async fn meetings_of(db: &impl ConnectionTrait, listing: ListingId, today: NaiveDate) -> Result<Vec<(Uuid, i64)>, StoreError> {
    use meeting::Column as C;
    let query = meeting::Entity::find()
        .select_only()
        .column(C::DealId)
        .column_as(C::Id.count(), "meetings")
        .filter(C::DealId.in_subquery(counting_for(listing)))
        .filter(C::HeldOn.lte(today))
        .filter(C::TakenBackAt.is_null())
        .group_by(C::DealId);
    Ok(query.into_tuple().all(db).await?)
}

/// The deals of a listing whose contract has a day, each with its value and currency.
async fn signed_of(db: &impl ConnectionTrait, listing: ListingId) -> Result<Vec<(Uuid, Option<i64>, Option<String>)>, StoreError> {
    use contract::Column as C;
    let query = contract::Entity::find()
        .select_only()
        .columns([C::DealId, C::ValueMinor, C::Currency])
        .filter(C::DealId.in_subquery(counting_for(listing)))
        .filter(C::SignedOn.is_not_null());
    Ok(query.into_tuple().all(db).await?)
}

/// Counts the deals of a listing: those that came from it where it is a need, and those that transfer it.
///
/// # Errors
/// If the database fails.
pub(crate) async fn of_listing_in_deals(brokering: &Brokering, listing: ListingId) -> Result<Counted, StoreError> {
    let db = brokering.store.db();
    let today = brokering.store.clock().today();
    let mut deals = deals_of(db, listing).await?;
    let mut accepted: BTreeSet<Uuid> = accepted_for(db, &[listing]).await?.into_iter().map(|one| one.party.0).collect();
    // Whom a deal is with, seen from the listing: what it came from is a need here. One that is with nobody yet stands for none.
    let other = |d: &One| match d.listing_id == listing.0 && d.listing_kind == Kind::Need.as_str() {
        true => Some(d.owner_party_id),
        false => d.seeker_party_id,
    };
    if !deals.is_empty() || !accepted.is_empty() {
        // Whoever holds the listing may have taken in one of the others since.
        let holder = listings::lookup::head(db, listing).await?.map(|head| head.party.0);
        accepted.retain(|party| Some(*party) != holder);
        deals.retain(|d| holder.is_none() || other(d) != holder);
    }
    let mut counted = Counted::default();
    if deals.is_empty() {
        accepted.iter().for_each(|party| counted.ndas.add(Some(*party), 1));
        return Ok(counted);
    }
    let reached: HashMap<Uuid, bool> =
        deals.iter().filter(|d| d.signed_at.is_some()).map(|d| (d.id, !d.is_open && d.lost_reason.is_none())).collect();
    let with: HashMap<Uuid, Option<Uuid>> = deals.iter().map(|d| (d.id, other(d))).collect();
    for one in deals.iter().filter(|d| !d.is_open) {
        match &one.lost_reason {
            None => counted.completed.add(other(one), 1),
            Some(reason) => counted.lost.entry(reason.clone()).or_default().add(other(one), 1),
        }
    }
    for (deal, meetings) in meetings_of(db, listing, today).await? {
        if let Some(party) = with.get(&deal) {
            counted.meetings.add(*party, u64::try_from(meetings).unwrap_or_default());
        }
    }
    let papers = papers_of(db, listing).await?;
    let mut agreed = BTreeSet::new();
    for (deal, kind) in &papers {
        let Some(party) = with.get(deal) else { continue };
        if kind == "nda" {
            agreed.extend(*party);
            counted.ndas.add(*party, 1);
        } else {
            counted.evaluations.add(*party, 1);
        }
    }
    accepted.difference(&agreed).for_each(|party| counted.ndas.add(Some(*party), 1));
    let mut dong = Vec::new();
    for (deal, value, currency) in signed_of(db, listing).await? {
        // A day typed into a deal that never came so far is no signature.
        let (Some(is_completed), Some(party)) = (reached.get(&deal), with.get(&deal)) else { continue };
        counted.signed.add(*party, 1);
        if !is_completed {
            counted.unfinished.add(*party, 1);
        }
        if let Some(value) = value.filter(|_| currency.as_deref() == Some("VND")) {
            counted.priced.add(*party, 1);
            dong.push(value);
        }
    }
    let sum = dong.iter().fold(0_i64, |sum, value| sum.saturating_add(*value));
    counted.money = band(brokering, sum).filter(|_| !dong.is_empty());
    Ok(counted)
}

/// The deals of a listing with an agreement or an evaluation, be it noted, handed in as a document or accepted
/// on its page; each kind once.
async fn papers_of(db: &impl ConnectionTrait, listing: ListingId) -> Result<BTreeSet<(Uuid, String)>, StoreError> {
    const KINDS: [&str; 2] = ["nda", "evaluation"];
    let noted: Vec<(Uuid, String)> = paper::Entity::find()
        .select_only()
        .columns([paper::Column::DealId, paper::Column::Kind])
        .filter(paper::Column::DealId.in_subquery(counting_for(listing)))
        .filter(paper::Column::Kind.is_in(KINDS))
        .into_tuple()
        .all(db)
        .await?;
    let handed_in: Vec<(Uuid, String)> = document::Entity::find()
        .select_only()
        .columns([document::Column::DealId, document::Column::Paper])
        .filter(document::Column::DealId.in_subquery(counting_for(listing)))
        .filter(document::Column::Paper.is_in(KINDS))
        .filter(document::Column::RemovedAt.is_null())
        .into_tuple()
        .all(db)
        .await?;
    let accepted: Vec<Uuid> = agreement::Entity::find()
        .select_only()
        .column(agreement::Column::DealId)
        .filter(agreement::Column::DealId.in_subquery(counting_for(listing)))
        .filter(between_the_sides())
        .into_tuple()
        .all(db)
        .await?;
    let accepted = accepted.into_iter().map(|deal| (deal, "nda".to_owned()));
    Ok(noted.into_iter().chain(handed_in).chain(accepted).collect())
}

/// The band of an amount in dong; bands are data: `from-to` in million dong, from the first, below the second.
fn band(brokering: &Brokering, dong: i64) -> Option<Code> {
    const MILLION: i64 = 1_000_000;
    let list = brokering.vocabularies.get("price_bands")?;
    let holds = |code: &str| {
        let Some((from, to)) = code.split_once('-') else { return code == "free" && dong == 0 };
        let from = from.parse::<i64>().ok().map(|from| from.saturating_mul(MILLION));
        let to = if to.is_empty() { Some(i64::MAX) } else { to.parse::<i64>().ok().map(|to| to.saturating_mul(MILLION)) };
        from.zip(to).is_some_and(|(from, to)| (from..to).contains(&dong))
    };
    list.terms.iter().find(|term| holds(term.code.as_str())).map(|term| term.code.clone())
}
