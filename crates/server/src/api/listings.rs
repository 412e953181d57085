//! Technologies, IP assets and needs: the same operations for each kind, and what all kinds share.

use std::collections::BTreeSet;

use axum::Json as Answer;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use base::{Lang, ListingId, PartyId};
use listings::care::Care;
use listings::content::{Content, IpAsset, Need, Technology};
use listings::duplicates::Duplicate;
use listings::edit::{NewListing, Receipt};
use listings::lifecycle::Transition;
use listings::list::{Filter, ListingRow};
use listings::private::PrivateTerms;
use listings::versions::{Difference, VersionView};
use listings::view::ListingView;
use listings::{Kind, Visibility};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::List;
use crate::app::App;
use crate::extract::{Draft, Id, IfMatch, Json, Params, Who, Writer, etag};
use crate::problem::Problem;

/// The content of one kind of listing.
pub trait KindContent: DeserializeOwned + Serialize + ToSchema + Default + Send + 'static {
    /// The kind.
    const KIND: Kind;
    /// As the content of any kind.
    fn into_content(self) -> Content;
}

impl KindContent for Technology {
    const KIND: Kind = Kind::Technology;
    fn into_content(self) -> Content {
        Content::Technology(Box::new(self))
    }
}

impl KindContent for IpAsset {
    const KIND: Kind = Kind::IpAsset;
    fn into_content(self) -> Content {
        Content::IpAsset(Box::new(self))
    }
}

impl KindContent for Need {
    const KIND: Kind = Kind::Need;
    fn into_content(self) -> Content {
        Content::Need(Box::new(self))
    }
}

/// A new draft.
#[derive(Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewDraft<C> {
    /// Whose it is.
    pub party: PartyId,
    /// The language it is written in first.
    #[serde(default)]
    pub source_lang: Lang,
    /// What it says so far.
    #[serde(default)]
    #[schema(inline)]
    pub content: C,
}

/// A new version.
#[derive(Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewVersion<C> {
    /// All that it says now.
    #[schema(inline)]
    pub content: C,
    /// Why it was changed.
    #[serde(default)]
    #[schema(max_length = 500)]
    pub reason: String,
}

/// Who may see a listing once it is published.
#[derive(Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct VisibilityChange {
    /// The audience.
    pub visibility: Visibility,
    /// The parties it is shown to, with `invited`.
    #[serde(default)]
    pub parties: BTreeSet<PartyId>,
}

/// Private terms with their ETag.
#[derive(Serialize, ToSchema)]
pub struct PrivateAnswer {
    /// Their own version, the ETag of a change; 0 while there are none.
    pub version: i64,
    /// The terms.
    pub terms: PrivateTerms,
}

/// The new version of private terms.
#[derive(Serialize, ToSchema)]
pub struct PrivateReceipt {
    /// Their version now.
    pub version: i64,
}

/// A content of any kind.
#[derive(Serialize, ToSchema)]
pub struct VersionContent {
    /// The kind.
    pub kind: Kind,
    /// Which version.
    pub version: i64,
    /// What it says.
    #[schema(value_type = Object)]
    pub content: serde_json::Value,
}

fn receipt(status: StatusCode, receipt: Receipt) -> Response {
    (status, etag(receipt.version), Answer(receipt)).into_response()
}

/// Puts the pointers of content faults below `/content`.
fn below_content(problem: Problem) -> Problem {
    let mut faults = base::Faults::new();
    for fault in problem.faults.iter() {
        let args: Vec<(&'static str, &str)> = fault.args.iter().map(|(k, v)| (*k, v.as_str())).collect();
        faults.add_with(format!("/content{}", fault.pointer), fault.code, &args);
    }
    Problem { faults, ..problem }
}

/// Answers with the structural faults and those of the content together, if there are any.
fn checked(app: &App, content: &Content, mut faults: base::Faults) -> Result<(), Problem> {
    let check = listings::check::Check { vocabularies: &app.vocabularies, today: app.clock().today() };
    let found = below_content(Problem::invalid(check.draft(content)));
    faults.extend(found.faults);
    faults.into_result().map_err(Problem::invalid)
}

/// Saves a new draft.
pub(crate) async fn create<C: KindContent>(
    State(app): State<App>,
    Writer(ctx): Writer,
    draft: Draft<NewDraft<C>>,
) -> Result<Response, Problem> {
    let Some(body) = draft.value else { return Err(Problem::invalid(draft.faults)) };
    let content = body.content.into_content();
    checked(&app, &content, draft.faults)?;
    let new = NewListing { party: body.party, source_lang: body.source_lang, content, private: None };
    Ok(receipt(StatusCode::CREATED, listings::edit::create(&app.listings, ctx, new).await.map_err(Problem::from)?))
}

/// Writes a new version.
pub(crate) async fn edit<C: KindContent>(
    State(app): State<App>,
    Writer(ctx): Writer,
    Id(id): Id<ListingId>,
    IfMatch(seen): IfMatch,
    mut draft: Draft<NewVersion<C>>,
) -> Result<Response, Problem> {
    let Some(body) = draft.value else { return Err(Problem::invalid(draft.faults)) };
    let length = body.reason.chars().count();
    if length > 500 {
        draft.faults.add_with("/reason", "too_long", &[("max", "500"), ("length", &length.to_string())]);
    }
    let content = body.content.into_content();
    checked(&app, &content, draft.faults)?;
    let done = listings::edit::edit(&app.listings, ctx, id, seen, content, body.reason).await;
    Ok(receipt(StatusCode::OK, done.map_err(Problem::from)?))
}

/// Removes what was never published.
pub(crate) async fn remove<C: KindContent>(
    State(app): State<App>,
    Writer(ctx): Writer,
    Id(id): Id<ListingId>,
    IfMatch(seen): IfMatch,
) -> Result<StatusCode, Problem> {
    brokering::removal::remove(&app.brokering, ctx, C::KIND, id, seen).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// One listing, as the reader may see it.
pub(crate) async fn get<C: KindContent>(State(app): State<App>, who: Who, Id(id): Id<ListingId>) -> Result<Response, Problem> {
    let view = listings::view::show(&app.listings, &who.actor, C::KIND, id).await?;
    let tag = if view.inside.is_some() { format!("\"{}\"", view.version) } else { format!("\"p{}\"", view.content_version) };
    Ok(([(axum::http::header::ETAG, tag)], Answer(view)).into_response())
}

/// Listings of a kind: what is public, or a party's own.
pub(crate) async fn list<C: KindContent>(State(app): State<App>, who: Who, params: Params) -> Result<Answer<List<ListingRow>>, Problem> {
    let params = params.only(&["limit", "cursor", "party", "status"])?;
    let filter = Filter {
        kind: Some(C::KIND),
        party: super::parties::narrowed_to(&app, &params).await?,
        status: params.parsed("status")?,
        oldest_first: false,
    };
    // Of others only what is published is listed, so there is nothing to choose from.
    if filter.status.is_some() && filter.party.is_none() {
        return Err(Problem::parameter("status"));
    }
    let page = listings::list::list(&app.listings, &who.actor, &filter, params.limit()?, params.cursor()).await?;
    Ok(Answer(page.into()))
}

/// The versions of a listing, the newest first.
pub(crate) async fn versions(
    State(app): State<App>,
    who: Who,
    Id(id): Id<ListingId>,
    params: Params,
) -> Result<Answer<List<VersionView>>, Problem> {
    let params = params.only(&["limit", "cursor"])?;
    let limit = params.limit()?.get();
    let before = params.cursor().map(|c| base::Cursor::read::<i64>(c).map_err(|_| Problem::parameter("cursor"))).transpose()?;
    let mut items = listings::versions::list(&app.listings, &who.actor, id, limit + 1, before).await?;
    let more = items.len() as u64 > limit;
    items.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
    let next = items.last().filter(|_| more).map(|v| base::Cursor::write(&v.version));
    let total = listings::versions::count(&app.listings, &who.actor, id).await?;
    Ok(Answer(List { items, next, total }))
}

/// The content of one version.
pub(crate) async fn version(
    State(app): State<App>,
    who: Who,
    Path((id, number)): Path<(String, String)>,
) -> Result<Answer<VersionContent>, Problem> {
    let (id, number) = id.parse().ok().zip(number.parse().ok()).ok_or_else(Problem::not_found)?;
    let (kind, content) = listings::versions::get(&app.listings, &who.actor, id, number).await?;
    let content = content.to_json().and_then(|j| serde_json::from_str(&j)).map_err(|e| Problem::internal(&e))?;
    Ok(Answer(VersionContent { kind, version: number, content }))
}

/// Where two versions differ.
pub(crate) async fn difference(
    State(app): State<App>,
    who: Who,
    Id(id): Id<ListingId>,
    params: Params,
) -> Result<Answer<List<Difference>>, Problem> {
    let params = params.only(&["from", "to"])?;
    let from = params.parsed("from")?.ok_or_else(|| Problem::parameter("from"))?;
    let to = params.parsed("to")?.ok_or_else(|| Problem::parameter("to"))?;
    Ok(List::whole(listings::versions::difference(&app.listings, &who.actor, id, from, to).await?))
}

/// Takes an owner's step: submit, hold, resume, confirm, withdraw …
pub(crate) async fn transition(
    State(app): State<App>,
    Writer(ctx): Writer,
    Id(id): Id<ListingId>,
    IfMatch(seen): IfMatch,
    Json(body): Json<Transition>,
) -> Result<Response, Problem> {
    let done = listings::lifecycle::transition(&app.listings, ctx, id, seen, body).await.map_err(Problem::from);
    // What submitting finds is wrong or missing is in the content; what a withdrawal lacks is in the body itself.
    Ok(receipt(
        StatusCode::OK,
        done.map_err(|p| if p.faults.iter().any(|f| f.pointer.starts_with("/outcome")) { p } else { below_content(p) })?,
    ))
}

/// Sets who may see it once published.
pub(crate) async fn set_visibility(
    State(app): State<App>,
    Writer(ctx): Writer,
    Id(id): Id<ListingId>,
    IfMatch(seen): IfMatch,
    Json(body): Json<VisibilityChange>,
) -> Result<Response, Problem> {
    let done = listings::care::set_visibility(&app.listings, ctx, id, seen, body.visibility, body.parties).await?;
    Ok(receipt(StatusCode::OK, done))
}

/// Sets who looks after it.
pub(crate) async fn set_care(
    State(app): State<App>,
    Writer(ctx): Writer,
    Id(id): Id<ListingId>,
    IfMatch(seen): IfMatch,
    Json(body): Json<Care>,
) -> Result<Response, Problem> {
    Ok(receipt(StatusCode::OK, listings::care::set_care(&app.listings, ctx, id, seen, body).await?))
}

/// The private terms, for members and the staff member responsible.
pub(crate) async fn private_terms(State(app): State<App>, who: Who, Id(id): Id<ListingId>) -> Result<Response, Problem> {
    let (terms, version) = listings::edit::private_terms(&app.listings, &who.actor, id).await?;
    Ok((etag(version), Answer(PrivateAnswer { version, terms })).into_response())
}

/// Writes the private terms.
pub(crate) async fn set_private_terms(
    State(app): State<App>,
    Writer(ctx): Writer,
    Id(id): Id<ListingId>,
    IfMatch(seen): IfMatch,
    Json(terms): Json<PrivateTerms>,
) -> Result<Response, Problem> {
    let version = listings::edit::set_private_terms(&app.listings, ctx, id, seen, terms).await?;
    Ok((etag(version), Answer(PrivateReceipt { version })).into_response())
}

/// Listings that say nearly the same.
pub(crate) async fn duplicates(State(app): State<App>, who: Who, Id(id): Id<ListingId>) -> Result<Answer<List<Duplicate>>, Problem> {
    Ok(List::whole(listings::duplicates::of(&app.listings, &who.actor, id).await?))
}

/// The schema of a listing in answers.
pub type View = ListingView;
