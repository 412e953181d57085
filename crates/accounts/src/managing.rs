//! What administrators do with an account: its staff roles, stopping it, letting it in again.
//!
//! What always holds: a disabled account has no session and no live token; the space keeps an administrator.

use std::collections::BTreeSet;

use base::{AccountId, Actor, Grant, StaffRole};
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use serde_json::json;
use store::{Ctx, StoreError, Tx};

use crate::access::ManageAccount;
use crate::people::{AccountReceipt, AccountRow, AccountStatus, end_sessions, event, locked, staff_with, update};
use crate::rows::{account, api_token};
use crate::{Accounts, Error, words};

/// Loads an account for an administrator's work on it.
async fn managed(tx: &Tx, actor: &Actor, id: AccountId, seen: i64) -> Result<account::Model, Error> {
    let row = Grant::<ManageAccount>::check(actor, AccountRow(locked(tx, id).await?))?.into_object().0;
    if row.version == seen { Ok(row) } else { Err(Error::Stale { seen }) }
}

/// Refuses if nobody but this account is an active administrator.
async fn keep_an_administrator(tx: &Tx, id: AccountId) -> Result<(), Error> {
    let others = staff_with(tx.db(), StaffRole::Administrator).await?;
    if others.iter().any(|a| *a != id) { Ok(()) } else { Err(Error::LastAdministrator) }
}

fn is_administrator(row: &account::Model) -> bool {
    row.status == "active" && words::read::<StaffRole>(&row.staff).contains(&StaffRole::Administrator)
}

/// Sets the staff roles of an account. Its sessions end: whoever loses or gains rights signs in anew.
///
/// # Errors
/// [`Error::LastAdministrator`], [`Error::Stale`], [`Refused`].
pub async fn set_staff(
    accounts: &Accounts,
    ctx: Ctx,
    id: AccountId,
    seen: i64,
    roles: BTreeSet<StaffRole>,
) -> Result<AccountReceipt, Error> {
    let actor = ctx.actor.clone();
    accounts
        .store
        .write(ctx, move |tx| {
            let (actor, roles) = (actor.clone(), roles.clone());
            async move {
                let row = managed(&tx, &actor, id, seen).await?;
                if is_administrator(&row) && !roles.contains(&StaffRole::Administrator) {
                    keep_an_administrator(&tx, id).await?;
                }
                let change = account::Entity::update_many().col_expr(account::Column::Staff, Expr::value(words::write(&roles)));
                let receipt = update(&tx, &row, change).await?;
                end_sessions(&tx, id, None).await?;
                let was: BTreeSet<StaffRole> = words::read(&row.staff);
                tx.emit(event(&row, "account.staff_changed", json!({"version": receipt.version, "roles": roles, "was": was})));
                Ok(receipt)
            }
        })
        .await
}

/// Stops an account: its sessions and tokens end with the same commit.
///
/// # Errors
/// As [`set_staff`].
pub async fn disable(accounts: &Accounts, ctx: Ctx, id: AccountId, seen: i64) -> Result<AccountReceipt, Error> {
    set_status(accounts, ctx, id, seen, AccountStatus::Disabled).await
}

/// Lets a stopped account sign in again. Its tokens stay revoked.
///
/// # Errors
/// As [`set_staff`].
pub async fn enable(accounts: &Accounts, ctx: Ctx, id: AccountId, seen: i64) -> Result<AccountReceipt, Error> {
    set_status(accounts, ctx, id, seen, AccountStatus::Active).await
}

async fn set_status(accounts: &Accounts, ctx: Ctx, id: AccountId, seen: i64, status: AccountStatus) -> Result<AccountReceipt, Error> {
    let actor = ctx.actor.clone();
    accounts
        .store
        .write(ctx, move |tx| {
            let actor = actor.clone();
            async move {
                let row = managed(&tx, &actor, id, seen).await?;
                if status == AccountStatus::Disabled && is_administrator(&row) {
                    keep_an_administrator(&tx, id).await?;
                }
                let change = account::Entity::update_many().col_expr(account::Column::Status, Expr::value(status.as_str()));
                let receipt = update(&tx, &row, change).await?;
                let kind = if status == AccountStatus::Disabled {
                    end_sessions(&tx, id, None).await?;
                    revoke_tokens(&tx, id).await?;
                    crate::experts::close(&tx, id).await?;
                    "account.disabled"
                } else {
                    crate::membership::attach(&tx, id, &row.email_key).await?;
                    "account.enabled"
                };
                tx.emit(event(&row, kind, json!({"version": receipt.version})));
                Ok(receipt)
            }
        })
        .await
}

async fn revoke_tokens(tx: &Tx, id: AccountId) -> Result<(), StoreError> {
    api_token::Entity::update_many()
        .col_expr(api_token::Column::RevokedAt, Expr::value(Some(tx.now())))
        .filter(api_token::Column::AccountId.eq(id.0))
        .filter(api_token::Column::RevokedAt.is_null())
        .exec(tx.db())
        .await?;
    Ok(())
}
