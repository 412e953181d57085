//! What is planted: a word of its own in every kind of private text, and who may read it.

use std::collections::BTreeMap;
use std::sync::Arc;

use base::{PartyId, PartyRole, StaffRole};
use chrono::TimeDelta;
use reqwest::Method;
use serde_json::{Value, json};

use super::Who::{
    Administrator, Analyst, Anonymous, Broker, CoOwner, CoSeeker, Expired, Former, Hidden, Holder, Moderator, Neighbour, OtherBroker,
    Outsider, Owner, ReadToken, Registrar, Replaced, Suspended, Viewer, Waiting,
};
use super::{Canaries, HIDDEN_PARTY, HIDDEN_PERSON, Known, Readers, Who};
use crate::deals::{Deal, complete};
use crate::disclosures::{Room, pdf};
use crate::documents::{hand_in_marked, name_readers};
use crate::main_job::{need, technology};
use crate::site::{Answer, Client, PASSWORD, Site};

/// Those who read what one's own party keeps to itself.
const TEAM: Readers = &[Owner, ReadToken, Viewer];
/// The persons among those in a deal: what its documents hold is not for programs.
const PERSONS: Readers = &[Owner, Viewer, CoOwner, CoSeeker, Neighbour, Holder, Waiting, Former, Expired, Broker];
/// Of a document that the owner marked as confidential its own people.
const OWN_PERSONS: Readers = &[Owner, Viewer];
/// Of one whose readers the owner named: its own people, and whom it named.
const NAMED: Readers = &[Owner, ReadToken, Viewer, Holder];
/// The persons among these.
const NAMED_PERSONS: Readers = &[Owner, Viewer, Holder];
/// Those in a deal: both sides and its broker.
const SIDES: Readers = &[Owner, ReadToken, Viewer, CoOwner, CoSeeker, Neighbour, Holder, Waiting, Former, Expired, Broker];
/// Those who know that there is a deal: administrators as well.
const KNOWN_DEAL: Readers =
    &[Owner, ReadToken, Viewer, CoOwner, CoSeeker, Neighbour, Holder, Waiting, Former, Expired, Broker, Administrator];
/// Those in a deal that the two parties have to themselves.
const TWO_SIDES: Readers = &[Owner, ReadToken, Viewer, Neighbour, Holder, Waiting, Former, Expired, Broker];
/// Those who know that there is one.
const KNOWN_STORY: Readers = &[Owner, ReadToken, Viewer, Neighbour, Holder, Waiting, Former, Expired, Broker, Administrator];
/// Those who read an interest: both sides and the desk.
const INTERESTED: Readers = &[Owner, ReadToken, Viewer, Neighbour, Holder, Waiting, Former, Expired, Broker, OtherBroker, Administrator];
/// Those who read what a broker adds to an interest: not its seeker.
const CONTEXT: Readers = &[Owner, ReadToken, Viewer, Broker, OtherBroker, Administrator];

/// Everything that was planted, and the people.
pub(super) struct Planted {
    /// What the people ask.
    pub pipeline: axum::Router,
    pub canaries: Arc<Canaries>,
    pub known: Known,
    pub people: BTreeMap<Who, Client>,
    pub room: Room,
}

async fn id_of(answer: Answer) -> String {
    answer.expect(201)["id"].as_str().unwrap().to_owned()
}

/// Plants every kind of private text there is.
pub(super) async fn plant(site: &Site) -> Planted {
    let mut canaries = Canaries::default();
    let mut room = Room::make(site).await;
    let mut known = Known::default();
    known.add("listing", &room.listing);
    for party in [room.party, room.reader_party] {
        known.add("party", party);
    }

    // People. Whoever may know of nothing is there as well.
    // One to whom it is open until the end of this day, which is then over: sessions made before are too.
    let (expired, account) = site.account(&Expired.name(), &[]).await;
    site.member(room.reader_party, account, PartyRole::Editor).await;
    let purpose = canaries.word("purpose to expired", &[Owner, ReadToken, Expired]);
    let today = site.app.clock().today().to_string();
    let body = json!({"party": room.reader_party, "email": "expired@example.org", "purpose": purpose, "expires_on": today});
    let id = id_of(room.owner.post(&room.at("disclosures"), body).await).await;
    accept_and_open(&expired, &id).await;
    known.add("disclosure", id);
    site.clock.advance(TimeDelta::hours(13));
    room.owner = site.visitor().sign_in("owner@example.org", PASSWORD).await;
    room.reader = site.visitor().sign_in("reader@example.org", PASSWORD).await;
    room.moderator = site.visitor().sign_in("moderator@example.org", PASSWORD).await;
    let mut people = BTreeMap::from([(Anonymous, site.visitor()), (Moderator, room.moderator.clone())]);
    people.insert(Expired, site.visitor().sign_in("expired@example.org", PASSWORD).await);
    for (who, role) in [
        (Broker, StaffRole::Broker),
        (OtherBroker, StaffRole::Broker),
        (Registrar, StaffRole::Registrar),
        (Analyst, StaffRole::Analyst),
        (Administrator, StaffRole::Administrator),
    ] {
        let (client, account) = site.account(&who.name(), &[role]).await;
        known.add("account", account);
        people.insert(who, client);
    }
    let outsider = site.person("outsider").await;
    site.party(&outsider, "Công ty Ngoài Cuộc", "enterprise").await;
    people.insert(Outsider, outsider);
    let mut beside = BTreeMap::new();
    for (who, name) in [(CoOwner, "Trại Giống Dừa"), (CoSeeker, "Công ty Cùng Mua"), (Replaced, "Công ty Đến Trước")] {
        let client = site.person(&who.name()).await;
        beside.insert(who, site.party(&client, name, "enterprise").await);
        people.insert(who, client);
    }
    for (who, party, role) in [
        (Neighbour, room.reader_party, PartyRole::Admin),
        (Waiting, room.reader_party, PartyRole::Editor),
        (Former, room.reader_party, PartyRole::Editor),
        (Viewer, room.party, PartyRole::Viewer),
        (Suspended, room.party, PartyRole::Editor),
    ] {
        let (client, account) = site.account(&who.name(), &[]).await;
        site.member(party, account, role).await;
        people.insert(who, client);
    }
    people.insert(Holder, room.reader.clone());
    people.insert(Owner, room.owner.clone());
    people.insert(ReadToken, room.owner.clone().with_token(site, &["read"]).await);
    let members = room.owner.get(&format!("/api/v1/parties/{}/memberships", room.party)).await.expect(200);
    let suspended = members["items"].as_array().unwrap().iter().find(|m| m["email"] == "suspended@example.org").unwrap();
    let steps = format!("/api/v1/memberships/{}/transitions", suspended["id"].as_str().unwrap());
    room.owner.post(&steps, json!({"step": "suspend"})).await.expect(200);

    // What is confided of a listing: text, names and contents of files, the purpose of each disclosure.
    const CONFIDED: Readers = &[Owner, Holder];
    room.confide(json!({
        "know_how": canaries.word("know-how", CONFIDED),
        "process_parameters": canaries.word("process parameters", CONFIDED),
        "cost_structure": canaries.word("cost structure", CONFIDED),
        "other": canaries.word("other confided", CONFIDED),
    }))
    .await;
    let name = format!("{}.pdf", canaries.word("name of a pdf", CONFIDED));
    // Its owner has the file; the space gives it to readers alone.
    let page = canaries.word("page of a pdf", &[Holder]);
    known.files.push(room.hand_in(&name, &pdf(&[&page, "two"])).await);
    let name = format!("{}.txt", canaries.word("name of a text file", CONFIDED));
    let line = canaries.word("text file", &[Holder]);
    known.files.push(room.hand_in(&name, line.as_bytes()).await);
    let mut grants = Vec::new();
    for (who, purpose, readers) in [
        ("waiting", "purpose to waiting", &[Owner, ReadToken, Waiting] as Readers),
        ("former", "purpose to former", &[Owner, ReadToken, Former]),
        ("reader", "purpose to holder", &[Owner, ReadToken, Holder]),
    ] {
        let purpose = canaries.word(purpose, readers);
        let body = json!({
            "party": room.reader_party, "email": format!("{who}@example.org"), "purpose": purpose, "expires_on": "2027-06-30",
        });
        grants.push(id_of(room.owner.post(&room.at("disclosures"), body).await).await);
    }
    for (id, client) in [(&grants[1], &people[&Former]), (&grants[2], &room.reader)] {
        accept_and_open(client, id).await;
    }
    room.owner.post(&format!("/api/v1/disclosures/{}/revoke", grants[1]), Value::Null).await.expect(200);
    grants.into_iter().for_each(|id| known.add("disclosure", id));
    // Why an administrator broke the glass: for the owner, in the ledger.
    let reason = canaries.word("reason to break the glass", &[Owner]);
    let glass = json!({"reason": format!("Yêu cầu của tòa án, công văn số {reason}")});
    people[&Administrator].post(&room.at("break-glass"), glass).await.expect(200);

    // Private terms: members and the staff member responsible.
    let note = json!({"note": canaries.word("private terms", TEAM)});
    room.owner.put_at(&room.at("private-terms"), 0, note).await.expect(200);
    let wanted = id_of(room.owner.post("/api/v1/needs", json!({"party": room.party, "content": need()})).await).await;
    let steps = format!("/api/v1/listings/{wanted}/transitions");
    let seen = room.owner.post_at(&steps, 1, json!({"step": "submit"})).await.expect(200)["version"].as_i64().unwrap();
    let seen = crate::main_job::publish(&room.moderator, &wanted, seen).await;
    let broker = account_of(&people[&Broker]).await;
    let care = json!({"responsible": broker, "next_action_on": "2027-01-15"});
    room.owner.put_at(&format!("/api/v1/listings/{wanted}/care"), seen, care).await.expect(200);
    const KEEPERS: Readers = &[Owner, ReadToken, Viewer, Broker];
    let terms = json!({
        "note": canaries.word("private terms of a need", KEEPERS),
        "intake": {
            "by": canaries.word("intake of a need", KEEPERS),
            "contact": canaries.word("contact of a need", KEEPERS),
            "consent_by": canaries.word("consent to a need", KEEPERS),
        },
    });
    room.owner.put_at(&format!("/api/v1/listings/{wanted}/private-terms"), 0, terms).await.expect(200);

    // What one side writes to the other: in an interest, and in the deal that a broker leads.
    plant_in_an_interest(&mut canaries, &mut known, &people, &room).await;
    plant_in_a_deal(&mut canaries, &mut known, &people, &room, &beside).await;
    plant_after_another_seeker(&mut canaries, &mut known, &people, &room, beside[&Replaced]).await;

    let hidden = plant_who_hides(site, &mut canaries, &mut known, &people, &room).await;
    people.insert(Hidden, hidden);

    // What the owner looks for, and follows: a feed of each, which is read by whoever has its address.
    for search in [json!({"name": "Máy sấy", "query": "q=dua", "when": "off"}), json!({"name": "Nhu cầu", "need": wanted, "when": "off"})]
    {
        let kept = room.owner.post("/api/v1/saved-searches", search).await.expect(201);
        known.feeds.push(kept["feed"].as_str().unwrap().rsplit('/').next().unwrap().to_owned());
    }
    known.add("listing", wanted);

    // The story of a completed deal, before anybody consents to it.
    let deal = json!({"kind": "technical_service", "listing": room.listing, "seeker": room.reader_party});
    let deal = id_of(people[&Broker].post("/api/v1/deals", deal).await).await;
    complete(&Deal { path: format!("/api/v1/deals/{deal}") }, &room.owner, &people[&Neighbour], &people[&Broker]).await;
    let story = json!({
        // So long that the word is not in its address.
        "title": {"vi": format!("{} {}", "Sấy nhanh gấp ba ".repeat(6), canaries.word("title of a story", KNOWN_STORY))},
        "summary": {"vi": canaries.word("summary of a story", KNOWN_STORY)},
        "body": {"vi": canaries.word("story", KNOWN_STORY)},
    });
    room.owner.put_at(&format!("/api/v1/deals/{deal}/story"), 0, story).await.expect(200);
    known.add("deal", deal);

    // What people say of themselves as experts: one who has not consented so far, one who took the consent back.
    for (who, place, is_withdrawn) in [(Neighbour, "expert draft", false), (Waiting, "expert withdrawn", true)] {
        let (client, what) = (&people[&who], canaries.word(place, if is_withdrawn { &[Waiting] } else { &[Neighbour] }));
        let able = json!({"what": {"vi": what}, "evidence": {"vi": "Mười năm"}, "field": "21101"});
        let profile = json!({"name": format!("Lê Thị {place}"), "expertise": [able]});
        let saved = client.put_at("/api/v1/experts/me", 0, profile).await.expect(200);
        if is_withdrawn {
            let publication = "/api/v1/experts/me/publication";
            client.post_at(publication, 1, json!({"consent": accounts::experts::CONSENT})).await.expect(200);
            client.send(Method::DELETE, publication, None).await.expect(200);
        }
        known.add("expert", saved["id"].as_str().unwrap());
        known.slugs.push(saved["slug"].as_str().unwrap().to_owned());
    }

    // Drafts, and a revision that was not handed in.
    // So long that the word is not in its address: an error may well say which address was asked for.
    let title = format!("{} {}", "Máy sấy cơm dừa ".repeat(6), canaries.word("title of a draft", TEAM));
    let mut draft = technology(&title);
    draft["summary"]["vi"] = json!(canaries.word("summary of a draft", TEAM));
    let draft = room.owner.post("/api/v1/technologies", json!({"party": room.party, "content": draft})).await.expect(201);
    known.add("listing", draft["id"].as_str().unwrap());
    known.slugs.push(draft["slug"].as_str().unwrap().to_owned());
    let path = format!("/api/v1/technologies/{}", room.listing);
    let view = room.owner.get(&path).await.expect(200);
    known.slugs.push(view["url"].as_str().unwrap().rsplit('/').next().unwrap().to_owned());
    known.codes.push(view["code"].as_str().unwrap().to_owned());
    let mut revised = technology("Máy sấy cơm dừa bơm nhiệt");
    revised["description"]["vi"] = json!(canaries.word("revision", TEAM));
    let seen = view["inside"]["version"].as_i64().unwrap();
    room.owner.put_at(&path, seen, json!({"content": revised})).await.expect(200);
    let pipeline = server::service(site.app.clone());
    let people = people.into_iter().map(|(who, client)| (who, client.through(&pipeline))).collect();
    Planted { pipeline, canaries: Arc::new(canaries), known, people, room }
}

/// Accepts the agreement and looks once.
async fn accept_and_open(reader: &Client, id: &str) {
    let one = format!("/api/v1/disclosures/{id}");
    let hash = reader.get(&one).await.expect(200)["nda"]["hash"].clone();
    reader.post(&format!("{one}/accept-nda"), json!({"nda_hash": hash})).await.expect(200);
    reader.get(&format!("{one}/content")).await.expect(200);
}

/// What is written in an interest of somebody who hides: by the seeker, by the owner, by a broker between them.
async fn plant_in_an_interest(canaries: &mut Canaries, known: &mut Known, people: &BTreeMap<Who, Client>, room: &Room) {
    let (owner, seeker) = (&people[&Owner], &people[&Neighbour]);
    let interest = json!({
        "party": room.reader_party, "anonymity": "hidden",
        "message": canaries.word("interest", INTERESTED),
        "intended_use": canaries.word("intended use", INTERESTED),
        "volume": canaries.word("volume of an interest", INTERESTED),
    });
    let id = id_of(seeker.post(&format!("/api/v1/technologies/{}/interests", room.listing), interest).await).await;
    let step = async |by: &Client, step: &str, body: Value| {
        let one = format!("/api/v1/interests/{id}");
        let seen = by.get(&one).await.expect(200)["version"].as_i64().unwrap();
        by.post_at(&format!("{one}/{step}"), seen, body).await.expect(200);
    };
    step(&people[&OtherBroker], "relay", json!({"text": canaries.word("context of an interest", CONTEXT)})).await;
    step(owner, "request-information", json!({"text": canaries.word("question", INTERESTED)})).await;
    step(seeker, "answer", json!({"text": canaries.word("answer", INTERESTED)})).await;
    step(owner, "decline", json!({"reason": "capacity", "text": canaries.word("decision", INTERESTED)})).await;
    known.add("interest", id);
}

/// Somebody who hides from the owner: in an interest that the owner accepted, and in the deal that the owner opened from it and a broker
/// took. What they and their party are called is read by themselves and by the staff, and by nobody of the owner's.
async fn plant_who_hides(site: &Site, canaries: &mut Canaries, known: &mut Known, people: &BTreeMap<Who, Client>, room: &Room) -> Client {
    let person = canaries.word(HIDDEN_PERSON, &[Hidden, Broker, OtherBroker, Administrator]);
    let party = canaries.word(HIDDEN_PARTY, &[Hidden, Broker, OtherBroker, Administrator, Moderator, Analyst]);
    let message = canaries.word("message of who hides", &[Owner, ReadToken, Viewer, Hidden, Broker, OtherBroker, Administrator]);
    let (client, account) = site.account_of(&Hidden.name(), &person, &[]).await;
    let party = site.party(&client, &party, "enterprise").await;
    known.add("account", account);
    known.add("party", party);
    let interest = json!({"party": party, "anonymity": "hidden", "message": message});
    let interest = id_of(client.post(&format!("/api/v1/technologies/{}/interests", room.listing), interest).await).await;
    let one = format!("/api/v1/interests/{interest}");
    let owner = &people[&Owner];
    let seen = owner.get(&one).await.expect(200)["version"].as_i64().unwrap();
    owner.post_at(&format!("{one}/accept"), seen, json!({})).await.expect(200);
    let deal = json!({"kind": "licence", "listing": room.listing, "interest": interest});
    let deal = id_of(owner.post("/api/v1/deals", deal).await).await;
    let statement = json!({"statement": "Không có lợi ích riêng."});
    people[&Broker].post_at(&format!("/api/v1/deals/{deal}/take"), 1, statement).await.expect(200);
    known.add("interest", interest);
    known.add("deal", deal);
    client
}

/// Every text that people write in a deal, with its documents.
async fn plant_in_a_deal(
    canaries: &mut Canaries,
    known: &mut Known,
    people: &BTreeMap<Who, Client>,
    room: &Room,
    beside: &BTreeMap<Who, PartyId>,
) {
    let (owner, seeker, broker) = (&people[&Owner], &people[&Neighbour], &people[&Broker]);
    let title = canaries.word("title of a deal", KNOWN_DEAL);
    let new = json!({"kind": "licence", "listing": room.listing, "seeker": room.reader_party, "title": title});
    let id = id_of(broker.post("/api/v1/deals", new).await).await;
    let deal = Deal { path: format!("/api/v1/deals/{id}") };
    let in_it = [(room.party, "owner"), (room.reader_party, "seeker"), (beside[&CoOwner], "co_owner"), (beside[&CoSeeker], "co_seeker")];
    let in_it: Vec<Value> = in_it.iter().map(|(party, role)| json!({"party": party, "role": role})).collect();
    deal.put(broker, "parties", json!({ "parties": in_it })).await.expect(200);
    let vnd = |minor: i64| json!({"minor": minor, "currency": "VND"});
    let contract = json!({
        "number": canaries.word("contract number", SIDES), "value": vnd(300_000_000), "signed_on": "2026-06-30",
        "registration_number": canaries.word("registration number", SIDES), "registered_on": "2026-11-24",
        "reason": canaries.word("reason of a contract", SIDES),
    });
    deal.put(owner, "contract", contract).await.expect(200);
    for (by, part, body) in [
        (owner, "messages", json!({"text": canaries.word("message in a deal", SIDES)})),
        (
            owner,
            "meetings",
            json!({
                "held_on": "2026-11-20", "place": canaries.word("place of a meeting", SIDES),
                "minutes": canaries.word("minutes of a meeting", SIDES),
            }),
        ),
        (seeker, "tasks", json!({"title": canaries.word("title of a task", SIDES), "whose": "owner", "due_on": "2026-11-26"})),
        (broker, "milestones", json!({"title": canaries.word("title of a milestone", SIDES), "due_on": "2026-11-26"})),
        (owner, "papers", json!({"kind": "nda", "dated_on": "2026-11-20", "reference": canaries.word("reference of a paper", SIDES)})),
        (
            seeker,
            "offers",
            json!({"terms": {
                "lump_sum": vnd(300_000_000),
                "field_of_use": canaries.word("field of use", SIDES),
                "cross_licence": canaries.word("cross licence", SIDES),
                "note": canaries.word("note of an offer", SIDES),
                "milestones": [{"title": canaries.word("milestone of an offer", SIDES), "amount": vnd(1)}],
            }}),
        ),
        (
            seeker,
            "payments",
            json!({
                "kind": "lump_sum", "amount": vnd(300_000_000), "due_on": "2026-12-31",
                "note": canaries.word("note of a payment", SIDES),
            }),
        ),
        (
            seeker,
            "reports",
            json!({"year": 2026, "half": 1, "sales": vnd(9), "royalty": vnd(3), "note": canaries.word("note of a report", SIDES)}),
        ),
    ] {
        deal.post(by, part, body).await.expect(201);
    }
    let statement = json!({"statement": canaries.word("statement of a broker", SIDES)});
    deal.put(broker, "brokers/statement", statement).await.expect(200);
    let outcome = json!({"jobs": 3, "note": canaries.word("note of an outcome", SIDES)});
    deal.put(broker, "outcome", outcome).await.expect(200);
    // Its documents: names and what is in them.
    let documents = format!("{}/documents", deal.path);
    let name = format!("{}.txt", canaries.word("name of a deal document", SIDES));
    let line = canaries.word("content of a deal document", PERSONS);
    known.files.push(id_of(owner.hand_in(&documents, &name, line.as_bytes()).await).await);
    let name = format!("{}.txt", canaries.word("name of a confidential deal document", TEAM));
    let line = canaries.word("content of a confidential deal document", OWN_PERSONS);
    known.files.push(id_of(hand_in_marked(owner, &documents, "true", &name, &line).await).await);
    // One that is opened to one of the others, who accepted the agreement.
    let name = format!("{}.txt", canaries.word("name of a granted deal document", NAMED));
    let line = canaries.word("content of a granted deal document", NAMED_PERSONS);
    let granted = id_of(hand_in_marked(owner, &documents, "true", &name, &line).await).await;
    name_readers(owner, &format!("{documents}/{granted}"), &[(Holder.name().as_str(), "2027-11-24")]).await.expect(200);
    let hash = people[&Holder].get(&format!("{}/nda", deal.path)).await.expect(200)["nda"]["hash"].clone();
    for who in [Holder, CoOwner, CoSeeker] {
        people[&who].post(&format!("{}/accept-nda", deal.path), json!({"nda_hash": hash})).await.expect(200);
    }
    known.files.push(granted);
    let page = canaries.word("page of a deal document", PERSONS);
    known.files.push(id_of(seeker.hand_in(&documents, "plan.pdf", &pdf(&[&page])).await).await);
    known.add("deal", id);
}

/// What is written in a deal once another party took the place of the seeker it was opened with.
async fn plant_after_another_seeker(
    canaries: &mut Canaries,
    known: &mut Known,
    people: &BTreeMap<Who, Client>,
    room: &Room,
    before: PartyId,
) {
    let new = json!({"kind": "licence", "listing": room.listing, "seeker": before});
    let id = id_of(people[&Broker].post("/api/v1/deals", new).await).await;
    let deal = Deal { path: format!("/api/v1/deals/{id}") };
    let parties = json!({"parties": [{"party": room.party, "role": "owner"}, {"party": room.reader_party, "role": "seeker"}]});
    deal.put(&people[&Broker], "parties", parties).await.expect(200);
    let text = canaries.word("message after another seeker", TWO_SIDES);
    deal.post(&people[&Owner], "messages", json!({ "text": text })).await.expect(201);
    known.add("deal", id);
}

async fn account_of(client: &Client) -> String {
    client.get("/api/v1/accounts/me").await.expect(200)["id"].as_str().unwrap().to_owned()
}
