//! A new password: for who forgot the old one, and for who knows it.
//!
//! What always holds: a new password ends every other session and every link, and the owner is told by mail; it does
//! not stand in for the second factor.

use base::secret::Secret;
use base::{AccountId, Faults, Grant, SessionId};
use sea_orm::EntityTrait;
use sea_orm::sea_query::Expr;
use serde_json::json;
use store::{Ctx, Tx};

use crate::access::{OwnAccount, Space};
use crate::people::{self, AccountReceipt, AccountStatus};
use crate::rows::account;
use crate::sessions::{self, Client};
use crate::sign_up::{self, Purpose};
use crate::{Accounts, Error, Password, email, membership, sign_in};

/// Sends a link by which a password can be set anew. The answer and the work are the same for any address.
///
/// # Errors
/// [`Error::Throttled`].
pub async fn request(accounts: &Accounts, client: &Client, address: &str) -> Result<(), Error> {
    request_on_the_way(accounts, client, address, "").await
}

/// The same for somebody who was on the way to a page of ours, to which the link leads on (`sign_up::sign_up_on_the_way`).
///
/// # Errors
/// As [`request`].
pub async fn request_on_the_way(accounts: &Accounts, client: &Client, address: &str, next: &str) -> Result<(), Error> {
    let mut faults = base::Faults::new();
    email::Email::checked(address, "/email", &mut faults);
    faults.into_result()?;
    sign_up::may_write_to(accounts, client, &email::key(address)).await?;
    // An address that was never confirmed may be reset as well: the link proves the same.
    let states = &[AccountStatus::Active, AccountStatus::Unconfirmed];
    sign_up::letter_if(accounts, address, "mail.reset_password", states, next).await
}

/// Sets a new password with the secret of a link. Every session ends; the second factor stays as it is.
///
/// # Errors
/// [`Error::Link`] if the link is unknown, used or over, [`Error::Invalid`] for a password that will not do: the link
/// is still good then.
pub async fn reset(accounts: &Accounts, link: &Secret, password: &Password) -> Result<AccountReceipt, Error> {
    let row = sign_up::look_up(accounts, link, Purpose::Reset).await?;
    check(accounts, &row, password)?;
    let fresh = accounts.hasher.hash(password).await?;
    let (id, hash) = (AccountId(row.id), link.hash());
    accounts
        .store
        .write(Ctx::of(people::acting(&row)), move |tx| {
            let (hash, fresh) = (hash.clone(), fresh.clone());
            async move {
                let row = people::locked(&tx, id).await?;
                sign_up::use_up(&tx, &hash, Purpose::Reset).await?;
                if AccountStatus::stored(&row.status) == AccountStatus::Disabled {
                    return Err(Error::Link);
                }
                let change = account::Entity::update_many().col_expr(account::Column::Status, Expr::value(AccountStatus::Active.as_str()));
                let receipt = save(&tx, &row, change, fresh, None, "account.password_reset").await?;
                membership::attach(&tx, id, &row.email_key).await?;
                Ok(receipt)
            }
        })
        .await
}

/// Changes the password of who is signed in. Gives the session's new secret; all other sessions end.
///
/// # Errors
/// [`Error::Credentials`] if the old one is wrong, [`Error::Invalid`], [`Error::Throttled`].
pub async fn change(accounts: &Accounts, ctx: Ctx, session: SessionId, old: &Password, new: &Password) -> Result<Secret, Error> {
    Grant::<OwnAccount>::check(&ctx.actor, Space)?;
    let row = sign_in::ask_password(accounts, &ctx.actor, old).await?;
    check(accounts, &row, new)?;
    let fresh = accounts.hasher.hash(new).await?;
    let secret = Secret::new(sessions::PREFIX)?;
    let (id, hash, seen) = (AccountId(row.id), secret.hash(), row.password_hash);
    accounts
        .store
        .write(Ctx { idempotency: None, ..ctx }, move |tx| {
            let (hash, fresh, seen) = (hash.clone(), fresh.clone(), seen.clone());
            async move {
                let row = people::locked(&tx, id).await?;
                if row.password_hash != seen {
                    return Err(Error::Credentials); // somebody else was faster with another password
                }
                let receipt = save(&tx, &row, account::Entity::update_many(), fresh, Some(session), "account.password_changed").await?;
                sessions::renew(&tx, id, session, hash, false).await?;
                Ok(receipt)
            }
        })
        .await?;
    Ok(secret)
}

fn check(accounts: &Accounts, row: &account::Model, password: &Password) -> Result<(), Faults> {
    let mut faults = Faults::new();
    password.check(&accounts.settings, &[&row.name, &row.email], "/password", &mut faults);
    faults.into_result()
}

async fn save(
    tx: &Tx,
    row: &account::Model,
    change: sea_orm::UpdateMany<account::Entity>,
    fresh: String,
    kept: Option<SessionId>,
    kind: &'static str,
) -> Result<AccountReceipt, Error> {
    let change = change
        .col_expr(account::Column::PasswordHash, Expr::value(fresh))
        .col_expr(account::Column::PasswordChangedAt, Expr::value(tx.now()));
    let receipt = people::update(tx, row, change).await?;
    people::end_sessions(tx, receipt.id, kept).await?;
    tx.emit(people::event(row, kind, json!({"version": receipt.version})));
    tx.enqueue_first("mail.password_changed", &json!({"account": receipt.id})).await?;
    Ok(receipt)
}
