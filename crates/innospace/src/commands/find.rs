//! Searching and matching from the command line: exactly the engine that the server uses.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::{BufRead, BufReader, BufWriter, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use base::{Actor, Lang, Limit};
use clap::Args;
use listings::Kind;
use listings::import::Mapping;
use search::{DocKind, Facet, Query, Viewer};
use serde_json::json;

use innospace::config::Config;
use innospace::space;
use innospace::{bar, print};

type Done = Result<ExitCode, Box<dyn std::error::Error>>;

/// What to search for.
#[derive(Args)]
pub struct Search {
    /// The query, unless --queries is given.
    #[arg(required_unless_present = "queries")]
    text: Option<String>,
    /// A file of queries: `query id TAB text` on each line.
    #[arg(long, value_name = "FILE.tsv", requires = "output")]
    queries: Option<PathBuf>,
    /// Where results of --queries go: `query id TAB rank TAB external id TAB score`.
    #[arg(long, value_name = "RUN.tsv")]
    output: Option<PathBuf>,
    /// Only technology, ip_asset, need or party.
    #[arg(long)]
    kind: Option<DocKind>,
    /// Results for each query.
    #[arg(long, default_value_t = 10)]
    limit: usize,
}

/// Which needs to match.
#[derive(Args)]
pub struct Match {
    /// Needs that are only read, not stored: JSON Lines.
    #[arg(long, value_name = "FILE.jsonl")]
    needs: PathBuf,
    /// How their fields become a need's.
    #[arg(long, value_name = "MAP.toml")]
    map: PathBuf,
    /// Where results go: `query id TAB rank TAB external id TAB score`.
    #[arg(long, value_name = "RUN.tsv")]
    output: PathBuf,
    /// Results for each need.
    #[arg(long, default_value_t = 100)]
    limit: usize,
}

/// The public's view: what the command prints may be handed on.
fn public() -> Actor {
    Actor::anonymous(Lang::Vi)
}

/// Searches.
pub async fn search(config: Config, data: PathBuf, args: Search, as_json: bool) -> Done {
    let parts = space::parts(&config, &data, base::Clock::system()).await?;
    let index = space::current_index(&config, &data, &parts).await?;
    match (args.queries, args.output) {
        (Some(queries), Some(output)) => {
            let lines: Vec<String> = BufReader::new(File::open(&queries)?).lines().collect::<Result<_, _>>()?;
            let mut out = BufWriter::new(File::create(&output)?);
            let bar = bar(lines.len() as u64, "queries");
            for (n, line) in lines.iter().enumerate() {
                let (id, text) =
                    line.split_once('\t').ok_or_else(|| format!("{}, line {}: no tab between id and text", queries.display(), n + 1))?;
                for (rank, hit) in all_hits(&index, text, args.kind, args.limit)?.iter().enumerate() {
                    let own = hit.card.id.to_string();
                    let external = hit.card.external_id.as_deref().unwrap_or(&own);
                    writeln!(out, "{id}\t{}\t{external}\t{:.6}", rank + 1, hit.score)?;
                }
                bar.inc(1);
            }
            bar.finish_and_clear();
            out.flush()?;
        }
        (_, _) => {
            let text = args.text.unwrap_or_default();
            for hit in all_hits(&index, &text, args.kind, args.limit)? {
                let title = hit.card.title(Lang::Vi);
                if as_json {
                    let line =
                        json!({ "id": hit.card.id, "kind": hit.card.kind, "code": hit.card.code, "title": title, "score": hit.score });
                    print(&line.to_string());
                } else {
                    print(&format!("{:>8.3}  {:<15}  {title}", hit.score, hit.card.code));
                }
            }
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// The first `limit` results, page by page.
fn all_hits(index: &search::Search, text: &str, kind: Option<DocKind>, limit: usize) -> Result<Vec<search::Hit>, search::SearchError> {
    let mut query = Query { text: text.to_owned(), ..Query::default() };
    if let Some(kind) = kind {
        query = query.with(Facet::Kind, kind.as_str());
    }
    let viewer = Viewer::of(&public());
    let mut hits = Vec::new();
    while hits.len() < limit {
        let rest = u16::try_from(limit - hits.len()).unwrap_or(Limit::MAX).min(Limit::MAX);
        query.limit = Limit::new(rest).unwrap_or_default();
        let page = index.find(&query, &viewer)?;
        hits.extend(page.items);
        match page.next {
            Some(next) => query.cursor = Some(next),
            None => break,
        }
    }
    Ok(hits)
}

/// Matches a file of needs.
pub async fn matches(config: Config, data: PathBuf, args: Match) -> Done {
    let parts = space::parts(&config, &data, base::Clock::system()).await?;
    let index = space::current_index(&config, &data, &parts).await?;
    let matcher = space::matcher(&config, &parts, &index)?;
    let mapping = Mapping::parse(&args.map.display().to_string(), &std::fs::read_to_string(&args.map)?)?;
    let read = |row: serde_json::Value| {
        let mapped = mapping.apply_json(&row, &parts.vocabularies, parts.store.clock().today());
        match mapped {
            Ok(mapped) => Ok(matching::run::Query { id: mapped.external_id.unwrap_or_default(), content: mapped.content }),
            Err(why) => Err(why),
        }
    };
    let needs = BufReader::new(File::open(&args.needs)?);
    let output = BufWriter::new(File::create(&args.output)?);
    let kinds = BTreeSet::from([Kind::Technology]);
    let count = matching::run::match_file(&matcher, &public(), needs, read, &kinds, args.limit, output).await?;
    tracing::info!(count, "needs matched");
    Ok(ExitCode::SUCCESS)
}
