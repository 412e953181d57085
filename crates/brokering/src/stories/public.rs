//! Published stories, for everybody. A listing that the reader may not see, or whose party is hidden from them, is not
//! linked, and does not lead here either.

use std::collections::HashMap;

use accounts::PartyBrief;
use base::{Actor, Cursor, DealId, Lang, Limit, ListingId, Localised, Page, PartyId, PublicPage, PublicSpan, Refused, StoryId};
use chrono::{DateTime, Utc};
use listings::brief::{self, ListingBrief};
use listings::{Kind, ListingError};
use sea_orm::sea_query::{Expr, ExprTrait, Query, SelectStatement};
use sea_orm::{ColumnTrait, Condition, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect};
use serde::Serialize;
use store::StoreError;
use utoipa::ToSchema;

use super::rows::{story, story_listing, story_party};
use super::{StoryContent, StoryFigure};
use crate::deals::rows::deal;
use crate::deals::{Role, after, read_json};
use crate::{Brokering, BrokeringError};

/// A party in a story.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct StoryParty {
    /// The party.
    pub id: PartyId,
    /// The readable piece of its address.
    pub slug: String,
    /// Its name.
    pub name: Localised,
    /// What it was in the deal.
    pub role: Role,
}

/// A listing that a story links.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct StoryListing {
    /// The listing.
    pub id: ListingId,
    /// Its kind.
    pub kind: Kind,
    /// Its readable code.
    pub code: String,
    /// Its title.
    pub title: Localised,
    /// Its page.
    pub url: String,
}

/// A story in a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct StoryCard {
    /// The story.
    pub id: StoryId,
    /// The readable piece of its address.
    pub slug: String,
    /// Its page.
    pub url: String,
    /// Its title.
    pub title: Localised,
    /// What it is about.
    pub summary: Localised,
    /// Whom it names.
    pub parties: Vec<StoryParty>,
    /// When it was published.
    pub published_at: DateTime<Utc>,
}

/// A published story.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct StoryView {
    /// The story.
    pub id: StoryId,
    /// The readable piece of its address.
    pub slug: String,
    /// Its page.
    pub url: String,
    /// Its title.
    pub title: Localised,
    /// What it is about.
    pub summary: Localised,
    /// The text in Markdown.
    pub body: Localised,
    /// Figures that came of it.
    pub figures: Vec<StoryFigure>,
    /// The kind of the deal, in the reader's language.
    pub kind_name: String,
    /// Whom it names.
    pub parties: Vec<StoryParty>,
    /// What it links, as far as the reader may see it.
    pub listings: Vec<StoryListing>,
    /// When it was published.
    pub published_at: DateTime<Utc>,
    /// Its ETag.
    pub version: i64,
}

/// Which stories.
#[derive(Clone, Copy, Debug, Default)]
pub struct StoryFilter {
    /// That link this listing.
    pub listing: Option<ListingId>,
    /// That name this party.
    pub party: Option<PartyId>,
}

/// The page of a story.
#[must_use]
pub fn url(slug: &str) -> String {
    format!("/stories/{slug}")
}

/// Whether a story may link this listing for a reader: one that hides its party is linked for that party alone, since the
/// story names it.
fn may_be_linked(actor: &Actor, listing: &ListingBrief) -> bool {
    !listing.hides_party || actor.is_member(listing.party)
}

/// The listings among these that the reader may see linked from a story, in the order of the ids.
pub(super) async fn listings_for(brokering: &Brokering, actor: &Actor, ids: &[ListingId]) -> Result<Vec<StoryListing>, BrokeringError> {
    let db = brokering.store.db();
    let known = brief::load_many(db, ids).await?;
    let mut all = Vec::new();
    for one in ids.iter().filter_map(|id| known.iter().find(|l| l.id == *id)) {
        match brief::open_to(db, actor, one.kind, one.id).await {
            Ok(open) if may_be_linked(actor, &open) => {
                all.push(StoryListing { id: open.id, kind: open.kind, code: open.code, title: open.title, url: open.url })
            }
            Ok(_) | Err(ListingError::Refused(_)) => {}
            Err(other) => return Err(other.into()),
        }
    }
    Ok(all)
}

fn linking(listing: ListingId) -> SelectStatement {
    Query::select()
        .column(story_listing::Column::StoryId)
        .from(story_listing::Entity)
        .and_where(Expr::col(story_listing::Column::ListingId).eq(listing.0))
        .to_owned()
}

fn naming(party: PartyId) -> SelectStatement {
    Query::select()
        .column(story_party::Column::StoryId)
        .from(story_party::Entity)
        .and_where(Expr::col(story_party::Column::PartyId).eq(party.0))
        .to_owned()
}

/// The published stories of a filter.
fn wanted(filter: &StoryFilter) -> Condition {
    let mut all = Condition::all().add(story::Column::PublishedAt.is_not_null());
    if let Some(listing) = filter.listing {
        all = all.add(story::Column::Id.in_subquery(linking(listing)));
    }
    if let Some(party) = filter.party {
        all = all.add(story::Column::Id.in_subquery(naming(party)));
    }
    all
}

/// One page of published stories, the newest first.
///
/// # Errors
/// [`BrokeringError::Cursor`] for a cursor of another list.
pub async fn list(
    brokering: &Brokering,
    actor: &Actor,
    filter: &StoryFilter,
    limit: Limit,
    cursor: Option<&str>,
) -> Result<Page<StoryCard>, BrokeringError> {
    use story::Column as C;
    let from = after::<(DateTime<Utc>, StoryId)>(cursor)?;
    let (db, condition) = (brokering.store.db(), wanted(filter));
    let total = story::Entity::find().filter(condition.clone()).count(db).await?;
    // Of most listings there is none, which is known before anything else is asked.
    let is_hidden = match filter.listing.filter(|_| total > 0) {
        Some(listing) => listings_for(brokering, actor, &[listing]).await?.is_empty(),
        None => false,
    };
    if total == 0 || is_hidden {
        return Ok(Page { items: Vec::new(), next: None, total: 0 });
    }
    let mut query = story::Entity::find().filter(condition);
    if let Some((at, id)) = from {
        query =
            query.filter(Condition::any().add(C::PublishedAt.lt(at)).add(Condition::all().add(C::PublishedAt.eq(at)).add(C::Id.lt(id.0))));
    }
    let rows = query.order_by_desc(C::PublishedAt).order_by_desc(C::Id).limit(limit.get() + 1).all(db).await?;
    let more = rows.len() as u64 > limit.get();
    let keep = usize::try_from(limit.get()).unwrap_or(usize::MAX);
    let rows: Vec<story::Model> = rows.into_iter().take(keep).collect();
    let ids: Vec<uuid::Uuid> = rows.iter().map(|row| row.id).collect();
    let mut named = parties_of(brokering, &ids).await?;
    let card = |row: story::Model| {
        let content: StoryContent = read_json("story", &row.content)?;
        Ok(StoryCard {
            id: StoryId(row.id),
            url: url(&row.slug),
            slug: row.slug,
            title: content.title,
            summary: content.summary,
            parties: named.remove(&row.id).unwrap_or_default(),
            published_at: row.published_at.unwrap_or(row.written_at),
        })
    };
    let items = rows.into_iter().map(card).collect::<Result<Vec<_>, StoreError>>()?;
    let next = items.last().filter(|_| more).map(|last| Cursor::write(&(last.published_at, last.id)));
    Ok(Page { items, next, total })
}

/// The pages of public stories, in the order of ids.
///
/// # Errors
/// If the database fails.
pub async fn public_pages(brokering: &Brokering, span: PublicSpan) -> Result<Vec<PublicPage>, StoreError> {
    let columns = [story::Column::Id, story::Column::Slug, story::Column::PublishedAt, story::Column::WrittenAt];
    let mut query = story::Entity::find().select_only().columns(columns).filter(story::Column::PublishedAt.is_not_null());
    if let Some(after) = span.after {
        query = query.filter(story::Column::Id.gt(after));
    }
    let query = query.order_by_asc(story::Column::Id).offset(span.skip).limit(span.limit);
    /// Its id, its slug, when it was published and when it was written last.
    type Row = (uuid::Uuid, String, Option<DateTime<Utc>>, DateTime<Utc>);
    let rows: Vec<Row> = query.into_tuple().all(brokering.store.db()).await?;
    let page = |(id, slug, published, written): (_, String, Option<_>, _)| PublicPage {
        id,
        path: url(&slug),
        changed_at: published.unwrap_or(written),
    };
    Ok(rows.into_iter().map(page).collect())
}

/// A public story by its name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Headline {
    /// Its title.
    pub title: Localised,
    /// Its page.
    pub url: String,
}

/// Those of the stories of these deals that are public.
///
/// # Errors
/// If the database fails.
pub async fn headlines(brokering: &Brokering, deals: &[DealId]) -> Result<HashMap<DealId, Headline>, BrokeringError> {
    let public = story::Entity::find()
        .filter(story::Column::DealId.is_in(deals.iter().map(|id| id.0)))
        .filter(story::Column::PublishedAt.is_not_null());
    let headline = |row: story::Model| {
        let content: StoryContent = read_json("story", &row.content)?;
        Ok((DealId(row.deal_id), Headline { title: content.title, url: url(&row.slug) }))
    };
    Ok(public.all(brokering.store.db()).await?.into_iter().map(headline).collect::<Result<_, StoreError>>()?)
}

/// Whom each of these stories names.
async fn parties_of(brokering: &Brokering, stories: &[uuid::Uuid]) -> Result<HashMap<uuid::Uuid, Vec<StoryParty>>, StoreError> {
    let db = brokering.store.db();
    let rows = story_party::Entity::find().filter(story_party::Column::StoryId.is_in(stories.iter().copied())).all(db).await?;
    let mut ids: Vec<PartyId> = rows.iter().map(|row| PartyId(row.party_id)).collect();
    ids.sort_unstable();
    ids.dedup();
    let briefs: HashMap<PartyId, PartyBrief> =
        accounts::parties::load_many(db, &ids).await?.into_iter().map(|party| (party.id, party)).collect();
    let mut all: HashMap<uuid::Uuid, Vec<StoryParty>> = HashMap::new();
    for row in rows {
        let Some(party) = briefs.get(&PartyId(row.party_id)) else { continue };
        let role: Role = row.role.parse().map_err(|e| StoreError::corrupt("story", e))?;
        let named = StoryParty { id: party.id, slug: party.slug.clone(), name: party.names.clone(), role };
        all.entry(row.story_id).or_default().push(named);
    }
    all.values_mut().for_each(|parties| parties.sort_by_key(|party| (party.role, party.id)));
    Ok(all)
}

/// A published story by the readable piece of its address.
///
/// # Errors
/// [`Refused::Hidden`] for one that is not there or not public.
pub async fn of_slug(brokering: &Brokering, actor: &Actor, slug: &str) -> Result<StoryView, BrokeringError> {
    let db = brokering.store.db();
    let found = story::Entity::find().filter(story::Column::Slug.eq(slug)).filter(story::Column::PublishedAt.is_not_null()).one(db).await?;
    let row = found.ok_or(Refused::Hidden)?;
    let published_at = row.published_at.ok_or(Refused::Hidden)?;
    let content: StoryContent = read_json("story", &row.content)?;
    let parties = parties_of(brokering, &[row.id]).await?.remove(&row.id).unwrap_or_default();
    Ok(StoryView {
        id: StoryId(row.id),
        url: url(&row.slug),
        slug: row.slug,
        title: content.title,
        summary: content.summary,
        body: content.body,
        figures: content.figures,
        kind_name: kind_name(brokering, DealId(row.deal_id), actor.lang).await?,
        parties,
        listings: listings_for(brokering, actor, &content.listings).await?,
        published_at,
        version: row.version,
    })
}

/// What kind of deal it was, in words.
async fn kind_name(brokering: &Brokering, id: DealId, lang: Lang) -> Result<String, StoreError> {
    let Some(row) = deal::Entity::find_by_id(id.0).one(brokering.store.db()).await? else { return Ok(String::new()) };
    let pipeline = brokering.pipelines.get(&row.kind, row.pipeline_version);
    Ok(pipeline.map_or(row.kind.as_str(), |p| p.name(lang)).to_owned())
}
