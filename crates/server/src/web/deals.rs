//! The page of one deal: where it stands and whose move is next, what is offered, agreed, done and said; and the small
//! forms that stand on it (moving it, writing, a tick). What takes more to fill in has a page of its own (`parts`).
//!
//! The rules are those of `brokering::deals`; nothing is decided here.

pub(super) mod agreement;
mod asked;
mod change;
pub(super) mod documents;
mod inside;
pub(super) mod mine;
mod objects;
pub(super) mod parts;
pub(super) mod readers;
pub(super) mod records;
mod room;
mod whole;

use std::collections::BTreeSet;

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use base::{AccountId, Cursor, DealId, Lang, messages};
use brokering::deals::{self, DealView};
use brokering::{BrokeringError, interests};
use serde_json::Value;
use store::events::Filter;

pub(super) use self::change::{change, refused};
use self::documents::{DocumentLine, Openings};
use self::objects::ObjectLine;
use self::room::RoomBox;
use super::faults::FaultLine;
use super::fields::{Context, Field, Opt, told};
use super::form::Form;
use super::format::{self, Moment};
use super::frame::{Frame, Visit, localised, page, parameter};
use super::stories::of_deal::{StoryBox, on_deal};
use crate::app::App;
use crate::extract::Id;
use crate::problem::Problem;

/// Messages on a page, fewer where they are long.
const SHOWN: u16 = 20;
/// Events of the timeline on a page.
const EVENTS: u64 = 30;

/// A stage in the bar.
pub(super) struct StageStep {
    pub name: String,
    pub is_now: bool,
    pub is_done: bool,
    pub is_skipped: bool,
}

/// A way on, with what it still needs.
pub(super) struct WayOption {
    pub to: String,
    pub name: String,
    pub missing: Vec<String>,
}

/// A name with what it is.
pub(super) struct Person {
    pub name: String,
    pub href: Option<String>,
    pub about: String,
    pub statement: Option<String>,
}

/// A line of something that has a day and perhaps a button.
pub(super) struct Thing {
    pub title: String,
    pub about: String,
    pub day: String,
    pub is_due: bool,
    pub is_done: bool,
    /// What can be done with it at once.
    pub button: Option<Button>,
    /// Whether it was taken back, and stands no more.
    pub is_taken_back: bool,
    /// What takes it back.
    pub take_back: Option<Button>,
}

/// A button beside a line.
pub(super) struct Button {
    pub does: &'static str,
    /// On what.
    pub which: String,
    pub text: String,
    /// The day that is noted with it, where one is.
    pub day: Option<String>,
}

/// One offer as a column of the table.
pub(super) struct OfferColumn {
    pub title: String,
    pub about: String,
    pub id: String,
    pub can_accept: bool,
    pub can_withdraw: bool,
}

/// One term, in every offer shown.
pub(super) struct TermRow {
    pub label: String,
    /// What each offer says, and whether that differs from the offer before it.
    pub cells: Vec<(String, bool)>,
}

/// What a rule says.
pub(super) struct AdviceLine {
    pub text: String,
    pub article: String,
    pub day: Option<String>,
    /// It is demanded and not there.
    pub is_missing: bool,
    /// It is usual and not there.
    pub is_unsaid: bool,
    pub is_there: bool,
    pub to_check: bool,
}

/// A message of the thread.
pub(super) struct MessageLine {
    pub author: String,
    pub voice: String,
    pub text: String,
    pub at: Moment,
}

/// Something that happened.
pub(super) struct EventLine {
    pub text: String,
    pub by: String,
    pub at: Moment,
}

/// A heading with what stands under it, and where it is written.
pub(super) struct Facts {
    pub lines: Vec<(String, String)>,
    pub href: Option<String>,
    /// What the way there is called.
    pub label: String,
}

impl Facts {
    fn none() -> Self {
        Self { lines: Vec::new(), href: None, label: String::new() }
    }
}

#[derive(Template)]
#[template(path = "deal.html")]
pub(super) struct DealPage {
    pub f: Frame,
    pub code: String,
    pub kind: String,
    pub title: String,
    pub title_lang: Lang,
    pub stage: String,
    /// The page of the listing it came from, where that is not transferred itself.
    pub listing: Option<String>,
    pub is_from_need: bool,
    /// The page of the interest it came from, for whoever may read that.
    pub interest: Option<String>,
    /// What is transferred.
    pub objects: Vec<ObjectLine>,
    /// Whether the reader says what that is.
    pub sets_objects: bool,
    pub stages: Vec<StageStep>,
    pub next: Option<String>,
    pub next_by: String,
    pub due: Option<String>,
    pub is_overdue: bool,
    pub lost: Option<String>,
    pub action: String,
    pub seen: i64,
    pub ways: Vec<WayOption>,
    pub asks_reason: bool,
    pub reasons: Vec<Opt>,
    pub moving: String,
    pub parties: Vec<Person>,
    pub brokers: Vec<Person>,
    pub is_inside: bool,
    /// Whether it goes on.
    pub is_open: bool,
    pub can_write: bool,
    /// Whether the reader brokers it.
    pub is_broker: bool,
    /// Whether the reader manages deals without being in them.
    pub manages: bool,
    pub edit: String,
    /// Where every version of what was recorded stands.
    pub records: String,
    pub tasks: Vec<Thing>,
    pub meetings: Vec<Thing>,
    pub papers: Vec<Thing>,
    pub milestones: Vec<Thing>,
    pub payments: Vec<Thing>,
    pub reports: Vec<Thing>,
    /// The last day that something can have happened on.
    pub today: String,
    pub offers: Vec<OfferColumn>,
    pub terms: Vec<TermRow>,
    pub contract: Facts,
    pub legal: Facts,
    pub registration: String,
    pub advice: Vec<AdviceLine>,
    /// What the contract must say.
    pub contents: Vec<AdviceLine>,
    /// What a contract usually says.
    pub usual: Vec<AdviceLine>,
    pub caveats: Vec<String>,
    /// Where what is said of each law was read.
    pub sources: Vec<String>,
    pub disclaimer: String,
    pub outcome: Facts,
    pub messages: Vec<MessageLine>,
    pub message_count: u64,
    pub next_messages: Option<String>,
    pub first_messages: Option<String>,
    pub typed: String,
    pub key: String,
    pub timeline: Vec<EventLine>,
    pub older_steps: Option<String>,
    pub newest_steps: Option<String>,
    pub faults: Vec<FaultLine>,
    pub done: Option<String>,
    pub documents: Vec<DocumentLine>,
    /// Who opened what the reader's side handed in, once somebody did.
    pub openings: Option<Openings>,
    pub document_action: String,
    pub remove_action: String,
    pub document_hint: String,
    pub accept: String,
    pub papers_to_choose: Vec<Opt>,
    /// Its story, once it came to its good end.
    pub story: Option<StoryBox>,
    /// What of the listing's confidential part concerns the reader in this deal.
    pub room: Option<RoomBox>,
    /// The names of what stands here with its beginning alone.
    pub more: BTreeSet<&'static str>,
}

/// What was sent and could not be done.
pub(super) struct Refusal<'a> {
    pub status: StatusCode,
    pub faults: Vec<FaultLine>,
    pub form: Option<&'a Form>,
}

impl Refusal<'_> {
    fn none() -> Self {
        Self { status: StatusCode::OK, faults: Vec::new(), form: None }
    }
}

fn say(lang: Lang, key: &str) -> String {
    messages::say(lang, key, &[])
}

/// Content in the words of its fields, label by label.
fn lines(fields: &[Field], content: &impl serde::Serialize, cx: &Context<'_>) -> Result<Vec<(String, String)>, Problem> {
    let json = serde_json::to_value(content).map_err(|e| Problem::internal(&e))?;
    Ok(told(fields, &json, cx).into_iter().map(|t| (t.label, t.text)).collect())
}

pub(super) async fn show(State(app): State<App>, visit: Visit, Id(id): Id<DealId>) -> Result<Response, Problem> {
    deal_page(&app, &visit, id, Refusal::none()).await
}

/// The page of a deal, with what was typed where that could not be kept.
async fn deal_page(app: &App, visit: &Visit, id: DealId, refusal: Refusal<'_>) -> Result<Response, Problem> {
    let lang = visit.lang();
    let actor = &visit.who.actor;
    let view = deals::show(&app.brokering, actor, id).await?;
    let path = format!("/deals/{id}");
    // Whoever asks for one of its lists whole gets nothing of the rest.
    let asked = whole::asked(visit, &view)?;
    let is_all = asked.is_none();
    let cursor = parameter(visit, "cursor");
    let cursor = Some(cursor.as_str()).filter(|c| !c.is_empty());
    let is_told = is_all && view.inside.is_some();
    let thread = if is_told { Some(whole::thread(app, actor, id, cursor).await?) } else { None };
    let steps = parameter(visit, "steps");
    let (events, older) = if is_told { events_of(app, id, &steps).await? } else { (Vec::new(), None) };
    let mut people: Vec<AccountId> = thread.iter().flat_map(|t| &t.items).map(|m| m.author).collect();
    people.extend(events.iter().filter_map(|e| e.actor_id.map(AccountId)));
    let names = accounts::people::names(app.accounts.store().db(), &people).await?;
    let name = |id: Option<AccountId>| id.and_then(|id| names.get(&id).cloned()).unwrap_or_else(|| say(lang, "by-the-space"));
    let here = localised(lang, &path);
    let form = refusal.form;
    let typed = |field: &str| form.map_or_else(String::new, |f| f.get(field).to_owned());
    // Whoever leafs in the thread stays where they are in the timeline, and the other way round.
    let part = |cursor: &str, steps: &str| super::paging::address(&here, &[("cursor", cursor), ("steps", steps)]);
    let at = cursor.unwrap_or_default();
    let did = parameter(visit, "did");
    let known = ["moved", "sent", "saved", "done", "document", "removed", "taken-back"];
    let mut filled = DealPage {
        f: visit.frame(app, format!("{} – {}", view.code, view.title)).at(&path).unlisted().without_search().placed("my"),
        listing: if is_all { listing_of(app, visit, &view).await? } else { None },
        is_from_need: view.listing_kind == listings::Kind::Need,
        interest: if is_all { interest_of(app, visit, &view).await? } else { None },
        objects: objects::lines(&view, lang),
        sets_objects: view.is_open && objects::sets(&view),
        stages: stages(&view),
        next: view.next.as_ref().map(|key| say(lang, &format!("deal-next-{}", key.replace('_', "-")))),
        next_by: say(lang, &format!("deal-by-{}", view.next_by)),
        due: view.due_on.map(|day| format::day(lang, day)),
        is_overdue: view.is_overdue,
        lost: view.lost_reason.as_ref().map(|code| app.vocabularies.name("lost_reasons", code.as_str(), lang).to_owned()),
        action: here.clone(),
        seen: view.version,
        ways: ways(&view),
        asks_reason: view.ways.iter().any(|w| w.needs_reason),
        reasons: reasons(app, lang, &typed("reason")),
        moving: typed("to"),
        parties: parties(app, &view, lang),
        brokers: brokers(&view, lang),
        is_inside: view.inside.is_some(),
        is_open: view.is_open,
        can_write: writes(&view),
        is_broker: view.is_brokered,
        manages: brokering::manages_deals(&visit.who.actor),
        edit: format!("{here}/edit"),
        records: format!("{here}/records"),
        messages: Vec::new(),
        message_count: 0,
        next_messages: None,
        first_messages: cursor.map(|_| part("", &steps)),
        typed: typed("text"),
        key: app.clock().uuid().simple().to_string(),
        timeline: Vec::new(),
        older_steps: None,
        newest_steps: None,
        faults: refusal.faults,
        done: known.iter().find(|k| **k == did).map(|k| say(lang, &format!("deal-did-{k}"))),
        tasks: Vec::new(),
        meetings: Vec::new(),
        papers: Vec::new(),
        milestones: Vec::new(),
        payments: Vec::new(),
        reports: Vec::new(),
        today: String::new(),
        offers: Vec::new(),
        terms: Vec::new(),
        contract: Facts::none(),
        legal: Facts::none(),
        registration: String::new(),
        advice: Vec::new(),
        contents: Vec::new(),
        usual: Vec::new(),
        caveats: Vec::new(),
        sources: Vec::new(),
        disclaimer: String::new(),
        outcome: Facts::none(),
        documents: if is_all || asked == Some("documents") { documents::lines(app, visit, &view).await? } else { Vec::new() },
        openings: if is_all { documents::openings(app, visit, &view, &here).await? } else { None },
        document_action: documents::action(app, &here),
        remove_action: format!("{here}/documents/remove"),
        document_hint: documents::hint(app, lang),
        accept: documents::accept(app),
        papers_to_choose: super::desk::terms(app, "deal_papers", lang),
        room: if is_all { room::of(app, visit, &view).await? } else { None },
        more: BTreeSet::new(),
        story: if view.is_open || !is_all { None } else { on_deal(app, visit, id).await? },
        code: view.code.clone(),
        kind: view.kind_name.clone(),
        title: view.title.clone(),
        title_lang: Lang::of_words(&view.title),
        stage: view.stage_name.clone(),
    };
    if filled.done.is_some() && !filled.faults.is_empty() {
        filled.done = None;
    }
    if let Some(thread) = thread {
        filled.message_count = thread.total;
        filled.next_messages = thread.next.as_deref().map(|next| part(next, &steps));
        filled.older_steps = older.as_deref().map(|older| part(at, older));
        filled.newest_steps = (!steps.is_empty()).then(|| part(at, ""));
        filled.messages = thread
            .items
            .into_iter()
            .map(|m| MessageLine {
                author: name(Some(m.author)),
                voice: app.vocabularies.name("deal_voices", m.voice.as_str(), lang).to_owned(),
                text: m.text,
                at: format::recent(lang, m.sent_at, app.clock().now()),
            })
            .collect();
        filled.timeline = timeline(app, &view, events, lang, name);
    }
    if let Some(inside) = &view.inside {
        inside::fill(app, visit, &mut filled, &view, inside, form)?;
    }
    if let Some(name) = asked {
        return whole::show(app, visit, filled, name);
    }
    filled.more = whole::shorten(&mut filled);
    Ok(page(refusal.status, lang, &filled))
}

/// A part of what happened in a deal, the newest first, and where the next older part begins. Messages stand in the thread;
/// however many there are, the steps before them are told.
async fn events_of(app: &App, id: DealId, from: &str) -> Result<(Vec<store::EventRow>, Option<String>), Problem> {
    let before = Some(from).filter(|from| !from.is_empty()).map(Cursor::read).transpose();
    let before = before.map_err(|_| Problem::parameter("steps"))?;
    // Messages stand in the thread and openings in their ledger; however many there are, the steps before them are told.
    let without = &["deal.message_sent", "deal.document_opened"];
    let filter = Filter { subject: Some(id.0), without, before, ..Filter::default() };
    let mut events = app.store.events(&filter, EVENTS + 1).await?;
    let is_all = events.len() as u64 <= EVENTS;
    events.truncate(usize::try_from(EVENTS).unwrap_or(usize::MAX));
    let last = events.last().filter(|_| !is_all).map(|event| Cursor::write(&event.position));
    Ok((events, last))
}

/// Whether the reader writes in the deal, so that forms are offered.
fn writes(view: &DealView) -> bool {
    view.inside.is_some() && (view.is_brokered || !view.writes_for.is_empty())
}

/// The page of the listing it came from, if the reader may see it and it is not among what is transferred.
async fn listing_of(app: &App, visit: &Visit, view: &DealView) -> Result<Option<String>, Problem> {
    if view.objects.iter().any(|object| object.listing == view.listing) {
        return Ok(None);
    }
    match listings::view::show(&app.listings, &visit.who.actor, view.listing_kind, view.listing).await {
        Ok(listing) => Ok(Some(localised(visit.lang(), &listing.url))),
        Err(listings::ListingError::Refused(_)) => Ok(None),
        Err(other) => Err(other.into()),
    }
}

/// The page of the interest it came from, if the reader is on a side of that.
async fn interest_of(app: &App, visit: &Visit, view: &DealView) -> Result<Option<String>, Problem> {
    let Some(id) = view.interest else { return Ok(None) };
    match interests::brief(&app.brokering, &visit.who.actor, id).await {
        Ok(interest) => Ok(Some(localised(visit.lang(), &interest.url))),
        Err(BrokeringError::Refused(_)) => Ok(None),
        Err(other) => Err(other.into()),
    }
}

fn stages(view: &DealView) -> Vec<StageStep> {
    let now = view.stages.iter().position(|s| s.is_now).unwrap_or_default();
    // One that was lost came as far as the last stage it stood in before.
    let last = view.stages.iter().rposition(|s| s.was_entered && !s.is_now).unwrap_or_default();
    let reach = if view.lost_reason.is_some() { last } else { now };
    let shown = view.stages.iter().enumerate().filter(|(_, s)| s.ends != Some(brokering::pipelines::Ending::Lost) || s.is_now);
    let step = |(n, s): (usize, &deals::StageView)| StageStep {
        name: s.name.clone(),
        is_now: s.is_now,
        is_done: s.was_entered && n < now,
        is_skipped: !s.was_entered && n < reach,
    };
    shown.map(step).collect()
}

fn ways(view: &DealView) -> Vec<WayOption> {
    let way = |w: &deals::WayView| WayOption {
        to: w.to.clone(),
        name: w.name.clone(),
        missing: w.missing.iter().map(|m| m.text.clone()).collect(),
    };
    view.ways.iter().map(way).collect()
}

fn reasons(app: &App, lang: Lang, chosen: &str) -> Vec<Opt> {
    let mut all = super::desk::terms(app, "lost_reasons", lang);
    all.iter_mut().for_each(|o| o.is_on = o.value == chosen);
    all
}

fn parties(app: &App, view: &DealView, lang: Lang) -> Vec<Person> {
    let party = |p: &deals::PartyView| Person {
        name: p.name.best(lang).unwrap_or(&p.slug).to_owned(),
        href: Some(localised(lang, &format!("/parties/{}", p.slug))),
        about: app.vocabularies.name("deal_roles", p.role.as_str(), lang).to_owned(),
        statement: None,
    };
    view.parties.iter().map(party).collect()
}

fn brokers(view: &DealView, lang: Lang) -> Vec<Person> {
    let broker = |b: &deals::BrokerView| {
        let share = format::share(lang, u32::from(b.share_bp));
        let stated = match b.stated_at {
            Some(at) => messages::say(lang, "deal-stated", &[("day", &format::moment(lang, at).day)]),
            None => say(lang, "deal-not-stated"),
        };
        Person { name: b.name.clone(), href: None, about: format!("{share} · {stated}"), statement: b.statement.clone() }
    };
    view.brokers.iter().map(broker).collect()
}

fn timeline(
    app: &App,
    view: &DealView,
    events: Vec<store::EventRow>,
    lang: Lang,
    name: impl Fn(Option<AccountId>) -> String,
) -> Vec<EventLine> {
    let stage_name = |code: &str| {
        let stage = view.stages.iter().find(|s| s.code == code);
        stage.map_or_else(|| code.to_owned(), |s| s.name.clone())
    };
    let line = |event: store::EventRow| {
        let fact = |key: &str| event.payload.get(key).and_then(Value::as_str).unwrap_or_default();
        let paper = app.vocabularies.name("deal_papers", fact("kind"), lang);
        // Whoever was in it should read why somebody of the brokers is gone.
        let is_dropped = event.kind == "deal.brokers_set" && fact("reason") == "broker_of_side";
        let kind = if is_dropped { "brokers_dropped" } else { event.kind.trim_start_matches("deal.") };
        let what = kind.replace('_', "-");
        let args = [("stage", stage_name(fact("to"))), ("paper", paper.to_owned())];
        let args: Vec<(&str, &str)> = args.iter().map(|(key, value)| (*key, value.as_str())).collect();
        EventLine {
            text: messages::say(lang, &format!("deal-event-{what}"), &args),
            by: name(event.actor_id.map(AccountId)),
            at: format::recent(lang, event.at, app.clock().now()),
        }
    };
    events.into_iter().map(line).collect()
}
