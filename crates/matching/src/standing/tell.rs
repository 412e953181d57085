//! Telling both sides of a strong new match, once.
//!
//! Each side by itself: it is told of a pair at most once in thirty days, and after that only if a new version of either
//! listing was approved. A listing has at most `told_per_day` such notices in a day, the best first; what is more waits
//! until there is room, and is told then if the pair is still there. Whoever brought listings in by a file is not told of
//! each of them: that side is passed over in silence, which is noted, so that nothing that happens later to the same
//! versions tells it after all. A side that refused these very versions hears no more of them; what the other side says of
//! the pair silences nobody. Each side is told only of what it may see, the seeker of nothing that openly costs more than
//! their budget or is not for who they are, though they hide it, and nobody of what is partly their own. The notice holds ids alone.

use std::collections::{BTreeMap, BTreeSet};

use accounts::notices::{NewNotice, NoticeKind, tell_party};
use base::{Actor, Lang, ListingId, PartyId, PartyRole};
use chrono::{DateTime, TimeDelta, Utc};
use listings::published::{self, Audience, Published};
use sea_orm::sea_query::{Expr, ExprTrait, OnConflict, Query, SelectStatement};
use sea_orm::{ActiveValue::Set, ColumnTrait, Condition, EntityTrait, JoinType, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect};
use serde_json::json;
use store::{Ctx, EventRow, Store, StoreError, Tx};
use uuid::Uuid;

use super::StandingError;
use super::follower::strong_ppm;
use super::list::Pair;
use crate::constraints::belongs_to;
use crate::feedback::{MatchId, Opinion, Speaker};
use crate::inside::Inside;
use crate::matcher::{MatchError, Matcher, may_see};
use crate::rows::{feedback, standing, told};

/// After how many days a pair may be told again.
const AGAIN_DAYS: i64 = 30;

/// Waiting notices that are looked at in one round, the best first; the next round looks at more.
const WAITING: u64 = 500;

/// The event of every publication, the first one and those of edits.
const PUBLISHED: &str = "listing.published";

/// Whose people are told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Side {
    Need,
    Offer,
}

impl Side {
    const ALL: [Self; 2] = [Self::Need, Self::Offer];

    fn as_str(self) -> &'static str {
        match self {
            Self::Need => "need",
            Self::Offer => "offer",
        }
    }

    fn speaker(self) -> Speaker {
        match self {
            Self::Need => Speaker::Seeker,
            Self::Offer => Speaker::Owner,
        }
    }

    /// Its own listing of a pair, and whose that is.
    fn own(self, pair: &Pair) -> (ListingId, PartyId) {
        match self {
            Self::Need => (pair.need, pair.need_party),
            Self::Offer => (pair.offer, pair.offer_party),
        }
    }
}

/// A strong pair, and which sides may know of it.
#[derive(Clone, Debug)]
pub(super) struct Strong {
    pair: Pair,
    sides: Vec<(Side, Way)>,
}

/// How a side comes to know.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Way {
    /// By a notice.
    Notice,
    /// Not at all: it is noted that these versions are no news to it.
    Silence,
}

/// What may be news, and of what kind.
#[derive(Clone, Debug, Default)]
pub(super) struct Fresh {
    /// Listings to which something happened themselves, and not only to their party.
    pub(super) touched: BTreeSet<ListingId>,
    /// Brought in by a file, as they are now.
    pub(super) imported: BTreeSet<ListingId>,
}

impl Fresh {
    /// What events touched, and listings whose vector came only now, which no event of theirs tells of.
    pub(super) async fn by(
        store: &Store,
        events: &[EventRow],
        touched: &BTreeSet<ListingId>,
        vectors: &BTreeSet<ListingId>,
    ) -> Result<Self, StoreError> {
        let to = events.last().map_or(0, |event| event.position);
        let later: Vec<Uuid> = vectors.iter().map(|id| id.0).collect();
        let published = store.last_of_kind(PUBLISHED, &later, to).await?;
        let by_file = events.iter().chain(&published).filter(|event| is_by_file(event));
        Ok(Self { imported: by_file.map(|event| ListingId(event.subject_id)).collect(), touched: touched | vectors })
    }
}

/// Whether a file, or taking one back, made a listing what it is.
fn is_by_file(event: &EventRow) -> bool {
    let has = |fact: &str| event.payload.get(fact).is_some_and(|value| !value.is_null());
    has("import") || has("undo")
}

/// The pairs that may be worth telling, the best first.
pub(super) async fn strong(matcher: &Matcher, mut pairs: Vec<Pair>, fresh: &Fresh) -> Result<Vec<Strong>, StandingError> {
    pairs.retain(|p| fresh.touched.contains(&p.need) || fresh.touched.contains(&p.offer));
    tellable(matcher, pairs, &fresh.imported).await
}

/// Which of these pairs may be told to whom, the best first.
async fn tellable(matcher: &Matcher, mut pairs: Vec<Pair>, imported: &BTreeSet<ListingId>) -> Result<Vec<Strong>, StandingError> {
    pairs.retain(|p| p.need_party != p.offer_party);
    pairs.sort_by(|a, b| b.score_ppm.cmp(&a.score_ppm).then((a.need, a.offer).cmp(&(b.need, b.offer))));
    let ids: BTreeSet<ListingId> = pairs.iter().flat_map(|p| [p.need, p.offer]).collect();
    let found = published::load(&matcher.listings().store, &ids.into_iter().collect::<Vec<_>>()).await?;
    let found: BTreeMap<ListingId, Published> = found.into_iter().map(|p| (p.id, p)).collect();
    let needs: BTreeMap<ListingId, PartyId> = pairs.iter().map(|p| (p.need, p.need_party)).collect();
    // What can be spent, and who a seeker is who hides, is the seeker's secret: it spares their own people a notice, and
    // changes nothing for anybody else.
    let inside = Inside::of_seekers(matcher.listings(), &needs.into_iter().collect::<Vec<_>>()).await?;
    let rules = matcher.engine().rules(Lang::Vi);
    let all = pairs.into_iter().filter_map(|pair| {
        let (need, offer) = (found.get(&pair.need)?, found.get(&pair.offer)?);
        if belongs_to(&offer.content, pair.need_party) {
            return None;
        }
        let is_none_violated = || inside.violated((need.id, &need.content), (offer.id, &offer.content), &rules).is_empty();
        let may_know = |side: &Side| match side {
            Side::Need => may_be_seen_by(pair.need_party, offer) && is_none_violated(),
            Side::Offer => may_be_seen_by(pair.offer_party, need),
        };
        let way = |side: Side| if imported.contains(&side.own(&pair).0) { Way::Silence } else { Way::Notice };
        let sides: Vec<(Side, Way)> = Side::ALL.into_iter().filter(may_know).map(|side| (side, way(side))).collect();
        (!sides.is_empty()).then_some(Strong { pair, sides })
    });
    Ok(all.collect())
}

fn may_be_seen_by(party: PartyId, listing: &Published) -> bool {
    match &listing.audience {
        Audience::Public | Audience::Registered => true,
        Audience::Parties(parties) => parties.contains(&party),
    }
}

/// Tells them, inside the transaction that keeps the pairs.
pub(super) async fn tell(tx: &Tx, strong: &[Strong], per_day: u64) -> Result<(), StoreError> {
    for one in strong {
        for (side, way) in &one.sides {
            match way {
                Way::Notice => {
                    tell_side(tx, &one.pair, *side, per_day).await?;
                }
                Way::Silence => pass_over(tx, &one.pair, *side).await?,
            }
        }
    }
    Ok(())
}

/// When a side came to know of a pair.
#[derive(Clone, Copy)]
enum When {
    /// It was told.
    Told(DateTime<Utc>),
    /// It was passed over in silence.
    PassedOver(DateTime<Utc>),
    /// It waits for a day with room.
    Waits,
}

/// Notes what became of one side of a pair.
async fn note(tx: &Tx, pair: &Pair, side: Side, when: When) -> Result<(), StoreError> {
    use told::Column as C;
    let (told_at, silently) = match when {
        When::Told(at) => (Some(at), false),
        When::PassedOver(at) => (Some(at), true),
        When::Waits => (None, false),
    };
    let row = told::ActiveModel {
        need_id: Set(pair.need.0),
        offer_id: Set(pair.offer.0),
        side: Set(side.as_str().to_owned()),
        own_id: Set(side.own(pair).0.0),
        need_version: Set(i64::from(pair.need_version)),
        offer_version: Set(i64::from(pair.offer_version)),
        told_at: Set(told_at),
        silently: Set(silently),
    };
    let over = OnConflict::columns([C::NeedId, C::OfferId, C::Side])
        .update_columns([C::OwnId, C::NeedVersion, C::OfferVersion, C::ToldAt, C::Silently])
        .to_owned();
    told::Entity::insert(row).on_conflict(over).exec_without_returning(tx.db()).await?;
    Ok(())
}

/// What was noted of one side of a pair last.
async fn noted(tx: &Tx, pair: &Pair, side: Side) -> Result<Option<told::Model>, StoreError> {
    Ok(told::Entity::find_by_id((pair.need.0, pair.offer.0, side.as_str().to_owned())).one(tx.db()).await?)
}

/// Notes that these versions of a pair are no news to one side. What it was told of others counts as before.
async fn pass_over(tx: &Tx, pair: &Pair, side: Side) -> Result<(), StoreError> {
    let told_at = noted(tx, pair, side).await?.filter(|last| !last.silently).and_then(|last| last.told_at);
    note(tx, pair, side, told_at.map_or(When::PassedOver(tx.now()), When::Told)).await
}

/// Tells one side of a pair, or notes that it waits for a day with room; true if it was told.
async fn tell_side(tx: &Tx, pair: &Pair, side: Side, per_day: u64) -> Result<bool, StoreError> {
    let now = tx.now();
    let versions = (i64::from(pair.need_version), i64::from(pair.offer_version));
    if let Some(last) = noted(tx, pair, side).await?
        && let Some(at) = last.told_at
        && ((last.need_version, last.offer_version) == versions || (!last.silently && now - at < TimeDelta::days(AGAIN_DAYS)))
    {
        return Ok(false);
    }
    let refused = feedback::Entity::find()
        .filter(feedback::Column::NeedId.eq(pair.need.0))
        .filter(feedback::Column::OfferId.eq(pair.offer.0))
        .filter(feedback::Column::Side.eq(side.speaker().as_str()))
        .filter(feedback::Column::Verdict.eq(Opinion::NotForUs.as_str()))
        .filter(feedback::Column::NeedVersion.eq(versions.0))
        .filter(feedback::Column::OfferVersion.eq(versions.1))
        .count(tx.db())
        .await?;
    if refused > 0 {
        // It must not wait any longer either.
        wait_no_longer(tx, &(pair.need.0, pair.offer.0, side.as_str().to_owned())).await?;
        return Ok(false);
    }
    let (own, party) = side.own(pair);
    let today = told::Entity::find().filter(told::Column::OwnId.eq(own.0)).filter(told_since(now)).count(tx.db()).await?;
    let has_room = today < per_day;
    if has_room {
        tell_party(tx, party, &[PartyRole::Editor, PartyRole::Admin], None, &notice(pair, own)).await?;
    }
    note(tx, pair, side, if has_room { When::Told(now) } else { When::Waits }).await?;
    Ok(has_room)
}

/// What counts for today's room: what was told, and not what was passed over.
fn told_since(now: DateTime<Utc>) -> Condition {
    Condition::all().add(told::Column::ToldAt.gt(now - TimeDelta::days(1))).add(told::Column::Silently.eq(false))
}

async fn wait_no_longer(tx: &Tx, (need, offer, side): &(Uuid, Uuid, String)) -> Result<(), StoreError> {
    told::Entity::delete_many()
        .filter(told::Column::NeedId.eq(*need))
        .filter(told::Column::OfferId.eq(*offer))
        .filter(told::Column::Side.eq(side.as_str()))
        .filter(told::Column::ToldAt.is_null())
        .exec(tx.db())
        .await?;
    Ok(())
}

/// Tells what waited for a day with room, the best first; what is no strong pair any more, or is not for that side to
/// see, waits no longer. Gives how many notices were left.
///
/// # Errors
/// If the database fails.
pub async fn tell_waiting(matcher: &Matcher) -> Result<u64, StandingError> {
    let (store, per_day) = (&matcher.listings().store, matcher.engine().weights().told_per_day);
    let waiting = waiting(matcher, per_day).await?;
    let mut over = no_pairs(matcher).await?;
    let pairs: BTreeMap<(ListingId, ListingId), Pair> = waiting.iter().map(|(pair, _)| ((pair.need, pair.offer), pair.clone())).collect();
    let strong = tellable(matcher, pairs.into_values().collect(), &BTreeSet::new()).await?;
    let may_know: BTreeSet<(ListingId, ListingId, &str)> =
        strong.iter().flat_map(|one| one.sides.iter().map(|(side, _)| (one.pair.need, one.pair.offer, side.as_str()))).collect();
    let mut due = Vec::new();
    for (pair, side) in waiting {
        if !may_know.contains(&(pair.need, pair.offer, side.as_str())) {
            over.push((pair.need.0, pair.offer.0, side.as_str().to_owned()));
        } else {
            due.push((pair, side));
        }
    }
    if due.is_empty() && over.is_empty() {
        return Ok(0);
    }
    let told = store
        .write(Ctx::system(), move |tx| {
            let (due, over) = (due.clone(), over.clone());
            async move {
                for key in &over {
                    wait_no_longer(&tx, key).await?;
                }
                // How much each listing was told of now: behind a full day nothing of it need be tried.
                let mut told: BTreeMap<ListingId, u64> = BTreeMap::new();
                for (pair, side) in &due {
                    let count = told.entry(side.own(pair).0).or_default();
                    if *count < per_day && tell_side(&tx, pair, *side, per_day).await? {
                        *count += 1;
                    }
                }
                Ok::<_, StandingError>(told.values().sum())
            }
        })
        .await?;
    Ok(told)
}

/// What the database gives of a pair that waits: need and offer, their parties, their versions, the score, whether both are
/// open, and the side.
type WaitingRow = (Uuid, Uuid, Uuid, Uuid, i64, i64, i64, bool, String);

/// The strong pairs that wait to be told of listings with room left today, the best first, with the side that waits.
async fn waiting(matcher: &Matcher, per_day: u64) -> Result<Vec<(Pair, Side)>, StoreError> {
    use standing::Column as S;
    use told::Column as T;
    let store = &matcher.listings().store;
    let full = Query::select()
        .column(T::OwnId)
        .from(told::Entity)
        .cond_where(told_since(store.clock().now()))
        .group_by_col(T::OwnId)
        .and_having(Expr::col(T::OwnId).count().gte(i64::try_from(per_day).unwrap_or(i64::MAX)))
        .take();
    let stands = told::Entity::belongs_to(standing::Entity).from((T::NeedId, T::OfferId)).to((S::NeedId, S::OfferId));
    let rows: Vec<WaitingRow> = told::Entity::find()
        .select_only()
        .columns([S::NeedId, S::OfferId, S::NeedParty, S::OfferParty, S::NeedVersion, S::OfferVersion, S::ScorePpm, S::IsOpen])
        .column(T::Side)
        .join(JoinType::InnerJoin, stands.into())
        .filter(T::ToldAt.is_null())
        .filter(T::OwnId.not_in_subquery(full))
        .filter(S::ScorePpm.gte(strong_ppm(matcher)))
        .order_by_desc(S::ScorePpm)
        .order_by_asc(S::NeedId)
        .order_by_asc(S::OfferId)
        .order_by_asc(T::Side)
        .limit(WAITING)
        .into_tuple()
        .all(store.db())
        .await?;
    let whole = |n: i64| u32::try_from(n).unwrap_or(u32::MAX);
    let read = |(need, offer, need_party, offer_party, need_version, offer_version, score, is_open, side): WaitingRow| {
        let pair = Pair {
            need: ListingId(need),
            offer: ListingId(offer),
            need_party: PartyId(need_party),
            offer_party: PartyId(offer_party),
            need_version: whole(need_version),
            offer_version: whole(offer_version),
            score_ppm: whole(score),
            is_open,
        };
        Some((pair, Side::ALL.into_iter().find(|one| one.as_str() == side)?))
    };
    Ok(rows.into_iter().filter_map(read).collect())
}

/// What waits to be told and is no strong pair any more.
async fn no_pairs(matcher: &Matcher) -> Result<Vec<(Uuid, Uuid, String)>, StoreError> {
    use told::Column as T;
    let rows = told::Entity::find()
        .select_only()
        .columns([T::NeedId, T::OfferId, T::Side])
        .filter(T::ToldAt.is_null())
        .filter(Expr::exists(strong_pair(matcher)).not())
        .limit(WAITING)
        .into_tuple()
        .all(matcher.listings().store.db())
        .await?;
    Ok(rows)
}

/// The strong pair of what waits, if it is there.
fn strong_pair(matcher: &Matcher) -> SelectStatement {
    let pair = |column: standing::Column| Expr::col((standing::Entity, column));
    let waits = |column: told::Column| (told::Entity, column);
    Query::select()
        .expr(Expr::value(1))
        .from(standing::Entity)
        .and_where(pair(standing::Column::NeedId).equals(waits(told::Column::NeedId)))
        .and_where(pair(standing::Column::OfferId).equals(waits(told::Column::OfferId)))
        .and_where(pair(standing::Column::ScorePpm).gte(strong_ppm(matcher)))
        .take()
}

/// Those of these pairs that still stand, that the actor may see, and that nothing the actor may know excludes: what a
/// letter of them may speak of.
///
/// # Errors
/// [`MatchError`] if the database fails.
pub async fn still(
    matcher: &Matcher,
    actor: &Actor,
    pairs: &[(ListingId, ListingId)],
) -> Result<BTreeSet<(ListingId, ListingId)>, MatchError> {
    let store = &matcher.listings().store;
    let mut stand: BTreeSet<MatchId> = BTreeSet::new();
    for some in pairs.chunks(250) {
        let any = some.iter().fold(Condition::any(), |any, (need, offer)| {
            let both = Condition::all().add(standing::Column::NeedId.eq(need.0)).add(standing::Column::OfferId.eq(offer.0));
            any.add(both)
        });
        let rows = standing::Entity::find().filter(any).all(store.db()).await.map_err(StoreError::from)?;
        stand.extend(rows.into_iter().map(|row| MatchId { need: ListingId(row.need_id), offer: ListingId(row.offer_id) }));
    }
    let ids: BTreeSet<ListingId> = stand.iter().flat_map(|pair| [pair.need, pair.offer]).collect();
    let found = published::load(store, &ids.into_iter().collect::<Vec<_>>()).await?;
    let seen: BTreeMap<ListingId, Published> =
        found.into_iter().filter(|one| may_see(actor, &one.audience)).map(|one| (one.id, one)).collect();
    let needs: Vec<(ListingId, PartyId)> = stand.iter().filter_map(|pair| Some((pair.need, seen.get(&pair.need)?.owner.id))).collect();
    let offers: Vec<ListingId> = stand.iter().map(|pair| pair.offer).collect();
    let inside = Inside::of(matcher.listings(), actor, &needs, &offers).await?;
    let rules = matcher.engine().rules(actor.lang);
    let holds = |pair: &MatchId| {
        let both = seen.get(&pair.need).zip(seen.get(&pair.offer));
        both.is_some_and(|(need, offer)| inside.violated((need.id, &need.content), (offer.id, &offer.content), &rules).is_empty())
    };
    Ok(stand.into_iter().filter(holds).map(|pair| (pair.need, pair.offer)).collect())
}

/// The notice to the side whose listing is `own`.
fn notice(pair: &Pair, own: ListingId) -> NewNotice {
    let Pair { need, offer, need_version, offer_version, score_ppm, .. } = pair;
    NewNotice {
        kind: NoticeKind::MatchFound,
        about_kind: "listing",
        about: own.0,
        facts: json!({ "need": need, "offer": offer, "score_ppm": score_ppm }),
        once: format!("match:{need}:{offer}:{need_version}:{offer_version}"),
    }
}
