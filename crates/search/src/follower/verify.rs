//! Whether index and database are the same sets, made of the same. Never here: a repair; that is a rebuild.

use std::collections::BTreeMap;
use std::time::Duration;

use accounts::experts;
use listings::published;
use store::Store;
use uuid::Uuid;

use super::{FollowError, PAGE};
use crate::failure::Failure;
use crate::index::Search;
use crate::seal;

/// How long it waits for the follower to come to where the database is.
const CATCH_UP: Duration = Duration::from_secs(10);

/// How the index differs from the database.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct Difference {
    /// How many are the same.
    pub same: u64,
    /// In the database and to be found, but not in the index.
    pub missing: Vec<Uuid>,
    /// In the index, but not to be found.
    pub surplus: Vec<Uuid>,
    /// In both, but made of something else than the database says now: other words, or others who may see it.
    pub stale: Vec<Uuid>,
}

impl Difference {
    /// True if there is none.
    #[must_use]
    pub fn is_none(&self) -> bool {
        self.missing.is_empty() && self.surplus.is_empty() && self.stale.is_empty()
    }
}

/// Compares index and database as sets of ids and of what each is made of. Waits a while for the follower first, since what was
/// written a moment ago is on its way; run it while nobody writes to be certain.
///
/// # Errors
/// [`FollowError`] if either cannot be read.
pub async fn verify(store: &Store, search: &Search) -> Result<Difference, FollowError> {
    let head = store.last_position().await?;
    if search.followed() >= 0 {
        // What has not come by then is told as a difference.
        if tokio::time::timeout(CATCH_UP, search.reaches(head)).await.is_err() {
            tracing::warn!(head, followed = search.followed(), "the index has not caught up; it is compared as it is");
        }
    }
    let mut indexed: BTreeMap<Uuid, i64> = search.seals();
    let mut difference = Difference::default();
    let mut compare = |id: Uuid, seal: i64| match indexed.remove(&id) {
        None => difference.missing.push(id),
        Some(known) if known != seal => difference.stale.push(id),
        Some(_) => difference.same += 1,
    };
    let mut after = None;
    loop {
        let page = published::page_after(store, after, PAGE).await?;
        let Some(last) = page.last().map(|p| p.id) else { break };
        after = Some(last);
        for listing in &page {
            compare(listing.id.0, seal::of(listing).map_err(Failure::from)?);
        }
    }
    let mut after = None;
    loop {
        let page = accounts::parties::page_after(store.db(), after, PAGE).await?;
        let Some(last) = page.last().map(|p| p.id) else { break };
        after = Some(last);
        page.iter().for_each(|p| compare(p.id.0, p.version));
    }
    let mut after = None;
    loop {
        let page = experts::page_after(store.db(), after, PAGE).await?;
        let Some(last) = page.last().map(|e| e.view.id) else { break };
        after = Some(last);
        page.iter().for_each(|e| compare(e.view.id.0, e.revision));
    }
    difference.surplus = indexed.into_keys().collect();
    Ok(difference)
}
