//! Opening what was confided: the right is checked and the look entered in the ledger in one write; only after its
//! commit anything is read, and a look that cannot be entered is none.

use accounts::notices::{NewNotice, NoticeKind, tell};
use accounts::people;
use base::{Actor, ConfidentialFileId, DisclosureId, Faults, Grant, ListingId, Localised, Refused};
use bytes::Bytes;
use futures_util::stream::BoxStream;
use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter};
use serde::{Deserialize, Serialize};
use serde_json::json;
use store::{Ctx, NewEvent, StoreError, Tx};
use utoipa::ToSchema;
use uuid::Uuid;

use super::disclosures::{DisclosureState, load_to_change, tell_owner};
use super::files::{self, FileView};
use super::kinds::FileKind;
use super::ledger::What;
use super::mark::Mark;
use super::marking::Order;
use super::objects::ObjectError;
use super::rows::{file, view};
use super::seal::FileKey;
use super::text::{self, ConfidentialText};
use crate::Brokering;
use crate::access::{BehindGlass, BreakGlass, Contents, OpenContents};
use crate::error::BrokeringError;

/// Characters of a reason.
const REASON_MIN: usize = 20;
const REASON_MAX: usize = 500;

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
    read(brokering, listing).await
}

/// The text and the list of files for somebody whose look is in the ledger.
async fn read(brokering: &Brokering, listing: ListingId) -> Result<Opened, BrokeringError> {
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
    serve(brokering, actor, listing, file).await
}

/// A file on its way to somebody whose look is in the ledger.
async fn serve(brokering: &Brokering, actor: &Actor, listing: ListingId, file: ConfidentialFileId) -> Result<OpenedFile, BrokeringError> {
    let vault = &brokering.vault;
    let row = live_file(brokering.store.db(), listing, file).await?;
    let FileView { name, kind, .. } = vault.view(&row)?;
    hand_out(brokering, actor, file, vault.key(&row)?, name, kind).await
}

/// A file as it leaves the space: a PDF with the mark of whoever gets it on every page, anything else as it came.
pub(crate) async fn hand_out(
    brokering: &Brokering,
    actor: &Actor,
    id: ConfidentialFileId,
    key: FileKey,
    name: String,
    kind: FileKind,
) -> Result<OpenedFile, BrokeringError> {
    let vault = &brokering.vault;
    if kind != FileKind::Pdf {
        return Ok(OpenedFile { name, kind, bytes: vault.read(id, key).await? });
    }
    let reader = actor.signed_in()?;
    let (called, address) = people::name_and_address(brokering.store.db(), reader).await?.ok_or(Refused::Hidden)?;
    let mark = Mark::of(&called, &address, reader, brokering.store.clock().now());
    // It could be marked when it was handed in; one that cannot be marked now does not leave.
    let bytes = vault.document(id, key, &Order::Mark(mark)).await?;
    let bytes = bytes.map_err(|why| StoreError::corrupt("confidential document", why))?;
    Ok(OpenedFile { name, kind, bytes: Box::pin(futures_util::stream::once(async move { Ok(Bytes::from(bytes)) })) })
}

/// Why an administrator opens something without a grant.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Emergency {
    /// The reason, 20 to 500 characters. The owner reads it in the ledger.
    #[schema(max_length = 500)]
    pub reason: String,
}

impl Emergency {
    fn check(&self) -> Result<(), BrokeringError> {
        let mut faults = Faults::new();
        let length = self.reason.trim().chars().count();
        if length < REASON_MIN {
            faults.add_with("/reason", "reason_short", &[("min", &REASON_MIN.to_string())]);
        } else if length > REASON_MAX {
            faults.add_with("/reason", "too_long", &[("max", &REASON_MAX.to_string()), ("length", &length.to_string())]);
        }
        faults.into_result().map_err(BrokeringError::Invalid)
    }
}

/// What an administrator is told before the glass is broken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Glass {
    /// The listing.
    pub listing: ListingId,
    /// Its readable code.
    pub code: String,
    /// What its owner is called.
    pub owner: Localised,
    /// Who is told: the admins of the owner, and where it has none its editors and those who sign for it.
    pub told: Vec<String>,
}

/// Whose glass it is and who will be told, by the listing's readable code. Nothing is opened and nothing entered.
///
/// # Errors
/// [`Refused`] hidden for everybody but administrators, and for a code there is none of.
pub async fn glass(brokering: &Brokering, actor: &Actor, code: &str) -> Result<Glass, BrokeringError> {
    let db = brokering.store.db();
    let id = listings::lookup::by_code(db, code).await?.ok_or(Refused::Hidden)?;
    let head = listings::lookup::head(db, id).await?.ok_or(Refused::Hidden)?;
    let head = Grant::<BreakGlass>::check(actor, BehindGlass(head))?.into_object().0;
    let owner = accounts::parties::load_many(db, &[head.party]).await?.pop().ok_or(Refused::Hidden)?;
    let told = accounts::parties::answerable_for(db, head.party).await?;
    let told = people::names(db, &told).await?.into_values().collect();
    Ok(Glass { listing: head.id, code: head.code, owner: owner.names, told })
}

/// Opens the text and the list of files to an administrator, in an emergency: noted with the reason, and the owner's admins are told,
/// or whoever else writes or signs for it where it has none. A repeat with the same key reads what is there by then, so it is a look of
/// its own in the ledger; only the owner is told no second time.
///
/// # Errors
/// [`BrokeringError::Invalid`] without a reason; [`BrokeringError::Refused`] for everybody else.
pub async fn break_glass(
    brokering: &Brokering,
    ctx: Ctx,
    address: &str,
    listing: ListingId,
    emergency: Emergency,
) -> Result<Opened, BrokeringError> {
    enter_emergency(brokering, ctx, address, listing, None, emergency).await?;
    read(brokering, listing).await
}

/// Opens a file in the same way.
///
/// # Errors
/// As [`break_glass`].
pub async fn break_glass_file(
    brokering: &Brokering,
    ctx: Ctx,
    address: &str,
    listing: ListingId,
    file: ConfidentialFileId,
    emergency: Emergency,
) -> Result<OpenedFile, BrokeringError> {
    let actor = ctx.actor.clone();
    enter_emergency(brokering, ctx, address, listing, Some(file), emergency).await?;
    serve(brokering, &actor, listing, file).await
}

/// A look in an emergency.
#[derive(Clone)]
struct EmergencyLook {
    id: Uuid,
    actor: Actor,
    address: String,
    listing: ListingId,
    file: Option<ConfidentialFileId>,
    emergency: Emergency,
    /// Whether the owner is told of it.
    is_told: bool,
}

/// Enters a look in the ledger. A repeat is answered with the look that its key was first used for, without a word on who asks: it is
/// entered anew, and the right to it proven.
async fn enter_emergency(
    brokering: &Brokering,
    ctx: Ctx,
    address: &str,
    listing: ListingId,
    file: Option<ConfidentialFileId>,
    emergency: Emergency,
) -> Result<(), BrokeringError> {
    let (id, actor, address) = (brokering.store.clock().uuid(), ctx.actor.clone(), address.to_owned());
    let first = EmergencyLook { id, actor: actor.clone(), address, listing, file, emergency, is_told: true };
    if write_emergency(brokering, ctx, first.clone()).await? != id {
        let again = EmergencyLook { id: brokering.store.clock().uuid(), is_told: false, ..first };
        write_emergency(brokering, Ctx::of(actor), again).await?;
    }
    Ok(())
}

/// Gives the id of the look that was entered, or that the key was first used for.
async fn write_emergency(brokering: &Brokering, ctx: Ctx, look: EmergencyLook) -> Result<Uuid, BrokeringError> {
    brokering
        .store
        .write(ctx, move |tx| {
            let look = look.clone();
            async move { enter_emergency_in(&tx, look).await }
        })
        .await
}

async fn enter_emergency_in(tx: &Tx, look: EmergencyLook) -> Result<Uuid, BrokeringError> {
    let EmergencyLook { id, actor, address, listing, file, emergency, is_told } = look;
    let head = listings::lookup::head_to_change(tx, listing).await?.ok_or(Refused::Hidden)?;
    let head = Grant::<BreakGlass>::check(&actor, BehindGlass(head))?.into_object().0;
    let administrator = actor.signed_in()?;
    emergency.check()?;
    if let Some(file) = file {
        live_file(tx.db(), listing, file).await?;
    }
    let what = if file.is_some() { What::File } else { What::Text };
    let row = view::ActiveModel {
        id: Set(id),
        listing_id: Set(listing.0),
        disclosure_id: Set(None),
        account_id: Set(administrator.0),
        what: Set(what.as_str().to_owned()),
        file_id: Set(file.map(|f| f.0)),
        reason: Set(Some(emergency.reason.trim().to_owned())),
        address: Set(address),
        at: Set(tx.now()),
    };
    view::Entity::insert(row).exec_without_returning(tx.db()).await?;
    tx.emit(NewEvent::new("listing", listing, "confidential.glass_broken", json!({ "what": what, "file": file })));
    let notice = NewNotice {
        kind: NoticeKind::GlassBroken,
        about_kind: "listing",
        about: listing.0,
        facts: json!({ "listing": listing, "what": "glass_broken", "account": administrator }),
        once: format!("disclosure_used:glass:{id}"),
    };
    let told = if is_told { accounts::parties::answerable_for(tx.db(), head.party).await? } else { Vec::new() };
    for account in told {
        tell(tx, account, &notice).await?;
    }
    Ok(id)
}
