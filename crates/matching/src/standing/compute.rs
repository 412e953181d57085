//! Reckoning: the generation in use, the list of one need, and the pairs of one offer.

use std::collections::BTreeSet;
use std::sync::Arc;

use base::{Actor, Lang, ListingId};
use chrono::{DateTime, TimeDelta, Utc};
use listings::Kind;
use listings::published::{self, Audience, Published};
use sea_orm::{EntityTrait, QueryOrder, QuerySelect};
use search::Viewer;
use store::{Store, StoreError};
use tokio::runtime::Handle;
use uuid::Uuid;

use super::list::{List, Pair};
use super::{ROOM, StandingError};
use crate::engine::{Engine, Reader};
use crate::matcher::Matcher;
use crate::rows::generation;
use crate::side::Side;
use crate::statistics::Statistics;

/// After how long freshness is measured anew.
const GENERATION_DAYS: i64 = 30;
/// By which part the space grows or shrinks until words are counted anew.
const GROWTH: f64 = 0.2;
/// The most words that the index is asked for at once, and of one listing.
const ASKED: (usize, usize) = (search::MAX_TERMS, 400);

/// The generation in use, ready to reckon with.
#[derive(Clone)]
pub struct Current {
    pub(crate) id: Uuid,
    /// How many listings were out when it began.
    pub(crate) listings: u64,
    pub(crate) started_at: DateTime<Utc>,
    /// Where an unfinished one has come to.
    pub(crate) reached: Option<ListingId>,
    pub(crate) is_done: bool,
    /// Of the weights, the glossary and the fields that it was made with.
    fingerprint: String,
    pub(crate) store: Store,
    judge: Engine,
    look: Engine,
    /// The threads that search and judge.
    pool: Handle,
    keep: usize,
    least_ppm: u32,
}

/// What others than the owner's party may see.
pub(super) fn has_audience(listing: &Published) -> bool {
    match &listing.audience {
        Audience::Public | Audience::Registered => true,
        Audience::Parties(parties) => parties.iter().any(|p| *p != listing.owner.id),
    }
}

/// Whether every signed-in person may see it.
pub(super) fn is_open(listing: &Published) -> bool {
    matches!(listing.audience, Audience::Public | Audience::Registered)
}

/// The kinds on the other side of a need.
fn offers() -> BTreeSet<Kind> {
    BTreeSet::from([Kind::Technology, Kind::IpAsset])
}

impl Current {
    /// The newest generation; none if there never was one.
    pub(super) async fn load(matcher: &Matcher) -> Result<Option<Self>, StoreError> {
        let store = &matcher.listings().store;
        let newest = generation::Entity::find().order_by_desc(generation::Column::Id).one(store.db()).await?;
        let Some(mut row) = newest else { return Ok(None) };
        let statistics =
            Statistics::from_bytes(std::mem::take(&mut row.statistics)).map_err(|e| StoreError::corrupt("match generation", e))?;
        Ok(Some(Self::of(matcher, &row, Arc::new(statistics))))
    }

    /// Which generation is the newest.
    pub(super) async fn newest(store: &Store) -> Result<Option<Uuid>, StoreError> {
        let ids = generation::Entity::find().select_only().column(generation::Column::Id).order_by_desc(generation::Column::Id);
        Ok(ids.into_tuple().one(store.db()).await?)
    }

    pub(super) fn of(matcher: &Matcher, row: &generation::Model, statistics: Arc<Statistics>) -> Self {
        let judge = matcher.engine().held_to(statistics);
        let mut wide = judge.weights().clone();
        (wide.candidate_terms, wide.terms) = ASKED;
        (wide.candidates, wide.field_candidates) = (ROOM, 0);
        let weights = judge.weights();
        let least = weights.standing_min.max(weights.calibration.of(weights.field)).clamp(0.0, 1.0);
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a share of one, in millionths")]
        let least_ppm = (least * 1e6).round() as u32;
        Self {
            id: row.id,
            listings: u64::try_from(row.listings).unwrap_or_default(),
            started_at: row.started_at,
            reached: row.reached.map(ListingId),
            is_done: row.done,
            fingerprint: row.fingerprint.clone(),
            store: matcher.listings().store.clone(),
            keep: weights.standing_keep.max(1),
            least_ppm,
            look: judge.weighing(wide),
            judge,
            pool: Handle::current(),
        }
    }

    /// Whether everything is to be reckoned anew: the space grew or shrank by a fifth (small ones, beside the documents that
    /// are imagined there), freshness is a month old, or weights, glossary or fields are others.
    pub(super) fn is_outdated(&self, published: u64, now: DateTime<Utc>) -> bool {
        if self.fingerprint != self.judge.fingerprint() {
            return true;
        }
        let imagined = self.judge.weights().imagined_documents;
        let (before, now_there) = (self.listings as f64 + imagined, published as f64 + imagined);
        (now_there - before).abs() > before * GROWTH || now - self.started_at > TimeDelta::days(GENERATION_DAYS)
    }

    /// The same, reckoning on other threads.
    pub(super) fn on(&self, pool: Handle) -> Self {
        Self { pool, ..self.clone() }
    }

    fn reader(&self) -> Reader {
        Reader { lang: Lang::Vi, now: self.started_at, explain: false }
    }

    pub(super) fn keep(&self) -> usize {
        self.keep
    }

    async fn candidates(&self, of: &Published, kinds: BTreeSet<Kind>) -> Result<Vec<ListingId>, StandingError> {
        let (look, of) = (self.look.clone(), of.clone());
        let found = self.pool.spawn_blocking(move || look.candidates(&Side::of(&of), &kinds, &Viewer::of(&Actor::system())));
        Ok(found.await??)
    }

    /// The pairs of a listing with these others: those that are matches.
    async fn pairs(&self, of: &Published, mut others: Vec<Published>) -> Result<Vec<Pair>, StandingError> {
        others.retain(has_audience);
        let (judge, of, reader, least) = (self.judge.clone(), of.clone(), self.reader(), self.least_ppm);
        let pairs = self.pool.spawn_blocking(move || {
            let judged = judge.judge(&Side::of(&of), &others, reader)?;
            let fits = judged.iter().filter(|j| !j.is_excluded() && j.score_ppm >= least);
            Ok::<_, search::Failure>(fits.map(|j| pair(&of, j.listing, j.score_ppm)).collect())
        });
        Ok(pairs.await??)
    }

    /// The standing matches of a need, from scratch.
    pub(super) async fn list_of(&self, need: &Published) -> Result<List, StandingError> {
        if !has_audience(need) {
            return Ok(List::of(Vec::new(), self.keep));
        }
        let ids = self.candidates(need, offers()).await?;
        let others = published::load(&self.store, &ids).await?;
        Ok(List::of(self.pairs(need, others).await?, self.keep))
    }

    /// What an offer is to each need now: to those the index names and to those in `known`.
    pub(super) async fn pairs_of(&self, offer: &Published, known: &BTreeSet<ListingId>) -> Result<Vec<Pair>, StandingError> {
        if !has_audience(offer) {
            return Ok(Vec::new());
        }
        let mut ids = BTreeSet::from_iter(self.candidates(offer, BTreeSet::from([Kind::Need])).await?);
        ids.extend(known);
        let others = published::load(&self.store, &ids.into_iter().collect::<Vec<_>>()).await?;
        self.pairs(offer, others).await
    }
}

fn pair(one: &Published, other: &Published, score_ppm: u32) -> Pair {
    let (need, offer) = if one.kind == Kind::Need { (one, other) } else { (other, one) };
    Pair {
        need: need.id,
        offer: offer.id,
        need_party: need.owner.id,
        offer_party: offer.owner.id,
        need_version: need.version,
        offer_version: offer.version,
        score_ppm,
        is_open: is_open(need) && is_open(offer),
    }
}
