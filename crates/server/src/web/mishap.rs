//! Errors of `accounts` as the page whose form was sent says them: a sentence at the top that leads to its input.
//!
//! What no form can mend (hidden, forbidden, a failure of ours) stays a problem. Nothing is decided here.

use std::time::Duration;

use accounts::Error;
use askama::Template;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::Response;
use base::{Lang, messages};

use super::faults::FaultLine;
use super::frame::page;
use crate::problem::Problem;

/// Where a fault is mended: the id of the input and the message that names it.
pub(super) type Place = (String, &'static str);

/// What went wrong with a form that was sent.
pub(super) struct Mishap {
    /// The status of the page that says so.
    pub status: StatusCode,
    /// The sentences.
    pub lines: Vec<FaultLine>,
    wait: Option<Duration>,
}

impl Mishap {
    /// An error of a form whose inputs are found by the pointers of what they fill.
    ///
    /// # Errors
    /// What the form cannot mend.
    pub fn of(error: Error, lang: Lang, place: impl Fn(&str) -> Option<Place>) -> Result<Self, Problem> {
        let at = |pointer: &str, text: String| {
            let (id, label) = place(pointer).map_or_else(Default::default, |(id, key)| (id, messages::say(lang, key, &[])));
            FaultLine { id, label, text }
        };
        let said = |status, pointer, key: &str| Ok(Self { status, lines: vec![at(pointer, messages::say(lang, key, &[]))], wait: None });
        match error {
            Error::Invalid(faults) => {
                let lines = faults.iter().map(|f| at(&f.pointer, f.say(lang))).collect();
                Ok(Self { status: StatusCode::UNPROCESSABLE_ENTITY, lines, wait: None })
            }
            // Whoever is signed in is asked for the password alone.
            Error::Credentials => said(StatusCode::UNPROCESSABLE_ENTITY, "/password_now", "own-password-wrong"),
            Error::Code => said(StatusCode::UNPROCESSABLE_ENTITY, "/code", "problem-code-wrong"),
            Error::Stale { .. } => said(StatusCode::CONFLICT, "", "own-stale"),
            error @ (Error::Step { .. }
            | Error::LastAdmin
            | Error::LastAdministrator
            | Error::SecondFactorState
            | Error::Throttled { .. }) => {
                let problem = Problem::from(error);
                let mishap = said(problem.status, "", &format!("problem-{}", problem.kind))?;
                Ok(Self { wait: problem.retry_after, ..mishap })
            }
            other => Err(other.into()),
        }
    }

    /// Nothing: the page as it is opened.
    pub fn none() -> Self {
        Self { status: StatusCode::OK, lines: Vec::new(), wait: None }
    }

    /// The page that says it, with when to try again where that is known.
    pub fn show<T: Template>(self, lang: Lang, fill: impl FnOnce(Vec<FaultLine>) -> T) -> Response {
        let mut response = page(self.status, lang, &fill(self.lines));
        if let Some(wait) = self.wait {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(wait.as_secs().max(1)));
        }
        response
    }
}

#[cfg(test)]
mod tests {
    use base::Refused;

    use super::*;

    fn of(error: Error) -> Result<Mishap, Problem> {
        Mishap::of(error, Lang::En, |pointer| (pointer == "/name").then(|| ("name".to_owned(), "account-name")))
    }

    #[test]
    fn a_fault_leads_to_its_input_and_what_belongs_to_none_is_said_all_the_same() {
        let (known, other) = (of(Error::fault("/name", "name_missing")).unwrap(), of(Error::fault("/x", "name_missing")).unwrap());
        assert_eq!((known.status.as_u16(), known.lines[0].id.as_str(), known.lines[0].label.as_str()), (422, "name", "Your name"));
        assert_eq!((other.lines[0].id.as_str(), other.lines[0].text.as_str()), ("", "Give a name."));
    }

    #[test]
    fn what_no_form_can_mend_stays_a_problem() {
        assert_eq!(of(Error::from(Refused::Hidden)).err().unwrap().status, 404);
        assert_eq!(of(Error::from(Refused::Forbidden { action: "x" })).err().unwrap().status, 403);
        assert_eq!(of(Error::LastAdmin).unwrap().status, 409);
    }
}
