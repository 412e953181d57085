//! The search index is damaged while nobody looks, or its keeper is killed: the real program notices when it starts, says
//! so, builds the index anew from the database, and never answers from what is left of the old one.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use base::{Actor, Clock, PartyId, PartyRole};
use innospace::config::Config;
use innospace::space;
use listings::Kind;
use serde_json::{Value, json};

use crate::invariants::some_listings;
use crate::kill::{Running, program, token, writer};
use crate::site::until;

/// Listings of the space.
const LISTINGS: u64 = 24;
/// What is looked for; the last finds everything.
const ASKED: [&str; 5] = ["may say", "%22m%C3%A1y+s%E1%BA%A5y+c%C6%A1m+d%E1%BB%ABa%22", "dua+-may", "title%3Akieu", ""];

/// A space on disk with listings and somebody who administers their party.
struct Space {
    folder: tempfile::TempDir,
    party: PartyId,
    codes: BTreeSet<String>,
    http: reqwest::Client,
}

impl Space {
    async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let parts = space::parts(&Config::default(), folder.path(), Clock::system()).await.unwrap();
        let ids = some_listings(&parts.listings, &parts.accounts, LISTINGS).await;
        let mut codes = BTreeSet::new();
        let mut party = None;
        for id in ids {
            let view = listings::view::show(&parts.listings, &Actor::system(), Kind::Technology, id).await.unwrap();
            codes.insert(view.code);
            party = view.party.id;
        }
        let party = party.unwrap();
        writer(&parts.accounts, party, PartyRole::Admin).await;
        let http = reqwest::Client::builder().timeout(Duration::from_secs(20)).build().unwrap();
        Self { folder, party, codes, http }
    }

    fn data(&self) -> &Path {
        self.folder.path()
    }

    fn index(&self) -> PathBuf {
        self.data().join("index")
    }

    async fn get(&self, running: &Running, path: &str) -> (u16, Value) {
        let answer = self.http.get(format!("{}{path}", running.base)).send().await.unwrap();
        let status = answer.status().as_u16();
        (status, answer.json().await.unwrap())
    }

    /// What a running server finds, without how long it took.
    async fn found(&self, running: &Running) -> Vec<Value> {
        let mut all = Vec::new();
        for q in ASKED {
            let (status, mut found) = self.get(running, &format!("/api/v1/search?kind=technology&limit=50&q={q}")).await;
            assert_eq!(status, 200, "{q}: {found}");
            found.as_object_mut().unwrap().remove("took_ms");
            // What is alike stands in the order of chance.
            found["items"].as_array_mut().unwrap().iter_mut().for_each(|item| drop(item.as_object_mut().unwrap().remove("score")));
            found["items"].as_array_mut().unwrap().sort_by_key(|item| item["code"].as_str().unwrap().to_owned());
            all.push(found);
        }
        all
    }

    /// Starts the program, compares what it finds with what there is, and lets it check itself; gives what it said in its log.
    async fn starts_right(&self, expected: Option<&[Value]>, what: &str) -> (Vec<Value>, String) {
        let log = self.data().join("log.txt");
        let running = Running::start_logged(self.data(), &self.http, &log).await;
        self.followed(&running).await;
        let found = self.found(&running).await;
        let codes: BTreeSet<String> =
            found[0]["items"].as_array().unwrap().iter().map(|i| i["code"].as_str().unwrap().to_owned()).collect();
        assert_eq!(codes, self.codes, "{what}");
        assert_eq!(found[0]["total"], LISTINGS, "{what}");
        if let Some(expected) = expected {
            assert_eq!(found, expected, "{what}");
        }
        self.verified(what);
        running.kill();
        (found, fs::read_to_string(log).unwrap())
    }

    /// Waits until the index has all that was written.
    async fn followed(&self, running: &Running) {
        until("the index has followed", async || self.get(running, "/readyz").await.1["index_lag_events"] == 0).await;
    }

    /// `innospace verify`, beside a server or without one.
    fn verified(&self, what: &str) {
        let output = Command::new(program()).args(["verify", "--json", "--data"]).arg(self.data()).output().unwrap();
        assert!(output.status.success(), "{what}: {output:?}");
        let said: Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!((&said["whole"], &said["index"]["same"]), (&json!(true), &json!(LISTINGS + 1)), "{what}: {said}");
    }

    fn generation(&self) -> PathBuf {
        fs::read_dir(self.index()).unwrap().map(|e| e.unwrap().path()).find(|p| p.is_dir()).unwrap()
    }
}

/// A copy of a folder, byte by byte.
fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let there = to.join(path.file_name().unwrap());
        if path.is_dir() {
            copy(&path, &there);
        } else {
            fs::copy(&path, there).unwrap();
        }
    }
}

/// One file of each kind in the folder of a generation, by what its name ends with.
fn one_of_each_kind(generation: &Path) -> Vec<PathBuf> {
    let mut all: Vec<PathBuf> = fs::read_dir(generation).unwrap().map(|e| e.unwrap().path()).collect();
    all.retain(|p| p.extension().is_none_or(|e| e != "lock"));
    all.sort();
    let mut seen = BTreeSet::new();
    all.retain(|path| {
        // `meta.json` and `.managed.json` are two kinds.
        let is_list = path.extension().is_some_and(|e| e == "json");
        let kind = if is_list { path.file_name() } else { path.extension() };
        seen.insert(kind.map(ToOwned::to_owned))
    });
    all
}

/// What is done to an index, with a name.
type Damage = (String, Box<dyn Fn()>);

/// What can be done to one file of each kind.
fn of_files(generation: &Path) -> Vec<Damage> {
    let mut all: Vec<Damage> = Vec::new();
    for file in one_of_each_kind(generation) {
        let name = file.file_name().unwrap().to_string_lossy().into_owned();
        let content = fs::read(&file).unwrap();
        let mut flipped = content.clone();
        flipped[content.len() / 2] ^= 0x10;
        for (damage, left) in [("cut in half", content[..content.len() / 2].to_vec()), ("empty", Vec::new()), ("one bit", flipped)] {
            let file = file.clone();
            all.push((format!("{name}: {damage}"), Box::new(move || fs::write(&file, &left).unwrap())));
        }
    }
    all
}

/// What can be done to the marker and to folders.
fn of_marker_and_folders(generation: &Path) -> Vec<Damage> {
    let mut all: Vec<Damage> = Vec::new();
    let index = generation.parent().unwrap();
    let marker = index.join("live.json");
    let version = search::schema::VERSION;
    for (name, text) in [
        ("damaged", "{\"generation\":1,\"sch".to_owned()),
        ("empty", String::new()),
        ("of an older edition", format!("{{\"generation\":1,\"schema\":{}}}", version - 1)),
        ("of a newer edition", format!("{{\"generation\":1,\"schema\":{}}}", version + 1)),
        ("of a generation that is not there", format!("{{\"generation\":77,\"schema\":{version}}}")),
    ] {
        let marker = marker.clone();
        all.push((format!("live.json: {name}"), Box::new(move || fs::write(&marker, &text).unwrap())));
    }
    let (gone, folder) = (marker.clone(), index.to_owned());
    all.push(("live.json: gone".to_owned(), Box::new(move || fs::remove_file(&gone).unwrap())));
    all.push(("the folder: gone".to_owned(), Box::new(move || fs::remove_dir_all(&folder).unwrap())));
    let (one, other) = (generation.to_owned(), generation.to_owned());
    all.push(("the generation: gone".to_owned(), Box::new(move || fs::remove_dir_all(&one).unwrap())));
    all.push((
        "the generation: a file in its place".to_owned(),
        Box::new(move || {
            fs::remove_dir_all(&other).unwrap();
            fs::write(&other, "x").unwrap();
        }),
    ));
    all
}

/// Does each to the same whole index: the program says so at its start, and finds what it found before.
async fn is_told_and_mended(damages: impl Fn(&Path) -> Vec<Damage>) {
    let space = Space::new().await;
    let (_, log) = space.starts_right(None, "the first start").await;
    assert!(log.contains("why=Missing"), "{log}");
    // Changed since it was built, so that there are several pieces, and documents that are gone.
    let running = Running::start(space.data(), &space.http).await;
    let secret = token(&space.http, &running.base).await;
    rename(&space, &running, &secret, "Viện Dừa Sáp").await.unwrap();
    space.followed(&running).await;
    running.kill();
    let (expected, log) = space.starts_right(None, "a second start").await;
    assert!(!log.contains("has to be rebuilt"), "a whole index is not built anew: {log}");

    let kept = tempfile::tempdir().unwrap();
    copy(&space.index(), kept.path());
    for (what, damage) in damages(&space.generation()) {
        fs::remove_dir_all(space.index()).unwrap();
        copy(kept.path(), &space.index());
        damage();
        let (_, log) = space.starts_right(Some(&expected), &what).await;
        let line = log.lines().find(|line| line.contains("the search index has to be rebuilt"));
        let line = line.unwrap_or_else(|| panic!("{what}: nothing is said of it: {log}"));
        assert!(line.contains("WARN") && line.contains("why="), "{what}: {line}");
        assert!(log.contains("the search index was rebuilt"), "{what}: {log}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_damaged_file_of_any_kind_is_told_and_mended_at_the_start() {
    is_told_and_mended(|generation| {
        let all = of_files(generation);
        // Three things to each of eight kinds; a list of deleted documents is the ninth while pieces are not merged.
        assert!(all.len() >= 24, "{}", all.len());
        all
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_damaged_marker_and_lost_folders_are_told_and_mended_at_the_start() {
    is_told_and_mended(of_marker_and_folders).await;
}

/// Renames the party, which has all its listings written anew; the name once it was acknowledged.
async fn rename(space: &Space, running: &Running, secret: &str, name: &str) -> Option<()> {
    let path = format!("{}/api/v1/parties/{}", running.base, space.party);
    let seen: Value = space.http.get(&path).send().await.ok()?.json().await.ok()?;
    let body = json!({"names": {"vi": name}, "party_type": "institute"});
    let request = space.http.put(path).bearer_auth(secret).header("if-match", format!("\"{}\"", seen["version"])).json(&body);
    (request.send().await.ok()?.status() == 200).then_some(())
}

/// The name under which a server finds each listing.
async fn names(space: &Space, running: &Running) -> BTreeSet<String> {
    let (_, found) = space.get(running, "/api/v1/search?kind=technology&limit=50&q=").await;
    let items = found["items"].as_array().unwrap_or_else(|| panic!("{found}"));
    items.iter().map(|item| item["party"]["name"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_keeper_that_is_killed_at_any_step_leaves_nothing_that_is_believed() {
    const ROUNDS: u64 = 24;
    let space = Space::new().await;
    let running = Running::start(space.data(), &space.http).await;
    let secret = token(&space.http, &running.base).await;
    running.kill();

    // While it is built: as soon as a step of it can be seen in the folder.
    let index = space.index();
    let written = |end: &str| {
        let generations = fs::read_dir(&index).into_iter().flatten().filter_map(|e| Some(e.ok()?.path())).filter(|p| p.is_dir());
        generations
            .flat_map(|g| fs::read_dir(g).into_iter().flatten())
            .any(|e| e.is_ok_and(|e| e.file_name().to_string_lossy().ends_with(end)))
    };
    for step in ["in-use.lock", "gen-1", ".managed.json", "meta.json", ".store", ".term", ".fast", "live.json.new", "live.json"] {
        fs::remove_dir_all(&index).unwrap();
        let running = Running::spawn(space.data(), Stdio::null());
        // Looked at without a pause: a step is over in no time.
        let begun = std::time::Instant::now();
        while !(index.join(step).exists() || written(step) || index.join("live.json").exists()) {
            assert!(begun.elapsed() < Duration::from_secs(60), "{step} is never there");
            std::thread::yield_now();
        }
        running.kill();
        space.starts_right(None, &format!("killed when {step} was there")).await;
    }

    // While it follows: all listings are written anew by each of the changes, and the kill comes after a number of them.
    for round in 0..ROUNDS {
        let running = Running::start(space.data(), &space.http).await;
        let mut last = None;
        for n in 0..=(round * 7 % 12) {
            let name = format!("Viện Dừa {round} {n}");
            rename(&space, &running, &secret, &name).await.unwrap();
            last = Some(name);
        }
        running.kill();
        let running = Running::start(space.data(), &space.http).await;
        let last = BTreeSet::from([last.unwrap()]);
        until("the last name is found", async || names(&space, &running).await == last).await;
        space.verified(&format!("round {round}"));
        running.kill();
    }
    let (_, log) = space.starts_right(None, "after all of it").await;
    assert!(!log.contains("ERROR"), "{log}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_index_that_cannot_be_written_is_told_and_nothing_is_answered_from_it() {
    let space = Space::new().await;
    space.starts_right(None, "the first start").await;
    // A file where the folder should be, and a lock that cannot be opened for writing, as in a folder that is only read:
    // the server runs without a search and names the folder, the commands that need the index refuse in one line.
    let log = space.data().join("log.txt");
    for what in ["a file is where the folder should be", "the lock cannot be written"] {
        fs::remove_dir_all(space.index()).unwrap();
        if what.starts_with("a file") {
            fs::write(space.index(), "x").unwrap();
        } else {
            fs::create_dir_all(space.index().join("in-use.lock")).unwrap();
        }
        let running = Running::spawn(space.data(), fs::File::create(&log).unwrap().into());
        until("it answers", async || space.http.get(format!("{}/readyz", running.base)).send().await.is_ok()).await;
        assert_eq!(space.get(&running, "/readyz").await.0, 503, "{what}");
        assert_eq!(space.get(&running, "/api/v1/search?q=may").await.0, 503, "{what}");
        assert_eq!(space.http.get(format!("{}/", running.base)).send().await.unwrap().status(), 200, "{what}");
        assert!(fs::read_to_string(&log).unwrap().contains(space.index().to_str().unwrap()), "{what}");
        running.kill();
        let refused = Command::new(program()).args(["reindex", "--data"]).arg(space.data()).output().unwrap();
        let said = String::from_utf8_lossy(&refused.stderr).into_owned();
        assert!(!refused.status.success() && said.contains(space.index().to_str().unwrap()) && said.lines().count() < 4, "{said}");
        if space.index().is_file() {
            fs::remove_file(space.index()).unwrap();
            fs::create_dir(space.index()).unwrap();
        }
    }
    fs::remove_dir_all(space.index()).unwrap();

    // A marker that cannot be written: the server runs, is not ready, and says of the search that it is being built.
    fs::create_dir_all(space.index().join("live.json").join("x")).unwrap();
    let running = Running::spawn(space.data(), fs::File::create(&log).unwrap().into());
    until("a rebuild has failed", async || fs::read_to_string(&log).unwrap().contains("could not be brought up to date")).await;
    assert_eq!(space.get(&running, "/readyz").await.0, 503);
    let (status, problem) = space.get(&running, "/api/v1/search?q=may").await;
    assert_eq!((status, &problem["type"]), (503, &json!("/problems/index-building")), "{problem}");
    let page = space.http.get(format!("{}/search?q=may", running.base)).send().await.unwrap();
    assert_eq!(page.status(), 503);
    assert!(page.headers().contains_key("retry-after"));
    assert!(page.text().await.unwrap().contains("đang được dựng lại"));
    assert_eq!(space.get(&running, "/api/v1/suggest?q=may").await.0, 503);
    assert_eq!(space.get(&running, "/api/v1/parties").await.0, 200, "what needs no index is answered");
    // Pages that have more to say than what is found go on, and say that it is not known rather than that there is nothing.
    let party = format!("/api/v1/parties/{}", space.party);
    let party = space.get(&running, &party).await.1["slug"].as_str().unwrap().to_owned();
    let list = space.get(&running, "/api/v1/technologies?limit=1").await.1;
    let listing = list["items"][0]["url"].as_str().unwrap_or_else(|| panic!("{list}")).to_owned();
    for (path, is_told) in [("/".to_owned(), true), (format!("/parties/{party}"), true), (listing, false)] {
        let page = space.http.get(format!("{}{path}", running.base)).send().await.unwrap();
        assert_eq!(page.status(), 200, "{path}");
        assert_eq!(page.text().await.unwrap().contains("đang được dựng lại"), is_told, "{path}");
    }
    running.kill();
    fs::remove_dir_all(space.index()).unwrap();
    space.starts_right(None, "in a folder that can be written again").await;
}

/// The files of the database in a folder.
fn database(folder: &Path) -> Vec<PathBuf> {
    let files = fs::read_dir(folder).unwrap().map(|e| e.unwrap().path()).filter(|p| p.is_file());
    files.filter(|p| p.file_name().is_some_and(|n| n.to_string_lossy().starts_with("innospace.sqlite"))).collect()
}

/// Puts the database of one folder in the place of another's.
fn put_database(from: &Path, to: &Path) {
    for file in database(to) {
        fs::remove_file(file).unwrap();
    }
    let files = database(from);
    assert!(!files.is_empty(), "no database in {}", from.display());
    for file in files {
        fs::copy(&file, to.join(file.file_name().unwrap())).unwrap();
    }
}

/// Under which names a search found the listings.
fn names_in(found: &[Value]) -> BTreeSet<String> {
    found[0]["items"].as_array().unwrap().iter().map(|item| item["party"]["name"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_index_of_a_later_state_or_of_another_database_is_told_and_built_anew() {
    let space = Space::new().await;
    let (first, _) = space.starts_right(None, "the first start").await;
    let older = tempfile::tempdir().unwrap();
    put_database(space.data(), older.path());
    let running = Running::start(space.data(), &space.http).await;
    let secret = token(&space.http, &running.base).await;
    rename(&space, &running, &secret, "Viện Của Ngày Sau").await.unwrap();
    space.followed(&running).await;
    running.kill();
    let later = tempfile::tempdir().unwrap();
    copy(&space.index(), later.path());
    let is_rebuilt = |log: &str, what: &str| {
        let line = log.lines().find(|line| line.contains("the search index has to be rebuilt"));
        let line = line.unwrap_or_else(|| panic!("{what}: nothing is said of it: {log}"));
        assert!(line.contains("WARN") && line.contains("of another database"), "{what}: {line}");
    };

    // An older copy of the database comes back: the index has what the log has not.
    put_database(older.path(), space.data());
    let what = "an older copy";
    let (found, log) = space.starts_right(None, what).await;
    is_rebuilt(&log, what);
    assert_eq!(names_in(&found), names_in(&first), "{what}");

    // It goes on for longer than the first time; the index of the other way still has its place within the log.
    let running = Running::start(space.data(), &space.http).await;
    let secret = token(&space.http, &running.base).await;
    for n in 0..8 {
        rename(&space, &running, &secret, &format!("Viện Một Đường Khác {n}")).await.unwrap();
    }
    running.kill();
    fs::remove_dir_all(space.index()).unwrap();
    copy(later.path(), &space.index());
    let what = "another way from the same copy";
    let (found, log) = space.starts_right(None, what).await;
    is_rebuilt(&log, what);
    assert_eq!(names_in(&found), BTreeSet::from(["Viện Một Đường Khác 7".to_owned()]), "{what}");

    // Another space with as many listings of the same codes.
    let other = Space::new().await;
    other.starts_right(None, "another space").await;
    fs::remove_dir_all(space.index()).unwrap();
    copy(&other.index(), &space.index());
    let what = "the index of another space";
    let (found, log) = space.starts_right(Some(&found), what).await;
    is_rebuilt(&log, what);
    assert_eq!(names_in(&found), BTreeSet::from(["Viện Một Đường Khác 7".to_owned()]), "{what}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_whole_index_in_a_folder_that_is_only_read_is_told_and_not_answered_from() {
    use std::os::unix::fs::PermissionsExt as _;

    let space = Space::new().await;
    space.starts_right(None, "the first start").await;
    let only_read = |is: bool| {
        let (file, folder) = if is { (0o444, 0o555) } else { (0o644, 0o755) };
        let generation = space.generation();
        for entry in fs::read_dir(&generation).unwrap().chain(fs::read_dir(space.index()).unwrap()) {
            let path = entry.unwrap().path();
            if path.is_file() {
                fs::set_permissions(path, fs::Permissions::from_mode(file)).unwrap();
            }
        }
        for path in [generation, space.index()] {
            fs::set_permissions(path, fs::Permissions::from_mode(folder)).unwrap();
        }
    };
    only_read(true);
    if fs::write(space.index().join("written"), "x").is_ok() {
        eprintln!("left out: whoever runs this writes into folders that are only read");
        fs::remove_file(space.index().join("written")).unwrap();
        only_read(false);
        return;
    }
    let log = space.data().join("log.txt");
    let running = Running::spawn(space.data(), fs::File::create(&log).unwrap().into());
    until("it answers", async || space.http.get(format!("{}/readyz", running.base)).send().await.is_ok()).await;
    assert_eq!(space.get(&running, "/readyz").await.0, 503);
    assert_eq!(space.get(&running, "/api/v1/search?q=may").await.0, 503);
    assert_eq!(space.http.get(format!("{}/", running.base)).send().await.unwrap().status(), 200);
    running.kill();
    only_read(false);
    let said = fs::read_to_string(&log).unwrap();
    assert!(said.contains(space.index().to_str().unwrap()), "{said}");
    let (_, log) = space.starts_right(None, "in a folder that can be written again").await;
    assert!(!log.contains("has to be rebuilt"), "it was whole all along: {log}");
}
