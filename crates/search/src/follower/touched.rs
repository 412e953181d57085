//! What events touch: which listings, parties and experts have to be looked at anew. Never here: what they look like.

use std::collections::BTreeSet;

use base::{ExpertId, ListingId, PartyId};
use store::EventRow;

/// Which listings, parties and experts events touched, each once.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Touched {
    /// The listings.
    pub listings: BTreeSet<ListingId>,
    /// The parties.
    pub parties: BTreeSet<PartyId>,
    /// Of the parties those that now look otherwise beside their listings.
    pub shown: BTreeSet<PartyId>,
    /// Of the parties those that took in another: what was shown to that one is now shown to them.
    pub merged: BTreeSet<PartyId>,
    /// The experts.
    pub experts: BTreeSet<ExpertId>,
}

impl Touched {
    /// What these events touch.
    #[must_use]
    pub fn by(events: &[EventRow]) -> Self {
        let mut touched = Self::default();
        for event in events {
            match event.subject_kind.as_str() {
                "listing" => {
                    touched.listings.insert(ListingId(event.subject_id));
                }
                // Who belongs to a party is nothing that search shows.
                "party" if !event.kind.starts_with("membership.") => {
                    let party = PartyId(event.subject_id);
                    touched.parties.insert(party);
                    if is_shown(event) {
                        touched.shown.insert(party);
                    }
                    if event.kind == "party.merged" {
                        touched.merged.insert(party);
                    }
                }
                "expert" => {
                    touched.experts.insert(ExpertId(event.subject_id));
                }
                _ => {}
            }
        }
        touched
    }

    /// Whether it is nothing.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.listings.is_empty() && self.parties.is_empty() && self.experts.is_empty()
    }
}

/// Whether an event of a party changes what its listings show of it. A party may have very many, so that they are not written
/// anew for each word of its own page.
fn is_shown(event: &EventRow) -> bool {
    let fact = |name: &str| event.payload.get(name);
    match event.kind.as_str() {
        "party.edited" => fact("shown_changed").and_then(serde_json::Value::as_bool).unwrap_or(true),
        "party.verified" => {
            let is_verified = |name: &str| fact(name).and_then(serde_json::Value::as_str) != Some("unverified");
            is_verified("was") != is_verified("level")
        }
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use uuid::Uuid;

    use super::*;

    fn event(subject_kind: &str, subject: u128, kind: &str) -> EventRow {
        EventRow {
            position: 1,
            at: chrono::DateTime::UNIX_EPOCH,
            actor_kind: "system".into(),
            actor_id: None,
            subject_kind: subject_kind.into(),
            subject_id: Uuid::from_u128(subject),
            kind: kind.into(),
            payload: serde_json::Value::Null,
        }
    }

    #[test]
    fn a_partys_listings_are_written_anew_for_what_they_show_of_it_alone() {
        let with = |n: u128, kind: &str, payload| EventRow { payload, ..event("party", n, kind) };
        let touched = Touched::by(&[
            with(1, "party.edited", json!({ "version": 2, "shown_changed": false })),
            with(2, "party.edited", json!({ "version": 2, "shown_changed": true })),
            with(3, "party.verified", json!({ "was": "document", "level": "registry" })),
            with(4, "party.verified", json!({ "was": "unverified", "level": "document" })),
            with(5, "party.merged", json!({ "from": "x", "version": 2 })),
            with(6, "party.verified", json!({ "was": "document", "level": "unverified" })),
        ]);
        let parties = |all: &[u128]| all.iter().map(|n| PartyId(Uuid::from_u128(*n))).collect::<BTreeSet<_>>();
        assert_eq!(touched.parties, parties(&[1, 2, 3, 4, 5, 6]));
        assert_eq!(touched.shown, parties(&[2, 4, 5, 6]));
        assert_eq!(touched.merged, parties(&[5]));
    }

    #[test]
    fn what_many_events_touch_is_looked_at_once() {
        let touched = Touched::by(&[
            event("listing", 1, "listing.published"),
            event("listing", 1, "listing.withdrawn"),
            event("listing", 2, "listing.edited"),
            event("party", 3, "party.edited"),
            event("party", 4, "membership.confirmed"),
            event("account", 5, "account.signed_in"),
            event("expert", 6, "expert.withdrawn"),
        ]);
        assert_eq!(touched.listings.len(), 2);
        assert_eq!(touched.parties, BTreeSet::from([PartyId(Uuid::from_u128(3))]));
        assert_eq!(touched.experts, BTreeSet::from([ExpertId(Uuid::from_u128(6))]));
        assert!(Touched::by(&[event("account", 5, "account.signed_in")]).is_empty());
    }
}
