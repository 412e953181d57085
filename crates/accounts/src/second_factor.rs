//! The second factor: time-based codes (RFC 6238) and recovery codes.
//!
//! What always holds: a code is accepted once (the last accepted step is stored); the secret lies encrypted in the
//! database; recovery codes are stored as hashes and used once; a session whose rights grow gets a new secret.

use std::fmt;

use base::secret::{NoRandomness, Secret, random_bytes};
use base::{AccountId, Action as _, Actor, Grant, Refused, SessionId};
use sea_orm::sea_query::Expr;
use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter};
use serde::Serialize;
use serde_json::{Value, json};
use store::{Ctx, Tx};
use totp_rs::{Builder, Totp};
use utoipa::ToSchema;

use crate::access::{ManageAccount, OwnAccount, Space};
use crate::people::{self, AccountReceipt, AccountRow};
use crate::rows::{account, recovery_code};
use crate::{Accounts, Error, Password, acts, bucket, sessions, sign_in};

/// Recovery codes a person gets.
const CODES: usize = 10;
/// Letters and digits that are not mistaken for one another: 32, so that a byte's low bits choose evenly.
const ALPHABET: &[u8; 32] = b"abcdefghjkmnpqrstuvwxyz023456789";

/// A second factor that is being set up. Shown once.
#[derive(Clone, Serialize, ToSchema)]
pub struct SecondFactorSetup {
    /// The secret in base32, to be typed into an authenticator app.
    pub secret: String,
    /// The same as an `otpauth://` address, to be shown as a QR code.
    pub url: String,
}

/// Recovery codes, and the session's new secret for the cookie. Shown once.
#[derive(Clone)]
pub struct SecondFactorSet {
    /// Each opens the door once when the authenticator is lost.
    pub recovery_codes: Vec<String>,
    /// The session's new secret.
    pub secret: Secret,
}

impl fmt::Debug for SecondFactorSetup {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecondFactorSetup(***)")
    }
}

impl fmt::Debug for SecondFactorSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecondFactorSet(***)")
    }
}

/// Begins to set up a second factor. It counts only after [`confirm`]; beginning again makes another secret.
///
/// # Errors
/// [`Error::Credentials`] for a wrong password, [`Error::SecondFactorState`] if there is one already.
pub async fn begin(accounts: &Accounts, ctx: Ctx, password: &Password) -> Result<SecondFactorSetup, Error> {
    Grant::<OwnAccount>::check(&ctx.actor, Space)?;
    let row = sign_in::ask_password(accounts, &ctx.actor, password).await?;
    if row.totp_confirmed {
        return Err(Error::SecondFactorState);
    }
    let id = AccountId(row.id);
    let secret: [u8; 20] = random_bytes()?;
    let shown = SecondFactorSetup { secret: totp_rs::Secret::from(secret).to_base32(), url: url(accounts, &row.email, &secret)? };
    let sealed = accounts.key.seal(&secret, &about(id))?;
    accounts
        .store
        .write(Ctx { idempotency: None, ..ctx }, move |tx| {
            let sealed = sealed.clone();
            async move {
                let row = people::locked(&tx, id).await?;
                if row.totp_confirmed {
                    return Err(Error::SecondFactorState);
                }
                let change = account::Entity::update_many().col_expr(account::Column::TotpSecret, Expr::value(Some(sealed)));
                people::update(&tx, &row, change).await
            }
        })
        .await?;
    Ok(shown)
}

/// Ends setting up with a first code. Gives the recovery codes and the session's new secret.
///
/// # Errors
/// [`Error::Code`], [`Error::SecondFactorState`] if none was begun, [`Error::Throttled`].
pub async fn confirm(accounts: &Accounts, ctx: Ctx, session: SessionId, code: &str) -> Result<SecondFactorSet, Error> {
    Grant::<OwnAccount>::check(&ctx.actor, Space)?;
    let row = guess(accounts, &ctx.actor).await?;
    if row.totp_confirmed {
        return Err(Error::SecondFactorState);
    }
    let id = AccountId(row.id);
    let step = step_of(accounts, &row, code)?.ok_or(Error::Code)?;
    let (codes, hashes) = new_codes()?;
    let secret = Secret::new(sessions::PREFIX)?;
    let (hash, sealed) = (secret.hash(), row.totp_secret);
    accounts
        .store
        .write(Ctx { idempotency: None, ..ctx }, move |tx| {
            let (hash, hashes, sealed) = (hash.clone(), hashes.clone(), sealed.clone());
            async move {
                let row = people::locked(&tx, id).await?;
                if row.totp_confirmed || row.totp_secret != sealed {
                    return Err(Error::SecondFactorState);
                }
                let change = account::Entity::update_many()
                    .col_expr(account::Column::TotpConfirmed, Expr::value(true))
                    .col_expr(account::Column::TotpLastStep, Expr::value(step));
                let receipt = people::update(&tx, &row, change).await?;
                save_codes(&tx, id, hashes).await?;
                sessions::renew(&tx, id, session, hash, true).await?;
                tx.emit(people::event(&row, "account.second_factor_set", json!({"version": receipt.version})));
                tx.enqueue_first("mail.second_factor_set", &json!({"account": id})).await?;
                Ok::<_, Error>(())
            }
        })
        .await?;
    accounts.store.clear_attempts(bucket("second_factor", &id.to_string())).await?;
    Ok(SecondFactorSet { recovery_codes: codes, secret })
}

/// Gives the second factor after the password: a code of the app, or a recovery code. Gives the session's new secret.
///
/// # Errors
/// [`Error::Code`] if it is wrong or was used, [`Error::Throttled`] after too many guesses.
pub async fn give(accounts: &Accounts, ctx: Ctx, session: SessionId, code: &str) -> Result<Secret, Error> {
    let row = guess(accounts, &ctx.actor).await?;
    if !row.totp_confirmed {
        return Err(Error::SecondFactorState);
    }
    let id = AccountId(row.id);
    let bare: String = code.chars().filter(|c| !c.is_whitespace() && *c != '-').take(64).collect::<String>().to_lowercase();
    let used = if bare.len() == 6 && bare.bytes().all(|b| b.is_ascii_digit()) {
        Used::Step(step_of(accounts, &row, &bare)?.ok_or(Error::Code)?)
    } else {
        Used::Recovery(Secret::received(&bare).hash())
    };
    let secret = Secret::new(sessions::PREFIX)?;
    let hash = secret.hash();
    accounts
        .store
        .write(Ctx { idempotency: None, ..ctx }, move |tx| {
            let (hash, used) = (hash.clone(), used.clone());
            async move {
                let row = people::locked(&tx, id).await?;
                let with = use_up(&tx, id, used).await?;
                sessions::renew(&tx, id, session, hash, true).await?;
                tx.emit(people::event(&row, "account.second_factor_given", json!({"session": session, "with": with})));
                Ok::<_, Error>(())
            }
        })
        .await?;
    accounts.store.clear_attempts(bucket("second_factor", &id.to_string())).await?;
    Ok(secret)
}

/// A code that fits, before it is used up.
#[derive(Clone)]
enum Used {
    Step(i64),
    Recovery(Vec<u8>),
}

/// Uses a code up; of two at the same moment one gets through.
async fn use_up(tx: &Tx, id: AccountId, used: Used) -> Result<&'static str, Error> {
    let (rows, with) = match used {
        Used::Step(step) => {
            let done = account::Entity::update_many()
                .col_expr(account::Column::TotpLastStep, Expr::value(step))
                .filter(account::Column::Id.eq(id.0))
                .filter(account::Column::TotpConfirmed.eq(true))
                .filter(account::Column::TotpLastStep.lt(step))
                .exec(tx.db())
                .await?;
            (done.rows_affected, "app")
        }
        Used::Recovery(hash) => {
            let done = recovery_code::Entity::update_many()
                .col_expr(recovery_code::Column::UsedAt, Expr::value(Some(tx.now())))
                .filter(recovery_code::Column::AccountId.eq(id.0))
                .filter(recovery_code::Column::CodeHash.eq(hash))
                .filter(recovery_code::Column::UsedAt.is_null())
                .exec(tx.db())
                .await?;
            if done.rows_affected == 1 {
                tx.enqueue_first("mail.recovery_code_used", &json!({"account": id})).await?;
            }
            (done.rows_affected, "recovery_code")
        }
    };
    if rows == 1 { Ok(with) } else { Err(Error::Code) }
}

/// Makes ten new recovery codes; the old ones open nothing any more.
///
/// # Errors
/// [`Error::Credentials`] for a wrong password, [`Error::SecondFactorState`] without a second factor.
pub async fn renew_codes(accounts: &Accounts, ctx: Ctx, password: &Password) -> Result<Vec<String>, Error> {
    Grant::<OwnAccount>::check(&ctx.actor, Space)?;
    let row = sign_in::ask_password(accounts, &ctx.actor, password).await?;
    let id = AccountId(row.id);
    let (codes, hashes) = new_codes()?;
    accounts
        .store
        .write(Ctx { idempotency: None, ..ctx }, move |tx| {
            let hashes = hashes.clone();
            async move {
                let row = people::locked(&tx, id).await?;
                if !row.totp_confirmed {
                    return Err(Error::SecondFactorState);
                }
                save_codes(&tx, id, hashes).await?;
                tx.emit(people::event(&row, "account.recovery_codes_renewed", json!({})));
                Ok(())
            }
        })
        .await?;
    Ok(codes)
}

/// Takes one's own second factor away; the owner is told by mail.
///
/// # Errors
/// [`Error::Credentials`] for a wrong password, [`Error::SecondFactorState`] if there is none.
pub async fn remove(accounts: &Accounts, ctx: Ctx, password: &Password) -> Result<AccountReceipt, Error> {
    Grant::<OwnAccount>::check(&ctx.actor, Space)?;
    let row = sign_in::ask_password(accounts, &ctx.actor, password).await?;
    let id = AccountId(row.id);
    accounts
        .store
        .write(ctx, move |tx| async move {
            let row = people::locked(&tx, id).await?;
            if !row.totp_confirmed {
                return Err(Error::SecondFactorState);
            }
            let receipt = take_away(&tx, &row, json!({})).await?;
            tx.enqueue_first("mail.second_factor_removed", &json!({"account": id})).await?;
            Ok(receipt)
        })
        .await
}

/// Takes the second factor of somebody who lost it away, and ends their sessions; the person is told why by mail. For
/// administrators, who take their own away as everybody does.
///
/// # Errors
/// [`base::Refused`], [`Error::Stale`], [`Error::Invalid`] without a reason, [`Error::SecondFactorState`] if there is none.
pub async fn remove_of(accounts: &Accounts, ctx: Ctx, id: AccountId, seen: i64, reason: &str) -> Result<AccountReceipt, Error> {
    let (actor, reason) = (ctx.actor.clone(), reason.to_owned());
    accounts
        .store
        .write(ctx, move |tx| {
            let (actor, reason) = (actor.clone(), reason.clone());
            async move {
                let row = Grant::<ManageAccount>::check(&actor, AccountRow(people::locked(&tx, id).await?))?.into_object().0;
                if actor.account() == Some(id) {
                    return Err(Refused::Forbidden { action: ManageAccount::NAME }.into());
                }
                let reason = acts::checked_reason(&reason)?;
                if row.version != seen {
                    return Err(Error::Stale { seen });
                }
                if !row.totp_confirmed {
                    return Err(Error::SecondFactorState);
                }
                people::end_sessions(&tx, id, None).await?;
                let act = acts::note(&tx, id, "second_factor_removed", &reason, actor.account()).await?;
                let receipt = take_away(&tx, &row, json!({"act": act})).await?;
                tx.enqueue_first("mail.second_factor_taken", &json!({"account": id, "act": act})).await?;
                Ok(receipt)
            }
        })
        .await
}

async fn take_away(tx: &Tx, row: &account::Model, mut facts: Value) -> Result<AccountReceipt, Error> {
    let change = account::Entity::update_many()
        .col_expr(account::Column::TotpSecret, Expr::value(None::<Vec<u8>>))
        .col_expr(account::Column::TotpConfirmed, Expr::value(false));
    let receipt = people::update(tx, row, change).await?;
    recovery_code::Entity::delete_many().filter(recovery_code::Column::AccountId.eq(row.id)).exec(tx.db()).await?;
    if let Some(facts) = facts.as_object_mut() {
        facts.insert("version".to_owned(), json!(receipt.version));
    }
    tx.emit(people::event(row, "account.second_factor_removed", facts));
    Ok(receipt)
}

/// Counts a guess and loads the account; the second factor need not be given for it.
async fn guess(accounts: &Accounts, actor: &Actor) -> Result<account::Model, Error> {
    let id = sessions::person(actor)?;
    accounts.attempt("second_factor", &id.to_string(), accounts.settings.second_factor_per_account).await?;
    Ok(people::find(accounts.store.db(), id).await?.ok_or(Refused::SignIn)?)
}

fn about(id: AccountId) -> String {
    format!("totp:{id}")
}

/// Six digits, 30 seconds, SHA-1, one step of clock difference: what every authenticator app knows.
fn totp_of(secret: &[u8]) -> Totp {
    Builder::new().with_secret(secret).build_noncompliant()
}

fn url(accounts: &Accounts, email: &str, secret: &[u8]) -> Result<String, Error> {
    // A colon would end the issuer.
    let issuer = accounts.settings.space_name.replace(':', " ");
    let totp = Builder::new().with_secret(secret).with_issuer(Some(issuer)).with_account_name(email).build_noncompliant();
    totp.to_url().map_err(|_| Error::SecondFactorState)
}

/// The step whose code this is, now or one step beside it.
fn step_of(accounts: &Accounts, row: &account::Model, code: &str) -> Result<Option<i64>, Error> {
    let sealed = row.totp_secret.as_deref().ok_or(Error::SecondFactorState)?;
    let secret = accounts.key.open(sealed, &about(AccountId(row.id))).ok_or(Error::Key)?;
    let bare: String = code.chars().filter(|c| !c.is_whitespace()).take(16).collect();
    if bare.len() != 6 || !bare.bytes().all(|b| b.is_ascii_digit()) {
        return Ok(None);
    }
    let now = u64::try_from(accounts.store.clock().now().timestamp()).unwrap_or(0);
    Ok(totp_of(&secret).check(&bare, now).and_then(|step| i64::try_from(step).ok()))
}

/// Ten codes of 80 random bits as people write them, and their hashes.
fn new_codes() -> Result<(Vec<String>, Vec<Vec<u8>>), NoRandomness> {
    let mut codes = Vec::with_capacity(CODES);
    let mut hashes = Vec::with_capacity(CODES);
    for _ in 0..CODES {
        let bytes: [u8; 16] = random_bytes()?;
        let letters: String = bytes.iter().filter_map(|b| ALPHABET.get(usize::from(b & 31))).map(|b| char::from(*b)).collect();
        hashes.push(Secret::received(&letters).hash());
        let mut shown = String::with_capacity(19);
        for (n, letter) in letters.chars().enumerate() {
            if n > 0 && n % 4 == 0 {
                shown.push('-');
            }
            shown.push(letter);
        }
        codes.push(shown);
    }
    Ok((codes, hashes))
}

async fn save_codes(tx: &Tx, id: AccountId, hashes: Vec<Vec<u8>>) -> Result<(), Error> {
    recovery_code::Entity::delete_many().filter(recovery_code::Column::AccountId.eq(id.0)).exec(tx.db()).await?;
    let rows =
        hashes.into_iter().map(|hash| recovery_code::ActiveModel { account_id: Set(id.0), code_hash: Set(hash), used_at: Set(None) });
    recovery_code::Entity::insert_many(rows).exec_without_returning(tx.db()).await?;
    Ok(())
}
