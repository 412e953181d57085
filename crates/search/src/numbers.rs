//! Codes and registration numbers: found however they are typed.
//!
//! An office number counts by its digits (`1-2019-01234`, `VN 1-0012345`, `1 0012345`), a code of the space, a DOI or a
//! task code by its letters and digits. Never here: what a number means.

use crate::rule::{Rule, off};

/// The fewest digits that are taken for a registration number.
const MIN_DIGITS: usize = 5;
/// The longest number or code.
const MAX_CHARS: usize = 48;

/// Letters and digits alone, lower case: `CN-2026-000123` → `cn2026000123`.
#[must_use]
pub fn code_key(code: &str) -> String {
    if off(Rule::Numbers) {
        return code.to_owned();
    }
    base::fold::folded(code).chars().filter(char::is_ascii_alphanumeric).take(MAX_CHARS).collect()
}

/// The keys under which an office number is found: its digits, without and with a kind such as `B2` behind it.
#[must_use]
pub fn number_keys(number: &str) -> Vec<String> {
    let whole = code_key(number);
    let mut keys = Vec::new();
    if off(Rule::Numbers) {
        return vec![whole];
    }
    let digits: String = whole.chars().filter(char::is_ascii_digit).collect();
    if digits.len() >= MIN_DIGITS {
        keys.push(digits);
    }
    // A kind of document behind the number: one letter and at most one digit.
    let kind = whole.trim_end_matches(|c: char| c.is_ascii_digit()).strip_suffix(|c: char| c.is_ascii_alphabetic());
    if let Some(body) = kind {
        let digits: String = body.chars().filter(char::is_ascii_digit).collect();
        if digits.len() >= MIN_DIGITS {
            keys.push(digits);
        }
    }
    if !whole.is_empty() {
        keys.push(whole);
    }
    keys.dedup();
    keys
}

/// The keys a whole query may be looked up by, if it can be a code or a number: at most a few letters in front, then
/// mostly digits. Empty for ordinary words.
#[must_use]
pub fn lookup_keys(query: &str) -> Vec<String> {
    let query = query.trim();
    if query.chars().count() > MAX_CHARS || query.is_empty() || off(Rule::Lookup) {
        return Vec::new();
    }
    if let Some(at) = query.find("10.")
        && query.get(at..).is_some_and(|doi| doi.contains('/'))
        && !query.contains(' ')
    {
        return query.get(at..).map(code_key).into_iter().collect();
    }
    let whole = code_key(query);
    let digits = whole.bytes().filter(u8::is_ascii_digit).count();
    let letters = whole.len() - digits;
    let only_signs =
        query.chars().all(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '.' | '/' | ',' | '_' | '–' | '‑' | '№' | '(' | ')'));
    if !only_signs || digits < MIN_DIGITS || letters > 8 || letters > digits {
        return Vec::new();
    }
    number_keys(query)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spellings_of_one_number_share_a_key() {
        let stored = number_keys("1-0012345");
        for typed in ["VN 1-0012345", "1 0012345", "10012345", "VN1-0012345", "VN 1-0012345 B1", "1-0012345-B"] {
            assert!(lookup_keys(typed).iter().any(|k| stored.contains(k)), "{typed}: {:?}", lookup_keys(typed));
        }
        assert!(number_keys("1-2019-01234").contains(&"1201901234".to_owned()));
    }

    #[test]
    fn words_are_no_numbers() {
        for typed in ["máy sấy 5 t/h", "dừa", "", "ESP32", "công suất 100 kW 2019"] {
            assert!(lookup_keys(typed).is_empty(), "{typed}: {:?}", lookup_keys(typed));
        }
        assert_eq!(lookup_keys("CN-2026-000123").last().map(String::as_str), Some("cn2026000123"));
        assert_eq!(lookup_keys("https://doi.org/10.1000/182"), ["101000182"]);
    }
}
