//! Parties: registering, editing, verifying and reading them.
//!
//! What always holds: the row's profile may be shown to anybody; street and personal tax code are joined in only under
//! a [`ViewPartyPrivate`] proof. Not here: who acts for a party (`membership`), what a profile may hold (`profile`).

use std::collections::BTreeMap;

use base::{Actor, Code, Cursor, Grant, Limit, Localised, Page, PartyId, PartyRole, PublicPage, PublicSpan, Refused};
use chrono::{DateTime, Utc};
use sea_orm::sea_query::{Expr, LockType};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, Order, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect, Select,
};
use serde::{Deserialize, Serialize};
use serde_json::json;
use store::{Ctx, NewEvent, StoreError, Time, Tx};
use utoipa::ToSchema;

use crate::access::{CreateParty, EditParty, Space, VerifyParty, ViewPartyPrivate};
use crate::profile::{PartyProfile, Private, SCHEMA};
use crate::rows::{party, party_alias, party_private};
use crate::{Accounts, Error, membership, merging};

/// How a party's identity can have been checked, from not at all to in person.
pub const VERIFICATIONS: [&str; 4] = ["unverified", "email_domain", "document", "in_person"];

/// A party as it is stored. Others see it through [`PartyView`] or [`PartyBrief`].
#[derive(Clone, Debug)]
pub struct PartyRow(pub(crate) party::Model);

impl PartyRow {
    /// Its id.
    #[must_use]
    pub fn id(&self) -> PartyId {
        PartyId(self.0.id)
    }
}

/// A party as it is answered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PartyView {
    /// Its id.
    pub id: PartyId,
    /// The readable piece of its address in the space.
    pub slug: String,
    /// What it says about itself, as far as the reader may see it.
    pub profile: PartyProfile,
    /// How its identity was checked.
    pub verification: Verification,
    /// True for invented parties of a demonstration.
    pub demonstration: bool,
    /// Grows by one with every change; the ETag.
    pub version: i64,
    /// When it was registered.
    pub created_at: DateTime<Utc>,
    /// When it was changed last.
    pub updated_at: DateTime<Utc>,
}

/// How, when a party's identity was checked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Verification {
    /// A code of `verification`.
    pub level: Code,
    /// When.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<DateTime<Utc>>,
}

/// What other crates need of a party, all of it public.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PartyBrief {
    /// Its id.
    pub id: PartyId,
    /// The readable piece of its address in the space.
    pub slug: String,
    /// Its names.
    pub names: Localised,
    /// A code of `party_types`.
    pub party_type: Code,
    /// A code of `provinces`.
    pub province: Option<Code>,
    /// A code of `communes`.
    pub commune: Option<Code>,
    /// A code of `verification`.
    pub verification: Code,
    /// What it says about itself, as everybody may see it.
    pub profile: PartyProfile,
    /// True for invented parties of a demonstration.
    pub demonstration: bool,
    /// When it was registered.
    pub created_at: DateTime<Utc>,
    /// Grows by one with every change.
    pub version: i64,
    /// When it was changed last.
    pub updated_at: DateTime<Utc>,
}

/// The answer to a change of a party.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PartyReceipt {
    /// Its id.
    pub id: PartyId,
    /// The readable piece of its address in the space.
    pub slug: String,
    /// Its version after the change.
    pub version: i64,
}

/// Which parties to list.
#[derive(Clone, Debug, Default)]
pub struct PartyFilter {
    /// Only of this type.
    pub party_type: Option<Code>,
    /// Only in this province.
    pub province: Option<Code>,
    /// Only checked in this way.
    pub verification: Option<Code>,
    /// Only these.
    pub among: Option<Vec<PartyId>>,
    /// The oldest first instead of the newest.
    pub turned: bool,
}

/// Registers a party; who registers it becomes its confirmed admin.
///
/// # Errors
/// [`Error::Invalid`] with all faults, among them a tax code that another party has.
pub async fn create(accounts: &Accounts, ctx: Ctx, profile: PartyProfile) -> Result<PartyReceipt, Error> {
    register(accounts, ctx, profile, false).await
}

/// Registers an invented party of a demonstration. For [`Ctx::system`] only.
///
/// # Errors
/// As [`create`], and [`Refused::Forbidden`] for everybody else.
pub async fn create_demonstration(accounts: &Accounts, ctx: Ctx, profile: PartyProfile) -> Result<PartyReceipt, Error> {
    if !ctx.actor.is_system() {
        return Err(Refused::Forbidden { action: "party.create_demonstration" }.into());
    }
    register(accounts, ctx, profile, true).await
}

async fn register(accounts: &Accounts, ctx: Ctx, profile: PartyProfile, demonstration: bool) -> Result<PartyReceipt, Error> {
    Grant::<CreateParty>::check(&ctx.actor, Space)?;
    let profile = profile.checked(&accounts.vocabularies, accounts.store.clock().today())?;
    let mut tries = 0;
    loop {
        let (actor, profile) = (ctx.actor.clone(), profile.clone());
        let result = accounts.store.write(ctx.clone(), move |tx| insert(tx, actor.clone(), profile.clone(), demonstration)).await;
        match result {
            // Two parties of one name at the same moment: the second one looks for a slug again.
            Err(Error::Store(StoreError::Duplicate(which))) if which.contains("slug") && tries < 3 => tries += 1,
            other => return other.map_err(name_duplicate),
        }
    }
}

/// A tax code that another party has is the sender's fault, wherever it is noticed.
fn name_duplicate(error: Error) -> Error {
    match error {
        Error::Store(StoreError::Duplicate(which)) if which.contains("tax_code") => Error::fault("/tax_code", "tax_code_taken"),
        other => other,
    }
}

async fn insert(tx: Tx, actor: Actor, profile: PartyProfile, demonstration: bool) -> Result<PartyReceipt, Error> {
    let receipt = insert_row(&tx, profile, demonstration).await?;
    if let Some(account) = actor.account() {
        membership::found(&tx, receipt.id, account).await?;
    }
    Ok(receipt)
}

/// Registers a party that staff heard of and that nobody acts for yet. The caller owns the transaction, has checked the
/// right ([`crate::access::may_found`]) and gives a profile that was [checked](PartyProfile::checked).
///
/// # Errors
/// [`Error::Invalid`] for a tax code that another party has.
pub async fn register_for_staff(tx: &Tx, profile: PartyProfile) -> Result<PartyReceipt, Error> {
    insert_row(tx, profile, false).await
}

async fn insert_row(tx: &Tx, mut profile: PartyProfile, demonstration: bool) -> Result<PartyReceipt, Error> {
    profile.restamp(None, 1);
    let id = PartyId(tx.new_id());
    let slug = free_slug(tx, &profile, id).await?;
    let (public, private) = profile.split();
    let row = party::ActiveModel {
        id: Set(id.0),
        slug: Set(slug.clone()),
        party_type: Set(public.party_type.0.clone()),
        province: Set(public.address.as_ref().map(|a| a.province.0.clone())),
        profile: Set(written(&public)?),
        schema: Set(SCHEMA),
        verification: Set("unverified".to_owned()),
        verified_by: Set(None),
        verified_at: Set(None),
        demonstration: Set(demonstration),
        reply_hours: Set(None),
        reply_until: Set(None),
        version: Set(1),
        created_at: Set(tx.now()),
        updated_at: Set(tx.now()),
    };
    party::Entity::insert(row).exec_without_returning(tx.db()).await?;
    save_private(tx, id, private, true).await?;
    tx.emit(NewEvent::new("party", id, "party.created", json!({"version": 1, "type": public.party_type.as_str()})));
    Ok(PartyReceipt { id, slug, version: 1 })
}

fn written(profile: &PartyProfile) -> Result<String, StoreError> {
    serde_json::to_string(profile).map_err(|e| StoreError::corrupt("party", e))
}

async fn free_slug(tx: &Tx, profile: &PartyProfile, id: PartyId) -> Result<String, StoreError> {
    let stem = base::fold::slug(profile.names.best(profile.source_lang).unwrap_or_default(), 60);
    for n in 1..=20_u32 {
        let slug = if n == 1 { stem.clone() } else { format!("{stem}-{n}") };
        let taken = party::Entity::find().filter(party::Column::Slug.eq(slug.as_str())).count(tx.db()).await?;
        // An address that leads to the party that took in another is nobody else's.
        if taken == 0 && merging::moved_slug(tx.db(), &slug).await?.is_none() {
            return Ok(slug);
        }
    }
    Ok(format!("{stem}-{}", id.0.simple()))
}

async fn save_private(tx: &Tx, id: PartyId, private: Private, new: bool) -> Result<(), Error> {
    if let Some(code) = &private.tax_code {
        let owner = party_private::Entity::find().filter(party_private::Column::TaxCode.eq(code.as_str())).one(tx.db()).await?;
        let merged = party_alias::Entity::find().filter(party_alias::Column::TaxCode.eq(code.as_str())).one(tx.db()).await?;
        if owner.is_some_and(|o| o.party_id != id.0) || merged.is_some_and(|m| m.party_id != id.0) {
            return Err(Error::fault("/tax_code", "tax_code_taken"));
        }
    }
    if new {
        let row = party_private::ActiveModel { party_id: Set(id.0), tax_code: Set(private.tax_code), street: Set(private.street) };
        party_private::Entity::insert(row).exec_without_returning(tx.db()).await?;
    } else {
        party_private::Entity::update_many()
            .col_expr(party_private::Column::TaxCode, Expr::value(private.tax_code))
            .col_expr(party_private::Column::Street, Expr::value(private.street))
            .filter(party_private::Column::PartyId.eq(id.0))
            .exec(tx.db())
            .await?;
    }
    Ok(())
}

/// Changes what a party says about itself. A party whose name, type or tax code changes has to be verified anew.
///
/// # Errors
/// [`Error::Stale`] if `seen` is not its version any more, [`Error::Invalid`] with all faults.
pub async fn edit(accounts: &Accounts, ctx: Ctx, id: PartyId, seen: i64, profile: PartyProfile) -> Result<PartyReceipt, Error> {
    // Access first: a fault list is no answer for somebody who may not edit.
    let row = find(accounts.store.db(), id).await?.ok_or(Refused::Hidden)?;
    Grant::<EditParty>::check(&ctx.actor, row)?;
    let profile = profile.checked(&accounts.vocabularies, accounts.store.clock().today())?;
    let actor = ctx.actor.clone();
    accounts.store.write(ctx, move |tx| save(tx, actor.clone(), id, seen, profile.clone())).await.map_err(name_duplicate)
}

async fn save(tx: Tx, actor: Actor, id: PartyId, seen: i64, mut profile: PartyProfile) -> Result<PartyReceipt, Error> {
    let grant = Grant::<EditParty>::check(&actor, locked(&tx, id).await?)?;
    let row = &grant.object().0;
    if row.version != seen {
        return Err(Error::Stale { seen });
    }
    let before = PartyProfile::stored(&row.profile)?.with(private_of(tx.db(), id).await?);
    let version = seen + 1;
    profile.restamp(Some(&before), version);
    let words = |p: &PartyProfile| -> BTreeMap<base::Lang, String> { p.names.0.iter().map(|(l, t)| (*l, t.text.clone())).collect() };
    let another = words(&profile) != words(&before) || profile.party_type != before.party_type || profile.tax_code != before.tax_code;
    let lapses = another && row.verification != "unverified";
    let retyped = profile.party_type != before.party_type;
    // What listings show of their party: they are written anew for nothing else.
    let place = |p: &PartyProfile| p.address.as_ref().map(|a| (a.province.clone(), a.commune.clone()));
    let seen_beside = lapses || retyped || words(&profile) != words(&before) || place(&profile) != place(&before);
    let (public, private) = profile.split();
    let province = public.address.as_ref().map(|a| a.province.0.clone());
    let moved = province != row.province;
    let mut update = party::Entity::update_many()
        .col_expr(party::Column::PartyType, Expr::value(public.party_type.as_str()))
        .col_expr(party::Column::Province, Expr::value(province))
        .col_expr(party::Column::Profile, Expr::value(written(&public)?))
        .col_expr(party::Column::Schema, Expr::value(SCHEMA))
        .col_expr(party::Column::Version, Expr::value(version))
        .col_expr(party::Column::UpdatedAt, Expr::value(tx.now()))
        .filter(party::Column::Id.eq(id.0))
        .filter(party::Column::Version.eq(seen));
    if lapses {
        update = update
            .col_expr(party::Column::Verification, Expr::value("unverified"))
            .col_expr(party::Column::VerifiedBy, Expr::value(None::<uuid::Uuid>))
            .col_expr(party::Column::VerifiedAt, Expr::value(None::<Time>));
    }
    if update.exec(tx.db()).await?.rows_affected != 1 {
        return Err(Error::Stale { seen });
    }
    save_private(&tx, id, private, false).await?;
    // What matches are made of: whoever keeps them looks at the party's listings again for nothing else.
    let facts = json!({
        "version": version,
        "verification_lapsed": lapses,
        "type_changed": retyped,
        "province_changed": moved,
        "shown_changed": seen_beside,
    });
    tx.emit(NewEvent::new("party", id, "party.edited", facts));
    Ok(PartyReceipt { id, slug: row.slug.clone(), version })
}

/// Notes how staff checked a party's identity.
///
/// # Errors
/// [`Error::Invalid`] for an unknown level, [`Error::Stale`] if `seen` is not its version any more.
pub async fn verify(accounts: &Accounts, ctx: Ctx, id: PartyId, seen: i64, level: Code) -> Result<PartyReceipt, Error> {
    let actor = ctx.actor.clone();
    accounts
        .store
        .write(ctx, move |tx| {
            let (actor, level) = (actor.clone(), level.clone());
            async move {
                let grant = Grant::<VerifyParty>::check(&actor, locked(&tx, id).await?)?;
                if !VERIFICATIONS.contains(&level.as_str()) {
                    return Err(Error::fault("/level", "unknown_verification"));
                }
                let row = &grant.object().0;
                let version = seen + 1;
                let checked = level != *"unverified";
                let done = party::Entity::update_many()
                    .col_expr(party::Column::Verification, Expr::value(level.as_str()))
                    .col_expr(party::Column::VerifiedBy, Expr::value(actor.account().map(|a| a.0).filter(|_| checked)))
                    .col_expr(party::Column::VerifiedAt, Expr::value(checked.then(|| tx.now())))
                    .col_expr(party::Column::Version, Expr::value(version))
                    .col_expr(party::Column::UpdatedAt, Expr::value(tx.now()))
                    .filter(party::Column::Id.eq(id.0))
                    .filter(party::Column::Version.eq(seen))
                    .exec(tx.db())
                    .await?;
                if done.rows_affected != 1 {
                    return Err(Error::Stale { seen });
                }
                let facts = json!({"version": version, "level": level.as_str(), "was": row.verification.as_str()});
                tx.emit(NewEvent::new("party", id, "party.verified", facts));
                Ok(PartyReceipt { id, slug: row.slug.clone(), version })
            }
        })
        .await
}

/// One party, with street and tax code for its members and the staff who verify it.
///
/// # Errors
/// [`Refused::Hidden`] if there is none.
pub async fn get(accounts: &Accounts, actor: &Actor, id: PartyId) -> Result<PartyView, Error> {
    let row = find(accounts.store.db(), id).await?.ok_or(Refused::Hidden)?;
    match Grant::<ViewPartyPrivate>::check(actor, row.clone()) {
        Ok(grant) => {
            let private = private_of(accounts.store.db(), id).await?;
            Ok(private_view(&grant, private)?)
        }
        Err(_) => Ok(view(row)?),
    }
}

/// The party with this slug.
///
/// # Errors
/// If the database fails.
pub async fn find_slug(accounts: &Accounts, slug: &str) -> Result<Option<PartyId>, Error> {
    let row = party::Entity::find().filter(party::Column::Slug.eq(slug)).one(accounts.store.db()).await?;
    Ok(row.map(|r| PartyId(r.id)))
}

/// The party that an address of its page names, or the last piece of one, as somebody typed it. The address of a party that
/// another took in names that one.
///
/// # Errors
/// If the database fails.
pub async fn named(accounts: &Accounts, address: &str) -> Result<Option<PartyId>, Error> {
    let slug = address.trim().trim_end_matches('/').rsplit('/').next().unwrap_or_default();
    match find_slug(accounts, slug).await? {
        Some(party) => Ok(Some(party)),
        None => Ok(merging::moved_slug(accounts.store.db(), slug).await?.map(|alias| alias.party)),
    }
}

/// The party with this tax code, for imports and staff. The code may be typed in any spelling.
///
/// # Errors
/// If the database fails.
pub async fn find_tax_code(db: &impl ConnectionTrait, tax_code: &str) -> Result<Option<PartyId>, StoreError> {
    let Ok((code, _)) = crate::tax_code::parse(tax_code) else { return Ok(None) };
    let row = party_private::Entity::find().filter(party_private::Column::TaxCode.eq(code.as_str())).one(db).await?;
    if let Some(row) = row {
        return Ok(Some(PartyId(row.party_id)));
    }
    let merged = party_alias::Entity::find().filter(party_alias::Column::TaxCode.eq(code)).one(db).await?;
    Ok(merged.map(|m| PartyId(m.party_id)))
}

/// Parties, the newest first, as everybody sees them.
///
/// # Errors
/// [`Error::Cursor`] for a cursor of another list.
pub async fn list(accounts: &Accounts, filter: &PartyFilter, cursor: Option<&str>, limit: Limit) -> Result<Page<PartyView>, Error> {
    let db = accounts.store.db();
    let total = filtered(filter).count(db).await?;
    let order = if filter.turned { Order::Asc } else { Order::Desc };
    let mut query = filtered(filter).order_by(party::Column::Id, order).limit(limit.get() + 1);
    if let Some(cursor) = cursor {
        let after: PartyId = Cursor::read(cursor).map_err(|_| Error::Cursor)?;
        query = query.filter(if filter.turned { party::Column::Id.gt(after.0) } else { party::Column::Id.lt(after.0) });
    }
    let mut rows = query.all(db).await?;
    let more = rows.len() as u64 > limit.get();
    rows.truncate(usize::from(u16::try_from(limit.get()).unwrap_or(u16::MAX)));
    let next = rows.last().filter(|_| more).map(|r| Cursor::write(&r.id));
    let items = rows.into_iter().map(|r| view(PartyRow(r))).collect::<Result<_, _>>()?;
    Ok(Page { items, next, total })
}

fn filtered(filter: &PartyFilter) -> Select<party::Entity> {
    let mut query = party::Entity::find();
    for (column, code) in [
        (party::Column::PartyType, &filter.party_type),
        (party::Column::Province, &filter.province),
        (party::Column::Verification, &filter.verification),
    ] {
        if let Some(code) = code {
            query = query.filter(column.eq(code.as_str()));
        }
    }
    if let Some(ids) = &filter.among {
        query = query.filter(party::Column::Id.is_in(ids.iter().map(|id| id.0)));
    }
    query
}

/// The parties with these ids, as everybody sees them, in no particular order. Ids of nothing are left out.
///
/// # Errors
/// If the database fails.
pub async fn load_many(db: &impl ConnectionTrait, ids: &[PartyId]) -> Result<Vec<PartyBrief>, StoreError> {
    let mut briefs = Vec::with_capacity(ids.len());
    // Well below either engine's limit of parameters.
    for chunk in ids.chunks(500) {
        let rows = party::Entity::find().filter(party::Column::Id.is_in(chunk.iter().map(|id| id.0))).all(db).await?;
        for row in rows {
            briefs.push(brief(row)?);
        }
    }
    Ok(briefs)
}

/// Up to `limit` parties after an id, in the order of their ids: for whoever goes through all of them.
///
/// # Errors
/// If the database fails.
pub async fn page_after(db: &impl ConnectionTrait, after: Option<PartyId>, limit: u64) -> Result<Vec<PartyBrief>, StoreError> {
    let mut query = party::Entity::find().order_by_asc(party::Column::Id).limit(limit);
    if let Some(after) = after {
        query = query.filter(party::Column::Id.gt(after.0));
    }
    query.all(db).await?.into_iter().map(brief).collect()
}

/// The pages of parties, in the order of ids.
///
/// # Errors
/// If the database fails.
pub async fn public_pages(db: &impl ConnectionTrait, span: PublicSpan) -> Result<Vec<PublicPage>, StoreError> {
    let mut query = party::Entity::find().select_only().columns([party::Column::Id, party::Column::Slug]).column(party::Column::UpdatedAt);
    if let Some(after) = span.after {
        query = query.filter(party::Column::Id.gt(after));
    }
    let query = query.order_by_asc(party::Column::Id).offset(span.skip).limit(span.limit);
    let rows: Vec<(uuid::Uuid, String, DateTime<Utc>)> = query.into_tuple().all(db).await?;
    let page = |(id, slug, changed_at)| PublicPage { id, path: format!("/parties/{slug}"), changed_at };
    Ok(rows.into_iter().map(page).collect())
}

/// The accounts that act for a party as its confirmed admins: whom the space writes to about it.
///
/// # Errors
/// If the database fails.
pub async fn admins_of(db: &impl ConnectionTrait, id: PartyId) -> Result<Vec<base::AccountId>, StoreError> {
    membership::confirmed_with(db, id, PartyRole::Admin).await
}

/// Who answers for a party, and is told of what touches it as a whole: its admins; where it has none, its editors and those who sign.
///
/// # Errors
/// If the database fails.
pub async fn answerable_for(db: &impl ConnectionTrait, id: PartyId) -> Result<Vec<base::AccountId>, StoreError> {
    let admins = admins_of(db, id).await?;
    if !admins.is_empty() {
        return Ok(admins);
    }
    membership::confirmed_with_any(db, id, &[PartyRole::Editor, PartyRole::Signatory]).await
}

pub(crate) async fn find(db: &impl ConnectionTrait, id: PartyId) -> Result<Option<PartyRow>, StoreError> {
    Ok(party::Entity::find_by_id(id.0).one(db).await?.map(PartyRow))
}

/// Reads a party to change it or its memberships; on PostgreSQL nobody else does so before the commit.
pub(crate) async fn locked(tx: &Tx, id: PartyId) -> Result<PartyRow, Error> {
    let mut query = party::Entity::find_by_id(id.0);
    if tx.needs_row_locks() {
        query = query.lock(LockType::Update);
    }
    let row = query.one(tx.db()).await?.ok_or(Refused::Hidden)?;
    Ok(PartyRow(row))
}

async fn private_of(db: &impl ConnectionTrait, id: PartyId) -> Result<Private, StoreError> {
    let row = party_private::Entity::find_by_id(id.0).one(db).await?;
    Ok(row.map_or_else(Private::default, |r| Private { tax_code: r.tax_code, street: r.street }))
}

pub(crate) fn view(row: PartyRow) -> Result<PartyView, StoreError> {
    let row = row.0;
    Ok(PartyView {
        id: PartyId(row.id),
        slug: row.slug,
        profile: PartyProfile::stored(&row.profile)?,
        verification: Verification { level: Code(row.verification), at: row.verified_at },
        demonstration: row.demonstration,
        version: row.version,
        created_at: row.created_at,
        updated_at: row.updated_at,
    })
}

fn private_view(grant: &Grant<ViewPartyPrivate>, private: Private) -> Result<PartyView, StoreError> {
    let mut view = view(grant.object().clone())?;
    view.profile = view.profile.with(private);
    Ok(view)
}

pub(crate) fn brief(row: party::Model) -> Result<PartyBrief, StoreError> {
    let profile = PartyProfile::stored(&row.profile)?;
    Ok(PartyBrief {
        id: PartyId(row.id),
        slug: row.slug,
        names: profile.names.clone(),
        party_type: profile.party_type.clone(),
        province: profile.address.as_ref().map(|a| a.province.clone()),
        commune: profile.address.as_ref().and_then(|a| a.commune.clone()),
        verification: Code(row.verification),
        profile,
        demonstration: row.demonstration,
        version: row.version,
        created_at: row.created_at,
        updated_at: row.updated_at,
    })
}
