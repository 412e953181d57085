//! Experts stand for needs: kept by the follower as from scratch, told to both sides once, and gone with the consent.

use base::{AccountId, PartyRole};
use chrono::TimeDelta;
use matching::standing;
use sea_orm::{ConnectionTrait, Statement};
use serde_json::{Value, json};
use store::testing::TestStore;

use crate::experts::{ME, profile, publish_expert, withdraw};
use crate::main_job::need;
use crate::site::{Client, Site};
use crate::standing::{Draw, World, words};

/// Nothing that is stored of experts differs from what would be reckoned anew; gives how many pairs there are.
pub async fn experts_from_scratch(site: &Site) -> u64 {
    site.matched().await;
    let difference = standing::check(&site.app.matcher, |_| {}).await.unwrap().unwrap();
    assert!(difference.is_none(), "{difference:?}");
    difference.experts.same
}

/// Experts who change what they say, are published and take it back, by a draw that is the same in every run.
pub struct People {
    clients: Vec<Client>,
    /// The party that the first one belongs to.
    party: base::PartyId,
    draw: Draw,
}

impl People {
    pub async fn new(site: &Site, world: &World) -> Self {
        let mut clients = Vec::new();
        for name in ["khoa", "lan", "minh", "nga"] {
            let (client, account) = site.account(name, &[]).await;
            if clients.is_empty() {
                site.member(world.institute, account, PartyRole::Viewer).await;
            }
            clients.push(client);
        }
        Self { clients, party: world.institute, draw: Draw(11) }
    }

    /// One of them does something.
    pub async fn turn(&mut self) {
        let who = self.draw.below(self.clients.len());
        let expert = &self.clients[who];
        let is_out = expert.get(ME).await.expect(200)["status"] == "published";
        if is_out && self.draw.below(4) == 0 {
            withdraw(expert).await.expect(200);
            return;
        }
        let mut body = profile("Chuyên gia");
        body["presentation"] = json!({"vi": format!("Làm về {}.", words(&mut self.draw))});
        body["expertise"][0]["what"] = json!({"vi": words(&mut self.draw)});
        body["expertise"][0]["evidence"] = json!({"vi": words(&mut self.draw)});
        body["regions"] = [json!([]), json!(["86"]), json!(["01", "79"])][self.draw.below(3)].clone();
        if who == 0 && self.draw.below(2) == 0 {
            body["party"] = json!(self.party);
        }
        publish_expert(expert, body).await;
    }
}

/// A profile of somebody who works everywhere.
fn dryer(name: &str) -> Value {
    let mut body = profile(name);
    body["regions"] = json!([]);
    body
}

/// A profile that has nothing to do with drying.
fn shrimp(name: &str) -> Value {
    let mut body = dryer(name);
    body["presentation"] = json!({"vi": "Bác sĩ thú y thủy sản."});
    body["expertise"] = json!([{"what": {"vi": "Phòng bệnh ao nuôi tôm thẻ"}, "evidence": {"vi": "Hai mươi vụ nuôi"}, "field": "40501"}]);
    body
}

async fn site_with(store: TestStore, per_day: u64) -> Site {
    Site::start_with(store, |config| (config.matching.strong_min, config.matching.told_per_day) = (0.3, per_day)).await
}

async fn unread(site: &Site, account: AccountId) -> u64 {
    site.matched().await;
    accounts::notices::count_unread(&site.app.accounts, account).await.unwrap()
}

async fn count(site: &Site, from: &str) -> i64 {
    let db = site.app.store.db();
    let statement = Statement::from_string(db.get_database_backend(), format!("SELECT count(*) AS n FROM {from}"));
    db.query_one_raw(statement).await.unwrap().unwrap().try_get::<i64>("", "n").unwrap()
}

/// The newest notice of somebody: its words and where it leads.
async fn newest(client: &Client) -> (String, String) {
    let list = client.get("/api/v1/notices").await.expect(200);
    let said = |name: &str| list["items"][0][name].as_str().unwrap().to_owned();
    (said("text"), said("url"))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_need_and_an_expert_are_told_of_each_other_once_whoever_came_later() {
    for store in TestStore::all().await.unwrap() {
        let site = site_with(store, 5).await;
        let world = World::new(&site).await;
        let (khoa, khoa_id) = site.account("khoa", &[]).await;
        publish_expert(&khoa, dryer("Trần Minh Khoa")).await;
        assert_eq!(unread(&site, khoa_id).await, 0);

        // The need comes after the expert.
        let (need_id, _) = world.publish("needs", need()).await;
        assert_eq!((unread(&site, khoa_id).await, world.unread(&site).await), (1, (0, 1)));
        let url = world.seeker.get(&format!("/api/v1/needs/{need_id}")).await.expect(200)["url"].as_str().unwrap().to_owned();
        let (text, leads_to) = newest(&khoa).await;
        assert!(text.contains("chuyên môn của bạn") && text.contains("Cần máy sấy cơm dừa"), "{text}");
        assert!(leads_to.ends_with(&url) && !text.contains("Công ty Dừa"), "{leads_to}");
        let (text, leads_to) = newest(&world.seeker).await;
        assert!(text.contains("chuyên gia") && leads_to.ends_with(&format!("{url}/matches#experts")), "{text} {leads_to}");
        assert!(!text.contains("Khoa"), "{text}");
        let page = world.seeker.get(&format!("{url}/matches")).await.text;
        assert!(page.contains("id=\"experts\"") && page.contains("Trần Minh Khoa"), "{page}");

        // Somebody who does something else is no news to anybody, nor is what the first one edits within the month.
        let (vet, vet_id) = site.account("vet", &[]).await;
        publish_expert(&vet, shrimp("Bác sĩ Tôm")).await;
        publish_expert(&vet, shrimp("Bác sĩ Tôm Thẻ")).await;
        let mut more = dryer("Trần Minh Khoa");
        more["services"] = json!([]);
        publish_expert(&khoa, more).await;
        assert_eq!((unread(&site, khoa_id).await, unread(&site, vet_id).await, world.unread(&site).await), (1, 0, (0, 1)));

        // And an expert who comes after the need.
        let (lan, lan_id) = site.account("lan", &[]).await;
        publish_expert(&lan, dryer("Lê Thị Lan")).await;
        assert_eq!((unread(&site, lan_id).await, unread(&site, khoa_id).await, world.unread(&site).await), (1, 1, (0, 2)));
        assert_eq!(experts_from_scratch(&site).await, 2);

        // What is made anew is told to nobody.
        site.app.store.db().execute_unprepared("DELETE FROM match_told").await.unwrap();
        standing::rebuild(&site.app.matcher, |_| {}).await.unwrap();
        assert_eq!((unread(&site, lan_id).await, unread(&site, khoa_id).await, world.unread(&site).await), (1, 1, (0, 2)));
        assert_eq!(experts_from_scratch(&site).await, 2);
        site.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_need_that_others_may_not_see_or_of_ones_own_party_is_told_to_no_expert() {
    for store in TestStore::all().await.unwrap() {
        let site = site_with(store, 5).await;
        let world = World::new(&site).await;
        let (stranger, stranger_id) = site.account("stranger", &[]).await;
        let (colleague, colleague_id) = site.account("colleague", &[]).await;
        site.member(world.firm, colleague_id, PartyRole::Viewer).await;
        let (named, named_id) = site.account("named", &[]).await;
        site.member(world.firm, named_id, PartyRole::Viewer).await;
        let mut of_firm = dryer("Người của Công ty");
        of_firm["party"] = json!(world.firm);
        publish_expert(&named, of_firm).await;
        publish_expert(&colleague, dryer("Đồng nghiệp")).await;
        site.matched().await;
        // Who belongs to the need's party is no news, whether the profile says so or not.
        let (need_id, seen) = world.publish("needs", need()).await;
        let told = async || (unread(&site, named_id).await, unread(&site, colleague_id).await, world.unread(&site).await);
        assert_eq!(told().await, (0, 0, (0, 0)));
        assert_eq!(experts_from_scratch(&site).await, 1, "the one who names another party or none");

        // For the invited alone it is told to none of the others.
        let invited = json!({"visibility": "invited", "parties": [world.institute]});
        world.seeker.put_at(&format!("/api/v1/listings/{need_id}/visibility"), seen, invited).await.expect(200);
        site.matched().await;
        publish_expert(&stranger, dryer("Người Lạ")).await;
        assert_eq!((unread(&site, stranger_id).await, world.unread(&site).await), (0, (0, 1)));
        assert_eq!(experts_from_scratch(&site).await, 2);
        site.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn with_the_consent_the_pairs_go_and_no_letter_tells_of_them() {
    for store in TestStore::all().await.unwrap() {
        let site = site_with(store, 1).await;
        let world = World::new(&site).await;
        let (khoa, khoa_id) = site.account("khoa", &[]).await;
        publish_expert(&khoa, dryer("Trần Minh Khoa")).await;
        site.matched().await;
        world.publish("needs", need()).await;
        site.matched().await;
        let mut other = need();
        other["title"]["vi"] = json!("Cần thiết bị sấy cơm dừa nạo");
        world.publish("needs", other).await;
        // A day has room for one need of an expert; each need has room for one expert.
        assert_eq!((unread(&site, khoa_id).await, world.unread(&site).await), (1, (0, 2)));
        assert_eq!((count(&site, "match_expert").await, count(&site, "match_told WHERE told_at IS NULL").await), (2, 1));

        withdraw(&khoa).await.expect(200);
        site.matched().await;
        assert_eq!(count(&site, "match_expert").await, 0);
        site.clock.advance(TimeDelta::hours(25));
        assert_eq!(standing::tell_waiting(&site.app.matcher).await.unwrap(), 0);
        assert_eq!(count(&site, "match_told WHERE told_at IS NULL").await, 0);
        assert_eq!(accounts::notices::leave_digests(&site.app.accounts).await.unwrap(), 2);
        site.settled().await;
        for (email, part) in [("khoa@example.org", "chuyên môn của bạn"), ("seeker@example.org", "chuyên gia")] {
            let texts = site.letters_of(email).into_iter().map(|letter| accounts::mailbox::plain_text(&letter).unwrap());
            assert_eq!(texts.filter(|text| text.contains(part)).count(), 0, "{email}");
        }
        assert_eq!(experts_from_scratch(&site).await, 0);
        site.stop().await;
    }
}
