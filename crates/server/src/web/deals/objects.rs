//! What a deal transfers: the list on its page, and the form that names it: ticks for what it is and for the newest that the
//! giving side has out, and a line for codes of all else.

use base::{Faults, Lang, ListingId, messages};
use brokering::BrokeringError;
use brokering::deals::{self, DealObjects, DealView, ObjectView, Side};

use super::super::fields::{Control, Field, FieldView, Input, Opt};
use super::super::form::Form;
use super::super::frame::{Visit, localised};
use crate::app::App;
use crate::problem::Problem;

/// Where ticks are, and faults that are about none of the codes.
pub(super) const AT: &str = "/objects";
/// Where codes are typed.
const CODES: &str = "/codes";
pub(super) const FIELDS: [Field; 1] = [Field::new(CODES, "deal-field-object-codes", Input::Tokens)];

/// Something that is transferred.
pub(in super::super) struct ObjectLine {
    pub code: String,
    /// None for whoever may no longer see it.
    pub title: Option<String>,
    pub title_lang: Lang,
    pub href: Option<String>,
}

pub(super) fn lines(view: &DealView, lang: Lang) -> Vec<ObjectLine> {
    let line = |one: &ObjectView| ObjectLine {
        code: one.code.clone(),
        title: one.title.clone(),
        title_lang: one.title_lang.unwrap_or(lang),
        href: one.url.as_ref().map(|url| localised(lang, url)),
    };
    view.objects.iter().map(line).collect()
}

/// Whether the reader says what is transferred: whoever writes for the side that gives, and the deal's brokers.
pub(super) fn sets(view: &DealView) -> bool {
    view.is_brokered || view.writes_for.contains(&Side::Owner)
}

/// The ticks: what is transferred now, then the newest that the giving side has out.
pub(super) async fn field(
    app: &App,
    visit: &Visit,
    view: &DealView,
    typed: Option<&Form>,
    fault: Option<String>,
) -> Result<FieldView, Problem> {
    let lang = visit.lang();
    let is_on = |id: ListingId, kept: bool| match typed {
        Some(form) => form.all(AT).any(|one| one == id.to_string()),
        None => kept,
    };
    let option = |id: ListingId, code: &str, title: Option<&str>, kept: bool| Opt {
        value: id.to_string(),
        label: title.map_or_else(|| code.to_owned(), |title| format!("{title} ({code})")),
        depth: 0,
        is_on: is_on(id, kept),
    };
    let mut options: Vec<Opt> = view.objects.iter().map(|o| option(o.listing, &o.code, o.title.as_deref(), true)).collect();
    let others = deals::object_choices(&app.brokering, &visit.who.actor, view.id).await?;
    options.extend(others.iter().map(|o| option(o.listing, &o.code, Some(&o.title), false)));
    Ok(FieldView {
        id: AT.to_owned(),
        label: messages::say(lang, "deal-field-objects", &[]),
        hint: options.is_empty().then(|| messages::say(lang, "deal-objects-no-choice", &[])),
        is_needed: false,
        fault,
        note: None,
        original: None,
        lang: None,
        control: Control::Boxes { name: AT.to_owned(), options },
    })
}

/// Codes as they were typed.
fn codes(text: &str) -> impl Iterator<Item = &str> {
    text.split([',', ';', '\n']).map(str::trim).filter(|code| !code.is_empty())
}

/// Listings by the codes that were typed; a code that is none comes back as a fault at this place.
pub(super) async fn by_codes(app: &App, text: &str, at: &str) -> Result<Vec<ListingId>, BrokeringError> {
    let (mut all, mut faults) = (Vec::new(), Faults::new());
    // One more than may be is enough to be told that it is too many.
    let typed: Vec<String> = codes(text).take(deals::OBJECTS_MAX + 1).map(str::to_uppercase).collect();
    let known = listings::lookup::by_codes(app.store.db(), &typed).await?;
    for code in &typed {
        match known.get(code) {
            Some(id) => all.push(*id),
            None => faults.add(at, "unknown_listing"),
        }
    }
    faults.into_result().map_err(BrokeringError::Invalid)?;
    Ok(all)
}

/// What was chosen.
pub(super) struct Chosen {
    pub wanted: DealObjects,
    /// How many of these were ticked; the rest was named by code.
    pub ticked: usize,
}

/// What was ticked, and after it what was named by code and not ticked.
pub(super) async fn chosen(app: &App, form: &Form) -> Result<Chosen, BrokeringError> {
    let mut objects = Vec::new();
    let mut faults = Faults::new();
    for text in form.all(AT).filter(|text| !text.is_empty()) {
        match text.parse() {
            Ok(id) => objects.push(id),
            Err(_) => faults.add(AT, "unknown_listing"),
        }
    }
    faults.into_result().map_err(BrokeringError::Invalid)?;
    let ticked = objects.len();
    let named = by_codes(app, form.get(CODES), CODES).await?;
    objects.extend(named.into_iter().filter(|id| !objects.get(..ticked).is_some_and(|ticks| ticks.contains(id))).collect::<Vec<_>>());
    Ok(Chosen { wanted: DealObjects { objects }, ticked })
}

/// The same with what is wrong with one of the objects at the place where it was chosen.
pub(super) fn placed(error: BrokeringError, ticked: usize) -> BrokeringError {
    let BrokeringError::Invalid(found) = error else { return error };
    let mut faults = Faults::new();
    for fault in found.iter() {
        let number = fault.pointer.strip_prefix("/objects/").and_then(|n| n.parse::<usize>().ok());
        let pointer = match number {
            Some(n) if n < ticked => AT,
            Some(_) => CODES,
            None => fault.pointer.as_str(),
        };
        let args: Vec<(&'static str, &str)> = fault.args.iter().map(|(name, value)| (*name, value.as_str())).collect();
        faults.add_with(pointer, fault.code, &args);
    }
    BrokeringError::Invalid(faults)
}
