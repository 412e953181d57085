//! Experts and parties that fit a listing: a few of each below its matches, all of them on a page of their own.

use askama::Template;
use axum::http::StatusCode;
use axum::response::Response;
use base::{Lang, Limit, messages};
use listings::Kind;
use listings::view::ListingView;
use matching::{Counterpart, CounterpartAsk, CounterpartKind};

use super::frame::{Frame, Visit, localised, page, parameter};
use super::paging::{address, cursor, paged};
use super::pairs::{Way, percent};
use super::portion::{self, ROOM_BYTES, weight};
use crate::api::matches::counterparts;
use crate::app::App;
use crate::problem::Problem;

/// Counterparts below the matches.
const FEW: u16 = 5;
/// Bytes of HTML that those of one kind take there at most.
const FEW_BYTES: usize = 6_000;
/// Counterparts on a page of their own, if they have room.
const SHOWN: u16 = 20;
/// Bytes that one takes beside its texts.
const BARE_BYTES: usize = 600;
/// Reasons that are open at once.
const REASONS: usize = 3;

/// A counterpart as it is shown.
pub(super) struct CounterpartView {
    pub(super) kind: &'static str,
    pub(super) name: String,
    pub(super) href: String,
    pub(super) facts: Vec<String>,
    pub(super) summary: String,
    pub(super) summary_lang: Lang,
    /// 0 to 10, for the bar.
    pub(super) tenths: u8,
    pub(super) percent: u8,
    pub(super) is_excluded: bool,
    pub(super) reasons: Vec<String>,
    pub(super) more: Vec<String>,
}

impl CounterpartView {
    /// Bytes of HTML that it takes.
    fn weight(&self) -> usize {
        let lines = self.reasons.iter().chain(&self.more).chain(&self.facts).map(|text| 30 + weight(text)).sum::<usize>();
        BARE_BYTES + weight(&self.name) + weight(&self.summary) + lines
    }
}

/// Counterparts of one kind, under a heading.
pub(super) struct Section {
    pub(super) id: &'static str,
    pub(super) heading: String,
    pub(super) about: String,
    pub(super) none: String,
    pub(super) total: u64,
    pub(super) all: String,
    pub(super) items: Vec<CounterpartView>,
}

impl Section {
    /// Bytes of HTML that it takes.
    pub(super) fn weight(&self) -> usize {
        BARE_BYTES + self.items.iter().map(CounterpartView::weight).sum::<usize>()
    }
}

#[derive(Template)]
#[template(path = "counterparts.html")]
struct CounterpartsPage {
    f: Frame,
    code: String,
    title: String,
    title_lang: Lang,
    back: String,
    matches: String,
    section: Section,
    ways: Vec<Way>,
    next: Option<String>,
    first: Option<String>,
}

/// The word in an address.
fn word(of: CounterpartKind) -> &'static str {
    match of {
        CounterpartKind::Expert => "experts",
        CounterpartKind::Party => "parties",
    }
}

/// Who is asked for beside listings, for a listing of this kind.
fn kinds(kind: Kind) -> &'static [CounterpartKind] {
    match kind {
        Kind::Need => CounterpartKind::ALL,
        Kind::Technology | Kind::IpAsset => &[CounterpartKind::Party],
    }
}

/// Which of them an address asks for; none if it asks for listings.
///
/// # Errors
/// 400 for a word that means nothing here.
pub(super) fn asked_for(visit: &Visit, kind: Kind) -> Result<Option<CounterpartKind>, Problem> {
    let asked = parameter(visit, "of");
    if asked.is_empty() {
        return Ok(None);
    }
    let found = kinds(kind).iter().copied().find(|of| word(*of) == asked);
    found.map(Some).ok_or_else(|| Problem::parameter("of"))
}

fn shown(app: &App, one: Counterpart, lang: Lang, is_excluded: bool) -> CounterpartView {
    let mut reasons: Vec<String> =
        if is_excluded { one.excluded.into_iter().map(|e| e.text).collect() } else { one.reasons.into_iter().map(|r| r.text).collect() };
    let more = if is_excluded { Vec::new() } else { reasons.split_off(reasons.len().min(REASONS)) };
    let percent = percent(one.score);
    let sort = one.party_type.as_deref().map(|code| app.vocabularies.name("party_types", code, lang).to_owned());
    let same = one.same_party.then(|| messages::say(lang, "pairs-same-party", &[]));
    CounterpartView {
        kind: one.kind.as_str(),
        name: one.name,
        href: localised(lang, &one.url),
        facts: [sort, one.party, same].into_iter().flatten().collect(),
        summary: one.summary,
        summary_lang: one.summary_lang,
        tenths: percent / 10,
        percent,
        is_excluded,
        reasons,
        more,
    }
}

/// One kind, what leads on, and for each of them what gives those behind it.
async fn section(
    app: &App,
    visit: &Visit,
    view: &ListingView,
    ask: &CounterpartAsk,
) -> Result<(Section, Option<String>, Vec<String>), Problem> {
    let (lang, of) = (visit.lang(), ask.of);
    let found = counterparts(app, &visit.who.actor, view.kind, view.id, ask).await?;
    let side = if view.kind == Kind::Need { "need" } else { "offer" };
    let say = |part: &str| messages::say(lang, &format!("counterparts-{}-{part}", word(of)), &[]);
    let section = Section {
        id: word(of),
        heading: messages::say(lang, &format!("counterparts-{}-{side}", word(of)), &[]),
        about: say("about"),
        none: say("none"),
        total: found.total,
        all: address(&localised(lang, &format!("{}/matches", view.url)), &[("of", word(of))]),
        items: found.items.into_iter().map(|one| shown(app, one, lang, ask.excluded)).collect(),
    };
    Ok((section, found.next, found.behind))
}

/// A few of each kind with their first reasons, for below the matches of a listing.
pub(super) async fn sections(app: &App, visit: &Visit, view: &ListingView) -> Result<Vec<Section>, Problem> {
    let mut all = Vec::new();
    for of in kinds(view.kind) {
        let ask = CounterpartAsk { of: *of, limit: Limit::new(FEW).unwrap_or_default(), cursor: None, explain: false, excluded: false };
        let (mut section, ..) = section(app, visit, view, &ask).await?;
        section.items.iter_mut().for_each(|one| one.more.clear());
        section.items.truncate(portion::fitting(section.items.iter().map(CounterpartView::weight), FEW_BYTES));
        all.push(section);
    }
    Ok(all)
}

/// All of one kind, or who was excluded and why.
pub(super) async fn show(app: &App, visit: &Visit, view: &ListingView, of: CounterpartKind) -> Result<Response, Problem> {
    let lang = visit.lang();
    let excluded = parameter(visit, "excluded") == "true";
    let ask = CounterpartAsk { of, limit: Limit::new(SHOWN).unwrap_or_default(), cursor: cursor(visit), explain: false, excluded };
    let (mut section, mut next, behind) = section(app, visit, view, &ask).await?;
    // What is too long for one page goes on to the next one.
    let fit = portion::fitting(section.items.iter().map(CounterpartView::weight), ROOM_BYTES);
    if fit < section.items.len() {
        section.items.truncate(fit);
        next = fit.checked_sub(1).and_then(|last| behind.get(last)).cloned();
    }
    let path = format!("{}/matches", view.url);
    let narrowed = |excluded: bool| [("of", word(of)), ("excluded", if excluded { "true" } else { "" })];
    let paged = paged(visit, &path, &narrowed(excluded), next.as_deref());
    let way = |key: &str, is: bool| Way {
        text: messages::say(lang, key, &[]),
        href: address(&localised(lang, &path), &narrowed(is)),
        is_on: is == excluded,
    };
    let counterparts = CounterpartsPage {
        f: visit.frame(app, section.heading.as_str()).at(&address(&path, &narrowed(excluded))).unlisted(),
        code: view.code.clone(),
        title: view.title.clone(),
        title_lang: view.typed.title().spoken(lang),
        back: localised(lang, &view.url),
        matches: localised(lang, &path),
        section,
        ways: vec![way("pairs-fit", false), way("pairs-excluded", true)],
        next: paged.next,
        first: paged.first,
    };
    Ok(page(StatusCode::OK, lang, &counterparts))
}
