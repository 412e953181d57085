//! Problems as pages that offer ways on, and what each type of problem means.

use std::sync::Arc;

use askama::Template;
use axum::extract::{Path, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::Response;
use base::{Actor, messages};

use super::frame::{Frame, Visit, page};
use crate::app::App;
use crate::look::Space;
use crate::problem::Problem;

#[derive(Template)]
#[template(path = "problem.html")]
pub(super) struct ProblemPage {
    pub f: Frame,
    pub status: u16,
    pub heading: String,
    pub sentence: String,
    pub faults: Vec<(String, String)>,
    pub wait_seconds: Option<u64>,
    pub request_id: Option<String>,
    pub is_missing: bool,
    pub needs_sign_in: bool,
}

#[derive(Template)]
#[template(path = "problem_type.html")]
pub(super) struct ProblemType {
    pub f: Frame,
    pub kind: String,
    pub sentence: String,
}

/// A problem as a page for a reader of this space.
pub(crate) fn problem_page(space: &Arc<Space>, actor: &Actor, problem: &Problem, request_id: &str) -> Response {
    let frame = Frame::new(actor.lang, Arc::clone(space), "", "/", actor);
    let mut response = page(problem.status, actor.lang, &problem_view(frame, problem, request_id));
    if let Some(wait) = problem.retry_after {
        response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(wait.as_secs().max(1)));
    }
    response
}

pub(super) fn problem_view(f: Frame, problem: &Problem, request_id: &str) -> ProblemPage {
    let status = problem.status;
    let heading = f.t(match status {
        StatusCode::NOT_FOUND | StatusCode::GONE => "error-missing",
        StatusCode::UNAUTHORIZED => "error-sign-in",
        StatusCode::FORBIDDEN => "error-forbidden",
        StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE => "error-busy",
        s if s.is_server_error() => "error-ours",
        _ => "error-request",
    });
    let lang = f.lang;
    let is_missing = status == StatusCode::NOT_FOUND;
    ProblemPage {
        status: status.as_u16(),
        sentence: messages::say(lang, &format!("problem-{}", problem.kind), &[]),
        faults: problem.faults.iter().map(|fault| (fault.pointer.trim_start_matches('/').to_owned(), fault.say(lang))).collect(),
        wait_seconds: problem.retry_after.map(|w| w.as_secs().max(1)),
        request_id: (status.is_server_error() && !request_id.is_empty()).then(|| request_id.to_owned()),
        needs_sign_in: status == StatusCode::UNAUTHORIZED,
        is_missing,
        f: f.titled(&heading).unlisted().without_search(),
        heading,
    }
}

/// What a type of problem means: the address in `type` of every problem that the API answers.
pub(super) async fn kind(State(app): State<App>, visit: Visit, Path(kind): Path<String>) -> Result<Response, Problem> {
    let lang = visit.lang();
    let key = format!("problem-{kind}");
    let is_word = kind.len() <= 40 && kind.bytes().all(|b| b.is_ascii_lowercase() || b == b'-');
    if !is_word || !messages::has(lang, &key) {
        return Err(Problem::not_found());
    }
    let f = visit.frame(&app, kind.as_str()).at(&format!("/problems/{kind}"));
    Ok(page(StatusCode::OK, lang, &ProblemType { sentence: f.t(&key), kind, f }))
}
