//! Who acts for a party: invited, accepted, confirmed, suspended.
//!
//! What always holds: only a confirmed membership becomes a [`base::Membership`] of an [`Actor`]; every step goes
//! through [`next`]; a party that has a confirmed admin keeps one.
//! An invitation names an e-mail address. Whether that address has an account is nobody's business: the row, the
//! answer and the list are the same, and the row gets its account when the address is confirmed.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use base::{AccountId, Actor, Grant, Lang, Localised, MembershipId, PartyId, PartyRole, Refused};
use chrono::{DateTime, Utc};
use sea_orm::sea_query::Expr;
use sea_orm::{ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect};
use serde::{Deserialize, Serialize};
use serde_json::json;
use store::{Ctx, NewEvent, StoreError, Tx};
use utoipa::ToSchema;

use crate::access::{InviteMember, ManageMembers, OwnMembership, ViewMembers};
use crate::email::Email;
use crate::rows::{account, membership};
use crate::{Accounts, Error, parties, words};

/// Most memberships of one party.
const MEMBERS_MAX: u64 = 500;

/// How far a membership has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// An admin asked.
    Invited,
    /// The person said yes.
    Accepted,
    /// An admin said yes as well: the only state that lets the person act.
    Confirmed,
    /// An admin stopped it for now.
    Suspended,
}

impl Status {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Invited, Self::Accepted, Self::Confirmed, Self::Suspended];

    /// The word in the database and the vocabulary.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Invited => "invited",
            Self::Accepted => "accepted",
            Self::Confirmed => "confirmed",
            Self::Suspended => "suspended",
        }
    }

    fn stored(word: &str) -> Result<Self, StoreError> {
        Self::ALL.into_iter().find(|s| s.as_str() == word).ok_or_else(|| StoreError::corrupt("membership", base_error()))
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

fn base_error() -> std::io::Error {
    std::io::Error::other("not one of the possible values")
}

/// A step of a membership.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Step {
    /// The person says yes.
    Accept,
    /// An admin says yes.
    Confirm,
    /// An admin stops it for now.
    Suspend,
    /// An admin lets it go on.
    Reinstate,
    /// The person declines or leaves.
    Leave,
    /// An admin ends it.
    Remove,
}

impl Step {
    /// All of them.
    pub const ALL: [Self; 6] = [Self::Accept, Self::Confirm, Self::Suspend, Self::Reinstate, Self::Leave, Self::Remove];

    fn event(self) -> &'static str {
        match self {
            Self::Accept => "membership.accepted",
            Self::Confirm => "membership.confirmed",
            Self::Suspend => "membership.suspended",
            Self::Reinstate => "membership.reinstated",
            Self::Leave => "membership.left",
            Self::Remove => "membership.removed",
        }
    }

    /// True for what the person does, false for what an admin does.
    fn is_own(self) -> bool {
        matches!(self, Self::Accept | Self::Leave)
    }
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.event().trim_start_matches("membership."))
    }
}

/// Where a step leads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    /// To this state.
    To(Status),
    /// The membership is over.
    Gone,
}

/// The rule: where a step leads from a state, or none if it leads nowhere.
#[must_use]
pub fn next(from: Status, step: Step) -> Option<Next> {
    match (from, step) {
        (Status::Invited, Step::Accept) => Some(Next::To(Status::Accepted)),
        (Status::Accepted, Step::Confirm) | (Status::Suspended, Step::Reinstate) => Some(Next::To(Status::Confirmed)),
        (Status::Confirmed, Step::Suspend) => Some(Next::To(Status::Suspended)),
        (_, Step::Leave | Step::Remove) => Some(Next::Gone),
        (Status::Invited, Step::Confirm | Step::Suspend | Step::Reinstate)
        | (Status::Accepted, Step::Accept | Step::Suspend | Step::Reinstate)
        | (Status::Confirmed, Step::Accept | Step::Confirm | Step::Reinstate)
        | (Status::Suspended, Step::Accept | Step::Confirm | Step::Suspend) => None,
    }
}

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

fn roles_of(words: &str) -> BTreeSet<PartyRole> {
    words::read(words)
}

/// Invites somebody by e-mail. The answer, the list and the time taken do not say whether the address has an account.
///
/// # Errors
/// [`Error::Invalid`] for an address that is none or is there already, [`Error::Throttled`] after many.
pub async fn invite(accounts: &Accounts, ctx: Ctx, party: PartyId, invitation: Invitation) -> Result<MembershipReceipt, Error> {
    let row = parties::find(accounts.store.db(), party).await?.ok_or(Refused::Hidden)?;
    Grant::<InviteMember>::check(&ctx.actor, row)?;
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
                Grant::<InviteMember>::check(&actor, parties::locked(&tx, party).await?)?;
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
                let id = new_row(&tx, party, account, &email, &roles, Status::Invited).await?;
                tx.emit(event(party, id, "membership.invited", &roles, 1));
                tx.enqueue("mail.party_invitation", &json!({"membership": id}), tx.now()).await?;
                Ok(MembershipReceipt { id, status: Some(Status::Invited), version: 1 })
            }
        })
        .await
}

async fn new_row(
    tx: &Tx,
    party: PartyId,
    account: Option<uuid::Uuid>,
    email: &Email,
    roles: &BTreeSet<PartyRole>,
    status: Status,
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
    let id = new_row(tx, party, Some(account.0), &email, &roles, Status::Confirmed).await?;
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
                let next = next(from, step).ok_or(Error::Step { from, step })?;
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
                tx.emit(event(row.party(), id, step.event(), &roles_of(&row.0.roles), version));
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

/// The confirmed memberships of an account, as its [`Actor`] carries them.
pub(crate) async fn acting(db: &impl ConnectionTrait, account: AccountId) -> Result<Vec<base::Membership>, StoreError> {
    let rows = membership::Entity::find()
        .filter(membership::Column::AccountId.eq(account.0))
        .filter(membership::Column::Status.eq("confirmed"))
        .all(db)
        .await?;
    Ok(rows.into_iter().map(|r| base::Membership { party: PartyId(r.party_id), roles: roles_of(&r.roles) }).collect())
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

#[cfg(test)]
mod tests {
    use super::*;

    /// Every state and step, and where it leads: anything not in the table leads nowhere.
    #[test]
    fn a_membership_never_leaves_its_diagram() {
        let table = [
            (Status::Invited, Step::Accept, Next::To(Status::Accepted)),
            (Status::Accepted, Step::Confirm, Next::To(Status::Confirmed)),
            (Status::Confirmed, Step::Suspend, Next::To(Status::Suspended)),
            (Status::Suspended, Step::Reinstate, Next::To(Status::Confirmed)),
        ];
        for from in Status::ALL {
            for step in Step::ALL {
                let wanted = match step {
                    Step::Leave | Step::Remove => Some(Next::Gone),
                    _ => table.iter().find(|(f, s, _)| (*f, *s) == (from, step)).map(|(_, _, n)| *n),
                };
                assert_eq!(next(from, step), wanted, "{from} {step}");
            }
        }
    }

    #[test]
    fn nobody_is_confirmed_without_the_person_and_an_admin() {
        // Walk every sequence of four steps: whoever ends confirmed has accepted and been confirmed on the way.
        let mut walks: Vec<(Status, Vec<Step>)> = vec![(Status::Invited, vec![])];
        for _ in 0..4 {
            walks = walks
                .into_iter()
                .flat_map(|(at, path)| {
                    Step::ALL.into_iter().filter_map(move |step| match next(at, step) {
                        Some(Next::To(to)) => Some((to, path.iter().copied().chain([step]).collect())),
                        _ => None,
                    })
                })
                .collect();
            for (at, path) in &walks {
                if *at == Status::Confirmed {
                    assert!(path.contains(&Step::Accept) && path.contains(&Step::Confirm));
                }
            }
        }
    }
}
