//! PostgreSQL's full text: words without marks by `unaccent`, a `tsvector` column under GIN, `ts_rank`.
//!
//! On the server that `TEST_PG_URL` names, in a database of its own; else on a throw-away one where PostgreSQL is
//! installed. Its settings are kind: a large cache, no waiting for the disk.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::str::FromStr as _;

use sea_orm::sqlx::postgres::{PgConnectOptions, PgConnection};
use sea_orm::sqlx::{self, AssertSqlSafe, Connection as _, Executor as _, Row as _};
use tokio::runtime::Runtime;

use crate::corpus::{Asked, Corpus, Doc};
use crate::load::{Connection, Peer, Reply};

/// How many documents one statement takes.
const BATCH: usize = 2_000;

/// A server that is stopped and removed with this.
struct Cluster {
    bin: PathBuf,
    dir: tempfile::TempDir,
}

/// The folder of PostgreSQL's programs.
fn bin() -> Option<PathBuf> {
    let installed = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten().map(|e| e.path().join("bin"));
    let on_path = std::env::var_os("PATH").unwrap_or_default();
    let mut all: Vec<PathBuf> =
        installed.chain(std::env::split_paths(&on_path)).filter(|d| d.join("initdb").is_file() && d.join("pg_ctl").is_file()).collect();
    all.sort();
    all.pop()
}

/// A program of PostgreSQL's, which refuses to run as root.
fn program(bin: &Path, name: &str) -> Command {
    let is_root = std::fs::read_to_string("/proc/self/status").is_ok_and(|s| s.lines().any(|l| l.starts_with("Uid:\t0\t")));
    let mut command = if is_root {
        let mut command = Command::new("setpriv");
        command.args(["--reuid=postgres", "--regid=postgres", "--clear-groups"]).arg(bin.join(name));
        command
    } else {
        Command::new(bin.join(name))
    };
    command.current_dir("/").env("LC_ALL", "C.UTF-8").stdout(Stdio::null()).stderr(Stdio::null());
    command
}

impl Cluster {
    fn start() -> Option<Self> {
        let cluster = Self { bin: bin()?, dir: tempfile::tempdir().ok()? };
        let dir = cluster.dir.path();
        // Where this user is root, the folder has to be the server's.
        Command::new("chown").arg("postgres").arg(dir).stderr(Stdio::null()).status().ok()?;
        let data = dir.join("d");
        let made = program(&cluster.bin, "initdb")
            .arg("-D")
            .arg(&data)
            .args(["-U", "app", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync"])
            .status();
        let options = format!(
            "-k {} -c listen_addresses='' -c fsync=off -c synchronous_commit=off -c full_page_writes=off -c max_wal_size=8GB \
             -c shared_buffers=1GB -c work_mem=64MB -c maintenance_work_mem=512MB -c jit=off",
            dir.display()
        );
        let started = made.is_ok_and(|s| s.success())
            && program(&cluster.bin, "pg_ctl")
                .arg("-D")
                .arg(&data)
                .arg("-l")
                .arg(dir.join("log"))
                .args(["-w", "-o", &options, "start"])
                .status()
                .is_ok_and(|s| s.success());
        started.then_some(cluster)
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        program(&self.bin, "pg_ctl").arg("-D").arg(self.dir.path().join("d")).args(["-m", "immediate", "stop"]).status().ok();
    }
}

/// The server and the database made in it.
pub struct Postgres {
    server: PgConnectOptions,
    name: String,
    pub index_mb: f64,
    pub version: String,
    _cluster: Option<Cluster>,
}

fn runtime() -> Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap()
}

impl Postgres {
    /// None where there is no PostgreSQL.
    pub fn build(corpus: &Corpus) -> Option<Self> {
        let (url, cluster) = match std::env::var("TEST_PG_URL") {
            Ok(url) if !url.is_empty() => (url, None),
            _ => {
                let cluster = Cluster::start()?;
                (format!("postgres://app@localhost/postgres?host={}", cluster.dir.path().display()), Some(cluster))
            }
        };
        let server = PgConnectOptions::from_str(&url).ok()?;
        let name = format!("speed{}", std::process::id());
        let runtime = runtime();
        let mut first = runtime.block_on(PgConnection::connect_with(&server)).ok()?;
        let version = runtime.block_on(sqlx::query_scalar("SHOW server_version").fetch_one(&mut first)).unwrap();
        runtime.block_on(first.execute(AssertSqlSafe(format!("CREATE DATABASE {name}")))).unwrap();
        let mut made = Self { server, name, index_mb: 0.0, version, _cluster: cluster };
        let mut db = runtime.block_on(made.open());
        runtime.block_on(async {
            for statement in [
                "CREATE EXTENSION unaccent",
                "CREATE TABLE doc (id bigint PRIMARY KEY, title text NOT NULL, province int NOT NULL, trl int NOT NULL, words tsvector NOT NULL)",
            ] {
                db.execute(statement).await.unwrap();
            }
        });
        let mut batch = Vec::new();
        corpus.each(|doc| {
            batch.push(doc);
            if batch.len() == BATCH {
                runtime.block_on(write(&mut db, std::mem::take(&mut batch)));
            }
        });
        made.index_mb = runtime.block_on(async {
            write(&mut db, batch).await;
            db.execute("CREATE INDEX ON doc USING gin (words) WITH (fastupdate = off)").await.unwrap();
            db.execute("VACUUM ANALYZE doc").await.unwrap();
            let bytes: i64 = sqlx::query_scalar("SELECT pg_total_relation_size('doc')").fetch_one(&mut db).await.unwrap();
            bytes as f64 / 1e6
        });
        Some(made)
    }

    async fn open(&self) -> PgConnection {
        PgConnection::connect_with(&self.server.clone().database(&self.name)).await.unwrap()
    }

    /// Asks for all words, or for any.
    pub fn asking(&self, any: bool) -> PostgresPeer<'_> {
        PostgresPeer { postgres: self, any }
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        let drop = AssertSqlSafe(format!("DROP DATABASE IF EXISTS {} WITH (FORCE)", self.name));
        runtime().block_on(async {
            if let Ok(mut db) = PgConnection::connect_with(&self.server).await {
                db.execute(drop).await.ok();
            }
        });
    }
}

async fn write(db: &mut PgConnection, docs: Vec<Doc>) {
    let number = |n: u64| i64::try_from(n).unwrap();
    sqlx::query(
        "INSERT INTO doc SELECT id, title, province, trl, to_tsvector('simple', unaccent(lower(title || ' ' || body)))
         FROM unnest($1::bigint[], $2::text[], $3::int[], $4::int[], $5::text[]) AS new (id, title, province, trl, body)",
    )
    .bind(docs.iter().map(|d| number(d.n)).collect::<Vec<_>>())
    .bind(docs.iter().map(|d| d.title.clone()).collect::<Vec<_>>())
    .bind(docs.iter().map(|d| i32::try_from(d.province).unwrap()).collect::<Vec<_>>())
    .bind(docs.iter().map(|d| i32::from(d.trl)).collect::<Vec<_>>())
    .bind(docs.into_iter().map(|d| d.text).collect::<Vec<_>>())
    .execute(db)
    .await
    .unwrap();
}

/// PostgreSQL, asked in one way.
pub struct PostgresPeer<'a> {
    postgres: &'a Postgres,
    any: bool,
}

struct PostgresConnection {
    db: PgConnection,
    runtime: Runtime,
    any: bool,
}

impl Peer for PostgresPeer<'_> {
    fn connect(&self) -> Box<dyn Connection + '_> {
        let runtime = runtime();
        let db = runtime.block_on(self.postgres.open());
        Box::new(PostgresConnection { db, runtime, any: self.any })
    }
}

const TOP: &str = "SELECT title FROM doc, to_tsquery('simple', $1) AS q WHERE words @@ q ORDER BY ts_rank(words, q) DESC LIMIT 20";
const TOP_NARROWED: &str = "SELECT title FROM doc, to_tsquery('simple', $1) AS q WHERE words @@ q AND trl BETWEEN 4 AND 6 ORDER BY ts_rank(words, q) DESC LIMIT 20";
const COUNTS: &str = "SELECT province, count(*) FROM doc WHERE words @@ to_tsquery('simple', $1) GROUP BY province";
const COUNTS_NARROWED: &str =
    "SELECT province, count(*) FROM doc WHERE words @@ to_tsquery('simple', $1) AND trl BETWEEN 4 AND 6 GROUP BY province";

impl Connection for PostgresConnection {
    fn ask(&mut self, asked: &Asked) -> Reply {
        let query = asked.unmarked.join(if self.any { " | " } else { " & " });
        let (top, counts) = if asked.narrowed { (TOP_NARROWED, COUNTS_NARROWED) } else { (TOP, COUNTS) };
        let db = &mut self.db;
        self.runtime.block_on(async {
            let titles: Vec<String> = sqlx::query_scalar(top).bind(&query).fetch_all(&mut *db).await.unwrap();
            let rows = sqlx::query(counts).bind(&query).fetch_all(&mut *db).await.unwrap();
            let total = rows.iter().map(|r| u64::try_from(r.get::<i64, _>(1)).unwrap()).sum();
            Reply { total, shown: titles.len() }
        })
    }
}
