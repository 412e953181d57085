//! A listing on paper: a sheet of two pages with a QR code that leads to its page.

use base64::Engine as _;
use serde_json::{Value, json};

use super::{Browser, DESKTOP, Window, journey_in_the_demonstration};
use crate::site::{Client, Site};

/// Millimetres of a sheet of A4, in the inches that the browser asks for.
const A4_INCHES: (f64, f64) = (8.27, 11.69);

impl Window {
    /// The page as it is printed on A4.
    async fn printed(&self) -> lopdf::Document {
        let paper = json!({"paperWidth": A4_INCHES.0, "paperHeight": A4_INCHES.1, "printBackground": true, "preferCSSPageSize": true});
        let pdf = self.cdp("Page.printToPDF", paper).await;
        let bytes = base64::engine::general_purpose::STANDARD.decode(pdf["data"].as_str().unwrap()).unwrap();
        lopdf::Document::load_mem(&bytes).unwrap()
    }
}

/// Bytes of all that a value says.
fn words(value: &Value) -> usize {
    match value {
        Value::String(text) => text.len(),
        Value::Array(items) => items.iter().map(words).sum(),
        Value::Object(fields) => fields.values().map(words).sum(),
        _ => 0,
    }
}

/// The page of the listing of a kind that says most, and how much that is.
async fn fullest(visitor: &Client, kind: &str, path: &str) -> (usize, String) {
    let all = visitor.get(&format!("/api/v1/search?kind={kind}&limit=100")).await.expect(200);
    let mut fullest = (0, String::new());
    for item in all["items"].as_array().unwrap() {
        let shown = visitor.get(&format!("/api/v1/{path}/{}", item["id"].as_str().unwrap())).await.expect(200);
        fullest = fullest.max((words(&shown["content"]), shown["url"].as_str().unwrap().to_owned()));
    }
    fullest
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_fullest_listing_of_each_kind_is_printed_on_two_pages_with_its_code() {
    journey_in_the_demonstration("print", async |site: &Site, browser: &Browser| {
        let visitor = site.visitor();
        let window = browser.window(DESKTOP).await;
        for (kind, path) in [("technology", "technologies"), ("ip_asset", "ip-assets"), ("need", "needs")] {
            let (bytes, page) = fullest(&visitor, kind, path).await;
            assert!(bytes > 300, "{page}: {bytes}");
            for page in [page.clone(), format!("/en{page}")] {
                window.open(&page).await;
                window.see("main h1").await;
                let sheet = window.printed().await;
                let pages = sheet.get_pages().len();
                assert!((1..=2).contains(&pages), "{page} takes {pages} pages");
                let text = sheet.extract_text(&sheet.get_pages().keys().copied().collect::<Vec<u32>>());
                assert!(text.is_ok(), "{page}: {text:?}");

                // On a screen the code is not shown; on paper it is, and what is to be pressed is not.
                assert!(!window.sees(".print-qr").await, "{page}");
                window.cdp("Emulation.setEmulatedMedia", json!({"media": "print"})).await;
                let seen = window
                    .ask(
                        "const box = document.querySelector('.print-qr svg').getBoundingClientRect();
                         const pressed = [...document.querySelectorAll('.site-search, .site-tools, .interest-door, .pairs-link, main button')];
                         return [box.width > 60 && box.height > 60, pressed.filter(one => one.getClientRects().length).length]",
                    )
                    .await;
                assert_eq!(seen, json!([true, 0]), "{page}");
                window.cdp("Emulation.setEmulatedMedia", json!({"media": ""})).await;
            }
        }
    })
    .await;
}
