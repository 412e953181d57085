//! Imports that wait for a worker: the file lies in `DATA/imports/<id>` until it is done with.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use base::{Faults, ImportId};
use sea_orm::EntityTrait;
use serde::Deserialize;
use store::{Ctx, StoreError, jobs};
use tokio_util::sync::CancellationToken;

use super::rows::import;
use super::run::{Import, hash_of, insert};
use super::{ImportError, ImportState, ImportView, Limits, Mapping, Options, Progress, rights, view};
use crate::Listings;
use crate::error::ListingError;

/// The kind of job that runs a waiting import.
pub const JOB: &str = "import.run";

/// What such a job says.
#[derive(Deserialize)]
struct Payload {
    import: ImportId,
}

fn place(data: &Path, id: ImportId) -> PathBuf {
    data.join("imports").join(id.to_string())
}

/// Takes a file over (it is moved) and leaves it to a worker. `mapping` is the text of a mapping file; none for the
/// product's own format.
///
/// # Errors
/// [`ListingError::Refused`] if the actor may not; [`ListingError::Invalid`] with `/mapping` if the mapping is wrong,
/// `/file` if the file is gone.
pub async fn start(
    listings: &Listings,
    ctx: Ctx,
    data: &Path,
    file: &Path,
    mapping: Option<&str>,
    options: &Options,
) -> Result<ImportView, ListingError> {
    rights::may_import(&ctx.actor, options)?;
    let wrong = |pointer: &str, why: String| {
        let mut faults = Faults::new();
        faults.add_with(pointer, "unreadable", &[("why", &why)]);
        ListingError::Invalid(faults)
    };
    let mapping = mapping.filter(|m| !m.trim().is_empty()).map(|m| Mapping::parse("mapping", m));
    let mapping = mapping.transpose().map_err(|e| wrong("/mapping", e.what))?;
    let hash = hash_of(file, &Limits::default()).await.map_err(|e| match e {
        ImportError::Listing(error) => error,
        other => wrong("/file", other.to_string()),
    })?;
    let id = ImportId(listings.store.clock().uuid());
    let kept = place(data, id);
    keep(file, &kept).await.map_err(|e| wrong("/file", e.to_string()))?;
    let actor = ctx.actor.clone();
    let inserted = insert(listings, ctx, id, hash, mapping.as_ref(), options, true).await;
    // A refused or repeated request needs no second copy.
    if inserted.as_ref().map(|row| row.id).ok() != Some(id.0) {
        forget(&kept).await;
    }
    view::get(listings, &actor, ImportId(inserted?.id)).await
}

async fn keep(file: &Path, kept: &Path) -> std::io::Result<()> {
    if let Some(folder) = kept.parent() {
        tokio::fs::create_dir_all(folder).await?;
    }
    if tokio::fs::rename(file, kept).await.is_err() {
        // On another file system.
        tokio::fs::copy(file, kept).await?;
        tokio::fs::remove_file(file).await?;
    }
    Ok(())
}

async fn forget(kept: &Path) {
    match tokio::fs::remove_file(kept).await {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            tracing::warn!(%error, file = %kept.display(), "a file that was imported could not be removed");
        }
        _ => {}
    }
}

/// Runs an import that waits or was interrupted; one that has ended is left alone.
///
/// # Errors
/// [`ImportError`] if the database fails; it goes on from there when it is run again.
pub async fn run_waiting(
    listings: &Listings,
    data: &Path,
    id: ImportId,
    progress: Arc<dyn Fn(Progress) + Send + Sync>,
    stop: CancellationToken,
) -> Result<(), ImportError> {
    let Some(row) = import::Entity::find_by_id(id.0).one(listings.store.db()).await? else { return Ok(()) };
    if !matches!(row.state.as_str(), "waiting" | "running" | "interrupted") {
        return Ok(());
    }
    let kept = place(data, id);
    let runner = Import { listings: listings.clone(), limits: Limits::default(), progress, stop };
    let ended = match runner.execute(row, &kept).await {
        // Whoever started it may no longer: said in the import, not tried again.
        Err(ImportError::Listing(ListingError::Refused(_))) => runner.refuse(id).await?,
        other => other?,
    };
    if matches!(ended.state, ImportState::Done | ImportState::Failed) {
        forget(&kept).await;
    }
    Ok(())
}

/// Runs the import a job is about.
///
/// # Errors
/// As [`run_waiting`].
pub async fn run_job(listings: &Listings, data: &Path, job: &jobs::Job, stop: CancellationToken) -> Result<(), ImportError> {
    let payload: Payload = Payload::deserialize(&job.payload).map_err(|e| ListingError::Store(StoreError::corrupt("job", e)))?;
    run_waiting(listings, data, payload.import, Arc::new(|_| {}), stop).await
}
