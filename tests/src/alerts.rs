//! Saved searches, what they bring, notices and their letters: each reader gets each new thing once.

use accounts::notices::{self, NewNotice, NoticeKind};
use base::{AccountId, StaffRole};
use chrono::TimeDelta;
use reqwest::Method;
use sea_orm::ConnectionTrait;
use serde_json::{Value, json};
use store::Ctx;

use crate::main_job::{need, publish, technology};
use crate::site::{Client, PASSWORD, Site, on_every_database};

/// Tells somebody of something about a listing, as a feature would.
pub async fn tell(site: &Site, account: AccountId, kind: NoticeKind, listing: uuid::Uuid) {
    let new = NewNotice { kind, about_kind: "listing", about: listing, facts: json!({}), once: format!("{kind}:{listing}") };
    let work = move |tx: store::Tx| {
        let new = new.clone();
        async move { notices::tell(&tx, account, &new).await }
    };
    site.app.store.write(Ctx::system(), work).await.unwrap();
}

/// Somebody who posts, somebody who reviews, and their party.
pub struct Press {
    pub author: Client,
    pub moderator: Client,
    pub party: base::PartyId,
}

impl Press {
    pub async fn new(site: &Site) -> Self {
        let author = site.person("author").await;
        let moderator = site.staff("moderator", &[StaffRole::Moderator]).await;
        let party = site.party(&author, "Viện Dừa", "institute").await;
        Self { author, moderator, party }
    }

    /// The same people on the next day, signed in again.
    pub async fn next_day(&mut self, site: &Site) {
        site.clock.advance(TimeDelta::hours(24));
        self.author = site.visitor().sign_in("author@example.org", PASSWORD).await;
        self.moderator = site.visitor().sign_in("moderator@example.org", PASSWORD).await;
    }

    /// A need of a firm that is out, by its id, and the person who posted it.
    pub async fn seeks(&self, site: &Site) -> (Client, String) {
        let seeker = site.person("seeker").await;
        let firm = site.party(&seeker, "Công ty Dừa", "enterprise").await;
        let made = seeker.post("/api/v1/needs", json!({"party": firm, "content": need()})).await.expect(201);
        let id = made["id"].as_str().unwrap().to_owned();
        let seen = seeker.post_at(&format!("/api/v1/listings/{id}/transitions"), 1, json!({"step": "submit"})).await.expect(200);
        publish(&self.moderator, &id, seen["version"].as_i64().unwrap()).await;
        (seeker, id)
    }

    /// Withdraws a technology and waits until it is not found any more.
    pub async fn withdraws(&self, site: &Site, id: &str) {
        self.takes_back(id).await;
        site.indexed().await;
    }

    /// The same, without waiting for the index.
    pub async fn takes_back(&self, id: &str) {
        let seen = self.author.get(&format!("/api/v1/technologies/{id}")).await.expect(200)["inside"]["version"].as_i64().unwrap();
        let gone = json!({"step": "withdraw", "outcome": {"reason": "no_longer_offered"}});
        self.author.post_at(&format!("/api/v1/listings/{id}/transitions"), seen, gone).await.expect(200);
    }

    /// Publishes a technology a moment later and waits until it can be found; gives its id.
    pub async fn publishes(&self, site: &Site, title: &str, visibility: &str) -> String {
        let id = self.writes(site, title, visibility).await;
        site.indexed().await;
        id
    }

    /// The same, without waiting for the index.
    pub async fn writes(&self, site: &Site, title: &str, visibility: &str) -> String {
        site.clock.advance(TimeDelta::minutes(1));
        let draft = json!({"party": self.party, "content": technology(title)});
        let id = self.author.post("/api/v1/technologies", draft).await.expect(201)["id"].as_str().unwrap().to_owned();
        let mut seen = 1;
        if visibility != "public" {
            let path = format!("/api/v1/listings/{id}/visibility");
            seen = self.author.put_at(&path, seen, json!({ "visibility": visibility })).await.expect(200)["version"].as_i64().unwrap();
        }
        let steps = format!("/api/v1/listings/{id}/transitions");
        let seen = self.author.post_at(&steps, seen, json!({"step": "submit"})).await.expect(200)["version"].as_i64().unwrap();
        publish(&self.moderator, &id, seen).await;
        id
    }
}

pub async fn keep(client: &Client, query: &str, when: &str) -> Value {
    client.post("/api/v1/saved-searches", json!({"name": "Tin tôi chờ", "query": query, "when": when})).await.expect(201)
}

/// A round as the clock brings it, and the letters it leaves.
pub async fn round(site: &Site) -> u64 {
    site.indexed().await;
    let done = matching::alerts::round(&site.app.saved, -1).await.unwrap();
    site.settled().await;
    done.with_news
}

pub async fn titles(client: &Client) -> Vec<String> {
    let alerts = client.get("/api/v1/alerts").await.expect(200);
    alerts["items"].as_array().unwrap().iter().map(|a| a["found"]["title"].as_str().unwrap_or_default().to_owned()).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_saved_search_brings_each_new_thing_once_and_only_what_its_owner_may_see() {
    on_every_database(async |site: Site| {
        let press = Press::new(&site).await;
        press.publishes(&site, "Máy sấy cơm dừa kiểu cũ", "public").await;
        let reader = site.person("reader").await;
        let kept = keep(&reader, "q=máy sấy&kind=technology", "at_once").await;
        assert_eq!(kept["query"], "q=m%C3%A1y%20s%E1%BA%A5y&kind=technology");
        assert_eq!(round(&site).await, 0, "what was there when it was kept is no news");

        press.publishes(&site, "Máy sấy cơm dừa bơm nhiệt", "public").await;
        press.publishes(&site, "Máy sấy kín đáo", "private").await;
        press.publishes(&site, "Máy sấy cho người đăng nhập", "registered").await;
        assert_eq!(round(&site).await, 1);
        let mut brought = titles(&reader).await;
        brought.sort();
        assert_eq!(brought, ["Máy sấy cho người đăng nhập", "Máy sấy cơm dừa bơm nhiệt"]);
        let letters = site.letters_of("reader@example.org");
        assert_eq!(letters.len(), 1);
        let text = accounts::mailbox::plain_text(&letters[0]).unwrap();
        assert!(text.contains("Máy sấy cơm dừa bơm nhiệt") && !text.contains("kín đáo") && !text.contains("kiểu cũ"), "{text}");
        assert_eq!(reader.get("/api/v1/notices").await.expect(200)["total"], 1);

        // An edit of what was brought, and another round, bring nothing more.
        assert_eq!((round(&site).await, round(&site).await), (0, 0));
        assert_eq!(site.letters_of("reader@example.org").len(), 1);

        // It is there for nobody else.
        let path = format!("/api/v1/saved-searches/{}", kept["id"].as_str().unwrap());
        assert_eq!(press.author.get(&path).await.status, 404);
        assert_eq!(press.author.get("/api/v1/alerts").await.expect(200)["total"], 0);
        reader.send(Method::DELETE, &path, None).await;
        assert_eq!(reader.get(&path).await.status, 404);
        assert_eq!(reader.get("/api/v1/alerts").await.expect(200)["total"], 0);
        site.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_withdrawn_before_the_letter_was_written_is_not_told() {
    on_every_database(async |site: Site| {
        let mut press = Press::new(&site).await;
        let reader = site.person("reader").await;
        keep(&reader, "q=máy sấy", "daily").await;
        let id = press.publishes(&site, "Máy sấy cơm dừa bơm nhiệt", "public").await;
        assert_eq!(round(&site).await, 0, "the morning has not come");
        press.next_day(&site).await;
        press.withdraws(&site, &id).await;
        assert_eq!(round(&site).await, 0);
        assert!(site.letters_of("reader@example.org").is_empty());

        // What was brought and went away afterwards keeps its place without its title.
        let second = press.publishes(&site, "Máy sấy tầng sôi", "public").await;
        press.next_day(&site).await;
        assert_eq!(round(&site).await, 1);
        assert_eq!(site.letters_of("reader@example.org").len(), 1);
        press.withdraws(&site, &second).await;
        let reader = site.visitor().sign_in("reader@example.org", PASSWORD).await;
        assert_eq!(titles(&reader).await, [""]);
        site.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_rounds_at_the_same_time_and_a_letter_sent_again_are_one_letter() {
    on_every_database(async |site: Site| {
        let press = Press::new(&site).await;
        let reader = site.person("reader").await;
        keep(&reader, "q=máy sấy", "at_once").await;
        press.publishes(&site, "Máy sấy cơm dừa bơm nhiệt", "public").await;
        site.indexed().await;
        let (one, other) = tokio::join!(matching::alerts::round(&site.app.saved, -1), matching::alerts::round(&site.app.saved, -1));
        assert_eq!(one.unwrap().with_news + other.unwrap().with_news, 1);
        site.settled().await;
        assert_eq!(site.letters_of("reader@example.org").len(), 1);
        assert_eq!(titles(&reader).await.len(), 1);
        site.stop().await;
    })
    .await;
}

/// The link that a letter's headers name for its own end.
pub fn stop_link(letter: &str) -> String {
    let unfolded = letter.replace("\r\n ", "").replace("\r\n\t", "");
    let line = unfolded.lines().find_map(|l| l.strip_prefix("List-Unsubscribe: <")).unwrap_or_else(|| panic!("{letter}"));
    assert!(unfolded.contains("List-Unsubscribe-Post: List-Unsubscribe=One-Click"));
    line.trim_end().trim_end_matches('>').to_owned()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_mail_program_stops_letters_with_one_post_and_a_forged_link_stops_nothing() {
    on_every_database(async |site: Site| {
        let press = Press::new(&site).await;
        let reader = site.person("reader").await;
        let kept = keep(&reader, "q=máy sấy", "at_once").await;
        press.publishes(&site, "Máy sấy cơm dừa bơm nhiệt", "public").await;
        round(&site).await;
        let link = stop_link(&site.letters_of("reader@example.org")[0]);
        let path = link.split_once("/letters/").map(|(_, rest)| format!("/letters/{rest}")).unwrap();
        let visitor = site.visitor();
        // Opening it changes nothing: programs that look through mail open links.
        assert_eq!(visitor.get(&path).await.status, 200);
        let saved = format!("/api/v1/saved-searches/{}", kept["id"].as_str().unwrap());
        assert_eq!(reader.get(&saved).await.expect(200)["when"], "at_once");
        let body = b"List-Unsubscribe=One-Click".to_vec();
        let form = "application/x-www-form-urlencoded";
        assert_eq!(visitor.send_raw(Method::POST, &format!("{path}x"), form, body.clone()).await.status, 404);
        assert_eq!(visitor.send_raw(Method::POST, &path, form, body.clone()).await.status, 200);
        assert_eq!(reader.get(&saved).await.expect(200)["when"], "in_space");
        press.publishes(&site, "Máy sấy tầng sôi", "public").await;
        assert_eq!((round(&site).await, round(&site).await), (1, 0), "in the space it is told, and once");
        assert_eq!(site.letters_of("reader@example.org").len(), 1);
        assert_eq!((titles(&reader).await.len(), reader.get("/api/v1/notices").await.expect(200)["total"].clone()), (2, json!(2)));
        // What looks for nothing is not begun by the link in an old letter.
        let seen = reader.get(&saved).await.expect(200)["version"].as_i64().unwrap();
        reader.put_at(&saved, seen, json!({"name": "Tin tôi chờ", "when": "off"})).await.expect(200);
        assert_eq!(visitor.send_raw(Method::POST, &path, form, body.clone()).await.status, 200);
        assert_eq!(reader.get(&saved).await.expect(200)["when"], "off");
        // The feed has both, and ends with the search.
        let feed = kept["feed"].as_str().unwrap().replace(&site.app.settings.public_url, "");
        let atom = visitor.get(&feed).await;
        assert_eq!(atom.status, 200);
        assert!(atom.text.contains("<title>Máy sấy tầng sôi</title>") && atom.text.contains("bơm nhiệt"), "{}", atom.text);
        reader.send(Method::DELETE, &saved, None).await;
        assert_eq!(visitor.get(&feed).await.status, 404);
        site.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn notices_come_at_once_in_the_morning_or_only_in_the_space_as_each_chose() {
    on_every_database(async |site: Site| {
        let press = Press::new(&site).await;
        let id = press.publishes(&site, "Máy sấy cơm dừa bơm nhiệt", "public").await.parse().unwrap();
        let (reader, account) = site.account("reader", &[]).await;
        let mails = || site.letters_of("reader@example.org").len();
        tell(&site, account, NoticeKind::InterestReceived, id).await;
        tell(&site, account, NoticeKind::InterestReceived, id).await;
        site.settled().await;
        assert_eq!(mails(), 1, "at once, and once");
        tell(&site, account, NoticeKind::MatchFound, id).await;
        let off = json!({"choices": [{"kind": "deal_moved", "way": "off"}]});
        reader.send(Method::PUT, "/api/v1/notice-choices", Some(off)).await.expect(200);
        tell(&site, account, NoticeKind::DealMoved, id).await;
        site.settled().await;
        assert_eq!(mails(), 1);
        assert_eq!(notices::leave_digests(&site.app.accounts).await.unwrap(), 0, "the morning has not come");
        site.clock.advance(TimeDelta::hours(24));
        assert_eq!(notices::leave_digests(&site.app.accounts).await.unwrap(), 1);
        assert_eq!(notices::leave_digests(&site.app.accounts).await.unwrap(), 0);
        site.settled().await;
        assert_eq!(mails(), 2);
        let text = accounts::mailbox::plain_text(&site.letters_of("reader@example.org")[1]).unwrap();
        assert!(text.contains("đối tác phù hợp mới") && !text.contains("bước mới"), "{text}");

        let reader = site.visitor().sign_in("reader@example.org", PASSWORD).await;
        let author = site.visitor().sign_in("author@example.org", PASSWORD).await;
        let list = reader.get("/api/v1/notices?unread=true").await.expect(200);
        assert_eq!(list["total"], 3, "all are in the space");
        let first = list["items"][0]["id"].as_str().unwrap();
        assert_eq!(reader.post(&format!("/api/v1/notices/{first}/read"), Value::Null).await.status, 204);
        assert_eq!(author.post(&format!("/api/v1/notices/{first}/read"), Value::Null).await.status, 404);
        assert_eq!(reader.get("/api/v1/notices?unread=true").await.expect(200)["total"], 2);
        reader.post("/api/v1/notices/read", Value::Null).await;
        assert_eq!(reader.get("/api/v1/notices?unread=true").await.expect(200)["total"], 0);
        let wrong = json!({"choices": [{"kind": "search_news", "way": "off"}]});
        let refused = reader.send(Method::PUT, "/api/v1/notice-choices", Some(wrong)).await;
        assert_eq!((refused.status.as_u16(), refused.pointers()), (422, vec!["/choices/0/kind".to_owned()]));
        site.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_letter_of_a_day_leaves_out_what_was_stopped_since_and_is_none_where_nothing_is_left() {
    on_every_database(async |site: Site| {
        let press = Press::new(&site).await;
        let id = press.publishes(&site, "Máy sấy cơm dừa bơm nhiệt", "public").await.parse().unwrap();
        let (some, some_account) = site.account("some", &[]).await;
        let (none, none_account) = site.account("none", &[]).await;
        let daily = json!({"choices": [{"kind": "match_found", "way": "daily"}]});
        for by in [&some, &none] {
            by.send(Method::PUT, "/api/v1/notice-choices", Some(daily.clone())).await.expect(200);
        }
        tell(&site, some_account, NoticeKind::MatchFound, id).await;
        tell(&site, some_account, NoticeKind::DealMessage, id).await;
        tell(&site, none_account, NoticeKind::MatchFound, id).await;
        site.clock.advance(TimeDelta::hours(24));
        // As if each had stopped a kind after the letters were left: of those that wait until then nothing becomes a letter.
        let stopped = "UPDATE notice_choice SET way = 'off' WHERE kind = 'match_found'";
        site.app.store.db().execute_unprepared(stopped).await.unwrap();
        assert_eq!(notices::leave_digests(&site.app.accounts).await.unwrap(), 2);
        site.settled().await;
        let letters = site.letters_of("some@example.org");
        let text = accounts::mailbox::plain_text(&letters[0]).unwrap();
        assert!(letters.len() == 1 && text.contains("Có nội dung mới") && !text.contains("đối tác phù hợp mới"), "{text}");
        assert_eq!(site.letters_of("none@example.org").len(), 0, "nothing is left to tell");
        site.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_page_and_a_letter_of_many_notices_say_each_as_its_reader_may_see_it() {
    on_every_database(async |site: Site| {
        let press = Press::new(&site).await;
        let mut ids: Vec<uuid::Uuid> = Vec::new();
        for title in ["Máy sấy cơm dừa", "Máy ép dầu dừa"] {
            ids.push(press.publishes(&site, title, "public").await.parse().unwrap());
        }
        let draft = press.author.post("/api/v1/technologies", json!({"party": press.party, "content": technology("Máy còn nháp")})).await;
        ids.push(draft.expect(201)["id"].as_str().unwrap().parse().unwrap());
        let (reader, account) = site.account("reader", &[]).await;
        let saved = json!({"name": "Máy cho xưởng", "query": "q=may", "when": "off"});
        let saved = reader.post("/api/v1/saved-searches", saved).await.expect(201)["id"].as_str().unwrap().parse().unwrap();
        for id in ids {
            tell(&site, account, NoticeKind::MatchFound, id).await;
        }
        let own = NewNotice {
            kind: NoticeKind::SearchNews,
            about_kind: "saved_search",
            about: saved,
            facts: json!({"count": 7}),
            once: "x".to_owned(),
        };
        let work = move |tx: store::Tx| {
            let own = own.clone();
            async move { notices::tell(&tx, account, &own).await }
        };
        site.app.store.write(Ctx::system(), work).await.unwrap();

        let list = reader.get("/api/v1/notices").await.expect(200);
        let texts: Vec<&str> = list["items"].as_array().unwrap().iter().map(|n| n["text"].as_str().unwrap()).collect();
        let says = |part: &str| texts.iter().filter(|text| text.contains(part)).count();
        for part in
            ["“Máy sấy cơm dừa”", "“Máy ép dầu dừa”", "một tin đăng không còn hiển thị", "7 kết quả mới cho tìm kiếm “Máy cho xưởng”"]
        {
            assert_eq!(says(part), 1, "{part}: {texts:?}");
        }
        let page = reader.get("/my/notices").await.text;
        assert!(texts.iter().all(|text| page.contains(*text)) && !page.contains("nháp"), "{page}");
        site.clock.advance(TimeDelta::hours(24));
        notices::leave_digests(&site.app.accounts).await.unwrap();
        site.settled().await;
        let letter = accounts::mailbox::plain_text(&site.letters_of("reader@example.org")[0]).unwrap();
        assert!(letter.contains("Máy sấy cơm dừa") && letter.contains("Máy ép dầu dừa") && !letter.contains("nháp"), "{letter}");
        site.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_search_that_cannot_be_read_is_told_with_the_part_that_is_wrong() {
    on_every_database(async |site: Site| {
        let reader = site.person("reader").await;
        let send = async |name: &str, query: &str| {
            let answer = reader.post("/api/v1/saved-searches", json!({"name": name, "query": query, "when": "daily"})).await;
            (answer.status.as_u16(), answer.pointers())
        };
        assert_eq!(send("a", "trl=77").await, (422, vec!["/query".to_owned()]));
        assert_eq!(send("a", "colour=green").await, (422, vec!["/query".to_owned()]));
        assert_eq!(send(" ", "q=x").await, (422, vec!["/name".to_owned()]));
        assert_eq!(send(&"a".repeat(121), "q=x").await, (422, vec!["/name".to_owned()]));
        assert_eq!(send("a", &format!("q={}", "x".repeat(9_000))).await, (422, vec!["/query".to_owned()]));
        for n in 0..50 {
            assert_eq!(send(&format!("{n}"), "q=x").await.0, 201);
        }
        assert_eq!(send("one more", "q=x").await, (422, vec![String::new()]));
        assert_eq!(site.visitor().post("/api/v1/saved-searches", json!({"name": "a", "query": "", "when": "off"})).await.status, 401);
        site.stop().await;
    })
    .await;
}
