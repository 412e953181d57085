//! The main job, end to end: sign up, post, review, publish, find, edit, match, withdraw.

use base::StaffRole;
use serde_json::{Value, json};

use crate::site::{Client, PASSWORD, Site, on_every_database};

/// A technology with all that a submission needs.
pub fn technology(title: &str) -> Value {
    json!({
        "title": {"vi": title},
        "summary": {"vi": "Thiết bị sấy cơm dừa nạo bằng bơm nhiệt, giữ màu trắng và mùi thơm."},
        "problem": {"vi": "Sấy than làm cơm dừa vàng và tốn nhiều công canh lửa."},
        "description": {"vi": "Không khí được tách ẩm ở dàn lạnh rồi hâm nóng lại ở dàn nóng, nhiệt độ sấy 55 đến 60 độ."},
        "field": "21101", "trl": 7, "ipr_status": "granted",
        "cooperation": ["licence"],
        "partner_role": {"vi": "Lắp đặt tại xưởng và vận hành thử một vụ."},
        "partner_types": ["enterprise", "cooperative"],
        "keywords": {"vi": ["sấy", "cơm dừa", "bơm nhiệt"]},
        "owners": [{"name": "Viện Dừa", "share_bp": 10000}],
        "advantages": [{"metric": {"vi": "Thời gian sấy một mẻ"}, "compared_with": {"vi": "lò than"}, "baseline": 14.0, "offered": 5.0, "unit": "h"}],
    })
}

/// A need that such a technology answers.
pub fn need() -> Value {
    json!({
        "title": {"vi": "Cần máy sấy cơm dừa nhanh hơn"},
        "problem": {"vi": "Lò than sấy cơm dừa mất 14 giờ một mẻ, sản phẩm bị vàng."},
        "targets": [{"metric": {"vi": "Thời gian sấy một mẻ"}, "today": 14.0, "target": 6.0, "unit": "h", "direction": "at_most", "priority": "must"}],
        "field": "21101",
        "keywords": {"vi": ["sấy", "cơm dừa"]},
        "cooperation": ["licence"],
        "partner_types": ["institute", "university"],
        "anonymity": "named",
        "trl_min": 6,
    })
}

fn scores() -> Value {
    json!({"innovation_or_need": 4, "clarity": 4, "partner_ask": 3, "language": 5})
}

/// Claims and publishes what waits; gives the listing's version afterwards.
pub async fn publish(moderator: &Client, id: &str, seen: i64) -> i64 {
    moderator.post(&format!("/api/v1/listings/{id}/reviews"), Value::Null).await.expect(200);
    let verdict = json!({"decision": "publish", "scores": scores()});
    moderator.post_at(&format!("/api/v1/listings/{id}/reviews/decision"), seen, verdict).await.expect(200)["version"].as_i64().unwrap()
}

async fn found(client: &Client, query: &str) -> Vec<String> {
    let answer = client.get(&format!("/api/v1/search?q={query}")).await.expect(200);
    answer["items"].as_array().unwrap().iter().map(|i| i["id"].as_str().unwrap().to_owned()).collect()
}

fn token_in(letter: &str) -> String {
    let at = letter.find("token=").expect(letter) + "token=".len();
    letter[at..].chars().take_while(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-')).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_technology_travels_from_sign_up_to_being_found_edited_matched_and_withdrawn() {
    on_every_database(async |site: Site| {
        let visitor = site.visitor();
        let moderator = site.staff("moderator", &[StaffRole::Moderator]).await;

        // Sign up, confirm, sign in.
        let body = json!({"email": "lan@example.org", "name": "Lan", "lang": "vi", "password": PASSWORD});
        visitor.post("/api/v1/accounts", body).await.expect(202);
        let early = visitor.post("/api/v1/session", json!({"email": "lan@example.org", "password": PASSWORD})).await;
        assert_eq!(early.status, 403, "{}", early.text);
        let secret = token_in(&site.letter_to("lan@example.org").await);
        visitor.post("/api/v1/accounts/confirm", json!({"token": secret})).await.expect(200);
        assert_eq!(visitor.post("/api/v1/accounts/confirm", json!({"token": secret})).await.status, 410, "the link is good once");
        let author = site.visitor().sign_in("lan@example.org", PASSWORD).await;

        // A party, verified by staff.
        let party = site.party(&author, "Viện Dừa", "institute").await;
        let verified = moderator.post_at(&format!("/api/v1/parties/{party}/verifications"), 1, json!({"level": "document"})).await;
        verified.expect(200);

        // A draft that is not enough: all that is missing is told at once.
        let draft = json!({"party": party, "content": {"title": {"vi": "Máy sấy cơm dừa bơm nhiệt"}}});
        let receipt = author.post("/api/v1/technologies", draft).await.expect(201);
        let id = receipt["id"].as_str().unwrap().to_owned();
        assert_eq!(receipt["code"], "CN-2026-000001");
        let submit = format!("/api/v1/listings/{id}/transitions");
        let refused = author.post_at(&submit, 1, json!({"step": "submit"})).await;
        assert_eq!(refused.status, 422);
        for pointer in ["/content/summary", "/content/field", "/content/trl", "/content/owners", "/content/advantages", "/content/keywords"]
        {
            assert!(refused.pointers().contains(&pointer.to_owned()), "{pointer} in {:?}", refused.pointers());
        }

        // Nobody else sees the draft: it answers like what is not there.
        let path = format!("/api/v1/technologies/{id}");
        assert_eq!(visitor.get(&path).await.status, 404);
        assert_eq!(moderator.get(&path).await.status, 404);

        // Written whole, submitted, changes asked for, mended, published.
        let edited = author.put_at(&path, 1, json!({"content": technology("Máy sấy cơm dừa bơm nhiệt")})).await.expect(200);
        let seen = edited["version"].as_i64().unwrap();
        let seen = author.post_at(&submit, seen, json!({"step": "submit"})).await.expect(200)["version"].as_i64().unwrap();
        assert_eq!(moderator.get("/api/v1/reviews").await.expect(200)["total"], 1);
        moderator.post(&format!("/api/v1/listings/{id}/reviews"), Value::Null).await.expect(200);
        let ask = json!({"decision": "request_changes", "notes": [{"pointer": "/summary", "text": "Nêu công suất."}]});
        let decision = format!("/api/v1/listings/{id}/reviews/decision");
        let seen = moderator.post_at(&decision, seen, ask).await.expect(200)["version"].as_i64().unwrap();
        let notes = author.get(&format!("/api/v1/listings/{id}/reviews")).await.expect(200);
        assert_eq!(notes["items"][0]["notes"][0]["pointer"], "/summary");
        let mut better = technology("Máy sấy cơm dừa bơm nhiệt");
        better["summary"]["vi"] = json!("Thiết bị sấy cơm dừa nạo bằng bơm nhiệt, 500 kg mỗi mẻ.");
        let seen = author.put_at(&path, seen, json!({"content": better})).await.expect(200)["version"].as_i64().unwrap();
        let seen = author.post_at(&submit, seen, json!({"step": "submit"})).await.expect(200)["version"].as_i64().unwrap();
        let seen = publish(&moderator, &id, seen).await;

        // Found without marks.
        site.until("it is found without marks", async || found(&visitor, "may+say+com+dua").await.contains(&id)).await;
        assert_eq!(visitor.get(&path).await.expect(200)["content"]["trl"], 7);

        // A need that it answers, with reasons.
        let firm = site.person("firm").await;
        let seeker = site.party(&firm, "Công ty Dừa", "enterprise").await;
        let wanted = firm.post("/api/v1/needs", json!({"party": seeker, "content": need()})).await.expect(201);
        let need_id = wanted["id"].as_str().unwrap().to_owned();
        let need_submit = format!("/api/v1/listings/{need_id}/transitions");
        let at = firm.post_at(&need_submit, 1, json!({"step": "submit"})).await.expect(200)["version"].as_i64().unwrap();
        publish(&moderator, &need_id, at).await;
        site.indexed().await;
        let matches = visitor.get(&format!("/api/v1/needs/{need_id}/matches")).await.expect(200);
        assert_eq!(matches["items"][0]["listing"]["id"], json!(id), "{matches}");
        assert!(!matches["items"][0]["reasons"].as_array().unwrap().is_empty());
        let back = visitor.get(&format!("/api/v1/technologies/{id}/matches")).await.expect(200);
        assert_eq!(back["items"][0]["listing"]["id"], json!(need_id), "{back}");

        // Edited: the public still sees the approved version, and finds it by its old words alone.
        let mut revised = better.clone();
        revised["title"]["vi"] = json!("Hệ thống sấy thăng hoa cơm dừa");
        let seen = author.put_at(&path, seen, json!({"content": revised})).await.expect(200)["version"].as_i64().unwrap();
        site.indexed().await;
        let public = visitor.get(&path).await.expect(200);
        assert_eq!(public["title"], "Máy sấy cơm dừa bơm nhiệt");
        let old_page = public["url"].as_str().unwrap().to_owned();
        assert_eq!(visitor.get(&old_page).await.status, 200);
        assert!(!found(&visitor, "%22say+thang+hoa%22").await.contains(&id));
        assert_eq!(author.get(&path).await.expect(200)["title"], "Hệ thống sấy thăng hoa cơm dừa");
        let seen = author.post_at(&submit, seen, json!({"step": "submit"})).await.expect(200)["version"].as_i64().unwrap();
        let seen = publish(&moderator, &id, seen).await;
        site.until("the revision is found", async || found(&visitor, "%22say+thang+hoa%22").await.contains(&id)).await;

        // The page has a new address; the old one leads there, in either language.
        let page = visitor.get(&path).await.expect(200)["url"].as_str().unwrap().to_owned();
        assert_ne!(page, old_page);
        assert_eq!(visitor.get(&page).await.status, 200);
        for language in ["", "/en"] {
            let answer = visitor.get(&format!("{language}{old_page}")).await;
            assert_eq!((answer.status.as_u16(), answer.headers["location"].to_str().unwrap()), (301, format!("{language}{page}").as_str()));
        }

        // Withdrawn: gone from search and from sight.
        let gone = json!({"step": "withdraw", "outcome": {"reason": "no_longer_offered"}});
        author.post_at(&submit, seen, gone).await.expect(200);
        site.until("it is no longer found", async || !found(&visitor, "%22say+thang+hoa%22").await.contains(&id)).await;
        for gone in [&path, &page, &old_page] {
            assert_eq!(visitor.get(gone).await.status, 404, "{gone}");
        }

        // Index and database agree, and the log is whole.
        assert!(search::follower::verify(&site.app.store, &site.app.search).await.unwrap().is_none());
        assert!(site.app.store.verify_events(&mut |_| {}).await.unwrap().is_ok());
        site.stop().await;
    })
    .await;
}
