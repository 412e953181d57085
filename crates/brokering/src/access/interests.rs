//! Who may do what with an interest.

use base::{Action, Actor, Hideable, PartyId, PartyRole, Scope, StaffRole};

use crate::interests::{Case, Side};

/// True if the actor keeps the desk of interests and deals: brokers and administrators. Moderators judge what is
/// published; who asks whom is not theirs to know.
#[must_use]
pub fn keeps_the_desk(actor: &Actor) -> bool {
    let roles = [StaffRole::Broker, StaffRole::Administrator];
    actor.is_system() || (roles.into_iter().any(|role| actor.is_staff(role)) && actor.has_scope(Scope::Staff))
}

fn is_broker(actor: &Actor) -> bool {
    actor.is_system() || (actor.is_staff(StaffRole::Broker) && actor.has_scope(Scope::Staff))
}

/// A party that would turn to the party of a listing which the actor sees.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Approach {
    /// Who turns.
    pub seeker: PartyId,
    /// To whom.
    pub owner: PartyId,
}

impl Hideable for Approach {
    /// The listing was found and may be seen.
    fn visible_to(&self, _: &Actor) -> bool {
        true
    }
}

impl Hideable for Case {
    fn visible_to(&self, actor: &Actor) -> bool {
        self.side(actor).is_some()
    }
}

impl Case {
    /// On which side the actor stands, if on any. Somebody of the staff who belongs to the owner is the owner: what the
    /// owner is not told they are not told either.
    pub(crate) fn side(&self, actor: &Actor) -> Option<Side> {
        if actor.is_member(self.interest.seeker) {
            Some(Side::Seeker)
        } else if actor.is_member(self.interest.owner) {
            Some(Side::Owner)
        } else if keeps_the_desk(actor) {
            Some(Side::Staff)
        } else {
            None
        }
    }

    fn is_responsible(&self, actor: &Actor) -> bool {
        is_broker(actor)
            && self.listing.responsible.is_some()
            && self.listing.responsible == actor.account()
            && !actor.is_member(self.interest.seeker)
    }

    /// The broker who acts for a party that has nobody here, and belongs to neither side.
    fn is_keeper(&self, actor: &Actor) -> bool {
        let keeps = actor.account().is_some() && actor.account() == self.interest.kept_by;
        keeps && is_broker(actor) && self.side(actor) == Some(Side::Staff)
    }
}

super::actions! {
    /// Show interest for one's own party.
    ShowInterest = "interest.send" on Approach, |actor, approach| actor.has_scope(Scope::Write)
        && (actor.is_system() || actor.has_role(approach.seeker, PartyRole::Editor));
    /// Take an interest down for a party that called; never by somebody of the owner's.
    RecordInterest = "interest.record" on Approach, |actor, approach|
        actor.has_scope(Scope::Write) && is_broker(actor) && !actor.is_member(approach.owner);
    /// Read an interest, as far as one's side may.
    ViewInterest = "interest.view" on Case, |actor, _case| actor.has_scope(Scope::Read);
    /// Note that the owner has read it.
    ReadInterest = "interest.read" on Case, |actor, case|
        actor.has_scope(Scope::Write) && actor.has_role(case.interest.owner, PartyRole::Editor);
    /// Accept, decline, ask: the owner's editors and the broker who looks after the listing.
    ReplyToInterest = "interest.reply" on Case, |actor, case| actor.has_scope(Scope::Write)
        && (actor.is_system() || actor.has_role(case.interest.owner, PartyRole::Editor) || case.is_responsible(actor));
    /// Answer, withdraw: the seeker's editors, and the broker who acts for them.
    PursueInterest = "interest.pursue" on Case, |actor, case| actor.has_scope(Scope::Write)
        && (actor.is_system() || actor.has_role(case.interest.seeker, PartyRole::Editor) || case.is_keeper(actor));
    /// Lift the anonymity: the seeker's editors; the broker who acts for it only where it has nobody who could say so itself.
    RevealSender = "interest.reveal" on Case, |actor, case| actor.has_scope(Scope::Write)
        && (actor.is_system() || actor.has_role(case.interest.seeker, PartyRole::Editor)
            || (case.is_keeper(actor) && !case.speaks_for_itself));
    /// Vouch for it and add context: brokers who belong to neither side.
    RelayInterest = "interest.relay" on Case, |actor, case|
        actor.has_scope(Scope::Write) && is_broker(actor) && case.side(actor) == Some(Side::Staff);
}
