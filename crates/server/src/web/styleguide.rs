//! Every shared piece of the pages on one page, with what it is for: where a new page is put together from. Served by
//! demonstration spaces alone.

use std::collections::HashMap;

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use base::{Faults, Lang, messages};
use chrono::TimeDelta;
use listings::state::Status;
use serde_json::json;

use super::card::{AdvantageLine, CardView};
use super::faults::{FaultLine, fault_lines};
use super::fields::{Context, Control, Field, FieldView, Input, Wrong, views};
use super::format;
use super::frame::{Frame, Visit, localised, page};
use super::numbers::Chart;
use super::paging::{Sorted, sorted};
use super::staff::Tab;
use crate::app::App;
use crate::problem::Problem;

const ROW: [Field; 3] = [
    Field::needed("/metric", "advantage-metric", Input::Line(200)),
    Field::new("/offered", "advantage-offered", Input::Figure),
    Field::new("/unit", "field-unit", Input::Plain(20)),
];

/// One of each kind of input.
const FIELDS: [Field; 10] = [
    Field::needed("/title", "field-technology-title", Input::Line(256)),
    Field::new("/problem", "block-problem", Input::Text(2_000, 3)),
    Field::new("/keywords", "fact-keywords", Input::Words),
    Field::new("/field", "fact-field", Input::Code("fields")),
    Field::new("/urgency", "fact-urgency", Input::Code("urgency")),
    Field::new("/cooperation", "fact-cooperation", Input::Codes("cooperation")),
    Field::new("/territory", "fact-territory", Input::Places("countries")),
    Field::new("/deadline", "fact-deadline", Input::Day),
    Field::new("/investment", "fact-investment", Input::Money),
    Field::new("/advantages", "block-advantages", Input::Rows(&ROW)),
];

#[derive(Template)]
#[template(path = "styleguide.html")]
struct StyleguidePage {
    f: Frame,
    tokens: [&'static str; 10],
    statuses: Vec<(&'static str, String)>,
    fields: Vec<FieldView>,
    faults: Vec<FaultLine>,
    /// A table of one line: what it is, and its code.
    lines: Vec<(String, &'static str)>,
    table_label: String,
    by_change: Sorted,
    csv: String,
    next: Option<String>,
    first: Option<String>,
    tabs: Vec<Tab>,
    hit: CardView,
    chart: Chart,
}

/// A result as a card shows it.
fn card(app: &App, visit: &Visit) -> CardView {
    let lang = visit.lang();
    CardView {
        kind: "technology",
        kind_label: app.vocabularies.name("listing_kinds", "technology", lang).to_owned(),
        code: "CN-2026-000001".to_owned(),
        url: localised(lang, "/styleguide"),
        title_html: "Máy sấy <mark>cơm dừa</mark>".to_owned(),
        title_lang: Lang::Vi,
        snippet_html: messages::say(lang, "styleguide-empty", &[]),
        snippet_lang: lang,
        advantage: Some(AdvantageLine {
            metric: messages::say(lang, "styleguide-advantage", &[]),
            lang,
            figures: format::change(lang, Some(14.0), Some(5.0), "h"),
        }),
        party: Some("Viện Dừa".to_owned()),
        verified: true,
        place: None,
        trl: Some(7),
        tags: vec![app.vocabularies.name("ipr_status", "granted", lang).to_owned()],
        moment: format::recent(lang, app.clock().now() - TimeDelta::days(3), app.clock().now()),
        moment_key: "hit-updated",
        pattern: '2',
    }
}

pub(super) async fn show(State(app): State<App>, visit: Visit) -> Result<Response, Problem> {
    if !app.space.settings.demonstration {
        return Err(Problem::not_found());
    }
    let lang = visit.lang();
    let content = json!({
        "title": {"vi": {"text": "Máy sấy cơm dừa"}, "en": {"text": "Coconut dryer"}},
        "cooperation": ["licence"],
        "territory": ["VN", "DE"],
        "investment": {"min_minor": 450_000_000_i64, "currency": "VND"},
        "advantages": [{"metric": {"vi": {"text": "Thời gian sấy"}, "en": {"text": "Drying time"}}, "offered": 5.0, "unit": "h"}],
    });
    let mut wrong = Faults::new();
    wrong.add("/keywords", "missing");
    let wrong = Wrong::of(&wrong, &FIELDS, lang);
    let notes = HashMap::from([("/problem".to_owned(), messages::say(lang, "styleguide-note", &[]))]);
    let cx = Context { notes, ..Context::plain(&app, lang) };
    let here = localised(lang, "/styleguide");
    let statuses = Status::ALL.iter().map(|s| (s.as_str(), app.vocabularies.name("listing_status", s.as_str(), lang).to_owned()));
    let guide = StyleguidePage {
        f: visit.frame(&app, messages::say(lang, "styleguide-title", &[])).at("/styleguide").unlisted(),
        tokens: ["ink", "muted", "paper", "wash", "line", "accent", "husk", "info", "amber", "red"],
        statuses: statuses.collect(),
        fields: views(&FIELDS, &content, None, &wrong, &cx),
        faults: fault_lines(&wrong, &FIELDS, lang, lang),
        lines: vec![("Máy sấy cơm dừa".to_owned(), "CN-2026-000001")],
        table_label: messages::say(lang, "styleguide-table", &[]),
        by_change: sorted(&visit, "/styleguide", &[], "descending"),
        csv: here.clone(),
        next: Some(here.clone()),
        first: Some(here.clone()),
        tabs: [("my-all", true), ("deals-ended", false)]
            .map(|(key, is_on)| Tab { text: messages::say(lang, key, &[]), href: here.clone(), is_on })
            .into(),
        hit: card(&app, &visit),
        chart: Chart::sample(lang, here),
    };
    Ok(page(StatusCode::OK, lang, &guide))
}
