//! The second factor: set up with an authenticator app, confirmed with its first code, renewed, taken away.
//!
//! The app's secret and the recovery codes stand on the one page that answers their making; a page that is opened again
//! has neither.

use accounts::second_factor::SecondFactorSetup;
use accounts::{Error as AccountError, Password};
use askama::Template;
use axum::extract::State;
use axum::response::Response;
use base::messages;

use super::super::faults::FaultLine;
use super::super::form::Form;
use super::super::frame::{Frame, Visit, go, localised};
use super::super::mishap::Mishap;
use super::super::qr::svg;
use super::done;
use crate::api;
use crate::app::App;
use crate::extract::Writer;
use crate::problem::Problem;

pub(super) const PATH: &str = "/account/second-factor";

/// What the page is about just now.
pub(in super::super) enum Stage {
    /// There is none: the password begins it.
    Off,
    /// An app has to be given the secret, and then to show that it has it.
    Setup { secret: String, url: String, qr: String },
    /// The same, without the secret: the first code was wrong.
    Code,
    /// There is one.
    On,
    /// Recovery codes, shown once.
    Codes(Vec<String>),
}

#[derive(Template)]
#[template(path = "second_factor.html")]
pub(in super::super) struct SecondFactorPage {
    pub f: Frame,
    pub stage: Stage,
    pub faults: Vec<FaultLine>,
    pub done: Option<String>,
}

/// The secret in groups of four, as people type it.
fn grouped(secret: &str) -> String {
    let mut shown = String::with_capacity(secret.len() + secret.len() / 4);
    for (n, letter) in secret.chars().enumerate() {
        if n > 0 && n % 4 == 0 {
            shown.push(' ');
        }
        shown.push(letter);
    }
    shown
}

fn setup(made: &SecondFactorSetup) -> Stage {
    Stage::Setup { secret: grouped(&made.secret), url: made.url.clone(), qr: svg(&made.url) }
}

fn answer(app: &App, visit: &Visit, stage: Stage, mishap: Mishap) -> Response {
    mishap.show(visit.lang(), |faults| SecondFactorPage {
        f: visit.frame(app, messages::say(visit.lang(), "own-second-factor-title", &[])).at(PATH).unlisted().without_search(),
        stage,
        done: done(visit, &["removed"]).filter(|_| faults.is_empty()),
        faults,
    })
}

async fn as_it_is(app: &App, visit: &Visit, mishap: Mishap) -> Result<Response, Problem> {
    let me = accounts::people::me(&app.accounts, &visit.who.actor).await?;
    Ok(answer(app, visit, if me.second_factor { Stage::On } else { Stage::Off }, mishap))
}

pub(in super::super) async fn show(State(app): State<App>, visit: Visit) -> Result<Response, Problem> {
    as_it_is(&app, &visit, Mishap::none()).await
}

/// Takes one of the steps.
pub(in super::super) async fn change(State(app): State<App>, visit: Visit, Writer(ctx): Writer, form: Form) -> Result<Response, Problem> {
    let (does, password) = (form.get("_do"), Password::new(form.get("password")));
    let said = match does {
        "begin" => accounts::second_factor::begin(&app.accounts, ctx, &password)
            .await
            .map(|made| answer(&app, &visit, setup(&made), Mishap::none())),
        "confirm" => {
            let session = visit.who.session()?.id;
            let code: String = form.get("code").chars().take(64).collect();
            accounts::second_factor::confirm(&app.accounts, ctx, session, &code).await.map(|set| {
                let mut response = answer(&app, &visit, Stage::Codes(set.recovery_codes), Mishap::none());
                api::session::cookies(&app, &set.secret, &mut response);
                response
            })
        }
        "renew" => accounts::second_factor::renew_codes(&app.accounts, ctx, &password)
            .await
            .map(|codes| answer(&app, &visit, Stage::Codes(codes), Mishap::none())),
        "remove" => accounts::second_factor::remove(&app.accounts, ctx, &password)
            .await
            .map(|_| go(&localised(visit.lang(), "/account/second-factor?did=removed"))),
        _ => return Err(Problem::malformed("bad-form")),
    };
    let error = match said {
        Ok(response) => return Ok(response),
        Err(error) => error,
    };
    let asks_again = matches!(error, AccountError::Code | AccountError::Throttled { .. }) && does == "confirm";
    let place = |pointer: &str| match pointer {
        "/password_now" => Some((format!("password-{does}"), "sign-in-password")),
        "/code" => Some(("code".to_owned(), "sign-in-code")),
        _ => None,
    };
    let mishap = Mishap::of(error, visit.lang(), place)?;
    if asks_again { Ok(answer(&app, &visit, Stage::Code, mishap)) } else { as_it_is(&app, &visit, mishap).await }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_shown_as_people_type_it() {
        assert_eq!(grouped("ABCDEFGHIJ"), "ABCD EFGH IJ");
    }
}
