//! Narrowing by dates, prices, places and classes; what else would be found; looking up a code; what is similar.
use crate::corpus::*;
use base::{Lang, Limit};
use chrono::TimeDelta;
use listings::content::{Content, Price, Terms};
use listings::published::Audience;
use search::{Batch, DateColumn, Document, Facet, Narrowed, Period, Query, Search};

fn priced(make: Make, min: i64, max: i64) -> Make {
    let mut make = make;
    if let Content::Technology(c) = &mut make.0.content {
        let amount = serde_json::from_value(serde_json::json!({"min_minor": min, "max_minor": max, "currency": "VND"})).unwrap();
        c.terms = Some(Terms { price: Some(Price { kind: "range".into(), amount: Some(amount) }), ..Terms::default() });
    }
    make
}

fn in_commune(make: Make, code: &str) -> Make {
    let mut make = make;
    make.0.owner.commune = Some(code.into());
    make
}

/// Published 1, 10, 40 and 99 days ago; closing in 299, 290, 260 and 201 days.
fn space() -> Search {
    let mut all = [
        priced(technology(1, "Máy sấy dừa một", "a").trl(7), 80_000_000, 120_000_000),
        in_commune(technology(10, "Máy sấy dừa hai", "b").trl(5), "28777"),
        in_commune(need(40, "Cần máy sấy dừa", "c").anonymity("sector_and_region"), "28777"),
        technology(99, "Máy gọt dứa", "d").audience(Audience::Registered),
    ];
    if let Content::Technology(c) = &mut all[1].0.content {
        c.ipc = vec!["A23N 5/01".into()];
    }
    let vocabularies = base::Vocabularies::built_in().unwrap();
    let search = Search::in_memory(search::Settings::default(), vocabularies.clone().into(), base::Clock::held_at(now())).unwrap();
    let add = all.iter().map(|m| Document::listing(&m.0, &vocabularies).unwrap()).collect();
    search.apply(&Batch { add, remove: Vec::new(), position: 1 }).unwrap();
    search
}

fn day(ago: i64) -> Option<chrono::NaiveDate> {
    Some((now() - TimeDelta::days(ago)).date_naive())
}

fn narrowed(query: Query, column: DateColumn, from: Option<chrono::NaiveDate>, to: Option<chrono::NaiveDate>) -> Query {
    let mut query = query;
    query.periods.insert(column, Period { from, to });
    query
}

#[test]
fn dates_narrow_by_whole_days_and_their_own_counts_stay() {
    let s = space();
    let last = |ago| narrowed(Query::words(""), DateColumn::Published, day(ago), None);
    for (ago, ids) in [(0, vec![]), (1, vec![1]), (10, vec![1, 10]), (39, vec![1, 10]), (40, vec![1, 10, 40])] {
        let results = s.find(&last(ago), &anybody()).unwrap();
        let mut got = numbers(&results);
        got.sort_unstable();
        assert_eq!(got, ids, "{ago} days");
        let counts: Vec<(&str, u64)> = results.periods[&DateColumn::Published].iter().map(|c| (c.code, c.count)).collect();
        assert_eq!(counts, [("last_7_days", 1), ("last_30_days", 2), ("last_365_days", 3)], "{ago} days");
    }
    let between = narrowed(Query::words(""), DateColumn::Published, day(40), day(10));
    assert_eq!(s.find(&between, &anybody()).unwrap().total, 2);
    // The other date's counts follow: one closes 290 days ahead, none within 90.
    let closing = narrowed(last(30), DateColumn::Closes, None, day(-295));
    let results = s.find(&closing, &anybody()).unwrap();
    assert_eq!(numbers(&results), [10]);
    assert_eq!(results.periods[&DateColumn::Closes].iter().map(|c| c.count).sum::<u64>(), 0);
    // What is not for the reader is in no count.
    let all = s.find(&Query::words(""), &member_of(party(9))).unwrap();
    assert_eq!(all.periods[&DateColumn::Published][2].count, 4);
}

#[test]
fn a_cursor_belongs_to_its_days() {
    let s = space();
    let first = Query { limit: Limit::new(1).unwrap(), ..narrowed(Query::words(""), DateColumn::Published, day(30), None) };
    let next = s.find(&first, &anybody()).unwrap().next;
    assert_eq!(s.find(&Query { cursor: next.clone(), ..first.clone() }, &anybody()).unwrap().items.len(), 1);
    let other = Query { cursor: next, ..narrowed(first, DateColumn::Published, day(50), None) };
    assert!(matches!(s.find(&other, &anybody()), Err(search::SearchError::Cursor)));
}

#[test]
fn a_price_lies_in_all_its_bands() {
    let s = space();
    for (band, total) in [("0-100", 1), ("100-500", 1), ("500-1000", 0)] {
        assert_eq!(s.find(&Query::words("").with(Facet::PriceBand, band), &anybody()).unwrap().total, total, "{band}");
    }
    let bands = &s.find(&Query::words(""), &anybody()).unwrap().facets[&Facet::PriceBand];
    assert_eq!(bands.iter().map(|c| c.label.as_str()).collect::<Vec<_>>(), ["Dưới 100 triệu đồng", "100 – 500 triệu đồng"]);
}

#[test]
fn a_commune_tells_nothing_of_a_seeker_who_hides() {
    let s = space();
    let query = Query { facets: vec![Facet::Commune, Facet::Province], ..Query::words("") };
    let results = s.find(&query, &staff()).unwrap();
    let communes = &results.facets[&Facet::Commune];
    assert_eq!((communes.len(), communes[0].code.as_str(), communes[0].count), (1, "28777", 1));
    assert_eq!(results.facets[&Facet::Province][0].count, 4, "the region is told");
    assert_eq!(numbers(&s.find(&Query::words("").with(Facet::Commune, "28777"), &staff()).unwrap()), [10]);
}

#[test]
fn classes_are_counted_at_every_level_and_say_what_they_lie_below() {
    let s = space();
    let query = Query { facets: vec![Facet::Ipc], ..Query::words("") };
    let mut levels: Vec<(String, Option<String>)> =
        s.find(&query, &anybody()).unwrap().facets[&Facet::Ipc].iter().map(|c| (c.code.clone(), c.parent.clone())).collect();
    levels.sort();
    let level = |code: &str, parent: Option<&str>| (code.to_owned(), parent.map(str::to_owned));
    assert_eq!(levels, [level("A", None), level("A23", Some("A")), level("A23N", Some("A23")), level("A23N 5/01", Some("A23N"))]);
}

#[test]
fn what_one_filter_less_would_find_is_counted() {
    let s = space();
    let query = narrowed(Query::words("dừa").with(Facet::Trl, "7").with(Facet::Kind, "need"), DateColumn::Published, day(60), None);
    let results = s.find(&query, &anybody()).unwrap();
    assert_eq!(results.total, 0);
    let without: Vec<(Narrowed, u64)> = results.without.into_iter().collect();
    assert_eq!(without, [(Narrowed::Facet(Facet::Kind), 1), (Narrowed::Facet(Facet::Trl), 1), (Narrowed::Date(DateColumn::Published), 0)]);
}

#[test]
fn a_code_leads_to_the_one_thing_that_has_it() {
    let s = index(vec![
        technology(1, "Máy sấy", "a"),
        asset(2, "Kết cấu", "1-0012345"),
        technology(3, "Máy sấy nhanh", "b").audience(Audience::Registered),
    ]);
    let named = |text: &str| s.find(&Query::words(text), &anybody()).unwrap().named.map(|card| card.id.as_u128());
    assert_eq!((named("CN-2026-000001"), named("cn2026 000001"), named("1-0012345")), (Some(1), Some(1), Some(2)));
    assert_eq!(named("CN-2026-000003"), None, "it is not for everybody");
    assert_eq!((named("máy sấy"), named("CN-2026-000009"), named("")), (None, None, None));
    let other_kind = Query::words("CN-2026-000001").with(Facet::Kind, "need");
    assert_eq!(s.find(&other_kind, &anybody()).unwrap().named, None, "what is narrowed away is not led to");
}

#[test]
fn what_is_similar_is_shown_in_the_readers_language() {
    let s = index(vec![
        technology(1, "Máy sấy cơm dừa", "Sấy bằng bơm nhiệt").english("Coconut dryer", "Heat pump drying"),
        technology(2, "Máy sấy cơm dừa mini", "Sấy bằng bơm nhiệt <nhỏ>").english("Small coconut dryer", "Small heat pump drying"),
        technology(3, "Giống dưa lưới", "Kháng bệnh"),
    ]);
    let english = search::Viewer::of(&base::Actor::anonymous(Lang::En));
    let similar = |viewer| s.similar(uuid::Uuid::from_u128(1), viewer, 5).unwrap();
    let (vi, en) = (similar(&anybody()), similar(&english));
    assert_eq!((vi[0].highlights.title.as_str(), en[0].highlights.title.as_str()), ("Máy sấy cơm dừa mini", "Small coconut dryer"));
    assert_eq!(vi[0].highlights.snippet, "Sấy bằng bơm nhiệt &lt;nhỏ&gt;");
    assert!(vi.iter().all(|hit| hit.card.id.as_u128() != 1));
}

/// Words that 25 listings have all of, and many more have a part of; a level that few have.
fn partly() -> Search {
    let level = |n: u128| u8::try_from(n % 7 + 1).unwrap();
    let all = (1..=25).map(|n| technology(n, &format!("Máy sấy dừa {n}"), "a").trl(level(n)));
    let some = (26..=90).map(|n| technology(n, &format!("Máy sấy {n}"), "b").trl(level(n)).field("401"));
    let few = (91..=99).map(|n| need(n, &format!("Cần máy {n}"), "c").field("2"));
    index(all.chain(some).chain(few).collect())
}

#[test]
fn a_value_is_found_as_often_as_it_was_counted() {
    let s = partly();
    for text in ["máy sấy dừa", "máy sấy", "dừa", "máy sấy dừa cần", "\"sấy dừa\" máy cần", "sấy -dừa máy", ""]
    {
        let query = Query { facets: Facet::ALL.to_vec(), ..Query::words(text) };
        let results = s.find(&query, &anybody()).unwrap();
        for (facet, values) in &results.facets {
            for value in values {
                let narrowed = s.find(&query.clone().with(*facet, value.code.as_str()), &anybody()).unwrap();
                assert_eq!((narrowed.total, narrowed.relaxed), (value.count, results.relaxed), "{text}, {facet}:{}", value.code);
                assert_eq!(narrowed.without[&Narrowed::Facet(*facet)], results.total, "{text} without {facet}:{}", value.code);
            }
        }
        for (column, periods) in &results.periods {
            for counted in periods {
                let query = narrowed(query.clone(), *column, counted.period.from, counted.period.to);
                let narrowed = s.find(&query, &anybody()).unwrap();
                assert_eq!(narrowed.total, counted.count, "{text}, {column} {}", counted.code);
                assert_eq!(narrowed.without[&Narrowed::Date(*column)], results.total, "{text} without {column}");
            }
        }
    }
}

#[test]
fn how_long_pages_are_changes_nothing_but_where_they_end() {
    let s = partly();
    let walk = |rows: u16, text: &str| {
        let mut query = Query { limit: Limit::new(rows).unwrap(), ..Query::words(text) };
        let (mut all, mut totals) = (Vec::new(), Vec::new());
        loop {
            let page = s.find(&query, &anybody()).unwrap();
            all.extend(numbers(&page));
            totals.push((page.total, page.relaxed));
            query.cursor = page.next;
            if query.cursor.is_none() {
                totals.dedup();
                return (all, totals);
            }
        }
    };
    for (text, relaxed) in [("máy sấy dừa", false), ("máy sấy dừa cần", true)] {
        let usual = walk(20, text);
        assert_eq!((usual.1.len(), usual.1[0].1), (1, relaxed), "{text}");
        assert_eq!(usual.1[0].0, usual.0.len() as u64, "{text}");
        for rows in [1, 7, 100] {
            assert_eq!(walk(rows, text), usual, "{text} by {rows}");
        }
    }
    assert_eq!(find(&s, "máy sấy dừa").total, 25);
}

#[test]
fn what_lies_around_a_chosen_class_is_given_however_rare_it_is() {
    let classed = |n: u128, classes: &[String]| {
        let mut make = technology(n, "Máy", "a");
        if let Content::Technology(c) = &mut make.0.content {
            c.ipc = classes.iter().map(|class| class.as_str().into()).collect();
        }
        make
    };
    // Six hundred common groups, and a rare subclass with two.
    let common = (0..1_200_u128).map(|n| classed(n + 1, &[format!("B02C {}/00", n % 600 + 1)]));
    let rare = classed(2_000, &["G01N 1/02".to_owned(), "G01N 33/00".to_owned()]);
    let s = index(common.chain([rare]).collect());
    let classes = |query: Query| {
        let results = s.find(&Query { facets: vec![Facet::Ipc, Facet::Kind], ..query }, &anybody()).unwrap();
        let all: Vec<String> = results.facets[&Facet::Ipc].iter().map(|c| c.code.clone()).collect();
        assert!(results.facets[&Facet::Ipc].windows(2).all(|two| two[0].count >= two[1].count));
        (all, results.cut_facets)
    };
    let has = |all: &[String], codes: &[&str]| codes.iter().all(|code| all.iter().any(|c| c == code));
    let (all, cut) = classes(Query::words(""));
    assert_eq!((all.len(), cut), (500, vec![Facet::Ipc]));
    assert!(has(&all, &["B", "G"]) && !has(&all, &["G01N 1/02"]), "the top of all, and no more of what is rare");
    for chosen in ["G", "G01", "G01N", "G01N 1/02"] {
        let (all, cut) = classes(Query::words("").with(Facet::Ipc, chosen));
        assert_eq!((all.len(), cut), (500, vec![Facet::Ipc]), "{chosen}");
        let around: &[&str] = match chosen {
            "G" => &["B", "G", "G01"],
            "G01" => &["B", "G", "G01", "G01N"],
            "G01N" => &["B", "G", "G01", "G01N", "G01N 1/02", "G01N 33/00"],
            _ => &["B", "G", "G01", "G01N", "G01N 1/02"],
        };
        assert!(has(&all, around), "{chosen}");
    }
    let (few, cut) = classes(Query::words("").with(Facet::Kind, "need"));
    assert!(few.is_empty() && cut.is_empty());
}
