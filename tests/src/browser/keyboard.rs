//! Without a pointer: everything is reached by keys, and what has the focus can be seen.

use base::StaffRole;
use serde_json::Value;
use thirtyfour::Key;

use super::{Browser, DESKTOP, Window, journey, journey_in_the_demonstration};
use crate::deals::Cast;
use crate::site::{Site, until};

/// What has the focus, and whether one sees it.
async fn focus(window: &Window) -> Value {
    window
        .ask(
            "const e = document.activeElement, s = getComputedStyle(e), r = e.getBoundingClientRect();
             return {tag: e.localName, name: e.getAttribute('name'), value: e.getAttribute('value'), href: e.getAttribute('href'),
                     note: e.closest('details')?.querySelector('textarea')?.name, html: e.outerHTML.slice(0, 160),
                     outlined: s.outlineStyle !== 'none' && parseFloat(s.outlineWidth) > 0,
                     inside: r.width > 0 && r.height > 0 && r.right > 0 && r.bottom > 0 && r.left < innerWidth && r.top < innerHeight}",
        )
        .await
}

/// Goes on by Tab until the focus is on what is looked for; every stop on the way can be seen.
pub(super) async fn tab_to(window: &Window, what: &str, is_it: impl Fn(&Value) -> bool) -> Value {
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

/// Whether the focus is on what this finds.
async fn is_on(window: &Window, css: &str) -> bool {
    window.ask(&format!("return !!document.activeElement.closest('{css}')")).await == true
}

/// Nothing has the focus.
async fn leave(window: &Window) {
    window.ask("document.activeElement.blur(); return true").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn keys_of_one_letter_lead_about_the_pages_of_staff_and_can_be_switched_off() {
    journey("keys", async |site: &Site, browser: &Browser| {
        let cast = Cast::make(site, "ph").await;
        cast.deal("licence").await;
        let (administrator, _) = site.account("ph-admin", &[StaffRole::Administrator]).await;
        let window = browser.window(DESKTOP).await;
        window.signed_in(&administrator).await;
        // The box of the page itself; where there is none, the page of results.
        window.open("/staff/accounts").await;
        window.type_here("/").await;
        assert!(is_on(&window, "main input[name=q]").await, "{}", focus(&window).await);
        leave(&window).await;
        window.type_here("j").await;
        assert!(is_on(&window, ".people > li").await, "{}", focus(&window).await);
        window.open("/staff/parties").await;
        window.type_here("jj").await;
        assert!(is_on(&window, ".people > li:nth-child(2) a").await, "{}", focus(&window).await);
        window.open("/account/notices").await;
        window.type_here("/").await;
        window.at("the page of results", |path| path == "/search").await;
        window.signed_in(&cast.broker).await;
        window.open("/staff/deals").await;
        window.type_here("j").await;
        assert!(is_on(&window, ".board-card a").await, "{}", focus(&window).await);

        // Switched off they do nothing, here and on the next page, until they are switched on again.
        leave(&window).await;
        window.type_here("?").await;
        window.click("#keys-on").await;
        window.click("#keys button").await;
        for _ in 0..2 {
            leave(&window).await;
            window.type_here("?/j").await;
            assert!(!window.sees("#keys").await && window.path().await == "/staff/deals" && focus(&window).await["tag"] == "body");
            window.open("/staff/deals").await;
        }
        window.click("#keys-open").await;
        window.see("#keys[open]").await;
        assert_eq!(window.ask("return document.getElementById('keys-on').checked").await, false);
        window.click("#keys-on").await;
        window.click("#keys button").await;
        leave(&window).await;
        window.type_here("j").await;
        assert!(is_on(&window, ".board-card a").await);
        assert_eq!(window.complaints().await, Vec::<String>::new());
    })
    .await;
}
