//! What moderators read of a submission: names for what it names, and a place for a note on what it does not say.

use base::StaffRole;
use serde_json::{Value, json};

use crate::main_job::{need, publish, technology};
use crate::posting::{fields as inputs, send};
use crate::site::{Client, Site, on_every_database};

async fn submitted(author: &Client, party: &str, content: Value) -> String {
    let new = json!({"party": party, "content": content});
    let id = author.post("/api/v1/technologies", new).await.expect(201)["id"].as_str().unwrap().to_owned();
    author.post_at(&format!("/api/v1/listings/{id}/transitions"), 1, json!({"step": "submit"})).await.expect(200);
    id
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn owners_and_linked_listings_are_read_by_their_names() {
    on_every_database(async |site: Site| {
        let author = site.person("author").await;
        let party = site.party(&author, "Viện Dừa", "institute").await.to_string();
        let other = site.person("other").await;
        let partner = site.party(&other, "Công ty Mật hoa dừa", "enterprise").await.to_string();
        let asset = json!({"ip_kind": "patent", "title": {"vi": "Thiết bị tách xơ dừa"}, "status": "filed"});
        let asset = author.post("/api/v1/ip-assets", json!({"party": party, "content": asset})).await.expect(201);
        let asset = asset["id"].as_str().unwrap();
        let mut content = technology("Máy sấy cơm dừa");
        content["owners"] = json!([{"party": party, "share_bp": 6000}, {"party": partner, "share_bp": 4000}]);
        content["ip_assets"] = json!([asset]);
        let id = submitted(&author, &party, content.clone()).await;
        let moderator = site.staff("moderator", &[StaffRole::Moderator]).await;

        let page = moderator.get(&format!("/review/{id}")).await.text;
        assert!(page.contains("Viện Dừa") && page.contains("Công ty Mật hoa dừa"), "{page}");
        // A draft of its authors is none of the moderator's yet: neither its title nor its id stands there.
        assert!(!page.contains("Thiết bị tách xơ dừa") && page.contains("(không được xem)"), "{page}");
        for id in [&party, &partner, asset] {
            assert!(!page.contains(id), "{id} in {page}");
        }

        // The same side by side with what is public, in the history, and where the author writes it.
        let seen = author.get(&format!("/api/v1/technologies/{id}")).await.expect(200)["inside"]["version"].as_i64().unwrap();
        let seen = publish(&moderator, &id, seen).await;
        content["owners"] = json!([{"party": party, "share_bp": 5000}, {"party": partner, "share_bp": 5000}]);
        author.put_at(&format!("/api/v1/technologies/{id}"), seen, json!({ "content": content })).await.expect(200);
        let history = author.get(&format!("/my/listings/{id}/history")).await.text;
        assert!(history.contains("Công ty Mật hoa dừa") && !history.contains(&partner), "{history}");
        let form = author.get(&format!("/my/listings/{id}/edit/4")).await.text;
        assert!(form.contains(&format!("<option value=\"{partner}\" selected>Công ty Mật hoa dừa</option>")), "{form}");
        site.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_note_is_left_on_a_field_that_says_nothing_and_read_at_that_field() {
    on_every_database(async |site: Site| {
        let author = site.person("author").await;
        let party = site.party(&author, "Viện Dừa", "institute").await.to_string();
        let id = submitted(&author, &party, technology("Máy sấy cơm dừa")).await;
        let moderator = site.staff("moderator", &[StaffRole::Moderator]).await;
        let review = format!("/review/{id}");
        let before = moderator.get(&review).await.text;
        assert!(!before.contains("name=\"note:/limitations\""), "{before}");
        moderator.post(&format!("/api/v1/listings/{id}/reviews"), Value::Null).await.expect(200);
        let page = moderator.get(&review).await.text;
        assert!(page.contains("name=\"note:/limitations\"") && page.matches("name=\"note:/summary\"").count() == 1, "{page}");

        // What was typed stays where it cannot be sent.
        let fields = |decision: &str, note: &str| {
            let mut fields: Vec<(String, String)> = inputs(&page).into_iter().filter(|(name, _)| name == "_seen").collect();
            fields.push(("decision".to_owned(), decision.to_owned()));
            fields.push(("note:/limitations".to_owned(), note.to_owned()));
            fields
        };
        let low = send(&moderator, &review, &fields("publish", "Nêu giới hạn <máy>.")).await;
        assert_eq!(low.status, 422);
        assert!(low.text.contains("Nêu giới hạn &#60;máy&#62;."), "{}", low.text);
        let asked = send(&moderator, &review, &fields("request_changes", "Nêu giới hạn của máy.")).await;
        assert_eq!(asked.status, 303, "{}", asked.text);
        let desk = author.get(&format!("/my/listings/{id}")).await.text;
        assert!(desk.contains("Nêu giới hạn của máy.") && desk.contains("#/limitations/vi"), "{desk}");
        assert!(author.get(&format!("/my/listings/{id}/edit/2")).await.text.contains("Nêu giới hạn của máy."));
        site.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_closes_a_need_says_which_listing_solved_it_and_keeps_what_was_chosen() {
    on_every_database(async |site: Site| {
        let moderator = site.staff("moderator", &[StaffRole::Moderator]).await;
        let institute = site.person("institute").await;
        let institute_party = site.party(&institute, "Viện Dừa", "institute").await.to_string();
        let solution = submitted(&institute, &institute_party, technology("Máy sấy cơm dừa")).await;
        let solution_code =
            institute.get(&format!("/api/v1/technologies/{solution}")).await.expect(200)["code"].as_str().unwrap().to_owned();
        let firm = site.person("firm").await;
        let party = site.party(&firm, "Công ty Dừa", "enterprise").await;
        let made = firm.post("/api/v1/needs", json!({"party": party, "content": need()})).await.expect(201);
        let id = made["id"].as_str().unwrap().to_owned();
        let steps = format!("/api/v1/listings/{id}/transitions");
        let seen = firm.post_at(&steps, 1, json!({"step": "submit"})).await.expect(200)["version"].as_i64().unwrap();
        publish(&moderator, &id, seen).await;

        let desk = format!("/my/listings/{id}");
        let page = firm.get(&desk).await.text;
        let seen = inputs(&page).into_iter().find(|(name, _)| name == "_seen").unwrap();
        let close = async |result: &str, by: &str| {
            let typed = [("step", "withdraw"), ("/outcome/result", result), ("/outcome/solved_by", by), ("/outcome/unsolved_reason", "")];
            let mut typed: Vec<(String, String)> = typed.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
            typed.push(seen.clone());
            send(&firm, &format!("{desk}/steps"), &typed).await
        };
        // A code that nobody has, and one of a draft that is not the firm's to see.
        for code in ["CN-2026-999999 <b>", solution_code.as_str()] {
            let refused = close("solved", code).await;
            assert_eq!(refused.status, 422);
            assert!(refused.text.contains("href=\"#/outcome/solved_by\""), "{}", refused.text);
            assert!(refused.text.contains("<option value=\"solved\" selected>"), "{}", refused.text);
            let shown = format!("name=\"/outcome/solved_by\" type=\"text\" value=\"{}\"", code.replace('<', "&#60;").replace('>', "&#62;"));
            assert!(refused.text.contains(&shown), "{}", refused.text);
        }
        assert_eq!(firm.get(&format!("/api/v1/needs/{id}")).await.expect(200)["status"], "published");

        // Once it is out, it is named, however its code is typed.
        let seen_there =
            institute.get(&format!("/api/v1/technologies/{solution}")).await.expect(200)["inside"]["version"].as_i64().unwrap();
        publish(&moderator, &solution, seen_there).await;
        let done = close("solved", &format!(" {} ", solution_code.to_lowercase())).await;
        assert_eq!(done.status, 303, "{}", done.text);
        let outcome = firm.get(&format!("/api/v1/needs/{id}")).await.expect(200)["inside"]["outcome"].clone();
        assert_eq!(outcome, json!({"result": "solved", "solved_by": solution}));
        site.stop().await;
    })
    .await;
}
