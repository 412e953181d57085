//! Addresses of lists: what they are narrowed to, and where in them the reader is.

use super::frame::{Visit, localised, parameter};

/// An address with what of these parameters says something.
pub(super) fn address(path: &str, parameters: &[(&str, &str)]) -> String {
    let said = parameters.iter().filter(|(_, value)| !value.is_empty());
    let query = form_urlencoded::Serializer::new(String::new()).extend_pairs(said).finish();
    if query.is_empty() { path.to_owned() } else { format!("{path}?{query}") }
}

/// Where in a list the reader is, if not at its beginning.
pub(super) fn cursor(visit: &Visit) -> Option<String> {
    Some(parameter(visit, "cursor")).filter(|c| !c.is_empty())
}

/// The addresses around a part of a list.
pub(super) struct Paged {
    pub next: Option<String>,
    pub first: Option<String>,
    /// Where its forms are sent, so that the answer is the same part of the list.
    pub action: String,
}

pub(super) fn paged(visit: &Visit, path: &str, filter: &[(&str, &str)], next: Option<&str>) -> Paged {
    let path = localised(visit.lang(), path);
    let at = |cursor: &str| address(&path, &[filter, &[("cursor", cursor)]].concat());
    let here = cursor(visit);
    Paged { next: next.map(at), first: here.as_ref().map(|_| address(&path, filter)), action: at(here.as_deref().unwrap_or_default()) }
}

#[cfg(test)]
mod tests {
    use super::address;

    #[test]
    fn an_address_has_what_is_asked_for_and_no_more() {
        assert_eq!(address("/staff/events", &[("kind", ""), ("actor", "")]), "/staff/events");
        assert_eq!(address("/staff/events", &[("kind", "a&b=c"), ("actor", "7")]), "/staff/events?kind=a%26b%3Dc&actor=7");
    }
}
