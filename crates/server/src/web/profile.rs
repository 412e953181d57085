//! Registering a party, and what its admins say about it: one page, in the page's language first and in the other below.
//!
//! What was typed is never lost: faults and another person's newer version show the form again as it was sent. The rules
//! are those of `accounts::parties`; here are only the pages.

pub(super) mod fields;

use accounts::access::EditParty;
use accounts::{Error as AccountError, PartyProfile, PartyView};
use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use base::{Action, Faults, Lang, PartyId, PartyRole, Refused, messages};
use serde_json::{Value, json};

use self::fields::{ALL, NEW, Part, TEXTS};
use super::faults::{FaultLine, fault_lines};
use super::fields::{Context, Control, Field, FieldView, PART, Wrong, apply, asked_by, portion_of_all, views};
use super::form::Form;
use super::frame::{Frame, Visit, go, localised, page, parameter};
use super::portion;
use crate::app::App;
use crate::extract::{Id, Writer, shape};
use crate::problem::Problem;

/// Fields under a heading, as they are drawn.
pub(super) struct Section {
    pub key: &'static str,
    pub about: String,
    pub fields: Vec<FieldView>,
}

#[derive(Template)]
#[template(path = "profile.html")]
pub(super) struct ProfilePage {
    pub f: Frame,
    pub action: String,
    pub seen: Option<i64>,
    pub key: Option<String>,
    pub sections: Vec<Section>,
    /// The part of a long profile that is shown and how many it has, from 1.
    pub part: usize,
    pub parts: usize,
    pub faults: Vec<FaultLine>,
    pub done: Option<String>,
    /// Whether a new name, type or tax code costs the verification.
    pub is_verified: bool,
    /// The party's page and its members.
    pub links: Option<(String, String)>,
}

/// Everything that makes the page, apart from what the profile says.
struct Sheet<'a> {
    app: &'a App,
    visit: &'a Visit,
    party: Option<PartyView>,
}

/// What a form says, over what is kept.
struct Typed {
    form: Form,
    value: Value,
    profile: Option<PartyProfile>,
    faults: Faults,
}

impl<'a> Sheet<'a> {
    /// The page of a new party.
    fn new(app: &'a App, visit: &'a Visit) -> Self {
        Self { app, visit, party: None }
    }

    /// The page of a party, for its admins.
    async fn of(app: &'a App, visit: &'a Visit, id: PartyId) -> Result<Self, Problem> {
        let party = accounts::parties::get(&app.accounts, &visit.who.actor, id).await?;
        // The use case refuses anyway; nobody should fill a form in vain.
        if !visit.who.actor.has_role(id, PartyRole::Admin) {
            return Err(Refused::Forbidden { action: EditParty::NAME }.into());
        }
        Ok(Self { app, visit, party: Some(party) })
    }

    /// What is asked in which language, in the order of the page.
    fn parts(&self) -> Vec<(Part, Lang)> {
        let lang = self.visit.lang();
        if self.party.is_none() {
            return NEW.iter().map(|part| (*part, lang)).collect();
        }
        ALL.iter().map(|part| (*part, lang)).chain([(TEXTS, lang.other())]).collect()
    }

    fn context(&self, written_in: Lang) -> Context<'a> {
        Context { written_in, ..Context::plain(self.app, self.visit.lang()) }
    }

    /// The profile as it is kept; of a new party, what holds unless something else is said.
    fn kept(&self) -> Result<Value, Problem> {
        match &self.party {
            Some(party) => serde_json::to_value(&party.profile).map_err(|e| Problem::internal(&e)),
            None => Ok(json!({"source_lang": self.visit.lang()})),
        }
    }

    fn read(&self, form: Form) -> Result<Typed, Problem> {
        let kept = self.kept()?;
        let mut value = kept.clone();
        let mut faults = Faults::new();
        for (part, written_in) in self.parts() {
            faults.extend(apply(part.fields, &form, &self.context(written_in), None, &mut value).faults);
        }
        date_units(&kept, &mut value);
        let (profile, found) = shape::<PartyProfile>().read::<PartyProfile>(value.clone());
        faults.extend(found);
        Ok(Typed { form, value, profile: profile.filter(|_| faults.is_empty()), faults })
    }

    fn page(&self, value: &Value, typed: Option<&Form>, faults: &Faults) -> ProfilePage {
        let lang = self.visit.lang();
        let path = self.party.as_ref().map_or_else(|| "/my/parties/new".to_owned(), |p| format!("/my/parties/{}", p.id));
        let title = match &self.party {
            None => messages::say(lang, "profile-new-title", &[]),
            Some(party) => {
                let name = party.profile.names.best(lang).unwrap_or_default();
                messages::say(lang, "profile-title", &[("name", name)])
            }
        };
        let (mut sections, mut lines) = (Vec::new(), Vec::new());
        let mut rest = faults.clone();
        let parts = self.parts();
        // From the last, whose faults name their language, to the first.
        for (n, (part, written_in)) in parts.iter().enumerate().rev() {
            let (own, others) = rest.apart(|fault| belongs(&fault.pointer, part.fields, *written_in, lang));
            // What belongs to no field is said with the first.
            let own = if n == 0 { all(own, others.clone()) } else { own };
            rest = others;
            let wrong = Wrong::of(&own, part.fields, lang);
            lines.splice(0..0, fault_lines(&wrong, part.fields, lang, *written_in));
            let fields = views(part.fields, value, typed, &wrong, &self.context(*written_in));
            sections.insert(0, Section { key: part.key, about: messages::say(lang, &format!("{}-about", part.key), &[]), fields });
        }
        let own: Vec<Vec<FieldView>> = sections.iter_mut().map(|section: &mut Section| std::mem::take(&mut section.fields)).collect();
        let (shown, at, of) = portion_of_all(own, &asked_by(self.visit, typed));
        for (section, fields) in sections.iter_mut().zip(shown) {
            section.fields = fields;
        }
        sections.retain(|section| !section.fields.is_empty());
        ProfilePage {
            part: at + 1,
            parts: of,
            f: self.visit.frame(self.app, title).at(&path).unlisted().without_search(),
            action: localised(lang, &path),
            seen: self.party.as_ref().map(|p| p.version),
            key: self.party.is_none().then(|| self.app.clock().uuid().to_string()),
            sections,
            faults: lines,
            done: None,
            is_verified: self.party.as_ref().is_some_and(|p| p.verification.level != *"unverified"),
            links: self
                .party
                .as_ref()
                .map(|p| (localised(lang, &format!("/parties/{}", p.slug)), localised(lang, &format!("{path}/members")))),
        }
    }

    fn again(&self, typed: &Typed, faults: &Faults) -> Response {
        page(StatusCode::UNPROCESSABLE_ENTITY, self.visit.lang(), &self.page(&typed.value, Some(&typed.form), faults))
    }
}

fn all(mut first: Faults, others: Faults) -> Faults {
    first.extend(others);
    first
}

/// Whether a fault lies in one of these fields; one that names a language, in the fields of that language.
fn belongs(pointer: &str, fields: &[Field], written_in: Lang, page: Lang) -> bool {
    let within = |at: &str| pointer == at || pointer.strip_prefix(at).is_some_and(|rest| rest.starts_with('/'));
    fields.iter().any(|field| {
        let named = Lang::ALL.into_iter().find(|lang| within(&format!("{}/{lang}", field.at)));
        within(field.at) && (!field.is_text() || named.unwrap_or(page) == written_in)
    })
}

/// Units that are chosen today are those of today, whatever day the old ones were of.
fn date_units(before: &Value, value: &mut Value) {
    let is_same = |at: &str| before.pointer(at) == value.pointer(at);
    if !(is_same("/address/province") && is_same("/address/commune"))
        && let Some(address) = value.get_mut("address").and_then(Value::as_object_mut)
    {
        address.remove("as_of");
    }
}

pub(super) async fn new(State(app): State<App>, visit: Visit) -> Result<Response, Problem> {
    let sheet = Sheet::new(&app, &visit);
    Ok(page(StatusCode::OK, visit.lang(), &sheet.page(&sheet.kept()?, None, &Faults::new())))
}

/// Registers a party; who does becomes its admin. The same form sent twice makes one.
pub(super) async fn create(State(app): State<App>, visit: Visit, Writer(mut ctx): Writer, form: Form) -> Result<Response, Problem> {
    ctx.idempotency = form.once("formParty").or(ctx.idempotency);
    let sheet = Sheet::new(&app, &visit);
    let typed = sheet.read(form)?;
    let Some(profile) = typed.profile.clone() else { return Ok(sheet.again(&typed, &typed.faults)) };
    match accounts::parties::create(&app.accounts, ctx, profile).await {
        Ok(receipt) => Ok(go(&localised(visit.lang(), &format!("/my?party={}", receipt.id)))),
        Err(AccountError::Invalid(faults)) => Ok(sheet.again(&typed, &faults)),
        Err(error) => Err(error.into()),
    }
}

pub(super) async fn edit(State(app): State<App>, visit: Visit, Id(id): Id<PartyId>) -> Result<Response, Problem> {
    let sheet = Sheet::of(&app, &visit, id).await?;
    let mut view = sheet.page(&sheet.kept()?, None, &Faults::new());
    if parameter(&visit, "did") == "save" {
        let now = base::clock::in_vietnam(app.clock().now()).format("%H:%M").to_string();
        view.done = Some(messages::say(visit.lang(), "post-saved", &[("time", &now)]));
    }
    Ok(page(StatusCode::OK, visit.lang(), &view))
}

/// Keeps what the form says, if nobody else was faster.
pub(super) async fn save(
    State(app): State<App>,
    visit: Visit,
    Writer(ctx): Writer,
    Id(id): Id<PartyId>,
    form: Form,
) -> Result<Response, Problem> {
    let sheet = Sheet::of(&app, &visit, id).await?;
    let seen = form.get("_seen").parse().unwrap_or_default();
    let typed = sheet.read(form)?;
    let Some(profile) = typed.profile.clone() else { return Ok(sheet.again(&typed, &typed.faults)) };
    match accounts::parties::edit(&app.accounts, ctx, id, seen, profile).await {
        Ok(_) => {
            let part = typed.form.get("_do").strip_prefix("part:").unwrap_or(typed.form.get(PART));
            let part = part.parse::<usize>().unwrap_or(1);
            let part = if part > 1 { format!("&{}={part}", portion::PART) } else { String::new() };
            Ok(go(&localised(visit.lang(), &format!("/my/parties/{id}?did=save{part}"))))
        }
        Err(AccountError::Invalid(faults)) => Ok(sheet.again(&typed, &faults)),
        // The page has the newest version now and what was typed; sending it again is a decision.
        Err(AccountError::Stale { .. }) => {
            let mut view = sheet.page(&typed.value, Some(&typed.form), &Faults::new());
            let text = messages::say(visit.lang(), "profile-stale", &[]);
            view.faults.push(FaultLine { id: String::new(), label: String::new(), text });
            Ok(page(StatusCode::CONFLICT, visit.lang(), &view))
        }
        Err(error) => Err(error.into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_is_said_with_the_fields_of_its_language() {
        for (pointer, main, other) in [
            ("/names", true, false),
            ("/names/vi", true, false),
            ("/names/en", false, true),
            ("/equipment/en/3", false, true),
            ("/presentation/vi", false, false),
            ("/tax_code", true, false),
        ] {
            assert_eq!(belongs(pointer, ALL[0].fields, Lang::Vi, Lang::Vi), main, "{pointer}");
            assert_eq!(belongs(pointer, TEXTS.fields, Lang::En, Lang::Vi), other, "{pointer}");
        }
    }

    #[test]
    fn a_newly_chosen_commune_is_one_of_today() {
        let before = json!({"address": {"province": "83", "as_of": "2020-01-01"}});
        let (mut same, mut moved) = (before.clone(), json!({"address": {"province": "86", "as_of": "2020-01-01"}}));
        date_units(&before, &mut same);
        date_units(&before, &mut moved);
        assert_eq!((same, moved), (before, json!({"address": {"province": "86"}})));
    }
}
