//! One's own expert profile: one form, in the page's language first and in the other below, and beneath it the consent by
//! which it becomes public and the button that takes it back.
//!
//! What was typed is never lost: faults and a newer version from another window show the form again as it was sent. The
//! rules are those of `accounts::experts`; here are only the pages.

use accounts::experts::{self, ExpertStatus};
use accounts::{Error as AccountError, ExpertProfile, OwnExpert};
use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use base::{Faults, Lang, PartyId, messages};
use serde_json::Value;

use super::super::faults::{FaultLine, fault_lines};
use super::super::fields::{Context, Control, Wrong, apply, views};
use super::super::form::Form;
use super::super::format;
use super::super::frame::{Frame, Visit, go, localised, page, parameter};
use super::super::profile::Section;
use super::super::profile::fields::Part;
use super::fields::{ALL, TEXTS};
use crate::app::App;
use crate::extract::{Writer, shape};
use crate::problem::Problem;

const PATH: &str = "/my/expert";

#[derive(Template)]
#[template(path = "my_expert.html")]
pub(in super::super) struct MyExpertPage {
    f: Frame,
    seen: i64,
    sections: Vec<Section>,
    faults: Vec<FaultLine>,
    done: Option<String>,
    /// What the state means, in a sentence.
    state: String,
    is_public: bool,
    /// The page as others see it, once there is a profile.
    page: Option<String>,
    /// What is still missing, by name; nothing can be published before.
    missing: Vec<String>,
    consent_version: String,
    consent_text: String,
    /// When it was consented to last.
    consented: Option<String>,
}

/// What a form says, over what is kept.
struct Typed {
    form: Form,
    value: Value,
    profile: Option<ExpertProfile>,
    faults: Faults,
}

/// Everything that makes the page, apart from what the profile says.
struct Sheet<'a> {
    app: &'a App,
    visit: &'a Visit,
    own: OwnExpert,
    parties: Vec<(PartyId, String)>,
}

impl<'a> Sheet<'a> {
    async fn of(app: &'a App, visit: &'a Visit) -> Result<Self, Problem> {
        let (actor, lang) = (&visit.who.actor, visit.lang());
        let own = experts::mine(&app.accounts, actor).await?;
        let memberships = accounts::membership::mine(&app.accounts, actor).await?;
        let confirmed = memberships.into_iter().filter(|m| actor.is_member(m.party));
        let parties = confirmed.map(|m| (m.party, m.party_names.best(lang).unwrap_or_default().to_owned())).collect();
        Ok(Self { app, visit, own, parties })
    }

    /// What is asked in which language, in the order of the page; the second time what is there to translate.
    fn parts(&self) -> Vec<(Part, Lang)> {
        let lang = self.visit.lang();
        ALL.iter().map(|part| (*part, lang)).chain([(TEXTS, lang.other())]).collect()
    }

    fn context(&self, written_in: Lang) -> Context<'a> {
        let lang = self.visit.lang();
        let translated_from = (written_in != lang).then_some(lang);
        Context { written_in, translated_from, parties: self.parties.clone(), ..Context::plain(self.app, lang) }
    }

    fn kept(&self) -> Result<Value, Problem> {
        serde_json::to_value(&self.own.profile).map_err(|e| Problem::internal(&e))
    }

    fn read(&self, form: Form) -> Result<Typed, Problem> {
        let mut value = self.kept()?;
        let mut faults = Faults::new();
        let drop = form.get("_do").strip_prefix("drop:").map(str::to_owned);
        let mut form = form;
        for (n, (part, written_in)) in self.parts().into_iter().enumerate() {
            // Rows that fell out are gone by the second time.
            let drop = drop.as_deref().filter(|_| n < ALL.len());
            let sent = apply(part.fields, &form, &self.context(written_in), drop, &mut value);
            faults.extend(sent.faults);
            form = sent.form;
        }
        let (profile, found) = shape::<ExpertProfile>().read::<ExpertProfile>(value.clone());
        faults.extend(found);
        Ok(Typed { form, value, profile: profile.filter(|_| faults.is_empty()), faults })
    }

    fn page(&self, value: &Value, typed: Option<&Form>, faults: &Faults) -> MyExpertPage {
        let (lang, own) = (self.visit.lang(), &self.own);
        let (mut sections, mut lines) = (Vec::new(), Vec::new());
        let mut rest = faults.clone();
        let parts = self.parts();
        // From the last, whose faults name their language, to the first.
        for (n, (part, written_in)) in parts.iter().enumerate().rev() {
            let (mut mine, others) = rest.apart(|fault| belongs(&fault.pointer, part, *written_in, lang));
            // What belongs to no field is said with the first.
            rest = if n == 0 {
                mine.extend(others);
                Faults::new()
            } else {
                others
            };
            let wrong = Wrong::of(&mine, part.fields, lang);
            lines.splice(0..0, fault_lines(&wrong, part.fields, lang, *written_in));
            let fields = views(part.fields, value, typed, &wrong, &self.context(*written_in));
            if !fields.is_empty() {
                sections.insert(0, Section { key: part.key, about: messages::say(lang, &format!("{}-about", part.key), &[]), fields });
            }
        }
        let is_public = own.status == ExpertStatus::Published;
        let moment = |at| format::moment(lang, at).exact;
        MyExpertPage {
            f: self.visit.frame(self.app, messages::say(lang, "expert-own-title", &[])).at(PATH).unlisted().without_search(),
            seen: own.version,
            sections,
            faults: lines,
            done: None,
            state: messages::say(lang, &format!("expert-state-{}", own.status), &[]),
            is_public,
            page: own.slug.as_ref().map(|slug| localised(lang, &format!("/experts/{slug}"))),
            missing: missing(&own.missing, lang),
            consent_version: own.consent_text.version.clone(),
            consent_text: own.consent_text.text.clone(),
            consented: own.consent.as_ref().filter(|_| is_public).map(|c| moment(c.at)),
        }
    }

    fn answer(&self, status: StatusCode, typed: &Typed, faults: &Faults) -> Response {
        page(status, self.visit.lang(), &self.page(&typed.value, Some(&typed.form), faults))
    }
}

/// The names of what is missing, each once.
fn missing(pointers: &[String], lang: Lang) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for pointer in pointers {
        let key = match pointer.rsplit('/').next().unwrap_or_default() {
            "name" => "field-expert-name",
            "what" => "field-expert-what",
            "evidence" => "field-expert-evidence",
            "field" => "fact-field",
            _ => "field-expert-expertise",
        };
        let name = messages::say(lang, key, &[]);
        if !names.contains(&name) {
            names.push(name);
        }
    }
    names
}

/// Whether a fault lies in one of these fields; one that names a language, in the fields of that language.
fn belongs(pointer: &str, part: &Part, written_in: Lang, lang: Lang) -> bool {
    let within = |at: &str| pointer == at || pointer.strip_prefix(at).is_some_and(|rest| rest.starts_with('/'));
    let named = Lang::ALL.into_iter().find(|l| pointer.ends_with(&format!("/{l}"))).unwrap_or(lang);
    part.fields.iter().any(|field| within(field.at)) && named == written_in
}

pub(in super::super) async fn show(State(app): State<App>, visit: Visit) -> Result<Response, Problem> {
    let sheet = Sheet::of(&app, &visit).await?;
    let mut view = sheet.page(&sheet.kept()?, None, &Faults::new());
    let did = parameter(&visit, "did");
    if ["save", "publish", "withdraw"].contains(&did.as_str()) {
        view.done = Some(messages::say(visit.lang(), &format!("expert-did-{did}"), &[]));
    }
    Ok(page(StatusCode::OK, visit.lang(), &view))
}

/// Keeps what the form says, if no other window was faster.
pub(in super::super) async fn save(State(app): State<App>, visit: Visit, Writer(ctx): Writer, form: Form) -> Result<Response, Problem> {
    let sheet = Sheet::of(&app, &visit).await?;
    let seen = form.get("_seen").parse().unwrap_or_default();
    let typed = sheet.read(form)?;
    let Some(profile) = typed.profile.clone() else {
        return Ok(sheet.answer(StatusCode::UNPROCESSABLE_ENTITY, &typed, &typed.faults));
    };
    match experts::save(&app.accounts, ctx, seen, profile).await {
        Ok(_) => Ok(go(&localised(visit.lang(), &format!("{PATH}?did=save")))),
        Err(AccountError::Invalid(faults)) => Ok(sheet.answer(StatusCode::UNPROCESSABLE_ENTITY, &typed, &faults)),
        // The page has the newest version now and what was typed; sending it again is a decision.
        Err(AccountError::Stale { .. }) => {
            let mut view = sheet.page(&typed.value, Some(&typed.form), &Faults::new());
            view.faults.push(whole(visit.lang(), "expert-stale"));
            Ok(page(StatusCode::CONFLICT, visit.lang(), &view))
        }
        Err(error) => Err(error.into()),
    }
}

fn whole(lang: Lang, key: &str) -> FaultLine {
    FaultLine { id: String::new(), label: String::new(), text: messages::say(lang, key, &[]) }
}

/// Publishes with consent, or takes the consent back.
pub(in super::super) async fn publication(
    State(app): State<App>,
    visit: Visit,
    Writer(ctx): Writer,
    form: Form,
) -> Result<Response, Problem> {
    let sheet = Sheet::of(&app, &visit).await?;
    let lang = visit.lang();
    if form.get("_do") == "withdraw" {
        experts::withdraw(&app.accounts, ctx).await?;
        return Ok(go(&localised(lang, &format!("{PATH}?did=withdraw"))));
    }
    let refused = |status: StatusCode, line: FaultLine| -> Result<Response, Problem> {
        let mut view = sheet.page(&sheet.kept()?, None, &Faults::new());
        view.faults.push(line);
        Ok(page(status, lang, &view))
    };
    if form.get("agree") != "yes" {
        let mut line = whole(lang, "expert-agree-first");
        line.id = "agree".to_owned();
        return refused(StatusCode::UNPROCESSABLE_ENTITY, line);
    }
    let seen = form.get("_seen").parse().unwrap_or_default();
    match experts::publish(&app.accounts, ctx, seen, form.get("consent")).await {
        Ok(_) => Ok(go(&localised(lang, &format!("{PATH}?did=publish")))),
        Err(AccountError::Invalid(faults)) => Ok(page(StatusCode::UNPROCESSABLE_ENTITY, lang, &sheet.page(&sheet.kept()?, None, &faults))),
        Err(AccountError::Stale { .. }) => refused(StatusCode::CONFLICT, whole(lang, "expert-stale-publish")),
        Err(error) => Err(error.into()),
    }
}
