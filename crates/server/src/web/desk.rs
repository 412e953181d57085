//! The desk of one listing: where it stands, what it still needs, what its members can do with it, and its history.

use askama::Template;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use base::{Code, Faults, Lang, ListingId, messages};
use brokering::BrokeringError;
use listings::check::Check;
use listings::lifecycle::Transition;
use listings::removal::is_removable;
use listings::state::{Move, Revision, Status};
use listings::{Kind, ListingError, Outcome};

use super::alike::{Alike, alike};
use super::contact::Contact;
use super::faults::FaultLine;
use super::fields::{Opt, told};
use super::form::Form;
use super::format::{self, Moment};
use super::frame::{Frame, Visit, go, localised, page, parsed};
use super::listing::pairs;
use super::paging::{address, cursor, paged};
use super::portion::{self, Parts, packed};
use super::posting::{StepLink, Writing, label_of, links_of, reading, steps, translation_key, where_asked};
use super::versus::{Pair, compare};
use crate::app::App;
use crate::extract::Writer;
use crate::problem::Problem;

/// Versions on the page of the history.
const VERSIONS: u64 = 50;
/// Bytes of a comparison on a page, beside the versions and reviews.
const HISTORY_BYTES: usize = 24_000;

/// The input with the code of the listing that solved a need.
const SOLVED_BY: &str = "/outcome/solved_by";

/// Something that would make the listing better.
struct Missing {
    label: String,
    why: String,
    /// Where it is written, for whoever may.
    href: Option<String>,
    points: u8,
}

/// A step of the life cycle, as a button.
struct StepButton {
    step: &'static str,
    label: String,
    about: String,
    is_first: bool,
}

/// A note of the moderator who looked at it last.
struct Note {
    label: String,
    text: String,
    href: Option<String>,
}

#[derive(Template)]
#[template(path = "desk.html")]
struct DeskPage {
    f: Frame,
    kind_label: String,
    code: String,
    title: String,
    title_lang: Lang,
    status: &'static str,
    status_label: String,
    revision: Option<String>,
    explains: String,
    page: String,
    history: String,
    audience: String,
    open_deal: Option<String>,
    /// The confidential part, for whoever may know of it.
    confidential: Option<String>,
    pairs: Option<(&'static str, String)>,
    post_to: String,
    seen: i64,
    percent: u8,
    steps: Vec<StepLink>,
    missing: Vec<Missing>,
    needed: Vec<FaultLine>,
    can_submit: bool,
    buttons: Vec<StepButton>,
    notes: Vec<Note>,
    verdict: Option<String>,
    alike: Vec<Alike>,
    can_withdraw: bool,
    /// Where it is removed, while it may be.
    remove: Option<String>,
    is_need: bool,
    reasons: Vec<Opt>,
    results: Vec<Opt>,
    /// The code of the listing that solved a need, as it was typed.
    solved_by: String,
    unsolved: Vec<Opt>,
    faults: Vec<FaultLine>,
    published: Option<Moment>,
    expires: Option<Moment>,
    /// The contact person, for whoever writes for the party.
    contact: Option<Contact>,
    /// Whether the form that withdraws is open, because it was sent.
    is_withdrawing: bool,
}

pub(super) fn terms(app: &App, list: &str, lang: Lang) -> Vec<Opt> {
    let today = app.clock().today();
    let Some(list) = app.vocabularies.get(list) else { return Vec::new() };
    let open = list.terms.iter().filter(|t| t.in_force(today));
    open.map(|t| Opt { value: t.code.0.clone(), label: t.name(lang).to_owned(), depth: 0, is_on: false }).collect()
}

/// What is said of a state to those whose listing it is.
fn explains(status: Status, revision: Revision) -> &'static str {
    match (status, revision) {
        (Status::Draft, _) => "desk-draft",
        (Status::Submitted, _) => "desk-submitted",
        (Status::ChangesRequested, _) => "desk-changes",
        (Status::Rejected, _) => "desk-rejected",
        (Status::Published, Revision::Draft) => "desk-revision-draft",
        (Status::Published, Revision::Submitted) => "desk-revision-submitted",
        (Status::Published, Revision::ChangesRequested) => "desk-revision-changes",
        (Status::Published, Revision::Rejected) => "desk-revision-rejected",
        (Status::Published, Revision::None) => "desk-published",
        (Status::OnHold, _) => "desk-on-hold",
        (Status::Expired, _) => "desk-expired",
        (Status::Withdrawn, _) => "desk-withdrawn",
        (Status::Archived, _) => "desk-archived",
    }
}

/// The terms of a list with the one that was chosen.
fn chosen(app: &App, list: &str, typed: Option<&Form>, name: &str, lang: Lang) -> Vec<Opt> {
    let mut options = terms(app, list, lang);
    for option in &mut options {
        option.is_on = typed.is_some_and(|form| form.get(name) == option.value);
    }
    options
}

/// The desk, with what was chosen in a form that was refused.
pub(super) async fn desk(
    app: &App,
    visit: &Visit,
    writing: &Writing,
    status: StatusCode,
    typed: Option<&Form>,
    faults: Vec<FaultLine>,
) -> Result<Response, Problem> {
    let lang = visit.lang();
    let view = &writing.view;
    let inside = view.inside.as_ref().ok_or_else(Problem::not_found)?;
    let can_edit = writing.has_step(Move::Edit);
    let check = Check { vocabularies: &app.vocabularies, today: app.clock().today() };
    let lacking = if writing.has_step(Move::Submit) { check.submission(&view.typed, view.source_lang) } else { Faults::new() };
    let needed: Vec<FaultLine> = lacking
        .iter()
        .map(|fault| FaultLine {
            id: where_asked(writing, &fault.pointer, lang),
            label: label_of(view.kind, &fault.pointer, lang),
            text: fault.say(lang),
        })
        .collect();
    let translation = localised(lang, &format!("{}/edit/{}", writing.desk(), steps::of(view.kind).len() + 1));
    let missing = inside.completeness.missing.iter().map(|m| Missing {
        label: if m.reason == "translation" {
            messages::say(lang, translation_key(view.source_lang), &[])
        } else {
            label_of(view.kind, &m.pointer, lang)
        },
        why: messages::say(lang, &format!("why-{}", m.reason), &[]),
        href: can_edit.then(|| if m.reason == "translation" { translation.clone() } else { where_asked(writing, &m.pointer, lang) }),
        points: m.points,
    });
    let reviews = listings::review::history(&app.listings, &visit.who.actor, view.id).await?;
    let decided = reviews.into_iter().find(|r| r.decided_at.is_some() && r.decision.as_deref() != Some("released"));
    let open = matches!(view.status, Status::ChangesRequested | Status::Rejected)
        || matches!(inside.revision, Revision::ChangesRequested | Revision::Rejected);
    let decided = decided.filter(|_| open);
    let notes = decided.iter().flat_map(|r| &r.notes).map(|note| Note {
        label: label_of(view.kind, &note.pointer, lang),
        text: note.text.clone(),
        href: can_edit.then(|| where_asked(writing, &note.pointer, lang)),
    });
    let verdict =
        decided.as_ref().and_then(|r| r.reason.as_ref()).map(|code| app.vocabularies.name("reject_reasons", code, lang).to_owned());
    let alike = alike(app, &visit.who.actor, view.id, lang).await?;
    let buttons =
        [Move::Confirm, Move::Hold, Move::Resume, Move::DiscardRevision, Move::Archive].into_iter().filter(|m| writing.has_step(*m));
    let buttons = buttons.map(|step| StepButton {
        step: step.as_str(),
        label: messages::say(lang, &format!("move-{}", step.as_str().replace('_', "-")), &[]),
        about: messages::say(lang, &format!("move-{}-about", step.as_str().replace('_', "-")), &[]),
        is_first: step == Move::Confirm || step == Move::Resume,
    });
    let title = if view.title.is_empty() { messages::say(lang, "untitled", &[]) } else { view.title.clone() };
    let contact = Contact::of(app, visit, writing, typed).await?;
    let desk_page = DeskPage {
        f: visit.frame(app, &title).at(&writing.desk()).unlisted().placed("my"),
        kind_label: app.vocabularies.name("listing_kinds", view.kind.as_str(), lang).to_owned(),
        code: view.code.clone(),
        title,
        title_lang: view.typed.title().spoken(lang),
        status: view.status.as_str(),
        status_label: app.vocabularies.name("listing_status", view.status.as_str(), lang).to_owned(),
        revision: (inside.revision != Revision::None)
            .then(|| messages::say(lang, &format!("revision-{}", inside.revision.as_str().replace('_', "-")), &[])),
        explains: messages::say(lang, explains(view.status, inside.revision), &[]),
        page: localised(lang, &format!("{}?as=public", view.url)),
        history: localised(lang, &format!("{}/history", writing.desk())),
        audience: localised(lang, &format!("{}/audience", writing.desk())),
        open_deal: (view.status == Status::Published && writing.can_write)
            .then(|| localised(lang, &format!("/deals/new?listing={}", view.id))),
        confidential: writing.may_confide.then(|| localised(lang, &format!("{}/confidential", writing.desk()))),
        pairs: pairs(view, lang),
        post_to: localised(lang, &format!("{}/steps", writing.desk())),
        seen: view.version,
        percent: inside.completeness.percent,
        steps: if can_edit { links_of(writing, lang) } else { Vec::new() },
        missing: missing.collect(),
        can_submit: writing.has_step(Move::Submit),
        needed,
        buttons: buttons.collect(),
        notes: notes.collect(),
        verdict,
        alike,
        can_withdraw: writing.has_step(Move::Withdraw),
        remove: (writing.is_editor && is_removable(view.status, view.published_at.is_some()))
            .then(|| localised(lang, &format!("{}/remove", writing.desk()))),
        is_need: view.kind == Kind::Need,
        reasons: chosen(app, "withdraw_reasons", typed, "/outcome/reason", lang),
        results: chosen(app, "need_outcomes", typed, "/outcome/result", lang),
        solved_by: typed.map(|form| form.get(SOLVED_BY).to_owned()).unwrap_or_default(),
        unsolved: chosen(app, "unsolved_reasons", typed, "/outcome/unsolved_reason", lang),
        faults,
        contact,
        is_withdrawing: typed.is_some_and(|form| form.get("step") == Move::Withdraw.as_str()),
        published: view.published_at.map(|at| format::moment(lang, at)),
        expires: view.expires_at.map(|at| format::moment(lang, at)),
    };
    Ok(page(status, lang, &desk_page))
}

pub(super) async fn show(State(app): State<App>, visit: Visit, Path(id): Path<String>) -> Result<Response, Problem> {
    let writing = Writing::load(&app, &visit, &id).await?;
    desk(&app, &visit, &writing, StatusCode::OK, None, Vec::new()).await
}

/// The listing that solved a need, by its code. What nobody has is no listing's id, so that the rule says what is wrong with
/// it together with everything else.
async fn solver(app: &App, code: &str) -> Result<Option<ListingId>, Problem> {
    if code.trim().is_empty() {
        return Ok(None);
    }
    let found = listings::lookup::by_code(app.store.db(), code).await?;
    Ok(Some(found.unwrap_or(ListingId(uuid::Uuid::nil()))))
}

/// Takes a step of the life cycle.
pub(super) async fn step(
    State(app): State<App>,
    visit: Visit,
    Writer(ctx): Writer,
    Path(id): Path<String>,
    form: Form,
) -> Result<Response, Problem> {
    let writing = Writing::load(&app, &visit, &id).await?;
    let lang = visit.lang();
    let wanted: Move = form.get("step").parse().map_err(|_| Problem::malformed("bad-form"))?;
    let code = |name: &str| Some(form.get(name)).filter(|c| !c.is_empty()).map(|c| Code(c.to_owned()));
    let outcome = (wanted == Move::Withdraw).then_some(Outcome {
        reason: code("/outcome/reason"),
        result: code("/outcome/result"),
        solved_by: solver(&app, form.get(SOLVED_BY)).await?,
        unsolved_reason: code("/outcome/unsolved_reason"),
    });
    let seen = form.get("_seen").parse().unwrap_or_default();
    match listings::lifecycle::transition(&app.listings, ctx, writing.view.id, seen, Transition { step: wanted, outcome }).await {
        Ok(_) => Ok(go(&localised(lang, &writing.desk()))),
        Err(ListingError::Invalid(faults)) => {
            let line = |f: &base::Fault| match f.pointer.as_str() {
                pointer if pointer.starts_with("/outcome") => FaultLine {
                    id: pointer.to_owned(),
                    label: messages::say(lang, &format!("field-{}", pointer.trim_start_matches('/').replace(['/', '_'], "-")), &[]),
                    text: f.say(lang),
                },
                // What is missing to submit is listed on the desk anyway.
                pointer => FaultLine {
                    id: String::new(),
                    label: String::new(),
                    text: format!("{}: {}", label_of(writing.view.kind, pointer, lang), f.say(lang)),
                },
            };
            desk(&app, &visit, &writing, StatusCode::UNPROCESSABLE_ENTITY, Some(&form), faults.iter().map(line).collect()).await
        }
        Err(ListingError::Stale { .. } | ListingError::NotAllowed { .. }) => {
            let text = messages::say(lang, "desk-changed", &[]);
            let faults = vec![FaultLine { id: String::new(), label: String::new(), text }];
            desk(&app, &visit, &writing, StatusCode::CONFLICT, Some(&form), faults).await
        }
        Err(error) => Err(error.into()),
    }
}

/// Removes what was never published.
pub(super) async fn remove(
    State(app): State<App>,
    visit: Visit,
    Writer(ctx): Writer,
    Path(id): Path<String>,
    form: Form,
) -> Result<Response, Problem> {
    let writing = Writing::load(&app, &visit, &id).await?;
    let lang = visit.lang();
    let seen = form.get("_seen").parse().unwrap_or_default();
    match brokering::removal::remove(&app.brokering, ctx, writing.view.kind, writing.view.id, seen).await {
        Ok(()) => Ok(go(&localised(lang, "/my?did=removed"))),
        Err(BrokeringError::Listing(error @ (ListingError::Stale { .. } | ListingError::NotRemovable { .. }))) => {
            let newest = Writing::load(&app, &visit, &id).await?;
            let key = if matches!(error, ListingError::Stale { .. }) { "desk-changed" } else { "desk-not-removable" };
            let faults = vec![FaultLine { id: String::new(), label: String::new(), text: messages::say(lang, key, &[]) }];
            desk(&app, &visit, &newest, StatusCode::CONFLICT, None, faults).await
        }
        Err(error) => Err(error.into()),
    }
}

/// A version in the history.
struct VersionLine {
    number: i64,
    by: String,
    at: Moment,
    reason: String,
    is_public: bool,
    href: String,
    is_on: bool,
}

/// What a moderator decided.
struct ReviewLine {
    at: Moment,
    version: i64,
    decision: String,
    reason: Option<String>,
    points: Option<u32>,
    notes: usize,
}

#[derive(Template)]
#[template(path = "history.html")]
struct HistoryPage {
    f: Frame,
    code: String,
    title: String,
    title_lang: Lang,
    desk: String,
    /// Whether the reader may work on it there.
    is_own: bool,
    versions: Vec<VersionLine>,
    next: Option<String>,
    first: Option<String>,
    from: i64,
    to: i64,
    pairs: Vec<Pair>,
    parts: Option<Parts>,
    reviews: Vec<ReviewLine>,
}

/// Every version, and two of them side by side.
pub(super) async fn history(State(app): State<App>, visit: Visit, Path(id): Path<String>) -> Result<Response, Problem> {
    let lang = visit.lang();
    let actor = &visit.who.actor;
    let id: ListingId = id.parse().map_err(|_| Problem::not_found())?;
    let kind = listings::view::kind_of(&app.listings, id).await?.ok_or_else(Problem::not_found)?;
    let before = cursor(&visit);
    let older = before.as_deref().map(str::parse::<i64>).transpose().map_err(|_| Problem::parameter("cursor"))?;
    let mut versions = listings::versions::list(&app.listings, actor, id, VERSIONS + 1, older).await?;
    let more = versions.len() as u64 > VERSIONS;
    // What each is compared with: the one before it.
    let earlier: Vec<i64> = versions.iter().skip(1).chain(versions.last()).map(|v| v.version).collect();
    versions.truncate(usize::try_from(VERSIONS).unwrap_or(usize::MAX));
    let view = listings::view::show(&app.listings, actor, kind, id).await?;
    let number = |name: &str| parsed::<i64>(&visit, name);
    let to = number("to")?.or_else(|| versions.first().map(|v| v.version)).unwrap_or(1);
    let from = match number("from")? {
        Some(from) => from,
        None => listings::versions::list(&app.listings, actor, id, 1, Some(to)).await?.first().map_or(to, |v| v.version),
    };
    let (_, one) = listings::versions::get(&app.listings, actor, id, from).await?;
    let (_, other) = listings::versions::get(&app.listings, actor, id, to).await?;
    let fields = steps::fields(kind);
    let cx = reading(&app, &visit, &[&one, &other]).await?;
    let lines = |content: &listings::content::Content| {
        let json = content.to_json().and_then(|j| serde_json::from_str(&j)).map_err(|e| Problem::internal(&e))?;
        Ok::<_, Problem>(told(&fields, &json, &cx))
    };
    let pairs = compare(&lines(&one)?, &lines(&other)?, lang, true);
    let ranges = packed(pairs.iter().map(|pair| 400 + pair.before_html.len() + pair.after_html.len()), |_| HISTORY_BYTES);
    let part = portion::asked(&visit)?;
    let shown = ranges.get(part).cloned().ok_or_else(Problem::not_found)?;
    let pairs: Vec<Pair> = pairs.into_iter().skip(shown.start).take(shown.len()).collect();
    let authors: Vec<_> = versions.iter().filter_map(|v| v.author).collect();
    let names = accounts::people::names(app.accounts.store().db(), &authors).await?;
    let reviews = listings::review::history(&app.listings, actor, id).await?;
    let here = format!("/my/listings/{id}/history");
    let next = versions.last().filter(|_| more).map(|v| v.version.to_string());
    let paged = paged(&visit, &here, &[], next.as_deref());
    let before = before.unwrap_or_default();
    let between = [("from", &*from.to_string()), ("to", &*to.to_string()), ("cursor", &*before)];
    let parts = Parts::new(&localised(lang, &here), &between, part, ranges.len());
    let is_own = view.party.id.is_some_and(|p| actor.is_member(p));
    let history = HistoryPage {
        f: visit.frame(&app, messages::say(lang, "history-title", &[])).at(&here).unlisted().placed("my"),
        code: view.code.clone(),
        title: view.title.clone(),
        title_lang: view.typed.title().spoken(lang),
        // Who reviews it has no desk of it.
        desk: localised(lang, &if is_own { format!("/my/listings/{id}") } else { format!("/review/{id}") }),
        is_own,
        versions: versions
            .iter()
            .zip(earlier)
            .map(|(v, earlier)| VersionLine {
                number: v.version,
                by: v.author.and_then(|a| names.get(&a).cloned()).unwrap_or_else(|| messages::say(lang, "by-the-space", &[])),
                at: format::recent(lang, v.at, app.clock().now()),
                reason: v.reason.clone(),
                is_public: v.public,
                href: address(
                    &localised(lang, &here),
                    &[("from", &earlier.to_string()), ("to", &v.version.to_string()), ("cursor", &before)],
                ),
                is_on: v.version == to,
            })
            .collect(),
        next: paged.next,
        first: paged.first,
        from,
        to,
        pairs,
        parts,
        reviews: reviews
            .into_iter()
            .filter_map(|r| {
                Some(ReviewLine {
                    at: format::recent(lang, r.decided_at?, app.clock().now()),
                    version: r.listing_version,
                    decision: messages::say(lang, &format!("decision-{}", r.decision?.replace('_', "-")), &[]),
                    reason: r.reason.map(|c| app.vocabularies.name("reject_reasons", &c, lang).to_owned()),
                    points: r.scores.map(listings::review::Scores::total),
                    notes: r.notes.len(),
                })
            })
            .collect(),
    };
    Ok(page(StatusCode::OK, lang, &history))
}
