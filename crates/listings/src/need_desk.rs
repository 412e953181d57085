//! The need desk: what is sought in public, who of the staff looks after it, and what is due; and what staff record for
//! a party that told them of a problem ([`recording`]).

pub mod recording;

use base::{AccountId, Actor, Cursor, Grant, Lang, Limit, ListingId, Page, PartyId, Refused, Scope, StaffRole};
use chrono::{DateTime, NaiveDate, Utc};
use sea_orm::{ColumnTrait, Condition, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::access::SetCare;
use crate::care::Care;
use crate::error::ListingError;
use crate::head::{Head, load};
use crate::rows::listing;
use crate::state::Status;
use crate::view::url;
use crate::{Kind, Listings};

base::words! {
    /// Which needs.
    Which {
        /// Every need that is out.
        All = "all",
        /// Those the reader looks after.
        Mine = "mine",
        /// Those nobody of the staff looks after.
        Free = "free",
        /// Those for which something should have happened by today.
        Due = "due",
        /// Those the reader recorded or looks after that are not out yet.
        Recorded = "recorded",
    }
}

/// A need on the desk.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct DeskNeed {
    /// The need.
    pub id: ListingId,
    /// Its readable code.
    pub code: String,
    /// Its newest title.
    pub title: String,
    /// The language of the title.
    pub title_lang: Lang,
    /// Its page; its desk while it is not out.
    pub url: String,
    /// Whose it is.
    pub party: PartyId,
    /// Who of the staff looks after it.
    pub responsible: Option<AccountId>,
    /// Where it stands.
    pub status: Status,
    /// When something must happen next.
    pub next_action_on: Option<NaiveDate>,
    /// Whether that day has come.
    pub is_due: bool,
    /// First published.
    pub published_at: Option<DateTime<Utc>>,
}

/// True if the actor keeps the need desk: brokers, moderators, administrators.
#[must_use]
pub fn keeps_the_desk(actor: &Actor) -> bool {
    let roles = [StaffRole::Broker, StaffRole::Moderator, StaffRole::Administrator];
    actor.is_system() || (roles.into_iter().any(|role| actor.is_staff(role)) && actor.has_scope(Scope::Staff))
}

/// The needs that are out, the newest first; with [`Which::Recorded`] those the reader looks after that are not yet.
///
/// # Errors
/// [`ListingError::Refused`] for whoever does not keep the desk; [`ListingError::Cursor`] for a cursor of another list.
pub async fn needs(
    listings: &Listings,
    actor: &Actor,
    which: Which,
    limit: Limit,
    cursor: Option<&str>,
) -> Result<Page<DeskNeed>, ListingError> {
    if !actor.is_system() {
        actor.signed_in()?;
    }
    if !keeps_the_desk(actor) {
        return Err(Refused::Forbidden { action: "need_desk.read" }.into());
    }
    let today = listings.store.clock().today();
    let after: Option<(DateTime<Utc>, ListingId)> = cursor.map(Cursor::read).transpose().map_err(|_| ListingError::Cursor)?;
    let not_out = [Status::Draft, Status::Submitted, Status::ChangesRequested];
    let (status, order) = match which {
        Which::Recorded => (listing::Column::Status.is_in(not_out.map(Status::as_str)), listing::Column::CreatedAt),
        _ => (listing::Column::Status.eq(Status::Published.as_str()), listing::Column::PublishedAt),
    };
    let out = Condition::all().add(listing::Column::Kind.eq(Kind::Need.as_str())).add(status).add_option(match which {
        Which::All => None,
        Which::Mine | Which::Recorded => Some(listing::Column::ResponsibleId.eq(actor.account().map(|a| a.0))),
        Which::Free => Some(listing::Column::ResponsibleId.is_null()),
        Which::Due => Some(listing::Column::NextActionOn.lte(today)),
    });
    let db = listings.store.db();
    let total = listing::Entity::find().filter(out.clone()).count(db).await?;
    let mut query = listing::Entity::find().filter(out);
    if let Some((at, id)) = after {
        query = query.filter(Condition::any().add(order.lt(at)).add(Condition::all().add(order.eq(at)).add(listing::Column::Id.lt(id.0))));
    }
    let rows = query.order_by_desc(order).order_by_desc(listing::Column::Id).limit(limit.get() + 1).all(db).await?;
    let more = rows.len() as u64 > limit.get();
    let keep = usize::try_from(limit.get()).unwrap_or(usize::MAX);
    let last = rows.iter().take(keep).next_back().map(|row| {
        let at = if which == Which::Recorded { Some(row.created_at) } else { row.published_at };
        (at.unwrap_or(row.created_at), ListingId(row.id))
    });
    let told = |row: listing::Model| -> Result<DeskNeed, ListingError> { Ok(line(&Head::of(row, Vec::new())?, today)) };
    let items: Vec<DeskNeed> = rows.into_iter().take(keep).map(told).collect::<Result<_, _>>()?;
    Ok(Page { next: last.filter(|_| more).map(|key| Cursor::write(&key)), items, total })
}

fn line(head: &Head, today: NaiveDate) -> DeskNeed {
    let status = head.state.status;
    DeskNeed {
        id: head.id,
        url: if status == Status::Published { url(Kind::Need, &head.slug) } else { format!("/my/listings/{}", head.id) },
        status,
        code: head.code.clone(),
        title: head.title.clone(),
        title_lang: head.source_lang,
        party: head.party,
        responsible: head.responsible,
        is_due: head.next_action_on.is_some_and(|day| day <= today),
        next_action_on: head.next_action_on,
        published_at: head.published_at,
    }
}

/// One need of the desk, and what of it may be changed there.
#[derive(Clone, Debug)]
pub struct OneNeed {
    /// The need.
    pub need: DeskNeed,
    /// Who looks after it, and until when.
    pub care: Care,
    /// Counts every change to the need: what a change must have seen.
    pub version: i64,
    /// Whether the reader may say who looks after it.
    pub may_set: bool,
}

/// One need of the desk: one that is out, or that the reader looks after before it is.
///
/// # Errors
/// [`ListingError::Refused`] for whoever does not keep the desk, and hidden for what is not on it.
pub async fn one(listings: &Listings, actor: &Actor, id: ListingId) -> Result<OneNeed, ListingError> {
    if !keeps_the_desk(actor) {
        return Err(Refused::Forbidden { action: "need_desk.read" }.into());
    }
    let on_desk = |head: &Head| {
        let is_recorded =
            matches!(head.state.status, Status::Draft | Status::Submitted | Status::ChangesRequested) && head.is_kept_by(actor);
        head.kind == Kind::Need && (head.state.status == Status::Published || is_recorded)
    };
    let head = load(listings.store.db(), id).await?.filter(on_desk).ok_or(Refused::Hidden)?;
    let need = line(&head, listings.store.clock().today());
    let care = Care { contact: head.contact, responsible: head.responsible, next_action_on: head.next_action_on };
    let version = head.version;
    Ok(OneNeed { need, care, version, may_set: Grant::<SetCare>::check(actor, head).is_ok() })
}
