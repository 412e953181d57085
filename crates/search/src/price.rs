//! Price bands: into which of the space's bands a stated price falls. The bands are data (`price_bands`): a code such as
//! `100-500` means from 100 million dong to below 500 million, `5000-` from there on.
//!
//! Only what the owner states in public counts; budgets of needs and floors kept private are not known here.

use base::{MoneyRange, Vocabularies};

const MILLION: i64 = 1_000_000;
/// The vocabulary.
pub(crate) const LIST: &str = "price_bands";
/// The code of what costs nothing.
const FREE: &str = "free";
/// The code of what is stated in another currency than dong.
const FOREIGN: &str = "foreign";

/// The codes of the bands that a price lies in; a range may lie in several.
pub(crate) fn bands<'a>(amount: &MoneyRange, vocabularies: &'a Vocabularies) -> Vec<&'a str> {
    let Some(list) = vocabularies.get(LIST) else { return Vec::new() };
    let codes = || list.terms.iter().map(|t| t.code.as_str());
    let named = |name: &str| codes().filter(|code| *code == name).collect();
    if amount.currency.0 != "VND" {
        return named(FOREIGN);
    }
    let Some(least) = amount.min_minor.or(amount.max_minor) else { return Vec::new() };
    let most = amount.max_minor.unwrap_or(least);
    if most <= 0 {
        return named(FREE);
    }
    codes().filter(|code| bounds(code).is_some_and(|(from, to)| most >= from && to.is_none_or(|to| least < to))).collect()
}

/// `100-500` in dong.
fn bounds(code: &str) -> Option<(i64, Option<i64>)> {
    let (from, to) = code.split_once('-')?;
    let dong = |text: &str| text.parse::<i64>().ok()?.checked_mul(MILLION);
    Some((dong(from)?, if to.is_empty() { None } else { Some(dong(to)?) }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_price_lies_in_every_band_it_touches() {
        let all = Vocabularies::built_in().unwrap();
        let of = |min: Option<i64>, max: Option<i64>, currency: &str| {
            let amount = serde_json::json!({"min_minor": min, "max_minor": max, "currency": currency});
            bands(&serde_json::from_value(amount).unwrap(), &all).join(" ")
        };
        assert_eq!(of(Some(80 * MILLION), Some(80 * MILLION), "VND"), "0-100");
        assert_eq!(of(Some(100 * MILLION), None, "VND"), "100-500");
        assert_eq!(of(Some(400 * MILLION), Some(600 * MILLION), "VND"), "100-500 500-1000");
        assert_eq!(of(None, Some(20_000 * MILLION), "VND"), "5000-");
        assert_eq!(of(Some(0), Some(0), "VND"), "free");
        assert_eq!(of(Some(5), None, "USD"), "foreign");
        assert_eq!(of(None, None, "VND"), "");
    }
}
