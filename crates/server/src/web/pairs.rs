//! What answers a need and what a technology answers, each with its reasons; and what was left out, with the rule that
//! left it out. Reckoned when asked for, on a page of its own, so that a listing's page stays quick.

use askama::Template;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use base::{Lang, Limit, messages};
use listings::Kind;
use matching::{Ask, Match};

use super::frame::{Frame, Visit, localised, page, parameter};
use super::paging::{address, cursor, paged};
use crate::app::App;
use crate::problem::Problem;

/// Matches on a page.
const SHOWN: u16 = 20;
/// Reasons that are open at once.
const REASONS: usize = 3;

/// A match as it is shown.
struct PairView {
    kind: &'static str,
    kind_label: String,
    title: String,
    href: String,
    code: String,
    party: Option<String>,
    trl: Option<u8>,
    summary: String,
    /// 0 to 10, for the bar.
    tenths: u8,
    percent: u8,
    same_party: bool,
    reasons: Vec<String>,
    more: Vec<String>,
}

/// A way to look at the matches.
struct Way {
    text: String,
    href: String,
    is_on: bool,
}

#[derive(Template)]
#[template(path = "pairs.html")]
struct PairsPage {
    f: Frame,
    code: String,
    title: String,
    back: String,
    about: String,
    ways: Vec<Way>,
    is_excluded: bool,
    total: u64,
    pairs: Vec<PairView>,
    next: Option<String>,
    first: Option<String>,
}

pub(super) async fn of_need(State(app): State<App>, visit: Visit, Path(slug): Path<String>) -> Result<Response, Problem> {
    show(&app, &visit, Kind::Need, &slug).await
}

pub(super) async fn of_technology(State(app): State<App>, visit: Visit, Path(slug): Path<String>) -> Result<Response, Problem> {
    show(&app, &visit, Kind::Technology, &slug).await
}

fn percent(score: f64) -> u8 {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a share of one, as a whole percentage")]
    let percent = (score.clamp(0.0, 1.0) * 100.0).round() as u8;
    percent
}

fn pair(app: &App, found: Match, lang: Lang, is_excluded: bool) -> PairView {
    let mut reasons: Vec<String> = if is_excluded {
        found.excluded.into_iter().map(|e| e.text).collect()
    } else {
        found.reasons.into_iter().map(|r| r.text).collect()
    };
    let more = if is_excluded { Vec::new() } else { reasons.split_off(reasons.len().min(REASONS)) };
    let percent = percent(found.score);
    PairView {
        kind: found.listing.kind.as_str(),
        kind_label: app.vocabularies.name("listing_kinds", found.listing.kind.as_str(), lang).to_owned(),
        title: found.listing.title,
        href: localised(lang, &found.listing.url),
        code: found.listing.code,
        party: found.listing.party,
        trl: found.listing.trl,
        summary: found.listing.summary,
        tenths: percent / 10,
        percent,
        same_party: found.same_party,
        reasons,
        more,
    }
}

async fn show(app: &App, visit: &Visit, kind: Kind, slug: &str) -> Result<Response, Problem> {
    let lang = visit.lang();
    let id = listings::view::find_slug(&app.listings, kind, slug).await?.ok_or_else(Problem::not_found)?;
    let view = listings::view::show(&app.listings, &visit.who.actor, kind, id).await?;
    let is_excluded = parameter(visit, "excluded") == "true";
    let ask = Ask { limit: Limit::new(SHOWN).unwrap_or_default(), cursor: cursor(visit), excluded: is_excluded, ..Ask::default() };
    let found = app.matcher.matches_of(&visit.who.actor, kind, id, &ask).await?;
    let path = format!("{}/matches", view.url);
    let narrowed = |excluded: bool| [("excluded", if excluded { "true" } else { "" })];
    let paged = paged(visit, &path, &narrowed(is_excluded), found.next.as_deref());
    let key = if kind == Kind::Need { "pairs-need" } else { "pairs-technology" };
    let way = |key: &str, excluded: bool| Way {
        text: messages::say(lang, key, &[]),
        href: address(&localised(lang, &path), &narrowed(excluded)),
        is_on: excluded == is_excluded,
    };
    let pairs = PairsPage {
        f: visit.frame(app, messages::say(lang, key, &[])).at(&path).unlisted(),
        code: view.code.clone(),
        title: view.title.clone(),
        back: localised(lang, &view.url),
        about: messages::say(lang, if is_excluded { "pairs-excluded-about" } else { "pairs-about" }, &[]),
        ways: vec![way("pairs-fit", false), way("pairs-excluded", true)],
        is_excluded,
        total: found.total,
        pairs: found.items.into_iter().map(|m| pair(app, m, lang, is_excluded)).collect(),
        next: paged.next,
        first: paged.first,
    };
    Ok(page(StatusCode::OK, lang, &pairs))
}
