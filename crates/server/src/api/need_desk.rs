//! The need desk, for staff.

use axum::Json as Answer;
use axum::extract::State;
use listings::need_desk::{DeskNeed, Which};

use super::List;
use crate::app::App;
use crate::extract::{Params, Who};
use crate::problem::Problem;

/// The needs that are out, with who looks after them and what is due.
pub(crate) async fn list(State(app): State<App>, who: Who, params: Params) -> Result<Answer<List<DeskNeed>>, Problem> {
    let params = params.only(&["limit", "cursor", "which"])?;
    let which = params.parsed("which")?.unwrap_or(Which::All);
    let page = listings::need_desk::needs(&app.listings, &who.actor, which, params.limit()?, params.cursor()).await?;
    Ok(Answer(page.into()))
}
