//! What vectors of sentences bring to matching across the two languages: Vietnamese questions of XQuAD are read as needs, the
//! English passages as technologies, and both are matched by words and glossary alone and with vectors.
//!
//! `cargo run --release -p matching --example bridge -- MODEL_DIR DATA_DIR [--every N]`; the folder has
//! `xquad_passages.jsonl.gz`, `xquad_queries.jsonl.gz` and `xquad_qrels.tsv.gz`. Weight and line are chosen on every second
//! question and told of the others.
#![allow(
    clippy::print_stdout,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    missing_docs
)]

use std::collections::{BTreeSet, HashMap};
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use base::{Actor, Clock, Lang, ListingId, Localised, PartyId, Vocabularies};
use chrono::{DateTime, Utc};
use listings::Kind;
use listings::content::{Content, Need, Technology};
use listings::published::{Audience, Owner, Provenance, Published};
use matching::tuning::Question;
use matching::{Engine, Meanings, Side, Units, VectorSettings, Weights};
use search::{Document, Search, Settings, Viewer};
use uuid::Uuid;
use vectors::{Threads, Way, anchors};

fn lines(path: &Path) -> impl Iterator<Item = String> {
    BufReader::new(flate2::read::GzDecoder::new(std::fs::File::open(path).unwrap())).lines().map(Result::unwrap)
}

fn rows(path: &Path) -> impl Iterator<Item = serde_json::Value> {
    lines(path).map(|line| serde_json::from_str(&line).unwrap())
}

fn cut(text: &str, chars: usize) -> &str {
    text.char_indices().nth(chars).map_or(text, |(at, _)| &text[..at])
}

fn at() -> DateTime<Utc> {
    DateTime::from_timestamp(1_750_000_000, 0).unwrap()
}

fn published(n: usize, row: &serde_json::Value) -> Published {
    let of = |words: &str| Localised::of(Lang::En, words);
    let text = row["en"].as_str().unwrap();
    Published {
        id: ListingId(Uuid::from_u128(u128::try_from(n).unwrap() + 1)),
        kind: Kind::Technology,
        code: format!("CN-2026-{n:06}"),
        slug: format!("passage-{n}"),
        version: 1,
        owner: Owner {
            id: PartyId(Uuid::from_u128(1)),
            name: of("Owner"),
            party_type: "enterprise".into(),
            province: None,
            commune: None,
            verification: "document".into(),
        },
        source_lang: Lang::En,
        content: Content::Technology(Box::new(Technology {
            title: of(&row["title"].as_str().unwrap().replace('_', " ")),
            summary: of(cut(text, 1_200)),
            description: of(cut(text, 4_000)),
            ..Technology::default()
        })),
        audience: Audience::Public,
        published_at: at(),
        out_since: at(),
        confirmed_at: at(),
        expires_at: at(),
        completeness: 50,
        provenance: Provenance { origin: "import".into(), source: None, external_id: None, licence: None },
    }
}

/// A question with the one passage that answers it.
struct Asked {
    question: Question,
    right: ListingId,
}

/// nDCG@10, the share first, the share among ten.
fn measure(asked: &[&Asked], weights: &Weights) -> [f64; 3] {
    let mut sums = [0.0; 3];
    for one in asked {
        let scored = one.question.scored(weights);
        let own = scored.iter().find(|(id, _)| *id == one.right).map_or(0.0, |(_, score)| *score);
        if own < weights.least_score {
            continue;
        }
        let rank = scored.iter().filter(|(id, score)| *score > own || *score == own && *id < one.right).count();
        sums[0] += if rank < 10 { 1.0 / (rank as f64 + 2.0).log2() } else { 0.0 };
        sums[1] += f64::from(u8::from(rank == 0));
        sums[2] += f64::from(u8::from(rank < 10));
    }
    sums.map(|sum| sum / asked.len() as f64)
}

fn main() {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let (model, data) = (Path::new(args.first().expect("MODEL_DIR")), Path::new(args.get(1).expect("DATA_DIR")));
    let every = args.iter().zip(args.iter().skip(1)).find(|(flag, _)| *flag == "--every").map_or(1, |(_, n)| n.parse::<usize>().unwrap());
    let way = Way { prefix: VectorSettings::default().prefix, anchors: anchors() };
    let encoder = vectors::open(model, way, Threads { count: 2, on_start: || {} }).unwrap();
    let meanings = Arc::new(Meanings::new(encoder, &VectorSettings::default()));

    let vocabularies = Arc::new(Vocabularies::built_in().unwrap());
    let search = Search::in_memory(Settings::default(), Arc::clone(&vocabularies), Clock::held_at(at())).unwrap();
    let (mut all, mut places) = (Vec::new(), HashMap::new());
    for (n, row) in rows(&data.join("xquad_passages.jsonl.gz")).enumerate() {
        places.insert(row["id"].as_str().unwrap().to_owned(), n);
        all.push(published(n, &row));
    }
    let mut rebuild = search.rebuild().unwrap();
    all.iter().for_each(|one| rebuild.add(&Document::listing(one, &vocabularies).unwrap()).unwrap());
    rebuild.finish(1).unwrap();
    let started = Instant::now();
    all.iter().for_each(|one| meanings.hold(one).unwrap());
    println!("{} passages encoded, {:.1} a second", all.len(), all.len() as f64 / started.elapsed().as_secs_f64());

    let right: HashMap<String, usize> = lines(&data.join("xquad_qrels.tsv.gz"))
        .filter_map(|line| line.split_once('\t').map(|(q, p)| (q.to_owned(), places[p.trim()])))
        .collect();
    // Of all passages the candidates that words, glossary and vectors bring; a weight of 0 then takes the words alone.
    let wide = Weights { vector_candidates: 100, ..Weights::default() };
    let engine = Engine::new(search, vocabularies, Arc::new(Units::built_in().unwrap()), wide).with_meanings(Some(Arc::clone(&meanings)));
    let (kinds, viewer) = (BTreeSet::from([Kind::Technology]), Viewer::of(&Actor::anonymous(Lang::Vi)));
    let mut asked = Vec::new();
    for row in rows(&data.join("xquad_queries.jsonl.gz")).step_by(every) {
        let title = Localised::of(Lang::Vi, cut(row["vi"].as_str().unwrap(), 256));
        let need = Content::Need(Box::new(Need { title, ..Need::default() }));
        let side = Side { vector: meanings.vector_of(&need).unwrap(), ..Side::unstored(&need) };
        let ids = engine.candidates(&side, &kinds, &viewer).unwrap();
        let found: Vec<Published> = ids.iter().map(|id| all[usize::try_from(id.0.as_u128()).unwrap() - 1].clone()).collect();
        let right = all[right[row["id"].as_str().unwrap()]].id;
        asked.push(Asked { question: Question::new(&engine, &side, &found, at(), |_| None).unwrap(), right });
    }
    let (chosen_on, kept_aside): (Vec<_>, Vec<_>) = asked.iter().enumerate().partition(|(n, _)| n % 2 == 0);
    let of = |some: Vec<(usize, _)>| some.into_iter().map(|(_, one)| one).collect::<Vec<&Asked>>();
    let (chosen_on, kept_aside) = (of(chosen_on), of(kept_aside));
    println!("{} questions, {} kept aside; nDCG@10, first, among ten", asked.len(), kept_aside.len());

    let told = |name: &str, weights: &Weights| {
        let [ndcg, first, ten] = measure(&kept_aside, weights);
        println!("{name:<44} {ndcg:.3} {first:.3} {ten:.3}");
    };
    told("words and glossary alone", &Weights { vectors: 0.0, ..Weights::default() });
    for vectors in [0.25, 0.5, 0.75, 0.9] {
        told(&format!("with vectors, weight {vectors}"), &Weights { vectors, ..Weights::default() });
    }
    let mut best = (0.0, Weights::default());
    for vectors in [0.25, 0.5, 0.75, 0.9] {
        for from in [0.0, 0.1, 0.2, 0.3] {
            for wide in [0.2, 0.3, 0.4, 0.6] {
                let weights = Weights { vectors, vector_line: [from, from + wide], ..Weights::default() };
                let [ndcg, ..] = measure(&chosen_on, &weights);
                if ndcg > best.0 {
                    best = (ndcg, weights);
                }
            }
        }
    }
    let name = format!("chosen on the others: {}, line {:.1?}", best.1.vectors, best.1.vector_line);
    told(&name, &best.1);
}
