//! Keeping what a step says: by its button, or by itself as one writes. What was written from an older version is joined
//! with what others wrote since, and shown with what they did before it is kept.

use askama::Template;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use base::{Faults, Lang, ListingId, PartyId, messages};
use listings::ListingError;
use listings::content::Content;
use listings::edit::NewListing;
use listings::state::Move;
use serde_json::Value;
use store::Ctx;

use super::{PostingPage, Sheet, Writing, read_content, saved_now, sheet};
use crate::app::App;
use crate::extract::Writer;
use crate::problem::Problem;
use crate::web::faults::{FaultLine, fault_lines};
use crate::web::fields::{Input, PART, Wrong, apply, is_as_it_was, row_origins, told_at};
use crate::web::form::Form;
use crate::web::frame::{Visit, go, localised, page};
use crate::web::portion;

/// What is told of a form that saved itself.
#[derive(Template)]
#[template(path = "parts/saved.html")]
struct SavedLine {
    saved: Option<String>,
    unsaved: Option<String>,
    /// What is wrong with which field: said aloud from here, and put beside the fields by `assets/saving.js`.
    auto_faults: Vec<FaultLine>,
    /// None while there is no draft.
    seen: Option<i64>,
    /// Where the form goes on: that of the draft, once there is one.
    action: String,
}

/// What a form that saves itself is told: a line with the version to go on from.
fn saved_line(lang: Lang, status: StatusCode, line: &SavedLine) -> Response {
    page(status, lang, line)
}

/// What is said of a form that cannot be kept as it is.
fn wrong(sheet: &Sheet<'_>, faults: &Faults, seen: Option<i64>, action: String) -> Response {
    let lang = sheet.visit.lang();
    let count = faults.iter().count().to_string();
    let line = SavedLine {
        saved: None,
        unsaved: Some(messages::say(lang, "post-auto-wrong", &[("count", &count)])),
        auto_faults: fault_lines(&Wrong::of(faults, &sheet.fields, lang), &sheet.fields, lang, sheet.cx.written_in),
        seen,
        action,
    };
    saved_line(lang, StatusCode::UNPROCESSABLE_ENTITY, &line)
}

/// The first step of something new, as it was typed so far.
pub(super) struct Typed<'a> {
    /// Whose it will be, if that was chosen.
    pub party: Option<PartyId>,
    pub value: &'a Value,
    pub faults: Faults,
    /// Whether rows of it moved.
    pub is_shifted: bool,
}

/// What the first step of something new is told when it saves itself: there is a draft once it has a title and a party.
pub(super) async fn begin(sheet: &Sheet<'_>, ctx: Ctx, typed: Typed<'_>) -> Result<Response, Problem> {
    let lang = sheet.visit.lang();
    let here = localised(lang, &format!("/post/{}", sheet.kind.path()));
    let mut faults = typed.faults;
    let content = read_content(sheet.kind, typed.value, &mut faults);
    let (Some(content), true) = (content, faults.is_empty()) else { return Ok(wrong(sheet, &faults, None, here)) };
    let has_title = content.title().best(lang).is_some_and(|title| !title.trim().is_empty());
    let nothing = SavedLine { saved: None, unsaved: None, auto_faults: Vec::new(), seen: None, action: here };
    // Without a key the same page would make one draft after the other.
    let (Some(party), true, true) = (typed.party, has_title && !typed.is_shifted, ctx.idempotency.is_some()) else {
        return Ok(saved_line(lang, StatusCode::OK, &nothing));
    };
    let new = NewListing { party, source_lang: lang, content, private: None };
    match listings::edit::create(&sheet.app.listings, ctx, new).await {
        Ok(receipt) => {
            let saved = Some(saved_now(sheet.app, lang));
            let action = localised(lang, &format!("/my/listings/{}/edit/1", receipt.id));
            let line = SavedLine { saved, seen: Some(receipt.version), action, ..nothing };
            Ok(saved_line(lang, StatusCode::OK, &line))
        }
        Err(ListingError::Invalid(faults)) => Ok(wrong(sheet, &faults, None, nothing.action)),
        Err(error) => Err(error.into()),
    }
}

/// A form of the first step whose draft was made already goes on as a form of that draft.
pub(super) async fn go_on(app: App, visit: Visit, ctx: Ctx, id: ListingId, form: Form) -> Result<Response, Problem> {
    let seen = Writing::load(&app, &visit, &id.to_string()).await?.version();
    let form = form.with([("_seen".to_owned(), seen.to_string())]);
    let ctx = Ctx { idempotency: None, ..ctx };
    Box::pin(save(State(app), visit, Writer(ctx), Path((id.to_string(), "1".to_owned())), form)).await
}

/// Keeps what a step says and goes on.
pub(in crate::web) async fn save(
    State(app): State<App>,
    visit: Visit,
    Writer(ctx): Writer,
    Path((id, number)): Path<(String, String)>,
    form: Form,
) -> Result<Response, Problem> {
    let writing = Writing::load(&app, &visit, &id).await?;
    let number: usize = number.parse().map_err(|_| Problem::not_found())?;
    let sheet = sheet(&app, &visit, &writing, number).await?;
    let does = form.get("_do");
    let seen = form.get("_seen").parse().unwrap_or_default();
    // The form speaks of the version it was made from: its rows are that one's.
    let base = written_from(&app, &visit, &writing, seen).await?;
    let mut value = base.clone().unwrap_or_else(|| writing.view.content.clone());
    let sent = apply(&sheet.fields, &form, &sheet.cx, does.strip_prefix("drop:"), &mut value);
    let mut faults = sent.faults;
    let again = |status: StatusCode, faults: &Faults| {
        let mut view = sheet.page(&value, Some(&sent.form), faults, Some(&writing));
        // What is wrong is mended first; it is joined with what others wrote when it can be kept.
        view.seen = base.is_some().then_some(seen).or(view.seen);
        page(status, visit.lang(), &view)
    };
    let is_auto = does == "auto";
    let lang = visit.lang();
    let action = localised(lang, &format!("{}/edit/{number}", writing.desk()));
    let line = |saved: Option<String>, unsaved: Option<String>, seen: i64| SavedLine {
        saved,
        unsaved,
        auto_faults: Vec::new(),
        seen: Some(seen),
        action: action.clone(),
    };
    let unsaved = |status: StatusCode, text: String| saved_line(lang, status, &line(None, Some(text), seen));
    // Rows that move would no longer be where the page has them.
    if is_auto && sent.is_shifted {
        return Ok(unsaved(StatusCode::OK, messages::say(lang, "post-auto-later", &[])));
    }
    let wrong = |faults: &Faults| wrong(&sheet, faults, Some(seen), action.clone());
    let content = read_content(sheet.kind, &value, &mut faults);
    let (Some(content), true) = (content, faults.is_empty()) else {
        return Ok(if is_auto { wrong(&faults) } else { again(StatusCode::UNPROCESSABLE_ENTITY, &faults) });
    };
    let mine = value_of(&content)?;
    match listings::edit::edit(&app.listings, ctx, writing.view.id, seen, content, String::new()).await {
        Ok(receipt) if is_auto => Ok(saved_line(lang, StatusCode::OK, &line(Some(saved_now(&app, lang)), None, receipt.version))),
        Err(ListingError::Invalid(faults)) if is_auto => Ok(wrong(&faults)),
        Err(ListingError::Stale { .. }) if is_auto => Ok(unsaved(StatusCode::CONFLICT, messages::say(lang, "post-auto-stale", &[]))),
        Err(ListingError::NotAllowed { .. }) if is_auto => Ok(unsaved(StatusCode::CONFLICT, messages::say(lang, "post-closed", &[]))),
        Ok(_) => {
            let is_last = number > writing.steps().len();
            let part = form.get(PART).parse::<usize>().unwrap_or(1);
            let step = |number: usize, part: usize| {
                let part = if part > 1 { format!("{}={part}&", portion::PART) } else { String::new() };
                format!("{}/edit/{number}?{part}saved", writing.desk())
            };
            let there = match does {
                "close" => writing.desk(),
                "next" if part < sheet.parts(&mine) => step(number, part + 1),
                "next" if is_last => writing.desk(),
                "next" => step(number + 1, 1),
                _ => match does.strip_prefix("part:").and_then(|part| part.parse().ok()) {
                    Some(other) => step(number, other),
                    None => step(number, part),
                },
            };
            Ok(go(&localised(visit.lang(), &there)))
        }
        Err(ListingError::Invalid(faults)) => Ok(again(StatusCode::UNPROCESSABLE_ENTITY, &faults)),
        // The page has what both wrote, and says so: sending it again keeps it.
        Err(error @ (ListingError::Stale { .. } | ListingError::NotAllowed { .. })) => {
            let newest = Writing::load(&app, &visit, &id).await?;
            let is_open = newest.has_step(Move::Edit) && matches!(error, ListingError::Stale { .. });
            let (key, mut view) = match base.as_ref().filter(|_| is_open) {
                Some(base) => ("post-joined", joined(&sheet, base, &mine, &newest, &sent.form)),
                None => {
                    let key = if is_open { "post-stale" } else { "post-closed" };
                    (key, sheet.page(&value, Some(&sent.form), &Faults::new(), Some(&newest)))
                }
            };
            let text = messages::say(lang, key, &[]);
            view.faults.insert(0, FaultLine { id: String::new(), label: String::new(), text });
            Ok(page(StatusCode::CONFLICT, visit.lang(), &view))
        }
        Err(error) => Err(error.into()),
    }
}

/// What the listing said in the version that a form was made from; none if that is not kept any more.
async fn written_from(app: &App, visit: &Visit, writing: &Writing, seen: i64) -> Result<Option<Value>, Problem> {
    if seen == writing.version() {
        return Ok(Some(writing.view.content.clone()));
    }
    let base = listings::versions::at(&app.listings, &visit.who.actor, writing.view.id, seen).await?;
    base.as_ref().map(value_of).transpose()
}

fn value_of(content: &Content) -> Result<Value, Problem> {
    content.to_json().and_then(|json| serde_json::from_str(&json)).map_err(|e| Problem::internal(&e))
}

/// The page with what its writer and others wrote from the same version; where both wrote, it says what the others did.
fn joined(sheet: &Sheet<'_>, base: &Value, mine: &Value, newest: &Writing, sent: &Form) -> PostingPage {
    let lang = sheet.visit.lang();
    let merged = listings::merge::merge(base, mine, &newest.view.content);
    let told = merged.clashes.iter().map(|clash| {
        let theirs = told_at(&sheet.fields, &clash.pointer, &clash.theirs, &sheet.cx);
        let key = if theirs.is_empty() { "post-clash-gone" } else { "post-clash" };
        (clash.pointer.clone(), messages::say(lang, key, &[("theirs", &theirs)]))
    });
    let wrong = Wrong::saying(told, &sheet.fields);
    // Rows are told by which of the newest version's they are, so that what the form does not show stays with its row.
    let count = |at: &str| newest.view.content.pointer(at).and_then(Value::as_array).map_or(0, Vec::len);
    let moved = merged.rows.iter().filter(|(at, rows)| !is_as_it_was(rows, count(at)));
    let origins = Form::default().with(moved.flat_map(|(at, rows)| row_origins(at, rows)));
    // What was sent is what is shown, for only that is kept when it is sent again: of rows, those that are not the newest's.
    let lists: Vec<&str> = sheet.fields.iter().filter(|f| matches!(f.input, Input::Rows(_))).map(|f| f.at).collect();
    let in_list = |name: &str| lists.iter().any(|at| name.strip_prefix(*at).is_some_and(|rest| rest.starts_with('/')));
    let rows = |content: &Value, at: &str| content.pointer(at).and_then(Value::as_array).cloned().unwrap_or_default();
    let own = lists.iter().flat_map(|&at| {
        let theirs = rows(&newest.view.content, at);
        let from = merged.rows.iter().find(|(list, _)| list == at).map(|(_, from)| from);
        let theirs_at = move |n: usize| theirs.get(from.map_or(Some(n), |from| from.get(n).copied().flatten())?).cloned();
        let changed = rows(&merged.content, at).into_iter().enumerate().filter(move |(n, row)| theirs_at(*n).as_ref() != Some(row));
        changed.map(move |(n, _)| (format!("{at}/{n}/"), String::new()))
    });
    let named = sent.iter().filter(|(name, _)| !in_list(name)).map(|(name, value)| (name.to_owned(), value.to_owned()));
    let shown = Form::default().with(named.chain(own));
    sheet.page_saying(&merged.content, (Some(&origins), Some(&shown)), &wrong, Some(newest))
}
