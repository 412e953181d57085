//! Canaries: words that stand in nothing but what is private, planted everywhere that people write in confidence, and
//! looked for everywhere that anybody can look: every `GET` route of the API and the pages, snippets, facets, suggestions,
//! exports, the audit trail, errors, letters, the log, and what lies on the disk.
//!
//! A word found by somebody who may not read it fails the test, and so does a word that nobody finds who may.
//! **A new kind of private text is planted in [`plant`]**, with its row in `Canaries` saying who may read it; new parts of
//! addresses get their values in [`Known::values`]. The crawl itself needs no change.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;
use std::path::Path;
use std::sync::{Arc, Mutex};

use base::{PartyRole, StaffRole};
use futures_util::StreamExt as _;
use reqwest::Method;
use serde_json::{Value, json};
use store::events::Filter;
use store::testing::TestStore;
use tracing_subscriber::EnvFilter;

use crate::deals::{Deal, complete};
use crate::disclosures::{Room, drawn, pdf};
use crate::main_job::{need, technology};
use crate::site::{Answer, Client, Site};

/// Who looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Who {
    Anonymous,
    /// Admin of a party that has nothing to do with it.
    Outsider,
    /// Admin of the party of the person it was opened to.
    Neighbour,
    /// It was opened to them, and they have not accepted the agreement.
    Waiting,
    /// It was opened to them, they accepted, and it was closed again.
    Former,
    /// Member of the owner who only reads drafts.
    Viewer,
    Moderator,
    /// The broker who looks after the owner's need.
    Broker,
    Administrator,
    /// It is open to them.
    Holder,
    /// Admin of the owner.
    Owner,
}

use Who::{Administrator, Anonymous, Broker, Former, Holder, Moderator, Neighbour, Outsider, Owner, Viewer, Waiting};

/// Those who may read something, and so must find it.
type Readers = &'static [Who];

/// What was planted: the word, what it stands in, who finds it.
#[derive(Default)]
struct Canaries(Vec<(String, &'static str, Readers)>);

impl Canaries {
    /// A word of its own for this place. One token without marks, so that no analysis takes it apart.
    fn word(&mut self, place: &'static str, readers: Readers) -> String {
        let word = format!("zqx{}kanari{:03}", place.replace([' ', '-'], ""), self.0.len());
        self.0.push((word.clone(), place, readers));
        word
    }

    /// The words in a text, whatever their case.
    fn in_text<'a>(&'a self, text: &str) -> impl Iterator<Item = &'a (String, &'static str, Readers)> {
        let text = text.to_lowercase();
        self.0.iter().filter(move |(word, ..)| text.contains(word.as_str()))
    }
}

/// What stands for the parts of addresses.
#[derive(Default)]
struct Known {
    ids: Vec<String>,
    files: Vec<String>,
    slugs: Vec<String>,
}

impl Known {
    /// The values of a part of an address.
    fn values(&self, part: &str) -> Vec<String> {
        let some = |all: &[&str]| all.iter().map(ToString::to_string).collect();
        match part {
            "id" => self.ids.clone(),
            "file" => [self.files.as_slice(), &["listings.csv".to_owned(), "listings.xml".to_owned()]].concat(),
            "slug" => self.slugs.clone(),
            "version" => some(&["1", "2"]),
            "step" => some(&["1", "2"]),
            "kind" => some(&["technologies", "needs", "not-found"]),
            "code" => some(&["provinces"]),
            "role" => some(&["institutes"]),
            "group" => some(&["listings"]),
            "part" => some(&["offer", "contract", "legal", "parties", "payment", "task", "statement"]),
            "offer" | "task" | "milestone" | "payment" => some(&["01a20bec-d480-7e95-ba2e-91e90adde00d"]),
            // Sealed addresses of letters and feeds: nobody here has one.
            "link" => some(&["x"]),
            // What pages are made of.
            "*path" => Vec::new(),
            other => panic!("say in `Known::values` what stands for {{{other}}}"),
        }
    }

    /// A route's addresses.
    fn addresses(&self, route: &str) -> Vec<String> {
        match route.split_once('{').and_then(|(before, rest)| Some((before, rest.split_once('}')?))) {
            None => vec![route.to_owned()],
            Some((before, (part, after))) => {
                let rest = self.addresses(after);
                let values = self.values(part);
                values.iter().flat_map(|value| rest.iter().map(move |rest| format!("{before}{value}{rest}"))).collect()
            }
        }
    }
}

/// Everything that was planted, and the people.
struct Planted {
    canaries: Canaries,
    known: Known,
    people: BTreeMap<Who, Client>,
    room: Room,
}

async fn id_of(answer: Answer) -> String {
    answer.expect(201)["id"].as_str().unwrap().to_owned()
}

/// Plants every kind of private text there is.
async fn plant(site: &Site) -> Planted {
    let mut canaries = Canaries::default();
    let room = Room::make(site).await;
    let mut known = Known { ids: vec![room.listing.clone(), room.party.to_string(), room.reader_party.to_string()], ..Known::default() };

    // People. Whoever may know of nothing is there as well.
    let mut people = BTreeMap::from([(Anonymous, site.visitor()), (Moderator, room.moderator.clone())]);
    for (who, role) in [(Broker, StaffRole::Broker), (Administrator, StaffRole::Administrator)] {
        let (client, account) = site.account(&format!("{who:?}").to_lowercase(), &[role]).await;
        known.ids.push(account.to_string());
        people.insert(who, client);
    }
    let outsider = site.person("outsider").await;
    site.party(&outsider, "Công ty Ngoài Cuộc", "enterprise").await;
    people.insert(Outsider, outsider);
    for (who, party, role) in [
        (Neighbour, room.reader_party, PartyRole::Admin),
        (Waiting, room.reader_party, PartyRole::Editor),
        (Former, room.reader_party, PartyRole::Editor),
        (Viewer, room.party, PartyRole::Viewer),
    ] {
        let (client, account) = site.account(&format!("{who:?}").to_lowercase(), &[]).await;
        site.member(party, account, role).await;
        people.insert(who, client);
    }
    people.insert(Holder, room.reader.clone());
    people.insert(Owner, room.owner.clone());

    // What is confided of a listing: text, names and contents of files, the purpose of each disclosure.
    const CONFIDED: Readers = &[Owner, Holder];
    room.confide(json!({
        "know_how": canaries.word("know-how", CONFIDED),
        "process_parameters": canaries.word("process parameters", CONFIDED),
        "cost_structure": canaries.word("cost structure", CONFIDED),
        "other": canaries.word("other confided", CONFIDED),
    }))
    .await;
    let name = format!("{}.pdf", canaries.word("name of a pdf", CONFIDED));
    // Its owner has the file; the space gives it to readers alone.
    let page = canaries.word("page of a pdf", &[Holder]);
    known.files.push(room.hand_in(&name, &pdf(&[&page, "two"])).await);
    let name = format!("{}.txt", canaries.word("name of a text file", CONFIDED));
    let line = canaries.word("text file", &[Holder]);
    known.files.push(room.hand_in(&name, line.as_bytes()).await);
    let mut grants = Vec::new();
    for (who, purpose, readers) in [
        ("waiting", "purpose to waiting", &[Owner, Waiting] as Readers),
        ("former", "purpose to former", &[Owner, Former]),
        ("reader", "purpose to holder", CONFIDED),
    ] {
        let purpose = canaries.word(purpose, readers);
        let body = json!({
            "party": room.reader_party, "email": format!("{who}@example.org"), "purpose": purpose, "expires_on": "2027-06-30",
        });
        grants.push(id_of(room.owner.post(&room.at("disclosures"), body).await).await);
    }
    for (id, client) in [(&grants[1], &people[&Former]), (&grants[2], &room.reader)] {
        let one = format!("/api/v1/disclosures/{id}");
        let hash = client.get(&one).await.expect(200)["nda"]["hash"].clone();
        client.post(&format!("{one}/accept-nda"), json!({"nda_hash": hash})).await.expect(200);
        client.get(&format!("{one}/content")).await.expect(200);
    }
    room.owner.post(&format!("/api/v1/disclosures/{}/revoke", grants[1]), Value::Null).await.expect(200);
    known.ids.extend(grants);

    // Private terms: members and the staff member responsible.
    let note = json!({"note": canaries.word("private terms", &[Owner, Viewer])});
    room.owner.put_at(&room.at("private-terms"), 0, note).await.expect(200);
    let wanted = id_of(room.owner.post("/api/v1/needs", json!({"party": room.party, "content": need()})).await).await;
    let steps = format!("/api/v1/listings/{wanted}/transitions");
    let seen = room.owner.post_at(&steps, 1, json!({"step": "submit"})).await.expect(200)["version"].as_i64().unwrap();
    let seen = crate::main_job::publish(&room.moderator, &wanted, seen).await;
    let broker = account_of(&people[&Broker]).await;
    let care = json!({"responsible": broker, "next_action_on": "2027-01-15"});
    room.owner.put_at(&format!("/api/v1/listings/{wanted}/care"), seen, care).await.expect(200);
    let terms = json!({
        "note": canaries.word("private terms of a need", &[Owner, Viewer, Broker]),
        "intake": {
            "by": canaries.word("intake of a need", &[Owner, Viewer, Broker]),
            "contact": canaries.word("contact of a need", &[Owner, Viewer, Broker]),
            "consent_by": canaries.word("consent to a need", &[Owner, Viewer, Broker]),
        },
    });
    room.owner.put_at(&format!("/api/v1/listings/{wanted}/private-terms"), 0, terms).await.expect(200);
    known.ids.push(wanted);

    // What one side writes to the other: in an interest, and in the deal that a broker leads.
    let neighbour = &people[&Neighbour];
    let message = canaries.word("interest", &[Owner, Viewer, Neighbour, Holder, Waiting, Former, Broker, Administrator]);
    let interest = json!({"party": room.reader_party, "message": message, "anonymity": "hidden"});
    known.ids.push(id_of(neighbour.post(&format!("/api/v1/technologies/{}/interests", room.listing), interest).await).await);
    let deal = json!({"kind": "licence", "listing": room.listing, "seeker": room.reader_party});
    let deal = id_of(people[&Broker].post("/api/v1/deals", deal).await).await;
    const SIDES: Readers = &[Owner, Viewer, Neighbour, Holder, Waiting, Former, Broker];
    let text = json!({"text": canaries.word("message in a deal", SIDES)});
    room.owner.post(&format!("/api/v1/deals/{deal}/messages"), text).await.expect(201);
    let minutes = json!({"held_on": "2026-11-20", "minutes": canaries.word("minutes of a meeting", SIDES)});
    room.owner.post(&format!("/api/v1/deals/{deal}/meetings"), minutes).await.expect(201);
    // A document of the deal: its name and what is in it.
    let name = format!("{}.txt", canaries.word("name of a deal document", SIDES));
    let line = canaries.word("content of a deal document", SIDES);
    known.files.push(id_of(room.owner.hand_in(&format!("/api/v1/deals/{deal}/documents"), &name, line.as_bytes()).await).await);
    known.ids.push(deal);

    // The story of a completed deal, before anybody consents to it.
    let deal = json!({"kind": "technical_service", "listing": room.listing, "seeker": room.reader_party});
    let deal = id_of(people[&Broker].post("/api/v1/deals", deal).await).await;
    complete(&Deal { path: format!("/api/v1/deals/{deal}") }, &room.owner, neighbour, &people[&Broker]).await;
    const WRITERS: Readers = &[Owner, Viewer, Neighbour, Holder, Waiting, Former, Broker, Administrator];
    let story = json!({
        // So long that the word is not in its address.
        "title": {"vi": format!("{} {}", "Sấy nhanh gấp ba ".repeat(6), canaries.word("title of a story", WRITERS))},
        "summary": {"vi": canaries.word("summary of a story", WRITERS)},
        "body": {"vi": canaries.word("story", WRITERS)},
    });
    room.owner.put_at(&format!("/api/v1/deals/{deal}/story"), 0, story).await.expect(200);
    known.ids.push(deal);

    // What people say of themselves as experts: one who has not consented so far, one who took the consent back.
    for (who, place, is_withdrawn) in [(Neighbour, "expert draft", false), (Waiting, "expert withdrawn", true)] {
        let (client, what) = (&people[&who], canaries.word(place, if is_withdrawn { &[Waiting] } else { &[Neighbour] }));
        let able = json!({"what": {"vi": what}, "evidence": {"vi": "Mười năm"}, "field": "21101"});
        let profile = json!({"name": format!("Lê Thị {place}"), "expertise": [able]});
        let saved = client.put_at("/api/v1/experts/me", 0, profile).await.expect(200);
        if is_withdrawn {
            let publication = "/api/v1/experts/me/publication";
            client.post_at(publication, 1, json!({"consent": accounts::experts::CONSENT})).await.expect(200);
            client.send(Method::DELETE, publication, None).await.expect(200);
        }
        known.ids.push(saved["id"].as_str().unwrap().to_owned());
        known.slugs.push(saved["slug"].as_str().unwrap().to_owned());
    }

    // Drafts, and a revision that was not handed in.
    // So long that the word is not in its address: an error may well say which address was asked for.
    let title = format!("{} {}", "Máy sấy cơm dừa ".repeat(6), canaries.word("title of a draft", &[Owner, Viewer]));
    let mut draft = technology(&title);
    draft["summary"]["vi"] = json!(canaries.word("summary of a draft", &[Owner, Viewer]));
    let draft = room.owner.post("/api/v1/technologies", json!({"party": room.party, "content": draft})).await.expect(201);
    known.ids.push(draft["id"].as_str().unwrap().to_owned());
    known.slugs.push(draft["slug"].as_str().unwrap().to_owned());
    let path = format!("/api/v1/technologies/{}", room.listing);
    let view = room.owner.get(&path).await.expect(200);
    known.slugs.push(view["url"].as_str().unwrap().rsplit('/').next().unwrap().to_owned());
    let mut revised = technology("Máy sấy cơm dừa bơm nhiệt");
    revised["description"]["vi"] = json!(canaries.word("revision", &[Owner, Viewer]));
    let seen = view["inside"]["version"].as_i64().unwrap();
    room.owner.put_at(&path, seen, json!({"content": revised})).await.expect(200);
    Planted { canaries, known, people, room }
}

async fn account_of(client: &Client) -> String {
    client.get("/api/v1/accounts/me").await.expect(200)["id"].as_str().unwrap().to_owned()
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
    for (word, ..) in &planted.canaries.0 {
        // Without its last figures: a page shows what was asked, and only the whole word counts.
        let part = &word[..word.len() - 3];
        all.extend([
            format!("/api/v1/search?q={part}*"),
            format!("/search?q={part}*"),
            format!("/api/v1/suggest?q={part}"),
            format!("/api/v1/search/export?format=csv&q={part}*"),
        ]);
    }
    all.push("/api/v1/search?q=may+say&facets=kind,field,province".to_owned());
    all.push("/api/v1/search/export?format=csv&q=dua".to_owned());
    all.push("/api/v1/search/export?format=json".to_owned());
    for id in &planted.known.ids {
        all.push(format!("/api/v1/events?subject={id}&limit=100"));
        all.push(format!("/api/v1/technologies/{id}/matches?explain=true"));
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

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_private_is_found_by_those_who_may_read_it_and_by_nobody_else_anywhere() {
    let log = Log::start();
    let site = Site::start(TestStore::sqlite().await.unwrap()).await;
    let planted = plant(&site).await;
    let canaries = &planted.canaries;
    site.indexed().await;

    let addresses = addresses(&planted);
    let mut found: BTreeSet<(Who, &'static str)> = BTreeSet::new();
    let mut leaks: BTreeSet<String> = BTreeSet::new();
    let mut answered: BTreeMap<Who, usize> = BTreeMap::new();
    for (who, client) in &planted.people {
        let mut answers =
            futures_util::stream::iter(&addresses).map(|path| async move { (path, client.get(path).await) }).buffer_unordered(8);
        while let Some((path, answer)) = answers.next().await {
            assert!(answer.status.as_u16() < 500, "{who:?} {path}: {}", answer.text);
            *answered.entry(*who).or_default() += usize::from(answer.status == 200);
            for (_, place, readers) in canaries.in_text(&readable(&answer)) {
                if readers.contains(who) {
                    found.insert((*who, place));
                } else {
                    leaks.insert(format!("{who:?} finds the {place} at {path}"));
                }
            }
        }
    }
    // What answers to nobody is no crawl.
    assert!(answered.values().all(|n| *n > 30), "{answered:?}");

    // Errors: every other operation, tried by somebody who may do none of it.
    let prober = site.person("prober").await.with("if-match", "\"1\"");
    for route in server::routes::all().iter().filter(|r| r.method != Method::GET && r.is_api() && !r.path.contains("session")) {
        for path in planted.known.addresses(route.path) {
            for body in [json!({}), json!({"party": planted.room.party, "content": {}, "step": "submit", "nda_hash": "x"})] {
                let answer = prober.send(route.method.clone(), &path, Some(body)).await;
                for (_, place, _) in canaries.in_text(&readable(&answer)) {
                    leaks.insert(format!("an error tells the {place} at {} {path}", route.method));
                }
            }
        }
    }

    // What the space keeps and sends on: the audit trail, letters, the log, the disk.
    site.until("a letter is sent", async || !site.letters().is_empty()).await;
    let trail: String = site.app.store.events(&Filter::default(), 10_000).await.unwrap().iter().map(|e| e.payload.to_string()).collect();
    let kept = [("the audit trail", trail), ("a letter", site.letters().join("\n")), ("the log", log.text())];
    assert!(kept.iter().all(|(_, text)| !text.is_empty()), "there is something to look through");
    for (what, text) in &kept {
        for (word, place, _) in canaries.in_text(text) {
            let line = text.lines().find(|line| line.to_lowercase().contains(word.as_str())).unwrap_or_default();
            leaks.insert(format!("{what} tells the {place}: {}", line.chars().take(200).collect::<String>()));
        }
    }
    // On the disk what is confided is sealed, wherever it lies; drafts and private terms are not in the index.
    let (mut data, mut database) = (Vec::new(), Vec::new());
    on_disk(&site.app.data, &mut data);
    on_disk(site.database_folder(), &mut database);
    assert!(data.iter().any(|(path, _)| path.contains("/files/")) && !database.is_empty());
    let contains = |bytes: &[u8], word: &str| bytes.windows(word.len()).any(|w| w.eq_ignore_ascii_case(word.as_bytes()));
    for (word, place, readers) in &canaries.0 {
        // The purpose binds both sides, who each keep it; it stands in the disclosure's row, as what the sides of a deal write
        // to each other stands in theirs.
        let is_confided =
            (matches!(readers, [Owner, Holder] | [Holder]) && !place.starts_with("purpose")) || place.contains("deal document");
        for (path, bytes) in data.iter().chain(database.iter().filter(|_| is_confided)) {
            if contains(bytes, word) {
                leaks.insert(format!("the {place} lies in {path}"));
            }
        }
    }

    assert!(leaks.is_empty(), "{} leaks:\n{}", leaks.len(), leaks.iter().cloned().collect::<Vec<_>>().join("\n"));
    let missed: Vec<String> = canaries
        .0
        .iter()
        .flat_map(|(_, place, readers)| readers.iter().map(move |who| (*who, *place)))
        .filter(|hit| !found.contains(hit))
        .map(|(who, place)| format!("{who:?} does not find the {place}"))
        .collect();
    assert!(missed.is_empty(), "the search itself is blind:\n{}", missed.join("\n"));
    site.stop().await;
}
