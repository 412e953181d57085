//! Measures brokering at size, over HTTP, on SQLite: the board with many open deals, and the thread of a long deal. Not a
//! test: nothing passes or fails here.
//!
//! `cargo run --release -p e2e --bin deals -- FOLDER [DEALS MESSAGES]` (10,000 and 5,000 unless given). What was made stays
//! in the folder, and a second run measures it again.

#![allow(clippy::unwrap_used, clippy::print_stdout, clippy::indexing_slicing, clippy::cast_precision_loss, missing_docs)]

use std::path::PathBuf;
use std::time::{Duration, Instant};

use accounts::people::NewAccount;
use accounts::{Accounts, PartyProfile, Password, SecondFactorRule};
use base::text::LocalisedList;
use base::{AccountId, Actor, Capacity, Clock, Code, DealId, Lang, ListingId, Localised, Membership, PartyId, PartyRole, Scope, StaffRole};
use brokering::deals::{self, NewDeal, NewMessage};
use innospace::config::Config;
use innospace::space::{self, Parts};
use listings::Visibility;
use listings::bulk::{Bulk, seed};
use listings::content::{Advantage, Content, Share, Technology};
use listings::published::Provenance;
use sea_orm::ConnectionTrait;
use serde_json::{Value, json};
use server::App;
use store::Ctx;
use tokio_util::sync::CancellationToken;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const EMAIL: &str = "administrator@bench.example";
const BROKER: &str = "broker@bench.example";
const SEEKER: &str = "seeker@bench.example";
const PASSWORD: &str = "song nước miền tây 2026";
/// Stages that open deals stand in, in turn.
const STAGES: [&str; 8] = ["qualified", "introduced", "met", "nda", "evaluation", "mou", "negotiation", "signed"];
/// Deals opened at once.
const AT_ONCE: usize = 8;

async fn party(parts: &Parts, name: &str, party_type: &str) -> PartyId {
    let profile =
        PartyProfile { names: Localised::of(Lang::Vi, name.to_owned()), party_type: party_type.into(), ..PartyProfile::default() };
    accounts::parties::create_demonstration(&parts.accounts, Ctx::system(), profile).await.unwrap().id
}

async fn account(accounts: &Accounts, email: &str, staff: &[StaffRole]) -> AccountId {
    let new = NewAccount {
        email: email.to_owned(),
        name: email.to_owned(),
        lang: Lang::Vi,
        password: Password::new(PASSWORD),
        staff: staff.iter().copied().collect(),
        demonstration: false,
    };
    accounts::people::create(accounts, Ctx::system(), new).await.unwrap().id
}

/// Two parties, some technologies, somebody of the staff who sees all deals, and the broker of every one.
async fn make(parts: &Parts) -> (PartyId, Vec<ListingId>, AccountId) {
    let broker = account(&parts.accounts, BROKER, &[StaffRole::Broker]).await;
    account(&parts.accounts, EMAIL, &[StaffRole::Broker, StaffRole::Administrator]).await;
    let (institute, firm) = (party(parts, "Viện Dừa", "institute").await, party(parts, "Công ty Dừa", "enterprise").await);
    let fields: Vec<Code> =
        parts.vocabularies.get("fields").unwrap().terms.iter().map(|t| t.code.clone()).filter(|c| c.0.len() == 5).collect();
    let vi = |text: &str| Localised::of(Lang::Vi, text);
    let technology = |n: u64| Bulk {
        party: institute,
        source_lang: Lang::Vi,
        content: Content::Technology(Box::new(Technology {
            title: vi(&format!("Máy sấy cơm dừa kiểu {n}")),
            summary: vi("Sấy cơm dừa ở nhiệt độ thấp."),
            problem: vi("Lò than làm cơm dừa vàng."),
            description: vi("Bơm nhiệt hai cấp, gió đảo chiều."),
            field: Some(fields[0].clone()),
            trl: Some(7),
            ipr_status: Some("granted".into()),
            cooperation: vec!["licence".into()],
            partner_role: vi("Lắp đặt và vận hành thử."),
            partner_types: vec!["enterprise".into()],
            keywords: LocalisedList([(Lang::Vi, vec!["máy sấy".to_owned()])].into()),
            owners: vec![Share { name: "Viện".to_owned(), share_bp: Some(10_000), ..Share::default() }],
            advantages: vec![Advantage {
                metric: vi("Thời gian sấy một mẻ"),
                compared_with: vi("lò than"),
                baseline: Some(14.0),
                offered: Some(5.0),
                unit: "h".to_owned(),
                ..Advantage::default()
            }],
            ..Technology::default()
        })),
        private: None,
        visibility: Visibility::Public,
        provenance: Provenance { origin: "manual".into(), source: None, external_id: None, licence: None },
        import: None,
        published_at: Some(parts.store.clock().now()),
        next_action_on: None,
        contact: None,
    };
    (firm, seed(&parts.listings, &Actor::system(), (0..200).map(technology).collect()).await.unwrap(), broker)
}

async fn open(app: &App, firm: PartyId, listings: &[ListingId], broker: AccountId, count: usize) -> DealId {
    let broker = Actor {
        capacity: Capacity::Person(broker),
        staff: [StaffRole::Broker].into(),
        scopes: Scope::ALL.iter().copied().collect(),
        ..Actor::anonymous(Lang::Vi)
    };
    let bar = innospace::bar(count as u64, "deals");
    let mut work = tokio::task::JoinSet::new();
    let mut last = None;
    for n in 0..count {
        if work.len() >= AT_ONCE {
            last = Some(work.join_next().await.unwrap().unwrap());
        }
        let (brokering, listing) = (app.brokering.clone(), listings[n % listings.len()]);
        let new = NewDeal {
            kind: "licence".to_owned(),
            listing,
            objects: Vec::new(),
            title: String::new(),
            owner: None,
            seeker: Some(firm),
            interest: None,
        };
        let ctx = Ctx::of(broker.clone());
        work.spawn(async move { deals::open(&brokering, ctx, new).await.unwrap().id });
        bar.inc(1);
    }
    while let Some(id) = work.join_next().await {
        last = Some(id.unwrap());
    }
    bar.finish_and_clear();
    // Where a deal stands is moved here without its demands, since only reading is measured.
    for (n, stage) in STAGES.iter().enumerate() {
        let of = format!("UPDATE deal SET stage = '{stage}' WHERE rowid % {} = {n}", STAGES.len());
        app.store.db().execute_unprepared(&of).await.unwrap();
    }
    last.unwrap()
}

async fn talk(app: &App, firm: PartyId, deal: DealId, count: usize) {
    let account = account(&app.accounts, SEEKER, &[]).await;
    accounts::membership::put_confirmed(&app.accounts, Ctx::system(), firm, account, [PartyRole::Admin].into()).await.unwrap();
    let actor = Actor {
        capacity: Capacity::Person(account),
        memberships: vec![Membership { party: firm, roles: [PartyRole::Admin].into() }],
        scopes: Scope::ALL.iter().copied().collect(),
        ..Actor::anonymous(Lang::Vi)
    };
    let bar = innospace::bar(count as u64, "messages");
    for n in 0..count {
        let text = format!("Tin nhắn thứ {n}: bên mua hỏi thời gian giao máy và điều kiện bảo hành.");
        deals::send(&app.brokering, Ctx::of(actor.clone()), deal, NewMessage { text }).await.unwrap();
        bar.inc(1);
    }
    bar.finish_and_clear();
}

fn percentile(taken: &mut [Duration], share: f64) -> f64 {
    taken.sort();
    let at = ((taken.len() as f64 * share).ceil() as usize).clamp(1, taken.len()) - 1;
    taken[at].as_secs_f64() * 1e3
}

async fn sign_in(http: &reqwest::Client, base: &str, email: &str) -> String {
    let body = json!({ "email": email, "password": PASSWORD });
    let answer = http.post(format!("{base}/api/v1/session")).header("origin", base).json(&body).send().await.unwrap();
    answer.headers()["set-cookie"].to_str().unwrap().split(';').next().unwrap().to_owned()
}

/// Asks for an address again and again, one after the other; prints how long it took, and gives the last answer.
async fn measure(http: &reqwest::Client, base: &str, cookie: &str, what: &str, path: &str, times: usize) -> String {
    let mut taken = Vec::new();
    let mut text = String::new();
    for _ in 0..times {
        let begun = Instant::now();
        let answer = http.get(format!("{base}{path}")).header("cookie", cookie).send().await.unwrap();
        assert_eq!(answer.status(), 200, "{path}");
        text = answer.text().await.unwrap();
        taken.push(begun.elapsed());
    }
    println!(
        "{what}: p50 {:.1}, p99 {:.1} ms over {times} requests, {:.1} kB",
        percentile(&mut taken, 0.5),
        percentile(&mut taken, 0.99),
        text.len() as f64 / 1e3
    );
    text
}

#[tokio::main]
async fn main() {
    let mut args = std::env::args().skip(1);
    let folder = PathBuf::from(args.next().expect("a folder"));
    let mut number = |usual: usize| args.next().map_or(usual, |n| n.parse().expect("a number"));
    let (deals, messages) = (number(10_000), number(5_000));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    let mut config = Config::default();
    config.server.requests_per_minute = 0;
    config.server.public_url = base.clone();
    config.accounts.staff_second_factor = SecondFactorRule::Optional;
    let parts = space::parts(&config, &folder, Clock::system()).await.unwrap();
    let is_new = accounts::people::staff_with(parts.store.db(), StaffRole::Broker).await.unwrap().is_empty();
    let made = if is_new { Some(make(&parts).await) } else { None };
    let index = space::current_index(&config, &folder, &parts).await.unwrap();
    let app = space::app(&config, &folder, parts, index, false).unwrap();
    if let Some((firm, listings, broker)) = made {
        let long = open(&app, firm, &listings, broker, deals).await;
        talk(&app, firm, long, messages).await;
    }
    let stop = CancellationToken::new();
    let (served, token) = (app.clone(), stop.clone());
    let server = tokio::spawn(async move { server::edge::serve(served, listener, token).await.unwrap() });

    let http = reqwest::Client::new();
    let cookie = sign_in(&http, &base, EMAIL).await;

    let list = measure(&http, &base, &cookie, "list of deals", "/api/v1/deals?limit=1", 20).await;
    println!("{} open deals", serde_json::from_str::<Value>(&list).unwrap()["total"]);
    measure(&http, &base, &cookie, "board of all deals, page", "/staff/deals", 300).await;
    measure(&http, &base, &cookie, "list of deals, 100 of them", "/api/v1/deals?limit=100", 300).await;

    // The same as the broker whose all of them are.
    let cookie = sign_in(&http, &base, BROKER).await;
    measure(&http, &base, &cookie, "board of a broker's deals, page", "/staff/deals", 300).await;
    measure(&http, &base, &cookie, "list of a broker's deals, 100 of them", "/api/v1/deals?limit=100", 300).await;

    // The deal with the longest thread, as one of its sides reads it.
    let cookie = sign_in(&http, &base, SEEKER).await;
    let row = app.store.db().query_one_raw(sea_orm::Statement::from_string(
        app.store.db().get_database_backend(),
        "SELECT lower(hex(id)) AS id FROM deal ORDER BY messages DESC LIMIT 1",
    ));
    let long: String = row.await.unwrap().unwrap().try_get("", "id").unwrap();
    let long: uuid::Uuid = long.parse().unwrap();
    let thread = format!("/api/v1/deals/{long}/messages?limit=50");
    let mut page: Value = serde_json::from_str(&measure(&http, &base, &cookie, "thread, newest page", &thread, 200).await).unwrap();
    println!("{} messages", page["total"]);
    let mut last = thread.clone();
    while let Some(next) = page["next"].as_str() {
        last = format!("{thread}&cursor={next}");
        let text = http.get(format!("{base}{last}")).header("cookie", &cookie).send().await.unwrap().text().await.unwrap();
        page = serde_json::from_str(&text).unwrap();
    }
    measure(&http, &base, &cookie, "thread, oldest page", &last, 200).await;
    measure(&http, &base, &cookie, "page of that deal", &format!("/deals/{long}"), 200).await;
    stop.cancel();
    server.await.unwrap();
}
