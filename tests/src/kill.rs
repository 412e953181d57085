//! `kill -9` under writers: nothing that was acknowledged is lost, nothing is doubled by a retry.
//!
//! The real program in a process of its own, on SQLite with its data on disk.

use std::collections::BTreeMap;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use accounts::people::NewAccount;
use accounts::{Accounts, PartyProfile, Password};
use base::{AccountId, Clock, Lang, Localised, PartyId, PartyRole};
use innospace::config::Config;
use innospace::space;
use serde_json::{Value, json};
use store::Ctx;

use crate::site::PASSWORD;

const ROUNDS: u64 = 25;
const WRITERS: u64 = 8;

/// A small generator: a run prints its seed and can be repeated with it.
struct Chance(u64);

impl Chance {
    fn below(&mut self, most: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % most
    }
}

/// The program beside this test's binary.
pub(crate) fn program() -> PathBuf {
    let deps = std::env::current_exe().unwrap();
    let path = deps.parent().unwrap().parent().unwrap().join("innospace");
    assert!(path.is_file(), "build the program first: cargo build -p innospace ({} is missing)", path.display());
    path
}

/// The program, serving a data directory.
pub(crate) struct Running {
    child: Child,
    pub(crate) base: String,
}

impl Running {
    /// Starts it and waits until it is ready.
    pub(crate) async fn start(data: &Path, http: &reqwest::Client) -> Self {
        let running = Self::spawn(data, Stdio::null());
        running.ready(http).await;
        running
    }

    /// The same with its log in a file.
    pub(crate) async fn start_logged(data: &Path, http: &reqwest::Client, log: &Path) -> Self {
        let running = Self::spawn(data, std::fs::File::create(log).unwrap().into());
        running.ready(http).await;
        running
    }

    /// Starts it.
    pub(crate) fn spawn(data: &Path, log: Stdio) -> Self {
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let listen = format!("127.0.0.1:{port}");
        let child = Command::new(program())
            .args(["serve", "--data", data.to_str().unwrap(), "--listen", &listen])
            .env("INNOSPACE__ACCOUNTS__STAFF_SECOND_FACTOR", "optional")
            .env("INNOSPACE__SERVER__REQUESTS_PER_MINUTE", "0")
            .stdout(Stdio::null())
            .stderr(log)
            .spawn()
            .unwrap();
        Self { child, base: format!("http://{listen}") }
    }

    async fn ready(&self, http: &reqwest::Client) {
        let ready = async {
            loop {
                if let Ok(answer) = http.get(format!("{}/readyz", self.base)).send().await
                    && answer.status() == 200
                {
                    return;
                }
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        tokio::time::timeout(Duration::from_secs(60), ready).await.expect("the program does not become ready");
    }

    pub(crate) fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

/// An account that writes for a party.
pub(crate) async fn writer(accounts: &Accounts, party: PartyId, role: PartyRole) -> AccountId {
    let new = NewAccount {
        email: "writer@example.org".to_owned(),
        name: "writer".to_owned(),
        lang: Lang::Vi,
        password: Password::new(PASSWORD),
        staff: Default::default(),
        demonstration: false,
    };
    let account = accounts::people::create(accounts, Ctx::system(), new).await.unwrap().id;
    accounts::membership::put_confirmed(accounts, Ctx::system(), party, account, [role].into()).await.unwrap();
    account
}

/// An account, a party and what a program needs to write for it.
async fn prepare(data: &Path) -> PartyId {
    let parts = space::parts(&Config::default(), data, Clock::system()).await.unwrap();
    let profile =
        PartyProfile { names: Localised::of(Lang::Vi, "Viện Dừa"), party_type: "institute".into(), ..PartyProfile::default() };
    let party = accounts::parties::create_demonstration(&parts.accounts, Ctx::system(), profile).await.unwrap().id;
    writer(&parts.accounts, party, PartyRole::Editor).await;
    party
}

/// A token of that account.
pub(crate) async fn token(http: &reqwest::Client, base: &str) -> String {
    let body = json!({"email": "writer@example.org", "password": PASSWORD});
    let answer = http.post(format!("{base}/api/v1/session")).json(&body).send().await.unwrap();
    let cookie = answer.headers()["set-cookie"].to_str().unwrap().split(';').next().unwrap().to_owned();
    let body = json!({"name": "writer", "scopes": ["read", "write"], "days": 2});
    let request = http.post(format!("{base}/api/v1/tokens")).header("cookie", cookie).header("sec-fetch-site", "same-origin").json(&body);
    let answer: Value = request.send().await.unwrap().json().await.unwrap();
    answer["secret"].as_str().unwrap().to_owned()
}

async fn save(http: &reqwest::Client, base: &str, token: &str, party: PartyId, key: &str) -> Option<String> {
    let body = json!({"party": party, "content": {"title": {"vi": key}}});
    let request = http.post(format!("{base}/api/v1/technologies")).bearer_auth(token).header("idempotency-key", key).json(&body);
    let answer = request.send().await.ok()?;
    if answer.status() != 201 {
        return None;
    }
    let body: Value = answer.json().await.ok()?;
    Some(body["id"].as_str()?.to_owned())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_acknowledged_write_is_lost_and_none_is_doubled_by_kill_9() {
    let seed = u64::from(std::process::id());
    println!("seed {seed}");
    let mut chance = Chance(seed);
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().to_owned();
    let party = prepare(&data).await;
    let http = reqwest::Client::builder().timeout(Duration::from_secs(10)).build().unwrap();
    let mut secret = None;
    // What was sent, and its id once it was acknowledged.
    let sent: Arc<Mutex<BTreeMap<String, Option<String>>>> = Arc::default();
    for round in 0..ROUNDS {
        let running = Running::start(&data, &http).await;
        let secret = match &secret {
            Some(secret) => String::clone(secret),
            None => secret.insert(token(&http, &running.base).await).clone(),
        };
        let writers: Vec<_> = (0..WRITERS)
            .map(|writer| {
                let (http, base, secret, sent) = (http.clone(), running.base.clone(), secret.clone(), Arc::clone(&sent));
                tokio::spawn(async move {
                    for n in 0_u64.. {
                        let key = format!("round-{round}-writer-{writer}-{n}");
                        sent.lock().unwrap().insert(key.clone(), None);
                        let Some(id) = save(&http, &base, &secret, party, &key).await else { return };
                        sent.lock().unwrap().insert(key, Some(id));
                    }
                })
            })
            .collect();
        tokio::time::sleep(Duration::from_millis(200 + chance.below(600))).await;
        running.kill();
        for writer in writers {
            writer.await.unwrap();
        }
    }

    let running = Running::start(&data, &http).await;
    let secret = secret.unwrap();
    let sent = sent.lock().unwrap().clone();
    let acknowledged = sent.values().filter(|id| id.is_some()).count();
    println!("{} sent, {acknowledged} acknowledged", sent.len());
    assert!(acknowledged > 100, "too little was written to prove anything: {acknowledged}");
    // Every request again with its key: the acknowledged ones give the same id, the others are done now or were before.
    let mut ids = BTreeMap::new();
    for (key, before) in &sent {
        let id = save(&http, &running.base, &secret, party, key).await.unwrap_or_else(|| panic!("{key} is refused"));
        if let Some(before) = before {
            assert_eq!(*before, id, "{key} was acknowledged as another listing");
        }
        ids.insert(id, key.clone());
    }
    assert_eq!(ids.len(), sent.len(), "two requests share a listing");
    // And the database has just these.
    let mut stored = BTreeMap::new();
    let mut cursor = String::new();
    loop {
        let path = format!("{}/api/v1/technologies?party={party}&limit=100{cursor}", running.base);
        let page: Value = http.get(path).bearer_auth(&secret).send().await.unwrap().json().await.unwrap();
        for item in page["items"].as_array().unwrap() {
            stored.insert(item["id"].as_str().unwrap().to_owned(), item["title"].as_str().unwrap().to_owned());
        }
        match page["next"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => break,
        }
    }
    assert_eq!(stored, ids);
    running.kill();
    let verify = Command::new(program()).args(["verify", "--json", "--data", data.to_str().unwrap()]).output().unwrap();
    assert!(verify.status.success(), "{}", String::from_utf8_lossy(&verify.stdout));
}
