//! What the law was told of a deal and what it asks back: the answer which right is passed on goes with the deal, and what must be
//! there before a contract is carried out is there.

use base::PartyRole;
use serde_json::{Value, json};

use crate::deals::{CONTENTS, Cast, Deal, funded, sign, vnd};
use crate::site::{Client, Site, on_every_database};

fn answers(right: &str) -> Value {
    json!({"direction": "domestic", "state_capital": false, "list": "none", "right": right})
}

/// An offer of the owner's to which the seeker agrees.
async fn agree(deal: &Deal, owner: &Client, seeker: &Client, terms: Value) {
    let offer = deal.post(owner, "offers", json!({ "terms": terms })).await.expect(201);
    deal.post(seeker, &format!("offers/{}/accept", offer["id"].as_str().unwrap()), Value::Null).await.expect(200);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_right_that_the_law_is_told_is_the_one_that_the_deal_passes_on() {
    on_every_database(async |site: Site| {
        let cast = Cast::make(&site, "r").await;
        let (owner, seeker, broker) = (&cast.owner, &cast.seeker, &cast.broker);
        // A kind of deal that passes on one of the two leaves no other answer.
        for (kind, right, other, words) in [
            ("licence", "right_to_use", "ownership", ["Quyền sở hữu", "Chuyển quyền sử dụng công nghệ", "Quyền sử dụng"]),
            ("mark_use", "right_to_use", "ownership", ["Quyền sở hữu", "nhãn hiệu", "Quyền sử dụng"]),
            ("assignment", "ownership", "right_to_use", ["Quyền sử dụng", "Chuyển nhượng", "Quyền sở hữu"]),
        ] {
            let deal = cast.deal(kind).await;
            let refused = deal.put(owner, "legal-facts", answers(other)).await;
            assert_eq!((refused.status.as_u16(), refused.pointers()), (422, vec!["/right".to_owned()]), "{kind}: {}", refused.text);
            assert!(words.iter().all(|word| refused.text.contains(word)), "{kind}: {}", refused.text);
            deal.put(owner, "legal-facts", answers(right)).await.expect(200);
        }

        // Where the kind leaves it open, the offer that both sides agreed to says it.
        let deal = cast.deal("joint_venture").await;
        for right in ["right_to_use", "ownership"] {
            deal.put(owner, "legal-facts", answers(right)).await.expect(200);
        }
        agree(&deal, owner, seeker, json!({"right": "right_to_use", "capital_share_bp": 3_000})).await;
        let refused = deal.put(owner, "legal-facts", answers("ownership")).await;
        assert_eq!(refused.pointers(), ["/right"], "{}", refused.text);
        assert!(refused.text.contains("đề nghị số 1"), "{}", refused.text);
        // What was answered before the agreement is asked again before the signature, with all else that is missing.
        deal.go(broker, "introduced").await.expect(200);
        deal.post(broker, "meetings", json!({"held_on": "2026-11-20"})).await.expect(201);
        deal.go(seeker, "met").await.expect(200);
        deal.put(broker, "brokers/statement", json!({"statement": "Không có lợi ích riêng."})).await.expect(200);
        deal.go(seeker, "negotiation").await.expect(200);
        let contract = json!({"number": "7/2026", "value": vnd(5), "signed_on": "2026-11-24", "contents": CONTENTS});
        deal.put(owner, "contract", contract).await.expect(200);
        assert_eq!(deal.go(owner, "signed").await.pointers(), ["/legal_facts/right"]);
        deal.put(owner, "legal-facts", answers("right_to_use")).await.expect(200);
        deal.go(owner, "signed").await.expect(200);
        site.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_contract_about_a_restricted_technology_is_not_carried_out_without_its_licence() {
    on_every_database(async |site: Site| {
        let cast = Cast::make(&site, "v").await;
        let (owner, seeker, broker) = (&cast.owner, &cast.seeker, &cast.broker);
        let deal = cast.deal("technical_service").await;
        sign(&deal, owner, seeker, broker, vnd(300_000_000)).await;
        deal.post(owner, "papers", json!({"kind": "transfer_approval", "dated_on": "2026-11-20"})).await.expect(201);
        let restricted = json!({"direction": "domestic", "state_capital": false, "list": "restricted", "right": "right_to_use"});
        deal.put(owner, "legal-facts", restricted.clone()).await.expect(200);
        let refused = deal.go(owner, "delivering").await;
        assert_eq!((refused.status.as_u16(), refused.pointers()), (422, vec!["/papers/transfer_licence".to_owned()]), "{}", refused.text);
        assert!(refused.text.contains("Pháp luật yêu cầu trước khi thực hiện hợp đồng"), "{}", refused.text);
        let page = owner.get(&deal.path.replace("/api/v1", "")).await.text;
        assert!(page.contains("hợp đồng chỉ có hiệu lực từ ngày được cấp giấy phép"), "{page}");
        deal.post(seeker, "papers", json!({"kind": "transfer_licence", "dated_on": "2026-11-24"})).await.expect(201);
        deal.go(owner, "delivering").await.expect(200);

        // One that turns out to be restricted while it is carried out needs it as well.
        let other = cast.deal("technical_service").await;
        sign(&other, owner, seeker, broker, vnd(300_000_000)).await;
        other.go(owner, "delivering").await.expect(200);
        other.post(owner, "papers", json!({"kind": "transfer_approval", "dated_on": "2026-11-20"})).await.expect(201);
        assert_eq!(other.put(owner, "legal-facts", restricted).await.pointers(), ["/papers/transfer_licence"]);
        deal.is_what_its_events_say(&site).await;
        site.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_contract_usually_says_is_told_apart_from_what_it_must_say_and_keeps_nobody_from_signing() {
    on_every_database(async |site: Site| {
        let cast = Cast::make(&site, "u").await;
        let (owner, seeker, broker) = (&cast.owner, &cast.seeker, &cast.broker);
        let deal = cast.deal("option_or_material_transfer").await;
        deal.go(broker, "introduced").await.expect(200);
        deal.post(broker, "meetings", json!({"held_on": "2026-11-20"})).await.expect(201);
        deal.go(seeker, "met").await.expect(200);
        deal.put(broker, "brokers/statement", json!({"statement": "Không có lợi ích riêng."})).await.expect(200);
        deal.put(owner, "legal-facts", answers("right_to_use")).await.expect(200);
        deal.go(seeker, "negotiation").await.expect(200);
        agree(&deal, owner, seeker, json!({"lump_sum": vnd(5)})).await;
        let contract = |contents: Value| json!({"number": "8/2026", "value": vnd(5), "signed_on": "2026-11-24", "contents": contents});
        deal.put(owner, "contract", contract(json!(["price"]))).await.expect(200);
        assert_eq!(deal.go(owner, "signed").await.pointers(), ["/contract/contents/object"]);

        let path = deal.path.replace("/api/v1", "");
        for (prefix, must, usual, missing) in [
            ("", "Nội dung bắt buộc của hợp đồng", "Nội dung thường có của hợp đồng", "Còn thiếu:"),
            ("/en", "What the contract must say", "Usual contents of a contract", "Missing:"),
        ] {
            let page = owner.get(&format!("{prefix}{path}")).await.text;
            let list = |heading: &str| page.split(&format!("<summary>{heading}</summary>")).nth(1).unwrap().split("</ul>").next().unwrap();
            assert!(list(must).contains(&format!("<strong class=\"lack\">{missing}</strong>")), "{page}");
            let told = list(usual);
            let unsaid = told.matches(&format!("<span class=\"muted\">{missing}</span>")).count();
            assert_eq!((unsaid, told.matches("class=\"there\"").count(), told.matches("lack").count()), (4, 1, 0), "{told}");
            let form = owner.get(&format!("{prefix}{path}/edit/contract")).await.text;
            let legends: Vec<_> = [must, usual].iter().map(|words| form.find(&format!("<legend>{words}"))).collect();
            assert!(legends[0].is_some() && legends[0] < legends[1], "{form}");
        }
        deal.put(owner, "contract", contract(json!(["object"]))).await.expect(200);
        deal.go(owner, "signed").await.expect(200);
        site.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_only_reads_or_writes_for_a_side_accepts_for_themselves_and_binds_it_to_nothing() {
    on_every_database(async |site: Site| {
        let cast = Cast::make(&site, "o").await;
        let (owner, broker) = (&cast.owner, &cast.broker);
        let deal = cast.deal("licence").await;
        deal.go(broker, "introduced").await.expect(200);
        let (nda, page) = (format!("{}/nda", deal.path), format!("/en{}/nda", deal.path.replace("/api/v1", "")));
        let accept = async |by: &Client| {
            let there = by.get(&nda).await.expect(200);
            by.post(&format!("{}/accept-nda", deal.path), json!({"nda_hash": there["nda"]["hash"]})).await
        };
        let agreed = async || owner.get(&deal.path).await.expect(200)["inside"]["nda_accepted_at"].is_string();
        for (name, role) in [("o-reads", PartyRole::Viewer), ("o-writes", PartyRole::Editor)] {
            let (by, account) = site.account(name, &[]).await;
            site.member(cast.seeker_party, account, role).await;
            assert_eq!(by.get(&nda).await.expect(200)["binds_side"], false);
            assert!(by.get(&page).await.text.contains("You accept for yourself alone"));
            accept(&by).await.expect(200);
            assert_eq!(accept(&by).await.status, 409, "once");
            assert_eq!((agreed().await, deal.go(owner, "nda").await.pointers()), (false, vec!["/papers/nda".to_owned()]), "{name}");
            assert!(by.get(&nda).await.expect(200)["accepted_at"].is_string(), "for themselves it stands");
            // Whoever comes to sign for it accepts once more, for the side.
            if role == PartyRole::Editor {
                let members = cast.seeker.get(&format!("/api/v1/parties/{}/memberships", cast.seeker_party)).await.expect(200);
                let own =
                    members["items"].as_array().unwrap().iter().find(|m| m["email"] == format!("{name}@example.org")).unwrap().clone();
                let roles = format!("/api/v1/memberships/{}/roles", own["id"].as_str().unwrap());
                cast.seeker.put_at(&roles, own["version"].as_i64().unwrap(), json!({"roles": ["signatory"]})).await.expect(200);
                let there = by.get(&nda).await.expect(200);
                assert_eq!((&there["binds_side"], &there["can_accept"]), (&json!(true), &json!(true)), "{there}");
                assert!(by.get(&page).await.text.contains("the agreement of your side"));
                accept(&by).await.expect(200);
                assert_eq!(accept(&by).await.status, 409);
            }
        }
        assert!(agreed().await);
        deal.go(owner, "nda").await.expect(200);
        deal.is_what_its_events_say(&site).await;
        site.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_agreement_on_confidentiality_is_accepted_by_the_side_that_is_confided_to() {
    on_every_database(async |site: Site| {
        let cast = Cast::make(&site, "p").await;
        let (owner, seeker, broker) = (&cast.owner, &cast.seeker, &cast.broker);
        let history = format!("/api/v1/technologies/{}/history", cast.listing);
        let counted = async || owner.get(&history).await.expect(200)["deals"]["agreements"].clone();
        let accept = async |deal: &Deal, by: &Client| {
            let hash = by.get(&format!("{}/nda", deal.path)).await.expect(200)["nda"]["hash"].clone();
            by.post(&format!("{}/accept-nda", deal.path), json!({"nda_hash": hash})).await.expect(200);
        };
        let before = counted().await;

        // The owner promises themselves nothing: neither they nor a broker make an agreement between the sides.
        let deal = cast.deal("licence").await;
        deal.go(broker, "introduced").await.expect(200);
        accept(&deal, owner).await;
        accept(&deal, broker).await;
        assert_eq!(deal.go(owner, "nda").await.pointers(), ["/papers/nda"]);
        assert_eq!(owner.get(&deal.path).await.expect(200)["inside"]["nda_accepted_at"], Value::Null);
        assert_eq!(counted().await, before);
        accept(&deal, seeker).await;
        deal.go(owner, "nda").await.expect(200);
        let one = counted().await;
        assert_ne!(one, before);

        // Of what the seeker confides the owner is the one who promises.
        let other = cast.deal("licence").await;
        other.go(broker, "introduced").await.expect(200);
        accept(&other, owner).await;
        assert_eq!(other.go(owner, "nda").await.pointers(), ["/papers/nda"]);
        let mark = "--xxx\r\nContent-Disposition: form-data; name=\"confidential\"\r\n\r\ntrue\r\n";
        let file = "--xxx\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.txt\"\r\n\r\nabc\r\n--xxx--\r\n";
        let body = format!("{mark}{file}").into_bytes();
        let path = format!("{}/documents", other.path);
        let handed = seeker.send_raw(reqwest::Method::POST, &path, "multipart/form-data; boundary=xxx", body).await.expect(201);
        other.go(owner, "nda").await.expect(200);
        assert_ne!(counted().await, one);
        // What was confided stays so, and so does the agreement.
        let document = format!("{path}/{}", handed["id"].as_str().unwrap());
        assert_eq!(seeker.send(reqwest::Method::DELETE, &document, None).await.status, 204);
        assert!(owner.get(&other.path).await.expect(200)["inside"]["nda_accepted_at"].is_string());
        site.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_contract_that_is_late_to_be_registered_makes_its_deal_overdue_and_tells_the_side_that_registers_it() {
    on_every_database(async |site: Site| {
        let cast = Cast::make(&site, "l").await;
        let (owner, seeker, broker) = (&cast.owner, &cast.seeker, &cast.broker);
        let clerks = [site.account("l-gives", &[]).await, site.account("l-takes", &[]).await];
        site.member(cast.owner_party, clerks[0].1, PartyRole::Editor).await;
        site.member(cast.seeker_party, clerks[1].1, PartyRole::Editor).await;
        let other = cast.deal("technical_service").await;
        sign(&other, owner, seeker, broker, vnd(300_000_000)).await;

        // Signed in June, it had to be registered within ninety days.
        let deal = cast.deal("licence").await;
        deal.go(broker, "introduced").await.expect(200);
        deal.post(broker, "meetings", json!({"held_on": "2026-11-20"})).await.expect(201);
        deal.go(seeker, "met").await.expect(200);
        deal.put(broker, "brokers/statement", json!({"statement": "Không có lợi ích riêng."})).await.expect(200);
        deal.put(owner, "legal-facts", funded()).await.expect(200);
        deal.go(seeker, "negotiation").await.expect(200);
        agree(&deal, owner, seeker, json!({"lump_sum": vnd(5)})).await;
        let mut contract = json!({"number": "9/2026", "value": vnd(5), "signed_on": "2026-06-30", "contents": CONTENTS});
        deal.put(owner, "contract", contract.clone()).await.expect(200);
        deal.post(broker, "papers", json!({"kind": "valuation", "dated_on": "2026-06-20"})).await.expect(201);
        let due = async || {
            let view = owner.get(&deal.path).await.expect(200);
            (view["due_on"].as_str().unwrap().to_owned(), view["is_overdue"].as_bool().unwrap())
        };
        assert!(!due().await.1, "nothing is to be registered before the signature");
        deal.go(owner, "signed").await.expect(200);
        assert_eq!(due().await, ("2026-09-28".to_owned(), true));
        deal.is_what_its_events_say(&site).await;

        // It comes first on the board, is on the list of what is overdue, and those are told whose it is: once.
        let board = broker.get("/api/v1/deal-board").await.expect(200);
        let signed = board["items"].as_array().unwrap().iter().find(|column| column["stage"] == "signed").unwrap().clone();
        let first = signed["items"][0]["id"].as_str().unwrap();
        assert_eq!((signed["total"].as_u64(), deal.path.ends_with(first)), (Some(2), true), "{signed}");
        assert_eq!(broker.get("/api/v1/deals?overdue=true").await.expect(200)["total"], 1);
        let told = async |by: &Client| by.get("/api/v1/notices?limit=100").await.text.matches("Đã đến hạn đăng ký hợp đồng").count();
        for _ in 0..2 {
            brokering::deals::tick(&site.app.brokering).await.unwrap();
            assert_eq!([told(&clerks[0].0).await, told(&clerks[1].0).await, told(broker).await], [0, 1, 1]);
        }

        // What makes the registration a free choice, an earlier or a later signature, and the registration itself move the day.
        deal.put(owner, "legal-facts", answers("right_to_use")).await.expect(200);
        let by_stage = due().await;
        assert!(!by_stage.1, "{by_stage:?}");
        deal.is_what_its_events_say(&site).await;
        deal.put(owner, "legal-facts", funded()).await.expect(200);
        contract["signed_on"] = json!("2026-07-01");
        deal.put(owner, "contract", contract.clone()).await.expect(200);
        assert_eq!(due().await, ("2026-09-29".to_owned(), true));
        deal.is_what_its_events_say(&site).await;
        contract["registration_number"] = json!("45/GCN");
        contract["registered_on"] = json!("2026-11-24");
        deal.put(owner, "contract", contract).await.expect(200);
        assert_eq!(due().await, by_stage);
        deal.is_what_its_events_say(&site).await;
        site.stop().await;
    })
    .await;
}
