//! The candidates of a need side by side, and those taken into closer consideration with a note.
//!
//! A note and the list are of the need's side and of brokers alone; they stand in no event.

use std::collections::{BTreeMap, BTreeSet};

use base::{Actor, Faults, Grant, Lang, ListingId, Refused};
use chrono::{DateTime, Utc};
use listings::Kind;
use listings::published::{self, Published};
use sea_orm::sea_query::OnConflict;
use sea_orm::{ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder};
use serde_json::json;
use store::{Ctx, NewEvent, StoreError};

use crate::access::{Compare, Shortlist, Sought};
use crate::constraints::Exclusion;
use crate::engine::Reader;
use crate::inside::Inside;
use crate::matcher::{MatchError, Matcher, may_see, owners, whole_second};
use crate::rows::shortlist;
use crate::side::Side;

/// The most candidates beside each other.
pub const MOST: usize = 4;
/// The most candidates considered more closely for one need: more would not fit on the page that compares them.
pub const MOST_CONSIDERED: usize = 12;
/// The longest note, in characters.
const NOTE_CHARS: usize = 500;

/// A figure offered for a target.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reached {
    /// The figure as people write it.
    pub figure: String,
    /// Whether the target is reached.
    pub is_reached: bool,
    /// Which of the offer's advantages has it.
    pub advantage: usize,
}

/// A candidate taken into closer consideration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Noted {
    /// The candidate.
    pub offer: ListingId,
    /// What was noted; may be empty.
    pub note: String,
    /// When.
    pub at: DateTime<Utc>,
}

/// A candidate in the table.
pub struct Column {
    /// The candidate.
    pub listing: Published,
    /// 0 to 1; none if the two have nothing in common.
    pub score: Option<f64>,
    /// For each target in turn.
    pub targets: Vec<Option<Reached>>,
    /// Which condition that must hold it violates.
    pub excluded: Vec<Exclusion>,
    /// What was noted, if it is considered more closely.
    pub noted: Option<Noted>,
}

/// A need and its candidates.
pub struct Table {
    /// The need.
    pub need: Published,
    /// Each target as people write it.
    pub targets: Vec<(String, String)>,
    /// The candidates asked for, in that order.
    pub columns: Vec<Column>,
    /// All that are considered more closely, the first first.
    pub considered: Vec<(MatchTitle, Noted)>,
    /// Whether the reader may change that.
    pub may_note: bool,
}

/// A listing by its title.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MatchTitle {
    /// In the reader's language.
    pub title: String,
    /// The language of the title.
    pub title_lang: Lang,
    /// Its page.
    pub url: String,
}

async fn need_of(matcher: &Matcher, need: ListingId) -> Result<Sought, MatchError> {
    let found = published::load(&matcher.listings().store, &[need]).await?;
    let need = found.into_iter().find(|p| p.kind == Kind::Need).ok_or(Refused::Hidden)?;
    Ok(Sought(need))
}

/// All that are considered more closely for a need, the first first.
async fn noted(db: &impl ConnectionTrait, need: ListingId) -> Result<Vec<Noted>, StoreError> {
    let rows = shortlist::Entity::find()
        .filter(shortlist::Column::NeedId.eq(need.0))
        .order_by_asc(shortlist::Column::At)
        .order_by_asc(shortlist::Column::OfferId)
        .all(db)
        .await?;
    Ok(rows.into_iter().map(|row| Noted { offer: ListingId(row.offer_id), note: row.note, at: row.at }).collect())
}

/// A need with these candidates side by side, at most [`MOST`]; those the actor may not see are left out.
///
/// # Errors
/// Hidden or forbidden for whoever neither belongs to the need's party nor is a broker.
pub async fn table(matcher: &Matcher, actor: &Actor, need: ListingId, with: &[ListingId]) -> Result<Table, MatchError> {
    let store = &matcher.listings().store;
    let need = Grant::<Compare>::check(actor, need_of(matcher, need).await?)?.into_object().0;
    let noted = noted(store.db(), need.id).await?;
    let mut with: Vec<ListingId> = with.to_vec();
    let mut seen = BTreeSet::new();
    with.retain(|id| seen.insert(*id));
    with.truncate(MOST);
    let ids: Vec<ListingId> = with.iter().copied().chain(noted.iter().map(|n| n.offer)).collect();
    let mut out: BTreeMap<ListingId, Published> = published::load(store, &ids)
        .await?
        .into_iter()
        .filter(|p| p.kind != Kind::Need && may_see(actor, &p.audience))
        .map(|p| (p.id, p))
        .collect();
    let considered = noted
        .iter()
        .filter_map(|n| {
            let listing = out.get(&n.offer)?;
            let title = listing.content.title().best(actor.lang).unwrap_or_default().to_owned();
            let title_lang = listing.content.title().spoken(actor.lang);
            Some((MatchTitle { title, title_lang, url: listings::view::url(listing.kind, &listing.slug) }, n.clone()))
        })
        .collect();
    let listings: Vec<Published> = with.iter().filter_map(|id| out.remove(id)).collect();
    let offers: Vec<ListingId> = listings.iter().map(|listing| listing.id).collect();
    let inside = Inside::of(matcher.listings(), actor, &[(need.id, need.owner.id)], &offers).await?;
    let reader = Reader { lang: actor.lang, now: whole_second(store.clock().now()), explain: false };
    let engine = matcher.knowing(owners(&listings)).await?;
    let (sought, found) = (need.clone(), listings.clone());
    let matches = tokio::task::spawn_blocking(move || {
        let side = Side::of(&sought);
        let judged = engine.judge(&side, &found, reader)?;
        engine.explain(&side, &judged.iter().collect::<Vec<_>>(), reader)
    });
    let matches = matches.await??;
    let columns = listings
        .into_iter()
        .map(|listing| {
            let found = matches.iter().find(|m| m.listing.id == listing.id);
            let mut excluded = matcher.engine().broken(&Side::of(&need), &Side::of(&listing), actor.lang);
            let more = inside.violated((need.id, &need.content), (listing.id, &listing.content), &matcher.engine().rules(actor.lang));
            excluded.extend(
                more.into_iter().filter(|one| !excluded.iter().any(|there| there.constraint == one.constraint)).collect::<Vec<_>>(),
            );
            Column {
                score: found.map(|m| m.score),
                targets: matcher.engine().reached(&need.content, &listing.content, actor.lang),
                excluded,
                noted: noted.iter().find(|n| n.offer == listing.id).cloned(),
                listing,
            }
        })
        .collect();
    let may_note = Grant::<Shortlist>::check(actor, Sought(need.clone())).is_ok();
    Ok(Table { targets: crate::targets::said(&need.content, actor.lang), need, columns, considered, may_note })
}

/// Takes a candidate into closer consideration, with a note, or writes its note anew.
///
/// # Errors
/// Hidden or forbidden for whoever may not, hidden if the candidate is not to be seen, [`MatchError::Invalid`] for a
/// note that is too long or one candidate more than [`MOST_CONSIDERED`].
pub async fn note(matcher: &Matcher, ctx: Ctx, need: ListingId, offer: ListingId, note: String) -> Result<(), MatchError> {
    let account = ctx.actor.signed_in()?;
    let store = &matcher.listings().store;
    Grant::<Shortlist>::check(&ctx.actor, need_of(matcher, need).await?)?;
    let found = published::load(store, &[offer]).await?;
    if !found.iter().any(|p| p.kind != Kind::Need && may_see(&ctx.actor, &p.audience)) {
        return Err(Refused::Hidden.into());
    }
    let length = note.chars().count();
    if length > NOTE_CHARS {
        let mut faults = Faults::new();
        faults.add_with("/note", "too_long", &[("max", &NOTE_CHARS.to_string()), ("length", &length.to_string())]);
        return Err(MatchError::Invalid(faults));
    }
    // What is no longer to be seen stands on no page and takes no place.
    let mut unseen: BTreeSet<ListingId> = noted(store.db(), need).await?.into_iter().map(|one| one.offer).collect();
    for seen in matcher.seen(&ctx.actor, &unseen.iter().copied().collect::<Vec<_>>()).await? {
        unseen.remove(&seen);
    }
    store
        .write(ctx, move |tx| {
            let (note, unseen) = (note.clone(), unseen.clone());
            async move {
                let there = noted(tx.db(), need).await?;
                let is_there = there.iter().any(|one| one.offer == offer);
                let count = there.iter().filter(|one| !unseen.contains(&one.offer)).count();
                if count >= MOST_CONSIDERED && !is_there {
                    let mut faults = Faults::new();
                    faults.add_with("/offer", "shortlist_full", &[("max", &MOST_CONSIDERED.to_string())]);
                    return Err(MatchError::Invalid(faults));
                }
                let row = shortlist::ActiveModel {
                    need_id: Set(need.0),
                    offer_id: Set(offer.0),
                    note: Set(note),
                    account_id: Set(account.0),
                    at: Set(tx.now()),
                };
                use shortlist::Column as C;
                let over = OnConflict::columns([C::NeedId, C::OfferId]).update_columns([C::Note, C::AccountId]).to_owned();
                shortlist::Entity::insert(row).on_conflict(over).exec_without_returning(tx.db()).await.map_err(StoreError::from)?;
                tx.emit(NewEvent::new("match", need, "match.considered", json!({ "offer": offer })));
                Ok::<_, MatchError>(())
            }
        })
        .await
}

/// Drops a candidate from closer consideration.
///
/// # Errors
/// Hidden or forbidden for whoever may not.
pub async fn drop_note(matcher: &Matcher, ctx: Ctx, need: ListingId, offer: ListingId) -> Result<(), MatchError> {
    Grant::<Shortlist>::check(&ctx.actor, need_of(matcher, need).await?)?;
    let store = &matcher.listings().store;
    store
        .write(ctx, move |tx| async move {
            let gone = shortlist::Entity::delete_by_id((need.0, offer.0)).exec(tx.db()).await.map_err(StoreError::from)?;
            if gone.rows_affected > 0 {
                tx.emit(NewEvent::new("match", need, "match.dropped", json!({ "offer": offer })));
            }
            Ok::<_, MatchError>(())
        })
        .await
}
