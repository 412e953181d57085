//! What handlers take: who asks, a checked body, the ETag that was seen, parameters, ids.

use std::any::TypeId;
use std::collections::HashMap;
use std::str::FromStr;
use std::sync::{Arc, LazyLock, PoisonError, RwLock};

use accounts::{Client, SessionView};
use axum::body::{Body as HttpBody, Bytes};
use axum::extract::{FromRequest, FromRequestParts, Path, Request};
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method, StatusCode, header};
use base::body::Shape;
use base::{Actor, Lang, Limit};
use serde::de::DeserializeOwned;
use serde_json::Value;
use sha2::{Digest, Sha256};
use store::{Ctx, IdempotencyKey};
use utoipa::ToSchema;

use crate::app::App;
use crate::json::Unambiguous;
use crate::problem::Problem;
use crate::route::Chosen;

/// Who asks and from where. Put into every request by the pipeline.
#[derive(Clone, Debug)]
pub struct Who {
    /// The actor.
    pub actor: Actor,
    /// The session, if a person asks in one.
    pub session: Option<SessionView>,
    /// The language that was once chosen, in this browser or for the account; none if none was.
    pub chosen: Option<Lang>,
    /// Where the request comes from.
    pub client: Client,
}

impl Who {
    /// The session of a person.
    ///
    /// # Errors
    /// 403 for programs, 401 for nobody.
    pub fn session(&self) -> Result<&SessionView, Problem> {
        match &self.session {
            Some(session) => Ok(session),
            None if self.actor.account().is_some() => Err(Problem::new(StatusCode::FORBIDDEN, "people-only")),
            None => Err(base::Refused::SignIn.into()),
        }
    }
}

impl<S: Sync> FromRequestParts<S> for Who {
    type Rejection = Problem;
    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        parts.extensions.get::<Self>().cloned().ok_or_else(Problem::not_found)
    }
}

/// The language to answer in.
#[derive(Clone, Copy, Debug)]
pub struct Reader(pub Lang);

/// Who writes, with the idempotency key if the client sent one.
pub struct Writer(pub Ctx);

impl<S: Sync> FromRequestParts<S> for Writer {
    type Rejection = Problem;
    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let who = parts.extensions.get::<Who>().ok_or_else(Problem::not_found)?;
        let idempotency = match parts.headers.get("idempotency-key") {
            None => None,
            Some(value) => {
                let key = value.to_str().ok().filter(|k| (1..=128).contains(&k.len()));
                let key = key.ok_or_else(|| Problem::malformed("bad-idempotency-key"))?;
                let operation = parts.extensions.get::<Chosen>().map_or("", |c| c.id);
                let request_hash = parts.extensions.get::<RequestHash>().map(|h| h.0.to_vec()).unwrap_or_default();
                Some(IdempotencyKey { operation, key: key.to_owned(), request_hash })
            }
        };
        Ok(Self(Ctx { actor: who.actor.clone(), idempotency }))
    }
}

/// SHA-256 of method, path, query and body.
#[derive(Clone, Copy)]
struct RequestHash([u8; 32]);

/// Reads a body that may be read, and remembers its hash; leaves uploads to their handler.
pub(crate) async fn read_body(app: &App, chosen: Chosen, request: Request) -> Result<Request, Problem> {
    let too_large = || Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "too-large");
    let declared = content_length(request.headers());
    let limit = chosen.body.bytes(app);
    if declared.is_some_and(|n| n > limit as u64) {
        return Err(too_large());
    }
    if chosen.body.is_streamed() || matches!(request.method(), &Method::GET | &Method::HEAD) {
        return Ok(request);
    }
    let (mut parts, body) = request.into_parts();
    let bytes = axum::body::to_bytes(body, limit).await.map_err(|error| {
        let source = std::error::Error::source(&error);
        if source.is_some_and(|s| s.is::<http_body_util::LengthLimitError>()) { too_large() } else { Problem::malformed("body-cut") }
    })?;
    let mut hasher = Sha256::new();
    hasher.update(parts.method.as_str());
    hasher.update([0]);
    hasher.update(parts.uri.to_string());
    hasher.update([0]);
    hasher.update(&bytes);
    parts.extensions.insert(RequestHash(hasher.finalize().into()));
    Ok(Request::from_parts(parts, HttpBody::from(bytes)))
}

fn content_length(headers: &HeaderMap) -> Option<u64> {
    headers.get(header::CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

/// A JSON body, cleaned and checked against its type's shape; every fault at once.
pub struct Json<T>(pub T);

impl<S, T> FromRequest<S> for Json<T>
where
    S: Send + Sync,
    T: DeserializeOwned + ToSchema + 'static,
{
    type Rejection = Problem;
    async fn from_request(request: Request, _: &S) -> Result<Self, Problem> {
        let value = json_value(request).await?;
        match shape::<T>().read::<T>(value) {
            (Some(value), faults) if faults.is_empty() => Ok(Self(value)),
            (_, faults) => Err(Problem::invalid(faults)),
        }
    }
}

/// A JSON body with the faults found so far, for handlers that add the faults of the domain to the same answer.
pub struct Draft<T> {
    /// What could be read.
    pub value: Option<T>,
    /// What is wrong so far.
    pub faults: base::Faults,
}

impl<S, T> FromRequest<S> for Draft<T>
where
    S: Send + Sync,
    T: DeserializeOwned + ToSchema + 'static,
{
    type Rejection = Problem;
    async fn from_request(request: Request, _: &S) -> Result<Self, Problem> {
        let value = json_value(request).await?;
        let (value, faults) = shape::<T>().read::<T>(value);
        Ok(Self { value, faults })
    }
}

async fn json_value(request: Request) -> Result<Value, Problem> {
    let (parts, body) = request.into_parts();
    if !is_json(&parts.headers) {
        return Err(Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "not-json"));
    }
    // Its size was bounded by the gate.
    let bytes: Bytes = axum::body::to_bytes(body, usize::MAX).await.map_err(|_| Problem::malformed("body-cut"))?;
    // serde_json refuses invalid UTF-8, lone surrogates and more than 128 levels.
    let Unambiguous(value) = serde_json::from_slice(&bytes)
        .map_err(|error| Problem::malformed("bad-json").with("line", error.line().into()).with("column", error.column().into()))?;
    if has_nul(&value) {
        return Err(Problem::malformed("nul"));
    }
    Ok(value)
}

fn is_json(headers: &HeaderMap) -> bool {
    let text = headers.get(header::CONTENT_TYPE).and_then(|v| v.to_str().ok()).unwrap_or_default();
    let essence = text.split(';').next().unwrap_or_default().trim();
    essence.eq_ignore_ascii_case("application/json") || essence.to_ascii_lowercase().ends_with("+json")
}

fn has_nul(value: &Value) -> bool {
    match value {
        Value::String(text) => text.contains('\0'),
        Value::Array(items) => items.iter().any(has_nul),
        Value::Object(map) => map.iter().any(|(k, v)| k.contains('\0') || has_nul(v)),
        Value::Null | Value::Bool(_) | Value::Number(_) => false,
    }
}

static SHAPES: LazyLock<RwLock<HashMap<TypeId, Arc<Shape>>>> = LazyLock::new(RwLock::default);

/// The shape of a type, made at its first use.
pub(crate) fn shape<T: ToSchema + 'static>() -> Arc<Shape> {
    let key = TypeId::of::<T>();
    if let Some(shape) = SHAPES.read().unwrap_or_else(PoisonError::into_inner).get(&key) {
        return Arc::clone(shape);
    }
    let shape = Arc::new(Shape::of::<T>());
    SHAPES.write().unwrap_or_else(PoisonError::into_inner).insert(key, Arc::clone(&shape));
    shape
}

/// The version that the client saw, from `If-Match: "7"`.
pub struct IfMatch(pub i64);

impl<S: Sync> FromRequestParts<S> for IfMatch {
    type Rejection = Problem;
    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let Some(value) = parts.headers.get(header::IF_MATCH) else {
            return Err(Problem::new(StatusCode::PRECONDITION_REQUIRED, "if-match-missing"));
        };
        let text = value.to_str().unwrap_or_default().trim();
        let number = text.strip_prefix('"').and_then(|t| t.strip_suffix('"')).and_then(|t| t.parse().ok());
        number.map(Self).ok_or_else(|| Problem::new(StatusCode::PRECONDITION_FAILED, "stale"))
    }
}

/// The ETag of a version.
pub(crate) fn etag(version: i64) -> [(header::HeaderName, String); 1] {
    [(header::ETAG, format!("\"{version}\""))]
}

/// One id in the path. What is no id is not found.
pub struct Id<T>(pub T);

impl<S, T> FromRequestParts<S> for Id<T>
where
    S: Send + Sync,
    T: FromStr + Send,
{
    type Rejection = Problem;
    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let Path(text) = Path::<String>::from_request_parts(parts, state).await.map_err(|_| Problem::not_found())?;
        text.parse().map(Self).map_err(|_| Problem::not_found())
    }
}

/// The parameters of the query string, as they were given.
pub struct Params(Vec<(String, String)>);

impl<S: Sync> FromRequestParts<S> for Params {
    type Rejection = Problem;
    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        // That every byte is UTF-8 was checked by the pipeline.
        let query = parts.uri.query().unwrap_or_default();
        Ok(Self(form_urlencoded::parse(query.as_bytes()).into_owned().take(500).collect()))
    }
}

impl Params {
    /// Refuses names that are none of these.
    ///
    /// # Errors
    /// 400 with the name.
    pub fn only(self, names: &[&str]) -> Result<Self, Problem> {
        self.with_names(|name| names.contains(&name))
    }

    /// Refuses names that are not known.
    ///
    /// # Errors
    /// 400 with the name.
    pub fn with_names(self, is_known: impl Fn(&str) -> bool) -> Result<Self, Problem> {
        match self.0.iter().find(|(name, _)| !is_known(name) && name != "lang") {
            Some((name, _)) => Err(Problem::parameter(name)),
            None => Ok(self),
        }
    }

    /// Takes a name out; gives its last value and the rest.
    #[must_use]
    pub fn without(mut self, name: &str) -> (Option<String>, Self) {
        let value = self.get(name).map(str::to_owned);
        self.0.retain(|(other, _)| other != name);
        (value, self)
    }

    /// The last value of a name; an empty one counts as none.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().rev().find(|(n, v)| n == name && !v.is_empty()).map(|(_, v)| v.as_str())
    }

    /// All values of a name.
    pub fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.0.iter().filter(move |(n, v)| n == name && !v.is_empty()).map(|(_, v)| v.as_str())
    }

    /// A value of a type.
    ///
    /// # Errors
    /// 400 if it is there and is none.
    pub fn parsed<T: FromStr>(&self, name: &str) -> Result<Option<T>, Problem> {
        self.get(name).map(|text| text.parse().map_err(|_| Problem::parameter(name))).transpose()
    }

    /// `limit`.
    ///
    /// # Errors
    /// 400 outside 1 to 100.
    pub fn limit(&self) -> Result<Limit, Problem> {
        match self.parsed::<u16>("limit")? {
            None => Ok(Limit::default()),
            Some(rows) => Limit::new(rows).ok_or_else(|| Problem::parameter("limit")),
        }
    }

    /// `cursor`.
    #[must_use]
    pub fn cursor(&self) -> Option<&str> {
        self.get("cursor")
    }

    /// `true` or `false`; false unless given.
    ///
    /// # Errors
    /// 400 for anything else.
    pub fn flag(&self, name: &str) -> Result<bool, Problem> {
        Ok(self.parsed::<bool>(name)?.unwrap_or(false))
    }
}
