//! Random walks through deals: whatever anybody tries in whatever order, no deal stands in a stage without what the stage
//! needs, no deal is lost from sight, and each is what its events say.

use std::collections::{BTreeMap, BTreeSet};

use base::{AccountId, Actor, Capacity, Code, DealId, Lang, Limit, ListingId, Membership, Money, PartyId, PartyRole, Scope, StaffRole};
use brokering::deals::{
    self, BrokerShare, BrokerShares, Contract, DealObjects, DealParties, DealParty, DealView, Filter, NewDeal, NewMeeting, NewMessage,
    NewMilestone, NewOffer, NewPaper, NewPayment, NewReport, NewTask, OfferStatus, OfferTerms, Outcome, Role, Side, Statement, Thing,
    Transition, Voice,
};
use brokering::legal::{Direction, LegalFacts, Registration};
use brokering::pipelines::{Demand, Ending};
use brokering::{Brokering, BrokeringError};
use chrono::NaiveDate;
use store::Ctx;

use crate::deals::Cast;
use crate::site::{Site, on_every_database};

/// A source of choices that gives the same ones again for the same beginning.
struct Dice(u64);

impl Dice {
    fn below(&mut self, n: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from((self.0 >> 33) % n as u64).unwrap()
    }

    fn is_likely(&mut self) -> bool {
        self.below(4) > 0
    }
}

/// Who walks, and in what.
struct Walk<'a> {
    b: &'a Brokering,
    actors: Vec<Actor>,
    owner: PartyId,
    seeker: PartyId,
    brokers: [AccountId; 2],
    /// What may be transferred.
    objects: Vec<ListingId>,
    today: NaiveDate,
}

fn person(account: AccountId, party: Option<PartyId>, staff: &[StaffRole]) -> Actor {
    let memberships = party.map(|party| Membership { party, roles: BTreeSet::from([PartyRole::Admin]) });
    Actor {
        capacity: Capacity::Person(account),
        memberships: memberships.into_iter().collect(),
        staff: staff.iter().copied().collect(),
        scopes: Scope::ALL.iter().copied().collect(),
        ..Actor::anonymous(Lang::En)
    }
}

fn vnd(minor: i64) -> Money {
    Money { minor, currency: base::Currency::vnd(), as_of: None }
}

const CONTENTS: [&str; 13] = [
    "name",
    "object",
    "right",
    "method",
    "rights_duties",
    "price",
    "term",
    "plan",
    "warranty",
    "penalty",
    "liability",
    "disputes",
    "other",
];
const PAPERS: [&str; 8] =
    ["nda", "evaluation", "mou", "valuation", "ownership_confirmation", "transfer_approval", "transfer_licence", "acceptance"];

impl Walk<'_> {
    async fn view(&self, id: DealId) -> DealView {
        deals::show(self.b, &Actor::system(), id).await.unwrap()
    }

    /// Somebody tries something; gives the stage that was entered, if one was.
    async fn step(&self, id: DealId, dice: &mut Dice) -> Result<Option<String>, BrokeringError> {
        let before = self.view(id).await;
        let what = dice.below(22);
        // Mostly it is somebody who could; the others are refused, and nothing may come of that either.
        let who = match what {
            5 | 7 if dice.is_likely() => 2 + dice.below(2),
            11 | 12 if dice.is_likely() => dice.below(2),
            _ => dice.below(self.actors.len()),
        };
        let ctx = Ctx::of(self.actors[who].clone());
        // Now and then somebody saw an older version.
        let seen = before.version - i64::from(dice.below(20) == 0);
        let b = self.b;
        match what {
            0..=4 => {
                // Mostly the ways there are, sometimes any stage at all.
                let pipeline = b.pipelines.get(&before.kind, before.pipeline_version).unwrap();
                let ways = &pipeline.stage(&before.stage).unwrap().to;
                let to = if ways.is_empty() || !dice.is_likely() {
                    before.stages[dice.below(before.stages.len())].code.clone()
                } else {
                    ways[dice.below(ways.len())].stage.clone()
                };
                let ends_lost = before.stages.iter().any(|s| s.code == to && s.ends == Some(Ending::Lost));
                if ends_lost && dice.below(12) > 0 {
                    return Ok(None); // else hardly any walk would get far
                }
                let reason = (ends_lost && dice.is_likely()).then(|| Code::from("price"));
                return deals::transition(b, ctx, id, seen, Transition { to, reason }).await.map(|r| Some(r.stage));
            }
            5 => {
                let mut parties = vec![DealParty { party: self.owner, role: Role::Owner }];
                if dice.is_likely() {
                    parties.push(DealParty { party: self.seeker, role: Role::Seeker });
                }
                deals::set_parties(b, ctx, id, seen, DealParties { parties }).await?;
            }
            6 => {
                let first = u16::try_from(dice.below(10_001)).unwrap();
                let shares = [(self.brokers[0], first), (self.brokers[1], 10_000 - first)];
                let brokers = shares.into_iter().filter(|(_, s)| *s > 0).map(|(account, share_bp)| BrokerShare { account, share_bp });
                deals::set_brokers(b, ctx, id, seen, BrokerShares { brokers: brokers.collect() }).await?;
            }
            7 => drop(deals::state_interests(b, ctx, id, seen, Statement { statement: "None.".to_owned() }).await?),
            8 => {
                let facts = LegalFacts {
                    direction: dice.is_likely().then_some(Direction::ALL[dice.below(3)]),
                    state_capital: Some(!dice.is_likely()),
                    list: Some(Code::from(["none", "restricted", "none", "none", "prohibited", "none"][dice.below(6)])),
                    right: Some(Code::from(brokering::legal::right_of(&before.kind).unwrap_or("right_to_use"))),
                    ..LegalFacts::default()
                };
                deals::set_legal_facts(b, ctx, id, seen, facts).await?;
            }
            9 => {
                deals::meeting(b, ctx, id, NewMeeting { held_on: self.today, place: String::new(), minutes: String::new() }).await?;
            }
            10 => {
                let kind = Code::from(PAPERS[dice.below(PAPERS.len())]);
                deals::paper(b, ctx, id, seen, NewPaper { kind, dated_on: self.today, reference: String::new() }).await?;
            }
            11 | 12 => {
                let open = before.inside.as_ref().and_then(|i| i.offers.iter().find(|o| o.status == OfferStatus::Open)).map(|o| o.id);
                match open {
                    Some(offer) if dice.is_likely() => drop(deals::accept(b, ctx, id, offer).await?),
                    _ => {
                        let terms = OfferTerms { lump_sum: Some(vnd(5)), ..OfferTerms::default() };
                        let side = (dice.below(3) == 0).then_some(Side::ALL[dice.below(2)]);
                        deals::offer(b, ctx, id, seen, NewOffer { side, terms }).await?;
                    }
                }
            }
            13 => {
                let drop_one = CONTENTS.len() - usize::from(!dice.is_likely());
                let registered = dice.is_likely();
                // Now and then it is older than the deal, so that there are sales to report.
                let early = (dice.below(5) == 0).then(|| NaiveDate::from_ymd_opt(2020, 3, 2).unwrap());
                let mut has = || dice.below(8) > 0;
                let contract = Contract {
                    number: if has() { "1".to_owned() } else { String::new() },
                    value: has().then(|| vnd(1_000_000)),
                    signed_on: has().then_some(early.unwrap_or(self.today)),
                    registration_number: if registered { "R".to_owned() } else { String::new() },
                    registered_on: registered.then_some(self.today),
                    contents: CONTENTS[CONTENTS.len() - drop_one..].iter().map(|c| (*c).to_owned()).collect(),
                    ..Contract::default()
                };
                deals::record_contract(b, ctx, id, seen, contract).await?;
            }
            14 => {
                // Now and then the same thing twice, which is refused.
                let count = dice.below(self.objects.len() + 2);
                let objects = (0..count).map(|_| self.objects[dice.below(self.objects.len())]).collect();
                deals::set_objects(b, ctx, id, seen, DealObjects { objects }).await?;
            }
            15 => {
                let task = before.inside.as_ref().and_then(|i| i.tasks.iter().find(|t| t.done_at.is_none())).map(|t| t.id);
                match task {
                    Some(task) if !dice.is_likely() => {
                        deals::task_done(b, ctx, id, task).await?;
                    }
                    _ => {
                        let new = NewTask { title: "T".to_owned(), whose: Voice::ALL[dice.below(3)], due_on: self.today };
                        deals::task(b, ctx, id, new).await?;
                    }
                }
            }
            16 => {
                let due = before.inside.as_ref().and_then(|i| i.payments.iter().find(|p| p.paid_on.is_none())).map(|p| p.id);
                match due {
                    Some(payment) if dice.is_likely() => {
                        deals::paid(b, ctx, id, payment, self.today).await?;
                    }
                    _ => {
                        let paid_on = (!dice.is_likely()).then_some(self.today);
                        let amount = vnd(7);
                        let new = NewPayment { kind: Code::from("lump_sum"), amount, due_on: self.today, paid_on, note: String::new() };
                        deals::payment(b, ctx, id, new).await?;
                    }
                }
            }
            17 => {
                let waiting = before.inside.as_ref().and_then(|i| i.milestones.iter().find(|m| m.reached_on.is_none())).map(|m| m.id);
                match waiting {
                    Some(milestone) if !dice.is_likely() => {
                        deals::reached(b, ctx, id, milestone, self.today).await?;
                    }
                    _ => {
                        let open = before.inside.as_ref().and_then(|i| i.offers.iter().find(|o| o.status == OfferStatus::Open));
                        let Some(offer) = open.map(|o| o.id) else { return Ok(None) };
                        deals::withdraw(b, ctx, id, offer).await?;
                    }
                }
            }
            18 => {
                let (year, half) = (2020 + u16::try_from(dice.below(5)).unwrap(), 1 + u8::try_from(dice.below(2)).unwrap());
                let report = NewReport { year, half, sales: vnd(9), royalty: vnd(3), units: None, note: String::new() };
                deals::report(b, ctx, id, report).await?;
            }
            19 => {
                deals::outcome(b, ctx.clone(), id, seen, Outcome { jobs: Some(1), ..Outcome::default() }).await?;
                deals::milestone(b, ctx, id, NewMilestone { title: "M".to_owned(), due_on: self.today }).await?;
            }
            20 => {
                let Some(inside) = before.inside.as_ref() else { return Ok(None) };
                let meetings = inside.meetings.iter().filter(|m| m.taken_back_at.is_none()).map(|m| (Thing::Meeting, m.id));
                let tasks = inside.tasks.iter().filter(|t| t.taken_back_at.is_none()).map(|t| (Thing::Task, t.id));
                let milestones = inside.milestones.iter().filter(|m| m.taken_back_at.is_none()).map(|m| (Thing::Milestone, m.id));
                let payments = inside.payments.iter().map(|p| (Thing::Payment, p.id));
                let reports = inside.reports.iter().map(|r| (Thing::Report, r.id));
                let all: Vec<_> = meetings.chain(tasks).chain(milestones).chain(payments).chain(reports).collect();
                if all.is_empty() {
                    return Ok(None);
                }
                let (thing, which) = all[dice.below(all.len())];
                deals::take_back(b, ctx, id, thing, which).await?;
            }
            _ => {
                deals::send(b, ctx, id, NewMessage { text: "Hello".to_owned() }).await?;
            }
        }
        Ok(None)
    }

    /// What the stage a deal stands in needs and the deal does not have, judged from what is shown alone.
    fn lacks(&self, view: &DealView, just_entered: bool) -> Vec<Demand> {
        let inside = view.inside.as_ref().unwrap();
        let paper = |kind: &str| inside.papers.iter().any(|p| p.kind == *kind);
        let contract = &inside.contract;
        let registered = !contract.registration_number.is_empty() && contract.registered_on.is_some();
        let has = |demand: &Demand| match demand {
            Demand::Seeker => view.parties.iter().any(|p| p.role == Role::Seeker),
            Demand::Statements => !just_entered || view.brokers.iter().all(|b| b.stated_at.is_some()),
            Demand::Meeting => inside.meetings.iter().any(|m| m.held_on <= self.today && m.taken_back_at.is_none()),
            Demand::Nda => paper("nda"),
            Demand::Evaluation => paper("evaluation"),
            Demand::Mou => paper("mou"),
            Demand::Acceptance => paper("acceptance"),
            Demand::LegalFacts => inside.legal.unanswered.is_empty(),
            Demand::AcceptedOffer => inside.offers.iter().any(|o| o.status == OfferStatus::Accepted),
            Demand::Contract => !contract.number.is_empty() && contract.value.is_some() && contract.signed_on.is_some(),
            Demand::LegalPath => inside.legal.blocking().count() == 0,
            Demand::Registration => registered,
            Demand::RegistrationIfDue => registered || inside.legal.registration != Registration::Required,
            Demand::InForce => inside.legal.blocking_delivery().count() == 0,
            Demand::Milestone => inside.milestones.iter().any(|m| m.taken_back_at.is_none()),
            Demand::Outcome => inside.outcome.is_some(),
            Demand::LostReason => view.lost_reason.is_some(),
        };
        let pipeline = self.b.pipelines.get(&view.kind, view.pipeline_version).unwrap();
        pipeline.stage(&view.stage).unwrap().needs.iter().filter(|d| !has(d)).copied().collect()
    }

    /// That the deal's events tell the same deal that is stored, and that it is the one that is shown.
    async fn is_what_its_events_say(&self, site: &Site, view: &DealView, walked: &str) {
        let of = store::events::Filter { subject: Some(view.id.0), ..Default::default() };
        let mut events = site.app.store.events(&of, 10_000).await.unwrap();
        events.reverse();
        let told = deals::replay(&events).unwrap();
        assert_eq!(Some(&told), deals::stored(self.b, view.id).await.unwrap().as_ref(), "{walked}: the log and the tables tell one deal");
        let inside = view.inside.as_ref().unwrap();
        assert_eq!(told.objects, view.objects.iter().map(|object| object.listing).collect::<Vec<_>>());
        assert_eq!(told.offers.len(), inside.offers.len());
        assert_eq!((&told.stage, told.is_open), (&view.stage, view.is_open));
        assert_eq!(told.lost_reason.as_deref(), view.lost_reason.as_ref().map(Code::as_str));
        assert_eq!((&told.kind, told.pipeline_version, told.messages), (&view.kind, view.pipeline_version, inside.messages));
        assert_eq!(told.parties, view.parties.iter().map(|p| (p.id, p.role)).collect::<BTreeSet<_>>());
        let brokers = view.brokers.iter().map(|b| (b.account, (b.share_bp, b.stated_at.is_some())));
        assert_eq!(told.brokers, brokers.collect::<BTreeMap<_, _>>());
        let contract = &inside.contract;
        let days = [told.contract.signed_on, told.contract.in_force_on, told.contract.registered_on];
        assert_eq!(days, [contract.signed_on, contract.in_force_on, contract.registered_on]);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn random_walks_keep_what_stages_need_lose_no_deal_and_are_what_the_log_says() {
    const STEPS: usize = 300;
    on_every_database(async |site: Site| {
        let cast = Cast::make(&site, "w").await;
        let second = site.account("w-second", &[StaffRole::Broker]).await.1;
        let mut objects: Vec<ListingId> = vec![cast.listing.parse().unwrap()];
        for title in ["Máy tách vỏ dừa w", "Máy ép dầu dừa w"] {
            objects.push(cast.another(title).await.parse().unwrap());
        }
        let accounts: Vec<AccountId> = {
            let mut all = Vec::new();
            for name in ["w-o", "w-s", "w-a"] {
                all.push(site.account(name, &[]).await.1);
            }
            all
        };
        let walk = Walk {
            b: &site.app.brokering,
            actors: vec![
                person(accounts[0], Some(cast.owner_party), &[]),
                person(accounts[1], Some(cast.seeker_party), &[]),
                person(cast.broker_id, None, &[StaffRole::Broker]),
                person(second, None, &[StaffRole::Broker]),
                person(accounts[2], None, &[StaffRole::Administrator]),
            ],
            owner: cast.owner_party,
            seeker: cast.seeker_party,
            brokers: [cast.broker_id, second],
            objects,
            today: site.clock.today(),
        };
        let kinds: Vec<String> = walk.b.pipelines.newest().into_iter().map(|pipeline| pipeline.kind.clone()).collect();
        assert!(kinds.len() >= 8, "{kinds:?}");
        let mut reached = BTreeSet::new();
        for (n, kind) in kinds.iter().enumerate() {
            let new = NewDeal {
                kind: kind.clone(),
                listing: cast.listing.parse().unwrap(),
                objects: Vec::new(),
                title: String::new(),
                owner: None,
                seeker: None,
                interest: None,
            };
            let id = deals::open(walk.b, Ctx::of(walk.actors[2].clone()), new).await.unwrap().id;
            let seed = 20_261_128 + n as u64;
            let mut dice = Dice(seed);
            for step in 0..STEPS {
                let entered = match walk.step(id, &mut dice).await {
                    Ok(entered) => entered,
                    Err(BrokeringError::Store(error)) => panic!("{kind} seed {seed} step {step}: {error}"),
                    Err(_) => None,
                };
                let view = walk.view(id).await;
                assert!(entered.as_ref().is_none_or(|stage| *stage == view.stage), "{kind} seed {seed} step {step}: {entered:?}");
                assert_eq!(walk.lacks(&view, entered.is_some()), [], "{kind} seed {seed} step {step} stands in {}", view.stage);
                reached.insert(view.stage);
            }
            walk.is_what_its_events_say(&site, &walk.view(id).await, &format!("{kind} seed {seed}")).await;
            // However deals move, each is in one place.
            let total = async |filter: Filter| deals::list(walk.b, &Actor::system(), &filter, Limit::default(), None).await.unwrap().total;
            let open = total(Filter::default()).await;
            let ended = total(Filter { ended: true, ..Filter::default() }).await;
            assert_eq!(open + ended, n as u64 + 1, "{kind} seed {seed}");
            let board = deals::board(walk.b, &Actor::system(), None).await.unwrap();
            assert_eq!(board.iter().map(|c| c.total).sum::<u64>(), open);
        }
        assert!(reached.contains("signed") && reached.len() > 6, "the walks got somewhere: {reached:?}");
        site.stop().await;
    })
    .await;
}
