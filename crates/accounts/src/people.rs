//! Accounts: reading them, listing them, one's own name and language, and the row of a new one.
//!
//! Not here: how somebody gets an account (`sign_up`, `operator`) or in (`sign_in`), and what administrators do with one
//! (`managing`).

use std::collections::{BTreeMap, BTreeSet};

use base::{AccountId, Actor, Capacity, Cursor, Faults, Grant, Lang, Limit, Page, Refused, StaffRole};
use chrono::{DateTime, Utc};
use sea_orm::sea_query::{Expr, ExprTrait, Func, LockType};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, Condition, ConnectionTrait, EntityTrait, Order, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect,
};
use serde::{Deserialize, Serialize};
use serde_json::json;
use store::{Ctx, NewEvent, StoreError, Tx};
use utoipa::ToSchema;

use crate::access::{ManageAccounts, OwnAccount, Space};
use crate::email::Email;
use crate::rows::{account, one_time_token, session};
use crate::{Accounts, Error, words};

pub use crate::operator::{NewAccount, create, create_admin};

/// Longest name of a person, in characters.
const NAME_MAX: usize = 120;

/// An account as it is stored.
#[derive(Clone, Debug)]
pub struct AccountRow(pub(crate) account::Model);

impl AccountRow {
    /// Its id.
    #[must_use]
    pub fn id(&self) -> AccountId {
        AccountId(self.0.id)
    }
}

/// Whether an account may sign in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum AccountStatus {
    /// The address is not confirmed yet.
    Unconfirmed,
    /// It may.
    Active,
    /// An administrator stopped it.
    Disabled,
}

impl AccountStatus {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Unconfirmed => "unconfirmed",
            Self::Active => "active",
            Self::Disabled => "disabled",
        }
    }

    pub(crate) fn stored(word: &str) -> Self {
        // The table allows no fourth word; were there one, nobody could sign in with it.
        match word {
            "unconfirmed" => Self::Unconfirmed,
            "active" => Self::Active,
            _ => Self::Disabled,
        }
    }
}

/// An account as its owner and administrators see it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct AccountView {
    /// Its id.
    pub id: AccountId,
    /// The e-mail address.
    pub email: String,
    /// The person's name.
    pub name: String,
    /// The language of pages and mail.
    pub lang: Lang,
    /// Whether it may sign in.
    pub status: AccountStatus,
    /// Roles in the space.
    pub staff: BTreeSet<StaffRole>,
    /// Whether a second factor is set up.
    pub second_factor: bool,
    /// True for invented people of a demonstration.
    pub demonstration: bool,
    /// Grows by one with every change; the ETag.
    pub version: i64,
    /// Since when.
    pub created_at: DateTime<Utc>,
}

impl AccountView {
    pub(crate) fn of(row: &account::Model) -> Self {
        Self {
            id: AccountId(row.id),
            email: row.email.clone(),
            name: row.name.clone(),
            lang: lang_of(&row.lang),
            status: AccountStatus::stored(&row.status),
            staff: words::read(&row.staff),
            second_factor: row.totp_confirmed,
            demonstration: row.demonstration,
            version: row.version,
            created_at: row.created_at,
        }
    }
}

/// The answer to a change of an account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct AccountReceipt {
    /// Its id.
    pub id: AccountId,
    /// Its version after the change.
    pub version: i64,
}

/// What the owner may change freely.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AccountEdit {
    /// The person's name.
    #[schema(max_length = 120)]
    pub name: String,
    /// The language of pages and mail.
    pub lang: Lang,
}

pub(crate) fn lang_of(word: &str) -> Lang {
    word.parse().unwrap_or_default()
}

/// An actor for events that a link in a mail causes: the account acts, though nobody is signed in.
pub(crate) fn acting(row: &account::Model) -> Actor {
    Actor { capacity: Capacity::Person(AccountId(row.id)), ..Actor::anonymous(lang_of(&row.lang)) }
}

/// The name cleaned, or a fault: one line, nothing that could end a mail header.
pub(crate) fn checked_name(name: &str, pointer: &str, faults: &mut Faults) -> String {
    let name = base::text::clean(name);
    let length = name.chars().count();
    if name.is_empty() {
        faults.add(pointer, "name_missing");
    } else if length > NAME_MAX {
        faults.add_with(pointer, "too_long", &[("max", &NAME_MAX.to_string()), ("length", &length.to_string())]);
    } else if name.contains(['\n', '\t']) {
        faults.add(pointer, "one_line");
    } else if name.chars().any(base::text::is_forbidden) {
        faults.add(pointer, "forbidden_character");
    }
    name
}

pub(crate) async fn find(db: &impl ConnectionTrait, id: AccountId) -> Result<Option<account::Model>, StoreError> {
    Ok(account::Entity::find_by_id(id.0).one(db).await?)
}

pub(crate) async fn find_email(db: &impl ConnectionTrait, key: &str) -> Result<Option<account::Model>, StoreError> {
    Ok(account::Entity::find().filter(account::Column::EmailKey.eq(key)).one(db).await?)
}

/// Reads an account to change it; on PostgreSQL nobody else does so before the commit.
pub(crate) async fn locked(tx: &Tx, id: AccountId) -> Result<account::Model, Error> {
    let mut query = account::Entity::find_by_id(id.0);
    if tx.needs_row_locks() {
        query = query.lock(LockType::Update);
    }
    Ok(query.one(tx.db()).await?.ok_or(Refused::Hidden)?)
}

/// One more version of an account that was read under [`locked`].
pub(crate) async fn update(tx: &Tx, row: &account::Model, change: sea_orm::UpdateMany<account::Entity>) -> Result<AccountReceipt, Error> {
    let version = row.version + 1;
    let done = change
        .col_expr(account::Column::Version, Expr::value(version))
        .col_expr(account::Column::UpdatedAt, Expr::value(tx.now()))
        .filter(account::Column::Id.eq(row.id))
        .filter(account::Column::Version.eq(row.version))
        .exec(tx.db())
        .await?;
    if done.rows_affected == 1 { Ok(AccountReceipt { id: AccountId(row.id), version }) } else { Err(Error::Stale { seen: row.version }) }
}

pub(crate) fn event(row: &account::Model, kind: &'static str, facts: serde_json::Value) -> NewEvent {
    NewEvent::new("account", AccountId(row.id), kind, facts)
}

/// Ends every session but one, and every link that was sent.
pub(crate) async fn end_sessions(tx: &Tx, id: AccountId, but: Option<base::SessionId>) -> Result<(), StoreError> {
    let mut sessions = session::Entity::delete_many().filter(session::Column::AccountId.eq(id.0));
    if let Some(kept) = but {
        sessions = sessions.filter(session::Column::Id.ne(kept.0));
    }
    sessions.exec(tx.db()).await?;
    one_time_token::Entity::delete_many().filter(one_time_token::Column::AccountId.eq(id.0)).exec(tx.db()).await?;
    Ok(())
}

/// The account of whoever asks.
///
/// # Errors
/// [`Refused::SignIn`] for nobody.
pub async fn me(accounts: &Accounts, actor: &Actor) -> Result<AccountView, Error> {
    let row = find(accounts.store.db(), actor.signed_in()?).await?.ok_or(Refused::SignIn)?;
    Ok(AccountView::of(&row))
}

/// Changes name and language of one's own account.
///
/// # Errors
/// [`Error::Invalid`], [`Error::Stale`].
pub async fn edit_me(accounts: &Accounts, ctx: Ctx, seen: i64, edit: AccountEdit) -> Result<AccountReceipt, Error> {
    Grant::<OwnAccount>::check(&ctx.actor, Space)?;
    let id = ctx.actor.signed_in()?;
    let mut faults = Faults::new();
    let name = checked_name(&edit.name, "/name", &mut faults);
    faults.into_result()?;
    accounts
        .store
        .write(ctx, move |tx| {
            let name = name.clone();
            async move {
                let row = locked(&tx, id).await?;
                if row.version != seen {
                    return Err(Error::Stale { seen });
                }
                let change = account::Entity::update_many()
                    .col_expr(account::Column::Name, Expr::value(name))
                    .col_expr(account::Column::Lang, Expr::value(edit.lang.code()));
                let receipt = update(&tx, &row, change).await?;
                tx.emit(event(&row, "account.edited", json!({"version": receipt.version})));
                Ok(receipt)
            }
        })
        .await
}

/// Makes a language that of one's own pages and mail; tells whether that changed anything. Unlike [`edit_me`] it takes no
/// version: it writes over nothing but an earlier choice of the same person.
///
/// # Errors
/// [`Refused`] for nobody, for programs, and for a session that still owes its second factor.
pub async fn choose_lang(accounts: &Accounts, ctx: Ctx, lang: Lang) -> Result<bool, Error> {
    Grant::<OwnAccount>::check(&ctx.actor, Space)?;
    let id = ctx.actor.signed_in()?;
    // Most choices are those made before: no transaction for them.
    if find(accounts.store.db(), id).await?.is_some_and(|row| lang_of(&row.lang) == lang) {
        return Ok(false);
    }
    accounts
        .store
        .write(ctx, move |tx| async move {
            let row = locked(&tx, id).await?;
            let change = account::Entity::update_many().col_expr(account::Column::Lang, Expr::value(lang.code()));
            let receipt = update(&tx, &row, change).await?;
            tx.emit(event(&row, "account.edited", json!({"version": receipt.version})));
            Ok(true)
        })
        .await
}

/// One account: one's own, or any for administrators.
///
/// # Errors
/// [`Refused::Hidden`] for everybody else.
pub async fn get(accounts: &Accounts, actor: &Actor, id: AccountId) -> Result<AccountView, Error> {
    let row = AccountRow(find(accounts.store.db(), id).await?.ok_or(Refused::Hidden)?);
    if !base::Hideable::visible_to(&row, actor) {
        return Err(Refused::Hidden.into());
    }
    Ok(AccountView::of(&row.0))
}

/// Which accounts to list.
#[derive(Clone, Debug, Default)]
pub struct AccountFilter {
    /// Only those whose address or name has this in it.
    pub words: String,
    /// Only staff.
    pub staff: bool,
    /// Only in this state.
    pub status: Option<AccountStatus>,
    /// The oldest first instead of the newest.
    pub turned: bool,
}

/// Accounts, the newest first, for administrators.
///
/// # Errors
/// [`Refused::Forbidden`] for others, [`Error::Invalid`] for a cursor of another list.
pub async fn list(
    accounts: &Accounts,
    actor: &Actor,
    filter: &AccountFilter,
    cursor: Option<&str>,
    limit: Limit,
) -> Result<Page<AccountView>, Error> {
    Grant::<ManageAccounts>::check(actor, Space)?;
    let db = accounts.store.db();
    let mut query = account::Entity::find();
    if filter.staff {
        query = query.filter(account::Column::Staff.ne(""));
    }
    if let Some(status) = filter.status {
        query = query.filter(account::Column::Status.eq(status.as_str()));
    }
    let words = filter.words.trim();
    if !words.is_empty() {
        let low = words.to_lowercase();
        let name = Expr::expr(Func::lower(Expr::col(account::Column::Name)));
        // What the database makes of capital letters with marks differs; the words as they were typed fit anyway.
        let any = Condition::any()
            .add(account::Column::EmailKey.contains(&low))
            .add(account::Column::Name.contains(words))
            .add(name.like(format!("%{low}%")));
        query = query.filter(any);
    }
    let total = query.clone().count(db).await?;
    if let Some(cursor) = cursor {
        let after: AccountId = Cursor::read(cursor).map_err(|_| Error::Cursor)?;
        query = query.filter(if filter.turned { account::Column::Id.gt(after.0) } else { account::Column::Id.lt(after.0) });
    }
    let order = if filter.turned { Order::Asc } else { Order::Desc };
    let mut rows = query.order_by(account::Column::Id, order).limit(limit.get() + 1).all(db).await?;
    let more = rows.len() as u64 > limit.get();
    rows.truncate(usize::from(u16::try_from(limit.get()).unwrap_or(u16::MAX)));
    let next = rows.last().filter(|_| more).map(|r| Cursor::write(&r.id));
    Ok(Page { items: rows.iter().map(AccountView::of).collect(), next, total })
}

/// The names of people by account, for histories and reviews.
///
/// # Errors
/// If the database fails.
pub async fn names(db: &impl ConnectionTrait, ids: &[AccountId]) -> Result<BTreeMap<AccountId, String>, StoreError> {
    let mut names = BTreeMap::new();
    for chunk in ids.chunks(500) {
        let rows = account::Entity::find().filter(account::Column::Id.is_in(chunk.iter().map(|i| i.0))).all(db).await?;
        names.extend(rows.into_iter().map(|r| (AccountId(r.id), r.name)));
    }
    Ok(names)
}

/// The name of an account and its address, for a mark that only its holder gets to see.
///
/// # Errors
/// If the database fails.
pub async fn name_and_address(db: &impl ConnectionTrait, id: AccountId) -> Result<Option<(String, String)>, StoreError> {
    Ok(find(db, id).await?.map(|row| (row.name, row.email)))
}

/// These accounts, for administrators; in no order.
///
/// # Errors
/// [`Refused::Forbidden`] for others.
pub async fn among(accounts: &Accounts, actor: &Actor, ids: &[AccountId]) -> Result<Vec<AccountView>, Error> {
    Grant::<ManageAccounts>::check(actor, Space)?;
    let mut all = Vec::with_capacity(ids.len());
    for chunk in ids.chunks(500) {
        let rows = account::Entity::find().filter(account::Column::Id.is_in(chunk.iter().map(|i| i.0))).all(accounts.store.db()).await?;
        all.extend(rows.iter().map(AccountView::of));
    }
    Ok(all)
}

/// The active accounts with a staff role: whom the space writes to about that work.
///
/// # Errors
/// If the database fails.
pub async fn staff_with(db: &impl ConnectionTrait, role: StaffRole) -> Result<Vec<AccountId>, StoreError> {
    let rows = account::Entity::find().filter(account::Column::Staff.ne("")).filter(account::Column::Status.eq("active")).all(db).await?;
    Ok(rows.into_iter().filter(|r| words::read::<StaffRole>(&r.staff).contains(&role)).map(|r| AccountId(r.id)).collect())
}

/// What a new account's row is made from.
#[derive(Clone)]
pub(crate) struct Fresh {
    pub email: Email,
    pub name: String,
    pub lang: Lang,
    pub hash: String,
    pub status: AccountStatus,
    pub staff: BTreeSet<StaffRole>,
    pub demonstration: bool,
}

pub(crate) async fn insert(tx: &Tx, fresh: Fresh) -> Result<account::Model, Error> {
    let now = tx.now();
    let row = account::Model {
        id: tx.new_id(),
        email: fresh.email.as_typed().to_owned(),
        email_key: fresh.email.key().to_owned(),
        name: fresh.name,
        lang: fresh.lang.code().to_owned(),
        password_hash: fresh.hash,
        password_changed_at: now,
        status: fresh.status.as_str().to_owned(),
        staff: words::write(&fresh.staff),
        totp_secret: None,
        totp_confirmed: false,
        totp_last_step: 0,
        demonstration: fresh.demonstration,
        version: 1,
        created_at: now,
        updated_at: now,
    };
    let model = account::ActiveModel {
        id: Set(row.id),
        email: Set(row.email.clone()),
        email_key: Set(row.email_key.clone()),
        name: Set(row.name.clone()),
        lang: Set(row.lang.clone()),
        password_hash: Set(row.password_hash.clone()),
        password_changed_at: Set(now),
        status: Set(row.status.clone()),
        staff: Set(row.staff.clone()),
        totp_secret: Set(None),
        totp_confirmed: Set(false),
        totp_last_step: Set(0),
        demonstration: Set(row.demonstration),
        version: Set(1),
        created_at: Set(now),
        updated_at: Set(now),
    };
    account::Entity::insert(model).exec_without_returning(tx.db()).await?;
    let facts = json!({"version": 1, "lang": row.lang, "staff": fresh.staff});
    let kind = if fresh.status == AccountStatus::Active { "account.created" } else { "account.signed_up" };
    tx.emit(event(&row, kind, facts));
    Ok(row)
}
