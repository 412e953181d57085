//! What takes longer than a moment says so: the button that was pressed, the place that is being filled. The line to the space
//! is a slow one, so that every answer takes longer than that; what was seen meanwhile is written down by the page itself.

use base::{Lang, messages};
use thirtyfour::Key;

use super::{Browser, DESKTOP, Window, journey, journey_in_the_demonstration};
use crate::site::{Site, until};

/// Has the page write down what says that it waits; it is read on the next page, too.
async fn watch(window: &Window) {
    window
        .ask(
            "sessionStorage.setItem('seen', '[]');
             new MutationObserver(() => {
                 const busy = document.querySelector('[aria-busy=true]');
                 if (!busy) return;
                 const pressed = document.querySelector('button.waits'), sign = document.getElementById('waiting');
                 sessionStorage.setItem('seen', JSON.stringify([busy.id || busy.localName, pressed?.disabled ?? null,
                     pressed?.textContent ?? (sign.hidden ? '' : sign.textContent), document.getElementById('live').textContent]));
             }).observe(document.body, {subtree: true, attributes: true, childList: true});
             return true",
        )
        .await;
}

/// What was seen while it waited: the busy place, whether the button is disabled, its word or that of the sign, what is said aloud.
async fn seen(window: &Window) -> serde_json::Value {
    let seen = window.ask("return sessionStorage.getItem('seen')").await;
    serde_json::from_str(seen.as_str().unwrap()).unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_search_on_a_slow_line_says_that_it_is_looking() {
    journey_in_the_demonstration("waiting-search", async |_: &Site, browser: &Browser| {
        let word = messages::say(Lang::Vi, "searching", &[]);
        let window = browser.window(DESKTOP).await;
        window.open("/search").await;
        assert!(!window.sees("#waiting").await);
        window.slow_line().await;
        // Typing on: the results are fetched into the page.
        watch(&window).await;
        window.input("q").await.send_keys("dua").await.unwrap();
        window.at("the search", |path| path.contains("q=dua")).await;
        until("nothing waits any more", async || window.ask("return !document.querySelector('[aria-busy]') && document.getElementById('waiting').hidden").await == true).await;
        assert_eq!(seen(&window).await, serde_json::json!(["finding", null, word, word]));
        // By its button: another page is fetched.
        watch(&window).await;
        window.key(Key::Enter).await;
        until("the page is another one", async || window.ask("return performance.getEntriesByType('navigation')[0].responseEnd > 0 && sessionStorage.getItem('seen') !== '[]'").await == true)
            .await;
        let told = seen(&window).await;
        assert_eq!((&told[0], &told[1], &told[3]), (&"find".into(), &true.into(), &word.clone().into()), "{told}");
        assert_eq!(told[2], word.as_str());
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_form_that_is_on_its_way_says_so_and_is_as_it_was_for_whoever_comes_back() {
    journey("waiting-form", async |site: &Site, browser: &Browser| {
        let word = messages::say(Lang::Vi, "waiting", &[]);
        let author = site.person("author").await;
        site.party(&author, "Viện Dừa", "institute").await;
        let window = browser.window(DESKTOP).await;
        window.signed_in(&author).await;
        window.open("/post/technologies").await;
        window.write("/title/vi", "Máy tách vỏ dừa").await;
        window.slow_line().await;
        watch(&window).await;
        window.press("_do", "close").await;
        window.at("the desk", |path| path.starts_with("/my/listings/")).await;
        assert_eq!(seen(&window).await, serde_json::json!(["sheet", true, word, word]));
        // The browser may keep the page as it was left: its buttons can be pressed.
        window.web.back().await.unwrap();
        window.at("the form", |path| path == "/post/technologies").await;
        until("the form can be sent", async || window.ask("return !document.querySelector('main button:disabled, form[aria-busy]')").await == true).await;

        // A file that is checked: the button waits until it is there, then the page of the import tells how far it is.
        window.open("/my/imports").await;
        watch(&window).await;
        let file = tempfile::Builder::new().suffix(".jsonl").tempfile().unwrap();
        std::fs::write(file.path(), "{\"kind\": \"technology\", \"source_lang\": \"vi\", \"content\": {\"title\": {\"vi\": \"Máy sấy\"}}}\n").unwrap();
        window.input("file").await.send_keys(file.path().to_str().unwrap()).await.unwrap();
        window.follow(Lang::Vi, "import-start").await;
        window.at("the import", |path| path.starts_with("/my/imports/")).await;
        let told = seen(&window).await;
        assert_eq!((&told[0], &told[1], &told[2]), (&"form".into(), &true.into(), &word.as_str().into()), "{told}");
        window.see("#progress [role=status]").await;
    })
    .await;
}
