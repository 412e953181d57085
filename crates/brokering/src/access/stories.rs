//! Who may do what with the success story of a deal.
//!
//! A story is the sides' own until all of them consent to it. Then moderators see it and decide whether it is published:
//! nobody who is in the deal, or earns by it, decides that.

use base::{Action, Actor, Capacity, Hideable, PartyId, PartyRole, Scope, StaffRole};

use super::manages_deals;
use crate::deals::Deal;
use crate::stories::Story;

/// A deal with its story, if one was written.
#[derive(Clone, Debug)]
pub(crate) struct StoryCase {
    /// The deal.
    pub deal: Deal,
    /// Its story.
    pub story: Option<Story>,
}

/// A party's word on a story.
#[derive(Clone, Debug)]
pub(crate) struct Word {
    /// The story.
    pub case: StoryCase,
    /// Whose word.
    pub party: PartyId,
}

fn moderates(actor: &Actor) -> bool {
    actor.is_staff(StaffRole::Moderator) && actor.has_scope(Scope::Staff)
}

/// Whether somebody decides which stories are published.
#[must_use]
pub(crate) fn moderates_stories(actor: &Actor) -> bool {
    actor.is_system() || moderates(actor)
}

/// A moderator who neither belongs to a party of the deal nor brokers it.
fn judges(actor: &Actor, case: &StoryCase) -> bool {
    let belongs = case.deal.parties.iter().any(|(_, party)| actor.is_member(*party));
    let brokers = case.deal.brokers.iter().any(|broker| Some(broker.account) == actor.account());
    moderates(actor) && !belongs && !brokers
}

/// Whoever speaks for a party towards others, in person.
fn speaks(actor: &Actor, party: PartyId) -> bool {
    matches!(actor.capacity, Capacity::Person(_))
        && actor.has_scope(Scope::Write)
        && (actor.has_role(party, PartyRole::Admin) || actor.has_role(party, PartyRole::Signatory))
}

impl Hideable for StoryCase {
    fn visible_to(&self, actor: &Actor) -> bool {
        let is_agreed = self.story.as_ref().is_some_and(|story| story.agreed_at.is_some());
        self.deal.visible_to(actor) || (is_agreed && moderates(actor))
    }
}

impl Hideable for Word {
    fn visible_to(&self, actor: &Actor) -> bool {
        self.case.visible_to(actor)
    }
}

super::actions! {
    /// Read the story of a deal, and who consents to it.
    ViewStory = "story.view" on StoryCase, |actor, _case| actor.has_scope(Scope::Read);
    /// Write it: whoever writes for a side, the deal's brokers, administrators.
    WriteStory = "story.write" on StoryCase, |actor, case| actor.has_scope(Scope::Write)
        && (actor.is_system()
            || case.deal.is_brokered_by(actor)
            || !case.deal.sides_of(actor).is_empty()
            || manages_deals(actor));
    /// Consent for a party, and take that back. By a person who speaks for it.
    ConsentToStory = "story.consent" on Word, |actor, word| speaks(actor, word.party);
    /// Publish it: moderators with no part in the deal.
    PublishStory = "story.publish" on StoryCase, |actor, case| actor.has_scope(Scope::Write) && judges(actor, case);
    /// Take it out of public again: moderators and administrators.
    UnpublishStory = "story.unpublish" on StoryCase, |actor, case| actor.has_scope(Scope::Write)
        && (judges(actor, case) || manages_deals(actor));
}
