//! Links that work without signing in: what stands in them was sealed by this instance for one purpose, so nobody can
//! make or change one. They open no account: one stops letters, or reads one feed.

use base::secret::NoRandomness;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::Accounts;

/// Sealed texts of ours are far shorter.
const LONGEST: usize = 1_000;

/// Seals something for a link.
///
/// # Errors
/// If there is no randomness.
pub fn seal(accounts: &Accounts, purpose: &str, what: &impl Serialize) -> Result<String, NoRandomness> {
    let plain = serde_json::to_vec(what).map_err(|_| NoRandomness)?;
    Ok(URL_SAFE_NO_PAD.encode(accounts.key.seal(&plain, &format!("link:{purpose}"))?))
}

/// What a link says, or none if this instance did not seal it for this purpose.
#[must_use]
pub fn open<T: DeserializeOwned>(accounts: &Accounts, purpose: &str, link: &str) -> Option<T> {
    let sealed = URL_SAFE_NO_PAD.decode(link).ok().filter(|_| link.len() <= LONGEST)?;
    serde_json::from_slice(&accounts.key.open(&sealed, &format!("link:{purpose}"))?).ok()
}
