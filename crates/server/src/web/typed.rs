//! Figures, amounts and days as people type them: `14,5` and `14.5`, `1.250.000.000`, `1,25 tỷ`, `500 triệu`, `24/11/2026`.
//!
//! Whole numbers are scaled exactly; no amount of money ever passes through a float.

use base::fold::folded;
use base::{Currency, Lang};
use chrono::NaiveDate;

/// A decimal number: `digits / 10^decimals`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Decimal {
    digits: i128,
    decimals: u32,
}

/// Digits of a number at most; more is no figure that anybody means.
const DIGITS: usize = 24;

/// The number, with the separators of the language; where only the other reading makes sense, with that.
fn decimal(lang: Lang, text: &str) -> Option<Decimal> {
    let text: String = text.chars().filter(|c| !c.is_whitespace() && *c != '\u{a0}').collect();
    let (is_negative, text) = match text.strip_prefix(['-', '−']) {
        Some(rest) => (true, rest.to_owned()),
        None => (false, text),
    };
    let (group, point) = match lang {
        Lang::Vi => ('.', ','),
        Lang::En => (',', '.'),
    };
    let read = plain(&text, group, point).or_else(|| plain(&text, point, group))?;
    Some(if is_negative { Decimal { digits: -read.digits, ..read } } else { read })
}

fn plain(text: &str, group: char, point: char) -> Option<Decimal> {
    let (whole, decimals) = text.split_once(point).unwrap_or((text, ""));
    let mut groups = whole.split(group);
    let first = groups.next()?;
    let mut digits = first.to_owned();
    for other in groups {
        // A separator stands before three digits, after one to three of which the first is none: `0.125` has no group.
        if other.len() != 3 || first.is_empty() || first.len() > 3 || first.starts_with('0') {
            return None;
        }
        digits.push_str(other);
    }
    if digits.is_empty() || (text.contains(point) && decimals.is_empty()) {
        return None;
    }
    digits.push_str(decimals);
    if digits.len() > DIGITS || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    Some(Decimal { digits: digits.parse().ok()?, decimals: u32::try_from(decimals.len()).ok()? })
}

/// A whole number that is not negative.
pub(super) fn whole(lang: Lang, text: &str) -> Option<u32> {
    scaled(decimal(lang, text)?, 0).and_then(|n| u32::try_from(n).ok())
}

/// A figure.
pub(super) fn number(lang: Lang, text: &str) -> Option<f64> {
    let read = decimal(lang, text)?;
    // By way of the text, so that 0.1 is the nearest number there is to it.
    let sign = if read.digits < 0 { "-" } else { "" };
    format!("{sign}{}e-{}", read.digits.unsigned_abs(), read.decimals).parse().ok()
}

/// `number × 10^scale` as a whole, if that is one.
fn scaled(read: Decimal, scale: u32) -> Option<i64> {
    let whole = match scale.checked_sub(read.decimals) {
        Some(more) => read.digits.checked_mul(10_i128.checked_pow(more)?)?,
        None => {
            let divisor = 10_i128.checked_pow(read.decimals - scale)?;
            if read.digits % divisor != 0 {
                return None;
            }
            read.digits / divisor
        }
    };
    i64::try_from(whole).ok()
}

/// Minor units of an amount such as `450.000`, `1,25 tỷ`, `500 triệu` or `USD`-cents `12.50`.
pub(super) fn money(lang: Lang, text: &str, currency: &Currency) -> Option<i64> {
    let text = text.trim();
    let split = text.find(|c: char| c.is_alphabetic() || c == '₫').unwrap_or(text.len());
    let (figure, unit) = text.split_at(split);
    let unit = folded(unit).replace('₫', " ");
    // What the amount is of is in the currency; people say it once more: `1,25 tỷ đồng`, `500 triệu VNĐ`.
    let unit = unit.trim();
    let unit = ["dong", "vnd", "d"].iter().find_map(|word| unit.strip_suffix(word)).unwrap_or(unit).trim();
    let tens = match unit {
        "" => 0,
        "nghin" | "ngan" | "k" | "thousand" => 3,
        "trieu" | "tr" | "million" | "m" | "mn" => 6,
        "ty" | "ti" | "billion" | "bn" => 9,
        _ => return None,
    };
    scaled(decimal(lang, figure)?, currency.decimals() + tens)
}

/// Basis points of a percentage such as `33,33`.
pub(super) fn basis_points(lang: Lang, text: &str) -> Option<u32> {
    scaled(decimal(lang, text.trim().trim_end_matches('%').trim())?, 2).and_then(|bp| u32::try_from(bp).ok())
}

/// A day: as browsers send it, or as people write it.
pub(super) fn day(text: &str) -> Option<NaiveDate> {
    let text = text.trim();
    ["%Y-%m-%d", "%d/%m/%Y", "%d-%m-%Y", "%d.%m.%Y"]
        .iter()
        .find_map(|form| NaiveDate::parse_from_str(text, form).ok())
        .filter(|day| (1_900..=2_200).contains(&chrono::Datelike::year(day)))
}

/// A figure for an input: every digit there is, the language's decimal sign, no groups.
pub(super) fn plain_number(lang: Lang, value: f64) -> String {
    let text = value.to_string();
    match lang {
        Lang::Vi => text.replace('.', ","),
        Lang::En => text,
    }
}

/// An amount for an input: grouped, with the decimals its minor units need.
pub(super) fn plain_money(lang: Lang, minor: i64, currency: &Currency) -> String {
    let scale = 10_u64.pow(currency.decimals());
    let (whole, rest) = (minor.unsigned_abs() / scale, minor.unsigned_abs() % scale);
    let sign = if minor < 0 { "-" } else { "" };
    let whole = super::format::count(lang, whole);
    if rest == 0 {
        return format!("{sign}{whole}");
    }
    let point = if lang == Lang::Vi { ',' } else { '.' };
    format!("{sign}{whole}{point}{rest:0width$}", width = currency.decimals() as usize)
}

/// A percentage for an input.
pub(super) fn plain_percent(lang: Lang, bp: u64) -> String {
    let (whole, rest) = (bp / 100, bp % 100);
    let point = if lang == Lang::Vi { ',' } else { '.' };
    if rest == 0 { whole.to_string() } else { format!("{whole}{point}{rest:02}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_are_read_as_either_language_writes_them() {
        assert_eq!(number(Lang::Vi, "14,5"), Some(14.5));
        assert_eq!(number(Lang::Vi, "14.5"), Some(14.5), "no group has one digit");
        assert_eq!(number(Lang::Vi, "1.500"), Some(1_500.0));
        assert_eq!(number(Lang::Vi, "0.125"), Some(0.125), "nothing begins with a group of nought");
        assert_eq!(number(Lang::En, "0,125"), Some(0.125));
        assert_eq!((whole(Lang::Vi, "24.000"), whole(Lang::Vi, "1.5"), whole(Lang::Vi, "1.2.3")), (Some(24_000), None, None));
        assert_eq!(number(Lang::En, "1.500"), Some(1.5));
        assert_eq!(number(Lang::En, "1,250,000.75"), Some(1_250_000.75));
        assert_eq!(number(Lang::Vi, "−0,1"), Some(-0.1));
        assert_eq!(number(Lang::Vi, "5 000"), Some(5_000.0));
        for wrong in ["", "abc", "1,2,3", "12,", "1e9", "99999999999999999999999999", ".5.5"] {
            assert_eq!(number(Lang::Vi, wrong), None, "{wrong}");
        }
    }

    #[test]
    fn amounts_are_exact_whatever_their_unit() {
        let vnd = Currency::vnd();
        assert_eq!(money(Lang::Vi, "1.250.000.000", &vnd), Some(1_250_000_000));
        assert_eq!(money(Lang::Vi, "1,25 tỷ", &vnd), Some(1_250_000_000));
        assert_eq!(money(Lang::Vi, "1.25 ty", &vnd), Some(1_250_000_000));
        assert_eq!(money(Lang::Vi, "500 triệu", &vnd), Some(500_000_000));
        assert_eq!(money(Lang::Vi, "500tr", &vnd), Some(500_000_000));
        assert_eq!(money(Lang::En, "1.25 billion", &vnd), Some(1_250_000_000));
        assert_eq!(money(Lang::Vi, "450.000 ₫", &vnd), Some(450_000));
        assert_eq!(money(Lang::Vi, "0.500 tỷ", &vnd), Some(500_000_000));
        for text in ["1,25 tỷ đồng", "1.250 triệu VNĐ", "1.250 triệu vnđ", "1,25 tỷ ₫", "1.250.000.000đ"] {
            assert_eq!(money(Lang::Vi, text, &vnd), Some(1_250_000_000), "{text}");
        }
        assert_eq!(money(Lang::Vi, "0,5", &vnd), None, "there is no half dong");
        assert_eq!(money(Lang::En, "12.50", &Currency("USD".to_owned())), Some(1_250));
        assert_eq!(money(Lang::Vi, "nhiều", &vnd), None);
        assert_eq!(money(Lang::Vi, "99999999999 tỷ", &vnd), None);
    }

    #[test]
    fn what_an_input_shows_is_read_back_as_the_same() {
        let usd = Currency("USD".to_owned());
        for lang in Lang::ALL {
            for value in [0.1, 14.0, 1_234.5, -3.25, 1e-3] {
                assert_eq!(number(lang, &plain_number(lang, value)).map(f64::to_bits), Some(f64::to_bits(value)), "{value}");
            }
            for minor in [0, 5, 1_250, 1_250_000_001] {
                assert_eq!(money(lang, &plain_money(lang, minor, &usd), &usd), Some(minor));
            }
            for bp in [1, 50, 3_333, 10_000] {
                assert_eq!(basis_points(lang, &plain_percent(lang, u64::from(bp))), Some(bp));
            }
        }
        assert_eq!(day("24/11/2026"), day("2026-11-24"));
        assert!(day("31/02/2026").is_none());
        assert!(day("24/11/26").is_none());
    }
}
