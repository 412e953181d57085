//! What people say of a pair: good, or not for us and why.
//!
//! What always holds: one verdict of an account on a pair, replaced by the next; a verdict changes the order of one list
//! alone, that of its own side, and for that side's eyes alone: the candidates of a need for the seeker's members and
//! brokers, the needs of an offer for the owner's members. There a good one comes first, and what is not wanted last; but
//! what a new version of the other listing may have cured moves nothing once there is one, and is told as said of an earlier
//! one. Nothing is removed for anybody. What a broker says of a pair, brokers read on either page. A note is never told to
//! anyone but its own side, and stands in no event.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::str::FromStr;

use base::{AccountId, Actor, Faults, Grant, ListingId, Refused};
use chrono::{DateTime, Utc};
use listings::Kind;
use listings::published::{self, Published};
use sea_orm::sea_query::OnConflict;
use sea_orm::{ActiveValue::Set, ColumnTrait, Condition, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use serde::{Deserialize, Serialize};
use serde_json::json;
use store::{Ctx, NewEvent, Store, StoreError};
use utoipa::ToSchema;

use crate::access::{GiveFeedback, Two, brokers, side_of, weighs};
use crate::matcher::{MatchError, Matcher};
use crate::rows::{feedback, standing};

/// The longest note, in characters.
const NOTE_CHARS: usize = 500;

base::words! {
    /// Whether a pair is any good.
    Opinion {
        /// Worth a talk.
        Good = "good",
        /// Not for this side; the reason says why.
        NotForUs = "not_for_us",
    }
}

base::words! {
    /// Why a pair is not for somebody.
    WhyNot {
        /// Not ready enough.
        TooEarly = "too_early",
        /// It costs too much.
        TooDear = "too_dear",
        /// Another field, another problem.
        WrongField = "wrong_field",
        /// The two know each other already.
        AlreadyKnown = "already_known",
        /// Something else; the note may say what.
        Other = "other",
    }
}

base::words! {
    /// Who speaks.
    Speaker {
        /// The need's party.
        Seeker = "seeker",
        /// The offer's party.
        Owner = "owner",
        /// A broker of the space.
        Broker = "broker",
    }
}

impl WhyNot {
    /// Those that a new version of the other listing may cure.
    const CURABLE: [Self; 3] = [Self::TooEarly, Self::TooDear, Self::WrongField];
}

/// A pair by its address: the need's id, a dot, the offer's id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct MatchId {
    /// The need.
    pub need: ListingId,
    /// The technology or IP asset.
    pub offer: ListingId,
}

impl fmt::Display for MatchId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.need, self.offer)
    }
}

/// The text names no pair.
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error("not the id of a match")]
pub struct NotMatchId;

impl FromStr for MatchId {
    type Err = NotMatchId;
    fn from_str(text: &str) -> Result<Self, NotMatchId> {
        let (need, offer) = text.split_once('.').ok_or(NotMatchId)?;
        Ok(Self { need: need.parse().map_err(|_| NotMatchId)?, offer: offer.parse().map_err(|_| NotMatchId)? })
    }
}

/// What somebody says of a pair.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = MatchVerdict)]
pub struct Given {
    /// Good, or not for us.
    pub verdict: Opinion,
    /// Why not; needed with `not_for_us`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<WhyNot>,
    /// More about it, for one's own side and brokers; at most 500 characters.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub note: String,
    /// For whom to speak, where one edits both parties; the seeker unless given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub side: Option<Speaker>,
}

/// What was noted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = MatchFeedbackReceipt)]
pub struct Receipt {
    /// The pair: the need's id, a dot, the offer's id.
    pub id: String,
    /// For whom the account spoke.
    pub side: Speaker,
    /// Good, or not for us; null once it was taken back.
    pub verdict: Option<Opinion>,
    /// Why not.
    pub reason: Option<WhyNot>,
    /// Whether the candidate now stands behind all others in the list of its side.
    pub is_behind: bool,
}

/// What the reader's side said of a match.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = MatchFeedback)]
pub struct Said {
    /// Who spoke last.
    pub side: Speaker,
    /// The last word.
    pub verdict: Opinion,
    /// Why not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<WhyNot>,
    /// More about it.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub note: String,
    /// When.
    pub at: DateTime<Utc>,
    /// Whether the reader said it.
    pub is_own: bool,
    /// Whether the candidate stands behind all others for it.
    pub is_behind: bool,
    /// Whether the candidate stands before all others for it.
    pub is_ahead: bool,
    /// Whether it was said of an earlier version of the other listing, for a reason that the new one may have cured: it then
    /// moves nothing.
    pub is_of_earlier: bool,
}

impl Said {
    /// The place of a candidate for what was said of it: the good first, then what nobody spoke of, then what is not wanted.
    pub(crate) fn rank(said: Option<&Self>) -> u8 {
        match said {
            Some(said) if said.is_ahead => 0,
            Some(said) if said.is_behind => 2,
            _ => 1,
        }
    }
}

async fn two(matcher: &Matcher, id: MatchId) -> Result<Two, MatchError> {
    let found = published::load(&matcher.listings().store, &[id.need, id.offer]).await?;
    let (mut need, mut offer): (Option<Published>, Option<Published>) = (None, None);
    for one in found {
        match one.kind {
            Kind::Need if one.id == id.need => need = Some(one),
            Kind::Technology | Kind::IpAsset if one.id == id.offer => offer = Some(one),
            _ => {}
        }
    }
    let (Some(need), Some(offer)) = (need, offer) else { return Err(Refused::Hidden.into()) };
    Ok(Two { need, offer })
}

/// Notes a verdict of whoever asks.
///
/// # Errors
/// Hidden unless both listings are to be seen, forbidden for whoever belongs to neither side and is no broker, and
/// [`MatchError::Invalid`] for a refusal without a reason or a note that is too long.
pub async fn give(matcher: &Matcher, ctx: Ctx, id: MatchId, given: Given) -> Result<Receipt, MatchError> {
    let grant = Grant::<GiveFeedback>::check(&ctx.actor, two(matcher, id).await?)?;
    let account = ctx.actor.signed_in()?;
    let side = side_of(&ctx.actor, grant.object(), given.side).ok_or(Refused::Hidden)?;
    let versions = (i64::from(grant.object().need.version), i64::from(grant.object().offer.version));
    let mut faults = Faults::new();
    if given.verdict == Opinion::NotForUs && given.reason.is_none() {
        faults.add("/reason", "missing");
    }
    let length = given.note.chars().count();
    if length > NOTE_CHARS {
        faults.add_with("/note", "too_long", &[("max", &NOTE_CHARS.to_string()), ("length", &length.to_string())]);
    }
    if !faults.is_empty() {
        return Err(MatchError::Invalid(faults));
    }
    let reason = given.reason.filter(|_| given.verdict == Opinion::NotForUs);
    let given = Given { reason, ..given };
    let store = &matcher.listings().store;
    store
        .write(ctx, move |tx| {
            let given = given.clone();
            async move {
                let stored = standing::Entity::find_by_id((id.need.0, id.offer.0)).one(tx.db()).await.map_err(StoreError::from)?;
                let row = feedback::ActiveModel {
                    need_id: Set(id.need.0),
                    offer_id: Set(id.offer.0),
                    account_id: Set(account.0),
                    side: Set(side.as_str().to_owned()),
                    verdict: Set(given.verdict.as_str().to_owned()),
                    reason: Set(given.reason.map(|r| r.as_str().to_owned())),
                    note: Set(given.note.clone()),
                    score_ppm: Set(stored.map(|s| s.score_ppm)),
                    need_version: Set(versions.0),
                    offer_version: Set(versions.1),
                    at: Set(tx.now()),
                };
                use feedback::Column as C;
                let over = OnConflict::columns([C::NeedId, C::OfferId, C::AccountId])
                    .update_columns([C::Side, C::Verdict, C::Reason, C::Note, C::ScorePpm, C::NeedVersion, C::OfferVersion, C::At])
                    .to_owned();
                feedback::Entity::insert(row).on_conflict(over).exec_without_returning(tx.db()).await.map_err(StoreError::from)?;
                let facts = json!({ "offer": id.offer, "side": side, "verdict": given.verdict, "reason": given.reason });
                tx.emit(NewEvent::new("match", id.need, "match.judged", facts));
                let is_behind = given.verdict == Opinion::NotForUs;
                Ok::<_, MatchError>(Receipt { id: id.to_string(), side, verdict: Some(given.verdict), reason: given.reason, is_behind })
            }
        })
        .await
}

/// Takes back what whoever asks said of a pair; taking back what was never said changes nothing.
///
/// # Errors
/// As [`give`].
pub async fn take_back(matcher: &Matcher, ctx: Ctx, id: MatchId) -> Result<Receipt, MatchError> {
    let grant = Grant::<GiveFeedback>::check(&ctx.actor, two(matcher, id).await?)?;
    let account = ctx.actor.signed_in()?;
    let side = side_of(&ctx.actor, grant.object(), None).ok_or(Refused::Hidden)?;
    let store = &matcher.listings().store;
    store
        .write(ctx, move |tx| async move {
            let gone = feedback::Entity::delete_by_id((id.need.0, id.offer.0, account.0)).exec(tx.db()).await.map_err(StoreError::from)?;
            if gone.rows_affected > 0 {
                tx.emit(NewEvent::new("match", id.need, "match.judgement_withdrawn", json!({ "offer": id.offer, "side": side })));
            }
            Ok::<_, MatchError>(Receipt { id: id.to_string(), side, verdict: None, reason: None, is_behind: false })
        })
        .await
}

/// What the reader's side said of the counterparts of a listing, the last word of each; nothing for outsiders.
pub(crate) async fn said_of(
    store: &Store,
    actor: &Actor,
    kind: Kind,
    id: ListingId,
    party: base::PartyId,
) -> Result<BTreeMap<ListingId, Said>, StoreError> {
    let is_need = kind == Kind::Need;
    if !weighs(actor, party) {
        return Ok(BTreeMap::new());
    }
    let of = if is_need { feedback::Column::NeedId } else { feedback::Column::OfferId };
    let rows = feedback::Entity::find().filter(of.eq(id.0)).order_by_asc(feedback::Column::At).all(store.db()).await?;
    let mut all: BTreeMap<ListingId, Said> = BTreeMap::new();
    for (row, is_of_earlier) in dated(store, rows).await? {
        let other = ListingId(if is_need { row.offer_id } else { row.need_id });
        hear(&mut all, other, (row, is_of_earlier), is_need, (actor, party))?;
    }
    Ok(all)
}

/// Verdicts, each with whether it was said of an earlier version for a reason that the version of now may have cured.
async fn dated(store: &Store, rows: Vec<feedback::Model>) -> Result<Vec<(feedback::Model, bool)>, StoreError> {
    let is_curable = |row: &feedback::Model| WhyNot::CURABLE.iter().any(|why| row.reason.as_deref() == Some(why.as_str()));
    // Of which listing it was said: of the one that is not the speaker's; a broker speaks of the offer.
    let said_of = |row: &feedback::Model| {
        if row.side == Speaker::Owner.as_str() {
            (ListingId(row.need_id), row.need_version)
        } else {
            (ListingId(row.offer_id), row.offer_version)
        }
    };
    let ids: BTreeSet<ListingId> = rows.iter().filter(|row| is_curable(row)).map(|row| said_of(row).0).collect();
    let now = published::versions_of(store, &ids.into_iter().collect::<Vec<_>>()).await?;
    let is_of_earlier = |row: &feedback::Model| {
        let (id, version) = said_of(row);
        is_curable(row) && now.get(&id).is_some_and(|now| *now != version)
    };
    let each = rows.into_iter().map(|row| {
        let is_of_earlier = is_of_earlier(&row);
        (row, is_of_earlier)
    });
    Ok(each.collect())
}

/// What the reader's side said of pairs of its party's listings with others, the last word of each.
pub(crate) async fn said_among(
    store: &Store,
    actor: &Actor,
    party: base::PartyId,
    pairs: &[(MatchId, bool)],
) -> Result<BTreeMap<MatchId, Said>, StoreError> {
    let mut all = BTreeMap::new();
    if !weighs(actor, party) {
        return Ok(all);
    }
    let asked: BTreeMap<MatchId, bool> = pairs.iter().copied().collect();
    let needs: BTreeSet<uuid::Uuid> = asked.keys().map(|id| id.need.0).collect();
    let needs: Vec<uuid::Uuid> = needs.into_iter().collect();
    // Below either engine's limit of parameters.
    for some in needs.chunks(500) {
        let rows = feedback::Entity::find()
            .filter(feedback::Column::NeedId.is_in(some.to_vec()))
            .order_by_asc(feedback::Column::At)
            .all(store.db())
            .await?;
        let id_of = |row: &feedback::Model| MatchId { need: ListingId(row.need_id), offer: ListingId(row.offer_id) };
        let rows = rows.into_iter().filter(|row| asked.contains_key(&id_of(row))).collect();
        for (row, is_of_earlier) in dated(store, rows).await? {
            let id = id_of(&row);
            if let Some(is_need) = asked.get(&id) {
                hear(&mut all, id, (row, is_of_earlier), *is_need, (actor, party))?;
            }
        }
    }
    Ok(all)
}

/// Takes one verdict into what a reader hears of a list; `is_need` is whose list it is.
fn hear<K: Ord>(
    all: &mut BTreeMap<K, Said>,
    key: K,
    (row, is_of_earlier): (feedback::Model, bool),
    is_need: bool,
    (actor, party): (&Actor, base::PartyId),
) -> Result<(), StoreError> {
    let side: Speaker = row.side.parse().map_err(|e| StoreError::corrupt("verdict", e))?;
    // Each list is its own side's: what the owner says of a need moves nothing for the seeker.
    if side == if is_need { Speaker::Owner } else { Speaker::Seeker } {
        return Ok(());
    }
    let is_own = Some(AccountId(row.account_id)) == actor.account();
    // On an offer's page a broker's word is for brokers, and moves nothing.
    let is_aside = side == Speaker::Broker && !is_need;
    if is_aside && ((!brokers(actor) && !is_own) || all.get(&key).is_some_and(|said| said.side == Speaker::Owner)) {
        return Ok(());
    }
    let verdict: Opinion = row.verdict.parse().map_err(|e| StoreError::corrupt("verdict", e))?;
    // A list is in the order of its own side: of an offer that is the owner's, for whose eyes alone it changes.
    let orders = !is_aside && (is_need || actor.is_member(party));
    // A note is for the writer's own side and for brokers; a broker's own side is the brokers.
    let may_read = is_own || side != Speaker::Broker || brokers(actor);
    let said = Said {
        side,
        verdict,
        reason: row.reason.map(|r| r.parse()).transpose().map_err(|e| StoreError::corrupt("verdict", e))?,
        note: if may_read { row.note } else { String::new() },
        at: row.at,
        is_own,
        is_behind: orders && verdict == Opinion::NotForUs && !is_of_earlier,
        is_ahead: orders && verdict == Opinion::Good,
        is_of_earlier,
    };
    all.insert(key, said);
    Ok(())
}

/// A verdict as the tuning set has it: no account, no note.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Judged {
    /// The need.
    pub need: ListingId,
    /// The offer.
    pub offer: ListingId,
    /// Who spoke.
    pub side: String,
    /// Good, or not for us.
    pub verdict: String,
    /// Why not.
    pub reason: String,
    /// The stored score at that moment, in millionths; none if the pair was not stored.
    pub score_ppm: Option<i64>,
    /// When.
    pub at: DateTime<Utc>,
    /// The version of the need that it was said of.
    pub need_version: i64,
    /// The version of the offer that it was said of.
    pub offer_version: i64,
    /// Whether the version of now may have cured the reason: it then says nothing of the pair as it is.
    pub is_of_earlier: bool,
    account: AccountId,
}

/// Every verdict, the oldest first, a page at a time; `after` is the last row seen. For the tuning set.
///
/// # Errors
/// If the database fails.
pub async fn page_after(store: &Store, after: Option<&Judged>, limit: u64) -> Result<Vec<Judged>, StoreError> {
    use feedback::Column as C;
    let mut query = feedback::Entity::find();
    if let Some(last) = after {
        let pair = Condition::any()
            .add(C::NeedId.gt(last.need.0))
            .add(Condition::all().add(C::NeedId.eq(last.need.0)).add(C::OfferId.gt(last.offer.0)))
            .add(Condition::all().add(C::NeedId.eq(last.need.0)).add(C::OfferId.eq(last.offer.0)).add(C::AccountId.gt(last.account.0)));
        query = query.filter(Condition::any().add(C::At.gt(last.at)).add(Condition::all().add(C::At.eq(last.at)).add(pair)));
    }
    let rows = query
        .order_by_asc(C::At)
        .order_by_asc(C::NeedId)
        .order_by_asc(C::OfferId)
        .order_by_asc(C::AccountId)
        .limit(limit)
        .all(store.db())
        .await?;
    let judged = dated(store, rows).await?.into_iter().map(|(row, is_of_earlier)| Judged {
        need: ListingId(row.need_id),
        offer: ListingId(row.offer_id),
        side: row.side,
        verdict: row.verdict,
        reason: row.reason.unwrap_or_default(),
        score_ppm: row.score_ppm,
        at: row.at,
        need_version: row.need_version,
        offer_version: row.offer_version,
        is_of_earlier,
        account: AccountId(row.account_id),
    });
    Ok(judged.collect())
}
