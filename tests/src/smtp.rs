//! Letters over SMTP to a server in a process of its own that dies half-way: none is lost, none counts twice.

use std::collections::{BTreeMap, BTreeSet};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use accounts::mail::{Tls, Transport};
use chrono::TimeDelta;
use sea_orm::{ConnectionTrait, Statement};
use serde_json::json;
use store::testing::TestStore;

use crate::site::{Site, until};

const LETTERS: usize = 12;

/// Starts the server on a port and waits until it takes letters.
pub(crate) async fn server(port: u16, folder: &Path, death: &[&str]) -> Child {
    let deps = std::env::current_exe().unwrap();
    let program = deps.parent().unwrap().parent().unwrap().join("examples").join("smtp");
    let child =
        Command::new(program).arg(port.to_string()).arg(folder).args(death).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    until("the mail server listens", async || TcpStream::connect(("127.0.0.1", port)).is_ok()).await;
    child
}

/// Waits until the server is dead and every letter was tried: none is in hand, none is due.
pub(crate) async fn tried(site: &Site, dead: Option<&mut Child>) {
    if let Some(child) = dead {
        until("the mail server is dead", async || child.try_wait().unwrap().is_some()).await;
    }
    site.until("every letter was tried", async || {
        let db = site.app.store.db();
        let sql = "SELECT COUNT(*) AS count FROM job WHERE state = 'running' OR (state = 'waiting' AND due_at <= $1)";
        let now = site.app.store.clock().now();
        let row = db.query_one_raw(Statement::from_sql_and_values(db.get_database_backend(), sql, [now.into()])).await.unwrap().unwrap();
        row.try_get::<i64>("", "count").unwrap() == 0
    })
    .await;
}

/// The Message-ID and the addressee of every letter the server kept, however often.
pub(crate) fn kept(folder: &Path) -> Vec<(String, String)> {
    let header = |text: &str, name: &str| {
        let line = text.lines().find_map(|l| l.strip_prefix(name)).unwrap_or_else(|| panic!("no {name} in {text}"));
        line.trim().to_owned()
    };
    let files = std::fs::read_dir(folder).unwrap().map(|f| f.unwrap().path()).filter(|p| p.extension().is_some_and(|e| e == "eml"));
    files.map(|p| std::fs::read_to_string(p).unwrap()).map(|t| (header(&t, "Message-ID:"), header(&t, "To:"))).collect()
}

async fn dies_half_way(store: TestStore) {
    let folder = tempfile::tempdir().unwrap();
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    // The fourth letter of the first batch is kept, and the server dies before it says so.
    let mut first = server(port, folder.path(), &["after", "4"]).await;
    let site = Site::start_with(store, |config| {
        config.mail.transport = Transport::Smtp;
        config.mail.tls = Tls::None;
        config.mail.host = "127.0.0.1".to_owned();
        config.mail.port = port;
    })
    .await;
    let admin = site.person("lan").await;
    let party = site.party(&admin, "Hợp tác xã Thư Đi", "cooperative").await;
    for n in 0..LETTERS {
        let body = json!({"email": format!("ban-{n}@example.org"), "roles": ["viewer"]});
        admin.post(&format!("/api/v1/parties/{party}/memberships"), body).await.expect(201);
    }
    tried(&site, Some(&mut first)).await;
    assert_eq!(kept(folder.path()).len(), 4);
    assert_eq!(site.app.store.count_jobs().await.unwrap(), (LETTERS as u64 - 3, 0), "what was not answered is not done");

    // Up again on the same port, and dead in the middle of a letter, of which nothing stays.
    let mut second = server(port, folder.path(), &["before", "3"]).await;
    site.clock.advance(TimeDelta::hours(1));
    tried(&site, Some(&mut second)).await;
    assert_eq!(kept(folder.path()).len(), 6);

    // Down for a while: nothing is lost by trying in vain.
    site.clock.advance(TimeDelta::hours(1));
    tried(&site, None).await;
    assert_eq!(kept(folder.path()).len(), 6);

    let mut third = server(port, folder.path(), &[]).await;
    site.clock.advance(TimeDelta::hours(2));
    site.settled().await;
    assert_eq!(site.app.store.count_jobs().await.unwrap(), (0, 0), "none is left, none was given up");
    third.kill().unwrap();
    third.wait().unwrap();

    let letters = kept(folder.path());
    let mut by_addressee: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for (id, to) in &letters {
        by_addressee.entry(to).or_default().insert(id);
    }
    assert_eq!(by_addressee.len(), LETTERS, "none is lost");
    assert!(by_addressee.values().all(|ids| ids.len() == 1), "one that came twice is known by its Message-ID: {by_addressee:#?}");
    assert_eq!(letters.len(), LETTERS + 1, "only the one that was not answered came again");
    site.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mail_server_that_dies_half_way_loses_no_letter_and_doubles_none() {
    for store in TestStore::all().await.unwrap() {
        dies_half_way(store).await;
    }
}

async fn says_nothing(store: TestStore) {
    let folder = tempfile::tempdir().unwrap();
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let mut silent = server(port, folder.path(), &["silent"]).await;
    let site = Site::start_with(store, |config| {
        config.mail.transport = Transport::Smtp;
        config.mail.tls = Tls::None;
        config.mail.host = "127.0.0.1".to_owned();
        config.mail.port = port;
        config.mail.timeout_s = 1;
    })
    .await;
    let admin = site.person("lan").await;
    let party = site.party(&admin, "Hợp tác xã Đợi Thư", "cooperative").await;
    for n in 0..2 {
        let body = json!({"email": format!("ban-{n}@example.org"), "roles": ["viewer"]});
        admin.post(&format!("/api/v1/parties/{party}/memberships"), body).await.expect(201);
    }
    tried(&site, None).await;
    assert!(kept(folder.path()).is_empty());
    silent.kill().unwrap();
    silent.wait().unwrap();

    let mut other = server(port, folder.path(), &[]).await;
    site.clock.advance(TimeDelta::hours(1));
    site.settled().await;
    other.kill().unwrap();
    other.wait().unwrap();
    assert_eq!((kept(folder.path()).len(), site.app.store.count_jobs().await.unwrap()), (2, (0, 0)), "both invitations come");
    site.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mail_server_that_takes_a_connection_and_says_nothing_is_not_waited_for() {
    for store in TestStore::all().await.unwrap() {
        says_nothing(store).await;
    }
}

async fn refuses(store: TestStore) {
    let folder = tempfile::tempdir().unwrap();
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let mut open = server(port, folder.path(), &[]).await;
    let site = Site::start_with(store, |config| {
        config.mail.transport = Transport::Smtp;
        config.mail.tls = Tls::None;
        config.mail.host = "127.0.0.1".to_owned();
        config.mail.port = port;
    })
    .await;
    let admin = site.person("lan").await;
    let party = site.party(&admin, "Hợp tác xã Thư Về", "cooperative").await;
    let invite = async |name: &str| {
        let body = json!({"email": format!("{name}@example.org"), "roles": ["viewer"]});
        admin.post(&format!("/api/v1/parties/{party}/memberships"), body).await.expect(201);
    };
    for name in ["nobody", "ban"] {
        invite(name).await;
    }
    // Tried once, and again when somebody puts it back.
    for put_back in [0, 1] {
        assert_eq!(site.app.store.retry_failed_jobs().await.unwrap(), put_back);
        tried(&site, None).await;
        assert_eq!((kept(folder.path()).len(), site.app.store.count_jobs().await.unwrap()), (1, (0, 1)));
        let failed = site.app.store.failed_jobs().await.unwrap();
        let why = failed[0].last_error.as_deref().unwrap();
        assert!(failed[0].attempts == 1 && why.contains("550") && why.contains("nobody of that name"), "{failed:?}");
    }

    // A server that takes nothing from anybody refuses no letter: it waits.
    open.kill().unwrap();
    open.wait().unwrap();
    let mut closed = server(port, folder.path(), &["closed"]).await;
    invite("ban-2").await;
    tried(&site, None).await;
    assert_eq!(site.app.store.count_jobs().await.unwrap(), (1, 1));
    closed.kill().unwrap();
    closed.wait().unwrap();
    let mut open = server(port, folder.path(), &[]).await;
    site.clock.advance(TimeDelta::hours(1));
    site.settled().await;
    assert_eq!((kept(folder.path()).len(), site.app.store.count_jobs().await.unwrap()), (2, (0, 1)));
    open.kill().unwrap();
    open.wait().unwrap();
    site.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_letter_that_is_refused_for_good_is_not_tried_again_and_one_that_no_server_takes_waits() {
    for store in TestStore::all().await.unwrap() {
        refuses(store).await;
    }
}
