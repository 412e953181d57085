//! Handing all of a broker's open deals to another.

use base::{AccountId, Faults, Refused, StaffRole};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder};
use serde::{Deserialize, Serialize};
use store::{Ctx, Tx};
use utoipa::ToSchema;

use super::list::of_broker;
use super::people::{belongs_to_one, replace_brokers};
use super::rows::deal;
use super::{BrokerShare, BrokerShares, load_to_change};
use crate::access::{brokers_deals, manages_deals};
use crate::{Brokering, BrokeringError};

/// From whom to whom.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Handover {
    /// Whose deals.
    pub from: AccountId,
    /// Who brokers them from now on.
    pub to: AccountId,
}

/// What was handed over. Kept as the answer to a repeated request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct HandoverReceipt {
    /// How many deals.
    pub deals: u64,
}

/// Hands all open deals of a broker to another, who takes over the shares and has yet to state their interests. By
/// administrators, and by the broker for their own.
///
/// # Errors
/// [`BrokeringError::Refused`], [`BrokeringError::Invalid`] for somebody who is no broker.
pub async fn hand_over(brokering: &Brokering, ctx: Ctx, wanted: Handover) -> Result<HandoverReceipt, BrokeringError> {
    if !ctx.actor.is_system() {
        ctx.actor.signed_in()?;
    }
    let own = brokers_deals(&ctx.actor) && ctx.actor.account() == Some(wanted.from);
    if !ctx.actor.has_scope(base::Scope::Write) || !(own || manages_deals(&ctx.actor)) {
        return Err(Refused::Forbidden { action: "deal.hand_over" }.into());
    }
    let by = ctx.actor.account();
    brokering
        .store
        .write(ctx, move |tx: Tx| {
            let wanted = wanted.clone();
            async move {
                let mut faults = Faults::new();
                if !accounts::lookup::has_staff_role(tx.db(), wanted.to, StaffRole::Broker).await? {
                    faults.add("/to", "deal_no_broker");
                } else if wanted.to == wanted.from {
                    faults.add("/to", "deal_broker_twice");
                }
                faults.into_result().map_err(BrokeringError::Invalid)?;
                let rows = deal::Entity::find()
                    .filter(deal::Column::IsOpen.eq(true))
                    .filter(deal::Column::Id.in_subquery(of_broker(wanted.from)))
                    .order_by_asc(deal::Column::Id)
                    .all(tx.db())
                    .await?;
                let mut count = 0;
                for row in rows {
                    let Some(deal) = load_to_change(&tx, base::DealId(row.id)).await? else { continue };
                    let sides: Vec<base::PartyId> = deal.parties_of_sides().map(|(_, party)| party).collect();
                    if belongs_to_one(&tx, wanted.to, &sides).await? {
                        let mut faults = Faults::new();
                        faults.add("/to", "deal_broker_of_side");
                        return Err(BrokeringError::Invalid(faults));
                    }
                    let mut shares: Vec<BrokerShare> = Vec::new();
                    for one in &deal.brokers {
                        let account = if one.account == wanted.from { wanted.to } else { one.account };
                        match shares.iter_mut().find(|s| s.account == account) {
                            Some(there) => there.share_bp = there.share_bp.saturating_add(one.share_bp),
                            None => shares.push(BrokerShare { account, share_bp: one.share_bp }),
                        }
                    }
                    replace_brokers(&tx, &deal, &BrokerShares { brokers: shares }, by).await?;
                    count += 1;
                }
                Ok(HandoverReceipt { deals: count })
            }
        })
        .await
}
