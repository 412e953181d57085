//! Importing on the pages: hand over a file, try it first, watch it, read what is wrong row by row, take it back.

use askama::Template;
use axum::extract::{Path, Request, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::Response;
use base::text::clean;
use base::{ImportId, Lang, Limit, PartyId, StaffRole, messages};
use listings::import::{FaultView, ImportState, ImportView, UndoView};

use super::faults::FaultLine;
use super::fields::Opt;
use super::form::Form;
use super::format::{self, Moment};
use super::frame::{Frame, Visit, go, localised, page, parameter};
use super::paging::{Sorted, TURNED, cursor, is_turned, paged, sorted};
use super::posting::own_parties;
use super::takeaway::{self, Rows};
use crate::api::imports::Sent;
use crate::app::App;
use crate::extract::Writer;
use crate::problem::Problem;

pub(super) const PATH: &str = "/my/imports";
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

/// What the form has in it.
#[derive(Default)]
struct Typed {
    party: String,
    mapping: String,
    is_real: bool,
    skip_faulty: bool,
    publish: bool,
    /// What a browser keeps of no form that comes back: the file.
    had_file: bool,
}

impl Typed {
    fn of(sent: &Sent) -> Self {
        let is = |name: &str| sent.get(name) == "true";
        Self {
            party: sent.get("party").to_owned(),
            mapping: sent.get("mapping").to_owned(),
            is_real: sent.get("dry_run") == "false",
            skip_faulty: is("skip_faulty"),
            publish: is("publish"),
            had_file: true,
        }
    }
}

#[derive(Template)]
#[template(path = "imports.html")]
struct ImportsPage {
    f: Frame,
    action: String,
    key: String,
    typed: Typed,
    /// The reader's own, and for moderators those that were looked for.
    parties: Vec<Opt>,
    /// Whether the reader imports for other parties too: a moderator does, and publishes for them.
    is_moderator: bool,
    find: String,
    has_looked: bool,
    most_mb: u64,
    lines: Vec<Line>,
    by_start: Sorted,
    csv: String,
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
    csv: String,
    next: Option<String>,
    first: Option<String>,
}

fn state_key(view: &ImportView) -> String {
    let dry = if view.dry_run && view.state == ImportState::Done { "-dry" } else { "" };
    format!("import-state-{}{dry}", view.state.as_str())
}

fn line(view: ImportView, lang: Lang) -> Line {
    Line {
        href: localised(lang, &format!("{PATH}/{}", view.id)),
        state: messages::say(lang, &state_key(&view), &[]),
        is_dry: view.dry_run,
        started: format::moment(lang, view.started_at),
        created: view.created,
        updated: view.updated,
        faulty: view.faulty,
        file: view.file_name,
    }
}

/// The imports as a file.
async fn as_file(app: &App, visit: &Visit) -> Result<Response, Problem> {
    let (lang, actor) = (visit.lang(), &visit.who.actor);
    let mut rows = Rows::new();
    while rows.goes_on() {
        let part = listings::import::list(&app.listings, actor, rows.cursor.as_deref(), takeaway::part(), is_turned(visit)).await?;
        rows.add(part.items.into_iter().map(|view| line(view, lang)).collect(), part.next);
    }
    let heads = ["import-file", "column-status", "import-is-dry", "import-started", "import-created", "import-updated", "import-faulty"];
    takeaway::file(lang, "imports", &heads, rows, |line| {
        let dry = if line.is_dry { "1" } else { "" }.to_owned();
        let figures = [line.created, line.updated, line.faulty].map(|n| n.to_string());
        [vec![line.file, line.state, dry, line.started.iso], figures.to_vec()].concat()
    })
}

/// What is wrong in an import's file, as a file.
async fn faults_as_file(app: &App, visit: &Visit, id: ImportId) -> Result<Response, Problem> {
    let (lang, actor) = (visit.lang(), &visit.who.actor);
    let mut rows = Rows::new();
    while rows.goes_on() {
        let part = listings::import::faults(&app.listings, actor, id, rows.cursor.as_deref(), takeaway::part()).await?;
        rows.add(part.items, part.next);
    }
    takeaway::file(lang, "faults", &["import-row", "import-column", "import-wrong"], rows, |fault| {
        vec![fault.row.to_string(), if fault.column.is_empty() { fault.pointer } else { fault.column }, fault.message]
    })
}

/// The parties that may be chosen. One that was chosen stays in sight, whatever is looked for now.
async fn parties(app: &App, visit: &Visit, find: &str, chosen: &str) -> Result<Vec<Opt>, Problem> {
    let (lang, actor) = (visit.lang(), &visit.who.actor);
    let mut all = own_parties(app, actor, lang).await?;
    if actor.is_staff(StaffRole::Moderator) {
        let mut found = search::desk::look_up(&app.search, &app.accounts, actor, find).await?;
        if let Some(id) = chosen.parse::<PartyId>().ok().filter(|id| !found.iter().any(|p| p.id == *id)) {
            found.splice(0..0, accounts::parties::load_many(app.accounts.store().db(), &[id]).await?);
        }
        found.retain(|party| !all.iter().any(|(own, _)| *own == party.id));
        all.extend(found.into_iter().map(|party| (party.id, party.names.best(lang).unwrap_or(&party.slug).to_owned())));
    }
    let option = |(id, label): (PartyId, String)| {
        let value = id.to_string();
        Opt { is_on: value == chosen, value, label, depth: 0 }
    };
    Ok(all.into_iter().map(option).collect())
}

async fn imports_page(app: &App, visit: &Visit, status: StatusCode, typed: Typed, faults: Vec<FaultLine>) -> Result<Response, Problem> {
    let lang = visit.lang();
    let actor = &visit.who.actor;
    let limit = Limit::new(SHOWN).unwrap_or_default();
    let found = listings::import::list(&app.listings, actor, cursor(visit).as_deref(), limit, is_turned(visit)).await?;
    let turned = if is_turned(visit) { "turned" } else { "" };
    let paged = paged(visit, PATH, &[(TURNED, turned)], found.next.as_deref());
    let find = clean(&parameter(visit, "find"));
    let imports = ImportsPage {
        f: visit.frame(app, messages::say(lang, "imports-title", &[])).at(PATH).unlisted().placed("my"),
        action: localised(lang, PATH),
        key: app.clock().uuid().to_string(),
        parties: parties(app, visit, &find, &typed.party).await?,
        typed,
        is_moderator: actor.is_staff(StaffRole::Moderator),
        has_looked: !find.is_empty(),
        find,
        most_mb: app.settings.import_mb,
        lines: found.items.into_iter().map(|view| line(view, lang)).collect(),
        by_start: sorted(visit, PATH, &[], "descending"),
        csv: paged.csv,
        faults,
        next: paged.next,
        first: paged.first,
    };
    Ok(page(status, lang, &imports))
}

pub(super) async fn list(State(app): State<App>, visit: Visit) -> Result<Response, Problem> {
    if takeaway::is_asked(&visit)? {
        return as_file(&app, &visit).await;
    }
    let typed = Typed { party: parameter(&visit, "party"), ..Typed::default() };
    imports_page(&app, &visit, StatusCode::OK, typed, Vec::new()).await
}

/// What is wrong with the form, or why it is refused.
fn faults(problem: &Problem, lang: Lang) -> Vec<FaultLine> {
    let line = |fault: &base::Fault| {
        let id = fault.pointer.trim_start_matches('/').split('/').next().unwrap_or_default().to_owned();
        let key = format!("import-{id}");
        let label = if messages::has(lang, &key) { messages::say(lang, &key, &[]) } else { String::new() };
        FaultLine { id, label, text: fault.say(lang) }
    };
    if !problem.faults.is_empty() {
        return problem.faults.iter().map(line).collect();
    }
    let is_about_publishing = problem.facts.iter().any(|(name, value)| *name == "action" && value == "import.publish");
    let key = if is_about_publishing { "import-publish-refused".to_owned() } else { format!("problem-{}", problem.kind) };
    vec![FaultLine { id: String::new(), label: String::new(), text: messages::say(lang, &key, &[]) }]
}

/// Takes a file; what is wrong with the form, or why it is refused, is told above it. Sent twice it is imported once.
pub(super) async fn start(State(app): State<App>, visit: Visit, Writer(mut ctx): Writer, request: Request) -> Result<Response, Problem> {
    let lang = visit.lang();
    let mut sent = Sent::default();
    let handed = match sent.receive(&app, &ctx.actor, request, &["_key"]).await {
        Ok(()) => {
            ctx.idempotency = Form::default().with(sent.told()).once("formImport").or(ctx.idempotency);
            sent.begin(&app, ctx).await
        }
        Err(problem) => Err(problem),
    };
    match handed {
        Ok(view) => Ok(go(&localised(lang, &format!("{PATH}/{}", view.id)))),
        // Whoever is nobody any more is led to the door, and of a failure of ours nobody knows where it ends.
        Err(problem) if matches!(problem.status, StatusCode::UNAUTHORIZED | StatusCode::INTERNAL_SERVER_ERROR) => Err(problem),
        Err(problem) => {
            let mut response = imports_page(&app, &visit, problem.status, Typed::of(&sent), faults(&problem, lang)).await?;
            if problem.status == StatusCode::PAYLOAD_TOO_LARGE {
                // The rest is not read, so nothing can follow on this connection.
                response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
            }
            Ok(response)
        }
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
    let path = format!("{PATH}/{id}");
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
        csv: paged.csv,
        next: paged.next,
        first: paged.first,
        faults: faults.items,
    };
    Ok(page(StatusCode::OK, lang, &import))
}

pub(super) async fn show(State(app): State<App>, visit: Visit, Path(id): Path<String>) -> Result<Response, Problem> {
    let id = id.parse().map_err(|_| Problem::not_found())?;
    if takeaway::is_asked(&visit)? {
        return faults_as_file(&app, &visit, id).await;
    }
    import_page(&app, &visit, id).await
}

/// Takes a whole import back.
pub(super) async fn undo(State(app): State<App>, visit: Visit, Writer(ctx): Writer, Path(id): Path<String>) -> Result<Response, Problem> {
    let id: ImportId = id.parse().map_err(|_| Problem::not_found())?;
    listings::import::undo(&app.listings, ctx, id).await?;
    Ok(go(&localised(visit.lang(), &format!("{PATH}/{id}"))))
}

/// A figure with its noun; for the template.
impl ImportPage {
    fn counted(&self, row: &(&'static str, u64)) -> String {
        format::count(self.f.lang, row.1)
    }
}
