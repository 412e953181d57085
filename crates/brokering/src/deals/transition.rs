//! Moving a deal along its pipeline.

use base::{Code, DealId, Faults};
use sea_orm::ActiveValue::{NotSet, Set};
use serde::{Deserialize, Serialize};
use serde_json::json;
use store::{Ctx, NewEvent, Tx};
use utoipa::ToSchema;

use super::facts::Facts;
use super::rows::deal;
use super::{DealReceipt, NEVER, granted, notices, save};
use crate::access::MoveDeal;
use crate::pipelines::{Ending, Stage, step};
use crate::{Brokering, BrokeringError};

/// Where a deal is to go.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Transition {
    /// The stage.
    pub to: String,
    /// Why it was lost, a code of `lost_reasons`; with a stage in which a deal ends lost.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<Code>,
}

/// Moves a deal to another stage.
///
/// # Errors
/// [`BrokeringError::NotAllowed`] names the stages there are for this actor; [`BrokeringError::Invalid`] lists all that the
/// stage demands and does not find; [`BrokeringError::Stale`].
pub async fn transition(brokering: &Brokering, ctx: Ctx, id: DealId, seen: i64, wanted: Transition) -> Result<DealReceipt, BrokeringError> {
    let (inner, actor) = (brokering.clone(), ctx.actor.clone());
    brokering
        .store
        .write(ctx, move |tx: Tx| {
            let (brokering, actor, wanted) = (inner.clone(), actor.clone(), wanted.clone());
            async move {
                let grant = granted::<MoveDeal>(&tx, &actor, id, Some(seen)).await?;
                let deal = grant.object();
                let pipeline = brokering.pipeline(deal)?;
                let today = tx.today();
                let facts =
                    Facts { lost_reason: wanted.reason.clone(), ..Facts::load(&brokering, tx.db(), deal, today, actor.lang).await? };
                let stage =
                    step(pipeline, &deal.stage, &wanted.to, &deal.parts_of(&actor), |demand, faults| facts.missing(demand, faults))?;
                let is_lost = stage.ends == Some(Ending::Lost);
                check_reason(&brokering, wanted.reason.as_ref(), is_lost, today)?;
                let due_on = facts.due_on(stage, tx.now());
                let is_signed = stage.has_contract() && !pipeline.stage(&deal.stage).is_some_and(Stage::has_contract);
                let change = deal::ActiveModel {
                    // It stays, whatever becomes of the deal.
                    signed_at: if is_signed { Set(Some(tx.now())) } else { NotSet },
                    stage: Set(stage.code.clone()),
                    is_open: Set(stage.ends.is_none()),
                    lost_reason: Set(wanted.reason.as_ref().filter(|_| is_lost).map(|code| code.0.clone())),
                    stage_since: Set(tx.now()),
                    due_on: Set(due_on.unwrap_or(NEVER)),
                    ..Default::default()
                };
                let version = save(&tx, deal, change).await?;
                let moved = json!({
                    "from": deal.stage, "to": stage.code, "ends": stage.ends, "reason": wanted.reason, "due_on": due_on,
                    "is_signed": is_signed,
                });
                tx.emit(NewEvent::new("deal", id, "deal.moved", moved));
                notices::moved(&tx, deal, &stage.code, version, actor.account()).await?;
                Ok(DealReceipt { stage: stage.code.clone(), ..DealReceipt::of(deal, version) })
            }
        })
        .await
}

fn check_reason(brokering: &Brokering, reason: Option<&Code>, is_lost: bool, today: chrono::NaiveDate) -> Result<(), BrokeringError> {
    let mut faults = Faults::new();
    match reason {
        Some(_) if !is_lost => faults.add("/reason", "deal_reason_without_loss"),
        Some(code) => brokering.vocabularies.check("lost_reasons", code, today, "/reason", &mut faults),
        None => {}
    }
    faults.into_result().map_err(BrokeringError::Invalid)
}
