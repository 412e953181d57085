//! What came of a deal: jobs, revenue, area and savings, as its sides say.

use base::{DealId, Faults, Money};
use sea_orm::sea_query::OnConflict;
use sea_orm::{ActiveValue::Set, ConnectionTrait, EntityTrait, PaginatorTrait};
use serde::{Deserialize, Serialize};
use serde_json::json;
use store::{Ctx, NewEvent, StoreError};
use utoipa::ToSchema;

use super::records::{self, Recorded, must_be_writable};
use super::rows::{deal, outcome as outcome_rows};
use super::{DealReceipt, check_text, in_deal, read_json, save, write_json};
use crate::{Brokering, BrokeringError};

/// What came of a deal.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Outcome {
    /// Jobs made.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub jobs: Option<u32>,
    /// Revenue it brings in a year.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub revenue: Option<Money>,
    /// Land it is used on, in square metres.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub area_m2: Option<u64>,
    /// What it saves in a year.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub savings: Option<Money>,
    /// At most 2,000 characters.
    #[schema(max_length = 2000)]
    #[serde(skip_serializing_if = "String::is_empty")]
    pub note: String,
    /// Why it is written anew, at most 500 characters; asked of brokers once the deal has ended. It is kept with the version that
    /// it brought.
    #[schema(max_length = 500)]
    #[serde(skip_serializing_if = "String::is_empty")]
    pub reason: String,
}

/// Records what came of a deal; every version is kept ([`super::records`]).
///
/// # Errors
/// [`BrokeringError::Invalid`], [`BrokeringError::Stale`]; [`BrokeringError::NotAllowed`] for what would take the place of an
/// outcome once the deal has ended, but for its brokers with a reason.
pub async fn outcome(brokering: &Brokering, ctx: Ctx, id: DealId, seen: i64, mut new: Outcome) -> Result<DealReceipt, BrokeringError> {
    let reason = std::mem::take(&mut new.reason);
    let mut faults = Faults::new();
    for (pointer, money) in [("/revenue", &new.revenue), ("/savings", &new.savings)] {
        if let Some(money) = money {
            money.check(pointer, &mut faults);
        }
    }
    check_text(&new.note, "/note", 2_000, false, &mut faults);
    if new == Outcome::default() {
        faults.add("", "deal_empty_outcome");
    }
    faults.into_result().map_err(BrokeringError::Invalid)?;
    in_deal(brokering, ctx, id, Some(seen), move |tx, deal, actor| {
        let (new, reason) = (new.clone(), reason.clone());
        async move {
            let is_there = outcome_rows::Entity::find_by_id(id.0).count(tx.db()).await? > 0;
            must_be_writable(&deal, &actor, is_there, &reason, "outcome")?;
            let row = outcome_rows::ActiveModel { deal_id: Set(id.0), body: Set(write_json("outcome", &new)?), noted_at: Set(tx.now()) };
            use outcome_rows::Column as C;
            let replace = OnConflict::column(C::DealId).update_columns([C::Body, C::NotedAt]).to_owned();
            outcome_rows::Entity::insert(row).on_conflict(replace).exec_without_returning(tx.db()).await?;
            records::keep(&tx, &deal, &actor, Recorded::Outcome, &new, &reason, is_there).await?;
            let version = save(&tx, &deal, deal::ActiveModel::default()).await?;
            tx.emit(NewEvent::new("deal", id, "deal.outcome_recorded", json!({})));
            Ok(DealReceipt::of(&deal, version))
        }
    })
    .await
}

pub(crate) async fn outcome_of(db: &impl ConnectionTrait, id: DealId) -> Result<Option<Outcome>, StoreError> {
    outcome_rows::Entity::find_by_id(id.0).one(db).await?.map(|row| read_json("outcome", &row.body)).transpose()
}
