//! Long pages in parts: contents that would make a page heavier than ours may be (60,000 bytes) go on behind a link. Nothing
//! is cut; what is put into parts are the pieces that a reader takes in at once: a text, a row, a line of a comparison.

use std::ops::Range;

use super::frame::{Frame, Visit, parsed};
use super::paging::address;
use crate::problem::Problem;

/// The parameter with the number of a part, from 1.
pub(super) const PART: &str = "part";

/// Bytes that the contents of a part may take; the rest of 60,000 is for what stands around them on every page.
pub(super) const ROOM_BYTES: usize = 36_000;

/// Where in a page one is, and the ways to the rest of it.
pub(super) struct Parts {
    pub links: Vec<PartLink>,
    /// The number of the next part with its address.
    pub next: Option<(String, String)>,
}

/// One part of a page.
pub(super) struct PartLink {
    pub number: String,
    pub href: String,
    pub is_on: bool,
}

impl Parts {
    /// The parts of the page at an address, which may have parameters; none where there is one only. `at` counts from 0.
    pub fn new(path: &str, parameters: &[(&str, &str)], at: usize, of: usize) -> Option<Self> {
        let href = |number: &str| address(path, &[parameters, &[(PART, if number == "1" { "" } else { number })]].concat());
        let links: Vec<PartLink> = (0..of)
            .map(|n| {
                let number = (n + 1).to_string();
                PartLink { href: href(&number), number, is_on: n == at }
            })
            .collect();
        let next = links.get(at + 1).map(|link| (link.number.clone(), link.href.clone()));
        (of > 1).then_some(Self { links, next })
    }

    /// How many there are.
    pub fn count(&self) -> u64 {
        self.links.len() as u64
    }
}

/// The title of a page, with the number of its part where that is not the first; `at` counts from 0.
pub(super) fn title(f: &Frame, title: &str, at: usize) -> String {
    if at == 0 { title.to_owned() } else { format!("{title} – {}", f.t1("parts-one", "number", &(at + 1).to_string())) }
}

/// The part that an address asks for, from 0; the first one where it does not say.
///
/// # Errors
/// 400 for what is no number.
pub(super) fn asked(visit: &Visit) -> Result<usize, Problem> {
    match parsed::<usize>(visit, PART)? {
        Some(0) => Err(Problem::parameter(PART)),
        number => Ok(number.unwrap_or(1) - 1),
    }
}

/// Bytes of HTML that a text takes, its line breaks as paragraphs.
pub(super) fn weight(text: &str) -> usize {
    let of = |c: char| match c {
        '<' | '>' | '&' | '"' | '\'' | '\n' => 7,
        c => c.len_utf8(),
    };
    text.chars().map(of).sum()
}

/// Which pieces stand together: as many as have room, at least one, in their order. Always one part, perhaps an empty one.
pub(super) fn packed(weights: impl IntoIterator<Item = usize>, room: impl Fn(usize) -> usize) -> Vec<Range<usize>> {
    let nothing: Range<usize> = 0..0;
    let mut parts = vec![nothing];
    let mut filled = 0;
    for (n, weight) in weights.into_iter().enumerate() {
        let last = parts.len() - 1;
        if filled > 0 && filled + weight > room(last) {
            parts.push(n..n);
            filled = 0;
        }
        filled += weight;
        if let Some(part) = parts.last_mut() {
            part.end = n + 1;
        }
    }
    parts
}

/// How many of these pieces have room together, the first ones: at least one, if there is one.
pub(super) fn fitting(weights: impl IntoIterator<Item = usize>, room: usize) -> usize {
    packed(weights, |_| room).first().map_or(0, ExactSizeIterator::len)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_keep_their_order_and_a_heavy_one_stands_alone() {
        assert_eq!(packed([], |_| 10), [Range::default()]);
        assert_eq!(packed([4, 6, 1, 30, 2], |_| 10), [0..2, 2..3, 3..4, 4..5]);
        assert_eq!(packed([4, 4, 4], |part| if part == 0 { 4 } else { 8 }), [0..1, 1..3]);
        assert_eq!((fitting([], 10), fitting([30, 2], 10), fitting([4, 6, 1], 10)), (0, 1, 2));
    }

    #[test]
    fn the_first_part_has_the_bare_address_and_one_part_has_no_links() {
        assert!(Parts::new("/x", &[], 0, 1).is_none());
        let parts = Parts::new("/x", &[("from", "1")], 1, 3).unwrap();
        let hrefs: Vec<&str> = parts.links.iter().map(|link| link.href.as_str()).collect();
        assert_eq!(hrefs, ["/x?from=1", "/x?from=1&part=2", "/x?from=1&part=3"]);
        assert_eq!(parts.next, Some(("3".to_owned(), "/x?from=1&part=3".to_owned())));
        assert!(parts.links[1].is_on && Parts::new("/x", &[], 2, 3).unwrap().next.is_none());
    }

    #[test]
    fn a_text_weighs_what_it_takes_on_the_page() {
        assert_eq!(weight("dừa <b>"), "dừa ".len() + 7 + 1 + 7);
    }
}
