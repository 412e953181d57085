//! Where sealed files lie: a folder of the data directory, or a bucket behind an S3-compatible address. Each space has a place of
//! its own there, named by its id, and looks at no other: several may share a bucket.
//!
//! A file is written as one object that is there only when it is whole; one that breaks off leaves nothing, and what a process
//! that was killed left half-way in the folder is swept away (a bucket drops it by a rule of its own). Nothing plain ever
//! reaches the store. Not here: who may have a file (`files`, `openings`).

use std::path::Path as Folder;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use accounts::Hidden;
use base::ConfidentialFileId;
use base::secret::NoRandomness;
use bytes::Bytes;
use futures_util::stream::BoxStream;
use futures_util::{StreamExt as _, TryStreamExt as _};
use object_store::aws::AmazonS3Builder;
use object_store::local::LocalFileSystem;
use object_store::path::Path;
use object_store::{MultipartUpload, ObjectStore, ObjectStoreExt as _, RetryConfig};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::kinds::{FileKind, Look};
use super::seal::{Broken, FileKey, Opener, Sealer};

/// How long a bucket that fails is tried again: somebody waits for the answer.
const BUCKET_PATIENCE: Duration = Duration::from_secs(10);
/// Sealed bytes in each part of an upload but the last: S3 takes no smaller ones, and some stores none that differ.
const PART: usize = 5 * 1024 * 1024;

/// Where confidential files lie and what they may be: `[files]`.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct FilesSettings {
    /// Their folder, in the data directory unless the path is whole. Not used with a bucket.
    pub folder: String,
    /// Largest file, in MB.
    pub max_mb: u64,
    /// Largest PDF, in MB: marking one takes several times its size in memory.
    pub pdf_max_mb: u64,
    /// The program that marks PDFs when it is started as `PROGRAM mark-pdf`; empty for this program.
    pub pdf_program: String,
    /// Files of one listing at most.
    pub per_listing: u64,
    /// What they may be.
    pub kinds: Vec<FileKind>,
    /// The bucket of an S3-compatible store; empty for the folder.
    pub s3_bucket: String,
    /// The store's address; empty for Amazon's own.
    pub s3_endpoint: String,
    /// The store's region.
    pub s3_region: String,
    /// The key's name.
    pub s3_access_key: String,
    /// The key.
    pub s3_secret_key: Hidden,
    /// A folder with `vi.md` and `en.md`, the agreement that readers accept; empty for the built-in one.
    pub nda_folder: String,
}

impl Default for FilesSettings {
    fn default() -> Self {
        Self {
            folder: "files".to_owned(),
            max_mb: 50,
            pdf_max_mb: 25,
            pdf_program: String::new(),
            per_listing: 50,
            kinds: FileKind::ALL.to_vec(),
            s3_bucket: String::new(),
            s3_endpoint: String::new(),
            s3_region: "auto".to_owned(),
            s3_access_key: String::new(),
            s3_secret_key: Hidden::default(),
            nda_folder: String::new(),
        }
    }
}

/// Why a file could not be written or read. It names the object, never what is in it.
#[derive(Debug, thiserror::Error)]
pub enum ObjectError {
    /// The store failed.
    #[error("the store of files failed")]
    Store(#[from] object_store::Error),
    /// The folder cannot be made, read or cleared.
    #[error("the folder of files cannot be used")]
    Folder(#[source] std::io::Error),
    /// No process to mark documents in.
    #[error("the process that marks documents cannot be started")]
    Marking(#[source] std::io::Error),
    /// What lies there is not what was written.
    #[error(transparent)]
    Broken(#[from] Broken),
    /// No random bytes.
    #[error(transparent)]
    Randomness(#[from] NoRandomness),
}

/// The store of sealed files. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Objects {
    store: Arc<dyn ObjectStore>,
    /// The space's folder, unless it is a bucket.
    folder: Option<Arc<Folder>>,
    /// The id of the space, under which all its files lie.
    space: Uuid,
}

impl Objects {
    /// The store that the settings name, for the files of one space; its folder is made for its owner alone.
    ///
    /// # Errors
    /// If it cannot be used.
    pub fn open(settings: &FilesSettings, data: &Folder, space: Uuid) -> Result<Self, ObjectError> {
        if settings.s3_bucket.is_empty() {
            let root = data.join(&settings.folder);
            let folder = root.join(space.to_string());
            private_folder(&folder).map_err(ObjectError::Folder)?;
            let store = LocalFileSystem::new_with_prefix(&root)?.with_fsync(true);
            return Ok(Self { store: Arc::new(store), folder: Some(folder.into()), space });
        }
        let mut builder = AmazonS3Builder::new()
            .with_bucket_name(&settings.s3_bucket)
            .with_region(&settings.s3_region)
            .with_access_key_id(&settings.s3_access_key)
            .with_secret_access_key(&settings.s3_secret_key.0)
            .with_retry(RetryConfig { max_retries: 3, retry_timeout: BUCKET_PATIENCE, ..RetryConfig::default() })
            .with_allow_http(settings.s3_endpoint.starts_with("http://"));
        if !settings.s3_endpoint.is_empty() {
            builder = builder.with_endpoint(&settings.s3_endpoint);
        }
        Ok(Self { store: Arc::new(builder.build()?), folder: None, space })
    }

    fn path(&self, id: ConfidentialFileId) -> Path {
        Path::from(format!("{}/{id}", self.space))
    }

    /// Begins to write a file.
    pub(crate) async fn begin(&self, id: ConfidentialFileId, promised: FileKind) -> Result<Incoming, ObjectError> {
        let (key, mut sealed) = (FileKey::random()?, Vec::new());
        let sealer = Sealer::begin(key, &id.to_string(), &mut sealed)?;
        let upload = self.store.put_multipart(&self.path(id)).await?;
        Ok(Incoming { upload: Some(upload), sealer: Some(sealer), sealed, key, look: Look::new(promised), hash: Sha256::new(), size: 0 })
    }

    /// A file's plain bytes, piece by piece. It ends with an error if what lies there is not what was written.
    pub(crate) async fn read(
        &self,
        id: ConfidentialFileId,
        key: FileKey,
    ) -> Result<BoxStream<'static, Result<Bytes, ObjectError>>, ObjectError> {
        let sealed = self.store.get(&self.path(id)).await?.into_stream().map_err(ObjectError::from);
        let opener = Opener::begin(key, &id.to_string());
        let plain = futures_util::stream::try_unfold((sealed, Some(opener)), |(mut sealed, opener)| async move {
            let Some(mut opener) = opener else { return Ok(None) };
            let mut out = Vec::new();
            while out.is_empty() {
                let Some(bytes) = sealed.try_next().await? else {
                    opener.finish(&mut out)?;
                    return Ok(Some((Bytes::from(out), (sealed, None))));
                };
                opener.write(&bytes, &mut out)?;
            }
            Ok(Some((Bytes::from(out), (sealed, Some(opener)))))
        });
        Ok(plain.boxed())
    }

    /// Takes an object away; one that is not there is none.
    pub(crate) async fn remove(&self, id: ConfidentialFileId) -> Result<(), ObjectError> {
        match self.store.delete(&self.path(id)).await {
            Ok(()) | Err(object_store::Error::NotFound { .. }) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    /// Takes away what uploads that broke off left half-way and nobody has written to since a moment; gives how many. Of a bucket
    /// none: there it is seen to by the bucket's own rule.
    pub(crate) async fn sweep_halves(&self, before: chrono::DateTime<chrono::Utc>) -> Result<u64, ObjectError> {
        let Some(folder) = self.folder.clone() else { return Ok(0) };
        let swept = tokio::task::spawn_blocking(move || sweep_folder(&folder, before.into())).await;
        swept.unwrap_or_else(|error| Err(std::io::Error::other(error))).map_err(ObjectError::Folder)
    }

    /// Every object of the space with the moment it was written.
    pub(crate) async fn all(&self) -> Result<Vec<(ConfidentialFileId, chrono::DateTime<chrono::Utc>)>, ObjectError> {
        let found: Vec<_> = self.store.list(Some(&Path::from(self.space.to_string()))).try_collect().await?;
        Ok(found.into_iter().filter_map(|o| Some((o.location.filename()?.parse().ok()?, o.last_modified))).collect())
    }
}

/// Takes away what uploads that broke off left in the folder and nobody has written to since a moment; gives how many. The local
/// store writes to `<id>#<number>` and gives it its name at the end, and never lists what has no name yet.
fn sweep_folder(folder: &Folder, before: SystemTime) -> std::io::Result<u64> {
    let mut gone = 0;
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        let name = entry.file_name();
        let Some((id, number)) = name.to_str().and_then(|name| name.split_once('#')) else { continue };
        let is_half = id.parse::<ConfidentialFileId>().is_ok() && !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit());
        if is_half {
            // One that got its name meanwhile, or that another node has taken away, is not there: no reason to stop.
            let swept = entry.metadata().and_then(|data| data.modified()).and_then(|at| {
                let is_old = at < before;
                if is_old { std::fs::remove_file(entry.path()).map(|()| 1) } else { Ok(0) }
            });
            match swept {
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
                swept => gone += swept?,
            }
        }
    }
    Ok(gone)
}

fn private_folder(path: &Folder) -> std::io::Result<()> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path)
}

/// A file on its way in. It goes with this value unless it is finished.
pub(crate) struct Incoming {
    upload: Option<Box<dyn MultipartUpload>>,
    sealer: Option<Sealer>,
    sealed: Vec<u8>,
    key: FileKey,
    look: Look,
    hash: Sha256,
    size: u64,
}

/// What is known of a file that was written.
pub(crate) struct Written {
    pub key: FileKey,
    pub sha256: String,
    pub size: u64,
    /// Whether its bytes were what its name promised.
    pub holds: bool,
}

impl Incoming {
    /// Takes the next plain bytes; false as soon as the file cannot be what its name promised.
    pub(crate) async fn write(&mut self, plain: &[u8]) -> Result<bool, ObjectError> {
        self.hash.update(plain);
        self.size += plain.len() as u64;
        self.sealer.as_mut().ok_or(Broken)?.write(plain, &mut self.sealed)?;
        self.send_whole_parts().await?;
        Ok(self.look.see(plain))
    }

    /// Plain bytes so far.
    pub(crate) fn size(&self) -> u64 {
        self.size
    }

    async fn send_whole_parts(&mut self) -> Result<(), ObjectError> {
        while self.sealed.len() >= PART {
            let rest = self.sealed.split_off(PART);
            let part = std::mem::replace(&mut self.sealed, rest);
            self.send(part).await?;
        }
        Ok(())
    }

    async fn send(&mut self, part: Vec<u8>) -> Result<(), ObjectError> {
        if let Some(upload) = &mut self.upload {
            upload.put_part(part.into()).await?;
        }
        Ok(())
    }

    /// Ends the file: from now on the object is there.
    pub(crate) async fn finish(mut self) -> Result<Written, ObjectError> {
        self.sealer.take().ok_or(Broken)?.finish(&mut self.sealed)?;
        self.send_whole_parts().await?;
        let last = std::mem::take(&mut self.sealed);
        if !last.is_empty() {
            self.send(last).await?;
        }
        if let Some(upload) = &mut self.upload {
            upload.complete().await?;
        }
        self.upload = None;
        let sha256 = hex::encode(std::mem::take(&mut self.hash).finalize());
        Ok(Written { key: self.key, sha256, size: self.size, holds: self.look.holds() })
    }
}

impl Drop for Incoming {
    fn drop(&mut self) {
        // Without a runtime there is no upload in work either.
        if let Some((mut upload, runtime)) = self.upload.take().zip(tokio::runtime::Handle::try_current().ok()) {
            runtime.spawn(async move {
                if let Err(error) = upload.abort().await {
                    tracing::warn!(%error, "an upload that broke off could not be taken away");
                }
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_a_killed_process_left_half_way_is_swept_once_it_is_old_and_nothing_else_is() {
        let data = tempfile::tempdir().unwrap();
        let objects = Objects::open(&FilesSettings::default(), data.path(), Uuid::from_u128(1)).unwrap();
        let id = ConfidentialFileId(Uuid::from_u128(7));
        let mut whole = objects.begin(id, FileKind::Txt).await.unwrap();
        whole.write(b"abc").await.unwrap();
        whole.finish().await.unwrap();
        // One that is still being written, as a killed process leaves it: nothing takes it away.
        let mut half = objects.begin(ConfidentialFileId(Uuid::from_u128(8)), FileKind::Txt).await.unwrap();
        half.write(&vec![b'a'; PART + 1]).await.unwrap();
        std::mem::forget(half);
        let folder = data.path().join("files").join(Uuid::from_u128(1).to_string());
        let names = || {
            let mut all: Vec<String> = std::fs::read_dir(&folder).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
            all.sort();
            all
        };
        let before = names();
        assert!(before.len() == 2 && before.iter().any(|name| name.contains('#')), "{before:?}");
        std::fs::write(folder.join("notes#7"), b"somebody else's").unwrap();
        let now = base::Clock::system().now();
        assert_eq!(objects.sweep_halves(now - chrono::TimeDelta::hours(1)).await.unwrap(), 0, "it may still be written");
        assert_eq!(objects.sweep_halves(now + chrono::TimeDelta::hours(1)).await.unwrap(), 1);
        assert_eq!(names(), [id.to_string(), "notes#7".to_owned()]);
    }
}
