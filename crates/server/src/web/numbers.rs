//! The figures of the space: what is public for everybody, what waits and how long publishing takes for staff. Each
//! figure stands in a table with its bar beside it, leads to what it counts, and can be taken away (`away`).

pub(super) mod away;

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use base::{Lang, Limit, messages};
use listings::numbers::Numbers;
use search::{DocKind, Facet, FacetCount, Query};

use super::asked::Asked;
use super::format;
use super::frame::{Frame, Visit, localised, page};
use crate::api;
use crate::app::App;
use crate::problem::Problem;

const PATH: &str = "/numbers";

/// What is counted.
const KINDS: [DocKind; 3] = [DocKind::Technology, DocKind::IpAsset, DocKind::Need];
/// The charts of what is public.
const CHARTS: [(&str, Facet); 4] =
    [("kinds", Facet::Kind), ("fields", Facet::Field), ("places", Facet::Province), ("parties", Facet::PartyType)];
/// Bars of a chart; the rest is one link away.
const BARS: usize = 12;

/// A chart and its table in one.
pub(super) struct Chart {
    /// Its name in addresses.
    name: &'static str,
    /// The finding, as a sentence.
    title: String,
    /// What the first column is.
    pub(super) head: String,
    /// What is counted.
    pub(super) unit: String,
    pub(super) bars: Vec<Bar>,
    /// Where it can be had as a table, and as a drawing.
    csv: String,
    svg: String,
}

/// One row.
pub(super) struct Bar {
    pub(super) label: String,
    pub(super) href: Option<String>,
    count: u64,
    pub(super) text: String,
    /// 0 to 100 of the longest.
    pub(super) length: u64,
}

impl Chart {
    /// Two bars, for the page that shows what pages are made of.
    pub(super) fn sample(lang: Lang, href: String) -> Self {
        let bar = |label: &str, count, length| Bar {
            label: label.to_owned(),
            href: Some(href.clone()),
            count,
            text: format::count(lang, count),
            length,
        };
        let say = |key: &str| messages::say(lang, key, &[]);
        let bars = vec![bar("A", 40, 100), bar("B", 18, 45)];
        Self {
            name: "sample",
            title: say("styleguide-chart"),
            head: say("column-title"),
            unit: say("column-code"),
            bars,
            csv: href.clone(),
            svg: href.clone(),
        }
    }
}

/// A figure by itself.
struct Figure {
    label: String,
    text: String,
    about: String,
}

#[derive(Template)]
#[template(path = "numbers.html")]
struct NumbersPage {
    f: Frame,
    charts: Vec<Chart>,
    figures: Vec<Figure>,
}

/// A row: what is counted, where it is seen, how many.
type Row = (String, Option<String>, u64);

/// What is counted beside the rows of a chart.
struct Beside {
    /// What is in none of them.
    rest: Row,
    /// All there is: rows beyond the commonest are not shown.
    all: u64,
}

/// The chart of some rows, the commonest first, with what else there is as its last row; the title tells of the rows alone.
fn chart(name: &'static str, mut rows: Vec<Row>, beside: Option<Beside>, lang: Lang) -> Option<Chart> {
    let (first, count) = rows.first().filter(|r| r.2 > 0).map(|r| (r.0.clone(), r.2))?;
    let all = beside.as_ref().map_or_else(|| rows.iter().map(|r| r.2).sum(), |beside| beside.all);
    rows.extend(beside.map(|beside| beside.rest).filter(|rest| rest.2 > 0));
    let most = rows.iter().map(|r| r.2).max().unwrap_or(count);
    let (most_text, all_text) = (format::count(lang, count), format::count(lang, all));
    let say =
        |part: &str| messages::say(lang, &format!("chart-{name}{part}"), &[("first", &first), ("count", &most_text), ("all", &all_text)]);
    Some(Chart {
        name,
        title: say(""),
        head: say("-head"),
        unit: say("-unit"),
        csv: localised(lang, &format!("{PATH}/{name}.csv")),
        svg: localised(lang, &format!("{PATH}/{name}.svg")),
        bars: rows
            .into_iter()
            .map(|(label, href, count)| Bar { label, href, text: format::count(lang, count), length: count * 100 / most, count })
            .collect(),
    })
}

/// The rows of one facet.
fn counted(app: &App, lang: Lang, facet: Facet, counts: &[FacetCount]) -> Vec<Row> {
    let fields = app.vocabularies.get("fields");
    let rows = counts
        .iter()
        .filter(|c| facet != Facet::Kind || KINDS.iter().any(|kind| kind.as_str() == c.code))
        // Of fields only the widest: the narrower ones are counted in them.
        .filter(|c| facet != Facet::Field || fields.is_some_and(|f| f.path(&c.code).len() == 1))
        .map(|c| {
            let label = facet.label(&c.code, lang, &app.vocabularies);
            let all = KINDS.into_iter().fold(Asked::default(), |asked, kind| asked.toggled(Facet::Kind, kind.as_str()));
            let asked = if facet == Facet::Kind { Asked::default() } else { all };
            (label, Some(asked.toggled(facet, &c.code).address(lang, None)), c.count)
        });
    rows.take(BARS).collect()
}

async fn charts(app: &App, visit: &Visit, own: Option<&Numbers>) -> Result<Vec<Chart>, Problem> {
    let lang = visit.lang();
    let mut all = Vec::new();
    // Listings alone: a party is counted by what it posts.
    let query = Query { limit: Limit::new(1).unwrap_or_default(), facets: CHARTS.map(|c| c.1).into(), ..Query::default() };
    let query = KINDS.into_iter().fold(query, |query, kind| query.with(Facet::Kind, kind.as_str()));
    let results = api::search::run(app, &visit.who, query).await?;
    for (name, facet) in CHARTS {
        let counts = results.facets.get(&facet).map(Vec::as_slice).unwrap_or_default();
        let rows = counted(app, lang, facet, counts);
        // Places are told of all listings, those that name none among them.
        let placed: u64 = counts.iter().map(|count| count.count).sum();
        let unplaced = || (messages::say(lang, "chart-places-none", &[]), None, results.total.saturating_sub(placed));
        let beside = (facet == Facet::Province).then(|| Beside { rest: unplaced(), all: results.total });
        all.extend(chart(name, rows, beside, lang));
    }
    if let Some(own) = own {
        let rows = own.standing.iter().map(|s| {
            let kind = app.vocabularies.name("listing_kinds", s.kind.as_str(), lang);
            (format!("{kind} – {}", app.vocabularies.name("listing_status", s.status.as_str(), lang)), None, s.count)
        });
        let mut rows: Vec<Row> = rows.collect();
        rows.sort_by_key(|row| std::cmp::Reverse(row.2));
        all.extend(chart("standing", rows, None, lang));
    }
    Ok(all)
}

/// A time span in the largest unit that says enough.
fn span(lang: Lang, seconds: u64) -> String {
    let (key, count) = match seconds {
        0..3_600 => ("span-minutes", seconds.div_ceil(60)),
        3_600..172_800 => ("span-hours", seconds / 3_600),
        _ => ("span-days", seconds / 86_400),
    };
    messages::say(lang, key, &[("count", &format::count(lang, count))])
}

fn figures(own: &Numbers, lang: Lang) -> Vec<Figure> {
    let figure = |key: &str, text: String, args: &[(&str, &str)]| Figure {
        label: messages::say(lang, key, &[]),
        text,
        about: messages::say(lang, &format!("{key}-about"), args),
    };
    let mut waiting = figure("number-waiting", format::count(lang, own.waiting), &[]);
    waiting.about = own.oldest_waiting.map_or_else(
        || messages::say(lang, "number-waiting-none", &[]),
        |at| messages::say(lang, "number-waiting-about", &[("since", &format::moment(lang, at).exact)]),
    );
    let mut all = vec![waiting];
    if let Some(took) = own.time_to_publish {
        let (ninth, count) = (span(lang, took.ninth_decile_seconds), format::count(lang, took.count));
        all.push(figure("number-time", span(lang, took.median_seconds), &[("ninth", &ninth), ("count", &count)]));
    }
    all
}

/// The staff's own figures; none for everybody else.
async fn own(app: &App, visit: &Visit) -> Result<Option<Numbers>, Problem> {
    if visit.who.actor.staff.is_empty() {
        return Ok(None);
    }
    Ok(Some(listings::numbers::numbers(&app.listings, &visit.who.actor).await?))
}

pub(super) async fn show(State(app): State<App>, visit: Visit) -> Result<Response, Problem> {
    let lang = visit.lang();
    let own = own(&app, &visit).await?;
    let numbers = NumbersPage {
        f: visit.frame(&app, messages::say(lang, "numbers-title", &[])).at(PATH).about(&messages::say(lang, "numbers-about", &[])),
        charts: charts(&app, &visit, own.as_ref()).await?,
        figures: own.as_ref().map(|own| figures(own, lang)).unwrap_or_default(),
    };
    Ok(page(StatusCode::OK, lang, &numbers))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(label: &str, count: u64) -> Row {
        (label.to_owned(), None, count)
    }

    #[test]
    fn the_title_of_places_counts_those_that_name_none_among_all_and_never_as_the_first() {
        let none = |count, all| Some(Beside { rest: row("không nêu nơi", count), all });
        let one = chart("places", vec![row("Vĩnh Long", 132)], none(7, 139), Lang::Vi).unwrap();
        assert_eq!(one.title, "132 trên 139 tin ở Vĩnh Long");
        assert_eq!(
            one.bars.iter().map(|bar| (bar.label.as_str(), bar.count)).collect::<Vec<_>>(),
            [("Vĩnh Long", 132), ("không nêu nơi", 7)]
        );
        let few = chart("places", vec![row("Vĩnh Long", 2)], none(7, 9), Lang::Vi).unwrap();
        assert_eq!(few.title, "2 trên 9 tin ở Vĩnh Long");
        assert_eq!(few.bars.iter().map(|bar| bar.length).collect::<Vec<_>>(), [28, 100]);
        assert_eq!(chart("places", vec![row("Vĩnh Long", 2)], none(0, 2), Lang::Vi).unwrap().bars.len(), 1);
        assert!(chart("places", Vec::new(), none(7, 7), Lang::Vi).is_none());
        // Places beyond the commonest are among all, though they have no row.
        let rows = (0..BARS).map(|n| row(&format!("Tỉnh {n}"), 10)).collect();
        assert_eq!(chart("places", rows, none(5, 200), Lang::Vi).unwrap().title, "10 trên 200 tin ở Tỉnh 0");
    }
}
