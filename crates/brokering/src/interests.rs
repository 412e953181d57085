//! Interests: somebody would like to use, take over or answer what a listing says, and its owner replies.
//!
//! What always holds: the owner is told of the seeker what the seeker's anonymity allows and not an id more, whoever of
//! the owner's asks and by whatever way; a seeker is told of the owner what the listing tells outsiders; every step
//! appends its event in the same transaction, and what people wrote stands in no event and no notice.
//! Start at [`send`] and [`take`]; the life cycle is in [`state`], who may do what in `crate::access`.
//! Not here: what follows an accepted interest (deals), confidential material.

mod clock;
pub(crate) mod handover;
pub(crate) mod hiding;
mod list;
mod moves;
pub(crate) mod reply_time;
pub(crate) mod rows;
mod send;
pub mod state;
mod tell;
mod view;

use std::collections::BTreeSet;

use base::{AccountId, Code, Faults, InterestId, ListingId, PartyId, PartyRole};
use chrono::{DateTime, NaiveDate, Utc};
use listings::Kind;
use listings::brief::ListingBrief;
use sea_orm::{ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QuerySelect};
use serde::{Deserialize, Serialize};
use store::{StoreError, Tx};
use utoipa::ToSchema;

pub use clock::{Round, tick};
pub use hiding::hidden_from;
pub use list::{Filter, Role, Which, list};
pub use moves::{Step, take};
pub use reply_time::{REPLIES_NEEDED, ReplyTime, reply_time};
pub use send::{NewInterest, may_show, send};
pub use state::{Anonymity, Move, State, Status};
pub use view::{AboutView, Details, InterestView, MessageView, SeekerView, brief, show};

use crate::BrokeringError;
use rows::{interest, message};

base::words! {
    /// On which side somebody stands.
    Side {
        /// Whose listing it is.
        Owner = "owner",
        /// Who is interested.
        Seeker = "seeker",
        /// The space between them.
        Staff = "staff",
    }
}

/// An interest as it is kept.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Interest {
    pub id: InterestId,
    pub listing: ListingId,
    pub kind: Kind,
    pub seeker: PartyId,
    pub owner: PartyId,
    /// Who sent it: a member of the seeker's, or the broker who took it down.
    pub account: AccountId,
    /// The broker who acts for a party that called: who took it down, or has their work now.
    pub kept_by: Option<AccountId>,
    pub state: State,
    pub message: String,
    pub intended_use: String,
    pub cooperation: Option<Code>,
    pub volume: String,
    pub budget_band: Option<Code>,
    pub wants_nda: bool,
    pub reason: Option<Code>,
    pub relayed_by: Option<AccountId>,
    pub context: String,
    pub sent_at: DateTime<Utc>,
    pub read_at: Option<DateTime<Utc>>,
    pub answer_due_on: NaiveDate,
    /// Whether whoever has it was reminded of this day.
    pub is_reminded: bool,
    /// Whether the brokers were told that this day is over.
    pub is_told_overdue: bool,
    pub answered_at: Option<DateTime<Utc>>,
    pub closed_at: Option<DateTime<Utc>>,
    pub version: i64,
}

/// An interest with the listing it is about: what access is decided from.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Case {
    pub interest: Interest,
    pub listing: ListingBrief,
    /// Whether the seeker hides, though a broker acts for it, and has people of its own who can say who it is. What a broker took
    /// down for a party that called is that party's to say once it is here.
    pub speaks_for_itself: bool,
}

/// What is known of an interest after it was changed. Kept as the answer to a repeated request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct InterestReceipt {
    /// The interest.
    pub id: InterestId,
    /// Its page.
    pub url: String,
    /// Where it stands.
    pub status: Status,
    /// How much of the seeker the owner is told.
    pub anonymity: Anonymity,
    /// By when whoever has it should answer.
    pub answer_due_on: NaiveDate,
    /// Its ETag.
    pub version: i64,
}

/// The page of an interest.
#[must_use]
pub fn url(id: InterestId) -> String {
    format!("/interests/{id}")
}

impl Interest {
    fn of(row: interest::Model) -> Result<Self, StoreError> {
        let bad = |e| StoreError::corrupt("interest", e);
        Ok(Self {
            id: InterestId(row.id),
            listing: ListingId(row.listing_id),
            kind: row.listing_kind.parse().map_err(|e| StoreError::corrupt("interest", e))?,
            seeker: PartyId(row.seeker_party_id),
            owner: PartyId(row.owner_party_id),
            account: AccountId(row.account_id),
            kept_by: row.kept_by.map(AccountId),
            state: State { status: row.status.parse().map_err(bad)?, anonymity: row.anonymity.parse().map_err(bad)? },
            message: row.message,
            intended_use: row.intended_use,
            cooperation: row.cooperation.map(Code),
            volume: row.volume,
            budget_band: row.budget_band.map(Code),
            wants_nda: row.wants_nda,
            reason: row.reason.map(Code),
            relayed_by: row.relayed_by.map(AccountId),
            context: row.context,
            sent_at: row.sent_at,
            read_at: row.read_at,
            answer_due_on: row.answer_due_on,
            is_reminded: row.reminded_at.is_some(),
            is_told_overdue: row.overdue_at.is_some(),
            answered_at: row.answered_at,
            closed_at: row.closed_at,
            version: row.version,
        })
    }

    /// Past its day and still open.
    fn is_overdue(&self, today: NaiveDate) -> bool {
        self.state.status.is_open() && self.answer_due_on < today
    }

    fn receipt(&self) -> InterestReceipt {
        InterestReceipt {
            id: self.id,
            url: url(self.id),
            status: self.state.status,
            anonymity: self.state.anonymity,
            answer_due_on: self.answer_due_on,
            version: self.version,
        }
    }
}

/// The step, as a refusal names it: with the steps there are.
fn after(state: State, step: Move) -> Result<State, BrokeringError> {
    state.after(step).ok_or_else(|| BrokeringError::NotAllowed {
        to: step.to_string(),
        allowed: state.steps().into_iter().map(|m| m.to_string()).collect(),
    })
}

/// Puts interests beside their listings. A listing is never removed once it was published, so each is there.
pub(crate) async fn cases(db: &impl ConnectionTrait, rows: Vec<interest::Model>) -> Result<Vec<Case>, StoreError> {
    let mut ids: Vec<ListingId> = rows.iter().map(|row| ListingId(row.listing_id)).collect();
    ids.sort_unstable();
    ids.dedup();
    let briefs = listings::brief::load_many(db, &ids).await?;
    let kept: BTreeSet<PartyId> = rows
        .iter()
        .filter(|row| row.kept_by.is_some() && row.anonymity != Anonymity::Named.as_str())
        .map(|row| PartyId(row.seeker_party_id))
        .collect();
    let peopled = accounts::lookup::with_people(db, &kept, &[PartyRole::Editor, PartyRole::Admin]).await?;
    let case = |row: interest::Model| {
        let speaks_for_itself = peopled.contains(&PartyId(row.seeker_party_id));
        let listing = briefs.iter().find(|b| b.id.0 == row.listing_id).cloned();
        let listing = listing.ok_or_else(|| StoreError::corrupt("interest", std::io::Error::other("its listing is missing")))?;
        Ok(Case { interest: Interest::of(row)?, listing, speaks_for_itself })
    };
    rows.into_iter().map(case).collect()
}

pub(crate) async fn load(db: &impl ConnectionTrait, id: InterestId) -> Result<Option<Case>, StoreError> {
    let row = interest::Entity::find_by_id(id.0).one(db).await?;
    Ok(cases(db, row.into_iter().collect()).await?.pop())
}

/// Loads an interest to change it: on PostgreSQL the row is locked until the commit.
pub(crate) async fn load_to_change(tx: &Tx, id: InterestId) -> Result<Option<Case>, StoreError> {
    let mut query = interest::Entity::find_by_id(id.0);
    if tx.needs_row_locks() {
        query = query.lock_exclusive();
    }
    let row = query.one(tx.db()).await?;
    Ok(cases(tx.db(), row.into_iter().collect()).await?.pop())
}

/// Changes columns of an interest from the version that was seen to the next.
async fn save(tx: &Tx, interest: &Interest, mut change: interest::ActiveModel) -> Result<i64, BrokeringError> {
    let next = interest.version + 1;
    change.version = Set(next);
    let result = interest::Entity::update_many()
        .set(change)
        .filter(interest::Column::Id.eq(interest.id.0))
        .filter(interest::Column::Version.eq(interest.version))
        .exec(tx.db())
        .await?;
    if result.rows_affected != 1 {
        return Err(BrokeringError::Stale { current: interest.version });
    }
    Ok(next)
}

/// Adds what one side wrote; nothing for nothing.
async fn write(tx: &Tx, id: InterestId, side: Side, text: &str) -> Result<(), StoreError> {
    if text.is_empty() {
        return Ok(());
    }
    let row = message::ActiveModel {
        id: Set(tx.new_id()),
        interest_id: Set(id.0),
        side: Set(side.as_str().to_owned()),
        text: Set(text.to_owned()),
        at: Set(tx.now()),
    };
    message::Entity::insert(row).exec_without_returning(tx.db()).await?;
    Ok(())
}

/// Notes a text that is longer than it may be.
fn at_most(text: &str, max: usize, pointer: &str, faults: &mut Faults) {
    let length = text.chars().count();
    if length > max {
        faults.add_with(pointer, "too_long", &[("max", &max.to_string()), ("length", &length.to_string())]);
    }
}

/// `Invalid` unless there are no faults.
fn valid(faults: Faults) -> Result<(), BrokeringError> {
    faults.into_result().map_err(BrokeringError::Invalid)
}
