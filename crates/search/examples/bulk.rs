//! Measures the index on a folder of texts: `cargo run --release -p search --example bulk -- FOLDER [DOCUMENTS]`.
//!
//! Every `*.jsonl.gz` there with `id`, `title` and `text` or `abstract` is read as technologies, and repeated until there
//! are as many documents as asked for (100,000). Prints documents a second, index size, memory, and search times at
//! 200 searches a second and flat out.
#![allow(
    clippy::print_stdout,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    missing_docs
)]

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use base::{Actor, Clock, Lang, ListingId, Localised, PartyId, Vocabularies};
use listings::Kind;
use listings::content::{Content, Technology};
use listings::published::{Audience, Owner, Provenance, Published};
use search::{Document, Facet, Query, Search, Settings, Viewer};
use uuid::Uuid;

struct Text {
    lang: Lang,
    title: String,
    body: String,
}

fn read(folder: &Path) -> Vec<Text> {
    let mut texts = Vec::new();
    let mut files: Vec<_> =
        std::fs::read_dir(folder).unwrap().map(|e| e.unwrap().path()).filter(|p| p.to_string_lossy().ends_with(".jsonl.gz")).collect();
    files.sort();
    for file in files {
        let lang = if file.to_string_lossy().contains("vi_") { Lang::Vi } else { Lang::En };
        let reader = BufReader::new(flate2::read::GzDecoder::new(std::fs::File::open(&file).unwrap()));
        for line in reader.lines() {
            let row: serde_json::Value = serde_json::from_str(&line.unwrap()).unwrap();
            let body = row["text"].as_str().or(row["abstract"].as_str()).unwrap_or_default();
            if let Some(title) = row["title"].as_str().filter(|_| body.len() > 100) {
                texts.push(Text { lang, title: title.to_owned(), body: body.to_owned() });
            }
        }
    }
    // Mixed, so that a part of them is like the whole.
    let mut seed = 7_u64;
    for n in (1..texts.len()).rev() {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        texts.swap(n, usize::try_from(seed >> 33).unwrap() % (n + 1));
    }
    texts
}

fn cut(text: &str, chars: usize) -> &str {
    text.char_indices().nth(chars).map_or(text, |(at, _)| &text[..at])
}

fn published(n: usize, text: &Text, codes: &Codes) -> Published {
    let of = |words: &str| Localised::of(text.lang, words);
    let keywords = text.title.split_whitespace().filter(|w| w.chars().count() > 3).take(4).map(str::to_owned).collect();
    let pick = |list: &[String], salt: usize| list.get((n * 31 + salt) % list.len().max(1)).map(|c| base::Code::from(c.as_str()));
    let content = Technology {
        title: of(cut(&text.title, 256)),
        summary: of(cut(&text.body, 300)),
        description: of(cut(&text.body, 4_000)),
        field: pick(&codes.fields, 0),
        trl: Some(u8::try_from(n % 9 + 1).unwrap()),
        ipr_status: pick(&codes.ipr, 1),
        cooperation: pick(&codes.cooperation, 2).into_iter().chain(pick(&codes.cooperation, 3)).collect(),
        keywords: base::text::LocalisedList([(text.lang, keywords)].into()),
        ..Technology::default()
    };
    let at = chrono::DateTime::from_timestamp(1_750_000_000 + i64::try_from(n).unwrap() * 60, 0).unwrap();
    Published {
        id: ListingId(Uuid::from_u128(0x0190_0000_0000_7000_8000_0000_0000_0000 | u128::try_from(n).unwrap())),
        kind: Kind::Technology,
        code: format!("CN-2026-{n:06}"),
        slug: base::fold::slug(&text.title, 60),
        version: 1,
        owner: Owner {
            id: PartyId(Uuid::from_u128(u128::try_from(n % 500).unwrap())),
            name: Localised::of(Lang::Vi, format!("Viện số {}", n % 500)),
            party_type: pick(&codes.parties, 4).unwrap_or_default(),
            province: pick(&codes.provinces, 5),
            commune: None,
            verification: "document".into(),
        },
        source_lang: text.lang,
        content: Content::Technology(Box::new(content)),
        audience: if n.is_multiple_of(50) { Audience::Registered } else { Audience::Public },
        published_at: at,
        out_since: at,
        confirmed_at: at,
        expires_at: at + chrono::TimeDelta::days(365),
        completeness: 70,
        provenance: Provenance { origin: "import".into(), source: None, external_id: None, licence: None },
    }
}

struct Codes {
    fields: Vec<String>,
    ipr: Vec<String>,
    cooperation: Vec<String>,
    parties: Vec<String>,
    provinces: Vec<String>,
}

fn percentile(sorted: &[Duration], share: f64) -> f64 {
    sorted[((sorted.len() - 1) as f64 * share) as usize].as_secs_f64() * 1e3
}

/// Processor time so far, of all threads.
fn cpu_seconds() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let ticks: u64 =
        stat.rsplit(')').next().unwrap_or_default().split_whitespace().skip(11).take(2).filter_map(|n| n.parse::<u64>().ok()).sum();
    ticks as f64 / 100.0
}

fn memory_mb() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let peak =
        status.lines().find_map(|l| l.strip_prefix("VmHWM:")).and_then(|l| l.split_whitespace().next()).and_then(|n| n.parse::<u64>().ok());
    peak.unwrap_or(0) / 1024
}

fn main() {
    let mut args = std::env::args().skip(1);
    let folder = args.next().expect("a folder of *.jsonl.gz");
    let wanted: usize = args.next().map_or(100_000, |n| n.parse().unwrap());
    let vocabularies = Arc::new(Vocabularies::built_in().unwrap());
    let list = |name: &str, leaves: bool| -> Vec<String> {
        let terms = &vocabularies.get(name).unwrap().terms;
        terms.iter().filter(|t| !leaves || !terms.iter().any(|o| o.parent.as_ref() == Some(&t.code))).map(|t| t.code.0.clone()).collect()
    };
    let codes = Codes {
        fields: list("fields", true),
        ipr: list("ipr_status", false),
        cooperation: list("cooperation", false),
        parties: list("party_types", false),
        provinces: list("provinces", false),
    };
    let texts = read(Path::new(&folder));
    let bytes: usize = (0..wanted).map(|n| texts[n % texts.len()].title.len() + texts[n % texts.len()].body.len().min(4_000)).sum();
    println!("{} texts, {wanted} documents of {} bytes on average", texts.len(), bytes / wanted);

    let dir = tempfile::tempdir().unwrap();
    let opened = Search::open(dir.path(), Settings::default(), Arc::clone(&vocabularies), Clock::system()).unwrap();
    let search = opened.search;
    let started = Instant::now();
    let cpu = cpu_seconds();
    let mut rebuild = search.rebuild().unwrap();
    let mut analysis = Duration::ZERO;
    for n in 0..wanted {
        let published = published(n, &texts[n % texts.len()], &codes);
        let at = Instant::now();
        let document = Document::listing(&published, &vocabularies).unwrap();
        analysis += at.elapsed();
        rebuild.add(&document).unwrap();
    }
    let added = started.elapsed();
    rebuild.finish(1).unwrap();
    let took = started.elapsed();
    let size: u64 = std::fs::read_dir(dir.path())
        .unwrap()
        .flat_map(|e| std::fs::read_dir(e.unwrap().path()).into_iter().flatten())
        .map(|f| f.unwrap().metadata().unwrap().len())
        .sum();
    println!(
        "rebuild: {:.0} documents/s, {:.0} per processor second ({:.1} s, of that {:.1} s adding, {:.1} s analysis); index {} MB = {:.2} x the text; peak memory {} MB",
        wanted as f64 / took.as_secs_f64(),
        wanted as f64 / (cpu_seconds() - cpu),
        took.as_secs_f64(),
        added.as_secs_f64(),
        analysis.as_secs_f64(),
        size / 1_000_000,
        size as f64 / bytes as f64,
        memory_mb()
    );
    let segments = search.snapshot().documents();
    println!("searchable: {segments}");

    // Two to four words of a title, every second without marks, some with filters.
    let viewer = Viewer::of(&Actor::anonymous(Lang::Vi));
    let queries: Vec<Query> = (0..500)
        .map(|n| {
            let title = &texts[(n * 7919) % texts.len()].title;
            let words: Vec<&str> = title.split_whitespace().skip(n % 3).take(2 + n % 3).collect();
            let text = if n % 2 == 0 { words.join(" ") } else { base::fold::folded(&words.join(" ")) };
            let query = Query::words(text);
            if n % 4 == 0 { query.with(Facet::Trl, "5").with(Facet::Trl, "6") } else { query }
        })
        .collect();
    for query in &queries {
        search.find(query, &viewer).unwrap();
    }
    let mut times = Vec::new();
    let started = Instant::now();
    let rate = 200.0;
    for (n, query) in queries.iter().cycle().take(2_000).enumerate() {
        let due = started + Duration::from_secs_f64(n as f64 / rate);
        if let Some(wait) = due.checked_duration_since(Instant::now()) {
            std::thread::sleep(wait);
        }
        search.find(query, &viewer).unwrap();
        times.push(due.elapsed());
    }
    times.sort();
    println!(
        "search at 200/s, one thread, queueing counted: p50 {:.2} ms, p95 {:.2}, p99 {:.2}, max {:.2}",
        percentile(&times, 0.5),
        percentile(&times, 0.95),
        percentile(&times, 0.99),
        percentile(&times, 1.0)
    );
    let mut each: Vec<(Duration, &Query)> = queries
        .iter()
        .map(|q| {
            let at = Instant::now();
            search.find(q, &viewer).unwrap();
            (at.elapsed(), q)
        })
        .collect();
    let flat: Duration = each.iter().map(|(t, _)| *t).sum();
    println!("flat out: {:.0} searches/s on one thread", queries.len() as f64 / flat.as_secs_f64());
    each.sort_by_key(|(t, _)| std::cmp::Reverse(*t));
    for (time, query) in each.iter().take(5) {
        let results = search.find(query, &viewer).unwrap();
        println!(
            "  slow: {:.2} ms, {} hits{}: {}",
            time.as_secs_f64() * 1e3,
            results.total,
            if results.relaxed { " relaxed" } else { "" },
            query.text
        );
    }
    for (name, query) in
        [("everything", Query::words("")), ("a common word", Query::words("system")), ("a common word", Query::words("quy định"))]
    {
        let at = Instant::now();
        let total = search.find(&query, &viewer).unwrap().total;
        println!("{name}: {total} hits in {:.2} ms", at.elapsed().as_secs_f64() * 1e3);
    }
    let mut times: Vec<Duration> = queries
        .iter()
        .map(|q| {
            let at = Instant::now();
            search.suggest(cut(&q.text, 6), &viewer, 8).unwrap();
            at.elapsed()
        })
        .collect();
    times.sort();
    println!("suggest: p50 {:.2} ms, p99 {:.2}", percentile(&times, 0.5), percentile(&times, 0.99));
    let mut times: Vec<Duration> = (0..100)
        .map(|n| {
            let at = Instant::now();
            search.similar(Uuid::from_u128(0x0190_0000_0000_7000_8000_0000_0000_0000 | (n * 97 % wanted as u128)), &viewer, 10).unwrap();
            at.elapsed()
        })
        .collect();
    times.sort();
    println!("similar: p50 {:.2} ms, p99 {:.2}; peak memory {} MB", percentile(&times, 0.5), percentile(&times, 0.99), memory_mb());
    let at = Instant::now();
    let document = Document::listing(&published(wanted, &texts[0], &codes), &vocabularies).unwrap();
    search.apply(&search::Batch { add: vec![document], remove: vec![], position: 2 }).unwrap();
    println!("one document made findable in {:.0} ms", at.elapsed().as_secs_f64() * 1e3);
    let at = Instant::now();
    drop(search);
    let opened = Search::open(dir.path(), Settings::default(), vocabularies, Clock::system()).unwrap();
    println!("closed and opened again, checksums included, in {:.0} ms, {:?}", at.elapsed().as_secs_f64() * 1e3, opened.wanting);
}
