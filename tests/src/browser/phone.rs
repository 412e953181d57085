//! What a phone has no room for: two texts beside each other, figures in columns, a line of links at the top.

use base::StaffRole;
use serde_json::{Value, json};

use super::{Browser, DESKTOP, PHONE, Window, journey};
use crate::main_job::{need, publish, technology};
use crate::site::{Client, Site, until};

/// What the cells of a comparison begin with, as far as it can be seen.
const SIDES: &str = "return [...document.querySelectorAll('.versus tbody tr:first-child td')]
    .map(cell => cell.innerText.trim().split('\\n')[0].trim()).filter(side => side)";

/// Something posted and submitted: its id and version.
async fn submitted(author: &Client, party: &str, kind: &str, content: Value) -> (String, i64) {
    let made = author.post(&format!("/api/v1/{kind}"), json!({"party": party, "content": content})).await.expect(201);
    let id = made["id"].as_str().unwrap().to_owned();
    (id.clone(), submit(author, &id, 1).await)
}

async fn submit(author: &Client, id: &str, seen: i64) -> i64 {
    let steps = format!("/api/v1/listings/{id}/transitions");
    author.post_at(&steps, seen, json!({"step": "submit"})).await.expect(200)["version"].as_i64().unwrap()
}

impl Window {
    /// Whether nothing is wider than the window.
    async fn fits(&self) -> bool {
        self.ask("return document.documentElement.scrollWidth <= window.innerWidth").await == true
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn on_a_phone_each_of_two_texts_says_which_it_is_and_what_changed_comes_first() {
    journey("phone-versus", async |site: &Site, browser: &Browser| {
        let author = site.person("author").await;
        let party = site.party(&author, "Viện Dừa", "institute").await.to_string();
        let moderator = site.staff("moderator", &[StaffRole::Moderator]).await;
        let mut content = technology("Máy sấy cơm dừa");
        let (id, seen) = submitted(&author, &party, "technologies", content.clone()).await;
        let window = browser.window(PHONE).await;

        // One version has nothing beside it, and says what will come there.
        window.signed_in(&author).await;
        window.open(&format!("/my/listings/{id}/history")).await;
        window.see("main .empty a").await;
        assert!(!window.text().await.contains("Bản 1 và bản 1"));

        let seen = publish(&moderator, &id, seen).await;
        content["summary"]["vi"] = json!("Sấy 5 giờ, giữ màu trắng.");
        let changed = author.put_at(&format!("/api/v1/technologies/{id}"), seen, json!({"content": content})).await.expect(200);
        submit(&author, &id, changed["version"].as_i64().unwrap()).await;

        window.open(&format!("/my/listings/{id}/history")).await;
        window.see(".versus .side").await;
        let sides = window.ask(SIDES).await;
        let is_version = |n: usize| sides[n].as_str().unwrap().starts_with("Bản ");
        assert!(is_version(0) && is_version(1) && sides[0] != sides[1], "{sides}");
        assert!(window.fits().await);

        window.signed_in(&moderator).await;
        window.open(&format!("/review/{id}")).await;
        assert_eq!(window.ask(SIDES).await, json!(["Đang công khai", "Gửi duyệt"]));
        assert!(window.sees(".versus tr.changed").await && !window.sees(".versus tr:not(.changed) td").await, "the rest is folded away");
        window.press("decision", "claim").await;
        // The decision is one step away from the top.
        window.click(".party-line a[href=\"#decide\"]").await;
        let is_in_sight = "const top = document.getElementById('decide').getBoundingClientRect().top;
            return top >= 0 && top < window.innerHeight";
        until("the decision is in sight", async || window.ask(is_in_sight).await == true).await;
        window.click("#same > summary").await;
        window.see("#same .versus tr:not(.changed) td .side").await;
        assert!(window.fits().await);
        // Beside each other the heads of the columns say it.
        window.look(DESKTOP).await;
        assert!(!window.sees(".versus .side").await && window.sees(".versus thead th").await);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn on_a_phone_every_figure_stands_inside_the_window_beside_what_it_is() {
    journey("phone-figures", async |site: &Site, browser: &Browser| {
        let author = site.person("author").await;
        let party = site.party(&author, "Viện Dừa", "institute").await.to_string();
        let moderator = site.staff("moderator", &[StaffRole::Moderator]).await;
        let mut offer = technology("Máy sấy cơm dừa");
        offer["advantages"] = json!([{"metric": {"vi": "Năng suất lột vỏ của một người trong một ca làm việc"}, "compared_with": {"vi": "dao tay"},
            "baseline": 250.0, "offered": 350_000.0, "unit": "trái mỗi người/giờ"}]);
        let window = browser.window(PHONE).await;
        for (kind, content) in [("technologies", offer), ("needs", need())] {
            let (id, seen) = submitted(&author, &party, kind, content).await;
            publish(&moderator, &id, seen).await;
            let url = author.get(&format!("/api/v1/{kind}/{id}")).await.expect(200)["url"].as_str().unwrap().to_owned();
            window.open(&url).await;
            window.see(".figures td.offered .side").await;
            let rights = window.ask("return [...document.querySelectorAll('.figures td.offered')].map(e => e.getBoundingClientRect().right)").await;
            let rights = rights.as_array().unwrap();
            assert!(!rights.is_empty() && rights.iter().all(|right| right.as_f64().unwrap() <= f64::from(PHONE.width)), "{url}: {rights:?}");
            assert!(window.fits().await);
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn on_a_phone_the_page_of_somebody_who_is_signed_in_begins_high_and_all_links_are_a_step_away() {
    journey("phone-header", async |site: &Site, browser: &Browser| {
        let moderator = site.staff("moderator", &[StaffRole::Moderator]).await;
        let party = site.party(&moderator, "Viện Dừa", "institute").await;
        let new = json!({"party": party, "content": {"title": {"vi": "Máy tách vỏ dừa khô tự động"}}});
        moderator.post("/api/v1/technologies", new).await.expect(201);
        let window = browser.window(PHONE).await;
        window.without_scripts().await;
        window.signed_in(&moderator).await;
        window.open("/my").await;
        let main = window.see("main").await.rect().await.unwrap();
        assert!(main.y < 220.0, "{}", main.y);
        assert!(window.sees(".own-nav > .button").await && window.sees(".own-nav > .bell").await);
        assert!(!window.sees(".menu a").await);
        // A draft says its state under its title.
        assert!(window.sees(".mine .beneath .badge").await && !window.sees(".mine td .badge").await);
        window.click(".menu > summary").await;
        window.click(".menu a[href=\"/review\"]").await;
        window.at("the queue", |path| path == "/review").await;
        // Where there is room, nothing is folded.
        let window = browser.window(DESKTOP).await;
        window.signed_in(&moderator).await;
        window.open("/my").await;
        window.see(".menu[open]").await;
        assert!(window.sees(".menu a[href=\"/review\"]").await && !window.sees(".menu > summary").await);
        assert!(window.sees(".mine td .badge").await && !window.sees(".mine .beneath").await);
        window.click(".menu form[action$=\"/sign-out\"] button").await;
        window.at("signed out", |path| !path.starts_with("/my")).await;
    })
    .await;
}
