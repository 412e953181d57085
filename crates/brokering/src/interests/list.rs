//! Lists of interests: those a person's parties sent and received, what waits for them, and the staff's desk.

use base::{Actor, Cursor, InterestId, Limit, Page, PartyId, PartyRole, Refused, Scope};
use chrono::{DateTime, NaiveDate, Utc};
use sea_orm::{ColumnTrait, Condition, EntityTrait, Order, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect};
use uuid::Uuid;

use super::rows::{interest, is_open};
use super::view::{InterestView, views};
use super::{Status, cases};
use crate::access::keeps_the_desk;
use crate::{Brokering, BrokeringError};

base::words! {
    /// As whom somebody asks.
    Role {
        /// What one's parties sent, the newest first.
        Sent = "sent",
        /// What one's parties received, the newest first.
        Received = "received",
        /// What waits for an answer of the reader's, the most urgent first.
        Waiting = "waiting",
        /// Everything, for brokers and administrators; what is open with the most urgent first.
        Desk = "desk",
    }
}

base::words! {
    /// Which of them.
    Which {
        /// Whatever their status, the newest first.
        All = "all",
        /// Those that still wait for somebody.
        Open = "open",
        /// Those past their day.
        Overdue = "overdue",
        /// Not opened yet.
        Sent = "sent",
        /// Opened.
        Read = "read",
        /// Something was asked.
        NeedsInformation = "needs_information",
        /// The owner goes on.
        Accepted = "accepted",
        /// The owner does not.
        Declined = "declined",
        /// Nobody answered.
        Expired = "expired",
        /// Taken back.
        Withdrawn = "withdrawn",
    }
}

/// Which interests.
#[derive(Clone, Copy, Debug)]
pub struct Filter {
    /// As whom.
    pub role: Role,
    /// Standing where; of one's own all, and of the desk's the open ones unless given.
    pub which: Option<Which>,
    /// Of this party of the reader's alone.
    pub party: Option<PartyId>,
    /// The other way round than usual.
    pub turned: bool,
}

impl Filter {
    /// Whether the list goes by the day on which an answer is due, the next one first; else by when it was sent, the newest
    /// first.
    #[must_use]
    pub fn is_by_day(&self) -> bool {
        self.role == Role::Waiting || (self.role == Role::Desk && matches!(which(self), Which::Open | Which::Overdue))
    }
}

/// Where a page begins.
enum After {
    Newest(Option<(DateTime<Utc>, InterestId)>),
    Urgent(Option<(NaiveDate, InterestId)>),
}

/// One page of interests.
///
/// # Errors
/// [`Refused`] for nobody, and for the desk of whoever does not keep it; [`BrokeringError::Cursor`] for a cursor of
/// another list.
pub async fn list(
    brokering: &Brokering,
    actor: &Actor,
    filter: &Filter,
    limit: Limit,
    cursor: Option<&str>,
) -> Result<Page<InterestView>, BrokeringError> {
    let condition = rows_of(actor, filter, brokering.store.clock().today())?;
    let is_urgent = filter.is_by_day();
    let after = if is_urgent {
        After::Urgent(cursor.map(Cursor::read).transpose().map_err(|_| BrokeringError::Cursor)?)
    } else {
        After::Newest(cursor.map(Cursor::read).transpose().map_err(|_| BrokeringError::Cursor)?)
    };
    let db = brokering.store.db();
    let total = interest::Entity::find().filter(condition.clone()).count(db).await?;
    let (id, query) = (interest::Column::Id, interest::Entity::find().filter(condition));
    let is_rising = is_urgent != filter.turned;
    let way = if is_rising { Order::Asc } else { Order::Desc };
    let next = |n: InterestId| if is_rising { id.gt(n.0) } else { id.lt(n.0) };
    let query = match after {
        After::Newest(from) => {
            let at = interest::Column::SentAt;
            let beyond = |last| if is_rising { at.gt(last) } else { at.lt(last) };
            let rest = from.map(|(last, n)| Condition::any().add(beyond(last)).add(Condition::all().add(at.eq(last)).add(next(n))));
            query.filter(Condition::all().add_option(rest)).order_by(at, way.clone())
        }
        After::Urgent(from) => {
            let day = interest::Column::AnswerDueOn;
            let beyond = |last| if is_rising { day.gt(last) } else { day.lt(last) };
            let rest = from.map(|(last, n)| Condition::any().add(beyond(last)).add(Condition::all().add(day.eq(last)).add(next(n))));
            query.filter(Condition::all().add_option(rest)).order_by(day, way.clone())
        }
    };
    let query = query.order_by(id, way);
    let mut rows = query.limit(limit.get() + 1).all(db).await?;
    let more = rows.len() as u64 > limit.get();
    rows.truncate(usize::try_from(limit.get()).unwrap_or(usize::MAX));
    let last = rows.last().filter(|_| more).map(|row| {
        let id = InterestId(row.id);
        if is_urgent { Cursor::write(&(row.answer_due_on, id)) } else { Cursor::write(&(row.sent_at, id)) }
    });
    let items = views(brokering, actor, &cases(db, rows).await?).await?;
    Ok(Page { items, next: last, total })
}

fn which(filter: &Filter) -> Which {
    filter.which.unwrap_or(if filter.role == Role::Desk { Which::Open } else { Which::All })
}

/// Whose rows, and which of them.
fn rows_of(actor: &Actor, filter: &Filter, today: NaiveDate) -> Result<Condition, BrokeringError> {
    if !actor.is_system() {
        actor.signed_in()?;
    }
    if !actor.has_scope(Scope::Read) || (filter.role == Role::Desk && !keeps_the_desk(actor)) {
        return Err(Refused::Forbidden { action: "interest.list" }.into());
    }
    if filter.party.is_some_and(|party| !actor.is_member(party)) {
        return Err(Refused::Hidden.into());
    }
    let own = |role: PartyRole| -> Vec<Uuid> {
        let mine = actor.memberships.iter().map(|m| m.party).filter(|p| filter.party.is_none_or(|asked| asked == *p));
        mine.filter(|p| actor.has_role(*p, role)).map(|p| p.0).collect()
    };
    let (seeker, owner, status) = (interest::Column::SeekerPartyId, interest::Column::OwnerPartyId, interest::Column::Status);
    let whose = match filter.role {
        Role::Sent => Condition::all().add(seeker.is_in(own(PartyRole::Viewer))),
        Role::Received => Condition::all().add(owner.is_in(own(PartyRole::Viewer))),
        Role::Waiting => {
            let editing = own(PartyRole::Editor);
            let with_owner = [Status::Sent, Status::Read].map(Status::as_str);
            Condition::any()
                .add(Condition::all().add(owner.is_in(editing.clone())).add(status.is_in(with_owner)))
                .add(Condition::all().add(seeker.is_in(editing)).add(status.eq(Status::NeedsInformation.as_str())))
        }
        Role::Desk => Condition::all(),
    };
    let standing = match which(filter) {
        Which::All => Condition::all(),
        Which::Open => Condition::all().add(is_open()),
        Which::Overdue => Condition::all().add(is_open()).add(interest::Column::AnswerDueOn.lt(today)),
        one @ (Which::Sent | Which::Read | Which::NeedsInformation) => Condition::all().add(status.eq(one.as_str())),
        // Closed as well, in the words of the index of those that are.
        one => Condition::all().add(status.eq(one.as_str())).add(interest::Column::ClosedAt.is_not_null()),
    };
    Ok(Condition::all().add(whose).add(standing))
}

#[cfg(test)]
mod tests {
    use base::{AccountId, Capacity, Lang, StaffRole};
    use sea_orm::{ConnectionTrait, DbBackend, QueryTrait, Statement};
    use store::testing::TestStore;

    use super::*;

    #[tokio::test]
    async fn every_list_of_the_desk_is_in_the_order_of_an_index() {
        let store = TestStore::sqlite().await.unwrap();
        let broker = Actor {
            capacity: Capacity::Person(AccountId(Uuid::from_u128(7))),
            staff: [StaffRole::Broker].into(),
            scopes: Scope::ALL.iter().copied().collect(),
            ..Actor::anonymous(Lang::Vi)
        };
        for (which, index) in [
            (Which::Open, "interest_due"),
            (Which::Overdue, "interest_due"),
            (Which::NeedsInformation, "interest_asked"),
            (Which::Accepted, "interest_closed"),
            (Which::Expired, "interest_closed"),
            (Which::All, "interest_newest"),
        ] {
            let filter = Filter { role: Role::Desk, which: Some(which), party: None, turned: false };
            let order = if filter.is_by_day() { interest::Column::AnswerDueOn } else { interest::Column::SentAt };
            for way in [Order::Asc, Order::Desc] {
                let rows = interest::Entity::find().filter(rows_of(&broker, &filter, store.clock.today()).unwrap());
                let rows = rows.order_by(order, way.clone()).order_by(interest::Column::Id, way).limit(21).build(DbBackend::Sqlite);
                let explain = Statement { sql: format!("EXPLAIN QUERY PLAN {}", rows.sql), ..rows };
                let steps = store.store.db().query_all_raw(explain).await.unwrap();
                let steps: Vec<String> = steps.iter().map(|row| row.try_get::<String>("", "detail").unwrap()).collect();
                assert!(steps.len() == 1 && steps[0].contains(&format!("USING INDEX {index}")), "{which}: {steps:#?}");
            }
        }
    }
}
