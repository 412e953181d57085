//! What is done along the way: tasks with their days, meetings, papers, milestones.

use base::{AccountId, Code, DealId, Faults, Refused};
use chrono::{DateTime, NaiveDate, Utc};
use sea_orm::sea_query::OnConflict;
use sea_orm::{ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder};
use serde::{Deserialize, Serialize};
use serde_json::json;
use store::{Ctx, NewEvent, StoreError};
use utoipa::ToSchema;
use uuid::Uuid;

use super::records::{self, Recorded};
use super::rows::{deal as deal_rows, meeting as meeting_rows, milestone as milestone_rows, paper as paper_rows, task as task_rows};
use super::{Added, Voice, check_past, check_since, check_text, in_deal, must_have_room, save};
use crate::{Brokering, BrokeringError};

/// A task to be done.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewTask {
    /// What is to be done, at most 256 characters.
    #[schema(max_length = 256)]
    pub title: String,
    /// By whom.
    pub whose: Voice,
    /// By when.
    pub due_on: NaiveDate,
}

/// A task of a deal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct TaskView {
    /// The task.
    pub id: Uuid,
    /// What is to be done.
    pub title: String,
    /// By whom.
    pub whose: Voice,
    /// By when.
    pub due_on: NaiveDate,
    /// When it was done.
    pub done_at: Option<DateTime<Utc>>,
    /// Who said that it is done.
    pub done_by: Option<AccountId>,
    /// Whether its day is over and it is not done.
    pub is_overdue: bool,
    /// When it was taken back: it stands no more.
    pub taken_back_at: Option<DateTime<Utc>>,
}

/// Sets a task.
///
/// # Errors
/// [`BrokeringError::Invalid`], also for a day that has passed.
pub async fn task(brokering: &Brokering, ctx: Ctx, id: DealId, new: NewTask) -> Result<Added, BrokeringError> {
    let mut faults = Faults::new();
    check_text(&new.title, "/title", 256, true, &mut faults);
    faults.into_result().map_err(BrokeringError::Invalid)?;
    in_deal(brokering, ctx, id, None, move |tx, deal, actor| {
        let new = new.clone();
        async move {
            deal.must_go_on("task")?;
            // Asked here, so that a repeat on another day is answered as the first time.
            if new.due_on < tx.today() {
                let mut faults = Faults::new();
                faults.add("/due_on", "past_date");
                return Err(BrokeringError::Invalid(faults));
            }
            must_have_room(task_rows::Entity::find().filter(task_rows::Column::DealId.eq(id.0)).count(tx.db()).await?)?;
            let task = tx.new_id();
            let row = task_rows::ActiveModel {
                id: Set(task),
                deal_id: Set(id.0),
                title: Set(new.title),
                side: Set(new.whose.as_str().to_owned()),
                due_on: Set(new.due_on),
                created_by: Set(actor.account().map(|a| a.0)),
                done_at: Set(None),
                done_by: Set(None),
                told_at: Set(None),
                taken_back_at: Set(None),
                taken_back_by: Set(None),
            };
            task_rows::Entity::insert(row).exec_without_returning(tx.db()).await?;
            tx.emit(NewEvent::new("deal", id, "deal.task_set", json!({ "task": task, "whose": new.whose, "due_on": new.due_on })));
            Ok(Added { id: task })
        }
    })
    .await
}

/// Notes that a task is done.
///
/// # Errors
/// [`BrokeringError::NotAllowed`] if it was done or taken back before.
pub async fn task_done(brokering: &Brokering, ctx: Ctx, id: DealId, which: Uuid) -> Result<Added, BrokeringError> {
    in_deal(brokering, ctx, id, None, move |tx, _deal, actor| async move {
        let row = task_rows::Entity::find_by_id(which).filter(task_rows::Column::DealId.eq(id.0)).one(tx.db()).await?;
        let row = row.ok_or(Refused::Hidden)?;
        if row.done_at.is_some() || row.taken_back_at.is_some() {
            return Err(BrokeringError::NotAllowed { to: "done".to_owned(), allowed: Vec::new() });
        }
        let change =
            task_rows::ActiveModel { done_at: Set(Some(tx.now())), done_by: Set(actor.account().map(|a| a.0)), ..Default::default() };
        task_rows::Entity::update_many().set(change).filter(task_rows::Column::Id.eq(which)).exec(tx.db()).await?;
        tx.emit(NewEvent::new("deal", id, "deal.task_done", json!({ "task": which })));
        Ok(Added { id: which })
    })
    .await
}

pub(crate) async fn tasks_of(db: &impl ConnectionTrait, id: DealId, today: NaiveDate) -> Result<Vec<TaskView>, StoreError> {
    use task_rows::Column as C;
    let rows = task_rows::Entity::find().filter(C::DealId.eq(id.0)).order_by_asc(C::DueOn).order_by_asc(C::Id).all(db).await?;
    let view = |row: task_rows::Model| {
        Ok(TaskView {
            id: row.id,
            title: row.title,
            whose: row.side.parse().map_err(|e| StoreError::corrupt("task", e))?,
            due_on: row.due_on,
            is_overdue: row.done_at.is_none() && row.taken_back_at.is_none() && row.due_on < today,
            taken_back_at: row.taken_back_at,
            done_at: row.done_at,
            done_by: row.done_by.map(AccountId),
        })
    };
    rows.into_iter().map(view).collect()
}

/// A meeting, held or arranged.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewMeeting {
    /// The day.
    pub held_on: NaiveDate,
    /// Where or how, at most 256 characters.
    #[serde(default)]
    #[schema(max_length = 256)]
    pub place: String,
    /// What was said, at most 4,000 characters.
    #[serde(default)]
    #[schema(max_length = 4000)]
    pub minutes: String,
}

/// A meeting of a deal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct MeetingView {
    /// The meeting.
    pub id: Uuid,
    /// The day.
    pub held_on: NaiveDate,
    /// Where or how.
    pub place: String,
    /// What was said.
    pub minutes: String,
    /// Who noted it.
    pub noted_by: Option<AccountId>,
    /// When it was taken back: it stands no more.
    pub taken_back_at: Option<DateTime<Utc>>,
}

/// Notes a meeting.
///
/// # Errors
/// [`BrokeringError::Invalid`].
pub async fn meeting(brokering: &Brokering, ctx: Ctx, id: DealId, new: NewMeeting) -> Result<Added, BrokeringError> {
    let mut faults = Faults::new();
    check_text(&new.place, "/place", 256, false, &mut faults);
    check_text(&new.minutes, "/minutes", 4_000, false, &mut faults);
    check_since("/held_on", Some(new.held_on), &mut faults);
    faults.into_result().map_err(BrokeringError::Invalid)?;
    in_deal(brokering, ctx, id, None, move |tx, deal, actor| {
        let new = new.clone();
        async move {
            deal.must_go_on("meeting")?;
            must_have_room(meeting_rows::Entity::find().filter(meeting_rows::Column::DealId.eq(id.0)).count(tx.db()).await?)?;
            let meeting = tx.new_id();
            let row = meeting_rows::ActiveModel {
                id: Set(meeting),
                deal_id: Set(id.0),
                held_on: Set(new.held_on),
                place: Set(new.place),
                minutes: Set(new.minutes),
                noted_by: Set(actor.account().map(|a| a.0)),
                taken_back_at: Set(None),
                taken_back_by: Set(None),
            };
            meeting_rows::Entity::insert(row).exec_without_returning(tx.db()).await?;
            tx.emit(NewEvent::new("deal", id, "deal.meeting_noted", json!({ "meeting": meeting, "held_on": new.held_on })));
            Ok(Added { id: meeting })
        }
    })
    .await
}

pub(crate) async fn meetings_of(db: &impl ConnectionTrait, id: DealId) -> Result<Vec<MeetingView>, StoreError> {
    use meeting_rows::Column as C;
    let rows = meeting_rows::Entity::find().filter(C::DealId.eq(id.0)).order_by_desc(C::HeldOn).order_by_desc(C::Id).all(db).await?;
    let view = |row: meeting_rows::Model| MeetingView {
        id: row.id,
        held_on: row.held_on,
        place: row.place,
        minutes: row.minutes,
        noted_by: row.noted_by.map(AccountId),
        taken_back_at: row.taken_back_at,
    };
    Ok(rows.into_iter().map(view).collect())
}

/// A paper that is there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewPaper {
    /// A code of `deal_papers`.
    pub kind: Code,
    /// Its day.
    pub dated_on: NaiveDate,
    /// Its number or where it is kept, at most 256 characters.
    #[serde(default)]
    #[schema(max_length = 256)]
    pub reference: String,
}

/// A paper of a deal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct PaperView {
    /// A code of `deal_papers`.
    pub kind: Code,
    /// Its day.
    pub dated_on: NaiveDate,
    /// Its number or where it is kept.
    pub reference: String,
    /// Who noted it.
    pub noted_by: Option<AccountId>,
}

/// Notes that a paper is there; a later note of the same kind takes its place, and what stood before is kept
/// ([`super::records`]).
///
/// # Errors
/// [`BrokeringError::Invalid`] for a kind there is none of, and for a day to come; [`BrokeringError::Stale`], so that nobody
/// writes over what they have not seen; [`BrokeringError::NotAllowed`] in a deal that has ended.
pub async fn paper(brokering: &Brokering, ctx: Ctx, id: DealId, seen: i64, new: NewPaper) -> Result<PaperReceipt, BrokeringError> {
    let today = brokering.store.clock().today();
    let mut faults = Faults::new();
    brokering.vocabularies.check("deal_papers", &new.kind, today, "/kind", &mut faults);
    check_text(&new.reference, "/reference", 256, false, &mut faults);
    check_past("/dated_on", Some(new.dated_on), today, &mut faults);
    faults.into_result().map_err(BrokeringError::Invalid)?;
    in_deal(brokering, ctx, id, Some(seen), move |tx, deal, actor| {
        let new = new.clone();
        async move {
            use paper_rows::Column as C;
            deal.must_go_on("paper")?;
            let is_there = paper_rows::Entity::find_by_id((id.0, new.kind.0.clone())).count(tx.db()).await? > 0;
            let row = paper_rows::ActiveModel {
                deal_id: Set(id.0),
                kind: Set(new.kind.0.clone()),
                dated_on: Set(new.dated_on),
                reference: Set(new.reference.clone()),
                noted_by: Set(actor.account().map(|a| a.0)),
            };
            let replace = OnConflict::columns([C::DealId, C::Kind]).update_columns([C::DatedOn, C::Reference, C::NotedBy]).to_owned();
            paper_rows::Entity::insert(row).on_conflict(replace).exec_without_returning(tx.db()).await?;
            records::keep(&tx, &deal, &actor, Recorded::Paper, &new, "", is_there).await?;
            let version = save(&tx, &deal, deal_rows::ActiveModel::default()).await?;
            tx.emit(NewEvent::new("deal", id, "deal.paper_noted", json!({ "kind": new.kind, "dated_on": new.dated_on })));
            Ok(PaperReceipt { kind: new.kind, version })
        }
    })
    .await
}

/// The paper that was noted. Kept as the answer to a repeated request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PaperReceipt {
    /// A code of `deal_papers`.
    pub kind: Code,
    /// The deal's ETag.
    pub version: i64,
}

pub(crate) async fn papers_of(db: &impl ConnectionTrait, id: DealId) -> Result<Vec<PaperView>, StoreError> {
    use paper_rows::Column as C;
    let rows = paper_rows::Entity::find().filter(C::DealId.eq(id.0)).order_by_asc(C::DatedOn).order_by_asc(C::Kind).all(db).await?;
    let view = |row: paper_rows::Model| PaperView {
        kind: Code(row.kind),
        dated_on: row.dated_on,
        reference: row.reference,
        noted_by: row.noted_by.map(AccountId),
    };
    Ok(rows.into_iter().map(view).collect())
}

/// Something to be reached.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewMilestone {
    /// What, at most 256 characters.
    #[schema(max_length = 256)]
    pub title: String,
    /// By when.
    pub due_on: NaiveDate,
}

/// A milestone of a deal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct MilestoneView {
    /// The milestone.
    pub id: Uuid,
    /// What.
    pub title: String,
    /// By when.
    pub due_on: NaiveDate,
    /// When it was reached.
    pub reached_on: Option<NaiveDate>,
    /// Whether its day is over and it is not reached.
    pub is_overdue: bool,
    /// When it was taken back: it stands no more.
    pub taken_back_at: Option<DateTime<Utc>>,
}

/// Sets a milestone.
///
/// # Errors
/// [`BrokeringError::Invalid`].
pub async fn milestone(brokering: &Brokering, ctx: Ctx, id: DealId, new: NewMilestone) -> Result<Added, BrokeringError> {
    let mut faults = Faults::new();
    check_text(&new.title, "/title", 256, true, &mut faults);
    check_since("/due_on", Some(new.due_on), &mut faults);
    faults.into_result().map_err(BrokeringError::Invalid)?;
    in_deal(brokering, ctx, id, None, move |tx, deal, _actor| {
        let new = new.clone();
        async move {
            deal.must_go_on("milestone")?;
            must_have_room(milestone_rows::Entity::find().filter(milestone_rows::Column::DealId.eq(id.0)).count(tx.db()).await?)?;
            let milestone = tx.new_id();
            let row = milestone_rows::ActiveModel {
                id: Set(milestone),
                deal_id: Set(id.0),
                title: Set(new.title),
                due_on: Set(new.due_on),
                reached_on: Set(None),
                told_at: Set(None),
                taken_back_at: Set(None),
                taken_back_by: Set(None),
            };
            milestone_rows::Entity::insert(row).exec_without_returning(tx.db()).await?;
            tx.emit(NewEvent::new("deal", id, "deal.milestone_set", json!({ "milestone": milestone, "due_on": new.due_on })));
            Ok(Added { id: milestone })
        }
    })
    .await
}

/// Notes that a milestone was reached on a day.
///
/// # Errors
/// [`BrokeringError::NotAllowed`] if it was reached or taken back before, and in a deal that was lost;
/// [`BrokeringError::Invalid`] for a day to come.
pub async fn reached(brokering: &Brokering, ctx: Ctx, id: DealId, which: Uuid, on: NaiveDate) -> Result<Added, BrokeringError> {
    let mut faults = Faults::new();
    check_past("/on", Some(on), brokering.store.clock().today(), &mut faults);
    faults.into_result().map_err(BrokeringError::Invalid)?;
    in_deal(brokering, ctx, id, None, move |tx, deal, _actor| async move {
        use milestone_rows::Column as C;
        deal.must_not_be_lost("reached")?;
        let row = milestone_rows::Entity::find_by_id(which).filter(C::DealId.eq(id.0)).one(tx.db()).await?;
        let row = row.ok_or(Refused::Hidden)?;
        if row.reached_on.is_some() || row.taken_back_at.is_some() {
            return Err(BrokeringError::NotAllowed { to: "reached".to_owned(), allowed: Vec::new() });
        }
        let change = milestone_rows::ActiveModel { reached_on: Set(Some(on)), ..Default::default() };
        milestone_rows::Entity::update_many().set(change).filter(C::Id.eq(which)).exec(tx.db()).await?;
        tx.emit(NewEvent::new("deal", id, "deal.milestone_reached", json!({ "milestone": which, "reached_on": on })));
        Ok(Added { id: which })
    })
    .await
}

pub(crate) async fn milestones_of(db: &impl ConnectionTrait, id: DealId, today: NaiveDate) -> Result<Vec<MilestoneView>, StoreError> {
    use milestone_rows::Column as C;
    let rows = milestone_rows::Entity::find().filter(C::DealId.eq(id.0)).order_by_asc(C::DueOn).order_by_asc(C::Id).all(db).await?;
    let view = |row: milestone_rows::Model| MilestoneView {
        id: row.id,
        title: row.title,
        due_on: row.due_on,
        is_overdue: row.reached_on.is_none() && row.taken_back_at.is_none() && row.due_on < today,
        taken_back_at: row.taken_back_at,
        reached_on: row.reached_on,
    };
    Ok(rows.into_iter().map(view).collect())
}
