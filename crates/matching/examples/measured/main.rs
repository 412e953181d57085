//! Measures matching on a folder of public data: `cargo run --release -p matching --example measured -- FOLDER`.
//!
//! Two tasks: the awards of one topic, each asked for the others (`same_topic.tsv.gz`, awards in `offers_en.jsonl.gz`), and
//! topics asked for their awards (`needs_en.jsonl.gz`, judged by the topic code that both carry, or by `topic_awards.tsv.gz` with
//! a topic's and an award's id on each line). Printed are R@1, R@10, nDCG@10 and MRR with 95 % intervals (a bootstrap over
//! components of what was judged), ours beside plain BM25, with the title, with title and abstract and with the full text as the
//! query, and for topics with awards indexed without their titles, too. Then the weights are fitted to one half of the components,
//! with cross-validation and from a neutral start, and told of the half that was kept aside, with the table and the points of
//! the calibration.
//!
//! `--quick` fits nothing, `--every N` asks every N-th query alone, `--set NAME=VALUE` tries a weight, `--table` prints the
//! fitted weights as a table of the settings.
#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    clippy::panic,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_precision_loss,
    missing_docs
)]

mod data;
mod figures;
mod plain;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use base::{Actor, Clock, Lang, ListingId, Vocabularies};
use listings::Kind;
use listings::content::Content;
use listings::published::Published;
use matching::tuning::{self, Question, components, part_of};
use matching::{Engine, Reader, Side, Units, Weights};
use search::{Document, Search, Settings, Viewer};

use data::{Reading, Text, id_at, moment, place_of, published};
use figures::{Figures, measure, print, print_difference};
use plain::Plain;

const READINGS: [Reading; 3] = [Reading::Title, Reading::TitleAndAbstract, Reading::Full];
/// Into how many parts the components are divided, of which one is kept aside.
const PARTS: usize = 2;

/// What is asked with, and what belongs to it.
struct Query {
    text: Text,
    /// Its place among the awards, if it is one.
    own: Option<usize>,
    right: BTreeSet<usize>,
    component: String,
}

impl Query {
    fn content(&self, reading: Reading) -> Content {
        if self.own.is_some() { self.text.technology(reading) } else { self.text.need(reading) }
    }

    fn is_kept_aside(&self) -> bool {
        part_of(&self.component, PARTS) == 0
    }
}

/// Queries of one sort.
struct Task {
    name: &'static str,
    queries: Vec<Query>,
}

impl Task {
    fn all(&self) -> Vec<&Query> {
        self.queries.iter().collect()
    }

    fn half(&self, aside: bool) -> Vec<&Query> {
        self.queries.iter().filter(|query| query.is_kept_aside() == aside).collect()
    }
}

/// The awards as a space has them.
struct Space {
    all: Vec<Published>,
    search: Search,
    vocabularies: Arc<Vocabularies>,
    units: Arc<Units>,
}

impl Space {
    fn new(awards: &[Text], reading: Reading) -> Self {
        let all: Vec<Published> = awards.iter().enumerate().map(|(place, award)| published(place, award, reading)).collect();
        let vocabularies = Arc::new(Vocabularies::built_in().unwrap());
        let search = Search::in_memory(Settings::default(), Arc::clone(&vocabularies), Clock::system()).unwrap();
        let started = Instant::now();
        let mut rebuild = search.rebuild().unwrap();
        for one in &all {
            rebuild.add(&Document::listing(one, &vocabularies).unwrap()).unwrap();
        }
        rebuild.finish(1).unwrap();
        eprintln!("{} awards, {}, indexed in {:.1} s", all.len(), reading.name(), started.elapsed().as_secs_f64());
        Self { all, search, vocabularies, units: Arc::new(Units::built_in().unwrap()) }
    }

    fn engine(&self, weights: &Weights) -> Engine {
        Engine::new(self.search.clone(), Arc::clone(&self.vocabularies), Arc::clone(&self.units), weights.clone())
    }

    /// Hands over a query's side with the candidates that the engine finds for it, and how long that took.
    fn ask<T>(&self, engine: &Engine, query: &Query, reading: Reading, work: impl FnOnce(&Side<'_>, &[Published], Duration) -> T) -> T {
        let content = query.content(reading);
        let known = query.own.map_or_else(|| Side::unstored(&content).known, |own| Side::of(&self.all[own]).known);
        let side = Side { id: query.own.map(id_at), content: &content, known, vector: None };
        let at = Instant::now();
        let ids = engine.candidates(&side, &BTreeSet::from([Kind::Technology]), &Viewer::of(&Actor::anonymous(Lang::En))).unwrap();
        let found: Vec<Published> = ids.into_iter().map(|id| self.all[place_of(id)].clone()).collect();
        work(&side, &found, at.elapsed())
    }
}

fn reader() -> Reader {
    Reader { lang: Lang::En, now: moment(), explain: false }
}

/// What came out for some queries.
#[derive(Default)]
struct Run {
    per: Vec<Figures>,
    /// In the order in which the index brings candidates.
    candidates: Vec<Figures>,
    /// What each pair that is shown is told as, and whether it is right.
    told: Vec<(f64, bool)>,
    times: Vec<Duration>,
    finding: Duration,
    /// The share of right ones among the candidates, summed up.
    reached: f64,
}

fn ours(space: &Space, weights: &Weights, queries: &[&Query], reading: Reading) -> Run {
    let engine = space.engine(weights);
    let mut run = Run::default();
    for (n, query) in queries.iter().enumerate() {
        space.ask(&engine, query, reading, |side, found, finding| {
            let at = Instant::now();
            let mut verdicts = engine.judge(side, found, reader()).unwrap();
            verdicts.retain(|one| !one.is_excluded());
            engine.explain(side, &verdicts.iter().take(20).collect::<Vec<_>>(), reader()).unwrap();
            run.times.push(finding + at.elapsed());
            run.finding += finding;
            let ranked: Vec<usize> = verdicts.iter().map(|one| place_of(one.listing.id)).collect();
            run.told.extend(verdicts.iter().zip(&ranked).map(|(one, place)| (f64::from(one.score_ppm) / 1e6, query.right.contains(place))));
            let candidates: Vec<usize> = found.iter().map(|one| place_of(one.id)).collect();
            run.reached += candidates.iter().filter(|place| query.right.contains(place)).count() as f64 / query.right.len() as f64;
            let of = |ranked: &[usize]| Figures { component: query.component.clone(), figures: measure(&query.right, ranked) };
            run.per.push(of(&ranked));
            run.candidates.push(of(&candidates));
        });
        if (n + 1).is_multiple_of(100) {
            eprintln!("{} of {} queries, {}", n + 1, queries.len(), reading.name());
        }
    }
    run
}

fn plainly(plain: &Plain, queries: &[&Query], reading: Reading) -> Vec<Figures> {
    let of = |query: &&Query| {
        let ranked = plain.rank(&query.text.words(reading), query.own);
        Figures { component: query.component.clone(), figures: measure(&query.right, &ranked) }
    };
    queries.iter().map(of).collect()
}

/// Ours and plain BM25 with each reading of the query; gives what came out with the full text.
fn compare(task: &Task, space: &Space, plain: &Plain, weights: &Weights, indexed: Reading) -> Option<(Run, Vec<Figures>)> {
    let mut last = None;
    println!("\n{}, {} queries; awards indexed with {}", task.name, task.queries.len(), indexed.name());
    for reading in READINGS {
        let run = ours(space, weights, &task.all(), reading);
        let beside = plainly(plain, &task.all(), reading);
        print(&format!("ours, query: {}", reading.name()), &run.per);
        print(&format!("plain BM25, query: {}", reading.name()), &beside);
        print_difference("  ours less plain BM25", &run.per, &beside);
        last = Some((run, beside));
    }
    last
}

/// How long it took, and how much the index brings.
fn tell_costs(mut run: Run) {
    if run.per.is_empty() {
        return;
    }
    print("candidates as the index orders them, full text", &run.candidates);
    let queries = run.per.len();
    run.times.sort();
    let at = |share: usize| run.times[(queries - 1) * share / 100].as_secs_f64() * 1e3;
    println!(
        "among the candidates {:.3}; candidates {:.1} ms in the mean; with judging and 20 explanations p50 {:.0} ms, p99 {:.0} ms",
        run.reached / queries as f64,
        run.finding.as_secs_f64() * 1e3 / queries as f64,
        at(50),
        at(99)
    );
}

/// The questions that weights are fitted to.
fn questions(space: &Space, weights: &Weights, queries: &[&Query]) -> Vec<Question> {
    let engine = space.engine(weights);
    let of = |query: &&Query| {
        space.ask(&engine, query, Reading::Full, |side, found, _| {
            let good = |id: ListingId| query.right.contains(&place_of(id)).then_some(true);
            let mut question = Question::new(&engine, side, found, moment(), good).unwrap();
            let reached = question.candidates.iter().filter(|one| one.good.is_some()).count();
            question.component.clone_from(&query.component);
            (question.complete, question.unreached) = (true, query.right.len() - reached);
            question
        })
    };
    queries.iter().map(of).collect()
}

/// Fits the weights to the half that is not kept aside, and tells of both.
fn fitted(space: &Space, weights: &Weights, task: &Task) -> Option<tuning::Fit> {
    let others = task.half(false);
    eprintln!("{}: {} queries are taken apart", task.name, others.len());
    let questions = questions(space, weights, &others);
    let options = tuning::Options { folds: 5, force: false, calibrate: true, words: false };
    let (at, most, mut steps) = (Instant::now(), tuning::most_steps(options), 0_u64);
    let fit = tuning::fit(&questions, weights, options, &mut || {
        steps += 1;
        if steps.is_multiple_of(200) {
            eprintln!("{steps} of at most {most} steps, {:.1} a second", steps as f64 / at.elapsed().as_secs_f64());
        }
    });
    match fit {
        Ok(fit) => Some(fit),
        Err(why) => {
            println!("nothing was fitted: {why}");
            None
        }
    }
}

/// What the half that was kept aside comes to with the weights in use, with those fitted to the others and with plain BM25.
fn tell_aside(space: &Space, weights: &Weights, task: &Task, beside: &[Figures], as_table: bool) {
    let aside = task.half(true);
    let parts = |queries: &[&Query]| queries.iter().map(|query| query.component.as_str()).collect::<BTreeSet<_>>().len();
    let others = task.half(false);
    println!(
        "\n{}: {} queries of {} components are kept aside, by a hash of each component; {} of {} components are fitted to, full text",
        task.name,
        aside.len(),
        parts(&aside),
        others.len(),
        parts(&others)
    );
    let Some(fit) = fitted(space, weights, task) else { return };
    println!(
        "cross-validated on the half that is fitted to, nDCG@10 in {} folds of {} components: in use {:.3} ± {:.3}, fitted {:.3} ± {:.3}, difference {:.3} ± {:.3}{}",
        fit.folds.len(),
        fit.components,
        fit.before.mean,
        fit.before.give_or_take,
        fit.after.mean,
        fit.after.give_or_take,
        fit.difference.mean,
        fit.difference.give_or_take,
        if fit.is_better { "" } else { ": not better beyond chance, so the weights in use stay" }
    );
    fit.moved.iter().for_each(|moved| println!("  {} {} → {}", moved.weight, moved.from, moved.to));
    let plain: Vec<Figures> =
        task.queries.iter().zip(beside).filter(|(query, _)| query.is_kept_aside()).map(|(_, one)| one.clone()).collect();
    let now = ours(space, weights, &aside, Reading::Full);
    let then = ours(space, &fit.weights, &aside, Reading::Full);
    print("kept aside: plain BM25", &plain);
    print("kept aside: weights in use (may have seen these queries)", &now.per);
    print("kept aside: weights fitted to the others", &then.per);
    print_difference("  fitted less plain BM25", &then.per, &plain);
    print_difference("  fitted less in use", &then.per, &now.per);
    tell_calibration(&then.told, &fit);
    if as_table {
        println!("{}", toml::to_string(&BTreeMap::from([("matching", &fit.weights)])).unwrap());
    }
}

/// Told scores in tenths against the share that was judged good, and the points as the settings take them.
fn tell_calibration(told: &[(f64, bool)], fit: &tuning::Fit) {
    println!("kept aside, pairs that are shown, by what is told of them; unjudged ones count as not good, so shares are lower bounds:");
    for tenth in 0..10_usize {
        let in_it = |(score, _): &&(f64, bool)| ((score * 10.0) as usize).min(9) == tenth;
        let some: Vec<&(f64, bool)> = told.iter().filter(in_it).collect();
        if some.is_empty() {
            continue;
        }
        let (count, good) = (some.len() as f64, some.iter().filter(|(_, good)| *good).count());
        let mean = some.iter().map(|(score, _)| score).sum::<f64>() / count;
        println!(
            "  told {:.1} to {:.1}: {:>6} pairs, mean told {mean:.3}, good {:.3} ({good})",
            tenth as f64 / 10.0,
            (tenth + 1) as f64 / 10.0,
            some.len(),
            good as f64 / count
        );
    }
    match fit.calibrated {
        Some(_) => println!("for the settings, of the half that was fitted to: calibration = {:?}", fit.weights.calibration.knots()),
        None => println!("too few pairs were judged to say shares: no calibration"),
    }
}

/// The values behind a flag.
fn valued<'a>(args: &'a [String], flag: &str) -> Vec<&'a String> {
    args.iter().zip(args.iter().skip(1)).filter(|(name, _)| *name == flag).map(|(_, value)| value).collect()
}

fn weights(args: &[String]) -> Weights {
    let mut weights = serde_json::to_value(Weights::default()).unwrap();
    for pair in valued(args, "--set") {
        let (name, value) = pair.split_once('=').expect("NAME=VALUE");
        let pointer = format!("/{}", name.replace('.', "/"));
        *weights.pointer_mut(&pointer).expect("a weight") = serde_json::from_str(value).unwrap();
    }
    serde_json::from_value(weights).unwrap()
}

/// Which topics and awards belong together, as far as the folder says so.
fn topic_pairs(folder: &Path, topics: &[Text], awards: &[Text]) -> Vec<(String, String)> {
    let file: PathBuf = folder.join("topic_awards.tsv.gz");
    if file.exists() { data::pairs(&file) } else { data::of_one_code(topics, awards) }
}

fn tasks(folder: &Path, awards: &[Text], every: usize) -> [Task; 2] {
    let places: HashMap<String, usize> = awards.iter().enumerate().map(|(place, award)| (award.id.clone(), place)).collect();
    let topics = data::texts(&folder.join("needs_en.jsonl.gz"), &["objective", "description"]);
    let same = data::pairs(&folder.join("same_topic.tsv.gz"));
    let of_topics = topic_pairs(folder, &topics, awards);
    // One graph over both, so that what is kept aside of one task is not fitted to through the other.
    let of_component = components(same.iter().chain(&of_topics).cloned());
    let topics: HashMap<String, Text> = topics.into_iter().map(|topic| (topic.id.clone(), topic)).collect();
    let queries = |pairs: &[(String, String)]| -> Vec<Query> {
        let right = data::right_ones(pairs, &places).into_iter().step_by(every);
        let query = |(id, right): (String, BTreeSet<usize>)| {
            let own = places.get(&id).copied();
            let text = own.map_or_else(|| topics.get(&id), |own| awards.get(own))?.clone();
            Some(Query { text, own, right, component: of_component.get(&id).cloned().unwrap_or(id) })
        };
        right.filter_map(query).collect()
    };
    [
        Task { name: "awards of one topic, each asked for the others", queries: queries(&same) },
        Task { name: "topics asked for their awards", queries: queries(&of_topics) },
    ]
}

fn main() {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let folder = Path::new(args.first().expect("a folder with offers_en.jsonl.gz, needs_en.jsonl.gz and same_topic.tsv.gz"));
    let has = |flag: &str| args.iter().any(|arg| arg == flag);
    let weights = weights(&args);
    let every = valued(&args, "--every").first().map_or(1, |n| n.parse::<usize>().unwrap().max(1));
    let awards = data::texts(&folder.join("offers_en.jsonl.gz"), &["abstract"]);
    let tasks = tasks(folder, &awards, every);
    let is_there = |task: &&Task| !task.queries.is_empty();
    for task in tasks.iter().filter(|task| !is_there(task)) {
        println!(
            "{}: NOT MEASURED. No pairs are given: no topic and award have a topic_code in common, and there is no topic_awards.tsv.gz",
            task.name
        );
    }
    {
        let plain = Plain::new(awards.iter().map(|award| award.words(Reading::Full)));
        let space = Space::new(&awards, Reading::Full);
        for task in tasks.iter().filter(is_there) {
            let Some((run, beside)) = compare(task, &space, &plain, &weights, Reading::Full) else { continue };
            tell_costs(run);
            if !has("--quick") {
                tell_aside(&space, &weights, task, &beside, has("--table"));
            }
        }
    }
    // One index after the other, so that both are never in memory at once.
    let of_topics = &tasks[1];
    if is_there(&of_topics) {
        let plain = Plain::new(awards.iter().map(|award| award.words(Reading::Untitled)));
        let space = Space::new(&awards, Reading::Untitled);
        compare(of_topics, &space, &plain, &weights, Reading::Untitled);
    }
}
