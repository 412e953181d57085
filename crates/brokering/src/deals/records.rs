//! What was recorded of a deal, version by version: each contract, outcome and paper as it was written, by whom, when and why.
//! Writing one anew takes nothing away: what stood before stays here for those in the deal.
//!
//! Once the deal has ended, what is recorded stands: only its brokers write it anew, and say why.

use std::collections::BTreeSet;

use base::{AccountId, Actor, Cursor, DealId, Faults, Limit, Page};
use chrono::{DateTime, Utc};
use sea_orm::{ActiveValue::Set, ColumnTrait, Condition, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect};
use serde::Serialize;
use store::{StoreError, Tx};
use utoipa::ToSchema;
use uuid::Uuid;

use super::contract::Contract;
use super::outcome::Outcome;
use super::rows::record;
use super::work::NewPaper;
use super::{Deal, after, check_text, notices, read_json, readable, write_json};
use crate::access::ReadDeal;
use crate::{Brokering, BrokeringError};

/// Characters of a reason at most.
const REASON_MAX: usize = 500;

base::words! {
    /// What was recorded.
    Recorded {
        /// The contract.
        Contract = "contract",
        /// What came of the deal.
        Outcome = "outcome",
        /// A paper.
        Paper = "paper",
    }
}

/// One version of something that was recorded; of the three bodies it has the one that it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = DealRecord)]
pub struct RecordView {
    /// Its id.
    pub id: Uuid,
    /// What it is.
    pub what: Recorded,
    /// The contract as it was then.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub contract: Option<Contract>,
    /// The outcome as it was then.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub outcome: Option<Outcome>,
    /// The paper as it was then.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub paper: Option<NewPaper>,
    /// Why it was written anew, where that was said.
    pub reason: String,
    /// Who wrote it.
    pub noted_by: Option<AccountId>,
    /// Their name.
    pub name: Option<String>,
    /// When.
    pub noted_at: DateTime<Utc>,
}

/// Whether something may be written now, `is_there` says whether it would take the place of what stands.
///
/// # Errors
/// [`BrokeringError::NotAllowed`] in a deal that ended, but for its brokers; of them [`BrokeringError::Invalid`] without a reason.
pub(super) fn must_be_writable(deal: &Deal, actor: &Actor, is_there: bool, reason: &str, to: &str) -> Result<(), BrokeringError> {
    let mut faults = Faults::new();
    check_text(reason, "/reason", REASON_MAX, false, &mut faults);
    if !deal.is_open && (is_there || !deal.is_completed()) {
        if !deal.is_brokered_by(actor) && !actor.is_system() {
            return Err(BrokeringError::NotAllowed { to: to.to_owned(), allowed: Vec::new() });
        }
        if reason.trim().is_empty() {
            faults.add("/reason", "missing");
        }
    }
    faults.into_result().map_err(BrokeringError::Invalid)
}

/// Keeps a version; where it takes the place of another, everybody else in the deal is told. The caller owns the transaction.
pub(super) async fn keep(
    tx: &Tx,
    deal: &Deal,
    actor: &Actor,
    what: Recorded,
    body: &impl Serialize,
    reason: &str,
    is_there: bool,
) -> Result<(), StoreError> {
    let id = tx.new_id();
    let row = record::ActiveModel {
        id: Set(id),
        deal_id: Set(deal.id.0),
        what: Set(what.as_str().to_owned()),
        body: Set(write_json("deal record", body)?),
        reason: Set(reason.trim().to_owned()),
        noted_by: Set(actor.account().map(|a| a.0)),
        noted_at: Set(tx.now()),
    };
    record::Entity::insert(row).exec_without_returning(tx.db()).await?;
    if is_there { notices::said(tx, deal, "record", id, actor.account()).await } else { Ok(()) }
}

/// Every version of what was recorded of a deal, the newest first; for those in it.
///
/// # Errors
/// [`BrokeringError::Refused`] for everybody else; [`BrokeringError::Cursor`] for a cursor of another list.
pub async fn records(
    brokering: &Brokering,
    actor: &Actor,
    id: DealId,
    limit: Limit,
    cursor: Option<&str>,
) -> Result<Page<RecordView>, BrokeringError> {
    use record::Column as C;
    readable::<ReadDeal>(brokering, actor, id).await?;
    let from: Option<(DateTime<Utc>, Uuid)> = after(cursor)?;
    let db = brokering.store.db();
    let all = || record::Entity::find().filter(C::DealId.eq(id.0));
    let total = all().count(db).await?;
    let mut query = all();
    if let Some((at, id)) = from {
        query = query.filter(Condition::any().add(C::NotedAt.lt(at)).add(Condition::all().add(C::NotedAt.eq(at)).add(C::Id.lt(id))));
    }
    let mut rows = query.order_by_desc(C::NotedAt).order_by_desc(C::Id).limit(limit.get() + 1).all(db).await?;
    let more = rows.len() as u64 > limit.get();
    rows.truncate(usize::try_from(limit.get()).unwrap_or(usize::MAX));
    let next = rows.last().filter(|_| more).map(|row| Cursor::write(&(row.noted_at, row.id)));
    let people: BTreeSet<AccountId> = rows.iter().filter_map(|row| row.noted_by.map(AccountId)).collect();
    let names = accounts::people::names(db, &people.into_iter().collect::<Vec<_>>()).await?;
    let view = |row: record::Model| {
        let what: Recorded = row.what.parse().map_err(|e| StoreError::corrupt("deal record", e))?;
        let noted_by = row.noted_by.map(AccountId);
        let mut view = RecordView {
            id: row.id,
            what,
            contract: None,
            outcome: None,
            paper: None,
            reason: row.reason,
            noted_by,
            name: noted_by.and_then(|account| names.get(&account).cloned()),
            noted_at: row.noted_at,
        };
        match what {
            Recorded::Contract => view.contract = Some(read_json("deal record", &row.body)?),
            Recorded::Outcome => view.outcome = Some(read_json("deal record", &row.body)?),
            Recorded::Paper => view.paper = Some(read_json("deal record", &row.body)?),
        }
        Ok(view)
    };
    let items = rows.into_iter().map(view).collect::<Result<_, BrokeringError>>()?;
    Ok(Page { items, next, total })
}
