//! From the secret of a request to who is asking, looked up anew each time: what was taken away is gone with the next
//! request.

use std::collections::BTreeSet;

use base::secret::Secret;
use base::{AccountId, Actor, Capacity, PartyId, Scope};
use chrono::TimeDelta;
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use store::{Ctx, StoreError};

use crate::people::{AccountStatus, lang_of};
use crate::rows::{account, api_token, session};
use crate::sessions::{self, SessionView};
use crate::settings::SecondFactorRule;
use crate::tokens::TokenView;
use crate::{Accounts, membership, tokens, words};

/// How often it is noted that a session or token was used.
const TOUCH: TimeDelta = TimeDelta::minutes(1);
/// No secret of ours is longer.
const SECRET_MAX: usize = 128;

/// Who a session's secret stands for, or none if it stands for nobody (any more).
///
/// While a second factor is due the actor is the person without memberships, staff roles and every scope but `read`;
/// staff who have to set one up are there without their staff roles.
///
/// # Errors
/// If the database fails.
pub async fn of_session(accounts: &Accounts, secret: &Secret) -> Result<Option<(Actor, SessionView)>, StoreError> {
    if !plausible(secret, sessions::PREFIX) {
        return Ok(None);
    }
    let (db, now) = (accounts.store.db(), accounts.store.clock().now());
    let found =
        session::Entity::find().find_also_related(account::Entity).filter(session::Column::SecretHash.eq(secret.hash())).one(db).await?;
    let Some((row, Some(account))) = found else { return Ok(None) };
    if !sessions::is_live(&row, &accounts.settings, now) || !is_active(&account) {
        return Ok(None);
    }
    let view = SessionView::of(&row, &account, &accounts.settings, now, true);
    let id = AccountId(account.id);
    let mut actor = Actor {
        capacity: Capacity::Person(id),
        lang: lang_of(&account.lang),
        memberships: Vec::new(),
        staff: BTreeSet::new(),
        scopes: BTreeSet::from([Scope::Read]),
    };
    if !view.second_factor_due {
        actor.memberships = membership::acting(db, id).await?;
        actor.scopes = Scope::ALL.iter().copied().collect();
        if !view.second_factor_setup_due {
            actor.staff = words::read(&account.staff);
        }
    }
    if now - row.seen_at >= TOUCH {
        let touch =
            session::Entity::update_many().col_expr(session::Column::SeenAt, Expr::value(now)).filter(session::Column::Id.eq(row.id));
        noted(accounts.store.write(Ctx::system(), move |tx| run(tx, touch.clone())).await);
    }
    Ok(Some((actor, view)))
}

/// Who a token's secret stands for, or none if it stands for nobody (any more). The actor may what the account may,
/// cut down to the token's scopes and to its party if it has one.
///
/// # Errors
/// If the database fails.
pub async fn of_token(accounts: &Accounts, secret: &Secret) -> Result<Option<(Actor, TokenView)>, StoreError> {
    if !plausible(secret, tokens::PREFIX) {
        return Ok(None);
    }
    let (db, now) = (accounts.store.db(), accounts.store.clock().now());
    let found = api_token::Entity::find()
        .find_also_related(account::Entity)
        .filter(api_token::Column::SecretHash.eq(secret.hash()))
        .one(db)
        .await?;
    let Some((row, Some(account))) = found else { return Ok(None) };
    if row.revoked_at.is_some() || row.ends_at <= now || !is_active(&account) {
        return Ok(None);
    }
    let id = AccountId(account.id);
    let scopes: BTreeSet<Scope> = words::read(&row.scopes);
    let mut memberships = membership::acting(db, id).await?;
    if let Some(party) = row.party_id {
        memberships.retain(|m| m.party == PartyId(party));
    }
    let strong = row.second_factor || accounts.settings.staff_second_factor == SecondFactorRule::Optional;
    let staff =
        if scopes.contains(&Scope::Staff) && row.party_id.is_none() && strong { words::read(&account.staff) } else { BTreeSet::new() };
    let actor = Actor { capacity: Capacity::Program(id), lang: lang_of(&account.lang), memberships, staff, scopes };
    if row.used_at.is_none_or(|at| now - at >= TOUCH) {
        let touch = api_token::Entity::update_many()
            .col_expr(api_token::Column::UsedAt, Expr::value(Some(now)))
            .filter(api_token::Column::Id.eq(row.id));
        noted(accounts.store.write(Ctx::system(), move |tx| run(tx, touch.clone())).await);
    }
    Ok(Some((actor, TokenView::of(&row))))
}

/// Who an account is when the space writes to it by itself: what it may read, and nothing it may change. None if it may
/// not sign in.
///
/// # Errors
/// If the database fails.
pub async fn of_account(accounts: &Accounts, id: AccountId) -> Result<Option<Actor>, StoreError> {
    let db = accounts.store.db();
    let Some(account) = crate::people::find(db, id).await?.filter(is_active) else { return Ok(None) };
    Ok(Some(Actor {
        capacity: Capacity::Program(id),
        lang: lang_of(&account.lang),
        memberships: membership::acting(db, id).await?,
        staff: words::read(&account.staff),
        scopes: BTreeSet::from([Scope::Read, Scope::Staff]),
    }))
}

fn plausible(secret: &Secret, prefix: &str) -> bool {
    secret.reveal().starts_with(prefix) && secret.reveal().len() <= SECRET_MAX
}

fn is_active(account: &account::Model) -> bool {
    AccountStatus::stored(&account.status) == AccountStatus::Active
}

async fn run<E: EntityTrait>(tx: store::Tx, update: sea_orm::UpdateMany<E>) -> Result<(), StoreError> {
    update.exec(tx.db()).await?;
    Ok(())
}

/// That a use could not be noted (the disk is full, the queue is long) keeps nobody out.
fn noted(result: Result<(), StoreError>) {
    if let Err(error) = result {
        tracing::warn!(%error, "the use of a session or token could not be noted");
    }
}
