//! Breaking the glass: an administrator opens in an emergency what a party confides. The page says first who will be told
//! and that the reason stays in the owner's ledger; each file is opened, entered and told by itself.

use askama::Template;
use axum::extract::State;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::Response;
use base::text::clean;
use base::{ConfidentialFileId, Faults, Lang, messages};
use brokering::BrokeringError;
use brokering::access::breaks_glass;
use brokering::confidential::openings::{Emergency, Glass, Opened, break_glass, break_glass_file, glass};

use store::Ctx;

use super::super::confidential::size;
use super::super::faults::FaultLine;
use super::super::form::Form;
use super::super::frame::{Frame, Visit, localised, page, parameter};
use super::frame;
use crate::api;
use crate::app::App;
use crate::problem::Problem;

pub(in super::super) const PATH: &str = "/staff/emergency";

/// A confidential text.
pub(in super::super) struct Passage {
    pub label: String,
    pub text: String,
}

/// A file that can be opened in the same way.
pub(in super::super) struct FileLine {
    pub id: String,
    pub name: String,
    pub size: String,
}

/// Whose it is and who is told.
pub(in super::super) struct Behind {
    pub code: String,
    pub owner: String,
    pub told: String,
}

#[derive(Template)]
#[template(path = "staff_emergency.html")]
pub(in super::super) struct EmergencyPage {
    pub f: Frame,
    pub action: String,
    pub code: String,
    /// Whether a code was given that there is no listing of.
    pub is_unknown: bool,
    pub behind: Option<Behind>,
    pub reason: String,
    pub is_open: bool,
    pub passages: Vec<Passage>,
    pub files: Vec<FileLine>,
    pub faults: Vec<FaultLine>,
}

/// What the page is made from.
struct Found<'a> {
    code: &'a str,
    glass: Option<&'a Glass>,
    reason: &'a str,
    opened: Option<Opened>,
    faults: Faults,
}

fn answer(app: &App, visit: &Visit, status: StatusCode, found: Found<'_>) -> Response {
    let lang = visit.lang();
    let passages = found.opened.iter().flat_map(|o| o.text.sections()).filter(|(_, text)| !text.trim().is_empty()).map(|(name, text)| {
        Passage { label: messages::say(lang, &format!("confidential-{}", name.replace('_', "-")), &[]), text: text.to_owned() }
    });
    let files = found.opened.iter().flat_map(|o| &o.files).map(|file| FileLine {
        id: file.id.to_string(),
        size: size(lang, file.size),
        name: file.name.clone(),
    });
    let line = |fault: &base::Fault| FaultLine {
        id: "reason".to_owned(),
        label: messages::say(lang, "emergency-reason", &[]),
        text: fault.say(lang),
    };
    let view = EmergencyPage {
        f: frame(app, visit, "emergency-title", PATH),
        action: localised(lang, PATH),
        code: found.code.to_owned(),
        is_unknown: !found.code.is_empty() && found.glass.is_none(),
        behind: found.glass.map(|glass| behind(glass, lang)),
        reason: found.reason.to_owned(),
        is_open: found.opened.is_some(),
        passages: passages.collect(),
        files: files.collect(),
        faults: found.faults.iter().map(line).collect(),
    };
    let mut response = page(status, lang, &view);
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

fn behind(glass: &Glass, lang: Lang) -> Behind {
    Behind {
        code: glass.code.clone(),
        owner: glass.owner.best(lang).unwrap_or_default().to_owned(),
        told: if glass.told.is_empty() { messages::say(lang, "emergency-told-nobody", &[]) } else { glass.told.join(", ") },
    }
}

/// The glass of a code, if there is such a listing.
async fn behind_code(app: &App, visit: &Visit, code: &str) -> Result<Option<Glass>, Problem> {
    if !breaks_glass(&visit.who.actor) {
        return Err(Problem::not_found());
    }
    match glass(&app.brokering, &visit.who.actor, code).await {
        Ok(glass) => Ok(Some(glass)),
        Err(BrokeringError::Refused(base::Refused::Hidden)) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

pub(in super::super) async fn show(State(app): State<App>, visit: Visit) -> Result<Response, Problem> {
    let code = clean(&parameter(&visit, "code"));
    let glass = behind_code(&app, &visit, &code).await?;
    let found = Found { code: &code, glass: glass.as_ref(), reason: "", opened: None, faults: Faults::new() };
    Ok(answer(&app, &visit, StatusCode::OK, found))
}

/// Opens the text and the list of files, or one file; the look is entered and the owner is told before anything is read.
pub(in super::super) async fn open(State(app): State<App>, visit: Visit, form: Form) -> Result<Response, Problem> {
    let code = clean(form.get("code"));
    let glass = behind_code(&app, &visit, &code).await?.ok_or_else(Problem::not_found)?;
    let (address, reason) = (&visit.who.client.address, clean(form.get("reason")));
    // What is opened is shown once, on the page that answers: each time it is asked for is a look of its own.
    let ctx = Ctx::of(visit.who.actor.clone());
    let emergency = Emergency { reason: reason.clone() };
    let file: Option<ConfidentialFileId> = form.find("file").map(str::parse).transpose().map_err(|_| Problem::malformed("bad-form"))?;
    let done = match file {
        Some(file) => match break_glass_file(&app.brokering, ctx, address, glass.listing, file, emergency).await {
            Ok(file) => return Ok(api::disclosures::served(file)),
            Err(error) => Err(error),
        },
        None => break_glass(&app.brokering, ctx, address, glass.listing, emergency).await,
    };
    let (status, opened, faults) = match done {
        Ok(opened) => (StatusCode::OK, Some(opened), Faults::new()),
        Err(BrokeringError::Invalid(faults)) => (StatusCode::UNPROCESSABLE_ENTITY, None, faults),
        Err(error) => return Err(error.into()),
    };
    Ok(answer(&app, &visit, status, Found { code: &code, glass: Some(&glass), reason: &reason, opened, faults }))
}
