//! Who may do what with a deal.

use std::collections::BTreeSet;

use base::{Action, Actor, Hideable, PartyId, PartyRole, Scope, StaffRole};

use super::confidential::is_person;
use crate::deals::{Deal, Role, Side};
use crate::pipelines::Part;

impl Deal {
    /// A member of staff who brokers this deal. Whoever became a member of a party in it since brokers it no more: nobody does
    /// between others and their own.
    pub(crate) fn is_brokered_by(&self, actor: &Actor) -> bool {
        actor.is_staff(StaffRole::Broker)
            && self.brokers.iter().any(|b| Some(b.account) == actor.account())
            && !self.parties_of_sides().any(|(_, party)| actor.is_member(party))
    }

    /// Who reads all of it: members of either side, and its brokers.
    pub(crate) fn is_inside(&self, actor: &Actor) -> bool {
        actor.is_system() || self.is_brokered_by(actor) || self.parties_of_sides().any(|(_, party)| actor.is_member(party))
    }

    /// The parts in which somebody may move it; a part needs the role as well as the right to write.
    pub(crate) fn parts_of(&self, actor: &Actor) -> BTreeSet<Part> {
        let mut parts = BTreeSet::new();
        if !actor.has_scope(Scope::Write) {
            return parts;
        }
        parts.extend(self.sides_of(actor).into_iter().map(|side| if side == Side::Owner { Part::Owner } else { Part::Seeker }));
        if self.is_brokered_by(actor) {
            parts.insert(Part::Broker);
        }
        if manages_deals(actor) {
            parts.insert(Part::Staff);
        }
        parts
    }

    /// The sides for which somebody writes: editors and those who sign.
    pub(crate) fn sides_of(&self, actor: &Actor) -> BTreeSet<Side> {
        self.written_for(actor).map(|(side, _)| side).collect()
    }

    /// The party for which somebody writes on a side; of several the one that gives or takes, not one that stands beside it.
    pub(crate) fn party_of(&self, actor: &Actor, side: Side) -> Option<PartyId> {
        let first = self.party_as(if side == Side::Owner { Role::Owner } else { Role::Seeker });
        let own: Vec<PartyId> = self.written_for(actor).filter(|(of, _)| *of == side).map(|(_, party)| party).collect();
        first.filter(|party| own.contains(party)).or_else(|| own.first().copied())
    }

    /// The parties for which somebody writes.
    pub(crate) fn parties_written_for(&self, actor: &Actor) -> BTreeSet<PartyId> {
        self.written_for(actor).map(|(_, party)| party).collect()
    }

    /// Whether somebody writes for this party, as long as it stands on a side.
    pub(crate) fn writes_for(&self, actor: &Actor, party: PartyId) -> bool {
        self.written_for(actor).any(|(_, own)| own == party)
    }

    fn written_for(&self, actor: &Actor) -> impl Iterator<Item = (Side, PartyId)> {
        let writes = |party| actor.has_role(party, PartyRole::Editor) || actor.has_role(party, PartyRole::Signatory);
        self.parties_of_sides().filter(move |(_, party)| writes(*party))
    }
}

/// Whether somebody sees that deals are there, where each stands and who brokers it, though not what is said in it.
#[must_use]
pub fn manages_deals(actor: &Actor) -> bool {
    actor.is_system() || (actor.is_staff(StaffRole::Administrator) && actor.has_scope(Scope::Staff))
}

/// Whether somebody brokers deals.
#[must_use]
pub fn brokers_deals(actor: &Actor) -> bool {
    actor.is_staff(StaffRole::Broker) && actor.has_scope(Scope::Staff)
}

/// A deal as brokers find it who are not in it: there as long as it is open and nobody brokers it.
#[derive(Debug)]
pub(crate) struct Unbrokered(pub Deal);

impl Hideable for Unbrokered {
    fn visible_to(&self, actor: &Actor) -> bool {
        brokers_deals(actor) && self.0.is_open && self.0.brokers.is_empty()
    }
}

fn works(actor: &Actor, deal: &Deal) -> bool {
    actor.has_scope(Scope::Write) && (actor.is_system() || deal.is_brokered_by(actor) || !deal.sides_of(actor).is_empty())
}

impl Hideable for Deal {
    fn visible_to(&self, actor: &Actor) -> bool {
        self.is_inside(actor) || manages_deals(actor)
    }
}

super::actions! {
    /// See that it is there, where it stands, who is in it and who brokers it.
    ViewDeal = "deal.view" on Deal, |actor, _deal| actor.has_scope(Scope::Read);
    /// Read what is said, offered, agreed, paid and reached in it.
    ReadDeal = "deal.read" on Deal, |actor, deal| actor.has_scope(Scope::Read) && deal.is_inside(actor);
    /// Open its documents. By the person, as with what is confided: keys of programs are passed around.
    OpenDocument = "deal.open_document" on Deal, |actor, deal| is_person(actor) && actor.has_scope(Scope::Read) && deal.is_inside(actor);
    /// Accept the confidentiality agreement. By the person.
    AcceptDealNda = "deal.accept_nda" on Deal, |actor, deal| is_person(actor) && actor.has_scope(Scope::Read) && deal.is_inside(actor);
    /// Read who opened the documents that one's own party handed in. By the person, as with what is confided.
    ReadOpenings = "deal.read_openings" on Deal, |actor, deal| is_person(actor) && actor.has_scope(Scope::Read)
        && (deal.is_brokered_by(actor) || !deal.sides_of(actor).is_empty());
    /// Write, meet, offer, record in it.
    WorkDeal = "deal.work" on Deal, |actor, deal| works(actor, deal);
    /// Move it; which way whom is the pipeline's to say.
    MoveDeal = "deal.move" on Deal, |actor, deal| !deal.parts_of(actor).is_empty() || actor.is_system();
    /// Say who is in it: its brokers. Whoever is let in reads all of it, so neither side lets anybody in alone.
    SetDealParties = "deal.set_parties" on Deal, |actor, deal| actor.has_scope(Scope::Write)
        && (actor.is_system() || deal.is_brokered_by(actor));
    /// Say what is transferred: whoever writes for the side that gives, and its brokers.
    SetDealObjects = "deal.set_objects" on Deal, |actor, deal| actor.has_scope(Scope::Write)
        && (actor.is_system() || deal.is_brokered_by(actor) || deal.sides_of(actor).contains(&Side::Owner));
    /// Say who brokers it: its brokers, and administrators.
    SetBrokers = "deal.set_brokers" on Deal, |actor, deal| actor.has_scope(Scope::Write)
        && (deal.is_brokered_by(actor) || manages_deals(actor));
    /// Broker it, where nobody does.
    TakeDeal = "deal.take" on Unbrokered, |actor, _deal| actor.has_scope(Scope::Write);
    /// State one's interests as its broker.
    StateInterests = "deal.state_interests" on Deal, |actor, deal| actor.has_scope(Scope::Write) && deal.is_brokered_by(actor);
}
