//! A technology's story: the problem, what it does, what it does better, what it needs, where it ends.

use listings::content::{Publication, Technology, Terms};

use super::super::format;
use super::parts::{AdvantageRow, Block, Fact, Facts, Item, Pen};

pub(super) fn story(pen: &Pen<'_>, t: &Technology) -> (Vec<Block>, Vec<Facts>) {
    let blocks = [
        pen.prose("block-problem", &t.problem),
        pen.rich("block-description", &t.description),
        advantages(pen, t),
        pen.prose("block-applications", &t.applications),
        pen.items("block-products", pen.listed(&t.products)),
        pen.prose("block-partner-role", &t.partner_role),
        pen.prose("block-capacity", &t.capacity),
        pen.prose("block-inputs", &t.inputs),
        pen.prose("block-requirements", &t.requirements),
        pen.prose("block-environment", &t.environment),
        pen.items("block-references", references(pen, t)),
        pen.prose("block-demonstration-site", &t.demonstration_site),
        pen.prose("block-limitations", &t.limitations),
        pen.prose("block-competing", &t.competing_solutions),
        pen.items("block-publications", t.publications.iter().filter_map(publication).collect()),
    ];
    (blocks.into_iter().flatten().collect(), facts(pen, t))
}

fn advantages(pen: &Pen<'_>, t: &Technology) -> Option<Block> {
    let rows: Vec<AdvantageRow> = t
        .advantages
        .iter()
        .filter_map(|a| {
            Some(AdvantageRow {
                metric: pen.words(&a.metric)?,
                compared_with: pen.words(&a.compared_with),
                baseline: pen.figure(a.baseline, &a.unit),
                offered: pen.figure(a.offered, &a.unit),
                evidence: pen.words(&a.evidence),
                conditions: pen.words(&a.conditions),
            })
        })
        .collect();
    let not_measured = pen.words(&t.not_measured);
    (!rows.is_empty() || not_measured.is_some()).then_some(Block::Advantages { rows, not_measured })
}

fn references(pen: &Pen<'_>, t: &Technology) -> Vec<Item> {
    t.references
        .iter()
        .filter_map(|r| {
            let site = pen.words(&r.site)?;
            let since = |year: &u16| format!(" ({})", base::messages::say(pen.lang, "since-year", &[("year", &year.to_string())]));
            let tail = r.since_year.as_ref().map(since).unwrap_or_default();
            Some(Item { tail, lang: site.lang, ..Item::text(site.text) })
        })
        .collect()
}

/// A publication, leading to where its DOI resolves.
fn publication(p: &Publication) -> Option<Item> {
    let text = match (p.title.is_empty(), p.doi.is_empty()) {
        (true, true) => return None,
        (true, false) => p.doi.clone(),
        (false, true) => p.title.clone(),
        (false, false) => format!("{} (DOI {})", p.title, p.doi),
    };
    let doi = p.doi.starts_with("10.").then(|| format!("https://doi.org/{}", p.doi));
    Some(Item { href: doi, ..Item::text(text) })
}

fn facts(pen: &Pen<'_>, t: &Technology) -> Vec<Facts> {
    let mut ready = Facts::new("facts-readiness");
    if let Some(trl) = t.trl {
        let mut item = pen.term("trl", &trl.to_string().as_str().into());
        item.evidence = pen.words(&t.trl_evidence);
        ready.add(Fact { trl: Some(trl), ..Fact::items("fact-trl", vec![item]) });
    }
    ready.add(Fact::items("fact-field", pen.field(t.field.as_ref())));
    ready.add(Fact::items("fact-keywords", pen.keywords(&[&t.keywords, &t.market_keywords])));

    let mut protection = Facts::new("facts-protection");
    protection.add(Fact::items("fact-ipr-status", pen.terms("ipr_status", &t.ipr_status)));
    protection.add(Fact::items("fact-ip-assets", pen.listings(&t.ip_assets)));
    protection.add(Fact::items("fact-owners", pen.shares(&t.owners)));
    protection.say("fact-disclosed", &pen.day(t.disclosed_on));
    if let Some(funding) = &t.state_funding {
        protection.say("fact-task", &funding.task_code);
        protection.say("fact-accepted", &pen.day(funding.accepted_on));
        protection.say("fact-decision", &funding.right_holder_decision);
    }
    if let Some(check) = &t.list_check {
        let mut items = pen.terms("transfer_lists", &check.result);
        let checked = [check.list_version.clone(), pen.day(check.checked_on)].into_iter().filter(|x| !x.is_empty()).collect::<Vec<_>>();
        if let (Some(item), false) = (items.first_mut(), checked.is_empty()) {
            item.text = format!("{} ({})", item.text, checked.join(", "));
        }
        protection.add(Fact::items("fact-list-check", items));
    }

    let mut terms = Facts::new("facts-terms");
    terms.add(Fact::items("fact-cooperation", pen.terms("cooperation", &t.cooperation)));
    if let Some(offered) = &t.terms {
        offer(pen, offered, &mut terms);
    }
    terms.add(Fact::items("fact-partner-types", pen.terms("party_types", &t.partner_types)));
    terms.add(Fact::items("fact-support", pen.terms("support", &t.support)));

    let mut costs = Facts::new("facts-costs");
    costs.say("fact-investment", &pen.money(t.investment.as_ref()));
    costs.say("fact-operating-cost", &pen.money(t.operating_cost_per_year.as_ref()));
    costs.say("fact-payback", &pen.months(t.payback_months));

    let mut classes = Facts::new("facts-classes");
    classes.add(Fact::items("fact-standards", t.standards.iter().map(Item::text).collect()));
    classes.say("fact-ipc", &pen.join(&t.ipc));
    classes.say("fact-cpc", &pen.join(&t.cpc));
    classes.add(Fact::items("fact-vsic", pen.terms("vsic", &t.vsic)));
    classes.add(Fact::items("fact-sdg", pen.terms("sdg", &t.sdg)));
    if t.video.starts_with("https://") {
        classes.add(Fact::items("fact-video", vec![Item::link(t.video.as_str(), t.video.as_str())]));
    }
    [ready, terms, costs, protection, classes].into_iter().filter(|g| !g.rows.is_empty()).collect()
}

fn offer(pen: &Pen<'_>, offered: &Terms, terms: &mut Facts) {
    terms.add(Fact::items("fact-right", pen.terms("rights", &offered.right)));
    terms.add(Fact::items("fact-exclusivity", pen.terms("exclusivity", &offered.exclusivity)));
    terms.say("fact-sublicence", &pen.yes_no(offered.sublicence));
    let field_of_use = pen.words(&offered.field_of_use).map(|w| Item::text(w.text).spoken_in(w.lang));
    terms.add(Fact::items("fact-field-of-use", field_of_use.into_iter().collect()));
    terms.say("fact-territory", &pen.territory(&offered.territory));
    terms.say("fact-term", &pen.months(offered.term_months));
    terms.add(Fact::items("fact-payment", pen.terms("payment", &offered.payment)));
    if let Some(price) = &offered.price {
        let mut item = pen.term("price_kinds", &price.kind);
        if let Some(amount) = format::price(pen.lang, price) {
            let day = price.amount.as_ref().and_then(|a| a.as_of).map(|d| format!(", {}", format::day(pen.lang, d))).unwrap_or_default();
            item.text = format!("{amount} ({}{day})", item.text.to_lowercase());
        }
        terms.add(Fact::items("fact-price", vec![item]));
    }
}
