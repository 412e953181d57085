//! Is it alive, is it ready, how is it doing.

use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use sea_orm::ConnectionTrait as _;
use serde_json::json;

use crate::app::App;

/// Behind by more events than this, the index is not ready.
const LAG_MAX: i64 = 50_000;

/// The process answers. Touches nothing.
pub(crate) async fn alive() -> &'static str {
    "ok"
}

/// Database, migrations, index, and whether a stop was asked for.
pub(crate) async fn ready(State(app): State<App>) -> Response {
    let database = app.store.db().execute_unprepared("SELECT 1").await.is_ok();
    let migrated = migrations::pending(app.store.db()).await.is_ok_and(|pending| pending.is_empty());
    // The index first: the log may go on between the two, and is never behind an index that is its own.
    let followed = app.search.followed();
    let head = app.store.last_position().await.unwrap_or(i64::MAX);
    let lag = head.saturating_sub(followed);
    let index = app.search.position().is_some() && (0..=LAG_MAX).contains(&lag) && !app.search.is_failing();
    let (open_jobs, failed_jobs) = app.store.count_jobs().await.unwrap_or((0, 0));
    let ready = database && migrated && index && !app.is_stopping();
    let status = if ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    let body = json!({
        "ready": ready,
        "database": database,
        "migrated": migrated,
        "index": index,
        "index_lag_events": lag.max(0),
        "stopping": app.is_stopping(),
        "jobs": { "open": open_jobs, "failed": failed_jobs },
        "vectors": vectors(&app),
    });
    (status, axum::Json(body)).into_response()
}

/// How far the vectors of listings are; null where no model is used. The space is ready without them.
fn vectors(app: &App) -> serde_json::Value {
    match app.matcher.meanings() {
        None if app.is_model_refused => json!({ "state": "refused" }),
        None => serde_json::Value::Null,
        Some(meanings) => {
            let progress = meanings.progress();
            let state = if progress.whole { "whole" } else { "being_made" };
            json!({ "state": state, "held": progress.held, "left_out": progress.left_out })
        }
    }
}

/// Metrics in Prometheus' text form.
pub(crate) async fn metrics(State(app): State<App>) -> Response {
    let text = app.metrics.0.as_ref().map(metrics_exporter_prometheus::PrometheusHandle::render).unwrap_or_default();
    ([(header::CONTENT_TYPE, "text/plain; version=0.0.4")], text).into_response()
}
