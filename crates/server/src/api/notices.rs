//! One's notices, and how one is told.

use accounts::notices::{self, Choice, Notice};
use axum::Json as Answer;
use axum::extract::State;
use axum::response::Response;
use base::NoticeId;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::List;
use crate::app::App;
use crate::extract::{Id, Json, Params, Who, Writer};
use crate::problem::Problem;

/// A notice.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct NoticeBody {
    /// Its id.
    pub id: NoticeId,
    /// What it tells of.
    pub kind: notices::NoticeKind,
    /// One sentence in the reader's language.
    pub text: String,
    /// The page it leads to.
    pub url: String,
    /// When it happened.
    pub created_at: DateTime<Utc>,
    /// When it was read.
    pub read_at: Option<DateTime<Utc>>,
}

/// How one is told of each kind.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Choices {
    /// The kinds that change.
    pub choices: Vec<Choice>,
}

/// One's notices, the newest first.
pub(crate) async fn list(State(app): State<App>, who: Who, params: Params) -> Result<Answer<List<NoticeBody>>, Problem> {
    let params = params.only(&["limit", "cursor", "unread"])?;
    let page = notices::list(&app.accounts, &who.actor, params.flag("unread")?, params.limit()?, params.cursor()).await?;
    let said = crate::notices::say_all(&app, &who.actor, &page.items).await?;
    let body = |(notice, said): (Notice, crate::notices::Said)| NoticeBody {
        id: notice.id,
        kind: notice.kind,
        text: said.text,
        url: said.path,
        created_at: notice.created_at,
        read_at: notice.read_at,
    };
    let items = page.items.into_iter().zip(said).map(body).collect();
    Ok(Answer(List { items, next: page.next, total: page.total }))
}

/// Notes that one was read.
pub(crate) async fn read(State(app): State<App>, Writer(ctx): Writer, Id(id): Id<NoticeId>) -> Result<Response, Problem> {
    notices::mark_read(&app.accounts, ctx, Some(id)).await?;
    Ok(super::nothing())
}

/// Notes that all were read.
pub(crate) async fn read_all(State(app): State<App>, Writer(ctx): Writer) -> Result<Response, Problem> {
    notices::mark_read(&app.accounts, ctx, None).await?;
    Ok(super::nothing())
}

/// How one is told.
pub(crate) async fn choices(State(app): State<App>, who: Who, params: Params) -> Result<Answer<List<Choice>>, Problem> {
    params.only(&[])?;
    Ok(List::whole(notices::choices(&app.accounts, &who.actor).await?))
}

/// Sets how one is told.
pub(crate) async fn choose(
    State(app): State<App>,
    who: Who,
    Writer(ctx): Writer,
    Json(new): Json<Choices>,
) -> Result<Answer<List<Choice>>, Problem> {
    notices::choose(&app.accounts, ctx, new.choices).await?;
    Ok(List::whole(notices::choices(&app.accounts, &who.actor).await?))
}
