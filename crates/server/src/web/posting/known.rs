//! The names of what contents name: holders, owners, linked listings. Whoever reads a content reads names, not ids; what a
//! reader may not see has none.

use std::collections::HashMap;

use base::{ListingId, PartyId};
use listings::content::Content;

use crate::app::App;
use crate::problem::Problem;
use crate::web::frame::Visit;
use crate::web::listing::named;

/// The names by id, as this reader may see them: a query for the parties, one for the listings, and one more where a party
/// was taken in by another.
///
/// # Errors
/// If the database fails.
pub(in crate::web) async fn known(app: &App, visit: &Visit, contents: &[&Content]) -> Result<HashMap<String, String>, Problem> {
    let lang = visit.lang();
    let mut ids: Vec<_> = contents.iter().flat_map(|content| named(content)).collect();
    ids.sort_unstable();
    ids.dedup();
    let mut names = HashMap::new();
    if ids.is_empty() {
        return Ok(names);
    }
    let db = app.accounts.store().db();
    let listings: Vec<ListingId> = ids.iter().copied().map(ListingId).collect();
    let titles = listings::view::titles(&app.listings, &visit.who.actor, &listings).await?;
    names.extend(titles.into_iter().map(|(id, one)| (id.to_string(), format!("{} ({})", one.title.unwrap_or_default(), one.code))));
    let parties: Vec<PartyId> = ids.into_iter().map(PartyId).filter(|id| !names.contains_key(&id.to_string())).collect();
    for party in accounts::parties::load_many(db, &parties).await? {
        names.insert(party.id.to_string(), party.names.best(lang).unwrap_or_default().to_owned());
    }
    let gone: Vec<PartyId> = parties.into_iter().filter(|id| !names.contains_key(&id.to_string())).collect();
    if !gone.is_empty() {
        let moved = accounts::merging::moved_many(db, &gone).await?;
        names.extend(moved.into_iter().map(|(id, alias)| (id.to_string(), alias.names.best(lang).unwrap_or_default().to_owned())));
    }
    Ok(names)
}
