//! What a deal transfers: named by the side that gives and its brokers, seen by everybody in it, counted for every listing.

use base::{PartyId, PartyRole};
use reqwest::Method;
use serde_json::{Value, json};

use crate::access::ip_asset;
use crate::deals::{Cast, Deal, complete};
use crate::main_job::{need, publish};
use crate::site::{Answer, Client, Site, on_every_database};

/// A listing of a party that is out.
async fn out(by: &Client, moderator: &Client, path: &str, party: PartyId, content: Value) -> String {
    let made = by.post(&format!("/api/v1/{path}"), json!({"party": party, "content": content})).await.expect(201);
    let id = made["id"].as_str().unwrap().to_owned();
    let steps = format!("/api/v1/listings/{id}/transitions");
    let seen = by.post_at(&steps, 1, json!({"step": "submit"})).await.expect(200)["version"].as_i64().unwrap();
    publish(moderator, &id, seen).await;
    id
}

/// A deal that the broker opens about a need of the seeker's, with the cast's owner to answer it.
async fn answering(cast: &Cast, need: &str, kind: &str) -> Deal {
    let new = json!({"kind": kind, "listing": need, "owner": cast.owner_party});
    let made = cast.broker.post("/api/v1/deals", new).await.expect(201);
    Deal { path: format!("/api/v1/deals/{}", made["id"].as_str().unwrap()) }
}

/// The codes, titles and pages of what a deal transfers, as somebody sees it.
async fn shown(deal: &Deal, by: &Client) -> Vec<(String, Value, Value)> {
    let view = by.get(&deal.path).await.expect(200);
    let object = |one: &Value| (one["code"].as_str().unwrap().to_owned(), one["title"].clone(), one["url"].clone());
    view["objects"].as_array().unwrap().iter().map(object).collect()
}

/// Chooses who may see a listing.
async fn set_visibility(by: &Client, listing: &str, visibility: &str) {
    let seen = by.get(&format!("/api/v1/technologies/{listing}")).await.expect(200)["inside"]["version"].as_i64().unwrap();
    by.put_at(&format!("/api/v1/listings/{listing}/visibility"), seen, json!({ "visibility": visibility })).await.expect(200);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_deal_about_a_need_counts_for_the_technology_that_answered_it() {
    on_every_database(async |site: Site| {
        let cast = Cast::make(&site, "n").await;
        let (owner, seeker, broker) = (&cast.owner, &cast.seeker, &cast.broker);
        let wanted = out(seeker, &cast.moderator, "needs", cast.seeker_party, need()).await;
        let deal = answering(&cast, &wanted, "technical_service").await;
        assert_eq!(shown(&deal, owner).await, [], "a deal from a need begins with nothing");
        assert!(owner.get(&deal.path.replace("/api/v1", "")).await.text.contains("Chưa nêu công nghệ hay tài sản trí tuệ nào."));

        let put = deal.put(owner, "objects", json!({"objects": [cast.listing]})).await;
        assert_eq!((put.status.as_u16(), put.headers["etag"].to_str().unwrap()), (200, "\"2\""), "{}", put.text);
        let code = owner.get(&format!("/api/v1/technologies/{}", cast.listing)).await.expect(200);
        let of_both = [(code["code"].as_str().unwrap().to_owned(), json!("Máy sấy cơm dừa bơm nhiệt n"), code["url"].clone())];
        for by in [owner, seeker, broker] {
            assert_eq!(shown(&deal, by).await, of_both);
        }
        let events = site.app.store.events(&store::events::Filter::default(), 1).await.unwrap();
        assert_eq!((events[0].kind.as_str(), &events[0].payload), ("deal.objects_set", &json!({"objects": [cast.listing]})), "ids alone");

        complete(&deal, owner, seeker, broker).await;
        // Both the need and what answered it have it in their history and in the list of their deals.
        let technology = format!("/api/v1/technologies/{}/history", cast.listing);
        for (by, history) in [(owner, technology.clone()), (seeker, format!("/api/v1/needs/{wanted}/history"))] {
            let told = by.get(&history).await.expect(200);
            let counts = ["meetings", "signed", "completed", "lost"].map(|name| told["deals"][name]["count"].clone());
            assert_eq!(counts, [json!(1), json!(1), json!(1), json!(0)], "{told}");
            assert_eq!(told["deals"]["money"], "100-500");
        }
        let public = site.visitor().get(&technology).await.expect(200);
        assert_eq!(public["deals"]["signed"]["untold"], "few", "one party is nobody's to count");
        for listing in [&cast.listing, &wanted] {
            let listed = owner.get(&format!("/api/v1/deals?ended=true&listing={listing}")).await.expect(200);
            assert_eq!((&listed["total"], listed["items"][0]["id"].as_str().unwrap()), (&json!(1), deal.path.rsplit('/').next().unwrap()));
        }
        // Its story may link both.
        let story = owner.get(&format!("{}/story", deal.path)).await.expect(200);
        assert_eq!(story["content"]["listings"], json!([wanted, cast.listing]));
        assert_eq!(story["choices"].as_array().unwrap().len(), 2);
        assert_eq!(deal.put(owner, "objects", json!({"objects": []})).await.status, 409, "what was transferred stays");
        deal.is_what_its_events_say(&site).await;
        site.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn only_what_the_giving_side_holds_and_everybody_in_the_deal_sees_is_named_by_those_who_may() {
    on_every_database(async |site: Site| {
        let cast = Cast::make(&site, "f").await;
        let (owner, seeker, broker) = (&cast.owner, &cast.seeker, &cast.broker);
        let wanted = out(seeker, &cast.moderator, "needs", cast.seeker_party, need()).await;
        let theirs = out(seeker, &cast.moderator, "technologies", cast.seeker_party, crate::main_job::technology("Máy của bên nhận")).await;
        let draft = json!({"party": cast.owner_party, "content": crate::main_job::technology("Máy còn là bản nháp")});
        let draft = owner.post("/api/v1/technologies", draft).await.expect(201)["id"].as_str().unwrap().to_owned();
        let narrow = cast.another("Máy chỉ cho người được mời").await;
        set_visibility(owner, &narrow, "private").await;
        let deal = answering(&cast, &wanted, "licence").await;

        // Who may not, and how not.
        let one = json!({"objects": [cast.listing]});
        assert_eq!(deal.put(seeker, "objects", one.clone()).await.status, 403);
        let stranger = site.person("f-stranger").await;
        site.party(&stranger, "Công ty Lạ", "enterprise").await;
        let path = format!("{}/objects", deal.path);
        assert_eq!(stranger.put_at(&path, 1, one.clone()).await.status, 404);
        assert_eq!(owner.put_at(&path, 7, one.clone()).await.status, 412);
        assert_eq!(owner.send(Method::PUT, &path, Some(one.clone())).await.status, 428);
        let unknown = "0197b2c4-0000-7000-8000-000000000001";
        let faults = async |by: &Client, objects: Value| -> Vec<(String, String)> {
            let refused = deal.put(by, "objects", json!({ "objects": objects })).await;
            assert_eq!(refused.status, 422, "{}", refused.text);
            let told = refused.json();
            let fault = |e: &Value| (e["pointer"].as_str().unwrap().to_owned(), e["code"].as_str().unwrap().to_owned());
            told["errors"].as_array().unwrap().iter().map(fault).collect()
        };
        let at = |n: usize, code: &str| (format!("/objects/{n}"), code.to_owned());
        let all = faults(owner, json!([cast.listing, wanted, theirs, draft, narrow, cast.listing, unknown])).await;
        let known = [
            at(1, "deal_object_need"),
            at(2, "deal_object_other_party"),
            at(3, "deal_object_not_published"),
            at(4, "deal_object_not_open"),
            at(5, "deal_object_twice"),
            at(6, "unknown_listing"),
        ];
        assert_eq!(all, known);
        // What a broker may not see is to them as what is not there.
        assert_eq!(faults(broker, json!([draft, narrow, unknown])).await, [0, 1, 2].map(|n| at(n, "unknown_listing")));
        assert_eq!(faults(owner, json!(vec![cast.listing.clone(); 21])).await, [("/objects".to_owned(), "too_many".to_owned())]);
        assert_eq!(deal.put(owner, "objects", json!({"objects": "x"})).await.status, 422);
        assert_eq!(shown(&deal, owner).await, [], "nothing came of all that");

        // The same key gives the same answer; a broker names as well as the owner.
        let keyed = broker.clone().with("idempotency-key", "k-objects");
        let first = keyed.put_at(&path, 1, one.clone()).await;
        assert_eq!(first.status, 200, "{}", first.text);
        assert_eq!(keyed.put_at(&path, 1, one.clone()).await.text, first.text);

        // What was named stays nameable; whoever may no longer see it reads its code and nothing else.
        set_visibility(owner, &cast.listing, "private").await;
        let title = "Máy sấy cơm dừa bơm nhiệt f";
        deal.put(owner, "objects", one).await.expect(200);
        let view = seeker.get(&deal.path).await.expect(200);
        let code = view["objects"][0]["code"].as_str().unwrap().to_owned();
        assert!(code.starts_with("CN-") && view["objects"][0]["title"].is_null() && view["objects"][0]["url"].is_null(), "{view}");
        assert!(!view.to_string().contains(title), "{view}");
        let page = seeker.get(&deal.path.replace("/api/v1", "")).await.text;
        assert!(page.contains(&code) && !page.contains(title), "{page}");
        assert_eq!(shown(&deal, owner).await[0].1, title);
        deal.is_what_its_events_say(&site).await;
        site.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_deal_begins_with_its_technology_and_each_object_brings_its_law() {
    on_every_database(async |site: Site| {
        let cast = Cast::make(&site, "l").await;
        let (owner, broker) = (&cast.owner, &cast.broker);
        let patent = out(owner, &cast.moderator, "ip-assets", cast.owner_party, ip_asset("Sáng chế sấy bơm nhiệt")).await;
        let new = json!({"kind": "licence", "listing": cast.listing, "seeker": cast.seeker_party, "objects": [patent]});
        let made = broker.post("/api/v1/deals", new).await.expect(201);
        let deal = Deal { path: format!("/api/v1/deals/{}", made["id"].as_str().unwrap()) };
        let view = owner.get(&deal.path).await.expect(200);
        let objects: Vec<(&Value, &Value)> = view["objects"].as_array().unwrap().iter().map(|o| (&o["listing"], &o["kind"])).collect();
        assert_eq!(objects, [(&json!(cast.listing), &json!("technology")), (&json!(patent), &json!("ip_asset"))]);
        let facts = json!({"direction": "domestic", "state_capital": false, "list": "none", "right": "right_to_use"});
        deal.put(owner, "legal-facts", facts).await.expect(200);
        let laws = async || -> [bool; 2] {
            let legal = owner.get(&deal.path).await.expect(200)["inside"]["legal"]["advice"].clone();
            ["TT-", "IP-"].map(|law| legal.as_array().unwrap().iter().any(|a| a["rule"].as_str().unwrap().starts_with(law)))
        };
        assert_eq!(laws().await, [true, true]);
        for (objects, told) in [(json!([patent]), [false, true]), (json!([cast.listing]), [true, false]), (json!([]), [true, false])] {
            deal.put(owner, "objects", json!({ "objects": objects })).await.expect(200);
            assert_eq!(laws().await, told, "{objects}");
        }

        // An editor of the owner's opens one with objects as well; of a need's party nobody says what others give.
        let own = json!({"kind": "licence", "listing": patent, "objects": [patent, cast.listing]});
        let made = owner.post("/api/v1/deals", own).await.expect(201);
        let second = Deal { path: format!("/api/v1/deals/{}", made["id"].as_str().unwrap()) };
        assert_eq!(shown(&second, owner).await.len(), 2, "what it is about is named once");
        let wanted = out(&cast.seeker, &cast.moderator, "needs", cast.seeker_party, need()).await;
        let interest = json!({"party": cast.owner_party, "message": "Chúng tôi có máy.", "cooperation": "licence", "anonymity": "named"});
        let interest =
            owner.post(&format!("/api/v1/needs/{wanted}/interests"), interest).await.expect(201)["id"].as_str().unwrap().to_owned();
        cast.seeker.post_at(&format!("/api/v1/interests/{interest}/accept"), 1, json!({"text": "Mời anh chị đến."})).await.expect(200);
        let mut theirs = json!({"kind": "licence", "listing": wanted, "owner": cast.owner_party, "interest": interest});
        theirs["objects"] = json!([cast.listing]);
        assert_eq!(cast.seeker.post("/api/v1/deals", theirs.clone()).await.pointers(), ["/objects"]);
        theirs["objects"] = json!([]);
        cast.seeker.post("/api/v1/deals", theirs).await.expect(201);

        // A co-owner's listing is the giving side's too, and its party cannot leave while it is transferred.
        let third = site.person("l-third").await;
        let third_party = site.party(&third, "Viện Đồng sở hữu", "institute").await;
        let shared = out(&third, &cast.moderator, "technologies", third_party, crate::main_job::technology("Máy của viện bạn")).await;
        let parties = |with_third: bool| {
            let mut all = vec![json!({"party": cast.owner_party, "role": "owner"}), json!({"party": cast.seeker_party, "role": "seeker"})];
            all.extend(with_third.then(|| json!({"party": third_party, "role": "co_owner"})));
            json!({ "parties": all })
        };
        let named = json!({"objects": [cast.listing, shared]});
        assert_eq!(deal.put(owner, "objects", named.clone()).await.pointers(), ["/objects/1"]);
        deal.put(broker, "parties", parties(true)).await.expect(200);
        deal.put(&third, "objects", named).await.expect(200);
        assert_eq!(deal.put(broker, "parties", parties(false)).await.pointers(), ["/parties"]);
        deal.put(owner, "objects", json!({"objects": [cast.listing]})).await.expect(200);
        deal.put(broker, "parties", parties(false)).await.expect(200);
        deal.is_what_its_events_say(&site).await;
        site.stop().await;
    })
    .await;
}

/// Opens what is confided of a listing to a member of another party; gives the disclosure.
async fn confide(by: &Client, listing: &str, party: PartyId, email: &str) -> String {
    by.put_at(&format!("/api/v1/listings/{listing}/confidential"), 0, json!({"know_how": "Kín"})).await.expect(200);
    let grant = json!({"party": party, "email": email, "purpose": "Thẩm định", "expires_on": "2026-12-31"});
    by.post(&format!("/api/v1/listings/{listing}/disclosures"), grant).await.expect(201)["id"].as_str().unwrap().to_owned()
}

/// Accepts the agreement to read what is confided.
async fn accept_nda(by: &Client, disclosure: &str) {
    let hash = by.get(&format!("/api/v1/disclosures/{disclosure}")).await.expect(200)["nda"]["hash"].clone();
    by.post(&format!("/api/v1/disclosures/{disclosure}/accept-nda"), json!({"nda_hash": hash})).await.expect(200);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_the_stage_of_a_deal_needs_is_not_taken_away_with_an_object() {
    on_every_database(async |site: Site| {
        let cast = Cast::make(&site, "k").await;
        let (owner, seeker, broker) = (&cast.owner, &cast.seeker, &cast.broker);
        let wanted = out(seeker, &cast.moderator, "needs", cast.seeker_party, need()).await;
        let deal = answering(&cast, &wanted, "licence").await;
        deal.put(owner, "objects", json!({"objects": [cast.listing]})).await.expect(200);
        deal.go(broker, "introduced").await.expect(200);
        deal.post(broker, "meetings", json!({"held_on": "2026-11-20"})).await.expect(201);
        deal.go(seeker, "met").await.expect(200);
        assert_eq!(deal.go(owner, "nda").await.pointers(), ["/papers/nda"]);
        // The agreement that the seeker's person accepts for an object is one of the deal.
        let grant = confide(owner, &cast.listing, cast.seeker_party, "k-seeker@example.org").await;
        accept_nda(seeker, &grant).await;
        assert!(owner.get(&deal.path).await.expect(200)["inside"]["nda_accepted_at"].is_string());
        deal.go(owner, "nda").await.expect(200);
        assert_eq!(deal.put(owner, "objects", json!({"objects": []})).await.pointers(), ["/papers/nda"]);
        assert_eq!(shown(&deal, owner).await.len(), 1);
        deal.post(owner, "papers", json!({"kind": "nda", "dated_on": "2026-11-20"})).await.expect(201);
        deal.put(owner, "objects", json!({"objects": []})).await.expect(200);
        deal.is_what_its_events_say(&site).await;
        site.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_room_of_a_deal_has_what_is_confided_of_each_of_its_listings() {
    on_every_database(async |site: Site| {
        let cast = Cast::make(&site, "z").await;
        let (owner, seeker) = (&cast.owner, &cast.seeker);
        let wanted = out(seeker, &cast.moderator, "needs", cast.seeker_party, need()).await;
        let deal = answering(&cast, &wanted, "licence").await;
        let page = deal.path.replace("/api/v1", "");
        let grant = confide(owner, &cast.listing, cast.seeker_party, "z-seeker@example.org").await;
        assert!(!seeker.get(&page).await.text.contains(&grant), "the deal does not transfer it so far");
        deal.put(owner, "objects", json!({"objects": [cast.listing]})).await.expect(200);
        let back = confide(seeker, &wanted, cast.owner_party, "z-owner@example.org").await;

        // Each side keeps its own and reads the other's, each with the code of what it is about.
        for (by, mine, other) in [(owner, &back, "z-seeker"), (seeker, &grant, "z-owner")] {
            let text = by.get(&page).await.text;
            let room = text.split("Phòng thông tin bảo mật").nth(1).unwrap_or_else(|| panic!("{text}")).split("</section>").next().unwrap();
            assert!(room.contains(&format!("href=\"/disclosures/{mine}\"")) && room.contains(other), "{room}");
            assert!(room.contains("CN-2026-") && room.contains("NC-2026-"), "{room}");
        }
        assert!(!cast.broker.get(&page).await.text.contains("Phòng thông tin bảo mật"));
        site.stop().await;
    })
    .await;
}

async fn send(client: &Client, path: &str, fields: &[(&str, &str)]) -> Answer {
    let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
    client.send_raw(Method::POST, path, "application/x-www-form-urlencoded", body.into_bytes()).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn objects_are_ticked_and_named_by_code_on_a_page_that_needs_no_scripts() {
    on_every_database(async |site: Site| {
        let cast = Cast::make(&site, "y").await;
        let (owner, broker) = (&cast.owner, &cast.broker);
        let second = cast.another("Máy tách vỏ dừa y").await;
        let third = cast.another("Máy ép dầu dừa y").await;
        let code = async |id: &str| owner.get(&format!("/api/v1/technologies/{id}")).await.expect(200)["code"].as_str().unwrap().to_owned();
        let third_code = code(&third).await;
        let wanted = out(&cast.seeker, &cast.moderator, "needs", cast.seeker_party, need()).await;

        // A broker opens a deal about a need and says at once what answers it; a code that is none comes back as typed.
        let slug = owner.get(&format!("/api/v1/parties/{}", cast.owner_party)).await.expect(200)["slug"].as_str().unwrap().to_owned();
        let typed = |objects: &str| {
            [("listing", wanted.as_str()), ("kind", "licence"), ("other", slug.as_str()), ("title", "Máy cho xưởng"), ("objects", objects)]
                .map(|(name, value)| (name.to_owned(), value.to_owned()))
        };
        let open = async |objects: &str| {
            let all = typed(objects);
            send(broker, "/deals/new", &all.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect::<Vec<_>>()).await
        };
        let refused = open("CN-2020-000009").await;
        assert!(refused.status == 422 && refused.text.contains("href=\"#objects\""), "{}", refused.text);
        assert!(refused.text.contains("value=\"CN-2020-000009\"") && refused.text.contains("value=\"Máy cho xưởng\""), "{}", refused.text);
        let opened = open(&code(&cast.listing).await).await;
        assert_eq!(opened.status, 303, "{}", opened.text);
        let deal = opened.headers["location"].to_str().unwrap().to_owned();
        let part = format!("{deal}/edit/objects");

        // What it transfers stands on its page with a way to change it for those who may.
        let page = owner.get(&deal).await.text;
        assert!(page.contains("Máy sấy cơm dừa bơm nhiệt y") && page.contains(&format!("href=\"{part}\"")), "{page}");
        assert!(page.contains("Nhu cầu mà thương vụ đáp ứng"), "{page}");
        let page = cast.seeker.get(&format!("/en{deal}")).await.text;
        assert!(page.contains("What is transferred") && !page.contains(&part), "{page}");

        // The form has it ticked, the newest others not; what is wrong comes back as it was sent.
        let form = owner.get(&part).await.text;
        assert!(form.contains(&format!("value=\"{}\" checked", cast.listing)), "{form}");
        assert!(form.contains(&format!("value=\"{second}\"> Máy tách vỏ dừa y")), "{form}");
        let seen = form.split("name=\"_seen\" value=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
        let ticks = [("_seen", seen.as_str()), ("_do", "save"), ("/objects", ""), ("/objects", second.as_str())];
        let wrong = send(owner, &part, &[ticks.as_slice(), &[("/codes", "NC-2026-000001, XX-1")]].concat()).await;
        assert!(wrong.status == 422 && wrong.text.contains("href=\"#/codes\""), "{}", wrong.text);
        assert!(
            wrong.text.contains("NC-2026-000001, XX-1") && wrong.text.contains(&format!("value=\"{second}\" checked")),
            "{}",
            wrong.text
        );
        let a_need = send(owner, &part, &[ticks.as_slice(), &[("/codes", "nc-2026-000001")]].concat()).await;
        assert!(a_need.status == 422 && a_need.text.contains("Nhu cầu không phải là đối tượng chuyển giao"), "{}", a_need.text);
        let done = send(owner, &part, &[ticks.as_slice(), &[("/codes", third_code.as_str())]].concat()).await;
        assert_eq!(done.status, 303, "{}", done.text);
        let view = owner.get(&format!("/api/v1{deal}")).await.expect(200);
        let now: Vec<&Value> = view["objects"].as_array().unwrap().iter().map(|o| &o["listing"]).collect();
        assert_eq!(now, [&json!(second), &json!(third)], "the first was unticked");
        assert!(owner.get(&deal).await.text.contains("Đối tượng chuyển giao được cập nhật"));
        let late = send(owner, &part, &ticks).await;
        assert!(late.status == 409 && late.text.contains(&format!("value=\"{second}\" checked")), "{}", late.text);
        assert_eq!(send(&cast.seeker, &part, &[("_seen", "2"), ("_do", "save"), ("/objects", "")]).await.status, 403);
        let page = crate::site::Client::get(&site.person("y-stranger").await, &part).await;
        assert_eq!(page.status, 404);
        // A viewer of the giving side reads it and changes nothing.
        let (viewer, account) = site.account("y-viewer", &[]).await;
        site.member(cast.owner_party, account, PartyRole::Viewer).await;
        assert!(!viewer.get(&deal).await.text.contains(&part));
        site.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_import_is_taken_back_but_for_the_listing_that_a_deal_is_about() {
    on_every_database(async |site: Site| {
        let cast = Cast::make(&site, "i").await;
        let import = async || {
            // Later, so that what it makes is the newest.
            site.clock.advance(chrono::TimeDelta::minutes(1));
            let content = crate::main_job::technology("Máy tách vỏ dừa");
            let row = json!({"kind": "technology", "source_lang": "vi", "status": "published", "visibility": "public", "content": content});
            let field = |name: &str, value: &str| format!("--xxx\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n");
            let file = format!("--xxx\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.jsonl\"\r\n\r\n{row}\n\r\n");
            let body = format!("{file}{}{}--xxx--\r\n", field("party", &cast.owner_party.to_string()), field("publish", "true"));
            let sent = cast.moderator.send_raw(Method::POST, "/api/v1/imports", "multipart/form-data; boundary=xxx", body.into_bytes());
            let begun = sent.await.expect(202);
            let path = format!("/api/v1/imports/{}", begun["id"].as_str().unwrap());
            let state = async || cast.moderator.get(&path).await.expect(200)["state"].as_str().unwrap().to_owned();
            site.until("the import has ended", async || !matches!(state().await.as_str(), "waiting" | "running")).await;
            path
        };
        let newest = async || {
            let all = cast.owner.get(&format!("/api/v1/technologies?party={}&limit=1", cast.owner_party)).await.expect(200);
            all["items"][0]["id"].as_str().unwrap().to_owned()
        };
        let wanted = out(&cast.seeker, &cast.moderator, "needs", cast.seeker_party, need()).await;
        for is_object in [false, true] {
            let path = import().await;
            let listing = newest().await;
            if is_object {
                answering(&cast, &wanted, "licence").await.put(&cast.owner, "objects", json!({"objects": [listing]})).await.expect(200);
            } else {
                cast.broker.post("/api/v1/deals", json!({"kind": "licence", "listing": listing})).await.expect(201);
            }
            let undone = cast.moderator.post(&format!("{path}/undo"), Value::Null).await;
            assert_eq!(undone.status, 200, "{}", undone.text);
            assert_eq!(cast.owner.get(&format!("/api/v1/technologies/{listing}")).await.status, 200, "what a deal is about stays");
        }
        let path = import().await;
        let listing = newest().await;
        cast.moderator.post(&format!("{path}/undo"), Value::Null).await.expect(200);
        assert_eq!(cast.owner.get(&format!("/api/v1/technologies/{listing}")).await.status, 404, "what nobody touched goes");
        site.stop().await;
    })
    .await;
}
