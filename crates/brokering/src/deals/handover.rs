//! Handing all of a broker's work to another: the deals they broker, open or completed (what is paid, reported and set right goes on
//! after the end; what was lost stays as it was), the listings they look after and the interests they
//! act in for parties that called, also of somebody who lost the role or may no longer sign in.
//!
//! A deal in which the other belongs to a side, or to the sender of its interest, stays where it is and is named in the answer: one
//! such deal keeps nobody from handing on the rest. Interests of such a side stay too.

use std::collections::{BTreeMap, BTreeSet};

use accounts::notices::{NewNotice, NoticeKind};
use base::{AccountId, Actor, DealId, Faults, InterestId, ListingId, Refused, StaffRole};
use sea_orm::sea_query::{Expr, ExprTrait, Query};
use sea_orm::{ColumnTrait, Condition, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect, Select};
use serde::{Deserialize, Serialize};
use serde_json::json;
use store::{Ctx, StoreError, Tx};
use utoipa::ToSchema;
use uuid::Uuid;

use super::list::of_broker;
use super::people::{give_brokers, parties_apart};
use super::rows::{broker, deal};
use super::{BrokerShare, BrokerShares, Deal, load_many, load_many_to_change};
use crate::access::{brokers_deals, manages_deals};
use crate::interests::handover as interests;
use crate::{Brokering, BrokeringError};

/// Deals handed over in one transaction.
const BATCH: u64 = 50;

/// From whom to whom.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Handover {
    /// Whose work; they need be no broker any more.
    pub from: AccountId,
    /// Who does it from now on.
    pub to: AccountId,
}

/// A deal by its name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = HandoverDeal)]
pub struct Named {
    /// The deal.
    pub id: DealId,
    /// Its readable code.
    pub code: String,
    /// What it is about.
    pub title: String,
}

/// What was handed over. Kept as the answer to a repeated request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct HandoverReceipt {
    /// How many open deals.
    pub deals: u64,
    /// How many completed deals.
    pub completed: u64,
    /// How many listings.
    pub listings: u64,
    /// How many interests that were taken down for parties that called.
    pub interests: u64,
    /// The deals that stay, since the new broker belongs to one of their sides.
    pub left: Vec<Named>,
    /// How many interests stay for the same reason.
    pub interests_left: u64,
}

/// How much work somebody has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Work {
    /// Open deals they broker.
    pub deals: u64,
    /// Completed deals they broker.
    pub completed: u64,
    /// Listings they look after.
    pub listings: u64,
    /// Interests they act in for parties that called, as long as something may be done there.
    pub interests: u64,
}

/// What would be handed over.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, ToSchema)]
pub struct HandoverPlan {
    /// The open deals that go to the other.
    pub deals: Vec<Named>,
    /// The completed deals that go to the other.
    pub completed: Vec<Named>,
    /// The deals that stay, open or completed.
    pub left: Vec<Named>,
    /// The listings.
    pub listings: Vec<ListingId>,
    /// The interests that go to the other.
    pub interests: Vec<InterestId>,
    /// The interests that stay.
    pub interests_left: Vec<InterestId>,
}

fn named(deal: &Deal) -> Named {
    Named { id: deal.id, code: deal.code.clone(), title: deal.title.clone() }
}

/// Administrators hand over anybody's work, brokers their own.
fn may(actor: &Actor, from: AccountId) -> Result<(), Refused> {
    if !actor.is_system() {
        actor.signed_in()?;
    }
    if manages_deals(actor) || (brokers_deals(actor) && actor.account() == Some(from)) {
        Ok(())
    } else {
        Err(Refused::Forbidden { action: "deal.hand_over" })
    }
}

/// The deals that somebody brokers and that did not come to nothing, the oldest first.
fn deals_of(account: AccountId) -> Select<deal::Entity> {
    deal::Entity::find()
        .select_only()
        .column(deal::Column::Id)
        .filter(deal::Column::LostReason.is_null())
        .filter(deal::Column::Id.in_subquery(of_broker(account)))
        .order_by_asc(deal::Column::Id)
}

async fn ids(db: &impl ConnectionTrait, deals: Select<deal::Entity>) -> Result<Vec<DealId>, StoreError> {
    let rows: Vec<Uuid> = deals.into_tuple().all(db).await?;
    Ok(rows.into_iter().map(DealId).collect())
}

/// Those of these deals that somebody does not broker, since a party there is theirs: a side, or who may become one.
async fn staying(db: &impl ConnectionTrait, account: AccountId, deals: &[Deal]) -> Result<BTreeSet<DealId>, StoreError> {
    let apart = parties_apart(db, deals).await?;
    let own = accounts::lookup::confirmed_among(db, account, &apart.values().flatten().copied().collect()).await?;
    Ok(apart.into_iter().filter(|(_, parties)| !parties.is_disjoint(&own)).map(|(deal, _)| deal).collect())
}

/// How many deals each broker has that are open, or that were completed.
async fn counted(db: &impl ConnectionTrait, is_open: bool) -> Result<Vec<(AccountId, u64)>, StoreError> {
    let those = Query::select()
        .column(deal::Column::Id)
        .from(deal::Entity)
        .and_where(Expr::col(deal::Column::IsOpen).eq(is_open))
        .and_where(Expr::col(deal::Column::LostReason).is_null())
        .to_owned();
    let rows: Vec<(Uuid, i64)> = broker::Entity::find()
        .select_only()
        .column(broker::Column::AccountId)
        .column_as(broker::Column::DealId.count(), "deals")
        .filter(broker::Column::DealId.in_subquery(those))
        .group_by(broker::Column::AccountId)
        .into_tuple()
        .all(db)
        .await?;
    Ok(rows.into_iter().map(|(account, count)| (AccountId(account), u64::try_from(count).unwrap_or_default())).collect())
}

/// Everybody who has work, be they brokers still or not; for brokers only themselves.
///
/// # Errors
/// [`BrokeringError::Refused`] for whoever neither manages nor brokers deals.
pub async fn workloads(brokering: &Brokering, actor: &Actor) -> Result<BTreeMap<AccountId, Work>, BrokeringError> {
    if let Some(own) = actor.account().filter(|_| !manages_deals(actor)) {
        may(actor, own)?;
    } else if !manages_deals(actor) {
        return Err(Refused::Forbidden { action: "deal.hand_over" }.into());
    }
    let db = brokering.store.db();
    let mut all: BTreeMap<AccountId, Work> = BTreeMap::new();
    for (account, count) in counted(db, true).await? {
        all.entry(account).or_default().deals = count;
    }
    for (account, count) in counted(db, false).await? {
        all.entry(account).or_default().completed = count;
    }
    for (account, count) in listings::handover::keepers(db).await? {
        all.entry(account).or_default().listings = count;
    }
    for (account, count) in interests::keepers(db).await? {
        all.entry(account).or_default().interests = count;
    }
    if !manages_deals(actor) {
        all.retain(|account, _| Some(*account) == actor.account());
    }
    Ok(all)
}

/// What a handover would move and what it would leave, as things stand.
///
/// # Errors
/// As [`hand_over`].
pub async fn plan_handover(brokering: &Brokering, actor: &Actor, wanted: &Handover) -> Result<HandoverPlan, BrokeringError> {
    may(actor, wanted.from)?;
    let db = brokering.store.db();
    check(db, wanted).await?;
    let mut deals = load_many(db, &ids(db, deals_of(wanted.from)).await?).await?;
    deals.sort_by_key(|deal| deal.id);
    let stay = staying(db, wanted.to, &deals).await?;
    let (left, go): (Vec<&Deal>, Vec<&Deal>) = deals.iter().partition(|deal| stay.contains(&deal.id));
    let (open, completed): (Vec<&Deal>, Vec<&Deal>) = go.into_iter().partition(|deal| deal.is_open);
    let moving = interests::moving(db, wanted.from, wanted.to).await?;
    Ok(HandoverPlan {
        deals: open.into_iter().map(named).collect(),
        completed: completed.into_iter().map(named).collect(),
        left: left.into_iter().map(named).collect(),
        listings: listings::handover::looked_after_by(db, wanted.from).await?,
        interests: moving.go,
        interests_left: moving.stay,
    })
}

async fn check(db: &impl ConnectionTrait, wanted: &Handover) -> Result<(), BrokeringError> {
    let mut faults = Faults::new();
    if !accounts::lookup::has_staff_role(db, wanted.to, StaffRole::Broker).await? {
        faults.add("/to", "deal_no_broker");
    } else if wanted.to == wanted.from {
        faults.add("/to", "deal_broker_twice");
    }
    faults.into_result().map_err(BrokeringError::Invalid)
}

/// Hands all work of a broker to another, who takes over the shares of deals and has yet to state their interests. By
/// administrators, and by the broker for their own. Deals go some at a time, so that others write in between; where it ends half-way,
/// handing over again takes the rest.
///
/// # Errors
/// [`BrokeringError::Refused`], [`BrokeringError::Invalid`] for somebody who is no broker.
pub async fn hand_over(brokering: &Brokering, ctx: Ctx, wanted: Handover) -> Result<HandoverReceipt, BrokeringError> {
    may(&ctx.actor, wanted.from)?;
    if !ctx.actor.has_scope(base::Scope::Write) {
        return Err(Refused::Forbidden { action: "deal.hand_over" }.into());
    }
    if let Some(answer) = brokering.store.answered(&ctx).await? {
        return Ok(answer);
    }
    let by = ctx.actor.account();
    let mut all = Part::default();
    loop {
        let (wanted, after, is_told) = (wanted.clone(), all.last, all.is_told);
        let some = move |tx: Tx| {
            let wanted = wanted.clone();
            async move { hand_over_some(&tx, &wanted, by, after, is_told).await }
        };
        let part = brokering.store.write(Ctx::of(ctx.actor.clone()), some).await?;
        if part.last.is_none() {
            break;
        }
        all.last = part.last;
        all.is_told = part.is_told;
        all.deals += part.deals;
        all.completed += part.completed;
        all.left.extend(part.left);
    }
    brokering
        .store
        .write(ctx, move |tx: Tx| {
            let (wanted, all) = (wanted.clone(), all.clone());
            async move {
                check(tx.db(), &wanted).await?;
                let listings = listings::handover::hand_over(&tx, wanted.from, wanted.to).await?;
                let moved = interests::hand_over(&tx, wanted.from, wanted.to).await?;
                Ok(HandoverReceipt {
                    deals: all.deals,
                    completed: all.completed,
                    listings,
                    interests: moved.go.len() as u64,
                    left: all.left,
                    interests_left: moved.stay.len() as u64,
                })
            }
        })
        .await
}

/// What was done of a handover so far.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
struct Part {
    /// How many open deals went.
    deals: u64,
    /// How many completed ones.
    completed: u64,
    /// Those that stay.
    left: Vec<Named>,
    /// The last that was looked at; none where there was none any more.
    last: Option<DealId>,
    /// Whether the other was told: once for all of them.
    is_told: bool,
}

/// Hands over some deals, from a place on.
async fn hand_over_some(
    tx: &Tx,
    wanted: &Handover,
    by: Option<AccountId>,
    after: Option<DealId>,
    is_told: bool,
) -> Result<Part, BrokeringError> {
    check(tx.db(), wanted).await?;
    let behind = after.map_or_else(Condition::all, |after| Condition::all().add(deal::Column::Id.gt(after.0)));
    let ids = ids(tx.db(), deals_of(wanted.from).filter(behind).limit(BATCH)).await?;
    let mut part = Part { last: ids.last().copied(), is_told, ..Part::default() };
    let mut deals = load_many_to_change(tx, &ids).await?;
    deals.sort_by_key(|deal| deal.id);
    let stay = staying(tx.db(), wanted.to, &deals).await?;
    for deal in &deals {
        // Before it was locked somebody may have given it up or to another.
        if deal.lost_reason.is_some() || deal.brokers.iter().all(|broker| broker.account != wanted.from) {
            continue;
        }
        if stay.contains(&deal.id) {
            part.left.push(named(deal));
            continue;
        }
        give_brokers(tx, deal, &shares(deal, wanted)).await?;
        *(if deal.is_open { &mut part.deals } else { &mut part.completed }) += 1;
        // A completed deal asks nobody for a statement any more, and is not on the board that the notice leads to.
        let is_new = deal.is_open && deal.brokers.iter().all(|broker| broker.account != wanted.to);
        if is_new && !part.is_told && Some(wanted.to) != by {
            ask_for_statements(tx, wanted.to).await?;
            part.is_told = true;
        }
    }
    Ok(part)
}

/// Asks a broker to state their interests in all the deals that are theirs from now on.
async fn ask_for_statements(tx: &Tx, account: AccountId) -> Result<(), StoreError> {
    let asked = NewNotice {
        kind: NoticeKind::ConsentAsked,
        about_kind: "handover",
        about: account.0,
        facts: json!({ "what": "conflict_statement" }),
        once: format!("deal_statements:{}", tx.new_id()),
    };
    accounts::notices::tell(tx, account, &asked).await?;
    Ok(())
}

/// The shares of a deal with one broker in the place of another; who brokers it already has both shares then.
fn shares(deal: &Deal, wanted: &Handover) -> BrokerShares {
    let mut shares: Vec<BrokerShare> = Vec::new();
    for one in &deal.brokers {
        let account = if one.account == wanted.from { wanted.to } else { one.account };
        match shares.iter_mut().find(|s| s.account == account) {
            Some(there) => there.share_bp = there.share_bp.saturating_add(one.share_bp),
            None => shares.push(BrokerShare { account, share_bp: one.share_bp }),
        }
    }
    BrokerShares { brokers: shares }
}
