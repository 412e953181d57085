//! Deals: from an accepted interest, or from staff, to a signed transfer and its outcome.
//!
//! What always holds: a running deal keeps the pipeline version it started with; every change appends one event in the
//! same transaction, so that all of a deal but words and amounts can be rebuilt from the log (`replay`); events hold ids,
//! days and codes, never what people wrote, agreed or paid. The deal's version counts what both sides must agree on
//! (stage, objects, parties, brokers, facts, offers, papers, contract, outcome); messages, tasks, meetings and the like only add to it.
//! Not here: what is confided of a listing, what the law demands (`legal`), which way a deal may go (`pipelines`), who may do what
//! (`access`).

mod agreement;
mod board;
mod contract;
mod counts;
mod documents;
mod facts;
mod handover;
mod joining;
mod list;
mod messages;
mod needed;
mod notices;
mod objects;
mod offers;
mod open;
mod openings;
mod outcome;
mod past;
mod people;
mod readers;
mod records;
mod replay;
pub(crate) mod rows;
mod sums;
mod taking_back;
mod traces;
mod transition;
mod view;
mod work;

use std::collections::HashMap;
use std::future::Future;
use std::sync::Arc;

use base::{AccountId, Action, Actor, Code, Cursor, DealId, Grant, InterestId, ListingId, PartyId, Refused};
use chrono::{DateTime, Months, NaiveDate, Utc};
use listings::Kind;
use sea_orm::{ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use serde::{Deserialize, Serialize};
use store::{Ctx, StoreError, Tx};
use utoipa::ToSchema;

use crate::access::WorkDeal;
use crate::legal::LegalFacts;
use crate::{Brokering, BrokeringError};
use rows::{broker, deal, party};

pub use agreement::{DealNda, DealNdaReceipt, accept_deal_nda, deal_nda};
pub use board::{Column, board};
pub use contract::{Contract, record_contract};
pub(crate) use counts::{Counted as CountedDeals, of_listing_in_deals};
pub(crate) use documents::known_among as documents_among;
pub use documents::{DocumentMark, DocumentReceipt, DocumentView, add_document, documents, may_add_document, remove_document};
pub use facts::set_legal_facts;
pub use handover::{Handover, HandoverPlan, HandoverReceipt, Named as HandoverDeal, Work, hand_over, plan_handover, workloads};
pub(crate) use joining::reveal;
pub use joining::take;
pub use list::{DealRow, Filter, list, waiting};
pub use messages::{MessageReceipt, MessageView, NewMessage, send, thread};
pub use needed::{Lacking, NeededError, must_have_pipelines};
pub use notices::tick;
pub use objects::{DealObjects, OBJECTS_MAX, Object, ObjectChoice, ObjectView, object_choices, set_objects};
pub use offers::{
    NewOffer, OfferReceipt, OfferStatus, OfferTerms, OfferView, Royalty, Stage as PaymentStage, accept, offer, offers, withdraw,
};
pub use open::{NewDeal, open};
pub(crate) use open::{from_interest_before, no_pipeline};
pub use openings::{OpeningView, open_document, openings};
pub use outcome::{Outcome, outcome};
pub use past::dealt_in_field_of;
pub use people::{BrokerShare, BrokerShares, DealParties, DealParty, Statement, set_brokers, set_parties, state_interests};
pub use readers::{Reader, ReaderList, ReaderView, Readers, ReadersReceipt, name_readers, readers};
pub use records::{RecordView, Recorded, records};
pub use replay::{ContractFacts, Replayed, replay, stored};
pub use sums::{NewPayment, NewReport, PaymentView, ReportView, paid, payment, report};
pub use taking_back::{Thing, take_back};
pub use transition::{Transition, transition};
pub use view::{BrokerView, DealView, Inside, LackView, PartyView, StageView, Titled, WayView, show, titles};
pub use work::{
    MeetingView, MilestoneView, NewMeeting, NewMilestone, NewPaper, NewTask, PaperReceipt, PaperView, TaskView, meeting, milestone, paper,
    reached, task, task_done,
};

/// Tasks, meetings, milestones or payments of one deal at most.
const THINGS_MAX: u64 = 500;

/// The day that stands where nothing is due.
pub(crate) const NEVER: NaiveDate = match NaiveDate::from_ymd_opt(9999, 12, 31) {
    Some(day) => day,
    None => NaiveDate::MAX,
};

/// The first day that anything of a deal is said to have happened on.
const FIRST_DAY: NaiveDate = match NaiveDate::from_ymd_opt(2000, 1, 1) {
    Some(day) => day,
    None => NaiveDate::MIN,
};

/// How long before the signature something may have been paid: a deposit comes before the contract now and then.
const MONTHS_IN_ADVANCE: u32 = 12;

base::words! {
    /// Which side of a deal.
    Side {
        /// Who gives.
        Owner = "owner",
        /// Who takes.
        Seeker = "seeker",
    }
}

base::words! {
    /// Who speaks or has something to do.
    Voice {
        /// Who gives.
        Owner = "owner",
        /// Who takes.
        Seeker = "seeker",
        /// The space's brokers.
        Broker = "broker",
    }
}

impl Voice {
    /// The side that is spoken for.
    pub(crate) fn side(self) -> Option<Side> {
        match self {
            Self::Owner => Some(Side::Owner),
            Self::Seeker => Some(Side::Seeker),
            Self::Broker => None,
        }
    }
}

impl From<Side> for Voice {
    fn from(side: Side) -> Self {
        match side {
            Side::Owner => Self::Owner,
            Side::Seeker => Self::Seeker,
        }
    }
}

base::words! {
    /// What a party is in a deal.
    Role {
        /// It gives.
        Owner = "owner",
        /// It takes.
        Seeker = "seeker",
        /// It owns a part of what is given.
        CoOwner = "co_owner",
        /// It takes along.
        CoSeeker = "co_seeker",
        /// It is named, and reads nothing.
        Adviser = "adviser",
    }
}

impl Role {
    /// The side it stands on.
    #[must_use]
    pub fn side(self) -> Option<Side> {
        match self {
            Self::Owner | Self::CoOwner => Some(Side::Owner),
            Self::Seeker | Self::CoSeeker => Some(Side::Seeker),
            Self::Adviser => None,
        }
    }
}

/// Who brokers a deal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Broker {
    /// The member of staff.
    pub account: AccountId,
    /// Their share, in basis points.
    pub share_bp: u16,
    /// What they stated of their interests, and when.
    pub statement: Option<(String, DateTime<Utc>)>,
}

/// A deal with who is in it: what access is decided from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Deal {
    /// The deal.
    pub id: DealId,
    /// Its readable code, `GD-2026-000123`.
    pub code: String,
    /// Its kind.
    pub kind: String,
    /// The version of the kind's pipeline it goes by.
    pub pipeline_version: i64,
    /// Where it stands.
    pub stage: String,
    /// Whether it goes on.
    pub is_open: bool,
    /// Why it was lost, a code of `lost_reasons`.
    pub lost_reason: Option<Code>,
    /// What it is about.
    pub title: String,
    /// The listing it came from: what is transferred, or the need that is answered.
    pub listing: ListingId,
    /// The listing's kind.
    pub listing_kind: Kind,
    /// What is transferred, in the order it was named.
    pub objects: Vec<Object>,
    /// The interest it came from.
    pub interest: Option<InterestId>,
    /// Every party with its role.
    pub parties: Vec<(Role, PartyId)>,
    /// Who brokers it.
    pub brokers: Vec<Broker>,
    /// What the law asks.
    pub legal_facts: LegalFacts,
    /// How many messages its thread has.
    pub messages: u64,
    /// Opened.
    pub opened_at: DateTime<Utc>,
    /// Who opened it.
    pub opened_by: Option<AccountId>,
    /// Since when it stands where it does.
    pub stage_since: DateTime<Utc>,
    /// When it last came to a stage with a signed contract.
    pub signed_at: Option<DateTime<Utc>>,
    /// By when something should move it on.
    pub due_on: Option<NaiveDate>,
    /// Counts its changes: the ETag.
    pub version: i64,
}

impl Deal {
    /// The parties that read it, each with its side.
    pub(crate) fn parties_of_sides(&self) -> impl Iterator<Item = (Side, PartyId)> {
        self.parties.iter().filter_map(|(role, party)| Some((role.side()?, *party)))
    }

    /// What only a deal that goes on takes.
    pub(crate) fn must_go_on(&self, to: &str) -> Result<(), BrokeringError> {
        if self.is_open { Ok(()) } else { Err(BrokeringError::NotAllowed { to: to.to_owned(), allowed: Vec::new() }) }
    }

    /// What a deal takes as long as it has not come to nothing: money and results go on after its good end.
    pub(crate) fn must_not_be_lost(&self, to: &str) -> Result<(), BrokeringError> {
        if self.lost_reason.is_none() { Ok(()) } else { Err(BrokeringError::NotAllowed { to: to.to_owned(), allowed: Vec::new() }) }
    }

    /// Whether it came to its good end.
    pub(crate) fn is_completed(&self) -> bool {
        !self.is_open && self.lost_reason.is_none()
    }

    /// The party with this role, of those there is one of.
    #[must_use]
    pub fn party_as(&self, role: Role) -> Option<PartyId> {
        self.parties.iter().find(|(r, _)| *r == role).map(|(_, party)| *party)
    }

    fn of(row: deal::Model, parties: Vec<party::Model>, brokers: Vec<broker::Model>, objects: Vec<Object>) -> Result<Self, StoreError> {
        let bad = |e| StoreError::corrupt("deal", e);
        let parties = parties.into_iter().map(|p| Ok((p.role.parse().map_err(bad)?, PartyId(p.party_id))));
        let broker = |b: broker::Model| Broker {
            account: AccountId(b.account_id),
            share_bp: u16::try_from(b.share_bp).unwrap_or_default(),
            statement: b.statement.zip(b.stated_at),
        };
        Ok(Self {
            id: DealId(row.id),
            code: row.code,
            kind: row.kind,
            pipeline_version: row.pipeline_version,
            stage: row.stage,
            is_open: row.is_open,
            lost_reason: row.lost_reason.map(Code),
            title: row.title,
            listing: ListingId(row.listing_id),
            listing_kind: row.listing_kind.parse().map_err(|e| StoreError::corrupt("deal", e))?,
            objects,
            interest: row.interest_id.map(InterestId),
            parties: parties.collect::<Result<_, StoreError>>()?,
            brokers: brokers.into_iter().map(broker).collect(),
            legal_facts: read_json("legal facts", &row.legal_facts)?,
            messages: u64::try_from(row.messages).unwrap_or_default(),
            opened_at: row.opened_at,
            opened_by: row.opened_by.map(AccountId),
            stage_since: row.stage_since,
            signed_at: row.signed_at,
            due_on: Some(row.due_on).filter(|day| *day != NEVER),
            version: row.version,
        })
    }
}

/// What is known of a deal after it was written. Kept as the answer to a repeated request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct DealReceipt {
    /// The deal.
    pub id: DealId,
    /// Its readable code.
    pub code: String,
    /// Where it stands.
    pub stage: String,
    /// Its ETag.
    pub version: i64,
}

impl DealReceipt {
    pub(crate) fn of(deal: &Deal, version: i64) -> Self {
        Self { id: deal.id, code: deal.code.clone(), stage: deal.stage.clone(), version }
    }
}

/// The id of something that was added to a deal. Kept as the answer to a repeated request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Added {
    /// Its id.
    pub id: uuid::Uuid,
}

/// Loads one deal, or none.
pub(crate) async fn load(db: &impl ConnectionTrait, id: DealId) -> Result<Option<Deal>, StoreError> {
    with_people(db, deal::Entity::find_by_id(id.0).one(db).await?).await
}

/// Loads those of these deals that are there, in no particular order.
async fn load_many(db: &impl ConnectionTrait, ids: &[DealId]) -> Result<Vec<Deal>, StoreError> {
    let mut deals = Vec::with_capacity(ids.len());
    for chunk in ids.chunks(500) {
        let these = || chunk.iter().map(|id| id.0);
        let (mut parties, mut brokers) = (HashMap::<uuid::Uuid, Vec<_>>::new(), HashMap::<uuid::Uuid, Vec<_>>::new());
        for row in party::Entity::find().filter(party::Column::DealId.is_in(these())).all(db).await? {
            parties.entry(row.deal_id).or_default().push(row);
        }
        for row in broker::Entity::find().filter(broker::Column::DealId.is_in(these())).all(db).await? {
            brokers.entry(row.deal_id).or_default().push(row);
        }
        let mut objects = objects::of_deals(db, &these().collect::<Vec<_>>()).await?;
        for row in deal::Entity::find().filter(deal::Column::Id.is_in(these())).all(db).await? {
            let (parties, brokers) = (parties.remove(&row.id).unwrap_or_default(), brokers.remove(&row.id).unwrap_or_default());
            let objects = objects.remove(&row.id).unwrap_or_default();
            deals.push(Deal::of(row, parties, brokers, objects)?);
        }
    }
    Ok(deals)
}

/// Loads one deal to change it: on PostgreSQL the row is locked until the commit, and with it all that hangs on it.
pub(crate) async fn load_to_change(tx: &Tx, id: DealId) -> Result<Option<Deal>, StoreError> {
    let mut query = deal::Entity::find_by_id(id.0);
    if tx.needs_row_locks() {
        query = query.lock_exclusive();
    }
    with_people(tx.db(), query.one(tx.db()).await?).await
}

/// Those of these deals that are there, to change them, alike.
async fn load_many_to_change(tx: &Tx, ids: &[DealId]) -> Result<Vec<Deal>, StoreError> {
    if tx.needs_row_locks() && !ids.is_empty() {
        let rows = deal::Entity::find().filter(deal::Column::Id.is_in(ids.iter().map(|id| id.0))).order_by_asc(deal::Column::Id);
        rows.lock_exclusive().all(tx.db()).await?;
    }
    load_many(tx.db(), ids).await
}

async fn with_people(db: &impl ConnectionTrait, row: Option<deal::Model>) -> Result<Option<Deal>, StoreError> {
    let Some(row) = row else { return Ok(None) };
    let parties = party::Entity::find().filter(party::Column::DealId.eq(row.id));
    let parties = parties.order_by_asc(party::Column::PartyId).order_by_asc(party::Column::Role).all(db).await?;
    let brokers = broker::Entity::find().filter(broker::Column::DealId.eq(row.id)).order_by_asc(broker::Column::AccountId).all(db).await?;
    let objects = objects::of_deals(db, &[row.id]).await?.remove(&row.id).unwrap_or_default();
    Deal::of(row, parties, brokers, objects).map(Some)
}

/// Loads a deal to change it, and proves that the actor may; with `seen`, only at the version that was seen.
pub(crate) async fn granted<A: Action<Object = Deal>>(
    tx: &Tx,
    actor: &Actor,
    id: DealId,
    seen: Option<i64>,
) -> Result<Grant<A>, BrokeringError> {
    let deal = load_to_change(tx, id).await?.ok_or(Refused::Hidden)?;
    let grant = Grant::<A>::check(actor, deal)?;
    let current = grant.object().version;
    if seen.is_some_and(|seen| seen != current) {
        return Err(BrokeringError::Stale { current });
    }
    Ok(grant)
}

/// Does something in a deal for whoever works in it: the deal is locked and the right proven before `work` begins.
pub(crate) async fn in_deal<T, F, Fut>(brokering: &Brokering, ctx: Ctx, id: DealId, seen: Option<i64>, work: F) -> Result<T, BrokeringError>
where
    T: Serialize + serde::de::DeserializeOwned + Send + 'static,
    F: Fn(Tx, Deal, Actor) -> Fut + Send + Sync + 'static,
    Fut: Future<Output = Result<T, BrokeringError>> + Send + 'static,
{
    let (actor, work) = (ctx.actor.clone(), Arc::new(work));
    let locked = move |tx: Tx| {
        let (actor, work) = (actor.clone(), Arc::clone(&work));
        async move {
            let deal = granted::<WorkDeal>(&tx, &actor, id, seen).await?.into_object();
            work(tx, deal, actor).await
        }
    };
    brokering.store.write(ctx, locked).await
}

/// The same for reading.
pub(crate) async fn readable<A: Action<Object = Deal>>(brokering: &Brokering, actor: &Actor, id: DealId) -> Result<Deal, BrokeringError> {
    let deal = load(brokering.store.db(), id).await?.ok_or(Refused::Hidden)?;
    Ok(Grant::<A>::check(actor, deal)?.into_object())
}

/// Changes columns of a deal from the version that was loaded to the next.
pub(crate) async fn save(tx: &Tx, deal: &Deal, mut change: deal::ActiveModel) -> Result<i64, BrokeringError> {
    let next = deal.version + 1;
    change.version = Set(next);
    change.updated_at = Set(tx.now());
    let result = deal::Entity::update_many()
        .set(change)
        .filter(deal::Column::Id.eq(deal.id.0))
        .filter(deal::Column::Version.eq(deal.version))
        .exec(tx.db())
        .await?;
    if result.rows_affected == 1 { Ok(next) } else { Err(BrokeringError::Stale { current: deal.version }) }
}

/// In which voice somebody speaks in a deal: for the side they write for, else as its broker.
pub(crate) fn voice_of(deal: &Deal, actor: &Actor) -> Voice {
    deal.sides_of(actor).first().map_or(Voice::Broker, |side| Voice::from(*side))
}

/// A stored JSON value in typed form.
pub(crate) fn read_json<T: serde::de::DeserializeOwned>(what: &'static str, text: &str) -> Result<T, StoreError> {
    serde_json::from_str(text).map_err(|e| StoreError::corrupt(what, e))
}

/// A typed value as it is stored.
pub(crate) fn write_json(what: &'static str, value: &impl Serialize) -> Result<String, StoreError> {
    serde_json::to_string(value).map_err(|e| StoreError::corrupt(what, e))
}

/// Where in a list the reader is.
pub(crate) fn after<K: serde::de::DeserializeOwned>(cursor: Option<&str>) -> Result<Option<K>, BrokeringError> {
    cursor.map(Cursor::read).transpose().map_err(|_| BrokeringError::Cursor)
}

/// Adds a fault if a day is still to come, or long before there were such deals.
pub(crate) fn check_past(pointer: &str, day: Option<NaiveDate>, today: NaiveDate, faults: &mut base::Faults) {
    if day.is_some_and(|day| day > today) {
        faults.add(pointer, "future_date");
    }
    check_since(pointer, day, faults);
}

/// Adds a fault if a day is long before there were such deals: a slip, as a year of two figures is one.
pub(crate) fn check_since(pointer: &str, day: Option<NaiveDate>, faults: &mut base::Faults) {
    if day.is_some_and(|day| day < FIRST_DAY) {
        faults.add_with(pointer, "day_too_early", &[("day", &FIRST_DAY.to_string())]);
    }
}

/// Adds a fault if something was paid long before the contract it is paid under was signed.
pub(crate) fn check_paid(pointer: &str, paid: Option<NaiveDate>, signed: Option<NaiveDate>, faults: &mut base::Faults) {
    let Some(first) = signed.and_then(|day| day.checked_sub_months(Months::new(MONTHS_IN_ADVANCE))) else { return };
    if paid.is_some_and(|day| day < first) {
        faults.add_with(pointer, "day_too_early", &[("day", &first.to_string())]);
    }
}

/// A deal holds no more of anything than it holds offers: what hangs on it is read as a whole with each look at it.
pub(crate) fn must_have_room(count: u64) -> Result<(), BrokeringError> {
    let mut faults = base::Faults::new();
    if count >= THINGS_MAX {
        faults.add_with("", "too_many", &[("max", &THINGS_MAX.to_string()), ("count", &(count + 1).to_string())]);
    }
    faults.into_result().map_err(BrokeringError::Invalid)
}

/// Adds a fault if a text is empty or longer than it may be.
pub(crate) fn check_text(text: &str, pointer: &str, max: usize, is_needed: bool, faults: &mut base::Faults) {
    let length = text.chars().count();
    if is_needed && length == 0 {
        faults.add(pointer, "missing");
    }
    if length > max {
        faults.add_with(pointer, "too_long", &[("max", &max.to_string()), ("length", &length.to_string())]);
    }
}
