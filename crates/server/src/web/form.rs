//! What a form sent: names and values, bounded, before anybody looks at what they mean.

use axum::body::Bytes;
use axum::extract::{FromRequest, Request};
use axum::http::{StatusCode, header};
use sha2::{Digest, Sha256};
use store::IdempotencyKey;

use crate::problem::Problem;

/// Fields of one form at most; the longest of ours has far fewer.
const FIELDS: usize = 2_000;

/// The fields of a form that was sent.
#[derive(Clone, Debug, Default)]
pub(super) struct Form(Vec<(String, String)>);

/// 415 for another kind of body. Its size was bounded by the gate.
impl<S: Send + Sync> FromRequest<S> for Form {
    type Rejection = Problem;
    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let kind = request.headers().get(header::CONTENT_TYPE).and_then(|v| v.to_str().ok()).unwrap_or_default();
        if !kind.split(';').next().unwrap_or_default().trim().eq_ignore_ascii_case("application/x-www-form-urlencoded") {
            return Err(Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "bad-form"));
        }
        let body = Bytes::from_request(request, state).await.map_err(|_| Problem::malformed("body-cut"))?;
        Self::read(&body)
    }
}

impl Form {
    /// Reads a body; 400 for one with a NUL in it or with more fields than any form of ours has.
    fn read(body: &[u8]) -> Result<Self, Problem> {
        let fields: Vec<(String, String)> = form_urlencoded::parse(body).into_owned().take(FIELDS + 1).collect();
        if fields.len() > FIELDS || fields.iter().any(|(name, value)| name.contains('\0') || value.contains('\0')) {
            return Err(Problem::malformed("bad-form"));
        }
        Ok(Self(fields))
    }

    /// What an address fills a form with before anybody has sent it.
    pub(super) fn sent_in(query: &str) -> Self {
        Self(form_urlencoded::parse(query.as_bytes()).into_owned().take(FIELDS).collect())
    }

    /// The first value of a name; empty if there is none.
    pub(super) fn get(&self, name: &str) -> &str {
        self.find(name).unwrap_or_default()
    }

    /// The first value of a name, if the form has the name at all.
    pub(super) fn find(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(n, _)| n == name).map(|(_, v)| v.as_str())
    }

    /// Every value of a name that says something.
    pub(super) fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.0.iter().filter(move |(n, v)| n == name && !v.is_empty()).map(|(_, v)| v.as_str())
    }

    /// Every name with its value.
    pub(super) fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(n, v)| (n.as_str(), v.as_str()))
    }

    /// The key by which a form that is sent twice does its work once: what the page gave it (`_key`) and what was sent, so
    /// that whoever goes back and writes something else does that.
    pub(super) fn once(&self, operation: &'static str) -> Option<IdempotencyKey> {
        let key = self.get("_key");
        let sent = form_urlencoded::Serializer::new(String::new()).extend_pairs(self.iter()).finish();
        let hash: [u8; 32] = Sha256::digest(sent).into();
        let sent: String = hash.iter().take(16).map(|b| format!("{b:02x}")).collect();
        (1..=64).contains(&key.len()).then(|| IdempotencyKey { operation, key: format!("{key}-{sent}"), request_hash: hash.to_vec() })
    }

    /// The key by which a page does its work once, whatever its form says each time that it sends itself.
    pub(super) fn alone(&self, operation: &'static str) -> Option<IdempotencyKey> {
        let key = self.get("_key");
        let hash: [u8; 32] = Sha256::digest(key).into();
        (1..=64).contains(&key.len()).then(|| IdempotencyKey { operation, key: key.to_owned(), request_hash: hash.to_vec() })
    }

    /// The form with more fields.
    pub(super) fn with(mut self, more: impl IntoIterator<Item = (String, String)>) -> Self {
        self.0.extend(more);
        self
    }

    /// The form under other names; what has none any more is left out.
    pub(super) fn renamed(&self, name_of: impl Fn(&str) -> Option<String>) -> Self {
        Self(self.0.iter().filter_map(|(n, v)| Some((name_of(n)?, v.clone()))).collect())
    }
}

#[cfg(test)]
impl Form {
    /// A form of these fields.
    pub(super) fn of(fields: &[(&str, &str)]) -> Self {
        Self(fields.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect())
    }
}
