//! Serving a space, or the demonstration of one.

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use clap::Args;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use innospace::config::Config;
use innospace::{demo, space};

/// Where to serve.
#[derive(Args)]
pub struct Serve {
    /// Where to listen, such as 127.0.0.1:8080.
    #[arg(long, value_name = "ADDRESS")]
    listen: Option<String>,
}

/// Keeps the process to small pages of memory, before it has much of it. Of the large ones that the allocator asks for, a server
/// touches a little of each: they made a quarter more memory resident and no answer quicker. A program that fills
/// memory, such as a rebuild of the index, is a twentieth quicker with them and keeps them.
fn keep_to_small_pages() {
    #[cfg(target_os = "linux")]
    if let Err(error) = rustix::thread::disable_transparent_huge_pages(true) {
        // Old kernels and strict sandboxes; nothing depends on it.
        tracing::debug!(%error, "large pages of memory stay allowed");
    }
}

/// Serves until it is told to stop.
pub async fn run(mut config: Config, data: PathBuf, args: Serve, is_demo: bool) -> Result<ExitCode, Box<dyn std::error::Error>> {
    keep_to_small_pages();
    if let Some(listen) = args.listen {
        let local = format!("http://{}", config.server.listen);
        // Without a public address of its own the space is where it listens.
        if config.server.public_url == local {
            config.server.public_url = format!("http://{listen}");
            config.accounts.public_url.clone_from(&config.server.public_url);
        }
        config.server.listen = listen;
    }
    let stop = stop_signal()?;
    // The door is opened first: an address in use is told before any work is done.
    let listener = TcpListener::bind(&config.server.listen)
        .await
        .map_err(|e| format!("{} cannot be listened on: {e}; choose another with --listen", config.server.listen))?;
    let parts = space::parts(&config, &data, base::Clock::system()).await?;
    let sign_ins = if is_demo { Some(demo::prepare(&config, &parts, &data).await?) } else { None };
    let (search, wanting) = space::index_of_server(&config, &data, &parts)?;
    let app = space::app(&config, &data, parts, search, is_demo)?;
    brokering::deals::must_have_pipelines(&app.store, &app.brokering.pipelines).await?;
    let workers_stop = CancellationToken::new();
    let mut workers = server::workers::start(&app, wanting, &workers_stop);
    match &sign_ins {
        Some(sign_ins) => innospace::print(&sign_ins.greeting(&config.server.public_url)),
        None => tracing::info!(address = config.server.listen, "serving"),
    }
    server::edge::serve(app, listener, stop).await?;
    workers_stop.cancel();
    let ended = tokio::time::timeout(Duration::from_secs(10), async { while workers.join_next().await.is_some() {} }).await;
    if ended.is_err() {
        tracing::warn!("a worker was still at work when the time to end was over");
    }
    Ok(ExitCode::SUCCESS)
}

/// Cancelled by SIGTERM or Ctrl-C.
fn stop_signal() -> std::io::Result<CancellationToken> {
    use tokio::signal::unix::{SignalKind, signal};
    let stop = CancellationToken::new();
    let (mut term, mut int) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    let token = stop.clone();
    tokio::spawn(async move {
        tokio::select! { _ = term.recv() => {} _ = int.recv() => {} }
        tracing::info!("stopping");
        token.cancel();
    });
    Ok(stop)
}
