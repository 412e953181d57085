//! Opening what was confided: the right is checked and the look entered in the ledger in one write; only after its
//! commit anything is read, and a look that cannot be entered is none.

use accounts::people;
use base::{Actor, ConfidentialFileId, DisclosureId, Grant, ListingId, Refused};
use bytes::Bytes;
use futures_util::stream::BoxStream;
use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter};
use serde::Serialize;
use serde_json::json;
use store::{Ctx, NewEvent, StoreError, Tx};
use utoipa::ToSchema;

use super::disclosures::{DisclosureState, load_to_change, tell_owner};
use super::files::{self, FileView};
use super::kinds::FileKind;
use super::ledger::What;
use super::mark::{Mark, marked};
use super::objects::ObjectError;
use super::rows::{file, view};
use super::seal::FileKey;
use super::text::{self, ConfidentialText};
use crate::Brokering;
use crate::access::{Contents, OpenContents};
use crate::error::BrokeringError;

/// What was confided, opened.
#[derive(Debug, Serialize, ToSchema)]
pub struct Opened {
    /// The text.
    pub text: ConfidentialText,
    /// The files, each to be opened by itself.
    pub files: Vec<FileView>,
}

/// A file, opened.
pub struct OpenedFile {
    /// Its name.
    pub name: String,
    /// What it is.
    pub kind: FileKind,
    /// Its bytes, as they leave the store; a PDF has the reader's mark.
    pub bytes: BoxStream<'static, Result<Bytes, ObjectError>>,
}

/// Enters a look in the ledger; gives the listing.
async fn enter(
    brokering: &Brokering,
    actor: &Actor,
    address: &str,
    id: DisclosureId,
    file: Option<ConfidentialFileId>,
) -> Result<ListingId, BrokeringError> {
    // Whoever looks twice is entered twice: no key makes two looks one.
    let (actor, address) = (actor.clone(), address.to_owned());
    brokering
        .store
        .write(Ctx::of(actor.clone()), move |tx| {
            let (actor, address) = (actor.clone(), address.clone());
            async move { enter_in(&tx, &actor, address, id, file).await }
        })
        .await
}

async fn enter_in(
    tx: &Tx,
    actor: &Actor,
    address: String,
    id: DisclosureId,
    file: Option<ConfidentialFileId>,
) -> Result<ListingId, BrokeringError> {
    let (row, disclosed) = load_to_change(tx, id).await?;
    let grant = Grant::<OpenContents>::check(actor, Contents(disclosed))?;
    let disclosed = &grant.object().0;
    if disclosed.state != DisclosureState::Accepted {
        return Err(BrokeringError::NdaFirst);
    }
    if let Some(file) = file {
        live_file(tx.db(), ListingId(row.listing_id), file).await?;
    }
    let what = if file.is_some() { What::File } else { What::Text };
    let look = view::ActiveModel {
        id: Set(tx.new_id()),
        listing_id: Set(row.listing_id),
        disclosure_id: Set(Some(id.0)),
        account_id: Set(disclosed.reader.0),
        what: Set(what.as_str().to_owned()),
        file_id: Set(file.map(|f| f.0)),
        reason: Set(None),
        address: Set(address),
        at: Set(tx.now()),
    };
    view::Entity::insert(look).exec_without_returning(tx.db()).await?;
    let facts = json!({ "listing": row.listing_id, "what": what, "file": file });
    tx.emit(NewEvent::new("disclosure", id, "disclosure.opened", facts));
    // The first look of a day is told; the ledger has them all.
    tell_owner(tx, disclosed, &row, "opened", format!("disclosure_used:{id}:{}", tx.today())).await?;
    Ok(ListingId(row.listing_id))
}

/// A file of this listing that was not removed.
async fn live_file(db: &impl sea_orm::ConnectionTrait, listing: ListingId, id: ConfidentialFileId) -> Result<file::Model, BrokeringError> {
    let found = file::Entity::find_by_id(id.0)
        .filter(file::Column::ListingId.eq(listing.0))
        .filter(file::Column::RemovedAt.is_null())
        .one(db)
        .await?;
    Ok(found.ok_or(Refused::Hidden)?)
}

/// Opens the text and the list of files.
///
/// # Errors
/// [`BrokeringError::NdaFirst`] before the agreement is accepted; [`BrokeringError::Refused`] hidden once it is closed,
/// and for everybody but the named person.
pub async fn contents(brokering: &Brokering, actor: &Actor, address: &str, id: DisclosureId) -> Result<Opened, BrokeringError> {
    let listing = enter(brokering, actor, address, id, None).await?;
    let db = brokering.store.db();
    let text = text::load(brokering, db, listing).await?.text;
    Ok(Opened { text, files: files::of_listing(&brokering.vault, db, listing).await? })
}

/// Opens a file.
///
/// # Errors
/// As [`contents`].
pub async fn file(
    brokering: &Brokering,
    actor: &Actor,
    address: &str,
    id: DisclosureId,
    file: ConfidentialFileId,
) -> Result<OpenedFile, BrokeringError> {
    let listing = enter(brokering, actor, address, id, Some(file)).await?;
    let (db, vault) = (brokering.store.db(), &brokering.vault);
    let row = live_file(db, listing, file).await?;
    let FileView { name, kind, .. } = vault.view(&row)?;
    if kind != FileKind::Pdf {
        return Ok(OpenedFile { name, kind, bytes: vault.stream(&row).await? });
    }
    let reader = actor.signed_in()?;
    let names = people::names(db, &[reader]).await?;
    let mark = Mark::of(names.get(&reader).map_or("", String::as_str), reader, brokering.store.clock().now());
    let key: FileKey = vault.key(&row)?;
    // It could be marked when it was handed in; one that cannot be marked now does not leave.
    let bytes = vault.work(file, key, move |pdf| marked(pdf, &mark)).await?;
    let bytes = bytes.map_err(|why| StoreError::corrupt("confidential document", why))?;
    Ok(OpenedFile { name, kind, bytes: Box::pin(futures_util::stream::once(async move { Ok(Bytes::from(bytes)) })) })
}
