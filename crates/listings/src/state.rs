//! The life cycle of a listing: one pure function that knows neither clock nor database.
//!
//! ```text
//! draft → submitted → published → (on_hold ⇄ published) → expired | withdrawn → archived
//!              ├→ changes_requested → submitted
//!              └→ rejected
//! ```
//! A published listing that is edited keeps its status; what was written is a *pending revision* with its own small
//! cycle, and the public sees the last approved version until the revision is published.

use serde::{Deserialize, Serialize};

base::words! {
    /// Where a listing stands.
    Status {
        /// Being written.
        Draft = "draft",
        /// Waits for a moderator.
        Submitted = "submitted",
        /// A moderator asked for changes.
        ChangesRequested = "changes_requested",
        /// A moderator said no, with the reason.
        Rejected = "rejected",
        /// To be seen by its audience.
        Published = "published",
        /// Taken down for a while by its owner.
        OnHold = "on_hold",
        /// Nobody confirmed that it still holds.
        Expired = "expired",
        /// Taken down for good by its owner.
        Withdrawn = "withdrawn",
        /// Closed.
        Archived = "archived",
    }
}

base::words! {
    /// Where the pending revision of a published listing stands.
    Revision {
        /// There is none.
        None = "none",
        /// Being written.
        Draft = "draft",
        /// Waits for a moderator.
        Submitted = "submitted",
        /// A moderator asked for changes.
        ChangesRequested = "changes_requested",
        /// A moderator said no; the public version stays.
        Rejected = "rejected",
    }
}

base::words! {
    /// What can happen to a listing.
    Move {
        /// Its content is written.
        Edit = "edit",
        /// It is handed to the moderators.
        Submit = "submit",
        /// A moderator asks for changes.
        RequestChanges = "request_changes",
        /// A moderator rejects it.
        Reject = "reject",
        /// A moderator publishes what was submitted.
        Publish = "publish",
        /// The pending revision is dropped.
        DiscardRevision = "discard_revision",
        /// Its owner takes it down for a while.
        Hold = "hold",
        /// Its owner puts it back.
        Resume = "resume",
        /// Its owner confirms that it still holds.
        Confirm = "confirm",
        /// Its owner takes it down for good.
        Withdraw = "withdraw",
        /// Its time is over.
        Expire = "expire",
        /// It is closed.
        Archive = "archive",
    }
}

/// Where a listing and its pending revision stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct State {
    /// The listing.
    pub status: Status,
    /// Its pending revision; `None` unless the listing is published or on hold.
    pub revision: Revision,
}

impl State {
    /// A new draft.
    pub const NEW: Self = Self { status: Status::Draft, revision: Revision::None };

    /// The state after `step`, or none if the life cycle has no such step from here.
    #[must_use]
    pub fn after(self, step: Move) -> Option<Self> {
        use {Move as M, Revision as R, Status as S};
        let at = |status| Some(Self { status, revision: R::None });
        let pending = |revision| Some(Self { status: self.status, revision });
        match (self.status, self.revision, step) {
            (S::Draft | S::ChangesRequested, _, M::Edit) => Some(self),
            (S::Draft | S::ChangesRequested, _, M::Submit) => at(S::Submitted),
            (S::Submitted, _, M::RequestChanges) => at(S::ChangesRequested),
            (S::Submitted, _, M::Reject) => at(S::Rejected),
            (S::Submitted, _, M::Publish) => at(S::Published),

            (S::Published | S::OnHold, R::None | R::Draft | R::Rejected, M::Edit) => pending(R::Draft),
            (S::Published | S::OnHold, R::ChangesRequested, M::Edit) => Some(self),
            (S::Published | S::OnHold, R::Draft | R::ChangesRequested, M::Submit) => pending(R::Submitted),
            (S::Published | S::OnHold, R::Submitted, M::RequestChanges) => pending(R::ChangesRequested),
            (S::Published | S::OnHold, R::Submitted, M::Reject) => pending(R::Rejected),
            (S::Published | S::OnHold, R::Submitted, M::Publish) => pending(R::None),
            (S::Published | S::OnHold, R::Draft | R::ChangesRequested | R::Rejected, M::DiscardRevision) => pending(R::None),

            (S::Published, revision, M::Hold) => Some(Self { status: S::OnHold, revision }),
            (S::OnHold, revision, M::Resume) => Some(Self { status: S::Published, revision }),
            (S::Published | S::OnHold, _, M::Confirm) => Some(self),
            (S::Published | S::OnHold, _, M::Withdraw) => at(S::Withdrawn),
            (S::Published | S::OnHold, _, M::Expire) => at(S::Expired),
            (S::Expired | S::Withdrawn, _, M::Archive) => at(S::Archived),
            _ => None,
        }
    }

    /// Every step the life cycle has from here.
    #[must_use]
    pub fn steps(self) -> Vec<Move> {
        Move::ALL.iter().copied().filter(|m| self.after(*m).is_some()).collect()
    }

    /// True while something waits for a moderator.
    #[must_use]
    pub fn awaits_review(self) -> bool {
        self.status == Status::Submitted || self.revision == Revision::Submitted
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    /// The arrows of the diagram, for the status alone.
    const ARROWS: [(Status, Status); 12] = [
        (Status::Draft, Status::Submitted),
        (Status::Submitted, Status::Published),
        (Status::Submitted, Status::ChangesRequested),
        (Status::Submitted, Status::Rejected),
        (Status::ChangesRequested, Status::Submitted),
        (Status::Published, Status::OnHold),
        (Status::OnHold, Status::Published),
        (Status::Published, Status::Expired),
        (Status::Published, Status::Withdrawn),
        (Status::OnHold, Status::Expired),
        (Status::OnHold, Status::Withdrawn),
        (Status::Expired, Status::Archived),
    ];

    #[test]
    fn no_step_leaves_the_diagram_and_every_arrow_is_taken() {
        let mut taken = BTreeSet::new();
        for &status in Status::ALL {
            for &revision in Revision::ALL {
                for &step in Move::ALL {
                    let Some(after) = (State { status, revision }).after(step) else { continue };
                    if after.status != status {
                        let arrow = (status, after.status);
                        assert!(ARROWS.contains(&arrow) || arrow == (Status::Withdrawn, Status::Archived), "{arrow:?} by {step}");
                        taken.insert(arrow);
                    }
                    let may_have_revision = matches!(after.status, Status::Published | Status::OnHold);
                    let had_none = revision == Revision::None;
                    assert!(after.revision == Revision::None || may_have_revision || !had_none, "{after:?}");
                }
            }
        }
        assert_eq!(taken.len(), ARROWS.len() + 1);
    }

    #[test]
    fn words_read_back() {
        for status in Status::ALL {
            assert_eq!(status.as_str().parse::<Status>().unwrap(), *status);
        }
    }
}
