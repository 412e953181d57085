//! The web server: one route table, the JSON API, the pages, the edge and the workers behind them.
//!
//! Handlers translate HTTP to a call and a result to JSON or a page; no rule of the domain lives here. Every route is
//! a row of [`routes::all`]: the router, the OpenAPI document and the access tests are made from it.

pub mod api;
mod app;
pub mod edge;
mod extract;
mod health;
mod json;
mod letters;
pub mod look;
mod notices;
mod openapi;
mod patience;
mod pipeline;
mod problem;
mod rate;
pub mod route;
pub mod routes;
mod web;
pub mod workers;

pub use app::{App, AppParts, Metrics, ServerSettings, SpaceSettings};
pub use look::Space;
pub use problem::Problem;

/// The whole service: every route, its gates and what stands before and behind them.
pub fn service(app: App) -> axum::Router {
    pipeline::wrap(route::router(routes::all(), &app), app)
}

/// Other routes with the same before and behind them: for tests of what becomes of a handler that fails.
pub fn around(router: axum::Router, app: App) -> axum::Router {
    pipeline::wrap(router, app)
}

/// The OpenAPI 3.1 document of the API.
#[must_use]
pub fn openapi(app_url: &str) -> String {
    openapi::document(&routes::all(), app_url)
}
