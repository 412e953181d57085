//! The candidates of a need side by side, for its own members and for brokers: what is wanted against what is offered, with
//! what was noted. Chosen on the page of matches, or from those that are considered more closely.

use askama::Template;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use base::{Code, Lang, ListingId, PartyId, PartyRole, StaffRole, messages};
use listings::Kind;
use listings::content::{Content, Terms};
use listings::published::Published;
use matching::compare::{self, Column, MOST, Table};
use matching::{Constraint, MatchError};

use super::faults::FaultLine;
use super::form::Form;
use super::format;
use super::frame::{Frame, Visit, go, localised, page};
use super::pairs::{Introduce, percent};
use super::portion::{self, Parts, ROOM_BYTES, packed, weight};
use crate::app::App;
use crate::problem::Problem;

/// A candidate at the head of its column.
struct Head {
    id: ListingId,
    title: String,
    title_lang: Lang,
    href: String,
    code: String,
    note: String,
    is_noted: bool,
    /// Where the two are brought together.
    introduce: Option<Introduce>,
}

/// A cell of the table.
struct Cell {
    text: String,
    /// How it is marked: `yes`, `no`, or not at all.
    tone: &'static str,
    /// The mark in words.
    mark: Option<String>,
}

/// A row of the table.
struct Row {
    label: String,
    /// What the need wants.
    wanted: String,
    cells: Vec<Cell>,
}

impl Row {
    /// Bytes of HTML that it takes.
    fn weight(&self) -> usize {
        let cells = self.cells.iter().map(|cell| 30 + weight(&cell.text) + cell.mark.as_deref().map_or(0, |mark| 20 + weight(mark)));
        50 + weight(&self.label) + weight(&self.wanted) + cells.sum::<usize>()
    }
}

impl Head {
    /// Bytes of HTML that it takes at the head of its column.
    fn weight(&self) -> usize {
        400 + weight(&self.title)
    }

    /// Bytes that the form of its note takes.
    fn note_weight(&self) -> usize {
        900 + weight(&self.title) + weight(&self.note)
    }
}

impl Considered {
    /// Bytes of HTML that it takes.
    fn weight(&self) -> usize {
        350 + weight(&self.title) + weight(&self.note)
    }
}

/// A candidate that is considered more closely.
struct Considered {
    id: ListingId,
    title: String,
    title_lang: Lang,
    href: String,
    note: String,
    is_on: bool,
}

#[derive(Template)]
#[template(path = "compare.html")]
struct ComparePage {
    f: Frame,
    back: String,
    code: String,
    title: String,
    title_lang: Lang,
    heads: Vec<Head>,
    rows: Vec<Row>,
    considered: Vec<Considered>,
    may_note: bool,
    action: String,
    here: String,
    faults: Vec<FaultLine>,
    parts: Option<Parts>,
    /// Whether notes and what is considered stand below: on the first part.
    is_first: bool,
}

/// Whom to look up names for.
struct Pen<'a> {
    app: &'a App,
    lang: Lang,
}

impl Pen<'_> {
    fn say(&self, key: &str) -> String {
        messages::say(self.lang, key, &[])
    }

    fn names(&self, list: &str, codes: &[Code]) -> String {
        codes.iter().map(|c| self.app.vocabularies.name(list, c.as_str(), self.lang)).collect::<Vec<_>>().join(", ")
    }

    fn name(&self, list: &str, code: Option<&Code>) -> String {
        code.map(|c| self.app.vocabularies.name(list, c.as_str(), self.lang).to_owned()).unwrap_or_default()
    }

    /// A text, or that nothing is said.
    fn plain(&self, text: String) -> Cell {
        Cell { text: if text.is_empty() { "–".to_owned() } else { text }, tone: "", mark: None }
    }

    fn marked(&self, text: String, holds: bool) -> Cell {
        let (tone, key) = if holds { ("yes", "compare-reached") } else { ("no", "compare-missed") };
        Cell { text, tone, mark: Some(self.say(key)) }
    }
}

fn terms(content: &Content) -> Option<&Terms> {
    match content {
        Content::Technology(technology) => technology.terms.as_ref(),
        Content::IpAsset(_) | Content::Need(_) => None,
    }
}

fn price(pen: &Pen<'_>, content: &Content) -> String {
    let Some(price) = terms(content).and_then(|t| t.price.as_ref()) else { return String::new() };
    let kind = pen.name("price_kinds", Some(&price.kind));
    match format::price(pen.lang, price) {
        Some(amount) => format!("{kind}: {amount}"),
        None => kind,
    }
}

/// The right that is offered, or for an asset how it is to be had.
fn rights(pen: &Pen<'_>, content: &Content) -> String {
    if let Content::IpAsset(asset) = content {
        return pen.names("availability", &asset.availability);
    }
    let Some(terms) = terms(content) else { return String::new() };
    let parts = [pen.name("rights", terms.right.as_ref()), pen.name("exclusivity", terms.exclusivity.as_ref())];
    parts.into_iter().filter(|p| !p.is_empty()).collect::<Vec<_>>().join(", ")
}

fn rows(pen: &Pen<'_>, table: &Table) -> Vec<Row> {
    let row = |key: &str, wanted: String, cell: &dyn Fn(&Column) -> Cell| Row {
        label: pen.say(key),
        wanted,
        cells: table.columns.iter().map(cell).collect(),
    };
    let Content::Need(need) = &table.need.content else { return Vec::new() };
    let mut all = vec![
        row("compare-score", String::new(), &|c| {
            pen.plain(c.score.map(|s| format::percent(pen.lang, &percent(s).to_string())).unwrap_or_default())
        }),
        row("compare-conditions", String::new(), &|c| {
            // Targets have rows of their own, with a mark each.
            let (musts, others): (Vec<_>, Vec<_>) = c.excluded.iter().partition(|e| e.constraint == Constraint::MustTarget);
            let mut broken: Vec<String> = others.iter().map(|e| e.text.clone()).collect();
            if !musts.is_empty() {
                broken.push(messages::say(pen.lang, "compare-musts-missed", &[("count", &musts.len().to_string())]));
            }
            if broken.is_empty() {
                pen.plain(pen.say("compare-none-broken"))
            } else {
                Cell { text: broken.join(" "), tone: "no", mark: None }
            }
        }),
    ];
    for (n, (metric, wanted)) in table.targets.iter().enumerate() {
        let cell = |c: &Column| match c.targets.get(n).and_then(Option::as_ref) {
            Some(reached) => pen.marked(reached.figure.clone(), reached.is_reached),
            None => pen.plain(String::new()),
        };
        all.push(Row { label: metric.clone(), wanted: wanted.clone(), cells: table.columns.iter().map(cell).collect() });
    }
    let least = need.trl_min.map(|t| format!("≥ {t}")).unwrap_or_default();
    all.push(row("compare-trl", least, &|c| match (need.trl_min, c.listing.content.trl()) {
        (Some(least), Some(level)) => pen.marked(level.to_string(), level >= least),
        (_, level) => pen.plain(level.map(|l| l.to_string()).unwrap_or_default()),
    }));
    let forms = pen.names("cooperation", &need.cooperation);
    all.push(row("compare-cooperation", forms, &|c| {
        let offered = c.listing.content.cooperation();
        let text = pen.names("cooperation", offered);
        if need.cooperation.is_empty() || offered.is_empty() {
            pen.plain(text)
        } else {
            pen.marked(text, need.cooperation.iter().any(|form| offered.contains(form)))
        }
    }));
    let sought = [pen.name("rights", need.right_sought.as_ref()), pen.name("exclusivity", need.exclusivity_sought.as_ref())];
    let sought = sought.into_iter().filter(|p| !p.is_empty()).collect::<Vec<_>>().join(", ");
    all.push(row("compare-terms", sought, &|c| pen.plain(rights(pen, &c.listing.content))));
    all.push(row("compare-price", String::new(), &|c| pen.plain(price(pen, &c.listing.content))));
    let province = need.province.as_ref().or(table.need.owner.province.as_ref().filter(|_| !table.need.content.hides_party()));
    all.push(row("compare-place", pen.name("provinces", province), &|c| {
        pen.plain(pen.name("provinces", c.listing.owner.province.as_ref().filter(|_| !c.listing.content.hides_party())))
    }));
    all.push(row("compare-party", String::new(), &|c| {
        let name = c.listing.owner.name.best(pen.lang).filter(|_| !c.listing.content.hides_party());
        pen.plain(name.unwrap_or_default().to_owned())
    }));
    all
}

/// What is asked for: up to [`MOST`] candidates, each once.
fn chosen(query: &str) -> Vec<ListingId> {
    form_urlencoded::parse(query.as_bytes()).filter(|(name, _)| name == "with").filter_map(|(_, v)| v.parse().ok()).collect()
}

fn query_of(with: &[ListingId]) -> String {
    let pairs = with.iter().map(|id| ("with", id.to_string()));
    form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish()
}

/// A note that could not be kept, with what was typed.
struct Refused {
    offer: ListingId,
    note: String,
    lines: Vec<FaultLine>,
}

async fn need_of(app: &App, slug: &str) -> Result<ListingId, Problem> {
    listings::view::find_slug(&app.listings, Kind::Need, slug).await?.ok_or_else(Problem::not_found)
}

async fn render(
    app: &App,
    visit: &Visit,
    need: ListingId,
    mut with: Vec<ListingId>,
    refused: Option<Refused>,
) -> Result<Response, Problem> {
    let lang = visit.lang();
    let actor = &visit.who.actor;
    let mut table = compare::table(&app.matcher, actor, need, &with).await?;
    if with.is_empty() && !table.considered.is_empty() {
        // Whoever comes without a choice sees those that are considered already.
        with = table.considered.iter().take(MOST).map(|(_, n)| n.offer).collect();
        table = compare::table(&app.matcher, actor, need, &with).await?;
    }
    with.truncate(MOST);
    let pen = Pen { app, lang };
    let url = listings::view::url(Kind::Need, &table.need.slug);
    let path = format!("{url}/compare");
    let typed = |id: ListingId| refused.as_ref().filter(|r| r.offer == id).map(|r| r.note.clone());
    let is_broker = actor.is_staff(StaffRole::Broker);
    let may_introduce = is_broker || actor.has_role(table.need.owner.id, PartyRole::Editor);
    let owners: Vec<PartyId> = table.columns.iter().map(|c| c.listing.owner.id).collect();
    let owners = accounts::parties::load_many(app.store.db(), &owners).await?;
    let introduce = |listing: &Published| {
        let party = owners.iter().find(|party| party.id == listing.owner.id).map(|party| format!("/parties/{}", party.slug));
        let may = may_introduce && listing.owner.id != table.need.owner.id;
        may.then(|| Introduce::of(lang, is_broker, need, &listings::view::url(listing.kind, &listing.slug), party.as_deref()))
    };
    let heads = table.columns.iter().map(|c| Head {
        introduce: introduce(&c.listing),
        id: c.listing.id,
        title: c.listing.content.title().best(lang).unwrap_or_default().to_owned(),
        title_lang: c.listing.content.title().spoken(lang),
        href: localised(lang, &listings::view::url(c.listing.kind, &c.listing.slug)),
        code: c.listing.code.clone(),
        note: typed(c.listing.id).or_else(|| c.noted.as_ref().map(|n| n.note.clone())).unwrap_or_default(),
        is_noted: c.noted.is_some(),
    });
    let considered = table.considered.iter().map(|(listing, noted)| Considered {
        id: noted.offer,
        title: listing.title.clone(),
        title_lang: listing.title_lang,
        href: localised(lang, &listing.url),
        note: noted.note.clone(),
        is_on: with.contains(&noted.offer),
    });
    let (heads, considered): (Vec<Head>, Vec<Considered>) = (heads.collect(), considered.collect());
    let at = if refused.is_some() { 0 } else { portion::asked(visit)? };
    let columns: usize = heads.iter().map(Head::weight).sum();
    let below: usize = heads.iter().map(Head::note_weight).chain(considered.iter().map(Considered::weight)).sum();
    let mut rows = rows(&pen, &table);
    // A long need is compared in parts; what is noted stands below the first.
    let parts = packed(rows.iter().map(Row::weight), |part| ROOM_BYTES.saturating_sub(columns + if part == 0 { below } else { 0 }));
    let rows: Vec<Row> = rows.drain(parts.get(at).cloned().ok_or_else(Problem::not_found)?).collect();
    let chosen: Vec<(&str, String)> = with.iter().map(|id| ("with", id.to_string())).collect();
    let chosen: Vec<(&str, &str)> = chosen.iter().map(|(name, id)| (*name, id.as_str())).collect();
    let view = ComparePage {
        f: visit.frame(app, messages::say(lang, "compare-title", &[])).at(&path).unlisted(),
        back: localised(lang, &format!("{url}/matches")),
        code: table.need.code.clone(),
        title: table.need.content.title().best(lang).unwrap_or_default().to_owned(),
        title_lang: table.need.content.title().spoken(lang),
        heads,
        rows,
        considered,
        may_note: table.may_note,
        parts: Parts::new(&localised(lang, &path), &chosen, at, parts.len()),
        is_first: at == 0,
        here: localised(lang, &path),
        action: format!("{}?{}", localised(lang, &path), query_of(&with)),
        faults: refused.map(|r| r.lines).unwrap_or_default(),
    };
    let status = if view.faults.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    Ok(page(status, lang, &view))
}

pub(super) async fn show(State(app): State<App>, visit: Visit, Path(slug): Path<String>) -> Result<Response, Problem> {
    let need = need_of(&app, &slug).await?;
    render(&app, &visit, need, chosen(&visit.query), None).await
}

/// Takes a candidate into closer consideration with a note, or drops it.
pub(super) async fn note(State(app): State<App>, visit: Visit, Path(slug): Path<String>, form: Form) -> Result<Response, Problem> {
    let need = need_of(&app, &slug).await?;
    let offer: ListingId = form.get("offer").parse().map_err(|_| Problem::parameter("offer"))?;
    let ctx = store::Ctx::of(visit.who.actor.clone());
    if form.get("_do") == "drop" {
        compare::drop_note(&app.matcher, ctx, need, offer).await?;
    } else {
        let note = base::text::clean(form.get("note"));
        match compare::note(&app.matcher, ctx, need, offer, note.clone()).await {
            Ok(()) => {}
            Err(MatchError::Invalid(faults)) => {
                let label = |f: &base::Fault| if f.pointer == "/note" { "compare-note" } else { "compare-notes" };
                let id = format!("note-{offer}");
                let line = |f: &base::Fault| FaultLine {
                    id: id.clone(),
                    label: messages::say(visit.lang(), label(f), &[]),
                    text: f.say(visit.lang()),
                };
                let lines = faults.iter().map(line).collect();
                return render(&app, &visit, need, chosen(&visit.query), Some(Refused { offer, note, lines })).await;
            }
            Err(other) => return Err(other.into()),
        }
    }
    Ok(go(&localised(visit.lang(), &visit.here)))
}
