//! Measures how well the search finds, on real texts with known answers, beside a plain BM25 of the same texts.
//!
//! `cargo run --release -p e2e --bin relevance -- DATA_DIR [--tune] [--weights FILE.toml] [--queries N]` with a folder of
//! the public sets that `sets.rs` names. Prints R@1, R@10, nDCG@10 and MRR@100 for each set, with 95 % intervals (bootstrap
//! over the queries) and the difference to BM25. With `--tune` it looks for better weights: every weight in turn is tried
//! a step up and down on half of the queries, and what helps is kept; the other half tells what is real. A set that is only
//! measured is left out of it.

mod bm25;
mod score;
mod sets;

use std::path::{Path, PathBuf};
use std::time::Instant;

use base::{Actor, Clock, Lang, Limit, Vocabularies};
use listings::published::Published;
use search::{Document, Query, Search, Settings, Viewer, Weights};

use crate::bm25::Bm25;
use crate::score::{Figures, of_runs};
use crate::sets::{Ask, Set};

/// How deep results are looked at.
const DEPTH: u16 = 100;

struct Options {
    data: PathBuf,
    tune: bool,
    weights: Option<PathBuf>,
    queries: usize,
    only: Option<String>,
}

fn options() -> Options {
    let mut out = Options { data: PathBuf::new(), tune: false, weights: None, queries: 600, only: None };
    let mut args = std::env::args().skip(1);
    while let Some(arg) = args.next() {
        let mut value = || args.next().unwrap_or_else(|| panic!("{arg} wants a value"));
        match arg.as_str() {
            "--tune" => out.tune = true,
            "--weights" => out.weights = Some(value().into()),
            "--queries" => out.queries = value().parse().expect("a number of queries"),
            "--only" => out.only = Some(value()),
            _ => out.data = arg.into(),
        }
    }
    assert!(out.data.is_dir(), "usage: relevance DATA_DIR [--tune] [--weights FILE.toml] [--queries N] [--only SET]");
    out
}

/// A set whose index is built.
struct Built {
    set: Set,
    search: Search,
    _dir: tempfile::TempDir,
}

fn build(set: Set) -> Built {
    let vocabularies = std::sync::Arc::new(Vocabularies::built_in().unwrap());
    let dir = tempfile::tempdir().unwrap();
    let settings = Settings::default();
    let opened = Search::open(dir.path(), settings, std::sync::Arc::clone(&vocabularies), Clock::system()).unwrap();
    let mut rebuild = opened.search.rebuild().unwrap();
    for (n, text) in set.texts.iter().enumerate() {
        let published: Published = text.published(n);
        rebuild.add(&Document::listing(&published, &vocabularies).unwrap()).unwrap();
    }
    rebuild.finish(0).unwrap();
    Built { set, search: opened.search, _dir: dir }
}

/// What our search finds for one query, best first, as ids of the set.
fn ours(search: &Search, ask: &Ask, text: &str) -> Vec<String> {
    let depth = Limit::new(DEPTH).unwrap();
    let query = Query { text: text.to_owned(), limit: depth, enough: depth, ..Query::default() };
    let viewer = Viewer::of(&Actor::anonymous(Lang::Vi));
    let found = search.find(&query, &viewer).unwrap();
    found.items.into_iter().filter_map(|hit| hit.card.external_id).filter(|id| Some(id) != ask.besides.as_ref()).collect()
}

fn measure(built: &Built, asks: &[&Ask], marked: bool) -> Figures {
    let runs = asks.iter().map(|ask| (&ask.right, ours(&built.search, ask, &ask.text(marked))));
    of_runs(runs)
}

fn table_line(name: &str, engine: &str, figures: &Figures, against: Option<&Figures>) {
    let [r1, r10, ndcg, mrr] = figures.means();
    let low_high = figures.interval();
    let difference = against.map_or_else(String::new, |other| {
        let (mean, low, high) = figures.difference(other);
        let share = mean / other.means()[2].max(1e-9) * 100.0;
        format!("{mean:+.3} ({low:+.3} to {high:+.3}), {share:+.0} %")
    });
    println!(
        "| {name} | {engine} | {} | {r1:.3} | {r10:.3} | {ndcg:.3} ({:.3} to {:.3}) | {mrr:.3} | {difference} |",
        figures.len(),
        low_high.0,
        low_high.1
    );
}

fn report(all: &[Built]) {
    println!("| set | engine | queries | R@1 | R@10 | nDCG@10 (95 %) | MRR | nDCG@10 against BM25 (95 %) |");
    println!("|---|---|---|---|---|---|---|---|");
    for built in all {
        let asks: Vec<&Ask> = built.set.asks.iter().collect();
        let ways: &[(bool, &str)] =
            if built.set.lang == Lang::Vi { &[(true, "with marks"), (false, "without marks")] } else { &[(true, "as typed")] };
        let mut with_marks = 0.0;
        for (marked, way) in ways {
            let bm25 = Bm25::new(&built.set.texts, !marked);
            let plain =
                of_runs(asks.iter().map(|ask| (&ask.right, bm25.find(&ask.text(*marked), ask.besides.as_deref(), usize::from(DEPTH)))));
            let started = Instant::now();
            let figures = measure(built, &asks, *marked);
            let each = started.elapsed().as_secs_f64() * 1e3 / asks.len().max(1) as f64;
            let name = format!("{}, {way}", built.set.name);
            table_line(&name, "BM25", &plain, None);
            table_line(&name, "innospace", &figures, Some(&plain));
            eprintln!("{name}: {each:.1} ms a query");
            if *marked {
                with_marks = figures.means()[2];
            } else {
                println!("| {name} | kept without marks | | | | {:.0} % | | |", figures.means()[2] / with_marks * 100.0);
            }
        }
    }
}

/// The mean nDCG@10 over the sets, with and without marks, for every second query.
fn total(all: &[Built], weights: &Weights, half: usize) -> f64 {
    let mut sum = 0.0;
    let mut count = 0.0;
    for built in all.iter().filter(|built| built.set.is_tuned) {
        built.search.set_weights(weights.clone());
        let asks: Vec<&Ask> = built.set.asks.iter().skip(half).step_by(2).collect();
        let ways: &[bool] = if built.set.lang == Lang::Vi { &[true, false] } else { &[true] };
        for marked in ways {
            sum += measure(built, &asks, *marked).means()[2];
            count += 1.0;
        }
    }
    sum / count
}

fn tune(all: &[Built], start: Weights) -> Weights {
    let mut best = start;
    let mut best_total = total(all, &best, 0);
    println!("start: {best_total:.4} on one half, {:.4} on the other", total(all, &best, 1));
    let names: Vec<String> = match toml::Value::try_from(&best).unwrap() {
        toml::Value::Table(table) => table.keys().filter(|k| sets::TUNED.contains(&k.as_str())).cloned().collect(),
        _ => Vec::new(),
    };
    for step in [2.0, 1.4, 1.2_f64] {
        for name in &names {
            for factor in [step, 1.0 / step] {
                let mut table = toml::Value::try_from(&best).unwrap();
                let Some(value) = table.get(name).and_then(toml::Value::as_float) else { continue };
                let changed = if value == 0.0 { 0.1 * factor } else { value * factor };
                table.as_table_mut().unwrap().insert(name.clone(), toml::Value::Float(changed));
                let weights: Weights = table.try_into().unwrap();
                let now = total(all, &weights, 0);
                if now > best_total + 0.000_3 {
                    println!("{name} {value:.3} -> {changed:.3}: {now:.4} (other half {:.4})", total(all, &weights, 1));
                    best = weights;
                    best_total = now;
                    break;
                }
            }
        }
    }
    println!("end: {best_total:.4} on one half, {:.4} on the other", total(all, &best, 1));
    best
}

fn read_weights(path: Option<&Path>) -> Weights {
    path.map_or_else(Weights::default, |p| toml::from_str(&std::fs::read_to_string(p).expect("the weights")).expect("weights as TOML"))
}

fn main() {
    let options = options();
    let weights = read_weights(options.weights.as_deref());
    let mut all = Vec::new();
    for set in sets::read(&options.data, options.queries) {
        if options.only.as_ref().is_some_and(|only| !set.name.contains(only.as_str())) {
            continue;
        }
        let started = Instant::now();
        let (texts, name) = (set.texts.len(), set.name.clone());
        let built = build(set);
        built.search.set_weights(weights.clone());
        eprintln!("{name}: {texts} texts indexed in {:.1} s", started.elapsed().as_secs_f64());
        all.push(built);
    }
    if options.tune {
        let best = tune(&all, weights);
        println!("\n{}", toml::to_string(&best).unwrap());
        for built in &all {
            built.search.set_weights(best.clone());
        }
    }
    report(&all);
}
