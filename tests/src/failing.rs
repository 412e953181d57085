//! Answers where something went wrong or is refused: a handler that panics or never ends, a page that is not there or not for
//! this reader, a cookie that another host could have set.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::Router;
use axum::http::Uri;
use reqwest::Method;
use server::{App, AppParts, ServerSettings};

use crate::site::{Answer, Client, Site, on_every_database};

/// The parts of a space with other settings.
fn with(site: &Site, change: impl FnOnce(&mut ServerSettings)) -> App {
    let mut settings = (*site.app.settings).clone();
    change(&mut settings);
    AppParts { settings: Arc::new(settings), ..AppParts::clone(&site.app) }.into()
}

async fn served(router: Router) -> SocketAddr {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, router).await });
    address
}

/// Panics, or never ends.
async fn fails(uri: Uri) -> &'static str {
    if uri.path().ends_with("/boom") { panic!("on purpose") } else { std::future::pending().await }
}

/// The id that an answer has in its header; with the headers that no answer goes without.
fn id_of(answer: &Answer) -> String {
    for name in ["content-security-policy", "x-content-type-options", "referrer-policy", "permissions-policy"] {
        assert!(answer.headers.contains_key(name), "{name}: {:?}", answer.headers);
    }
    let id = answer.headers["x-request-id"].to_str().unwrap().to_owned();
    assert!(!id.is_empty());
    id
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_handler_that_panics_or_never_ends_is_answered_like_any_other_failure() {
    on_every_database(async |site: Site| {
        let app = with(&site, |settings| settings.request_seconds = 1);
        let client = Client::new(served(server::around(Router::new().fallback(fails), app)).await);
        let [vietnamese, english] = ["vi", "en"].map(|lang| client.clone().with("accept-language", lang));
        for (name, status, kind, words) in [
            ("boom", 500, "internal", ["Hệ thống gặp lỗi", "Something of ours failed"]),
            ("slow", 503, "took-too-long", ["mất quá nhiều thời gian", "This took too long"]),
        ] {
            for (lang, path, word) in [("vi", format!("/{name}"), words[0]), ("en", format!("/en/{name}"), words[1])] {
                let answer = client.get(&path).await;
                assert_eq!(
                    (answer.status.as_u16(), answer.headers["content-type"].to_str().unwrap()),
                    (status, "text/html; charset=utf-8")
                );
                let id = id_of(&answer);
                for part in [word, id.as_str(), &format!("<html lang=\"{lang}\">"), &format!("/{name}\"")] {
                    assert!(answer.text.contains(part), "{part}: {}", answer.text);
                }
            }
            for (client, word) in [(&vietnamese, words[0]), (&english, words[1])] {
                let answer = client.get(&format!("/api/v1/{name}")).await;
                assert_eq!(answer.headers["content-type"], "application/problem+json");
                let (id, problem) = (id_of(&answer), answer.expect(status));
                assert_eq!(problem["type"], format!("/problems/{kind}"));
                assert_eq!(problem["request_id"], id);
                assert!(problem["title"].as_str().unwrap().contains(word), "{problem}");
            }
        }
        site.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn over_https_a_cookie_counts_only_under_the_name_that_no_other_host_can_set() {
    on_every_database(async |site: Site| {
        let person = site.person("lan").await;
        let secret = person.cookies().into_iter().find(|(name, _)| name == "innospace_session").unwrap().1;
        let app = with(&site, |settings| settings.public_url = "https://space.example".to_owned());
        let https = Client::new(served(server::service(app)).await);
        let plain = site.visitor();
        for (client, prefix, status) in [(&https, "__Host-", 200), (&https, "", 401), (&plain, "", 200), (&plain, "__Host-", 401)] {
            let client = client.clone().with("cookie", &format!("{prefix}innospace_session={secret}"));
            assert_eq!(client.get("/api/v1/session").await.status, status, "{prefix}");
        }
        // One that somebody planted stands in the way of none that counts.
        let both = format!("innospace_session=planted; __Host-innospace_session={secret}");
        assert_eq!(https.with("cookie", &both).get("/api/v1/session").await.status, 200);
        site.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_page_that_is_refused_keeps_where_one_is_in_the_other_language_and_behind_the_door() {
    on_every_database(async |site: Site| {
        let missing = site.visitor().get("/needs/khong-co-1?a=b").await;
        assert_eq!(missing.status, 404);
        assert!(missing.text.contains("value=\"/en/needs/khong-co-1?a=b\""), "{}", missing.text);
        let missing = site.visitor().get("/en/needs/khong-co-1").await;
        assert!(missing.text.contains("value=\"/needs/khong-co-1\""), "{}", missing.text);

        let refused = site.person("lan").await.get("/staff/parties").await;
        assert_eq!(refused.status, 403);
        assert!(refused.text.contains("value=\"/en/staff/parties\""), "{}", refused.text);

        // A form that was sent when the session was over: back to the page it stood on.
        let page = format!("{}/en/my/parties/new", site.app.settings.public_url);
        let sent = site.visitor().with("referer", &page);
        let over = sent.send_raw(Method::POST, "/en/my/parties/new", "application/x-www-form-urlencoded", b"a=b".to_vec()).await;
        assert_eq!(over.status, 401);
        for part in ["href=\"/en/sign-in?next=%2Fen%2Fmy%2Fparties%2Fnew\"", "value=\"/my/parties/new\""] {
            assert!(over.text.contains(part), "{part}: {}", over.text);
        }
        site.stop().await;
    })
    .await;
}
