//! Twenty pairs whose fields are as long as they may be: no page of matches or of their comparison is too heavy, and none of
//! the pairs is lost between two pages.

use std::collections::BTreeSet;

use base::StaffRole;
use serde_json::{Value, json};
use store::testing::TestStore;

use super::{PAGE_BYTES, Scales, Space, list, marked, need, technology, words};
use crate::main_job::publish;
use crate::site::{Client, Site};
use crate::standing::form;

const PAIRS: usize = 20;

/// The ids of the pairs on a page, and what leads on to the next.
fn shown(page: &str) -> (Vec<String>, Option<String>) {
    let ids = page.split("id=\"m-").skip(1).filter_map(|rest| rest.split('"').next()).map(str::to_owned).collect();
    let pager = page.split("rel=\"next\"").next().filter(|before| before.len() < page.len());
    let next = pager.and_then(|before| before.rsplit("href=\"").next()?.split('"').next()).map(|href| href.replace("&#38;", "&"));
    (ids, next)
}

/// Weighs a list page by page; gives how often each pair stood on it.
async fn walk(scales: &mut Scales, client: &Client, path: &str) -> Vec<String> {
    let (mut all, mut at) = (Vec::new(), path.to_owned());
    for _ in 0..=PAIRS {
        let (ids, next) = shown(&scales.weigh(client, &at).await);
        all.extend(ids);
        match next {
            Some(next) => at = next,
            None => return all,
        }
    }
    panic!("{path} has no end");
}

async fn post(space: &Space, path: &str, content: &Value) -> String {
    let id = space.draft(path, content).await;
    let seen = space.submit(path, &id).await;
    publish(&space.moderator, &id, seen).await;
    id
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_page_of_matches_is_heavy_however_much_the_pairs_say() {
    // Twenty pairs of texts as long as they may be take a program that is not optimised half a minute.
    let site = Site::start_with(TestStore::sqlite().await.unwrap(), |config| config.server.request_seconds = 300).await;
    let institute = Space::make(&site).await;
    let seeker = site.person("seeker").await;
    let party = site.party(&seeker, "Công ty Dừa", "enterprise").await.to_string();
    let firm = Space { author: seeker, moderator: institute.moderator.clone(), party };
    for n in 0..5 {
        let other = site.person(&format!("other{n}")).await;
        let says = |mark: &str| list(mark, 30, 300);
        let body = json!({"names": marked(&format!("tochuc{n}"), 256), "party_type": "institute", "address": {"province": "86"},
            "presentation": {"vi": words(4_000)}, "capacities": says("nangluc"), "equipment": says("thietbi"), "interests": says("quantam")});
        other.post("/api/v1/parties", body).await.expect(201);
    }
    let mut content = technology(&institute.author, &[]).await;
    content["terms"]["territory"] = json!(["VN"]);
    let mut offers = Vec::new();
    for n in 0..PAIRS {
        content["title"] = marked(&format!("chao{n}x"), 256);
        offers.push(post(&institute, "technologies", &content).await);
    }
    let mut wanted = need(&firm.author).await;
    wanted.as_object_mut().unwrap().remove("exclusivity_sought");
    let fits = post(&firm, "needs", &wanted).await;
    // Another right and every figure missed.
    wanted["exclusivity_sought"] = json!("exclusive");
    for target in wanted["targets"].as_array_mut().unwrap() {
        target["target"] = json!(123_456_789.125);
    }
    let misses = post(&firm, "needs", &wanted).await;
    for offer in &offers {
        let body = json!({"verdict": "good", "note": words(500)});
        firm.author.post(&format!("/api/v1/matches/{fits}.{offer}/feedback"), body).await.expect(200);
    }
    site.indexed().await;

    let mut scales = Scales::default();
    let pairs = |need: &str| -> BTreeSet<String> { offers.iter().map(|offer| format!("{need}.{offer}")).collect() };
    let (url, missed) = (firm.url("needs", &fits).await, firm.url("needs", &misses).await);
    let broker = site.staff("broker", &[StaffRole::Broker]).await;
    let (fitting, excluded) = (format!("{url}/matches"), format!("{missed}/matches?excluded=true"));
    for (client, path, need) in [(&firm.author, fitting.clone(), &fits), (&broker, format!("/en{excluded}"), &misses)] {
        let all = walk(&mut scales, client, &path).await;
        assert_eq!((all.len(), BTreeSet::from_iter(all)), (PAIRS, pairs(need)), "{path}");
    }
    scales.weigh(&broker, &format!("/en{fitting}")).await;
    scales.weigh(&firm.author, &excluded).await;
    let offer = institute.url("technologies", &offers[0]).await;
    for path in ["", "?of=similar", "?of=parties", "?excluded=true"] {
        scales.weigh(&institute.author, &format!("{offer}/matches{path}")).await;
    }
    for path in ["?of=parties", "?of=parties&excluded=true"] {
        walk(&mut scales, &firm.author, &format!("/en{url}/matches{path}")).await;
    }

    // As many as may be are considered more closely, and one more is refused in so many words.
    let with = offers.iter().take(4).map(|offer| format!("with={offer}")).collect::<Vec<_>>().join("&");
    let consider = async |offer: &str| {
        let fields = [("offer", offer), ("note", &words(500)), ("_do", "note")];
        form(&firm.author, &format!("{url}/compare?{with}"), &fields).await
    };
    for offer in offers.iter().take(12) {
        assert_eq!(consider(offer).await.status, 303);
    }
    let refused = consider(&offers[12]).await;
    assert_eq!(refused.status, 422);
    assert!(refused.text.contains("nhiều nhất 12 tin") && refused.text.len() <= PAGE_BYTES, "{}", refused.text.len());
    assert_eq!(consider(&offers[0]).await.status, 303, "a note is written anew");
    for (lang, url) in [("", &url), ("/en", &url), ("", &missed), ("/en", &missed)] {
        let texts = scales.weigh_parts(&firm.author, &format!("{lang}{url}/compare?{with}")).await;
        for n in 0..20 {
            assert_eq!(texts.iter().filter(|text| text.contains(&format!("muctieu{n}x"))).count(), 1, "target {n} of {lang}{url}");
        }
    }
    // What was taken back makes room.
    let drop = [("offer", offers[0].as_str()), ("_do", "drop")];
    assert_eq!(form(&firm.author, &format!("{url}/compare?{with}"), &drop).await.status, 303);
    assert_eq!(consider(&offers[12]).await.status, 303);
    scales.are_even();
    site.stop().await;
}
