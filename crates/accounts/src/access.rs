//! Who may do what to accounts, parties and memberships. Every rule of this crate stands in this file.
//!
//! A token needs the scope as well as the right: `write` for changes, `staff` for staff work. A person whose second
//! factor is still due has the scope `read` only and no memberships (`actor`), so everything here refuses by itself.

use base::{Action, Actor, Capacity, Hideable, PartyRole, Scope, StaffRole};

use crate::experts::ExpertRow;
use crate::membership::MembershipRow;
use crate::parties::PartyRow;
use crate::people::AccountRow;

/// The space as a whole: always visible.
#[derive(Clone, Copy, Debug)]
pub struct Space;

impl Hideable for Space {
    fn visible_to(&self, _: &Actor) -> bool {
        true
    }
}

impl Hideable for PartyRow {
    /// Parties are public.
    fn visible_to(&self, _: &Actor) -> bool {
        true
    }
}

impl Hideable for MembershipRow {
    /// Members of the party see its memberships, and everybody their own.
    fn visible_to(&self, actor: &Actor) -> bool {
        actor.is_system() || actor.is_member(self.party()) || (self.account().is_some() && self.account() == actor.account())
    }
}

impl Hideable for ExpertRow {
    /// A published profile is everybody's to see, any other its owner's alone.
    fn visible_to(&self, actor: &Actor) -> bool {
        self.is_public() || actor.account() == Some(self.account())
    }
}

impl Hideable for AccountRow {
    /// Everybody sees their own account, administrators all.
    fn visible_to(&self, actor: &Actor) -> bool {
        may_manage_accounts(actor) || actor.account() == Some(self.id())
    }
}

/// Whether the list of accounts is this actor's to read and change.
#[must_use]
pub fn may_manage_accounts(actor: &Actor) -> bool {
    actor.is_staff(StaffRole::Administrator) && actor.has_scope(Scope::Staff)
}

fn is_admin_of(actor: &Actor, party: base::PartyId) -> bool {
    actor.is_system() || (actor.has_role(party, PartyRole::Admin) && actor.has_scope(Scope::Write))
}

macro_rules! action {
    ($(#[$doc:meta])* $name:ident = $text:literal on $object:ty, |$actor:ident, $it:ident| $rule:expr) => {
        $(#[$doc])*
        #[derive(Debug)]
        pub struct $name;
        impl Action for $name {
            const NAME: &'static str = $text;
            type Object = $object;
            fn allowed($actor: &Actor, $it: &Self::Object) -> bool {
                $rule
            }
        }
    };
}

action! {
    /// Read what everybody may read of a party.
    ViewParty = "party.view" on PartyRow, |_actor, _party| true
}
action! {
    /// Read a party's street and tax code: its members, and the staff who verify it.
    ViewPartyPrivate = "party.view_private" on PartyRow, |actor, party|
        actor.is_system() || actor.is_member(party.id()) || may_verify(actor)
}
action! {
    /// Register a party. By a person: a token may be limited to one party and must not make others.
    CreateParty = "party.create" on Space, |actor, _space|
        actor.is_system() || (matches!(actor.capacity, Capacity::Person(_)) && actor.has_scope(Scope::Write))
}
action! {
    /// Change what a party says about itself.
    EditParty = "party.edit" on PartyRow, |actor, party| is_admin_of(actor, party.id())
}
action! {
    /// Say how a party's identity was checked.
    VerifyParty = "party.verify" on PartyRow, |actor, _party| may_verify(actor)
}
action! {
    /// Let one party take in another.
    MergeParties = "party.merge" on Space, |actor, _space|
        actor.is_system() || (may_manage_accounts(actor) && actor.has_scope(Scope::Write))
}
action! {
    /// See who acts for a party.
    ViewMembers = "membership.view" on PartyRow, |actor, party| actor.is_system() || actor.is_member(party.id())
}
action! {
    /// Invite somebody to act for a party.
    InviteMember = "membership.invite" on PartyRow, |actor, party| is_admin_of(actor, party.id())
}
action! {
    /// Confirm, suspend, reinstate, remove, give roles.
    ManageMembers = "membership.manage" on MembershipRow, |actor, row| is_admin_of(actor, row.party())
}
action! {
    /// Accept or decline an invitation, or leave. By the person.
    OwnMembership = "membership.own" on MembershipRow, |actor, row|
        row.account().is_some() && may_own(actor) && actor.account() == row.account()
}
action! {
    /// Change one's own account: name, password, second factor, sessions, tokens. Never by a token.
    OwnAccount = "account.own" on Space, |actor, _space| may_own(actor)
}
action! {
    /// Write, publish and withdraw what one says of oneself as an expert. By the person: a token consents to nothing.
    ManageOwnExpert = "expert.own" on Space, |actor, _space| may_own(actor)
}
action! {
    /// Read an expert's profile.
    ViewExpert = "expert.view" on ExpertRow, |_actor, _expert| true
}
action! {
    /// List accounts, read any, disable and enable, give staff roles.
    ManageAccounts = "account.manage" on Space, |actor, _space| may_manage_accounts(actor)
}
action! {
    /// The same for one account; that of others is hidden from all but administrators.
    ManageAccount = "account.manage_one" on AccountRow, |actor, _account| may_manage_accounts(actor)
}

/// Whether this actor says how the identity of parties was checked.
#[must_use]
pub fn may_verify(actor: &Actor) -> bool {
    let staff = [StaffRole::Moderator, StaffRole::Registrar, StaffRole::Administrator];
    actor.has_scope(Scope::Staff) && staff.into_iter().any(|role| actor.is_staff(role))
}

/// Whether this actor records parties that nobody acts for yet, and invites whoever shall administer them.
#[must_use]
pub fn may_found(actor: &Actor) -> bool {
    let staff = [StaffRole::Broker, StaffRole::Moderator];
    actor.has_scope(Scope::Staff) && actor.has_scope(Scope::Write) && staff.into_iter().any(|role| actor.is_staff(role))
}

fn may_own(actor: &Actor) -> bool {
    matches!(actor.capacity, Capacity::Person(_)) && actor.has_scope(Scope::Write)
}
