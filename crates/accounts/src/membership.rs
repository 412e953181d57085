//! Who acts for a party: invited, accepted, confirmed, suspended.
//!
//! What always holds: only a confirmed membership becomes a [`base::Membership`] of an [`Actor`]; every step goes
//! through [`next`]; a party that has a confirmed admin keeps one.
//! An invitation names an e-mail address. Whether that address has an account is nobody's business: the row, the
//! answer and the list are the same, and the row gets its account when the address is confirmed.

mod read;
mod rule;

use std::collections::BTreeSet;

use base::{AccountId, Actor, Grant, MembershipId, PartyId, PartyRole, Refused};
use sea_orm::sea_query::Expr;
use sea_orm::{ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, PaginatorTrait, QueryFilter};
use serde::{Deserialize, Serialize};
use serde_json::json;
use store::{Ctx, NewEvent, StoreError, Tx};
use utoipa::ToSchema;

use crate::access::{InviteMember, ManageMembers, OwnMembership, may_found};
use crate::email::Email;
use crate::rows::{account, membership};
use crate::{Accounts, Error, parties, words};

pub use read::{MembershipView, get, mine, of_party};
pub(crate) use read::{acting, confirmed_with, confirmed_with_any, letter, parties_of};
pub use rule::{Next, Status, Step, next};

/// Most memberships of one party.
pub(crate) const MEMBERS_MAX: u64 = 500;

/// A membership as it is stored.
#[derive(Clone, Debug)]
pub struct MembershipRow(membership::Model);

impl MembershipRow {
    /// The party.
    #[must_use]
    pub fn party(&self) -> PartyId {
        PartyId(self.0.party_id)
    }

    /// The account, once the invited address has one.
    #[must_use]
    pub fn account(&self) -> Option<AccountId> {
        self.0.account_id.map(AccountId)
    }

    fn is_confirmed_admin(&self) -> bool {
        self.0.status == "confirmed" && roles_of(&self.0.roles).contains(&PartyRole::Admin)
    }
}

/// The answer to a change of a membership.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct MembershipReceipt {
    /// Its id.
    pub id: MembershipId,
    /// Where it is now; none when it is over.
    pub status: Option<Status>,
    /// Its version after the change.
    pub version: i64,
}

/// Whom to invite, and as what.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Invitation {
    /// The address to write to.
    #[schema(max_length = 254)]
    pub email: String,
    /// What the person will be able to do; at least one role.
    pub roles: BTreeSet<PartyRole>,
}

pub(crate) fn roles_of(words: &str) -> BTreeSet<PartyRole> {
    words::read(words)
}

/// Invites somebody by e-mail. The answer, the list and the time taken do not say whether the address has an account.
///
/// # Errors
/// [`Error::Invalid`] for an address that is none or is there already, [`Error::Throttled`] after many.
pub async fn invite(accounts: &Accounts, ctx: Ctx, party: PartyId, invitation: Invitation) -> Result<MembershipReceipt, Error> {
    let row = parties::find(accounts.store.db(), party).await?.ok_or(Refused::Hidden)?;
    invites_for_the_space(accounts.store.db(), &ctx.actor, row).await?;
    let mut faults = base::Faults::new();
    let email = Email::checked(&invitation.email, "/email", &mut faults);
    if invitation.roles.is_empty() {
        faults.add("/roles", "roles_missing");
    }
    faults.into_result()?;
    let Some(email) = email else { return Err(Error::fault("/email", "email_form")) };
    if let Some(account) = ctx.actor.account() {
        accounts.attempt("invite", &account.to_string(), accounts.settings.invitations_per_account).await?;
    }
    let (actor, roles) = (ctx.actor.clone(), invitation.roles);
    accounts
        .store
        .write(ctx, move |tx| {
            let (actor, email, roles) = (actor.clone(), email.clone(), roles.clone());
            async move {
                let by_space = invites_for_the_space(tx.db(), &actor, parties::locked(&tx, party).await?).await?;
                invite_in(&tx, party, &email, &roles, by_space).await
            }
        })
        .await
}

/// Whether the party has an admin, be it one who is suspended or cannot sign in: then the party is no business of staff.
async fn is_administered(db: &impl ConnectionTrait, party: PartyId) -> Result<bool, StoreError> {
    let rows = membership::Entity::find()
        .filter(membership::Column::PartyId.eq(party.0))
        .filter(membership::Column::Status.is_in([Status::Confirmed.as_str(), Status::Suspended.as_str()]))
        .all(db)
        .await?;
    Ok(rows.iter().any(|row| roles_of(&row.roles).contains(&PartyRole::Admin)))
}

/// Whether it is the space that invites, since nobody administers the party yet; refused if neither may.
async fn invites_for_the_space(db: &impl ConnectionTrait, actor: &Actor, party: parties::PartyRow) -> Result<bool, Error> {
    let id = party.id();
    match Grant::<InviteMember>::check(actor, party) {
        Ok(_) => Ok(false),
        Err(_) if may_found(actor) && !is_administered(db, id).await? => Ok(true),
        Err(refused) => Err(refused.into()),
    }
}

/// Invites whoever has this address to administer a party that staff registered. The caller owns the transaction and
/// has checked the right.
///
/// # Errors
/// [`Error::Invalid`] with the pointer `/email` for an address that is none or is there already.
pub async fn invite_first_admin(tx: &Tx, party: PartyId, address: &str) -> Result<MembershipReceipt, Error> {
    let mut faults = base::Faults::new();
    let email = Email::checked(address, "/email", &mut faults);
    faults.into_result()?;
    let Some(email) = email else { return Err(Error::fault("/email", "email_form")) };
    if is_administered(tx.db(), party).await? {
        return Err(Error::fault("/email", "party_has_admin"));
    }
    invite_in(tx, party, &email, &BTreeSet::from([PartyRole::Admin]), true).await
}

async fn invite_in(
    tx: &Tx,
    party: PartyId,
    email: &Email,
    roles: &BTreeSet<PartyRole>,
    by_space: bool,
) -> Result<MembershipReceipt, Error> {
    let of_party = membership::Entity::find().filter(membership::Column::PartyId.eq(party.0));
    if of_party.clone().count(tx.db()).await? >= MEMBERS_MAX {
        return Err(Error::fault("/email", "too_many_members"));
    }
    let account = account::Entity::find()
        .filter(account::Column::EmailKey.eq(email.key()))
        .filter(account::Column::Status.ne("unconfirmed"))
        .one(tx.db())
        .await?;
    let account = account.map(|a| a.id);
    let mut same = sea_orm::Condition::any().add(membership::Column::EmailKey.eq(email.key()));
    if let Some(account) = account {
        same = same.add(membership::Column::AccountId.eq(account));
    }
    if of_party.filter(same).count(tx.db()).await? > 0 {
        return Err(Error::fault("/email", "already_member"));
    }
    let id = new_row(tx, party, account, email, roles, Status::Invited, by_space).await?;
    tx.emit(event(party, id, "membership.invited", roles, 1));
    tx.enqueue("mail.party_invitation", &json!({"membership": id}), tx.now()).await?;
    Ok(MembershipReceipt { id, status: Some(Status::Invited), version: 1 })
}

async fn new_row(
    tx: &Tx,
    party: PartyId,
    account: Option<uuid::Uuid>,
    email: &Email,
    roles: &BTreeSet<PartyRole>,
    status: Status,
    by_space: bool,
) -> Result<MembershipId, StoreError> {
    let id = tx.new_id();
    let row = membership::ActiveModel {
        id: Set(id),
        party_id: Set(party.0),
        account_id: Set(account),
        email: Set(email.as_typed().to_owned()),
        email_key: Set(email.key().to_owned()),
        roles: Set(words::write(roles)),
        status: Set(status.as_str().to_owned()),
        by_space: Set(by_space),
        version: Set(1),
        created_at: Set(tx.now()),
        updated_at: Set(tx.now()),
    };
    membership::Entity::insert(row).exec_without_returning(tx.db()).await?;
    Ok(MembershipId(id))
}

fn event(party: PartyId, id: MembershipId, kind: &'static str, roles: &BTreeSet<PartyRole>, version: i64) -> NewEvent {
    NewEvent::new("party", party, kind, json!({"membership": id, "roles": roles, "membership_version": version}))
}

/// Makes whoever registers a party its confirmed admin.
pub(crate) async fn found(tx: &Tx, party: PartyId, account: AccountId) -> Result<(), Error> {
    put(tx, party, account, BTreeSet::from([PartyRole::Admin])).await.map(|_| ())
}

async fn put(tx: &Tx, party: PartyId, account: AccountId, roles: BTreeSet<PartyRole>) -> Result<MembershipReceipt, Error> {
    let person = account::Entity::find_by_id(account.0).one(tx.db()).await?.ok_or(Refused::Hidden)?;
    let email = Email::stored(person.email, person.email_key);
    let id = new_row(tx, party, Some(account.0), &email, &roles, Status::Confirmed, false).await?;
    tx.emit(event(party, id, "membership.confirmed", &roles, 1));
    Ok(MembershipReceipt { id, status: Some(Status::Confirmed), version: 1 })
}

/// Makes an account a confirmed member at once: for demonstrations and for operators who repair a party without admins.
///
/// # Errors
/// [`Refused::Forbidden`] for everybody but [`Ctx::system`].
pub async fn put_confirmed(
    accounts: &Accounts,
    ctx: Ctx,
    party: PartyId,
    account: AccountId,
    roles: BTreeSet<PartyRole>,
) -> Result<MembershipReceipt, Error> {
    if !ctx.actor.is_system() {
        return Err(Refused::Forbidden { action: "membership.put" }.into());
    }
    accounts
        .store
        .write(ctx, move |tx| {
            let roles = roles.clone();
            async move {
                parties::locked(&tx, party).await?;
                put(&tx, party, account, roles).await
            }
        })
        .await
}

/// Gives the open invitations of an address the account that was just confirmed there.
pub(crate) async fn attach(tx: &Tx, account: AccountId, email_key: &str) -> Result<(), StoreError> {
    membership::Entity::update_many()
        .col_expr(membership::Column::AccountId, Expr::value(account.0))
        .filter(membership::Column::EmailKey.eq(email_key))
        .filter(membership::Column::AccountId.is_null())
        .exec(tx.db())
        .await?;
    Ok(())
}

/// Takes a step. `seen` is the version the client saw, where it says so.
///
/// # Errors
/// [`Error::Step`] if the membership is not where that step begins, [`Error::LastAdmin`] if the party would have no
/// confirmed admin left, [`Error::Stale`] if it changed.
pub async fn step(accounts: &Accounts, ctx: Ctx, id: MembershipId, seen: Option<i64>, step: Step) -> Result<MembershipReceipt, Error> {
    let actor = ctx.actor.clone();
    accounts
        .store
        .write(ctx, move |tx| {
            let actor = actor.clone();
            async move {
                let row = authorised(&tx, &actor, id, seen, step.is_own()).await?;
                let from = Status::stored(&row.0.status)?;
                let mut next = next(from, step).ok_or(Error::Step { from, step })?;
                // Staff asked the first admin, and there is nobody to say yes after them.
                let is_first = step == Step::Accept && row.0.by_space && !is_administered(tx.db(), row.party()).await?;
                if is_first {
                    next = Next::To(Status::Confirmed);
                }
                if next != Next::To(Status::Confirmed) && row.is_confirmed_admin() {
                    keep_an_admin(&tx, &row).await?;
                }
                let version = row.0.version + 1;
                match next {
                    Next::Gone => {
                        let gone = membership::Entity::delete_many()
                            .filter(membership::Column::Id.eq(id.0))
                            .filter(membership::Column::Version.eq(row.0.version))
                            .exec(tx.db())
                            .await?;
                        changed(gone.rows_affected, row.0.version)?;
                    }
                    Next::To(status) => {
                        let update = membership::Entity::update_many().col_expr(membership::Column::Status, Expr::value(status.as_str()));
                        save(&tx, update, &row).await?;
                    }
                }
                let kind = if is_first { Step::Confirm.event() } else { step.event() };
                tx.emit(event(row.party(), id, kind, &roles_of(&row.0.roles), version));
                if next != Next::To(Status::Confirmed)
                    && let Some(account) = row.account()
                {
                    crate::experts::left(&tx, account, row.party()).await?;
                }
                let status = match next {
                    Next::To(status) => Some(status),
                    Next::Gone => None,
                };
                Ok(MembershipReceipt { id, status, version })
            }
        })
        .await
}

/// Sets what a member may do.
///
/// # Errors
/// As [`step`]; [`Error::Invalid`] for no role at all.
pub async fn set_roles(
    accounts: &Accounts,
    ctx: Ctx,
    id: MembershipId,
    seen: i64,
    roles: BTreeSet<PartyRole>,
) -> Result<MembershipReceipt, Error> {
    let actor = ctx.actor.clone();
    accounts
        .store
        .write(ctx, move |tx| {
            let (actor, roles) = (actor.clone(), roles.clone());
            async move {
                let row = authorised(&tx, &actor, id, Some(seen), false).await?;
                if roles.is_empty() {
                    return Err(Error::fault("/roles", "roles_missing"));
                }
                if row.is_confirmed_admin() && !roles.contains(&PartyRole::Admin) {
                    keep_an_admin(&tx, &row).await?;
                }
                let update = membership::Entity::update_many().col_expr(membership::Column::Roles, Expr::value(words::write(&roles)));
                save(&tx, update, &row).await?;
                let version = row.0.version + 1;
                tx.emit(event(row.party(), id, "membership.roles_changed", &roles, version));
                Ok(MembershipReceipt { id, status: Some(Status::stored(&row.0.status)?), version })
            }
        })
        .await
}

/// Loads a membership under its party's lock and checks that the actor may do this to it.
async fn authorised(tx: &Tx, actor: &Actor, id: MembershipId, seen: Option<i64>, own: bool) -> Result<MembershipRow, Error> {
    let found = membership::Entity::find_by_id(id.0).one(tx.db()).await?.ok_or(Refused::Hidden)?;
    parties::locked(tx, PartyId(found.party_id)).await?;
    // Read again: it may have changed before the lock was ours.
    let row = membership::Entity::find_by_id(id.0).one(tx.db()).await?.ok_or(Refused::Hidden)?;
    let row = if own {
        Grant::<OwnMembership>::check(actor, MembershipRow(row))?.into_object()
    } else {
        Grant::<ManageMembers>::check(actor, MembershipRow(row))?.into_object()
    };
    match seen {
        Some(seen) if seen != row.0.version => Err(Error::Stale { seen }),
        _ => Ok(row),
    }
}

async fn save(tx: &Tx, update: sea_orm::UpdateMany<membership::Entity>, row: &MembershipRow) -> Result<(), Error> {
    let done = update
        .col_expr(membership::Column::Version, Expr::value(row.0.version + 1))
        .col_expr(membership::Column::UpdatedAt, Expr::value(tx.now()))
        .filter(membership::Column::Id.eq(row.0.id))
        .filter(membership::Column::Version.eq(row.0.version))
        .exec(tx.db())
        .await?;
    changed(done.rows_affected, row.0.version)
}

fn changed(rows: u64, seen: i64) -> Result<(), Error> {
    if rows == 1 { Ok(()) } else { Err(Error::Stale { seen }) }
}

/// Refuses if nobody but this member is a confirmed admin with an account that can sign in.
async fn keep_an_admin(tx: &Tx, row: &MembershipRow) -> Result<(), Error> {
    let admins = confirmed_with(tx.db(), row.party(), PartyRole::Admin).await?;
    if admins.iter().any(|a| Some(*a) != row.account()) { Ok(()) } else { Err(Error::LastAdmin) }
}
