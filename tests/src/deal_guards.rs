//! What keeps a deal honest: who may be named in it, by which rules it is signed, what was recorded and cannot be unsaid, what was
//! noted by mistake, and an interest that leads to one deal.

use base::{PartyRole, StaffRole};
use reqwest::Method;
use serde_json::{Value, json};

use crate::deals::{CONTENTS, Cast, Deal, complete, sign, vnd};
use crate::documents::{hand_in_marked, name_readers};
use crate::site::{Answer, Client, Site, on_every_database};

async fn send(client: &Client, path: &str, fields: &[(&str, &str)]) -> Answer {
    let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
    client.send_raw(Method::POST, path, "application/x-www-form-urlencoded", body.into_bytes()).await
}

fn id_of(made: &Value) -> String {
    made["id"].as_str().unwrap().to_owned()
}

async fn account_of(client: &Client) -> String {
    client.get("/api/v1/accounts/me").await.expect(200)["id"].as_str().unwrap().to_owned()
}

/// How often somebody was told of a kind of thing.
async fn told(by: &Client, kind: &str) -> usize {
    let all = by.get("/api/v1/notices?limit=100").await.expect(200);
    all["items"].as_array().unwrap().iter().filter(|n| n["kind"] == kind).count()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_lets_a_party_of_their_own_into_a_deal_they_broker() {
    on_every_database(async |site: Site| {
        let cast = Cast::make(&site, "g").await;
        let own = site.person("g-own").await;
        let own_party = site.party(&own, "Công ty Nhà", "enterprise").await;
        site.member(own_party, cast.broker_id, PartyRole::Viewer).await;
        let third = site.person("g-third").await;
        let third_party = site.party(&third, "Trại Giống Dừa", "cooperative").await;
        let deal = cast.deal("licence").await;
        let with = |party: base::PartyId, role: &str| {
            json!({"parties": [
                {"party": cast.owner_party, "role": "owner"}, {"party": cast.seeker_party, "role": "seeker"}, {"party": party, "role": role},
            ]})
        };
        for role in ["co_owner", "co_seeker"] {
            let refused = deal.put(&cast.broker, "parties", with(own_party, role)).await;
            assert_eq!((refused.status.as_u16(), refused.pointers()), (422, vec!["/parties/2/party".to_owned()]), "{}", refused.text);
        }
        let page = deal.path.replace("/api/v1", "");
        let form = cast.broker.get(&format!("{page}/edit/parties")).await.text;
        let seen = form.split("name=\"_seen\" value=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
        let slug = own.get(&format!("/api/v1/parties/{own_party}")).await.expect(200)["slug"].as_str().unwrap().to_owned();
        let owner = cast.owner.get(&format!("/api/v1/parties/{}", cast.owner_party)).await.expect(200)["slug"].as_str().unwrap().to_owned();
        let typed = [
            ("_seen", seen.as_str()),
            ("_do", "save"),
            ("/parties/0/party", owner.as_str()),
            ("/parties/0/role", "owner"),
            ("/parties/1/party", slug.as_str()),
            ("/parties/1/role", "seeker"),
        ];
        let refused = send(&cast.broker, &format!("{page}/edit/parties"), &typed).await;
        assert!(refused.status == 422 && refused.text.contains("không làm môi giới được"), "{}", refused.text);

        // One more party is found by its name and takes its place in the list; words from which nobody was chosen are not passed over.
        let rows = [
            ("_seen", seen.as_str()),
            ("/parties/0/party", owner.as_str()),
            ("/parties/0/role", "owner"),
            ("_find", "trai giong"),
            ("/found_role", "co_seeker"),
        ];
        let asks = async |more: &[(&str, &str)]| send(&cast.broker, &format!("{page}/edit/parties"), &[&rows, more].concat()).await;
        site.indexed().await;
        let found = asks(&[("_do", "find")]).await;
        assert_eq!(found.status, 200);
        let choice = format!("name=\"found_party\" value=\"{third_party}\"");
        assert!(found.text.contains(&choice) && found.text.contains("Trại Giống Dừa"), "{}", found.text);
        let left = asks(&[("_do", "save")]).await;
        assert!(left.status == 422 && left.text.contains("href=\"#found_party\""), "{}", left.text);
        let third_id = third_party.to_string();
        let added = asks(&[("_do", "add"), ("found_party", &third_id)]).await;
        assert_eq!(added.status, 200);
        let third_slug = third.get(&format!("/api/v1/parties/{third_party}")).await.expect(200)["slug"].as_str().unwrap().to_owned();
        assert!(added.text.contains(&format!("name=\"/parties/1/party\" type=\"text\" value=\"{third_slug}\"")), "{}", added.text);

        // Of another broker of the deal it holds as well; an adviser reads nothing, and stands on no side.
        let (_, second) = site.account("g-second", &[StaffRole::Broker]).await;
        let shares = json!({"brokers": [{"account": cast.broker_id, "share_bp": 5_000}, {"account": second, "share_bp": 5_000}]});
        deal.put(&cast.broker, "brokers", shares).await.expect(200);
        site.member(third_party, second, PartyRole::Editor).await;
        assert_eq!(deal.put(&cast.broker, "parties", with(third_party, "co_owner")).await.pointers(), ["/parties/2/party"]);
        deal.put(&cast.broker, "parties", with(own_party, "adviser")).await.expect(200);

        // Whoever is let in is told, and so are the sides.
        let fourth = site.person("g-fourth").await;
        let fourth_party = site.party(&fourth, "Hợp tác xã Dừa", "cooperative").await;
        let before = told(&cast.owner, "deal_moved").await;
        deal.put(&cast.broker, "parties", with(fourth_party, "co_seeker")).await.expect(200);
        assert_eq!((told(&fourth, "deal_moved").await, told(&cast.owner, "deal_moved").await), (1, before + 1));
        site.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_broker_opens_a_deal_of_their_own_party_only_from_an_interest_that_the_other_side_accepted() {
    on_every_database(async |site: Site| {
        let cast = Cast::make(&site, "bo").await;
        let both = site.account("bo-both", &[StaffRole::Broker]).await;
        site.member(cast.seeker_party, both.1, PartyRole::Editor).await;
        let (both, open) = (both.0, json!({"kind": "licence", "listing": cast.listing, "seeker": cast.seeker_party}));
        // The owner never agreed to let them in, and is not there for them to deal with.
        let refused = both.post("/api/v1/deals", open.clone()).await;
        assert_eq!((refused.status.as_u16(), refused.pointers()), (422, vec!["/seeker".to_owned()]), "{}", refused.text);
        assert_eq!(cast.owner.get("/api/v1/deals").await.expect(200)["total"], 0);
        // Of a need their party gives what answers it.
        let wanted = crate::main_job::need();
        let made = cast.owner.post("/api/v1/needs", json!({"party": cast.owner_party, "content": wanted})).await.expect(201);
        let steps = format!("/api/v1/listings/{}/transitions", made["id"].as_str().unwrap());
        let seen = cast.owner.post_at(&steps, 1, json!({"step": "submit"})).await.expect(200)["version"].as_i64().unwrap();
        crate::main_job::publish(&cast.moderator, made["id"].as_str().unwrap(), seen).await;
        let answers = json!({"kind": "licence", "listing": made["id"], "owner": cast.seeker_party});
        assert_eq!(both.post("/api/v1/deals", answers).await.pointers(), ["/owner"]);

        // With the owner's word they open it, and broker nothing in it.
        let asked = json!({"party": cast.seeker_party, "message": "Cần một máy.", "cooperation": "licence"});
        let sent = both.post(&format!("/api/v1/technologies/{}/interests", cast.listing), asked).await.expect(201);
        let interest = format!("/api/v1/interests/{}", id_of(&sent));
        let seen = cast.owner.get(&interest).await.expect(200)["version"].as_i64().unwrap();
        cast.owner.post_at(&format!("{interest}/accept"), seen, json!({})).await.expect(200);
        let with = json!({"kind": "licence", "listing": cast.listing, "interest": sent["id"]});
        let deal = both.post("/api/v1/deals", with).await.expect(201);
        let shown = cast.owner.get(&format!("/api/v1/deals/{}", id_of(&deal))).await.expect(200);
        assert_eq!(shown["brokers"], json!([]));
        // Any other broker names both sides as before.
        cast.broker.post("/api/v1/deals", open).await.expect(201);
        site.stop().await;
    })
    .await;
}

/// Leads a deal that needs an approval to where it could be signed.
async fn before_signing(cast: &Cast, deal: &Deal) {
    let (owner, seeker, broker) = (&cast.owner, &cast.seeker, &cast.broker);
    deal.go(broker, "introduced").await.expect(200);
    deal.post(broker, "meetings", json!({"held_on": "2026-11-20"})).await.expect(201);
    deal.go(seeker, "met").await.expect(200);
    deal.put(broker, "brokers/statement", json!({"statement": "Không có lợi ích riêng."})).await.expect(200);
    let facts = json!({"direction": "domestic", "state_capital": false, "list": "restricted", "right": "right_to_use"});
    deal.put(owner, "legal-facts", facts).await.expect(200);
    deal.go(seeker, "negotiation").await.expect(200);
    let offer = deal.post(owner, "offers", json!({"terms": {"lump_sum": vnd(5)}})).await.expect(201);
    deal.post(seeker, &format!("offers/{}/accept", id_of(&offer)), Value::Null).await.expect(200);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_early_day_of_signing_passes_no_rule_that_holds_now() {
    on_every_database(async |site: Site| {
        let cast = Cast::make(&site, "l").await;
        let owner = &cast.owner;
        let deal = cast.deal("licence").await;
        before_signing(&cast, &deal).await;
        let contract = |day: &str| json!({"number": "1/2026", "value": vnd(5), "signed_on": day});

        // Before the first rule there is nothing to judge by.
        let refused = deal.put(owner, "contract", contract("2018-06-30")).await;
        assert_eq!((refused.status.as_u16(), refused.pointers()), (422, vec!["/signed_on".to_owned()]), "{}", refused.text);
        assert!(refused.text.contains("2018-07-01"), "{}", refused.text);

        // A day before the deal was opened is judged by its rules, and by those of the day it is entered.
        deal.put(owner, "contract", contract("2026-03-31")).await.expect(200);
        let inside = owner.get(&deal.path).await.expect(200)["inside"].clone();
        assert_eq!((&inside["legal"]["as_of"], &inside["legal_entered"]["as_of"]), (&json!("2026-03-31"), &json!("2026-11-24")));
        let of = |path: &Value| -> Vec<String> {
            let blocking = path["advice"].as_array().unwrap().iter().filter(|a| a["is_blocking"] == true && a["is_met"] != true);
            blocking.map(|a| a["rule"].as_str().unwrap().to_owned()).collect()
        };
        let (then, now) = (of(&inside["legal"]), of(&inside["legal_entered"]));
        let only_now: Vec<&String> = now.iter().filter(|rule| !then.contains(rule)).collect();
        let refused = deal.go(owner, "signed").await;
        assert_eq!(refused.status, 422);
        let wanted = then.len() + only_now.len();
        let said = refused.pointers().iter().filter(|p| p.starts_with("/contract/contents/") || p.starts_with("/papers/")).count();
        assert_eq!(said, wanted, "then {then:?}, now {now:?}: {}", refused.text);

        // With all of both it is signed; a contract of the deal's own day is judged by that day alone.
        let mut whole = contract("2026-03-31");
        whole["contents"] = json!(CONTENTS);
        deal.put(owner, "contract", whole).await.expect(200);
        deal.post(owner, "papers", json!({"kind": "transfer_approval", "dated_on": "2026-11-20"})).await.expect(201);
        deal.go(owner, "signed").await.expect(200);

        // What the law demanded for the signature stays in the contract stages later.
        let mut registered = json!({
            "number": "1/2026", "value": vnd(5), "signed_on": "2026-03-31", "contents": CONTENTS, "registration_number": "45/GCN",
            "registered_on": "2026-11-24",
        });
        deal.put(owner, "contract", registered.clone()).await.expect(200);
        deal.go(&cast.seeker, "registered").await.expect(200);
        registered["contents"] = json!(CONTENTS[..8]);
        let refused = deal.put(owner, "contract", registered).await;
        assert!(refused.pointers().contains(&"/contract/contents/warranty".to_owned()), "{}", refused.text);
        let other = cast.deal("licence").await;
        other.put(owner, "contract", contract("2026-11-24")).await.expect(200);
        assert!(owner.get(&other.path).await.expect(200)["inside"]["legal_entered"].is_null());
        site.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_accepted_interest_leads_to_one_deal_whatever_became_of_the_listing() {
    on_every_database(async |site: Site| {
        let cast = Cast::make(&site, "i").await;
        let (owner, seeker, broker) = (&cast.owner, &cast.seeker, &cast.broker);
        let asked = json!({"party": cast.seeker_party, "message": "Cần một máy.", "cooperation": "licence"});
        let made = seeker.post(&format!("/api/v1/technologies/{}/interests", cast.listing), asked).await.expect(201);
        let interest = format!("/api/v1/interests/{}", id_of(&made));
        let seen = owner.get(&interest).await.expect(200)["version"].as_i64().unwrap();
        owner.post_at(&format!("{interest}/accept"), seen, json!({})).await.expect(200);
        let details = async |by: &Client| by.get(&interest).await.expect(200)["details"].clone();
        assert_eq!(details(owner).await["has_deal"], false);
        let page = interest.replace("/api/v1", "");
        let door = format!("/deals/new?listing={}", cast.listing);
        assert!(owner.get(&page).await.text.contains(&door));

        // The listing is taken out of sight; what was accepted stands, for the owner and for a broker.
        let state = async || owner.get(&format!("/api/v1/technologies/{}", cast.listing)).await.expect(200)["inside"]["version"].as_i64();
        let steps = format!("/api/v1/listings/{}/transitions", cast.listing);
        owner.post_at(&steps, state().await.unwrap(), json!({"step": "hold"})).await.expect(200);
        assert_eq!(broker.get(&format!("/api/v1/technologies/{}", cast.listing)).await.status, 404);
        let new = json!({"kind": "licence", "listing": cast.listing, "interest": made["id"]});
        assert_eq!(broker.post("/api/v1/deals", json!({"kind": "licence", "listing": cast.listing})).await.pointers(), ["/listing"]);
        let form = broker.get(&format!("{door}&interest={}", id_of(&made))).await;
        assert!(form.status == 200 && form.text.contains("Máy sấy cơm dừa bơm nhiệt i"), "{}", form.text);
        let deal = broker.post("/api/v1/deals", new.clone()).await.expect(201);
        let path = format!("/api/v1/deals/{}", id_of(&deal));
        let shown = owner.get(&path).await.expect(200);
        assert_eq!((&shown["objects"][0]["listing"], &shown["interest"]), (&json!(cast.listing), &made["id"]));

        // A second one is refused by name, and what was typed stays.
        let again = owner.post("/api/v1/deals", new.clone()).await;
        assert_eq!((again.status.as_u16(), again.json()["type"].clone()), (409, json!("/problems/deal-there")), "{}", again.text);
        assert_eq!(again.json()["deal"], deal["id"]);
        let other = site.staff("i-other", &[StaffRole::Broker]).await;
        let unseen = other.post("/api/v1/deals", new).await;
        assert_eq!((unseen.status.as_u16(), unseen.json()["deal"].clone()), (409, Value::Null), "who does not see the deal hears no more");
        let (listing, id) = (cast.listing.as_str(), id_of(&made));
        let typed = [("listing", listing), ("kind", "licence"), ("interest", id.as_str()), ("title", "Máy cho xưởng thứ hai")];
        let kept = send(owner, "/deals/new", &typed).await;
        let code = deal["code"].as_str().unwrap();
        assert!(kept.status == 409 && kept.text.contains(code) && kept.text.contains("value=\"Máy cho xưởng thứ hai\""), "{}", kept.text);

        // Interest and deal lead to each other, for those who may read both, and no second deal is offered.
        let here = path.replace("/api/v1", "");
        for by in [owner, seeker, broker] {
            let text = by.get(&page).await.text;
            assert!(text.contains(&format!("href=\"{here}\"")) && !text.contains(&door), "{text}");
            assert!(by.get(&here).await.text.contains(&format!("href=\"{page}\"")));
            assert_eq!(details(by).await["deal"], deal["id"]);
        }
        let text = other.get(&page).await.text;
        assert!(!text.contains(&here) && !text.contains(&door) && text.contains("Đã mở một thương vụ"), "{text}");
        site.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_sender_who_appears_while_the_deal_is_opened_is_in_it_or_opens_it_named() {
    on_every_database(async |site: Site| {
        let cast = Cast::make(&site, "e").await;
        for n in 0..8 {
            let listing = cast.another(&format!("Máy tách vỏ dừa số {n}")).await;
            let asked = json!({"party": cast.seeker_party, "message": "Cần một máy.", "cooperation": "licence", "anonymity": "hidden"});
            let made = cast.seeker.post(&format!("/api/v1/technologies/{listing}/interests"), asked).await.expect(201);
            let interest = format!("/api/v1/interests/{}", id_of(&made));
            let seen = cast.owner.get(&interest).await.expect(200)["version"].as_i64().unwrap();
            let accepted = cast.owner.post_at(&format!("{interest}/accept"), seen, json!({})).await.expect(200);
            let (reveal, new) = (format!("{interest}/reveal"), json!({"kind": "licence", "listing": listing, "interest": made["id"]}));
            let (revealed, opened) = tokio::join!(
                cast.seeker.post_at(&reveal, accepted["version"].as_i64().unwrap(), json!({})),
                cast.owner.post("/api/v1/deals", new),
            );
            revealed.expect(200);
            let deal = opened.expect(201);
            // Whichever came first: nobody is known and left outside.
            cast.seeker.get(&format!("/api/v1/deals/{}", id_of(&deal))).await.expect(200);
        }
        site.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_recorded_is_kept_when_it_is_written_anew_and_stands_once_the_deal_has_ended() {
    on_every_database(async |site: Site| {
        let cast = Cast::make(&site, "k").await;
        let (owner, seeker, broker) = (&cast.owner, &cast.seeker, &cast.broker);
        let deal = cast.deal("technical_service").await;
        sign(&deal, owner, seeker, broker, vnd(300_000_000)).await;
        deal.go(owner, "delivering").await.expect(200);

        // Written anew, it is there in both versions, and the other side is told.
        let before = told(seeker, "deal_message").await;
        let changed = json!({"number": "78/2026", "value": vnd(250_000_000), "signed_on": "2026-11-24", "contents": CONTENTS});
        deal.put(owner, "contract", changed).await.expect(200);
        assert!(told(seeker, "deal_message").await > before);

        // A paper of the other side's is not written over unseen, and what stood there is kept.
        deal.post(owner, "papers", json!({"kind": "acceptance", "dated_on": "2026-11-24", "reference": "BB 1"})).await.expect(201);
        let seen = seeker.get(&deal.path).await.expect(200)["version"].as_i64().unwrap();
        deal.post(broker, "papers", json!({"kind": "acceptance", "dated_on": "2026-11-24", "reference": "BB 2"})).await.expect(201);
        let papers = format!("{}/papers", deal.path);
        let mine = json!({"kind": "acceptance", "dated_on": "2026-11-24", "reference": "BB 3"});
        assert_eq!(seeker.post(&papers, mine.clone()).await.status, 428);
        assert_eq!(seeker.post_at(&papers, seen, mine.clone()).await.status, 412, "they did not see that it was noted anew");
        deal.put(broker, "outcome", json!({"jobs": 3})).await.expect(200);
        deal.go(owner, "completed").await.expect(200);

        // It has ended: neither side writes anew what stands; its broker does with a reason.
        let late = json!({"number": "99/2026", "value": vnd(1), "signed_on": "2026-11-24", "contents": CONTENTS});
        for by in [owner, seeker] {
            assert_eq!(deal.put(by, "contract", late.clone()).await.status, 409);
            assert_eq!(deal.put(by, "outcome", json!({"jobs": 99})).await.status, 409);
        }
        assert_eq!(deal.post(seeker, "papers", mine).await.status, 409);
        assert_eq!(deal.put(broker, "outcome", json!({"jobs": 4})).await.pointers(), ["/reason"]);
        deal.put(broker, "outcome", json!({"jobs": 4, "reason": "Bên nhận báo lại số việc làm."})).await.expect(200);
        let shown = owner.get(&deal.path).await.expect(200)["inside"].clone();
        assert_eq!((&shown["outcome"], &shown["contract"]["number"]), (&json!({"jobs": 4}), &json!("78/2026")));
        let page = deal.path.replace("/api/v1", "");
        assert!(!owner.get(&page).await.text.contains("/edit/outcome") && broker.get(&page).await.text.contains("/edit/outcome"));
        assert!(broker.get(&format!("{page}/edit/outcome")).await.text.contains("name=\"/reason\""));

        // Every version is there, for those in it, in both languages, a page at a time.
        let records = format!("{}/records", deal.path);
        let all = seeker.get(&records).await.expect(200);
        let said: Vec<String> = all["items"]
            .as_array()
            .unwrap()
            .iter()
            .map(|r| {
                let body = ["contract", "outcome", "paper"].iter().find_map(|what| r.get(what)).unwrap();
                let key = ["number", "jobs", "reference"].iter().find_map(|key| body.get(key)).unwrap();
                format!("{} {key}", r["what"].as_str().unwrap())
            })
            .collect();
        let mut sorted = said.clone();
        sorted.sort();
        let wanted = ["contract \"77/2026\"", "contract \"78/2026\"", "outcome 3", "outcome 4", "paper \"BB 1\"", "paper \"BB 2\""];
        assert_eq!((sorted, all["total"].as_u64()), (wanted.map(str::to_owned).to_vec(), Some(6)));
        let first = seeker.get(&format!("{records}?limit=1")).await.expect(200);
        let next = seeker.get(&format!("{records}?limit=5&cursor={}", first["next"].as_str().unwrap())).await.expect(200);
        assert_eq!((next["items"].as_array().unwrap().len(), &next["next"]), (5, &Value::Null));
        for (lang, words) in [("", "Lý do ghi lại"), ("/en", "Why it is written anew")] {
            let text = owner.get(&format!("{lang}{page}/records")).await.text;
            for part in ["77/2026", "78/2026", "BB 1", words, "Bên nhận báo lại số việc làm.", "k-broker"] {
                assert!(text.contains(part), "{part}: {text}");
            }
        }
        let stranger = site.person("k-stranger").await;
        for path in [records.clone(), format!("{page}/records")] {
            assert_eq!(stranger.get(&path).await.status, 404);
        }
        assert_eq!(seeker.get(&format!("{records}?what=contract")).await.status, 400);
        let events = site.app.store.events(&store::events::Filter::default(), 1_000).await.unwrap();
        assert!(!events.iter().any(|e| e.payload.to_string().contains("BB 1") || e.payload.to_string().contains("báo lại")));

        // What came to nothing is written anew by nobody but its broker either.
        let lost = cast.deal("technical_service").await;
        lost.put(owner, "contract", json!({"number": "5/2026"})).await.expect(200);
        let seen = owner.get(&lost.path).await.expect(200)["version"].as_i64().unwrap();
        owner.post_at(&format!("{}/transitions", lost.path), seen, json!({"to": "lost", "reason": "price"})).await.expect(200);
        assert_eq!(lost.put(owner, "contract", json!({"number": "6/2026"})).await.status, 409);
        lost.put(broker, "contract", json!({"number": "6/2026", "reason": "Số ghi nhầm."})).await.expect(200);
        site.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_noted_by_mistake_is_taken_back_stays_in_sight_and_counts_nowhere() {
    on_every_database(async |site: Site| {
        let cast = Cast::make(&site, "s").await;
        let (owner, seeker, broker) = (&cast.owner, &cast.seeker, &cast.broker);
        let deal = cast.deal("technical_service").await;
        deal.go(broker, "introduced").await.expect(200);
        let meeting = id_of(&deal.post(broker, "meetings", json!({"held_on": "2026-11-20", "place": "Xưởng cũ"})).await.expect(201));
        let task = json!({"title": "Gửi ảnh", "whose": "seeker", "due_on": "2026-11-24"});
        let task = id_of(&deal.post(owner, "tasks", task).await.expect(201));
        let milestone = json!({"title": "Lắp xong", "due_on": "2026-11-20"});
        let milestone = id_of(&deal.post(owner, "milestones", milestone).await.expect(201));
        deal.put(owner, "contract", json!({"signed_on": "2026-06-30"})).await.expect(200);
        let payment = json!({"kind": "lump_sum", "amount": vnd(7_000_000), "due_on": "2026-11-20"});
        let payment = id_of(&deal.post(seeker, "payments", payment).await.expect(201));
        let half = json!({"year": 2026, "half": 1, "sales": vnd(9), "royalty": vnd(3)});
        let report = id_of(&deal.post(seeker, "reports", half.clone()).await.expect(201));
        let listing = format!("/api/v1/technologies/{}/history", cast.listing);
        let meetings = async || owner.get(&listing).await.expect(200)["deals"]["meetings"]["count"].clone();
        assert_eq!(meetings().await, 1);

        let before = told(owner, "deal_message").await;
        for (part, id) in
            [("meetings", &meeting), ("tasks", &task), ("milestones", &milestone), ("payments", &payment), ("reports", &report)]
        {
            let back = format!("{part}/{id}/take-back");
            deal.post(seeker, &back, Value::Null).await.expect(200);
            assert_eq!(deal.post(seeker, &back, Value::Null).await.status, 409, "{part}: once");
            assert_eq!(deal.post(seeker, &format!("{part}/{}/take-back", cast.owner_party), Value::Null).await.status, 404);
        }
        assert_eq!(told(owner, "deal_message").await, before + 5, "the others are told");
        // It counts nowhere.
        assert_eq!(meetings().await, 0);
        assert_eq!(deal.go(seeker, "met").await.pointers(), ["/meetings"]);
        for (part, body) in [
            (format!("tasks/{task}/done"), Value::Null),
            (format!("milestones/{milestone}/reached"), json!({"on": "2026-11-20"})),
            (format!("payments/{payment}/paid"), json!({"on": "2026-11-20"})),
        ] {
            assert_eq!(deal.post(owner, &part, body).await.status, 409, "{part}");
        }
        let quiet = told(seeker, "task_due").await;
        brokering::deals::tick(&site.app.brokering).await.unwrap();
        assert_eq!(told(seeker, "task_due").await, quiet, "nothing of it is due");
        let inside = owner.get(&deal.path).await.expect(200)["inside"].clone();
        for part in ["meetings", "tasks", "milestones", "payments", "reports"] {
            assert!(inside[part].as_array().unwrap().len() == 1 && inside[part][0]["taken_back_at"].is_string(), "{part}: {inside}");
        }
        assert_eq!((&inside["tasks"][0]["is_overdue"], &inside["milestones"][0]["is_overdue"]), (&json!(false), &json!(false)));
        // What is right is noted anew, half a year too.
        deal.post(seeker, "reports", half.clone()).await.expect(201);
        assert_eq!(deal.post(seeker, "reports", half).await.pointers(), ["/half"]);

        // On the page it stands struck through, and is taken back there as well; a stage keeps what it needs.
        let page = deal.path.replace("/api/v1", "");
        let text = seeker.get(&format!("/en{page}")).await.text;
        assert!(text.matches("<del>").count() == 5 && text.contains("taken back") && text.contains("A meeting was taken back"), "{text}");
        let meeting = id_of(&deal.post(broker, "meetings", json!({"held_on": "2026-11-21", "place": "Xưởng mới"})).await.expect(201));
        deal.go(seeker, "met").await.expect(200);
        let refused = send(seeker, &page, &[("which", &meeting), ("_do", "back_meeting")]).await;
        assert_eq!(refused.status, 422, "{}", refused.text);
        let second = id_of(&deal.post(broker, "meetings", json!({"held_on": "2026-11-22"})).await.expect(201));
        let done = send(seeker, &page, &[("which", &second), ("_do", "back_meeting")]).await;
        assert!(done.status == 303 && done.headers["location"].to_str().unwrap().ends_with("did=taken-back"), "{}", done.text);

        // The log tells the same deal.
        let id: base::DealId = page.trim_start_matches("/deals/").parse().unwrap();
        let of = store::events::Filter { subject: Some(id.0), ..Default::default() };
        let mut events = site.app.store.events(&of, 10_000).await.unwrap();
        events.reverse();
        let (told, kept) =
            (brokering::deals::replay(&events).unwrap(), brokering::deals::stored(&site.app.brokering, id).await.unwrap().unwrap());
        assert_eq!(told, kept);
        assert_eq!(told.taken_back.len(), 6);
        let stranger = site.person("s-stranger").await;
        assert_eq!(stranger.post(&format!("{}/meetings/{meeting}/take-back", deal.path), Value::Null).await.status, 404);
        site.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_stage_since_the_signing_stood_on_is_not_taken_back_in_a_later_one() {
    on_every_database(async |site: Site| {
        let cast = Cast::make(&site, "k").await;
        let (owner, seeker, broker) = (&cast.owner, &cast.seeker, &cast.broker);
        let deal = cast.deal("rd_contract").await;
        sign(&deal, owner, seeker, broker, vnd(300_000_000)).await;
        assert_eq!(deal.go(owner, "delivering").await.pointers(), ["/milestones"]);
        let milestone = json!({"title": "Mẫu đầu tiên", "due_on": "2026-12-31"});
        let first = id_of(&deal.post(owner, "milestones", milestone.clone()).await.expect(201));
        deal.go(owner, "delivering").await.expect(200);
        let back = |id: &str| format!("milestones/{id}/take-back");
        assert_eq!(deal.post(owner, &back(&first), Value::Null).await.pointers(), ["/milestones"]);
        let second = id_of(&deal.post(owner, "milestones", milestone).await.expect(201));

        // The end asks for no milestone, but the way to it led over one.
        deal.post(broker, "papers", json!({"kind": "acceptance", "dated_on": "2026-11-24"})).await.expect(201);
        deal.put(broker, "outcome", json!({"jobs": 3})).await.expect(200);
        deal.go(owner, "completed").await.expect(200);
        deal.post(owner, &back(&first), Value::Null).await.expect(200);
        let refused = deal.post(owner, &back(&second), Value::Null).await;
        assert_eq!((refused.status.as_u16(), refused.pointers()), (422, vec!["/milestones".to_owned()]), "{}", refused.text);
        site.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_side_marks_as_confidential_is_opened_to_persons_it_names_who_accepted_the_agreement_of_the_deal() {
    on_every_database(async |site: Site| {
        let cast = Cast::make(&site, "n").await;
        let (owner, seeker, broker) = (&cast.owner, &cast.seeker, &cast.broker);
        let deal = cast.deal("licence").await;
        let documents = format!("{}/documents", deal.path);
        let plain = id_of(&owner.hand_in(&documents, "a.txt", b"abc").await.expect(201));
        let secret = id_of(&hand_in_marked(owner, &documents, "true", "Quy trình.txt", "Ủ men 48 giờ.").await.expect(201));
        let wrong = hand_in_marked(owner, &documents, "perhaps", "Quy trình.txt", "Ủ men 48 giờ.").await;
        assert_eq!((wrong.status.as_u16(), wrong.pointers()), (422, vec!["/confidential".to_owned()]), "{}", wrong.text);
        let stored = || std::fs::read_dir(site.files()).unwrap().count();
        site.until("what is not understood is not kept", async || stored() == 2).await;
        let one = |id: &str| format!("{documents}/{id}");

        // Programs open nothing; whoever is of the party that handed it in opens it as before.
        let program = owner.clone().with_token(&site, &["read"]).await;
        for id in [&plain, &secret] {
            assert_eq!(program.get(&one(id)).await.status, 403);
            assert_eq!(owner.get(&one(id)).await.status, 200);
        }
        let (colleague, account) = site.account("n-colleague", &[]).await;
        site.member(cast.seeker_party, account, PartyRole::Viewer).await;
        let ledger = format!("{}/document-views", deal.path);
        let refusal = async |by: &Client| {
            let refused = by.get(&one(&secret)).await;
            (refused.status.as_u16(), refused.json()["type"].as_str().unwrap().to_owned())
        };
        let marked = async |by: &Client| {
            let listed = by.get(&documents).await.expect(200);
            listed["items"].as_array().unwrap().iter().find(|d| d["id"] == json!(secret)).unwrap().clone()
        };
        let page = deal.path.replace("/api/v1", "");
        for by in [seeker, broker, &colleague] {
            assert_eq!(by.get(&one(&plain)).await.status, 200);
            assert_eq!(refusal(by).await, (403, "/problems/not-a-reader".to_owned()));
            // Nothing of it but its size and who handed it in.
            let listed = marked(by).await;
            for hidden in ["name", "sha256", "kind", "media_type", "paper"] {
                assert_eq!(listed[hidden], Value::Null, "{hidden}: {listed}");
            }
            assert_eq!((&listed["needs_grant"], &listed["needs_nda"], &listed["voice"]), (&json!(true), &json!(false), &json!("owner")));
            let shown = by.get(&page).await.text;
            assert!(
                shown.contains("Tài liệu mật") && !shown.contains("Quy trình.txt") && !shown.contains(&format!("/documents/{secret}")),
                "{shown}"
            );
            assert_eq!(by.get(&format!("{page}/documents/{secret}")).await.status, 403);
        }
        assert_eq!(owner.get(&ledger).await.expect(200)["total"], 3, "what was not opened is not entered");

        // Whoever writes for its side names who of the others reads it: nobody else, no stranger, no day that is over.
        let readers = format!("{}/readers", one(&secret));
        let people = owner.get(&readers).await.expect(200);
        let names: Vec<&str> = people["items"].as_array().unwrap().iter().map(|p| p["name"].as_str().unwrap()).collect();
        assert_eq!(names, ["n-colleague", "n-seeker", "n-broker"]);
        assert!(owner.get(&page).await.text.contains(&format!("href=\"{page}/documents/{secret}/readers\"")));
        for by in [seeker, broker] {
            assert_eq!(
                (by.get(&readers).await.status.as_u16(), by.put_at(&readers, 1, json!({"readers": []})).await.status.as_u16()),
                (403, 403)
            );
        }
        assert_eq!(owner.get(&format!("{}/readers", one(&plain))).await.status, 404, "what is not confidential has none");
        let wrong = json!({"readers": [
            {"account": account_of(owner).await, "expires_on": "2026-12-31"}, {"account": account, "expires_on": "2026-11-23"},
            {"account": account, "expires_on": "2026-12-31"}, {"account": cast.broker_id, "expires_on": "2033-01-01"},
        ]});
        let refused = owner.put_at(&readers, 1, wrong).await;
        let pointers = ["/readers/0/account", "/readers/1/expires_on", "/readers/2/account", "/readers/3/expires_on"];
        assert_eq!((refused.status.as_u16(), refused.pointers()), (422, pointers.map(str::to_owned).to_vec()), "{}", refused.text);
        name_readers(owner, &one(&secret), &[("n-seeker", "2026-11-24")]).await.expect(200);
        assert_eq!(owner.put_at(&readers, 1, json!({"readers": []})).await.status, 412, "somebody else named others");

        // The named person is told at once that there is an agreement to sign; nobody else is.
        assert_eq!((told(seeker, "disclosure_granted").await, told(broker, "disclosure_granted").await), (1, 0));
        let letter = site.letter_with("n-seeker@example.org", "tài liệu mật").await;
        assert!(letter.contains(&format!("{page}/nda")) && !letter.contains("Quy trình.txt"), "{letter}");
        assert_eq!(refusal(seeker).await, (403, "/problems/nda-first".to_owned()));
        assert_eq!(refusal(&colleague).await, (403, "/problems/not-a-reader".to_owned()));
        let listed = marked(seeker).await;
        assert_eq!((&listed["is_confidential"], &listed["needs_nda"], &listed["name"]), (&json!(true), &json!(true), &Value::Null));
        assert_eq!(marked(owner).await["needs_nda"], false);
        assert_eq!(marked(owner).await["name"], "Quy trình.txt");

        // The agreement is accepted by each person, for the text they read.
        let nda = format!("{}/nda", deal.path);
        let hash = seeker.get(&nda).await.expect(200)["nda"]["hash"].clone();
        let accept = format!("{}/accept-nda", deal.path);
        assert_eq!(seeker.post(&accept, json!({"nda_hash": "0".repeat(64)})).await.status, 409);
        let program = seeker.clone().with_token(&site, &["read", "write"]).await;
        assert_eq!(program.post(&accept, json!({"nda_hash": hash})).await.status, 403);
        deal.go(broker, "introduced").await.expect(200);
        assert_eq!(deal.go(owner, "nda").await.pointers(), ["/papers/nda"]);
        let before = told(owner, "deal_message").await;
        seeker.post(&accept, json!({"nda_hash": hash})).await.expect(200);
        assert_eq!(seeker.post(&accept, json!({"nda_hash": hash})).await.status, 409, "once");
        assert!(told(owner, "deal_message").await > before);
        assert!(seeker.get(&nda).await.expect(200)["accepted_at"].is_string());
        site.clock.advance(chrono::TimeDelta::minutes(1));
        assert_eq!(seeker.get(&one(&secret)).await.text, "Ủ men 48 giờ.");
        assert_eq!(marked(seeker).await["name"], "Quy trình.txt");
        assert_eq!(colleague.get(&one(&secret)).await.status, 403, "one person's word is not another's");
        let looks = owner.get(&ledger).await.expect(200);
        let newest = &looks["items"][0];
        assert_eq!((&newest["document"], &newest["name"], &newest["address"]), (&json!(secret), &json!("n-seeker"), &json!("127.0.0.1")));
        deal.go(owner, "nda").await.expect(200);

        // Whoever is on the list no more opens nothing from the next request on, whatever they accepted.
        name_readers(owner, &one(&secret), &[]).await.expect(200);
        assert_eq!(refusal(seeker).await, (403, "/problems/not-a-reader".to_owned()));
        assert_eq!(marked(seeker).await["name"], Value::Null);
        name_readers(owner, &one(&secret), &[("n-seeker", "2026-12-31"), ("n-broker", "2026-12-31")]).await.expect(200);
        assert_eq!(seeker.get(&one(&secret)).await.status, 200);
        assert_eq!((told(seeker, "disclosure_granted").await, told(broker, "disclosure_granted").await), (2, 1));
        let of_one = owner.get(&format!("{ledger}?document={secret}")).await.expect(200);
        assert!(of_one["total"] == 2 && of_one["items"].as_array().unwrap().iter().all(|l| l["document"] == json!(secret)), "{of_one}");

        // On the pages: the way to the document leads over the agreement, whose text is there in both languages.
        let shown = broker.get(&page).await.text;
        assert!(shown.contains("Đọc và chấp nhận thỏa thuận trước") && shown.contains(&format!("href=\"{page}/nda\"")), "{shown}");
        let over = broker.get(&format!("{page}/documents/{secret}")).await;
        assert_eq!((over.status.as_u16(), over.headers["location"].to_str().unwrap()), (303, format!("{page}/nda").as_str()));
        assert!(broker.get(&format!("/en{page}/nda")).await.text.contains("Confidentiality agreement"));
        let hash = hash.as_str().unwrap();
        let empty = send(broker, &format!("{page}/nda"), &[("nda_hash", hash)]).await;
        assert!(empty.status == 422 && empty.text.contains("href=\"#agree\""), "{}", empty.text);
        let stale = send(broker, &format!("{page}/nda"), &[("nda_hash", "0"), ("agree", "yes")]).await;
        assert_eq!(stale.status, 409);
        let done = send(broker, &format!("{page}/nda"), &[("nda_hash", hash), ("agree", "yes")]).await;
        assert_eq!(done.headers["location"].to_str().unwrap(), format!("{page}#documents"), "{}", done.text);
        assert_eq!(broker.get(&format!("{page}/documents/{secret}")).await.text, "Ủ men 48 giờ.");
        assert!(!broker.get(&page).await.text.contains("Đọc và chấp nhận thỏa thuận trước"));
        let stranger = site.person("n-stranger").await;
        for path in [nda.clone(), format!("{page}/nda")] {
            assert_eq!(stranger.get(&path).await.status, 404);
        }
        assert_eq!(stranger.post(&accept, json!({"nda_hash": hash})).await.status, 404);

        // The acceptance is there after a restart, and what the log tells is what is stored.
        let id: base::DealId = page.trim_start_matches("/deals/").parse().unwrap();
        let of = store::events::Filter { subject: Some(id.0), ..Default::default() };
        let mut events = site.app.store.events(&of, 10_000).await.unwrap();
        events.reverse();
        let kept = brokering::deals::stored(&site.app.brokering, id).await.unwrap().unwrap();
        assert_eq!((kept.agreements.len(), kept.readers.values().map(std::collections::BTreeMap::len).sum::<usize>()), (2, 2));
        assert_eq!(brokering::deals::replay(&events).unwrap(), kept);
        let site = site.restarted().await;
        let seeker = site.visitor().sign_in("n-seeker@example.org", crate::site::PASSWORD).await;
        assert_eq!(seeker.get(&one(&secret)).await.text, "Ủ men 48 giờ.");
        site.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_readers_of_a_confidential_document_are_named_on_a_page_and_each_reads_until_their_last_day() {
    on_every_database(async |site: Site| {
        let cast = Cast::make(&site, "p").await;
        let (owner, seeker, broker) = (&cast.owner, &cast.seeker, &cast.broker);
        let deal = cast.deal("licence").await;
        let page = deal.path.replace("/api/v1", "");
        // Whoever hands something in on the page says so if it is not confidential.
        assert!(owner.get(&page).await.text.contains("name=\"confidential\" value=\"true\" checked"));
        let documents = format!("{}/documents", deal.path);
        let secret = id_of(&hand_in_marked(owner, &documents, "true", "Công thức.txt", "Ủ men 48 giờ.").await.expect(201));
        let readers = format!("{page}/documents/{secret}/readers");
        let shown = owner.get(&readers).await.text;
        assert!(shown.contains("Công thức.txt") && shown.contains("p-seeker") && shown.contains("p-broker"), "{shown}");
        assert!(!shown.contains("checked>") && shown.contains("2027-02-22"), "nobody is named yet: {shown}");
        assert!(owner.get(&format!("/en{readers}")).await.text.contains("Last day"));
        for by in [seeker, broker] {
            assert_eq!(by.get(&readers).await.status, 403);
        }
        let (seeker_id, broker_id) = (account_of(seeker).await, cast.broker_id.to_string());
        let (of_seeker, of_broker) = (format!("until-{seeker_id}"), format!("until-{broker_id}"));
        let form = |seen: &'static str, day: &'static str| {
            let fields: [(&str, &str); 6] =
                [("_seen", seen), ("person", &seeker_id), ("person", &broker_id), ("on", &seeker_id), (&of_seeker, day), (&of_broker, "")];
            fields.map(|(name, value)| (name.to_owned(), value.to_owned()))
        };
        let post = async |seen: &'static str, day: &'static str| {
            let fields = form(seen, day);
            let fields: Vec<(&str, &str)> = fields.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
            send(owner, &readers, &fields).await
        };
        for day in ["hôm nào", "2026-11-01"] {
            let refused = post("1", day).await;
            assert!(refused.status == 422 && refused.text.contains(&format!("href=\"#{of_seeker}\"")), "{}", refused.text);
            assert!(refused.text.contains(&format!("value=\"{day}\"")), "what was typed is there: {}", refused.text);
        }
        let done = post("1", "24/11/2026").await;
        assert_eq!(done.headers["location"].to_str().unwrap(), format!("{readers}?did=saved"), "{}", done.text);
        let stale = post("1", "2026-12-31").await;
        assert!(stale.status == 409 && stale.text.contains("value=\"2026-11-24\""), "{}", stale.text);
        let hash = seeker.get(&format!("{}/nda", deal.path)).await.expect(200)["nda"]["hash"].clone();
        seeker.post(&format!("{}/accept-nda", deal.path), json!({"nda_hash": hash})).await.expect(200);
        let one = format!("{documents}/{secret}");
        assert_eq!(seeker.get(&one).await.text, "Ủ men 48 giờ.");
        let shown = owner.get(&readers).await.text;
        assert!(shown.contains("checked>") && shown.contains("Sổ ghi lượt mở: 1 lượt"), "the ledger stands beside it: {shown}");

        // The day after nothing opens, until there is another day.
        site.clock.advance(chrono::TimeDelta::days(1));
        let again = async |name: &str| site.visitor().sign_in(&format!("{name}@example.org"), crate::site::PASSWORD).await;
        let (owner, seeker) = (again("p-owner").await, again("p-seeker").await);
        assert_eq!(seeker.get(&one).await.json()["type"], "/problems/not-a-reader");
        let shown = owner.get(&readers).await.text;
        assert!(shown.contains("Đã quá ngày cuối cùng") && !shown.contains("checked>"), "{shown}");
        name_readers(&owner, &one, &[("p-seeker", "2026-12-31")]).await.expect(200);
        assert_eq!(seeker.get(&one).await.status, 200);
        assert_eq!(told(&seeker, "disclosure_granted").await, 2);

        // What was taken back is read by nobody.
        let kept = name_readers(&owner, &one, &[("p-seeker", "2027-01-31")]).await.expect(200);
        assert_eq!((&kept["readers"], told(&seeker, "disclosure_granted").await), (&json!(1), 2), "another day is no news");
        assert_eq!(owner.send(Method::DELETE, &one, None).await.status, 204);
        assert_eq!(seeker.get(&one).await.status, 404);
        deal.is_what_its_events_say(&site).await;
        site.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_ended_deal_tells_the_public_no_more_than_an_open_one() {
    on_every_database(async |site: Site| {
        let cast = Cast::make(&site, "q").await;
        let deal = cast.deal("technical_service").await;
        complete(&deal, &cast.owner, &cast.seeker, &cast.broker).await;
        let lost = cast.deal("licence").await;
        let seen = cast.owner.get(&lost.path).await.expect(200)["version"].as_i64().unwrap();
        cast.owner.post_at(&format!("{}/transitions", lost.path), seen, json!({"to": "lost", "reason": "price"})).await.expect(200);
        let history = format!("/api/v1/technologies/{}/history", cast.listing);
        let (inside, outside) = (cast.owner.get(&history).await.expect(200), site.visitor().get(&history).await.expect(200));
        assert_eq!(inside["deals"]["lost_by_reason"][0]["reason"], "price");
        assert_eq!(outside["deals"]["lost_by_reason"], json!([]), "why the only one came to nothing is not named: {outside}");
        let page = cast.owner.get(&format!("/api/v1/technologies/{}", cast.listing)).await.expect(200)["url"].as_str().unwrap().to_owned();
        let word = site.app.vocabularies.name("lost_reasons", "price", base::Lang::Vi).to_owned();
        assert!(cast.owner.get(&page).await.text.contains(&word) && !site.visitor().get(&page).await.text.contains(&word));
        site.stop().await;
    })
    .await;
}
