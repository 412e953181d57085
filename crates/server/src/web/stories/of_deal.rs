//! The story of a deal on its own page: as everybody will read it, who consents, and the buttons of whoever reads it; and
//! the lines about it on the page of the deal.

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use base::{DealId, Lang, Refused, messages};
use brokering::BrokeringError;
use brokering::stories::{self, DealStory, NewConsent, PartyConsent, StoryParty, StoryState, StoryStep, Withdrawal};

use super::super::faults::FaultLine;
use super::super::form::Form;
use super::super::format;
use super::super::frame::{Frame, Visit, go, localised, page, parameter};
use super::super::paging;
use super::{Told, told};
use crate::app::App;
use crate::extract::{Id, Writer};
use crate::problem::Problem;

/// A party with its word.
pub(in super::super) struct ConsentLine {
    pub party: String,
    pub id: String,
    pub about: String,
    pub is_given: bool,
    /// What is to be told of its consent.
    pub state: String,
    /// Whether the reader may give it, or take it back.
    pub is_mine: bool,
}

/// The story on the page of its deal.
pub(in super::super) struct StoryBox {
    pub href: String,
    pub state: String,
    pub consents: Vec<ConsentLine>,
    pub is_written: bool,
    pub can_write: bool,
}

#[derive(Template)]
#[template(path = "deal_story.html")]
pub(in super::super) struct DealStoryPage {
    pub f: Frame,
    pub deal: String,
    pub action: String,
    pub edit: String,
    pub state: String,
    pub is_written: bool,
    pub is_outdated: bool,
    pub public: Option<String>,
    pub told: Told,
    pub consents: Vec<ConsentLine>,
    pub hash: String,
    pub seen: i64,
    pub can_write: bool,
    pub can_publish: bool,
    pub can_unpublish: bool,
    pub has_english: bool,
    pub faults: Vec<FaultLine>,
    pub done: Option<String>,
}

fn say(lang: Lang, key: &str) -> String {
    messages::say(lang, key, &[])
}

fn consent(app: &App, party: &PartyConsent, is_written: bool, lang: Lang) -> ConsentLine {
    let at = |at| format::moment(lang, at).exact;
    let state = match (&party.consent, &party.ended) {
        (Some(given), _) => match &given.by {
            Some(by) => messages::say(lang, "story-consent-by", &[("name", by), ("day", &at(given.at))]),
            None => messages::say(lang, "story-consent-at", &[("day", &at(given.at))]),
        },
        (None, Some(ended)) => messages::say(lang, &format!("story-consent-{}", ended.how), &[("day", &at(ended.at))]),
        (None, None) => say(lang, "story-consent-none"),
    };
    ConsentLine {
        party: party.name.best(lang).unwrap_or(&party.slug).to_owned(),
        id: party.id.to_string(),
        about: app.vocabularies.name("deal_roles", party.role.as_str(), lang).to_owned(),
        is_given: party.consent.is_some(),
        state,
        is_mine: is_written && party.is_mine_to_give,
    }
}

fn consents(app: &App, view: &DealStory, lang: Lang) -> Vec<ConsentLine> {
    let is_written = view.state != StoryState::None;
    view.parties.iter().map(|party| consent(app, party, is_written, lang)).collect()
}

/// The story of a deal for its page; none while the deal has not come to its good end.
pub(in super::super) async fn on_deal(app: &App, visit: &Visit, id: DealId) -> Result<Option<StoryBox>, Problem> {
    let lang = visit.lang();
    match stories::show(&app.brokering, &visit.who.actor, id).await {
        Ok(view) => Ok(Some(StoryBox {
            href: localised(lang, &format!("/deals/{id}/story")),
            state: say(lang, &format!("story-state-{}", view.state)),
            consents: if view.state == StoryState::None { Vec::new() } else { consents(app, &view, lang) },
            is_written: view.state != StoryState::None,
            can_write: view.steps.contains(&StoryStep::Write),
        })),
        Err(BrokeringError::Refused(Refused::Hidden | Refused::Forbidden { .. })) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

async fn story_page(app: &App, visit: &Visit, id: DealId, status: StatusCode, faults: Vec<FaultLine>) -> Result<Response, Problem> {
    let lang = visit.lang();
    let view = stories::show(&app.brokering, &visit.who.actor, id).await?;
    let path = format!("/deals/{id}/story");
    let party = |p: &PartyConsent| StoryParty { id: p.id, slug: p.slug.clone(), name: p.name.clone(), role: p.role };
    let did = parameter(visit, "did");
    let known = ["saved", "voided", "consented", "withdrawn", "published", "unpublished"];
    let done = known.iter().find(|k| **k == did && faults.is_empty()).map(|k| say(lang, &format!("story-did-{k}")));
    let has = |step| view.steps.contains(&step);
    let shown = DealStoryPage {
        f: visit.frame(app, say(lang, "story-of-deal")).at(&path).unlisted().without_search().placed("my"),
        deal: localised(lang, &format!("/deals/{id}")),
        action: localised(lang, &path),
        edit: localised(lang, &format!("{path}/edit")),
        state: say(lang, &format!("story-state-{}", view.state)),
        is_written: view.state != StoryState::None,
        is_outdated: view.is_outdated,
        public: view.url.as_ref().map(|url| localised(lang, url)),
        told: told(app, &view.content, view.kind_name.clone(), view.parties.iter().map(party), &view.listings, lang),
        consents: consents(app, &view, lang),
        hash: view.hash.clone().unwrap_or_default(),
        seen: view.version,
        can_write: has(StoryStep::Write),
        can_publish: has(StoryStep::Publish),
        can_unpublish: has(StoryStep::Unpublish),
        has_english: view.content.title.get(Lang::En).is_some(),
        faults,
        done,
    };
    Ok(page(status, lang, &shown))
}

pub(in super::super) async fn show(State(app): State<App>, visit: Visit, Id(id): Id<DealId>) -> Result<Response, Problem> {
    story_page(&app, &visit, id, StatusCode::OK, Vec::new()).await
}

/// Does what one of the buttons asks for.
pub(in super::super) async fn change(
    State(app): State<App>,
    visit: Visit,
    Writer(ctx): Writer,
    Id(id): Id<DealId>,
    form: Form,
) -> Result<Response, Problem> {
    let (lang, b) = (visit.lang(), &app.brokering);
    let wrong = || Problem::malformed("bad-form");
    let party = || form.get("party").parse().map_err(|_| wrong());
    let seen = || form.get("_seen").parse().map_err(|_| wrong());
    let (done, did) = match form.get("_do") {
        "consent" => {
            let new = NewConsent { party: party()?, hash: form.get("hash").to_owned() };
            (stories::give(b, ctx, id, new).await, "consented")
        }
        "withdraw" => (stories::withdraw(b, ctx, id, Withdrawal { party: party()? }).await, "withdrawn"),
        "publish" => (stories::publish(b, ctx, id, seen()?).await, "published"),
        "unpublish" => (stories::unpublish(b, ctx, id, seen()?).await, "unpublished"),
        _ => return Err(wrong()),
    };
    let key = match done {
        // A moderator sees the story of somebody else's deal only as long as all consent, which still holds here.
        Ok(_) => return Ok(go(&paging::address(&localised(lang, &format!("/deals/{id}/story")), &[("did", did)]))),
        Err(BrokeringError::StoryChanged | BrokeringError::Stale { .. }) => "problem-story-changed",
        Err(BrokeringError::NotAllowed { .. }) => "story-not-now",
        Err(error) => return Err(error.into()),
    };
    let line = FaultLine { id: String::new(), label: String::new(), text: say(lang, key) };
    story_page(&app, &visit, id, StatusCode::CONFLICT, vec![line]).await
}
