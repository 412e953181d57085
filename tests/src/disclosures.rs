//! What a party confides, end to end: written, opened to a person who accepts the agreement, read, noted, closed again.

use std::io::Write as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use accounts::notices::NoticeKind;
use base::{AccountId, Actor, Capacity, Lang, Limit, ListingId, PartyRole, StaffRole};
use bytes::Bytes;
use chrono::TimeDelta;
use futures_util::StreamExt as _;
use lopdf::{Document, EncryptionState, EncryptionVersion, Object, Permissions, Stream, dictionary};
use reqwest::Method;
use sea_orm::{ConnectionTrait as _, Statement};
use serde_json::{Value, json};
use store::events::Filter;

use crate::import_pages::{ended, hand_over};
use crate::main_job::{publish, technology};
use crate::site::{Answer, Client, PASSWORD, Site, on_every_database};

/// A PDF whose pages say these words.
pub fn pdf(pages: &[&str]) -> Vec<u8> {
    let mut document = Document::with_version("1.5");
    let tree = document.new_object_id();
    let font = document.add_object(dictionary! { "Type" => "Font", "Subtype" => "Type1", "BaseFont" => "Courier" });
    let resources = document.add_object(dictionary! { "Font" => dictionary! { "F1" => font } });
    let kids: Vec<Object> = pages
        .iter()
        .map(|text| {
            let content = format!("BT /F1 24 Tf 72 600 Td ({text}) Tj ET").into_bytes();
            let content = document.add_object(Stream::new(dictionary! {}, content));
            document.add_object(dictionary! { "Type" => "Page", "Parent" => tree, "Contents" => content }).into()
        })
        .collect();
    let count = i64::try_from(kids.len()).unwrap();
    document.objects.insert(
        tree,
        Object::Dictionary(dictionary! {
            "Type" => "Pages", "Kids" => kids, "Count" => count, "Resources" => resources,
            "MediaBox" => vec![0.into(), 0.into(), 595.into(), 842.into()],
        }),
    );
    let catalog = document.add_object(dictionary! { "Type" => "Catalog", "Pages" => tree });
    document.trailer.set("Root", catalog);
    let mut out = Vec::new();
    document.save_to(&mut out).unwrap();
    out
}

/// A PDF that is locked; with an empty password everybody can read it, and nobody may write it.
fn locked(password: &str) -> Vec<u8> {
    let mut document = Document::load_mem(&pdf(&["a"])).unwrap();
    let id = Object::string_literal("0123456789abcdef");
    document.trailer.set("ID", vec![id.clone(), id]);
    let version = EncryptionVersion::V2 {
        document: &document,
        owner_password: "owner",
        user_password: password,
        key_length: 128,
        permissions: Permissions::empty(),
    };
    let state = EncryptionState::try_from(version).unwrap();
    document.encrypt(&state).unwrap();
    let mut out = Vec::new();
    document.save_to(&mut out).unwrap();
    out
}

/// A picture of one point.
const PNG: &[u8] = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x01\0\0\0\x01\x08\0\0\0\0:~\x9bU\
    \0\0\0\nIDATx\x9cch\0\0\0\x82\0\x81w\xcdr\xb6\0\0\0\0IEND\xaeB`\x82";

/// A small PDF that unpacks to gigabytes, each packed piece below what one may be.
fn bomb() -> Vec<u8> {
    let mut out = b"%PDF-1.5\n".to_vec();
    let mut packed = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::best());
    // Objects that say a lot of nothing.
    let inner = format!("1 0 ({})", " ".repeat(30_000_000));
    packed.write_all(inner.as_bytes()).unwrap();
    let packed = packed.finish().unwrap();
    for n in 10..90 {
        let head = format!("{n} 0 obj\n<< /Type /ObjStm /N 1 /First 4 /Filter /FlateDecode /Length {} >>\nstream\n", packed.len());
        out.extend_from_slice(head.as_bytes());
        out.extend_from_slice(&packed);
        out.extend_from_slice(b"\nendstream\nendobj\n");
    }
    out.extend_from_slice(b"trailer << /Root 1 0 R >>\n%%EOF\n");
    out
}

/// What a PDF draws, page by page, marks among it: the text of strings in its streams.
pub fn drawn(pdf: &[u8]) -> Vec<String> {
    let document = Document::load_mem(pdf).unwrap();
    let mut pages = Vec::new();
    for page in document.page_iter() {
        let mut text = String::from_utf8_lossy(&document.get_page_content(page)).into_owned();
        let resources = document.get_dictionary(page).unwrap().get_deref(b"Resources", &document).unwrap().as_dict().unwrap();
        let forms = resources.get_deref(b"XObject", &document).unwrap().as_dict().unwrap();
        for (_, form) in forms.iter() {
            let (_, form) = document.dereference(form).unwrap();
            let content = String::from_utf8(form.as_stream().unwrap().get_plain_content().unwrap()).unwrap();
            // The mark's strings are written in hexadecimal digits.
            for string in content.split('<').skip(1).filter_map(|rest| rest.split_once('>').map(|(s, _)| s)) {
                let bytes: Vec<u8> = (0..string.len() / 2).map(|n| u8::from_str_radix(&string[2 * n..2 * n + 2], 16).unwrap()).collect();
                text.push_str(&String::from_utf8(bytes).unwrap());
                text.push('\n');
            }
        }
        pages.push(text);
    }
    pages
}

/// A party with a published technology, another with a person it may be opened to, and what is at hand.
pub struct Room {
    /// Admin of the owner.
    pub owner: Client,
    /// Admin of another party.
    pub reader: Client,
    pub reader_account: base::AccountId,
    pub reader_party: base::PartyId,
    pub party: base::PartyId,
    pub listing: String,
    pub moderator: Client,
}

impl Room {
    pub async fn make(site: &Site) -> Self {
        let moderator = site.staff("moderator", &[StaffRole::Moderator]).await;
        let owner = site.person("owner").await;
        let (reader, reader_account) = site.account("reader", &[]).await;
        let party = site.party(&owner, "Viện Dừa", "institute").await;
        let reader_party = site.party(&reader, "Công ty Kẹo Dừa", "enterprise").await;
        let body = json!({"party": party, "content": technology("Máy sấy cơm dừa bơm nhiệt")});
        let listing = owner.post("/api/v1/technologies", body).await.expect(201)["id"].as_str().unwrap().to_owned();
        let steps = format!("/api/v1/listings/{listing}/transitions");
        let seen = owner.post_at(&steps, 1, json!({"step": "submit"})).await.expect(200)["version"].as_i64().unwrap();
        publish(&moderator, &listing, seen).await;
        Self { owner, reader, reader_account, reader_party, party, listing, moderator }
    }

    pub fn at(&self, rest: &str) -> String {
        format!("/api/v1/listings/{}/{rest}", self.listing)
    }

    pub async fn confide(&self, text: Value) -> i64 {
        let seen = self.owner.get(&self.at("confidential")).await.expect(200)["version"].as_i64().unwrap();
        self.owner.put_at(&self.at("confidential"), seen, text).await.expect(200)["version"].as_i64().unwrap()
    }

    pub async fn hand_in(&self, name: &str, content: &[u8]) -> String {
        self.owner.hand_in(&self.at("files"), name, content).await.expect(201)["id"].as_str().unwrap().to_owned()
    }

    pub fn grant_body(&self) -> Value {
        json!({
            "party": self.reader_party, "email": "Reader@example.org", "purpose": "Thẩm định công nghệ", "expires_on": "2026-12-31"
        })
    }

    /// Opens it to the reader, who accepts.
    pub async fn open(&self) -> String {
        let granted = self.owner.post(&self.at("disclosures"), self.grant_body()).await.expect(201);
        let id = granted["id"].as_str().unwrap().to_owned();
        let hash = self.reader.get(&format!("/api/v1/disclosures/{id}")).await.expect(200)["nda"]["hash"].clone();
        self.reader.post(&format!("/api/v1/disclosures/{id}/accept-nda"), json!({"nda_hash": hash})).await.expect(200);
        id
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn everybody_to_whom_something_was_opened_can_be_leafed_to_and_closed() {
    on_every_database(async |site: Site| {
        let room = Room::make(&site).await;
        for n in 0..45 {
            let (_, account) = site.account(&format!("doc-gia-{n}"), &[]).await;
            site.member(room.reader_party, account, PartyRole::Viewer).await;
            let body = json!({
                "party": room.reader_party, "email": format!("doc-gia-{n}@example.org"), "purpose": "Thẩm định", "expires_on": "2026-12-31",
            });
            room.owner.post(&room.at("disclosures"), body).await.expect(201);
            site.clock.advance(chrono::TimeDelta::seconds(1));
        }
        let page = format!("/my/listings/{}/confidential", room.listing);
        let (mut at, mut found) = (page.clone(), Vec::new());
        for _ in 0..3 {
            let shown = room.owner.get(&at).await.text;
            assert!(shown.contains("Tất cả: 45"), "{shown}");
            found.extend(shown.split("name=\"disclosure\" value=\"").skip(1).map(|rest| rest.split('"').next().unwrap().to_owned()));
            let Some(next) = shown.split("rel=\"next\"").next().filter(|_| shown.contains("rel=\"next\"")) else { break };
            at = next
                .rsplit("href=\"")
                .next()
                .unwrap()
                .split('"')
                .next()
                .unwrap()
                .replace("&#38;", "&")
                .split('#')
                .next()
                .unwrap()
                .to_owned();
        }
        let all: std::collections::BTreeSet<&String> = found.iter().collect();
        assert_eq!((found.len(), all.len()), (45, 45), "each once, the oldest too");
        site.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_confided_is_opened_to_one_person_under_an_agreement_and_every_look_is_noted() {
    on_every_database(async |site: Site| {
        let room = Room::make(&site).await;
        let secret = json!({"know_how": "Tỷ lệ enzym 0,4 %", "process_parameters": "55 độ, 40 phút"});
        assert_eq!(room.confide(secret.clone()).await, 1);
        let stale = room.owner.put_at(&room.at("confidential"), 0, secret.clone()).await;
        assert_eq!(stale.status, 412, "{}", stale.text);
        let document = pdf(&["Trang mot", "Trang hai"]);
        let (plan, table) = (room.hand_in("Quy trình.pdf", &document).await, room.hand_in("Số liệu.csv", "mẻ;giờ\n1;5\n".as_bytes()).await);

        // Nobody else knows of it: not its reader-to-be, not staff.
        let administrator = site.staff("administrator", &[StaffRole::Administrator]).await;
        for client in [&room.reader, &room.moderator, &administrator] {
            for path in ["confidential", "files", "disclosures", "disclosure-views"] {
                assert_eq!(client.get(&room.at(path)).await.status, 404, "{path}");
            }
        }
        // A viewer of the owner is no reader of it either, and an editor opens it to nobody.
        let (viewer, account) = site.account("viewer", &[]).await;
        site.member(room.party, account, PartyRole::Viewer).await;
        assert_eq!(viewer.get(&room.at("confidential")).await.status, 404);
        let (editor, account) = site.account("editor", &[]).await;
        site.member(room.party, account, PartyRole::Editor).await;
        assert_eq!(editor.get(&room.at("confidential")).await.expect(200)["text"], secret);
        assert_eq!(editor.post(&room.at("disclosures"), room.grant_body()).await.status, 403);

        let mut wrong = room.grant_body();
        wrong["email"] = json!("nobody@example.org");
        let refused = room.owner.post(&room.at("disclosures"), wrong).await;
        assert_eq!((refused.status.as_u16(), refused.pointers()), (422, vec!["/email".to_owned()]));
        let mut wrong = room.grant_body();
        (wrong["expires_on"], wrong["purpose"]) = (json!("2026-11-01"), json!(" "));
        let refused = room.owner.post(&room.at("disclosures"), wrong).await;
        assert_eq!((refused.status.as_u16(), refused.pointers()), (422, vec!["/purpose".to_owned(), "/expires_on".to_owned()]));

        let keyed = room.owner.clone().with("idempotency-key", "grant-1");
        let granted = keyed.post(&room.at("disclosures"), room.grant_body()).await.expect(201);
        assert_eq!(keyed.post(&room.at("disclosures"), room.grant_body()).await.expect(201), granted);
        let again = room.owner.post(&room.at("disclosures"), room.grant_body()).await;
        assert_eq!((again.status.as_u16(), again.pointers()), (422, vec!["/email".to_owned()]), "{}", again.text);

        // The reader: the agreement first, the text that is in force, once.
        let id = granted["id"].as_str().unwrap();
        let (one, content) = (format!("/api/v1/disclosures/{id}"), format!("/api/v1/disclosures/{id}/content"));
        let mine = room.reader.get("/api/v1/disclosures").await.expect(200);
        assert_eq!((&mine["total"], &mine["items"][0]["state"]), (&json!(1), &json!("granted")));
        assert_eq!(mine["items"][0]["listing_title"], "Máy sấy cơm dừa bơm nhiệt");
        assert_eq!(room.reader.get(&content).await.status, 403, "the agreement comes first");
        let shown = room.reader.get(&one).await.expect(200);
        assert!(shown["nda"]["text"].as_str().unwrap().contains("bảo mật"), "{shown}");
        let accept = format!("{one}/accept-nda");
        assert_eq!(room.reader.post(&accept, json!({"nda_hash": "0".repeat(64)})).await.status, 409);
        assert_eq!(room.owner.post(&accept, json!({"nda_hash": shown["nda"]["hash"]})).await.status, 403);
        room.reader.post(&accept, json!({"nda_hash": shown["nda"]["hash"]})).await.expect(200);
        assert_eq!(room.reader.post(&accept, json!({"nda_hash": shown["nda"]["hash"]})).await.status, 409);

        // A program of the reader is not the reader.
        let program = room.reader.clone().with_token(&site, &["read", "write"]).await;
        assert_eq!(program.get(&content).await.status, 403);
        let opened = room.reader.get(&content).await;
        assert_eq!(opened.headers["cache-control"], "no-store");
        let opened = opened.expect(200);
        assert_eq!(opened["text"], secret);
        assert_eq!(opened["files"].as_array().unwrap().len(), 2);
        let got = room.reader.get(&format!("{one}/files/{plan}")).await;
        assert_eq!(got.status, 200, "{}", got.text);
        assert_eq!(got.headers["content-type"], "application/pdf");
        assert_eq!(got.headers["x-content-type-options"], "nosniff");
        assert_eq!(got.headers["cache-control"], "no-store");
        let name = got.headers["content-disposition"].to_str().unwrap();
        assert_eq!(name, "attachment; filename=\"quy trinh.pdf\"; filename*=UTF-8''Quy%20tr%C3%ACnh.pdf");
        let pages = drawn(&got.bytes);
        assert_eq!(pages.len(), 2);
        for (page, word) in pages.iter().zip(["Trang mot", "Trang hai"]) {
            let account = room.reader_account.to_string();
            for part in [word, "reader", "2026-11-24 05:00:00 UTC", &account] {
                assert!(page.contains(part), "{part}: {page}");
            }
        }
        let got = room.reader.get(&format!("{one}/files/{table}")).await;
        assert_eq!((got.text.as_str(), got.headers["content-type"].to_str().unwrap()), ("mẻ;giờ\n1;5\n", "text/csv; charset=utf-8"));

        // The ledger has every look, for the owner alone.
        let looks = room.owner.get(&format!("{one}/views")).await.expect(200);
        assert_eq!(looks["total"], 3, "{looks}");
        let what: Vec<&str> = looks["items"].as_array().unwrap().iter().map(|l| l["what"].as_str().unwrap()).collect();
        assert_eq!((what.iter().filter(|w| **w == "file").count(), what.iter().filter(|w| **w == "text").count()), (2, 1));
        assert!(looks["items"].as_array().unwrap().iter().all(|l| l["address"] == "127.0.0.1" && l["name"] == "reader"));
        assert_eq!(room.reader.get(&format!("{one}/views")).await.status, 403);
        assert_eq!(room.owner.get(&room.at("disclosure-views")).await.expect(200)["total"], 3);

        // Once it is closed, the next request finds nothing.
        assert_eq!(room.reader.post(&format!("{one}/revoke"), Value::Null).await.status, 403);
        room.owner.post(&format!("{one}/revoke"), Value::Null).await.expect(200);
        for path in [content.clone(), format!("{one}/files/{plan}")] {
            assert_eq!(room.reader.get(&path).await.status, 404, "{path}");
        }
        assert_eq!(room.reader.get(&one).await.expect(200)["state"], "revoked");
        assert_eq!(room.owner.get(&format!("{one}/views")).await.expect(200)["total"], 3, "what was refused is no look");

        // The log knows what happened and nothing of what was said.
        let events = site.app.store.events(&Filter::default(), 1_000).await.unwrap();
        let kinds: Vec<&str> = events.iter().map(|e| e.kind.as_str()).filter(|k| k.starts_with("disclosure.")).collect();
        assert_eq!(kinds.len(), 6, "{kinds:?}");
        let all = events.iter().map(|e| e.payload.to_string()).collect::<String>();
        for word in ["enzym", "Quy trình", "Thẩm định", "55 độ"] {
            assert!(!all.contains(word), "{word}");
        }
        site.stop().await;
    })
    .await;
}

/// What an account was told, oldest first.
async fn told(site: &Site, account: AccountId) -> Vec<(NoticeKind, String)> {
    let actor = Actor { capacity: Capacity::Person(account), ..Actor::anonymous(Lang::Vi) };
    let page = accounts::notices::list(&site.app.accounts, &actor, false, Limit::default(), None).await.unwrap();
    let mut told: Vec<_> = page.items.into_iter().map(|n| (n.kind, n.facts["what"].as_str().unwrap_or_default().to_owned())).collect();
    told.sort();
    told
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn both_sides_are_told_and_an_administrator_who_breaks_the_glass_is_seen() {
    on_every_database(async |site: Site| {
        let room = Room::make(&site).await;
        room.confide(json!({"know_how": "Tỷ lệ enzym 0,4 %"})).await;
        let file = room.hand_in("a.txt", b"abc").await;
        let id = room.open().await;
        for _ in 0..3 {
            room.reader.get(&format!("/api/v1/disclosures/{id}/content")).await.expect(200);
        }
        let owner: AccountId = room.owner.get("/api/v1/accounts/me").await.expect(200)["id"].as_str().unwrap().parse().unwrap();
        let used = |what: &str| (NoticeKind::DisclosureUsed, what.to_owned());
        assert_eq!(told(&site, room.reader_account).await, [(NoticeKind::DisclosureGranted, String::new())]);
        assert_eq!(told(&site, owner).await, [used("accepted"), used("opened")], "once a day, however often it is opened");

        let administrator = site.staff("administrator", &[StaffRole::Administrator]).await;
        let (glass, file) = (room.at("break-glass"), room.at(&format!("files/{file}/break-glass")));
        let short = administrator.post(&glass, json!({"reason": "vì tò mò"})).await;
        assert_eq!((short.status.as_u16(), short.pointers()), (422, vec!["/reason".to_owned()]));
        assert_eq!(room.owner.get(&room.at("disclosure-views")).await.expect(200)["total"], 3);
        let reason = json!({"reason": "Yêu cầu của tòa án, công văn số 12."});
        let opened = administrator.post(&glass, reason.clone()).await.expect(200);
        assert_eq!(opened["text"]["know_how"], "Tỷ lệ enzym 0,4 %");
        assert_eq!(administrator.post(&file, reason.clone()).await.text, "abc");
        let looks = room.owner.get(&room.at("disclosure-views")).await.expect(200);
        let seen = looks["items"].as_array().unwrap().iter().filter(|l| l["reason"] == reason["reason"] && l["name"] == "administrator");
        assert_eq!((looks["total"].as_u64(), seen.count()), (Some(5), 2), "{looks}");
        let glass = (NoticeKind::GlassBroken, "glass_broken".to_owned());
        assert_eq!(told(&site, owner).await, [used("accepted"), used("opened"), glass.clone(), glass]);

        // The same key is told once; but what it reads is what is there by then, so each look is in the ledger, and nobody else looks.
        let at = room.at("break-glass");
        let keyed = administrator.clone().with("idempotency-key", "glass-1");
        keyed.post(&at, reason.clone()).await.expect(200);
        room.confide(json!({"know_how": "Tỷ lệ enzym 0,5 %"})).await;
        assert_eq!(keyed.post(&at, reason.clone()).await.expect(200)["text"]["know_how"], "Tỷ lệ enzym 0,5 %");
        for _ in 0..2 {
            assert_eq!(keyed.post(&file, reason.clone()).await.text, "abc");
        }
        let looks = room.owner.get(&room.at("disclosure-views")).await.expect(200);
        let with_reason = looks["items"].as_array().unwrap().iter().filter(|l| l["reason"] == reason["reason"]).count();
        assert_eq!((looks["total"].as_u64(), with_reason), (Some(9), 6), "{looks}");
        let events = site.app.store.events(&Filter::default(), 1_000).await.unwrap();
        assert_eq!(events.iter().filter(|e| e.kind == "confidential.glass_broken").count(), 6);
        assert_eq!(told(&site, owner).await.len(), 6);
        assert_eq!(keyed.post(&at, json!({"reason": "Yêu cầu của tòa án, công văn số 13."})).await.status, 422);
        let stored: Vec<String> = {
            let backend = site.app.store.db().get_database_backend();
            let rows = site.app.store.db().query_all_raw(Statement::from_string(backend, "SELECT result FROM idempotency")).await.unwrap();
            rows.iter().map(|row| row.try_get_by_index::<String>(0).unwrap()).collect()
        };
        assert!(stored.iter().all(|answer| !answer.contains("enzym")), "{stored:?}");
        let account: AccountId = administrator.get("/api/v1/accounts/me").await.expect(200)["id"].as_str().unwrap().parse().unwrap();
        let other = site.staff("administrator-2", &[StaffRole::Administrator]).await;
        let seen = other.get(&format!("/api/v1/accounts/{account}")).await.expect(200)["version"].as_i64().unwrap();
        other.put_at(&format!("/api/v1/accounts/{account}/staff-roles"), seen, json!({"roles": []})).await.expect(200);
        let refused = keyed.post(&at, reason.clone()).await;
        assert!(matches!(refused.status.as_u16(), 401 | 404), "the right is asked for again: {}", refused.text);
        assert_eq!(room.owner.get(&room.at("disclosure-views")).await.expect(200)["total"], 9, "what was refused is no look");
        site.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn it_ends_with_its_day_and_with_the_readers_membership_and_lasts_through_a_restart() {
    on_every_database(async |site: Site| {
        let room = Room::make(&site).await;
        room.confide(json!({"other": "Bí quyết"})).await;
        let large: Vec<u8> = (0..9_000_000_u32).map(|n| b' ' + (n % 90) as u8).collect();
        let file = room.hand_in("Nhật ký.txt", &large).await;
        let id = room.open().await;
        let (content, path) = (format!("/api/v1/disclosures/{id}/content"), format!("/api/v1/disclosures/{id}/files/{file}"));
        assert_eq!(room.reader.get(&path).await.bytes, large);

        // What lies in the store is sealed, and nothing but the object lies there.
        let stored: Vec<_> = std::fs::read_dir(site.files()).unwrap().map(|e| e.unwrap().path()).collect();
        assert_eq!(stored.len(), 1, "{stored:?}");
        let sealed = std::fs::read(&stored[0]).unwrap();
        assert!(sealed.len() > large.len() && !sealed.windows(64).any(|w| w == &large[..64]));

        let site = site.restarted().await;
        let reader = site.visitor().sign_in("reader@example.org", PASSWORD).await;
        assert_eq!(reader.get(&path).await.bytes, large);
        assert_eq!(reader.get(&content).await.expect(200)["text"]["other"], "Bí quyết");

        // A file that was changed in the store does not leave whole.
        let mut broken = sealed.clone();
        let at = broken.len() - 100;
        broken[at] ^= 1;
        std::fs::write(&stored[0], &broken).unwrap();
        let partly = reqwest::Client::new().get(format!("http://{}{path}", site.address));
        let cookies = reader.cookies().iter().map(|(n, v)| format!("{n}={v}")).collect::<Vec<_>>().join("; ");
        let partly = partly.header("cookie", cookies).send().await.unwrap();
        assert!(partly.bytes().await.is_err(), "it breaks off");
        std::fs::write(&stored[0], &sealed).unwrap();

        // Who is no longer a member reads it no longer.
        let members = format!("/api/v1/parties/{}/memberships", room.reader_party);
        let host = site.account("host", &[]).await;
        site.member(room.reader_party, host.1, PartyRole::Admin).await;
        let all = reader.get(&members).await.expect(200);
        let own = all["items"].as_array().unwrap().iter().find(|m| m["email"] == "reader@example.org").unwrap();
        let step = format!("/api/v1/memberships/{}/transitions", own["id"].as_str().unwrap());
        host.0.post(&step, json!({"step": "suspend"})).await.expect(200);
        for path in [&content, &path, &format!("/api/v1/disclosures/{id}")] {
            assert_eq!(reader.get(path).await.status, 404, "{path}");
        }
        host.0.post(&step, json!({"step": "reinstate"})).await.expect(200);
        assert_eq!(reader.get(&content).await.status, 200);

        // The last day is a whole day in Vietnam; on the next it is over.
        let last: chrono::DateTime<chrono::Utc> = "2026-12-31T16:59:00Z".parse().unwrap();
        site.clock.advance(last - site.clock.now());
        let reader = site.visitor().sign_in("reader@example.org", PASSWORD).await;
        assert_eq!(reader.get(&content).await.status, 200);
        site.clock.advance(TimeDelta::minutes(2));
        assert_eq!(reader.get(&content).await.status, 404);
        assert_eq!(reader.get(&format!("/api/v1/disclosures/{id}")).await.expect(200)["state"], "expired");

        // A file that was removed is gone for good.
        let owner = site.visitor().sign_in("owner@example.org", PASSWORD).await;
        let gone = owner.send(Method::DELETE, &format!("/api/v1/listings/{}/files/{file}", room.listing), None).await;
        assert_eq!(gone.status, 204, "{}", gone.text);
        assert!(!stored[0].exists());
        assert_eq!(owner.get(&room.at("files")).await.expect(200)["total"], 0);
        let looks = owner.get(&room.at("disclosure-views")).await.expect(200);
        assert!(looks["items"].as_array().unwrap().iter().any(|l| l["file_name"] == "Nhật ký.txt"), "the ledger still knows its name");
        site.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_sweep_takes_what_is_old_and_unknown_and_nothing_of_another_space_or_where_most_is_unknown() {
    on_every_database(async |site: Site| {
        let room = Room::make(&site).await;
        let plant = |folder: &std::path::Path, n: u128, days: i64| {
            let path = folder.join(uuid::Uuid::from_u128(n).to_string());
            std::fs::write(&path, b"left over").unwrap();
            let written = site.clock.now() - TimeDelta::days(days);
            std::fs::File::options().write(true).open(&path).unwrap().set_modified(written.into()).unwrap();
            path
        };
        let sweep = async || brokering::confidential::files::sweep(&site.app.brokering).await.unwrap();
        let (own, root) = (site.files(), site.app.data.join("files"));
        let other = root.join(uuid::Uuid::from_u128(1).to_string());
        std::fs::create_dir(&other).unwrap();

        // The database knows of one file; one more goes once it is old.
        let file = room.hand_in("a.txt", b"abc").await;
        let stays = [plant(&other, 2, 900), plant(&root, 3, 900), plant(&own, 4, 29), own.join(&file)];
        let lost = plant(&own, 5, 31);
        assert_eq!(sweep().await, 1);
        assert!(!lost.exists() && stays.iter().all(|path| path.exists()), "{stays:?}");

        // Where most is unknown, it may be the wrong database: nothing goes until it knows as much again.
        let lost = [plant(&own, 6, 31), plant(&own, 7, 900)];
        assert_eq!(sweep().await, 0);
        assert!(lost.iter().chain(&stays).all(|path| path.exists()));
        let second = room.hand_in("b.txt", b"abc").await;
        assert_eq!(sweep().await, 2);
        assert!(!lost.iter().any(|path| path.exists()) && stays.iter().all(|path| path.exists()));

        // A file that the database knows was removed does not wait.
        let path = format!("{}/{second}", room.at("files"));
        assert_eq!(room.owner.send(Method::DELETE, &path, None).await.status, 204);
        let again = plant(&own, second.parse::<uuid::Uuid>().unwrap().as_u128(), 0);
        assert_eq!(sweep().await, 1);
        assert!(!again.exists() && stays.iter().all(|path| path.exists()));
        site.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_is_taken_only_if_it_is_what_its_name_says_and_small_enough() {
    on_every_database(async |site: Site| {
        let room = Room::make(&site).await;
        let files = room.at("files");
        let png = PNG.to_vec();
        let (locked_bytes, open_bytes) = (locked("secret"), locked(""));
        let mut carrying = Document::load_mem(&pdf(&["a"])).unwrap();
        let inner = carrying.add_object(Stream::new(dictionary! { "Type" => "EmbeddedFile" }, b"inner".to_vec()));
        carrying.add_object(dictionary! { "Type" => "Filespec", "EF" => dictionary! { "F" => inner } });
        let mut carrying_bytes = Vec::new();
        carrying.save_to(&mut carrying_bytes).unwrap();
        let cases: [(&str, &[u8], u16, &str); 13] = [
            ("a.pdf", &png, 415, "file_not_its_kind"),
            ("a.png", &pdf(&["a"]), 415, "file_not_its_kind"),
            ("a.docx", b"PK\x03\x04 no document", 415, "file_not_its_kind"),
            ("a.txt", b"\xff\xfea\0", 415, "file_not_its_kind"),
            ("a.exe", b"MZ", 415, "file_kind_unlisted"),
            ("a.png", b"\x89PNG\r\n\x1a\n....", 415, "file_not_its_kind"),
            ("a.png", &PNG[..PNG.len() - 12], 415, "file_not_its_kind"),
            ("a.jpg", b"\xff\xd8\xff\xe0 and so on\xff\xd9", 415, "file_not_its_kind"),
            ("a.pdf", b"%PDF-1.7\nnothing that can be read", 415, "file_not_its_kind"),
            ("a.pdf", b"%PDF-1.7\nnothing that can be read\n%%EOF", 422, "pdf_damaged"),
            ("a.pdf", &locked_bytes, 422, "pdf_locked"),
            ("a.pdf", &open_bytes, 422, "pdf_locked"),
            ("a.pdf", &carrying_bytes, 422, "pdf_attachments"),
        ];
        for (name, bytes, status, code) in cases {
            let refused = room.owner.hand_in(&files, name, bytes).await;
            assert_eq!(refused.status.as_u16(), status, "{name}: {}", refused.text);
            assert_eq!(
                (refused.json()["errors"][0]["code"].clone(), refused.pointers()),
                (json!(code), vec!["/file".to_owned()]),
                "{name}"
            );
        }
        // What unpacks to gigabytes meets the limits of the process it is looked at in.
        let burst = room.owner.hand_in(&files, "a.pdf", &bomb()).await;
        assert_eq!((burst.status.as_u16(), burst.json()["errors"][0]["code"].clone()), (422, json!("pdf_damaged")));
        let nothing = room.owner.hand_in(&files, "", b"").await;
        assert_eq!((nothing.status.as_u16(), nothing.pointers()), (422, vec!["/file".to_owned()]));
        // Who may hand in nothing is told so before the body is read.
        assert_eq!(room.reader.hand_in(&files, "a.png", &png).await.status, 404);
        assert_eq!(room.owner.get(&files).await.expect(200)["total"], 0);

        // 2 GB that say so are refused at once; those that do not, at the limit: what was sent of them by then is gone.
        let cookies = room.owner.cookies().iter().map(|(n, v)| format!("{n}={v}")).collect::<Vec<_>>().join("; ");
        let head = "--xxx\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.txt\"\r\n\r\n";
        let sent = Arc::new(AtomicU64::new(0));
        let counted = Arc::clone(&sent);
        let piece = Bytes::from(vec![b'a'; 1_000_000]);
        let body =
            futures_util::stream::iter(std::iter::once(Bytes::from(head)).chain(std::iter::repeat_n(piece, 2_000))).map(move |piece| {
                counted.fetch_add(piece.len() as u64, Ordering::SeqCst);
                Ok::<_, std::io::Error>(piece)
            });
        let request = reqwest::Client::new()
            .post(format!("http://{}{files}", site.address))
            .header("cookie", &cookies)
            .header("sec-fetch-site", "same-origin")
            .header("content-type", "multipart/form-data; boundary=xxx")
            .body(reqwest::Body::wrap_stream(body));
        // The server answers and hangs up; a client that is still writing may see only the latter.
        if let Ok(answer) = request.send().await {
            assert_eq!(answer.status(), 413);
        }
        let sent = sent.load(Ordering::SeqCst);
        assert!((10_000_000..40_000_000).contains(&sent), "{sent} bytes were taken");
        let folder = site.files();
        site.until("nothing of it is left", async || std::fs::read_dir(&folder).unwrap().count() == 0).await;

        // The same key, the same file: one file. Another file under the same key is refused.
        let keyed = room.owner.clone().with("idempotency-key", "file-1");
        let first = keyed.hand_in(&files, "a.png", &png).await.expect(201);
        assert_eq!(keyed.hand_in(&files, "a.png", &png).await.expect(201), first);
        assert_eq!(keyed.hand_in(&files, "b.txt", b"other").await.status, 422);
        assert_eq!(room.owner.get(&files).await.expect(200)["total"], 1);
        assert_eq!(std::fs::read_dir(&folder).unwrap().count(), 1);
        let id: ListingId = room.listing.parse().unwrap();
        assert!(brokering::confidential::is_there(site.app.store.db(), id).await.unwrap());
        site.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_import_that_is_taken_back_leaves_what_something_was_confided_of() {
    on_every_database(async |site: Site| {
        let author = site.person("author").await;
        let party = site.party(&author, "Viện Dừa", "institute").await.to_string();
        let row = json!({"kind": "technology", "source_lang": "vi", "content": technology("Máy sấy")}).to_string();
        let fields = [("party", party.as_str()), ("dry_run", "false")];
        let done = ended(&site, &author, &hand_over(&author, ("a.jsonl", &row), &fields).await).await;
        let list = format!("/api/v1/technologies?party={party}");
        let id = author.get(&list).await.expect(200)["items"][0]["id"].as_str().unwrap().to_owned();
        author.put_at(&format!("/api/v1/listings/{id}/confidential"), 0, json!({"other": "a"})).await.expect(200);
        assert_eq!(send_form(&author, &format!("{done}/undo"), &[]).await.status, 303);
        assert_eq!(author.get(&list).await.expect(200)["total"], 1);
        site.stop().await;
    })
    .await;
}

async fn send_form(client: &Client, path: &str, fields: &[(&str, &str)]) -> Answer {
    let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
    client.send_raw(Method::POST, path, "application/x-www-form-urlencoded", body.into_bytes()).await
}

/// The value of a hidden input.
fn hidden(page: &str, name: &str) -> String {
    let start = format!("name=\"{name}\" value=\"");
    page.split(&start).nth(1).unwrap_or_else(|| panic!("no {name} in {page}")).split('"').next().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn all_of_it_is_done_on_the_pages_and_nothing_typed_is_lost() {
    on_every_database(async |site: Site| {
        let room = Room::make(&site).await;
        let desk = format!("/my/listings/{}", room.listing);
        let page = format!("{desk}/confidential");
        assert!(room.owner.get(&desk).await.text.contains(&format!("href=\"{page}\"")));
        let public =
            room.owner.get(&format!("/api/v1/technologies/{}", room.listing)).await.expect(200)["url"].as_str().unwrap().to_owned();
        assert!(!site.visitor().get(&public).await.text.contains("Có thông tin bảo mật"));

        let text = [("_seen", "0"), ("know_how", "Ủ men 18 giờ."), ("other", "Khách hàng A")];
        assert_eq!(send_form(&room.owner, &page, &text).await.status, 303);
        let stale = send_form(&room.owner, &page, &[("_seen", "0"), ("know_how", "Ủ men 20 giờ.")]).await;
        assert_eq!(stale.status, 409);
        assert!(stale.text.contains("Ủ men 20 giờ."), "what was typed is there");
        let long = "x".repeat(15_001);
        let refused = send_form(&room.owner, &page, &[("_seen", "1"), ("know_how", &long), ("cost_structure", "Điện 40 %")]).await;
        assert_eq!(refused.status, 422);
        assert!(refused.text.contains(&long) && refused.text.contains("Điện 40 %") && refused.text.contains("href=\"#know_how\""));
        assert!(site.visitor().get(&public).await.text.contains("Có thông tin bảo mật, mở theo thỏa thuận bảo mật"));
        let english = site.visitor().get(&format!("/en{public}")).await;
        assert!(english.text.contains("Confidential details are opened under an NDA"));

        // A file; sent twice it is there once; what is none is told above the form.
        let shown = room.owner.get(&page).await.text;
        let action = shown.split(&format!("action=\"{desk}/files?key=")).nth(1).unwrap().split('"').next().unwrap();
        let action = format!("{desk}/files?key={action}");
        let document = pdf(&["Trang mot"]);
        for _ in 0..2 {
            assert_eq!(room.owner.hand_in(&action, "Quy trình.pdf", &document).await.status, 303);
        }
        assert_eq!(room.owner.get(&room.at("files")).await.expect(200)["total"], 1);
        let refused = room.owner.hand_in(&format!("{desk}/files"), "a.pdf", b"no document").await;
        assert_eq!(refused.status, 415);
        assert!(refused.text.contains("href=\"#file\"") && refused.text.contains("Quy trình.pdf"));

        // Opening it: a wrong address comes back as typed.
        let slug =
            site.visitor().get(&format!("/api/v1/parties/{}", room.reader_party)).await.expect(200)["slug"].as_str().unwrap().to_owned();
        let key = hidden(&shown, "_key");
        let grant = |email: &'static str| {
            let fields = vec![("_key", key.clone()), ("party", format!("https://x.example/parties/{slug}")), ("email", email.to_owned())];
            [fields, vec![("purpose", "Thẩm định <b>".to_owned()), ("expires_on", "2026-12-31".to_owned())]].concat()
        };
        let form = async |fields: Vec<(&'static str, String)>| {
            let fields: Vec<(&str, &str)> = fields.iter().map(|(n, v)| (*n, v.as_str())).collect();
            send_form(&room.owner, &format!("{desk}/disclosures"), &fields).await
        };
        site.indexed().await;
        let looked = send_form(&room.owner, &format!("{desk}/disclosures"), &[("_do", "find"), ("_find", &slug.replace('-', " "))]).await;
        let choice = format!("name=\"party\" value=\"{}\"", room.reader_party);
        assert!(looked.status == 200 && looked.text.contains(&choice), "a party is found by its name: {}", looked.text);
        let refused = form(grant("nobody@example.org")).await;
        assert_eq!(refused.status, 422);
        for part in ["nobody@example.org", "Thẩm định &#60;b&#62;", "href=\"#email\"", "value=\"2026-12-31\""] {
            assert!(refused.text.contains(part), "{part}");
        }
        for _ in 0..2 {
            assert_eq!(form(grant("reader@example.org")).await.status, 303);
        }
        let grants = room.owner.get(&room.at("disclosures")).await.expect(200);
        assert_eq!(grants["total"], 1, "{grants}");
        let id = grants["items"][0]["id"].as_str().unwrap().to_owned();

        // Reading and accepting, in the reader's language.
        let list = room.reader.get("/my/disclosures").await.text;
        let one = format!("/disclosures/{id}");
        assert!(list.contains(&format!("href=\"{one}\"")) && list.contains("Chờ chấp nhận thỏa thuận"));
        let agreement = room.reader.get(&format!("/en{one}")).await.text;
        assert!(agreement.contains("Confidentiality agreement") && agreement.contains("<h3>3. Duty of confidence</h3>"), "{agreement}");
        let early = room.reader.get(&format!("{one}/content")).await;
        assert_eq!((early.status.as_u16(), early.headers["location"].to_str().unwrap()), (303, one.as_str()));
        let hash = hidden(&agreement, "nda_hash");
        let unticked = send_form(&room.reader, &one, &[("nda_hash", &hash)]).await;
        assert_eq!(unticked.status, 422);
        let other = "0".repeat(64);
        assert_eq!(send_form(&room.reader, &one, &[("nda_hash", &other), ("agree", "yes")]).await.status, 409);
        assert_eq!(send_form(&room.reader, &format!("/en{one}"), &[("nda_hash", &hash), ("agree", "yes")]).await.status, 303);
        let content = room.reader.get(&format!("{one}/content")).await;
        assert_eq!(content.headers["cache-control"], "no-store");
        assert!(content.text.contains("Ủ men 18 giờ.") && content.text.contains("Quy trình.pdf") && content.text.contains("31/12/2026"));
        let file = content.text.split(&format!("href=\"{one}/files/")).nth(1).unwrap().split('"').next().unwrap();
        let got = room.reader.get(&format!("{one}/files/{file}")).await;
        assert!(drawn(&got.bytes)[0].contains("reader"), "it is marked on the pages too");

        // The ledger, and closing.
        let ledger = room.owner.get(&format!("{desk}/ledger")).await.text;
        assert!(ledger.contains("2 lượt xem") && ledger.contains("Quy trình.pdf") && ledger.contains("127.0.0.1"), "{ledger}");
        assert_eq!(send_form(&room.owner, &format!("{desk}/disclosures/revoke"), &[("disclosure", &id)]).await.status, 303);
        assert_eq!(room.reader.get(&format!("{one}/content")).await.status, 404);
        assert!(room.reader.get(&one).await.text.contains("Đã bị thu hồi"));
        // Removing asks first and says that it cannot be undone; nothing is gone by asking.
        let ask = format!("{desk}/files/remove?file={file}");
        assert!(room.owner.get(&page).await.text.contains(&format!("href=\"{ask}\"")));
        let asked = room.owner.get(&ask).await;
        assert!(
            asked.status == 200 && asked.text.contains("Không thể khôi phục") && asked.text.contains("Quy trình.pdf"),
            "{}",
            asked.text
        );
        assert_eq!(room.moderator.get(&ask).await.status, 404);
        assert_eq!(room.owner.get(&format!("{desk}/files/remove")).await.status, 404);
        assert_eq!(send_form(&room.owner, &format!("{desk}/files/remove"), &[("file", file)]).await.status, 303);
        assert_eq!(room.owner.get(&ask).await.status, 404);

        // To everybody else there is nothing.
        for path in [page, format!("{desk}/ledger"), one] {
            let got = room.moderator.get(&path).await;
            assert_eq!((got.status.as_u16(), got.text.contains("Ủ men")), (404, false), "{path}");
        }
        site.stop().await;
    })
    .await;
}
