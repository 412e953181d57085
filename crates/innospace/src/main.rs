//! The program: serve, demonstrate, import, find, check.
//!
//! Each command opens what it needs, makes a few calls into the crates, and prints; no rule of the domain lives here.

mod commands;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use innospace::config;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// The Brand and Innovation Space.
#[derive(Parser)]
#[command(name = "innospace", version, about, propagate_version = true)]
struct Cli {
    /// Settings file (TOML), read over the defaults.
    #[arg(long, global = true, value_name = "FILE", env = "INNOSPACE_CONFIG")]
    config: Option<PathBuf>,
    /// Data directory: database, index, mail, keys.
    #[arg(long, global = true, value_name = "DIR", default_value = "data", env = "INNOSPACE_DATA")]
    data: PathBuf,
    /// Answer in JSON where a program would read it.
    #[arg(long, global = true)]
    json: bool,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Serve the space.
    Serve(commands::serve::Serve),
    /// Serve the demonstration space; fills an empty database with it first.
    Demo(commands::serve::Serve),
    /// Bring the database to this version's shape.
    Migrate,
    /// Make accounts.
    #[command(subcommand)]
    Admin(commands::admin::Admin),
    /// Import a file of listings.
    Import(commands::import::Import),
    /// Export listings.
    Export(commands::import::Export),
    /// Search, one query or a file of them.
    Search(commands::find::Search),
    /// Match a file of needs that are only read, not stored.
    Match(commands::find::Match),
    /// Build the search index anew.
    Reindex,
    /// Reckon all standing matches anew, or compare what is stored with what would be reckoned.
    Rematch(commands::find::Rematch),
    /// Fit the weights of matching to judged pairs, and scores to the share of pairs that is good.
    ///
    /// Pairs are judged by what people of the space said of matches (that two know each other already says nothing and is
    /// left out) and by files. Fitting begins with the weights in use. New ones are only given out if they order questions
    /// better that they were not fitted on. Nothing is changed: a table for the settings file comes out.
    ///
    /// Exit code 0: a table was written, with new weights or the old ones. 1: too little was judged, or something failed.
    Fit(commands::fit::Fit),
    /// Export what people said of matches, for the tuning set.
    ExportFeedback(commands::find::ExportFeedback),
    /// Check that index and database agree and that the event log is whole.
    Verify,
    /// Say what is unsafe for production.
    Doctor,
    /// List the letters that became files on a machine without SMTP, or print one.
    ///
    /// The newest first: time, to, subject. Unless mail.transport is smtp, a space sends nothing and writes each letter into
    /// the folder mail of the data directory; links that confirm an address or reset a password are found here.
    Mail(commands::mail::Mail),
    /// Print the OpenAPI document.
    Openapi,
    /// Read a spreadsheet in a process of its own; used by imports.
    #[command(hide = true)]
    ReadSheet(commands::import::ReadSheet),
    /// Mark a PDF in a process of its own; used when files are handed in and opened.
    #[command(hide = true)]
    MarkPdf,
}

/// How many threads beside those of the runtime search, match, hash and read files, for each core. What comes beyond waits
/// its turn: hundreds of searches at once would only get in each other's way, each with its memory.
const BLOCKING_A_CORE: usize = 8;

fn main() -> ExitCode {
    let cli = Cli::parse();
    // A sheet is read in a small process without a runtime or settings.
    if let Command::ReadSheet(args) = &cli.command {
        return commands::import::read_sheet(args);
    }
    if let Command::MarkPdf = &cli.command {
        return brokering::confidential::marking::child_main();
    }
    let cores = std::thread::available_parallelism().map_or(2, std::num::NonZero::get).max(2);
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().max_blocking_threads(cores * BLOCKING_A_CORE).build() {
        Ok(runtime) => runtime,
        Err(error) => return commands::fail(&error),
    };
    match runtime.block_on(run(cli)) {
        Ok(code) => code,
        Err(error) => commands::fail(error.as_ref()),
    }
}

async fn run(cli: Cli) -> Result<ExitCode, Box<dyn std::error::Error>> {
    let is_demo = matches!(cli.command, Command::Demo(_));
    let config = config::load(cli.config.as_deref(), is_demo)?;
    let quiet = !matches!(cli.command, Command::Serve(_) | Command::Demo(_));
    config::start_log(&config.log, quiet);
    let data = cli.data;
    match cli.command {
        Command::Serve(args) => commands::serve::run(config, data, args, false).await,
        Command::Demo(args) => commands::serve::run(config, data, args, true).await,
        Command::Migrate => commands::admin::migrate(config, data).await,
        Command::Admin(args) => commands::admin::run(config, data, args).await,
        Command::Import(args) => commands::import::run(config, data, args, cli.json).await,
        Command::Export(args) => commands::import::export(config, data, args).await,
        Command::Search(args) => commands::find::search(config, data, args, cli.json).await,
        Command::Match(args) => commands::find::matches(config, data, args).await,
        Command::Reindex => commands::admin::reindex(config, data).await,
        Command::Rematch(args) => commands::find::rematch(config, data, args).await,
        Command::Fit(args) => commands::fit::run(config, data, args, cli.json).await,
        Command::ExportFeedback(args) => commands::find::export_feedback(config, data, args).await,
        Command::Verify => commands::admin::verify(config, data, cli.json).await,
        Command::Doctor => commands::doctor::run(config, data, cli.json).await,
        Command::Mail(args) => commands::mail::run(&config, &data, &args, cli.json),
        Command::Openapi => {
            innospace::print(&server::openapi(&config.server.public_url));
            Ok(ExitCode::SUCCESS)
        }
        Command::ReadSheet(_) | Command::MarkPdf => Ok(ExitCode::SUCCESS),
    }
}
