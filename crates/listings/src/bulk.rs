//! Many new published listings in few statements: what the demonstration space and the measurements are made with.
//!
//! The rows, events and codes are the same as those of [`crate::edit::create`] followed by a publication; only the
//! round trips are fewer.

use std::collections::{BTreeMap, HashMap};

use base::{AccountId, Actor, ImportId, Lang, ListingId, PartyId, Refused};
use chrono::{NaiveDate, TimeDelta};
use sea_orm::{ActiveValue::Set, EntityTrait};
use serde_json::json;
use store::{Ctx, NewEvent, Time, Tx};

use crate::check::Check;
use crate::content::Content;
use crate::edit::{Written, new_row, reserve_codes, save_private, taken, version_row};
use crate::error::{ListingError, valid};
use crate::head::Visibility;
use crate::kind::Kind;
use crate::private::PrivateTerms;
use crate::published::Provenance;
use crate::rows::{band, listing, slug, version};
use crate::state::Status;
use crate::{Listings, duplicates, holding};

/// Rows per statement: 30 columns each stay below either engine's limit of parameters.
const ROWS: usize = 500;

/// A listing to be made.
#[derive(Clone, Debug)]
pub struct Bulk {
    /// Whose it is.
    pub party: PartyId,
    /// The language it is written in first.
    pub source_lang: Lang,
    /// What it says.
    pub content: Content,
    /// Its private terms.
    pub private: Option<PrivateTerms>,
    /// Who may see it once published.
    pub visibility: Visibility,
    /// Where it comes from.
    pub provenance: Provenance,
    /// By which import.
    pub import: Option<ImportId>,
    /// Published since then; none leaves it a draft.
    pub published_at: Option<Time>,
    /// When something must happen next.
    pub next_action_on: Option<NaiveDate>,
    /// Whom members may ask.
    pub contact: Option<AccountId>,
}

/// Makes them in the order given and gives their ids.
pub(crate) async fn insert(tx: &Tx, listings: &Listings, all: &[Bulk], author: Option<AccountId>) -> Result<Vec<ListingId>, ListingError> {
    let mut counts: BTreeMap<Kind, i64> = BTreeMap::new();
    let mut held: BTreeMap<PartyId, i64> = BTreeMap::new();
    for new in all {
        *counts.entry(new.content.kind()).or_default() += 1;
        *held.entry(new.party).or_default() += 1;
    }
    for (party, more) in held {
        holding::add(tx, party, more).await?;
    }
    let mut codes = HashMap::new();
    for (kind, count) in counts {
        codes.insert(kind, (reserve_codes(tx, kind, count).await?, 0_i64));
    }
    let mut ids = Vec::with_capacity(all.len());
    for chunk in all.chunks(ROWS) {
        let mut rows = Vec::with_capacity(chunk.len());
        let mut versions = Vec::with_capacity(chunk.len());
        let mut slugs = Vec::with_capacity(chunk.len());
        let mut bands = Vec::with_capacity(chunk.len() * 4);
        let mut privates = Vec::new();
        for new in chunk {
            let mut content = new.content.clone();
            content.restamp(None, new.source_lang, 1);
            let kind = content.kind();
            let Some((run, used)) = codes.get_mut(&kind) else { continue };
            let code = run.code(*used);
            *used += 1;
            let id = ListingId(tx.new_id());
            let row = row(tx, listings, id, new, &content, code);
            slugs.push(slug::ActiveModel { kind: Set(kind.as_str().to_owned()), slug: Set(taken(&row.slug)), listing_id: Set(id.0) });
            versions.push(version_row(tx, id, (1, 1), &content, &Written::once(author, ""), None)?);
            bands.extend(duplicates::band_rows(id, &content));
            if let Some(terms) = &new.private {
                privates.push((id, terms.clone()));
            }
            tx.emit(NewEvent::new(
                "listing",
                id,
                "listing.created",
                json!({ "kind": kind, "party": new.party, "version": 1, "import": new.import }),
            ));
            if new.published_at.is_some() {
                tx.emit(NewEvent::new("listing", id, "listing.published", json!({ "kind": kind, "version": 1, "import": new.import })));
            }
            rows.push(row);
            ids.push(id);
        }
        listing::Entity::insert_many(rows).exec_without_returning(tx.db()).await?;
        version::Entity::insert_many(versions).exec_without_returning(tx.db()).await?;
        slug::Entity::insert_many(slugs).exec_without_returning(tx.db()).await?;
        for part in bands.chunks(5_000) {
            band::Entity::insert_many(part.to_vec()).exec_without_returning(tx.db()).await?;
        }
        for (id, terms) in privates {
            save_private(tx, id, &terms, 1).await?;
        }
    }
    Ok(ids)
}

fn row(tx: &Tx, listings: &Listings, id: ListingId, new: &Bulk, content: &Content, code: String) -> listing::ActiveModel {
    let base = new_row(tx, id, new.party, new.source_lang, content, code);
    let life = TimeDelta::days(listings.settings.life_days);
    let published = new.published_at;
    // A published need always has somebody responsible or a date.
    let due = new.next_action_on.or_else(|| {
        (content.kind() == Kind::Need && published.is_some()).then(|| tx.today() + TimeDelta::days(listings.settings.need_action_days))
    });
    listing::ActiveModel {
        status: Set(if published.is_some() { Status::Published } else { Status::Draft }.as_str().to_owned()),
        visibility: Set(new.visibility.as_str().to_owned()),
        public_version: Set(published.map(|_| 1)),
        contact_id: Set(new.contact.map(|a| a.0)),
        next_action_on: Set(due),
        provenance: Set(new.provenance.origin.0.clone()),
        source: Set(new.provenance.source.clone()),
        external_id: Set(new.provenance.external_id.clone()),
        licence: Set(new.provenance.licence.clone()),
        import_id: Set(new.import.map(|i| i.0)),
        submitted_at: Set(published),
        published_at: Set(published),
        out_since: Set(published),
        confirmed_at: Set(published),
        expires_at: Set(published.map(|at| at + life)),
        ..base
    }
}

/// Makes published listings without a review: for demonstrations and operators.
///
/// # Errors
/// [`ListingError::Refused`] for everybody but the system; [`ListingError::Invalid`] with the first content that could
/// not have been submitted, pointers beginning with its place in the list.
pub async fn seed(listings: &Listings, actor: &Actor, all: Vec<Bulk>) -> Result<Vec<ListingId>, ListingError> {
    if !actor.is_system() {
        return Err(Refused::Forbidden { action: "listing.seed" }.into());
    }
    let check = Check { vocabularies: &listings.vocabularies, today: listings.store.clock().today() };
    for (n, new) in all.iter().enumerate() {
        let mut faults = base::Faults::new();
        for fault in check.submission(&new.content, new.source_lang).iter() {
            let args: Vec<(&'static str, &str)> = fault.args.iter().map(|(k, v)| (*k, v.as_str())).collect();
            faults.add_with(format!("/{n}{}", fault.pointer), fault.code, &args);
        }
        valid(faults)?;
    }
    let inner = listings.clone();
    listings
        .store
        .write(Ctx::system(), move |tx| {
            let (inner, all) = (inner.clone(), all.clone());
            async move { insert(&tx, &inner, &all, None).await }
        })
        .await
}
