//! Letters that became files on a machine without SMTP, read back: for whoever develops or tries out a space.
//!
//! It reads what `mail` writes and no more of the form of mail than that: a header a line, words in other letters than
//! ASCII encoded (RFC 2047), the plain text as a part of its own.

use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use chrono::{DateTime, Utc};

/// A letter in the folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Filed {
    /// What it is known by: the job that sent it.
    pub id: String,
    /// When it was sent.
    pub at: Option<DateTime<Utc>>,
    /// To whom, `Name <address>`.
    pub to: String,
    /// Its subject.
    pub subject: String,
    /// Its plain text.
    pub text: String,
}

/// The letters in a folder, the newest first; none where there is no folder yet.
///
/// # Errors
/// If the folder or a letter cannot be read.
pub fn letters(folder: &Path) -> std::io::Result<Vec<Filed>> {
    let entries = match std::fs::read_dir(folder) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        other => other?,
    };
    let mut all = Vec::new();
    for entry in entries {
        let path: PathBuf = entry?.path();
        // Half a letter has another ending.
        let Some(id) = path.file_name().and_then(|name| name.to_str()?.strip_suffix(".eml")) else { continue };
        all.push(filed(id, &String::from_utf8_lossy(&std::fs::read(&path)?)));
    }
    all.sort_by(|a, b| (b.at, &b.id).cmp(&(a.at, &a.id)));
    Ok(all)
}

fn filed(id: &str, eml: &str) -> Filed {
    let (head, _) = eml.split_once("\r\n\r\n").unwrap_or((eml, ""));
    let head = head.replace("\r\n ", " ").replace("\r\n\t", " ");
    let of = |name: &str| {
        let mut values = head.lines().filter_map(|line| line.split_once(": "));
        values.find(|(field, _)| field.eq_ignore_ascii_case(name)).map_or_else(String::new, |(_, value)| decoded(value))
    };
    Filed {
        id: id.to_owned(),
        at: DateTime::parse_from_rfc2822(&of("Date")).ok().map(|at| at.to_utc()),
        to: of("To"),
        subject: of("Subject"),
        text: plain_text(eml).unwrap_or_default(),
    }
}

/// A header's value in plain words. The space between two encoded words is none (RFC 2047, 6.2).
fn decoded(value: &str) -> String {
    let (mut out, mut was_encoded) = (String::new(), false);
    for word in value.split(' ') {
        let bare = word.trim_matches('"');
        let plain = bare.strip_prefix("=?").and_then(|w| w.strip_suffix("?=")).and_then(encoded_word);
        let joins_words = was_encoded && plain.is_some();
        if !(out.is_empty() || joins_words) {
            out.push(' ');
        }
        was_encoded = plain.is_some();
        out.push_str(plain.as_deref().unwrap_or(word));
    }
    out
}

/// What stands between `=?` and `?=`.
fn encoded_word(word: &str) -> Option<String> {
    let mut parts = word.splitn(3, '?');
    let (_, form, text) = (parts.next()?, parts.next()?, parts.next()?);
    let bytes = if form.eq_ignore_ascii_case("b") { STANDARD.decode(text).ok()? } else { unquoted(&text.replace('_', " "))? };
    String::from_utf8(bytes).ok()
}

/// Bytes of quoted-printable text without soft line ends.
fn unquoted(text: &str) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        if byte == b'=' {
            let pair = [rest.next()?, rest.next()?];
            bytes.push(u8::from_str_radix(std::str::from_utf8(&pair).ok()?, 16).ok()?);
        } else {
            bytes.push(byte);
        }
    }
    Some(bytes)
}

/// The plain text of a letter as it lies in its file.
#[must_use]
pub fn plain_text(eml: &str) -> Option<String> {
    let part = eml.split("\r\n--").find(|p| p.contains("Content-Type: text/plain"))?;
    let (headers, body) = part.split_once("\r\n\r\n")?;
    let bytes = if headers.contains("base64") {
        let compact: String = body.split_whitespace().collect();
        STANDARD.decode(compact).ok()?
    } else if headers.contains("quoted-printable") {
        unquoted(&body.replace("=\r\n", ""))?
    } else {
        body.as_bytes().to_vec()
    };
    String::from_utf8(bytes).ok().map(|text| text.replace("\r\n", "\n"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_in_headers_are_read_however_they_are_encoded() {
        let subject = "=?utf-8?b?TeG7nWkg?= =?utf-8?Q?b=E1=BA=A1n?= Lan";
        assert_eq!(decoded(subject), "Mời bạn Lan");
        assert_eq!(decoded("Lan <lan@example.org>"), "Lan <lan@example.org>");
        assert_eq!(decoded("=?utf-8?b?not base64?="), "=?utf-8?b?not base64?=");
    }

    #[test]
    fn a_folder_that_is_not_there_holds_no_letters() {
        assert_eq!(letters(Path::new("/nowhere/mail")).unwrap(), []);
    }
}
