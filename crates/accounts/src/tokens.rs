//! API tokens: keys for programs, with less power than their account.
//!
//! What always holds: a token is made in a session, never by a token; it may have only scopes its account can use;
//! its secret is shown once.

use std::collections::BTreeSet;
use std::fmt;

use base::secret::Secret;
use base::{AccountId, Actor, Faults, Grant, PartyId, Refused, Scope, TokenId};
use chrono::{DateTime, TimeDelta, Utc};
use sea_orm::sea_query::Expr;
use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect};
use serde::{Deserialize, Serialize};
use serde_json::json;
use store::{Ctx, NewEvent, Tx};
use utoipa::ToSchema;

use crate::access::{OwnAccount, Space};
use crate::people::checked_name;
use crate::rows::{api_token, session};
use crate::sessions::SessionView;
use crate::{Accounts, Error, people, words};

/// By which leak scanners know a token.
pub const PREFIX: &str = "insp_";
/// Most live tokens of one account.
const TOKENS_MAX: u64 = 50;

/// What a new token is to be.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TokenRequest {
    /// What it is for, in the owner's words.
    #[schema(max_length = 120)]
    pub name: String,
    /// What it may be used for; at least one scope.
    pub scopes: BTreeSet<Scope>,
    /// The only party it acts for; none: all of the account's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub party: Option<PartyId>,
    /// For how many days.
    #[schema(minimum = 1, maximum = 365)]
    pub days: u16,
}

/// A token as its owner sees it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct TokenView {
    /// Its id; not its secret.
    pub id: TokenId,
    /// What it is for.
    pub name: String,
    /// What it may be used for.
    pub scopes: BTreeSet<Scope>,
    /// The only party it acts for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub party: Option<PartyId>,
    /// Since when.
    pub created_at: DateTime<Utc>,
    /// When it ends.
    pub ends_at: DateTime<Utc>,
    /// Last used, to the minute.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub used_at: Option<DateTime<Utc>>,
    /// When it was revoked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revoked_at: Option<DateTime<Utc>>,
}

impl TokenView {
    pub(crate) fn of(row: &api_token::Model) -> Self {
        Self {
            id: TokenId(row.id),
            name: row.name.clone(),
            scopes: words::read(&row.scopes),
            party: row.party_id.map(PartyId),
            created_at: row.created_at,
            ends_at: row.ends_at,
            used_at: row.used_at,
            revoked_at: row.revoked_at,
        }
    }
}

/// A new token with its secret, which is not shown again.
#[derive(Clone, Serialize, ToSchema)]
pub struct NewToken {
    /// The token.
    pub token: TokenView,
    /// For `Authorization: Bearer …`.
    pub secret: String,
}

impl fmt::Debug for NewToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NewToken").field("token", &self.token).field("secret", &"***").finish()
    }
}

/// Makes a token. An idempotency key is ignored: a stored answer would have to hold the secret, so a repeat makes
/// another token, and the owner revokes the one whose answer was lost.
///
/// # Errors
/// [`Error::Invalid`] with all faults; [`Refused::Forbidden`] for a token that asks.
pub async fn create(accounts: &Accounts, ctx: Ctx, session: &SessionView, request: TokenRequest) -> Result<NewToken, Error> {
    let (token, secret) = make(accounts, Ctx { idempotency: None, ..ctx }, session, request).await?;
    Ok(NewToken { token, secret: secret.reveal().to_owned() })
}

/// Makes a token by a form that may be sent twice by one click too many: a repeat under the same idempotency key gives the
/// same token another secret, since a browser shows the last answer only.
///
/// # Errors
/// As [`create`]; [`Error::Invalid`] for a repeat once the token was used or revoked.
pub async fn create_once(accounts: &Accounts, ctx: Ctx, session: &SessionView, request: TokenRequest) -> Result<NewToken, Error> {
    let actor = ctx.actor.clone();
    let account = actor.signed_in()?;
    let (made, secret) = make(accounts, ctx, session, request).await?;
    let (id, hash) = (made.id, secret.hash());
    let token = accounts.store.write(Ctx::of(actor), move |tx| renew(tx, account, id, hash.clone())).await?;
    Ok(NewToken { token, secret: secret.reveal().to_owned() })
}

async fn make(accounts: &Accounts, ctx: Ctx, session: &SessionView, request: TokenRequest) -> Result<(TokenView, Secret), Error> {
    Grant::<OwnAccount>::check(&ctx.actor, Space)?;
    let account = ctx.actor.signed_in()?;
    let name = check(accounts, &ctx.actor, &request)?;
    let secret = Secret::new(PREFIX)?;
    let (hash, session) = (secret.hash(), session.id);
    let token = accounts.store.write(ctx, move |tx| insert(tx, account, session, hash.clone(), name.clone(), request.clone())).await?;
    Ok((token, secret))
}

/// Lets a token be opened by this secret alone; nothing to do for one that was just made with it.
async fn renew(tx: Tx, account: AccountId, id: TokenId, secret_hash: Vec<u8>) -> Result<TokenView, Error> {
    let found = api_token::Entity::find_by_id(id.0).one(tx.db()).await?;
    let row = found.filter(|t| t.account_id == account.0).ok_or(Refused::Hidden)?;
    if row.secret_hash == secret_hash {
        return Ok(TokenView::of(&row));
    }
    if row.used_at.is_some() || row.revoked_at.is_some() {
        return Err(Error::fault("/name", "token_made_before"));
    }
    api_token::Entity::update_many()
        .col_expr(api_token::Column::SecretHash, Expr::value(secret_hash))
        .filter(api_token::Column::Id.eq(id.0))
        .exec(tx.db())
        .await?;
    tx.emit(NewEvent::new("account", account, "account.token_renewed", json!({"token": id})));
    Ok(TokenView::of(&row))
}

fn check(accounts: &Accounts, actor: &Actor, request: &TokenRequest) -> Result<String, Faults> {
    let mut faults = Faults::new();
    let name = checked_name(&request.name, "/name", &mut faults);
    if request.scopes.is_empty() {
        faults.add("/scopes", "scopes_missing");
    }
    if request.scopes.contains(&Scope::Staff) && (actor.staff.is_empty() || request.party.is_some()) {
        faults.add("/scopes", "scope_staff");
    }
    if request.party.is_some_and(|p| !actor.is_member(p)) {
        faults.add("/party", "party_not_yours");
    }
    let max = accounts.settings.token_max_days;
    if !(1..=max).contains(&request.days) {
        faults.add_with("/days", "token_days", &[("max", &max.to_string())]);
    }
    faults.into_result().map(|()| name)
}

async fn insert(
    tx: Tx,
    account: AccountId,
    session: base::SessionId,
    secret_hash: Vec<u8>,
    name: String,
    request: TokenRequest,
) -> Result<TokenView, Error> {
    // Counted under the account's lock, so that two requests at once cannot both be the last one.
    people::locked(&tx, account).await?;
    let live = api_token::Entity::find()
        .filter(api_token::Column::AccountId.eq(account.0))
        .filter(api_token::Column::RevokedAt.is_null())
        .filter(api_token::Column::EndsAt.gt(tx.now()));
    if live.count(tx.db()).await? >= TOKENS_MAX {
        return Err(Error::fault("/name", "too_many_tokens"));
    }
    let session =
        session::Entity::find_by_id(session.0).one(tx.db()).await?.filter(|s| s.account_id == account.0).ok_or(Refused::SignIn)?;
    let row = api_token::Model {
        id: tx.new_id(),
        account_id: account.0,
        party_id: request.party.map(|p| p.0),
        name,
        secret_hash,
        scopes: words::write(&request.scopes),
        second_factor: session.second_factor_at.is_some(),
        created_at: tx.now(),
        ends_at: tx.now() + TimeDelta::days(i64::from(request.days)),
        used_at: None,
        revoked_at: None,
    };
    let model = api_token::ActiveModel {
        id: Set(row.id),
        account_id: Set(row.account_id),
        party_id: Set(row.party_id),
        name: Set(row.name.clone()),
        secret_hash: Set(row.secret_hash.clone()),
        scopes: Set(row.scopes.clone()),
        second_factor: Set(row.second_factor),
        created_at: Set(row.created_at),
        ends_at: Set(row.ends_at),
        used_at: Set(None),
        revoked_at: Set(None),
    };
    api_token::Entity::insert(model).exec_without_returning(tx.db()).await?;
    let facts = json!({"token": row.id, "scopes": request.scopes, "party": request.party, "days": request.days});
    tx.emit(NewEvent::new("account", account, "account.token_created", facts));
    Ok(TokenView::of(&row))
}

/// The tokens of whoever asks, the newest first; revoked and ended ones as well.
///
/// # Errors
/// [`Refused`].
pub async fn list(accounts: &Accounts, actor: &Actor) -> Result<Vec<TokenView>, Error> {
    Grant::<OwnAccount>::check(actor, Space)?;
    let rows = api_token::Entity::find()
        .filter(api_token::Column::AccountId.eq(actor.signed_in()?.0))
        .order_by_desc(api_token::Column::CreatedAt)
        .limit(200)
        .all(accounts.store.db())
        .await?;
    Ok(rows.iter().map(TokenView::of).collect())
}

/// Revokes a token of one's own; it opens nothing from the next request on. Once more changes nothing.
///
/// # Errors
/// [`Refused::Hidden`] if there is no such token of this account.
pub async fn revoke(accounts: &Accounts, ctx: Ctx, id: TokenId) -> Result<TokenView, Error> {
    Grant::<OwnAccount>::check(&ctx.actor, Space)?;
    let account = ctx.actor.signed_in()?;
    accounts
        .store
        .write(ctx, move |tx| async move {
            let found = api_token::Entity::find_by_id(id.0).one(tx.db()).await?;
            let mut row = found.filter(|t| t.account_id == account.0).ok_or(Refused::Hidden)?;
            if row.revoked_at.is_none() {
                row.revoked_at = Some(tx.now());
                api_token::Entity::update_many()
                    .col_expr(api_token::Column::RevokedAt, Expr::value(row.revoked_at))
                    .filter(api_token::Column::Id.eq(id.0))
                    .exec(tx.db())
                    .await?;
                tx.emit(NewEvent::new("account", account, "account.token_revoked", json!({"token": id})));
            }
            Ok::<_, Error>(TokenView::of(&row))
        })
        .await
}
