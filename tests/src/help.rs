//! Pages as they travel: everything that somebody loads who opens a public page for the first time, its pictures among it, is
//! light enough for a phone in the fields.

use std::collections::{BTreeMap, BTreeSet};

use base::Lang;
use store::testing::TestStore;

use crate::crawlers::named;
use crate::site::{Client, Site};

/// What a first visit to a public page may weigh with everything that it loads: letters, style, scripts, pictures and itself.
const BYTES: usize = 150_000;

/// What is between these words and the next quotation mark, wherever they stand.
fn quoted(text: &str, mark: &str) -> Vec<String> {
    text.split(mark).skip(1).filter_map(|rest| rest.split('"').next()).map(str::to_owned).collect()
}

/// A face of the letters: its file beside the style sheet, and which characters it is for.
struct Face {
    file: String,
    ranges: Vec<(u32, u32)>,
}

fn faces(css: &str) -> Vec<Face> {
    let point = |text: &str| u32::from_str_radix(text, 16).unwrap();
    let rules = css.split("@font-face").skip(1).filter_map(|rule| rule.split('}').next()).filter(|rule| rule.contains("unicode-range"));
    rules
        .map(|rule| {
            let ranges = rule.split("unicode-range:").nth(1).unwrap().split(';').next().unwrap();
            let ranges = ranges.split(',').map(|range| {
                let range = range.trim().trim_start_matches("U+");
                let (from, to) = range.split_once('-').unwrap_or((range, range));
                (point(from), point(to))
            });
            Face { file: quoted(rule, "url(\"").remove(0), ranges: ranges.collect() }
        })
        .collect()
}

/// The faces that a text needs. The last rule that is for a character is the one that counts; both weights stand on every page.
fn needed(faces: &[Face], text: &str) -> BTreeSet<String> {
    let letters: BTreeSet<u32> = text.chars().map(u32::from).collect();
    let is_for = |face: &&Face, letter: u32| face.ranges.iter().any(|(from, to)| (*from..=*to).contains(&letter));
    let weights = ["-400.", "-600."];
    let of = |weight: &'static str| faces.iter().filter(move |face| face.file.contains(weight));
    letters
        .iter()
        .flat_map(|letter| weights.iter().filter_map(|weight| of(weight).rfind(|face| is_for(face, *letter))))
        .map(|face| face.file.clone())
        .collect()
}

/// What everything weighs that is loaded from an address, as it travels, by address.
#[derive(Default)]
struct Weights(BTreeMap<String, usize>);

impl Weights {
    async fn of(&mut self, packed: &Client, address: &str) -> usize {
        if let Some(bytes) = self.0.get(address) {
            return *bytes;
        }
        let answer = packed.get(address).await;
        assert_eq!(answer.status, 200, "{address}");
        self.0.insert(address.to_owned(), answer.bytes.len());
        answer.bytes.len()
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_first_visit_to_any_public_page_is_light_with_everything_that_it_loads() {
    let site = Site::start_demonstration(TestStore::sqlite().await.unwrap()).await;
    let (reader, packed) = (site.visitor(), site.visitor().with("accept-encoding", "gzip"));
    let mut pages = named(&site).await;
    assert!(pages.len() > 50, "{}", pages.len());
    for page in ["/search", "/search?q=m%C3%A1y", "/sign-in", "/account/sign-up", "/api"] {
        pages.extend([page.to_owned(), format!("/en{page}")]);
    }
    for lang in Lang::ALL {
        let prefix = if lang == Lang::Vi { "" } else { "/en" };
        for role in ["businesses", "institutes", "brokers", "moderators"] {
            let page = format!("{prefix}/help/{role}");
            let pictures = quoted(&reader.get(&page).await.text, " src=\"").into_iter().filter(|address| address.ends_with(".png")).count();
            assert!(pictures >= 2, "{page}: {pictures}");
            pages.push(page);
        }
    }
    let style = quoted(&reader.get("/").await.text, "rel=\"stylesheet\" href=\"").remove(0);
    let faces = faces(&reader.get(&style).await.text);
    assert_eq!(faces.len(), 6);
    let mut weights = Weights::default();
    let mut heaviest = (0, String::new());
    for page in pages {
        let html = reader.get(&page).await.text;
        let files = needed(&faces, &html);
        assert!(files.iter().any(|file| file.contains("latin-600")), "{files:?}");
        // The address of a face is relative to the style sheet, or its own.
        let letters = files.iter().map(|file| if file.starts_with('/') { file.clone() } else { format!("/assets/{file}") });
        let marks = [" src=\"", "rel=\"icon\" href=\"", "rel=\"stylesheet\" href=\"", "rel=\"preload\" href=\""];
        let all: BTreeSet<String> = marks.iter().flat_map(|mark| quoted(&html, mark)).chain(letters).collect();
        let mut bytes = packed.get(&page).await.bytes.len();
        for address in &all {
            bytes += weights.of(&packed, address).await;
        }
        assert!(bytes <= BYTES, "{page}: {bytes} with {all:?}");
        heaviest = heaviest.max((bytes, page));
    }
    println!("the heaviest first visit: {} bytes at {}", heaviest.0, heaviest.1);
    site.stop().await;
}
