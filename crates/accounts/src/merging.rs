//! One party takes in another: what of it lies in this crate, and how the one that is gone is found afterwards.
//!
//! What always holds: nobody is a member twice; a stronger right wins, but somebody who was stopped stays stopped; the id,
//! the address and the tax code of the absorbed party lead to the one that took it in, however often that goes on. The
//! transaction is the caller's, who moves what other crates keep and checks that it can be (`brokering::merging`).

use std::collections::{BTreeMap, BTreeSet};

use base::{AccountId, Actor, Grant, Localised, PartyId, PartyRole, Refused};
use sea_orm::sea_query::Expr;
use sea_orm::{ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder};
use serde_json::json;
use store::{NewEvent, StoreError, Tx};

use crate::access::{MergeParties, Space};
use crate::membership::{MEMBERS_MAX, roles_of};
use crate::parties::{PartyRow, brief, locked};
use crate::rows::{account, api_token, expert, membership, notice, party, party_alias, party_private};
use crate::{Accounts, Error, PartyBrief, words};

/// Two parties of which the second takes in the first.
#[derive(Clone, Debug)]
pub struct Both {
    /// Who is gone afterwards.
    pub from: PartyBrief,
    /// Who stays.
    pub into: PartyBrief,
}

/// How much of a party lies in this crate.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Held {
    /// Its members, invited ones among them.
    pub members: u64,
    /// Programs that act for it.
    pub tokens: u64,
}

/// A party that another took in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Alias {
    /// Where it is found now.
    pub party: PartyId,
    /// What it was called.
    pub names: Localised,
}

/// Whether the actor lets parties take in others.
#[must_use]
pub fn may_merge(actor: &Actor) -> bool {
    Grant::<MergeParties>::check(actor, Space).is_ok()
}

/// Reads both parties to look at what a merger would do.
///
/// # Errors
/// [`Refused::Forbidden`] for everybody but administrators; [`Refused::Hidden`] for a party there is none of.
pub async fn look(accounts: &Accounts, actor: &Actor, from: PartyId, into: PartyId) -> Result<Both, Error> {
    if !actor.is_system() {
        actor.signed_in()?;
    }
    Grant::<MergeParties>::check(actor, Space)?;
    let db = accounts.store.db();
    let find = async |id| Ok::<_, Error>(crate::parties::find(db, id).await?.ok_or(Refused::Hidden)?);
    Ok(Both { from: of(find(from).await?)?, into: of(find(into).await?)? })
}

fn of(row: PartyRow) -> Result<PartyBrief, StoreError> {
    brief(row.0)
}

/// Locks both parties, in the order of their ids, so that two mergers never wait for each other.
///
/// # Errors
/// As [`look`]; [`Error::Stale`] if the absorbed party is not at `seen` any more.
pub async fn lock(tx: &Tx, actor: &Actor, from: PartyId, into: PartyId, seen: i64) -> Result<Both, Error> {
    Grant::<MergeParties>::check(actor, Space)?;
    let (first, second) = (from.min(into), from.max(into));
    let first = of(locked(tx, first).await?)?;
    let second = of(locked(tx, second).await?)?;
    let both = if first.id == from { Both { from: first, into: second } } else { Both { from: second, into: first } };
    if both.from.version == seen { Ok(both) } else { Err(Error::Stale { seen }) }
}

/// How much of a party lies here.
///
/// # Errors
/// If the database fails.
pub async fn held(db: &impl ConnectionTrait, party: PartyId) -> Result<Held, StoreError> {
    Ok(Held {
        members: membership::Entity::find().filter(membership::Column::PartyId.eq(party.0)).count(db).await?,
        tokens: api_token::Entity::find().filter(api_token::Column::PartyId.eq(party.0)).count(db).await?,
    })
}

/// Whether both together have more members than a party may have.
///
/// # Errors
/// If the database fails.
pub async fn is_too_large(db: &impl ConnectionTrait, both: &Both) -> Result<bool, StoreError> {
    Ok(held(db, both.from.id).await?.members + held(db, both.into.id).await?.members > MEMBERS_MAX)
}

/// How strong a membership is; one that was stopped is not started again by a merger.
fn strength(status: &str) -> u8 {
    match status {
        "suspended" => 3,
        "confirmed" => 2,
        "accepted" => 1,
        _ => 0,
    }
}

/// What becomes of somebody who is in both: the stronger status with its roles, or the roles of both where they stand
/// alike.
fn joined(kept: &membership::Model, other: &membership::Model) -> (String, BTreeSet<PartyRole>) {
    let (a, b) = (strength(&kept.status), strength(&other.status));
    let roles = |row: &membership::Model| roles_of(&row.roles);
    match a.cmp(&b) {
        std::cmp::Ordering::Greater => (kept.status.clone(), roles(kept)),
        std::cmp::Ordering::Less => (other.status.clone(), roles(other)),
        std::cmp::Ordering::Equal => (kept.status.clone(), roles(kept).union(&roles(other)).copied().collect()),
    }
}

/// Moves memberships, programs, what experts say they belong to and notices, and lets the absorbed party's id, address and tax
/// code lead to the other. Everything that other crates keep of it must have been moved before.
///
/// # Errors
/// If the database fails.
pub async fn absorb(tx: &Tx, both: &Both, reason: &str, by: Option<AccountId>) -> Result<(), StoreError> {
    let (from, into) = (both.from.id.0, both.into.id.0);
    let db = tx.db();
    move_members(tx, both).await?;
    api_token::Entity::update_many()
        .col_expr(api_token::Column::PartyId, Expr::value(into))
        .filter(api_token::Column::PartyId.eq(from))
        .exec(db)
        .await?;
    notice::Entity::update_many()
        .col_expr(notice::Column::AboutId, Expr::value(into))
        .filter(notice::Column::AboutKind.eq("party"))
        .filter(notice::Column::AboutId.eq(from))
        .exec(db)
        .await?;
    expert::Entity::update_many()
        .col_expr(expert::Column::PartyId, Expr::value(into))
        .filter(expert::Column::PartyId.eq(from))
        .exec(db)
        .await?;
    let private = party_private::Entity::find_by_id(from).one(db).await?;
    party_private::Entity::delete_by_id(from).exec(db).await?;
    party_alias::Entity::update_many()
        .col_expr(party_alias::Column::PartyId, Expr::value(into))
        .filter(party_alias::Column::PartyId.eq(from))
        .exec(db)
        .await?;
    let row = party_alias::ActiveModel {
        id: Set(from),
        slug: Set(both.from.slug.clone()),
        tax_code: Set(private.and_then(|p| p.tax_code)),
        names: Set(serde_json::to_string(&both.from.names).map_err(|e| StoreError::corrupt("party", e))?),
        party_id: Set(into),
        reason: Set(reason.to_owned()),
        merged_by: Set(by.map(|a| a.0)),
        merged_at: Set(tx.now()),
    };
    party_alias::Entity::insert(row).exec_without_returning(db).await?;
    party::Entity::delete_by_id(from).exec(db).await?;
    let version = both.into.version + 1;
    party::Entity::update_many()
        .col_expr(party::Column::Version, Expr::value(version))
        .col_expr(party::Column::UpdatedAt, Expr::value(tx.now()))
        .filter(party::Column::Id.eq(into))
        .exec(db)
        .await?;
    tx.emit(NewEvent::new("party", both.from.id, "party.absorbed", json!({ "into": both.into.id })));
    tx.emit(NewEvent::new("party", both.into.id, "party.merged", json!({ "from": both.from.id, "version": version })));
    Ok(())
}

async fn move_members(tx: &Tx, both: &Both) -> Result<(), StoreError> {
    let db = tx.db();
    let of = |party: PartyId| {
        membership::Entity::find().filter(membership::Column::PartyId.eq(party.0)).order_by_asc(membership::Column::Id).all(db)
    };
    let (there, here) = (of(both.into.id).await?, of(both.from.id).await?);
    for row in here {
        let same = there.iter().find(|m| m.email_key == row.email_key || (m.account_id.is_some() && m.account_id == row.account_id));
        let (id, roles, version) = match same {
            None => {
                let version = row.version + 1;
                membership::Entity::update_many()
                    .col_expr(membership::Column::PartyId, Expr::value(both.into.id.0))
                    .col_expr(membership::Column::Version, Expr::value(version))
                    .col_expr(membership::Column::UpdatedAt, Expr::value(tx.now()))
                    .filter(membership::Column::Id.eq(row.id))
                    .exec(db)
                    .await?;
                (row.id, roles_of(&row.roles), version)
            }
            Some(kept) => {
                let (status, roles) = joined(kept, &row);
                let version = kept.version + 1;
                membership::Entity::delete_by_id(row.id).exec(db).await?;
                membership::Entity::update_many()
                    .col_expr(membership::Column::Status, Expr::value(status))
                    .col_expr(membership::Column::Roles, Expr::value(words::write(&roles)))
                    // An invitation that nobody took up yet gets the account of the other row.
                    .col_expr(membership::Column::AccountId, Expr::value(kept.account_id.or(row.account_id)))
                    .col_expr(membership::Column::Version, Expr::value(version))
                    .col_expr(membership::Column::UpdatedAt, Expr::value(tx.now()))
                    .filter(membership::Column::Id.eq(kept.id))
                    .exec(db)
                    .await?;
                (kept.id, roles, version)
            }
        };
        let facts = json!({ "membership": id, "roles": roles, "membership_version": version, "from": both.from.id });
        tx.emit(NewEvent::new("party", both.into.id, "membership.merged", facts));
    }
    Ok(())
}

/// Everybody who acts for a party and can sign in.
///
/// # Errors
/// If the database fails.
pub async fn members(db: &impl ConnectionTrait, party: PartyId) -> Result<Vec<AccountId>, StoreError> {
    let rows = membership::Entity::find()
        .find_also_related(account::Entity)
        .filter(membership::Column::PartyId.eq(party.0))
        .filter(membership::Column::Status.eq("confirmed"))
        .filter(account::Column::Status.eq("active"))
        .all(db)
        .await?;
    Ok(rows.into_iter().filter_map(|(m, _)| m.account_id.map(AccountId)).collect())
}

/// Where a party is found that another took in; none for one that is there and for what never was one.
///
/// # Errors
/// If the database fails.
pub async fn moved(db: &impl ConnectionTrait, id: PartyId) -> Result<Option<Alias>, StoreError> {
    alias(party_alias::Entity::find_by_id(id.0).one(db).await?)
}

/// The same for many; ids of parties that are there are left out.
///
/// # Errors
/// If the database fails.
pub async fn moved_many(db: &impl ConnectionTrait, ids: &[PartyId]) -> Result<BTreeMap<PartyId, Alias>, StoreError> {
    let mut found = BTreeMap::new();
    for chunk in ids.chunks(500) {
        for row in party_alias::Entity::find().filter(party_alias::Column::Id.is_in(chunk.iter().map(|id| id.0))).all(db).await? {
            let id = PartyId(row.id);
            found.extend(alias(Some(row))?.map(|alias| (id, alias)));
        }
    }
    Ok(found)
}

/// The party that an id stands for by now: the one that took in its party, else itself.
///
/// # Errors
/// If the database fails.
pub async fn now(db: &impl ConnectionTrait, id: PartyId) -> Result<PartyId, StoreError> {
    Ok(moved(db, id).await?.map_or(id, |alias| alias.party))
}

/// The same by the address it had.
///
/// # Errors
/// If the database fails.
pub async fn moved_slug(db: &impl ConnectionTrait, slug: &str) -> Result<Option<Alias>, StoreError> {
    alias(party_alias::Entity::find().filter(party_alias::Column::Slug.eq(slug)).one(db).await?)
}

fn alias(row: Option<party_alias::Model>) -> Result<Option<Alias>, StoreError> {
    let Some(row) = row else { return Ok(None) };
    let names = serde_json::from_str(&row.names).map_err(|e| StoreError::corrupt("party", e))?;
    Ok(Some(Alias { party: PartyId(row.party_id), names }))
}
