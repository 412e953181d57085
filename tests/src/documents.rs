//! The documents of a deal: files that those in it hand in and open, and nobody else.

use base::PartyRole;
use bytes::Bytes;
use chrono::TimeDelta;
use futures_util::StreamExt as _;
use reqwest::Method;
use serde_json::{Value, json};
use store::testing::TestStore;

use crate::deals::Cast;
use crate::disclosures::{Room, drawn, pdf};
use crate::site::{Client, Site, on_every_database};

/// A form of a file and the paper it is.
async fn hand_in_as(by: &Client, path: &str, paper: &str, name: &str, content: &str) -> crate::site::Answer {
    let field = format!("--xxx\r\nContent-Disposition: form-data; name=\"paper\"\r\n\r\n{paper}\r\n");
    let file = format!("--xxx\r\nContent-Disposition: form-data; name=\"file\"; filename=\"{name}\"\r\n\r\n{content}\r\n--xxx--\r\n");
    by.send_raw(Method::POST, path, "multipart/form-data; boundary=xxx", format!("{field}{file}").into_bytes()).await
}

/// A form of a file that is marked as confidential, or not, or as nobody understands it.
pub async fn hand_in_marked(by: &Client, path: &str, mark: &str, name: &str, content: &str) -> crate::site::Answer {
    let field = format!("--xxx\r\nContent-Disposition: form-data; name=\"confidential\"\r\n\r\n{mark}\r\n");
    let file = format!("--xxx\r\nContent-Disposition: form-data; name=\"file\"; filename=\"{name}\"\r\n\r\n{content}\r\n--xxx--\r\n");
    by.send_raw(Method::POST, path, "multipart/form-data; boundary=xxx", format!("{field}{file}").into_bytes()).await
}

/// Names the readers of a confidential document, by their names, each until a day.
pub async fn name_readers(by: &Client, document: &str, named: &[(&str, &str)]) -> crate::site::Answer {
    let readers = format!("{document}/readers");
    let there = by.get(&readers).await;
    let seen = there.headers["etag"].to_str().unwrap().trim_matches('"').parse().unwrap();
    let there = there.expect(200);
    let account = |name: &str| there["items"].as_array().unwrap().iter().find(|one| one["name"] == name).unwrap()["account"].clone();
    let named: Vec<Value> = named.iter().map(|(name, day)| json!({"account": account(name), "expires_on": day})).collect();
    by.put_at(&readers, seen, json!({ "readers": named })).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn those_in_a_deal_open_its_documents_and_nobody_else_does() {
    on_every_database(async |site: Site| {
        let cast = Cast::make(&site, "do").await;
        let (owner, seeker, broker) = (&cast.owner, &cast.seeker, &cast.broker);
        let deal = cast.deal("technical_service").await;
        let documents = format!("{}/documents", deal.path);
        assert_eq!(owner.get(&documents).await.expect(200)["total"], 0);

        // Either side and the broker hand in; each finds all of it, a PDF with their mark.
        let minutes = hand_in_as(owner, &documents, "acceptance", "Biên bản nghiệm thu.txt", "Đã chạy thử đạt yêu cầu.").await.expect(201);
        site.clock.advance(TimeDelta::minutes(1));
        let plan = pdf(&["Bản vẽ"]);
        let drawing = seeker.hand_in(&documents, "Bản vẽ.pdf", &plan).await.expect(201);
        assert_eq!((&minutes["kind"], &drawing["kind"], drawing["size"].as_u64()), (&json!("txt"), &json!("pdf"), Some(plan.len() as u64)));
        let listed = broker.get(&documents).await.expect(200);
        let names: Vec<&str> = listed["items"].as_array().unwrap().iter().map(|d| d["name"].as_str().unwrap()).collect();
        assert_eq!(names, ["Bản vẽ.pdf", "Biên bản nghiệm thu.txt"], "the newest first");
        assert_eq!((&listed["items"][0]["voice"], &listed["items"][1]["paper"]), (&json!("seeker"), &json!("acceptance")));
        let one = |receipt: &Value| format!("{documents}/{}", receipt["id"].as_str().unwrap());
        for (by, name) in [(owner, "do-owner"), (seeker, "do-seeker"), (broker, "do-broker")] {
            let got = by.get(&one(&drawing)).await;
            assert_eq!(got.status, 200);
            let pages = drawn(&got.bytes);
            assert!(pages.len() == 1 && pages[0].contains(name) && pages[0].contains("2026-11-24 05:01:00 UTC"), "{pages:?}");
            assert_eq!(got.headers["content-type"], "application/pdf");
            assert_eq!(got.headers["x-content-type-options"], "nosniff");
            assert_eq!(got.headers["cache-control"], "no-store");
            let disposition = got.headers["content-disposition"].to_str().unwrap();
            assert!(
                disposition.starts_with("attachment; filename=\"ban ve.pdf\"") && disposition.contains("filename*=UTF-8''B%E1%BA%A3n"),
                "{disposition}"
            );
        }

        // Whoever is of another party than handed it in is in the ledger, which the side that did reads, and nobody else.
        let ledger = format!("{}/document-views", deal.path);
        let entered = async |by: &Client| {
            let all = by.get(&ledger).await.expect(200);
            let line = |l: &Value| format!("{} {} {}", l["voice"].as_str().unwrap(), l["name"].as_str().unwrap(), l["document_name"]);
            let mut lines: Vec<String> = all["items"].as_array().unwrap().iter().map(line).collect();
            lines.sort();
            lines
        };
        assert_eq!(entered(seeker).await, ["broker do-broker \"Bản vẽ.pdf\"", "owner do-owner \"Bản vẽ.pdf\""]);
        assert_eq!(entered(owner).await, [""; 0], "what one side handed in is its own");
        assert_eq!(entered(broker).await, [""; 0]);
        assert_eq!(broker.get(&one(&minutes)).await.text, "Đã chạy thử đạt yêu cầu.");
        assert_eq!(entered(owner).await, ["broker do-broker \"Biên bản nghiệm thu.txt\""]);
        let first = seeker.get(&format!("{ledger}?limit=1")).await.expect(200);
        let next = format!("{ledger}?limit=1&cursor={}", first["next"].as_str().unwrap());
        let second = seeker.get(&next).await.expect(200);
        assert_eq!((&first["total"], &second["next"]), (&json!(2), &Value::Null));
        assert_ne!(first["items"][0]["id"], second["items"][0]["id"]);
        let program = seeker.clone().with_token(&site, &["read"]).await;
        assert_eq!(program.get(&ledger).await.status, 403, "who looked is not for programs");

        // Nobody else: outsiders find nothing, administrators see that there is a deal and open nothing, readers hand in nothing.
        let stranger = site.person("do-stranger").await;
        site.party(&stranger, "Công ty Ngoài Cuộc", "enterprise").await;
        let administrator = site.staff("do-administrator", &[base::StaffRole::Administrator]).await;
        let (viewer, account) = site.account("do-viewer", &[]).await;
        site.member(cast.owner_party, account, PartyRole::Viewer).await;
        for path in [documents.clone(), ledger.clone(), one(&minutes), one(&minutes).replace("/api/v1", "")] {
            assert_eq!(stranger.get(&path).await.status, 404, "{path}");
            assert_eq!(administrator.get(&path).await.status, 403, "{path}");
            assert!(matches!(site.visitor().get(&path).await.status.as_u16(), 401 | 303), "{path}");
        }
        assert_eq!(viewer.get(&one(&minutes)).await.status, 200);
        assert_eq!(viewer.get(&ledger).await.status, 403);
        assert_eq!(entered(owner).await.len(), 1, "one's own people are no others");
        assert_eq!(viewer.hand_in(&documents, "a.txt", b"abc").await.status, 403);
        assert_eq!(stranger.hand_in(&documents, "a.txt", b"abc").await.status, 404);
        let other = cast.deal("licence").await;
        let elsewhere = one(&minutes).replace(&deal.path, &other.path);
        assert_eq!(owner.get(&elsewhere).await.status, 404, "a document is one of its deal alone");

        // A co-owner stands on the same side and is another party.
        let co_owner = site.person("do-co-owner").await;
        let other_party = site.party(&co_owner, "Trại Giống Dừa", "cooperative").await;
        let parties = json!({"parties": [
            {"party": cast.owner_party, "role": "owner"}, {"party": cast.seeker_party, "role": "seeker"}, {"party": other_party, "role": "co_owner"},
        ]});
        deal.put(broker, "parties", parties).await.expect(200);
        assert_eq!(co_owner.get(&one(&minutes)).await.status, 200);
        let both = ["broker do-broker \"Biên bản nghiệm thu.txt\"", "owner do-co-owner \"Biên bản nghiệm thu.txt\""];
        assert_eq!((entered(owner).await, entered(&co_owner).await), (both.map(str::to_owned).to_vec(), Vec::new()), "it is the owner's alone");

        // It lies sealed, the sweep leaves it alone, and each party takes back only its own.
        let folder = site.files();
        let stored: Vec<Vec<u8>> = std::fs::read_dir(&folder).unwrap().map(|e| std::fs::read(e.unwrap().path()).unwrap()).collect();
        assert_eq!(stored.len(), 2);
        assert!(stored.iter().all(|bytes| !bytes.windows(4).any(|w| w == b"%PDF") && !String::from_utf8_lossy(bytes).contains("chạy thử")));
        for file in std::fs::read_dir(&folder).unwrap() {
            let old = std::time::SystemTime::UNIX_EPOCH;
            std::fs::File::options().write(true).open(file.unwrap().path()).unwrap().set_modified(old).unwrap();
        }
        assert_eq!(brokering::confidential::files::sweep(&site.app.brokering).await.unwrap(), 0);
        for by in [seeker, broker, &co_owner] {
            assert_eq!(by.send(Method::DELETE, &one(&minutes), None).await.status, 403);
        }
        assert_eq!(owner.send(Method::DELETE, &one(&minutes), None).await.status, 204);
        assert_eq!((seeker.get(&one(&minutes)).await.status.as_u16(), std::fs::read_dir(&folder).unwrap().count()), (404, 1));

        // The ledger outlives what it is about, and stands on the page for the side that handed it in.
        assert_eq!(entered(owner).await, both);
        let page = deal.path.replace("/api/v1", "");
        let (theirs, own) = (seeker.get(&page).await.text, owner.get(&format!("/en{page}")).await.text);
        assert!(theirs.contains("Sổ ghi lượt mở: 2 lượt") && theirs.contains("do-owner"), "{theirs}");
        assert!(own.contains("Who opened them: 2 openings") && own.contains("do-co-owner"), "{own}");
        assert!(!theirs.contains("do-co-owner") && !own.contains("document-opened") && !theirs.contains("document-opened"));
        assert!(!viewer.get(&page).await.text.contains("Sổ ghi lượt mở"));

        // The other side is told that there is something, and nothing of what.
        let notices = owner.get("/api/v1/notices").await.expect(200);
        assert!(notices["items"].as_array().unwrap().iter().any(|n| n["kind"] == "deal_message"), "{notices}");
        let events = site.app.store.events(&store::events::Filter::default(), 1_000).await.unwrap();
        let payloads: String = events.iter().map(|e| e.payload.to_string()).collect();
        assert!(payloads.contains(drawing["id"].as_str().unwrap()) && !payloads.contains("Bản vẽ"));
        assert_eq!(events.iter().filter(|e| e.kind == "deal.document_opened").count(), 4);
        deal.is_what_its_events_say(&site).await;
        site.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_confidential_document_opens_to_no_party_that_was_put_on_the_same_side() {
    on_every_database(async |site: Site| {
        let cast = Cast::make(&site, "dc").await;
        let (owner, seeker, broker) = (&cast.owner, &cast.seeker, &cast.broker);
        let deal = cast.deal("licence").await;
        let documents = format!("{}/documents", deal.path);
        let of_owner = hand_in_marked(owner, &documents, "true", "Công thức.txt", "Ủ men 48 giờ.").await.expect(201);
        let of_seeker = hand_in_marked(seeker, &documents, "true", "Giá vốn.txt", "41 nghìn.").await.expect(201);
        let one = |receipt: &Value| format!("{documents}/{}", receipt["id"].as_str().unwrap());
        let (of_owner, of_seeker) = (one(&of_owner), one(&of_seeker));

        // A broker puts a party beside each side; its people accept the agreement.
        let (co_owner, co_seeker) = (site.person("dc-co-owner").await, site.person("dc-co-seeker").await);
        let beside_owner = site.party(&co_owner, "Trại Giống Dừa", "cooperative").await;
        let beside_seeker = site.party(&co_seeker, "Công ty Cùng Mua", "enterprise").await;
        let parties = json!({"parties": [
            {"party": cast.owner_party, "role": "owner"}, {"party": cast.seeker_party, "role": "seeker"},
            {"party": beside_owner, "role": "co_owner"}, {"party": beside_seeker, "role": "co_seeker"},
        ]});
        deal.put(broker, "parties", parties).await.expect(200);
        let hash = co_owner.get(&format!("{}/nda", deal.path)).await.expect(200)["nda"]["hash"].clone();
        for by in [&co_owner, &co_seeker] {
            by.post(&format!("{}/accept-nda", deal.path), json!({"nda_hash": hash})).await.expect(200);
        }
        for (by, path) in [(&co_owner, &of_owner), (&co_owner, &of_seeker), (&co_seeker, &of_owner), (&co_seeker, &of_seeker)] {
            let refused = by.get(path).await;
            assert_eq!((refused.status.as_u16(), &refused.json()["type"]), (403, &json!("/problems/not-a-reader")), "{path}");
            assert_eq!(by.get(&format!("{path}/readers")).await.status, 403, "{path}");
            assert_eq!(by.send(Method::DELETE, path, None).await.status, 403, "{path}");
        }
        let listed = co_owner.get(&documents).await.expect(200);
        let is_closed = |one: &Value| one["name"].is_null() && one["needs_grant"] == true && one["is_mine"] == false;
        assert!(listed["items"].as_array().unwrap().iter().all(is_closed), "{listed}");

        // Whom its party names opens it, and only that party reads who did.
        name_readers(owner, &of_owner, &[("dc-co-owner", "2026-12-31")]).await.expect(200);
        assert_eq!(co_owner.get(&of_owner).await.text, "Ủ men 48 giờ.");
        let ledger = format!("{}/document-views", deal.path);
        let looks = async |by: &Client| by.get(&ledger).await.expect(200)["total"].clone();
        assert_eq!(
            (looks(owner).await, looks(&co_owner).await, looks(seeker).await, looks(broker).await),
            (json!(1), json!(0), json!(0), json!(0))
        );
        assert_eq!(co_seeker.get(&of_owner).await.status, 403);
        deal.is_what_its_events_say(&site).await;
        site.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_document_is_taken_only_if_it_is_what_its_name_says_and_small_enough() {
    on_every_database(async |site: Site| {
        let cast = Cast::make(&site, "dw").await;
        let owner = &cast.owner;
        let deal = cast.deal("technical_service").await;
        let documents = format!("{}/documents", deal.path);
        for (name, bytes, code) in [
            ("a.pdf", b"\x89PNG\r\n\x1a\n....".as_slice(), "file_not_its_kind"),
            ("a.pdf", b"%PDF-1.7\nnothing that can be marked", "file_not_its_kind"),
            ("a.txt", b"\xff\xfea\0", "file_not_its_kind"),
            ("a.exe", b"MZ", "file_kind_unlisted"),
        ] {
            let refused = owner.hand_in(&documents, name, bytes).await;
            assert_eq!(
                (refused.status.as_u16(), refused.json()["errors"][0]["code"].clone()),
                (415, json!(code)),
                "{name}: {}",
                refused.text
            );
        }
        let refused = owner.hand_in(&documents, "a.pdf", b"%PDF-1.7\nnothing that can be marked\n%%EOF").await;
        assert_eq!((refused.status.as_u16(), refused.json()["errors"][0]["code"].clone()), (422, json!("pdf_damaged")), "{}", refused.text);
        let refused = hand_in_as(owner, &documents, "khong-co", "a.txt", "abc").await;
        assert_eq!((refused.status.as_u16(), refused.pointers()), (422, vec!["/paper".to_owned()]), "{}", refused.text);
        assert_eq!(owner.post(&documents, json!({})).await.status, 415);
        let folder = site.files();
        let left = || std::fs::read_dir(&folder).unwrap().count();
        site.until("nothing of it is left", async || left() == 0).await;

        // What is too large is refused at the limit, whether it says so or not.
        let cookies = owner.cookies().iter().map(|(n, v)| format!("{n}={v}")).collect::<Vec<_>>().join("; ");
        let head = "--xxx\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.txt\"\r\n\r\n";
        let piece = Bytes::from(vec![b'a'; 1_000_000]);
        let pieces = std::iter::once(Bytes::from(head)).chain(std::iter::repeat_n(piece, 500)).map(Ok::<_, std::io::Error>);
        let request = reqwest::Client::new()
            .post(format!("http://{}{documents}", site.address))
            .header("cookie", &cookies)
            .header("sec-fetch-site", "same-origin")
            .header("content-type", "multipart/form-data; boundary=xxx")
            .body(reqwest::Body::wrap_stream(futures_util::stream::iter(pieces).map(|piece| piece)));
        // The server answers and hangs up; a client that is still writing may see only the latter.
        if let Ok(answer) = request.send().await {
            assert_eq!(answer.status(), 413);
        }
        site.until("nothing of it is left", async || left() == 0).await;
        assert_eq!(owner.get(&documents).await.expect(200)["total"], 0);

        // The same key, the same file: one document.
        let keyed = owner.clone().with("idempotency-key", "document-1");
        let first = keyed.hand_in(&documents, "a.txt", b"abc").await.expect(201);
        assert_eq!(keyed.hand_in(&documents, "a.txt", b"abc").await.expect(201), first);
        assert_eq!(keyed.hand_in(&documents, "a.txt", b"other").await.status, 422);
        assert_eq!((owner.get(&documents).await.expect(200)["total"].clone(), left()), (json!(1), 1));

        // A deal that came to nothing takes no more, and its documents stay.
        let seen = owner.get(&deal.path).await.expect(200)["version"].as_i64().unwrap();
        owner.post_at(&format!("{}/transitions", deal.path), seen, json!({"to": "lost", "reason": "price"})).await.expect(200);
        assert_eq!(owner.hand_in(&documents, "b.txt", b"abc").await.status, 409);
        assert_eq!(keyed.hand_in(&documents, "a.txt", b"abc").await.expect(201), first, "a repeat hears what it heard before");
        assert_eq!(keyed.hand_in(&documents, "a.txt", b"other").await.status, 422);
        assert_eq!(owner.get(&documents).await.expect(200)["total"], 1);
        site.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_form_that_is_refused_after_its_file_leaves_nothing_in_the_store() {
    on_every_database(async |site: Site| {
        let room = Room::make(&site).await;
        let cast = Cast::make(&site, "dr").await;
        let documents = format!("{}/documents", cast.deal("technical_service").await.path);
        let folder = site.files();
        let left = || std::fs::read_dir(&folder).unwrap().count();
        let file = "--xxx\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.txt\"\r\n\r\nabc\r\n";
        let text = |name: &str, text: &str| format!("--xxx\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{text}\r\n");
        let send = async |by: &Client, path: &str, body: String| {
            by.send_raw(Method::POST, path, "multipart/form-data; boundary=xxx", body.into_bytes()).await.status.as_u16()
        };
        for (by, path) in [(&cast.owner, documents.clone()), (&room.owner, room.at("files"))] {
            for _ in 0..3 {
                assert_eq!(send(by, &path, format!("{file}{}--xxx--\r\n", text("note", "x"))).await, 422, "a field that is none");
            }
            assert_eq!(send(by, &path, format!("{file}{file}--xxx--\r\n")).await, 422, "a second file");
            assert_eq!(send(by, &path, format!("{file}--xxx\r\nContent-Disposition: form-da")).await, 400, "a body that is cut");
            site.until("nothing is left", async || left() == 0).await;
        }
        assert_eq!(send(&cast.owner, &documents, format!("{file}{}--xxx--\r\n", text("paper", &"x".repeat(1_000)))).await, 413);
        assert_eq!(send(&cast.owner, &documents, format!("{file}{}--xxx--\r\n", text("confidential", "perhaps"))).await, 422);
        site.until("nothing is left", async || left() == 0).await;

        // What is whole stays.
        assert_eq!(send(&cast.owner, &documents, format!("{file}{}--xxx--\r\n", text("confidential", "true"))).await, 201);
        assert_eq!(send(&room.owner, &room.at("files"), format!("{file}--xxx--\r\n")).await, 201);
        assert_eq!(left(), 2);
        assert_eq!(brokering::confidential::files::sweep(&site.app.brokering).await.unwrap(), 0);
        site.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn documents_are_handed_in_opened_and_taken_back_on_the_page_of_the_deal() {
    on_every_database(async |site: Site| {
        let cast = Cast::make(&site, "dp").await;
        let (owner, seeker) = (&cast.owner, &cast.seeker);
        let deal = cast.deal("technical_service").await;
        let page = deal.path.replace("/api/v1", "");
        let shown = owner.get(&page).await.text;
        assert!(shown.contains("enctype=\"multipart/form-data\"") && shown.contains("Chưa có tài liệu nào"), "{shown}");
        let action = shown.split(&format!("action=\"{page}/documents?")).nth(1).unwrap().split('"').next().unwrap();
        let action = format!("{page}/documents?{action}");
        let refused = owner.hand_in(&action, "a.pdf", b"no document").await;
        assert!(refused.status == 415 && refused.text.contains("href=\"#file\""), "{}", refused.text);
        for _ in 0..2 {
            let sent = hand_in_as(owner, &action, "", "Kế hoạch <b>1</b>.txt", "abc").await;
            assert_eq!(sent.headers["location"].to_str().unwrap(), format!("{page}?did=document"), "{}", sent.text);
        }
        let shown = seeker.get(&format!("/en{page}")).await.text;
        assert_eq!(shown.matches("&#60;b&#62;1").count(), 1, "sent twice, it is one, and nothing of its name is HTML: {shown}");
        assert!(!shown.contains("Take back<span"), "it is the other side's");
        let href = shown.split(&format!("href=\"/en{page}/documents/")).nth(1).unwrap().split('"').next().unwrap().to_owned();
        assert_eq!(seeker.get(&format!("{page}/documents/{href}")).await.text, "abc");
        let form = |file: &str| format!("file={file}").into_bytes();
        let urlencoded = "application/x-www-form-urlencoded";
        let remove = format!("{page}/documents/remove");
        assert_eq!(seeker.send_raw(Method::POST, &remove, urlencoded, form(&href)).await.status, 403);
        assert_eq!(owner.send_raw(Method::POST, &remove, urlencoded, form(&href)).await.status, 303);
        assert_eq!(seeker.get(&format!("{page}/documents/{href}")).await.status, 404);
        deal.is_what_its_events_say(&site).await;
        site.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_document_that_is_a_paper_is_that_paper_for_the_stage_that_demands_it() {
    on_every_database(async |site: Site| {
        let cast = Cast::make(&site, "dn").await;
        let (owner, seeker, broker) = (&cast.owner, &cast.seeker, &cast.broker);
        let deal = cast.deal("licence").await;
        let documents = format!("{}/documents", deal.path);
        deal.go(broker, "introduced").await.expect(200);
        assert_eq!(deal.go(owner, "nda").await.pointers(), ["/papers/nda"]);
        let handed = hand_in_as(seeker, &documents, "nda", "Thỏa thuận bảo mật.txt", "Hai bên giữ kín.").await.expect(201);
        deal.go(owner, "nda").await.expect(200);

        // What the stage stands on is not taken back; what is noted beside it frees it.
        let one = format!("{documents}/{}", handed["id"].as_str().unwrap());
        let refused = seeker.send(Method::DELETE, &one, None).await;
        assert_eq!((refused.status.as_u16(), refused.pointers()), (422, vec!["/papers/nda".to_owned()]), "{}", refused.text);
        let page = deal.path.replace("/api/v1", "");
        let form = format!("file={}", handed["id"].as_str().unwrap()).into_bytes();
        let refused = seeker.send_raw(Method::POST, &format!("{page}/documents/remove"), "application/x-www-form-urlencoded", form).await;
        assert!(refused.status == 422 && refused.text.contains("href=\"#documents\""), "{}", refused.text);
        assert_eq!(seeker.get(&one).await.status, 200, "it is still there");
        deal.post(broker, "papers", json!({"kind": "nda", "dated_on": "2026-11-24"})).await.expect(201);
        assert_eq!(seeker.send(Method::DELETE, &one, None).await.status, 204);
        deal.is_what_its_events_say(&site).await;
        site.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_upload_that_took_the_last_place_is_answered_again_under_its_key() {
    for store in TestStore::all().await.unwrap() {
        let site = Site::start_with(store, |config| config.files.per_listing = 1).await;
        let room = Room::make(&site).await;
        let files = room.at("files");
        let keyed = room.owner.clone().with("idempotency-key", "file-1");
        let first = keyed.hand_in(&files, "a.txt", b"abc").await.expect(201);
        assert_eq!(room.owner.hand_in(&files, "b.txt", b"abc").await.status, 422, "there is no place left");
        assert_eq!(keyed.hand_in(&files, "a.txt", b"abc").await.expect(201), first);
        assert_eq!(keyed.hand_in(&files, "a.txt", b"other").await.json()["type"], "/problems/idempotency-key-reused");
        assert_eq!(room.reader.clone().with("idempotency-key", "file-1").hand_in(&files, "a.txt", b"abc").await.status, 404);

        let cast = Cast::make(&site, "dl").await;
        let documents = format!("{}/documents", cast.deal("technical_service").await.path);
        for n in 0..99_u8 {
            cast.owner.hand_in(&documents, "a.txt", &[b'a' + n % 20]).await.expect(201);
        }
        let keyed = cast.owner.clone().with("idempotency-key", "last-1");
        let last = keyed.hand_in(&documents, "z.txt", b"abc").await.expect(201);
        assert_eq!(cast.owner.hand_in(&documents, "b.txt", b"abc").await.status, 422, "there is no place left");
        assert_eq!(keyed.hand_in(&documents, "z.txt", b"abc").await.expect(201), last);
        assert_eq!(cast.owner.get(&documents).await.expect(200)["total"], 100);
        let stored = std::fs::read_dir(site.files()).unwrap().count();
        assert_eq!(stored, 101, "what a repeat hands in is not kept twice");
        site.stop().await;
    }
}
