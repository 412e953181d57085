//! What is unsafe for production, and what to do about it.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use accounts::SecondFactorRule;
use accounts::mail::Transport;
use brokering::legal::Laws;
use brokering::pipelines::Pipelines;
use serde_json::json;

use innospace::config::Config;
use innospace::print;
use innospace::space;

/// Looks at settings and data. Exit code 1 if anything is unsafe.
pub async fn run(config: Config, data: PathBuf, as_json: bool) -> Result<ExitCode, Box<dyn std::error::Error>> {
    let mut found: Vec<(&str, String)> = Vec::new();
    let mut notes: Vec<String> = Vec::new();
    if !config.server.public_url.starts_with("https://") {
        found.push(("server.public_url", "is not https://: cookies go without Secure. Put a proxy with TLS before the space.".to_owned()));
    }
    if matches!(config.mail.transport, Transport::File) {
        found.push(("mail.transport", "is file: letters stay in the data directory. Set smtp and a host.".to_owned()));
    }
    if config.accounts.staff_second_factor == SecondFactorRule::Optional {
        found.push(("accounts.staff_second_factor", "is optional: a stolen password is enough to review and administer.".to_owned()));
    }
    if config.database.url.starts_with("postgres") && config.accounts.instance_key.0.is_empty() {
        found.push(("accounts.instance_key", "is empty: several nodes need one key, set it for all of them.".to_owned()));
    }
    if config.database.url.contains(":password@") || config.database.url.contains(":postgres@") {
        found.push(("database.url", "has a password that anybody would guess.".to_owned()));
    }
    found.extend(readable_by_others(&data)?);
    match space::parts(&config, &data, base::Clock::system()).await {
        Err(error) => found.push(("database", format!("cannot be opened: {}", store::follow::report(error.as_ref())))),
        Ok(parts) => {
            let administrators = accounts::people::staff_with(parts.store.db(), base::StaffRole::Administrator).await?;
            if administrators.is_empty() {
                found.push(("accounts", "there is no administrator: make one with `innospace admin create`.".to_owned()));
            }
            match space::meanings(&config) {
                Err(error) => found.push(("vectors.model", format!("cannot be used: {}.", store::follow::report(&error)))),
                Ok(None) => {}
                Ok(Some(meanings)) => {
                    let (made, is_whole) = meanings.made(&parts.store).await?;
                    let published = listings::published::count(&parts.store).await?;
                    let rest = match is_whole {
                        _ if config.matching.vectors <= 0.0 => "they count for nothing (matching.vectors is 0), and none is made",
                        true => "all have been through the model",
                        false => "a running server makes the others",
                    };
                    notes.push(format!("vectors: {made} of {published} published listings have one; {rest}"));
                }
            }
            match Pipelines::open(&config.brokering.pipelines_folder) {
                Err(error) => found.push(("brokering.pipelines_folder", format!("cannot be used: {error}"))),
                Ok(pipelines) => {
                    if let Err(error) = brokering::deals::must_have_pipelines(&parts.store, &pipelines).await {
                        found.push(("brokering.pipelines_folder", format!("is not enough: {}.", store::follow::report(&error))));
                    }
                    // Rules name kinds of deals: without the pipelines nobody can tell which there are.
                    if let Err(error) = Laws::open(&config.brokering.laws_folder, &parts.vocabularies, &pipelines) {
                        found.push(("brokering.laws_folder", format!("cannot be used: {error}")));
                    }
                }
            }
            let (_, failed) = parts.store.count_jobs().await?;
            if failed > 0 {
                found.push((
                    "jobs",
                    format!("{failed} failed for good: `innospace jobs` says why, `innospace jobs --retry` puts them back."),
                ));
            }
        }
    }
    if as_json {
        let rows: Vec<_> = found.iter().map(|(what, why)| json!({ "setting": what, "finding": why })).collect();
        print(&json!({ "safe": found.is_empty(), "findings": rows, "notes": notes }).to_string());
    } else {
        if found.is_empty() {
            print("nothing unsafe was found");
        }
        for (what, why) in &found {
            print(&format!("{what} {why}"));
        }
        notes.iter().for_each(|note| print(note));
    }
    Ok(if found.is_empty() { ExitCode::SUCCESS } else { ExitCode::from(1) })
}

/// The first things of the data directory that other users of the machine can read: the database and the letters in it
/// hold what people confided.
fn readable_by_others(data: &Path) -> std::io::Result<Option<(&'static str, String)>> {
    use std::os::unix::fs::PermissionsExt as _;
    const OTHERS: u32 = 0o007;
    let open = |path: &Path| std::fs::metadata(path).map(|m| m.permissions().mode() & OTHERS != 0);
    // Nobody comes past a closed door: what lies in it need not be looked at.
    if !data.exists() || !open(data)? {
        return Ok(None);
    }
    let mut exposed = Vec::new();
    for entry in std::fs::read_dir(data)? {
        let path = entry?.path();
        if open(&path)? {
            exposed.extend(path.file_name().map(|name| name.to_string_lossy().into_owned()));
        }
    }
    exposed.sort();
    Ok((!exposed.is_empty()).then(|| {
        let what = exposed.join(", ");
        ("data", format!("{} lets every user of this machine read {what}: chmod o= {}", data.display(), data.display()))
    }))
}
