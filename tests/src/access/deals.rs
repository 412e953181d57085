//! What is asked about deals: of one that somebody else of the staff brokers, and of one that the broker of the table brokers.
//! The party concerned gives; who takes is a third party.

use serde_json::{Value, json};

use super::{Ask, Who, World};
use crate::documents::hand_in_marked;

/// What each operation is tried on; none for what is no operation of deals.
pub fn cases(operation: &str) -> &'static [&'static str] {
    match operation {
        "listPipelines" => &["public"],
        "listDeals" | "getDealBoard" | "planHandover" | "handOverDeals" => &["own"],
        "openDeal" => &["listing"],
        "takeDeal" => &["own", "brokered"],
        "getDeal"
        | "moveDeal"
        | "setDealParties"
        | "setDealObjects"
        | "setDealBrokers"
        | "stateInterests"
        | "setLegalFacts"
        | "recordContract"
        | "recordOutcome"
        | "listDealMessages"
        | "sendDealMessage"
        | "listOffers"
        | "makeOffer"
        | "acceptOffer"
        | "withdrawOffer"
        | "setDealTask"
        | "finishDealTask"
        | "noteMeeting"
        | "notePaper"
        | "setMilestone"
        | "reachMilestone"
        | "notePayment"
        | "payPayment"
        | "fileReport"
        | "takeBackTask"
        | "takeBackMeeting"
        | "takeBackMilestone"
        | "takeBackPayment"
        | "takeBackReport"
        | "getDealNda"
        | "acceptDealNda"
        | "listDealRecords"
        | "listDealDocuments"
        | "listDealDocumentViews"
        | "addDealDocument"
        | "openDealDocument"
        | "listDealDocumentReaders"
        | "setDealDocumentReaders"
        | "removeDealDocument" => &["deal", "brokered"],
        _ => &[],
    }
}

/// A new deal; gives id and version.
async fn deal(world: &World<'_>, case: &str) -> (String, i64) {
    let made = if case == "own" {
        world.owner.post("/api/v1/deals", json!({"kind": "licence", "listing": world.technology})).await.expect(201)
    } else {
        let new = json!({"kind": "licence", "listing": world.technology, "seeker": world.seeker_party});
        world.leader.post("/api/v1/deals", new).await.expect(201)
    };
    let id = made["id"].as_str().unwrap().to_owned();
    if case == "deal" || case == "own" {
        return (id, 1);
    }
    let brokers = json!({"brokers": [{"account": world.accounts[&Who::Broker], "share_bp": 10_000}]});
    let set = world.manager.put_at(&format!("/api/v1/deals/{id}/brokers"), 1, brokers).await.expect(200);
    (id, set["version"].as_i64().unwrap())
}

/// Adds something to a deal; gives its id. Whoever offers says what they saw; the others do not mind.
async fn added(by: &crate::site::Client, id: &str, part: &str, body: Value) -> String {
    let path = format!("/api/v1/deals/{id}");
    let seen = by.get(&path).await.expect(200)["version"].as_i64().unwrap();
    by.post_at(&format!("{path}/{part}"), seen, body).await.expect(201)["id"].as_str().unwrap().to_owned()
}

/// Records that the contract of a deal was signed.
async fn sign(by: &crate::site::Client, id: &str, seen: i64) {
    by.put_at(&format!("/api/v1/deals/{id}/contract"), seen, json!({"signed_on": "2025-06-02"})).await.expect(200);
}

pub async fn ask(world: &World<'_>, operation: &str, case: &str, who: Who) -> Ask {
    let by = Ask::by(&world.clients[&who]);
    let vnd = |minor: i64| json!({"minor": minor, "currency": "VND"});
    let terms = || json!({"lump_sum": vnd(300_000_000)});
    match operation {
        "listPipelines" | "listDeals" | "getDealBoard" => return by,
        "openDeal" => return by.body(json!({"kind": "licence", "listing": world.technology})),
        "planHandover" => {
            let next = world.once(Who::Broker).await.account.unwrap();
            return by.query(format!("?from={}&to={next}", world.accounts[&Who::Broker]));
        }
        "handOverDeals" => {
            let next = world.once(Who::Broker).await.account.unwrap();
            return by.body(json!({"from": world.accounts[&Who::Broker], "to": next}));
        }
        _ => {}
    }
    let (id, seen) = deal(world, case).await;
    let by = by.at(&id);
    if matches!(operation, "notePayment" | "payPayment" | "fileReport" | "takeBackPayment" | "takeBackReport") {
        sign(&world.owner, &id, seen).await;
    }
    match operation {
        "getDeal"
        | "getDealNda"
        | "listDealRecords"
        | "listDealMessages"
        | "listOffers"
        | "listDealDocuments"
        | "listDealDocumentViews" => by,
        "addDealDocument" => {
            let head = "--xxx\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.txt\"\r\n\r\n";
            Ask { form: Some(format!("{head}Biên bản\r\n--xxx--\r\n")), ..by }
        }
        "openDealDocument" | "removeDealDocument" => {
            let path = format!("/api/v1/deals/{id}/documents");
            let added = world.owner.hand_in(&path, "a.txt", "Biên bản".as_bytes()).await.expect(201);
            by.at(added["id"].as_str().unwrap())
        }
        "listDealDocumentReaders" | "setDealDocumentReaders" => {
            let path = format!("/api/v1/deals/{id}/documents");
            let marked = hand_in_marked(&world.owner, &path, "true", "a.txt", "Biên bản").await.expect(201);
            let by = by.at(marked["id"].as_str().unwrap());
            if operation == "listDealDocumentReaders" { by } else { by.seen(1).body(json!({"readers": []})) }
        }
        "moveDeal" => by.seen(seen).body(json!({"to": "lost", "reason": "price"})),
        "setDealParties" => {
            let parties = json!([{"party": world.small, "role": "owner"}, {"party": world.seeker_party, "role": "seeker"}]);
            by.seen(seen).body(json!({ "parties": parties }))
        }
        "setDealObjects" => by.seen(seen).body(json!({"objects": []})),
        "setDealBrokers" => by.seen(seen).body(json!({"brokers": [{"account": world.accounts[&Who::Broker], "share_bp": 10_000}]})),
        "takeDeal" | "stateInterests" => by.seen(seen).body(json!({"statement": "Không có lợi ích riêng."})),
        "setLegalFacts" => by.seen(seen).body(json!({"direction": "domestic"})),
        "recordContract" => by.seen(seen).body(json!({"number": "1/2026"})),
        "recordOutcome" => by.seen(seen).body(json!({"jobs": 3})),
        "sendDealMessage" => by.body(json!({"text": "Xin chào."})),
        "makeOffer" => by.seen(seen).body(json!({"side": "owner", "terms": terms()})),
        "acceptOffer" => by.at(added(&world.seeker, &id, "offers", json!({"terms": terms()})).await),
        "withdrawOffer" => by.at(added(&world.owner, &id, "offers", json!({"terms": terms()})).await),
        "setDealTask" => by.body(json!({"title": "Gửi ảnh", "whose": "owner", "due_on": "2026-12-10"})),
        "finishDealTask" => {
            let task = json!({"title": "Gửi ảnh", "whose": "owner", "due_on": "2026-12-10"});
            by.at(added(&world.owner, &id, "tasks", task).await)
        }
        "noteMeeting" => by.body(json!({"held_on": "2026-11-20"})),
        "notePaper" => by.seen(seen).body(json!({"kind": "nda", "dated_on": "2026-11-20"})),
        "setMilestone" => by.body(json!({"title": "Lắp xong", "due_on": "2027-01-31"})),
        "reachMilestone" => {
            let milestone = added(&world.owner, &id, "milestones", json!({"title": "Lắp xong", "due_on": "2027-01-31"})).await;
            by.at(milestone).body(json!({"on": "2026-11-20"}))
        }
        "notePayment" => by.body(json!({"kind": "lump_sum", "amount": vnd(1), "due_on": "2026-12-31"})),
        "payPayment" => {
            let payment = json!({"kind": "lump_sum", "amount": vnd(1), "due_on": "2026-12-31"});
            by.at(added(&world.owner, &id, "payments", payment).await).body(json!({"on": "2026-11-20"}))
        }
        "fileReport" => by.body(json!({"year": 2025, "half": 2, "sales": vnd(1), "royalty": vnd(1)})),
        "acceptDealNda" => {
            let hash = world.owner.get(&format!("/api/v1/deals/{id}/nda")).await.expect(200)["nda"]["hash"].clone();
            by.body(json!({"nda_hash": hash}))
        }
        "takeBackTask" => {
            let task = json!({"title": "Gửi ảnh", "whose": "owner", "due_on": "2026-12-10"});
            by.at(added(&world.owner, &id, "tasks", task).await)
        }
        "takeBackMeeting" => by.at(added(&world.owner, &id, "meetings", json!({"held_on": "2026-11-20"})).await),
        "takeBackMilestone" => by.at(added(&world.owner, &id, "milestones", json!({"title": "Lắp xong", "due_on": "2027-01-31"})).await),
        "takeBackPayment" => {
            by.at(added(&world.owner, &id, "payments", json!({"kind": "lump_sum", "amount": vnd(1), "due_on": "2026-12-31"})).await)
        }
        "takeBackReport" => {
            by.at(added(&world.owner, &id, "reports", json!({"year": 2025, "half": 2, "sales": vnd(1), "royalty": vnd(1)})).await)
        }
        other => panic!("no request is written for {other}"),
    }
}
