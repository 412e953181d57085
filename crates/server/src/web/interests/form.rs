//! Showing interest: one page, one form. A broker says on it for which party.

use askama::Template;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use base::{Faults, Lang, PartyId, StaffRole, messages};
use brokering::BrokeringError;
use brokering::interests::{self, NewInterest};
use listings::Kind;
use listings::state::Status;
use listings::view::ListingView;
use serde_json::{Value, json};

use super::super::faults::{FaultLine, fault_lines};
use super::super::fields::{Context, Control, Field, FieldView, Input, Wrong, apply, views};
use super::super::finder::{self, Finder};
use super::super::form::Form;
use super::super::frame::{Frame, Visit, go, localised, page};
use super::super::posting::own_parties;
use crate::app::App;
use crate::extract::{Writer, shape};
use crate::problem::Problem;

macro_rules! fields {
    ($($first:expr),+ ; $($last:expr),*) => {
        [
            $($first,)+
            Field::needed("/message", "field-interest-message", Input::Passage(2_000, 6)),
            Field::new("/intended_use", "field-interest-use", Input::Passage(1_000, 3)),
            Field::new("/cooperation", "field-interest-cooperation", Input::Code("cooperation")),
            Field::new("/volume", "field-interest-volume", Input::Plain(200)),
            Field::new("/budget_band", "field-interest-budget", Input::Code("budget_bands")),
            Field::needed("/wants_nda", "field-interest-nda", Input::YesNo(false)),
            Field::needed("/anonymity", "field-interest-anonymity", Input::Code("anonymity")),
            $($last,)*
        ]
    };
}

/// Asked for by the template, since who may be chosen is found meanwhile.
const CALLER: Field = Field::needed("/party", "field-interest-caller", Input::Plain(300));
/// What a member is asked.
const MEMBER: [Field; 8] = fields![Field::needed("/party", "field-interest-party", Input::Party);];
/// What a broker is asked; the party is found by its name.
const BROKER: [Field; 9] = fields![
    CALLER;
    Field::new("/context", "field-interest-context", Input::Passage(1_000, 3))
];

#[derive(Template)]
#[template(path = "interest_form.html")]
struct FormPage {
    f: Frame,
    code: String,
    title: String,
    title_lang: Lang,
    listing: String,
    action: String,
    key: String,
    /// Whom a broker records it for.
    finder: Option<Finder>,
    fields: Vec<FieldView>,
    faults: Vec<FaultLine>,
    /// The interest that is open already.
    open: Option<String>,
    /// What keeps the reader from sending anything.
    barred: Option<&'static str>,
}

/// The page of one listing for one reader.
struct Sheet<'a> {
    app: &'a App,
    visit: &'a Visit,
    view: ListingView,
    parties: Vec<(PartyId, String)>,
    is_broker: bool,
}

impl<'a> Sheet<'a> {
    async fn of(app: &'a App, visit: &'a Visit, kind: Kind, slug: &str) -> Result<Self, Problem> {
        let actor = &visit.who.actor;
        let id = listings::view::find_slug(&app.listings, kind, slug).await?.ok_or_else(Problem::not_found)?;
        let view = listings::view::show(&app.listings, actor, kind, id).await?;
        if view.status != Status::Published {
            return Err(Problem::not_found());
        }
        let mut parties = own_parties(app, actor, visit.lang()).await?;
        parties.retain(|(party, _)| Some(*party) != view.party.id);
        Ok(Self { app, visit, view, parties, is_broker: actor.is_staff(StaffRole::Broker) })
    }

    fn fields(&self) -> &'static [Field] {
        if self.is_broker { &BROKER } else { &MEMBER }
    }

    fn context(&self) -> Context<'a> {
        Context { parties: self.parties.clone(), ..Context::plain(self.app, self.visit.lang()) }
    }

    /// What holds unless something else is said.
    fn usual(&self) -> Value {
        match self.parties.as_slice() {
            [(only, _)] if !self.is_broker => json!({"party": only, "anonymity": "named"}),
            _ => json!({"anonymity": "named"}),
        }
    }

    fn barred(&self) -> Option<&'static str> {
        let (actor, is_own) = (&self.visit.who.actor, self.view.party.id.is_some_and(|p| self.visit.who.actor.is_member(p)));
        match () {
            () if self.is_broker && !is_own => None,
            () if !self.parties.is_empty() => None,
            () if is_own => Some("interest-barred-own"),
            () if actor.memberships.is_empty() => Some("interest-barred-no-party"),
            () => Some("interest-barred-reader"),
        }
    }

    async fn page(
        &self,
        status: StatusCode,
        value: &Value,
        typed: Option<&Form>,
        faults: &Faults,
        open: Option<String>,
    ) -> Result<Response, Problem> {
        let lang = self.visit.lang();
        let path = format!("{}/interest", self.view.url);
        let wrong = Wrong::of(faults, self.fields(), lang);
        let finder = if self.is_broker { Some(self.finder(typed, localised(lang, &path), wrong.at(CALLER.at)).await?) } else { None };
        let asked: Vec<Field> = self.fields().iter().filter(|field| finder.is_none() || field.at != CALLER.at).copied().collect();
        let view = FormPage {
            f: self.visit.frame(self.app, messages::say(lang, "interest-form-title", &[])).at(&path).unlisted().without_search(),
            code: self.view.code.clone(),
            title: self.view.title.clone(),
            title_lang: self.view.typed.title().spoken(lang),
            listing: localised(lang, &self.view.url),
            action: localised(lang, &path),
            key: self.app.clock().uuid().to_string(),
            finder,
            fields: views(&asked, value, typed, &wrong, &self.context()),
            faults: fault_lines(&wrong, self.fields(), lang, lang),
            open,
            barred: self.barred(),
        };
        Ok(page(status, lang, &view))
    }

    async fn finder(&self, typed: Option<&Form>, action: String, fault: Option<String>) -> Result<Finder, Problem> {
        let nothing = Form::default();
        let looked = Finder::of_form(self.app, self.visit, (CALLER.at, CALLER.label), action, typed.unwrap_or(&nothing)).await?;
        Ok(Finder { fault, ..looked })
    }

    /// The party that a broker chose.
    async fn named(&self, form: &Form, value: &mut Value, faults: &mut Faults) -> Result<(), Problem> {
        let chosen = finder::chosen(self.app, form, CALLER.at).await?;
        if let Some(map) = value.as_object_mut() {
            map.remove("party");
            map.extend(chosen.ok().flatten().map(|id| ("party".to_owned(), json!(id))));
        }
        if !matches!(chosen, Ok(Some(_))) {
            faults.add(CALLER.at, chosen.err().unwrap_or("missing"));
        }
        Ok(())
    }
}

async fn show(app: &App, visit: &Visit, kind: Kind, slug: &str) -> Result<Response, Problem> {
    let sheet = Sheet::of(app, visit, kind, slug).await?;
    sheet.page(StatusCode::OK, &sheet.usual(), None, &Faults::new(), None).await
}

/// Sends it; the same form sent twice makes one.
async fn send(app: &App, visit: &Visit, mut ctx: store::Ctx, kind: Kind, slug: &str, form: Form) -> Result<Response, Problem> {
    ctx.idempotency = form.once("formInterest").or(ctx.idempotency);
    let sheet = Sheet::of(app, visit, kind, slug).await?;
    let mut value = sheet.usual();
    let sent = apply(sheet.fields(), &form, &sheet.context(), None, &mut value);
    let mut faults = sent.faults;
    let typed = value.clone();
    if sheet.is_broker && finder::looks(&form) {
        return sheet.page(StatusCode::OK, &typed, Some(&form), &Faults::new(), None).await;
    }
    if sheet.is_broker {
        sheet.named(&form, &mut value, &mut faults).await?;
    }
    let (new, found) = shape::<NewInterest>().read::<NewInterest>(value);
    // What was said to be no party need not be said to be missing too.
    let is_said = !faults.is_empty();
    faults.extend(found.apart(|f| is_said && f.pointer == "/party").1);
    let typed = (&typed, Some(&form));
    let refused = StatusCode::UNPROCESSABLE_ENTITY;
    let (Some(new), true) = (new, faults.is_empty()) else {
        return sheet.page(refused, typed.0, typed.1, &faults, None).await;
    };
    match interests::send(&app.brokering, ctx, kind, sheet.view.id, new).await {
        Ok(receipt) => Ok(go(&localised(visit.lang(), &format!("{}?did=sent", receipt.url)))),
        Err(BrokeringError::Invalid(faults)) => sheet.page(refused, typed.0, typed.1, &faults, None).await,
        Err(BrokeringError::Open { interest }) => {
            let open = Some(localised(visit.lang(), &interests::url(interest)));
            sheet.page(StatusCode::CONFLICT, typed.0, typed.1, &Faults::new(), open).await
        }
        Err(error) => Err(error.into()),
    }
}

/// The page and the form of a kind.
macro_rules! of_kind {
    ($get:ident, $post:ident, $kind:expr) => {
        pub(in super::super) async fn $get(State(app): State<App>, visit: Visit, Path(slug): Path<String>) -> Result<Response, Problem> {
            show(&app, &visit, $kind, &slug).await
        }

        pub(in super::super) async fn $post(
            State(app): State<App>,
            visit: Visit,
            Writer(ctx): Writer,
            Path(slug): Path<String>,
            form: Form,
        ) -> Result<Response, Problem> {
            send(&app, &visit, ctx, $kind, &slug, form).await
        }
    };
}

of_kind!(technology, send_technology, Kind::Technology);
of_kind!(ip_asset, send_ip_asset, Kind::IpAsset);
of_kind!(need, send_need, Kind::Need);

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use base::Lang;
    use utoipa::PartialSchema;

    use super::*;

    #[test]
    fn everything_an_interest_says_is_asked_for_once_and_has_its_words() {
        let schema = serde_json::to_value(NewInterest::schema()).unwrap();
        let wanted: BTreeSet<String> = schema["properties"].as_object().unwrap().keys().map(|name| format!("/{name}")).collect();
        let asked: Vec<String> = BROKER.iter().map(|f| f.at.to_owned()).collect();
        assert_eq!(asked.iter().cloned().collect::<BTreeSet<_>>(), wanted);
        assert_eq!(asked.len(), wanted.len());
        assert!(MEMBER.iter().all(|f| wanted.contains(f.at) && f.at != "/context"));
        for lang in Lang::ALL {
            assert!(BROKER.iter().chain(&MEMBER).all(|f| messages::has(lang, f.label)));
        }
    }
}
