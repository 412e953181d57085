//! Recording a need: one page on which staff write down, while somebody talks, whose problem it is, what it is, who agreed
//! and what comes next.
//!
//! The form's names are pointers into what the API takes (`NewRecord`), so its faults find their inputs. Looking up the
//! party is a step of the same form, so that everything typed stays; with scripts it happens as one types.

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use base::{Faults, PartyId, Refused, messages};
use listings::ListingError;
use listings::need_desk::recording::{NewRecord, Recorded, keepers, may_record, record};
use serde_json::{Value, json};

use super::super::faults::{FaultLine, fault_lines};
use super::super::fields::{Context, Control, Field, FieldView, Input, Opt, Wrong, apply, views};
use super::super::finder::Finder;
use super::super::form::Form;
use super::super::frame::{Frame, Visit, go, localised, page};
use super::{frame, needs};
use crate::app::App;
use crate::extract::{Writer, shape};
use crate::problem::Problem;

pub(in super::super) const PATH: &str = "/staff/needs/new";

/// Asked for by the template, since what may be chosen is found meanwhile.
const PARTY: Field = Field::needed("/party", "record-party", Input::Plain(64));
const RESPONSIBLE: Field = Field::needed("/next/responsible", "needs-responsible", Input::Plain(64));

const NEW_PARTY: [Field; 6] = [
    Field::needed("/new_party/names", "field-profile-name", Input::Line(256)),
    Field::needed("/new_party/party_type", "field-profile-type", Input::Code("party_types")),
    Field::needed("/new_party/address/province", "field-profile-province", Input::Code("provinces")),
    Field::new("/new_party/address/commune", "field-profile-commune", Input::Titled("communes")),
    Field::new("/new_party/tax_code", "fact-tax-code", Input::Plain(20)),
    Field::new("/invite", "record-invite", Input::Plain(254)),
];

const INTAKE: [Field; 5] = [
    Field::needed("/intake/channel", "field-intake-channel", Input::Code("intake_channels")),
    Field::needed("/intake/heard_on", "field-intake-heard", Input::Day),
    Field::needed("/intake/contact", "field-intake-contact", Input::Plain(256)),
    Field::needed("/intake/consent_by", "field-intake-consent-by", Input::Plain(256)),
    Field::new("/intake/consent_on", "field-intake-consent", Input::Day),
];

const NEED: [Field; 7] = [
    Field::needed("/content/title", "field-need-title", Input::Line(256)),
    Field::needed("/content/problem", "block-need", Input::Text(4_000, 7)),
    Field::needed(
        "/content/targets",
        "block-targets",
        Input::Rows(&[
            Field::needed("/metric", "target-metric", Input::Line(200)),
            Field::new("/today", "target-today", Input::Figure),
            Field::needed("/target", "target-wanted", Input::Figure),
            Field::new("/unit", "field-unit", Input::Plain(20)),
            Field::new("/direction", "field-direction", Input::Always("directions")),
            Field::new("/priority", "target-priority", Input::Always("target_priority")),
        ]),
    ),
    Field::needed("/content/field", "fact-field", Input::Code("fields")),
    Field::needed("/content/keywords", "fact-keywords", Input::Words),
    Field::needed("/content/cooperation", "fact-cooperation", Input::Codes("cooperation")),
    Field::needed("/content/anonymity", "record-anonymity", Input::Code("anonymity")),
];

const DUE: [Field; 1] = [Field::needed("/next/due_on", "record-due", Input::Day)];

/// All of it, in the order of the page.
fn all() -> Vec<Field> {
    [[PARTY].as_slice(), &NEW_PARTY, &INTAKE, &NEED, &[RESPONSIBLE], &DUE].concat()
}

#[derive(Template)]
#[template(path = "staff_record.html")]
pub(in super::super) struct RecordPage {
    pub f: Frame,
    pub action: String,
    pub key: String,
    pub finder: Finder,
    /// Whether the party is one that the space does not know yet.
    pub is_new: bool,
    pub new_party: Vec<FieldView>,
    pub intake: Vec<FieldView>,
    pub need: Vec<FieldView>,
    pub keepers: Vec<Opt>,
    pub keeper_fault: Option<String>,
    pub due: Vec<FieldView>,
    pub faults: Vec<FaultLine>,
}

/// What the form says, over nothing.
struct Typed {
    form: Form,
    value: Value,
    faults: Faults,
}

struct Sheet<'a> {
    app: &'a App,
    visit: &'a Visit,
}

impl Sheet<'_> {
    fn read(&self, form: &Form) -> Typed {
        let mut value = json!({ "source_lang": self.visit.lang() });
        let sent = apply(&all(), form, &Context::plain(self.app, self.visit.lang()), form.get("_do").strip_prefix("drop:"), &mut value);
        Typed { form: sent.form, value, faults: sent.faults }
    }

    /// What is recorded, where everything could be read. A party that was chosen stands; what was typed of a new one does
    /// not count then.
    fn record(&self, typed: &mut Typed) -> Option<NewRecord> {
        let mut value = typed.value.clone();
        let is_known = value.get("party").is_some();
        if let Some(map) = value.as_object_mut() {
            if is_known {
                map.remove("new_party");
            } else if let Some(profile) = map.get_mut("new_party").and_then(Value::as_object_mut) {
                profile.insert("source_lang".to_owned(), json!(self.visit.lang()));
            }
        }
        let (record, found) = shape::<NewRecord>().read::<NewRecord>(value);
        typed.faults.extend(found);
        record.filter(|_| typed.faults.is_empty())
    }

    async fn page(&self, typed: Option<&Typed>, faults: &Faults) -> Result<RecordPage, Problem> {
        let (app, visit, lang) = (self.app, self.visit, self.visit.lang());
        let fields = all();
        let wrong = Wrong::of(faults, &fields, lang);
        let nothing = Form::default();
        let form = typed.map_or(&nothing, |t| &t.form);
        let fresh = json!({ "intake": { "heard_on": app.clock().today() } });
        let value = typed.map_or(&fresh, |t| &t.value);
        let cx = Context::plain(self.app, self.visit.lang());
        let part = |fields: &[Field]| views(fields, value, typed.map(|t| &t.form), &wrong, &cx);
        let chosen = form.get("/party");
        let is_new = chosen.is_empty() && value.get("new_party").is_some();
        let new = Opt { value: String::new(), label: messages::say(lang, "record-party-new", &[]), depth: 0, is_on: is_new };
        let ids: Vec<PartyId> = chosen.parse().into_iter().collect();
        let looked = Finder::look(app, visit, ("/party", "record-party"), localised(lang, PATH), form.get("_find"), &ids).await?;
        let me = visit.who.actor.account().map(|id| id.to_string()).unwrap_or_default();
        let responsible = form.find("/next/responsible").unwrap_or(&me);
        let keepers = keepers(&app.listings, &visit.who.actor).await?.into_iter().map(|(id, name)| {
            let value = id.to_string();
            Opt { is_on: value == responsible, value, label: name, depth: 0 }
        });
        Ok(RecordPage {
            f: frame(app, visit, "record-title", PATH),
            action: localised(lang, PATH),
            key: Some(form.get("_key")).filter(|k| !k.is_empty()).map_or_else(|| app.clock().uuid().to_string(), str::to_owned),
            finder: Finder { instead: Some(new), fault: wrong.at("/party"), ..looked },
            is_new,
            new_party: part(&NEW_PARTY),
            intake: part(&INTAKE),
            need: part(&NEED),
            keepers: keepers.collect(),
            keeper_fault: wrong.at("/next/responsible"),
            due: part(&DUE),
            faults: fault_lines(&wrong, &fields, lang, lang),
        })
    }

    async fn answer(&self, status: StatusCode, typed: Option<&Typed>, faults: &Faults) -> Result<Response, Problem> {
        Ok(page(status, self.visit.lang(), &self.page(typed, faults).await?))
    }
}

/// The use case refuses anyway; nobody should fill a form in vain.
fn refuse_others(visit: &Visit) -> Result<(), Problem> {
    if may_record(&visit.who.actor) { Ok(()) } else { Err(Refused::Forbidden { action: "need.record" }.into()) }
}

pub(in super::super) async fn show(State(app): State<App>, visit: Visit) -> Result<Response, Problem> {
    refuse_others(&visit)?;
    Sheet { app: &app, visit: &visit }.answer(StatusCode::OK, None, &Faults::new()).await
}

/// Looks for the party, adds or drops a row, or records the need. The same form sent twice records one.
pub(in super::super) async fn send(State(app): State<App>, visit: Visit, Writer(mut ctx): Writer, form: Form) -> Result<Response, Problem> {
    refuse_others(&visit)?;
    let sheet = Sheet { app: &app, visit: &visit };
    let mut typed = sheet.read(&form);
    if form.get("_do") != "record" {
        return sheet.answer(StatusCode::OK, Some(&typed), &Faults::new()).await;
    }
    let Some(new) = sheet.record(&mut typed) else {
        return sheet.answer(StatusCode::UNPROCESSABLE_ENTITY, Some(&typed), &typed.faults).await;
    };
    ctx.idempotency = form.once("formRecordNeed").or(ctx.idempotency);
    match record(&app.listings, ctx, new).await {
        Ok(recorded) => Ok(go(&localised(visit.lang(), &after(&visit, &recorded)))),
        Err(ListingError::Invalid(faults)) => sheet.answer(StatusCode::UNPROCESSABLE_ENTITY, Some(&typed), &faults).await,
        Err(error) => Err(error.into()),
    }
}

/// To what is missing before it can be submitted; back to the desk where somebody else goes on with it.
fn after(visit: &Visit, recorded: &Recorded) -> String {
    if visit.who.actor.account() == Some(recorded.responsible) {
        format!("/my/listings/{}", recorded.need.id)
    } else {
        format!("{}?which=recorded&did=recorded", needs::PATH)
    }
}

#[cfg(test)]
mod tests {
    use base::{Lang, messages};

    use super::*;

    #[test]
    fn every_field_has_its_words_in_both_languages() {
        for lang in Lang::ALL {
            for field in all() {
                assert!(messages::has(lang, field.label), "{}", field.label);
            }
        }
    }
}
