//! What the matching crate stands on: telling terms, weighted candidates, similar listings.
use crate::corpus::*;
use base::Lang;
use search::{Facet, Filters, View, Wanted, WantedTerm};
use uuid::Uuid;

fn space() -> search::Search {
    index(vec![
        technology(1, "Máy bóc vỏ lụa cơm dừa", "Bóc vỏ lụa liên tục").keywords(&["bóc vỏ lụa"]),
        technology(2, "Máy sấy cơm dừa", "Sấy bơm nhiệt"),
        technology(3, "Máy gặt lúa", "Gặt đập liên hợp"),
        need(4, "Cần máy bóc vỏ lụa dừa", "Bóc thủ công chậm"),
        technology(5, "Coconut", "x").english("Peeling machines for coconuts", "Peels testa"),
    ])
}

#[test]
fn telling_terms_are_those_that_few_have() {
    let s = space();
    let terms = s.telling_terms("Cần máy bóc vỏ lụa cho cơ sở dừa", Lang::Vi, 50).unwrap();
    let place = |view, term: &str| terms.iter().position(|t| t.view == view && t.term == term);
    assert!(place(View::Pair, "vo_lua").unwrap() < place(View::Folded, "may").unwrap());
    assert!(place(View::Exact, "boc4").is_some());
    assert!(terms.iter().all(|t| t.documents > 0 && t.idf > 0.0));
    let english = s.telling_terms("a machine that peels coconut", Lang::En, 50).unwrap();
    assert!(english.iter().any(|t| t.view == View::Stem && t.term == "peel"));
}

#[test]
fn candidates_come_by_weight_and_keep_to_filters() {
    let s = space();
    let terms: Vec<WantedTerm> = s
        .telling_terms("Cần máy bóc vỏ lụa dừa", Lang::Vi, 30)
        .unwrap()
        .into_iter()
        .map(|t| WantedTerm { view: t.view, term: t.term, weight: 1.0 })
        .collect();
    let filters = Filters::from([(Facet::Kind, ["technology".to_owned()].into())]);
    let wanted = Wanted { terms, filters, limit: 10, ..Wanted::default() };
    let got = s.candidates(&wanted, &anybody()).unwrap();
    let ids: Vec<u128> = got.iter().map(|c| c.id.as_u128()).collect();
    assert_eq!(&ids[..2], [1, 2]);
    assert!(!ids.contains(&4));
    assert!(got[0].score > got[1].score);
    let without = Wanted { without: vec![Uuid::from_u128(1)], ..wanted };
    assert!(s.candidates(&without, &anybody()).unwrap().iter().all(|c| c.id.as_u128() != 1));
    assert!(s.candidates(&Wanted { limit: 5, ..Wanted::default() }, &anybody()).unwrap().is_empty());
}

#[test]
fn similar_listings_are_of_the_same_kind_and_not_the_listing_itself() {
    let s = space();
    let ids: Vec<u128> = s.similar(Uuid::from_u128(1), &anybody(), 10).unwrap().iter().map(|c| c.card.id.as_u128()).collect();
    assert_eq!(ids[0], 2);
    assert!(!ids.contains(&1) && !ids.contains(&4));
    assert!(s.similar(Uuid::from_u128(77), &anybody(), 10).unwrap().is_empty());
}
