//! An IP asset's story: what it is, where it stands, who holds it.

use listings::content::{IpAsset, OfficeNumber};

use super::parts::{Block, Fact, Facts, Item, Pen};

pub(super) fn story(pen: &Pen<'_>, a: &IpAsset) -> (Vec<Block>, Vec<Facts>) {
    let is_secret = a.ip_kind.as_ref().is_some_and(|k| *k == "trade_secret");
    let blocks = [
        pen.prose(if is_secret { "block-effect" } else { "block-abstract" }, &a.summary),
        pen.items("block-technologies", pen.listings(&a.technologies)),
        pen.items("block-products", pen.listed(&a.products)),
        pen.prose("block-encumbrances", &a.encumbrances),
    ];
    (blocks.into_iter().flatten().collect(), facts(pen, a))
}

fn facts(pen: &Pen<'_>, a: &IpAsset) -> Vec<Facts> {
    let mut status = Facts::new("facts-status");
    status.add(Fact::items("fact-ip-kind", pen.terms("ip_kinds", &a.ip_kind)));
    status.add(Fact::items("fact-ip-status", pen.terms("ip_status", &a.status)));
    let known = [pen.day(a.status_as_of), a.status_source.clone()].into_iter().filter(|t| !t.is_empty()).collect::<Vec<_>>();
    status.say("fact-status-known", &known.join(", "));
    status.say("fact-in-force-in", &pen.territory(&a.territory));
    status.say("fact-protected-until", &pen.day(a.expires_on));
    status.add(Fact::items("fact-availability", pen.terms("availability", &a.availability)));

    let mut numbers = Facts::new("facts-numbers");
    for (key, number) in [("fact-application", &a.application), ("fact-publication", &a.publication), ("fact-grant", &a.grant)] {
        numbers.say(key, &number.as_ref().map(|n| office_number(pen, n)).unwrap_or_default());
    }
    if let Some(priority) = &a.priority {
        let country = pen.territory(priority.country.as_slice());
        let pieces = [priority.number.clone(), country, pen.day(priority.date)];
        numbers.say("fact-priority", &pieces.into_iter().filter(|t| !t.is_empty()).collect::<Vec<_>>().join(", "));
    }
    numbers.add(Fact::items("fact-route", pen.terms("ip_routes", &a.route)));
    numbers.add(Fact::items("fact-family", a.family.iter().map(Item::text).collect()));

    let mut holders = Facts::new("facts-holders");
    holders.add(Fact::items("fact-holders", pen.shares(&a.holders)));
    holders.add(Fact::items("fact-creators", a.creators.iter().map(Item::text).collect()));
    holders.say("fact-representative", &a.representative);

    let mut classes = Facts::new("facts-classes");
    classes.add(Fact::items("fact-field", pen.field(a.field.as_ref())));
    classes.add(Fact::items("fact-keywords", pen.keywords(&[&a.keywords])));
    classes.say("fact-ipc", &pen.join(&a.ipc));
    classes.say("fact-cpc", &pen.join(&a.cpc));
    classes.say("fact-nice", &a.nice.iter().map(u8::to_string).collect::<Vec<_>>().join(", "));
    classes.say("fact-locarno", &pen.join(&a.locarno));
    classes.say("fact-vienna", &pen.join(&a.vienna));
    [status, numbers, holders, classes].into_iter().filter(|g| !g.rows.is_empty()).collect()
}

fn office_number(pen: &Pen<'_>, number: &OfficeNumber) -> String {
    let day = pen.day(number.date);
    match (number.number.is_empty(), day.is_empty()) {
        (false, false) => format!("{} ({day})", number.number),
        (false, true) => number.number.clone(),
        _ => day,
    }
}
