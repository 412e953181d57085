//! Every rule of sign-in that an operator may set. The defaults follow ASVS 5; where Decision 742/QĐ-BTTTT asks for
//! what ASVS forbids (character classes, expiry), the switch is here and off.

use std::fmt;

use base::Lang;
use chrono::TimeDelta;
use serde::{Deserialize, Serialize};
use store::throttle::Allowance;

/// So many attempts in so many minutes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rate {
    /// Attempts.
    pub attempts: i64,
    /// In this time.
    pub minutes: i64,
}

impl Rate {
    const fn of(attempts: i64, minutes: i64) -> Self {
        Self { attempts, minutes }
    }

    pub(crate) fn allowance(self) -> Allowance {
        Allowance { attempts: self.attempts, window: TimeDelta::minutes(self.minutes) }
    }
}

/// Whether staff must have a second factor.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SecondFactorRule {
    /// Staff roles are there only after a second factor was given.
    #[default]
    Required,
    /// Whoever set one up must give it; nobody has to set one up. For demonstrations.
    Optional,
}

/// A secret in a settings file: read, written back nowhere, printed as `***`.
#[derive(Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
pub struct Hidden(pub String);

impl fmt::Debug for Hidden {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

impl Serialize for Hidden {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        // Empty stays empty, so that written defaults can be read back.
        serializer.serialize_str(if self.0.is_empty() { "" } else { "***" })
    }
}

/// The settings of accounts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct AccountSettings {
    /// Where people reach the space: links in mail begin with it. No slash at the end.
    pub public_url: String,
    /// The space's name in mail and in authenticator apps; empty: what the space calls itself.
    pub space_name: String,
    /// The same in letters that are in English; empty: as in the others, or what the space calls itself in English.
    pub space_name_en: String,
    /// 64 hexadecimal digits that encrypt second factors; empty: `secret.key` in the data directory.
    pub instance_key: Hidden,

    /// Shortest password, in characters.
    pub password_min_length: usize,
    /// Least zxcvbn score, 0 to 4.
    pub password_min_score: u8,
    /// 742 profile: how many of lower case, upper case, digits and others a password must have; 0 asks for none.
    pub password_classes: u8,
    /// 742 profile: days after which a password is due for change; 0 for never.
    pub password_max_age_days: i64,
    /// Argon2id memory in KiB.
    pub hash_memory_kib: u32,
    /// Argon2id passes.
    pub hash_passes: u32,
    /// Hashes computed at once.
    pub hash_permits: usize,
    /// Hashes that may wait; one more is answered with 503.
    pub hash_queue: usize,

    /// Hours after which a session that is not used ends.
    pub session_idle_hours: i64,
    /// Hours after which every session ends.
    pub session_life_hours: i64,
    /// Whether staff must have a second factor.
    pub staff_second_factor: SecondFactorRule,
    /// Longest life of an API token, in days.
    pub token_max_days: u16,

    /// Guesses at one account's password.
    pub sign_in_per_account: Rate,
    /// Guesses from one address.
    pub sign_in_per_address: Rate,
    /// Guesses at one account's second factor, or at its password while signed in.
    pub second_factor_per_account: Rate,
    /// Sign-ups from one address.
    pub sign_up_per_address: Rate,
    /// Letters one address can be made to receive by somebody who is not signed in.
    pub letters_per_account: Rate,
    /// Letters that can be caused from one network address.
    pub letters_per_address: Rate,
    /// Invitations by one account.
    pub invitations_per_account: Rate,
}

impl AccountSettings {
    /// The space's name in letters that are in a language.
    #[must_use]
    pub fn space_name_in(&self, lang: Lang) -> &str {
        match lang {
            Lang::Vi => &self.space_name,
            Lang::En => &self.space_name_en,
        }
    }
}

impl Default for AccountSettings {
    fn default() -> Self {
        Self {
            public_url: "http://127.0.0.1:8080".to_owned(),
            space_name: String::new(),
            space_name_en: String::new(),
            instance_key: Hidden::default(),
            password_min_length: 8,
            password_min_score: 2,
            password_classes: 0,
            password_max_age_days: 0,
            hash_memory_kib: 19_456,
            hash_passes: 2,
            hash_permits: 2,
            hash_queue: 16,
            session_idle_hours: 12,
            session_life_hours: 7 * 24,
            staff_second_factor: SecondFactorRule::Required,
            token_max_days: 365,
            sign_in_per_account: Rate::of(10, 5),
            sign_in_per_address: Rate::of(100, 5),
            second_factor_per_account: Rate::of(10, 5),
            sign_up_per_address: Rate::of(30, 60),
            letters_per_account: Rate::of(3, 60),
            letters_per_address: Rate::of(30, 60),
            invitations_per_account: Rate::of(50, 60),
        }
    }
}

impl AccountSettings {
    pub(crate) fn session_idle(&self) -> TimeDelta {
        TimeDelta::hours(self.session_idle_hours)
    }

    pub(crate) fn session_life(&self) -> TimeDelta {
        TimeDelta::hours(self.session_life_hours)
    }
}
