//! One interest: what was asked and answered, whose turn it is, and the steps the reader has.

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use base::{Code, InterestId, Lang, messages};
use brokering::BrokeringError;
use brokering::deals;
use brokering::interests::{self, Anonymity, Details, InterestView, Move, Side, Status, Step};

use super::super::desk;
use super::super::faults::FaultLine;
use super::super::fields::Opt;
use super::super::form::Form;
use super::super::format::{self, Moment};
use super::super::frame::{Frame, Visit, go, localised, page, parameter};
use super::super::listing::Names;
use super::super::rich::Words;
use super::{owner_words, pen, seeker_words, waits_for_reader};
use crate::app::App;
use crate::extract::{Id, Writer};
use crate::problem::Problem;

/// What happened, in its order.
struct Happened {
    at: Moment,
    label: String,
    words: Option<Words>,
}

/// A step that the reader has.
struct StepForm {
    step: &'static str,
    label: String,
    about: String,
    /// What is written with it: the label, and whether it has to be.
    text: Option<(String, bool)>,
    has_reasons: bool,
    is_first: bool,
    is_danger: bool,
    /// What was typed and could not be kept.
    typed: String,
    is_open: bool,
}

/// A fact beside the words.
struct Fact {
    label: String,
    text: String,
    href: Option<String>,
}

#[derive(Template)]
#[template(path = "interest.html")]
struct InterestPage {
    f: Frame,
    code: String,
    listing: String,
    /// The page of the listing, while it has one.
    listing_lang: Lang,
    listing_href: Option<String>,
    back: String,
    status: &'static str,
    status_label: String,
    next: String,
    is_urgent: bool,
    is_overdue: bool,
    message: Words,
    context: Option<String>,
    happened: Vec<Happened>,
    facts: Vec<Fact>,
    action: String,
    seen: i64,
    /// Where a deal is opened from it.
    deal: Option<String>,
    steps: Vec<StepForm>,
    /// What was typed for a step that is gone.
    kept: Option<String>,
    reasons: Vec<Opt>,
    faults: Vec<FaultLine>,
    done: Option<String>,
}

/// A form that could not be kept.
struct Again<'a> {
    step: &'a str,
    form: &'a Form,
    lines: Vec<FaultLine>,
}

fn plain(text: &str) -> Words {
    Words { text: text.to_owned(), lang: None }
}

/// Whose turn it is, and by when.
fn next(app: &App, view: &InterestView, lang: Lang) -> String {
    let day = format::day(lang, view.answer_due_on);
    let key = match (view.status, waits_for_reader(view)) {
        (Status::Sent | Status::Read | Status::NeedsInformation, true) => "interest-waits-you",
        (Status::Sent | Status::Read, false) => "interest-waits-owner",
        (Status::NeedsInformation, false) => "interest-waits-seeker",
        (Status::Declined, _) => {
            let reason = view.details.as_ref().and_then(|d| d.reason.as_ref());
            let reason = reason.map(|c| app.vocabularies.name("decline_reasons", c.as_str(), lang)).unwrap_or_default();
            return messages::say(lang, "interest-is-declined", &[("reason", reason)]);
        }
        (Status::Accepted, _) => "interest-is-accepted",
        (Status::Expired, _) => "interest-is-expired",
        (Status::Withdrawn, _) => "interest-is-withdrawn",
    };
    messages::say(lang, key, &[("day", &day)])
}

fn happened(view: &InterestView, details: &Details, lang: Lang, now: chrono::DateTime<chrono::Utc>) -> Vec<Happened> {
    let entry = |at, key: &str, text: Option<&str>| (at, messages::say(lang, key, &[]), text.map(plain));
    let mut all = vec![entry(view.sent_at, if view.is_relayed { "interest-did-relayed" } else { "interest-did-sent" }, None)];
    all.extend(view.read_at.map(|at| entry(at, "interest-did-read", None)));
    all.extend(details.messages.iter().map(|m| entry(m.at, &format!("interest-said-{}", m.by), Some(&m.text))));
    all.extend(view.closed_at.map(|at| entry(at, &format!("interest-did-{}", view.status), None)));
    // What was said with a decision stands before it.
    all.sort_by_key(|(at, ..)| *at);
    all.into_iter().map(|(at, label, words)| Happened { at: format::recent(lang, at, now), label, words }).collect()
}

fn facts(app: &App, view: &InterestView, details: &Details, lang: Lang) -> Vec<Fact> {
    let names = Names::new();
    let pen = pen(app, lang, &names);
    let say = |key: &str| messages::say(lang, key, &[]);
    let party = |slug: &Option<String>| slug.as_ref().map(|slug| localised(lang, &format!("/parties/{slug}")));
    let name = |list: &str, code: &Option<Code>| code.as_ref().map(|c| pen.name(list, c.as_str())).unwrap_or_default();
    let mut facts = vec![
        Fact { label: say("interest-seeker"), text: seeker_words(&view.seeker, &app.vocabularies, lang), href: party(&view.seeker.slug) },
        Fact { label: say("interest-owner"), text: owner_words(&view.owner, &app.vocabularies, lang), href: party(&view.owner.slug) },
    ];
    let plain = [
        ("interest-anonymity", pen.name("anonymity", view.anonymity.as_str())),
        ("field-interest-use", details.intended_use.clone()),
        ("field-interest-cooperation", name("cooperation", &details.cooperation)),
        ("field-interest-volume", details.volume.clone()),
        ("field-interest-budget", name("budget_bands", &details.budget_band)),
        ("field-interest-nda", if details.wants_nda { say("flag-yes") } else { String::new() }),
        ("interest-sent-by", details.sent_by.clone().unwrap_or_default()),
        ("interest-due", if view.status.is_open() { format::day(lang, view.answer_due_on) } else { String::new() }),
    ];
    facts.extend(plain.into_iter().filter(|(_, text)| !text.is_empty()).map(|(key, text)| Fact { label: say(key), text, href: None }));
    facts
}

fn forms(details: &Details, again: Option<&Again<'_>>, lang: Lang) -> Vec<StepForm> {
    let order = [Move::Accept, Move::RequestInformation, Move::Decline, Move::Answer, Move::Reveal, Move::Relay, Move::Withdraw];
    let form = |step: Move| {
        let say = |part: &str| messages::say(lang, &format!("interest-step-{}{part}", step.as_str().replace('_', "-")), &[]);
        let is_again = again.is_some_and(|a| a.step == step.as_str());
        StepForm {
            step: step.as_str(),
            label: say(""),
            about: say("-about"),
            text: match step {
                Move::Accept | Move::Decline => Some((messages::say(lang, "interest-word", &[]), false)),
                Move::RequestInformation | Move::Answer | Move::Relay => Some((say("-text"), true)),
                _ => None,
            },
            has_reasons: step == Move::Decline,
            is_first: matches!(step, Move::Accept | Move::Answer),
            is_danger: matches!(step, Move::Decline | Move::Withdraw),
            typed: again.filter(|_| is_again).map(|a| a.form.get("text").to_owned()).unwrap_or_default(),
            is_open: is_again || step == Move::Answer,
        }
    };
    order.into_iter().filter(|step| details.steps.contains(step)).map(form).collect()
}

/// The deal that was opened from it, as a fact: a link for whoever sees it.
async fn deal_there(app: &App, visit: &Visit, details: &Details) -> Result<Option<Fact>, Problem> {
    if !details.has_deal {
        return Ok(None);
    }
    let lang = visit.lang();
    let label = messages::say(lang, "interest-deal", &[]);
    let named = match details.deal {
        Some(id) => deals::titles(&app.brokering, &visit.who.actor, &[id]).await?.remove(&id).map(|deal| (id, deal.code)),
        None => None,
    };
    Ok(Some(match named {
        Some((id, code)) => Fact { label, text: code, href: Some(localised(lang, &format!("/deals/{id}"))) },
        None => Fact { label, text: messages::say(lang, "interest-deal-opened", &[]), href: None },
    }))
}

/// Where a deal is opened from an accepted interest, by the owner's editors and brokers, once; of a need not while its sender
/// stays anonymous, since who gives cannot be left open.
fn deal_door(visit: &Visit, view: &InterestView) -> Option<String> {
    let actor = &visit.who.actor;
    let owner = view.owner.id.is_some_and(|party| actor.has_role(party, base::PartyRole::Editor));
    let names_nobody = view.anonymity != Anonymity::Named && view.listing.kind == listings::Kind::Need;
    let is_done = view.details.as_ref().is_none_or(|details| details.has_deal);
    if view.status != Status::Accepted || is_done || names_nobody || !(owner || brokering::brokers_deals(actor)) {
        return None;
    }
    let other = view.seeker.slug.as_ref().map(|slug| format!("/parties/{slug}")).unwrap_or_default();
    let known = [("listing", view.listing.id.to_string()), ("interest", view.id.to_string()), ("other", other)];
    let known: Vec<(&str, &str)> = known.iter().map(|(name, value)| (*name, value.as_str())).collect();
    Some(super::super::paging::address(&localised(visit.lang(), "/deals/new"), &known))
}

async fn show_page(
    app: &App,
    visit: &Visit,
    status: StatusCode,
    view: &InterestView,
    again: Option<Again<'_>>,
) -> Result<Response, Problem> {
    let lang = visit.lang();
    let details = view.details.as_ref().ok_or_else(Problem::not_found)?;
    let mut facts = facts(app, view, details, lang);
    facts.extend(deal_there(app, visit, details).await?);
    let did = parameter(visit, "did");
    let done = ["sent", "accept", "decline", "request_information", "answer", "withdraw", "reveal", "relay"]
        .into_iter()
        .find(|name| *name == did)
        .map(|name| messages::say(lang, &format!("interest-done-{}", name.replace('_', "-")), &[]));
    let mut reasons = desk::terms(app, "decline_reasons", lang);
    for reason in &mut reasons {
        reason.is_on = again.as_ref().is_some_and(|a| a.form.get("reason") == reason.value);
    }
    let steps = forms(details, again.as_ref(), lang);
    let kept = again.as_ref().filter(|a| !steps.iter().any(|s| s.step == a.step)).map(|a| a.form.get("text").to_owned());
    let back = if view.side == Side::Staff { "/staff/interests" } else { super::PATH };
    let view = InterestPage {
        f: visit
            .frame(app, messages::say(lang, "interest-title", &[("listing", &view.listing.title)]))
            .at(&view.url)
            .unlisted()
            .placed(if view.side == Side::Staff { "staff" } else { "my" }),
        code: view.listing.code.clone(),
        listing: view.listing.title.clone(),
        listing_lang: view.listing.title_lang,
        listing_href: view.listing.is_published.then(|| localised(lang, &view.listing.url)),
        back: localised(lang, back),
        status: view.status.as_str(),
        status_label: app.vocabularies.name("interest_status", view.status.as_str(), lang).to_owned(),
        next: next(app, view, lang),
        is_urgent: waits_for_reader(view),
        is_overdue: view.is_overdue,
        message: plain(&details.message),
        context: details.context.clone(),
        happened: happened(view, details, lang, app.clock().now()),
        facts,
        deal: deal_door(visit, view),
        action: localised(lang, &view.url),
        seen: view.version,
        steps,
        kept: kept.filter(|text| !text.is_empty()),
        reasons,
        faults: again.map(|a| a.lines).unwrap_or_default(),
        done,
    };
    Ok(page(status, lang, &view))
}

pub(in super::super) async fn show(State(app): State<App>, visit: Visit, Id(id): Id<InterestId>) -> Result<Response, Problem> {
    let view = interests::show(&app.brokering, &visit.who.actor, id).await?;
    show_page(&app, &visit, StatusCode::OK, &view, None).await
}

/// Takes a step; what cannot be kept comes back as it was typed.
pub(in super::super) async fn step(
    State(app): State<App>,
    visit: Visit,
    Writer(ctx): Writer,
    Id(id): Id<InterestId>,
    form: Form,
) -> Result<Response, Problem> {
    let lang = visit.lang();
    let text = base::text::clean(form.get("text"));
    let name = form.get("_do").to_owned();
    let step = match name.parse().map_err(|_| Problem::malformed("bad-form"))? {
        Move::Accept => Step::Accept(text),
        Move::Decline => Step::Decline(Some(form.get("reason")).filter(|r| !r.is_empty()).map(Code::from), text),
        Move::RequestInformation => Step::RequestInformation(text),
        Move::Answer => Step::Answer(text),
        Move::Withdraw => Step::Withdraw,
        Move::Reveal => Step::Reveal,
        Move::Relay => Step::Relay(text),
        Move::Read | Move::Expire => return Err(Problem::malformed("bad-form")),
    };
    let seen = form.get("_seen").parse().unwrap_or_default();
    let (status, lines) = match interests::take(&app.brokering, ctx, id, seen, step).await {
        Ok(_) => return Ok(go(&localised(lang, &format!("{}?did={name}", interests::url(id))))),
        Err(BrokeringError::Invalid(faults)) => {
            let line = |fault: &base::Fault| FaultLine {
                id: format!("{name}{}", fault.pointer.replace('/', "-")),
                label: String::new(),
                text: fault.say(lang),
            };
            (StatusCode::UNPROCESSABLE_ENTITY, faults.iter().map(line).collect())
        }
        Err(BrokeringError::Stale { .. } | BrokeringError::NotAllowed { .. }) => {
            let text = messages::say(lang, "interest-changed", &[]);
            (StatusCode::CONFLICT, vec![FaultLine { id: String::new(), label: String::new(), text }])
        }
        Err(error) => return Err(error.into()),
    };
    let view = interests::show(&app.brokering, &visit.who.actor, id).await?;
    show_page(&app, &visit, status, &view, Some(Again { step: &name, form: &form, lines })).await
}
