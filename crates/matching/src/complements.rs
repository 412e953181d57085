//! Technologies that complete one another: what one of them leaves open of a need, the other brings.
//!
//! The rule: two technologies complete each other where both are kept as standing matches of one need that is out, and each
//! reaches a figure that the need wants and the other does not. How well, is the share of the need's figures that the two
//! reach together, times the lesser of their two scores with it. Of several needs that name one pair the best is told.
//!
//! What always holds: everything that is named, the need too, the reader may see at this moment, and nothing is told that does
//! not stand in public contents: which figure of the need, and which advantage of which of the two.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use base::messages::say;
use base::{Actor, Cursor, Lang, Limit, ListingId, Page};
use listings::content::Content;
use listings::published::{self, Published};
use listings::{Kind, view};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use serde::{Deserialize, Serialize};
use store::StoreError;
use utoipa::ToSchema;

use crate::answer::MatchListing;
use crate::compare::Reached;
use crate::matcher::{MatchError, Matcher, may_see};
use crate::paging::page_behind;
use crate::rows::standing;

/// Needs that are looked at, those that the technology answers best.
const NEEDS: usize = 10;
/// Of so many the actor may see some; the others are looked at no further.
const NEEDS_READ: u64 = 100;

/// A figure that a need wants and a technology reaches.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ReachedTarget {
    /// JSON pointer into the need: `/targets/0`.
    pub need_field: String,
    /// JSON pointer into the technology: `/advantages/0`.
    pub offer_field: String,
    /// What is measured, in the reader's language.
    pub metric: String,
    /// The figure wanted.
    pub wanted: String,
    /// The figure reached.
    pub figure: String,
}

/// A technology that completes another one.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Complement {
    /// The other technology.
    pub listing: MatchListing,
    /// 0 to 1: the share of the need's figures that the two reach together, times the lesser of their scores with it.
    pub score: f64,
    /// The need that the two answer together.
    pub need: MatchListing,
    /// What the technology asked about reaches of it and the other does not; never empty.
    pub own: Vec<ReachedTarget>,
    /// What the other one reaches of it and the technology asked about does not; never empty.
    pub other: Vec<ReachedTarget>,
    /// True if both belong to the same party.
    pub same_party: bool,
    /// The sentence for the reader.
    pub text: String,
}

/// Where a page ended.
#[derive(Serialize, Deserialize)]
struct Bookmark {
    score_ppm: u32,
    id: ListingId,
}

/// A pair before it is told.
struct Found {
    listing: Published,
    need: ListingId,
    score_ppm: u32,
}

/// The technologies that complete one, the best first, among what the actor may see. One that is not out completes nothing.
///
/// # Errors
/// [`MatchError`]; hidden if the actor may not see the technology.
pub async fn complements_of(
    matcher: &Matcher,
    actor: &Actor,
    id: ListingId,
    limit: Limit,
    cursor: Option<&str>,
) -> Result<Page<Complement>, MatchError> {
    let bookmark: Option<Bookmark> = cursor.map(|c| Cursor::read(c).map_err(|_| MatchError::Cursor)).transpose()?;
    view::show(matcher.listings(), actor, Kind::Technology, id).await?;
    let store = &matcher.listings().store;
    let Some(own) = published::load(store, &[id]).await?.into_iter().next() else {
        return Ok(Page { items: Vec::new(), next: None, total: 0 });
    };
    let needs = needs_of(matcher, actor, &own).await?;
    let (rows, others) = others_of(matcher, actor, &own, &needs).await?;
    let (matcher, lang) = (matcher.clone(), actor.lang);
    // Hundreds of figures are compared: not on a thread that others wait for.
    let page = tokio::task::spawn_blocking(move || {
        let found = best(&matcher, &needs, &rows, others, lang);
        let total = u64::try_from(found.len()).unwrap_or(u64::MAX);
        let place = |one: &Found| (Reverse(one.score_ppm), one.listing.id);
        let after = bookmark.map(|b| (Reverse(b.score_ppm), b.id));
        let (page, more) = page_behind(&found, place, after.as_ref(), limit);
        let next = page.last().filter(|_| more).map(|last| Cursor::write(&Bookmark { score_ppm: last.score_ppm, id: last.listing.id }));
        let told = page.iter().filter_map(|one| Some(tell(&matcher, &own, &needs.get(&one.need)?.listing, one, lang)));
        Page { items: told.collect(), next, total }
    });
    Ok(page.await?)
}

/// A need that a technology stands in the list of.
struct Answered {
    listing: Published,
    /// The score of the technology with it, in millionths.
    score_ppm: u32,
    /// Which of its figures the technology reaches; never none.
    figures: BTreeSet<usize>,
}

/// The needs that a technology answers best and reaches a figure of, as far as the actor may see them.
async fn needs_of(matcher: &Matcher, actor: &Actor, own: &Published) -> Result<BTreeMap<ListingId, Answered>, MatchError> {
    let store = &matcher.listings().store;
    let rows = standing::Entity::find()
        .filter(standing::Column::OfferId.eq(own.id.0))
        .order_by_desc(standing::Column::ScorePpm)
        .order_by_asc(standing::Column::NeedId)
        .limit(NEEDS_READ)
        .all(store.db())
        .await
        .map_err(StoreError::from)?;
    let ids: Vec<ListingId> = rows.iter().map(|row| ListingId(row.need_id)).collect();
    let mut seen: BTreeMap<ListingId, Published> =
        published::load(store, &ids).await?.into_iter().filter(|one| may_see(actor, &one.audience)).map(|one| (one.id, one)).collect();
    let answered = rows.iter().filter_map(|row| {
        let listing = seen.remove(&ListingId(row.need_id))?;
        let figures: BTreeSet<usize> = reached(matcher, &listing.content, &own.content, actor.lang).into_keys().collect();
        (!figures.is_empty()).then(|| (listing.id, Answered { listing, score_ppm: ppm(row.score_ppm), figures }))
    });
    Ok(answered.take(NEEDS).collect())
}

fn ppm(stored: i64) -> u32 {
    u32::try_from(stored).unwrap_or_default()
}

/// Which figures of a need an offer reaches.
fn reached(matcher: &Matcher, need: &Content, offer: &Content, lang: Lang) -> BTreeMap<usize, Reached> {
    let all = matcher.engine().reached(need, offer, lang).into_iter().enumerate();
    all.filter_map(|(n, one)| Some((n, one.filter(|one| one.is_reached)?))).collect()
}

/// The other listings in the lists of these needs: their rows, and the technologies among them that the actor may see.
async fn others_of(
    matcher: &Matcher,
    actor: &Actor,
    own: &Published,
    needs: &BTreeMap<ListingId, Answered>,
) -> Result<(Vec<standing::Model>, BTreeMap<ListingId, Published>), MatchError> {
    let store = &matcher.listings().store;
    let rows = standing::Entity::find()
        .filter(standing::Column::NeedId.is_in(needs.keys().map(|id| id.0)))
        .filter(standing::Column::OfferId.ne(own.id.0))
        .all(store.db())
        .await
        .map_err(StoreError::from)?;
    let ids: BTreeSet<ListingId> = rows.iter().map(|row| ListingId(row.offer_id)).collect();
    let others = published::load(store, &ids.into_iter().collect::<Vec<_>>()).await?;
    let others = others.into_iter().filter(|one| one.kind == Kind::Technology && may_see(actor, &one.audience));
    Ok((rows, others.map(|one| (one.id, one)).collect()))
}

/// Every technology that completes this one over one of the needs, each with the need over which it does so best.
fn best(
    matcher: &Matcher,
    needs: &BTreeMap<ListingId, Answered>,
    rows: &[standing::Model],
    others: BTreeMap<ListingId, Published>,
    lang: Lang,
) -> Vec<Found> {
    let mut found: BTreeMap<ListingId, (u32, ListingId)> = BTreeMap::new();
    for row in rows {
        let (offer, need) = (ListingId(row.offer_id), ListingId(row.need_id));
        let (Some(other), Some(of)) = (others.get(&offer), needs.get(&need)) else { continue };
        let Content::Need(content) = &of.listing.content else { continue };
        let theirs: BTreeSet<usize> = reached(matcher, &of.listing.content, &other.content, lang).into_keys().collect();
        if of.figures.is_subset(&theirs) || theirs.is_subset(&of.figures) {
            continue;
        }
        let wanted = content.targets.iter().filter(|target| target.target.is_some()).count().max(1);
        let together = of.figures.union(&theirs).count().min(wanted);
        // Both are small: millionths times the figures of one need.
        let lesser = u64::from(ppm(row.score_ppm).min(of.score_ppm));
        let score_ppm = u32::try_from(lesser * together as u64 / wanted as u64).unwrap_or_default();
        let best = found.entry(offer).or_insert((score_ppm, need));
        if (score_ppm, Reverse(need)) > (best.0, Reverse(best.1)) {
            *best = (score_ppm, need);
        }
    }
    let mut all: Vec<Found> = others
        .into_values()
        .filter_map(|listing| found.get(&listing.id).map(|(score_ppm, need)| Found { need: *need, score_ppm: *score_ppm, listing }))
        .collect();
    all.sort_by_key(|one| (Reverse(one.score_ppm), one.listing.id));
    all
}

fn tell(matcher: &Matcher, own: &Published, need: &Published, found: &Found, lang: Lang) -> Complement {
    let mine = reached(matcher, &need.content, &own.content, lang);
    let theirs = reached(matcher, &need.content, &found.listing.content, lang);
    let wanted = crate::targets::said(&need.content, lang);
    let only = |these: &BTreeMap<usize, Reached>, those: &BTreeMap<usize, Reached>| -> Vec<ReachedTarget> {
        let alone = these.iter().filter(|(n, _)| !those.contains_key(*n));
        alone
            .filter_map(|(n, one)| {
                let (metric, wanted) = wanted.get(*n)?.clone();
                let (need_field, offer_field) = (format!("/targets/{n}"), format!("/advantages/{}", one.advantage));
                Some(ReachedTarget { need_field, offer_field, metric, wanted, figure: one.figure.clone() })
            })
            .collect()
    };
    let (own_only, other_only) = (only(&mine, &theirs), only(&theirs, &mine));
    let named = |all: &[ReachedTarget]| all.iter().map(|one| format!("{} {}", one.metric, one.figure)).collect::<Vec<_>>().join("; ");
    let need_listing = MatchListing::of(need, lang);
    let text = say(lang, "match-completes", &[("need", &need_listing.title), ("own", &named(&own_only)), ("other", &named(&other_only))]);
    Complement {
        listing: MatchListing::of(&found.listing, lang),
        score: f64::from(found.score_ppm) / 1e6,
        need: need_listing,
        own: own_only,
        other: other_only,
        same_party: own.owner.id == found.listing.owner.id,
        text,
    }
}
