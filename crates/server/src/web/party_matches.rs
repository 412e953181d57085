//! The matches of all listings of a party on one page, both ways, for its members and for brokers; and what was left out of
//! its newest ones.

use askama::Template;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use base::{Lang, Limit, messages};
use matching::of_party::{self, Order, PartyAsk, PartyMatch};

use super::frame::{Frame, Visit, localised, page, parameter};
use super::paging::{address, cursor, paged};
use super::pairs::{Way, percent, place_of_pair};
use super::portion::{self, ROOM_BYTES, weight};
use crate::app::App;
use crate::problem::Problem;

/// Matches on a page.
const SHOWN: u16 = 20;
/// Bytes that a line takes beside its texts.
const BARE_BYTES: usize = 900;
/// Reasons of one.
const REASONS: usize = 3;

/// A listing of the party and its counterpart.
struct Line {
    id: String,
    kind: &'static str,
    kind_label: String,
    title: String,
    title_lang: Lang,
    href: String,
    percent: u8,
    own: String,
    own_lang: Lang,
    /// The matches of the own listing.
    matches: String,
    reasons: Vec<String>,
    is_behind: bool,
}

impl Line {
    /// Bytes of HTML that it takes.
    fn weight(&self) -> usize {
        BARE_BYTES + weight(&self.title) + weight(&self.own) + self.reasons.iter().map(|text| 15 + weight(text)).sum::<usize>()
    }
}

#[derive(Template)]
#[template(path = "party_matches.html")]
struct PartyMatchesPage {
    f: Frame,
    name: String,
    back: String,
    about: String,
    ways: Vec<Way>,
    is_excluded: bool,
    total: u64,
    lines: Vec<Line>,
    next: Option<String>,
    first: Option<String>,
}

fn line(app: &App, lang: Lang, one: PartyMatch, is_excluded: bool) -> Line {
    let reasons: Vec<String> = if is_excluded {
        one.excluded.into_iter().map(|e| e.text).collect()
    } else {
        one.reasons.into_iter().take(REASONS).map(|r| r.text).collect()
    };
    Line {
        kind: one.other.kind.as_str(),
        kind_label: app.vocabularies.name("listing_kinds", one.other.kind.as_str(), lang).to_owned(),
        title: one.other.title,
        title_lang: one.other.title_lang,
        href: localised(lang, &one.other.url),
        percent: percent(one.score),
        own: one.own.title,
        own_lang: one.own.title_lang,
        // An excluded pair stands among what was excluded there as well.
        matches: localised(lang, &place_of_pair(&one.own.url, &one.other.id.to_string(), is_excluded, &one.id)),
        reasons,
        is_behind: one.feedback.is_some_and(|said| said.is_behind),
        id: one.id,
    }
}

pub(super) async fn show(State(app): State<App>, visit: Visit, Path(slug): Path<String>) -> Result<Response, Problem> {
    let (lang, actor) = (visit.lang(), &visit.who.actor);
    let id = accounts::parties::named(&app.accounts, &slug).await?.ok_or_else(Problem::not_found)?;
    let party = accounts::parties::load_many(app.store.db(), &[id]).await?.pop().ok_or_else(Problem::not_found)?;
    let is_excluded = parameter(&visit, "excluded") == "true";
    let limit = Limit::new(SHOWN).unwrap_or_default();
    let mut ask = PartyAsk { order: Order::Best, limit, cursor: cursor(&visit), explain: false, excluded: is_excluded };
    // What is too long for one page goes on to the next one.
    let (lines, found) = loop {
        let mut found = of_party::matches(&app.matcher, actor, id, &ask).await?;
        let lines: Vec<Line> = std::mem::take(&mut found.items).into_iter().map(|one| line(&app, lang, one, is_excluded)).collect();
        let fit = portion::fitting(lines.iter().map(Line::weight), ROOM_BYTES);
        if fit == lines.len() {
            break (lines, found);
        }
        ask.limit = u16::try_from(fit).ok().and_then(Limit::new).unwrap_or_default();
    };
    let path = format!("/parties/{}/matches", party.slug);
    let narrowed = |excluded: bool| [("excluded", if excluded { "true" } else { "" })];
    let paged = paged(&visit, &path, &narrowed(is_excluded), found.next.as_deref());
    let way = |key: &str, excluded: bool| Way {
        text: messages::say(lang, key, &[]),
        href: address(&localised(lang, &path), &narrowed(excluded)),
        is_on: excluded == is_excluded,
    };
    let shown = PartyMatchesPage {
        f: visit.frame(&app, messages::say(lang, "party-matches", &[])).at(&path).unlisted(),
        name: party.names.best(lang).unwrap_or_default().to_owned(),
        back: localised(lang, &format!("/parties/{}", party.slug)),
        about: messages::say(lang, if is_excluded { "party-matches-excluded-about" } else { "party-matches-about" }, &[]),
        ways: vec![way("pairs-fit", false), way("pairs-excluded", true)],
        is_excluded,
        total: found.total,
        lines,
        next: paged.next,
        first: paged.first,
    };
    Ok(page(StatusCode::OK, lang, &shown))
}
