//! Who is told what of a deal, and what the clock brings: tasks, milestones and stages whose day has come.

use accounts::notices::{NewNotice, NoticeKind, tell, tell_party};
use base::{AccountId, Lang, PartyRole, StaffRole};
use sea_orm::sea_query::{Expr, ExprTrait};
use sea_orm::{ActiveValue::Set, ColumnTrait, Condition, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use serde_json::{Value, json};
use store::{Ctx, StoreError, Tx};
use uuid::Uuid;

use super::facts::Facts;
use super::people::is_apart;
use super::rows::{deal as deal_rows, milestone, task};
use super::{Deal, Side, Voice, load_to_change};
use crate::{Brokering, BrokeringError};

/// Rows looked at in one round of each kind.
const BATCH: u64 = 200;

fn about(deal: &Deal, kind: NoticeKind, facts: Value, once: String) -> NewNotice {
    NewNotice { kind, about_kind: "deal", about: deal.id.0, facts, once }
}

/// Tells the editors of both sides, those who sign for them and the brokers, but not whoever did it.
async fn tell_all(tx: &Tx, deal: &Deal, except: Option<AccountId>, new: &NewNotice) -> Result<(), StoreError> {
    for voice in Voice::ALL {
        tell_voice(tx, deal, *voice, except, new).await?;
    }
    Ok(())
}

/// Tells those who speak in a voice.
async fn tell_voice(tx: &Tx, deal: &Deal, voice: Voice, except: Option<AccountId>, new: &NewNotice) -> Result<(), StoreError> {
    let side = match voice {
        Voice::Owner => Side::Owner,
        Voice::Seeker => Side::Seeker,
        Voice::Broker => {
            for broker in deal.brokers.iter().filter(|b| Some(b.account) != except) {
                tell(tx, broker.account, new).await?;
            }
            return Ok(());
        }
    };
    for (_, party) in deal.parties_of_sides().filter(|(s, _)| *s == side) {
        tell_party(tx, party, &[PartyRole::Editor, PartyRole::Signatory], except, new).await?;
    }
    Ok(())
}

/// A deal was opened, or came to another stage.
pub(super) async fn moved(tx: &Tx, deal: &Deal, stage: &str, version: i64, by: Option<AccountId>) -> Result<(), StoreError> {
    let facts = json!({ "code": deal.code, "kind": deal.kind, "stage": stage, "pipeline_version": deal.pipeline_version });
    tell_all(tx, deal, by, &about(deal, NoticeKind::DealMoved, facts, format!("deal_moved:{}:{version}", deal.id))).await
}

/// A party that stood on a side stands there no more, and reads nothing of the deal from now on: it is told so, by the deal's code.
pub(super) async fn left(tx: &Tx, before: &Deal, now: &Deal, version: i64, by: Option<AccountId>) -> Result<(), StoreError> {
    let facts = json!({ "code": before.code, "what": "left" });
    let notice = about(before, NoticeKind::DealMoved, facts, format!("deal_left:{}:{version}", before.id));
    for (_, party) in before.parties_of_sides() {
        if !now.parties_of_sides().any(|(_, there)| there == party) {
            tell_party(tx, party, &[PartyRole::Editor, PartyRole::Signatory], by, &notice).await?;
        }
    }
    Ok(())
}

/// Somebody wrote (`message`), handed in a document (`document`), offered (`offer`), accepted (`accepted`; `agreed` where the
/// other side's word is missing), took an offer back (`withdrawn`), wrote anew what was recorded (`record`), took back what was
/// noted (`taken_back`) or accepted the deal's agreement (`nda`, by the account's id, which other deals know, too).
pub(super) async fn said(tx: &Tx, deal: &Deal, what: &'static str, which: Uuid, by: Option<AccountId>) -> Result<(), StoreError> {
    let facts = json!({ "code": deal.code, "what": what, "by": by });
    tell_all(tx, deal, by, &about(deal, NoticeKind::DealMessage, facts, format!("deal_{what}:{}:{which}", deal.id))).await
}

/// Tells of what is due: tasks to those whose they are, milestones to all, stages that should have been left to the brokers: to
/// those of the deal, or of the space where it has none; that a contract is to be registered also to the side that does it. Called
/// every few minutes; safe to call on several nodes at once. Gives how many things it told of.
///
/// # Errors
/// If the database fails.
pub async fn tick(brokering: &Brokering) -> Result<u64, BrokeringError> {
    let db = brokering.store.db();
    let today = brokering.store.clock().today();
    let tasks = task::Entity::find()
        .filter(task::Column::DoneAt.is_null())
        .filter(task::Column::ToldAt.is_null())
        .filter(task::Column::TakenBackAt.is_null())
        .filter(task::Column::DueOn.lte(today))
        .order_by_asc(task::Column::DueOn)
        .limit(BATCH)
        .all(db)
        .await?;
    let milestones = milestone::Entity::find()
        .filter(milestone::Column::ReachedOn.is_null())
        .filter(milestone::Column::ToldAt.is_null())
        .filter(milestone::Column::TakenBackAt.is_null())
        .filter(milestone::Column::DueOn.lte(today))
        .order_by_asc(milestone::Column::DueOn)
        .limit(BATCH)
        .all(db)
        .await?;
    let other_day = Expr::col(deal_rows::Column::ToldDueOn).ne(Expr::col(deal_rows::Column::DueOn));
    let untold = Condition::any().add(deal_rows::Column::ToldDueOn.is_null()).add(other_day);
    let stages = deal_rows::Entity::find()
        .filter(deal_rows::Column::IsOpen.eq(true))
        .filter(deal_rows::Column::DueOn.lte(today))
        .filter(untold)
        .order_by_asc(deal_rows::Column::DueOn)
        .limit(BATCH)
        .all(db)
        .await?;
    let mut told = 0;
    for row in tasks {
        let whose: Voice = row.side.parse().map_err(|e| StoreError::corrupt("task", e))?;
        told += mind(brokering, row.deal_id, Due::Task(row.id, whose)).await;
    }
    for row in milestones {
        told += mind(brokering, row.deal_id, Due::Milestone(row.id)).await;
    }
    for row in stages {
        told += mind(brokering, row.id, Due::Stage).await;
    }
    Ok(told)
}

/// What is due.
#[derive(Clone, Copy)]
enum Due {
    Task(Uuid, Voice),
    Milestone(Uuid),
    Stage,
}

/// Tells of one thing; one that fails does not hold up the others.
async fn mind(brokering: &Brokering, deal: Uuid, due: Due) -> u64 {
    match tell_due(brokering, deal, due).await {
        Ok(told) => u64::from(told),
        Err(error) => {
            tracing::error!(%deal, cause = store::follow::report(&error), "what is due in a deal could not be told");
            0
        }
    }
}

/// Notes that it is told, and tells, if it is still due now that the deal is locked; gives whether it was.
async fn tell_due(brokering: &Brokering, id: Uuid, due: Due) -> Result<bool, BrokeringError> {
    let inner = brokering.clone();
    brokering
        .store
        .write(Ctx::system(), move |tx: Tx| {
            let brokering = inner.clone();
            async move {
                let Some(deal) = load_to_change(&tx, base::DealId(id)).await? else { return Ok(false) };
                if !is_still_due(&tx, &deal, due).await? {
                    return Ok(false);
                }
                note_told(&tx, &deal, due).await?;
                if !deal.is_open {
                    return Ok(false);
                }
                let (what, which, voices) = whom_to_tell(&brokering, &tx, &deal, due).await?;
                let notice = |is_free: bool| {
                    let facts = json!({ "code": deal.code, "what": what, "stage": deal.stage, "kind": deal.kind,
                                        "pipeline_version": deal.pipeline_version, "is_free": is_free });
                    about(&deal, NoticeKind::TaskDue, facts, format!("{what}_due:{which}"))
                };
                if matches!(due, Due::Stage) && deal.brokers.is_empty() {
                    tell_every_broker(&tx, &deal, &notice(true)).await?;
                }
                for voice in voices {
                    tell_voice(&tx, &deal, voice, None, &notice(false)).await?;
                }
                Ok::<_, BrokeringError>(true)
            }
        })
        .await
}

/// What is due, in a word and by its id, and whose it is.
async fn whom_to_tell(brokering: &Brokering, tx: &Tx, deal: &Deal, due: Due) -> Result<(&'static str, String, Vec<Voice>), StoreError> {
    let day = match due {
        Due::Task(id, whose) => return Ok(("task", id.to_string(), vec![whose])),
        Due::Milestone(id) => return Ok(("milestone", id.to_string(), Voice::ALL.to_vec())),
        Due::Stage => deal.due_on.unwrap_or(super::NEVER),
    };
    let which = format!("{}:{day}", deal.id);
    let facts = Facts::load(brokering, tx.db(), deal, tx.today(), Lang::Vi).await?;
    let stage = brokering.pipeline(deal)?.stage(&deal.stage);
    Ok(match stage.and_then(|stage| facts.to_register(stage)).filter(|(by_law, _)| *by_law == day) {
        Some((_, side)) => ("registration", which, std::iter::once(Voice::Broker).chain(side.map(Voice::from)).collect()),
        None => ("stage", which, vec![Voice::Broker]),
    })
}

/// Whether it is as it was when it was found: nobody did it, took it back, moved its day or told of it meanwhile.
async fn is_still_due(tx: &Tx, deal: &Deal, due: Due) -> Result<bool, StoreError> {
    let today = tx.today();
    Ok(match due {
        Due::Task(id, _) => task::Entity::find_by_id(id)
            .one(tx.db())
            .await?
            .is_some_and(|row| row.done_at.is_none() && row.told_at.is_none() && row.taken_back_at.is_none() && row.due_on <= today),
        Due::Milestone(id) => milestone::Entity::find_by_id(id)
            .one(tx.db())
            .await?
            .is_some_and(|row| row.reached_on.is_none() && row.told_at.is_none() && row.taken_back_at.is_none() && row.due_on <= today),
        Due::Stage => {
            let row = deal_rows::Entity::find_by_id(deal.id.0).one(tx.db()).await?;
            row.is_some_and(|row| row.is_open && row.due_on <= today && row.told_due_on != Some(row.due_on))
        }
    })
}

async fn note_told(tx: &Tx, deal: &Deal, due: Due) -> Result<(), StoreError> {
    let now = Some(tx.now());
    match due {
        Due::Task(id, _) => {
            let change = task::ActiveModel { told_at: Set(now), ..Default::default() };
            task::Entity::update_many().set(change).filter(task::Column::Id.eq(id)).exec(tx.db()).await?;
        }
        Due::Milestone(id) => {
            let change = milestone::ActiveModel { told_at: Set(now), ..Default::default() };
            milestone::Entity::update_many().set(change).filter(milestone::Column::Id.eq(id)).exec(tx.db()).await?;
        }
        Due::Stage => {
            let change = deal_rows::ActiveModel { told_due_on: Set(deal.due_on), ..Default::default() };
            deal_rows::Entity::update_many().set(change).filter(deal_rows::Column::Id.eq(deal.id.0)).exec(tx.db()).await?;
        }
    }
    Ok(())
}

/// Tells every broker who could take a deal that nobody brokers.
async fn tell_every_broker(tx: &Tx, deal: &Deal, new: &NewNotice) -> Result<(), BrokeringError> {
    for account in accounts::people::staff_with(tx.db(), StaffRole::Broker).await? {
        if !is_apart(tx, account, deal).await? {
            tell(tx, account, new).await?;
        }
    }
    Ok(())
}
