//! Canaries: words that stand in nothing but what is private, planted everywhere that people write in confidence, and
//! looked for everywhere that anybody can look: every `GET` route of the API and the pages, snippets, facets, suggestions,
//! exports, feeds, the audit trail, errors, letters, the log, and what lies on the disk. Who hides in an interest is a word as well.
//!
//! A word found by somebody who may not read it fails the test, and so does a word that nobody finds who may.
//! The crawl asks the server's pipeline without a connection between: of each answer are the same head and the same body.
//!
//! **A new kind of private text is planted in [`planting`]**, with its row in `Canaries` saying who may read it; new parts of
//! addresses get their values in [`Known::values`], and pages that name a thing in their query a line in [`asked`]. The crawl itself
//! needs no change.

mod asked;
mod planting;

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;
use std::path::Path;
use std::sync::{Arc, Mutex};

use chrono::TimeDelta;
use futures_util::StreamExt as _;
use reqwest::Method;
use serde_json::{Value, json};
use store::events::Filter;
use store::testing::TestStore;
use tracing_subscriber::EnvFilter;

use crate::disclosures::drawn;
use crate::site::{Answer, Client, Site};
use asked::forms;
use planting::{Planted, plant};

/// Who looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Who {
    Anonymous,
    /// Admin of a party that has nothing to do with it.
    Outsider,
    /// Admin of the party of the person it was opened to.
    Neighbour,
    /// Admin of a party that hides from the owner, in an interest that was accepted and in the deal that came of it.
    Hidden,
    /// Admin of a party that a broker put beside the owner in the deal, who accepted its agreement.
    CoOwner,
    /// Admin of one that was put beside the seeker, who did so, too.
    CoSeeker,
    /// Admin of a party that was to take in the deal, before another took its place.
    Replaced,
    /// It was opened to them, and they have not accepted the agreement.
    Waiting,
    /// It was opened to them, they accepted, and it was closed again.
    Former,
    /// It was opened to them, they accepted, and its day is over.
    Expired,
    /// An editor of the owner's who was suspended.
    Suspended,
    /// Member of the owner who only reads drafts.
    Viewer,
    Moderator,
    Registrar,
    Analyst,
    /// A broker who looks after nothing of it.
    OtherBroker,
    /// The broker who looks after the owner's need.
    Broker,
    Administrator,
    /// It is open to them.
    Holder,
    /// A program of the owner's admin that may only read.
    ReadToken,
    /// Admin of the owner.
    Owner,
}

use Who::{Administrator, Broker, Holder, Outsider, Owner};

impl Who {
    /// What stands before the @ of their address.
    fn name(self) -> String {
        match self {
            Holder => "reader".to_owned(),
            other => format!("{other:?}").to_lowercase(),
        }
    }
}

/// Those who may read something, and so must find it.
type Readers = &'static [Who];

/// A word, what it stands in, who finds it.
type Canary = (String, &'static str, Readers);

/// What was planted.
#[derive(Default)]
struct Canaries(Vec<Canary>);

/// What every word begins with: it stands nowhere else.
const BEGINS: &str = "zqx";
/// What the party of somebody who hides is called: everybody reads it where parties stand, and nobody learns that it hides here.
const HIDDEN_PARTY: &str = "name of a hidden party";
/// What somebody is called who hides.
const HIDDEN_PERSON: &str = "name of a hidden person";

/// What pages' forms send.
const FORM: &str = "application/x-www-form-urlencoded";

/// Whether parties are read at this address, whatever they do.
fn is_about_parties(at: &str) -> bool {
    ["/parties", "/search", "/suggest", "/sitemaps"].iter().any(|part| at.contains(part))
}

impl Canaries {
    /// A word of its own for this place. One token without marks, so that no analysis takes it apart.
    fn word(&mut self, place: &'static str, readers: Readers) -> String {
        let word = format!("{BEGINS}{}kanari{:03}", place.replace([' ', '-'], ""), self.0.len());
        self.0.push((word.clone(), place, readers));
        word
    }

    /// The words in a text, whatever their case. Each text of hundreds of thousands is looked through for where a word may
    /// begin, not for each word.
    fn in_text(&self, text: &str) -> Vec<&Canary> {
        let begins = text.match_indices('z').chain(text.match_indices('Z'));
        self.at(text.as_bytes(), begins.map(|(at, _)| at))
    }

    /// The same in bytes that need be no text.
    fn in_bytes(&self, bytes: &[u8]) -> Vec<&Canary> {
        self.at(bytes, bytes.iter().enumerate().filter(|(_, byte)| byte.eq_ignore_ascii_case(&b'z')).map(|(at, _)| at))
    }

    /// The words that begin at one of these places, each once.
    fn at(&self, bytes: &[u8], places: impl Iterator<Item = usize>) -> Vec<&Canary> {
        let has = |at: usize, word: &str| bytes.get(at..at + word.len()).is_some_and(|part| part.eq_ignore_ascii_case(word.as_bytes()));
        let mut found = BTreeSet::new();
        for at in places.filter(|at| has(*at, BEGINS)) {
            found.extend(self.0.iter().enumerate().filter(|(_, (word, ..))| has(at, word)).map(|(n, _)| n));
        }
        found.into_iter().map(|n| &self.0[n]).collect()
    }
}

/// What stands for the parts of addresses.
#[derive(Default)]
struct Known {
    ids: Vec<String>,
    /// The same, by what they are ids of.
    of: BTreeMap<&'static str, Vec<String>>,
    files: Vec<String>,
    /// Readable codes of listings.
    codes: Vec<String>,
    slugs: Vec<String>,
    /// What the addresses of feeds end with; whoever has them reads what their owner may.
    feeds: Vec<String>,
}

impl Known {
    fn add(&mut self, what: &'static str, id: impl ToString) {
        self.ids.push(id.to_string());
        self.of.entry(what).or_default().push(id.to_string());
    }

    /// What a route's ids are ids of; none where nobody here has any.
    fn kind_of(route: &str) -> Option<&'static str> {
        let before = route.split_once("/{id}")?.0.rsplit('/').next()?;
        Some(match before {
            "technologies" | "ip-assets" | "needs" | "listings" | "review" => "listing",
            "deals" => "deal",
            "disclosures" => "disclosure",
            "interests" => "interest",
            "parties" => "party",
            "accounts" => "account",
            "experts" => "expert",
            _ => return None,
        })
    }

    /// The ids that a route is about, and all others.
    fn apart(&self, route: &str) -> (Vec<String>, Vec<String>) {
        let own = Self::kind_of(route).and_then(|kind| self.of.get(kind)).cloned().unwrap_or_default();
        let others = self.ids.iter().filter(|id| !own.contains(id)).cloned().collect();
        (own, others)
    }

    /// The values of a part of an address.
    fn values(&self, part: &str) -> Vec<String> {
        let some = |all: &[&str]| all.iter().map(ToString::to_string).collect();
        match part {
            "file" => [self.files.as_slice(), &["listings.csv".to_owned(), "listings.xml".to_owned()]].concat(),
            "slug" => self.slugs.clone(),
            "version" => some(&["1", "2"]),
            "step" => some(&["1", "2"]),
            "kind" => some(&["technologies", "needs", "not-found"]),
            "code" => some(&["provinces"]),
            "role" => some(&["institutes"]),
            "group" => some(&["listings"]),
            "part" => some(&["offer", "contract", "legal", "parties", "objects", "payment", "task", "statement"]),
            "offer" | "task" | "milestone" | "payment" | "meeting" | "report" => some(&["01a20bec-d480-7e95-ba2e-91e90adde00d"]),
            // Sealed addresses of letters and feeds: of letters nobody here has one.
            "link" => [self.feeds.as_slice(), &["x".to_owned()]].concat(),
            // What pages are made of.
            "*path" => Vec::new(),
            other => panic!("say in `Known::values` what stands for {{{other}}}"),
        }
    }

    /// A route's addresses with these ids, each with everything else that an address may name, or with one thing of each sort.
    fn with(&self, route: &str, ids: &[String], each: bool) -> Vec<String> {
        let Some((before, (part, after))) = route.split_once('{').and_then(|(before, rest)| Some((before, rest.split_once('}')?))) else {
            return vec![route.to_owned()];
        };
        let rest = self.with(after, ids, each);
        let values = if part == "id" { ids.to_vec() } else { self.values(part) };
        let count = if each || part == "id" { values.len() } else { 1 };
        values.iter().take(count).flat_map(|value| rest.iter().map(move |rest| format!("{before}{value}{rest}"))).collect()
    }

    /// A route's addresses: what it is about with all its parts; the ids of everything else too, which are nothing to it whatever
    /// part is asked for. The English pages are the same handlers, and are asked for what they are about.
    fn addresses(&self, route: &str) -> Vec<String> {
        let (own, others) = self.apart(route);
        match (route.contains("{id}"), own.is_empty(), route.starts_with("/en/")) {
            (false, ..) => self.with(route, &[], true),
            (true, true, is_english) => self.with(route, &self.ids, !is_english),
            (true, false, true) => self.with(route, &own, true),
            (true, false, false) => [self.with(route, &own, true), self.with(route, &others, false)].concat(),
        }
    }

    /// The addresses of what a route is about alone; of one where nobody here has any, of one thing.
    fn own_addresses(&self, route: &str) -> Vec<String> {
        let (own, others) = self.apart(route);
        let ids = if own.is_empty() { others.get(..1).unwrap_or_default() } else { own.as_slice() };
        self.with(route, ids, true)
    }
}

/// All that somebody gets to read: headers and body, of a document what its pages draw.
fn readable(answer: &Answer) -> String {
    let mut text = if answer.bytes.starts_with(b"%PDF") { drawn(&answer.bytes).join("\n") } else { answer.text.clone() };
    for value in answer.headers.values() {
        text.push('\n');
        text.push_str(&String::from_utf8_lossy(value.as_bytes()));
    }
    text
}

/// Everything a reader may open, with questions about each word that do not give the word away.
fn addresses(planted: &Planted) -> Vec<String> {
    let mut all: Vec<String> = Vec::new();
    for route in server::routes::all().iter().filter(|r| r.method == Method::GET) {
        all.extend(planted.known.addresses(route.path));
    }
    all.extend(planted.known.asked());
    for (word, ..) in &planted.canaries.0 {
        // Without its last figures: a page shows what was asked, and only the whole word counts.
        let part = &word[..word.len() - 3];
        all.extend([
            format!("/api/v1/search?q={part}*"),
            format!("/search?q={part}*"),
            format!("/api/v1/suggest?q={part}"),
            format!("/api/v1/search/export?format=csv&q={part}*"),
            format!("/search/feed?q={part}*"),
        ]);
    }
    all.push("/api/v1/search?q=may+say&facets=kind,field,province".to_owned());
    all.push("/api/v1/search/export?format=csv&q=dua".to_owned());
    all.push("/api/v1/search/export?format=json".to_owned());
    all.push("/search/feed?q=dua".to_owned());
    for id in &planted.known.ids {
        all.push(format!("/api/v1/events?subject={id}&limit=100"));
        all.push(format!("/api/v1/technologies/{id}/matches?explain=true"));
        all.push(format!("/api/v1/technologies/{id}/matches/complements"));
        all.push(format!("/api/v1/technologies?party={id}"));
        all.push(format!("/api/v1/listings/{id}/differences?from=1&to=2"));
        all.push(format!("/staff/events?subject={id}"));
        all.push(format!("/my?party={id}"));
    }
    all.push("/api/v1/events?limit=100".to_owned());
    all
}

/// A place where what the space logs is kept.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }
    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl Log {
    /// Keeps all that is logged in this process, far more than a running space logs (`info`); not what this test's own
    /// client says, and not the cleaner of Markdown, which at this level tells each word that it reads.
    fn start() -> Self {
        let log = Self::default();
        let writer = log.clone();
        let filter = EnvFilter::new("debug,reqwest=off,hyper=off,hyper_util=off,html5ever=info");
        tracing_subscriber::fmt().with_env_filter(filter).with_ansi(false).with_writer(move || writer.clone()).init();
        log
    }

    fn text(&self) -> String {
        String::from_utf8_lossy(&self.0.lock().unwrap()).into_owned()
    }
}

/// The files below a folder with their contents.
fn on_disk(folder: &Path, found: &mut Vec<(String, Vec<u8>)>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            on_disk(&path, found);
        } else if let Ok(bytes) = std::fs::read(&path) {
            found.push((path.display().to_string(), bytes));
        }
    }
}

/// Whoever finds a word that is not theirs, and who found what.
#[derive(Default)]
struct Found {
    hits: BTreeSet<(Who, &'static str)>,
    leaks: BTreeSet<String>,
}

impl Found {
    fn look(&mut self, seen: &Seen) {
        let (who, at) = (seen.who, &seen.at);
        for (_, place, readers) in &seen.words {
            if *place == HIDDEN_PARTY && is_about_parties(at) {
                continue;
            }
            if readers.contains(&who) {
                self.hits.insert((who, place));
            } else {
                self.leaks.insert(format!("{who:?} finds the {place} at {at}"));
            }
        }
    }
}

/// A request of somebody.
struct Ask {
    who: Who,
    client: Client,
    method: Method,
    path: String,
    body: Option<Value>,
    /// What a form of a page sends instead.
    form: Option<String>,
}

/// What came of it.
struct Seen {
    who: Who,
    at: String,
    status: u16,
    words: Vec<Canary>,
    /// The answer, where the server failed.
    failed: Option<String>,
}

/// Asks all of it in its order, some at a time on every core, and looks for the words in what comes back.
fn ask_all(canaries: &Arc<Canaries>, asked: Vec<Ask>) -> impl futures_util::Stream<Item = Seen> {
    let canaries = Arc::clone(canaries);
    let one = move |ask: Ask| {
        let canaries = Arc::clone(&canaries);
        let task = tokio::spawn(async move {
            let answer = match ask.form {
                Some(form) => ask.client.send_raw(ask.method.clone(), &ask.path, FORM, form.into_bytes()).await,
                None => ask.client.send(ask.method.clone(), &ask.path, ask.body).await,
            };
            Seen {
                who: ask.who,
                at: format!("{} {}", ask.method, ask.path),
                status: answer.status.as_u16(),
                words: canaries.in_text(&readable(&answer)).into_iter().cloned().collect(),
                failed: answer.status.is_server_error().then_some(answer.text),
            }
        });
        async { task.await.unwrap() }
    };
    futures_util::stream::iter(asked).map(one).buffered(8)
}

/// Every `GET` route as everybody.
async fn crawl(planted: &Planted, found: &mut Found) {
    let addresses = addresses(planted);
    let get = |who: &Who, client: &Client, path: &String| Ask {
        who: *who,
        client: client.clone(),
        method: Method::GET,
        path: path.clone(),
        body: None,
        form: None,
    };
    let asked = planted.people.iter().flat_map(|(who, client)| addresses.iter().map(move |path| get(who, client, path))).collect();
    let mut answered: BTreeMap<Who, usize> = BTreeMap::new();
    let mut feeds = BTreeSet::new();
    let mut is_planned = false;
    let mut answers = std::pin::pin!(ask_all(&planted.canaries, asked));
    while let Some(seen) = answers.next().await {
        assert!(seen.failed.is_none(), "{:?} {}: {:?}", seen.who, seen.at, seen.failed);
        *answered.entry(seen.who).or_default() += usize::from(seen.status == 200);
        if seen.status == 200 && seen.at.contains("/feeds/") {
            feeds.insert(seen.at.clone());
        }
        is_planned |=
            seen.who == Broker && seen.at.contains("/api/v1/staff/handover?") && seen.words.iter().any(|w| w.1 == "title of a deal");
        found.look(&seen);
    }
    assert!(is_planned, "what is named in a query is asked for: a broker reads which deals would go to another");
    // What answers to nobody is no crawl.
    assert_eq!(feeds.len(), 2 * planted.known.feeds.len(), "each feed is read, in both languages: {feeds:?}");
    for who in planted.people.keys() {
        assert!(answered[who] > 30, "{who:?}: {}", answered[who]);
    }
}

/// Errors: every other operation, tried by somebody who may do none of it on everything, and by everybody on what it is
/// about. What somebody may do is done: this comes after all that is looked for.
async fn probe(site: &Site, planted: &Planted, found: &mut Found) {
    let operations = || server::routes::all().into_iter().filter(|r| r.method != Method::GET && r.is_api() && !r.path.contains("session"));
    let foreign = json!({"party": planted.room.party, "content": {}, "step": "submit", "nda_hash": "x"});
    let prober = site.person("prober").await.with("if-match", "\"1\"").through(&planted.pipeline);
    let mut asked: Vec<Ask> = Vec::new();
    for route in operations() {
        for path in planted.known.addresses(route.path) {
            for body in [json!({}), foreign.clone()] {
                let (client, method) = (prober.clone(), route.method.clone());
                asked.push(Ask { who: Outsider, client, method, path: path.clone(), body: Some(body), form: None });
            }
        }
    }
    for (path, form) in forms(&planted.known) {
        asked.push(Ask { who: Outsider, client: prober.clone(), method: Method::POST, path, body: None, form: Some(form) });
    }
    // Administrators come last: they may close accounts.
    let (last, first): (Vec<_>, Vec<_>) = planted.people.iter().partition(|(who, _)| **who == Administrator);
    for (who, client) in first.into_iter().chain(last) {
        let client = client.clone().with("if-match", "\"1\"");
        for route in operations() {
            for path in planted.known.own_addresses(route.path) {
                let (client, method) = (client.clone(), route.method.clone());
                asked.push(Ask { who: *who, client, method, path, body: Some(json!({})), form: None });
            }
        }
    }
    let mut answers = std::pin::pin!(ask_all(&planted.canaries, asked));
    while let Some(seen) = answers.next().await {
        assert_ne!(seen.status, 500, "{:?} {}: {:?}", seen.who, seen.at, seen.failed);
        found.look(&seen);
    }
}

/// Letters, those of the next morning among them: each says no more than its reader may read, and nothing but what things are
/// called.
async fn read_letters(site: &Site, planted: &Planted, found: &mut Found) {
    site.clock.advance(TimeDelta::days(1));
    brokering::interests::tick(&site.app.brokering).await.unwrap();
    brokering::deals::tick(&site.app.brokering).await.unwrap();
    // Whoever tried everything has read all notices; a letter of the morning tells what is not read.
    sea_orm::ConnectionTrait::execute_unprepared(site.app.store.db(), "UPDATE notice SET read_at = NULL").await.unwrap();
    accounts::notices::leave_digests(&site.app.accounts).await.unwrap();
    site.settled().await;
    let folder = site.app.mailer.folder().unwrap();
    let letters = accounts::mailbox::letters(folder).unwrap();
    let mut names = 0;
    for letter in &letters {
        let to = planted.people.keys().find(|who| letter.to.contains(&format!("{}@example.org", who.name())));
        let raw = std::fs::read_to_string(folder.join(format!("{}.eml", letter.id))).unwrap();
        for (_, place, readers) in planted.canaries.in_text(&format!("{}\n{}\n{raw}", letter.subject, letter.text)) {
            let is_theirs = to.is_some_and(|who| readers.contains(who));
            if *place == "title of a deal" && is_theirs {
                names += 1;
            } else if !([HIDDEN_PARTY, HIDDEN_PERSON].contains(place) && is_theirs) {
                found.leaks.insert(format!("a letter to {} tells the {place}: {}", letter.to, letter.subject));
            }
        }
    }
    let subjects: Vec<&str> = letters.iter().map(|letter| letter.subject.as_str()).collect();
    assert!(subjects.iter().any(|subject| subject.ends_with("thông báo mới")), "a digest is among {subjects:?}");
    assert!(names > 0, "letters are read");
}

/// The files of a space: what is confided is sealed, wherever it lies; drafts and private terms are not in the index.
fn look_on_the_disk(site: &Site, canaries: &Canaries, found: &mut Found) {
    let (mut data, mut database) = (Vec::new(), Vec::new());
    on_disk(&site.app.data, &mut data);
    // Of PostgreSQL there is nothing to be read here.
    on_disk(site.database_folder(), &mut database);
    assert!(data.iter().any(|(path, _)| path.contains("/files/")));
    // The purpose binds both sides, who each keep it; it stands in the disclosure's row, as what the sides of a deal write to
    // each other stands in theirs.
    let is_confided = |(_, place, readers): &&Canary| matches!(readers, [Owner, Holder] | [Holder]) || place.contains("deal document");
    // Letters lie here as files only where there is no SMTP, and are read for themselves.
    for (path, bytes) in data.iter().filter(|(path, _)| !path.ends_with(".eml")) {
        let all = canaries.in_bytes(bytes).into_iter().filter(|(_, place, _)| *place != HIDDEN_PARTY);
        found.leaks.extend(all.map(|(_, place, _)| format!("the {place} lies in {path}")));
    }
    let mut in_database = BTreeSet::new();
    for (path, bytes) in &database {
        let all = canaries.in_bytes(bytes);
        found.leaks.extend(all.iter().copied().filter(is_confided).map(|(_, place, _)| format!("the {place} lies in {path}")));
        in_database.extend(all);
    }
    // What is not sealed is found in the database, so the look itself is not blind.
    assert!(database.is_empty() || in_database.len() > canaries.0.len() / 2, "{} words are found", in_database.len());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_private_is_found_by_those_who_may_read_it_and_by_nobody_else_anywhere() {
    let log = Log::start();
    for store in TestStore::all().await.unwrap() {
        let site = Site::start(store).await;
        let planted = plant(&site).await;
        let canaries: &Canaries = &planted.canaries;
        site.indexed().await;
        let mut found = Found::default();
        crawl(&planted, &mut found).await;
        look_on_the_disk(&site, canaries, &mut found);
        // What was found so far is what reading found: a reader's own words in an answer to a change prove nothing.
        let hits = std::mem::take(&mut found.hits);
        probe(&site, &planted, &mut found).await;
        read_letters(&site, &planted, &mut found).await;

        // What the space keeps and tells its operator: the audit trail, the log.
        let events = site.app.store.events(&Filter::default(), 100_000).await.unwrap();
        let trail: String = events.iter().map(|e| e.payload.to_string()).collect();
        for (what, text) in [("the audit trail", trail), ("the log", log.text())] {
            assert!(!text.is_empty(), "there is something to look through");
            // A log tells addresses, and that of a party has its name.
            for (word, place, _) in canaries.in_text(&text).into_iter().filter(|(_, place, _)| *place != HIDDEN_PARTY) {
                let line = text.lines().find(|line| line.to_lowercase().contains(word.as_str())).unwrap_or_default();
                found.leaks.insert(format!("{what} tells the {place}: {}", line.chars().take(200).collect::<String>()));
            }
        }

        let leaks = found.leaks;
        assert!(leaks.is_empty(), "{} leaks:\n{}", leaks.len(), leaks.iter().cloned().collect::<Vec<_>>().join("\n"));
        let missed: Vec<String> = canaries
            .0
            .iter()
            .flat_map(|(_, place, readers)| readers.iter().map(move |who| (*who, *place)))
            .filter(|hit| !hits.contains(hit))
            .map(|(who, place)| format!("{who:?} does not find the {place}"))
            .collect();
        assert!(missed.is_empty(), "the search itself is blind:\n{}", missed.join("\n"));
        site.stop().await;
    }
}
