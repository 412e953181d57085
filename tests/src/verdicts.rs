//! What people say of matches and what follows: whose list it moves, who is still told of a pair, what private terms exclude
//! for those who may read them, and the ways from a pair to a deal.

use base::{PartyRole, StaffRole};
use chrono::TimeDelta;
use sea_orm::{ConnectionTrait, Statement};
use serde_json::{Value, json};
use store::testing::TestStore;

use crate::main_job::{need, technology};
use crate::site::{Client, PASSWORD, Site};
use crate::standing::{World, form, matches, same_as_from_scratch};

async fn url_of(client: &Client, path: &str, id: &str) -> String {
    client.get(&format!("/api/v1/{path}/{id}")).await.expect(200)["url"].as_str().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_good_candidate_comes_first_for_its_own_side_alone() {
    for store in TestStore::all().await.unwrap() {
        let site = Site::start(store).await;
        let world = World::new(&site).await;
        let (need_id, _) = world.publish("needs", need()).await;
        let (first, _) = world.publish("technologies", technology("Máy sấy cơm dừa bơm nhiệt")).await;
        let (second, _) = world.publish("technologies", technology("Lò sấy dừa")).await;
        site.matched().await;
        let (order, turned) = ([first.clone(), second.clone()], [second.clone(), first.clone()]);
        assert_eq!(matches(&world.seeker, "needs", &need_id).await, order);
        let pair = format!("/api/v1/matches/{need_id}.{second}/feedback");
        world.owner.post(&pair, json!({"verdict": "good"})).await.expect(200);
        assert_eq!(matches(&world.seeker, "needs", &need_id).await, order, "the owner's word moves nothing for the seeker");
        world.seeker.post(&pair, json!({"verdict": "good"})).await.expect(200);
        assert_eq!(matches(&world.seeker, "needs", &need_id).await, turned);
        assert_eq!(matches(&site.visitor(), "needs", &need_id).await, order);
        // Pages go on where they ended.
        let page = world.seeker.get(&format!("/api/v1/needs/{need_id}/matches?limit=1")).await.expect(200);
        let next = format!("/api/v1/needs/{need_id}/matches?limit=1&cursor={}", page["next"].as_str().unwrap());
        assert_eq!(world.seeker.get(&next).await.expect(200)["items"][0]["listing"]["id"], json!(first));

        // The list of all of a party's listings is in the same order, with reasons, and parts where they are asked for.
        let of_party = format!("/api/v1/parties/{}/matches?explain=true", world.firm);
        let own = world.seeker.get(&of_party).await.expect(200);
        let ids = |found: &Value| -> Vec<String> {
            found["items"].as_array().unwrap().iter().map(|m| m["other"]["id"].as_str().unwrap().to_owned()).collect()
        };
        assert_eq!(ids(&own), turned);
        for one in own["items"].as_array().unwrap() {
            assert!(!one["reasons"].as_array().unwrap().is_empty() && !one["parts"].as_array().unwrap().is_empty(), "{one}");
        }
        assert_eq!(own["items"][0]["feedback"]["verdict"], "good");
        world.seeker.post(&pair, json!({"verdict": "not_for_us", "reason": "other"})).await.expect(200);
        assert_eq!(ids(&world.seeker.get(&of_party).await.expect(200)), order);
        assert_eq!(world.seeker.get(&of_party.replace("explain", "colour")).await.status, 400);

        // What was excluded is told with its constraint, and nothing of it among the matches.
        let mut early = technology("Máy sấy cơm dừa còn thử nghiệm");
        early["trl"] = json!(4);
        let (early, _) = world.publish("technologies", early).await;
        site.matched().await;
        let out = world.seeker.get(&of_party.replace("explain", "excluded")).await.expect(200);
        assert_eq!((ids(&out), out["items"][0]["excluded"][0]["constraint"].clone()), (vec![early], json!("minimum_trl")), "{out}");
        site.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_verdict_shows_on_the_page_it_was_given_on_and_speaks_for_that_page() {
    for store in TestStore::all().await.unwrap() {
        let site = Site::start(store).await;
        let world = World::new(&site).await;
        let broker = site.staff("broker", &[StaffRole::Broker]).await;
        let both_id = site.account("both", &[]).await.1;
        site.member(world.firm, both_id, PartyRole::Editor).await;
        site.member(world.institute, both_id, PartyRole::Editor).await;
        let both = site.visitor().sign_in("both@example.org", PASSWORD).await;
        let (need_id, _) = world.publish("needs", need()).await;
        let (offer, _) = world.publish("technologies", technology("Máy sấy cơm dừa bơm nhiệt")).await;
        site.matched().await;
        let page = format!("{}/matches", url_of(&world.owner, "technologies", &offer).await);
        let id = format!("{need_id}.{offer}");

        // A broker's word on the offer's page is read there, by brokers, and moves nothing.
        let fields = [("id", id.as_str()), ("side", "offer"), ("verdict", "not_for_us"), ("reason", "other"), ("note", "Đã hỏi")];
        assert_eq!(form(&broker, "/matches/feedback", &fields).await.status, 303);
        let shown = broker.get(&page).await.text;
        assert!(shown.contains("Đã hỏi") && shown.contains("value=\"undo\"") && !shown.contains("đã xếp xuống cuối"), "{shown}");
        let others = world.owner.get(&page).await.text;
        assert!(!others.contains("Đã hỏi") && !others.contains("Cán bộ môi giới"), "{others}");

        // Whoever edits both parties speaks, later, for the side whose page it is.
        site.clock.advance(TimeDelta::minutes(1));
        let fields = [("id", id.as_str()), ("side", "offer"), ("verdict", "good"), ("note", "")];
        assert_eq!(form(&both, "/matches/feedback", &fields).await.status, 303);
        let side = async |path: &str, of: &str| {
            let found = both.get(&format!("/api/v1/{path}/{of}/matches")).await.expect(200);
            found["items"][0]["feedback"]["side"].clone()
        };
        assert_eq!((side("technologies", &offer).await, side("needs", &need_id).await), (json!("owner"), json!("broker")));
        let fields = [("id", id.as_str()), ("side", "need"), ("verdict", "good"), ("note", "")];
        form(&both, "/matches/feedback", &fields).await;
        assert_eq!(side("needs", &need_id).await, json!("seeker"));
        let said = both.post(&format!("/api/v1/matches/{id}/feedback"), json!({"verdict": "good", "side": "owner"})).await.expect(200);
        assert_eq!(said["side"], "owner");
        let said =
            world.seeker.post(&format!("/api/v1/matches/{id}/feedback"), json!({"verdict": "good", "side": "owner"})).await.expect(200);
        assert_eq!(said["side"], "seeker", "nobody speaks for a party that is not theirs");

        // From a pair to what may become of it.
        let need_page = url_of(&world.seeker, "needs", &need_id).await;
        let deal = format!("/deals/new?listing={need_id}&other=");
        let plain = |text: &str| text.replace("&#38;", "&").replace("&amp;", "&");
        let brokers = plain(&broker.get(&format!("{need_page}/matches")).await.text);
        assert!(brokers.contains(&deal) && brokers.contains("%2Fparties%2F"), "{brokers}");
        let address = brokers.split("href=\"").find(|part| part.starts_with("/deals/new")).unwrap().split('"').next().unwrap();
        let opened = broker.get(address).await;
        assert!(opened.status == 200 && opened.text.contains("id=\"other\"") && opened.text.contains("\" checked>"), "{}", opened.text);
        let interest = format!("{}/interest", url_of(&world.owner, "technologies", &offer).await);
        assert!(world.seeker.get(&format!("{need_page}/matches")).await.text.contains(&interest));
        assert!(!site.visitor().get(&format!("{need_page}/matches")).await.text.contains(&interest));
        let compare = format!("{need_page}/compare?with={offer}");
        assert!(plain(&broker.get(&compare).await.text).contains(&deal));
        assert!(world.seeker.get(&compare).await.text.contains(&interest));

        // What is not out has no forms that would answer 404.
        let gone = json!({"step": "withdraw", "outcome": {"result": "unsolved", "unsolved_reason": "no_candidate"}});
        let version = world.seeker.get(&format!("/api/v1/needs/{need_id}")).await.expect(200)["inside"]["version"].as_i64().unwrap();
        world.seeker.post_at(&format!("/api/v1/listings/{need_id}/transitions"), version, gone).await.expect(200);
        site.matched().await;
        let withdrawn = world.seeker.get(&format!("{need_page}/matches")).await;
        assert_eq!(withdrawn.status, 200);
        assert!(withdrawn.text.contains("Máy sấy cơm dừa bơm nhiệt"), "{}", withdrawn.text);
        assert!(!withdrawn.text.contains("/matches/feedback") && !withdrawn.text.contains("/compare"), "{}", withdrawn.text);
        site.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_side_is_told_by_itself_and_what_has_no_room_today_comes_tomorrow() {
    for store in TestStore::all().await.unwrap() {
        let site = Site::start_with(store, |config| (config.matching.strong_min, config.matching.told_per_day) = (0.4, 1)).await;
        let world = World::new(&site).await;
        let (need_id, _) = world.publish("needs", need()).await;
        site.matched().await;
        let mut offers = Vec::new();
        for title in ["Máy sấy cơm dừa bơm nhiệt", "Máy sấy cơm dừa hai tầng", "Máy sấy cơm dừa ba tầng"] {
            offers.push(world.publish("technologies", technology(title)).await.0);
            site.matched().await;
        }
        // One of the need's own in a day; of each technology it is the first.
        assert_eq!(world.unread(&site).await, (3, 1));
        let waiting = async || matching::standing::tell_waiting(&site.app.matcher).await.unwrap();
        assert_eq!((waiting().await, world.unread(&site).await), (0, (3, 1)));

        // What the owner says of a pair silences nobody else; what the seeker refused is told to them no more.
        let pair = |n: usize| format!("/api/v1/matches/{need_id}.{}/feedback", offers[n]);
        world.owner.post(&pair(1), json!({"verdict": "not_for_us", "reason": "other"})).await.expect(200);
        world.seeker.post(&pair(2), json!({"verdict": "not_for_us", "reason": "other"})).await.expect(200);
        site.clock.advance(TimeDelta::hours(25));
        assert_eq!((waiting().await, world.unread(&site).await), (1, (3, 2)));
        site.clock.advance(TimeDelta::hours(25));
        assert_eq!((waiting().await, world.unread(&site).await), (0, (3, 2)));

        // A refusal is of the versions it was said of: after a month a new version is told to both again.
        site.clock.advance(TimeDelta::days(31));
        let world = World {
            owner: site.visitor().sign_in("owner@example.org", PASSWORD).await,
            moderator: site.visitor().sign_in("moderator@example.org", PASSWORD).await,
            ..world
        };
        let path = format!("/api/v1/technologies/{}", offers[1]);
        let seen = world.owner.get(&path).await.expect(200)["inside"]["version"].as_i64().unwrap();
        let body = json!({"content": technology("Máy sấy cơm dừa bốn tầng")});
        let edited = world.owner.put_at(&path, seen, body).await.expect(200)["version"].as_i64().unwrap();
        world.submit(&world.owner, &offers[1], edited).await;
        site.matched().await;
        assert_eq!(world.unread(&site).await, (4, 3));
        site.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_budget_excludes_what_costs_more_for_those_who_may_read_it_alone() {
    for store in TestStore::all().await.unwrap() {
        let site = Site::start(store).await;
        let world = World::new(&site).await;
        let (broker, broker_id) = site.account("broker", &[StaffRole::Broker]).await;
        let (need_id, _) = world.publish("needs", need()).await;
        let mut dear = technology("Máy sấy cơm dừa bơm nhiệt");
        dear["terms"] = json!({"price": {"kind": "floor", "amount": {"min_minor": 900_000_000, "currency": "VND"}}});
        let (dear, _) = world.publish("technologies", dear).await;
        let (fair, _) = world.publish("technologies", technology("Lò sấy dừa")).await;
        site.matched().await;
        let both: std::collections::BTreeSet<String> = matches(&world.seeker, "needs", &need_id).await.into_iter().collect();
        assert_eq!(both, [dear.clone(), fair.clone()].into());
        let terms = json!({"budget": {"max_minor": 777_000_000, "currency": "VND"}});
        let path = format!("/api/v1/listings/{need_id}/private-terms");
        world.seeker.put_at(&path, 0, terms).await.expect(200);
        site.matched().await;

        assert_eq!(matches(&world.seeker, "needs", &need_id).await, std::slice::from_ref(&fair));
        let out = world.seeker.get(&format!("/api/v1/needs/{need_id}/matches?excluded=true")).await.expect(200);
        let why = &out["items"][0]["excluded"][0];
        assert_eq!((out["items"][0]["listing"]["id"].clone(), why["constraint"].clone()), (json!(dear), json!("budget")), "{out}");
        assert_eq!(why["offer_field"], "/terms/price/amount");
        let own = world.seeker.get(&format!("/api/v1/parties/{}/matches", world.firm)).await.expect(200);
        assert_eq!((own["total"].clone(), own["items"][0]["other"]["id"].clone()), (json!(1), json!(fair)));
        let url = url_of(&world.seeker, "needs", &need_id).await;
        assert!(world.seeker.get(&format!("{url}/compare?with={dear}")).await.text.contains("777.000.000"));

        // Nobody else learns of it: not the owner, not a visitor, not a broker who does not look after the need.
        for client in [&site.visitor(), &world.owner, &broker] {
            let seen: std::collections::BTreeSet<String> = matches(client, "needs", &need_id).await.into_iter().collect();
            assert_eq!(seen, both);
            for query in ["", "?excluded=true"] {
                let text = client.get(&format!("/api/v1/needs/{need_id}/matches{query}")).await.text;
                assert!(!text.contains("777.000.000") && !text.contains("777000000"), "{text}");
            }
        }
        assert_eq!(matches(&world.owner, "technologies", &dear).await, std::slice::from_ref(&need_id));
        assert_eq!(same_as_from_scratch(&site).await, 2);

        // Who looks after the need reads its terms as its members do.
        let seen = world.seeker.get(&format!("/api/v1/needs/{need_id}")).await.expect(200)["inside"]["version"].as_i64().unwrap();
        let care = json!({"responsible": broker_id, "next_action_on": "2027-01-15"});
        world.seeker.put_at(&format!("/api/v1/listings/{need_id}/care"), seen, care).await.expect(200);
        assert_eq!(matches(&broker, "needs", &need_id).await, std::slice::from_ref(&fair));
        assert!(matches(&broker, "technologies", &dear).await.is_empty());
        site.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_new_version_may_cure_moves_nothing_once_there_is_one() {
    for store in TestStore::all().await.unwrap() {
        let site = Site::start(store).await;
        let world = World::new(&site).await;
        let (need_id, _) = world.publish("needs", need()).await;
        let mut all = Vec::new();
        for title in ["Máy sấy cơm dừa bơm nhiệt", "Lò sấy dừa"] {
            all.push(world.publish("technologies", technology(title)).await);
        }
        site.matched().await;
        let (first, second) = (all[0].0.clone(), all[1].0.clone());
        let order = [first.clone(), second.clone()];
        assert_eq!(matches(&world.seeker, "needs", &need_id).await, order);
        let pair = format!("/api/v1/matches/{need_id}.{first}/feedback");
        let refuse = async |reason: &str| {
            world.seeker.post(&pair, json!({"verdict": "not_for_us", "reason": reason})).await.expect(200);
        };
        let counted = async || matching::tuning::Judgements::default().add_feedback(&site.app.store).await.unwrap();
        let edit = async |seen: i64, trl: u8| {
            let mut content = technology("Máy sấy cơm dừa bơm nhiệt");
            content["trl"] = json!(trl);
            let edited = world.owner.put_at(&format!("/api/v1/technologies/{first}"), seen, json!({"content": content})).await.expect(200);
            let draft = matches(&world.seeker, "needs", &need_id).await;
            let seen = world.submit(&world.owner, &first, edited["version"].as_i64().unwrap()).await;
            site.matched().await;
            (draft, seen)
        };
        let turned = [second.clone(), first.clone()];
        refuse("too_early").await;
        assert_eq!((matches(&world.seeker, "needs", &need_id).await, counted().await), (turned.to_vec(), 1));
        // A draft is no new version; an approved one is, and the word is told as of an earlier one.
        let (draft, seen) = edit(all[0].1, 8).await;
        assert_eq!(draft, turned);
        assert_eq!((matches(&world.seeker, "needs", &need_id).await, counted().await), (order.to_vec(), 0));
        let told = world.seeker.get(&format!("/api/v1/needs/{need_id}/matches")).await.expect(200);
        let said = &told["items"][0]["feedback"];
        assert_eq!((&said["reason"], &said["is_of_earlier"], &said["is_behind"]), (&json!("too_early"), &json!(true), &json!(false)));
        let url = url_of(&world.seeker, "needs", &need_id).await;
        assert!(world.seeker.get(&format!("{url}/matches")).await.text.contains("nói về một phiên bản trước"));
        // What no version cures stays.
        refuse("other").await;
        edit(seen, 9).await;
        assert_eq!((matches(&world.seeker, "needs", &need_id).await, counted().await), (turned.to_vec(), 1));
        site.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_seeker_who_hides_is_spared_what_is_not_for_them_and_nobody_else_learns_why() {
    for store in TestStore::all().await.unwrap() {
        let site = Site::start_with(store, |config| config.matching.strong_min = 0.4).await;
        let world = World::new(&site).await;
        let mut hidden = need();
        hidden["anonymity"] = json!("hidden");
        let (need_id, _) = world.publish("needs", hidden).await;
        let mut picky = technology("Máy sấy cơm dừa bơm nhiệt");
        picky["partner_types"] = json!(["institute"]);
        let (picky, _) = world.publish("technologies", picky).await;
        site.matched().await;
        // The owner hears of it as of any seeker of whom nothing is known; the seeker's own people are spared it.
        assert_eq!(world.unread(&site).await, (1, 0));
        assert!(matches(&world.seeker, "needs", &need_id).await.is_empty());
        let excluded = format!("/api/v1/needs/{need_id}/matches?excluded=true");
        let out = world.seeker.get(&excluded).await.expect(200);
        assert_eq!((&out["total"], &out["items"][0]["excluded"][0]["constraint"]), (&json!(1), &json!("seeker_type")), "{out}");
        let own = format!("/api/v1/parties/{}/matches", world.firm);
        assert_eq!(world.seeker.get(&own).await.expect(200)["total"], 0);
        let url = url_of(&world.seeker, "needs", &need_id).await;
        let compared = world.seeker.get(&format!("{url}/compare?with={picky}")).await.text;
        assert!(compared.contains("Bên chào chỉ muốn làm việc với"), "{compared}");

        // Nobody else learns of it, from either page, from counts or from what is left out.
        let back = format!("/api/v1/technologies/{picky}/matches");
        for client in [&site.visitor(), &world.owner] {
            assert_eq!(matches(client, "needs", &need_id).await, std::slice::from_ref(&picky));
            assert_eq!(matches(client, "technologies", &picky).await, std::slice::from_ref(&need_id));
            for path in [excluded.clone(), format!("{back}?excluded=true")] {
                assert_eq!(client.get(&path).await.expect(200)["total"], 0, "{path}");
            }
        }
        let listed = world.owner.get(&format!("/api/v1/parties/{}/matches", world.institute)).await.expect(200);
        assert_eq!(listed["total"], 1, "{listed}");
        assert_eq!(same_as_from_scratch(&site).await, 1);
        site.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_need_without_any_match_still_hears_what_would_sharpen_it_most() {
    for store in TestStore::all().await.unwrap() {
        let site = Site::start(store).await;
        let world = World::new(&site).await;
        let missing = async |change: &dyn Fn(&mut Value)| {
            let mut content = need();
            (content["targets"], content["cooperation"]) = (json!([]), json!([]));
            change(&mut content);
            let made = world.seeker.post("/api/v1/needs", json!({"party": world.firm, "content": content})).await.expect(201);
            let found = world.seeker.get(&format!("/api/v1/needs/{}/matches", made["id"].as_str().unwrap())).await.expect(200);
            assert_eq!(found["total"], 0, "{found}");
            let text = found["missing"]["text"].as_str().unwrap();
            assert!(!text.is_empty() && !text.starts_with("match-"), "{text}");
            (found["missing"]["field"].as_str().unwrap().to_owned(), text.to_owned())
        };
        let in_english = |content: &mut Value| {
            content["title"]["en"] = json!("Faster dryer for coconut meat wanted");
            content["problem"]["en"] = json!("A coal kiln takes 14 hours a batch and turns the product yellow.");
        };
        // Words come first, then the other language, and then what is said beside them.
        let (word, _) = missing(&|content| {
            (content["title"]["vi"], content["problem"]["vi"]) = (json!("dừa"), json!("dừa"));
            content["keywords"] = json!({});
        })
        .await;
        assert_eq!(word, "/problem");
        let (unnamed, _) = missing(&|content| {
            content["problem"]["vi"] = json!("Lò than làm cơm dừa bị vàng.");
            content["keywords"] = json!({});
        })
        .await;
        assert_eq!(unnamed, "/keywords");
        assert_eq!(missing(&|_| {}).await.0, "/title");
        assert_eq!(missing(&in_english).await.0, "/targets");
        let (field, said) = missing(&|content| content["title"] = json!({"vi": "Looking for a dryer for coconut"})).await;
        assert!(field == "/title" && said.contains("ngôn ngữ khác"), "{said}");
        // Targets that cannot both be reached come before all.
        let (field, said) = missing(&|content| {
            let target = |figure: f64, unit: &str, direction: &str| json!({"metric": {"vi": "Thời gian sấy một mẻ"}, "target": figure, "unit": unit, "direction": direction, "priority": "must"});
            content["targets"] = json!([target(6.0, "h", "at_most"), target(5.0, "h", "at_most"), target(600.0, "phút", "at_least")]);
        })
        .await;
        assert!(field == "/targets/2" && said.contains("Chỉ tiêu 1 và chỉ tiêu 3"), "{field} {said}");

        // A need is answered by offers; an offer may ask for what is alike as well.
        let made = world.seeker.post("/api/v1/needs", json!({"party": world.firm, "content": need()})).await.expect(201);
        let path = format!("/api/v1/needs/{}/matches", made["id"].as_str().unwrap());
        assert_eq!(world.seeker.get(&format!("{path}?kind=need")).await.status, 400);
        assert_eq!(world.seeker.get(&format!("{path}?kind=technology&kind=need")).await.status, 400);
        assert_eq!(world.seeker.get(&format!("{path}?kind=technology&kind=ip_asset")).await.status, 200);
        site.stop().await;
    }
}

/// How many letters to an address speak of a match.
fn of_matches(site: &Site, email: &str) -> usize {
    let texts = site.letters_of(email).into_iter().map(|letter| accounts::mailbox::plain_text(&letter).unwrap());
    texts.filter(|text| text.contains("đối tác phù hợp mới")).count()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_seeker_hears_of_nothing_beyond_the_budget_and_no_letter_tells_of_what_is_no_match_any_more() {
    for store in TestStore::all().await.unwrap() {
        let site = Site::start_with(store, |config| config.matching.strong_min = 0.4).await;
        let world = World::new(&site).await;
        let (need_id, _) = world.publish("needs", need()).await;
        let terms = format!("/api/v1/listings/{need_id}/private-terms");
        let budget = |most: i64| json!({"budget": {"max_minor": most, "currency": "VND"}});
        world.seeker.put_at(&terms, 0, budget(777_000_000)).await.expect(200);
        let priced = |title: &str, trl: u8| {
            let mut content = technology(title);
            content["terms"] = json!({"price": {"kind": "floor", "amount": {"min_minor": 900_000_000, "currency": "VND"}}});
            content["trl"] = json!(trl);
            content
        };
        let (dear, seen) = world.publish("technologies", priced("Máy sấy cơm dừa bơm nhiệt", 7)).await;
        site.matched().await;
        // The owner hears of it as of any other, and learns nothing of the budget by it.
        assert_eq!(world.unread(&site).await, (1, 0));
        assert_eq!(matching::standing::tell_waiting(&site.app.matcher).await.unwrap(), 0);
        world.seeker.put_at(&terms, 1, budget(950_000_000)).await.expect(200);
        site.matched().await;
        assert_eq!(world.unread(&site).await, (1, 1), "with more to spend it is news");

        // Edited overnight until it answers no more, it is in no letter of the morning.
        let body = json!({"content": priced("Máy sấy cơm dừa còn thử nghiệm", 4)});
        let edited = world.owner.put_at(&format!("/api/v1/technologies/{dear}"), seen, body).await.expect(200)["version"].as_i64().unwrap();
        world.submit(&world.owner, &dear, edited).await;
        site.matched().await;
        site.clock.advance(TimeDelta::hours(24));
        assert_eq!(accounts::notices::leave_digests(&site.app.accounts).await.unwrap(), 2);
        site.settled().await;
        assert_eq!((of_matches(&site, "owner@example.org"), of_matches(&site, "seeker@example.org")), (0, 0));
        site.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_no_pair_any_more_waits_no_longer_though_its_day_is_full() {
    for store in TestStore::all().await.unwrap() {
        let site = Site::start_with(store, |config| (config.matching.strong_min, config.matching.told_per_day) = (0.4, 1)).await;
        let world = World::new(&site).await;
        world.publish("needs", need()).await;
        site.matched().await;
        let mut last = (String::new(), 0);
        for title in ["Máy sấy cơm dừa bơm nhiệt", "Máy sấy cơm dừa hai tầng", "Máy sấy cơm dừa ba tầng"] {
            last = world.publish("technologies", technology(title)).await;
            site.matched().await;
        }
        let waiting = async || {
            let sql = "SELECT count(*) AS n FROM match_told WHERE told_at IS NULL";
            let statement = Statement::from_string(site.app.store.db().get_database_backend(), sql);
            site.app.store.db().query_one_raw(statement).await.unwrap().unwrap().try_get::<i64>("", "n").unwrap()
        };
        assert_eq!((waiting().await, world.unread(&site).await), (2, (3, 1)));
        let (id, seen) = last;
        let gone = json!({"step": "withdraw", "outcome": {"reason": "no_longer_offered"}});
        world.owner.post_at(&format!("/api/v1/listings/{id}/transitions"), seen, gone).await.expect(200);
        site.matched().await;
        assert_eq!(matching::standing::tell_waiting(&site.app.matcher).await.unwrap(), 0);
        assert_eq!((waiting().await, world.unread(&site).await), (1, (3, 1)));
        site.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_list_of_a_party_goes_on_where_a_page_ended_though_its_last_pair_is_gone() {
    for store in TestStore::all().await.unwrap() {
        let site = Site::start(store).await;
        let world = World::new(&site).await;
        world.publish("needs", need()).await;
        let mut offers = std::collections::BTreeMap::new();
        for (title, trl) in [
            ("Máy sấy cơm dừa bơm nhiệt", 7),
            ("Lò sấy cơm dừa", 7),
            ("Tủ sấy dừa", 7),
            ("Máy sấy cơm dừa còn thử nghiệm", 4),
            ("Tủ sấy dừa còn thử nghiệm", 4),
        ] {
            let mut content = technology(title);
            content["trl"] = json!(trl);
            let (id, seen) = world.publish("technologies", content).await;
            offers.insert(id, seen);
        }
        site.matched().await;
        let path = format!("/api/v1/parties/{}/matches?limit=1", world.firm);
        let id_of = |page: &Value| page["items"][0]["other"]["id"].as_str().unwrap().to_owned();
        let next_of = |page: &Value| format!("{path}&cursor={}", page["next"].as_str().unwrap());
        let first = world.seeker.get(&path).await.expect(200);
        let second = world.seeker.get(&next_of(&first)).await.expect(200);
        assert_eq!((first["total"].clone(), id_of(&first) == id_of(&second)), (json!(3), false));
        let gone = json!({"step": "withdraw", "outcome": {"reason": "no_longer_offered"}});
        let steps = format!("/api/v1/listings/{}/transitions", id_of(&first));
        world.owner.post_at(&steps, offers[&id_of(&first)], gone).await.expect(200);
        site.matched().await;
        let again = world.seeker.get(&next_of(&first)).await.expect(200);
        assert_eq!((again["total"].clone(), id_of(&again)), (json!(2), id_of(&second)));
        let third = world.seeker.get(&next_of(&again)).await.expect(200);
        assert_eq!((third["items"].as_array().unwrap().len(), third["next"].clone()), (1, Value::Null));

        // What is excluded is gone through as well, whatever time has passed meanwhile.
        let path = format!("{path}&excluded=true");
        let first = world.seeker.get(&path).await.expect(200);
        site.clock.advance(TimeDelta::hours(1));
        let second = world.seeker.get(&format!("{path}&cursor={}", first["next"].as_str().unwrap())).await.expect(200);
        assert_eq!((first["total"].clone(), second["next"].clone()), (json!(2), Value::Null));
        assert_ne!(id_of(&first), id_of(&second));
        for page in [&first, &second] {
            assert_eq!(page["items"][0]["excluded"][0]["constraint"], "minimum_trl", "{page}");
        }
        assert_eq!(world.seeker.get(&format!("{path}&cursor=x")).await.status, 400);
        site.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_page_of_matches_that_is_led_to_begins_with_the_pair_and_goes_on_behind_it() {
    for store in TestStore::all().await.unwrap() {
        let site = Site::start(store).await;
        let world = World::new(&site).await;
        let (need_id, _) = world.publish("needs", need()).await;
        for n in 0..11 {
            world.publish("technologies", technology(&format!("Máy sấy cơm dừa bơm nhiệt số {n}"))).await;
        }
        site.matched().await;
        let order = matches(&world.seeker, "needs", &need_id).await;
        assert_eq!(order.len(), 11);
        let page = format!("{}/matches", url_of(&world.seeker, "needs", &need_id).await);
        // Of the pairs in a text, in its order.
        let mark = format!("id=\"m-{need_id}.");
        let shown = |text: &str| -> Vec<usize> {
            let places = text.split(mark.as_str()).skip(1).map(|rest| rest.split('"').next().unwrap().to_owned());
            places.map(|id| order.iter().position(|one| *one == id).unwrap()).collect()
        };
        let first = world.seeker.get(&page).await.text;
        assert!(!shown(&first).contains(&10), "the last one is not on the first page");
        let last = world.seeker.get(&format!("{page}?at={}", order[10])).await.text;
        assert_eq!(shown(&last), [10]);
        assert!(last.contains(&format!("href=\"{page}\"")), "and from there to all of them: {last}");

        // What follows is what follows in the list, on the next pages too.
        let mut text = world.seeker.get(&format!("{page}?at={}", order[1])).await.text;
        let mut seen = shown(&text);
        while let Some(next) = text.split_once("\" rel=\"next\"").map(|(before, _)| before.rsplit('"').next().unwrap().to_owned()) {
            text = world.seeker.get(&next).await.text;
            seen.extend(shown(&text));
            assert!(seen.len() < 30, "it comes to an end: {seen:?}");
        }
        assert_eq!(seen, (1..11).collect::<Vec<usize>>());
        // What is not in the list, or is nothing at all, begins it.
        for nothing in [need_id.as_str(), "x", ""] {
            assert_eq!(shown(&world.seeker.get(&format!("{page}?at={nothing}")).await.text)[0], 0, "{nothing}");
        }
        site.stop().await;
    }
}
