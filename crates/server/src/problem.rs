//! Errors as RFC 9457 problem details: a stable type, a sentence in the reader's language, faults by JSON pointer.
//!
//! The one place where errors of the domain meet HTTP. There is no conversion from "any error": a new variant has to
//! choose its status. A 500 shows a request id and nothing of the cause.

use std::time::Duration;

use accounts::Error as AccountError;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use base::{Faults, Lang, Refused, messages};
use brokering::BrokeringError;
use listings::ListingError;
use matching::MatchError;
use matching::saved::SavedError;
use search::SearchError;
use serde_json::{Value, json};
use store::StoreError;
use store::follow::report;

/// The kind of what cannot be answered while the index is being built.
const INDEX_BUILDING: &str = "index-building";

/// An answer that is no success. It gets its words when the reader's language is known (see `pipeline`).
#[derive(Clone, Debug)]
pub struct Problem {
    /// The status.
    pub status: StatusCode,
    /// The stable type: the message is `problem-<kind>`.
    pub kind: &'static str,
    /// What is wrong with what was sent.
    pub faults: Faults,
    /// Further facts for programs.
    pub facts: Vec<(&'static str, Value)>,
    /// When to try again.
    pub retry_after: Option<Duration>,
}

impl Problem {
    /// A problem without further facts.
    #[must_use]
    pub fn new(status: StatusCode, kind: &'static str) -> Self {
        Self { status, kind, faults: Faults::new(), facts: Vec::new(), retry_after: None }
    }

    /// Nothing there, or nothing for this reader.
    #[must_use]
    pub fn not_found() -> Self {
        Self::new(StatusCode::NOT_FOUND, "not-found")
    }

    /// What was sent is wrong, at these places.
    #[must_use]
    pub fn invalid(faults: Faults) -> Self {
        Self { faults, ..Self::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid") }
    }

    /// The request cannot even be read.
    #[must_use]
    pub fn malformed(kind: &'static str) -> Self {
        Self::new(StatusCode::BAD_REQUEST, kind)
    }

    /// A wrong parameter of the address.
    #[must_use]
    pub fn parameter(name: &str) -> Self {
        let mut faults = Faults::new();
        faults.add(format!("/{name}"), "bad_parameter");
        Self { faults, ..Self::new(StatusCode::BAD_REQUEST, "bad-parameter") }
    }

    /// Whether it is this parameter of the address that is wrong.
    pub(crate) fn is_of_parameter(&self, name: &str) -> bool {
        self.kind == "bad-parameter" && self.faults.iter().any(|fault| fault.pointer.strip_prefix('/') == Some(name))
    }

    /// A fact for programs.
    #[must_use]
    pub fn with(mut self, name: &'static str, value: Value) -> Self {
        self.facts.push((name, value));
        self
    }

    /// When to try again.
    #[must_use]
    pub fn after(mut self, wait: Duration) -> Self {
        self.retry_after = Some(wait);
        self
    }

    /// What a page shows of the index beside much else: none while the index is being built.
    pub(crate) fn unless_building<T>(found: Result<T, Self>) -> Result<Option<T>, Self> {
        match found {
            Err(problem) if problem.kind == INDEX_BUILDING => Ok(None),
            found => found.map(Some),
        }
    }

    /// Something of ours failed: logged here, once, with its chain.
    #[must_use]
    pub fn internal(cause: &(dyn std::error::Error + 'static)) -> Self {
        tracing::error!(cause = report(cause), "a request failed");
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "internal")
    }

    /// The body for a reader.
    #[must_use]
    pub fn body(&self, lang: Lang, request_id: &str) -> Value {
        let title = messages::say(lang, &format!("problem-{}", self.kind), &[]);
        let mut body = json!({
            "type": format!("/problems/{}", self.kind),
            "title": title,
            "status": self.status.as_u16(),
            "request_id": request_id,
        });
        let Some(object) = body.as_object_mut() else { return body };
        if !self.faults.is_empty() {
            let errors: Vec<Value> =
                self.faults.iter().map(|f| json!({ "pointer": f.pointer, "code": f.code, "detail": f.say(lang) })).collect();
            object.insert("errors".to_owned(), Value::Array(errors));
        }
        for (name, value) in &self.facts {
            object.insert((*name).to_owned(), value.clone());
        }
        body
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let mut response = self.status.into_response();
        if let Some(wait) = self.retry_after {
            let seconds = wait.as_secs().max(1);
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        if self.status == StatusCode::UNAUTHORIZED {
            response.headers_mut().insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        if self.status == StatusCode::PAYLOAD_TOO_LARGE {
            // The rest is not read, so nothing can follow on this connection.
            response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
        }
        response.extensions_mut().insert(self);
        response
    }
}

impl From<Refused> for Problem {
    fn from(refused: Refused) -> Self {
        match refused {
            Refused::Hidden => Self::not_found(),
            Refused::Forbidden { action } => Self::new(StatusCode::FORBIDDEN, "forbidden").with("action", json!(action)),
            Refused::SignIn => Self::new(StatusCode::UNAUTHORIZED, "sign-in"),
        }
    }
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        use {StatusCode as S, StoreError as E};
        match error {
            E::Busy { retry_after } => Self::new(S::SERVICE_UNAVAILABLE, "busy").after(retry_after),
            E::Full(cause) => {
                tracing::error!(cause = report(&cause), "no space is left");
                Self::new(S::SERVICE_UNAVAILABLE, "storage-full").after(Duration::from_secs(60))
            }
            E::KeyReused => Self::new(S::UNPROCESSABLE_ENTITY, "idempotency-key-reused"),
            E::Duplicate(_) => Self::new(S::CONFLICT, "already-there"),
            E::Database(_) | E::Migration(_) | E::Corrupt { .. } | E::Lost | E::Randomness(_) => Self::internal(&error),
        }
    }
}

impl From<ListingError> for Problem {
    fn from(error: ListingError) -> Self {
        use {ListingError as E, StatusCode as S};
        match error {
            E::Refused(refused) => refused.into(),
            E::Invalid(faults) => Self::invalid(faults),
            E::Cursor => Self::parameter("cursor"),
            E::Stale { current } => Self::new(S::PRECONDITION_FAILED, "stale").with("current", json!(current)),
            E::NotAllowed { step, allowed } => {
                Self::new(S::CONFLICT, "step-not-allowed").with("step", json!(step)).with("allowed", json!(allowed))
            }
            E::NotRemovable { allowed } => {
                Self::new(S::CONFLICT, "step-not-allowed").with("step", json!("remove")).with("allowed", json!(allowed))
            }
            E::Claimed => Self::new(S::CONFLICT, "claimed"),
            E::NotClaimed => Self::new(S::CONFLICT, "not-claimed"),
            E::ScoreTooLow { total } => {
                Self::new(S::CONFLICT, "score-too-low").with("total", json!(total)).with("needed", json!(listings::review::PASS))
            }
            E::Store(error) => error.into(),
        }
    }
}

impl From<AccountError> for Problem {
    fn from(error: AccountError) -> Self {
        use {AccountError as E, StatusCode as S};
        match error {
            E::Refused(refused) => refused.into(),
            E::Invalid(faults) => Self::invalid(faults),
            E::Cursor => Self::parameter("cursor"),
            E::Throttled { retry_after } => Self::new(S::TOO_MANY_REQUESTS, "too-many").after(retry_after),
            E::Credentials => Self::new(S::UNAUTHORIZED, "credentials"),
            E::Unconfirmed => Self::new(S::FORBIDDEN, "unconfirmed"),
            E::Link => Self::new(S::GONE, "link-over"),
            E::Code => Self::new(S::UNPROCESSABLE_ENTITY, "code-wrong"),
            E::SecondFactorDue => Self::new(S::FORBIDDEN, "second-factor-due"),
            E::SecondFactorState => Self::new(S::CONFLICT, "second-factor-state"),
            E::Stale { seen } => Self::new(S::PRECONDITION_FAILED, "stale").with("seen", json!(seen)),
            E::Step { from, step } => Self::new(S::CONFLICT, "step-not-allowed").with("from", json!(from)).with("step", json!(step)),
            E::LastAdmin => Self::new(S::CONFLICT, "last-admin"),
            E::LastAdministrator => Self::new(S::CONFLICT, "last-administrator"),
            E::Store(error) => error.into(),
            E::Key => Self::internal(&error),
        }
    }
}

impl From<SearchError> for Problem {
    fn from(error: SearchError) -> Self {
        match error {
            SearchError::Query(_) => Self::parameter("q"),
            SearchError::TooManyValues(facet) => Self::parameter(facet.as_str()),
            SearchError::Cursor => Self::parameter("cursor"),
            SearchError::Index(failure) => failure.into(),
        }
    }
}

impl From<search::desk::LookUpError> for Problem {
    fn from(error: search::desk::LookUpError) -> Self {
        use search::desk::LookUpError as E;
        match error {
            E::Refused(refused) => refused.into(),
            E::Search(error) => error.into(),
            E::Store(error) => error.into(),
            E::CutOff(error) => Self::internal(&error),
        }
    }
}

impl From<search::Failure> for Problem {
    fn from(error: search::Failure) -> Self {
        match error {
            search::Failure::Building => Self::new(StatusCode::SERVICE_UNAVAILABLE, INDEX_BUILDING).after(Duration::from_secs(10)),
            error => Self::internal(&error),
        }
    }
}

impl From<MatchError> for Problem {
    fn from(error: MatchError) -> Self {
        match error {
            MatchError::Listing(error) => error.into(),
            MatchError::Cursor => Self::parameter("cursor"),
            MatchError::Invalid(faults) => Self::invalid(faults),
            MatchError::Index(failure) => failure.into(),
            MatchError::Model(_) | MatchError::CutOff(_) => Self::internal(&error),
        }
    }
}

impl From<SavedError> for Problem {
    fn from(error: SavedError) -> Self {
        use {SavedError as E, StatusCode as S};
        match error {
            E::Refused(refused) => refused.into(),
            E::Invalid(faults) => Self::invalid(faults),
            E::Cursor => Self::parameter("cursor"),
            E::Stale { current } => Self::new(S::PRECONDITION_FAILED, "stale").with("current", json!(current)),
            E::Match(error) => error.into(),
            E::Search(error) => error.into(),
            E::CutOff(cause) => Self::internal(&cause),
            E::Store(error) => error.into(),
        }
    }
}

impl From<BrokeringError> for Problem {
    fn from(error: BrokeringError) -> Self {
        use {BrokeringError as E, StatusCode as S};
        match error {
            E::Refused(refused) => refused.into(),
            E::Invalid(faults) => Self::invalid(faults),
            E::Cursor => Self::parameter("cursor"),
            E::Stale { current } => Self::new(S::PRECONDITION_FAILED, "stale").with("current", json!(current)),
            E::NotAllowed { to, allowed } => {
                Self::new(S::CONFLICT, "step-not-allowed").with("step", json!(to)).with("allowed", json!(allowed))
            }
            E::Open { interest } => Self::new(S::CONFLICT, "interest-open")
                .with("interest", json!(interest))
                .with("url", json!(brokering::interests::url(interest))),
            E::DealThere { deal } => {
                Self::new(S::CONFLICT, "deal-there").with("deal", json!(deal)).with("url", json!(deal.map(|id| format!("/deals/{id}"))))
            }
            E::Unmergeable(obstacles) => Self::new(S::CONFLICT, "merge-refused").with("obstacles", json!(obstacles)),
            E::NdaFirst => Self::new(S::FORBIDDEN, "nda-first"),
            E::NotAReader => Self::new(S::FORBIDDEN, "not-a-reader"),
            E::NdaChanged => Self::new(S::CONFLICT, "nda-changed"),
            E::StoryChanged => Self::new(S::CONFLICT, "story-changed"),
            E::TooLarge { most_mb } => Self::new(S::PAYLOAD_TOO_LARGE, "too-large").with("most_mb", json!(most_mb)),
            E::FileRefused(faults) => Self { faults, ..Self::new(S::UNSUPPORTED_MEDIA_TYPE, "file-refused") },
            E::Files(_) | E::Sealed => Self::internal(&error),
            E::Listing(error) => error.into(),
            E::Account(error) => error.into(),
            E::Store(error) => error.into(),
        }
    }
}
