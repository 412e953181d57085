//! The best standing matches of all listings of a party, both ways, for its members and for brokers: in the order of what
//! its own side said of them, each with its reasons as they are now. What was excluded is not stored: it is reckoned
//! when asked for, of the party's newest listings.

use std::collections::{BTreeMap, BTreeSet};

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

/// A pair before it is told.
#[derive(Clone)]
struct Row {
    id: MatchId,
    own: Published,
    other: Published,
    score_ppm: i64,
    computed_at: DateTime<Utc>,
    said: Option<Said>,
}

impl Row {
    fn new(own: &Published, other: &Published, score_ppm: i64, computed_at: DateTime<Utc>) -> Self {
        let (need, offer) = if own.kind == Kind::Need { (own.id, other.id) } else { (other.id, own.id) };
        Self { id: MatchId { need, offer }, own: own.clone(), other: other.clone(), score_ppm, computed_at, said: None }
    }
}

/// The pairs of a party with others, as far as the actor may see both sides; at most two hundred of each side. What its
/// own side called good comes first, what it does not want last.
///
/// # Errors
/// Hidden if there is no such party, forbidden for whoever is neither a member nor a broker, [`MatchError::Cursor`]
/// for a cursor of another list.
pub async fn matches(matcher: &Matcher, actor: &Actor, party: PartyId, ask: &PartyAsk) -> Result<Page<PartyMatch>, MatchError> {
    let store = &matcher.listings().store;
    let after: Option<MatchIdText> = ask.cursor.as_deref().map(Cursor::read).transpose().map_err(|_| MatchError::Cursor)?;
    if !actor.is_system() {
        actor.signed_in()?;
    }
    if accounts::parties::load_many(store.db(), &[party]).await?.is_empty() {
        return Err(Refused::Hidden.into());
    }
    let party = Grant::<ReadPartyMatches>::check(actor, Of(party))?.into_object().0;
    let mut all = if ask.excluded { excluded(matcher, actor, party).await? } else { standing_of(matcher, actor, party).await? };
    let pairs: Vec<(MatchId, bool)> = all.iter().map(|row| (row.id, row.own.kind == Kind::Need)).collect();
    let mut said = feedback::said_among(store, actor, party, &pairs).await?;
    for row in &mut all {
        row.said = said.remove(&row.id);
    }
    let best = |row: &Row| std::cmp::Reverse((row.score_ppm, row.id));
    match ask.order {
        Order::Best => all.sort_by_key(|row| (Said::rank(row.said.as_ref()), best(row))),
        // What is new is new whether or not it was called good; what is not wanted stands behind here as well.
        Order::Newest => {
            all.sort_by_key(|row| (row.said.as_ref().is_some_and(|s| s.is_behind), std::cmp::Reverse(row.computed_at), best(row)))
        }
    }
    let total = u64::try_from(all.len()).unwrap_or(u64::MAX);
    let from = match &after {
        None => 0,
        Some(MatchIdText(id)) => all.iter().position(|row| row.id.to_string() == *id).map_or(all.len(), |at| at + 1),
    };
    let limit = usize::try_from(ask.limit.get()).unwrap_or(usize::MAX);
    let more = all.len() > from.saturating_add(limit);
    let page: Vec<Row> = all.into_iter().skip(from).take(limit).collect();
    let next = page.last().filter(|_| more).map(|last| Cursor::write(&MatchIdText(last.id.to_string())));
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
    let out: BTreeMap<ListingId, Published> = published::load(store, &ids).await?.into_iter().map(|p| (p.id, p)).collect();
    let needs: Vec<(ListingId, PartyId)> = out.values().filter(|p| p.kind == Kind::Need).map(|p| (p.id, p.owner.id)).collect();
    let offers: Vec<ListingId> = out.values().filter(|p| p.kind != Kind::Need).map(|p| p.id).collect();
    let inside = Inside::of(matcher.listings(), actor, &needs, &offers).await?;
    let rules = matcher.engine().rules(actor.lang);
    let seen = |id: uuid::Uuid| out.get(&ListingId(id)).filter(|p| may_see(actor, &p.audience));
    let all = rows.iter().filter_map(|row| {
        let (need, offer) = (seen(row.need_id)?, seen(row.offer_id)?);
        let (own, other) = if need.owner.id == party { (need, offer) } else { (offer, need) };
        let is_told = may_be_named(actor, party, own) && inside.violated(need.id, (offer.id, &offer.content), &rules).is_empty();
        is_told.then(|| Row::new(own, other, row.score_ppm, row.computed_at))
    });
    Ok(all.collect())
}

/// Whose a hidden need is, nobody learns from here but its own people.
fn may_be_named(actor: &Actor, party: PartyId, own: &Published) -> bool {
    !own.content.hides_party() || actor.is_member(party) || actor.is_system()
}

/// What is excluded of the newest of the party's listings.
async fn excluded(matcher: &Matcher, actor: &Actor, party: PartyId) -> Result<Vec<Row>, MatchError> {
    let store = &matcher.listings().store;
    let mut ids = published::ids_of_party(store, party).await?;
    // The newest first: ids are by time.
    ids.sort_unstable_by(|a, b| b.cmp(a));
    ids.truncate(LOOKED_AT);
    let mut own = published::load(store, &ids).await?;
    own.retain(|one| may_see(actor, &one.audience) && may_be_named(actor, party, one));
    let reader = Reader { lang: actor.lang, now: whole_second(store.clock().now()), explain: false };
    let mut all = Vec::new();
    for one in own {
        let subject = Subject::of(&one);
        let mut found = matcher.found(actor, &subject, usual_kinds(one.kind)).await?;
        found.retain(|other| other.owner.id != party);
        let inside = Inside::between(matcher.listings(), actor, (one.kind, one.id, Some(party)), &found).await?;
        let engine = matcher.knowing(owners(&found).chain([party])).await?;
        let work = move || {
            let side = subject.side();
            let mut judged = engine.judge(&side, &found, reader)?;
            inside.exclude(&side, &mut judged, &engine.rules(reader.lang));
            let out = judged.iter().filter(|j| j.is_excluded()).map(|j| Row::new(&one, j.listing, i64::from(j.score_ppm), reader.now));
            Ok::<_, search::Failure>(out.collect::<Vec<_>>())
        };
        all.extend(tokio::task::spawn_blocking(work).await??);
    }
    Ok(all)
}

/// A page of them with their reasons.
async fn told(matcher: &Matcher, actor: &Actor, page: Vec<Row>, ask: &PartyAsk) -> Result<Vec<PartyMatch>, MatchError> {
    let now = whole_second(matcher.listings().store.clock().now());
    let reader = Reader { lang: actor.lang, now, explain: ask.explain };
    let engine = matcher.knowing(page.iter().flat_map(|row| [row.own.owner.id, row.other.owner.id])).await?;
    let needs: Vec<(ListingId, PartyId)> =
        page.iter().flat_map(|r| [&r.own, &r.other]).filter(|p| p.kind == Kind::Need).map(|p| (p.id, p.owner.id)).collect();
    let inside = Inside::of(matcher.listings(), actor, &needs, &page.iter().map(|r| r.id.offer).collect::<Vec<_>>()).await?;
    let is_excluded = ask.excluded;
    let work = move || {
        let mut found: BTreeMap<MatchId, Match> = BTreeMap::new();
        let owns: BTreeMap<ListingId, &Published> = page.iter().map(|row| (row.own.id, &row.own)).collect();
        for (id, own) in owns {
            let others: Vec<Published> = page.iter().filter(|row| row.own.id == id).map(|row| row.other.clone()).collect();
            let side = Side::of(own);
            let mut judged = engine.judge(&side, &others, reader)?;
            inside.exclude(&side, &mut judged, &engine.rules(reader.lang));
            for one in engine.explain(&side, &judged.iter().collect::<Vec<_>>(), reader)? {
                found.extend(one.id.as_ref().and_then(|id| id.parse().ok()).map(|id: MatchId| (id, one)));
            }
        }
        let items = page.iter().map(|row| {
            let now = found.remove(&row.id);
            let (reasons, parts, excluded) = now.map(|m| (m.reasons, m.parts, m.excluded)).unwrap_or_default();
            PartyMatch {
                id: row.id.to_string(),
                own: MatchListing::of(&row.own, reader.lang),
                other: MatchListing::of(&row.other, reader.lang),
                score: row.score_ppm as f64 / 1e6,
                computed_at: row.computed_at,
                reasons,
                parts,
                feedback: row.said.clone(),
                excluded: if is_excluded { excluded } else { Vec::new() },
            }
        });
        Ok::<_, search::Failure>(items.collect::<Vec<_>>())
    };
    Ok(tokio::task::spawn_blocking(work).await??)
}

/// The pair a page ended with.
#[derive(Serialize, Deserialize)]
struct MatchIdText(String);
