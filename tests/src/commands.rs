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

pub(crate) fn run(data: &Path, args: &[&str]) -> Output {
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

pub(crate) fn json(output: &Output) -> Value {
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
    let change = format!("UPDATE listing SET slug = slug || '-x' WHERE lower(hex(id)) = '{one}'");
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

/// What a command prints for programs, and its exit code.
fn told(data: &Path, args: &[&str]) -> (Value, Option<i32>) {
    let output = run(data, &[args, &["--json"]].concat());
    (json(&output), output.status.code())
}

const NEEDS: &str = r#"
kind = "need"
source = "example"
external_id = "id"
licence = "unknown"
source_lang = "vi"

[[column]]
from = "title"
to = "/title/vi"
required = true
"#;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn commands_that_a_program_waits_for_answer_in_json_with_the_exit_code_their_help_names() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path();
    let (migrated, code) = told(data, &["migrate"]);
    assert!(!migrated["done"].as_array().unwrap().is_empty() && code == Some(0), "{migrated}");
    let (again, code) = told(data, &["migrate"]);
    assert_eq!((again["done"].as_array().map(Vec::len), code), (Some(0), Some(0)));

    let parts = space::parts(&Config::default(), data, Clock::system()).await.unwrap();
    some_listings(&parts.listings, &parts.accounts, 5).await;
    let (indexed, code) = told(data, &["reindex"]);
    assert_eq!((&indexed["documents"], code), (&Value::from(6), Some(0)), "five listings and their party");
    assert!(indexed["seconds"].is_f64());

    let (checked, code) = told(data, &["rematch", "--check"]);
    assert_eq!((&checked["whole"], &checked["reckoned"], code), (&Value::Bool(false), &Value::Bool(false), Some(1)));
    let (reckoned, code) = told(data, &["rematch"]);
    assert!(reckoned["listings"].is_u64() && code == Some(0), "{reckoned}");
    let (checked, code) = told(data, &["rematch", "--check"]);
    assert_eq!((&checked["whole"], &checked["missing"], code), (&Value::Bool(true), &Value::from(0), Some(0)), "{checked}");

    let path = |name: &str| data.join(name).to_str().unwrap().to_owned();
    let (needs, map, output) = (path("needs.jsonl"), path("map.toml"), path("run.tsv"));
    std::fs::write(&map, NEEDS).unwrap();
    std::fs::write(&needs, "{\"id\": \"a\", \"title\": \"Cần máy sấy cơm dừa\"}\n{\"id\": \"b\", \"title\": \"Máy sấy\"}\n").unwrap();
    let asked = ["match", "--needs", &needs, "--map", &map, "--output", &output];
    assert_eq!(told(data, &asked), (serde_json::json!({ "needs": 2 }), Some(0)));
    std::fs::write(&needs, "{\"id\": \"a\"\n").unwrap();
    let cut = run(data, &asked);
    assert!(cut.status.code() == Some(1) && String::from_utf8_lossy(&cut.stderr).contains("line 1"), "{cut:?}");

    let verdicts = path("feedback.csv");
    assert_eq!(told(data, &["export-feedback", "--output", &verdicts]), (serde_json::json!({ "verdicts": 0 }), Some(0)));
    let listings = path("listings.jsonl");
    assert_eq!(told(data, &["export", "--output", &listings]), (serde_json::json!({ "listings": 5 }), Some(0)));
    assert_eq!(run(data, &["reindex", "--colour", "red"]).status.code(), Some(2), "a command line that nobody understands");
}

#[test]
fn every_command_says_in_its_help_what_its_exit_codes_mean() {
    let help = |args: &[&str]| String::from_utf8(Command::new(program()).args(args).output().unwrap().stdout).unwrap();
    let all = help(&["--help"]);
    assert!(all.contains("Exit codes: 0 done"), "{all}");
    let listed = all.split("Commands:").nth(1).unwrap().split("Options:").next().unwrap();
    // A command stands two spaces in; what is told of it goes on further to the right.
    let names = listed.lines().filter_map(|line| line.strip_prefix("  ").filter(|rest| !rest.starts_with(' ')));
    let names: Vec<&str> = names.filter_map(|rest| rest.split_whitespace().next()).filter(|name| *name != "help").collect();
    assert!(names.len() >= 15, "{names:?}");
    for name in names {
        // The document is printed or it is not; nothing else can come of it.
        assert!(name == "openapi" || help(&[name, "--help"]).contains("Exit code 0:"), "{name}");
    }
}
