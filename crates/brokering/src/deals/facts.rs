//! What of a stage's demands is there, and the legal path of a deal; answering the law's questions.

use std::collections::BTreeSet;

use base::clock::in_vietnam;
use base::{AccountId, Code, DealId, Faults, Lang};
use chrono::{DateTime, NaiveDate, Utc};
use sea_orm::{ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, PaginatorTrait, QueryFilter};
use serde_json::{Value, json};
use store::{Ctx, NewEvent, StoreError, Tx};

use super::agreement::first_between_the_sides;
use super::contract::{Contract, contract_of};
use super::rows::{deal, meeting, milestone, outcome, paper};
use super::{Deal, DealReceipt, NEVER, OfferView, Role, Side, documents, granted, offers, save, write_json};
use crate::access::WorkDeal;
use crate::confidential::nda::accepted_for;
use crate::legal::{Advice, Case, Effect, LegalFacts, LegalPath, Registration, legal_path, right_of, transferred};
use crate::pipelines::{Demand, Stage};
use crate::{Brokering, BrokeringError};

/// All that stages ask for, as it stands.
#[derive(Clone, Debug)]
pub(crate) struct Facts {
    /// Whether the party that takes is named.
    pub has_seeker: bool,
    /// The brokers, each with whether they stated their interests.
    pub brokers: Vec<(AccountId, bool)>,
    /// Meetings held.
    pub meetings: u64,
    /// Codes of `deal_papers` that are there: noted, handed in as a document, or accepted on the page of a disclosure.
    pub papers: BTreeSet<String>,
    /// When one side accepted the agreement: of the deal, or to read what is confided of what the other side holds of its listings.
    pub nda_accepted_at: Option<DateTime<Utc>>,
    /// Whether both sides agreed to an offer.
    pub has_agreement: bool,
    /// What says another thing than the answer which right is passed on.
    pub other_rights: Vec<OtherRight>,
    /// The contract so far.
    pub contract: Contract,
    /// Milestones set.
    pub milestones: u64,
    /// Whether the outcome is recorded.
    pub has_outcome: bool,
    /// Why it is lost, if that is said.
    pub lost_reason: Option<Code>,
    /// What the law said on the day of signing, else says today.
    pub path: LegalPath,
    /// What it says on the day it is entered that the contract is signed, where it is said to have been signed before the deal
    /// was opened: an early day passes no rule that came later.
    pub path_entered: Option<LegalPath>,
}

/// Something that passes on another right than the law was told: the rules of what is really passed on would not be asked.
#[derive(Clone, Debug)]
pub(crate) struct OtherRight {
    /// The code of the fault.
    code: &'static str,
    /// The right that was answered, by its name.
    answer: String,
    /// What says another.
    by: String,
    /// The right that it says, by its name.
    right: String,
}

/// What says another right than was answered: the deal's kind, and the offer that both sides agreed to.
fn other_rights(brokering: &Brokering, deal: &Deal, agreed: Option<&OfferView>, lang: Lang) -> Result<Vec<OtherRight>, StoreError> {
    let Some(answer) = deal.legal_facts.right.as_ref().map(Code::as_str) else { return Ok(Vec::new()) };
    let name = |code: &str| brokering.vocabularies.name("rights", code, lang).to_owned();
    let kind = brokering.pipeline(deal)?.name(lang).to_owned();
    let of_kind = right_of(&deal.kind).map(|right| ("deal_right_of_kind", kind, right.to_owned()));
    let of_offer = agreed.and_then(|offer| Some(("deal_right_of_offer", offer.number.to_string(), offer.terms.right.clone()?.0)));
    let all = of_kind.into_iter().chain(of_offer).filter(|(_, _, right)| right != answer);
    Ok(all.map(|(code, by, right)| OtherRight { code, answer: name(answer), by, right: name(&right) }).collect())
}

impl Facts {
    /// Reads them.
    pub(crate) async fn load(
        brokering: &Brokering,
        db: &impl ConnectionTrait,
        deal: &Deal,
        today: NaiveDate,
        lang: Lang,
    ) -> Result<Self, StoreError> {
        let id = deal.id.0;
        let contract = contract_of(db, deal.id).await?;
        let nda_accepted_at = nda_accepted(db, deal).await?;
        let noted = paper::Entity::find().filter(paper::Column::DealId.eq(id)).all(db).await?.into_iter().map(|p| p.kind);
        let handed_in = documents::papers_of(db, deal.id).await?;
        let papers: BTreeSet<String> = noted.chain(handed_in).chain(nda_accepted_at.map(|_| "nda".to_owned())).collect();
        let held = meeting::Entity::find().filter(meeting::Column::DealId.eq(id)).filter(meeting::Column::HeldOn.lte(today));
        let held = held.filter(meeting::Column::TakenBackAt.is_null());
        let milestones =
            milestone::Entity::find().filter(milestone::Column::DealId.eq(id)).filter(milestone::Column::TakenBackAt.is_null());
        let agreed = offers::agreed(db, deal.id).await?;
        let (path, path_entered) = judged(brokering, deal, &contract, &papers, today, lang)?;
        Ok(Self {
            has_seeker: deal.party_as(Role::Seeker).is_some(),
            brokers: deal.brokers.iter().map(|b| (b.account, b.statement.is_some())).collect(),
            meetings: held.count(db).await?,
            has_agreement: agreed.is_some(),
            other_rights: other_rights(brokering, deal, agreed.as_ref(), lang)?,
            milestones: milestones.count(db).await?,
            has_outcome: outcome::Entity::find_by_id(id).count(db).await? > 0,
            lost_reason: None,
            path,
            path_entered,
            papers,
            nda_accepted_at,
            contract,
        })
    }

    /// Takes another contract, with what the law says of it.
    pub(crate) fn sign(
        &mut self,
        brokering: &Brokering,
        deal: &Deal,
        contract: Contract,
        today: NaiveDate,
        lang: Lang,
    ) -> Result<(), StoreError> {
        (self.path, self.path_entered) = judged(brokering, deal, &contract, &self.papers, today, lang)?;
        self.contract = contract;
        Ok(())
    }

    /// What the law demands before signing and is not there, by every day it is judged by; each rule once.
    fn blocking(&self) -> Vec<&Advice> {
        let mut all: Vec<&Advice> = self.path.blocking().collect();
        for advice in self.path_entered.iter().flat_map(LegalPath::blocking) {
            if all.iter().all(|one| one.rule != advice.rule) {
                all.push(advice);
            }
        }
        all
    }

    /// What the law demands before the contract is carried out and is not there; each rule once.
    fn blocking_delivery(&self) -> Vec<&Advice> {
        let mut all: Vec<&Advice> = Vec::new();
        for advice in std::iter::once(&self.path).chain(&self.path_entered).flat_map(LegalPath::blocking_delivery) {
            if all.iter().all(|one| one.rule != advice.rule) {
                all.push(advice);
            }
        }
        all
    }

    /// Adds what says another right than the law was told.
    fn check_right(&self, pointer: &str, faults: &mut Faults) {
        for one in &self.other_rights {
            faults.add_with(pointer, one.code, &[("answer", &one.answer), ("by", &one.by), ("right", &one.right)]);
        }
    }

    /// The codes of papers without which the contract is not in force.
    pub(crate) fn papers_in_force(&self) -> BTreeSet<&str> {
        let all = std::iter::once(&self.path).chain(&self.path_entered).flat_map(|path| &path.advice);
        all.filter(|advice| advice.effect == Effect::PaperInForce).filter_map(|advice| advice.about.as_deref()).collect()
    }

    /// Whether the law has it registered; it is in force from then on.
    pub(crate) fn must_be_registered(&self) -> bool {
        std::iter::once(&self.path).chain(&self.path_entered).any(|path| path.registration == Registration::Required)
    }

    /// By when the law has the contract registered, and which side it leaves that to: from the signature until it is registered.
    pub(crate) fn to_register(&self, stage: &Stage) -> Option<(NaiveDate, Option<Side>)> {
        let contract = &self.contract;
        let is_registered = contract.registered_on.is_some() && !contract.registration_number.is_empty();
        if is_registered || stage.ends.is_some() || !stage.has_contract() {
            return None;
        }
        let all = std::iter::once(&self.path).chain(&self.path_entered).flat_map(|path| &path.advice);
        let asked = all.filter(|advice| advice.effect == Effect::Register);
        let side = |advice: &Advice| advice.by.as_deref().and_then(|by| by.parse::<Side>().ok());
        asked.filter_map(|advice| Some((advice.due_on?, side(advice)))).min_by_key(|(day, _)| *day)
    }

    /// By when something should move on a deal that came to a stage at a moment: by the day that the law has for the registration
    /// while that is to come, so that the side that has to file hears of it; else as the stage has it.
    pub(crate) fn due_on(&self, stage: &Stage, since: DateTime<Utc>) -> Option<NaiveDate> {
        self.to_register(stage).map(|(day, _)| day).or_else(|| stage.due_on(day_of(since)))
    }

    /// Where these facts bring a deal another day by which something should move it on, it goes into the row and into the event.
    pub(crate) fn move_due_day(
        &self,
        brokering: &Brokering,
        deal: &Deal,
        change: &mut deal::ActiveModel,
        event: &mut Value,
    ) -> Result<(), StoreError> {
        let due_on = brokering.pipeline(deal)?.stage(&deal.stage).and_then(|stage| self.due_on(stage, deal.stage_since));
        if due_on != deal.due_on {
            change.due_on = Set(due_on.unwrap_or(NEVER));
            if let Some(event) = event.as_object_mut() {
                event.insert("due_on".to_owned(), json!(due_on));
            }
        }
        Ok(())
    }

    /// Adds what of a demand is not there.
    pub(crate) fn missing(&self, demand: Demand, faults: &mut Faults) {
        let mut lacks = |is_there: bool, pointer: &str, code: &'static str| {
            if !is_there {
                faults.add(pointer, code);
            }
        };
        let contract = &self.contract;
        match demand {
            Demand::Seeker => lacks(self.has_seeker, "/parties", "deal_no_seeker"),
            Demand::Statements => {
                for (n, (_, stated)) in self.brokers.iter().enumerate() {
                    lacks(*stated, &format!("/brokers/{n}/statement"), "deal_no_statement");
                }
            }
            Demand::Meeting => lacks(self.meetings > 0, "/meetings", "deal_no_meeting"),
            Demand::Nda => lacks(self.papers.contains("nda"), "/papers/nda", "deal_no_nda"),
            Demand::Evaluation => lacks(self.papers.contains("evaluation"), "/papers/evaluation", "deal_no_evaluation"),
            Demand::Mou => lacks(self.papers.contains("mou"), "/papers/mou", "deal_no_mou"),
            Demand::Acceptance => lacks(self.papers.contains("acceptance"), "/papers/acceptance", "deal_no_acceptance"),
            Demand::LegalFacts => {
                for name in &self.path.unanswered {
                    lacks(false, &format!("/legal_facts/{name}"), "deal_unanswered");
                }
            }
            Demand::AcceptedOffer => lacks(self.has_agreement, "/offers", "deal_no_agreement"),
            Demand::Contract => {
                lacks(!contract.number.is_empty(), "/contract/number", "deal_no_contract_number");
                lacks(contract.signed_on.is_some(), "/contract/signed_on", "deal_no_signing_day");
                lacks(contract.value.is_some(), "/contract/value", "deal_no_contract_value");
            }
            Demand::LegalPath => {
                self.check_right("/legal_facts/right", faults);
                for advice in self.blocking() {
                    let about = advice.about.as_deref().unwrap_or_default();
                    let pointer = match advice.effect {
                        Effect::Content => format!("/contract/contents/{about}"),
                        Effect::Paper => format!("/papers/{about}"),
                        _ => "/legal_facts".to_owned(),
                    };
                    faults.add_with(pointer, "deal_law_demands", &[("text", &advice.text), ("article", &advice.article)]);
                }
            }
            Demand::Registration => self.registration(faults),
            Demand::RegistrationIfDue if self.must_be_registered() => self.registration(faults),
            Demand::RegistrationIfDue => {}
            Demand::InForce => {
                for advice in self.blocking_delivery() {
                    let pointer = format!("/papers/{}", advice.about.as_deref().unwrap_or_default());
                    faults.add_with(pointer, "deal_law_demands_in_force", &[("text", &advice.text), ("article", &advice.article)]);
                }
            }
            Demand::Milestone => lacks(self.milestones > 0, "/milestones", "deal_no_milestone"),
            Demand::Outcome => lacks(self.has_outcome, "/outcome", "deal_no_outcome"),
            Demand::LostReason => lacks(self.lost_reason.is_some(), "/reason", "deal_no_reason"),
        }
    }

    /// What changes in a deal must not take away what the stage needs that it stands in, nor, once its contract is signed, what
    /// was needed to sign it and to come on since: it stays the contract that the law allowed, and what was delivered stays
    /// delivered. Statements are left out: another broker may come at any time, and states their interests before the next stage
    /// that asks for it.
    pub(crate) fn must_keep(&self, brokering: &Brokering, deal: &Deal) -> Result<(), BrokeringError> {
        let mut faults = Faults::new();
        let pipeline = brokering.pipeline(deal)?;
        let mut kept: Vec<Demand> = Vec::new();
        for demand in pipeline.since_signing(&deal.stage).into_iter().flat_map(|s| &s.needs) {
            if !matches!(demand, Demand::Statements | Demand::LostReason) && !kept.contains(demand) {
                kept.push(*demand);
                self.missing(*demand, &mut faults);
            }
        }
        faults.into_result().map_err(BrokeringError::Invalid)
    }

    fn registration(&self, faults: &mut Faults) {
        if self.contract.registration_number.is_empty() {
            faults.add("/contract/registration_number", "deal_no_registration_number");
        }
        if self.contract.registered_on.is_none() {
            faults.add("/contract/registered_on", "deal_no_registration_day");
        }
    }
}

/// When somebody first accepted the agreement of the deal, or the agreement to read what is confided of a listing of it, for a side
/// other than the one whose that is. It binds whoever accepted it for years after the room is closed again, so it stays a
/// non-disclosure agreement between the sides.
async fn nda_accepted(db: &impl ConnectionTrait, deal: &Deal) -> Result<Option<DateTime<Utc>>, StoreError> {
    let accepted = accepted_for(db, &deal.about()).await?;
    let by_others = accepted.into_iter().filter(|one| {
        let holder = deal.holder_of(one.listing);
        deal.parties_of_sides().any(|(side, party)| side != holder && party == one.party)
    });
    let of_deal = first_between_the_sides(db, deal.id).await?;
    Ok(by_others.map(|one| one.first_at).chain(of_deal).min())
}

/// The calendar day of a moment.
fn day_of(at: DateTime<Utc>) -> NaiveDate {
    in_vietnam(at).date()
}

/// The legal path of a deal by the rules of its day: of signing, else today; and where the contract is said to be older than the deal,
/// that of the day on which it is entered that it is signed.
fn judged(
    brokering: &Brokering,
    deal: &Deal,
    contract: &Contract,
    papers: &BTreeSet<String>,
    today: NaiveDate,
    lang: Lang,
) -> Result<(LegalPath, Option<LegalPath>), StoreError> {
    let on = |day| path_on(brokering, deal, contract, papers, day, lang);
    let is_early = contract.signed_on.is_some_and(|day| day < day_of(deal.opened_at));
    let stands_signed = brokering.pipeline(deal)?.stage(&deal.stage).is_some_and(Stage::has_contract);
    let entered_on = deal.signed_at.filter(|_| stands_signed).map_or(today, day_of);
    Ok((on(contract.signed_on.unwrap_or(today)), is_early.then(|| on(entered_on))))
}

/// The legal path of a deal by the rules of a day.
fn path_on(brokering: &Brokering, deal: &Deal, contract: &Contract, papers: &BTreeSet<String>, day: NaiveDate, lang: Lang) -> LegalPath {
    let case = Case {
        kind: deal.kind.clone(),
        objects: transferred(&deal.kind, deal.objects.iter().map(|object| object.ip_kind.clone())),
        facts: deal.legal_facts.clone(),
        contents: contract.contents.clone(),
        papers: papers.clone(),
        signed_on: contract.signed_on,
    };
    legal_path(&brokering.laws, &case, day, lang)
}

/// Answers what the law asks about a deal.
///
/// # Errors
/// [`BrokeringError::Invalid`] for codes that are none, and for another right than the deal's kind or the offer that both sides
/// agreed to passes on; [`BrokeringError::Stale`]; [`BrokeringError::NotAllowed`] in a deal that was lost: by what it was judged stays.
pub async fn set_legal_facts(
    brokering: &Brokering,
    ctx: Ctx,
    id: DealId,
    seen: i64,
    facts: LegalFacts,
) -> Result<DealReceipt, BrokeringError> {
    let today = brokering.store.clock().today();
    let mut faults = Faults::new();
    if let Some(list) = &facts.list {
        brokering.vocabularies.check("transfer_lists", list, today, "/list", &mut faults);
    }
    if let Some(right) = &facts.right {
        brokering.vocabularies.check("rights", right, today, "/right", &mut faults);
    }
    faults.into_result().map_err(BrokeringError::Invalid)?;
    let (inner, actor) = (brokering.clone(), ctx.actor.clone());
    brokering
        .store
        .write(ctx, move |tx: Tx| {
            let (brokering, actor, facts) = (inner.clone(), actor.clone(), facts.clone());
            async move {
                let grant = granted::<WorkDeal>(&tx, &actor, id, Some(seen)).await?;
                let deal = grant.object();
                deal.must_not_be_lost("legal_facts")?;
                let answered = Deal { legal_facts: facts.clone(), ..deal.clone() };
                let known = Facts::load(&brokering, tx.db(), &answered, tx.today(), actor.lang).await?;
                let mut faults = Faults::new();
                known.check_right("/right", &mut faults);
                faults.into_result().map_err(BrokeringError::Invalid)?;
                known.must_keep(&brokering, deal)?;
                let mut change = deal::ActiveModel { legal_facts: Set(write_json("legal facts", &facts)?), ..Default::default() };
                let mut told = json!({ "facts": facts });
                known.move_due_day(&brokering, deal, &mut change, &mut told)?;
                let version = save(&tx, deal, change).await?;
                tx.emit(NewEvent::new("deal", id, "deal.facts_answered", told));
                Ok(DealReceipt::of(deal, version))
            }
        })
        .await
}
