//! Without JavaScript: every page is whole on its own.

use base::{Lang, StaffRole};
use thirtyfour::Key;

use super::posting::{fill_what_is_behind_the_problem, next, submit};
use super::{Browser, DESKTOP, PHONE, Window, journey_in_the_demonstration};
use crate::site::{PASSWORD, Site};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn everything_from_searching_to_a_deal_needs_no_scripts() {
    journey_in_the_demonstration("without-scripts", async |site: &Site, browser: &Browser| {
        let author = site.person("author").await;
        site.party(&author, "Viện Dừa", "institute").await;
        let window = browser.window(PHONE).await;
        window.without_scripts().await;

        window.open("/").await;
        window.see("main input[type=\"search\"]").await.send_keys("dua sap" + Key::Enter).await.unwrap();
        window.at("a search", |path| path.starts_with("/search?q=dua")).await;
        window.see(".hits h2 a").await;
        window.click(".drawer > summary").await;
        window.click(".facet li a[href*=\"trl=\"]").await;
        window.at("narrowed", |path| path.contains("trl=") && path.contains("q=dua")).await;
        window.see(".chips .chip").await;

        window.follow(Lang::Vi, "sign-in").await;
        window.sign_in("author@example.org", PASSWORD).await;
        window.open("/post/technologies").await;
        window.write("/title/vi", "Máy tách vỏ dừa khô").await;
        window.write("/summary/vi", "Tách vỏ 600 quả mỗi giờ.").await;
        window.press("_do", "next").await;
        window.at("the second step", |path| path.contains("/edit/2")).await;
        window.see(".saved").await;
        window.write("/problem/vi", "Tách bằng dao chậm và dễ đứt tay.").await;
        window.press("_do", "next").await;
        let third = window.at("the third step", |path| path.contains("/edit/3")).await;
        // A row more without a script: what was typed is kept.
        window.write("/advantages/0/metric/vi", "Năng suất").await;
        window.write("/advantages/0/offered", "1200,5").await;
        window.press("_do", "stay").await;
        window.see("main [name=\"/advantages/1/metric/vi\"]").await;
        assert_eq!(window.input("/advantages/0/offered").await.prop("value").await.unwrap().as_deref(), Some("1200,5"));
        window.open(&third.replace("/edit/3", "/edit/2").replace("?saved", "")).await;
        assert_eq!(window.input("/problem/vi").await.prop("value").await.unwrap().as_deref(), Some("Tách bằng dao chậm và dễ đứt tay."));

        // On to the end: submitted, published, asked for, accepted, a deal.
        let (desk, _) = third.split_once("/edit/").unwrap();
        let id = desk.rsplit('/').next().unwrap();
        post_to_the_end(&window, desk).await;
        let page = published(site, browser, id).await;
        let interest = asked_for(site, browser, &page).await;
        window.open(&interest).await;
        if !window.sees("main button[name=\"_do\"][value=\"accept\"]").await {
            window.click("#step-accept > summary").await;
        }
        window.press("_do", "accept").await;
        window.see(".badge.i-accepted").await;
        window.click("main a.button[href*=\"/deals/new\"]").await;
        window.at("the form of a deal", |path| path.starts_with("/deals/new")).await;
        window.click("main .form > button[type=\"submit\"]").await;
        window.at("the deal", |path| path.starts_with("/deals/") && !path.starts_with("/deals/new")).await;
        window.reads("Công ty Vỏ dừa").await;

        // What one says of oneself is kept.
        window.open("/account").await;
        window.write("name", "Lê Thị Lan").await;
        window.choose("lang", "en").await;
        window.click("main form[action=\"/account\"] button[type=\"submit\"]").await;
        window.at("the account", |path| path.starts_with("/account?did=save")).await;
        window.see(".saved").await;
        let me = author.get("/api/v1/accounts/me").await.expect(200);
        assert_eq!((me["name"].as_str(), me["lang"].as_str()), (Some("Lê Thị Lan"), Some("en")));
    })
    .await;
}

/// Fills what the steps of a technology still miss and hands it in.
async fn post_to_the_end(window: &Window, desk: &str) {
    window.open(&format!("{desk}/edit/1")).await;
    window.write("/keywords/vi", "tách vỏ, dừa khô").await;
    window.choose("/field", "21101").await;
    next(window, 2).await;
    fill_what_is_behind_the_problem(window).await;
    window.press("_do", "close").await;
    window.at("the desk", |path| path == desk).await;
    submit(window).await;
}

/// A moderator takes the submission in hand and publishes it; the page it has then.
async fn published(site: &Site, browser: &Browser, id: &str) -> String {
    let moderator = site.staff("without-moderator", &[StaffRole::Moderator]).await;
    let window = browser.window(DESKTOP).await;
    window.without_scripts().await;
    window.signed_in(&moderator).await;
    window.open(&format!("/review/{id}")).await;
    window.press("decision", "claim").await;
    window.see("main button[value=\"publish\"]").await;
    for criterion in ["innovation_or_need", "clarity", "partner_ask", "language"] {
        window.choose(&format!("score:{criterion}"), "4").await;
    }
    window.press("decision", "publish").await;
    window.at("the public page", |path| path.starts_with("/technologies/")).await
}

/// A firm shows interest in it, on a phone; the page of the interest.
async fn asked_for(site: &Site, browser: &Browser, page: &str) -> String {
    let firm = site.person("without-firm").await;
    site.party(&firm, "Công ty Vỏ dừa", "enterprise").await;
    let window = browser.window(PHONE).await;
    window.without_scripts().await;
    window.signed_in(&firm).await;
    window.open(&format!("{page}/interest")).await;
    window.write("/message", "Chúng tôi muốn xem máy chạy thử.").await;
    window.choose("/cooperation", "licence").await;
    window.click("main .form-end button[type=\"submit\"]").await;
    window.at("the interest", |path| path.starts_with("/interests/")).await
}
