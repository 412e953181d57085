//! Experts as others see them: the published ones, and nothing else of anybody.

use std::collections::{BTreeMap, BTreeSet};

use base::{AccountId, Actor, Cursor, ExpertId, Grant, Limit, Localised, Page, PartyId, PublicPage, PublicSpan, Refused};
use chrono::{DateTime, Utc};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect, Select};
use serde::{Deserialize, Serialize};
use store::StoreError;
use utoipa::ToSchema;

use super::{ExpertProfile, ExpertRow, ExpertStatus};
use crate::access::ViewExpert;
use crate::parties::{self, PartyBrief};
use crate::rows::expert;
use crate::{Accounts, Error, membership};

/// The party an expert belongs to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Affiliation {
    /// The party.
    pub id: PartyId,
    /// The readable piece of its address.
    pub slug: String,
    /// Its names.
    pub names: Localised,
}

/// An expert as everybody may see them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ExpertView {
    /// The id.
    pub id: ExpertId,
    /// The readable piece of the address in the space.
    pub slug: String,
    /// What they say of themselves.
    pub profile: ExpertProfile,
    /// The party they belong to, by name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub affiliation: Option<Affiliation>,
    /// True for invented people of a demonstration.
    pub demonstration: bool,
    /// Grows by one with every change; the ETag.
    pub version: i64,
    /// First made public.
    pub published_at: DateTime<Utc>,
    /// Changed last.
    pub updated_at: DateTime<Utc>,
}

/// What other crates need of an expert, all of it public.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExpertBrief {
    /// The same that everybody sees.
    pub view: ExpertView,
    /// The party they belong to, with what kind it is.
    pub party: Option<PartyBrief>,
    /// Changes with everything that changes how they are shown or found, their party's name among it.
    pub revision: i64,
}

/// Whose a published profile is: for whoever tells them something. Nothing that others read has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Keeper {
    /// The account.
    pub account: AccountId,
    /// The parties whose confirmed member the person is, named in the profile or not.
    pub parties: BTreeSet<PartyId>,
}

/// Which experts to list.
#[derive(Clone, Debug, Default)]
pub struct ExpertFilter {
    /// Only those of this party.
    pub party: Option<PartyId>,
}

/// How far the versions of a party can count before they would reach into those of the expert.
const PARTY_VERSIONS: i64 = 1_000_000;

/// One expert, if they are published or it is oneself.
///
/// # Errors
/// [`Refused::Hidden`] otherwise.
pub async fn get(accounts: &Accounts, actor: &Actor, id: ExpertId) -> Result<ExpertView, Error> {
    let db = accounts.store.db();
    let row = expert::Entity::find_by_id(id.0).one(db).await?.ok_or(Refused::Hidden)?;
    let row = Grant::<ViewExpert>::check(actor, ExpertRow(row))?.into_object();
    let brief = briefs(db, vec![row.0]).await?.pop().ok_or(Refused::Hidden)?;
    Ok(brief.view)
}

/// The expert with this slug, published or not.
///
/// # Errors
/// If the database fails.
pub async fn find_slug(accounts: &Accounts, slug: &str) -> Result<Option<ExpertId>, Error> {
    let row = expert::Entity::find().filter(expert::Column::Slug.eq(slug)).one(accounts.store.db()).await?;
    Ok(row.map(|r| ExpertId(r.id)))
}

/// Published experts, the newest first.
///
/// # Errors
/// [`Error::Cursor`] for a cursor of another list.
pub async fn list(accounts: &Accounts, filter: &ExpertFilter, cursor: Option<&str>, limit: Limit) -> Result<Page<ExpertView>, Error> {
    let db = accounts.store.db();
    let filtered = || match filter.party {
        Some(party) => published().filter(expert::Column::PartyId.eq(party.0)),
        None => published(),
    };
    let total = filtered().count(db).await?;
    let mut query = filtered().order_by_desc(expert::Column::Id).limit(limit.get() + 1);
    if let Some(cursor) = cursor {
        let after: ExpertId = Cursor::read(cursor).map_err(|_| Error::Cursor)?;
        query = query.filter(expert::Column::Id.lt(after.0));
    }
    let mut rows = query.all(db).await?;
    let more = rows.len() as u64 > limit.get();
    rows.truncate(usize::from(u16::try_from(limit.get()).unwrap_or(u16::MAX)));
    let next = rows.last().filter(|_| more).map(|r| Cursor::write(&r.id));
    let items = briefs(db, rows).await?.into_iter().map(|b| b.view).collect();
    Ok(Page { items, next, total })
}

/// The published experts with these ids, in no particular order. Ids of nothing, and of what is not public, are left out.
///
/// # Errors
/// If the database fails.
pub async fn load_many(db: &impl ConnectionTrait, ids: &[ExpertId]) -> Result<Vec<ExpertBrief>, StoreError> {
    let mut found = Vec::with_capacity(ids.len());
    // Well below either engine's limit of parameters.
    for chunk in ids.chunks(500) {
        let rows = published().filter(expert::Column::Id.is_in(chunk.iter().map(|id| id.0))).all(db).await?;
        found.extend(briefs(db, rows).await?);
    }
    Ok(found)
}

/// Whose the published profiles among these are.
///
/// # Errors
/// If the database fails.
pub async fn keepers(db: &impl ConnectionTrait, ids: &[ExpertId]) -> Result<BTreeMap<ExpertId, Keeper>, StoreError> {
    let mut found = BTreeMap::new();
    for chunk in ids.chunks(500) {
        let rows = published().filter(expert::Column::Id.is_in(chunk.iter().map(|id| id.0))).all(db).await?;
        let accounts: Vec<AccountId> = rows.iter().map(|row| AccountId(row.account_id)).collect();
        let mut parties = membership::parties_of(db, &accounts).await?;
        found.extend(rows.into_iter().map(|row| {
            let account = AccountId(row.account_id);
            (ExpertId(row.id), Keeper { account, parties: parties.remove(&account).unwrap_or_default() })
        }));
    }
    Ok(found)
}

/// The pages of published experts, in the order of ids. Whoever took the consent back is in none of them any more.
///
/// # Errors
/// If the database fails.
pub async fn public_pages(db: &impl ConnectionTrait, span: PublicSpan) -> Result<Vec<PublicPage>, StoreError> {
    let columns = [expert::Column::Id, expert::Column::Slug, expert::Column::UpdatedAt];
    let mut query = published().select_only().columns(columns);
    if let Some(after) = span.after {
        query = query.filter(expert::Column::Id.gt(after));
    }
    let query = query.order_by_asc(expert::Column::Id).offset(span.skip).limit(span.limit);
    let rows: Vec<(uuid::Uuid, String, DateTime<Utc>)> = query.into_tuple().all(db).await?;
    let page = |(id, slug, changed_at)| PublicPage { id, path: format!("/experts/{slug}"), changed_at };
    Ok(rows.into_iter().map(page).collect())
}

/// Up to `limit` published experts after an id, in the order of their ids: for whoever goes through all of them.
///
/// # Errors
/// If the database fails.
pub async fn page_after(db: &impl ConnectionTrait, after: Option<ExpertId>, limit: u64) -> Result<Vec<ExpertBrief>, StoreError> {
    let mut query = published().order_by_asc(expert::Column::Id).limit(limit);
    if let Some(after) = after {
        query = query.filter(expert::Column::Id.gt(after.0));
    }
    let rows = query.all(db).await?;
    briefs(db, rows).await
}

/// The published experts who name this party.
///
/// # Errors
/// If the database fails.
pub async fn of_party(db: &impl ConnectionTrait, party: PartyId) -> Result<Vec<ExpertId>, StoreError> {
    let rows = published().filter(expert::Column::PartyId.eq(party.0)).order_by_asc(expert::Column::Id).all(db).await?;
    Ok(rows.into_iter().map(|r| ExpertId(r.id)).collect())
}

fn published() -> Select<expert::Entity> {
    expert::Entity::find().filter(expert::Column::Status.eq(ExpertStatus::Published.as_str()))
}

/// In the order of the rows.
async fn briefs(db: &impl ConnectionTrait, rows: Vec<expert::Model>) -> Result<Vec<ExpertBrief>, StoreError> {
    let mut ids: Vec<PartyId> = rows.iter().filter_map(|r| r.party_id.map(PartyId)).collect();
    ids.sort_unstable();
    ids.dedup();
    let parties: BTreeMap<PartyId, PartyBrief> = parties::load_many(db, &ids).await?.into_iter().map(|p| (p.id, p)).collect();
    rows.into_iter().map(|row| brief(row, &parties)).collect()
}

fn brief(row: expert::Model, parties: &BTreeMap<PartyId, PartyBrief>) -> Result<ExpertBrief, StoreError> {
    let party = row.party_id.and_then(|id| parties.get(&PartyId(id))).cloned();
    let row = ExpertRow(row);
    let profile = row.profile()?;
    let row = row.0;
    Ok(ExpertBrief {
        revision: row.version * PARTY_VERSIONS + party.as_ref().map_or(0, |p| p.version % PARTY_VERSIONS),
        view: ExpertView {
            id: ExpertId(row.id),
            slug: row.slug,
            profile,
            affiliation: party.as_ref().map(|p| Affiliation { id: p.id, slug: p.slug.clone(), names: p.names.clone() }),
            demonstration: row.demonstration,
            version: row.version,
            published_at: row.published_at.unwrap_or(row.created_at),
            updated_at: row.updated_at,
        },
        party,
    })
}
