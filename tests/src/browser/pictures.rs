//! The pictures of help and README: the demonstration space with some work going on in it, photographed in both languages.
//!
//! They are taken in every run, so that no scene is lost when pages change, and kept only when that is asked for, since a
//! picture that is made anew differs by a dot or two each time: with `KEEP_PICTURES=1`,
//! `cargo nextest run --workspace -E 'test(the_pictures_of_help)'` writes them into `crates/server/assets/pictures`. Which
//! page shows which is in `crates/server/help`.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use base::Lang;
use base64::Engine as _;
use serde_json::{Value, json};

use super::png::Picture;
use super::{Browser, Look, Window, journey_in_the_demonstration};
use crate::deals::Deal;
use crate::main_job::technology;
use crate::site::{Client, Site};

/// As narrow as the layout of a desk goes, so that letters stay readable where a page shows the picture smaller.
const LOOK: Look = Look { name: "pictures", width: 1080, height: 800, is_dark: false };
/// What a picture may weigh. What a page of help may weigh with all of its own is held elsewhere (`help`).
const BYTES: usize = 34_000;

/// A picture to take.
struct Scene {
    name: &'static str,
    who: Option<Client>,
    path: String,
    /// What of the page is in it, from its top on.
    css: &'static str,
    height: u32,
}

/// The people of the demonstration that appear, and the parties of two of them.
struct Cast {
    institute: Client,
    firm: Client,
    broker: Client,
    moderator: Client,
    institute_party: String,
    firm_party: String,
}

/// Something that is found, by a part of its title: its id and its page.
async fn found(client: &Client, kind: &str, title: &str) -> (String, String) {
    let all = client.get(&format!("/api/v1/search?kind={kind}&limit=100")).await.expect(200);
    let one = all["items"].as_array().unwrap().iter().find(|i| i["title"].as_str().unwrap().contains(title));
    let one = one.unwrap_or_else(|| panic!("no {kind} {title}"));
    (one["id"].as_str().unwrap().to_owned(), one["url"].as_str().unwrap().to_owned())
}

async fn hand_in(author: &Client, id: &str) {
    let listing = format!("/api/v1/listings/{id}/transitions");
    for seen in 1..20 {
        let answer = author.post_at(&listing, seen, json!({"step": "submit"})).await;
        if answer.status == 200 {
            return;
        }
        assert_eq!(answer.status, 412, "{}", answer.text);
    }
    panic!("{id} has another version");
}

impl Cast {
    async fn of(site: &Site) -> Self {
        let visitor = site.visitor();
        Self {
            institute: site.invented("vien-dua").await,
            firm: site.invented("che-bien-dua").await,
            broker: site.invented("moi-gioi").await,
            moderator: site.invented("kiem-duyet").await,
            institute_party: found(&visitor, "party", "Viện Nghiên cứu Dừa").await.0,
            firm_party: found(&visitor, "party", "Dừa Mây Thạnh Phú").await.0,
        }
    }

    /// Listings that wait for review; gives the one of them that is a change of what is public.
    async fn submit(&self) -> String {
        let draft = json!({"party": self.institute_party, "content": technology("Máy tách phôi dừa sáp bán tự động")});
        let draft = self.institute.post("/api/v1/technologies", draft).await.expect(201);
        hand_in(&self.institute, draft["id"].as_str().unwrap()).await;

        let (id, _) = found(&self.institute, "technology", "Chẩn đoán dinh dưỡng lá").await;
        let address = format!("/api/v1/technologies/{id}");
        let shown = self.institute.get(&address).await.expect(200);
        let mut content = shown["content"].clone();
        for field in ["summary", "problem"] {
            let text = content[field]["vi"]["text"].as_str().unwrap_or_else(|| panic!("{field}: {content}"));
            let text = format!("{text} Số liệu cập nhật vụ 2026.");
            content[field] = json!({ "vi": text });
        }
        let seen = shown["inside"]["version"].as_i64().unwrap();
        self.institute.put_at(&address, seen, json!({"content": content})).await.expect(200);
        hand_in(&self.institute, &id).await;
        self.moderator.post(&format!("/api/v1/listings/{id}/reviews"), Value::Null).await.expect(200);
        id
    }

    /// Deals at several stages; gives the one that has come farthest.
    async fn deals(&self, site: &Site) -> String {
        let visitor = site.visitor();
        let mut last = String::new();
        for (title, kind, stages) in [
            ("Lò than sinh học", "equipment_with_technology", 0),
            ("Chẩn đoán dinh dưỡng", "technical_service", 1),
            ("phóng thích ong ký sinh", "technical_service", 2),
            ("nuôi cấy phôi dừa sáp hai giai đoạn và thuần", "licence", 3),
        ] {
            let (listing, _) = found(&visitor, "technology", title).await;
            let new = json!({"kind": kind, "listing": listing, "seeker": self.firm_party});
            let made = self.broker.post("/api/v1/deals", new).await.expect(201);
            let deal = Deal { path: format!("/api/v1/deals/{}", made["id"].as_str().unwrap()) };
            self.lead(&deal, stages).await;
            last = deal.path.replace("/api/v1", "");
        }
        last
    }

    async fn lead(&self, deal: &Deal, stages: usize) {
        if stages > 0 {
            deal.go(&self.broker, "introduced").await.expect(200);
        }
        if stages > 1 {
            let meeting = json!({"held_on": "2026-11-20", "place": "Phòng nuôi cấy", "minutes": "Đã xem phòng nuôi và vườn mẹ."});
            deal.post(&self.broker, "meetings", meeting).await.expect(201);
            deal.go(&self.firm, "met").await.expect(200);
        }
        if stages > 2 {
            deal.put(&self.broker, "brokers/statement", json!({"statement": "Không có lợi ích riêng."})).await.expect(200);
            let facts = json!({"direction": "domestic", "state_capital": false, "list": "none", "right": "right_to_use"});
            deal.put(&self.institute, "legal-facts", facts).await.expect(200);
            for sum in [520_000_000, 480_000_000_i64] {
                let terms = json!({"right": "right_to_use", "exclusivity": "non_exclusive", "term_months": 84,
                    "lump_sum": {"minor": sum, "currency": "VND"}, "royalty": {"rate_bp": 300, "base": "net_revenue"}});
                deal.post(&self.institute, "offers", json!({ "terms": terms })).await.expect(201);
            }
            let task = json!({"title": "Gửi bản vẽ phòng nuôi 120 m²", "whose": "owner", "due_on": "2026-12-04"});
            deal.post(&self.broker, "tasks", task).await.expect(201);
        }
    }

    /// Everything there is to photograph.
    async fn scenes(self, site: &Site) -> Vec<Scene> {
        let visitor = site.visitor();
        let (_, dryer) = found(&visitor, "technology", "Máy sấy bơm nhiệt hai cấp").await;
        let (embryos, _) = found(&visitor, "technology", "nuôi cấy phôi dừa sáp hai giai đoạn và thuần").await;
        let (wanted, need) = found(&visitor, "need", "Cần máy sấy cơm dừa").await;
        // The firm is named in these before it asks once more without its name.
        let deal = self.deals(site).await;
        let interest = json!({"party": self.firm_party, "anonymity": "sector_and_region", "wants_nda": true,
            "message": "Công ty muốn trồng 20 ha dừa sáp ở xã Giồng Trôm, cần 3.000 cây giống mỗi năm từ 2027."});
        let interest = self.firm.post(&format!("/api/v1/technologies/{embryos}/interests"), interest).await.expect(201);
        let changed = self.submit().await;
        site.indexed().await;
        let scene = |name, who: Option<&Client>, path: String, css, height| Scene { name, who: who.cloned(), path, css, height };
        vec![
            scene("search", None, "/search?q=may+say+com+dua".to_owned(), "main", 330),
            scene("listing", None, dryer.clone(), "main", 260),
            scene("need-targets", Some(&self.firm), format!("/my/listings/{wanted}/edit/2"), "main", 300),
            scene("matches", Some(&self.firm), format!("{need}/matches"), "main", 270),
            scene("interest", Some(&self.firm), format!("{dryer}/interest"), "main", 250),
            scene("posting", Some(&self.institute), format!("/my/listings/{embryos}/edit/3"), "main", 760),
            scene("interest-received", Some(&self.institute), interest["url"].as_str().unwrap().to_owned(), "main", 880),
            scene("need-desk", Some(&self.broker), "/staff/needs/new".to_owned(), "main", 730),
            scene("board", Some(&self.broker), "/staff/deals".to_owned(), "main", 560),
            scene("deal", Some(&self.broker), deal, "main", 620),
            scene("queue", Some(&self.moderator), "/review".to_owned(), "main", 290),
            scene("review", Some(&self.moderator), format!("/review/{changed}"), "main", 760),
        ]
    }
}

impl Window {
    /// What this finds, from its top on, as a picture.
    async fn part(&self, css: &str, height: u32) -> Picture {
        self.see(css).await;
        // How long a search took says something of this machine only.
        self.ask("document.querySelectorAll('.found-head .muted').forEach(e => e.remove()); return true").await;
        // Letters come a moment after the page.
        self.ask("return document.fonts.ready.then(() => true)").await;
        let script =
            format!("const box = document.querySelector('{css}').getBoundingClientRect(); return [box.x, box.y, box.width, box.height]");
        let place = self.ask(&script).await;
        let number = |n: usize| place[n].as_f64().unwrap().round();
        let clip = json!({"x": number(0), "y": number(1), "width": number(2), "height": number(3).min(f64::from(height)), "scale": 1});
        let shot = self.cdp("Page.captureScreenshot", json!({"format": "png", "captureBeyondViewport": true, "clip": clip})).await;
        Picture::read(&base64::engine::general_purpose::STANDARD.decode(shot["data"].as_str().unwrap()).unwrap())
    }
}

fn folder(lang: Lang) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../crates/server/assets/pictures").join(lang.code())
}

/// The names of the pictures that are kept.
fn kept(lang: Lang) -> BTreeSet<String> {
    let files = std::fs::read_dir(folder(lang)).unwrap().map(|entry| entry.unwrap().path());
    files.map(|file| file.file_stem().unwrap().to_string_lossy().into_owned()).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_pictures_of_help_can_be_taken_from_the_pages_as_they_are() {
    let keep = std::env::var_os("KEEP_PICTURES").is_some();
    journey_in_the_demonstration("pictures", async |site: &Site, browser: &Browser| {
        let scenes = Cast::of(site).await.scenes(site).await;
        let window = browser.window(LOOK).await;
        for lang in Lang::ALL {
            for scene in &scenes {
                match &scene.who {
                    Some(client) => window.signed_in(client).await,
                    None => window.nobody().await,
                }
                window.open(&if lang == Lang::Vi { scene.path.clone() } else { format!("/en{}", scene.path) }).await;
                let picture = window.part(scene.css, scene.height).await.small();
                assert!(picture.len() <= BYTES, "{lang}/{} is too heavy: {}", scene.name, picture.len());
                let file = folder(lang).join(format!("{}.png", scene.name));
                if keep {
                    std::fs::create_dir_all(folder(lang)).unwrap();
                    std::fs::write(&file, &picture).unwrap();
                    println!("{lang}/{}: {} bytes", scene.name, picture.len());
                }
                let (taken, kept) = (Picture::read_size(&picture), Picture::read_size(&std::fs::read(&file).unwrap()));
                assert_eq!(taken, kept, "{lang}/{} shows another page than is kept: take it anew", scene.name);
            }
            assert_eq!(kept(lang), scenes.iter().map(|scene| scene.name.to_owned()).collect(), "{lang}");
        }
    })
    .await;
}
