//! Experts: the page of one, which everybody reads who may see the profile, and the list of the published ones.

pub(super) mod fields;
pub(super) mod own;

use accounts::ExpertView;
use accounts::experts::{self, ExpertFilter};
use askama::Template;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use base::{Code, Limit, Vocabularies};
use serde_json::json;

use super::frame::{Frame, Visit, localised, page, parsed};
use super::paging::{cursor, paged};
use super::rich::{Words, markdown, words};
use crate::api::parties::led_on;
use crate::app::App;
use crate::problem::Problem;

/// Where they are listed.
const PATH: &str = "/experts";
/// Experts on a page of the list.
const SHOWN: u16 = 20;

/// Something the person can do.
struct Ability {
    what: Words,
    field: String,
    evidence: Option<Words>,
}

#[derive(Template)]
#[template(path = "expert.html")]
pub(super) struct ExpertPage {
    f: Frame,
    name: String,
    party: Option<(String, String)>,
    presentation_html: String,
    presentation_lang: Option<&'static str>,
    abilities: Vec<Ability>,
    services: Vec<String>,
    languages: String,
    regions: String,
    orcid: Option<String>,
    is_demonstration: bool,
}

/// An expert in the list.
struct Line {
    name: String,
    href: String,
    party: Option<String>,
    abilities: Vec<String>,
    regions: String,
}

#[derive(Template)]
#[template(path = "experts.html")]
pub(super) struct ExpertsPage {
    f: Frame,
    lines: Vec<Line>,
    total: u64,
    next: Option<String>,
    first: Option<String>,
}

pub(super) async fn show(State(app): State<App>, visit: Visit, Path(slug): Path<String>) -> Result<Response, Problem> {
    let id = experts::find_slug(&app.accounts, &slug).await?.ok_or_else(Problem::not_found)?;
    let expert = experts::get(&app.accounts, &visit.who.actor, id).await?;
    let f = visit.frame(&app, "").at(&format!("{PATH}/{}", expert.slug));
    Ok(page(StatusCode::OK, visit.lang(), &expert_page(f, &expert, &app.vocabularies)))
}

fn named(codes: &[Code], list: &str, f: &Frame, vocabularies: &Vocabularies) -> Vec<String> {
    codes.iter().map(|code| vocabularies.name(list, code.as_str(), f.lang).to_owned()).collect()
}

pub(super) fn expert_page(f: Frame, expert: &ExpertView, vocabularies: &Vocabularies) -> ExpertPage {
    let (lang, profile) = (f.lang, &expert.profile);
    let presentation = words(&profile.presentation, lang);
    let abilities: Vec<Ability> = profile
        .expertise
        .iter()
        .filter_map(|one| {
            let field = one.field.as_ref().map(|code| vocabularies.name("fields", code.as_str(), lang).to_owned());
            Some(Ability { what: words(&one.what, lang)?, field: field.unwrap_or_default(), evidence: words(&one.evidence, lang) })
        })
        .collect();
    let languages = named(&profile.languages, "spoken_languages", &f, vocabularies);
    let services = named(&profile.services, "expert_services", &f, vocabularies);
    let mut f = f.titled(profile.name.as_str());
    let said = abilities.iter().map(|a| a.what.text.as_str()).collect::<Vec<_>>().join("; ");
    f = f.about(presentation.as_ref().map_or(said.as_str(), |w| w.text.as_str()));
    f.place = "expert";
    let party = expert.affiliation.as_ref().map(|party| {
        let name = party.names.best(lang).unwrap_or_default().to_owned();
        (name, localised(lang, &format!("/parties/{}", party.slug)))
    });
    let data = json!({
        "@context": "https://schema.org", "@type": "Person", "name": profile.name, "url": f.canonical(), "description": f.about,
        "knowsAbout": abilities.iter().map(|a| a.what.text.as_str()).collect::<Vec<_>>(),
        "knowsLanguage": profile.languages,
        "affiliation": party.as_ref().map(|(name, _)| json!({"@type": "Organization", "name": name})),
        "sameAs": profile.orcid.as_ref().map(|orcid| format!("https://orcid.org/{orcid}")),
    });
    ExpertPage {
        name: profile.name.clone(),
        party,
        presentation_html: presentation.as_ref().map(|w| markdown(&w.text)).unwrap_or_default(),
        presentation_lang: presentation.and_then(|w| w.lang),
        abilities,
        services,
        languages: languages.join(", "),
        regions: named(&profile.regions, "provinces", &f, vocabularies).join(", "),
        orcid: profile.orcid.clone(),
        is_demonstration: expert.demonstration,
        f: f.data(&data),
    }
}

pub(super) async fn list(State(app): State<App>, visit: Visit) -> Result<Response, Problem> {
    let lang = visit.lang();
    let filter = ExpertFilter { party: led_on(&app, parsed(&visit, "party")?).await? };
    let found = experts::list(&app.accounts, &filter, cursor(&visit).as_deref(), Limit::new(SHOWN).unwrap_or_default()).await?;
    let party = filter.party.map(|p| p.to_string()).unwrap_or_default();
    let paged = paged(&visit, PATH, &[("party", &party)], found.next.as_deref());
    let f = visit.frame(&app, base::messages::say(lang, "experts-title", &[])).at(PATH);
    let f = f.about(&base::messages::say(lang, "experts-about", &[])).placed("expert");
    let lines = found.items.iter().map(|expert| line(expert, &f, &app.vocabularies)).collect();
    Ok(page(StatusCode::OK, lang, &ExpertsPage { lines, total: found.total, next: paged.next, first: paged.first, f }))
}

fn line(expert: &ExpertView, f: &Frame, vocabularies: &Vocabularies) -> Line {
    let profile = &expert.profile;
    Line {
        name: profile.name.clone(),
        href: localised(f.lang, &format!("{PATH}/{}", expert.slug)),
        party: expert.affiliation.as_ref().and_then(|p| p.names.best(f.lang)).map(str::to_owned),
        abilities: profile.expertise.iter().filter_map(|one| one.what.best(f.lang)).map(str::to_owned).collect(),
        regions: named(&profile.regions, "provinces", f, vocabularies).join(", "),
    }
}
