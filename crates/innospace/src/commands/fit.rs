//! Fitting the weights of matching to what people judged: a table for the settings comes out, nothing is changed.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use chrono::{DateTime, SecondsFormat, Utc};
use clap::Args;
use matching::Weights;
use matching::tuning::{self, Collected, Judgements, Line, Mean, Options};
use serde::Serialize;
use serde_json::json;

use innospace::config::Config;
use innospace::space::{self, Parts};
use innospace::{bar, print};

type Failure = Box<dyn std::error::Error>;

/// What the weights are fitted to, and where they go.
#[derive(Args)]
pub struct Fit {
    /// Judged pairs: `need TAB offer TAB 1 or 0` on each line; both are named by external id, code or id. An offer on the
    /// left is asked for what is like it. May be given more than once.
    #[arg(long, value_name = "FILE.tsv")]
    judged: Vec<PathBuf>,
    /// The files name all good offers of each need: what they do not name counts as not good.
    #[arg(long, requires = "judged")]
    complete: bool,
    /// An offer on the left is read as a need: what it describes is the problem.
    #[arg(long, requires = "judged")]
    as_needs: bool,
    /// Leave out what people of the space said.
    #[arg(long, requires = "judged")]
    without_feedback: bool,
    /// Fit the weights alone; scores are told as they are in use.
    #[arg(long)]
    weights_only: bool,
    /// Learn what single words count, too: from half to twice as much, where that is shown to be better.
    #[arg(long)]
    words: bool,
    /// Give out new weights even if they are not shown to be better.
    #[arg(long)]
    force: bool,
    /// Into how many parts the questions are divided, each of which is kept aside once.
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u8).range(2..=20))]
    folds: u8,
    /// The moment as of which freshness is measured, such as 2026-11-30T00:00:00Z: the same judgements, listings and moment give
    /// the same table. Now unless given.
    #[arg(long, value_name = "MOMENT")]
    at: Option<DateTime<Utc>>,
    /// Where the table goes; else to standard output.
    #[arg(long, value_name = "FILE.toml")]
    output: Option<PathBuf>,
}

/// What was judged, for whoever reads the figures later.
#[derive(Serialize)]
struct Sources {
    /// How many verdicts of the space's people count.
    verdicts: u64,
    /// Files with how many lines of them name published listings, and how many do not.
    files: Vec<FileRead>,
    questions: usize,
    unpublished: usize,
    candidates: usize,
    judged_candidates: usize,
    /// The moment as of which freshness was measured.
    at: String,
    /// Up to where the log was in the index.
    index: Option<i64>,
    /// The program, and what its scores are made with beside the weights.
    program: &'static str,
    engine: String,
    /// Into how many parts the questions were to be divided.
    folds: usize,
}

#[derive(Serialize)]
struct FileRead {
    name: String,
    pairs: usize,
    unknown: usize,
}

/// Fits.
pub async fn run(config: Config, data: PathBuf, args: Fit, as_json: bool) -> Result<ExitCode, Failure> {
    let parts = space::parts(&config, &data, base::Clock::system()).await?;
    let mut judgements = Judgements::default();
    let mut files = Vec::new();
    for path in &args.judged {
        files.push(read(&parts, path, args.complete, &mut judgements).await?);
    }
    let verdicts = if args.without_feedback { 0 } else { judgements.add_feedback(&parts.store).await? };

    let index = space::readable_index(&config, &data, &parts).await?;
    let matcher = space::matcher_with_vectors(&config, &parts, &index).await?;
    let now = args.at.unwrap_or_else(|| parts.store.clock().now());
    let asking = bar(judgements.questions().count() as u64, "questions");
    let collected = tuning::collect(&matcher, &judgements, args.as_needs, now, |n| asking.set_position(n)).await?;
    asking.finish_and_clear();
    let Collected { questions, unpublished, candidates, judged, index, engine } = collected;
    let sources = Sources {
        verdicts,
        files,
        questions: questions.len(),
        unpublished,
        candidates,
        judged_candidates: judged,
        at: now.to_rfc3339_opts(SecondsFormat::Secs, true),
        index,
        program: env!("CARGO_PKG_VERSION"),
        engine,
        folds: usize::from(args.folds),
    };

    let options = Options { folds: usize::from(args.folds), force: args.force, calibrate: !args.weights_only, words: args.words };
    let start = config.matching.clone();
    let trying = bar(tuning::most_steps(options), "steps");
    let shown = trying.clone();
    let fit = tokio::task::spawn_blocking(move || tuning::fit(&questions, &start, options, &mut || shown.inc(1))).await??;
    trying.finish_and_clear();

    let told = told(&sources, &fit);
    let table = table(&fit.weights, &told)?;
    if let Some(output) = &args.output {
        std::fs::write(output, &table).map_err(|e| format!("{}: {e}", output.display()))?;
    }
    if as_json {
        print(&json!({ "judged": sources, "fit": fit }).to_string());
    } else if let Some(output) = &args.output {
        print(&told.join("\n"));
        print(&format!("{} is a table for the settings file; matches are reckoned anew once the server starts with it", output.display()));
    } else {
        print(table.trim_end());
    }
    Ok(ExitCode::SUCCESS)
}

/// Reads a file of judged pairs. Pairs of listings that this space has not, or not in public, are counted and left out.
async fn read(parts: &Parts, path: &Path, complete: bool, judgements: &mut Judgements) -> Result<FileRead, Failure> {
    let at = |e: &dyn std::fmt::Display| format!("{}: {e}", path.display());
    let mut lines: Vec<Line> = Vec::new();
    for (n, line) in BufReader::new(File::open(path).map_err(|e| at(&e))?).lines().enumerate() {
        let line = line.map_err(|e| at(&e))?;
        if line.trim().is_empty() {
            continue;
        }
        lines.push(tuning::read_line(&line).map_err(|e| format!("{}, line {}: {e}", path.display(), n + 1))?);
    }
    let names: BTreeSet<String> = lines.iter().flat_map(|line| [line.question.clone(), line.offer.clone()]).collect();
    let known = listings::lookup::by_names(parts.store.db(), &names).await?;
    let mut unknown = 0;
    for line in &lines {
        match (known.get(&line.question), known.get(&line.offer)) {
            (Some(question), Some(offer)) => judgements.add(*question, *offer, line.good, complete),
            _ => unknown += 1,
        }
    }
    if unknown == lines.len() {
        return Err(format!("{}: none of {unknown} pairs names two listings of this space", path.display()).into());
    }
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    Ok(FileRead { name, pairs: lines.len() - unknown, unknown })
}

fn figure(mean: Mean) -> String {
    format!("{:.3} ± {:.3}", mean.mean, mean.give_or_take)
}

/// As of when and with what it was fitted.
fn made_with(sources: &Sources) -> Vec<String> {
    let Sources { at, program, engine, .. } = sources;
    let index = sources.index.map_or_else(|| "an index that is not whole".to_owned(), |position| format!("the index at {position}"));
    let engine = engine.get(..16).unwrap_or(engine);
    vec![format!("Fitted as of {at} by innospace fit {program}, engine {engine}, on {index}.")]
}

/// How the questions were divided, and where each climb began.
fn divided(sources: &Sources, fit: &tuning::Fit) -> [String; 2] {
    let (questions, components, folds, used) = (fit.questions, fit.components, sources.folds, fit.folds.len());
    let start: Vec<String> = fit.start.iter().map(|(name, weight)| format!("{name} {weight}")).collect();
    [
        format!(
            "{questions} questions tell something. Folds by connected components of what was judged: {components} components, \
             {used} of {folds} folds have some, each kept aside once."
        ),
        format!("Each climb began at {}.", start.join(", ")),
    ]
}

/// What was judged and what came of it, a sentence a line.
fn told(sources: &Sources, fit: &tuning::Fit) -> Vec<String> {
    let mut all = made_with(sources);
    for file in &sources.files {
        let unknown = if file.unknown > 0 { format!(", {} name listings that are not here", file.unknown) } else { String::new() };
        all.push(format!("Judged: {}, {} pairs{unknown}.", file.name, file.pairs));
    }
    if sources.verdicts > 0 {
        all.push(format!("Judged: what people of the space said, {} verdicts.", sources.verdicts));
    }
    let Sources { questions, candidates, judged_candidates, unpublished, .. } = sources;
    let gone = if *unpublished > 0 { format!("; {unpublished} are not published") } else { String::new() };
    all.push(format!("{questions} questions with {candidates} candidates, {judged_candidates} of them judged{gone}."));
    let measure = match (fit.complete, fit.questions) {
        (0, _) => "average precision among what was judged",
        (complete, all) if complete == all => "nDCG@10",
        _ => "nDCG@10, where only some was judged average precision among that",
    };
    all.extend(divided(sources, fit));
    all.push(format!("Before: the weights in use, which may have been fitted to these questions. Measured by {measure}:"));
    for (n, fold) in fit.folds.iter().enumerate() {
        let (questions, number) = (fold.questions, n + 1);
        all.push(format!("  fold {number}, {questions} questions: before {:.3}, after {:.3}", fold.before, fold.after));
    }
    let (before, after, difference) = (figure(fit.before), figure(fit.after), figure(fit.difference));
    all.push(format!("  all: before {before}, after {after}, difference {difference} (95 % interval over the components)"));
    all.push(match (fit.is_better, fit.moved.is_empty()) {
        (true, false) => "The new weights are better on questions that they were not fitted on:".to_owned(),
        (true, true) => "Fitted to all questions, no weight moves.".to_owned(),
        (false, true) => {
            "New weights are not shown to be better on questions that they were not fitted on: the old ones are kept.".to_owned()
        }
        (false, false) => {
            "New weights are NOT shown to be better on questions that they were not fitted on; they were asked for:".to_owned()
        }
    });
    all.extend(fit.moved.iter().map(|moved| format!("  {} {} → {}", moved.weight, moved.from, moved.to)));
    if let Some(words) = &fit.words {
        let (count, difference) = (words.words, figure(words.difference));
        let kept = if words.is_better { "they are kept" } else { "not shown to be better, so none is kept" };
        all.push(format!("Factors of {count} single words, difference {difference} on questions that they were not learned of: {kept}."));
    }
    match &fit.calibrated {
        Some(found) => {
            let (good, pairs) = (found.good, found.pairs);
            all.push(format!(
                "Scores are told as shares of good pairs ({good} of {pairs}); squared distance to the judgement {:.4} before, {:.4} kept aside:",
                found.brier_before, found.brier_after
            ));
            for part in &found.told {
                all.push(format!("  told {:.2}: {:.2} of {} pairs are good", part.told, part.good, part.pairs));
            }
            if fit.complete > 0 {
                all.push("  Good pairs that nobody named count as not good: the shares are lower bounds.".to_owned());
            }
        }
        None => all.push("Scores are told as before: too few pairs were judged to say shares, or it was not asked for.".to_owned()),
    }
    all
}

/// The whole `[matching]` table, with what is to be known of it above.
fn table(weights: &Weights, told: &[String]) -> Result<String, Failure> {
    #[derive(Serialize)]
    struct Table<'a> {
        matching: &'a Weights,
    }
    let mut text = String::new();
    for line in told {
        writeln!(text, "# {line}")?;
    }
    text.push_str(&toml::to_string(&Table { matching: weights })?);
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_read_back_as_the_same_weights() {
        let calibration = matching::Calibration::try_from(vec![[0.2, 0.1], [1.0, 0.65]]).unwrap();
        let words = [("vi:may4_sây4".to_owned(), 1.5)].into();
        for weights in [Weights::default(), Weights { calibration, words, field: 0.313, ..Weights::default() }] {
            let text = table(&weights, &["A line.".to_owned()]).unwrap();
            assert!(text.starts_with("# A line.\n[matching]\n"), "{text}");
            assert_eq!(toml::from_str::<Config>(&text).unwrap().matching, weights, "{text}");
        }
    }
}
