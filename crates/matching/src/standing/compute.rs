//! Reckoning: the generation in use, the list of offers of one need, and the pairs of one offer.

use std::collections::BTreeSet;
use std::sync::Arc;

use base::{Actor, Lang, ListingId};
use chrono::{DateTime, TimeDelta, Utc};
use listings::Kind;
use listings::published::{self, Audience, Published};
use sea_orm::{ConnectionTrait, EntityTrait, QueryOrder, QuerySelect, Select};
use search::Viewer;
use store::{Store, StoreError};
use tokio::runtime::Handle;
use uuid::Uuid;

use super::list::{List, Pair};
use super::{NEAREST, ROOM, StandingError, TRANSLATED};
use crate::engine::{Engine, Reader};
use crate::matcher::Matcher;
use crate::replies::Replies;
use crate::rows::generation;
use crate::side::Side;
use crate::statistics::Statistics;

/// After how long freshness is measured anew.
const GENERATION_DAYS: i64 = 30;
/// How long a generation that another node began is left as it is, though this one has other settings.
const LEFT_MINUTES: i64 = 30;
/// By which part the space grows or shrinks until words are counted anew.
const GROWTH: f64 = 0.2;
/// The most words that the index is asked for at once, and of one listing.
const ASKED: (usize, usize) = (search::MAX_TERMS, 400);

/// Which generation is in use, and how far it is filled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Head {
    pub(super) id: Uuid,
    /// Where one that is not whole has come to, in the order of ids.
    pub(super) reached: Option<ListingId>,
    /// Whether it is whole.
    pub(super) is_done: bool,
}

impl Head {
    fn of((id, reached, is_done): (Uuid, Option<Uuid>, bool)) -> Self {
        Self { id, reached: reached.map(ListingId), is_done }
    }

    /// What is there, to be read with or without a lock.
    pub(super) fn query() -> Select<generation::Entity> {
        use generation::Column as C;
        generation::Entity::find().select_only().columns([C::Id, C::Reached, C::Done]).order_by_desc(C::Id)
    }

    /// What a query of these columns gives.
    pub(super) async fn read(query: Select<generation::Entity>, db: &impl ConnectionTrait) -> Result<Option<Self>, StoreError> {
        Ok(query.into_tuple().one(db).await?.map(Self::of))
    }
}

/// The generation in use, ready to reckon with.
#[derive(Clone)]
pub struct Current {
    pub(super) head: Head,
    /// How many listings were out when it began.
    pub(crate) listings: u64,
    pub(crate) started_at: DateTime<Utc>,
    /// How many listings may still be touched before the space may have outgrown it; none where that was not counted.
    pub(super) room: Option<u64>,
    /// Of all that its scores were made with.
    fingerprint: String,
    /// Whether this process began it.
    pub(super) is_own: bool,
    pub(crate) store: Store,
    pub(super) judge: Engine,
    pub(super) look: Engine,
    /// The threads that search and judge.
    pub(super) pool: Handle,
    keep: usize,
    pub(super) keep_experts: usize,
    least_ppm: u32,
    pub(super) least_expert_ppm: u32,
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
        let replies = Replies::from_bytes(&row.replies).map_err(|e| StoreError::corrupt("match generation", e))?;
        Ok(Some(Self::of(matcher, &matcher.engine().settled(), &row, (Arc::new(statistics), Arc::new(replies)))))
    }

    /// Which generation is the newest, and how far it is filled.
    pub(super) async fn head(store: &Store) -> Result<Option<Head>, StoreError> {
        Head::read(Head::query(), store.db()).await
    }

    /// The newest generation as it is now; what is `known` of it is not read again.
    pub(super) async fn newest(matcher: &Matcher, known: Option<Self>) -> Result<Option<Self>, StoreError> {
        let Some(head) = Self::head(&matcher.listings().store).await? else { return Ok(None) };
        match known.filter(|known| known.head.id == head.id) {
            Some(known) => Ok(Some(Self { head, ..known })),
            None => Self::load(matcher).await,
        }
    }

    /// The generation of a row, reckoned with by `engine`, which is settled.
    pub(super) fn of(
        matcher: &Matcher,
        engine: &Engine,
        row: &generation::Model,
        (statistics, replies): (Arc<Statistics>, Arc<Replies>),
    ) -> Self {
        let judge = engine.held_to(statistics).knowing(replies);
        let mut wide = judge.weights().clone();
        (wide.candidate_terms, wide.terms) = ASKED;
        (wide.candidates, wide.translated_candidates) = (ROOM, TRANSLATED);
        (wide.field_candidates, wide.vector_candidates) = (0, NEAREST);
        let weights = judge.weights();
        Self {
            head: Head::of((row.id, row.reached, row.done)),
            listings: u64::try_from(row.listings).unwrap_or_default(),
            started_at: row.started_at,
            room: None,
            fingerprint: row.fingerprint.clone(),
            is_own: false,
            store: matcher.listings().store.clone(),
            keep: weights.standing_keep.max(1),
            keep_experts: weights.standing_experts.max(1),
            least_ppm: weights.standing_ppm(),
            least_expert_ppm: weights.standing_expert_ppm(),
            look: judge.weighing(wide),
            judge,
            pool: Handle::current(),
        }
    }

    /// Whether the lists of all needs are made with it.
    pub(super) fn is_whole(&self) -> bool {
        self.head.is_done
    }

    /// Whether it is made with what `engine` has now: weights, glossary, fields and the model of vectors.
    pub(super) fn is_of(&self, engine: &Engine) -> bool {
        self.fingerprint == engine.settled().fingerprint()
    }

    /// Whether everything is to be reckoned anew, however large the space is: freshness is a month old.
    pub(super) fn is_outdated(&self, now: DateTime<Utc>) -> bool {
        now - self.started_at > TimeDelta::days(GENERATION_DAYS)
    }

    /// Whether another node began it a moment ago. It may have other settings than this one for a while, and the two must not
    /// begin generations against each other.
    pub(super) fn is_left_to_others(&self, now: DateTime<Utc>) -> bool {
        !self.is_own && now - self.started_at < TimeDelta::minutes(LEFT_MINUTES)
    }

    /// How many listings may come or go beside so many that are out; none if the space has grown or shrunk by more than a
    /// fifth.
    pub(super) fn room_beside(&self, published: u64) -> Option<u64> {
        room(self.listings, published, self.judge.weights().imagined_documents)
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

    /// The pairs of a listing with these others: those that are matches. Nobody is their own counterpart: what a party has itself
    /// answers none of its needs and takes no place from what others have.
    async fn pairs(&self, of: &Published, mut others: Vec<Published>) -> Result<Vec<Pair>, StandingError> {
        others.retain(|other| has_audience(other) && other.owner.id != of.owner.id);
        let (judge, of, reader, least) = (self.judge.clone(), of.clone(), self.reader(), self.least_ppm);
        let pairs = self.pool.spawn_blocking(move || {
            let judged = judge.judge(&Side::of(&of), &others, reader)?;
            let fits = judged.iter().filter(|j| !j.is_excluded() && j.score_ppm >= least);
            Ok::<_, search::Failure>(fits.map(|j| pair(&of, j.listing, j.score_ppm)).collect())
        });
        Ok(pairs.await??)
    }

    /// The standing matches of a need, from scratch.
    pub(super) async fn list_of(&self, need: &Published) -> Result<Vec<Pair>, StandingError> {
        if !has_audience(need) {
            return Ok(Vec::new());
        }
        let ids = self.candidates(need, offers()).await?;
        let others = published::load(&self.store, &ids).await?;
        Ok(List::of(self.pairs(need, others).await?, self.keep).into_pairs())
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

/// How many more of `now_there` listings may come or go until they are a fifth more or fewer than `before`; small spaces
/// stand beside the documents that are imagined there. None if they are already.
fn room(before: u64, now_there: u64, imagined: f64) -> Option<u64> {
    let bound = (before as f64 + imagined) * GROWTH;
    let left = bound - before.abs_diff(now_there) as f64;
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "used where it is not below zero")]
    let whole = left as u64;
    (left >= 0.0).then_some(whole)
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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_fifth_more_or_fewer_is_still_the_same_space_and_one_beyond_is_not() {
        assert_eq!((room(1_000, 1_000, 0.0), room(1_000, 1_150, 0.0), room(1_000, 850, 0.0)), (Some(200), Some(50), Some(50)));
        assert_eq!((room(1_000, 1_200, 0.0), room(1_000, 1_201, 0.0), room(1_000, 799, 0.0)), (Some(0), None, None));
        // A small space stands beside a hundred that are imagined.
        assert_eq!((room(0, 0, 100.0), room(0, 20, 100.0), room(0, 21, 100.0)), (Some(20), Some(0), None));
    }

    proptest! {
        /// Whoever counts again only when the room is used up notices every growth as soon as whoever always counts.
        #[test]
        fn within_the_room_no_space_is_outgrown(before in 0_u64..5_000, there in 0_u64..5_000, moved in -1_500_i64..1_500) {
            if let Some(left) = room(before, there, 100.0)
                && moved.unsigned_abs() <= left
            {
                prop_assert!(room(before, there.saturating_add_signed(moved), 100.0).is_some());
            }
        }
    }
}
