//! The audit trail, for staff.

use axum::Json as Answer;
use axum::extract::State;
use base::{Actor, Cursor, Limit, Refused, Scope, StaffRole};
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

/// Whether this actor reads the audit trail.
pub(crate) fn may_audit(actor: &Actor) -> bool {
    let staff = [StaffRole::Administrator, StaffRole::Moderator, StaffRole::Analyst];
    staff.into_iter().any(|role| actor.is_staff(role)) && actor.has_scope(Scope::Staff)
}

fn auditor(actor: &Actor) -> Result<(), Problem> {
    actor.signed_in()?;
    if may_audit(actor) { Ok(()) } else { Err(Refused::Forbidden { action: "events.read" }.into()) }
}

/// Kinds of things of which administrators alone read what happened: who turns to whom, who deals and who is let in. To all others
/// interests and deals are not there.
pub(crate) const CLOSED: [&str; 3] = ["deal", "disclosure", "interest"];

/// Whether this auditor reads of those too.
pub(crate) fn reads_closed(actor: &Actor) -> bool {
    actor.is_staff(StaffRole::Administrator)
}

/// What of a filter this auditor may read. Whoever hides from a party stays hidden from its people, whatever else they are.
fn within(actor: &Actor, filter: &Filter) -> Filter {
    if reads_closed(actor) {
        Filter { unless: brokering::interests::hidden_from(actor), ..filter.clone() }
    } else {
        Filter { without_subjects: &CLOSED, ..filter.clone() }
    }
}

/// How many events an auditor may read.
pub(crate) async fn count(app: &App, actor: &Actor) -> Result<u64, Problem> {
    auditor(actor)?;
    Ok(app.store.count_events(&within(actor, &Filter::default())).await?)
}

/// What of the audit trail an auditor asks for and may read, the newest first.
pub(crate) async fn read(app: &App, actor: &Actor, filter: &Filter, limit: Limit) -> Result<List<EventBody>, Problem> {
    auditor(actor)?;
    let filter = &within(actor, filter);
    let mut rows = app.store.events(filter, limit.get() + 1).await?;
    let more = rows.len() as u64 > limit.get();
    rows.truncate(usize::try_from(limit.get()).unwrap_or(usize::MAX));
    let next = rows.last().filter(|_| more).map(|r| Cursor::write(&r.position));
    let total = app.store.count_events(filter).await?;
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
    Ok(List { items, next, total })
}

/// Checks the chain from its beginning, for an auditor.
pub(crate) async fn check(app: &App, actor: &Actor) -> Result<ChainCheck, Problem> {
    auditor(actor)?;
    Ok(match app.store.verify_events(&mut |_| {}).await? {
        Ok(events) => ChainCheck { whole: true, events, broken_at: None, what: None },
        Err(Broken { position, what }) => {
            ChainCheck { whole: false, events: position - 1, broken_at: Some(position), what: Some(what.to_owned()) }
        }
    })
}

/// Where in the trail a cursor stands.
pub(crate) fn before(cursor: Option<&str>) -> Result<Option<i64>, Problem> {
    cursor.map(|c| Cursor::read::<i64>(c).map_err(|_| Problem::parameter("cursor"))).transpose()
}

/// Events, the newest first.
pub(crate) async fn list(State(app): State<App>, who: Who, params: Params) -> Result<Answer<List<EventBody>>, Problem> {
    auditor(&who.actor)?;
    let params = params.only(&["limit", "cursor", "subject", "kind", "actor"])?;
    let filter = Filter {
        subject: params.parsed("subject")?,
        kind: params.get("kind").map(str::to_owned),
        actor: params.parsed("actor")?,
        before: before(params.cursor())?,
        ..Filter::default()
    };
    Ok(Answer(read(&app, &who.actor, &filter, params.limit()?).await?))
}

/// Checks the chain of events from its beginning.
pub(crate) async fn verify(State(app): State<App>, who: Who) -> Result<Answer<ChainCheck>, Problem> {
    Ok(Answer(check(&app, &who.actor).await?))
}
