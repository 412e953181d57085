//! The page of results: tabs, facets, chips, results, pager. The address says everything.

use std::collections::{BTreeMap, BTreeSet, HashMap};

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

/// The facets at the side, in their order; kinds are the tabs.
const ASIDE: [Facet; 11] = [
    Facet::IpKind,
    Facet::Field,
    Facet::Trl,
    Facet::Cooperation,
    Facet::IprStatus,
    Facet::Province,
    Facet::Commune,
    Facet::PartyType,
    Facet::PriceBand,
    Facet::Ipc,
    Facet::Language,
];
/// Values of a facet that are open at once, and at all.
const OPEN: usize = 6;
const MOST: usize = 16;
/// Bytes that the links of facets may take together: a longer query makes longer links, so there are fewer of them.
const LINK_BYTES: usize = 16_000;
/// Chips that are shown; nobody chooses more by hand.
const CHIPS: usize = 24;

#[derive(Template)]
#[template(path = "search.html")]
pub(super) struct Finding {
    pub f: Frame,
    pub q: String,
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
}

impl DateView {
    /// The message with its name.
    pub fn key(&self) -> String {
        key_of(self.column)
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

pub(super) struct FacetView {
    pub name: &'static str,
    pub open: Vec<ValueView>,
    pub more: Vec<ValueView>,
}

impl FacetView {
    /// The message with its name.
    pub fn key(&self) -> String {
        format!("facet-{}", self.name.replace('_', "-"))
    }

    /// How many values are not open at once.
    pub fn rest(&self) -> u64 {
        self.more.len() as u64
    }
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
    let mut query = api::search::read(&app, params(&visit.query).await?).await?;
    if query.filters.contains_key(&Facet::Province) {
        query.facets.push(Facet::Commune);
    }
    let asked = Asked::of(&query);
    // Among technologies and needs it says nothing, and would stand above what does.
    if asked.kind() == Some(DocKind::IpAsset) || asked.filters.contains_key(&Facet::IpKind) {
        query.facets.push(Facet::IpKind);
    }
    let cursor = query.cursor.clone();
    let results = api::search::run(&app, &visit.who, query).await?;
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
    let finding = finding(f, &app.vocabularies, &asked, cursor.is_some(), party, results);
    Ok(page(StatusCode::OK, lang, &finding))
}

pub(super) fn finding(
    f: Frame,
    vocabularies: &Vocabularies,
    asked: &Asked,
    is_later: bool,
    party: Option<String>,
    results: Results,
) -> Finding {
    let lang = f.lang;
    let title = if asked.q.is_empty() { f.t("search-all") } else { format!("“{}” – {}", asked.q, f.t("search-title")) };
    let mut f = f.titled(title);
    (f.has_search, f.has_nav) = (false, false);
    f.place = asked.kind().map_or("", DocKind::as_str);
    // The plain list of a kind is a page for search engines; a search is not.
    f.is_listed = !is_later && *asked == Asked::default().among(asked.kind());
    let mut tabs = tabs(&f, asked, results.facets.get(&Facet::Kind).map(Vec::as_slice).unwrap_or_default());
    let facets = ASIDE.into_iter().filter_map(|facet| facet_view(facet, results.facets.get(&facet)?, asked, lang, vocabularies)).collect();
    let is_long = asked.path(None).len() > LINK_BYTES / ASIDE.len();
    // Each of these has the whole of a long address in it: those that lead to nothing are left out.
    tabs.retain(|tab| !is_long || tab.is_on || tab.count != Some(0));
    let sorts =
        [(Sort::Relevance, "sort-relevance"), (Sort::Newest, "sort-newest"), (Sort::Trl, "sort-trl"), (Sort::ClosingSoon, "sort-closing")]
            .into_iter()
            .map(|(sort, key)| Tab { text: f.t(key), count: None, href: asked.sorted(sort).address(lang, None), is_on: asked.sort == sort })
            .filter(|_| !is_long)
            .collect();
    Finding {
        q: asked.q.clone(),
        total: results.total,
        took_ms: results.took_ms,
        relaxed: results.relaxed,
        did_you_mean: results.did_you_mean.map(|text| Link { href: asked.asking(&text).address(lang, None), text }),
        ignored: results.ignored,
        tabs,
        facets,
        dates: dates(asked, &results.periods, lang),
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
    }
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
fn dates(asked: &Asked, counts: &BTreeMap<DateColumn, Vec<PeriodCount>>, lang: Lang) -> Vec<DateView> {
    let is_long = asked.path(None).len() > LINK_BYTES / ASIDE.len();
    let views = counts.iter().filter(|_| !is_long).map(|(column, counts)| {
        let value = |count: &PeriodCount| ValueView {
            label: api::search::period_label(count.code, lang),
            count: count.count,
            href: asked.toggled_period(*column, count.period).address(lang, None),
            is_on: asked.periods.get(column) == Some(&count.period),
            depth: 0,
        };
        let day = |day: Option<NaiveDate>| day.map(|day| day.to_string()).unwrap_or_default();
        let period = asked.periods.get(column).copied().unwrap_or_default();
        let rest = asked.whatever(Narrowed::Date(*column));
        let words = Some(("q", asked.q.clone())).filter(|_| !asked.q.is_empty());
        DateView {
            column: *column,
            usual: counts.iter().filter(|c| c.count > 0 || asked.periods.get(column) == Some(&c.period)).map(value).collect(),
            names: api::search::date_names(*column),
            from: day(period.from),
            to: day(period.to),
            fields: words.into_iter().chain(rest.fields()).collect(),
            is_narrowed: asked.periods.contains_key(column),
        }
    });
    views.filter(|view| view.is_narrowed || !view.usual.is_empty()).collect()
}

/// `TRL 7 – …` is `TRL 7` where there is little room.
fn short(facet: Facet, label: &str) -> String {
    match label.split_once(" – ") {
        Some((level, _)) if facet == Facet::Trl => level.to_owned(),
        _ => label.to_owned(),
    }
}

fn facet_view(facet: Facet, counts: &[FacetCount], asked: &Asked, lang: Lang, vocabularies: &Vocabularies) -> Option<FacetView> {
    let is_narrowed = asked.filters.get(&facet).is_some_and(|values| !values.is_empty());
    if counts.is_empty() || (counts.len() < 2 && !is_narrowed) {
        return None;
    }
    let value = |count: &FacetCount, depth: u8| ValueView {
        label: count.label.clone(),
        count: count.count,
        is_on: asked.has(facet, &count.code),
        href: if facet.is_nested() { asked.toggled_nested(facet, vocabularies, &count.code) } else { asked.toggled(facet, &count.code) }
            .address(lang, None),
        depth,
    };
    let mut values: Vec<ValueView> = match facet {
        _ if facet.is_nested() => tree(facet, counts, asked, vocabularies).into_iter().map(|(count, depth)| value(count, depth)).collect(),
        Facet::Trl => {
            let mut levels: Vec<&FacetCount> = counts.iter().collect();
            levels.sort_by(|a, b| b.code.cmp(&a.code));
            levels.into_iter().map(|count| value(count, 0)).collect()
        }
        Facet::PriceBand => {
            // In the order of the list: from free to dear.
            let list = facet.vocabulary().and_then(|list| vocabularies.get(list)).map(|list| list.terms.as_slice()).unwrap_or_default();
            let mut bands: Vec<&FacetCount> = counts.iter().collect();
            bands.sort_by_key(|count| list.iter().position(|term| term.code == count.code.as_str()));
            bands.into_iter().map(|count| value(count, 0)).collect()
        }
        // The space has the names of its own province's communes; numbers alone help nobody to choose.
        Facet::Commune => counts.iter().filter(|count| count.label != count.code).map(|count| value(count, 0)).collect(),
        _ => counts.iter().map(|count| value(count, 0)).collect(),
    };
    if values.is_empty() {
        return None;
    }
    let most = MOST.min(LINK_BYTES / asked.path(None).len() / ASIDE.len());
    if most == 0 {
        return None;
    }
    let open = OPEN.min(most);
    // What is chosen stays in sight.
    let open = open.max(values.iter().rposition(|v| v.is_on).map_or(0, |at| at + 1)).min(most);
    // The nine levels belong together.
    let open = if facet == Facet::Trl { open.max(9).min(most) } else { open };
    values.truncate(most);
    let more = values.split_off(open.min(values.len()));
    Some(FacetView { name: facet.as_str(), open: values, more })
}

/// Fields and patent classes as a tree: the widest always, what lies below one only where the search was narrowed to it.
fn tree<'a>(facet: Facet, counts: &'a [FacetCount], asked: &Asked, vocabularies: &Vocabularies) -> Vec<(&'a FacetCount, u8)> {
    let mut below: HashMap<Option<String>, Vec<&'a FacetCount>> = HashMap::new();
    for count in counts {
        below.entry(facet.parent(&count.code, vocabularies)).or_default().push(count);
    }
    let chosen: BTreeSet<String> =
        asked.filters.get(&facet).into_iter().flatten().flat_map(|code| facet.path(code, vocabularies)).collect();
    let mut out = Vec::new();
    // What is still to be written, the next one last.
    let mut waiting: Vec<(&FacetCount, u8)> = below.remove(&None).into_iter().flatten().rev().map(|count| (count, 0)).collect();
    while let Some((count, depth)) = waiting.pop() {
        out.push((count, depth));
        if chosen.contains(&count.code) {
            let inner = below.remove(&Some(count.code.clone())).into_iter().flatten();
            waiting.extend(inner.rev().map(|count| (count, depth + 1)));
        }
    }
    out
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
