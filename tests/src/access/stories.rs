//! What is asked about the story of a completed deal: a draft, one that both sides consent to, a published one. The party
//! concerned gives; who takes is a third party.

use reqwest::Method;
use serde_json::{Value, json};

use super::{Ask, Who, World};
use crate::deals::{Deal, complete};

/// What each operation is tried on; none for what is no operation of stories.
pub fn cases(operation: &str) -> &'static [&'static str] {
    match operation {
        "listStories" => &["public"],
        "listStoryQueue" => &["own"],
        "getStory" | "unpublishStory" => &["published"],
        "getDealStory" => &["draft", "agreed"],
        "writeDealStory" | "consentToStory" => &["draft"],
        "withdrawStoryConsent" | "publishStory" => &["agreed"],
        _ => &[],
    }
}

/// A story in one of its states.
struct Told {
    deal: String,
    hash: Value,
    version: i64,
    slug: String,
}

async fn told(world: &World<'_>, state: &str) -> Told {
    let new = json!({"kind": "technical_service", "listing": world.technology, "seeker": world.seeker_party});
    let made = world.leader.post("/api/v1/deals", new).await.expect(201);
    let deal = made["id"].as_str().unwrap().to_owned();
    let path = format!("/api/v1/deals/{deal}");
    complete(&Deal { path: path.clone() }, &world.owner, &world.seeker, &world.leader).await;
    let story = format!("{path}/story");
    let text = json!({"title": {"vi": "Sấy nhanh"}, "summary": {"vi": "Tóm tắt"}, "body": {"vi": "Nội dung"}});
    let written = world.owner.put_at(&story, 0, text).await.expect(200);
    let hash = written["hash"].clone();
    if state != "draft" {
        for (by, party) in [(&world.owner, world.small), (&world.seeker, world.seeker_party)] {
            by.post(&format!("{story}/consents"), json!({"party": party, "hash": hash})).await.expect(201);
        }
    }
    let mut view = world.owner.get(&story).await.expect(200);
    if state == "published" {
        let publish = format!("{story}/publish");
        let moderator = world.reviewer.clone().with("if-match", &format!("\"{}\"", view["version"]));
        moderator.send(Method::POST, &publish, None).await.expect(200);
        view = world.owner.get(&story).await.expect(200);
    }
    let slug = view["url"].as_str().unwrap_or_default().rsplit('/').next().unwrap().to_owned();
    Told { deal, hash, version: view["version"].as_i64().unwrap(), slug }
}

pub async fn ask(world: &World<'_>, operation: &str, case: &str, who: Who) -> Ask {
    let by = Ask::by(&world.clients[&who]);
    if cases(operation) == ["public"] || cases(operation) == ["own"] {
        return by;
    }
    let told = told(world, case).await;
    match operation {
        "getStory" => by.at(told.slug),
        "getDealStory" => by.at(told.deal),
        "writeDealStory" => {
            let text = json!({"title": {"vi": "Sấy nhanh hơn"}, "summary": {"vi": "Tóm tắt"}, "body": {"vi": "Nội dung"}});
            by.at(told.deal).seen(told.version).body(text)
        }
        "consentToStory" => by.at(told.deal).body(json!({"party": world.small, "hash": told.hash})),
        "withdrawStoryConsent" => by.at(told.deal).body(json!({"party": world.small})),
        "publishStory" | "unpublishStory" => by.at(told.deal).seen(told.version),
        other => panic!("no request is written for {other}"),
    }
}
