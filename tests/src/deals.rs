//! Deals over HTTP: from opening to the outcome, and what goes wrong on the way.

use base::{AccountId, PartyId, PartyRole, StaffRole};
use chrono::TimeDelta;
use serde_json::{Value, json};

use crate::main_job::{publish, technology};
use crate::site::{Answer, Client, PASSWORD, Site, on_every_database};

/// Everybody in a deal, and a published technology.
pub struct Cast {
    pub owner: Client,
    pub owner_party: PartyId,
    pub seeker: Client,
    pub seeker_party: PartyId,
    pub broker: Client,
    pub broker_id: AccountId,
    pub moderator: Client,
    pub listing: String,
}

impl Cast {
    /// Makes them; names begin with this.
    pub async fn make(site: &Site, name: &str) -> Self {
        let moderator = site.staff(&format!("{name}-moderator"), &[StaffRole::Moderator]).await;
        let owner = site.person(&format!("{name}-owner")).await;
        let seeker = site.person(&format!("{name}-seeker")).await;
        let (broker, broker_id) = site.account(&format!("{name}-broker"), &[StaffRole::Broker]).await;
        let owner_party = site.party(&owner, &format!("Viện Dừa {name}"), "institute").await;
        let seeker_party = site.party(&seeker, &format!("Công ty Cơm dừa {name}"), "enterprise").await;
        let listing = published(&owner, &moderator, owner_party, &format!("Máy sấy cơm dừa bơm nhiệt {name}")).await;
        Self { owner, owner_party, seeker, seeker_party, broker, broker_id, moderator, listing }
    }

    /// One more technology of the owner's that is out.
    pub async fn another(&self, title: &str) -> String {
        published(&self.owner, &self.moderator, self.owner_party, title).await
    }

    /// A deal opened by the broker with both sides named.
    pub async fn deal(&self, kind: &str) -> Deal {
        let new = json!({"kind": kind, "listing": self.listing, "seeker": self.seeker_party});
        let made = self.broker.post("/api/v1/deals", new).await.expect(201);
        Deal { path: format!("/api/v1/deals/{}", made["id"].as_str().unwrap()) }
    }
}

/// Leads a deal about a technical service to its signature, with a contract of this value: its broker does what is the
/// broker's to do, an editor of the owner's and one of the seeker's the rest.
pub async fn sign(deal: &Deal, owner: &Client, seeker: &Client, broker: &Client, value: Value) {
    deal.go(broker, "introduced").await.expect(200);
    deal.post(broker, "meetings", json!({"held_on": "2026-11-20"})).await.expect(201);
    deal.go(seeker, "met").await.expect(200);
    deal.put(broker, "brokers/statement", json!({"statement": "Không có lợi ích riêng."})).await.expect(200);
    let facts = json!({"direction": "domestic", "state_capital": false, "list": "none", "right": "right_to_use"});
    deal.put(owner, "legal-facts", facts).await.expect(200);
    deal.go(seeker, "negotiation").await.expect(200);
    let offer = deal.post(owner, "offers", json!({"terms": {"lump_sum": value}})).await.expect(201);
    deal.post(seeker, &format!("offers/{}/accept", offer["id"].as_str().unwrap()), Value::Null).await.expect(200);
    let contract = json!({"number": "77/2026", "value": value, "signed_on": "2026-11-24", "contents": CONTENTS});
    deal.put(owner, "contract", contract).await.expect(200);
    deal.go(owner, "signed").await.expect(200);
}

/// Leads it to its good end.
pub async fn complete(deal: &Deal, owner: &Client, seeker: &Client, broker: &Client) {
    sign(deal, owner, seeker, broker, vnd(300_000_000)).await;
    deal.go(owner, "delivering").await.expect(200);
    deal.post(broker, "papers", json!({"kind": "acceptance", "dated_on": "2026-11-24"})).await.expect(201);
    deal.put(broker, "outcome", json!({"jobs": 3})).await.expect(200);
    deal.go(owner, "completed").await.expect(200);
}

/// A technology of a party that is out.
async fn published(owner: &Client, moderator: &Client, party: PartyId, title: &str) -> String {
    let made = owner.post("/api/v1/technologies", json!({"party": party, "content": technology(title)})).await.expect(201);
    let id = made["id"].as_str().unwrap().to_owned();
    let steps = format!("/api/v1/listings/{id}/transitions");
    let seen = owner.post_at(&steps, 1, json!({"step": "submit"})).await.expect(200)["version"].as_i64().unwrap();
    publish(moderator, &id, seen).await;
    id
}

/// A deal by its address.
pub struct Deal {
    pub path: String,
}

impl Deal {
    async fn version(&self, by: &Client) -> i64 {
        by.get(&self.path).await.expect(200)["version"].as_i64().unwrap()
    }

    pub async fn put(&self, by: &Client, part: &str, body: Value) -> Answer {
        let seen = self.version(by).await;
        by.put_at(&format!("{}/{part}", self.path), seen, body).await
    }

    pub async fn post(&self, by: &Client, part: &str, body: Value) -> Answer {
        // Of these alone one sees what is there first: a later one takes the place of an earlier.
        if part == "papers" || part == "offers" {
            let seen = self.version(by).await;
            return by.post_at(&format!("{}/{part}", self.path), seen, body).await;
        }
        by.post(&format!("{}/{part}", self.path), body).await
    }

    pub async fn go(&self, by: &Client, to: &str) -> Answer {
        let seen = self.version(by).await;
        by.post_at(&format!("{}/transitions", self.path), seen, json!({"to": to})).await
    }

    /// That the deal's events and its rows tell the same.
    pub async fn is_what_its_events_say(&self, site: &Site) {
        let id: uuid::Uuid = self.path.rsplit('/').next().unwrap().parse().unwrap();
        let filter = store::events::Filter { subject: Some(id), ..store::events::Filter::default() };
        let mut events = site.app.store.events(&filter, 10_000).await.unwrap();
        events.reverse();
        let stored = brokering::deals::stored(&site.app.brokering, base::DealId(id)).await.unwrap();
        assert_eq!(Some(brokering::deals::replay(&events).unwrap()), stored);
    }

    async fn stage(&self, by: &Client) -> String {
        by.get(&self.path).await.expect(200)["stage"].as_str().unwrap().to_owned()
    }
}

/// So many dong.
pub fn vnd(minor: i64) -> Value {
    json!({"minor": minor, "currency": "VND"})
}

/// All that a contract must say.
pub const CONTENTS: [&str; 12] =
    ["name", "object", "right", "method", "rights_duties", "price", "term", "plan", "warranty", "penalty", "liability", "disputes"];

/// Answers to the questions of the law with which a contract must be registered, and its price valued.
pub fn funded() -> Value {
    json!({"direction": "domestic", "state_capital": true, "list": "none", "right": "right_to_use"})
}

/// The terms of an offer, with this royalty in basis points.
pub fn terms(percent_bp: i64) -> Value {
    json!({"right": "right_to_use", "exclusivity": "sole", "sublicence": false, "field_of_use": "Sấy cơm dừa", "territory": ["VN"],
           "term_months": 60, "payment": ["mixed"], "lump_sum": vnd(300_000_000), "royalty": {"rate_bp": percent_bp, "base": "net_revenue"},
           "milestones": [{"title": "Lắp xong", "amount": vnd(100_000_000), "due_on": "2027-03-31"}]})
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_deal_goes_from_opening_over_offers_and_contract_to_registration_payments_and_outcome() {
    on_every_database(async |site: Site| {
        let cast = Cast::make(&site, "a").await;
        let (owner, seeker, broker) = (&cast.owner, &cast.seeker, &cast.broker);
        let made = broker.post("/api/v1/deals", json!({"kind": "licence", "listing": cast.listing})).await;
        assert_eq!(made.headers["etag"], "\"1\"");
        let made = made.expect(201);
        assert_eq!((made["code"].as_str().unwrap(), made["stage"].as_str().unwrap()), ("GD-2026-000001", "qualified"));
        let deal = Deal { path: format!("/api/v1/deals/{}", made["id"].as_str().unwrap()) };
        assert_eq!(seeker.get(&deal.path).await.status, 404, "who is not named sees nothing");

        // The seeker is named, and both sides are told.
        let refused = deal.go(broker, "introduced").await;
        assert_eq!((refused.status.as_u16(), refused.pointers()), (422, vec!["/parties".to_owned()]));
        let parties = json!({"parties": [{"party": cast.owner_party, "role": "owner"}, {"party": cast.seeker_party, "role": "seeker"}]});
        deal.put(broker, "parties", parties).await.expect(200);
        deal.go(broker, "introduced").await.expect(200);
        let view = seeker.get(&deal.path).await.expect(200);
        assert_eq!((view["next_by"].as_str().unwrap(), view["due_on"].as_str().unwrap()), ("seeker", "2026-12-08"), "{view}");

        // They write to each other, meet, and confide.
        deal.post(seeker, "messages", json!({"text": "Chúng tôi muốn xem máy."})).await.expect(201);
        deal.post(owner, "messages", json!({"text": "Mời anh chị đến thứ Năm."})).await.expect(201);
        let thread = broker.get(&format!("{}/messages?limit=1", deal.path)).await.expect(200);
        assert_eq!(
            (&thread["items"][0]["voice"], &thread["items"][0]["number"], &thread["total"]),
            (&json!("owner"), &json!(2), &json!(2))
        );
        let next = format!("{}/messages?cursor={}", deal.path, thread["next"].as_str().unwrap());
        assert_eq!(broker.get(&next).await.expect(200)["items"][0]["text"], "Chúng tôi muốn xem máy.");
        deal.post(seeker, "meetings", json!({"held_on": "2026-11-30", "place": "Xưởng"})).await.expect(201);
        assert_eq!(deal.go(seeker, "met").await.pointers(), ["/meetings"], "a meeting to come was not held");
        deal.post(broker, "meetings", json!({"held_on": "2026-11-23", "place": "Xưởng"})).await.expect(201);
        deal.go(seeker, "met").await.expect(200);
        deal.post(owner, "papers", json!({"kind": "nda", "dated_on": "2026-11-24", "reference": "NDA 1"})).await.expect(201);
        deal.go(owner, "nda").await.expect(200);
        deal.go(seeker, "evaluation").await.expect(200);

        // Nobody negotiates before the broker stated their interests and the law's questions are answered.
        let refused = deal.go(seeker, "negotiation").await;
        let lacks =
            ["/brokers/0/statement", "/legal_facts/direction", "/legal_facts/state_capital", "/legal_facts/list", "/legal_facts/right"];
        assert_eq!((refused.status.as_u16(), refused.pointers()), (422, lacks.map(str::to_owned).to_vec()));
        deal.put(broker, "brokers/statement", json!({"statement": "Không có lợi ích riêng."})).await.expect(200);
        deal.put(owner, "legal-facts", funded()).await.expect(200);
        deal.go(seeker, "negotiation").await.expect(200);

        // An offer, a counter-offer, an agreement.
        let first = deal.post(owner, "offers", json!({"terms": terms(500)})).await.expect(201);
        let second = deal.post(seeker, "offers", json!({"terms": terms(300)})).await.expect(201);
        let accept = |offer: &Value| format!("offers/{}/accept", offer["id"].as_str().unwrap());
        assert_eq!(deal.post(seeker, &accept(&first), Value::Null).await.status, 409, "another took its place");
        for not_theirs in [seeker, broker] {
            assert_eq!(deal.post(not_theirs, &accept(&second), Value::Null).await.status, 403);
        }
        deal.post(owner, &accept(&second), Value::Null).await.expect(200);
        let offers = seeker.get(&format!("{}/offers", deal.path)).await.expect(200);
        let states: Vec<&str> = offers["items"].as_array().unwrap().iter().map(|o| o["status"].as_str().unwrap()).collect();
        assert_eq!(states, ["accepted", "superseded"]);
        assert_eq!(offers["items"][0]["terms"]["royalty"]["rate_bp"], 300);

        // The contract: all that is missing is told at once, the law's demands among it.
        let refused = deal.go(owner, "signed").await;
        let pointers = refused.pointers();
        for lack in ["/contract/number", "/contract/signed_on", "/contract/value", "/contract/contents/warranty", "/papers/valuation"] {
            assert!(pointers.contains(&lack.to_owned()), "{lack} in {pointers:?}");
        }
        assert!(refused.text.contains("23.10"), "the article is told: {}", refused.text);
        let mut contract = json!({"number": "12/2026", "value": vnd(800_000_000), "signed_on": "2026-11-24", "contents": CONTENTS[1..]});
        deal.put(owner, "contract", contract.clone()).await.expect(200);
        deal.post(broker, "papers", json!({"kind": "valuation", "dated_on": "2026-11-20"})).await.expect(201);
        assert_eq!(deal.go(owner, "signed").await.pointers(), ["/contract/contents/name"]);
        contract["contents"] = json!(CONTENTS);
        deal.put(owner, "contract", contract.clone()).await.expect(200);
        deal.go(owner, "signed").await.expect(200);
        // What the stage needs cannot be taken away again.
        let taken = deal.put(owner, "contract", json!({})).await;
        assert!(taken.status == 422 && taken.pointers().contains(&"/contract/number".to_owned()), "{}", taken.text);

        // Registration is due in ninety days; nothing is delivered before.
        let legal = owner.get(&deal.path).await.expect(200)["inside"]["legal"].clone();
        assert_eq!((&legal["registration"], &legal["register_by"]), (&json!("required"), &json!("2027-02-22")), "{legal}");
        assert_eq!(deal.go(owner, "delivering").await.pointers(), ["/contract/registration_number", "/contract/registered_on"]);
        contract["registration_number"] = json!("45/GCN");
        contract["registered_on"] = json!("2026-11-24");
        deal.put(seeker, "contract", contract).await.expect(200);
        deal.go(seeker, "registered").await.expect(200);
        deal.go(owner, "delivering").await.expect(200);

        // Milestones, payments, reports, outcome.
        let milestone = deal.post(broker, "milestones", json!({"title": "Lắp xong", "due_on": "2026-12-01"})).await.expect(201);
        let reached = format!("milestones/{}/reached", milestone["id"].as_str().unwrap());
        deal.post(owner, &reached, json!({"on": "2026-11-24"})).await.expect(200);
        assert_eq!(deal.post(owner, &reached, json!({"on": "2026-11-24"})).await.status, 409);
        let payment = json!({"kind": "lump_sum", "amount": vnd(300_000_000), "due_on": "2026-12-31"});
        let payment = deal.post(seeker, "payments", payment).await.expect(201);
        let paid = format!("payments/{}/paid", payment["id"].as_str().unwrap());
        assert_eq!(deal.post(seeker, &paid, json!({"on": "2027-01-01"})).await.pointers(), ["/on"]);
        deal.post(seeker, &paid, json!({"on": "2026-11-24"})).await.expect(200);
        let report = |year, half| json!({"year": year, "half": half, "sales": vnd(900_000_000), "royalty": vnd(27_000_000)});
        assert_eq!(deal.post(seeker, "reports", report(2026, 1)).await.pointers(), ["/half"], "it was over before the contract");
        assert_eq!(deal.post(seeker, "reports", report(2026, 2)).await.pointers(), ["/year"], "it is not over");
        site.clock.advance(TimeDelta::days(40));
        let again = async |name: &str| site.visitor().sign_in(&format!("a-{name}@example.org"), PASSWORD).await;
        let (owner, seeker, broker) = (&again("owner").await, &again("seeker").await, &again("broker").await);
        deal.post(seeker, "reports", report(2026, 2)).await.expect(201);
        assert_eq!(deal.post(seeker, "reports", report(2026, 2)).await.pointers(), ["/half"]);
        assert_eq!(deal.go(broker, "completed").await.pointers(), ["/outcome"]);
        deal.put(broker, "outcome", json!({"jobs": 12, "revenue": vnd(2_400_000_000), "area_m2": 500})).await.expect(200);
        deal.go(broker, "completed").await.expect(200);
        let done = owner.get(&deal.path).await.expect(200);
        assert_eq!((&done["is_open"], &done["ways"], &done["inside"]["outcome"]["jobs"]), (&json!(false), &json!([]), &json!(12)));

        deal.is_what_its_events_say(&site).await;

        // What became of the listing, counted and banded.
        let history = format!("/api/v1/technologies/{}/history", cast.listing);
        let told = owner.get(&history).await.expect(200)["deals"].clone();
        let count = |name: &str| told[name]["count"].clone();
        assert_eq!([count("meetings"), count("agreements"), count("signed"), count("completed")], [json!(2), json!(1), json!(1), json!(1)]);
        assert_eq!(told["money"], "500-1000");
        let public = site.visitor().get(&history).await.expect(200)["deals"].clone();
        assert_eq!((&public["signed"]["untold"], &public["money"]), (&json!("few"), &json!(null)), "one party is nobody's to count");
        site.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_wrong_is_refused_with_what_would_be_right() {
    on_every_database(async |site: Site| {
        let cast = Cast::make(&site, "b").await;
        let (owner, seeker, broker) = (&cast.owner, &cast.seeker, &cast.broker);
        let deal = cast.deal("licence").await;

        // A way that is not there: the ways there are, for whoever asks.
        let refused = deal.go(broker, "signed").await;
        assert_eq!(refused.status, 409);
        assert_eq!(refused.json()["allowed"], json!(["introduced", "lost"]));
        assert_eq!(deal.go(seeker, "introduced").await.json()["allowed"], json!(["lost"]), "the seeker does not introduce");
        assert_eq!(deal.go(broker, "nowhere").await.status, 409);

        // An edit of what has changed since; an edit without saying what was seen.
        deal.go(broker, "introduced").await.expect(200);
        let steps = format!("{}/transitions", deal.path);
        assert_eq!(broker.post_at(&steps, 1, json!({"to": "lost", "reason": "price"})).await.status, 412);
        assert_eq!(broker.post(&steps, json!({"to": "lost", "reason": "price"})).await.status, 428);
        assert_eq!(deal.stage(owner).await, "introduced");

        // Lost needs a reason, and only lost takes one.
        let refused = deal.go(broker, "lost").await;
        assert_eq!((refused.status.as_u16(), refused.pointers()), (422, vec!["/reason".to_owned()]));
        let seen = deal.version(broker).await;
        let unknown = broker.post_at(&steps, seen, json!({"to": "lost", "reason": "weather"})).await;
        assert_eq!(unknown.pointers(), ["/reason"]);

        // Shares of 99 %, a share of nothing, somebody who is no broker, somebody twice.
        let (second, second_id) = site.account("b-second", &[StaffRole::Broker]).await;
        let shares = |parts: &[(AccountId, u16)]| json!({"brokers": parts.iter().map(|(a, s)| json!({"account": a, "share_bp": s})).collect::<Vec<_>>()});
        let refused = deal.put(broker, "brokers", shares(&[(cast.broker_id, 9_900)])).await;
        assert_eq!((refused.status.as_u16(), refused.pointers()), (422, vec!["/brokers".to_owned()]));
        assert!(refused.text.contains("99.00 %"), "{}", refused.text);
        let refused = deal.put(broker, "brokers", shares(&[(cast.broker_id, 10_000), (second_id, 0)])).await;
        assert_eq!(refused.pointers(), ["/brokers/1/share_bp"]);
        let refused = deal.put(broker, "brokers", shares(&[(cast.broker_id, 5_000), (cast.broker_id, 5_000)])).await;
        assert_eq!(refused.pointers(), ["/brokers/1/account"]);
        assert_eq!(second.get(&deal.path).await.status, 404, "a broker sees the deals they broker");
        deal.put(broker, "brokers", shares(&[(cast.broker_id, 6_000), (second_id, 4_000)])).await.expect(200);
        assert_eq!(deal.stage(&second).await, "introduced");

        // Another party's deal is not there, whatever one tries.
        let stranger = site.person("b-stranger").await;
        site.party(&stranger, "Công ty Lạ", "enterprise").await;
        for part in ["", "/messages", "/offers"] {
            assert_eq!(stranger.get(&format!("{}{part}", deal.path)).await.status, 404, "{part}");
        }
        assert_eq!(stranger.post(&format!("{}/messages", deal.path), json!({"text": "Xin chào"})).await.status, 404);
        assert_eq!(stranger.post_at(&steps, 1, json!({"to": "lost", "reason": "price"})).await.status, 404);
        assert_eq!(stranger.get("/api/v1/deals").await.expect(200)["total"], 0);

        // An administrator sees that it is there and where it stands, and nothing that is said in it.
        let administrator = site.staff("b-administrator", &[StaffRole::Administrator]).await;
        let view = administrator.get(&deal.path).await.expect(200);
        assert_eq!((&view["stage"], &view["inside"], &view["brokers"][0]["statement"]), (&json!("introduced"), &Value::Null, &Value::Null));
        for part in ["messages", "offers"] {
            assert_eq!(administrator.get(&format!("{}/{part}", deal.path)).await.status, 403, "{part}");
        }
        assert_eq!(deal.go(&administrator, "met").await.json()["allowed"], json!(["lost"]));

        // The owner is who it is, the seeker another; roles that are none.
        let parties = |owner: PartyId, seeker: PartyId| json!({"parties": [{"party": owner, "role": "owner"}, {"party": seeker, "role": "seeker"}]});
        let refused = deal.put(broker, "parties", parties(cast.seeker_party, cast.owner_party)).await;
        assert_eq!(refused.pointers(), ["/parties"]);
        assert_eq!(deal.put(seeker, "parties", parties(cast.owner_party, cast.seeker_party)).await.status, 403);
        let alone = json!({"parties": [{"party": cast.owner_party, "role": "owner"}]});
        assert_eq!(deal.put(broker, "parties", alone).await.pointers(), ["/parties"], "the stage needs the seeker");

        // Offers with nothing in them, with what is no term, for a side one does not write for.
        for (terms, pointer) in [
            (json!({}), "/terms"),
            (json!({"lump_sum": {"minor": -1, "currency": "VND"}}), "/terms/lump_sum/minor"),
            (json!({"royalty": {"rate_bp": 0, "base": "net_price"}}), "/terms/royalty/rate_bp"),
            (json!({"royalty": {"rate_bp": 100}}), "/terms/royalty/base"),
            (json!({"right": "all"}), "/terms/right"),
            (json!({"territory": ["Vietnam"]}), "/terms/territory/0"),
            (json!({"price": 1}), "/terms/price"),
        ] {
            let refused = deal.post(owner, "offers", json!({ "terms": terms })).await;
            assert_eq!((refused.status.as_u16(), refused.pointers()), (422, vec![pointer.to_owned()]), "{terms}");
        }
        assert_eq!(deal.post(owner, "offers", json!({"side": "seeker", "terms": terms(300)})).await.pointers(), ["/side"]);
        assert_eq!(deal.post(broker, "offers", json!({"terms": terms(300)})).await.pointers(), ["/side"]);
        deal.post(broker, "offers", json!({"side": "seeker", "terms": terms(300)})).await.expect(201);

        // What is sent twice under one key happens once.
        let keyed = seeker.clone().with("idempotency-key", "m-1");
        let once = deal.post(&keyed, "messages", json!({"text": "Một lần"})).await.expect(201);
        assert_eq!(deal.post(&keyed, "messages", json!({"text": "Một lần"})).await.expect(201), once);
        assert_eq!(seeker.get(&format!("{}/messages", deal.path)).await.expect(200)["total"], 1);

        // A listing that is not out, a kind there is none of, a party with itself.
        let new = |kind: &str, seeker: PartyId| json!({"kind": kind, "listing": cast.listing, "seeker": seeker});
        assert_eq!(broker.post("/api/v1/deals", new("barter", cast.seeker_party)).await.pointers(), ["/kind"]);
        assert_eq!(broker.post("/api/v1/deals", new("licence", cast.owner_party)).await.pointers(), ["/seeker"]);
        assert_eq!(seeker.post("/api/v1/deals", new("licence", cast.seeker_party)).await.status, 403);
        let draft = json!({"party": cast.owner_party, "content": technology("Bản nháp")});
        let draft = owner.post("/api/v1/technologies", draft).await.expect(201)["id"].clone();
        assert_eq!(owner.post("/api/v1/deals", json!({"kind": "licence", "listing": draft})).await.pointers(), ["/listing"]);

        // It ends; then nothing is offered any more.
        let seen = deal.version(seeker).await;
        seeker.post_at(&steps, seen, json!({"to": "lost", "reason": "price"})).await.expect(200);
        let ended = owner.get(&deal.path).await.expect(200);
        assert_eq!((&ended["is_open"], &ended["lost_reason"], &ended["due_on"]), (&json!(false), &json!("price"), &Value::Null));
        assert_eq!(deal.post(owner, "offers", json!({"terms": terms(300)})).await.status, 409);
        assert_eq!(owner.get("/api/v1/deals?ended=true").await.expect(200)["total"], 1);
        assert_eq!(owner.get("/api/v1/deals").await.expect(200)["total"], 0);
        site.stop().await;
    })
    .await;
}

/// The notices of an account, by kind, with how many each has.
async fn told(site: &Site, account: AccountId) -> Vec<(String, usize)> {
    let actor = base::Actor { capacity: base::Capacity::Person(account), ..base::Actor::anonymous(base::Lang::Vi) };
    let page = accounts::notices::list(&site.app.accounts, &actor, false, base::Limit::new(100).unwrap(), None).await.unwrap();
    let mut counted = std::collections::BTreeMap::new();
    for notice in page.items {
        assert!(notice.about_kind == "handover" || notice.facts["code"].is_string(), "{notice:?}");
        *counted.entry(notice.kind.to_string()).or_insert(0) += 1;
    }
    counted.into_iter().collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_board_shows_what_is_overdue_first_and_a_brokers_work_goes_to_another() {
    on_every_database(async |site: Site| {
        let cast = Cast::make(&site, "c").await;
        // Whoever is away for days signs in again.
        let again = async |name: &str| site.visitor().sign_in(&format!("c-{name}@example.org"), PASSWORD).await;
        let clerk_id = site.account("c-clerk", &[]).await.1;
        site.member(cast.seeker_party, clerk_id, PartyRole::Editor).await;
        let first = cast.deal("licence").await;
        let late = cast.deal("technical_service").await;
        site.clock.advance(TimeDelta::days(3));
        let (broker, owner) = (&again("broker").await, &again("owner").await);
        let cast = Cast { broker: broker.clone(), ..cast };
        let early = cast.deal("assignment").await;
        first.go(broker, "introduced").await.expect(200);
        let task = first.post(owner, "tasks", json!({"title": "Gửi ảnh", "whose": "seeker", "due_on": "2026-11-29"})).await.expect(201);
        first.post(broker, "messages", json!({"text": "Xin gửi ảnh trước."})).await.expect(201);

        let board = broker.get("/api/v1/deal-board").await.expect(200);
        let column = |board: &Value, stage: &str| board["items"].as_array().unwrap().iter().find(|c| c["stage"] == stage).unwrap().clone();
        let ids = |column: &Value| {
            column["items"].as_array().unwrap().iter().map(|d| format!("/api/v1/deals/{}", d["id"].as_str().unwrap())).collect::<Vec<_>>()
        };
        let qualified = column(&board, "qualified");
        assert_eq!((qualified["total"].as_u64(), ids(&qualified)), (Some(2), vec![late.path.clone(), early.path.clone()]));
        assert_eq!(column(&board, "introduced")["total"], 1);
        assert_eq!(owner.get("/api/v1/deal-board").await.status, 403);
        let page = broker.get("/api/v1/deals?limit=1").await.expect(200);
        assert_eq!((page["total"].as_u64(), page["items"][0]["code"].as_str()), (Some(3), Some("GD-2026-000002")));
        let rest = broker.get(&format!("/api/v1/deals?cursor={}", page["next"].as_str().unwrap())).await.expect(200);
        assert_eq!(rest["items"].as_array().unwrap().len(), 2);

        // Nobody is told of what they did themselves; the clock tells of what is due, once.
        assert_eq!(told(&site, clerk_id).await, [("deal_message".to_owned(), 1), ("deal_moved".to_owned(), 4)]);
        assert_eq!(told(&site, cast.broker_id).await, []);
        site.clock.advance(TimeDelta::days(20));
        brokering::deals::tick(&site.app.brokering).await.unwrap();
        brokering::deals::tick(&site.app.brokering).await.unwrap();
        let (broker, clerk) = (&again("broker").await, again("clerk").await);
        assert!(told(&site, clerk_id).await.contains(&("task_due".to_owned(), 1)));
        assert_eq!(told(&site, cast.broker_id).await, [("task_due".to_owned(), 3)], "each deal has stood too long");
        assert_eq!(broker.get("/api/v1/deals?overdue=true").await.expect(200)["total"], 3);
        let done = format!("tasks/{}/done", task["id"].as_str().unwrap());
        first.post(&clerk, &done, Value::Null).await.expect(200);
        assert_eq!(first.post(&clerk, &done, Value::Null).await.status, 409);

        // All of a broker's work goes to another, who has yet to state their interests.
        first.put(broker, "brokers/statement", json!({"statement": "Không có."})).await.expect(200);
        let (next, next_id) = site.account("c-next", &[StaffRole::Broker]).await;
        let wish = json!({"from": cast.broker_id, "to": next_id});
        assert_eq!(next.post("/api/v1/staff/handover", wish.clone()).await.status, 403);
        assert_eq!(broker.post("/api/v1/staff/handover", json!({"from": cast.broker_id, "to": clerk_id})).await.pointers(), ["/to"]);
        let administrator = site.staff("c-administrator", &[StaffRole::Administrator]).await;
        assert_eq!(administrator.post("/api/v1/staff/handover", wish).await.expect(200)["deals"], 3);
        assert_eq!(broker.get(&first.path).await.status, 404);
        let view = next.get(&first.path).await.expect(200);
        assert_eq!((&view["brokers"][0]["account"], &view["brokers"][0]["stated_at"]), (&json!(next_id), &Value::Null));
        assert_eq!(told(&site, next_id).await, [("consent_asked".to_owned(), 1)], "once for all of them");
        let notices = next.get("/en/my/notices").await.text;
        assert!(notices.contains("Deals were handed over to you"), "{notices}");
        let all = administrator.get("/api/v1/deal-board").await.expect(200);
        assert_eq!(column(&all, "qualified")["total"], 2);
        site.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_need_is_answered_by_a_deal_in_which_the_one_who_needs_is_the_seeker() {
    on_every_database(async |site: Site| {
        let cast = Cast::make(&site, "d").await;
        let moderator = site.staff("d-moderator-2", &[StaffRole::Moderator]).await;
        let mut wanted = Vec::new();
        for anonymity in ["named", "hidden"] {
            let mut content = crate::main_job::need();
            content["anonymity"] = json!(anonymity);
            let made = cast.seeker.post("/api/v1/needs", json!({"party": cast.seeker_party, "content": content})).await.expect(201);
            let id = made["id"].as_str().unwrap().to_owned();
            let steps = format!("/api/v1/listings/{id}/transitions");
            let seen = cast.seeker.post_at(&steps, 1, json!({"step": "submit"})).await.expect(200)["version"].as_i64().unwrap();
            publish(&moderator, &id, seen).await;
            wanted.push(id);
        }
        let open = |need: &str| json!({"kind": "licence", "listing": need, "owner": cast.owner_party});
        assert_eq!(cast.broker.post("/api/v1/deals", json!({"kind": "licence", "listing": wanted[0]})).await.pointers(), ["/owner"]);
        for (need, seekers) in [(&wanted[0], 1), (&wanted[1], 0)] {
            let made = cast.broker.post("/api/v1/deals", open(need)).await.expect(201);
            let view = cast.owner.get(&format!("/api/v1/deals/{}", made["id"].as_str().unwrap())).await.expect(200);
            let named = view["parties"].as_array().unwrap().iter().filter(|p| p["role"] == "seeker").count();
            assert_eq!(named, seekers, "who hides is named only when the broker says so: {view}");
        }
        site.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_running_deal_keeps_the_pipeline_it_started_with() {
    on_every_database(async |site: Site| {
        let cast = Cast::make(&site, "e").await;
        let old = cast.deal("licence").await;
        // The next version of the kind has one stage less.
        let mut all = (*site.app.brokering.pipelines).clone();
        let mut next = all.get("licence", 1).unwrap().clone();
        next.version = 2;
        next.stages.retain(|stage| stage.code != "evaluation");
        next.stages.iter_mut().for_each(|stage| stage.to.retain(|way| way.stage != "evaluation"));
        all.insert(next);
        let newer = brokering::Brokering { pipelines: std::sync::Arc::new(all), ..site.app.brokering.clone() };
        let new = brokering::deals::NewDeal {
            kind: "licence".to_owned(),
            listing: cast.listing.parse().unwrap(),
            objects: Vec::new(),
            title: "Máy sấy mới".to_owned(),
            owner: None,
            seeker: Some(cast.seeker_party),
            interest: None,
        };
        let new = brokering::deals::open(&newer, store::Ctx::system(), new).await.unwrap().id;
        let shown = async |id: base::DealId| {
            let view = brokering::deals::show(&newer, &base::Actor::system(), id).await.unwrap();
            (view.pipeline_version, view.stages.iter().any(|s| s.code == "evaluation"))
        };
        let old = old.path.rsplit('/').next().unwrap().parse().unwrap();
        assert_eq!((shown(old).await, shown(new).await), ((1, true), (2, false)));
        site.stop().await;
    })
    .await;
}
