//! Interests over HTTP: shown, asked about, answered, kept anonymous, reminded of, and counted.

use base::{PartyId, StaffRole};
use chrono::TimeDelta;
use serde_json::{Value, json};

use crate::main_job::{publish, technology};
use crate::posting::{fields, fill, send, there};
use crate::site::{Client, Site, on_every_database};

/// A space with an institute that offers a technology.
pub(crate) struct Scene {
    pub(crate) owner: Client,
    pub(crate) institute: PartyId,
    pub(crate) moderator: Client,
    /// The technology and its page.
    pub(crate) id: String,
    pub(crate) page: String,
    /// Where interest in it is shown.
    pub(crate) path: String,
}

pub(crate) async fn published(site: &Site, owner: &Client, moderator: &Client, kind: &str, party: PartyId, content: Value) -> String {
    let made = owner.post(&format!("/api/v1/{kind}"), json!({"party": party, "content": content})).await.expect(201);
    let id = made["id"].as_str().unwrap().to_owned();
    let steps = format!("/api/v1/listings/{id}/transitions");
    let seen = owner.post_at(&steps, 1, json!({"step": "submit"})).await.expect(200)["version"].as_i64().unwrap();
    publish(moderator, &id, seen).await;
    site.indexed().await;
    id
}

impl Scene {
    pub(crate) async fn set(site: &Site) -> Self {
        let moderator = site.staff("moderator", &[StaffRole::Moderator]).await;
        let owner = site.person("owner").await;
        let institute = site.party(&owner, "Viện Dừa", "institute").await;
        let id = published(site, &owner, &moderator, "technologies", institute, technology("Máy sấy cơm dừa bơm nhiệt")).await;
        let path = format!("/api/v1/technologies/{id}/interests");
        let page = owner.get(&format!("/api/v1/technologies/{id}")).await.expect(200)["url"].as_str().unwrap().to_owned();
        Self { owner, institute, moderator, id, page, path }
    }

    /// A firm that shows interest; gives its member, itself and the interest's id.
    pub(crate) async fn interested(&self, site: &Site, name: &str, more: Value) -> (Client, PartyId, String) {
        let member = site.person(name).await;
        let party = site.party(&member, &format!("Công ty {name}"), "enterprise").await;
        let made = member.post(&self.path, interest(party, more)).await.expect(201);
        (member, party, made["id"].as_str().unwrap().to_owned())
    }

    pub(crate) async fn history(&self, client: &Client) -> Value {
        client.get(&format!("/api/v1/technologies/{}/history", self.id)).await.expect(200)
    }
}

pub(crate) fn interest(party: PartyId, more: Value) -> Value {
    let mut body = json!({"party": party, "message": "Muốn lắp một máy tại xưởng.", "cooperation": "licence", "budget_band": "500-1000"});
    for (key, value) in more.as_object().into_iter().flatten() {
        body[key] = value.clone();
    }
    body
}

pub(crate) fn step(id: &str, step: &str) -> String {
    format!("/api/v1/interests/{id}/{step}")
}

pub(crate) fn one(id: &str) -> String {
    format!("/api/v1/interests/{id}")
}

pub(crate) fn version(answer: &Value) -> i64 {
    answer["version"].as_i64().unwrap()
}

/// Somebody signs in again: the clock ended their session.
async fn again(site: &Site, name: &str) -> Client {
    site.visitor().sign_in(&format!("{name}@example.org"), crate::site::PASSWORD).await
}

/// What somebody was told, in its order: kind and step.
async fn told(site: &Site, client: &Client) -> Vec<String> {
    let me: base::AccountId = client.get("/api/v1/accounts/me").await.expect(200)["id"].as_str().unwrap().parse().unwrap();
    let mut actor = base::Actor::anonymous(base::Lang::Vi);
    actor.capacity = base::Capacity::Person(me);
    let page = accounts::notices::list(&site.app.accounts, &actor, false, base::Limit::new(100).unwrap(), None).await.unwrap();
    page.items.iter().rev().map(|n| format!("{} {}", n.kind, n.facts["step"].as_str().unwrap())).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_interest_is_shown_read_asked_about_answered_and_accepted() {
    on_every_database(async |site: Site| {
        let scene = Scene::set(&site).await;
        let (visitor, owner) = (site.visitor(), &scene.owner);
        let seeker = site.person("seeker").await;
        let firm = site.party(&seeker, "Công ty Dừa Xiêm", "enterprise").await;

        // Nobody known is asked to sign in; what cannot be kept is told all at once, and kept by nobody.
        assert_eq!(visitor.post(&scene.path, interest(firm, json!({}))).await.status, 401);
        let bad =
            interest(firm, json!({"message": "", "budget_band": "x", "volume": "a".repeat(201), "context": "không phải việc của bạn"}));
        let refused = seeker.post(&scene.path, bad).await;
        let mut pointers = refused.pointers();
        pointers.sort();
        assert_eq!(
            (refused.status.as_u16(), pointers),
            (422, ["/budget_band", "/context", "/message", "/volume"].map(str::to_owned).to_vec())
        );
        let own = owner.post(&scene.path, interest(scene.institute, json!({}))).await;
        assert_eq!((own.status.as_u16(), own.pointers()), (422, vec!["/party".to_owned()]));
        assert_eq!(seeker.post(&scene.path, interest(scene.institute, json!({}))).await.status, 403, "not for another party");

        // The same request again is the same interest; a second one is refused and leads to the first.
        let keyed = seeker.clone().with("idempotency-key", "one");
        let made = keyed.post(&scene.path, interest(firm, json!({"wants_nda": true}))).await.expect(201);
        assert_eq!(keyed.post(&scene.path, interest(firm, json!({"wants_nda": true}))).await.expect(201), made);
        let id = made["id"].as_str().unwrap().to_owned();
        let second = seeker.post(&scene.path, interest(firm, json!({}))).await.expect(409);
        assert_eq!((&second["interest"], &second["url"]), (&made["id"], &json!(format!("/interests/{id}"))));
        assert_eq!(told(&site, owner).await, ["interest_received sent"]);

        // The seeker's look is no reading; the owner's is, once, and takes nobody's version away.
        assert_eq!(seeker.get(&one(&id)).await.expect(200)["status"], "sent");
        let read = owner.get(&one(&id)).await.expect(200);
        assert_eq!((&read["status"], &read["side"], version(&read)), (&json!("read"), &json!("owner"), 1));
        assert_eq!(read["details"]["steps"], json!(["request_information", "accept", "decline"]));
        assert_eq!(read["seeker"]["name"]["vi"]["text"], "Công ty Dừa Xiêm");
        assert_eq!(seeker.get(&one(&id)).await.expect(200)["details"]["steps"], json!(["withdraw"]));

        // A question and its answer.
        site.clock.advance(TimeDelta::minutes(1));
        assert_eq!(owner.post(&step(&id, "request-information"), json!({"text": "Điện mấy pha?"})).await.status, 428);
        assert_eq!(owner.post_at(&step(&id, "request-information"), 7, json!({"text": "Điện mấy pha?"})).await.status, 412);
        let asked = owner.post_at(&step(&id, "request-information"), 1, json!({"text": "Điện mấy pha?"})).await.expect(200);
        assert_eq!((&asked["status"], version(&asked)), (&json!("needs_information"), 2));
        assert_eq!(seeker.get("/api/v1/interests?role=waiting").await.expect(200)["total"], 1);
        assert_eq!(owner.get("/api/v1/interests?role=waiting").await.expect(200)["total"], 0);
        assert_eq!(owner.post_at(&step(&id, "answer"), 2, json!({"text": "Ba pha."})).await.status, 403, "one does not answer oneself");
        site.clock.advance(TimeDelta::minutes(1));
        let answered = seeker.post_at(&step(&id, "answer"), 2, json!({"text": "Ba pha."})).await.expect(200);
        assert_eq!(answered["status"], "read");
        assert_eq!(owner.get("/api/v1/interests?role=waiting").await.expect(200)["total"], 1);
        let again = seeker.post_at(&step(&id, "answer"), 3, json!({"text": "Ba pha."})).await.expect(409);
        assert!(again["allowed"].as_array().unwrap().contains(&json!("withdraw")), "{again}");

        // Accepted, by a repeat no second time.
        site.clock.advance(TimeDelta::minutes(1));
        let keyed = owner.clone().with("idempotency-key", "two");
        let accepted = keyed.post_at(&step(&id, "accept"), 3, json!({"text": "Mời đến xem."})).await.expect(200);
        assert_eq!(keyed.post_at(&step(&id, "accept"), 3, json!({"text": "Mời đến xem."})).await.expect(200), accepted);
        let view = seeker.get(&one(&id)).await.expect(200);
        assert_eq!((&view["status"], &view["details"]["steps"]), (&json!("accepted"), &json!([])));
        let texts: Vec<&str> = view["details"]["messages"].as_array().unwrap().iter().map(|m| m["text"].as_str().unwrap()).collect();
        assert_eq!(texts, ["Điện mấy pha?", "Ba pha.", "Mời đến xem."]);
        let steps = ["interest_received sent", "interest_received answer"];
        assert_eq!(told(&site, owner).await, steps);
        assert_eq!(told(&site, &seeker).await, ["interest_answered request_information", "interest_answered accept"]);

        // A third party finds nothing of it, whatever it tries.
        let stranger = site.person("stranger").await;
        site.party(&stranger, "Người ngoài", "enterprise").await;
        let missing = "01a210ec-0b83-7f9c-8143-000000000000";
        for path in [one(&id), one(missing)] {
            assert_eq!(stranger.get(&path).await.status, 404);
        }
        assert_eq!(stranger.post_at(&step(&id, "withdraw"), 4, Value::Null).await.status, 404);
        assert_eq!(stranger.get("/api/v1/interests?role=sent").await.expect(200)["total"], 0);
        assert_eq!(stranger.get(&format!("/api/v1/interests?role=received&party={}", scene.institute)).await.status, 404);
        assert_eq!(stranger.get("/api/v1/interests?role=desk").await.status, 403);
        assert_eq!(scene.moderator.get("/api/v1/interests?role=desk").await.status, 403);
        site.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_broker_takes_an_interest_down_adds_what_they_know_and_sees_what_is_overdue() {
    on_every_database(async |site: Site| {
        let scene = Scene::set(&site).await;
        let (broker, other) = (site.staff("broker", &[StaffRole::Broker]).await, site.staff("other", &[StaffRole::Broker]).await);
        let caller = site.person("caller").await;
        let firm = site.party(&caller, "Cơ sở Kẹo dừa", "household_business").await;
        let missing = json!({"party": "01a210ec-0b83-7f9c-8143-000000000000"});
        let refused = broker.post(&scene.path, interest(firm, missing)).await;
        assert_eq!((refused.status.as_u16(), refused.pointers()), (422, vec!["/party".to_owned()]));
        let more = json!({"anonymity": "sector_and_region", "context": "Gọi điện ngày 25/11."});
        let made = broker.post(&scene.path, interest(firm, more)).await.expect(201);
        let id = made["id"].as_str().unwrap().to_owned();
        let seen = scene.owner.get(&one(&id)).await.expect(200);
        assert_eq!((&seen["is_relayed"], &seen["details"]["context"]), (&json!(true), &json!("Gọi điện ngày 25/11.")));
        assert_eq!(told(&site, &caller).await, ["interest_answered recorded"]);
        assert_eq!(caller.get(&one(&id)).await.expect(200)["details"]["context"], Value::Null);

        // Another broker vouches for it; only the one who took it down acts for the caller.
        let relayed = other.post_at(&step(&id, "relay"), 1, json!({"text": "Đã đến xưởng."})).await.expect(200);
        assert_eq!(scene.owner.get(&one(&id)).await.expect(200)["details"]["context"], "Đã đến xưởng.");
        assert_eq!(other.post_at(&step(&id, "withdraw"), version(&relayed), Value::Null).await.status, 403);
        let mine = broker.get(&one(&id)).await.expect(200)["details"]["steps"].clone();
        assert_eq!(mine, json!(["withdraw", "relay"]), "who took it down still acts for the caller, who says themselves who they are");
        assert_eq!(broker.post_at(&step(&id, "reveal"), version(&relayed), Value::Null).await.status, 403);
        assert_eq!(other.post_at(&step(&id, "accept"), version(&relayed), json!({})).await.status, 403, "nobody made them responsible");

        // Reminded once, late, told to the brokers once, and over after as many days again.
        let clock = async |days: i64| {
            site.clock.advance(TimeDelta::days(days));
            brokering::interests::tick(&site.app.brokering).await.unwrap();
            brokering::interests::tick(&site.app.brokering).await.unwrap()
        };
        let before = told(&site, &scene.owner).await.len();
        clock(9).await;
        let owner = again(&site, "owner").await;
        assert_eq!(told(&site, &owner).await.len(), before, "not yet");
        clock(1).await;
        let owner = again(&site, "owner").await;
        assert_eq!(told(&site, &owner).await.last().unwrap(), "interest_due remind");
        assert_eq!(told(&site, &owner).await.len(), before + 1, "once");
        clock(4).await;
        let late = "/api/v1/interests?role=desk&status=overdue";
        assert_eq!(again(&site, "broker").await.get(late).await.expect(200)["total"], 0, "the day itself is not late");
        clock(1).await;
        let (broker, other) = (again(&site, "broker").await, again(&site, "other").await);
        let late = broker.get("/api/v1/interests?role=desk").await.expect(200);
        assert_eq!((&late["items"][0]["id"], &late["items"][0]["is_overdue"]), (&json!(id), &json!(true)));
        for one in [&broker, &other] {
            assert_eq!(told(&site, one).await.iter().filter(|n| *n == "interest_due overdue").count(), 1);
        }
        clock(13).await;
        assert_eq!(again(&site, "owner").await.get(&one(&id)).await.expect(200)["status"], "read");
        let round = clock(1).await;
        let (owner, caller) = (again(&site, "owner").await, again(&site, "caller").await);
        assert_eq!(round, brokering::interests::Round::default(), "the second round of a moment finds nothing");
        assert_eq!(owner.get(&one(&id)).await.expect(200)["status"], "expired");
        assert_eq!(told(&site, &caller).await.last().unwrap(), "interest_answered expire");
        let gone = owner.post_at(&step(&id, "accept"), 3, json!({})).await.expect(409);
        assert_eq!(gone["allowed"], json!([]));
        // It is open no more, so the party may ask again.
        caller.post(&scene.path, interest(firm, json!({}))).await.expect(201);
        site.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_counted_history_and_the_reply_time_tell_what_may_be_told() {
    on_every_database(async |site: Site| {
        let scene = Scene::set(&site).await;
        let visitor = site.visitor();
        let time = format!("/api/v1/parties/{}/reply-time", scene.institute);
        assert_eq!(scene.history(&visitor).await["received"]["count"], 0);
        let mut first = Vec::new();
        for name in ["mot", "hai", "ba", "bon"] {
            first.push(scene.interested(&site, name, json!({})).await);
        }
        site.clock.advance(TimeDelta::hours(30));
        let scene = Scene { owner: again(&site, "owner").await, moderator: again(&site, "moderator").await, ..scene };
        first[0].0 = again(&site, "mot").await;
        for (n, (_, _, id)) in first.iter().enumerate() {
            assert_eq!(visitor.get(&time).await.expect(200)["median_hours"], if n < 3 { Value::Null } else { json!(30) });
            if n < 3 {
                scene.owner.post_at(&step(id, "accept"), 1, json!({})).await.expect(200);
            } else {
                assert_eq!(scene.owner.post_at(&step(id, "decline"), 1, json!({"reason": "nothing"})).await.pointers(), ["/reason"]);
                scene.owner.post_at(&step(id, "decline"), 1, json!({"reason": "terms", "text": "Khác quy mô."})).await.expect(200);
            }
        }
        let exact = scene.history(&scene.owner).await;
        assert_eq!((&exact["is_exact"], &exact["received"]["count"], &exact["accepted"]["count"]), (&json!(true), &json!(4), &json!(3)));
        assert_eq!(exact["declined_by_reason"], json!([{"reason": "terms", "interests": {"count": 1, "untold": null}}]));
        // The one that was declined is neither told nor to be reckoned from the others.
        for client in [&visitor, &first[0].0, &scene.moderator] {
            let public = scene.history(client).await;
            assert_eq!((&public["is_exact"], &public["received"]["count"]), (&json!(false), &json!(4)));
            assert_eq!(
                [&public["declined"]["untold"], &public["accepted"]["untold"], &public["answered"]["untold"]],
                ["few", "withheld", "withheld"]
            );
            assert_eq!(public["declined_by_reason"], json!([]), "why the only one was declined is not even named");
        }
        let broker = site.staff("broker", &[StaffRole::Broker]).await;
        assert_eq!(scene.history(&broker).await, exact);
        // What is not public has no history for outsiders.
        let seen = scene.owner.get(&format!("/api/v1/technologies/{}", scene.id)).await.expect(200)["inside"]["version"].as_i64().unwrap();
        let hold = format!("/api/v1/listings/{}/transitions", scene.id);
        scene.owner.post_at(&hold, seen, json!({"step": "hold"})).await.expect(200);
        let path = format!("/api/v1/technologies/{}/history", scene.id);
        assert_eq!((visitor.get(&path).await.status.as_u16(), scene.owner.get(&path).await.status.as_u16()), (404, 200));
        assert_eq!(
            first[0].0.post(&scene.path, interest(first[0].1, json!({}))).await.status,
            404,
            "nothing is shown interest in that is not there"
        );
        site.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn how_soon_one_counterpart_is_answered_is_told_to_nobody() {
    on_every_database(async |site: Site| {
        let scene = Scene::set(&site).await;
        let time = format!("/api/v1/parties/{}/reply-time", scene.institute);
        let (member, party, first) = scene.interested(&site, "mot", json!({})).await;
        scene.owner.post_at(&step(&first, "accept"), 1, json!({})).await.expect(200);
        for _ in 0..3 {
            let made = member.post(&scene.path, interest(party, json!({}))).await.expect(201);
            scene.owner.post_at(&step(made["id"].as_str().unwrap(), "accept"), 1, json!({})).await.expect(200);
        }
        let of_one = site.visitor().get(&time).await.expect(200);
        assert_eq!((&of_one["median_hours"], &of_one["is_unanswered"]), (&Value::Null, &json!(false)), "{of_one}");
        for name in ["hai", "ba"] {
            let (_, _, id) = scene.interested(&site, name, json!({})).await;
            scene.owner.post_at(&step(&id, "accept"), 1, json!({})).await.expect(200);
        }
        assert_eq!(site.visitor().get(&time).await.expect(200)["median_hours"], 1);
        site.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_text_of_a_long_interest_is_out_of_sight() {
    on_every_database(async |site: Site| {
        let scene = Scene::set(&site).await;
        let (seeker, _, id) = scene.interested(&site, "dai", json!({})).await;
        let step = |name: &str| format!("/api/v1/interests/{id}/{name}");
        let mut seen = 1;
        for n in 0..98 {
            let asked = scene.owner.post_at(&step("request-information"), seen, json!({"text": format!("Hỏi {n}")})).await.expect(200);
            site.clock.advance(TimeDelta::seconds(1));
            let answered = seeker.post_at(&step("answer"), asked["version"].as_i64().unwrap(), json!({"text": format!("Đáp {n}")})).await;
            seen = answered.expect(200)["version"].as_i64().unwrap();
            // Texts of one moment stand in no order.
            site.clock.advance(TimeDelta::seconds(2));
        }
        let refused = scene.owner.post_at(&step("request-information"), seen, json!({"text": "Hỏi nữa"})).await;
        assert_eq!((refused.status.as_u16(), refused.pointers()), (422, vec!["/text".to_owned()]), "{}", refused.text);
        scene.owner.post_at(&step("accept"), seen, json!({"text": "Mời anh chị đến."})).await.expect(200);
        let shown = seeker.get(&format!("/api/v1/interests/{id}")).await.expect(200)["details"]["messages"].clone();
        let texts: Vec<&str> = shown.as_array().unwrap().iter().map(|m| m["text"].as_str().unwrap()).collect();
        assert_eq!((texts.len(), texts[0], *texts.last().unwrap()), (197, "Hỏi 0", "Mời anh chị đến."));
        site.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_answers_nothing_is_not_quick() {
    on_every_database(async |site: Site| {
        let scene = Scene::set(&site).await;
        let time = format!("/api/v1/parties/{}/reply-time", scene.institute);
        let mut sent = Vec::new();
        for name in ["mot", "hai", "ba"] {
            sent.push(scene.interested(&site, name, json!({})).await);
        }
        let step = format!("/api/v1/interests/{}/accept", sent[0].2);
        scene.owner.post_at(&step, 1, json!({})).await.expect(200);
        assert_eq!(site.visitor().get(&time).await.expect(200)["median_hours"], Value::Null);
        // The other two end unanswered, after as many days again as were given.
        site.clock.advance(TimeDelta::days(29));
        brokering::interests::tick(&site.app.brokering).await.unwrap();
        let told = site.visitor().get(&time).await.expect(200);
        assert_eq!((&told["median_hours"], &told["is_unanswered"]), (&json!(29 * 24), &json!(true)), "{told}");
        let slug = site.visitor().get(&format!("/api/v1/parties/{}", scene.institute)).await.expect(200)["slug"].clone();
        let page = site.visitor().get(&format!("/en/parties/{}", slug.as_str().unwrap())).await.text;
        assert!(page.contains("often not at all: half of the interests waited 29 days or more"), "{page}");
        site.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn fifty_requests_at_once_make_one_interest() {
    on_every_database(async |site: Site| {
        let scene = Scene::set(&site).await;
        let seeker = site.person("seeker").await;
        let firm = site.party(&seeker, "Công ty Vội", "enterprise").await;
        let mut asked = tokio::task::JoinSet::new();
        for _ in 0..50 {
            let (seeker, path) = (seeker.clone(), scene.path.clone());
            asked.spawn(async move { seeker.post(&path, interest(firm, json!({}))).await.status.as_u16() });
        }
        let statuses = asked.join_all().await;
        assert_eq!(statuses.iter().filter(|s| **s == 201).count(), 1, "{statuses:?}");
        assert!(statuses.iter().all(|s| [201, 409, 503].contains(s)), "{statuses:?}");
        assert_eq!(told(&site, &scene.owner).await.len(), 1);
        assert_eq!(scene.owner.get("/api/v1/interests").await.expect(200)["total"], 1);
        site.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn on_the_pages_a_firm_shows_interest_and_the_institute_asks_and_accepts() {
    on_every_database(async |site: Site| {
        let scene = Scene::set(&site).await;
        let (owner, page) = (&scene.owner, &scene.page);
        let form = format!("{page}/interest");
        // The door leads back to the form; whoever acts for nobody is told what to do; one's own listing has another door.
        assert!(site.visitor().get(page).await.text.contains(&format!("href=\"{form}\"")));
        let door = there(&site.visitor().get(&format!("/en{form}")).await);
        assert!(door.starts_with("/en/sign-in?next=%2Fen%2Ftechnologies%2F") && door.ends_with("%2Finterest"), "{door}");
        let seeker = site.person("seeker").await;
        assert!(seeker.get(&form).await.text.contains("href=\"/my/parties/new\""));
        let own = owner.get(page).await.text;
        assert!(own.contains("href=\"/my/interests?role=received\"") && !own.contains(&form), "{own}");
        assert!(!owner.get(&form).await.text.contains("name=\"/message\""));
        site.party(&seeker, "Công ty Dừa Xiêm", "enterprise").await;

        // Nothing typed is lost.
        let typed = [("/volume", "2 tấn <b>mỗi</b> ngày"), ("/anonymity", "sector_and_region")];
        let refused = fill(&seeker, &form, &typed, ("", "")).await;
        assert_eq!(refused.status, 422);
        for kept in ["value=\"2 tấn &#60;b&#62;mỗi&#60;/b&#62; ngày\"", "value=\"sector_and_region\" checked", "href=\"#/message\""] {
            assert!(refused.text.contains(kept), "{kept}: {}", refused.text);
        }
        let typed = [("/message", "Muốn xem máy chạy."), ("/cooperation", "licence"), ("/anonymity", "sector_and_region")];
        let sent = there(&fill(&seeker, &form, &typed, ("", "")).await);
        let one = sent.split('?').next().unwrap().to_owned();
        assert!(one.starts_with("/interests/") && sent.ends_with("?did=sent"), "{sent}");
        let again = fill(&seeker, &form, &typed, ("", "")).await;
        assert_eq!(again.status, 409);
        assert!(again.text.contains(&format!("href=\"{one}\"")) && again.text.contains("Muốn xem máy chạy."), "{}", again.text);

        // What waits is in my space, and in its list; the owner asks, the seeker answers.
        assert!(owner.get("/my").await.text.contains("href=\"/my/interests\""));
        assert!(owner.get("/my/interests").await.text.contains(&format!("href=\"{one}\"")));
        assert!(!seeker.get("/my/interests").await.text.contains(&one));
        assert!(seeker.get("/my/interests?role=sent").await.text.contains(&one));
        let nothing = fill(owner, &one, &[], ("_do", "decline")).await;
        assert_eq!(nothing.status, 422);
        assert!(nothing.text.contains("href=\"#decline-reason\"") && nothing.text.contains("id=\"decline-reason\""), "{}", nothing.text);
        assert_eq!(
            there(&fill(owner, &one, &[("text", "Điện mấy pha?")], ("_do", "request_information")).await),
            format!("{one}?did=request_information")
        );
        // Whoever has an older page is shown how it stands now.
        let late = [("_seen", "1"), ("text", "Mời đến.")];
        let stale = fill(owner, &one, &late, ("_do", "accept")).await;
        assert_eq!(stale.status, 409);
        assert!(stale.text.contains("Mời đến.") && stale.text.contains("Điện mấy pha?"), "{}", stale.text);
        assert!(seeker.get("/my/interests").await.text.contains(&one), "it waits for the seeker now");
        there(&fill(&seeker, &one, &[("text", "Ba pha.")], ("_do", "answer")).await);
        assert!(!owner.get(&one).await.text.contains("Dừa Xiêm"));
        there(&fill(&seeker, &one, &[], ("_do", "reveal")).await);
        assert!(owner.get(&format!("/en{one}")).await.text.contains("Dừa Xiêm"));
        there(&fill(owner, &one, &[("text", "Mời đến.")], ("_do", "accept")).await);
        let end = seeker.get(&one).await.text;
        assert!(end.contains("i-accepted") && end.contains("Mời đến.") && !end.contains("value=\"withdraw\""), "{end}");
        let own = owner.get(page).await.text;
        assert!(own.contains("Kết quả kết nối của tin") && !own.contains("ít hơn 3 bên"), "{own}");
        assert!(seeker.get(page).await.text.contains("ít hơn 3 bên"));

        // Strangers find nothing; staff have their desk, and a broker takes an interest down.
        let stranger = site.person("stranger").await;
        assert_eq!(stranger.get(&one).await.status, 404);
        assert_eq!(stranger.get("/staff/interests").await.status, 403);
        let broker = site.staff("broker", &[StaffRole::Broker]).await;
        assert!(broker.get("/staff").await.text.contains("href=\"/staff/interests\""));
        let unknown = fill(&broker, &form, &[("_find", "/parties/nobody"), ("/message", "Gọi hỏi.")], ("", "")).await;
        assert_eq!(unknown.status, 422);
        assert!(unknown.text.contains("value=\"/parties/nobody\""), "{}", unknown.text);
        // A broker finds the caller by name or tax code, on the same page; what is typed stays, and words alone name nobody.
        site.indexed().await;
        let typed = [("_find", "cong ty dua xiem"), ("/message", "Gọi hỏi."), ("/volume", "2 tấn"), ("/context", "Gặp ở hội chợ.")];
        let looked = fill(&broker, &format!("/en{form}"), &typed, ("_do", "find")).await;
        assert_eq!(looked.status, 200, "{}", looked.text);
        assert!(looked.text.contains("value=\"2 tấn\"") && looked.text.contains("id=\"/party\" name=\"/party\""), "{}", looked.text);
        let open = fill(&broker, &form, &typed, ("", "")).await;
        assert!(open.status == 422 && open.text.contains("href=\"#/party\""), "{}", open.text);
        let mut caller = fields(&open.text);
        let found = open.text.split("id=\"/party\" name=\"/party\" value=\"").nth(1).unwrap().split('"').next().unwrap();
        caller.push(("/party".to_owned(), found.to_owned()));
        let taken = there(&send(&broker, &form, &caller).await);
        let taken = taken.split('?').next().unwrap();
        assert!(broker.get("/staff/interests").await.text.contains(taken));
        assert!(owner.get(taken).await.text.contains("Gặp ở hội chợ."));
        site.stop().await;
    })
    .await;
}
