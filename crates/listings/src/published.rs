//! A listing as others may see it: what search, matching, pages and feeds are made from.
//!
//! It carries the last *approved* content, never a pending revision, and no private term.

use std::collections::{BTreeSet, HashMap};

use accounts::parties::PartyBrief;
use base::{Code, Lang, ListingId, Localised, PartyId, PublicPage, PublicSpan};
use chrono::{DateTime, Utc};
use sea_orm::sea_query::{Expr, ExprTrait, JoinType};
use sea_orm::{ColumnTrait, Condition, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect};
use serde::{Deserialize, Serialize};
use store::{Store, StoreError};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::completeness;
use crate::content::Content;
use crate::head::{Head, Visibility, read_content};
use crate::kind::Kind;
use crate::rows::{invitation, listing, version};
use crate::state::Status;

/// Who may see a published listing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Audience {
    /// Everybody.
    Public,
    /// Whoever is signed in.
    Registered,
    /// Confirmed members of these parties, the owner's among them.
    Parties(Vec<PartyId>),
}

/// Where a listing came from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Provenance {
    /// A code of `provenance`: manual, import or federated.
    pub origin: Code,
    /// The source's name, such as a data set's.
    pub source: Option<String>,
    /// The source's own id.
    pub external_id: Option<String>,
    /// The licence the source gave.
    pub licence: Option<String>,
}

impl Provenance {
    /// What outsiders may know of it: whose file a listing came from names the party that hides.
    pub(crate) fn for_outsiders(self, content: &Content) -> Self {
        if content.hides_party() { Self { source: None, external_id: None, ..self } } else { self }
    }
}

/// The party a listing belongs to, as shown beside it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Owner {
    /// The party.
    pub id: PartyId,
    /// Its name.
    pub name: Localised,
    /// A code of `party_types`.
    pub party_type: Code,
    /// A code of `provinces`.
    pub province: Option<Code>,
    /// A code of `communes`.
    pub commune: Option<Code>,
    /// A code of `verification`.
    pub verification: Code,
}

/// A listing as others may see it.
#[derive(Clone, Debug, PartialEq)]
pub struct Published {
    /// The listing.
    pub id: ListingId,
    /// Its kind.
    pub kind: Kind,
    /// Its readable code, such as `CN-2026-000123`.
    pub code: String,
    /// The readable piece of its address.
    pub slug: String,
    /// The version the public sees.
    pub version: u32,
    /// The owner. What outsiders may know of it is decided by [`Content::hides_party`].
    pub owner: Owner,
    /// The language it was written in first.
    pub source_lang: Lang,
    /// The approved content.
    pub content: Content,
    /// Who may see it.
    pub audience: Audience,
    /// First published.
    pub published_at: DateTime<Utc>,
    /// Published, put back, or shown to more people than before, whichever was last.
    pub out_since: DateTime<Utc>,
    /// Last confirmed as still available.
    pub confirmed_at: DateTime<Utc>,
    /// When it ends unless confirmed.
    pub expires_at: DateTime<Utc>,
    /// How complete it is, 0 to 100.
    pub completeness: u8,
    /// Where it came from.
    pub provenance: Provenance,
}

/// The listings among these that are published now, in no order.
///
/// # Errors
/// If the database fails.
pub async fn load(store: &Store, ids: &[ListingId]) -> Result<Vec<Published>, StoreError> {
    let mut all = Vec::with_capacity(ids.len());
    // Below either engine's limit of parameters.
    for chunk in ids.chunks(500) {
        let ids: Vec<Uuid> = chunk.iter().map(|id| id.0).collect();
        let rows = listing::Entity::find()
            .filter(listing::Column::Id.is_in(ids))
            .filter(listing::Column::Status.eq(Status::Published.as_str()))
            .all(store.db())
            .await?;
        all.extend(complete(store, rows).await?);
    }
    Ok(all)
}

/// These listings as they would be shown with another version of each, such as the one that was public before; those of
/// which no version is named, or is kept, are left out.
///
/// # Errors
/// If the database fails.
pub async fn with_versions(
    store: &Store,
    listings: &[Published],
    versions: &HashMap<ListingId, i64>,
) -> Result<Vec<Published>, StoreError> {
    let mut all = Vec::with_capacity(listings.len());
    // Two parameters each: below either engine's limit of them.
    for some in listings.chunks(250) {
        let mut wanted = Condition::any();
        for (id, version) in some.iter().filter_map(|one| Some((one.id, versions.get(&one.id)?))) {
            wanted = wanted.add(Condition::all().add(version::Column::ListingId.eq(id.0)).add(version::Column::Version.eq(*version)));
        }
        if wanted.is_empty() {
            continue;
        }
        let rows = version::Entity::find().filter(wanted).all(store.db()).await?;
        let mut contents: HashMap<Uuid, version::Model> = rows.into_iter().map(|row| (row.listing_id, row)).collect();
        for one in some {
            let Some(row) = contents.remove(&one.id.0) else { continue };
            let content = read_content(one.kind, &row)?.for_outsiders();
            all.push(Published {
                version: u32::try_from(row.version).unwrap_or(u32::MAX),
                completeness: completeness::of(&content, one.source_lang).percent,
                provenance: one.provenance.clone().for_outsiders(&content),
                content,
                ..one.clone()
            });
        }
    }
    Ok(all)
}

/// A listing as it was last approved, whatever became of it since; none that never was public. Who may see it is the caller's
/// question.
///
/// # Errors
/// If the database fails.
pub async fn last_approved(store: &Store, id: ListingId) -> Result<Option<Published>, StoreError> {
    let row = listing::Entity::find_by_id(id.0).one(store.db()).await?;
    Ok(complete(store, row.into_iter().collect()).await?.pop())
}

/// The published listings whose id comes after `after`, in the order of ids, at most `limit`.
///
/// # Errors
/// If the database fails.
pub async fn page_after(store: &Store, after: Option<ListingId>, limit: u64) -> Result<Vec<Published>, StoreError> {
    let mut query = listing::Entity::find().filter(listing::Column::Status.eq(Status::Published.as_str()));
    if let Some(after) = after {
        query = query.filter(listing::Column::Id.gt(after.0));
    }
    let rows = query.order_by_asc(listing::Column::Id).limit(limit).all(store.db()).await?;
    complete(store, rows).await
}

/// The published listings of a party: what must be shown anew when its name changes.
///
/// # Errors
/// If the database fails.
pub async fn ids_of_party(store: &Store, party: PartyId) -> Result<Vec<ListingId>, StoreError> {
    let ids: Vec<Uuid> = listing::Entity::find()
        .select_only()
        .column(listing::Column::Id)
        .filter(listing::Column::PartyId.eq(party.0))
        .filter(listing::Column::Status.eq(Status::Published.as_str()))
        .into_tuple()
        .all(store.db())
        .await?;
    Ok(ids.into_iter().map(ListingId).collect())
}

/// Which version of each of these listings the public sees; those that are not out are left out.
///
/// # Errors
/// If the database fails.
pub async fn versions_of(store: &Store, ids: &[ListingId]) -> Result<HashMap<ListingId, i64>, StoreError> {
    let mut found = HashMap::with_capacity(ids.len());
    // Below either engine's limit of parameters.
    for some in ids.chunks(500) {
        let rows: Vec<(Uuid, Option<i64>)> = listing::Entity::find()
            .select_only()
            .columns([listing::Column::Id, listing::Column::PublicVersion])
            .filter(listing::Column::Id.is_in(some.iter().map(|id| id.0)))
            .filter(listing::Column::Status.eq(Status::Published.as_str()))
            .into_tuple()
            .all(store.db())
            .await?;
        found.extend(rows.into_iter().filter_map(|(id, version)| Some((ListingId(id), version?))));
    }
    Ok(found)
}

/// The listings that are shown to a party by invitation, whatever their state.
///
/// # Errors
/// If the database fails.
pub async fn ids_shown_to(store: &Store, party: PartyId) -> Result<Vec<ListingId>, StoreError> {
    let ids: Vec<Uuid> = invitation::Entity::find()
        .select_only()
        .column(invitation::Column::ListingId)
        .filter(invitation::Column::PartyId.eq(party.0))
        .into_tuple()
        .all(store.db())
        .await?;
    Ok(ids.into_iter().map(ListingId).collect())
}

/// What [`public_pages`] reads of a listing: id, kind, address, first published, last confirmed, when its approved version was
/// written.
type PublicRow = (Uuid, String, String, Option<DateTime<Utc>>, Option<DateTime<Utc>>, DateTime<Utc>);

/// The pages of listings that everybody may read, in the order of ids. A draft of what is public changes nothing here.
///
/// # Errors
/// If the database fails.
pub async fn public_pages(store: &Store, span: PublicSpan) -> Result<Vec<PublicPage>, StoreError> {
    let approved = listing::Entity::belongs_to(version::Entity).from(listing::Column::Id).to(version::Column::ListingId);
    let mut query = listing::Entity::find()
        .select_only()
        .columns([listing::Column::Id, listing::Column::Kind, listing::Column::Slug])
        .columns([listing::Column::PublishedAt, listing::Column::ConfirmedAt])
        .column(version::Column::At)
        .join(JoinType::InnerJoin, approved.into())
        .filter(Expr::col((version::Entity, version::Column::Version)).equals((listing::Entity, listing::Column::PublicVersion)))
        .filter(listing::Column::Status.eq(Status::Published.as_str()))
        .filter(listing::Column::Visibility.eq(Visibility::Public.as_str()));
    if let Some(after) = span.after {
        query = query.filter(listing::Column::Id.gt(after));
    }
    let rows = query.order_by_asc(listing::Column::Id).offset(span.skip).limit(span.limit).into_tuple::<PublicRow>().all(store.db());
    let page = |(id, kind, slug, published, confirmed, written): PublicRow| {
        let kind: Kind = kind.parse().map_err(|e| StoreError::corrupt("listing", e))?;
        let changed_at = std::cmp::max(published, confirmed).map_or(written, |at| std::cmp::max(at, written));
        Ok(PublicPage { id, path: crate::view::url(kind, &slug), changed_at })
    };
    rows.await?.into_iter().map(page).collect()
}

/// How many listings are published.
///
/// # Errors
/// If the database fails.
pub async fn count(store: &Store) -> Result<u64, StoreError> {
    Ok(listing::Entity::find().filter(listing::Column::Status.eq(Status::Published.as_str())).count(store.db()).await?)
}

/// Adds contents, parties and invitations to rows: three more queries, however many rows.
async fn complete(store: &Store, rows: Vec<listing::Model>) -> Result<Vec<Published>, StoreError> {
    if rows.is_empty() {
        return Ok(Vec::new());
    }
    let db = store.db();
    let ids: Vec<Uuid> = rows.iter().map(|r| r.id).collect();
    // The approved version is the newest but for listings with a pending revision, so both columns are asked at once.
    let versions = version::Entity::find()
        .join(
            JoinType::InnerJoin,
            version::Entity::belongs_to(listing::Entity).from(version::Column::ListingId).to(listing::Column::Id).into(),
        )
        .filter(version::Column::ListingId.is_in(ids.clone()))
        .filter(Expr::col((version::Entity, version::Column::Version)).equals((listing::Entity, listing::Column::PublicVersion)))
        .all(db)
        .await?;
    let contents: HashMap<Uuid, version::Model> = versions.into_iter().map(|v| (v.listing_id, v)).collect();
    let invited = if rows.iter().any(|r| r.visibility == Visibility::Invited.as_str()) {
        invitation::Entity::find().filter(invitation::Column::ListingId.is_in(ids)).all(db).await?
    } else {
        Vec::new()
    };
    let parties: BTreeSet<PartyId> = rows.iter().map(|r| PartyId(r.party_id)).collect();
    let parties: Vec<PartyId> = parties.into_iter().collect();
    let briefs: HashMap<PartyId, PartyBrief> = accounts::parties::load_many(db, &parties).await?.into_iter().map(|p| (p.id, p)).collect();
    let mut all = Vec::with_capacity(rows.len());
    for row in rows {
        // A listing withdrawn between the queries has no version to show; it is simply not there.
        let (Some(version), Some(party)) = (contents.get(&row.id), briefs.get(&PartyId(row.party_id))) else { continue };
        let kind: Kind = row.kind.parse().map_err(|e| StoreError::corrupt("listing", e))?;
        let content = read_content(kind, version)?.for_outsiders();
        let shown_to = invited.iter().filter(|i| i.listing_id == row.id).map(|i| PartyId(i.party_id)).collect();
        let head = Head::of(row, shown_to)?;
        let Some((published_at, expires_at)) = head.published_at.zip(head.expires_at) else { continue };
        let (out_since, confirmed_at) = (head.out_since.unwrap_or(published_at), head.confirmed_at.unwrap_or(published_at));
        all.push(Published {
            id: head.id,
            kind,
            code: head.code,
            slug: head.slug,
            version: u32::try_from(head.public_version.unwrap_or(1)).unwrap_or(u32::MAX),
            owner: Owner {
                id: party.id,
                name: party.names.clone(),
                party_type: party.party_type.clone(),
                province: party.province.clone(),
                commune: party.commune.clone(),
                verification: party.verification.clone(),
            },
            source_lang: head.source_lang,
            completeness: completeness::of(&content, head.source_lang).percent,
            provenance: head.provenance.for_outsiders(&content),
            content,
            audience: match head.visibility {
                Visibility::Public => Audience::Public,
                Visibility::Registered => Audience::Registered,
                Visibility::Invited => Audience::Parties(head.invited.iter().copied().chain([head.party]).collect()),
                Visibility::Private => Audience::Parties(vec![head.party]),
            },
            published_at,
            out_since,
            confirmed_at,
            expires_at,
        });
    }
    Ok(all)
}
