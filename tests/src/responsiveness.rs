//! How soon a party replies, as a part of a match: as it is known where matches are reckoned at once, held fast where they
//! are stored.

use chrono::TimeDelta;
use matching::standing;
use serde_json::{Value, json};
use store::testing::TestStore;

use crate::main_job::{need, technology};
use crate::site::{Client, PASSWORD, Site};
use crate::standing::{World, same_as_from_scratch};

/// The first match of a need as anybody gets it, with its parts.
async fn first(client: &Client, need: &str) -> Value {
    let found = client.get(&format!("/api/v1/needs/{need}/matches?explain=true&lang=en")).await.expect(200);
    found["items"][0].clone()
}

fn part(found: &Value) -> &Value {
    found["parts"].as_array().unwrap().iter().find(|part| part["part"] == "responsiveness").unwrap()
}

/// What is told of it beside the reasons.
fn replies(found: &Value) -> Option<&str> {
    assert!(found["reasons"].as_array().unwrap().iter().all(|reason| reason["part"] != "responsiveness"), "{found}");
    found["replies"].as_str()
}

/// The score that is stored of the one pair there is.
async fn stored(site: &Site, world: &World) -> f64 {
    let found = world.seeker.get(&format!("/api/v1/parties/{}/matches", world.firm)).await.expect(200);
    assert_eq!(found["total"], 1, "{}", site.address);
    found["items"][0]["score"].as_f64().unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn replies_count_at_once_where_matches_are_asked_for_and_with_the_next_generation_where_they_are_stored() {
    for store in TestStore::all().await.unwrap() {
        let site = Site::start(store).await;
        let world = World::new(&site).await;
        let (need_id, _) = world.publish("needs", need()).await;
        let (offer, _) = world.publish("technologies", technology("Máy sấy cơm dừa bơm nhiệt")).await;
        assert_eq!(same_as_from_scratch(&site).await, 1);
        let visitor = site.visitor();
        let (before, kept) = (first(&visitor, &need_id).await, stored(&site, &world).await);
        assert_eq!((&part(&before)["known"], replies(&before)), (&json!(false), None));

        // Three who asked hear within 50 hours; two replies say nothing yet.
        let mut asked = Vec::new();
        for n in 0..3 {
            let member = site.person(&format!("member{n}")).await;
            let party = site.party(&member, &format!("Công ty số {n}"), "enterprise").await;
            let body = json!({"party": party, "message": "Muốn lắp một máy tại xưởng."});
            let made = member.post(&format!("/api/v1/technologies/{offer}/interests"), body).await.expect(201);
            asked.push(made["id"].as_str().unwrap().to_owned());
        }
        site.clock.advance(TimeDelta::hours(50));
        let sign_in = async |name: &str| site.visitor().sign_in(&format!("{name}@example.org"), PASSWORD).await;
        let world = World { owner: sign_in("owner").await, seeker: sign_in("seeker").await, ..world };
        for (n, id) in asked.iter().enumerate() {
            assert_eq!(part(&first(&visitor, &need_id).await)["known"], false, "after {n}");
            world.owner.post_at(&format!("/api/v1/interests/{id}/accept"), 1, json!({})).await.expect(200);
        }
        let after = first(&visitor, &need_id).await;
        assert_eq!((&part(&after)["known"], replies(&after)), (&json!(true), Some("The offering side usually answers within 3 days.")));
        let value = part(&after)["value"].as_f64().unwrap();
        assert!((value - 0.5_f64.powf(50.0 / 24.0 / 7.0)).abs() < 1e-9, "{value}");
        let page = visitor.get(&format!("/api/v1/parties/{}/reply-time", world.institute)).await.expect(200);
        assert_eq!(page["median_hours"], 50, "and nothing else than its page says");

        // What is stored stays, though the party's listings are touched, until all is reckoned anew.
        let party = format!("/api/v1/parties/{}", world.institute);
        let version = world.owner.get(&party).await.expect(200)["version"].as_i64().unwrap();
        let profile = json!({"names": {"vi": "Viện Dừa mới"}, "party_type": "institute", "address": {"province": "86"}});
        world.owner.put_at(&party, version, profile).await.expect(200);
        assert_eq!(same_as_from_scratch(&site).await, 1);
        assert_eq!(stored(&site, &world).await, kept);
        standing::rebuild(&site.app.matcher, |_| {}).await.unwrap();
        assert_eq!(same_as_from_scratch(&site).await, 1);
        // Freshness was measured anew too, so it is compared with what is reckoned at this moment.
        let (now, stored) = (first(&visitor, &need_id).await["score"].as_f64().unwrap(), stored(&site, &world).await);
        assert!((now - stored).abs() < 0.01, "{now} {stored}");
        let site = site.restarted().await;
        assert_eq!(same_as_from_scratch(&site).await, 1);

        // Two years later the replies are too old, whether or not anything happened since.
        site.clock.advance(TimeDelta::days(740));
        brokering::interests::tick(&site.app.brokering).await.unwrap();
        let known = accounts::replies::all(site.app.store.db()).await.unwrap();
        assert!(known.is_empty(), "{known:?}");
        site.stop().await;
    }
}
