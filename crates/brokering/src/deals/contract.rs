//! What was signed: the contract of a deal, every version of it. Never here: what is paid and sold under it (`sums`).

use std::collections::BTreeSet;

use base::{DealId, Faults, Money};
use chrono::NaiveDate;
use sea_orm::sea_query::OnConflict;
use sea_orm::{ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, PaginatorTrait, QueryFilter};
use serde::{Deserialize, Serialize};
use serde_json::json;
use store::{Ctx, NewEvent, StoreError};
use utoipa::ToSchema;

use super::facts::Facts;
use super::records::{self, Recorded, must_be_writable};
use super::rows::{contract as contract_rows, deal, paper as paper_rows};
use super::sums::check_stays;
use super::{Deal, DealReceipt, check_past, check_since, check_text, in_deal, read_json, save, write_json};
use crate::legal::transferred;
use crate::{Brokering, BrokeringError};

/// The contract of a deal, as far as it is known.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Contract {
    /// Its number, at most 64 characters.
    #[schema(max_length = 64)]
    #[serde(skip_serializing_if = "String::is_empty")]
    pub number: String,
    /// What it is worth in all.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value: Option<Money>,
    /// The day it was signed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub signed_on: Option<NaiveDate>,
    /// The day from which it is in force.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub in_force_on: Option<NaiveDate>,
    /// For how many months.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub term_months: Option<u32>,
    /// The number of its registration, at most 64 characters.
    #[schema(max_length = 64)]
    #[serde(skip_serializing_if = "String::is_empty")]
    pub registration_number: String,
    /// The day it was registered.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub registered_on: Option<NaiveDate>,
    /// What it says, as items of the legal path: `name`, `object`, `right` …
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub contents: BTreeSet<String>,
    /// Why it is written anew, at most 500 characters; asked of brokers once the deal has ended. It is kept with the version that
    /// it brought, and is not part of the contract.
    #[schema(max_length = 500)]
    #[serde(skip_serializing_if = "String::is_empty")]
    pub reason: String,
}

impl Contract {
    fn check(&self, brokering: &Brokering, today: NaiveDate) -> Faults {
        let mut faults = Faults::new();
        check_text(&self.number, "/number", 64, false, &mut faults);
        check_text(&self.registration_number, "/registration_number", 64, false, &mut faults);
        if let Some(value) = &self.value {
            value.check("/value", &mut faults);
        }
        for (pointer, day) in [("/signed_on", self.signed_on), ("/registered_on", self.registered_on)] {
            check_past(pointer, day, today, &mut faults);
        }
        check_since("/in_force_on", self.in_force_on, &mut faults);
        for (pointer, day) in [("/in_force_on", self.in_force_on), ("/registered_on", self.registered_on)] {
            if day.zip(self.signed_on).is_some_and(|(day, signed)| day < signed) {
                faults.add(pointer, "end_before_start");
            }
        }
        if self.term_months.is_some_and(|months| months == 0 || months > 1_200) {
            faults.add("/term_months", "out_of_range");
        }
        for (n, item) in self.contents.iter().enumerate() {
            if !brokering.laws.has_item(item) {
                faults.add_with(format!("/contents/{n}"), "unknown_code", &[("code", item), ("list", "legal")]);
            }
        }
        faults
    }
}

/// Of a contract that is older than any rule about what it transfers nothing can be said.
fn check_day(brokering: &Brokering, deal: &Deal, contract: &Contract) -> Result<(), BrokeringError> {
    let objects = transferred(&deal.kind, deal.objects.iter().map(|object| object.ip_kind.clone()));
    let first = brokering.laws.since(&deal.kind, &objects);
    let mut faults = Faults::new();
    if let Some(first) = first.filter(|first| contract.signed_on.is_some_and(|day| day < *first)) {
        faults.add_with("/signed_on", "deal_signed_before_laws", &[("day", &first.to_string())]);
    }
    faults.into_result().map_err(BrokeringError::Invalid)
}

/// Where the law has a contract be in force only from its registration or from a licence on, it is not before that day.
async fn check_force(db: &impl ConnectionTrait, id: DealId, facts: &Facts) -> Result<(), BrokeringError> {
    let Some(from) = facts.contract.in_force_on else { return Ok(()) };
    let mut faults = Faults::new();
    if let Some(day) = facts.contract.registered_on.filter(|day| facts.must_be_registered() && from < *day) {
        faults.add_with("/in_force_on", "deal_in_force_before_registered", &[("day", &day.to_string())]);
    }
    use paper_rows::Column as P;
    let papers = paper_rows::Entity::find().filter(P::DealId.eq(id.0)).filter(P::Kind.is_in(facts.papers_in_force()));
    if let Some(day) = papers.all(db).await?.into_iter().map(|paper| paper.dated_on).filter(|day| from < *day).max() {
        faults.add_with("/in_force_on", "deal_in_force_before_licence", &[("day", &day.to_string())]);
    }
    faults.into_result().map_err(BrokeringError::Invalid)
}

/// The contract of a deal; an empty one if nothing is known.
pub(crate) async fn contract_of(db: &impl ConnectionTrait, id: DealId) -> Result<Contract, StoreError> {
    match contract_rows::Entity::find_by_id(id.0).one(db).await? {
        Some(row) => read_json("contract", &row.body),
        None => Ok(Contract::default()),
    }
}

/// Records the contract as it is known now; every version is kept ([`super::records`]).
///
/// # Errors
/// [`BrokeringError::Invalid`], also where the stage the deal stands in would lack what it needs, for a day from which it cannot
/// be in force by law, and without a day of signing or in another currency than what was paid or reported under it;
/// [`BrokeringError::Stale`]; [`BrokeringError::NotAllowed`] once the deal has ended, but for its brokers with a reason.
pub async fn record_contract(
    brokering: &Brokering,
    ctx: Ctx,
    id: DealId,
    seen: i64,
    mut new: Contract,
) -> Result<DealReceipt, BrokeringError> {
    let reason = std::mem::take(&mut new.reason);
    new.check(brokering, brokering.store.clock().today()).into_result().map_err(BrokeringError::Invalid)?;
    let inner = brokering.clone();
    in_deal(brokering, ctx, id, Some(seen), move |tx, deal, actor| {
        let (brokering, new, reason) = (inner.clone(), new.clone(), reason.clone());
        async move {
            let is_there = contract_rows::Entity::find_by_id(id.0).count(tx.db()).await? > 0;
            must_be_writable(&deal, &actor, is_there, &reason, "contract")?;
            check_day(&brokering, &deal, &new)?;
            check_stays(tx.db(), id, &new).await?;
            let mut facts = Facts::load(&brokering, tx.db(), &deal, tx.today(), actor.lang).await?;
            facts.sign(&brokering, &deal, new.clone(), tx.today(), actor.lang)?;
            facts.must_keep(&brokering, &deal)?;
            check_force(tx.db(), id, &facts).await?;
            let row = contract_rows::ActiveModel {
                deal_id: Set(id.0),
                body: Set(write_json("contract", &new)?),
                signed_on: Set(new.signed_on),
                registered_on: Set(new.registered_on),
                value_minor: Set(new.value.as_ref().map(|v| v.minor)),
                currency: Set(new.value.as_ref().map(|v| v.currency.0.clone())),
            };
            use contract_rows::Column as C;
            let replace = OnConflict::column(C::DealId)
                .update_columns([C::Body, C::SignedOn, C::RegisteredOn, C::ValueMinor, C::Currency])
                .to_owned();
            contract_rows::Entity::insert(row).on_conflict(replace).exec_without_returning(tx.db()).await?;
            records::keep(&tx, &deal, &actor, Recorded::Contract, &new, &reason, is_there).await?;
            let mut recorded = json!({
                "signed_on": new.signed_on, "in_force_on": new.in_force_on, "registered_on": new.registered_on,
                "has_number": !new.number.is_empty(), "has_value": new.value.is_some(), "contents": new.contents,
            });
            let mut change = deal::ActiveModel::default();
            facts.move_due_day(&brokering, &deal, &mut change, &mut recorded)?;
            let version = save(&tx, &deal, change).await?;
            tx.emit(NewEvent::new("deal", id, "deal.contract_recorded", recorded));
            Ok(DealReceipt::of(&deal, version))
        }
    })
    .await
}
