//! The best standing matches of all listings of a party, both ways, for its members.

use std::collections::{BTreeMap, BTreeSet};

use base::{Actor, Cursor, Grant, Limit, ListingId, Page, PartyId, Refused};
use chrono::{DateTime, Utc};
use listings::published::{self, Published};
use sea_orm::sea_query::{Expr, ExprTrait};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use serde::{Deserialize, Serialize};
use store::StoreError;
use utoipa::ToSchema;

use crate::access::{Of, ReadPartyMatches};
use crate::answer::MatchListing;
use crate::feedback::MatchId;
use crate::matcher::{MatchError, Matcher, may_see};
use crate::rows::standing;

/// The most pairs of one party that are listed: the best from each side.
const MOST: u64 = 200;

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
}

/// In which order they come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// The best first.
    Best,
    /// The last reckoned first, of the best.
    Newest,
}

/// The pairs of a party with others, as far as the actor may see both sides; at most two hundred of each side.
///
/// # Errors
/// Hidden if there is no such party, forbidden for whoever is neither a member nor a broker, [`MatchError::Cursor`]
/// for a cursor of another list.
pub async fn matches(
    matcher: &Matcher,
    actor: &Actor,
    party: PartyId,
    order: Order,
    limit: Limit,
    cursor: Option<&str>,
) -> Result<Page<PartyMatch>, MatchError> {
    let store = &matcher.listings().store;
    let after: Option<MatchIdText> = cursor.map(Cursor::read).transpose().map_err(|_| MatchError::Cursor)?;
    if !actor.is_system() {
        actor.signed_in()?;
    }
    if accounts::parties::load_many(store.db(), &[party]).await?.is_empty() {
        return Err(Refused::Hidden.into());
    }
    let party = Grant::<ReadPartyMatches>::check(actor, Of(party))?.into_object().0;
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
    match order {
        Order::Best => rows.sort_by_key(|r| std::cmp::Reverse((r.score_ppm, r.need_id, r.offer_id))),
        Order::Newest => rows.sort_by_key(|r| std::cmp::Reverse((r.computed_at, r.score_ppm, r.need_id, r.offer_id))),
    }
    let ids: BTreeSet<ListingId> = rows.iter().flat_map(|r| [ListingId(r.need_id), ListingId(r.offer_id)]).collect();
    let ids: Vec<ListingId> = ids.into_iter().collect();
    let out: BTreeMap<ListingId, Published> = published::load(store, &ids).await?.into_iter().map(|p| (p.id, p)).collect();
    let seen = |id: uuid::Uuid| out.get(&ListingId(id)).filter(|p| may_see(actor, &p.audience));
    let all: Vec<PartyMatch> = rows
        .iter()
        .filter_map(|row| {
            let (need, offer) = (seen(row.need_id)?, seen(row.offer_id)?);
            let (own, other) = if need.owner.id == party { (need, offer) } else { (offer, need) };
            // Whose a hidden need is, nobody learns from here but its own people.
            if own.content.hides_party() && !actor.is_member(party) && !actor.is_system() {
                return None;
            }
            Some(PartyMatch {
                id: MatchId { need: need.id, offer: offer.id }.to_string(),
                own: MatchListing::of(own, actor.lang),
                other: MatchListing::of(other, actor.lang),
                score: row.score_ppm as f64 / 1e6,
                computed_at: row.computed_at,
            })
        })
        .collect();
    let total = u64::try_from(all.len()).unwrap_or(u64::MAX);
    let from = match &after {
        None => 0,
        Some(MatchIdText(id)) => all.iter().position(|m| m.id == *id).map_or(all.len(), |at| at + 1),
    };
    let limit = usize::try_from(limit.get()).unwrap_or(usize::MAX);
    let more = all.len() > from.saturating_add(limit);
    let items: Vec<PartyMatch> = all.into_iter().skip(from).take(limit).collect();
    let next = items.last().filter(|_| more).map(|last| Cursor::write(&MatchIdText(last.id.clone())));
    Ok(Page { items, next, total })
}

/// The pair a page ended with.
#[derive(Serialize, Deserialize)]
struct MatchIdText(String);
