//! A deal as a reader sees it: those in it all of it, administrators that it is there and where it stands.

use std::collections::{BTreeSet, HashMap};

use base::{AccountId, Actor, Code, DealId, Faults, Grant, InterestId, ListingId, Localised, PartyId};
use chrono::{DateTime, NaiveDate, Utc};
use listings::Kind;
use serde::Serialize;
use store::StoreError;
use store::events::Filter;
use utoipa::ToSchema;

use super::contract::Contract;
use super::facts::Facts;
use super::objects::{self, ObjectView};
use super::offers::{self, OfferView};
use super::outcome::{Outcome, outcome_of};
use super::sums::{PaymentView, ReportView, payments_of, reports_of};
use super::work::{MeetingView, MilestoneView, PaperView, TaskView, meetings_of, milestones_of, papers_of, tasks_of};
use super::{Deal, Role, Side, readable};
use crate::access::ViewDeal;
use crate::legal::{Advice, LegalFacts, LegalPath};
use crate::pipelines::{Demand, Ending, NextBy, Pipeline};
use crate::{Brokering, BrokeringError};

/// Moves looked at, the newest; each names where it led from.
const MOVES_MAX: u64 = 500;

/// A stage of the deal's pipeline.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = DealStage)]
pub struct StageView {
    /// Its code.
    pub code: String,
    /// Its name in the reader's language.
    pub name: String,
    /// Whether the deal stands here.
    pub is_now: bool,
    /// Whether it stands here or has stood here; a stage may be skipped.
    pub was_entered: bool,
    /// How a deal ends here, if it does.
    pub ends: Option<Ending>,
}

/// A party of the deal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = DealPartyView)]
pub struct PartyView {
    /// The party.
    pub id: PartyId,
    /// The readable piece of its address.
    pub slug: String,
    /// Its name.
    pub name: Localised,
    /// What it is in the deal.
    pub role: Role,
}

/// A broker of the deal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = DealBrokerView)]
pub struct BrokerView {
    /// The member of staff.
    pub account: AccountId,
    /// Their name.
    pub name: String,
    /// Their share in basis points.
    pub share_bp: u16,
    /// When they stated their interests.
    pub stated_at: Option<DateTime<Utc>>,
    /// What they stated; for those in the deal.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub statement: Option<String>,
}

/// Something that a stage needs and does not find.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct LackView {
    /// Where: a JSON pointer into the deal.
    pub pointer: String,
    /// What, in the reader's language.
    pub text: String,
}

/// A way on from here, for the reader.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct WayView {
    /// The stage it leads to.
    pub to: String,
    /// The stage's name.
    pub name: String,
    /// Whether it needs a reason of `lost_reasons`.
    pub needs_reason: bool,
    /// What the stage needs and does not find; told to those in the deal.
    pub missing: Vec<LackView>,
}

/// What those in a deal see of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = DealInside)]
pub struct Inside {
    /// What the law asks.
    pub legal_facts: LegalFacts,
    /// What the law says.
    pub legal: LegalPath,
    /// What it says by the rules of the day on which it is entered that the contract is signed; where the contract is said to be
    /// older than the deal, both days' rules must be met.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub legal_entered: Option<LegalPath>,
    /// Offers, the newest first.
    pub offers: Vec<OfferView>,
    /// Tasks, the soonest first.
    pub tasks: Vec<TaskView>,
    /// Meetings, the latest first.
    pub meetings: Vec<MeetingView>,
    /// Papers that were noted; documents may be papers too.
    pub papers: Vec<PaperView>,
    /// When a side first accepted a confidentiality agreement: that of the deal, or that to read what is confided of a listing which
    /// the other side holds and the deal is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub nda_accepted_at: Option<DateTime<Utc>>,
    /// The contract so far.
    pub contract: Contract,
    /// Milestones, the soonest first.
    pub milestones: Vec<MilestoneView>,
    /// Payments, the soonest first.
    pub payments: Vec<PaymentView>,
    /// Half-yearly reports, the latest first.
    #[schema(inline)]
    pub reports: Vec<ReportView>,
    /// What came of it.
    pub outcome: Option<Outcome>,
    /// How many messages its thread has.
    pub messages: u64,
}

impl Inside {
    /// By when the law has the contract registered, of both days where the contract is judged by two.
    #[must_use]
    pub fn register_by(&self) -> Option<NaiveDate> {
        std::iter::once(&self.legal).chain(&self.legal_entered).filter_map(|path| path.register_by).min()
    }

    /// What each rule says, of both days where the contract is judged by two; each rule once.
    #[must_use]
    pub fn all_advice(&self) -> Vec<&Advice> {
        let mut all: Vec<&Advice> = self.legal.advice.iter().collect();
        for advice in self.legal_entered.iter().flat_map(|path| &path.advice) {
            if all.iter().all(|one| one.rule != advice.rule) {
                all.push(advice);
            }
        }
        all
    }
}

/// A deal as a reader sees it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct DealView {
    /// The deal.
    pub id: DealId,
    /// Its readable code.
    pub code: String,
    /// Its kind.
    pub kind: String,
    /// Its kind's name.
    pub kind_name: String,
    /// The version of the kind's pipeline it goes by.
    pub pipeline_version: i64,
    /// Where it stands.
    pub stage: String,
    /// Where it stands, in words.
    pub stage_name: String,
    /// All stages of its pipeline.
    pub stages: Vec<StageView>,
    /// Whether it goes on.
    pub is_open: bool,
    /// Why it was lost.
    pub lost_reason: Option<Code>,
    /// What it is about.
    pub title: String,
    /// The listing it came from: what is transferred, or the need that is answered.
    pub listing: ListingId,
    /// The listing's kind.
    pub listing_kind: Kind,
    /// What is transferred, in the order it was named.
    pub objects: Vec<ObjectView>,
    /// The interest it came from.
    pub interest: Option<InterestId>,
    /// Its parties.
    pub parties: Vec<PartyView>,
    /// Its brokers.
    pub brokers: Vec<BrokerView>,
    /// What is to be done next, as a key of the messages `deal-next-…`.
    pub next: Option<String>,
    /// By whom.
    pub next_by: NextBy,
    /// Opened.
    pub opened_at: DateTime<Utc>,
    /// Since when it stands where it does.
    pub stage_since: DateTime<Utc>,
    /// By when something should move it on.
    pub due_on: Option<NaiveDate>,
    /// Whether that day is over.
    pub is_overdue: bool,
    /// Where the reader may move it.
    pub ways: Vec<WayView>,
    /// Its ETag.
    pub version: i64,
    /// Whether the reader brokers it.
    #[serde(skip)]
    pub is_brokered: bool,
    /// The sides that the reader writes for.
    #[serde(skip)]
    pub writes_for: BTreeSet<Side>,
    /// All of it, for those in it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub inside: Option<Inside>,
}

/// A deal by its name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Titled {
    /// Its readable code.
    pub code: String,
    /// Its title.
    pub title: String,
}

/// The names of those of these deals that the reader sees to be there.
///
/// # Errors
/// If the database fails.
pub async fn titles(brokering: &Brokering, actor: &Actor, ids: &[DealId]) -> Result<HashMap<DealId, Titled>, BrokeringError> {
    let found = super::load_many(brokering.store.db(), ids).await?;
    let seen = found.into_iter().filter_map(|deal| Grant::<ViewDeal>::check(actor, deal).ok());
    let name = |grant: Grant<ViewDeal>| {
        let deal = grant.into_object();
        (deal.id, Titled { code: deal.code, title: deal.title })
    };
    Ok(seen.map(name).collect())
}

/// Shows one deal.
///
/// # Errors
/// [`BrokeringError::Refused`] hidden for whoever is not in it and does not manage deals.
pub async fn show(brokering: &Brokering, actor: &Actor, id: DealId) -> Result<DealView, BrokeringError> {
    let deal = readable::<ViewDeal>(brokering, actor, id).await?;
    let db = brokering.store.db();
    let today = brokering.store.clock().today();
    let pipeline = brokering.pipeline(&deal)?;
    let stage = pipeline.stage(&deal.stage);
    let facts = Facts::load(brokering, db, &deal, today, actor.lang).await?;
    let is_inside = deal.is_inside(actor);
    let inside = if is_inside { Some(inside(brokering, &deal, &facts, today).await?) } else { None };
    let ids: Vec<PartyId> = deal.parties.iter().map(|(_, party)| *party).collect();
    let named = accounts::parties::load_many(db, &ids).await?;
    let mut parties: Vec<PartyView> = Vec::new();
    for (role, id) in &deal.parties {
        if let Some(party) = named.iter().find(|p| p.id == *id) {
            parties.push(PartyView { id: *id, slug: party.slug.clone(), name: party.names.clone(), role: *role });
        }
    }
    parties.sort_by_key(|p| p.role);
    let accounts: Vec<AccountId> = deal.brokers.iter().map(|b| b.account).collect();
    let names = accounts::people::names(db, &accounts).await?;
    let broker = |b: &super::Broker| BrokerView {
        account: b.account,
        name: names.get(&b.account).cloned().unwrap_or_default(),
        share_bp: b.share_bp,
        stated_at: b.statement.as_ref().map(|(_, at)| *at),
        statement: b.statement.as_ref().filter(|_| is_inside).map(|(text, _)| text.clone()),
    };
    Ok(DealView {
        kind_name: pipeline.name(actor.lang).to_owned(),
        stage_name: stage.map_or(deal.stage.as_str(), |s| s.name(actor.lang)).to_owned(),
        stages: stages(pipeline, &deal, &left_behind(brokering, id).await?, actor),
        parties,
        brokers: deal.brokers.iter().map(broker).collect(),
        next: stage.and_then(|s| s.next.clone()),
        next_by: stage.and_then(|s| s.next_by).unwrap_or(NextBy::Nobody),
        is_overdue: deal.is_open && deal.due_on.is_some_and(|day| day < today),
        ways: ways(pipeline, &deal, actor, &facts, is_inside),
        inside,
        is_brokered: deal.is_brokered_by(actor),
        writes_for: deal.sides_of(actor),
        objects: objects::views(brokering, actor, &deal.objects).await?,
        id: deal.id,
        code: deal.code,
        kind: deal.kind,
        pipeline_version: deal.pipeline_version,
        stage: deal.stage,
        is_open: deal.is_open,
        lost_reason: deal.lost_reason,
        title: deal.title,
        listing: deal.listing,
        listing_kind: deal.listing_kind,
        interest: deal.interest,
        opened_at: deal.opened_at,
        stage_since: deal.stage_since,
        due_on: deal.due_on,
        version: deal.version,
    })
}

/// The stages that a deal has left: each of its moves names where it led from.
async fn left_behind(brokering: &Brokering, id: DealId) -> Result<BTreeSet<String>, StoreError> {
    let moves = Filter { subject: Some(id.0), kind: Some("deal.moved".to_owned()), ..Filter::default() };
    let moves = brokering.store.events(&moves, MOVES_MAX).await?;
    Ok(moves.iter().filter_map(|event| event.payload.get("from")?.as_str().map(str::to_owned)).collect())
}

fn stages(pipeline: &Pipeline, deal: &Deal, left: &BTreeSet<String>, actor: &Actor) -> Vec<StageView> {
    let view = |stage: &crate::pipelines::Stage| StageView {
        was_entered: stage.code == deal.stage || left.contains(&stage.code),
        code: stage.code.clone(),
        name: stage.name(actor.lang).to_owned(),
        is_now: stage.code == deal.stage,
        ends: stage.ends,
    };
    pipeline.stages.iter().map(view).collect()
}

fn ways(pipeline: &Pipeline, deal: &Deal, actor: &Actor, facts: &Facts, is_inside: bool) -> Vec<WayView> {
    let mut all = Vec::new();
    for stage in pipeline.ways(&deal.stage, &deal.parts_of(actor)) {
        let mut faults = Faults::new();
        for demand in stage.needs.iter().filter(|d| **d != Demand::LostReason && is_inside) {
            facts.missing(*demand, &mut faults);
        }
        all.push(WayView {
            to: stage.code.clone(),
            name: stage.name(actor.lang).to_owned(),
            needs_reason: stage.needs.contains(&Demand::LostReason),
            missing: faults.iter().map(|f| LackView { pointer: f.pointer.clone(), text: f.say(actor.lang) }).collect(),
        });
    }
    all
}

async fn inside(brokering: &Brokering, deal: &Deal, facts: &Facts, today: NaiveDate) -> Result<Inside, BrokeringError> {
    let db = brokering.store.db();
    Ok(Inside {
        legal_facts: deal.legal_facts.clone(),
        legal: facts.path.clone(),
        legal_entered: facts.path_entered.clone(),
        offers: offers::of_deal(db, deal.id).await?,
        tasks: tasks_of(db, deal.id, today).await?,
        meetings: meetings_of(db, deal.id).await?,
        papers: papers_of(db, deal.id).await?,
        nda_accepted_at: facts.nda_accepted_at,
        contract: facts.contract.clone(),
        milestones: milestones_of(db, deal.id, today).await?,
        payments: payments_of(db, deal.id).await?,
        reports: reports_of(db, deal.id).await?,
        outcome: outcome_of(db, deal.id).await?,
        messages: deal.messages,
    })
}
