//! My space: what waits for me first, then my listings by their state, my organisations, my invitations.

use accounts::membership::Status as MemberStatus;
use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use base::fold::sort_key;
use base::{Lang, Limit, PartyId, PartyRole, StaffRole, messages};
use chrono::TimeDelta;
use listings::list::{Filter, ListingRow};
use listings::state::{Revision, Status};
use matching::of_party::{self, Order, PartyAsk, PartyMatch};

use super::format::{self, Moment};
use super::frame::{Frame, Visit, localised, page, parameter, parsed};
use super::paging::{Sorted, TURNED, address, cursor, is_turned, paged, sorted};
use super::pairs::percent;
use super::takeaway::{self, Rows};
use crate::api::parties::led_on;
use crate::app::App;
use crate::problem::Problem;

const PATH: &str = "/my";
/// Listings on a page.
const SHOWN: u16 = 40;
/// Counterparts that are named.
const COUNTERPARTS: u16 = 4;

/// Deals that are told of at once.
const DEALS: u16 = 5;

/// Something that waits for the reader.
struct Waits {
    text: String,
    /// The language of the text.
    text_lang: Lang,
    about: String,
    href: String,
    tone: &'static str,
}

/// One of the reader's parties.
struct PartyTab {
    name: String,
    href: String,
    is_on: bool,
}

/// The party whose listings are shown.
struct PartyDesk {
    name: String,
    page: String,
    members: String,
    edit: Option<String>,
    can_post: bool,
    post: String,
}

/// A listing in the table.
struct Line {
    title: String,
    title_lang: Lang,
    href: String,
    code: String,
    kind: String,
    status: &'static str,
    status_label: String,
    revision: Option<String>,
    percent: u8,
    changed: Option<Moment>,
    expires: Option<Moment>,
}

/// A state to look at.
struct StateTab {
    text: String,
    href: String,
    is_on: bool,
}

#[derive(Template)]
#[template(path = "my.html")]
struct MyPage {
    f: Frame,
    done: Option<String>,
    name: String,
    waits: Vec<Waits>,
    parties: Vec<PartyTab>,
    party: Option<PartyDesk>,
    states: Vec<StateTab>,
    lines: Vec<Line>,
    /// The column that they are sorted by.
    by_change: Option<Sorted>,
    total: u64,
    csv: String,
    next: Option<String>,
    first: Option<String>,
    counterparts: Vec<Counterpart>,
}

/// A listing of somebody else that fits one of the party's.
struct Counterpart {
    title: String,
    title_lang: Lang,
    href: String,
    own: String,
    own_lang: Lang,
    matches: String,
    percent: u8,
}

/// The newest of the party's best standing matches.
async fn counterparts(app: &App, visit: &Visit, party: PartyId) -> Result<Vec<Counterpart>, Problem> {
    let limit = Limit::new(COUNTERPARTS).unwrap_or_default();
    let ask = PartyAsk { order: Order::Newest, limit, cursor: None, explain: false, excluded: false };
    let found = of_party::matches(&app.matcher, &visit.who.actor, party, &ask).await?;
    let one = |m: PartyMatch| Counterpart {
        title_lang: m.other.title_lang,
        title: m.other.title,
        href: localised(visit.lang(), &m.other.url),
        matches: localised(visit.lang(), &format!("{}/matches", m.own.url)),
        own_lang: m.own.title_lang,
        own: m.own.title,
        percent: percent(m.score),
    };
    Ok(found.items.into_iter().map(one).collect())
}

fn line(app: &App, row: ListingRow, lang: Lang) -> Line {
    let revision = row.revision.filter(|r| *r != Revision::None);
    Line {
        title_lang: if row.title.is_empty() { lang } else { row.title_lang },
        title: if row.title.is_empty() { messages::say(lang, "untitled", &[]) } else { row.title },
        href: localised(lang, &format!("/my/listings/{}", row.id)),
        code: row.code,
        kind: app.vocabularies.name("listing_kinds", row.kind.as_str(), lang).to_owned(),
        status: row.status.as_str(),
        status_label: app.vocabularies.name("listing_status", row.status.as_str(), lang).to_owned(),
        revision: revision.map(|r| messages::say(lang, &format!("revision-{}", r.as_str().replace('_', "-")), &[])),
        percent: row.completeness.unwrap_or_default(),
        changed: row.updated_at.map(|at| format::recent(lang, at, app.clock().now())),
        expires: row.expires_at.map(|at| format::moment(lang, at)),
    }
}

/// What waits in the reader's parties: changes asked for, drafts, what ends soon.
async fn waiting(app: &App, visit: &Visit, parties: &[PartyId]) -> Result<Vec<Waits>, Problem> {
    let lang = visit.lang();
    let soon = app.clock().now() + TimeDelta::days(app.listings.settings.warn_days);
    let limit = Limit::new(SHOWN).unwrap_or_default();
    let rows = listings::list::waiting(&app.listings, &visit.who.actor, parties, soon, limit).await?;
    let waits = rows.into_iter().map(|row| {
        let ends = row.expires_at.filter(|at| row.status == Status::Published && *at <= soon);
        let (key, tone) = match (row.status, row.revision) {
            (Status::ChangesRequested, _) | (_, Some(Revision::ChangesRequested)) => ("waits-changes", "amber"),
            _ if ends.is_some() => ("waits-confirm", "amber"),
            (_, Some(Revision::Draft)) => ("waits-revision", "plain"),
            _ => ("waits-draft", "plain"),
        };
        let percent = row.completeness.unwrap_or_default().to_string();
        let day = ends.map(|at| format::moment(lang, at).day).unwrap_or_default();
        let line = line(app, row, lang);
        Waits {
            about: messages::say(lang, key, &[("percent", &percent), ("day", &day)]),
            text_lang: line.title_lang,
            text: line.title,
            href: line.href,
            tone,
        }
    });
    Ok(waits.collect())
}

/// What of the space's work waits for staff.
async fn waiting_staff(app: &App, visit: &Visit) -> Result<Vec<Waits>, Problem> {
    let lang = visit.lang();
    let mut found = Vec::new();
    if visit.who.actor.is_staff(StaffRole::Moderator) {
        let queue = listings::review::queue(&app.listings, &visit.who.actor, Limit::new(1).unwrap_or_default(), None, false).await?;
        if queue.total > 0 {
            let count = format::count(lang, queue.total);
            found.push(Waits {
                text_lang: lang,
                text: messages::say(lang, "waits-review", &[("count", &count)]),
                about: queue
                    .items
                    .first()
                    .map(|w| messages::say(lang, "waits-review-since", &[("day", &format::moment(lang, w.submitted_at).day)]))
                    .unwrap_or_default(),
                href: localised(lang, "/review"),
                tone: "amber",
            });
        }
    }
    Ok(found)
}

/// Interests that wait for the reader's answer.
async fn waiting_interests(app: &App, visit: &Visit) -> Result<Option<Waits>, Problem> {
    let (lang, count) = (visit.lang(), super::interests::waiting(app, visit).await?);
    Ok((count > 0).then(|| Waits {
        text_lang: lang,
        text: messages::say(lang, "waits-interests", &[("count", &format::count(lang, count))]),
        about: messages::say(lang, "waits-interests-about", &[]),
        href: localised(lang, super::interests::PATH),
        tone: "amber",
    }))
}

/// Deals of the reader whose day is over; those of everybody are the board's.
async fn waiting_deals(app: &App, visit: &Visit) -> Result<Vec<Waits>, Problem> {
    let lang = visit.lang();
    let actor = &visit.who.actor;
    if brokering::manages_deals(actor) {
        return Ok(Vec::new());
    }
    let late = brokering::deals::Filter { overdue: true, ..Default::default() };
    let found = brokering::deals::list(&app.brokering, actor, &late, Limit::new(DEALS).unwrap_or_default(), None).await?;
    let waits = found.items.into_iter().map(|deal| {
        let day = deal.due_on.map(|on| format::day(lang, on)).unwrap_or_default();
        let who = messages::say(lang, &format!("deal-by-{}", deal.next_by), &[]);
        Waits {
            about: messages::say(lang, "waits-deal", &[("stage", &deal.stage_name), ("day", &day), ("who", &who)]),
            text_lang: lang,
            // A deal that waits for a broker may be without a title for the reader; its code says which it is.
            text: deal.title.unwrap_or(deal.code),
            href: localised(lang, &format!("/deals/{}", deal.id)),
            tone: "amber",
        }
    });
    Ok(waits.collect())
}

/// The listings of a party as a file.
fn as_file(app: &App, rows: Rows<ListingRow>, lang: Lang) -> Result<Response, Problem> {
    let heads = ["column-title", "column-code", "column-kind", "column-status", "column-complete", "column-changed", "fact-expires"];
    let iso = |moment: Option<Moment>| moment.map(|m| m.iso).unwrap_or_default();
    takeaway::file(lang, "listings", &heads, rows, |row| {
        let line = line(app, row, lang);
        let status = [Some(line.status_label), line.revision].into_iter().flatten().collect::<Vec<_>>().join(" – ");
        vec![
            line.title,
            line.code,
            line.kind,
            status,
            format::percent(lang, &line.percent.to_string()),
            iso(line.changed),
            iso(line.expires),
        ]
    })
}

pub(super) async fn show(State(app): State<App>, visit: Visit) -> Result<Response, Problem> {
    let lang = visit.lang();
    let actor = &visit.who.actor;
    let is_file = takeaway::is_asked(&visit)?;
    let me = accounts::people::me(&app.accounts, actor).await?;
    let memberships = accounts::membership::mine(&app.accounts, actor).await?;
    let mut waits = waiting_staff(&app, &visit).await?;
    waits.extend(waiting_interests(&app, &visit).await?);
    for invitation in memberships.iter().filter(|m| m.status == MemberStatus::Invited) {
        waits.push(Waits {
            text_lang: invitation.party_names.spoken(lang),
            text: invitation.party_names.best(lang).unwrap_or_default().to_owned(),
            about: messages::say(lang, "waits-invitation", &[]),
            href: localised(lang, "/account/memberships"),
            tone: "amber",
        });
    }
    let mut own: Vec<_> = memberships.into_iter().filter(|m| m.status == MemberStatus::Confirmed).collect();
    own.sort_by_key(|m| sort_key(m.party_names.best(lang).unwrap_or_default()));
    let written: Vec<PartyId> = own.iter().map(|m| m.party).filter(|party| actor.has_role(*party, PartyRole::Editor)).collect();
    waits.extend(waiting_deals(&app, &visit).await?);
    waits.extend(waiting(&app, &visit, &written).await?);
    waits.sort_by_key(|w| w.tone);
    let asked: Option<PartyId> = led_on(&app, parsed(&visit, "party")?).await?;
    let shown = own.iter().find(|m| Some(m.party) == asked).or_else(|| own.first());
    let status: Option<Status> = parsed(&visit, "status")?;
    let asked_for = |party: PartyId, status: Option<Status>| (party.to_string(), status.map_or("", Status::as_str));
    let address = |party: PartyId, status: Option<Status>| {
        let (party, status) = asked_for(party, status);
        address(&localised(lang, PATH), &[("party", &party), ("status", status)])
    };
    let parties = own
        .iter()
        .map(|m| PartyTab {
            name: m.party_names.best(lang).unwrap_or_default().to_owned(),
            href: address(m.party, None),
            is_on: shown.is_some_and(|s| s.party == m.party),
        })
        .collect();
    if let Some(shown) = shown.filter(|_| is_file) {
        let filter = Filter { kind: None, party: Some(shown.party), status, oldest_first: is_turned(&visit) };
        let mut rows = Rows::new();
        while rows.goes_on() {
            let found = listings::list::list(&app.listings, actor, &filter, takeaway::part(), rows.cursor.as_deref()).await?;
            rows.add(found.items, found.next);
        }
        return as_file(&app, rows, lang);
    }
    let mut view = MyPage {
        f: visit.frame(&app, messages::say(lang, "my-title", &[])).at("/my").unlisted().placed("my"),
        done: (parameter(&visit, "did") == "removed").then(|| messages::say(lang, "my-did-removed", &[])),
        name: me.name,
        waits,
        parties,
        party: None,
        states: Vec::new(),
        lines: Vec::new(),
        by_change: None,
        total: 0,
        csv: String::new(),
        next: None,
        first: None,
        counterparts: Vec::new(),
    };
    if let Some(shown) = shown {
        view.counterparts = counterparts(&app, &visit, shown.party).await?;
        let filter = Filter { kind: None, party: Some(shown.party), status, oldest_first: is_turned(&visit) };
        let cursor = cursor(&visit);
        let rows = listings::list::list(&app.listings, actor, &filter, Limit::new(SHOWN).unwrap_or_default(), cursor.as_deref()).await?;
        let (party, state) = asked_for(shown.party, status);
        let asked = [("party", party.as_str()), ("status", state)];
        let turned = parameter(&visit, TURNED);
        let paged = paged(&visit, PATH, &[asked.as_slice(), &[(TURNED, turned.as_str())]].concat(), rows.next.as_deref());
        view.by_change = Some(sorted(&visit, PATH, &asked, "descending"));
        (view.next, view.first, view.csv) = (paged.next, paged.first, paged.csv);
        view.total = rows.total;
        view.lines = rows.items.into_iter().map(|row| line(&app, row, lang)).collect();
        let state =
            |status: Option<Status>, text: String| StateTab { href: address(shown.party, status), is_on: status == filter.status, text };
        view.states = std::iter::once(state(None, messages::say(lang, "my-all", &[])))
            .chain(Status::ALL.iter().map(|s| state(Some(*s), app.vocabularies.name("listing_status", s.as_str(), lang).to_owned())))
            .collect();
        view.party = Some(PartyDesk {
            name: shown.party_names.best(lang).unwrap_or_default().to_owned(),
            page: localised(lang, &format!("/parties/{}", shown.party_slug)),
            members: localised(lang, &format!("/my/parties/{}/members", shown.party)),
            edit: actor.has_role(shown.party, PartyRole::Admin).then(|| localised(lang, &format!("/my/parties/{}", shown.party))),
            can_post: actor.has_role(shown.party, PartyRole::Editor),
            post: localised(lang, "/post"),
        });
    }
    Ok(page(StatusCode::OK, lang, &view))
}
