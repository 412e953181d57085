//! Imports files and prints how fast: `bulk_import [--publish] FILE MAPPING [FILE MAPPING …]`; a mapping `-` is the
//! product's own format. Reads spreadsheets when it is started as `bulk_import read-sheet FILE`.
#![allow(clippy::print_stdout, reason = "it prints a measurement")]

use std::path::Path;
use std::process::ExitCode;
use std::sync::{Arc, Mutex};
use std::time::Instant;

use accounts::PartyProfile;
use base::{Clock, PartyId, Vocabularies};
use listings::import::{Import, Mapping, Options, Phase};
use listings::{ListingSettings, Listings};
use store::{Ctx, DatabaseSettings, Store};

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    if let Some((first, rest)) = args.split_first()
        && first == listings::import::sheet::COMMAND
    {
        return listings::import::sheet::child_main(rest);
    }
    let runtime = match tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return fail(&error),
    };
    match runtime.block_on(run(&args)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => fail(&*error),
    }
}

fn fail(error: &dyn std::error::Error) -> ExitCode {
    println!("{}", store::follow::report(error));
    ExitCode::FAILURE
}

async fn run(args: &[String]) -> Result<(), Box<dyn std::error::Error>> {
    let publish = args.iter().any(|a| a == "--publish");
    let files: Vec<&String> = args.iter().filter(|a| !a.starts_with("--")).collect();
    let folder = tempfile::tempdir()?;
    let url = std::env::var("BULK_URL").unwrap_or_else(|_| "sqlite:".to_owned());
    let settings = DatabaseSettings { url, ..DatabaseSettings::default() };
    let store = Store::open(&settings, folder.path(), Clock::system()).await?;
    let vocabularies = Arc::new(Vocabularies::built_in()?);
    let listings = Listings { store: store.clone(), vocabularies: Arc::clone(&vocabularies), settings: ListingSettings::default() };
    let party = party(&store, vocabularies).await?;
    let (mut rows, start) = (0, Instant::now());
    for pair in files.chunks(2) {
        let [file, mapping] = pair else { return Err("a file and its mapping, in pairs".into()) };
        let mapping = if *mapping == "-" { None } else { Some(Mapping::parse(mapping, &std::fs::read_to_string(mapping)?)?) };
        rows += one(&listings, party, Path::new(file), mapping.as_ref(), publish).await?;
    }
    let seconds = start.elapsed().as_secs_f64();
    println!("all: {rows} rows in {seconds:.1} s, {:.0} a second", rows as f64 / seconds);
    for name in ["innospace.sqlite", "innospace.sqlite-wal"] {
        if let Ok(found) = std::fs::metadata(folder.path().join(name)) {
            println!("{name}: {} MB", found.len() / 1_000_000);
        }
    }
    if let Ok(status) = std::fs::read_to_string("/proc/self/status") {
        status.lines().filter(|l| l.starts_with("VmHWM")).for_each(|l| println!("{l}"));
    }
    Ok(())
}

async fn party(store: &Store, vocabularies: Arc<Vocabularies>) -> Result<PartyId, Box<dyn std::error::Error>> {
    let folder = tempfile::tempdir()?;
    let accounts = accounts::Accounts::open(store.clone(), accounts::AccountSettings::default(), vocabularies, folder.path())?;
    let profile = serde_json::json!({
        "names": { "vi": "Sở Khoa học và Công nghệ" }, "party_type": "state_body", "registration": "01/QĐ-UBND ngày 01/07/2025",
        "address": { "province": "86" },
    });
    let profile: PartyProfile = serde_json::from_value(profile)?;
    let made = accounts::parties::create_demonstration(&accounts, Ctx::system(), profile).await;
    Ok(made.map_err(|e| format!("{e:?}"))?.id)
}

async fn one(
    listings: &Listings,
    party: PartyId,
    file: &Path,
    mapping: Option<&Mapping>,
    publish: bool,
) -> Result<u64, Box<dyn std::error::Error>> {
    let start = Instant::now();
    let checked = Arc::new(Mutex::new(None));
    let mut import = Import::new(listings.clone());
    let noted = Arc::clone(&checked);
    import.progress = Arc::new(move |p| {
        if p.phase == Phase::Writing
            && let Ok(mut noted) = noted.lock()
        {
            noted.get_or_insert_with(|| start.elapsed().as_secs_f64());
        }
    });
    let options = Options { party: Some(party), publish, file_name: file.display().to_string(), ..Options::default() };
    let view = import.run(Ctx::system(), file, mapping, &options).await?;
    let seconds = start.elapsed().as_secs_f64();
    let until_first = checked.lock().ok().and_then(|c| *c).unwrap_or(seconds);
    println!(
        "{}: {} · {} rows in {seconds:.1} s, {:.0} a second (first batch written after {until_first:.1} s) · created {} updated {} unchanged {} faulty {} shortened {}",
        file.display(),
        view.state,
        view.rows_total.unwrap_or(0),
        view.rows_total.unwrap_or(0) as f64 / seconds,
        view.created,
        view.updated,
        view.unchanged,
        view.faulty,
        view.shortened
    );
    if let Some(failure) = view.failure {
        println!("  {}", failure.message);
    }
    let faults = listings::import::faults(listings, &base::Actor::system(), view.id, None, base::Limit::default()).await?;
    for fault in faults.items {
        println!("  row {} {} {}: {}", fault.row, fault.column, fault.pointer, fault.message);
    }
    Ok(view.rows_total.unwrap_or(0))
}
