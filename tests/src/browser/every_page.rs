//! Every page there is, in both languages, on a phone and on a desk, light and dark: nothing breaks a rule of
//! accessibility, nothing is wider than the window, there is one heading, and the browser has nothing to complain of.
//!
//! The route table says which pages there are. A page that nobody visits fails.

use std::collections::BTreeSet;

use accounts::notices::NoticeKind;
use base::{AccountId, Lang, PartyRole, StaffRole};
use serde_json::{Value, json};
use thirtyfour::By;

use super::axe::{self, Rules};
use super::{Browser, DESKTOP, DESKTOP_DARK, Look, PHONE, PHONE_DARK, Window, journey, journey_in_the_demonstration};
use crate::deals::{Deal, complete};
use crate::documents::hand_in_marked;
use crate::import_pages::{ended, hand_over};
use crate::main_job::{need, publish, technology};
use crate::site::{Client, PASSWORD, Site};

/// Routes without a page, each with its reason.
const NO_PAGES: [(&str, &str); 15] = [
    ("/healthz", "for probes"),
    ("/readyz", "for probes"),
    ("/metrics", "for scrapers"),
    ("/api/openapi.json", "for programs"),
    ("/assets/{*path}", "what pages are made of"),
    ("/favicon.svg", "a picture"),
    ("/robots.txt", "for search engines"),
    ("/sitemap.xml", "for search engines"),
    ("/sitemaps/{file}", "for search engines"),
    ("/numbers/{file}", "a file to take along"),
    ("/disclosures/{id}/files/{file}", "a file to take along"),
    ("/deals/{id}/documents/{file}", "a file to take along"),
    ("/en", "the same as /en/"),
    ("/search/feed", "for feed readers"),
    ("/feeds/{link}", "for feed readers"),
];

/// How far the parts of a page may move after they were first seen, as the browser reckons it.
const MOST_SHIFT: f64 = 0.02;
/// Asks how far they moved, once the letters are there and everything has been drawn again.
const SHIFT: &str = "return document.fonts.ready.then(() => new Promise(done => {
    let moved = 0;
    const add = list => { for (const one of list) if (!one.hadRecentInput) moved += one.value; };
    const watch = new PerformanceObserver(list => add(list.getEntries()));
    watch.observe({type: 'layout-shift', buffered: true});
    requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(() => { add(watch.takeRecords()); done(moved); })));
}))";

fn is_no_page(route: &str) -> bool {
    let vietnamese = route.strip_prefix("/en").filter(|rest| !rest.is_empty()).unwrap_or(route);
    NO_PAGES.iter().any(|(path, _)| *path == vietnamese)
}

/// Who looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Who {
    Nobody,
    Author,
    Moderator,
    Administrator,
    Broker,
}

/// What is done on a page before it is looked at.
enum Then {
    /// Nothing.
    Look,
    /// Its first form is sent as it is, with this written into it.
    Send(Vec<(&'static str, &'static str)>),
    /// The same by somebody whose session has just ended.
    SendAsNobody,
}

/// A page and who opens it.
struct Visit {
    who: Who,
    path: String,
    then: Then,
    /// The status of what is looked at.
    status: u16,
}

fn visit(who: Who, path: impl Into<String>) -> Visit {
    Visit { who, path: path.into(), then: Then::Look, status: 200 }
}

fn answered(status: u16, visit: Visit) -> Visit {
    Visit { status, ..visit }
}

fn sent(fields: &[(&'static str, &'static str)], visit: Visit) -> Visit {
    Visit { then: Then::Send(fields.to_vec()), ..visit }
}

/// The people of the visits, and what they have.
struct Cast {
    author: Client,
    moderator: Client,
    administrator: Client,
    broker: Client,
    visits: Vec<Visit>,
}

async fn made(author: &Client, path: &str, party: &str, content: Value) -> String {
    author.post(path, json!({"party": party, "content": content})).await.expect(201)["id"].as_str().unwrap().to_owned()
}

async fn submit(author: &Client, id: &str, seen: i64) -> i64 {
    let steps = format!("/api/v1/listings/{id}/transitions");
    author.post_at(&steps, seen, json!({"step": "submit"})).await.expect(200)["version"].as_i64().unwrap()
}

/// The address of the page of something that is found.
async fn page_of(client: &Client, kind: &str, title: &str) -> String {
    let found = client.get(&format!("/api/v1/search?kind={kind}&limit=100")).await.expect(200);
    let one = found["items"].as_array().unwrap().iter().find(|i| i["title"].as_str().unwrap().contains(title));
    one.unwrap_or_else(|| panic!("no {kind} {title}: {found}"))["url"].as_str().unwrap().to_owned()
}

impl Cast {
    async fn make(site: &Site) -> Self {
        let visitor = site.visitor();
        let (author, account): (Client, AccountId) = site.account("author", &[]).await;
        let moderator = site.staff("moderator", &[StaffRole::Moderator]).await;
        let administrator = site.staff("administrator", &[StaffRole::Administrator]).await;
        let host = site.person("host").await;

        // Two parties of one's own, and an invitation to a third.
        let own = visitor.get("/api/v1/parties?limit=100&party_type=institute").await.expect(200);
        let is_own = |p: &&Value| p.to_string().contains("Hàm Luông");
        let own = own["items"].as_array().unwrap().iter().find(is_own).unwrap_or_else(|| panic!("{own}"));
        let party = own["id"].as_str().unwrap().to_owned();
        site.member(party.parse().unwrap(), account, PartyRole::Admin).await;
        let second = site.party(&author, "Hợp tác xã Dừa Sáp Cầu Kè", "cooperative").await;
        let third = site.party(&host, "Công ty Mật hoa dừa", "enterprise").await;
        let invitation = json!({"email": "author@example.org", "roles": ["editor"]});
        host.post(&format!("/api/v1/parties/{third}/memberships"), invitation).await.expect(201);
        let invitation = json!({"email": "host@example.org", "roles": ["editor"]});
        author.post(&format!("/api/v1/parties/{party}/memberships"), invitation).await.expect(201);
        author.post("/api/v1/tokens", json!({"name": "đồng bộ", "scopes": ["read"], "days": 30})).await.expect(201);

        // A listing in each state that looks different: an empty draft, one that waits, one that was sent back, one that is
        // public, and one that is public with a change that waits.
        let empty = made(&author, "/api/v1/technologies", &party, json!({"title": {"vi": "Máy ép dầu dừa"}})).await;
        let claimed = made(&author, "/api/v1/technologies", &party, technology("Máy sấy cơm dừa bơm nhiệt")).await;
        let back = made(&author, "/api/v1/technologies", &party, technology("Lò sấy cơm dừa bằng trấu")).await;
        let wanted = made(&author, "/api/v1/needs", &party, need()).await;
        let asset =
            json!({"ip_kind": "patent", "title": {"vi": "Thiết bị tách xơ dừa"}, "status": "filed", "territory": ["VN"], "numbers": {}});
        let mark = author.post("/api/v1/ip-assets", json!({"party": party, "content": asset})).await;
        let mark = if mark.status == 201 {
            mark.json()
        } else {
            let plain = json!({"ip_kind": "patent", "title": {"vi": "Thiết bị tách xơ dừa"}, "status": "filed"});
            author.post("/api/v1/ip-assets", json!({"party": party, "content": plain})).await.expect(201)
        };
        let mark = mark["id"].as_str().unwrap().to_owned();
        submit(&author, &claimed, 1).await;
        moderator.post(&format!("/api/v1/listings/{claimed}/reviews"), Value::Null).await.expect(200);
        let seen = submit(&author, &back, 1).await;
        moderator.post(&format!("/api/v1/listings/{back}/reviews"), Value::Null).await.expect(200);
        let ask = json!({"decision": "request_changes", "notes": [{"pointer": "/summary", "text": "Nêu công suất."}]});
        moderator.post_at(&format!("/api/v1/listings/{back}/reviews/decision"), seen, ask).await.expect(200);
        let seen = submit(&author, &wanted, 1).await;
        let seen = publish(&moderator, &wanted, seen).await;
        let mut changed = need();
        changed["title"]["vi"] = json!("Cần máy sấy cơm dừa chạy bằng trấu");
        let changed = author.put_at(&format!("/api/v1/needs/{wanted}"), seen, json!({"content": changed})).await.expect(200);
        submit(&author, &wanted, changed["version"].as_i64().unwrap()).await;
        // A file with a row that cannot be taken.
        let mut faulty = technology("Máy sấy 2");
        faulty["trl"] = json!(12);
        let row = json!({"kind": "technology", "source_lang": "vi", "content": faulty}).to_string();
        let fields = [("party", party.as_str()), ("mapping", ""), ("dry_run", "true"), ("skip_faulty", "true")];
        let import = ended(site, &author, &hand_over(&author, ("tin.jsonl", &row), &fields).await).await;
        site.indexed().await;
        // A saved search that brought something, a notice, and a link from a letter.
        let query = json!({"name": "Máy móc", "query": "kind=technology", "when": "at_once"});
        let kept = author.post("/api/v1/saved-searches", query).await.expect(201)["id"].as_str().unwrap().to_owned();
        crate::alerts::tell(site, account, NoticeKind::InterestReceived, wanted.parse().unwrap()).await;
        site.settled().await;
        let stop = crate::alerts::stop_link(site.letters_of("author@example.org").iter().find(|l| l.contains("List-Unsubscribe")).unwrap());
        let stop = stop.split_once("/letters/").map(|(_, rest)| format!("/letters/{rest}")).unwrap();
        // An interest that came in, with a question, and one that was sent.
        let mut body = json!({"party": third, "message": "Chúng tôi có máy sấy này.", "anonymity": "sector_and_region", "wants_nda": true});
        let received = host.post(&format!("/api/v1/needs/{wanted}/interests"), body.clone()).await.expect(201);
        let received = received["id"].as_str().unwrap().to_owned();
        let (ask, give) = (json!({"text": "Công suất bao nhiêu?"}), json!({"text": "Hai tấn mỗi mẻ."}));
        author.post_at(&format!("/api/v1/interests/{received}/request-information"), 1, ask).await.expect(200);
        host.post_at(&format!("/api/v1/interests/{received}/answer"), 2, give).await.expect(200);
        let offered = page_of(&visitor, "technology", "phôi dừa sáp").await;
        let found = visitor.get("/api/v1/search?kind=technology&limit=100").await.expect(200);
        let id = found["items"].as_array().unwrap().iter().find(|i| i["url"] == json!(offered)).unwrap()["id"].as_str().unwrap().to_owned();
        body["party"] = json!(second);
        let sent_by_us = author.post(&format!("/api/v1/technologies/{id}/interests"), body).await.expect(201);

        // What answers one's own need, chosen and compared.
        let need = author.get(&format!("/api/v1/needs/{wanted}")).await.expect(200)["url"].as_str().unwrap().to_owned();
        let found = author.get(&format!("/api/v1/needs/{wanted}/matches?limit=3")).await.expect(200);
        let with: Vec<String> =
            found["items"].as_array().unwrap().iter().map(|m| format!("with={}", m["listing"]["id"].as_str().unwrap())).collect();
        assert!(with.len() > 1, "{found}");
        let mut compared = vec![visit(Who::Author, format!("{need}/matches"))];
        compared.push(visit(Who::Author, format!("{need}/compare")));
        compared.push(visit(Who::Author, format!("{need}/compare?{}", with.join("&"))));
        compared.push(visit(Who::Author, format!("/my/searches/new?need={wanted}")));
        let slug = author.get(&format!("/api/v1/parties/{party}")).await.expect(200)["slug"].as_str().unwrap().to_owned();
        compared.push(visit(Who::Author, format!("/parties/{slug}/matches")));
        compared.push(visit(Who::Author, format!("/parties/{slug}/matches?excluded=true")));

        let mut visits = Self::of_everybody(&visitor).await;
        visits.extend(Self::of_the_author(&author, &party, &import, [&empty, &claimed, &back, &wanted, &mark]).await);
        visits.extend(Self::of_what_is_confided(&author, &party, [&empty, &wanted]).await);
        visits.extend(compared);
        let code =
            author.get(&format!("/api/v1/technologies?party={party}")).await.expect(200)["items"][0]["code"].as_str().unwrap().to_owned();
        let desk = administrator.get("/api/v1/need-desk").await.expect(200);
        let on_desk = desk["items"][0]["id"].as_str().unwrap().to_owned();
        visits.extend([
            visit(Who::Author, "/my/expert"),
            answered(422, sent(&[("/orcid", "0000-0002-1825-0098")], visit(Who::Author, "/my/expert"))),
            visit(Who::Author, "/my/searches"),
            visit(Who::Author, "/my/searches/new?q=d%E1%BB%ABa&trl=7,8"),
            visit(Who::Author, format!("/my/searches/{kept}")),
            visit(Who::Author, "/my/notices"),
            visit(Who::Author, "/account/notices"),
            visit(Who::Nobody, stop),
            visit(Who::Moderator, "/review"),
            visit(Who::Moderator, format!("/review/{claimed}")),
            visit(Who::Moderator, format!("/review/{wanted}")),
            visit(Who::Administrator, "/my"),
            visit(Who::Administrator, "/staff"),
            visit(Who::Administrator, "/staff/accounts"),
            visit(Who::Administrator, "/staff/needs"),
            visit(Who::Administrator, format!("/staff/needs/{on_desk}?which=all")),
            visit(Who::Moderator, format!("/staff/needs/{on_desk}")),
            visit(Who::Moderator, "/staff/needs?which=recorded"),
            visit(Who::Moderator, "/my/imports?find=dua"),
            visit(Who::Moderator, "/staff/needs/new"),
            sent(&[("/content/title/vi", "Bảo quản dừa sáp"), ("_find", "Dừa")], visit(Who::Moderator, "/staff/needs/new")),
            visit(Who::Administrator, format!("/staff/parties/merge?from={third}&into={party}&find_from=Ham+Luong")),
            visit(Who::Administrator, "/staff/parties/merge"),
            visit(Who::Administrator, "/staff/emergency"),
            visit(Who::Administrator, format!("/staff/emergency?code={code}")),
            visit(Who::Administrator, "/staff/gaps"),
            visit(Who::Administrator, "/staff/gaps?side=demand"),
            visit(Who::Administrator, "/staff/parties"),
            visit(Who::Administrator, "/staff/parties/verify?to=document"),
            visit(Who::Administrator, format!("/staff/parties/verify?to=document&pick={party}&pick={third}")),
            visit(Who::Administrator, "/staff/needs?which=all&sort=due"),
            visit(Who::Administrator, "/staff/events"),
        ]);
        visits.extend(Self::of_interests(&visitor, &offered, &received, sent_by_us["url"].as_str().unwrap()).await);
        let (broker, leads) = site.account("page-broker", &[StaffRole::Broker]).await;
        visits.extend(Self::of_a_deal((&broker, leads), &author, &administrator, &party, &third.to_string()).await);
        let (_, next) = site.account("page-next", &[StaffRole::Broker]).await;
        visits.push(visit(Who::Administrator, format!("/staff/deals/handover?from={leads}&to={next}")));
        visits.extend(Self::of_stories(site, &author, &host, &moderator, &party, &third.to_string()).await);
        Self { author, moderator, administrator, broker, visits }
    }

    /// The story of a completed deal of the author's party, published and taken back, and one that waits for a moderator.
    async fn of_stories(site: &Site, author: &Client, host: &Client, moderator: &Client, party: &str, seeker: &str) -> Vec<Visit> {
        let own = author.get(&format!("/api/v1/technologies?party={party}&status=published")).await.expect(200);
        let listing = own["items"][0]["id"].clone();
        let broker = site.staff("story-broker", &[StaffRole::Broker]).await;
        let mut visits = Vec::new();
        for is_published in [true, false] {
            let new = json!({"kind": "technical_service", "listing": listing, "seeker": seeker});
            let id = broker.post("/api/v1/deals", new).await.expect(201)["id"].as_str().unwrap().to_owned();
            let path = format!("/api/v1/deals/{id}");
            complete(&Deal { path: path.clone() }, author, host, &broker).await;
            let page = format!("/deals/{id}");
            if is_published {
                visits.push(visit(Who::Author, &page));
            }
            let text = json!({
                "title": {"vi": "Sấy nhanh gấp ba", "en": "Dried three times faster"},
                "summary": {"vi": "Rút từ 14 còn 5 giờ.", "en": "From 14 hours to 5."},
                "body": {"vi": "## Cách làm\n\nHai bên **cùng thử** một vụ.", "en": "Both **tried it** for a season."},
                "figures": [{"label": {"vi": "Thời gian sấy"}, "value": 5, "unit": {"vi": "giờ", "en": "h"}}],
                "listings": [listing],
            });
            let story = format!("{path}/story");
            let written = author.put_at(&story, 0, text).await.expect(200);
            for (by, party) in [(author, party), (host, seeker)] {
                by.post(&format!("{story}/consents"), json!({"party": party, "hash": written["hash"]})).await.expect(201);
            }
            visits.extend([visit(Who::Author, format!("{page}/story")), visit(Who::Moderator, format!("{page}/story"))]);
            if is_published {
                moderator.post_at(&format!("{story}/publish"), 3, Value::Null).await.expect(200);
                let public = author.get(&story).await.expect(200)["url"].as_str().unwrap().to_owned();
                visits.extend([
                    visit(Who::Nobody, "/stories"),
                    visit(Who::Nobody, public),
                    visit(Who::Author, format!("{page}/story/edit")),
                ]);
                let english = || visit(Who::Author, format!("{page}/story/edit?text=en"));
                visits.extend([english(), answered(422, sent(&[("/title/en", "")], english()))]);
            }
        }
        visits.push(visit(Who::Moderator, "/staff/stories"));
        visits
    }

    /// A deal of the author's party with something in each of its parts.
    async fn of_a_deal(
        (leads, broker): (&Client, AccountId),
        author: &Client,
        administrator: &Client,
        party: &str,
        seeker: &str,
    ) -> Vec<Visit> {
        let own = author.get(&format!("/api/v1/technologies?party={party}&status=published")).await.expect(200);
        let listing = own["items"][0]["id"].as_str().unwrap().to_owned();
        let new = json!({"kind": "licence", "listing": listing, "seeker": seeker});
        let made = leads.post("/api/v1/deals", new).await.expect(201);
        let path = format!("/api/v1/deals/{}", made["id"].as_str().unwrap());
        let version = async || author.get(&path).await.expect(200)["version"].as_i64().unwrap();
        let brokers = json!({"brokers": [{"account": broker, "share_bp": 10_000}]});
        administrator.put_at(&format!("{path}/brokers"), 1, brokers).await.expect(200);
        let vnd = |minor: i64| json!({"minor": minor, "currency": "VND"});
        let facts = json!({"direction": "inbound", "state_capital": true, "list": "restricted", "right": "right_to_use"});
        author.put_at(&format!("{path}/legal-facts"), version().await, facts).await.expect(200);
        let contract = json!({"number": "12/2026", "value": vnd(800_000_000), "signed_on": "2026-06-30", "contents": ["name", "object"]});
        author.put_at(&format!("{path}/contract"), version().await, contract).await.expect(200);
        author.put_at(&format!("{path}/outcome"), version().await, json!({"jobs": 12})).await.expect(200);
        for sum in [300_000_000, 250_000_000] {
            let terms = json!({"right": "right_to_use", "lump_sum": vnd(sum), "royalty": {"rate_bp": 300, "base": "net_revenue"}});
            author.post_at(&format!("{path}/offers"), version().await, json!({ "terms": terms })).await.expect(201);
        }
        for (part, body) in [
            ("messages", json!({"text": "Mời anh chị đến xem máy."})),
            ("tasks", json!({"title": "Gửi ảnh", "whose": "owner", "due_on": "2026-12-20"})),
            ("meetings", json!({"held_on": "2026-11-20", "place": "Xưởng", "minutes": "Đã xem."})),
            ("papers", json!({"kind": "nda", "dated_on": "2026-11-20", "reference": "NDA 7"})),
            ("milestones", json!({"title": "Lắp xong", "due_on": "2027-01-31"})),
            ("payments", json!({"kind": "lump_sum", "amount": vnd(5_000_000), "due_on": "2026-11-20"})),
            ("reports", json!({"year": 2026, "half": 1, "sales": vnd(9_000_000), "royalty": vnd(270_000)})),
        ] {
            // Whoever notes a paper says what they saw; the others do not mind.
            author.post_at(&format!("{path}/{part}"), version().await, body).await.expect(201);
        }
        let free = author.post("/api/v1/deals", json!({"kind": "licence", "listing": listing})).await.expect(201);
        let paper = author.hand_in(&format!("{path}/documents"), "Biên bản.txt", "Đã nghiệm thu.".as_bytes()).await.expect(201);
        assert_eq!(leads.get(&format!("{path}/documents/{}", paper["id"].as_str().unwrap())).await.status, 200);
        let grant = json!({
            "party": seeker, "email": "host@example.org", "purpose": "Thẩm định công nghệ trước khi đàm phán", "expires_on": "2027-01-31",
        });
        author.post(&format!("/api/v1/listings/{listing}/disclosures"), grant).await.expect(201);
        let page = path.replace("/api/v1", "");
        let secret = hand_in_marked(author, &format!("{path}/documents"), "true", "Công thức.txt", "Ủ men 48 giờ.").await.expect(201);
        let mut visits = vec![
            visit(Who::Author, &page),
            visit(Who::Author, format!("{page}/documents/{}/readers", secret["id"].as_str().unwrap())),
            visit(Who::Author, format!("{page}/records")),
            visit(Who::Author, format!("{page}/nda")),
            visit(Who::Author, "/my/deals"),
            visit(Who::Author, format!("/deals/new?listing={listing}")),
            sent(&[("_find", "Dừa"), ("title", "Máy cho xưởng")], visit(Who::Broker, format!("/deals/new?listing={listing}"))),
            visit(Who::Administrator, &page),
            visit(Who::Administrator, format!("{page}/edit/brokers")),
            visit(Who::Administrator, "/staff/deals"),
            visit(Who::Administrator, format!("/staff/deals/move?deal={}&to=met", page.trim_start_matches("/deals/"))),
            visit(Who::Administrator, "/staff/deals/free"),
            visit(Who::Broker, "/staff/deals"),
            visit(Who::Broker, format!("/staff/deals/take?deal={}", free["id"].as_str().unwrap())),
            visit(Who::Administrator, "/staff/deals/handover"),
        ];
        for part in ["offer", "contract", "legal", "payment", "objects"] {
            visits.push(visit(Who::Author, format!("{page}/edit/{part}")));
        }
        visits.push(answered(422, sent(&[], visit(Who::Author, format!("{page}/edit/task")))));
        visits
    }

    async fn of_everybody(visitor: &Client) -> Vec<Visit> {
        let who = Who::Nobody;
        let technology = page_of(visitor, "technology", "phôi dừa sáp").await;
        let need = page_of(visitor, "need", "Máy lột vỏ dừa khô").await;
        let reference = visitor.get("/api").await.text;
        let group = reference.split("href=\"/api-reference/").nth(1).unwrap().split(['"', '#']).next().unwrap();
        vec![
            visit(who, "/"),
            visit(who, "/search"),
            visit(who, "/search?q=dua+sap"),
            visit(who, "/search?kind=technology&province=86&trl_min=5&sort=newest"),
            visit(who, "/search?kind=party"),
            visit(who, "/search?q=kh%C3%B4ng-c%C3%B3-g%C3%AC-nh%C6%B0-v%E1%BA%ADy&kind=need"),
            visit(who, &technology),
            visit(who, format!("{technology}/matches")),
            visit(who, page_of(visitor, "ip_asset", "Vỏ phao đo mặn").await),
            visit(who, format!("{}/matches", page_of(visitor, "ip_asset", "Vỏ phao đo mặn").await)),
            visit(who, &need),
            visit(who, format!("{need}/matches")),
            visit(who, page_of(visitor, "party", "Hàm Luông").await),
            visit(who, "/search?kind=expert"),
            visit(who, "/experts"),
            visit(who, page_of(visitor, "expert", "Trần Minh Khoa").await),
            visit(who, page_of(visitor, "expert", "Ánh Tuyết").await),
            visit(who, format!("{need}/matches?of=experts")),
            visit(who, format!("{need}/matches?of=parties&excluded=true")),
            visit(who, format!("{technology}/matches?of=parties")),
            visit(who, format!("{technology}/matches?of=similar")),
            visit(who, format!("{technology}/matches?of=complements")),
            visit(who, page_of(visitor, "party", "Phao Mặn").await),
            visit(who, "/sign-in?next=/my"),
            answered(401, sent(&[("email", "nobody@example.org"), ("password", "wrong and long enough")], visit(who, "/sign-in"))),
            visit(who, "/account/sign-up"),
            answered(422, sent(&[("name", "Lan"), ("email", "lan@example.org"), ("password", "12345678")], visit(who, "/account/sign-up"))),
            answered(202, sent(&[("email", "lan@example.org")], visit(who, "/account/forgot"))),
            visit(who, "/account/confirm?token=x"),
            answered(410, sent(&[], visit(who, "/account/confirm?token=x"))),
            visit(who, "/account/forgot"),
            visit(who, "/account/resend"),
            visit(who, "/account/reset?token=x"),
            visit(who, "/api"),
            visit(who, format!("/api-reference/{group}")),
            visit(who, "/problems/invalid"),
            visit(who, "/numbers"),
            visit(who, "/lists"),
            visit(who, "/lists/trl"),
            visit(who, "/styleguide"),
            visit(who, "/help"),
            visit(who, "/help/brokers"),
            visit(who, "/help/businesses"),
            visit(who, "/help/institutes"),
            visit(who, "/help/moderators"),
            visit(who, "/help/searching"),
            answered(404, visit(who, "/nothing-is-here")),
        ]
    }

    async fn of_interests(visitor: &Client, offered: &str, received: &str, sent_by_us: &str) -> Vec<Visit> {
        let who = Who::Author;
        vec![
            visit(who, format!("{offered}/interest")),
            answered(422, sent(&[("/volume", "2 tấn")], visit(who, format!("{offered}/interest")))),
            visit(who, format!("{}/interest", page_of(visitor, "ip_asset", "Vỏ phao đo mặn").await)),
            visit(who, format!("{}/interest", page_of(visitor, "need", "Máy lột vỏ dừa khô").await)),
            visit(Who::Administrator, format!("{offered}/interest")),
            visit(Who::Broker, format!("{offered}/interest")),
            sent(&[("_find", "Dừa"), ("/volume", "2 tấn")], visit(Who::Broker, format!("{offered}/interest"))),
            visit(who, offered),
            visit(who, "/my/interests"),
            visit(who, "/my/interests?role=received"),
            visit(who, "/my/interests?role=sent"),
            visit(who, format!("/interests/{received}")),
            visit(who, sent_by_us),
            visit(Who::Administrator, "/staff/interests"),
            visit(Who::Administrator, format!("/interests/{received}")),
        ]
    }

    async fn of_the_author(author: &Client, party: &str, import: &str, [empty, waiting, back, wanted, mark]: [&str; 5]) -> Vec<Visit> {
        let who = Who::Author;
        let mut visits = vec![
            visit(who, "/sign-in/code"),
            visit(who, "/account/memberships"),
            visit(who, "/account"),
            visit(who, "/account/password"),
            answered(422, sent(&[("old", PASSWORD), ("new", "12345678")], visit(who, "/account/password"))),
            visit(who, "/account/sessions"),
            visit(who, "/account/tokens"),
            visit(who, "/account/second-factor"),
            sent(&[("password", PASSWORD)], visit(who, "/account/second-factor")),
            visit(who, "/my/parties/new"),
            answered(422, sent(&[], visit(who, "/my/parties/new"))),
            visit(who, format!("/my/parties/{party}")),
            visit(who, format!("/my/parties/{party}/members")),
            visit(who, "/my"),
            visit(who, "/my/imports"),
            visit(who, import),
            visit(who, "/post"),
            visit(who, "/post/technologies"),
            visit(who, "/post/ip-assets"),
            visit(who, "/post/needs"),
            answered(422, sent(&[("/title/vi", "Máy"), ("/summary/vi", "Nhanh")], visit(who, "/post/technologies"))),
            Visit { then: Then::SendAsNobody, ..answered(401, visit(who, "/post/needs")) },
            answered(403, visit(who, "/review")),
            visit(who, format!("/my/listings/{empty}/history")),
            visit(who, format!("/my/listings/{wanted}/audience")),
        ];
        for id in [empty, waiting, back, wanted] {
            visits.push(visit(who, format!("/my/listings/{id}")));
        }
        visits.push(visit(who, format!("/my/listings/{wanted}/history?from=1&to=2")));
        for id in [back, empty, mark] {
            for step in 1.. {
                let path = format!("/my/listings/{id}/edit/{step}");
                if author.get(&path).await.status != 200 {
                    assert!(step > 1, "{path}");
                    break;
                }
                // The second draft of a kind has nothing new to show but its gaps.
                if id != empty || step == 1 {
                    visits.push(visit(who, path));
                }
            }
        }
        visits
    }

    /// One listing opened and read, one opened only: by somebody who is on both sides.
    async fn of_what_is_confided(author: &Client, party: &str, [granted, read]: [&str; 2]) -> Vec<Visit> {
        let who = Who::Author;
        let (mut opened, mut files) = (Vec::new(), Vec::new());
        for listing in [granted, read] {
            let at = |rest: &str| format!("/api/v1/listings/{listing}/{rest}");
            let text = json!({"know_how": "Ủ men 18 giờ.\nKhuấy 40 vòng mỗi phút.", "cost_structure": "Điện 40 %, nhân công 25 %."});
            author.put_at(&at("confidential"), 0, text).await.expect(200);
            let file = author.hand_in(&at("files"), "Quy trình ủ.pdf", &crate::disclosures::pdf(&["Trang mot"])).await.expect(201);
            files.push(file["id"].as_str().unwrap().to_owned());
            let grant =
                json!({"party": party, "email": "author@example.org", "purpose": "Thẩm định công nghệ", "expires_on": "2027-06-30"});
            opened.push(author.post(&at("disclosures"), grant).await.expect(201)["id"].as_str().unwrap().to_owned());
        }
        let one = format!("/api/v1/disclosures/{}", opened[1]);
        let hash = author.get(&one).await.expect(200)["nda"]["hash"].clone();
        author.post(&format!("{one}/accept-nda"), json!({"nda_hash": hash})).await.expect(200);
        author.get(&format!("{one}/content")).await.expect(200);
        vec![
            visit(who, format!("/my/listings/{read}/confidential")),
            visit(who, format!("/my/listings/{granted}/confidential?did=granted")),
            visit(who, format!("/my/listings/{read}/files/remove?file={}", files[1])),
            visit(who, format!("/my/listings/{read}/ledger")),
            visit(who, format!("/my/listings/{granted}/ledger")),
            visit(who, "/my/disclosures"),
            visit(who, format!("/disclosures/{}", opened[0])),
            visit(who, format!("/disclosures/{}", opened[1])),
            visit(who, format!("/disclosures/{}/content", opened[1])),
        ]
    }

    fn client(&self, who: Who) -> Option<&Client> {
        match who {
            Who::Nobody => None,
            Who::Author => Some(&self.author),
            Who::Moderator => Some(&self.moderator),
            Who::Administrator => Some(&self.administrator),
            Who::Broker => Some(&self.broker),
        }
    }
}

/// The address of a page in a language.
fn in_language(lang: Lang, path: &str) -> String {
    if lang == Lang::Vi { path.to_owned() } else { format!("/en{path}") }
}

/// Whether an address is one of a route; with how many words of its own the route says so.
fn fits(route: &str, path: &str) -> Option<usize> {
    let path = path.split('?').next().unwrap();
    let (route, path): (Vec<&str>, Vec<&str>) = (route.split('/').collect(), path.split('/').collect());
    let fits = route.len() == path.len() && route.iter().zip(&path).all(|(r, p)| r == p || (r.starts_with('{') && !p.is_empty()));
    fits.then(|| route.iter().filter(|r| !r.starts_with('{')).count())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_page_is_accessible_in_vietnamese() {
    journey_in_the_demonstration("every-page-vi", async |site, browser| every_page(site, browser, Lang::Vi).await).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_page_is_accessible_in_english() {
    journey_in_the_demonstration("every-page-en", async |site, browser| every_page(site, browser, Lang::En).await).await;
}

/// What is broken on purpose is told: without this the tests above would prove nothing.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_page_that_is_not_accessible_is_told() {
    journey("broken-on-purpose", async |_: &Site, browser: &Browser| {
        let window = browser.window(PHONE).await;
        axe::prepare(&window).await;
        window.open("/sign-in").await;
        assert_eq!(axe::violations(&window, Rules::All).await, Vec::<String>::new());
        window
            .ask(
                "const main = document.querySelector('main');
                 document.querySelector('label[for=email]').remove();
                 document.documentElement.lang = '';
                 main.querySelector('p.muted').style.color = '#bbb';
                 main.insertAdjacentHTML('beforeend', '<h1>Again</h1>');
                 main.lastChild.style.width = '500px'",
            )
            .await;
        let told = axe::violations(&window, Rules::All).await.join("\n");
        for rule in ["label at", "html-has-lang at", "color-contrast at"] {
            assert!(told.contains(rule), "{rule}: {told}");
        }
        assert!(axe::violations(&window, Rules::Colour).await.iter().all(|told| told.starts_with("color-contrast")));
        window
            .ask(
                "const box = document.createElement('div');
                 box.innerHTML = '<form><button name=_do value=drop:/x/0>x</button></form>';
                 document.querySelector('main').prepend(box)",
            )
            .await;
        let told = measured(&window, "vi").await.join("\n");
        for part in ["language", "2 headings", "takes a row away"] {
            assert!(told.contains(part), "{part}: {told}");
        }
        assert!(wide(&window, PHONE).await.is_some());
    })
    .await;
}

async fn every_page(site: &Site, browser: &Browser, lang: Lang) {
    let cast = Cast::make(site).await;
    let routes: BTreeSet<&str> = server::routes::all()
        .iter()
        .filter(|r| r.method == reqwest::Method::GET && !r.is_api() && !is_no_page(r.path))
        .filter(|r| r.path.starts_with("/en/") == (lang == Lang::En))
        .map(|r| r.path)
        .collect();
    let mut unseen = routes.clone();
    let mut faults: Vec<String> = Vec::new();
    let window = browser.window(DESKTOP).await;
    axe::prepare(&window).await;
    let mut in_front = Who::Nobody;
    for one in &cast.visits {
        if one.who != in_front || matches!(one.then, Then::SendAsNobody) {
            match cast.client(one.who) {
                Some(client) => window.signed_in(client).await,
                None => window.nobody().await,
            }
            in_front = one.who;
        }
        let path = in_language(lang, &one.path);
        if one.status == 200
            && let Some(route) = routes.iter().filter_map(|r| fits(r, &path).map(|words| (words, *r))).max()
        {
            unseen.remove(route.1);
        }
        let name = format!("{} {path}{}", one.status, if matches!(one.then, Then::Look) { "" } else { ", sent" });
        faults.extend(look_at(&window, one, &path, lang).await.into_iter().map(|fault| format!("{name}: {fault}")));
        if matches!(one.then, Then::SendAsNobody) {
            in_front = Who::Nobody;
        }
    }
    assert!(unseen.is_empty(), "pages that nobody visits: {unseen:#?}");
    assert!(faults.is_empty(), "{} faults:\n{}", faults.len(), faults.join("\n"));
}

/// Opens a page, does what is to be done there, and tells what is wrong with what is seen then.
async fn look_at(window: &Window, one: &Visit, path: &str, lang: Lang) -> Vec<String> {
    window.look(DESKTOP).await;
    window.open(path).await;
    match &one.then {
        Then::Look => {}
        Then::Send(fields) => send(window, fields, lang).await,
        Then::SendAsNobody => {
            window.nobody().await;
            send(window, &[], lang).await;
        }
    }
    let mut faults = measured(window, lang.code()).await;
    let navigation = "performance.getEntriesByType('navigation')[0]";
    let seen = window.ask(&format!("return [{navigation}.responseStatus, location.pathname + location.search]")).await;
    if seen[0] != one.status || (matches!(one.then, Then::Look) && seen[1] != *path) {
        faults.push(format!("answered {} at {}", seen[0], seen[1]));
    }
    // That the page itself is an error, the browser may say.
    let own = format!("{} (", one.status);
    let complaints = window.complaints().await;
    faults.extend(complaints.into_iter().filter(|c| one.status < 400 || !c.contains(&own)).map(|c| format!("the browser complains: {c}")));
    for look in [DESKTOP, DESKTOP_DARK, PHONE_DARK, PHONE] {
        window.look(look).await;
        if look.name == PHONE_DARK.name && path.contains("/search") {
            // What a page opened for a wide window is not closed when it becomes narrow.
            window.open(path).await;
        }
        faults.extend(wide(window, look).await);
        let rules = if look.is_dark { Rules::Colour } else { Rules::All };
        faults.extend(axe::violations(window, rules).await.into_iter().map(|fault| format!("{}: {fault}", look.name)));
        if std::env::var_os("BROWSER_PICTURES").is_some() {
            let then = if matches!(one.then, Then::Look) { "" } else { "-sent" };
            let name: String = path.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).take(120).collect();
            window.picture(&format!("{}/{}{name}{then}", look.name, one.status)).await.unwrap();
        }
    }
    faults
}

/// What is wrong with a page whatever the window.
async fn measured(window: &Window, lang: &str) -> Vec<String> {
    let script = "return [document.documentElement.lang, document.querySelectorAll('h1').length, document.title]";
    let seen = window.ask(script).await;
    let mut faults = Vec::new();
    if seen[0] != lang {
        faults.push(format!("its language is said to be {}", seen[0]));
    }
    if seen[1] != 1 {
        faults.push(format!("it has {} headings of the first rank", seen[1]));
    }
    if seen[2].as_str().is_none_or(str::is_empty) {
        faults.push("it has no title".to_owned());
    }
    let shift = window.ask(SHIFT).await.as_f64().unwrap();
    if shift >= MOST_SHIFT {
        faults.push(format!("its parts move while it comes: {shift}"));
    }
    let dropped = window.ask(super::enter::DROPPED_BY_ENTER).await;
    if dropped != json!([]) {
        faults.push(format!("Enter in a form takes a row away: {dropped}"));
    }
    faults
}

/// What is wider than the window, if anything is.
async fn wide(window: &Window, look: Look) -> Option<String> {
    let width = window.ask("return document.documentElement.scrollWidth").await.as_u64().unwrap();
    let sticking_out = format!(
        "return [...document.querySelectorAll('body *')].filter(e => e.getBoundingClientRect().right > {} + 1).slice(0, 3).map(e => e.outerHTML.slice(0, 120))",
        look.width
    );
    if width <= u64::from(look.width) {
        return None;
    }
    Some(format!("{}: {width} wide: {}", look.name, window.ask(&sticking_out).await))
}

/// Writes into the form in the middle of the page and sends it.
async fn send(window: &Window, fields: &[(&str, &str)], lang: Lang) {
    for (name, value) in fields {
        // A listing is written in the language of the page.
        let name = name.strip_suffix("/vi").map_or_else(|| (*name).to_owned(), |name| format!("{name}/{}", lang.code()));
        window.write(&name, value).await;
    }
    // What it was sent from goes away first.
    let before = window.web.find(By::Css("html")).await.unwrap();
    window.see("main form[method=\"post\"] button:not([aria-hidden=\"true\"])").await.click().await.unwrap();
    crate::site::until("the answer is there", async || before.tag_name().await.is_err()).await;
}
