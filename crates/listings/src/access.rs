//! Who may do what to a listing. The only place where that is decided; the names are rows of the access table.

use base::{Action, Actor, Hideable, PartyId, PartyRole, Scope, StaffRole};

use crate::head::{Head, Visibility};
use crate::kind::Kind;
use crate::need_desk::keeps_the_desk;
use crate::state::Status;

impl Head {
    /// Its own party's confirmed members, and the staff member who looks after it.
    pub(crate) fn is_insider(&self, actor: &Actor) -> bool {
        actor.is_system() || actor.is_member(self.party) || self.is_kept_by(actor)
    }

    /// Whether the actor is the staff member who looks after it: a broker, or of a need also a moderator.
    pub(crate) fn is_kept_by(&self, actor: &Actor) -> bool {
        let keeps = actor.is_staff(StaffRole::Broker) || (self.kind == Kind::Need && actor.is_staff(StaffRole::Moderator));
        keeps && self.responsible.is_some() && self.responsible == actor.account()
    }

    /// Moderators see whatever was ever submitted, with its history; drafts are the author's own.
    pub(crate) fn is_before_moderators(&self, actor: &Actor) -> bool {
        actor.is_staff(StaffRole::Moderator) && actor.has_scope(Scope::Staff) && self.submitted_at.is_some()
    }

    /// True if it is out and this actor belongs to its audience.
    pub(crate) fn is_out_for(&self, actor: &Actor) -> bool {
        self.state.status == Status::Published
            && match self.visibility {
                Visibility::Public => true,
                Visibility::Registered => actor.account().is_some(),
                Visibility::Invited => self.invited.iter().any(|p| actor.is_member(*p)),
                Visibility::Private => false,
            }
    }
}

impl Head {
    /// True if it is out and the members of this party see it.
    #[must_use]
    pub fn is_out_for_party(&self, party: PartyId) -> bool {
        self.state.status == Status::Published
            && match self.visibility {
                Visibility::Public | Visibility::Registered => true,
                Visibility::Invited => party == self.party || self.invited.contains(&party),
                Visibility::Private => party == self.party,
            }
    }
}

impl Hideable for Head {
    fn visible_to(&self, actor: &Actor) -> bool {
        self.is_insider(actor) || self.is_before_moderators(actor) || self.is_out_for(actor)
    }
}

/// Whether the actor writes the listing: for its party, or as the staff member who looks after it.
pub(crate) fn edits(actor: &Actor, listing: &Head) -> bool {
    actor.has_scope(Scope::Write) && (actor.is_system() || actor.has_role(listing.party, PartyRole::Editor) || listing.is_kept_by(actor))
}

/// Whether this is a need of the desk that the actor, a broker or an administrator, may give to somebody.
fn is_theirs_to_give(actor: &Actor, listing: &Head) -> bool {
    let gives = actor.is_staff(StaffRole::Broker) || actor.is_staff(StaffRole::Administrator);
    gives && keeps_the_desk(actor) && listing.kind == Kind::Need && listing.is_out_for(actor)
}

fn reviews(actor: &Actor, listing: &Head) -> bool {
    // Nobody reviews what their own party wants published, nor what they look after themselves.
    actor.is_system() || (listing.is_before_moderators(actor) && !actor.is_member(listing.party) && !listing.is_kept_by(actor))
}

macro_rules! actions {
    ($($(#[$doc:meta])* $name:ident = $text:literal: |$actor:ident, $listing:ident| $rule:expr;)+) => {$(
        $(#[$doc])*
        #[derive(Debug)]
        pub(crate) struct $name;
        impl Action for $name {
            const NAME: &'static str = $text;
            type Object = Head;
            fn allowed($actor: &Actor, $listing: &Head) -> bool {
                $rule
            }
        }
    )+};
}

actions! {
    /// Read what the audience may read.
    View = "listing.view": |actor, _listing| actor.has_scope(Scope::Read);
    /// Read drafts, versions, private terms.
    ViewInside = "listing.view_inside": |actor, listing| actor.has_scope(Scope::Read) && (listing.is_insider(actor) || listing.is_before_moderators(actor));
    /// Read the private terms: members and the staff member responsible.
    ViewPrivate = "listing.view_private": |actor, listing| actor.has_scope(Scope::Read) && listing.is_insider(actor);
    /// Write its content and private terms, submit it, hold, resume, confirm, withdraw, archive it.
    Edit = "listing.edit": |actor, listing| edits(actor, listing);
    /// Take away what was never published.
    Remove = "listing.remove": |actor, listing| actor.has_scope(Scope::Write) && (actor.is_system() || actor.has_role(listing.party, PartyRole::Editor));
    /// Choose who may see it.
    SetVisibility = "listing.set_visibility": |actor, listing| actor.has_scope(Scope::Write) && (actor.is_system() || actor.has_role(listing.party, PartyRole::Admin));
    /// Say who looks after it: its editors; of a need that is out, the brokers and administrators who keep the need desk, who
    /// leave its contact person alone. Whoever is responsible reads and writes as a member does, so each taking in hand is an
    /// event, and what is not out for a broker is not theirs to take.
    SetCare = "listing.set_care": |actor, listing| edits(actor, listing) || is_theirs_to_give(actor, listing);
    /// Claim and decide a submission.
    Review = "listing.review": |actor, listing| reviews(actor, listing);
}
