//! The space's own figures, for staff.

use axum::Json as Answer;
use axum::extract::State;
use listings::numbers::Numbers;

use crate::app::App;
use crate::extract::{Params, Who};
use crate::problem::Problem;

/// How many listings stand where, what waits, and how long publishing takes.
pub(crate) async fn get(State(app): State<App>, who: Who, params: Params) -> Result<Answer<Numbers>, Problem> {
    params.only(&[])?;
    Ok(Answer(listings::numbers::numbers(&app.listings, &who.actor).await?))
}
