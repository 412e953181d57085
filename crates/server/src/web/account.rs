//! The pages that letters lead to: sign up, confirm an address, ask for a new password, set it, answer an invitation.
//! The rules are those of `accounts`; here are only the pages.
//!
//! Opening a link changes nothing: programs that look through mail open links, so each page shows a button that posts.

use accounts::membership::{Status, Step};
use accounts::sign_up::SignUp;

use accounts::{Error as AccountError, MembershipView, Password};
use askama::Template;
use axum::extract::State;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use base::secret::Secret;
use base::{Lang, messages};

use super::door::{on_the_way, safe};
use super::faults::FaultLine;
use super::form::Form;
use super::frame::{Frame, Visit, go, localised, page, parameter};
use crate::app::App;
use crate::extract::Writer;
use crate::problem::Problem;

const SIGN_UP: &str = accounts::letters::SIGN_UP_PATH;
const CONFIRM: &str = accounts::letters::CONFIRM_PATH;
const FORGOT: &str = accounts::letters::FORGOT_PATH;
const RESET: &str = accounts::letters::RESET_PATH;
/// Where the link that confirms an address is asked for once more.
pub(super) const RESEND: &str = "/account/resend";
const MEMBERSHIPS: &str = accounts::letters::MEMBERSHIPS_PATH;

/// The parameter and input with the page that somebody is on the way to.
const NEXT: &str = "next";

/// One field of a form.
pub(super) struct Field {
    pub name: &'static str,
    pub label: &'static str,
    pub input: &'static str,
    pub value: String,
    pub autocomplete: &'static str,
    pub max: usize,
    /// What helps with it.
    pub hint: Option<String>,
}

impl Field {
    /// The id of what helps with it; none where nothing does.
    fn hint_id(&self) -> String {
        if self.hint.is_some() { format!("hint:{}", self.name) } else { String::new() }
    }
}

/// Something wrong with the whole of a form.
fn whole(text: String) -> Vec<FaultLine> {
    vec![FaultLine { id: String::new(), label: String::new(), text }]
}

/// What a new password has to be.
pub(super) fn password_hint(app: &App, lang: Lang) -> String {
    let rule = app.accounts.settings();
    let hint = messages::say(lang, "own-password-hint", &[("min", &rule.password_min_length.to_string())]);
    if rule.password_classes == 0 {
        return hint;
    }
    format!("{hint} {}", messages::fault(lang, "password_classes", &[("min", &rule.password_classes.to_string())]))
}

/// A form with a heading and a sentence; without a button it only says something.
#[derive(Template)]
#[template(path = "account_form.html")]
pub(super) struct FormPage {
    pub f: Frame,
    pub about: String,
    pub action: &'static str,
    pub token: String,
    /// The page of ours that somebody is on the way to: taken along until there is a session.
    pub next: String,
    pub fields: Vec<Field>,
    pub button: Option<String>,
    pub links: Vec<(&'static str, &'static str)>,
    /// Where to go on where the link of the letter is over.
    pub over: Vec<(&'static str, &'static str)>,
    pub faults: Vec<FaultLine>,
}

impl FormPage {
    fn new(app: &App, visit: &Visit, key: &str, action: &'static str) -> Self {
        let lang = visit.lang();
        let say = |part: &str| messages::say(lang, &format!("{key}{part}"), &[]);
        Self {
            f: visit.frame(app, say("-title")).unlisted().without_search(),
            about: say("-about"),
            action,
            token: String::new(),
            next: String::new(),
            fields: Vec::new(),
            button: Some(say("-button")),
            links: Vec::new(),
            over: vec![(FORGOT, "account-new-link")],
            faults: Vec::new(),
        }
    }

    /// Where a link leads, with where somebody is on the way to.
    fn way(&self, link: &(&'static str, &'static str)) -> String {
        on_the_way(&self.f.href(link.0), &self.next)
    }

    /// The same for somebody on the way to a page of ours; anything else is nowhere.
    fn on_the_way_to(self, next: &str) -> Self {
        Self { next: safe(next).to_owned(), ..self }
    }

    /// A page that says how it ended and where to go on.
    fn done(app: &App, visit: &Visit, key: &str, links: &[(&'static str, &'static str)]) -> Self {
        let say = |part: &str| messages::say(visit.lang(), &format!("{key}{part}"), &[]);
        Self { about: say("-about"), button: None, links: links.to_vec(), ..Self::new(app, visit, key, "") }
    }

    fn answer(&self, status: StatusCode, lang: Lang) -> Response {
        page(status, lang, self)
    }

    /// The same form with what was wrong; errors that no form can mend are problems.
    fn with(mut self, error: AccountError, lang: Lang) -> Result<Response, Problem> {
        let status = match error {
            AccountError::Invalid(faults) => {
                let fields = &self.fields;
                let line = |fault: &base::Fault| {
                    let field = fields.iter().find(|field| field.name == fault.pointer.trim_start_matches('/'));
                    FaultLine {
                        id: field.map(|field| field.name.to_owned()).unwrap_or_default(),
                        label: field.map(|field| messages::say(lang, field.label, &[])).unwrap_or_default(),
                        text: fault.say(lang),
                    }
                };
                let mut lines: Vec<FaultLine> = faults.iter().map(line).collect();
                // In the order of the form, as people go through it.
                lines.sort_by_key(|line| fields.iter().position(|field| field.name == line.id));
                self.faults = lines;
                StatusCode::UNPROCESSABLE_ENTITY
            }
            AccountError::Link => {
                self.faults = whole(messages::say(lang, "problem-link-over", &[]));
                self.links = std::mem::take(&mut self.over);
                self.button = None;
                StatusCode::GONE
            }
            AccountError::Throttled { retry_after } => {
                self.faults = whole(messages::say(lang, "problem-too-many", &[]));
                let mut response = self.answer(StatusCode::TOO_MANY_REQUESTS, lang);
                response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(retry_after.as_secs().max(1)));
                return Ok(response);
            }
            other => return Err(other.into()),
        };
        Ok(self.answer(status, lang))
    }
}

fn email_field(value: &str) -> Field {
    Field { name: "email", label: "sign-in-email", input: "email", value: value.to_owned(), autocomplete: "username", max: 254, hint: None }
}

/// A password is never written back into a page.
fn password_field(app: &App, visit: &Visit, label: &'static str) -> Field {
    let hint = Some(password_hint(app, visit.lang()));
    Field { name: "password", label, input: "password", value: String::new(), autocomplete: "new-password", max: 1_000, hint }
}

fn sign_up_form(app: &App, visit: &Visit, name: &str, email: &str) -> FormPage {
    let name =
        Field { name: "name", label: "account-name", input: "text", value: name.to_owned(), autocomplete: "name", max: 120, hint: None };
    FormPage {
        fields: vec![name, email_field(email), password_field(app, visit, "sign-in-password")],
        links: vec![("/sign-in", "account-have-one")],
        ..FormPage::new(app, visit, "account-sign-up", SIGN_UP)
    }
}

pub(super) async fn sign_up(State(app): State<App>, visit: Visit) -> Response {
    sign_up_form(&app, &visit, "", "").on_the_way_to(&parameter(&visit, NEXT)).answer(StatusCode::OK, visit.lang())
}

/// Makes an account that waits for its address to be confirmed.
pub(super) async fn send_sign_up(State(app): State<App>, visit: Visit, form: Form) -> Result<Response, Problem> {
    let (name, email) = (form.get("name").trim(), form.get("email").trim());
    let new = SignUp { email: email.to_owned(), name: name.to_owned(), lang: visit.lang(), password: Password::new(form.get("password")) };
    match accounts::sign_up::sign_up_on_the_way(&app.accounts, &visit.who.client, new, safe(form.get(NEXT))).await {
        Ok(()) => Ok(FormPage::done(&app, &visit, "account-sent", &[]).answer(StatusCode::ACCEPTED, visit.lang())),
        Err(error) => sign_up_form(&app, &visit, name, email).on_the_way_to(form.get(NEXT)).with(error, visit.lang()),
    }
}

pub(super) async fn confirm(State(app): State<App>, visit: Visit) -> Response {
    let form = FormPage { token: parameter(&visit, "token"), ..FormPage::new(&app, &visit, "account-confirm", CONFIRM) };
    form.on_the_way_to(&parameter(&visit, NEXT)).answer(StatusCode::OK, visit.lang())
}

/// Confirms the address.
pub(super) async fn send_confirm(State(app): State<App>, visit: Visit, form: Form) -> Result<Response, Problem> {
    match accounts::sign_up::confirm(&app.accounts, &Secret::received(form.get("token"))).await {
        Ok(_) => {
            let done = FormPage::done(&app, &visit, "account-confirmed", &[("/sign-in", "sign-in")]);
            Ok(done.on_the_way_to(form.get(NEXT)).answer(StatusCode::OK, visit.lang()))
        }
        Err(error) => {
            // An address that was confirmed already opens the door; another needs a new letter of the same sort.
            let over = vec![(RESEND, "account-resend-link"), ("/sign-in", "sign-in")];
            let again = FormPage { over, ..FormPage::new(&app, &visit, "account-confirm", CONFIRM) };
            again.on_the_way_to(form.get(NEXT)).with(error, visit.lang())
        }
    }
}

fn resend_form(app: &App, visit: &Visit, email: &str) -> FormPage {
    FormPage { fields: vec![email_field(email)], ..FormPage::new(app, visit, "account-resend", RESEND) }
}

pub(super) async fn resend(State(app): State<App>, visit: Visit) -> Response {
    resend_form(&app, &visit, "").on_the_way_to(&parameter(&visit, NEXT)).answer(StatusCode::OK, visit.lang())
}

/// Sends the link that confirms an address once more; the answer does not tell whether there is such an account.
pub(super) async fn send_resend(State(app): State<App>, visit: Visit, form: Form) -> Result<Response, Problem> {
    let email = form.get("email").trim();
    match accounts::sign_up::resend_on_the_way(&app.accounts, &visit.who.client, email, safe(form.get(NEXT))).await {
        Ok(()) => Ok(FormPage::done(&app, &visit, "account-sent", &[]).answer(StatusCode::ACCEPTED, visit.lang())),
        Err(error) => resend_form(&app, &visit, email).on_the_way_to(form.get(NEXT)).with(error, visit.lang()),
    }
}

fn forgot_form(app: &App, visit: &Visit, email: &str) -> FormPage {
    FormPage { fields: vec![email_field(email)], ..FormPage::new(app, visit, "account-forgot", FORGOT) }
}

pub(super) async fn forgot(State(app): State<App>, visit: Visit) -> Response {
    forgot_form(&app, &visit, "").on_the_way_to(&parameter(&visit, NEXT)).answer(StatusCode::OK, visit.lang())
}

/// Asks for a link; the answer does not tell whether there is such an account.
pub(super) async fn send_forgot(State(app): State<App>, visit: Visit, form: Form) -> Result<Response, Problem> {
    let email = form.get("email").trim();
    match accounts::recovery::request_on_the_way(&app.accounts, &visit.who.client, email, safe(form.get(NEXT))).await {
        Ok(()) => Ok(FormPage::done(&app, &visit, "account-sent", &[]).answer(StatusCode::ACCEPTED, visit.lang())),
        Err(error) => forgot_form(&app, &visit, email).on_the_way_to(form.get(NEXT)).with(error, visit.lang()),
    }
}

fn reset_form(app: &App, visit: &Visit, token: &str) -> FormPage {
    FormPage {
        token: token.to_owned(),
        fields: vec![password_field(app, visit, "account-new-password")],
        ..FormPage::new(app, visit, "account-reset", RESET)
    }
}

pub(super) async fn reset(State(app): State<App>, visit: Visit) -> Response {
    reset_form(&app, &visit, &parameter(&visit, "token")).on_the_way_to(&parameter(&visit, NEXT)).answer(StatusCode::OK, visit.lang())
}

/// Sets the new password; every session ends.
pub(super) async fn send_reset(State(app): State<App>, visit: Visit, form: Form) -> Result<Response, Problem> {
    let token = form.get("token");
    match accounts::recovery::reset(&app.accounts, &Secret::received(token), &Password::new(form.get("password"))).await {
        Ok(_) => {
            let done = FormPage::done(&app, &visit, "account-reset-done", &[("/sign-in", "sign-in")]);
            Ok(done.on_the_way_to(form.get(NEXT)).answer(StatusCode::OK, visit.lang()))
        }
        Err(error) => reset_form(&app, &visit, token).on_the_way_to(form.get(NEXT)).with(error, visit.lang()),
    }
}

/// One membership as its person reads it.
pub(super) struct MembershipLine {
    pub id: String,
    pub party: String,
    pub href: String,
    pub roles: String,
    pub status: String,
    pub is_invited: bool,
}

impl MembershipLine {
    fn of(view: &MembershipView, lang: Lang) -> Self {
        let roles: Vec<String> = view.roles.iter().map(|r| messages::say(lang, &format!("party-role-{r}"), &[])).collect();
        Self {
            id: view.id.to_string(),
            party: view.party_names.best(lang).unwrap_or_default().to_owned(),
            href: format!("/parties/{}", view.party_slug),
            roles: roles.join(", "),
            status: messages::say(lang, &format!("membership-{}", view.status.as_str()), &[]),
            is_invited: view.status == Status::Invited,
        }
    }
}

/// One's memberships and invitations.
#[derive(Template)]
#[template(path = "memberships.html")]
pub(super) struct MembershipsPage {
    pub f: Frame,
    pub memberships: Vec<MembershipLine>,
    pub fault: Option<String>,
}

async fn memberships_page(app: &App, visit: &Visit, status: StatusCode, fault: Option<String>) -> Result<Response, Problem> {
    let lang = visit.lang();
    let memberships = accounts::membership::mine(&app.accounts, &visit.who.actor).await?;
    let f = visit.frame(app, messages::say(lang, "memberships-title", &[])).at(MEMBERSHIPS).unlisted().without_search();
    let memberships = memberships.iter().map(|m| MembershipLine::of(m, lang)).collect();
    Ok(page(status, lang, &MembershipsPage { f, memberships, fault }))
}

pub(super) async fn memberships(State(app): State<App>, visit: Visit) -> Result<Response, Problem> {
    memberships_page(&app, &visit, StatusCode::OK, None).await
}

/// Accepts an invitation, declines it or leaves.
pub(super) async fn send_membership(State(app): State<App>, visit: Visit, Writer(ctx): Writer, form: Form) -> Result<Response, Problem> {
    let wrong = || Problem::malformed("bad-form");
    let id = form.get("membership").parse().map_err(|_| wrong())?;
    let step = match form.get("step") {
        "accept" => Step::Accept,
        "leave" => Step::Leave,
        _ => return Err(wrong()),
    };
    match accounts::membership::step(&app.accounts, ctx, id, None, step).await {
        Ok(_) => Ok(go(&localised(visit.lang(), MEMBERSHIPS)).into_response()),
        Err(error @ (AccountError::Step { .. } | AccountError::LastAdmin)) => {
            let problem = Problem::from(error);
            let text = messages::say(visit.lang(), &format!("problem-{}", problem.kind), &[]);
            memberships_page(&app, &visit, problem.status, Some(text)).await
        }
        Err(error) => Err(error.into()),
    }
}
