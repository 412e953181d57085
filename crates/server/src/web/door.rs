//! Signing in and out with plain forms. The rules are those of `accounts::sign_in`; here are only the pages.

use accounts::sign_in::SignIn;
use accounts::{Error as AccountError, Password};
use askama::Template;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::Response;
use base::messages;
use store::Ctx;

use super::account;
use super::form::Form;
use super::frame::{Frame, Visit, go, localised, page, parameter};
use crate::api;
use crate::app::App;
use crate::extract::Writer;
use crate::pipeline::{DEVICE_COOKIE, SESSION_COOKIE, set_cookie};
use crate::problem::Problem;

/// An address has at most so many characters (RFC 5321).
const EMAIL_CHARS: usize = 254;

#[derive(Template)]
#[template(path = "sign_in.html")]
pub(super) struct SignInPage {
    pub f: Frame,
    pub email: String,
    pub next: String,
    /// Where a new password is asked for, and where an account is made.
    pub forgot: String,
    pub sign_up: String,
    /// Where the letter that confirms an address is asked for once more, where that is what is missing.
    pub resend: Option<String>,
    pub fault: Option<String>,
}

#[derive(Template)]
#[template(path = "sign_in_code.html")]
pub(super) struct CodePage {
    pub f: Frame,
    pub next: String,
    pub fault: Option<String>,
}

/// The longest address, in bytes, that is gone back to.
const ADDRESS_BYTES: usize = 16_384;

/// Whether an address is one of ours, so that going on to it leads nobody to another house.
pub(super) fn is_ours(next: &str) -> bool {
    next.starts_with('/')
        && !next.starts_with("//")
        && next.len() <= ADDRESS_BYTES
        && next.bytes().all(|b| (b'!'..=b'~').contains(&b) && b != b'\\')
}

/// A page of ours to go on to after the door; anything else is nowhere.
pub(super) fn safe(next: &str) -> &str {
    if is_ours(next) && next.len() <= 2_000 && !next.contains("/sign-") { next } else { "" }
}

/// An address that takes along where somebody was on the way to.
pub(super) fn on_the_way(path: &str, next: &str) -> String {
    super::paging::address(path, &[("next", safe(next))])
}

/// To the door, and from there back to this address.
pub(crate) fn to_the_door(uri: &axum::http::Uri) -> Response {
    let address = uri.path_and_query().map_or("/", |p| p.as_str());
    let next: String = form_urlencoded::byte_serialize(address.as_bytes()).collect();
    go(&format!("{}?next={next}", localised(crate::pipeline::language(&HeaderMap::new(), uri), "/sign-in")))
}

fn onward(visit: &Visit, next: &str) -> String {
    match safe(next) {
        "" => localised(visit.lang(), "/"),
        next => next.to_owned(),
    }
}

fn sign_in_view(app: &App, visit: &Visit, email: &str, next: &str, fault: Option<String>) -> SignInPage {
    let f = visit.frame(app, messages::say(visit.lang(), "sign-in", &[])).at("/sign-in").unlisted().without_search();
    let way = |path: &str| on_the_way(&localised(visit.lang(), path), next);
    let (forgot, sign_up) = (way(accounts::letters::FORGOT_PATH), way(accounts::letters::SIGN_UP_PATH));
    SignInPage { f, email: email.to_owned(), next: safe(next).to_owned(), forgot, sign_up, resend: None, fault }
}

/// The door for somebody who never opened the letter.
fn unconfirmed_view(app: &App, visit: &Visit, email: &str, next: &str) -> SignInPage {
    let fault = messages::say(visit.lang(), "problem-unconfirmed", &[]);
    let resend = Some(on_the_way(&localised(visit.lang(), account::RESEND), next));
    SignInPage { resend, ..sign_in_view(app, visit, email, next, Some(fault)) }
}

/// The door.
pub(super) async fn show(State(app): State<App>, visit: Visit) -> Response {
    let next = parameter(&visit, "next");
    if visit.who.session.is_some() {
        return go(&onward(&visit, &next));
    }
    page(StatusCode::OK, visit.lang(), &sign_in_view(&app, &visit, "", &next, None))
}

/// Begins a session, or says what was wrong with what was typed kept.
pub(super) async fn sign_in(State(app): State<App>, visit: Visit, form: Form) -> Result<Response, Problem> {
    let (email, next) = (form.get("email").trim(), form.get("next"));
    let again = |status: StatusCode, key: &str| {
        let fault = messages::say(visit.lang(), key, &[]);
        page(status, visit.lang(), &sign_in_view(&app, &visit, email, next, Some(fault)))
    };
    if email.is_empty() || form.get("password").is_empty() || email.chars().count() > EMAIL_CHARS {
        return Ok(again(StatusCode::UNPROCESSABLE_ENTITY, "sign-in-fields-missing"));
    }
    let asked = SignIn { email: email.to_owned(), password: Password::new(form.get("password")) };
    let signed_in = match accounts::sign_in::sign_in(&app.accounts, &visit.who.client, &asked).await {
        Ok(signed_in) => signed_in,
        Err(AccountError::Credentials) => return Ok(again(StatusCode::UNAUTHORIZED, "problem-credentials")),
        Err(AccountError::Unconfirmed) => {
            return Ok(page(StatusCode::FORBIDDEN, visit.lang(), &unconfirmed_view(&app, &visit, email, next)));
        }
        Err(AccountError::Throttled { retry_after }) => {
            let mut response = again(StatusCode::TOO_MANY_REQUESTS, "problem-too-many");
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(retry_after.as_secs().max(1)));
            return Ok(response);
        }
        Err(error) => return Err(error.into()),
    };
    let mut response = if signed_in.session.second_factor_due {
        let next: String = form_urlencoded::byte_serialize(safe(next).as_bytes()).collect();
        go(&format!("{}?next={next}", localised(visit.lang(), "/sign-in/code")))
    } else {
        go(&onward(&visit, next))
    };
    api::session::cookies(&app, &signed_in.secret, &mut response);
    let device = set_cookie(&app, DEVICE_COOKIE, signed_in.device.reveal(), api::session::DEVICE_SECONDS);
    response.headers_mut().append(header::SET_COOKIE, device);
    Ok(response)
}

fn code_view(app: &App, visit: &Visit, next: &str, fault: Option<String>) -> CodePage {
    let f = visit.frame(app, messages::say(visit.lang(), "sign-in-code-title", &[])).at("/sign-in/code").unlisted().without_search();
    CodePage { f, next: safe(next).to_owned(), fault }
}

/// The second factor's question.
pub(super) async fn code(State(app): State<App>, visit: Visit) -> Response {
    let next = parameter(&visit, "next");
    page(StatusCode::OK, visit.lang(), &code_view(&app, &visit, &next, None))
}

/// Gives the second factor; the session goes on under a new secret.
pub(super) async fn give_code(State(app): State<App>, visit: Visit, Writer(ctx): Writer, form: Form) -> Result<Response, Problem> {
    let next = form.get("next");
    let again = |status: StatusCode, key: &str| {
        let fault = messages::say(visit.lang(), key, &[]);
        page(status, visit.lang(), &code_view(&app, &visit, next, Some(fault)))
    };
    let session = visit.who.session()?.id;
    let code: String = form.get("code").chars().take(64).collect();
    match accounts::second_factor::give(&app.accounts, ctx, session, &code).await {
        Ok(secret) => {
            let mut response = go(&onward(&visit, next));
            api::session::cookies(&app, &secret, &mut response);
            Ok(response)
        }
        Err(AccountError::Code) => Ok(again(StatusCode::UNPROCESSABLE_ENTITY, "problem-code-wrong")),
        Err(AccountError::Throttled { .. }) => Ok(again(StatusCode::TOO_MANY_REQUESTS, "problem-too-many")),
        // Nothing was asked for: in already.
        Err(AccountError::SecondFactorState) => Ok(go(&onward(&visit, next))),
        Err(error) => Err(error.into()),
    }
}

/// Ends the session and takes its cookie away; harmless for whoever has none.
pub(super) async fn sign_out(State(app): State<App>, visit: Visit) -> Result<Response, Problem> {
    if let Some(session) = &visit.who.session {
        accounts::sessions::end(&app.accounts, Ctx::of(visit.who.actor.clone()), session.id).await?;
    }
    let mut response = go(&localised(visit.lang(), "/"));
    response.headers_mut().append(header::SET_COOKIE, set_cookie(&app, SESSION_COOKIE, "", 0));
    Ok(response)
}

#[cfg(test)]
mod tests {
    use super::safe;

    #[test]
    fn signing_in_leads_nowhere_but_to_our_pages() {
        assert_eq!(safe("/en/search?q=dua"), "/en/search?q=dua");
        for other in ["//evil.example", "https://evil.example", "/\\evil.example", "javascript:x", "/a\nb", "/sign-out", "/en/sign-in"] {
            assert_eq!(safe(other), "", "{other}");
        }
    }
}
