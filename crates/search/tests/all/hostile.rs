//! Input that is meant to do harm: answered in time, or refused with a reason; never a panic.
use std::time::{Duration, Instant};

use crate::corpus::*;
use search::{Facet, Query, QueryError, SearchError};

#[test]
fn no_query_is_too_much() {
    let s = index((1..=2_000_u128).map(|n| technology(n, &format!("Sấy dừa và của là {n}"), "máy sấy cho các cơ sở")).collect());
    let hostile = [
        "(".repeat(3_000),
        "-(".repeat(2_000),
        "\"".repeat(999),
        "* ".repeat(500),
        "a OR ".repeat(200),
        "a OR ".repeat(800),
        "-".into(),
        "~~~".into(),
        "field:".into(),
        "/x.*/".into(),
        "\u{202e}dua".into(),
        "d".repeat(1_000),
        "d".repeat(6_000),
        "và của là".into(),
        "%".into(),
        "a\u{300}".repeat(300),
        "-và".into(),
        "và -và".into(),
        "trl:9..1".into(),
        "dua~2 a~1".into(),
        "\"dua say\"~1000000000".into(),
        "s* sa* say* ".repeat(80),
        "\"và của\" ".repeat(70),
        (0..300).map(|n| format!("{n} ")).collect::<String>(),
        "\0\u{feff}\u{200b}".into(),
        "مرحبا 你好 ทดสอบ".into(),
        "field:a,b,c,d trl:1,2,3 kind:need,technology".into(),
    ];
    for text in &hostile {
        let started = Instant::now();
        match s.find(&Query::words(text.as_str()), &anybody()) {
            Ok(_) => {}
            Err(SearchError::Query(QueryError::TooLong)) => assert!(text.len() > 1_024),
            Err(other) => panic!("{text:.20}: {other}"),
        }
        s.suggest(text, &anybody(), 10).unwrap();
        let limit = if cfg!(debug_assertions) { 2_500 } else { 250 };
        assert!(started.elapsed() < Duration::from_millis(limit), "{text:.20} took {:?}", started.elapsed());
    }
}

#[test]
fn a_facet_that_is_named_many_times_is_counted_once() {
    let s = index((1..=2_000_u128).map(|n| technology(n, &format!("Sấy dừa {n}"), "máy sấy")).collect());
    let once = s.find(&Query::words("sấy"), &anybody()).unwrap();
    let started = Instant::now();
    let facets = Facet::SHOWN.iter().copied().cycle().take(4_000 * Facet::SHOWN.len()).collect();
    let often = s.find(&Query { facets, ..Query::words("sấy") }, &anybody()).unwrap();
    assert_eq!((often.facets, often.total), (once.facets, once.total));
    let limit = if cfg!(debug_assertions) { 2_500 } else { 250 };
    assert!(started.elapsed() < Duration::from_millis(limit), "took {:?}", started.elapsed());
}

#[test]
fn too_many_values_are_refused_and_unknown_ones_find_nothing() {
    let s = index(vec![technology(1, "Sấy", "x")]);
    let mut query = Query::words("");
    for n in 0..10_000 {
        query = query.with(Facet::Field, n.to_string());
    }
    assert!(matches!(s.find(&query, &anybody()), Err(SearchError::TooManyValues(Facet::Field))));
    assert_eq!(s.find(&Query::words("").with(Facet::Field, "'; drop table"), &anybody()).unwrap().total, 0);
    let reversed = Query::words("sấy").trl(9, 1);
    assert_eq!(s.find(&reversed, &anybody()).unwrap().total, 0);
}
