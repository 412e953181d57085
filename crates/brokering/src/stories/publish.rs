//! Publishing a story to which every party consents, and taking it out of public: by moderators with no part in the deal.

use accounts::notices::{NewNotice, NoticeKind};
use base::{AccountId, Actor, Cursor, DealId, Grant, Limit, Localised, Page, PartyRole, Refused, StoryId};
use chrono::{DateTime, Utc};
use sea_orm::{ActiveValue::Set, ColumnTrait, Condition, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect};
use serde::Serialize;
use serde_json::json;
use store::{Ctx, NewEvent, StoreError, Tx};
use utoipa::ToSchema;

use super::rows::story;
use super::{Story, StoryContent, StoryMoved, StoryState, load_to_change, save};
use crate::access::{PublishStory, StoryCase, UnpublishStory, moderates_stories};
use crate::deals::{after, read_json};
use crate::{Brokering, BrokeringError};

/// A story that every party consents to and nobody has published yet.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct WaitingStory {
    /// The story.
    pub id: StoryId,
    /// Its deal: the story is read and published there.
    pub deal: DealId,
    /// Its title.
    pub title: Localised,
    /// Since when every party consents.
    pub agreed_at: DateTime<Utc>,
}

/// Publishes a story at the version that was seen.
///
/// # Errors
/// [`BrokeringError::NotAllowed`] unless every party consents and it is not public yet; [`BrokeringError::Stale`];
/// [`BrokeringError::StoryChanged`] if the deal has other parties by now; [`BrokeringError::Refused`].
pub async fn publish(brokering: &Brokering, ctx: Ctx, id: DealId, seen: i64) -> Result<StoryMoved, BrokeringError> {
    let actor = ctx.actor.clone();
    brokering
        .store
        .write(ctx, move |tx: Tx| {
            let actor = actor.clone();
            async move {
                let case = Grant::<PublishStory>::check(&actor, load_to_change(&tx, id).await?)?.into_object();
                let before = at(&case, seen)?;
                if before.state() != StoryState::Agreed {
                    return Err(BrokeringError::NotAllowed { to: "published".to_owned(), allowed: Vec::new() });
                }
                case.must_name_everybody()?;
                let change = story::ActiveModel {
                    published_at: Set(Some(tx.now())),
                    published_by: Set(Some(actor.signed_in()?.0)),
                    was_public: Set(true),
                    ..Default::default()
                };
                let version = save(&tx, before, change).await?;
                let facts = json!({ "story": before.id, "hash": before.hash, "listings": before.content.listings });
                tx.emit(NewEvent::new("deal", id, "deal.story_published", facts));
                tell_published(&tx, id, before, version, actor.account()).await?;
                Ok(StoryMoved { id: before.id, state: StoryState::Published, version })
            }
        })
        .await
}

/// Tells everybody who belongs to a party that the story names.
async fn tell_published(tx: &Tx, deal: DealId, story: &Story, version: i64, by: Option<AccountId>) -> Result<(), BrokeringError> {
    let notice = NewNotice {
        kind: NoticeKind::StoryPublished,
        about_kind: "story",
        about: deal.0,
        facts: json!({ "story": story.id }),
        once: format!("story_published:{}:{version}", story.id),
    };
    for (_, party) in &story.parties {
        accounts::notices::tell_party(tx, *party, PartyRole::ALL, by, &notice).await?;
    }
    Ok(())
}

/// Takes a story out of public. The consents stand: it may be published again.
///
/// # Errors
/// [`BrokeringError::NotAllowed`] if it is not public; [`BrokeringError::Stale`]; [`BrokeringError::Refused`].
pub async fn unpublish(brokering: &Brokering, ctx: Ctx, id: DealId, seen: i64) -> Result<StoryMoved, BrokeringError> {
    let actor = ctx.actor.clone();
    brokering
        .store
        .write(ctx, move |tx: Tx| {
            let actor = actor.clone();
            async move {
                let case = Grant::<UnpublishStory>::check(&actor, load_to_change(&tx, id).await?)?.into_object();
                let before = at(&case, seen)?;
                if before.state() != StoryState::Published {
                    return Err(BrokeringError::NotAllowed { to: "unpublished".to_owned(), allowed: Vec::new() });
                }
                let change = story::ActiveModel { published_at: Set(None), published_by: Set(None), ..Default::default() };
                let version = save(&tx, before, change).await?;
                tx.emit(NewEvent::new("deal", id, "deal.story_unpublished", json!({ "story": before.id })));
                Ok(StoryMoved { id: before.id, state: StoryState::Agreed, version })
            }
        })
        .await
}

/// The story at the version that was seen.
fn at(case: &StoryCase, seen: i64) -> Result<&Story, BrokeringError> {
    let story = case.written()?;
    if story.version == seen { Ok(story) } else { Err(BrokeringError::Stale { current: story.version }) }
}

/// The stories that wait to be published, the longest first; for moderators.
///
/// # Errors
/// [`BrokeringError::Refused`] for everybody else; [`BrokeringError::Cursor`].
pub async fn queue(brokering: &Brokering, actor: &Actor, limit: Limit, cursor: Option<&str>) -> Result<Page<WaitingStory>, BrokeringError> {
    if !actor.is_system() {
        actor.signed_in()?;
    }
    if !moderates_stories(actor) {
        return Err(Refused::Forbidden { action: "story.queue" }.into());
    }
    use story::Column as C;
    let waiting = Condition::all().add(C::AgreedAt.is_not_null()).add(C::PublishedAt.is_null());
    let db = brokering.store.db();
    let total = story::Entity::find().filter(waiting.clone()).count(db).await?;
    let mut query = story::Entity::find().filter(waiting);
    if let Some((at, id)) = after::<(DateTime<Utc>, StoryId)>(cursor)? {
        query = query.filter(Condition::any().add(C::AgreedAt.gt(at)).add(Condition::all().add(C::AgreedAt.eq(at)).add(C::Id.gt(id.0))));
    }
    let rows = query.order_by_asc(C::AgreedAt).order_by_asc(C::Id).limit(limit.get() + 1).all(db).await?;
    let more = rows.len() as u64 > limit.get();
    let keep = usize::try_from(limit.get()).unwrap_or(usize::MAX);
    let line = |row: story::Model| {
        let content: StoryContent = read_json("story", &row.content)?;
        Ok(WaitingStory {
            id: StoryId(row.id),
            deal: DealId(row.deal_id),
            title: content.title,
            agreed_at: row.agreed_at.unwrap_or(row.written_at),
        })
    };
    let items = rows.into_iter().take(keep).map(line).collect::<Result<Vec<_>, StoreError>>()?;
    let next = items.last().filter(|_| more).map(|last| Cursor::write(&(last.agreed_at, last.id)));
    Ok(Page { items, next, total })
}
