//! What was edited in public since somebody looked last, as it was then and as it is now: so that a search brings what it
//! finds only since an edit.
//!
//! What a listing was then is asked of an index in memory over those few versions, made by the same analysis and asked by
//! the same query as everything else. Nothing here is kept: the log says what was edited, and the versions are there.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use base::{Limit, ListingId};
use chrono::{DateTime, Utc};
use listings::published::{self, Published};
use search::{Batch, Document, Query, Search, SearchError, Viewer};
use store::Store;
use uuid::Uuid;

use crate::saved::{Saved, SavedError};

/// The event of every publication, the first one and those of edits.
const PUBLISHED: &str = "listing.published";
/// Publications that are looked at together; what is more comes with the next round.
const MOST: u64 = 1_000;
/// Events that are looked through for what they touch; of more it is not asked.
const MOST_TOUCHED: u64 = 1_000;

/// What was edited between two places in the log.
pub(crate) struct Edits {
    /// When the first place was written; none at the very beginning of the log.
    pub(crate) from: Option<DateTime<Utc>>,
    /// Up to where in the log this is all.
    pub(crate) to: i64,
    /// Whether there is more behind it.
    pub(crate) more: bool,
    /// As it was at the first place, by id.
    pub(crate) before: BTreeMap<ListingId, Published>,
    /// To which listings something happened at all; none if that may be all of them.
    pub(crate) touched: Option<TouchedListings>,
    /// An index of what it was, and one of what it is; none where nothing was edited.
    indexes: Option<(Search, Search)>,
}

/// Listings to which something happened between two places in the log.
pub(crate) struct TouchedListings {
    /// All of them, and needs of whose matches somebody spoke.
    pub(crate) ids: BTreeSet<ListingId>,
    /// Those that are out now, as they are.
    pub(crate) out: Vec<Published>,
}

impl TouchedListings {
    /// None if there are too many, or if what a party is, or who belongs to it, may concern any of them.
    async fn between(store: &Store, seen: i64, to: i64) -> Result<Option<Self>, SavedError> {
        let events = store.events_after(seen, MOST_TOUCHED).await?;
        if events.len() as u64 == MOST_TOUCHED && events.last().is_some_and(|last| last.position < to) {
            return Ok(None);
        }
        let mut ids = BTreeSet::new();
        for event in events.iter().filter(|event| event.position <= to) {
            match (event.subject_kind.as_str(), event.kind.as_str()) {
                ("listing" | "match", _) => {
                    ids.insert(ListingId(event.subject_id));
                }
                ("party", "party.created" | "party.verified") => {}
                ("party", _) => return Ok(None),
                _ => {}
            }
        }
        let all: Vec<ListingId> = ids.iter().copied().collect();
        Ok(Some(Self { ids, out: published::load(store, &all).await? }))
    }
}

impl Edits {
    /// What was edited after one place in the log and up to another, and is out now.
    ///
    /// # Errors
    /// If the database fails or the indexes cannot be made.
    pub(crate) async fn between(saved: &Saved, seen: i64, to: i64) -> Result<Self, SavedError> {
        let store = &saved.store;
        let from = store.events_after(seen - 1, 1).await?.first().filter(|event| event.position == seen).map(|event| event.at);
        let events = store.events_of_kind(PUBLISHED, seen, to, MOST).await?;
        let last = events.last().filter(|_| events.len() as u64 == MOST).map(|event| event.position);
        // Edits are taken up to there; whatever else happened is seen with them.
        let touched = TouchedListings::between(store, seen, last.unwrap_or(to)).await?;
        let subjects: BTreeSet<Uuid> = events.iter().map(|event| event.subject_id).collect();
        let before = store.last_of_kind(PUBLISHED, &subjects.into_iter().collect::<Vec<_>>(), seen).await?;
        // What was not public before was published since, which is news of its own.
        let versions: HashMap<ListingId, i64> =
            before.iter().filter_map(|event| Some((ListingId(event.subject_id), event.payload.get("version")?.as_i64()?))).collect();
        let ids: Vec<ListingId> = versions.keys().copied().collect();
        let mut now = published::load(store, &ids).await?;
        now.retain(|one| versions.get(&one.id) != Some(&i64::from(one.version)));
        let before = published::with_versions(store, &now, &versions).await?;
        let made = if before.is_empty() {
            None
        } else {
            let (index, then) = (saved.search.clone(), before.clone());
            let made = tokio::task::spawn_blocking(move || Ok::<_, search::Failure>((of(&index, &then)?, of(&index, &now)?)));
            Some(made.await??)
        };
        Ok(Self {
            from,
            to: last.unwrap_or(to),
            more: last.is_some_and(|last| last < to),
            before: before.into_iter().map(|one| (one.id, one)).collect(),
            touched,
            indexes: made,
        })
    }

    /// Whether nothing was edited.
    pub(crate) fn is_empty(&self) -> bool {
        self.before.is_empty()
    }

    /// Whether anything happened to a listing at all.
    pub(crate) fn has_touched(&self) -> bool {
        self.touched.as_ref().is_none_or(|touched| !touched.ids.is_empty())
    }

    /// What a search finds of it now and would not have found then, though the viewer might have seen it.
    ///
    /// # Errors
    /// If the query cannot be asked.
    pub(crate) fn newly_found(&self, query: &Query, viewer: &Viewer) -> Result<Vec<Uuid>, SearchError> {
        let Some((before, now)) = &self.indexes else { return Ok(Vec::new()) };
        let found = all_of(now, query, viewer)?;
        if found.is_empty() {
            return Ok(found);
        }
        let known: BTreeSet<Uuid> = all_of(before, query, viewer)?.into_iter().collect();
        Ok(found.into_iter().filter(|id| !known.contains(id)).collect())
    }
}

/// An index of these alone, asked as the large one is.
fn of(large: &Search, listings: &[Published]) -> Result<Search, search::Failure> {
    let small = large.small_beside()?;
    let add = listings.iter().map(|one| Document::listing(one, large.vocabularies())).collect::<Result<_, _>>()?;
    small.apply(&Batch { add, ..Batch::default() })?;
    Ok(small)
}

fn all_of(index: &Search, query: &Query, viewer: &Viewer) -> Result<Vec<Uuid>, SearchError> {
    let mut query = Query { limit: Limit::new(Limit::MAX).unwrap_or_default(), cursor: None, ..query.clone() };
    let mut all = Vec::new();
    loop {
        let page = index.find(&query, viewer)?;
        all.extend(page.items.iter().map(|hit| hit.card.id));
        if page.next.is_none() {
            return Ok(all);
        }
        query.cursor = page.next;
    }
}

/// What searches of one round share: most of them looked last at the same place in the log.
#[derive(Default)]
pub(crate) struct Shared(BTreeMap<i64, Arc<Edits>>);

/// So many are held at once.
const HELD: usize = 4;

impl Shared {
    /// What was edited since `seen`, up to `to`.
    ///
    /// # Errors
    /// As [`Edits::between`].
    pub(crate) async fn since(&mut self, saved: &Saved, seen: i64, to: i64) -> Result<Arc<Edits>, SavedError> {
        if let Some(there) = self.0.get(&seen) {
            return Ok(Arc::clone(there));
        }
        let made = Arc::new(Edits::between(saved, seen, to).await?);
        if self.0.len() >= HELD {
            self.0.clear();
        }
        self.0.insert(seen, Arc::clone(&made));
        Ok(made)
    }
}
