//! Looking up a party: by its tax code, or by so much of its name as was typed.
//!
//! A tax code that is not public finds its party at the desks of staff alone; the answer holds nothing that is not public.

use accounts::{Accounts, PartyBrief};
use base::{Actor, Limit, PartyId, Refused};

use crate::card::DocKind;
use crate::facet::Facet;
use crate::index::Search;
use crate::search::{Query, SearchError, Viewer};
use crate::suggest::SuggestionKind;

/// Parties given at most.
const FOUND: u16 = 8;
/// Names that go on like what was typed, of those that are looked up.
const NAMES: usize = 6;

/// Why a party was not looked up.
#[derive(Debug, thiserror::Error)]
pub enum LookUpError {
    /// Not for this actor.
    #[error(transparent)]
    Refused(#[from] Refused),
    /// What was typed cannot be searched for, or the index cannot be read.
    #[error(transparent)]
    Search(#[from] SearchError),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] store::StoreError),
    /// The search was cut off.
    #[error("a search did not come to its end")]
    CutOff(#[from] tokio::task::JoinError),
}

/// Whether whoever asks keeps the need desk or verifies parties, and so finds them by every tax code.
fn is_at_a_desk(actor: &Actor) -> bool {
    listings::need_desk::keeps_the_desk(actor) || accounts::access::may_verify(actor)
}

/// The parties that are meant, the likeliest first: the one with this tax code, those whose name begins like this, those
/// with these words. Nothing typed finds nothing.
///
/// # Errors
/// [`LookUpError::Refused`] for whoever neither keeps the need desk nor verifies parties.
pub async fn look_up(search: &Search, accounts: &Accounts, actor: &Actor, typed: &str) -> Result<Vec<PartyBrief>, LookUpError> {
    if !actor.is_system() {
        actor.signed_in()?;
    }
    if !is_at_a_desk(actor) {
        return Err(Refused::Forbidden { action: "party.look_up" }.into());
    }
    choices(search, accounts, actor, typed).await
}

/// The same for whoever names a party in a form of their own. Off the desks a tax code finds whose page tells it, and
/// nobody else.
///
/// # Errors
/// [`LookUpError::Refused`] for whoever is not signed in.
pub async fn choices(search: &Search, accounts: &Accounts, actor: &Actor, typed: &str) -> Result<Vec<PartyBrief>, LookUpError> {
    if !actor.is_system() {
        actor.signed_in()?;
    }
    if typed.trim().is_empty() {
        return Ok(Vec::new());
    }
    let db = accounts.store().db();
    let by_code = accounts::parties::find_tax_code(db, typed).await?;
    let (searching, viewer, words) = (search.clone(), Viewer::of(actor), typed.to_owned());
    let named = tokio::task::spawn_blocking(move || named(&searching, &viewer, &words)).await??;
    let mut ids: Vec<PartyId> = by_code.into_iter().collect();
    for id in &named {
        if !ids.contains(id) {
            ids.push(*id);
        }
    }
    ids.truncate(usize::from(FOUND));
    let mut found = accounts::parties::load_many(db, &ids).await?;
    found.sort_by_key(|party| ids.iter().position(|id| *id == party.id));
    if !is_at_a_desk(actor) {
        let code = accounts::tax_code::parse(typed).ok().map(|(code, _)| code);
        found.retain(|party| named.contains(&party.id) || party.profile.tax_code == code);
    }
    Ok(found)
}

fn named(search: &Search, viewer: &Viewer, typed: &str) -> Result<Vec<PartyId>, SearchError> {
    let names = search.suggest(typed, viewer, NAMES)?.into_iter().filter(|s| s.kind == SuggestionKind::Party).map(|s| s.text);
    let mut ids = Vec::new();
    for text in names.chain([typed.to_owned()]) {
        let limit = Limit::new(FOUND).unwrap_or_default();
        // Listings have the words as well: what is enough of all kinds may be too little of parties.
        let enough = Limit::new(Limit::MAX).unwrap_or_default();
        let query = Query { text, limit, enough, ..Query::default() }.with(Facet::Kind, DocKind::Party.as_str());
        ids.extend(search.find(&query, viewer)?.items.into_iter().map(|hit| PartyId(hit.card.id)));
    }
    Ok(ids)
}
