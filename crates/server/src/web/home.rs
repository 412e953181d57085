//! The first page: a search box and real listings.

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use base::Limit;
use brokering::stories::StoryFilter;
use search::{DocKind, Facet, Query, Sort};
use serde_json::json;

use super::asked::Asked;
use super::card::CardView;
use super::frame::{Frame, Visit, page};
use super::language;
use super::stories::{self, StoryLine};
use crate::api;
use crate::app::App;
use crate::problem::Problem;

/// How many of a kind are shown.
const SHOWN: u16 = 6;

#[derive(Template)]
#[template(path = "home.html")]
pub(super) struct Home {
    pub f: Frame,
    pub technologies: Vec<CardView>,
    pub needs: Vec<CardView>,
    pub stories: Vec<StoryLine>,
    pub numbers: Vec<Number>,
    /// There is no whole index yet, so that nothing is known of what it has.
    pub is_building: bool,
}

/// How many of a kind there are, and the way to them.
pub(super) struct Number {
    pub kind: DocKind,
    pub count: u64,
    pub href: String,
}

impl Number {
    /// The message with the noun behind the figure, which says how many.
    pub fn noun(&self) -> &'static str {
        match self.kind {
            DocKind::Technology => "noun-technology",
            DocKind::IpAsset => "noun-ip-asset",
            DocKind::Need => "noun-need",
            DocKind::Party => "noun-party",
            DocKind::Expert => "noun-expert",
        }
    }
}

fn newest(kind: DocKind) -> Query {
    Query { sort: Sort::Newest, limit: Limit::new(SHOWN).unwrap_or_default(), facets: Vec::new(), ..Query::default() }
        .with(Facet::Kind, kind.as_str())
}

pub(super) async fn show(State(app): State<App>, visit: Visit) -> Result<Response, Problem> {
    if let Some(elsewhere) = language::home_of(&visit) {
        return Ok(elsewhere);
    }
    let lang = visit.lang();
    let counts = Query { limit: Limit::new(1).unwrap_or_default(), facets: vec![Facet::Kind], ..Query::default() };
    let found = tokio::try_join!(
        api::search::run(&app, &visit.who, newest(DocKind::Technology)),
        api::search::run(&app, &visit.who, newest(DocKind::Need)),
        api::search::run(&app, &visit.who, counts),
    );
    let found = Problem::unless_building(found)?;
    let is_building = found.is_none();
    let (technologies, needs, mut facets) =
        found.map_or_else(Default::default, |(technologies, needs, counts)| (technologies.items, needs.items, counts.facets));
    let kinds = facets.remove(&Facet::Kind).unwrap_or_default();
    let cards = |hits: Vec<search::Hit>| hits.into_iter().map(|hit| CardView::of(hit, lang, &app.vocabularies)).collect();
    let number = |kind: DocKind| Number {
        kind,
        count: kinds.iter().find(|c| c.code == kind.as_str()).map_or(0, |c| c.count),
        href: Asked::default().among(Some(kind)).address(lang, None),
    };
    let mut f = visit.frame(&app, "").at("/").about(&base::messages::say(lang, "home-about", &[]));
    f.has_search = false;
    let data = json!({
        "@context": "https://schema.org",
        "@type": "WebSite",
        "name": f.space_name(),
        "url": f.canonical(),
        "inLanguage": lang.code(),
        "publisher": { "@type": "GovernmentOrganization", "name": f.operator() },
        "potentialAction": {
            "@type": "SearchAction",
            "target": format!("{}{}?q={{search_term_string}}", app.settings.public_url, f.href("/search")),
            "query-input": "required name=search_term_string",
        },
    });
    let home = Home {
        f: f.data(&data),
        technologies: cards(technologies),
        needs: cards(needs),
        stories: stories::lines(&app, &visit, StoryFilter::default()).await?,
        numbers: if is_building { Vec::new() } else { DocKind::ALL.map(number).into() },
        is_building,
    };
    Ok(page(StatusCode::OK, lang, &home))
}
