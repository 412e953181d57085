//! Importing on the pages: hand over a file, try it first, watch it, read what is wrong row by row, take it back.

use askama::Template;
use axum::extract::{Path, Request, State};
use axum::http::StatusCode;
use axum::response::Response;
use base::{ImportId, Limit, PartyId, StaffRole, messages};
use listings::import::{FaultView, ImportState, ImportView, UndoView};

use super::faults::FaultLine;
use super::format::{self, Moment};
use super::frame::{Frame, Visit, go, localised, page};
use super::paging::{cursor, paged};
use super::posting::own_parties;
use crate::api;
use crate::app::App;
use crate::extract::Writer;
use crate::problem::Problem;

/// Imports on a page, and faults.
const SHOWN: u16 = 50;

/// An import in the list.
struct Line {
    file: String,
    href: String,
    state: String,
    is_dry: bool,
    started: Moment,
    created: u64,
    updated: u64,
    faulty: u64,
}

#[derive(Template)]
#[template(path = "imports.html")]
struct ImportsPage {
    f: Frame,
    parties: Vec<(PartyId, String)>,
    can_publish: bool,
    most_mb: u64,
    lines: Vec<Line>,
    faults: Vec<FaultLine>,
    next: Option<String>,
    first: Option<String>,
}

#[derive(Template)]
#[template(path = "import.html")]
struct ImportPage {
    f: Frame,
    here: String,
    file: String,
    state: String,
    state_about: String,
    is_dry: bool,
    is_moving: bool,
    percent: Option<u64>,
    figures: Vec<(&'static str, u64)>,
    failure: Option<String>,
    undone: Option<UndoView>,
    can_undo: bool,
    started: Moment,
    ended: Option<Moment>,
    faults: Vec<FaultView>,
    faults_total: u64,
    next: Option<String>,
    first: Option<String>,
}

fn state_key(view: &ImportView) -> String {
    let dry = if view.dry_run && view.state == ImportState::Done { "-dry" } else { "" };
    format!("import-state-{}{dry}", view.state.as_str())
}

async fn imports_page(app: &App, visit: &Visit, status: StatusCode, faults: Vec<FaultLine>) -> Result<Response, Problem> {
    let lang = visit.lang();
    let actor = &visit.who.actor;
    let found = listings::import::list(&app.listings, actor, cursor(visit).as_deref(), Limit::new(SHOWN).unwrap_or_default()).await?;
    let paged = paged(visit, "/my/imports", &[], found.next.as_deref());
    let lines = found.items.into_iter().map(|view| Line {
        href: localised(lang, &format!("/my/imports/{}", view.id)),
        state: messages::say(lang, &state_key(&view), &[]),
        is_dry: view.dry_run,
        started: format::moment(lang, view.started_at),
        created: view.created,
        updated: view.updated,
        faulty: view.faulty,
        file: view.file_name,
    });
    let imports = ImportsPage {
        f: visit.frame(app, messages::say(lang, "imports-title", &[])).at("/my/imports").unlisted().placed("my"),
        parties: own_parties(app, actor, lang).await?,
        can_publish: actor.is_staff(StaffRole::Moderator),
        most_mb: app.settings.import_mb,
        lines: lines.collect(),
        faults,
        next: paged.next,
        first: paged.first,
    };
    Ok(page(status, lang, &imports))
}

pub(super) async fn list(State(app): State<App>, visit: Visit) -> Result<Response, Problem> {
    imports_page(&app, &visit, StatusCode::OK, Vec::new()).await
}

/// Takes a file; what is wrong with the form is told above it.
pub(super) async fn start(State(app): State<App>, visit: Visit, Writer(ctx): Writer, request: Request) -> Result<Response, Problem> {
    let lang = visit.lang();
    let handed = match api::imports::receive_form(&app, &ctx.actor, request).await {
        Ok(handed) => api::imports::begin(&app, ctx, handed).await,
        Err(problem) => Err(problem),
    };
    match handed {
        Ok(view) => Ok(go(&localised(lang, &format!("/my/imports/{}", view.id)))),
        Err(problem) if problem.status == StatusCode::UNPROCESSABLE_ENTITY => {
            let line = |fault: &base::Fault| {
                let id = fault.pointer.trim_start_matches('/').split('/').next().unwrap_or_default().to_owned();
                let key = format!("import-{id}");
                let label = if messages::has(lang, &key) { messages::say(lang, &key, &[]) } else { String::new() };
                FaultLine { id, label, text: fault.say(lang) }
            };
            let mut faults: Vec<FaultLine> = problem.faults.iter().map(line).collect();
            if faults.is_empty() {
                let text = messages::say(lang, &format!("problem-{}", problem.kind), &[]);
                faults.push(FaultLine { id: String::new(), label: String::new(), text });
            }
            imports_page(&app, &visit, problem.status, faults).await
        }
        Err(problem) => Err(problem),
    }
}

fn percent(view: &ImportView) -> Option<u64> {
    let total = view.rows_total.filter(|n| *n > 0)?;
    Some((view.rows_done.min(total) * 100) / total)
}

async fn import_page(app: &App, visit: &Visit, id: ImportId) -> Result<Response, Problem> {
    let lang = visit.lang();
    let actor = &visit.who.actor;
    let view = listings::import::get(&app.listings, actor, id).await?;
    let faults =
        listings::import::faults(&app.listings, actor, id, cursor(visit).as_deref(), Limit::new(SHOWN).unwrap_or_default()).await?;
    let path = format!("/my/imports/{id}");
    let paged = paged(visit, &path, &[], faults.next.as_deref());
    let key = state_key(&view);
    let mut figures = vec![("import-created", view.created), ("import-updated", view.updated), ("import-unchanged", view.unchanged)];
    figures.extend([("import-faulty", view.faulty), ("import-shortened", view.shortened)]);
    let import = ImportPage {
        f: visit.frame(app, messages::say(lang, "import-title", &[])).at(&path).unlisted().placed("my"),
        here: localised(lang, &path),
        state: messages::say(lang, &key, &[]),
        state_about: messages::say(lang, &format!("{key}-about"), &[]),
        is_dry: view.dry_run,
        is_moving: matches!(view.state, ImportState::Waiting | ImportState::Running | ImportState::Interrupted),
        percent: percent(&view),
        figures,
        failure: view.failure.map(|f| f.message),
        undone: view.undo,
        can_undo: view.state == ImportState::Done && !view.dry_run && view.created + view.updated > 0,
        started: format::moment(lang, view.started_at),
        ended: view.ended_at.map(|at| format::moment(lang, at)),
        file: view.file_name,
        faults_total: faults.total,
        next: paged.next,
        first: paged.first,
        faults: faults.items,
    };
    Ok(page(StatusCode::OK, lang, &import))
}

pub(super) async fn show(State(app): State<App>, visit: Visit, Path(id): Path<String>) -> Result<Response, Problem> {
    import_page(&app, &visit, id.parse().map_err(|_| Problem::not_found())?).await
}

/// Takes a whole import back.
pub(super) async fn undo(State(app): State<App>, visit: Visit, Writer(ctx): Writer, Path(id): Path<String>) -> Result<Response, Problem> {
    let id: ImportId = id.parse().map_err(|_| Problem::not_found())?;
    listings::import::undo(&app.listings, ctx, id).await?;
    Ok(go(&localised(visit.lang(), &format!("/my/imports/{id}"))))
}

/// A figure with its noun; for the template.
impl ImportPage {
    fn counted(&self, row: &(&'static str, u64)) -> String {
        format::count(self.f.lang, row.1)
    }
}
