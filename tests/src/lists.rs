//! Lists of staff and of one's own: taken away as files, read to their end, narrowed by days, named by who has what in hand.

use base::StaffRole;
use brokering::interests::{Role, Which};
use chrono::{Days, TimeDelta};
use serde_json::json;
use store::events::Filter;
use store::testing::TestStore;

use crate::main_job::{need, technology};
use crate::site::{Client, Site, on_every_database};

/// A list as a file, read as a spreadsheet reads it.
async fn csv(client: &Client, path: &str) -> String {
    let answer = client.get(path).await;
    assert_eq!(answer.status, 200, "{path}: {}", answer.text);
    assert_eq!(answer.headers["content-type"], "text/csv; charset=utf-8", "{path}");
    assert!(answer.headers["content-disposition"].to_str().unwrap().starts_with("attachment"), "{path}");
    assert_eq!(answer.headers["x-complete"], "true", "{path}");
    answer.text.strip_prefix('\u{feff}').unwrap_or_else(|| panic!("{path} has no mark of UTF-8")).to_owned()
}

async fn submit(author: &Client, id: &str) {
    author.post_at(&format!("/api/v1/listings/{id}/transitions"), 1, json!({"step": "submit"})).await.expect(200);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_list_of_work_can_be_taken_away_by_those_who_see_it_and_calculates_nothing() {
    on_every_database(async |site: Site| {
        let moderator = site.staff("moderator", &[StaffRole::Moderator]).await;
        let broker = site.staff("broker", &[StaffRole::Broker]).await;
        let author = site.person("author").await;
        let outsider = site.person("outsider").await;
        let party = site.party(&author, "Viện Dừa", "institute").await;
        let new = json!({"party": party, "content": technology("=SUM(A1;A2)")});
        let made = author.post("/api/v1/technologies", new).await.expect(201)["id"].as_str().unwrap().to_owned();
        submit(&author, &made).await;
        let wanted = author.post("/api/v1/needs", json!({"party": party, "content": need()})).await.expect(201);
        submit(&author, wanted["id"].as_str().unwrap()).await;

        let own = csv(&author, "/my?format=csv").await;
        assert!(own.starts_with("Tin,Mã,Loại tin,Trạng thái,"), "{own}");
        assert!(own.contains("\n'=SUM(A1;A2),") && own.lines().count() == 3, "{own}");
        assert_eq!(csv(&author, "/my?format=csv&status=published").await.lines().count(), 1, "what is shown, and no more");
        assert!(author.get("/my").await.text.contains("format=csv"), "the page leads to it");
        let title = |list: &str| list.lines().nth(1).unwrap().to_owned();
        let turned = csv(&author, "/my?format=csv&order=turned").await;
        assert!(title(&own) != title(&turned) && turned.lines().last() == own.lines().nth(1), "{own} {turned}");
        let page = author.get("/my?order=turned").await.text;
        assert!(page.contains("aria-sort=\"ascending\"") && page.contains("order=turned&#38;format=csv"), "{page}");
        let queue = csv(&moderator, "/en/review?format=csv").await;
        assert!(queue.starts_with("Listing,Code,") && queue.contains("'=SUM(A1;A2)"), "{queue}");
        let trail = csv(&moderator, &format!("/staff/events?subject={made}&format=csv")).await;
        assert!(trail.contains("listing.submitted") && !trail.contains("party.created"), "{trail}");
        assert!(csv(&broker, "/staff/needs?format=csv&which=all").await.starts_with("Nhu cầu,Mã,"));
        for path in ["/my/interests?format=csv", "/my/deals?format=csv"] {
            assert_eq!(csv(&author, path).await.lines().count(), 1, "{path}");
        }
        csv(&broker, "/staff/interests?format=csv").await;

        // Whoever may not see the page may not take it away, and there is no other format.
        for path in ["/review", "/staff/needs", "/staff/events", "/staff/interests"] {
            let (page, file) = (outsider.get(path).await.status, outsider.get(&format!("{path}?format=csv")).await.status);
            assert!(page == file && [403, 404].contains(&page.as_u16()), "{path}: {page} {file}");
        }
        assert!(!outsider.get(&format!("/my?party={party}&format=csv")).await.text.contains("SUM"));
        for path in ["/my", "/my/interests", "/my/deals"] {
            assert_eq!(author.get(&format!("{path}?format=pdf")).await.status, 400, "{path}");
        }
        site.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_queue_says_who_has_a_submission_in_hand() {
    on_every_database(async |site: Site| {
        let [one, other] = [site.staff("Minh", &[StaffRole::Moderator]).await, site.staff("Hoa", &[StaffRole::Moderator]).await];
        let author = site.person("author").await;
        let party = site.party(&author, "Viện Dừa", "institute").await;
        let new = json!({"party": party, "content": technology("Máy tách vỏ dừa")});
        let made = author.post("/api/v1/technologies", new).await.expect(201)["id"].as_str().unwrap().to_owned();
        submit(&author, &made).await;
        assert!(other.get("/review").await.text.contains("<td>Chưa ai nhận</td>"));
        one.post(&format!("/api/v1/listings/{made}/reviews"), serde_json::Value::Null).await.expect(200);
        assert!(other.get("/review").await.text.contains("<td>Minh</td>"), "{}", other.get("/review").await.text);
        assert!(one.get("/review").await.text.contains("<td>Tôi đang xử lý</td>"));
        site.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_history_of_a_listing_is_read_to_its_first_version() {
    let site = Site::start_with(TestStore::sqlite().await.unwrap(), |config| config.listings.version_minutes = 0).await;
    let author = site.person("author").await;
    let party = site.party(&author, "Viện Dừa", "institute").await;
    let new = json!({"party": party, "content": technology("Máy tách vỏ dừa")});
    let id = author.post("/api/v1/technologies", new).await.expect(201)["id"].as_str().unwrap().to_owned();
    for n in 1..55 {
        let content = technology(&format!("Máy tách vỏ dừa {n}"));
        author.put_at(&format!("/api/v1/technologies/{id}"), n, json!({"content": content})).await.expect(200);
    }
    let here = format!("/my/listings/{id}/history");
    let first = author.get(&here).await.text;
    assert!(first.contains(">Bản 55<") && first.contains(">Bản 6<") && !first.contains(">Bản 5<"), "{first}");
    let next = first.split("href=\"").find(|rest| rest.starts_with(&format!("{here}?cursor="))).unwrap().split('"').next().unwrap();
    let rest = author.get(next).await.text;
    assert!(rest.contains(">Bản 5<") && rest.contains(">Bản 1<") && !rest.contains(">Bản 6<"), "{rest}");
    assert!(rest.contains("from=4&#38;to=5&#38;cursor=6"), "two of these are compared without leaving them: {rest}");
    assert_eq!(author.get(&format!("{here}?cursor=x")).await.status, 400);
    site.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_trail_is_narrowed_by_days_in_vietnam_and_kinds_are_chosen_by_their_words() {
    on_every_database(async |site: Site| {
        let author = site.person("author").await;
        let first = site.party(&author, "Viện Dừa", "institute").await;
        let day = site.clock.today();
        site.clock.advance(TimeDelta::days(3));
        let author = site.person("later").await;
        let second = site.party(&author, "Trại Giống", "enterprise").await;
        site.clock.advance(TimeDelta::days(3));
        let moderator = site.staff("moderator", &[StaffRole::Moderator]).await;

        let later = day.checked_add_days(Days::new(3)).unwrap();
        let of = async |query: &str| csv(&moderator, &format!("/staff/events?format=csv&kind=party.created&{query}")).await;
        let both = of("").await;
        assert!(both.contains(&first.to_string()) && both.contains(&second.to_string()), "{both}");
        let early = of(&format!("to={day}")).await;
        assert!(early.contains(&first.to_string()) && !early.contains(&second.to_string()), "{early}");
        let late = of(&format!("from={later}&to={later}")).await;
        assert!(!late.contains(&first.to_string()) && late.contains(&second.to_string()), "{late}");
        let between = day.checked_add_days(Days::new(1)).unwrap();
        assert_eq!(of(&format!("from={between}&to={between}")).await.lines().count(), 1, "the heads alone");
        let since = base::clock::day_begins(later);
        let filter = Filter { since: Some(since), ..Filter::default() };
        let found = site.app.store.events(&filter, 100).await.unwrap();
        assert!(!found.is_empty() && found.iter().all(|event| event.at >= since));
        assert_eq!(site.app.store.count_events(&filter).await.unwrap(), found.len() as u64);

        let page = moderator.get(&format!("/staff/events?kind=party.created&subject={first}&from={day}")).await.text;
        assert!(page.contains("<option value=\"party.created\" selected>") && page.contains("<optgroup label=\"Tổ chức\">"), "{page}");
        assert!(page.contains("id=\"subject-name\">Viện Dừa</p>"), "an id is told by its name");
        let wrong = moderator.get("/staff/events?from=24/11").await;
        assert!(wrong.status == 400 && wrong.text.contains("href=\"#from\""));
        site.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_lists_of_staff_are_taken_away_as_they_are_shown_and_turned_round() {
    on_every_database(async |site: Site| {
        let (administrator, first) = site.account("quan-tri", &[StaffRole::Administrator, StaffRole::Moderator, StaffRole::Broker]).await;
        site.clock.advance(TimeDelta::minutes(1));
        let author = site.person("author").await;
        let party = site.party(&author, "Viện Dừa", "institute").await;
        site.clock.advance(TimeDelta::minutes(1));
        site.party(&author, "=Công ty Dừa", "enterprise").await;

        let accounts = csv(&administrator, "/staff/accounts?format=csv").await;
        assert!(accounts.starts_with("Họ và tên,") && accounts.lines().count() == 3, "{accounts}");
        let staff = csv(&administrator, "/staff/accounts?show=staff&format=csv").await;
        assert!(staff.lines().count() == 2 && staff.contains("quan-tri@example.org"), "what is shown, and no more: {staff}");
        let turned = csv(&administrator, "/staff/accounts?order=turned&format=csv").await;
        assert_eq!(accounts.lines().nth(1), turned.lines().nth(2));
        let parties = csv(&administrator, "/staff/parties?format=csv").await;
        assert!(parties.lines().nth(1).unwrap().starts_with("'=Công ty Dừa,"), "{parties}");
        assert!(csv(&administrator, "/staff/parties?order=turned&format=csv").await.lines().nth(1).unwrap().starts_with("Viện Dừa,"));
        for path in ["/staff/accounts", "/staff/parties"] {
            assert_eq!(author.get(&format!("{path}?format=csv")).await.status, 403, "{path}");
            assert!(administrator.get(path).await.text.contains("format=csv"), "{path}");
        }

        // The need desk by what is due: what has no day stands last, the other way round first.
        let mut made = Vec::new();
        for (n, day) in [(0, "2027-03-01"), (1, "2027-02-01")] {
            let mut content = need();
            content["title"]["vi"] = json!(format!("Nhu cầu số {n}"));
            let id = author.post("/api/v1/needs", json!({"party": party, "content": content})).await.expect(201)["id"].clone();
            let id = id.as_str().unwrap().to_owned();
            submit(&author, &id).await;
            // Whoever belongs to no party of it publishes it.
            let seen = crate::main_job::publish(&administrator, &id, 2).await;
            let care = json!({"responsible": (n == 0).then_some(first), "next_action_on": day});
            author.put_at(&format!("/api/v1/listings/{id}/care"), seen, care).await.expect(200);
            made.push(id);
        }
        let by = async |query: &str| -> Vec<String> {
            let file = csv(&administrator, &format!("/staff/needs?format=csv&{query}")).await;
            file.lines().skip(1).map(|line| line.split(',').next().unwrap().to_owned()).collect()
        };
        assert_eq!(by("sort=due").await, ["Nhu cầu số 1", "Nhu cầu số 0"]);
        assert_eq!(by("sort=due&order=turned").await, ["Nhu cầu số 0", "Nhu cầu số 1"]);
        assert_eq!(by("sort=responsible").await, ["Nhu cầu số 0", "Nhu cầu số 1"]);
        let page = administrator.get("/staff/needs?which=all&sort=due").await.text;
        assert!(page.contains("aria-sort=\"ascending\"") && page.contains("which=all&#38;sort=due&#38;order=turned"), "{page}");
        assert_eq!(administrator.get("/staff/needs?sort=size").await.status, 400);
        let actor = base::Actor::system();
        let one = base::Limit::new(1).unwrap();
        let sort = (listings::need_desk::Sort::Due, false);
        let which = listings::need_desk::Which::All;
        let part = listings::need_desk::sorted(&site.app.listings, &actor, which, sort, one, None).await.unwrap();
        let rest = listings::need_desk::sorted(&site.app.listings, &actor, which, sort, one, part.next.as_deref()).await.unwrap();
        assert_eq!((part.items[0].id.to_string(), rest.items[0].id.to_string()), (made[1].clone(), made[0].clone()));
        assert!(rest.next.is_none() && rest.total == 2);
        site.stop().await;
    })
    .await;
}

/// Where the head of the sorted column leads, and which way the list goes.
fn head(page: &str) -> (String, &str) {
    let (_, rest) = page.split_once("aria-sort=\"").unwrap_or_else(|| panic!("no column is sorted: {page}"));
    let href = rest.split("href=\"").nth(1).unwrap().split('"').next().unwrap();
    (href.replace("&#38;", "&"), rest.split('"').next().unwrap())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn lists_of_work_are_turned_round_by_the_head_of_their_column_and_read_to_their_end_either_way() {
    on_every_database(async |site: Site| {
        let moderator = site.staff("moderator", &[StaffRole::Moderator]).await;
        let broker = site.staff("broker", &[StaffRole::Broker]).await;
        let author = site.person("author").await;
        let party = site.party(&author, "Viện Dừa", "institute").await;
        let new = json!({"party": party, "content": technology("Máy đã công bố")});
        let open = author.post("/api/v1/technologies", new).await.expect(201)["id"].as_str().unwrap().to_owned();
        submit(&author, &open).await;
        crate::main_job::publish(&moderator, &open, 2).await;
        let mut made = Vec::new();
        for n in 0..3 {
            let new = json!({"party": party, "content": technology(&format!("Máy số {n}"))});
            let id = author.post("/api/v1/technologies", new).await.expect(201)["id"].as_str().unwrap().to_owned();
            submit(&author, &id).await;
            made.push(id);
            let seeker = site.person(&format!("seeker-{n}")).await;
            let firm = site.party(&seeker, &format!("Công ty số {n}"), "enterprise").await;
            let asked = json!({"party": firm, "message": "Cần một máy.", "cooperation": "licence"});
            seeker.post(&format!("/api/v1/technologies/{open}/interests"), asked).await.expect(201);
            site.clock.advance(TimeDelta::minutes(50));
        }

        // By the page: the head says which way, and leads to the other.
        let places = |page: &str, parts: &[String]| -> Vec<usize> {
            parts.iter().map(|part| page.find(part).unwrap_or_else(|| panic!("{part}: {page}"))).collect()
        };
        let titles: Vec<String> = (0..3).map(|n| format!(">Máy số {n}<")).collect();
        let firms: Vec<String> = (0..3).map(|n| format!("Công ty số {n}")).collect();
        for (client, path, parts, usual, other) in [
            (&moderator, "/review", &titles, "ascending", "descending"),
            (&author, "/my/interests?role=received", &firms, "descending", "ascending"),
            (&broker, "/en/staff/interests?status=all", &firms, "descending", "ascending"),
        ] {
            let page = client.get(path).await.text;
            let (turned, way) = head(&page);
            assert_eq!(way, usual, "{path}");
            assert_eq!(places(&page, parts).is_sorted(), usual == "ascending", "{path}");
            let page = client.get(&turned).await.text;
            let (back, way) = head(&page);
            assert_eq!((way, places(&page, parts).is_sorted()), (other, other == "ascending"), "{turned}");
            assert!(page.contains("order=turned&#38;format=csv"), "the file is in the same order: {page}");
            assert!(!back.contains("order="), "{back}");
        }
        let by_day = head(&author.get("/my/interests").await.text).1.to_owned();
        assert_eq!((by_day.as_str(), head(&broker.get("/staff/interests").await.text).1), ("ascending", "ascending"), "what is due first");

        // Line by line, from one end to the other.
        let system = base::Actor::system();
        for newest_first in [false, true] {
            let (mut seen, mut after) = (Vec::new(), None);
            loop {
                let one = base::Limit::new(1).unwrap();
                let page = listings::review::queue(&site.app.listings, &system, one, after, newest_first).await.unwrap();
                seen.extend(page.items.iter().map(|waiting| waiting.id.to_string()));
                let Some(next) = page.next else { break };
                after = Some(base::Cursor::read(&next).unwrap());
            }
            let mut whole = made.clone();
            if newest_first {
                whole.reverse();
            }
            assert_eq!(seen, whole, "{newest_first}");
        }
        for (role, which) in [(Role::Desk, Some(Which::All)), (Role::Desk, Some(Which::Open))] {
            let mut both = Vec::new();
            for turned in [false, true] {
                let filter = brokering::interests::Filter { role, which, party: None, turned };
                let (mut seen, mut cursor) = (Vec::new(), None::<String>);
                loop {
                    let one = base::Limit::new(1).unwrap();
                    let page = brokering::interests::list(&site.app.brokering, &system, &filter, one, cursor.as_deref()).await.unwrap();
                    seen.extend(page.items.iter().map(|interest| interest.id));
                    cursor = page.next;
                    if cursor.is_none() {
                        break;
                    }
                }
                both.push(seen);
            }
            both[1].reverse();
            assert!(both[0].len() == 3 && both[0] == both[1], "{both:?}");
        }
        site.stop().await;
    })
    .await;
}
