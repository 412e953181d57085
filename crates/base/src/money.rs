//! Money: whole minor units of a currency, as of a day. Never a float.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::Faults;

/// An ISO 4217 currency code: three capital letters.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
#[serde(transparent)]
#[schema(example = "VND")]
pub struct Currency(pub String);

impl Currency {
    /// The currency of Vietnam, which has no minor unit.
    #[must_use]
    pub fn vnd() -> Self {
        Self("VND".to_owned())
    }

    /// How many decimals the currency's minor unit has (ISO 4217; the ones with none that occur here, else 2).
    #[must_use]
    pub fn decimals(&self) -> u32 {
        match self.0.as_str() {
            "VND" | "JPY" | "KRW" => 0,
            _ => 2,
        }
    }

    fn is_well_formed(&self) -> bool {
        self.0.len() == 3 && self.0.bytes().all(|b| b.is_ascii_uppercase())
    }
}

/// An amount in minor units (dong for VND, cents for USD), with the day it was stated.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Money {
    /// Minor units: dong, cents.
    pub minor: i64,
    /// ISO 4217.
    pub currency: Currency,
    /// The day the amount was stated.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub as_of: Option<NaiveDate>,
}

/// From at least to at most, in one currency; either end may be open.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MoneyRange {
    /// At least, in minor units.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub min_minor: Option<i64>,
    /// At most, in minor units.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_minor: Option<i64>,
    /// ISO 4217.
    pub currency: Currency,
    /// The day it was stated.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub as_of: Option<NaiveDate>,
}

impl Money {
    /// Adds what is wrong with the amount.
    pub fn check(&self, pointer: &str, faults: &mut Faults) {
        if self.minor < 0 {
            faults.add(format!("{pointer}/minor"), "negative");
        }
        if !self.currency.is_well_formed() {
            faults.add(format!("{pointer}/currency"), "unknown_currency");
        }
    }
}

impl MoneyRange {
    /// Adds what is wrong with the range.
    pub fn check(&self, pointer: &str, faults: &mut Faults) {
        for (name, value) in [("min_minor", self.min_minor), ("max_minor", self.max_minor)] {
            if value.is_some_and(|v| v < 0) {
                faults.add(format!("{pointer}/{name}"), "negative");
            }
        }
        if let (Some(min), Some(max)) = (self.min_minor, self.max_minor)
            && min > max
        {
            faults.add(format!("{pointer}/max_minor"), "end_before_start");
        }
        if !self.currency.is_well_formed() {
            faults.add(format!("{pointer}/currency"), "unknown_currency");
        }
    }
}
