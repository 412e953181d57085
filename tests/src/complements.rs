//! Which technologies are like one, and which complete it over a need: with reasons, and never over what is not to be seen.

use sea_orm::{ConnectionTrait, Statement};
use serde_json::{Value, json};
use store::testing::TestStore;

use crate::main_job::{need, technology};
use crate::site::{Client, Site};
use crate::standing::World;

fn measured(title: &str, metric: &str, offered: f64, unit: &str) -> Value {
    let mut content = technology(title);
    content["advantages"] =
        json!([{"metric": {"vi": metric}, "compared_with": {"vi": "lò than"}, "baseline": 1.0, "offered": offered, "unit": unit}]);
    content
}

/// A need that wants two things.
fn both() -> Value {
    let mut content = need();
    content["targets"] = json!([
        {"metric": {"vi": "Thời gian sấy một mẻ"}, "today": 14.0, "target": 6.0, "unit": "h", "direction": "at_most", "priority": "must"},
        {"metric": {"vi": "Độ ẩm cơm dừa sau sấy"}, "today": 8.0, "target": 3.0, "unit": "%", "direction": "at_most", "priority": "nice"},
    ]);
    content
}

async fn complements(client: &Client, id: &str) -> Value {
    client.get(&format!("/api/v1/technologies/{id}/matches/complements?lang=en")).await.expect(200)
}

fn ids(found: &Value) -> Vec<&str> {
    found["items"].as_array().unwrap().iter().map(|one| one["listing"]["id"].as_str().unwrap()).collect()
}

/// The score of the one standing match of a technology: live ones go by how rare words are now.
async fn stored(site: &Site, technology: &str) -> f64 {
    let db = site.app.store.db();
    let offer: uuid::Uuid = technology.parse().unwrap();
    let sql = "SELECT score_ppm FROM standing_match WHERE offer_id = $1";
    let row = db.query_one_raw(Statement::from_sql_and_values(db.get_database_backend(), sql, [offer.into()])).await.unwrap().unwrap();
    f64::from(i32::try_from(row.try_get::<i64>("", "score_ppm").unwrap()).unwrap()) / 1e6
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn technologies_that_reach_different_figures_of_one_need_complete_each_other() {
    for store in TestStore::all().await.unwrap() {
        let site = Site::start(store).await;
        let world = World::new(&site).await;
        let visitor = site.visitor();
        let (quick, _) = world.publish("technologies", measured("Máy sấy cơm dừa bơm nhiệt", "Thời gian sấy một mẻ", 5.0, "h")).await;
        let (dry, _) = world.publish("technologies", measured("Thiết bị hút ẩm cơm dừa sấy", "Độ ẩm cơm dừa sau sấy", 2.5, "%")).await;
        let (also_quick, _) = world.publish("technologies", measured("Lò sấy cơm dừa", "Thời gian sấy một mẻ", 4.0, "h")).await;
        let (need_id, seen) = world.publish("needs", both()).await;
        site.matched().await;

        let found = complements(&visitor, &quick).await;
        assert_eq!((ids(&found), &found["total"]), (vec![dry.as_str()], &json!(1)), "{found}");
        let one = &found["items"][0];
        assert_eq!(one["need"]["id"], json!(need_id));
        let own = json!([{"need_field": "/targets/0", "offer_field": "/advantages/0", "metric": "Thời gian sấy một mẻ", "wanted": "≤ 6\u{a0}h", "figure": "5\u{a0}h"}]);
        let other = json!([{"need_field": "/targets/1", "offer_field": "/advantages/0", "metric": "Độ ẩm cơm dừa sau sấy", "wanted": "≤ 3\u{a0}%", "figure": "2.5\u{a0}%"}]);
        assert_eq!((&one["own"], &one["other"]), (&own, &other));
        let text = one["text"].as_str().unwrap();
        assert!(
            text.contains("this technology reaches Thời gian sấy một mẻ 5\u{a0}h; the other one reaches Độ ẩm cơm dừa sau sấy 2.5\u{a0}%"),
            "{text}"
        );
        // Together they reach all, so the score is the lesser of the two.
        let lesser = stored(&site, &quick).await.min(stored(&site, &dry).await);
        assert!((one["score"].as_f64().unwrap() - lesser).abs() < 0.000_01, "{lesser}: {one}");
        // From the other side both quick ones, the better first, and by pages.
        let back = complements(&visitor, &dry).await;
        assert_eq!(back["total"], 2);
        let page = visitor.get(&format!("/api/v1/technologies/{dry}/matches/complements?limit=1")).await.expect(200);
        let next = page["next"].as_str().unwrap();
        let rest = visitor.get(&format!("/api/v1/technologies/{dry}/matches/complements?limit=1&cursor={next}")).await.expect(200);
        let mut all = [ids(&page)[0].to_owned(), ids(&rest)[0].to_owned()];
        assert_eq!([all[0].as_str(), all[1].as_str()], ids(&back)[..]);
        all.sort();
        let mut wanted = [quick.clone(), also_quick.clone()];
        wanted.sort();
        assert_eq!(all, wanted);
        for bad in ["cursor=x", "kind=need", "limit=0"] {
            let answer = visitor.get(&format!("/api/v1/technologies/{quick}/matches/complements?{bad}")).await;
            assert_eq!(answer.status, 400, "{bad}");
        }
        assert_eq!(visitor.get(&format!("/api/v1/technologies/{need_id}/matches/complements")).await.status, 404);

        // What is like it, by the engine; both as pages, in both languages.
        let alike = visitor.get(&format!("/api/v1/technologies/{quick}/matches?kind=technology")).await.expect(200);
        assert!(ids(&alike).contains(&also_quick.as_str()) && !alike["items"][0]["reasons"].as_array().unwrap().is_empty(), "{alike}");
        let url = visitor.get(&format!("/api/v1/technologies/{quick}")).await.expect(200)["url"].as_str().unwrap().to_owned();
        let need_url = visitor.get(&format!("/api/v1/needs/{need_id}")).await.expect(200)["url"].as_str().unwrap().to_owned();
        let shown = visitor.get(&format!("{url}/matches?of=complements")).await.text;
        assert!(shown.contains("Thiết bị hút ẩm cơm dừa sấy") && shown.contains(&need_url) && shown.contains("Nhu cầu chung"), "{shown}");
        assert!(visitor.get(&format!("/en{url}/matches?of=complements")).await.text.contains("The need of both"));
        let shown = visitor.get(&format!("/en{url}/matches?of=similar")).await.text;
        assert!(shown.contains("Lò sấy cơm dừa") && shown.contains("of=complements"), "{shown}");
        for (path, status) in [(format!("{url}/matches?of=x"), 400), (format!("{need_url}/matches?of=similar"), 400)] {
            assert_eq!(visitor.get(&path).await.status, status, "{path}");
        }

        // A need that the reader may not see leads nowhere, whoever's technologies they are.
        let hide = json!({"visibility": "invited", "parties": []});
        world.seeker.put_at(&format!("/api/v1/listings/{need_id}/visibility"), seen, hide).await.expect(200);
        for client in [&visitor, &world.owner] {
            let found = client.get(&format!("/api/v1/technologies/{quick}/matches/complements")).await;
            assert!(!found.text.contains(&need_id) && found.json()["total"] == 0, "{}", found.text);
            assert!(!client.get(&format!("{url}/matches?of=complements")).await.text.contains("Cần máy sấy cơm dừa"));
        }
        site.stop().await;
    }
}
