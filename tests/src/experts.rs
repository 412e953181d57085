//! Experts: what is public only with consent and not a moment longer, what is found, and whom a listing brings together.

use base::{PartyRole, StaffRole};
use reqwest::Method;
use sea_orm::ConnectionTrait as _;
use serde_json::{Value, json};

use crate::deals::Cast;
use crate::main_job::{need, publish, technology};
use crate::site::{Answer, Client, Site, on_every_database};

pub const ME: &str = "/api/v1/experts/me";
const PUBLICATION: &str = "/api/v1/experts/me/publication";

pub fn profile(name: &str) -> Value {
    json!({
        "name": name,
        "presentation": {"vi": "Kỹ sư nhiệt lạnh.", "en": "Refrigeration engineer."},
        "expertise": [{
            "what": {"vi": "Thiết kế máy sấy bơm nhiệt cho cơm dừa", "en": "Heat-pump dryer design for desiccated coconut"},
            "evidence": {"vi": "Đã lắp 14 máy từ 2014", "en": "Fourteen machines since 2014"},
            "field": "21101",
        }],
        "languages": ["vi", "ja"], "regions": ["86"], "services": ["design"], "orcid": "0000000218250097",
    })
}

pub async fn publish_expert(client: &Client, body: Value) -> Value {
    let own = client.get(ME).await.expect(200);
    let saved = client.put_at(ME, own["version"].as_i64().unwrap(), body).await.expect(200);
    let consent = json!({"consent": own["consent_text"]["version"]});
    client.post_at(PUBLICATION, saved["version"].as_i64().unwrap(), consent).await.expect(200)
}

pub async fn withdraw(client: &Client) -> Answer {
    client.send(Method::DELETE, PUBLICATION, None).await
}

async fn found(site: &Site, client: &Client, query: &str) -> Vec<String> {
    site.indexed().await;
    let answer = client.get(&format!("/api/v1/search?{query}")).await.expect(200);
    answer["items"].as_array().unwrap().iter().map(|i| i["title"].as_str().unwrap().to_owned()).collect()
}

async fn post(client: &Client, path: &str, fields: &[(&str, &str)]) -> Answer {
    let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
    client.send_raw(Method::POST, path, "application/x-www-form-urlencoded", body.into_bytes()).await
}

fn location(answer: &Answer) -> &str {
    assert_eq!(answer.status, 303, "{}", answer.text);
    answer.headers["location"].to_str().unwrap()
}

/// The value of the first hidden input of this name.
fn hidden(page: &str, name: &str) -> String {
    let (_, rest) = page.split_once(&format!("name=\"{name}\" value=\"")).unwrap_or_else(|| panic!("no {name}: {page}"));
    rest.split('"').next().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_of_an_expert_is_public_before_consent_and_nothing_is_left_after_it_is_taken_back() {
    on_every_database(async |site: Site| {
        let (visitor, expert) = (site.visitor(), site.person("khoa").await);
        let own = expert.get(ME).await;
        assert_eq!(own.headers["etag"], "\"0\"");
        let own = own.expect(200);
        assert_eq!((own["profile"]["name"].as_str(), own["status"].as_str()), (Some("khoa"), Some("draft")));
        assert_eq!(own["missing"], json!(["/expertise"]));
        assert!(own["consent_text"]["text"].as_str().unwrap().contains("Tôi đồng ý"));

        let saved = expert.put_at(ME, 0, profile("Trần Minh Khoa")).await.expect(200);
        let (id, slug) = (saved["id"].as_str().unwrap().to_owned(), saved["slug"].as_str().unwrap().to_owned());
        let (one, page) = (format!("/api/v1/experts/{id}"), format!("/experts/{slug}"));
        assert_eq!((slug.as_str(), saved["version"].as_i64()), ("tran-minh-khoa", Some(1)));
        let is_nowhere = async || {
            assert_eq!((visitor.get(&one).await.status, visitor.get(&page).await.status), (404.into_status(), 404.into_status()));
            assert_eq!(visitor.get("/api/v1/experts").await.expect(200)["total"], 0);
            assert!(found(&site, &visitor, "kind=expert").await.is_empty());
            assert_eq!(visitor.get("/api/v1/suggest?q=tran+minh").await.expect(200)["items"], json!([]));
            assert_eq!(visitor.get("/api/v1/suggest?q=thiet+ke+may").await.expect(200)["items"], json!([]));
        };
        is_nowhere().await;
        assert_eq!(expert.get(&page).await.status, 200, "its owner sees it as others will");

        // Consent is to the text in force and to what was seen.
        let consent = json!({"consent": "0"});
        assert_eq!(expert.post_at(PUBLICATION, 1, consent).await.pointers(), ["/consent"]);
        let consent = json!({"consent": accounts::experts::CONSENT});
        assert_eq!(expert.post(PUBLICATION, consent.clone()).await.status, 428);
        assert_eq!(expert.post_at(PUBLICATION, 7, consent.clone()).await.status, 412);
        let published = expert.post_at(PUBLICATION, 1, consent.clone()).await.expect(200);
        assert_eq!((published["status"].as_str(), published["version"].as_i64()), (Some("published"), Some(2)));
        let own = expert.get(ME).await.expect(200);
        assert_eq!(own["consent"]["version"], accounts::experts::CONSENT);
        assert!(own["consent"]["at"].is_string());

        // It is found by name, ability, service and language, in both languages, and its e-mail address by nobody.
        for query in [
            "q=tran+minh+khoa",
            "q=máy+sấy+bơm+nhiệt",
            "q=heat-pump+dryer",
            "q=tiếng+Nhật",
            "q=0000-0002-1825-0097",
            "field=211&kind=expert",
            "province=86",
        ] {
            assert_eq!(found(&site, &visitor, query).await, ["Trần Minh Khoa"], "{query}");
        }
        let suggested = visitor.get("/api/v1/suggest?q=tran+minh").await.expect(200);
        assert_eq!(suggested["items"][0]["kind"], "expert", "{suggested}");
        let listed = visitor.get("/api/v1/experts").await.expect(200);
        assert_eq!(listed["items"][0]["profile"]["orcid"], "0000-0002-1825-0097");
        for path in [&one, &page, &format!("/en{page}"), "/experts", "/search?kind=expert", "/api/v1/search?kind=expert"] {
            let answer = visitor.get(path).await;
            assert_eq!(answer.status, 200, "{path}");
            assert!(answer.text.contains("Trần Minh Khoa") && !answer.text.contains("khoa@example.org"), "{path}");
        }
        let shown = visitor.get(&format!("/en{page}")).await.text;
        assert!(shown.contains("Heat-pump dryer design") && shown.contains("\"@type\":\"Person\""), "{shown}");
        assert!(search::follower::verify(&site.app.store, &site.app.search).await.unwrap().is_none());

        // What is edited is public as it now is, and stays complete.
        let mut other = profile("Trần Minh Khoa");
        other["expertise"][0]["evidence"] = json!({});
        assert_eq!(expert.put_at(ME, 2, other.clone()).await.pointers(), ["/expertise/0/evidence"]);
        other = profile("Trần Minh Khoa");
        other["expertise"][0]["what"]["vi"] = json!("Đo kiểm lò hơi");
        assert_eq!(expert.put_at(ME, 2, other).await.expect(200)["version"], 3);
        assert_eq!(found(&site, &visitor, "q=đo+kiểm+lò+hơi").await, ["Trần Minh Khoa"]);

        // Taken back it is gone at once; again, it changes nothing.
        assert_eq!(withdraw(&expert).await.expect(200)["version"], 4);
        assert_eq!((visitor.get(&one).await.status, visitor.get(&page).await.status), (404.into_status(), 404.into_status()));
        is_nowhere().await;
        assert_eq!(withdraw(&expert).await.expect(200)["version"], 4);
        assert!(search::follower::verify(&site.app.store, &site.app.search).await.unwrap().is_none());
        assert_eq!(expert.get(ME).await.expect(200)["status"], "withdrawn");
        // And it comes back with a new consent.
        expert.post_at(PUBLICATION, 4, consent).await.expect(200);
        assert_eq!(found(&site, &visitor, "kind=expert").await, ["Trần Minh Khoa"]);

        let staff = site.staff("administrator", &[StaffRole::Administrator]).await;
        let events = staff.get(&format!("/api/v1/events?subject={id}")).await.expect(200);
        let kinds: Vec<&str> = events["items"].as_array().unwrap().iter().rev().map(|e| e["kind"].as_str().unwrap()).collect();
        assert_eq!(kinds, ["expert.created", "expert.published", "expert.edited", "expert.withdrawn", "expert.published"]);
        assert!(!events.to_string().contains("Khoa") && events.to_string().contains("\"consent\":\"1\""), "{events}");
        site.stop().await;
    })
    .await;
}

trait IntoStatus {
    fn into_status(self) -> reqwest::StatusCode;
}

impl IntoStatus for u16 {
    fn into_status(self) -> reqwest::StatusCode {
        reqwest::StatusCode::from_u16(self).unwrap()
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_wrong_with_a_profile_is_told_at_its_place_and_nothing_is_kept() {
    on_every_database(async |site: Site| {
        let (visitor, expert) = (site.visitor(), site.person("mo").await);
        assert_eq!(visitor.get(ME).await.status, 401);
        assert_eq!(expert.send(Method::PUT, ME, Some(profile("Mơ"))).await.status, 428);
        assert_eq!(expert.put_at(ME, 3, profile("Mơ")).await.status, 412);
        assert_eq!(withdraw(&expert).await.status, 404);
        let mut wrong = profile("Mơ");
        wrong["orcid"] = json!("0000-0002-1825-0098");
        wrong["regions"] = json!(["00"]);
        wrong["services"] = json!(["magic"]);
        wrong["party"] = json!("0190a6f2-0000-7000-8000-000000000000");
        let refused = expert.put_at(ME, 0, wrong.clone()).await;
        assert_eq!(refused.status, 422);
        let mut pointers = refused.pointers();
        pointers.sort_unstable();
        assert_eq!(pointers, ["/orcid", "/regions/0", "/services/0"]);
        // A party that is not there and one whose member one is not are the same.
        let stranger = site.person("stranger").await;
        let other = site.party(&stranger, "Công ty Lạ", "enterprise").await;
        for party in [json!("0190a6f2-0000-7000-8000-000000000000"), json!(other)] {
            let mut body = profile("Mơ");
            body["party"] = party;
            assert_eq!(expert.put_at(ME, 0, body).await.pointers(), ["/party"]);
        }
        let unknown = expert.put_at(ME, 0, json!({"name": "Mơ", "email": "a@b.vn"})).await;
        assert_eq!(unknown.pointers(), ["/email"]);
        assert_eq!(expert.get(ME).await.expect(200)["version"], 0);
        // A draft may lack anything, a public profile not.
        expert.put_at(ME, 0, json!({"name": ""})).await.expect(200);
        let consent = json!({"consent": accounts::experts::CONSENT});
        assert_eq!(expert.post_at(PUBLICATION, 1, consent).await.pointers(), ["/name", "/expertise"]);
        for path in ["/api/v1/experts?page=2", "/api/v1/experts?cursor=x", "/api/v1/experts?party=x", "/experts?party=x"] {
            assert_eq!(visitor.get(path).await.status, 400, "{path}");
        }
        assert_eq!(visitor.get("/api/v1/experts/x").await.status, 404);
        // A program of the person consents to nothing.
        let program = expert.clone().with_token(&site, &["read", "write"]).await;
        assert_eq!(program.put_at(ME, 1, profile("Mơ")).await.status, 403);
        assert_eq!(program.get(ME).await.status, 200);
        site.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_party_beside_an_expert_goes_with_the_membership_and_the_profile_with_the_account() {
    on_every_database(async |site: Site| {
        let (visitor, admin) = (site.visitor(), site.person("admin").await);
        let (expert, account) = site.account("khoa", &[]).await;
        let party = site.party(&admin, "Viện Dừa Hàm Luông", "institute").await;
        site.member(party, account, PartyRole::Viewer).await;
        let mut body = profile("Trần Minh Khoa");
        body["party"] = json!(party);
        let published = publish_expert(&expert, body).await;
        let id = published["id"].as_str().unwrap();
        let card = async || {
            site.indexed().await;
            visitor.get("/api/v1/search?kind=expert").await.expect(200)["items"][0]["party"]["name"].clone()
        };
        assert_eq!(card().await, "Viện Dừa Hàm Luông");
        assert_eq!(found(&site, &visitor, &format!("kind=expert&party={party}")).await, ["Trần Minh Khoa"]);
        assert_eq!(visitor.get(&format!("/api/v1/experts?party={party}")).await.expect(200)["total"], 1);

        // A party that changes its name has it here too.
        let renamed = json!({"names": {"vi": "Viện Dừa và Cây có dầu"}, "party_type": "institute", "address": {"province": "86"}});
        admin.put_at(&format!("/api/v1/parties/{party}"), 1, renamed).await.expect(200);
        assert_eq!(card().await, "Viện Dừa và Cây có dầu");
        assert!(search::follower::verify(&site.app.store, &site.app.search).await.unwrap().is_none());

        let members = admin.get(&format!("/api/v1/parties/{party}/memberships")).await.expect(200);
        let row = members["items"].as_array().unwrap().iter().find(|m| m["email"] == "khoa@example.org").unwrap();
        let step = format!("/api/v1/memberships/{}/transitions", row["id"].as_str().unwrap());
        admin.post(&step, json!({"step": "suspend"})).await.expect(200);
        assert_eq!(card().await, Value::Null);
        let shown = visitor.get(&format!("/api/v1/experts/{id}")).await.expect(200);
        assert!(shown.get("affiliation").is_none() && shown["profile"].get("party").is_none(), "{shown}");

        // A closed account has no public profile, and opening it again does not consent for it.
        let administrator = site.staff("administrator", &[StaffRole::Administrator]).await;
        let path = format!("/api/v1/accounts/{account}");
        let seen = administrator.get(&path).await.expect(200)["version"].as_i64().unwrap();
        let closed = administrator.post_at(&format!("{path}/disable"), seen, Value::Null).await.expect(200);
        assert_eq!(visitor.get(&format!("/api/v1/experts/{id}")).await.status, 404);
        administrator.post_at(&format!("{path}/enable"), closed["version"].as_i64().unwrap(), Value::Null).await.expect(200);
        assert!(found(&site, &visitor, "kind=expert").await.is_empty());
        site.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_profile_is_written_translated_and_published_by_forms_without_losing_a_word() {
    on_every_database(async |site: Site| {
        let (visitor, expert) = (site.visitor(), site.person("khoa").await);
        assert_eq!(location(&visitor.get("/my/expert").await), "/sign-in?next=%2Fmy%2Fexpert");
        let page = expert.get("/my/expert").await;
        assert_eq!(page.status, 200);
        assert!(page.text.contains("value=\"khoa\"") && page.text.len() < 60_000, "{}", page.text.len());
        assert!(!page.text.contains("name=\"agree\""), "nothing to publish yet");

        let wrong = [("_seen", "0"), ("/name", "Trần Minh Khoa"), ("/orcid", "123"), ("/expertise/0/what/vi", "Sấy dừa")];
        let wrong = post(&expert, "/my/expert", &wrong).await;
        assert_eq!(wrong.status, 422);
        for part in ["href=\"#/orcid\"", "value=\"123\"", "value=\"Sấy dừa\"", "value=\"Trần Minh Khoa\""] {
            assert!(wrong.text.contains(part), "{part}: {}", wrong.text);
        }
        let first = [
            ("_seen", "0"),
            ("/name", "Trần Minh Khoa"),
            ("/orcid", "0000-0002-1825-0097"),
            ("/presentation/vi", "Kỹ sư nhiệt lạnh."),
            ("/expertise/0/what/vi", "Sấy dừa"),
            ("/expertise/0/evidence/vi", "Mười máy"),
            ("/expertise/0/field", "21101"),
            ("/expertise/1/what/vi", "Làm kem"),
            ("/languages", ""),
            ("/languages", "vi"),
            ("/regions", ""),
            ("/regions", "86"),
        ];
        assert_eq!(location(&post(&expert, "/my/expert", &first).await), "/my/expert?did=save");
        let page = expert.get("/my/expert?did=save").await.text;
        assert!(
            page.contains("role=\"status\"") && page.contains("name=\"/expertise/0/what/en\"") && page.len() < 60_000,
            "{}",
            page.len()
        );
        // A row is dropped, and what stood there is translated.
        let seen = hidden(&page, "_seen");
        let drop = [
            ("_seen", seen.as_str()),
            ("_do", "drop:/expertise/1"),
            ("/expertise/0/what/vi", "Sấy dừa"),
            ("/expertise/1/what/vi", "Làm kem"),
            ("/expertise/0/what/en", "Coconut drying"),
        ];
        location(&post(&expert, "/my/expert", &drop).await);
        let kept = expert.get(ME).await.expect(200)["profile"]["expertise"].clone();
        assert_eq!(kept.as_array().unwrap().len(), 1, "{kept}");
        assert_eq!((&kept[0]["what"]["en"]["text"], &kept[0]["field"]), (&json!("Coconut drying"), &json!("21101")));

        // Two windows, the same version: the later one is told, and loses nothing.
        let late = post(&expert, "/my/expert", &[("_seen", seen.as_str()), ("/name", "Người khác")]).await;
        assert_eq!(late.status, 409);
        assert!(late.text.contains("value=\"Người khác\"") && late.text.contains("role=\"alert\""));

        // Without the tick nothing is public; with it, all is.
        let page = expert.get("/my/expert").await.text;
        let (seen, consent) = (hidden(&page, "_seen"), hidden(&page, "consent"));
        let untick = [("_seen", seen.as_str()), ("consent", consent.as_str()), ("_do", "publish")];
        assert_eq!(post(&expert, "/my/expert/publication", &untick).await.status, 422);
        assert_eq!(visitor.get("/experts/tran-minh-khoa").await.status, 404);
        let tick = [&untick[..], &[("agree", "yes")]].concat();
        assert_eq!(location(&post(&expert, "/my/expert/publication", &tick).await), "/my/expert?did=publish");
        assert!(visitor.get("/en/experts/tran-minh-khoa").await.text.contains("Coconut drying"));
        assert_eq!(location(&post(&expert, "/my/expert/publication", &[("_do", "withdraw")]).await), "/my/expert?did=withdraw");
        assert_eq!(visitor.get("/experts/tran-minh-khoa").await.status, 404);
        site.stop().await;
    })
    .await;
}

/// A published listing of a party; gives its id.
async fn listing(owner: &Client, moderator: &Client, path: &str, party: impl serde::Serialize, content: Value) -> String {
    let made = owner.post(path, json!({"party": party, "content": content})).await.expect(201);
    let id = made["id"].as_str().unwrap().to_owned();
    let steps = format!("/api/v1/listings/{id}/transitions");
    let seen = owner.post_at(&steps, 1, json!({"step": "submit"})).await.expect(200)["version"].as_i64().unwrap();
    publish(moderator, &id, seen).await;
    id
}

fn names(page: &Value) -> Vec<&str> {
    page["items"].as_array().unwrap().iter().map(|i| i["name"].as_str().unwrap()).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_need_finds_experts_and_parties_and_an_offer_those_it_may_interest() {
    on_every_database(async |site: Site| {
        let visitor = site.visitor();
        let moderator = site.staff("moderator", &[StaffRole::Moderator]).await;
        let (seeker, maker, firm) = (site.person("seeker").await, site.person("maker").await, site.person("firm").await);
        let own = site.party(&seeker, "Công ty Cơm dừa", "enterprise").await;
        let edit = async |client: &Client, name: &str, party_type: &str, more: Value| {
            let party = site.party(client, name, party_type).await;
            let mut body = json!({"names": {"vi": name}, "party_type": party_type, "address": {"province": "86"}});
            body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
            client.put_at(&format!("/api/v1/parties/{party}"), 1, body).await.expect(200);
            party
        };
        edit(&maker, "Viện Nhiệt Lạnh", "institute", json!({"capacities": {"vi": ["Chế tạo máy sấy cơm dừa bằng bơm nhiệt"]}})).await;
        edit(&firm, "Xưởng Cơ khí", "enterprise", json!({"equipment": {"vi": ["Lò sấy cơm dừa 500 kg"]}, "interests": {"vi": ["Nhận chuyển giao máy sấy bơm nhiệt"]}})).await;
        let wanted = listing(&seeker, &moderator, "/api/v1/needs", own, need()).await;
        let offered = listing(&maker, &moderator, "/api/v1/technologies", {
            let all = maker.get("/api/v1/memberships").await.expect(200);
            all["items"][0]["party"].clone()
        }, technology("Máy sấy cơm dừa bơm nhiệt")).await;
        let (near, far, other) = (site.person("near").await, site.person("far").await, site.person("other").await);
        publish_expert(&near, profile("Trần Minh Khoa")).await;
        let mut elsewhere = profile("Lý Thị Xa");
        elsewhere["regions"] = json!(["01"]);
        publish_expert(&far, elsewhere).await;
        let lawyer = json!({"name": "Bùi Ánh Tuyết", "expertise": [{"what": {"vi": "Chỉ dẫn địa lý"}, "evidence": {"vi": "Bảy hồ sơ"}, "field": "505"}]});
        publish_expert(&other, lawyer).await;
        site.indexed().await;

        // The usual answer is what it was.
        let usual = visitor.get(&format!("/api/v1/needs/{wanted}/matches")).await.expect(200);
        assert_eq!(usual["items"][0]["listing"]["id"], json!(offered));

        let path = format!("/api/v1/needs/{wanted}/matches/experts");
        let experts = visitor.get(&format!("{path}?explain=true")).await.expect(200);
        assert_eq!(names(&experts), ["Trần Minh Khoa"], "{experts}");
        let one = &experts["items"][0];
        assert!(one["score"].as_f64().unwrap() > 0.1 && one["parts"].as_array().unwrap().len() == 3, "{one}");
        let reasons = one["reasons"].as_array().unwrap();
        let topical = reasons.iter().find(|r| r["part"] == "topic").unwrap();
        assert!(topical["need_field"].as_str().unwrap().ends_with("/vi") && topical["offer_field"] == "/expertise/0/what/vi", "{topical}");
        assert!(topical["words"].to_string().contains("cơm dừa"), "{topical}");
        assert!(reasons.iter().any(|r| r["part"] == "field" && r["offer_field"] == "/expertise/0/field"), "{one}");
        assert!(reasons.iter().any(|r| r["part"] == "place" && r["offer_field"] == "/regions"), "{one}");
        let english = visitor.get(&format!("{path}?lang=en")).await.expect(200);
        assert!(english["items"][0]["reasons"].to_string().contains("the expert's expertise"), "{english}");
        let excluded = visitor.get(&format!("{path}?excluded=true")).await.expect(200);
        assert_eq!((names(&excluded), &excluded["items"][0]["excluded"][0]["constraint"]), (vec!["Lý Thị Xa"], &json!("region")));

        // Parties by what they can do; a kind that is not wanted is excluded, the seeker itself is nowhere.
        let path = format!("/api/v1/needs/{wanted}/matches/parties");
        let parties = visitor.get(&path).await.expect(200);
        assert_eq!(names(&parties), ["Viện Nhiệt Lạnh"], "{parties}");
        assert!(parties["items"][0]["reasons"].to_string().contains("/capacities/vi"), "{parties}");
        let excluded = visitor.get(&format!("{path}?excluded=true")).await.expect(200);
        assert_eq!((names(&excluded), &excluded["items"][0]["excluded"][0]["constraint"]), (vec!["Xưởng Cơ khí"], &json!("owner_type")));

        // An offer interests whoever says so, not whoever has the like.
        let interested = visitor.get(&format!("/api/v1/technologies/{offered}/matches/parties")).await.expect(200);
        assert_eq!(names(&interested), ["Xưởng Cơ khí"], "{interested}");
        assert_eq!(interested["items"][0]["reasons"][0]["offer_field"], "/interests/vi");
        for bad in ["?kind=need", "?cursor=x", "?limit=0"] {
            assert_eq!(visitor.get(&format!("{path}{bad}")).await.status, 400, "{bad}");
        }

        // The pages show them in sections of their own.
        let page = visitor.get(&format!("/api/v1/needs/{wanted}")).await.expect(200)["url"].as_str().unwrap().to_owned();
        let shown = visitor.get(&format!("{page}/matches")).await;
        assert!(shown.text.contains("id=\"experts\"") && shown.text.contains("id=\"parties\"") && shown.text.len() < 60_000);
        assert!(shown.text.contains("Trần Minh Khoa") && shown.text.contains("Viện Nhiệt Lạnh") && !shown.text.contains("Lý Thị Xa"));
        let alone = visitor.get(&format!("/en{page}/matches?of=experts&excluded=true")).await;
        assert!(alone.status == 200 && alone.text.contains("Lý Thị Xa") && !alone.text.contains("Trần Minh Khoa"));
        assert_eq!(visitor.get(&format!("{page}/matches?of=ghosts")).await.status, 400);

        // Whoever takes the consent back is nobody's counterpart any more, whatever the index still has.
        withdraw(&near).await.expect(200);
        let path = format!("/api/v1/needs/{wanted}/matches/experts");
        assert!(names(&visitor.get(&path).await.expect(200)).is_empty());
        site.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn past_deals_speak_for_a_party_only_where_they_are_with_three_partners() {
    on_every_database(async |site: Site| {
        let cast = Cast::make(&site, "a").await;
        let moderator = site.staff("moderator", &[StaffRole::Moderator]).await;
        let asker = site.person("asker").await;
        let own = site.party(&asker, "Hợp tác xã Hỏi", "cooperative").await;
        let mut content = need();
        // Of the same field, without a common word.
        content["title"]["vi"] = json!("Tìm cách bảo quản mứt gừng");
        content["problem"]["vi"] = json!("Mứt gừng chảy nước.");
        content["keywords"]["vi"] = json!(["mứt gừng"]);
        let wanted = asker.post("/api/v1/needs", json!({"party": own, "content": content})).await.expect(201);
        let wanted = wanted["id"].as_str().unwrap().to_owned();
        let steps = format!("/api/v1/listings/{wanted}/transitions");
        let submitted = asker.post_at(&steps, 1, json!({"step": "submit"})).await;
        if submitted.status != 200 {
            panic!("{}", submitted.text);
        }
        publish(&moderator, &wanted, submitted.json()["version"].as_i64().unwrap()).await;
        site.indexed().await;
        let path = format!("/api/v1/needs/{wanted}/matches/parties");
        let speaks = async || {
            let found = site.visitor().get(&path).await.expect(200);
            found["items"].as_array().unwrap().iter().filter(|i| i["reasons"].to_string().contains("\"deals\"")).count()
        };
        let second = site.person("b").await;
        let second = site.party(&second, "Công ty b", "enterprise").await;
        // The third deal comes from a need of another field; what it transfers is of this one.
        let third = site.person("c").await;
        let third_party = site.party(&third, "Công ty c", "enterprise").await;
        let mut other = need();
        other["field"] = json!("40107");
        let asked = third.post("/api/v1/needs", json!({"party": third_party, "content": other})).await.expect(201);
        let asked = asked["id"].as_str().unwrap().to_owned();
        let steps = format!("/api/v1/listings/{asked}/transitions");
        let seen = third.post_at(&steps, 1, json!({"step": "submit"})).await.expect(200)["version"].as_i64().unwrap();
        publish(&moderator, &asked, seen).await;
        let new = [
            json!({"kind": "licence", "listing": cast.listing, "seeker": cast.seeker_party}),
            json!({"kind": "licence", "listing": cast.listing, "seeker": second}),
            json!({"kind": "licence", "listing": asked, "owner": cast.owner_party, "objects": [cast.listing]}),
        ];
        for (n, new) in new.into_iter().enumerate() {
            cast.broker.post("/api/v1/deals", new).await.expect(201);
            assert_eq!(speaks().await, 0, "a deal that runs says nothing");
            // How a deal comes to its end has tests of its own.
            let ended = "UPDATE deal SET is_open = false, stage = 'completed' WHERE is_open";
            site.app.store.db().execute_unprepared(ended).await.unwrap();
            assert_eq!(speaks().await, usize::from(n == 2), "{n}");
        }
        let found = site.visitor().get(&path).await.expect(200);
        assert!(!found.to_string().contains("Công ty b") && !found.to_string().contains("CN-"), "{found}");
        site.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn search_engines_are_told_of_experts_while_their_consent_lasts() {
    on_every_database(async |site: Site| {
        let expert = site.person("khoa").await;
        expert.put_at(ME, 0, profile("Trần Minh Khoa")).await.expect(200);
        let named = async || {
            let mut all = crate::crawlers::named(&site).await;
            all.retain(|path| path.contains("/experts/"));
            all
        };
        assert_eq!(named().await, Vec::<String>::new(), "a draft is nobody's business");
        publish_expert(&expert, profile("Trần Minh Khoa")).await;
        assert_eq!(named().await, ["/experts/tran-minh-khoa", "/en/experts/tran-minh-khoa"]);
        withdraw(&expert).await;
        assert_eq!(named().await, Vec::<String>::new());
        site.stop().await;
    })
    .await;
}
