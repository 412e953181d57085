//! Small sets of words in one text column, a space between them: roles and scopes.

use std::collections::BTreeSet;
use std::fmt::Display;
use std::str::FromStr;

/// The set; a word that is no longer known grants nothing.
pub(crate) fn read<T: FromStr + Ord>(text: &str) -> BTreeSet<T> {
    text.split_ascii_whitespace().filter_map(|word| word.parse().ok()).collect()
}

/// The text.
pub(crate) fn write<T: Display>(set: &BTreeSet<T>) -> String {
    set.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ")
}
