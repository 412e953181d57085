//! The stories that every party consents to and that wait for a moderator.

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use base::Limit;
use brokering::stories;

use super::super::format::{self, Moment};
use super::super::frame::{Frame, Visit, localised};
use super::super::mishap::Mishap;
use super::super::paging::{cursor, paged};
use super::super::rich::{Words, words};
use super::frame;
use crate::app::App;
use crate::problem::Problem;

pub(super) const PATH: &str = "/staff/stories";

/// A story that waits.
pub(in super::super) struct Line {
    pub title: Words,
    pub href: String,
    pub since: Moment,
}

#[derive(Template)]
#[template(path = "staff_stories.html")]
pub(in super::super) struct StoriesPage {
    pub f: Frame,
    pub lines: Vec<Line>,
    pub total: u64,
    pub next: Option<String>,
    pub first: Option<String>,
}

pub(in super::super) async fn show(State(app): State<App>, visit: Visit) -> Result<Response, Problem> {
    let lang = visit.lang();
    let found = stories::queue(&app.brokering, &visit.who.actor, Limit::default(), cursor(&visit).as_deref()).await?;
    let paged = paged(&visit, PATH, &[], found.next.as_deref());
    let line = |story: &stories::WaitingStory| Line {
        title: words(&story.title, lang).unwrap_or(Words { text: story.deal.to_string(), lang: None }),
        href: localised(lang, &format!("/deals/{}/story", story.deal)),
        since: format::recent(lang, story.agreed_at, app.clock().now()),
    };
    Ok(Mishap::none().show(lang, |_| StoriesPage {
        f: frame(&app, &visit, "staff-stories-title", PATH),
        lines: found.items.iter().map(line).collect(),
        total: found.total,
        next: paged.next,
        first: paged.first,
    }))
}
