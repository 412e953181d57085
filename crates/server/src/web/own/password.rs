//! Another password: every other session ends, this one goes on under a new secret.

use accounts::{Error as AccountError, Password};
use askama::Template;
use axum::extract::State;
use axum::response::Response;
use base::messages;

use super::super::account::password_hint;
use super::super::faults::FaultLine;
use super::super::form::Form;
use super::super::frame::{Frame, Visit, go, localised};
use super::super::mishap::Mishap;
use crate::api;
use crate::app::App;
use crate::extract::Writer;
use crate::problem::Problem;

pub(super) const PATH: &str = "/account/password";

#[derive(Template)]
#[template(path = "password.html")]
pub(in super::super) struct PasswordPage {
    pub f: Frame,
    /// For programs that keep passwords.
    pub email: String,
    /// What a new password has to be.
    pub hint: String,
    pub faults: Vec<FaultLine>,
}

async fn form(app: &App, visit: &Visit, mishap: Mishap) -> Result<Response, Problem> {
    let me = accounts::people::me(&app.accounts, &visit.who.actor).await?;
    Ok(mishap.show(visit.lang(), |faults| PasswordPage {
        f: visit.frame(app, messages::say(visit.lang(), "own-password-title", &[])).at(PATH).unlisted().without_search(),
        email: me.email,
        hint: password_hint(app, visit.lang()),
        faults,
    }))
}

pub(in super::super) async fn show(State(app): State<App>, visit: Visit) -> Result<Response, Problem> {
    form(&app, &visit, Mishap::none()).await
}

/// Changes it.
pub(in super::super) async fn change(State(app): State<App>, visit: Visit, Writer(ctx): Writer, sent: Form) -> Result<Response, Problem> {
    let (old, new) = (Password::new(sent.get("old")), Password::new(sent.get("new")));
    let changed: Result<_, AccountError> = accounts::recovery::change(&app.accounts, ctx, visit.who.session()?.id, &old, &new).await;
    match changed {
        Ok(secret) => {
            let mut response = go(&localised(visit.lang(), "/account?did=password"));
            api::session::cookies(&app, &secret, &mut response);
            Ok(response)
        }
        Err(error) => {
            let place = |pointer: &str| match pointer {
                "/password_now" => Some(("old".to_owned(), "own-password-now")),
                "/password" => Some(("new".to_owned(), "account-new-password")),
                _ => None,
            };
            form(&app, &visit, Mishap::of(error, visit.lang(), place)?).await
        }
    }
}
