//! An operator's work: accounts, migrations, the index, checks.

use std::io::{BufRead, IsTerminal};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use accounts::Password;
use clap::Subcommand;
use serde_json::json;

use innospace::config::Config;
use innospace::space::{self, Parts};
use innospace::{bar, print};
use search::follower::Difference;

/// How often index and database are compared before a difference counts.
const COMPARISONS: u32 = 3;
/// What a server gets to come up to its log between them.
const BETWEEN_COMPARISONS: Duration = Duration::from_secs(1);

type Done = Result<ExitCode, Box<dyn std::error::Error>>;

/// What can be done to accounts.
#[derive(Subcommand)]
pub enum Admin {
    /// Make an administrator. The password is asked for, or read from the first line of standard input.
    Create {
        /// The e-mail address to sign in with.
        #[arg(long)]
        email: String,
        /// The person's name.
        #[arg(long)]
        name: String,
    },
}

/// Does it.
pub async fn run(config: Config, data: PathBuf, args: Admin, as_json: bool) -> Done {
    let Admin::Create { email, name } = args;
    let parts = space::parts(&config, &data, base::Clock::system()).await?;
    if std::io::stdin().is_terminal() {
        print("Password (it is shown as you type; pipe it in to keep it off the screen):");
    }
    let mut line = String::new();
    std::io::stdin().lock().read_line(&mut line)?;
    let password = Password::new(line.trim_end_matches(['\r', '\n']));
    match accounts::people::create_admin(&parts.accounts, &email, &name, password).await {
        Ok(receipt) if as_json => {
            print(&json!({ "id": receipt.id }).to_string());
            Ok(ExitCode::SUCCESS)
        }
        Ok(receipt) => {
            print(&format!("administrator {} made; staff sign in with a second factor, set it up at the first sign-in", receipt.id));
            Ok(ExitCode::SUCCESS)
        }
        Err(accounts::Error::Invalid(faults)) if as_json => {
            let said = |fault: &base::Fault| json!({ "pointer": fault.pointer, "code": fault.code, "detail": fault.say(base::Lang::En) });
            print(&json!({ "errors": faults.iter().map(said).collect::<Vec<_>>() }).to_string());
            Ok(ExitCode::from(1))
        }
        Err(accounts::Error::Invalid(faults)) => {
            for fault in faults.iter() {
                print(&format!("{}: {}", fault.pointer.trim_start_matches('/'), fault.say(base::Lang::En)));
            }
            Ok(ExitCode::from(1))
        }
        Err(error) => Err(error.into()),
    }
}

/// Brings the database to this version's shape.
pub async fn migrate(config: Config, data: PathBuf, as_json: bool) -> Done {
    innospace::space::private_folder(&data)?;
    let store = store::Store::connect(&config.database, &data, base::Clock::system()).await?;
    let waiting = migrations::pending(store.db()).await?;
    migrations::migrate(store.db()).await?;
    print(&match (as_json, waiting.is_empty()) {
        (true, _) => json!({ "done": waiting }).to_string(),
        (false, true) => "the database is up to date".to_owned(),
        (false, false) => format!("done: {}", waiting.join(", ")),
    });
    Ok(ExitCode::SUCCESS)
}

/// How much more memory than within a server a rebuild may take that has the program to itself: the more, the fewer pieces
/// the index has, and the quicker it is searched.
const ALONE: usize = 4;

/// Builds the search index anew.
pub async fn reindex(mut config: Config, data: PathBuf, as_json: bool) -> Done {
    config.search.rebuild_memory_mb *= ALONE;
    let parts = space::parts(&config, &data, base::Clock::system()).await?;
    let (search, _) = space::index(&config, &data, &parts)?;
    let started = std::time::Instant::now();
    let documents = space::rebuild(&parts.store, &search).await?;
    let seconds = started.elapsed().as_secs_f64();
    print(&if as_json {
        json!({ "documents": documents, "seconds": seconds }).to_string()
    } else {
        format!("{documents} documents in {seconds:.1} s")
    });
    Ok(ExitCode::SUCCESS)
}

/// Checks that the event log is whole and that index and database agree. Exit code 1 if not.
pub async fn verify(config: Config, data: PathBuf, as_json: bool) -> Done {
    let parts = space::parts(&config, &data, base::Clock::system()).await?;
    let total = parts.store.last_position().await?;
    let bar = bar(u64::try_from(total).unwrap_or(0), "events");
    let chain = parts.store.verify_events(&mut |n| bar.set_position(u64::try_from(n).unwrap_or(0))).await?;
    bar.finish_and_clear();
    let difference = compared(&config, &data, &parts).await?;
    let whole = chain.is_ok() && difference.is_none();
    if as_json {
        let chain = match &chain {
            Ok(events) => json!({ "whole": true, "events": events }),
            Err(broken) => json!({ "whole": false, "broken_at": broken.position, "what": broken.what }),
        };
        print(&json!({ "whole": whole, "events": chain, "index": difference }).to_string());
    } else {
        match &chain {
            Ok(events) => print(&format!("event log: {events} events, whole")),
            Err(broken) => print(&format!("event log: broken at {}: {}", broken.position, broken.what)),
        }
        print(&format!(
            "index: {} the same, {} missing, {} surplus, {} stale",
            difference.same,
            difference.missing.len(),
            difference.surplus.len(),
            difference.stale.len()
        ));
    }
    Ok(if whole { ExitCode::SUCCESS } else { ExitCode::from(1) })
}

/// How index and database differ. Beside a running server, which may be a moment behind its log, they are compared more
/// than once before a difference counts.
async fn compared(config: &Config, data: &Path, parts: &Parts) -> Result<Difference, Box<dyn std::error::Error>> {
    let mut attempt = 1;
    loop {
        let search = space::readable_index(config, data, parts).await?;
        let difference = search::follower::verify(&parts.store, &search).await?;
        if difference.is_none() || attempt == COMPARISONS {
            return Ok(difference);
        }
        drop(search);
        tokio::time::sleep(BETWEEN_COMPARISONS).await;
        attempt += 1;
    }
}
