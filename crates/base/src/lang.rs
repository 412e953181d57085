//! The languages of the space.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A language a person reads. Vietnamese is the first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Lang {
    /// Vietnamese.
    #[default]
    Vi,
    /// English.
    En,
}

impl Lang {
    /// Every language, the first one first.
    pub const ALL: [Self; 2] = [Self::Vi, Self::En];

    /// The one that this is not.
    #[must_use]
    pub fn other(self) -> Self {
        match self {
            Self::Vi => Self::En,
            Self::En => Self::Vi,
        }
    }

    /// The ISO 639-1 code.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Vi => "vi",
            Self::En => "en",
        }
    }

    /// The language of words of which nobody said it, such as the title that somebody typed for a deal: Vietnamese if there is
    /// one of its marks in them.
    #[must_use]
    pub fn of_words(text: &str) -> Self {
        if crate::fold::folded(text) == text.to_lowercase() { Self::En } else { Self::Vi }
    }

    /// The language an `Accept-Language` header asks for first among ours; Vietnamese when it asks for none.
    #[must_use]
    pub fn preferred(accept_language: &str) -> Self {
        let mut best = (Self::Vi, 0.0_f32);
        for part in accept_language.split(',') {
            let mut pieces = part.trim().split(';');
            let tag = pieces.next().unwrap_or_default().trim();
            let weight = pieces.find_map(|p| p.trim().strip_prefix("q=")).map_or(1.0, |q| q.parse().unwrap_or(0.0));
            let primary = tag.split('-').next().unwrap_or_default().to_ascii_lowercase();
            if let Ok(lang) = primary.parse::<Self>()
                && weight > best.1
            {
                best = (lang, weight);
            }
        }
        best.0
    }
}

impl fmt::Display for Lang {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

/// The string names no language of the space.
#[derive(Debug, thiserror::Error)]
#[error("not a language of this space: vi or en")]
pub struct UnknownLang;

impl FromStr for Lang {
    type Err = UnknownLang;
    fn from_str(s: &str) -> Result<Self, Self::Err> {
        match s {
            "vi" => Ok(Self::Vi),
            "en" => Ok(Self::En),
            _ => Err(UnknownLang),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Lang;

    #[test]
    fn the_header_chooses_by_weight_and_vietnamese_is_the_fallback() {
        assert_eq!(Lang::preferred("en-GB,en;q=0.9"), Lang::En);
        assert_eq!(Lang::preferred("fr, en;q=0.4, vi;q=0.8"), Lang::Vi);
        assert_eq!(Lang::preferred("fr"), Lang::Vi);
        assert_eq!(Lang::preferred(""), Lang::Vi);
    }

    #[test]
    fn words_with_a_vietnamese_mark_are_vietnamese() {
        for text in ["Máy sấy cơm dừa", "DAY CHUYEN ÉP", "Đo Man", "Tách vỏ"] {
            assert_eq!(Lang::of_words(text), Lang::Vi, "{text}");
        }
        for text in ["Heat-pump dryer for copra", "PV-2000 (5 °C)", ""] {
            assert_eq!(Lang::of_words(text), Lang::En, "{text}");
        }
    }
}
