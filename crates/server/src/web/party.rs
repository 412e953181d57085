//! The page of a party: who it is, what it can do, what it offers and seeks.

use accounts::PartyView;
use askama::Template;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use base::text::LocalisedList;
use base::{Limit, Vocabularies};
use brokering::stories::StoryFilter;
use search::{DocKind, Facet, Query, Results, Sort};
use serde_json::json;

use super::asked::Asked;
use super::card::CardView;
use super::finding::plural;
use super::format::{self, Moment};
use super::frame::{Frame, Visit, localised, page};
use super::interests::became::reply_time;
use super::listing::{Badge, Names, Pen, badge};
use super::portion::{self, Parts, ROOM_BYTES, packed, weight};
use super::rich::{Words, markdown, words};
use super::stories::{self, StoryLine};
use crate::api;
use crate::app::App;
use crate::problem::Problem;

/// Listings shown on the page; the rest is one link away.
const SHOWN: u16 = 12;
/// Bytes of what a party says of itself on the first part of its page, beside its listings.
const FIRST_BYTES: usize = 12_000;

#[derive(Template)]
#[template(path = "party.html")]
pub(super) struct PartyPage {
    pub f: Frame,
    pub title: Words,
    pub other_name: Option<String>,
    pub sort: String,
    pub place: String,
    pub verification: Badge,
    pub verified_at: Option<Moment>,
    pub presentation_html: String,
    pub presentation_lang: Option<&'static str>,
    pub lists: Vec<(&'static str, Vec<String>)>,
    /// The lists that are in another language than the page's, by their names.
    pub foreign: Vec<&'static str>,
    /// Where in what a party says of itself the page is; none where all of it is here.
    pub parts: Option<Parts>,
    /// Whether facts and listings are here: on the first part alone.
    pub is_first: bool,
    pub facts: Vec<(&'static str, String)>,
    pub website: Option<String>,
    pub is_demonstration: bool,
    pub hits: Vec<CardView>,
    /// There is no whole index yet, so that it is not known what the party lists.
    pub is_building: bool,
    pub counts: Vec<(String, u64, String)>,
    pub all: Option<String>,
    pub total: u64,
    pub stories: Vec<StoryLine>,
}

pub(super) async fn show(State(app): State<App>, visit: Visit, Path(slug): Path<String>) -> Result<Response, Problem> {
    let Some(id) = accounts::parties::find_slug(&app.accounts, &slug).await? else { return taken_in(&app, &visit, &slug).await };
    let party = accounts::parties::get(&app.accounts, &visit.who.actor, id).await?;
    let query = Query {
        party: Some(id),
        sort: Sort::Newest,
        limit: Limit::new(SHOWN).unwrap_or_default(),
        facets: vec![Facet::Kind],
        ..Query::default()
    }
    // The party itself is no listing of its own.
    .with(Facet::Kind, DocKind::Technology.as_str())
    .with(Facet::Kind, DocKind::IpAsset.as_str())
    .with(Facet::Kind, DocKind::Need.as_str());
    let results = Problem::unless_building(api::search::run(&app, &visit.who, query).await)?;
    let f = visit.frame(&app, "").at(&format!("/parties/{}", party.slug));
    let part = portion::asked(&visit)?;
    let mut shown = party_page(f, &party, results, &app.vocabularies, part).ok_or_else(Problem::not_found)?;
    if part > 0 {
        return Ok(page(StatusCode::OK, visit.lang(), &shown));
    }
    shown.facts.extend(reply_time(&app, id, visit.lang()).await?.map(|text| ("fact-reply-time", text)));
    shown.stories = stories::lines(&app, &visit, StoryFilter { party: Some(id), listing: None }).await?;
    Ok(page(StatusCode::OK, visit.lang(), &shown))
}

/// The old address of a party that another took in leads there.
async fn taken_in(app: &App, visit: &Visit, slug: &str) -> Result<Response, Problem> {
    let db = app.accounts.store().db();
    let alias = accounts::merging::moved_slug(db, slug).await?.ok_or_else(Problem::not_found)?;
    let into = accounts::parties::load_many(db, &[alias.party]).await?.pop().ok_or_else(Problem::not_found)?;
    Ok(super::listing::moved(&localised(visit.lang(), &format!("/parties/{}", into.slug))))
}

/// A list of words under the message that names it.
type WordList = (&'static str, Vec<String>);

/// What of a long presentation and long lists stands on the part with this number, and how many parts there are; none where
/// there is no such part. The presentation is one piece.
fn portion_of(presentation_html: String, lists: Vec<WordList>, part: usize) -> Option<(String, Vec<WordList>, usize)> {
    let words: Vec<(&'static str, String)> =
        lists.into_iter().flat_map(|(key, words)| words.into_iter().map(move |word| (key, word))).collect();
    let weights = std::iter::once(presentation_html.len()).chain(words.iter().map(|(_, word)| 20 + weight(word)));
    let parts = packed(weights, |part| if part == 0 { FIRST_BYTES } else { ROOM_BYTES });
    let shown = parts.get(part)?;
    let html = if part == 0 { presentation_html } else { String::new() };
    let mut lists: Vec<WordList> = Vec::new();
    // The first piece is the presentation.
    for (key, word) in words.into_iter().skip(shown.start.saturating_sub(1)).take(shown.end - shown.start.max(1)) {
        match lists.last_mut() {
            Some((last, words)) if *last == key => words.push(word),
            _ => lists.push((key, vec![word])),
        }
    }
    Some((html, lists, parts.len()))
}

/// The page of a party, or the part of it with this number from 0; none if it has no such part.
pub(super) fn party_page(
    f: Frame,
    party: &PartyView,
    results: Option<Results>,
    vocabularies: &Vocabularies,
    part: usize,
) -> Option<PartyPage> {
    let lang = f.lang;
    let profile = &party.profile;
    let pen = Pen { lang, vocabularies, names: &Names::new() };
    let title = words(&profile.names, lang).unwrap_or(Words { text: party.slug.clone(), lang: None });
    let other_name = profile.names.get(f.other()).filter(|n| *n != title.text && title.lang.is_none()).map(str::to_owned);
    let presentation = words(&profile.presentation, lang);
    let list = |key: &'static str, list: &LocalisedList| (key, list.best(lang).to_vec());
    let all = [
        ("party-capacities", &profile.capacities),
        ("party-equipment", &profile.equipment),
        ("party-standards", &profile.standards),
        ("party-interests", &profile.interests),
    ];
    let foreign = all.iter().filter(|(_, words)| words.spoken(lang) != lang).map(|(key, _)| *key).collect();
    let lists = all.map(|(key, words)| list(key, words));
    let lists = lists.into_iter().filter(|(_, words)| !words.is_empty()).collect();
    let presentation_html = presentation.as_ref().map(|w| markdown(&w.text)).unwrap_or_default();
    let (presentation_html, lists, of) = portion_of(presentation_html, lists, part)?;
    let parts = Parts::new(&localised(lang, &format!("/parties/{}", party.slug)), &[], part, of);
    let is_first = part == 0;
    let address = profile.address.as_ref();
    let province = address.map(|a| pen.name("provinces", a.province.as_str())).unwrap_or_default();
    let commune = address.and_then(|a| a.commune.as_ref()).map(|c| pen.name("communes", c.as_str()));
    let street = address.and_then(|a| a.street.clone());
    let whole: Vec<String> = [street, commune, Some(province.clone())].into_iter().flatten().filter(|t| !t.is_empty()).collect();
    let facts = [
        ("fact-address", whole.join(", ")),
        ("fact-size", profile.size.as_ref().map(|c| pen.name("size_bands", c.as_str())).unwrap_or_default()),
        ("fact-trade", profile.vsic.as_ref().map(|c| pen.name("vsic", c.as_str())).unwrap_or_default()),
        ("fact-tax-code", profile.tax_code.clone().unwrap_or_default()),
        ("fact-registration", profile.registration.clone().unwrap_or_default()),
    ];
    let website = profile.website.clone().filter(|w| w.starts_with("https://") || w.starts_with("http://"));
    let kind = if profile.party_type == "individual" { "Person" } else { "Organization" };
    let shown_title = portion::title(&f, &title.text, part);
    let mut f = f.titled(shown_title).about(presentation.as_ref().map_or("", |w| w.text.as_str()));
    f.place = "party";
    f.is_listed = f.is_listed && is_first;
    let data = json!({
        "@context": "https://schema.org", "@type": kind, "name": title.text, "url": f.canonical(), "description": f.about,
        "address": { "@type": "PostalAddress", "addressRegion": province, "addressCountry": "VN" },
        "sameAs": website,
    });
    let of_party = Asked { party: Some(party.id), sort: Sort::Newest, ..Asked::default() };
    let is_building = results.is_none();
    let (items, next, total, mut facets) = results.map_or_else(Default::default, |r| (r.items, r.next, r.total, r.facets));
    let counts = facets.remove(&Facet::Kind).unwrap_or_default();
    Some(PartyPage {
        sort: pen.name("party_types", profile.party_type.as_str()),
        place: province,
        verification: badge(&pen, party.verification.level.as_str()),
        verified_at: party.verification.at.map(|at| format::moment(lang, at)),
        presentation_html,
        presentation_lang: presentation.and_then(|w| w.lang),
        lists,
        foreign,
        parts,
        is_first,
        facts: facts.into_iter().filter(|(_, text)| !text.is_empty()).collect(),
        website,
        is_demonstration: party.demonstration,
        counts: counts
            .iter()
            .filter_map(|c| {
                let kind: DocKind = c.code.parse().ok().filter(|kind: &DocKind| kind.listing().is_some())?;
                Some((f.t(plural(kind)), c.count, of_party.among(Some(kind)).address(lang, None)))
            })
            .collect(),
        all: next.map(|_| of_party.address(lang, None)),
        total,
        is_building,
        stories: Vec::new(),
        hits: items.into_iter().map(|hit| CardView::of(hit, lang, vocabularies)).collect(),
        title,
        other_name,
        f: f.data(&data),
    })
}
