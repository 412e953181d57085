//! What a search page was asked, as its address says it: every link on the page is this with one thing changed.

use std::collections::BTreeSet;

use base::{Lang, PartyId, Vocabulary};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use search::{DocKind, Facet, Filters, Query, Sort};

use super::frame::localised;

/// What need not be escaped in the value of a parameter.
const PLAIN: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~').remove(b',');

/// A search as its address says it, without the page of results.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Asked {
    /// What was typed.
    pub q: String,
    /// What the results are narrowed by.
    pub filters: Filters,
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
        Self { q: query.text.clone(), filters: query.filters.clone(), sort: query.sort, party: query.party }
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
        let mut path = "/search".to_owned();
        let mut mark = '?';
        let mut add = |name: &str, value: &str| {
            path.push(mark);
            path.push_str(name);
            path.push('=');
            path.extend(utf8_percent_encode(value, PLAIN));
            mark = '&';
        };
        if !self.q.is_empty() {
            add("q", &self.q);
        }
        for (facet, values) in self.filters.iter().filter(|(_, values)| !values.is_empty()) {
            add(facet.as_str(), &values.iter().map(String::as_str).collect::<Vec<_>>().join(","));
        }
        if let Some(party) = self.party {
            add("party", &party.to_string());
        }
        if self.sort != Sort::Relevance {
            add("sort", sort_word(self.sort));
        }
        if let Some(cursor) = cursor {
            add("cursor", cursor);
        }
        path
    }

    /// The hidden fields of a form that asks for other words and keeps the rest.
    pub fn fields(&self) -> Vec<(&'static str, String)> {
        let mut fields: Vec<(&'static str, String)> = self
            .filters
            .iter()
            .filter(|(_, values)| !values.is_empty())
            .map(|(facet, values)| (facet.as_str(), values.iter().map(String::as_str).collect::<Vec<_>>().join(",")))
            .collect();
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
                next.filters.remove(&facet);
            }
        }
        next
    }

    pub fn toggled(&self, facet: Facet, code: &str) -> Self {
        if self.has(facet, code) { self.without(facet, code) } else { self.with(facet, code) }
    }

    /// Narrowed to a field: what lies above or below it would widen the search again, so it goes.
    pub fn toggled_field(&self, fields: &Vocabulary, code: &str) -> Self {
        if self.has(Facet::Field, code) {
            return self.without(Facet::Field, code);
        }
        let above: BTreeSet<String> = fields.path(code).into_iter().map(|c| c.as_str().to_owned()).collect();
        let mut next = self.clone();
        let values = next.filters.entry(Facet::Field).or_default();
        values.retain(|other| !above.contains(other) && !fields.path(other).iter().any(|c| *c == *code));
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
    use base::Vocabularies;

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
        let fields = all.get("fields").unwrap();
        let wide = Asked::only(Facet::Field, "4");
        let narrow = wide.toggled_field(fields, "401");
        assert_eq!(narrow.path(None), "/search?field=401");
        assert_eq!(narrow.toggled_field(fields, "4").path(None), "/search?field=4");
        assert_eq!(narrow.toggled_field(fields, "401").path(None), "/search");
        assert_eq!(narrow.toggled_field(fields, "2").path(None), "/search?field=2,401");
    }

    #[test]
    fn a_kind_replaces_another() {
        let asked = Asked::only(Facet::Kind, "need");
        assert_eq!(asked.among(Some(DocKind::IpAsset)).kind(), Some(DocKind::IpAsset));
        assert_eq!(asked.among(None), Asked::default());
    }
}
