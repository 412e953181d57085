//! Saved searches: what somebody goes on looking for, and how they are told when something new is there.
//!
//! A saved search belongs to one account and is there for nobody else. It holds what is looked for as the search takes
//! it, not an address, so it means the same whatever pages do. Not here: the rounds that bring news (`alerts`), letters.

use std::collections::HashMap;

use accounts::Accounts;
use base::{AccountId, Actor, Cursor, Faults, Limit, ListingId, Page, PartyId, Refused, SavedSearchId, Scope};
use chrono::{DateTime, Utc};
use listings::Kind;
use sea_orm::sea_query::{Expr, ExprTrait};
use sea_orm::{ActiveValue::Set, ColumnTrait, Condition, DbErr, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect};
use search::{Filters, Periods, Query, Search, Sort};
use serde::{Deserialize, Serialize};
use store::{Ctx, Store, StoreError, Tx};
use uuid::Uuid;

use crate::alerts;
use crate::matcher::{MatchError, Matcher};
use crate::rows::{saved_search, saved_search_item};

/// Saved searches one account may have.
pub const MOST: u64 = 50;
/// Characters of a name.
pub const NAME_MAX: usize = 120;

/// Saved searches and what they need. Cheap to clone.
#[derive(Clone)]
pub struct Saved {
    /// The database.
    pub store: Store,
    /// Whose they are.
    pub accounts: Accounts,
    /// What they search.
    pub search: Search,
    /// What answers the needs they follow.
    pub matcher: Matcher,
}

/// Why something was not done.
#[derive(Debug, thiserror::Error)]
pub enum SavedError {
    /// Not there, or not for this actor.
    #[error(transparent)]
    Refused(#[from] Refused),
    /// What was sent is wrong.
    #[error("{} faults", .0.iter().count())]
    Invalid(Faults),
    /// Not a cursor of this list.
    #[error("not a cursor of this list")]
    Cursor,
    /// It changed since the version the actor saw.
    #[error("it is now at version {current}")]
    Stale {
        /// The version it has now.
        current: i64,
    },
    /// What answers a need could not be found.
    #[error(transparent)]
    Match(#[from] MatchError),
    /// The index could not be searched.
    #[error("the index could not be searched")]
    Search(#[from] search::SearchError),
    /// The work was cut off, such as by a shutdown.
    #[error("the work was cut off")]
    CutOff(#[from] tokio::task::JoinError),
    /// The store failed.
    #[error("the store failed")]
    Store(#[from] StoreError),
}

impl From<DbErr> for SavedError {
    fn from(error: DbErr) -> Self {
        Self::Store(error.into())
    }
}

impl From<search::Failure> for SavedError {
    fn from(error: search::Failure) -> Self {
        Self::Search(error.into())
    }
}

base::words! {
    /// When somebody is told, and whether by a letter.
    When {
        /// Within minutes.
        AtOnce = "at_once",
        /// Each morning, if there is something.
        Daily = "daily",
        /// On Monday mornings, if there is something.
        Weekly = "weekly",
        /// At once and in the space alone, without a letter.
        InSpace = "in_space",
        /// Never; nothing is looked for either.
        Off = "off",
    }
}

impl When {
    /// Whether it waits for a morning.
    pub(crate) fn is_of_mornings(self) -> bool {
        matches!(self, Self::Daily | Self::Weekly)
    }

    /// Whether there are letters.
    #[must_use]
    pub fn is_written(self) -> bool {
        match self {
            Self::AtOnce | Self::Daily | Self::Weekly => true,
            Self::InSpace | Self::Off => false,
        }
    }
}

/// What is looked for.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Criteria {
    /// The words.
    pub q: String,
    /// The values it is narrowed to.
    pub filters: Filters,
    /// The days it is narrowed to.
    pub periods: Periods,
    /// Only what belongs to this party.
    pub party: Option<PartyId>,
    /// What answers this need, instead of a search.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub need: Option<ListingId>,
}

impl Criteria {
    /// What answers a need.
    #[must_use]
    pub fn of_need(need: ListingId) -> Self {
        Self { need: Some(need), ..Self::default() }
    }

    /// What a search looks for, whatever its order and page.
    #[must_use]
    pub fn of(query: &Query) -> Self {
        Self {
            q: query.text.trim().to_owned(),
            filters: query.filters.clone(),
            periods: query.periods.clone(),
            party: query.party,
            need: None,
        }
    }

    /// The search, the newest first, without facets. All words must be there: who waits for something is not told of
    /// what is only a little like it.
    #[must_use]
    pub fn query(&self) -> Query {
        Query {
            text: self.q.clone(),
            filters: self.filters.clone(),
            periods: self.periods.clone(),
            party: self.party,
            sort: Sort::Newest,
            all_words: true,
            ..Query::default()
        }
    }
}

/// A saved search.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SavedSearch {
    /// Its id.
    pub id: SavedSearchId,
    /// Whose it is.
    pub account: AccountId,
    /// What its owner calls it.
    pub name: String,
    /// What is looked for.
    pub criteria: Criteria,
    /// When its owner is written to.
    pub when: When,
    /// Grows by one with every change.
    pub version: i64,
    /// Since when.
    pub created_at: DateTime<Utc>,
    /// What comes out after this is news: since it was kept, or since it was taken up again.
    pub news_from: DateTime<Utc>,
    /// Up to where in the log it was looked what had been edited; an edit after this may be news.
    pub seen: i64,
}

/// Something a saved search brought.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct News {
    /// Which search.
    pub search: SavedSearchId,
    /// The listing or party.
    pub found: Uuid,
    /// When.
    pub at: DateTime<Utc>,
}

pub(crate) fn read(row: saved_search::Model) -> Result<SavedSearch, StoreError> {
    let bad = |e: serde_json::Error| StoreError::corrupt("saved search", e);
    Ok(SavedSearch {
        id: SavedSearchId(row.id),
        account: AccountId(row.account_id),
        name: row.name,
        criteria: serde_json::from_str(&row.criteria).map_err(bad)?,
        when: row.way.parse().map_err(|e| StoreError::corrupt("saved search", e))?,
        version: row.version,
        created_at: row.created_at,
        news_from: row.news_from,
        seen: row.seen,
    })
}

fn named(name: &str) -> Result<String, SavedError> {
    let name = name.split_whitespace().collect::<Vec<_>>().join(" ");
    let mut faults = Faults::new();
    if name.is_empty() {
        faults.add("/name", "name_missing");
    } else if name.chars().count() > NAME_MAX {
        let length = name.chars().count().to_string();
        faults.add_with("/name", "too_long", &[("max", &NAME_MAX.to_string()), ("length", &length)]);
    } else if name.chars().any(base::text::is_forbidden) {
        faults.add("/name", "forbidden_character");
    }
    faults.into_result().map_err(SavedError::Invalid)?;
    Ok(name)
}

fn may_write(actor: &Actor) -> Result<AccountId, Refused> {
    let account = actor.signed_in()?;
    if actor.has_scope(Scope::Write) { Ok(account) } else { Err(Refused::Forbidden { action: "saved_search.keep" }) }
}

/// Keeps a search.
///
/// # Errors
/// [`SavedError::Invalid`] for a name that is none or too many searches; [`Refused::SignIn`] for nobody; hidden for a need
/// that is not to be seen.
pub async fn create(saved: &Saved, ctx: Ctx, name: &str, criteria: Criteria, when: When) -> Result<SavedSearch, SavedError> {
    let account = may_write(&ctx.actor)?;
    let name = named(name)?;
    if let Some(need) = criteria.need {
        // Nobody follows what they may not see.
        listings::view::show(saved.matcher.listings(), &ctx.actor, Kind::Need, need).await.map_err(MatchError::from)?;
    }
    let seen = saved.store.last_position().await?;
    saved
        .store
        .write(ctx, move |tx| {
            let (name, criteria) = (name.clone(), criteria.clone());
            async move {
                let own = saved_search::Entity::find().filter(saved_search::Column::AccountId.eq(account.0));
                if own.count(tx.db()).await? >= MOST {
                    let mut faults = Faults::new();
                    faults.add_with("", "too-many-saved", &[("max", &MOST.to_string())]);
                    return Err(SavedError::Invalid(faults));
                }
                let (id, now) = (SavedSearchId(tx.new_id()), tx.now());
                let new = SavedSearch { id, account, name, criteria, when, version: 1, created_at: now, news_from: now, seen };
                let json = serde_json::to_string(&new.criteria).map_err(|e| StoreError::corrupt("saved search", e))?;
                let row = saved_search::ActiveModel {
                    id: Set(new.id.0),
                    account_id: Set(account.0),
                    name: Set(new.name.clone()),
                    criteria: Set(json),
                    way: Set(when.as_str().to_owned()),
                    due_at: Set(alerts::first_due(when, tx.now())),
                    seen: Set(seen),
                    news_from: Set(tx.now()),
                    version: Set(1),
                    created_at: Set(tx.now()),
                    updated_at: Set(tx.now()),
                };
                saved_search::Entity::insert(row).exec_without_returning(tx.db()).await?;
                tx.emit(event(&new, "saved_search.kept"));
                Ok(new)
            }
        })
        .await
}

fn event(search: &SavedSearch, kind: &'static str) -> store::NewEvent {
    store::NewEvent::new("saved_search", search.id, kind, serde_json::json!({ "when": search.when }))
}

async fn own_to_change(tx: &Tx, account: AccountId, id: SavedSearchId) -> Result<SavedSearch, SavedError> {
    let mut query = saved_search::Entity::find_by_id(id.0);
    if tx.needs_row_locks() {
        query = query.lock_exclusive();
    }
    let row = query.one(tx.db()).await?.filter(|row| row.account_id == account.0).ok_or(Refused::Hidden)?;
    Ok(read(row)?)
}

/// Gives a search another name or another rhythm. One that looked for nothing begins at this moment: what came out and what
/// was edited meanwhile is no news.
///
/// # Errors
/// [`Refused::Hidden`] if it is not the actor's; [`SavedError::Stale`] if it changed meanwhile.
pub async fn edit(saved: &Saved, ctx: Ctx, id: SavedSearchId, seen: i64, name: &str, when: When) -> Result<SavedSearch, SavedError> {
    let account = may_write(&ctx.actor)?;
    let name = named(name)?;
    let head = saved.store.last_position().await?;
    saved
        .store
        .write(ctx, move |tx| {
            let name = name.clone();
            async move {
                let old = own_to_change(&tx, account, id).await?;
                if old.version != seen {
                    return Err(SavedError::Stale { current: old.version });
                }
                let begins = old.when == When::Off && when != When::Off;
                let (seen, news_from) = if begins { (Ord::max(old.seen, head), tx.now()) } else { (old.seen, old.news_from) };
                let new = SavedSearch { name, when, version: old.version + 1, seen, news_from, ..old };
                saved_search::Entity::update_many()
                    .col_expr(saved_search::Column::Name, Expr::value(new.name.clone()))
                    .col_expr(saved_search::Column::Way, Expr::value(when.as_str()))
                    .col_expr(saved_search::Column::DueAt, Expr::value(alerts::first_due(when, tx.now())))
                    .col_expr(saved_search::Column::Seen, Expr::value(seen))
                    .col_expr(saved_search::Column::NewsFrom, Expr::value(news_from))
                    .col_expr(saved_search::Column::Version, Expr::value(new.version))
                    .col_expr(saved_search::Column::UpdatedAt, Expr::value(tx.now()))
                    .filter(saved_search::Column::Id.eq(id.0))
                    .exec(tx.db())
                    .await?;
                tx.emit(event(&new, "saved_search.edited"));
                Ok(new)
            }
        })
        .await
}

/// Stops letters of a search, as the link in such a letter asks; what is new is still told in the space. False if the
/// search is gone.
///
/// # Errors
/// If the database fails.
pub async fn stop(saved: &Saved, id: SavedSearchId) -> Result<bool, SavedError> {
    let work = move |tx: Tx| async move {
        let there = saved_search::Entity::find_by_id(id.0).count(tx.db()).await? > 0;
        let stopped = saved_search::Entity::update_many()
            .col_expr(saved_search::Column::Way, Expr::value(When::InSpace.as_str()))
            .col_expr(saved_search::Column::Version, Expr::col(saved_search::Column::Version).add(1))
            .col_expr(saved_search::Column::UpdatedAt, Expr::value(tx.now()))
            .filter(saved_search::Column::Id.eq(id.0))
            // One that looks for nothing does not begin to.
            .filter(saved_search::Column::Way.is_not_in([When::InSpace.as_str(), When::Off.as_str()]))
            .exec(tx.db())
            .await?;
        if stopped.rows_affected > 0 {
            tx.emit(store::NewEvent::new("saved_search", id, "saved_search.stopped", serde_json::json!({})));
        }
        Ok::<_, SavedError>(there)
    };
    saved.store.write(Ctx::system(), work).await
}

/// Gives a search up, with what it brought.
///
/// # Errors
/// [`Refused::Hidden`] if it is not the actor's.
pub async fn remove(saved: &Saved, ctx: Ctx, id: SavedSearchId) -> Result<(), SavedError> {
    let account = may_write(&ctx.actor)?;
    saved
        .store
        .write(ctx, move |tx| async move {
            let old = own_to_change(&tx, account, id).await?;
            saved_search_item::Entity::delete_many().filter(saved_search_item::Column::SearchId.eq(id.0)).exec(tx.db()).await?;
            saved_search::Entity::delete_by_id(id.0).exec(tx.db()).await?;
            tx.emit(event(&old, "saved_search.removed"));
            Ok::<_, SavedError>(())
        })
        .await
}

/// The searches of whoever asks, in the order they were kept: at most [`MOST`].
///
/// # Errors
/// [`Refused::SignIn`] for nobody.
pub async fn mine(saved: &Saved, actor: &Actor) -> Result<Vec<SavedSearch>, SavedError> {
    let account = actor.signed_in()?;
    let rows = saved_search::Entity::find()
        .filter(saved_search::Column::AccountId.eq(account.0))
        .order_by_asc(saved_search::Column::Id)
        .limit(MOST)
        .all(saved.store.db())
        .await?;
    Ok(rows.into_iter().map(read).collect::<Result<_, _>>()?)
}

/// One search of whoever asks.
///
/// # Errors
/// [`Refused::Hidden`] if it is not theirs.
pub async fn get(saved: &Saved, actor: &Actor, id: SavedSearchId) -> Result<SavedSearch, SavedError> {
    let account = actor.signed_in()?;
    find(saved, id).await?.filter(|search| search.account == account).ok_or_else(|| Refused::Hidden.into())
}

/// The names of those of these searches that belong to whoever asks.
///
/// # Errors
/// If the database fails.
pub async fn names(saved: &Saved, actor: &Actor, ids: &[SavedSearchId]) -> Result<HashMap<SavedSearchId, String>, SavedError> {
    let Some(account) = actor.account() else { return Ok(HashMap::new()) };
    let own = saved_search::Entity::find()
        .filter(saved_search::Column::Id.is_in(ids.iter().map(|id| id.0)))
        .filter(saved_search::Column::AccountId.eq(account.0));
    Ok(own.all(saved.store.db()).await?.into_iter().map(|row| (SavedSearchId(row.id), row.name)).collect())
}

/// One search, for the worker and for feeds, whoever's it is.
///
/// # Errors
/// If the database fails.
pub async fn find(saved: &Saved, id: SavedSearchId) -> Result<Option<SavedSearch>, SavedError> {
    let row = saved_search::Entity::find_by_id(id.0).one(saved.store.db()).await?;
    Ok(row.map(read).transpose()?)
}

/// As whom a search is asked when its owner is not there: without their roles of staff, so that no letter and no feed has
/// what a moderator sees at work. None if they may not sign in.
///
/// # Errors
/// If the database fails.
pub async fn owner(saved: &Saved, search: &SavedSearch) -> Result<Option<Actor>, StoreError> {
    let owner = accounts::actor::of_account(&saved.accounts, search.account).await?;
    Ok(owner.map(|owner| Actor { staff: std::collections::BTreeSet::new(), ..owner }))
}

/// What the searches of whoever asks have brought, the newest first; of one search or of all.
///
/// # Errors
/// [`Refused::SignIn`] for nobody; [`SavedError::Cursor`] for a cursor of another list.
pub async fn news(
    saved: &Saved,
    actor: &Actor,
    of: Option<SavedSearchId>,
    limit: Limit,
    cursor: Option<&str>,
) -> Result<Page<News>, SavedError> {
    type Column = saved_search_item::Column;
    let account = actor.signed_in()?;
    let after: Option<(DateTime<Utc>, Uuid, Uuid)> = cursor.map(Cursor::read).transpose().map_err(|_| SavedError::Cursor)?;
    let own = Condition::all().add(Column::AccountId.eq(account.0)).add_option(of.map(|id| Column::SearchId.eq(id.0)));
    let db = saved.store.db();
    let total = saved_search_item::Entity::find().filter(own.clone()).count(db).await?;
    let mut query = saved_search_item::Entity::find().filter(own);
    if let Some((at, found, search)) = after {
        let same = Condition::all().add(Column::FoundAt.eq(at));
        query = query.filter(
            Condition::any()
                .add(Column::FoundAt.lt(at))
                .add(same.clone().add(Column::FoundId.lt(found)))
                .add(same.add(Column::FoundId.eq(found)).add(Column::SearchId.lt(search))),
        );
    }
    let rows = query
        .order_by_desc(Column::FoundAt)
        .order_by_desc(Column::FoundId)
        .order_by_desc(Column::SearchId)
        .limit(limit.get() + 1)
        .all(db)
        .await?;
    let more = rows.len() as u64 > limit.get();
    let keep = usize::try_from(limit.get()).unwrap_or(usize::MAX);
    let items: Vec<News> = rows
        .into_iter()
        .take(keep)
        .map(|row| News { search: SavedSearchId(row.search_id), found: row.found_id, at: row.found_at })
        .collect();
    let last = items.last().map(|news| (news.at, news.found, news.search.0));
    Ok(Page { next: last.filter(|_| more).map(|key| Cursor::write(&key)), items, total })
}
