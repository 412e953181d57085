//! Deals that nobody brokers yet, senders who let themselves be known later, the brokers' board, the emergency page.

use base::{PartyRole, StaffRole};
use reqwest::Method;
use sea_orm::{ConnectionTrait, Statement};
use serde_json::{Value, json};

use crate::deals::Cast;
use crate::main_job::technology;
use crate::site::{Answer, Client, Site, on_every_database};

async fn send(client: &Client, path: &str, fields: &[(&str, &str)]) -> Answer {
    let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
    client.send_raw(Method::POST, path, "application/x-www-form-urlencoded", body.into_bytes()).await
}

fn seen(page: &str) -> String {
    page.split("name=\"_seen\" value=\"").nth(1).unwrap_or_else(|| panic!("no form in {page}")).split('"').next().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_due_is_told_once_by_two_rounds_at_once_and_of_a_deal_without_a_broker_to_all_brokers() {
    on_every_database(async |site: Site| {
        let cast = Cast::make(&site, "t").await;
        let made = cast.owner.post("/api/v1/deals", json!({"kind": "licence", "listing": cast.listing})).await.expect(201);
        let path = format!("/api/v1/deals/{}", made["id"].as_str().unwrap());
        let task = |title: &str| json!({"title": title, "whose": "owner", "due_on": "2026-11-26"});
        cast.owner.post(&format!("{path}/tasks"), task("Gửi ảnh")).await.expect(201);
        let (_, of_owner) = site.account("t-both", &[StaffRole::Broker]).await;
        site.member(cast.owner_party, of_owner, PartyRole::Viewer).await;
        site.clock.advance(chrono::TimeDelta::days(30));
        let round = || brokering::deals::tick(&site.app.brokering);
        let (one, other) = tokio::join!(round(), round());
        // The space's own clock may have been faster.
        assert!(one.unwrap() + other.unwrap() <= 2, "the task and the stage, each by one of the two");
        assert_eq!(round().await.unwrap(), 0);
        let again = async |name: &str| site.visitor().sign_in(&format!("t-{name}@example.org"), crate::site::PASSWORD).await;
        let due = async |by: &Client| -> Vec<Value> {
            let all = by.get("/api/v1/notices").await.expect(200);
            all["items"].as_array().unwrap().iter().filter(|one| one["kind"] == "task_due").cloned().collect()
        };
        let (broker, both) = (due(&again("broker").await).await, due(&again("both").await).await);
        let text = broker[0]["text"].as_str().unwrap();
        assert!(broker.len() == 1 && text.contains(made["code"].as_str().unwrap()) && text.contains("chưa có môi giới"), "{broker:?}");
        assert!(broker[0]["url"].as_str().unwrap().ends_with("/staff/deals/free"), "{broker:?}");
        assert!(both.is_empty(), "nobody brokers for their own party: {both:?}");
        site.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_deal_that_an_owner_opens_gets_the_broker_responsible_or_waits_for_one_to_take_it() {
    on_every_database(async |site: Site| {
        let cast = Cast::make(&site, "r").await;
        let new = || json!({"kind": "licence", "listing": cast.listing});
        let free = cast.owner.post("/api/v1/deals", new()).await.expect(201);
        let id = free["id"].as_str().unwrap().to_owned();
        let path = format!("/api/v1/deals/{id}");
        assert_eq!(cast.owner.get(&path).await.expect(200)["brokers"], json!([]));

        // Every broker finds it among those without one, reads nothing of it, and may take it with a statement.
        let list = cast.broker.get("/api/v1/deals?without_broker=true").await.expect(200);
        assert_eq!((list["total"].clone(), list["items"][0]["id"].clone()), (json!(1), json!(id)));
        assert_eq!(cast.broker.get("/api/v1/deals").await.expect(200)["total"], 0);
        assert_eq!(cast.broker.get(&path).await.status, 404);
        assert_eq!(cast.seeker.get("/api/v1/deals?without_broker=true").await.expect(200)["total"], 0);
        let taking = format!("/staff/deals/take?deal={id}");
        for list in ["/staff/deals", "/staff/deals/free"] {
            let page = cast.broker.get(list).await.text;
            assert!(page.contains(&format!("href=\"{taking}\"")) && !page.contains("<textarea"), "{page}");
            assert_eq!(cast.seeker.get(list).await.status, 403);
        }
        let version = seen(&cast.broker.get(&taking).await.text);
        let form = [("deal", id.as_str()), ("_seen", version.as_str())];
        let empty = send(&cast.broker, "/staff/deals/take", &form).await;
        assert!(empty.status == 422 && empty.text.contains("href=\"#statement\""), "{}", empty.text);
        assert_eq!(cast.seeker.get(&taking).await.status, 403);
        let (member, account) = site.account("r-both", &[StaffRole::Broker]).await;
        site.member(cast.owner_party, account, PartyRole::Viewer).await;
        let said = json!({"statement": "Không có lợi ích riêng."});
        assert_eq!(member.post_at(&format!("{path}/take"), 1, said.clone()).await.status, 422, "nobody brokers for their own party");
        assert_eq!(cast.seeker.post_at(&format!("{path}/take"), 1, said.clone()).await.status, 404);
        let done = send(&cast.broker, "/staff/deals/take", &[form.as_slice(), &[("statement", "Không có lợi ích riêng.")]].concat()).await;
        assert_eq!(done.status, 303, "{}", done.text);
        let shown = cast.owner.get(&path).await.expect(200);
        assert_eq!(shown["brokers"][0]["statement"], "Không có lợi ích riêng.");
        assert_eq!(cast.broker.get(&path).await.status, 200);
        assert_eq!(cast.broker.get(&taking).await.status, 404, "it has a broker");
        let late = site.staff("r-late", &[StaffRole::Broker]).await;
        assert_eq!(late.post_at(&format!("{path}/take"), 2, said).await.status, 404, "one takes it");
        assert_eq!(late.get("/api/v1/deals?without_broker=true").await.expect(200)["total"], 0);

        // A listing that a broker looks after brings its broker along, who is asked for a statement.
        let seen =
            cast.owner.get(&format!("/api/v1/technologies/{}", cast.listing)).await.expect(200)["inside"]["version"].as_i64().unwrap();
        let care = json!({"responsible": cast.broker_id});
        cast.owner.put_at(&format!("/api/v1/listings/{}/care", cast.listing), seen, care).await.expect(200);
        let key = cast.owner.clone().with("idempotency-key", "open-1");
        let kept = key.post("/api/v1/deals", new()).await.expect(201);
        let shown = cast.owner.get(&format!("/api/v1/deals/{}", kept["id"].as_str().unwrap())).await.expect(200);
        assert_eq!(shown["brokers"][0]["account"], json!(cast.broker_id));
        assert!(cast.broker.get("/api/v1/notices").await.text.contains("consent_asked"));

        // A repeat is answered as the first time, though the listing is no longer out.
        let seen =
            cast.owner.get(&format!("/api/v1/technologies/{}", cast.listing)).await.expect(200)["inside"]["version"].as_i64().unwrap();
        let steps = format!("/api/v1/listings/{}/transitions", cast.listing);
        cast.owner.post_at(&steps, seen, json!({"step": "hold"})).await.expect(200);
        assert_eq!(cast.owner.post("/api/v1/deals", new()).await.status, 422);
        assert_eq!(key.post("/api/v1/deals", new()).await.expect(201), kept);
        site.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_sender_who_lets_themselves_be_known_enters_the_deal_that_waits_for_them() {
    on_every_database(async |site: Site| {
        let cast = Cast::make(&site, "a").await;
        let asked = json!({"party": cast.seeker_party, "message": "Cần một máy.", "cooperation": "licence", "anonymity": "hidden"});
        let made = cast.seeker.post(&format!("/api/v1/technologies/{}/interests", cast.listing), asked).await.expect(201);
        let interest = format!("/api/v1/interests/{}", made["id"].as_str().unwrap());
        cast.owner.get(&interest).await.expect(200);
        let version = async |by: &Client| by.get(&interest).await.expect(200)["version"].as_i64().unwrap();
        cast.owner.post_at(&format!("{interest}/accept"), version(&cast.owner).await, json!({})).await.expect(200);
        let page = cast.owner.get(&interest.replace("/api/v1", "")).await.text;
        assert!(page.contains("/deals/new?listing="), "{page}");

        // The deal is opened at once, with nobody on the other side; naming somebody would tell who it is.
        let named = json!({"kind": "licence", "listing": cast.listing, "interest": made["id"], "seeker": cast.seeker_party});
        assert_eq!(cast.owner.post("/api/v1/deals", named).await.pointers(), ["/interest"]);
        let new = json!({"kind": "licence", "listing": cast.listing, "interest": made["id"]});
        let deal = cast.owner.post("/api/v1/deals", new).await.expect(201);
        let path = format!("/api/v1/deals/{}", deal["id"].as_str().unwrap());
        let shown = cast.owner.get(&path).await;
        assert!(!shown.text.contains(&cast.seeker_party.to_string()), "{}", shown.text);
        assert_eq!(cast.seeker.get(&path).await.status, 404);

        cast.seeker.post_at(&format!("{interest}/reveal"), version(&cast.seeker).await, json!({})).await.expect(200);
        let shown = cast.seeker.get(&path).await.expect(200);
        assert_eq!(shown["parties"][1]["id"], json!(cast.seeker_party), "{shown}");
        assert_eq!(shown["version"], 2);
        let told = |text: &str| text.matches("deal_moved").count();
        assert_eq!(told(&cast.owner.get("/api/v1/notices").await.text), 1, "the owner is told that they entered");
        site.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_board_leads_to_what_a_stage_demands_and_its_lists_stay_narrowed() {
    on_every_database(async |site: Site| {
        let cast = Cast::make(&site, "b").await;
        let deal = cast.deal("licence").await;
        let id = deal.path.rsplit('/').next().unwrap().to_owned();
        let board = cast.broker.get("/staff/deals").await.text;
        for part in ["data-move=\"/staff/deals/move\"", &format!("data-deal=\"{id}\""), "data-stage=\"introduced\"", "board."] {
            assert!(board.contains(part), "{part}: {board}");
        }
        assert!(!board.contains("<script>"));
        // What a card that is dragged asks for: the stage is chosen where there is a way to it, and said where there is none.
        let asked = cast.broker.get(&format!("/staff/deals/move?deal={id}&to=introduced")).await;
        assert!(asked.status == 200 && asked.text.contains("value=\"introduced\" checked"), "{}", asked.text);
        for far in ["signed", "nowhere"] {
            let page = cast.broker.get(&format!("/en/staff/deals/move?deal={id}&to={far}")).await;
            assert!(page.status == 200 && page.text.contains("There is no way from"), "{}", page.text);
            assert!(!page.text.contains(&format!("value=\"{far}\"")) && page.text.contains("value=\"introduced\""), "{}", page.text);
        }
        let inside = cast.seeker.get(&format!("/staff/deals/move?deal={id}")).await;
        assert_eq!(inside.status, 200, "it shows no more than the deal");
        assert_eq!(site.person("b-stranger").await.get(&format!("/staff/deals/move?deal={id}")).await.status, 404);

        // More than a column shows: how many more, and the way on narrowed to the stage and the broker.
        for n in 0..21 {
            let new = json!({"kind": "licence", "listing": cast.listing, "title": format!("Thương vụ {n}")});
            cast.broker.post("/api/v1/deals", new).await.expect(201);
        }
        let board = cast.broker.get("/staff/deals").await.text;
        assert_eq!(board.matches("data-deal=").count(), 10, "{board}");
        assert!(board.contains("Xem thêm 12 thương vụ"), "{board}");
        let more = format!("/my/deals?stage=qualified&amp;broker={}", cast.broker_id);
        assert!(board.contains(&more.replace("&amp;", "&#38;")) || board.contains(&more), "{board}");
        let list = cast.broker.get(&more.replace("&amp;", "&")).await;
        // Deals of one moment stand in no order: only how many there are is known, and that the next page stays narrowed.
        assert_eq!((list.status.as_u16(), list.text.matches("href=\"/deals/").count()), (200, 20), "{}", list.text);
        assert!(list.text.contains("/my/deals?stage=qualified&#38;broker="), "{}", list.text);
        site.stop().await;
    })
    .await;
}

/// The space's pages are at most so heavy.
const PAGE_BYTES: usize = 60_000;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_board_is_one_small_page_however_many_deals_stand_at_every_stage() {
    on_every_database(async |site: Site| {
        let cast = Cast::make(&site, "w").await;
        let title = "Chuyển giao <quy trình> \"sấy\" & tách dầu dừa ở nhiệt độ thấp ".repeat(4).trim().to_owned();
        let new = json!({"kind": "licence", "listing": cast.listing, "title": title});
        let named = json!({"kind": "licence", "listing": cast.listing, "title": title, "seeker": cast.seeker_party});
        for _ in 0..110 {
            cast.broker.post("/api/v1/deals", named.clone()).await.expect(201);
        }
        for _ in 0..25 {
            cast.owner.post("/api/v1/deals", new.clone()).await.expect(201);
        }
        for n in 0..20 {
            site.account(&format!("w-broker-{n}"), &[StaffRole::Broker]).await;
        }
        // Where a deal stands is moved without its demands, since only the page is looked at.
        let db = site.app.store.db();
        let stages: Vec<String> =
            site.app.brokering.pipelines.all_stages().into_iter().filter(|s| s.ends.is_none()).map(|s| s.code.clone()).collect();
        let ids: Vec<sea_orm::QueryResult> =
            db.query_all_raw(Statement::from_string(db.get_database_backend(), "SELECT code FROM deal")).await.unwrap();
        for (n, row) in ids.iter().enumerate() {
            let (stage, code) = (&stages[n % stages.len()], row.try_get::<String>("", "code").unwrap());
            db.execute_unprepared(&format!("UPDATE deal SET stage = '{stage}', due_on = '2026-01-01' WHERE code = '{code}'"))
                .await
                .unwrap();
        }
        let administrator = site.staff("w-administrator", &[StaffRole::Administrator, StaffRole::Broker]).await;
        for path in ["/staff/deals", "/en/staff/deals", &format!("/en/staff/deals?broker={}", cast.broker_id), "/staff/deals/free"] {
            let page = administrator.get(path).await;
            assert!(page.status == 200 && page.text.len() <= PAGE_BYTES, "{path}: {} bytes, {}", page.text.len(), page.text);
        }
        let board = administrator.get("/staff/deals").await.text;
        assert_eq!(board.matches("data-deal=").count(), 50, "as many in each column");
        for (n, stage) in stages.iter().enumerate() {
            let column = board.split(&format!("data-stage=\"{stage}\"")).nth(1).unwrap().split("</section>").next().unwrap();
            assert!(column.contains("data-deal=") && column.contains("Xem thêm "), "{n} {stage}: {column}");
        }
        assert!(administrator.get("/staff/deals/free").await.text.contains("rel=\"next\""));
        site.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn steps_are_told_after_many_messages_and_what_is_unread_is_counted_in_the_header() {
    on_every_database(async |site: Site| {
        let cast = Cast::make(&site, "t").await;
        let deal = cast.deal("licence").await;
        deal.post(&cast.broker, "meetings", json!({"held_on": "2026-11-20", "place": "Xưởng"})).await.expect(201);
        for n in 0..95 {
            deal.post(&cast.broker, "messages", json!({"text": format!("Tin {n}")})).await.expect(201);
        }
        let page = cast.seeker.get(&deal.path.replace("/api/v1", "")).await.text;
        for step in ["Thương vụ được mở", "Ghi nhận buổi gặp"] {
            assert!(page.contains(step), "{step}: {page}");
        }
        let unread = cast.seeker.get("/api/v1/notices?unread=true").await.expect(200)["total"].as_u64().unwrap();
        assert!(unread > 0 && page.contains(&format!("<span class=\"count\" aria-hidden=\"true\">{unread}</span>")), "{unread}");
        cast.seeker.post("/api/v1/notices/read", json!({})).await;
        site.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_typed_for_a_step_that_is_gone_is_shown_again() {
    on_every_database(async |site: Site| {
        let cast = Cast::make(&site, "g").await;
        let asked = json!({"party": cast.seeker_party, "message": "Cần một máy.", "cooperation": "licence"});
        let made = cast.seeker.post(&format!("/api/v1/technologies/{}/interests", cast.listing), asked).await.expect(201);
        let path = format!("/interests/{}", made["id"].as_str().unwrap());
        cast.seeker.post_at(&format!("/api/v1{path}/withdraw"), 1, json!({})).await.expect(200);
        let typed = send(&cast.owner, &path, &[("_do", "accept"), ("_seen", "1"), ("text", "Mời anh chị đến xem máy.")]).await;
        assert_eq!(typed.status, 409, "{}", typed.text);
        assert!(typed.text.contains("id=\"kept\"") && typed.text.contains("Mời anh chị đến xem máy."), "{}", typed.text);
        site.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_emergency_is_opened_with_a_reason_and_says_first_who_is_told() {
    on_every_database(async |site: Site| {
        let owner = site.person("chu").await;
        let party = site.party(&owner, "Viện Dừa", "institute").await;
        let made = owner.post("/api/v1/technologies", json!({"party": party, "content": technology("Máy sấy")})).await.expect(201);
        let (id, code) = (made["id"].as_str().unwrap(), made["code"].as_str().unwrap().to_owned());
        let text = json!({"know_how": "Ủ men 48 giờ."});
        owner.put_at(&format!("/api/v1/listings/{id}/confidential"), 0, text).await.expect(200);
        let administrator = site.staff("quan-tri", &[StaffRole::Administrator]).await;
        let page = "/staff/emergency";
        for other in [site.staff("duyet", &[StaffRole::Moderator]).await, site.staff("moi-gioi", &[StaffRole::Broker]).await, owner.clone()]
        {
            assert_eq!(other.get(&format!("{page}?code={code}")).await.status, 404);
            assert_eq!(send(&other, page, &[("code", &code), ("reason", "Kiểm tra theo yêu cầu của toà án.")]).await.status, 404);
        }
        assert!(administrator.get(&format!("{page}?code=CN-1999-000001")).await.text.contains("Không có tin nào"));
        for lang in ["", "/en"] {
            let before = administrator.get(&format!("{lang}{page}?code={code}")).await.text;
            assert!(before.contains("Viện Dừa") && before.contains("chu") && !before.contains("Ủ men"), "{before}");
        }
        let short = send(&administrator, page, &[("code", &code), ("reason", "Xem")]).await;
        assert!(short.status == 422 && short.text.contains("href=\"#reason\"") && !short.text.contains("Ủ men"), "{}", short.text);
        let views = format!("/api/v1/listings/{id}/disclosure-views");
        assert_eq!(owner.get(&views).await.expect(200)["total"], 0);
        let reason = "Kiểm tra theo yêu cầu của toà án tỉnh.";
        let opened = send(&administrator, page, &[("code", &code), ("reason", reason)]).await;
        assert!(opened.status == 200 && opened.text.contains("Ủ men 48 giờ."), "{}", opened.text);
        assert_eq!(opened.headers["cache-control"], "no-store");
        let looks = owner.get(&views).await.expect(200);
        assert_eq!((looks["total"].clone(), looks["items"][0]["reason"].clone()), (json!(1), json!(reason)));
        assert!(owner.get("/api/v1/notices").await.text.contains("glass_broken"));
        site.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn days_that_cannot_be_meant_are_refused_at_their_place() {
    on_every_database(async |site: Site| {
        let cast = Cast::make(&site, "d").await;
        let (owner, seeker, broker) = (&cast.owner, &cast.seeker, &cast.broker);
        let deal = cast.deal("technical_service").await;
        deal.put(owner, "contract", json!({"signed_on": "2026-03-02"})).await.expect(200);
        let milestone = json!({"title": "Lắp xong", "due_on": "2026-12-01"});
        let milestone = deal.post(broker, "milestones", milestone).await.expect(201)["id"].as_str().unwrap().to_owned();
        let payment = |paid_on: Value| {
            json!({"kind": "lump_sum", "amount": {"minor": 5, "currency": "VND"}, "due_on": "2026-12-31", "paid_on": paid_on})
        };
        let due = deal.post(seeker, "payments", payment(Value::Null)).await.expect(201)["id"].as_str().unwrap().to_owned();
        let task = |due_on: &str| json!({"title": "Gửi ảnh", "whose": "owner", "due_on": due_on});
        let (reached, paid) = (format!("milestones/{milestone}/reached"), format!("payments/{due}/paid"));
        for (part, body, pointer) in [
            ("meetings", json!({"held_on": "1800-01-01"}), "/held_on"),
            ("papers", json!({"kind": "nda", "dated_on": "0026-11-20"}), "/dated_on"),
            (reached.as_str(), json!({"on": "1999-12-31"}), "/on"),
            ("payments", payment(json!("1999-12-31")), "/paid_on"),
            ("payments", payment(json!("2025-03-01")), "/paid_on"),
            (paid.as_str(), json!({"on": "2025-03-01"}), "/on"),
            ("tasks", task("0001-01-01"), "/due_on"),
            ("tasks", task("2026-11-23"), "/due_on"),
        ] {
            let refused = deal.post(owner, part, body).await;
            assert_eq!(refused.status, 422, "{part}: {}", refused.text);
            assert!(refused.pointers().iter().all(|at| at == pointer) && !refused.pointers().is_empty(), "{part}: {}", refused.text);
            assert!(!refused.text.contains("fault-"), "{part}: {}", refused.text);
        }
        let early = deal.put(owner, "contract", json!({"signed_on": "1926-03-02"})).await;
        assert_eq!((early.status.as_u16(), early.pointers()), (422, vec!["/signed_on".to_owned()]), "{}", early.text);
        // A deposit before the contract, a meeting of long ago and a task for today are what they may be.
        deal.post(owner, &paid, json!({"on": "2025-03-02"})).await.expect(200);
        deal.post(owner, "meetings", json!({"held_on": "2000-01-01"})).await.expect(201);
        // What was set for today is answered on the next day as the first time.
        let keyed = owner.clone().with("idempotency-key", "t-1");
        let tasks = format!("{}/tasks", deal.path);
        let set = keyed.post(&tasks, task("2026-11-24")).await.expect(201);
        site.clock.advance(chrono::TimeDelta::days(1));
        let owner = &site.visitor().sign_in("d-owner@example.org", crate::site::PASSWORD).await;
        let keyed = owner.clone().with("idempotency-key", "t-1");
        assert_eq!(keyed.post(&tasks, task("2026-11-24")).await.expect(201), set);
        assert_eq!(owner.post(&tasks, task("2026-11-24")).await.pointers(), ["/due_on"]);
        deal.is_what_its_events_say(&site).await;
        site.stop().await;
    })
    .await;
}
