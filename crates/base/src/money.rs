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

    /// How many decimals the currency's minor unit has (ISO 4217); 2 for what is no currency.
    #[must_use]
    pub fn decimals(&self) -> u32 {
        self.known().and_then(|known| known.exponent()).map_or(2, u32::from)
    }

    /// What ISO 4217 has under this code.
    fn known(&self) -> Option<iso_currency::Currency> {
        iso_currency::Currency::from_code(&self.0)
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
        if self.currency.known().is_none() {
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
        if self.currency.known().is_none() {
            faults.add(format!("{pointer}/currency"), "unknown_currency");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_iso_4217_has_is_a_currency_and_each_has_its_own_decimals() {
        for (code, decimals) in [("VND", 0), ("USD", 2), ("KWD", 3), ("JPY", 0)] {
            let currency = Currency(code.to_owned());
            assert_eq!(currency.decimals(), decimals, "{code}");
            let mut faults = Faults::new();
            Money { minor: 1, currency, as_of: None }.check("/price", &mut faults);
            assert!(faults.is_empty(), "{code}");
        }
        for code in ["ZZZ", "vnd", "", "DONG"] {
            let mut faults = Faults::new();
            Money { minor: 1, currency: Currency(code.to_owned()), as_of: None }.check("/price", &mut faults);
            assert_eq!(faults.iter().map(|f| (f.pointer.as_str(), f.code)).collect::<Vec<_>>(), [("/price/currency", "unknown_currency")]);
        }
    }
}
