//! One need of the desk: taken in hand, given to a colleague or put off to another day, and from here back to the same part
//! of the list.
//!
//! Who may is for `listings` to say; whoever keeps the desk and may not reads how it stands.

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use base::{Faults, Lang, ListingId, messages};
use listings::ListingError;
use listings::care::{Care, set_care};
use listings::need_desk::recording::keepers;
use listings::need_desk::{OneNeed, one};
use listings::state::Status;
use serde_json::json;

use super::super::faults::{FaultLine, fault_lines};
use super::super::fields::{Context, Control, Field, FieldView, Input, Opt, Wrong, apply, views};
use super::super::form::Form;
use super::super::format;
use super::super::frame::{Frame, Visit, go, localised, page};
use super::needs;
use crate::app::App;
use crate::extract::{Id, Writer, shape};
use crate::problem::Problem;

const RESPONSIBLE: Field = Field::new("/responsible", "needs-responsible", Input::Plain(64));
const NEXT: Field = Field::new("/next_action_on", "needs-next", Input::Day);
/// In the order of the page.
const FIELDS: [Field; 2] = [RESPONSIBLE, NEXT];

/// Where a need of the desk is taken in hand.
pub(super) fn path(id: ListingId) -> String {
    format!("{}/{id}", needs::PATH)
}

#[derive(Template)]
#[template(path = "staff_need.html")]
pub(in super::super) struct NeedPage {
    pub f: Frame,
    /// The part of the list that the reader came from.
    pub list: String,
    pub title_lang: Lang,
    pub code: String,
    pub party: String,
    pub status_label: String,
    pub href: String,
    pub matches: Option<String>,
    pub action: String,
    pub seen: i64,
    /// Whether the reader may change it.
    pub may_set: bool,
    /// Whether the reader may look after it and does not yet.
    pub may_take: bool,
    pub responsible: Option<String>,
    pub next: Option<String>,
    pub keepers: Vec<Opt>,
    pub keeper_fault: Option<String>,
    pub due: Vec<FieldView>,
    pub faults: Vec<FaultLine>,
}

/// What was sent and could not be kept.
struct Refused<'a> {
    status: StatusCode,
    form: &'a Form,
    faults: Faults,
}

async fn answer(app: &App, visit: &Visit, id: ListingId, refused: Option<Refused<'_>>) -> Result<Response, Problem> {
    let (lang, actor) = (visit.lang(), &visit.who.actor);
    let OneNeed { need, care, version, may_set } = one(&app.listings, actor, id).await?;
    let keepers = keepers(&app.listings, actor).await?;
    let db = app.accounts.store().db();
    let mut people = accounts::people::names(db, care.responsible.as_slice()).await?;
    let responsible = care.responsible.and_then(|id| people.remove(&id));
    let parties = accounts::parties::load_many(db, &[need.party]).await?;
    let may_take = may_set && care.responsible != actor.account() && keepers.iter().any(|(id, _)| Some(*id) == actor.account());

    let (status, form) = refused.as_ref().map_or((StatusCode::OK, None), |refused| (refused.status, Some(refused.form)));
    let nothing = Faults::new();
    let found = refused.as_ref().map_or(&nothing, |refused| &refused.faults);
    let wrong = Wrong::of(found, &FIELDS, lang);
    let mut faults = fault_lines(&wrong, &FIELDS, lang, lang);
    if status == StatusCode::CONFLICT {
        faults.push(FaultLine { id: String::new(), label: String::new(), text: messages::say(lang, "own-stale", &[]) });
    }
    let now = care.responsible.map(|id| id.to_string()).unwrap_or_default();
    let chosen = form.map_or(now.as_str(), |form| form.get(RESPONSIBLE.at));
    // Whoever has it stays among those to choose, though they may no longer be given anything.
    let gone = care.responsible.filter(|id| !keepers.iter().any(|(keeper, _)| keeper == id)).zip(responsible.clone());
    let nobody = (String::new(), messages::say(lang, "needs-nobody", &[]));
    let all = std::iter::once(nobody).chain(gone.into_iter().chain(keepers).map(|(id, name)| (id.to_string(), name)));
    let keepers = all.map(|(value, label)| Opt { is_on: value == chosen, value, label, depth: 0 }).collect();
    let is_out = need.status == Status::Published;
    let due = views(&[NEXT], &json!(care), form, &wrong, &Context::plain(app, visit.lang()));
    Ok(page(
        status,
        lang,
        &NeedPage {
            f: visit.frame(app, need.title.as_str()).at(&path(id)).unlisted().without_search().placed("staff"),
            list: needs::within(visit, needs::PATH, &[]),
            title_lang: need.title_lang,
            code: need.code,
            party: parties.first().map(|party| party.names.best(lang).unwrap_or(&party.slug).to_owned()).unwrap_or_default(),
            status_label: app.vocabularies.name("listing_status", need.status.as_str(), lang).to_owned(),
            href: localised(lang, &need.url),
            matches: is_out.then(|| localised(lang, &format!("{}/matches", need.url))),
            action: needs::within(visit, &path(id), &[]),
            seen: version,
            may_set,
            may_take,
            responsible,
            next: care.next_action_on.map(|day| format::day(lang, day)),
            keepers,
            keeper_fault: wrong.at(RESPONSIBLE.at),
            due,
            faults,
        },
    ))
}

pub(in super::super) async fn show(State(app): State<App>, visit: Visit, Id(id): Id<ListingId>) -> Result<Response, Problem> {
    answer(&app, &visit, id, None).await
}

/// Sets who looks after it and the next day, or takes it in hand; then back to the list.
pub(in super::super) async fn send(
    State(app): State<App>,
    visit: Visit,
    Writer(ctx): Writer,
    Id(id): Id<ListingId>,
    form: Form,
) -> Result<Response, Problem> {
    let there = one(&app.listings, &visit.who.actor, id).await?;
    let mut value = json!({});
    let mut faults = apply(&FIELDS, &form, &Context::plain(&app, visit.lang()), None, &mut value).faults;
    let (care, found) = shape::<Care>().read::<Care>(value);
    faults.extend(found);
    let unread = |faults| Refused { status: StatusCode::UNPROCESSABLE_ENTITY, form: &form, faults };
    let Some(care) = care.filter(|_| faults.is_empty()) else {
        return answer(&app, &visit, id, Some(unread(faults))).await;
    };
    // Whoever takes it in hand is the one who asks; whom its party named to be asked is no business of this page.
    let taker = visit.who.actor.account().filter(|_| form.get("_do") == "take");
    let care = Care { contact: there.care.contact, responsible: taker.or(care.responsible), ..care };
    let seen = form.get("_seen").parse().unwrap_or_default();
    match set_care(&app.listings, ctx, id, seen, care).await {
        Ok(_) => Ok(go(&needs::within(&visit, needs::PATH, &[("did", "care")]))),
        Err(ListingError::Invalid(faults)) => answer(&app, &visit, id, Some(unread(faults))).await,
        Err(ListingError::Stale { .. }) => {
            let stale = Refused { status: StatusCode::CONFLICT, form: &form, faults: Faults::new() };
            answer(&app, &visit, id, Some(stale)).await
        }
        Err(error) => Err(error.into()),
    }
}

#[cfg(test)]
mod tests {
    use base::{Lang, messages};

    use super::FIELDS;

    #[test]
    fn every_field_has_its_words_in_both_languages() {
        for lang in Lang::ALL {
            for field in FIELDS {
                assert!(messages::has(lang, field.label), "{}", field.label);
            }
        }
    }
}
