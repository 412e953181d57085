//! A space of its own for a test: real server on a free port, own database, held clock, mail as files.

use std::future::Future;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use accounts::people::NewAccount;
use accounts::{AccountSettings, Password, SecondFactorRule};
use base::{AccountId, Clock, Lang, PartyId, PartyRole, StaffRole};
use innospace::config::Config;
use innospace::space;
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use server::App;
use store::Ctx;
use store::testing::TestStore;
use tempfile::TempDir;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use tower::ServiceExt as _;

/// The password of everybody in tests.
pub const PASSWORD: &str = "song nước miền tây 2026";

/// How long something that takes a moment is waited for.
const PATIENCE: Duration = Duration::from_secs(20);

/// A running space.
pub struct Site {
    /// Its parts, for looking behind the scenes.
    pub app: App,
    /// Its clock.
    pub clock: Clock,
    /// Its address.
    pub address: SocketAddr,
    stop: CancellationToken,
    workers: JoinSet<()>,
    is_demo: bool,
    store: TestStore,
    data: TempDir,
}

/// Runs a test on every database there is.
pub async fn on_every_database<F, Fut>(test: F)
where
    F: Fn(Site) -> Fut,
    Fut: Future<Output = ()>,
{
    for store in TestStore::all().await.unwrap() {
        test(Site::start(store).await).await;
    }
}

impl Site {
    /// Starts a space in a database.
    pub async fn start(store: TestStore) -> Self {
        Self::start_with(store, |_| {}).await
    }

    /// Starts a space whose settings are other than the usual ones.
    pub async fn start_with(store: TestStore, change: impl FnOnce(&mut Config)) -> Self {
        Self::start_as(store, false, change).await
    }

    /// Starts the demonstration space in an empty database.
    pub async fn start_demonstration(store: TestStore) -> Self {
        let site = Self::start_as(store, true, |_| {}).await;
        site.indexed().await;
        site
    }

    async fn start_as(store: TestStore, is_demo: bool, change: impl FnOnce(&mut Config)) -> Self {
        Self::run(store, tempfile::tempdir().unwrap(), is_demo, change).await
    }

    /// Stops the space and starts it again on the same database and data directory.
    pub async fn restarted(self) -> Self {
        let Self { app, stop, mut workers, is_demo, store, data, .. } = self;
        stop.cancel();
        while let Some(ended) = workers.join_next().await {
            ended.unwrap();
        }
        drop(app);
        Self::run(store, data, is_demo, |_| {}).await
    }

    async fn run(store: TestStore, data: TempDir, is_demo: bool, change: impl FnOnce(&mut Config)) -> Self {
        let mut config = Config::default();
        config.server.requests_per_minute = 0;
        config.accounts = AccountSettings {
            // Cheap hashes: these tests are not about them.
            hash_memory_kib: 64,
            hash_passes: 1,
            staff_second_factor: SecondFactorRule::Optional,
            ..AccountSettings::default()
        };
        // PDFs are marked by the program itself in a process of its own; this one is none.
        let program = std::env::current_exe().unwrap().parent().unwrap().parent().unwrap().join("innospace");
        config.files.pdf_program = program.to_str().unwrap().to_owned();
        // A low limit: sealing without optimisation takes its time.
        config.files.max_mb = 10;
        change(&mut config);
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        config.server.public_url = format!("http://{address}");
        config.accounts.public_url = config.server.public_url.clone();
        let clock = store.clock.clone();
        let parts = space::stand_on(store.store.clone(), &config, data.path()).unwrap();
        if is_demo {
            innospace::demo::prepare(&config, &parts, data.path()).await.unwrap();
        }
        let (search, wanting) = space::index(&config, data.path(), &parts).unwrap();
        let app = space::app(&config, data.path(), parts, search, is_demo).unwrap();
        let stop = CancellationToken::new();
        // The round over saved searches that a start begins counts as begun, so that it takes no news from those of a test.
        app.store.begin_round(server::workers::ALERTS, chrono::TimeDelta::zero()).await.unwrap();
        let mut workers = server::workers::start(&app, wanting, &stop);
        let (served, token) = (app.clone(), stop.clone());
        workers.spawn(async move { server::edge::serve(served, listener, token).await.unwrap() });
        let site = Self { app, clock, address, stop, workers, is_demo, store, data };
        site.until("the space is ready", async || site.visitor().get("/readyz").await.status == 200).await;
        site
    }

    /// Nobody known.
    pub fn visitor(&self) -> Client {
        Client::new(self.address)
    }

    /// A person who signed up, confirmed and signed in, made directly: the door has tests of its own.
    pub async fn person(&self, name: &str) -> Client {
        self.account(name, &[]).await.0
    }

    /// Somebody of the staff, signed in.
    pub async fn staff(&self, name: &str, roles: &[StaffRole]) -> Client {
        self.account(name, roles).await.0
    }

    /// One of the invented people of the demonstration, by what stands before the @ of the address.
    pub async fn invented(&self, name: &str) -> Client {
        let kept = std::fs::read_to_string(self.data.path().join("demo-sign-ins.json")).unwrap();
        let all: Value = serde_json::from_str(&kept).unwrap();
        let email = format!("{name}@demo.innospace.example");
        let one = all.as_array().unwrap().iter().find(|one| one["email"] == *email).unwrap();
        self.visitor().sign_in(&email, one["password"].as_str().unwrap()).await
    }

    /// An account and a client signed in to it.
    pub async fn account(&self, name: &str, roles: &[StaffRole]) -> (Client, AccountId) {
        self.account_of(name, name, roles).await
    }

    /// The same, of somebody who is called otherwise than their address.
    pub async fn account_of(&self, address: &str, name: &str, roles: &[StaffRole]) -> (Client, AccountId) {
        let email = format!("{address}@example.org");
        let new = NewAccount {
            email: email.clone(),
            name: name.to_owned(),
            lang: Lang::Vi,
            password: Password::new(PASSWORD),
            staff: roles.iter().copied().collect(),
            demonstration: false,
        };
        let id = accounts::people::create(&self.app.accounts, Ctx::system(), new).await.unwrap().id;
        let client = self.visitor().sign_in(&email, PASSWORD).await;
        (client, id)
    }

    /// A party registered by this person.
    pub async fn party(&self, admin: &Client, name: &str, party_type: &str) -> PartyId {
        let body = json!({"names": {"vi": name}, "party_type": party_type, "address": {"province": "86"}});
        let answer = admin.post("/api/v1/parties", body).await.expect(201);
        answer["id"].as_str().unwrap().parse().unwrap()
    }

    /// Makes an account a confirmed member.
    pub async fn member(&self, party: PartyId, account: AccountId, role: PartyRole) {
        let roles = std::collections::BTreeSet::from([role]);
        accounts::membership::put_confirmed(&self.app.accounts, Ctx::system(), party, account, roles).await.unwrap();
    }

    /// Where the database lies, if it is SQLite.
    pub fn database_folder(&self) -> &std::path::Path {
        self.store.dir.path()
    }

    /// Where its confidential files lie, if they lie in a folder.
    pub fn files(&self) -> PathBuf {
        self.app.data.join("files").join(self.app.store.space().to_string())
    }

    /// Waits until something is so.
    pub async fn until(&self, what: &str, holds: impl AsyncFnMut() -> bool) {
        until(what, holds).await;
    }

    /// Waits until the index has seen everything that was committed.
    pub async fn indexed(&self) {
        let head = self.app.store.last_position().await.unwrap();
        self.until("the index has followed", async || self.app.search.followed() >= head).await;
    }

    /// Waits until the standing matches have seen everything that was committed and touches them, and are all of one
    /// generation.
    pub async fn matched(&self) {
        self.matched_so_far().await;
        self.until("the standing matches are whole", async || matching::standing::is_whole(&self.app.store).await.unwrap()).await;
    }

    /// Waits until the standing matches have seen everything that was committed and touches them.
    pub async fn matched_so_far(&self) {
        self.until("the standing matches have followed", async || {
            let from = self.app.store.follower_position(matching::standing::NAME).await.unwrap();
            let events = self.app.store.events_after(from, 10_000).await.unwrap();
            search::follower::Touched::by(&events).is_empty()
        })
        .await;
    }

    /// The newest letter to an address, as plain text; waits for it.
    pub async fn letter_to(&self, email: &str) -> String {
        self.letter_with(email, "").await
    }

    /// The newest letter to an address whose text has this part.
    pub async fn letter_with(&self, email: &str, part: &str) -> String {
        let mut found = None;
        self.until("a letter is there", async || {
            let letters = self.letters_of(email);
            found = letters.iter().rev().map(|t| accounts::mailbox::plain_text(t).unwrap()).find(|t| t.contains(part));
            found.is_some()
        })
        .await;
        found.unwrap()
    }

    /// Every letter to an address so far, as it left, the oldest first.
    pub fn letters_of(&self, email: &str) -> Vec<String> {
        let folder = self.app.mailer.folder().unwrap();
        let mut names: Vec<PathBuf> = std::fs::read_dir(folder).map(|d| d.map(|e| e.unwrap().path()).collect()).unwrap_or_default();
        // What is still being written has another ending.
        names.retain(|path| path.extension().is_some_and(|ending| ending == "eml"));
        names.sort();
        names.iter().filter_map(|p| std::fs::read_to_string(p).ok()).filter(|t| t.contains(email)).collect()
    }

    /// Waits until every letter and other job that is due was done.
    pub async fn settled(&self) {
        self.until("no job is open", async || self.app.store.count_jobs().await.unwrap().0 == 0).await;
    }

    /// Stops the space and everything in it.
    pub async fn stop(mut self) {
        self.stop.cancel();
        while let Some(ended) = self.workers.join_next().await {
            ended.unwrap();
        }
    }
}

/// Waits until something is so.
pub async fn until(what: &str, mut holds: impl AsyncFnMut() -> bool) {
    let waiting = async {
        while !holds().await {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    assert!(tokio::time::timeout(PATIENCE, waiting).await.is_ok(), "waited in vain until {what}");
}

/// How a request gets into the space.
#[derive(Clone)]
enum Door {
    /// Over a connection, as from outside.
    Line(reqwest::Client),
    /// Straight into the pipeline that every connection ends in.
    Pipeline(axum::Router),
}

/// Somebody at the other end of the line.
#[derive(Clone)]
pub struct Client {
    door: Door,
    base: String,
    headers: HeaderMap,
}

/// What came back.
pub struct Answer {
    /// The status.
    pub status: StatusCode,
    /// The headers.
    pub headers: HeaderMap,
    /// The body as text; of a file, what of it can be read as text.
    pub text: String,
    /// The body.
    pub bytes: Vec<u8>,
}

impl Answer {
    /// The body as JSON.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|e| panic!("{e}: {}", self.text))
    }

    /// The body as JSON, if the status is this one.
    pub fn expect(self, status: u16) -> Value {
        assert_eq!(self.status.as_u16(), status, "{}", self.text);
        if self.text.is_empty() { Value::Null } else { self.json() }
    }

    /// The pointers of the faults of a problem.
    pub fn pointers(&self) -> Vec<String> {
        self.json()["errors"].as_array().into_iter().flatten().map(|e| e["pointer"].as_str().unwrap().to_owned()).collect()
    }
}

impl Client {
    /// Nobody known, of whatever is served there.
    pub fn new(address: SocketAddr) -> Self {
        let http = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build().unwrap();
        Self { door: Door::Line(http), base: format!("http://{address}"), headers: HeaderMap::new() }
    }

    /// The same person, whose requests go straight into this pipeline: all that the server does, and nothing of what the line
    /// costs.
    pub fn through(mut self, pipeline: &axum::Router) -> Self {
        self.door = Door::Pipeline(pipeline.clone());
        self
    }

    /// The same with one more header on every request.
    pub fn with(mut self, name: &'static str, value: &str) -> Self {
        self.headers.insert(HeaderName::from_static(name), HeaderValue::from_str(value).unwrap());
        self
    }

    /// The same with the cookies of a session.
    pub async fn sign_in(self, email: &str, password: &str) -> Self {
        let answer = self.post("/api/v1/session", json!({"email": email, "password": password})).await;
        assert_eq!(answer.status, 200, "{}", answer.text);
        let cookies: Vec<String> =
            answer.headers.get_all("set-cookie").iter().map(|c| c.to_str().unwrap().split(';').next().unwrap().to_owned()).collect();
        // A browser says that our own pages sent it.
        self.with("cookie", &cookies.join("; ")).with("sec-fetch-site", "same-origin")
    }

    /// The cookies of the session.
    pub fn cookies(&self) -> Vec<(String, String)> {
        let all = self.headers.get("cookie").map_or("", |c| c.to_str().unwrap());
        all.split("; ").filter_map(|c| c.split_once('=')).map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
    }

    /// The same with a token of this account.
    pub async fn with_token(self, site: &Site, scopes: &[&str]) -> Self {
        let answer = self.post("/api/v1/tokens", json!({"name": "test", "scopes": scopes, "days": 30})).await.expect(201);
        site.visitor().with("authorization", &format!("Bearer {}", answer["secret"].as_str().unwrap()))
    }

    /// Any request.
    pub async fn send(&self, method: Method, path: &str, body: Option<Value>) -> Answer {
        let body = body.map(|body| ("application/json", serde_json::to_vec(&body).unwrap()));
        self.ask(method, path, body).await
    }

    /// Any bytes.
    pub async fn send_raw(&self, method: Method, path: &str, content_type: &str, body: Vec<u8>) -> Answer {
        self.ask(method, path, Some((content_type, body))).await
    }

    /// A form with one file, as a browser sends it.
    pub async fn hand_in(&self, path: &str, name: &str, content: &[u8]) -> Answer {
        let head = format!("--xxx\r\nContent-Disposition: form-data; name=\"file\"; filename=\"{name}\"\r\n\r\n");
        let body = [head.as_bytes(), content, b"\r\n--xxx--\r\n"].concat();
        self.send_raw(Method::POST, path, "multipart/form-data; boundary=xxx", body).await
    }

    async fn ask(&self, method: Method, path: &str, body: Option<(&str, Vec<u8>)>) -> Answer {
        let mut headers = self.headers.clone();
        if let Some((content_type, _)) = &body {
            headers.insert("content-type", HeaderValue::from_str(content_type).unwrap());
        }
        let body = body.map(|(_, bytes)| bytes);
        let (status, headers, bytes) = match &self.door {
            Door::Line(http) => {
                let mut request = http.request(method, format!("{}{path}", self.base)).headers(headers);
                if let Some(body) = body {
                    request = request.body(body);
                }
                let response = request.send().await.unwrap();
                (response.status(), response.headers().clone(), response.bytes().await.unwrap())
            }
            Door::Pipeline(router) => {
                headers.insert("host", HeaderValue::from_str(self.base.trim_start_matches("http://")).unwrap());
                let mut request = axum::http::Request::new(axum::body::Body::from(body.unwrap_or_default()));
                (*request.method_mut(), *request.uri_mut(), *request.headers_mut()) = (method, path.parse().unwrap(), headers);
                let response = router.clone().oneshot(request).await.unwrap();
                let (head, body) = response.into_parts();
                (head.status, head.headers, axum::body::to_bytes(body, usize::MAX).await.unwrap())
            }
        };
        Answer { status, headers, text: String::from_utf8_lossy(&bytes).into_owned(), bytes: bytes.to_vec() }
    }

    /// `GET`.
    pub async fn get(&self, path: &str) -> Answer {
        self.send(Method::GET, path, None).await
    }

    /// `POST`.
    pub async fn post(&self, path: &str, body: Value) -> Answer {
        self.send(Method::POST, path, Some(body)).await
    }

    /// `POST` with the version that was seen.
    pub async fn post_at(&self, path: &str, seen: i64, body: Value) -> Answer {
        self.clone().with("if-match", &format!("\"{seen}\"")).post(path, body).await
    }

    /// `PUT` with the version that was seen.
    pub async fn put_at(&self, path: &str, seen: i64, body: Value) -> Answer {
        self.clone().with("if-match", &format!("\"{seen}\"")).send(Method::PUT, path, Some(body)).await
    }
}
