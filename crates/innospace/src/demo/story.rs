//! A deal of the demonstration that came to its good end, with the story of it. Everything is done by the people of the
//! demonstration over the same use cases as by anybody else, so that the log tells what the tables say.

use std::collections::BTreeMap;

use accounts::Accounts;
use base::{AccountId, Actor, Capacity, DealId, ListingId, PartyId, Scope};
use brokering::deals::{self, Contract, NewDeal, NewMeeting, NewOffer, NewPaper, OfferTerms, Outcome, Statement, Transition};
use brokering::legal::LegalFacts;
use brokering::stories::{self, NewConsent, StoryContent};
use brokering::{Brokering, BrokeringError};
use chrono::TimeDelta;
use serde::Deserialize;
use store::Ctx;

use super::{Failure, read, told};

/// Where it is described.
const FILE: &str = "story.toml";

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct DemoStory {
    /// What is transferred, by key.
    listing: String,
    kind: String,
    /// Who speaks for the listing's party, by address.
    owner: String,
    /// Who takes, by key.
    seeker_party: String,
    /// Who speaks for it.
    seeker: String,
    broker: String,
    moderator: String,
    statement: String,
    met_days_ago: i64,
    signed_days_ago: i64,
    accepted_days_ago: i64,
    /// The paper that says so.
    acceptance: String,
    meeting: DemoMeeting,
    legal_facts: LegalFacts,
    offer: OfferTerms,
    contract: Contract,
    outcome: Outcome,
    story: StoryContent,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct DemoMeeting {
    place: String,
    minutes: String,
}

/// What the files before this one made, by their keys.
pub(super) struct Made<'a> {
    pub parties: &'a BTreeMap<String, PartyId>,
    pub listings: &'a BTreeMap<String, ListingId>,
    pub people: &'a BTreeMap<&'static str, AccountId>,
}

/// Leads the deal to its end and publishes its story; gives whether there was a way to. Before the day from which deals go
/// by a pipeline there is none.
pub(super) async fn tell(brokering: &Brokering, made: Made<'_>) -> Result<bool, Failure> {
    let story: DemoStory = read(FILE)?;
    if brokering.pipelines.in_force(&story.kind, brokering.store.clock().today()).is_none() {
        return Ok(false);
    }
    let people = People {
        owner: person(&brokering.accounts, &made, &story.owner).await?,
        seeker: person(&brokering.accounts, &made, &story.seeker).await?,
        broker: person(&brokering.accounts, &made, &story.broker).await?,
        moderator: person(&brokering.accounts, &made, &story.moderator).await?,
    };
    let missing = |what: &str, key: &str| format!("config/demo/{FILE}: there is no {what} {key}");
    let listing = *made.listings.get(&story.listing).ok_or_else(|| missing("technology", &story.listing))?;
    let seeker = *made.parties.get(&story.seeker_party).ok_or_else(|| missing("party", &story.seeker_party))?;
    let lead = async {
        let new = NewDeal {
            kind: story.kind.clone(),
            listing,
            objects: Vec::new(),
            title: String::new(),
            owner: None,
            seeker: Some(seeker),
            interest: None,
        };
        let id = deals::open(brokering, ctx(&people.broker), new).await?.id;
        let deal = Play { brokering, id, people: &people };
        deal.lead(&story).await?;
        let content = StoryContent { listings: vec![listing], ..story.story.clone() };
        deal.publish(content, seeker).await
    };
    lead.await.map_err(|error: BrokeringError| {
        let faults = if let BrokeringError::Invalid(faults) = &error { Some(faults) } else { None };
        told(&format!("config/demo/{FILE}"), &error, faults)
    })?;
    Ok(true)
}

/// Who does what.
struct People {
    owner: Actor,
    seeker: Actor,
    broker: Actor,
    moderator: Actor,
}

/// Somebody of the demonstration, as if they had signed in.
async fn person(accounts: &Accounts, made: &Made<'_>, address: &str) -> Result<Actor, Failure> {
    let unknown = || format!("config/demo/{FILE}: nobody signs in as {address}");
    let id = *made.people.get(address).ok_or_else(unknown)?;
    let actor = accounts::actor::of_account(accounts, id).await?.ok_or_else(unknown)?;
    Ok(Actor { capacity: Capacity::Person(id), scopes: Scope::ALL.iter().copied().collect(), ..actor })
}

fn ctx(actor: &Actor) -> Ctx {
    Ctx::of(actor.clone())
}

/// The deal on its way.
struct Play<'a> {
    brokering: &'a Brokering,
    id: DealId,
    people: &'a People,
}

impl Play<'_> {
    async fn seen(&self) -> Result<i64, BrokeringError> {
        Ok(deals::show(self.brokering, &self.people.broker, self.id).await?.version)
    }

    async fn go(&self, actor: &Actor, to: &str) -> Result<(), BrokeringError> {
        let step = Transition { to: to.to_owned(), reason: None };
        deals::transition(self.brokering, ctx(actor), self.id, self.seen().await?, step).await.map(drop)
    }

    /// From the first stage to the last.
    async fn lead(&self, story: &DemoStory) -> Result<(), BrokeringError> {
        let (b, id, today) = (self.brokering, self.id, self.brokering.store.clock().today());
        let People { owner, seeker, broker, .. } = self.people;
        let ago = |days: i64| today - TimeDelta::days(days);
        self.go(broker, "introduced").await?;
        let DemoMeeting { place, minutes } = &story.meeting;
        let held = NewMeeting { held_on: ago(story.met_days_ago), place: place.clone(), minutes: minutes.clone() };
        deals::meeting(b, ctx(broker), id, held).await?;
        self.go(seeker, "met").await?;
        let statement = Statement { statement: story.statement.clone() };
        deals::state_interests(b, ctx(broker), id, self.seen().await?, statement).await?;
        deals::set_legal_facts(b, ctx(owner), id, self.seen().await?, story.legal_facts.clone()).await?;
        self.go(seeker, "negotiation").await?;
        let offer = deals::offer(b, ctx(owner), id, self.seen().await?, NewOffer { side: None, terms: story.offer.clone() }).await?;
        deals::accept(b, ctx(seeker), id, offer.id).await?;
        let signed = ago(story.signed_days_ago);
        let contract = Contract { signed_on: Some(signed), in_force_on: Some(signed), ..story.contract.clone() };
        deals::record_contract(b, ctx(owner), id, self.seen().await?, contract).await?;
        self.go(owner, "signed").await?;
        self.go(owner, "delivering").await?;
        let accepted = NewPaper { kind: "acceptance".into(), dated_on: ago(story.accepted_days_ago), reference: story.acceptance.clone() };
        deals::paper(b, ctx(seeker), id, self.seen().await?, accepted).await?;
        deals::outcome(b, ctx(broker), id, self.seen().await?, story.outcome.clone()).await?;
        self.go(owner, "completed").await
    }

    /// The owner's side writes the story, both consent to it, and a moderator publishes it.
    async fn publish(&self, content: StoryContent, seeker: PartyId) -> Result<(), BrokeringError> {
        let (b, id) = (self.brokering, self.id);
        let written = stories::write(b, ctx(&self.people.owner), id, 0, content).await?;
        let view = deals::show(b, &self.people.broker, id).await?;
        let mut version = written.version;
        for party in view.parties {
            let actor = if party.id == seeker { &self.people.seeker } else { &self.people.owner };
            let consent = NewConsent { party: party.id, hash: written.hash.clone() };
            version = stories::give(b, ctx(actor), id, consent).await?.version;
        }
        stories::publish(b, ctx(&self.people.moderator), id, version).await.map(drop)
    }
}
