//! The parties that rows of an operator's file may name.

use std::collections::HashMap;

use base::PartyId;
use sea_orm::ConnectionTrait;
use store::StoreError;

/// Parties read at once.
const PAGE: u64 = 1_000;

/// Every party by the readable piece of its address and by its id.
pub(crate) async fn by_name(db: &impl ConnectionTrait) -> Result<HashMap<String, PartyId>, StoreError> {
    let mut all = HashMap::new();
    let mut after = None;
    loop {
        let page = accounts::parties::page_after(db, after, PAGE).await?;
        let Some(last) = page.last() else { return Ok(all) };
        after = Some(last.id);
        for party in page {
            all.insert(party.id.to_string(), party.id);
            all.insert(party.slug, party.id);
        }
    }
}
