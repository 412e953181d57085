//! What is typed into the page of results and cannot be searched as it stands: it is mended, kept in its input and told, never
//! refused. Programs hear from the API what is wrong.

use std::collections::HashMap;

use base::{Lang, messages};
use chrono::NaiveDate;
use search::query::MAX_BYTES;
use search::{DateColumn, Filters, MAX_FILTER_VALUES};

use super::key_of;
use crate::api::search::date_names;
use crate::web::{format, typed};

/// Letters that the box takes.
const BOX_MAX: usize = 1_000;
/// Letters of a day that are shown again.
const DAY_MAX: usize = 40;
/// Letters that say up to where a text was searched.
const END_MAX: usize = 40;

/// What was mended in a search.
#[derive(Debug, Default)]
pub(in crate::web) struct Mended {
    /// The words as they were typed, where less was searched.
    pub text: Option<String>,
    /// Days as they were typed, by their parameters, where they were not searched.
    pub days: HashMap<&'static str, String>,
    /// What was wrong, and how to mend it.
    pub remarks: Vec<String>,
}

impl Mended {
    /// The parameters that can be searched, and what was mended in them.
    pub fn of(query: &str, lang: Lang) -> (String, Self) {
        let mut pairs: Vec<(String, String)> = form_urlencoded::parse(query.as_bytes()).into_owned().collect();
        let mut mended = Self::default();
        mended.words(&mut pairs, lang);
        for column in DateColumn::ALL {
            mended.period(&mut pairs, column, lang);
        }
        (form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish(), mended)
    }

    /// Of a text that is too long the beginning is searched.
    fn words(&mut self, pairs: &mut [(String, String)], lang: Lang) {
        let Some((_, text)) = pairs.iter_mut().rev().find(|(name, text)| name == "q" && !text.is_empty()) else { return };
        if text.len() <= MAX_BYTES {
            return;
        }
        self.text = Some(text.chars().take(BOX_MAX).collect());
        *text = beginning(text).to_owned();
        let skipped = text.chars().count().saturating_sub(END_MAX);
        let end: String = text.chars().skip(skipped).collect();
        self.remarks.push(messages::say(lang, "found-cut", &[("text", &end)]));
    }

    /// Days are read as people write them; those that are none, or none in their order, are left out.
    fn period(&mut self, pairs: &mut Vec<(String, String)>, column: DateColumn, lang: Lang) {
        let names = date_names(column);
        let title = messages::say(lang, &key_of(column), &[]);
        let from = self.day(pairs, names.0, &title, lang);
        let to = self.day(pairs, names.1, &title, lang);
        let (Some(from), Some(to)) = (from, to) else { return };
        if from <= to {
            return;
        }
        for (name, day) in [(names.0, from), (names.1, to)] {
            pairs.retain(|(other, _)| other != name);
            self.days.insert(name, day.to_string());
        }
        let (first, last) = (format::day(lang, from), format::day(lang, to));
        self.remarks.push(messages::say(lang, "period-reversed", &[("name", &title), ("from", &first), ("to", &last)]));
    }

    fn day(&mut self, pairs: &mut Vec<(String, String)>, name: &'static str, title: &str, lang: Lang) -> Option<NaiveDate> {
        let (_, text) = pairs.iter().rev().find(|(other, text)| other == name && !text.is_empty())?.clone();
        let day = typed::day(&text).or_else(|| text.parse().ok());
        pairs.retain(|(other, _)| other != name);
        match day {
            Some(day) => pairs.push((name.to_owned(), day.to_string())),
            None => {
                let text: String = text.chars().take(DAY_MAX).collect();
                self.remarks.push(messages::say(lang, "period-unread", &[("name", title), ("text", &text)]));
                self.days.insert(name, text);
            }
        }
        day
    }

    /// Of more values of a facet than can be searched at once the first are.
    pub fn values(&mut self, filters: &mut Filters, lang: Lang) {
        for (facet, values) in filters {
            let Some(first) = values.iter().nth(MAX_FILTER_VALUES).cloned() else { continue };
            drop(values.split_off(&first));
            let title = messages::say(lang, &super::facets::key_of(*facet), &[]);
            self.remarks.push(messages::say(lang, "facet-most", &[("name", &title), ("max", &MAX_FILTER_VALUES.to_string())]));
        }
    }
}

/// As much of a text as can be searched, up to the end of a word where there is one.
fn beginning(text: &str) -> &str {
    let whole = text.get(..text.floor_char_boundary(MAX_BYTES)).unwrap_or_default();
    // The word that goes on behind it is no word of the text.
    let is_inside = text.get(whole.len()..).and_then(|rest| rest.chars().next()).is_some_and(|next| !next.is_whitespace());
    let words = if is_inside { whole.rfind(char::is_whitespace).and_then(|end| whole.get(..end)) } else { None };
    words.map(str::trim_end).filter(|words| !words.is_empty()).unwrap_or(whole)
}

#[cfg(test)]
mod tests {
    use search::Facet;

    use super::*;

    fn encoded(pairs: &[(&str, &str)]) -> String {
        form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish()
    }

    #[test]
    fn what_can_be_searched_stays_as_it_is() {
        for query in ["", "q=d%E1%BB%ABa&trl=7%2C8&sort=newest", "published_from=2026-01-31&published_to=2026-01-31&page=x"] {
            let (sent, mended) = Mended::of(query, Lang::Vi);
            assert_eq!(form_urlencoded::parse(sent.as_bytes()).count(), form_urlencoded::parse(query.as_bytes()).count());
            assert!(mended.remarks.is_empty() && mended.text.is_none() && mended.days.is_empty(), "{query}: {mended:?}");
        }
    }

    #[test]
    fn a_long_text_is_cut_at_the_end_of_a_word() {
        let text = "máy sấy dừa ".repeat(100);
        let cut = beginning(&text);
        assert!(cut.len() <= MAX_BYTES && cut.len() > MAX_BYTES - 20, "{}", cut.len());
        assert!(["máy", "sấy", "dừa"].iter().any(|word| cut.ends_with(word)), "{cut}");
        // One word alone is cut between its letters.
        assert_eq!(beginning(&"ấ".repeat(400)), "ấ".repeat(341));
        let (sent, mended) = Mended::of(&encoded(&[("q", &text), ("trl", "7")]), Lang::En);
        let pairs: Vec<(String, String)> = form_urlencoded::parse(sent.as_bytes()).into_owned().collect();
        assert_eq!((pairs[0].1.as_str(), pairs[1].1.as_str()), (cut, "7"));
        assert_eq!(mended.text.unwrap().chars().count(), BOX_MAX);
        assert_eq!(mended.remarks.len(), 1);
    }

    #[test]
    fn days_are_read_as_people_write_them_and_left_out_where_they_are_none() {
        let read = |from: &str, to: &str| {
            let (sent, mended) = Mended::of(&encoded(&[("published_from", from), ("published_to", to)]), Lang::Vi);
            (sent, mended.days.len(), mended.remarks.len())
        };
        let both = "published_from=2026-11-24&published_to=2026-11-30".to_owned();
        assert_eq!(read("24/11/2026", "30.11.2026"), (both, 0, 0));
        assert_eq!(read("2026-11-24", "hôm nay"), ("published_from=2026-11-24".to_owned(), 1, 1));
        assert_eq!(read("2026-11-30", "24/11/2026"), (String::new(), 2, 1), "a range the wrong way round");
        assert_eq!(read("31/02/2026", "2026-02-30"), (String::new(), 2, 2));
        assert_eq!(read("", "2026-11-30"), ("published_from=&published_to=2026-11-30".to_owned(), 0, 0));
    }

    #[test]
    fn more_values_than_can_be_searched_are_cut() {
        let mut filters: Filters = [(Facet::Commune, (10_000..10_060).map(|n| n.to_string()).collect())].into();
        let mut mended = Mended::default();
        mended.values(&mut filters, Lang::Vi);
        assert_eq!((filters[&Facet::Commune].len(), mended.remarks.len()), (MAX_FILTER_VALUES, 1));
        mended.values(&mut filters, Lang::Vi);
        assert_eq!(mended.remarks.len(), 1);
    }
}
