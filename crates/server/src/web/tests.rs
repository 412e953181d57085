//! Every template with sample data in both languages: words are there, nothing gets out of its place, pages stay small.

mod own;
mod told;

use std::sync::Arc;

use askama::Template;
use axum::http::StatusCode;
use base::{Actor, Code, Lang, ListingId, Localised, PartyId, Text, Vocabularies, messages};
use chrono::{DateTime, Utc};
use listings::Kind;
use listings::content::Content;
use listings::published::Provenance;
use listings::state::Status;
use listings::view::{ListingView, OwnerView};
use search::{
    Card, CardAdvantage, CardParty, DateColumn, DocKind, Facet, FacetCount, Highlights, Hit, Narrowed, Period, PeriodCount, Results,
};
use serde_json::{Value, json};
use uuid::Uuid;

use super::asked::Asked;
use super::card::CardView;
use super::frame::Frame;
use super::listing::{Named, Names, listing_page};
use super::{account, door, errors, experts, faults, finding, home, party, reference};
use crate::app::SpaceSettings;
use crate::look::Space;
use crate::problem::Problem;

const EVIL: &str = "</script><img src=x onerror=alert(1)>\"'&";
const LIMIT_BYTES: usize = 60_000;

fn at() -> DateTime<Utc> {
    "2026-11-24T03:00:00Z".parse().unwrap()
}

fn frame(lang: Lang, here: &str) -> Frame {
    let space = SpaceSettings {
        name_vi: "Không gian thử".to_owned(),
        name_en: "Test space".to_owned(),
        operator_vi: "Sở".to_owned(),
        operator_en: "Department".to_owned(),
        demonstration: true,
        accent: None,
        accent_dark: None,
        logo: None,
    };
    Frame::new(lang, Arc::new(Space::open(space).unwrap()), "http://127.0.0.1:1", here, &Actor::anonymous(lang))
}

fn vocabularies() -> Vocabularies {
    Vocabularies::built_in().unwrap()
}

fn both(vi: &str, en: &str) -> Localised {
    let mut text = Localised::of(Lang::Vi, vi);
    text.0.insert(Lang::En, Text { text: en.to_owned(), ..Text::default() });
    text
}

fn content(kind: Kind, title: &str) -> Content {
    let id = Uuid::from_u128(7);
    let terms = json!({"right": "right_to_use", "exclusivity": "non_exclusive", "sublicence": false, "field_of_use": {"vi": "Trong nước"},
                "territory": ["VN", "WO", "LA"], "term_months": 84, "payment": ["lump_sum"],
                "price": {"kind": "range", "amount": {"min_minor": 450_000_000, "max_minor": 600_000_000, "currency": "VND", "as_of": "2026-03-01"}}});
    let rest = json!({
            "inputs": {"vi": "Điện"}, "requirements": {"vi": "Thợ"}, "environment": {"vi": "Không"}, "standards": ["HACCP"],
            "references": [{"site": {"vi": "Vườn"}, "since_year": 2022}], "demonstration_site": {"vi": "Xưởng"}, "video": "https://example.org/v",
            "limitations": {"vi": "Mất điện"}, "competing_solutions": {"vi": "Phơi"},
            "publications": [{"title": "Bài", "doi": "10.1000/182"}], "ipc": ["A01H 4/00"], "cpc": ["Y02A 40/10"], "vsic": ["A"], "sdg": ["2"], "support": ["training"],
    });
    let json = match kind {
        Kind::Technology => json!({
            "title": {"vi": title, "en": title}, "summary": {"vi": "Tóm tắt", "en": "Summary"}, "problem": {"vi": "Một\nHai"},
            "description": {"vi": "**Đậm** <script>x</script>"}, "field": "40107", "trl": 7, "trl_evidence": {"vi": "Đã thử"},
            "ipr_status": "granted", "ip_assets": [id], "cooperation": ["licence"], "partner_role": {"vi": "Đầu tư"},
            "partner_types": ["enterprise"], "keywords": {"vi": ["dừa"]}, "market_keywords": {"vi": ["sấy"]},
            "owners": [{"party": id, "share_bp": 6000, "basis": "funding"}, {"name": "Ông A", "share_bp": 4000}],
            "advantages": [{"metric": {"vi": "Thời gian sấy"}, "compared_with": {"vi": "Lò cũ"}, "baseline": 14.0, "offered": 5.0, "unit": "h",
                "evidence": {"vi": "Thử 2024"}, "conditions": {"vi": "60 °C"}}],
            "not_measured": {"vi": "Chưa đo độ bền"}, "state_funded": true,
            "state_funding": {"task_code": "ĐT-1", "accepted_on": "2022-06-17", "right_holder_decision": "QĐ 1"},
            "list_check": {"result": "none", "list_version": "76/2018", "checked_on": "2026-05-10"}, "disclosed_on": "2022-07-20",
            "applications": {"vi": "Xưởng"}, "products": {"vi": ["cơm dừa"]}, "capacity": {"vi": "500 kg"},
            "investment": {"min_minor": 1_800_000_000_i64, "max_minor": 2_600_000_000_i64, "currency": "VND", "as_of": "2026-03-01"},
            "operating_cost_per_year": {"min_minor": 900_000_000_i64, "currency": "VND"}, "payback_months": 34,
            "terms": terms,
        }),
        Kind::IpAsset => json!({
            "ip_kind": "patent", "title": {"vi": title, "en": title}, "abstract": {"vi": "Tóm tắt"}, "status": "granted",
            "status_as_of": "2026-10-01", "status_source": "Công báo", "territory": ["VN"], "holders": [{"party": id, "share_bp": 10000}],
            "creators": ["Bà B"], "application": {"number": "1-2019-01234", "date": "2019-02-01"}, "publication": {"number": "65000"},
            "grant": {"date": "2022-01-05"}, "priority": {"number": "X", "country": "JP", "date": "2018-02-01"}, "route": "national",
            "expires_on": "2039-02-01", "field": "40107", "keywords": {"vi": ["dừa"]}, "ipc": ["A23N"], "cpc": ["A23N 5/01"], "nice": [29], "locarno": ["09-01"],
            "vienna": ["5.7.6"], "representative": "Văn phòng", "family": ["WO1"], "encumbrances": {"vi": "Không"},
            "availability": ["licence"], "technologies": [id], "products": {"vi": ["máy"]},
        }),
        Kind::Need => json!({
            "title": {"vi": title, "en": title}, "problem": {"vi": "Sấy chậm", "en": "Slow"},
            "targets": [{"metric": {"vi": "Thời gian"}, "today": 14.0, "target": 6.0, "unit": "h", "direction": "at_most", "priority": "must"},
                {"metric": {"vi": "Công suất"}, "target": 12_000.5, "direction": "at_least"}, {"metric": {"vi": "pH"}, "target": 7.0, "direction": "equal"}],
            "field": "40107", "keywords": {"vi": ["sấy"]}, "cooperation": ["licence"], "partner_types": ["institute"], "anonymity": "hidden",
            "trl_min": 7, "constraints": {"vi": "3 pha"}, "deadline": "2027-04-30", "urgency": "high", "co_funding": {"vi": "Có"},
            "already_tried": {"vi": "Quạt"}, "standards": ["HACCP"], "excluded_solutions": {"vi": "Than"}, "absorptive_capacity": {"vi": "3 thợ"},
            "province": "86", "right_sought": "right_to_use", "exclusivity_sought": "exclusive",
        }),
    };
    let mut json = json;
    if let (Kind::Technology, Some(all), Value::Object(rest)) = (kind, json.as_object_mut(), rest) {
        all.extend(rest);
    }
    Content::from_json(kind, &json.to_string()).unwrap()
}

fn view(kind: Kind, title: &str, lang: Lang, named: bool) -> ListingView {
    let typed = content(kind, title);
    ListingView {
        id: ListingId(Uuid::from_u128(1)),
        kind,
        code: "CN-2026-000001".to_owned(),
        title: typed.title().best(lang).unwrap().to_owned(),
        url: format!("/{}/may-say", kind.path()),
        status: Status::Published,
        provenance: Provenance {
            origin: Code::from("import"),
            source: Some("demo".to_owned()),
            external_id: Some("x-1".to_owned()),
            licence: Some("CC-BY".to_owned()),
        },
        party: OwnerView {
            id: named.then_some(PartyId(Uuid::from_u128(2))),
            slug: named.then(|| "vien-dua".to_owned()),
            name: named.then(|| Localised::of(Lang::Vi, title)),
            party_type: named.then(|| Code::from("institute")),
            province: named.then(|| Code::from("86")),
            verification: named.then(|| Code::from("document")),
        },
        source_lang: Lang::Vi,
        stale_languages: vec![Lang::En],
        content_version: 1,
        content: Value::Null,
        published_at: Some(at()),
        confirmed_at: Some(at()),
        expires_at: Some(at()),
        inside: None,
        typed,
        version: 1,
    }
}

fn names() -> Names {
    Names::from([(Uuid::from_u128(7), Named { title: EVIL.to_owned(), href: "/parties/x".to_owned() })])
}

fn hit(kind: DocKind) -> Hit {
    let card = Card {
        id: Uuid::from_u128(1),
        kind,
        code: "CN-2026-000001".to_owned(),
        slug: "may-say".to_owned(),
        title: [(Lang::Vi, "Máy sấy".to_owned())].into(),
        summary: [(Lang::Vi, "Sấy dừa".to_owned())].into(),
        advantage: (kind == DocKind::Technology).then(|| CardAdvantage {
            metric: [(Lang::Vi, format!("Thời gian {EVIL}"))].into(),
            baseline: Some(14.5),
            offered: Some(5.0),
            unit: "h<".to_owned(),
        }),
        party: Some(CardParty { id: PartyId(Uuid::from_u128(2)), name: [(Lang::Vi, EVIL.to_owned())].into() }),
        facets: [
            (Facet::Trl, vec!["7".to_owned()]),
            (Facet::Field, vec!["40107".to_owned()]),
            (Facet::Province, vec!["86".to_owned()]),
            (Facet::IprStatus, vec!["granted".to_owned()]),
            (Facet::Cooperation, vec!["licence".to_owned()]),
        ]
        .into(),
        published_at: at(),
        out_since: at(),
        confirmed_at: at(),
        expires_at: Some(at()),
        source: None,
        external_id: None,
        version: 1,
        verified: true,
    };
    Hit {
        card,
        score: 1.0,
        highlights: Highlights {
            title: "<mark>Máy</mark> sấy".to_owned(),
            snippet: "&lt;b&gt; <mark>dừa</mark>".to_owned(),
            snippet_lang: Lang::Vi,
        },
    }
}

fn results(items: Vec<Hit>) -> Results {
    let count = |code: &str, label: &str, count: u64| FacetCount { code: code.to_owned(), label: label.to_owned(), parent: None, count };
    let facets = if items.is_empty() {
        std::collections::BTreeMap::new()
    } else {
        let mut all: std::collections::BTreeMap<Facet, Vec<FacetCount>> =
            [Facet::Cooperation, Facet::IprStatus, Facet::Province, Facet::PartyType, Facet::Language]
                .map(|f| (f, (1..=30).map(|n| count(&format!("x{n}"), EVIL, n)).collect()))
                .into();
        all.insert(Facet::Field, ["4", "401", "40107", "2"].map(|c| count(c, c, 3)).into());
        all.insert(Facet::Ipc, ["A", "A23", "A23N", "A23N 5/01", "C"].map(|c| count(c, c, 3)).into());
        all.insert(Facet::Trl, (1..=9).map(|n| count(&n.to_string(), "TRL – x", 1_234)).collect());
        all.insert(Facet::Kind, vec![count("technology", "Công nghệ", 1_234), count("party", "Bên", 1)]);
        all
    };
    Results {
        total: items.len() as u64 * 1_234,
        next: (!items.is_empty()).then(|| "cursor".to_owned()),
        items,
        facets,
        cut_facets: Vec::new(),
        periods: [DateColumn::Published, DateColumn::Closes]
            .map(|column| {
                let period = Period { from: "2026-10-26".parse().ok(), to: "2026-11-30".parse().ok() };
                (column, vec![PeriodCount { code: "last_30_days", period, count: 1_234 }])
            })
            .into(),
        without: [(Narrowed::Facet(Facet::Trl), 1_234), (Narrowed::Date(DateColumn::Closes), 0)].into(),
        named: None,
        took_ms: 6,
        step: 0,
        relaxed: true,
        ignored: vec![EVIL.to_owned()],
        did_you_mean: Some(EVIL.to_owned()),
    }
}

fn of_each_kind() -> Vec<Hit> {
    DocKind::ALL.map(hit).into()
}

fn a_party() -> accounts::PartyView {
    let view = json!({
        "id": Uuid::from_u128(2), "slug": "vien-dua",
        "profile": {
            "names": {"vi": EVIL, "en": "Institute"}, "party_type": "institute", "tax_code": "1399901010", "registration": "QĐ 1",
            "address": {"province": "86", "commune": "28756", "street": "1 Đường"}, "size": "large", "vsic": "A", "website": "https://example.org",
            "presentation": {"vi": "# Viện\n\n<script>x</script>"}, "capacities": {"vi": [EVIL]}, "equipment": {"vi": ["máy"]},
            "standards": {"vi": ["ISO"]}, "interests": {"vi": ["dừa"]},
        },
        "verification": {"level": "document", "at": at()}, "demonstration": true, "version": 1, "created_at": at(), "updated_at": at(),
    });
    serde_json::from_value(view).unwrap()
}

fn an_expert() -> accounts::ExpertView {
    let view = json!({
        "id": Uuid::from_u128(3), "slug": "le-thi-mo",
        "profile": {
            "name": EVIL, "presentation": {"vi": "# Tôi\n\n<script>x</script>"},
            "expertise": [{"what": {"vi": EVIL}, "evidence": {"en": EVIL}, "field": "21101"}],
            "languages": ["vi", "ja"], "regions": ["86"], "services": ["advice"], "orcid": "0000-0002-1825-0097",
        },
        "affiliation": {"id": Uuid::from_u128(2), "slug": "vien-dua", "names": {"vi": EVIL}},
        "demonstration": true, "version": 1, "published_at": at(), "updated_at": at(),
    });
    serde_json::from_value(view).unwrap()
}

fn document() -> Value {
    serde_json::from_str(&crate::openapi::document(&crate::routes::all(), "")).unwrap()
}

/// Every page, by name.
fn pages(lang: Lang) -> Vec<(String, String)> {
    let vocabularies = vocabularies();
    let mut all: Vec<(String, String)> = Vec::new();
    let mut add = |name: &str, page: &dyn askama::DynTemplate| all.push((name.to_owned(), page.dyn_render().unwrap()));
    let cards = || of_each_kind().into_iter().map(|h| CardView::of(h, lang, &vocabularies)).collect();
    let numbers = || DocKind::ALL.map(|kind| home::Number { kind, count: 12_345, href: "/search".to_owned() }).into();
    add(
        "home",
        &home::Home {
            f: frame(lang, "/"),
            technologies: cards(),
            needs: cards(),
            stories: Vec::new(),
            numbers: numbers(),
            is_building: false,
        },
    );
    add(
        "home, empty",
        &home::Home {
            f: frame(lang, "/"),
            technologies: Vec::new(),
            needs: Vec::new(),
            stories: Vec::new(),
            numbers: numbers(),
            is_building: false,
        },
    );
    let asked = Asked::default().asking(EVIL).with(Facet::Trl, "7").with(Facet::Field, "401").with(Facet::Province, "86");
    let asked = Asked { party: Some(PartyId(Uuid::from_u128(2))), ..asked };
    add(
        "search",
        &finding::finding(
            frame(lang, "/search"),
            &vocabularies,
            &asked,
            true,
            Some(EVIL.to_owned()),
            results(of_each_kind()),
            finding::Mended::default(),
        ),
    );
    add(
        "search, empty",
        &finding::finding(frame(lang, "/search"), &vocabularies, &asked, false, None, results(Vec::new()), finding::Mended::default()),
    );
    let long = Asked::default().asking(&"ấ".repeat(340)).with(Facet::Trl, "7");
    let many = std::iter::repeat_with(|| hit(DocKind::Technology)).take(20).collect();
    add(
        "search, long",
        &finding::finding(frame(lang, "/search"), &vocabularies, &long, false, None, results(many), finding::Mended::default()),
    );
    for kind in Kind::ALL {
        for named in [true, false] {
            let page = listing_page(frame(lang, "/x"), &view(kind, EVIL, lang, named), &names(), of_each_kind(), &vocabularies, 0).unwrap();
            add(&format!("{kind}, named {named}"), &page);
        }
    }
    add("party", &party::party_page(frame(lang, "/x"), &a_party(), Some(results(of_each_kind())), &vocabularies, 0).unwrap());
    add("party, nothing", &party::party_page(frame(lang, "/x"), &a_party(), Some(results(Vec::new())), &vocabularies, 0).unwrap());
    add(
        "home, no index",
        &home::Home {
            f: frame(lang, "/"),
            technologies: Vec::new(),
            needs: Vec::new(),
            stories: Vec::new(),
            numbers: Vec::new(),
            is_building: true,
        },
    );
    add("party, no index", &party::party_page(frame(lang, "/x"), &a_party(), None, &vocabularies, 0).unwrap());
    add("expert", &experts::expert_page(frame(lang, "/x"), &an_expert(), &vocabularies));
    let wait = Problem::new(StatusCode::SERVICE_UNAVAILABLE, "busy").after(std::time::Duration::from_secs(2));
    for problem in [
        Problem::not_found(),
        Problem::parameter("cursor"),
        Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "internal"),
        Problem::from(base::Refused::SignIn),
        Problem::new(StatusCode::FORBIDDEN, "forbidden"),
        wait,
    ] {
        add(problem.kind, &errors::problem_view(frame(lang, "/"), &problem, "abc123"));
    }
    add("problem type", &errors::ProblemType { f: frame(lang, "/problems/stale"), kind: "stale".to_owned(), sentence: "x".to_owned() });
    for fault in [None, Some(EVIL.to_owned())] {
        add(
            "sign-in",
            &door::SignInPage {
                f: frame(lang, "/sign-in"),
                email: EVIL.to_owned(),
                next: EVIL.to_owned(),
                forgot: EVIL.to_owned(),
                sign_up: EVIL.to_owned(),
                resend: fault.clone(),
                fault: fault.clone(),
            },
        );
        add("code", &door::CodePage { f: frame(lang, "/sign-in/code"), next: EVIL.to_owned(), fault: fault.clone() });
        let field = account::Field {
            name: "email",
            label: "sign-in-email",
            input: "email",
            value: EVIL.to_owned(),
            autocomplete: "username",
            max: 254,
            hint: Some(EVIL.to_owned()),
        };
        let form = account::FormPage {
            f: frame(lang, "/account/reset"),
            about: EVIL.to_owned(),
            action: "/account/reset",
            token: EVIL.to_owned(),
            fields: vec![field],
            button: Some(EVIL.to_owned()),
            next: EVIL.to_owned(),
            links: vec![("/sign-in", "account-have-one")],
            over: Vec::new(),
            faults: fault.iter().map(|t| faults::FaultLine { id: "email".to_owned(), label: EVIL.to_owned(), text: t.clone() }).collect(),
        };
        add("account form", &form);
        let line = |is_invited| account::MembershipLine {
            id: "7".to_owned(),
            party: EVIL.to_owned(),
            href: "/parties/x".to_owned(),
            roles: EVIL.to_owned(),
            status: EVIL.to_owned(),
            is_invited,
        };
        let memberships = vec![line(true), line(false)];
        add("memberships", &account::MembershipsPage { f: frame(lang, "/account/memberships"), memberships, fault });
    }
    let document = document();
    let index = reference::index_view(frame(lang, "/api"), "http://127.0.0.1:1", &document);
    for group in &index.groups {
        let page = reference::group_view(frame(lang, "/api"), &document, &group.name).unwrap();
        add(&format!("api, {}", group.name), &page);
    }
    add("api", &index);
    own::pages(lang, &mut add);
    all
}

/// The keys of messages that templates and code name.
fn named_keys() -> Vec<String> {
    fn files(folder: &std::path::Path, found: &mut Vec<String>) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                files(&path, found);
            } else if !path.ends_with("tests.rs") && !path.ends_with("tests/own.rs") && !path.ends_with("tests/told.rs") {
                found.push(std::fs::read_to_string(path).unwrap());
            }
        }
    }
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut texts = Vec::new();
    files(&root.join("templates"), &mut texts);
    files(&root.join("src/web"), &mut texts);
    let prefixes = ["fact-", "facts-", "block-", "noun-", "kind-", "sort-", "error-", "home-", "listing-", "party-", "sign-in-", "facet-"];
    let mut keys = Vec::new();
    for text in &texts {
        for call in
            ["f.t(\"", "f.t1(\"", "f.t2(\"", "f.n(\"", "say(lang, \"", "say(self.lang, \"", "say(pen.lang, \"", "say(visit.lang(), \""]
        {
            keys.extend(text.split(call).skip(1).filter_map(|rest| rest.split('"').next()).map(str::to_owned));
        }
        let quoted = text.split('"').skip(1).step_by(2);
        let is_key = |w: &&str| {
            prefixes.iter().any(|p| w.starts_with(p)) && w.bytes().all(|b| b.is_ascii_lowercase() || b == b'-') && !w.ends_with('-')
        };
        keys.extend(quoted.filter(is_key).map(str::to_owned));
    }
    // Names of schemes and classes that only look like keys.
    keys.retain(|k| !["", "facts-line", "party-line", "listing-head", "error-summary"].contains(&k.as_str()));
    keys.sort();
    keys.dedup();
    keys
}

#[test]
fn every_word_on_a_page_is_there_in_both_languages() {
    let keys = named_keys();
    assert!(keys.len() > 150, "{}", keys.len());
    for key in keys {
        for lang in Lang::ALL {
            let names = [
                "all", "amount", "article", "cell", "cells", "choose", "code", "column", "columns", "count", "day", "deals", "encoding",
                "error", "expected", "field", "first", "forms", "from", "half", "kind", "kinds", "lang", "law", "length", "line", "lines",
                "link", "list", "listing", "listings", "max", "metric", "min", "ms", "name", "need", "ninth", "number", "of", "offer",
                "options", "others", "paper", "party", "pass", "pdf", "percent", "place", "reason", "row", "royalty", "sales", "seconds",
                "side", "since", "source", "space", "stage", "stages", "status", "stop", "sum", "text", "time", "title", "to", "total",
                "value", "verdict", "version", "what", "who", "why", "words", "year",
            ];
            let args = names.map(|name| (name, "x"));
            assert_ne!(messages::say(lang, &key, &args), key, "{lang}");
        }
    }
    for lang in Lang::ALL {
        for (name, html) in pages(lang) {
            assert!(html.contains(&format!("<html lang=\"{lang}\">")), "{name}");
            for text in html.split('>').filter_map(|piece| piece.split('<').next()).map(str::trim) {
                let looks_like_a_key =
                    ["fact-", "facts-", "block-", "nav-", "search-", "facet-", "api-", "sort-", "home-", "problem-", "fault-"]
                        .iter()
                        .any(|p| text.starts_with(p))
                        && text.bytes().all(|b| b.is_ascii_lowercase() || b == b'-');
                assert!(!looks_like_a_key, "{text} on {name} in {lang}");
            }
        }
    }
}

#[test]
fn what_people_wrote_never_becomes_markup() {
    for lang in Lang::ALL {
        for (name, html) in pages(lang) {
            assert!(!html.contains("<img src=x"), "{name}");
            assert!(!html.contains("<script>"), "{name}");
            assert!(!html.contains("&amp;lt;"), "{name} is escaped twice");
            // The policy allows neither inline style nor inline script; data is neither.
            assert!(!html.contains(" style=") && !html.contains(" onclick="), "{name}");
            let ours = html.matches("<script src=\"/assets/").count() + html.matches("<script type=\"application/ld+json\">").count();
            assert_eq!(html.matches("<script").count(), ours, "{name}");
            for attribute in ["src=\"http", "src=\"//", "action=\"http", "href=\"javascript:"] {
                assert!(!html.contains(attribute), "{attribute} on {name}");
            }
        }
    }
}

#[test]
fn every_page_is_light() {
    for (name, html) in pages(Lang::Vi) {
        assert!(html.len() <= LIMIT_BYTES, "{name} has {} bytes", html.len());
    }
}

#[test]
fn structured_data_is_json() {
    for (name, html) in pages(Lang::En) {
        if let Some((_, rest)) = html.split_once("<script type=\"application/ld+json\">") {
            let data: Value = serde_json::from_str(rest.split("</script>").next().unwrap()).unwrap();
            assert_eq!(data["@context"], "https://schema.org", "{name}");
        }
    }
}

#[test]
fn a_seeker_who_is_not_named_stays_so() {
    let page = listing_page(
        frame(Lang::Vi, "/x"),
        &view(Kind::Need, "Cần máy sấy", Lang::Vi, false),
        &Names::new(),
        Vec::new(),
        &vocabularies(),
        0,
    )
    .unwrap();
    let html = page.render().unwrap();
    assert!(html.contains("không công khai tên") && !html.contains("/parties/") && !html.contains("vien-dua"));
}

#[test]
fn a_text_without_translation_says_so_and_names_its_language() {
    let mut one = view(Kind::Technology, "Máy sấy", Lang::En, true);
    if let Content::Technology(t) = &mut one.typed {
        t.title = Localised::of(Lang::Vi, "Máy sấy");
    }
    let html = listing_page(frame(Lang::En, "/x"), &one, &Names::new(), Vec::new(), &vocabularies(), 0).unwrap().render().unwrap();
    assert!(html.contains("<h1 lang=\"vi\">Máy sấy</h1>") && html.contains("no English text yet"));
    for lang in ["vi", "en", "x-default"] {
        assert!(html.contains(&format!("hreflang=\"{lang}\"")), "both pages are there, whichever language the text is in: {lang}");
    }
}

#[test]
fn a_page_names_itself_in_both_languages() {
    let html = listing_page(
        frame(Lang::En, "/technologies/may-say"),
        &view(Kind::Technology, "A", Lang::En, true),
        &Names::new(),
        Vec::new(),
        &vocabularies(),
        0,
    )
    .unwrap()
    .render()
    .unwrap();
    assert!(html.contains("rel=\"canonical\" href=\"http://127.0.0.1:1/en/technologies/may-say\""));
    assert!(html.contains("hreflang=\"vi\" href=\"http://127.0.0.1:1/technologies/may-say\""));
}

#[test]
fn a_failure_of_ours_gives_the_request_id_and_nothing_of_the_cause() {
    let problem = Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "internal").with("secret", json!("SELECT"));
    let html = errors::problem_view(frame(Lang::En, "/"), &problem, "abc123").render().unwrap();
    assert!(html.contains("abc123") && html.contains("lost") && !html.contains("SELECT"));
    let html = errors::problem_view(frame(Lang::En, "/"), &Problem::not_found(), "abc123").render().unwrap();
    assert!(!html.contains("abc123") && html.contains("action=\"/en/search\""));
}

#[test]
fn a_name_in_both_languages_is_shown_in_both() {
    let mut party = a_party();
    party.profile.names = both("Viện Dừa", "Coconut Institute");
    let html = party::party_page(frame(Lang::En, "/x"), &party, Some(results(Vec::new())), &vocabularies(), 0).unwrap().render().unwrap();
    assert!(html.contains("<h1>Coconut Institute</h1>") && html.contains("lang=\"vi\">Viện Dừa</p>"));
}

#[test]
fn the_doors_of_home_lead_where_their_words_say() {
    for (lang, prefix) in [(Lang::Vi, ""), (Lang::En, "/en")] {
        let (_, html) = pages(lang).into_iter().find(|(name, _)| name == "home, empty").unwrap();
        for kind in ["technology", "need", "ip_asset"] {
            assert!(html.contains(&format!("class=\"door k-{kind}\" href=\"{prefix}/search?kind={kind}\"")), "{kind}: {html}");
        }
    }
}
