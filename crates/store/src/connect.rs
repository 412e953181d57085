//! Opening the database with the settings on which the promises of the store rest.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use base::Clock;
use sea_orm::sqlx::Executor;
use sea_orm::sqlx::sqlite::{SqliteJournalMode, SqliteSynchronous};
use sea_orm::{ConnectOptions, Database, DatabaseConnection, DbBackend, DbErr, EntityTrait};
use serde::{Deserialize, Serialize};
use tokio::sync::{Semaphore, watch};
use uuid::Uuid;

use crate::rows::space;
use crate::{StoreError, events};

/// Which database, and how much of it at once.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct DatabaseSettings {
    /// `sqlite:` for the file in the data directory, or a `postgres://` address.
    pub url: String,
    /// Connections held open at most.
    pub connections: u32,
    /// Writes that may wait; one more is answered with 503.
    pub write_queue: u32,
}

impl Default for DatabaseSettings {
    fn default() -> Self {
        Self { url: "sqlite:".to_owned(), connections: 5, write_queue: 512 }
    }
}

/// The database and the one way to write to it. Cheap to clone.
#[derive(Clone)]
pub struct Store {
    pub(crate) db: DatabaseConnection,
    pub(crate) clock: Clock,
    /// Who may write now: one at a time on SQLite, as many as there are connections to spare on PostgreSQL.
    pub(crate) writers: Arc<Semaphore>,
    /// Who may wait for that.
    pub(crate) queue: Arc<Semaphore>,
    /// The last position known to be committed.
    pub(crate) head: Arc<watch::Sender<i64>>,
    /// Which space this is; none of a database that was not opened but only connected to.
    space: Uuid,
}

impl Store {
    /// Opens the database, takes the migrations that are due and finds the head of the event log.
    ///
    /// # Errors
    /// If the database cannot be reached or was made by a newer program.
    pub async fn open(settings: &DatabaseSettings, data: &Path, clock: Clock) -> Result<Self, StoreError> {
        let mut store = Self::connect(settings, data, clock).await?;
        migrations::migrate(&store.db).await?;
        let space = space::Entity::find_by_id(1).one(&store.db).await?;
        store.space = space.ok_or_else(|| DbErr::RecordNotFound("space".to_owned()))?.space;
        let (position, _) = events::head(&store.db).await?;
        store.head.send_replace(position);
        Ok(store)
    }

    /// Opens the database as it is, without changing its shape.
    ///
    /// # Errors
    /// If it cannot be reached.
    pub async fn connect(settings: &DatabaseSettings, data: &Path, clock: Clock) -> Result<Self, StoreError> {
        let connections = settings.connections.max(2);
        let url = if settings.url == "sqlite:" {
            format!("sqlite://{}?mode=rwc", data.join("innospace.sqlite").display())
        } else {
            settings.url.clone()
        };
        let mut options = ConnectOptions::new(url);
        options.max_connections(connections).min_connections(1).acquire_timeout(Duration::from_secs(5)).sqlx_logging(false);
        options.map_sqlx_sqlite_opts(|o| {
            o.create_if_missing(true)
                .foreign_keys(true)
                .journal_mode(SqliteJournalMode::Wal)
                // FULL: without it a power cut loses commits that were already acknowledged.
                .synchronous(SqliteSynchronous::Full)
                .busy_timeout(Duration::from_secs(5))
                // Of each connection; lists of ids are statements of their own by their length, and large ones.
                .statement_cache_capacity(64)
                .pragma("trusted_schema", "OFF")
                // KB for each connection: what is read often stays in the system's own cache of the file.
                .pragma("cache_size", "-4000")
                .pragma("wal_autocheckpoint", "2000")
        });
        options.map_sqlx_postgres_opts(|o| {
            o.options([("statement_timeout", "30s"), ("idle_in_transaction_session_timeout", "30s"), ("timezone", "UTC")])
        });
        options.map_sqlx_postgres_pool_opts(|pool| {
            pool.after_release(|connection, _| {
                Box::pin(async move {
                    // A transaction whose begin was cancelled would swallow the next borrower's writes.
                    connection.execute("ROLLBACK").await?;
                    Ok(true)
                })
            })
        });
        let db = Database::connect(options).await?;
        let writers = match db.get_database_backend() {
            DbBackend::Sqlite => 1,
            _ => connections.saturating_sub(1).max(1),
        };
        Ok(Self {
            db,
            clock,
            writers: Arc::new(Semaphore::new(writers as usize)),
            queue: Arc::new(Semaphore::new(settings.write_queue.max(1) as usize)),
            head: Arc::new(watch::Sender::new(0)),
            space: Uuid::nil(),
        })
    }

    /// The connection to read from.
    #[must_use]
    pub fn db(&self) -> &DatabaseConnection {
        &self.db
    }

    /// By what this space is known outside its database; a copy of the database is the same space.
    #[must_use]
    pub fn space(&self) -> Uuid {
        self.space
    }

    /// The clock that everything here goes by.
    #[must_use]
    pub fn clock(&self) -> &Clock {
        &self.clock
    }

    /// The last position known to be committed, and word of each new one.
    #[must_use]
    pub fn head(&self) -> watch::Receiver<i64> {
        self.head.subscribe()
    }

    /// True for the embedded database.
    #[must_use]
    pub fn is_sqlite(&self) -> bool {
        self.db.get_database_backend() == DbBackend::Sqlite
    }
}
