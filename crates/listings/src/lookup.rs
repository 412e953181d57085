//! A listing's row for other crates that decide by it inside their own transactions. Who may do what with it is decided
//! there; nothing of it is an answer.

use std::collections::{BTreeMap, BTreeSet};

use base::{ListingId, Localised, PartyId};
use sea_orm::{ColumnTrait, Condition, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use store::{StoreError, Tx};
use uuid::Uuid;

use crate::Kind;
use crate::head::{self, Head};
use crate::rows::{listing, version};
use crate::state::Status;
use crate::view::url;

/// One listing without its content, or none.
///
/// # Errors
/// If the database fails.
pub async fn head(db: &impl ConnectionTrait, id: ListingId) -> Result<Option<Head>, StoreError> {
    head::load(db, id).await
}

/// Those of these listings that are there, without their contents, in no particular order.
///
/// # Errors
/// If the database fails.
pub async fn heads(db: &impl ConnectionTrait, ids: &[ListingId]) -> Result<Vec<Head>, StoreError> {
    head::load_many(db, ids).await
}

/// The newest technologies and IP assets of these parties that are out, at most `limit`, without their contents. For whom each
/// of them is, is the caller's to ask.
///
/// # Errors
/// If the database fails.
pub async fn offered_by(db: &impl ConnectionTrait, parties: &[PartyId], limit: u64) -> Result<Vec<Head>, StoreError> {
    let ids: Vec<Uuid> = listing::Entity::find()
        .select_only()
        .column(listing::Column::Id)
        .filter(listing::Column::PartyId.is_in(parties.iter().map(|party| party.0)))
        .filter(listing::Column::Kind.is_in([Kind::Technology.as_str(), Kind::IpAsset.as_str()]))
        .filter(listing::Column::Status.eq(Status::Published.as_str()))
        .order_by_desc(listing::Column::PublishedAt)
        .order_by_desc(listing::Column::Id)
        .limit(limit)
        .into_tuple()
        .all(db)
        .await?;
    let ids: Vec<ListingId> = ids.into_iter().map(ListingId).collect();
    let mut heads = head::load_many(db, &ids).await?;
    heads.sort_by_key(|head| ids.iter().position(|id| *id == head.id));
    Ok(heads)
}

/// The listing with this readable code, or none.
///
/// # Errors
/// If the database fails.
pub async fn by_code(db: &impl ConnectionTrait, code: &str) -> Result<Option<ListingId>, StoreError> {
    let row = listing::Entity::find().filter(listing::Column::Code.eq(code.trim().to_uppercase())).one(db).await?;
    Ok(row.map(|row| ListingId(row.id)))
}

/// Listings by their readable codes, however these were typed, each under the code as it is. A code of nothing is left out.
///
/// # Errors
/// If the database fails.
pub async fn by_codes(db: &impl ConnectionTrait, codes: &[String]) -> Result<BTreeMap<String, ListingId>, StoreError> {
    let mut all = BTreeMap::new();
    // Below either engine's limit of parameters.
    for chunk in codes.chunks(250) {
        let these = chunk.iter().map(|code| code.trim().to_uppercase());
        let rows: Vec<(String, Uuid)> = listing::Entity::find()
            .select_only()
            .columns([listing::Column::Code, listing::Column::Id])
            .filter(listing::Column::Code.is_in(these))
            .into_tuple()
            .all(db)
            .await?;
        all.extend(rows.into_iter().map(|(code, id)| (code, ListingId(id))));
    }
    Ok(all)
}

/// Listings by the names that files call them: external id, code or id. A name that means nothing, or several listings from
/// different sources, is left out.
///
/// # Errors
/// If the database fails.
pub async fn by_names(db: &impl ConnectionTrait, names: &BTreeSet<String>) -> Result<BTreeMap<String, ListingId>, StoreError> {
    let mut all: BTreeMap<String, Option<ListingId>> = BTreeMap::new();
    let names: Vec<&String> = names.iter().collect();
    // Below either engine's limit of parameters.
    for chunk in names.chunks(250) {
        let ids = chunk.iter().filter_map(|name| Uuid::parse_str(name).ok());
        let any = Condition::any()
            .add(listing::Column::ExternalId.is_in(chunk.iter().map(|name| name.as_str())))
            .add(listing::Column::Code.is_in(chunk.iter().map(|name| name.to_uppercase())))
            .add(listing::Column::Id.is_in(ids));
        for row in listing::Entity::find().filter(any).all(db).await? {
            let is_meant = |name: &&&String| {
                row.external_id.as_ref() == Some(**name)
                    || row.code == name.to_uppercase()
                    || Uuid::parse_str(name).is_ok_and(|id| id == row.id)
            };
            for name in chunk.iter().filter(is_meant) {
                let id = ListingId(row.id);
                all.entry((*name).clone()).and_modify(|seen| *seen = seen.filter(|seen| *seen == id)).or_insert(Some(id));
            }
        }
    }
    Ok(all.into_iter().filter_map(|(name, id)| Some((name, id?))).collect())
}

/// The same, to change what hangs on it: on PostgreSQL its row is locked until the commit.
///
/// # Errors
/// If the database fails.
pub async fn head_to_change(tx: &Tx, id: ListingId) -> Result<Option<Head>, StoreError> {
    head::load_to_change(tx, id).await
}

/// A listing as those know it to whom something of it was opened: its approved title, wherever it stands now.
#[derive(Clone, Debug, PartialEq)]
pub struct Named {
    /// The listing.
    pub id: ListingId,
    /// Its readable code.
    pub code: String,
    /// Its page.
    pub url: String,
    /// Whose it is.
    pub party: PartyId,
    /// Whether outsiders are not told whose it is; so of a need as long as nothing of it was approved.
    pub hides_party: bool,
    /// Its title as it was last approved; none if it never was.
    pub title: Option<Localised>,
}

/// Listings by what they are called, in no particular order. Ids of nothing are left out.
///
/// # Errors
/// If the database fails.
pub async fn named(db: &impl ConnectionTrait, ids: &[ListingId]) -> Result<Vec<Named>, StoreError> {
    let mut all = Vec::with_capacity(ids.len());
    // Below either engine's limit of parameters.
    for chunk in ids.chunks(250) {
        let rows = listing::Entity::find().filter(listing::Column::Id.is_in(chunk.iter().map(|id| id.0))).all(db).await?;
        let approved: Vec<(Uuid, i64)> = rows.iter().filter_map(|row| Some((row.id, row.public_version?))).collect();
        let versions = if approved.is_empty() {
            Vec::new()
        } else {
            let any = approved.iter().fold(Condition::any(), |any, (id, number)| {
                any.add(Condition::all().add(version::Column::ListingId.eq(*id)).add(version::Column::Version.eq(*number)))
            });
            version::Entity::find().filter(any).all(db).await?
        };
        for row in rows {
            let kind: Kind = row.kind.parse().map_err(|e| StoreError::corrupt("listing", e))?;
            let version = versions.iter().find(|v| v.listing_id == row.id);
            let content = version.map(|v| head::read_content(kind, v)).transpose()?;
            all.push(Named {
                id: ListingId(row.id),
                url: url(kind, &row.slug),
                code: row.code,
                party: PartyId(row.party_id),
                hides_party: content.as_ref().map_or(kind == Kind::Need, |content| content.hides_party()),
                title: content.map(|content| content.title().clone()),
            });
        }
    }
    Ok(all)
}
