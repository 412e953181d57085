//! Standing matches: kept by the follower, the same as reckoned from scratch, told once.

use base::{AccountId, Actor, ImportId, Lang, PartyId, PartyRole, StaffRole};
use chrono::TimeDelta;
use listings::bulk::{Bulk, seed};
use listings::content::Content;
use listings::published::Provenance;
use listings::{Kind, Visibility};
use matching::standing;
use sea_orm::ConnectionTrait;
use serde_json::{Value, json};
use store::Ctx;
use store::testing::TestStore;
use uuid::Uuid;

use crate::main_job::{need, publish, technology};
use crate::site::{Client, Site};
use crate::standing_experts::{People, experts_from_scratch};

/// Two parties with an editor each, and a moderator.
pub struct World {
    pub institute: PartyId,
    pub firm: PartyId,
    pub owner: Client,
    pub seeker: Client,
    pub owner_id: AccountId,
    pub seeker_id: AccountId,
    pub moderator: Client,
}

impl World {
    pub async fn new(site: &Site) -> Self {
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
    pub async fn publish(&self, path: &str, content: Value) -> (String, i64) {
        let (client, party) = if path == "needs" { (&self.seeker, self.firm) } else { (&self.owner, self.institute) };
        let source = if content["title"]["vi"].is_null() { "en" } else { "vi" };
        let body = json!({"party": party, "source_lang": source, "content": content});
        let receipt = client.post(&format!("/api/v1/{path}"), body).await.expect(201);
        let id = receipt["id"].as_str().unwrap().to_owned();
        let seen = self.submit(client, &id, 1).await;
        (id, seen)
    }

    pub async fn submit(&self, client: &Client, id: &str, seen: i64) -> i64 {
        let steps = format!("/api/v1/listings/{id}/transitions");
        let seen = client.post_at(&steps, seen, json!({"step": "submit"})).await.expect(200)["version"].as_i64().unwrap();
        publish(&self.moderator, id, seen).await
    }

    pub async fn unread(&self, site: &Site) -> (u64, u64) {
        let count = async |account| accounts::notices::count_unread(&site.app.accounts, account).await.unwrap();
        (count(self.owner_id).await, count(self.seeker_id).await)
    }
}

/// Nothing that is stored differs from what would be reckoned anew; gives how many pairs there are.
pub async fn same_as_from_scratch(site: &Site) -> u64 {
    site.matched().await;
    let difference = standing::check(&site.app.matcher, |_| {}).await.unwrap().unwrap();
    assert!(difference.is_none(), "{difference:?}");
    difference.offers.same
}

/// A draw that is the same in every run.
pub struct Draw(pub u64);

impl Draw {
    pub fn below(&mut self, most: usize) -> usize {
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

pub fn words(draw: &mut Draw) -> String {
    (0..3).map(|_| WORDS[draw.below(WORDS.len())]).collect::<Vec<_>>().join(", ")
}

/// What some of these are called in English, as the glossary has it.
const ENGLISH: [&str; 4] = ["heat-pump drying of coconut", "coconut dryer", "membrane filtration of brackish water", "activated carbon"];

/// A listing that speaks English alone.
fn in_english(path: &str, draw: &mut Draw) -> Value {
    let mut content = in_vietnamese(path, draw);
    let mut text = || json!({"en": format!("For {} and {}", ENGLISH[draw.below(ENGLISH.len())], ENGLISH[draw.below(ENGLISH.len())])});
    for field in ["title", "summary", "problem", "description", "partner_role"] {
        if !content[field].is_null() {
            content[field] = text();
        }
    }
    content["keywords"] = json!({"en": ["coconut", "drying", "workshop"]});
    for figures in ["targets", "advantages"] {
        if !content[figures].is_null() {
            content[figures][0]["metric"] = json!({"en": "Drying time per batch"});
        }
    }
    content
}

/// A listing in a language; of the Vietnamese ones half have some words in English.
fn some(path: &str, is_english: bool, draw: &mut Draw) -> Value {
    if is_english {
        return in_english(path, draw);
    }
    let mut content = in_vietnamese(path, draw);
    if draw.below(2) == 0 {
        content["keywords"]["en"] = json!([ENGLISH[draw.below(ENGLISH.len())]]);
    }
    content
}

fn in_vietnamese(path: &str, draw: &mut Draw) -> Value {
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
        let site = Site::start_with(store, |config| (config.matching.standing_keep, config.matching.standing_experts) = (3, 2)).await;
        let world = World::new(&site).await;
        let mut draw = Draw(7);
        let mut people = People::new(&site, &world).await;
        let mut experts_seen = 0;
        let mut live: Vec<(&str, String, i64, bool)> = Vec::new();
        for path in ["needs", "technologies", "needs", "technologies", "technologies", "technologies", "needs", "technologies"] {
            let is_english = draw.below(3) == 0;
            let (id, seen) = world.publish(path, some(path, is_english, &mut draw)).await;
            live.push((path, id, seen, is_english));
        }
        assert!(same_as_from_scratch(&site).await > 0);
        for round in 0..36 {
            let at = draw.below(live.len());
            let (path, id, seen, is_english) = live[at].clone();
            let client = if path == "needs" { &world.seeker } else { &world.owner };
            match draw.below(8) {
                0 | 1 => {
                    let path = if draw.below(3) == 0 { "needs" } else { "technologies" };
                    let is_english = draw.below(3) == 0;
                    let (id, seen) = world.publish(path, some(path, is_english, &mut draw)).await;
                    live.push((path, id, seen, is_english));
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
                    let body = json!({"content": some(path, is_english, &mut draw)});
                    let edited = client.put_at(&format!("/api/v1/{path}/{id}"), seen, body).await.expect(200);
                    live[at].2 = world.submit(client, &id, edited["version"].as_i64().unwrap()).await;
                }
            }
            if round % 9 == 3 {
                // With another glossary the next event begins a generation, which is filled beside the edits that follow.
                let group = format!("version = \"1\"\n[[group]]\nkind = \"translation\"\nterms = [\"ao nuôi\", \"pond {round}\"]\n");
                site.app.search.set_synonyms(search::synonyms::Synonyms::parse(&group).unwrap());
            }
            people.turn().await;
            if round % 6 == 5 {
                same_as_from_scratch(&site).await;
                experts_seen += experts_from_scratch(&site).await;
            }
        }
        assert!(experts_seen > 0);
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

pub async fn matches(client: &Client, path: &str, id: &str) -> Vec<String> {
    let found = client.get(&format!("/api/v1/{path}/{id}/matches")).await.expect(200);
    found["items"].as_array().unwrap().iter().map(|m| m["listing"]["id"].as_str().unwrap().to_owned()).collect()
}

pub async fn form(client: &Client, path: &str, fields: &[(&str, &str)]) -> crate::site::Answer {
    let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
    client.send_raw(reqwest::Method::POST, path, "application/x-www-form-urlencoded", body.into_bytes()).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_the_seeker_does_not_want_stands_behind_for_the_seeker_alone() {
    for store in TestStore::all().await.unwrap() {
        let site = Site::start(store).await;
        let world = World::new(&site).await;
        let broker = site.staff("broker", &[StaffRole::Broker]).await;
        let visitor = site.visitor();
        let (need_id, _) = world.publish("needs", need()).await;
        let mut other = need();
        other["title"]["vi"] = json!("Cần thiết bị sấy cơm dừa nạo");
        let (other_need, _) = world.publish("needs", other).await;
        let (first, _) = world.publish("technologies", technology("Máy sấy cơm dừa bơm nhiệt")).await;
        let (second, _) = world.publish("technologies", technology("Lò sấy dừa")).await;
        site.matched().await;
        let order = matches(&visitor, "needs", &need_id).await;
        assert_eq!(order, [first.clone(), second.clone()]);
        let other_order = matches(&visitor, "needs", &other_need).await;

        // A refusal needs a reason; the id is that of a pair.
        let pair = format!("/api/v1/matches/{need_id}.{first}/feedback");
        let bare = world.seeker.post(&pair, json!({"verdict": "not_for_us"})).await;
        assert_eq!((bare.status.as_u16(), bare.pointers()), (422, vec!["/reason".to_owned()]));
        for wrong in [format!("{first}.{need_id}"), need_id.clone(), "x.y".to_owned()] {
            let answer = world.seeker.post(&format!("/api/v1/matches/{wrong}/feedback"), json!({"verdict": "good"})).await;
            assert_eq!(answer.status, 404, "{wrong}");
        }
        let before = site.app.store.last_position().await.unwrap();
        let note = "Giá cao gấp đôi ngân sách của chúng tôi";
        let said = world.seeker.post(&pair, json!({"verdict": "not_for_us", "reason": "too_dear", "note": note})).await.expect(200);
        assert_eq!((said["side"].clone(), said["is_behind"].clone()), (json!("seeker"), json!(true)));

        // At once behind for the seeker and for brokers, and told so; as before for everybody else and for the other need.
        let turned = vec![second.clone(), first.clone()];
        assert_eq!(matches(&world.seeker, "needs", &need_id).await, turned);
        assert_eq!(matches(&broker, "needs", &need_id).await, turned);
        let told = world.seeker.get(&format!("/api/v1/needs/{need_id}/matches")).await.expect(200);
        assert_eq!(told["items"][1]["feedback"]["reason"], "too_dear");
        for client in [&visitor, &world.owner] {
            assert_eq!(matches(client, "needs", &need_id).await, order);
            assert!(!client.get(&format!("/api/v1/needs/{need_id}/matches")).await.text.contains(note));
        }
        assert_eq!(matches(&world.seeker, "needs", &other_need).await, other_order);
        // Pages go on where they ended.
        let page = world.seeker.get(&format!("/api/v1/needs/{need_id}/matches?limit=1")).await.expect(200);
        let next = format!("/api/v1/needs/{need_id}/matches?limit=1&cursor={}", page["next"].as_str().unwrap());
        assert_eq!(world.seeker.get(&next).await.expect(200)["items"][0]["listing"]["id"], json!(first));

        // The event tells that and why, never the note.
        let events = site.app.store.events_after(before, 10).await.unwrap();
        let event = events.iter().find(|e| e.kind == "match.judged").unwrap();
        assert_eq!(event.payload["reason"], "too_dear");
        assert!(!event.payload.to_string().contains("Giá"));

        // The owner's word is the owner's own.
        let (technology_order, own) =
            (matches(&visitor, "technologies", &first).await, matches(&world.owner, "technologies", &first).await);
        assert_eq!(technology_order, own);
        let top = format!("/api/v1/matches/{}.{first}/feedback", own[0]);
        world.owner.post(&top, json!({"verdict": "not_for_us", "reason": "wrong_field"})).await.expect(200);
        assert_eq!(matches(&world.owner, "technologies", &first).await, [own[1].clone(), own[0].clone()]);
        assert_eq!(matches(&visitor, "technologies", &first).await, technology_order);
        assert_eq!(matches(&world.seeker, "needs", &other_need).await, other_order);

        // A broker's note is for brokers; the owner's is for its own side and for brokers, whose order it leaves alone.
        let broker_note = "Bên bán đang đàm phán với công ty khác";
        let body = json!({"verdict": "good", "note": broker_note});
        broker.post(&format!("/api/v1/matches/{other_need}.{second}/feedback"), body).await.expect(200);
        let of_other = format!("/api/v1/needs/{other_need}/matches");
        assert!(broker.get(&of_other).await.text.contains(broker_note));
        let told = world.seeker.get(&of_other).await.text;
        assert!(told.contains("\"broker\"") && !told.contains(broker_note), "{told}");
        let owner_note = "Không thuộc hướng nghiên cứu của viện";
        let body = json!({"verdict": "not_for_us", "reason": "wrong_field", "note": owner_note});
        world.owner.post(&top, body).await.expect(200);
        assert!(broker.get(&format!("/api/v1/technologies/{first}/matches")).await.text.contains(owner_note));
        assert_eq!(matches(&broker, "technologies", &first).await, technology_order);

        // Taken back on the page, said again on the page.
        let url = world.seeker.get(&format!("/api/v1/needs/{need_id}")).await.expect(200)["url"].as_str().unwrap().to_owned();
        let page = world.seeker.get(&format!("{url}/matches")).await.text;
        assert!(page.contains("value=\"undo\"") && page.contains(note) && page.contains("form=\"compare\""), "{page}");
        assert!(!visitor.get(&format!("{url}/matches")).await.text.contains("/matches/feedback"));
        let id = format!("{need_id}.{first}");
        let undone = form(&world.seeker, "/matches/feedback", &[("id", &id), ("side", "need"), ("verdict", "undo")]).await;
        assert_eq!((undone.status.as_u16(), undone.headers["location"].to_str().unwrap()), (303, format!("{url}/matches#m-{id}").as_str()));
        assert_eq!(matches(&world.seeker, "needs", &need_id).await, order);
        let fields = [("id", id.as_str()), ("side", "need"), ("verdict", "not_for_us"), ("reason", "too_early"), ("note", "")];
        assert_eq!(form(&world.seeker, "/matches/feedback", &fields).await.status, 303);
        assert_eq!(matches(&world.seeker, "needs", &need_id).await, turned);

        // For the tuning set: three verdicts, without who and what was noted.
        let all = matching::feedback::page_after(&site.app.store, None, 1).await.unwrap();
        let rest = matching::feedback::page_after(&site.app.store, all.last(), 10).await.unwrap();
        assert_eq!((all.len(), rest.len()), (1, 2));
        assert!(all.iter().chain(&rest).any(|j| j.need.to_string() == need_id && j.reason == "too_early" && j.score_ppm.is_some()));
        site.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn candidates_are_compared_and_noted_by_the_seeker_and_brokers_alone() {
    for store in TestStore::all().await.unwrap() {
        let site = Site::start(store).await;
        let world = World::new(&site).await;
        let broker = site.staff("broker", &[StaffRole::Broker]).await;
        let (need_id, _) = world.publish("needs", need()).await;
        let (first, _) = world.publish("technologies", technology("Máy sấy cơm dừa bơm nhiệt")).await;
        let mut slow = technology("Lò sấy dừa");
        slow["advantages"][0]["offered"] = json!(9.0);
        let (second, _) = world.publish("technologies", slow).await;
        let url = world.seeker.get(&format!("/api/v1/needs/{need_id}")).await.expect(200)["url"].as_str().unwrap().to_owned();
        let compare = format!("{url}/compare?with={first}&with={second}");

        assert_eq!(site.visitor().get(&compare).await.status, 303);
        assert_eq!(world.owner.get(&compare).await.status, 403);
        let page = world.seeker.get(&compare).await;
        assert_eq!(page.status, 200, "{}", page.text);
        for part in ["≤ 6\u{a0}giờ", "5\u{a0}giờ", "9\u{a0}giờ", "is-yes", "is-no", "Lò sấy dừa"] {
            assert!(page.text.contains(part), "{part}: {}", page.text);
        }
        let english = broker.get(&format!("/en{compare}")).await;
        assert!(english.text.contains("not reached"), "{}", english.text);

        let note = "Hỏi giá cho công suất 2 tấn";
        let kept = form(&world.seeker, &compare, &[("offer", &first), ("note", note), ("_do", "note")]).await;
        assert_eq!(kept.headers["location"].to_str().unwrap(), compare);
        assert!(broker.get(&compare).await.text.contains(note));
        // Whoever comes without a choice sees what is considered.
        let bare = world.seeker.get(&format!("{url}/compare")).await.text;
        assert!(bare.contains("Máy sấy cơm dừa bơm nhiệt") && bare.contains(note) && !bare.contains("Lò sấy dừa"));
        let long = "x".repeat(501);
        let refused = form(&world.seeker, &compare, &[("offer", &second), ("note", &long), ("_do", "note")]).await;
        assert!(refused.status == 422 && refused.text.contains(&long) && refused.text.contains("role=\"alert\""), "{}", refused.status);
        assert_eq!(form(&world.owner, &compare, &[("offer", &first), ("note", "x"), ("_do", "note")]).await.status, 403);
        assert_eq!(form(&world.seeker, &compare, &[("offer", &need_id), ("note", "x"), ("_do", "note")]).await.status, 404);
        assert_eq!(form(&broker, &compare, &[("offer", &first), ("_do", "drop")]).await.status, 303);
        assert!(!world.seeker.get(&compare).await.text.contains(note));
        site.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn gaps_and_counterparts_tell_what_there_is_and_nothing_hidden() {
    for store in TestStore::all().await.unwrap() {
        let site = Site::start_with(store, |config| config.matching.strong_min = 0.4).await;
        let world = World::new(&site).await;
        let analyst = site.staff("analyst", &[StaffRole::Analyst]).await;
        let (answered, _) = world.publish("needs", need()).await;
        let (technology_id, seen) = world.publish("technologies", technology("Máy sấy cơm dừa bơm nhiệt")).await;
        let mut lonely = need();
        lonely["title"]["vi"] = json!("Robot hái cau tự hành");
        lonely["problem"]["vi"] = json!("Trèo cau nguy hiểm.");
        lonely["keywords"]["vi"] = json!(["robot", "cau"]);
        lonely["field"] = json!("20202");
        lonely["targets"] =
            json!([{"metric": {"vi": "Số buồng cau"}, "today": 20.0, "target": 60.0, "unit": "buồng/h", "direction": "at_least"}]);
        let (lonely, _) = world.publish("needs", lonely).await;
        site.matched().await;
        let gaps = async |query: &str| analyst.get(&format!("/api/v1/gaps{query}")).await.expect(200);
        let listed = |found: &Value| -> Vec<String> {
            found["items"].as_array().unwrap().iter().map(|g| g["listing"]["id"].as_str().unwrap().to_owned()).collect()
        };
        let supply = gaps("").await;
        assert_eq!(listed(&supply), std::slice::from_ref(&lonely), "{supply}");
        let sum = |key: &str| supply["fields"].as_array().unwrap().iter().map(|f| f[key].as_u64().unwrap()).sum::<u64>();
        assert_eq!((supply["total"].as_u64().unwrap(), sum("gaps"), sum("listings")), (1, 1, 2));
        let field = supply["items"][0]["field"].as_str().unwrap();
        assert_eq!(listed(&gaps(&format!("?field={field}")).await), std::slice::from_ref(&lonely));
        assert_eq!(gaps("?side=demand").await["total"], 0);
        let csv = analyst.get("/api/v1/gaps?format=csv").await;
        assert_eq!(csv.headers["x-complete"], "true");
        assert!(csv.text.contains("Robot hái cau") && csv.headers["content-type"].to_str().unwrap().starts_with("text/csv"));
        assert_eq!(world.seeker.get("/api/v1/gaps").await.status, 403);
        assert_eq!(analyst.get("/api/v1/gaps?side=both").await.status, 400);
        assert!(analyst.get("/staff/gaps").await.text.contains("Robot hái cau"));

        // The parties' own counterparts, both ways.
        for (client, party, other) in [(&world.seeker, world.firm, &technology_id), (&world.owner, world.institute, &answered)] {
            let found = client.get(&format!("/api/v1/parties/{party}/matches")).await.expect(200);
            assert_eq!((found["total"].clone(), found["items"][0]["other"]["id"].clone()), (json!(1), json!(other)), "{found}");
            assert!(client.get("/my").await.text.contains("id=\"counterparts\""));
        }
        assert_eq!(world.owner.get(&format!("/api/v1/parties/{}/matches", world.firm)).await.status, 403);

        // What is for the invited alone answers nobody, and no figure tells of it.
        let body = json!({"visibility": "invited", "parties": []});
        let path = format!("/api/v1/listings/{technology_id}/visibility");
        let invited = json!({"visibility": "invited", "parties": [world.firm]});
        let seen = world.owner.put_at(&path, seen, invited).await.expect(200)["version"].as_i64().unwrap();
        site.matched().await;
        let both: std::collections::BTreeSet<String> = listed(&gaps("").await).into_iter().collect();
        assert_eq!(both, [lonely.clone(), answered.clone()].into());
        assert_eq!(gaps("?side=demand").await["fields"], json!([]));
        let own = world.seeker.get(&format!("/api/v1/parties/{}/matches", world.firm)).await.expect(200);
        assert_eq!(own["total"], 1, "the invited see it");
        world.owner.put_at(&path, seen, body).await.expect(200);
        site.matched().await;
        let own = world.seeker.get(&format!("/api/v1/parties/{}/matches", world.firm)).await.expect(200);
        assert_eq!(own["total"], 0);
        same_as_from_scratch(&site).await;
        site.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_party_has_itself_answers_none_of_its_needs_and_takes_no_place() {
    for store in TestStore::all().await.unwrap() {
        let site = Site::start_with(store, |config| (config.matching.strong_min, config.matching.standing_keep) = (0.4, 1)).await;
        let world = World::new(&site).await;
        let analyst = site.staff("analyst", &[StaffRole::Analyst]).await;
        let mut wanted = need();
        wanted["partner_types"] = json!(["institute", "enterprise"]);
        let (need_id, _) = world.publish("needs", wanted).await;
        let body = json!({"party": world.firm, "content": technology("Máy sấy cơm dừa bơm nhiệt")});
        let own = world.seeker.post("/api/v1/technologies", body).await.expect(201)["id"].as_str().unwrap().to_owned();
        world.submit(&world.seeker, &own, 1).await;
        assert_eq!(same_as_from_scratch(&site).await, 0);
        let gaps = analyst.get("/api/v1/gaps").await.expect(200);
        assert_eq!((&gaps["items"][0]["listing"]["id"], &gaps["items"][0]["best"]), (&json!(need_id), &Value::Null), "{gaps}");
        assert_eq!(analyst.get("/api/v1/gaps?side=demand").await.expect(200)["items"][0]["listing"]["id"], json!(own));
        // The only place of the need is another party's, though its own technology lies nearer.
        let (other, _) = world.publish("technologies", technology("Lò sấy dừa")).await;
        assert_eq!(same_as_from_scratch(&site).await, 1);
        let found = world.seeker.get(&format!("/api/v1/parties/{}/matches", world.firm)).await.expect(200);
        assert_eq!((found["total"].clone(), found["items"][0]["other"]["id"].clone()), (json!(1), json!(other)), "{found}");
        // Whoever asks sees both.
        assert_eq!(matches(&world.seeker, "needs", &need_id).await, [own, other]);
        site.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn other_weights_or_another_glossary_begin_a_generation() {
    let site = Site::start(TestStore::sqlite().await.unwrap()).await;
    let world = World::new(&site).await;
    world.publish("needs", need()).await;
    world.publish("technologies", technology("Máy sấy cơm dừa bơm nhiệt")).await;
    site.matched().await;
    assert!(same_as_from_scratch(&site).await > 0);
    // Started again as it is nothing is reckoned anew; with another glossary everything is.
    let generation = async |site: &Site| matching::standing::generation(&site.app.store).await.unwrap().unwrap();
    let first = generation(&site).await;
    let site = site.restarted().await;
    site.matched().await;
    assert_eq!(generation(&site).await, first);
    // For a while it might be that of a node with other settings.
    site.clock.advance(TimeDelta::minutes(31));
    let more = "version = \"1\"\n[[group]]\nkind = \"translation\"\nterms = [\"máy sấy cơm dừa\", \"copra dryer\"]\n";
    site.app.search.set_synonyms(search::synonyms::Synonyms::parse(more).unwrap());
    let later = site.person("later").await;
    let party = site.party(&later, "Viện Cơ điện", "institute").await;
    let body = json!({"party": party, "content": technology("Lò sấy dừa")});
    let made = later.post("/api/v1/technologies", body).await.expect(201);
    let (id, steps) = (made["id"].as_str().unwrap(), format!("/api/v1/listings/{}/transitions", made["id"].as_str().unwrap()));
    let seen = later.post_at(&steps, 1, json!({"step": "submit"})).await.expect(200)["version"].as_i64().unwrap();
    publish(&site.staff("moderator2", &[StaffRole::Moderator]).await, id, seen).await;
    site.matched().await;
    assert_ne!(generation(&site).await, first);
    same_as_from_scratch(&site).await;
    site.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn strange_needs_are_matched_like_others() {
    for store in TestStore::all().await.unwrap() {
        let site = Site::start(store).await;
        let world = World::new(&site).await;
        world.publish("technologies", technology("Máy sấy cơm dừa bơm nhiệt")).await;
        let with = |change: &dyn Fn(&mut Value)| {
            let mut content = need();
            change(&mut content);
            content
        };
        let target = |figure: f64, unit: &str, direction: &str| json!({"metric": {"vi": "Thời gian sấy một mẻ"}, "target": figure, "unit": unit, "direction": direction, "priority": "must"});
        let strange = [
            with(&|n| {
                n["title"]["vi"] = json!("dừa");
                n["problem"]["vi"] = json!("dừa");
            }),
            with(&|n| n["problem"]["vi"] = json!("sấy dừa ".repeat(499).trim_end())),
            with(&|n| {
                n["title"] = json!({"vi": "máy sấy desiccated coconut HACCP", "en": "bơm nhiệt for coconut"});
                n["problem"]["vi"] = json!("Cần heat pump để sấy 椰子 🥥, ISO 22000");
            }),
            with(&|n| n["targets"] = json!([target(1e9, "giờ/giờ/giờ", "at_most"), target(-5.0, "10⁹⁹ h", "at_least")])),
            with(&|n| n["targets"] = json!([target(1.0, "h", "at_most"), target(100.0, "h", "at_least")])),
        ];
        for content in strange {
            let (id, _) = world.publish("needs", content).await;
            site.matched().await;
            let url = world.seeker.get(&format!("/api/v1/needs/{id}")).await.expect(200)["url"].as_str().unwrap().to_owned();
            for path in [format!("/api/v1/needs/{id}/matches?explain=true"), format!("{url}/matches"), format!("{url}/compare")] {
                assert_eq!(world.seeker.get(&path).await.status, 200, "{path}");
            }
        }
        same_as_from_scratch(&site).await;
        site.stop().await;
    }
}

/// Brings a technology in by a file, published.
pub async fn brought_in(site: &Site, party: PartyId, title: &str) -> String {
    let one = Bulk {
        party,
        source_lang: Lang::Vi,
        content: Content::from_json(Kind::Technology, &technology(title).to_string()).unwrap(),
        private: None,
        visibility: Visibility::Public,
        provenance: Provenance { origin: "import".into(), source: Some("tệp".to_owned()), external_id: None, licence: None },
        import: Some(ImportId(Uuid::from_u128(7))),
        published_at: Some(site.clock.now()),
        next_action_on: None,
        contact: None,
    };
    seed(&site.app.listings, &Actor::system(), vec![one]).await.unwrap()[0].to_string()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_file_brought_in_is_no_news_to_its_own_side_whatever_happens_to_it_or_its_party_later() {
    for store in TestStore::all().await.unwrap() {
        let site = Site::start_with(store, |config| (config.matching.strong_min, config.matching.told_per_day) = (0.4, 1)).await;
        let world = World::new(&site).await;
        world.publish("needs", need()).await;
        site.matched().await;
        let id = brought_in(&site, world.institute, "Máy sấy cơm dừa bơm nhiệt").await;
        site.matched().await;
        assert_eq!(world.unread(&site).await, (0, 1), "whoever seeks is told");

        // Its party is edited and verified, and it is confirmed.
        let party = format!("/api/v1/parties/{}", world.institute);
        let moves = async |province: &str| {
            let version = world.owner.get(&party).await.expect(200)["version"].as_i64().unwrap();
            let profile = json!({"names": {"vi": "Viện Dừa"}, "party_type": "institute", "address": {"province": province}});
            world.owner.put_at(&party, version, profile).await.expect(200)["version"].as_i64().unwrap()
        };
        let version = moves("86").await;
        let level = "document".into();
        accounts::parties::verify(&site.app.accounts, Ctx::system(), world.institute, version, level).await.unwrap();
        let seen = world.owner.get(&format!("/api/v1/technologies/{id}")).await.expect(200)["inside"]["version"].as_i64().unwrap();
        world.owner.post_at(&format!("/api/v1/listings/{id}/transitions"), seen, json!({"step": "confirm"})).await.expect(200);
        site.matched().await;
        assert_eq!(world.unread(&site).await, (0, 1));

        // What was passed over takes no room from what is news: somebody else's need.
        let mut other = need();
        other["title"]["vi"] = json!("Cần thiết bị sấy cơm dừa nạo");
        world.publish("needs", other).await;
        site.matched().await;
        assert_eq!(world.unread(&site).await, (1, 2));

        // Pairs that a first generation found were told to nobody, and an edit of a party makes none of them news.
        site.app.store.db().execute_unprepared("DELETE FROM match_told").await.unwrap();
        moves("01").await;
        site.matched().await;
        assert_eq!(world.unread(&site).await, (1, 2));
        assert_eq!(same_as_from_scratch(&site).await, 2);
        site.stop().await;
    }
}
