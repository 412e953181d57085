//! What a party confides: the confidential part of a listing and its files, opened to named persons under an agreement.
//!
//! What always holds: it lies in tables and a store of its own, sealed, and none of it enters an index, an event, a
//! notice, a log line or an error; to open it takes the owner's grant to this person, the agreement accepted by this
//! person, and a day that is not over; each opening stands in the ledger before anything leaves; a PDF leaves with the
//! reader's mark on every page. Who may do what stands in `access`.
//! Start at `text` and `files` for the owner, at `disclosures` and `openings` for the reader; `room` is what of it concerns
//! one deal.

pub mod disclosures;
pub mod files;
pub mod kinds;
pub mod ledger;
pub mod mark;
pub mod marking;
pub mod nda;
pub mod objects;
pub mod openings;
mod pictures;
pub mod room;
pub(crate) mod rows;
pub(crate) mod seal;
pub mod text;

use std::path::Path;
use std::sync::Arc;

use accounts::{Accounts, Sealing};
use base::{Actor, ConfidentialFileId, Grant, ListingId, Refused};
use bytes::Bytes;
use futures_util::stream::BoxStream;
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, PaginatorTrait, QueryFilter};
use serde::Serialize;
use serde::de::DeserializeOwned;
use store::{StoreError, Tx};
use tokio::sync::Semaphore;

use crate::access::Confided;
use crate::error::BrokeringError;
use nda::{Nda, NdaError};
use objects::{FilesSettings, ObjectError, Objects};
use seal::FileKey;

/// Documents that are marked at the same time: each takes some times its size in memory.
const MARKING: usize = 2;

/// Where confidential material is kept: the key's part for it, the store of files, the agreement. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Vault {
    sealing: Sealing,
    objects: Objects,
    nda: Arc<Nda>,
    settings: Arc<FilesSettings>,
    marking: Arc<Semaphore>,
}

/// Why there is no vault.
#[derive(Debug, thiserror::Error)]
pub enum VaultError {
    /// The store of files cannot be used.
    #[error(transparent)]
    Objects(#[from] ObjectError),
    /// The agreement cannot be used.
    #[error(transparent)]
    Nda(#[from] NdaError),
}

impl Vault {
    /// Opens the vault of a space.
    ///
    /// # Errors
    /// [`VaultError`].
    pub fn open(accounts: &Accounts, settings: &FilesSettings, data: &Path) -> Result<Self, VaultError> {
        Ok(Self {
            sealing: accounts.sealing("confidential"),
            objects: Objects::open(settings, data, accounts.store().space())?,
            nda: Arc::new(Nda::open(&settings.nda_folder)?),
            settings: Arc::new(settings.clone()),
            marking: Arc::new(Semaphore::new(MARKING)),
        })
    }

    /// What files may be.
    #[must_use]
    pub fn settings(&self) -> &FilesSettings {
        &self.settings
    }

    /// The agreement in force.
    #[must_use]
    pub fn nda(&self) -> &Nda {
        &self.nda
    }

    /// Seals a value for one place.
    pub(crate) fn seal(&self, value: &impl Serialize, about: &str) -> Result<Vec<u8>, StoreError> {
        let plain = serde_json::to_vec(value).map_err(|e| StoreError::corrupt("confidential value", e))?;
        Ok(self.sealing.seal(&plain, about)?)
    }

    /// A file's plain bytes as a stream.
    pub(crate) async fn read(
        &self,
        id: ConfidentialFileId,
        key: FileKey,
    ) -> Result<BoxStream<'static, Result<Bytes, ObjectError>>, ObjectError> {
        self.objects.read(id, key).await
    }

    /// Opens a value that was sealed for this place. What a fault says holds nothing of the value.
    pub(crate) fn unseal<T: DeserializeOwned>(&self, sealed: &[u8], about: &str) -> Result<T, BrokeringError> {
        let plain = self.sealing.open(sealed, about).ok_or(BrokeringError::Sealed)?;
        serde_json::from_slice(&plain).map_err(|_| BrokeringError::Sealed)
    }
}

/// Whether a listing has anything confided.
///
/// # Errors
/// If the database fails.
pub async fn is_there(db: &impl ConnectionTrait, listing: ListingId) -> Result<bool, StoreError> {
    let text = rows::confidential::Entity::find_by_id(listing.0).filter(rows::confidential::Column::Sections.gt(0));
    if text.count(db).await? > 0 {
        return Ok(true);
    }
    Ok(files::count(db, listing).await? > 0)
}

/// The confidential part of a listing for somebody who may do this with it.
async fn part<A: base::Action<Object = Confided>>(
    db: &impl ConnectionTrait,
    actor: &Actor,
    id: ListingId,
) -> Result<Grant<A>, BrokeringError> {
    let head = listings::lookup::head(db, id).await?.ok_or(Refused::Hidden)?;
    Ok(Grant::<A>::check(actor, Confided(head))?)
}

/// The same to change it: on PostgreSQL the listing's row is locked until the commit.
async fn part_to_change<A: base::Action<Object = Confided>>(tx: &Tx, actor: &Actor, id: ListingId) -> Result<Grant<A>, BrokeringError> {
    let head = listings::lookup::head_to_change(tx, id).await?.ok_or(Refused::Hidden)?;
    Ok(Grant::<A>::check(actor, Confided(head))?)
}
