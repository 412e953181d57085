//! What became of a listing in deals, counted with whom each figure stands for, so that the public history can be cut.

use std::collections::{BTreeMap, HashMap};

use base::{Code, ListingId};
use listings::Kind;
use sea_orm::sea_query::{Expr, ExprTrait, Query, SelectStatement};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use store::StoreError;
use uuid::Uuid;

use super::rows::{contract, deal, meeting, paper};
use crate::Brokering;
use crate::history::{Tally, between_two};

/// The stages of a deal whose contract is signed.
const SIGNED: [&str; 4] = ["signed", "registered", "delivering", "completed"];

/// What became of a listing in deals; each tally knows the other parties it stands for.
#[derive(Debug, Default)]
pub(crate) struct Counted {
    /// Meetings held.
    pub meetings: Tally,
    /// Deals with a non-disclosure agreement.
    pub ndas: Tally,
    /// Deals with an evaluation or trial.
    pub evaluations: Tally,
    /// Deals with a signed contract that came as far as that.
    pub signed: Tally,
    /// Those of them that did not come to their end.
    pub unfinished: Tally,
    /// Those of them whose value is known in dong.
    pub priced: Tally,
    /// Deals that came to their good end.
    pub completed: Tally,
    /// Deals that came to nothing, by a code of `lost_reasons`.
    pub lost: BTreeMap<String, Tally>,
    /// The band that the value of all signed contracts in dong falls into, a code of `price_bands`.
    pub money: Option<Code>,
}

/// Counts the deals about a listing.
///
/// # Errors
/// If the database fails.
pub(crate) async fn of_listing_in_deals(brokering: &Brokering, listing: ListingId) -> Result<Counted, StoreError> {
    let db = brokering.store.db();
    let today = brokering.store.clock().today();
    let two = between_two(deal::Column::OwnerPartyId, deal::Column::SeekerPartyId);
    let deals = deal::Entity::find().filter(deal::Column::ListingId.eq(listing.0)).filter(two).all(db).await?;
    let mut counted = Counted::default();
    if deals.is_empty() {
        return Ok(counted);
    }
    // Whom a deal is with, seen from the listing; all that are with nobody yet stand for one.
    let other = |d: &deal::Model| match d.listing_kind.parse() {
        Ok(Kind::Need) => d.owner_party_id,
        _ => d.seeker_party_id.unwrap_or_default(),
    };
    let reached: HashMap<Uuid, bool> = deals.iter().filter(|d| SIGNED.contains(&d.stage.as_str())).map(|d| (d.id, d.is_open)).collect();
    let with: HashMap<Uuid, Uuid> = deals.iter().map(|d| (d.id, other(d))).collect();
    for one in deals.iter().filter(|d| !d.is_open) {
        match &one.lost_reason {
            None => counted.completed.add(other(one), 1),
            Some(reason) => counted.lost.entry(reason.clone()).or_default().add(other(one), 1),
        }
    }
    let held = meeting::Entity::find().filter(meeting::Column::DealId.in_subquery(of_listing(listing)));
    for one in held.filter(meeting::Column::HeldOn.lte(today)).all(db).await? {
        if let Some(party) = with.get(&one.deal_id) {
            counted.meetings.add(*party, 1);
        }
    }
    let papers = paper::Entity::find().filter(paper::Column::DealId.in_subquery(of_listing(listing)));
    for one in papers.filter(paper::Column::Kind.is_in(["nda", "evaluation"])).all(db).await? {
        let tally = if one.kind == "nda" { &mut counted.ndas } else { &mut counted.evaluations };
        if let Some(party) = with.get(&one.deal_id) {
            tally.add(*party, 1);
        }
    }
    let signed = contract::Entity::find().filter(contract::Column::DealId.in_subquery(of_listing(listing)));
    let mut dong = Vec::new();
    for one in signed.filter(contract::Column::SignedOn.is_not_null()).all(db).await? {
        // A day typed into a deal that never came so far is no signature.
        let (Some(is_open), Some(party)) = (reached.get(&one.deal_id), with.get(&one.deal_id)) else { continue };
        counted.signed.add(*party, 1);
        if *is_open {
            counted.unfinished.add(*party, 1);
        }
        if let Some(value) = one.value_minor.filter(|_| one.currency.as_deref() == Some("VND")) {
            counted.priced.add(*party, 1);
            dong.push(value);
        }
    }
    let sum = dong.iter().fold(0_i64, |sum, value| sum.saturating_add(*value));
    counted.money = band(brokering, sum).filter(|_| !dong.is_empty());
    Ok(counted)
}

fn of_listing(listing: ListingId) -> SelectStatement {
    Query::select().column(deal::Column::Id).from(deal::Entity).and_where(Expr::col(deal::Column::ListingId).eq(listing.0)).to_owned()
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
