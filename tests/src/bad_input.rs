//! What is wrong, hostile or sent twice: a clear refusal, never a 500, and the server goes on.

use base::PartyId;
use reqwest::Method;
use serde_json::json;
use store::testing::TestStore;

use crate::main_job::{need, technology};
use crate::site::{Answer, Client, PASSWORD, Site, on_every_database};

pub(crate) const TECHNOLOGIES: &str = "/api/v1/technologies";

/// An author with a party.
pub(crate) async fn author(site: &Site) -> (Client, PartyId) {
    let author = site.person("author").await;
    let party = site.party(&author, "Viện Dừa", "institute").await;
    (author, party)
}

fn with_key(client: &Client, key: &str) -> Client {
    client.clone().with("idempotency-key", key)
}

async fn own_technologies(client: &Client, party: PartyId) -> u64 {
    client.get(&format!("{TECHNOLOGIES}?party={party}")).await.expect(200)["total"].as_u64().unwrap()
}

pub(crate) fn is_problem(answer: &Answer) {
    let kind = answer.headers["content-type"].to_str().unwrap().to_owned();
    assert_eq!(kind, "application/problem+json", "{}", answer.text);
    let body = answer.json();
    assert_eq!(body["status"], answer.status.as_u16());
    assert!(!body["title"].as_str().unwrap().is_empty());
    assert!(!body["title"].as_str().unwrap().starts_with("problem-"), "a problem without words: {body}");
    for fault in body["errors"].as_array().into_iter().flatten() {
        assert!(!fault["detail"].as_str().unwrap().starts_with("fault-"), "a fault without words: {fault}");
    }
}

/// Everything that is wrong with one body comes back at once, each with its place; nothing is stored.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn all_faults_of_a_body_are_told_at_once() {
    on_every_database(async |site: Site| {
        let (author, party) = author(&site).await;
        let mut content = technology("Máy sấy");
        content["colour"] = json!("xanh"); // unknown field
        content["state_funded"] = json!("rất nhiều"); // wrong type
        content["title"]["vi"] = json!("x".repeat(5_000)); // too long
        content["owners"] = json!([{"name": "Viện Dừa", "share_bp": 9_900}]); // 99 %
        content["trl"] = json!(10);
        content["investment"] = json!({"min_minor": 20, "max_minor": 10, "currency": "VND"}); // end before start
        content["field"] = json!("99999"); // unknown code
        content["cooperation"] = json!(["licence", "barter"]);
        let answer = author.post(TECHNOLOGIES, json!({"party": party, "content": content, "extra": 1})).await;
        assert_eq!(answer.status, 422, "{}", answer.text);
        is_problem(&answer);
        let found = answer.pointers();
        let wanted = [
            "/extra",
            "/content/colour",
            "/content/state_funded",
            "/content/title/vi",
            "/content/owners",
            "/content/trl",
            "/content/investment/max_minor",
            "/content/field",
            "/content/cooperation/1",
        ];
        for pointer in wanted {
            assert!(found.iter().any(|p| p == pointer), "{pointer} in {found:?}");
        }
        assert_eq!(found.len(), wanted.len(), "and nothing besides: {found:?}");

        // The same of an IP asset, whose days have an order.
        let asset = json!({
            "ip_kind": "perpetual_motion", "title": {"vi": "Thiết bị", "fr": "Appareil"},
            "application": {"number": "1", "date": "2024-03-01"}, "grant": {"number": 7, "date": "2021-03-01"},
            "expires_on": "2020-01-01", "holders": [{"name": "Viện", "share_bp": 9_900}], "nice": [46],
            "status_as_of": "2026-02-30",
        });
        let answer = author.post("/api/v1/ip-assets", json!({"party": party, "content": asset})).await;
        assert_eq!(answer.status, 422, "{}", answer.text);
        is_problem(&answer);
        let found = answer.pointers();
        let wanted = ["/ip_kind", "/title/fr", "/grant/date", "/grant/number", "/expires_on", "/holders", "/nice/0", "/status_as_of"];
        assert!(!answer.text.contains("oneOf"), "a validator's words instead of ours: {}", answer.text);
        for pointer in wanted {
            assert!(found.contains(&format!("/content{pointer}")), "{pointer} in {}", answer.text);
        }

        // And of a need.
        let mut wrong = need();
        wrong["trl_min"] = json!(10);
        wrong["targets"][0]["direction"] = json!("sideways");
        wrong["deadline"] = json!("soon");
        wrong["anonymity"] = json!("masked");
        let answer = author.post("/api/v1/needs", json!({"party": party, "content": wrong})).await;
        assert_eq!(answer.status, 422, "{}", answer.text);
        for pointer in ["/content/trl_min", "/content/targets/0/direction", "/content/deadline", "/content/anonymity"] {
            assert!(answer.pointers().contains(&pointer.to_owned()), "{pointer} in {:?}", answer.pointers());
        }
        assert_eq!(own_technologies(&author, party).await, 0);
        site.stop().await;
    })
    .await;
}

/// A program that reads codes reads one for one fault.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_too_long_has_one_code_wherever_matching_refuses_it() {
    on_every_database(async |site: Site| {
        let world = crate::standing::World::new(&site).await;
        let (wanted, _) = world.publish("needs", need()).await;
        let (offer, _) = world.publish("technologies", technology("Máy sấy cơm dừa bơm nhiệt")).await;
        let long = "x".repeat(501);
        let verdict = json!({"verdict": "good", "note": long});
        let said = world.seeker.post(&format!("/api/v1/matches/{wanted}.{offer}/feedback"), verdict).await;
        let kept = world.seeker.post("/api/v1/saved-searches", json!({"name": long, "query": "q=dua", "when": "off"})).await;
        for answer in [said, kept] {
            let fault = answer.json()["errors"][0].clone();
            assert_eq!((answer.status.as_u16(), &fault["code"]), (422, &json!("too_long")), "{}", answer.text);
        }
        site.stop().await;
    })
    .await;
}

/// Lengths hold for every text, not only for those of the content.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_too_long_is_refused_wherever_it_stands() {
    on_every_database(async |site: Site| {
        let (author, party) = author(&site).await;
        let made = author.post(TECHNOLOGIES, json!({"party": party, "content": technology("Máy sấy")})).await.expect(201);
        let path = format!("{TECHNOLOGIES}/{}", made["id"].as_str().unwrap());
        let long = "x".repeat(100_000);
        let edit = author.put_at(&path, 1, json!({"content": technology("Máy sấy"), "reason": long})).await;
        assert_eq!((edit.status.as_u16(), edit.pointers()), (422, vec!["/reason".to_owned()]), "{}", edit.text);
        let token = author.post("/api/v1/tokens", json!({"name": long, "scopes": ["read"], "days": 30})).await;
        assert_eq!((token.status.as_u16(), token.pointers()), (422, vec!["/name".to_owned()]), "{}", token.text);
        let body = json!({"names": {"vi": long}, "party_type": "institute", "address": {"province": "86", "street": long}});
        let other = author.post("/api/v1/parties", body).await;
        assert_eq!(other.status, 422, "{}", other.text);
        for pointer in ["/names/vi", "/address/street"] {
            assert!(other.pointers().contains(&pointer.to_owned()), "{pointer} in {:?}", other.pointers());
        }
        let invited = author
            .post(&format!("/api/v1/parties/{party}/memberships"), json!({"email": format!("{long}@a.vn"), "roles": ["viewer"]}))
            .await;
        assert_eq!((invited.status.as_u16(), invited.pointers()), (422, vec!["/email".to_owned()]), "{}", invited.text);
        let visitor = site.visitor();
        for (path, body) in [
            ("/api/v1/session", json!({"email": long, "password": PASSWORD})),
            ("/api/v1/session", json!({"email": "a@a.vn", "password": long})),
            ("/api/v1/accounts", json!({"email": "a@a.vn", "name": long, "lang": "vi", "password": long})),
            ("/api/v1/accounts/confirm", json!({"token": long})),
            ("/api/v1/password-resets", json!({"email": long})),
        ] {
            let status = visitor.post(path, body).await.status.as_u16();
            // Whether such a letter goes out is not told.
            assert!(matches!(status, 401 | 410 | 422) || (status == 202 && path == "/api/v1/password-resets"), "{path}: {status}");
        }
        let answer = visitor.clone().with("authorization", &format!("Bearer insp_{}", "x".repeat(5_000))).get("/api/v1/session").await;
        assert_eq!(answer.status, 401);
        let key = with_key(&author, &"k".repeat(129)).post(TECHNOLOGIES, json!({"party": party})).await;
        assert_eq!(key.status, 400, "{}", key.text);
        site.stop().await;
    })
    .await;
}

/// Bodies that cannot even be read.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_cannot_be_read_is_refused_and_the_server_goes_on() {
    on_every_database(async |site: Site| {
        let (author, party) = author(&site).await;
        let json_type = "application/json";
        let around = |title: &str| format!(r#"{{"party": "{party}", "content": {{"title": {{"vi": {title}}}}}}}"#).into_bytes();
        let mut not_utf8 = around(r#""Máy""#);
        let at = not_utf8.iter().position(|b| *b == 0xc3).unwrap();
        not_utf8[at] = 0xff;
        let deep = |open: &str, close: &str| format!("{}{}", open.repeat(10_000), close.repeat(10_000));
        let bodies: Vec<(&str, &str, Vec<u8>, &[u16])> = vec![
            ("nothing", json_type, Vec::new(), &[400]),
            ("cut off", json_type, br#"{"party": "#.to_vec(), &[400]),
            ("no JSON", json_type, b"xin chao".to_vec(), &[400]),
            ("two values", json_type, b"{} {}".to_vec(), &[400]),
            ("a byte order mark", json_type, b"\xef\xbb\xbf{}".to_vec(), &[400]),
            ("a list", json_type, b"[1, 2]".to_vec(), &[422]),
            ("null", json_type, b"null".to_vec(), &[422]),
            ("a form", "application/x-www-form-urlencoded", around("\"a\""), &[415]),
            ("plain text", "text/plain", around("\"a\""), &[415]),
            ("nonsense as type", ";;;", around("\"a\""), &[415]),
            ("multipart", "multipart/form-data; boundary=x", around("\"a\""), &[415]),
            ("NUL escaped", json_type, around(r#""a\u0000b""#), &[400]),
            ("NUL raw", json_type, around("\"a\0b\""), &[400]),
            ("NUL in a name", json_type, br#"{"a\u0000": 1}"#.to_vec(), &[400]),
            ("invalid UTF-8", json_type, not_utf8, &[400]),
            ("a lone high surrogate", json_type, around(r#""a\ud800b""#), &[400]),
            ("a lone low surrogate", json_type, around(r#""\udc00""#), &[400]),
            ("1e400", json_type, br#"{"content": {"trl": 1e400}}"#.to_vec(), &[400, 422]),
            (
                "a number of 20,000 digits",
                json_type,
                format!(r#"{{"content": {{"trl": {}}}}}"#, "9".repeat(20_000)).into_bytes(),
                &[400, 422],
            ),
            ("NaN", json_type, br#"{"content": {"trl": NaN}}"#.to_vec(), &[400]),
            ("10,000 lists deep", json_type, deep("[", "]").into_bytes(), &[400]),
            ("10,000 objects deep", json_type, deep(r#"{"a":"#, "}").into_bytes(), &[400]),
            ("100 deep", json_type, format!(r#"{{"content": {}1{}}}"#, "[".repeat(100), "]".repeat(100)).into_bytes(), &[422]),
            ("a bidirectional override", json_type, around("\"a\u{202e}b\""), &[422]),
            ("a control character", json_type, around(r#""a\u0007b""#), &[422]),
            (
                "many unknown fields",
                json_type,
                format!("{{{}}}", (0..5_000).map(|n| format!("\"a{n}\":1")).collect::<Vec<_>>().join(",")).into_bytes(),
                &[422],
            ),
            ("300 KB", json_type, around(&format!("\"{}\"", "x".repeat(300_000))), &[413]),
            ("no party", json_type, br#"{"party": "x", "content": {}}"#.to_vec(), &[422]),
            (
                "a party that is not there",
                json_type,
                br#"{"party": "0197b2c4-0000-7000-8000-000000000001", "content": {}}"#.to_vec(),
                &[403, 404],
            ),
        ];
        let mut wrong = Vec::new();
        for (what, kind, body, wanted) in bodies {
            let answer = author.send_raw(Method::POST, TECHNOLOGIES, kind, body).await;
            if !wanted.contains(&answer.status.as_u16()) {
                wrong.push(format!("{what}: {} {}", answer.status, answer.text.chars().take(300).collect::<String>()));
            } else {
                is_problem(&answer);
            }
        }
        let untyped = author.send(Method::POST, TECHNOLOGIES, None).await;
        assert_eq!(untyped.status, 415, "{}", untyped.text);
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
        assert_eq!(own_technologies(&author, party).await, 0);
        assert_eq!(site.visitor().get("/readyz").await.status, 200);
        site.stop().await;
    })
    .await;
}

/// Whoever says a thing twice in one body is told so: nobody can know which of the two was meant.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_name_given_twice_is_refused() {
    on_every_database(async |site: Site| {
        let (author, party) = author(&site).await;
        for body in [
            format!(r#"{{"party": "{party}", "content": {{"trl": 3}}, "content": {{"trl": 4}}}}"#),
            format!(r#"{{"party": "{party}", "content": {{"trl": 3, "trl": 4}}}}"#),
            format!(r#"{{"party": "{party}", "content": {{"owners": [{{"name": "a", "name": "b"}}]}}}}"#),
        ] {
            let answer = author.send_raw(Method::POST, TECHNOLOGIES, "application/json", body.clone().into_bytes()).await;
            assert_eq!(answer.status, 400, "{body}: {}", answer.text);
            is_problem(&answer);
        }
        assert_eq!(own_technologies(&author, party).await, 0);
        site.stop().await;
    })
    .await;
}

/// Paths and queries that are no text.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn addresses_that_are_no_text_are_refused() {
    on_every_database(async |site: Site| {
        let visitor = site.visitor();
        let long = format!("/api/v1/search?q={}", "a".repeat(20_000));
        let cases: Vec<(&str, &[u16])> = vec![
            ("/api/v1/technologies/%ff", &[400]),
            ("/api/v1/vocabularies/%ff", &[400]),
            ("/api/v1/vocabularies/%00", &[400]),
            ("/api/v1/search?q=%ff", &[400]),
            ("/api/v1/search?q=a%00b", &[400]),
            ("/api/v1/search?q=%ed%a0%80", &[400]),
            ("/technologies/%ff", &[400]),
            ("/%c0%ae%c0%ae/%c0%ae%c0%ae/etc/passwd", &[400]),
            ("/assets/..%2f..%2fCargo.toml", &[404]),
            ("/assets/%2e%2e/%2e%2e/Cargo.toml", &[404]),
            ("/api/v1/technologies/not-an-id", &[404]),
            ("/api/v1/technologies/%F0%9F%A5%A5", &[404]),
            ("/api/v1/listings/x/versions/1", &[401, 404]),
            ("/api/v1/nothing", &[404]),
            (&long, &[414]),
        ];
        let mut wrong = Vec::new();
        for (path, wanted) in cases {
            let answer = visitor.get(path).await;
            if !wanted.contains(&answer.status.as_u16()) {
                wrong.push(format!(
                    "{}: {} {}",
                    path.chars().take(60).collect::<String>(),
                    answer.status,
                    answer.text.chars().take(200).collect::<String>()
                ));
            }
        }
        let status = visitor.send(Method::DELETE, TECHNOLOGIES, None).await.status;
        if status != 405 {
            wrong.push(format!("DELETE of a list: {status}"));
        }
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
        site.stop().await;
    })
    .await;
}

/// Another party's draft is not there; what was seen must be what is.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn drafts_of_others_and_old_versions_are_refused() {
    on_every_database(async |site: Site| {
        let (author, party) = author(&site).await;
        let stranger = site.person("stranger").await;
        site.party(&stranger, "Công ty khác", "enterprise").await;
        let made = author.post(TECHNOLOGIES, json!({"party": party, "content": technology("Máy sấy")})).await.expect(201);
        let path = format!("{TECHNOLOGIES}/{}", made["id"].as_str().unwrap());
        let missing = format!("{TECHNOLOGIES}/0197b2c4-0000-7000-8000-000000000001");
        let body = |title: &str| json!({"content": technology(title)});
        for (client, path) in [(&stranger, &path), (&stranger, &missing), (&author, &missing)] {
            assert_eq!(client.get(path).await.status, 404);
            assert_eq!(client.put_at(path, 1, body("Của tôi")).await.status, 404);
        }
        // Even an old version does not tell that it is there.
        assert_eq!(stranger.put_at(&path, 7, body("Của tôi")).await.status, 404);

        let none = author.send(Method::PUT, &path, Some(body("Không nói"))).await;
        assert_eq!(none.status, 428, "{}", none.text);
        is_problem(&none);
        author.put_at(&path, 1, body("Lần hai")).await.expect(200);
        for stale in ["\"1\"", "\"99\"", "\"0\"", "\"-1\"", "1", "*", "W/\"2\"", "\"p2\"", "\"2\", \"1\"", ""] {
            let answer = author.clone().with("if-match", stale).send(Method::PUT, &path, Some(body("Cũ"))).await;
            assert_eq!(answer.status, 412, "{stale}: {}", answer.text);
            is_problem(&answer);
        }
        let now = author.get(&path).await;
        assert_eq!(now.headers["etag"], "\"2\"");
        assert_eq!(now.json()["title"], "Lần hai");

        // Of two who saw the same, one wins.
        let answers = futures_util::future::join_all((0..8).map(|n| author.put_at(&path, 2, body(&format!("Cùng lúc {n}"))))).await;
        let won = answers.iter().filter(|a| a.status == 200).count();
        assert_eq!(won, 1, "{:?}", answers.iter().map(|a| a.status).collect::<Vec<_>>());
        assert!(answers.iter().all(|a| matches!(a.status.as_u16(), 200 | 412)));
        site.stop().await;
    })
    .await;
}

/// A repeated request is answered again and done once.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_key_makes_a_request_happen_once() {
    on_every_database(async |site: Site| {
        let (author, party) = author(&site).await;
        let body = json!({"party": party, "content": technology("Máy sấy")});
        let keyed = with_key(&author, "so-1");
        let first = keyed.post(TECHNOLOGIES, body.clone()).await;
        let again = keyed.post(TECHNOLOGIES, body.clone()).await;
        assert_eq!((first.status.as_u16(), again.status.as_u16()), (201, 201), "{}", again.text);
        assert_eq!(first.json(), again.json());
        assert_eq!(first.headers["etag"], again.headers["etag"]);
        assert_eq!(own_technologies(&author, party).await, 1);

        let other = keyed.post(TECHNOLOGIES, json!({"party": party, "content": technology("Máy khác")})).await;
        assert_eq!(other.status, 422, "{}", other.text);
        is_problem(&other);
        assert_eq!(own_technologies(&author, party).await, 1);

        // At once: one of them does it, the others say what it said.
        let keyed = with_key(&author, "so-2");
        let body = json!({"party": party, "content": technology("Máy tách vỏ")});
        let answers = futures_util::future::join_all((0..8).map(|_| keyed.post(TECHNOLOGIES, body.clone()))).await;
        for answer in &answers {
            assert_eq!(answer.status, 201, "{}", answer.text);
            assert_eq!(answer.json(), answers[0].json());
        }
        assert_eq!(own_technologies(&author, party).await, 2);

        // A key is its principal's: another person's is another key, and what failed may be tried again.
        let (friend, id) = site.account("friend", &[]).await;
        site.member(party, id, base::PartyRole::Editor).await;
        let theirs = with_key(&friend, "so-2").post(TECHNOLOGIES, body.clone()).await.expect(201);
        assert_ne!(theirs["id"], answers[0].json()["id"]);
        let keyed = with_key(&author, "so-3");
        assert_eq!(keyed.post(TECHNOLOGIES, json!({"party": party, "content": {"trl": 10}})).await.status, 422);
        keyed.post(TECHNOLOGIES, json!({"party": party, "content": {"trl": 9}})).await.expect(201);
        site.stop().await;
    })
    .await;
}

/// What another site makes a browser send is refused.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn another_site_can_not_act_with_a_persons_cookie() {
    on_every_database(async |site: Site| {
        let (author, party) = author(&site).await;
        let door = json!({"email": "author@example.org", "password": PASSWORD});
        let signed_in = site.visitor().post("/api/v1/session", door.clone()).await;
        let cookies: Vec<&str> =
            signed_in.headers.get_all("set-cookie").iter().map(|c| c.to_str().unwrap().split(';').next().unwrap()).collect();
        let cookie = cookies.join("; ");
        let body = json!({"party": party, "content": technology("Máy sấy")});
        let own = format!("http://{}", site.address);
        type Case<'a> = (&'a str, Vec<(&'static str, &'a str)>, u16);
        let cases: Vec<Case<'_>> = vec![
            ("no word of where from", vec![], 403),
            ("another origin", vec![("origin", "https://evil.example")], 403),
            ("no origin", vec![("origin", "null")], 403),
            ("ours as a beginning", vec![("origin", "http://127.0.0.1")], 403),
            ("another site", vec![("sec-fetch-site", "cross-site")], 403),
            ("a neighbour", vec![("sec-fetch-site", "same-site")], 403),
            ("another site with our origin", vec![("sec-fetch-site", "cross-site"), ("origin", &own)], 403),
            ("nonsense", vec![("sec-fetch-site", "?")], 403),
            ("our own page", vec![("sec-fetch-site", "same-origin")], 201),
            ("our own origin", vec![("origin", &own)], 201),
        ];
        let mut made = 0;
        for (what, headers, wanted) in cases {
            let mut client = site.visitor().with("cookie", &cookie);
            for (name, value) in headers {
                client = client.with(name, value);
            }
            let answer = client.post(TECHNOLOGIES, body.clone()).await;
            assert_eq!(answer.status.as_u16(), wanted, "{what}: {}", answer.text);
            made += u64::from(wanted == 201);
            // Reading changes nothing and needs no word.
            assert_eq!(client.get("/api/v1/session").await.status, 200, "{what}");
            if wanted == 403 {
                is_problem(&answer);
                assert_eq!(client.send(Method::DELETE, "/api/v1/session", None).await.status, 403, "{what}");
            }
        }
        // Signing somebody in from elsewhere is refused as well.
        let elsewhere = site.visitor().with("origin", "https://evil.example").post("/api/v1/session", door).await;
        assert_eq!(elsewhere.status, 403, "{}", elsewhere.text);
        assert_eq!(own_technologies(&author, party).await, made);
        site.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_cannot_be_read_is_told_in_the_readers_language_with_what_was_sent() {
    let store = TestStore::sqlite().await.unwrap();
    let site = Site::start(store).await;
    let (author, party) = author(&site).await;
    let mut content = technology("Máy sấy");
    content["disclosed_on"] = json!("2026-02-30");
    content["trl"] = json!(10);
    let body = json!({"party": party, "content": content, "source_lang": "fr"});
    for (lang, day) in [("vi", "Không có ngày này; viết như 2026-11-24."), ("en", "There is no such day; write it like 2026-11-24.")]
    {
        let problem = author.post(&format!("{TECHNOLOGIES}?lang={lang}"), body.clone()).await.expect(422);
        let errors = problem["errors"].as_array().unwrap();
        let at = |pointer: &str| errors.iter().find(|e| e["pointer"] == pointer).unwrap_or_else(|| panic!("{pointer}: {problem}"));
        assert_eq!(at("/content/disclosed_on")["detail"], day);
        for error in errors {
            let detail = error["detail"].as_str().unwrap();
            for word in ["expected", "invalid", "parsing", "missing field"] {
                assert!(!detail.contains(word), "{detail}");
            }
        }
    }
    site.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_asks_too_often_gets_a_page_in_a_browser_and_json_as_a_program() {
    let store = TestStore::sqlite().await.unwrap();
    // The server's own readiness is asked for without a count.
    let site = Site::start_with(store, |config| config.server.requests_per_minute = 2).await;
    let visitor = site.visitor();
    let mut last = visitor.get("/search").await;
    for _ in 0..3 {
        last = visitor.get("/search").await;
    }
    assert_eq!(last.status, 429);
    assert!(last.text.starts_with("<!doctype html>") || last.text.starts_with("<!DOCTYPE html>"), "{}", last.text);
    assert!(last.headers.contains_key("retry-after"));
    let program = visitor.get("/api/v1/search").await;
    assert_eq!(program.expect(429)["status"], 429);
    site.stop().await;
}
