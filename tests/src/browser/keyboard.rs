//! Without a pointer: everything is reached by keys, and what has the focus can be seen.

use serde_json::Value;
use thirtyfour::Key;

use super::{Browser, DESKTOP, Window, journey_in_the_demonstration};
use crate::site::{Site, until};

/// What has the focus, and whether one sees it.
async fn focus(window: &Window) -> Value {
    window
        .ask(
            "const e = document.activeElement, s = getComputedStyle(e), r = e.getBoundingClientRect();
             return {tag: e.localName, name: e.getAttribute('name'), href: e.getAttribute('href'), html: e.outerHTML.slice(0, 160),
                     outlined: s.outlineStyle !== 'none' && parseFloat(s.outlineWidth) > 0,
                     inside: r.width > 0 && r.height > 0 && r.right > 0 && r.bottom > 0 && r.left < innerWidth && r.top < innerHeight}",
        )
        .await
}

/// Goes on by Tab until the focus is on what is looked for; every stop on the way can be seen.
async fn tab_to(window: &Window, what: &str, is_it: impl Fn(&Value) -> bool) -> Value {
    for _ in 0..200 {
        window.key(Key::Tab).await;
        let now = focus(window).await;
        if now["tag"] == "body" {
            continue; // pressed while the page was still coming: nothing has the focus yet
        }
        assert!(now["outlined"] == true, "the focus cannot be seen on {now}");
        assert!(now["inside"] == true, "what has the focus is out of sight: {now}");
        if is_it(&now) {
            return now;
        }
    }
    panic!("Tab does not lead to {what}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_search_needs_no_pointer_and_the_focus_is_always_seen() {
    journey_in_the_demonstration("keyboard", async |_: &Site, browser: &Browser| {
        let window = browser.window(DESKTOP).await;
        window.open("/").await;
        // The first stop leads past what every page begins with.
        let first = tab_to(&window, "anything", |_| true).await;
        assert_eq!(first["href"], "#main", "{first}");
        window.key(Key::Enter).await;
        until("the focus is in the middle of the page", async || focus(&window).await["tag"] == "main").await;
        tab_to(&window, "the search", |now| now["name"] == "q").await;
        window.type_here("dua sap").await;
        window.key(Key::Enter).await;
        window.at("a search", |path| path.starts_with("/search?q=")).await;
        window.see("#found").await;
        let result = tab_to(&window, "a result", |now| now["href"].as_str().is_some_and(|to| to.starts_with("/technologies/"))).await;
        window.key(Key::Enter).await;
        window.at("the result", |path| Some(path) == result["href"].as_str()).await;
        // Once around that page: every stop can be seen.
        tab_to(&window, "the foot of the page", |now| now["href"] == "/api/openapi.json").await;
    })
    .await;
}
