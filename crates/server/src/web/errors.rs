//! Problems as pages that offer ways on, and what each type of problem means.

use std::sync::Arc;

use askama::Template;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, Uri, header};
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
    /// Whether a form was sent that has no answer now.
    pub is_sent: bool,
}

#[derive(Template)]
#[template(path = "problem_type.html")]
pub(super) struct ProblemType {
    pub f: Frame,
    pub kind: String,
    pub sentence: String,
}

/// The longest address that is worth leading back to, in bytes.
const HERE_BYTES: usize = 2_000;

/// Where somebody is who asked for what has no answer.
pub(crate) struct Whereabouts {
    /// The address without the language: what links of an error page keep.
    pub here: String,
    /// Whether a form of one of our pages was sent.
    pub is_sent: bool,
}

/// Where somebody is who asks for this. What is sent by a form has no page of its own, so that is where the form stood.
pub(crate) fn whereabouts(public_url: &str, method: &Method, uri: &Uri, headers: &HeaderMap) -> Whereabouts {
    let is_asked = matches!(*method, Method::GET | Method::HEAD);
    let from = headers.get(header::REFERER).and_then(|v| v.to_str().ok()).and_then(|from| from.strip_prefix(public_url));
    let address = if is_asked { uri.path_and_query().map_or("/", |p| p.as_str()) } else { from.unwrap_or("/") };
    let rest = address.strip_prefix("/en").filter(|rest| rest.is_empty() || rest.starts_with(['/', '?']));
    let here = match rest {
        Some(rest) if rest.starts_with('/') => rest.to_owned(),
        Some(rest) => format!("/{rest}"),
        None => address.to_owned(),
    };
    // `//host` and `/\host` would lead to another house.
    let is_ours = here.starts_with('/') && !here.starts_with("//") && !here.contains('\\') && here.len() <= HERE_BYTES;
    Whereabouts { here: if is_ours { here } else { "/".to_owned() }, is_sent: !is_asked && is_ours && from.is_some() }
}

/// A problem as a page for a reader of this space who is `here`.
pub(crate) fn problem_page(space: &Arc<Space>, actor: &Actor, problem: &Problem, at: &Whereabouts, request_id: &str) -> Response {
    let frame = Frame::new(actor.lang, Arc::clone(space), "", &at.here, actor);
    // What was refused for good is not worth typing again.
    let may_be_sent_again =
        problem.status == StatusCode::UNAUTHORIZED || problem.status == StatusCode::TOO_MANY_REQUESTS || problem.status.is_server_error();
    let view = ProblemPage { is_sent: at.is_sent && may_be_sent_again, ..problem_view(frame, problem, request_id) };
    let mut response = page(problem.status, actor.lang, &view);
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
        is_sent: false,
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

#[cfg(test)]
mod tests {
    use super::*;

    fn here(method: &Method, uri: &str, from: &str) -> String {
        let headers = HeaderMap::from_iter([(header::REFERER, HeaderValue::from_str(from).unwrap())]);
        whereabouts("https://space.example", method, &uri.parse().unwrap(), &headers).here
    }

    #[test]
    fn an_error_page_knows_where_one_is_and_leads_to_no_other_house() {
        let get = |uri: &str| here(&Method::GET, uri, "https://space.example/other");
        assert_eq!(get("/en/needs/x?a=1"), "/needs/x?a=1");
        assert_eq!(get("/english"), "/english");
        assert_eq!(get("/en?q=x"), "/?q=x");
        assert_eq!(get("/en//evil.example"), "/");
        assert_eq!(get("//evil.example"), "/");
        assert_eq!(get(&format!("/{}", "x".repeat(HERE_BYTES))), "/");
        let post = |from: &str| here(&Method::POST, "/my/listings/1/steps", from);
        assert_eq!(post("https://space.example/en/my/listings/1"), "/my/listings/1");
        assert_eq!(post("https://evil.example/x"), "/");
        assert_eq!(post("https://space.example.evil.example/x"), "/");
    }
}
