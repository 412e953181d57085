//! Who is asking: an account, a program with that account's token, the system itself, or nobody known.

use std::collections::BTreeSet;

use crate::{AccountId, Lang, PartyId, Refused};

crate::words! {
    /// What an account may do in a party it is a confirmed member of.
    PartyRole {
        /// Members, visibility, and everything an editor does.
        Admin = "admin",
        /// Edits and submits.
        Editor = "editor",
        /// Signs for the party.
        Signatory = "signatory",
        /// Reads drafts.
        Viewer = "viewer",
    }
}

crate::words! {
    /// What an account does for the space.
    StaffRole {
        /// Reviews submissions.
        Moderator = "moderator",
        /// Runs deals and records needs.
        Broker = "broker",
        /// Keeps intellectual property and marks.
        Registrar = "registrar",
        /// Works on indicators.
        Analyst = "analyst",
        /// Accounts, roles, vocabularies, configuration.
        Administrator = "administrator",
    }
}

crate::words! {
    /// What a token may be used for. A session may everything its account may.
    Scope {
        /// Read what the account may read.
        Read = "read",
        /// Change what the account may change in its parties.
        Write = "write",
        /// Staff work: reviews, verification, the audit trail.
        Staff = "staff",
        /// Import files.
        Import = "import",
    }
}

/// A confirmed membership: the only kind that lets an account act for a party.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Membership {
    /// The party.
    pub party: PartyId,
    /// What the account may do there.
    pub roles: BTreeSet<PartyRole>,
}

/// In which capacity somebody acts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Capacity {
    /// Nobody known.
    Anonymous,
    /// A person, signed in.
    Person(AccountId),
    /// A program with a token of this account.
    Program(AccountId),
    /// The space itself: the clock, a follower, an operator's command.
    System,
}

/// Who is asking, with all that access is decided from. Made by `accounts` from a session or token, or by
/// [`Actor::system`] for the space's own work; never from what a request says about itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Actor {
    /// In which capacity.
    pub capacity: Capacity,
    /// The language to answer in.
    pub lang: Lang,
    /// Confirmed memberships.
    pub memberships: Vec<Membership>,
    /// Roles in the space; empty until the second factor was given where one is demanded.
    pub staff: BTreeSet<StaffRole>,
    /// What may be done in this way of asking.
    pub scopes: BTreeSet<Scope>,
}

impl Actor {
    /// Nobody known.
    #[must_use]
    pub fn anonymous(lang: Lang) -> Self {
        Self { capacity: Capacity::Anonymous, lang, memberships: Vec::new(), staff: BTreeSet::new(), scopes: BTreeSet::from([Scope::Read]) }
    }

    /// The space itself, or an operator with the data directory in hand.
    #[must_use]
    pub fn system() -> Self {
        Self {
            capacity: Capacity::System,
            lang: Lang::Vi,
            memberships: Vec::new(),
            staff: StaffRole::ALL.iter().copied().collect(),
            scopes: Scope::ALL.iter().copied().collect(),
        }
    }

    /// True for the space itself.
    #[must_use]
    pub fn is_system(&self) -> bool {
        self.capacity == Capacity::System
    }

    /// The account, if one is signed in.
    #[must_use]
    pub fn account(&self) -> Option<AccountId> {
        match self.capacity {
            Capacity::Person(id) | Capacity::Program(id) => Some(id),
            Capacity::Anonymous | Capacity::System => None,
        }
    }

    /// The account that is signed in.
    ///
    /// # Errors
    /// [`Refused::SignIn`] if none is.
    pub fn signed_in(&self) -> Result<AccountId, Refused> {
        self.account().ok_or(Refused::SignIn)
    }

    /// True for a confirmed member of the party, whatever the role.
    #[must_use]
    pub fn is_member(&self, party: PartyId) -> bool {
        self.memberships.iter().any(|m| m.party == party)
    }

    /// True for a confirmed member with this role there; an admin has the editor's and viewer's too.
    #[must_use]
    pub fn has_role(&self, party: PartyId, role: PartyRole) -> bool {
        self.memberships.iter().any(|m| {
            m.party == party
                && (m.roles.contains(&role)
                    || role == PartyRole::Viewer
                    || (role == PartyRole::Editor && m.roles.contains(&PartyRole::Admin)))
        })
    }

    /// True for staff with this role.
    #[must_use]
    pub fn is_staff(&self, role: StaffRole) -> bool {
        self.staff.contains(&role)
    }

    /// True if this way of asking may be used for it.
    #[must_use]
    pub fn has_scope(&self, scope: Scope) -> bool {
        self.scopes.contains(&scope)
    }
}
