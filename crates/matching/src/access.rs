//! Who may do what with matches. The only place where that is decided; the names are rows of the access table.
//!
//! Finding counterparts needs no permission of its own: whoever may see a listing may ask what answers it, and gets what
//! they may see.

use base::{Action, Actor, Hideable, PartyId, PartyRole, Refused, Scope, StaffRole};
use listings::published::Published;

use crate::feedback::Speaker;
use crate::matcher::may_see;

/// A need and an offer that are out.
#[derive(Debug)]
pub(crate) struct Two {
    pub(crate) need: Published,
    pub(crate) offer: Published,
}

impl Hideable for Two {
    fn visible_to(&self, actor: &Actor) -> bool {
        may_see(actor, &self.need.audience) && may_see(actor, &self.offer.audience)
    }
}

/// A party whose counterparts are asked for. That a party is there, everybody may know.
#[derive(Debug)]
pub(crate) struct Of(pub(crate) PartyId);

impl Hideable for Of {
    fn visible_to(&self, _: &Actor) -> bool {
        true
    }
}

/// A need whose candidates are weighed.
#[derive(Debug)]
pub(crate) struct Sought(pub(crate) Published);

impl Hideable for Sought {
    fn visible_to(&self, actor: &Actor) -> bool {
        may_see(actor, &self.0.audience)
    }
}

/// A broker at work.
pub(crate) fn brokers(actor: &Actor) -> bool {
    actor.is_staff(StaffRole::Broker) && actor.has_scope(Scope::Staff)
}

/// For which side an actor speaks of a pair; whoever belongs to both speaks for the one they chose, else for the seeker.
pub(crate) fn side_of(actor: &Actor, two: &Two, chosen: Option<Speaker>) -> Option<Speaker> {
    let as_owner = chosen == Some(Speaker::Owner) && actor.has_role(two.offer.owner.id, PartyRole::Editor);
    if actor.has_role(two.need.owner.id, PartyRole::Editor) && !as_owner {
        Some(Speaker::Seeker)
    } else if actor.has_role(two.offer.owner.id, PartyRole::Editor) {
        Some(Speaker::Owner)
    } else {
        brokers(actor).then_some(Speaker::Broker)
    }
}

/// Whether an actor learns what a listing's side and brokers said of its counterparts.
pub(crate) fn weighs(actor: &Actor, party: PartyId) -> bool {
    actor.is_system() || actor.is_member(party) || brokers(actor)
}

/// Says whether a pair is good.
#[derive(Debug)]
pub(crate) struct GiveFeedback;

impl Action for GiveFeedback {
    const NAME: &'static str = "match.feedback";
    type Object = Two;
    fn allowed(actor: &Actor, two: &Two) -> bool {
        actor.account().is_some() && actor.has_scope(Scope::Write) && side_of(actor, two, None).is_some()
    }
}

/// Reads the best counterparts of all listings of a party.
#[derive(Debug)]
pub(crate) struct ReadPartyMatches;

impl Action for ReadPartyMatches {
    const NAME: &'static str = "match.of_party";
    type Object = Of;
    fn allowed(actor: &Actor, party: &Of) -> bool {
        actor.has_scope(Scope::Read) && (actor.is_system() || actor.is_member(party.0) || brokers(actor))
    }
}

/// Compares the candidates of a need side by side, with what was noted of them.
#[derive(Debug)]
pub(crate) struct Compare;

impl Action for Compare {
    const NAME: &'static str = "match.compare";
    type Object = Sought;
    fn allowed(actor: &Actor, need: &Sought) -> bool {
        actor.has_scope(Scope::Read) && weighs(actor, need.0.owner.id)
    }
}

/// Takes a candidate into closer consideration, or drops it again.
#[derive(Debug)]
pub(crate) struct Shortlist;

impl Action for Shortlist {
    const NAME: &'static str = "match.shortlist";
    type Object = Sought;
    fn allowed(actor: &Actor, need: &Sought) -> bool {
        actor.account().is_some() && actor.has_scope(Scope::Write) && (actor.has_role(need.0.owner.id, PartyRole::Editor) || brokers(actor))
    }
}

/// Where the space has no counterparts: for brokers, analysts and administrators.
///
/// # Errors
/// [`Refused`] for everybody else.
pub(crate) fn may_read_gaps(actor: &Actor) -> Result<(), Refused> {
    if actor.is_system() {
        return Ok(());
    }
    actor.signed_in()?;
    let roles = [StaffRole::Broker, StaffRole::Analyst, StaffRole::Administrator];
    if actor.has_scope(Scope::Staff) && roles.into_iter().any(|role| actor.is_staff(role)) {
        Ok(())
    } else {
        Err(Refused::Forbidden { action: "match.gaps" })
    }
}
