//! A deal rebuilt from its events: that what is stored is what happened can be shown from the log alone.
//!
//! Events hold ids, days and codes, so this is all of a deal but what people wrote, what it is called, and amounts.

use std::collections::{BTreeMap, BTreeSet};

use base::{AccountId, Code, DealId, InterestId, ListingId, PartyId};
use chrono::{DateTime, NaiveDate, Utc};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, PaginatorTrait, QueryFilter};
use serde::Deserialize;
use serde_json::Value;
use store::{EventRow, StoreError};
use uuid::Uuid;

use super::contract::{Contract, contract_of};
use super::rows::{agreement, document, meeting, milestone, offer, outcome, paper, payment, reader, record, report, task};
use super::{BrokerShares, DealParties, OfferStatus, Readers, Role, Side, Voice, objects};
use crate::Brokering;
use crate::legal::LegalFacts;

/// What events and tables both know of a deal.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Replayed {
    /// Its kind.
    pub kind: String,
    /// The version of its pipeline.
    pub pipeline_version: i64,
    /// The listing it came from.
    pub listing: Option<ListingId>,
    /// The interest it came from.
    pub interest: Option<InterestId>,
    /// When it was opened.
    pub opened_at: Option<DateTime<Utc>>,
    /// Where it stands.
    pub stage: String,
    /// Since when.
    pub stage_since: Option<DateTime<Utc>>,
    /// By when something should move it on.
    pub due_on: Option<NaiveDate>,
    /// Whether it goes on.
    pub is_open: bool,
    /// Why it was lost.
    pub lost_reason: Option<String>,
    /// When it last came to a stage with a signed contract.
    pub signed_at: Option<DateTime<Utc>>,
    /// What it transfers, in its order.
    pub objects: Vec<ListingId>,
    /// Its parties, each with what it is; both sides of a past deal may have become one.
    pub parties: BTreeSet<(PartyId, Role)>,
    /// Its brokers with their shares, and whether each stated their interests.
    pub brokers: BTreeMap<AccountId, (u16, bool)>,
    /// What the law asks.
    pub legal_facts: LegalFacts,
    /// The offers: which each is, of which side, where it stands.
    pub offers: BTreeMap<Uuid, (i64, Side, OfferStatus)>,
    /// Which sides gave their word of each offer.
    pub words: BTreeMap<Uuid, BTreeSet<Side>>,
    /// What is known of its contract.
    pub contract: ContractFacts,
    /// Papers that were noted, with their days.
    pub papers: BTreeMap<Code, NaiveDate>,
    /// Documents that are there, with the paper that each is and whether it is confidential.
    pub documents: BTreeMap<Uuid, (Option<Code>, bool)>,
    /// The readers named of those that are confidential, each with their last day.
    pub readers: BTreeMap<Uuid, BTreeMap<AccountId, NaiveDate>>,
    /// Who accepted which text of the confidentiality agreement.
    pub agreements: BTreeMap<AccountId, String>,
    /// Meetings with their days.
    pub meetings: BTreeMap<Uuid, NaiveDate>,
    /// Tasks: by whom, by when, whether done.
    pub tasks: BTreeMap<Uuid, (Voice, NaiveDate, bool)>,
    /// Milestones: by when, when reached.
    pub milestones: BTreeMap<Uuid, (NaiveDate, Option<NaiveDate>)>,
    /// Payments: by when, when paid.
    pub payments: BTreeMap<Uuid, (NaiveDate, Option<NaiveDate>)>,
    /// Reports: of which year and half.
    pub reports: BTreeMap<Uuid, (u16, u8)>,
    /// What of these was taken back, and is not among them any more.
    pub taken_back: BTreeSet<Uuid>,
    /// Whether it is recorded what came of it.
    pub has_outcome: bool,
    /// How many versions of contract, outcome and papers were recorded.
    pub records: u64,
    /// How many messages were sent.
    pub messages: u64,
}

/// What events tell of a contract.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
pub struct ContractFacts {
    /// The day it was signed.
    pub signed_on: Option<NaiveDate>,
    /// The day from which it is in force.
    pub in_force_on: Option<NaiveDate>,
    /// The day it was registered.
    pub registered_on: Option<NaiveDate>,
    /// Whether its number is known.
    pub has_number: bool,
    /// Whether its value is known.
    pub has_value: bool,
    /// What it says, as items of the legal path.
    pub contents: BTreeSet<String>,
}

impl From<Contract> for ContractFacts {
    fn from(contract: Contract) -> Self {
        Self {
            signed_on: contract.signed_on,
            in_force_on: contract.in_force_on,
            registered_on: contract.registered_on,
            has_number: !contract.number.is_empty(),
            has_value: contract.value.is_some(),
            contents: contract.contents,
        }
    }
}

fn part<T: for<'de> Deserialize<'de>>(payload: &Value, name: &str) -> Result<T, StoreError> {
    T::deserialize(payload.get(name).unwrap_or(&Value::Null)).map_err(|e| StoreError::corrupt("event", e))
}

/// Rebuilds a deal from its events, the oldest first.
///
/// # Errors
/// If an event does not hold what it should.
pub fn replay(events: &[EventRow]) -> Result<Replayed, StoreError> {
    let mut deal = Replayed::default();
    for event in events {
        apply(&mut deal, event)?;
    }
    Ok(deal)
}

fn apply(deal: &mut Replayed, event: &EventRow) -> Result<(), StoreError> {
    let facts = &event.payload;
    match event.kind.as_str() {
        "deal.opened" => {
            deal.kind = part(facts, "kind")?;
            deal.pipeline_version = part(facts, "pipeline_version")?;
            deal.listing = part(facts, "listing")?;
            deal.interest = part(facts, "interest")?;
            deal.opened_at = Some(event.at);
            deal.stage = part(facts, "stage")?;
            deal.stage_since = Some(event.at);
            deal.due_on = part(facts, "due_on")?;
            deal.is_open = true;
            deal.objects = part(facts, "objects")?;
            deal.parties.insert((part(facts, "owner")?, Role::Owner));
            deal.parties.extend(part::<Option<PartyId>>(facts, "seeker")?.map(|p| (p, Role::Seeker)));
            deal.brokers.extend(part::<Option<AccountId>>(facts, "broker")?.map(|a| (a, (10_000, false))));
        }
        "deal.moved" => {
            deal.stage = part(facts, "to")?;
            deal.stage_since = Some(event.at);
            deal.due_on = part(facts, "due_on")?;
            let ends: Option<String> = part(facts, "ends")?;
            deal.is_open = ends.is_none();
            deal.lost_reason = part(facts, "reason")?;
            if part(facts, "is_signed")? {
                deal.signed_at = Some(event.at);
            }
        }
        "deal.objects_set" => {
            deal.objects = part(facts, "objects")?;
            apply_due_day(deal, facts)?;
        }
        "deal.parties_set" => {
            let set = DealParties { parties: part(facts, "parties")? };
            deal.parties = set.parties.into_iter().map(|p| (p.party, p.role)).collect();
        }
        "deal.brokers_set" => {
            let set = BrokerShares { brokers: part(facts, "brokers")? };
            let stated = |account: &AccountId| deal.brokers.get(account).is_some_and(|b| b.1);
            deal.brokers = set.brokers.into_iter().map(|b| (b.account, (b.share_bp, stated(&b.account)))).collect();
        }
        "deal.interests_stated" => {
            if let Some(broker) = deal.brokers.get_mut(&part(facts, "account")?) {
                broker.1 = true;
            }
        }
        "deal.facts_answered" => {
            deal.legal_facts = part(facts, "facts")?;
            apply_due_day(deal, facts)?;
        }
        "deal.contract_recorded" => {
            deal.contract = ContractFacts::deserialize(facts).map_err(|e| StoreError::corrupt("event", e))?;
            deal.records += 1;
            apply_due_day(deal, facts)?;
        }
        "deal.outcome_recorded" => {
            deal.has_outcome = true;
            deal.records += 1;
        }
        "deal.message_sent" => deal.messages += 1,
        kind @ ("deal.offer_made" | "deal.offer_agreed" | "deal.offer_accepted" | "deal.offer_withdrawn") => {
            apply_offer(deal, kind, facts)?
        }
        kind => apply_work(deal, kind, facts)?,
    }
    Ok(())
}

/// The day by which something should move it on, where what happened brought another.
fn apply_due_day(deal: &mut Replayed, facts: &Value) -> Result<(), StoreError> {
    if facts.get("due_on").is_some() {
        deal.due_on = part(facts, "due_on")?;
    }
    Ok(())
}

/// What happened to an offer: at most one is open, and at most one is agreed to.
fn apply_offer(deal: &mut Replayed, kind: &str, facts: &Value) -> Result<(), StoreError> {
    let which: Uuid = part(facts, "offer")?;
    let word = if kind == "deal.offer_made" { "agreed" } else { "side" };
    let word: Option<Side> = if kind == "deal.offer_withdrawn" { None } else { part(facts, word)? };
    deal.words.entry(which).or_default().extend(word);
    let offers = &mut deal.offers;
    let supersede = |offers: &mut BTreeMap<Uuid, (i64, Side, OfferStatus)>, those: OfferStatus| {
        offers.values_mut().filter(|offer| offer.2 == those).for_each(|offer| offer.2 = OfferStatus::Superseded);
    };
    let now = match kind {
        "deal.offer_made" => {
            supersede(offers, OfferStatus::Open);
            offers.insert(which, (part(facts, "number")?, part(facts, "side")?, OfferStatus::Open));
            return Ok(());
        }
        "deal.offer_agreed" => return Ok(()),
        "deal.offer_accepted" => {
            supersede(offers, OfferStatus::Accepted);
            OfferStatus::Accepted
        }
        _ => OfferStatus::Withdrawn,
    };
    if let Some(offer) = offers.get_mut(&which) {
        offer.2 = now;
    }
    Ok(())
}

/// What is done, handed in, paid and reached.
fn apply_work(deal: &mut Replayed, kind: &str, facts: &Value) -> Result<(), StoreError> {
    match kind {
        "deal.paper_noted" => {
            deal.papers.insert(part(facts, "kind")?, part(facts, "dated_on")?);
            deal.records += 1;
        }
        "deal.document_added" => {
            deal.documents.insert(part(facts, "document")?, (part(facts, "paper")?, part(facts, "is_confidential")?));
        }
        "deal.nda_accepted" => {
            deal.agreements.insert(part(facts, "account")?, part(facts, "nda_hash")?);
        }
        "deal.document_readers_set" => {
            let document = part(facts, "document")?;
            let set = Readers { readers: part(facts, "readers")? };
            deal.readers.insert(document, set.readers.into_iter().map(|one| (one.account, one.expires_on)).collect());
            deal.readers.retain(|_, readers| !readers.is_empty());
        }
        "deal.document_removed" => {
            let document = part(facts, "document")?;
            deal.documents.remove(&document);
            deal.readers.remove(&document);
        }
        "deal.meeting_noted" => {
            deal.meetings.insert(part(facts, "meeting")?, part(facts, "held_on")?);
        }
        "deal.task_set" => {
            deal.tasks.insert(part(facts, "task")?, (part(facts, "whose")?, part(facts, "due_on")?, false));
        }
        "deal.task_done" => {
            if let Some(task) = deal.tasks.get_mut(&part(facts, "task")?) {
                task.2 = true;
            }
        }
        "deal.milestone_set" => {
            deal.milestones.insert(part(facts, "milestone")?, (part(facts, "due_on")?, None));
        }
        "deal.milestone_reached" => {
            if let Some(milestone) = deal.milestones.get_mut(&part(facts, "milestone")?) {
                milestone.1 = part(facts, "reached_on")?;
            }
        }
        "deal.payment_noted" => {
            deal.payments.insert(part(facts, "payment")?, (part(facts, "due_on")?, part(facts, "paid_on")?));
        }
        "deal.payment_made" => {
            if let Some(payment) = deal.payments.get_mut(&part(facts, "payment")?) {
                payment.1 = part(facts, "paid_on")?;
            }
        }
        "deal.reported" => {
            deal.reports.insert(part(facts, "report")?, (part(facts, "year")?, part(facts, "half")?));
        }
        kind if kind.ends_with("_taken_back") => apply_taken_back(deal, kind, facts)?,
        _ => {}
    }
    Ok(())
}

/// What was noted by mistake counts nowhere.
fn apply_taken_back(deal: &mut Replayed, kind: &str, facts: &Value) -> Result<(), StoreError> {
    let what = kind.trim_start_matches("deal.").trim_end_matches("_taken_back");
    let which: Uuid = part(facts, what)?;
    let stood = match what {
        "task" => deal.tasks.remove(&which).is_some(),
        "meeting" => deal.meetings.remove(&which).is_some(),
        "milestone" => deal.milestones.remove(&which).is_some(),
        "payment" => deal.payments.remove(&which).is_some(),
        "report" => deal.reports.remove(&which).is_some(),
        _ => false,
    };
    if stood {
        deal.taken_back.insert(which);
    }
    Ok(())
}

/// The same of a deal as the tables have it; none if it is not there. A deal whose log is whole is equal in both.
///
/// # Errors
/// If the database fails or holds what it should not.
pub async fn stored(brokering: &Brokering, id: DealId) -> Result<Option<Replayed>, StoreError> {
    let db = brokering.store.db();
    let Some(deal) = super::load(db, id).await? else { return Ok(None) };
    let mut told = Replayed {
        kind: deal.kind,
        pipeline_version: deal.pipeline_version,
        listing: Some(deal.listing),
        interest: deal.interest,
        opened_at: Some(deal.opened_at),
        stage: deal.stage,
        stage_since: Some(deal.stage_since),
        due_on: deal.due_on,
        is_open: deal.is_open,
        lost_reason: deal.lost_reason.map(|code| code.0),
        signed_at: deal.signed_at,
        objects: objects::ids(&deal.objects),
        parties: deal.parties.into_iter().map(|(role, party)| (party, role)).collect(),
        brokers: deal.brokers.into_iter().map(|b| (b.account, (b.share_bp, b.statement.is_some()))).collect(),
        legal_facts: deal.legal_facts,
        contract: contract_of(db, id).await?.into(),
        has_outcome: outcome::Entity::find_by_id(id.0).one(db).await?.is_some(),
        records: record::Entity::find().filter(record::Column::DealId.eq(id.0)).count(db).await?,
        messages: deal.messages,
        ..Replayed::default()
    };
    stored_work(db, id.0, &mut told).await?;
    Ok(Some(told))
}

async fn stored_work(db: &impl ConnectionTrait, id: Uuid, told: &mut Replayed) -> Result<(), StoreError> {
    let bad = |what: &'static str| move |e| StoreError::corrupt(what, e);
    for row in offer::Entity::find().filter(offer::Column::DealId.eq(id)).all(db).await? {
        let (side, status) = (row.side.parse().map_err(bad("offer"))?, row.status.parse().map_err(bad("offer"))?);
        told.offers.insert(row.id, (row.number, side, status));
        let words = [(Side::Owner, row.owner_agreed_at), (Side::Seeker, row.seeker_agreed_at)];
        told.words.insert(row.id, words.into_iter().filter(|(_, at)| at.is_some()).map(|(side, _)| side).collect());
    }
    let mut back = BTreeSet::new();
    let mut stands = |id: Uuid, taken_back_at: Option<DateTime<Utc>>| {
        if taken_back_at.is_some() {
            back.insert(id);
        }
        taken_back_at.is_none()
    };
    for row in task::Entity::find().filter(task::Column::DealId.eq(id)).all(db).await? {
        if stands(row.id, row.taken_back_at) {
            told.tasks.insert(row.id, (row.side.parse().map_err(bad("task"))?, row.due_on, row.done_at.is_some()));
        }
    }
    for row in meeting::Entity::find().filter(meeting::Column::DealId.eq(id)).all(db).await? {
        if stands(row.id, row.taken_back_at) {
            told.meetings.insert(row.id, row.held_on);
        }
    }
    for row in milestone::Entity::find().filter(milestone::Column::DealId.eq(id)).all(db).await? {
        if stands(row.id, row.taken_back_at) {
            told.milestones.insert(row.id, (row.due_on, row.reached_on));
        }
    }
    for row in payment::Entity::find().filter(payment::Column::DealId.eq(id)).all(db).await? {
        if stands(row.id, row.taken_back_at) {
            told.payments.insert(row.id, (row.due_on, row.paid_on));
        }
    }
    for row in report::Entity::find().filter(report::Column::DealId.eq(id)).all(db).await? {
        if stands(row.id, row.taken_back_at) {
            let period = (u16::try_from(row.year).unwrap_or_default(), u8::try_from(row.half).unwrap_or_default());
            told.reports.insert(row.id, period);
        }
    }
    told.taken_back = back;
    let papers = paper::Entity::find().filter(paper::Column::DealId.eq(id)).all(db).await?;
    told.papers = papers.into_iter().map(|row| (Code(row.kind), row.dated_on)).collect();
    let documents = document::Entity::find().filter(document::Column::DealId.eq(id)).filter(document::Column::RemovedAt.is_null());
    told.documents = documents.all(db).await?.into_iter().map(|row| (row.id, (row.paper.map(Code), row.confidential))).collect();
    let named = reader::Entity::find().filter(reader::Column::DealId.eq(id)).filter(reader::Column::RevokedAt.is_null());
    for row in named.all(db).await? {
        if told.documents.contains_key(&row.document_id) {
            told.readers.entry(row.document_id).or_default().insert(AccountId(row.account_id), row.expires_on);
        }
    }
    let agreements = agreement::Entity::find().filter(agreement::Column::DealId.eq(id)).all(db).await?;
    told.agreements = agreements.into_iter().map(|row| (AccountId(row.account_id), row.nda_hash)).collect();
    Ok(())
}
