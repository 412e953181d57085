//! Interests of seekers who do not say who they are: nobody is told, by no byte, until they lift it.

use base::{PartyId, PartyRole, StaffRole};
use serde_json::{Value, json};

use crate::interests::{Scene, interest, one, published, step, version};
use crate::main_job::need;
use crate::need_desk::unpeopled;
use crate::site::{Answer, Client, Site, on_every_database};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_stays_anonymous_is_told_to_the_owner_by_no_byte_until_the_seeker_lifts_it() {
    on_every_database(async |site: Site| {
        let scene = Scene::set(&site).await;
        // Somebody of the staff who belongs to the owner is the owner; somebody of the staff who does not sees it all.
        let (inner, inner_id) = site.account("inner", &[StaffRole::Broker, StaffRole::Administrator]).await;
        site.member(scene.institute, inner_id, PartyRole::Viewer).await;
        let broker = site.staff("broker", &[StaffRole::Broker]).await;

        let canary = [
            ("sector_and_region", "Xưởng Chim Hoàng Yến", "xuong-chim-hoang-yen", "kanarienvogel", "Phường Ẩn Danh"),
            ("hidden", "Cơ sở Cá Bống Mú", "co-so-ca-bong-mu", "goldfisch", "Ấp Vô Hình"),
        ];
        for (anonymity, firm_name, slug, person, street) in canary {
            let seeker = site.person(person).await;
            let profile = json!({
                "names": {"vi": firm_name}, "party_type": "household_business", "vsic": "C", "size": "micro",
                "address": {"province": "86", "street": street, "street_public": true}
            });
            let firm = seeker.post("/api/v1/parties", profile).await.expect(201);
            let firm: PartyId = firm["id"].as_str().unwrap().parse().unwrap();
            let me = seeker.get("/api/v1/accounts/me").await.expect(200)["id"].as_str().unwrap().to_owned();
            let firm_id = firm.to_string();
            let canaries = [firm_name, slug, person, street, firm_id.as_str(), me.as_str()];
            let made = seeker.post(&scene.path, interest(firm, json!({"anonymity": anonymity}))).await.expect(201);
            let id = made["id"].as_str().unwrap().to_owned();
            let asked = scene.owner.post_at(&step(&id, "request-information"), 1, json!({"text": "Ở đâu?"})).await.expect(200);
            seeker.post_at(&step(&id, "answer"), version(&asked), json!({"text": "Gần sông."})).await.expect(200);

            let mut bytes = 0;
            for reader in [&scene.owner, &inner] {
                for path in [
                    one(&id),
                    "/api/v1/interests?role=received".to_owned(),
                    "/api/v1/interests?role=waiting".to_owned(),
                    "/api/v1/interests?role=desk&status=all".to_owned(),
                    format!("/api/v1/technologies/{}/history", scene.id),
                    step(&id, "reveal"),
                    format!("/api/v1/events?subject={id}"),
                    format!("/staff/events?subject={id}"),
                    "/api/v1/events?kind=interest.sent".to_owned(),
                    format!("/interests/{id}"),
                    format!("/en/interests/{id}"),
                    "/my".to_owned(),
                    "/my/interests?role=received".to_owned(),
                    "/my/interests?role=waiting".to_owned(),
                    "/staff/interests".to_owned(),
                    scene.page.clone(),
                ] {
                    let Answer { text, headers, .. } = reader.get(&path).await;
                    for canary in &canaries {
                        let leaks = text.contains(canary) || format!("{headers:?}").contains(canary);
                        assert!(!leaks, "{anonymity}: {canary} at {path}: {text}");
                    }
                    bytes += text.len();
                }
            }
            assert!(bytes > 10_000, "something was read");
            for name in ["owner@example.org", "inner@example.org"] {
                for letter in letters(&site, name) {
                    assert!(!canaries.iter().any(|c| letter.contains(c)), "{letter}");
                }
            }
            let seen = scene.owner.get(&one(&id)).await.expect(200);
            let kept = |key: &str| seen["seeker"][key].clone();
            if anonymity == "hidden" {
                assert!(seen["seeker"].as_object().unwrap().values().all(Value::is_null), "{seen}");
            } else {
                assert_eq!(
                    [kept("party_type"), kept("vsic"), kept("size"), kept("province")],
                    [json!("household_business"), json!("C"), json!("micro"), json!("86")]
                );
            }
            // Whoever may know does: otherwise the above would prove nothing.
            for reader in [&seeker, &broker] {
                let whole = reader.get(&one(&id)).await.expect(200).to_string();
                assert!(whole.contains(firm_name) && whole.contains(person), "{whole}");
            }

            assert_eq!(scene.owner.post_at(&step(&id, "reveal"), 3, Value::Null).await.status, 403, "it is the seeker's to lift");
            seeker.post_at(&step(&id, "reveal"), 3, Value::Null).await.expect(200);
            let open = scene.owner.get(&one(&id)).await.expect(200);
            assert_eq!(open["seeker"]["name"]["vi"]["text"], firm_name);
            assert!(!open.to_string().contains(person), "a party is named, not its people");
            assert_eq!(seeker.post_at(&step(&id, "reveal"), 4, Value::Null).await.status, 409);
            seeker.post_at(&step(&id, "withdraw"), 4, Value::Null).await.expect(200);
        }
        site.stop().await;
    })
    .await;
}

/// The letters to an address so far, as they left and as they are read.
fn letters(site: &Site, email: &str) -> Vec<String> {
    let all = site.letters_of(email).into_iter();
    all.map(|text| format!("{text}{}", accounts::mailbox::plain_text(&text).unwrap())).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_seeker_without_a_name_in_a_need_is_not_told_by_the_interest_in_it() {
    on_every_database(async |site: Site| {
        let scene = Scene::set(&site).await;
        let firm = site.person("firm").await;
        let party = site.party(&firm, "Hợp tác xã Giấu Tên", "cooperative").await;
        let mut content = need();
        content["anonymity"] = json!("hidden");
        let id = published(&site, &firm, &scene.moderator, "needs", party, content).await;
        let offer = interest(scene.institute, json!({"message": "Chúng tôi có máy này."}));
        let made = scene.owner.post(&format!("/api/v1/needs/{id}/interests"), offer).await.expect(201);
        let (mine, listed) = (one(made["id"].as_str().unwrap()), "/api/v1/interests?role=sent".to_owned());
        for path in [mine.clone(), listed, made["url"].as_str().unwrap().to_owned(), "/my/interests?role=sent".to_owned()] {
            let text = scene.owner.get(&path).await.text;
            assert!(!text.contains("Giấu Tên") && !text.contains(&party.to_string()), "{path}: {text}");
        }
        assert_eq!(firm.get(&mine).await.expect(200)["seeker"]["name"]["vi"]["text"], "Viện Dừa");
        site.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_broker_says_who_hides_only_for_a_party_that_has_nobody_to_say_so() {
    on_every_database(async |site: Site| {
        let scene = Scene::set(&site).await;
        let broker = site.staff("broker", &[StaffRole::Broker]).await;
        let (caller, reads) = (site.person("caller").await, site.account("reads", &[]).await.1);
        let firm = site.party(&caller, "Cơ sở Kẹo dừa", "household_business").await;
        let silent = unpeopled(&scene.moderator, "Hợp tác xã Gọi Điện").await;
        let take_down = async |party: PartyId| {
            let made = broker.post(&scene.path, interest(party, json!({"anonymity": "hidden"}))).await.expect(201);
            made["id"].as_str().unwrap().to_owned()
        };
        let (of_firm, of_silent) = (take_down(firm).await, take_down(silent).await);
        let steps = async |id: &str| broker.get(&one(id)).await.expect(200)["details"]["steps"].clone();
        let seen = async |by: &Client, id: &str| by.get(&one(id)).await.expect(200)["version"].as_i64().unwrap();

        // The firm has its admin here: only its own people say who it is.
        let now = seen(&broker, &of_firm).await;
        assert_eq!(broker.post_at(&step(&of_firm, "reveal"), now, Value::Null).await.status, 403);
        assert_eq!(scene.owner.get(&one(&of_firm)).await.expect(200)["anonymity"], "hidden");
        caller.post_at(&step(&of_firm, "reveal"), seen(&caller, &of_firm).await, Value::Null).await.expect(200);

        // Nobody speaks for the other; whoever only reads there says nothing either.
        site.member(silent, reads, PartyRole::Viewer).await;
        assert!(steps(&of_silent).await.as_array().unwrap().contains(&json!("reveal")));
        let now = seen(&broker, &of_silent).await;
        broker.post_at(&step(&of_silent, "reveal"), now, Value::Null).await.expect(200);
        site.stop().await;
    })
    .await;
}
