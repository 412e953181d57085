//! Whoever hides stays hidden until they say who they are: in deals, from brokers' shares to the audit trail.

use base::{AccountId, PartyId, PartyRole, StaffRole};
use reqwest::Method;
use serde_json::{Value, json};

use crate::deals::{Cast, Deal};
use crate::main_job::{need, publish};
use crate::site::{Answer, Client, Site, on_every_database};

async fn send(client: &Client, path: &str, fields: &[(&str, &str)]) -> Answer {
    let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
    client.send_raw(Method::POST, path, "application/x-www-form-urlencoded", body.into_bytes()).await
}

fn id_of(made: &Value) -> String {
    made["id"].as_str().unwrap().to_owned()
}

async fn step(by: &Client, interest: &str, step: &str, body: Value) -> Answer {
    let path = format!("/api/v1/interests/{interest}");
    let seen = by.get(&path).await.expect(200)["version"].as_i64().unwrap();
    by.post_at(&format!("{path}/{step}"), seen, body).await
}

/// A hidden interest of this party in a technology.
async fn hide(by: &Client, party: PartyId, listing: &str) -> String {
    let asked = json!({"party": party, "message": "Cần một máy.", "cooperation": "licence", "anonymity": "hidden"});
    id_of(&by.post(&format!("/api/v1/technologies/{listing}/interests"), asked).await.expect(201))
}

/// A hidden interest of the cast's seeker that the owner accepted, and the deal that the owner opened from it.
async fn accepted(cast: &Cast, listing: &str) -> (String, Deal) {
    let interest = hide(&cast.seeker, cast.seeker_party, listing).await;
    step(&cast.owner, &interest, "accept", json!({})).await.expect(200);
    let new = json!({"kind": "licence", "listing": listing, "interest": interest});
    let deal = cast.owner.post("/api/v1/deals", new).await.expect(201);
    (interest, Deal { path: format!("/api/v1/deals/{}", id_of(&deal)) })
}

async fn take(by: &Client, deal: &Deal) -> Answer {
    // Whoever takes it sees its version where it is offered; it was not changed since it was opened.
    by.post_at(&format!("{}/take", deal.path), 1, json!({"statement": "Không có lợi ích riêng."})).await
}

fn both(cast: &Cast, role: &str) -> Value {
    json!({"parties": [{"party": cast.owner_party, "role": "owner"}, {"party": cast.seeker_party, "role": role}]})
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_broker_names_whoever_hides_from_the_owner_in_a_deal() {
    on_every_database(async |site: Site| {
        let cast = Cast::make(&site, "x").await;
        let (owner, seeker, broker) = (&cast.owner, &cast.seeker, &cast.broker);
        let (interest, deal) = accepted(&cast, &cast.listing).await;
        take(broker, &deal).await.expect(200);

        // In whatever part: the owner would read the name.
        for role in ["seeker", "co_seeker", "adviser"] {
            let refused = deal.put(broker, "parties", both(&cast, role)).await;
            assert_eq!((refused.status.as_u16(), refused.pointers()), (422, vec!["/parties/1/party".to_owned()]), "{}", refused.text);
        }
        let page = deal.path.replace("/api/v1", "");
        let form = broker.get(&format!("{page}/edit/parties")).await.text;
        let seen = form.split("name=\"_seen\" value=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
        let slug = async |party: PartyId| {
            let shown = broker.get(&format!("/api/v1/parties/{party}")).await.expect(200);
            shown["slug"].as_str().unwrap().to_owned()
        };
        let (ours, theirs) = (slug(cast.owner_party).await, slug(cast.seeker_party).await);
        let typed = [
            ("_seen", seen.as_str()),
            ("_do", "save"),
            ("/parties/0/party", ours.as_str()),
            ("/parties/0/role", "owner"),
            ("/parties/1/party", theirs.as_str()),
            ("/parties/1/role", "seeker"),
        ];
        let refused = send(broker, &format!("{page}/edit/parties"), &typed).await;
        assert!(refused.status == 422 && refused.text.contains("chưa cho bên có tin biết tên"), "{}", refused.text);
        for path in [&deal.path, &page] {
            let shown = owner.get(path).await.text;
            assert!(!shown.contains("Công ty Cơm dừa x") && !shown.contains(&cast.seeker_party.to_string()), "{path}: {shown}");
        }

        // Nor in a deal of its own about the same technology, with no interest in hand.
        let named = json!({"kind": "licence", "listing": cast.listing, "seeker": cast.seeker_party});
        let refused = broker.post("/api/v1/deals", named.clone()).await;
        assert_eq!((refused.status.as_u16(), refused.pointers()), (422, vec!["/seeker".to_owned()]), "{}", refused.text);
        // An owner who tries a name learns nothing by it: the answer is the same for every party.
        for party in [cast.seeker_party, site.party(&site.person("x-third").await, "Công ty Thứ Ba", "enterprise").await] {
            let tried = owner.post("/api/v1/deals", json!({"kind": "licence", "listing": cast.listing, "seeker": party})).await;
            assert!(tried.status == 422 && !tried.text.contains("chưa cho bên có tin biết tên"), "{}", tried.text);
        }
        // Another technology is another matter, and one that another party offers to a need.
        let second = cast.another("Máy tách vỏ dừa x").await;
        let elsewhere = json!({"kind": "licence", "listing": second, "seeker": cast.seeker_party});
        broker.post("/api/v1/deals", elsewhere).await.expect(201);
        let open = hide(seeker, cast.seeker_party, &second).await;
        let refused = broker.post("/api/v1/deals", json!({"kind": "licence", "listing": second, "seeker": cast.seeker_party})).await;
        assert_eq!(refused.pointers(), ["/seeker"], "an interest that waits hides as well");
        step(seeker, &open, "withdraw", json!({})).await.expect(200);
        broker.post("/api/v1/deals", json!({"kind": "licence", "listing": second, "seeker": cast.seeker_party})).await.expect(201);

        // They enter when they say who they are; then their part may be changed as anybody's.
        step(seeker, &interest, "reveal", json!({})).await.expect(200);
        assert!(owner.get(&deal.path).await.text.contains(&cast.seeker_party.to_string()));
        deal.put(broker, "parties", both(&cast, "seeker")).await.expect(200);
        broker.post("/api/v1/deals", named).await.expect(201);
        site.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_offers_to_a_need_and_hides_is_not_named_to_it() {
    on_every_database(async |site: Site| {
        let cast = Cast::make(&site, "y").await;
        let wanted = out(&cast, "named").await;
        let asked =
            json!({"party": cast.owner_party, "message": "Có một máy.", "cooperation": "licence", "anonymity": "sector_and_region"});
        cast.owner.post(&format!("/api/v1/needs/{wanted}/interests"), asked).await.expect(201);
        let named = json!({"kind": "licence", "listing": wanted, "owner": cast.owner_party});
        let refused = cast.broker.post("/api/v1/deals", named).await;
        assert_eq!((refused.status.as_u16(), refused.pointers()), (422, vec!["/owner".to_owned()]), "{}", refused.text);
        site.stop().await;
    })
    .await;
}

/// A need of the seeker's that is out.
async fn out(cast: &Cast, anonymity: &str) -> String {
    let mut content = need();
    content["anonymity"] = json!(anonymity);
    let made = cast.seeker.post("/api/v1/needs", json!({"party": cast.seeker_party, "content": content})).await.expect(201);
    let id = id_of(&made);
    let steps = format!("/api/v1/listings/{id}/transitions");
    let seen = cast.seeker.post_at(&steps, 1, json!({"step": "submit"})).await.expect(200)["version"].as_i64().unwrap();
    publish(&cast.moderator, &id, seen).await;
    id
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_need_that_hides_is_named_in_a_deal_when_its_people_say_so() {
    on_every_database(async |site: Site| {
        let cast = Cast::make(&site, "z").await;
        let (owner, seeker) = (&cast.owner, &cast.seeker);
        let wanted = out(&cast, "hidden").await;
        let answer = async || {
            let asked = json!({"party": cast.owner_party, "message": "Có một máy.", "cooperation": "licence"});
            let interest = id_of(&owner.post(&format!("/api/v1/needs/{wanted}/interests"), asked).await.expect(201));
            step(seeker, &interest, "accept", json!({})).await.expect(200);
            interest
        };
        let interest = answer().await;
        let mut new = json!({"kind": "licence", "listing": wanted, "owner": cast.owner_party, "interest": interest});
        let refused = seeker.post("/api/v1/deals", new.clone()).await;
        assert_eq!((refused.status.as_u16(), refused.pointers()), (422, vec!["/seeker".to_owned()]), "{}", refused.text);
        assert_eq!(owner.get("/api/v1/deals").await.expect(200)["total"], 0, "nobody was named");
        new["seeker"] = json!(cast.seeker_party);
        let deal = seeker.post("/api/v1/deals", new).await.expect(201);
        assert!(owner.get(&format!("/api/v1/deals/{}", id_of(&deal))).await.text.contains(&cast.seeker_party.to_string()));

        // On the page they tick that the other side is told their name.
        let interest = answer().await;
        for (lang, words) in [("", "cho bên giao biết tên của chúng tôi"), ("/en", "tells it to the other side")] {
            let form = seeker.get(&format!("{lang}/deals/new?listing={wanted}&interest={interest}")).await.text;
            assert!(form.contains("name=\"named\"") && form.contains("required") && form.contains(words), "{form}");
        }
        let party = owner.get(&format!("/api/v1/parties/{}", cast.owner_party)).await.expect(200)["slug"].as_str().unwrap().to_owned();
        let typed = [("listing", wanted.as_str()), ("kind", "licence"), ("interest", interest.as_str()), ("other", party.as_str())];
        let refused = send(seeker, "/deals/new", &typed).await;
        assert!(refused.status == 422 && refused.text.contains("href=\"#named\""), "{}", refused.text);
        let ticked = [typed.as_slice(), &[("named", "yes")]].concat();
        assert_eq!(send(seeker, "/deals/new", &ticked).await.status, 303);

        // A need that names its party anyway asks nothing, and a broker names nobody by that tick.
        let open = out(&cast, "named").await;
        assert!(!seeker.get(&format!("/deals/new?listing={open}")).await.text.contains("name=\"named\""));
        let by_broker = [("listing", wanted.as_str()), ("kind", "licence"), ("other", party.as_str()), ("named", "yes")];
        let opened = send(&cast.broker, "/deals/new", &by_broker).await;
        let page = opened.headers["location"].to_str().unwrap().to_owned();
        assert!(!owner.get(&page).await.text.contains("Công ty Cơm dừa z"));
        site.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_of_a_hidden_senders_brokers_its_deal_and_nothing_keeps_the_sender_from_saying_who_they_are() {
    on_every_database(async |site: Site| {
        let cast = Cast::make(&site, "u").await;
        let (seeker, broker) = (&cast.seeker, &cast.broker);
        let administrator = site.staff("u-administrator", &[StaffRole::Administrator]).await;
        let (second, second_id) = site.account("u-second", &[StaffRole::Broker]).await;
        site.member(cast.seeker_party, second_id, PartyRole::Viewer).await;
        let (interest, deal) = accepted(&cast, &cast.listing).await;
        take(broker, &deal).await.expect(200);

        // Neither by a share nor by a handover comes somebody of the sender's into it.
        let share = |account: AccountId, share_bp: u16| json!({"account": account, "share_bp": share_bp});
        let shares = json!({"brokers": [share(cast.broker_id, 7_500), share(second_id, 2_500)]});
        let refused = deal.put(broker, "brokers", shares).await;
        assert_eq!((refused.status.as_u16(), refused.pointers()), (422, vec!["/brokers/1/account".to_owned()]), "{}", refused.text);
        let handover = json!({"from": cast.broker_id, "to": second_id});
        let told = administrator.get(&format!("/api/v1/staff/handover?from={}&to={second_id}", cast.broker_id)).await.expect(200);
        assert_eq!((told["deals"].as_array().unwrap().len(), told["left"].as_array().unwrap().len()), (0, 1), "{told}");
        let done = administrator.post("/api/v1/staff/handover", handover).await.expect(200);
        assert_eq!((&done["deals"], done["left"].as_array().unwrap().len()), (&json!(0), 1), "{done}");
        assert_eq!(second.get(&deal.path).await.status, 404);

        // Whoever became one of theirs since is dropped when they appear; the others keep the whole, and the log says why.
        let (_, third_id) = site.account("u-third", &[StaffRole::Broker]).await;
        let (_, fourth_id) = site.account("u-fourth", &[StaffRole::Broker]).await;
        let shares = json!({"brokers": [share(cast.broker_id, 2_000), share(third_id, 2_000), share(fourth_id, 6_000)]});
        deal.put(broker, "brokers", shares).await.expect(200);
        site.member(cast.seeker_party, fourth_id, PartyRole::Viewer).await;
        step(seeker, &interest, "reveal", json!({})).await.expect(200);
        let shown = seeker.get(&deal.path).await.expect(200);
        let mut left: Vec<(String, u64)> = shown["brokers"]
            .as_array()
            .unwrap()
            .iter()
            .map(|one| (one["account"].as_str().unwrap().to_owned(), one["share_bp"].as_u64().unwrap()))
            .collect();
        left.sort();
        let mut wanted = vec![(cast.broker_id.to_string(), 5_000), (third_id.to_string(), 5_000)];
        wanted.sort();
        assert_eq!(left, wanted, "{shown}");
        let id: uuid::Uuid = deal.path.rsplit('/').next().unwrap().parse().unwrap();
        let of = store::events::Filter { subject: Some(id), kind: Some("deal.brokers_set".to_owned()), ..Default::default() };
        let events = site.app.store.events(&of, 10).await.unwrap();
        assert_eq!(events[0].payload["reason"], "broker_of_side");
        assert_eq!(events[0].payload["dropped"], json!([fourth_id]));
        let timeline = seeker.get(&deal.path.replace("/api/v1", "")).await.text;
        assert!(timeline.contains("là thành viên của bên vừa vào thương vụ"), "{timeline}");
        deal.is_what_its_events_say(&site).await;

        // The only one as well: then nobody brokers it, and any broker of neither side may take it.
        let listing = cast.another("Máy tách vỏ dừa u").await;
        let (interest, deal) = accepted(&cast, &listing).await;
        let (fifth, fifth_id) = site.account("u-fifth", &[StaffRole::Broker]).await;
        take(&fifth, &deal).await.expect(200);
        site.member(cast.seeker_party, fifth_id, PartyRole::Viewer).await;
        step(seeker, &interest, "reveal", json!({})).await.expect(200);
        let shown = seeker.get(&deal.path).await.expect(200);
        assert_eq!(shown["brokers"], json!([]), "{shown}");
        let seen = shown["version"].as_i64().unwrap();
        let said = json!({"statement": "Không có lợi ích riêng."});
        assert_eq!(fifth.post_at(&format!("{}/take", deal.path), seen, said.clone()).await.status, 422);
        broker.post_at(&format!("{}/take", deal.path), seen, said).await.expect(200);
        deal.is_what_its_events_say(&site).await;
        site.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_audit_trail_tells_of_interests_and_deals_to_administrators_and_of_who_hides_to_nobody_of_the_owners() {
    on_every_database(async |site: Site| {
        let cast = Cast::make(&site, "t").await;
        let administrator = site.staff("t-administrator", &[StaffRole::Administrator]).await;
        let analyst = site.staff("t-analyst", &[StaffRole::Analyst]).await;
        let (inner, inner_id) = site.account("t-inner", &[StaffRole::Administrator]).await;
        site.member(cast.owner_party, inner_id, PartyRole::Viewer).await;
        let (interest, deal) = accepted(&cast, &cast.listing).await;
        let deal = deal.path.rsplit('/').next().unwrap().to_owned();
        let text = json!({"know_how": "Ủ men 18 giờ."});
        cast.owner.put_at(&format!("/api/v1/listings/{}/confidential", cast.listing), 0, text).await.expect(200);
        let other = site.person("t-other").await;
        let firm = site.party(&other, "Công ty Khác", "enterprise").await;
        let grant = json!({"party": firm, "email": "t-other@example.org", "purpose": "Thẩm định", "expires_on": "2027-06-30"});
        let grant = id_of(&cast.owner.post(&format!("/api/v1/listings/{}/disclosures", cast.listing), grant).await.expect(201));
        let sender = cast.seeker.get("/api/v1/accounts/me").await.expect(200)["id"].as_str().unwrap().to_owned();

        let kinds = |answer: &Value| -> Vec<String> {
            answer["items"].as_array().unwrap().iter().map(|event| event["subject_kind"].as_str().unwrap().to_owned()).collect()
        };
        let closed = ["interest", "deal", "disclosure"];
        let all = administrator.get("/api/v1/events?limit=100").await.expect(200);
        assert!(closed.iter().all(|kind| kinds(&all).iter().any(|one| one == kind)), "{all}");
        assert_eq!(all["items"].as_array().unwrap().len() as u64, all["total"].as_u64().unwrap());
        for auditor in [&cast.moderator, &analyst] {
            let seen = auditor.get("/api/v1/events?limit=100").await.expect(200);
            assert!(!kinds(&seen).iter().any(|kind| closed.contains(&kind.as_str())), "{seen}");
            assert_eq!(seen["items"].as_array().unwrap().len() as u64, seen["total"].as_u64().unwrap(), "what is not told is not counted");
            for query in
                [format!("subject={interest}"), format!("subject={deal}"), format!("subject={grant}"), "kind=deal.opened".to_owned()]
            {
                assert_eq!(auditor.get(&format!("/api/v1/events?{query}")).await.expect(200)["total"], 0, "{query}");
                assert!(!auditor.get(&format!("/staff/events?{query}&format=csv")).await.text.contains(&sender), "{query}");
            }
            let page = auditor.get("/staff/events").await.text;
            assert!(
                !page.contains("interest.sent") && !page.contains("value=\"deal.opened\"") && page.contains("value=\"listing.published\"")
            );
            let file = auditor.get("/staff/events?format=csv").await.text;
            assert!(file.contains("listing.published") && !file.contains("interest.") && !file.contains("disclosure."), "{file}");
        }
        let page = administrator.get("/staff/events").await.text;
        assert!(page.contains("interest.sent") && page.contains("value=\"deal.opened\""), "{page}");

        // An administrator who belongs to the owner is the owner: nothing leads to who hides, until they say who they are.
        assert_eq!(inner.get(&format!("/api/v1/events?subject={interest}")).await.expect(200)["total"], 0);
        let own = inner.get(&format!("/api/v1/events?actor={sender}&kind=interest.sent")).await.expect(200);
        assert_eq!(own["total"], 0, "{own}");
        assert!(!inner.get(&format!("/staff/events?subject={interest}")).await.text.contains(&sender));
        assert!(inner.get(&format!("/api/v1/events?subject={deal}")).await.expect(200)["total"].as_u64().unwrap() > 0);
        step(&cast.seeker, &interest, "reveal", json!({})).await.expect(200);
        assert!(inner.get(&format!("/api/v1/events?subject={interest}")).await.text.contains(&sender));
        site.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_confided_of_a_need_that_hides_names_its_party_to_no_reader() {
    on_every_database(async |site: Site| {
        let cast = Cast::make(&site, "d").await;
        let (owner, seeker) = (&cast.owner, &cast.seeker);
        for (anonymity, is_named) in [("named", true), ("sector_and_region", false), ("hidden", false)] {
            let wanted = out(&cast, anonymity).await;
            let grant = json!({
                "party": cast.owner_party, "email": "d-owner@example.org", "purpose": "Xem yêu cầu", "expires_on": "2026-12-31",
            });
            let made = seeker.post(&format!("/api/v1/listings/{wanted}/disclosures"), grant).await.expect(201);
            let one = format!("/disclosures/{}", id_of(&made));
            let tells = |answer: &Answer| answer.text.contains("Công ty Cơm dừa d") || answer.text.contains(&cast.seeker_party.to_string());
            for path in [format!("/api/v1{one}"), one.clone(), format!("/en{one}")] {
                let shown = owner.get(&path).await;
                assert!(shown.status == 200 && tells(&shown) == is_named, "{anonymity} {path}: {}", shown.text);
            }
            // Its own people read whose it is.
            assert!(tells(&seeker.get(&format!("/api/v1{one}")).await));
            let mine = owner.get("/api/v1/disclosures").await.expect(200);
            let line = mine["items"].as_array().unwrap().iter().find(|line| line["id"] == made["id"]).unwrap();
            assert_eq!((line.get("owner").is_some(), line.get("owner_names").is_some()), (is_named, is_named), "{line}");
            let hash = owner.get(&format!("/api/v1{one}")).await.expect(200)["nda"]["hash"].clone();
            owner.post(&format!("/api/v1{one}/accept-nda"), json!({"nda_hash": hash})).await.expect(200);
            let opened = owner.get(&format!("/api/v1{one}/content")).await;
            assert!(opened.status == 200 && !tells(&opened), "{}", opened.text);
        }
        let list = owner.get("/en/my/disclosures").await.text;
        assert_eq!(list.matches("An organisation that is not named").count(), 2, "{list}");
        site.stop().await;
    })
    .await;
}
