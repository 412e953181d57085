//! Choosing the language of the pages. A page's language is in its address; what was chosen is remembered for the one
//! address that says nothing, that of the home page, and for the letters to whoever is signed in.
//!
//! Vietnamese is what somebody reads who has chosen nothing, so choosing it forgets the choice. Search engines carry no
//! cookie and are never led away.

use accounts::Error as AccountError;
use axum::extract::State;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use base::{Lang, Refused};
use store::Ctx;

use super::door;
use super::form::Form;
use super::frame::{Visit, go, localised};
use crate::app::App;
use crate::pipeline::{LANGUAGE_COOKIE, set_cookie};
use crate::problem::Problem;

/// Seconds a choice is remembered: a year.
const SECONDS: i64 = 365 * 86_400;

/// Leaves the choice with the browser, or takes it away.
pub(super) fn remember(app: &App, lang: Lang, response: &mut Response) {
    let life = if lang == Lang::default() { 0 } else { SECONDS };
    response.headers_mut().append(header::SET_COOKIE, set_cookie(app, LANGUAGE_COOKIE, lang.code(), life));
}

/// Remembers a language and goes on to the page in it.
pub(super) async fn choose(State(app): State<App>, visit: Visit, form: Form) -> Result<Response, Problem> {
    let lang: Lang = form.get("to").parse().map_err(|_| Problem::malformed("bad-form"))?;
    if visit.who.actor.account().is_some() {
        match accounts::people::choose_lang(&app.accounts, Ctx::of(visit.who.actor.clone()), lang).await {
            Ok(_) => {}
            // Who has not yet given the second factor reads in a language all the same; the account waits until it was given.
            Err(AccountError::Refused(Refused::Forbidden { .. })) => {}
            Err(error) => return Err(error.into()),
        }
    }
    let home = localised(lang, "/");
    let next = if door::is_ours(form.get("next")) { form.get("next") } else { home.as_str() };
    let mut response = go(next);
    remember(&app, lang, &mut response);
    Ok(response)
}

/// Where the bare address of the space leads a reader who chose another language than the first; none for everybody else,
/// and for every address that says which page it is.
pub(super) fn home_of(visit: &Visit) -> Option<Response> {
    let chosen = visit.who.chosen.filter(|lang| *lang != Lang::default())?;
    if visit.here != "/" || visit.lang() == chosen {
        return None;
    }
    let home = HeaderValue::from_str(&localised(chosen, "/")).ok()?;
    // The same address is another page for the next reader of a shared cache.
    let headers = [(header::LOCATION, home), (header::CACHE_CONTROL, HeaderValue::from_static("private, no-store"))];
    Some((StatusCode::FOUND, headers).into_response())
}
