//! Letters to the people of a listing: left as jobs in the transaction of what they tell of.
//!
//! A job holds ids only; the words are made when it is sent, in the reader's language, by the server's mail worker.

use base::{AccountId, ListingId};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use serde::{Deserialize, Serialize};
use store::Tx;

use crate::error::ListingError;
use crate::head::Head;
use crate::rows::version;

/// The kind of job these letters are.
pub const JOB: &str = "mail.listing";

/// What a letter tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Notice {
    /// A moderator published it.
    Published,
    /// A moderator asked for changes.
    ChangesRequested,
    /// A moderator rejected it.
    Rejected,
    /// Its time ends soon.
    ExpiresSoon,
    /// Its time is over.
    Expired,
}

impl Notice {
    /// The messages are `mail-listing-<word>-subject` and `mail-listing-<word>`.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Published => "published",
            Self::ChangesRequested => "changes-requested",
            Self::Rejected => "rejected",
            Self::ExpiresSoon => "expires-soon",
            Self::Expired => "expired",
        }
    }
}

/// One letter to be written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Letter {
    /// To whom.
    pub account: AccountId,
    /// About which listing.
    pub listing: ListingId,
    /// What it tells.
    pub notice: Notice,
}

/// Leaves a letter to the contact person, else to whoever wrote the newest version; to nobody if a program did.
pub(crate) async fn owner(tx: &Tx, head: &Head, notice: Notice) -> Result<(), ListingError> {
    let account = match head.contact {
        Some(contact) => Some(contact),
        None => version::Entity::find()
            .filter(version::Column::ListingId.eq(head.id.0))
            .order_by_desc(version::Column::Version)
            .limit(1)
            .one(tx.db())
            .await?
            .and_then(|row| row.author_id.map(AccountId)),
    };
    if let Some(account) = account {
        tx.enqueue(JOB, &Letter { account, listing: head.id, notice }, tx.now()).await?;
    }
    Ok(())
}
