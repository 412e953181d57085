//! The thread of a deal: what the sides and the brokers write to each other, the newest first.
//!
//! A page costs the same wherever in a thread it lies: it is read by key, and the deal itself counts its messages.

use base::{AccountId, Actor, Cursor, DealId, Faults, Limit, Page};
use chrono::{DateTime, Utc};
use sea_orm::sea_query::Expr;
use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use serde::{Deserialize, Serialize};
use serde_json::json;
use store::{Ctx, NewEvent, StoreError};
use utoipa::ToSchema;
use uuid::Uuid;

use super::rows::{deal, message};
use super::{Voice, after, check_text, in_deal, notices, readable, voice_of};
use crate::access::ReadDeal;
use crate::{Brokering, BrokeringError};

/// A message to be sent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewMessage {
    /// What it says, at most 4,000 characters.
    #[schema(max_length = 4000)]
    pub text: String,
}

/// A message that was sent. Kept as the answer to a repeated request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct MessageReceipt {
    /// The message.
    pub id: Uuid,
    /// When it was sent.
    pub sent_at: DateTime<Utc>,
}

/// A message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct MessageView {
    /// The message.
    pub id: Uuid,
    /// Which of the thread it is: 1, 2, 3 …
    pub number: i64,
    /// Who wrote it.
    pub author: AccountId,
    /// For whom.
    pub voice: Voice,
    /// What it says.
    pub text: String,
    /// When it was sent.
    pub sent_at: DateTime<Utc>,
}

/// Sends a message to everybody in the deal.
///
/// # Errors
/// [`BrokeringError::Invalid`] for an empty or too long one.
pub async fn send(brokering: &Brokering, ctx: Ctx, id: DealId, new: NewMessage) -> Result<MessageReceipt, BrokeringError> {
    let account = ctx.actor.signed_in()?;
    let mut faults = Faults::new();
    check_text(&new.text, "/text", 4_000, true, &mut faults);
    faults.into_result().map_err(BrokeringError::Invalid)?;
    in_deal(brokering, ctx, id, None, move |tx, deal, actor| {
        let new = new.clone();
        async move {
            let message = tx.new_id();
            let number = i64::try_from(deal.messages).unwrap_or(i64::MAX) + 1;
            let row = message::ActiveModel {
                id: Set(message),
                deal_id: Set(id.0),
                number: Set(number),
                author_id: Set(account.0),
                side: Set(voice_of(&deal, &actor).as_str().to_owned()),
                body: Set(new.text),
                sent_at: Set(tx.now()),
            };
            message::Entity::insert(row).exec_without_returning(tx.db()).await?;
            deal::Entity::update_many()
                .col_expr(deal::Column::Messages, Expr::value(number))
                .filter(deal::Column::Id.eq(id.0))
                .exec(tx.db())
                .await?;
            tx.emit(NewEvent::new("deal", id, "deal.message_sent", json!({ "message": message })));
            notices::said(&tx, &deal, "message", message, Some(account)).await?;
            Ok(MessageReceipt { id: message, sent_at: tx.now() })
        }
    })
    .await
}

/// The thread, the newest first.
///
/// # Errors
/// [`BrokeringError::Refused`] for whoever does not read the deal; [`BrokeringError::Cursor`].
pub async fn thread(
    brokering: &Brokering,
    actor: &Actor,
    id: DealId,
    limit: Limit,
    cursor: Option<&str>,
) -> Result<Page<MessageView>, BrokeringError> {
    let deal = readable::<ReadDeal>(brokering, actor, id).await?;
    let mut query = message::Entity::find().filter(message::Column::DealId.eq(id.0));
    if let Some(before) = after::<i64>(cursor)? {
        query = query.filter(message::Column::Number.lt(before));
    }
    let rows = query.order_by_desc(message::Column::Number).limit(limit.get() + 1).all(brokering.store.db()).await?;
    let more = rows.len() as u64 > limit.get();
    let keep = usize::try_from(limit.get()).unwrap_or(usize::MAX);
    let view = |row: message::Model| {
        Ok(MessageView {
            id: row.id,
            number: row.number,
            author: AccountId(row.author_id),
            voice: row.side.parse().map_err(|e| StoreError::corrupt("message", e))?,
            text: row.body,
            sent_at: row.sent_at,
        })
    };
    let items: Vec<MessageView> = rows.into_iter().take(keep).map(view).collect::<Result<_, StoreError>>()?;
    let next = items.last().filter(|_| more).map(|last| Cursor::write(&last.number));
    Ok(Page { items, next, total: deal.messages })
}
