//! A generation of standing matches that takes long to fill: what is edited meanwhile does not wait for it.

use sea_orm::{ConnectionTrait, DbBackend};
use serde_json::json;
use store::testing::TestStore;

use crate::main_job::{need, technology};
use crate::site::Site;
use crate::standing::{World, same_as_from_scratch};

/// Refuses every page of a generation behind its first one.
async fn hold(site: &Site) {
    let db = site.app.store.db();
    let sql = match db.get_database_backend() {
        DbBackend::Sqlite => {
            "CREATE TRIGGER hold BEFORE UPDATE ON match_generation WHEN OLD.reached IS NOT NULL BEGIN SELECT RAISE(ABORT, 'held'); END"
        }
        _ => {
            "CREATE FUNCTION hold() RETURNS trigger AS $$ BEGIN RAISE EXCEPTION 'held'; END $$ LANGUAGE plpgsql;
             CREATE TRIGGER hold BEFORE UPDATE ON match_generation FOR EACH ROW WHEN (OLD.reached IS NOT NULL) EXECUTE FUNCTION hold()"
        }
    };
    db.execute_unprepared(sql).await.unwrap();
}

async fn let_go(site: &Site) {
    let db = site.app.store.db();
    let sql = match db.get_database_backend() {
        DbBackend::Sqlite => "DROP TRIGGER hold",
        _ => "DROP TRIGGER hold ON match_generation",
    };
    db.execute_unprepared(sql).await.unwrap();
}

async fn is_whole(site: &Site) -> bool {
    matching::standing::is_whole(&site.app.store).await.unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_edited_while_a_generation_is_filled_is_matched_and_told_without_waiting_for_it() {
    for store in TestStore::all().await.unwrap() {
        let site = Site::start_with(store, |config| config.matching.strong_min = 0.4).await;
        let world = World::new(&site).await;
        // More needs than one page has, and an offer that stands in the lists of all of them.
        let shrimp = |n: usize| {
            let mut content = need();
            content["title"]["vi"] = json!(format!("Cần xử lý khí độc ao tôm thẻ số {n}"));
            content["problem"]["vi"] = json!("Ao tôm thẻ siêu thâm canh tích khí độc, tôm chậm lớn.");
            content["keywords"]["vi"] = json!(["tôm thẻ", "khí độc"]);
            content["targets"] =
                json!([{"metric": {"vi": "Nồng độ amoni"}, "today": 3.0, "target": 0.5, "unit": "mg/l", "direction": "at_most"}]);
            content
        };
        let cleaner = |title: &str| {
            let mut content = technology(title);
            content["summary"]["vi"] = json!("Chế phẩm vi sinh xử lý khí độc đáy ao tôm thẻ.");
            content["problem"]["vi"] = json!("Khí độc tích ở đáy ao.");
            content["keywords"]["vi"] = json!(["tôm thẻ", "khí độc", "vi sinh"]);
            content["description"]["vi"] = json!("Bột vi khuẩn tạt đều xuống ao tôm thẻ mỗi tuần một lần, phân hủy khí độc.");
            content["advantages"] = json!([{"metric": {"vi": "Nồng độ amoni"}, "compared_with": {"vi": "không xử lý"}, "baseline": 3.0, "offered": 0.3, "unit": "mg/l"}]);
            content
        };
        for n in 0..12 {
            world.publish("needs", shrimp(n)).await;
        }
        let (offer, seen) = world.publish("technologies", cleaner("Chế phẩm xử lý khí độc ao tôm thẻ")).await;
        site.matched().await;
        let before = world.unread(&site).await;
        let first = matching::standing::generation(&site.app.store).await.unwrap();

        // With another glossary the next event begins a generation, of which only the first page is let through.
        hold(&site).await;
        let more = "version = \"1\"\n[[group]]\nkind = \"translation\"\nterms = [\"máy sấy cơm dừa\", \"copra dryer\"]\n";
        site.app.search.set_synonyms(search::synonyms::Synonyms::parse(more).unwrap());
        let (need_id, _) = world.publish("needs", need()).await;
        let (dryer, _) = world.publish("technologies", technology("Máy sấy cơm dừa bơm nhiệt")).await;
        site.matched_so_far().await;
        assert_ne!(matching::standing::generation(&site.app.store).await.unwrap(), first);
        assert_eq!(world.unread(&site).await, (before.0 + 1, before.1 + 1), "both are told while it is held");
        let found = world.seeker.get(&format!("/api/v1/parties/{}/matches?limit=100", world.firm)).await.expect(200);
        let stands = |own: &str, other: &str| {
            found["items"].as_array().unwrap().iter().any(|m| m["own"]["id"] == *own && m["other"]["id"] == *other)
        };
        assert!(stands(&need_id, &dryer), "{found}");

        // An offer is edited that has places on both sides of where the filling stands, and another one comes and goes.
        let edited = json!({"content": cleaner("Chế phẩm vi sinh mới cho đáy ao")});
        let edited = world.owner.put_at(&format!("/api/v1/technologies/{offer}"), seen, edited).await.expect(200);
        world.submit(&world.owner, &offer, edited["version"].as_i64().unwrap()).await;
        let (gone, seen) = world.publish("technologies", cleaner("Máy sục khí đáy ao tôm thẻ")).await;
        site.matched_so_far().await;
        let steps = format!("/api/v1/listings/{gone}/transitions");
        let outcome = json!({"step": "withdraw", "outcome": {"reason": "no_longer_offered"}});
        world.owner.post_at(&steps, seen, outcome).await.expect(200);
        world.publish("technologies", cleaner("Men vi sinh xử lý khí độc")).await;
        site.matched_so_far().await;
        assert!(!is_whole(&site).await, "the filling was held all the time");
        let told = world.unread(&site).await;

        let_go(&site).await;
        let pairs = same_as_from_scratch(&site).await;
        assert!(pairs > 12, "{pairs}");
        assert_eq!(world.unread(&site).await, told, "what was told is not told again");
        site.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_filling_that_was_cut_off_goes_on_after_a_restart_beside_what_is_edited() {
    for store in TestStore::all().await.unwrap() {
        let site = Site::start(store).await;
        let world = World::new(&site).await;
        for n in 0..10 {
            let mut content = need();
            content["title"]["vi"] = json!(format!("Cần máy sấy cơm dừa số {n}"));
            world.publish("needs", content).await;
        }
        world.publish("technologies", technology("Máy sấy cơm dừa bơm nhiệt")).await;
        site.matched().await;
        // As after a filling that was cut off: a generation that has come to its first need, and no further for now.
        let back = "UPDATE match_generation SET done = FALSE, reached = (SELECT need_id FROM standing_match ORDER BY need_id LIMIT 1)";
        site.app.store.db().execute_unprepared(back).await.unwrap();
        hold(&site).await;
        let site = site.restarted().await;
        let owner = site.visitor().sign_in("owner@example.org", crate::site::PASSWORD).await;
        let moderator = site.visitor().sign_in("moderator@example.org", crate::site::PASSWORD).await;
        let world = World { owner, moderator, ..world };
        world.publish("technologies", technology("Lò sấy cơm dừa hai tầng")).await;
        site.matched_so_far().await;
        assert!(!is_whole(&site).await);
        let_go(&site).await;
        assert!(same_as_from_scratch(&site).await >= 20);
        site.stop().await;
    }
}
