//! What a search page was asked, as its address says it: every link on the page is this with one thing changed.

use base::{Lang, PartyId, Vocabularies};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use search::{DateColumn, DocKind, Facet, Filters, Narrowed, Period, Periods, Query, Sort};

use super::frame::localised;
use crate::api::search::date_names;

/// What need not be escaped in the value of a parameter.
const PLAIN: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~').remove(b',');

/// A search as its address says it, without the page of results.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Asked {
    /// What was typed.
    pub q: String,
    /// What the results are narrowed by.
    pub filters: Filters,
    /// The days it is narrowed to.
    pub periods: Periods,
    /// The order.
    pub sort: Sort,
    /// Only what belongs to this party.
    pub party: Option<PartyId>,
}

/// The word of an order in an address.
pub(super) fn sort_word(sort: Sort) -> &'static str {
    match sort {
        Sort::Relevance => "relevance",
        Sort::Newest => "newest",
        Sort::Trl => "trl",
        Sort::ClosingSoon => "closing_soon",
    }
}

impl Asked {
    pub fn of(query: &Query) -> Self {
        Self { q: query.text.clone(), filters: query.filters.clone(), periods: query.periods.clone(), sort: query.sort, party: query.party }
    }

    /// A search for one value.
    pub fn only(facet: Facet, code: &str) -> Self {
        Self::default().with(facet, code)
    }

    /// The address, from the first page of results or from where another page ended.
    pub fn address(&self, lang: Lang, cursor: Option<&str>) -> String {
        let path = self.path(cursor);
        localised(lang, &path)
    }

    /// The address without its language.
    pub fn path(&self, cursor: Option<&str>) -> String {
        format!("/search{}", self.query(cursor))
    }

    /// Where the results are to be had as a file.
    pub fn export(&self, format: &str) -> String {
        let query = self.query(None);
        let mark = if query.is_empty() { '?' } else { '&' };
        format!("/api/v1/search/export{query}{mark}format={format}")
    }

    /// The query string with its question mark; nothing where nothing is asked.
    fn query(&self, cursor: Option<&str>) -> String {
        let words = Some(("q", self.q.clone())).filter(|_| !self.q.is_empty());
        let cursor = cursor.map(|cursor| ("cursor", cursor.to_owned()));
        let mut query = String::new();
        for (name, value) in words.into_iter().chain(self.fields()).chain(cursor) {
            query.push(if query.is_empty() { '?' } else { '&' });
            query.push_str(name);
            query.push('=');
            query.extend(utf8_percent_encode(&value, PLAIN));
        }
        query
    }

    /// The hidden fields of a form that asks for other words and keeps the rest.
    pub fn fields(&self) -> Vec<(&'static str, String)> {
        let mut fields: Vec<(&'static str, String)> = self
            .filters
            .iter()
            .filter(|(_, values)| !values.is_empty())
            .map(|(facet, values)| (facet.as_str(), values.iter().map(String::as_str).collect::<Vec<_>>().join(",")))
            .collect();
        for (column, period) in &self.periods {
            let (from, to) = date_names(*column);
            fields.extend(period.from.map(|day| (from, day.to_string())));
            fields.extend(period.to.map(|day| (to, day.to_string())));
        }
        fields.extend(self.party.map(|party| ("party", party.to_string())));
        if self.sort != Sort::Relevance {
            fields.push(("sort", sort_word(self.sort).to_owned()));
        }
        fields
    }

    pub fn has(&self, facet: Facet, code: &str) -> bool {
        self.filters.get(&facet).is_some_and(|values| values.contains(code))
    }

    /// The one kind it is narrowed to.
    pub fn kind(&self) -> Option<DocKind> {
        let kinds = self.filters.get(&Facet::Kind)?;
        if kinds.len() == 1 { kinds.first()?.parse().ok() } else { None }
    }

    pub fn with(&self, facet: Facet, code: &str) -> Self {
        let mut next = self.clone();
        next.filters.entry(facet).or_default().insert(code.to_owned());
        next
    }

    pub fn without(&self, facet: Facet, code: &str) -> Self {
        let mut next = self.clone();
        if let Some(values) = next.filters.get_mut(&facet) {
            values.remove(code);
            if values.is_empty() {
                return self.whatever(Narrowed::Facet(facet));
            }
        }
        next
    }

    /// The same search whatever the value of a facet or the days of a date. Communes are chosen below a province, and go
    /// with it.
    pub fn whatever(&self, by: Narrowed) -> Self {
        let mut next = self.clone();
        match by {
            Narrowed::Facet(facet) => drop(next.filters.remove(&facet)),
            Narrowed::Date(column) => drop(next.periods.remove(&column)),
        }
        if by == Narrowed::Facet(Facet::Province) {
            next.filters.remove(&Facet::Commune);
        }
        next
    }

    /// Narrowed to a period, or whatever the date if it was narrowed to just that.
    pub fn toggled_period(&self, column: DateColumn, period: Period) -> Self {
        let mut next = self.whatever(Narrowed::Date(column));
        if self.periods.get(&column) != Some(&period) {
            next.periods.insert(column, period);
        }
        next
    }

    pub fn toggled(&self, facet: Facet, code: &str) -> Self {
        if self.has(facet, code) { self.without(facet, code) } else { self.with(facet, code) }
    }

    /// Narrowed to a value of a facet whose values lie below each other: what lies above or below it would widen the
    /// search again, so it goes.
    pub fn toggled_nested(&self, facet: Facet, vocabularies: &Vocabularies, code: &str) -> Self {
        if self.has(facet, code) {
            return self.without(facet, code);
        }
        let above = facet.path(code, vocabularies);
        let mut next = self.clone();
        let values = next.filters.entry(facet).or_default();
        values.retain(|other| !above.contains(other) && !facet.path(other, vocabularies).iter().any(|c| c == code));
        values.insert(code.to_owned());
        next
    }

    /// The same search among one kind, or all.
    pub fn among(&self, kind: Option<DocKind>) -> Self {
        let mut next = self.clone();
        next.filters.remove(&Facet::Kind);
        match kind {
            Some(kind) => next.with(Facet::Kind, kind.as_str()),
            None => next,
        }
    }

    pub fn sorted(&self, sort: Sort) -> Self {
        Self { sort, ..self.clone() }
    }

    pub fn asking(&self, q: &str) -> Self {
        Self { q: q.to_owned(), ..self.clone() }
    }

    pub fn of_anybody(&self) -> Self {
        Self { party: None, ..self.clone() }
    }

    /// The words alone, among the same kind.
    pub fn bare(&self) -> Self {
        Self { q: self.q.clone(), ..Self::default() }.among(self.kind())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_says_everything_once() {
        let asked =
            Asked { q: "máy sấy & dừa".to_owned(), sort: Sort::Newest, ..Asked::default() }.with(Facet::Trl, "8").with(Facet::Trl, "7");
        assert_eq!(asked.path(None), "/search?q=m%C3%A1y%20s%E1%BA%A5y%20%26%20d%E1%BB%ABa&trl=7,8&sort=newest");
        assert_eq!(
            asked.toggled(Facet::Trl, "7").toggled(Facet::Trl, "8").asking("").sorted(Sort::Relevance).address(Lang::En, Some("x")),
            "/en/search?cursor=x"
        );
    }

    #[test]
    fn a_narrower_field_takes_the_place_of_the_wider_one() {
        let all = Vocabularies::built_in().unwrap();
        let wide = Asked::only(Facet::Field, "4");
        let narrow = wide.toggled_nested(Facet::Field, &all, "401");
        assert_eq!(narrow.path(None), "/search?field=401");
        assert_eq!(narrow.toggled_nested(Facet::Field, &all, "4").path(None), "/search?field=4");
        assert_eq!(narrow.toggled_nested(Facet::Field, &all, "401").path(None), "/search");
        assert_eq!(narrow.toggled_nested(Facet::Field, &all, "2").path(None), "/search?field=2,401");
        let class = Asked::only(Facet::Ipc, "A23").toggled_nested(Facet::Ipc, &all, "A23N 5/01");
        assert_eq!(class.path(None), "/search?ipc=A23N%205%2F01");
        assert_eq!(class.toggled_nested(Facet::Ipc, &all, "C12").toggled_nested(Facet::Ipc, &all, "A").path(None), "/search?ipc=A,C12");
    }

    #[test]
    fn communes_go_with_their_province() {
        let asked = Asked::only(Facet::Province, "86").with(Facet::Commune, "28777");
        assert_eq!(asked.path(None), "/search?province=86&commune=28777");
        assert_eq!(asked.toggled(Facet::Province, "86"), Asked::default());
        assert_eq!(asked.whatever(Narrowed::Facet(Facet::Province)), Asked::default());
        let alone = Asked::only(Facet::Commune, "28777");
        assert_eq!(alone.toggled(Facet::Trl, "7").toggled(Facet::Trl, "7"), alone, "one that was asked for alone stays");
    }

    #[test]
    fn a_period_is_chosen_and_left_again() {
        let period = Period { from: "2026-10-26".parse().ok(), to: None };
        let asked = Asked::default().toggled_period(DateColumn::Published, period);
        assert_eq!(asked.path(None), "/search?published_from=2026-10-26");
        assert_eq!(asked.export("csv"), "/api/v1/search/export?published_from=2026-10-26&format=csv");
        assert_eq!(asked.toggled_period(DateColumn::Published, period), Asked::default());
    }

    #[test]
    fn a_kind_replaces_another() {
        let asked = Asked::only(Facet::Kind, "need");
        assert_eq!(asked.among(Some(DocKind::IpAsset)).kind(), Some(DocKind::IpAsset));
        assert_eq!(asked.among(None), Asked::default());
    }
}
