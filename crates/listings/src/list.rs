//! Lists of listings: what is public, newest first, and what a party has, last changed first.

use base::{Actor, Cursor, Lang, Limit, ListingId, Page, PartyId, Refused, Scope};
use chrono::{DateTime, Utc};
use sea_orm::sea_query::{Expr, ExprTrait, Query};
use sea_orm::{ColumnTrait, Condition, EntityTrait, Order, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect};
use serde::{Deserialize, Serialize};
use store::StoreError;
use utoipa::ToSchema;

use crate::error::ListingError;
use crate::head::Visibility;
use crate::published::Provenance;
use crate::rows::{invitation, listing};
use crate::state::{Revision, Status};
use crate::view::url;
use crate::{Kind, Listings};

/// A listing in a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ListingRow {
    /// The listing.
    pub id: ListingId,
    /// Its kind.
    pub kind: Kind,
    /// Its readable code.
    pub code: String,
    /// Its title in the language it was written in.
    pub title: String,
    /// The language of the title.
    pub title_lang: Lang,
    /// Its page.
    pub url: String,
    /// Where it stands.
    pub status: Status,
    /// Where its pending revision stands; told to its members alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub revision: Option<Revision>,
    /// Where it came from.
    pub provenance: Provenance,
    /// How complete it is; told to its members alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub completeness: Option<u8>,
    /// First published.
    pub published_at: Option<DateTime<Utc>>,
    /// Ends unless confirmed.
    pub expires_at: Option<DateTime<Utc>>,
    /// Last changed, a draft included; told to its members alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub updated_at: Option<DateTime<Utc>>,
}

/// Which listings.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// Of this kind.
    pub kind: Option<Kind>,
    /// A party's own, whatever their state; for its members.
    pub party: Option<PartyId>,
    /// Standing here; with a party.
    pub status: Option<Status>,
    /// The other way round: what was changed or published first comes first.
    pub oldest_first: bool,
}

fn row(model: listing::Model, inside: bool) -> Result<ListingRow, StoreError> {
    let bad = |e| StoreError::corrupt("listing", e);
    let kind: Kind = model.kind.parse().map_err(|e| StoreError::corrupt("listing", e))?;
    Ok(ListingRow {
        id: ListingId(model.id),
        kind,
        url: url(kind, &model.slug),
        code: model.code,
        title: model.title,
        title_lang: model.source_lang.parse().map_err(|e| StoreError::corrupt("listing", e))?,
        status: model.status.parse().map_err(bad)?,
        revision: if inside { Some(model.revision.parse().map_err(bad)?) } else { None },
        provenance: Provenance {
            origin: base::Code(model.provenance),
            source: model.source,
            external_id: model.external_id,
            licence: model.licence,
        },
        completeness: inside.then(|| u8::try_from(model.completeness).unwrap_or(100)),
        published_at: model.published_at,
        expires_at: model.expires_at,
        updated_at: inside.then_some(model.updated_at),
    })
}

/// One page of listings.
///
/// # Errors
/// [`ListingError::Refused`] for the list of a party the actor is no member of; a fault for a cursor of another list.
pub async fn list(
    listings: &Listings,
    actor: &Actor,
    filter: &Filter,
    limit: Limit,
    cursor: Option<&str>,
) -> Result<Page<ListingRow>, ListingError> {
    let after: Option<(DateTime<Utc>, ListingId)> = cursor.map(Cursor::read).transpose().map_err(|_| ListingError::Cursor)?;
    let (condition, order, inside) = match filter.party {
        Some(party) => {
            if !actor.is_system() && !actor.is_member(party) {
                return Err(Refused::Hidden.into());
            }
            if !actor.has_scope(Scope::Read) {
                return Err(Refused::Forbidden { action: "listing.view_inside" }.into());
            }
            (Condition::all().add(listing::Column::PartyId.eq(party.0)), listing::Column::UpdatedAt, true)
        }
        None => (audience(actor), listing::Column::PublishedAt, false),
    };
    let condition = condition
        .add_option(filter.kind.map(|k| listing::Column::Kind.eq(k.as_str())))
        .add_option(filter.status.filter(|_| inside).map(|s| listing::Column::Status.eq(s.as_str())));
    let db = listings.store.db();
    // A published title may differ from the newest one; members see the newest.
    let total = listing::Entity::find().filter(condition.clone()).count(db).await?;
    let mut query = listing::Entity::find().filter(condition);
    if let Some((at, id)) = after {
        let (beyond, same) =
            if filter.oldest_first { (order.gt(at), listing::Column::Id.gt(id.0)) } else { (order.lt(at), listing::Column::Id.lt(id.0)) };
        query = query.filter(Condition::any().add(beyond).add(Condition::all().add(order.eq(at)).add(same)));
    }
    let way = if filter.oldest_first { Order::Asc } else { Order::Desc };
    let rows = query.order_by(order, way.clone()).order_by(listing::Column::Id, way).limit(limit.get() + 1).all(db).await?;
    let more = rows.len() as u64 > limit.get();
    let keep = usize::try_from(limit.get()).unwrap_or(usize::MAX);
    let mut items = Vec::with_capacity(keep);
    let mut last = None;
    for model in rows.into_iter().take(keep) {
        last = Some((if inside { model.updated_at } else { model.published_at.unwrap_or(model.updated_at) }, ListingId(model.id)));
        items.push(row(model, inside)?);
    }
    if !inside {
        public_titles(listings, actor, &mut items).await?;
    }
    Ok(Page { items, next: last.filter(|_| more).map(|key| Cursor::write(&key)), total })
}

/// What waits for the writers of these parties, last changed first: drafts, revisions not submitted, changes asked for,
/// and what ends by `soon`. Parties that the actor is no member of are left out.
///
/// # Errors
/// If the database fails.
pub async fn waiting(
    listings: &Listings,
    actor: &Actor,
    parties: &[PartyId],
    soon: DateTime<Utc>,
    limit: Limit,
) -> Result<Vec<ListingRow>, ListingError> {
    let own: Vec<uuid::Uuid> = parties.iter().filter(|p| actor.is_member(**p)).map(|p| p.0).collect();
    if own.is_empty() || !actor.has_scope(Scope::Read) {
        return Ok(Vec::new());
    }
    let open = [Revision::Draft, Revision::ChangesRequested].map(Revision::as_str);
    let waits = Condition::any()
        .add(listing::Column::Status.is_in([Status::Draft, Status::ChangesRequested].map(Status::as_str)))
        .add(listing::Column::Revision.is_in(open))
        .add(Condition::all().add(listing::Column::Status.eq(Status::Published.as_str())).add(listing::Column::ExpiresAt.lte(soon)));
    let rows = listing::Entity::find()
        .filter(listing::Column::PartyId.is_in(own))
        .filter(waits)
        .order_by_desc(listing::Column::UpdatedAt)
        .order_by_desc(listing::Column::Id)
        .limit(limit.get())
        .all(listings.store.db())
        .await?;
    Ok(rows.into_iter().map(|model| row(model, true)).collect::<Result<_, _>>()?)
}

/// What is out for this actor.
fn audience(actor: &Actor) -> Condition {
    let mut visible = Condition::any().add(listing::Column::Visibility.eq(Visibility::Public.as_str()));
    if actor.account().is_some() {
        visible = visible.add(listing::Column::Visibility.eq(Visibility::Registered.as_str()));
    }
    let parties: Vec<uuid::Uuid> = actor.memberships.iter().map(|m| m.party.0).collect();
    if !parties.is_empty() {
        let invited = Query::select()
            .column(invitation::Column::ListingId)
            .from(invitation::Entity)
            .and_where(Expr::col(invitation::Column::PartyId).is_in(parties))
            .to_owned();
        visible = visible.add(
            Condition::all()
                .add(listing::Column::Visibility.eq(Visibility::Invited.as_str()))
                .add(listing::Column::Id.in_subquery(invited)),
        );
    }
    Condition::all().add(listing::Column::Status.eq(Status::Published.as_str())).add(visible)
}

/// Puts what the public may know where the row has what members know: the approved title, in the reader's language, and
/// the provenance.
async fn public_titles(listings: &Listings, actor: &Actor, items: &mut [ListingRow]) -> Result<(), ListingError> {
    let ids: Vec<ListingId> = items.iter().map(|i| i.id).collect();
    let published = crate::published::load(&listings.store, &ids).await?;
    for item in items {
        let Some(found) = published.iter().find(|p| p.id == item.id) else { continue };
        if let Some(title) = found.content.title().best(actor.lang) {
            title.clone_into(&mut item.title);
            item.title_lang = found.content.title().spoken(actor.lang);
        }
        item.provenance = found.provenance.clone();
    }
    Ok(())
}
