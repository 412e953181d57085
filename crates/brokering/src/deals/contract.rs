//! What was signed, paid, sold and reached.

use std::cmp::Ordering;
use std::collections::BTreeSet;

use base::{Code, Currency, DealId, Faults, Money, Refused};
use chrono::{DateTime, Datelike as _, NaiveDate, Utc};
use sea_orm::sea_query::OnConflict;
use sea_orm::{ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder};
use serde::{Deserialize, Serialize};
use serde_json::json;
use store::{Ctx, NewEvent, StoreError};
use utoipa::ToSchema;
use uuid::Uuid;

use super::facts::Facts;
use super::records::{self, Recorded, must_be_writable};
use super::rows::{
    contract as contract_rows, deal, outcome as outcome_rows, paper as paper_rows, payment as payment_rows, report as report_rows,
};
use super::{Added, Deal, DealReceipt, check_past, check_text, in_deal, must_have_room, read_json, save, write_json};
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

/// Adds what keeps these sums from being of a contract: nothing is paid or sold under one that is not signed, nor in another currency.
fn check_sums(contract: &Contract, sums: &[(&str, &Money)], faults: &mut Faults) {
    if contract.signed_on.is_none() {
        faults.add("", "deal_no_signed_contract");
    }
    let Some(value) = &contract.value else { return };
    for (pointer, _) in sums.iter().filter(|(_, sum)| sum.currency != value.currency) {
        faults.add_with(format!("{pointer}/currency"), "deal_other_currency", &[("currency", value.currency.0.as_str())]);
    }
}

/// Under a contract with which payments or reports stand it stays signed, and in their currency.
async fn check_stays(db: &impl ConnectionTrait, id: DealId, contract: &Contract) -> Result<(), BrokeringError> {
    let mut standing: BTreeSet<Currency> = BTreeSet::new();
    let payments = payments_of(db, id).await?.into_iter().filter(|payment| payment.taken_back_at.is_none());
    standing.extend(payments.map(|payment| payment.amount.currency));
    let reports = reports_of(db, id).await?.into_iter().filter(|report| report.taken_back_at.is_none());
    standing.extend(reports.flat_map(|report| [report.sales.currency, report.royalty.currency]));
    if standing.is_empty() {
        return Ok(());
    }
    let mut faults = Faults::new();
    if contract.signed_on.is_none() {
        faults.add("/signed_on", "deal_sums_stand_signed");
    }
    if let Some(value) = &contract.value
        && let Some(other) = standing.iter().find(|currency| **currency != value.currency)
    {
        faults.add_with("/value/currency", "deal_sums_stand_currency", &[("currency", other.0.as_str())]);
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
/// [`BrokeringError::Invalid`], also where the stage the deal stands in would lack what it needs, for a day from which it cannot be
/// in force by law, and without a day of signing or in another currency than what was paid or reported under it; [`BrokeringError::Stale`]; [`BrokeringError::NotAllowed`] once the deal has ended, but for its brokers with a reason.
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
            let version = save(&tx, &deal, deal::ActiveModel::default()).await?;
            let recorded = json!({
                "signed_on": new.signed_on, "in_force_on": new.in_force_on, "registered_on": new.registered_on,
                "has_number": !new.number.is_empty(), "has_value": new.value.is_some(), "contents": new.contents,
            });
            tx.emit(NewEvent::new("deal", id, "deal.contract_recorded", recorded));
            Ok(DealReceipt::of(&deal, version))
        }
    })
    .await
}

/// A payment, due or made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewPayment {
    /// A code of `payment`: what it is.
    pub kind: Code,
    /// How much.
    pub amount: Money,
    /// By when.
    pub due_on: NaiveDate,
    /// When it was paid, if it was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub paid_on: Option<NaiveDate>,
    /// What it is for, at most 256 characters.
    #[serde(default)]
    #[schema(max_length = 256)]
    pub note: String,
}

/// A payment of a deal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct PaymentView {
    /// The payment.
    pub id: Uuid,
    /// A code of `payment`.
    pub kind: Code,
    /// How much.
    pub amount: Money,
    /// By when.
    pub due_on: NaiveDate,
    /// When it was paid.
    pub paid_on: Option<NaiveDate>,
    /// What it is for.
    pub note: String,
    /// When it was taken back: it stands no more.
    pub taken_back_at: Option<DateTime<Utc>>,
}

/// Notes a payment.
///
/// # Errors
/// [`BrokeringError::Invalid`], also without a contract that has its day of signing, and in another currency than its value.
pub async fn payment(brokering: &Brokering, ctx: Ctx, id: DealId, new: NewPayment) -> Result<Added, BrokeringError> {
    let today = brokering.store.clock().today();
    let mut faults = Faults::new();
    brokering.vocabularies.check("payment", &new.kind, today, "/kind", &mut faults);
    new.amount.check("/amount", &mut faults);
    check_text(&new.note, "/note", 256, false, &mut faults);
    check_past("/paid_on", new.paid_on, today, &mut faults);
    faults.into_result().map_err(BrokeringError::Invalid)?;
    in_deal(brokering, ctx, id, None, move |tx, deal, _actor| {
        let new = new.clone();
        async move {
            deal.must_not_be_lost("payment")?;
            let mut faults = Faults::new();
            check_sums(&contract_of(tx.db(), id).await?, &[("/amount", &new.amount)], &mut faults);
            faults.into_result().map_err(BrokeringError::Invalid)?;
            must_have_room(payment_rows::Entity::find().filter(payment_rows::Column::DealId.eq(id.0)).count(tx.db()).await?)?;
            let payment = tx.new_id();
            let row = payment_rows::ActiveModel {
                id: Set(payment),
                deal_id: Set(id.0),
                kind: Set(new.kind.0),
                minor: Set(new.amount.minor),
                currency: Set(new.amount.currency.0),
                due_on: Set(new.due_on),
                paid_on: Set(new.paid_on),
                note: Set(new.note),
                taken_back_at: Set(None),
                taken_back_by: Set(None),
            };
            payment_rows::Entity::insert(row).exec_without_returning(tx.db()).await?;
            let noted = json!({ "payment": payment, "due_on": new.due_on, "paid_on": new.paid_on });
            tx.emit(NewEvent::new("deal", id, "deal.payment_noted", noted));
            Ok(Added { id: payment })
        }
    })
    .await
}

/// Notes that a payment was made on a day.
///
/// # Errors
/// [`BrokeringError::NotAllowed`] if it was noted or taken back before, and in a deal that was lost; [`BrokeringError::Invalid`] for a day to come.
pub async fn paid(brokering: &Brokering, ctx: Ctx, id: DealId, which: Uuid, on: NaiveDate) -> Result<Added, BrokeringError> {
    let mut faults = Faults::new();
    check_past("/on", Some(on), brokering.store.clock().today(), &mut faults);
    faults.into_result().map_err(BrokeringError::Invalid)?;
    in_deal(brokering, ctx, id, None, move |tx, deal, _actor| async move {
        deal.must_not_be_lost("paid")?;
        let row = payment_rows::Entity::find_by_id(which).filter(payment_rows::Column::DealId.eq(id.0)).one(tx.db()).await?;
        let row = row.ok_or(Refused::Hidden)?;
        if row.paid_on.is_some() || row.taken_back_at.is_some() {
            return Err(BrokeringError::NotAllowed { to: "paid".to_owned(), allowed: Vec::new() });
        }
        let change = payment_rows::ActiveModel { paid_on: Set(Some(on)), ..Default::default() };
        payment_rows::Entity::update_many().set(change).filter(payment_rows::Column::Id.eq(which)).exec(tx.db()).await?;
        tx.emit(NewEvent::new("deal", id, "deal.payment_made", json!({ "payment": which, "paid_on": on })));
        Ok(Added { id: which })
    })
    .await
}

pub(crate) async fn payments_of(db: &impl ConnectionTrait, id: DealId) -> Result<Vec<PaymentView>, StoreError> {
    use payment_rows::Column as C;
    let rows = payment_rows::Entity::find().filter(C::DealId.eq(id.0)).order_by_asc(C::DueOn).order_by_asc(C::Id).all(db).await?;
    let view = |row: payment_rows::Model| PaymentView {
        id: row.id,
        kind: Code(row.kind),
        amount: Money { minor: row.minor, currency: Currency(row.currency), as_of: None },
        due_on: row.due_on,
        paid_on: row.paid_on,
        note: row.note,
        taken_back_at: row.taken_back_at,
    };
    Ok(rows.into_iter().map(view).collect())
}

/// The sales of half a year and the royalty due on them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewReport {
    /// The year.
    pub year: u16,
    /// The first half or the second: 1 or 2.
    pub half: u8,
    /// What was sold.
    pub sales: Money,
    /// The royalty due.
    pub royalty: Money,
    /// Units sold, where the royalty is by unit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub units: Option<u64>,
    /// At most 1,000 characters.
    #[serde(default)]
    #[schema(max_length = 1000)]
    pub note: String,
}

/// A half-yearly report of a deal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct ReportView {
    /// The report.
    pub id: Uuid,
    /// The year.
    pub year: u16,
    /// The first half or the second: 1 or 2.
    pub half: u8,
    /// What was sold.
    pub sales: Money,
    /// The royalty due.
    pub royalty: Money,
    /// Units sold.
    pub units: Option<u64>,
    /// What was noted with it.
    pub note: String,
    /// When it was taken back: it stands no more.
    pub taken_back_at: Option<DateTime<Utc>>,
}

/// Files the report of half a year, once as long as it is not taken back.
///
/// # Errors
/// [`BrokeringError::Invalid`], also for a half year that has been reported, is not over or was over before the contract was signed,
/// without such a contract, and in another currency than its value. A royalty may be above the sales: a least one is often agreed on.
pub async fn report(brokering: &Brokering, ctx: Ctx, id: DealId, new: NewReport) -> Result<Added, BrokeringError> {
    let today = brokering.store.clock().today();
    let mut faults = Faults::new();
    new.sales.check("/sales", &mut faults);
    new.royalty.check("/royalty", &mut faults);
    if new.royalty.currency != new.sales.currency {
        faults.add_with("/royalty/currency", "deal_other_currency", &[("currency", new.sales.currency.0.as_str())]);
    }
    check_text(&new.note, "/note", 1_000, false, &mut faults);
    if !(1..=2).contains(&new.half) {
        faults.add("/half", "out_of_range");
    }
    if !is_over(new.year, new.half, today) {
        faults.add("/year", "deal_period_not_over");
    }
    if new.year < 2000 {
        faults.add("/year", "out_of_range");
    }
    faults.into_result().map_err(BrokeringError::Invalid)?;
    in_deal(brokering, ctx, id, None, move |tx, deal, actor| {
        let new = new.clone();
        async move {
            deal.must_not_be_lost("report")?;
            let contract = contract_of(tx.db(), id).await?;
            let mut faults = Faults::new();
            check_sums(&contract, &[("/sales", &new.sales), ("/royalty", &new.royalty)], &mut faults);
            if let Some(signed) = contract.signed_on.filter(|signed| is_over(new.year, new.half, *signed)) {
                faults.add_with("/half", "deal_period_before_contract", &[("day", &signed.to_string())]);
            }
            faults.into_result().map_err(BrokeringError::Invalid)?;
            let all = || report_rows::Entity::find().filter(report_rows::Column::DealId.eq(id.0));
            must_have_room(all().count(tx.db()).await?)?;
            let same = all()
                .filter(report_rows::Column::Year.eq(i64::from(new.year)))
                .filter(report_rows::Column::Half.eq(i64::from(new.half)))
                .filter(report_rows::Column::TakenBackAt.is_null());
            if same.count(tx.db()).await? > 0 {
                let mut faults = Faults::new();
                faults.add("/half", "deal_period_reported");
                return Err(BrokeringError::Invalid(faults));
            }
            let report = tx.new_id();
            let row = report_rows::ActiveModel {
                id: Set(report),
                deal_id: Set(id.0),
                year: Set(i64::from(new.year)),
                half: Set(i64::from(new.half)),
                body: Set(write_json("report", &new)?),
                noted_by: Set(actor.account().map(|a| a.0)),
                noted_at: Set(tx.now()),
                taken_back_at: Set(None),
                taken_back_by: Set(None),
            };
            report_rows::Entity::insert(row).exec_without_returning(tx.db()).await?;
            tx.emit(NewEvent::new("deal", id, "deal.reported", json!({ "report": report, "year": new.year, "half": new.half })));
            Ok(Added { id: report })
        }
    })
    .await
}

/// Whether half a year is over: from 1 July, from 1 January of the next.
fn is_over(year: u16, half: u8, today: NaiveDate) -> bool {
    match i32::from(year).cmp(&today.year()) {
        Ordering::Less => true,
        Ordering::Equal => half == 1 && today.month() > 6,
        Ordering::Greater => false,
    }
}

pub(crate) async fn reports_of(db: &impl ConnectionTrait, id: DealId) -> Result<Vec<ReportView>, StoreError> {
    use report_rows::Column as C;
    let rows = report_rows::Entity::find().filter(C::DealId.eq(id.0)).order_by_desc(C::Year).order_by_desc(C::Half).order_by_desc(C::Id);
    let view = |row: report_rows::Model| {
        let NewReport { year, half, sales, royalty, units, note } = read_json("report", &row.body)?;
        Ok(ReportView { id: row.id, year, half, sales, royalty, units, note, taken_back_at: row.taken_back_at })
    };
    rows.all(db).await?.into_iter().map(view).collect()
}

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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn half_a_year_is_over_with_its_last_day_and_not_before() {
        let day = |text: &str| text.parse::<NaiveDate>().unwrap();
        for (year, half, last, next) in [(2026, 1, "2026-06-30", "2026-07-01"), (2026, 2, "2026-12-31", "2027-01-01")] {
            assert!(!is_over(year, half, day(last)), "{last}");
            assert!(is_over(year, half, day(next)), "{next}");
        }
        assert!(!is_over(2027, 1, day("2026-12-31")) && is_over(2025, 2, day("2026-01-01")));
    }
}
