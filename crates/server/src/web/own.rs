//! One's own account: name and language here, what keeps it safe on pages of its own.
//!
//! The rules are those of `accounts`. A password, a code or a secret is never written back into a page, into an address or
//! into the log; a new secret is shown on the page that answers its making and nowhere after.

pub(super) mod password;
pub(super) mod second_factor;
pub(super) mod sessions;
pub(super) mod tokens;

use accounts::people::AccountEdit;
use askama::Template;
use axum::extract::State;
use axum::response::Response;
use base::{Lang, messages};

use super::faults::FaultLine;
use super::form::Form;
use super::frame::{Frame, Visit, go, localised, parameter};
use super::language;
use super::mishap::Mishap;
use crate::app::App;
use crate::extract::Writer;
use crate::problem::Problem;

/// Where the account is.
const PATH: &str = "/account";

/// A page of the account with how it stands.
pub(super) struct Door {
    pub href: &'static str,
    pub title: &'static str,
    pub about: String,
    /// Whether something has to be done there.
    pub is_due: bool,
}

#[derive(Template)]
#[template(path = "account.html")]
pub(super) struct AccountPage {
    pub f: Frame,
    pub email: String,
    pub name: String,
    pub lang: Lang,
    pub seen: i64,
    pub doors: Vec<Door>,
    pub faults: Vec<FaultLine>,
    pub done: Option<String>,
}

/// What a page says was done, if it is one of these.
fn done(visit: &Visit, known: &[&str]) -> Option<String> {
    let did = parameter(visit, "did");
    known.iter().find(|name| **name == did).map(|name| messages::say(visit.lang(), &format!("own-did-{name}"), &[]))
}

async fn doors(app: &App, visit: &Visit, has_second_factor: bool) -> Result<Vec<Door>, Problem> {
    let lang = visit.lang();
    let session = visit.who.session()?;
    let others = accounts::sessions::list(&app.accounts, &visit.who.actor, session.id).await?.len().saturating_sub(1);
    let now = app.clock().now();
    let tokens = accounts::tokens::list(&app.accounts, &visit.who.actor).await?;
    let live = tokens.iter().filter(|t| t.revoked_at.is_none() && t.ends_at > now).count();
    let say = |key: &str| messages::say(lang, key, &[]);
    let counted = |key: &str, count: usize| messages::say(lang, key, &[("count", &count.to_string())]);
    let second_factor = match (session.second_factor_setup_due, has_second_factor) {
        (true, _) => "own-second-factor-due",
        (false, true) => "own-second-factor-on",
        (false, false) => "own-second-factor-off",
    };
    let password = if session.password_change_due { "own-password-due" } else { "own-password-door" };
    Ok(vec![
        Door { href: password::PATH, title: "own-password-title", about: say(password), is_due: session.password_change_due },
        Door {
            href: second_factor::PATH,
            title: "own-second-factor-title",
            about: say(second_factor),
            is_due: session.second_factor_setup_due,
        },
        Door { href: sessions::PATH, title: "own-sessions-title", about: counted("own-sessions-door", others), is_due: false },
        Door { href: tokens::PATH, title: "own-tokens-title", about: counted("own-tokens-door", live), is_due: false },
        Door { href: super::notices::CHOICES, title: "notice-choices-title", about: say("notice-choices-door"), is_due: false },
        Door { href: accounts::letters::MEMBERSHIPS_PATH, title: "memberships-title", about: say("own-memberships-door"), is_due: false },
    ])
}

async fn account(app: &App, visit: &Visit, mishap: Mishap, sent: Option<&Form>) -> Result<Response, Problem> {
    let me = accounts::people::me(&app.accounts, &visit.who.actor).await?;
    let doors = doors(app, visit, me.second_factor).await?;
    Ok(mishap.show(visit.lang(), |faults| AccountPage {
        f: visit.frame(app, messages::say(visit.lang(), "own-title", &[])).at(PATH).unlisted().without_search(),
        email: me.email,
        name: sent.map_or(me.name, |form| form.get("name").to_owned()),
        lang: sent.and_then(|form| form.get("lang").parse().ok()).unwrap_or(me.lang),
        seen: me.version,
        doors,
        done: done(visit, &["save", "password"]).filter(|_| faults.is_empty()),
        faults,
    }))
}

pub(super) async fn show(State(app): State<App>, visit: Visit) -> Result<Response, Problem> {
    account(&app, &visit, Mishap::none(), None).await
}

/// Keeps name and language.
pub(super) async fn save(State(app): State<App>, visit: Visit, Writer(ctx): Writer, form: Form) -> Result<Response, Problem> {
    let lang = form.get("lang").parse().map_err(|_| Problem::malformed("bad-form"))?;
    let edit = AccountEdit { name: form.get("name").to_owned(), lang };
    match accounts::people::edit_me(&app.accounts, ctx, form.get("_seen").parse().unwrap_or_default(), edit).await {
        Ok(_) => {
            let mut response = go(&localised(visit.lang(), "/account?did=save"));
            // What the account now says is not to be spoken against by what this browser once chose.
            language::remember(&app, lang, &mut response);
            Ok(response)
        }
        Err(error) => {
            let place = |pointer: &str| (pointer == "/name").then(|| ("name".to_owned(), "account-name"));
            account(&app, &visit, Mishap::of(error, visit.lang(), place)?, Some(&form)).await
        }
    }
}
