//! A form that was sent when nobody could take it: the session had ended, or the space could not answer.

use base::Lang;
use serde_json::json;

use super::{Browser, DESKTOP, Window, journey};
use crate::site::{PASSWORD, Site};

const SUMMARY: &str = "Tách vỏ 600 quả mỗi giờ, thay cho dao tay <b>.";

impl Window {
    /// What the inputs of these names say now.
    async fn say(&self, names: &[&str]) -> Vec<String> {
        let mut said = Vec::new();
        for name in names {
            said.push(self.input(name).await.prop("value").await.unwrap().unwrap_or_default());
        }
        said
    }

    /// Signs in from an error page, by its own link.
    async fn sign_in_from_here(&self, email: &str) {
        self.click("main .ways a[href*=\"/sign-in\"]").await;
        self.sign_in(email, PASSWORD).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_typed_into_a_form_outlives_the_session_and_is_offered_to_its_writer_alone() {
    journey("kept", async |site: &Site, browser: &Browser| {
        let author = site.person("author").await;
        let party = site.party(&author, "Viện Dừa", "institute").await.to_string();
        // Of two parties one has to be chosen: until then no draft is made while one writes.
        site.party(&author, "Hợp tác xã Dừa", "cooperative").await;
        site.party(&site.person("other").await, "Công ty Mật hoa dừa", "enterprise").await;
        let window = browser.window(DESKTOP).await;
        window.signed_in(&author).await;

        // The first step of something new, sent after the session ended.
        window.open("/post/technologies").await;
        window.write("/title/vi", "Máy tách vỏ dừa khô").await;
        window.write("/summary/vi", SUMMARY).await;
        window.choose("/field", "21101").await;
        window.nobody().await;
        window.press("_do", "next").await;
        window.see("main [data-when=\"kept\"]").await;
        assert!(!window.sees("main [data-when=\"lost\"]").await);
        window.sign_in_from_here("author@example.org").await;
        window.at("the form", |path| path == "/post/technologies").await;
        window.see(".kept").await;
        let names = ["/title/vi", "/summary/vi", "/field"];
        assert_eq!(window.say(&names).await, ["", "", ""], "nothing is filled in unasked");
        window.follow(Lang::Vi, "kept-fill").await;
        assert_eq!(window.say(&names).await, ["Máy tách vỏ dừa khô", SUMMARY, "21101"]);
        assert!(!window.sees(".kept").await);
        window.choose("_party", &party).await;
        window.press("_do", "next").await;
        let step = window.at("step 2", |path| path.contains("/edit/2")).await;
        let listing = step.split('/').nth(3).unwrap();
        let content = author.get(&format!("/api/v1/technologies/{listing}")).await.expect(200)["content"].clone();
        assert_eq!(content["summary"]["vi"]["text"], json!(SUMMARY));

        // What was answered is offered no more.
        window.open("/post/technologies").await;
        window.see("main [name=\"/title/vi\"]").await;
        assert!(!window.sees(".kept").await);

        // Somebody else at the same machine is offered nothing, and after that nobody is.
        window.write("/title/vi", "Lò sấy").await;
        window.nobody().await;
        window.press("_do", "next").await;
        window.see("main [data-when=\"kept\"]").await;
        window.sign_in_from_here("other@example.org").await;
        window.at("the form", |path| path == "/post/technologies").await;
        window.see("main [name=\"/title/vi\"]").await;
        assert!(!window.sees(".kept").await);
        window.signed_in(&author).await;
        window.open("/post/technologies").await;
        window.see("main [name=\"/title/vi\"]").await;
        assert!(!window.sees(".kept").await);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_scripts_the_page_says_that_nothing_was_kept() {
    journey("not-kept", async |site: &Site, browser: &Browser| {
        let author = site.person("author").await;
        site.party(&author, "Viện Dừa", "institute").await;
        let window = browser.window(DESKTOP).await;
        window.without_scripts().await;
        window.signed_in(&author).await;
        window.open("/post/needs").await;
        window.write("/title/vi", "Cần máy tách vỏ dừa").await;
        window.nobody().await;
        window.press("_do", "next").await;
        window.see("main [data-when=\"lost\"]").await;
        assert!(!window.sees("main [data-when=\"kept\"]").await);
    })
    .await;
}
