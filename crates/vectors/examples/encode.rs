//! How well and how fast a model leads from Vietnamese to English: questions in one language are asked of passages in the other,
//! by vectors alone. The public set XQuAD is read from a folder with `xquad_passages.jsonl.gz`, `xquad_queries.jsonl.gz` and
//! `xquad_qrels.tsv.gz`.
//!
//! `cargo run --release -p vectors --features model --example encode -- MODEL_DIR DATA_DIR [THREADS] [--without-anchors]`
#![allow(clippy::print_stdout, reason = "it prints its figures")]

use std::collections::HashMap;
use std::error::Error;
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::time::Instant;

use base::Lang;
use flate2::read::GzDecoder;
use serde_json::Value;
use vectors::{Anchors, Encoder, Packed, Threads, Way, anchors};

type Failure = Box<dyn Error>;

fn lines(path: &Path) -> Result<Vec<String>, Failure> {
    let file = File::open(path).map_err(|e| format!("{}: {e}", path.display()))?;
    Ok(BufReader::new(GzDecoder::new(file)).lines().collect::<Result<_, _>>()?)
}

fn texts(path: &Path, field: &str) -> Result<Vec<(String, String)>, Failure> {
    let one = |line: &String| -> Result<(String, String), Failure> {
        let row: Value = serde_json::from_str(line)?;
        let text = |name: &str| row.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
        Ok((text("id"), text(field)))
    };
    lines(path)?.iter().map(one).collect()
}

fn encoded(encoder: &dyn Encoder, texts: &[(String, String)], lang: &str, what: &str) -> Result<Vec<Packed>, Failure> {
    let (start, lang) = (Instant::now(), lang.parse::<Lang>().unwrap_or_default());
    let mut all = Vec::with_capacity(texts.len());
    for (id, text) in texts {
        all.push(Packed::of(&encoder.encode(text, lang)?).ok_or_else(|| format!("{id} has no direction"))?);
    }
    let (seconds, characters) = (start.elapsed().as_secs_f64(), texts.iter().map(|(_, t)| t.chars().count()).sum::<usize>());
    println!(
        "{what} {lang}: {} texts of {} characters, {:.1} a second",
        all.len(),
        characters / all.len().max(1),
        all.len() as f64 / seconds
    );
    Ok(all)
}

fn percentile(sorted: &[f64], share: f64) -> f64 {
    let at = ((sorted.len().max(1) - 1) as f64 * share).round() as usize;
    sorted.get(at).copied().unwrap_or_default()
}

fn main() -> Result<(), Failure> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let (Some(model), Some(data)) = (args.first(), args.get(1)) else { return Err("MODEL_DIR DATA_DIR [THREADS]".into()) };
    let threads: usize = args.get(2).map_or(Ok(2), |n| n.parse())?;
    let data = Path::new(data);
    let is_plain = args.iter().any(|arg| arg == "--without-anchors");
    let way = Way { prefix: "query: ".to_owned(), anchors: if is_plain { Anchors::default() } else { anchors() } };
    let start = Instant::now();
    let encoder = vectors::open(Path::new(model), way, Threads { count: threads, on_start: || {} })?;
    println!("checked in {:.2} s, {} numbers a vector", start.elapsed().as_secs_f64(), encoder.dimensions());
    let start = Instant::now();
    encoder.encode("máy sấy", Lang::Vi)?;
    println!("loaded in {:.2} s", start.elapsed().as_secs_f64());

    let right: HashMap<String, String> = lines(&data.join("xquad_qrels.tsv.gz"))?
        .iter()
        .filter_map(|line| line.split_once('\t').map(|(q, p)| (q.to_owned(), p.to_owned())))
        .collect();
    let mut passages = HashMap::new();
    let mut queries = HashMap::new();
    for lang in ["vi", "en"] {
        let found = texts(&data.join("xquad_passages.jsonl.gz"), lang)?;
        let vectors = encoded(&*encoder, &found, lang, "passages")?;
        passages.insert(lang, (found, vectors));
        let found = texts(&data.join("xquad_queries.jsonl.gz"), lang)?;
        let vectors = encoded(&*encoder, &found, lang, "questions")?;
        queries.insert(lang, (found, vectors));
    }
    for (from, to) in [("vi", "en"), ("en", "vi"), ("vi", "vi"), ("en", "en")] {
        let (Some((asked, asked_vectors)), Some((there, there_vectors))) = (queries.get(from), passages.get(to)) else { continue };
        let (mut ndcg, mut first, mut ten, mut count) = (0.0, 0, 0, 0);
        let (mut same, mut other) = (Vec::new(), Vec::new());
        for ((id, _), vector) in asked.iter().zip(asked_vectors) {
            let Some(wanted) = right.get(id) else { continue };
            let all: Vec<(f64, &str)> = there_vectors.iter().zip(there).map(|(v, (p, _))| (vector.cosine(v), p.as_str())).collect();
            let Some((best, _)) = all.iter().find(|(_, p)| p == wanted) else { continue };
            let rank = all.iter().filter(|(cosine, p)| cosine > best && p != wanted).count();
            count += 1;
            first += usize::from(rank == 0);
            ten += usize::from(rank < 10);
            ndcg += if rank < 10 { 1.0 / (rank as f64 + 2.0).log2() } else { 0.0 };
            same.push(*best);
            other.extend(all.iter().filter(|(_, p)| p != wanted).map(|(cosine, _)| *cosine));
        }
        same.sort_by(f64::total_cmp);
        other.sort_by(f64::total_cmp);
        let n = f64::from(u32::try_from(count)?);
        let share = |some: usize| some as f64 / n;
        println!(
            "{from} → {to}: {count} questions, nDCG@10 {:.3}, first {:.3}, among ten {:.3}; cosine of the right one p5 {:.3} p50 {:.3} \
             p95 {:.3}, of others p5 {:.3} p50 {:.3} p95 {:.3} p99.9 {:.3}",
            ndcg / n,
            share(first),
            share(ten),
            percentile(&same, 0.05),
            percentile(&same, 0.5),
            percentile(&same, 0.95),
            percentile(&other, 0.05),
            percentile(&other, 0.5),
            percentile(&other, 0.95),
            percentile(&other, 0.999),
        );
    }
    Ok(())
}
