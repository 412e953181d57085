//! The Enter key in a line of a form: it keeps what the form says, and neither deletes a row nor decides anything.

use base::StaffRole;
use serde_json::{Value, json};
use thirtyfour::Key;

use super::{Browser, DESKTOP, Window, journey};
use crate::deals::Cast;
use crate::main_job::technology;
use crate::site::{Client, Site, until};

/// The forms of a page whose first button is one that takes a row away: the one that Enter presses.
pub const DROPPED_BY_ENTER: &str = "return [...document.forms]
    .map(form => [...form.elements].find(one => one.type === 'submit'))
    .filter(first => first?.value.startsWith('drop:')).map(first => first.value)";

impl Window {
    /// Goes into an input and presses Enter there.
    async fn enter_in(&self, name: &str) {
        self.input(name).await.click().await.unwrap();
        self.key(Key::Enter).await;
    }
}

async fn expertise(expert: &Client) -> Value {
    expert.get("/api/v1/experts/me").await.expect(200)["profile"]["expertise"].clone()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn enter_keeps_what_was_typed_and_takes_no_row_away() {
    journey("enter-keeps", async |site: &Site, browser: &Browser| {
        let expert = site.person("expert").await;
        let what = |text: &str| json!({"what": {"vi": text}, "evidence": {"vi": "Đã lắp 14 máy"}, "field": "21101"});
        let profile = json!({"name": "Trần Minh Khoa", "expertise": [what("Sấy dừa"), what("Đo kiểm lò hơi")],
            "languages": ["vi"], "regions": ["86"], "services": ["design"]});
        expert.put_at("/api/v1/experts/me", 0, profile).await.expect(200);
        let window = browser.window(DESKTOP).await;
        window.signed_in(&expert).await;
        window.open("/my/expert").await;
        window.write("/expertise/0/what/vi", "Sấy dừa sáp").await;
        window.enter_in("/expertise/0/what/vi").await;
        window.at("kept", |path| path == "/my/expert?did=save").await;
        let kept = expertise(&expert).await;
        assert_eq!(kept.as_array().unwrap().len(), 2, "{kept}");
        assert!(kept[0].to_string().contains("Sấy dừa sáp"), "{kept}");

        let cast = Cast::make(site, "en").await;
        let deal = cast.deal("licence").await;
        let before = cast.broker.get(&deal.path).await.expect(200)["parties"].as_array().unwrap().len();
        assert!(before > 1);
        window.signed_in(&cast.broker).await;
        window.open(&format!("{}/edit/parties", deal.path.replace("/api/v1", ""))).await;
        assert_eq!(window.ask(DROPPED_BY_ENTER).await, json!([]));
        window.enter_in("/parties/0/party").await;
        window.at("the deal", |path| !path.contains("/edit/")).await;
        let after = cast.broker.get(&deal.path).await.expect(200)["parties"].as_array().unwrap().len();
        assert_eq!(after, before);
        assert_eq!(window.complaints().await, Vec::<String>::new());
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn enter_in_the_points_of_a_review_decides_nothing() {
    journey("enter-decides-nothing", async |site: &Site, browser: &Browser| {
        let author = site.person("author").await;
        let party = site.party(&author, "Viện Dừa", "institute").await;
        let new = json!({"party": party, "content": technology("Máy sấy cơm dừa")});
        let id = author.post("/api/v1/technologies", new).await.expect(201)["id"].as_str().unwrap().to_owned();
        author.post_at(&format!("/api/v1/listings/{id}/transitions"), 1, json!({"step": "submit"})).await.expect(200);
        let moderator = site.staff("moderator", &[StaffRole::Moderator]).await;
        moderator.post(&format!("/api/v1/listings/{id}/reviews"), Value::Null).await.expect(200);
        let window = browser.window(DESKTOP).await;
        window.signed_in(&moderator).await;
        window.open(&format!("/review/{id}")).await;
        for criterion in ["innovation_or_need", "clarity", "partner_ask", "language"] {
            window.choose(&format!("score:{criterion}"), "4").await;
        }
        window.key(Key::Enter).await;
        window.key(Key::Left).await;
        // The focus goes on in the points, so nothing was sent by Enter before.
        let three = "return document.querySelector('[name=\"score:language\"]:checked').value";
        until("the points are changed by a key", async || window.ask(three).await == "3").await;
        assert_eq!(window.path().await, format!("/review/{id}"));
        assert_eq!(author.get(&format!("/api/v1/technologies/{id}")).await.expect(200)["status"], "submitted");
        // The button itself decides.
        window.press("decision", "publish").await;
        window.at("the public page", |path| path.starts_with("/technologies/")).await;
    })
    .await;
}
