//! The contact person of a listing, on its desk: one of the confirmed members of its party.
//!
//! A party of few people offers them in a list; of a large one the member's address is typed, for no page is to weigh what
//! the party has people. Who may set it is for `listings` to say.

use accounts::membership::{Status, of_party};
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use base::fold::sort_key;
use base::{AccountId, PartyId, messages};
use listings::ListingError;
use listings::care::{Care, set_care};

use super::desk;
use super::faults::FaultLine;
use super::fields::Opt;
use super::form::Form;
use super::frame::{Visit, go, localised};
use super::portion::weight;
use super::posting::Writing;
use crate::app::App;
use crate::extract::Writer;
use crate::problem::Problem;

/// The input.
const FIELD: &str = "contact";
/// Bytes of HTML that the members to choose from take at most.
const LIST_BYTES: usize = 8_000;

/// The form as the desk draws it.
pub(super) struct Contact {
    pub action: String,
    /// Who it is now.
    pub name: Option<String>,
    /// Whom one may choose; none where they are too many and an address is typed.
    pub options: Vec<Opt>,
    /// The address that was typed.
    pub typed: String,
    /// Whether it was sent and not kept.
    pub is_open: bool,
}

impl Contact {
    /// The form for whoever writes for the party; nothing for others.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn of(app: &App, visit: &Visit, writing: &Writing, sent: Option<&Form>) -> Result<Option<Self>, Problem> {
        let (Some(party), Some(inside)) = (writing.view.party.id, writing.view.inside.as_ref()) else { return Ok(None) };
        if !writing.is_editor {
            return Ok(None);
        }
        let sent = sent.filter(|form| form.find(FIELD).is_some());
        let now = inside.contact.map(|id| id.to_string()).unwrap_or_default();
        let chosen = sent.map_or(now.as_str(), |form| form.get(FIELD));
        let name = match inside.contact {
            Some(id) => accounts::people::names(app.accounts.store().db(), &[id]).await?.remove(&id),
            None => None,
        };
        let mut people = members(app, visit, party).await?;
        // Whoever it is stays to choose, though they may have left the party.
        if let (Some(id), Some(name)) = (inside.contact, &name)
            && !people.iter().any(|(member, _)| *member == id)
        {
            people.push((id, name.clone()));
        }
        let nobody = (String::new(), messages::say(visit.lang(), "desk-contact-nobody", &[]));
        let all = std::iter::once(nobody).chain(people.into_iter().map(|(id, name)| (id.to_string(), name)));
        let mut options: Vec<Opt> = all.map(|(value, label)| Opt { is_on: value == chosen, value, label, depth: 0 }).collect();
        if options.iter().map(|option| 80 + weight(&option.label)).sum::<usize>() > LIST_BYTES {
            options.clear();
        }
        let typed = sent.map(|form| form.get(FIELD).to_owned()).unwrap_or_default();
        let action = localised(visit.lang(), &format!("{}/contact", writing.desk()));
        Ok(Some(Self { action, name, options, typed, is_open: sent.is_some() }))
    }
}

/// The confirmed members, in the order of their names.
async fn members(app: &App, visit: &Visit, party: PartyId) -> Result<Vec<(AccountId, String)>, Problem> {
    let all = of_party(&app.accounts, &visit.who.actor, party).await?;
    let confirmed = all.into_iter().filter(|member| member.status == Status::Confirmed);
    let mut people: Vec<(AccountId, String)> =
        confirmed.filter_map(|member| Some((member.account?, member.name.unwrap_or(member.email)))).collect();
    people.sort_by_key(|(_, name)| sort_key(name));
    Ok(people)
}

/// Whom a text means: a member that was chosen, or the address of one; none where it says nothing.
async fn meant(app: &App, text: &str, party: PartyId) -> Result<Result<Option<AccountId>, &'static str>, Problem> {
    let text = text.trim();
    if text.is_empty() {
        return Ok(Ok(None));
    }
    if let Ok(id) = text.parse() {
        return Ok(Ok(Some(id)));
    }
    let found = accounts::lookup::member_by_email(app.accounts.store().db(), text, party).await?;
    Ok(found.map(Some).ok_or("not_a_member"))
}

/// Sets the contact person; who of the staff looks after the listing stays as it is.
pub(super) async fn set(
    State(app): State<App>,
    visit: Visit,
    Writer(ctx): Writer,
    Path(id): Path<String>,
    form: Form,
) -> Result<Response, Problem> {
    let writing = Writing::load(&app, &visit, &id).await?;
    let lang = visit.lang();
    let (Some(party), Some(inside)) = (writing.view.party.id, writing.view.inside.as_ref()) else { return Err(Problem::not_found()) };
    let at = |text: String| FaultLine { id: FIELD.to_owned(), label: messages::say(lang, "desk-contact", &[]), text };
    let contact = match meant(&app, form.get(FIELD), party).await? {
        Ok(contact) => contact,
        Err(code) => {
            let faults = vec![at(messages::fault(lang, code, &[]))];
            return desk::desk(&app, &visit, &writing, StatusCode::UNPROCESSABLE_ENTITY, Some(&form), faults).await;
        }
    };
    let care = Care { contact, responsible: inside.responsible, next_action_on: inside.next_action_on };
    let seen = form.get("_seen").parse().unwrap_or_default();
    match set_care(&app.listings, ctx, writing.view.id, seen, care).await {
        Ok(_) => Ok(go(&localised(lang, &writing.desk()))),
        Err(ListingError::Invalid(faults)) => {
            let faults = faults.iter().map(|fault| at(fault.say(lang))).collect();
            desk::desk(&app, &visit, &writing, StatusCode::UNPROCESSABLE_ENTITY, Some(&form), faults).await
        }
        Err(ListingError::Stale { .. }) => {
            let text = messages::say(lang, "desk-changed", &[]);
            let faults = vec![FaultLine { id: String::new(), label: String::new(), text }];
            desk::desk(&app, &visit, &writing, StatusCode::CONFLICT, Some(&form), faults).await
        }
        Err(error) => Err(error.into()),
    }
}
