//! Gaps: needs that nothing answers well and technologies nobody asks for, by field, each with the way to its matches.

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use base::{Lang, Limit, messages};
use matching::gaps::{Gap, GapCount, GapFilter, GapSide};

use super::super::format::{self, Moment};
use super::super::frame::{Frame, Visit, localised, page, parameter, parsed};
use super::super::paging::{address, cursor, paged};
use super::super::pairs::percent;
use super::{Tab, frame};
use crate::app::App;
use crate::problem::Problem;

pub(super) const PATH: &str = "/staff/gaps";

/// A listing without a good match.
struct GapLine {
    title: String,
    title_lang: Lang,
    href: String,
    matches: String,
    code: String,
    party: Option<String>,
    field: String,
    best: String,
    published: Moment,
}

/// A field with its count.
struct FieldLine {
    name: String,
    href: String,
    gaps: String,
    listings: String,
    is_on: bool,
}

#[derive(Template)]
#[template(path = "staff_gaps.html")]
struct GapsPage {
    f: Frame,
    tabs: Vec<Tab>,
    about: String,
    fields: Vec<FieldLine>,
    all: Option<String>,
    lines: Vec<GapLine>,
    total: u64,
    csv: String,
    next: Option<String>,
    first: Option<String>,
}

fn field_name(app: &App, lang: Lang, code: &str) -> String {
    if code.is_empty() { messages::say(lang, "gaps-no-field", &[]) } else { app.vocabularies.name("fields", code, lang).to_owned() }
}

fn line(app: &App, lang: Lang, gap: Gap) -> GapLine {
    let Gap { listing, field, best } = gap;
    GapLine {
        href: localised(lang, &listing.url),
        matches: localised(lang, &format!("{}/matches", listing.url)),
        field: field_name(app, lang, &field),
        best: best.map_or_else(|| messages::say(lang, "gaps-none", &[]), |b| format::percent(lang, &percent(b).to_string())),
        published: format::recent(lang, listing.published_at, app.clock().now()),
        title_lang: listing.title_lang,
        title: listing.title,
        code: listing.code,
        party: listing.party,
    }
}

pub(in super::super) async fn show(State(app): State<App>, visit: Visit) -> Result<Response, Problem> {
    let lang = visit.lang();
    let side: GapSide = parsed(&visit, "side")?.unwrap_or(GapSide::Supply);
    let field = Some(parameter(&visit, "field")).filter(|f| !f.is_empty());
    let filter = GapFilter { side, field: field.clone() };
    let found = matching::gaps::gaps(&app.matcher, &visit.who.actor, &filter, Limit::default(), cursor(&visit).as_deref()).await?;
    let asked = [("side", side.as_str()), ("field", field.as_deref().unwrap_or_default())];
    let paged = paged(&visit, PATH, &asked, found.next.as_deref());
    let tab = |one: &GapSide| Tab {
        text: messages::say(lang, &format!("gaps-{one}"), &[]),
        href: address(&localised(lang, PATH), &[("side", one.as_str())]),
        is_on: *one == side,
    };
    let count = |c: GapCount| FieldLine {
        name: field_name(&app, lang, &c.field),
        href: address(&localised(lang, PATH), &[("side", side.as_str()), ("field", &c.field)]),
        gaps: format::count(lang, c.gaps),
        listings: format::count(lang, c.listings),
        is_on: field.as_ref() == Some(&c.field),
    };
    let view = GapsPage {
        f: frame(&app, &visit, "gaps-title", PATH),
        tabs: GapSide::ALL.iter().map(tab).collect(),
        about: messages::say(lang, &format!("gaps-{side}-about"), &[]),
        fields: found.fields.into_iter().map(count).collect(),
        all: field.is_some().then(|| address(&localised(lang, PATH), &[("side", side.as_str())])),
        lines: found.items.into_iter().map(|gap| line(&app, lang, gap)).collect(),
        total: found.total,
        csv: address("/api/v1/gaps", &[asked[0], asked[1], ("format", "csv")]),
        next: paged.next,
        first: paged.first,
    };
    Ok(page(StatusCode::OK, lang, &view))
}
