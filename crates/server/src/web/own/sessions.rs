//! Where one is signed in: each device with its times; end one of them, or all but this one.

use accounts::SessionView;
use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use base::{Lang, messages};

use super::super::form::Form;
use super::super::format::{self, Moment};
use super::super::frame::{Frame, Visit, go, localised, page};
use super::done;
use crate::app::App;
use crate::extract::Writer;
use crate::problem::Problem;

pub(super) const PATH: &str = "/account/sessions";

/// What browsers call themselves, the more special names first: most pretend to be others as well.
const BROWSERS: [(&str, &str); 8] = [
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("coc_coc", "Cốc Cốc"),
    ("SamsungBrowser", "Samsung Internet"),
    ("Firefox/", "Firefox"),
    ("Chrome/", "Chrome"),
    ("CriOS/", "Chrome"),
    ("Safari/", "Safari"),
];
const SYSTEMS: [(&str, &str); 7] = [
    ("Android", "Android"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Windows", "Windows"),
    ("Mac OS X", "macOS"),
    ("CrOS", "ChromeOS"),
    ("Linux", "Linux"),
];

/// A session.
pub(in super::super) struct SessionLine {
    pub id: String,
    pub device: String,
    /// What the browser called itself.
    pub agent: String,
    pub since: Moment,
    pub seen: Moment,
    pub ends: Moment,
    pub is_current: bool,
}

#[derive(Template)]
#[template(path = "sessions.html")]
pub(in super::super) struct SessionsPage {
    pub f: Frame,
    pub lines: Vec<SessionLine>,
    pub has_others: bool,
    pub done: Option<String>,
}

/// Browser and system in words people know; what is neither is shown as it is.
fn device(agent: &str, unknown: String) -> String {
    let named = |all: &[(&str, &'static str)]| all.iter().find(|(mark, _)| agent.contains(mark)).map(|(_, name)| *name);
    match (named(&BROWSERS), named(&SYSTEMS)) {
        (Some(browser), Some(system)) => format!("{browser}, {system}"),
        (Some(one), None) | (None, Some(one)) => one.to_owned(),
        (None, None) if agent.is_empty() => unknown,
        (None, None) => agent.chars().take(60).collect(),
    }
}

fn line(session: SessionView, lang: Lang, now: chrono::DateTime<chrono::Utc>) -> SessionLine {
    SessionLine {
        id: session.id.to_string(),
        device: device(&session.agent, messages::say(lang, "own-device-unknown", &[])),
        agent: session.agent,
        since: format::moment(lang, session.created_at),
        seen: format::recent(lang, session.seen_at, now),
        ends: format::moment(lang, session.ends_at),
        is_current: session.current,
    }
}

pub(in super::super) async fn show(State(app): State<App>, visit: Visit) -> Result<Response, Problem> {
    let lang = visit.lang();
    let all = accounts::sessions::list(&app.accounts, &visit.who.actor, visit.who.session()?.id).await?;
    let view = SessionsPage {
        f: visit.frame(&app, messages::say(lang, "own-sessions-title", &[])).at(PATH).unlisted().without_search(),
        has_others: all.iter().any(|session| !session.current),
        lines: all.into_iter().map(|session| line(session, lang, app.clock().now())).collect(),
        done: done(&visit, &["ended"]),
    };
    Ok(page(StatusCode::OK, lang, &view))
}

/// Ends one session, or all others.
pub(in super::super) async fn end(State(app): State<App>, visit: Visit, Writer(ctx): Writer, form: Form) -> Result<Response, Problem> {
    match form.get("_do") {
        "others" => accounts::sessions::end_others(&app.accounts, ctx, visit.who.session()?.id).await?,
        "end" => {
            let id = form.get("session").parse().map_err(|_| Problem::malformed("bad-form"))?;
            accounts::sessions::end(&app.accounts, ctx, id).await?;
        }
        _ => return Err(Problem::malformed("bad-form")),
    }
    Ok(go(&localised(visit.lang(), "/account/sessions?did=ended")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_device_is_named_as_people_know_it() {
        for (agent, name) in [
            ("Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0", "Firefox, Linux"),
            ("Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/126.0 Safari/537.36 Edg/126.0", "Edge, Windows"),
            ("Mozilla/5.0 (Linux; Android 14) AppleWebKit/537.36 Chrome/126.0 Mobile Safari/537.36", "Chrome, Android"),
            ("Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605 Version/17 Safari/604", "Safari, iPhone"),
            ("curl/8.5.0", "curl/8.5.0"),
            ("", "?"),
        ] {
            assert_eq!(device(agent, "?".to_owned()), name);
        }
    }
}
