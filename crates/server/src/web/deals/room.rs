//! The confidential room on the page of a deal: for whoever keeps a listing of it to whom in the deal its part is open, and who
//! looked; for the named person the agreement and the contents. For everybody else there is none.

use base::{DealId, Lang, messages};
use brokering::confidential::disclosures::DisclosureState;
use brokering::confidential::ledger::LookView;
use brokering::confidential::room::{self, Grants, Kept, RoomGrant};
use brokering::deals::DealView;

use super::super::confidential::state_words;
use super::super::disclosures::owner_of;
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
    /// The code of its listing, where the deal is about more than one.
    pub code: Option<String>,
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

/// A listing whose confidential part the reader keeps.
pub(in super::super) struct KeptLine {
    /// Its code, where the deal is about more than one.
    pub code: Option<String>,
    pub can_grant: bool,
    /// Where the part is written and opened to people.
    pub desk: String,
    /// The whole ledger.
    pub ledger: String,
}

/// Some disclosures.
pub(in super::super) struct Opened {
    pub lines: Vec<OpenedLine>,
    pub has_more: bool,
}

/// The room.
pub(in super::super) struct RoomBox {
    pub kept: Vec<KeptLine>,
    /// To whom these are open.
    pub given: Opened,
    /// What of the others is open to the reader.
    pub mine: Opened,
}

fn look(one: LookView, lang: Lang) -> LookLine {
    let what = one.file_name.unwrap_or_else(|| messages::say(lang, "ledger-text", &[]));
    LookLine { what, at: format::moment(lang, one.at) }
}

fn line(one: RoomGrant, is_kept: bool, has_several: bool, lang: Lang) -> OpenedLine {
    let RoomGrant { disclosure: view, looks, looks_total } = one;
    let (state, tone) = state_words(view.state, lang);
    let page = localised(lang, &format!("/disclosures/{}", view.id));
    let party = if is_kept { view.party_names.best(lang).unwrap_or_default().to_owned() } else { owner_of(&view, lang) };
    OpenedLine {
        code: has_several.then(|| view.listing_code.clone()),
        party,
        name: view.name,
        state,
        tone,
        until: format::day(lang, view.expires_on),
        accepted: view.accepted_at.map(|at| format::moment(lang, at)),
        revoked: view.revoked_at.map(|at| format::moment(lang, at)),
        is_waiting: view.state == DisclosureState::Granted,
        content: (!is_kept && view.state == DisclosureState::Accepted).then(|| format!("{page}/content")),
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
    let has_several = room.has_several;
    let opened = |grants: Grants, is_kept: bool| Opened {
        lines: grants.newest.into_iter().map(|one| line(one, is_kept, has_several, lang)).collect(),
        has_more: grants.has_more,
    };
    let kept = |one: Kept| {
        let desk = localised(lang, &format!("/my/listings/{}", one.listing));
        KeptLine {
            code: has_several.then_some(one.code),
            can_grant: one.can_grant,
            ledger: format!("{desk}/ledger"),
            desk: format!("{desk}/confidential"),
        }
    };
    Ok(Some(RoomBox { kept: room.kept.into_iter().map(kept).collect(), given: opened(room.given, true), mine: opened(room.mine, false) }))
}
