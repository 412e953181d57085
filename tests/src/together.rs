//! Two people write one listing: what each wrote is joined, and what one saves in a while is one version.

use base::{PartyRole, StaffRole};
use chrono::TimeDelta;
use serde_json::{Value, json};

use crate::main_job::technology;
use crate::posting::{fields, fill, send, there};
use crate::site::{Answer, Client, Site, on_every_database};

/// A draft of a party with two editors.
async fn a_draft(site: &Site) -> (Client, Client, String) {
    let first = site.person("first").await;
    let party = site.party(&first, "Viện Dừa", "institute").await;
    let (second, account) = site.account("second", &[]).await;
    site.member(party, account, PartyRole::Editor).await;
    let mut content = technology("Máy sấy cơm dừa");
    content["advantages"] = json!([row("Năng suất", 100.0), row("Điện năng", 20.0)]);
    content["advantages"][1]["metric"]["en"] = json!("Power");
    let made = first.post("/api/v1/technologies", json!({"party": party, "content": content})).await.expect(201);
    (first, second, made["id"].as_str().unwrap().to_owned())
}

fn row(metric: &str, offered: f64) -> Value {
    json!({"metric": {"vi": metric}, "offered": offered, "unit": "kg"})
}

async fn view(client: &Client, id: &str) -> Value {
    client.get(&format!("/api/v1/technologies/{id}")).await.expect(200)
}

/// Writes the advantages anew, from the version that is there.
async fn write_rows(client: &Client, id: &str, rows: &[Value]) -> Answer {
    let now = view(client, id).await;
    let mut content = now["content"].clone();
    content["advantages"] = json!(rows);
    client.put_at(&format!("/api/v1/technologies/{id}"), now["inside"]["version"].as_i64().unwrap(), json!({"content": content})).await
}

fn typed(form: &[(String, String)], name: &str, value: &str, button: &str) -> Vec<(String, String)> {
    let mut form = form.to_vec();
    form.retain(|(n, _)| n != name);
    form.extend([(name.to_owned(), value.to_owned()), ("_do".to_owned(), button.to_owned())]);
    form
}

fn advantages(view: &Value) -> Vec<(String, f64)> {
    let rows = view["content"]["advantages"].as_array().unwrap();
    rows.iter().map(|r| (r["metric"]["vi"]["text"].as_str().unwrap().to_owned(), r["offered"].as_f64().unwrap())).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_editors_of_one_listing_each_keep_their_rows() {
    on_every_database(async |site: Site| {
        let (first, second, id) = a_draft(&site).await;
        let step = format!("/my/listings/{id}/edit/3");

        // The other puts a row in front and takes one out, while this one's form is open.
        let form = fields(&first.get(&step).await.text);
        let mut power = row("Điện năng", 20.0);
        power["metric"]["en"] = json!("Power");
        write_rows(&second, &id, &[row("Nước", 3.0), power]).await.expect(200);
        let conflict = send(&first, &step, &typed(&form, "/advantages/1/offered", "15", "next")).await;
        assert_eq!(conflict.status, 409, "{}", conflict.text);
        assert_eq!(advantages(&view(&first, &id).await), [("Nước".to_owned(), 3.0), ("Điện năng".to_owned(), 20.0)], "not saved yet");
        let joined = fields(&conflict.text);
        let has = |name: &str, value: &str| joined.contains(&(name.to_owned(), value.to_owned()));
        assert!(has("/advantages/0/metric/vi", "Nước") && has("/advantages/1/offered", "15"), "{joined:?}");
        assert!(!conflict.text.contains("Năng suất"), "what the other took out stays out");
        there(&send(&first, &step, &typed(&joined, "/trl", "8", "next")).await);
        let now = view(&first, &id).await;
        assert_eq!(advantages(&now), [("Nước".to_owned(), 3.0), ("Điện năng".to_owned(), 15.0)]);
        assert_eq!(now["content"]["trl"], 8);
        assert_eq!(now["content"]["advantages"][1]["metric"]["en"]["text"], "Power", "what the form does not show stays with its row");

        // Both change the same figure: one's own stands, the other's is told at its row.
        let form = fields(&first.get(&step).await.text);
        write_rows(&second, &id, &[row("Hơi", 1.0), row("Nước", 3.0), row("Điện năng", 12.5)]).await.expect(200);
        let conflict = send(&first, &step, &typed(&form, "/advantages/1/offered", "11", "next")).await;
        assert_eq!(conflict.status, 409);
        assert!(conflict.text.contains("href=\"#/advantages/2/offered\"") && conflict.text.contains("“12,5”"), "{}", conflict.text);
        assert!(fields(&conflict.text).contains(&("/advantages/2/offered".to_owned(), "11".to_owned())));

        // What is wrong is mended first, and joined then.
        let wrong = send(&first, &step, &typed(&form, "/advantages/1/offered", "mười", "next")).await;
        assert_eq!(wrong.status, 422);
        let conflict = send(&first, &step, &typed(&fields(&wrong.text), "/advantages/1/offered", "10", "next")).await;
        assert_eq!(conflict.status, 409, "a mended form is still one of the older version");
        let rows = typed(&fields(&conflict.text), "/trl", "9", "next");
        there(&send(&first, &step, &rows).await);
        let expected = [("Hơi".to_owned(), 1.0), ("Nước".to_owned(), 3.0), ("Điện năng".to_owned(), 10.0)];
        assert_eq!(advantages(&view(&first, &id).await), expected);

        // A form that saves itself is not joined behind its writer's back.
        write_rows(&second, &id, &[row("Nước", 3.0)]).await.expect(200);
        let auto = send(&first, &step, &typed(&form, "/advantages/1/offered", "9", "auto")).await;
        assert_eq!(auto.status, 409);
        assert_eq!(advantages(&view(&first, &id).await).len(), 1);
        site.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_one_person_saves_in_a_while_is_one_version_and_every_save_an_event() {
    on_every_database(async |site: Site| {
        let (first, second, id) = a_draft(&site).await;
        let auditor = site.staff("auditor", &[StaffRole::Administrator]).await;
        let moderator = site.staff("moderator", &[StaffRole::Moderator]).await;
        let versions = async || {
            let list = first.get(&format!("/api/v1/listings/{id}/versions")).await.expect(200);
            let numbers: Vec<i64> = list["items"].as_array().unwrap().iter().map(|v| v["version"].as_i64().unwrap()).collect();
            assert_eq!(list["total"].as_u64().unwrap(), numbers.len() as u64);
            numbers
        };
        let step = format!("/my/listings/{id}/edit/2");
        let mut form = fields(&first.get(&step).await.text);
        // The other's form is of a version that the first one writes over.
        let others = fields(&second.get(&format!("/my/listings/{id}/edit/1")).await.text);
        let mut tags = vec![view(&first, &id).await["inside"]["version"].as_i64().unwrap()];
        for text in ["Sấy", "Sấy than", "Sấy than rất chậm"] {
            let saved = send(&first, &step, &typed(&form, "/problem/vi", text, "auto")).await;
            assert_eq!(saved.status, 200, "{}", saved.text);
            let seen = fields(&format!("<main>{}", saved.text)).into_iter().find(|(n, _)| n == "_seen").unwrap();
            form.retain(|(n, _)| n != "_seen");
            tags.push(seen.1.parse().unwrap());
            form.push(seen);
        }
        assert_eq!(tags, [1, 2, 3, 4], "every save moves the ETag");
        assert_eq!(versions().await, [4]);
        let late = first.put_at(&format!("/api/v1/technologies/{id}"), 3, json!({"content": technology("Máy")})).await;
        assert_eq!(late.status, 412);
        let said = auditor.get(&format!("/api/v1/events?subject={id}&kind=listing.edited")).await.expect(200);
        assert_eq!(said["total"], 3);
        let one = first.get(&format!("/api/v1/listings/{id}/versions/4")).await.expect(200);
        assert_eq!(one["content"]["problem"]["vi"]["text"], "Sấy than rất chậm");

        // The other's form is joined from what it was made from; another hand is another version.
        let step_one = format!("/my/listings/{id}/edit/1");
        let conflict = send(&second, &step_one, &typed(&others, "/summary/vi", "Ngắn", "next")).await;
        assert_eq!(conflict.status, 409);
        there(&send(&second, &step_one, &typed(&fields(&conflict.text), "/summary/vi", "Ngắn hơn", "next")).await);
        let now = view(&first, &id).await;
        let text = |field: &str| now["content"][field]["vi"]["text"].as_str().unwrap().to_owned();
        assert_eq!((text("problem"), text("summary")), ("Sấy than rất chậm".to_owned(), "Ngắn hơn".to_owned()));
        assert_eq!(versions().await, [5, 4]);

        // So is what is written later, and what is written with a reason.
        site.clock.advance(TimeDelta::minutes(16));
        there(&fill(&second, &step_one, &[("/summary/vi", "Về sau")], ("_do", "close")).await);
        assert_eq!(versions().await, [6, 5, 4]);
        let now = view(&second, &id).await;
        let mut content = now["content"].clone();
        content["trl"] = json!(6);
        let path = format!("/api/v1/technologies/{id}");
        let body = json!({"content": content, "reason": "đo lại"});
        second.put_at(&path, now["inside"]["version"].as_i64().unwrap(), body).await.expect(200);
        assert_eq!(versions().await, [7, 6, 5, 4]);
        // The history leads from each to the one before it, whatever their numbers.
        let history = first.get(&format!("/my/listings/{id}/history")).await;
        assert!(history.text.contains("from=6&#38;to=7") && history.text.contains("from=4&#38;to=5"), "{}", history.text);

        // What was handed in and looked at is never written over.
        site.clock.advance(TimeDelta::minutes(16));
        there(&fill(&second, &step_one, &[("/summary/vi", "Gửi đi")], ("_do", "close")).await);
        let seen = view(&second, &id).await["inside"]["version"].as_i64().unwrap();
        second.post_at(&format!("/api/v1/listings/{id}/transitions"), seen, json!({"step": "submit"})).await.expect(200);
        moderator.post(&format!("/api/v1/listings/{id}/reviews"), Value::Null).await.expect(200);
        let verdict = json!({"decision": "request_changes", "notes": [{"pointer": "/summary", "text": "Nêu công suất."}]});
        moderator.post_at(&format!("/api/v1/listings/{id}/reviews/decision"), seen + 1, verdict).await.expect(200);
        site.clock.advance(TimeDelta::minutes(1));
        for text in ["Sửa", "Sửa xong"] {
            there(&fill(&second, &step_one, &[("/summary/vi", text)], ("_do", "close")).await);
        }
        assert_eq!(versions().await, [10, 8, 7, 6, 5, 4]);

        // After some days nothing is left of what was written over; the history stays.
        site.clock.advance(TimeDelta::days(8));
        assert_eq!(listings::versions::sweep(&site.app.listings).await.unwrap(), 4);
        let first = site.visitor().sign_in("first@example.org", crate::site::PASSWORD).await;
        assert_eq!(first.get(&format!("/api/v1/listings/{id}/versions")).await.expect(200)["total"], 6);
        assert_eq!(first.get(&format!("/api/v1/listings/{id}/versions/9")).await.status, 404);
        site.stop().await;
    })
    .await;
}
