//! Writing rows: new listings in few statements, versions of those that are there, all of a batch in one transaction
//! together with how far the import has come.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::sync::Arc;

use base::{AccountId, ImportId, ListingId, PartyId};
use chrono::TimeDelta;
use sea_orm::sea_query::{Expr, ExprTrait, OnConflict};
use sea_orm::{ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, Statement};
use serde::{Deserialize, Serialize};
use serde_json::json;
use store::{NewEvent, Tx};

use super::lookup;
use super::plan::{Entry, Key, number_of_code};
use super::rows::{import, made};
use crate::content::SCHEMA;
use crate::error::ListingError;
use crate::head::{Head, load_to_change, save};
use crate::kind::Kind;
use crate::rows::{band, listing, slug, version};
use crate::state::{Move, Status};
use crate::{Listings, duplicates, edit, holding, review};

/// Who imports, under which import.
#[derive(Clone, Debug)]
pub(crate) struct Job {
    pub import: ImportId,
    pub author: Option<AccountId>,
    /// The author, if a member of the party: whom members may ask.
    pub contact: Option<AccountId>,
    /// Whether codes of the file are kept where they are free: an operator's.
    pub keeps_codes: bool,
}

/// A row with what can be made of it before the transaction, on another thread.
#[derive(Clone, Debug)]
pub(crate) struct Ready {
    pub entry: Entry,
    /// The content as it is stored.
    json: String,
    /// Its bands, each once.
    bands: BTreeSet<i64>,
}

impl Ready {
    /// # Errors
    /// None in practice: a content holds nothing that JSON has not.
    pub(crate) fn new(entry: Entry) -> Result<Self, serde_json::Error> {
        let json = entry.content.to_json()?;
        let bands = duplicates::bands(&entry.content).into_iter().collect();
        Ok(Self { entry, json, bands })
    }

    /// How much it holds, roughly.
    pub(crate) fn bytes(&self) -> usize {
        self.json.len()
    }
}

/// Rows that belong into one transaction.
#[derive(Clone, Debug)]
pub(crate) struct Batch {
    pub entries: Arc<Vec<Ready>>,
    /// How many rows of the file are taken care of before and after it.
    pub from: u64,
    pub to: u64,
}

/// What became of a batch.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Written {
    pub created: i64,
    pub updated: i64,
    pub unchanged: i64,
    pub faulty: i64,
}

fn whole(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

/// Writes a batch.
///
/// # Errors
/// [`ListingError::Stale`] if another runner has taken this batch over; nothing is written then.
pub(crate) async fn batch(tx: Tx, listings: Listings, job: Job, batch: Batch) -> Result<Written, ListingError> {
    let taken = import::Entity::update_many()
        .col_expr(import::Column::RowsDone, Expr::value(whole(batch.to)))
        .filter(import::Column::Id.eq(job.import.0))
        .filter(import::Column::RowsDone.eq(whole(batch.from)))
        .filter(import::Column::State.eq("running"))
        .exec(tx.db())
        .await?;
    if taken.rows_affected != 1 {
        return Err(ListingError::Stale { current: whole(batch.from) });
    }
    let entries = || batch.entries.iter().map(|ready| &ready.entry);
    let codes = entries().filter_map(|e| e.code.clone()).map(Key::Code);
    let known = lookup::known(tx.db(), entries().filter_map(Entry::key).chain(codes)).await?;
    let rows: Vec<&listing::Model> = entries().filter_map(|e| lookup::of(e, &known)).collect();
    let contents = lookup::contents(tx.db(), &rows).await?;
    let mut written = Written::default();
    let mut new = Vec::with_capacity(batch.entries.len());
    for ready in batch.entries.iter() {
        let entry = &ready.entry;
        let Some(row) = lookup::of(entry, &known) else {
            new.push(ready);
            continue;
        };
        if lookup::taken(entry, row).is_some() {
            written.faulty += 1;
            continue;
        }
        let before = contents.get(&row.id);
        let same = before == Some(&lookup::next_content(entry, row, before));
        let public = row.public_version == Some(row.head_version);
        let closed = lookup::closed(row)?.is_some();
        if same && (public || closed || !entry.publish) {
            written.unchanged += 1;
            continue;
        }
        if closed {
            // It was open when the file was checked and is not now.
            written.faulty += 1;
            continue;
        }
        update(&tx, &listings, &job, entry, ListingId(row.id), same).await?;
        written.updated += 1;
    }
    insert(&tx, &listings, &job, &new, &known).await?;
    written.created = whole(u64::try_from(new.len()).unwrap_or(u64::MAX));
    let add = |column: import::Column, count: i64| (column, Expr::col(column).add(count));
    let mut counts = import::Entity::update_many().filter(import::Column::Id.eq(job.import.0));
    for (column, sum) in [
        add(import::Column::Created, written.created),
        add(import::Column::Updated, written.updated),
        add(import::Column::Unchanged, written.unchanged),
        add(import::Column::Faulty, written.faulty),
    ] {
        counts = counts.col_expr(column, sum);
    }
    counts.exec(tx.db()).await?;
    Ok(written)
}

/// Writes a new version of a listing that is there, and publishes it where the import does.
async fn update(tx: &Tx, listings: &Listings, job: &Job, entry: &Entry, id: ListingId, same: bool) -> Result<(), ListingError> {
    let head = load_to_change(tx, id).await?.ok_or(base::Refused::Hidden)?;
    let (before_version, before_public) = (head.head_version, head.public_version);
    if !same {
        let after = edit::step(head.state, Move::Edit)?;
        edit::write_version(tx, &head, after, entry.content.clone(), edit::Written::once(job.author, "")).await?;
    }
    let head = load_to_change(tx, id).await?.ok_or(base::Refused::Hidden)?;
    let version = if entry.publish { publish(tx, listings, &head, json!({ "import": job.import })).await? } else { head.version };
    let row = made::ActiveModel {
        import_id: Set(job.import.0),
        listing_id: Set(id.0),
        row_number: Set(whole(entry.number)),
        before_version: Set(Some(before_version)),
        before_public: Set(before_public),
        after_version: Set(version),
        undo: Set(None),
    };
    made::Entity::insert(row)
        .on_conflict(
            OnConflict::columns([made::Column::ImportId, made::Column::ListingId]).update_column(made::Column::AfterVersion).to_owned(),
        )
        .exec_without_returning(tx.db())
        .await?;
    Ok(())
}

/// Publishes the newest version of a draft or of a pending revision, by the steps of the life cycle. Gives the
/// listing's version after it.
pub(crate) async fn publish(tx: &Tx, listings: &Listings, head: &Head, facts: serde_json::Value) -> Result<i64, ListingError> {
    let submitted = edit::step(head.state, Move::Submit)?;
    let after = edit::step(submitted, Move::Publish)?;
    let mut change = listing::ActiveModel {
        status: Set(after.status.as_str().to_owned()),
        revision: Set(after.revision.as_str().to_owned()),
        submitted_at: Set(Some(tx.now())),
        ..Default::default()
    };
    review::publish(tx, listings, head, &mut change).await?;
    let version = save(tx, head, change).await?;
    let mut all = json!({ "version": head.head_version, "kind": head.kind });
    if let (Some(all), Some(facts)) = (all.as_object_mut(), facts.as_object()) {
        all.extend(facts.clone());
    }
    tx.emit(NewEvent::new("listing", head.id, "listing.published", all));
    Ok(version)
}

/// Makes the listings that are not there yet.
async fn insert(tx: &Tx, listings: &Listings, job: &Job, new: &[&Ready], known: &HashMap<Key, listing::Model>) -> Result<(), ListingError> {
    if new.is_empty() {
        return Ok(());
    }
    let mut codes = codes(tx, job, new, known).await?;
    let mut rows = Vec::with_capacity(new.len());
    let mut versions = Vec::with_capacity(new.len());
    let mut slugs = Vec::with_capacity(new.len());
    let mut bands = Vec::with_capacity(new.len() * 4);
    let mut mades = Vec::with_capacity(new.len());
    let mut held: BTreeMap<PartyId, i64> = BTreeMap::new();
    for Ready { entry, json, bands: own } in new {
        let id = ListingId(tx.new_id());
        let kind = entry.content.kind();
        let row = row(tx, listings, job, entry, id, codes.pop().unwrap_or_default());
        slugs.push(slug::ActiveModel { kind: Set(kind.as_str().to_owned()), slug: Set(edit::taken(&row.slug)), listing_id: Set(id.0) });
        rows.push(row);
        versions.push(version::ActiveModel {
            listing_id: Set(id.0),
            version: Set(i64::from(entry.first_version)),
            schema: Set(i64::from(SCHEMA)),
            content: Set(json.clone()),
            author_id: Set(job.author.map(|a| a.0)),
            reason: Set(String::new()),
            at: Set(tx.now()),
            started_at: Set(tx.now()),
            etag: Set(1),
            superseded_at: Set(None),
        });
        bands.extend(own.iter().map(|b| band::ActiveModel { band: Set(*b), listing_id: Set(id.0) }));
        mades.push(made::ActiveModel {
            import_id: Set(job.import.0),
            listing_id: Set(id.0),
            row_number: Set(whole(entry.number)),
            before_version: Set(None),
            before_public: Set(None),
            after_version: Set(1),
            undo: Set(None),
        });
        *held.entry(entry.party).or_default() += 1;
        let version = entry.first_version;
        tx.emit(NewEvent::new(
            "listing",
            id,
            "listing.created",
            json!({ "kind": kind, "party": entry.party, "version": version, "import": job.import }),
        ));
        if entry.publish {
            tx.emit(NewEvent::new("listing", id, "listing.published", json!({ "kind": kind, "version": version, "import": job.import })));
        }
    }
    listing::Entity::insert_many(rows).exec_without_returning(tx.db()).await?;
    version::Entity::insert_many(versions).exec_without_returning(tx.db()).await?;
    slug::Entity::insert_many(slugs).exec_without_returning(tx.db()).await?;
    if !bands.is_empty() {
        band::Entity::insert_many(bands).exec_without_returning(tx.db()).await?;
    }
    made::Entity::insert_many(mades).exec_without_returning(tx.db()).await?;
    for (party, more) in held {
        holding::add(tx, party, more).await?;
    }
    Ok(())
}

fn row(tx: &Tx, listings: &Listings, job: &Job, entry: &Entry, id: ListingId, code: String) -> listing::ActiveModel {
    let draft = edit::new_row(tx, id, entry.party, entry.source_lang, &entry.content, code);
    let published = entry.publish.then(|| tx.now());
    // A published need always has somebody responsible or a date.
    let due =
        published.filter(|_| entry.content.kind() == Kind::Need).map(|_| tx.today() + TimeDelta::days(listings.settings.need_action_days));
    let version = i64::from(entry.first_version);
    listing::ActiveModel {
        status: Set(if entry.publish { Status::Published } else { Status::Draft }.as_str().to_owned()),
        visibility: Set(entry.visibility.as_str().to_owned()),
        head_version: Set(version),
        public_version: Set(published.map(|_| version)),
        contact_id: Set(job.contact.map(|a| a.0)),
        next_action_on: Set(due),
        provenance: Set(entry.provenance.origin.0.clone()),
        source: Set(entry.provenance.source.clone()),
        external_id: Set(entry.provenance.external_id.clone()),
        licence: Set(entry.provenance.licence.clone()),
        import_id: Set(Some(job.import.0)),
        submitted_at: Set(published),
        published_at: Set(published),
        out_since: Set(published),
        confirmed_at: Set(published),
        expires_at: Set(published.map(|at| at + TimeDelta::days(listings.settings.life_days))),
        ..draft
    }
}

/// A code for each new listing, the last one first: the file's own where it may be kept and is free, else the next.
async fn codes(tx: &Tx, job: &Job, new: &[&Ready], known: &HashMap<Key, listing::Model>) -> Result<Vec<String>, ListingError> {
    let mut used: HashSet<&str> = HashSet::new();
    let mut kept: Vec<Option<&str>> = Vec::with_capacity(new.len());
    let mut beyond: BTreeMap<(Kind, i32), i64> = BTreeMap::new();
    let mut counts: BTreeMap<Kind, i64> = BTreeMap::new();
    for Ready { entry, .. } in new {
        let kind = entry.content.kind();
        let free = entry.code.as_deref().filter(|code| job.keeps_codes && !known.contains_key(&Key::Code((*code).to_owned())));
        match free.and_then(|code| Some((code, number_of_code(kind, code)?))).filter(|(code, _)| used.insert(code)) {
            Some((code, (year, number))) => {
                let next = beyond.entry((kind, year)).or_default();
                *next = std::cmp::max(*next, number + 1);
                kept.push(Some(code));
            }
            None => {
                *counts.entry(kind).or_default() += 1;
                kept.push(None);
            }
        }
    }
    for ((kind, year), next) in beyond {
        // Codes given later must be other ones.
        let sql = "INSERT INTO code_counter (kind, year, next) VALUES ($1, $2, $3) ON CONFLICT (kind, year) \
                   DO UPDATE SET next = CASE WHEN code_counter.next < $3 THEN $3 ELSE code_counter.next END";
        let backend = ConnectionTrait::get_database_backend(tx.db());
        let values = [kind.as_str().into(), i64::from(year).into(), next.into()];
        tx.db().execute_raw(Statement::from_sql_and_values(backend, sql, values)).await?;
    }
    let mut runs = BTreeMap::new();
    for (kind, count) in counts {
        runs.insert(kind, (edit::reserve_codes(tx, kind, count).await?, 0_i64));
    }
    let mut all = Vec::with_capacity(new.len());
    for (Ready { entry, .. }, kept) in new.iter().zip(kept) {
        all.push(match (kept, runs.get_mut(&entry.content.kind())) {
            (Some(code), _) => code.to_owned(),
            (None, Some((run, next))) => {
                *next += 1;
                run.code(*next - 1)
            }
            (None, None) => String::new(),
        });
    }
    all.reverse();
    Ok(all)
}
