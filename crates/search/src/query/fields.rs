//! The fields of `field:value`: how they are called and how levels are written. Never here: how their values are searched.

use super::Part;
use crate::facet::Facet;

/// What a field asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Field {
    /// A code or a number of a register.
    Number,
    /// Words of a part.
    Within(Part),
    /// Values of a facet.
    Of(Facet),
}

/// The fields that are not called as a facet is.
const NAMES: [(&str, Field); 7] = [
    ("code", Field::Number),
    ("number", Field::Number),
    ("party", Field::Within(Part::Party)),
    ("title", Field::Within(Part::Title)),
    ("keyword", Field::Within(Part::Keywords)),
    ("keywords", Field::Within(Part::Keywords)),
    ("lang", Field::Of(Facet::Language)),
];

/// The names of all fields, as they may stand before a colon.
pub fn field_names() -> impl Iterator<Item = &'static str> {
    NAMES.into_iter().map(|(name, _)| name).chain(Facet::ALL.into_iter().map(Facet::as_str))
}

/// The field of a name, whatever its capitals.
pub(super) fn field_of(name: &str) -> Option<Field> {
    let name = name.to_ascii_lowercase();
    let own = NAMES.into_iter().find(|(known, _)| *known == name).map(|(_, field)| field);
    own.or_else(|| name.parse().ok().map(Field::Of))
}

/// `6`, `5..7`, `>=6`, `<=4`, `5,6` as a list of levels.
pub(super) fn levels(value: &str) -> Option<Vec<String>> {
    let level = |text: &str| text.trim().parse::<u8>().ok().filter(|l| (1..=9).contains(l));
    let (from, to) = if let Some((from, to)) = value.split_once("..") {
        (if from.is_empty() { 1 } else { level(from)? }, if to.is_empty() { 9 } else { level(to)? })
    } else if let Some(from) = value.strip_prefix(">=") {
        (level(from)?, 9)
    } else if let Some(to) = value.strip_prefix("<=") {
        (1, level(to)?)
    } else {
        return value.split(',').map(|l| level(l).map(|l| l.to_string())).collect();
    };
    Some((from..=to).map(|l| l.to_string()).collect())
}
