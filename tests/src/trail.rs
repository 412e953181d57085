//! The audit trail and lists in words: what things are called, for whom, and in which language.

use base::StaffRole;
use chrono::TimeDelta;
use serde_json::json;

use crate::main_job::{publish, technology};
use crate::site::{Site, on_every_database};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_trail_names_what_it_tells_of_as_far_as_its_reader_may_see_it() {
    on_every_database(async |site: Site| {
        let admin = site.staff("root", &[StaffRole::Administrator]).await;
        let moderator = site.staff("moderator", &[StaffRole::Moderator]).await;
        let author = site.person("author").await;
        let party = site.party(&author, "Viện Dừa", "institute").await;
        let made = author.post("/api/v1/technologies", json!({"party": party, "content": technology("Máy tách vỏ dừa")})).await.expect(201);
        let (out, slug) = (made["id"].as_str().unwrap().to_owned(), made["slug"].as_str().unwrap().to_owned());
        let steps = format!("/api/v1/listings/{out}/transitions");
        let seen = author.post_at(&steps, 1, json!({"step": "submit"})).await.expect(200)["version"].as_i64().unwrap();
        publish(&moderator, &out, seen).await;
        let draft =
            author.post("/api/v1/technologies", json!({"party": party, "content": technology("Bí mật xưởng dừa")})).await.expect(201);
        let draft = draft["id"].as_str().unwrap();

        let trail = moderator.get("/staff/events").await.text;
        assert!(trail.contains(&format!("<a href=\"/technologies/{slug}\">Máy tách vỏ dừa (")), "{trail}");
        assert!(trail.contains(">Đăng tin</a>") && trail.contains(">Gửi duyệt</a>") && trail.contains(">Tạo bản nháp</a>"));
        assert!(trail.contains(">Viện Dừa<"));
        // A draft is its party's own: staff read that there is one.
        assert!(!trail.contains("Bí mật xưởng dừa"));
        let one = moderator.get(&format!("/staff/events?subject={draft}")).await.text;
        assert!(one.contains("<td>Tin đăng</td>") && one.contains(&format!("<code>{draft}</code>")), "{one}");
        // Who people are is for administrators.
        assert!(trail.contains(">một người<") && !trail.contains(">author<"));
        let all = admin.get("/staff/events").await.text;
        assert!(all.contains("href=\"/staff/accounts?q=author%40example.org\"") && all.contains(">author<"), "{all}");
        let english = admin.get("/en/staff/events").await.text;
        assert!(english.contains(">Published the listing</a>") && english.contains("lang=\"vi\">Máy tách vỏ dừa ("), "{english}");
        // What is gone is told by its kind.
        let draft_path = format!("/api/v1/technologies/{draft}");
        let gone = author.clone().with("if-match", "\"1\"").send(reqwest::Method::DELETE, &draft_path, None).await;
        assert_eq!(gone.status, 204);
        assert!(admin.get(&format!("/staff/events?subject={draft}")).await.text.contains(">Xóa tin</a>"));
        site.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_title_in_another_language_than_its_page_says_so_wherever_it_stands() {
    on_every_database(async |site: Site| {
        let moderator = site.staff("moderator", &[StaffRole::Moderator]).await;
        let author = site.person("author").await;
        let party = site.party(&author, "Viện Dừa", "institute").await;
        let mut content = technology("x");
        for (field, text) in [
            ("title", "Heat pump dryer for copra"),
            ("summary", "Dries grated coconut at low temperature."),
            ("problem", "Charcoal kilns make it yellow."),
            ("description", "Air is dried at a cold coil and warmed again."),
            ("partner_role", "Installs it in the workshop."),
        ] {
            content[field] = json!({"en": text});
        }
        content["keywords"] = json!({"en": ["dryer", "coconut"]});
        content["advantages"][0]["metric"] = json!({"en": "Drying time"});
        let body = json!({"party": party, "source_lang": "en", "content": content});
        let made = author.post("/api/v1/technologies", body).await.expect(201);
        let (id, slug) = (made["id"].as_str().unwrap().to_owned(), made["slug"].as_str().unwrap().to_owned());
        let own = format!("/my/listings/{id}\" lang=\"en\">Heat pump dryer for copra<");
        assert!(author.get("/my").await.text.contains(&own));
        assert!(!author.get("/en/my").await.text.contains("lang=\"en\">Heat"));
        assert!(author.get(&format!("/my/listings/{id}")).await.text.contains("<h1 lang=\"en\">Heat pump"));
        let steps = format!("/api/v1/listings/{id}/transitions");
        let seen = author.post_at(&steps, 1, json!({"step": "submit"})).await.expect(200)["version"].as_i64().unwrap();
        assert!(moderator.get("/review").await.text.contains("lang=\"en\">Heat pump dryer for copra<"));
        let watch = json!({"name": "Máy sấy", "query": "q=dryer", "when": "at_once"});
        let reader = site.person("reader").await;
        let kept = reader.post("/api/v1/saved-searches", watch).await.expect(201)["id"].as_str().unwrap().to_owned();
        site.clock.advance(TimeDelta::minutes(1));
        publish(&moderator, &id, seen).await;
        site.indexed().await;
        let visitor = site.visitor();
        let titled = format!("<a href=\"/technologies/{slug}\" lang=\"en\">");
        assert!(visitor.get("/search?q=dryer").await.text.contains(&titled));
        assert!(visitor.get("/").await.text.contains(&titled), "on the cards of the first page");
        let english = visitor.get("/en/search?q=dryer").await.text;
        assert!(english.contains(&format!("<a href=\"/en/technologies/{slug}\">")), "{english}");
        let row = visitor.get("/api/v1/technologies").await.expect(200)["items"][0].clone();
        assert_eq!((row["title"].as_str(), row["title_lang"].as_str()), (Some("Heat pump dryer for copra"), Some("en")));

        // What hangs on it: an interest, deals, what is confided, and what a saved search brought.
        assert_eq!(matching::alerts::round(&site.app.saved, -1).await.unwrap().with_news, 1);
        let seeker = site.person("seeker").await;
        let firm = site.party(&seeker, "Công ty Cơm dừa", "enterprise").await;
        let broker = site.staff("broker", &[StaffRole::Broker]).await;
        let new = json!({"kind": "licence", "listing": id, "seeker": firm});
        let deal = broker.post("/api/v1/deals", new).await.expect(201)["id"].as_str().unwrap().to_owned();
        let free = author.post("/api/v1/deals", json!({"kind": "licence", "listing": id})).await.expect(201);
        let take = format!("/staff/deals/take?deal={}", free["id"].as_str().unwrap());
        let text = json!({"know_how": "Ủ men 18 giờ."});
        author.put_at(&format!("/api/v1/listings/{id}/confidential"), 0, text).await.expect(200);
        let grant = json!({"party": firm, "email": "seeker@example.org", "purpose": "Thẩm định", "expires_on": "2027-06-30"});
        let opened = author.post(&format!("/api/v1/listings/{id}/disclosures"), grant).await.expect(201);
        let disclosure = format!("/disclosures/{}", opened["id"].as_str().unwrap());
        let row = seeker.get("/api/v1/disclosures").await.expect(200)["items"][0].clone();
        assert_eq!((row["listing_title"].as_str(), row["listing_title_lang"].as_str()), (Some("Heat pump dryer for copra"), Some("en")));
        let interest = format!("/technologies/{slug}/interest");
        let news = format!("/my/searches/{kept}");
        let pages = [
            (&reader, news),
            (&seeker, interest),
            (&seeker, "/my/disclosures".to_owned()),
            (&seeker, disclosure),
            (&seeker, "/my/deals".to_owned()),
            (&seeker, format!("/deals/{deal}")),
            (&broker, "/staff/deals".to_owned()),
            (&broker, format!("/staff/deals/move?deal={deal}")),
            (&broker, "/staff/deals/free".to_owned()),
            (&broker, take),
            (&author, format!("/deals/new?listing={id}")),
        ];
        for (who, page) in pages {
            let shown = who.get(&page).await;
            assert_eq!(shown.status, 200, "{page}");
            let said = shown.text.replace("<strong>", "");
            assert!(said.contains(" lang=\"en\">Heat pump dryer for copra<"), "{page}: {said}");
            let english = who.get(&format!("/en{page}")).await;
            assert!(english.text.contains("Heat pump dryer for copra<") && !english.text.contains("lang=\"en\">Heat"), "/en{page}");
        }
        site.stop().await;
    })
    .await;
}
