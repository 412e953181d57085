//! From the event log to the index: whatever of a listing, party or expert changes is findable, or no longer findable, within
//! a second.
//!
//! What always holds: events say only *which* listing, party or expert was touched; what it looks like now is read from the
//! database, so that the index can never show an older state than the one after the event, and a batch may be applied
//! any number of times. The position is written with the documents, in one commit. A failure is tried again with
//! growing pauses and never holds up a write.

mod touched;
mod verify;

use std::collections::BTreeSet;
use std::time::Duration;

use accounts::experts::{self, ExpertBrief};
use base::{ExpertId, ListingId, PartyId};
use listings::published::{self, Published};
use store::follow::report;
use store::{Store, StoreError};
use tokio::task::JoinSet;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::document::{Document, PartyDocument};
use crate::failure::Failure;
use crate::index::{Batch, Origin, Place, Search, Wanting};
use crate::steps::Step;

pub use touched::Touched;
pub use verify::{Difference, verify};

/// The follower's name in metrics.
pub const NAME: &str = "search";
/// How many events are read at once.
const EVENTS: u64 = 1_000;
/// How many listings are read at once.
const PAGE: u64 = 500;
/// How many pages a rebuild reads ahead of what is being indexed.
const PAGES_AHEAD: usize = 3;
/// Failures in a row after which the index counts as broken.
const TRIES: u32 = 3;

/// Why the index could not be brought up to date.
#[derive(Debug, thiserror::Error)]
pub enum FollowError {
    /// The database failed.
    #[error("the database failed")]
    Store(#[from] StoreError),
    /// The index failed.
    #[error("the index failed")]
    Index(#[from] Failure),
    /// The thread that writes the index ended.
    #[error("the index's writer ended")]
    Writer,
}

/// Builds the index anew if it is wanting, then follows the log until `stop`.
pub async fn run(store: Store, search: Search, wanting: Option<Wanting>, stop: CancellationToken) {
    let mut failures = 0_u32;
    if wanting == Some(Wanting::Unwritable) {
        search.note_failing(true);
        stop.cancelled().await;
        return;
    }
    let wanting = match wanting {
        None => wanting_of(&store, &search, &stop).await,
        wanting => wanting,
    };
    if wanting.is_some() {
        while !stop.is_cancelled() {
            match rebuild(&store, &search, |_| {}).await {
                Ok(documents) => {
                    tracing::info!(documents, "the search index was rebuilt");
                    break;
                }
                Err(error) => pause(&error, &mut failures, &stop).await,
            }
        }
    }
    failures = 0;
    let mut swaps = search.swaps();
    let mut swap = *swaps.borrow();
    let mut position = search.position().unwrap_or(0);
    search.note_followed(position);
    let mut last = Instant::now();
    let mut joining = JoinSet::new();
    if wanting.is_some() {
        joining.spawn(join_pieces(search.clone()));
    }
    loop {
        // A swap may set the place back without anything new being written.
        tokio::select! {
            more = store.wait_beyond(position, &stop) => if !more { return },
            _ = swaps.changed() => {}
        }
        // Others may be on their way: what comes within a moment is written together.
        let rest = search.settings().commit_every().saturating_sub(last.elapsed());
        tokio::select! { () = stop.cancelled() => return, () = tokio::time::sleep(rest) => {} }
        let latest = *swaps.borrow_and_update();
        if latest != swap {
            swap = latest;
            joining.abort_all();
            joining.spawn(join_pieces(search.clone()));
            position = search.position().unwrap_or(0);
        }
        match step(&store, &search, position).await {
            Ok(done) => {
                position = done;
                failures = 0;
                search.note_failing(false);
                // A rebuild that ended meanwhile stands for an earlier position; the next round begins there.
                if *swaps.borrow() == swap {
                    search.note_followed(position);
                }
            }
            Err(error) => {
                pause(&error, &mut failures, &stop).await;
                search.note_failing(failures >= TRIES);
                // Files that were taken away under the index do not come back: it is built anew beside.
                if failures >= TRIES && matches!(error, FollowError::Index(_)) && !stop.is_cancelled() {
                    match rebuild(&store, &search, |_| {}).await {
                        Ok(documents) => tracing::info!(documents, "the search index was rebuilt"),
                        Err(error) => tracing::error!(error = report(&error), "the search index could not be rebuilt"),
                    }
                }
            }
        }
        last = Instant::now();
        let lag = store.head().borrow().saturating_sub(position);
        metrics::gauge!("innospace_follower_lag_events", "follower" => NAME).set(lag as f64);
    }
}

/// Whether an index that is whole has to be built anew all the same, since it is of another database.
async fn wanting_of(store: &Store, search: &Search, stop: &CancellationToken) -> Option<Wanting> {
    let mut failures = 0;
    while !stop.is_cancelled() {
        match prove(store, search).await {
            Ok(wanting) => return wanting,
            Err(error) => pause(&error, &mut failures, stop).await,
        }
    }
    None
}

/// Lets an index be searched that is of this database; one that is not is set aside, and has to be rebuilt: it shows what is
/// not there, and would pass over what happens up to its place in the log.
async fn prove(store: &Store, search: &Search) -> Result<Option<Wanting>, FollowError> {
    let mut wanting = None;
    if let Some(place) = search.place()
        && place != place_at(store, place.position).await?
    {
        search.set_aside()?;
        wanting = Some(Wanting::Damaged("it is of another database, or of a later state of this one".to_owned()));
        tracing::warn!(why = ?wanting, "the search index has to be rebuilt");
    }
    search.note_proven();
    Ok(wanting)
}

/// A place in this database's log.
async fn place_at(store: &Store, position: i64) -> Result<Place, StoreError> {
    let hash = store.hash_at(position).await?;
    let origin = hash.map(|hash| Origin { space: store.space(), hash: hex::encode(hash) });
    Ok(Place { position, origin })
}

/// Makes searches quicker after a rebuild; the index is right without it.
async fn join_pieces(search: Search) {
    if let Err(error) = search.join_pieces().await {
        tracing::warn!(error = report(&error), "the pieces of the search index could not be joined");
    }
}

/// Takes everything the log has by now into the index, for a process that does not follow it further.
///
/// # Errors
/// [`FollowError`]; the index is then where it came to.
pub async fn catch_up(store: &Store, search: &Search) -> Result<(), FollowError> {
    let head = store.last_position().await?;
    if prove(store, search).await?.is_some() {
        Box::pin(rebuild(store, search, |_| {})).await?;
    }
    let mut position = search.position().unwrap_or(0);
    while position < head {
        position = step(store, search, position).await?;
    }
    search.note_followed(position);
    Ok(())
}

async fn pause(error: &FollowError, failures: &mut u32, stop: &CancellationToken) {
    *failures = failures.saturating_add(1);
    metrics::counter!("innospace_follower_failures_total", "follower" => NAME).increment(1);
    tracing::error!(follower = NAME, failures, error = report(error), "the search index could not be brought up to date");
    let pause = Duration::from_millis(200 * 2_u64.pow((*failures).min(8)));
    tokio::select! { () = stop.cancelled() => {}, () = tokio::time::sleep(pause) => {} }
}

/// Takes one batch of events into the index; gives the position reached.
async fn step(store: &Store, search: &Search, position: i64) -> Result<i64, FollowError> {
    let events = store.events_after(position, EVENTS).await?;
    search.reached(Step::Read);
    let Some(newest) = events.last() else { return Ok(position) };
    let (reached, at) = (newest.position, newest.at);
    let touched = Touched::by(&events);
    if touched.is_empty() {
        // Nothing of ours: not worth a commit. After a restart these events are read once more.
        return Ok(reached);
    }
    let (before, reached_place) = (place_at(store, position).await?, place_at(store, reached).await?);
    let (mut ids, mut people) = (touched.listings, touched.experts);
    for party in &touched.parties {
        if touched.shown.contains(party) {
            ids.extend(published::ids_of_party(store, *party).await?);
        }
        if touched.merged.contains(party) {
            ids.extend(published::ids_shown_to(store, *party).await?);
        }
        people.extend(experts::of_party(store.db(), *party).await?);
    }
    write_people(store, search, touched.parties, people, &before).await?;
    let ids: Vec<ListingId> = ids.into_iter().collect();
    let size = search.settings().commit_documents.max(1);
    let mut chunks = ids.chunks(size).peekable();
    if chunks.peek().is_none() {
        apply(search, Changed::default(), &reached_place).await?;
    }
    let mut ahead = reached;
    while let Some(chunk) = chunks.next() {
        // Only the last piece may say that the events are taken care of.
        let is_last = chunks.peek().is_none();
        apply(search, of_listings(store, chunk).await?, if is_last { &reached_place } else { &before }).await?;
        // Events alone touch no more than were read; what hangs on a party has no bound.
        if !is_last && !touched.shown.is_empty() {
            match take_ahead(store, search, ahead, &before).await {
                Ok(reached) => ahead = reached,
                // The next step takes it in any case; what was begun is not begun again for it.
                Err(error) => tracing::warn!(follower = NAME, error = report(&error), "what is newer waits for the large change"),
            }
        }
    }
    search.reached(Step::Taken);
    let waited = store.clock().now() - at;
    metrics::histogram!("innospace_follower_lag_seconds", "follower" => NAME).record(waited.as_seconds_f64().max(0.0));
    Ok(reached)
}

/// Writes parties and experts as they are now.
async fn write_people(
    store: &Store,
    search: &Search,
    parties: BTreeSet<PartyId>,
    experts: BTreeSet<ExpertId>,
    place: &Place,
) -> Result<(), FollowError> {
    if !parties.is_empty() {
        let parties: Vec<PartyId> = parties.into_iter().collect();
        apply(search, of_parties(store, &parties).await?, place).await?;
    }
    if !experts.is_empty() {
        let experts: Vec<ExpertId> = experts.into_iter().collect();
        apply(search, of_experts(store, &experts).await?, place).await?;
    }
    Ok(())
}

/// Takes what was touched after a position into the index between the pieces of a large change, so that no search waits for a
/// party's thousands of listings. The position stays where it is, so that whoever waits for it (alerts, standing matches) waits
/// on; and the next step takes the same once more, with all that hangs on a party. Gives how far it came.
async fn take_ahead(store: &Store, search: &Search, position: i64, place: &Place) -> Result<i64, FollowError> {
    let events = store.events_after(position, EVENTS).await?;
    let Some(newest) = events.last() else { return Ok(position) };
    let touched = Touched::by(&events);
    write_people(store, search, touched.parties, touched.experts, place).await?;
    let listings: Vec<ListingId> = touched.listings.into_iter().collect();
    for chunk in listings.chunks(search.settings().commit_documents.max(1)) {
        apply(search, of_listings(store, chunk).await?, place).await?;
    }
    Ok(newest.position)
}

/// What is to be written, and what is gone.
#[derive(Default)]
struct Changed {
    listings: Vec<Published>,
    parties: Vec<PartyDocument>,
    experts: Vec<ExpertBrief>,
    remove: Vec<Uuid>,
}

/// Of what was asked for, what is not there.
fn gone(asked: impl Iterator<Item = Uuid>, there: impl Iterator<Item = Uuid>) -> Vec<Uuid> {
    let there: BTreeSet<Uuid> = there.collect();
    asked.filter(|id| !there.contains(id)).collect()
}

/// What parties look like now, and which are gone.
async fn of_parties(store: &Store, ids: &[PartyId]) -> Result<Changed, StoreError> {
    let briefs = accounts::parties::load_many(store.db(), ids).await?;
    let remove = gone(ids.iter().map(|id| id.0), briefs.iter().map(|brief| brief.id.0));
    Ok(Changed { parties: briefs.into_iter().map(PartyDocument::from).collect(), remove, ..Changed::default() })
}

/// What experts look like now, and which are no longer shown.
async fn of_experts(store: &Store, ids: &[ExpertId]) -> Result<Changed, StoreError> {
    let experts = experts::load_many(store.db(), ids).await?;
    let remove = gone(ids.iter().map(|id| id.0), experts.iter().map(|expert| expert.view.id.0));
    Ok(Changed { experts, remove, ..Changed::default() })
}

/// What listings look like now, and which are no longer shown.
async fn of_listings(store: &Store, ids: &[ListingId]) -> Result<Changed, StoreError> {
    let listings = published::load(store, ids).await?;
    let remove = gone(ids.iter().map(|id| id.0), listings.iter().map(|listing| listing.id.0));
    Ok(Changed { listings, remove, ..Changed::default() })
}

/// Analyses and writes, away from the async threads.
async fn apply(search: &Search, changed: Changed, place: &Place) -> Result<(), FollowError> {
    let (search, Place { position, origin }) = (search.clone(), place.clone());
    let done = tokio::task::spawn_blocking(move || {
        let vocabularies = search.vocabularies();
        let mut add: Vec<Document> = changed.listings.iter().map(|l| Document::listing(l, vocabularies)).collect::<Result<_, _>>()?;
        add.extend(changed.parties.iter().map(|p| Document::party(p, vocabularies)));
        add.extend(changed.experts.iter().map(|e| Document::expert(e, vocabularies)));
        search.apply_of(&Batch { add, remove: changed.remove, position }, origin)
    });
    Ok(done.await.map_err(|_| FollowError::Writer)??)
}

/// What a page of a rebuild holds.
enum Page {
    Listings(Vec<Published>),
    Parties(Vec<PartyDocument>),
    Experts(Vec<ExpertBrief>),
}

/// Builds the index anew from the database beside the live one, and swaps. `progress` is told how many documents are
/// done. Gives how many there are.
///
/// # Errors
/// [`FollowError`]; the old index then stays.
pub async fn rebuild(store: &Store, search: &Search, mut progress: impl FnMut(u64) + Send) -> Result<u64, FollowError> {
    // What happens from here on is applied again by the follower.
    let place = place_at(store, store.last_position().await?).await?;
    let (pages, mut waiting) = tokio::sync::mpsc::channel::<Page>(PAGES_AHEAD);
    let (done, mut told) = tokio::sync::watch::channel(0_u64);
    let writer = {
        let search = search.clone();
        tokio::task::spawn_blocking(move || -> Result<u64, Failure> {
            let vocabularies = search.vocabularies();
            let mut rebuild = search.rebuild()?;
            let mut whole = false;
            while let Some(page) = waiting.blocking_recv() {
                match page {
                    // An empty page of experts is the end; a channel that closes without one is a failure.
                    Page::Experts(experts) if experts.is_empty() => {
                        whole = true;
                        break;
                    }
                    Page::Parties(parties) => {
                        for party in &parties {
                            rebuild.add(&Document::party(party, vocabularies))?;
                        }
                    }
                    Page::Experts(experts) => {
                        for expert in &experts {
                            rebuild.add(&Document::expert(expert, vocabularies))?;
                        }
                    }
                    Page::Listings(listings) => {
                        for listing in &listings {
                            rebuild.add(&Document::listing(listing, vocabularies)?)?;
                        }
                    }
                }
                done.send_replace(rebuild.documents());
            }
            if !whole {
                return Err(Failure::Closed);
            }
            let documents = rebuild.documents();
            rebuild.finish_at(place)?;
            Ok(documents)
        })
    };
    let read = async {
        let mut after = None;
        loop {
            let page = published::page_after(store, after, PAGE).await?;
            let Some(last) = page.last().map(|p| p.id) else { break };
            after = Some(last);
            if pages.send(Page::Listings(page)).await.is_err() {
                return Ok(());
            }
            progress(*told.borrow_and_update());
        }
        let mut after = None;
        loop {
            let page = accounts::parties::page_after(store.db(), after, PAGE).await?;
            let Some(last) = page.last().map(|p| p.id) else { break };
            after = Some(last);
            if pages.send(Page::Parties(page.into_iter().map(PartyDocument::from).collect())).await.is_err() {
                return Ok(());
            }
        }
        let mut after = None;
        loop {
            let page = experts::page_after(store.db(), after, PAGE).await?;
            after = page.last().map(|e| e.view.id);
            let ended = page.is_empty();
            if pages.send(Page::Experts(page)).await.is_err() || ended {
                return Ok(());
            }
        }
    };
    let read: Result<(), StoreError> = read.await;
    drop(pages);
    let written = writer.await.map_err(|_| FollowError::Writer)?;
    read?;
    let documents = written?;
    progress(documents);
    Ok(documents)
}
