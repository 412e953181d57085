//! What administrators did to somebody's account by way of help, and why.
//!
//! The log holds that it was done; the reason, which may speak of people, stands here. The person reads it in the letter,
//! administrators on the page of accounts.

use base::{AccountId, Actor, Faults, Grant};
use chrono::{DateTime, Utc};
use sea_orm::{ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder};
use store::{StoreError, Tx};
use uuid::Uuid;

use crate::access::{ManageAccounts, Space};
use crate::rows::account_act;
use crate::{Accounts, Error};

/// Characters of a reason at least.
const REASON_MIN: usize = 10;
/// Characters of a reason at most.
const REASON_MAX: usize = 500;

/// Something that was done to an account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Act {
    /// To whose.
    pub account: AccountId,
    /// What: `second_factor_removed`.
    pub what: String,
    /// Why.
    pub reason: String,
    /// By whom; none for the space itself.
    pub by: Option<AccountId>,
    /// When.
    pub at: DateTime<Utc>,
}

/// The reason cleaned, or what is wrong with it.
pub(crate) fn checked_reason(reason: &str) -> Result<String, Error> {
    let reason = base::text::clean(reason);
    let length = reason.chars().count();
    let mut faults = Faults::new();
    if length < REASON_MIN {
        faults.add_with("/reason", "act_reason_short", &[("min", &REASON_MIN.to_string())]);
    } else if length > REASON_MAX {
        faults.add_with("/reason", "too_long", &[("max", &REASON_MAX.to_string()), ("length", &length.to_string())]);
    }
    faults.into_result()?;
    Ok(reason)
}

pub(crate) async fn note(tx: &Tx, account: AccountId, what: &str, reason: &str, by: Option<AccountId>) -> Result<Uuid, StoreError> {
    let id = tx.new_id();
    let row = account_act::ActiveModel {
        id: Set(id),
        account_id: Set(account.0),
        what: Set(what.to_owned()),
        reason: Set(reason.to_owned()),
        by_id: Set(by.map(|a| a.0)),
        at: Set(tx.now()),
    };
    account_act::Entity::insert(row).exec_without_returning(tx.db()).await?;
    Ok(id)
}

pub(crate) async fn reason_of(db: &impl ConnectionTrait, id: Uuid) -> Result<Option<String>, StoreError> {
    Ok(account_act::Entity::find_by_id(id).one(db).await?.map(|row| row.reason))
}

/// What was done to these accounts, the newest first; for administrators.
///
/// # Errors
/// [`base::Refused::Forbidden`] for others.
pub async fn of(accounts: &Accounts, actor: &Actor, ids: &[AccountId]) -> Result<Vec<Act>, Error> {
    Grant::<ManageAccounts>::check(actor, Space)?;
    let rows = account_act::Entity::find()
        .filter(account_act::Column::AccountId.is_in(ids.iter().map(|id| id.0)))
        .order_by_desc(account_act::Column::At)
        .order_by_desc(account_act::Column::Id)
        .all(accounts.store.db())
        .await?;
    let act = |row: account_act::Model| Act {
        account: AccountId(row.account_id),
        what: row.what,
        reason: row.reason,
        by: row.by_id.map(AccountId),
        at: row.at,
    };
    Ok(rows.into_iter().map(act).collect())
}
