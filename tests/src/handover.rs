//! A broker's work that goes to another, and what is told when whoever had it is gone.

use base::{AccountId, PartyRole, StaffRole};
use chrono::TimeDelta;
use reqwest::Method;
use serde_json::json;

use crate::deals::{Cast, complete};
use crate::need_desk::unpeopled;
use crate::site::{Answer, Client, PASSWORD, Site, on_every_database};

async fn send(client: &Client, path: &str, fields: &[(&str, &str)]) -> Answer {
    let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
    client.send_raw(Method::POST, path, "application/x-www-form-urlencoded", body.into_bytes()).await
}

/// Makes somebody look after the listing of the cast.
async fn look_after(cast: &Cast, account: AccountId) {
    let path = format!("/api/v1/technologies/{}", cast.listing);
    let seen = cast.owner.get(&path).await.expect(200)["inside"]["version"].as_i64().unwrap();
    let care = json!({"responsible": account, "next_action_on": "2026-12-24"});
    cast.owner.put_at(&format!("/api/v1/listings/{}/care", cast.listing), seen, care).await.expect(200);
}

/// Takes every role of the staff from an account.
async fn dismiss(administrator: &Client, account: AccountId) {
    let path = format!("/api/v1/accounts/{account}");
    let seen = administrator.get(&path).await.expect(200)["version"].as_i64().unwrap();
    administrator.put_at(&format!("{path}/staff-roles"), seen, json!({"roles": []})).await.expect(200);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn all_work_of_somebody_who_is_gone_goes_to_another_but_for_the_deals_of_their_own_party() {
    on_every_database(async |site: Site| {
        let cast = Cast::make(&site, "h").await;
        let administrator = site.staff("h-administrator", &[StaffRole::Administrator]).await;
        let (next, next_id) = site.account("h-next", &[StaffRole::Broker]).await;
        let goes = cast.deal("licence").await;
        // The other belongs to the seeker of this one.
        let own = site.person("h-own").await;
        let own_party = site.party(&own, "Công ty Nhà", "enterprise").await;
        site.member(own_party, next_id, PartyRole::Viewer).await;
        let new = json!({"kind": "licence", "listing": cast.listing, "seeker": own_party, "title": "Máy cho Công ty Nhà"});
        let made = cast.broker.post("/api/v1/deals", new).await.expect(201);
        let stays = format!("/api/v1/deals/{}", made["id"].as_str().unwrap());
        look_after(&cast, cast.broker_id).await;
        // Taken down for a party that called: one that goes, and one of the other's own party, which stays.
        let take_down = async |listing: &str, party: base::PartyId| {
            let asked = json!({"party": party, "message": "Cần một máy.", "cooperation": "licence", "anonymity": "hidden"});
            let made = cast.broker.post(&format!("/api/v1/technologies/{listing}/interests"), asked).await.expect(201);
            format!("/api/v1/interests/{}", made["id"].as_str().unwrap())
        };
        let silent = unpeopled(&cast.moderator, "Hợp tác xã Gọi Điện").await;
        let called = take_down(&cast.listing, silent).await;
        let second = cast.another("Máy tách vỏ dừa h").await;
        let of_theirs = take_down(&second, own_party).await;
        let step = async |by: &Client, interest: &str, step: &str| {
            let seen = by.get(interest).await.expect(200)["version"].as_i64().unwrap();
            by.post_at(&format!("{interest}/{step}"), seen, json!({})).await
        };
        dismiss(&administrator, cast.broker_id).await;
        assert_eq!(step(&next, &called, "reveal").await.status, 403, "it is not theirs");

        // The page names them though they are no broker any more, and says first what would go and what would stay.
        let path = "/en/staff/deals/handover";
        let (from, to) = (cast.broker_id.to_string(), next_id.to_string());
        let page = administrator.get(path).await.text;
        assert!(page.contains("h-broker, no longer a broker (deals: 2, completed: 0, listings: 1, interests: 2)"), "{page}");
        assert!(!page.contains("Hand all of this"), "{page}");
        let page = administrator.get(&format!("{path}?from={from}&to={to}")).await.text;
        let (first, second) = page.split_once("Deals that stay: 1").unwrap();
        assert!(first.contains("Deals: 1") && first.contains("Listings: 1") && first.contains("GD-2026-000001"), "{page}");
        assert!(first.contains("Interests taken down for parties that called: 1") && second.contains("Interests that stay: 1"), "{page}");
        assert!(first.contains("Máy sấy cơm dừa bơm nhiệt h") && second.contains("Máy cho Công ty Nhà"), "{page}");
        assert_eq!(next.get(&format!("/staff/deals/handover?from={from}&to={to}")).await.status, 403, "it is not theirs to give");
        assert!(!next.get(path).await.text.contains(&from));

        // Programs are told the same, and nothing moves with it.
        let plan = format!("/api/v1/staff/handover?from={from}&to={to}");
        let told = administrator.get(&plan).await.expect(200);
        let codes = |part: &str| told[part].as_array().unwrap().iter().map(|d| d["code"].as_str().unwrap().to_owned()).collect::<Vec<_>>();
        assert_eq!((codes("deals"), codes("left")), (vec!["GD-2026-000001".to_owned()], vec!["GD-2026-000002".to_owned()]), "{told}");
        assert_eq!((&told["listings"], &told["left"][0]["title"]), (&json!([cast.listing]), &json!("Máy cho Công ty Nhà")));
        assert_eq!(next.get(&plan).await.status, 403, "it is not theirs to give");
        assert_eq!(administrator.get(&format!("/api/v1/staff/handover?from={from}&to={from}")).await.pointers(), ["/to"]);
        for wrong in [format!("?from={from}"), format!("?from={from}&to=x"), format!("?from={from}&to={to}&all=true")] {
            assert_eq!(administrator.get(&format!("/api/v1/staff/handover{wrong}")).await.status, 400, "{wrong}");
        }
        assert_eq!(next.get(&goes.path).await.status, 404, "to look is to move nothing");

        let done = send(&administrator, path, &[("from", &from), ("to", &to)]).await;
        let back = done.headers["location"].to_str().unwrap().to_owned();
        let page = administrator.get(&back).await.text;
        assert!(page.contains("but for what is below") && page.contains("Máy cho Công ty Nhà"), "{page}");
        assert_eq!(next.get(&goes.path).await.expect(200)["brokers"][0]["account"], json!(next_id));
        assert_eq!(administrator.get(&stays).await.expect(200)["brokers"][0]["account"], json!(cast.broker_id));
        let listing = cast.owner.get(&format!("/api/v1/technologies/{}", cast.listing)).await.expect(200)["inside"].clone();
        assert_eq!((&listing["responsible"], &listing["next_action_on"]), (&json!(next_id), &json!("2026-12-24")));
        let events = site.app.store.events(&store::events::Filter::default(), 3).await.unwrap();
        assert!(events.iter().any(|e| e.kind == "listing.care_set" && e.payload["responsible"] == json!(next_id)));

        // Whoever acts for the party that called is told of it and may do what the other could.
        cast.owner.get(&called).await.expect(200);
        step(&cast.owner, &called, "accept").await.expect(200);
        assert!(next.get("/api/v1/notices").await.text.contains("interest_answered"), "whoever acts for them is told");
        step(&next, &called, "reveal").await.expect(200);
        assert_eq!(step(&next, &of_theirs, "reveal").await.status, 403, "theirs is their party's, and they are no editor there");

        // What is left goes to a third, by the API, which names what it leaves.
        let (_, third) = site.account("h-third", &[StaffRole::Broker]).await;
        let again = json!({"from": cast.broker_id, "to": next_id});
        let left = administrator.post("/api/v1/staff/handover", again).await.expect(200);
        assert_eq!((&left["deals"], &left["listings"], &left["left"][0]["id"]), (&json!(0), &json!(0), &made["id"]));
        assert_eq!((&left["interests"], &left["interests_left"]), (&json!(0), &json!(1)));
        let rest = administrator.post("/api/v1/staff/handover", json!({"from": cast.broker_id, "to": third})).await.expect(200);
        assert_eq!(rest, json!({"deals": 1, "completed": 0, "listings": 0, "interests": 1, "left": [], "interests_left": 0}));
        site.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_great_many_deals_go_to_another_who_is_told_once() {
    on_every_database(async |site: Site| {
        const DEALS: u64 = 60;
        let cast = Cast::make(&site, "g").await;
        let (next, next_id) = site.account("g-next", &[StaffRole::Broker]).await;
        for n in 0..DEALS {
            let new = json!({"kind": "licence", "listing": cast.listing, "seeker": cast.seeker_party, "title": format!("Thương vụ {n}")});
            cast.broker.post("/api/v1/deals", new).await.expect(201);
        }
        let wish = json!({"from": cast.broker_id, "to": next_id});
        let keyed = cast.broker.clone().with("idempotency-key", "g-1");
        let done = keyed.post("/api/v1/staff/handover", wish.clone()).await.expect(200);
        assert_eq!(done, json!({"deals": DEALS, "completed": 0, "listings": 0, "interests": 0, "left": [], "interests_left": 0}));
        assert_eq!(next.get("/api/v1/deals").await.expect(200)["total"], DEALS);
        assert_eq!(cast.broker.get("/api/v1/deals").await.expect(200)["total"], 0);
        let told = next.get("/api/v1/notices?limit=100").await.expect(200);
        assert_eq!((&told["total"], &told["items"][0]["kind"]), (&json!(1), &json!("consent_asked")), "{told}");
        // A repeat is answered as the first time; there is nothing left to hand over.
        assert_eq!(keyed.post("/api/v1/staff/handover", wish.clone()).await.expect(200), done);
        assert_eq!(cast.broker.post("/api/v1/staff/handover", wish).await.expect(200)["deals"], 0);
        assert_eq!(next.get("/api/v1/notices").await.expect(200)["total"], 1);
        site.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_completed_deal_goes_to_another_who_sets_right_what_was_recorded_and_one_that_was_lost_stays() {
    on_every_database(async |site: Site| {
        let cast = Cast::make(&site, "c").await;
        let administrator = site.staff("c-administrator", &[StaffRole::Administrator]).await;
        let (next, next_id) = site.account("c-next", &[StaffRole::Broker]).await;
        let deal = cast.deal("technical_service").await;
        complete(&deal, &cast.owner, &cast.seeker, &cast.broker).await;
        let lost = cast.deal("licence").await;
        let seen = cast.broker.get(&lost.path).await.expect(200)["version"].as_i64().unwrap();
        let give_up = json!({"to": "lost", "reason": "price"});
        cast.broker.post_at(&format!("{}/transitions", lost.path), seen, give_up).await.expect(200);
        dismiss(&administrator, cast.broker_id).await;
        let contract = json!({
            "number": "78/2026", "value": crate::deals::vnd(300_000_000), "signed_on": "2026-11-24", "contents": crate::deals::CONTENTS,
            "reason": "Số hợp đồng ghi nhầm.",
        });
        let (path, from, to) = ("/en/staff/deals/handover", cast.broker_id.to_string(), next_id.to_string());
        let plan = administrator.get(&format!("/api/v1/staff/handover?from={from}&to={to}")).await.expect(200);
        let id = deal.path.rsplit('/').next().unwrap();
        assert_eq!((&plan["deals"], &plan["completed"][0]["id"], &plan["left"]), (&json!([]), &json!(id), &json!([])), "{plan}");
        let page = administrator.get(&format!("{path}?from={from}&to={to}")).await.text;
        assert!(page.contains("(deals: 0, completed: 1, listings: 0, interests: 0)"), "{page}");
        assert!(page.contains("Completed deals: 1") && page.contains("Hand all of this"), "{page}");

        let done = administrator.post("/api/v1/staff/handover", json!({"from": from, "to": to})).await.expect(200);
        assert_eq!(done, json!({"deals": 0, "completed": 1, "listings": 0, "interests": 0, "left": [], "interests_left": 0}));
        let notices = next.get("/api/v1/notices").await.expect(200);
        assert_eq!(notices["items"].as_array().unwrap().iter().filter(|one| one["kind"] == "consent_asked").count(), 0, "{notices}");
        let view = next.get(&deal.path).await.expect(200);
        assert_eq!((&view["brokers"][0]["account"], &view["stage"]), (&json!(next_id), &json!("completed")));
        assert_eq!(next.get(&lost.path).await.status, 404, "what came to nothing stays as it was");
        let mut silent = contract.clone();
        silent.as_object_mut().unwrap().remove("reason");
        assert_eq!(deal.put(&next, "contract", silent).await.pointers(), ["/reason"]);
        deal.put(&next, "contract", contract).await.expect(200);
        assert_eq!(next.get(&deal.path).await.expect(200)["inside"]["contract"]["number"], "78/2026");
        deal.is_what_its_events_say(&site).await;
        site.stop().await;
    })
    .await;
}

/// How often somebody was told that an interest is overdue.
async fn told(site: &Site, account: AccountId) -> usize {
    let actor = base::Actor { capacity: base::Capacity::Person(account), ..base::Actor::anonymous(base::Lang::Vi) };
    let page = accounts::notices::list(&site.app.accounts, &actor, false, base::Limit::new(100).unwrap(), None).await.unwrap();
    page.items.iter().filter(|n| n.kind.to_string() == "interest_due" && n.facts["step"] == "overdue").count()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_overdue_interest_finds_a_broker_who_works_here() {
    on_every_database(async |site: Site| {
        let cast = Cast::make(&site, "o").await;
        site.staff("o-administrator", &[StaffRole::Administrator]).await;
        let (_, second) = site.account("o-second", &[StaffRole::Broker]).await;
        look_after(&cast, cast.broker_id).await;
        let interest = async |seeker: &Client, party: base::PartyId| {
            let asked = json!({"party": party, "message": "Cần một máy.", "cooperation": "licence"});
            seeker.post(&format!("/api/v1/technologies/{}/interests", cast.listing), asked).await.expect(201)
        };
        interest(&cast.seeker, cast.seeker_party).await;
        let late = async || {
            site.clock.advance(TimeDelta::days(16));
            brokering::interests::tick(&site.app.brokering).await.unwrap();
        };
        late().await;
        assert_eq!((told(&site, cast.broker_id).await, told(&site, second).await), (1, 0), "who looks after it is told, and nobody else");

        // Whoever looks after it is no broker any more: those who are hear of it.
        let sign_in = async |name: &str| site.visitor().sign_in(&format!("{name}@example.org"), PASSWORD).await;
        let administrator = sign_in("o-administrator").await;
        dismiss(&administrator, cast.broker_id).await;
        let other = site.person("o-other").await;
        let party = site.party(&other, "Công ty Khác", "enterprise").await;
        interest(&other, party).await;
        late().await;
        assert_eq!((told(&site, cast.broker_id).await, told(&site, second).await), (1, 1));
        site.stop().await;
    })
    .await;
}
