//! Reading memberships: of a party, of oneself, and what an [`Actor`] is made from.

use std::collections::{BTreeMap, BTreeSet};

use base::{AccountId, Actor, Grant, Lang, Localised, MembershipId, PartyId, PartyRole, Refused};
use chrono::{DateTime, Utc};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use serde::{Deserialize, Serialize};
use store::StoreError;
use utoipa::ToSchema;
use uuid::Uuid;

use super::{MEMBERS_MAX, MembershipRow, Status, roles_of};
use crate::access::ViewMembers;
use crate::rows::{account, membership};
use crate::{Accounts, Error, parties};

/// A membership as it is answered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct MembershipView {
    /// Its id.
    pub id: MembershipId,
    /// The party.
    pub party: PartyId,
    /// The party's address piece.
    pub party_slug: String,
    /// The party's names.
    pub party_names: Localised,
    /// The account, from the moment it accepted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account: Option<AccountId>,
    /// The person's name, from the moment they accepted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The address that was invited, or the account's.
    pub email: String,
    /// What the person may do there, once confirmed.
    pub roles: BTreeSet<PartyRole>,
    /// How far it has come.
    pub status: Status,
    /// Grows by one with every change; the ETag.
    pub version: i64,
    /// When it began.
    pub created_at: DateTime<Utc>,
    /// When it changed last.
    pub updated_at: DateTime<Utc>,
}

/// The active accounts that are confirmed members of a party with this role.
pub(crate) async fn confirmed_with(db: &impl ConnectionTrait, party: PartyId, role: PartyRole) -> Result<Vec<AccountId>, StoreError> {
    let rows = membership::Entity::find()
        .find_also_related(account::Entity)
        .filter(membership::Column::PartyId.eq(party.0))
        .filter(membership::Column::Status.eq("confirmed"))
        .filter(account::Column::Status.eq("active"))
        .all(db)
        .await?;
    Ok(rows.into_iter().filter(|(m, _)| roles_of(&m.roles).contains(&role)).filter_map(|(m, _)| m.account_id.map(AccountId)).collect())
}

/// The active accounts that are confirmed members of a party with one of these roles; an admin has the editor's too.
pub(crate) async fn confirmed_with_any(
    db: &impl ConnectionTrait,
    party: PartyId,
    roles: &[PartyRole],
) -> Result<Vec<AccountId>, StoreError> {
    let mut found = BTreeSet::new();
    for role in roles {
        found.extend(confirmed_with(db, party, *role).await?);
    }
    if roles.contains(&PartyRole::Editor) {
        found.extend(confirmed_with(db, party, PartyRole::Admin).await?);
    }
    Ok(found.into_iter().collect())
}

/// The confirmed memberships of an account, as its [`Actor`] carries them.
pub(crate) async fn acting(db: &impl ConnectionTrait, account: AccountId) -> Result<Vec<base::Membership>, StoreError> {
    let rows = membership::Entity::find()
        .filter(membership::Column::AccountId.eq(account.0))
        .filter(membership::Column::Status.eq("confirmed"))
        .all(db)
        .await?;
    Ok(rows.into_iter().map(|r| base::Membership { party: PartyId(r.party_id), roles: roles_of(&r.roles) }).collect())
}

/// The parties that each of these accounts is a confirmed member of; at most 500 accounts.
pub(crate) async fn parties_of(
    db: &impl ConnectionTrait,
    accounts: &[AccountId],
) -> Result<BTreeMap<AccountId, BTreeSet<PartyId>>, StoreError> {
    let rows: Vec<(Uuid, Uuid)> = membership::Entity::find()
        .select_only()
        .columns([membership::Column::AccountId, membership::Column::PartyId])
        .filter(membership::Column::AccountId.is_in(accounts.iter().map(|account| account.0)))
        .filter(membership::Column::Status.eq("confirmed"))
        .into_tuple()
        .all(db)
        .await?;
    let mut parties: BTreeMap<AccountId, BTreeSet<PartyId>> = BTreeMap::new();
    for (account, party) in rows {
        parties.entry(AccountId(account)).or_default().insert(PartyId(party));
    }
    Ok(parties)
}

/// Everybody who acts for a party or was asked to, in the order they came. For its members.
///
/// # Errors
/// [`Refused::Forbidden`] for others.
pub async fn of_party(accounts: &Accounts, actor: &Actor, party: PartyId) -> Result<Vec<MembershipView>, Error> {
    let db = accounts.store.db();
    let row = parties::find(db, party).await?.ok_or(Refused::Hidden)?;
    Grant::<ViewMembers>::check(actor, row)?;
    let rows = membership::Entity::find()
        .find_also_related(account::Entity)
        .filter(membership::Column::PartyId.eq(party.0))
        .order_by_asc(membership::Column::Id)
        .limit(MEMBERS_MAX)
        .all(db)
        .await?;
    views(db, rows).await
}

/// The memberships of whoever asks, open invitations among them.
///
/// # Errors
/// [`Refused::SignIn`] for nobody.
pub async fn mine(accounts: &Accounts, actor: &Actor) -> Result<Vec<MembershipView>, Error> {
    let db = accounts.store.db();
    let account = actor.signed_in()?;
    let rows = membership::Entity::find()
        .find_also_related(account::Entity)
        .filter(membership::Column::AccountId.eq(account.0))
        .order_by_asc(membership::Column::Id)
        .limit(MEMBERS_MAX)
        .all(db)
        .await?;
    views(db, rows).await
}

/// One membership, for whoever may see it.
///
/// # Errors
/// [`Refused::Hidden`] otherwise.
pub async fn get(accounts: &Accounts, actor: &Actor, id: MembershipId) -> Result<MembershipView, Error> {
    let db = accounts.store.db();
    let found = membership::Entity::find_by_id(id.0).find_also_related(account::Entity).one(db).await?;
    let (row, person) = found.ok_or(Refused::Hidden)?;
    if !base::Hideable::visible_to(&MembershipRow(row.clone()), actor) {
        return Err(Refused::Hidden.into());
    }
    views(db, vec![(row, person)]).await?.pop().ok_or_else(|| Refused::Hidden.into())
}

async fn views(db: &impl ConnectionTrait, rows: Vec<(membership::Model, Option<account::Model>)>) -> Result<Vec<MembershipView>, Error> {
    let ids: BTreeSet<PartyId> = rows.iter().map(|(m, _)| PartyId(m.party_id)).collect();
    let ids: Vec<PartyId> = ids.into_iter().collect();
    let briefs: BTreeMap<PartyId, parties::PartyBrief> = parties::load_many(db, &ids).await?.into_iter().map(|b| (b.id, b)).collect();
    rows.into_iter()
        .map(|(row, person)| {
            let party = PartyId(row.party_id);
            let status = Status::stored(&row.status)?;
            // An invited address stays an address: its name would tell that it has an account.
            let person = person.filter(|_| status != Status::Invited);
            let brief = briefs.get(&party);
            Ok(MembershipView {
                id: MembershipId(row.id),
                party,
                party_slug: brief.map_or_else(String::new, |b| b.slug.clone()),
                party_names: brief.map_or_else(Localised::default, |b| b.names.clone()),
                account: person.as_ref().map(|p| AccountId(p.id)),
                name: person.as_ref().map(|p| p.name.clone()),
                email: person.map_or(row.email, |p| p.email),
                roles: roles_of(&row.roles),
                status,
                version: row.version,
                created_at: row.created_at,
                updated_at: row.updated_at,
            })
        })
        .collect()
}

/// What an invitation's letter needs: the party's names, the address, and the language and account if there is one.
pub(crate) struct InvitationLetter {
    pub names: Localised,
    pub email: String,
    pub account: Option<(String, Lang)>,
}

pub(crate) async fn letter(db: &impl ConnectionTrait, id: MembershipId) -> Result<Option<InvitationLetter>, StoreError> {
    let Some((row, person)) = membership::Entity::find_by_id(id.0).find_also_related(account::Entity).one(db).await? else {
        return Ok(None);
    };
    if row.status != "invited" {
        return Ok(None);
    }
    let party = parties::load_many(db, &[PartyId(row.party_id)]).await?.pop();
    Ok(party.map(|p| InvitationLetter {
        names: p.names,
        email: row.email,
        account: person.map(|a| (a.name, crate::people::lang_of(&a.lang))),
    }))
}
