//! Short questions that other crates ask inside their own transactions.

use std::collections::BTreeSet;

use base::{AccountId, PartyId, PartyRole, StaffRole};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, PaginatorTrait, QueryFilter, QuerySelect};
use store::StoreError;
use uuid::Uuid;

use crate::rows::{account, membership, party};
use crate::{email, words};

/// Whether there is such a party.
///
/// # Errors
/// If the database fails.
pub async fn party_exists(db: &impl ConnectionTrait, id: PartyId) -> Result<bool, StoreError> {
    Ok(party::Entity::find_by_id(id.0).count(db).await? > 0)
}

/// Whether the account is a confirmed member of the party.
///
/// # Errors
/// If the database fails.
pub async fn is_confirmed_member(db: &impl ConnectionTrait, account: AccountId, party: PartyId) -> Result<bool, StoreError> {
    Ok(roles_in(db, account, party).await?.is_some())
}

/// Of which of these parties the account is a confirmed member.
///
/// # Errors
/// If the database fails.
pub async fn confirmed_among(
    db: &impl ConnectionTrait,
    account: AccountId,
    parties: &BTreeSet<PartyId>,
) -> Result<BTreeSet<PartyId>, StoreError> {
    let own: Vec<Uuid> = membership::Entity::find()
        .select_only()
        .column(membership::Column::PartyId)
        .filter(membership::Column::AccountId.eq(account.0))
        .filter(membership::Column::Status.eq("confirmed"))
        .into_tuple()
        .all(db)
        .await?;
    Ok(own.into_iter().map(PartyId).filter(|party| parties.contains(party)).collect())
}

/// The account's roles in the party; none if it is no confirmed member.
///
/// # Errors
/// If the database fails.
pub async fn roles_in(db: &impl ConnectionTrait, account: AccountId, party: PartyId) -> Result<Option<BTreeSet<PartyRole>>, StoreError> {
    let found = membership::Entity::find()
        .filter(membership::Column::PartyId.eq(party.0))
        .filter(membership::Column::AccountId.eq(account.0))
        .filter(membership::Column::Status.eq("confirmed"))
        .one(db)
        .await?;
    Ok(found.map(|row| words::read(&row.roles)))
}

/// Those of these parties for which somebody acts who can sign in and has one of these roles.
///
/// # Errors
/// If the database fails.
pub async fn with_people(
    db: &impl ConnectionTrait,
    parties: &BTreeSet<PartyId>,
    roles: &[PartyRole],
) -> Result<BTreeSet<PartyId>, StoreError> {
    if parties.is_empty() {
        return Ok(BTreeSet::new());
    }
    let rows = membership::Entity::find()
        .find_also_related(account::Entity)
        .filter(membership::Column::PartyId.is_in(parties.iter().map(|party| party.0)))
        .filter(membership::Column::Status.eq("confirmed"))
        .filter(account::Column::Status.eq("active"))
        .all(db)
        .await?;
    let has_one = |held: &str| words::read::<PartyRole>(held).iter().any(|role| roles.contains(role));
    Ok(rows.into_iter().filter(|(row, _)| has_one(&row.roles)).map(|(row, _)| PartyId(row.party_id)).collect())
}

/// The active account with this address that is a confirmed member of the party; none whatever of it is not so.
///
/// # Errors
/// If the database fails.
pub async fn member_by_email(db: &impl ConnectionTrait, address: &str, party: PartyId) -> Result<Option<AccountId>, StoreError> {
    let found = account::Entity::find()
        .filter(account::Column::EmailKey.eq(email::key(address)))
        .filter(account::Column::Status.eq("active"))
        .one(db)
        .await?;
    let Some(row) = found else { return Ok(None) };
    Ok(is_confirmed_member(db, AccountId(row.id), party).await?.then_some(AccountId(row.id)))
}

/// Whether the account has a role in the space.
///
/// # Errors
/// If the database fails.
pub async fn has_staff_role(db: &impl ConnectionTrait, account: AccountId, role: StaffRole) -> Result<bool, StoreError> {
    Ok(crate::people::staff_with(db, role).await?.contains(&account))
}
