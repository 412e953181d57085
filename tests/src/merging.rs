//! One party takes in another: all of it moves, old links still lead somewhere, and what cannot be is refused whole.

use std::collections::BTreeSet;

use base::{PartyId, PartyRole, StaffRole};
use reqwest::Method;
use sea_orm::{ConnectionTrait, DbBackend, Statement};
use serde_json::{Value, json};
use store::testing::TestStore;

use crate::deals::{Deal, complete};
use crate::main_job::{publish, technology};
use crate::site::{Answer, Client, Site, on_every_database};

struct Scene {
    administrator: Client,
    moderator: Client,
    /// Admin of the party that is taken in, with its listing.
    lan: Client,
    from: PartyId,
    listing: String,
    /// Admin of the party that stays.
    minh: Client,
    into: PartyId,
}

async fn published(site: &Site, owner: &Client, moderator: &Client, party: PartyId, title: &str) -> String {
    let made = owner.post("/api/v1/technologies", json!({"party": party, "content": technology(title)})).await.expect(201);
    let id = made["id"].as_str().unwrap().to_owned();
    let steps = format!("/api/v1/listings/{id}/transitions");
    let seen = owner.post_at(&steps, 1, json!({"step": "submit"})).await.expect(200)["version"].as_i64().unwrap();
    publish(moderator, &id, seen).await;
    site.indexed().await;
    id
}

impl Scene {
    async fn set(site: &Site) -> Self {
        let administrator = site.staff("quan-tri", &[StaffRole::Administrator]).await;
        let moderator = site.staff("duyet", &[StaffRole::Moderator]).await;
        let (lan, minh) = (site.person("lan").await, site.person("minh").await);
        let from = site.party(&lan, "Trạm Giống Cũ", "institute").await;
        let into = site.party(&minh, "Viện Dừa Mới", "institute").await;
        let listing = published(site, &lan, &moderator, from, "Máy sấy cơm dừa bơm nhiệt").await;
        Self { administrator, moderator, lan, from, listing, minh, into }
    }

    async fn merge(&self, seen: i64, reason: &str) -> Answer {
        let body = json!({"into": self.into, "reason": reason});
        self.administrator.post_at(&format!("/api/v1/parties/{}/merge", self.from), seen, body).await
    }

    async fn preview(&self) -> Value {
        self.administrator.get(&format!("/api/v1/parties/{}/merge?into={}", self.from, self.into)).await.expect(200)
    }
}

async fn send(client: &Client, path: &str, fields: &[(&str, &str)]) -> Answer {
    let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
    client.send_raw(Method::POST, path, "application/x-www-form-urlencoded", body.into_bytes()).await
}

/// What the index and the database say of everything that is published.
async fn agree(site: &Site) {
    site.indexed().await;
    site.matched().await;
    let difference = search::follower::verify(&site.app.store, &site.app.search).await.unwrap();
    assert!(difference.is_none(), "{difference:?}");
    assert!(site.app.store.verify_events(&mut |_| {}).await.unwrap().is_ok());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_party_that_is_taken_in_moves_with_all_it_has_and_its_old_links_lead_on() {
    on_every_database(async |site: Site| {
        let scene = Scene::set(&site).await;
        let page = scene.lan.get(&format!("/api/v1/technologies/{}", scene.listing)).await.expect(200);
        let (url, code) = (page["url"].as_str().unwrap().to_owned(), page["code"].clone());
        let old = scene.lan.get(&format!("/api/v1/parties/{}", scene.from)).await.expect(200)["slug"].as_str().unwrap().to_owned();

        // Somebody in both, the stronger in the one; somebody who was stopped there; an interest and a deal with a third.
        let (both, both_id) = site.account("hai-ben", &[]).await;
        site.member(scene.from, both_id, PartyRole::Editor).await;
        site.member(scene.into, both_id, PartyRole::Viewer).await;
        let buyer = site.person("nguoi-mua").await;
        let firm = site.party(&buyer, "Công ty Cơm dừa", "enterprise").await;
        let asked = json!({"party": firm, "message": "Muốn lắp một máy.", "cooperation": "licence"});
        let interest = buyer.post(&format!("/api/v1/technologies/{}/interests", scene.listing), asked).await.expect(201);
        let interest = interest["id"].as_str().unwrap().to_owned();
        let broker = site.staff("moi-gioi", &[StaffRole::Broker]).await;
        let deal = broker.post("/api/v1/deals", json!({"kind": "licence", "listing": scene.listing, "seeker": firm})).await.expect(201);
        let deal = format!("/api/v1/deals/{}", deal["id"].as_str().unwrap());
        let paper = scene.lan.hand_in(&format!("{deal}/documents"), "Biên bản.txt", "Đã xem máy.".as_bytes()).await.expect(201);
        let paper = format!("{deal}/documents/{}", paper["id"].as_str().unwrap());
        assert_eq!(buyer.get(&paper).await.status, 200);
        let saved = json!({"name": "Trạm", "query": format!("party={}", scene.from), "when": "daily"});
        let saved = buyer.post("/api/v1/saved-searches", saved).await.expect(201)["id"].as_str().unwrap().to_owned();
        let token = scene.lan.post("/api/v1/tokens", json!({"name": "máy", "scopes": ["read"], "days": 30, "party": scene.from})).await;
        let program = site.visitor().with("authorization", &format!("Bearer {}", token.expect(201)["secret"].as_str().unwrap()));
        site.settled().await;

        // What will move is said before; nothing has happened by looking.
        let plan = scene.preview().await;
        let count = |what: &str| {
            let all = plan["moves"].as_array().unwrap();
            all.iter().find(|m| m["what"] == what).unwrap()["count"].as_i64().unwrap()
        };
        assert_eq!(["listings", "members", "tokens", "interests", "deals", "saved_searches"].map(count), [1, 2, 1, 1, 1, 1], "{plan}");
        assert_eq!(plan["obstacles"], json!([]));

        assert_eq!(scene.merge(1, " ").await.pointers(), ["/reason"]);
        assert_eq!(scene.merge(7, "Quyết định 12").await.status, 412);
        let merged = scene.merge(1, "Quyết định 12/QĐ-UBND").await.expect(200);
        assert_eq!(merged["into"], json!(scene.into));

        // Old links: the API's id and the page's address, in both languages.
        let moved = site.visitor().get(&format!("/api/v1/parties/{}", scene.from)).await;
        assert_eq!(
            (moved.status.as_u16(), moved.headers["location"].to_str().unwrap()),
            (301, format!("/api/v1/parties/{}", scene.into).as_str())
        );
        let new = merged["slug"].as_str().unwrap();
        for lang in ["", "/en"] {
            let moved = site.visitor().get(&format!("{lang}/parties/{old}")).await;
            assert!(moved.status.is_redirection(), "{}", moved.status);
            assert_eq!(moved.headers["location"].to_str().unwrap(), format!("{lang}/parties/{new}"));
        }
        let again =
            scene.lan.post("/api/v1/parties", json!({"names": {"vi": "Trạm Giống Cũ"}, "party_type": "institute"})).await.expect(201);
        assert_ne!(again["slug"], json!(old));

        // The listing keeps its code and address and is found under the new name at once.
        agree(&site).await;
        let now = scene.minh.get(&format!("/api/v1/technologies/{}", scene.listing)).await.expect(200);
        assert_eq!((&now["code"], now["url"].as_str().unwrap(), &now["party"]["id"]), (&code, url.as_str(), &json!(scene.into)));
        assert!(now["inside"].is_object(), "the members of the party that took it in write it");
        let found = site.visitor().get(&format!("/api/v1/search?kind=technology&party={}", scene.into)).await.expect(200);
        assert_eq!(found["total"], 1, "{found}");
        let parties = site.visitor().get("/api/v1/search?kind=party&q=Tram+Giong+Cu&limit=50").await.expect(200);
        assert!(!parties.to_string().contains(&scene.from.to_string()), "{parties}");

        // Members: nobody twice, the stronger role; the rights are the survivor's.
        let members = scene.minh.get(&format!("/api/v1/parties/{}/memberships", scene.into)).await.expect(200);
        let of = |name: &str| members["items"].as_array().unwrap().iter().filter(|m| m["name"] == name).cloned().collect::<Vec<_>>();
        assert_eq!((of("lan").len(), of("minh").len(), of("hai-ben").len()), (1, 1, 1), "{members}");
        assert_eq!(
            of("hai-ben")[0]["roles"].as_array().unwrap().iter().map(|r| r.as_str().unwrap()).collect::<BTreeSet<_>>(),
            BTreeSet::from(["editor", "viewer"])
        );
        assert_eq!(both.get(&format!("/api/v1/technologies?party={}", scene.into)).await.expect(200)["total"], 1);
        assert_eq!(program.get(&format!("/api/v1/technologies?party={}", scene.into)).await.expect(200)["total"], 1);

        // Interest, deal and saved search go on; the deal can be rebuilt from its events.
        assert_eq!(scene.minh.get(&format!("/api/v1/interests/{interest}")).await.status, 200);
        let shown = scene.minh.get(&deal).await.expect(200);
        assert_eq!(shown["parties"][0]["id"], json!(scene.into));
        let id: uuid::Uuid = shown["id"].as_str().unwrap().parse().unwrap();
        let filter = store::events::Filter { subject: Some(id), ..store::events::Filter::default() };
        let mut events = site.app.store.events(&filter, 100).await.unwrap();
        events.reverse();
        let replayed = brokering::deals::replay(&events).unwrap();
        assert_eq!(replayed.parties.iter().map(|(party, _)| *party).collect::<BTreeSet<_>>(), BTreeSet::from([scene.into, firm]));
        let search = buyer.get(&format!("/api/v1/saved-searches/{saved}")).await.expect(200);
        assert!(search.to_string().contains(&scene.into.to_string()), "{search}");

        // What the absorbed party handed in is the survivor's own: its people are not entered, and read who was.
        assert_eq!(scene.minh.get(&paper).await.text, "Đã xem máy.");
        let entered = scene.minh.get(&format!("{deal}/document-views")).await.expect(200);
        assert_eq!((&entered["total"], &entered["items"][0]["name"]), (&json!(1), &json!("nguoi-mua")));

        // The members of both are told, in words that name both.
        for client in [&scene.lan, &scene.minh, &both] {
            let told = client.get("/api/v1/notices").await.expect(200).to_string();
            assert!(told.contains("party_merged") && told.contains("Trạm Giống Cũ") && told.contains("Viện Dừa Mới"), "{told}");
        }
        assert!(!buyer.get("/api/v1/notices").await.text.contains("party_merged"));

        // Taken in again: every old link leads to the last.
        let last = site.party(&scene.minh, "Đại học Dừa", "university").await;
        let seen = scene.minh.get(&format!("/api/v1/parties/{}", scene.into)).await.expect(200)["version"].as_i64().unwrap();
        let body = json!({"into": last, "reason": "Quyết định 13/QĐ-UBND"});
        scene.administrator.post_at(&format!("/api/v1/parties/{}/merge", scene.into), seen, body).await.expect(200);
        let moved = site.visitor().get(&format!("/api/v1/parties/{}", scene.from)).await;
        assert!(moved.headers["location"].to_str().unwrap().ends_with(&last.to_string()));
        agree(&site).await;
        site.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_would_stand_on_both_sides_is_refused_with_every_reason_and_nothing_moves() {
    on_every_database(async |site: Site| {
        let scene = Scene::set(&site).await;
        let asked = json!({"party": scene.into, "message": "Muốn lắp một máy.", "cooperation": "licence"});
        scene.minh.post(&format!("/api/v1/technologies/{}/interests", scene.listing), asked).await.expect(201);
        let broker = site.staff("moi-gioi", &[StaffRole::Broker]).await;
        let new = json!({"kind": "licence", "listing": scene.listing, "seeker": scene.into});
        let deal = broker.post("/api/v1/deals", new).await.expect(201)["code"].clone();
        let other = site.person("chu-khac").await;
        let third = site.party(&other, "Viện Khác", "institute").await;
        let theirs = published(&site, &other, &scene.moderator, third, "Máy ép dầu dừa").await;
        for (client, party) in [(&scene.lan, scene.from), (&scene.minh, scene.into)] {
            let asked = json!({"party": party, "message": "Cần máy này.", "cooperation": "licence"});
            client.post(&format!("/api/v1/technologies/{theirs}/interests"), asked).await.expect(201);
        }
        let refused = scene.merge(1, "Quyết định 12").await;
        assert_eq!(refused.status, 409, "{}", refused.text);
        let body = refused.json();
        let kinds: Vec<&str> = body["obstacles"].as_array().unwrap().iter().map(|o| o["kind"].as_str().unwrap()).collect();
        assert_eq!(kinds, ["deals_between", "interests_between", "interests_twice"], "{body}");
        assert_eq!(body["obstacles"][0]["codes"], json!([deal]));
        assert_eq!(scene.preview().await["obstacles"].as_array().unwrap().len(), 3);
        // Nothing was half done.
        assert_eq!(scene.lan.get(&format!("/api/v1/parties/{}", scene.from)).await.expect(200)["version"], 1);
        assert_eq!(scene.lan.get(&format!("/api/v1/technologies?party={}", scene.from)).await.expect(200)["total"], 1);
        let itself = json!({"into": scene.from, "reason": "Nhầm"});
        let itself = scene.administrator.post_at(&format!("/api/v1/parties/{}/merge", scene.from), 1, itself).await;
        assert_eq!((itself.status.as_u16(), &itself.json()["obstacles"][0]["kind"]), (409, &json!("same_party")));
        site.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_shown_to_a_party_by_invitation_is_found_by_the_one_that_took_it_in() {
    on_every_database(async |site: Site| {
        let scene = Scene::set(&site).await;
        let hoa = site.person("hoa").await;
        let theirs = site.party(&hoa, "Công ty Mời Riêng", "enterprise").await;
        let shown = published(&site, &hoa, &scene.moderator, theirs, "Lò than hoạt tính chỉ để mời").await;
        let seen = hoa.get(&format!("/api/v1/technologies/{shown}")).await.expect(200)["inside"]["version"].as_i64().unwrap();
        let invited = json!({"visibility": "invited", "parties": [scene.from]});
        hoa.put_at(&format!("/api/v1/listings/{shown}/visibility"), seen, invited).await.expect(200);
        site.indexed().await;
        let found = async |client: &Client| {
            client.get("/api/v1/search?q=%22ch%E1%BB%89+%C4%91%E1%BB%83+m%E1%BB%9Di%22").await.expect(200)["total"].clone()
        };
        assert_eq!((found(&scene.lan).await, found(&scene.minh).await), (json!(1), json!(0)));
        scene.merge(1, "Quyết định 12").await.expect(200);
        agree(&site).await;
        assert_eq!((found(&scene.lan).await, found(&scene.minh).await), (json!(1), json!(1)));
        assert_eq!(found(&site.person("nguoi-la").await).await, 0);
        site.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_ended_between_the_two_keeps_nobody_apart_and_stays_as_it_was() {
    on_every_database(async |site: Site| {
        let scene = Scene::set(&site).await;
        let (broker, _) = site.account("moi-gioi", &[StaffRole::Broker]).await;
        let ask = async || {
            let asked = json!({"party": scene.into, "message": "Muốn lắp một máy.", "cooperation": "licence"});
            let made = scene.minh.post(&format!("/api/v1/technologies/{}/interests", scene.listing), asked).await.expect(201);
            format!("/api/v1/interests/{}", made["id"].as_str().unwrap())
        };
        let version = async |path: &str| scene.minh.get(path).await.expect(200)["version"].as_i64().unwrap();
        let withdrawn = ask().await;
        scene.minh.post_at(&format!("{withdrawn}/withdraw"), 1, json!({})).await.expect(200);
        let accepted = ask().await;
        scene.lan.post_at(&format!("{accepted}/accept"), version(&accepted).await, json!({})).await.expect(200);

        // A deal that came to its good end, with a story that everybody reads; one that goes on.
        let new = json!({"kind": "technical_service", "listing": scene.listing, "seeker": scene.into});
        let made = broker.post("/api/v1/deals", new).await.expect(201);
        let past = Deal { path: format!("/api/v1/deals/{}", made["id"].as_str().unwrap()) };
        complete(&past, &scene.lan, &scene.minh, &broker).await;
        let story = format!("{}/story", past.path);
        let text = json!({"title": {"vi": "Sấy nhanh gấp ba"}, "summary": {"vi": "Từ 14 còn 5 giờ."}, "body": {"vi": "Cùng thử."}});
        scene.lan.put_at(&story, 0, text).await.expect(200);
        for (client, party) in [(&scene.lan, scene.from), (&scene.minh, scene.into)] {
            let hash = client.get(&story).await.expect(200)["hash"].clone();
            client.post(&format!("{story}/consents"), json!({"party": party, "hash": hash})).await.expect(201);
        }
        let seen = version(&story).await;
        let publishing = scene.moderator.clone().with("if-match", &format!("\"{seen}\""));
        publishing.send(Method::POST, &format!("{story}/publish"), None).await.expect(200);
        let url = scene.lan.get(&story).await.expect(200)["url"].as_str().unwrap().to_owned();
        let new = json!({"kind": "licence", "listing": scene.listing, "seeker": scene.into});
        let made = broker.post("/api/v1/deals", new).await.expect(201);
        let open = Deal { path: format!("/api/v1/deals/{}", made["id"].as_str().unwrap()) };

        // Both beside each other in a deal of a third party's that came to nothing.
        let other = site.person("chu-khac").await;
        let third = site.party(&other, "Viện Khác", "institute").await;
        let theirs = published(&site, &other, &scene.moderator, third, "Máy ép dầu dừa").await;
        let beside = broker.post("/api/v1/deals", json!({"kind": "licence", "listing": theirs})).await.expect(201);
        let beside = Deal { path: format!("/api/v1/deals/{}", beside["id"].as_str().unwrap()) };
        let parties = [(third, "owner"), (scene.from, "co_seeker"), (scene.into, "co_seeker")]
            .map(|(party, role)| json!({"party": party, "role": role}));
        beside.put(&broker, "parties", json!({ "parties": parties })).await.expect(200);
        let seen = other.get(&beside.path).await.expect(200)["version"].as_i64().unwrap();
        other.post_at(&format!("{}/transitions", beside.path), seen, json!({"to": "lost", "reason": "dropped"})).await.expect(200);

        // Only what goes on stands in the way.
        let plan = scene.preview().await;
        assert_eq!(plan["obstacles"], json!([{"kind": "deals_between", "count": 1, "codes": [made["code"]]}]), "{plan}");
        let ends = json!({"to": "lost", "reason": "dropped"});
        scene.lan.post_at(&format!("{}/transitions", open.path), version(&open.path).await, ends).await.expect(200);
        assert_eq!(scene.preview().await["obstacles"], json!([]));
        let history = format!("/api/v1/technologies/{}/history", scene.listing);
        let before = scene.lan.get(&history).await.expect(200);
        let figures = |history: &Value| {
            ["/received", "/answered", "/accepted", "/deals/signed", "/deals/completed", "/deals/lost", "/deals/meetings"]
                .map(|figure| history.pointer(&format!("{figure}/count")).unwrap().as_u64())
        };
        assert_eq!(figures(&before)[..3], [Some(2), Some(1), Some(1)], "{before}");
        assert!(figures(&before)[3..6].iter().all(|n| *n == Some(1)), "{before}");
        scene.merge(1, "Quyết định 12/QĐ-UBND").await.expect(200);

        // What was between the two is nobody else's interest: it counts for nothing, inside and outside, one's own included.
        for reader in [&scene.lan, &scene.minh, &broker, &site.visitor()] {
            let now = reader.get(&history).await.expect(200);
            assert_eq!(figures(&now), [Some(0); 7], "{now}");
            assert_eq!((&now["declined_by_reason"], &now["deals"]["money"]), (&json!([]), &Value::Null), "{now}");
        }

        // All of it is there, with the one party on both sides; the deals are what their events say.
        for client in [&scene.lan, &scene.minh] {
            for path in [&withdrawn, &accepted, &past.path, &open.path] {
                assert_eq!(client.get(path).await.status, 200, "{path}");
                assert_eq!(client.get(&path.replace("/api/v1", "")).await.status, 200, "{path}");
            }
            for list in ["interests?role=received&status=all", "interests?role=sent&status=all"] {
                assert_eq!(client.get(&format!("/api/v1/{list}")).await.expect(200)["total"], 2, "{list}");
            }
        }
        for deal in [&past.path, &open.path] {
            let view = scene.lan.get(deal).await.expect(200);
            let sides: Vec<(&Value, &Value)> = view["parties"].as_array().unwrap().iter().map(|p| (&p["id"], &p["role"])).collect();
            let into = json!(scene.into);
            assert_eq!(sides, [(&into, &json!("owner")), (&into, &json!("seeker"))], "{view}");
            let filter = store::events::Filter { subject: Some(view["id"].as_str().unwrap().parse().unwrap()), ..Default::default() };
            let mut events = site.app.store.events(&filter, 100).await.unwrap();
            events.reverse();
            assert_eq!(brokering::deals::replay(&events).unwrap().parties.len(), 2);
            crate::deals::Deal { path: deal.clone() }.is_what_its_events_say(&site).await;
        }
        let view = other.get(&beside.path).await.expect(200);
        let sides: BTreeSet<String> = view["parties"].as_array().unwrap().iter().map(|p| p["id"].as_str().unwrap().to_owned()).collect();
        assert_eq!((view["parties"].as_array().unwrap().len(), sides.len()), (2, 2), "{view}");
        // It takes up nothing of it with itself.
        let again = json!({"kind": "licence", "listing": scene.listing, "interest": accepted.rsplit('/').next().unwrap()});
        assert_eq!(scene.lan.post("/api/v1/deals", again).await.pointers(), ["/interest"]);

        // The story stays public under one consent, which either of them takes back.
        assert_eq!(site.visitor().get(&url).await.status, 200);
        let view = scene.minh.get(&story).await.expect(200);
        assert_eq!((view["parties"].as_array().unwrap().len(), &view["state"]), (1, &json!("published")), "{view}");
        assert!(view["parties"][0]["consent"].is_object(), "{view}");
        assert_eq!(scene.minh.get(&story.replace("/api/v1", "")).await.status, 200);
        scene.lan.post(&format!("{story}/consents/withdraw"), json!({"party": scene.into})).await.expect(200);
        assert_eq!(site.visitor().get(&url).await.status, 404);
        agree(&site).await;
        site.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_interest_that_still_hides_its_sender_in_an_open_deal_keeps_the_two_apart() {
    on_every_database(async |site: Site| {
        let scene = Scene::set(&site).await;
        let asked = json!({"party": scene.into, "message": "Cần một máy.", "cooperation": "licence", "anonymity": "hidden"});
        let made = scene.minh.post(&format!("/api/v1/technologies/{}/interests", scene.listing), asked).await.expect(201);
        let interest = format!("/api/v1/interests/{}", made["id"].as_str().unwrap());
        let seen = scene.lan.get(&interest).await.expect(200)["version"].as_i64().unwrap();
        scene.lan.post_at(&format!("{interest}/accept"), seen, json!({})).await.expect(200);
        let new = json!({"kind": "licence", "listing": scene.listing, "interest": made["id"]});
        scene.lan.post("/api/v1/deals", new).await.expect(201);
        let plan = scene.preview().await;
        assert_eq!(plan["obstacles"][0]["kind"], "interests_between", "{plan}");
        assert_eq!(scene.merge(1, "Quyết định 12").await.status, 409);
        site.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_names_or_looks_for_the_absorbed_party_is_led_to_the_one_that_took_it_in() {
    on_every_database(async |site: Site| {
        let scene = Scene::set(&site).await;
        let other = site.person("chu-khac").await;
        let third = site.party(&other, "Viện Khác", "institute").await;
        let mut content = technology("Máy ép dầu dừa");
        content["owners"] = json!([{"party": scene.from, "share_bp": 6000}, {"name": "Viện Khác", "share_bp": 4000}]);
        let made = other.post("/api/v1/technologies", json!({"party": third, "content": content})).await.expect(201);
        let theirs = made["id"].as_str().unwrap();
        let steps = format!("/api/v1/listings/{theirs}/transitions");
        let seen = other.post_at(&steps, 1, json!({"step": "submit"})).await.expect(200)["version"].as_i64().unwrap();
        publish(&scene.moderator, theirs, seen).await;
        site.indexed().await;
        let url = site.visitor().get(&format!("/api/v1/technologies/{theirs}")).await.expect(200)["url"].as_str().unwrap().to_owned();
        assert!(site.visitor().get(&url).await.text.contains("Trạm Giống Cũ"));

        scene.merge(1, "Quyết định 12/QĐ-UBND").await.expect(200);
        site.indexed().await;
        let slug = site.visitor().get(&format!("/api/v1/parties/{}", scene.into)).await.expect(200)["slug"].as_str().unwrap().to_owned();
        let page = site.visitor().get(&url).await.text;
        assert!(page.contains("Viện Dừa Mới") && page.contains(&format!("href=\"/parties/{slug}\"")), "{page}");
        for list in ["search?facets=none&", "technologies?", "search/export?"] {
            let of = async |party: PartyId| scene.lan.get(&format!("/api/v1/{list}party={party}")).await.expect(200);
            let (old, new) = (of(scene.from).await, of(scene.into).await);
            assert_eq!((&old["items"], &old["total"]), (&new["items"], &new["total"]), "{list}");
            assert!(old.to_string().contains(&scene.listing), "{list}: {old}");
        }
        for page in ["/search", "/search/feed"] {
            let found = site.visitor().get(&format!("{page}?party={}", scene.from)).await.text;
            assert!(found.contains("Máy sấy cơm dừa bơm nhiệt"), "{page}: {found}");
        }
        for asked in ["party=", "q=party%3A", "q=PARTY%3A"] {
            let results = site.visitor().get(&format!("/search?{asked}{}", scene.from)).await.text;
            assert!(results.contains("Máy sấy cơm dừa bơm nhiệt") && !results.contains(&scene.from.to_string()), "{asked}: {results}");
        }
        // Typed among words, and what is saved of it.
        for typed in [format!("máy party:{}", scene.from), format!("party:\"{}\" dừa", scene.from.0.simple())] {
            let query: String =
                form_urlencoded::Serializer::new(String::new()).append_pair("q", &typed).append_pair("kind", "technology").finish();
            let found = site.visitor().get(&format!("/api/v1/search?{query}")).await.expect(200);
            assert_eq!((&found["total"], &found["items"][0]["id"]), (&json!(1), &json!(scene.listing)), "{typed}: {found}");
            let saved = scene.lan.post("/api/v1/saved-searches", json!({"name": typed, "query": query, "when": "daily"})).await.expect(201);
            let saved = scene.lan.get(&format!("/api/v1/saved-searches/{}", saved["id"].as_str().unwrap())).await.expect(200);
            assert!(saved.to_string().contains(&scene.into.to_string()), "{saved}");
        }
        site.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_page_says_what_will_move_before_its_button_and_asks_for_a_reason() {
    on_every_database(async |site: Site| {
        let scene = Scene::set(&site).await;
        let path = "/staff/parties/merge";
        assert!(scene.administrator.get("/staff/parties").await.text.contains(&format!("href=\"{path}\"")));
        assert_eq!(scene.moderator.get(path).await.status, 403);
        let looked = scene.administrator.get(&format!("{path}?find_from=tram+giong&find_into=vien+dua")).await.text;
        assert!(
            looked.contains(&scene.from.to_string()) && looked.contains(&scene.into.to_string()) && !looked.contains("_seen"),
            "{looked}"
        );
        let (from, into) = (scene.from.to_string(), scene.into.to_string());
        for lang in ["", "/en"] {
            let plan = scene.administrator.get(&format!("{lang}{path}?from={from}&into={into}")).await.text;
            assert!(plan.contains("name=\"_seen\" value=\"1\"") && plan.contains("name=\"reason\""), "{plan}");
        }
        let empty = send(&scene.administrator, path, &[("from", &from), ("into", &into), ("_seen", "1"), ("_key", "a")]).await;
        assert!(empty.status == 422 && empty.text.contains("href=\"#reason\""), "{}", empty.text);
        let sent = [("from", from.as_str()), ("into", into.as_str()), ("_seen", "1"), ("_key", "a"), ("reason", "Quyết định 12")];
        let done = send(&scene.administrator, path, &sent).await;
        assert_eq!(done.status, 303, "{}", done.text);
        assert_eq!(send(&scene.administrator, path, &sent).await.status, 303, "sent twice, it is done once");
        let gone = scene.administrator.get(&format!("{path}?from={from}&into={into}")).await;
        assert_eq!(gone.status, 404);
        site.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn lists_of_what_goes_on_are_narrowed_by_the_absorbed_party_too() {
    on_every_database(async |site: Site| {
        let scene = Scene::set(&site).await;
        let buyer = site.person("nguoi-mua").await;
        let firm = site.party(&buyer, "Công ty Cơm dừa", "enterprise").await;
        let asked = json!({"party": firm, "message": "Muốn lắp một máy.", "cooperation": "licence"});
        let interest = buyer.post(&format!("/api/v1/technologies/{}/interests", scene.listing), asked).await.expect(201);
        let broker = site.staff("moi-gioi", &[StaffRole::Broker]).await;
        broker.post("/api/v1/deals", json!({"kind": "licence", "listing": scene.listing, "seeker": firm})).await.expect(201);
        let old = scene.lan.get(&format!("/api/v1/parties/{}", scene.from)).await.expect(200)["slug"].as_str().unwrap().to_owned();
        scene.merge(1, "Quyết định 12/QĐ-UBND").await.expect(200);

        let lists = [
            "interests?role=received&party={}",
            "deals?party={}",
            "technologies?party={}",
            "experts?party={}",
            "stories?party={}",
            "parties/{}/memberships",
            "parties/{}/matches",
            "parties/{}/reply-time",
        ];
        for list in lists {
            let of = async |party: PartyId| scene.lan.get(&format!("/api/v1/{}", list.replace("{}", &party.to_string()))).await.expect(200);
            assert_eq!(of(scene.from).await, of(scene.into).await, "{list}");
        }
        for list in ["interests?role=received&party=", "deals?party="] {
            assert_eq!(scene.lan.get(&format!("/api/v1/{list}{}", scene.from)).await.expect(200)["total"], 1, "{list}");
        }
        let page = scene.lan.get(&format!("/my/interests?role=received&party={}", scene.from)).await.text;
        assert!(page.contains(interest["id"].as_str().unwrap()), "{page}");
        for page in ["/my?party=", "/experts?party="] {
            // But for the address of the page itself, in links to it.
            let of = async |party: PartyId| {
                scene
                    .lan
                    .get(&format!("{page}{party}"))
                    .await
                    .text
                    .replace(&scene.from.to_string(), "")
                    .replace(&scene.into.to_string(), "")
            };
            assert_eq!(of(scene.from).await, of(scene.into).await, "{page}");
        }

        // Whoever is named by an address that was, is named.
        let other = site.person("chu-khac").await;
        let third = site.party(&other, "Viện Khác", "institute").await;
        let theirs = published(&site, &other, &scene.moderator, third, "Máy ép dầu dừa").await;
        let opened = send(&broker, "/deals/new", &[("listing", &theirs), ("other", &format!("/parties/{old}")), ("kind", "licence")]).await;
        assert!(opened.status.is_redirection(), "{}: {}", opened.status, opened.text);
        let deals = scene.minh.get(&format!("/api/v1/deals?party={}", scene.into)).await.expect(200);
        assert_eq!(deals["total"], 2, "{deals}");
        site.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_broker_of_a_hidden_senders_deal_stands_in_the_way_of_the_merger_that_makes_them_its_own() {
    on_every_database(async |site: Site| {
        let scene = Scene::set(&site).await;
        let (broker, broker_id) = site.account("moi-gioi", &[StaffRole::Broker]).await;
        site.member(scene.into, broker_id, PartyRole::Viewer).await;
        let third = site.person("thu").await;
        let third_party = site.party(&third, "Viện Cây Ăn Trái", "institute").await;
        let listing = published(&site, &third, &scene.moderator, third_party, "Máy tách vỏ dừa").await;
        let asked = json!({"party": scene.from, "message": "Cần một máy.", "cooperation": "licence", "anonymity": "hidden"});
        let interest = scene.lan.post(&format!("/api/v1/technologies/{listing}/interests"), asked).await.expect(201)["id"].clone();
        let path = format!("/api/v1/interests/{}", interest.as_str().unwrap());
        let seen = third.get(&path).await.expect(200)["version"].as_i64().unwrap();
        third.post_at(&format!("{path}/accept"), seen, json!({})).await.expect(200);
        let made = third.post("/api/v1/deals", json!({"kind": "licence", "listing": listing, "interest": interest})).await.expect(201);
        let said = json!({"statement": "Không có lợi ích riêng."});
        broker.post_at(&format!("/api/v1/deals/{}/take", made["id"].as_str().unwrap()), 1, said).await.expect(200);
        let plan = scene.preview().await;
        assert_eq!(plan["obstacles"], json!([{"kind": "broker_of_side", "count": 1, "codes": [made["code"]]}]), "{plan}");
        site.stop().await;
    })
    .await;
}

/// Whatever points at a party must be moved by a merger: a new table that does so belongs on this list and into
/// `absorb` of its crate.
#[tokio::test]
async fn every_column_that_names_a_party_is_moved() {
    let store = TestStore::sqlite().await.unwrap();
    let db = store.store.db();
    let ask = async |sql: String| db.query_all_raw(Statement::from_string(DbBackend::Sqlite, sql)).await.unwrap();
    let mut found = BTreeSet::new();
    for table in ask("SELECT name FROM sqlite_master WHERE type = 'table'".to_owned()).await {
        let table: String = table.try_get("", "name").unwrap();
        for key in ask(format!("PRAGMA foreign_key_list({table})")).await {
            if key.try_get::<String>("", "table").unwrap() == "party" {
                found.insert(format!("{table}.{}", key.try_get::<String>("", "from").unwrap()));
            }
        }
    }
    let moved = [
        "deal.owner_party_id",
        "deal.seeker_party_id",
        "deal_document.party_id",
        "deal_nda.party_id",
        "deal_party.party_id",
        "disclosure.party_id",
        "expert.party_id",
        "import.party_id",
        "interest.owner_party_id",
        "interest.seeker_party_id",
        "listing.party_id",
        "listing_invitation.party_id",
        "membership.party_id",
        "party_alias.party_id",
        "party_holding.party_id",
        "party_private.party_id",
        "story_consent.party_id",
        "story_party.party_id",
    ];
    assert_eq!(found, moved.into_iter().map(str::to_owned).collect::<BTreeSet<_>>());
}
