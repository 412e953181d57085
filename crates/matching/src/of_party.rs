//! The best standing matches of all listings of a party, both ways, for its members and for brokers: in the order of what
//! its own side said of them, each with its reasons as they are now. What was excluded is not stored: it is reckoned
//! when asked for, of the party's newest listings.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use base::{Actor, Cursor, Grant, Limit, ListingId, Page, PartyId, Refused};
use chrono::{DateTime, Utc};
use listings::Kind;
use listings::published::{self, Published};
use sea_orm::sea_query::{Expr, ExprTrait};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use serde::{Deserialize, Serialize};
use store::StoreError;
use utoipa::ToSchema;

use crate::access::{Of, ReadPartyMatches};
use crate::answer::{Match, MatchListing, PartValue, Reason};
use crate::constraints::Exclusion;
use crate::engine::Reader;
use crate::feedback::{self, MatchId, Said};
use crate::inside::Inside;
use crate::matcher::{MatchError, Matcher, Subject, may_see, owners, usual_kinds, whole_second};
use crate::reasons::unexplained;
use crate::rows::standing;
use crate::side::Side;

/// The most pairs of one party that are listed: the best from each side.
const MOST: u64 = 200;
/// Of how many of the party's listings, the newest, it is reckoned what was excluded.
const LOOKED_AT: usize = 20;

/// A pair of a listing of the party with one of somebody else.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct PartyMatch {
    /// The pair: the need's id, a dot, the offer's id.
    pub id: String,
    /// The party's own listing.
    pub own: MatchListing,
    /// The counterpart.
    pub other: MatchListing,
    /// 0 to 1, as it was when the pair was last reckoned.
    pub score: f64,
    /// When that was.
    pub computed_at: DateTime<Utc>,
    /// Why, as the two listings are now, the weightiest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub reasons: Vec<Reason>,
    /// What of the score no reason tells, 0 to 1: freshness, how soon the offering side replies, and what is not said.
    pub unexplained_share: f64,
    /// How each part of the score came out; only when asked to explain.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub parts: Vec<PartValue>,
    /// What the party's own side said of it last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub feedback: Option<Said>,
    /// Why it is no match; only when asked for what was excluded.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub excluded: Vec<Exclusion>,
}

/// In which order they come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// The best first.
    Best,
    /// The last reckoned first, of the best.
    Newest,
}

/// What is asked.
#[derive(Clone, Debug)]
pub struct PartyAsk {
    /// In which order.
    pub order: Order,
    /// How many.
    pub limit: Limit,
    /// Where the page before ended.
    pub cursor: Option<String>,
    /// Whether each part of the score is told.
    pub explain: bool,
    /// What was excluded of the party's newest listings, and why, instead of what matches.
    pub excluded: bool,
}

/// A pair before it is told. Of the counterpart no more than its id: of hundreds a page shows a few.
#[derive(Clone)]
struct Row {
    id: MatchId,
    own: Arc<Published>,
    other: ListingId,
    score_ppm: i64,
    computed_at: DateTime<Utc>,
    said: Option<Said>,
}

impl Row {
    fn new(own: &Arc<Published>, other: ListingId, score_ppm: i64, computed_at: DateTime<Utc>) -> Self {
        let (need, offer) = if own.kind == Kind::Need { (own.id, other) } else { (other, own.id) };
        Self { id: MatchId { need, offer }, own: Arc::clone(own), other, score_ppm, computed_at, said: None }
    }

    /// Where it stands. What is new is new whether or not it was called good; what is not wanted stands behind in either
    /// order.
    fn place(&self, order: Order) -> Place {
        let (rank, at_us) = match order {
            Order::Best => (Said::rank(self.said.as_ref()), 0),
            Order::Newest => (u8::from(self.said.as_ref().is_some_and(|said| said.is_behind)), self.computed_at.timestamp_micros()),
        };
        Place {
            rank,
            at_us: Reverse(at_us),
            score_ppm: Reverse(self.score_ppm),
            need: Reverse(self.id.need),
            offer: Reverse(self.id.offer),
        }
    }
}

/// Where a pair stands in a list: the smaller, the earlier.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
struct Place {
    rank: u8,
    at_us: Reverse<i64>,
    score_ppm: Reverse<i64>,
    need: Reverse<ListingId>,
    offer: Reverse<ListingId>,
}

/// Where a page ended, whether or not that pair is there still. What is reckoned when asked for is reckoned of the same
/// moment on all pages.
#[derive(Serialize, Deserialize)]
struct Bookmark {
    place: Place,
    now_s: i64,
}

/// The pairs of a party with others, as far as the actor may see both sides; at most two hundred of each side. What its
/// own side called good comes first, what it does not want last.
///
/// # Errors
/// Hidden if there is no such party, forbidden for whoever is neither a member nor a broker, [`MatchError::Cursor`]
/// for a cursor of another list.
pub async fn matches(matcher: &Matcher, actor: &Actor, party: PartyId, ask: &PartyAsk) -> Result<Page<PartyMatch>, MatchError> {
    let store = &matcher.listings().store;
    let after: Option<Bookmark> = ask.cursor.as_deref().map(Cursor::read).transpose().map_err(|_| MatchError::Cursor)?;
    if !actor.is_system() {
        actor.signed_in()?;
    }
    if accounts::parties::load_many(store.db(), &[party]).await?.is_empty() {
        return Err(Refused::Hidden.into());
    }
    let party = Grant::<ReadPartyMatches>::check(actor, Of(party))?.into_object().0;
    let now = match &after {
        Some(bookmark) => DateTime::from_timestamp(bookmark.now_s, 0).ok_or(MatchError::Cursor)?,
        None => whole_second(store.clock().now()),
    };
    let mut all = if ask.excluded { excluded(matcher, actor, party, now).await? } else { standing_of(matcher, actor, party).await? };
    let pairs: Vec<(MatchId, bool)> = all.iter().map(|row| (row.id, row.own.kind == Kind::Need)).collect();
    let mut said = feedback::said_among(store, actor, party, &pairs).await?;
    for row in &mut all {
        row.said = said.remove(&row.id);
    }
    all.sort_by_cached_key(|row| row.place(ask.order));
    let total = u64::try_from(all.len()).unwrap_or(u64::MAX);
    let limit = usize::try_from(ask.limit.get()).unwrap_or(usize::MAX);
    let is_later = |row: &Row| after.as_ref().is_none_or(|bookmark| row.place(ask.order) > bookmark.place);
    let mut page: Vec<Row> = all.into_iter().filter(is_later).take(limit.saturating_add(1)).collect();
    let more = page.len() > limit;
    page.truncate(limit);
    let next = page.last().filter(|_| more).map(|last| Cursor::write(&Bookmark { place: last.place(ask.order), now_s: now.timestamp() }));
    Ok(Page { items: told(matcher, actor, page, ask).await?, next, total })
}

/// The stored pairs that the actor may see.
async fn standing_of(matcher: &Matcher, actor: &Actor, party: PartyId) -> Result<Vec<Row>, MatchError> {
    let store = &matcher.listings().store;
    let mut rows = Vec::new();
    for of in [standing::Column::NeedParty, standing::Column::OfferParty] {
        let found = standing::Entity::find()
            .filter(of.eq(party.0))
            // A party is no counterpart of itself.
            .filter(Expr::col(standing::Column::NeedParty).ne(Expr::col(standing::Column::OfferParty)))
            .order_by_desc(standing::Column::ScorePpm)
            .order_by_desc(standing::Column::NeedId)
            .order_by_desc(standing::Column::OfferId)
            .limit(MOST)
            .all(store.db())
            .await
            .map_err(StoreError::from)?;
        rows.extend(found);
    }
    let ids: BTreeSet<ListingId> = rows.iter().flat_map(|r| [ListingId(r.need_id), ListingId(r.offer_id)]).collect();
    let ids: Vec<ListingId> = ids.into_iter().collect();
    let out: BTreeMap<ListingId, Arc<Published>> = published::load(store, &ids).await?.into_iter().map(|p| (p.id, Arc::new(p))).collect();
    let needs: Vec<(ListingId, PartyId)> = out.values().filter(|p| p.kind == Kind::Need).map(|p| (p.id, p.owner.id)).collect();
    let offers: Vec<ListingId> = out.values().filter(|p| p.kind != Kind::Need).map(|p| p.id).collect();
    let inside = Inside::of(matcher.listings(), actor, &needs, &offers).await?;
    let rules = matcher.engine().rules(actor.lang);
    let seen = |id: uuid::Uuid| out.get(&ListingId(id)).filter(|p| may_see(actor, &p.audience));
    let all = rows.iter().filter_map(|row| {
        let (need, offer) = (seen(row.need_id)?, seen(row.offer_id)?);
        let (own, other) = if need.owner.id == party { (need, offer) } else { (offer, need) };
        let is_told =
            may_be_named(actor, party, own) && inside.violated((need.id, &need.content), (offer.id, &offer.content), &rules).is_empty();
        is_told.then(|| Row::new(own, other.id, row.score_ppm, row.computed_at))
    });
    Ok(all.collect())
}

/// Whose a hidden need is, nobody learns from here but its own people.
fn may_be_named(actor: &Actor, party: PartyId, own: &Published) -> bool {
    !own.content.hides_party() || actor.is_member(party) || actor.is_system()
}

/// What is excluded of the newest of the party's listings.
async fn excluded(matcher: &Matcher, actor: &Actor, party: PartyId, now: DateTime<Utc>) -> Result<Vec<Row>, MatchError> {
    let store = &matcher.listings().store;
    let mut ids = published::ids_of_party(store, party).await?;
    // The newest first: ids are by time.
    ids.sort_unstable_by(|a, b| b.cmp(a));
    ids.truncate(LOOKED_AT);
    let mut own = published::load(store, &ids).await?;
    own.retain(|one| may_see(actor, &one.audience) && may_be_named(actor, party, one));
    let reader = Reader { lang: actor.lang, now, explain: false };
    let mut all = Vec::new();
    for one in own.into_iter().map(Arc::new) {
        let subject = Subject::of(&one);
        let mut found = matcher.found(actor, &subject, usual_kinds(one.kind)).await?;
        found.retain(|other| other.owner.id != party);
        let inside = Inside::between(matcher.listings(), actor, (one.kind, one.id, Some(party)), &found).await?;
        let engine = matcher.knowing(owners(&found).chain([party])).await?;
        let work = move || {
            let side = subject.side();
            let mut judged = engine.judge(&side, &found, reader)?;
            inside.exclude(&side, &mut judged, &engine.rules(reader.lang));
            let out = judged.iter().filter(|j| j.is_excluded()).map(|j| Row::new(&one, j.listing.id, i64::from(j.score_ppm), reader.now));
            Ok::<_, search::Failure>(out.collect::<Vec<_>>())
        };
        all.extend(tokio::task::spawn_blocking(work).await??);
    }
    Ok(all)
}

/// A page of them with their reasons; what went out of sight a moment ago is left out.
async fn told(matcher: &Matcher, actor: &Actor, page: Vec<Row>, ask: &PartyAsk) -> Result<Vec<PartyMatch>, MatchError> {
    let store = &matcher.listings().store;
    let ids: BTreeSet<ListingId> = page.iter().map(|row| row.other).collect();
    let mut others = published::load(store, &ids.into_iter().collect::<Vec<_>>()).await?;
    others.retain(|other| may_see(actor, &other.audience));
    let reader = Reader { lang: actor.lang, now: whole_second(store.clock().now()), explain: ask.explain };
    let engine = matcher.knowing(page.iter().map(|row| row.own.owner.id).chain(owners(&others))).await?;
    let needs: Vec<(ListingId, PartyId)> =
        page.iter().map(|row| &*row.own).chain(&others).filter(|one| one.kind == Kind::Need).map(|one| (one.id, one.owner.id)).collect();
    let inside = Inside::of(matcher.listings(), actor, &needs, &page.iter().map(|r| r.id.offer).collect::<Vec<_>>()).await?;
    let is_excluded = ask.excluded;
    let work = move || {
        let mut found: BTreeMap<MatchId, Match> = BTreeMap::new();
        let owns: BTreeMap<ListingId, &Published> = page.iter().map(|row| (row.own.id, &*row.own)).collect();
        for (id, own) in owns {
            let with: BTreeSet<ListingId> = page.iter().filter(|row| row.own.id == id).map(|row| row.other).collect();
            let with: Vec<Published> = others.iter().filter(|other| with.contains(&other.id)).cloned().collect();
            let side = Side::of(own);
            let mut judged = engine.judge(&side, &with, reader)?;
            inside.exclude(&side, &mut judged, &engine.rules(reader.lang));
            for one in engine.explain(&side, &judged.iter().collect::<Vec<_>>(), reader)? {
                found.extend(one.id.as_ref().and_then(|id| id.parse().ok()).map(|id: MatchId| (id, one)));
            }
        }
        let items = page.iter().filter_map(|row| {
            let other = others.iter().find(|other| other.id == row.other)?;
            let now = found.remove(&row.id);
            let (reasons, parts, excluded) = now.map(|m| (m.reasons, m.parts, m.excluded)).unwrap_or_default();
            let unexplained_share = unexplained(&reasons);
            Some(PartyMatch {
                id: row.id.to_string(),
                own: MatchListing::of(&row.own, reader.lang),
                other: MatchListing::of(other, reader.lang),
                score: row.score_ppm as f64 / 1e6,
                computed_at: row.computed_at,
                reasons,
                unexplained_share,
                parts,
                feedback: row.said.clone(),
                excluded: if is_excluded { excluded } else { Vec::new() },
            })
        });
        Ok::<_, search::Failure>(items.collect::<Vec<_>>())
    };
    Ok(tokio::task::spawn_blocking(work).await??)
}
