//! All standing matches anew: for a space that has none yet, when words are counted anew, and at `innospace rematch`.
//!
//! It goes through the listings in the order of their ids, a page in one transaction that notes how far it has come, so
//! that one that was cut off goes on there. Nobody is told of anything. Between two pages the follower takes what was
//! edited meanwhile, so a page is written only where nothing was taken since it was read.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use base::ListingId;
use listings::Kind;
use listings::published::{self, Published};
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, ExprTrait, QueryFilter, QuerySelect};
use store::{Ctx, Store, StoreError, Tx};
use tokio::runtime::Handle;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::compute::{Current, Head};
use super::experts::ExpertPair;
use super::list::{Fits, Pair};
use super::write::{Change, Subject, between, lists_between};
use super::{NAME, StandingError};
use crate::background::Background;
use crate::matcher::Matcher;
use crate::replies::Replies;
use crate::rows::{expert, generation, standing, subject};
use crate::statistics::Statistics;

/// How what is stored differs from what would be reckoned.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Compared {
    /// Of offers.
    pub offers: Difference<Pair>,
    /// Of experts.
    pub experts: Difference<ExpertPair>,
}

impl Compared {
    /// True if it differs in nothing.
    #[must_use]
    pub fn is_none(&self) -> bool {
        self.offers.is_none() && self.experts.is_none()
    }
}

/// How stored and reckoned pairs of one sort differ.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference<P> {
    /// How many are the same.
    pub same: u64,
    /// Reckoned and not stored.
    pub missing: Vec<P>,
    /// Stored and not reckoned.
    pub surplus: Vec<P>,
    /// Both, with another score or version.
    pub other: Vec<P>,
}

impl<P> Default for Difference<P> {
    fn default() -> Self {
        Self { same: 0, missing: Vec::new(), surplus: Vec::new(), other: Vec::new() }
    }
}

impl<P> Difference<P> {
    /// True if there is none.
    #[must_use]
    pub fn is_none(&self) -> bool {
        self.missing.is_empty() && self.surplus.is_empty() && self.other.is_empty()
    }
}

/// Listings of one page at most.
const PAGE: u64 = 64;
/// Needs of one page where nobody waits for its end.
const NEEDS_ALONE: usize = 64;
/// Needs of one page in a server, where whoever edits a listing waits for it: well below a second's work.
const NEEDS_BESIDE_READERS: usize = 8;
/// Needs reckoned side by side by a program that does nothing else.
const ALONE: usize = 2;
/// In a server, whose readers are not to wait for it.
const BESIDE_READERS: usize = 1;
/// Pages in a row that are made in vain because another node took events meanwhile, until they are left to it.
const IN_VAIN: usize = 5;

/// How the work is done.
pub(super) struct Pace<'a> {
    stop: &'a CancellationToken,
    /// Needs reckoned side by side.
    at_once: usize,
    /// Needs of one page.
    needs: usize,
    /// The threads it is done on, if not on those of everything else.
    background: Option<&'a Background>,
}

impl<'a> Pace<'a> {
    fn alone(stop: &'a CancellationToken) -> Self {
        Self { stop, at_once: ALONE, needs: NEEDS_ALONE, background: None }
    }

    pub(super) fn beside_readers(stop: &'a CancellationToken, background: &'a Background) -> Self {
        Self { stop, at_once: BESIDE_READERS, needs: NEEDS_BESIDE_READERS, background: Some(background) }
    }

    fn pool(&self) -> Handle {
        self.background.map_or_else(Handle::current, Background::handle)
    }
}

/// The threads for work beside readers: one for each need, and one that searches for it.
pub(super) fn background() -> Result<Background, StandingError> {
    Ok(Background::new(BESIDE_READERS * 2)?)
}

/// Counts words anew and reckons everything; `progress` is told how many listings are done. Gives how many there were.
///
/// # Errors
/// [`StandingError`]; what was reckoned until then stays, and the next run goes on from there.
pub async fn rebuild(matcher: &Matcher, progress: impl FnMut(u64) + Send) -> Result<u64, StandingError> {
    let stop = CancellationToken::new();
    let pace = Pace::alone(&stop);
    let seen = Current::head(&matcher.listings().store).await?.map(|head| head.id);
    let mut current = begin(matcher, seen, pace.pool()).await?;
    fill(matcher, &mut current, &pace, progress).await
}

/// The generation to go on with, whole or not: the newest, unless the space has outgrown it. `known` is the one that was
/// used last, so that statistics are not read again for every event; `touched` is how many listings events have touched
/// since; `is_due` says that the log itself tells of other settings for all nodes, such as vectors that count from now on.
///
/// How many listings are out is counted only when so many were touched that it matters: no listing moves the count by more
/// than one.
pub(super) async fn up_to_date(matcher: &Matcher, known: Option<Current>, touched: usize, is_due: bool) -> Result<Current, StandingError> {
    let store = &matcher.listings().store;
    let current = Current::newest(matcher, known).await?;
    let seen = current.as_ref().map(|c| c.head.id);
    let now = store.clock().now();
    let lasts = |c: &Current| !c.is_outdated(now) && (c.is_of(matcher.engine()) || (c.is_left_to_others(now) && !is_due));
    if let Some(mut current) = current.filter(lasts) {
        let touched = u64::try_from(touched).unwrap_or(u64::MAX);
        current.room = match current.room.and_then(|room| room.checked_sub(touched)) {
            Some(room) => Some(room),
            None => current.room_beside(published::count(store).await?),
        };
        if current.room.is_some() {
            return Ok(current);
        }
    }
    let background = background()?;
    begin(matcher, seen, background.handle()).await
}

/// Begins a generation in place of the one that was `seen` last. Where another node has begun one meanwhile, that stands.
async fn begin(matcher: &Matcher, seen: Option<Uuid>, pool: Handle) -> Result<Current, StandingError> {
    let store = &matcher.listings().store;
    let search = matcher.engine().search().clone();
    // Looked at once: whether vectors count must not change between the row and what is reckoned with it.
    let engine = matcher.engine().settled();
    let statistics = pool.spawn_blocking(move || Statistics::count(&search)).await??;
    let replies = Replies::all(store).await?;
    let listings = published::count(store).await?;
    let row = generation::Model {
        id: store.clock().uuid(),
        started_at: store.clock().now(),
        listings: i64::try_from(listings).unwrap_or(i64::MAX),
        statistics: statistics.as_bytes().to_vec(),
        replies: replies.to_bytes(),
        fingerprint: engine.fingerprint(),
        reached: None,
        done: false,
    };
    let mut current = Current::of(matcher, &engine, &row, (Arc::new(statistics), Arc::new(replies)));
    (current.room, current.is_own) = (current.room_beside(listings), true);
    store.write(Ctx::system(), move |tx| put_in_place(tx, seen, row.clone())).await?;
    Ok(current)
}

/// Puts a generation in place of the one that was seen. There is never more than one.
async fn put_in_place(tx: Tx, seen: Option<Uuid>, row: generation::Model) -> Result<(), StandingError> {
    if tx.needs_row_locks() {
        // Where there is no row yet there is none to lock.
        tx.db().execute_unprepared("LOCK TABLE match_generation IN SHARE ROW EXCLUSIVE MODE").await?;
    }
    let there: Option<Uuid> = generation::Entity::find().select_only().column(generation::Column::Id).into_tuple().one(tx.db()).await?;
    if there != seen {
        return Err(StandingError::Elsewhere);
    }
    // The one before is over: what is stored is made anew page by page.
    generation::Entity::delete_many().exec(tx.db()).await?;
    generation::Entity::insert(generation::ActiveModel::from(row)).exec_without_returning(tx.db()).await?;
    Ok(())
}

/// Reckons every listing behind where the generation has come to.
async fn fill(
    matcher: &Matcher,
    current: &mut Current,
    pace: &Pace<'_>,
    mut progress: impl FnMut(u64) + Send,
) -> Result<u64, StandingError> {
    let mut count = 0_u64;
    while !current.head.is_done {
        count += fill_page(matcher, current, pace).await?;
        progress(count);
    }
    Ok(count)
}

/// Reckons the next page of a generation that is not whole yet and notes in it how far it has come; gives how many
/// listings it had.
///
/// # Errors
/// [`StandingError::Elsewhere`] if another node has gone on from the same place.
pub(super) async fn fill_page(matcher: &Matcher, current: &mut Current, pace: &Pace<'_>) -> Result<u64, StandingError> {
    let store = &matcher.listings().store;
    let reckoning = current.on(pace.pool());
    for _ in 0..IN_VAIN {
        if pace.stop.is_cancelled() {
            return Err(StandingError::Stopped);
        }
        // Before the page is read: what is taken of the log after this may be other than the page has it.
        let place = store.follower_position(NAME).await?;
        let page = page_after(store, current.head.reached, pace.needs).await?;
        let count = u64::try_from(page.len()).unwrap_or_default();
        let put = lists_of(&reckoning, &page, pace).await?;
        let to = page.last().map(|p| p.id);
        if write_page(matcher, current.head, (page, put), to, place).await? {
            match to {
                Some(to) => current.head.reached = Some(to),
                None => current.head.is_done = true,
            }
            return Ok(count);
        }
    }
    Err(StandingError::Elsewhere)
}

/// The next listings in the order of ids, with no more needs than that.
async fn page_after(store: &Store, after: Option<ListingId>, needs: usize) -> Result<Vec<Published>, StoreError> {
    let mut page = published::page_after(store, after, PAGE).await?;
    let last = page.iter().enumerate().filter(|(_, p)| p.kind == Kind::Need).nth(needs.saturating_sub(1)).map(|(place, _)| place);
    page.truncate(last.map_or(page.len(), |last| last + 1));
    Ok(page)
}

/// The lists of some needs.
#[derive(Default)]
struct Lists {
    offers: Vec<Pair>,
    experts: Vec<ExpertPair>,
}

impl Lists {
    fn add(&mut self, more: Self) {
        self.offers.extend(more.offers);
        self.experts.extend(more.experts);
    }
}

/// The lists of the needs among these, reckoned side by side.
async fn lists_of(current: &Current, page: &[Published], pace: &Pace<'_>) -> Result<Lists, StandingError> {
    let mut all = Lists::default();
    let mut work: JoinSet<Result<Lists, StandingError>> = JoinSet::new();
    for need in page.iter().filter(|p| p.kind == Kind::Need) {
        // Beside many readers a page takes long: whoever stops the server does not wait for it.
        if pace.stop.is_cancelled() {
            return Err(StandingError::Stopped);
        }
        if work.len() >= pace.at_once
            && let Some(done) = work.join_next().await
        {
            all.add(done??);
        }
        let (current, need) = (current.clone(), need.clone());
        let list = async move { Ok(Lists { offers: current.list_of(&need).await?, experts: current.experts_of(&need).await? }) };
        match pace.background {
            // What is read from the database is also taken apart there; its connections stay with this runtime.
            Some(background) => {
                let here = Handle::current();
                work.spawn_blocking_on(move || here.block_on(list), &background.handle());
            }
            None => {
                work.spawn(list);
            }
        }
    }
    while let Some(done) = work.join_next().await {
        all.add(done??);
    }
    Ok(all)
}

/// Puts a page in place of whatever is stored of listings between where the generation stands and `to` (to the end, where
/// it is none). False, and nothing is written, if the follower does not stand at `place` any more: what it took may be other
/// than the page has it.
///
/// The row of the generation decides: a page is written by the node that finds it where the page begins. Another that
/// reckoned the same page, or whose generation is over, writes nothing. The follower's row is taken first, as by whoever
/// takes events.
async fn write_page(
    matcher: &Matcher,
    head: Head,
    (page, put): (Vec<Published>, Lists),
    to: Option<ListingId>,
    place: i64,
) -> Result<bool, StandingError> {
    let (store, vocabularies) = (&matcher.listings().store, &matcher.listings().vocabularies);
    let mut change = Change { subjects: page.iter().filter_map(|p| Subject::of(p, vocabularies)).collect(), ..Change::default() };
    (change.offers.put, change.experts.put) = (put.offers, put.experts);
    let change = Arc::new(change);
    store
        .write(Ctx::system(), move |tx| {
            let change = Arc::clone(&change);
            async move {
                if !Store::advance_follower(&tx, NAME, place, place).await? {
                    return Ok(false);
                }
                let reached = Expr::col(generation::Column::Reached);
                let mut update = generation::Entity::update_many()
                    .filter(generation::Column::Id.eq(head.id))
                    .filter(generation::Column::Done.eq(false))
                    .filter(head.reached.map_or_else(|| reached.clone().is_null(), |after| reached.clone().eq(after.0)));
                update = match to {
                    Some(to) => update.col_expr(generation::Column::Reached, Expr::value(to.0)),
                    None => update.col_expr(generation::Column::Done, Expr::value(true)),
                };
                if update.exec(tx.db()).await?.rows_affected == 0 {
                    return Err(StandingError::Elsewhere);
                }
                let (db, from) = (tx.db(), head.reached);
                standing::Entity::delete_many().filter(between(standing::Column::NeedId, from, to)).exec(db).await?;
                expert::Entity::delete_many().filter(between(expert::Column::NeedId, from, to)).exec(db).await?;
                subject::Entity::delete_many().filter(between(subject::Column::ListingId, from, to)).exec(db).await?;
                change.write(&tx).await?;
                Ok(true)
            }
        })
        .await
}

/// Reckons everything with the generation in use and compares it with what is stored, without writing; `progress` is
/// told how many listings are done. None if there never was a generation.
///
/// # Errors
/// [`StandingError`] if database or index cannot be read.
pub async fn check(matcher: &Matcher, mut progress: impl FnMut(u64) + Send) -> Result<Option<Compared>, StandingError> {
    let store = &matcher.listings().store;
    let Some(current) = Current::load(matcher).await? else { return Ok(None) };
    let stop = CancellationToken::new();
    let pace = Pace::alone(&stop);
    let mut found = Compared::default();
    let (mut after, mut count) = (None, 0_u64);
    loop {
        let page = published::page_after(store, after, PAGE).await?;
        let last = page.last().map(|p| p.id);
        let now = lists_of(&current, &page, &pace).await?;
        compare(&mut found.offers, now.offers, lists_between(store.db(), after, last).await?);
        compare(&mut found.experts, now.experts, lists_between(store.db(), after, last).await?);
        count += u64::try_from(page.len()).unwrap_or_default();
        progress(count);
        if last.is_none() {
            return Ok(Some(found));
        }
        after = last;
    }
}

/// Adds how the pairs of some needs differ.
fn compare<P: Fits>(difference: &mut Difference<P>, now: Vec<P>, stored: Vec<P>) {
    let by_ids = |pairs: Vec<P>| -> BTreeMap<(ListingId, P::Other), P> {
        pairs.into_iter().map(|pair| ((pair.need(), pair.other()), pair)).collect()
    };
    let (now, stored) = (by_ids(now), by_ids(stored));
    let keys: BTreeSet<&(ListingId, P::Other)> = now.keys().chain(stored.keys()).collect();
    for key in keys {
        match (now.get(key), stored.get(key)) {
            (Some(now), Some(stored)) if now == stored => difference.same += 1,
            (Some(now), Some(_)) => difference.other.push(now.clone()),
            (Some(now), None) => difference.missing.push(now.clone()),
            (None, Some(stored)) => difference.surplus.push(stored.clone()),
            (None, None) => {}
        }
    }
}
