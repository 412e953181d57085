//! Telling both sides of a strong new match, once.
//!
//! Each side by itself: it is told of a pair at most once in thirty days, and after that only if a new version of either
//! listing was approved. A listing has at most `told_per_day` such notices in a day, the best first; what is more waits
//! until there is room, and is told then if the pair is still there. Whoever brought listings in by a file is not told of
//! each of them, and a side that refused these very versions hears no more of them; what the other side says of the pair
//! silences nobody. Each side is told only of what it may see, and nobody of what is partly their own. The notice holds
//! ids alone.

use std::collections::{BTreeMap, BTreeSet};

use accounts::notices::{NewNotice, NoticeKind, tell_party};
use base::{ListingId, PartyId, PartyRole};
use chrono::TimeDelta;
use listings::published::{self, Audience, Published};
use sea_orm::sea_query::OnConflict;
use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect};
use serde_json::json;
use store::{Ctx, Store, StoreError, Tx};
use uuid::Uuid;

use super::StandingError;
use super::follower::strong_ppm;
use super::list::Pair;
use super::write::of_row;
use crate::constraints::belongs_to;
use crate::feedback::{Opinion, Speaker};
use crate::matcher::Matcher;
use crate::rows::{feedback, standing, told};

/// After how many days a pair may be told again.
const AGAIN_DAYS: i64 = 30;

/// Waiting notices of one listing that are looked at.
const WAITING: u64 = 500;

/// Whose people are told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Side {
    Need,
    Offer,
}

impl Side {
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

/// A strong pair, and which sides may be told of it.
#[derive(Clone, Debug)]
pub(super) struct Strong {
    pair: Pair,
    need_side: bool,
    offer_side: bool,
}

/// What was touched, and by what.
#[derive(Clone, Debug, Default)]
pub(super) struct Fresh {
    pub(super) touched: BTreeSet<ListingId>,
    /// Brought in by a file.
    pub(super) imported: BTreeSet<ListingId>,
}

impl Strong {
    fn sides(&self) -> impl Iterator<Item = Side> {
        [(Side::Need, self.need_side), (Side::Offer, self.offer_side)].into_iter().filter(|(_, may)| *may).map(|(side, _)| side)
    }
}

/// The pairs that may be worth telling, the best first.
pub(super) async fn strong(store: &Store, mut pairs: Vec<Pair>, fresh: &Fresh) -> Result<Vec<Strong>, StoreError> {
    pairs.retain(|p| fresh.touched.contains(&p.need) || fresh.touched.contains(&p.offer));
    tellable(store, pairs, &fresh.imported).await
}

/// Which of these pairs may be told to whom, the best first.
async fn tellable(store: &Store, mut pairs: Vec<Pair>, imported: &BTreeSet<ListingId>) -> Result<Vec<Strong>, StoreError> {
    pairs.retain(|p| p.need_party != p.offer_party);
    pairs.sort_by(|a, b| b.score_ppm.cmp(&a.score_ppm).then((a.need, a.offer).cmp(&(b.need, b.offer))));
    let ids: BTreeSet<ListingId> = pairs.iter().flat_map(|p| [p.need, p.offer]).collect();
    let found: BTreeMap<ListingId, Published> =
        published::load(store, &ids.into_iter().collect::<Vec<_>>()).await?.into_iter().map(|p| (p.id, p)).collect();
    let all = pairs.into_iter().filter_map(|pair| {
        let (need, offer) = (found.get(&pair.need)?, found.get(&pair.offer)?);
        if belongs_to(&offer.content, pair.need_party) {
            return None;
        }
        let need_side = may_see(pair.need_party, offer) && !imported.contains(&pair.need);
        let offer_side = may_see(pair.offer_party, need) && !imported.contains(&pair.offer);
        (need_side || offer_side).then_some(Strong { pair, need_side, offer_side })
    });
    Ok(all.collect())
}

fn may_see(party: PartyId, listing: &Published) -> bool {
    match &listing.audience {
        Audience::Public | Audience::Registered => true,
        Audience::Parties(parties) => parties.contains(&party),
    }
}

/// Tells them, inside the transaction that keeps the pairs.
pub(super) async fn tell(tx: &Tx, strong: &[Strong], per_day: u64) -> Result<(), StoreError> {
    for one in strong {
        for side in one.sides() {
            tell_side(tx, &one.pair, side, per_day).await?;
        }
    }
    Ok(())
}

/// Tells one side of a pair, or notes that it waits for a day with room; true if it was told.
async fn tell_side(tx: &Tx, pair: &Pair, side: Side, per_day: u64) -> Result<bool, StoreError> {
    let now = tx.now();
    let versions = (i64::from(pair.need_version), i64::from(pair.offer_version));
    let key = (pair.need.0, pair.offer.0, side.as_str().to_owned());
    if let Some(last) = told::Entity::find_by_id(key.clone()).one(tx.db()).await?
        && let Some(at) = last.told_at
        && (now - at < TimeDelta::days(AGAIN_DAYS) || (last.need_version, last.offer_version) == versions)
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
        told::Entity::delete_many().filter(of(&key)).filter(told::Column::ToldAt.is_null()).exec(tx.db()).await?;
        return Ok(false);
    }
    let (own, party) = side.own(pair);
    let yesterday = now - TimeDelta::days(1);
    let today =
        told::Entity::find().filter(told::Column::OwnId.eq(own.0)).filter(told::Column::ToldAt.gt(yesterday)).count(tx.db()).await?;
    let has_room = today < per_day;
    if has_room {
        tell_party(tx, party, &[PartyRole::Editor, PartyRole::Admin], None, &notice(pair, own)).await?;
    }
    let row = told::ActiveModel {
        need_id: Set(pair.need.0),
        offer_id: Set(pair.offer.0),
        side: Set(side.as_str().to_owned()),
        own_id: Set(own.0),
        need_version: Set(versions.0),
        offer_version: Set(versions.1),
        told_at: Set(has_room.then_some(now)),
    };
    use told::Column as C;
    let over = OnConflict::columns([C::NeedId, C::OfferId, C::Side])
        .update_columns([C::OwnId, C::NeedVersion, C::OfferVersion, C::ToldAt])
        .to_owned();
    told::Entity::insert(row).on_conflict(over).exec_without_returning(tx.db()).await?;
    Ok(has_room)
}

fn of((need, offer, side): &(Uuid, Uuid, String)) -> sea_orm::Condition {
    sea_orm::Condition::all()
        .add(told::Column::NeedId.eq(*need))
        .add(told::Column::OfferId.eq(*offer))
        .add(told::Column::Side.eq(side.as_str()))
}

/// Tells what waited for a day with room, of each listing the best first; what is no strong pair any more, or is not for
/// that side to see, waits no longer. Gives how many notices were left.
///
/// # Errors
/// If the database fails.
pub async fn tell_waiting(matcher: &Matcher) -> Result<u64, StandingError> {
    let (store, per_day) = (&matcher.listings().store, matcher.engine().weights().told_per_day);
    let waiting: Vec<Uuid> = told::Entity::find()
        .select_only()
        .column(told::Column::OwnId)
        .filter(told::Column::ToldAt.is_null())
        .distinct()
        .into_tuple()
        .all(store.db())
        .await?;
    let yesterday = store.clock().now() - TimeDelta::days(1);
    let mut told = 0;
    for own in waiting {
        let of_own = || told::Entity::find().filter(told::Column::OwnId.eq(own));
        if of_own().filter(told::Column::ToldAt.gt(yesterday)).count(store.db()).await? >= per_day {
            continue;
        }
        let rows =
            of_own().filter(told::Column::ToldAt.is_null()).order_by_desc(told::Column::OfferId).limit(WAITING).all(store.db()).await?;
        told += tell_of(matcher, rows, per_day).await?;
    }
    Ok(told)
}

/// Tells what waits of one listing, as far as there is room.
async fn tell_of(matcher: &Matcher, rows: Vec<told::Model>, per_day: u64) -> Result<u64, StandingError> {
    let (store, strong_ppm) = (&matcher.listings().store, strong_ppm(matcher));
    // One side of each is the same listing, so what both lists have in common is just these pairs.
    let found = standing::Entity::find()
        .filter(standing::Column::NeedId.is_in(rows.iter().map(|row| row.need_id).collect::<BTreeSet<_>>()))
        .filter(standing::Column::OfferId.is_in(rows.iter().map(|row| row.offer_id).collect::<BTreeSet<_>>()))
        .filter(standing::Column::ScorePpm.gte(strong_ppm))
        .all(store.db())
        .await?;
    let pairs = found.into_iter().map(of_row).collect();
    let strong = tellable(store, pairs, &BTreeSet::new()).await?;
    let waits = |one: &Strong, side: Side| {
        rows.iter().any(|row| (row.need_id, row.offer_id, row.side.as_str()) == (one.pair.need.0, one.pair.offer.0, side.as_str()))
    };
    let due: Vec<(Pair, Side)> =
        strong.iter().flat_map(|one| one.sides().filter(move |side| waits(one, *side)).map(move |side| (one.pair.clone(), side))).collect();
    let is_due = |row: &told::Model| {
        due.iter().any(|(pair, side)| (pair.need.0, pair.offer.0, side.as_str()) == (row.need_id, row.offer_id, row.side.as_str()))
    };
    let over: Vec<(Uuid, Uuid, String)> =
        rows.iter().filter(|row| !is_due(row)).map(|row| (row.need_id, row.offer_id, row.side.clone())).collect();
    let told = store
        .write(Ctx::system(), move |tx| {
            let (due, over) = (due.clone(), over.clone());
            async move {
                for key in &over {
                    told::Entity::delete_many().filter(of(key)).filter(told::Column::ToldAt.is_null()).exec(tx.db()).await?;
                }
                let mut told = 0;
                for (pair, side) in &due {
                    told += u64::from(tell_side(&tx, pair, *side, per_day).await?);
                }
                Ok::<_, StandingError>(told)
            }
        })
        .await?;
    Ok(told)
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
