//! All standing matches anew: for a space that has none yet, when words are counted anew, and at `innospace rematch`.
//!
//! It goes through the listings in the order of their ids, a page in one transaction that notes how far it has come, so
//! that one that was cut off goes on there. Nobody is told of anything.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use base::ListingId;
use listings::Kind;
use listings::published::{self, Published};
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, ExprTrait, QueryFilter, QueryOrder, QuerySelect};
use store::{Ctx, Store, StoreError, Tx};
use tokio::runtime::Handle;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::StandingError;
use super::compute::Current;
use super::list::Pair;
use super::write::{Change, Subject, of_row};
use crate::background::Background;
use crate::matcher::Matcher;
use crate::rows::{generation, standing, subject};
use crate::statistics::Statistics;

/// How stored and reckoned pairs differ.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Difference {
    /// How many are the same.
    pub same: u64,
    /// Reckoned and not stored.
    pub missing: Vec<Pair>,
    /// Stored and not reckoned.
    pub surplus: Vec<Pair>,
    /// Both, with another score or version.
    pub other: Vec<Pair>,
}

impl Difference {
    /// True if there is none.
    #[must_use]
    pub fn is_none(&self) -> bool {
        self.missing.is_empty() && self.surplus.is_empty() && self.other.is_empty()
    }
}

/// Listings of one page.
const PAGE: u64 = 64;
/// Needs reckoned side by side by a program that does nothing else.
const ALONE: usize = 2;
/// In a server, whose readers are not to wait for it.
const BESIDE_READERS: usize = 1;

/// How the work is done.
struct Pace<'a> {
    stop: &'a CancellationToken,
    /// Needs reckoned side by side.
    at_once: usize,
    /// The threads it is done on, if not on those of everything else.
    background: Option<Background>,
}

impl<'a> Pace<'a> {
    fn alone(stop: &'a CancellationToken) -> Self {
        Self { stop, at_once: ALONE, background: None }
    }

    fn beside_readers(stop: &'a CancellationToken) -> Result<Self, StandingError> {
        // One thread for each need, and one that searches for it.
        Ok(Self { stop, at_once: BESIDE_READERS, background: Some(Background::new(BESIDE_READERS * 2)?) })
    }

    fn pool(&self) -> Handle {
        self.background.as_ref().map_or_else(Handle::current, Background::handle)
    }
}

/// Counts words anew and reckons everything; `progress` is told how many listings are done. Gives how many there were.
///
/// # Errors
/// [`StandingError`]; what was reckoned until then stays, and the next run goes on from there.
pub async fn rebuild(matcher: &Matcher, progress: impl FnMut(u64) + Send) -> Result<u64, StandingError> {
    let stop = CancellationToken::new();
    let seen = Current::newest(&matcher.listings().store).await?;
    begin(matcher, seen, &Pace::alone(&stop), progress).await
}

/// The generation to go on with: the newest, finished, unless the space has outgrown it. `known` is the one that was used
/// last, so that statistics are not read again for every event; `touched` is how many listings events have touched since.
///
/// How many listings are out is counted only when so many were touched that it matters: no listing moves the count by more
/// than one.
pub(super) async fn up_to_date(
    matcher: &Matcher,
    known: Option<Current>,
    touched: usize,
    stop: &CancellationToken,
) -> Result<Current, StandingError> {
    let store = &matcher.listings().store;
    let newest = Current::newest(store).await?;
    let known = known.filter(|k| k.is_done && newest == Some(k.id));
    let current = match known {
        Some(known) => Some(known),
        None => Current::load(matcher).await?,
    };
    let seen = current.as_ref().map(|c| c.id);
    if let Some(mut current) = current.filter(|c| !c.is_outdated(matcher.engine(), store.clock().now())) {
        let touched = u64::try_from(touched).unwrap_or(u64::MAX);
        current.room = match current.room.and_then(|room| room.checked_sub(touched)) {
            Some(room) => Some(room),
            None => current.room_beside(published::count(store).await?),
        };
        if current.room.is_some() {
            if !current.is_done {
                fill(matcher, &current, &Pace::beside_readers(stop)?, &mut |_| {}).await?;
                current.is_done = true;
            }
            return Ok(current);
        }
    }
    begin(matcher, seen, &Pace::beside_readers(stop)?, |_| {}).await?;
    Current::load(matcher).await?.filter(|c| c.is_done).ok_or(StandingError::Elsewhere)
}

/// Begins a generation in place of the one that was `seen` last and fills it. Where another node has begun one meanwhile,
/// that stands.
async fn begin(matcher: &Matcher, seen: Option<Uuid>, pace: &Pace<'_>, mut progress: impl FnMut(u64) + Send) -> Result<u64, StandingError> {
    let store = &matcher.listings().store;
    let search = matcher.engine().search().clone();
    // Looked at once: whether vectors count must not change between the row and what is reckoned with it.
    let engine = matcher.engine().settled();
    let statistics = pace.pool().spawn_blocking(move || Statistics::count(&search)).await??;
    let row = generation::Model {
        id: store.clock().uuid(),
        started_at: store.clock().now(),
        listings: i64::try_from(published::count(store).await?).unwrap_or(i64::MAX),
        statistics: statistics.as_bytes().to_vec(),
        fingerprint: engine.fingerprint(),
        reached: None,
        done: false,
    };
    let current = Current::of(matcher, &engine, &row, Arc::new(statistics));
    store.write(Ctx::system(), move |tx| put_in_place(tx, seen, row.clone())).await?;
    fill(matcher, &current, pace, &mut progress).await
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
async fn fill(matcher: &Matcher, current: &Current, pace: &Pace<'_>, progress: &mut (dyn FnMut(u64) + Send)) -> Result<u64, StandingError> {
    let store = &matcher.listings().store;
    let mut after = current.reached;
    let mut count = 0_u64;
    let reckoning = current.on(pace.pool());
    loop {
        if pace.stop.is_cancelled() {
            return Err(StandingError::Stopped);
        }
        let page = published::page_after(store, after, PAGE).await?;
        let last = page.last().map(|p| p.id);
        count += u64::try_from(page.len()).unwrap_or_default();
        let put = pairs_of(&reckoning, &page, pace).await?;
        write_page(matcher, current, (page, put), after, last).await?;
        progress(count);
        if last.is_none() {
            return Ok(count);
        }
        after = last;
    }
}

/// The pairs of the needs among these, reckoned side by side.
async fn pairs_of(current: &Current, page: &[Published], pace: &Pace<'_>) -> Result<Vec<Pair>, StandingError> {
    let mut all = Vec::new();
    let mut work: JoinSet<Result<Vec<Pair>, StandingError>> = JoinSet::new();
    for need in page.iter().filter(|p| p.kind == Kind::Need) {
        // Beside many readers a page takes long: whoever stops the server does not wait for it.
        if pace.stop.is_cancelled() {
            return Err(StandingError::Stopped);
        }
        if work.len() >= pace.at_once
            && let Some(done) = work.join_next().await
        {
            all.extend(done??);
        }
        let (current, need) = (current.clone(), need.clone());
        let list = async move { Ok(current.list_of(&need).await?.pairs().to_vec()) };
        match &pace.background {
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
        all.extend(done??);
    }
    Ok(all)
}

/// Puts a page in place of whatever is stored of listings between `after` and `last` (to the end, where it is none).
///
/// The row of the generation decides, and is taken first: a page is written by the node that finds it where the page
/// begins. Another that reckoned the same page, or whose generation is over, writes nothing.
async fn write_page(
    matcher: &Matcher,
    current: &Current,
    (page, put): (Vec<Published>, Vec<Pair>),
    after: Option<ListingId>,
    last: Option<ListingId>,
) -> Result<(), StandingError> {
    let (store, vocabularies) = (&matcher.listings().store, &matcher.listings().vocabularies);
    let change =
        Arc::new(Change { put, subjects: page.iter().filter_map(|p| Subject::of(p, vocabularies)).collect(), ..Change::default() });
    let generation = current.id;
    store
        .write(Ctx::system(), move |tx| {
            let change = Arc::clone(&change);
            async move {
                let reached = Expr::col(generation::Column::Reached);
                let mut update = generation::Entity::update_many()
                    .filter(generation::Column::Id.eq(generation))
                    .filter(generation::Column::Done.eq(false))
                    .filter(after.map_or_else(|| reached.clone().is_null(), |after| reached.clone().eq(after.0)));
                update = match last {
                    Some(last) => update.col_expr(generation::Column::Reached, Expr::value(last.0)),
                    None => update.col_expr(generation::Column::Done, Expr::value(true)),
                };
                if update.exec(tx.db()).await?.rows_affected == 0 {
                    return Err(StandingError::Elsewhere);
                }
                let between = |column: Expr| {
                    let from = after.map(|id| column.clone().gt(id.0));
                    let to = last.map(|id| column.lte(id.0));
                    sea_orm::Condition::all().add_option(from).add_option(to)
                };
                standing::Entity::delete_many().filter(between(Expr::col(standing::Column::NeedId))).exec(tx.db()).await?;
                subject::Entity::delete_many().filter(between(Expr::col(subject::Column::ListingId))).exec(tx.db()).await?;
                change.write(&tx).await?;
                Ok(())
            }
        })
        .await
}

/// Reckons everything with the generation in use and compares it with what is stored, without writing; `progress` is
/// told how many listings are done. None if there never was a generation.
///
/// # Errors
/// [`StandingError`] if database or index cannot be read.
pub async fn check(matcher: &Matcher, mut progress: impl FnMut(u64) + Send) -> Result<Option<Difference>, StandingError> {
    let store = &matcher.listings().store;
    let Some(current) = Current::load(matcher).await? else { return Ok(None) };
    let stop = CancellationToken::new();
    let pace = Pace::alone(&stop);
    let mut difference = Difference::default();
    let (mut after, mut count) = (None, 0_u64);
    loop {
        let page = published::page_after(store, after, PAGE).await?;
        let last = page.last().map(|p| p.id);
        let now: BTreeMap<(ListingId, ListingId), Pair> =
            pairs_of(&current, &page, &pace).await?.into_iter().map(|p| ((p.need, p.offer), p)).collect();
        let stored = stored_between(store, after, last).await?;
        let keys: BTreeSet<&(ListingId, ListingId)> = now.keys().chain(stored.keys()).collect();
        for key in keys {
            match (now.get(key), stored.get(key)) {
                (Some(now), Some(stored)) if now == stored => difference.same += 1,
                (Some(now), Some(_)) => difference.other.push(now.clone()),
                (Some(now), None) => difference.missing.push(now.clone()),
                (None, Some(stored)) => difference.surplus.push(stored.clone()),
                (None, None) => {}
            }
        }
        count += u64::try_from(page.len()).unwrap_or_default();
        progress(count);
        if last.is_none() {
            return Ok(Some(difference));
        }
        after = last;
    }
}

async fn stored_between(
    store: &Store,
    after: Option<ListingId>,
    last: Option<ListingId>,
) -> Result<BTreeMap<(ListingId, ListingId), Pair>, StoreError> {
    let mut query = standing::Entity::find();
    if let Some(after) = after {
        query = query.filter(standing::Column::NeedId.gt(after.0));
    }
    if let Some(last) = last {
        query = query.filter(standing::Column::NeedId.lte(last.0));
    }
    let rows = query.order_by_asc(standing::Column::NeedId).all(store.db()).await?;
    Ok(rows.into_iter().map(of_row).map(|p| ((p.need, p.offer), p)).collect())
}
