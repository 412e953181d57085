//! Measures standing matches on generated listings, in process: the matches of one need, everything anew, and how soon an
//! edit is current. Not a test: nothing passes or fails here.
//!
//! `cargo run --release -p e2e --bin standing -- FOLDER [TECHNOLOGIES NEEDS]` (100,000 and 20,000 unless given). What was
//! generated stays in the folder, and a second run measures it again.

#![allow(clippy::unwrap_used, clippy::print_stdout, clippy::indexing_slicing, clippy::cast_precision_loss, missing_docs)]

use std::path::PathBuf;
use std::time::{Duration, Instant};

use accounts::PartyProfile;
use base::text::LocalisedList;
use base::{Actor, Clock, Code, Lang, ListingId, Localised, PartyId};
use innospace::config::Config;
use innospace::space::{self, Parts};
use listings::bulk::{Bulk, seed};
use listings::content::{Advantage, Content, Direction, Need, Target, Technology};
use listings::published::Provenance;
use listings::{Kind, Visibility};
use matching::standing;
use matching::{Ask, Matcher};
use store::Ctx;
use tokio_util::sync::CancellationToken;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Listings made at once.
const BATCH: u64 = 1_000;
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

async fn matches_of_one(matcher: &Matcher, needs: &[ListingId]) {
    let actor = Actor::anonymous(Lang::Vi);
    let ask = Ask::default();
    let mut taken = Vec::new();
    for need in needs {
        let begun = Instant::now();
        matcher.matches_of(&actor, Kind::Need, *need, &ask).await.unwrap();
        taken.push(begun.elapsed());
    }
    println!(
        "matches of one need: p50 {:.1} ms, p99 {:.1} ms over {} needs",
        percentile(&mut taken, 0.5),
        percentile(&mut taken, 0.99),
        needs.len()
    );
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

    // Some needs from all over.
    let mut some = Vec::new();
    let mut after = None;
    loop {
        let page = listings::published::page_after(&parts.store, after, 500).await.unwrap();
        let Some(last) = page.last() else { break };
        after = Some(last.id);
        some.extend(page.iter().filter(|p| p.kind == Kind::Need).map(|p| p.id));
    }
    let step = (some.len() / 400).max(1);
    let sample: Vec<ListingId> = some.iter().copied().step_by(step).collect();
    matches_of_one(&matcher, &sample[..sample.len().min(20)]).await;
    matches_of_one(&matcher, &sample).await;

    let begun = Instant::now();
    let bar = innospace::bar(listings::published::count(&parts.store).await.unwrap(), "matches");
    let done = standing::rebuild(&matcher, |n| bar.set_position(n)).await.unwrap();
    bar.finish_and_clear();
    let took = begun.elapsed().as_secs_f64();
    println!(
        "everything anew: {done} listings, {} needs in {took:.1} s, {:.1} needs/s; peak {:.0} MB",
        some.len(),
        some.len() as f64 / took,
        memory_mb().0
    );

    // How soon what is published is matched, both ways, one after the other.
    let stop = CancellationToken::new();
    let followers = [
        tokio::spawn(search::follower::run(parts.store.clone(), index.clone(), None, stop.clone())),
        tokio::spawn(standing::run(matcher.clone(), stop.clone())),
    ];
    let mut taken = Vec::new();
    for n in 0..40 {
        let (owner, content) =
            if n % 2 == 0 { (&institutes, technology(1 << 40 | n, &fields)) } else { (&firms, need(1 << 40 | n, &fields)) };
        let begun = Instant::now();
        make(&parts, owner, vec![content]).await;
        let head = parts.store.last_position().await.unwrap();
        while parts.store.follower_position(standing::NAME).await.unwrap() < head {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
        taken.push(begun.elapsed());
    }
    println!("an edit is current: p50 {:.0} ms, p95 {:.0} ms", percentile(&mut taken, 0.5), percentile(&mut taken, 0.95));
    stop.cancel();
    for follower in followers {
        follower.await.unwrap();
    }
}
