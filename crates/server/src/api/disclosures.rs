//! What was opened to one person: the agreement, the contents, the files; closing it again and the ledger, for the owner.

use axum::Json as Answer;
use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::{HeaderName, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use base::DisclosureId;
use brokering::confidential::disclosures::{self, Acceptance, DisclosureDetail, DisclosureReceipt, DisclosureView};
use brokering::confidential::ledger::{self, LookView};
use brokering::confidential::openings::{self, OpenedFile};
use futures_util::StreamExt as _;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use store::follow::report;

use super::List;
use crate::app::App;
use crate::extract::{Id, Json, Params, Who, Writer};
use crate::problem::Problem;

/// What may stand in an extended parameter as it is (RFC 8187, attr-char).
const PLAIN: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// What was opened to whoever asks.
pub(crate) async fn mine(State(app): State<App>, who: Who, params: Params) -> Result<Answer<List<DisclosureView>>, Problem> {
    let params = params.only(&["limit", "cursor"])?;
    Ok(Answer(disclosures::mine(&app.brokering, &who.actor, params.limit()?, params.cursor()).await?.into()))
}

/// One disclosure with its agreement.
pub(crate) async fn get(State(app): State<App>, who: Who, Id(id): Id<DisclosureId>) -> Result<Answer<DisclosureDetail>, Problem> {
    Ok(Answer(disclosures::get(&app.brokering, &who.actor, id).await?))
}

/// Accepts the agreement.
pub(crate) async fn accept(
    State(app): State<App>,
    who: Who,
    Writer(ctx): Writer,
    Id(id): Id<DisclosureId>,
    Json(body): Json<Acceptance>,
) -> Result<Answer<DisclosureReceipt>, Problem> {
    Ok(Answer(disclosures::accept(&app.brokering, ctx, who.client.address, id, body).await?))
}

/// Opens the text and the list of files.
pub(crate) async fn contents(State(app): State<App>, who: Who, Id(id): Id<DisclosureId>) -> Result<Response, Problem> {
    let opened = openings::contents(&app.brokering, &who.actor, &who.client.address, id).await?;
    Ok(([(header::CACHE_CONTROL, "no-store")], Answer(opened)).into_response())
}

/// Opens a file.
pub(crate) async fn file(State(app): State<App>, who: Who, Path((id, file)): Path<(String, String)>) -> Result<Response, Problem> {
    let (id, file) = id.parse().ok().zip(file.parse().ok()).ok_or_else(Problem::not_found)?;
    Ok(served(openings::file(&app.brokering, &who.actor, &who.client.address, id, file).await?))
}

/// A file on its way to its reader: to be saved, not shown, and taken for nothing but what it is.
pub(crate) fn served(file: OpenedFile) -> Response {
    let bytes = file.bytes.inspect(|piece| {
        if let Err(error) = piece {
            tracing::error!(cause = report(error), "a confidential file broke off on its way out");
        }
    });
    let mut response = Body::from_stream(bytes).into_response();
    let headers = response.headers_mut();
    let mut set = |name: HeaderName, value: HeaderValue| headers.insert(name, value);
    set(header::CONTENT_TYPE, HeaderValue::from_static(file.kind.media_type()));
    set(header::CONTENT_DISPOSITION, attachment(&file.name));
    set(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    set(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    // Of what is inside nothing runs, should a browser show it all the same.
    set(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static("default-src 'none'; sandbox"));
    response
}

/// `Content-Disposition` with the name twice: folded to ASCII for old programs, and as it is (RFC 6266, 8187).
fn attachment(name: &str) -> HeaderValue {
    let ascii: String =
        base::fold::folded(name).chars().map(|c| if c.is_ascii_alphanumeric() || "-._ ()".contains(c) { c } else { '_' }).collect();
    let text = format!("attachment; filename=\"{ascii}\"; filename*=UTF-8''{}", utf8_percent_encode(name, PLAIN));
    HeaderValue::from_str(&text).unwrap_or(HeaderValue::from_static("attachment"))
}

/// Closes it.
pub(crate) async fn revoke(
    State(app): State<App>,
    Writer(ctx): Writer,
    Id(id): Id<DisclosureId>,
) -> Result<Answer<DisclosureReceipt>, Problem> {
    Ok(Answer(disclosures::revoke(&app.brokering, ctx, id).await?))
}

/// Who looked.
pub(crate) async fn looks(
    State(app): State<App>,
    who: Who,
    Id(id): Id<DisclosureId>,
    params: Params,
) -> Result<Answer<List<LookView>>, Problem> {
    let params = params.only(&["limit", "cursor"])?;
    Ok(Answer(ledger::of_disclosure(&app.brokering, &who.actor, id, params.limit()?, params.cursor()).await?.into()))
}

#[cfg(test)]
mod tests {
    use super::attachment;

    #[test]
    fn a_name_cannot_break_out_of_its_header() {
        assert_eq!(
            attachment("Quy trình \"A\"; x=1.pdf").to_str().unwrap(),
            "attachment; filename=\"quy trinh _a__ x_1.pdf\"; filename*=UTF-8''Quy%20tr%C3%ACnh%20%22A%22%3B%20x%3D1.pdf"
        );
        assert!(attachment("a\r\nb.pdf").to_str().unwrap().contains("filename*=UTF-8''a%0D%0Ab.pdf"));
    }
}
