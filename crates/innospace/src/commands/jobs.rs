//! Work that was given up: letters that a mail server never took, imports that could not end. It is listed and put back here.

use std::path::PathBuf;
use std::process::ExitCode;

use base::Clock;
use clap::Args;
use innospace::config::Config;
use innospace::{print, space};
use serde_json::json;

/// What to do with it.
#[derive(Args)]
pub struct Jobs {
    /// Put all of it back: a running server tries it again within a second, or the next one that is started.
    #[arg(long)]
    retry: bool,
}

/// Lists what was given up, or puts it back. Exit code 1 if something was given up and is not put back.
pub async fn run(config: Config, data: PathBuf, args: Jobs, as_json: bool) -> Result<ExitCode, Box<dyn std::error::Error>> {
    let store = space::parts(&config, &data, Clock::system()).await?.store;
    if args.retry {
        let retried = store.retry_failed_jobs().await?;
        print(&if as_json { json!({ "retried": retried }).to_string() } else { format!("{retried} put back") });
        return Ok(ExitCode::SUCCESS);
    }
    let (open, failed) = store.count_jobs().await?;
    let jobs = store.failed_jobs().await?;
    if as_json {
        print(&json!({ "open": open, "failed": failed, "jobs": jobs }).to_string());
    } else {
        print(&format!("{open} wait or run, {failed} were given up"));
        if failed > jobs.len() as u64 {
            print(&format!("the last {}:", jobs.len()));
        }
        for job in &jobs {
            let at = job.ended_at.unwrap_or(job.created_at).format("%Y-%m-%d %H:%M UTC");
            print(&format!("{at}  {}  {}  tried {} times: {}", job.kind, job.id, job.attempts, job.last_error.as_deref().unwrap_or("-")));
        }
    }
    Ok(if failed == 0 { ExitCode::SUCCESS } else { ExitCode::from(1) })
}
