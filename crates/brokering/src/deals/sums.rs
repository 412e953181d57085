//! What is paid, sold and reported under the contract of a deal: payments, and the half-yearly reports of sales and royalties. Never
//! here: whether the contract is signed and in force (`contract`).

use std::cmp::Ordering;
use std::collections::BTreeSet;

use base::{Code, Currency, DealId, Faults, Money, Refused};
use chrono::{DateTime, Datelike as _, NaiveDate, Utc};
use sea_orm::{ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder};
use serde::{Deserialize, Serialize};
use serde_json::json;
use store::{Ctx, NewEvent, StoreError};
use utoipa::ToSchema;
use uuid::Uuid;

use super::contract::{Contract, contract_of};
use super::rows::{payment as payment_rows, report as report_rows};
use super::{Added, FIRST_DAY, check_paid, check_past, check_since, check_text, in_deal, must_have_room, read_json, write_json};
use crate::{Brokering, BrokeringError};

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
pub(super) async fn check_stays(db: &impl ConnectionTrait, id: DealId, contract: &Contract) -> Result<(), BrokeringError> {
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
/// [`BrokeringError::Invalid`], also without a contract that has its day of signing, in another currency than its value, and for a day
/// long before it.
pub async fn payment(brokering: &Brokering, ctx: Ctx, id: DealId, new: NewPayment) -> Result<Added, BrokeringError> {
    let today = brokering.store.clock().today();
    let mut faults = Faults::new();
    brokering.vocabularies.check("payment", &new.kind, today, "/kind", &mut faults);
    new.amount.check("/amount", &mut faults);
    check_text(&new.note, "/note", 256, false, &mut faults);
    check_past("/paid_on", new.paid_on, today, &mut faults);
    check_since("/due_on", Some(new.due_on), &mut faults);
    faults.into_result().map_err(BrokeringError::Invalid)?;
    in_deal(brokering, ctx, id, None, move |tx, deal, _actor| {
        let new = new.clone();
        async move {
            deal.must_not_be_lost("payment")?;
            let mut faults = Faults::new();
            let contract = contract_of(tx.db(), id).await?;
            check_sums(&contract, &[("/amount", &new.amount)], &mut faults);
            check_paid("/paid_on", new.paid_on, contract.signed_on, &mut faults);
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
/// [`BrokeringError::NotAllowed`] if it was noted or taken back before, and in a deal that was lost; [`BrokeringError::Invalid`]
/// for a day to come, and for one long before the contract.
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
        let mut faults = Faults::new();
        check_paid("/on", Some(on), contract_of(tx.db(), id).await?.signed_on, &mut faults);
        faults.into_result().map_err(BrokeringError::Invalid)?;
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
    if i32::from(new.year) < FIRST_DAY.year() {
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
