//! The one way to write.

use std::future::Future;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use base::Actor;
use sea_orm::{
    ActiveValue::Set, ConnectionTrait, DatabaseTransaction, DbBackend, DbErr, EntityTrait, RuntimeErr, SqliteTransactionMode,
    TransactionOptions, TransactionTrait,
};
use serde::Serialize;
use serde::de::DeserializeOwned;
use uuid::Uuid;

use crate::jobs::Rank;
use crate::rows::idempotency;
use crate::{NewEvent, Store, StoreError, Time, events, jobs};

/// How often a transaction that PostgreSQL broke off is tried again.
const RETRIES: u32 = 4;

/// A request's idempotency key: the same key of the same principal for the same operation gives the same answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IdempotencyKey {
    /// The route's operation id.
    pub operation: &'static str,
    /// What the client sent, 1 to 128 characters.
    pub key: String,
    /// SHA-256 of the request's path and body.
    pub request_hash: Vec<u8>,
}

/// Who writes, and whether a repeat is to be answered as the first time.
#[derive(Clone, Debug)]
pub struct Ctx {
    /// Who.
    pub actor: Actor,
    /// The key, if the client sent one.
    pub idempotency: Option<IdempotencyKey>,
}

impl Ctx {
    /// A write by somebody, without a key.
    #[must_use]
    pub fn of(actor: Actor) -> Self {
        Self { actor, idempotency: None }
    }

    /// A write by the space itself.
    #[must_use]
    pub fn system() -> Self {
        Self::of(Actor::system())
    }

    fn principal(&self) -> String {
        self.actor.account().map_or_else(|| "anonymous".to_owned(), |id| id.to_string())
    }
}

/// A writing transaction in the hands of a use case. Cheap to clone; it ends when the use case does.
#[derive(Clone)]
pub struct Tx {
    inner: Arc<Inner>,
}

struct Inner {
    tx: DatabaseTransaction,
    now: Time,
    clock: base::Clock,
    events: Mutex<Vec<NewEvent>>,
}

impl Tx {
    /// Where statements are run.
    #[must_use]
    pub fn db(&self) -> &DatabaseTransaction {
        &self.inner.tx
    }

    /// The moment of this write.
    #[must_use]
    pub fn now(&self) -> Time {
        self.inner.now
    }

    /// A new id of this moment.
    #[must_use]
    pub fn new_id(&self) -> Uuid {
        self.inner.clock.uuid()
    }

    /// Today's calendar day in Vietnam.
    #[must_use]
    pub fn today(&self) -> chrono::NaiveDate {
        self.inner.clock.today()
    }

    /// Notes something that happened; it enters the log with the commit.
    pub fn emit(&self, event: NewEvent) {
        self.inner.events.lock().unwrap_or_else(PoisonError::into_inner).push(event);
    }

    /// Leaves work for after the commit.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn enqueue(&self, kind: &'static str, payload: &impl Serialize, due_at: Time) -> Result<(), StoreError> {
        jobs::insert(self, Rank::Usual, kind, payload, due_at).await
    }

    /// Leaves work for after the commit that somebody sits there and waits for: it is done before whatever else is due.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn enqueue_first(&self, kind: &'static str, payload: &impl Serialize) -> Result<(), StoreError> {
        jobs::insert(self, Rank::Awaited, kind, payload, self.now()).await
    }

    /// True on PostgreSQL, where a row that is read to be changed must be locked.
    #[must_use]
    pub fn needs_row_locks(&self) -> bool {
        ConnectionTrait::get_database_backend(&self.inner.tx) != DbBackend::Sqlite
    }
}

impl Store {
    /// Runs a use case in one writing transaction: its rows, its events and its idempotent answer are committed
    /// together or not at all. It runs in a task of its own, so a client that hangs up cannot stop it half-way.
    ///
    /// `work` may be run again from the start when PostgreSQL breaks a transaction off; it must do nothing but write.
    ///
    /// # Errors
    /// What `work` refuses, or [`StoreError`].
    pub async fn write<T, E, F, Fut>(&self, ctx: Ctx, work: F) -> Result<T, E>
    where
        T: Serialize + DeserializeOwned + Send + 'static,
        E: From<StoreError> + Send + 'static,
        F: Fn(Tx) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<T, E>> + Send + 'static,
    {
        // The place in the queue is taken before anything else, so that an overload is answered at once.
        let Ok(place) = Arc::clone(&self.queue).try_acquire_owned() else {
            return Err(StoreError::Busy { retry_after: Duration::from_secs(1) }.into());
        };
        let store = self.clone();
        let task = tokio::spawn(async move {
            let _place = place;
            store.write_now(&ctx, &work).await
        });
        task.await.unwrap_or_else(|_| Err(StoreError::Lost.into()))
    }

    /// The answer this request was given before, if it is a repeat: for use cases that look at something before they
    /// write, which may have changed since.
    ///
    /// # Errors
    /// [`StoreError::KeyReused`] for another request under the same key.
    pub async fn answered<T: DeserializeOwned>(&self, ctx: &Ctx) -> Result<Option<T>, StoreError> {
        match &ctx.idempotency {
            None => Ok(None),
            Some(key) => stored_answer(&self.db, ctx, key).await,
        }
    }

    /// Whether anything was answered under this request's key before: for use cases that refuse before they have read what
    /// makes one request the same as another. Whether it is the same is told by the write.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn is_answered(&self, ctx: &Ctx) -> Result<bool, StoreError> {
        let Some(key) = &ctx.idempotency else { return Ok(false) };
        let id = (ctx.principal(), key.operation.to_owned(), key.key.clone());
        Ok(idempotency::Entity::find_by_id(id).one(&self.db).await?.is_some())
    }

    async fn write_now<T, E, F, Fut>(&self, ctx: &Ctx, work: &F) -> Result<T, E>
    where
        T: Serialize + DeserializeOwned + Send + 'static,
        E: From<StoreError> + Send + 'static,
        F: Fn(Tx) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<T, E>> + Send + 'static,
    {
        let mut attempt = 0;
        loop {
            // The semaphore is never closed.
            let permit = Arc::clone(&self.writers).acquire_owned().await.map_err(|_| StoreError::Lost)?;
            let result = self.attempt(ctx, work).await;
            drop(permit);
            match result {
                Ok((value, position)) => {
                    self.head.send_if_modified(|head| {
                        let newer = position > *head;
                        *head = position.max(*head);
                        newer
                    });
                    return Ok(value);
                }
                Err(Failed::Retry(error)) if attempt >= RETRIES => return Err(error.into()),
                Err(Failed::Retry(_)) => {
                    attempt += 1;
                    tokio::time::sleep(Duration::from_millis(u64::from(attempt) * 15)).await;
                }
                Err(Failed::Work(error)) => return Err(error),
            }
        }
    }

    async fn attempt<T, E, F, Fut>(&self, ctx: &Ctx, work: &F) -> Result<(T, i64), Failed<E>>
    where
        T: Serialize + DeserializeOwned + Send + 'static,
        E: From<StoreError> + Send + 'static,
        F: Fn(Tx) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<T, E>> + Send + 'static,
    {
        // Each engine takes its own option and ignores the other's.
        let options = TransactionOptions { sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate), ..Default::default() };
        let tx = self.db.begin_with_options(options).await.map_err(StoreError::from)?;
        if let Some(key) = &ctx.idempotency
            && let Some(stored) = stored_answer(&tx, ctx, key).await?
        {
            return Ok((stored, 0));
        }
        let inner = Inner { tx, now: self.clock.now(), clock: self.clock.clone(), events: Mutex::default() };
        let handle = Tx { inner: Arc::new(inner) };
        let value = match work(handle.clone()).await {
            Ok(value) => value,
            Err(error) => return Err(Failed::Work(error)), // dropping the transaction rolls it back
        };
        let Some(Inner { tx, now, events, .. }) = Arc::into_inner(handle.inner) else {
            return Err(Failed::Work(StoreError::Lost.into()));
        };
        if let Some(key) = &ctx.idempotency {
            let answer = serde_json::to_string(&value).map_err(|e| StoreError::corrupt("answer", e))?;
            store_answer(&tx, ctx, key, answer, now).await?;
        }
        let events = events.into_inner().unwrap_or_else(PoisonError::into_inner);
        let position = if events.is_empty() { 0 } else { events::append(&tx, &ctx.actor, now, events).await? };
        tx.commit().await.map_err(StoreError::from)?;
        Ok((value, position))
    }
}

/// How one attempt ended.
enum Failed<E> {
    /// PostgreSQL broke it off because of another transaction; the same work may go through now.
    Retry(StoreError),
    /// The work itself, or the database for good.
    Work(E),
}

impl<E: From<StoreError>> From<StoreError> for Failed<E> {
    fn from(error: StoreError) -> Self {
        match &error {
            StoreError::Database(cause) if may_be_retried(cause) => Self::Retry(error),
            // Two requests with the same key at the same moment: the loser reads the winner's answer.
            StoreError::Duplicate(which) if which.contains("idempotency") => Self::Retry(error),
            _ => Self::Work(error.into()),
        }
    }
}

/// Serialisation failure or deadlock (SQLSTATE 40001, 40P01).
fn may_be_retried(error: &DbErr) -> bool {
    let (DbErr::Exec(RuntimeErr::SqlxError(cause)) | DbErr::Query(RuntimeErr::SqlxError(cause))) = error else {
        return false;
    };
    let code = cause.as_database_error().and_then(|e| e.code());
    code.is_some_and(|code| code == "40001" || code == "40P01")
}

async fn stored_answer<T: DeserializeOwned>(db: &impl ConnectionTrait, ctx: &Ctx, key: &IdempotencyKey) -> Result<Option<T>, StoreError> {
    let id = (ctx.principal(), key.operation.to_owned(), key.key.clone());
    let Some(row) = idempotency::Entity::find_by_id(id).one(db).await? else {
        return Ok(None);
    };
    if row.request_hash != key.request_hash {
        return Err(StoreError::KeyReused);
    }
    serde_json::from_str(&row.result).map(Some).map_err(|e| StoreError::corrupt("answer", e))
}

async fn store_answer(tx: &DatabaseTransaction, ctx: &Ctx, key: &IdempotencyKey, answer: String, now: Time) -> Result<(), StoreError> {
    let row = idempotency::ActiveModel {
        principal: Set(ctx.principal()),
        operation: Set(key.operation.to_owned()),
        key: Set(key.key.clone()),
        request_hash: Set(key.request_hash.clone()),
        result: Set(answer),
        created_at: Set(now),
    };
    idempotency::Entity::insert(row).exec_without_returning(tx).await?;
    Ok(())
}
