//! The states of a membership and the steps between them: one pure function, and a table that tests walk.

use std::fmt;

use serde::{Deserialize, Serialize};
use store::StoreError;
use utoipa::ToSchema;

/// How far a membership has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// An admin asked.
    Invited,
    /// The person said yes.
    Accepted,
    /// An admin said yes as well: the only state that lets the person act.
    Confirmed,
    /// An admin stopped it for now.
    Suspended,
}

impl Status {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Invited, Self::Accepted, Self::Confirmed, Self::Suspended];

    /// The word in the database and the vocabulary.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Invited => "invited",
            Self::Accepted => "accepted",
            Self::Confirmed => "confirmed",
            Self::Suspended => "suspended",
        }
    }

    pub(crate) fn stored(word: &str) -> Result<Self, StoreError> {
        Self::ALL.into_iter().find(|s| s.as_str() == word).ok_or_else(|| StoreError::corrupt("membership", UnknownStatus))
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The column holds a word that is no status.
#[derive(Debug, thiserror::Error)]
#[error("not a status of a membership")]
struct UnknownStatus;

/// A step of a membership.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Step {
    /// The person says yes.
    Accept,
    /// An admin says yes.
    Confirm,
    /// An admin stops it for now.
    Suspend,
    /// An admin lets it go on.
    Reinstate,
    /// The person declines or leaves.
    Leave,
    /// An admin ends it.
    Remove,
}

impl Step {
    /// All of them.
    pub const ALL: [Self; 6] = [Self::Accept, Self::Confirm, Self::Suspend, Self::Reinstate, Self::Leave, Self::Remove];

    pub(crate) fn event(self) -> &'static str {
        match self {
            Self::Accept => "membership.accepted",
            Self::Confirm => "membership.confirmed",
            Self::Suspend => "membership.suspended",
            Self::Reinstate => "membership.reinstated",
            Self::Leave => "membership.left",
            Self::Remove => "membership.removed",
        }
    }

    /// True for what the person does, false for what an admin does.
    pub(crate) fn is_own(self) -> bool {
        matches!(self, Self::Accept | Self::Leave)
    }
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.event().trim_start_matches("membership."))
    }
}

/// Where a step leads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    /// To this state.
    To(Status),
    /// The membership is over.
    Gone,
}

/// The rule: where a step leads from a state, or none if it leads nowhere.
#[must_use]
pub fn next(from: Status, step: Step) -> Option<Next> {
    match (from, step) {
        (Status::Invited, Step::Accept) => Some(Next::To(Status::Accepted)),
        (Status::Accepted, Step::Confirm) | (Status::Suspended, Step::Reinstate) => Some(Next::To(Status::Confirmed)),
        (Status::Confirmed, Step::Suspend) => Some(Next::To(Status::Suspended)),
        (_, Step::Leave | Step::Remove) => Some(Next::Gone),
        (Status::Invited, Step::Confirm | Step::Suspend | Step::Reinstate)
        | (Status::Accepted, Step::Accept | Step::Suspend | Step::Reinstate)
        | (Status::Confirmed, Step::Accept | Step::Confirm | Step::Reinstate)
        | (Status::Suspended, Step::Accept | Step::Confirm | Step::Suspend) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every state and step, and where it leads: anything not in the table leads nowhere.
    #[test]
    fn a_membership_never_leaves_its_diagram() {
        let table = [
            (Status::Invited, Step::Accept, Next::To(Status::Accepted)),
            (Status::Accepted, Step::Confirm, Next::To(Status::Confirmed)),
            (Status::Confirmed, Step::Suspend, Next::To(Status::Suspended)),
            (Status::Suspended, Step::Reinstate, Next::To(Status::Confirmed)),
        ];
        for from in Status::ALL {
            for step in Step::ALL {
                let wanted = match step {
                    Step::Leave | Step::Remove => Some(Next::Gone),
                    _ => table.iter().find(|(f, s, _)| (*f, *s) == (from, step)).map(|(_, _, n)| *n),
                };
                assert_eq!(next(from, step), wanted, "{from} {step}");
            }
        }
    }

    #[test]
    fn nobody_is_confirmed_without_the_person_and_an_admin() {
        // Walk every sequence of four steps: whoever ends confirmed has accepted and been confirmed on the way.
        let mut walks: Vec<(Status, Vec<Step>)> = vec![(Status::Invited, vec![])];
        for _ in 0..4 {
            walks = walks
                .into_iter()
                .flat_map(|(at, path)| {
                    Step::ALL.into_iter().filter_map(move |step| match next(at, step) {
                        Some(Next::To(to)) => Some((to, path.iter().copied().chain([step]).collect())),
                        _ => None,
                    })
                })
                .collect();
            for (at, path) in &walks {
                if *at == Status::Confirmed {
                    assert!(path.contains(&Step::Accept) && path.contains(&Step::Confirm));
                }
            }
        }
    }
}
