//! Who has a part in a deal, from when and until when: brokers who join a side, seekers who give way to another, whom deals that wait
//! for a broker are shown to; and what both sides agree on, pay and report.

use base::{AccountId, PartyId, PartyRole, StaffRole};
use reqwest::Method;
use serde_json::{Value, json};

use crate::deals::{Cast, Deal, funded, sign, terms, vnd};
use crate::documents::hand_in_marked;
use crate::need_desk::unpeopled;
use crate::site::{Answer, Client, Site, on_every_database};

async fn send(client: &Client, path: &str, fields: &[(&str, &str)]) -> Answer {
    let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
    client.send_raw(Method::POST, path, "application/x-www-form-urlencoded", body.into_bytes()).await
}

fn id_of(made: &Value) -> String {
    made["id"].as_str().unwrap().to_owned()
}

/// How often somebody was told of a kind of thing.
async fn told(site: &Site, account: AccountId, kind: &str) -> usize {
    let actor = base::Actor { capacity: base::Capacity::Person(account), ..base::Actor::anonymous(base::Lang::Vi) };
    let page = accounts::notices::list(&site.app.accounts, &actor, false, base::Limit::new(100).unwrap(), None).await.unwrap();
    page.items.iter().filter(|notice| notice.kind.to_string() == kind).count()
}

async fn version(by: &Client, deal: &Deal) -> i64 {
    by.get(&deal.path).await.expect(200)["version"].as_i64().unwrap()
}

/// The owner and these others.
fn parties(cast: &Cast, others: &[(PartyId, &str)]) -> Value {
    let owner = json!({"party": cast.owner_party, "role": "owner"});
    let others = others.iter().map(|(party, role)| json!({"party": party, "role": role}));
    json!({"parties": std::iter::once(owner).chain(others).collect::<Vec<_>>()})
}

async fn accept_nda(deal: &Deal, by: &Client) {
    let hash = by.get(&format!("{}/nda", deal.path)).await.expect(200)["nda"]["hash"].clone();
    by.post(&format!("{}/accept-nda", deal.path), json!({"nda_hash": hash})).await.expect(200);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_broker_who_becomes_a_member_of_a_side_brokers_the_deal_no_more() {
    on_every_database(async |site: Site| {
        let cast = Cast::make(&site, "m").await;
        let broker = &cast.broker;
        let deal = cast.deal("licence").await;
        let page = deal.path.replace("/api/v1", "");
        assert!(broker.get(&page).await.text.contains(&format!("{page}/edit/parties")));
        site.member(cast.seeker_party, cast.broker_id, PartyRole::Editor).await;

        // They are in it as a member, and speak for their side alone.
        let shown = broker.get(&page).await.text;
        assert!(!shown.contains(&format!("{page}/edit/parties")) && !shown.contains(&format!("{page}/edit/statement")), "{shown}");
        let offer = |side: &str| json!({"side": side, "terms": terms(300)});
        assert_eq!(deal.post(broker, "offers", offer("owner")).await.pointers(), ["/side"]);
        assert_eq!(deal.put(broker, "brokers/statement", json!({"statement": "Không có."})).await.status, 403);
        assert_eq!(deal.put(broker, "parties", parties(&cast, &[(cast.seeker_party, "seeker")])).await.status, 403);
        assert_eq!(deal.go(broker, "introduced").await.json()["allowed"], json!(["lost"]));
        let made = deal.post(broker, "offers", offer("seeker")).await.expect(201);
        assert_eq!(deal.post(broker, &format!("offers/{}/accept", id_of(&made)), Value::Null).await.status, 403);

        // A reader of the other side writes nothing any more.
        let (second, second_id) = site.account("m-second", &[StaffRole::Broker]).await;
        let administrator = site.staff("m-administrator", &[StaffRole::Administrator]).await;
        let shares = json!({"brokers": [{"account": second_id, "share_bp": 10_000}]});
        deal.put(&administrator, "brokers", shares).await.expect(200);
        deal.go(&second, "introduced").await.expect(200);
        site.member(cast.owner_party, second_id, PartyRole::Viewer).await;
        assert_eq!(second.get(&deal.path).await.status, 200);
        assert_eq!(deal.post(&second, "messages", json!({"text": "Xin chào."})).await.status, 403);
        site.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_broker_who_comes_after_the_signature_states_their_interests_before_the_deal_goes_on() {
    on_every_database(async |site: Site| {
        let cast = Cast::make(&site, "j").await;
        let owner = &cast.owner;
        let deal = cast.deal("technical_service").await;
        sign(&deal, owner, &cast.seeker, &cast.broker, vnd(300_000_000)).await;
        let late = async |name: &str, first: AccountId| {
            let (broker, id) = site.account(name, &[StaffRole::Broker]).await;
            let shares = json!({"brokers": [{"account": first, "share_bp": 5_000}, {"account": id, "share_bp": 5_000}]});
            (broker, shares)
        };
        let has_to_state = async |to: &str| {
            let refused = deal.go(owner, to).await;
            let pointers = refused.pointers();
            assert!(
                pointers.iter().any(|pointer| pointer.starts_with("/brokers/") && pointer.ends_with("/statement")),
                "{to}: {pointers:?}"
            );
        };
        let said = || json!({"statement": "Không có lợi ích riêng."});
        let (second, shares) = late("j-second", cast.broker_id).await;
        deal.put(&cast.broker, "brokers", shares).await.expect(200);
        has_to_state("delivering").await;
        deal.put(&second, "brokers/statement", said()).await.expect(200);
        deal.go(owner, "delivering").await.expect(200);

        // What stands is changed all the same; the end waits for the next one's word.
        let (third, shares) = late("j-third", cast.broker_id).await;
        deal.put(&cast.broker, "brokers", shares).await.expect(200);
        deal.post(owner, "papers", json!({"kind": "acceptance", "dated_on": "2026-11-24"})).await.expect(201);
        deal.put(owner, "outcome", json!({"jobs": 3})).await.expect(200);
        has_to_state("completed").await;
        deal.put(&third, "brokers/statement", said()).await.expect(200);
        deal.go(owner, "completed").await.expect(200);
        site.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn terms_agreed_to_after_the_signature_are_judged_as_those_before_it() {
    on_every_database(async |site: Site| {
        let cast = Cast::make(&site, "n").await;
        let (owner, seeker) = (&cast.owner, &cast.seeker);
        let deal = cast.deal("technical_service").await;
        sign(&deal, owner, seeker, &cast.broker, vnd(300_000_000)).await;
        let offer = async |right: &str| {
            let made = deal.post(owner, "offers", json!({"terms": {"right": right, "lump_sum": vnd(7)}})).await.expect(201);
            deal.post(seeker, &format!("offers/{}/accept", id_of(&made)), Value::Null).await
        };
        let refused = offer("ownership").await;
        assert_eq!((refused.status.as_u16(), refused.pointers()), (422, vec!["/legal_facts/right".to_owned()]), "{}", refused.text);
        let offers = seeker.get(&format!("{}/offers", deal.path)).await.expect(200);
        assert_eq!((&offers["items"][0]["status"], &offers["items"][1]["status"]), (&json!("open"), &json!("accepted")), "{offers}");
        offer("right_to_use").await.expect(200);
        deal.is_what_its_events_say(&site).await;
        site.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_the_seeker_is_bound_by_passes_to_no_other_party() {
    on_every_database(async |site: Site| {
        let cast = Cast::make(&site, "s").await;
        let (owner, seeker, broker) = (&cast.owner, &cast.seeker, &cast.broker);
        let third = site.person("s-third").await;
        let third_party = site.party(&third, "Công ty Thứ Ba", "enterprise").await;
        let other = || parties(&cast, &[(third_party, "seeker")]);

        // As long as nothing binds it and it left nothing here another takes its place; what was offered to it is off, and it is told
        // that it is out.
        let deal = cast.deal("licence").await;
        let made = deal.post(owner, "offers", json!({"terms": terms(300)})).await.expect(201);
        deal.put(broker, "parties", other()).await.expect(200);
        let accept = |made: &Value| format!("offers/{}/accept", id_of(made));
        assert_eq!(deal.post(&third, &accept(&made), Value::Null).await.status, 409, "it was made to another");
        assert_eq!(seeker.get(&deal.path).await.status, 404);
        let code = third.get(&deal.path).await.expect(200)["code"].as_str().unwrap().to_owned();
        let notices = seeker.get("/api/v1/notices").await.expect(200);
        let told = |one: &Value| one["text"].as_str().is_some_and(|text| text.contains("không còn tham gia") && text.contains(&code));
        assert!(notices["items"].as_array().unwrap().iter().any(told), "{notices}");
        deal.is_what_its_events_say(&site).await;

        // An agreement binds: no other takes its place, and it does not leave; whoever joins it may.
        let made = deal.post(owner, "offers", json!({"terms": terms(300)})).await.expect(201);
        deal.post(&third, &accept(&made), Value::Null).await.expect(200);
        for wanted in [parties(&cast, &[(cast.seeker_party, "seeker")]), parties(&cast, &[])] {
            let refused = deal.put(broker, "parties", wanted).await;
            assert_eq!((refused.status.as_u16(), refused.pointers()), (422, vec!["/parties".to_owned()]), "{}", refused.text);
            assert!(refused.text.contains("mở thương vụ khác"), "{}", refused.text);
        }
        let both = |role: &str| parties(&cast, &[(third_party, "seeker"), (cast.seeker_party, role)]);
        deal.put(broker, "parties", both("co_seeker")).await.expect(200);

        // What a person promised for a party counts as long as that party stands there.
        let accepted = async || owner.get(&deal.path).await.expect(200)["inside"]["nda_accepted_at"].clone();
        accept_nda(&deal, seeker).await;
        assert!(accepted().await.is_string());
        deal.put(broker, "parties", both("adviser")).await.expect(200);
        assert!(accepted().await.is_null(), "nobody of the side promised anything");
        let listing = format!("/api/v1/technologies/{}/history", cast.listing);
        assert_eq!(owner.get(&listing).await.expect(200)["deals"]["agreements"]["count"], 0);

        // So do the agreement on confidentiality, and a contract.
        let confided = cast.deal("licence").await;
        accept_nda(&confided, seeker).await;
        let contracted = cast.deal("licence").await;
        contracted.put(owner, "contract", json!({"number": "7/2026"})).await.expect(200);
        let noted = cast.deal("licence").await;
        noted.post(owner, "papers", json!({"kind": "nda", "dated_on": "2026-11-20"})).await.expect(201);
        for deal in [confided, contracted, noted] {
            assert_eq!(deal.put(broker, "parties", other()).await.pointers(), ["/parties"]);
        }
        site.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_the_seeker_wrote_offered_noted_or_handed_in_is_read_by_no_other_seeker() {
    on_every_database(async |site: Site| {
        let cast = Cast::make(&site, "w").await;
        let (owner, seeker, broker) = (&cast.owner, &cast.seeker, &cast.broker);
        let third = site.person("w-third").await;
        let third_party = site.party(&third, "Công ty Thứ Ba", "enterprise").await;
        let other = || parties(&cast, &[(third_party, "seeker")]);
        let due = |title: &str| json!({"title": title, "whose": "owner", "due_on": "2026-12-01"});
        for (part, body) in [
            ("messages", json!({"text": "Giá vốn của chúng tôi là 41 nghìn."})),
            ("offers", json!({"terms": terms(300)})),
            ("tasks", due("Gửi mẫu nước dừa")),
            ("meetings", json!({"held_on": "2026-11-20", "minutes": "Chúng tôi đang nói chuyện với một bên khác."})),
            ("papers", json!({"kind": "evaluation", "dated_on": "2026-11-20", "reference": "Thử tại xưởng 2"})),
        ] {
            let deal = cast.deal("licence").await;
            deal.post(seeker, part, body).await.expect(201);
            let refused = deal.put(broker, "parties", other()).await;
            assert_eq!((refused.status.as_u16(), refused.pointers()), (422, vec!["/parties".to_owned()]), "{part}: {}", refused.text);
            assert!(refused.text.contains("mở thương vụ khác"), "{part}: {}", refused.text);
            assert_eq!(deal.put(broker, "parties", parties(&cast, &[])).await.pointers(), ["/parties"], "{part}: nor does it leave alone");
            assert_eq!(third.get(&deal.path).await.status, 404);
        }
        let deal = cast.deal("licence").await;
        let documents = format!("{}/documents", deal.path);
        hand_in_marked(seeker, &documents, "false", "Giá vốn.txt", "41 nghìn.").await.expect(201);
        assert_eq!(deal.put(broker, "parties", other()).await.pointers(), ["/parties"]);
        // An offer that a broker passed on for it is its own; one that it took back was read all the same.
        let deal = cast.deal("licence").await;
        let made = deal.post(broker, "offers", json!({"side": "seeker", "terms": terms(300)})).await.expect(201);
        deal.post(seeker, &format!("offers/{}/withdraw", id_of(&made)), Value::Null).await.expect(200);
        assert_eq!(deal.put(broker, "parties", other()).await.pointers(), ["/parties"]);

        // What the owner and the broker wrote binds nobody.
        let deal = cast.deal("licence").await;
        deal.post(owner, "messages", json!({"text": "Mời anh chị đến thứ Năm."})).await.expect(201);
        deal.post(broker, "messages", json!({"text": "Tôi đến cùng."})).await.expect(201);
        deal.post(owner, "tasks", due("Gửi bản vẽ")).await.expect(201);
        deal.post(broker, "meetings", json!({"held_on": "2026-11-20"})).await.expect(201);
        deal.put(broker, "parties", other()).await.expect(200);
        deal.is_what_its_events_say(&site).await;
        site.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_broker_offers_for_a_side_is_agreed_to_once_its_own_people_accepted_it_too() {
    on_every_database(async |site: Site| {
        let cast = Cast::make(&site, "q").await;
        let (owner, seeker, broker) = (&cast.owner, &cast.seeker, &cast.broker);
        let deal = cast.deal("licence").await;
        let page = format!("/en{}", deal.path.replace("/api/v1", ""));
        let accept = |made: &Value| format!("offers/{}/accept", id_of(made));
        let newest = async |by: &Client| by.get(&format!("{}/offers", deal.path)).await.expect(200)["items"][0].clone();

        // The other side alone does not bind the side that was spoken for.
        let made = deal.post(broker, "offers", json!({"side": "owner", "terms": terms(300)})).await.expect(201);
        assert_eq!(newest(owner).await["awaits"], json!(["owner", "seeker"]));
        let shown = owner.get(&page).await.text;
        assert!(shown.contains("waits for the word of both sides") && shown.contains("value=\"accept\""), "{shown}");
        let before = told(&site, cast.broker_id, "deal_message").await;
        deal.post(seeker, &accept(&made), Value::Null).await.expect(200);
        let one = newest(owner).await;
        assert_eq!((&one["status"], &one["awaits"]), (&json!("open"), &json!(["owner"])), "{one}");
        assert!(told(&site, cast.broker_id, "deal_message").await > before);
        assert_eq!(deal.post(seeker, &accept(&made), Value::Null).await.status, 409, "once");
        assert_eq!(deal.post(broker, &accept(&made), Value::Null).await.status, 403);
        let (theirs, own) = (seeker.get(&page).await.text, owner.get(&page).await.text);
        assert!(!theirs.contains("value=\"accept\"") && own.contains("value=\"accept\""), "{own}");
        deal.is_what_its_events_say(&site).await;
        deal.post(owner, &accept(&made), Value::Null).await.expect(200);
        let one = newest(seeker).await;
        assert_eq!((&one["status"], &one["awaits"]), (&json!("accepted"), &json!([])), "{one}");

        // What one's own people offer has their word already.
        let made = deal.post(owner, "offers", json!({"terms": terms(200)})).await.expect(201);
        assert_eq!(newest(owner).await["awaits"], json!(["seeker"]));
        assert_eq!(deal.post(owner, &accept(&made), Value::Null).await.status, 403);
        deal.is_what_its_events_say(&site).await;

        // Where a side has nobody in the space the broker's word stands.
        let silent = unpeopled(&cast.moderator, "Hợp tác xã Gọi Điện").await;
        let new = json!({"kind": "licence", "listing": cast.listing, "seeker": silent});
        let deal = Deal { path: format!("/api/v1/deals/{}", id_of(&broker.post("/api/v1/deals", new).await.expect(201))) };
        let made = deal.post(broker, "offers", json!({"side": "seeker", "terms": terms(300)})).await.expect(201);
        deal.post(owner, &accept(&made), Value::Null).await.expect(200);
        let offers = owner.get(&format!("{}/offers", deal.path)).await.expect(200);
        assert_eq!(offers["items"][0]["status"], "accepted", "{offers}");
        deal.is_what_its_events_say(&site).await;
        site.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_offer_takes_the_place_of_none_that_its_side_has_not_seen() {
    on_every_database(async |site: Site| {
        let cast = Cast::make(&site, "o").await;
        let (owner, seeker) = (&cast.owner, &cast.seeker);
        let deal = cast.deal("licence").await;
        let page = format!("{}/edit/offer", deal.path.replace("/api/v1", ""));
        let offers = format!("{}/offers", deal.path);
        let seen = version(owner, &deal).await;
        let made = seeker.post_at(&offers, seen, json!({"terms": terms(300)})).await;
        assert_eq!(made.headers["etag"], format!("\"{}\"", seen + 1));
        let made = made.expect(201);
        assert_eq!(owner.post(&offers, json!({"terms": terms(500)})).await.status, 428);
        assert_eq!(owner.post_at(&offers, seen, json!({"terms": terms(500)})).await.status, 412);
        let typed = |seen: &'static str| [("_seen", seen), ("_do", "save"), ("/terms/note", "Kèm đào tạo")];
        let stale = send(owner, &page, &typed("1")).await;
        assert!(stale.status == 409 && stale.text.contains("Kèm đào tạo"), "what was typed stays: {}", stale.text);
        let there = owner.get(&offers).await.expect(200);
        assert_eq!((&there["total"], &there["items"][0]["id"], &there["items"][0]["status"]), (&json!(1), &made["id"], &json!("open")));
        assert_eq!(send(owner, &page, &typed("2")).await.status, 303);
        assert_eq!(owner.get(&offers).await.expect(200)["items"][1]["status"], "superseded");
        site.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn money_and_sales_are_noted_under_a_signed_contract_and_in_its_currency() {
    on_every_database(async |site: Site| {
        let cast = Cast::make(&site, "p").await;
        let (owner, seeker) = (&cast.owner, &cast.seeker);
        let deal = cast.deal("licence").await;
        let dollars = |minor: i64| json!({"minor": minor, "currency": "USD"});
        let payment = |amount: Value| json!({"kind": "lump_sum", "amount": amount, "due_on": "2026-12-31"});
        let report =
            |year: u16, half: u8, sales: Value, royalty: Value| json!({"year": year, "half": half, "sales": sales, "royalty": royalty});

        // Nothing is signed yet.
        for body in [json!({"value": vnd(5)}), json!({"number": "1/2026"})] {
            for (part, sent) in [("payments", payment(vnd(5))), ("reports", report(2026, 1, vnd(5), vnd(1)))] {
                let refused = deal.post(seeker, part, sent).await;
                assert_eq!((refused.status.as_u16(), refused.pointers()), (422, vec![String::new()]), "{part}: {}", refused.text);
            }
            deal.put(owner, "contract", body).await.expect(200);
        }
        let contract = json!({"number": "1/2026", "value": vnd(800_000_000), "signed_on": "2026-03-02"});
        deal.put(owner, "contract", contract).await.expect(200);
        assert_eq!(deal.post(seeker, "payments", payment(dollars(5))).await.pointers(), ["/amount/currency"]);
        for (sent, pointers) in [
            (report(2025, 2, vnd(9), vnd(3)), vec!["/half"]),
            (report(2026, 1, vnd(9), dollars(3)), vec!["/royalty/currency"]),
            (report(2026, 1, dollars(9), dollars(3)), vec!["/sales/currency", "/royalty/currency"]),
        ] {
            let refused = deal.post(seeker, "reports", sent).await;
            assert_eq!(
                (refused.status.as_u16(), refused.pointers()),
                (422, pointers.into_iter().map(str::to_owned).collect()),
                "{}",
                refused.text
            );
        }
        let paid = deal.post(seeker, "payments", payment(vnd(5))).await.expect(201);
        // A least royalty is due whatever was sold.
        let told = deal.post(seeker, "reports", report(2026, 1, vnd(9), vnd(10))).await.expect(201);

        // As long as they stand the contract stays signed, and in their currency.
        let unsigned = || json!({"number": "1/2026", "value": vnd(800_000_000)});
        let abroad = || json!({"number": "1/2026", "value": dollars(30_000), "signed_on": "2026-03-02"});
        for (back, which) in [("payments", &paid), ("reports", &told)] {
            for (contract, pointer) in [(unsigned(), "/signed_on"), (abroad(), "/value/currency")] {
                let refused = deal.put(owner, "contract", contract).await;
                assert_eq!((refused.status.as_u16(), refused.pointers()), (422, vec![pointer.to_owned()]), "{back}: {}", refused.text);
            }
            deal.post(seeker, &format!("{back}/{}/take-back", id_of(which)), Value::Null).await.expect(200);
        }
        deal.put(owner, "contract", abroad()).await.expect(200);
        let home = json!({"number": "1/2026", "value": vnd(800_000_000), "signed_on": "2026-03-02"});
        deal.put(owner, "contract", home).await.expect(200);

        // On the page the fault stands at its field.
        let page = format!("{}/edit/payment", deal.path.replace("/api/v1", ""));
        let seen = version(owner, &deal).await.to_string();
        let typed = [
            ("_seen", seen.as_str()),
            ("_do", "save"),
            ("/kind", "lump_sum"),
            ("/amount/amount", "5"),
            ("/amount/currency", "USD"),
            ("/due_on", "2026-12-31"),
        ];
        let refused = send(owner, &page, &typed).await;
        assert!(refused.status == 422 && refused.text.contains("tính bằng VND"), "{}", refused.text);
        site.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_contract_is_not_in_force_before_the_law_lets_it() {
    on_every_database(async |site: Site| {
        let cast = Cast::make(&site, "f").await;
        let owner = &cast.owner;
        let deal = cast.deal("licence").await;
        let contract =
            |from: &str| json!({"signed_on": "2026-11-16", "in_force_on": from, "registration_number": "45/GCN", "registered_on": "2026-11-20"});
        // No law asks for the registration: it is in force as agreed.
        let free = json!({"direction": "domestic", "state_capital": false, "list": "none", "right": "right_to_use"});
        deal.put(owner, "legal-facts", free).await.expect(200);
        deal.put(owner, "contract", contract("2026-11-16")).await.expect(200);
        deal.put(owner, "legal-facts", funded()).await.expect(200);
        let refused = deal.put(owner, "contract", contract("2026-11-19")).await;
        assert_eq!((refused.status.as_u16(), refused.pointers()), (422, vec!["/in_force_on".to_owned()]), "{}", refused.text);
        assert!(refused.text.contains("2026-11-20"), "{}", refused.text);
        deal.put(owner, "contract", contract("2026-11-20")).await.expect(200);

        // A technology whose transfer is restricted waits for its licence.
        let restricted = json!({"direction": "domestic", "state_capital": false, "list": "restricted", "right": "right_to_use"});
        deal.put(owner, "legal-facts", restricted).await.expect(200);
        deal.post(owner, "papers", json!({"kind": "transfer_licence", "dated_on": "2026-11-23"})).await.expect(201);
        let refused = deal.put(owner, "contract", contract("2026-11-22")).await;
        assert_eq!(refused.pointers(), ["/in_force_on"], "{}", refused.text);
        assert!(refused.text.contains("2026-11-23"), "{}", refused.text);
        deal.put(owner, "contract", contract("2026-11-23")).await.expect(200);
        site.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_deal_that_waits_for_a_broker_tells_those_who_do_not_see_its_listing_nothing_of_it() {
    on_every_database(async |site: Site| {
        let cast = Cast::make(&site, "t").await;
        let (owner, broker) = (&cast.owner, &cast.broker);
        let waiting = "/api/v1/deals?without_broker=true";
        let made = owner.post("/api/v1/deals", json!({"kind": "licence", "listing": cast.listing, "title": "Máy cho Hợp tác xã"})).await;
        let id = id_of(&made.expect(201));
        let row = async || broker.get(waiting).await.expect(200)["items"][0].clone();
        assert_eq!((&row().await["title"], &row().await["owner"]), (&json!("Máy cho Hợp tác xã"), &json!(cast.owner_party)));

        let seen = owner.get(&format!("/api/v1/technologies/{}", cast.listing)).await.expect(200)["inside"]["version"].as_i64().unwrap();
        let visibility = format!("/api/v1/listings/{}/visibility", cast.listing);
        owner.put_at(&visibility, seen, json!({"visibility": "invited", "parties": []})).await.expect(200);
        let cut = row().await;
        assert_eq!((&cut["id"], &cut["title"], &cut["owner"], &cut["kind"]), (&json!(id), &Value::Null, &Value::Null, &json!("licence")));
        // Nor does asking whose or about what lead to it.
        for narrowed in [format!("&party={}", cast.owner_party), format!("&listing={}", cast.listing)] {
            assert_eq!(broker.get(&format!("{waiting}{narrowed}")).await.expect(200)["total"], 0, "{narrowed}");
        }
        for path in ["/staff/deals".to_owned(), "/staff/deals/free".to_owned(), format!("/staff/deals/take?deal={id}")] {
            let page = broker.get(&path).await.text;
            assert!(page.contains("GD-2026-000001") && page.contains("Tin liên quan không mở cho bạn"), "{path}: {page}");
            assert!(!page.contains("Máy cho Hợp tác xã") && !page.contains("Viện Dừa t"), "{path}: {page}");
        }
        // Whoever manages deals sees it, and whoever takes it.
        let administrator = site.staff("t-administrator", &[StaffRole::Administrator, StaffRole::Broker]).await;
        assert_eq!(administrator.get(waiting).await.expect(200)["items"][0]["title"], "Máy cho Hợp tác xã");
        let said = json!({"statement": "Không có lợi ích riêng."});
        broker.post_at(&format!("/api/v1/deals/{id}/take"), 1, said).await.expect(200);
        assert_eq!(broker.get(&format!("/api/v1/deals/{id}")).await.expect(200)["title"], "Máy cho Hợp tác xã");
        site.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_signs_for_a_side_hears_of_its_deals() {
    on_every_database(async |site: Site| {
        let cast = Cast::make(&site, "v").await;
        let (_, signs) = site.account("v-signs", &[]).await;
        let (_, reads) = site.account("v-reads", &[]).await;
        site.member(cast.seeker_party, signs, PartyRole::Signatory).await;
        site.member(cast.seeker_party, reads, PartyRole::Viewer).await;
        let deal = cast.deal("licence").await;
        deal.post(&cast.owner, "offers", json!({"terms": terms(300)})).await.expect(201);
        assert_eq!((told(&site, signs, "deal_moved").await, told(&site, signs, "deal_message").await), (1, 1));
        assert_eq!(told(&site, reads, "deal_moved").await, 0);
        site.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_program_names_nobody_who_reads_a_confidential_document() {
    on_every_database(async |site: Site| {
        let cast = Cast::make(&site, "w").await;
        let deal = cast.deal("licence").await;
        let documents = format!("{}/documents", deal.path);
        let secret = id_of(&hand_in_marked(&cast.owner, &documents, "true", "Công thức.txt", "Ủ men 48 giờ.").await.expect(201));
        let readers = format!("{documents}/{secret}/readers");
        let program = cast.owner.clone().with_token(&site, &["read", "write"]).await;
        let named = json!({"readers": [{"account": cast.broker_id, "expires_on": "2026-12-31"}]});
        assert_eq!(program.put_at(&readers, 1, named.clone()).await.status, 403);
        cast.owner.put_at(&readers, 1, named).await.expect(200);
        site.stop().await;
    })
    .await;
}
