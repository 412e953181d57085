//! Bodies that are larger than anybody needs: refused before they are there, and the server goes on.

use std::time::Duration;

use reqwest::Method;
use serde_json::json;
use store::testing::TestStore;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::bad_input::{TECHNOLOGIES, author};
use crate::main_job::technology;
use crate::site::{Site, on_every_database};

/// Writes a request by hand and gives the status of what comes back, however the sending ends.
async fn by_hand(site: &Site, head: String, chunk: Vec<u8>, chunks: usize, end: &[u8]) -> u16 {
    let (mut reading, mut writing) = TcpStream::connect(site.address).await.unwrap().into_split();
    let end = end.to_vec();
    let sending = tokio::spawn(async move {
        // The server may hang up at any moment: that is its right.
        if writing.write_all(head.as_bytes()).await.is_err() {
            return writing;
        }
        for _ in 0..chunks {
            if writing.write_all(&chunk).await.is_err() {
                return writing;
            }
        }
        let _ = writing.write_all(&end).await;
        writing
    });
    let mut answer = Vec::new();
    let mut part = [0_u8; 4_096];
    let read = async {
        while !answer.windows(4).any(|w| w == b"\r\n\r\n") {
            match reading.read(&mut part).await {
                Ok(n) if n > 0 => answer.extend_from_slice(&part[..n]),
                _ => break,
            }
        }
    };
    assert!(tokio::time::timeout(Duration::from_secs(60), read).await.is_ok(), "no answer");
    sending.abort();
    let text = String::from_utf8_lossy(&answer);
    text.split(' ').nth(1).and_then(|s| s.parse().ok()).unwrap_or_else(|| panic!("no answer but {text:?}"))
}

/// 100 MB are not read: with a length they are refused by it, without one when the limit is passed.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_body_of_100_mb_is_refused_before_it_is_there() {
    on_every_database(async |site: Site| {
        let (author, _) = author(&site).await;
        let token = json!({"name": "test", "scopes": ["read", "write"], "days": 30});
        let made = author.post("/api/v1/tokens", token).await.expect(201);
        let secret = made["secret"].as_str().unwrap();
        for path in [TECHNOLOGIES, "/api/v1/session"] {
            let head = |length: &str| {
                format!("POST {path} HTTP/1.1\r\nHost: {}\r\nAuthorization: Bearer {secret}\r\nContent-Type: application/json\r\n{length}\r\n\r\n", site.address)
            };
            let status = by_hand(&site, head("Content-Length: 100000000"), vec![b' '; 100_000], 1_000, b"").await;
            assert_eq!(status, 413, "{path} with a length");
            let mut chunk = b"186A0\r\n".to_vec(); // 100,000
            chunk.extend(vec![b' '; 100_000]);
            chunk.extend(b"\r\n");
            let status = by_hand(&site, head("Transfer-Encoding: chunked"), chunk, 1_000, b"0\r\n\r\n").await;
            assert_eq!(status, 413, "{path} in chunks");
        }
        // Lengths that are no lengths, or two of them.
        for (length, body) in [("Content-Length: -1", ""), ("Content-Length: 5\r\nContent-Length: 6", "{}    "), ("Content-Length: 99999999999999999999999", "")] {
            let head = format!("POST {TECHNOLOGIES} HTTP/1.1\r\nHost: {}\r\nContent-Type: application/json\r\n{length}\r\n\r\n", site.address);
            let status = by_hand(&site, head, body.as_bytes().to_vec(), 1, b"").await;
            assert!(matches!(status, 400 | 413), "{length}: {status}");
        }
        assert_eq!(site.visitor().get("/readyz").await.status, 200);
        site.stop().await;
    })
    .await;
}

/// What comes before a file without end, in a body that says no length, is refused when it is more than a form has there; a
/// text that is given again and again is not kept.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_form_with_a_file_is_read_no_further_than_a_form_may_go() {
    let site = Site::start(TestStore::sqlite().await.unwrap()).await;
    let (author, party) = author(&site).await;
    let made = author.post(TECHNOLOGIES, json!({"party": party, "content": technology("Máy sấy")})).await.expect(201);
    let files = format!("/api/v1/listings/{}/files", made["id"].as_str().unwrap());
    let cookies = author.cookies().iter().map(|(n, v)| format!("{n}={v}")).collect::<Vec<_>>().join("; ");
    let mut chunk = b"186A0\r\n".to_vec(); // 100,000
    chunk.extend(vec![b'a'; 100_000]);
    chunk.extend(b"\r\n");
    let part = "--xxx\r\nContent-Disposition: form-data; name=\"file\"; filename=\"";
    for path in ["/api/v1/imports", &files] {
        for begin in ["", part] {
            let begin = if begin.is_empty() { String::new() } else { format!("{:x}\r\n{begin}\r\n", begin.len()) };
            let head = format!(
                "POST {path} HTTP/1.1\r\nHost: {}\r\nCookie: {cookies}\r\nSec-Fetch-Site: same-origin\r\nContent-Type: multipart/form-data; boundary=xxx\r\nTransfer-Encoding: chunked\r\n\r\n{begin}",
                site.address
            );
            assert_eq!(by_hand(&site, head, chunk.clone(), 100, b"0\r\n\r\n").await, 400, "{path}: {begin:?}");
        }
    }
    let text = "--xxx\r\nContent-Disposition: form-data; name=\"party\"\r\n\r\nx\r\n";
    let twice = format!("{text}{text}--xxx--\r\n").into_bytes();
    let refused = author.send_raw(Method::POST, "/api/v1/imports", "multipart/form-data; boundary=xxx", twice).await;
    assert_eq!((refused.status.as_u16(), refused.json()["type"].as_str()), (400, Some("/problems/bad-form")), "{}", refused.text);
    assert_eq!(site.visitor().get("/readyz").await.status, 200);
    site.stop().await;
}
