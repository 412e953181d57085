//! Pipelines and rules of the law that an operator brings in place of the built-in ones.

use std::path::Path;
use std::process::Command;

use base::Clock;
use brokering::deals::{NeededError, must_have_pipelines};
use brokering::pipelines::Pipelines;
use innospace::config::Config;
use innospace::space;
use serde_json::{Value, json};
use store::testing::TestStore;

use crate::deals::Cast;
use crate::kill::program;
use crate::site::Site;

/// A way of our own: asked, agreed, done.
const TRIAL: &str = r#"kind = "trial_run"
version = 1
effective = "2026-01-01"
source = "the operator"
vi = "Chạy thử tại xưởng"
en = "Trial run"

[[stage]]
code = "asked"
vi = "Đã hỏi"
en = "Asked"
needs = []
days = 7
next = "agree"
next_by = "owner"
to = [{ stage = "tried", by = ["owner", "seeker"] }, { stage = "dropped", by = ["owner", "seeker"] }]

[[stage]]
code = "tried"
vi = "Đã chạy thử"
en = "Tried"
needs = ["seeker", "meeting"]
ends = "won"

[[stage]]
code = "dropped"
vi = "Thôi"
en = "Dropped"
needs = ["lost_reason"]
ends = "lost"
"#;

/// A rule of our own, which asks for an item of the contract.
const LAW: &str = r#"code = "house-rules"
version = "1"
law_vi = "Quy chế của sàn"
law_en = "Rules of the house"
source_vi = "sàn"
source_en = "the house"
caveat_vi = "Chỉ áp dụng trong sàn."
caveat_en = "Holds in the house alone."

[[rule]]
code = "HOUSE-1"
article = "1"
effect = "content"
item = "trial_days"
mandatory = true
when = [{ object = "technology", kind = "trial_run|licence" }]
vi = "Hợp đồng ghi số ngày chạy thử."
en = "The contract says how many days of trial there are."
"#;

fn write(folder: &Path, name: &str, text: &str) {
    std::fs::write(folder.join(name), text).unwrap();
}

/// Starts the program on these pipelines and rules; gives what it says when it does not begin.
fn refused(data: &Path, name: &str, folder: &Path) -> String {
    let mut command = Command::new(program());
    command.args(["serve", "--data", data.to_str().unwrap(), "--listen", "127.0.0.1:0"]).env(name, folder);
    let done = command.output().unwrap();
    assert!(!done.status.success(), "{done:?}");
    String::from_utf8(done.stderr).unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_deal_goes_by_the_pipelines_and_rules_that_the_operator_brings() {
    for store in TestStore::all().await.unwrap() {
        let (ways, laws) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        write(ways.path(), "trial_run-1.toml", TRIAL);
        write(ways.path(), "notes.txt", "no pipeline");
        write(laws.path(), "house.toml", LAW);
        let site = Site::start_with(store, |config| {
            config.brokering.pipelines_folder = ways.path().to_str().unwrap().to_owned();
            config.brokering.laws_folder = laws.path().to_str().unwrap().to_owned();
        })
        .await;
        let cast = Cast::make(&site, "ow").await;
        let kinds = site.visitor().get("/api/v1/pipelines").await.expect(200);
        assert_eq!((&kinds["total"], &kinds["items"][0]["kind"]), (&json!(1), &json!("trial_run")), "in place of the built-in ones");
        let new = json!({"kind": "licence", "listing": cast.listing, "seeker": cast.seeker_party});
        assert_eq!(cast.broker.post("/api/v1/deals", new).await.status, 422, "a kind that is not there");
        let deal = cast.deal("trial_run").await;
        let view = cast.owner.get(&deal.path).await.expect(200);
        assert_eq!((&view["stage"], &view["inside"]["legal"]["advice"][0]["rule"]), (&json!("asked"), &json!("HOUSE-1")), "{view}");
        assert_eq!(view["inside"]["legal"]["advice"].as_array().unwrap().len(), 1, "in place of the built-in rules");
        assert_eq!(deal.go(&cast.seeker, "tried").await.pointers(), ["/meetings"]);
        deal.post(&cast.seeker, "meetings", json!({"held_on": "2026-11-20"})).await.expect(201);
        deal.go(&cast.seeker, "tried").await.expect(200);
        let page = cast.owner.get(&deal.path.replace("/api/v1", "")).await;
        assert!(page.status == 200 && page.text.contains("Chạy thử tại xưởng") && page.text.contains("Đã chạy thử"), "{}", page.text);
        deal.is_what_its_events_say(&site).await;

        // These deals are held by the file they began with: without it, or without their stage, no server begins.
        let open = cast.deal("trial_run").await;
        let code = cast.owner.get(&open.path).await.expect(200)["code"].as_str().unwrap().to_owned();
        must_have_pipelines(&site.app.store, &site.app.brokering.pipelines).await.unwrap();
        let lacking = must_have_pipelines(&site.app.store, &Pipelines::built_in().unwrap()).await.unwrap_err();
        let said = lacking.to_string();
        assert!(
            said.contains("trial_run-1.toml is missing, version 1") && said.contains(&code) && said.contains("pipelines_folder"),
            "{said}"
        );
        let NeededError::Lacking(lacking) = lacking else { panic!("{lacking}") };
        assert_eq!((lacking.len(), lacking[0].count, lacking[0].codes.len()), (1, 2, 2), "deals in two stages lack one file");
        write(ways.path(), "trial_run-1.toml", &TRIAL.replace("\"asked\"", "\"begun\""));
        let renamed = Pipelines::open(ways.path().to_str().unwrap()).unwrap();
        let said = must_have_pipelines(&site.app.store, &renamed).await.unwrap_err().to_string();
        assert!(said.contains("trial_run-1.toml has no stage \"asked\"") && said.contains(&code), "{said}");
        site.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_with_pipelines_or_rules_that_cannot_be_used_does_not_begin_and_says_where_and_what_to_do() {
    let (data, folder) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let (ways, laws) = ("INNOSPACE__BROKERING__PIPELINES_FOLDER", "INNOSPACE__BROKERING__LAWS_FOLDER");
    let none = folder.path().join("none");
    for (setting, name) in [(ways, "pipelines_folder"), (laws, "laws_folder")] {
        let said = refused(data.path(), setting, &none);
        assert!(said.contains(none.to_str().unwrap()) && said.contains(name) && said.contains("leave"), "{said}");
        let said = refused(data.path(), setting, folder.path());
        assert!(said.contains("ends in .toml"), "{said}");
    }
    for (text, place) in [
        (TRIAL.replace("stage = \"tried\", by", "stage = \"tryed\", by"), "stage \"asked\": to[0].stage: \"tryed\""),
        (TRIAL.replace("days = 7", "days = \"x\""), "line 13"),
        (TRIAL.replace("next = \"agree\"", "next = \"dance\""), "stage \"asked\": next: there are no words for \"dance\""),
        (TRIAL.replace("version = 1", "version = 2"), "trial_run-2.toml"),
    ] {
        write(folder.path(), "trial_run-1.toml", &text);
        let said = refused(data.path(), ways, folder.path());
        let file = folder.path().join("trial_run-1.toml");
        assert!(said.contains(file.to_str().unwrap()) && said.contains(place) && said.contains("mend it"), "{said}");
    }
    std::fs::remove_file(folder.path().join("trial_run-1.toml")).unwrap();
    for (text, place) in [
        (LAW.replace("object =", "objekt ="), "rule \"HOUSE-1\": when.objekt: there is no such fact, only kind, object, "),
        (LAW.to_owned(), "rule \"HOUSE-1\": when.kind: there is no \"trial_run\", only assignment, equipment_with_technology, "),
        (LAW.replace("trial_run|licence", "licnce"), "rule \"HOUSE-1\": when.kind: there is no \"licnce\", only assignment, "),
        (
            LAW.replace("object = \"technology\"", "direction = \"inwards\"").replace("trial_run|", ""),
            "rule \"HOUSE-1\": when.direction: there is no \"inwards\", only domestic, inbound, outbound",
        ),
        (LAW.replace("effect = \"content\"", "effect = \"contents\""), "line 13"),
        (
            LAW.replace("effect = \"content\"\nitem = \"trial_days\"", "effect = \"paper\"\npaper = \"no_such\"").replace("trial_run|", ""),
            "\"no_such\" is no code of `deal_papers`",
        ),
    ] {
        write(folder.path(), "house.toml", &text);
        let said = refused(data.path(), laws, folder.path());
        assert!(said.contains("house.toml") && said.contains(place) && said.contains("mend it"), "{said}");
    }

    // The doctor says the same.
    let doctor = |setting: &str, data: &Path| -> Value {
        let mut doctor = Command::new(program());
        doctor.args(["doctor", "--json", "--data", data.to_str().unwrap()]).env(setting, folder.path());
        serde_json::from_slice(&doctor.output().unwrap().stdout).unwrap()
    };
    write(folder.path(), "house.toml", &LAW.replace("trial_run|licence", "licnce"));
    let found = doctor(laws, data.path());
    let of_laws = found["findings"].as_array().unwrap().iter().find(|one| one["setting"] == "brokering.laws_folder");
    let said = of_laws.unwrap()["finding"].as_str().unwrap();
    assert!(said.contains("house.toml") && said.contains("there is no \"licnce\", only assignment"), "{found}");

    // A deal of a version that is not in the folder: named with what it lacks, by the server and by the doctor.
    std::fs::remove_file(folder.path().join("house.toml")).unwrap();
    write(folder.path(), "trial_run-1.toml", TRIAL);
    let database = tempfile::tempdir().unwrap();
    let mut config = Config::default();
    // Cheap hashes: this is not about them.
    (config.accounts.hash_memory_kib, config.accounts.hash_passes) = (64, 1);
    let parts = space::parts(&config, database.path(), Clock::system()).await.unwrap();
    innospace::demo::prepare(&config, &parts, database.path()).await.unwrap();
    drop(parts);
    let said = refused(database.path(), ways, folder.path());
    assert!(said.contains("-1.toml is missing") && said.contains("GD-20"), "{said}");
    let found = doctor(ways, database.path());
    assert!(found["findings"].as_array().unwrap().iter().any(|one| one["setting"] == "brokering.pipelines_folder"), "{found}");
}
