//! Writing a listing: a new draft, a new version of its content, its private terms.
//! Not here: who may see it and who looks after it (`care`).

use base::{AccountId, Actor, Grant, Lang, ListingId, PartyId, PartyRole, Refused, Scope, StaffRole};
use chrono::{Datelike, TimeDelta};
use sea_orm::{ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, FromQueryResult, QueryFilter, Statement};
use serde::{Deserialize, Serialize};
use serde_json::json;
use store::{Ctx, NewEvent, StoreError, Time, Tx};
use utoipa::ToSchema;

use crate::access::{Edit, ViewPrivate};
use crate::care::Care;
use crate::check::Check;
use crate::completeness;
use crate::content::{Content, SCHEMA};
use crate::error::{ListingError, valid};
use crate::head::{Head, Visibility, content_of, load, load_to_change, save};
use crate::kind::Kind;
use crate::private::PrivateTerms;
use crate::rows::{listing, private, slug, version};
use crate::state::{Move, Revision, State, Status};
use crate::{Listings, duplicates, holding, versions};

/// What is known of a listing after it was written. Kept as the answer to a repeated request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Receipt {
    /// The listing.
    pub id: ListingId,
    /// Its kind.
    pub kind: Kind,
    /// Its readable code.
    pub code: String,
    /// The readable piece of its address.
    pub slug: String,
    /// Where it stands.
    pub status: Status,
    /// Where its pending revision stands.
    pub revision: Revision,
    /// Its ETag.
    pub version: i64,
}

impl Receipt {
    pub(crate) fn of(head: &Head, state: State, slug: String, version: i64) -> Self {
        Self { id: head.id, kind: head.kind, code: head.code.clone(), slug, status: state.status, revision: state.revision, version }
    }
}

/// A new listing.
#[derive(Clone, Debug)]
pub struct NewListing {
    /// Whose it is.
    pub party: PartyId,
    /// The language it is written in first.
    pub source_lang: Lang,
    /// What it says so far.
    pub content: Content,
    /// Private terms, if any are known already.
    pub private: Option<PrivateTerms>,
}

/// Saves a new draft at any state of completeness.
///
/// # Errors
/// [`ListingError::Refused`] unless the actor edits for the party (a broker may record a need for any party);
/// [`ListingError::Invalid`] with every wrong value, pointers into the content.
pub async fn create(listings: &Listings, ctx: Ctx, new: NewListing) -> Result<Receipt, ListingError> {
    let broker = ctx.actor.is_staff(StaffRole::Broker) && ctx.actor.has_scope(Scope::Staff) && new.content.kind() == Kind::Need;
    let editor = ctx.actor.has_role(new.party, PartyRole::Editor) || ctx.actor.is_system();
    if !ctx.actor.is_system() {
        ctx.actor.signed_in()?;
    }
    if !((editor || broker) && ctx.actor.has_scope(Scope::Write)) {
        return Err(Refused::Forbidden { action: "listing.create" }.into());
    }
    listings.check(&new)?;
    let me = ctx.actor.account();
    let care = if editor { Care { contact: me, ..Care::default() } } else { Care { responsible: me, ..Care::default() } };
    let listings = listings.clone();
    listings
        .store
        .clone()
        .write(ctx, move |tx| {
            let (listings, new, care) = (listings.clone(), new.clone(), care.clone());
            async move { create_in(&tx, &listings, me, new, &care).await }
        })
        .await
}

/// Saves a draft whose content and private terms were checked. The caller owns the transaction and has checked the right.
pub(crate) async fn create_in(
    tx: &Tx,
    listings: &Listings,
    author: Option<AccountId>,
    new: NewListing,
    care: &Care,
) -> Result<Receipt, ListingError> {
    if !accounts::lookup::party_exists(tx.db(), new.party).await? {
        return Err(Refused::Hidden.into());
    }
    if holding::add(tx, new.party, 1).await? > listings.settings.per_party {
        return Err(Refused::Forbidden { action: "listing.create" }.into());
    }
    let mut content = new.content;
    content.restamp(None, new.source_lang, 1);
    let code = reserve_codes(tx, content.kind(), 1).await?.code(0);
    let id = ListingId(tx.new_id());
    let row = new_row(tx, id, new.party, new.source_lang, &content, code);
    let row = listing::ActiveModel {
        contact_id: Set(care.contact.map(|a| a.0)),
        responsible_id: Set(care.responsible.map(|a| a.0)),
        next_action_on: Set(care.next_action_on),
        ..row
    };
    let (kind, slug_text) = (content.kind(), taken(&row.slug));
    let code = taken(&row.code);
    listing::Entity::insert(row).exec_without_returning(tx.db()).await?;
    insert_version(tx, id, (1, 1), &content, &Written::once(author, ""), None).await?;
    insert_slug(tx, kind, &slug_text, id).await?;
    duplicates::save_bands(tx, id, &content, false).await?;
    if let Some(terms) = &new.private {
        save_private(tx, id, terms, 1).await?;
    }
    tx.emit(NewEvent::new("listing", id, "listing.created", json!({ "kind": kind, "party": new.party, "version": 1 })));
    Ok(Receipt { id, kind, code, slug: slug_text, status: Status::Draft, revision: Revision::None, version: 1 })
}

/// The row of a new draft; what an import or the responsible staff member adds is set by the caller.
pub(crate) fn new_row(tx: &Tx, id: ListingId, party: PartyId, source: Lang, content: &Content, code: String) -> listing::ActiveModel {
    let title = content.title().best(source).unwrap_or_default().to_owned();
    listing::ActiveModel {
        id: Set(id.0),
        kind: Set(content.kind().as_str().to_owned()),
        party_id: Set(party.0),
        slug: Set(slug_of(&title, &code)),
        code: Set(code),
        source_lang: Set(source.code().to_owned()),
        status: Set(Status::Draft.as_str().to_owned()),
        revision: Set(Revision::None.as_str().to_owned()),
        visibility: Set(Visibility::Public.as_str().to_owned()),
        head_version: Set(1),
        public_version: Set(None),
        version: Set(1),
        title: Set(title),
        completeness: Set(i64::from(completeness::of(content, source).percent)),
        contact_id: Set(None),
        responsible_id: Set(None),
        next_action_on: Set(None),
        outcome: Set(None),
        provenance: Set("manual".to_owned()),
        source: Set(None),
        external_id: Set(None),
        licence: Set(None),
        import_id: Set(None),
        created_at: Set(tx.now()),
        updated_at: Set(tx.now()),
        submitted_at: Set(None),
        published_at: Set(None),
        out_since: Set(None),
        confirmed_at: Set(None),
        expires_at: Set(None),
        warned_at: Set(None),
    }
}

/// Writes a new version of the content. A draft stays a draft; a published listing gets a pending revision while the
/// public keeps seeing the approved version. The same content again changes nothing; what the same person writes soon
/// after, without a reason, goes on with the version that was begun (see `versions`).
///
/// # Errors
/// [`ListingError::Stale`] if the listing changed since `seen`; [`ListingError::NotAllowed`] while it is under review
/// or closed; [`ListingError::Invalid`] with every wrong value.
pub async fn edit(
    listings: &Listings,
    ctx: Ctx,
    id: ListingId,
    seen: i64,
    content: Content,
    reason: String,
) -> Result<Receipt, ListingError> {
    let today = listings.store.clock().today();
    valid(Check { vocabularies: &listings.vocabularies, today }.draft(&content))?;
    let written = Written { author: ctx.actor.account(), reason, goes_on: TimeDelta::minutes(listings.settings.version_minutes) };
    let actor = ctx.actor.clone();
    listings.store.write(ctx, move |tx| edit_in(tx, actor.clone(), id, seen, content.clone(), written.clone())).await
}

/// By whom a version is written, and why.
#[derive(Clone, Debug)]
pub(crate) struct Written {
    /// Who; none for a program.
    pub author: Option<AccountId>,
    /// Why.
    pub reason: String,
    /// How long after its beginning the same author's version goes on instead of another one being begun.
    pub goes_on: TimeDelta,
}

impl Written {
    /// A version that stands for itself.
    pub(crate) fn once(author: Option<AccountId>, reason: &str) -> Self {
        Self { author, reason: reason.to_owned(), goes_on: TimeDelta::zero() }
    }
}

async fn edit_in(tx: Tx, actor: Actor, id: ListingId, seen: i64, content: Content, written: Written) -> Result<Receipt, ListingError> {
    let head = load_to_change(&tx, id).await?.ok_or(Refused::Hidden)?;
    let grant = Grant::<Edit>::check(&actor, head)?;
    let head = grant.object();
    if head.kind != content.kind() {
        return Err(Refused::Hidden.into());
    }
    head.must_be_at(seen)?;
    let after = step(head.state, Move::Edit)?;
    write_version(&tx, head, after, content, written).await
}

/// The state after a step, or what there is instead.
pub(crate) fn step(state: State, step: Move) -> Result<State, ListingError> {
    state.after(step).ok_or_else(|| ListingError::NotAllowed { step, allowed: state.steps() })
}

/// Appends a version to a listing that may be edited.
pub(crate) async fn write_version(
    tx: &Tx,
    head: &Head,
    after: State,
    mut content: Content,
    written: Written,
) -> Result<Receipt, ListingError> {
    let before = content_of(tx.db(), head.kind, head.id.0, head.head_version).await?;
    let number = head.head_version + 1;
    content.restamp(Some(&before), head.source_lang, u32::try_from(number).unwrap_or(u32::MAX));
    if content == before {
        return Ok(Receipt::of(head, head.state, head.slug.clone(), head.version));
    }
    let title = content.title().best(head.source_lang).unwrap_or_default().to_owned();
    // An address that was public keeps leading here; a draft's never was.
    let slug_text = if head.public_version.is_none() { slug_of(&title, &head.code) } else { head.slug.clone() };
    if slug_text != head.slug {
        slug::Entity::delete_many().filter(slug::Column::ListingId.eq(head.id.0)).exec(tx.db()).await?;
        insert_slug(tx, head.kind, &slug_text, head.id).await?;
    }
    let since = versions::supersede(tx, head, &written).await?;
    insert_version(tx, head.id, (number, head.version + 1), &content, &written, since).await?;
    duplicates::save_bands(tx, head.id, &content, true).await?;
    let change = listing::ActiveModel {
        status: Set(after.status.as_str().to_owned()),
        revision: Set(after.revision.as_str().to_owned()),
        head_version: Set(number),
        title: Set(title),
        slug: Set(slug_text.clone()),
        completeness: Set(i64::from(completeness::of(&content, head.source_lang).percent)),
        ..Default::default()
    };
    let version = save(tx, head, change).await?;
    tx.emit(NewEvent::new(
        "listing",
        head.id,
        "listing.edited",
        json!({ "version": number, "status": after.status, "revision": after.revision }),
    ));
    Ok(Receipt::of(head, after, slug_text, version))
}

/// The private terms and their own version (0 while there are none).
///
/// # Errors
/// [`ListingError::Refused`] for whoever is no member and not the staff member responsible.
pub async fn private_terms(listings: &Listings, actor: &Actor, id: ListingId) -> Result<(PrivateTerms, i64), ListingError> {
    let head = load(listings.store.db(), id).await?.ok_or(Refused::Hidden)?;
    Grant::<ViewPrivate>::check(actor, head)?;
    load_private(listings.store.db(), id).await
}

/// The private terms of those of these listings whose terms the actor may read, and that have any.
///
/// # Errors
/// If the database fails.
pub async fn private_terms_of(
    listings: &Listings,
    actor: &Actor,
    ids: &[ListingId],
) -> Result<Vec<(ListingId, PrivateTerms)>, ListingError> {
    let db = listings.store.db();
    let heads = crate::head::load_many(db, ids).await?;
    let may_read = heads.into_iter().filter_map(|head| Grant::<ViewPrivate>::check(actor, head).ok().map(Grant::into_object));
    let may_read: Vec<uuid::Uuid> = may_read.map(|head| head.id.0).collect();
    let mut all = Vec::new();
    for some in may_read.chunks(500) {
        for row in private::Entity::find().filter(private::Column::ListingId.is_in(some.to_vec())).all(db).await? {
            let terms = serde_json::from_str(&row.terms).map_err(|e| StoreError::corrupt("private terms", e))?;
            all.push((ListingId(row.listing_id), terms));
        }
    }
    Ok(all)
}

pub(crate) async fn load_private(db: &impl ConnectionTrait, id: ListingId) -> Result<(PrivateTerms, i64), ListingError> {
    match private::Entity::find_by_id(id.0).one(db).await? {
        None => Ok((PrivateTerms::default(), 0)),
        Some(row) => {
            let terms = serde_json::from_str(&row.terms).map_err(|e| StoreError::corrupt("private terms", e))?;
            Ok((terms, row.version))
        }
    }
}

/// Writes the private terms.
///
/// # Errors
/// [`ListingError::Stale`] if they changed since `seen`.
pub async fn set_private_terms(listings: &Listings, ctx: Ctx, id: ListingId, seen: i64, terms: PrivateTerms) -> Result<i64, ListingError> {
    valid(terms.check(&listings.vocabularies, listings.store.clock().today()))?;
    let actor = ctx.actor.clone();
    listings
        .store
        .write(ctx, move |tx| {
            let (actor, terms) = (actor.clone(), terms.clone());
            async move {
                let head = load_to_change(&tx, id).await?.ok_or(Refused::Hidden)?;
                Grant::<Edit>::check(&actor, head)?;
                let (_, current) = load_private(tx.db(), id).await?;
                if current != seen {
                    return Err(ListingError::Stale { current });
                }
                save_private(&tx, id, &terms, current + 1).await?;
                // That they changed is a fact; what they say is not told.
                tx.emit(NewEvent::new("listing", id, "listing.private_terms_set", json!({ "version": current + 1 })));
                Ok(current + 1)
            }
        })
        .await
}

pub(crate) async fn save_private(tx: &Tx, id: ListingId, terms: &PrivateTerms, version: i64) -> Result<(), ListingError> {
    private::Entity::delete_by_id(id.0).exec(tx.db()).await?;
    let row = private::ActiveModel {
        listing_id: Set(id.0),
        terms: Set(serde_json::to_string(terms).map_err(|e| StoreError::corrupt("private terms", e))?),
        version: Set(version),
        updated_at: Set(tx.now()),
    };
    private::Entity::insert(row).exec_without_returning(tx.db()).await?;
    Ok(())
}

impl Listings {
    /// What is wrong with a new listing before anything is written.
    fn check(&self, new: &NewListing) -> Result<(), ListingError> {
        let today = self.store.clock().today();
        let mut faults = base::Faults::new();
        for fault in (Check { vocabularies: &self.vocabularies, today }).draft(&new.content).iter() {
            let args: Vec<(&'static str, &str)> = fault.args.iter().map(|(k, v)| (*k, v.as_str())).collect();
            faults.add_with(fault.pointer.clone(), fault.code, &args);
        }
        if let Some(terms) = &new.private {
            faults.extend(terms.check(&self.vocabularies, today));
        }
        valid(faults)
    }
}

pub(crate) async fn insert_version(
    tx: &Tx,
    id: ListingId,
    number_and_etag: (i64, i64),
    content: &Content,
    written: &Written,
    since: Option<Time>,
) -> Result<(), ListingError> {
    version::Entity::insert(version_row(tx, id, number_and_etag, content, written, since)?).exec_without_returning(tx.db()).await?;
    Ok(())
}

/// A version as it is kept; `since` is when it was begun, if that was before.
pub(crate) fn version_row(
    tx: &Tx,
    id: ListingId,
    (number, etag): (i64, i64),
    content: &Content,
    written: &Written,
    since: Option<Time>,
) -> Result<version::ActiveModel, StoreError> {
    Ok(version::ActiveModel {
        listing_id: Set(id.0),
        version: Set(number),
        schema: Set(i64::from(SCHEMA)),
        content: Set(content.to_json().map_err(|e| StoreError::corrupt("content", e))?),
        author_id: Set(written.author.map(|a| a.0)),
        reason: Set(written.reason.chars().take(500).collect()),
        at: Set(tx.now()),
        started_at: Set(since.unwrap_or_else(|| tx.now())),
        etag: Set(etag),
        superseded_at: Set(None),
    })
}

pub(crate) async fn insert_slug(tx: &Tx, kind: Kind, text: &str, id: ListingId) -> Result<(), ListingError> {
    let row = slug::ActiveModel { kind: Set(kind.as_str().to_owned()), slug: Set(text.to_owned()), listing_id: Set(id.0) };
    slug::Entity::insert(row).exec_without_returning(tx.db()).await?;
    Ok(())
}

/// Words of the title and the number of the code, such as `may-say-bom-nhiet-2026-000123`: readable, and unique within
/// a kind without a look at the table.
pub(crate) fn slug_of(title: &str, code: &str) -> String {
    let number = code.split_once('-').map_or(code, |(_, rest)| rest);
    format!("{}-{number}", base::fold::slug(title, 80))
}

/// The value a new row was given.
pub(crate) fn taken(value: &sea_orm::ActiveValue<String>) -> String {
    value.try_as_ref().cloned().unwrap_or_default()
}

/// A run of readable codes that nobody else gets.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Codes {
    kind: Kind,
    year: i32,
    first: i64,
}

impl Codes {
    /// The nth code of the run.
    pub(crate) fn code(self, n: i64) -> String {
        format!("{}-{}-{:06}", self.kind.code_prefix(), self.year, self.first + n)
    }
}

#[derive(FromQueryResult)]
struct Next {
    next: i64,
}

/// Reserves `count` codes of this year.
pub(crate) async fn reserve_codes(tx: &Tx, kind: Kind, count: i64) -> Result<Codes, ListingError> {
    let year = tx.today().year();
    let backend = ConnectionTrait::get_database_backend(tx.db());
    let sql = "INSERT INTO code_counter (kind, year, next) VALUES ($1, $2, $3 + 1) \
               ON CONFLICT (kind, year) DO UPDATE SET next = code_counter.next + $3 RETURNING next";
    let values = [kind.as_str().into(), i64::from(year).into(), count.into()];
    let row = Next::find_by_statement(Statement::from_sql_and_values(backend, sql, values)).one(tx.db()).await?;
    let next = row.map_or(count + 1, |r| r.next);
    Ok(Codes { kind, year, first: next - count })
}
