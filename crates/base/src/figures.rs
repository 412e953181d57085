//! Figures as people of each language write them: `1.250,5 kg`, `5 giờ`; `1,250.5 kg`, `5 h`. Never here: figures for programs.

use crate::Lang;

/// Figures with at most three decimals, grouped by thousands.
#[must_use]
pub fn number(lang: Lang, value: f64) -> String {
    let text = format!("{:.3}", value.abs());
    let text = text.trim_end_matches('0').trim_end_matches('.');
    written(lang, text, value < 0.0 && text != "0")
}

/// Digits as a language writes them.
fn written(lang: Lang, text: &str, is_negative: bool) -> String {
    let (group, point) = separators(lang);
    let (whole, decimals) = text.split_once('.').unwrap_or((text, ""));
    let mut out = String::new();
    if is_negative {
        out.push('−');
    }
    out.push_str(&grouped(whole, group));
    if !decimals.is_empty() {
        out.push(point);
        out.push_str(decimals);
    }
    out
}

/// A count, grouped by thousands.
#[must_use]
pub fn count(lang: Lang, value: u64) -> String {
    grouped(&value.to_string(), separators(lang).0)
}

/// A unit as the readers of a language call it: units of time are written as signs, and read as words in Vietnamese.
fn unit_word(lang: Lang, unit: &str) -> &str {
    match (lang, unit) {
        (Lang::Vi, "h") => "giờ",
        (Lang::Vi, "d") => "ngày",
        (Lang::Vi, "min") => "phút",
        _ => unit,
    }
}

/// A figure with its unit, for people, with all decimals that were typed: what is rounded could seem to reach another.
#[must_use]
pub fn figure(lang: Lang, value: f64, unit: &str) -> String {
    let (figure, unit) = (written(lang, &value.abs().to_string(), value < 0.0), unit_word(lang, unit));
    if unit.is_empty() { figure } else { format!("{figure}\u{a0}{unit}") }
}

fn separators(lang: Lang) -> (char, char) {
    match lang {
        Lang::Vi => ('.', ','),
        Lang::En => (',', '.'),
    }
}

fn grouped(digits: &str, group: char) -> String {
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (n, digit) in digits.chars().enumerate() {
        if n > 0 && (digits.len() - n).is_multiple_of(3) {
            out.push(group);
        }
        out.push(digit);
    }
    out
}
