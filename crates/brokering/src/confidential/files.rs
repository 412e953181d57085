//! Confidential files: handed in by the owner's editors, sealed on their way into the store.
//!
//! A file is sealed piece by piece as it comes in and never lies on disk or in memory plain and whole; only a PDF is read
//! back once to try whether it can be marked. A file that is refused or breaks off leaves nothing behind.
//! Its name, hash and key are sealed in its row. Not here: reading one (`openings`).

use std::collections::HashMap;

use base::{Actor, ConfidentialFileId, Faults, ListingId, Refused};
use bytes::Bytes;
use chrono::{DateTime, TimeDelta, Utc};
use futures_util::TryStreamExt as _;
use sea_orm::{ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect};
use serde::{Deserialize, Serialize};
use serde_json::json;
use store::follow::report;
use store::{Ctx, NewEvent, StoreError};
use utoipa::ToSchema;

use super::kinds::FileKind;
use super::mark::Unmarkable;
use super::marking::{self, Order};
use super::objects::{self, Written};
use super::rows::file;
use super::seal::FileKey;
use super::{Vault, part, part_to_change};
use crate::Brokering;
use crate::access::{EditConfidential, ReadConfidential};
use crate::error::BrokeringError;

/// Characters of a name at most.
const NAME_MAX: usize = 200;
/// How old an object must be before it is taken out of the store because the database never heard of it, in days. A database
/// that was put back from a backup knows nothing of what was handed in since; if it turns out that another one is the right
/// one, the files are still there.
const STRAY_DAYS: i64 = 30;

/// What is sealed in the row of a file, here and of a deal's document.
#[derive(Serialize, Deserialize)]
pub(crate) struct SealedMeta {
    pub(crate) name: String,
    pub(crate) sha256: String,
    /// The key that its object is sealed with.
    pub(crate) key: String,
}

/// A confidential file as whoever may open it sees it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct FileView {
    /// The file.
    pub id: ConfidentialFileId,
    /// Its name.
    pub name: String,
    /// What it is.
    pub kind: FileKind,
    /// Its media type.
    pub media_type: String,
    /// Bytes.
    pub size: i64,
    /// SHA-256 of what was handed in; a PDF is served with a mark and so with another hash.
    pub sha256: String,
    /// When it was handed in.
    pub uploaded_at: DateTime<Utc>,
}

/// What is known of a file after it was handed in. Kept as the answer to a repeated request, so without its name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct FileReceipt {
    /// The file.
    pub id: ConfidentialFileId,
    /// What it is.
    pub kind: FileKind,
    /// Bytes.
    pub size: i64,
}

fn about(listing: ListingId, id: ConfidentialFileId) -> String {
    format!("file:{listing}:{id}")
}

/// One fault at the file.
pub(crate) fn fault(code: &'static str, args: &[(&'static str, &str)]) -> Faults {
    let mut faults = Faults::new();
    faults.add_with("/file", code, args);
    faults
}

impl Vault {
    pub(super) fn meta(&self, row: &file::Model) -> Result<SealedMeta, BrokeringError> {
        self.unseal(&row.sealed, &about(ListingId(row.listing_id), ConfidentialFileId(row.id)))
    }

    pub(super) fn view(&self, row: &file::Model) -> Result<FileView, BrokeringError> {
        let meta = self.meta(row)?;
        let kind: FileKind = row.kind.parse().map_err(|e| StoreError::corrupt("confidential file", e))?;
        Ok(FileView {
            id: ConfidentialFileId(row.id),
            name: meta.name,
            kind,
            media_type: kind.media_type().to_owned(),
            size: row.size,
            sha256: meta.sha256,
            uploaded_at: row.uploaded_at,
        })
    }

    pub(super) fn key(&self, row: &file::Model) -> Result<FileKey, BrokeringError> {
        FileKey::from_hex(&self.meta(row)?.key).ok_or(BrokeringError::Sealed)
    }

    /// Has a whole document tried or marked, few at a time and in a process of its own.
    pub(super) async fn document(
        &self,
        id: ConfidentialFileId,
        key: FileKey,
        order: &Order,
    ) -> Result<Result<Vec<u8>, Unmarkable>, BrokeringError> {
        // The semaphore is never closed.
        let _turn = self.marking.acquire().await.map_err(|_| StoreError::Lost)?;
        let pieces: Vec<Bytes> = self.objects.read(id, key).await?.try_collect().await?;
        let whole = pieces.concat();
        drop(pieces);
        // What was packed may be written unpacked.
        let most = (whole.len() as u64).saturating_mul(8).saturating_add(64 << 20);
        Ok(marking::run(&self.settings.pdf_program, order, &whole, most).await.map_err(objects::ObjectError::Marking)?)
    }
}

/// How many files a listing has.
pub(super) async fn count(db: &impl ConnectionTrait, listing: ListingId) -> Result<u64, StoreError> {
    Ok(file::Entity::find().filter(file::Column::ListingId.eq(listing.0)).filter(file::Column::RemovedAt.is_null()).count(db).await?)
}

/// The files of a listing in the order they came; who may know of them was decided before.
pub(super) async fn of_listing(vault: &Vault, db: &impl ConnectionTrait, listing: ListingId) -> Result<Vec<FileView>, BrokeringError> {
    let rows = file::Entity::find()
        .filter(file::Column::ListingId.eq(listing.0))
        .filter(file::Column::RemovedAt.is_null())
        .order_by_asc(file::Column::Id)
        .limit(vault.settings.per_listing.max(1))
        .all(db)
        .await?;
    rows.iter().map(|row| vault.view(row)).collect()
}

/// The files of a listing, for its owner's people.
///
/// # Errors
/// [`BrokeringError::Refused`] for everybody else.
pub async fn list(brokering: &Brokering, actor: &Actor, id: ListingId) -> Result<Vec<FileView>, BrokeringError> {
    let db = brokering.store.db();
    part::<ReadConfidential>(db, actor, id).await?;
    of_listing(&brokering.vault, db, id).await
}

/// Whether a file may be handed in here at all: asked before anything of it is read. A repeat may always, for its answer is
/// that of the first time.
///
/// # Errors
/// [`BrokeringError::Refused`] if not; [`BrokeringError::Invalid`] if the listing has as many as it may.
pub async fn may_add(brokering: &Brokering, ctx: &Ctx, id: ListingId) -> Result<(), BrokeringError> {
    let db = brokering.store.db();
    part::<EditConfidential>(db, &ctx.actor, id).await?;
    if brokering.store.is_answered(ctx).await? {
        return Ok(());
    }
    has_room(&brokering.vault, db, id).await
}

async fn has_room(vault: &Vault, db: &impl ConnectionTrait, id: ListingId) -> Result<(), BrokeringError> {
    let most = vault.settings.per_listing;
    if count(db, id).await? < most {
        return Ok(());
    }
    Err(BrokeringError::Invalid(fault("too_many_files", &[("max", &most.to_string())])))
}

/// A file on its way in.
pub struct Incoming {
    vault: Vault,
    id: ConfidentialFileId,
    name: String,
    kind: FileKind,
    most: u64,
    writing: objects::Incoming,
}

/// A file that lies in the store and is not yet known of. It goes with this value unless somebody makes it theirs.
pub struct Handed {
    pub(crate) id: ConfidentialFileId,
    pub(crate) name: String,
    pub(crate) kind: FileKind,
    pub(crate) written: Written,
    unclaimed: Unclaimed,
}

impl Handed {
    /// SHA-256 of the file, in hexadecimal digits.
    #[must_use]
    pub fn sha256(&self) -> &str {
        &self.written.sha256
    }

    /// From here on whoever writes the row of the file sees to its object, too: the write goes on when its asker hangs up.
    pub(crate) fn claim(&mut self) {
        self.unclaimed.vault = None;
    }
}

/// Takes an object away when it is dropped: whatever ends a request between the last byte of a file and its row, be it a fault
/// further on in the form, a body that is cut or a client that hangs up, leaves nothing in the store.
struct Unclaimed {
    id: ConfidentialFileId,
    vault: Option<Vault>,
}

impl Drop for Unclaimed {
    fn drop(&mut self) {
        // Without a runtime nobody waits for an answer either; the sweep finds it.
        if let Some((vault, runtime)) = self.vault.take().zip(tokio::runtime::Handle::try_current().ok()) {
            let id = self.id;
            runtime.spawn(async move { take_away(&vault, id).await });
        }
    }
}

fn promises(kinds: &[FileKind]) -> String {
    kinds.iter().map(|kind| kind.as_str()).collect::<Vec<_>>().join(", ")
}

/// Begins to take in a file of this name. A PDF is marked whenever it is served, so it must be one that can be.
///
/// # Errors
/// [`BrokeringError::FileRefused`] if its name promises nothing on the list.
pub async fn begin(brokering: &Brokering, name: &str) -> Result<Incoming, BrokeringError> {
    let settings = &brokering.vault.settings;
    let name: String = base::text::clean(name).replace(['/', '\\', '\n', '\t'], "_");
    let kind = FileKind::promised(&name).filter(|kind| settings.kinds.contains(kind));
    let kind = kind.ok_or_else(|| BrokeringError::FileRefused(fault("file_kind_unlisted", &[("kinds", &promises(&settings.kinds))])))?;
    let ending = name.rfind('.').and_then(|at| name.get(at..)).unwrap_or_default().to_owned();
    let stem: String = name.strip_suffix(&ending).unwrap_or(&name).chars().take(NAME_MAX - ending.chars().count()).collect();
    let id = ConfidentialFileId(brokering.store.clock().uuid());
    let most_mb = if kind == FileKind::Pdf { settings.max_mb.min(settings.pdf_max_mb) } else { settings.max_mb };
    Ok(Incoming {
        vault: brokering.vault.clone(),
        id,
        name: format!("{stem}{ending}"),
        kind,
        most: most_mb.saturating_mul(1_000_000),
        writing: brokering.vault.objects.begin(id, kind).await?,
    })
}

impl Incoming {
    /// Takes the next bytes.
    ///
    /// # Errors
    /// [`BrokeringError::TooLarge`] at the limit; [`BrokeringError::FileRefused`] as soon as it is not what its name
    /// promises. Nothing of the file is left then.
    pub async fn write(&mut self, bytes: &[u8]) -> Result<(), BrokeringError> {
        if self.writing.size() + bytes.len() as u64 > self.most {
            return Err(BrokeringError::TooLarge { most_mb: self.most / 1_000_000 });
        }
        if self.writing.write(bytes).await? { Ok(()) } else { Err(self.not_its_kind()) }
    }

    fn not_its_kind(&self) -> BrokeringError {
        BrokeringError::FileRefused(fault("file_not_its_kind", &[("kind", self.kind.as_str())]))
    }

    /// Ends the file, if it is what its name promises and, being a PDF, can be marked.
    ///
    /// # Errors
    /// [`BrokeringError::FileRefused`] otherwise; nothing of the file is left then.
    pub async fn finish(self) -> Result<Handed, BrokeringError> {
        let wrong = self.not_its_kind();
        let Self { vault, id, name, kind, writing, .. } = self;
        let written = writing.finish().await?;
        let unclaimed = Unclaimed { id, vault: Some(vault.clone()) };
        let verdict = if !written.holds {
            Err(wrong)
        } else if kind == FileKind::Pdf {
            vault
                .document(id, written.key, &Order::Try)
                .await
                .and_then(|tried| tried.map(drop).map_err(|why| BrokeringError::Invalid(fault(why.fault(), &[]))))
        } else {
            Ok(())
        };
        verdict.map(|()| Handed { id, name, kind, written, unclaimed })
    }
}

/// Takes an object away that nothing leads to; what stays is found by the sweep.
pub(crate) async fn take_away(vault: &Vault, id: ConfidentialFileId) {
    if let Err(error) = vault.objects.remove(id).await {
        tracing::warn!(file = %id, cause = report(&error), "a file could not be taken out of the store; it will be tried again");
    }
}

/// Makes a file that was handed in the listing's own.
///
/// # Errors
/// As [`may_add`]; the file is taken away again then.
pub async fn add(brokering: &Brokering, ctx: Ctx, listing: ListingId, mut handed: Handed) -> Result<FileReceipt, BrokeringError> {
    let id = handed.id;
    handed.claim();
    let done = insert(brokering, ctx, listing, handed).await;
    let is_left_over = match &done {
        // A repeat was answered as the first time: the file is there already, under that answer's id.
        Ok(receipt) => receipt.id != id,
        // Whether the store committed before it failed, the sweep finds out.
        Err(BrokeringError::Store(error)) => matches!(error, StoreError::KeyReused | StoreError::Busy { .. }),
        Err(_) => true,
    };
    if is_left_over {
        take_away(&brokering.vault, id).await;
    }
    done
}

async fn insert(brokering: &Brokering, ctx: Ctx, listing: ListingId, handed: Handed) -> Result<FileReceipt, BrokeringError> {
    let Handed { id, name, kind, written, .. } = handed;
    let meta = SealedMeta { name, sha256: written.sha256, key: written.key.to_hex() };
    let sealed = brokering.vault.seal(&meta, &about(listing, id))?;
    let size = i64::try_from(written.size).unwrap_or(i64::MAX);
    let (vault, actor) = (brokering.vault.clone(), ctx.actor.clone());
    brokering
        .store
        .write(ctx, move |tx| {
            let (vault, actor, sealed) = (vault.clone(), actor.clone(), sealed.clone());
            async move {
                part_to_change::<EditConfidential>(&tx, &actor, listing).await?;
                has_room(&vault, tx.db(), listing).await?;
                let row = file::ActiveModel {
                    id: Set(id.0),
                    listing_id: Set(listing.0),
                    kind: Set(kind.as_str().to_owned()),
                    size: Set(size),
                    sealed: Set(sealed),
                    uploaded_by: Set(actor.account().map(|a| a.0)),
                    uploaded_at: Set(tx.now()),
                    removed_at: Set(None),
                };
                file::Entity::insert(row).exec_without_returning(tx.db()).await?;
                let facts = json!({ "file": id, "kind": kind, "size": size });
                tx.emit(NewEvent::new("listing", listing, "confidential.file_added", facts));
                Ok(FileReceipt { id, kind, size })
            }
        })
        .await
}

/// Removes a file: it is gone from the store, and only the ledger still knows its name.
///
/// # Errors
/// [`BrokeringError::Refused`] for whoever does not write for the owner, and hidden for a file that is not there.
pub async fn remove(brokering: &Brokering, ctx: Ctx, listing: ListingId, id: ConfidentialFileId) -> Result<(), BrokeringError> {
    let actor = ctx.actor.clone();
    brokering
        .store
        .write(ctx, move |tx| {
            let actor = actor.clone();
            async move {
                part_to_change::<EditConfidential>(&tx, &actor, listing).await?;
                let gone = file::Entity::update_many()
                    .set(file::ActiveModel { removed_at: Set(Some(tx.now())), ..Default::default() })
                    .filter(file::Column::Id.eq(id.0))
                    .filter(file::Column::ListingId.eq(listing.0))
                    .filter(file::Column::RemovedAt.is_null())
                    .exec(tx.db())
                    .await?;
                if gone.rows_affected != 1 {
                    return Err(BrokeringError::Refused(Refused::Hidden));
                }
                tx.emit(NewEvent::new("listing", listing, "confidential.file_removed", json!({ "file": id })));
                Ok(())
            }
        })
        .await?;
    take_away(&brokering.vault, id).await;
    Ok(())
}

/// Takes objects out of the store that no row leads to any more: of files that were removed or whose upload broke off, be it
/// at the last moment or half-way. Gives how many.
///
/// A database that knows nothing of a file may be the wrong one, or one put back from a backup: what it never heard of goes
/// only after [`STRAY_DAYS`], and not at all while that is more than what it does know.
///
/// # Errors
/// If the store or the database fails.
pub async fn sweep(brokering: &Brokering) -> Result<u64, BrokeringError> {
    let (objects, db, now) = (&brokering.vault.objects, brokering.store.db(), brokering.store.clock().now());
    let mut gone = objects.sweep_halves(now - TimeDelta::hours(1)).await?;
    let (mut known, mut strays) = (0, Vec::new());
    for chunk in objects.all().await?.chunks(500) {
        let ids: Vec<ConfidentialFileId> = chunk.iter().map(|(id, _)| *id).collect();
        let mut rows = known_among(db, &ids).await?;
        rows.extend(crate::deals::documents_among(db, &ids).await?);
        for (id, written) in chunk {
            match rows.get(id) {
                Some(is_kept) => {
                    known += 1;
                    if !is_kept {
                        objects.remove(*id).await?;
                        gone += 1;
                    }
                }
                // What has just been written has no row yet.
                None if *written < now - TimeDelta::days(STRAY_DAYS) => strays.push(*id),
                None => {}
            }
        }
    }
    if strays.len() > known {
        let strays = strays.len();
        tracing::error!(
            strays,
            known,
            "most of what lies in the store of files is unknown to this database; is it the right one? Nothing of it was taken out"
        );
        return Ok(gone);
    }
    for id in strays {
        objects.remove(id).await?;
        gone += 1;
    }
    Ok(gone)
}

/// Those of these objects that are files of listings, or were: whether each still is.
async fn known_among(db: &impl ConnectionTrait, ids: &[ConfidentialFileId]) -> Result<HashMap<ConfidentialFileId, bool>, StoreError> {
    let rows = file::Entity::find().filter(file::Column::Id.is_in(ids.iter().map(|id| id.0))).all(db).await?;
    Ok(rows.into_iter().map(|row| (ConfidentialFileId(row.id), row.removed_at.is_none())).collect())
}
