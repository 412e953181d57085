//! What search engines are told: where they may go (`/robots.txt`), and every page there is for everybody (`/sitemap.xml`, as
//! sitemaps.org has it), from the database and not from the index. An entry is an address in one language; what a page says in
//! both, the page itself says.

use askama::Template;
use axum::extract::{Path, State};
use axum::http::header;
use axum::response::{IntoResponse as _, Response};
use base::{Lang, PublicPage, PublicSpan};
use search::DocKind;
use store::StoreError;
use uuid::Uuid;

use super::asked::Asked;
use super::format;
use super::frame::localised;
use crate::app::App;
use crate::problem::Problem;

/// Addresses of one file at most; the standard allows 50,000, and 50 MB.
const ADDRESSES: u64 = 10_000;
/// What is shown on one file: each in every language.
const SHOWN: u64 = ADDRESSES / Lang::ALL.len() as u64;
/// For how long an answer may be kept: an hour.
const KEPT: &str = "public, max-age=3600";

/// What there are pages of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Subject {
    Listings,
    Parties,
    Experts,
    Stories,
}

impl Subject {
    const ALL: [Self; 4] = [Self::Listings, Self::Parties, Self::Experts, Self::Stories];

    fn as_str(self) -> &'static str {
        match self {
            Self::Listings => "listings",
            Self::Parties => "parties",
            Self::Experts => "experts",
            Self::Stories => "stories",
        }
    }

    async fn pages(self, app: &App, span: PublicSpan) -> Result<Vec<PublicPage>, StoreError> {
        match self {
            Self::Listings => listings::published::public_pages(&app.store, span).await,
            Self::Parties => accounts::parties::public_pages(app.store.db(), span).await,
            Self::Experts => accounts::experts::public_pages(app.store.db(), span).await,
            Self::Stories => brokering::stories::public_pages(&app.brokering, span).await,
        }
    }

    /// Where the files begin that take them all: none at the beginning, then each after the last of the one before.
    async fn files(self, app: &App) -> Result<Vec<Option<Uuid>>, StoreError> {
        let mut files = Vec::new();
        let mut after = None;
        // A file without an entry is none.
        let mut more = !self.pages(app, PublicSpan { limit: 1, ..PublicSpan::default() }).await?.is_empty();
        while more {
            files.push(after);
            let ends = self.pages(app, PublicSpan { after, skip: SHOWN - 1, limit: 2 }).await?;
            more = ends.len() > 1;
            after = ends.first().map(|last| last.id);
        }
        Ok(files)
    }
}

/// `listings.xml`, or `listings-<id>.xml` for those after an id.
fn name(subject: Subject, after: Option<Uuid>) -> String {
    after.map_or_else(|| format!("{}.xml", subject.as_str()), |id| format!("{}-{id}.xml", subject.as_str()))
}

fn read(file: &str) -> Option<(Subject, Option<Uuid>)> {
    let stem = file.strip_suffix(".xml")?;
    let (name, after) = stem.split_once('-').map_or((stem, None), |(name, id)| (name, Some(id)));
    Some((Subject::ALL.into_iter().find(|s| s.as_str() == name)?, after.map(str::parse).transpose().ok()?))
}

/// An address with the day on which what it shows was changed.
struct Entry {
    address: String,
    changed: Option<String>,
}

#[derive(Template)]
#[template(path = "sitemap.xml")]
struct Sitemap {
    /// `sitemapindex` of files, or `urlset` of pages.
    root: &'static str,
    /// What one of them is called.
    item: &'static str,
    entries: Vec<Entry>,
}

impl Sitemap {
    fn answer(&self) -> Result<Response, Problem> {
        let xml = self.render().map_err(|e| Problem::internal(&e))?;
        Ok(([(header::CONTENT_TYPE, "application/xml; charset=utf-8"), (header::CACHE_CONTROL, KEPT)], xml).into_response())
    }
}

/// The files there are.
pub(super) async fn sitemaps(State(app): State<App>) -> Result<Response, Problem> {
    let mut entries = Vec::new();
    for subject in Subject::ALL {
        let files = subject.files(&app).await?.into_iter();
        entries.extend(
            files.map(|after| Entry { address: format!("{}/sitemaps/{}", app.settings.public_url, name(subject, after)), changed: None }),
        );
    }
    Sitemap { root: "sitemapindex", item: "sitemap", entries }.answer()
}

/// One of them.
pub(super) async fn sitemap(State(app): State<App>, Path(file): Path<String>) -> Result<Response, Problem> {
    let (subject, after) = read(&file).ok_or_else(Problem::not_found)?;
    let pages = subject.pages(&app, PublicSpan { after, skip: 0, limit: SHOWN }).await?;
    if pages.is_empty() {
        return Err(Problem::not_found());
    }
    let entries = pages.iter().flat_map(|page| {
        Lang::ALL.map(|lang| Entry {
            address: format!("{}{}", app.settings.public_url, localised(lang, &page.path)),
            changed: Some(format::iso_day(page.changed_at)),
        })
    });
    Sitemap { root: "urlset", item: "url", entries: entries.collect() }.answer()
}

/// Where crawlers may go: listings, parties and the plain list of each kind, not every combination of filters.
fn rules(public_url: &str) -> String {
    let mut lines = vec!["User-agent: *".to_owned()];
    for lang in Lang::ALL {
        // The longest rule that fits counts (RFC 9309).
        lines.extend(DocKind::ALL.map(|kind| format!("Allow: {}$", Asked::default().among(Some(kind)).address(lang, None))));
        lines.push(format!("Disallow: {}?", localised(lang, "/search")));
        lines.push(format!("Disallow: {}", localised(lang, "/sign-in")));
    }
    lines.extend(["Disallow: /api/v1/".to_owned(), String::new(), format!("Sitemap: {public_url}/sitemap.xml\n")]);
    lines.join("\n")
}

pub(super) async fn robots(State(app): State<App>) -> Response {
    let headers = [(header::CONTENT_TYPE, "text/plain; charset=utf-8"), (header::CACHE_CONTROL, "public, max-age=86400")];
    (headers, rules(&app.settings.public_url)).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_known_by_its_name_alone() {
        let id = Uuid::from_u128(7);
        for subject in Subject::ALL {
            for after in [None, Some(id)] {
                assert_eq!(read(&name(subject, after)), Some((subject, after)));
            }
        }
        for other in ["", ".xml", "listings", "accounts.xml", "listings-.xml", "listings-x.xml", "../listings.xml"] {
            assert_eq!(read(other), None, "{other}");
        }
    }

    #[test]
    fn the_plain_list_of_a_kind_may_be_read_and_a_search_may_not() {
        let rules = rules("https://space.example");
        let lines: Vec<&str> = rules.lines().collect();
        for line in ["Allow: /search?kind=technology$", "Allow: /en/search?kind=party$", "Disallow: /search?", "Disallow: /en/search?"] {
            assert!(lines.contains(&line), "{line}: {rules}");
        }
        assert_eq!(lines.last(), Some(&"Sitemap: https://space.example/sitemap.xml"));
    }
}
