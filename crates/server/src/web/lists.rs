//! The lists of codes as people read them: names in both languages, since when, until when, from where.

use askama::Template;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use base::{Lang, Vocabulary, messages};

use super::format;
use super::frame::{Frame, Visit, localised, page};
use crate::app::App;
use crate::problem::Problem;

/// A list among the others.
struct ListLine {
    name: String,
    code: String,
    href: String,
    count: u64,
    version: String,
    source: String,
}

#[derive(Template)]
#[template(path = "lists.html")]
struct ListsPage {
    f: Frame,
    lines: Vec<ListLine>,
}

/// A code.
struct TermLine {
    code: String,
    name: String,
    other: String,
    note: Option<String>,
    depth: usize,
    from: Option<String>,
    to: Option<String>,
}

#[derive(Template)]
#[template(path = "list.html")]
struct ListPage {
    f: Frame,
    code: String,
    version: String,
    source: String,
    lines: Vec<TermLine>,
    total: u64,
    has_dates: bool,
}

/// Codes on a page; the rest is in the API.
const SHOWN: usize = 400;

fn name(list: &Vocabulary, lang: Lang) -> String {
    match lang {
        Lang::Vi => list.vi.clone(),
        Lang::En => list.en.clone(),
    }
}

pub(super) async fn index(State(app): State<App>, visit: Visit) -> Response {
    let lang = visit.lang();
    let lines = app.vocabularies.iter().map(|list| ListLine {
        name: name(list, lang),
        href: localised(lang, &format!("/lists/{}", list.code)),
        code: list.code.clone(),
        count: list.terms.len() as u64,
        version: list.version.clone(),
        source: list.source.clone(),
    });
    let f = visit.frame(&app, messages::say(lang, "lists-title", &[])).at("/lists").about(&messages::say(lang, "lists-about", &[]));
    page(StatusCode::OK, lang, &ListsPage { f, lines: lines.collect() })
}

pub(super) async fn show(State(app): State<App>, visit: Visit, Path(code): Path<String>) -> Result<Response, Problem> {
    let lang = visit.lang();
    let list = app.vocabularies.get(&code).ok_or_else(Problem::not_found)?;
    let other = lang.other();
    let lines: Vec<TermLine> = list
        .terms
        .iter()
        .take(SHOWN)
        .map(|term| TermLine {
            code: term.code.0.clone(),
            name: term.name(lang).to_owned(),
            other: term.name(other).to_owned(),
            note: if lang == Lang::Vi { term.note_vi.clone() } else { term.note_en.clone() },
            depth: list.path(term.code.as_str()).len().saturating_sub(1),
            from: term.from.map(|day| format::day(lang, day)),
            to: term.to.map(|day| format::day(lang, day)),
        })
        .collect();
    let view = ListPage {
        f: visit.frame(&app, name(list, lang)).at(&format!("/lists/{code}")),
        code,
        version: list.version.clone(),
        source: list.source.clone(),
        total: list.terms.len() as u64,
        has_dates: lines.iter().any(|l| l.from.is_some() || l.to.is_some()),
        lines,
    };
    Ok(page(StatusCode::OK, lang, &view))
}
