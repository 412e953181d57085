//! Without JavaScript: every page is whole on its own.

use base::Lang;
use thirtyfour::Key;

use super::{Browser, PHONE, journey_in_the_demonstration};
use crate::site::{PASSWORD, Site};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn searching_narrowing_signing_in_and_posting_need_no_scripts() {
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
    })
    .await;
}
