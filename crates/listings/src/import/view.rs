//! Imports as they are answered.

use base::{Actor, Cursor, ImportId, Lang, Limit, Page, PartyId, Refused};
use chrono::{DateTime, Utc};
use sea_orm::{ColumnTrait, Condition, EntityTrait, Order, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use store::StoreError;
use utoipa::ToSchema;

use super::broken::Broken;
use super::rights;
use super::rows::{fault, import, made};
use crate::Listings;
use crate::error::ListingError;

base::words! {
    /// Where an import stands.
    ImportState {
        /// Its file is here; a worker will run it.
        Waiting = "waiting",
        /// It is running.
        Running = "running",
        /// It was stopped or its machine was; it goes on when it is run again.
        Interrupted = "interrupted",
        /// Everything is written, or, of a dry run, checked.
        Done = "done",
        /// The file is wrong; nothing was imported.
        Failed = "failed",
        /// It was taken back.
        Undone = "undone",
    }
}

/// An import.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ImportView {
    /// The import.
    pub id: ImportId,
    /// Whose listings they are; none if the rows say so.
    pub party: Option<PartyId>,
    /// The file's name.
    pub file_name: String,
    /// Where it stands.
    pub state: ImportState,
    /// Whether it only checks.
    pub dry_run: bool,
    /// Whether listings are published at once.
    pub publish: bool,
    /// Whether faulty rows are left out.
    pub skip_faulty: bool,
    /// Rows of the file, once they are counted.
    pub rows_total: Option<u64>,
    /// Rows taken care of.
    pub rows_done: u64,
    /// Listings made.
    pub created: u64,
    /// Listings that got a new version or became public.
    pub updated: u64,
    /// Rows that said what was there already.
    pub unchanged: u64,
    /// Rows that are wrong.
    pub faulty: u64,
    /// Texts and lists that were cut to their greatest length, or lost characters that no text may have.
    pub shortened: u64,
    /// Why it failed or was interrupted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub failure: Option<FailureView>,
    /// What taking it back did.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub undo: Option<UndoView>,
    /// Started.
    pub started_at: DateTime<Utc>,
    /// Ended.
    pub ended_at: Option<DateTime<Utc>>,
}

/// Why an import failed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct FailureView {
    /// A stable code.
    pub code: String,
    /// The row from which on the file cannot be read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub row: Option<u64>,
    /// The sentence for the reader.
    pub message: String,
}

/// What taking an import back did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct UndoView {
    /// Listings that are gone.
    pub removed: u64,
    /// Listings that say again what they said before.
    pub restored: u64,
    /// Listings that somebody has touched since; they stay as they are.
    pub kept: u64,
}

/// What is wrong in a row.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct FaultView {
    /// The row, as a spreadsheet or an editor counts.
    pub row: u64,
    /// The column or columns; empty for the row as a whole.
    pub column: String,
    /// The field, a JSON pointer.
    pub pointer: String,
    /// A stable code.
    pub code: String,
    /// The sentence for the reader.
    pub message: String,
}

fn count(n: i64) -> u64 {
    u64::try_from(n).unwrap_or(0)
}

fn view(row: import::Model, lang: Lang) -> Result<ImportView, StoreError> {
    let failure: Option<Broken> =
        row.failure.map(|f| serde_json::from_str(&f)).transpose().map_err(|e| StoreError::corrupt("import", e))?;
    Ok(ImportView {
        id: ImportId(row.id),
        party: row.party_id.map(PartyId),
        file_name: row.file_name,
        state: row.state.parse().map_err(|e: base::UnknownWord| StoreError::corrupt("import", e))?,
        dry_run: row.dry_run,
        publish: row.publish,
        skip_faulty: row.skip_faulty,
        rows_total: row.rows_total.map(count),
        rows_done: count(row.rows_done),
        created: count(row.created),
        updated: count(row.updated),
        unchanged: count(row.unchanged),
        faulty: count(row.faulty),
        shortened: count(row.shortened),
        failure: failure.map(|f| FailureView { code: f.code.clone(), row: f.row, message: f.say(lang) }),
        undo: None,
        started_at: row.started_at,
        ended_at: row.ended_at,
    })
}

/// Loads an import's row for somebody who may see it.
pub(crate) async fn load(listings: &Listings, actor: &Actor, id: ImportId) -> Result<import::Model, ListingError> {
    let row = import::Entity::find_by_id(id.0).one(listings.store.db()).await?;
    Ok(row.filter(|row| rights::may_see(actor, row)).ok_or(Refused::Hidden)?)
}

/// One import.
///
/// # Errors
/// [`ListingError::Refused`] if it is not there or not to be seen.
pub async fn get(listings: &Listings, actor: &Actor, id: ImportId) -> Result<ImportView, ListingError> {
    let row = load(listings, actor, id).await?;
    let mut view = view(row, actor.lang)?;
    if view.state == ImportState::Undone {
        let became = |what: &'static str| {
            made::Entity::find().filter(made::Column::ImportId.eq(id.0)).filter(made::Column::Undo.eq(what)).count(listings.store.db())
        };
        view.undo = Some(UndoView { removed: became("removed").await?, restored: became("restored").await?, kept: became("kept").await? });
    }
    Ok(view)
}

fn cursor<K: DeserializeOwned>(cursor: Option<&str>) -> Result<Option<K>, ListingError> {
    cursor.map(Cursor::read).transpose().map_err(|_| ListingError::Cursor)
}

/// The imports an actor may see, the newest first, or the oldest where the list is turned round.
///
/// # Errors
/// [`ListingError::Refused`] unless somebody is signed in; [`ListingError::Invalid`] for a cursor of another list.
pub async fn list(
    listings: &Listings,
    actor: &Actor,
    after: Option<&str>,
    limit: Limit,
    is_turned: bool,
) -> Result<Page<ImportView>, ListingError> {
    let mut seen = Condition::all();
    if !rights::sees_all(actor) {
        let account = actor.signed_in()?;
        if !rights::reads(actor) {
            return Err(Refused::Forbidden { action: "import.view" }.into());
        }
        let parties: Vec<uuid::Uuid> = actor.memberships.iter().map(|m| m.party.0).collect();
        seen = seen.add(Condition::any().add(import::Column::AccountId.eq(account.0)).add(import::Column::PartyId.is_in(parties)));
    }
    let db = listings.store.db();
    let total = import::Entity::find().filter(seen.clone()).count(db).await?;
    let mut query = import::Entity::find().filter(seen);
    if let Some((at, id)) = cursor::<(DateTime<Utc>, ImportId)>(after)? {
        let same = Condition::all().add(import::Column::StartedAt.eq(at));
        query = query.filter(if is_turned {
            Condition::any().add(import::Column::StartedAt.gt(at)).add(same.add(import::Column::Id.gt(id.0)))
        } else {
            Condition::any().add(import::Column::StartedAt.lt(at)).add(same.add(import::Column::Id.lt(id.0)))
        });
    }
    let order = || if is_turned { Order::Asc } else { Order::Desc };
    let rows =
        query.order_by(import::Column::StartedAt, order()).order_by(import::Column::Id, order()).limit(limit.get() + 1).all(db).await?;
    let mut items = rows.into_iter().map(|r| view(r, actor.lang)).collect::<Result<Vec<_>, _>>()?;
    let next = cut(&mut items, limit).map(|last| Cursor::write(&(last.started_at, last.id)));
    Ok(Page { items, next, total })
}

/// Takes what is beyond a page away; the last row of the page if there was any.
fn cut<T>(items: &mut Vec<T>, limit: Limit) -> Option<&T> {
    let most = usize::try_from(limit.get()).unwrap_or(usize::MAX);
    let more = items.len() > most;
    items.truncate(most);
    items.last().filter(|_| more)
}

/// What is wrong in an import's file, by row; the first 10,000 faults are kept.
///
/// # Errors
/// As [`get`], and [`ListingError::Invalid`] for a cursor of another list.
pub async fn faults(
    listings: &Listings,
    actor: &Actor,
    id: ImportId,
    after: Option<&str>,
    limit: Limit,
) -> Result<Page<FaultView>, ListingError> {
    load(listings, actor, id).await?;
    let db = listings.store.db();
    let all = || fault::Entity::find().filter(fault::Column::ImportId.eq(id.0));
    let total = all().count(db).await?;
    let mut query = all();
    if let Some((row, n)) = cursor::<(i64, i64)>(after)? {
        query = query.filter(
            Condition::any()
                .add(fault::Column::RowNumber.gt(row))
                .add(Condition::all().add(fault::Column::RowNumber.eq(row)).add(fault::Column::N.gt(n))),
        );
    }
    let mut rows = query.order_by_asc(fault::Column::RowNumber).order_by_asc(fault::Column::N).limit(limit.get() + 1).all(db).await?;
    let next = cut(&mut rows, limit).map(|last| Cursor::write(&(last.row_number, last.n)));
    let items = rows.into_iter().map(|r| fault_view(r, actor.lang)).collect::<Result<Vec<_>, _>>()?;
    Ok(Page { items, next, total })
}

fn fault_view(row: fault::Model, lang: Lang) -> Result<FaultView, StoreError> {
    let args: std::collections::BTreeMap<String, String> = serde_json::from_str(&row.args).map_err(|e| StoreError::corrupt("fault", e))?;
    let args: Vec<(&str, &str)> = args.iter().map(|(k, v)| (k.as_str(), v.as_str())).collect();
    let message = base::messages::fault(lang, &row.code, &args);
    Ok(FaultView { row: count(row.row_number), column: row.column_name, pointer: row.pointer, code: row.code, message })
}
