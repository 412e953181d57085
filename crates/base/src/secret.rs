//! Secrets: 256 bits from the operating system, shown once, kept only as a SHA-256 hash.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};

/// A secret on its way to its owner. It has no `Serialize` and prints as `***`.
#[derive(Clone)]
pub struct Secret(String);

impl Secret {
    /// A new secret behind a fixed prefix, by which leak scanners find it.
    ///
    /// # Errors
    /// If the operating system gives no random bytes.
    pub fn new(prefix: &str) -> Result<Self, NoRandomness> {
        let bytes: [u8; 32] = random_bytes()?;
        Ok(Self(format!("{prefix}{}", URL_SAFE_NO_PAD.encode(bytes))))
    }

    /// A secret that came in from outside.
    #[must_use]
    pub fn received(text: &str) -> Self {
        Self(text.to_owned())
    }

    /// The text, for the one place that shows it.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// What is stored. A plain hash will do: the secret has 256 bits, so nobody can try them all.
    #[must_use]
    pub fn hash(&self) -> Vec<u8> {
        Sha256::digest(self.0.as_bytes()).to_vec()
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

/// The operating system gave no random bytes.
#[derive(Debug, thiserror::Error)]
#[error("the operating system gave no random bytes")]
pub struct NoRandomness;

/// Random bytes from the operating system.
///
/// # Errors
/// If it has none to give.
pub fn random_bytes<const N: usize>() -> Result<[u8; N], NoRandomness> {
    let mut bytes = [0_u8; N];
    rand::TryRng::try_fill_bytes(&mut rand::rngs::SysRng, &mut bytes).map_err(|_| NoRandomness)?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::Secret;

    #[test]
    fn a_secret_never_prints_itself() {
        let secret = Secret::new("insp_").unwrap();
        assert_eq!(format!("{secret:?}"), "***");
        assert!(secret.reveal().len() > 40);
        assert_ne!(secret.hash(), Secret::new("insp_").unwrap().hash());
    }
}
