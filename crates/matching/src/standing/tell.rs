//! Telling both sides of a strong new match, once.
//!
//! Each side by itself: it is told of a pair at most once in thirty days, and after that only if a new version of either
//! listing was approved. A listing has at most `told_per_day` such notices in a day, the best first; what is more waits
//! until there is room, and is told then if the pair is still there. Whoever brought listings in by a file is not told of
//! each of them: that side is passed over in silence, which is noted, so that nothing that happens later to the same
//! versions tells it after all. A side that refused these very versions hears no more of them; what the other side says of
//! the pair silences nobody. Each side is told only of what it may see, the seeker of nothing that openly costs more than
//! their budget or is not for who they are, though they hide it, and nobody of what is partly their own. The notice holds ids alone.
//!
//! Of a need and an expert the need's people are told in the same way, with the same room in a day, and the expert by
//! themselves (`experts`).

use std::collections::{BTreeMap, BTreeSet};

use accounts::notices::{NewNotice, NoticeKind, tell_party};
use base::{AccountId, Actor, ExpertId, Lang, ListingId, PartyId, PartyRole};
use chrono::{DateTime, TimeDelta, Utc};
use listings::published::{self, Audience, Published};
use sea_orm::sea_query::OnConflict;
use sea_orm::{ActiveValue::Set, ColumnTrait, Condition, EntityTrait, PaginatorTrait, QueryFilter};
use search::follower::Touched;
use serde_json::json;
use store::{EventRow, Store, StoreError, Tx};
use uuid::Uuid;

use super::StandingError;
use super::experts::{self, ExpertPair};
use super::list::Pair;
use crate::constraints::belongs_to;
use crate::feedback::{MatchId, Opinion, Speaker};
use crate::inside::Inside;
use crate::matcher::{MatchError, Matcher, may_see};
use crate::rows::{feedback, standing, told};

/// After how many days a pair may be told again.
const AGAIN_DAYS: i64 = 30;

/// The event of every publication, the first one and those of edits.
const PUBLISHED: &str = "listing.published";

/// Who is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Side {
    /// The need's people.
    Need,
    /// The offer's people.
    Offer,
    /// The expert.
    Expert,
}

impl Side {
    fn as_str(self) -> &'static str {
        match self {
            Self::Need => "need",
            Self::Offer => "offer",
            Self::Expert => "expert",
        }
    }

    /// Who of them says what they think of a pair; of experts nobody does so far.
    fn speaker(self) -> Option<Speaker> {
        match self {
            Self::Need => Some(Speaker::Seeker),
            Self::Offer => Some(Speaker::Owner),
            Self::Expert => None,
        }
    }
}

/// What a need was matched with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Other {
    Offer(ListingId),
    Expert(ExpertId),
}

impl Other {
    fn id(self) -> Uuid {
        match self {
            Self::Offer(id) => id.0,
            Self::Expert(id) => id.0,
        }
    }
}

/// Who hears it.
#[derive(Clone, Copy, Debug)]
pub(super) enum Hearer {
    /// The editors of a party.
    Party(PartyId),
    /// One person.
    Account(AccountId),
}

/// One side of a strong pair, and how it comes to know of it.
#[derive(Clone, Debug)]
pub(super) struct Strong {
    pub(super) need: ListingId,
    pub(super) other: Other,
    /// Of the need and of the other one.
    pub(super) versions: (i64, i64),
    pub(super) score_ppm: u32,
    pub(super) side: Side,
    pub(super) hearer: Hearer,
    pub(super) way: Way,
}

/// What one side of a pair is noted under: the need, the other one and the side.
pub(super) type Key = (Uuid, Uuid, String);

impl Strong {
    pub(super) fn key(&self) -> Key {
        (self.need.0, self.other.id(), self.side.as_str().to_owned())
    }

    /// Its own listing of the pair, or the expert: a day has room for so much of each.
    pub(super) fn own(&self) -> Uuid {
        if self.side == Side::Need { self.need.0 } else { self.other.id() }
    }
}

/// How a side comes to know.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Way {
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
    /// The same of experts.
    pub(super) experts: BTreeSet<ExpertId>,
    /// Brought in by a file, as they are now.
    pub(super) imported: BTreeSet<ListingId>,
}

impl Fresh {
    /// What events touched, and listings whose vector came only now, which no event of theirs tells of.
    pub(super) async fn by(
        store: &Store,
        events: &[EventRow],
        touched: &Touched,
        vectors: &BTreeSet<ListingId>,
    ) -> Result<Self, StoreError> {
        let to = events.last().map_or(0, |event| event.position);
        let later: Vec<Uuid> = vectors.iter().map(|id| id.0).collect();
        let published = store.last_of_kind(PUBLISHED, &later, to).await?;
        let by_file = events.iter().chain(&published).filter(|event| is_by_file(event));
        let imported = by_file.map(|event| ListingId(event.subject_id)).collect();
        Ok(Self { touched: &touched.listings | vectors, experts: touched.experts.clone(), imported })
    }
}

/// Whether a file, or taking one back, made a listing what it is.
fn is_by_file(event: &EventRow) -> bool {
    let has = |fact: &str| event.payload.get(fact).is_some_and(|value| !value.is_null());
    has("import") || has("undo")
}

/// Who may be worth telling of these pairs, the best first.
pub(super) async fn strong(
    matcher: &Matcher,
    mut offers: Vec<Pair>,
    mut experts: Vec<ExpertPair>,
    fresh: &Fresh,
) -> Result<Vec<Strong>, StandingError> {
    offers.retain(|p| fresh.touched.contains(&p.need) || fresh.touched.contains(&p.offer));
    experts.retain(|p| fresh.touched.contains(&p.need) || fresh.experts.contains(&p.expert));
    tellable(matcher, offers, experts, &fresh.imported).await
}

/// Which of these pairs may be told to whom, the best first.
pub(super) async fn tellable(
    matcher: &Matcher,
    offers: Vec<Pair>,
    experts: Vec<ExpertPair>,
    imported: &BTreeSet<ListingId>,
) -> Result<Vec<Strong>, StandingError> {
    let mut all = Vec::new();
    if !offers.is_empty() {
        all = of_offers(matcher, offers, imported).await?;
    }
    if !experts.is_empty() {
        all.extend(experts::tellable(matcher, experts, imported).await?);
    }
    all.sort_by(|a, b| b.score_ppm.cmp(&a.score_ppm).then((a.need, a.other, a.side).cmp(&(b.need, b.other, b.side))));
    Ok(all)
}

/// Which pairs of a need and an offer may be told to whom.
async fn of_offers(matcher: &Matcher, mut pairs: Vec<Pair>, imported: &BTreeSet<ListingId>) -> Result<Vec<Strong>, StandingError> {
    pairs.retain(|p| p.need_party != p.offer_party);
    let ids: BTreeSet<ListingId> = pairs.iter().flat_map(|p| [p.need, p.offer]).collect();
    let found = published::load(&matcher.listings().store, &ids.into_iter().collect::<Vec<_>>()).await?;
    let found: BTreeMap<ListingId, Published> = found.into_iter().map(|p| (p.id, p)).collect();
    let needs: BTreeMap<ListingId, PartyId> = pairs.iter().map(|p| (p.need, p.need_party)).collect();
    // What can be spent, and who a seeker is who hides, is the seeker's secret: it spares their own people a notice, and
    // changes nothing for anybody else.
    let inside = Inside::of_seekers(matcher.listings(), &needs.into_iter().collect::<Vec<_>>()).await?;
    let rules = matcher.engine().rules(Lang::Vi);
    let mut all = Vec::new();
    for pair in pairs {
        let (Some(need), Some(offer)) = (found.get(&pair.need), found.get(&pair.offer)) else { continue };
        if belongs_to(&offer.content, pair.need_party) {
            continue;
        }
        let side = |side, (own, party): (ListingId, PartyId)| Strong {
            need: pair.need,
            other: Other::Offer(pair.offer),
            versions: (i64::from(pair.need_version), i64::from(pair.offer_version)),
            score_ppm: pair.score_ppm,
            side,
            hearer: Hearer::Party(party),
            way: if imported.contains(&own) { Way::Silence } else { Way::Notice },
        };
        let is_none_violated = || inside.violated((need.id, &need.content), (offer.id, &offer.content), &rules).is_empty();
        if may_be_seen_by(pair.need_party, offer) && is_none_violated() {
            all.push(side(Side::Need, (pair.need, pair.need_party)));
        }
        if may_be_seen_by(pair.offer_party, need) {
            all.push(side(Side::Offer, (pair.offer, pair.offer_party)));
        }
    }
    Ok(all)
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
        match one.way {
            Way::Notice => {
                tell_side(tx, one, per_day).await?;
            }
            Way::Silence => pass_over(tx, one).await?,
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
async fn note(tx: &Tx, one: &Strong, when: When) -> Result<(), StoreError> {
    use told::Column as C;
    let (told_at, silently) = match when {
        When::Told(at) => (Some(at), false),
        When::PassedOver(at) => (Some(at), true),
        When::Waits => (None, false),
    };
    let row = told::ActiveModel {
        need_id: Set(one.need.0),
        offer_id: Set(one.other.id()),
        side: Set(one.side.as_str().to_owned()),
        own_id: Set(one.own()),
        need_version: Set(one.versions.0),
        offer_version: Set(one.versions.1),
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
async fn noted(tx: &Tx, one: &Strong) -> Result<Option<told::Model>, StoreError> {
    Ok(told::Entity::find_by_id(one.key()).one(tx.db()).await?)
}

/// Notes that these versions of a pair are no news to one side. What it was told of others counts as before.
async fn pass_over(tx: &Tx, one: &Strong) -> Result<(), StoreError> {
    let told_at = noted(tx, one).await?.filter(|last| !last.silently).and_then(|last| last.told_at);
    note(tx, one, told_at.map_or(When::PassedOver(tx.now()), When::Told)).await
}

/// Tells one side of a pair, or notes that it waits for a day with room; true if it was told.
pub(super) async fn tell_side(tx: &Tx, one: &Strong, per_day: u64) -> Result<bool, StoreError> {
    let now = tx.now();
    if let Some(last) = noted(tx, one).await?
        && let Some(at) = last.told_at
        && ((last.need_version, last.offer_version) == one.versions || (!last.silently && now - at < TimeDelta::days(AGAIN_DAYS)))
    {
        return Ok(false);
    }
    if is_refused(tx, one).await? {
        // It must not wait any longer either.
        wait_no_longer(tx, &one.key()).await?;
        return Ok(false);
    }
    let today = told::Entity::find().filter(told::Column::OwnId.eq(one.own())).filter(told_since(now)).count(tx.db()).await?;
    let has_room = today < per_day;
    if has_room {
        match one.hearer {
            Hearer::Party(party) => tell_party(tx, party, &[PartyRole::Editor, PartyRole::Admin], None, &notice(one)).await?,
            Hearer::Account(account) => {
                accounts::notices::tell(tx, account, &notice(one)).await?;
            }
        }
    }
    note(tx, one, if has_room { When::Told(now) } else { When::Waits }).await?;
    Ok(has_room)
}

/// Whether the side refused these very versions.
async fn is_refused(tx: &Tx, one: &Strong) -> Result<bool, StoreError> {
    let Some(speaker) = one.side.speaker() else { return Ok(false) };
    let refused = feedback::Entity::find()
        .filter(feedback::Column::NeedId.eq(one.need.0))
        .filter(feedback::Column::OfferId.eq(one.other.id()))
        .filter(feedback::Column::Side.eq(speaker.as_str()))
        .filter(feedback::Column::Verdict.eq(Opinion::NotForUs.as_str()))
        .filter(feedback::Column::NeedVersion.eq(one.versions.0))
        .filter(feedback::Column::OfferVersion.eq(one.versions.1))
        .count(tx.db())
        .await?;
    Ok(refused > 0)
}

/// What counts for today's room: what was told, and not what was passed over.
pub(super) fn told_since(now: DateTime<Utc>) -> Condition {
    Condition::all().add(told::Column::ToldAt.gt(now - TimeDelta::days(1))).add(told::Column::Silently.eq(false))
}

pub(super) async fn wait_no_longer(tx: &Tx, (need, offer, side): &Key) -> Result<(), StoreError> {
    told::Entity::delete_many()
        .filter(told::Column::NeedId.eq(*need))
        .filter(told::Column::OfferId.eq(*offer))
        .filter(told::Column::Side.eq(side.as_str()))
        .filter(told::Column::ToldAt.is_null())
        .exec(tx.db())
        .await?;
    Ok(())
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

/// The notice to one side: of its own listing, or to an expert of a need.
fn notice(one: &Strong) -> NewNotice {
    let Strong { need, other, versions, score_ppm, .. } = one;
    NewNotice {
        kind: NoticeKind::MatchFound,
        about_kind: if one.side == Side::Expert { "expert" } else { "listing" },
        about: one.own(),
        facts: match other {
            Other::Offer(offer) => json!({ "need": need, "offer": offer, "score_ppm": score_ppm }),
            Other::Expert(expert) => json!({ "need": need, "expert": expert, "score_ppm": score_ppm }),
        },
        once: format!("match:{need}:{}:{}:{}", other.id(), versions.0, versions.1),
    }
}
