//! One's notices, how one is told, and the link that stops letters.

use accounts::notices::{self, Choice, Notice, NoticeKind, Way};
use askama::Template;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use base::{Lang, Limit, NoticeId, messages};

use super::fields::Opt;
use super::form::Form;
use super::format::{self, Moment};
use super::frame::{Frame, Visit, go, localised, page, parameter};
use super::paging::{cursor, paged};
use crate::app::App;
use crate::extract::Writer;
use crate::letters::{self, Stop};
use crate::notices::Said;
use crate::problem::Problem;

const PATH: &str = "/my/notices";
/// Where one chooses how one is told.
pub(super) const CHOICES: &str = "/account/notices";

struct Line {
    id: String,
    text: String,
    kind: String,
    at: Moment,
    is_new: bool,
}

#[derive(Template)]
#[template(path = "notices.html")]
struct NoticesPage {
    f: Frame,
    lines: Vec<Line>,
    has_new: bool,
    next: Option<String>,
    first: Option<String>,
}

/// A kind with the ways to be told of it.
struct KindLine {
    name: &'static str,
    label: String,
    ways: Vec<Opt>,
}

#[derive(Template)]
#[template(path = "notice_choices.html")]
struct ChoicesPage {
    f: Frame,
    kinds: Vec<KindLine>,
    done: Option<String>,
}

#[derive(Template)]
#[template(path = "stop_letters.html")]
struct StopPage {
    f: Frame,
    about: String,
    is_done: bool,
    action: String,
    /// What holds afterwards, and where it is turned on again.
    after: &'static str,
    back: &'static str,
    back_title: &'static str,
}

pub(super) async fn show(State(app): State<App>, visit: Visit) -> Result<Response, Problem> {
    let (lang, actor) = (visit.lang(), &visit.who.actor);
    let account = actor.signed_in()?;
    let found = notices::list(&app.accounts, actor, false, Limit::default(), cursor(&visit).as_deref()).await?;
    let now = app.clock().now();
    let said = crate::notices::say_all(&app, actor, &found.items).await?;
    let line = |(notice, said): (Notice, Said)| Line {
        id: notice.id.to_string(),
        text: said.text,
        kind: crate::notices::kind_name(notice.kind, lang),
        at: format::recent(lang, notice.created_at, now),
        is_new: notice.read_at.is_none(),
    };
    let lines = found.items.into_iter().zip(said).map(line).collect();
    let paged = paged(&visit, PATH, &[], found.next.as_deref());
    let shown = NoticesPage {
        f: visit.frame(&app, messages::say(lang, "notices-title", &[])).at(PATH).unlisted().placed("notices"),
        has_new: notices::count_unread(&app.accounts, account).await? > 0,
        lines,
        next: paged.next,
        first: paged.first,
    };
    Ok(page(StatusCode::OK, lang, &shown))
}

/// Opens a notice, which is then read, or notes that all were.
pub(super) async fn open(State(app): State<App>, visit: Visit, Writer(ctx): Writer, form: Form) -> Result<Response, Problem> {
    let Some(id) = form.find("open") else {
        notices::mark_read(&app.accounts, ctx, None).await?;
        return Ok(go(&localised(visit.lang(), PATH)));
    };
    let id: NoticeId = id.parse().map_err(|_| Problem::malformed("bad-form"))?;
    notices::mark_read(&app.accounts, ctx, Some(id)).await?;
    let notice = notices::get(&app.accounts, id).await?.ok_or_else(Problem::not_found)?;
    let said = crate::notices::say(&app, &visit.who.actor, &notice).await?;
    Ok(go(&localised(visit.lang(), &said.path)))
}

fn ways(lang: Lang, chosen: Way) -> Vec<Opt> {
    let opt = |way: &Way| Opt {
        value: way.as_str().to_owned(),
        label: messages::say(lang, &format!("notice-way-{}", way.as_str().replace('_', "-")), &[]),
        is_on: *way == chosen,
        depth: 0,
    };
    Way::ALL.iter().map(opt).collect()
}

pub(super) async fn choices(State(app): State<App>, visit: Visit) -> Result<Response, Problem> {
    let lang = visit.lang();
    let chosen = notices::choices(&app.accounts, &visit.who.actor).await?;
    let kind = |choice: Choice| KindLine {
        name: choice.kind.as_str(),
        label: crate::notices::kind_name(choice.kind, lang),
        ways: ways(lang, choice.way),
    };
    let shown = ChoicesPage {
        f: visit.frame(&app, messages::say(lang, "notice-choices-title", &[])).at(CHOICES).unlisted().without_search(),
        kinds: chosen.into_iter().map(kind).collect(),
        done: (parameter(&visit, "did") == "save").then(|| messages::say(lang, "own-did-save", &[])),
    };
    Ok(page(StatusCode::OK, lang, &shown))
}

pub(super) async fn choose(State(app): State<App>, visit: Visit, Writer(ctx): Writer, form: Form) -> Result<Response, Problem> {
    let choice = |kind: NoticeKind| {
        let way = form.find(kind.as_str())?;
        Some(way.parse().map(|way| Choice { kind, way }).map_err(|_| Problem::malformed("bad-form")))
    };
    let chosen: Vec<Choice> = NoticeKind::to_choose().filter_map(choice).collect::<Result<_, _>>()?;
    notices::choose(&app.accounts, ctx, chosen).await?;
    Ok(go(&localised(visit.lang(), &format!("{CHOICES}?did=save"))))
}

/// What a link stops, in words.
async fn stopped(app: &App, lang: Lang, stop: Stop) -> Result<Option<String>, Problem> {
    Ok(match stop {
        Stop::Search(id) => {
            matching::saved::find(&app.saved, id).await?.map(|search| messages::say(lang, "stop-search", &[("name", &search.name)]))
        }
        Stop::Notices(_, Some(kind)) => Some(messages::say(lang, "stop-kind", &[("name", &crate::notices::kind_name(kind, lang))])),
        Stop::Notices(_, None) => Some(messages::say(lang, "stop-all", &[])),
    })
}

async fn stop_page(app: &App, visit: &Visit, link: &str, stop: Stop, is_done: bool) -> Result<Response, Problem> {
    let lang = visit.lang();
    let about = stopped(app, lang, stop).await?.ok_or_else(Problem::not_found)?;
    let action = localised(lang, &format!("{}/{link}", letters::STOP_PATH));
    let f = visit.frame(app, messages::say(lang, "stop-title", &[])).at(letters::STOP_PATH).unlisted().without_search();
    let (after, back, back_title) = match stop {
        Stop::Search(_) => ("stop-after-search", "/my/searches", "saved-title"),
        Stop::Notices(..) => ("stop-after", CHOICES, "notice-choices-title"),
    };
    Ok(page(StatusCode::OK, lang, &StopPage { f, about, is_done, action, after, back, back_title }))
}

/// A page with a button: programs that look through mail open links.
pub(super) async fn ask_to_stop(State(app): State<App>, visit: Visit, Path(link): Path<String>) -> Result<Response, Problem> {
    let stop = letters::opened(&app, &link).ok_or_else(Problem::not_found)?;
    stop_page(&app, &visit, &link, stop, false).await
}

/// Stops the letters: sent by the button, or by a mail program (RFC 8058), which is signed in nowhere.
pub(super) async fn stop(State(app): State<App>, visit: Visit, Path(link): Path<String>) -> Result<Response, Problem> {
    let stop = letters::opened(&app, &link).ok_or_else(Problem::not_found)?;
    match stop {
        Stop::Search(id) => drop(matching::saved::stop(&app.saved, id).await?),
        Stop::Notices(account, Some(kind)) => notices::stop_letters(&app.accounts, account, kind).await?,
        Stop::Notices(account, None) => {
            for kind in NoticeKind::to_choose() {
                notices::stop_letters(&app.accounts, account, kind).await?;
            }
        }
    }
    stop_page(&app, &visit, &link, stop, true).await
}
