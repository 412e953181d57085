//! The need desk: what is sought in public, who of the staff looks after it, and what is due; and what staff record for
//! a party that told them of a problem ([`recording`]).

pub mod recording;

use std::collections::{BTreeSet, HashMap};

use base::fold::sort_key;
use base::{AccountId, Actor, Cursor, Grant, Lang, Limit, ListingId, Page, PartyId, Refused, Scope, StaffRole};
use chrono::{DateTime, NaiveDate, SecondsFormat, Utc};
use sea_orm::{ColumnTrait, Condition, ConnectionTrait, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::access::SetCare;
use crate::care::Care;
use crate::error::ListingError;
use crate::head::{Head, load, load_many};
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

base::words! {
    /// What the desk is sorted by.
    Sort {
        /// When it came out, or for what is not out yet when it was made; the newest first.
        Published = "published",
        /// The day on which something must happen next, the earliest first.
        Due = "due",
        /// The name of who looks after it.
        Responsible = "responsible",
    }
}

/// Needs that are sorted at once, at most: far more than a desk has.
const SORTED_MAX: u64 = 20_000;

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

fn may_read(actor: &Actor) -> Result<(), Refused> {
    if !actor.is_system() {
        actor.signed_in()?;
    }
    if keeps_the_desk(actor) { Ok(()) } else { Err(Refused::Forbidden { action: "need_desk.read" }) }
}

/// Which rows are meant, and the column with the day they came.
fn asked(actor: &Actor, which: Which, today: NaiveDate) -> (Condition, listing::Column) {
    let not_out = [Status::Draft, Status::Submitted, Status::ChangesRequested];
    let (status, order) = match which {
        Which::Recorded => (listing::Column::Status.is_in(not_out.map(Status::as_str)), listing::Column::CreatedAt),
        _ => (listing::Column::Status.eq(Status::Published.as_str()), listing::Column::PublishedAt),
    };
    let rows = Condition::all().add(listing::Column::Kind.eq(Kind::Need.as_str())).add(status).add_option(match which {
        Which::All => None,
        Which::Mine | Which::Recorded => Some(listing::Column::ResponsibleId.eq(actor.account().map(|a| a.0))),
        Which::Free => Some(listing::Column::ResponsibleId.is_null()),
        Which::Due => Some(listing::Column::NextActionOn.lte(today)),
    });
    (rows, order)
}

/// What a row is sorted by: its id, when it came, its next day, who looks after it.
type Row = (Uuid, Option<DateTime<Utc>>, Option<NaiveDate>, Option<Uuid>);

/// The place of a row: what has nothing to be sorted by stands behind what has; rows that are alike stand by their ids.
type Place = (bool, String, Uuid);

/// The needs of the desk by something else than when they came, or the other way round. Sorted here and not in the database,
/// which knows neither the people's names nor their order; a desk is short enough for that.
///
/// # Errors
/// As [`needs`].
pub async fn sorted(
    listings: &Listings,
    actor: &Actor,
    which: Which,
    (sort, is_turned): (Sort, bool),
    limit: Limit,
    cursor: Option<&str>,
) -> Result<Page<DeskNeed>, ListingError> {
    if sort == Sort::Published && !is_turned {
        return needs(listings, actor, which, limit, cursor).await;
    }
    may_read(actor)?;
    let today = listings.store.clock().today();
    let after: Option<Place> = cursor.map(Cursor::read).transpose().map_err(|_| ListingError::Cursor)?;
    let db = listings.store.db();
    let (wanted, order) = asked(actor, which, today);
    let columns = [listing::Column::Id, order, listing::Column::NextActionOn, listing::Column::ResponsibleId];
    let query = listing::Entity::find().select_only().columns(columns).filter(wanted).order_by_desc(order).limit(SORTED_MAX);
    let rows: Vec<Row> = query.into_tuple().all(db).await?;
    let mut places = places(&rows, sort, &names_of(db, &rows).await?);
    if is_turned {
        places.reverse();
    }
    let is_past = |place: &Place| after.as_ref().is_some_and(|after| if is_turned { place >= after } else { place <= after });
    let begin = places.partition_point(is_past);
    let part: Vec<&Place> = places.iter().skip(begin).take(usize::try_from(limit.get()).unwrap_or(usize::MAX)).collect();
    let next = part.last().filter(|_| places.len() > begin + part.len()).map(|last| Cursor::write(*last));
    let ids: Vec<ListingId> = part.iter().map(|place| ListingId(place.2)).collect();
    let heads: HashMap<ListingId, Head> = load_many(db, &ids).await?.into_iter().map(|head| (head.id, head)).collect();
    let items = ids.iter().filter_map(|id| heads.get(id)).map(|head| line(head, today)).collect();
    Ok(Page { items, next, total: places.len() as u64 })
}

/// The names of those who look after these, as they are sorted.
async fn names_of(db: &impl ConnectionTrait, rows: &[Row]) -> Result<HashMap<Uuid, String>, ListingError> {
    let people: BTreeSet<Uuid> = rows.iter().filter_map(|row| row.3).collect();
    let people: Vec<AccountId> = people.into_iter().map(AccountId).collect();
    let names = accounts::people::names(db, &people).await?;
    Ok(names.into_iter().map(|(id, name)| (id.0, sort_key(&name))).collect())
}

fn places(rows: &[Row], sort: Sort, names: &HashMap<Uuid, String>) -> Vec<Place> {
    let place = |row: &Row| -> Place {
        let key = match sort {
            Sort::Published => row.1.map(|at| at.to_rfc3339_opts(SecondsFormat::Micros, true)),
            Sort::Due => row.2.map(|day| day.to_string()),
            Sort::Responsible => row.3.and_then(|who| names.get(&who).cloned()),
        };
        (key.is_none(), key.unwrap_or_default(), row.0)
    };
    let mut places: Vec<Place> = rows.iter().map(place).collect();
    places.sort();
    places
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
    may_read(actor)?;
    let today = listings.store.clock().today();
    let after: Option<(DateTime<Utc>, ListingId)> = cursor.map(Cursor::read).transpose().map_err(|_| ListingError::Cursor)?;
    let (out, order) = asked(actor, which, today);
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
    may_read(actor)?;
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_due_stands_by_its_day_and_what_nobody_looks_after_stands_last() {
        let [one, two, three] = [1, 2, 3].map(Uuid::from_u128);
        let [lan, an] = [11, 12].map(Uuid::from_u128);
        let day = |d| NaiveDate::from_ymd_opt(2026, 12, d);
        let rows: [Row; 3] = [(one, None, None, Some(lan)), (two, None, day(20), None), (three, None, day(3), Some(an))];
        let names = HashMap::from([(lan, sort_key("Lan")), (an, sort_key("Ân"))]);
        let order = |sort| places(&rows, sort, &names).into_iter().map(|place| place.2).collect::<Vec<_>>();
        assert_eq!(order(Sort::Due), [three, two, one]);
        assert_eq!(order(Sort::Responsible), [three, one, two]);
        assert_eq!(order(Sort::Published), [one, two, three]);
    }
}
