//! Standing matches: kept by the follower, the same as reckoned from scratch, told once.

use base::{AccountId, PartyId, PartyRole, StaffRole};
use chrono::TimeDelta;
use matching::standing;
use serde_json::{Value, json};
use store::testing::TestStore;

use crate::main_job::{need, publish, technology};
use crate::site::{Client, Site};

/// Two parties with an editor each, and a moderator.
struct World {
    institute: PartyId,
    firm: PartyId,
    owner: Client,
    seeker: Client,
    owner_id: AccountId,
    seeker_id: AccountId,
    moderator: Client,
}

impl World {
    async fn new(site: &Site) -> Self {
        let (owner, owner_id) = site.account("owner", &[]).await;
        let (seeker, seeker_id) = site.account("seeker", &[]).await;
        Self {
            institute: site.party(&owner, "Viện Dừa", "institute").await,
            firm: site.party(&seeker, "Công ty Dừa", "enterprise").await,
            owner,
            seeker,
            owner_id,
            seeker_id,
            moderator: site.staff("moderator", &[StaffRole::Moderator]).await,
        }
    }

    /// Publishes a listing; gives id and version.
    async fn publish(&self, path: &str, content: Value) -> (String, i64) {
        let (client, party) = if path == "needs" { (&self.seeker, self.firm) } else { (&self.owner, self.institute) };
        let receipt = client.post(&format!("/api/v1/{path}"), json!({"party": party, "content": content})).await.expect(201);
        let id = receipt["id"].as_str().unwrap().to_owned();
        let seen = self.submit(client, &id, 1).await;
        (id, seen)
    }

    async fn submit(&self, client: &Client, id: &str, seen: i64) -> i64 {
        let steps = format!("/api/v1/listings/{id}/transitions");
        let seen = client.post_at(&steps, seen, json!({"step": "submit"})).await.expect(200)["version"].as_i64().unwrap();
        publish(&self.moderator, id, seen).await
    }

    async fn unread(&self, site: &Site) -> (u64, u64) {
        let count = async |account| accounts::notices::count_unread(&site.app.accounts, account).await.unwrap();
        (count(self.owner_id).await, count(self.seeker_id).await)
    }
}

/// Nothing that is stored differs from what would be reckoned anew; gives how many pairs there are.
async fn same_as_from_scratch(site: &Site) -> u64 {
    site.matched().await;
    let difference = standing::check(&site.app.matcher, |_| {}).await.unwrap().unwrap();
    assert!(difference.is_none(), "{difference:?}");
    difference.same
}

/// A draw that is the same in every run.
struct Draw(u64);

impl Draw {
    fn below(&mut self, most: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % most
    }
}

const WORDS: [&str; 12] = [
    "sấy cơm dừa bơm nhiệt",
    "tách vỏ dừa khô",
    "ép dầu dừa nguyên chất",
    "ao nuôi tôm thẻ khí độc",
    "màng lọc nước lợ",
    "chế phẩm vi sinh",
    "cảm biến độ mặn",
    "bao bì phân hủy sinh học",
    "than hoạt tính gáo dừa",
    "mạch nha gạo lứt",
    "giá thể trồng rau thủy canh",
    "robot phun thuốc",
];

fn words(draw: &mut Draw) -> String {
    (0..3).map(|_| WORDS[draw.below(WORDS.len())]).collect::<Vec<_>>().join(", ")
}

fn some(path: &str, draw: &mut Draw) -> Value {
    if path == "needs" {
        let mut content = need();
        content["title"]["vi"] = json!(format!("Cần {}", words(draw)));
        content["problem"]["vi"] = json!(format!("Chưa làm được: {}.", words(draw)));
        content["trl_min"] = json!(4 + draw.below(4));
        return content;
    }
    let mut content = technology(&format!("Công nghệ {}", words(draw)));
    content["summary"]["vi"] = json!(format!("Dùng cho {}.", words(draw)));
    content["trl"] = json!(4 + draw.below(5));
    content
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn after_random_edits_the_standing_matches_are_those_from_scratch() {
    for store in TestStore::all().await.unwrap() {
        // So few are kept of one need that places are fought for.
        let site = Site::start_with(store, |config| config.matching.standing_keep = 3).await;
        let world = World::new(&site).await;
        let mut draw = Draw(7);
        let mut live: Vec<(&str, String, i64)> = Vec::new();
        for path in ["needs", "technologies", "needs", "technologies", "technologies", "technologies", "needs", "technologies"] {
            let (id, seen) = world.publish(path, some(path, &mut draw)).await;
            live.push((path, id, seen));
        }
        assert!(same_as_from_scratch(&site).await > 0);
        for round in 0..36 {
            let at = draw.below(live.len());
            let (path, id, seen) = live[at].clone();
            let client = if path == "needs" { &world.seeker } else { &world.owner };
            match draw.below(8) {
                0 | 1 => {
                    let path = if draw.below(3) == 0 { "needs" } else { "technologies" };
                    let (id, seen) = world.publish(path, some(path, &mut draw)).await;
                    live.push((path, id, seen));
                }
                2 if live.len() > 6 => {
                    let outcome = if path == "needs" {
                        json!({"result": "unsolved", "unsolved_reason": "no_candidate"})
                    } else {
                        json!({"reason": "no_longer_offered"})
                    };
                    let steps = format!("/api/v1/listings/{id}/transitions");
                    client.post_at(&steps, seen, json!({"step": "withdraw", "outcome": outcome})).await.expect(200);
                    live.remove(at);
                }
                3 => {
                    let visibility = ["public", "registered", "private", "invited"][draw.below(4)];
                    let body = json!({"visibility": visibility, "parties": if visibility == "invited" { vec![world.firm, world.institute] } else { vec![] }});
                    let changed = client.put_at(&format!("/api/v1/listings/{id}/visibility"), seen, body).await.expect(200);
                    live[at].2 = changed["version"].as_i64().unwrap();
                }
                4 => {
                    // Where the party is counts for all of its listings.
                    let (party, admin, kind, name) = if path == "needs" {
                        (world.firm, &world.seeker, "enterprise", "Công ty Dừa")
                    } else {
                        (world.institute, &world.owner, "institute", "Viện Dừa")
                    };
                    let party = format!("/api/v1/parties/{party}");
                    let version = admin.get(&party).await.expect(200)["version"].as_i64().unwrap();
                    let province = ["86", "01", "79"][draw.below(3)];
                    let profile = json!({"names": {"vi": name}, "party_type": kind, "address": {"province": province}});
                    admin.put_at(&party, version, profile).await.expect(200);
                }
                _ => {
                    let body = json!({"content": some(path, &mut draw)});
                    let edited = client.put_at(&format!("/api/v1/{path}/{id}"), seen, body).await.expect(200);
                    live[at].2 = world.submit(client, &id, edited["version"].as_i64().unwrap()).await;
                }
            }
            if round % 6 == 5 {
                same_as_from_scratch(&site).await;
            }
        }
        let pairs = same_as_from_scratch(&site).await;
        assert!(pairs > 3, "{pairs}");

        // Made anew they are the same again, whatever was there.
        let count = standing::rebuild(&site.app.matcher, |_| {}).await.unwrap();
        assert!(count >= 6);
        same_as_from_scratch(&site).await;
        site.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_strong_match_is_told_to_both_sides_once() {
    for store in TestStore::all().await.unwrap() {
        let site = Site::start_with(store, |config| config.matching.strong_min = 0.4).await;
        let world = World::new(&site).await;
        let reader = site.account("reader", &[]).await;
        site.member(world.firm, reader.1, PartyRole::Viewer).await;
        let (_, _) = world.publish("needs", need()).await;
        site.matched().await;
        assert_eq!(world.unread(&site).await, (0, 0));

        let (id, seen) = world.publish("technologies", technology("Máy sấy cơm dừa bơm nhiệt")).await;
        site.matched().await;
        assert_eq!(world.unread(&site).await, (1, 1));
        assert_eq!(accounts::notices::count_unread(&site.app.accounts, reader.1).await.unwrap(), 0);

        // A new version within the month tells nobody again, one after it does.
        let edit = async |seen: i64, title: &str| {
            let body = json!({"content": technology(title)});
            let edited = world.owner.put_at(&format!("/api/v1/technologies/{id}"), seen, body).await.expect(200);
            let seen = world.submit(&world.owner, &id, edited["version"].as_i64().unwrap()).await;
            site.matched().await;
            seen
        };
        let seen = edit(seen, "Máy sấy cơm dừa bơm nhiệt hai tầng").await;
        assert_eq!(world.unread(&site).await, (1, 1));
        site.clock.advance(TimeDelta::days(31));
        let world = World {
            owner: site.visitor().sign_in("owner@example.org", crate::site::PASSWORD).await,
            moderator: site.visitor().sign_in("moderator@example.org", crate::site::PASSWORD).await,
            ..world
        };
        let body = json!({"content": technology("Máy sấy cơm dừa bơm nhiệt ba tầng")});
        let edited = world.owner.put_at(&format!("/api/v1/technologies/{id}"), seen, body).await.expect(200);
        world.submit(&world.owner, &id, edited["version"].as_i64().unwrap()).await;
        site.matched().await;
        assert_eq!(world.unread(&site).await, (2, 2));
        assert_eq!(same_as_from_scratch(&site).await, 1);
        site.stop().await;
    }
}
