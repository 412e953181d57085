//! Who may do what with what is confided.
//!
//! It belongs to its owner's people and to whom it was opened. No role in the space changes that: neither the staff member
//! who looks after a listing nor an administrator is among them. In an emergency an administrator may break the glass,
//! which the owner is told and reads in the ledger.

use base::{AccountId, Action, Actor, Capacity, Hideable, PartyId, PartyRole, Scope, StaffRole};
use listings::Head;

use crate::confidential::disclosures::DisclosureState;

/// The confidential part of a listing.
#[derive(Debug)]
pub(crate) struct Confided(pub Head);

/// What was opened to one person.
#[derive(Debug)]
pub(crate) struct Disclosed {
    /// Whose listing it is.
    pub owner: PartyId,
    /// The party of the person.
    pub party: PartyId,
    /// The person.
    pub reader: AccountId,
    /// How far it has come by today.
    pub state: DisclosureState,
}

/// The contents behind a disclosure: there as long as they may be opened.
#[derive(Debug)]
pub(crate) struct Contents(pub Disclosed);

/// The confidential part of a listing in an emergency.
#[derive(Debug)]
pub(crate) struct BehindGlass(pub Head);

/// Whoever writes or signs for the owner.
fn is_owners(actor: &Actor, owner: PartyId) -> bool {
    actor.has_scope(Scope::Read) && (actor.has_role(owner, PartyRole::Editor) || actor.has_role(owner, PartyRole::Signatory))
}

/// Whoever speaks for the owner towards others.
fn speaks(actor: &Actor, owner: PartyId) -> bool {
    is_person(actor)
        && actor.has_scope(Scope::Write)
        && (actor.has_role(owner, PartyRole::Admin) || actor.has_role(owner, PartyRole::Signatory))
}

/// A person in a session: what is confided is not for programs, whose keys are passed around.
pub(crate) fn is_person(actor: &Actor) -> bool {
    matches!(actor.capacity, Capacity::Person(_))
}

impl Disclosed {
    /// The named person, as long as they are a confirmed member of the party it was opened to.
    pub(crate) fn is_reader(&self, actor: &Actor) -> bool {
        actor.account() == Some(self.reader) && actor.is_member(self.party) && actor.has_scope(Scope::Read)
    }
}

impl Hideable for Confided {
    fn visible_to(&self, actor: &Actor) -> bool {
        is_owners(actor, self.0.party)
    }
}

/// Whether somebody may break the glass in an emergency: administrators, in person.
#[must_use]
pub fn breaks_glass(actor: &Actor) -> bool {
    actor.is_staff(StaffRole::Administrator) && actor.has_scope(Scope::Staff) && actor.account().is_some()
}

impl Hideable for BehindGlass {
    fn visible_to(&self, actor: &Actor) -> bool {
        breaks_glass(actor)
    }
}

impl Hideable for Disclosed {
    fn visible_to(&self, actor: &Actor) -> bool {
        is_owners(actor, self.owner) || self.is_reader(actor)
    }
}

impl Hideable for Contents {
    fn visible_to(&self, actor: &Actor) -> bool {
        let is_open = matches!(self.0.state, DisclosureState::Granted | DisclosureState::Accepted);
        is_owners(actor, self.0.owner) || (is_open && self.0.is_reader(actor))
    }
}

super::actions! {
    /// Read what is confided of a listing of one's own, and its ledger.
    ReadConfidential = "confidential.read" on Confided, |actor, _part| is_person(actor);
    /// Write it, hand in and remove files.
    EditConfidential = "confidential.edit" on Confided, |actor, part|
        actor.has_scope(Scope::Write) && actor.has_role(part.0.party, PartyRole::Editor);
    /// Open it to a named person.
    GrantDisclosure = "disclosure.grant" on Confided, |actor, part| speaks(actor, part.0.party);
    /// See to whom it was opened.
    ListDisclosures = "disclosure.list" on Confided, |_actor, _part| true;
    /// See that something was opened, to whom and until when.
    ViewDisclosure = "disclosure.view" on Disclosed, |_actor, _it| true;
    /// Accept the agreement. By the person.
    AcceptNda = "disclosure.accept_nda" on Disclosed, |actor, it| is_person(actor) && it.is_reader(actor);
    /// Open what was confided. By the person.
    OpenContents = "disclosure.open" on Contents, |actor, it| is_person(actor) && it.0.is_reader(actor);
    /// Open it without a grant, in an emergency. By the person.
    BreakGlass = "confidential.break_glass" on BehindGlass, |actor, _it| is_person(actor);
    /// Close it again.
    RevokeDisclosure = "disclosure.revoke" on Disclosed, |actor, it| speaks(actor, it.owner);
    /// Read who opened it when. For the owner.
    ReadLedger = "disclosure.read_ledger" on Disclosed, |actor, it| is_person(actor) && is_owners(actor, it.owner);
}
