//! The confidential room on the page of a deal: for the owner to whom in the deal its part is open, and who looked; for the
//! named person the agreement and the contents. For everybody else there is none.

use base::{DealId, Lang, messages};
use brokering::confidential::disclosures::DisclosureState;
use brokering::confidential::ledger::LookView;
use brokering::confidential::room::{self, RoomGrant};
use brokering::deals::DealView;

use super::super::confidential::state_words;
use super::super::format::{self, Moment};
use super::super::frame::{Visit, localised};
use crate::app::App;
use crate::problem::Problem;

/// A look.
pub(in super::super) struct LookLine {
    pub what: String,
    pub at: Moment,
}

/// A disclosure.
pub(in super::super) struct OpenedLine {
    /// Who it is open to, for the owner; who opened it, for that person.
    pub name: String,
    pub party: String,
    pub state: String,
    pub tone: &'static str,
    pub until: String,
    pub accepted: Option<Moment>,
    pub revoked: Option<Moment>,
    pub is_waiting: bool,
    /// Its page with the agreement.
    pub agreement: String,
    /// The contents, where the reader may open them.
    pub content: Option<String>,
    pub looks: Vec<LookLine>,
    pub looks_total: u64,
}

/// The room.
pub(in super::super) struct RoomBox {
    pub is_owners: bool,
    pub can_grant: bool,
    pub lines: Vec<OpenedLine>,
    pub has_more: bool,
    /// Where the owner writes it and opens it to people.
    pub desk: String,
    /// The whole ledger.
    pub ledger: String,
}

fn look(one: LookView, lang: Lang) -> LookLine {
    let what = one.file_name.unwrap_or_else(|| messages::say(lang, "ledger-text", &[]));
    LookLine { what, at: format::moment(lang, one.at) }
}

fn line(one: RoomGrant, is_owners: bool, lang: Lang) -> OpenedLine {
    let RoomGrant { disclosure: view, looks, looks_total } = one;
    let (state, tone) = state_words(view.state, lang);
    let page = localised(lang, &format!("/disclosures/{}", view.id));
    let party = if is_owners { &view.party_names } else { &view.owner_names };
    OpenedLine {
        party: party.best(lang).unwrap_or_default().to_owned(),
        name: view.name,
        state,
        tone,
        until: format::day(lang, view.expires_on),
        accepted: view.accepted_at.map(|at| format::moment(lang, at)),
        revoked: view.revoked_at.map(|at| format::moment(lang, at)),
        is_waiting: view.state == DisclosureState::Granted,
        content: (!is_owners && view.state == DisclosureState::Accepted).then(|| format!("{page}/content")),
        agreement: page,
        looks: looks.into_iter().map(|one| look(one, lang)).collect(),
        looks_total,
    }
}

/// The room of a deal, for those it concerns.
pub(super) async fn of(app: &App, visit: &Visit, view: &DealView) -> Result<Option<RoomBox>, Problem> {
    if view.inside.is_none() {
        return Ok(None);
    }
    let lang = visit.lang();
    let id: DealId = view.id;
    let Some(room) = room::of_deal(&app.brokering, &visit.who.actor, id).await? else { return Ok(None) };
    let desk = localised(lang, &format!("/my/listings/{}", view.listing));
    let is_owners = room.is_owners;
    Ok(Some(RoomBox {
        is_owners,
        can_grant: room.can_grant,
        lines: room.opened.into_iter().map(|one| line(one, is_owners, lang)).collect(),
        has_more: room.has_more,
        ledger: format!("{desk}/ledger"),
        desk: format!("{desk}/confidential"),
    }))
}
