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
    /// The list as a file, for lists that can be taken away.
    pub csv: String,
}

pub(super) fn paged(visit: &Visit, path: &str, filter: &[(&str, &str)], next: Option<&str>) -> Paged {
    let path = localised(visit.lang(), path);
    let at = |cursor: &str| address(&path, &[filter, &[("cursor", cursor)]].concat());
    let here = cursor(visit);
    Paged {
        next: next.map(at),
        first: here.as_ref().map(|_| address(&path, filter)),
        action: at(here.as_deref().unwrap_or_default()),
        csv: address(&path, &[filter, &[("format", "csv")]].concat()),
    }
}

/// The head of the column that a list is sorted by: it says which way, and leads to the list the other way round.
pub(super) struct Sorted {
    pub href: String,
    /// For `aria-sort`.
    pub way: &'static str,
    pub arrow: &'static str,
}

/// The parameter that turns a list round.
pub(super) const TURNED: &str = "order";

/// Whether a list is asked for the other way round than usual.
pub(super) fn is_turned(visit: &Visit) -> bool {
    parameter(visit, TURNED) == "turned"
}

/// The head of the column by which a list is sorted, downwards or upwards where it is not turned.
pub(super) fn sorted(visit: &Visit, path: &str, filter: &[(&str, &str)], usual: &'static str) -> Sorted {
    let is_turned = is_turned(visit);
    let other = if is_turned { "" } else { "turned" };
    let is_rising = (usual == "ascending") != is_turned;
    Sorted {
        href: address(&localised(visit.lang(), path), &[filter, &[(TURNED, other)]].concat()),
        way: if is_rising { "ascending" } else { "descending" },
        arrow: if is_rising { "↑" } else { "↓" },
    }
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
