//! Writing a story: in Vietnamese with its figures and links, and on the same page under `?text=en` its English.

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use base::{DealId, Faults, Lang, ListingId, messages};
use brokering::BrokeringError;
use brokering::stories::{self, DealStory, StoryContent, StoryState, StoryStep};
use serde_json::{Value, json};

use super::super::faults::{FaultLine, fault_lines};
use super::super::fields::{Context, Control, Field, FieldView, Input, Opt, Wrong, apply, views};
use super::super::form::Form;
use super::super::frame::{Frame, Visit, go, localised, page, parameter};
use super::super::paging;
use crate::app::App;
use crate::extract::{Id, Writer, shape};
use crate::problem::Problem;

const FIGURE: [Field; 3] = [
    Field::new("/label", "story-field-label", Input::Line(120)),
    Field::new("/value", "story-field-value", Input::Figure),
    Field::new("/unit", "story-field-unit", Input::Line(40)),
];
const STORY: [Field; 4] = [
    Field::needed("/title", "story-field-title", Input::Line(160)),
    Field::needed("/summary", "story-field-summary", Input::Text(600, 3)),
    Field::needed("/body", "story-field-body", Input::Text(12_000, 14)),
    Field::new("/figures", "story-field-figures", Input::Rows(&FIGURE)),
];

#[derive(Template)]
#[template(path = "story_edit.html")]
pub(in super::super) struct StoryEditPage {
    pub f: Frame,
    pub story: String,
    pub action: String,
    pub seen: i64,
    pub fields: Vec<FieldView>,
    pub faults: Vec<FaultLine>,
    /// Whether what is written is the English text.
    pub is_english: bool,
    /// The other text's page.
    pub other: Option<String>,
    /// Whether saving another text makes consents void.
    pub voids: bool,
}

/// The language of the text that the address asks for.
fn written_in(visit: &Visit) -> Lang {
    if parameter(visit, "text") == "en" { Lang::En } else { Lang::Vi }
}

fn address(id: DealId, visit: &Visit, text: Lang) -> String {
    let path = localised(visit.lang(), &format!("/deals/{id}/story/edit"));
    if text == Lang::En { paging::address(&path, &[("text", "en")]) } else { path }
}

fn asked<'a>(app: &'a App, visit: &Visit, text: Lang) -> Context<'a> {
    Context { written_in: text, translated_from: (text == Lang::En).then_some(Lang::Vi), ..Context::plain(app, visit.lang()) }
}

/// The listings to choose from, as boxes.
fn choices(view: &DealStory, chosen: &Value, wrong: &Wrong, lang: Lang) -> Option<FieldView> {
    let chosen: Vec<ListingId> = serde_json::from_value(chosen.get("listings").cloned().unwrap_or_default()).unwrap_or_default();
    let option = |l: &stories::StoryListing| Opt {
        value: l.id.to_string(),
        label: format!("{} ({})", l.title.best(lang).unwrap_or_default(), l.code),
        depth: 0,
        is_on: chosen.contains(&l.id),
    };
    let options: Vec<Opt> = view.choices.iter().map(option).collect();
    (!options.is_empty()).then(|| FieldView {
        id: "/listings".to_owned(),
        label: messages::say(lang, "story-field-listings", &[]),
        hint: Some(messages::say(lang, "story-field-listings-about", &[])),
        is_needed: false,
        fault: wrong.at("/listings"),
        note: None,
        original: None,
        lang: None,
        control: Control::Boxes { name: "/listings".to_owned(), options },
    })
}

/// A story with what its form shows.
struct Shown<'a> {
    view: DealStory,
    content: Value,
    typed: Option<&'a Form>,
    faults: Faults,
    status: StatusCode,
    lines: Vec<FaultLine>,
    seen: i64,
}

fn edit_page(app: &App, visit: &Visit, id: DealId, shown: Shown<'_>) -> Response {
    let (lang, text) = (visit.lang(), written_in(visit));
    let cx = asked(app, visit, text);
    let wrong = Wrong::of(&shown.faults, &STORY, lang);
    let mut faults = fault_lines(&wrong, &STORY, lang, text);
    faults.extend(shown.lines);
    let mut fields = views(&STORY, &shown.content, shown.typed, &wrong, &cx);
    if text == Lang::Vi {
        fields.extend(choices(&shown.view, &shown.content, &wrong, lang));
    }
    let is_written = shown.view.state != StoryState::None;
    let edited = StoryEditPage {
        f: visit
            .frame(app, messages::say(lang, "story-edit-title", &[]))
            .at(&format!("/deals/{id}/story/edit"))
            .unlisted()
            .without_search()
            .placed("my"),
        story: localised(lang, &format!("/deals/{id}/story")),
        action: address(id, visit, text),
        seen: shown.seen,
        fields,
        faults,
        is_english: text == Lang::En,
        other: is_written.then(|| address(id, visit, text.other())),
        voids: shown.view.parties.iter().any(|party| party.consent.is_some()),
    };
    page(shown.status, lang, &edited)
}

/// The story of a deal, for whoever writes it; its English only once there is something to translate.
async fn load(app: &App, visit: &Visit, id: DealId) -> Result<DealStory, Problem> {
    let view = stories::show(&app.brokering, &visit.who.actor, id).await?;
    if !view.steps.contains(&StoryStep::Write) || (written_in(visit) == Lang::En && view.state == StoryState::None) {
        return Err(Problem::not_found());
    }
    Ok(view)
}

fn as_json(content: &StoryContent) -> Result<Value, Problem> {
    serde_json::to_value(content).map_err(|e| Problem::internal(&e))
}

pub(in super::super) async fn show(State(app): State<App>, visit: Visit, Id(id): Id<DealId>) -> Result<Response, Problem> {
    let view = load(&app, &visit, id).await?;
    let (content, seen) = (as_json(&view.content)?, view.version);
    let shown = Shown { view, content, typed: None, faults: Faults::new(), status: StatusCode::OK, lines: Vec::new(), seen };
    Ok(edit_page(&app, &visit, id, shown))
}

/// The body of the API from what the form said.
fn body(value: Value) -> Result<StoryContent, BrokeringError> {
    match shape::<StoryContent>().read::<StoryContent>(value) {
        (Some(body), faults) if faults.is_empty() => Ok(body),
        (_, faults) => Err(BrokeringError::Invalid(faults)),
    }
}

/// Keeps the text, or shows the form again with what was typed and what is wrong with it.
pub(in super::super) async fn save(
    State(app): State<App>,
    visit: Visit,
    Writer(ctx): Writer,
    Id(id): Id<DealId>,
    form: Form,
) -> Result<Response, Problem> {
    let (lang, text) = (visit.lang(), written_in(&visit));
    let view = load(&app, &visit, id).await?;
    let seen: i64 = form.get("_seen").parse().map_err(|_| Problem::malformed("bad-form"))?;
    let does = form.get("_do").to_owned();
    let mut content = as_json(&view.content)?;
    let sent = apply(&STORY, &form, &asked(&app, &visit, text), does.strip_prefix("drop:"), &mut content);
    // What the reader does not see is not among the boxes, and stays.
    if form.find("/listings").is_some()
        && let Some(object) = content.as_object_mut()
    {
        let hidden = view.content.listings.iter().filter(|id| !view.choices.iter().any(|choice| choice.id == **id));
        let chosen = hidden.map(ToString::to_string).chain(form.all("/listings").map(str::to_owned));
        object.insert("listings".to_owned(), json!(chosen.collect::<Vec<_>>()));
    }
    let again = |status, faults, lines, seen| Shown {
        view: view.clone(),
        content: content.clone(),
        typed: Some(&sent.form),
        faults,
        status,
        lines,
        seen,
    };
    // Another row, or one less: nothing is kept yet.
    if does != "save" {
        return Ok(edit_page(&app, &visit, id, again(StatusCode::OK, Faults::new(), Vec::new(), seen)));
    }
    let done = match body(content.clone()) {
        Ok(body) if sent.faults.is_empty() => stories::write(&app.brokering, ctx, id, seen, body).await,
        Ok(_) => Err(BrokeringError::Invalid(sent.faults.clone())),
        Err(error) => Err(error),
    };
    match done {
        Ok(receipt) => {
            let did = if receipt.voided.is_empty() { "saved" } else { "voided" };
            Ok(go(&paging::address(&localised(lang, &format!("/deals/{id}/story")), &[("did", did)])))
        }
        Err(BrokeringError::Invalid(faults)) => {
            Ok(edit_page(&app, &visit, id, again(StatusCode::UNPROCESSABLE_ENTITY, faults, Vec::new(), seen)))
        }
        Err(BrokeringError::Stale { current }) => {
            // What was typed is sent again upon what is there now.
            let line = FaultLine { id: String::new(), label: String::new(), text: messages::say(lang, "story-edit-stale", &[]) };
            Ok(edit_page(&app, &visit, id, again(StatusCode::CONFLICT, Faults::new(), vec![line], current)))
        }
        Err(error) => Err(error.into()),
    }
}
