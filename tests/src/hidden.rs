//! What outsiders must not learn: of a seeker who hides, of drafts that were not handed in; and that a second process
//! cannot take a running space's index away.

use innospace::config::Config;
use serde_json::{Value, json};

use crate::main_job::{need, publish, technology};
use crate::site::{Site, on_every_database};
use base::StaffRole;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_seeker_who_hides_is_told_neither_by_place_nor_by_source() {
    on_every_database(async |site: Site| {
        let moderator = site.staff("moderator", &[StaffRole::Moderator]).await;
        let firm = site.person("firm").await;
        let party = site.party(&firm, "Công ty Dừa Sáp", "enterprise").await;
        let mut content = need();
        content["anonymity"] = json!("hidden");
        content["province"] = json!("86");
        let made = firm.post("/api/v1/needs", json!({"party": party, "content": content})).await.expect(201);
        let id = made["id"].as_str().unwrap().to_owned();
        let steps = format!("/api/v1/listings/{id}/transitions");
        let seen = firm.post_at(&steps, 1, json!({"step": "submit"})).await.expect(200)["version"].as_i64().unwrap();
        let seen = publish(&moderator, &id, seen).await;
        site.indexed().await;

        let visitor = site.visitor();
        let path = format!("/api/v1/needs/{id}");
        let shown = visitor.get(&path).await.expect(200);
        assert_eq!((&shown["content"]["province"], &shown["party"]["province"]), (&Value::Null, &Value::Null), "{shown}");
        assert_eq!((&shown["provenance"]["source"], &shown["provenance"]["external_id"]), (&Value::Null, &Value::Null));
        assert_eq!(firm.get(&path).await.expect(200)["content"]["province"], "86");
        let page = visitor.get(shown["url"].as_str().unwrap()).await;
        assert_eq!(page.status, 200);
        for word in ["Vĩnh Long", "Dừa Sáp"] {
            assert!(!page.text.contains(word), "{word}");
        }
        assert_eq!(visitor.get("/api/v1/search?kind=need&province=86").await.expect(200)["total"], 0);
        let listed = visitor.get("/api/v1/needs").await.expect(200);
        assert_eq!((&listed["items"][0]["id"], &listed["items"][0]["updated_at"]), (&json!(id), &Value::Null), "{listed}");
        assert!(firm.get(&format!("/api/v1/needs?party={party}")).await.expect(200)["items"][0]["updated_at"].is_string());

        // It was solved: by something that is there.
        let outcome = |by: Value| json!({"step": "withdraw", "outcome": {"result": "solved", "solved_by": by}});
        for by in [json!(id), json!("01a210ec-0b83-7f9c-8143-000000000000")] {
            let refused = firm.post_at(&steps, seen, outcome(by)).await;
            assert_eq!((refused.status.as_u16(), refused.pointers()), (422, vec!["/outcome/solved_by".to_owned()]));
        }
        site.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_revision_that_was_not_handed_in_is_its_authors_alone() {
    on_every_database(async |site: Site| {
        let moderator = site.staff("moderator", &[StaffRole::Moderator]).await;
        let author = site.person("author").await;
        let party = site.party(&author, "Viện Dừa", "institute").await;
        let content = technology("Máy tách vỏ dừa");
        let made = author.post("/api/v1/technologies", json!({"party": party, "content": content})).await.expect(201);
        let id = made["id"].as_str().unwrap().to_owned();
        let (path, steps) = (format!("/api/v1/technologies/{id}"), format!("/api/v1/listings/{id}/transitions"));
        let seen = author.post_at(&steps, 1, json!({"step": "submit"})).await.expect(200)["version"].as_i64().unwrap();
        let seen = publish(&moderator, &id, seen).await;
        let mut revised = content.clone();
        revised["title"]["vi"] = json!("Máy tách vỏ dừa đời sau");
        let seen = author.put_at(&path, seen, json!({"content": revised})).await.expect(200)["version"].as_i64().unwrap();
        assert_eq!(moderator.get(&path).await.expect(200)["title"], "Máy tách vỏ dừa");
        let versions = format!("/api/v1/listings/{id}/versions");
        assert_eq!(moderator.get(&versions).await.expect(200)["total"], 1);
        assert_eq!(moderator.get(&format!("{versions}/2")).await.status, 404);
        assert_eq!(author.get(&versions).await.expect(200)["total"], 2);
        assert_eq!(author.get(&path).await.expect(200)["title"], "Máy tách vỏ dừa đời sau");
        author.post_at(&steps, seen, json!({"step": "submit"})).await.expect(200);
        assert_eq!(moderator.get(&path).await.expect(200)["title"], "Máy tách vỏ dừa đời sau");
        site.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_second_process_leaves_a_running_space_its_index() {
    on_every_database(async |site: Site| {
        let parts = innospace::space::stand_on(site.app.store.clone(), &Config::default(), &site.app.data).unwrap();
        let config = Config { search: search::Settings { lock_wait_ms: 1, ..Default::default() }, ..Config::default() };
        let refused = innospace::space::index(&config, &site.app.data, &parts);
        assert!(refused.is_err_and(|e| e.to_string().contains("in use by another process")));

        let moderator = site.staff("moderator", &[StaffRole::Moderator]).await;
        let author = site.person("author").await;
        let party = site.party(&author, "Viện Dừa", "institute").await;
        let body = json!({"party": party, "content": technology("Máy tách vỏ dừa")});
        let made = author.post("/api/v1/technologies", body).await.expect(201);
        let id = made["id"].as_str().unwrap().to_owned();
        let steps = format!("/api/v1/listings/{id}/transitions");
        let seen = author.post_at(&steps, 1, json!({"step": "submit"})).await.expect(200)["version"].as_i64().unwrap();
        publish(&moderator, &id, seen).await;
        let total = async |n: u64| {
            // While nothing reaches the index it is not searched.
            let found = site.visitor().get("/api/v1/search?kind=technology&q=tach+vo+dua").await;
            found.status == 200 && found.expect(200)["total"] == n
        };
        site.until("it is found", async || total(1).await).await;

        // Even when somebody takes the files away, what follows is found again.
        std::fs::rename(site.app.data.join("index"), site.app.data.join("gone")).unwrap();
        let seen = author.get(&format!("/api/v1/technologies/{id}")).await.expect(200)["inside"]["version"].as_i64().unwrap();
        let gone = json!({"step": "withdraw", "outcome": {"reason": "no_longer_offered"}});
        author.post_at(&steps, seen, gone).await.expect(200);
        site.until("it is no longer found", async || total(0).await).await;
        site.until("it is ready", async || site.visitor().get("/readyz").await.status == 200).await;
        assert!(search::follower::verify(&site.app.store, &site.app.search).await.unwrap().is_none());
        site.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_author_looks_at_a_listing_as_the_public_will_see_it() {
    on_every_database(async |site: Site| {
        let firm = site.person("firm").await;
        let party = site.party(&firm, "Công ty Dừa Sáp", "enterprise").await;
        let mut content = need();
        content["anonymity"] = json!("hidden");
        content["province"] = json!("86");
        let made = firm.post("/api/v1/needs", json!({"party": party, "content": content})).await.expect(201);
        let id = made["id"].as_str().unwrap().to_owned();
        let page = firm.get(&format!("/api/v1/needs/{id}")).await.expect(200)["url"].as_str().unwrap().to_owned();
        let main = |page: String| page.split("<main").nth(1).unwrap().split("</main").next().unwrap().to_owned();

        // The desk leads there; what is hidden is hidden there too, and the page says what it is.
        let desk = firm.get(&format!("/my/listings/{id}")).await.text;
        assert!(desk.contains(&format!("href=\"{page}?as=public\"")), "{desk}");
        let inside = main(firm.get(&page).await.text);
        assert!(inside.contains("Công ty Dừa Sáp"), "{inside}");
        for (prefix, words) in [("", "Bản xem trước"), ("/en", "A preview")] {
            let shown = firm.get(&format!("{prefix}{page}?as=public")).await.text;
            let preview = main(shown.clone());
            assert!(preview.contains("Cần máy sấy cơm dừa nhanh hơn") && preview.contains(words), "{preview}");
            assert!(preview.contains(&format!("href=\"{prefix}/my/listings/{id}\"")), "{preview}");
            assert!(!preview.contains("Công ty Dừa Sáp") && !preview.contains("Vĩnh Long"), "{preview}");
            assert!(shown.contains("name=\"robots\" content=\"noindex\""));
        }
        // A draft is nobody else's, whatever the address says.
        let visitor = site.visitor();
        assert_eq!(visitor.get(&format!("{page}?as=public")).await.status, 404);
        assert_eq!(site.person("outsider").await.get(&format!("{page}?as=public")).await.status, 404);

        // Whoever reviews sees the same; once it is out, the public sees what the preview showed.
        let moderator = site.staff("moderator", &[StaffRole::Moderator]).await;
        let steps = format!("/api/v1/listings/{id}/transitions");
        let seen = firm.post_at(&steps, 1, json!({"step": "submit"})).await.expect(200)["version"].as_i64().unwrap();
        let review = moderator.get(&format!("{page}?as=public")).await.text;
        assert!(!main(review.clone()).contains("Công ty Dừa Sáp") && review.contains(&format!("href=\"/review/{id}\"")), "{review}");
        publish(&moderator, &id, seen).await;
        let public = main(visitor.get(&page).await.text);
        assert!(!public.contains("Công ty Dừa Sáp") && !public.contains("Bản xem trước"), "{public}");
        let notice = main(firm.get(&format!("{page}?as=public")).await.text);
        let (before, rest) = notice.split_once("<p class=\"notice amber\">").unwrap();
        assert_eq!(format!("{before}{}", rest.split_once("</p>\n").unwrap().1), public);
        site.stop().await;
    })
    .await;
}
