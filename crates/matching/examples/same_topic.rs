//! Measures matching on a folder of public data: `cargo run --release -p matching --example same_topic -- FOLDER`.
//!
//! Reads `offers_en.jsonl.gz` as technologies and asks for those similar to each one of `same_topic.tsv.gz`; prints
//! R@1, R@10, nDCG@10 and MRR with 95 % intervals beside plain BM25 (k1 1.2, b 0.75, stems) in the same run. With
//! `--as-needs` the queries are read as needs without a title; with `--set NAME=VALUE` a weight is tried, with `--every N` on
//! every N-th query alone and with `--quick` without plain BM25. With `--fit` the weights are fitted to the pairs instead, as
//! `innospace fit --complete` does: the figures come as JSON, the weights as a table of the settings.
#![allow(
    clippy::print_stdout,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    missing_docs
)]

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use base::text::LocalisedList;
use base::{Actor, Clock, Lang, ListingId, Localised, PartyId, Vocabularies};
use listings::Kind;
use listings::content::{Content, Need, Technology};
use listings::published::{Audience, Owner, Provenance, Published};
use matching::tuning::{self, Question};
use matching::{Engine, Reader, Side, Units, Weights};
use search::{Document, Search, Settings, Viewer};
use uuid::Uuid;

fn lines(path: &Path) -> impl Iterator<Item = String> {
    BufReader::new(flate2::read::GzDecoder::new(std::fs::File::open(path).unwrap())).lines().map(Result::unwrap)
}

fn cut(text: &str, chars: usize) -> &str {
    text.char_indices().nth(chars).map_or(text, |(at, _)| text[..at].rsplit_once(' ').map_or(&text[..at], |(head, _)| head))
}

struct Offer {
    id: String,
    title: String,
    body: String,
    keywords: String,
}

fn technology(offer: &Offer) -> Content {
    let of = |words: &str| Localised::of(Lang::En, words);
    let keywords: Vec<String> = offer.keywords.split([',', ';']).map(|k| k.trim().to_owned()).filter(|k| !k.is_empty()).take(5).collect();
    Content::Technology(Box::new(Technology {
        title: of(cut(&offer.title, 256)),
        summary: of(cut(&offer.body, 500)),
        description: of(cut(&offer.body, 4_000)),
        keywords: LocalisedList(if keywords.is_empty() { BTreeMap::new() } else { [(Lang::En, keywords)].into() }),
        ..Technology::default()
    }))
}

fn published(n: usize, offer: &Offer) -> Published {
    let at = chrono::DateTime::from_timestamp(1_750_000_000, 0).unwrap();
    Published {
        id: ListingId(Uuid::from_u128(u128::try_from(n).unwrap() + 1)),
        kind: Kind::Technology,
        code: format!("CN-2026-{n:06}"),
        slug: format!("offer-{n}"),
        version: 1,
        revision: 1,
        owner: Owner {
            id: PartyId(Uuid::from_u128(1)),
            name: Localised::of(Lang::En, "Owner"),
            party_type: "enterprise".into(),
            province: None,
            commune: None,
            verification: "document".into(),
        },
        source_lang: Lang::En,
        content: technology(offer),
        audience: Audience::Public,
        published_at: at,
        out_since: at,
        confirmed_at: at,
        expires_at: at,
        completeness: 50,
        provenance: Provenance { origin: "import".into(), source: None, external_id: Some(offer.id.clone()), licence: None },
    }
}

/// BM25 as textbooks have it, over stems.
struct Plain {
    postings: HashMap<String, Vec<(usize, f32)>>,
    lengths: Vec<f32>,
    mean: f32,
}

fn stems(text: &str) -> Vec<String> {
    let mut all = Vec::new();
    search::analysis::words(&search::analysis::nfc(text), |w| all.push(search::analysis::stem(&w.folded).into_owned()));
    all
}

impl Plain {
    fn new(texts: impl Iterator<Item = String>) -> Self {
        let (mut postings, mut lengths): (HashMap<String, Vec<(usize, f32)>>, _) = (HashMap::new(), Vec::new());
        for (n, text) in texts.enumerate() {
            let words = stems(&text);
            lengths.push(words.len() as f32);
            let mut times: HashMap<String, f32> = HashMap::new();
            words.into_iter().for_each(|w| *times.entry(w).or_default() += 1.0);
            times.into_iter().for_each(|(w, t)| postings.entry(w).or_default().push((n, t)));
        }
        let mean = lengths.iter().sum::<f32>() / lengths.len() as f32;
        Self { postings, lengths, mean }
    }

    fn rank(&self, text: &str, without: usize) -> Vec<usize> {
        let mut scores = vec![0.0_f32; self.lengths.len()];
        for word in stems(text) {
            let Some(list) = self.postings.get(&word) else { continue };
            let (all, with) = (self.lengths.len() as f32, list.len() as f32);
            let idf = (1.0 + (all - with + 0.5) / (with + 0.5)).ln();
            for (n, times) in list {
                scores[*n] += idf * times * 2.2 / (times + 1.2 * (0.25 + 0.75 * self.lengths[*n] / self.mean));
            }
        }
        scores[without] = f32::MIN;
        let mut order: Vec<usize> = (0..scores.len()).collect();
        order.sort_by(|a, b| scores[*b].total_cmp(&scores[*a]).then(a.cmp(b)));
        order.truncate(100);
        order
    }
}

/// R@1, R@10, nDCG@10, MRR of one query.
fn measure(relevant: &HashSet<usize>, ranked: &[usize]) -> [f64; 4] {
    let hits: Vec<usize> = ranked.iter().enumerate().filter(|(_, d)| relevant.contains(d)).map(|(n, _)| n + 1).collect();
    let share = |k: usize| hits.iter().filter(|h| **h <= k).count() as f64 / relevant.len() as f64;
    let gain = |at: usize| 1.0 / ((at + 1) as f64).log2();
    let ideal: f64 = (1..=relevant.len().min(10)).map(gain).sum();
    let dcg: f64 = hits.iter().filter(|h| **h <= 10).map(|h| gain(*h)).sum();
    [share(1), share(10), dcg / ideal, hits.first().map_or(0.0, |h| 1.0 / *h as f64)]
}

fn print(name: &str, per: &[[f64; 4]]) {
    let mut line = format!("{name:<34}");
    for (n, metric) in ["R@1", "R@10", "nDCG@10", "MRR"].iter().enumerate() {
        let count = per.len() as f64;
        let mean = per.iter().map(|p| p[n]).sum::<f64>() / count;
        let variance = per.iter().map(|p| (p[n] - mean).powi(2)).sum::<f64>() / (count - 1.0).max(1.0);
        line += &format!("  {metric} {mean:.3} ± {:.3}", 1.96 * (variance / count).sqrt());
    }
    println!("{line}");
}

/// Fits the weights to what was judged and prints what came of it.
fn fit(questions: &[Question], start: &Weights, force: bool) {
    let (at, mut steps) = (Instant::now(), 0_u64);
    let options = tuning::Options { folds: 5, force, calibrate: true, words: false };
    let fit = tuning::fit(questions, start, options, &mut || {
        steps += 1;
        if steps.is_multiple_of(100) {
            eprintln!("{steps} steps, {:.1} a second", steps as f64 / at.elapsed().as_secs_f64());
        }
    })
    .unwrap();
    println!("{}", serde_json::to_string_pretty(&fit).unwrap());
    println!("{}", toml::to_string(&BTreeMap::from([("matching", &fit.weights)])).unwrap());
    println!("# {steps} steps in {:.0} s", at.elapsed().as_secs_f64());
}

fn main() {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let folder = Path::new(args.first().expect("a folder with offers_en.jsonl.gz and same_topic.tsv.gz"));
    let as_needs = args.iter().any(|a| a == "--as-needs");
    let mut weights = serde_json::to_value(Weights::default()).unwrap();
    for pair in args.iter().zip(args.iter().skip(1)).filter(|(flag, _)| *flag == "--set").map(|(_, pair)| pair) {
        let (name, value) = pair.split_once('=').expect("NAME=VALUE");
        let pointer = format!("/{}", name.replace('.', "/"));
        *weights.pointer_mut(&pointer).expect("a weight") = serde_json::from_str(value).unwrap();
    }
    let weights: Weights = serde_json::from_value(weights).unwrap();

    let offers: Vec<Offer> = lines(&folder.join("offers_en.jsonl.gz"))
        .map(|line| {
            let row: serde_json::Value = serde_json::from_str(&line).unwrap();
            let text = |name: &str| row[name].as_str().unwrap_or_default().to_owned();
            Offer { id: text("id"), title: text("title"), body: text("abstract"), keywords: text("keywords") }
        })
        .collect();
    let places: HashMap<&str, usize> = offers.iter().enumerate().map(|(n, o)| (o.id.as_str(), n)).collect();
    let mut judged: BTreeMap<usize, HashSet<usize>> = BTreeMap::new();
    for line in lines(&folder.join("same_topic.tsv.gz")) {
        let (one, other) = line.split_once('\t').unwrap();
        judged.entry(places[one]).or_default().insert(places[other.trim()]);
    }
    if let Some(every) = args.iter().zip(args.iter().skip(1)).find(|(flag, _)| *flag == "--every").map(|(_, n)| n.parse::<usize>().unwrap())
    {
        judged = judged.into_iter().step_by(every).collect();
    }
    let all: Vec<Published> = offers.iter().enumerate().map(|(n, o)| published(n, o)).collect();
    let vocabularies = Arc::new(Vocabularies::built_in().unwrap());
    let search = Search::in_memory(Settings::default(), Arc::clone(&vocabularies), Clock::system()).unwrap();
    let started = Instant::now();
    let mut rebuild = search.rebuild().unwrap();
    for one in &all {
        rebuild.add(&Document::listing(one, &vocabularies)).unwrap();
    }
    rebuild.finish(1).unwrap();
    println!("{} offers indexed in {:.1} s, {} queries", all.len(), started.elapsed().as_secs_f64(), judged.len());

    if !args.iter().any(|a| a == "--quick" || a == "--fit") {
        for (name, whole) in [("plain BM25, abstracts", false), ("plain BM25, title and abstract", true)] {
            let text = |o: &Offer| if whole { format!("{}\n{}", o.title, o.body) } else { o.body.clone() };
            let plain = Plain::new(offers.iter().map(text));
            let per: Vec<_> = judged.iter().map(|(q, relevant)| measure(relevant, &plain.rank(&text(&offers[*q]), *q))).collect();
            print(name, &per);
        }
    }
    let engine = Engine::new(search, vocabularies, Arc::new(Units::built_in().unwrap()), weights);
    let viewer = Viewer::of(&Actor::anonymous(Lang::En));
    let kinds = BTreeSet::from([Kind::Technology]);
    let reader = Reader { lang: Lang::En, now: chrono::DateTime::from_timestamp(1_750_000_000, 0).unwrap(), explain: false };
    let is_fit = args.iter().any(|a| a == "--fit");
    let mut questions = Vec::new();
    let (mut per, mut from_index, mut reached) = (Vec::new(), Vec::new(), 0.0);
    let (mut times, mut scores): (Vec<Duration>, Vec<f64>) = (Vec::new(), Vec::new());
    let (mut finding, mut judging) = (Duration::ZERO, Duration::ZERO);
    for (query, relevant) in &judged {
        let own = &all[*query];
        let need = Content::Need(Box::new(Need { problem: Localised::of(Lang::En, cut(&offers[*query].body, 4_000)), ..Need::default() }));
        let side = if as_needs { Side { id: Some(own.id), ..Side::unstored(&need) } } else { Side::of(own) };
        let at = Instant::now();
        let ids = engine.candidates(&side, &kinds, &viewer).unwrap();
        finding += at.elapsed();
        let place = |id: &ListingId| usize::try_from(id.0.as_u128()).unwrap() - 1;
        let found: Vec<Published> = ids.iter().map(|id| all[place(id)].clone()).collect();
        if is_fit {
            let good = |id: ListingId| relevant.contains(&place(&id)).then_some(true);
            let mut question = Question::new(&engine, &side, &found, reader.now, good).unwrap();
            let reached = question.candidates.iter().filter(|one| one.good.is_some()).count();
            // Two that are asked for each other fall in one fold, so that none kept aside was fitted to the other way round.
            let first = relevant.iter().chain([query]).min().unwrap();
            (question.name, question.complete, question.unreached) = (offers[*first].id.clone(), true, relevant.len() - reached);
            questions.push(question);
            continue;
        }
        let verdicts = engine.judge(&side, &found, reader).unwrap();
        judging += at.elapsed();
        engine.explain(&side, &verdicts.iter().take(20).collect::<Vec<_>>(), reader).unwrap();
        times.push(at.elapsed());
        let ranked: Vec<usize> = verdicts.iter().map(|j| place(&j.listing.id)).collect();
        scores.extend(verdicts.first().map(|j| f64::from(j.score_ppm) / 1e6));
        let candidates: Vec<usize> = ids.iter().map(place).collect();
        reached += candidates.iter().filter(|c| relevant.contains(c)).count() as f64 / relevant.len() as f64;
        per.push(measure(relevant, &ranked));
        from_index.push(measure(relevant, &candidates));
    }
    if is_fit {
        return fit(&questions, engine.weights(), args.iter().any(|a| a == "--force"));
    }
    print("candidates as the index orders them", &from_index);
    print("matching", &per);
    // The weights were chosen on the first half alone.
    let half = |odd: usize| per.iter().skip(odd).step_by(2).copied().collect::<Vec<_>>();
    print("  every second query, tuned on", &half(0));
    print("  the others, kept aside", &half(1));
    let count = u32::try_from(judged.len()).unwrap();
    println!(
        "mean: candidates {:.1} ms, and judged {:.1} ms",
        (finding / count).as_secs_f64() * 1e3,
        (judging / count).as_secs_f64() * 1e3
    );
    times.sort();
    scores.sort_by(f64::total_cmp);
    println!(
        "among the candidates {:.3}; p50 {:.0} ms, p99 {:.0} ms for candidates, judging and 20 explanations; best score p10 {:.2} p50 {:.2} p90 {:.2}",
        reached / judged.len() as f64,
        times[times.len() / 2].as_secs_f64() * 1e3,
        times[(times.len() - 1) * 99 / 100].as_secs_f64() * 1e3,
        scores[scores.len() / 10],
        scores[scores.len() / 2],
        scores[scores.len() * 9 / 10]
    );
}
