//! Data that an operator brings instead of what the program was built with: every `*.toml` of a folder that a setting names.
//! Not here: what has to stand in one (`pipelines`, `legal`).

use std::path::Path;

/// A file of a folder.
pub(crate) struct File {
    /// Where it lies, for whoever has to mend it.
    pub path: String,
    /// Its name alone.
    pub name: String,
    /// What stands in it.
    pub text: String,
}

/// Which file or folder cannot be used, and why.
pub(crate) struct Unusable {
    pub path: String,
    pub what: String,
}

/// What to do about a file or folder that cannot be used.
pub(crate) fn advice(setting: &str) -> String {
    format!("mend it, or leave {setting} empty for what is built in")
}

/// Every `*.toml` of a folder, by its name.
pub(crate) fn files(setting: &str, folder: &str) -> Result<Vec<File>, Unusable> {
    let unusable = |path: &Path, why: String| Unusable { path: path.display().to_string(), what: format!("{why}; {}", advice(setting)) };
    let folder = Path::new(folder);
    let unread = |error: std::io::Error| unusable(folder, format!("the folder that {setting} names cannot be read: {error}"));
    let mut all = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(unread)? {
        let path = entry.map_err(unread)?.path();
        if path.extension().is_none_or(|ending| ending != "toml") {
            continue;
        }
        let text = std::fs::read_to_string(&path).map_err(|error| unusable(&path, format!("the file cannot be read: {error}")))?;
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        all.push(File { path: path.display().to_string(), name, text });
    }
    if all.is_empty() {
        return Err(unusable(folder, format!("no file in the folder that {setting} names ends in .toml")));
    }
    all.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(all)
}
