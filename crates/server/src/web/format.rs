//! Dates, figures and money as each language writes them: `24/11/2026`, `1,25 tỷ ₫`; `24 Nov 2026`, `VND 1.25 billion`.
//!
//! Days are days in Vietnam.

use base::clock::in_vietnam;
pub(crate) use base::figures::count;
pub(super) use base::figures::{figure, number};
use base::{Currency, Lang, MoneyRange, messages};
use chrono::{DateTime, NaiveDate, Utc};
use listings::content::Price;

/// The beginning of a text that takes at most so many bytes of HTML, with a mark where there is more.
pub(super) fn beginning(text: &str, bytes: usize) -> String {
    let mut taken = 0;
    let cut = text.char_indices().find(|(_, c)| {
        taken += if matches!(c, '<' | '>' | '&' | '"' | '\'') { "&#38;".len() } else { c.len_utf8() };
        taken > bytes
    });
    match cut {
        Some((at, _)) => format!("{}…", text.get(..at).unwrap_or_default().trim_end()),
        None => text.to_owned(),
    }
}

/// Units of so many characters stand behind both figures; a longer one behind the last alone, so that it stays one line.
const SHORT_UNIT_CHARS: usize = 8;

/// Two figures of so many characters together stay on one line.
const ONE_LINE_CHARS: usize = 20;

/// A figure of today and the one that is offered: `14 h → 5 h`; one of them alone; empty without any.
pub(super) fn change(lang: Lang, before: Option<f64>, after: Option<f64>, unit: &str) -> String {
    match (before, after) {
        (Some(before), Some(after)) => {
            let first = if unit.chars().count() <= SHORT_UNIT_CHARS { unit } else { "" };
            let (before, after) = (figure(lang, before, first), figure(lang, after, unit));
            let is_short = before.chars().count() + after.chars().count() + " → ".chars().count() <= ONE_LINE_CHARS;
            let arrow = if is_short { "\u{a0}→\u{a0}" } else { " → " };
            format!("{before}{arrow}{after}")
        }
        (Some(only), None) | (None, Some(only)) => figure(lang, only, unit),
        (None, None) => String::new(),
    }
}

/// A day.
pub(super) fn day(lang: Lang, day: NaiveDate) -> String {
    match lang {
        Lang::Vi => day.format("%d/%m/%Y").to_string(),
        Lang::En => day.format("%-d %b %Y").to_string(),
    }
}

/// The day of a moment for machines: `2026-11-24`.
pub(super) fn iso_day(at: DateTime<Utc>) -> String {
    in_vietnam(at).format("%Y-%m-%d").to_string()
}

/// A moment: for machines, for a short look and exactly.
#[derive(Clone, Debug)]
pub(super) struct Moment {
    /// ISO 8601.
    pub iso: String,
    /// The day.
    pub day: String,
    /// Day and time.
    pub exact: String,
    /// How long ago; the day where nothing is told of that, and where it is long ago.
    pub ago: String,
}

/// The moment as people in Vietnam see it.
pub(super) fn moment(lang: Lang, at: DateTime<Utc>) -> Moment {
    let local = in_vietnam(at);
    let day = day(lang, local.date());
    let exact = format!("{day} {}", local.format("%H:%M"));
    Moment { iso: at.format("%Y-%m-%dT%H:%M:%SZ").to_string(), exact, ago: day.clone(), day }
}

/// Days after which a moment is told by its day.
const RECENT_DAYS: i64 = 30;

/// The moment with how long ago it was, for lists and what happened one after the other: "3 ngày trước". Never for days that
/// bind somebody: those are told as they are.
pub(super) fn recent(lang: Lang, at: DateTime<Utc>, now: DateTime<Utc>) -> Moment {
    let told = moment(lang, at);
    let passed = now - at;
    let days = (in_vietnam(now).date() - in_vietnam(at).date()).num_days();
    let said = |key: &str, count: i64| messages::say(lang, key, &[("count", &count.to_string())]);
    let ago = match (passed.num_minutes(), passed.num_hours()) {
        // What is to come, or another clock's.
        (..0, _) => return told,
        (0, _) => messages::say(lang, "ago-now", &[]),
        (minutes @ 1..60, _) => said("ago-minutes", minutes),
        (_, hours @ ..24) => said("ago-hours", hours),
        _ if days == 1 => messages::say(lang, "ago-yesterday", &[]),
        _ if days < RECENT_DAYS => said("ago-days", days),
        _ => return told,
    };
    Moment { ago, ..told }
}

/// A share in basis points: `33,33 %`, in English `33.33%`.
pub(super) fn share(lang: Lang, bp: u32) -> String {
    percent(lang, &number(lang, f64::from(bp) / 100.0))
}

/// A figure of a hundred with its sign, as the language writes it.
pub(super) fn percent(lang: Lang, figure: &str) -> String {
    messages::say(lang, "percent", &[("number", figure)])
}

/// An amount as its figure, and the message that puts "million" or "billion" behind it if nothing is lost by that.
fn scaled(lang: Lang, minor: i64, currency: &Currency) -> (String, Option<&'static str>) {
    let scale = 10_i64.saturating_pow(currency.decimals());
    // Two decimals of a billion or a million must be all there is.
    let fits = |unit: i64| minor >= unit.saturating_mul(scale) && minor % (unit / 100).saturating_mul(scale) == 0;
    #[expect(clippy::cast_precision_loss, reason = "two decimals of a figure for reading")]
    let figure = |unit: i64| number(lang, minor as f64 / (unit.saturating_mul(scale)) as f64);
    if fits(1_000_000_000) {
        (figure(1_000_000_000), Some("money-billion"))
    } else if fits(1_000_000) {
        (figure(1_000_000), Some("money-million"))
    } else {
        (figure(1), None)
    }
}

/// Figures with the word for their unit.
fn in_units(lang: Lang, figures: &str, unit: Option<&str>) -> String {
    unit.map_or_else(|| figures.to_owned(), |key| messages::say(lang, key, &[("figure", figures)]))
}

fn with_currency(lang: Lang, figures: &str, currency: &Currency) -> String {
    match (lang, currency.0.as_str()) {
        (Lang::Vi, "VND") => format!("{figures} ₫"),
        (Lang::Vi, other) => format!("{figures} {other}"),
        (Lang::En, code) => format!("{code} {figures}"),
    }
}

/// An amount.
pub(super) fn money(lang: Lang, minor: i64, currency: &Currency) -> String {
    let (figure, unit) = scaled(lang, minor, currency);
    with_currency(lang, &in_units(lang, &figure, unit), currency)
}

/// From … to …; none if both ends are open.
pub(super) fn range(lang: Lang, range: &MoneyRange) -> Option<String> {
    let currency = &range.currency;
    match (range.min_minor, range.max_minor) {
        (None, None) => None,
        (Some(min), None) => Some(messages::say(lang, "money-from", &[("amount", &money(lang, min, currency))])),
        (None, Some(max)) => Some(messages::say(lang, "money-up-to", &[("amount", &money(lang, max, currency))])),
        (Some(min), Some(max)) if min == max => Some(money(lang, min, currency)),
        (Some(min), Some(max)) => {
            let (low, high) = (scaled(lang, min, currency), scaled(lang, max, currency));
            Some(if low.1 == high.1 {
                with_currency(lang, &in_units(lang, &format!("{}–{}", low.0, high.0), low.1), currency)
            } else {
                format!("{} – {}", money(lang, min, currency), money(lang, max, currency))
            })
        }
    }
}

/// A price. One amount is the price itself unless it is the lowest of a range or a floor.
pub(super) fn price(lang: Lang, price: &Price) -> Option<String> {
    let amount = price.amount.as_ref()?;
    match (price.kind.as_str(), amount.min_minor, amount.max_minor) {
        ("firm" | "indicative", Some(one), None) | ("firm" | "indicative", None, Some(one)) => Some(money(lang, one, &amount.currency)),
        _ => range(lang, amount),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn vnd(min: Option<i64>, max: Option<i64>) -> MoneyRange {
        MoneyRange { min_minor: min, max_minor: max, currency: Currency::vnd(), as_of: None }
    }

    #[test]
    fn figures_are_grouped_as_the_language_does() {
        assert_eq!(number(Lang::Vi, 12_345.5), "12.345,5");
        assert_eq!(number(Lang::En, 12_345.5), "12,345.5");
        assert_eq!(number(Lang::Vi, -0.25), "−0,25");
        assert_eq!(number(Lang::En, 14.0), "14");
        assert_eq!(number(Lang::En, -0.0), "0");
        assert_eq!(count(Lang::Vi, 1_234_567), "1.234.567");
        assert_eq!(share(Lang::Vi, 3_333), "33,33 %");
        assert_eq!(share(Lang::En, 3_333), "33.33%");
        assert_eq!(share(Lang::En, 10_000), "100%");
    }

    #[test]
    fn what_changes_is_one_line_of_figures() {
        assert_eq!(change(Lang::En, Some(14.5), Some(5.0), "h"), "14.5\u{a0}h\u{a0}→\u{a0}5\u{a0}h");
        assert_eq!(change(Lang::En, Some(1_200.0), Some(1_500.5), "kg mỗi mẻ"), "1,200 → 1,500.5\u{a0}kg mỗi mẻ");
        assert_eq!(change(Lang::En, None, Some(7.0), ""), "7");
        assert_eq!(change(Lang::En, None, None, "h"), "");
    }

    #[test]
    fn units_of_time_are_words_in_vietnamese_and_all_others_stay() {
        assert_eq!(change(Lang::Vi, Some(44.0), Some(0.92), "h"), "44\u{a0}giờ\u{a0}→\u{a0}0,92\u{a0}giờ");
        assert_eq!(figure(Lang::Vi, 3.0, "d"), "3\u{a0}ngày");
        assert_eq!(figure(Lang::Vi, 40.0, "min"), "40\u{a0}phút");
        assert_eq!(figure(Lang::En, 40.0, "min"), "40\u{a0}min");
        assert_eq!(figure(Lang::Vi, 1_200.0, "kg/h"), "1.200\u{a0}kg/h");
        assert_eq!(figure(Lang::Vi, 7.0, ""), "7");
        assert_eq!(figure(Lang::Vi, 1_000.000_2, "mg/l"), "1.000,0002\u{a0}mg/l", "nothing that was typed is rounded away");
        assert_eq!(figure(Lang::En, -0.5, "°C"), "−0.5\u{a0}°C");
    }

    #[test]
    fn the_beginning_of_a_text_fits_into_its_bytes_of_html() {
        assert_eq!(beginning("Máy sấy", 40), "Máy sấy");
        assert_eq!(beginning("Máy sấy cơm dừa", 10), "Máy sấy…");
        assert_eq!(beginning("Máy sấy cơm dừa", 9), "Máy sấ…");
        assert_eq!(beginning("a & b", 6), "a…");
        assert_eq!(beginning("\"\"\"", 10), "\"\"…");
    }

    #[test]
    fn one_amount_is_the_price_unless_it_is_the_lowest() {
        let of = |kind: &str, min, max| price(Lang::Vi, &Price { kind: kind.into(), amount: Some(vnd(min, max)) }).unwrap();
        assert_eq!(of("firm", Some(450_000_000), None), "450 triệu ₫");
        assert_eq!(of("indicative", None, Some(450_000_000)), "450 triệu ₫");
        assert_eq!(of("floor", Some(450_000_000), None), "từ 450 triệu ₫");
        assert_eq!(of("range", Some(450_000_000), None), "từ 450 triệu ₫");
        assert_eq!(of("firm", Some(400_000_000), Some(450_000_000)), "400–450 triệu ₫");
    }

    #[test]
    fn money_is_short_only_where_nothing_is_lost() {
        assert_eq!(money(Lang::Vi, 1_250_000_000, &Currency::vnd()), "1,25 tỷ ₫");
        assert_eq!(money(Lang::En, 1_250_000_000, &Currency::vnd()), "VND 1.25 billion");
        assert_eq!(money(Lang::Vi, 1_250_000_001, &Currency::vnd()), "1.250.000.001 ₫");
        assert_eq!(money(Lang::Vi, 450_000, &Currency::vnd()), "450.000 ₫");
        assert_eq!(money(Lang::En, 1_250_050, &Currency("USD".to_owned())), "USD 12,500.5");
        assert_eq!(range(Lang::Vi, &vnd(Some(450_000_000), Some(600_000_000))).unwrap(), "450–600 triệu ₫");
        assert_eq!(range(Lang::En, &vnd(Some(900_000_000), Some(1_150_000_000))).unwrap(), "VND 900 million – VND 1.15 billion");
        assert_eq!(range(Lang::Vi, &vnd(Some(1_000_000), None)).unwrap(), "từ 1 triệu ₫");
        assert!(range(Lang::Vi, &vnd(None, None)).is_none());
    }

    #[test]
    fn a_day_is_a_day_in_vietnam() {
        let late: DateTime<Utc> = "2026-11-23T18:30:00Z".parse().unwrap();
        assert_eq!(moment(Lang::Vi, late).exact, "24/11/2026 01:30");
        assert_eq!(moment(Lang::En, late).day, "24 Nov 2026");
        assert_eq!(iso_day(late), "2026-11-24");
    }

    #[test]
    fn what_happened_lately_is_told_by_how_long_ago_it_was() {
        let now: DateTime<Utc> = "2026-11-24T03:00:00Z".parse().unwrap();
        for (at, vi, en) in [
            ("2026-11-24T02:59:30Z", "vừa xong", "just now"),
            ("2026-11-24T02:59:00Z", "1 phút trước", "1 minute ago"),
            ("2026-11-24T02:01:00Z", "59 phút trước", "59 minutes ago"),
            ("2026-11-24T02:00:00Z", "1 giờ trước", "1 hour ago"),
            // Another day in Vietnam, and yet some hours ago.
            ("2026-11-23T16:00:00Z", "11 giờ trước", "11 hours ago"),
            ("2026-11-23T03:00:00Z", "hôm qua", "yesterday"),
            // More than a day ago by the clock, two days ago on the calendar.
            ("2026-11-22T16:59:00Z", "2 ngày trước", "2 days ago"),
            ("2026-11-21T03:00:00Z", "3 ngày trước", "3 days ago"),
            ("2026-10-25T03:00:00Z", "25/10/2026", "25 Oct 2026"),
            ("2026-11-24T03:01:00Z", "24/11/2026", "24 Nov 2026"),
        ] {
            let at: DateTime<Utc> = at.parse().unwrap();
            assert_eq!(recent(Lang::Vi, at, now).ago, vi);
            assert_eq!(recent(Lang::En, at, now).ago, en);
            assert_eq!(recent(Lang::Vi, at, now).exact, moment(Lang::Vi, at).exact, "the exact time stays");
            assert_eq!(moment(Lang::Vi, at).ago, moment(Lang::Vi, at).day, "days that bind are told as they are");
        }
    }
}
