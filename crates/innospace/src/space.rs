//! Opening a space: the database, accounts, listings, the index, the matcher.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use accounts::Accounts;
use accounts::mail::Mailer;
use base::{Clock, Vocabularies};
use brokering::Brokering;
use brokering::confidential::Vault;
use brokering::legal::Laws;
use brokering::pipelines::Pipelines;
use listings::Listings;
use matching::saved::Saved;
use matching::{Matcher, Meanings, Units};
use search::{Search, Wanting};
use server::{App, AppParts, Metrics, Space};
use store::Store;

use crate::config::Config;

type Failure = Box<dyn std::error::Error>;

/// The parts that need no index.
pub struct Parts {
    /// The database.
    pub store: Store,
    /// People and parties.
    pub accounts: Accounts,
    /// Technologies, IP assets, needs.
    pub listings: Listings,
    /// Lists of codes.
    pub vocabularies: Arc<Vocabularies>,
}

/// Makes a folder that its owner alone may read, unless it is there: what people confided and links that open accounts
/// lie in it.
///
/// # Errors
/// If it cannot be made.
pub fn private_folder(path: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::DirBuilderExt as _;
    std::fs::DirBuilder::new().recursive(true).mode(0o700).create(path)
}

/// Opens the database, with the migrations that are due, and what stands on it.
///
/// # Errors
/// If a part cannot be opened; the message says which.
pub async fn parts(config: &Config, data: &Path, clock: Clock) -> Result<Parts, Failure> {
    private_folder(data).map_err(|e| format!("the data directory {} cannot be made: {e}", data.display()))?;
    let store = Store::open(&config.database, data, clock).await?;
    stand_on(store, config, data)
}

/// What stands on a database that is open already.
///
/// # Errors
/// If a part cannot be opened; the message says which.
pub fn stand_on(store: Store, config: &Config, data: &Path) -> Result<Parts, Failure> {
    let vocabularies = Arc::new(Vocabularies::built_in()?);
    let mut settings = config.accounts.clone();
    if settings.space_name.is_empty() {
        let space = config.space(false).map_err(|e| e.to_string())?;
        (settings.space_name, settings.space_name_en) = (space.name_vi, space.name_en);
    } else if settings.space_name_en.is_empty() {
        settings.space_name_en.clone_from(&settings.space_name);
    }
    let accounts = Accounts::open(store.clone(), settings, Arc::clone(&vocabularies), data)?;
    let listings = Listings { store: store.clone(), vocabularies: Arc::clone(&vocabularies), settings: config.listings.clone() };
    Ok(Parts { store, accounts, listings, vocabularies })
}

/// Another process holds the data directory.
#[derive(Debug, thiserror::Error)]
#[error("the data directory {} is in use by another process; ask the running server instead", .0.display())]
pub struct InUse(PathBuf);

/// The folder of the index cannot be read or written.
#[derive(Debug, thiserror::Error)]
#[error("the search index in {} cannot be opened; its folder must be one that can be written, and may be empty", .folder.display())]
pub struct Unusable {
    folder: PathBuf,
    #[source]
    cause: search::Failure,
}

/// Opens the index beside them.
///
/// # Errors
/// If another process uses this data directory, or not even an empty index can be made.
pub fn index(config: &Config, data: &Path, parts: &Parts) -> Result<(Search, Option<Wanting>), Failure> {
    let folder = data.join("index");
    let opened = Search::open(&folder, config.search.clone(), Arc::clone(&parts.vocabularies), parts.store.clock().clone())
        .map_err(|cause| Unusable { folder, cause })?;
    if opened.wanting == Some(Wanting::Locked) {
        return Err(Box::new(InUse(PathBuf::from(data))));
    }
    opened.search.reload_synonyms()?;
    Ok((opened.search, opened.wanting))
}

/// The index of a server, which begins without one where its folder cannot be used: pages and the database go on, and
/// whoever searches hears that there is none.
///
/// # Errors
/// If another process uses this data directory.
pub fn index_of_server(config: &Config, data: &Path, parts: &Parts) -> Result<(Search, Option<Wanting>), Failure> {
    match index(config, data, parts) {
        Err(error) if error.is::<Unusable>() => {
            let cause = error.source().map(ToString::to_string).unwrap_or_default();
            tracing::error!(%error, cause, "the server begins without a search; mend the folder and start it again");
            let clock = parts.store.clock().clone();
            let none = Search::without_directory(config.search.clone(), Arc::clone(&parts.vocabularies), clock, Wanting::Unwritable)?;
            Ok((none.search, none.wanting))
        }
        other => other,
    }
}

/// What listings mean, by the model that the settings name, none of it read yet; none where they name none. Takes a second or
/// two for a large model, for all of it is looked at.
///
/// # Errors
/// If the directory is no model that can be used.
pub fn meanings(config: &Config) -> Result<Option<Arc<Meanings>>, vectors::ModelError> {
    let settings = &config.vectors;
    let Some(folder) = &settings.model else { return Ok(None) };
    let threads = vectors::Threads { count: settings.threads, on_start: matching::give_way };
    let way = vectors::Way { prefix: settings.prefix.clone(), anchors: vectors::anchors() };
    let encoder = vectors::open(folder, way, threads)?;
    Ok(Some(Arc::new(Meanings::new(encoder, settings))))
}

/// The matcher of a command: with all vectors that there are, and with vectors for what is only read.
///
/// # Errors
/// If the settings name a model that cannot be used, or the database fails.
pub async fn matcher_with_vectors(config: &Config, parts: &Parts, search: &Search) -> Result<Matcher, Failure> {
    let meanings = meanings(config)?;
    if let Some(meanings) = &meanings {
        meanings.load(&parts.store).await?;
    }
    Ok(matcher(config, parts, search)?.with_meanings(meanings).encoding())
}

/// The matcher over an index, by words alone.
pub fn matcher(config: &Config, parts: &Parts, search: &Search) -> Result<Matcher, Failure> {
    let units = Arc::new(Units::built_in()?);
    Ok(Matcher::new(search.clone(), parts.listings.clone(), units, config.matching.clone()))
}

/// Interests, deals, what is confided, stories.
///
/// # Errors
/// If a pipeline or a rule of the law cannot be read, or the place for confided files cannot be opened.
pub fn brokering(config: &Config, data: &Path, parts: &Parts) -> Result<Brokering, Failure> {
    let pipelines = Pipelines::open(&config.brokering.pipelines_folder)?;
    let laws = Laws::open(&config.brokering.laws_folder, &parts.vocabularies, &pipelines)?;
    Ok(Brokering {
        store: parts.store.clone(),
        accounts: parts.accounts.clone(),
        listings: parts.listings.clone(),
        vocabularies: Arc::clone(&parts.vocabularies),
        settings: Arc::new(config.brokering.clone()),
        pipelines: Arc::new(pipelines),
        laws: Arc::new(laws),
        vault: Vault::open(&parts.accounts, &config.files, data)?,
    })
}

/// Everything a server needs.
pub fn app(config: &Config, data: &Path, parts: Parts, search: Search, is_demo: bool) -> Result<App, Failure> {
    // A second space in one process, as in tests, has no metrics of its own.
    let metrics = match metrics_exporter_prometheus::PrometheusBuilder::new().install_recorder() {
        Ok(handle) => Some(handle),
        Err(error) => {
            tracing::warn!(%error, "there are no metrics");
            None
        }
    };
    // The space runs well without a model: one that cannot be used is told and left.
    let (meanings, is_model_refused) = match meanings(config) {
        Ok(meanings) => (meanings, false),
        Err(error) => {
            tracing::error!(error = store::follow::report(&error), "the model of vectors cannot be used; matches go by words alone");
            (None, true)
        }
    };
    let matching = matcher(config, &parts, &search)?.with_meanings(meanings);
    Ok(App::from(AppParts {
        is_model_refused,
        brokering: brokering(config, data, &parts)?,
        saved: Saved { store: parts.store.clone(), accounts: parts.accounts.clone(), search: search.clone(), matcher: matching.clone() },
        matcher: matching,
        mailer: Mailer::open(&config.mail, data)?,
        settings: Arc::new(config.server.clone()),
        space: Arc::new(Space::open(config.space(is_demo)?)?),
        data: Arc::new(PathBuf::from(data)),
        metrics: Metrics(metrics),
        stopping: Arc::new(AtomicBool::new(false)),
        store: parts.store,
        accounts: parts.accounts,
        listings: parts.listings,
        vocabularies: parts.vocabularies,
        search,
    }))
}

/// The index to read from, for commands that search without changing anything: beside a running server its index as it is
/// at this moment, else our own, brought up to the log.
///
/// # Errors
/// If there is no whole index and another process is about to build it, or it cannot be read.
pub async fn readable_index(config: &Config, data: &Path, parts: &Parts) -> Result<Search, Failure> {
    let now = search::Settings { lock_wait_ms: 0, ..config.search.clone() };
    match index(&Config { search: now.clone(), ..config.clone() }, data, parts) {
        Ok((search, wanting)) => brought_up(parts, search, wanting).await,
        Err(in_use) if in_use.is::<InUse>() => {
            let beside = Search::beside(&data.join("index"), now, Arc::clone(&parts.vocabularies), parts.store.clock().clone())?;
            let search = beside.ok_or("another process is building the index; try again when it is ready")?;
            search.reload_synonyms()?;
            Ok(search)
        }
        Err(other) => Err(other),
    }
}

/// The index of a space that no other process uses, brought up to the log.
///
/// # Errors
/// As [`index`], and if it cannot be built.
pub async fn current_index(config: &Config, data: &Path, parts: &Parts) -> Result<Search, Failure> {
    let (search, wanting) = index(config, data, parts)?;
    brought_up(parts, search, wanting).await
}

async fn brought_up(parts: &Parts, search: Search, wanting: Option<Wanting>) -> Result<Search, Failure> {
    match wanting {
        Some(_) => {
            rebuild(&parts.store, &search).await?;
        }
        None => search::follower::catch_up(&parts.store, &search).await?,
    }
    Ok(search)
}

/// Builds the index anew, with a progress bar.
pub async fn rebuild(store: &Store, search: &Search) -> Result<u64, Failure> {
    let total = listings::published::count(store).await?;
    let bar = crate::bar(total, "index");
    let done = search::follower::rebuild(store, search, |n| bar.set_position(n)).await?;
    bar.finish_and_clear();
    Ok(done)
}
