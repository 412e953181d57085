//! Who may know what of a listing: its private terms, which only members and the staff member responsible read, and who
//! may see it once it is published.

use std::collections::BTreeSet;

use askama::Template;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use base::{Faults, PartyId, messages};
use listings::private::PrivateTerms;
use listings::{Kind, ListingError, Visibility};
use serde_json::Value;

use super::desk::terms;
use super::faults::{FaultLine, fault_lines};
use super::fields::{Context, Control, Field, FieldView, Input, Opt, Wrong, apply, views};
use super::finder::{self, Finder};
use super::form::Form;
use super::frame::{Frame, Visit, go, localised, page};
use super::posting::Writing;
use crate::app::App;
use crate::extract::{Writer, shape};
use crate::problem::Problem;

const NEED: [Field; 8] = [
    Field::new("/budget", "field-budget", Input::Money),
    Field::new("/note", "field-private-note", Input::Passage(2_000, 4)),
    Field::new("/intake/channel", "field-intake-channel", Input::Code("intake_channels")),
    Field::new("/intake/heard_on", "field-intake-heard", Input::Day),
    Field::new("/intake/by", "field-intake-by", Input::Plain(256)),
    Field::new("/intake/contact", "field-intake-contact", Input::Plain(256)),
    Field::new("/intake/consent_by", "field-intake-consent-by", Input::Plain(256)),
    Field::new("/intake/consent_on", "field-intake-consent", Input::Day),
];
const OFFER: [Field; 2] =
    [Field::new("/floor_price", "field-floor-price", Input::Amount), Field::new("/note", "field-private-note", Input::Passage(2_000, 4))];

fn fields(kind: Kind) -> &'static [Field] {
    if kind == Kind::Need { &NEED } else { &OFFER }
}

#[derive(Template)]
#[template(path = "audience.html")]
struct AudiencePage {
    f: Frame,
    code: String,
    desk: String,
    action: String,
    seen: i64,
    fields: Vec<FieldView>,
    faults: Vec<FaultLine>,
    see: i64,
    see_action: String,
    audiences: Vec<Opt>,
    finder: Finder,
    can_write: bool,
    is_admin: bool,
}

/// The page, with what is kept or, where that could not be kept, what was typed.
struct Shown<'a> {
    status: StatusCode,
    terms: Value,
    seen: i64,
    typed: Option<&'a Form>,
    faults: Faults,
    lines: Vec<FaultLine>,
}

async fn show_page(app: &App, visit: &Visit, writing: &Writing, shown: Shown<'_>) -> Result<Response, Problem> {
    let lang = visit.lang();
    let view = &writing.view;
    let inside = view.inside.as_ref().ok_or_else(Problem::not_found)?;
    let asked = fields(view.kind);
    let cx = Context::plain(app, visit.lang());
    let wrong = Wrong::of(&shown.faults, asked, lang);
    let mut faults = fault_lines(&wrong, asked, lang, lang);
    let party_fault = shown.lines.iter().find(|line| line.id == "parties").map(|line| line.text.clone());
    faults.extend(shown.lines);
    let mut audiences = terms(app, "visibility", lang);
    let chosen = shown.typed.and_then(|f| f.find("visibility")).unwrap_or(inside.visibility.as_str());
    for option in &mut audiences {
        option.is_on = option.value == chosen;
    }
    // The form of the private terms says nothing of whom it is for.
    let sent = shown.typed.filter(|form| form.find("visibility").is_some());
    let (invited, strays) = match sent {
        Some(form) => parties(app, form).await?,
        None => (inside.invited.clone(), Vec::new()),
    };
    let see_action = localised(lang, &format!("{}/visibility", writing.desk()));
    let find = sent.map_or("", |form| form.get("_find"));
    let mut finder = Finder::look(app, visit, ("parties", "audience-parties"), see_action.clone(), find, &invited).await?;
    finder.has_many = true;
    finder.others.extend(strays);
    finder.fault = party_fault;
    let path = format!("{}/audience", writing.desk());
    let audience = AudiencePage {
        f: visit.frame(app, messages::say(lang, "audience-title", &[])).at(&path).unlisted().placed("my"),
        code: view.code.clone(),
        desk: localised(lang, &writing.desk()),
        action: localised(lang, &format!("{}/private", writing.desk())),
        seen: shown.seen,
        fields: views(asked, &shown.terms, shown.typed, &wrong, &cx),
        faults,
        see: view.version,
        see_action,
        audiences,
        finder,
        can_write: writing.can_write,
        is_admin: writing.is_admin,
    };
    Ok(page(shown.status, lang, &audience))
}

async fn kept(app: &App, visit: &Visit, writing: &Writing) -> Result<Shown<'static>, Problem> {
    let (terms, seen) = listings::edit::private_terms(&app.listings, &visit.who.actor, writing.view.id).await?;
    let terms = serde_json::to_value(terms).map_err(|e| Problem::internal(&e))?;
    Ok(Shown { status: StatusCode::OK, terms, seen, typed: None, faults: Faults::new(), lines: Vec::new() })
}

pub(super) async fn show(State(app): State<App>, visit: Visit, Path(id): Path<String>) -> Result<Response, Problem> {
    let writing = Writing::load(&app, &visit, &id).await?;
    let shown = kept(&app, &visit, &writing).await?;
    show_page(&app, &visit, &writing, shown).await
}

fn whole(visit: &Visit, key: &str) -> Vec<FaultLine> {
    vec![FaultLine { id: String::new(), label: String::new(), text: messages::say(visit.lang(), key, &[]) }]
}

/// Writes the private terms.
pub(super) async fn set_terms(
    State(app): State<App>,
    visit: Visit,
    Writer(ctx): Writer,
    Path(id): Path<String>,
    form: Form,
) -> Result<Response, Problem> {
    let writing = Writing::load(&app, &visit, &id).await?;
    let before = kept(&app, &visit, &writing).await?;
    let mut value = before.terms.clone();
    let sent = apply(fields(writing.view.kind), &form, &Context::plain(&app, visit.lang()), None, &mut value);
    let mut faults = sent.faults;
    let (terms, found) = shape::<PrivateTerms>().read::<PrivateTerms>(value.clone());
    faults.extend(found);
    let again = |status, faults, lines| Shown { status, terms: value, seen: before.seen, typed: Some(&sent.form), faults, lines };
    let (Some(terms), true) = (terms, faults.is_empty()) else {
        return show_page(&app, &visit, &writing, again(StatusCode::UNPROCESSABLE_ENTITY, faults, Vec::new())).await;
    };
    let seen = form.get("_seen").parse().unwrap_or(-1);
    match listings::edit::set_private_terms(&app.listings, ctx, writing.view.id, seen, terms).await {
        Ok(_) => Ok(go(&localised(visit.lang(), &writing.desk()))),
        Err(ListingError::Invalid(faults)) => {
            show_page(&app, &visit, &writing, again(StatusCode::UNPROCESSABLE_ENTITY, faults, Vec::new())).await
        }
        Err(ListingError::Stale { .. }) => {
            show_page(&app, &visit, &writing, again(StatusCode::CONFLICT, Faults::new(), whole(&visit, "post-stale"))).await
        }
        Err(error) => Err(error.into()),
    }
}

/// The parties that a form names: those that are ticked, and an address of a page or its last piece a line. Beside them
/// the lines that name none.
async fn parties(app: &App, form: &Form) -> Result<(Vec<PartyId>, Vec<String>), Problem> {
    let (mut found, mut strays) = (Vec::new(), Vec::new());
    for line in form.all("parties").flat_map(str::lines).map(str::trim).filter(|l| !l.is_empty()) {
        match finder::meant(app, line).await? {
            Some(id) if found.contains(&id) => {}
            Some(id) => found.push(id),
            None => strays.push(line.to_owned()),
        }
    }
    Ok((found, strays))
}

/// Sets who may see it once published.
pub(super) async fn set_visibility(
    State(app): State<App>,
    visit: Visit,
    Writer(ctx): Writer,
    Path(id): Path<String>,
    form: Form,
) -> Result<Response, Problem> {
    let writing = Writing::load(&app, &visit, &id).await?;
    let lang = visit.lang();
    let visibility: Visibility = form.get("visibility").parse().map_err(|_| Problem::malformed("bad-form"))?;
    if finder::looks(&form) {
        let shown = kept(&app, &visit, &writing).await?;
        return show_page(&app, &visit, &writing, Shown { typed: Some(&form), ..shown }).await;
    }
    let at_parties = |text: String| FaultLine { id: "parties".to_owned(), label: String::new(), text };
    let (invited, strays) = parties(&app, &form).await?;
    // Words from which nobody was ticked are not passed over: what they find is shown.
    let before = writing.view.inside.as_ref().map(|inside| inside.invited.as_slice()).unwrap_or_default();
    let is_open = visibility == Visibility::Invited
        && !base::text::clean(form.get("_find")).is_empty()
        && invited.iter().all(|party| before.contains(party));
    let (status, lines) = match strays.first() {
        Some(line) => {
            let text = messages::say(lang, "audience-unknown-party", &[("line", line.as_str())]);
            (StatusCode::UNPROCESSABLE_ENTITY, vec![at_parties(text)])
        }
        None if is_open => (StatusCode::UNPROCESSABLE_ENTITY, vec![at_parties(messages::say(lang, "fault-party-not-chosen", &[]))]),
        None => {
            let seen = form.get("_seen").parse().unwrap_or_default();
            let invited: BTreeSet<PartyId> = invited.into_iter().collect();
            match listings::care::set_visibility(&app.listings, ctx, writing.view.id, seen, visibility, invited).await {
                Ok(_) => return Ok(go(&localised(lang, &writing.desk()))),
                Err(ListingError::Stale { .. }) => (StatusCode::CONFLICT, whole(&visit, "desk-changed")),
                Err(ListingError::Invalid(faults)) => {
                    (StatusCode::UNPROCESSABLE_ENTITY, faults.iter().map(|f| at_parties(f.say(lang))).collect())
                }
                Err(error) => return Err(error.into()),
            }
        }
    };
    let shown = kept(&app, &visit, &writing).await?;
    show_page(&app, &visit, &writing, Shown { status, typed: Some(&form), lines, ..shown }).await
}
