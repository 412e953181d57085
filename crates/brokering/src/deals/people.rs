//! Who is in a deal: its parties with their roles, its brokers with their shares, and what each broker states of their
//! interests. Nobody states for another.

use std::collections::{BTreeMap, BTreeSet};

use accounts::notices::{NewNotice, NoticeKind};
use base::{AccountId, DealId, Faults, PartyId, StaffRole};
use chrono::{DateTime, Utc};
use sea_orm::{ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter};
use serde::{Deserialize, Serialize};
use serde_json::json;
use store::{Ctx, NewEvent, StoreError, Tx};
use utoipa::ToSchema;

use super::agreement::first_between_the_sides;
use super::contract::{Contract, contract_of};
use super::facts::Facts;
use super::rows::{broker, deal, paper, party};
use super::{Broker, Deal, DealReceipt, Role, check_text, documents, granted, notices, objects, offers, save, traces};
use crate::access::{SetBrokers, SetDealParties, StateInterests};
use crate::interests::hiding::{hidden_among, senders};
use crate::{Brokering, BrokeringError};

/// Parties of one deal at most.
const PARTIES_MAX: usize = 20;
/// Brokers of one deal at most.
const BROKERS_MAX: usize = 10;
/// One whole, in basis points.
const WHOLE: u32 = 10_000;

/// A party with its role.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DealParty {
    /// The party.
    pub party: PartyId,
    /// What it is in the deal.
    pub role: Role,
}

/// Every party of a deal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DealParties {
    /// All of them, the owner among them.
    #[schema(max_items = 20)]
    pub parties: Vec<DealParty>,
}

/// A broker with their share.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct BrokerShare {
    /// The member of staff.
    pub account: AccountId,
    /// Their share in basis points (1 = 0.01 %).
    pub share_bp: u16,
}

/// Every broker of a deal; their shares make 100 %.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct BrokerShares {
    /// All of them.
    #[schema(max_items = 10)]
    pub brokers: Vec<BrokerShare>,
}

/// What a broker states of their interests.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Statement {
    /// At most 2,000 characters: which ties there are to either side, or that there are none.
    #[schema(max_length = 2000)]
    pub statement: String,
}

/// Sets who is in a deal, and tells both sides as they are from now on. The owner stays who it is; the seeker may be named, and
/// changed while it is open, nothing binds it and it left nothing here. What was offered to the one before is off. A party that stands
/// on no side any more is told so.
///
/// # Errors
/// [`BrokeringError::Invalid`], also for a party of which a broker of the deal is a member, for one that hides from the owner in an
/// interest, and for another seeker once the one there is bound by something or wrote, offered, noted or handed in
/// anything; [`BrokeringError::Stale`].
pub async fn set_parties(
    brokering: &Brokering,
    ctx: Ctx,
    id: DealId,
    seen: i64,
    wanted: DealParties,
) -> Result<DealReceipt, BrokeringError> {
    let (inner, actor) = (brokering.clone(), ctx.actor.clone());
    brokering
        .store
        .write(ctx, move |tx: Tx| {
            let (brokering, actor, wanted) = (inner.clone(), actor.clone(), wanted.clone());
            async move {
                let grant = granted::<SetDealParties>(&tx, &actor, id, Some(seen)).await?;
                let deal = grant.object();
                check_parties(&tx, deal, &wanted).await?;
                let named = Deal { parties: wanted.parties.iter().map(|p| (p.role, p.party)).collect(), ..deal.clone() };
                party::Entity::delete_many().filter(party::Column::DealId.eq(id.0)).exec(tx.db()).await?;
                for one in &wanted.parties {
                    let row =
                        party::ActiveModel { deal_id: Set(id.0), party_id: Set(one.party.0), role: Set(one.role.as_str().to_owned()) };
                    party::Entity::insert(row).exec_without_returning(tx.db()).await?;
                }
                Facts::load(&brokering, tx.db(), &named, tx.today(), actor.lang).await?.must_keep(&brokering, deal)?;
                let seeker = named.party_as(Role::Seeker);
                let change = deal::ActiveModel { seeker_party_id: Set(seeker.map(|party| party.0)), ..Default::default() };
                let version = save(&tx, deal, change).await?;
                tx.emit(NewEvent::new("deal", id, "deal.parties_set", json!({ "parties": wanted.parties })));
                if seeker != deal.party_as(Role::Seeker) {
                    offers::end_open(&tx, id, actor.account()).await?;
                }
                notices::moved(&tx, &named, &deal.stage, version, actor.account()).await?;
                notices::left(&tx, deal, &named, version, actor.account()).await?;
                Ok(DealReceipt::of(deal, version))
            }
        })
        .await
}

async fn check_parties(tx: &Tx, deal: &Deal, wanted: &DealParties) -> Result<(), BrokeringError> {
    let mut faults = Faults::new();
    if wanted.parties.len() > PARTIES_MAX {
        let (max, count) = (PARTIES_MAX.to_string(), wanted.parties.len().to_string());
        faults.add_with("/parties", "too_many", &[("max", &max), ("count", &count)]);
        return Err(BrokeringError::Invalid(faults));
    }
    // A deal names its parties to each other: who turned to the owner without their name enters when they lift that themselves.
    let there: BTreeSet<PartyId> = deal.parties.iter().map(|(_, party)| *party).collect();
    let new: BTreeSet<PartyId> = wanted.parties.iter().map(|one| one.party).filter(|party| !there.contains(party)).collect();
    let hidden = hidden_among(tx.db(), &new, &deal.about()).await?;
    let mut seen = BTreeSet::new();
    for (n, one) in wanted.parties.iter().enumerate() {
        if !seen.insert(one.party) {
            faults.add(format!("/parties/{n}/party"), "deal_party_twice");
        } else if hidden.contains(&one.party) {
            faults.add(format!("/parties/{n}/party"), "deal_party_hides");
        } else if !accounts::lookup::party_exists(tx.db(), one.party).await? {
            faults.add(format!("/parties/{n}/party"), "unknown_party");
        } else if one.role.side().is_some() && !deal.parties_of_sides().any(|(_, party)| party == one.party) {
            // Nobody brokers between others and their own: not even whoever names the party.
            for broker in &deal.brokers {
                if belongs_to_one(tx, broker.account, &[one.party]).await? {
                    faults.add(format!("/parties/{n}/party"), "deal_broker_of_side");
                    break;
                }
            }
        }
    }
    let of = |role: Role| wanted.parties.iter().filter(|p| p.role == role).map(|p| p.party).collect::<Vec<_>>();
    if of(Role::Owner) != deal.party_as(Role::Owner).into_iter().collect::<Vec<_>>() {
        faults.add("/parties", "deal_owner_stays");
    }
    if of(Role::Seeker).len() > 1 {
        faults.add("/parties", "deal_one_seeker");
    }
    let staying: Vec<(Role, PartyId)> = wanted.parties.iter().map(|one| (one.role, one.party)).collect();
    // Where the owner itself leaves that is said above.
    if faults.is_empty() && objects::are_held_by_others(tx.db(), deal, &staying).await? {
        faults.add("/parties", "deal_holder_stays");
    }
    let seeker = deal.party_as(Role::Seeker);
    if seeker.is_some() && of(Role::Seeker).first().copied() != seeker && is_bound(tx.db(), deal).await? {
        faults.add("/parties", "deal_seeker_bound");
    }
    if !deal.is_open && of(Role::Seeker).first().copied() != deal.party_as(Role::Seeker) {
        faults.add("/parties", "deal_ended");
    }
    faults.into_result().map_err(BrokeringError::Invalid)
}

/// Whether something stands between the owner and the seeker as it is, an agreement on terms or on confidentiality, or a contract; or
/// the seeker's side left anything in the deal: whoever takes its place reads all that is there.
async fn is_bound(db: &impl ConnectionTrait, deal: &Deal) -> Result<bool, StoreError> {
    const NDA: &str = "nda";
    let id = deal.id;
    Ok(offers::agreed(db, id).await?.is_some()
        || contract_of(db, id).await? != Contract::default()
        || first_between_the_sides(db, id).await?.is_some()
        || paper::Entity::find_by_id((id.0, NDA.to_owned())).one(db).await?.is_some()
        || documents::papers_of(db, id).await?.iter().any(|paper| paper == NDA)
        || traces::has_left_something(db, deal).await?)
}

/// Sets who brokers a deal, with shares that make 100 %. Statements of those who stay are kept.
///
/// # Errors
/// [`BrokeringError::Invalid`] for shares that are not whole and accounts that are no brokers; [`BrokeringError::Stale`].
pub async fn set_brokers(
    brokering: &Brokering,
    ctx: Ctx,
    id: DealId,
    seen: i64,
    wanted: BrokerShares,
) -> Result<DealReceipt, BrokeringError> {
    let actor = ctx.actor.clone();
    brokering
        .store
        .write(ctx, move |tx: Tx| {
            let (actor, wanted) = (actor.clone(), wanted.clone());
            async move {
                let grant = granted::<SetBrokers>(&tx, &actor, id, Some(seen)).await?;
                check_brokers(&tx, grant.object(), &wanted).await?;
                let version = replace_brokers(&tx, grant.object(), &wanted, actor.account()).await?;
                Ok(DealReceipt::of(grant.object(), version))
            }
        })
        .await
}

/// Whether somebody is a member of one of these parties: nobody brokers between others and their own.
pub(crate) async fn belongs_to_one(tx: &Tx, account: AccountId, parties: &[PartyId]) -> Result<bool, BrokeringError> {
    for party in parties {
        if accounts::lookup::is_confirmed_member(tx.db(), account, *party).await? {
            return Ok(true);
        }
    }
    Ok(false)
}

/// The parties of these deals whose own people broker nothing there: the sides, and the sender of the interest that a deal came
/// from, who may be anonymous and enter later.
pub(super) async fn parties_apart(db: &impl ConnectionTrait, deals: &[Deal]) -> Result<BTreeMap<DealId, BTreeSet<PartyId>>, StoreError> {
    let senders = senders(db, &deals.iter().filter_map(|deal| deal.interest).collect()).await?;
    let of = |deal: &Deal| {
        let sides = deal.parties_of_sides().map(|(_, party)| party);
        sides.chain(deal.interest.and_then(|id| senders.get(&id).copied())).collect()
    };
    Ok(deals.iter().map(|deal| (deal.id, of(deal))).collect())
}

/// Whether somebody belongs to a party whose people broker nothing in a deal.
pub(super) async fn is_apart(tx: &Tx, account: AccountId, deal: &Deal) -> Result<bool, BrokeringError> {
    let apart = parties_apart(tx.db(), std::slice::from_ref(deal)).await?.remove(&deal.id).unwrap_or_default();
    Ok(!accounts::lookup::confirmed_among(tx.db(), account, &apart).await?.is_empty())
}

async fn check_brokers(tx: &Tx, deal: &Deal, wanted: &BrokerShares) -> Result<(), BrokeringError> {
    let mut faults = Faults::new();
    if wanted.brokers.len() > BROKERS_MAX {
        let (max, count) = (BROKERS_MAX.to_string(), wanted.brokers.len().to_string());
        faults.add_with("/brokers", "too_many", &[("max", &max), ("count", &count)]);
        return Err(BrokeringError::Invalid(faults));
    }
    let known = accounts::people::staff_with(tx.db(), StaffRole::Broker).await?;
    let mut seen = BTreeSet::new();
    for (n, one) in wanted.brokers.iter().enumerate() {
        if !known.contains(&one.account) {
            faults.add(format!("/brokers/{n}/account"), "deal_no_broker");
        } else if !seen.insert(one.account) {
            faults.add(format!("/brokers/{n}/account"), "deal_broker_twice");
        } else if is_apart(tx, one.account, deal).await? {
            faults.add(format!("/brokers/{n}/account"), "deal_broker_of_side");
        }
        if one.share_bp == 0 {
            faults.add(format!("/brokers/{n}/share_bp"), "share_zero");
        }
    }
    let sum: u32 = wanted.brokers.iter().map(|b| u32::from(b.share_bp)).sum();
    if sum != WHOLE {
        let sum = format!("{}.{:02}", sum / 100, sum % 100);
        faults.add_with("/brokers", "deal_shares_not_whole", &[("sum", &sum)]);
    }
    faults.into_result().map_err(BrokeringError::Invalid)
}

/// Writes the brokers of a deal, asks nobody for a statement, and gives the deal's new version.
pub(super) async fn give_brokers(tx: &Tx, deal: &Deal, wanted: &BrokerShares) -> Result<i64, BrokeringError> {
    write_brokers(tx, deal, wanted, json!({ "brokers": wanted.brokers })).await
}

/// Writes the brokers of a deal, asks new ones for their statement, and gives the deal's new version.
pub(crate) async fn replace_brokers(tx: &Tx, deal: &Deal, wanted: &BrokerShares, by: Option<AccountId>) -> Result<i64, BrokeringError> {
    let version = give_brokers(tx, deal, wanted).await?;
    let is_new = |one: &&BrokerShare| deal.brokers.iter().all(|broker| broker.account != one.account) && Some(one.account) != by;
    for one in wanted.brokers.iter().filter(is_new) {
        ask_for_statement(tx, deal, one.account, version).await?;
    }
    Ok(version)
}

/// Takes those out of a deal who may broker it no more, since the party that enters is theirs; the shares of the others make the
/// whole again. Gives the deal as it is then. The log says why.
pub(super) async fn drop_brokers(tx: &Tx, deal: Deal, gone: &BTreeSet<AccountId>) -> Result<Deal, BrokeringError> {
    let left: Vec<BrokerShare> = deal
        .brokers
        .iter()
        .filter(|broker| !gone.contains(&broker.account))
        .map(|broker| BrokerShare { account: broker.account, share_bp: broker.share_bp })
        .collect();
    let wanted = BrokerShares { brokers: whole_again(left) };
    let facts = json!({ "brokers": wanted.brokers, "dropped": gone, "reason": "broker_of_side" });
    let version = write_brokers(tx, &deal, &wanted, facts).await?;
    let brokers = deal.brokers.iter().filter(|broker| !gone.contains(&broker.account)).cloned().zip(&wanted.brokers);
    let brokers = brokers.map(|(broker, share)| Broker { share_bp: share.share_bp, ..broker }).collect();
    Ok(Deal { brokers, version, ..deal })
}

/// Shares in the same proportions that make the whole; what is left over by rounding goes to the first.
fn whole_again(mut shares: Vec<BrokerShare>) -> Vec<BrokerShare> {
    let sum: u32 = shares.iter().map(|one| u32::from(one.share_bp)).sum();
    if sum == 0 {
        return shares;
    }
    let grown = |share: u16| u16::try_from(u32::from(share) * WHOLE / sum).unwrap_or(u16::MAX);
    shares.iter_mut().for_each(|one| one.share_bp = grown(one.share_bp));
    let given: u32 = shares.iter().map(|one| u32::from(one.share_bp)).sum();
    if let Some(first) = shares.first_mut() {
        first.share_bp = first.share_bp.saturating_add(u16::try_from(WHOLE.saturating_sub(given)).unwrap_or_default());
    }
    shares
}

async fn write_brokers(tx: &Tx, deal: &Deal, wanted: &BrokerShares, facts: serde_json::Value) -> Result<i64, BrokeringError> {
    let before: BTreeMap<AccountId, &Broker> = deal.brokers.iter().map(|b| (b.account, b)).collect();
    broker::Entity::delete_many().filter(broker::Column::DealId.eq(deal.id.0)).exec(tx.db()).await?;
    for one in &wanted.brokers {
        let stated: Option<(String, DateTime<Utc>)> = before.get(&one.account).and_then(|b| b.statement.clone());
        let (statement, stated_at) = stated.unzip();
        let row = broker::ActiveModel {
            deal_id: Set(deal.id.0),
            account_id: Set(one.account.0),
            share_bp: Set(i64::from(one.share_bp)),
            statement: Set(statement),
            stated_at: Set(stated_at),
        };
        broker::Entity::insert(row).exec_without_returning(tx.db()).await?;
    }
    let version = save(tx, deal, deal::ActiveModel::default()).await?;
    tx.emit(NewEvent::new("deal", deal.id, "deal.brokers_set", facts));
    Ok(version)
}

/// Asks a broker who is new to a deal to state their interests.
pub(super) async fn ask_for_statement(tx: &Tx, deal: &Deal, account: AccountId, version: i64) -> Result<(), BrokeringError> {
    let asked = NewNotice {
        kind: NoticeKind::ConsentAsked,
        about_kind: "deal",
        about: deal.id.0,
        facts: json!({ "what": "conflict_statement", "code": deal.code }),
        once: format!("deal_statement:{}:{version}", deal.id),
    };
    accounts::notices::tell(tx, account, &asked).await?;
    Ok(())
}

/// A broker states their own interests.
///
/// # Errors
/// [`BrokeringError::Invalid`], [`BrokeringError::Stale`]; [`base::Refused`] for whoever does not broker the deal.
pub async fn state_interests(
    brokering: &Brokering,
    ctx: Ctx,
    id: DealId,
    seen: i64,
    said: Statement,
) -> Result<DealReceipt, BrokeringError> {
    let account = ctx.actor.signed_in()?;
    let mut faults = Faults::new();
    check_text(&said.statement, "/statement", 2_000, true, &mut faults);
    faults.into_result().map_err(BrokeringError::Invalid)?;
    let actor = ctx.actor.clone();
    brokering
        .store
        .write(ctx, move |tx: Tx| {
            let (actor, said) = (actor.clone(), said.clone());
            async move {
                let grant = granted::<StateInterests>(&tx, &actor, id, Some(seen)).await?;
                let row =
                    broker::ActiveModel { statement: Set(Some(said.statement)), stated_at: Set(Some(tx.now())), ..Default::default() };
                broker::Entity::update_many()
                    .set(row)
                    .filter(broker::Column::DealId.eq(id.0))
                    .filter(broker::Column::AccountId.eq(account.0))
                    .exec(tx.db())
                    .await?;
                let version = save(&tx, grant.object(), deal::ActiveModel::default()).await?;
                tx.emit(NewEvent::new("deal", id, "deal.interests_stated", json!({ "account": account })));
                Ok(DealReceipt::of(grant.object(), version))
            }
        })
        .await
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    #[test]
    fn what_is_left_of_the_shares_makes_the_whole_in_the_same_proportions() {
        let of = |shares: &[u16]| -> Vec<u16> {
            let shares = shares.iter().map(|share_bp| BrokerShare { account: AccountId(Uuid::nil()), share_bp: *share_bp }).collect();
            whole_again(shares).into_iter().map(|one| one.share_bp).collect()
        };
        assert_eq!(of(&[2_500, 2_500]), [5_000, 5_000]);
        assert_eq!(of(&[1, 1, 1]), [3_334, 3_333, 3_333]);
        assert_eq!(of(&[1, 9_998]), [2, 9_998]);
        assert_eq!((of(&[10_000]), of(&[3]), of(&[])), (vec![10_000], vec![10_000], vec![]));
    }
}
