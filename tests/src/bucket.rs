//! Sealed files in a bucket: the space against a store that speaks the S3 protocol over HTTP and checks every signature.
//!
//! The store here follows Amazon's description (multipart upload, GET, HEAD, DELETE, DeleteObjects, ListObjectsV2, Signature Version 4) as
//! far as the space uses it, and refuses the rest, so that what the space begins to use has to be added.

use std::collections::{BTreeMap, HashMap};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use accounts::Hidden;
use axum::body::Bytes;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, Method, StatusCode};
use axum::response::{IntoResponse as _, Response};
use serde_json::json;
use sha2::{Digest as _, Sha256};
use store::testing::TestStore;

use crate::deals::Cast;
use crate::site::Site;

const BUCKET: &str = "ho-so";
const ACCESS_KEY: &str = "innospace-files";
const SECRET_KEY: &str = "a-secret-of-the-bucket";

/// What lies in the bucket.
#[derive(Default)]
struct Bucket {
    objects: Mutex<BTreeMap<String, Bytes>>,
    /// Parts of uploads that are not complete, by upload and number.
    uploads: Mutex<HashMap<String, BTreeMap<u32, Bytes>>>,
    begun: AtomicU64,
    most_parts: AtomicU64,
    is_down: AtomicBool,
}

impl Bucket {
    /// Serves it; gives its address.
    async fn serve(self: &Arc<Self>) -> String {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let app =
            axum::Router::new().fallback(answer).layer(axum::extract::DefaultBodyLimit::max(64 * 1024 * 1024)).with_state(Arc::clone(self));
        tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
        format!("http://{address}")
    }

    fn names(&self) -> Vec<String> {
        self.objects.lock().unwrap().keys().cloned().collect()
    }
}

fn hmac(key: &[u8], message: &str) -> [u8; 32] {
    let mut block = [0_u8; 64];
    block[..key.len()].copy_from_slice(key);
    let with = |pad: u8| block.map(|byte| byte ^ pad);
    let inner = Sha256::new().chain_update(with(0x36)).chain_update(message).finalize();
    Sha256::new().chain_update(with(0x5c)).chain_update(inner).finalize().into()
}

/// Whether a request carries the signature that the secret key gives it (AWS Signature Version 4).
fn is_signed(method: &Method, path: &str, query: &str, headers: &HeaderMap) -> bool {
    let header = |name: &str| headers.get(name).and_then(|v| v.to_str().ok()).unwrap_or_default();
    let authorization = header("authorization");
    let part = |name: &str| authorization.split(name).nth(1).and_then(|rest| rest.split(',').next()).unwrap_or_default();
    let mut scope = part("Credential=").splitn(2, '/');
    let (key, scope) = (scope.next().unwrap_or_default(), scope.next().unwrap_or_default());
    let (signed, signature) = (part("SignedHeaders="), part("Signature="));
    let mut pairs: Vec<String> =
        query.split('&').filter(|p| !p.is_empty()).map(|p| if p.contains('=') { p.to_owned() } else { format!("{p}=") }).collect();
    pairs.sort();
    let canonical_headers: String = signed.split(';').map(|name| format!("{name}:{}\n", header(name).trim())).collect();
    let payload = header("x-amz-content-sha256");
    let canonical = format!("{method}\n{path}\n{}\n{canonical_headers}\n{signed}\n{payload}", pairs.join("&"));
    let to_sign = format!("AWS4-HMAC-SHA256\n{}\n{scope}\n{}", header("x-amz-date"), hex::encode(Sha256::digest(canonical.as_bytes())));
    let signing = scope.split('/').fold(format!("AWS4{SECRET_KEY}").into_bytes(), |key, part| hmac(&key, part).to_vec());
    key == ACCESS_KEY && signed.contains("host") && signature == hex::encode(hmac(&signing, &to_sign))
}

async fn answer(State(bucket): State<Arc<Bucket>>, request: Request) -> Response {
    let (head, body) = request.into_parts();
    let (path, query) = (head.uri.path().to_owned(), head.uri.query().unwrap_or_default().to_owned());
    let body = axum::body::to_bytes(body, usize::MAX).await.unwrap();
    if bucket.is_down.load(Ordering::SeqCst) {
        return StatusCode::SERVICE_UNAVAILABLE.into_response();
    }
    if !is_signed(&head.method, &path, &query, &head.headers) {
        return (StatusCode::FORBIDDEN, "<Error><Code>SignatureDoesNotMatch</Code></Error>").into_response();
    }
    let key = path.trim_start_matches('/').strip_prefix(BUCKET).unwrap_or("?").trim_start_matches('/').to_owned();
    let asked: HashMap<String, String> = form_urlencoded::parse(query.as_bytes()).into_owned().collect();
    let tag = |bytes: &[u8]| format!("\"{}\"", hex::encode(&Sha256::digest(bytes)[..16]));
    let mut uploads = bucket.uploads.lock().unwrap();
    let mut objects = bucket.objects.lock().unwrap();
    match (head.method.as_str(), asked.get("uploadId"), asked.get("partNumber")) {
        ("POST", None, _) if asked.contains_key("uploads") => {
            let id = format!("upload-{}", bucket.begun.fetch_add(1, Ordering::SeqCst));
            uploads.insert(id.clone(), BTreeMap::new());
            let xml = format!(
                "<InitiateMultipartUploadResult><Bucket>{BUCKET}</Bucket><Key>{key}</Key><UploadId>{id}</UploadId></InitiateMultipartUploadResult>"
            );
            xml.into_response()
        }
        ("PUT", Some(upload), Some(number)) => {
            let Some(parts) = uploads.get_mut(upload) else { return StatusCode::NOT_FOUND.into_response() };
            let etag = tag(&body);
            parts.insert(number.parse().unwrap(), body);
            ([("etag", etag)], "").into_response()
        }
        ("POST", Some(upload), None) => {
            let Some(parts) = uploads.remove(upload) else { return StatusCode::NOT_FOUND.into_response() };
            let sizes: Vec<usize> = parts.values().map(Bytes::len).collect();
            let (last, whole) = sizes.split_last().unwrap();
            if whole.iter().any(|size| *size < 5 * 1024 * 1024) {
                return (StatusCode::BAD_REQUEST, "<Error><Code>EntityTooSmall</Code></Error>").into_response();
            }
            // Not Amazon's rule, but that of Cloudflare's R2: all parts but the last are alike.
            if whole.iter().any(|size| *size != whole[0] || last > size) {
                return (StatusCode::BAD_REQUEST, "<Error><Code>InvalidPart</Code></Error>").into_response();
            }
            bucket.most_parts.fetch_max(sizes.len() as u64, Ordering::SeqCst);
            let whole: Vec<u8> = parts.into_values().flatten().collect();
            let etag = tag(&whole);
            objects.insert(key.clone(), whole.into());
            let xml = format!(
                "<CompleteMultipartUploadResult><Bucket>{BUCKET}</Bucket><Key>{key}</Key><ETag>{etag}</ETag></CompleteMultipartUploadResult>"
            );
            xml.into_response()
        }
        ("DELETE", Some(upload), None) => {
            uploads.remove(upload);
            StatusCode::NO_CONTENT.into_response()
        }
        ("DELETE", None, None) => {
            objects.remove(&key);
            StatusCode::NO_CONTENT.into_response()
        }
        ("POST", None, None) if key.is_empty() && asked.contains_key("delete") => {
            let text = String::from_utf8(body.to_vec()).unwrap();
            let mut gone = String::new();
            for key in text.split("<Key>").skip(1).filter_map(|rest| rest.split("</Key>").next()) {
                objects.remove(key);
                gone.push_str(&format!("<Deleted><Key>{key}</Key></Deleted>"));
            }
            format!("<DeleteResult>{gone}</DeleteResult>").into_response()
        }
        ("GET", None, None) if key.is_empty() && asked.get("list-type").is_some_and(|t| t == "2") => {
            let prefix = asked.get("prefix").map_or("", String::as_str);
            let found: Vec<(&String, &Bytes)> = objects.iter().filter(|(key, _)| key.starts_with(prefix)).collect();
            let contents: String = found
                .iter()
                .map(|(key, bytes)| {
                    format!(
                        "<Contents><Key>{key}</Key><LastModified>2026-01-05T03:00:00.000Z</LastModified><ETag>{}</ETag><Size>{}</Size></Contents>",
                        tag(bytes),
                        bytes.len()
                    )
                })
                .collect();
            let count = found.len();
            format!(
                "<ListBucketResult><Name>{BUCKET}</Name><KeyCount>{count}</KeyCount><IsTruncated>false</IsTruncated>{contents}</ListBucketResult>"
            )
            .into_response()
        }
        ("GET" | "HEAD", None, None) => match objects.get(&key) {
            Some(bytes) => {
                ([("etag", tag(bytes)), ("last-modified", "Mon, 05 Jan 2026 03:00:00 GMT".to_owned())], bytes.clone()).into_response()
            }
            None => (StatusCode::NOT_FOUND, "<Error><Code>NoSuchKey</Code></Error>").into_response(),
        },
        _ => StatusCode::NOT_IMPLEMENTED.into_response(),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn files_in_a_bucket_are_sealed_come_back_whole_and_go_when_they_are_taken_back() {
    let bucket = Arc::new(Bucket::default());
    let endpoint = bucket.serve().await;
    let store = TestStore::all().await.unwrap().remove(0);
    let with_bucket = |config: &mut innospace::config::Config| {
        config.files.max_mb = 20;
        config.files.s3_bucket = BUCKET.to_owned();
        config.files.s3_endpoint.clone_from(&endpoint);
        config.files.s3_access_key = ACCESS_KEY.to_owned();
        config.files.s3_secret_key = Hidden(SECRET_KEY.to_owned());
    };
    let site = Site::start_with(store, with_bucket).await;
    let cast = Cast::make(&site, "s3").await;
    let (owner, seeker) = (&cast.owner, &cast.seeker);
    let documents = format!("{}/documents", cast.deal("technical_service").await.path);
    let one = |receipt: &serde_json::Value| format!("{documents}/{}", receipt["id"].as_str().unwrap());

    // One of a few bytes, and one of several parts.
    let small = owner.hand_in(&documents, "Biên bản.txt", "Đã chạy thử đạt yêu cầu.".as_bytes()).await.expect(201);
    let text: Vec<u8> = (0..600_000_u32).flat_map(|n| format!("dòng {n:>9} đo\n").into_bytes()).collect();
    assert!(text.len() > 11 * 1024 * 1024, "more than two parts");
    let large = owner.hand_in(&documents, "Số liệu đo.txt", &text).await.expect(201);
    assert_eq!(seeker.get(&one(&small)).await.text, "Đã chạy thử đạt yêu cầu.");
    assert!(seeker.get(&one(&large)).await.bytes == text, "it comes back as it went");
    assert_eq!((bucket.names().len(), bucket.most_parts.load(Ordering::SeqCst)), (2, 3));
    for bytes in bucket.objects.lock().unwrap().values() {
        assert!(!bytes.windows(5).any(|w| w == "dòng".as_bytes() || w == b"ch\xe1\xba\xa1"), "what lies there is sealed");
    }
    assert!(std::fs::read_dir(site.app.data.join("files")).is_err(), "and no folder beside it");

    // What is refused half-way leaves nothing, and what nobody knows of is swept away.
    assert_eq!(owner.hand_in(&documents, "a.pdf", &text).await.status, 415);
    site.until("the upload is given up", async || bucket.uploads.lock().unwrap().is_empty()).await;
    let (unknown, space) = (uuid::Uuid::nil(), site.app.store.space());
    assert!(bucket.names().iter().all(|name| name.starts_with(&format!("{space}/"))), "{:?}", bucket.names());
    let theirs = [format!("{unknown}/{unknown}"), unknown.to_string()];
    for name in theirs.iter().chain([&format!("{space}/{unknown}")]) {
        bucket.objects.lock().unwrap().insert(name.clone(), Bytes::from_static(b"left over"));
    }
    assert_eq!(brokering::confidential::files::sweep(&site.app.brokering).await.unwrap(), 1);
    assert!(bucket.names().len() == 4 && theirs.iter().all(|name| bucket.names().contains(name)), "another space's stay");
    bucket.objects.lock().unwrap().retain(|name, _| !theirs.contains(name));

    // A bucket that is down: the space says that it cannot now, keeps no trace, and goes on when it can.
    bucket.is_down.store(true, Ordering::SeqCst);
    let refused = owner.hand_in(&documents, "b.txt", b"abc").await;
    assert!(refused.status.is_server_error() && refused.json()["title"].is_string(), "{} {}", refused.status, refused.text);
    assert!(!refused.text.contains(&endpoint) && !refused.text.contains(ACCESS_KEY), "{}", refused.text);
    assert!(seeker.get(&one(&large)).await.status.is_server_error());
    bucket.is_down.store(false, Ordering::SeqCst);
    assert_eq!(owner.get(&documents).await.expect(200)["total"], 2);
    assert!(seeker.get(&one(&large)).await.bytes == text);

    assert_eq!(owner.send(reqwest::Method::DELETE, &one(&large), None).await.status, 204);
    assert_eq!((seeker.get(&one(&large)).await.status.as_u16(), bucket.names().len()), (404, 1));
    site.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_bucket_whose_key_is_another_takes_nothing() {
    let bucket = Arc::new(Bucket::default());
    let endpoint = bucket.serve().await;
    let site = Site::start_with(TestStore::all().await.unwrap().remove(0), |config| {
        config.files.s3_bucket = BUCKET.to_owned();
        config.files.s3_endpoint = endpoint;
        config.files.s3_access_key = ACCESS_KEY.to_owned();
        config.files.s3_secret_key = Hidden("another".to_owned());
    })
    .await;
    let cast = Cast::make(&site, "s4").await;
    let documents = format!("{}/documents", cast.deal("technical_service").await.path);
    let refused = cast.owner.hand_in(&documents, "a.txt", b"abc").await;
    assert!(refused.status.is_server_error(), "{}", refused.text);
    assert_eq!((cast.owner.get(&documents).await.expect(200)["total"].clone(), bucket.names().len()), (json!(0), 0));
    site.stop().await;
}
