//! How complete a listing is, what is missing and why it matters. It advises and never blocks.

use base::{Lang, Localised};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::content::{Content, IpAsset, Need, Technology};

/// How complete a content is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Completeness {
    /// 0 to 100.
    pub percent: u8,
    /// What is missing, the most useful first.
    pub missing: Vec<Missing>,
}

/// Something that would help.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Missing {
    /// Where it goes: a JSON pointer into the content.
    pub pointer: String,
    /// How many points of a hundred it is worth.
    pub points: u8,
    /// Why it matters: the message `why-<reason>`.
    pub reason: String,
}

/// Points for each field, by what readers of technology offers look for first. The points of a kind make 100.
type Row = (&'static str, u8, &'static str, bool);

/// Works out how complete a content is in its source language.
#[must_use]
pub fn of(content: &Content, source: Lang) -> Completeness {
    let rows = match content {
        Content::Technology(c) => technology(c, source),
        Content::IpAsset(c) => ip_asset(c, source),
        Content::Need(c) => need(c, source),
    };
    let percent = rows.iter().filter(|r| r.3).map(|r| u32::from(r.1)).sum::<u32>().min(100);
    let mut missing: Vec<Missing> = rows
        .into_iter()
        .filter(|r| !r.3)
        .map(|(pointer, points, reason, _)| Missing { pointer: pointer.to_owned(), points, reason: reason.to_owned() })
        .collect();
    missing.sort_by_key(|m| std::cmp::Reverse(m.points));
    Completeness { percent: u8::try_from(percent).unwrap_or(100), missing }
}

fn translated(title: &Localised, summary: &Localised) -> bool {
    Lang::ALL.into_iter().all(|l| title.get(l).is_some() && summary.get(l).is_some())
}

fn technology(c: &Technology, source: Lang) -> Vec<Row> {
    let has = |t: &Localised| t.get(source).is_some();
    let measured = c.advantages.iter().any(|a| a.offered.is_some() && a.baseline.is_some());
    let evidence = c.advantages.iter().any(|a| !a.evidence.is_empty());
    vec![
        ("/title", 6, "title", has(&c.title)),
        ("/summary", 6, "summary", has(&c.summary)),
        ("/problem", 6, "problem", has(&c.problem)),
        ("/description", 8, "description", has(&c.description)),
        ("/field", 4, "field", c.field.is_some()),
        ("/trl", 4, "trl", c.trl.is_some()),
        ("/trl_evidence", 3, "evidence", has(&c.trl_evidence)),
        ("/ipr_status", 4, "ipr", c.ipr_status.is_some()),
        ("/cooperation", 4, "cooperation", !c.cooperation.is_empty()),
        ("/partner_role", 4, "partner", has(&c.partner_role)),
        ("/partner_types", 2, "partner", !c.partner_types.is_empty()),
        ("/keywords", 4, "keywords", !c.keywords.is_empty()),
        ("/owners", 3, "owners", !c.owners.is_empty()),
        ("/advantages", 12, "advantage", measured),
        ("/advantages/0/evidence", 4, "evidence", evidence),
        ("/applications", 4, "applications", has(&c.applications)),
        ("/products", 2, "products", !c.products.is_empty()),
        ("/investment", 4, "money", c.investment.is_some()),
        ("/terms", 6, "terms", c.terms.is_some()),
        ("/references", 3, "references", !c.references.is_empty()),
        ("/limitations", 3, "limitations", has(&c.limitations)),
        ("/title/en", 4, "translation", translated(&c.title, &c.summary)),
    ]
}

fn ip_asset(c: &IpAsset, source: Lang) -> Vec<Row> {
    let has = |t: &Localised| t.get(source).is_some();
    vec![
        ("/ip_kind", 10, "ip-kind", c.ip_kind.is_some()),
        ("/title", 12, "title", has(&c.title)),
        ("/abstract", 12, "summary", has(&c.summary)),
        ("/status", 10, "ip-status", c.status.is_some() && c.status_as_of.is_some() && !c.status_source.is_empty()),
        ("/territory", 6, "territory", !c.territory.is_empty()),
        ("/holders", 8, "owners", !c.holders.is_empty()),
        ("/creators", 5, "creators", !c.creators.is_empty()),
        ("/application", 8, "numbers", c.application.is_some() || c.grant.is_some()),
        ("/availability", 10, "availability", !c.availability.is_empty()),
        ("/field", 4, "field", c.field.is_some()),
        ("/keywords", 5, "keywords", !c.keywords.is_empty()),
        ("/ipc", 4, "classes", !(c.ipc.is_empty() && c.cpc.is_empty() && c.nice.is_empty() && c.locarno.is_empty())),
        ("/title/en", 6, "translation", translated(&c.title, &c.summary)),
    ]
}

fn need(c: &Need, source: Lang) -> Vec<Row> {
    let has = |t: &Localised| t.get(source).is_some();
    vec![
        ("/title", 10, "title", has(&c.title)),
        ("/problem", 16, "problem", has(&c.problem)),
        ("/targets", 18, "target", c.targets.iter().any(|t| t.target.is_some())),
        ("/field", 6, "field", c.field.is_some()),
        ("/keywords", 8, "keywords", !c.keywords.is_empty()),
        ("/cooperation", 6, "cooperation", !c.cooperation.is_empty()),
        ("/partner_types", 4, "partner", !c.partner_types.is_empty()),
        ("/anonymity", 2, "anonymity", c.anonymity.is_some()),
        ("/deadline", 6, "deadline", c.deadline.is_some()),
        ("/constraints", 6, "constraints", has(&c.constraints)),
        ("/already_tried", 6, "tried", has(&c.already_tried)),
        ("/absorptive_capacity", 6, "capacity", has(&c.absorptive_capacity)),
        ("/title/en", 6, "translation", translated(&c.title, &c.problem)),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kind::Kind;

    #[test]
    fn the_points_of_each_kind_make_a_hundred_and_every_reason_has_its_sentence() {
        for kind in Kind::ALL {
            let empty = of(&Content::empty(kind), Lang::Vi);
            assert_eq!(empty.percent, 0);
            assert_eq!(empty.missing.iter().map(|m| u32::from(m.points)).sum::<u32>(), 100, "{kind}");
            for missing in empty.missing {
                for lang in Lang::ALL {
                    assert!(base::messages::has(lang, &format!("why-{}", missing.reason)), "{}", missing.reason);
                }
            }
        }
    }
}
