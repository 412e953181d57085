//! Measures our search beside its peers in one run, on the same documents and queries, and prints tables in Markdown.
//! Not a test: nothing passes or fails here.
//!
//! `cargo run --release -p e2e --bin speed -- [--data DIR] [--documents N] [--work DIR] [--only NAMES] [--seconds S]`
//! with a folder that holds `vi_articles.jsonl.gz` and `offers_en.jsonl.gz`. Without `--documents` the real texts as they
//! are; with more of them than there are real texts, short ones made of them. `--only` takes names of `NAMES`, apart by
//! commas. PostgreSQL is the server that `TEST_PG_URL` names, else a throw-away one where it is installed.

mod corpus;
mod hostile;
mod load;
mod ours;
mod peers;
mod postgres;

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use base::{Clock, Limit};
use corpus::{Asked, Corpus};
use load::{Cell, Peer, Reply};
use ours::Ours;
use peers::{Fts, Plain};
use postgres::Postgres;
use search::Facet;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// What `--only` may name.
const NAMES: [&str; 6] = ["ours", "hostile", "tantivy", "sqlite", "postgres", "empty"];
/// Connections at once.
const CONNECTIONS: [usize; 3] = [1, 4, 16];
/// Requests a second where they come at a steady rate.
const RATE: u64 = 100;
/// Queries whose counts are compared with those of a scan.
const COUNTED: usize = 50;

struct Options {
    data: PathBuf,
    documents: Option<u64>,
    work: Option<PathBuf>,
    only: Vec<String>,
    seconds: u64,
}

fn usage(what: &str) -> ! {
    eprintln!("{what}\nusage: speed [--data DIR] [--documents N] [--work DIR] [--only {}] [--seconds S]", NAMES.join(","));
    std::process::exit(2);
}

impl Options {
    fn read() -> Self {
        let mut options =
            Self { data: PathBuf::from("data"), documents: None, work: None, only: NAMES.map(str::to_owned).to_vec(), seconds: 10 };
        let mut args = std::env::args().skip(1);
        while let Some(name) = args.next() {
            let value = args.next().unwrap_or_else(|| usage(&format!("{name} needs a value")));
            let number = || value.parse().ok().filter(|n| *n > 0).unwrap_or_else(|| usage(&format!("{name} needs a number")));
            match name.as_str() {
                "--data" => options.data = value.into(),
                "--documents" => options.documents = Some(number()),
                "--work" => options.work = Some(value.into()),
                "--seconds" => options.seconds = number(),
                "--only" => {
                    options.only = value.split(',').map(str::to_owned).collect();
                    if let Some(other) = options.only.iter().find(|o| !NAMES.contains(&o.as_str())) {
                        usage(&format!("{other} is nothing that can be measured"));
                    }
                }
                _ => usage(&format!("{name} is not an option")),
            }
        }
        options
    }
}

/// Reads a number of kilobytes from a file of `/proc`, as MB.
fn proc_mb(file: &str, name: &str) -> f64 {
    let text = std::fs::read_to_string(file).unwrap_or_default();
    let line = text.lines().find_map(|l| l.strip_prefix(name)).unwrap_or_default();
    line.split_whitespace().next().and_then(|n| n.parse::<f64>().ok()).unwrap_or(0.0) / 1024.0
}

/// The most memory since [`forget_peak`].
fn peak_mb() -> f64 {
    proc_mb("/proc/self/status", "VmHWM:")
}

fn forget_peak() {
    std::fs::write("/proc/self/clear_refs", "5").ok();
}

fn size_mb(path: &Path) -> f64 {
    fn bytes(path: &Path) -> u64 {
        match std::fs::read_dir(path) {
            Ok(entries) => entries.flatten().map(|e| bytes(&e.path())).sum(),
            Err(_) => std::fs::metadata(path).map_or(0, |m| m.len()),
        }
    }
    bytes(path) as f64 / 1e6
}

/// The tables as they grow.
struct Report<'a> {
    corpus: &'a Corpus,
    length: Duration,
    built: Vec<String>,
    asked: Vec<String>,
    counts: Vec<String>,
    /// The counts of a scan: as the product finds, and by words alone.
    scanned: Vec<(u64, u64)>,
}

impl Report<'_> {
    /// Builds something and notes what that took.
    fn build<T>(&mut self, name: &str, build: impl FnOnce() -> T, size_mb: impl FnOnce(&T) -> f64) -> T {
        eprintln!("{name}: building");
        forget_peak();
        let started = Instant::now();
        let made = build();
        let took = started.elapsed().as_secs_f64();
        let size = size_mb(&made);
        let row = format!("| {name} | {took:.1} | {size:.0} | {:.2} | {:.0} |", size / self.corpus.text_mb, peak_mb());
        eprintln!("{row}");
        self.built.push(row);
        made
    }

    /// Measures one way of asking.
    fn measure(&mut self, name: &str, kind: &str, peer: &dyn Peer) {
        let queries = &self.corpus.queries;
        load::warm(peer, queries, self.length * 4);
        forget_peak();
        let three = |c: &Cell| format!("{:.2} / {:.2} / {:.2}", c.at(0.5), c.at(0.95), c.at(0.99));
        let mut row = format!("| {name} | {kind} |");
        for connections in CONNECTIONS {
            let cell = load::flat_out(peer, queries, connections, self.length);
            row += &format!(" {} | {:.0} |", three(&cell), cell.per_second);
        }
        let cell = load::paced(peer, queries, RATE, 16, self.length);
        row += &format!(" {} | {:.0} |", three(&cell), peak_mb());
        eprintln!("{row}");
        self.asked.push(row);
    }

    /// Compares counts with those of a scan.
    fn count(&mut self, name: &str, with_stems: bool, mut count: impl FnMut(&Asked) -> u64) {
        let counted = counted(self.corpus);
        if self.scanned.is_empty() {
            return;
        }
        let wanted = |scanned: &(u64, u64)| if with_stems { scanned.0 } else { scanned.1 };
        let pairs: Vec<(u64, u64, &Asked)> = counted.iter().zip(&self.scanned).map(|(q, s)| (count(q), wanted(s), *q)).collect();
        let equal = pairs.iter().filter(|(found, scanned, _)| found == scanned).count();
        let mut line = format!("- {name}: {equal} of {} counts as by reading every document", pairs.len());
        if let Some((found, scanned, asked)) = pairs.iter().find(|(found, scanned, _)| found != scanned) {
            line += &format!("; \"{}\" {found}, by reading {scanned}", asked.text);
        }
        self.counts.push(line);
    }
}

/// The queries whose counts are compared: without marks and without a filter.
fn counted(corpus: &Corpus) -> Vec<&Asked> {
    corpus.queries.iter().filter(|q| q.plain && !q.narrowed).take(COUNTED).collect()
}

/// What a peer counts; it has to show as many titles as there are, up to a page.
fn total(peer: &dyn Peer) -> impl FnMut(&Asked) -> u64 {
    let mut connection = peer.connect();
    move |asked| {
        let reply = connection.ask(asked);
        assert_eq!(reply.shown as u64, reply.total.min(peers::SHOWN as u64), "{}", asked.text);
        reply.total
    }
}

/// Where the time of our search goes, each query asked once in each way on one thread.
fn parts(corpus: &Corpus, ours: &Ours, pieces: &str) -> Vec<String> {
    let mut lines = vec![
        format!(
            "\nWhere the time goes, {pieces}, in process, one thread, ms (all words: at least 20 documents have all; relaxed: the others):\n"
        ),
        "| asked for | all words: mean / p50 / p99 | relaxed: mean / p50 / p99 |\n|---|---|---|".to_owned(),
    ];
    let is_relaxed: Vec<bool> = corpus.queries.iter().map(|asked| ours.find(asked, false).relaxed).collect();
    let (one, page) = (Limit::new(1).unwrap(), Limit::default());
    let ways: [(&str, Limit, &[Facet]); 4] = [
        ("count and the best result, never relaxed", one, &[]),
        ("20 results", page, &[]),
        ("20 results, one facet", page, &[Facet::Province]),
        ("20 results, all facets", page, &Facet::SHOWN),
    ];
    for (name, limit, facets) in ways {
        let mut times = [Vec::new(), Vec::new()];
        for (asked, relaxed) in corpus.queries.iter().zip(&is_relaxed) {
            ours.forget();
            let started = Instant::now();
            ours.find_page(asked, limit, facets);
            times[usize::from(*relaxed)].push(started.elapsed().as_secs_f64() * 1e3);
        }
        let cells = times.map(|mut times_ms| {
            times_ms.sort_by(f64::total_cmp);
            let mean = times_ms.iter().sum::<f64>() / times_ms.len() as f64;
            let cell = Cell { times_ms, per_second: 0.0 };
            format!("{mean:.2} / {:.2} / {:.2}", cell.at(0.5), cell.at(0.99))
        });
        lines.push(format!("| {name} | {} | {} |", cells[0], cells[1]));
    }
    let mut times_ms = Vec::new();
    for asked in &corpus.queries {
        let letters: Vec<char> = asked.text.chars().collect();
        for typed in (3..=letters.len().min(12)).map(|length| letters[..length].iter().collect::<String>()) {
            let started = Instant::now();
            ours.suggest(&typed, asked.lang);
            times_ms.push(started.elapsed().as_secs_f64() * 1e3);
        }
    }
    times_ms.sort_by(f64::total_cmp);
    let count = times_ms.len();
    let cell = Cell { times_ms, per_second: 0.0 };
    lines.push(format!(
        "\nSuggestions for the first 3 to 12 letters of each query, {count} in all: p50 {:.2}, p99 {:.2}, longest {:.2} ms.",
        cell.at(0.5),
        cell.at(0.99),
        cell.at(1.0)
    ));
    lines.push(format!("\n{} of {} queries are relaxed.", is_relaxed.iter().filter(|r| **r).count(), is_relaxed.len()));
    lines
}

/// Ours, asked everything for the first time.
struct Afresh<'a> {
    peer: &'a dyn Peer,
    ours: &'a Ours,
}

struct AfreshConnection<'a> {
    inner: Box<dyn load::Connection + 'a>,
    ours: &'a Ours,
}

impl Peer for Afresh<'_> {
    fn connect(&self) -> Box<dyn load::Connection + '_> {
        Box::new(AfreshConnection { inner: self.peer.connect(), ours: self.ours })
    }
}

impl load::Connection for AfreshConnection<'_> {
    fn ask(&mut self, asked: &Asked) -> Reply {
        self.ours.forget();
        self.inner.ask(asked)
    }
}

/// Our search in process and over HTTP, asked for the first time and asked before.
fn measure_ours(report: &mut Report<'_>, ours: &Ours) {
    let corpus = report.corpus;
    report.count("innospace", true, |asked| ours.count(asked));
    for (all_facets, facets) in [(false, "one facet"), (true, "all facets")] {
        let find = |asked: &Asked| ours::reply(&ours.find(asked, all_facets));
        let http = ours.http(&corpus.queries, all_facets);
        let ways: [(&str, &dyn Peer); 2] = [("in process", &find), ("over HTTP", &http)];
        for (way, peer) in ways {
            let name = format!("innospace {way}, {facets}");
            report.measure(&name, "as typed", &Afresh { peer, ours });
            report.measure(&format!("{name}, asked before"), "as typed", peer);
        }
    }
}

/// A server that does nothing, for what HTTP and the load cost.
fn empty(runtime: &tokio::runtime::Runtime, queries: &[Asked]) -> load::Http {
    let listener = runtime.block_on(tokio::net::TcpListener::bind("127.0.0.1:0")).unwrap();
    let address = listener.local_addr().unwrap();
    let service = axum::Router::new().fallback(async || "{}");
    runtime.spawn(async move { axum::serve(listener, service).await.unwrap() });
    load::Http { address, paths: vec!["/".to_owned(); queries.len()] }
}

fn main() {
    let options = Options::read();
    let folder = tempfile::tempdir().unwrap();
    let work = options.work.clone().unwrap_or_else(|| folder.path().to_owned()).join(format!("speed-{}", std::process::id()));
    std::fs::create_dir_all(&work).unwrap();
    let wants = |name: &str| options.only.iter().any(|o| o == name);
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();

    let corpus = Corpus::open(&options.data, options.documents);
    let started = Instant::now();
    corpus.each(drop);
    let reading = started.elapsed().as_secs_f64();
    let length = Duration::from_secs(options.seconds);
    let mut report = Report { corpus: &corpus, length, built: Vec::new(), asked: Vec::new(), counts: Vec::new(), scanned: Vec::new() };
    if corpus.is_real() {
        report.scanned = corpus.naive_counts(&counted(&corpus));
    }
    let mut remarks = Vec::new();

    if wants("ours") || wants("hostile") {
        let dir = work.join("ours");
        let ours = report.build("innospace", || Ours::build(&corpus, &dir, &runtime), |_| size_mb(&dir.join("index")));
        if wants("ours") {
            remarks.extend(parts(&corpus, &ours, "in the pieces of a rebuild"));
        }
        report.build("innospace, pieces joined", || runtime.block_on(ours.search.join_pieces()).unwrap(), |()| size_mb(&dir.join("index")));
        if wants("hostile") {
            remarks.extend(hostile::measure(&ours, &corpus, length));
        }
        if wants("ours") {
            measure_ours(&mut report, &ours);
            remarks.extend(parts(&corpus, &ours, "pieces joined"));
        }
        drop(ours);
        std::fs::remove_dir_all(dir).ok();
    }
    if wants("tantivy") {
        let dir = work.join("tantivy");
        let plain = report.build("tantivy, plain", || Plain::build(&corpus, &dir), |_| size_mb(&dir));
        report.count("tantivy, plain", false, total(&|asked: &Asked| -> Reply { plain.ask(asked, false) }));
        for (any, kind) in [(false, "all words"), (true, "any word")] {
            let ask = |asked: &Asked| -> Reply { plain.ask(asked, any) };
            report.measure("tantivy, plain, in process", kind, &ask);
        }
        drop(plain);
        std::fs::remove_dir_all(dir).ok();
    }
    if wants("sqlite") {
        let dir = work.join("sqlite");
        let fts = report.build("SQLite FTS5", || Fts::build(&corpus, &dir), |_| size_mb(&dir));
        report.count("SQLite FTS5", false, total(&fts.asking(false)));
        for (any, kind) in [(false, "all words"), (true, "any word")] {
            report.measure("SQLite FTS5, in process", kind, &fts.asking(any));
        }
        drop(fts);
        std::fs::remove_dir_all(dir).ok();
    }
    if wants("postgres") {
        match report.build("PostgreSQL", || Postgres::build(&corpus), |made| made.as_ref().map_or(f64::NAN, |p| p.index_mb)) {
            Some(postgres) => {
                remarks.push(format!("PostgreSQL {}; its memory is not in this process.", postgres.version));
                report.count("PostgreSQL", false, total(&postgres.asking(false)));
                for (any, kind) in [(false, "all words"), (true, "any word")] {
                    report.measure("PostgreSQL, local socket", kind, &postgres.asking(any));
                }
            }
            None => {
                report.built.pop();
                remarks.push("PostgreSQL is not measured: none is installed and TEST_PG_URL names none.".to_owned());
            }
        }
    }
    if wants("empty") {
        report.measure("an empty axum handler over HTTP", "–", &empty(&runtime, &corpus.queries));
    }
    std::fs::remove_dir_all(&work).ok();

    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    let memory = proc_mb("/proc/meminfo", "MemTotal:") / 1024.0;
    println!(
        "{} documents, {:.0} MB of text; {} queries, half without marks, half narrowed to TRL 4 to 6.",
        corpus.documents,
        corpus.text_mb,
        corpus.queries.len()
    );
    println!(
        "{cores} cores, {memory:.0} GB, {}; the load runs on the same cores. {} s a cell; times in ms.\n",
        Clock::system().now().format("%Y-%m-%d"),
        options.seconds
    );
    println!("| index | seconds | MB | index / text | peak memory MB |\n|---|---|---|---|---|");
    println!("{}\n", report.built.join("\n"));
    println!("Reading the documents alone takes {reading:.1} s, which is in all of them.\n");
    println!(
        "| who | words | 1: p50 / p95 / p99 | /s | 4: p50 / p95 / p99 | /s | 16: p50 / p95 / p99 | /s | {RATE}/s: p50 / p95 / p99 | peak memory MB |"
    );
    println!("|---|---|---|---|---|---|---|---|---|---|");
    println!("{}\n", report.asked.join("\n"));
    println!(
        "Ours is asked as a user types: all words first, less of them where fewer than 20 documents have all. Each answers with 20 \
         titles, the exact count and the counts of one facet; ours with cards and excerpts, and with \"all facets\" those that \
         are shown. Memory counts files that are mapped."
    );
    for line in remarks {
        println!("{line}");
    }
    if !report.counts.is_empty() {
        println!("\nCounts of queries without marks, all words required:\n\n{}", report.counts.join("\n"));
    }
}
