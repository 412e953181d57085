//! The ledger: who opened what of a listing, when and from where. Written in the transaction of each opening
//! (`openings`), never changed, read by the owner's people.

use std::collections::BTreeMap;

use base::{AccountId, Actor, ConfidentialFileId, Cursor, DisclosureId, DisclosureViewId, Grant, Limit, ListingId, Page};
use chrono::{DateTime, Utc};
use sea_orm::sea_query::{Expr, ExprTrait, Query};
use sea_orm::{ColumnTrait, Condition, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect};
use serde::Serialize;
use store::StoreError;
use utoipa::ToSchema;

use super::disclosures;
use super::part;
use super::rows::{file, view};
use crate::Brokering;
use crate::access::{ReadConfidential, ReadLedger};
use crate::error::BrokeringError;

base::words! {
    /// What was opened.
    What {
        /// The text and the list of files.
        Text = "text",
        /// A file.
        File = "file",
    }
}

/// One look.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct LookView {
    /// Its id.
    pub id: DisclosureViewId,
    /// The disclosure by which it was opened.
    pub disclosure: Option<DisclosureId>,
    /// Who looked.
    pub account: AccountId,
    /// Their name.
    pub name: String,
    /// At what.
    pub what: What,
    /// At which file.
    pub file: Option<ConfidentialFileId>,
    /// The file's name.
    pub file_name: Option<String>,
    /// When.
    pub at: DateTime<Utc>,
    /// From which network address.
    pub address: String,
    /// Why an administrator opened it in an emergency, without a grant.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// The looks at a listing, the newest first, for its owner's people.
///
/// # Errors
/// [`BrokeringError::Refused`] for everybody else; [`BrokeringError::Cursor`] for a cursor of another list.
pub async fn of_listing(
    brokering: &Brokering,
    actor: &Actor,
    listing: ListingId,
    limit: Limit,
    cursor: Option<&str>,
) -> Result<Page<LookView>, BrokeringError> {
    part::<ReadConfidential>(brokering.store.db(), actor, listing).await?;
    list(brokering, Condition::all().add(view::Column::ListingId.eq(listing.0)), limit, cursor).await
}

/// The looks by one disclosure, the newest first, for the owner's people.
///
/// # Errors
/// As [`of_listing`].
pub async fn of_disclosure(
    brokering: &Brokering,
    actor: &Actor,
    id: DisclosureId,
    limit: Limit,
    cursor: Option<&str>,
) -> Result<Page<LookView>, BrokeringError> {
    let (_, disclosed) = disclosures::load(brokering.store.db(), id, brokering.store.clock().today()).await?;
    Grant::<ReadLedger>::check(actor, disclosed)?;
    list(brokering, Condition::all().add(view::Column::DisclosureId.eq(id.0)), limit, cursor).await
}

async fn list(brokering: &Brokering, which: Condition, limit: Limit, cursor: Option<&str>) -> Result<Page<LookView>, BrokeringError> {
    let db = brokering.store.db();
    let after: Option<(DateTime<Utc>, DisclosureViewId)> = cursor.map(Cursor::read).transpose().map_err(|_| BrokeringError::Cursor)?;
    let total = view::Entity::find().filter(which.clone()).count(db).await?;
    let mut query = view::Entity::find().filter(which);
    if let Some((at, id)) = after {
        let order = view::Column::At;
        query = query.filter(Condition::any().add(order.lt(at)).add(Condition::all().add(order.eq(at)).add(view::Column::Id.lt(id.0))));
    }
    let mut rows = query.order_by_desc(view::Column::At).order_by_desc(view::Column::Id).limit(limit.get() + 1).all(db).await?;
    let more = rows.len() as u64 > limit.get();
    rows.truncate(usize::try_from(limit.get()).unwrap_or(usize::MAX));
    let next = rows.last().filter(|_| more).map(|row| Cursor::write(&(row.at, row.id)));
    Ok(Page { items: told(brokering, rows).await?, next, total })
}

/// The newest looks by each of these disclosures, the newest first, and how many there are by each; who may read them was
/// decided before.
pub(super) async fn newest(
    brokering: &Brokering,
    ids: &[DisclosureId],
    of_each: i64,
) -> Result<(Vec<LookView>, BTreeMap<DisclosureId, u64>), BrokeringError> {
    let db = brokering.store.db();
    let by = || view::Column::DisclosureId.is_in(ids.iter().map(|id| id.0));
    let counted: Vec<(uuid::Uuid, i64)> = view::Entity::find()
        .select_only()
        .column(view::Column::DisclosureId)
        .column_as(view::Column::Id.count(), "looks")
        .filter(by())
        .group_by(view::Column::DisclosureId)
        .into_tuple()
        .all(db)
        .await?;
    let totals = counted.into_iter().map(|(id, count)| (DisclosureId(id), u64::try_from(count).unwrap_or_default())).collect();
    let ranked = Query::select()
        .column(view::Column::Id)
        .expr_as(Expr::cust("ROW_NUMBER() OVER (PARTITION BY disclosure_id ORDER BY at DESC, id DESC)"), "place")
        .from(view::Entity)
        .and_where(by())
        .to_owned();
    let first = Query::select().column("id").from_subquery(ranked, "ranked").and_where(Expr::col("place").lte(of_each)).to_owned();
    let rows = view::Entity::find().filter(view::Column::Id.in_subquery(first));
    let rows = rows.order_by_desc(view::Column::At).order_by_desc(view::Column::Id).all(db).await?;
    Ok((told(brokering, rows).await?, totals))
}

/// Rows with the names of people and files.
async fn told(brokering: &Brokering, rows: Vec<view::Model>) -> Result<Vec<LookView>, BrokeringError> {
    let db = brokering.store.db();
    let people: Vec<AccountId> = rows.iter().map(|row| AccountId(row.account_id)).collect();
    let people = accounts::people::names(db, &people).await?;
    let files = file::Entity::find().filter(file::Column::Id.is_in(rows.iter().filter_map(|row| row.file_id))).all(db).await?;
    let files: BTreeMap<uuid::Uuid, String> =
        files.iter().map(|row| Ok((row.id, brokering.vault.meta(row)?.name))).collect::<Result<_, BrokeringError>>()?;
    let items = rows.into_iter().map(|row| {
        let account = AccountId(row.account_id);
        Ok(LookView {
            id: DisclosureViewId(row.id),
            disclosure: row.disclosure_id.map(DisclosureId),
            account,
            name: people.get(&account).cloned().unwrap_or_default(),
            what: row.what.parse().map_err(|e| StoreError::corrupt("ledger", e))?,
            file: row.file_id.map(ConfidentialFileId),
            file_name: row.file_id.and_then(|id| files.get(&id).cloned()),
            at: row.at,
            address: row.address,
            reason: row.reason,
        })
    });
    items.collect()
}
