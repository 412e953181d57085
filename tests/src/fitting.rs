//! Fitting the weights of matching from the command line: to what people said, and to files of judged pairs.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::{Command, Output};
use std::sync::Arc;

use base::{Actor, Capacity, Clock, Lang, ListingId, Scope, StaffRole};
use chrono::TimeDelta;
use innospace::config::Config;
use innospace::space::{self, Parts};
use listings::bulk::{Bulk, seed};
use listings::content::Content;
use listings::published::Provenance;
use listings::{Kind, Visibility};
use matching::feedback::{Given, MatchId, Opinion, WhyNot, give};
use matching::{Matcher, Units};
use serde_json::{Value, json};
use store::Ctx;

use crate::kill::program;
use crate::main_job::{need, technology};

const FORMS: [&str; 2] = ["licence", "assignment"];
const NEEDS: usize = 24;
/// As many needs have four offers to themselves: what people say of one such group says nothing of another.
const GROUP: usize = 2;

fn run(data: &Path, args: &[&str]) -> Output {
    let data = data.to_str().unwrap();
    Command::new(program()).args(args).args(["--data", data]).env("INNOSPACE__SEARCH__LOCK_WAIT_MS", "1").output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

/// Offers of both forms, fresh and old, and needs of both forms.
async fn listings_of(parts: &Parts, groups: usize) -> (Vec<ListingId>, Vec<ListingId>) {
    let now = parts.store.clock().now();
    let profile = |name: &str, party_type: &str| accounts::PartyProfile {
        names: base::Localised::of(Lang::Vi, name),
        party_type: party_type.into(),
        ..accounts::PartyProfile::default()
    };
    let party = async |name: &str, party_type: &str| {
        accounts::parties::create_demonstration(&parts.accounts, Ctx::system(), profile(name, party_type)).await.unwrap().id
    };
    let (institute, firm) = (party("Viện Dừa", "institute").await, party("Công ty Dừa", "enterprise").await);
    let bulk = |party, kind, content: Value, days, n: usize| Bulk {
        party,
        source_lang: Lang::Vi,
        content: Content::from_json(kind, &content.to_string()).unwrap(),
        private: None,
        visibility: Visibility::Public,
        provenance: Provenance {
            origin: "import".into(),
            source: Some("test".to_owned()),
            external_id: Some(format!("{kind}-{n}")),
            licence: None,
        },
        import: None,
        published_at: Some(now - TimeDelta::days(days)),
        next_action_on: None,
        contact: None,
    };
    // A word that a group has to itself, where there are several.
    let own = |group: usize| if groups > 1 { format!(" kiểu zb{group}") } else { String::new() };
    let offer = |n: usize| {
        let mut content = technology(&format!("Máy sấy cơm dừa bơm nhiệt{}", own(n / 4)));
        content["cooperation"] = json!([FORMS[n % 2]]);
        bulk(institute, Kind::Technology, content, if n % 4 < 2 { 1 } else { 100 }, n)
    };
    let seeker = |n: usize| {
        let mut content = need();
        content["title"]["vi"] = json!(format!("Cần máy sấy cơm dừa nhanh hơn{}", own(n / GROUP)));
        content["cooperation"] = json!([FORMS[n % 2]]);
        bulk(firm, Kind::Need, content, 1, n)
    };
    let offers = seed(&parts.listings, &Actor::system(), (0..4 * groups).map(offer).collect()).await.unwrap();
    (offers, seed(&parts.listings, &Actor::system(), (0..NEEDS).map(seeker).collect()).await.unwrap())
}

/// A broker says of each need and the offers of its group whether they are good together: where the forms are the same.
async fn judge_all(parts: &Parts, offers: &[ListingId], needs: &[ListingId]) {
    let password = accounts::Password::new("một mật khẩu dài hơn nhiều");
    let account = accounts::people::create_admin(&parts.accounts, "moi-gioi@vi-du.vn", "Môi giới", password).await.unwrap().id;
    let broker = Actor {
        capacity: Capacity::Person(account),
        staff: BTreeSet::from([StaffRole::Broker]),
        scopes: Scope::ALL.iter().copied().collect(),
        ..Actor::anonymous(Lang::Vi)
    };
    let index = search::Search::in_memory(search::Settings::default(), Arc::clone(&parts.vocabularies), Clock::system()).unwrap();
    let units = Arc::new(Units::built_in().unwrap());
    let matcher = Matcher::new(index, parts.listings.clone(), units, matching::Weights::default());
    for (n, need) in needs.iter().enumerate() {
        for (m, offer) in offers.iter().skip(4 * (n / GROUP)).take(4).enumerate() {
            let (verdict, reason) = match (n % 2 == m % 2, n) {
                // That these two know each other says nothing of whether they fit.
                (true, 0) => (Opinion::NotForUs, Some(WhyNot::AlreadyKnown)),
                (true, _) => (Opinion::Good, None),
                (false, _) => (Opinion::NotForUs, Some(WhyNot::WrongField)),
            };
            let given = Given { verdict, reason, note: String::new(), side: None };
            give(&matcher, Ctx::of(broker.clone()), MatchId { need: *need, offer: *offer }, given).await.unwrap();
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn weights_fitted_to_what_people_said_are_a_table_that_the_settings_take() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let parts = space::parts(&Config::default(), &data, Clock::system()).await.unwrap();
    let (offers, needs) = listings_of(&parts, NEEDS / GROUP).await;

    // Nobody said anything yet.
    let table = folder.path().join("fitted.toml");
    let to_table = ["fit", "--output", table.to_str().unwrap(), "--json"];
    let refused = run(&data, &to_table);
    assert_eq!(refused.status.code(), Some(1), "{refused:?}");
    assert!(text(&refused.stderr).contains("fewer than 20"), "{refused:?}");
    assert!(!table.exists());

    // The weights in use look at what was confirmed lately more than at the form.
    judge_all(&parts, &offers, &needs).await;
    let start = folder.path().join("start.toml");
    std::fs::write(&start, "[matching.parts]\nfreshness = 20.0\ncooperation = 2.0\n").unwrap();
    let fitted = run(&data, &[&to_table[..], &["--config", start.to_str().unwrap()]].concat());
    assert!(fitted.status.success(), "{fitted:?}");
    let found: Value = serde_json::from_slice(&fitted.stdout).unwrap();
    assert_eq!((found["fit"]["questions"].as_u64(), found["fit"]["is_better"].as_bool()), (Some(23), Some(true)), "{found}");
    assert_eq!(found["judged"]["verdicts"], 4 * NEEDS - 2, "{found}");
    assert_eq!(found["fit"]["after"]["mean"], 1.0, "{found}");

    // What is in the table is what the settings become, with the figures above it.
    let written = std::fs::read_to_string(&table).unwrap();
    for told in ["what people of the space said, 94 verdicts", "95 % interval", " → ", "[matching]"] {
        assert!(written.contains(told), "{told} is not in {written}");
    }
    for told in ["# Fitted as of 20", " engine ", " on the index at ", " 12 components, ", "# Each climb began at b 0.75, "] {
        assert!(written.contains(told), "{told} is not in {written}");
    }

    // As of one moment the same command gives the same table, whenever it is asked.
    let again = |name: &str| {
        let table = folder.path().join(name);
        let asked = ["fit", "--at", "2026-11-30T00:00:00Z", "--output", table.to_str().unwrap()];
        let fitted = run(&data, &[&asked[..], &["--config", start.to_str().unwrap()]].concat());
        assert!(fitted.status.success(), "{fitted:?}");
        std::fs::read_to_string(&table).unwrap()
    };
    let (once, twice) = (again("once.toml"), again("twice.toml"));
    assert!(once.starts_with("# Fitted as of 2026-11-30T00:00:00Z by innospace fit "), "{once}");
    assert_eq!(once, twice);
    let set = innospace::config::load(Some(&table), false).unwrap().matching;
    assert!(set.parts.cooperation > set.parts.freshness / 10.0 && set.candidates == 120 && !set.calibration.is_none(), "{written}");

    // Matches that stood before are reckoned anew with it.
    assert!(run(&data, &["rematch"]).status.success());
    assert!(run(&data, &["rematch", "--check"]).status.success());
    let with_table = ["--config", table.to_str().unwrap()];
    let checked = run(&data, &[&["rematch", "--check"][..], &with_table].concat());
    assert_eq!(checked.status.code(), Some(1), "{checked:?}");
    assert!(run(&data, &[&["rematch"][..], &with_table].concat()).status.success());
    assert!(run(&data, &[&["rematch", "--check"][..], &with_table].concat()).status.success());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_of_judged_pairs_names_listings_as_their_source_or_the_space_does() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let parts = space::parts(&Config::default(), &data, Clock::system()).await.unwrap();
    let (offers, needs) = listings_of(&parts, 1).await;
    let head = listings::lookup::head(parts.store.db(), offers[1]).await.unwrap().unwrap();

    // Only good ones are named: by external id, by code, by id; one line names nothing of this space.
    let mut lines = String::from("need-0\telsewhere:7\t1\n");
    for (n, need) in needs.iter().enumerate() {
        let (question, first) =
            if n % 2 == 0 { (format!("need-{n}"), "technology-0".to_owned()) } else { (need.to_string(), head.code.to_lowercase()) };
        lines += &format!("{question}\t{first}\t1\n{question}\t{}\t1\n", offers[2 + n % 2]);
    }
    let file = folder.path().join("judged.tsv");
    std::fs::write(&file, &lines).unwrap();
    let with =
        |more: &[&str]| run(&data, &[&["fit", "--without-feedback", "--json", "--judged", file.to_str().unwrap()][..], more].concat());

    // What is not named is unknown, unless the file names all that is good.
    assert_eq!(with(&[]).status.code(), Some(1));
    let done = with(&["--complete", "--weights-only"]);
    assert!(done.status.success(), "{done:?}");
    let found: Value = serde_json::from_slice(&done.stdout).unwrap();
    assert_eq!(found["judged"]["files"], json!([{"name": "judged.tsv", "pairs": 2 * NEEDS, "unknown": 1}]));
    assert_eq!((found["fit"]["questions"].as_u64(), found["fit"]["complete"].as_u64()), (Some(24), Some(24)), "{found}");
    // The usual weights have the right ones in front already, so they are kept, and it is said.
    assert_eq!((&found["fit"]["is_better"], &found["fit"]["before"]["mean"]), (&json!(false), &json!(1.0)), "{found}");
    assert_eq!(found["fit"]["calibrated"], Value::Null);
    let said = text(&run(&data, &["fit", "--without-feedback", "--complete", "--judged", file.to_str().unwrap()]).stdout);
    assert!(said.contains("the old ones are kept") && said.contains("lower bounds") && said.contains("calibration = [["), "{said}");

    // An offer on the left is asked for what is like it, or read as a need.
    for n in 0..4 {
        lines += &format!("technology-{n}\ttechnology-{}\t1\n", (n + 2) % 4);
    }
    std::fs::write(&file, &lines).unwrap();
    for more in [&["--complete"][..], &["--complete", "--as-needs"]] {
        let found: Value = serde_json::from_slice(&with(more).stdout).unwrap();
        assert_eq!((found["judged"]["questions"].as_u64(), found["fit"]["questions"].as_u64()), (Some(28), Some(28)), "{found}");
    }

    // A line that is none is named; a file of other listings is refused.
    std::fs::write(&file, "need-0\ttechnology-0\t1\nneed-0\ttechnology-1\n").unwrap();
    let wrong = with(&[]);
    assert_eq!(wrong.status.code(), Some(1));
    assert!(text(&wrong.stderr).contains("judged.tsv, line 2: three columns"), "{wrong:?}");
    std::fs::write(&file, "a\tb\t1\n").unwrap();
    assert!(text(&with(&[]).stderr).contains("none of 1 pairs names two listings"));
}

#[test]
fn a_calibration_that_does_not_rise_is_refused_with_its_place() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("innospace.toml");
    std::fs::write(&file, "[matching]\ncalibration = [[0.2, 0.5], [0.4, 0.3]]\n").unwrap();
    let refused = run(folder.path(), &["migrate", "--config", file.to_str().unwrap()]);
    assert_eq!(refused.status.code(), Some(1), "{refused:?}");
    let why = text(&refused.stderr);
    assert!(why.contains("calibration: [0.4, 0.3] after [0.2, 0.5]") && why.contains("both must rise"), "{why}");
}
