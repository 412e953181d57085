//! What only those in a deal see on its page: work, papers, money, the legal path, offers side by side.

use base::messages;
use brokering::deals::{DealView, Inside, OfferStatus, Side};
use brokering::legal::Effect;
use chrono::NaiveDate;
use serde_json::{Value, json};
use uuid::Uuid;

use super::super::fields::{Context, told};
use super::super::form::Form;
use super::super::format;
use super::super::frame::Visit;
use super::{AdviceLine, Button, DealPage, Facts, OfferColumn, TermRow, Thing, asked, lines, say};
use crate::app::App;
use crate::problem::Problem;

/// Of the newest offers so many stand side by side.
const OFFERS: usize = 3;

/// All that only those in the deal see; `form` is what was sent and could not be done.
pub(super) fn fill(
    app: &App,
    visit: &Visit,
    filled: &mut DealPage,
    view: &DealView,
    inside: &Inside,
    form: Option<&Form>,
) -> Result<(), Problem> {
    let lang = visit.lang();
    let cx = Context::plain(app, visit.lang());
    let can_write = filled.can_write;
    let day = |day: NaiveDate| format::day(lang, day);
    let word = |list: &str, code: &str| app.vocabularies.name(list, code, lang).to_owned();
    let today = app.clock().today();
    let button = |does: &'static str, id: Uuid, key: &str, open: bool| {
        (open && can_write).then(|| Button { does, which: id.to_string(), text: say(lang, key), day: None })
    };
    // What happened on a day is noted with that day: today, unless another is typed.
    let dated = |does: &'static str, id: Uuid, key: &str, open: bool| {
        let open = open && view.lost_reason.is_none();
        let typed = form.filter(|f| f.get("which") == id.to_string()).and_then(|f| f.find("on")).map(str::to_owned);
        let day = Some(typed.unwrap_or_else(|| today.to_string()));
        button(does, id, key, open).map(|button| Button { day, ..button })
    };
    let back = |does: &'static str, id: Uuid, stands: bool| button(does, id, "deal-take-back", stands && view.lost_reason.is_none());
    filled.today = today.to_string();
    let money = |m: &base::Money| format::money(lang, m.minor, &m.currency);
    filled.tasks = inside
        .tasks
        .iter()
        .map(|t| Thing {
            title: t.title.clone(),
            about: word("deal_voices", t.whose.as_str()),
            day: day(t.due_on),
            is_due: t.is_overdue,
            is_done: t.done_at.is_some(),
            button: button("task_done", t.id, "deal-task-done", t.done_at.is_none() && t.taken_back_at.is_none()),
            is_taken_back: t.taken_back_at.is_some(),
            take_back: back("back_task", t.id, t.taken_back_at.is_none()),
        })
        .collect();
    filled.milestones = inside
        .milestones
        .iter()
        .map(|m| Thing {
            title: m.title.clone(),
            about: m.reached_on.map_or_else(String::new, |on| messages::say(lang, "deal-reached-on", &[("day", &day(on))])),
            day: day(m.due_on),
            is_due: m.is_overdue,
            is_done: m.reached_on.is_some(),
            button: dated("reached", m.id, "deal-reached", m.reached_on.is_none() && m.taken_back_at.is_none()),
            is_taken_back: m.taken_back_at.is_some(),
            take_back: back("back_milestone", m.id, m.taken_back_at.is_none()),
        })
        .collect();
    let plain = |title: String, about: String, on: String| Thing {
        title,
        about,
        day: on,
        is_due: false,
        is_done: false,
        button: None,
        is_taken_back: false,
        take_back: None,
    };
    filled.meetings = inside
        .meetings
        .iter()
        .map(|m| Thing {
            is_taken_back: m.taken_back_at.is_some(),
            take_back: back("back_meeting", m.id, m.taken_back_at.is_none()),
            ..plain(m.place.clone(), m.minutes.clone(), day(m.held_on))
        })
        .collect();
    let accepted = |at| plain(word("deal_papers", "nda"), say(lang, "deal-nda-accepted"), format::moment(lang, at).day);
    let accepted = inside.nda_accepted_at.map(accepted);
    let noted = inside.papers.iter().map(|p| plain(word("deal_papers", p.kind.as_str()), p.reference.clone(), day(p.dated_on)));
    filled.papers = accepted.into_iter().chain(noted).collect();
    filled.payments = inside
        .payments
        .iter()
        .map(|p| Thing {
            title: money(&p.amount),
            about: format!("{}{}{}", word("payment", p.kind.as_str()), if p.note.is_empty() { "" } else { " · " }, p.note),
            day: p.paid_on.map_or_else(|| day(p.due_on), |on| messages::say(lang, "deal-paid-on", &[("day", &day(on))])),
            is_due: p.paid_on.is_none() && p.taken_back_at.is_none() && p.due_on < today,
            is_done: p.paid_on.is_some(),
            button: dated("paid", p.id, "deal-paid", p.paid_on.is_none() && p.taken_back_at.is_none()),
            is_taken_back: p.taken_back_at.is_some(),
            take_back: back("back_payment", p.id, p.taken_back_at.is_none()),
        })
        .collect();
    filled.reports = inside
        .reports
        .iter()
        .map(|r| {
            let period = messages::say(lang, "deal-half-year", &[("half", &r.half.to_string()), ("year", &r.year.to_string())]);
            let sums = messages::say(lang, "deal-report-line", &[("sales", &money(&r.sales)), ("royalty", &money(&r.royalty))]);
            Thing {
                is_taken_back: r.taken_back_at.is_some(),
                take_back: back("back_report", r.id, r.taken_back_at.is_none()),
                ..plain(period, sums, String::new())
            }
        })
        .collect();
    let edit = filled.edit.clone();
    // Once it has ended, what was recorded stands but for its brokers.
    let may_record = can_write && (view.is_open || filled.is_broker);
    let facts = |part: &str, lines| Facts {
        lines,
        href: (if part == "legal" { can_write && view.lost_reason.is_none() } else { may_record }).then(|| format!("{edit}/{part}")),
        label: say(lang, &format!("deal-part-{part}")),
    };
    filled.contract = facts("contract", lines(&asked::CONTRACT, &inside.contract, &cx)?);
    filled.legal = facts("legal", lines(&asked::LEGAL, &inside.legal_facts, &cx)?);
    let outcome = inside.outcome.as_ref().map(|o| lines(&asked::OUTCOME, o, &cx)).transpose()?.unwrap_or_default();
    filled.outcome = facts("outcome", outcome);
    filled.registration = match (inside.legal.registration, inside.register_by()) {
        (_, Some(by)) => messages::say(lang, "legal-register-by", &[("day", &day(by))]),
        (registration, _) => say(lang, &format!("legal-registration-{registration}")),
    };
    for one in inside.all_advice() {
        let line = AdviceLine {
            text: one.text.clone(),
            article: messages::say(lang, "legal-article", &[("article", &one.article), ("law", &one.law)]),
            day: one.due_on.map(|on| messages::say(lang, "legal-by-day", &[("day", &day(on))])),
            is_missing: one.is_met == Some(false) && (one.is_blocking || one.effect == Effect::PaperInForce),
            is_unsaid: one.effect == Effect::Content && !one.is_blocking && one.is_met == Some(false),
            is_there: one.is_met == Some(true),
            to_check: one.to_check,
        };
        match (one.effect, one.is_blocking) {
            (Effect::Content, true) => filled.contents.push(line),
            (Effect::Content, false) => filled.usual.push(line),
            _ => filled.advice.push(line),
        }
    }
    filled.caveats.clone_from(&inside.legal.caveats);
    let source = |s: &brokering::legal::Source| messages::say(lang, "legal-source", &[("law", &s.law), ("source", &s.source)]);
    filled.sources = inside.legal.sources.iter().map(source).collect();
    filled.disclaimer.clone_from(&inside.legal.disclaimer);
    offers(visit, filled, view, inside, &cx, app)
}

/// The last offers side by side, the newest first, and with them the one that both sides agreed to, however old it is.
fn offers(visit: &Visit, filled: &mut DealPage, view: &DealView, inside: &Inside, cx: &Context<'_>, app: &App) -> Result<(), Problem> {
    let lang = visit.lang();
    let writes_for = |side: Side| view.writes_for.contains(&side);
    let side_name = |side: Side| app.vocabularies.name("deal_sides", side.as_str(), lang).to_owned();
    // A broker's offer waits for the word of its own side as well.
    let awaited = |sides: &[Side]| match sides {
        [one] => messages::say(lang, "deal-offer-awaits", &[("side", &side_name(*one))]),
        _ => say(lang, "deal-offer-awaits-both"),
    };
    let all = inside.offers.iter().enumerate();
    let shown: Vec<_> = all.filter(|(n, one)| *n < OFFERS || one.status == OfferStatus::Accepted).map(|(_, one)| one).collect();
    for offer in &shown {
        let is_open = offer.status == OfferStatus::Open && view.is_open;
        let number = offer.number.to_string();
        filled.offers.push(OfferColumn {
            title: messages::say(lang, "deal-offer-number", &[("number", &number)]),
            about: format!(
                "{} · {} · {}",
                side_name(offer.side),
                if is_open { awaited(&offer.awaits) } else { say(lang, &format!("deal-offer-{}", offer.status)) },
                format::moment(lang, offer.made_at).day
            ),
            id: offer.id.to_string(),
            can_accept: is_open && view.writes_for.len() == 1 && offer.awaits.iter().any(|side| writes_for(*side)),
            can_withdraw: is_open && (writes_for(offer.side) || view.is_brokered),
        });
    }
    let all: Vec<Value> = shown.iter().map(|o| json!({ "terms": o.terms })).collect();
    for field in &asked::OFFER {
        let mut texts = Vec::new();
        for terms in &all {
            let said = told(std::slice::from_ref(field), terms, cx).into_iter().map(|t| t.text);
            texts.push(said.collect::<Vec<_>>().join("\n"));
        }
        if texts.iter().all(String::is_empty) {
            continue;
        }
        let differs = |n: usize, text: &String| texts.get(n + 1).is_some_and(|before| before != text);
        let cells = texts.iter().enumerate().map(|(n, text)| (text.clone(), differs(n, text))).collect();
        filled.terms.push(TermRow { label: say(lang, field.label), cells });
    }
    Ok(())
}
