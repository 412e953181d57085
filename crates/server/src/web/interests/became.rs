//! What became of a listing, as its page tells it, and the door to showing interest in it.

use base::{Lang, messages};
use brokering::history::{Figure, History, Untold};
use brokering::interests::may_show;
use listings::state::Status;
use listings::view::ListingView;

use super::super::format;
use super::super::frame::{Visit, localised};
use super::PATH;
use crate::app::App;
use crate::problem::Problem;

/// A line of the counted history.
pub(in super::super) struct BecameLine {
    pub label: String,
    pub figure: String,
}

/// What became of a listing.
pub(in super::super) struct Became {
    pub lines: Vec<BecameLine>,
    pub reasons: Vec<BecameLine>,
    /// Whether figures are kept back that stand for few parties.
    pub is_cut: bool,
}

/// Where interest in a listing is shown, or where it is read.
pub(in super::super) struct InterestDoor {
    pub key: &'static str,
    pub href: String,
}

fn figure(lang: Lang, figure: Figure) -> String {
    match (figure.count, figure.untold) {
        (Some(count), _) => format::count(lang, count),
        (None, Some(Untold::Few)) => messages::say(lang, "became-few", &[]),
        (None, _) => messages::say(lang, "became-withheld", &[]),
    }
}

fn told(app: &App, history: &History, lang: Lang) -> Became {
    let line = |key: &str, one| BecameLine { label: messages::say(lang, key, &[]), figure: figure(lang, one) };
    let all = [
        ("became-received", history.received),
        ("became-answered", history.answered),
        ("became-accepted", history.accepted),
        ("became-declined", history.declined),
    ];
    let deals = &history.deals;
    let in_deals = [
        ("became-meetings", deals.meetings),
        ("became-agreements", deals.agreements),
        ("became-evaluations", deals.evaluations),
        ("became-signed", deals.signed),
        ("became-completed", deals.completed),
        ("became-lost", deals.lost),
    ];
    let is_some = |(_, one): &(&str, Figure)| one.count != Some(0);
    let received = all.into_iter().filter(|_| history.received.count != Some(0));
    let mut lines: Vec<BecameLine> = received.chain(in_deals.into_iter().filter(is_some)).map(|(key, one)| line(key, one)).collect();
    lines.extend(deals.money.as_ref().map(|band| BecameLine {
        label: messages::say(lang, "became-money", &[]),
        figure: app.vocabularies.name("price_bands", band.as_str(), lang).to_owned(),
    }));
    Became {
        lines,
        reasons: history
            .declined_by_reason
            .iter()
            .map(|d| BecameLine {
                label: app.vocabularies.name("decline_reasons", d.reason.as_str(), lang).to_owned(),
                figure: figure(lang, d.interests),
            })
            .chain(deals.lost_by_reason.iter().map(|l| BecameLine {
                label: app.vocabularies.name("lost_reasons", l.reason.as_str(), lang).to_owned(),
                figure: figure(lang, l.deals),
            }))
            .collect(),
        is_cut: all.iter().chain(&in_deals).any(|(_, one)| one.untold.is_some()),
    }
}

/// What became of a listing that the reader sees; none of what was never published.
pub(in super::super) async fn became(app: &App, visit: &Visit, view: &ListingView) -> Result<Option<Became>, Problem> {
    if view.published_at.is_none() {
        return Ok(None);
    }
    let history = brokering::history::of_seen(&app.brokering, &visit.who.actor, view.id, view.party.id).await?;
    Ok(Some(told(app, &history, visit.lang())))
}

/// The door for this reader: to the form, to what its own party received, or none.
pub(in super::super) fn door(visit: &Visit, view: &ListingView) -> Option<InterestDoor> {
    let (actor, lang) = (&visit.who.actor, visit.lang());
    if view.party.id.is_some_and(|party| actor.is_member(party)) {
        return view
            .published_at
            .map(|_| InterestDoor { key: "interest-own-door", href: localised(lang, &format!("{PATH}?role=received")) });
    }
    let is_stranger = actor.account().is_none() || actor.memberships.is_empty();
    let may = view.party.id.is_none_or(|party| may_show(actor, party));
    (view.status == Status::Published && (is_stranger || may))
        .then(|| InterestDoor { key: "interest-door", href: localised(lang, &format!("{}/interest", view.url)) })
}

/// How long a party takes to reply, in words, and how that is counted; none while there are too few interests.
pub(in super::super) async fn reply_time(app: &App, party: base::PartyId, lang: Lang) -> Result<Option<String>, Problem> {
    let found = brokering::interests::reply_time(&app.brokering, party).await?;
    let Some(hours) = found.median_hours else { return Ok(None) };
    let days = ((hours + 23) / 24).to_string();
    Ok(Some(match hours {
        _ if found.is_unanswered => messages::say(lang, "reply-never", &[("count", &days)]),
        ..48 => messages::say(lang, "reply-hours", &[("count", &hours.to_string())]),
        _ => messages::say(lang, "reply-days", &[("count", &days)]),
    }))
}
