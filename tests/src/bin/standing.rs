//! Measures standing matches on generated listings, in process: the matches of one need, everything anew, and how soon what is
//! new and what is edited is matched. Not a test: nothing passes or fails here; the rows say what is asked.
//!
//! `cargo run --release -p e2e --bin standing -- FOLDER [TECHNOLOGIES NEEDS]` (100,000 and 20,000 unless given). What was
//! generated stays in the folder, and a second run measures it again.

#![allow(clippy::unwrap_used, clippy::print_stdout, clippy::indexing_slicing, clippy::cast_precision_loss, missing_docs)]

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use accounts::PartyProfile;
use base::text::LocalisedList;
use base::{Actor, Capacity, Clock, Code, Lang, ListingId, Localised, PartyId, Scope, StaffRole};
use innospace::config::Config;
use innospace::space::{self, Parts};
use listings::bulk::{Bulk, seed};
use listings::content::{Advantage, Content, Direction, Need, Target, Technology};
use listings::lifecycle::{Transition, transition};
use listings::published::Provenance;
use listings::review::{Decision, Scores, Verdict, claim, decide};
use listings::state::Move;
use listings::{Kind, Visibility};
use matching::standing;
use matching::{Ask, Matcher};
use store::Ctx;
use tokio_util::sync::CancellationToken;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Listings made at once.
const BATCH: u64 = 1_000;
/// Listings that are published, and those that are edited, one after the other.
const CHANGES: u64 = 200;
/// Syllables that words are made of, and how many words there are.
const SYLLABLES: [&str; 40] = [
    "sấy", "dừa", "cơm", "máy", "nhiệt", "bơm", "tôm", "ao", "lọc", "nước", "mặn", "phèn", "ép", "dầu", "vỏ", "bóc", "cảm", "biến", "đo",
    "gạo", "lúa", "trấu", "than", "hoạt", "tính", "vi", "sinh", "men", "ủ", "phân", "giống", "cây", "ghép", "mô", "bao", "bì", "màng",
    "sợi", "keo", "gỗ",
];
const METRICS: [(&str, &str); 4] =
    [("Thời gian sấy một mẻ", "h"), ("Độ ẩm sau sấy", "%"), ("Năng suất xử lý", "t/h"), ("Điện năng", "kWh/kg")];

/// Numbers that look like chance and are always the same (splitmix64).
struct Chance(u64);

impl Chance {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % bound
    }

    /// A text about a subject: some words are the subject's own, some are of everybody; common ones come more often.
    fn text(&mut self, subject: u64, words: u64) -> String {
        let mut text = String::new();
        for n in 0..words {
            let rank = 1 + self.below(40);
            let word = if self.below(3) == 0 { subject * 12 + self.below(12) } else { self.below(rank) * 37 };
            let (first, second) = (word % 40, word / 40 % 40);
            if n > 0 {
                text.push(' ');
            }
            text.push_str(SYLLABLES[first as usize]);
            text.push(' ');
            text.push_str(SYLLABLES[second as usize]);
        }
        text
    }
}

fn keywords(chance: &mut Chance, subject: u64) -> LocalisedList {
    LocalisedList([(Lang::Vi, vec![chance.text(subject, 1), chance.text(subject, 1)])].into())
}

fn technology(n: u64, fields: &[Code]) -> Content {
    let mut chance = Chance(n);
    let subject = chance.below(120);
    let (metric, unit) = METRICS[chance.below(4) as usize];
    let figure = 1.0 + chance.below(20) as f64;
    let vi = |text: String| Localised::of(Lang::Vi, text);
    Content::Technology(Box::new(Technology {
        title: vi(chance.text(subject, 5)),
        summary: vi(chance.text(subject, 25)),
        problem: vi(chance.text(subject, 40)),
        description: vi(chance.text(subject, 120)),
        field: Some(fields[(subject as usize) % fields.len()].clone()),
        trl: Some(4 + chance.below(6) as u8),
        ipr_status: Some("granted".into()),
        cooperation: vec!["licence".into()],
        partner_role: vi("Lắp đặt và vận hành thử.".to_owned()),
        partner_types: vec!["enterprise".into(), "cooperative".into()],
        keywords: keywords(&mut chance, subject),
        owners: vec![listings::content::Share { name: "Viện".to_owned(), share_bp: Some(10_000), ..Default::default() }],
        advantages: vec![Advantage {
            metric: vi(metric.to_owned()),
            compared_with: vi("cách làm cũ".to_owned()),
            baseline: Some(figure * 2.0),
            offered: Some(figure),
            unit: unit.to_owned(),
            ..Advantage::default()
        }],
        ..Technology::default()
    }))
}

fn need(n: u64, fields: &[Code]) -> Content {
    let mut chance = Chance(n ^ 0xabcdef);
    let subject = chance.below(120);
    let (metric, unit) = METRICS[chance.below(4) as usize];
    let vi = |text: String| Localised::of(Lang::Vi, text);
    Content::Need(Box::new(Need {
        title: vi(chance.text(subject, 5)),
        problem: vi(chance.text(subject, 40)),
        field: Some(fields[(subject as usize) % fields.len()].clone()),
        keywords: keywords(&mut chance, subject),
        cooperation: vec!["licence".into()],
        partner_types: vec!["institute".into(), "university".into()],
        anonymity: Some("named".into()),
        trl_min: Some(4 + chance.below(4) as u8),
        targets: vec![Target {
            metric: vi(metric.to_owned()),
            today: Some(30.0),
            target: Some(1.0 + chance.below(25) as f64),
            unit: unit.to_owned(),
            direction: Direction::AtMost,
            ..Target::default()
        }],
        ..Need::default()
    }))
}

async fn make(parts: &Parts, parties: &[PartyId], contents: Vec<Content>) -> Vec<ListingId> {
    let now = parts.store.clock().now();
    let all = contents.into_iter().enumerate().map(|(n, content)| Bulk {
        party: parties[n % parties.len()],
        source_lang: Lang::Vi,
        content,
        private: None,
        visibility: Visibility::Public,
        provenance: Provenance { origin: Code::from("manual"), source: None, external_id: None, licence: None },
        import: None,
        published_at: Some(now),
        next_action_on: None,
        contact: None,
    });
    match seed(&parts.listings, &Actor::system(), all.collect()).await {
        Ok(ids) => ids,
        Err(listings::ListingError::Invalid(faults)) => panic!("{:?}", faults.iter().take(3).collect::<Vec<_>>()),
        Err(error) => panic!("{error}"),
    }
}

async fn parties(parts: &Parts, party_type: &str) -> Vec<PartyId> {
    let mut all = Vec::new();
    for n in 0..20 {
        let profile = PartyProfile {
            names: Localised::of(Lang::Vi, format!("Bên {party_type} {n}")),
            party_type: party_type.into(),
            ..PartyProfile::default()
        };
        all.push(accounts::parties::create_demonstration(&parts.accounts, Ctx::system(), profile).await.unwrap().id);
    }
    all
}

/// Peak and present memory of this process, MB.
fn memory_mb() -> (f64, f64) {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let value = |name: &str| {
        let line = status.lines().find(|l| l.starts_with(name)).unwrap_or_default();
        line.split_whitespace().nth(1).and_then(|n| n.parse::<f64>().ok()).unwrap_or(0.0) / 1024.0
    };
    (value("VmHWM:"), value("VmRSS:"))
}

fn percentile(taken: &mut [Duration], share: f64) -> f64 {
    taken.sort();
    let at = ((taken.len() as f64 * share).ceil() as usize).clamp(1, taken.len()) - 1;
    taken[at].as_secs_f64() * 1e3
}

/// How soon most are done, ms.
fn percentiles(taken: &mut [Duration]) -> String {
    [0.5, 0.95, 0.99].map(|share| format!("{:.1}", percentile(taken, share))).join(" / ")
}

/// One row of the table.
fn row(what: &str, measured: &str, asked: &str) {
    println!("| {what} | {measured} | {asked} |");
}

async fn matches_of_one(matcher: &Matcher, needs: &[ListingId]) -> Vec<Duration> {
    let actor = Actor::anonymous(Lang::Vi);
    let ask = Ask::default();
    let mut taken = Vec::new();
    for need in needs {
        let begun = Instant::now();
        matcher.matches_of(&actor, Kind::Need, *need, &ask).await.unwrap();
        taken.push(begun.elapsed());
    }
    taken
}

/// Some of all that is out, from all over: of one kind alone, and about so many.
async fn sample(parts: &Parts, is_wanted: impl Fn(Kind) -> bool, about: usize) -> (Vec<ListingId>, usize) {
    let (mut all, mut after) = (Vec::new(), None);
    loop {
        let page = listings::published::page_after(&parts.store, after, 500).await.unwrap();
        let Some(last) = page.last() else { break };
        after = Some(last.id);
        all.extend(page.iter().filter(|p| is_wanted(p.kind)).map(|p| p.id));
    }
    let step = (all.len() / about).max(1);
    (all.iter().copied().step_by(step).collect(), all.len())
}

/// Waits until the standing matches have all that was committed.
async fn matched(parts: &Parts) {
    let head = parts.store.last_position().await.unwrap();
    while parts.store.follower_position(standing::NAME).await.unwrap() < head {
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
}

/// How soon new listings are matched, technologies and needs by turns.
async fn new_ones(parts: &Parts, (institutes, firms): (&[PartyId], &[PartyId]), fields: &[Code], salt: u64) -> Vec<Duration> {
    let mut taken = Vec::new();
    for n in 0..CHANGES {
        let (owner, content) = if n % 2 == 0 { (institutes, technology(salt | n, fields)) } else { (firms, need(salt | n, fields)) };
        let begun = Instant::now();
        make(parts, owner, vec![content]).await;
        matched(parts).await;
        taken.push(begun.elapsed());
    }
    taken
}

/// Somebody who may publish what others edited.
async fn moderator(parts: &Parts, salt: u64) -> Actor {
    let password = accounts::Password::new("một mật khẩu dài hơn nhiều");
    let email = format!("kiem-duyet-{salt}@vi-du.vn");
    let account = accounts::people::create_admin(&parts.accounts, &email, "Kiểm duyệt", password).await.unwrap().id;
    Actor {
        capacity: Capacity::Person(account),
        staff: BTreeSet::from([StaffRole::Moderator]),
        scopes: Scope::ALL.iter().copied().collect(),
        ..Actor::anonymous(Lang::Vi)
    }
}

/// How soon an edit of what is out is matched, counted from when it is approved.
async fn edits(parts: &Parts, some: &[ListingId], fields: &[Code], salt: u64) -> Vec<Duration> {
    let moderator = moderator(parts, salt).await;
    let mut taken = Vec::new();
    for (n, id) in (0..).zip(some) {
        let head = listings::lookup::head(parts.store.db(), *id).await.unwrap().unwrap();
        // Another text from top to bottom: the worst that an edit can be.
        let content = if head.kind == Kind::Need { need(salt | n, fields) } else { technology(salt | n, fields) };
        let written = listings::edit::edit(&parts.listings, Ctx::system(), *id, head.version, content, String::new()).await.unwrap();
        let submit = Transition { step: Move::Submit, outcome: None };
        let submitted = transition(&parts.listings, Ctx::system(), *id, written.version, submit).await.unwrap();
        claim(&parts.listings, Ctx::of(moderator.clone()), *id).await.unwrap();
        let scores = Scores { innovation_or_need: 5, clarity: 5, partner_ask: 5, language: 5 };
        let verdict = Verdict { decision: Decision::Publish, scores: Some(scores), notes: Vec::new(), reason: None };
        let begun = Instant::now();
        decide(&parts.listings, Ctx::of(moderator.clone()), *id, submitted.version, verdict).await.unwrap();
        matched(parts).await;
        taken.push(begun.elapsed());
    }
    taken
}

#[tokio::main]
async fn main() {
    let mut args = std::env::args().skip(1);
    let folder = PathBuf::from(args.next().expect("a folder"));
    let mut number = |usual: u64| args.next().map_or(usual, |n| n.parse().expect("a number"));
    let (technologies, needs) = (number(100_000), number(20_000));
    let config = Config::default();
    let parts = space::parts(&config, &folder, Clock::system()).await.unwrap();
    let fields: Vec<Code> =
        parts.vocabularies.get("fields").unwrap().terms.iter().map(|t| t.code.clone()).filter(|c| c.0.len() == 5).collect();
    let (institutes, firms) = (parties(&parts, "institute").await, parties(&parts, "enterprise").await);
    if listings::published::count(&parts.store).await.unwrap() == 0 {
        let bar = innospace::bar(technologies + needs, "listings");
        for from in (0..technologies).step_by(BATCH as usize) {
            let all = (from..technologies.min(from + BATCH)).map(|n| technology(n, &fields)).collect();
            make(&parts, &institutes, all).await;
            bar.inc(BATCH);
        }
        for from in (0..needs).step_by(BATCH as usize) {
            let all = (from..needs.min(from + BATCH)).map(|n| need(n, &fields)).collect();
            make(&parts, &firms, all).await;
            bar.inc(BATCH);
        }
        bar.finish_and_clear();
    }
    let index = space::current_index(&config, &folder, &parts).await.unwrap();
    let matcher = space::matcher(&config, &parts, &index).unwrap();
    println!("{} listings; {:.0} MB in use", listings::published::count(&parts.store).await.unwrap(), memory_mb().1);

    let (some_needs, all_needs) = sample(&parts, |kind| kind == Kind::Need, 400).await;
    // The first ones find nothing in memory.
    matches_of_one(&matcher, &some_needs[..some_needs.len().min(20)]).await;
    let mut of_one = matches_of_one(&matcher, &some_needs).await;

    let begun = Instant::now();
    let bar = innospace::bar(listings::published::count(&parts.store).await.unwrap(), "matches");
    let done = standing::rebuild(&matcher, |n| bar.set_position(n)).await.unwrap();
    bar.finish_and_clear();
    let took = begun.elapsed().as_secs_f64();
    let peak = memory_mb().0;

    // How soon what is published is matched, both ways, one after the other.
    let stop = CancellationToken::new();
    let followers = [
        tokio::spawn(search::follower::run(parts.store.clone(), index.clone(), None, stop.clone())),
        tokio::spawn(standing::run(matcher.clone(), stop.clone())),
    ];
    // Another run on the same folder writes other texts.
    let salt = u64::try_from(parts.store.last_position().await.unwrap()).unwrap() << 20;
    let mut new = new_ones(&parts, (&institutes, &firms), &fields, salt).await;
    let (some, _) = sample(&parts, |_| true, usize::try_from(CHANGES).unwrap()).await;
    let mut edited = edits(&parts, &some, &fields, salt | 1 << 16).await;
    stop.cancel();
    for follower in followers {
        follower.await.unwrap();
    }

    row("what", "measured", "asked");
    row("---", "---", "---");
    row("technologies and needs that were to be made", &format!("{technologies}, {needs}"), "100,000, 20,000");
    row(
        &format!("matches of one need, {} needs, p50 / p95 / p99", of_one.len()),
        &format!("{} ms", percentiles(&mut of_one)),
        "p99 ≤ 50 ms",
    );
    row(
        &format!("everything anew, {done} listings, {all_needs} needs"),
        &format!("{took:.1} s"),
        &format!("≤ {:.0} s", all_needs as f64 / 15.0),
    );
    row("needs a second of it", &format!("{:.1}", all_needs as f64 / took), "≥ 15");
    row("resident memory of it, at most", &format!("{peak:.0} MB"), "≤ 400 MB, as of the server");
    row(
        &format!("a new listing is matched, {} of them, p50 / p95 / p99", new.len()),
        &format!("{} ms", percentiles(&mut new)),
        "≤ 2,000 ms",
    );
    row(
        &format!("an edit is matched, {} of them, p50 / p95 / p99", edited.len()),
        &format!("{} ms", percentiles(&mut edited)),
        "≤ 2,000 ms",
    );
    row("resident memory of the whole run, at most", &format!("{:.0} MB", memory_mb().0), "");
}
