//! A draft can be taken away for good; what was ever published cannot.

use base::{PartyRole, StaffRole};
use reqwest::Method;
use serde_json::{Value, json};
use store::events::Filter;

use crate::main_job::{publish, technology};
use crate::posting::{fields, fill, there};
use crate::site::{Answer, Client, Site, on_every_database};

async fn remove(client: &Client, path: &str, seen: i64) -> Answer {
    client.clone().with("if-match", &format!("\"{seen}\"")).send(Method::DELETE, path, None).await
}

async fn draft(author: &Client, party: base::PartyId, title: &str) -> Value {
    author.post("/api/v1/technologies", json!({"party": party, "content": technology(title)})).await.expect(201)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_editor_removes_a_draft_with_all_below_it_and_nobody_finds_it_again() {
    on_every_database(async |site: Site| {
        let admin = site.person("admin").await;
        let party = site.party(&admin, "Viện Dừa", "institute").await;
        let (viewer, account) = site.account("viewer", &[]).await;
        site.member(party, account, PartyRole::Viewer).await;
        let (editor, account) = site.account("editor", &[]).await;
        site.member(party, account, PartyRole::Editor).await;
        let auditor = site.staff("auditor", &[StaffRole::Administrator]).await;

        let made = draft(&editor, party, "Máy sấy nhầm").await;
        let (id, code) = (made["id"].as_str().unwrap(), made["code"].as_str().unwrap());
        let path = format!("/api/v1/technologies/{id}");
        let inside = format!("/api/v1/listings/{id}");
        let terms = json!({"budget": {"max_minor": 800_000_000, "currency": "VND"}});
        editor.put_at(&format!("{inside}/private-terms"), 0, terms).await.expect(200);
        editor.put_at(&format!("{inside}/confidential"), 0, json!({"know_how": "Tỷ lệ enzym 0,4 %"})).await.expect(200);
        editor.hand_in(&format!("{inside}/files"), "ban-ve.txt", "bản vẽ".as_bytes()).await.expect(201);

        // Not by whoever only reads, not as something else, not as it was before.
        assert_eq!(remove(&viewer, &path, 1).await.status, 403);
        assert_eq!(remove(&editor, &format!("/api/v1/needs/{id}"), 1).await.status, 404);
        assert_eq!(remove(&editor, &path, 7).await.status, 412);
        assert_eq!(editor.send(Method::DELETE, &path, None).await.status, 428);
        assert_eq!(editor.get(&path).await.status, 200, "it is still there");

        assert_eq!(remove(&editor, &path, 1).await.status, 204);
        for client in [&editor, &admin, &auditor, &site.visitor()] {
            assert_eq!(client.get(&path).await.status, 404);
            assert!(!client.get(&format!("/my/listings/{id}")).await.status.is_success());
        }
        assert_eq!(remove(&editor, &path, 1).await.status, 404);
        for part in ["versions", "private-terms", "confidential", "files"] {
            assert_eq!(editor.get(&format!("{inside}/{part}")).await.status, 404, "{part}");
        }
        assert_eq!(editor.get(&format!("/api/v1/technologies?party={party}")).await.expect(200)["total"], 0);
        assert!(!admin.get("/my").await.text.contains("Máy sấy nhầm"));
        let said = auditor.get(&format!("/api/v1/events?subject={id}&kind=listing.removed")).await.expect(200);
        assert_eq!((said["total"].as_u64(), said["items"][0]["payload"]["code"].as_str()), (Some(1), Some(code)));
        let next = draft(&editor, party, "Máy sấy đúng").await;
        assert_ne!(next["code"].as_str().unwrap(), code, "a code stands for one listing for ever");

        // The sealed file went out of the store with it.
        assert_eq!(std::fs::read_dir(site.files()).unwrap().count(), 0);
        site.indexed().await;
        assert!(search::follower::verify(&site.app.store, &site.app.search).await.unwrap().is_none());
        site.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_published_waits_for_a_moderator_or_was_confided_to_somebody_is_not_removed() {
    on_every_database(async |site: Site| {
        let moderator = site.staff("moderator", &[StaffRole::Moderator]).await;
        let admin = site.person("admin").await;
        let party = site.party(&admin, "Viện Dừa", "institute").await;
        let made = draft(&admin, party, "Máy tách vỏ dừa").await;
        let id = made["id"].as_str().unwrap().to_owned();
        let path = format!("/api/v1/technologies/{id}");
        let steps = format!("/api/v1/listings/{id}/transitions");
        let seen = admin.post_at(&steps, 1, json!({"step": "submit"})).await.expect(200)["version"].as_i64().unwrap();
        assert_eq!(remove(&admin, &path, seen).await.status, 409);
        let seen = publish(&moderator, &id, seen).await;
        let refused = remove(&admin, &path, seen).await.expect(409);
        assert_eq!(refused["type"], "/problems/step-not-allowed");
        assert!(refused["allowed"].as_array().unwrap().contains(&json!("withdraw")), "{refused}");
        let desk = format!("/my/listings/{id}");
        assert!(!admin.get(&desk).await.text.contains("/remove\""), "and no button for it");
        let gone = json!({"step": "withdraw", "outcome": {"reason": "no_longer_offered"}});
        let seen = admin.post_at(&steps, seen, gone).await.expect(200)["version"].as_i64().unwrap();
        assert_eq!(remove(&admin, &path, seen).await.status, 409);

        // The agreement somebody was asked to accept outlives the draft.
        let reader = site.person("reader").await;
        let theirs = site.party(&reader, "Công ty Dừa", "enterprise").await;
        let made = draft(&admin, party, "Máy ép dầu dừa").await;
        let id = made["id"].as_str().unwrap().to_owned();
        let body = json!({"party": theirs, "email": "reader@example.org", "purpose": "Thẩm định", "expires_on": "2027-01-31"});
        admin.post(&format!("/api/v1/listings/{id}/disclosures"), body).await.expect(201);
        assert_eq!(remove(&admin, &format!("/api/v1/technologies/{id}"), 1).await.status, 409);
        let removed = site.app.store.events(&Filter { kind: Some("listing.removed".to_owned()), ..Filter::default() }, 10).await.unwrap();
        assert!(removed.is_empty());
        site.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_desk_asks_once_before_a_draft_is_deleted() {
    on_every_database(async |site: Site| {
        let admin = site.person("admin").await;
        let party = site.party(&admin, "Viện Dừa", "institute").await;
        let (viewer, account) = site.account("viewer", &[]).await;
        site.member(party, account, PartyRole::Viewer).await;
        let made = draft(&admin, party, "Máy sấy nhầm").await;
        let (id, code) = (made["id"].as_str().unwrap(), made["code"].as_str().unwrap());
        let desk = format!("/my/listings/{id}");
        assert!(!viewer.get(&desk).await.text.contains("/remove\""));
        let page = admin.get(&desk).await.text;
        let question = page.split("<details class=\"more\" id=\"remove\">").nth(1).unwrap().split("</details>").next().unwrap();
        assert!(question.contains(code) && question.contains("Không thể khôi phục"), "{question}");
        let form = fields(&format!("<main{question}"));

        // Somebody wrote meanwhile: it is not deleted unseen.
        there(&fill(&admin, &format!("{desk}/edit/1"), &[("/summary/vi", "Khác")], ("_do", "close")).await);
        let late = crate::posting::send(&admin, &format!("{desk}/remove"), &form).await;
        assert_eq!(late.status, 409);
        let form = fields(&format!("<main{}", late.text.split("id=\"remove\">").nth(1).unwrap().split("</details>").next().unwrap()));
        let there = there(&crate::posting::send(&admin, &format!("{desk}/remove"), &form).await);
        assert_eq!(there, "/my?did=removed");
        assert!(admin.get(&there).await.text.contains("Đã xóa bản nháp"));
        assert_eq!(admin.get(&desk).await.status, 404);
        site.stop().await;
    })
    .await;
}
