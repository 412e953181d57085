//! Every version of a listing's content, who wrote it, when and why, and how two of them differ.
//!
//! What one person saves within some minutes, without a reason and with nothing decided in between, is one version: the last
//! of it. Each save is still a row of its own that is never changed, and moves the ETag; those that were written over are
//! left out of the history, and kept some days for whoever still writes from one of them.

use base::{AccountId, Actor, Grant, ListingId, Refused};
use chrono::{DateTime, TimeDelta, Utc};
use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect, Select};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use store::{Ctx, StoreError, Time, Tx};
use utoipa::ToSchema;

use crate::access::ViewInside;
use crate::content::Content;
use crate::edit::Written;
use crate::error::ListingError;
use crate::head::{Head, load, read_content};
use crate::rows::{review, version};
use crate::state::Revision;
use crate::{Kind, Listings};

/// Days for which a version that was written over is kept for those who still write from it: as long as a session lasts.
const SUPERSEDED_DAYS: i64 = 7;

/// One version, without its content.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct VersionView {
    /// Its number: 1, 2, 3 …
    pub version: i64,
    /// Who wrote it; none if a program did.
    pub author: Option<AccountId>,
    /// Why.
    pub reason: String,
    /// When it was last saved.
    pub at: DateTime<Utc>,
    /// When it was begun.
    pub started_at: DateTime<Utc>,
    /// Whether it is what the public sees.
    pub public: bool,
}

/// One place where two versions differ.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Difference {
    /// Where: a JSON pointer into the content.
    pub pointer: String,
    /// What was there; null if nothing was.
    #[schema(value_type = Option<Object>)]
    pub before: Value,
    /// What is there; null if nothing is.
    #[schema(value_type = Option<Object>)]
    pub after: Value,
}

async fn inside(listings: &Listings, actor: &Actor, id: ListingId) -> Result<Head, ListingError> {
    let head = load(listings.store.db(), id).await?.ok_or(Refused::Hidden)?;
    Ok(Grant::<ViewInside>::check(actor, head)?.into_object())
}

/// The newest version that a reader sees: a pending revision is its authors' own until it is handed in.
fn newest(head: &Head, actor: &Actor) -> i64 {
    let is_unsent = head.state.revision == Revision::Draft && !head.is_insider(actor);
    if is_unsent { head.public_version.unwrap_or(0) } else { head.head_version }
}

/// The versions of a listing, the newest first, below `before`.
///
/// # Errors
/// [`ListingError::Refused`] for whoever may not read its drafts.
pub async fn list(
    listings: &Listings,
    actor: &Actor,
    id: ListingId,
    limit: u64,
    before: Option<i64>,
) -> Result<Vec<VersionView>, ListingError> {
    let head = inside(listings, actor, id).await?;
    let mut query = history(&head, actor);
    if let Some(before) = before {
        query = query.filter(version::Column::Version.lt(before));
    }
    let rows = query.order_by_desc(version::Column::Version).limit(limit).all(listings.store.db()).await?;
    Ok(rows
        .into_iter()
        .map(|row| VersionView {
            public: head.public_version == Some(row.version),
            version: row.version,
            author: row.author_id.map(AccountId),
            reason: row.reason,
            at: row.at,
            started_at: row.started_at,
        })
        .collect())
}

fn seen(head: &Head, actor: &Actor) -> Select<version::Entity> {
    version::Entity::find().filter(version::Column::ListingId.eq(head.id.0)).filter(version::Column::Version.lte(newest(head, actor)))
}

fn history(head: &Head, actor: &Actor) -> Select<version::Entity> {
    seen(head, actor).filter(version::Column::SupersededAt.is_null())
}

/// Leaves the newest version out of the history if what is written now goes on with it, and gives when it was begun.
///
/// It does where the same person wrote it a short time ago without a reason, and nobody was shown it since: it is not public,
/// was not handed in, and no moderator looked at it.
pub(crate) async fn supersede(tx: &Tx, head: &Head, written: &Written) -> Result<Option<Time>, StoreError> {
    if written.author.is_none() || !written.reason.is_empty() || head.public_version == Some(head.head_version) {
        return Ok(None);
    }
    let Some(row) = version::Entity::find_by_id((head.id.0, head.head_version)).one(tx.db()).await? else { return Ok(None) };
    let is_same_hand = row.author_id.map(AccountId) == written.author && row.reason.is_empty();
    let is_soon = tx.now() - row.started_at < written.goes_on;
    let was_handed_in = head.submitted_at.is_some_and(|at| at >= row.at);
    if !is_same_hand || !is_soon || was_handed_in {
        return Ok(None);
    }
    let looked_at = review::Entity::find()
        .filter(review::Column::ListingId.eq(head.id.0))
        .filter(review::Column::ListingVersion.eq(head.head_version))
        .count(tx.db())
        .await?;
    if looked_at > 0 {
        return Ok(None);
    }
    version::Entity::update_many()
        .set(version::ActiveModel { superseded_at: Set(Some(tx.now())), ..Default::default() })
        .filter(version::Column::ListingId.eq(head.id.0))
        .filter(version::Column::Version.eq(head.head_version))
        .exec(tx.db())
        .await?;
    Ok(Some(row.started_at))
}

/// Takes away versions that were written over some days ago.
///
/// # Errors
/// If the database fails.
pub async fn sweep(listings: &Listings) -> Result<u64, ListingError> {
    listings
        .store
        .write(Ctx::system(), |tx| async move {
            let old = version::Column::SupersededAt.lt(tx.now() - TimeDelta::days(SUPERSEDED_DAYS));
            let gone = version::Entity::delete_many().filter(old).exec(tx.db()).await?;
            Ok::<_, ListingError>(gone.rows_affected)
        })
        .await
}

/// What the listing said when its ETag was `seen`, for those who wrote from it; none if that is not kept any more.
///
/// # Errors
/// As [`get`].
pub async fn at(listings: &Listings, actor: &Actor, id: ListingId, etag: i64) -> Result<Option<Content>, ListingError> {
    let head = inside(listings, actor, id).await?;
    let there = seen(&head, actor).filter(version::Column::Etag.lte(etag)).order_by_desc(version::Column::Version).limit(1);
    let Some(row) = there.one(listings.store.db()).await? else { return Ok(None) };
    // Numbers have no gaps but where versions were taken away: the one after it must not have been written before `etag`.
    let next = version::Entity::find_by_id((id.0, row.version + 1)).count(listings.store.db()).await?;
    if row.version != head.head_version && next == 0 {
        return Ok(None);
    }
    Ok(Some(read_content(head.kind, &row)?))
}

/// How many versions of a listing a reader sees.
///
/// # Errors
/// As [`list`].
pub async fn count(listings: &Listings, actor: &Actor, id: ListingId) -> Result<u64, ListingError> {
    let head = inside(listings, actor, id).await?;
    Ok(history(&head, actor).count(listings.store.db()).await?)
}

/// The content of one version.
///
/// # Errors
/// [`ListingError::Refused`] for whoever may not read it, or if there is no such version.
pub async fn get(listings: &Listings, actor: &Actor, id: ListingId, number: i64) -> Result<(Kind, Content), ListingError> {
    let head = inside(listings, actor, id).await?;
    let row = seen(&head, actor).filter(version::Column::Version.eq(number)).one(listings.store.db()).await?.ok_or(Refused::Hidden)?;
    Ok((head.kind, read_content(head.kind, &row)?))
}

/// Where two versions differ, in the order of the fields.
///
/// # Errors
/// As [`get`].
pub async fn difference(listings: &Listings, actor: &Actor, id: ListingId, from: i64, to: i64) -> Result<Vec<Difference>, ListingError> {
    let (_, before) = get(listings, actor, id, from).await?;
    let (_, after) = get(listings, actor, id, to).await?;
    Ok(compare(&before, &after))
}

/// Where two contents differ. Bookkeeping of translations is left out: it is no word anybody wrote.
#[must_use]
pub fn compare(before: &Content, after: &Content) -> Vec<Difference> {
    let value = |c: &Content| c.to_json().ok().and_then(|j| serde_json::from_str(&j).ok()).unwrap_or(Value::Null);
    let mut found = Vec::new();
    walk("", &value(before), &value(after), &mut found);
    found
}

fn walk(pointer: &str, before: &Value, after: &Value, found: &mut Vec<Difference>) {
    if before == after || pointer.ends_with("/revision") {
        return;
    }
    match (before, after) {
        (Value::Object(a), Value::Object(b)) => {
            for key in a.keys().chain(b.keys().filter(|k| !a.contains_key(*k))) {
                let at = format!("{pointer}/{}", base::text::pointer_part(key));
                walk(&at, a.get(key).unwrap_or(&Value::Null), b.get(key).unwrap_or(&Value::Null), found);
            }
        }
        (Value::Array(a), Value::Array(b)) => {
            for n in 0..a.len().max(b.len()) {
                walk(&format!("{pointer}/{n}"), a.get(n).unwrap_or(&Value::Null), b.get(n).unwrap_or(&Value::Null), found);
            }
        }
        _ => found.push(Difference { pointer: pointer.to_owned(), before: before.clone(), after: after.clone() }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_difference_names_the_place_and_both_values() {
        let read = |json| Content::from_json(Kind::Technology, json).unwrap();
        let before = read(r#"{"title": {"vi": "Máy sấy"}, "trl": 5, "sdg": ["2"]}"#);
        let after = read(r#"{"title": {"vi": "Máy sấy lạnh"}, "trl": 6, "sdg": ["2", "9"]}"#);
        let pointers: Vec<String> = compare(&before, &after).into_iter().map(|d| d.pointer).collect();
        assert_eq!(pointers, ["/title/vi/text", "/trl", "/sdg/1"], "in the order of the fields");
        assert!(compare(&before, &before).is_empty());
    }
}
