//! Searches and lists that are wrong or meant to do harm: a clear refusal or an answer, and the server goes on.

use base::StaffRole;
use reqwest::Method;
use serde_json::json;

use crate::bad_input::{TECHNOLOGIES, author, is_problem};
use crate::main_job::{publish, technology};
use crate::site::{Site, on_every_database};

/// Parameters that are none, and cursors of other lists.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn parameters_and_cursors_are_checked() {
    on_every_database(async |site: Site| {
        let (author, party) = author(&site).await;
        let administrator = site.staff("administrator", &[StaffRole::Administrator, StaffRole::Moderator]).await;
        for route in server::routes::all().into_iter().filter(|r| r.is_api() && r.method == Method::GET && !r.path.contains('{')) {
            if matches!(route.id, "getSession" | "listSessions" | "listTokens" | "getMe" | "listMyMemberships" | "listVocabularies") {
                continue;
            }
            let answer = administrator.get(&format!("{}?colour=red", route.path)).await;
            if route.id != "verifyEvents" {
                assert_eq!(answer.status, 400, "{}: {}", route.id, answer.text);
                assert_eq!(answer.pointers(), ["/colour"], "{}", route.id);
            }
            for value in ["0", "101", "-1", "x", "65536", "1e1"] {
                if route.parameters.iter().any(|p| p.name == "limit") {
                    let answer = administrator.get(&format!("{}?limit={value}", route.path)).await;
                    assert_eq!(answer.status, 400, "{} limit={value}: {}", route.id, answer.text);
                }
            }
        }
        for path in [
            "/api/v1/search?trl_min=x",
            "/api/v1/search?sort=luck",
            "/api/v1/search?facets=colour",
            "/api/v1/search?party=x",
            "/api/v1/search?kind=product",
            "/api/v1/search?trl=10",
            "/api/v1/search?field=401,4x",
            "/api/v1/search?province=Vĩnh+Long",
            "/api/v1/search?ipc=Z99",
            "/api/v1/search?published_from=2026-02-30",
            "/api/v1/search?closes_to=31/12/2026",
            "/api/v1/search?published_from=2026-02-02&published_to=2026-02-01",
            "/api/v1/search?trl_min=8&trl_max=3",
            "/api/v1/search/export?format=pdf",
            "/api/v1/search/export?limit=5",
            "/search?kind=product",
            "/api/v1/technologies?party=x",
            "/api/v1/technologies?status=published",
            "/api/v1/events?subject=x",
            "/api/v1/deals?stage=zzz",
            "/api/v1/accounts?status=x",
            "/api/v1/accounts?staff=maybe",
        ] {
            assert_eq!(administrator.get(path).await.status, 400, "{path}");
        }
        // Days at the ends of the calendar are days.
        for day in ["-262143-01-01", "%2B262142-12-31", "0000-01-01"] {
            for name in ["published_from", "published_to", "closes_from", "closes_to"] {
                for path in ["/api/v1/search", "/search", "/en/search"] {
                    let answer = administrator.get(&format!("{path}?{name}={day}")).await;
                    assert_eq!(answer.status, 200, "{path} {name} {day}: {}", answer.text);
                }
            }
        }

        // Real cursors of four lists, each given to the others.
        for n in 0..3 {
            let made = author.post(TECHNOLOGIES, json!({"party": party, "content": technology(&format!("Máy sấy {n}"))})).await.expect(201);
            let id = made["id"].as_str().unwrap();
            let steps = format!("/api/v1/listings/{id}/transitions");
            let seen = author.post_at(&steps, 1, json!({"step": "submit"})).await.expect(200)["version"].as_i64().unwrap();
            publish(&administrator, id, seen).await;
        }
        site.indexed().await;
        let lists = ["/api/v1/technologies", "/api/v1/search", "/api/v1/events", "/api/v1/accounts"];
        let mut cursors = Vec::new();
        for list in lists {
            let page = administrator.get(&format!("{list}?limit=1")).await.expect(200);
            cursors.push(page["next"].as_str().unwrap_or_else(|| panic!("{list} has one page")).to_owned());
        }
        for (at, list) in lists.iter().enumerate() {
            for (from, cursor) in cursors.iter().enumerate() {
                let answer = administrator.get(&format!("{list}?limit=1&cursor={cursor}")).await;
                let status = answer.status.as_u16();
                if from == at {
                    assert_eq!(status, 200, "{list}: {}", answer.text);
                } else {
                    assert_eq!(status, 400, "{list} with the cursor of {}", lists[from]);
                    is_problem(&answer);
                }
            }
            for nonsense in ["x", "%20", "bnVsbA", "e30", "W10", &"A".repeat(4_000)] {
                let status = administrator.get(&format!("{list}?cursor={nonsense}")).await.status.as_u16();
                assert_eq!(status, 400, "{list} with {}", nonsense.chars().take(10).collect::<String>());
            }
        }
        site.stop().await;
    })
    .await;
}

/// Searches that are meant to hurt are answered, and the server goes on.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn hostile_searches_are_answered() {
    on_every_database(async |site: Site| {
        let (author, party) = author(&site).await;
        let moderator = site.staff("moderator", &[StaffRole::Moderator]).await;
        let made = author.post(TECHNOLOGIES, json!({"party": party, "content": technology("Máy sấy cơm dừa")})).await.expect(201);
        let id = made["id"].as_str().unwrap();
        let steps = format!("/api/v1/listings/{id}/transitions");
        let seen = author.post_at(&steps, 1, json!({"step": "submit"})).await.expect(200)["version"].as_i64().unwrap();
        publish(&moderator, id, seen).await;
        site.indexed().await;
        let visitor = site.visitor();
        let hostile: Vec<String> = vec![
            "(".repeat(3_000),
            ")".repeat(3_000),
            "-(".repeat(2_000),
            "\"".repeat(999),
            "* ".repeat(500),
            "a* ".repeat(500),
            "a OR ".repeat(800),
            "a AND NOT ".repeat(500),
            "-".into(),
            "-a".into(),
            "~~~".into(),
            "a~99999999999".into(),
            "a^1e400".into(),
            "field:".into(),
            ":a".into(),
            "field:[* TO *]".into(),
            "nofield:dua".into(),
            "trl:99999999999999999999".into(),
            "/x.*/".into(),
            "/(a+)+$/".into(),
            "\\".repeat(1_001),
            "\u{202e}dua".into(),
            "d".repeat(6_000),
            "d ".repeat(3_000),
            "và của là".into(),
            "%".into(),
            "a\u{300}".repeat(500),
            "\u{fdfa}".repeat(500),
            "🥥".repeat(500),
            "'; DROP TABLE listing; --".into(),
            "<script>alert(1)</script>".into(),
            " ".into(),
            String::new(),
        ];
        let mut wrong = Vec::new();
        for q in &hostile {
            for path in ["/api/v1/search", "/api/v1/suggest", "/search"] {
                let query: String = q.bytes().map(|b| format!("%{b:02X}")).collect();
                let answer = visitor.get(&format!("{path}?q={query}")).await;
                let status = answer.status.as_u16();
                if !matches!(status, 200 | 400 | 413 | 414) {
                    wrong.push(format!("{path} {:?}: {status} {}", q.chars().take(20).collect::<String>(), answer.text));
                }
                if answer.text.contains("<script>alert") {
                    wrong.push(format!("{path} gives a script back"));
                }
            }
        }
        let many: String = (0..600).map(|n| format!("&field={n}")).collect();
        let status = visitor.get(&format!("/api/v1/search?q=dua{many}")).await.status.as_u16();
        if !matches!(status, 200 | 400 | 414) {
            wrong.push(format!("600 values of a facet: {status}"));
        }
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
        assert_eq!(visitor.get("/readyz").await.status, 200);
        assert_eq!(visitor.get("/api/v1/search?q=dua&kind=technology").await.expect(200)["total"], 1);
        site.stop().await;
    })
    .await;
}
