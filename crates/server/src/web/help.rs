//! Help: one short page for each role and one on searching, written as Markdown in
//! `crates/server/help/<language>/<page>.md`. A block `flow`
//! is drawn as a picture of steps; a block `picture` names a picture of the pages themselves, in `assets/pictures`. Those
//! are taken from the demonstration space by a browser test (`tests/src/browser/pictures.rs`).

use std::sync::LazyLock;

use askama::Template;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use base::{Lang, messages};
use rust_embed::RustEmbed;

use super::assets;
use super::frame::{Frame, Visit, localised, page};
use super::rich::markdown;
use crate::app::App;
use crate::problem::Problem;

#[derive(RustEmbed)]
#[folder = "help"]
struct Files;

/// The roles, in the order people are many.
const ROLES: [&str; 4] = ["businesses", "institutes", "brokers", "moderators"];

/// The page on how to search, which the page of results leads to.
pub(super) const SEARCHING: &str = "searching";

/// A piece of a page.
enum Piece {
    Words(String),
    Flow(Vec<String>),
    Picture(Picture),
}

/// A picture of a page. Its size is said so that nothing moves when it comes.
struct Picture {
    address: String,
    width: u32,
    height: u32,
    alt: String,
}

impl Picture {
    fn read(lang: Lang, name: &str) -> Option<Self> {
        let path = format!("pictures/{lang}/{name}.png");
        let (width, height) = assets::size_of_picture(&path)?;
        Some(Self { address: assets::address(&path), width, height, alt: messages::say(lang, &format!("picture-{name}"), &[]) })
    }
}

/// A page of help.
struct Help {
    role: &'static str,
    lang: Lang,
    title: String,
    pieces: Vec<Piece>,
}

static PAGES: LazyLock<Vec<Help>> = LazyLock::new(|| {
    let all = Lang::ALL.into_iter().flat_map(|lang| ROLES.into_iter().chain([SEARCHING]).map(move |role| (lang, role)));
    all.filter_map(|(lang, role)| read(lang, role)).collect()
});

/// Markdown of ours: its headings stand right below the page's.
fn words(text: &str) -> Piece {
    Piece::Words(markdown(text).replace("<h4>", "<h2>").replace("</h4>", "</h2>"))
}

fn read(lang: Lang, role: &'static str) -> Option<Help> {
    let file = Files::get(&format!("{lang}/{role}.md"))?;
    let text = std::str::from_utf8(&file.data).ok()?;
    let (title, mut rest) = text.strip_prefix("# ")?.split_once('\n')?;
    let mut pieces = Vec::new();
    while let Some((before, after)) = rest.split_once("```") {
        let (kind, after) = after.split_once('\n')?;
        let (block, after) = after.split_once("```")?;
        pieces.push(words(before));
        pieces.push(match kind {
            "flow" => Piece::Flow(block.split('→').map(|s| s.trim().to_owned()).collect()),
            "picture" => Piece::Picture(Picture::read(lang, block.trim())?),
            _ => return None,
        });
        rest = after;
    }
    pieces.push(words(rest));
    Some(Help { role, lang, title: title.to_owned(), pieces })
}

#[derive(Template)]
#[template(path = "help.html")]
struct HelpPage {
    f: Frame,
    others: Vec<(String, String, bool)>,
    pieces: &'static [Piece],
}

fn others(lang: Lang, at: &str) -> Vec<(String, String, bool)> {
    PAGES
        .iter()
        .filter(|p| p.lang == lang)
        .map(|p| (p.title.clone(), localised(lang, &format!("/help/{}", p.role)), p.role == at))
        .collect()
}

/// The pages there are.
pub(super) async fn index(State(app): State<App>, visit: Visit) -> Response {
    let lang = visit.lang();
    let f = visit.frame(&app, messages::say(lang, "help-title", &[])).at("/help");
    page(StatusCode::OK, lang, &HelpPage { f, others: others(lang, ""), pieces: &[] })
}

/// One page.
pub(super) async fn show(State(app): State<App>, visit: Visit, Path(role): Path<String>) -> Result<Response, Problem> {
    let lang = visit.lang();
    let help = PAGES.iter().find(|p| p.lang == lang && p.role == role).ok_or_else(Problem::not_found)?;
    let f = visit.frame(&app, help.title.as_str()).at(&format!("/help/{role}"));
    Ok(page(StatusCode::OK, lang, &HelpPage { f, others: others(lang, &role), pieces: &help.pieces }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_role_has_its_page_in_both_languages_with_a_picture_of_the_way() {
        assert_eq!(PAGES.len(), (ROLES.len() + 1) * Lang::ALL.len());
        for help in PAGES.iter() {
            assert!(help.pieces.iter().any(|p| matches!(p, Piece::Flow(steps) if steps.len() >= 3)), "{} {}", help.lang, help.role);
            assert!(help.pieces.iter().any(|p| matches!(p, Piece::Words(html) if html.contains("<h2>"))));
        }
    }

    #[test]
    fn every_picture_is_light_is_told_in_words_and_is_on_a_page() {
        let mut shown: Vec<&Picture> = Vec::new();
        for help in PAGES.iter() {
            let own: Vec<&Picture> =
                help.pieces.iter().filter_map(|p| if let Piece::Picture(one) = p { Some(one) } else { None }).collect();
            assert!(own.len() >= 2 || help.role == SEARCHING, "{} {}", help.lang, help.role);
            shown.extend(own);
        }
        for one in &shown {
            assert!(one.alt.chars().count() > 30, "{}: {}", one.address, one.alt);
            assert!((400..=1_200).contains(&one.width) && (200..=900).contains(&one.height), "{}", one.address);
        }
        let kept = assets::pictures();
        assert!(kept.len() >= 2 * ROLES.len(), "{kept:?}");
        for (address, bytes) in kept {
            assert!(bytes <= 48_000, "{address}: {bytes}");
            assert!(shown.iter().any(|one| one.address == address), "{address} is on no page");
        }
    }

    #[test]
    fn every_field_of_the_query_language_is_explained_in_both_languages_by_an_example_that_is_understood() {
        let vocabularies = base::Vocabularies::built_in().unwrap();
        let reference: serde_json::Value = serde_json::from_str(&crate::openapi::document(&crate::routes::all(), "")).unwrap();
        let parameters = reference["paths"]["/api/v1/search"]["get"]["parameters"].as_array().unwrap();
        let told = parameters.iter().find(|p| p["name"] == "q").unwrap()["description"].as_str().unwrap();
        for lang in Lang::ALL {
            let file = Files::get(&format!("{lang}/{SEARCHING}.md")).unwrap();
            let text = std::str::from_utf8(&file.data).unwrap().to_owned();
            let examples: Vec<&str> = text.lines().flat_map(|line| line.split('`').skip(1).step_by(2)).collect();
            for field in search::query::field_names() {
                assert!(examples.iter().any(|e| e.starts_with(&format!("{field}:"))), "{field}: is not explained in {lang}");
            }
            for field in search::query::field_names() {
                assert!(told.contains(&format!("`{field}:")), "{field}: is not in the reference");
            }
            for sign in ["\"", "-", " OR ", "*"] {
                assert!(examples.iter().any(|e| e.contains(sign)), "{sign} in {lang}");
            }
            for example in examples.iter().filter(|e| !["|", "HOẶC"].contains(*e)) {
                let parsed = search::query::parse(example, &vocabularies).unwrap();
                assert_eq!(parsed.ignored, Vec::<String>::new(), "{example} in {lang}");
            }
        }
    }
}
