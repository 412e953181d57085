//! What a party confides of a listing, on the pages of its own people: the text, the files, to whom it is open, who looked.
//!
//! The rules are those of `brokering::confidential`; here are only the pages. Whoever may not know of it finds nothing.

use askama::Template;
use axum::extract::{Path, Request, State};
use axum::http::StatusCode;
use axum::response::Response;
use base::{ConfidentialFileId, DisclosureId, Faults, Lang, Limit, ListingId, PartyRole, messages};
use brokering::BrokeringError;
use brokering::confidential::disclosures::{self, DisclosureState, DisclosureView, NewDisclosure, PURPOSE_MAX};
use brokering::confidential::files;
use brokering::confidential::kinds::FileKind;
use brokering::confidential::ledger::{self, LookView};
use brokering::confidential::text::{self, ConfidentialText, SECTION_MAX};
use chrono::{Days, NaiveDate};
use store::IdempotencyKey;

use super::faults::FaultLine;
use super::finder::{self, Finder};
use super::form::Form;
use super::format::{self, Moment};
use super::frame::{Frame, Visit, go, localised, page, parameter, parsed};
use super::paging::{cursor, paged};
use super::posting::Writing;
use crate::api;
use crate::app::App;
use crate::extract::Writer;
use crate::problem::Problem;

/// Looks on the page of the ledger, disclosures on the page of the listing.
const SHOWN: u16 = 50;
/// Disclosures shown at once: the text and the files stand on the same page.
const GRANTS: u16 = 20;
/// Looks at the end of the page of the listing.
const LATEST: u16 = 5;
/// What was done, as the address says it.
const DONE: [&str; 5] = ["text", "file", "removed", "granted", "revoked"];

/// A section of the text as it is asked for.
struct Section {
    name: &'static str,
    label: String,
    hint: String,
    value: String,
    fault: Option<String>,
}

/// A file.
struct FileLine {
    id: ConfidentialFileId,
    name: String,
    size: String,
    since: Moment,
}

/// Somebody it was opened to.
struct GrantLine {
    id: DisclosureId,
    name: String,
    party: String,
    purpose: String,
    state_label: String,
    tone: &'static str,
    until: String,
    accepted: Option<Moment>,
    is_open: bool,
}

/// A look.
pub(super) struct LookLine {
    name: String,
    what: String,
    address: String,
    at: Moment,
    /// Why an administrator opened it in an emergency.
    reason: Option<String>,
}

#[derive(Template)]
#[template(path = "confidential.html")]
struct ConfidentialPage {
    f: Frame,
    code: String,
    desk: String,
    here: String,
    ledger: String,
    can_edit: bool,
    can_grant: bool,
    seen: i64,
    sections: Vec<Section>,
    section_max: usize,
    files: Vec<FileLine>,
    file_action: String,
    file_hint: String,
    accept: String,
    grants: Vec<GrantLine>,
    grants_total: u64,
    next: Option<String>,
    first: Option<String>,
    key: String,
    finder: Finder,
    email: String,
    purpose: String,
    purpose_max: usize,
    expires_on: String,
    looks: Vec<LookLine>,
    looks_total: u64,
    faults: Vec<FaultLine>,
    done: Option<String>,
}

/// What a form of the page sent, if it could not be done.
#[derive(Default)]
struct Sent<'a> {
    status: Option<StatusCode>,
    form: Option<&'a Form>,
    text: Option<ConfidentialText>,
    lines: Vec<FaultLine>,
}

/// The state of a disclosure in words, with the colour it has.
pub(super) fn state_words(state: DisclosureState, lang: Lang) -> (String, &'static str) {
    let tone = match state {
        DisclosureState::Granted => "m-invited",
        DisclosureState::Accepted => "m-confirmed",
        DisclosureState::Revoked | DisclosureState::Expired => "",
    };
    (messages::say(lang, &format!("disclosure-state-{}", state.as_str()), &[]), tone)
}

/// Bytes as people say it.
pub(super) fn size(lang: Lang, bytes: i64) -> String {
    #[expect(clippy::cast_precision_loss, reason = "a figure for reading")]
    let bytes = bytes.max(0) as f64;
    if bytes < 1_000_000.0 {
        format!("{} KB", format::number(lang, (bytes / 1_000.0).max(0.1)))
    } else {
        format!("{} MB", format::number(lang, (bytes / 100_000.0).round() / 10.0))
    }
}

fn grant_line(view: DisclosureView, lang: Lang) -> GrantLine {
    let (state_label, tone) = state_words(view.state, lang);
    GrantLine {
        id: view.id,
        name: view.name,
        party: view.party_names.best(lang).unwrap_or_default().to_owned(),
        purpose: view.purpose,
        state_label,
        tone,
        until: format::day(lang, view.expires_on),
        accepted: view.accepted_at.map(|at| format::moment(lang, at)),
        is_open: view.state != DisclosureState::Revoked,
    }
}

fn look_line(look: LookView, lang: Lang) -> LookLine {
    LookLine {
        name: look.name,
        what: look.file_name.unwrap_or_else(|| messages::say(lang, "ledger-text", &[])),
        address: look.address,
        reason: look.reason.map(|reason| messages::say(lang, "ledger-glass", &[("reason", &reason)])),
        at: format::moment(lang, look.at),
    }
}

/// The kinds of files as people name them.
fn kinds(list: &[FileKind]) -> String {
    list.iter().map(|kind| kind.as_str().to_uppercase()).collect::<Vec<_>>().join(", ")
}

async fn show_page(app: &App, visit: &Visit, writing: &Writing, sent: Sent<'_>) -> Result<Response, Problem> {
    let lang = visit.lang();
    let (actor, id) = (&visit.who.actor, writing.view.id);
    let party = writing.view.party.id.ok_or_else(Problem::not_found)?;
    let own = text::own(&app.brokering, actor, id).await?;
    let limit = |rows| Limit::new(rows).unwrap_or_default();
    let grants = disclosures::of_listing(&app.brokering, actor, id, limit(GRANTS), cursor(visit).as_deref()).await?;
    let looks = ledger::of_listing(&app.brokering, actor, id, limit(LATEST), None).await?;
    let settings = app.brokering.vault.settings();
    let path = format!("{}/confidential", writing.desk());
    let pager = paged(visit, &path, &[], grants.next.as_deref());
    let to_grants = |href: String| format!("{href}#grants");
    let value = sent.text.as_ref().unwrap_or(&own.text);
    let sections = value.sections().map(|(name, value)| {
        let key = name.replace('_', "-");
        Section {
            name,
            label: messages::say(lang, &format!("confidential-{key}"), &[]),
            hint: messages::say(lang, &format!("confidential-{key}-hint"), &[]),
            value: value.to_owned(),
            fault: sent.lines.iter().find(|line| line.id == name).map(|line| line.text.clone()),
        }
    });
    let typed = |name: &str| sent.form.map_or_else(String::new, |form| form.get(name).to_owned());
    let usual_end = app.clock().today().checked_add_days(Days::new(90)).unwrap_or(NaiveDate::MAX);
    let did = parameter(visit, "did");
    let nothing = Form::default();
    let granting = localised(lang, &format!("{}/disclosures", writing.desk()));
    let asked = ("party", "confidential-party");
    let mut finder = Finder::of_form(app, visit, asked, granting, sent.form.unwrap_or(&nothing)).await?;
    finder.fault = sent.lines.iter().find(|line| line.id == "party").map(|line| line.text.clone());
    let confidential = ConfidentialPage {
        f: visit.frame(app, messages::say(lang, "confidential-title", &[("code", &writing.view.code)])).at(&path).unlisted().placed("my"),
        code: writing.view.code.clone(),
        desk: localised(lang, &writing.desk()),
        here: localised(lang, &path),
        ledger: localised(lang, &format!("{}/ledger", writing.desk())),
        can_edit: actor.has_role(party, PartyRole::Editor),
        can_grant: actor.has_role(party, PartyRole::Admin) || actor.has_role(party, PartyRole::Signatory),
        seen: own.version,
        sections: sections.into_iter().collect(),
        section_max: SECTION_MAX,
        files: files::list(&app.brokering, actor, id)
            .await?
            .into_iter()
            .map(|file| FileLine {
                id: file.id,
                size: size(lang, file.size),
                since: format::moment(lang, file.uploaded_at),
                name: file.name,
            })
            .collect(),
        file_action: format!("{}?key={}", localised(lang, &format!("{}/files", writing.desk())), app.clock().uuid()),
        file_hint: messages::say(
            lang,
            "confidential-file-hint",
            &[
                ("kinds", &kinds(&settings.kinds)),
                ("max", &settings.max_mb.to_string()),
                ("pdf", &settings.pdf_max_mb.min(settings.max_mb).to_string()),
            ],
        ),
        accept: settings.kinds.iter().map(|kind| format!(".{kind}")).chain([".jpg".to_owned()]).collect::<Vec<_>>().join(","),
        next: pager.next.map(to_grants),
        first: pager.first.map(to_grants),
        grants_total: grants.total,
        grants: grants.items.into_iter().map(|view| grant_line(view, lang)).collect(),
        key: app.clock().uuid().to_string(),
        finder,
        email: typed("email"),
        purpose: typed("purpose"),
        purpose_max: PURPOSE_MAX,
        expires_on: Some(typed("expires_on")).filter(|day| !day.is_empty()).unwrap_or_else(|| usual_end.to_string()),
        looks_total: looks.total,
        looks: looks.items.into_iter().map(|look| look_line(look, lang)).collect(),
        done: DONE
            .iter()
            .find(|done| **done == did && sent.lines.is_empty())
            .map(|done| messages::say(lang, &format!("confidential-did-{done}"), &[])),
        faults: sent.lines,
    };
    Ok(page(sent.status.unwrap_or(StatusCode::OK), lang, &confidential))
}

fn back(visit: &Visit, writing: &Writing, did: &str) -> Response {
    go(&localised(visit.lang(), &format!("{}/confidential?did={did}", writing.desk())))
}

/// A sentence about the whole.
fn whole(lang: Lang, key: &str) -> Vec<FaultLine> {
    vec![FaultLine { id: String::new(), label: String::new(), text: messages::say(lang, key, &[]) }]
}

/// Faults by the inputs they lead to.
fn lines(faults: &Faults, lang: Lang) -> Vec<FaultLine> {
    let line = |fault: &base::Fault| {
        let id = fault.pointer.trim_start_matches('/').to_owned();
        let key = format!("confidential-{}", id.replace('_', "-"));
        FaultLine {
            label: if messages::has(lang, &key) { messages::say(lang, &key, &[]) } else { String::new() },
            id,
            text: fault.say(lang),
        }
    };
    faults.iter().map(line).collect()
}

pub(super) async fn show(State(app): State<App>, visit: Visit, Path(id): Path<String>) -> Result<Response, Problem> {
    let writing = Writing::load(&app, &visit, &id).await?;
    show_page(&app, &visit, &writing, Sent::default()).await
}

/// Writes the text.
pub(super) async fn save(
    State(app): State<App>,
    visit: Visit,
    Writer(ctx): Writer,
    Path(id): Path<String>,
    form: Form,
) -> Result<Response, Problem> {
    let writing = Writing::load(&app, &visit, &id).await?;
    let lang = visit.lang();
    let typed = |name: &str| base::text::clean(form.get(name));
    let text = ConfidentialText {
        know_how: typed("know_how"),
        process_parameters: typed("process_parameters"),
        cost_structure: typed("cost_structure"),
        other: typed("other"),
    };
    let seen = form.get("_seen").parse().unwrap_or(-1);
    let (status, lines) = match text::write(&app.brokering, ctx, writing.view.id, seen, text.clone()).await {
        Ok(_) => return Ok(back(&visit, &writing, "text")),
        Err(BrokeringError::Invalid(faults)) => (StatusCode::UNPROCESSABLE_ENTITY, lines(&faults, lang)),
        Err(BrokeringError::Stale { .. }) => (StatusCode::CONFLICT, whole(lang, "post-stale")),
        Err(error) => return Err(error.into()),
    };
    show_page(&app, &visit, &writing, Sent { status: Some(status), text: Some(text), lines, ..Sent::default() }).await
}

/// Takes a file in.
pub(super) async fn add_file(
    State(app): State<App>,
    visit: Visit,
    Writer(mut ctx): Writer,
    Path(id): Path<String>,
    request: Request,
) -> Result<Response, Problem> {
    let writing = Writing::load(&app, &visit, &id).await?;
    let listing: ListingId = writing.view.id;
    // The key of the page: a form that is sent twice hands in one file.
    let key = parameter(&visit, "key");
    if (1..=64).contains(&key.len()) {
        ctx.idempotency = Some(IdempotencyKey { operation: "formConfidentialFile", key, request_hash: Vec::new() });
    }
    let done = match api::confidential::receive(&app, &ctx, listing, request).await {
        Ok(handed) => api::confidential::keep(&app, ctx, listing, handed).await.map(drop),
        Err(problem) => Err(problem),
    };
    let Err(problem) = done else { return Ok(back(&visit, &writing, "file")) };
    let can_be_said = [StatusCode::UNPROCESSABLE_ENTITY, StatusCode::UNSUPPORTED_MEDIA_TYPE, StatusCode::PAYLOAD_TOO_LARGE];
    if !can_be_said.contains(&problem.status) {
        return Err(problem);
    }
    let lang = visit.lang();
    let mut lines = lines(&problem.faults, lang);
    if lines.is_empty() {
        let text = messages::say(lang, &format!("problem-{}", problem.kind), &[]);
        lines.push(FaultLine { id: "file".to_owned(), label: messages::say(lang, "confidential-file", &[]), text });
    }
    let mut response = show_page(&app, &visit, &writing, Sent { status: Some(problem.status), lines, ..Sent::default() }).await?;
    if problem.status == StatusCode::PAYLOAD_TOO_LARGE {
        // The rest is not read, so nothing can follow on this connection.
        response.headers_mut().insert(axum::http::header::CONNECTION, axum::http::HeaderValue::from_static("close"));
    }
    Ok(response)
}

#[derive(Template)]
#[template(path = "confidential_remove.html")]
struct RemovePage {
    f: Frame,
    code: String,
    desk: String,
    back: String,
    file: ConfidentialFileId,
}

/// Asks whether a file is to be removed, and says what that does.
pub(super) async fn ask_remove(State(app): State<App>, visit: Visit, Path(id): Path<String>) -> Result<Response, Problem> {
    let writing = Writing::load(&app, &visit, &id).await?;
    let lang = visit.lang();
    let wanted = parsed::<ConfidentialFileId>(&visit, "file")?;
    let files = files::list(&app.brokering, &visit.who.actor, writing.view.id).await?;
    let file = files.into_iter().find(|file| Some(file.id) == wanted).ok_or_else(Problem::not_found)?;
    let asked = RemovePage {
        f: visit
            .frame(&app, messages::say(lang, "confidential-remove-title", &[("name", &file.name)]))
            .at(&format!("{}/files/remove?file={}", writing.desk(), file.id))
            .unlisted()
            .placed("my"),
        code: writing.view.code.clone(),
        desk: localised(lang, &writing.desk()),
        back: localised(lang, &format!("{}/confidential", writing.desk())),
        file: file.id,
    };
    Ok(page(StatusCode::OK, lang, &asked))
}

/// Removes a file.
pub(super) async fn remove_file(
    State(app): State<App>,
    visit: Visit,
    Writer(ctx): Writer,
    Path(id): Path<String>,
    form: Form,
) -> Result<Response, Problem> {
    let writing = Writing::load(&app, &visit, &id).await?;
    let file = form.get("file").parse().map_err(|_| Problem::malformed("bad-form"))?;
    files::remove(&app.brokering, ctx, writing.view.id, file).await?;
    Ok(back(&visit, &writing, "removed"))
}

/// A day as a browser sends it, or as people write it.
fn day(text: &str) -> Option<NaiveDate> {
    let text = text.trim();
    NaiveDate::parse_from_str(text, "%Y-%m-%d").or_else(|_| NaiveDate::parse_from_str(text, "%d/%m/%Y")).ok()
}

/// Opens it to somebody.
pub(super) async fn disclose(
    State(app): State<App>,
    visit: Visit,
    Writer(mut ctx): Writer,
    Path(id): Path<String>,
    form: Form,
) -> Result<Response, Problem> {
    let writing = Writing::load(&app, &visit, &id).await?;
    if finder::looks(&form) {
        return show_page(&app, &visit, &writing, Sent { form: Some(&form), ..Sent::default() }).await;
    }
    ctx.idempotency = form.once("formDisclosure").or(ctx.idempotency);
    let expires_on = day(form.get("expires_on"));
    let mut faults = Faults::new();
    let party = finder::chosen(&app, &form, "party").await?.unwrap_or_else(|code| {
        faults.add("/party", code);
        None
    });
    if party.is_none() && faults.is_empty() {
        faults.add("/party", "party_not_chosen");
    }
    if expires_on.is_none() {
        faults.add("/expires_on", "not_a_day");
    }
    let done = match (party, expires_on) {
        (Some(party), Some(expires_on)) => {
            let (email, purpose) = (form.get("email").to_owned(), base::text::clean(form.get("purpose")));
            let new = NewDisclosure { party, email, purpose, expires_on };
            disclosures::grant(&app.brokering, ctx, writing.view.id, new).await.map(drop)
        }
        _ => Err(BrokeringError::Invalid(faults)),
    };
    match done {
        Ok(()) => Ok(back(&visit, &writing, "granted")),
        Err(BrokeringError::Invalid(faults)) => {
            let lines = lines(&faults, visit.lang());
            show_page(&app, &visit, &writing, Sent { status: Some(StatusCode::UNPROCESSABLE_ENTITY), form: Some(&form), lines, text: None })
                .await
        }
        Err(error) => Err(error.into()),
    }
}

/// Closes it again.
pub(super) async fn revoke(
    State(app): State<App>,
    visit: Visit,
    Writer(ctx): Writer,
    Path(id): Path<String>,
    form: Form,
) -> Result<Response, Problem> {
    let writing = Writing::load(&app, &visit, &id).await?;
    let disclosure: DisclosureId = form.get("disclosure").parse().map_err(|_| Problem::malformed("bad-form"))?;
    match disclosures::revoke(&app.brokering, ctx, disclosure).await {
        // Closed already is closed.
        Ok(_) | Err(BrokeringError::NotAllowed { .. }) => Ok(back(&visit, &writing, "revoked")),
        Err(error) => Err(error.into()),
    }
}

#[derive(Template)]
#[template(path = "ledger.html")]
struct LedgerPage {
    f: Frame,
    code: String,
    desk: String,
    confidential: String,
    lines: Vec<LookLine>,
    total: u64,
    next: Option<String>,
    first: Option<String>,
}

/// Who looked, all of it.
pub(super) async fn show_ledger(State(app): State<App>, visit: Visit, Path(id): Path<String>) -> Result<Response, Problem> {
    let writing = Writing::load(&app, &visit, &id).await?;
    let lang = visit.lang();
    let limit = Limit::new(SHOWN).unwrap_or_default();
    let looks = ledger::of_listing(&app.brokering, &visit.who.actor, writing.view.id, limit, cursor(&visit).as_deref()).await?;
    let path = format!("{}/ledger", writing.desk());
    let paged = paged(&visit, &path, &[], looks.next.as_deref());
    let ledger = LedgerPage {
        f: visit.frame(&app, messages::say(lang, "ledger-title", &[("code", &writing.view.code)])).at(&path).unlisted().placed("my"),
        code: writing.view.code.clone(),
        desk: localised(lang, &writing.desk()),
        confidential: localised(lang, &format!("{}/confidential", writing.desk())),
        total: looks.total,
        lines: looks.items.into_iter().map(|look| look_line(look, lang)).collect(),
        next: paged.next,
        first: paged.first,
    };
    Ok(page(StatusCode::OK, lang, &ledger))
}
