//! The files of `config/` as they were when the program was built: what a space uses until it brings its own.

use std::borrow::Cow;

/// Everything below `config/`, by its path there, such as `vocabularies/trl.toml`.
#[derive(rust_embed::RustEmbed)]
#[folder = "../../config"]
struct Config;

/// The text of one file, such as `"innospace.toml"`.
#[must_use]
pub fn text(path: &str) -> Option<String> {
    let file = Config::get(path)?;
    match file.data {
        Cow::Borrowed(bytes) => std::str::from_utf8(bytes).ok().map(str::to_owned),
        Cow::Owned(bytes) => String::from_utf8(bytes).ok(),
    }
}

/// The paths below a folder, such as `"vocabularies/"`, sorted.
#[must_use]
pub fn paths(folder: &str) -> Vec<String> {
    let mut paths: Vec<String> = Config::iter().filter(|p| p.starts_with(folder)).map(Cow::into_owned).collect();
    paths.sort();
    paths
}
