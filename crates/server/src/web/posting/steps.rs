//! The forms of the three kinds: one topic a step, the fields in the order people think of them.
//!
//! Every field of the content is here once; a test holds that.

use listings::Kind;

use super::super::fields::{Field, Input};
use Input::{
    Always, Code, Codes, Day, Figure, Flag, Level, Line, Lines, Listings, Money, Numbers, Party, Percent, Places, Plain, Rows, Text,
    Tokens, Whole, Words,
};

/// One topic.
pub(in super::super) struct Step {
    /// The message that names it; with `-about`, what it is for.
    pub key: &'static str,
    /// What is asked.
    pub fields: &'static [Field],
}

const SHARES: [Field; 4] = [
    Field::new("/party", "field-share-party", Party),
    Field::new("/name", "field-share-name", Plain(256)),
    Field::needed("/share_bp", "field-share", Percent),
    Field::new("/basis", "field-share-basis", Code("share_basis")),
];

const TECHNOLOGY: [Step; 6] = [
    Step {
        key: "step-technology-what",
        fields: &[
            Field::needed("/title", "field-technology-title", Line(256)),
            Field::needed("/summary", "field-technology-summary", Text(500, 4)),
            Field::needed("/keywords", "fact-keywords", Words),
            Field::needed("/field", "fact-field", Code("fields")),
            Field::new("/products", "block-products", Words),
            Field::new("/market_keywords", "field-market-keywords", Words),
        ],
    },
    Step {
        key: "step-technology-how",
        fields: &[
            Field::needed("/problem", "block-problem", Text(2_000, 6)),
            Field::needed("/description", "block-description", Text(4_000, 12)),
            Field::new("/applications", "block-applications", Text(2_000, 4)),
            Field::new("/limitations", "block-limitations", Text(2_000, 4)),
            Field::new("/competing_solutions", "block-competing", Text(1_000, 3)),
        ],
    },
    Step {
        key: "step-technology-results",
        fields: &[
            Field::needed(
                "/advantages",
                "block-advantages",
                Rows(&[
                    Field::needed("/metric", "advantage-metric", Line(200)),
                    Field::new("/baseline", "advantage-baseline", Figure),
                    Field::needed("/offered", "advantage-offered", Figure),
                    Field::new("/unit", "field-unit", Plain(20)),
                    Field::new("/compared_with", "field-compared-with", Line(200)),
                    Field::new("/conditions", "field-conditions", Line(500)),
                    Field::new("/evidence", "field-evidence", Line(500)),
                ]),
            ),
            Field::new("/not_measured", "field-not-measured", Text(1_000, 3)),
            Field::needed("/trl", "fact-trl", Level),
            Field::new("/trl_evidence", "field-trl-evidence", Text(1_000, 3)),
            Field::new(
                "/references",
                "block-references",
                Rows(&[Field::new("/site", "field-site", Line(256)), Field::new("/since_year", "field-since-year", Whole)]),
            ),
            Field::new("/demonstration_site", "block-demonstration-site", Line(256)),
            Field::new("/video", "fact-video", Plain(500)),
            Field::new(
                "/publications",
                "block-publications",
                Rows(&[Field::new("/title", "field-publication-title", Plain(512)), Field::new("/doi", "field-doi", Plain(200))]),
            ),
        ],
    },
    Step {
        key: "step-technology-rights",
        fields: &[
            Field::needed("/ipr_status", "fact-ipr-status", Code("ipr_status")),
            Field::new("/ip_assets", "fact-ip-assets", Listings(Kind::IpAsset)),
            Field::needed("/owners", "fact-owners", Rows(&SHARES)),
            Field::new("/state_funded", "field-state-funded", Flag),
            Field::new("/state_funding/task_code", "fact-task", Plain(100)),
            Field::new("/state_funding/accepted_on", "fact-accepted", Day),
            Field::new("/state_funding/right_holder_decision", "fact-decision", Plain(256)),
            Field::new("/list_check/result", "fact-list-check", Code("transfer_lists")),
            Field::new("/list_check/list_version", "field-list-version", Plain(30)),
            Field::new("/list_check/checked_on", "field-checked-on", Day),
            Field::new("/disclosed_on", "fact-disclosed", Day),
            Field::new("/ipc", "fact-ipc", Tokens),
            Field::new("/cpc", "fact-cpc", Tokens),
        ],
    },
    Step {
        key: "step-technology-terms",
        fields: &[
            Field::needed("/cooperation", "fact-cooperation", Codes("cooperation")),
            Field::needed("/partner_types", "fact-partner-types", Codes("party_types")),
            Field::needed("/partner_role", "block-partner-role", Text(2_000, 4)),
            Field::new("/terms/right", "fact-right", Code("rights")),
            Field::new("/terms/exclusivity", "fact-exclusivity", Code("exclusivity")),
            Field::new("/terms/sublicence", "fact-sublicence", Flag),
            Field::new("/terms/field_of_use", "fact-field-of-use", Text(1_000, 2)),
            Field::new("/terms/territory", "fact-territory", Places("countries")),
            Field::new("/terms/term_months", "field-term-months", Whole),
            Field::new("/terms/payment", "fact-payment", Codes("payment")),
            Field::new("/terms/price/kind", "field-price-kind", Code("price_kinds")),
            Field::new("/terms/price/amount", "fact-price", Money),
            Field::new("/support", "fact-support", Codes("support")),
        ],
    },
    Step {
        key: "step-technology-use",
        fields: &[
            Field::new("/investment", "fact-investment", Money),
            Field::new("/operating_cost_per_year", "fact-operating-cost", Money),
            Field::new("/payback_months", "field-payback-months", Whole),
            Field::new("/capacity", "block-capacity", Line(500)),
            Field::new("/inputs", "block-inputs", Text(1_000, 3)),
            Field::new("/requirements", "block-requirements", Text(1_000, 3)),
            Field::new("/environment", "block-environment", Text(1_000, 3)),
            Field::new("/standards", "fact-standards", Lines),
            Field::new("/vsic", "fact-vsic", Codes("vsic")),
            Field::new("/sdg", "fact-sdg", Codes("sdg")),
        ],
    },
];

const IP_ASSET: [Step; 5] = [
    Step {
        key: "step-ip-asset-what",
        fields: &[
            Field::needed("/ip_kind", "fact-ip-kind", Code("ip_kinds")),
            Field::needed("/title", "field-ip-asset-title", Line(256)),
            Field::new("/abstract", "block-abstract", Text(2_000, 6)),
            Field::new("/field", "fact-field", Code("fields")),
            Field::new("/keywords", "fact-keywords", Words),
            Field::new("/products", "block-products", Words),
        ],
    },
    Step {
        key: "step-ip-asset-status",
        fields: &[
            Field::needed("/status", "fact-ip-status", Code("ip_status")),
            Field::needed("/status_as_of", "field-status-as-of", Day),
            Field::needed("/status_source", "field-status-source", Plain(256)),
            Field::needed("/territory", "fact-in-force-in", Places("countries")),
            Field::new("/application/number", "fact-application", Plain(60)),
            Field::new("/application/date", "field-application-date", Day),
            Field::new("/publication/number", "fact-publication", Plain(60)),
            Field::new("/publication/date", "field-publication-date", Day),
            Field::new("/grant/number", "fact-grant", Plain(60)),
            Field::new("/grant/date", "field-grant-date", Day),
            Field::new("/expires_on", "fact-protected-until", Day),
            Field::new("/route", "fact-route", Code("ip_routes")),
            Field::new("/priority/number", "field-priority-number", Plain(60)),
            Field::new("/priority/date", "fact-priority", Day),
            Field::new("/priority/country", "field-priority-country", Code("countries")),
        ],
    },
    Step {
        key: "step-ip-asset-holders",
        fields: &[
            Field::needed("/holders", "fact-holders", Rows(&SHARES)),
            Field::needed("/creators", "fact-creators", Lines),
            Field::new("/representative", "fact-representative", Plain(256)),
        ],
    },
    Step {
        key: "step-ip-asset-classes",
        fields: &[
            Field::new("/ipc", "fact-ipc", Tokens),
            Field::new("/cpc", "fact-cpc", Tokens),
            Field::new("/nice", "fact-nice", Numbers),
            Field::new("/locarno", "fact-locarno", Tokens),
            Field::new("/vienna", "fact-vienna", Tokens),
            Field::new("/family", "fact-family", Tokens),
        ],
    },
    Step {
        key: "step-ip-asset-use",
        fields: &[
            Field::new("/availability", "fact-availability", Codes("availability")),
            Field::new("/technologies", "block-technologies", Listings(Kind::Technology)),
            Field::new("/encumbrances", "block-encumbrances", Text(1_000, 3)),
        ],
    },
];

const NEED: [Step; 4] = [
    Step {
        key: "step-need-problem",
        fields: &[
            Field::needed("/title", "field-need-title", Line(256)),
            Field::needed("/problem", "block-need", Text(4_000, 10)),
            Field::needed("/keywords", "fact-keywords", Words),
            Field::needed("/field", "fact-field", Code("fields")),
        ],
    },
    Step {
        key: "step-need-result",
        fields: &[
            Field::needed(
                "/targets",
                "block-targets",
                Rows(&[
                    Field::needed("/metric", "target-metric", Line(200)),
                    Field::new("/today", "target-today", Figure),
                    Field::needed("/target", "target-wanted", Figure),
                    Field::new("/unit", "field-unit", Plain(20)),
                    Field::new("/direction", "field-direction", Always("directions")),
                    Field::new("/priority", "target-priority", Always("target_priority")),
                ]),
            ),
            Field::new("/trl_min", "fact-trl-min", Level),
            Field::new("/deadline", "fact-deadline", Day),
            Field::new("/urgency", "fact-urgency", Code("urgency")),
        ],
    },
    Step {
        key: "step-need-partner",
        fields: &[
            Field::needed("/cooperation", "fact-cooperation", Codes("cooperation")),
            Field::needed("/partner_types", "fact-partner-types", Codes("party_types")),
            Field::needed("/anonymity", "field-anonymity", Code("anonymity")),
            Field::new("/province", "fact-province", Code("provinces")),
            Field::new("/right_sought", "field-right-sought", Code("rights")),
            Field::new("/exclusivity_sought", "field-exclusivity-sought", Code("exclusivity")),
        ],
    },
    Step {
        key: "step-need-conditions",
        fields: &[
            Field::new("/constraints", "block-constraints", Text(2_000, 4)),
            Field::new("/already_tried", "block-already-tried", Text(2_000, 4)),
            Field::new("/excluded_solutions", "block-excluded", Text(1_000, 3)),
            Field::new("/absorptive_capacity", "block-absorptive", Text(1_000, 3)),
            Field::new("/standards", "fact-standards", Lines),
            Field::new("/co_funding", "block-co-funding", Text(1_000, 2)),
        ],
    },
];

/// The steps of a kind; the step in the other language comes after them.
pub(in super::super) const fn of(kind: Kind) -> &'static [Step] {
    match kind {
        Kind::Technology => &TECHNOLOGY,
        Kind::IpAsset => &IP_ASSET,
        Kind::Need => &NEED,
    }
}

/// Every field of a kind, in order.
pub(in super::super) fn fields(kind: Kind) -> Vec<Field> {
    of(kind).iter().flat_map(|step| step.fields).copied().collect()
}

/// The step that asks for what lies at a pointer, from 1; the one of translations for a text in another language.
pub(in super::super) fn step_of(kind: Kind, pointer: &str) -> usize {
    let steps = of(kind);
    let has = |step: &Step| step.fields.iter().any(|f| pointer == f.at || pointer.strip_prefix(f.at).is_some_and(|r| r.starts_with('/')));
    // A fault of an object as a whole, such as `/terms`, belongs to where its parts are asked for.
    let begins = |step: &Step| step.fields.iter().any(|f| f.at.strip_prefix(pointer).is_some_and(|r| r.starts_with('/')));
    steps.iter().position(has).or_else(|| steps.iter().position(begins)).map_or(1, |n| n + 1)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use base::{Lang, messages};
    use serde_json::Value;
    use utoipa::PartialSchema;

    use super::*;

    fn properties(schema: &Value, at: &str, all: &Value, out: &mut BTreeSet<String>) {
        for (name, inner) in schema["properties"].as_object().into_iter().flatten() {
            let name = format!("{at}/{name}");
            let one = inner.get("oneOf").and_then(Value::as_array).and_then(|o| o.first()).unwrap_or(inner);
            let reference = one.get("$ref").and_then(Value::as_str).and_then(|r| r.rsplit('/').next());
            match reference {
                Some("StateFunding" | "ListCheck" | "Terms" | "Price" | "OfficeNumber" | "Priority") => {
                    properties(&all[reference.unwrap()], &name, all, out);
                }
                _ => drop(out.insert(name)),
            }
        }
    }

    #[test]
    fn every_field_of_a_content_is_asked_for_once() {
        use listings::content::{IpAsset, ListCheck, Need, OfficeNumber, Price, Priority, StateFunding, Technology, Terms};
        let json = |s: utoipa::openapi::RefOr<utoipa::openapi::schema::Schema>| serde_json::to_value(s).unwrap();
        let all = serde_json::json!({
            "StateFunding": json(StateFunding::schema()), "ListCheck": json(ListCheck::schema()), "Terms": json(Terms::schema()),
            "Price": json(Price::schema()), "OfficeNumber": json(OfficeNumber::schema()), "Priority": json(Priority::schema()),
        });
        for (kind, schema) in
            [(Kind::Technology, json(Technology::schema())), (Kind::IpAsset, json(IpAsset::schema())), (Kind::Need, json(Need::schema()))]
        {
            let mut wanted = BTreeSet::new();
            properties(&schema, "", &all, &mut wanted);
            let asked: Vec<String> = fields(kind).iter().map(|f| f.at.to_owned()).collect();
            let once: BTreeSet<String> = asked.iter().cloned().collect();
            assert_eq!(once, wanted, "{kind}");
            assert_eq!(once.len(), asked.len(), "{kind}: a field is asked for twice");
        }
    }

    #[test]
    fn every_step_and_field_has_its_words_in_both_languages() {
        for lang in Lang::ALL {
            for kind in Kind::ALL {
                for step in of(kind) {
                    assert!(messages::has(lang, step.key) && messages::has(lang, &format!("{}-about", step.key)), "{}", step.key);
                    for field in step.fields {
                        assert!(messages::has(lang, field.label), "{}", field.label);
                        if let Input::Rows(columns) = field.input {
                            assert!(columns.iter().all(|c| messages::has(lang, c.label)), "{}", field.label);
                        }
                    }
                }
            }
        }
    }

    #[test]
    fn what_is_missing_leads_to_the_step_that_asks_for_it() {
        assert_eq!(step_of(Kind::Technology, "/advantages/0/evidence"), 3);
        assert_eq!(step_of(Kind::Technology, "/terms"), 5);
        assert_eq!(step_of(Kind::Technology, "/state_funding"), 4);
        assert_eq!(step_of(Kind::IpAsset, "/grant"), 2);
        assert_eq!(step_of(Kind::Need, "/anonymity"), 3);
    }
}
