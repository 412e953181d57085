//! What no route tells: addresses that name a thing in their query, and what the forms of pages send.

use reqwest::Method;

use super::Known;

/// Addresses that name a thing in their query, which no route tells; the names are those of [`Known::named`]. What a page is asked for,
/// its form is sent, too.
const ASKED: &[&str] = &[
    "/api/v1/staff/handover?from={account}&to={account}",
    "/staff/deals/handover?from={account}&to={account}",
    "/staff/deals/move?deal={deal}",
    "/staff/deals/take?deal={deal}",
    "/staff/deals?broker={account}",
    "/staff/emergency?code={listing_code}",
    "/staff/parties/merge?from={party}&into={party}",
    "/deals/new?listing={listing}",
    "/deals/new?listing={listing}&interest={interest}",
    "/my/deals?broker={account}&listing={listing}",
    "/my/interests?party={party}",
    "/my/imports?party={party}",
    "/my/searches/new?need={listing}",
    "/my/listings/{listing}/files/remove?file={file}",
    "/needs/{slug}/compare?offer={listing}",
    "/api/v1/deals?listing={listing}",
    "/api/v1/deals?party={party}",
    "/api/v1/deals?broker={account}&ended=true",
    "/api/v1/interests?party={party}",
];

impl Known {
    /// What stands for a name in [`ASKED`]: the ids of such things, else what stands for a part of an address of this name.
    fn named(&self, name: &str) -> Vec<String> {
        match (name, self.of.get(name)) {
            ("listing_code", _) => self.codes.clone(),
            (_, Some(ids)) => ids.clone(),
            (part, None) => self.values(part),
        }
    }

    /// An address of [`ASKED`] with everything that its names stand for.
    fn filled(&self, address: &str) -> Vec<String> {
        let Some((before, (name, after))) = address.split_once('{').and_then(|(before, rest)| Some((before, rest.split_once('}')?))) else {
            return vec![address.to_owned()];
        };
        let (values, rest) = (self.named(name), self.filled(after));
        assert!(!values.is_empty(), "nothing was planted that {{{name}}} stands for");
        values.iter().flat_map(|value| rest.iter().map(move |rest| format!("{before}{value}{rest}"))).collect()
    }

    /// All of them.
    pub(super) fn asked(&self) -> Vec<String> {
        ASKED.iter().flat_map(|address| self.filled(address)).collect()
    }
}

/// Every form of a page on what it is about, and what pages are asked for in their query sent as a form. Not those of one's own account,
/// which may end the session; the English ones are the same handlers.
pub(super) fn forms(known: &Known) -> Vec<(String, String)> {
    let is_own = |path: &str| ["/account", "/sign-"].iter().any(|begin| path.starts_with(begin));
    let routes = server::routes::all().into_iter().filter(|r| r.method == Method::POST && !r.is_api());
    let routes = routes.filter(|r| !is_own(r.path) && !r.path.starts_with("/en/"));
    let of_pages = routes.flat_map(|r| known.own_addresses(r.path)).map(|path| (path, "_do=save&_seen=1&step=submit".to_owned()));
    let asked = known.asked().into_iter().filter(|address| !address.starts_with("/api/"));
    let asked = asked.filter_map(|address| address.split_once('?').map(|(path, query)| (path.to_owned(), format!("{query}&_seen=1"))));
    of_pages.chain(asked).collect()
}
