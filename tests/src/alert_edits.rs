//! What a saved search or a followed need finds only since an edit: brought once, and never what was there before.

use chrono::TimeDelta;
use sea_orm::ConnectionTrait;
use serde_json::{Value, json};

use crate::alert_rounds::broken_off;
use crate::alerts::{Press, keep, round, titles};
use crate::main_job::{need, publish, technology};
use crate::site::{Client, Site, on_every_database};

/// Hands in another content of what is public; gives the listing's version.
async fn revises(client: &Client, path: &str, id: &str, content: Value) -> i64 {
    let seen = client.get(&format!("/api/v1/{path}/{id}")).await.expect(200)["inside"]["version"].as_i64().unwrap();
    let edited = client.put_at(&format!("/api/v1/{path}/{id}"), seen, json!({ "content": content })).await.expect(200);
    let steps = format!("/api/v1/listings/{id}/transitions");
    let seen = edited["version"].as_i64().unwrap();
    client.post_at(&steps, seen, json!({"step": "submit"})).await.expect(200)["version"].as_i64().unwrap()
}

/// The same, and published.
async fn edits(site: &Site, press: &Press, client: &Client, (path, id): (&str, &str), content: Value) {
    site.clock.advance(TimeDelta::minutes(1));
    let seen = revises(client, path, id, content).await;
    publish(&press.moderator, id, seen).await;
    site.indexed().await;
}

/// A technology that has nothing to do with drying.
fn robot(title: &str) -> Value {
    let mut content = technology(title);
    content["summary"]["vi"] = json!("Xe tự hành đi giữa luống, chụp ảnh lá và đếm sâu bệnh.");
    content["problem"]["vi"] = json!("Thăm đồng tốn nhiều công.");
    content["description"]["vi"] = json!("Khung nhôm, bốn bánh xích, máy ảnh đa phổ.");
    content["keywords"]["vi"] = json!(["robot", "sâu bệnh"]);
    content["field"] = json!("20202");
    content["advantages"] = json!([{"metric": {"vi": "Diện tích thăm"}, "compared_with": {"vi": "người đi bộ"}, "baseline": 1.0, "offered": 6.0, "unit": "ha"}]);
    content
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_matches_only_since_an_edit_is_brought_once_and_what_matched_before_never() {
    on_every_database(async |site: Site| {
        let press = Press::new(&site).await;
        let becomes = press.publishes(&site, "Thiết bị sục khí", "public").await;
        let was = press.publishes(&site, "Máy cho ao tôm thẻ", "public").await;
        let hidden = press.publishes(&site, "Thiết bị kín đáo", "private").await;
        site.clock.advance(TimeDelta::minutes(1));
        let reader = site.person("reader").await;
        keep(&reader, "q=tôm thẻ", "at_once").await;
        keep(&reader, "q=ao tôm thẻ&kind=technology", "at_once").await;
        assert_eq!(round(&site).await, 0);

        // An edit is no news before it is public.
        let seen = revises(&press.author, "technologies", &becomes, technology("Thiết bị sục khí ao tôm thẻ")).await;
        assert_eq!(round(&site).await, 0);
        publish(&press.moderator, &becomes, seen).await;
        edits(&site, &press, &press.author, ("technologies", &was), technology("Máy mới cho ao tôm thẻ")).await;
        edits(&site, &press, &press.author, ("technologies", &hidden), technology("Thiết bị kín đáo cho ao tôm thẻ")).await;
        assert_eq!((round(&site).await, round(&site).await), (1, 0), "one of the two searches tells");
        let found = titles(&reader).await;
        assert!(found.iter().all(|title| title == "Thiết bị sục khí ao tôm thẻ") && !found.is_empty(), "{found:?}");
        let letters = site.letters_of("reader@example.org");
        assert_eq!(letters.len(), 1);
        assert!(accounts::mailbox::plain_text(&letters[0]).unwrap().contains("Thiết bị sục khí ao tôm thẻ"));

        // Away and back again it is no news to the same reader.
        edits(&site, &press, &press.author, ("technologies", &becomes), technology("Thiết bị sục khí")).await;
        assert_eq!(round(&site).await, 0);
        edits(&site, &press, &press.author, ("technologies", &becomes), technology("Thiết bị sục khí ao tôm thẻ")).await;
        assert_eq!(round(&site).await, 0);
        assert_eq!(site.letters_of("reader@example.org").len(), 1);

        // Nor is what was edited before somebody began to look.
        let later = site.person("later").await;
        keep(&later, "q=tôm thẻ", "at_once").await;
        assert_eq!(round(&site).await, 0);
        site.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn edits_of_a_week_come_with_the_letter_of_the_week_and_more_than_one_round_brings_with_the_next() {
    on_every_database(async |site: Site| {
        let mut press = Press::new(&site).await;
        let mut ids = Vec::new();
        for n in 0..3 {
            ids.push(press.publishes(&site, &format!("Thiết bị số {n}"), "public").await);
        }
        site.clock.advance(TimeDelta::minutes(1));
        let reader = site.person("reader").await;
        keep(&reader, "q=tôm thẻ", "weekly").await;
        edits(&site, &press, &press.author, ("technologies", &ids[0]), technology("Máy ao tôm thẻ số 0")).await;
        press.next_day(&site).await;
        // Twice edited: what counts is how it was when somebody looked last.
        edits(&site, &press, &press.author, ("technologies", &ids[1]), technology("Máy ao tôm thẻ số 1")).await;
        edits(&site, &press, &press.author, ("technologies", &ids[1]), technology("Máy tốt cho ao tôm thẻ số 1")).await;
        assert_eq!(round(&site).await, 0, "the week is not over");
        for _ in 0..7 {
            press.next_day(&site).await;
        }
        site.indexed().await;
        let mut rounds = 0;
        while matching::alerts::round_of(&site.app.saved, -1, 1).await.unwrap().with_news > 0 {
            rounds += 1;
        }
        site.settled().await;
        assert_eq!(rounds, 2, "each round brings one");
        let reader = site.visitor().sign_in("reader@example.org", crate::site::PASSWORD).await;
        let mut found = titles(&reader).await;
        found.sort();
        assert_eq!(found, ["Máy ao tôm thẻ số 0", "Máy tốt cho ao tôm thẻ số 1"]);
        site.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_followed_need_brings_what_answers_it_only_since_the_offer_or_the_need_was_edited() {
    on_every_database(async |site: Site| {
        let press = Press::new(&site).await;
        let (seeker, own) = press.seeks(&site).await;
        let turns = press.publishes(&site, "Robot thăm đồng", "public").await;
        edits(&site, &press, &press.author, ("technologies", &turns), robot("Robot thăm đồng")).await;
        let fits = press.publishes(&site, "Máy sấy cơm dừa bơm nhiệt", "public").await;
        site.clock.advance(TimeDelta::minutes(1));
        let reader = site.person("reader").await;
        let follow = json!({"name": "Máy cho nhu cầu", "need": own, "when": "at_once"});
        reader.post("/api/v1/saved-searches", follow).await.expect(201);
        assert_eq!(round(&site).await, 0);

        edits(&site, &press, &press.author, ("technologies", &fits), technology("Máy sấy cơm dừa bơm nhiệt hai tầng")).await;
        assert_eq!(round(&site).await, 0, "it answered before");
        edits(&site, &press, &press.author, ("technologies", &turns), technology("Lò sấy cơm dừa")).await;
        assert_eq!((round(&site).await, round(&site).await), (1, 0));
        assert_eq!(titles(&reader).await, ["Lò sấy cơm dừa"]);

        // The need is edited: what it asks for now was there, and did not answer it.
        let other = press.publishes(&site, "Robot hái cau", "public").await;
        edits(&site, &press, &press.author, ("technologies", &other), robot("Robot thăm đồng đếm sâu bệnh")).await;
        let later = site.person("later").await;
        site.clock.advance(TimeDelta::minutes(1));
        let follow = json!({"name": "Như trên", "need": own, "when": "at_once"});
        later.post("/api/v1/saved-searches", follow).await.expect(201);
        assert_eq!(round(&site).await, 0);
        let mut asks = need();
        asks["title"]["vi"] = json!("Cần robot thăm đồng đếm sâu bệnh");
        asks["problem"]["vi"] = json!("Thăm đồng đếm sâu bệnh tốn nhiều công.");
        asks["keywords"]["vi"] = json!(["robot", "sâu bệnh"]);
        asks["field"] = json!("20202");
        asks["targets"] = json!([{"metric": {"vi": "Diện tích thăm"}, "today": 1.0, "target": 4.0, "unit": "ha", "direction": "at_least"}]);
        edits(&site, &press, &seeker, ("needs", &own), asks).await;
        round(&site).await;
        assert_eq!(titles(&later).await, ["Robot thăm đồng đếm sâu bệnh"]);
        site.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_round_over_edits_that_is_broken_off_anywhere_brings_each_thing_once() {
    on_every_database(async |site: Site| {
        let press = Press::new(&site).await;
        let reader = site.person("reader").await;
        let mut rounds = 0;
        for steps in (1_u32..).step_by(2) {
            let id = press.publishes(&site, &format!("Thiết bị số {steps}"), "public").await;
            site.clock.advance(TimeDelta::minutes(1));
            let kept = keep(&reader, &format!("q=tôm{steps}"), "at_once").await["id"].as_str().unwrap().to_owned();
            let title = format!("Thiết bị cho ao tôm{steps}");
            edits(&site, &press, &press.author, ("technologies", &id), technology(&title)).await;
            let is_over = broken_off(matching::alerts::round(&site.app.saved, -1), steps).await;
            round(&site).await;
            let letters = site.letters_of("reader@example.org");
            let texts = letters.iter().map(|letter| accounts::mailbox::plain_text(letter).unwrap());
            let told =
                texts.flat_map(|text| text.lines().map(str::to_owned).collect::<Vec<_>>()).filter(|line| line.trim() == title).count();
            assert_eq!(told, 1, "{title}");
            let gone = reader.send(reqwest::Method::DELETE, &format!("/api/v1/saved-searches/{kept}"), None).await;
            assert_eq!(gone.status, 204, "{}", gone.text);
            rounds += 1;
            if is_over {
                break;
            }
            assert!(steps < 400, "a round comes to its end");
        }
        assert!(rounds > 2, "it was broken off in its midst");
        site.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_shown_to_more_people_or_put_back_is_brought_once_however_long_ago_it_was_published() {
    on_every_database(async |site: Site| {
        let mut press = Press::new(&site).await;
        let (_, own) = press.seeks(&site).await;
        let hidden = press.publishes(&site, "Máy sấy cơm dừa kín đáo", "private").await;
        let held = press.publishes(&site, "Máy sấy cơm dừa tạm ngừng", "public").await;
        let seen = async |press: &Press, id: &str| {
            press.author.get(&format!("/api/v1/technologies/{id}")).await.expect(200)["inside"]["version"].as_i64().unwrap()
        };
        let steps = format!("/api/v1/listings/{held}/transitions");
        press.author.post_at(&steps, seen(&press, &held).await, json!({"step": "hold"})).await.expect(200);
        for _ in 0..3 {
            press.next_day(&site).await;
        }
        let (reader, follower) = (site.person("reader").await, site.person("follower").await);
        keep(&reader, "q=máy sấy&kind=technology", "at_once").await;
        let follow = json!({"name": "Máy cho nhu cầu", "need": own, "when": "at_once"});
        follower.post("/api/v1/saved-searches", follow).await.expect(201);
        assert_eq!(round(&site).await, 0);

        site.clock.advance(TimeDelta::minutes(1));
        let public = json!({"visibility": "public"});
        let path = format!("/api/v1/listings/{hidden}/visibility");
        press.author.put_at(&path, seen(&press, &hidden).await, public.clone()).await.expect(200);
        press.author.post_at(&steps, seen(&press, &held).await, json!({"step": "resume"})).await.expect(200);
        assert_eq!((round(&site).await, round(&site).await), (2, 0));
        for client in [&reader, &follower] {
            let mut found = titles(client).await;
            found.sort();
            assert_eq!(found, ["Máy sấy cơm dừa kín đáo", "Máy sấy cơm dừa tạm ngừng"]);
        }

        // Shown to fewer and to all again it was brought before; saying the same of it is nothing new either.
        press.author.put_at(&path, seen(&press, &hidden).await, json!({"visibility": "registered"})).await.expect(200);
        press.author.put_at(&path, seen(&press, &hidden).await, public).await.expect(200);
        assert_eq!(round(&site).await, 0);
        site.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_round_does_not_go_through_again_what_came_out_long_before_the_last_one() {
    on_every_database(async |site: Site| {
        let mut press = Press::new(&site).await;
        let reader = site.person("reader").await;
        keep(&reader, "q=máy sấy", "daily").await;
        press.publishes(&site, "Máy sấy cơm dừa số 1", "public").await;
        press.next_day(&site).await;
        assert_eq!(round(&site).await, 1);
        for _ in 0..3 {
            press.next_day(&site).await;
        }
        press.publishes(&site, "Máy sấy cơm dừa số 2", "public").await;
        assert_eq!(round(&site).await, 1);
        // Were all of it looked at, all would be brought again.
        site.app.store.db().execute_unprepared("DELETE FROM saved_search_item").await.unwrap();
        press.next_day(&site).await;
        press.publishes(&site, "Máy sấy cơm dừa số 3", "public").await;
        assert_eq!(round(&site).await, 1);
        let reader = site.visitor().sign_in("reader@example.org", crate::site::PASSWORD).await;
        let found = titles(&reader).await;
        assert!(found.iter().any(|title| title.ends_with('3')) && !found.iter().any(|title| title.ends_with('1')), "{found:?}");
        site.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_feed_of_a_kept_search_has_what_was_brought_by_when_it_came_and_as_it_may_be_seen_now() {
    on_every_database(async |site: Site| {
        let press = Press::new(&site).await;
        // Published first, and found only since an edit.
        let turns = press.publishes(&site, "Thiết bị sục khí", "public").await;
        site.clock.advance(TimeDelta::minutes(1));
        let reader = site.person("reader").await;
        let kept = keep(&reader, "q=tôm thẻ", "in_space").await;
        let feed = kept["feed"].as_str().unwrap().replace(&site.app.settings.public_url, "");
        let read = async || {
            let atom = site.visitor().get(&feed).await;
            assert_eq!(atom.status, 200);
            atom.text
        };
        let stays = press.publishes(&site, "Máy cho ao tôm thẻ", "public").await;
        assert!(!read().await.contains("<entry>"), "it was not brought yet");
        assert_eq!(round(&site).await, 1);
        let before = read().await;
        edits(&site, &press, &press.author, ("technologies", &turns), technology("Thiết bị sục khí ao tôm thẻ")).await;
        assert_eq!(round(&site).await, 1);

        let after = read().await;
        let place = |id: &str| after.find(&format!("<id>urn:uuid:{id}</id>")).unwrap_or_else(|| panic!("{id} is not in {after}"));
        assert!(place(&turns) < place(&stays), "what came last is first, however long it was there: {after}");
        let alerts = reader.get("/api/v1/alerts").await.expect(200);
        let came: chrono::DateTime<chrono::Utc> = alerts["items"][0]["at"].as_str().unwrap().parse().unwrap();
        let updated: Vec<chrono::DateTime<chrono::Utc>> =
            after.split("<updated>").skip(1).map(|rest| rest.split('<').next().unwrap().parse().unwrap()).collect();
        assert_eq!((updated[0], updated[1]), (came, came), "the feed and its first entry: {after}");
        assert!(updated[2] < came);
        // What was there before is the same entry still.
        let entry = |text: &str| {
            let at = text.find(&format!("<id>urn:uuid:{stays}</id>")).unwrap();
            text[at..].split("</entry>").next().unwrap().to_owned()
        };
        assert_eq!(entry(&before), entry(&after));

        press.withdraws(&site, &stays).await;
        let now = read().await;
        assert!(!now.contains(&stays) && now.contains(&turns), "{now}");
        site.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_put_aside_for_a_followed_need_and_taken_back_is_brought_though_no_offer_moved() {
    on_every_database(async |site: Site| {
        let press = Press::new(&site).await;
        let (seeker, own) = press.seeks(&site).await;
        let follow = json!({"name": "Máy cho nhu cầu", "need": own, "when": "in_space"});
        seeker.post("/api/v1/saved-searches", follow).await.expect(201);
        let offer = press.publishes(&site, "Máy sấy cơm dừa bơm nhiệt", "public").await;
        let pair = format!("/api/v1/matches/{own}.{offer}/feedback");
        seeker.post(&pair, json!({"verdict": "not_for_us", "reason": "other"})).await.expect(200);
        assert_eq!(round(&site).await, 0);
        // Up to here it was looked: what happens to others brings no second look at it.
        press.publishes(&site, "Robot thăm đồng", "private").await;
        assert_eq!(round(&site).await, 0);
        seeker.post(&pair, json!({"verdict": "good"})).await.expect(200);
        assert_eq!((round(&site).await, round(&site).await), (1, 0));
        assert_eq!(titles(&seeker).await, ["Máy sấy cơm dừa bơm nhiệt"]);
        site.stop().await;
    })
    .await;
}
