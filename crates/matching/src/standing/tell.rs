//! Telling both sides of a strong new match, once.
//!
//! A pair is told at most once in thirty days, and after that only if a new version of either side was approved. A listing
//! has at most `told_per_day` such notices in a day, the best first; whoever brought listings in by a file is not
//! told of each of them; a pair somebody gave a verdict on needs no telling. Each side is told only of what it may see.
//! The notice holds ids alone.

use std::collections::{BTreeMap, BTreeSet};

use accounts::notices::{NewNotice, NoticeKind, tell_party};
use base::{ListingId, PartyId, PartyRole};
use chrono::TimeDelta;
use listings::published::{self, Audience, Published};
use sea_orm::sea_query::OnConflict;
use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter};
use serde_json::json;
use store::{Store, StoreError, Tx};

use super::list::Pair;
use crate::rows::{feedback, told};

/// After how many days a pair may be told again.
const AGAIN_DAYS: i64 = 30;

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

/// The pairs that may be worth telling, the best first.
pub(super) async fn strong(store: &Store, pairs: Vec<Pair>, fresh: &Fresh) -> Result<Vec<Strong>, StoreError> {
    let mut pairs: Vec<Pair> = pairs
        .into_iter()
        .filter(|p| p.need_party != p.offer_party && (fresh.touched.contains(&p.need) || fresh.touched.contains(&p.offer)))
        .collect();
    pairs.sort_by(|a, b| b.score_ppm.cmp(&a.score_ppm).then((a.need, a.offer).cmp(&(b.need, b.offer))));
    let ids: BTreeSet<ListingId> = pairs.iter().flat_map(|p| [p.need, p.offer]).collect();
    let found: BTreeMap<ListingId, Published> =
        published::load(store, &ids.into_iter().collect::<Vec<_>>()).await?.into_iter().map(|p| (p.id, p)).collect();
    let all = pairs.into_iter().filter_map(|pair| {
        let (need, offer) = (found.get(&pair.need)?, found.get(&pair.offer)?);
        let need_side = may_see(pair.need_party, offer) && !fresh.imported.contains(&pair.need);
        let offer_side = may_see(pair.offer_party, need) && !fresh.imported.contains(&pair.offer);
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
        tell_one(tx, one, per_day).await?;
    }
    Ok(())
}

async fn tell_one(tx: &Tx, strong: &Strong, per_day: u64) -> Result<(), StoreError> {
    let (pair, now) = (&strong.pair, tx.now());
    let (need_version, offer_version) = (i64::from(pair.need_version), i64::from(pair.offer_version));
    if let Some(last) = told::Entity::find_by_id((pair.need.0, pair.offer.0)).one(tx.db()).await?
        && (now - last.told_at < TimeDelta::days(AGAIN_DAYS) || (last.need_version, last.offer_version) == (need_version, offer_version))
    {
        return Ok(());
    }
    let said = feedback::Entity::find()
        .filter(feedback::Column::NeedId.eq(pair.need.0))
        .filter(feedback::Column::OfferId.eq(pair.offer.0))
        .count(tx.db())
        .await?;
    if said > 0 {
        return Ok(());
    }
    let yesterday = now - TimeDelta::days(1);
    let today = |side: told::Column, listing: told::Column, id: ListingId| {
        told::Entity::find().filter(listing.eq(id.0)).filter(side.eq(true)).filter(told::Column::ToldAt.gt(yesterday)).count(tx.db())
    };
    let need_side = strong.need_side && today(told::Column::NeedSide, told::Column::NeedId, pair.need).await? < per_day;
    let offer_side = strong.offer_side && today(told::Column::OfferSide, told::Column::OfferId, pair.offer).await? < per_day;
    if need_side {
        tell_party(tx, pair.need_party, &[PartyRole::Editor, PartyRole::Admin], None, &notice(pair, pair.need)).await?;
    }
    if offer_side {
        tell_party(tx, pair.offer_party, &[PartyRole::Editor, PartyRole::Admin], None, &notice(pair, pair.offer)).await?;
    }
    if !(need_side || offer_side) {
        return Ok(());
    }
    let row = told::ActiveModel {
        need_id: Set(pair.need.0),
        offer_id: Set(pair.offer.0),
        need_version: Set(need_version),
        offer_version: Set(offer_version),
        need_side: Set(need_side),
        offer_side: Set(offer_side),
        told_at: Set(now),
    };
    use told::Column as C;
    let over = OnConflict::columns([C::NeedId, C::OfferId])
        .update_columns([C::NeedVersion, C::OfferVersion, C::NeedSide, C::OfferSide, C::ToldAt])
        .to_owned();
    told::Entity::insert(row).on_conflict(over).exec_without_returning(tx.db()).await?;
    Ok(())
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
