//! One party takes in another: both are looked up, then the page says what will move and what stands in the way, and only
//! then has it a button.

use accounts::access::MergeParties;
use accounts::merging::may_merge;
use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use base::text::clean;
use base::{Action, Lang, PartyId, Refused, messages};
use brokering::BrokeringError;
use brokering::merging::{Merge, MergeParty, MergePreview, Obstacle, merge as merge_parties, preview};

use super::super::faults::FaultLine;
use super::super::fields::Opt;
use super::super::form::Form;
use super::super::format;
use super::super::frame::{Frame, Visit, go, localised, page, parameter, parsed};
use super::super::paging::address;
use super::{frame, parties};
use crate::app::App;
use crate::extract::Writer;
use crate::problem::Problem;

pub(in super::super) const PATH: &str = "/staff/parties/merge";

/// One of the two that is looked for.
pub(in super::super) struct Side {
    /// `from` or `into`.
    pub name: &'static str,
    pub find: String,
    pub options: Vec<Opt>,
    pub has_looked: bool,
}

/// One of the two that was chosen.
pub(in super::super) struct Chosen {
    pub id: String,
    pub name: String,
    pub href: String,
}

/// What moves, with how much.
pub(in super::super) struct Line {
    pub label: String,
    pub count: String,
}

/// What would happen.
pub(in super::super) struct Plan {
    pub from: Chosen,
    pub into: Chosen,
    pub seen: i64,
    pub moves: Vec<Line>,
    pub obstacles: Vec<String>,
}

#[derive(Template)]
#[template(path = "staff_merge.html")]
pub(in super::super) struct MergePage {
    pub f: Frame,
    pub action: String,
    pub sides: Vec<Side>,
    pub plan: Option<Plan>,
    pub reason: String,
    pub faults: Vec<FaultLine>,
    pub key: String,
}

fn chosen(party: &MergeParty, lang: Lang) -> Chosen {
    Chosen {
        id: party.id.to_string(),
        name: party.names.best(lang).unwrap_or(&party.slug).to_owned(),
        href: localised(lang, &format!("/parties/{}", party.slug)),
    }
}

fn obstacle(one: &Obstacle, lang: Lang) -> String {
    let key = format!("merge-obstacle-{}", one.kind.as_str().replace('_', "-"));
    let text = messages::say(lang, &key, &[("count", &format::count(lang, one.count))]);
    if one.codes.is_empty() { text } else { format!("{text} {}", one.codes.join(", ")) }
}

fn plan(found: &MergePreview, lang: Lang) -> Plan {
    let line = |moved: &brokering::merging::Moved| Line {
        label: messages::say(lang, &format!("merge-moves-{}", moved.what.as_str().replace('_', "-")), &[]),
        count: format::count(lang, moved.count),
    };
    Plan {
        from: chosen(&found.from, lang),
        into: chosen(&found.into, lang),
        seen: found.from.version,
        moves: found.moves.iter().filter(|m| m.count > 0).map(line).collect(),
        obstacles: found.obstacles.iter().map(|o| obstacle(o, lang)).collect(),
    }
}

async fn side(app: &App, visit: &Visit, name: &'static str, id: Option<PartyId>) -> Result<Side, Problem> {
    let lang = visit.lang();
    let find = clean(&parameter(visit, &format!("find_{name}")));
    let mut found = search::desk::look_up(&app.search, &app.accounts, &visit.who.actor, &find).await?;
    if let Some(id) = id.filter(|id| !found.iter().any(|p| p.id == *id)) {
        found.splice(0..0, accounts::parties::load_many(app.accounts.store().db(), &[id]).await?);
    }
    let option = |party: accounts::PartyBrief| Opt {
        is_on: Some(party.id) == id,
        label: party.names.best(lang).unwrap_or(&party.slug).to_owned(),
        value: party.id.to_string(),
        depth: 0,
    };
    Ok(Side { name, has_looked: !find.is_empty(), find, options: found.into_iter().map(option).collect() })
}

async fn answer(app: &App, visit: &Visit, status: StatusCode, form: Option<&Form>, faults: Vec<FaultLine>) -> Result<Response, Problem> {
    let lang = visit.lang();
    if !may_merge(&visit.who.actor) {
        return Err(Refused::Forbidden { action: MergeParties::NAME }.into());
    }
    let (from, into): (Option<PartyId>, Option<PartyId>) = match form {
        Some(form) => (form.get("from").parse().ok(), form.get("into").parse().ok()),
        None => (parsed(visit, "from")?, parsed(visit, "into")?),
    };
    let found = match from.zip(into) {
        Some((from, into)) => Some(preview(&app.brokering, &visit.who.actor, from, into).await?),
        None => None,
    };
    let view = MergePage {
        f: frame(app, visit, "merge-title", PATH),
        action: localised(lang, PATH),
        sides: vec![side(app, visit, "from", from).await?, side(app, visit, "into", into).await?],
        plan: found.map(|p| plan(&p, lang)),
        reason: form.map(|f| f.get("reason").to_owned()).unwrap_or_default(),
        faults,
        key: app.clock().uuid().to_string(),
    };
    Ok(page(status, lang, &view))
}

pub(in super::super) async fn show(State(app): State<App>, visit: Visit) -> Result<Response, Problem> {
    answer(&app, &visit, StatusCode::OK, None, Vec::new()).await
}

/// Lets the one party take in the other.
pub(in super::super) async fn merge(
    State(app): State<App>,
    visit: Visit,
    Writer(mut ctx): Writer,
    form: Form,
) -> Result<Response, Problem> {
    let lang = visit.lang();
    let wrong = || Problem::malformed("bad-form");
    let from: PartyId = form.get("from").parse().map_err(|_| wrong())?;
    let into: PartyId = form.get("into").parse().map_err(|_| wrong())?;
    let seen = form.get("_seen").parse().map_err(|_| wrong())?;
    ctx.idempotency = form.once("formMergeParties").or(ctx.idempotency);
    let wanted = Merge { into, reason: clean(form.get("reason")) };
    let whole = |text: String| vec![FaultLine { id: String::new(), label: String::new(), text }];
    let (status, faults) = match merge_parties(&app.brokering, ctx, from, seen, wanted).await {
        Ok(merged) => return Ok(go(&address(&localised(lang, parties::PATH), &[("did", "merge"), ("party", &merged.slug)]))),
        Err(BrokeringError::Invalid(faults)) => {
            let label = messages::say(lang, "merge-reason", &[]);
            let line = |f: &base::Fault| FaultLine { id: "reason".to_owned(), label: label.clone(), text: f.say(lang) };
            (StatusCode::UNPROCESSABLE_ENTITY, faults.iter().map(line).collect())
        }
        Err(BrokeringError::Unmergeable(_)) => (StatusCode::CONFLICT, whole(messages::say(lang, "problem-merge-refused", &[]))),
        Err(BrokeringError::Stale { .. }) => (StatusCode::CONFLICT, whole(messages::say(lang, "own-stale", &[]))),
        Err(error) => return Err(error.into()),
    };
    answer(&app, &visit, status, Some(&form), faults).await
}

#[cfg(test)]
mod tests {
    use brokering::merging::{Moving, ObstacleKind};

    use super::*;

    #[test]
    fn whatever_moves_or_stands_in_the_way_has_its_words_in_both_languages() {
        for lang in Lang::ALL {
            for what in Moving::ALL {
                assert!(messages::has(lang, &format!("merge-moves-{}", what.as_str().replace('_', "-"))), "{what}");
            }
            for kind in ObstacleKind::ALL {
                let one = Obstacle { kind: *kind, count: 2, codes: Vec::new() };
                assert!(!obstacle(&one, lang).starts_with("merge-"), "{kind}");
            }
        }
    }
}
