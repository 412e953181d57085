//! The JSON API under `/api/v1`. Each file is one feature: it reads a request, makes one call, and writes the answer.

pub mod accounts;
pub mod confidential;
pub mod deals;
pub mod disclosures;
pub mod documents;
pub mod events;
pub mod experts;
pub mod imports;
pub mod interests;
pub mod listings;
pub mod matches;
pub mod memberships;
pub(crate) mod multipart;
pub mod need_desk;
pub mod notices;
pub mod numbers;
pub mod parties;
pub mod reviews;
pub mod saved_searches;
pub mod search;
pub mod search_export;
pub mod session;
pub mod stories;
pub mod tokens;
pub(crate) mod upload;
pub mod vocabularies;

use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use base::Page;
use serde::Serialize;
use utoipa::ToSchema;

/// A list in pages.
#[derive(Serialize, ToSchema)]
pub struct List<T> {
    /// The rows.
    #[schema(inline)]
    pub items: Vec<T>,
    /// Give this back as `cursor` to get the next page; null at the end.
    pub next: Option<String>,
    /// How many there are in all.
    pub total: u64,
}

impl<T> From<Page<T>> for List<T> {
    fn from(page: Page<T>) -> Self {
        Self { items: page.items, next: page.next, total: page.total }
    }
}

impl<T> List<T> {
    /// A list that is whole.
    fn whole(items: Vec<T>) -> Json<Self> {
        let total = items.len() as u64;
        Json(Self { items, next: None, total })
    }
}

/// A problem as it is answered (RFC 9457).
#[derive(Serialize, ToSchema)]
pub struct ProblemBody {
    /// The stable type.
    #[serde(rename = "type")]
    pub kind: String,
    /// A sentence in the reader's language.
    pub title: String,
    /// The status.
    pub status: u16,
    /// By which the log knows the request.
    pub request_id: String,
    /// What is wrong with what was sent.
    pub errors: Option<Vec<FaultBody>>,
}

/// One thing that is wrong.
#[derive(Serialize, ToSchema)]
pub struct FaultBody {
    /// Where: a JSON pointer (RFC 6901).
    pub pointer: String,
    /// A stable code.
    pub code: String,
    /// A sentence in the reader's language.
    pub detail: String,
}

/// An answer without a body.
fn nothing() -> Response {
    StatusCode::NO_CONTENT.into_response()
}
