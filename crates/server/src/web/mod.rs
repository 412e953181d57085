//! Pages for people, made on the server; every one works without JavaScript.

use axum::response::{IntoResponse, Response};
use base::Lang;

use crate::problem::Problem;
use crate::route::Route;

/// The routes of pages and assets.
pub(crate) fn routes() -> Vec<Route> {
    Vec::new()
}

/// A problem as a page that offers ways on.
pub(crate) fn problem_page(problem: &Problem, lang: Lang, request_id: &str) -> Response {
    (problem.status, problem.body(lang, request_id).to_string()).into_response()
}
