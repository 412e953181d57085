//! Style, scripts, fonts and pictures, embedded in the program and served under names that carry their hash.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::LazyLock;

use axum::extract::{Path, State};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use rust_embed::RustEmbed;
use sha2::{Digest, Sha256};

use crate::app::App;
use crate::problem::Problem;

#[derive(RustEmbed)]
#[folder = "assets"]
struct Files;

/// What may be asked for: a name with its hash.
struct Asset {
    body: Cow<'static, [u8]>,
    content_type: &'static str,
}

struct Assets {
    /// By hashed name.
    by_name: HashMap<String, Asset>,
    /// The hashed name of a plain one.
    names: HashMap<String, String>,
}

static ASSETS: LazyLock<Assets> = LazyLock::new(Assets::load);

impl Assets {
    fn load() -> Self {
        let mut all = Self { by_name: HashMap::new(), names: HashMap::new() };
        let mut files: Vec<Cow<'static, str>> = Files::iter().collect();
        // Style sheets last: they name the others.
        files.sort_by_key(|path| (path.ends_with(".css"), path.clone()));
        for path in files {
            let (Some(file), Some(content_type)) = (Files::get(&path), content_type(&path)) else { continue };
            let body = if path.ends_with(".css") { all.with_hashed_names(file.data) } else { file.data };
            all.add(&path, Asset { body, content_type });
        }
        all
    }

    fn add(&mut self, path: &str, asset: Asset) {
        let name = hashed(path, &asset.body);
        self.names.insert(path.to_owned(), name.clone());
        self.by_name.insert(name, asset);
    }

    fn with_hashed_names(&self, css: Cow<'static, [u8]>) -> Cow<'static, [u8]> {
        let Ok(mut text) = String::from_utf8(css.into_owned()) else { return Cow::Borrowed(b"") };
        for (path, name) in &self.names {
            text = text.replace(&format!("url(\"{path}\")"), &format!("url(\"{name}\")"));
        }
        Cow::Owned(text.into_bytes())
    }
}

/// The name of a file with its hash in it.
pub(crate) fn hashed(path: &str, body: &[u8]) -> String {
    let hash: String = Sha256::digest(body).iter().take(6).map(|b| format!("{b:02x}")).collect();
    let (stem, extension) = path.rsplit_once('.').unwrap_or((path, "bin"));
    format!("{stem}.{hash}.{extension}")
}

/// The built-in style sheet.
pub(crate) fn style_sheet() -> Cow<'static, str> {
    let body = ASSETS.names.get("style.css").and_then(|name| ASSETS.by_name.get(name)).map(|asset| String::from_utf8_lossy(&asset.body));
    body.unwrap_or_default()
}

fn content_type(path: &str) -> Option<&'static str> {
    Some(match path.rsplit('.').next()? {
        "css" => "text/css; charset=utf-8",
        "js" => "text/javascript; charset=utf-8",
        "woff2" => "font/woff2",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "txt" => "text/plain; charset=utf-8",
        _ => return None,
    })
}

/// The address of an asset.
pub(super) fn address(path: &str) -> String {
    ASSETS.names.get(path).map_or_else(|| format!("/assets/{path}"), |name| format!("/assets/{name}"))
}

/// Width and height that a PNG among the assets says of itself.
pub(super) fn size_of_picture(path: &str) -> Option<(u32, u32)> {
    size_of_png(&ASSETS.by_name.get(ASSETS.names.get(path)?)?.body)
}

/// Width and height that a PNG says of itself; none if it is no PNG.
pub(crate) fn size_of_png(body: &[u8]) -> Option<(u32, u32)> {
    // The signature, then the length and the name of the first block, which begins with both.
    let (width, rest) = body.strip_prefix(b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR")?.split_first_chunk::<4>()?;
    let (height, _) = rest.split_first_chunk::<4>()?;
    Some((u32::from_be_bytes(*width), u32::from_be_bytes(*height)))
}

/// The pictures there are, by their addresses, and what each weighs.
#[cfg(test)]
pub(super) fn pictures() -> Vec<(String, usize)> {
    let all = ASSETS.by_name.iter().filter(|(name, _)| name.starts_with("pictures/"));
    all.map(|(name, asset)| (format!("/assets/{name}"), asset.body.len())).collect()
}

/// Serves an asset, built in or the space's own. What its name says never changes, so it may be kept for ever.
pub(super) async fn serve(State(app): State<App>, Path(name): Path<String>) -> Result<Response, Problem> {
    let (content_type, body) = match (ASSETS.by_name.get(&name), app.space.look.file(&name)) {
        (Some(asset), _) => (asset.content_type, asset.body.clone()),
        (None, Some(own)) => (own.content_type, Cow::Owned(own.body.clone())),
        (None, None) => return Err(Problem::not_found()),
    };
    let headers = [(header::CONTENT_TYPE, content_type), (header::CACHE_CONTROL, "public, max-age=31536000, immutable")];
    Ok((headers, body).into_response())
}

/// The mark of the space for the browser's tab, in the space's accent.
pub(super) async fn favicon(State(app): State<App>) -> Result<Response, Problem> {
    let file = Files::get("favicon.svg").ok_or_else(Problem::not_found)?;
    let mark = String::from_utf8_lossy(&file.data).replace("#0b6b43", &app.space.look.accent.to_string());
    Ok(([(header::CONTENT_TYPE, "image/svg+xml"), (header::CACHE_CONTROL, "public, max-age=86400")], mark).into_response())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_style_sheet_names_fonts_that_are_there() {
        let name = ASSETS.names.get("style.css").unwrap();
        let css = String::from_utf8(ASSETS.by_name[name].body.to_vec()).unwrap();
        let fonts: Vec<&str> = css.split("url(\"").skip(1).filter_map(|rest| rest.split('"').next()).collect();
        assert!(fonts.len() >= 6, "{fonts:?}");
        for font in fonts {
            assert!(ASSETS.by_name.contains_key(font), "{font}");
        }
        assert!(!css.contains("http"), "no outside host");
    }

    #[test]
    fn every_variable_that_the_style_sheet_uses_is_set_in_it() {
        let css = String::from_utf8(ASSETS.by_name[&ASSETS.names["style.css"]].body.to_vec()).unwrap();
        let used: Vec<&str> = css.split("var(").skip(1).filter_map(|rest| rest.split([')', ',']).next()).collect();
        assert!(used.len() > 100, "{}", used.len());
        for name in used {
            assert!(css.contains(&format!("{name}:")), "{name}");
        }
    }

    #[test]
    fn a_first_visit_is_light() {
        // Fonts do not shrink any more; style does, to about a quarter, and scripts to a third.
        let bytes: usize =
            ASSETS.by_name.iter().filter(|(n, _)| n.ends_with(".woff2") && !n.contains("latin-ext")).map(|(_, a)| a.body.len()).sum();
        let style: usize = ASSETS.by_name.iter().filter(|(n, _)| n.ends_with(".css")).map(|(_, a)| a.body.len()).sum();
        // Scripts of single pages come with those alone.
        let is_everywhere = |name: &str| name.ends_with(".js") && (name.starts_with("app.") || name.starts_with("vendor/"));
        let scripts: usize = ASSETS.by_name.iter().filter(|(n, _)| is_everywhere(n)).map(|(_, a)| a.body.len()).sum();
        assert!(bytes < 75_000, "{bytes}");
        assert!(scripts < 54_000, "{scripts}");
        assert!(style < 60_000, "{style}");
    }
}
