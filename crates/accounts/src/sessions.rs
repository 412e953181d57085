//! Sessions: what a sign-in leaves behind, on which device, until when.
//!
//! What always holds: only the hash of a session's secret is kept; a session that ended is a row that is gone; a
//! session gets a new secret whenever its rights grow.

use base::secret::Secret;
use base::{AccountId, Actor, Capacity, Grant, Refused, SessionId};
use chrono::{DateTime, TimeDelta, Utc};
use sea_orm::sea_query::Expr;
use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use serde::{Deserialize, Serialize};
use serde_json::json;
use store::{Ctx, NewEvent, StoreError, Time, Tx};
use utoipa::ToSchema;

use crate::access::{ManageAccount, OwnAccount, Space};
use crate::people::{self, AccountReceipt, AccountRow};
use crate::rows::{account, one_time_token, session};
use crate::settings::{AccountSettings, SecondFactorRule};
use crate::{Accounts, Error, words};

/// By which leak scanners know a session's secret.
pub(crate) const PREFIX: &str = "inss_";
/// Most sessions of one account; the oldest makes room.
const SESSIONS_MAX: u64 = 50;
/// Longest description of a browser that is kept, in characters.
const AGENT_MAX: usize = 200;

/// Where a sign-in comes from, as the server knows it.
#[derive(Clone, Debug, Default)]
pub struct Client {
    /// The network address by which attempts are counted (for IPv6 the /64).
    pub address: String,
    /// What the browser calls itself.
    pub agent: String,
    /// What an earlier sign-in left on this device ([`crate::sign_in::SignedIn::device`]): the owner still gets in
    /// while somebody elsewhere uses up the guesses.
    pub device: Option<Secret>,
}

/// A session as its owner sees it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct SessionView {
    /// Its id; not its secret.
    pub id: SessionId,
    /// Whose.
    pub account: AccountId,
    /// What the browser called itself.
    pub agent: String,
    /// Since when.
    pub created_at: DateTime<Utc>,
    /// Last used, to the minute.
    pub seen_at: DateTime<Utc>,
    /// When it ends at the latest.
    pub ends_at: DateTime<Utc>,
    /// True for the session that asks.
    pub current: bool,
    /// The second factor was set up and is still to be given: until then this session can do nothing else.
    pub second_factor_due: bool,
    /// Staff has to set up a second factor before the staff roles are there.
    pub second_factor_setup_due: bool,
    /// The password is older than the space allows.
    pub password_change_due: bool,
}

impl SessionView {
    pub(crate) fn of(row: &session::Model, account: &account::Model, settings: &AccountSettings, now: Time, current: bool) -> Self {
        let required = settings.staff_second_factor == SecondFactorRule::Required;
        let is_staff = !words::read::<base::StaffRole>(&account.staff).is_empty();
        let max_age = settings.password_max_age_days;
        Self {
            id: SessionId(row.id),
            account: AccountId(row.account_id),
            agent: row.agent.clone(),
            created_at: row.created_at,
            seen_at: row.seen_at,
            ends_at: row.ends_at,
            current,
            second_factor_due: account.totp_confirmed && row.second_factor_at.is_none(),
            second_factor_setup_due: is_staff && required && !account.totp_confirmed,
            password_change_due: max_age > 0 && account.password_changed_at + TimeDelta::days(max_age) <= now,
        }
    }
}

/// True while a session may be used.
pub(crate) fn is_live(row: &session::Model, settings: &AccountSettings, now: Time) -> bool {
    row.ends_at > now && row.seen_at + settings.session_idle() > now
}

/// A person who is signed in, second factor given or not.
pub(crate) fn person(actor: &Actor) -> Result<AccountId, Refused> {
    match actor.capacity {
        Capacity::Person(id) => Ok(id),
        Capacity::Anonymous => Err(Refused::SignIn),
        Capacity::Program(_) | Capacity::System => Err(Refused::Forbidden { action: "account.own" }),
    }
}

pub(crate) async fn insert(
    tx: &Tx,
    account: AccountId,
    secret_hash: Vec<u8>,
    agent: &str,
    settings: &AccountSettings,
) -> Result<session::Model, Error> {
    let now = tx.now();
    let mine = || session::Entity::find().filter(session::Column::AccountId.eq(account.0));
    // Those beyond the limit, the oldest, make room.
    let crowd = mine().order_by_desc(session::Column::CreatedAt).offset(SESSIONS_MAX - 1).limit(SESSIONS_MAX).all(tx.db()).await?;
    if !crowd.is_empty() {
        session::Entity::delete_many().filter(session::Column::Id.is_in(crowd.iter().map(|s| s.id))).exec(tx.db()).await?;
    }
    let agent: String = base::text::allowed(agent).take(AGENT_MAX).collect();
    let row = session::Model {
        id: tx.new_id(),
        account_id: account.0,
        secret_hash,
        second_factor_at: None,
        agent,
        created_at: now,
        seen_at: now,
        ends_at: now + settings.session_life(),
    };
    let model = session::ActiveModel {
        id: Set(row.id),
        account_id: Set(row.account_id),
        secret_hash: Set(row.secret_hash.clone()),
        second_factor_at: Set(None),
        agent: Set(row.agent.clone()),
        created_at: Set(now),
        seen_at: Set(now),
        ends_at: Set(row.ends_at),
    };
    session::Entity::insert(model).exec_without_returning(tx.db()).await?;
    Ok(row)
}

/// Gives a session a new secret, because its rights grow; the old one opens nothing any more.
pub(crate) async fn renew(tx: &Tx, account: AccountId, id: SessionId, secret_hash: Vec<u8>, second_factor: bool) -> Result<(), Error> {
    let mut update = session::Entity::update_many().col_expr(session::Column::SecretHash, Expr::value(secret_hash));
    if second_factor {
        update = update.col_expr(session::Column::SecondFactorAt, Expr::value(Some(tx.now())));
    }
    let done = update.filter(session::Column::Id.eq(id.0)).filter(session::Column::AccountId.eq(account.0)).exec(tx.db()).await?;
    if done.rows_affected == 1 { Ok(()) } else { Err(Refused::SignIn.into()) }
}

fn ended(account: AccountId, ids: &[SessionId]) -> NewEvent {
    NewEvent::new("account", account, "account.session_ended", json!({"sessions": ids}))
}

/// The live sessions of whoever asks, the newest first.
///
/// # Errors
/// [`Refused::SignIn`] for nobody.
pub async fn list(accounts: &Accounts, actor: &Actor, current: SessionId) -> Result<Vec<SessionView>, Error> {
    Grant::<OwnAccount>::check(actor, Space)?;
    let id = actor.signed_in()?;
    let (db, now) = (accounts.store.db(), accounts.store.clock().now());
    let account = people::find(db, id).await?.ok_or(Refused::SignIn)?;
    let rows = session::Entity::find()
        .filter(session::Column::AccountId.eq(id.0))
        .order_by_desc(session::Column::CreatedAt)
        .limit(SESSIONS_MAX)
        .all(db)
        .await?;
    let live = rows.iter().filter(|r| is_live(r, &accounts.settings, now));
    Ok(live.map(|r| SessionView::of(r, &account, &accounts.settings, now, r.id == current.0)).collect())
}

/// Ends one of one's own sessions; signing out is ending the current one. The second factor need not be given for it.
///
/// # Errors
/// [`Refused::Hidden`] if there is no such session of this account.
pub async fn end(accounts: &Accounts, ctx: Ctx, id: SessionId) -> Result<(), Error> {
    let account = person(&ctx.actor)?;
    accounts
        .store
        .write(ctx, move |tx| async move {
            let done = session::Entity::delete_many()
                .filter(session::Column::Id.eq(id.0))
                .filter(session::Column::AccountId.eq(account.0))
                .exec(tx.db())
                .await?;
            if done.rows_affected == 0 {
                return Err(Error::from(Refused::Hidden));
            }
            tx.emit(ended(account, &[id]));
            Ok(())
        })
        .await
}

/// Ends all of one's own sessions but the current one.
///
/// # Errors
/// [`Refused::SignIn`] for nobody.
pub async fn end_others(accounts: &Accounts, ctx: Ctx, current: SessionId) -> Result<(), Error> {
    Grant::<OwnAccount>::check(&ctx.actor, Space)?;
    let account = person(&ctx.actor)?;
    accounts
        .store
        .write(ctx, move |tx| async move {
            end_all(&tx, account, Some(current)).await?;
            Ok::<_, Error>(())
        })
        .await
}

/// Ends all sessions of an account. For administrators.
///
/// # Errors
/// [`Refused`].
pub async fn end_all_of(accounts: &Accounts, ctx: Ctx, id: AccountId) -> Result<AccountReceipt, Error> {
    let actor = ctx.actor.clone();
    accounts
        .store
        .write(ctx, move |tx| {
            let actor = actor.clone();
            async move {
                let row = Grant::<ManageAccount>::check(&actor, AccountRow(people::locked(&tx, id).await?))?.into_object().0;
                end_all(&tx, id, None).await?;
                Ok::<_, Error>(AccountReceipt { id, version: row.version })
            }
        })
        .await
}

async fn end_all(tx: &Tx, account: AccountId, but: Option<SessionId>) -> Result<(), Error> {
    let rows = session::Entity::find().filter(session::Column::AccountId.eq(account.0)).all(tx.db()).await?;
    let ids: Vec<SessionId> = rows.into_iter().map(|r| SessionId(r.id)).filter(|id| Some(*id) != but).collect();
    session::Entity::delete_many().filter(session::Column::Id.is_in(ids.iter().map(|id| id.0))).exec(tx.db()).await?;
    if !ids.is_empty() {
        tx.emit(ended(account, &ids));
    }
    Ok(())
}

/// Forgets sessions that are over and links that were sent long ago. To be called now and then.
///
/// # Errors
/// If the database fails.
pub async fn sweep(accounts: &Accounts) -> Result<(), StoreError> {
    let idle = accounts.settings.session_idle();
    accounts
        .store
        .write(Ctx::system(), move |tx| async move {
            let now = tx.now();
            let over = sea_orm::Condition::any().add(session::Column::EndsAt.lte(now)).add(session::Column::SeenAt.lte(now - idle));
            session::Entity::delete_many().filter(over).exec(tx.db()).await.map_err(StoreError::from)?;
            one_time_token::Entity::delete_many()
                .filter(one_time_token::Column::EndsAt.lte(now - TimeDelta::days(1)))
                .exec(tx.db())
                .await
                .map_err(StoreError::from)?;
            Ok(())
        })
        .await
}
