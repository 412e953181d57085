//! Importing and exporting files of listings, and taking an import back.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use base::{Actor, ImportId, Lang, PartyId};
use clap::Args;
use innospace::config::Config;
use innospace::{bar, print, space};
use listings::Kind;
use listings::export::{Filter, Format};
use listings::import::{ImportState, ImportView, Mapping, Options, Phase, Progress};
use serde_json::json;
use store::Ctx;
use tokio_util::sync::CancellationToken;

type Done = Result<ExitCode, Box<dyn std::error::Error>>;

/// A file to import.
#[derive(Args)]
pub struct Import {
    /// CSV, XLSX or JSON Lines, also packed (.gz).
    #[arg(required_unless_present = "undo")]
    file: Option<PathBuf>,
    /// How columns become fields (TOML); not needed for the space's own export.
    #[arg(long, value_name = "MAP.toml")]
    map: Option<PathBuf>,
    /// Whose the listings are: a party's id or the readable piece of its address.
    #[arg(long)]
    party: Option<String>,
    /// Publish at once.
    #[arg(long)]
    publish: bool,
    /// Check only.
    #[arg(long)]
    dry_run: bool,
    /// Import the right rows though others are faulty.
    #[arg(long)]
    skip_faulty: bool,
    /// Take a whole import back instead.
    #[arg(long, value_name = "ID", conflicts_with = "file")]
    undo: Option<ImportId>,
}

/// What to export.
#[derive(Args)]
pub struct Export {
    /// Where to; standard output unless given. `.csv` makes a table, `.gz` packs.
    #[arg(long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Only technology, ip_asset or need.
    #[arg(long)]
    kind: Option<Kind>,
    /// Only of this party.
    #[arg(long)]
    party: Option<String>,
    /// Only from this source.
    #[arg(long)]
    source: Option<String>,
}

/// A spreadsheet to read in a process of its own.
#[derive(Args)]
pub struct ReadSheet {
    /// The file and the limits, as the importing process gives them.
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    args: Vec<String>,
}

/// Reads a spreadsheet and writes its rows to standard output.
pub fn read_sheet(args: &ReadSheet) -> ExitCode {
    listings::import::sheet::child_main(&args.args)
}

async fn party(parts: &space::Parts, text: Option<&str>) -> Result<Option<PartyId>, Box<dyn std::error::Error>> {
    let Some(text) = text else { return Ok(None) };
    if let Ok(id) = text.parse() {
        return Ok(Some(id));
    }
    match accounts::parties::named(&parts.accounts, text).await? {
        Some(id) => Ok(Some(id)),
        None => Err(format!("there is no party {text}").into()),
    }
}

/// Imports. Exit code 1 if nothing was imported or rows are faulty.
pub async fn run(config: Config, data: PathBuf, args: Import, as_json: bool) -> Done {
    let parts = space::parts(&config, &data, base::Clock::system()).await?;
    if let Some(id) = args.undo {
        let view = listings::import::undo(&parts.listings, Ctx::system(), id).await?;
        report(&view, as_json)?;
        return Ok(ExitCode::SUCCESS);
    }
    let Some(file) = args.file else { return Err("name a file".into()) };
    let mapping = match &args.map {
        Some(path) => {
            let text = std::fs::read_to_string(path).map_err(|e| format!("{}: {e}", path.display()))?;
            Some(Mapping::parse(&path.display().to_string(), &text)?)
        }
        None => None,
    };
    let options = Options {
        party: party(&parts, args.party.as_deref()).await?,
        publish: args.publish,
        skip_faulty: args.skip_faulty,
        dry_run: args.dry_run,
        file_name: file.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default(),
    };
    let (checking, writing) = (bar(0, "checking"), bar(0, "writing"));
    let (told_checking, told_writing) = (checking.clone(), writing.clone());
    let mut import = listings::import::Import::new(parts.listings.clone());
    import.progress = Arc::new(move |progress: Progress| match progress.phase {
        Phase::Checking => {
            told_checking.set_length(progress.bytes_total);
            told_checking.set_position(progress.bytes_done);
        }
        Phase::Writing => {
            told_writing.set_length(progress.rows_total.unwrap_or(0));
            told_writing.set_position(progress.rows_done);
        }
    });
    // Ctrl-C ends it between two batches; the same command goes on from there.
    let stop = CancellationToken::new();
    import.stop = stop.clone();
    tokio::spawn(async move {
        if tokio::signal::ctrl_c().await.is_ok() {
            stop.cancel();
        }
    });
    let view = import.run(Ctx::system(), &file, mapping.as_ref(), &options).await?;
    checking.finish_and_clear();
    writing.finish_and_clear();
    report(&view, as_json)?;
    if !as_json && view.faulty > 0 {
        let limit = base::Limit::new(20).unwrap_or_default();
        let faults = listings::import::faults(&parts.listings, &Actor { lang: Lang::En, ..Actor::system() }, view.id, None, limit).await?;
        for fault in faults.items {
            print(&format!("  row {}, column {:?}, {}: {}", fault.row, fault.column, fault.pointer, fault.message));
        }
        if faults.next.is_some() {
            print(&format!("  … {} in all", faults.total));
        }
    }
    let whole = view.state == ImportState::Done && view.faulty == 0;
    Ok(if whole { ExitCode::SUCCESS } else { ExitCode::from(1) })
}

fn report(view: &ImportView, as_json: bool) -> Result<(), serde_json::Error> {
    if as_json {
        print(&serde_json::to_string(view)?);
        return Ok(());
    }
    let state = serde_json::to_value(view.state)?;
    print(&format!(
        "import {}: {}; {} made, {} changed, {} unchanged, {} faulty, {} texts shortened",
        view.id,
        state.as_str().unwrap_or_default(),
        view.created,
        view.updated,
        view.unchanged,
        view.faulty,
        view.shortened
    ));
    if let Some(failure) = &view.failure {
        let at = failure.row.map(|r| format!(" (row {r})")).unwrap_or_default();
        print(&format!("  {}{at}", failure.message));
    }
    if let Some(undo) = &view.undo {
        print(&format!("  {} removed, {} restored, {} kept because somebody touched them since", undo.removed, undo.restored, undo.kept));
    }
    Ok(())
}

/// Exports.
pub async fn export(config: Config, data: PathBuf, args: Export, as_json: bool) -> Done {
    let parts = space::parts(&config, &data, base::Clock::system()).await?;
    let filter =
        Filter { kind: args.kind, party: party(&parts, args.party.as_deref()).await?, statuses: BTreeSet::new(), source: args.source };
    let name = args.output.as_ref().map(|p| p.to_string_lossy().to_lowercase()).unwrap_or_default();
    let packed = name.ends_with(".gz");
    let format = if name.trim_end_matches(".gz").ends_with(".csv") { Format::Csv } else { Format::JsonLines };
    let bar = bar(0, "export");
    let mut told = |n: u64| bar.set_position(n);
    let writer: Box<dyn Write + Send> = match &args.output {
        Some(path) => Box::new(BufWriter::new(File::create(path)?)),
        None => Box::new(std::io::stdout()),
    };
    let count = listings::export::write(&parts.listings, &Actor::system(), &filter, format, packed, writer, &mut told).await?;
    bar.finish_and_clear();
    if args.output.is_some() {
        print(&if as_json { json!({ "listings": count }).to_string() } else { format!("{count} listings") });
    }
    Ok(ExitCode::SUCCESS)
}
