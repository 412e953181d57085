//! The life cycle of an interest: one pure function that knows neither clock nor database.
//!
//! ```text
//! sent → read → accepted | declined | expired | withdrawn
//!   └─────┴→ needs_information ─(answer)→ read
//! ```
//! Being read decides nothing: whatever can happen to what is sent can happen to what was read.

base::words! {
    /// Where an interest stands.
    Status {
        /// It is with the owner, who has not opened it.
        Sent = "sent",
        /// The owner has opened it, or has the answer to what was asked.
        Read = "read",
        /// The owner asked something; it is with the seeker.
        NeedsInformation = "needs_information",
        /// The owner wants to go on.
        Accepted = "accepted",
        /// The owner does not, with the reason.
        Declined = "declined",
        /// Nobody answered in time.
        Expired = "expired",
        /// The seeker took it back.
        Withdrawn = "withdrawn",
    }
}

base::words! {
    /// How much of the seeker the owner is told.
    Anonymity {
        /// All of it.
        Named = "named",
        /// The sort of party, its section, its size and its province.
        SectorAndRegion = "sector_and_region",
        /// Nothing.
        Hidden = "hidden",
    }
}

base::words! {
    /// What can happen to an interest.
    Move {
        /// The owner opens it.
        Read = "read",
        /// The owner asks something.
        RequestInformation = "request_information",
        /// The owner wants to go on.
        Accept = "accept",
        /// The owner does not.
        Decline = "decline",
        /// The seeker answers what was asked.
        Answer = "answer",
        /// The seeker takes it back.
        Withdraw = "withdraw",
        /// The seeker lets the owner know who it is.
        Reveal = "reveal",
        /// Staff vouch for it and add what they know.
        Relay = "relay",
        /// Its time is over.
        Expire = "expire",
    }
}

impl Status {
    /// While something is still to come.
    #[must_use]
    pub fn is_open(self) -> bool {
        matches!(self, Self::Sent | Self::Read | Self::NeedsInformation)
    }

    /// The words of the open ones, for queries.
    pub(crate) const OPEN: [&'static str; 3] = ["sent", "read", "needs_information"];
}

/// What the life cycle goes by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct State {
    /// Where it stands.
    pub status: Status,
    /// How much of the seeker the owner is told.
    pub anonymity: Anonymity,
}

impl State {
    /// The state after `step`, or none if the life cycle has no such step from here.
    #[must_use]
    pub fn after(self, step: Move) -> Option<Self> {
        use {Move as M, Status as S};
        let to = |status| Some(Self { status, ..self });
        match (self.status, step) {
            (S::Sent, M::Read) | (S::NeedsInformation, M::Answer) => to(S::Read),
            (S::Sent | S::Read | S::NeedsInformation, M::RequestInformation) => to(S::NeedsInformation),
            (S::Sent | S::Read | S::NeedsInformation, M::Accept) => to(S::Accepted),
            (S::Sent | S::Read | S::NeedsInformation, M::Decline) => to(S::Declined),
            (S::Sent | S::Read | S::NeedsInformation, M::Withdraw) => to(S::Withdrawn),
            (S::Sent | S::Read | S::NeedsInformation, M::Expire) => to(S::Expired),
            (S::Sent | S::Read | S::NeedsInformation, M::Relay) => Some(self),
            // Whoever was declined or withdrew has nothing to gain from being named.
            (S::Sent | S::Read | S::NeedsInformation | S::Accepted, M::Reveal) if self.anonymity != Anonymity::Named => {
                Some(Self { anonymity: Anonymity::Named, ..self })
            }
            _ => None,
        }
    }

    /// Every step the life cycle has from here.
    #[must_use]
    pub fn steps(self) -> Vec<Move> {
        Move::ALL.iter().copied().filter(|step| self.after(*step).is_some()).collect()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn any_move() -> impl Strategy<Value = Move> {
        proptest::sample::select(Move::ALL)
    }

    fn any_anonymity() -> impl Strategy<Value = Anonymity> {
        proptest::sample::select(Anonymity::ALL)
    }

    proptest! {
        /// However people push: what is closed stays closed, what is told is never taken back, and only a question makes an
        /// answer possible.
        #[test]
        fn a_walk_never_opens_what_is_closed_nor_hides_who_is_named(
            anonymity in any_anonymity(),
            walk in proptest::collection::vec(any_move(), 0..40),
        ) {
            let mut state = State { status: Status::Sent, anonymity };
            let mut asked = false;
            for step in walk {
                let Some(after) = state.after(step) else {
                    prop_assert!(!state.steps().contains(&step));
                    continue;
                };
                if step == Move::Answer {
                    prop_assert!(asked);
                }
                asked = after.status == Status::NeedsInformation;
                if !state.status.is_open() {
                    prop_assert_eq!(after.status, state.status);
                    prop_assert_eq!((state.status, step), (Status::Accepted, Move::Reveal));
                }
                if step == Move::Reveal {
                    prop_assert_eq!((after.anonymity, after.status), (Anonymity::Named, state.status));
                } else {
                    prop_assert_eq!(after.anonymity, state.anonymity);
                }
                state = after;
            }
        }
    }

    #[test]
    fn every_status_is_reached_and_the_open_ones_can_be_ended_by_both_sides_and_by_the_clock() {
        let mut reached = vec![State { status: Status::Sent, anonymity: Anonymity::Hidden }];
        let mut n = 0;
        while let Some(state) = reached.get(n).copied() {
            for after in Move::ALL.iter().filter_map(|step| state.after(*step)) {
                if !reached.contains(&after) {
                    reached.push(after);
                }
            }
            n += 1;
        }
        for &status in Status::ALL {
            assert!(reached.iter().any(|s| s.status == status), "{status}");
            let state = State { status, anonymity: Anonymity::Named };
            for end in [Move::Accept, Move::Decline, Move::Withdraw, Move::Expire] {
                assert_eq!(state.after(end).is_some(), status.is_open(), "{status} {end}");
            }
            assert_eq!(Status::OPEN.contains(&status.as_str()), status.is_open());
            assert!(state.after(Move::Reveal).is_none(), "who is named has nothing to lift");
        }
    }
}
