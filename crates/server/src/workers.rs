//! What goes on beside the requests: the followers of index and standing matches, jobs (mail, imports), and what the clock brings.

use std::sync::Arc;
use std::time::Duration;

use accounts::mail;
use chrono::TimeDelta;
use listings::notices::{JOB as LISTING_MAIL, Letter};
use search::Wanting;
use store::follow::report;
use store::jobs::{Failure, Job, Which};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::app::App;

/// How often due jobs are looked for.
const JOBS_EVERY: Duration = Duration::from_millis(500);
/// How often the clock is looked at.
const TICK_EVERY: Duration = Duration::from_secs(60);
/// By which name the nodes take turns in looking at saved searches.
pub const ALERTS: &str = "alerts";
/// A round over saved searches follows the one before after so long at least: less than a tick, so that a node keeps its turn.
const ALERTS_APART: TimeDelta = TimeDelta::seconds(50);
/// How often the lease of a job that takes long is renewed.
const RENEW_EVERY: Duration = Duration::from_secs(60);

/// Starts every worker. They end soon after `stop`; wait for them with the set.
pub fn start(app: &App, wanting: Option<Wanting>, stop: &CancellationToken) -> JoinSet<()> {
    let mut workers = JoinSet::new();
    workers.spawn(search::follower::run(app.store.clone(), app.search.clone(), wanting, stop.clone()));
    workers.spawn(matching::standing::run(app.matcher.clone(), stop.clone()));
    if let Some(meanings) = app.matcher.meanings() {
        workers.spawn(matching::meaning::run(app.store.clone(), Arc::clone(meanings), stop.clone()));
    }
    // Imports take minutes: beside the rest, so that no letter waits for them, and they for no mail server.
    workers.spawn(jobs(app.clone(), Which::AllBut(listings::import::JOB), stop.clone()));
    workers.spawn(jobs(app.clone(), Which::Only(listings::import::JOB), stop.clone()));
    workers.spawn(clockwork(app.clone(), stop.clone()));
    workers.spawn(alerts(app.clone(), stop.clone()));
    workers
}

/// Does one job after the other.
async fn jobs(app: App, which: Which, stop: CancellationToken) {
    while !stop.is_cancelled() {
        let pause = match app.store.claim_job(which).await {
            Ok(Some(job)) if job.kind == listings::import::JOB => {
                import(&app, job, stop.clone()).await;
                continue;
            }
            Ok(Some(job)) => {
                let outcome = run(&app, &job).await;
                finish(&app, &job, outcome).await;
                continue;
            }
            Ok(None) => JOBS_EVERY,
            Err(error) => {
                tracing::error!(cause = report(&error), "no job could be claimed");
                Duration::from_secs(5)
            }
        };
        tokio::select! { () = stop.cancelled() => {} () = tokio::time::sleep(pause) => {} }
    }
}

async fn finish(app: &App, job: &Job, outcome: Result<(), Failure>) {
    match &outcome {
        Ok(()) => {}
        Err(Failure { why, is_final: false }) => {
            tracing::warn!(kind = job.kind, attempts = job.attempts, why, "a job failed and will be tried again");
        }
        Err(Failure { why, is_final: true }) => tracing::error!(kind = job.kind, id = %job.id, why, "a job failed for good"),
    }
    if let Err(error) = app.store.finish_job(job, outcome).await {
        tracing::error!(cause = report(&error), "the end of a job could not be noted");
    }
}

/// Runs an import, keeping its job while it runs. A stop ends it between two batches; its job is then found
/// again once the lease is over.
async fn import(app: &App, job: Job, stop: CancellationToken) {
    let work =
        async { listings::import::run_job(&app.listings, &app.data, &job, stop.clone()).await.map_err(|e| Failure::from(report(&e))) };
    tokio::pin!(work);
    let outcome = loop {
        tokio::select! {
            outcome = &mut work => break outcome,
            () = tokio::time::sleep(RENEW_EVERY) => {
                if let Err(error) = app.store.renew_job(&job).await {
                    tracing::error!(cause = report(&error), "the lease of a job could not be renewed");
                }
            }
        }
    };
    if !stop.is_cancelled() {
        finish(app, &job, outcome).await;
    }
}

async fn run(app: &App, job: &Job) -> Result<(), Failure> {
    if mail::handles(&job.kind) {
        return Ok(mail::run(&app.accounts, &app.mailer, job).await?);
    }
    if let Some(done) = crate::letters::run(app, job).await {
        return done;
    }
    match job.kind.as_str() {
        LISTING_MAIL => listing_letter(app, job).await,
        other => Err(format!("no worker for jobs of kind {other}").into()),
    }
}

/// Tells somebody what became of a listing.
async fn listing_letter(app: &App, job: &Job) -> Result<(), Failure> {
    let letter: Letter = serde_json::from_value(job.payload.clone()).map_err(|e| e.to_string())?;
    let actor = base::Actor::system();
    let Some(kind) = listings::view::kind_of(&app.listings, letter.listing).await.map_err(|e| report(&e))? else {
        return Ok(()); // it was removed: nothing to tell
    };
    let view = listings::view::show(&app.listings, &actor, kind, letter.listing).await.map_err(|e| report(&e))?;
    let key = format!("listing-{}", letter.notice.word());
    let args = [("title", view.title.as_str()), ("code", view.code.as_str())];
    let found = accounts::letters::about(&app.accounts, letter.account, &key, &args, &view.url).await.map_err(|e| report(&e))?;
    match found {
        Some(words) => Ok(app.mailer.send(&app.accounts, &words, job.id).await?),
        None => Ok(()), // the account is gone or disabled
    }
}

async fn clockwork(app: App, stop: CancellationToken) {
    let mut round = 0_u64;
    let mut faulty_synonyms = None;
    loop {
        let search = app.search.clone();
        let read = tokio::task::spawn_blocking(move || search.reload_synonyms()).await;
        let fault = read.map_err(|e| e.to_string()).and_then(|done| done).err();
        if let Some(why) = fault.as_ref().filter(|_| fault != faulty_synonyms) {
            tracing::error!(why, "the synonyms could not be read; those read before stay in use");
        }
        faulty_synonyms = fault;
        match listings::lifecycle::tick(&app.listings).await {
            Ok(done) if done.expired + done.warned > 0 => tracing::info!(done.expired, done.warned, "listings came to their end"),
            Ok(_) => {}
            Err(error) => tracing::error!(cause = report(&error), "the listings' clock failed"),
        }
        if let Err(error) = accounts::notices::leave_digests(&app.accounts).await {
            tracing::error!(cause = report(&error), "the letters of the day could not be left");
        }
        if let Err(error) = matching::standing::tell_waiting(&app.matcher).await {
            tracing::error!(cause = report(&error), "new matches that waited could not be told");
        }
        match brokering::interests::tick(&app.brokering).await {
            Ok(done) if done.reminded + done.overdue + done.expired > 0 => {
                tracing::info!(done.reminded, done.overdue, done.expired, "interests came to their day");
            }
            Ok(_) => {}
            Err(error) => tracing::error!(cause = report(&error), "the interests' clock failed"),
        }
        if let Err(error) = brokering::deals::tick(&app.brokering).await {
            tracing::error!(cause = report(&error), "the deals' clock failed");
        }
        if round.is_multiple_of(60) {
            if let Err(error) = accounts::notices::sweep(&app.accounts).await {
                tracing::error!(cause = report(&error), "old notices could not be swept away");
            }
            if let Err(error) = app.store.sweep().await {
                tracing::error!(cause = report(&error), "old jobs and answers could not be swept away");
            }
            if let Err(error) = listings::versions::sweep(&app.listings).await {
                tracing::error!(cause = report(&error), "versions that were written over could not be swept away");
            }
            // Not as soon as it starts: whoever started it on the wrong database has time to see it.
            if round > 0 {
                sweep_files(&app).await;
            }
            if let Err(error) = accounts::sessions::sweep(&app.accounts).await {
                tracing::error!(cause = report(&error), "old sessions could not be swept away");
            }
        }
        round += 1;
        tokio::select! { () = stop.cancelled() => return, () = tokio::time::sleep(TICK_EVERY) => {} }
    }
}

async fn sweep_files(app: &App) {
    match brokering::confidential::files::sweep(&app.brokering).await {
        Ok(0) => {}
        Ok(gone) => tracing::info!(gone, "files that nothing leads to were taken out of the store"),
        Err(error) => tracing::error!(cause = report(&error), "the store of files could not be swept"),
    }
}

/// Looks whether saved searches have something new. Beside the clock, because many searches take their time. One node does it
/// for all; if it goes away, another one takes the next round and looks from where it was itself.
async fn alerts(app: App, stop: CancellationToken) {
    let mut seen = 0;
    loop {
        let is_ours = match app.store.begin_round(ALERTS, ALERTS_APART).await {
            Ok(is_ours) => is_ours,
            Err(error) => {
                tracing::error!(cause = report(&error), "no round over saved searches could be begun");
                false
            }
        };
        if !is_ours {
            tokio::select! { () = stop.cancelled() => return, () = tokio::time::sleep(TICK_EVERY) => continue }
        }
        // A round may wait for the index; one that is broken off is begun again.
        let round = tokio::select! { () = stop.cancelled() => return, round = matching::alerts::round(&app.saved, seen) => round };
        match round {
            Ok(done) => {
                seen = done.position;
                if done.with_news > 0 {
                    tracing::info!(done.searches, done.with_news, "saved searches brought something");
                }
            }
            Err(error) => tracing::error!(cause = report(&error), "saved searches could not be looked at"),
        }
        tokio::select! { () = stop.cancelled() => return, () = tokio::time::sleep(TICK_EVERY) => {} }
    }
}
