//! Searching and matching from the command line: exactly the engine that the server uses.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::{BufRead, BufReader, BufWriter, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use base::{Actor, Lang, Limit};
use clap::{Args, Subcommand};
use listings::Kind;
use listings::import::Mapping;
use matching::standing::Difference;
use search::synonyms::Synonyms;
use search::{DocKind, Explanation, Facet, Query, Viewer};
use serde_json::json;
use store::Store;

use innospace::config::Config;
use innospace::space;
use innospace::{bar, print};

type Done = Result<ExitCode, Box<dyn std::error::Error>>;

/// What to search for.
#[derive(Args)]
#[command(args_conflicts_with_subcommands = true)]
pub struct Search {
    #[command(subcommand)]
    explain: Option<SearchCommand>,
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

/// What else can be asked of a search.
#[derive(Subcommand)]
enum SearchCommand {
    /// Say what was understood, what stands in for what, and what the score of each result is made of.
    Explain(Explain),
}

/// A search to be explained.
#[derive(Args)]
struct Explain {
    /// The query.
    text: String,
    /// Synonyms to be tried beside those in use: what they change is shown.
    #[arg(long, value_name = "FILE.toml")]
    synonyms: Option<PathBuf>,
    /// Only technology, ip_asset, need or party.
    #[arg(long)]
    kind: Option<DocKind>,
    /// How many results.
    #[arg(long, default_value_t = 5)]
    limit: u16,
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

/// How standing matches are reckoned anew.
#[derive(Args)]
pub struct Rematch {
    /// Change nothing: reckon with the statistics in use and say how what is stored differs; exit code 1 if it does.
    #[arg(long)]
    check: bool,
}

/// Where verdicts on matches go.
#[derive(Args)]
pub struct ExportFeedback {
    /// One verdict a line, with a line of names above: need, offer, side, verdict, reason, score then, when. No account
    /// and no note is in it.
    #[arg(long, value_name = "FILE.csv")]
    output: PathBuf,
}

/// The public's view: what the command prints may be handed on.
fn public() -> Actor {
    Actor::anonymous(Lang::Vi)
}

/// Searches.
pub async fn search(config: Config, data: PathBuf, args: Search, as_json: bool) -> Done {
    let parts = space::parts(&config, &data, base::Clock::system()).await?;
    let index = space::readable_index(&config, &data, &parts).await?;
    if let Some(SearchCommand::Explain(what)) = args.explain {
        return explain(&parts.store, &index, &what, as_json).await;
    }
    match (args.queries, args.output) {
        (Some(queries), Some(output)) => {
            let lines: Vec<String> = BufReader::new(File::open(&queries)?).lines().collect::<Result<_, _>>()?;
            let mut out = BufWriter::new(File::create(&output)?);
            let bar = bar(lines.len() as u64, "queries");
            for (n, line) in lines.iter().enumerate() {
                let (id, text) =
                    line.split_once('\t').ok_or_else(|| format!("{}, line {}: no tab between id and text", queries.display(), n + 1))?;
                for (rank, hit) in all_hits(&parts.store, &index, text, args.kind, args.limit).await?.iter().enumerate() {
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
            for hit in all_hits(&parts.store, &index, &text, args.kind, args.limit).await? {
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

async fn explain(store: &Store, index: &search::Search, what: &Explain, as_json: bool) -> Done {
    let mut query = Query { text: what.text.clone(), limit: Limit::new(what.limit).unwrap_or_default(), ..Query::default() };
    if let Some(kind) = what.kind {
        query = query.with(Facet::Kind, kind.as_str());
    }
    search::lead_on(store, &mut query).await?;
    let viewer = Viewer::of(&public());
    let before = index.explain(&query, &viewer)?;
    let after = match &what.synonyms {
        Some(path) => {
            let more = Synonyms::parse(&std::fs::read_to_string(path)?).map_err(|e| format!("{}: {e}", path.display()))?;
            index.set_synonyms(Synonyms::clone(&index.synonyms()).with(more));
            Some(index.explain(&query, &viewer)?)
        }
        None => None,
    };
    if as_json {
        print(&json!({ "explanation": before, "with_synonyms": after }).to_string());
        return Ok(ExitCode::SUCCESS);
    }
    print_explanation(&before);
    if let Some(after) = after {
        print(&format!("\nWith these synonyms: {} results, {} without.\n", after.total, before.total));
        print_explanation(&after);
        for (rank, hit) in after.hits.iter().enumerate().filter(|(_, hit)| before.hits.iter().all(|b| b.card.id != hit.card.id)) {
            print(&format!("new on the page: {}. {}", rank + 1, hit.card.title(Lang::Vi)));
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn print_explanation(explanation: &Explanation) {
    for clause in &explanation.clauses {
        let what = match (clause.negated, clause.must, clause.percent) {
            (true, ..) => "must not be there".to_owned(),
            (false, true, 0) => "must be there".to_owned(),
            (false, true, percent) => format!("must be there; {percent} % of what is asked for"),
            (false, false, percent) => format!("{percent} % of what is asked for"),
        };
        print(&format!("{:<24} {what}", clause.asks));
    }
    for expansion in &explanation.stands_in {
        print(&format!("{:<24} also: {}", expansion.part, expansion.terms.join(" | ")));
    }
    if !explanation.ignored.is_empty() {
        print(&format!("not understood: {}", explanation.ignored.join(" ")));
    }
    let Explanation { total, least_percent, order, .. } = explanation;
    print(&format!("{total} results with at least {least_percent} % of what is asked for, in order by {order}"));
    for (rank, hit) in explanation.hits.iter().enumerate() {
        print(&format!("\n{}. {}  {}", rank + 1, hit.card.code, hit.card.title(Lang::Vi)));
        // In another order there are no parts, and standing alone is the score or none is.
        if *order == "score" {
            let texts: f32 = hit.texts.iter().map(|(_, _, value)| value).sum();
            print(&format!("   {:.2} = texts {texts:.2} × standing {:.3} + nearness {:.2}", hit.score, hit.standing, hit.nearness));
        } else {
            print(&format!("   standing {:.3}", hit.standing));
        }
        for (field, term, value) in hit.texts.iter().take(12) {
            print(&format!("   {value:>7.2}  {field:<10} {term}"));
        }
    }
}

/// The first `limit` results, page by page.
async fn all_hits(
    store: &Store,
    index: &search::Search,
    text: &str,
    kind: Option<DocKind>,
    limit: usize,
) -> Result<Vec<search::Hit>, Box<dyn std::error::Error>> {
    let mut query = Query { text: text.to_owned(), ..Query::default() };
    search::lead_on(store, &mut query).await?;
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
pub async fn matches(config: Config, data: PathBuf, args: Match, as_json: bool) -> Done {
    let parts = space::parts(&config, &data, base::Clock::system()).await?;
    let index = space::readable_index(&config, &data, &parts).await?;
    let matcher = space::matcher_with_vectors(&config, &parts, &index).await?;
    let mapping = Mapping::parse(&args.map.display().to_string(), &std::fs::read_to_string(&args.map)?)?.unstored();
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
    print(&if as_json { json!({ "needs": count }).to_string() } else { format!("{count} needs matched") });
    Ok(ExitCode::SUCCESS)
}

/// How many pairs are the same, missing, surplus and with another score.
fn figures<P>(found: &Difference<P>) -> [u64; 4] {
    let count = |pairs: &[P]| u64::try_from(pairs.len()).unwrap_or(u64::MAX);
    [found.same, count(&found.missing), count(&found.surplus), count(&found.other)]
}

fn figures_json([same, missing, surplus, other]: [u64; 4]) -> serde_json::Value {
    json!({ "same": same, "missing": missing, "surplus": surplus, "other_score": other })
}

/// Reckons all standing matches anew, or compares.
pub async fn rematch(config: Config, data: PathBuf, args: Rematch, as_json: bool) -> Done {
    let parts = space::parts(&config, &data, base::Clock::system()).await?;
    let index = space::current_index(&config, &data, &parts).await?;
    let matcher = space::matcher_with_vectors(&config, &parts, &index).await?;
    let started = std::time::Instant::now();
    let bar = bar(listings::published::count(&parts.store).await?, "matches");
    if args.check {
        let found = matching::standing::check(&matcher, |n| bar.set_position(n)).await?;
        bar.finish_and_clear();
        let Some(compared) = found else {
            print(&if as_json {
                json!({ "whole": false, "reckoned": false }).to_string()
            } else {
                "there are no standing matches yet".to_owned()
            });
            return Ok(ExitCode::from(1));
        };
        let whole = compared.is_none();
        let (offers, experts) = (figures(&compared.offers), figures(&compared.experts));
        print(&if as_json {
            let mut all = json!({ "whole": whole, "reckoned": true, "experts": figures_json(experts) });
            if let (Some(all), serde_json::Value::Object(offers)) = (all.as_object_mut(), figures_json(offers)) {
                all.extend(offers);
            }
            all.to_string()
        } else {
            let line = |[same, missing, surplus, other]: [u64; 4]| {
                format!("{same} the same, {missing} missing, {surplus} surplus, {other} with another score")
            };
            format!("standing matches: {}; experts: {}", line(offers), line(experts))
        });
        return Ok(if whole { ExitCode::SUCCESS } else { ExitCode::from(1) });
    }
    let listings = matching::standing::rebuild(&matcher, |n| bar.set_position(n)).await?;
    bar.finish_and_clear();
    let seconds = started.elapsed().as_secs_f64();
    print(&if as_json {
        json!({ "listings": listings, "seconds": seconds }).to_string()
    } else {
        format!("{listings} listings matched in {seconds:.1} s")
    });
    Ok(ExitCode::SUCCESS)
}

/// Verdicts of one page.
const VERDICTS: u64 = 1_000;

/// Exports what people said of matches.
pub async fn export_feedback(config: Config, data: PathBuf, args: ExportFeedback, as_json: bool) -> Done {
    let parts = space::parts(&config, &data, base::Clock::system()).await?;
    let mut out = BufWriter::new(File::create(&args.output)?);
    writeln!(out, "need,offer,side,verdict,reason,score,at")?;
    let (mut last, mut count) = (None, 0_u64);
    loop {
        let page = matching::feedback::page_after(&parts.store, last.as_ref(), VERDICTS).await?;
        let Some(end) = page.last().cloned() else { break };
        for one in &page {
            // Ids and words alone: nothing needs quotes.
            let score = one.score_ppm.map(|ppm| format!("{:.6}", ppm as f64 / 1e6)).unwrap_or_default();
            let at = one.at.to_rfc3339();
            writeln!(out, "{},{},{},{},{},{score},{at}", one.need, one.offer, one.side, one.verdict, one.reason)?;
        }
        count += page.len() as u64;
        last = Some(end);
    }
    out.flush()?;
    print(&if as_json { json!({ "verdicts": count }).to_string() } else { format!("{count} verdicts") });
    Ok(ExitCode::SUCCESS)
}
