//! The page of what was recorded of a deal, version by version: contract, outcome and papers, with who wrote each when and why.

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use base::{DealId, Limit, messages};
use brokering::deals::{self, RecordView, Recorded};

use super::super::fields::Context;
use super::super::format::{self, Moment};
use super::super::frame::{Frame, Visit, localised, page};
use super::super::paging::{cursor, paged};
use super::{asked, lines, say};
use crate::app::App;
use crate::extract::Id;
use crate::problem::Problem;

/// One version.
struct VersionLine {
    title: String,
    by: String,
    at: Moment,
    reason: String,
    told: Vec<(String, String)>,
}

#[derive(Template)]
#[template(path = "deal_records.html")]
struct RecordsPage {
    f: Frame,
    code: String,
    deal: String,
    lines: Vec<VersionLine>,
    next: Option<String>,
    first: Option<String>,
}

fn version(one: RecordView, cx: &Context<'_>) -> Result<VersionLine, Problem> {
    let lang = cx.lang;
    let told = match (&one.contract, &one.outcome, &one.paper) {
        (Some(contract), ..) => {
            let mut told = lines(&asked::CONTRACT, contract, cx)?;
            if !contract.contents.is_empty() {
                told.push((say(lang, "deal-field-contents"), format::count(lang, contract.contents.len() as u64)));
            }
            told
        }
        (_, Some(outcome), _) => lines(&asked::OUTCOME, outcome, cx)?,
        (.., Some(paper)) => lines(&asked::PAPER, paper, cx)?,
        _ => Vec::new(),
    };
    let title = match one.what {
        Recorded::Contract => say(lang, "deal-contract"),
        Recorded::Outcome => say(lang, "deal-outcome"),
        Recorded::Paper => say(lang, "deal-field-paper"),
    };
    Ok(VersionLine {
        title,
        by: one.name.unwrap_or_else(|| say(lang, "by-the-space")),
        at: format::moment(lang, one.noted_at),
        reason: one.reason,
        told,
    })
}

pub(in super::super) async fn show(State(app): State<App>, visit: Visit, Id(id): Id<DealId>) -> Result<Response, Problem> {
    let lang = visit.lang();
    let actor = &visit.who.actor;
    let found = deals::records(&app.brokering, actor, id, Limit::default(), cursor(&visit).as_deref()).await?;
    let code = deals::titles(&app.brokering, actor, &[id]).await?.remove(&id).map(|deal| deal.code).unwrap_or_default();
    let path = format!("/deals/{id}/records");
    let pager = paged(&visit, &path, &[], found.next.as_deref());
    let cx = Context::plain(&app, visit.lang());
    let lines = found.items.into_iter().map(|one| version(one, &cx)).collect::<Result<_, _>>()?;
    let view = RecordsPage {
        f: visit
            .frame(&app, messages::say(lang, "deal-records-title", &[("code", &code)]))
            .at(&path)
            .unlisted()
            .without_search()
            .placed("my"),
        deal: localised(lang, &format!("/deals/{id}")),
        code,
        lines,
        next: pager.next,
        first: pager.first,
    };
    Ok(page(StatusCode::OK, lang, &view))
}
