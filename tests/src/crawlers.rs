//! What search engines are told: what they may read, and every page that is for everybody and no other.

use base::{PublicPage, PublicSpan, StaffRole};
use serde_json::json;

use crate::main_job::{need, publish, technology};
use crate::site::{Answer, Client, Site, on_every_database};

/// The addresses of a file.
fn addresses(answer: &Answer) -> Vec<String> {
    assert_eq!(answer.status, 200, "{}", answer.text);
    assert_eq!(answer.headers["content-type"], "application/xml; charset=utf-8");
    answer.text.split("<loc>").skip(1).map(|rest| rest.split("</loc>").next().unwrap().to_owned()).collect()
}

/// Everything that is named, without the host.
pub async fn named(site: &Site) -> Vec<String> {
    let (visitor, base) = (site.visitor(), &site.app.settings.public_url);
    let mut all = Vec::new();
    for file in addresses(&visitor.get("/sitemap.xml").await) {
        let answer = visitor.get(file.strip_prefix(base).unwrap()).await;
        let days = answer.text.matches("<lastmod>").count();
        let own = addresses(&answer);
        assert_eq!(days, own.len(), "each says when it was changed: {}", answer.text);
        all.extend(own.into_iter().map(|address| address.strip_prefix(base).unwrap().to_owned()));
    }
    all
}

async fn posted(author: &Client, party: &str, kind: &str, content: serde_json::Value) -> (String, i64) {
    let made = author.post(&format!("/api/v1/{kind}"), json!({"party": party, "content": content})).await.expect(201);
    let id = made["id"].as_str().unwrap().to_owned();
    let steps = format!("/api/v1/listings/{id}/transitions");
    let seen = author.post_at(&steps, 1, json!({"step": "submit"})).await.expect(200)["version"].as_i64().unwrap();
    (id, seen)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn search_engines_are_told_of_every_public_page_in_both_languages_and_of_no_other() {
    on_every_database(async |site: Site| {
        let robots = site.visitor().get("/robots.txt").await;
        assert!(robots.text.contains(&format!("Sitemap: {}/sitemap.xml", site.app.settings.public_url)), "{}", robots.text);
        assert_eq!(addresses(&site.visitor().get("/sitemap.xml").await), Vec::<String>::new(), "of nothing there is no file");
        assert_eq!(site.visitor().get("/sitemaps/listings.xml").await.status, 404);

        let moderator = site.staff("moderator", &[StaffRole::Moderator]).await;
        let author = site.person("author").await;
        let party = site.party(&author, "Viện Dừa", "institute").await.to_string();
        let (open, seen) = posted(&author, &party, "technologies", technology("Máy sấy ai cũng thấy")).await;
        publish(&moderator, &open, seen).await;
        let (wanted, seen) = posted(&author, &party, "needs", need()).await;
        publish(&moderator, &wanted, seen).await;
        let (narrow, seen) = posted(&author, &party, "technologies", technology("Máy sấy cho người đăng nhập")).await;
        let seen = publish(&moderator, &narrow, seen).await;
        let narrower = json!({"visibility": "registered"});
        author.put_at(&format!("/api/v1/listings/{narrow}/visibility"), seen, narrower).await.expect(200);
        posted(&author, &party, "technologies", technology("Máy sấy đang chờ duyệt")).await;

        let named = named(&site).await;
        let slug = |text: &str| named.iter().filter(|path| path.contains(text)).cloned().collect::<Vec<_>>();
        for (part, folder) in [("may-say-ai-cung-thay", "technologies"), ("can-may-say-com-dua", "needs"), ("vien-dua", "parties")] {
            let found = slug(part);
            assert_eq!(found.len(), 2, "{part}: {named:?}");
            assert!(found[0].starts_with(&format!("/{folder}/")) && found[1] == format!("/en{}", found[0]), "{found:?}");
            assert_eq!(site.visitor().get(&found[0]).await.status, 200);
        }
        assert_eq!(named.len(), 6, "{named:?}");

        // Longer lists go on after the last of the one before.
        let all = listings::published::public_pages(&site.app.store, PublicSpan { limit: 9, ..PublicSpan::default() }).await.unwrap();
        let [first, second] = all.as_slice() else { panic!("{all:?}") };
        let span = PublicSpan { after: Some(first.id), skip: 0, limit: 9 };
        let rest: Vec<PublicPage> = listings::published::public_pages(&site.app.store, span).await.unwrap();
        assert_eq!(rest.as_slice(), std::slice::from_ref(second));
        assert_eq!(addresses(&site.visitor().get(&format!("/sitemaps/listings-{}.xml", first.id)).await).len(), 2);
        assert_eq!(site.visitor().get(&format!("/sitemaps/listings-{}.xml", second.id)).await.status, 404);

        // A draft of what is public is nobody's business.
        site.clock.advance(chrono::TimeDelta::days(3));
        let author = site.visitor().sign_in("author@example.org", crate::site::PASSWORD).await;
        let address = format!("/api/v1/technologies/{open}");
        let seen = author.get(&address).await.expect(200)["inside"]["version"].as_i64().unwrap();
        author.put_at(&address, seen, json!({"content": technology("Máy sấy đang viết lại")})).await.expect(200);
        let now = listings::published::public_pages(&site.app.store, PublicSpan { limit: 9, ..PublicSpan::default() }).await.unwrap();
        assert_eq!(now, all);
        site.stop().await;
    })
    .await;
}
