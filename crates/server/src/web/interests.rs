//! The pages of interests: showing one (`form`), one with its steps (`one`), and one's own lists here. The staff's list is
//! in `staff::interests`.
//!
//! Who is told what of whom was decided in `brokering::interests`; here only what is there is shown.

pub(super) mod became;
pub(super) mod form;
pub(super) mod one;

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use base::{Lang, Limit, PartyId, Vocabularies, messages};
use brokering::interests::{Filter, InterestView, Role, SeekerView, Side, Status, Which};
use listings::view::OwnerView;

use super::format::{self, Moment};
use super::frame::{Frame, Visit, localised, page, parameter, parsed};
use super::listing::{Names, Pen};
use super::paging::{Sorted, TURNED, address, cursor, is_turned, paged, sorted};
use super::staff::Tab;
use super::takeaway::{self, Rows};
use crate::api::parties::led_on;
use crate::app::App;
use crate::problem::Problem;

/// Where one's own are.
pub(super) const PATH: &str = "/my/interests";

/// An interest in a list.
pub(super) struct Line {
    pub title: String,
    pub title_lang: Lang,
    pub href: String,
    pub code: String,
    /// The other side, or on the staff's desk both.
    pub who: Vec<String>,
    pub status: &'static str,
    pub status_label: String,
    pub sent: Moment,
    /// By when somebody should answer, while somebody should.
    pub due: Option<String>,
    pub is_overdue: bool,
}

/// Who is interested, in words: the name, or what may be known, or that nothing may.
pub(super) fn seeker_words(seeker: &SeekerView, vocabularies: &Vocabularies, lang: Lang) -> String {
    if let Some(name) = seeker.name.as_ref().and_then(|n| n.best(lang)) {
        return name.to_owned();
    }
    let known =
        [("party_types", &seeker.party_type), ("vsic", &seeker.vsic), ("size_bands", &seeker.size), ("provinces", &seeker.province)];
    let known: Vec<&str> = known.iter().filter_map(|(list, code)| Some(vocabularies.name(list, code.as_ref()?.as_str(), lang))).collect();
    if known.is_empty() { messages::say(lang, "interest-seeker-hidden", &[]) } else { known.join(" · ") }
}

/// Whose listing it is, in words.
pub(super) fn owner_words(owner: &OwnerView, vocabularies: &Vocabularies, lang: Lang) -> String {
    if let Some(name) = owner.name.as_ref().and_then(|n| n.best(lang)) {
        return name.to_owned();
    }
    let known = [("party_types", &owner.party_type), ("provinces", &owner.province)];
    let known: Vec<&str> = known.iter().filter_map(|(list, code)| Some(vocabularies.name(list, code.as_ref()?.as_str(), lang))).collect();
    if known.is_empty() { messages::say(lang, "party-withheld", &[]) } else { known.join(" · ") }
}

pub(super) fn line(app: &App, view: &InterestView, lang: Lang) -> Line {
    let (seeker, owner) = (seeker_words(&view.seeker, &app.vocabularies, lang), owner_words(&view.owner, &app.vocabularies, lang));
    Line {
        title: view.listing.title.clone(),
        title_lang: view.listing.title_lang,
        href: localised(lang, &view.url),
        code: view.listing.code.clone(),
        who: match view.side {
            Side::Owner => vec![seeker],
            Side::Seeker => vec![owner],
            Side::Staff => vec![seeker, owner],
        },
        status: view.status.as_str(),
        status_label: app.vocabularies.name("interest_status", view.status.as_str(), lang).to_owned(),
        sent: format::recent(lang, view.sent_at, app.clock().now()),
        due: view.status.is_open().then(|| format::day(lang, view.answer_due_on)),
        is_overdue: view.is_overdue,
    }
}

/// The heads of the two columns that a list may go by, the day of the answer and the day it was sent: the one it goes by
/// turns it round.
pub(super) fn heads(visit: &Visit, path: &str, asked: &[(&str, &str)], filter: &Filter) -> (Option<Sorted>, Option<Sorted>) {
    if filter.is_by_day() {
        (Some(sorted(visit, path, asked, "ascending")), None)
    } else {
        (None, Some(sorted(visit, path, asked, "descending")))
    }
}

/// A list of interests as a file.
pub(super) async fn as_file(app: &App, visit: &Visit, filter: &Filter) -> Result<Response, Problem> {
    let (lang, actor) = (visit.lang(), &visit.who.actor);
    let mut rows = Rows::new();
    while rows.goes_on() {
        let found = brokering::interests::list(&app.brokering, actor, filter, takeaway::part(), rows.cursor.as_deref()).await?;
        rows.add(found.items, found.next);
    }
    let heads = ["interest-column-listing", "column-code", "interest-column-who", "column-status", "interest-due", "interest-column-sent"];
    takeaway::file(lang, "interests", &heads, rows, |view| {
        let line = line(app, &view, lang);
        vec![line.title, line.code, line.who.join(" → "), line.status_label, line.due.unwrap_or_default(), line.sent.iso]
    })
}

#[derive(Template)]
#[template(path = "my_interests.html")]
struct MyInterestsPage {
    f: Frame,
    tabs: Vec<Tab>,
    about: String,
    nothing: String,
    lines: Vec<Line>,
    total: u64,
    csv: String,
    by_day: Option<Sorted>,
    by_sent: Option<Sorted>,
    next: Option<String>,
    first: Option<String>,
}

/// How many wait for the reader's answer.
pub(super) async fn waiting(app: &App, visit: &Visit) -> Result<u64, Problem> {
    let (filter, one) = (Filter { role: Role::Waiting, which: None, party: None, turned: false }, Limit::new(1).unwrap_or_default());
    Ok(brokering::interests::list(&app.brokering, &visit.who.actor, &filter, one, None).await?.total)
}

pub(super) async fn mine(State(app): State<App>, visit: Visit) -> Result<Response, Problem> {
    let lang = visit.lang();
    let roles = [Role::Waiting, Role::Received, Role::Sent];
    let role = parsed::<Role>(&visit, "role")?.filter(|role| roles.contains(role)).unwrap_or(Role::Waiting);
    let which: Option<Which> = parsed(&visit, "status")?;
    let party: Option<PartyId> = led_on(&app, parsed(&visit, "party")?).await?;
    let filter = Filter { role, which, party, turned: is_turned(&visit) };
    if takeaway::is_asked(&visit)? {
        return as_file(&app, &visit, &filter).await;
    }
    let found = brokering::interests::list(&app.brokering, &visit.who.actor, &filter, Limit::default(), cursor(&visit).as_deref()).await?;
    let party = party.map(|p| p.to_string()).unwrap_or_default();
    let asked = [("role", role.as_str()), ("status", which.map_or("", Which::as_str)), ("party", party.as_str())];
    let turned = parameter(&visit, TURNED);
    let paged = paged(&visit, PATH, &[asked.as_slice(), &[(TURNED, turned.as_str())]].concat(), found.next.as_deref());
    let (by_day, by_sent) = heads(&visit, PATH, &asked, &filter);
    let waits = format::count(lang, waiting(&app, &visit).await?);
    let tab = |one: &Role| Tab {
        text: messages::say(lang, &format!("interests-{one}"), &[("count", &waits)]),
        href: address(&localised(lang, PATH), &[("role", one.as_str())]),
        is_on: *one == role,
    };
    let view = MyInterestsPage {
        f: visit.frame(&app, messages::say(lang, "interests-title", &[])).at(PATH).unlisted().placed("my"),
        tabs: roles.iter().map(tab).collect(),
        about: messages::say(lang, &format!("interests-{role}-about"), &[]),
        nothing: messages::say(lang, &format!("interests-{role}-none"), &[]),
        lines: found.items.iter().map(|view| line(&app, view, lang)).collect(),
        total: found.total,
        csv: paged.csv,
        by_day,
        by_sent,
        next: paged.next,
        first: paged.first,
    };
    Ok(page(StatusCode::OK, lang, &view))
}

/// Says the codes of an interest; no listing is named by them.
fn pen<'a>(app: &'a App, lang: Lang, names: &'a Names) -> Pen<'a> {
    Pen { lang, vocabularies: &app.vocabularies, names }
}

/// Whether the reader should act on it now.
fn waits_for_reader(view: &InterestView) -> bool {
    use brokering::interests::Move;
    let steps = view.details.as_ref().map(|d| d.steps.as_slice()).unwrap_or_default();
    match view.status {
        Status::Sent | Status::Read => steps.contains(&Move::Accept),
        Status::NeedsInformation => steps.contains(&Move::Answer),
        _ => false,
    }
}
