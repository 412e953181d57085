//! The deals of the reader, what is due soonest first; and opening one from a listing.

use std::collections::HashMap;

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use base::{DealId, Lang, Limit, ListingId, PartyId, PartyRole, messages};
use brokering::deals::{self, DealRow, Filter, NewDeal};
use brokering::{BrokeringError, interests};
use listings::Kind;
use store::Ctx;

use super::super::faults::FaultLine;
use super::super::fields::Opt;
use super::super::finder::{self, Finder};
use super::super::form::Form;
use super::super::format;
use super::super::frame::{Frame, Visit, go, localised, page, parameter, parsed};
use super::super::paging::{Sorted, TURNED, address, cursor, is_turned, paged, sorted};
use super::super::takeaway::{self, Rows};
use super::refused;
use crate::app::App;
use crate::extract::Writer;
use crate::problem::Problem;

pub(in super::super) const PATH: &str = "/my/deals";

/// A deal in a list or on the board.
pub(in super::super) struct DealLine {
    pub id: String,
    pub title: String,
    pub title_lang: Lang,
    pub href: String,
    pub code: String,
    pub kind: String,
    pub stage: String,
    pub parties: String,
    pub next_by: String,
    pub due: Option<String>,
    pub is_overdue: bool,
    pub lost: Option<String>,
    pub version: i64,
}

/// A part of the list to look at.
pub(in super::super) struct Tab {
    pub text: String,
    pub href: String,
    pub is_on: bool,
}

#[derive(Template)]
#[template(path = "my_deals.html")]
pub(in super::super) struct MyDealsPage {
    pub f: Frame,
    pub tabs: Vec<Tab>,
    pub lines: Vec<DealLine>,
    pub total: u64,
    pub csv: String,
    /// The column that they are sorted by.
    pub by_day: Sorted,
    pub next: Option<String>,
    pub first: Option<String>,
    /// The stage that the list is narrowed to, and where it is not.
    pub stage: Option<(String, String)>,
}

/// Deals as lines, with the names of their parties.
pub(in super::super) async fn deal_lines(app: &App, rows: Vec<DealRow>, lang: Lang) -> Result<Vec<DealLine>, Problem> {
    let mut parties: Vec<PartyId> = rows.iter().flat_map(|r| r.owner.into_iter().chain(r.seeker)).collect();
    parties.sort();
    parties.dedup();
    let named: HashMap<PartyId, String> = accounts::parties::load_many(app.accounts.store().db(), &parties)
        .await?
        .into_iter()
        .map(|p| (p.id, p.names.best(lang).unwrap_or(&p.slug).to_owned()))
        .collect();
    let name = |id: PartyId| named.get(&id).cloned().unwrap_or_default();
    let line = |row: DealRow| DealLine {
        id: row.id.to_string(),
        href: localised(lang, &format!("/deals/{}", row.id)),
        parties: match (row.owner, row.seeker) {
            (Some(owner), Some(seeker)) => format!("{} → {}", name(owner), name(seeker)),
            (Some(owner), None) => name(owner),
            (None, _) => messages::say(lang, "deals-listing-closed", &[]),
        },
        title_lang: row.title.as_deref().map_or(lang, Lang::of_words),
        title: row.title.unwrap_or_else(|| row.kind_name.clone()),
        code: row.code,
        kind: row.kind_name,
        stage: row.stage_name,
        version: row.version,
        next_by: messages::say(lang, &format!("deal-by-{}", row.next_by), &[]),
        due: row.due_on.map(|day| format::day(lang, day)),
        is_overdue: row.is_overdue,
        lost: row.lost_reason.map(|code| app.vocabularies.name("lost_reasons", code.as_str(), lang).to_owned()),
    };
    Ok(rows.into_iter().map(line).collect())
}

/// The deals as a file.
async fn as_file(app: &App, visit: &Visit, filter: &Filter) -> Result<Response, Problem> {
    let (lang, actor) = (visit.lang(), &visit.who.actor);
    let mut rows = Rows::new();
    while rows.goes_on() {
        let found = deals::list(&app.brokering, actor, filter, takeaway::part(), rows.cursor.as_deref()).await?;
        rows.add(deal_lines(app, found.items, lang).await?, found.next);
    }
    let heads = ["column-title", "column-code", "column-kind", "column-parties", "deal-stage", "deal-whose", "deal-by-when"];
    takeaway::file(lang, "deals", &heads, rows, |line| {
        let stage = [Some(line.stage), line.lost].into_iter().flatten().collect::<Vec<_>>().join(" – ");
        vec![line.title, line.code, line.kind, line.parties, stage, line.next_by, line.due.unwrap_or_default()]
    })
}

pub(in super::super) async fn list(State(app): State<App>, visit: Visit) -> Result<Response, Problem> {
    let lang = visit.lang();
    let which = parameter(&visit, "which");
    let (stage, broker) = (parameter(&visit, "stage"), parsed(&visit, "broker")?);
    let narrowed = Some(stage.clone()).filter(|s| !s.is_empty());
    let filter = Filter {
        ended: which == "ended",
        overdue: which == "overdue",
        stage: narrowed,
        broker,
        latest_first: is_turned(&visit),
        ..Filter::default()
    };
    if takeaway::is_asked(&visit)? {
        return as_file(&app, &visit, &filter).await;
    }
    let found = deals::list(&app.brokering, &visit.who.actor, &filter, Limit::default(), cursor(&visit).as_deref()).await?;
    let broker = parameter(&visit, "broker");
    let narrowed = [("stage", stage.as_str()), ("broker", broker.as_str())];
    let asked = [[("which", which.as_str())].as_slice(), &narrowed].concat();
    let turned = parameter(&visit, TURNED);
    let paged = paged(&visit, PATH, &[asked.as_slice(), &[(TURNED, turned.as_str())]].concat(), found.next.as_deref());
    let named = app.brokering.pipelines.all_stages().into_iter().find(|s| s.code == stage).map(|s| s.name(lang).to_owned());
    let tab = |one: &str| Tab {
        text: messages::say(lang, &format!("deals-{}", if one.is_empty() { "open" } else { one }), &[]),
        href: address(&localised(lang, PATH), &[[("which", one)].as_slice(), &narrowed].concat()),
        is_on: one == which,
    };
    let view = MyDealsPage {
        f: visit.frame(&app, messages::say(lang, "deals-title", &[])).at(PATH).unlisted().placed("my"),
        tabs: ["", "overdue", "ended"].into_iter().map(tab).collect(),
        lines: deal_lines(&app, found.items, lang).await?,
        total: found.total,
        csv: paged.csv,
        by_day: sorted(&visit, PATH, &asked, "ascending"),
        next: paged.next,
        first: paged.first,
        stage: named.map(|name| (name, address(&localised(lang, PATH), &[("which", &which)]))),
    };
    Ok(page(StatusCode::OK, lang, &view))
}

#[derive(Template)]
#[template(path = "deal_new.html")]
pub(in super::super) struct NewDealPage {
    pub f: Frame,
    pub listing: String,
    pub listing_title: String,
    pub listing_lang: Lang,
    pub listing_code: String,
    pub is_need: bool,
    pub action: String,
    pub kinds: Vec<Opt>,
    /// The other side, for those who may name one that has shown no interest.
    pub finder: Option<Finder>,
    pub interest: String,
    pub title: String,
    /// What is transferred beside the listing or answers the need, by codes.
    pub objects: String,
    pub key: String,
    pub faults: Vec<FaultLine>,
    /// That the need hides whose it is and its people have to say that they may be named.
    pub asks_name: bool,
    /// Whether they said so.
    pub is_named: bool,
    /// That a deal was opened from the interest before.
    pub is_there: bool,
    /// Its code and page, for whoever sees it.
    pub there: Option<(String, String)>,
}

/// What the form says of the listing.
struct About {
    title: String,
    title_lang: Lang,
    code: String,
    /// Whether it is a need of the reader's party that hides whose it is.
    hides_own: bool,
}

/// The listing that a deal would be about: one that the reader sees, or one in which they see an interest.
async fn about(app: &App, visit: &Visit, kind: Kind, id: ListingId, form: &Form) -> Result<About, Problem> {
    let lang = visit.lang();
    let refused = match listings::view::show(&app.listings, &visit.who.actor, kind, id).await {
        Ok(listing) => {
            let is_own = listing.party.id.is_some_and(|party| visit.who.actor.has_role(party, PartyRole::Editor));
            let hides_own = kind == Kind::Need && is_own && listing.typed.hides_party();
            return Ok(About { title_lang: listing.typed.title().spoken(lang), title: listing.title, code: listing.code, hides_own });
        }
        Err(refused @ listings::ListingError::Refused(_)) => refused,
        Err(other) => return Err(other.into()),
    };
    let Ok(interest) = form.get("interest").parse() else { return Err(refused.into()) };
    let about = interests::brief(&app.brokering, &visit.who.actor, interest).await?.listing;
    if about.id != id {
        return Err(refused.into());
    }
    Ok(About { title: about.title, title_lang: about.title_lang, code: about.code, hides_own: false })
}

/// What could not be done.
struct Again {
    status: StatusCode,
    faults: Vec<FaultLine>,
    /// The deal that was opened from the interest before: none that the reader sees, or which.
    there: Option<Option<DealId>>,
}

impl Again {
    fn of(status: StatusCode, faults: Vec<FaultLine>) -> Self {
        Self { status, faults, there: None }
    }
}

/// The form, with what was typed where that could not be kept.
async fn form_page(app: &App, visit: &Visit, id: ListingId, form: &Form, again: Again) -> Result<Response, Problem> {
    let lang = visit.lang();
    let kind = listings::view::kind_of(&app.listings, id).await?.ok_or_else(Problem::not_found)?;
    let listing = about(app, visit, kind, id, form).await?;
    let there = match again.there.flatten() {
        Some(id) => deals::titles(&app.brokering, &visit.who.actor, &[id]).await?.remove(&id).map(|deal| (id, deal.code)),
        None => None,
    };
    let chosen = form.get("kind");
    let kinds = app.brokering.pipelines.newest().into_iter().map(|p| Opt {
        value: p.kind.clone(),
        label: p.name(lang).to_owned(),
        depth: 0,
        is_on: p.kind == chosen,
    });
    let path = address("/deals/new", &[("listing", &id.to_string())]);
    let asked = ("other", if kind == Kind::Need { "deal-new-owner" } else { "deal-new-seeker" });
    let looked = Finder::of_form(app, visit, asked, localised(lang, "/deals/new"), form).await?;
    let nobody =
        Opt { value: String::new(), label: messages::say(lang, "deal-new-nobody", &[]), depth: 0, is_on: form.find("other") == Some("") };
    let finder = Finder {
        is_optional: kind != Kind::Need,
        instead: Some(nobody).filter(|_| kind != Kind::Need),
        fault: again.faults.iter().find(|line| line.id == "other").map(|line| line.text.clone()),
        ..looked
    };
    let view = NewDealPage {
        f: visit.frame(app, messages::say(lang, "deal-new", &[])).at(&path).unlisted().without_search().placed("my"),
        listing: id.to_string(),
        listing_lang: listing.title_lang,
        listing_title: listing.title,
        listing_code: listing.code,
        is_need: kind == Kind::Need,
        action: localised(lang, "/deals/new"),
        kinds: kinds.collect(),
        finder: brokering::brokers_deals(&visit.who.actor).then_some(finder),
        interest: form.get("interest").to_owned(),
        title: form.get("title").to_owned(),
        objects: form.get("objects").to_owned(),
        key: app.clock().uuid().simple().to_string(),
        faults: again.faults,
        asks_name: listing.hides_own,
        is_named: form.get("named") == "yes",
        is_there: again.there.is_some(),
        there: there.map(|(id, code)| (code, localised(lang, &format!("/deals/{id}")))),
    };
    Ok(page(again.status, lang, &view))
}

pub(in super::super) async fn new(State(app): State<App>, visit: Visit) -> Result<Response, Problem> {
    let id: ListingId = parsed(&visit, "listing")?.ok_or_else(Problem::not_found)?;
    // What a page that leads here knows already is filled in.
    let known = Form::sent_in(&visit.query);
    form_page(&app, &visit, id, &known, Again::of(StatusCode::OK, Vec::new())).await
}

/// The party of a need, where its people said that they may be named.
async fn named(app: &App, visit: &Visit, need: ListingId, form: &Form) -> Result<Option<PartyId>, Problem> {
    if form.get("named") != "yes" {
        return Ok(None);
    }
    let head = listings::lookup::head(app.store.db(), need).await?;
    Ok(head.map(|head| head.party).filter(|party| visit.who.actor.has_role(*party, PartyRole::Editor)))
}

/// Opens the deal.
pub(in super::super) async fn create(State(app): State<App>, visit: Visit, Writer(ctx): Writer, form: Form) -> Result<Response, Problem> {
    let lang = visit.lang();
    let wrong = || Problem::malformed("bad-form");
    let id: ListingId = form.get("listing").parse().map_err(|_| wrong())?;
    let kind = listings::view::kind_of(&app.listings, id).await?.ok_or_else(Problem::not_found)?;
    if finder::looks(&form) {
        return form_page(&app, &visit, id, &form, Again::of(StatusCode::OK, Vec::new())).await;
    }
    let party = match finder::chosen(&app, &form, "other").await? {
        Ok(party) => party,
        Err(code) => {
            let text = messages::fault(lang, code, &[]);
            let line = FaultLine { id: "other".to_owned(), label: String::new(), text };
            return form_page(&app, &visit, id, &form, Again::of(StatusCode::UNPROCESSABLE_ENTITY, vec![line])).await;
        }
    };
    let (owner, seeker) = if kind == Kind::Need { (party, named(&app, &visit, id, &form).await?) } else { (None, party) };
    let interest = Some(form.get("interest")).filter(|i| !i.is_empty()).map(|i| i.parse().map_err(|_| wrong())).transpose()?;
    let ctx = Ctx { idempotency: form.once("openDeal"), ..ctx };
    let opened = async {
        let title = base::text::clean(form.get("title"));
        let objects = super::objects::by_codes(&app, &base::text::clean(form.get("objects")), "/objects").await?;
        deals::open(
            &app.brokering,
            ctx,
            NewDeal { kind: form.get("kind").to_owned(), listing: id, objects, title, owner, seeker, interest },
        )
        .await
    };
    match opened.await {
        Ok(receipt) => Ok(go(&localised(lang, &format!("/deals/{}", receipt.id)))),
        Err(BrokeringError::DealThere { deal }) => {
            let again = Again { status: StatusCode::CONFLICT, faults: Vec::new(), there: Some(deal) };
            form_page(&app, &visit, id, &form, again).await
        }
        Err(error) => {
            let place = |fault: &base::Fault| FaultLine {
                id: match fault.pointer.as_str() {
                    "/kind" => "kind",
                    "/seeker" if kind == Kind::Need => "named",
                    "/owner" | "/seeker" => "other",
                    "/title" => "title",
                    objects if objects.starts_with("/objects") => "objects",
                    _ => "",
                }
                .to_owned(),
                label: String::new(),
                text: fault.say(lang),
            };
            let (status, faults) = refused(&app, error, lang, place)?;
            form_page(&app, &visit, id, &form, Again::of(status, faults)).await
        }
    }
}
