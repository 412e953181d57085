//! The event log: what happened, in the order it was committed, chained by hashes.
//!
//! Events hold ids and facts. Personal and confidential text never goes into a payload: erasing a person must not
//! break the chain, and the log is read by followers and auditors.

use base::{Actor, Capacity};
use chrono::TimeDelta;
use sea_orm::sea_query::{Expr, ExprTrait, Func, LockType, SelectStatement};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, ConnectionTrait, DatabaseTransaction, DbBackend, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder,
    QuerySelect,
};
use serde_json::Value;
use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::rows::{event, event_head};
use crate::{Store, StoreError, Time};

/// Of events of certain subjects those of a kind. A subject has few events and a kind has many; SQLite, which counts neither, would
/// go by the kind if an index could be used for it.
fn of_kind(kind: &str) -> Expr {
    Expr::expr(Func::coalesce([Expr::col(event::Column::Kind), Expr::val("")])).eq(kind)
}

/// Something that happened, before it has a place in the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewEvent {
    /// What kind of thing it happened to, such as `listing`.
    pub subject_kind: &'static str,
    /// To which.
    pub subject: Uuid,
    /// What happened, such as `listing.published`.
    pub kind: &'static str,
    /// Ids and facts; an object without floats.
    pub payload: Value,
}

impl NewEvent {
    /// An event with facts.
    #[must_use]
    pub fn new(subject_kind: &'static str, subject: impl Into<Uuid>, kind: &'static str, payload: Value) -> Self {
        Self { subject_kind, subject: subject.into(), kind, payload }
    }
}

/// An event in the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EventRow {
    /// Its place: 1, 2, 3 … without gaps.
    pub position: i64,
    /// When it was committed, give or take the transaction.
    pub at: Time,
    /// `person`, `program`, `system` or `anonymous`.
    pub actor_kind: String,
    /// The account, if one acted.
    pub actor_id: Option<Uuid>,
    /// What kind of thing it happened to.
    pub subject_kind: String,
    /// To which.
    pub subject_id: Uuid,
    /// What happened.
    pub kind: String,
    /// Ids and facts.
    pub payload: Value,
}

/// The last position and hash.
pub(crate) async fn head(db: &impl ConnectionTrait) -> Result<(i64, Vec<u8>), StoreError> {
    let row = event_head::Entity::find_by_id(1).one(db).await?;
    Ok(row.map_or((0, Vec::new()), |r| (r.position, r.hash)))
}

/// Gives the events their places, under a lock that is held to the commit. Must be the last statement of a transaction.
pub(crate) async fn append(tx: &DatabaseTransaction, actor: &Actor, at: Time, events: Vec<NewEvent>) -> Result<i64, StoreError> {
    let mut query = event_head::Entity::find_by_id(1);
    if ConnectionTrait::get_database_backend(tx) != DbBackend::Sqlite {
        query = query.lock(LockType::Update);
    }
    let row = query.one(tx).await?;
    let (mut position, mut hash) = row.map_or((0, Vec::new()), |r| (r.position, r.hash));
    if events.is_empty() {
        return Ok(position);
    }
    let (actor_kind, actor_id) = match actor.capacity {
        Capacity::Person(id) => ("person", Some(id.0)),
        Capacity::Program(id) => ("program", Some(id.0)),
        Capacity::System => ("system", None),
        Capacity::Anonymous => ("anonymous", None),
    };
    let mut rows = Vec::with_capacity(events.len());
    for new in events {
        position += 1;
        let mut row = event::Model {
            position,
            at,
            actor_kind: actor_kind.to_owned(),
            actor_id,
            subject_kind: new.subject_kind.to_owned(),
            subject_id: new.subject,
            kind: new.kind.to_owned(),
            payload: new.payload.to_string(),
            prev_hash: std::mem::take(&mut hash),
            hash: Vec::new(),
        };
        row.hash = hash_of(&row);
        hash.clone_from(&row.hash);
        rows.push(row);
    }
    // 10 columns: well below either engine's limit of parameters.
    for chunk in rows.chunks(1_000) {
        let models = chunk.iter().map(|row| event::ActiveModel {
            position: Set(row.position),
            at: Set(row.at),
            actor_kind: Set(row.actor_kind.clone()),
            actor_id: Set(row.actor_id),
            subject_kind: Set(row.subject_kind.clone()),
            subject_id: Set(row.subject_id),
            kind: Set(row.kind.clone()),
            payload: Set(row.payload.clone()),
            prev_hash: Set(row.prev_hash.clone()),
            hash: Set(row.hash.clone()),
        });
        event::Entity::insert_many(models).exec_without_returning(tx).await?;
    }
    event_head::Entity::update_many()
        .col_expr(event_head::Column::Position, Expr::value(position))
        .col_expr(event_head::Column::Hash, Expr::value(hash))
        .filter(event_head::Column::Id.eq(1))
        .exec(tx)
        .await?;
    Ok(position)
}

/// SHA-256 over every column but the hash itself, each with its length before it so that no two rows read alike.
fn hash_of(row: &event::Model) -> Vec<u8> {
    let mut hasher = Sha256::new();
    let mut part = |bytes: &[u8]| {
        hasher.update(u64::try_from(bytes.len()).unwrap_or(u64::MAX).to_be_bytes());
        hasher.update(bytes);
    };
    part(&row.position.to_be_bytes());
    part(&row.at.timestamp_micros().to_be_bytes());
    part(row.actor_kind.as_bytes());
    part(row.actor_id.as_ref().map_or(&[][..], |id| id.as_bytes().as_slice()));
    part(row.subject_kind.as_bytes());
    part(row.subject_id.as_bytes());
    part(row.kind.as_bytes());
    part(row.payload.as_bytes());
    part(&row.prev_hash);
    hasher.finalize().to_vec()
}

fn to_row(model: event::Model) -> Result<EventRow, StoreError> {
    Ok(EventRow {
        payload: serde_json::from_str(&model.payload).map_err(|e| StoreError::corrupt("event", e))?,
        position: model.position,
        at: model.at,
        actor_kind: model.actor_kind,
        actor_id: model.actor_id,
        subject_kind: model.subject_kind,
        subject_id: model.subject_id,
        kind: model.kind,
    })
}

/// Where the chain is broken.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Broken {
    /// The first position that is not as it was written.
    pub position: i64,
    /// What is wrong there.
    pub what: &'static str,
}

/// Which events to list.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// About this thing only.
    pub subject: Option<Uuid>,
    /// Of this kind only.
    pub kind: Option<String>,
    /// Of every kind but these.
    pub without: &'static [&'static str],
    /// About any kind of thing but these.
    pub without_subjects: &'static [&'static str],
    /// About nothing whose id this query gives.
    pub unless: Option<SelectStatement>,
    /// By this account only.
    pub actor: Option<Uuid>,
    /// Below this position (the list is newest first).
    pub before: Option<i64>,
    /// Not before this moment.
    pub since: Option<Time>,
    /// Before this moment.
    pub until: Option<Time>,
}

/// An event's moment is when its transaction began, its position when it was committed: by so much the order of the one may
/// differ from that of the other.
const OUT_OF_ORDER_MINUTES: i64 = 10;

impl Store {
    /// The events after a position, oldest first, at most `limit`.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn events_after(&self, position: i64, limit: u64) -> Result<Vec<EventRow>, StoreError> {
        let rows = event::Entity::find()
            .filter(event::Column::Position.gt(position))
            .order_by_asc(event::Column::Position)
            .limit(limit)
            .all(&self.db)
            .await?;
        rows.into_iter().map(to_row).collect()
    }

    /// The events of one kind after a position and up to another, oldest first, at most `limit`.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn events_of_kind(&self, kind: &str, after: i64, to: i64, limit: u64) -> Result<Vec<EventRow>, StoreError> {
        let rows = event::Entity::find()
            .filter(event::Column::Kind.eq(kind))
            .filter(event::Column::Position.gt(after))
            .filter(event::Column::Position.lte(to))
            .order_by_asc(event::Column::Position)
            .limit(limit)
            .all(&self.db)
            .await?;
        rows.into_iter().map(to_row).collect()
    }

    /// Of each of these things the last event of one kind up to a position; what has none is left out.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn last_of_kind(&self, kind: &str, subjects: &[Uuid], to: i64) -> Result<Vec<EventRow>, StoreError> {
        let mut all = Vec::new();
        // Below either engine's limit of parameters.
        for some in subjects.chunks(500) {
            let last: Vec<i64> = event::Entity::find()
                .select_only()
                .column_as(event::Column::Position.max(), "last")
                .filter(event::Column::SubjectId.is_in(some.iter().copied()))
                .filter(of_kind(kind))
                .filter(event::Column::Position.lte(to))
                .group_by(event::Column::SubjectId)
                .into_tuple()
                .all(&self.db)
                .await?;
            let rows = event::Entity::find().filter(event::Column::Position.is_in(last)).all(&self.db).await?;
            for row in rows {
                all.push(to_row(row)?);
            }
        }
        Ok(all)
    }

    /// The last committed position, read from the database.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn last_position(&self) -> Result<i64, StoreError> {
        Ok(head(&self.db).await?.0)
    }

    /// The hash of the event at a position; empty for the beginning, before there is any; none beyond the end of the log.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn hash_at(&self, position: i64) -> Result<Option<Vec<u8>>, StoreError> {
        if position == 0 {
            return Ok(Some(Vec::new()));
        }
        let hash = event::Entity::find_by_id(position).select_only().column(event::Column::Hash).into_tuple::<Vec<u8>>();
        Ok(hash.one(&self.db).await?)
    }

    /// How many events a list has in all.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn count_events(&self, filter: &Filter) -> Result<u64, StoreError> {
        let query = self.within(filter, Self::filtered(&Filter { before: None, ..filter.clone() })).await?;
        Ok(query.count(&self.db).await?)
    }

    /// Narrows a list to its time by positions, which have an index and moments have none: what lies outside is never read.
    async fn within(
        &self,
        filter: &Filter,
        mut query: sea_orm::Select<event::Entity>,
    ) -> Result<sea_orm::Select<event::Entity>, StoreError> {
        let slack = TimeDelta::minutes(OUT_OF_ORDER_MINUTES);
        if let Some(since) = filter.since {
            let before = self.last_before(since.checked_sub_signed(slack).unwrap_or(since)).await?;
            query = query.filter(event::Column::Position.gt(before)).filter(event::Column::At.gte(since));
        }
        if let Some(until) = filter.until {
            let last = self.last_before(until.checked_add_signed(slack).unwrap_or(until)).await?;
            query = query.filter(event::Column::Position.lte(last)).filter(event::Column::At.lt(until));
        }
        Ok(query)
    }

    /// The last position before a moment: positions have no gaps, so halving finds it in some twenty looks.
    async fn last_before(&self, at: Time) -> Result<i64, StoreError> {
        let (mut low, mut high) = (0_i64, self.last_position().await?);
        while low < high {
            let middle = low + (high - low + 1) / 2;
            let found = event::Entity::find_by_id(middle).select_only().column(event::Column::At).into_tuple::<Time>().one(&self.db);
            if found.await?.is_some_and(|found| found >= at) { high = middle - 1 } else { low = middle }
        }
        Ok(low)
    }

    fn filtered(filter: &Filter) -> sea_orm::Select<event::Entity> {
        let mut query = event::Entity::find();
        if let Some(subject) = filter.subject {
            query = query.filter(event::Column::SubjectId.eq(subject));
        }
        for kind in filter.without {
            query = query.filter(event::Column::Kind.ne(*kind));
        }
        if !filter.without_subjects.is_empty() {
            query = query.filter(event::Column::SubjectKind.is_not_in(filter.without_subjects.iter().copied()));
        }
        if let Some(hidden) = &filter.unless {
            query = query.filter(event::Column::SubjectId.not_in_subquery(hidden.clone()));
        }
        if let Some(kind) = &filter.kind {
            query = query.filter(match filter.subject {
                Some(_) => of_kind(kind),
                None => event::Column::Kind.eq(kind.as_str()),
            });
        }
        if let Some(actor) = filter.actor {
            query = query.filter(event::Column::ActorId.eq(actor));
        }
        if let Some(before) = filter.before {
            query = query.filter(event::Column::Position.lt(before));
        }
        query
    }

    /// Events newest first.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn events(&self, filter: &Filter, limit: u64) -> Result<Vec<EventRow>, StoreError> {
        let query = self.within(filter, Self::filtered(filter)).await?;
        let rows = query.order_by_desc(event::Column::Position).limit(limit).all(&self.db).await?;
        rows.into_iter().map(to_row).collect()
    }

    /// Walks the whole chain and gives the number of events that are as they were written, or the first that is not.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn verify_events(&self, progress: &mut (dyn FnMut(i64) + Send)) -> Result<Result<i64, Broken>, StoreError> {
        let (last, head_hash) = head(&self.db).await?;
        let (mut position, mut hash) = (0_i64, Vec::new());
        loop {
            let rows = event::Entity::find()
                .filter(event::Column::Position.gt(position))
                .filter(event::Column::Position.lte(last))
                .order_by_asc(event::Column::Position)
                .limit(2_000)
                .all(&self.db)
                .await?;
            if rows.is_empty() {
                break;
            }
            for row in rows {
                let expected = position + 1;
                if row.position != expected {
                    return Ok(Err(Broken { position: expected, what: "missing" }));
                }
                if row.prev_hash != hash {
                    return Ok(Err(Broken { position: expected, what: "not the successor of the one before" }));
                }
                if row.hash != hash_of(&row) {
                    return Ok(Err(Broken { position: expected, what: "changed" }));
                }
                position = expected;
                hash = row.hash;
            }
            progress(position);
        }
        if position != last || hash != head_hash {
            return Ok(Err(Broken { position: position + 1, what: "cut off" }));
        }
        Ok(Ok(position))
    }
}
