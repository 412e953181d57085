//! Every version of a listing's content, who wrote it, when and why, and how two of them differ.

use base::{AccountId, Actor, Grant, ListingId, Refused};
use chrono::{DateTime, Utc};
use sea_orm::{ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect, Select};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use crate::access::ViewInside;
use crate::content::Content;
use crate::error::ListingError;
use crate::head::{Head, load, read_content};
use crate::rows::version;
use crate::state::Revision;
use crate::{Kind, Listings};

/// One version, without its content.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct VersionView {
    /// Its number: 1, 2, 3 …
    pub version: i64,
    /// Who wrote it; none if a program did.
    pub author: Option<AccountId>,
    /// Why.
    pub reason: String,
    /// When.
    pub at: DateTime<Utc>,
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
    let mut query = seen(&head, actor);
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
        })
        .collect())
}

fn seen(head: &Head, actor: &Actor) -> Select<version::Entity> {
    version::Entity::find().filter(version::Column::ListingId.eq(head.id.0)).filter(version::Column::Version.lte(newest(head, actor)))
}

/// How many versions of a listing a reader sees.
///
/// # Errors
/// As [`list`].
pub async fn count(listings: &Listings, actor: &Actor, id: ListingId) -> Result<u64, ListingError> {
    let head = inside(listings, actor, id).await?;
    Ok(seen(&head, actor).count(listings.store.db()).await?)
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
