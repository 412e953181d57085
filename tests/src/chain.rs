//! The whole way, over HTTP: an interest becomes a deal, something is confided and opened, offers lead to a contract that is
//! registered, paid and delivered, a story tells of it with the consent of both sides, and the listing's history counts it.
//!
//! Each part has tests of its own (`interests`, `disclosures`, `deals`, `stories`); here they are one.

use base::StaffRole;
use serde_json::{Value, json};

use crate::deals::{CONTENTS, Cast, Deal, funded, terms, vnd};
use crate::disclosures::{drawn, pdf};
use crate::site::{Client, Site, on_every_database};

/// A step of an interest at the version it has.
async fn step(by: &Client, interest: &str, step: &str, body: Value) -> Value {
    let one = format!("/api/v1/interests/{interest}");
    let seen = by.get(&one).await.expect(200)["version"].as_i64().unwrap();
    by.post_at(&format!("{one}/{step}"), seen, body).await.expect(200)
}

/// What is confided of the listing is opened to the seeker, who accepts the agreement, reads the text and takes a file along.
async fn confide(cast: &Cast) -> String {
    let (owner, seeker) = (&cast.owner, &cast.seeker);
    let listing = format!("/api/v1/listings/{}", cast.listing);
    let secret = json!({"know_how": "Tỷ lệ enzym 0,4 %"});
    owner.put_at(&format!("{listing}/confidential"), 0, secret.clone()).await.expect(200);
    let file = owner.hand_in(&format!("{listing}/files"), "Quy trinh.pdf", &pdf(&["Buoc 1"])).await.expect(201)["id"].clone();
    let grant = json!({
        "party": cast.seeker_party, "email": "w-seeker@example.org", "purpose": "Thẩm định công nghệ", "expires_on": "2027-06-30",
    });
    let granted = owner.post(&format!("{listing}/disclosures"), grant).await.expect(201);
    let one = format!("/api/v1/disclosures/{}", granted["id"].as_str().unwrap());
    assert_eq!(seeker.get(&format!("{one}/content")).await.status, 403, "the agreement comes first");
    let hash = seeker.get(&one).await.expect(200)["nda"]["hash"].clone();
    assert_eq!(seeker.post(&format!("{one}/accept-nda"), json!({"nda_hash": hash})).await.expect(200)["state"], "accepted");
    let opened = seeker.get(&format!("{one}/content")).await.expect(200);
    assert_eq!((&opened["text"], &opened["files"][0]["id"]), (&secret, &file));
    let got = seeker.get(&format!("{one}/files/{}", file.as_str().unwrap())).await;
    let pages = drawn(&got.bytes);
    assert!(pages[0].contains("Buoc 1") && pages[0].contains("w-seeker"), "{pages:?}");
    assert_eq!(owner.get(&format!("{one}/views")).await.expect(200)["total"], 2);
    one.replace("/api/v1", "")
}

/// Offer, counter-offer, agreement.
async fn agree(deal: &Deal, cast: &Cast) {
    let first = deal.post(&cast.owner, "offers", json!({"terms": terms(500)})).await.expect(201);
    let counter = deal.post(&cast.seeker, "offers", json!({"terms": terms(300)})).await.expect(201);
    let accept = |offer: &Value| format!("offers/{}/accept", offer["id"].as_str().unwrap());
    assert_eq!(deal.post(&cast.seeker, &accept(&first), Value::Null).await.status, 409, "the counter-offer took its place");
    deal.post(&cast.owner, &accept(&counter), Value::Null).await.expect(200);
    let offers = cast.seeker.get(&format!("{}/offers", deal.path)).await.expect(200);
    assert_eq!((&offers["items"][0]["status"], &offers["items"][0]["terms"]["royalty"]["rate_bp"]), (&json!("accepted"), &json!(300)));
}

/// Signed, registered, delivered, paid.
async fn fulfil(deal: &Deal, cast: &Cast) {
    let (owner, seeker, broker) = (&cast.owner, &cast.seeker, &cast.broker);
    let mut contract = json!({"number": "12/2026", "value": vnd(800_000_000), "signed_on": "2026-11-24", "contents": CONTENTS});
    deal.put(owner, "contract", contract.clone()).await.expect(200);
    deal.post(broker, "papers", json!({"kind": "valuation", "dated_on": "2026-11-20"})).await.expect(201);
    deal.go(owner, "signed").await.expect(200);
    assert_eq!(owner.get(&deal.path).await.expect(200)["inside"]["legal"]["registration"], "required");
    assert_eq!(deal.go(owner, "delivering").await.status, 422, "not before it is registered");
    contract["registration_number"] = json!("45/GCN");
    contract["registered_on"] = json!("2026-11-24");
    deal.put(seeker, "contract", contract).await.expect(200);
    deal.go(seeker, "registered").await.expect(200);
    deal.go(owner, "delivering").await.expect(200);
    for amount in [100_000_000, 200_000_000] {
        let payment = json!({"kind": "lump_sum", "amount": vnd(amount), "due_on": "2026-12-31"});
        let payment = deal.post(seeker, "payments", payment).await.expect(201);
        deal.post(seeker, &format!("payments/{}/paid", payment["id"].as_str().unwrap()), json!({"on": "2026-11-24"})).await.expect(200);
    }
    deal.put(broker, "outcome", json!({"jobs": 12, "revenue": vnd(2_400_000_000)})).await.expect(200);
    deal.go(broker, "completed").await.expect(200);
}

/// A story that both sides consent to and a moderator publishes; gives its page.
async fn tell(site: &Site, deal: &Deal, cast: &Cast) -> String {
    let story = format!("{}/story", deal.path);
    let text = json!({
        "title": {"vi": "Sấy cơm dừa nhanh gấp ba"},
        "summary": {"vi": "Hợp tác xã rút thời gian sấy từ 14 còn 5 giờ."},
        "body": {"vi": "Hai bên cùng thử một vụ."},
        "listings": [cast.listing],
    });
    cast.seeker.put_at(&story, 0, text).await.expect(200);
    let moderator = site.staff("w-judge", &[StaffRole::Moderator]).await;
    for (by, party) in [(&cast.owner, cast.owner_party), (&cast.seeker, cast.seeker_party)] {
        assert_eq!(moderator.get(&story).await.status, 404, "not before both consent");
        let hash = by.get(&story).await.expect(200)["hash"].clone();
        by.post(&format!("{story}/consents"), json!({"party": party, "hash": hash})).await.expect(201);
    }
    let seen = moderator.get(&story).await.expect(200)["version"].as_i64().unwrap();
    moderator.post_at(&format!("{story}/publish"), seen, Value::Null).await.expect(200);
    cast.owner.get(&story).await.expect(200)["url"].as_str().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_interest_becomes_a_registered_contract_and_a_story_and_the_listing_counts_it() {
    on_every_database(async |site: Site| {
        let cast = Cast::make(&site, "w").await;
        let (owner, seeker, broker) = (&cast.owner, &cast.seeker, &cast.broker);

        // The interest, a question, yes.
        let interest = json!({
            "party": cast.seeker_party, "message": "Chúng tôi muốn lắp máy trước vụ tới.", "cooperation": "licence", "wants_nda": true,
        });
        let sent = seeker.post(&format!("/api/v1/technologies/{}/interests", cast.listing), interest).await.expect(201);
        let interest = sent["id"].as_str().unwrap();
        assert_eq!(owner.get(&format!("/api/v1/interests/{interest}")).await.expect(200)["status"], "read");
        step(owner, interest, "request-information", json!({"text": "Điện mấy pha?"})).await;
        step(seeker, interest, "answer", json!({"text": "Ba pha."})).await;
        assert_eq!(step(owner, interest, "accept", json!({"text": "Mời đến xem."})).await["status"], "accepted");

        // The deal: the interest's parties are in it, and a broker takes it.
        let new = json!({"kind": "licence", "listing": cast.listing, "interest": interest, "seeker": cast.seeker_party});
        let made = owner.post("/api/v1/deals", new).await.expect(201);
        let deal = Deal { path: format!("/api/v1/deals/{}", made["id"].as_str().unwrap()) };
        let seen = made["version"].as_i64().unwrap();
        broker.post_at(&format!("{}/take", deal.path), seen, json!({"statement": "Không có lợi ích riêng."})).await.expect(200);
        let view = seeker.get(&deal.path).await.expect(200);
        assert_eq!((&view["interest"], &view["parties"].as_array().unwrap().len()), (&json!(interest), &2));
        deal.go(broker, "introduced").await.expect(200);
        deal.post(broker, "meetings", json!({"held_on": "2026-11-23", "place": "Xưởng"})).await.expect(201);
        deal.go(seeker, "met").await.expect(200);

        // The agreement and what is confided under it, which both sides find in the deal.
        let disclosure = confide(&cast).await;
        let page = deal.path.replace("/api/v1", "");
        assert!(seeker.get(&page).await.text.contains(&format!("href=\"{disclosure}/content\"")));
        assert!(owner.get(&page).await.text.contains("2 lượt xem"));
        deal.post(owner, "papers", json!({"kind": "nda", "dated_on": "2026-11-24", "reference": "NDA 1"})).await.expect(201);
        deal.go(owner, "nda").await.expect(200);
        deal.go(seeker, "evaluation").await.expect(200);

        deal.put(owner, "legal-facts", funded()).await.expect(200);
        deal.go(seeker, "negotiation").await.expect(200);
        agree(&deal, &cast).await;
        fulfil(&deal, &cast).await;
        let done = owner.get(&deal.path).await.expect(200);
        assert_eq!(
            (&done["is_open"], &done["stage"], &done["inside"]["outcome"]["jobs"]),
            (&json!(false), &json!("completed"), &json!(12))
        );

        // The story, for everybody, and the way to the listing.
        let story = tell(&site, &deal, &cast).await;
        let visitor = site.visitor();
        let read = visitor.get(&story).await;
        let listing = visitor.get(&format!("/api/v1/technologies/{}", cast.listing)).await.expect(200)["url"].as_str().unwrap().to_owned();
        assert!(read.status == 200 && read.text.contains("Sấy cơm dừa nhanh gấp ba") && read.text.contains(&listing), "{}", read.text);
        assert!(visitor.get(&listing).await.text.contains(&format!("href=\"{story}\"")));

        // What became of the listing: exact for its own, nothing that would tell of one party for everybody else.
        let history = format!("/api/v1/technologies/{}/history", cast.listing);
        let told = owner.get(&history).await.expect(200);
        let counts = ["received", "answered", "accepted", "declined"].map(|name| told[name]["count"].clone());
        assert_eq!(counts, [1, 1, 1, 0].map(|n| json!(n)), "{told}");
        let counts = ["meetings", "agreements", "signed", "completed", "lost"].map(|name| told["deals"][name]["count"].clone());
        assert_eq!(counts, [1, 1, 1, 1, 0].map(|n| json!(n)), "{told}");
        assert_eq!(told["deals"]["money"], "500-1000");
        let public = visitor.get(&history).await.expect(200);
        for name in ["received", "accepted"] {
            assert_eq!(public[name]["untold"], "few", "{public}");
        }
        assert_eq!((&public["deals"]["signed"]["untold"], &public["deals"]["money"]), (&json!("few"), &Value::Null));

        // All of it stands in one whole log, from which the deal can be rebuilt.
        let id: uuid::Uuid = made["id"].as_str().unwrap().parse().unwrap();
        let of_deal = store::events::Filter { subject: Some(id), ..store::events::Filter::default() };
        let mut events = site.app.store.events(&of_deal, 1_000).await.unwrap();
        events.reverse();
        let replayed = brokering::deals::replay(&events).unwrap();
        assert_eq!((replayed.stage.as_str(), replayed.is_open), ("completed", false));
        assert!(site.app.store.verify_events(&mut |_| {}).await.unwrap().is_ok());
        site.stop().await;
    })
    .await;
}
