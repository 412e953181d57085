//! A deal with the longest texts and the most of everything: its page stays small, and all of it is a link away.

use base::StaffRole;
use serde_json::{Value, json};
use store::testing::TestStore;

use super::{Scales, stand_once, words};
use crate::deals::{Cast, vnd};
use crate::site::Site;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_page_of_a_deal_is_heavy_however_much_is_in_it() {
    let site = Site::start(TestStore::sqlite().await.unwrap()).await;
    let cast = Cast::make(&site, "hv").await;
    let title = words(256);
    let new = json!({"kind": "licence", "listing": cast.listing, "seeker": cast.seeker_party, "title": title});
    let made = cast.broker.post("/api/v1/deals", new).await.expect(201);
    let deal = crate::deals::Deal { path: format!("/api/v1/deals/{}", made["id"].as_str().unwrap()) };
    deal.put(&cast.broker, "brokers/statement", json!({"statement": words(2_000)})).await.expect(200);
    deal.put(&cast.owner, "contract", json!({"signed_on": "2026-11-02"})).await.expect(200);
    for n in 0..40 {
        let task = json!({"title": format!("viec{n}x {}", words(240)), "whose": "owner", "due_on": "2026-12-04"});
        deal.post(&cast.broker, "tasks", task).await.expect(201);
        let milestone = json!({"title": format!("moc{n}x {}", words(240)), "due_on": "2026-12-04"});
        deal.post(&cast.broker, "milestones", milestone).await.expect(201);
        let paper = json!({"kind": "acceptance", "dated_on": "2026-11-24", "reference": format!("giay{n}x {}", words(240))});
        deal.post(&cast.broker, "papers", paper).await.expect(201);
        let payment =
            json!({"kind": "lump_sum", "amount": vnd(123_456_789), "due_on": "2026-12-04", "note": format!("tien{n}x {}", words(240))});
        deal.post(&cast.broker, "payments", payment).await.expect(201);
    }
    for n in 0..20 {
        let meeting = json!({"held_on": "2026-11-20", "place": words(256), "minutes": format!("gap{n}x {}", words(3_980))});
        deal.post(&cast.broker, "meetings", meeting).await.expect(201);
        deal.post(&cast.broker, "messages", json!({"text": format!("tin{n}x {}", words(3_980))})).await.expect(201);
    }
    let offer = |n: usize| {
        let milestones: Value = (0..20).map(|_| json!({"title": words(256), "amount": vnd(1_234_567)})).collect();
        json!({"terms": {"right": "right_to_use", "exclusivity": "non_exclusive", "sublicence": true, "field_of_use": words(1_000),
            "term_months": 120, "lump_sum": vnd(1_234_567), "royalty": {"rate_bp": 300, "base": "net_revenue"}, "milestones": milestones,
            "cross_licence": words(1_000), "note": format!("loi{n}x {}", words(1_980))}})
    };
    for n in 0..3 {
        deal.post(&cast.owner, "offers", offer(n)).await.expect(201);
    }
    let mut scales = Scales::default();
    let page = deal.path.replace("/api/v1", "");
    for lang in ["", "/en"] {
        for reader in [&cast.broker, &cast.owner, &cast.seeker] {
            let first = scales.weigh(reader, &format!("{lang}{page}")).await;
            for name in ["tasks", "meetings", "milestones", "payments", "offers", "brokers"] {
                assert!(first.contains(&format!("{page}?all={name}")), "{name}: {first}");
            }
        }
        for (name, mark, count) in
            [("tasks", "viec", 40), ("milestones", "moc", 40), ("payments", "tien", 40), ("meetings", "gap", 20), ("offers", "loi", 3)]
        {
            stand_once(&scales.weigh_parts(&cast.broker, &format!("{lang}{page}?all={name}")).await, mark, count);
        }
        assert!(scales.weigh(&cast.seeker, &format!("{lang}{page}?all=brokers")).await.contains("lò than"));
    }
    // Every message is found by leafing.
    let (mut path, mut texts) = (page.clone(), Vec::new());
    for _ in 0..30 {
        let text = scales.weigh(&cast.seeker, &path).await;
        let older = text.split("#thread\" rel=\"next\"").next().filter(|before| before.len() < text.len());
        let next = older.and_then(|before| before.rsplit("href=\"").next()).map(|href| href.replace("&#38;", "&"));
        texts.push(text);
        let Some(next) = next else { break };
        path = next;
    }
    for n in 0..20 {
        let mark = format!("tin{n}x");
        assert_eq!(texts.iter().filter(|text| text.contains(&mark)).count(), 1, "{mark}");
    }
    for part in ["offer", "task", "meeting", "contract", "outcome", "statement", "brokers", "parties"] {
        scales.weigh(&cast.broker, &format!("{page}/edit/{part}")).await;
    }
    for lang in ["", "/en"] {
        for path in ["/my/deals", "/my"] {
            scales.weigh(&cast.owner, &format!("{lang}{path}")).await;
        }
        scales.weigh(&cast.broker, &format!("{lang}/staff/deals")).await;
    }
    // What there is not is not there, and outsiders see nothing of it.
    assert_eq!(cast.broker.get(&format!("{page}?all=secrets")).await.status, 404);
    let manager = site.staff("hv-administrator", &[StaffRole::Administrator]).await;
    assert_eq!(manager.get(&format!("{page}?all=meetings")).await.status, 404);
    assert!(!manager.get(&page).await.text.contains("gap0x"));
    scales.are_even();
    site.stop().await;
}
