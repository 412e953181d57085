//! Running an import: check everything, then write in batches, each of which also notes how far it has come.
//!
//! What always holds: a file that is broken, or that has a faulty row which is not to be skipped, changes nothing. A
//! run that stops, or whose machine does, goes on at the first batch that is not in the database; two runners of one
//! import cannot both write the same batch.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

use base::{AccountId, Actor, Capacity, Faults, ImportId, PartyId, Refused};
use sea_orm::{ActiveModelTrait, ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter, QueryOrder};
use serde_json::json;
use sha2::{Digest, Sha256};
use store::{Ctx, NewEvent, StoreError, Tx};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::check::{self, Bits, Checked, Ended};
use super::convert::RowFault;
use super::parties;
use super::plan::{Plan, PlanParts};
use super::read;
use super::rows::{fault, import};
use super::write::{self, Batch, Job, Ready};
use super::{Broken, ImportError, ImportState, ImportView, Limits, Mapping, Options, Progress, rights, view};
use crate::error::ListingError;
use crate::{Listings, holding};

/// Rows of one transaction.
const BATCH_ROWS: usize = 500;
/// Bytes of their contents, so that long rows are not many.
const BATCH_BYTES: usize = 8_000_000;

/// Runs imports.
#[derive(Clone)]
pub struct Import {
    /// Where listings go.
    pub listings: Listings,
    /// What is read of a file at most.
    pub limits: Limits,
    /// Is told how far it has come, often.
    pub progress: Arc<dyn Fn(Progress) + Send + Sync>,
    /// Ends a run between two batches; it can be continued.
    pub stop: CancellationToken,
}

impl Import {
    /// With the usual limits, nobody told, and nothing to stop it.
    #[must_use]
    pub fn new(listings: Listings) -> Self {
        Self { listings, limits: Limits::default(), progress: Arc::new(|_| {}), stop: CancellationToken::new() }
    }

    /// Imports a file here and now. The same file with the same mapping and options goes on where an earlier run was
    /// interrupted.
    ///
    /// # Errors
    /// [`ImportError`] if the actor may not, or the database fails. A file that is wrong is no error: the answer says
    /// `failed` and why.
    pub async fn run(&self, ctx: Ctx, path: &Path, mapping: Option<&Mapping>, options: &Options) -> Result<ImportView, ImportError> {
        rights::may_import(&ctx.actor, options)?;
        let hash = hash_of(path, &self.limits).await?;
        let row = match self.to_continue(&hash, mapping, options, &ctx.actor).await? {
            Some(row) => row,
            None => {
                let id = ImportId(self.listings.store.clock().uuid());
                insert(&self.listings, ctx, id, hash, mapping, options, false).await?
            }
        };
        self.execute(row, path).await
    }

    /// An import of this file that was not finished.
    async fn to_continue(
        &self,
        hash: &[u8],
        mapping: Option<&Mapping>,
        options: &Options,
        actor: &Actor,
    ) -> Result<Option<import::Model>, ListingError> {
        let mut query = import::Entity::find()
            .filter(import::Column::FileHash.eq(hash.to_vec()))
            .filter(import::Column::MappingHash.eq(mapping_hash(mapping)))
            .filter(import::Column::State.is_in(["running", "interrupted"]))
            .filter(import::Column::Publish.eq(options.publish))
            .filter(import::Column::SkipFaulty.eq(options.skip_faulty))
            .filter(import::Column::DryRun.eq(options.dry_run));
        query = match options.party {
            Some(party) => query.filter(import::Column::PartyId.eq(party.0)),
            None => query.filter(import::Column::PartyId.is_null()),
        };
        query = match actor.account() {
            Some(account) => query.filter(import::Column::AccountId.eq(account.0)),
            None => query.filter(import::Column::AccountId.is_null()),
        };
        Ok(query.order_by_desc(import::Column::StartedAt).one(self.listings.store.db()).await?)
    }

    /// Runs an import whose row is there.
    pub(crate) async fn execute(&self, row: import::Model, path: &Path) -> Result<ImportView, ImportError> {
        let id = ImportId(row.id);
        let mapping = match row.mapping.as_str() {
            "" => None,
            text => Some(Mapping::parse("mapping", text)?),
        };
        self.set_state(id, ImportState::Running, None).await?;
        let account = row.account_id.map(AccountId);
        let party = row.party_id.map(PartyId);
        let member = match (account, party) {
            (Some(account), Some(party)) => rights::still(&self.listings, account, party, row.publish).await?,
            _ => false,
        };
        let plan = Plan::new(PlanParts {
            parties: if mapping.is_none() && party.is_none() {
                parties::by_name(self.listings.store.db()).await?
            } else {
                Default::default()
            },
            mapping,
            party,
            publish: row.publish,
            trusted: account.is_none(),
            vocabularies: Arc::clone(&self.listings.vocabularies),
            today: self.listings.store.clock().today(),
        });
        let result = check::file(self.listings.store.db(), plan, path, &self.limits, &self.stop, &*self.progress).await;
        let (plan, checked) = match result {
            Ok(found) => found,
            Err(Ended::Broken(broken)) => return self.fail(id, broken).await,
            Err(Ended::Stopped) => return self.end(id, ImportState::Interrupted, None).await,
            Err(Ended::Store(error)) => return Err(error.into()),
        };
        self.note(id, &checked).await?;
        if row.dry_run {
            return self.end(id, ImportState::Done, None).await;
        }
        let faulty = checked.faulty.count();
        if faulty > 0 && !row.skip_faulty {
            return self.fail(id, Broken::new("rows_faulty", &[("count", &faulty.to_string())])).await;
        }
        if let (Some(party), Some(_)) = (party, account) {
            let held = holding::of(self.listings.store.db(), party).await?;
            if row.rows_done == 0 && held + checked.rows > self.listings.settings.per_party {
                return self.fail(id, Broken::new("party_full", &[("max", &self.listings.settings.per_party.to_string())])).await;
            }
        }
        let job = Job { import: id, author: account, contact: account.filter(|_| member), keeps_codes: account.is_none() };
        let done = u64::try_from(row.rows_done).unwrap_or(0);
        self.write(job, plan, path, checked, done).await
    }

    /// The second pass: a thread reads and maps while this task writes.
    async fn write(&self, job: Job, plan: Plan, path: &Path, checked: Checked, done: u64) -> Result<ImportView, ImportError> {
        let total = checked.rows;
        let (send, mut receive) = mpsc::channel::<Batch>(2);
        let (path, limits, stop) = (path.to_owned(), self.limits.clone(), self.stop.clone());
        let reading = tokio::task::spawn_blocking(move || batches(plan, &path, &limits, &stop, &checked.faulty, done, &send));
        let started = Instant::now();
        while let Some(batch) = receive.recv().await {
            let reached = batch.to;
            match self.write_batch(&job, batch).await {
                Ok(()) => {}
                // Somebody else runs this import and was faster; it is theirs now.
                Err(ListingError::Stale { .. }) => return self.view(job.import).await,
                Err(error) => {
                    tracing::error!(import = %job.import, cause = store::follow::report(&error), "an import was interrupted");
                    self.end(job.import, ImportState::Interrupted, Some(Broken::new("database", &[]))).await?;
                    return Err(error.into());
                }
            }
            let rate = (reached - done) as f64 / started.elapsed().as_secs_f64().max(0.001);
            (self.progress)(Progress::writing(reached, total, rate));
            if self.stop.is_cancelled() {
                break;
            }
        }
        receive.close();
        match reading.await.map_err(|_| ListingError::Store(StoreError::Lost))? {
            Ok(()) if !self.stop.is_cancelled() => self.end(job.import, ImportState::Done, None).await,
            Ok(()) => {
                let view = self.view(job.import).await?;
                let state = if view.rows_done == total { ImportState::Done } else { ImportState::Interrupted };
                self.end(job.import, state, None).await
            }
            // The file changed under our hands; it was whole when it was checked.
            Err(broken) => self.end(job.import, ImportState::Interrupted, Some(broken)).await,
        }
    }

    async fn write_batch(&self, job: &Job, batch: Batch) -> Result<(), ListingError> {
        let listings = self.listings.clone();
        let job = job.clone();
        let ctx = author(job.author);
        listings.store.clone().write(ctx, move |tx| write::batch(tx, listings.clone(), job.clone(), batch.clone())).await?;
        Ok(())
    }

    /// Keeps what the first pass found.
    async fn note(&self, id: ImportId, checked: &Checked) -> Result<(), ListingError> {
        let (rows, faulty, shortened) = (whole(checked.rows), whole(checked.faulty.count()), whole(checked.shortened));
        let found: Arc<Vec<fault::ActiveModel>> = Arc::new(fault_rows(id, &checked.faults)?);
        self.listings
            .store
            .write(Ctx::system(), move |tx| {
                let found = Arc::clone(&found);
                async move {
                    fault::Entity::delete_many().filter(fault::Column::ImportId.eq(id.0)).exec(tx.db()).await?;
                    for chunk in found.chunks(1_000) {
                        fault::Entity::insert_many(chunk.to_vec()).exec_without_returning(tx.db()).await?;
                    }
                    let change = import::ActiveModel {
                        rows_total: Set(Some(rows)),
                        faulty: Set(faulty),
                        shortened: Set(shortened),
                        ..Default::default()
                    };
                    import::Entity::update_many().set(change).filter(import::Column::Id.eq(id.0)).exec(tx.db()).await?;
                    Ok::<_, ListingError>(())
                }
            })
            .await
    }

    /// Ends an import whose starter may no longer import.
    pub(crate) async fn refuse(&self, id: ImportId) -> Result<ImportView, ImportError> {
        self.fail(id, Broken::new("not_allowed", &[])).await
    }

    async fn fail(&self, id: ImportId, broken: Broken) -> Result<ImportView, ImportError> {
        self.end(id, ImportState::Failed, Some(broken)).await
    }

    async fn end(&self, id: ImportId, state: ImportState, broken: Option<Broken>) -> Result<ImportView, ImportError> {
        self.set_state(id, state, broken).await?;
        self.view(id).await
    }

    async fn view(&self, id: ImportId) -> Result<ImportView, ImportError> {
        Ok(view::get(&self.listings, &Actor::system(), id).await?)
    }

    async fn set_state(&self, id: ImportId, state: ImportState, broken: Option<Broken>) -> Result<(), ListingError> {
        let failure = broken.map(|b| serde_json::to_string(&b)).transpose().map_err(|e| StoreError::corrupt("import", e))?;
        self.listings
            .store
            .write(Ctx::system(), move |tx| {
                let failure = failure.clone();
                async move {
                    let ended = (state != ImportState::Running).then(|| tx.now());
                    let change = import::ActiveModel {
                        state: Set(state.as_str().to_owned()),
                        failure: Set(failure),
                        ended_at: Set(ended),
                        ..Default::default()
                    };
                    import::Entity::update_many().set(change).filter(import::Column::Id.eq(id.0)).exec(tx.db()).await?;
                    if state != ImportState::Running {
                        tx.emit(NewEvent::new("import", id, "import.ended", json!({ "state": state })));
                    }
                    Ok::<_, ListingError>(())
                }
            })
            .await
    }
}

/// Reads the file again and hands its rows over in batches, from row `done` on.
fn batches(
    plan: Plan,
    path: &Path,
    limits: &Limits,
    stop: &CancellationToken,
    faulty: &Bits,
    done: u64,
    give: &mpsc::Sender<Batch>,
) -> Result<(), Broken> {
    let mut source = read::open(path, limits)?;
    let (mut from, mut ordinal) = (done, 0_u64);
    let mut entries: Vec<Ready> = Vec::with_capacity(BATCH_ROWS);
    let mut bytes = 0;
    // The channel closes when the writer has stopped.
    let mut hand_over = |entries: Vec<Ready>, to: u64| {
        let batch = Batch { entries: Arc::new(entries), from, to };
        from = to;
        give.blocking_send(batch).is_ok()
    };
    for row in source.by_ref() {
        let row = row?;
        let row_number = row.number;
        if ordinal >= done && !faulty.has(ordinal) {
            match plan.read(ordinal, row, false) {
                (Some(entry), faults, _) if faults.is_empty() => {
                    let ready = Ready::new(entry).map_err(|e| Broken::at(row_number, "unreadable", &[("why", &e.to_string())]))?;
                    bytes += ready.bytes();
                    entries.push(ready);
                }
                _ => return Err(Broken::new("changed", &[])),
            }
        }
        ordinal += 1;
        if entries.len() == BATCH_ROWS || bytes > BATCH_BYTES {
            bytes = 0;
            if !hand_over(std::mem::take(&mut entries), ordinal) {
                return Ok(());
            }
        }
        if stop.is_cancelled() {
            return Ok(());
        }
    }
    // Also without rows: the faulty ones at the end are taken care of as well.
    if ordinal > done {
        hand_over(entries, ordinal);
    }
    Ok(())
}

fn fault_rows(id: ImportId, faults: &[(u64, RowFault)]) -> Result<Vec<fault::ActiveModel>, StoreError> {
    let mut all = Vec::with_capacity(faults.len());
    let mut numbers: std::collections::HashMap<u64, i64> = std::collections::HashMap::new();
    for (row, found) in faults {
        let n = numbers.entry(*row).or_default();
        let args: std::collections::BTreeMap<&str, &String> = found.args.iter().map(|(k, v)| (*k, v)).collect();
        all.push(fault::ActiveModel {
            import_id: Set(id.0),
            row_number: Set(whole(*row)),
            n: Set(*n),
            column_name: Set(found.column.clone()),
            pointer: Set(found.pointer.clone()),
            code: Set(found.code.to_owned()),
            args: Set(serde_json::to_string(&args).map_err(|e| StoreError::corrupt("fault", e))?),
        });
        *n += 1;
    }
    Ok(all)
}

/// Writes the row of a new import; one that waits also leaves the job that runs it.
pub(crate) async fn insert(
    listings: &Listings,
    ctx: Ctx,
    id: ImportId,
    hash: Vec<u8>,
    mapping: Option<&Mapping>,
    options: &Options,
    waits: bool,
) -> Result<import::Model, ListingError> {
    let account = ctx.actor.account();
    let row = import::Model {
        id: id.0,
        party_id: options.party.map(|p| p.0),
        account_id: account.map(|a| a.0),
        file_name: base::text::allowed(&options.file_name).take(200).collect(),
        file_hash: hash,
        mapping: mapping.map(|m| m.text.clone()).unwrap_or_default(),
        mapping_hash: mapping_hash(mapping),
        dry_run: options.dry_run,
        publish: options.publish,
        skip_faulty: options.skip_faulty,
        state: if waits { ImportState::Waiting } else { ImportState::Running }.as_str().to_owned(),
        rows_total: None,
        rows_done: 0,
        created: 0,
        updated: 0,
        unchanged: 0,
        faulty: 0,
        shortened: 0,
        failure: None,
        started_at: listings.store.clock().now(),
        ended_at: None,
    };
    let stored = row.clone();
    // A repeated request is answered with the first one's import.
    let first: ImportId = listings.store.write(ctx, move |tx| insert_in(tx, stored.clone(), waits)).await?;
    if first == id {
        return Ok(row);
    }
    let row = import::Entity::find_by_id(first.0).one(listings.store.db()).await?;
    row.ok_or(ListingError::Refused(Refused::Hidden))
}

async fn insert_in(tx: Tx, row: import::Model, waits: bool) -> Result<ImportId, ListingError> {
    let id = ImportId(row.id);
    if let Some(party) = row.party_id
        && !accounts::lookup::party_exists(tx.db(), PartyId(party)).await?
    {
        let mut faults = Faults::new();
        faults.add("/party", "unknown_party");
        return Err(ListingError::Invalid(faults));
    }
    let facts = json!({ "party": row.party_id, "publish": row.publish, "dry_run": row.dry_run });
    let model: import::ActiveModel = row.into();
    import::Entity::insert(model.reset_all()).exec_without_returning(tx.db()).await?;
    if waits {
        tx.enqueue(super::JOB, &json!({ "import": id }), tx.now()).await?;
    }
    tx.emit(NewEvent::new("import", id, "import.started", facts));
    Ok(id)
}

/// In whose name a batch is written: what may be done was decided when the import was started.
fn author(account: Option<AccountId>) -> Ctx {
    match account {
        None => Ctx::system(),
        Some(account) => Ctx::of(Actor { capacity: Capacity::Program(account), ..Actor::anonymous(base::Lang::Vi) }),
    }
}

fn mapping_hash(mapping: Option<&Mapping>) -> Vec<u8> {
    Sha256::digest(mapping.map(|m| m.text.as_bytes()).unwrap_or_default()).to_vec()
}

/// SHA-256 of a file, read away from the async threads.
pub(crate) async fn hash_of(path: &Path, limits: &Limits) -> Result<Vec<u8>, ImportError> {
    let (path, most) = (path.to_owned(), limits.file_bytes);
    let shown: PathBuf = path.clone();
    let hash = tokio::task::spawn_blocking(move || {
        let mut file = File::open(&path)?.take(most.saturating_add(1));
        let mut hasher = Sha256::new();
        let mut buffer = vec![0_u8; 256 * 1024];
        loop {
            let read = file.read(&mut buffer)?;
            match buffer.get(..read) {
                None | Some([]) => return Ok::<_, std::io::Error>(hasher.finalize().to_vec()),
                Some(bytes) => hasher.update(bytes),
            }
        }
    });
    match hash.await {
        Ok(Ok(hash)) => Ok(hash),
        Ok(Err(cause)) => Err(ImportError::File { path: shown, cause }),
        Err(_) => Err(ListingError::Store(StoreError::Lost).into()),
    }
}

fn whole(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}
