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

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn letters_that_became_files_are_listed_the_newest_first_and_printed() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path();
    let text = |output: &Output| String::from_utf8(output.stdout.clone()).unwrap();
    assert!(text(&run(data, &["mail"])).contains("no letters yet"));
    let http = reqwest::Client::new();
    let running = Running::start(data, &http).await;
    for name in ["Nguyễn Thị Lan", "Trần Văn Minh"] {
        let sent = text(&run(data, &["mail"])).lines().filter(|line| line.contains('@')).count();
        let email = format!("{}@example.org", name.rsplit(' ').next().unwrap().to_lowercase());
        let body = serde_json::json!({"email": email, "name": name, "lang": "vi", "password": crate::site::PASSWORD});
        let answer = http.post(format!("{}/api/v1/accounts", running.base)).json(&body).send().await.unwrap();
        assert_eq!(answer.status(), 202);
        crate::site::until("the letter is there", async || text(&run(data, &["mail"])).lines().filter(|l| l.contains('@')).count() > sent)
            .await;
    }
    let listed = text(&run(data, &["mail"]));
    let lines: Vec<&str> = listed.lines().collect();
    assert_eq!(lines.len(), 2, "{listed}");
    assert!(lines[0].trim_start().starts_with("1  20") && lines[0].contains(" UTC  ") && lines[0].contains("minh@example.org"), "{listed}");
    assert!(lines[1].contains("Nguyễn Thị Lan") && lines[1].contains("lan@example.org"), "{listed}");
    assert_eq!(text(&run(data, &["mail", "--limit", "1"])).lines().filter(|line| line.contains('@')).count(), 1);

    // For programs; and one letter, by its number and by its id, with the link that confirms the address.
    let all = json(&run(data, &["mail", "--json"]));
    assert_eq!((&all["total"], &all["letters"][1]["to"]), (&Value::from(2), &Value::from("Nguyễn Thị Lan <lan@example.org>")), "{all}");
    let subject = all["letters"][1]["subject"].as_str().unwrap();
    assert!(!subject.is_empty() && !subject.contains("=?"), "{subject}");
    let (by_number, by_id) = (run(data, &["mail", "2"]), run(data, &["mail", all["letters"][1]["id"].as_str().unwrap()]));
    assert_eq!(by_number.stdout, by_id.stdout);
    let letter = text(&by_number);
    assert!(letter.contains(&format!("Subject: {subject}")) && letter.contains(&format!("{}/account/confirm", running.base)), "{letter}");
    assert_eq!(json(&run(data, &["mail", "1", "--json"]))["to"], "Trần Văn Minh <minh@example.org>");
    let missing = run(data, &["mail", "3"]);
    assert!(!missing.status.success() && String::from_utf8_lossy(&missing.stderr).contains("there is no letter 3"), "{missing:?}");
    assert!(text(&run(data, &["mail", "--help"])).contains("The newest first"));
    running.kill();
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
