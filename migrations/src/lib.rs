//! The database's shape, step by step; the same steps on SQLite and PostgreSQL.
//!
//! Each file is one step and is never changed after a release. Statements are plain SQL with a few type names in
//! braces (see `sql`), because `STRICT`, `CHECK`, partial indexes and triggers are what guard the data when
//! everything above has a fault, and no builder has them all for both engines.
//! Never here: reading or rewriting contents; a content has a schema number and is upgraded when it is read.

use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::{ConnectionTrait, DatabaseConnection, DbBackend, Statement};

mod m0001_log;
mod m0002_accounts;
mod m0003_parties;
mod m0004_listings;
mod m0005_imports;
mod m0006_notices;
mod m0007_interests;
mod m0008_deals;
mod m0009_disclosures;
mod m0010_matches;
mod m0011_saved_searches;
mod m0012_stories_and_documents;
mod m0013_desk;
mod m0014_experts;
mod m0015_vectors;

/// All steps in order.
pub struct Migrator;

#[async_trait::async_trait]
impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![
            Box::new(m0001_log::Step),
            Box::new(m0002_accounts::Step),
            Box::new(m0003_parties::Step),
            Box::new(m0004_listings::Step),
            Box::new(m0005_imports::Step),
            Box::new(m0006_notices::Step),
            Box::new(m0007_interests::Step),
            Box::new(m0008_deals::Step),
            Box::new(m0009_disclosures::Step),
            Box::new(m0010_matches::Step),
            Box::new(m0011_saved_searches::Step),
            Box::new(m0012_stories_and_documents::Step),
            Box::new(m0013_desk::Step),
            Box::new(m0014_experts::Step),
            Box::new(m0015_vectors::Step),
        ]
    }
}

/// What keeps a database from being used.
#[derive(Debug, thiserror::Error)]
pub enum MigrationError {
    /// A newer version of the program has been here.
    #[error("this database was made by a newer version of innospace (it has the step {0}); use that version or a backup")]
    Newer(String),
    /// The database itself failed.
    #[error("the database could not be prepared")]
    Database(#[from] DbErr),
}

/// The steps that are still to be taken, without changing anything.
///
/// # Errors
/// [`MigrationError::Newer`] if the database has a step this program does not know.
pub async fn pending(db: &DatabaseConnection) -> Result<Vec<String>, MigrationError> {
    let known: Vec<String> = Migrator::migrations().iter().map(|m| m.name().to_owned()).collect();
    let applied = applied(db).await?;
    if let Some(unknown) = applied.iter().find(|name| !known.contains(name)) {
        return Err(MigrationError::Newer(unknown.clone()));
    }
    Ok(known.into_iter().filter(|name| !applied.contains(name)).collect())
}

/// Takes the steps that are still to be taken and gives their number. Each is one transaction.
///
/// # Errors
/// As [`pending`].
pub async fn migrate(db: &DatabaseConnection) -> Result<usize, MigrationError> {
    let waiting = pending(db).await?.len();
    if waiting > 0 {
        Migrator::up(db, None).await?;
    }
    Ok(waiting)
}

async fn applied(db: &DatabaseConnection) -> Result<Vec<String>, DbErr> {
    let backend = db.get_database_backend();
    let exists = match backend {
        DbBackend::Sqlite => "SELECT name FROM sqlite_master WHERE type = 'table' AND name = 'seaql_migrations'",
        _ => "SELECT table_name FROM information_schema.tables WHERE table_name = 'seaql_migrations' AND table_schema = current_schema()",
    };
    if db.query_one_raw(Statement::from_string(backend, exists)).await?.is_none() {
        return Ok(Vec::new());
    }
    let rows = db.query_all_raw(Statement::from_string(backend, "SELECT version FROM seaql_migrations ORDER BY version")).await?;
    rows.iter().map(|row| row.try_get::<String>("", "version")).collect()
}

/// Runs one step's statements on whichever database it is.
pub(crate) async fn run(manager: &SchemaManager<'_>, statements: &[&str]) -> Result<(), DbErr> {
    let backend = manager.get_database_backend();
    for statement in statements {
        // A statement for one engine only says so in its first word.
        let (only, text) = match statement.trim_start().split_once(' ') {
            Some(("@sqlite", rest)) => (Some(DbBackend::Sqlite), rest),
            Some(("@postgres", rest)) => (Some(DbBackend::Postgres), rest),
            _ => (None, *statement),
        };
        if only.is_none_or(|b| b == backend) {
            manager.get_connection().execute_unprepared(&sql(backend, text)).await?;
        }
    }
    Ok(())
}

/// The statement in an engine's words: `{uuid} {time} {bytes} {bool} {int} {date} {strict}`.
fn sql(backend: DbBackend, text: &str) -> String {
    let names: [(&str, &str); 7] = match backend {
        DbBackend::Sqlite => [
            ("{uuid}", "BLOB"),
            ("{time}", "TEXT"),
            ("{bytes}", "BLOB"),
            ("{bool}", "INTEGER"),
            ("{int}", "INTEGER"),
            ("{date}", "TEXT"),
            ("{strict}", "STRICT"),
        ],
        _ => [
            ("{uuid}", "UUID"),
            ("{time}", "TIMESTAMPTZ"),
            ("{bytes}", "BYTEA"),
            ("{bool}", "BOOLEAN"),
            ("{int}", "BIGINT"),
            ("{date}", "DATE"),
            ("{strict}", ""),
        ],
    };
    names.iter().fold(text.to_owned(), |text, (name, word)| text.replace(name, word))
}

/// Writes the boilerplate of a step: its name and its statements, one transaction on both engines.
macro_rules! step {
    ($name:literal, $statements:expr) => {
        /// This step.
        pub(crate) struct Step;

        impl sea_orm_migration::prelude::MigrationName for Step {
            fn name(&self) -> &str {
                $name
            }
        }

        #[async_trait::async_trait]
        impl sea_orm_migration::prelude::MigrationTrait for Step {
            fn use_transaction(&self) -> Option<bool> {
                Some(true)
            }
            async fn up(&self, manager: &sea_orm_migration::prelude::SchemaManager) -> Result<(), sea_orm_migration::prelude::DbErr> {
                crate::run(manager, $statements).await
            }
        }
    };
}
pub(crate) use step;
