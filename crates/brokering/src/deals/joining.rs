//! Who comes to a deal after it was opened: a broker who takes one that has none, and a sender who lets themselves be
//! known.

use std::collections::BTreeSet;

use base::{Actor, DealId, Faults, Grant, Refused};
use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter};
use serde_json::json;
use store::{Ctx, NewEvent, Tx};

use super::people::{belongs_to_one, drop_brokers, is_apart, replace_brokers};
use super::rows::{broker, deal, party};
use super::{BrokerShare, BrokerShares, DealParty, DealReceipt, Role, Statement, check_text, load_to_change, notices, save};
use crate::access::{TakeDeal, Unbrokered};
use crate::interests::Interest;
use crate::{Brokering, BrokeringError};

/// A broker takes an open deal that nobody brokers, stating their interests with it.
///
/// # Errors
/// [`Refused`] hidden for whoever brokers no deals, and for a deal that has a broker or ended;
/// [`BrokeringError::Invalid`] without a statement, and for somebody who belongs to a side; [`BrokeringError::Stale`].
pub async fn take(brokering: &Brokering, ctx: Ctx, id: DealId, seen: i64, said: Statement) -> Result<DealReceipt, BrokeringError> {
    if !ctx.actor.is_system() {
        ctx.actor.signed_in()?;
    }
    let actor = ctx.actor.clone();
    brokering
        .store
        .write(ctx, move |tx| {
            let (actor, said) = (actor.clone(), said.clone());
            async move { take_in(&tx, &actor, id, seen, said).await }
        })
        .await
}

async fn take_in(tx: &Tx, actor: &Actor, id: DealId, seen: i64, said: Statement) -> Result<DealReceipt, BrokeringError> {
    let deal = load_to_change(tx, id).await?.ok_or(Refused::Hidden)?;
    let deal = Grant::<TakeDeal>::check(actor, Unbrokered(deal))?.into_object().0;
    let account = actor.signed_in()?;
    if deal.version != seen {
        return Err(BrokeringError::Stale { current: deal.version });
    }
    let mut faults = Faults::new();
    check_text(said.statement.trim(), "/statement", 2_000, true, &mut faults);
    if is_apart(tx, account, &deal).await? {
        faults.add("/statement", "deal_broker_of_side");
    }
    faults.into_result().map_err(BrokeringError::Invalid)?;
    let whole = BrokerShares { brokers: vec![BrokerShare { account, share_bp: 10_000 }] };
    let version = replace_brokers(tx, &deal, &whole, Some(account)).await?;
    let stated = broker::ActiveModel {
        statement: Set(Some(said.statement.trim().to_owned())),
        stated_at: Set(Some(tx.now())),
        ..Default::default()
    };
    broker::Entity::update_many()
        .set(stated)
        .filter(broker::Column::DealId.eq(id.0))
        .filter(broker::Column::AccountId.eq(account.0))
        .exec(tx.db())
        .await?;
    tx.emit(NewEvent::new("deal", id, "deal.interests_stated", json!({ "account": account })));
    Ok(DealReceipt::of(&deal, version))
}

/// The sender of an interest is known from now on: they enter the deal that was opened from it without them. A broker of the deal
/// who belongs to them brokers it no more: nobody is kept from saying who they are. The caller owns the transaction.
///
/// # Errors
/// If the database fails.
pub(crate) async fn reveal(tx: &Tx, interest: &Interest, by: &Actor) -> Result<(), BrokeringError> {
    let waiting = deal::Entity::find()
        .filter(deal::Column::InterestId.eq(interest.id.0))
        .filter(deal::Column::IsOpen.eq(true))
        .filter(deal::Column::SeekerPartyId.is_null())
        .one(tx.db())
        .await?;
    let Some(row) = waiting else { return Ok(()) };
    let Some(mut deal) = load_to_change(tx, DealId(row.id)).await? else { return Ok(()) };
    let mut own = BTreeSet::new();
    for broker in &deal.brokers {
        if belongs_to_one(tx, broker.account, &[interest.seeker]).await? {
            own.insert(broker.account);
        }
    }
    if !own.is_empty() {
        deal = drop_brokers(tx, deal, &own).await?;
    }
    // Whoever is in it already in a lesser part takes the seeker's.
    deal.parties.retain(|(_, party)| *party != interest.seeker);
    deal.parties.push((Role::Seeker, interest.seeker));
    let lesser = party::Entity::delete_many().filter(party::Column::DealId.eq(deal.id.0));
    lesser.filter(party::Column::PartyId.eq(interest.seeker.0)).exec(tx.db()).await?;
    let entry =
        party::ActiveModel { deal_id: Set(deal.id.0), party_id: Set(interest.seeker.0), role: Set(Role::Seeker.as_str().to_owned()) };
    party::Entity::insert(entry).exec_without_returning(tx.db()).await?;
    let change = deal::ActiveModel { seeker_party_id: Set(Some(interest.seeker.0)), ..Default::default() };
    let version = save(tx, &deal, change).await?;
    let parties: Vec<DealParty> = deal.parties.iter().map(|(role, party)| DealParty { party: *party, role: *role }).collect();
    tx.emit(NewEvent::new("deal", deal.id, "deal.parties_set", json!({ "parties": parties })));
    notices::moved(tx, &deal, &deal.stage, version, by.account()).await?;
    Ok(())
}
