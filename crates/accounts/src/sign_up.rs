//! Signing up: an account that waits until its address is confirmed.
//!
//! What always holds: the answer and the work do not say whether an address is known; what the person should know is
//! in the mail. Not here: writing that mail (`letters`).

use std::collections::BTreeSet;

use base::secret::Secret;
use base::{AccountId, Actor, Faults, Lang};
use chrono::TimeDelta;
use sea_orm::sea_query::Expr;
use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter};
use serde::Deserialize;
use serde_json::json;
use store::{Ctx, StoreError, Tx};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::email::{self, Email};
use crate::people::{self, AccountReceipt, AccountStatus, Fresh};
use crate::rows::{account, one_time_token};
use crate::sessions::Client;
use crate::{Accounts, Error, Password, membership};

/// How long the link that confirms an address is good for.
const CONFIRM_LIFE: TimeDelta = TimeDelta::hours(24);
/// The longest address, in bytes, that a letter leads on to.
const NEXT_BYTES: usize = 500;
/// How long the link that resets a password is good for.
const RESET_LIFE: TimeDelta = TimeDelta::minutes(10);

/// What somebody new says.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SignUp {
    /// The e-mail address, to which a link is sent.
    #[schema(max_length = 254)]
    pub email: String,
    /// The person's name.
    #[schema(max_length = 120)]
    pub name: String,
    /// The language of pages and mail.
    pub lang: Lang,
    /// The password.
    pub password: Password,
}

/// What a link in a mail is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Purpose {
    Confirm,
    Reset,
}

impl Purpose {
    fn as_str(self) -> &'static str {
        match self {
            Self::Confirm => "confirm_email",
            Self::Reset => "reset_password",
        }
    }

    fn life(self) -> TimeDelta {
        match self {
            Self::Confirm => CONFIRM_LIFE,
            Self::Reset => RESET_LIFE,
        }
    }
}

/// Makes an account that waits for its address to be confirmed, and sends the link. An address that has an account is
/// sent a letter that says so; one that was never confirmed starts anew. The answer is the same.
///
/// # Errors
/// [`Error::Invalid`] with all faults, [`Error::Throttled`].
pub async fn sign_up(accounts: &Accounts, client: &Client, body: SignUp) -> Result<(), Error> {
    sign_up_on_the_way(accounts, client, body, "").await
}

/// The same for somebody who was on the way to a page of ours: the link in the letter leads there once the address is
/// confirmed. `next` is an address without a host, or empty; one of more than 500 bytes is not carried along.
///
/// # Errors
/// As [`sign_up`].
pub async fn sign_up_on_the_way(accounts: &Accounts, client: &Client, body: SignUp, next: &str) -> Result<(), Error> {
    accounts.attempt("sign_up", &client.address, accounts.settings.sign_up_per_address).await?;
    let mut faults = Faults::new();
    let email = Email::checked(&body.email, "/email", &mut faults);
    let name = people::checked_name(&body.name, "/name", &mut faults);
    body.password.check(&accounts.settings, &[&name, &body.email], "/password", &mut faults);
    faults.into_result()?;
    let Some(email) = email else { return Err(Error::fault("/email", "email_form")) };
    may_write_to(accounts, client, email.key()).await?;
    // Hashed for known addresses too: it takes as long.
    let hash = accounts.hasher.hash(&body.password).await?;
    let fresh =
        Fresh { email, name, lang: body.lang, hash, status: AccountStatus::Unconfirmed, staff: BTreeSet::new(), demonstration: false };
    let ctx = Ctx::of(Actor::anonymous(body.lang));
    let mut again = true;
    loop {
        let (fresh, next) = (fresh.clone(), next.to_owned());
        let result = accounts.store.write(ctx.clone(), move |tx| sign_up_in(tx, fresh.clone(), next.clone())).await;
        match result {
            // The same address twice at the same moment: the second one finds the first one's row.
            Err(Error::Store(StoreError::Duplicate(which))) if which.contains("email_key") && again => again = false,
            other => return other,
        }
    }
}

async fn sign_up_in(tx: Tx, fresh: Fresh, next: String) -> Result<(), Error> {
    let known = people::find_email(tx.db(), fresh.email.key()).await?;
    let (job, id) = match known {
        None => ("mail.confirm_email", people::insert(&tx, fresh).await?.id),
        Some(row) => match AccountStatus::stored(&row.status) {
            AccountStatus::Unconfirmed => {
                // Whoever signs up last holds the newest link; links that were sent before open nothing.
                forget_links(&tx, AccountId(row.id), Purpose::Confirm).await?;
                let change = account::Entity::update_many()
                    .col_expr(account::Column::Name, Expr::value(fresh.name))
                    .col_expr(account::Column::Lang, Expr::value(fresh.lang.code()))
                    .col_expr(account::Column::PasswordHash, Expr::value(fresh.hash))
                    .col_expr(account::Column::PasswordChangedAt, Expr::value(tx.now()));
                people::update(&tx, &row, change).await?;
                ("mail.confirm_email", row.id)
            }
            AccountStatus::Active => ("mail.already_registered", row.id),
            AccountStatus::Disabled => ("mail.nothing", row.id),
        },
    };
    tx.enqueue_first(job, &link_for(id, &next)).await?;
    Ok(())
}

/// What the job of a letter with a link knows: whose it is, and where it leads on to.
fn link_for(account: Uuid, next: &str) -> serde_json::Value {
    let next = Some(next).filter(|next| !next.is_empty() && next.len() <= NEXT_BYTES);
    next.map_or_else(|| json!({ "account": account }), |next| json!({"account": account, "next": next}))
}

/// Counts a letter that somebody who is not signed in makes us send.
pub(crate) async fn may_write_to(accounts: &Accounts, client: &Client, email_key: &str) -> Result<(), Error> {
    accounts.attempt("letters_address", &client.address, accounts.settings.letters_per_address).await?;
    accounts.attempt("letters", email_key, accounts.settings.letters_per_account).await
}

/// Leaves the same work behind for any address: a letter of `kind` if its account is in one of these states, else a
/// job that does nothing.
pub(crate) async fn letter_if(
    accounts: &Accounts,
    address: &str,
    kind: &'static str,
    states: &'static [AccountStatus],
    next: &str,
) -> Result<(), Error> {
    let (key, next) = (email::key(address), next.to_owned());
    accounts
        .store
        .write(Ctx::of(Actor::anonymous(Lang::Vi)), move |tx| {
            let (key, next) = (key.clone(), next.clone());
            async move {
                let row = people::find_email(tx.db(), &key).await?;
                let row = row.filter(|r| states.contains(&AccountStatus::stored(&r.status)));
                let (kind, id) = row.map_or_else(|| ("mail.nothing", tx.new_id()), |r| (kind, r.id));
                tx.enqueue_first(kind, &link_for(id, &next)).await?;
                Ok(())
            }
        })
        .await
}

/// Sends the link that confirms an address once more. The answer is the same for any address.
///
/// # Errors
/// [`Error::Invalid`] for what is no address, [`Error::Throttled`].
pub async fn resend(accounts: &Accounts, client: &Client, address: &str) -> Result<(), Error> {
    resend_on_the_way(accounts, client, address, "").await
}

/// The same for somebody who was on the way to a page of ours, as in [`sign_up_on_the_way`].
///
/// # Errors
/// As [`resend`].
pub async fn resend_on_the_way(accounts: &Accounts, client: &Client, address: &str, next: &str) -> Result<(), Error> {
    let mut faults = Faults::new();
    Email::checked(address, "/email", &mut faults);
    faults.into_result()?;
    may_write_to(accounts, client, &email::key(address)).await?;
    letter_if(accounts, address, "mail.confirm_email", &[AccountStatus::Unconfirmed], next).await
}

/// Confirms an address with the secret of a link. Invitations that were sent to it are the account's from now on.
///
/// # Errors
/// [`Error::Link`] if it is unknown, used or over.
pub async fn confirm(accounts: &Accounts, link: &Secret) -> Result<AccountReceipt, Error> {
    let row = look_up(accounts, link, Purpose::Confirm).await?;
    let (id, hash) = (AccountId(row.id), link.hash());
    accounts
        .store
        .write(Ctx::of(people::acting(&row)), move |tx| {
            let hash = hash.clone();
            async move {
                let row = people::locked(&tx, id).await?;
                use_up(&tx, &hash, Purpose::Confirm).await?;
                if row.status != AccountStatus::Unconfirmed.as_str() {
                    return Err(Error::Link);
                }
                let change = account::Entity::update_many().col_expr(account::Column::Status, Expr::value(AccountStatus::Active.as_str()));
                let receipt = people::update(&tx, &row, change).await?;
                membership::attach(&tx, id, &row.email_key).await?;
                tx.emit(people::event(&row, "account.confirmed", json!({"version": receipt.version})));
                Ok(receipt)
            }
        })
        .await
}

/// Makes the secret of a link, at the moment its mail is written; links sent before for the same end open nothing.
pub(crate) async fn new_link(accounts: &Accounts, id: AccountId, purpose: Purpose) -> Result<Secret, Error> {
    let secret = Secret::new("")?;
    let hash = secret.hash();
    accounts
        .store
        .write(Ctx::system(), move |tx| {
            let hash = hash.clone();
            async move {
                forget_links(&tx, id, purpose).await?;
                let row = one_time_token::ActiveModel {
                    id: Set(tx.new_id()),
                    account_id: Set(id.0),
                    purpose: Set(purpose.as_str().to_owned()),
                    secret_hash: Set(hash),
                    created_at: Set(tx.now()),
                    ends_at: Set(tx.now() + purpose.life()),
                    used_at: Set(None),
                };
                one_time_token::Entity::insert(row).exec_without_returning(tx.db()).await?;
                Ok::<_, Error>(())
            }
        })
        .await?;
    Ok(secret)
}

async fn forget_links(tx: &Tx, id: AccountId, purpose: Purpose) -> Result<(), StoreError> {
    one_time_token::Entity::delete_many()
        .filter(one_time_token::Column::AccountId.eq(id.0))
        .filter(one_time_token::Column::Purpose.eq(purpose.as_str()))
        .exec(tx.db())
        .await?;
    Ok(())
}

/// The account a link is for, without using the link up.
pub(crate) async fn look_up(accounts: &Accounts, link: &Secret, purpose: Purpose) -> Result<account::Model, Error> {
    if link.reveal().len() > 128 {
        return Err(Error::Link);
    }
    let now = accounts.store.clock().now();
    let found = one_time_token::Entity::find()
        .find_also_related(account::Entity)
        .filter(one_time_token::Column::SecretHash.eq(link.hash()))
        .filter(one_time_token::Column::Purpose.eq(purpose.as_str()))
        .one(accounts.store.db())
        .await?;
    match found {
        Some((token, Some(row))) if token.used_at.is_none() && token.ends_at > now => Ok(row),
        _ => Err(Error::Link),
    }
}

/// Uses a link up; of two at the same moment one gets through.
pub(crate) async fn use_up(tx: &Tx, hash: &[u8], purpose: Purpose) -> Result<(), Error> {
    let done = one_time_token::Entity::update_many()
        .col_expr(one_time_token::Column::UsedAt, Expr::value(Some(tx.now())))
        .filter(one_time_token::Column::SecretHash.eq(hash))
        .filter(one_time_token::Column::Purpose.eq(purpose.as_str()))
        .filter(one_time_token::Column::UsedAt.is_null())
        .filter(one_time_token::Column::EndsAt.gt(tx.now()))
        .exec(tx.db())
        .await?;
    if done.rows_affected == 1 { Ok(()) } else { Err(Error::Link) }
}
