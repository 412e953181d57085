//! The instance's key: encrypts what must be readable again, such as the secret of a second factor.

use std::fmt;
use std::fs::{File, OpenOptions};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use base::secret::random_bytes;
use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};

use crate::settings::AccountSettings;

const NONCE: usize = 24;

/// The key. It prints as `***`.
#[derive(Clone)]
pub struct InstanceKey(Arc<XChaCha20Poly1305>);

impl fmt::Debug for InstanceKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

/// Why there is no key.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// Others may read the file.
    #[error("{} can be read by others: chmod 600 it", .0.display())]
    Open(PathBuf),
    /// The file or setting does not hold 64 hexadecimal digits.
    #[error("{0} must hold 64 hexadecimal digits")]
    Form(String),
    /// The file cannot be read or made.
    #[error("{}", path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        #[source]
        cause: io::Error,
    },
    /// No random bytes.
    #[error(transparent)]
    Randomness(#[from] base::secret::NoRandomness),
}

impl InstanceKey {
    /// The key of the settings, else the one in the data directory.
    ///
    /// # Errors
    /// [`KeyError`].
    pub fn of(settings: &AccountSettings, data: &Path) -> Result<Self, KeyError> {
        match settings.instance_key.0.as_str() {
            "" => Self::load_or_create(data),
            hex => Self::from_hex(hex, "accounts.instance_key"),
        }
    }

    /// The key in `secret.key` of the data directory, made there the first time; refused when others may read it.
    ///
    /// # Errors
    /// [`KeyError`].
    pub fn load_or_create(data: &Path) -> Result<Self, KeyError> {
        let path = data.join("secret.key");
        let fail = |cause| KeyError::File { path: path.clone(), cause };
        match read(&path) {
            Ok(text) => Self::from_hex(text.trim(), &path.display().to_string()),
            Err(Unread::Open) => Err(KeyError::Open(path)),
            Err(Unread::Io(cause)) if cause.kind() == io::ErrorKind::NotFound => {
                let text = hex::encode(random_bytes::<32>()?);
                // Written beside and renamed without replacing: two processes that start together agree on one.
                let draft = data.join(format!("secret.key.{}", std::process::id()));
                write(&draft, &text).map_err(fail)?;
                let linked = std::fs::hard_link(&draft, &path);
                std::fs::remove_file(&draft).map_err(fail)?;
                match linked {
                    Ok(()) => {
                        File::open(data).and_then(|d| d.sync_all()).map_err(fail)?;
                        Self::from_hex(&text, "")
                    }
                    Err(cause) if cause.kind() == io::ErrorKind::AlreadyExists => Self::load_or_create(data),
                    Err(cause) => Err(fail(cause)),
                }
            }
            Err(Unread::Io(cause)) => Err(fail(cause)),
        }
    }

    fn from_hex(text: &str, place: &str) -> Result<Self, KeyError> {
        let mut bytes = [0_u8; 32];
        hex::decode_to_slice(text, &mut bytes).map_err(|_| KeyError::Form(place.to_owned()))?;
        Ok(Self(Arc::new(XChaCha20Poly1305::new(&bytes.into()))))
    }

    /// Encrypts for one purpose (`about`): what is moved to another row or purpose cannot be opened there.
    pub(crate) fn seal(&self, plain: &[u8], about: &str) -> Result<Vec<u8>, base::secret::NoRandomness> {
        let nonce: [u8; NONCE] = random_bytes()?;
        let payload = Payload { msg: plain, aad: about.as_bytes() };
        // Only a message of 2^38 bytes can fail here.
        let sealed = self.0.encrypt(&XNonce::from(nonce), payload).map_err(|_| base::secret::NoRandomness)?;
        Ok([nonce.as_slice(), &sealed].concat())
    }

    /// Decrypts, or none if it was not sealed with this key for this purpose.
    pub(crate) fn open(&self, sealed: &[u8], about: &str) -> Option<Vec<u8>> {
        let (nonce, text) = sealed.split_first_chunk::<NONCE>()?;
        self.0.decrypt(&XNonce::from(*nonce), Payload { msg: text, aad: about.as_bytes() }).ok()
    }
}

/// The key in the hands of one part of the space: it opens what that part sealed and nothing else.
#[derive(Clone, Debug)]
pub struct Sealing {
    key: InstanceKey,
    part: &'static str,
}

impl Sealing {
    pub(crate) fn new(key: InstanceKey, part: &'static str) -> Self {
        Self { key, part }
    }

    /// Encrypts for one place (`about`), such as a row and its version: it cannot be opened at another.
    ///
    /// # Errors
    /// If the operating system has no random bytes to give.
    pub fn seal(&self, plain: &[u8], about: &str) -> Result<Vec<u8>, base::secret::NoRandomness> {
        self.key.seal(plain, &format!("{}:{about}", self.part))
    }

    /// Decrypts, or none if it was not sealed by this part for this place.
    #[must_use]
    pub fn open(&self, sealed: &[u8], about: &str) -> Option<Vec<u8>> {
        self.key.open(sealed, &format!("{}:{about}", self.part))
    }
}

enum Unread {
    Open,
    Io(io::Error),
}

#[cfg(unix)]
fn read(path: &Path) -> Result<String, Unread> {
    use std::os::unix::fs::PermissionsExt;
    let mut file = File::open(path).map_err(Unread::Io)?;
    let mode = file.metadata().map_err(Unread::Io)?.permissions().mode();
    if mode & 0o077 != 0 {
        return Err(Unread::Open);
    }
    let mut text = String::new();
    file.read_to_string(&mut text).map_err(Unread::Io)?;
    Ok(text)
}

#[cfg(not(unix))]
fn read(path: &Path) -> Result<String, Unread> {
    std::fs::read_to_string(path).map_err(Unread::Io)
}

fn write(path: &Path, text: &str) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path)?;
    writeln!(file, "{text}")?;
    file.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_key_is_made_once_and_kept() {
        let dir = tempfile::tempdir().unwrap();
        let sealed = InstanceKey::load_or_create(dir.path()).unwrap().seal(b"secret", "totp:1").unwrap();
        let again = InstanceKey::load_or_create(dir.path()).unwrap();
        assert_eq!(again.open(&sealed, "totp:1").as_deref(), Some(b"secret".as_slice()));
        assert_eq!(again.open(&sealed, "totp:2"), None);
        let other = InstanceKey::load_or_create(tempfile::tempdir().unwrap().path()).unwrap();
        assert_eq!(other.open(&sealed, "totp:1"), None);
        assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 1);
    }

    #[test]
    fn what_one_part_sealed_no_other_part_opens() {
        let key = InstanceKey::load_or_create(tempfile::tempdir().unwrap().path()).unwrap();
        let (one, other) = (Sealing::new(key.clone(), "one"), Sealing::new(key.clone(), "other"));
        let sealed = one.seal(b"secret", "row").unwrap();
        assert_eq!(one.open(&sealed, "row").as_deref(), Some(b"secret".as_slice()));
        assert_eq!((one.open(&sealed, "another row"), other.open(&sealed, "row"), key.open(&sealed, "row")), (None, None, None));
        assert!(!format!("{one:?}").contains("Poly"));
    }

    #[cfg(unix)]
    #[test]
    fn a_key_that_others_may_read_is_refused() {
        use std::os::unix::fs::PermissionsExt;
        let dir = tempfile::tempdir().unwrap();
        InstanceKey::load_or_create(dir.path()).unwrap();
        let path = dir.path().join("secret.key");
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o640)).unwrap();
        assert!(matches!(InstanceKey::load_or_create(dir.path()), Err(KeyError::Open(_))));
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
        std::fs::write(&path, "short").unwrap();
        assert!(matches!(InstanceKey::load_or_create(dir.path()), Err(KeyError::Form(_))));
    }
}
