//! Who may import. The only place of this folder where that is decided.

use base::{AccountId, Actor, PartyId, PartyRole, Refused, Scope, StaffRole};

use super::Options;
use super::rows::import;
use crate::Listings;
use crate::error::ListingError;

/// The space itself; an editor of the party; a moderator, for any party they do not belong to.
fn imports_for(actor: &Actor, party: PartyId) -> bool {
    actor.is_system() || actor.has_scope(Scope::Import) && (actor.has_role(party, PartyRole::Editor) || publishes_for(actor, party))
}

/// Nobody publishes what their own party wants published.
fn publishes_for(actor: &Actor, party: PartyId) -> bool {
    actor.is_system() || actor.is_staff(StaffRole::Moderator) && actor.has_scope(Scope::Staff) && !actor.is_member(party)
}

/// Whether the actor may start an import with these options.
pub(crate) fn may_import(actor: &Actor, options: &Options) -> Result<(), Refused> {
    if !actor.is_system() {
        actor.signed_in()?;
    }
    let allowed = match options.party {
        // Only an operator's file may be about several parties.
        None => actor.is_system(),
        Some(party) => imports_for(actor, party) && (!options.publish || publishes_for(actor, party)),
    };
    if allowed { Ok(()) } else { Err(Refused::Forbidden { action: if options.publish { "import.publish" } else { "import.start" } }) }
}

/// Whether the actor could import for any party at all: asked before a file is taken in.
///
/// # Errors
/// [`Refused`] if nobody is signed in, or where no party could be named.
pub fn may_import_something(actor: &Actor) -> Result<(), Refused> {
    if actor.is_system() {
        return Ok(());
    }
    actor.signed_in()?;
    let moderator = actor.is_staff(StaffRole::Moderator) && actor.has_scope(Scope::Staff);
    let editor = actor.memberships.iter().any(|m| actor.has_role(m.party, PartyRole::Editor));
    if actor.has_scope(Scope::Import) && (moderator || editor) { Ok(()) } else { Err(Refused::Forbidden { action: "import.start" }) }
}

/// A token that imports may also watch what it began.
pub(crate) fn reads(actor: &Actor) -> bool {
    actor.is_system() || actor.has_scope(Scope::Read) || actor.has_scope(Scope::Import)
}

/// Whether the actor may see an import: who started it, its party's members, and staff who moderate or administrate.
pub(crate) fn may_see(actor: &Actor, row: &import::Model) -> bool {
    if !reads(actor) {
        return false;
    }
    sees_all(actor)
        || actor.account().is_some_and(|a| row.account_id == Some(a.0))
        || row.party_id.is_some_and(|p| actor.is_member(PartyId(p)))
}

/// Staff see every import.
pub(crate) fn sees_all(actor: &Actor) -> bool {
    actor.is_system() || actor.has_scope(Scope::Staff) && (actor.is_staff(StaffRole::Moderator) || actor.is_staff(StaffRole::Administrator))
}

/// Whether the actor may take an import back: who could have started it.
pub(crate) fn may_undo(actor: &Actor, row: &import::Model) -> Result<(), Refused> {
    if !may_see(actor, row) {
        return Err(Refused::Hidden);
    }
    let options = Options { party: row.party_id.map(PartyId), publish: row.publish, ..Options::default() };
    may_import(actor, &options).map_err(|e| match e {
        Refused::Forbidden { .. } => Refused::Forbidden { action: "import.undo" },
        other => other,
    })
}

/// Whether who started an import may still do so when it runs: memberships and roles end. Gives whether the account is
/// a member of the party.
///
/// # Errors
/// [`ListingError::Refused`] if not.
pub(crate) async fn still(listings: &Listings, account: AccountId, party: PartyId, publish: bool) -> Result<bool, ListingError> {
    let db = listings.store.db();
    let roles = accounts::lookup::roles_in(db, account, party).await?;
    let moderator = accounts::lookup::has_staff_role(db, account, StaffRole::Moderator).await?;
    let editor = roles.as_ref().is_some_and(|r| r.contains(&PartyRole::Editor) || r.contains(&PartyRole::Admin));
    let for_others = moderator && roles.is_none();
    let allowed = if publish { for_others } else { editor || for_others };
    if allowed { Ok(roles.is_some()) } else { Err(Refused::Forbidden { action: "import.run" }.into()) }
}
