//! Random contents that are right, for every kind, and that they survive being written and read.

use base::body::Shape;
use base::text::{LocalisedList, clean};
use base::{Code, Currency, Lang, ListingId, Localised, MoneyRange, Origin, Text, Vocabularies};
use chrono::NaiveDate;
use proptest::collection::vec;
use proptest::option::of;
use proptest::prelude::*;
use proptest::sample::select;

use crate::check::Check;
use crate::content::{
    Advantage, Content, Direction, IpAsset, ListCheck, Need, OfficeNumber, Price, Priority, Publication, Reference, Share, StateFunding,
    Target, TargetPriority, Technology, Terms,
};

/// Words with everything that a format may stumble over; never empty.
fn words() -> impl Strategy<Value = String> {
    "[=+@'a-zA-Z0-9ăâđêôơưạảấầẫậắặẹếềệỉịọốồộớờợủứừựỳỹĐ\"\\\\;,:|/\t\n＝-]{1,30}".prop_map(|s| {
        let s = clean(&s);
        if s.is_empty() { "x".to_owned() } else { s }
    })
}

/// A text in the source language, or a translation.
fn text(origins: &'static [Origin]) -> impl Strategy<Value = Text> {
    (words(), select(origins), 1_u32..6).prop_map(|(text, origin, revision)| Text { text, origin, revision })
}

const SOURCE: &[Origin] = &[Origin::Original];
const TRANSLATION: &[Origin] = &[Origin::Machine, Origin::Human];

/// A text that has the source language.
fn must() -> impl Strategy<Value = Localised> {
    (text(SOURCE), of(text(TRANSLATION)))
        .prop_map(|(vi, en)| Localised([(Lang::Vi, vi)].into_iter().chain(en.map(|t| (Lang::En, t))).collect()))
}

fn may() -> impl Strategy<Value = Localised> {
    (of(text(SOURCE)), of(text(TRANSLATION)))
        .prop_map(|(vi, en)| Localised(vi.map(|t| (Lang::Vi, t)).into_iter().chain(en.map(|t| (Lang::En, t))).collect()))
}

fn word_lists() -> impl Strategy<Value = LocalisedList> {
    (vec(words(), 1..=5), of(vec(words(), 0..=2)))
        .prop_map(|(vi, en)| LocalisedList([(Lang::Vi, vi)].into_iter().chain(en.map(|w| (Lang::En, w))).collect()))
}

fn code(list: &'static str) -> impl Strategy<Value = Code> {
    let today = NaiveDate::from_ymd_opt(2026, 11, 24).unwrap();
    let vocabularies = Vocabularies::built_in().unwrap();
    let terms = &vocabularies.get(list).unwrap_or_else(|| panic!("{list}")).terms;
    let in_force = |code: &Code| {
        let mut faults = base::Faults::new();
        vocabularies.check(list, code, today, "", &mut faults);
        faults.is_empty()
    };
    let all: Vec<Code> = terms.iter().map(|t| t.code.clone()).filter(|c| in_force(c) && *c != "prohibited" && *c != "hidden").collect();
    select(all)
}

fn day() -> impl Strategy<Value = NaiveDate> {
    (0_i64..9_000).prop_map(|n| NaiveDate::from_ymd_opt(2000, 1, 1).unwrap() + chrono::TimeDelta::days(n))
}

fn figure() -> impl Strategy<Value = f64> {
    prop_oneof![any::<f64>().prop_filter("ordinary", |x| x.is_finite() && x.abs() < 1e15), (-500_i32..500).prop_map(f64::from)]
}

fn id() -> impl Strategy<Value = ListingId> {
    any::<u128>().prop_map(|n| ListingId(uuid::Uuid::from_u128(n)))
}

fn money() -> impl Strategy<Value = MoneyRange> {
    (0_i64..1_000_000, of(0_i64..1_000_000_000), of(day())).prop_map(|(least, more, as_of)| MoneyRange {
        min_minor: Some(least),
        max_minor: more.map(|m| least + m),
        currency: Currency::vnd(),
        as_of,
    })
}

/// Holders whose shares make the whole.
fn shares() -> impl Strategy<Value = Vec<Share>> {
    vec((words(), of(code("share_basis"))), 1..4).prop_map(|all| {
        let count = u32::try_from(all.len()).unwrap();
        all.into_iter()
            .enumerate()
            .map(|(n, (name, basis))| Share {
                party: None,
                name: format!("{name} {n}"),
                share_bp: Some(if n == 0 { 10_000 - (count - 1) * 100 } else { 100 }),
                basis,
            })
            .collect()
    })
}

fn advantage() -> impl Strategy<Value = Advantage> {
    (must(), may(), of(figure()), figure(), "[a-z/%]{0,5}", may(), may()).prop_map(
        |(metric, compared_with, baseline, offered, unit, evidence, conditions)| Advantage {
            metric,
            compared_with,
            baseline,
            offered: Some(offered),
            unit,
            evidence,
            conditions,
        },
    )
}

fn terms() -> impl Strategy<Value = Terms> {
    let price = (code("price_kinds"), of(money())).prop_map(|(kind, amount)| Price { kind, amount });
    (of(code("rights")), of(code("exclusivity")), of(any::<bool>()), may(), of(1_u32..1_000), vec(code("payment"), 0..3), of(price))
        .prop_map(|(right, exclusivity, sublicence, field_of_use, term_months, payment, price)| Terms {
            right,
            exclusivity,
            sublicence,
            field_of_use,
            territory: vec![Code::from("VN"), Code::from("WO")],
            term_months,
            payment,
            price,
        })
}

fn technology() -> impl Strategy<Value = Content> {
    let texts = (must(), must(), must(), must(), must(), may(), may());
    let codes = (code("fields"), 1_u8..=9, code("ipr_status"), vec(code("cooperation"), 1..=3), vec(code("party_types"), 1..4));
    let lists = (word_lists(), of(word_lists()), shares(), vec(advantage(), 1..3), vec(id(), 0..3), vec(words(), 0..3));
    let funding = (words(), day(), words()).prop_map(|(task_code, day, decision)| StateFunding {
        task_code,
        accepted_on: Some(day),
        right_holder_decision: decision,
    });
    let check = (of(code("transfer_lists")), of(day())).prop_map(|(result, checked_on)| ListCheck {
        result,
        list_version: String::new(),
        checked_on,
    });
    let rare = (of(any::<bool>()), of(funding), of(check), of(day()), of(money()), of(0_u32..100), of(terms()));
    let more = (
        vec((may(), of(1950_u16..2026)).prop_map(|(site, since_year)| Reference { site, since_year }), 0..3),
        vec(words().prop_map(|title| Publication { title, doi: "10.1000/182".to_owned() }), 0..2),
        vec(select(vec![Code::from("A23N"), Code::from("A23N 5/01")]), 0..2),
        vec(code("sdg"), 0..3),
    );
    (texts, codes, lists, rare, more).prop_map(|(texts, codes, lists, rare, more)| {
        let state_funded = if rare.1.is_none() { rare.0.map(|_| false) } else { rare.0 };
        Content::Technology(Box::new(Technology {
            title: texts.0,
            summary: texts.1,
            problem: texts.2,
            description: texts.3,
            partner_role: texts.4,
            applications: texts.5,
            limitations: texts.6,
            field: Some(codes.0),
            trl: Some(codes.1),
            ipr_status: Some(codes.2),
            cooperation: codes.3,
            partner_types: codes.4,
            keywords: lists.0,
            market_keywords: lists.1.unwrap_or_default(),
            owners: lists.2,
            advantages: lists.3,
            ip_assets: lists.4,
            standards: lists.5,
            state_funded,
            state_funding: rare.1,
            list_check: rare.2,
            disclosed_on: rare.3,
            investment: rare.4,
            payback_months: rare.5,
            terms: rare.6,
            references: more.0,
            publications: more.1,
            ipc: more.2,
            sdg: more.3,
            video: String::new(),
            ..Technology::default()
        }))
    })
}

fn ip_asset() -> impl Strategy<Value = Content> {
    let number = || (words(), day()).prop_map(|(number, date)| OfficeNumber { number, date: Some(date) });
    let codes = (code("ip_kinds"), code("ip_status"), day(), words(), of(code("ip_routes")), vec(code("availability"), 0..3));
    let priority = (words(), of(select(vec![Code::from("VN")]))).prop_map(|(number, country)| Priority { number, date: None, country });
    (must(), may(), codes, number(), shares(), vec(words(), 1..4), vec(1_u8..=45, 0..4), of(priority), vec(id(), 0..2)).prop_map(
        |(title, summary, codes, number, holders, creators, nice, priority, technologies)| {
            Content::IpAsset(Box::new(IpAsset {
                title,
                summary,
                ip_kind: Some(codes.0),
                status: Some(codes.1),
                status_as_of: Some(codes.2),
                status_source: codes.3,
                route: codes.4,
                availability: codes.5,
                territory: vec![Code::from("VN")],
                holders,
                creators,
                application: Some(number.clone()),
                grant: Some(number),
                nice,
                priority,
                technologies,
                locarno: vec![Code::from("09-01")],
                ..IpAsset::default()
            }))
        },
    )
}

fn need() -> impl Strategy<Value = Content> {
    let target = (must(), of(figure()), figure(), any::<bool>(), any::<bool>()).prop_map(|(metric, today, target, most, must)| Target {
        metric,
        today,
        target: Some(target),
        unit: "kg".to_owned(),
        direction: if most { Direction::AtMost } else { Direction::AtLeast },
        priority: if must { TargetPriority::Must } else { TargetPriority::Nice },
    });
    let codes = (code("fields"), vec(code("cooperation"), 1..=3), vec(code("party_types"), 1..4), code("anonymity"), of(code("urgency")));
    (must(), must(), vec(target, 1..4), codes, word_lists(), of(1_u8..=9), may(), of(day()), of(code("provinces"))).prop_map(
        |(title, problem, targets, codes, keywords, trl_min, constraints, deadline, province)| {
            Content::Need(Box::new(Need {
                title,
                problem,
                targets,
                field: Some(codes.0),
                cooperation: codes.1,
                partner_types: codes.2,
                anonymity: Some(codes.3),
                urgency: codes.4,
                keywords,
                trl_min,
                constraints,
                deadline,
                province,
                ..Need::default()
            }))
        },
    )
}

/// Any content that could be published.
pub(crate) fn content() -> impl Strategy<Value = Content> {
    prop_oneof![technology(), ip_asset(), need()]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn a_content_survives_json(content in content()) {
        let vocabularies = Vocabularies::built_in().unwrap();
        let check = Check { vocabularies: &vocabularies, today: NaiveDate::from_ymd_opt(2026, 11, 24).unwrap() };
        let faults = check.submission(&content, Lang::Vi);
        prop_assert!(faults.is_empty(), "{:?}", faults);
        let json = content.to_json().unwrap();
        prop_assert_eq!(&Content::from_json(content.kind(), &json).unwrap(), &content);
        // What is stored also passes the door that bodies come in by, unchanged.
        let value = serde_json::from_str(&json).unwrap();
        let (again, faults) = match &content {
            Content::Technology(_) => { let (c, f) = Shape::of::<Technology>().read(value); (c.map(|c| Content::Technology(Box::new(c))), f) }
            Content::IpAsset(_) => { let (c, f) = Shape::of::<IpAsset>().read(value); (c.map(|c| Content::IpAsset(Box::new(c))), f) }
            Content::Need(_) => { let (c, f) = Shape::of::<Need>().read(value); (c.map(|c| Content::Need(Box::new(c))), f) }
        };
        prop_assert!(faults.is_empty(), "{:?}", faults);
        prop_assert_eq!(again, Some(content));
    }
}
