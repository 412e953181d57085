//! Databases for tests: SQLite in a folder of its own, and PostgreSQL where `TEST_PG_URL` names a server.
//!
//! The server is a throw-away one (`tests/run` starts it): databases made here are left to go down with it.

use base::Clock;
use chrono::{DateTime, TimeDelta};
use sea_orm::{ConnectOptions, ConnectionTrait, Database};
use tempfile::TempDir;

use crate::{DatabaseSettings, Store, StoreError};

/// An empty, migrated database with a clock that stands still until a test moves it.
pub struct TestStore {
    /// `sqlite` or `postgres`.
    pub name: &'static str,
    /// The store.
    pub store: Store,
    /// Its clock.
    pub clock: Clock,
    /// A folder for the test's files; it goes with this value.
    pub dir: TempDir,
    settings: DatabaseSettings,
}

/// Why there is no database to test with.
#[derive(Debug, thiserror::Error)]
pub enum TestStoreError {
    /// No folder could be made.
    #[error("no folder for the test")]
    Folder(#[from] std::io::Error),
    /// No database could be made.
    #[error("no database for the test")]
    Database(#[from] sea_orm::DbErr),
    /// The store did not open.
    #[error("the store did not open")]
    Store(#[from] StoreError),
    /// `TEST_PG_URL` names no database to replace.
    #[error("TEST_PG_URL must look like postgres://user@host/postgres")]
    Url,
}

impl TestStore {
    /// One database on every engine there is to test on: SQLite always, PostgreSQL where `TEST_PG_URL` is set.
    ///
    /// # Errors
    /// If a database cannot be made.
    pub async fn all() -> Result<Vec<Self>, TestStoreError> {
        let mut all = vec![Self::sqlite().await?];
        if let Ok(url) = std::env::var("TEST_PG_URL")
            && !url.is_empty()
        {
            all.push(Self::postgres(&url).await?);
        }
        Ok(all)
    }

    /// SQLite in a new folder.
    ///
    /// # Errors
    /// If it cannot be made.
    pub async fn sqlite() -> Result<Self, TestStoreError> {
        Self::open("sqlite", "sqlite:".to_owned()).await
    }

    /// A new database on a PostgreSQL server.
    ///
    /// # Errors
    /// If it cannot be made.
    pub async fn postgres(server: &str) -> Result<Self, TestStoreError> {
        let name = format!("t{}", Clock::system().uuid().simple());
        let mut options = ConnectOptions::new(server.to_owned());
        options.max_connections(1).sqlx_logging(false);
        let db = Database::connect(options).await?;
        db.execute_unprepared(&format!("CREATE DATABASE {name}")).await?;
        db.close().await?;
        let (address, rest) = server.split_once('?').map_or((server, String::new()), |(a, r)| (a, format!("?{r}")));
        let front = address.strip_suffix("/postgres").ok_or(TestStoreError::Url)?;
        Self::open("postgres", format!("{front}/{name}{rest}")).await
    }

    async fn open(name: &'static str, url: String) -> Result<Self, TestStoreError> {
        // Noon of 24 November 2026 in Vietnam.
        let clock = Clock::held_at(DateTime::UNIX_EPOCH + TimeDelta::seconds(1_795_496_400));
        let dir = TempDir::new()?;
        let settings = DatabaseSettings { url, connections: 4, ..DatabaseSettings::default() };
        let store = Store::open(&settings, dir.path(), clock.clone()).await?;
        Ok(Self { name, store, clock, dir, settings })
    }

    /// The same database as another node opens it: with connections and a head of its own.
    ///
    /// # Errors
    /// If it cannot be opened.
    pub async fn beside(&self) -> Result<Store, TestStoreError> {
        Ok(Store::open(&self.settings, self.dir.path(), self.clock.clone()).await?)
    }
}
