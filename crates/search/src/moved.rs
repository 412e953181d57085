//! Parties that another took in: a search that names one by its id means the one that it belongs to by now.
//!
//! The index knows only parties that are there, and asks no database; so this is done where a search comes in, before it is
//! searched or kept.

use base::PartyId;
use store::{Store, StoreError};

use crate::query;
use crate::search::Query;

/// Lets the party that a search is narrowed to, and those that its text names as `party:`, stand for what they are by now.
///
/// # Errors
/// If the database fails.
pub async fn lead_on(store: &Store, query: &mut Query) -> Result<(), StoreError> {
    let typed: Vec<(String, PartyId)> = query::owners(&query.text).map(|(typed, id)| (typed.to_owned(), PartyId(id))).collect();
    let named: Vec<PartyId> = typed.iter().map(|(_, id)| *id).chain(query.party).collect();
    if named.is_empty() {
        return Ok(());
    }
    let moved = accounts::merging::moved_many(store.db(), &named).await?;
    query.party = query.party.map(|party| moved.get(&party).map_or(party, |alias| alias.party));
    for (typed, id) in typed {
        if let Some(alias) = moved.get(&id) {
            query.text = query.text.replace(&typed, &alias.party.to_string());
        }
    }
    Ok(())
}
