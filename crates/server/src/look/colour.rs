//! Colours and how well they can be told apart, as WCAG 2.2 reckons it.

use std::fmt;
use std::str::FromStr;

/// An opaque colour of the sRGB space, written `#rrggbb`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Colour([u8; 3]);

/// A text that is no colour.
#[derive(Debug, thiserror::Error)]
#[error("{0:?} is no colour: it is written as # and six hexadecimal digits, such as #0b6b43")]
pub struct NoColour(String);

impl FromStr for Colour {
    type Err = NoColour;
    fn from_str(text: &str) -> Result<Self, NoColour> {
        let digits = text.strip_prefix('#').filter(|d| d.len() == 6 && d.bytes().all(|b| b.is_ascii_hexdigit()));
        let value = digits.and_then(|d| u32::from_str_radix(d, 16).ok()).ok_or_else(|| NoColour(text.to_owned()))?;
        let [_, red, green, blue] = value.to_be_bytes();
        Ok(Self([red, green, blue]))
    }
}

impl fmt::Display for Colour {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [red, green, blue] = self.0;
        write!(f, "#{red:02x}{green:02x}{blue:02x}")
    }
}

impl Colour {
    /// A colour of three parts.
    #[must_use]
    pub const fn new(red: u8, green: u8, blue: u8) -> Self {
        Self([red, green, blue])
    }

    /// So many percent of this colour, the rest of the other.
    #[must_use]
    pub fn mixed(self, percent: u16, other: Self) -> Self {
        let part = |own: u8, of_other: u8| {
            let sum = u16::from(own) * percent.min(100) + u16::from(of_other) * (100 - percent.min(100));
            u8::try_from((sum + 50) / 100).unwrap_or(u8::MAX)
        };
        let ([r, g, b], [other_r, other_g, other_b]) = (self.0, other.0);
        Self([part(r, other_r), part(g, other_g), part(b, other_b)])
    }

    /// Relative luminance: <https://www.w3.org/TR/WCAG22/#dfn-relative-luminance>.
    fn luminance(self) -> f64 {
        let [red, green, blue] = self.0.map(|part| {
            let part = f64::from(part) / 255.0;
            if part <= 0.04045 { part / 12.92 } else { ((part + 0.055) / 1.055).powf(2.4) }
        });
        0.2126 * red + 0.7152 * green + 0.0722 * blue
    }

    /// Contrast ratio, 1 to 21: <https://www.w3.org/TR/WCAG22/#dfn-contrast-ratio>.
    #[must_use]
    pub fn contrast(self, other: Self) -> f64 {
        let (one, two) = (self.luminance(), other.luminance());
        (one.max(two) + 0.05) / (one.min(two) + 0.05)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn colour(text: &str) -> Colour {
        text.parse().unwrap()
    }

    #[test]
    fn a_colour_is_six_hexadecimal_digits() {
        assert_eq!(colour("#0B6b43").to_string(), "#0b6b43");
        for wrong in ["", "0b6b43", "#0b6b4", "#0b6b433", "#0b6b4g", "green", "#+b6b43"] {
            assert!(wrong.parse::<Colour>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn contrast_is_reckoned_as_wcag_says() {
        let near = |one: &str, two: &str, ratio: f64| {
            assert!((colour(one).contrast(colour(two)) - ratio).abs() < 0.01, "{one} {two} {}", colour(one).contrast(colour(two)));
        };
        near("#000000", "#ffffff", 21.0);
        near("#ffffff", "#ffffff", 1.0);
        // The grey that just is enough on white, and the next one, as the examples of WebAIM have it.
        near("#767676", "#ffffff", 4.54);
        near("#777777", "#ffffff", 4.48);
        near("#ff0000", "#ffffff", 4.0);
    }

    #[test]
    fn a_mixture_lies_between() {
        assert_eq!(colour("#000000").mixed(50, colour("#ffffff")).to_string(), "#808080");
        assert_eq!(colour("#123456").mixed(100, colour("#ffffff")).to_string(), "#123456");
    }
}
