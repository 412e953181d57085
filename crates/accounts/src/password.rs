//! Passwords: what makes one good enough, and hashing them away from the async threads.
//!
//! What always holds: at most `hash_permits` hashes are computed at once and `hash_queue` wait, so a flood of sign-ins
//! cannot take the processor from everybody else; a sign-in for an unknown address costs one hash as well.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use argon2::password_hash::{PasswordHasher, PasswordVerifier, phc::PasswordHash};
use argon2::{Algorithm, Argon2, Params, Version};
use base::Faults;
use serde::Deserialize;
use store::StoreError;
use tokio::sync::Semaphore;
use utoipa::ToSchema;

use crate::settings::AccountSettings;

/// Vietnamese passwords that everybody tries first; zxcvbn knows the English ones.
const COMMON: &str = include_str!("../data/common_passwords_vi.txt");
/// Longest password, in characters.
const LENGTH_MAX: usize = 200;
/// zxcvbn looks at no more, and its time grows with the length.
const JUDGED: usize = 64;

/// A password on its way in. No `Serialize`; prints as `***`.
#[derive(Clone, Deserialize, ToSchema)]
#[serde(transparent)]
#[schema(value_type = String, format = Password)]
pub struct Password(String);

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

impl Password {
    /// From what was typed: NFC, so that it does not depend on the keyboard's way of making marks. Spaces stay.
    #[must_use]
    pub fn new(text: &str) -> Self {
        Self(text.to_owned())
    }

    fn bytes(&self) -> Vec<u8> {
        // `clean` trims and makes NFC; a guard character on both sides keeps the spaces.
        let guarded = base::text::clean(&format!("|{}|", self.0));
        guarded.into_bytes()
    }

    /// Adds what is wrong with it as a new password of this person.
    pub fn check(&self, settings: &AccountSettings, about: &[&str], pointer: &str, faults: &mut Faults) {
        let length = self.0.chars().count();
        if length < settings.password_min_length {
            faults.add_with(pointer, "password_short", &[("min", &settings.password_min_length.to_string())]);
            return;
        }
        if length > LENGTH_MAX {
            faults.add_with(pointer, "too_long", &[("max", &LENGTH_MAX.to_string()), ("length", &length.to_string())]);
            return;
        }
        let judged: String = self.0.chars().take(JUDGED).collect();
        // Name and address, whole and in parts: lan.nguyen@…, lan.nguyen, nguyen.
        let mut parts: Vec<&str> = about.iter().flat_map(|a| a.split(['@', '.', ' '])).filter(|p| p.len() > 2).collect();
        parts.extend(about.iter().filter_map(|a| a.split('@').next()));
        parts.extend_from_slice(about);
        if is_common(&judged) || u8::from(zxcvbn::zxcvbn(&judged, &parts).score()) < settings.password_min_score {
            faults.add(pointer, "password_guessable");
        }
        if classes(&self.0) < settings.password_classes {
            faults.add_with(pointer, "password_classes", &[("min", &settings.password_classes.to_string())]);
        }
    }
}

/// True if it is one of the list, whatever marks, capitals, digits or signs were added.
fn is_common(password: &str) -> bool {
    let letters: String = base::fold::folded(password).chars().filter(char::is_ascii_alphabetic).collect();
    letters.len() >= 4 && COMMON.lines().any(|word| !word.is_empty() && word == letters)
}

/// How many of lower case, upper case, digits and others it has.
fn classes(password: &str) -> u8 {
    let has = |test: fn(&char) -> bool| u8::from(password.chars().any(|c| test(&c)));
    has(|c| c.is_lowercase()) + has(|c| c.is_uppercase()) + has(|c| c.is_numeric()) + has(|c| !c.is_alphanumeric())
}

/// What a comparison with a stored hash showed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Compared {
    /// The password is right.
    pub right: bool,
    /// The hash was made with other parameters than today's.
    pub outdated: bool,
}

/// Computes hashes, a few at a time. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Hasher {
    permits: Arc<Semaphore>,
    queue: Arc<Semaphore>,
    params: Params,
    /// A hash of nothing anybody knows, compared with where there is no account.
    dummy: Arc<str>,
}

impl Hasher {
    /// # Errors
    /// If the settings' parameters are none for Argon2.
    pub fn new(settings: &AccountSettings) -> Result<Self, argon2::Error> {
        let params = Params::new(settings.hash_memory_kib, settings.hash_passes, 1, None)?;
        let unknown: [u8; 32] = base::secret::random_bytes().map_err(|_| argon2::Error::SaltTooShort)?;
        let dummy = hash_now(&params, &unknown).map_err(|_| argon2::Error::SaltTooShort)?;
        let permits = settings.hash_permits.max(1);
        Ok(Self {
            permits: Arc::new(Semaphore::new(permits)),
            queue: Arc::new(Semaphore::new(permits + settings.hash_queue)),
            params,
            dummy: dummy.into(),
        })
    }

    /// The string to store.
    pub async fn hash(&self, password: &Password) -> Result<String, StoreError> {
        let (params, bytes) = (self.params.clone(), password.bytes());
        self.run(move || hash_now(&params, &bytes)).await?
    }

    /// Compares with a stored hash, or with one that nothing fits where there is none: it takes as long.
    pub async fn compare(&self, password: &Password, stored: Option<&str>) -> Result<Compared, StoreError> {
        let known = stored.is_some();
        let stored = stored.unwrap_or(&self.dummy).to_owned();
        let (params, bytes) = (self.params.clone(), password.bytes());
        self.run(move || {
            let Ok(hash) = PasswordHash::new(&stored) else { return Compared { right: false, outdated: false } };
            let right = Argon2::default().verify_password(&bytes, &hash).is_ok();
            let outdated = Params::try_from(&hash)
                .map_or(true, |p| (p.m_cost(), p.t_cost(), p.p_cost()) != (params.m_cost(), params.t_cost(), params.p_cost()));
            Compared { right: right && known, outdated }
        })
        .await
    }

    async fn run<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Result<T, StoreError> {
        let busy = || StoreError::Busy { retry_after: Duration::from_secs(2) };
        let place = Arc::clone(&self.queue).try_acquire_owned().map_err(|_| busy())?;
        let permit = Arc::clone(&self.permits).acquire_owned().await.map_err(|_| busy())?;
        // Both go with the work: a client that hangs up does not make room for another hash before this one is done.
        let task = tokio::task::spawn_blocking(move || {
            let result = work();
            drop((permit, place));
            result
        });
        task.await.map_err(|_| StoreError::Lost)
    }
}

fn hash_now(params: &Params, bytes: &[u8]) -> Result<String, StoreError> {
    let argon = Argon2::new(Algorithm::Argon2id, Version::V0x13, params.clone());
    argon.hash_password(bytes).map(|h| h.to_string()).map_err(|e| StoreError::corrupt("password", e))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn faults(password: &str, settings: &AccountSettings) -> Vec<&'static str> {
        let mut faults = Faults::new();
        Password::new(password).check(settings, &["Nguyễn Thị Lan", "lan.nguyen@ba-lai.example"], "/password", &mut faults);
        faults.iter().map(|f| f.code).collect()
    }

    #[test]
    fn a_password_that_others_guess_is_refused() {
        let settings = AccountSettings::default();
        for bad in ["matkhau123", "Mật Khẩu 2026!", "anhyeuem1", "password1", "12345678", "lan.nguyen1", "qwertyui"] {
            assert_eq!(faults(bad, &settings), ["password_guessable"], "{bad}");
        }
        assert_eq!(faults("dừa", &settings), ["password_short"]);
        assert_eq!(faults(&"x1".repeat(200), &settings), ["too_long"]);
        assert!(faults("ba con cua lột vỏ", &settings).is_empty());
    }

    #[test]
    fn the_742_profile_asks_for_character_classes() {
        let settings = AccountSettings { password_classes: 4, ..AccountSettings::default() };
        assert_eq!(faults("ba con cua lột vỏ", &settings), ["password_classes"]);
        assert!(faults("Ba con cua lột 7 vỏ!", &settings).is_empty());
    }

    #[tokio::test]
    async fn a_hash_fits_its_password_however_the_marks_are_typed() {
        let hasher = Hasher::new(&AccountSettings::default()).unwrap();
        let stored = hasher.hash(&Password::new("Bến Tre xưa")).await.unwrap();
        let typed_otherwise = Password::new("Be\u{302}\u{301}n Tre xu\u{31b}a");
        assert_eq!(hasher.compare(&typed_otherwise, Some(&stored)).await.unwrap(), Compared { right: true, outdated: false });
        assert!(!hasher.compare(&Password::new(" Bến Tre xưa"), Some(&stored)).await.unwrap().right);
        assert!(!hasher.compare(&Password::new("Bến Tre xưa"), None).await.unwrap().right);
    }

    #[tokio::test]
    async fn a_hash_of_other_parameters_is_outdated_but_fits() {
        let weaker = Hasher::new(&AccountSettings { hash_passes: 1, ..AccountSettings::default() }).unwrap();
        let stored = weaker.hash(&Password::new("cũ")).await.unwrap();
        let today = Hasher::new(&AccountSettings::default()).unwrap();
        assert_eq!(today.compare(&Password::new("cũ"), Some(&stored)).await.unwrap(), Compared { right: true, outdated: true });
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn a_flood_is_answered_busy() {
        let settings = AccountSettings { hash_permits: 1, hash_queue: 2, ..AccountSettings::default() };
        let hasher = Hasher::new(&settings).unwrap();
        let tasks: Vec<_> = (0..12)
            .map(|_| {
                let hasher = hasher.clone();
                tokio::spawn(async move { hasher.hash(&Password::new("x")).await.is_ok() })
            })
            .collect();
        let mut done = 0;
        for task in tasks {
            done += usize::from(task.await.unwrap());
        }
        assert!((3..12).contains(&done), "{done}");
    }
}
