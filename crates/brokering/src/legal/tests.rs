use base::{Vocabularies, defaults};

use super::rules::Words;
use super::*;
use crate::pipelines::Pipelines;

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

fn case(kind: &str, direction: Direction, state: bool, list: &str, right: &str) -> Case {
    let facts = LegalFacts {
        direction: Some(direction),
        state_capital: Some(state),
        list: Some(list.into()),
        right: Some(right.into()),
        ..LegalFacts::default()
    };
    Case { kind: kind.to_owned(), objects: transferred(kind, []), facts, ..Case::default() }
}

fn path(case: &Case, on: &str) -> LegalPath {
    legal_path(&Laws::built_in().unwrap(), case, day(on), Lang::En)
}

fn rules(path: &LegalPath) -> Vec<&str> {
    path.advice.iter().map(|a| a.rule.as_str()).collect()
}

/// What of the contract or of its papers keeps it from being signed.
fn lacks(path: &LegalPath) -> Vec<&str> {
    path.blocking().filter_map(|a| a.about.as_deref()).collect()
}

/// A deal within Vietnam, without State money, about assets of these kinds; none is a technology.
fn about(kind: &str, right: &str, objects: &[Option<&str>]) -> Case {
    let objects = transferred(kind, objects.iter().map(|ip_kind| ip_kind.map(Code::from)));
    Case { objects, ..case(kind, Direction::Domestic, false, "none", right) }
}

/// Every kind of deal there is.
fn kinds() -> BTreeSet<String> {
    Pipelines::built_in().unwrap().kinds()
}

#[test]
fn a_transfer_over_the_border_or_with_state_money_must_be_registered_in_ninety_days() {
    let mut inbound = case("licence", Direction::Inbound, false, "none", "right_to_use");
    assert_eq!((path(&inbound, "2026-11-28").registration, path(&inbound, "2026-11-28").register_by), (Registration::Required, None));
    inbound.signed_on = Some(day("2026-11-01"));
    assert_eq!(path(&inbound, "2026-11-01").register_by, Some(day("2027-01-30")));
    let at = |c: &Case| path(c, "2026-11-28").registration;
    assert_eq!(at(&case("licence", Direction::Domestic, false, "none", "right_to_use")), Registration::Voluntary);
    let mut funded = case("licence", Direction::Domestic, true, "none", "right_to_use");
    assert_eq!(at(&funded), Registration::Required);
    funded.facts.result_certificate = Some(true);
    assert_eq!(at(&funded), Registration::Voluntary);
    assert_eq!(at(&case("technical_service", Direction::Inbound, true, "none", "right_to_use")), Registration::None);
    assert_eq!(at(&Case { kind: "licence".into(), objects: transferred("licence", []), ..Case::default() }), Registration::Unknown);
    // Who files depends on the way it goes.
    let outbound = path(&case("licence", Direction::Outbound, false, "none", "right_to_use"), "2026-11-28");
    assert_eq!(outbound.advice.iter().find(|a| a.effect == Effect::Register).unwrap().by.as_deref(), Some("owner"));
}

#[test]
fn what_is_mandatory_and_missing_blocks_and_what_is_optional_does_not() {
    let mut licence = case("licence", Direction::Domestic, false, "none", "right_to_use");
    let before = path(&licence, "2026-11-28");
    assert_eq!(before.blocking().count(), 12, "14 items, two of them optional: {:?}", rules(&before));
    licence.contents = before.advice.iter().filter_map(|a| a.about.clone()).filter(|i| i != "warranty" && i != "definitions").collect();
    let left = path(&licence, "2026-11-28");
    assert_eq!(left.blocking().map(|a| a.about.as_deref().unwrap()).collect::<Vec<_>>(), ["warranty"]);
    assert!(left.advice.iter().all(|a| !a.article.is_empty() && !a.law.is_empty() && !a.source.is_empty()));
    assert_eq!(left.sources.len(), left.caveats.len());
    assert!(left.sources[0].source.contains("Decree 76/2018"), "{:?}", left.sources);
    assert!(left.disclaimer.contains("advice"), "{}", left.disclaimer);
}

#[test]
fn restricted_technology_needs_approval_and_prohibited_technology_is_never_signed() {
    let mut restricted = case("licence", Direction::Domestic, false, "restricted", "right_to_use");
    let papers = |c: &Case| path(c, "2026-11-28").blocking().filter(|a| a.effect == Effect::Paper).count();
    let delivery = |c: &Case| path(c, "2026-11-28").blocking_delivery().filter_map(|a| a.about.clone()).collect::<Vec<_>>();
    assert_eq!(papers(&restricted), 1);
    restricted.papers = BTreeSet::from(["transfer_approval".to_owned()]);
    assert_eq!((papers(&restricted), delivery(&restricted)), (0, vec!["transfer_licence".to_owned()]));
    restricted.papers.insert("transfer_licence".to_owned());
    assert_eq!(delivery(&restricted), Vec::<String>::new());
    assert_eq!(delivery(&case("licence", Direction::Domestic, false, "none", "right_to_use")), Vec::<String>::new());
    let forbidden = path(&case("licence", Direction::Domestic, false, "prohibited", "right_to_use"), "2026-11-28");
    assert!(forbidden.blocking().any(|a| a.effect == Effect::Forbid));
}

#[test]
fn restricted_technology_is_licensed_and_not_registered() {
    for &direction in Direction::ALL {
        for (kind, state) in [("licence", false), ("assignment", true), ("equipment_with_technology", false), ("joint_venture", true)] {
            let right = right_of(kind).unwrap_or("ownership");
            let mut restricted = case(kind, direction, state, "restricted", right);
            restricted.signed_on = Some(day("2026-11-01"));
            let found = path(&restricted, "2026-11-01");
            let said = rules(&found);
            assert_eq!((found.registration, found.register_by), (Registration::None, None), "{kind} {direction}: {said:?}");
            let of_registration = said.iter().filter(|rule| rule.starts_with("TT-REG-") || rule.starts_with("TT-CON-3"));
            assert_eq!(of_registration.collect::<Vec<_>>(), [&"TT-REG-RES"], "{kind} {direction}");
            assert_eq!(found.blocking_delivery().count(), 1, "its force comes from the licence: {said:?}");
            let free = path(&case(kind, direction, state, "encouraged", right), "2026-11-01");
            assert!(!matches!(free.registration, Registration::None | Registration::Unknown), "{kind} {direction}: {:?}", rules(&free));
        }
    }
}

#[test]
fn whoever_the_law_names_asks_for_the_licence() {
    for (direction, by) in [(Direction::Inbound, "seeker"), (Direction::Domestic, "seeker"), (Direction::Outbound, "owner")] {
        let mut restricted = case("licence", direction, false, "restricted", "right_to_use");
        restricted.signed_on = Some(day("2026-11-01"));
        let found = path(&restricted, "2026-11-01");
        let duties: Vec<_> = found.advice.iter().filter(|a| a.effect == Effect::Duty).map(|a| (a.by.as_deref(), a.due_on)).collect();
        assert_eq!(duties, [(Some(by), Some(day("2026-12-31")))], "{direction}");
    }
}

#[test]
fn technology_contributed_with_state_capital_needs_its_ownership_confirmed_before_signing() {
    let mut venture = case("joint_venture", Direction::Domestic, true, "none", "ownership");
    let papers = |c: &Case, on: &str| {
        let found = path(c, on);
        found.blocking().filter(|a| a.effect == Effect::Paper).filter_map(|a| a.about.clone()).collect::<BTreeSet<_>>()
    };
    assert_eq!(papers(&venture, "2026-03-31"), BTreeSet::from(["valuation".to_owned()]));
    venture.papers = BTreeSet::from(["valuation".to_owned()]);
    assert_eq!(papers(&venture, "2026-04-01"), BTreeSet::from(["ownership_confirmation".to_owned()]));
    venture.papers.insert("ownership_confirmation".to_owned());
    assert_eq!(papers(&venture, "2026-04-01"), BTreeSet::new());
    let other = case("licence", Direction::Domestic, true, "none", "right_to_use");
    assert_eq!(papers(&other, "2026-04-01"), BTreeSet::from(["valuation".to_owned()]));
}

#[test]
fn between_related_parties_the_price_is_valued_when_the_tax_office_asks() {
    let mut related = case("licence", Direction::Domestic, false, "none", "right_to_use");
    related.facts.related = Some(true);
    let found = path(&related, "2026-11-28");
    assert!(rules(&found).contains(&"TT-PAY-3") && found.blocking().all(|a| a.effect != Effect::Paper), "{:?}", rules(&found));
}

#[test]
fn a_deal_is_judged_by_the_rules_of_its_day() {
    let funded = case("licence", Direction::Domestic, true, "restricted", "right_to_use");
    let (before, after) = (path(&funded, "2026-03-31"), path(&funded, "2026-04-01"));
    assert!(rules(&before).contains(&"TT-STATE-1") && !rules(&before).contains(&"TT-LIC-2"));
    assert!(!rules(&after).contains(&"TT-STATE-1") && rules(&after).contains(&"TT-LIC-2"));
    assert!(path(&funded, "2018-06-30").advice.is_empty());
}

#[test]
fn each_rule_holds_from_the_day_on_which_its_law_came_into_force() {
    let laws = Laws::built_in().unwrap();
    for rule in laws.0.iter().flat_map(|law| &law.rules) {
        let first = if rule.code.starts_with("CC-") {
            "2017-01-01"
        } else if rule.code.starts_with("IP-") {
            "2006-07-01"
        } else {
            "2018-07-01"
        };
        assert!(rule.from.is_some_and(|from| from >= day(first)), "{}: {:?}", rule.code, rule.from);
    }
    let work = about("licence", "right_to_use", &[Some("copyright")]);
    assert!(path(&work, "2006-06-30").advice.is_empty() && !lacks(&path(&work, "2016-12-31")).contains(&"object"));
    assert!(lacks(&path(&work, "2017-01-01")).contains(&"object"));
    // Nothing can be said of what is older than every rule about it.
    let since = |kind: &str, objects: &[Option<&str>]| laws.since(kind, &about(kind, "right_to_use", objects).objects);
    assert_eq!(since("licence", &[None]), Some(day("2018-07-01")));
    assert_eq!(since("licence", &[Some("patent")]), Some(day("2006-07-01")));
    assert_eq!(since("licence", &[Some("patent"), None]), Some(day("2018-07-01")));
    assert_eq!(since("technical_service", &[None]), Some(day("2017-01-01")));
}

/// Everything that embodies a technology, as a technology itself does.
const EMBODIED: [Option<&str>; 8] = [
    None,
    Some("trade_secret"),
    Some("software"),
    Some("patent"),
    Some("utility_solution"),
    Some("industrial_design"),
    Some("layout_design"),
    Some("plant_variety"),
];

#[test]
fn a_prohibited_or_restricted_technology_is_one_in_whatever_right_it_is_passed_on() {
    for kind in kinds() {
        for object in EMBODIED {
            let listed = |list: &str, direction: Direction| {
                let facts = LegalFacts { list: Some(list.into()), direction: Some(direction), ..about(&kind, "right_to_use", &[]).facts };
                Case { facts, ..about(&kind, "right_to_use", &[object]) }
            };
            if object.is_none() && kind == "mark_use" {
                continue; // of the use of a mark that names nothing else nothing embodies a technology
            }
            let prohibited = path(&listed("prohibited", Direction::Domestic), "2026-11-28");
            assert!(prohibited.blocking().any(|a| a.effect == Effect::Forbid), "{kind} {object:?}");
            for (direction, duty) in [(Direction::Inbound, "TT-LIC"), (Direction::Domestic, "TT-LIC"), (Direction::Outbound, "TT-LIC-OUT")]
            {
                let restricted = path(&listed("restricted", direction), "2026-11-28");
                assert!(lacks(&restricted).contains(&"transfer_approval"), "{kind} {object:?} {direction}");
                let licence: Vec<_> = restricted.blocking_delivery().filter_map(|a| a.about.as_deref()).collect();
                assert_eq!(licence, ["transfer_licence"], "{kind} {object:?} {direction}");
                assert!(rules(&restricted).contains(&duty) && rules(&restricted).contains(&"TT-LIC-2"), "{:?}", rules(&restricted));
            }
            let free = path(&listed("none", Direction::Domestic), "2026-11-28");
            assert!(rules(&free).iter().all(|rule| *rule != "TT-PRO" && !rule.starts_with("TT-LIC")), "{:?}", rules(&free));
        }
    }
    // What embodies none is under no such rule.
    for object in ["trademark", "collective_mark", "certification_mark", "copyright"] {
        let mark = Case {
            facts: LegalFacts { list: Some("prohibited".into()), ..about("licence", "right_to_use", &[]).facts },
            ..about("licence", "right_to_use", &[Some(object)])
        };
        assert!(!rules(&path(&mark, "2026-11-28")).contains(&"TT-PRO"), "{object}");
    }
}

#[test]
fn industrial_property_follows_its_own_law() {
    let found = path(&about("assignment", "ownership", &[Some("patent")]), "2026-11-28");
    assert_eq!((found.registration, found.register_by), (Registration::Required, None));
    assert!(rules(&found).iter().all(|r| r.starts_with("IP-")), "{:?}", rules(&found));
    assert_eq!(object_of("licence", Some("software")), "technology");
    assert_eq!(object_of("licence", Some("trade_secret")), "technology");
}

#[test]
fn whatever_passes_on_industrial_property_says_what_the_law_asks_for() {
    for kind in kinds() {
        for asset in ["patent", "utility_solution", "industrial_design", "layout_design", "trademark", "certification_mark"] {
            let sold = path(&about(&kind, "ownership", &[Some(asset)]), "2026-11-28");
            assert_eq!(lacks(&sold), ["parties", "basis", "price", "rights_duties"], "{kind} {asset}");
            let lent = path(&about(&kind, "right_to_use", &[Some(asset)]), "2026-11-28");
            let items = ["parties", "basis", "licence_type", "scope", "term", "price", "rights_duties"];
            assert_eq!(lacks(&lent), items, "{kind} {asset}");
        }
    }
}

#[test]
fn a_geographical_indication_is_passed_on_by_no_kind_of_deal() {
    for kind in kinds() {
        for right in ["ownership", "right_to_use"] {
            let found = path(&about(&kind, right, &[Some("geographical_indication")]), "2026-11-28");
            assert!(found.blocking().any(|a| a.effect == Effect::Forbid), "{kind} {right}: {:?}", rules(&found));
        }
    }
}

#[test]
fn the_use_of_a_mark_binds_others_without_registration_since_2019() {
    for case in [about("mark_use", "right_to_use", &[]), about("licence", "right_to_use", &[Some("trademark")])] {
        let of = |on: &str| path(&case, on).registration;
        assert_eq!((of("2019-01-13"), of("2019-01-14")), (Registration::Voluntary, Registration::None), "{}", case.kind);
    }
    let patent = path(&about("licence", "right_to_use", &[Some("patent")]), "2026-11-28");
    assert_eq!(patent.registration, Registration::Voluntary);
}

#[test]
fn the_first_day_of_any_law_that_asks_for_registration_is_told() {
    // The one for the patent gives no day.
    let mut inbound = case("assignment", Direction::Inbound, false, "none", "ownership");
    inbound.objects = transferred("assignment", [Some("patent".into()), None]);
    inbound.signed_on = Some(day("2026-11-01"));
    let found = path(&inbound, "2026-11-01");
    assert_eq!(found.advice.iter().filter(|a| a.effect == Effect::Register).count(), 2, "{:?}", rules(&found));
    assert_eq!((found.registration, found.register_by), (Registration::Required, Some(day("2027-01-30"))));
}

/// The usual contents of a contract, but its object.
const USUAL: [&str; 5] = ["price", "term", "rights_duties", "liability", "disputes"];

#[test]
fn whatever_is_transferred_is_under_rules_that_may_block_and_says_what_is_not_known_here() {
    let of = |kind: &str| path(&about("licence", "right_to_use", &[Some(kind)]), "2026-11-28");
    for kind in ["plant_variety", "recognised_initiative"] {
        let found = of(kind);
        assert_eq!(lacks(&found), ["object"], "{kind}");
        assert_eq!(found.caveats.len(), 1, "{kind}: {:?}", found.caveats);
        assert!(found.caveats[0].contains("no rules of their own") && found.sources[0].source.contains("398"), "{found:?}");
    }
    // Of works the law tells what a contract says, and nothing else here.
    let work = of("copyright");
    assert_eq!(lacks(&work), ["object", "parties", "basis", "scope", "price", "rights_duties", "liability"]);
    assert!(work.caveats.iter().any(|caveat| caveat.contains("works only")), "{:?}", work.caveats);
    let sold = path(&about("assignment", "ownership", &[Some("copyright")]), "2026-11-28");
    assert_eq!(lacks(&sold), ["object", "parties", "basis", "price", "rights_duties", "liability"]);
    // Software is an object of the law on technology; what it does not say of copyright is said.
    let software = of("software");
    assert!(software.blocking().count() == 12 && rules(&software).contains(&"TT-OBJ-SOFTWARE"), "{:?}", rules(&software));
    assert!(!rules(&of("trade_secret")).contains(&"TT-OBJ-SOFTWARE"));
}

#[test]
fn what_the_law_says_a_contract_may_say_is_told_and_keeps_nobody_from_signing() {
    let cases =
        [("licence", Some("plant_variety")), ("option_or_material_transfer", None), ("option_or_material_transfer", Some("software"))];
    let services = ["rd_contract", "technical_service"].into_iter().flat_map(|kind| [(kind, None), (kind, Some("copyright"))]);
    let marks = [("mark_use", Some("trade_secret")), ("mark_use", Some("recognised_initiative"))];
    for (kind, object) in cases.into_iter().chain(marks).chain(services) {
        let mut deal = about(kind, "right_to_use", &[object]);
        let found = path(&deal, "2026-11-28");
        assert_eq!(lacks(&found), ["object"], "{kind} {object:?}");
        let usual = found.advice.iter().filter(|a| a.effect == Effect::Content && !a.is_blocking);
        let usual: Vec<_> = usual.map(|a| (a.about.as_deref().unwrap(), a.is_met)).collect();
        assert_eq!(usual, USUAL.map(|item| (item, Some(false))), "{kind} {object:?}");
        deal.contents = BTreeSet::from(["object".to_owned(), "price".to_owned()]);
        let found = path(&deal, "2026-11-28");
        assert_eq!(found.blocking().count(), 0, "{kind} {object:?}");
        assert!(found.advice.iter().any(|a| a.about.as_deref() == Some("price") && a.is_met == Some(true)), "{kind} {object:?}");
    }
}

#[test]
fn of_several_objects_each_brings_its_law_and_no_rule_mixes_two_of_them() {
    let licence = |objects: &[Option<&str>]| path(&about("licence", "right_to_use", objects), "2026-11-28");
    let (technology, patent, both) = (licence(&[None]), licence(&[Some("patent")]), licence(&[None, Some("patent"), None]));
    let apart: BTreeSet<&str> = rules(&technology).into_iter().chain(rules(&patent)).collect();
    assert_eq!(rules(&both).into_iter().collect::<BTreeSet<_>>(), apart);
    assert!(apart.len() > rules(&technology).len() && apart.len() > rules(&patent).len(), "{apart:?}");
    // What only an industrial property of that kind is under is not said of a trademark beside a work.
    let rule = Rule {
        when: vec![BTreeMap::from([("object", "other"), ("ip_kind", "trademark")].map(|(k, v)| (k.to_owned(), v.to_owned())))],
        from: None,
        to: None,
        ..Laws::built_in().unwrap().0[0].rules[0].clone()
    };
    let of = |kinds: &[&str]| Case { objects: transferred("licence", kinds.iter().map(|k| Some(Code::from(*k)))), ..Case::default() };
    assert!(!rule.holds(day("2026-11-28"), &of(&["copyright", "trademark"]).known()));
    assert_eq!(transferred("mark_use", []), [Transferred { object: "industrial_property", ip_kind: None }]);
}

#[test]
fn a_faulty_file_is_refused_with_its_name_and_place() {
    let good = defaults::text("legal/technology-transfer.toml").unwrap();
    let refused = |from: &str, to: &str, why: &str| {
        assert!(good.contains(from), "{from}");
        let error = Laws::parse("legal/x.toml", &good.replacen(from, to, 1)).unwrap_err().to_string();
        assert!(error.starts_with("legal/x.toml: ") && error.contains(why), "{error}");
    };
    refused("list = \"prohibited\"", "liste = \"prohibited\"", "rule \"TT-PRO\": when.liste");
    refused("effect = \"forbid\"", "effect = \"forbids\"", "TOML parse error at line");
    refused("paper = \"transfer_approval\"\n", "", "rule \"TT-LIC-APPROVAL\"");
    refused("code = \"TT-LIC\"", "code = \"TT-PRO\"", "twice");
    refused("by = \"seeker\"", "by = \"seker\"", "rule \"TT-LIC\": by: there is no \"seker\", only owner, seeker");
}

#[test]
fn a_rule_asks_only_for_words_that_its_facts_can_have() {
    let (vocabularies, pipelines) = (Vocabularies::built_in().unwrap(), Pipelines::built_in().unwrap());
    let words = Words::new(&vocabularies, &pipelines);
    for law in Laws::built_in().unwrap().0 {
        law.check_words(&words).unwrap();
    }
    let good = defaults::text("legal/technology-transfer.toml").unwrap();
    let refused = |from: &str, to: &str, why: &str| {
        assert!(good.contains(from), "{from}");
        let law = Laws::parse("legal/x.toml", &good.replacen(from, to, 1)).unwrap();
        let error = law.check_words(&words).unwrap_err();
        assert!(error.contains(why), "{error}");
    };
    let kinds = "assignment, equipment_with_technology, joint_venture, licence, mark_use, option_or_material_transfer, rd_contract";
    refused(
        "kind = \"joint_venture\"",
        "kind = \"join_venture\"",
        &format!("\"TT-CAP\": when.kind: there is no \"join_venture\", only {kinds}"),
    );
    refused(
        "inbound|domestic",
        "inwards|domestic",
        "\"TT-LIC\": when.direction: there is no \"inwards\", only domestic, inbound, outbound",
    );
    refused("inbound|domestic", "inbound | domestic", "\"TT-LIC\": when.direction: there is no \"inbound \"");
    refused(
        "object = \"technology\"",
        "object = \"technologies\"",
        "when.object: there is no \"technologies\", only industrial_property, other",
    );
    refused("list = \"prohibited\"", "list = \"banned\"", "\"TT-PRO\": when.list: there is no \"banned\", only encouraged, none");
    refused("ip_kind = \"software\"", "ip_kind = \"programs\"", "\"TT-OBJ-SOFTWARE\": when.ip_kind: there is no \"programs\", only");
    refused("state_capital = \"yes\"", "state_capital = \"true\"", "\"TT-CAP\": when.state_capital: there is no \"true\", only no, yes");
    refused("paper = \"valuation\"", "paper = \"value\"", "\"TT-CAP\": paper: \"value\" is no code of `deal_papers`");
    let named = |text: &str| Laws::parse("legal/x.toml", &text.replacen("right = \"ownership\"", "right = \"owner\"", 1)).unwrap();
    let property = defaults::text("legal/industrial-property.toml").unwrap();
    let error = named(&property).check_words(&words).unwrap_err();
    assert!(error.contains("when.right: there is no \"owner\", only ownership, right_to_use"), "{error}");
}
