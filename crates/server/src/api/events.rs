//! The audit trail, for staff.

use axum::Json as Answer;
use axum::extract::State;
use base::{Refused, Scope, StaffRole};
use serde::Serialize;
use serde_json::Value;
use store::events::{Broken, Filter};
use utoipa::ToSchema;

use super::List;
use crate::app::App;
use crate::extract::{Params, Who};
use crate::problem::Problem;

/// An event.
#[derive(Serialize, ToSchema)]
pub struct EventBody {
    /// Its place in the log.
    pub position: i64,
    /// When.
    pub at: chrono::DateTime<chrono::Utc>,
    /// `person`, `program`, `system` or `anonymous`.
    pub actor_kind: String,
    /// The account that acted.
    pub actor: Option<uuid::Uuid>,
    /// What kind of thing it happened to.
    pub subject_kind: String,
    /// To which.
    pub subject: uuid::Uuid,
    /// What happened.
    pub kind: String,
    /// Ids and facts.
    #[schema(value_type = Object)]
    pub payload: Value,
}

/// Whether the chain of events is whole.
#[derive(Serialize, ToSchema)]
pub struct ChainCheck {
    /// True if every event is as it was written.
    pub whole: bool,
    /// How many events were checked.
    pub events: i64,
    /// The first place that is not as it was written.
    pub broken_at: Option<i64>,
    /// What is wrong there.
    pub what: Option<String>,
}

fn auditor(who: &Who) -> Result<(), Problem> {
    who.actor.signed_in()?;
    let staff =
        who.actor.is_staff(StaffRole::Administrator) || who.actor.is_staff(StaffRole::Moderator) || who.actor.is_staff(StaffRole::Analyst);
    if staff && who.actor.has_scope(Scope::Staff) { Ok(()) } else { Err(Refused::Forbidden { action: "events.read" }.into()) }
}

/// Events, the newest first.
pub(crate) async fn list(State(app): State<App>, who: Who, params: Params) -> Result<Answer<List<EventBody>>, Problem> {
    auditor(&who)?;
    let params = params.only(&["limit", "cursor", "subject", "kind", "actor"])?;
    let limit = params.limit()?;
    let before = params.cursor().map(|c| base::Cursor::read::<i64>(c).map_err(|_| Problem::parameter("cursor"))).transpose()?;
    let filter =
        Filter { subject: params.parsed("subject")?, kind: params.get("kind").map(str::to_owned), actor: params.parsed("actor")?, before };
    let mut rows = app.store.events(&filter, limit.get() + 1).await?;
    let more = rows.len() as u64 > limit.get();
    rows.truncate(usize::try_from(limit.get()).unwrap_or(usize::MAX));
    let next = rows.last().filter(|_| more).map(|r| base::Cursor::write(&r.position));
    let total = app.store.count_events(&filter).await?;
    let items = rows
        .into_iter()
        .map(|r| EventBody {
            position: r.position,
            at: r.at,
            actor_kind: r.actor_kind,
            actor: r.actor_id,
            subject_kind: r.subject_kind,
            subject: r.subject_id,
            kind: r.kind,
            payload: r.payload,
        })
        .collect();
    Ok(Answer(List { items, next, total }))
}

/// Checks the chain of events from its beginning.
pub(crate) async fn verify(State(app): State<App>, who: Who) -> Result<Answer<ChainCheck>, Problem> {
    auditor(&who)?;
    Ok(Answer(match app.store.verify_events(&mut |_| {}).await? {
        Ok(events) => ChainCheck { whole: true, events, broken_at: None, what: None },
        Err(Broken { position, what }) => {
            ChainCheck { whole: false, events: position - 1, broken_at: Some(position), what: Some(what.to_owned()) }
        }
    }))
}
