//! Experts: what a person says of themselves in public, under a consent that is recorded and can be taken back.
//!
//! What always holds: nobody but its owner sees a profile that is not published, and nothing is published without the
//! consent to a text that is named by its version; taking it back takes the profile away at once. The account's e-mail
//! address has no way into a profile. The party named beside it is one whose confirmed member the person is; it goes
//! with the membership. Events hold ids, versions and the version of the text consented to, nothing of the profile.
//! Not here: what a profile may say (`profile`), finding experts (`search`).

mod orcid;
mod profile;
mod read;

use base::messages::say;
use base::{AccountId, Actor, ExpertId, Grant, Lang, PartyId, Refused};
use chrono::{DateTime, Utc};
use sea_orm::sea_query::{Expr, LockType};
use sea_orm::{ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, PaginatorTrait, QueryFilter, QuerySelect};
use serde::{Deserialize, Serialize};
use serde_json::json;
use store::{Ctx, NewEvent, StoreError, Tx};
use utoipa::ToSchema;

use crate::access::{ManageOwnExpert, Space};
use crate::rows::expert;
use crate::{Accounts, Error, membership, parties};

pub use profile::{ExpertProfile, Expertise};
pub use read::{
    Affiliation, ExpertBrief, ExpertFilter, ExpertView, Keeper, find_slug, get, keepers, list, load_many, of_party, page_after,
    public_pages,
};

/// The version of the text that is consented to. Its words are the message `expert-consent-…` of this number; those of
/// earlier versions stay, since consents to them are on record.
pub const CONSENT: &str = "1";

base::words! {
    /// How far a profile has come.
    ExpertStatus {
        /// Never public so far.
        Draft = "draft",
        /// Public.
        Published = "published",
        /// Taken back by its owner, or by closing the account.
        Withdrawn = "withdrawn",
    }
}

/// A profile as it is stored. Others see it through [`ExpertView`] or [`ExpertBrief`].
#[derive(Clone, Debug)]
pub struct ExpertRow(pub(crate) expert::Model);

impl ExpertRow {
    /// Whose it is.
    pub(crate) fn account(&self) -> AccountId {
        AccountId(self.0.account_id)
    }

    /// Whether everybody may see it.
    pub(crate) fn is_public(&self) -> bool {
        self.0.status == ExpertStatus::Published.as_str()
    }

    fn profile(&self) -> Result<ExpertProfile, StoreError> {
        ExpertProfile::stored(&self.0.profile, self.0.party_id.map(PartyId))
    }
}

/// What is consented to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ConsentText {
    /// Its version, to be sent back with the consent.
    pub version: String,
    /// Its words in the reader's language.
    pub text: String,
}

impl ConsentText {
    /// The text in force.
    #[must_use]
    pub fn now(lang: Lang) -> Self {
        Self { version: CONSENT.to_owned(), text: say(lang, &format!("expert-consent-{CONSENT}"), &[]) }
    }
}

/// The consent on record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Consent {
    /// The version of the text.
    pub version: String,
    /// When it was given.
    pub at: DateTime<Utc>,
}

/// One's own profile, with how it stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct OwnExpert {
    /// Its id; none before it was saved first.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<ExpertId>,
    /// The readable piece of its address; none before it was saved first.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub slug: Option<String>,
    /// How far it has come.
    pub status: ExpertStatus,
    /// What it says.
    pub profile: ExpertProfile,
    /// JSON pointers to what is still missing before it may be public.
    pub missing: Vec<String>,
    /// The consent given last, and taken back where the profile is withdrawn.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub consent: Option<Consent>,
    /// What is to be consented to.
    pub consent_text: ConsentText,
    /// Grows by one with every change, 0 before it was saved first; the ETag.
    pub version: i64,
}

/// The answer to a change of one's profile.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ExpertReceipt {
    /// Its id.
    pub id: ExpertId,
    /// The readable piece of its address.
    pub slug: String,
    /// How far it has come.
    pub status: ExpertStatus,
    /// Its version after the change.
    pub version: i64,
}

/// One's own profile; an empty one with one's name if there is none yet.
///
/// # Errors
/// [`Refused::SignIn`] for nobody.
pub async fn mine(accounts: &Accounts, actor: &Actor) -> Result<OwnExpert, Error> {
    let account = actor.signed_in()?;
    let db = accounts.store.db();
    let consent_text = ConsentText::now(actor.lang);
    let Some(row) = of_account(db, account).await? else {
        let name = crate::people::find(db, account).await?.map(|a| a.name).unwrap_or_default();
        let profile = ExpertProfile { name, source_lang: actor.lang, ..ExpertProfile::default() };
        let missing = pointers(&profile);
        let status = ExpertStatus::Draft;
        return Ok(OwnExpert { id: None, slug: None, status, profile, missing, consent: None, consent_text, version: 0 });
    };
    let profile = row.profile()?;
    Ok(OwnExpert {
        id: Some(ExpertId(row.0.id)),
        slug: Some(row.0.slug.clone()),
        status: status_of(&row.0)?,
        missing: pointers(&profile),
        profile,
        consent: row.0.consent_version.clone().zip(row.0.consent_at).map(|(version, at)| Consent { version, at }),
        consent_text,
        version: row.0.version,
    })
}

fn pointers(profile: &ExpertProfile) -> Vec<String> {
    profile.missing().iter().map(|fault| fault.pointer.clone()).collect()
}

/// Writes one's own profile, the first time from version 0. A published one must stay complete and is public as it now
/// is; a draft may lack anything.
///
/// # Errors
/// [`Error::Stale`] if `seen` is not its version any more, [`Error::Invalid`] with all faults.
pub async fn save(accounts: &Accounts, ctx: Ctx, seen: i64, profile: ExpertProfile) -> Result<ExpertReceipt, Error> {
    write(accounts, ctx, seen, profile, false).await
}

/// Writes and publishes the profile of an invented expert of a demonstration, as if they did. For [`Ctx::system`] only.
///
/// # Errors
/// As [`save`], and [`Refused::Forbidden`] for everybody else.
pub async fn put_demonstration(accounts: &Accounts, ctx: Ctx, account: AccountId, profile: ExpertProfile) -> Result<ExpertReceipt, Error> {
    if !ctx.actor.is_system() {
        return Err(Refused::Forbidden { action: "expert.put_demonstration" }.into());
    }
    let person = base::Capacity::Person(account);
    let ctx = Ctx::of(Actor { capacity: person, scopes: [base::Scope::Write].into(), ..Actor::anonymous(Lang::Vi) });
    let saved = write(accounts, ctx.clone(), 0, profile, true).await?;
    publish(accounts, ctx, saved.version, CONSENT).await
}

async fn write(accounts: &Accounts, ctx: Ctx, seen: i64, profile: ExpertProfile, demonstration: bool) -> Result<ExpertReceipt, Error> {
    Grant::<ManageOwnExpert>::check(&ctx.actor, Space)?;
    let account = ctx.actor.signed_in()?;
    let profile = profile.checked(&accounts.vocabularies, accounts.store.clock().today())?;
    let mut tries = 0;
    loop {
        let (actor, profile) = (ctx.actor.clone(), profile.clone());
        let result = accounts
            .store
            .write(ctx.clone(), move |tx| {
                let (actor, profile) = (actor.clone(), profile.clone());
                async move {
                    Grant::<ManageOwnExpert>::check(&actor, Space)?;
                    belongs(&tx, account, profile.party).await?;
                    match locked(&tx, account).await? {
                        None if seen != 0 => Err(Error::Stale { seen }),
                        None => insert(&tx, account, profile, demonstration).await,
                        Some(row) => update(&tx, &row, seen, profile).await,
                    }
                }
            })
            .await;
        match result {
            // Two of one name at the same moment: the second one looks for a slug again.
            Err(Error::Store(StoreError::Duplicate(which))) if which.contains("slug") && tries < 3 => tries += 1,
            // The same person in two windows.
            Err(Error::Store(StoreError::Duplicate(which))) if which.contains("account_id") => return Err(Error::Stale { seen }),
            other => return other,
        }
    }
}

/// Whether the person is a confirmed member of the party they name.
async fn belongs(tx: &Tx, account: AccountId, party: Option<PartyId>) -> Result<(), Error> {
    let Some(party) = party else { return Ok(()) };
    let unknown = || Error::fault("/party", "party_not_yours");
    // Whoever ends a membership holds the party, so that none ends between this look and the commit.
    match parties::locked(tx, party).await {
        Err(Error::Refused(Refused::Hidden)) => return Err(unknown()),
        other => other.map(drop)?,
    }
    let own = membership::acting(tx.db(), account).await?;
    if own.iter().any(|m| m.party == party) { Ok(()) } else { Err(unknown()) }
}

async fn insert(tx: &Tx, account: AccountId, mut profile: ExpertProfile, demonstration: bool) -> Result<ExpertReceipt, Error> {
    profile.restamp(None, 1);
    let id = ExpertId(tx.new_id());
    let slug = free_slug(tx, &profile.name, id).await?;
    let row = expert::ActiveModel {
        id: Set(id.0),
        account_id: Set(account.0),
        slug: Set(slug.clone()),
        status: Set(ExpertStatus::Draft.as_str().to_owned()),
        party_id: Set(profile.party.map(|p| p.0)),
        profile: Set(profile.written()?),
        schema: Set(profile::SCHEMA),
        consent_version: Set(None),
        consent_at: Set(None),
        published_at: Set(None),
        withdrawn_at: Set(None),
        demonstration: Set(demonstration),
        version: Set(1),
        created_at: Set(tx.now()),
        updated_at: Set(tx.now()),
    };
    expert::Entity::insert(row).exec_without_returning(tx.db()).await?;
    tx.emit(NewEvent::new("expert", id, "expert.created", json!({"version": 1})));
    Ok(ExpertReceipt { id, slug, status: ExpertStatus::Draft, version: 1 })
}

async fn update(tx: &Tx, row: &ExpertRow, seen: i64, mut profile: ExpertProfile) -> Result<ExpertReceipt, Error> {
    if row.0.version != seen {
        return Err(Error::Stale { seen });
    }
    if row.is_public() {
        profile.missing().into_result()?;
    }
    profile.restamp(Some(&row.profile()?), seen + 1);
    let id = ExpertId(row.0.id);
    // An address that was public once stays.
    let slug = match row.0.published_at {
        None if base::fold::slug(&profile.name, SLUG_MAX) != base::fold::slug(&row.profile()?.name, SLUG_MAX) => {
            free_slug(tx, &profile.name, id).await?
        }
        _ => row.0.slug.clone(),
    };
    let change = expert::Entity::update_many()
        .col_expr(expert::Column::Profile, Expr::value(profile.written()?))
        .col_expr(expert::Column::Schema, Expr::value(profile::SCHEMA))
        .col_expr(expert::Column::PartyId, Expr::value(profile.party.map(|p| p.0)))
        .col_expr(expert::Column::Slug, Expr::value(slug.clone()));
    let version = save_row(tx, row, change).await?;
    tx.emit(NewEvent::new("expert", id, "expert.edited", json!({"version": version})));
    Ok(ExpertReceipt { id, slug, status: status_of(&row.0)?, version })
}

/// Makes one's profile public. `consent` is the version of the text that was consented to, which is recorded with the
/// moment.
///
/// # Errors
/// Hidden if there is no profile, [`Error::Invalid`] for another version of the text or a profile that lacks something,
/// [`Error::Stale`] if `seen` is not its version any more: one consents to what one saw.
pub async fn publish(accounts: &Accounts, ctx: Ctx, seen: i64, consent: &str) -> Result<ExpertReceipt, Error> {
    Grant::<ManageOwnExpert>::check(&ctx.actor, Space)?;
    let account = ctx.actor.signed_in()?;
    if consent != CONSENT {
        return Err(Error::fault("/consent", "consent_version"));
    }
    accounts
        .store
        .write(ctx, move |tx| async move {
            let row = locked(&tx, account).await?.ok_or(Refused::Hidden)?;
            if row.0.version != seen {
                return Err(Error::Stale { seen });
            }
            row.profile()?.missing().into_result()?;
            let change = expert::Entity::update_many()
                .col_expr(expert::Column::Status, Expr::value(ExpertStatus::Published.as_str()))
                .col_expr(expert::Column::ConsentVersion, Expr::value(CONSENT))
                .col_expr(expert::Column::ConsentAt, Expr::value(tx.now()))
                .col_expr(expert::Column::PublishedAt, Expr::value(row.0.published_at.unwrap_or(tx.now())))
                .col_expr(expert::Column::WithdrawnAt, Expr::value(None::<store::Time>));
            let version = save_row(&tx, &row, change).await?;
            let id = ExpertId(row.0.id);
            tx.emit(NewEvent::new("expert", id, "expert.published", json!({"version": version, "consent": CONSENT})));
            Ok(ExpertReceipt { id, slug: row.0.slug.clone(), status: ExpertStatus::Published, version })
        })
        .await
}

/// Takes the consent back: the profile is public no more, from the next request on. Its owner keeps it as it is. Done
/// again, it changes nothing.
///
/// # Errors
/// Hidden if there is no profile.
pub async fn withdraw(accounts: &Accounts, ctx: Ctx) -> Result<ExpertReceipt, Error> {
    Grant::<ManageOwnExpert>::check(&ctx.actor, Space)?;
    let account = ctx.actor.signed_in()?;
    accounts
        .store
        .write(ctx, move |tx| async move {
            let row = locked(&tx, account).await?.ok_or(Refused::Hidden)?;
            let version = take_back(&tx, &row).await?;
            let status = if row.is_public() { ExpertStatus::Withdrawn } else { status_of(&row.0)? };
            Ok(ExpertReceipt { id: ExpertId(row.0.id), slug: row.0.slug.clone(), status, version })
        })
        .await
}

/// Takes the profile of an account that is being closed out of public.
pub(crate) async fn close(tx: &Tx, account: AccountId) -> Result<(), Error> {
    if let Some(row) = locked(tx, account).await? {
        take_back(tx, &row).await?;
    }
    Ok(())
}

/// Takes the party's name off the profile of somebody who is no confirmed member any more.
pub(crate) async fn left(tx: &Tx, account: AccountId, party: PartyId) -> Result<(), Error> {
    let Some(row) = locked(tx, account).await?.filter(|row| row.0.party_id == Some(party.0)) else { return Ok(()) };
    let change = expert::Entity::update_many().col_expr(expert::Column::PartyId, Expr::value(None::<uuid::Uuid>));
    let version = save_row(tx, &row, change).await?;
    tx.emit(NewEvent::new("expert", ExpertId(row.0.id), "expert.left_party", json!({"version": version})));
    Ok(())
}

/// The version after it.
async fn take_back(tx: &Tx, row: &ExpertRow) -> Result<i64, Error> {
    if !row.is_public() {
        return Ok(row.0.version);
    }
    let change = expert::Entity::update_many()
        .col_expr(expert::Column::Status, Expr::value(ExpertStatus::Withdrawn.as_str()))
        .col_expr(expert::Column::WithdrawnAt, Expr::value(tx.now()));
    let version = save_row(tx, row, change).await?;
    tx.emit(NewEvent::new("expert", ExpertId(row.0.id), "expert.withdrawn", json!({"version": version})));
    Ok(version)
}

/// Writes a change with the next version, if nobody was faster. Gives that version.
async fn save_row(tx: &Tx, row: &ExpertRow, change: sea_orm::UpdateMany<expert::Entity>) -> Result<i64, Error> {
    let (seen, next) = (row.0.version, row.0.version + 1);
    let done = change
        .col_expr(expert::Column::Version, Expr::value(next))
        .col_expr(expert::Column::UpdatedAt, Expr::value(tx.now()))
        .filter(expert::Column::Id.eq(row.0.id))
        .filter(expert::Column::Version.eq(seen))
        .exec(tx.db())
        .await?;
    if done.rows_affected == 1 { Ok(next) } else { Err(Error::Stale { seen }) }
}

const SLUG_MAX: usize = 60;

async fn free_slug(tx: &Tx, name: &str, id: ExpertId) -> Result<String, StoreError> {
    let stem = base::fold::slug(name, SLUG_MAX);
    for n in 1..=20_u32 {
        let slug = if n == 1 { stem.clone() } else { format!("{stem}-{n}") };
        let taken = expert::Entity::find()
            .filter(expert::Column::Slug.eq(slug.as_str()))
            .filter(expert::Column::Id.ne(id.0))
            .count(tx.db())
            .await?;
        if taken == 0 {
            return Ok(slug);
        }
    }
    Ok(format!("{stem}-{}", id.0.simple()))
}

async fn of_account(db: &impl ConnectionTrait, account: AccountId) -> Result<Option<ExpertRow>, StoreError> {
    Ok(expert::Entity::find().filter(expert::Column::AccountId.eq(account.0)).one(db).await?.map(ExpertRow))
}

/// Reads somebody's profile to change it; on PostgreSQL nobody else does so before the commit.
async fn locked(tx: &Tx, account: AccountId) -> Result<Option<ExpertRow>, StoreError> {
    let mut query = expert::Entity::find().filter(expert::Column::AccountId.eq(account.0));
    if tx.needs_row_locks() {
        query = query.lock(LockType::Update);
    }
    Ok(query.one(tx.db()).await?.map(ExpertRow))
}

fn status_of(row: &expert::Model) -> Result<ExpertStatus, StoreError> {
    row.status.parse().map_err(|e| StoreError::corrupt("expert", e))
}
