//! A listing's row in typed form, and loading it.

use std::collections::HashMap;

use base::{AccountId, Code, Lang, ListingId, PartyId};
use chrono::NaiveDate;
use sea_orm::{ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QuerySelect};
use store::{StoreError, Time, Tx};
use uuid::Uuid;

use crate::content::Content;
use crate::error::ListingError;
use crate::kind::Kind;
use crate::published::Provenance;
use crate::rows::{invitation, listing, version};
use crate::state::State;
use crate::upgrade;

base::words! {
    /// Who may see a listing once it is published.
    Visibility {
        /// Everybody.
        Public = "public",
        /// Whoever is signed in.
        Registered = "registered",
        /// Members of the parties it was shown to.
        Invited = "invited",
        /// Its own party and staff.
        Private = "private",
    }
}

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A listing without its content.
#[derive(Clone, Debug, PartialEq)]
pub struct Head {
    /// The listing.
    pub id: ListingId,
    /// Its kind.
    pub kind: Kind,
    /// Whose it is.
    pub party: PartyId,
    /// Its readable code.
    pub code: String,
    /// The readable piece of its address.
    pub slug: String,
    /// The language it is written in first.
    pub source_lang: Lang,
    /// Where it stands.
    pub state: State,
    /// Who may see it once published.
    pub visibility: Visibility,
    /// The parties it is shown to while its visibility is `invited`.
    pub invited: Vec<PartyId>,
    /// The newest version of its content.
    pub head_version: i64,
    /// The version the public sees.
    pub public_version: Option<i64>,
    /// Counts every change to the listing: its ETag.
    pub version: i64,
    /// Its title in the source language, of the newest version.
    pub title: String,
    /// 0 to 100, of the newest version.
    pub completeness: u8,
    /// Whom members may ask.
    pub contact: Option<AccountId>,
    /// Who of the staff looks after it.
    pub responsible: Option<AccountId>,
    /// When something must happen next.
    pub next_action_on: Option<NaiveDate>,
    /// How it ended, if it did.
    pub outcome: Option<Outcome>,
    /// Where it came from.
    pub provenance: Provenance,
    /// Made.
    pub created_at: Time,
    /// Last changed.
    pub updated_at: Time,
    /// Last submitted.
    pub submitted_at: Option<Time>,
    /// First published.
    pub published_at: Option<Time>,
    /// Published, put back, or shown to more people than before, whichever was last.
    pub out_since: Option<Time>,
    /// Last confirmed.
    pub confirmed_at: Option<Time>,
    /// Ends unless confirmed.
    pub expires_at: Option<Time>,
}

/// How a listing ended.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Outcome {
    /// Why it was withdrawn, a code of `withdraw_reasons`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<Code>,
    /// For a need: a code of `need_outcomes`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub result: Option<Code>,
    /// By which listing a need was solved.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub solved_by: Option<ListingId>,
    /// Why a need was not solved, a code of `unsolved_reasons`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unsolved_reason: Option<Code>,
}

impl Head {
    pub(crate) fn of(row: listing::Model, invited: Vec<PartyId>) -> Result<Self, StoreError> {
        let bad = |e| StoreError::corrupt("listing", e);
        Ok(Self {
            id: ListingId(row.id),
            kind: row.kind.parse().map_err(|e| StoreError::corrupt("listing", e))?,
            party: PartyId(row.party_id),
            code: row.code,
            slug: row.slug,
            source_lang: row.source_lang.parse().map_err(|e| StoreError::corrupt("listing", e))?,
            state: State { status: row.status.parse().map_err(bad)?, revision: row.revision.parse().map_err(bad)? },
            visibility: row.visibility.parse().map_err(bad)?,
            invited,
            head_version: row.head_version,
            public_version: row.public_version,
            version: row.version,
            title: row.title,
            completeness: u8::try_from(row.completeness).unwrap_or(100),
            contact: row.contact_id.map(AccountId),
            responsible: row.responsible_id.map(AccountId),
            next_action_on: row.next_action_on,
            outcome: match row.outcome {
                Some(json) => Some(serde_json::from_str(&json).map_err(|e| StoreError::corrupt("outcome", e))?),
                None => None,
            },
            provenance: Provenance { origin: Code(row.provenance), source: row.source, external_id: row.external_id, licence: row.licence },
            created_at: row.created_at,
            updated_at: row.updated_at,
            submitted_at: row.submitted_at,
            published_at: row.published_at,
            out_since: row.out_since,
            confirmed_at: row.confirmed_at,
            expires_at: row.expires_at,
        })
    }
}

/// Loads one listing, or none.
pub(crate) async fn load(db: &impl ConnectionTrait, id: ListingId) -> Result<Option<Head>, StoreError> {
    with_invited(db, listing::Entity::find_by_id(id.0).one(db).await?).await
}

/// Loads those of these listings that are there, in no particular order.
pub(crate) async fn load_many(db: &impl ConnectionTrait, ids: &[ListingId]) -> Result<Vec<Head>, StoreError> {
    let mut heads = Vec::with_capacity(ids.len());
    for chunk in ids.chunks(500) {
        let rows = listing::Entity::find().filter(listing::Column::Id.is_in(chunk.iter().map(|id| id.0))).all(db).await?;
        let narrow = rows.iter().filter(|row| row.visibility == Visibility::Invited.as_str()).map(|row| row.id);
        let mut invited: HashMap<Uuid, Vec<PartyId>> = HashMap::new();
        for row in invitation::Entity::find().filter(invitation::Column::ListingId.is_in(narrow)).all(db).await? {
            invited.entry(row.listing_id).or_default().push(PartyId(row.party_id));
        }
        for row in rows {
            let invited = invited.remove(&row.id).unwrap_or_default();
            heads.push(Head::of(row, invited)?);
        }
    }
    Ok(heads)
}

/// Loads one listing to change it: on PostgreSQL the row is locked until the commit.
pub(crate) async fn load_to_change(tx: &Tx, id: ListingId) -> Result<Option<Head>, StoreError> {
    let mut query = listing::Entity::find_by_id(id.0);
    if tx.needs_row_locks() {
        query = query.lock_exclusive();
    }
    with_invited(tx.db(), query.one(tx.db()).await?).await
}

async fn with_invited(db: &impl ConnectionTrait, row: Option<listing::Model>) -> Result<Option<Head>, StoreError> {
    let Some(row) = row else { return Ok(None) };
    let invited = if row.visibility == Visibility::Invited.as_str() {
        let rows = invitation::Entity::find().filter(invitation::Column::ListingId.eq(row.id)).all(db).await?;
        rows.into_iter().map(|r| PartyId(r.party_id)).collect()
    } else {
        Vec::new()
    };
    Head::of(row, invited).map(Some)
}

/// One version's content.
pub(crate) async fn content_of(db: &impl ConnectionTrait, kind: Kind, id: Uuid, number: i64) -> Result<Content, StoreError> {
    let row = version::Entity::find_by_id((id, number)).one(db).await?;
    let row = row.ok_or_else(|| StoreError::corrupt("listing version", std::io::Error::other("it is missing")))?;
    read_content(kind, &row)
}

pub(crate) fn read_content(kind: Kind, row: &version::Model) -> Result<Content, StoreError> {
    let schema = i32::try_from(row.schema).unwrap_or(i32::MAX);
    upgrade::read(kind, schema, &row.content).map_err(|e| StoreError::corrupt("content", e))
}

/// Changes columns of a listing from the version that was seen to the next; [`ListingError::Stale`] if somebody was
/// faster.
pub(crate) async fn save(tx: &Tx, head: &Head, mut change: listing::ActiveModel) -> Result<i64, ListingError> {
    let next = head.version + 1;
    change.version = Set(next);
    change.updated_at = Set(tx.now());
    let result = listing::Entity::update_many()
        .set(change)
        .filter(listing::Column::Id.eq(head.id.0))
        .filter(listing::Column::Version.eq(head.version))
        .exec(tx.db())
        .await?;
    if result.rows_affected != 1 {
        return Err(ListingError::Stale { current: head.version });
    }
    Ok(next)
}

impl Head {
    /// What the actor saw must be what is there.
    pub(crate) fn must_be_at(&self, seen: i64) -> Result<(), ListingError> {
        if self.version == seen { Ok(()) } else { Err(ListingError::Stale { current: self.version }) }
    }
}
