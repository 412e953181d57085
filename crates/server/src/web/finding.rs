//! The page of results: tabs, facets, chips, results, pager. The address says everything.

mod facets;
mod mended;

use std::collections::{BTreeMap, BTreeSet};

use askama::Template;
use axum::extract::{FromRequestParts as _, State};
use axum::http::{HeaderMap, Request, StatusCode};
use axum::response::{IntoResponse as _, Redirect, Response};
use base::{Lang, Vocabularies, messages};
use chrono::NaiveDate;
use search::{DateColumn, DocKind, Facet, FacetCount, Narrowed, Period, PeriodCount, Results, Sort, Viewer};

use super::asked::Asked;
use super::card::CardView;
use super::format;
use super::frame::{Frame, Visit, localised, page};
use crate::api;
use crate::app::App;
use crate::extract::Params;
use crate::problem::Problem;
use facets::{ASIDE, FacetView, LINK_BYTES};
pub(super) use mended::Mended;

/// Bytes of a page at most.
const PAGE_BYTES: usize = 60_000;
/// Chips that are shown; nobody chooses more by hand.
const CHIPS: usize = 24;

#[derive(Template)]
#[template(path = "search.html")]
pub(super) struct Finding {
    pub f: Frame,
    pub q: String,
    /// What stands in the box: more than was searched, where that was cut.
    pub typed: String,
    /// What was wrong with what was typed, and how to mend it.
    pub remarks: Vec<String>,
    pub total: u64,
    pub took_ms: u64,
    pub relaxed: bool,
    pub ignored: Vec<String>,
    pub did_you_mean: Option<Link>,
    pub tabs: Vec<Tab>,
    pub facets: Vec<FacetView>,
    pub dates: Vec<DateView>,
    pub chips: Vec<Link>,
    /// What would be found with one condition less.
    pub drops: Vec<Drop>,
    /// Where a need is posted that asks for what was typed.
    pub post: String,
    /// Where the search is kept, and its feed; nobody follows one whose address is too long.
    pub keep: String,
    pub feed: Option<String>,
    /// The results as a file, for whoever is signed in.
    pub export: Option<String>,
    pub clear: String,
    pub sorts: Vec<Tab>,
    pub fields: Vec<(&'static str, String)>,
    pub hits: Vec<CardView>,
    pub has_kinds: bool,
    pub next: Option<String>,
    pub first: Option<String>,
    pub everything: String,
}

/// A text with where it leads.
pub(super) struct Link {
    pub text: String,
    pub href: String,
}

/// A condition that can be dropped, and how many results there would be.
pub(super) struct Drop {
    pub text: String,
    pub href: String,
    pub count: u64,
}

/// A date with its usual periods and a form for any other.
pub(super) struct DateView {
    pub column: DateColumn,
    pub usual: Vec<ValueView>,
    pub names: (&'static str, &'static str),
    pub from: String,
    pub to: String,
    /// The rest of the search, to be kept.
    pub fields: Vec<(&'static str, String)>,
    pub is_narrowed: bool,
    /// Whether a day stands there that was not searched.
    pub is_odd: bool,
}

impl DateView {
    /// The message with its name.
    pub fn key(&self) -> String {
        key_of(self.column)
    }

    /// The kind of input that shows a day as it was typed: one for dates shows nothing but days.
    pub fn input(&self, day: &str) -> &'static str {
        if day.is_empty() || day.parse::<NaiveDate>().is_ok() { "date" } else { "text" }
    }
}

/// The message with a date's name.
fn key_of(column: DateColumn) -> String {
    format!("facet-{column}")
}

/// One of several ways to see the same search.
pub(super) struct Tab {
    pub text: String,
    pub count: Option<u64>,
    pub href: String,
    pub is_on: bool,
}

pub(super) struct ValueView {
    pub label: String,
    pub count: u64,
    pub href: String,
    pub is_on: bool,
    pub depth: u8,
}

/// The parameters of the query that a search understands; what advertisers and mail programs add is left out.
pub(super) async fn params(query: &str) -> Result<Params, Problem> {
    let is_known = |name: &str| api::search::is_known(name) && !matches!(name, "limit" | "facets");
    let pairs = form_urlencoded::parse(query.as_bytes()).filter(|(name, _)| is_known(name));
    let kept: String = form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish();
    let request = Request::builder().uri(format!("/?{kept}")).body(()).map_err(|_| Problem::malformed("bad-address"))?;
    Params::from_request_parts(&mut request.into_parts().0, &()).await
}

pub(super) async fn show(State(app): State<App>, visit: Visit, headers: HeaderMap) -> Result<Response, Problem> {
    let lang = visit.lang();
    let (sent, mut mended) = Mended::of(&visit.query, lang);
    let mut query = api::search::read(&app, params(&sent).await?).await?;
    narrow(&mut query, &app.vocabularies);
    mended.values(&mut query.filters, lang);
    if query.filters.contains_key(&Facet::Province) {
        query.facets.push(Facet::Commune);
    }
    let asked = Asked::of(&query);
    // Among technologies and needs it says nothing, and would stand above what does.
    if asked.kind() == Some(DocKind::IpAsset) || asked.filters.contains_key(&Facet::IpKind) {
        query.facets.push(Facet::IpKind);
    }
    let cursor = query.cursor.clone();
    let results = match api::search::run(&app, &visit.who, query).await {
        // The synonyms or weights have changed since the page before, or it was none of this search: it begins anew.
        Err(problem) if cursor.is_some() && problem.is_of_parameter("cursor") => {
            return Ok(Redirect::to(&asked.address(lang, None)).into_response());
        }
        found => found?,
    };
    // Whoever sends a code wants that page and no list of one; whoever is still typing stays here.
    let is_typing = headers.contains_key("hx-request");
    if let (Some(card), None, false) = (&results.named, &cursor, is_typing) {
        return Ok(Redirect::to(&localised(lang, &super::card::path(card))).into_response());
    }
    let party = match asked.party {
        Some(id) => app.search.card(id.0, &Viewer::of(&visit.who.actor))?.map(|card| card.title(lang).to_owned()),
        None => None,
    };
    let here = asked.path(cursor.as_deref());
    let f = visit.frame(&app, "").exactly_at(&here);
    let finding = finding(f, &app.vocabularies, &asked, cursor.is_some(), party, results, mended);
    Ok(page(StatusCode::OK, lang, &finding))
}

/// Of values that lie below each other the lower counts: whoever ticks one below another wants less, and not both.
fn narrow(query: &mut search::Query, vocabularies: &Vocabularies) {
    for (facet, values) in query.filters.iter_mut().filter(|(facet, _)| facet.is_nested()) {
        let above: BTreeSet<String> = values.iter().flat_map(|code| facet.path(code, vocabularies).into_iter().skip(1)).collect();
        values.retain(|code| !above.contains(code));
    }
}

pub(super) fn finding(
    f: Frame,
    vocabularies: &Vocabularies,
    asked: &Asked,
    is_later: bool,
    party: Option<String>,
    results: Results,
    mended: Mended,
) -> Finding {
    let lang = f.lang;
    let title = if asked.q.is_empty() { f.t("search-all") } else { format!("“{}” – {}", asked.q, f.t("search-title")) };
    let mut f = f.titled(title);
    (f.has_search, f.has_nav) = (false, false);
    f.place = asked.kind().map_or("", DocKind::as_str);
    // The plain list of a kind is a page for search engines; a search is not.
    f.is_listed = !is_later && *asked == Asked::default().among(asked.kind());
    let mut tabs = tabs(&f, asked, results.facets.get(&Facet::Kind).map(Vec::as_slice).unwrap_or_default());
    let is_long = asked.path(None).len() > LINK_BYTES / ASIDE.len();
    // Each of these has the whole of a long address in it: those that lead to nothing are left out.
    tabs.retain(|tab| !is_long || tab.is_on || tab.count != Some(0));
    let sorts =
        [(Sort::Relevance, "sort-relevance"), (Sort::Newest, "sort-newest"), (Sort::Trl, "sort-trl"), (Sort::ClosingSoon, "sort-closing")]
            .into_iter()
            .map(|(sort, key)| Tab { text: f.t(key), count: None, href: asked.sorted(sort).address(lang, None), is_on: asked.sort == sort })
            .filter(|_| !is_long)
            .collect();
    let counts = results.facets;
    let mut finding = Finding {
        q: asked.q.clone(),
        dates: dates(asked, &results.periods, &mended, lang),
        typed: mended.text.unwrap_or_else(|| asked.q.clone()),
        remarks: mended.remarks,
        total: results.total,
        took_ms: results.took_ms,
        relaxed: results.relaxed,
        did_you_mean: results.did_you_mean.map(|text| Link { href: asked.asking(&text).address(lang, None), text }),
        ignored: results.ignored,
        tabs,
        facets: Vec::new(),
        drops: drops(asked, &results.without, lang, vocabularies),
        post: super::posting::new_need(&asked.q, lang),
        keep: asked.address(lang, None).replacen("/search", "/my/searches/new", 1),
        feed: Some(asked.address(lang, None).replacen("/search", "/search/feed", 1)).filter(|_| !is_long),
        export: Some(asked.export("csv")).filter(|_| f.is_signed_in && results.total > 0),
        chips: chips(asked, party, lang, vocabularies),
        clear: asked.bare().address(lang, None),
        sorts,
        fields: asked.fields(),
        has_kinds: asked.kind().is_none(),
        hits: results.items.into_iter().map(|hit| CardView::of(hit, lang, vocabularies)).collect(),
        next: results.next.map(|cursor| asked.address(lang, Some(&cursor))),
        first: is_later.then(|| asked.address(lang, None)),
        everything: asked.asking("").bare().address(lang, None),
        f,
    };
    // The facets take what room the rest leaves.
    let weight = finding.render().map_or(PAGE_BYTES, |html| html.len());
    finding.facets = facets::views(&counts, asked, lang, vocabularies, PAGE_BYTES.saturating_sub(weight));
    finding
}

fn tabs(f: &Frame, asked: &Asked, counts: &[FacetCount]) -> Vec<Tab> {
    let all = Tab {
        text: f.t("kind-all"),
        count: Some(counts.iter().map(|c| c.count).sum()),
        href: asked.among(None).address(f.lang, None),
        is_on: asked.kind().is_none(),
    };
    let kinds = DocKind::ALL.map(|kind| Tab {
        text: f.t(plural(kind)),
        count: Some(counts.iter().find(|c| c.code == kind.as_str()).map_or(0, |c| c.count)),
        href: asked.among(Some(kind)).address(f.lang, None),
        is_on: asked.kind() == Some(kind),
    });
    std::iter::once(all).chain(kinds).collect()
}

/// The message with a kind's name for a list.
pub(super) fn plural(kind: DocKind) -> &'static str {
    match kind {
        DocKind::Technology => "kind-technologies",
        DocKind::IpAsset => "kind-ip-assets",
        DocKind::Need => "kind-needs",
        DocKind::Party => "kind-parties",
        DocKind::Expert => "kind-experts",
    }
}

fn chips(asked: &Asked, party: Option<String>, lang: Lang, vocabularies: &Vocabularies) -> Vec<Link> {
    let mut chips: Vec<Link> = Vec::new();
    if asked.party.is_some() {
        chips.push(Link { text: party.unwrap_or_else(|| "…".to_owned()), href: asked.of_anybody().address(lang, None) });
    }
    for (facet, values) in asked.filters.iter().filter(|(facet, _)| **facet != Facet::Kind || asked.kind().is_none()) {
        if *facet == Facet::Trl
            && let Some(text) = levels(values)
        {
            chips.push(Link { text, href: asked.whatever(Narrowed::Facet(Facet::Trl)).address(lang, None) });
            continue;
        }
        for code in values {
            let text = short(*facet, &facet.label(code, lang, vocabularies));
            chips.push(Link { text, href: asked.without(*facet, code).address(lang, None) });
        }
    }
    for (column, period) in &asked.periods {
        chips.push(Link { text: period_text(*column, *period, lang), href: asked.whatever(Narrowed::Date(*column)).address(lang, None) });
    }
    chips.truncate(CHIPS);
    chips
}

/// Readiness levels that follow each other, as one: `TRL 4–6`, `TRL ≥ 7`; none for one alone or with gaps.
fn levels(values: &BTreeSet<String>) -> Option<String> {
    let all: Vec<u8> = values.iter().map(|value| value.parse().ok()).collect::<Option<_>>()?;
    let (first, last) = (*all.first()?, *all.last()?);
    if all.len() < 2 || usize::from(last - first) + 1 != all.len() {
        return None;
    }
    Some(if last == 9 { format!("TRL ≥ {first}") } else { format!("TRL {first}–{last}") })
}

/// What is looked for, in words: what was typed, then what it is narrowed to.
pub(super) fn in_words(asked: &Asked, party: Option<String>, lang: Lang, vocabularies: &Vocabularies) -> Vec<String> {
    let kind = asked.kind().map(|kind| messages::say(lang, plural(kind), &[]));
    let typed = Some(asked.q.clone()).filter(|q| !q.is_empty()).map(|q| format!("“{q}”"));
    let narrowed = chips(asked, party, lang, vocabularies).into_iter().map(|chip| chip.text);
    typed.into_iter().chain(kind).chain(narrowed).collect()
}

/// What a period is called beside others: `Đăng: từ 26/10/2026`.
fn period_text(column: DateColumn, period: Period, lang: Lang) -> String {
    let day = |day: Option<NaiveDate>| day.map(|day| format::day(lang, day)).unwrap_or_default();
    let key = match (period.from, period.to) {
        (Some(_), Some(_)) => "period-between",
        (Some(_), None) => "period-from",
        (None, _) => "period-to",
    };
    let days = messages::say(lang, key, &[("from", &day(period.from)), ("to", &day(period.to))]);
    format!("{}: {days}", messages::say(lang, &key_of(column), &[]))
}

/// What would be found with one condition less, most first.
fn drops(asked: &Asked, without: &BTreeMap<Narrowed, u64>, lang: Lang, vocabularies: &Vocabularies) -> Vec<Drop> {
    let mut drops: Vec<Drop> = without
        .iter()
        .filter(|(_, count)| **count > 0)
        .map(|(by, count)| {
            let text = match by {
                Narrowed::Facet(facet) => {
                    let values = asked.filters.get(facet).into_iter().flatten().take(3);
                    values.map(|code| short(*facet, &facet.label(code, lang, vocabularies))).collect::<Vec<_>>().join(", ")
                }
                Narrowed::Date(column) => period_text(*column, asked.periods.get(column).copied().unwrap_or_default(), lang),
            };
            Drop { text, href: asked.whatever(*by).address(lang, None), count: *count }
        })
        .collect();
    drops.sort_by_key(|drop| std::cmp::Reverse(drop.count));
    drops
}

/// The dates with their periods; none where nothing could be narrowed by them.
fn dates(asked: &Asked, counts: &BTreeMap<DateColumn, Vec<PeriodCount>>, mended: &Mended, lang: Lang) -> Vec<DateView> {
    let is_long = asked.path(None).len() > LINK_BYTES / ASIDE.len();
    let views = counts.iter().map(|(column, counts)| {
        let value = |count: &PeriodCount| ValueView {
            label: api::search::period_label(count.code, lang),
            count: count.count,
            href: asked.toggled_period(*column, count.period).address(lang, None),
            is_on: asked.periods.get(column) == Some(&count.period),
            depth: 0,
        };
        let names = api::search::date_names(*column);
        let period = asked.periods.get(column).copied().unwrap_or_default();
        let day = |name: &str, day: Option<NaiveDate>| {
            let searched = day.map(|day| day.to_string()).unwrap_or_default();
            mended.days.get(name).cloned().unwrap_or(searched)
        };
        let is_worth = |c: &&PeriodCount| !is_long && (c.count > 0 || asked.periods.get(column) == Some(&c.period));
        DateView {
            column: *column,
            usual: counts.iter().filter(is_worth).map(value).collect(),
            names,
            from: day(names.0, period.from),
            to: day(names.1, period.to),
            fields: kept(asked, Narrowed::Date(*column)),
            is_narrowed: asked.periods.contains_key(column),
            is_odd: mended.days.contains_key(names.0) || mended.days.contains_key(names.1),
        }
    });
    // Without its links a date is shown where its days are to be mended.
    views.filter(|view| view.is_odd || (!is_long && (view.is_narrowed || !view.usual.is_empty()))).collect()
}

/// The hidden fields of a form that asks for other values of a facet or other days, and keeps the rest.
fn kept(asked: &Asked, but: Narrowed) -> Vec<(&'static str, String)> {
    let words = Some(("q", asked.q.clone())).filter(|_| !asked.q.is_empty());
    words.into_iter().chain(asked.whatever(but).fields()).collect()
}

/// `TRL 7 – …` is `TRL 7` where there is little room.
fn short(facet: Facet, label: &str) -> String {
    match label.split_once(" – ") {
        Some((level, _)) if facet == Facet::Trl => level.to_owned(),
        _ => label.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::levels;

    #[test]
    fn levels_that_follow_each_other_are_one_chip() {
        let of = |all: &[&str]| levels(&all.iter().map(|l| (*l).to_owned()).collect());
        assert_eq!(of(&["5", "6", "7", "8", "9"]).unwrap(), "TRL ≥ 5");
        assert_eq!(of(&["4", "5", "6"]).unwrap(), "TRL 4–6");
        assert_eq!((of(&["4"]), of(&["4", "6"]), of(&["none"])), (None, None, None));
    }
}
