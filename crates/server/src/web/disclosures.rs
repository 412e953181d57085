//! What was opened to the reader: the list, the agreement to read and accept, the contents and files behind it.

use askama::Template;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use base::{DisclosureId, Lang, Limit, messages};
use brokering::BrokeringError;
use brokering::confidential::disclosures::{self, Acceptance, DisclosureDetail, DisclosureState, DisclosureView, NdaView};
use brokering::confidential::openings;

use super::confidential::{size, state_words};
use super::faults::FaultLine;
use super::form::Form;
use super::format::{self, Moment};
use super::frame::{Frame, Visit, go, localised, page};
use super::paging::{cursor, paged};
use super::rich::markdown;
use crate::api;
use crate::app::App;
use crate::extract::{Id, Writer};
use crate::problem::Problem;

/// Disclosures on a page.
const SHOWN: u16 = 50;

/// A disclosure in the list.
struct Line {
    title: String,
    title_lang: Lang,
    code: String,
    href: String,
    owner: String,
    state_label: String,
    tone: &'static str,
    until: String,
    granted: Moment,
}

#[derive(Template)]
#[template(path = "disclosures.html")]
struct DisclosuresPage {
    f: Frame,
    lines: Vec<Line>,
    next: Option<String>,
    first: Option<String>,
}

#[derive(Template)]
#[template(path = "disclosure.html")]
struct DisclosurePage {
    f: Frame,
    here: String,
    title: String,
    title_lang: Lang,
    code: String,
    listing: String,
    owner: String,
    purpose: String,
    until: String,
    state_label: String,
    tone: &'static str,
    explains: String,
    accepted: Option<Moment>,
    /// Whether the reader is the one it was opened to, and may accept the agreement now.
    can_accept: bool,
    can_open: bool,
    content: String,
    nda: NdaText,
    /// Said above the button that accepts it.
    nda_note: String,
    faults: Vec<FaultLine>,
}

/// An agreement as it is read on a page.
pub(super) struct NdaText {
    pub title: String,
    pub html: String,
    pub version: String,
    pub hash: String,
}

impl NdaText {
    pub fn of(nda: NdaView) -> Self {
        let (title, html) = nda_html(&nda.text);
        Self { title, html, version: nda.version, hash: nda.hash }
    }
}

/// A section of the text.
struct Passage {
    label: String,
    text: String,
}

/// A file to open.
struct FileLine {
    name: String,
    href: String,
    size: String,
    is_marked: bool,
}

#[derive(Template)]
#[template(path = "disclosure_content.html")]
struct ContentPage {
    f: Frame,
    disclosure: String,
    code: String,
    until: String,
    passages: Vec<Passage>,
    files: Vec<FileLine>,
}

fn title_of(view: &DisclosureView) -> String {
    view.listing_title.clone().unwrap_or_else(|| view.listing_code.clone())
}

/// Whose the listing is, as far as the reader may know.
pub(super) fn owner_of(view: &DisclosureView, lang: Lang) -> String {
    match &view.owner_names {
        Some(names) => names.best(lang).unwrap_or_default().to_owned(),
        None => messages::say(lang, "disclosure-owner-hidden", &[]),
    }
}

pub(super) async fn list(State(app): State<App>, visit: Visit) -> Result<Response, Problem> {
    let lang = visit.lang();
    let limit = Limit::new(SHOWN).unwrap_or_default();
    let found = disclosures::mine(&app.brokering, &visit.who.actor, limit, cursor(&visit).as_deref()).await?;
    let paged = paged(&visit, "/my/disclosures", &[], found.next.as_deref());
    let lines = found.items.into_iter().map(|view| {
        let (state_label, tone) = state_words(view.state, lang);
        Line {
            title: title_of(&view),
            title_lang: view.listing_title_lang.unwrap_or(lang),
            href: localised(lang, &format!("/disclosures/{}", view.id)),
            owner: owner_of(&view, lang),
            state_label,
            tone,
            until: format::day(lang, view.expires_on),
            granted: format::moment(lang, view.granted_at),
            code: view.listing_code,
        }
    });
    let disclosures = DisclosuresPage {
        lines: lines.collect(),
        f: visit.frame(&app, messages::say(lang, "disclosures-title", &[])).at("/my/disclosures").unlisted().placed("my"),
        next: paged.next,
        first: paged.first,
    };
    Ok(page(StatusCode::OK, lang, &disclosures))
}

/// Title and body of an agreement as HTML; its headings stand below the section's.
fn nda_html(text: &str) -> (String, String) {
    let (title, body) = match text.strip_prefix("# ").and_then(|rest| rest.split_once('\n')) {
        Some((title, body)) => (title.trim().to_owned(), body),
        None => (String::new(), text),
    };
    (title, markdown(body).replace("<h4>", "<h3>").replace("</h4>", "</h3>"))
}

/// What a state means for the reader, or for the owner who looks at it.
fn explains(state: DisclosureState, is_reader: bool, lang: Lang) -> String {
    let side = if is_reader { "" } else { "-owner" };
    messages::say(lang, &format!("disclosure-explains-{}{side}", state.as_str()), &[])
}

async fn disclosure(app: &App, visit: &Visit, id: DisclosureId, status: StatusCode, faults: Vec<FaultLine>) -> Result<Response, Problem> {
    let lang = visit.lang();
    let DisclosureDetail { disclosure: view, nda } = disclosures::get(&app.brokering, &visit.who.actor, id).await?;
    let is_reader = visit.who.actor.account() == Some(view.account);
    let (state_label, tone) = state_words(view.state, lang);
    let path = format!("/disclosures/{id}");
    let (title, owner) = (title_of(&view), owner_of(&view, lang));
    let shown = DisclosurePage {
        f: visit.frame(app, messages::say(lang, "disclosure-title", &[("title", &title)])).at(&path).unlisted().placed("my"),
        here: localised(lang, &path),
        title_lang: view.listing_title_lang.unwrap_or(lang),
        code: view.listing_code,
        listing: localised(lang, &view.listing_url),
        owner,
        purpose: view.purpose,
        until: format::day(lang, view.expires_on),
        state_label,
        tone,
        explains: explains(view.state, is_reader, lang),
        accepted: view.accepted_at.map(|at| format::moment(lang, at)),
        can_accept: is_reader && view.state == DisclosureState::Granted,
        can_open: is_reader && view.state == DisclosureState::Accepted,
        content: localised(lang, &format!("{path}/content")),
        nda: NdaText::of(nda),
        nda_note: messages::say(lang, "disclosure-recorded", &[]),
        title,
        faults,
    };
    Ok(page(status, lang, &shown))
}

pub(super) async fn show(State(app): State<App>, visit: Visit, Id(id): Id<DisclosureId>) -> Result<Response, Problem> {
    disclosure(&app, &visit, id, StatusCode::OK, Vec::new()).await
}

/// Accepts the agreement.
pub(super) async fn accept(
    State(app): State<App>,
    visit: Visit,
    Writer(ctx): Writer,
    Id(id): Id<DisclosureId>,
    form: Form,
) -> Result<Response, Problem> {
    let lang = visit.lang();
    let line = |key: &str, id: &str| vec![FaultLine { id: id.to_owned(), label: String::new(), text: messages::say(lang, key, &[]) }];
    if form.get("agree").is_empty() {
        let faults = line("disclosure-agree-missing", "agree");
        return disclosure(&app, &visit, id, StatusCode::UNPROCESSABLE_ENTITY, faults).await;
    }
    let acceptance = Acceptance { nda_hash: form.get("nda_hash").to_owned() };
    // The language of the page is the one the text was read in.
    let ctx = store::Ctx { actor: visit.who.actor.clone(), ..ctx };
    match disclosures::accept(&app.brokering, ctx, visit.who.client.address.clone(), id, acceptance).await {
        Ok(_) | Err(BrokeringError::NotAllowed { .. }) => Ok(go(&localised(lang, &format!("/disclosures/{id}")))),
        Err(BrokeringError::NdaChanged) => disclosure(&app, &visit, id, StatusCode::CONFLICT, line("problem-nda-changed", "nda")).await,
        Err(error) => Err(error.into()),
    }
}

/// Opens the contents; the look is entered.
pub(super) async fn content(State(app): State<App>, visit: Visit, Id(id): Id<DisclosureId>) -> Result<Response, Problem> {
    let lang = visit.lang();
    let actor = &visit.who.actor;
    let opened = match openings::contents(&app.brokering, actor, &visit.who.client.address, id).await {
        // The agreement stands on the page before.
        Err(BrokeringError::NdaFirst) => return Ok(go(&localised(lang, &format!("/disclosures/{id}")))),
        other => other?,
    };
    let DisclosureDetail { disclosure: view, .. } = disclosures::get(&app.brokering, actor, id).await?;
    let passages = opened.text.sections().into_iter().filter(|(_, text)| !text.trim().is_empty()).map(|(name, text)| Passage {
        label: messages::say(lang, &format!("confidential-{}", name.replace('_', "-")), &[]),
        text: text.to_owned(),
    });
    let files = opened.files.iter().map(|file| FileLine {
        href: localised(lang, &format!("/disclosures/{id}/files/{}", file.id)),
        size: size(lang, file.size),
        is_marked: file.kind == brokering::confidential::kinds::FileKind::Pdf,
        name: file.name.clone(),
    });
    let path = format!("/disclosures/{id}/content");
    let shown = ContentPage {
        f: visit
            .frame(&app, messages::say(lang, "disclosure-content-title", &[("code", &view.listing_code)]))
            .at(&path)
            .unlisted()
            .placed("my"),
        disclosure: localised(lang, &format!("/disclosures/{id}")),
        until: format::day(lang, view.expires_on),
        code: view.listing_code,
        passages: passages.collect(),
        files: files.collect(),
    };
    Ok(page(StatusCode::OK, lang, &shown))
}

/// Opens a file; the look is entered.
pub(super) async fn file(State(app): State<App>, visit: Visit, Path((id, file)): Path<(String, String)>) -> Result<Response, Problem> {
    let (id, file): (DisclosureId, _) = id.parse().ok().zip(file.parse().ok()).ok_or_else(Problem::not_found)?;
    match openings::file(&app.brokering, &visit.who.actor, &visit.who.client.address, id, file).await {
        Err(BrokeringError::NdaFirst) => Ok(go(&localised(visit.lang(), &format!("/disclosures/{id}")))),
        other => Ok(api::disclosures::served(other?)),
    }
}

#[cfg(test)]
mod tests {
    use super::nda_html;

    #[test]
    fn an_agreements_headings_stand_below_its_title() {
        let (title, html) = nda_html("# Thỏa thuận\n\nMở đầu\n\n## 1. Điều\n\nNội dung <b>x</b>");
        assert_eq!(title, "Thỏa thuận");
        assert!(html.contains("<h3>1. Điều</h3>") && !html.contains("<b>") && !html.contains("<h1"), "{html}");
    }
}
