//! The command line beside a running server, and what its checks find: the real program on a data directory of its own.

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::{Command, Output};

use base::Clock;
use innospace::config::Config;
use innospace::space;
use sea_orm::ConnectionTrait;
use serde_json::Value;

use crate::invariants::some_listings;
use crate::kill::{Running, program};

fn run(data: &Path, args: &[&str]) -> Output {
    let data = data.to_str().unwrap();
    Command::new(program()).args(args).args(["--data", data]).env("INNOSPACE__SEARCH__LOCK_WAIT_MS", "1").output().unwrap()
}

fn json(output: &Output) -> Value {
    serde_json::from_slice(&output.stdout).unwrap_or_else(|e| panic!("{e}: {output:?}"))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn beside_a_running_server_commands_read_its_index_and_leave_it_alone() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path();
    let parts = space::parts(&Config::default(), data, Clock::system()).await.unwrap();
    some_listings(&parts.listings, &parts.accounts, 5).await;

    // Without a server the index is built, and found again the next time as it is.
    let hits = |query: &str| String::from_utf8(run(data, &["search", query, "--json"]).stdout).unwrap().lines().count();
    assert_eq!(hits("máy"), 5);
    let marker = std::fs::read(data.join("index/live.json")).unwrap();
    assert_eq!(hits("may"), 5);
    assert_eq!(std::fs::read(data.join("index/live.json")).unwrap(), marker, "it was built anew");

    let running = Running::start(data, &reqwest::Client::new()).await;
    assert_eq!(hits("máy"), 5);
    let verified = run(data, &["verify", "--json"]);
    assert!(verified.status.success(), "{verified:?}");
    assert_eq!(json(&verified)["whole"], true);
    let refused = run(data, &["reindex"]);
    assert!(!refused.status.success());
    let why = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(why.contains("in use by another process"), "{why}");
    running.kill();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn verify_finds_a_listing_that_changed_without_an_event() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path();
    let parts = space::parts(&Config::default(), data, Clock::system()).await.unwrap();
    let ids = some_listings(&parts.listings, &parts.accounts, 3).await;
    assert!(run(data, &["verify", "--json"]).status.success());
    let one = ids[0].0.simple().to_string();
    let change = format!("UPDATE listing SET version = version + 1 WHERE lower(hex(id)) = '{one}'");
    assert_eq!(parts.store.db().execute_unprepared(&change).await.unwrap().rows_affected(), 1);
    let verified = run(data, &["verify", "--json"]);
    assert_eq!(verified.status.code(), Some(1), "{verified:?}");
    let found = json(&verified);
    assert_eq!(found["index"]["stale"].as_array().map(Vec::len), Some(1), "{found}");
    assert_eq!(found["events"]["whole"], true);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn doctor_names_what_every_user_of_the_machine_can_read() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    space::parts(&Config::default(), &data, Clock::system()).await.unwrap();
    let findings = || {
        let found = json(&run(&data, &["doctor", "--json"]));
        found["findings"]
            .as_array()
            .unwrap()
            .iter()
            .filter(|f| f["setting"] == "data")
            .map(|f| f["finding"].to_string())
            .collect::<Vec<_>>()
    };
    assert_eq!(findings(), Vec::<String>::new(), "a directory that the program made is closed");
    std::fs::set_permissions(&data, std::fs::Permissions::from_mode(0o755)).unwrap();
    let open = findings();
    assert_eq!(open.len(), 1, "{open:?}");
    assert!(open[0].contains("innospace.sqlite"), "{open:?}");
}
