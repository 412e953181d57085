//! A visitor looks for something: without marks, narrowed, there and back, and shared by its address.

use base::{Lang, StaffRole, messages};
use serde_json::json;
use thirtyfour::{By, Key};

use super::{Browser, DESKTOP, DESKTOP_DARK, Look, PHONE, Window, journey, journey_in_the_demonstration};
use crate::main_job::{publish, technology};
use crate::site::Site;

impl Window {
    /// Searches by the box of the page, as one types.
    async fn search(&self, text: &str) {
        let input = self.see("main input[type=\"search\"], header input[type=\"search\"]").await;
        input.clear().await.unwrap();
        input.send_keys(text + Key::Enter).await.unwrap();
        self.at("a search", |path| path.contains("/search?") && path.contains("q=")).await;
        self.see("#found").await;
    }

    /// The titles of the results, in their order.
    async fn results(&self) -> Vec<String> {
        let all = self.ask("return [...document.querySelectorAll('.hits h2 a')].map(a => a.textContent)").await;
        all.as_array().unwrap().iter().map(|title| title.as_str().unwrap().to_owned()).collect()
    }

    /// Whether a facet is narrowed to this value, as the page says it.
    async fn is_narrowed_to(&self, value: &str) -> bool {
        self.ask("return [...document.querySelectorAll('.chips .chip')].map(c => c.textContent).join()")
            .await
            .as_str()
            .unwrap()
            .contains(value)
    }

    /// Narrows to the first value of the facet with this heading; gives the value.
    pub async fn narrow(&self, heading: &str) -> String {
        if self.sees("#drawer:not([open]) > summary, .drawer:not([open]) > summary").await {
            self.click(".drawer > summary").await;
        }
        let xpath = format!("//section[contains(@class,'facet')][h2[normalize-space(.)='{heading}']]//li/a");
        let link = self.first(heading, By::XPath(xpath)).await;
        let value = link.find(By::Css("span")).await.unwrap().text().await.unwrap();
        // What is narrowed is told in short.
        let value = value.split(" – ").next().unwrap().to_owned();
        link.click().await.unwrap();
        crate::site::until("the results are narrowed", async || self.is_narrowed_to(&value).await).await;
        value
    }
}

/// A technology of an institute that is out and found.
async fn published(site: &Site, title: &str) {
    let moderator = site.staff("moderator", &[StaffRole::Moderator]).await;
    let author = site.person("author").await;
    let party = site.party(&author, "Viện Dừa", "institute").await;
    let made = json!({"party": party, "content": technology(title)});
    let id = author.post("/api/v1/technologies", made).await.expect(201)["id"].as_str().unwrap().to_owned();
    let steps = format!("/api/v1/listings/{id}/transitions");
    let seen = author.post_at(&steps, 1, json!({"step": "submit"})).await.expect(200)["version"].as_i64().unwrap();
    publish(&moderator, &id, seen).await;
    site.indexed().await;
}

/// Searches, narrows, opens a result, goes back, and opens the same address as somebody else.
async fn a_search(browser: &Browser, look: Look, lang: Lang) {
    let (home, words) = match lang {
        Lang::Vi => ("/", "may say"),
        Lang::En => ("/en/", "coconut"),
    };
    let heading = messages::say(lang, "facet-trl", &[]);
    let window = browser.window(look).await;
    window.open(home).await;
    window.search(words).await;
    assert!(!window.results().await.is_empty());
    let value = window.narrow(&heading).await;
    let narrowed = window.results().await;
    assert!(!narrowed.is_empty(), "{value}");
    let address = window.path().await;
    assert!(address.contains("trl"), "{address}");

    window.click(".hits h2 a").await;
    window.at("a page of its own", |path| !path.contains("/search")).await;
    assert!(window.see("h1").await.text().await.unwrap().contains(&narrowed[0]), "{narrowed:?}");
    window.web.back().await.unwrap();
    window.see("#found").await;
    assert_eq!(window.path().await, address);
    assert_eq!(window.see("main input[type=\"search\"]").await.prop("value").await.unwrap().as_deref(), Some(words));
    assert!(window.is_narrowed_to(&value).await);
    assert_eq!(window.results().await, narrowed);

    // Somebody else opens the same address.
    let other = browser.window(look).await;
    other.open(&address).await;
    assert_eq!(other.results().await, narrowed);
    assert!(other.is_narrowed_to(&value).await);
    assert_eq!(other.ask("return document.documentElement.lang").await, lang.code());
    assert_eq!((window.complaints().await, other.complaints().await), (Vec::<String>::new(), Vec::new()));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_search_without_marks_is_narrowed_left_taken_up_again_and_shared() {
    journey_in_the_demonstration("search", async |_: &Site, browser: &Browser| a_search(browser, DESKTOP, Lang::Vi).await).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_same_in_english_and_in_the_dark() {
    journey_in_the_demonstration("search-english-dark", async |_: &Site, browser: &Browser| {
        a_search(browser, DESKTOP_DARK, Lang::En).await;
        let window = browser.window(DESKTOP_DARK).await;
        window.open("/en/").await;
        let paper = "return getComputedStyle(document.documentElement).backgroundColor";
        let dark = window.ask(paper).await;
        window.look(DESKTOP).await;
        assert_ne!(window.ask(paper).await, dark, "the theme follows the reader's");
        // The other language is one click away, and leads to the same page.
        window.open("/en/search?kind=need").await;
        window.click("header button[name=to][value=vi]").await;
        window.at("the same in Vietnamese", |path| path == "/search?kind=need").await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_listing_has_one_button_for_interest_at_every_width_and_it_is_in_sight() {
    journey_in_the_demonstration("one-door", async |_: &Site, browser: &Browser| {
        for look in [PHONE, DESKTOP] {
            let window = browser.window(look).await;
            window.open("/search?kind=technology").await;
            window.click(".hits h2 a").await;
            window.see(".interest-door a").await;
            let seen = "[...document.querySelectorAll('.interest-door a')].filter((a) => a.checkVisibility())";
            assert_eq!(window.ask(&format!("return {seen}.length")).await, 1, "{}", look.name);
            // On a phone it stands with the key facts, before the story; on a wide screen it goes with the reader.
            let order = format!("return !!({seen}[0].compareDocumentPosition(document.querySelector('.story')) & 4)");
            assert_eq!(window.ask(&order).await, look.name == PHONE.name);
            if look.name == DESKTOP.name {
                window.ask("document.querySelector('.facts').lastElementChild.scrollIntoView({block: 'end', behavior: 'instant'})").await;
                let top = window
                    .ask(&format!("const at = {seen}[0].getBoundingClientRect(); return at.top >= 0 && at.bottom <= innerHeight"))
                    .await;
                assert_eq!(top, true);
            }
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn words_with_and_without_marks_find_the_same() {
    journey("marks", async |site: &Site, browser: &Browser| {
        published(site, "Máy sấy cơm dừa bơm nhiệt").await;

        let window = browser.window(DESKTOP).await;
        window.open("/").await;
        for words in ["may say com dua", "máy sấy cơm dừa"] {
            window.search(words).await;
            assert_eq!(window.results().await, ["Máy sấy cơm dừa bơm nhiệt"], "{words}");
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_stands_around_results_follows_them_while_one_narrows() {
    journey_in_the_demonstration("search-around", async |_: &Site, browser: &Browser| {
        let window = browser.window(DESKTOP).await;
        window.open("/search?q=dua").await;
        for heading in ["facet-field", "facet-trl"] {
            window.narrow(&messages::say(Lang::Vi, heading, &[])).await;
        }
        let address = window.path().await;
        assert!(address.contains("field=") && address.contains("trl="), "{address}");
        let href = async |name: &str| {
            let link = format!("document.querySelector('[data-follows={name}]')");
            window.ask(&format!("const link = {link}; return link.getAttribute('href') ?? link.getAttribute('value')")).await
        };
        assert_eq!(href("other").await, format!("/en{address}"));
        assert_eq!(href("feed").await, address.replacen("/search", "/search/feed", 1));
        let next: String = form_urlencoded::byte_serialize(address.as_bytes()).collect();
        assert_eq!(href("door").await, format!("/sign-in?next={next}"));
        // Typing on changes them too.
        window.input("q").await.send_keys(" sap").await.unwrap();
        window.at("the longer search", |path| path.contains("sap")).await;
        crate::site::until("the links follow", async || href("other").await.as_str().unwrap().contains("sap")).await;
        let other = href("other").await.as_str().unwrap().to_owned();
        for part in ["/en/search?q=dua+sap", "field=", "trl="] {
            assert!(other.contains(part), "{part}: {other}");
        }
        let narrowed = window.results().await.len();
        window.click("header button[name=to][value=en]").await;
        window.at("the same in English", |path| path == other).await;
        assert_eq!(window.results().await.len(), narrowed);
        assert_eq!(window.complaints().await, Vec::<String>::new());
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_box_has_the_words_whose_results_are_shown() {
    journey("search-box", async |site: &Site, browser: &Browser| {
        published(site, "Phối trộn zeolit với xơ dừa").await;

        let window = browser.window(DESKTOP).await;
        let says = async || window.ask("return document.getElementById('q').value").await;
        window.open("/search?q=zeolyt").await;
        window.click("#finding .notice a").await;
        window.at("what was meant", |path| path.contains("q=zeolit")).await;
        crate::site::until("the box says so", async || says().await == "zeolit").await;
        assert_eq!(window.results().await, ["Phối trộn zeolit với xơ dừa"]);
        // Everything is shown, so nothing is asked for any more.
        window.open("/search?q=quetzalcoatl").await;
        window.follow(Lang::Vi, "empty-everything").await;
        window.at("everything", |path| path == "/search").await;
        crate::site::until("the box is empty", async || says().await == "").await;
        // Whoever types is left alone, and the next search keeps what was typed.
        window.input("q").await.send_keys("zeolit").await.unwrap();
        window.at("the search", |path| path.ends_with("q=zeolit")).await;
        assert_eq!(says().await, "zeolit");
        assert_eq!(window.complaints().await, Vec::<String>::new());
    })
    .await;
}
