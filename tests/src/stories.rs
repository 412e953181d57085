//! Success stories: from a completed deal to a page that everybody reads, and what keeps it from being read.

use base::{PartyRole, StaffRole};
use chrono::TimeDelta;
use reqwest::Method;
use serde_json::{Value, json};

use crate::deals::{Cast, Deal, complete};
use crate::main_job::{need, publish};
use crate::site::{Answer, Client, Site, on_every_database};

/// A completed deal with everybody who has to do with its story.
struct Scene {
    cast: Cast,
    deal: Deal,
    moderator: Client,
}

impl Scene {
    async fn make(site: &Site, name: &str) -> Self {
        let cast = Cast::make(site, name).await;
        let moderator = site.staff(&format!("{name}-judge"), &[StaffRole::Moderator]).await;
        let deal = cast.deal("technical_service").await;
        complete(&deal, &cast.owner, &cast.seeker, &cast.broker).await;
        Self { cast, deal, moderator }
    }

    fn story(&self) -> String {
        format!("{}/story", self.deal.path)
    }

    /// The page of the deal's story.
    fn page(&self) -> String {
        self.story().replace("/api/v1", "")
    }

    async fn view(&self, by: &Client) -> Value {
        by.get(&self.story()).await.expect(200)
    }

    async fn write(&self, by: &Client, text: Value) -> Answer {
        let seen = self.view(by).await["version"].as_i64().unwrap();
        by.put_at(&self.story(), seen, text).await
    }

    async fn consent(&self, by: &Client, party: base::PartyId) -> Answer {
        let hash = self.view(by).await["hash"].clone();
        by.post(&format!("{}/consents", self.story()), json!({"party": party, "hash": hash})).await
    }

    async fn both_consent(&self) {
        self.consent(&self.cast.owner, self.cast.owner_party).await.expect(201);
        self.consent(&self.cast.seeker, self.cast.seeker_party).await.expect(201);
    }

    async fn withdraw(&self, by: &Client, party: base::PartyId) -> Answer {
        by.post(&format!("{}/consents/withdraw", self.story()), json!({"party": party})).await
    }

    /// Publishes it or takes it out of public.
    async fn step(&self, by: &Client, step: &str, seen: i64) -> Answer {
        let path = format!("{}/{step}", self.story());
        by.clone().with("if-match", &format!("\"{seen}\"")).send(Method::POST, &path, None).await
    }

    async fn version(&self) -> i64 {
        self.view(&self.cast.owner).await["version"].as_i64().unwrap()
    }

    /// A story in both languages that both sides consent to and everybody reads; gives its page.
    async fn published(&self) -> String {
        self.write(&self.cast.owner, self.text()).await.expect(200);
        self.both_consent().await;
        self.step(&self.moderator, "publish", self.version().await).await.expect(200);
        self.view(&self.cast.owner).await["url"].as_str().unwrap().to_owned()
    }

    fn text(&self) -> Value {
        json!({
            "title": {"vi": "Sấy cơm dừa nhanh gấp ba", "en": "Copra dried three times faster"},
            "summary": {"vi": "Hợp tác xã rút thời gian sấy từ 14 còn 5 giờ.", "en": "A co-operative dries in 5 hours instead of 14."},
            "body": {"vi": "Hai bên **cùng thử** một vụ. <script>alert(1)</script>", "en": "Both **tried it** for a season."},
            "figures": [{"label": {"vi": "Thời gian sấy", "en": "Drying time"}, "value": 5.5, "unit": {"vi": "giờ", "en": "hours"}}],
            "listings": [self.cast.listing],
        })
    }
}

/// The path of a listing's page.
async fn page_of(client: &Client, listing: &str) -> String {
    client.get(&format!("/api/v1/technologies/{listing}")).await.expect(200)["url"].as_str().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_completed_deal_becomes_a_story_that_everybody_reads_with_the_consent_of_both_sides() {
    on_every_database(async |site: Site| {
        let scene = Scene::make(&site, "st").await;
        let Cast { owner, owner_party, seeker, seeker_party, broker, listing, .. } = &scene.cast;
        let visitor = site.visitor();
        let empty = visitor.get("/stories").await;
        assert!(empty.status == 200 && empty.text.contains("Chưa có câu chuyện nào"), "{}", empty.text);

        // It begins with what is public already, and with nothing of the deal's own.
        let view = scene.view(seeker).await;
        assert_eq!((&view["state"], &view["version"], &view["hash"]), (&json!("none"), &json!(0), &Value::Null));
        assert_eq!(view["content"]["title"]["vi"]["text"], "Máy sấy cơm dừa bơm nhiệt st");
        assert_eq!(view["content"]["listings"], json!([listing]));
        for private in ["77/2026", "300000000", "jobs"] {
            assert!(!view.to_string().contains(private), "{private} in {view}");
        }
        let names: Vec<&str> = view["parties"].as_array().unwrap().iter().map(|p| p["role"].as_str().unwrap()).collect();
        assert_eq!(names, ["owner", "seeker"]);

        // The seeker's side writes; those who speak for the other side are told that their consent is wanted.
        let written = scene.write(seeker, scene.text()).await.expect(200);
        assert_eq!((written["hash"].as_str().unwrap().len(), &written["voided"]), (64, &json!([])));
        let notices = owner.get("/api/v1/notices").await.expect(200);
        let asked =
            notices["items"].as_array().unwrap().iter().find(|n| n["kind"] == "consent_asked").unwrap_or_else(|| panic!("{notices}"));
        assert!(asked["url"].as_str().unwrap().ends_with(&scene.page()), "{asked}");

        // One side alone publishes nothing, and a moderator sees nothing before both consent.
        assert_eq!(scene.consent(seeker, *owner_party).await.status, 403, "nobody consents for the other side");
        let moved = scene.consent(seeker, *seeker_party).await.expect(201);
        assert_eq!(moved["state"], "draft");
        assert_eq!(scene.moderator.get(&scene.story()).await.status, 404);
        assert_eq!(scene.step(&scene.moderator, "publish", 2).await.status, 404);
        assert_eq!(visitor.get("/api/v1/stories").await.expect(200)["total"], 0);

        // The other side consents on its page; the moderator finds it in the queue, reads it and publishes it.
        let page = owner.get(&scene.page()).await.text;
        assert!(page.contains("value=\"consent\"") && page.contains("st-seeker đã đồng ý"), "{page}");
        let hash = written["hash"].as_str().unwrap();
        let form = format!("_do=consent&party={owner_party}&hash={hash}");
        let urlencoded = "application/x-www-form-urlencoded";
        let sent = owner.send_raw(Method::POST, &scene.page(), urlencoded, form.into_bytes()).await;
        assert_eq!(sent.headers["location"].to_str().unwrap(), format!("{}?did=consented", scene.page()));
        let queue = scene.moderator.get("/api/v1/story-queue").await.expect(200);
        assert_eq!((&queue["total"], &queue["items"][0]["title"]["vi"]["text"]), (&json!(1), &json!("Sấy cơm dừa nhanh gấp ba")));
        assert!(scene.moderator.get("/staff/stories").await.text.contains(&scene.page()));
        let seen = scene.view(&scene.moderator).await;
        assert_eq!(
            (&seen["state"], &seen["steps"], &seen["parties"][0]["consent"]["by"]),
            (&json!("agreed"), &json!(["publish"]), &Value::Null)
        );
        for by in [owner, broker] {
            assert_eq!(scene.step(by, "publish", 3).await.status, 403);
        }
        assert_eq!(scene.step(&scene.moderator, "publish", 2).await.status, 412);
        let form = b"_do=publish&_seen=3".to_vec();
        assert_eq!(scene.moderator.send_raw(Method::POST, &scene.page(), urlencoded, form).await.status, 303);
        assert_eq!(scene.step(&scene.moderator, "publish", 4).await.status, 409, "it is published already");

        // Everybody reads it: the list, the page in both languages, what it links, and from there back.
        let stories = visitor.get("/api/v1/stories").await.expect(200);
        let url = stories["items"][0]["url"].as_str().unwrap().to_owned();
        let one = visitor.get(&format!("/api/v1{url}")).await;
        assert_eq!(one.headers["etag"], "\"4\"");
        let one = one.expect(200);
        assert_eq!(
            (&one["figures"][0]["value"], &one["listings"][0]["id"], one["kind_name"].as_str()),
            (&json!(5.5), &json!(listing), Some("Dịch vụ kỹ thuật"))
        );
        assert_eq!(one["parties"].as_array().unwrap().len(), 2);
        let page = visitor.get(&url).await;
        assert_eq!(page.status, 200);
        for part in [
            "<h1>Sấy cơm dừa nhanh gấp ba</h1>",
            "<strong>cùng thử</strong>",
            "5,5\u{a0}giờ",
            "application/ld+json",
            "\"@type\":\"Article\"",
            "property=\"og:title\" content=\"Sấy cơm dừa nhanh gấp ba\"",
            &format!("rel=\"canonical\" href=\"{}{url}\"", site.app.settings.public_url),
            &format!("hreflang=\"en\" href=\"{}/en{url}\"", site.app.settings.public_url),
            &page_of(&visitor, listing).await,
        ] {
            assert!(page.text.contains(part), "{part} in {}", page.text);
        }
        assert!(!page.text.contains("<script>alert") && page.text.contains("&lt;script"), "{}", page.text);
        let english = visitor.get(&format!("/en{url}")).await.text;
        assert!(english.contains("<h1>Copra dried three times faster</h1>") && english.contains("5.5\u{a0}hours"), "{english}");
        assert!(english.contains("Technical service"), "{english}");
        let party = visitor.get(&format!("/api/v1/parties/{seeker_party}")).await.expect(200)["slug"].as_str().unwrap().to_owned();
        for path in ["/".to_owned(), "/stories".to_owned(), page_of(&visitor, listing).await, format!("/parties/{party}")] {
            let text = visitor.get(&path).await.text;
            assert!(text.contains(&format!("href=\"{url}\"")), "{path}: {text}");
        }
        let of = async |filter: &str| visitor.get(&format!("/api/v1/stories?{filter}")).await.expect(200)["total"].clone();
        assert_eq!((of(&format!("listing={listing}")).await, of(&format!("party={owner_party}")).await), (json!(1), json!(1)));
        assert_eq!(of(&format!("party={listing}")).await, json!(0));
        assert!(owner.get(&scene.page().replace("/story", "")).await.text.contains("đang công khai"), "the deal's page tells it");

        // The log has its ids and hashes, and no word of it.
        let events = site.app.store.events(&store::events::Filter::default(), 1_000).await.unwrap();
        let told: Vec<&str> = events.iter().rev().map(|e| e.kind.as_str()).filter(|k| k.starts_with("deal.story")).collect();
        assert_eq!(told, ["deal.story_written", "deal.story_consented", "deal.story_consented", "deal.story_published"]);
        let payloads: String = events.iter().map(|e| e.payload.to_string()).collect();
        assert!(payloads.contains(hash) && !payloads.contains("gấp ba"));
        site.stop().await;
    })
    .await;
}

/// What somebody is told of one kind: the sentence and where it leads.
async fn told(by: &Client, kind: &str) -> Option<(String, String)> {
    let list = by.get("/api/v1/notices").await.expect(200);
    let found = list["items"].as_array().unwrap().iter().find(|n| n["kind"] == kind)?;
    Some((found["text"].as_str().unwrap().to_owned(), found["url"].as_str().unwrap().to_owned()))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_public_story_is_told_to_its_parties_and_a_consent_taken_back_to_the_brokers_and_who_published_it() {
    on_every_database(async |site: Site| {
        let scene = Scene::make(&site, "sn").await;
        let Cast { owner, owner_party, seeker, seeker_party, broker, .. } = &scene.cast;
        let (viewer, account) = site.account("sn-viewer", &[]).await;
        site.member(*seeker_party, account, PartyRole::Viewer).await;
        let idle = site.staff("sn-idle", &[StaffRole::Moderator]).await;
        let url = scene.published().await;
        for member in [owner, seeker, &viewer] {
            let (text, at) = told(member, "story_published").await.unwrap();
            assert!(text.contains("Sấy cơm dừa nhanh gấp ba") && at == url, "{text} {at}");
        }
        for other in [broker, &scene.moderator, &idle] {
            assert_eq!(told(other, "story_published").await, None);
        }
        let letter = site.letter_with("sn-viewer@example.org", "/stories/").await;
        assert!(letter.contains("Sấy cơm dừa nhanh gấp ba"), "{letter}");

        // A consent is taken back: whoever led the deal and whoever published it are told, each where they may look.
        scene.withdraw(seeker, *seeker_party).await.expect(200);
        let (text, at) = told(broker, "story_withdrawn").await.unwrap();
        assert!(text.contains("rút lại sự đồng ý") && at == scene.page(), "{text} {at}");
        let (text, at) = told(&scene.moderator, "story_withdrawn").await.unwrap();
        assert!(!text.contains("gấp ba") && at == "/staff/stories", "{text} {at}");
        assert_eq!(scene.moderator.get(&at).await.status, 200);
        for other in [owner, seeker, &viewer, &idle] {
            assert_eq!(told(other, "story_withdrawn").await, None);
        }
        site.letter_with("sn-judge@example.org", "rút lại sự đồng ý").await;
        // Of a story that is public no more the older notice leads where its reader may still look.
        assert_eq!(told(owner, "story_published").await.unwrap().1, scene.page());

        // One that nobody had published concerns the brokers alone, each time.
        scene.consent(seeker, *seeker_party).await.expect(201);
        scene.withdraw(owner, *owner_party).await.expect(200);
        let count = async |by: &Client| by.get("/api/v1/notices").await.text.matches("story_withdrawn").count();
        assert_eq!((count(broker).await, count(&scene.moderator).await), (2, 1));
        site.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn another_text_makes_every_consent_void_and_a_consent_taken_back_hides_the_story() {
    on_every_database(async |site: Site| {
        let scene = Scene::make(&site, "sv").await;
        let Cast { owner, owner_party, seeker, seeker_party, .. } = &scene.cast;
        let visitor = site.visitor();
        let url = scene.published().await;
        assert_eq!(visitor.get(&url).await.status, 200);

        // The same text again changes nothing.
        let same = scene.write(owner, scene.text()).await.expect(200);
        assert_eq!(
            (&same["voided"], &same["left_public"], same["version"].as_i64()),
            (&json!([]), &json!(false), Some(scene.version().await))
        );
        assert_eq!(visitor.get(&url).await.status, 200);

        // One figure more: both consents are void, the story is hidden, and its form and its page say so.
        let form = owner.get(&format!("{}/edit", scene.page())).await.text;
        assert!(form.contains("sự đồng ý đó hết hiệu lực"), "{form}");
        let mut text = scene.text();
        text["figures"][0]["value"] = json!(6);
        let old_hash = scene.view(owner).await["hash"].clone();
        let edited = scene.write(owner, text).await.expect(200);
        assert_eq!((edited["voided"].as_array().unwrap().len(), &edited["left_public"]), (2, &json!(true)));
        let view = scene.view(owner).await;
        assert_eq!((&view["state"], &view["url"]), (&json!("draft"), &Value::Null));
        for party in view["parties"].as_array().unwrap() {
            assert_eq!((&party["consent"], &party["ended"]["how"]), (&Value::Null, &json!("voided")), "{party}");
        }
        assert!(seeker.get(&scene.page()).await.text.contains("vì nội dung đã thay đổi"));
        for path in [url.clone(), format!("/en{url}"), format!("/api/v1{url}")] {
            assert_eq!(visitor.get(&path).await.status, 404, "{path}");
        }
        assert_eq!(visitor.get("/api/v1/stories").await.expect(200)["total"], 0);

        // Who read the old text does not consent to the new one.
        let consent = json!({"party": owner_party, "hash": old_hash});
        let refused = owner.post(&format!("{}/consents", scene.story()), consent).await;
        assert!(refused.status == 409 && refused.text.contains("story-changed"), "{}", refused.text);

        // Consented to anew it is published again, at its old address; a consent taken back hides it at once.
        site.clock.advance(TimeDelta::minutes(1));
        scene.both_consent().await;
        scene.step(&scene.moderator, "publish", scene.version().await).await.expect(200);
        assert_eq!(visitor.get(&url).await.status, 200);
        site.clock.advance(TimeDelta::minutes(1));
        assert_eq!(scene.withdraw(seeker, *owner_party).await.status, 403);
        assert_eq!(scene.withdraw(seeker, *seeker_party).await.expect(200)["state"], "draft");
        assert_eq!(visitor.get(&url).await.status, 404);
        assert!(!visitor.get("/").await.text.contains(&url));
        assert_eq!(scene.withdraw(seeker, *seeker_party).await.status, 409, "there is nothing left to take back");
        let view = scene.view(seeker).await;
        assert_eq!((&view["parties"][1]["ended"]["how"], &view["parties"][0]["consent"]["by"]), (&json!("withdrawn"), &json!("sv-owner")));
        assert_eq!(scene.step(&scene.moderator, "publish", scene.version().await).await.status, 404);

        // A moderator takes it out of public; the consents stand.
        scene.consent(seeker, *seeker_party).await.expect(201);
        scene.step(&scene.moderator, "publish", scene.version().await).await.expect(200);
        scene.step(&scene.moderator, "unpublish", scene.version().await).await.expect(200);
        assert_eq!((visitor.get(&url).await.status.as_u16(), scene.view(owner).await["state"].clone()), (404, json!("agreed")));
        site.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_outside_a_deal_reads_its_draft_and_only_a_completed_deal_has_one() {
    on_every_database(async |site: Site| {
        let scene = Scene::make(&site, "so").await;
        let Cast { owner, owner_party, seeker, broker, listing, .. } = &scene.cast;
        scene.write(broker, scene.text()).await.expect(200);

        // Outsiders find nothing, members who write for neither side may not write, signatories consent.
        let stranger = site.person("so-stranger").await;
        site.party(&stranger, "Công ty Ngoài Cuộc", "enterprise").await;
        for path in [scene.story(), scene.page(), format!("{}/edit", scene.page())] {
            assert_eq!(stranger.get(&path).await.status, 404, "{path}");
        }
        assert_eq!(stranger.put_at(&scene.story(), 1, scene.text()).await.status, 404);
        let (viewer, account) = site.account("so-viewer", &[]).await;
        site.member(*owner_party, account, PartyRole::Viewer).await;
        assert_eq!(viewer.put_at(&scene.story(), 1, scene.text()).await.status, 403);
        assert_eq!(viewer.get(&format!("{}/edit", scene.page())).await.status, 404);
        let (editor, account) = site.account("so-editor", &[]).await;
        site.member(*owner_party, account, PartyRole::Editor).await;
        assert_eq!(scene.consent(&editor, *owner_party).await.status, 403);
        let (signatory, account) = site.account("so-signatory", &[]).await;
        site.member(*owner_party, account, PartyRole::Signatory).await;
        scene.consent(&signatory, *owner_party).await.expect(201);
        let program = owner.clone().with_token(&site, &["read", "write"]).await;
        assert_eq!(scene.withdraw(&program, *owner_party).await.status, 403, "a program speaks for nobody");

        // What is wrong is told all at once, and comes back as typed.
        let bad = json!({"title": {"en": "Fast"}, "figures": [{"value": 1}], "listings": ["01a20bec-d480-7e95-ba2e-91e90adde00d"]});
        let refused = scene.write(owner, bad).await;
        let lacks = ["/title/vi", "/summary/vi", "/summary/en", "/body/vi", "/body/en", "/figures/0/label/vi", "/listings/0"];
        assert_eq!((refused.status.as_u16(), refused.pointers()), (422, lacks.map(str::to_owned).to_vec()), "{}", refused.text);
        assert_eq!(owner.put_at(&scene.story(), 1, scene.text()).await.status, 412);
        assert_eq!(owner.put_at(&scene.story(), 2, json!({"titel": {}})).await.status, 422);
        let long = json!({"title": {"vi": "x".repeat(161)}, "summary": {"vi": "x"}, "body": {"vi": "x"}});
        assert_eq!(scene.write(owner, long).await.pointers(), ["/title/vi"]);
        let unknown = json!({"party": "01a20bec-d480-7e95-ba2e-91e90adde00d", "hash": "x"});
        assert_eq!(owner.post(&format!("{}/consents", scene.story()), unknown).await.pointers(), ["/party"]);
        let urlencoded = "application/x-www-form-urlencoded";
        let form = "_seen=2&_do=save&/title/vi=&/summary/vi=T%C3%B3m&/figures/0/label/vi=S%E1%BA%A5y&/figures/0/value=nhanh";
        let path = format!("{}/edit", scene.page());
        let sent = owner.send_raw(Method::POST, &path, urlencoded, form.as_bytes().to_vec()).await;
        assert!(
            sent.status == 422 && sent.text.contains("value=\"nhanh\"") && sent.text.contains("href=\"#/figures/0/value\""),
            "{}",
            sent.text
        );
        assert_eq!(owner.send_raw(Method::POST, &scene.page(), urlencoded, b"_do=dance".to_vec()).await.status, 400);
        assert_eq!(site.visitor().get("/api/v1/stories?page=2").await.status, 400);
        assert_eq!(site.visitor().get("/api/v1/stories?cursor=x").await.status, 400);
        assert_eq!(site.visitor().get("/stories/khong-co").await.status, 404);

        // The form keeps what it is given, in Vietnamese and in English.
        let form = "_seen=2&_do=save&/title/vi=M%E1%BB%9Bi&/listings=";
        let sent = owner.send_raw(Method::POST, &path, urlencoded, form.as_bytes().to_vec()).await;
        assert!(sent.headers["location"].to_str().unwrap().ends_with("?did=voided"), "{}", sent.text);
        let form = "_seen=3&_do=save&/title/en=New&/summary/en=Short&/body/en=Text";
        let sent = owner.send_raw(Method::POST, &format!("/en{path}?text=en"), urlencoded, form.as_bytes().to_vec()).await;
        assert_eq!(sent.headers["location"].to_str().unwrap(), format!("/en{}?did=saved", scene.page()));
        let content = scene.view(seeker).await["content"].clone();
        assert_eq!((&content["title"]["vi"]["text"], &content["title"]["en"]["text"]), (&json!("Mới"), &json!("New")));
        assert_eq!((&content["listings"], &content["figures"][0]["value"]), (&Value::Null, &json!(5.5)));

        // A deal that goes on has no story.
        let open = json!({"kind": "technical_service", "listing": listing, "seeker": scene.cast.seeker_party});
        let open = broker.post("/api/v1/deals", open).await.expect(201)["id"].as_str().unwrap().to_owned();
        let story = format!("/api/v1/deals/{open}/story");
        assert_eq!(owner.get(&story).await.status, 404);
        assert_eq!(owner.put_at(&story, 0, scene.text()).await.status, 409);
        assert!(!owner.get(&format!("/deals/{open}")).await.text.contains("success-story"));
        site.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_story_links_no_listing_that_its_reader_may_not_see_and_none_that_hides_its_party() {
    on_every_database(async |site: Site| {
        let scene = Scene::make(&site, "sh").await;
        let Cast { owner, seeker, seeker_party, owner_party, broker, listing, .. } = &scene.cast;
        let visitor = site.visitor();
        let url = scene.published().await;
        let api = format!("/api/v1{url}");
        let links = async |by: &Client| by.get(&api).await.expect(200)["listings"].as_array().unwrap().len();
        assert_eq!(links(&visitor).await, 1);

        // For registered readers only: the story stays, its link is theirs.
        let version = owner.get(&format!("/api/v1/technologies/{listing}")).await.expect(200)["inside"]["version"].as_i64().unwrap();
        let visibility = format!("/api/v1/listings/{listing}/visibility");
        owner.put_at(&visibility, version, json!({"visibility": "registered"})).await.expect(200);
        assert_eq!((links(&visitor).await, links(seeker).await), (0, 1));
        assert_eq!(visitor.get(&format!("/api/v1/stories?listing={listing}")).await.expect(200)["total"], 0);
        assert_eq!(seeker.get(&format!("/api/v1/stories?listing={listing}")).await.expect(200)["total"], 1);

        // A need that hides whose it is: the story names the party, so it does not link the need.
        let mut hidden = need();
        hidden["anonymity"] = json!("hidden");
        let made = seeker.post("/api/v1/needs", json!({"party": seeker_party, "content": hidden})).await.expect(201);
        let wanted = made["id"].as_str().unwrap().to_owned();
        let steps = format!("/api/v1/listings/{wanted}/transitions");
        let seen = seeker.post_at(&steps, 1, json!({"step": "submit"})).await.expect(200)["version"].as_i64().unwrap();
        publish(&scene.moderator, &wanted, seen).await;
        let new = json!({"kind": "technical_service", "listing": wanted, "owner": owner_party, "seeker": seeker_party});
        let id = broker.post("/api/v1/deals", new).await.expect(201)["id"].as_str().unwrap().to_owned();
        let deal = Deal { path: format!("/api/v1/deals/{id}") };
        complete(&deal, owner, seeker, broker).await;
        let second = Scene { deal, moderator: scene.moderator.clone(), cast: scene.cast };
        let Cast { owner, seeker, .. } = &second.cast;
        assert_eq!(second.view(owner).await["content"], json!({}), "nothing of it is public");
        let mut text = second.text();
        text["listings"] = json!([wanted]);
        second.write(seeker, text).await.expect(200);
        second.both_consent().await;
        second.step(&second.moderator, "publish", second.version().await).await.expect(200);
        let url = second.view(owner).await["url"].as_str().unwrap().to_owned();
        let api = format!("/api/v1{url}");
        for (by, links) in [(&visitor, 0), (owner, 0), (seeker, 1)] {
            assert_eq!(by.get(&api).await.expect(200)["listings"].as_array().unwrap().len(), links);
            let of_need = by.get(&format!("/api/v1/stories?listing={wanted}")).await.expect(200);
            assert_eq!(of_need["total"], links);
        }
        let need = visitor.get(&format!("/api/v1/needs/{wanted}")).await.expect(200)["url"].as_str().unwrap().to_owned();
        assert!(!visitor.get(&need).await.text.contains(&url));
        assert!(!visitor.get(&url).await.text.contains(&need));
        site.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_demonstration_has_a_completed_deal_whose_story_both_sides_consent_to() {
    let site = Site::start_demonstration(store::testing::TestStore::sqlite().await.unwrap()).await;
    let visitor = site.visitor();
    let list = visitor.get("/api/v1/stories").await.expect(200);
    let story = &list["items"][0];
    assert_eq!((&list["total"], story["parties"].as_array().unwrap().len()), (&json!(1), 2), "{list}");
    let url = story["url"].as_str().unwrap();
    for (page, mark) in [(url.to_owned(), "minh họa"), (format!("/en{url}"), "demonstration")] {
        let text = visitor.get(&page).await.text;
        let heading = text.split("<h1>").nth(1).unwrap_or_else(|| panic!("{text}")).split("</h1>").next().unwrap();
        assert!(heading.contains(mark), "{heading}");
    }
    for page in ["/", "/stories"] {
        assert!(visitor.get(page).await.text.contains(&format!("href=\"{url}\"")), "{page}");
    }
    // It came about as any other: step by step, by those who may, and the log tells the same.
    let filter = store::events::Filter::default();
    let events = site.app.store.events(&filter, 10_000).await.unwrap();
    let count = |kind: &str| events.iter().filter(|e| e.kind == kind && e.actor_id.is_some()).count();
    let told = ["deal.opened", "deal.moved", "deal.contract_recorded", "deal.story_consented", "deal.story_published"].map(count);
    assert_eq!(told, [1, 6, 1, 2, 1]);
    let deal = events.iter().find(|e| e.kind == "deal.opened").unwrap().subject_id;
    let mut own: Vec<_> = events.into_iter().filter(|e| e.subject_id == deal).collect();
    own.reverse();
    let replayed = brokering::deals::replay(&own).unwrap();
    assert_eq!((replayed.stage.as_str(), replayed.is_open, replayed.parties.len()), ("completed", false, 2));
    assert!(site.app.store.verify_events(&mut |_| {}).await.unwrap().is_ok());
    site.stop().await;
}
