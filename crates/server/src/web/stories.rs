//! Success stories: the public list, a story's page, and the lines by which other pages lead to stories (the first page, a
//! listing, a party). What is linked and who is named was decided in `brokering::stories`.

pub(super) mod edit;
pub(super) mod of_deal;

use askama::Template;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use base::{Lang, Limit, messages};
use brokering::stories::{self, StoryCard, StoryContent, StoryFigure, StoryFilter, StoryListing, StoryParty, StoryView};
use serde_json::{Value, json};

use super::format::{self, Moment};
use super::frame::{Frame, Visit, localised, page};
use super::paging::{cursor, paged};
use super::rich::{Words, markdown, words};
use crate::app::App;
use crate::problem::Problem;

const PATH: &str = "/stories";
/// Stories on a page of the list.
const LISTED: u16 = 12;
/// Stories that another page leads to.
const SHOWN: u16 = 3;

/// A story that a page leads to.
pub(super) struct StoryLine {
    pub title: Words,
    pub summary: Option<Words>,
    pub href: String,
    pub parties: String,
    pub moment: Moment,
}

fn line(card: &StoryCard, lang: Lang) -> StoryLine {
    StoryLine {
        title: words(&card.title, lang).unwrap_or(Words { text: card.slug.clone(), lang: None }),
        summary: words(&card.summary, lang),
        href: localised(lang, &card.url),
        parties: card.parties.iter().map(|p| p.name.best(lang).unwrap_or(&p.slug)).collect::<Vec<_>>().join(" · "),
        moment: format::moment(lang, card.published_at),
    }
}

/// The newest stories of a filter, for another page.
pub(super) async fn lines(app: &App, visit: &Visit, filter: StoryFilter) -> Result<Vec<StoryLine>, Problem> {
    let limit = Limit::new(SHOWN).unwrap_or_default();
    let found = stories::list(&app.brokering, &visit.who.actor, &filter, limit, None).await?;
    Ok(found.items.iter().map(|card| line(card, visit.lang())).collect())
}

#[derive(Template)]
#[template(path = "stories.html")]
pub(super) struct StoriesPage {
    pub f: Frame,
    pub stories: Vec<StoryLine>,
    pub total: u64,
    pub next: Option<String>,
    pub first: Option<String>,
}

pub(super) async fn list(State(app): State<App>, visit: Visit) -> Result<Response, Problem> {
    let lang = visit.lang();
    let limit = Limit::new(LISTED).unwrap_or_default();
    let found = stories::list(&app.brokering, &visit.who.actor, &StoryFilter::default(), limit, cursor(&visit).as_deref()).await?;
    let paged = paged(&visit, PATH, &[], found.next.as_deref());
    let mut f = visit.frame(&app, messages::say(lang, "stories-title", &[])).at(PATH).about(&messages::say(lang, "stories-about", &[]));
    // The list begins at one address.
    f.is_listed = paged.first.is_none();
    let shown = StoriesPage {
        f,
        stories: found.items.iter().map(|card| line(card, lang)).collect(),
        total: found.total,
        next: paged.next,
        first: paged.first,
    };
    Ok(page(StatusCode::OK, lang, &shown))
}

/// A figure as it is told.
pub(super) struct FigureLine {
    pub label: Words,
    pub figure: String,
}

/// A name with its page and what it is.
pub(super) struct NamedLine {
    pub name: String,
    pub href: String,
    pub about: String,
}

/// What a story says, ready for a page.
pub(super) struct Told {
    pub title: Words,
    pub summary: Option<Words>,
    pub body_html: String,
    pub body_lang: Option<&'static str>,
    pub figures: Vec<FigureLine>,
    pub kind: String,
    pub parties: Vec<NamedLine>,
    pub listings: Vec<NamedLine>,
}

fn figure(figure: &StoryFigure, lang: Lang) -> Option<FigureLine> {
    let (label, value) = (words(&figure.label, lang)?, figure.value?);
    let unit = figure.unit.best(lang).unwrap_or_default();
    Some(FigureLine { label, figure: format::figure(lang, value, unit) })
}

/// A story's content in a reader's language, with whom it names and what it links.
pub(super) fn told(
    app: &App,
    content: &StoryContent,
    kind: String,
    parties: impl Iterator<Item = StoryParty>,
    listings: &[StoryListing],
    lang: Lang,
) -> Told {
    let body = words(&content.body, lang);
    let party = |p: StoryParty| NamedLine {
        name: p.name.best(lang).unwrap_or(&p.slug).to_owned(),
        href: localised(lang, &format!("/parties/{}", p.slug)),
        about: app.vocabularies.name("deal_roles", p.role.as_str(), lang).to_owned(),
    };
    let listing = |l: &StoryListing| NamedLine {
        name: l.title.best(lang).unwrap_or(&l.code).to_owned(),
        href: localised(lang, &l.url),
        about: l.code.clone(),
    };
    Told {
        title: words(&content.title, lang).unwrap_or(Words { text: messages::say(lang, "story-untitled", &[]), lang: None }),
        summary: words(&content.summary, lang),
        body_html: body.as_ref().map(|w| markdown(&w.text)).unwrap_or_default(),
        body_lang: body.and_then(|w| w.lang),
        figures: content.figures.iter().filter_map(|one| figure(one, lang)).collect(),
        kind,
        parties: parties.map(party).collect(),
        listings: listings.iter().map(listing).collect(),
    }
}

#[derive(Template)]
#[template(path = "story.html")]
pub(super) struct StoryPage {
    pub f: Frame,
    pub told: Told,
    pub moment: Moment,
    pub is_translated: bool,
}

pub(super) async fn show(State(app): State<App>, visit: Visit, Path(slug): Path<String>) -> Result<Response, Problem> {
    let lang = visit.lang();
    let view = stories::of_slug(&app.brokering, &visit.who.actor, &slug).await?;
    let content = StoryContent {
        title: view.title.clone(),
        summary: view.summary.clone(),
        body: view.body.clone(),
        figures: view.figures.clone(),
        listings: Vec::new(),
    };
    let told = told(&app, &content, view.kind_name.clone(), view.parties.iter().cloned(), &view.listings, lang);
    let about = told.summary.as_ref().map_or("", |w| w.text.as_str());
    let f = visit.frame(&app, told.title.text.as_str()).at(&view.url).about(about);
    let data = structured(&f, &view, &told);
    let shown = StoryPage {
        f: f.data(&data),
        moment: format::moment(lang, view.published_at),
        is_translated: view.title.get(lang).is_some(),
        told,
    };
    Ok(page(StatusCode::OK, lang, &shown))
}

/// What search engines read: schema.org. Nothing that the page does not show.
fn structured(f: &Frame, view: &StoryView, told: &Told) -> Value {
    let party = |p: &NamedLine| json!({ "@type": "Organization", "name": p.name });
    let written_in = told.title.lang.unwrap_or(f.lang.code());
    json!({
        "@context": "https://schema.org",
        "@type": "Article",
        "headline": told.title.text,
        "description": f.about,
        "url": f.canonical(),
        "inLanguage": written_in,
        "datePublished": view.published_at.format("%Y-%m-%dT%H:%M:%SZ").to_string(),
        "publisher": { "@type": "GovernmentOrganization", "name": f.operator() },
        "about": told.parties.iter().map(party).collect::<Vec<_>>(),
    })
}
