//! Signing in with e-mail and password.
//!
//! What always holds: an unknown address, a wrong password and a disabled account get the same answer after the same
//! work; guesses are counted per account and per network address before any hash is computed.

use std::sync::Arc;

use base::secret::Secret;
use base::{AccountId, Actor};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, TimeDelta};
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use serde::Deserialize;
use serde_json::json;
use store::{Ctx, StoreError, Time};
use utoipa::ToSchema;

use crate::people::{self, AccountStatus, AccountView};
use crate::rows::account;
use crate::sessions::{self, Client, SessionView};
use crate::{Accounts, Error, Password, bucket, email};

/// How long a device is known after a sign-in on it.
const DEVICE_KNOWN: TimeDelta = TimeDelta::days(180);

/// What is asked for at the door.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SignIn {
    /// The e-mail address.
    #[schema(max_length = 254)]
    pub email: String,
    /// The password.
    pub password: Password,
}

/// Somebody who is in.
#[derive(Clone, Debug)]
pub struct SignedIn {
    /// The session's secret, for the cookie.
    pub secret: Secret,
    /// For a second, long-lived cookie: hand it back as [`Client::device`] at the next sign-in. It opens nothing.
    pub device: Secret,
    /// The session; says whether the second factor is due.
    pub session: SessionView,
    /// The account.
    pub account: AccountView,
}

/// Begins a session.
///
/// # Errors
/// [`Error::Credentials`] for whatever does not fit, [`Error::Unconfirmed`] if only the address is still to be
/// confirmed, [`Error::Throttled`] after too many guesses.
pub async fn sign_in(accounts: &Accounts, client: &Client, body: &SignIn) -> Result<SignedIn, Error> {
    let key = email::key(&body.email);
    accounts.attempt("sign_in_address", &client.address, accounts.settings.sign_in_per_address).await?;
    let guesses = match known_device(accounts, client) {
        // The account's owner on a device of theirs: guesses made elsewhere do not lock them out.
        Some(id) if people::find_email(accounts.store.db(), &key).await?.is_some_and(|a| a.id == id.0) => {
            ("sign_in_device", id.to_string())
        }
        _ => ("sign_in", key.clone()),
    };
    accounts.attempt(guesses.0, &guesses.1, accounts.settings.sign_in_per_account).await?;
    let found = people::find_email(accounts.store.db(), &key).await?;
    let compared = accounts.hasher.compare(&body.password, found.as_ref().map(|a| a.password_hash.as_str())).await?;
    let Some(account) = found.filter(|_| compared.right) else {
        tracing::info!("a sign-in was refused");
        return Err(Error::Credentials);
    };
    match AccountStatus::stored(&account.status) {
        AccountStatus::Active => {}
        AccountStatus::Unconfirmed => return Err(Error::Unconfirmed),
        AccountStatus::Disabled => return Err(Error::Credentials),
    }
    let rehash = if compared.outdated { Some(accounts.hasher.hash(&body.password).await?) } else { None };
    accounts.store.clear_attempts(bucket(guesses.0, &guesses.1)).await?;
    begin(accounts, client, account, rehash).await
}

async fn begin(accounts: &Accounts, client: &Client, account: account::Model, rehash: Option<String>) -> Result<SignedIn, Error> {
    let secret = Secret::new(sessions::PREFIX)?;
    let (id, hash, agent, settings) = (AccountId(account.id), secret.hash(), client.agent.clone(), Arc::clone(&accounts.settings));
    let seen = account.password_hash.clone();
    let ctx = Ctx::of(people::acting(&account));
    let begun = accounts
        .store
        .write(ctx, move |tx| {
            let (hash, agent, settings, rehash, seen) = (hash.clone(), agent.clone(), Arc::clone(&settings), rehash.clone(), seen.clone());
            async move {
                let row = people::locked(&tx, id).await?;
                // The password may have been changed, or the account disabled, since it was compared.
                if row.password_hash != seen || row.status != AccountStatus::Active.as_str() {
                    return Err(Error::Credentials);
                }
                if let Some(fresh) = rehash {
                    account::Entity::update_many()
                        .col_expr(account::Column::PasswordHash, Expr::value(fresh))
                        .filter(account::Column::Id.eq(id.0))
                        .exec(tx.db())
                        .await?;
                }
                let session = sessions::insert(&tx, id, hash, &agent, &settings).await?;
                tx.emit(people::event(&row, "account.signed_in", json!({"session": session.id})));
                Ok(SessionView::of(&session, &row, &settings, tx.now(), true))
            }
        })
        .await?;
    let device = device_of(accounts, id)?;
    Ok(SignedIn { secret, device, session: begun, account: AccountView::of(&account) })
}

/// A mark for this device: account and day, sealed with the instance's key.
fn device_of(accounts: &Accounts, id: AccountId) -> Result<Secret, StoreError> {
    let now = accounts.store.clock().now().timestamp();
    let sealed = accounts.key.seal(&[id.0.as_bytes().as_slice(), &now.to_be_bytes()].concat(), "device")?;
    Ok(Secret::received(&URL_SAFE_NO_PAD.encode(sealed)))
}

/// The account that signed in on this device before, if the mark is ours and not too old.
fn known_device(accounts: &Accounts, client: &Client) -> Option<AccountId> {
    let mark = client.device.as_ref().filter(|m| m.reveal().len() < 256)?;
    let plain = accounts.key.open(&URL_SAFE_NO_PAD.decode(mark.reveal()).ok()?, "device")?;
    let (id, at) = plain.split_first_chunk::<16>()?;
    let at: Time = DateTime::from_timestamp(i64::from_be_bytes(at.try_into().ok()?), 0)?;
    (accounts.store.clock().now() - at < DEVICE_KNOWN).then(|| AccountId(uuid::Uuid::from_bytes(*id)))
}

/// Compares the password of somebody who is signed in already, before something weighty.
///
/// # Errors
/// [`Error::Credentials`] if it is wrong, [`Error::Throttled`] after too many guesses.
pub(crate) async fn ask_password(accounts: &Accounts, actor: &Actor, password: &Password) -> Result<account::Model, Error> {
    let id = actor.signed_in()?;
    accounts.attempt("password", &id.to_string(), accounts.settings.second_factor_per_account).await?;
    let account = people::find(accounts.store.db(), id).await?.ok_or(base::Refused::SignIn)?;
    if !accounts.hasher.compare(password, Some(&account.password_hash)).await?.right {
        return Err(Error::Credentials);
    }
    accounts.store.clear_attempts(bucket("password", &id.to_string())).await?;
    Ok(account)
}
