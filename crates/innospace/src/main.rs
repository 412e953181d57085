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

/// What every command keeps to; what else a code means is in the command's own `--help`.
const EXIT_CODES: &str = "Exit codes: 0 done; 1 it failed, or what was asked does not hold (each command's --help says what \
                          that is); 2 the command line is wrong.";

/// The Brand and Innovation Space.
#[derive(Parser)]
#[command(name = "innospace", version, about, propagate_version = true, after_help = EXIT_CODES)]
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
    ///
    /// Exit code 0: it was told to stop, and requests in work were answered. 1: it could not start or go on.
    Serve(commands::serve::Serve),
    /// Serve the demonstration space; fills an empty database with it first.
    ///
    /// Exit code 0: it was told to stop, and requests in work were answered. 1: it could not start or go on.
    Demo(commands::serve::Serve),
    /// Bring the database to this version's shape.
    ///
    /// Exit code 0: it has that shape, whether anything was to do or not. 1: it cannot be reached, was made by a newer version,
    /// or a step failed; a step that failed left nothing behind.
    Migrate,
    /// Make accounts.
    ///
    /// Exit code 0: the account was made. 1: it was not; what is wrong with what was given is named.
    #[command(subcommand)]
    Admin(commands::admin::Admin),
    /// Import a file of listings.
    ///
    /// Exit code 0: every row is right and was imported (with --dry-run: every row is right). 1: nothing was imported, the import
    /// was interrupted, or rows are faulty, even if --skip-faulty imported the others.
    Import(commands::import::Import),
    /// Export listings.
    ///
    /// Exit code 0: the file is whole, also where it holds no listing. 1: it could not be written.
    Export(commands::import::Export),
    /// Search, one query or a file of them.
    ///
    /// Exit code 0: it was searched, whether anything was found or not. 1: there is no index to read, or a file cannot be used.
    Search(commands::find::Search),
    /// Match a file of needs that are only read, not stored.
    ///
    /// Exit code 0: all needs were matched, whether anything was found for them or not. 1: a file cannot be used, or a need in it
    /// cannot be read.
    Match(commands::find::Match),
    /// Build the search index anew.
    ///
    /// Exit code 0: the new index is in place. 1: it is not, and the old one stays; beside a running server always.
    Reindex,
    /// Reckon all standing matches anew, or compare what is stored with what would be reckoned.
    ///
    /// Exit code 0: they were reckoned; with --check: what is stored is what would be reckoned. 1: it failed; with --check: they
    /// differ, or there are none yet.
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
    ///
    /// Exit code 0: the file is whole, also where nobody said anything. 1: it could not be written.
    ExportFeedback(commands::find::ExportFeedback),
    /// Check that index and database agree and that the event log is whole.
    ///
    /// Exit code 0: they agree and it is whole. 1: they differ, the log was changed, or one of them cannot be read.
    Verify,
    /// Say what is unsafe for production.
    ///
    /// Exit code 0: nothing unsafe was found. 1: something was, and is named.
    Doctor,
    /// List the work that was given up (letters above all), or put it back.
    ///
    /// What fails is tried again after growing pauses, at least every hour, and given up after five days.
    ///
    /// Exit code 0: nothing was given up, or it was put back. 1: something was given up, and is listed.
    Jobs(commands::jobs::Jobs),
    /// List the letters that became files on a machine without SMTP, or print one.
    ///
    /// The newest first: time, to, subject. Unless mail.transport is smtp, a space sends nothing and writes each letter into
    /// the folder mail of the data directory; links that confirm an address or reset a password are found here.
    ///
    /// Exit code 0: they were listed, also where there are none, or the letter was printed. 1: there is no such letter, or mail
    /// leaves over SMTP.
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
        // The two that hold all of the service while they run.
        Command::Serve(args) => Box::pin(commands::serve::run(config, data, args, false)).await,
        Command::Demo(args) => Box::pin(commands::serve::run(config, data, args, true)).await,
        Command::Migrate => commands::admin::migrate(config, data, cli.json).await,
        Command::Admin(args) => commands::admin::run(config, data, args, cli.json).await,
        Command::Import(args) => commands::import::run(config, data, args, cli.json).await,
        Command::Export(args) => commands::import::export(config, data, args, cli.json).await,
        Command::Search(args) => commands::find::search(config, data, args, cli.json).await,
        Command::Match(args) => commands::find::matches(config, data, args, cli.json).await,
        Command::Reindex => commands::admin::reindex(config, data, cli.json).await,
        Command::Rematch(args) => commands::find::rematch(config, data, args, cli.json).await,
        Command::Fit(args) => commands::fit::run(config, data, args, cli.json).await,
        Command::ExportFeedback(args) => commands::find::export_feedback(config, data, args, cli.json).await,
        Command::Verify => commands::admin::verify(config, data, cli.json).await,
        Command::Doctor => commands::doctor::run(config, data, cli.json).await,
        Command::Jobs(args) => commands::jobs::run(config, data, args, cli.json).await,
        Command::Mail(args) => commands::mail::run(&config, &data, &args, cli.json),
        Command::Openapi => {
            innospace::print(&server::openapi(&config.server.public_url));
            Ok(ExitCode::SUCCESS)
        }
        Command::ReadSheet(_) | Command::MarkPdf => Ok(ExitCode::SUCCESS),
    }
}
