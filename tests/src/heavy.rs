//! Contents at every limit there is, and still no page of more than 60,000 bytes: what does not fit goes on in parts, and
//! nothing of it is lost between them.

mod deals;
mod matches;

use std::collections::BTreeSet;

use base::StaffRole;
use serde_json::{Value, json};
use store::testing::TestStore;

use crate::main_job::publish;
use crate::site::{Client, Site};
use crate::standing::form;

/// What a page may weigh, as HTML before it is compressed.
const PAGE_BYTES: usize = 60_000;

/// So many characters of a text as people write it, with the marks and signs that weigh more than one byte.
pub fn words(chars: usize) -> String {
    "Máy sấy “bơm nhiệt” giữ màu trắng & mùi thơm, <60 °C>, nhanh hơn lò than. "
        .chars()
        .cycle()
        .take(chars)
        .collect::<String>()
        .trim_end()
        .to_owned()
}

fn english(chars: usize) -> String {
    "A heat pump dryer keeps “colour” & smell, <60 °C>, faster than charcoal. "
        .chars()
        .cycle()
        .take(chars)
        .collect::<String>()
        .trim_end()
        .to_owned()
}

fn both(chars: usize) -> Value {
    json!({"vi": words(chars), "en": english(chars)})
}

/// A text in both languages that begins with a word found nowhere else.
fn marked(mark: &str, chars: usize) -> Value {
    let rest = chars - mark.chars().count() - 1;
    json!({"vi": format!("{mark} {}", words(rest)), "en": format!("{mark} {}", english(rest))})
}

/// So many short texts of so many characters per language, no two alike.
fn list(mark: &str, count: usize, chars: usize) -> Value {
    let of = |text: fn(usize) -> String| -> Vec<String> {
        (0..count)
            .map(|n| format!("{mark}{n} {}", text(chars)).chars().take(chars).collect::<String>().trim_end().replace([',', ';'], " "))
            .collect()
    };
    json!({"vi": of(words), "en": of(english)})
}

/// The first codes of a list.
async fn codes(client: &Client, list: &str, count: usize) -> Vec<String> {
    let list = client.get(&format!("/api/v1/vocabularies/{list}")).await.expect(200);
    list["term"].as_array().unwrap().iter().take(count).map(|term| term["code"].as_str().unwrap().to_owned()).collect()
}

fn shares(mark: &str) -> Value {
    (0..50).map(|n| json!({"name": format!("{mark}{n}x {}", words(240)), "share_bp": 200, "basis": "funding"})).collect()
}

fn classes() -> Vec<String> {
    (0..20).map(|n| format!("A{:02}N 5/{n:06}", n + 1)).collect()
}

fn territory() -> Vec<String> {
    ('A'..='Z').flat_map(|a| ('A'..='Z').map(move |b| format!("{a}{b}"))).take(200).collect()
}

/// A technology with the longest texts and the most rows.
async fn technology(client: &Client, assets: &[String]) -> Value {
    let advantage = |n: usize| {
        json!({"metric": marked(&format!("uudiem{n}x"), 200), "compared_with": both(200), "evidence": both(500), "conditions": both(500),
            "baseline": 123_456_789.125, "offered": 987_654_321.875, "unit": words(20)})
    };
    json!({
        "title": both(256), "summary": both(500), "problem": both(2_000), "description": both(4_000), "field": "21101", "trl": 7,
        "trl_evidence": both(1_000), "ipr_status": "granted", "ip_assets": assets, "cooperation": codes(client, "cooperation", 3).await,
        "partner_role": both(2_000), "partner_types": codes(client, "party_types", 15).await, "keywords": list("k", 5, 60),
        "market_keywords": list("t", 5, 60), "owners": shares("chu"), "advantages": (0..20).map(advantage).collect::<Value>(),
        "not_measured": both(1_000), "state_funded": true,
        "state_funding": {"task_code": words(100), "accepted_on": "2022-06-17", "right_holder_decision": words(256)},
        "list_check": {"result": "none", "list_version": words(40), "checked_on": "2026-05-10"}, "disclosed_on": "2022-07-20",
        "applications": both(2_000), "products": list("p", 20, 60), "capacity": both(500),
        "investment": {"min_minor": 1_800_000_001_i64, "max_minor": 2_600_000_001_i64, "currency": "VND", "as_of": "2026-03-01"},
        "operating_cost_per_year": {"min_minor": 900_000_001_i64, "currency": "VND"}, "payback_months": 34,
        "inputs": both(1_000), "requirements": both(1_000), "environment": both(1_000),
        "standards": (0..20).map(|n| format!("{n} {}", words(96))).collect::<Vec<_>>(),
        "references": (0..30).map(|n| json!({"site": marked(&format!("noidung{n}x"), 256), "since_year": 2020})).collect::<Value>(),
        "demonstration_site": both(256), "video": format!("https://example.org/{}", "v".repeat(480)), "limitations": both(2_000),
        "competing_solutions": both(1_000),
        "publications": (0..50).map(|n| json!({"title": format!("baibao{n}x {}", words(495)), "doi": format!("10.1000/{n}")})).collect::<Value>(),
        "ipc": classes(), "cpc": classes(), "vsic": codes(client, "vsic", 10).await, "sdg": codes(client, "sdg", 17).await,
        "support": codes(client, "support", 20).await,
        "terms": {"right": "right_to_use", "exclusivity": "non_exclusive", "sublicence": true, "field_of_use": both(1_000),
            "territory": territory(), "term_months": 1_200, "payment": codes(client, "payment", 8).await,
            "price": {"kind": "range", "amount": {"min_minor": 450_000_001_i64, "max_minor": 600_000_001_i64, "currency": "VND", "as_of": "2026-03-01"}}},
    })
}

async fn ip_asset(client: &Client, n: usize) -> Value {
    json!({
        "ip_kind": "patent", "title": marked(&format!("sangche{n}x"), 256), "abstract": both(2_000), "status": "granted", "status_as_of": "2026-06-01",
        "status_source": words(256), "territory": territory(), "holders": shares("nguoi"),
        "creators": (0..50).map(|n| format!("tacgia{n}x {}", words(240))).collect::<Vec<_>>(),
        "application": {"number": "1-2021-01234", "date": "2021-03-01"}, "grant": {"number": "1-0034567", "date": "2024-03-01"},
        "priority": {"number": "X".repeat(60), "country": "JP", "date": "2020-03-01"}, "route": "national", "expires_on": "2041-03-01",
        "field": "21101", "keywords": list("k", 5, 60), "products": list("p", 20, 60), "ipc": classes(), "cpc": classes(), "nice": (1..=45).collect::<Vec<u8>>(),
        "locarno": (1..=20).map(|n| format!("{n:02}-01")).collect::<Vec<_>>(), "vienna": (1..=20).map(|n| format!("{n}.1.1")).collect::<Vec<_>>(),
        "representative": words(256), "family": (0..50).map(|n| format!("{}{n}", "W".repeat(57))).collect::<Vec<_>>(),
        "encumbrances": both(1_000), "availability": codes(client, "availability", 4).await,
    })
}

async fn need(client: &Client) -> Value {
    let target = |n: usize| {
        json!({"metric": marked(&format!("muctieu{n}x"), 200), "today": 123_456_789.125, "target": 987_654_321.875, "unit": words(20),
            "direction": "at_most", "priority": "must"})
    };
    json!({
        "title": both(256), "problem": both(4_000), "targets": (0..20).map(target).collect::<Value>(), "field": "21101",
        "keywords": list("k", 5, 60), "cooperation": codes(client, "cooperation", 3).await, "partner_types": codes(client, "party_types", 15).await,
        "anonymity": "named", "trl_min": 6, "constraints": both(2_000), "deadline": "2027-04-30", "urgency": "high", "co_funding": both(1_000),
        "already_tried": both(2_000), "standards": (0..20).map(|n| format!("{n} {}", words(96))).collect::<Vec<_>>(),
        "excluded_solutions": both(1_000), "absorptive_capacity": both(1_000), "province": "86", "right_sought": "right_to_use",
        "exclusivity_sought": "exclusive",
    })
}

/// Pages that are too heavy, and how heavy they are.
#[derive(Default)]
pub struct Scales {
    heavy: Vec<String>,
    heaviest: (usize, String),
}

impl Scales {
    /// A page that must be there; gives its text.
    pub async fn weigh(&mut self, client: &Client, path: &str) -> String {
        let page = client.get(path).await;
        assert_eq!(page.status, 200, "{path}: {}", page.text);
        let bytes = page.text.len();
        if bytes > PAGE_BYTES {
            self.heavy.push(format!("{path}: {bytes}"));
        }
        if bytes > self.heaviest.0 {
            self.heaviest = (bytes, path.to_owned());
        }
        page.text
    }

    /// A page with all its further parts; gives their texts.
    pub async fn weigh_parts(&mut self, client: &Client, path: &str) -> Vec<String> {
        let mut texts = vec![self.weigh(client, path).await];
        let sign = if path.contains('?') { '&' } else { '?' };
        for part in 2.. {
            let next = format!("{path}{sign}part={part}");
            let is_led_to =
                texts[part - 2].contains(&format!("part={part}")) || texts[part - 2].contains(&format!("value=\"part:{part}\""));
            let is_there = client.get(&next).await.status == 200;
            if !is_led_to {
                assert!(!is_there || path.contains("/edit/"), "{next} is there, but nothing leads to it");
                return texts;
            }
            assert!(part < 40, "{next}");
            texts.push(self.weigh(client, &next).await);
        }
        texts
    }

    /// All that was weighed is light enough.
    pub fn are_even(self) {
        assert!(self.heavy.is_empty(), "{} pages are too heavy:\n{}", self.heavy.len(), self.heavy.join("\n"));
        println!("the heaviest page: {} bytes, {}", self.heaviest.0, self.heaviest.1);
    }
}

/// Each mark stands on exactly one of the parts, or on two where a fact shows its beginning too.
fn stand_once(texts: &[String], mark: &str, count: usize) {
    for n in 0..count {
        let mark = format!("{mark}{n}x");
        let parts = texts.iter().filter(|text| text.contains(&mark)).count();
        assert!((1..=2).contains(&parts), "{mark} stands on {parts} of {} parts", texts.len());
    }
}

struct Space {
    author: Client,
    moderator: Client,
    party: String,
}

impl Space {
    async fn make(site: &Site) -> Self {
        let moderator = site.staff("moderator", &[StaffRole::Moderator]).await;
        let author = site.person("author").await;
        let body = json!({
            "names": both(256), "party_type": "institute", "registration": words(256), "website": format!("https://example.org/{}", "w".repeat(270)),
            "address": {"province": "86", "commune": "28777", "street": words(256), "street_public": true}, "presentation": both(4_000),
            "capacities": list("nangluc", 30, 300), "equipment": list("thietbi", 30, 300), "standards": list("tieuchuan", 30, 300),
            "interests": list("quantam", 30, 300),
        });
        let party = author.post("/api/v1/parties", body).await.expect(201)["id"].as_str().unwrap().to_owned();
        Self { author, moderator, party }
    }

    async fn draft(&self, path: &str, content: &Value) -> String {
        let made = self.author.post(&format!("/api/v1/{path}"), json!({"party": self.party, "content": content})).await.expect(201);
        made["id"].as_str().unwrap().to_owned()
    }

    async fn version(&self, path: &str, id: &str) -> i64 {
        self.author.get(&format!("/api/v1/{path}/{id}")).await.expect(200)["inside"]["version"].as_i64().unwrap()
    }

    async fn submit(&self, path: &str, id: &str) -> i64 {
        let seen = self.version(path, id).await;
        let step = json!({"step": "submit"});
        self.author.post_at(&format!("/api/v1/listings/{id}/transitions"), seen, step).await.expect(200)["version"].as_i64().unwrap()
    }

    /// Its page.
    async fn url(&self, path: &str, id: &str) -> String {
        self.author.get(&format!("/api/v1/{path}/{id}")).await.expect(200)["url"].as_str().unwrap().to_owned()
    }
}

/// Every page that shows a listing, before and after it is public, and while a change of all of it waits for review.
async fn weigh_a_listing(
    scales: &mut Scales,
    space: &Space,
    path: &str,
    content: &Value,
    changed: &Value,
    steps: usize,
) -> (String, Vec<String>) {
    let id = space.draft(path, content).await;
    let visitor = &space.author;
    for lang in ["", "/en"] {
        scales.weigh(visitor, &format!("{lang}/my/listings/{id}")).await;
        for step in 1..=steps {
            scales.weigh_parts(visitor, &format!("{lang}/my/listings/{id}/edit/{step}")).await;
        }
    }
    let seen = space.submit(path, &id).await;
    scales.weigh_parts(&space.moderator, &format!("/review/{id}")).await;
    publish(&space.moderator, &id, seen).await;
    let url = space.url(path, &id).await;
    let mut texts = Vec::new();
    for lang in ["", "/en"] {
        texts = scales.weigh_parts(visitor, &format!("{lang}{url}")).await;
    }
    let seen = space.version(path, &id).await;
    visitor.put_at(&format!("/api/v1/{path}/{id}"), seen, json!({"content": changed})).await.expect(200);
    space.submit(path, &id).await;
    space.moderator.post(&format!("/api/v1/listings/{id}/reviews"), Value::Null).await.expect(200);
    for lang in ["", "/en"] {
        scales.weigh_parts(&space.moderator, &format!("{lang}/review/{id}")).await;
        scales.weigh_parts(visitor, &format!("{lang}/my/listings/{id}/history?from=1&to=2")).await;
        scales.weigh(visitor, &format!("{lang}/my/listings/{id}/audience")).await;
    }
    (id, texts)
}

/// The same content with every word of every text another one.
fn other(content: &Value) -> Value {
    serde_json::from_str(
        &content.to_string().replace("nhiệt", "lạnh").replace("dryer", "freez").replace("giữ", "bỏ").replace("keeps", "loses"),
    )
    .unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_page_of_a_listing_is_heavy_whatever_it_says() {
    let site = Site::start(TestStore::sqlite().await.unwrap()).await;
    let space = Space::make(&site).await;
    let mut scales = Scales::default();
    let mut assets = Vec::new();
    for n in 0..2 {
        let content = ip_asset(&space.author, n).await;
        let (id, texts) = weigh_a_listing(&mut scales, &space, "ip-assets", &content, &other(&content), if n == 0 { 6 } else { 0 }).await;
        stand_once(&texts, "tacgia", 50);
        stand_once(&texts, "nguoi", 50);
        assets.push(id);
    }
    site.indexed().await;
    let content = technology(&space.author, &assets).await;
    let (id, texts) = weigh_a_listing(&mut scales, &space, "technologies", &content, &other(&content), 7).await;
    for (mark, count) in [("uudiem", 20), ("baibao", 50), ("noidung", 30), ("chu", 50)] {
        stand_once(&texts, mark, count);
    }
    let url = space.url("technologies", &id).await;
    let visitor = site.visitor();
    let (first, second) = (visitor.get(&url).await.text, visitor.get(&format!("{url}?part=2")).await.text);
    assert!(second.contains("noindex") && !first.contains("noindex"), "search engines list the first part");
    for wrong in ["part=0", "part=x"] {
        assert_eq!(site.visitor().get(&format!("{url}?{wrong}")).await.status, 400, "{wrong}");
    }
    assert_eq!(site.visitor().get(&format!("{url}?part=99")).await.status, 404);
    let content = need(&space.author).await;
    let (wanted, texts) = weigh_a_listing(&mut scales, &space, "needs", &content, &other(&content), 5).await;
    stand_once(&texts, "muctieu", 20);
    site.indexed().await;
    let party = space.author.get(&format!("/api/v1/parties/{}", space.party)).await.expect(200)["slug"].as_str().unwrap().to_owned();
    let need_url = space.url("needs", &wanted).await;
    for lang in ["", "/en"] {
        for path in [
            "/search?q=bom+nhiet",
            "/my",
            "/",
            &format!("{need_url}/matches"),
            &format!("{url}/matches"),
            &format!("/my/parties/{}", space.party),
        ] {
            scales.weigh(&space.author, &format!("{lang}{path}")).await;
        }
        let texts = scales.weigh_parts(&space.author, &format!("{lang}/parties/{party}")).await;
        for mark in ["nangluc", "thietbi", "tieuchuan", "quantam"] {
            assert!((0..30).all(|n| texts.iter().any(|text| text.contains(&format!("{mark}{n} ")))), "{mark}");
        }
        for path in ["/review", "/staff/parties"] {
            scales.weigh(&space.moderator, &format!("{lang}{path}")).await;
        }
    }
    scales.are_even();
    site.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_part_of_a_long_form_changes_what_it_shows_and_leads_on_to_the_next() {
    let site = Site::start(TestStore::sqlite().await.unwrap()).await;
    let space = Space::make(&site).await;
    let content = technology(&space.author, &[]).await;
    let id = space.draft("technologies", &content).await;
    let edit = format!("/my/listings/{id}/edit/3");
    let kept = async || space.author.get(&format!("/api/v1/technologies/{id}")).await.expect(200)["content"].clone();
    let before = kept().await;
    let second = space.author.get(&format!("{edit}?part=2")).await.text;
    let shown: BTreeSet<usize> = (0..20).filter(|n| second.contains(&format!("name=\"/advantages/{n}/metric/vi\""))).collect();
    assert!(!shown.is_empty() && shown.len() < 20 && !shown.contains(&0), "{shown:?}");
    let row = *shown.first().unwrap();
    // What a moderator's note or a gap leads to is on its own part.
    let found = space.author.get(&format!("{edit}?at=/advantages/{row}/metric")).await.text;
    assert!(found.contains(&format!("name=\"/advantages/{row}/metric/vi\"")) && found.contains("name=\"_part\" value=\"2\""));

    let (seen, metric) = (space.version("technologies", &id).await.to_string(), format!("/advantages/{row}/metric/vi"));
    let wrong_at = format!("/advantages/{row}/offered");
    let wrong = [("_seen", seen.as_str()), ("_part", "2"), ("_do", "next"), (metric.as_str(), "Đổi mới"), (wrong_at.as_str(), "nhanh")];
    let told = form(&space.author, &edit, &wrong).await;
    assert!(
        told.status == 422 && told.text.contains("value=\"Đổi mới\"") && told.text.contains("name=\"_part\" value=\"2\""),
        "{}",
        told.text
    );
    assert!(told.text.len() <= PAGE_BYTES, "{}", told.text.len());
    let sent = [("_seen", seen.as_str()), ("_part", "2"), ("_do", "next"), (metric.as_str(), "Đổi mới")];
    let saved = form(&space.author, &edit, &sent).await;
    assert_eq!((saved.status.as_u16(), saved.headers["location"].to_str().unwrap()), (303, format!("{edit}?part=3&saved").as_str()));
    let mut after = before.clone();
    after["advantages"][row]["metric"]["vi"] = kept().await["advantages"][row]["metric"]["vi"].clone();
    assert_eq!(after["advantages"][row]["metric"]["vi"]["text"], "Đổi mới");
    assert_eq!(kept().await, after, "nothing else");

    // A row that is dropped takes no other with it, and another part is one button away.
    let seen = space.version("technologies", &id).await.to_string();
    let drop = format!("drop:/advantages/{row}");
    let dropped = form(&space.author, &edit, &[("_seen", &seen), ("_part", "2"), ("_do", &drop), (&metric, "Đổi mới")]).await;
    assert_eq!(dropped.headers["location"].to_str().unwrap(), format!("{edit}?part=2&saved"));
    after["advantages"].as_array_mut().unwrap().remove(row);
    let metrics = |content: &Value| -> Vec<Value> {
        content["advantages"]
            .as_array()
            .unwrap()
            .iter()
            .map(|row| [&row["metric"]["vi"]["text"], &row["metric"]["en"]["text"], &row["offered"]].into_iter().cloned().collect())
            .collect()
    };
    assert_eq!(metrics(&kept().await), metrics(&after));
    let seen = space.version("technologies", &id).await.to_string();
    let there = form(&space.author, &edit, &[("_seen", &seen), ("_part", "2"), ("_do", "part:1")]).await;
    assert_eq!(there.headers["location"].to_str().unwrap(), format!("{edit}?part=1&saved").replace("part=1&", ""));
    site.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn notes_written_on_one_part_of_a_long_review_are_sent_from_another() {
    let site = Site::start(TestStore::sqlite().await.unwrap()).await;
    let space = Space::make(&site).await;
    let content = technology(&space.author, &[]).await;
    let id = space.draft("technologies", &content).await;
    space.submit("technologies", &id).await;
    let review = format!("/review/{id}");
    form(&space.moderator, &review, &[("decision", "claim")]).await;
    let first = space.moderator.get(&review).await.text;
    assert!(first.contains("name=\"note:/title\"") && first.contains("value=\"part:2\""), "{first}");
    let seen = space.version("technologies", &id).await.to_string();
    let typed = [("_seen", seen.as_str()), ("_part", "1"), ("decision", "part:2"), ("note:/title", "Ngắn hơn."), ("score:clarity", "3")];
    let second = form(&space.moderator, &review, &typed).await;
    assert_eq!(second.status, 200, "{}", second.text);
    assert!(second.text.contains("<input type=\"hidden\" name=\"note:/title\" value=\"Ngắn hơn.\">") && second.text.len() <= PAGE_BYTES);
    assert!(second.text.contains("name=\"score:clarity\" value=\"3\" checked"), "points stay, too");
    let sent = [("_seen", seen.as_str()), ("_part", "2"), ("decision", "request_changes"), ("note:/title", "Ngắn hơn.")];
    assert_eq!(form(&space.moderator, &review, &sent).await.status, 303);
    assert!(space.author.get(&format!("/my/listings/{id}")).await.text.contains("Ngắn hơn."));
    site.stop().await;
}
