//! The language that a reader chose: remembered for the address that says none, and for letters; never for any other page.

use base::StaffRole;
use chrono::TimeDelta;
use reqwest::header::HeaderMap;
use serde_json::json;

use crate::main_job::{need, publish, technology};
use crate::site::{Answer, Client, PASSWORD, Site, on_every_database};
use crate::standing::form;

/// The value that a cookie is set to, and how long the browser keeps it.
fn choice(headers: &HeaderMap) -> (String, i64) {
    let mut set = headers.get_all("set-cookie").iter().map(|cookie| cookie.to_str().unwrap());
    let cookie = set.find_map(|cookie| cookie.strip_prefix("innospace_language=")).unwrap();
    assert!(cookie.contains("HttpOnly") && cookie.contains("SameSite=Lax"), "{cookie}");
    let seconds = cookie.split("Max-Age=").nth(1).unwrap().split(';').next().unwrap().parse().unwrap();
    (cookie.split(';').next().unwrap().to_owned(), seconds)
}

fn led_to(answer: &Answer) -> (u16, &str) {
    (answer.status.as_u16(), answer.headers.get("location").map_or("", |place| place.to_str().unwrap()))
}

async fn choose(client: &Client, to: &str, next: &str) -> Answer {
    form(client, "/language", &[("to", to), ("next", next)]).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_chose_english_is_led_from_the_bare_address_and_from_no_other() {
    on_every_database(async |site: Site| {
        let visitor = site.visitor();
        // What search engines and first visitors get, whatever their programs would like to read.
        let first = site.visitor().with("accept-language", "en-GB").get("/").await;
        assert_eq!(first.headers["content-language"], "vi");
        let page = visitor.get("/search?q=dua").await.text;
        assert!(page.contains("action=\"/language\"") && page.contains("name=\"next\" data-follows=\"other\" value=\"/en/search?q=dua\""));

        let chosen = choose(&visitor, "en", "/en/search?q=dua").await;
        assert_eq!(led_to(&chosen), (303, "/en/search?q=dua"));
        assert_eq!(choice(&chosen.headers), ("en".to_owned(), 365 * 86_400));
        let reader = site.visitor().with("cookie", "innospace_language=en");
        let home = reader.get("/").await;
        assert_eq!(led_to(&home), (302, "/en/"));
        let vary: Vec<&str> = home.headers.get_all("vary").iter().map(|v| v.to_str().unwrap()).collect();
        assert!(vary.join(",").contains("cookie") && home.headers["cache-control"] == "private, no-store", "{:?}", home.headers);
        for (path, lang) in [("/en/", "en"), ("/search?q=dua", "vi"), ("/?from=letter", "vi"), ("/help", "vi"), ("/en/help", "en")] {
            let page = reader.get(path).await;
            assert_eq!((page.status.as_u16(), page.headers["content-language"].to_str().unwrap()), (200, lang), "{path}");
        }

        // Back again: nothing is remembered any more.
        let back = choose(&reader, "vi", "/").await;
        assert_eq!((led_to(&back), choice(&back.headers).1), ((303, "/"), 0));
        for odd in ["innospace_language=vi", "innospace_language=xx", "innospace_language="] {
            assert_eq!(site.visitor().with("cookie", odd).get("/").await.status, 200, "{odd}");
        }
        site.stop().await;
    })
    .await;
}

/// What an answer varies by, as one text.
fn varies_by(answer: &Answer) -> String {
    answer.headers.get_all("vary").iter().map(|value| value.to_str().unwrap()).collect::<Vec<_>>().join(",").to_lowercase()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_the_same_for_everybody_is_kept_whatever_the_cookies_say() {
    on_every_database(async |site: Site| {
        let author = site.person("author").await;
        site.party(&author, "Viện Dừa", "institute").await;
        let page = site.visitor().get("/").await.text;
        let sheet = page.split_once("rel=\"stylesheet\" href=\"").unwrap().1.split_once('"').unwrap().0.to_owned();
        let same = [
            (sheet.as_str(), "public, max-age=31536000, immutable"),
            ("/favicon.svg", "public, max-age=86400"),
            ("/robots.txt", "public, max-age=86400"),
            ("/sitemap.xml", "public, max-age=3600"),
            ("/sitemaps/parties.xml", "public, max-age=3600"),
        ];
        for reader in [site.visitor(), author.clone()] {
            for (path, kept) in same {
                let answer = reader.get(path).await;
                assert_eq!((answer.status.as_u16(), answer.headers["cache-control"].to_str().unwrap()), (200, kept), "{path}");
                let by = varies_by(&answer);
                assert!(!by.contains("cookie") && !by.contains("authorization") && !by.contains("accept-language"), "{path}: {by}");
            }
            assert!(varies_by(&reader.clone().with("accept-encoding", "gzip").get(&sheet).await).contains("accept-encoding"));
            // That something is missing is told in the reader's language, and a page is made for its reader.
            for path in ["/assets/none.css", "/sitemaps/none.xml", "/search"] {
                assert!(varies_by(&reader.get(path).await).contains("cookie, authorization, accept-language"), "{path}");
            }
        }
        site.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn choosing_a_language_leads_to_our_own_pages_alone_and_is_done_by_our_own_pages_alone() {
    on_every_database(async |site: Site| {
        let visitor = site.visitor();
        for elsewhere in ["https://evil.example/", "//evil.example", "/\\evil.example", "", "javascript:x", "/a b", "/a\r\nb"] {
            assert_eq!(led_to(&choose(&visitor, "en", elsewhere).await), (303, "/en/"), "{elsewhere:?}");
        }
        for unknown in ["", "fr", "en,vi"] {
            assert_eq!(choose(&visitor, unknown, "/").await.status, 400, "{unknown:?}");
        }
        let lured = choose(&visitor.clone().with("sec-fetch-site", "cross-site"), "en", "/").await;
        assert!(lured.status == 403 && lured.headers.get("set-cookie").is_none());
        // The door is a page like any other.
        assert_eq!(led_to(&choose(&visitor, "en", "/en/sign-in?next=%2Fmy").await), (303, "/en/sign-in?next=%2Fmy"));
        site.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_choice_of_whoever_is_signed_in_goes_along_to_other_browsers_and_into_the_account() {
    on_every_database(async |site: Site| {
        let person = site.person("lan").await;
        let me = async |client: &Client| client.get("/api/v1/accounts/me").await.expect(200);
        assert_eq!(person.get("/").await.status, 200);
        let before = me(&person).await["version"].as_i64().unwrap();
        for _ in 0..2 {
            assert_eq!(led_to(&choose(&person, "en", "/en/my").await), (303, "/en/my"));
        }
        let now = me(&person).await;
        assert_eq!((&now["lang"], now["version"].as_i64().unwrap()), (&"en".into(), before + 1), "chosen twice, changed once");
        let events = site.app.store.events_after(0, 1_000).await.unwrap();
        assert_eq!(events.iter().filter(|e| e.kind == "account.edited").count(), 1);
        let elsewhere = site.visitor().sign_in("lan@example.org", PASSWORD).await;
        assert_eq!(led_to(&elsewhere.get("/").await), (302, "/en/"));
        assert_eq!(elsewhere.get("/my").await.headers["content-language"], "vi", "an address that says a language keeps it");

        // The page of the account and the link at the top speak of the same.
        let seen = me(&person).await["version"].to_string();
        let saved = form(&person, "/en/account", &[("_seen", &seen), ("name", "Lan"), ("lang", "vi")]).await;
        assert_eq!((saved.status.as_u16(), choice(&saved.headers).1), (303, 0));
        assert_eq!(elsewhere.get("/").await.status, 200);
        choose(&elsewhere, "en", "/en/").await;
        choose(&elsewhere, "vi", "/").await;
        assert_eq!(me(&person).await["lang"], "vi");
        assert_eq!(person.get("/").await.status, 200);

        // A session that is over is nobody's: the browser alone remembers.
        site.clock.advance(TimeDelta::days(60));
        let late = choose(&person, "en", "/en/").await;
        assert_eq!((led_to(&late), choice(&late.headers).0), ((303, "/en/"), "en".to_owned()));
        let again = site.visitor().sign_in("lan@example.org", PASSWORD).await;
        assert_eq!(me(&again).await["lang"], "vi");
        site.stop().await;
    })
    .await;
}

/// Where the link to the other language leads.
fn other(page: &str) -> String {
    let mark = "name=\"next\" data-follows=\"other\" value=\"";
    let rest = page.split(mark).nth(1).unwrap_or_else(|| panic!("no link to another language: {page}"));
    rest.split('"').next().unwrap().replace("&#38;", "&").replace("&amp;", "&")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_other_language_says_what_was_asked_for_and_not_what_was_just_done() {
    on_every_database(async |site: Site| {
        let author = site.person("author").await;
        let party = site.party(&author, "Viện Dừa", "institute").await.to_string();
        let made = async |path: &str, content: serde_json::Value| {
            let new = json!({"party": party, "content": content});
            author.post(path, new).await.expect(201)["id"].as_str().unwrap().to_owned()
        };
        let wanted = made("/api/v1/needs", need()).await;
        let offered = made("/api/v1/technologies", technology("Máy sấy cơm dừa")).await;
        let moderator = site.staff("moderator", &[StaffRole::Moderator]).await;
        for id in [&wanted, &offered] {
            let steps = format!("/api/v1/listings/{id}/transitions");
            let seen = author.post_at(&steps, 1, json!({"step": "submit"})).await.expect(200)["version"].as_i64().unwrap();
            publish(&moderator, id, seen).await;
        }
        site.indexed().await;
        let broker = site.staff("broker", &[StaffRole::Broker, StaffRole::Analyst, StaffRole::Administrator]).await;
        let page = author.get(&format!("/api/v1/needs/{wanted}")).await.expect(200)["url"].as_str().unwrap().to_owned();
        let slug = author.get(&format!("/api/v1/parties/{party}")).await.expect(200)["slug"].as_str().unwrap().to_owned();
        let desk = format!("/my/listings/{wanted}");
        for (who, path) in [
            (&author, format!("/my?party={party}&show=published")),
            (&author, "/my/interests?role=sent".to_owned()),
            (&author, "/my/deals?stage=qualified".to_owned()),
            (&author, format!("{page}/compare?with={offered}")),
            (&author, format!("{page}/matches?excluded=true")),
            (&author, format!("/parties/{slug}/matches?excluded=true")),
            (&author, format!("{desk}/history?from=1&to=1")),
            (&author, format!("{desk}/edit/1?at=%2Ftitle")),
            (&moderator, "/review?order=turned".to_owned()),
            (&broker, "/staff/events?kind=account.edited".to_owned()),
            (&broker, "/staff/needs?which=recorded".to_owned()),
            (&broker, "/staff/parties?verification=unverified".to_owned()),
            (&site.visitor(), "/sign-in?next=%2Fmy".to_owned()),
        ] {
            let shown = who.get(&path).await;
            assert_eq!(shown.status, 200, "{path}: {}", shown.text);
            let there = other(&shown.text);
            assert_eq!(there, format!("/en{path}"));
            let english = who.get(&there).await;
            assert_eq!((english.status.as_u16(), other(&english.text)), (200, path));
        }
        // What has just been done is no part of the page, and in the other language another text stands on a part.
        for (path, there) in [
            (format!("/parties/{slug}?part=1"), format!("/en/parties/{slug}")),
            (format!("/my?party={party}&did=removed"), format!("/en/my?party={party}")),
            (format!("/my/parties/{party}/members?did=invite"), format!("/en/my/parties/{party}/members")),
            (format!("{desk}/edit/1?saved"), format!("/en{desk}/edit/1")),
        ] {
            assert_eq!(other(&author.get(&path).await.text), there);
        }
        // Whoever looks at something without a name comes back to it, not only near it.
        let door = site.visitor().get(&format!("/parties/{slug}?part=1")).await.text;
        let back: String = form_urlencoded::byte_serialize(format!("/parties/{slug}?part=1").as_bytes()).collect();
        assert!(door.contains(&format!("href=\"/sign-in?next={back}\"")), "{door}");
        // Search engines are told the address without it.
        assert!(door.contains(&format!("/parties/{slug}\">")) && !door.contains(&format!("rel=\"canonical\" href=\"/parties/{slug}?part")));
        site.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn short_texts_of_matches_in_another_language_say_so() {
    let site = Site::start(store::testing::TestStore::sqlite().await.unwrap()).await;
    let world = crate::standing::World::new(&site).await;
    let (wanted, _) = world.publish("needs", need()).await;
    world.publish("technologies", technology("Máy sấy cơm dừa bơm nhiệt")).await;
    let maker = json!({"names": {"vi": "Viện Cơ điện"}, "party_type": "institute", "address": {"province": "86"},
        "presentation": {"vi": "Chuyên làm lò."}, "capacities": {"vi": ["Chế tạo máy sấy cơm dừa bơm nhiệt"]}});
    site.person("maker").await.post("/api/v1/parties", maker).await.expect(201);
    site.indexed().await;
    let url = world.seeker.get(&format!("/api/v1/needs/{wanted}")).await.expect(200)["url"].as_str().unwrap().to_owned();
    let here = site.visitor().get(&format!("{url}/matches")).await.text;
    let there = site.visitor().get(&format!("/en{url}/matches")).await.text;
    for text in ["Thiết bị sấy cơm dừa nạo", "Chuyên làm lò."] {
        assert!(here.contains(&format!("<p class=\"snippet\">{text}")), "{text}: {here}");
        assert!(there.contains(&format!("<p class=\"snippet\" lang=\"vi\">{text}")), "{text}: {there}");
    }
    let found = site.visitor().get(&format!("/api/v1/needs/{wanted}/matches")).await.expect(200);
    assert_eq!(found["items"][0]["listing"]["summary_lang"], "vi", "{found}");
    site.stop().await;
}
