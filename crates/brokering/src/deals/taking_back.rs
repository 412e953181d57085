//! Taking back what was noted in a deal by mistake: a task, a meeting, a milestone, a payment, a report. The row stays for those
//! in the deal, with the event of who took it back, and counts nowhere from then on; what is right is noted anew.

use base::{DealId, Refused};
use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter};
use serde_json::json;
use store::{Ctx, NewEvent};
use uuid::Uuid;

use super::facts::Facts;
use super::rows::{meeting, milestone, payment, report, task};
use super::{Added, in_deal, notices};
use crate::{Brokering, BrokeringError};

base::words! {
    /// What can be taken back.
    Thing {
        /// A task.
        Task = "task",
        /// A meeting.
        Meeting = "meeting",
        /// A milestone.
        Milestone = "milestone",
        /// A payment.
        Payment = "payment",
        /// A half-yearly report.
        Report = "report",
    }
}

impl Thing {
    fn event(self) -> &'static str {
        match self {
            Self::Task => "deal.task_taken_back",
            Self::Meeting => "deal.meeting_taken_back",
            Self::Milestone => "deal.milestone_taken_back",
            Self::Payment => "deal.payment_taken_back",
            Self::Report => "deal.report_taken_back",
        }
    }
}

/// Takes something back that was noted in a deal, and tells everybody else in it.
///
/// # Errors
/// [`BrokeringError::NotAllowed`] for what was taken back before, and in a deal that was lost; [`BrokeringError::Invalid`] where the
/// stage the deal stands in would lack what it needs.
pub async fn take_back(brokering: &Brokering, ctx: Ctx, id: DealId, thing: Thing, which: Uuid) -> Result<Added, BrokeringError> {
    let inner = brokering.clone();
    in_deal(brokering, ctx, id, None, move |tx, deal, actor| {
        let brokering = inner.clone();
        async move {
            deal.must_not_be_lost("take_back")?;
            let by = actor.account().map(|a| a.0);
            // Writes to the row of a table, if it is one of this deal's and stands.
            macro_rules! strike {
                ($table:ident) => {{
                    use $table::Column as C;
                    let row = $table::Entity::find_by_id(which).filter(C::DealId.eq(id.0)).one(tx.db()).await?.ok_or(Refused::Hidden)?;
                    if row.taken_back_at.is_some() {
                        return Err(BrokeringError::NotAllowed { to: "take_back".to_owned(), allowed: Vec::new() });
                    }
                    let change = $table::ActiveModel { taken_back_at: Set(Some(tx.now())), taken_back_by: Set(by), ..Default::default() };
                    $table::Entity::update_many().set(change).filter(C::Id.eq(which)).exec(tx.db()).await?;
                }};
            }
            match thing {
                Thing::Task => strike!(task),
                Thing::Meeting => strike!(meeting),
                Thing::Milestone => strike!(milestone),
                Thing::Payment => strike!(payment),
                Thing::Report => strike!(report),
            }
            Facts::load(&brokering, tx.db(), &deal, tx.today(), actor.lang).await?.must_keep(&brokering, &deal)?;
            tx.emit(NewEvent::new("deal", id, thing.event(), json!({ thing.as_str(): which })));
            notices::said(&tx, &deal, "taken_back", which, actor.account()).await?;
            Ok(Added { id: which })
        }
    })
    .await
}
