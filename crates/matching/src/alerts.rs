//! The rounds that look whether saved searches have something new.
//!
//! News is what came out after a search was kept, or taken up again after nothing was looked for (published, put back, or shown
//! to more people than before), is found by it, may be seen by its owner at this moment, and was not brought before; and what an
//! edit that was published since it was last looked makes it find, as the version that was public then did not (`edits`). What a
//! round brings, the notice of it and the letter that is due are one transaction, and the key of what was brought is what makes
//! it once: a round that is broken off is begun again and brings the rest. What another search of the same account has brought is
//! kept with this one as well and told no more, and what belongs to a party of its owner is no news. Two nodes that do the same
//! round wait for each other at the account's searches. Not here: the words of a letter. Whoever writes it looks again at what
//! its reader may see.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use accounts::notices::{NewNotice, NoticeKind};
use base::clock::{in_vietnam, next_morning};
use base::{AccountId, Actor, Limit, ListingId, PartyId, SavedSearchId};
use chrono::{DateTime, Datelike, TimeDelta, Utc, Weekday};
use listings::published::Published;
use listings::{ListingError, published};
use sea_orm::sea_query::Expr;
use sea_orm::{ActiveValue::Set, ColumnTrait, Condition, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use search::{DateColumn, Period, Viewer};
use serde::{Deserialize, Serialize};
use store::{Ctx, StoreError, Tx};
use uuid::Uuid;

use crate::edits::{Edits, Shared};
use crate::matcher::MatchError;
use crate::rows::{saved_search, saved_search_item};
use crate::saved::{Saved, SavedError, SavedSearch, When, read};

/// The job that writes a letter of what a round brought; its payload is [`AlertMail`].
pub const MAIL_JOB: &str = "mail.alert";
/// Searches that are loaded at once.
const BATCH: u64 = 200;
/// What one round brings of one search at most; the next round brings more.
const MOST_NEWS: usize = 500;
/// So many events later it is noted that nothing was edited among them, so that they are not looked through again.
const FAR: i64 = 1_000;
/// So long before it was looked last, what came out is looked at again: moments are not in the order of the log.
const LOOKED_BACK_HOURS: i64 = 24;
/// How long a round waits for an index that is behind the log.
const PATIENCE: Duration = Duration::from_secs(30);

/// Which letter to write.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct AlertMail {
    /// The search.
    pub search: SavedSearchId,
    /// What it brought carries this mark.
    pub round: Uuid,
    /// How far the index had come that found it: one that is behind does not know all of it yet.
    pub position: i64,
}

/// What a round did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Round {
    /// Searches that were looked at.
    pub searches: u64,
    /// Those that had something new.
    pub with_news: u64,
    /// Up to where the log was in the index that was searched; where the round began if there is more to look at.
    pub position: i64,
}

/// What a search found that is news.
#[derive(Default)]
struct Found {
    ids: Vec<Uuid>,
    /// Whether there is more than one round brings.
    more: bool,
    /// Up to where in the log all edits were looked at; none where some of what they brought is left for the next round.
    seen: Option<i64>,
}

impl Found {
    /// The first of these, and what is to be noted of the edits that were looked at.
    fn of(mut ids: Vec<Uuid>, is_all: bool, edits: &Edits, most: usize) -> Self {
        let fits = is_all && ids.len() <= most;
        ids.truncate(most);
        Self { ids, more: !fits || edits.more, seen: fits.then_some(edits.to) }
    }
}

/// What became of one search in a round.
#[derive(Clone, Copy, Debug, Default)]
struct Looked {
    has_news: bool,
    more: bool,
    /// Up to where edits were looked at, if that is not noted yet.
    seen: Option<i64>,
}

/// When a search is looked at next, seen from a moment.
pub(crate) fn first_due(when: When, at: DateTime<Utc>) -> DateTime<Utc> {
    let morning = next_morning(at);
    match when {
        When::AtOnce | When::InSpace | When::Off => at,
        When::Daily => morning,
        When::Weekly => {
            let days = (7 - i64::from(in_vietnam(morning).weekday().days_since(Weekday::Mon))) % 7;
            morning + TimeDelta::days(days)
        }
    }
}

/// Looks at every search that is due: those of the day and the week whose morning has come, and those at once if the
/// index has moved beyond `since`.
///
/// One search that fails is told in the log and left for the next round; it does not hold up the others. Nothing is looked
/// for before the index has what the log had when the round began: what is missing there would be taken for nothing new.
///
/// # Errors
/// If the searches cannot be read.
pub async fn round(saved: &Saved, since: i64) -> Result<Round, SavedError> {
    round_of(saved, since, MOST_NEWS).await
}

/// The same, bringing at most so many things of one search.
///
/// # Errors
/// As [`round`].
pub async fn round_of(saved: &Saved, since: i64, most: usize) -> Result<Round, SavedError> {
    let now = saved.store.clock().now();
    let head = saved.store.last_position().await?;
    if tokio::time::timeout(PATIENCE, saved.search.reaches(head)).await.is_err() {
        return Ok(Round { position: since, ..Round::default() });
    }
    let position = saved.search.followed();
    let mut ways = Condition::any().add(
        Condition::all()
            .add(saved_search::Column::Way.is_in([When::Daily.as_str(), When::Weekly.as_str()]))
            .add(saved_search::Column::DueAt.lte(now)),
    );
    if position > since {
        ways = ways.add(saved_search::Column::Way.is_in([When::AtOnce.as_str(), When::InSpace.as_str()]));
    }
    let mut done = Round { position, ..Round::default() };
    let mut edited = Shared::default();
    let mut after = None;
    loop {
        let rows = saved_search::Entity::find()
            .filter(ways.clone())
            .filter(Condition::all().add_option(after.map(|id: Uuid| saved_search::Column::Id.gt(id))))
            .order_by_asc(saved_search::Column::Id)
            .limit(BATCH)
            .all(saved.store.db())
            .await?;
        let Some(last) = rows.last().map(|row| row.id) else { return Ok(done) };
        after = Some(last);
        let mut seen: BTreeMap<i64, Vec<Uuid>> = BTreeMap::new();
        for row in rows {
            let id = row.id;
            let looked = match read(row) {
                Ok(search) => look(saved, search, (&mut edited, position), most).await,
                Err(error) => Err(error.into()),
            };
            match looked {
                Ok(looked) => {
                    done.searches += 1;
                    done.with_news += u64::from(looked.has_news);
                    if let Some(to) = looked.seen {
                        seen.entry(to).or_default().push(id);
                    }
                    if looked.more {
                        // The rest must not wait until something else moves the index.
                        done.position = since;
                    }
                }
                Err(error) => {
                    done.position = since;
                    tracing::error!(search = %id, cause = store::follow::report(&error), "a saved search could not be looked at");
                }
            }
        }
        note_seen(saved, seen).await?;
    }
}

/// Notes of searches that found nothing up to where they looked at edits.
async fn note_seen(saved: &Saved, seen: BTreeMap<i64, Vec<Uuid>>) -> Result<(), SavedError> {
    for (to, ids) in seen {
        let work = move |tx: Tx| {
            let ids = ids.clone();
            async move { looked_up_to(&tx, ids, to).await }
        };
        saved.store.write(Ctx::system(), work).await?;
    }
    Ok(())
}

/// Notes up to where in the log these searches looked at edits; never back.
async fn looked_up_to(tx: &Tx, ids: Vec<Uuid>, to: i64) -> Result<(), StoreError> {
    saved_search::Entity::update_many()
        .col_expr(saved_search::Column::Seen, Expr::value(to))
        .filter(saved_search::Column::Id.is_in(ids))
        .filter(saved_search::Column::Seen.lt(to))
        .exec(tx.db())
        .await?;
    Ok(())
}

/// What a search finds that came out after it was kept, or only since it was edited, was not brought before and is not its
/// owner's own: the newest first. What came out long before it was looked last was looked at then.
async fn found(saved: &Saved, search: &SavedSearch, edits: &Arc<Edits>, most: usize) -> Result<Found, SavedError> {
    let Some(owner) = crate::saved::owner(saved, search).await? else { return Ok(Found::default()) };
    if let Some(need) = search.criteria.need {
        return answers(saved, search, &owner, need, edits, most).await;
    }
    // Whoever looks at one party alone wants what that party does, be it their own.
    let with_own = search.criteria.party.is_some();
    let mut fresh = edited(saved, search, &owner, edits).await?;
    fresh = news_of(saved, search, &owner, fresh, with_own).await?;
    let mut query = search.criteria.query();
    query.limit = Limit::new(Limit::MAX).unwrap_or_default();
    let looked = edits.from.map(|at| at - TimeDelta::hours(LOOKED_BACK_HOURS));
    let first_day = in_vietnam(looked.map_or(search.news_from, |at| at.max(search.news_from))).date();
    query.periods.insert(DateColumn::Out, Period { from: Some(first_day), to: None });
    loop {
        let (index, asked, viewer) = (saved.search.clone(), query.clone(), Viewer::of(&owner));
        let page = tokio::task::spawn_blocking(move || index.find(&asked, &viewer)).await??;
        let mut ids: Vec<Uuid> = page.items.iter().filter(|hit| hit.card.out_since > search.news_from).map(|hit| hit.card.id).collect();
        ids.retain(|id| !fresh.contains(id));
        fresh.extend(news_of(saved, search, &owner, ids, with_own).await?);
        let is_over = page.next.is_none();
        if is_over || fresh.len() >= most {
            return Ok(Found::of(fresh, is_over, edits, most));
        }
        query.cursor = page.next;
    }
}

/// What a search finds only since it was edited.
async fn edited(saved: &Saved, search: &SavedSearch, owner: &Actor, edits: &Arc<Edits>) -> Result<Vec<Uuid>, SavedError> {
    if edits.is_empty() {
        return Ok(Vec::new());
    }
    let (edits, query, viewer) = (Arc::clone(edits), search.criteria.query(), Viewer::of(owner));
    let found = tokio::task::spawn_blocking(move || edits.newly_found(&query, &viewer)).await??;
    // The index may know of something that is not to be seen any more, or not yet.
    let listings: Vec<ListingId> = found.iter().copied().map(ListingId).collect();
    let seen = saved.matcher.seen(owner, &listings).await?;
    Ok(found.into_iter().filter(|id| seen.contains(&ListingId(*id))).collect())
}

/// Those of these that were not brought before and are not the owner's own.
async fn news_of(saved: &Saved, search: &SavedSearch, owner: &Actor, mut ids: Vec<Uuid>, with_own: bool) -> Result<Vec<Uuid>, StoreError> {
    let known = known_of(saved.store.db(), search.id, &ids).await?;
    ids.retain(|id| !known.contains(id));
    if !with_own {
        let own = own_of(saved, owner, &ids).await?;
        ids.retain(|id| !own.contains(id));
    }
    Ok(ids)
}

/// What answers a need and came out after the search was kept, or answers it only since one of the two was edited. Where
/// nothing happened to the need, what happened to offers since somebody looked is judged alone: of the others none is news.
/// Nothing once the need is not to be seen.
async fn answers(
    saved: &Saved,
    search: &SavedSearch,
    owner: &Actor,
    need: ListingId,
    edits: &Edits,
    most: usize,
) -> Result<Found, SavedError> {
    let is_news = |one: &Published| one.out_since > search.news_from || edits.before.contains_key(&one.id);
    let among: Option<Vec<Published>> = match &edits.touched {
        Some(touched) if !touched.ids.contains(&need) => Some(touched.out.iter().filter(|one| is_news(one)).cloned().collect()),
        _ => None,
    };
    if among.as_ref().is_some_and(Vec::is_empty) {
        return Ok(Found::of(Vec::new(), true, edits, most));
    }
    let found = match saved.matcher.answers(owner, need, among).await {
        Ok(found) => found,
        Err(MatchError::Listing(ListingError::Refused(_))) => return Ok(Found::default()),
        Err(error) => return Err(error.into()),
    };
    let (fresh, older): (Vec<_>, Vec<_>) = found.into_iter().partition(|one| one.out_since > search.news_from);
    let moved: Vec<ListingId> =
        older.iter().map(|one| one.id).filter(|id| edits.before.contains_key(id) || edits.before.contains_key(&need)).collect();
    let answered = saved.matcher.answered(owner, need, &moved, &edits.before).await?;
    let mut ids: Vec<Uuid> = fresh.into_iter().map(|one| one.id.0).collect();
    ids.extend(moved.iter().filter(|id| !answered.contains(id)).map(|id| id.0));
    let ids = news_of(saved, search, owner, ids, false).await?;
    Ok(Found::of(ids, true, edits, most))
}

/// What of this belongs to a party of this account, or is one.
async fn own_of(saved: &Saved, owner: &Actor, ids: &[Uuid]) -> Result<BTreeSet<Uuid>, StoreError> {
    let listings: Vec<ListingId> = ids.iter().copied().map(ListingId).collect();
    let found = published::load(&saved.store, &listings).await?;
    let mut own: BTreeSet<Uuid> = found.into_iter().filter(|one| owner.is_member(one.owner.id)).map(|one| one.id.0).collect();
    own.extend(ids.iter().copied().filter(|id| owner.is_member(PartyId(*id))));
    Ok(own)
}

/// What of this was brought before.
async fn known_of(db: &impl ConnectionTrait, search: SavedSearchId, ids: &[Uuid]) -> Result<BTreeSet<Uuid>, StoreError> {
    let mut known = BTreeSet::new();
    for some in ids.chunks(500) {
        let rows = saved_search_item::Entity::find()
            .filter(saved_search_item::Column::SearchId.eq(search.0))
            .filter(saved_search_item::Column::FoundId.is_in(some.iter().copied()))
            .all(db)
            .await?;
        known.extend(rows.into_iter().map(|row| row.found_id));
    }
    Ok(known)
}

/// Brings what is new.
async fn look(saved: &Saved, search: SavedSearch, (edited, to): (&mut Shared, i64), most: usize) -> Result<Looked, SavedError> {
    let position = saved.search.followed();
    let edits = edited.since(saved, search.seen, to).await?;
    let Found { ids, more, seen } = found(saved, &search, &edits, most).await?;
    if ids.is_empty() && !search.when.is_of_mornings() {
        // What was judged for a followed need is not judged again.
        let is_judged = search.criteria.need.is_some() && edits.has_touched();
        let seen = seen.filter(|to| is_judged || !edits.is_empty() || *to - search.seen >= FAR);
        return Ok(Looked { has_news: false, more, seen });
    }
    let (id, account) = (search.id, search.account);
    let work = move |tx: Tx| {
        let ids = ids.clone();
        async move { bring(&tx, (account, id), ids, position, (more, seen)).await }
    };
    let has_news = saved.store.write(Ctx::system(), work).await?;
    Ok(Looked { has_news, more, seen: None })
}

/// What of this another search of the account has brought.
async fn told_elsewhere(tx: &Tx, (account, id): (AccountId, SavedSearchId), found: &BTreeSet<Uuid>) -> Result<BTreeSet<Uuid>, StoreError> {
    let mut told = BTreeSet::new();
    let ids: Vec<Uuid> = found.iter().copied().collect();
    for some in ids.chunks(500) {
        let rows = saved_search_item::Entity::find()
            .filter(saved_search_item::Column::AccountId.eq(account.0))
            .filter(saved_search_item::Column::SearchId.ne(id.0))
            .filter(saved_search_item::Column::FoundId.is_in(some.iter().copied()))
            .all(tx.db())
            .await?;
        told.extend(rows.into_iter().map(|row| row.found_id));
    }
    Ok(told)
}

/// Writes down what of this was not brought before, and tells its owner of what is new to them.
async fn bring(
    tx: &Tx,
    (account, id): (AccountId, SavedSearchId),
    found: Vec<Uuid>,
    position: i64,
    (more, seen): (bool, Option<i64>),
) -> Result<bool, SavedError> {
    // All searches of the account, so that two of them do not tell of one thing at the same time.
    let mut query =
        saved_search::Entity::find().filter(saved_search::Column::AccountId.eq(account.0)).order_by_asc(saved_search::Column::Id);
    if tx.needs_row_locks() {
        query = query.lock_exclusive();
    }
    let row = query.all(tx.db()).await?.into_iter().find(|row| row.id == id.0);
    // It may have been given up or stopped while the index was searched.
    let Some(search) = row.map(read).transpose()?.filter(|search| search.when != When::Off) else {
        return Ok(false);
    };
    if let Some(to) = seen {
        looked_up_to(tx, vec![id.0], to).await?;
    }
    let known = known_of(tx.db(), id, &found).await?;
    let fresh: BTreeSet<Uuid> = found.into_iter().filter(|found| !known.contains(found)).collect();
    // Where there is more, the next round brings it and does not wait for another morning.
    if search.when.is_of_mornings() && !more {
        saved_search::Entity::update_many()
            .col_expr(saved_search::Column::DueAt, Expr::value(first_due(search.when, tx.now())))
            .filter(saved_search::Column::Id.eq(id.0))
            .exec(tx.db())
            .await?;
    }
    if fresh.is_empty() {
        return Ok(false);
    }
    let elsewhere = told_elsewhere(tx, (account, id), &fresh).await?;
    // What was told already is kept under a mark that no letter has.
    let (round, untold) = (tx.new_id(), tx.new_id());
    let rows = fresh.iter().map(|found| saved_search_item::ActiveModel {
        search_id: Set(id.0),
        found_id: Set(*found),
        account_id: Set(account.0),
        round_id: Set(if elsewhere.contains(found) { untold } else { round }),
        found_at: Set(tx.now()),
    });
    saved_search_item::Entity::insert_many(rows).exec_without_returning(tx.db()).await?;
    let count = fresh.difference(&elsewhere).count();
    if count == 0 {
        return Ok(false);
    }
    let notice = NewNotice {
        kind: NoticeKind::SearchNews,
        about_kind: "saved_search",
        about: id.0,
        facts: serde_json::json!({ "round": round, "count": count }),
        once: format!("search_news:{round}"),
    };
    accounts::notices::tell(tx, search.account, &notice).await?;
    if search.when.is_written() {
        tx.enqueue(MAIL_JOB, &AlertMail { search: id, round, position }, tx.now()).await?;
    }
    Ok(true)
}

/// What a round brought, for its letter.
///
/// # Errors
/// If the database fails.
pub async fn brought(saved: &Saved, round: Uuid) -> Result<Vec<Uuid>, StoreError> {
    let rows = saved_search_item::Entity::find().filter(saved_search_item::Column::RoundId.eq(round)).all(saved.store.db()).await?;
    let mut ids: Vec<Uuid> = rows.into_iter().map(|row| row.found_id).collect();
    // The newest first: ids are by time.
    ids.sort_unstable_by(|a, b| b.cmp(a));
    Ok(ids)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    #[test]
    fn letters_come_in_the_morning_of_vietnam() {
        // Half past six in the morning in Vietnam, and half past seven.
        assert_eq!(first_due(When::Daily, at("2026-11-26T23:30:00Z")), at("2026-11-27T00:00:00Z"));
        assert_eq!(first_due(When::Daily, at("2026-11-27T00:30:00Z")), at("2026-11-28T00:00:00Z"));
    }

    #[test]
    fn a_week_begins_on_monday() {
        // 2026-11-28 is a Saturday, 2026-11-30 a Monday.
        assert_eq!(first_due(When::Weekly, at("2026-11-28T08:00:00Z")), at("2026-11-30T00:00:00Z"));
        assert_eq!(first_due(When::Weekly, at("2026-11-29T23:59:00Z")), at("2026-11-30T00:00:00Z"));
        assert_eq!(first_due(When::Weekly, at("2026-11-30T00:00:00Z")), at("2026-12-07T00:00:00Z"));
    }
}
