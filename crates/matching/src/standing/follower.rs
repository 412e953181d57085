//! From the event log to the standing matches: what an event touches is reckoned anew, both ways, and nothing else.
//!
//! What always holds: an event is looked at only after the index has come past it, and the vectors that a node holds; what a
//! listing or an expert is now is read from the database, so a batch may be applied any number of times; the place in the log
//! moves in the transaction of the last pairs that were written for it; on several nodes the row of that place decides who
//! writes.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use base::{ExpertId, ListingId, PartyId};
use listings::Kind;
use listings::published::{self, Published};
use search::follower::Touched;
use store::{Ctx, EventRow};
use tokio::sync::Mutex;
use tokio_util::sync::CancellationToken;

use super::compute::{Current, Head};
use super::experts;
use super::list::{Changes, Pair, add_changes, changed};
use super::rebuild::Pace;
use super::tell::{self, Fresh};
use super::write::{Change, Subject, holders, in_use, lists, move_on};
use super::{StandingError, rebuild};
use crate::background::Background;
use crate::matcher::Matcher;
use crate::meaning::Told;

/// The follower's name, in its durable place and in metrics.
pub const NAME: &str = "matches";
/// Listings, or experts, reckoned and written at once.
const AT_ONCE: usize = 32;
/// How long a failure at the start is slept over, and another node's work left to it.
const PAUSE: Duration = Duration::from_secs(2);

/// What is held from one batch to the next.
#[derive(Default)]
struct Held {
    /// The generation that was used last.
    current: Option<Current>,
    /// While a generation is filled.
    background: Option<Background>,
}

/// Keeps the standing matches current until `stop`.
pub async fn run(matcher: Matcher, stop: CancellationToken) {
    let store = matcher.listings().store.clone();
    let (from, current) = loop {
        let begun = begin(&matcher, &stop).await;
        match begun {
            Ok(Some(begun)) => break begun,
            Ok(None) | Err(StandingError::Stopped) => return,
            Err(error) => {
                match error {
                    StandingError::Elsewhere => tracing::info!(follower = NAME, "another node is making the standing matches"),
                    error => {
                        tracing::error!(follower = NAME, error = store::follow::report(&error), "standing matches could not be begun");
                    }
                }
                tokio::select! { () = stop.cancelled() => return, () = tokio::time::sleep(PAUSE) => {} }
            }
        }
    };
    let held = Arc::new(Mutex::new(Held { current: Some(current), background: None }));
    let take = {
        let (matcher, stop, held) = (matcher.clone(), stop.clone(), Arc::clone(&held));
        move |events: Vec<EventRow>| {
            let (matcher, stop, held) = (matcher.clone(), stop.clone(), Arc::clone(&held));
            async move {
                let before = events.first().map_or(0, |e| e.position - 1);
                match step(&matcher, events, &mut held.lock().await.current, &stop).await {
                    Err(StandingError::Stopped) => Ok(before),
                    // Another node took them: this one goes on from where that came to, or looks again in a while.
                    Err(StandingError::Elsewhere) => {
                        let place = matcher.listings().store.follower_position(NAME).await?;
                        if place <= before {
                            tokio::select! { () = stop.cancelled() => {}, () = tokio::time::sleep(PAUSE) => {} }
                        }
                        Ok(place)
                    }
                    done => done,
                }
            }
        }
    };
    let fill = {
        let stop = stop.clone();
        move || {
            let (matcher, stop, held) = (matcher.clone(), stop.clone(), Arc::clone(&held));
            async move {
                match fill(&matcher, &mut *held.lock().await, &stop).await {
                    Err(StandingError::Stopped) => Ok(None),
                    Err(StandingError::Elsewhere) => Ok(Some(PAUSE)),
                    done => done,
                }
            }
        }
    };
    store.follow_beside(NAME, from, stop, take, fill).await;
}

/// Where to go on from, and with which generation. In a space without standing matches nobody is told of what was there
/// before.
async fn begin(matcher: &Matcher, stop: &CancellationToken) -> Result<Option<(i64, Current)>, StandingError> {
    let store = &matcher.listings().store;
    let head = store.last_position().await?;
    if !others_reach(matcher, head, stop).await {
        return Ok(None);
    }
    // What was there before is nobody's news: the place is set first, and the first fill reads what is there after it.
    if store.follower_position(NAME).await? == 0 {
        store.write(Ctx::system(), move |tx| async move { move_on(&tx, 0, head).await }).await?;
    }
    let current = rebuild::up_to_date(matcher, None, 0, false).await?;
    Ok(Some((store.follower_position(NAME).await?, current)))
}

/// Fills one page of a generation that is not whole; gives how soon the next one is due, none if it is whole. One that was
/// cut off goes on where it was.
async fn fill(matcher: &Matcher, held: &mut Held, stop: &CancellationToken) -> Result<Option<Duration>, StandingError> {
    held.current = Current::newest(matcher, held.current.take()).await?;
    let Some(current) = held.current.as_mut().filter(|current| !current.is_whole()) else {
        held.background = None;
        return Ok(None);
    };
    if !current.is_of(matcher.engine()) {
        // Its pages are for the node that has its settings. Nobody else may be there to fill it: then it is begun anew in time.
        held.background = None;
        if current.is_left_to_others(matcher.listings().store.clock().now()) {
            return Err(StandingError::Elsewhere);
        }
        *current = rebuild::up_to_date(matcher, Some(current.clone()), 0, false).await?;
    }
    let background = match held.background.take() {
        Some(there) => there,
        None => rebuild::background()?,
    };
    let done = rebuild::fill_page(matcher, current, &Pace::beside_readers(stop, &background)).await;
    held.background = Some(background);
    done.map(|_| Some(Duration::ZERO))
}

/// Waits until index and vectors have come so far; false if the program is to stop.
async fn others_reach(matcher: &Matcher, position: i64, stop: &CancellationToken) -> bool {
    let reached = async {
        matcher.engine().search().reaches(position).await;
        if let Some(meanings) = matcher.meanings() {
            meanings.reaches(position).await;
        }
    };
    tokio::select! {
        biased;
        () = stop.cancelled() => false,
        () = reached => true,
    }
}

/// What is reckoned and written at once.
enum Piece<'a> {
    Listings(&'a [ListingId]),
    Experts(&'a [ExpertId]),
}

/// Takes one batch of events into the standing matches; gives the position reached.
async fn step(
    matcher: &Matcher,
    events: Vec<EventRow>,
    known: &mut Option<Current>,
    stop: &CancellationToken,
) -> Result<i64, StandingError> {
    let store = &matcher.listings().store;
    let (Some(first), Some(last)) = (events.first(), events.last()) else { return store.follower_position(NAME).await.map_err(Into::into) };
    let (before, reached, at) = (first.position - 1, last.position, last.at);
    let touched = Touched::by(&events);
    let parties = moved_parties(&events);
    let told = matcher.meanings().map(|meanings| Told::by(&events, meanings.model())).unwrap_or_default();
    if touched.is_empty() && told.touched.is_empty() && !told.is_whole {
        // Nothing of ours: not worth a write. After a restart these events are read once more.
        return Ok(reached);
    }
    if !others_reach(matcher, reached, stop).await {
        return Ok(before);
    }
    let fresh = Fresh::by(store, &events, &touched, &told.touched).await?;
    let current = rebuild::up_to_date(matcher, known.take(), fresh.touched.len(), told.is_whole).await?;
    *known = Some(current.clone());
    let (mut ids, mut people) = (fresh.touched.clone(), fresh.experts.clone());
    for party in parties {
        ids.extend(published::ids_of_party(store, party).await?);
        people.extend(accounts::experts::of_party(store.db(), party).await?);
    }
    let place = store.follower_position(NAME).await?;
    if place >= reached {
        return Ok(place); // another node was faster
    }
    let (ids, people): (Vec<ListingId>, Vec<ExpertId>) = (ids.into_iter().collect(), people.into_iter().collect());
    let mut pieces: Vec<Piece<'_>> = ids.chunks(AT_ONCE).map(Piece::Listings).collect();
    pieces.extend(people.chunks(AT_ONCE).map(Piece::Experts));
    let count = pieces.len();
    for (n, piece) in pieces.into_iter().enumerate() {
        if stop.is_cancelled() {
            return Ok(before);
        }
        let change = match piece {
            Piece::Listings(touched) => reckon(matcher, &current, touched, &fresh).await?,
            Piece::Experts(touched) => experts::reckon(matcher, &current, touched, &fresh).await?,
        };
        let to = if n + 1 == count { reached } else { place };
        keep(matcher, change, current.head, place, to).await?;
    }
    if count == 0 {
        keep(matcher, Change::default(), current.head, place, reached).await?;
    }
    let waited = store.clock().now() - at;
    metrics::histogram!("innospace_follower_lag_seconds", "follower" => NAME).record(waited.as_seconds_f64().max(0.0));
    Ok(reached)
}

/// The parties that changed in what a score or a constraint is made of: their kind, their province, which listings are
/// theirs. A name, a presentation or a verification moves no pair.
fn moved_parties(events: &[EventRow]) -> BTreeSet<PartyId> {
    let is_so = |event: &EventRow, fact: &str| event.payload.get(fact).and_then(serde_json::Value::as_bool) == Some(true);
    let moves = |event: &&EventRow| match event.kind.as_str() {
        "party.edited" => is_so(event, "type_changed") || is_so(event, "province_changed"),
        "party.merged" | "party.absorbed" => true,
        _ => false,
    };
    events.iter().filter(|event| event.subject_kind == "party").filter(moves).map(|event| PartyId(event.subject_id)).collect()
}

/// Writes what changed, and moves on, if the generation it was reckoned with is still the one in use.
async fn keep(matcher: &Matcher, change: Change, generation: Head, from: i64, to: i64) -> Result<(), StandingError> {
    if change.is_nothing() && from == to {
        return Ok(());
    }
    let per_day = matcher.engine().weights().told_per_day;
    let change = Arc::new(change);
    let store = &matcher.listings().store;
    store
        .write(Ctx::system(), move |tx| {
            let change = Arc::clone(&change);
            async move {
                move_on(&tx, from, to).await?;
                in_use(&tx, generation).await?;
                change.write(&tx).await?;
                tell::tell(&tx, &change.strong, per_day).await?;
                Ok::<_, StandingError>(())
            }
        })
        .await
}

/// What is other than stored, now that these listings are as they are.
async fn reckon(matcher: &Matcher, current: &Current, touched: &[ListingId], fresh: &Fresh) -> Result<Change, StandingError> {
    let (store, vocabularies) = (&matcher.listings().store, &matcher.listings().vocabularies);
    let touched: BTreeSet<ListingId> = touched.iter().copied().collect();
    let out: BTreeMap<ListingId, Published> =
        published::load(store, &touched.iter().copied().collect::<Vec<_>>()).await?.into_iter().map(|p| (p.id, p)).collect();
    let mut held_by = holders::<Pair>(store.db(), &touched).await?;

    // What each offer is now to each need that has it or may take it.
    let mut offered: Changes<Pair> = BTreeMap::new();
    for id in &touched {
        let known = held_by.remove(id).unwrap_or_default();
        let pairs = match out.get(id) {
            Some(offer) if offer.kind != Kind::Need => current.pairs_of(offer, &known).await?,
            _ => Vec::new(),
        };
        add_changes(&mut offered, *id, &known, pairs);
    }

    // The needs that were touched themselves, and those whose list changes by an offer.
    let needs: BTreeSet<ListingId> = touched.iter().chain(offered.keys()).copied().collect();
    let before = lists::<Pair>(store.db(), &needs).await?;
    offered.retain(|need, _| !touched.contains(need));
    let (mut now, anew) = changed(&before, offered, current.keep());
    for need in published::load(store, &anew).await? {
        now.insert(need.id, current.list_of(&need).await?);
    }
    let mut helped = BTreeMap::new();
    for id in &touched {
        let (offers, experts) = match out.get(id) {
            Some(listing) if listing.kind == Kind::Need => (current.list_of(listing).await?, current.experts_of(listing).await?),
            _ => (Vec::new(), Vec::new()),
        };
        now.insert(*id, offers);
        helped.insert(*id, experts);
    }

    let mut change = Change::default();
    let strong_ppm = matcher.engine().weights().strong_ppm();
    let strong = change.offers.lists(before, now, strong_ppm);
    let strong_experts = change.experts.lists(lists(store.db(), &touched).await?, helped, strong_ppm);
    change.strong = tell::strong(matcher, strong, strong_experts, fresh).await?;
    for id in touched {
        match out.get(&id).and_then(|p| Subject::of(p, vocabularies)) {
            Some(subject) => change.subjects.push(subject),
            None => change.no_subjects.push(id),
        }
    }
    Ok(change)
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use uuid::Uuid;

    use super::*;

    #[test]
    fn a_party_is_looked_at_again_for_its_kind_and_province_alone() {
        let event = |party: u128, kind: &str, payload: serde_json::Value| EventRow {
            position: 1,
            at: chrono::DateTime::UNIX_EPOCH,
            actor_kind: "system".into(),
            actor_id: None,
            subject_kind: "party".into(),
            subject_id: Uuid::from_u128(party),
            kind: kind.into(),
            payload,
        };
        let moved = moved_parties(&[
            event(1, "party.created", json!({"version": 1})),
            event(2, "party.edited", json!({"version": 2, "type_changed": false, "province_changed": false})),
            event(3, "party.verified", json!({"version": 2})),
            event(4, "party.edited", json!({"version": 2, "type_changed": true, "province_changed": false})),
            event(5, "party.edited", json!({"version": 2, "type_changed": false, "province_changed": true})),
            event(6, "party.merged", json!({"from": Uuid::nil()})),
            event(7, "membership.confirmed", json!({})),
        ]);
        assert_eq!(moved.into_iter().map(|party| party.0.as_u128()).collect::<Vec<_>>(), [4, 5, 6]);
    }
}
