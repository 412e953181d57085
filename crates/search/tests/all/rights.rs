//! Who finds what: audiences, hidden seekers, facets under rights, cursors.
use std::collections::BTreeMap;

use crate::corpus::*;
use base::{Lang, Limit};
use listings::published::Audience;
use search::{Facet, FacetCount, Query, Search, Sort};

fn space() -> Search {
    index(vec![
        technology(1, "Sấy dừa một", "a").field("40107").trl(7),
        technology(2, "Sấy dừa hai", "b").field("401").trl(4).owner(party(2), "Công ty Dừa Xanh", "enterprise", "79"),
        technology(3, "Sấy dừa ba", "c").field("2").trl(7).audience(Audience::Registered),
        technology(4, "Sấy dừa bốn", "d").trl(9).audience(Audience::Parties(vec![party(7), party(8)])),
        need(5, "Cần sấy dừa", "đ").anonymity("hidden").owner(party(5), "Công ty Kín Tiếng", "enterprise", "79"),
        need(6, "Cần sấy dừa nhanh", "e").anonymity("sector_and_region").owner(party(6), "Hợp tác xã Kín Tiếng", "cooperative", "79"),
    ])
}

fn counts(facet: &[FacetCount]) -> BTreeMap<&str, u64> {
    facet.iter().map(|c| (c.code.as_str(), c.count)).collect()
}

#[test]
fn everybody_finds_what_is_for_them_and_counts_say_no_more() {
    let s = space();
    for (viewer, total) in [(anybody(), 4), (member_of(party(99)), 5), (member_of(party(8)), 6), (staff(), 6)] {
        let results = s.find(&Query::words("say dua"), &viewer).unwrap();
        assert_eq!((results.total, results.items.len()), (total, usize::try_from(total).unwrap()));
        assert_eq!(results.facets[&Facet::Kind].iter().map(|c| c.count).sum::<u64>(), total);
        let trl = counts(&results.facets[&Facet::Trl]);
        assert_eq!(trl.get("9").copied().unwrap_or(0), u64::from(total == 6));
    }
    for hidden in ["audience:public", "visibility:private", "bốn"] {
        assert!(!found(&s, hidden).contains(&4), "{hidden}");
    }
    assert!(s.suggest("say dua bon", &anybody(), 9).unwrap().iter().all(|x| !x.text.contains("bốn")));
    assert_eq!(s.suggest("say dua bon", &staff(), 9).unwrap().len(), 1);
    assert!(s.card(uuid::Uuid::from_u128(4), &anybody()).unwrap().is_none());
    assert!(s.similar(uuid::Uuid::from_u128(4), &anybody(), 5).unwrap().is_empty());
    assert!(s.similar(uuid::Uuid::from_u128(1), &anybody(), 5).unwrap().iter().all(|c| ![3, 4].contains(&c.card.id.as_u128())));
    assert!(s.card(uuid::Uuid::from_u128(4), &staff()).unwrap().is_some());
}

#[test]
fn a_seeker_who_hides_is_nowhere() {
    let s = space();
    for viewer in [anybody(), staff(), member_of(party(5))] {
        let results = s.find(&Query::words("kín tiếng"), &viewer).unwrap();
        assert_eq!((results.total, results.did_you_mean), (0, None));
        let results = s.find(&Query::words("kind:need"), &viewer).unwrap();
        assert_eq!(results.total, 2);
        for hit in &results.items {
            assert!(hit.card.party.is_none() && !hit.card.verified);
            assert!(!serde_json::to_string(&hit.card).unwrap().contains("Kín"));
            assert!(!hit.card.facets.contains_key(&Facet::PartyType));
        }
        assert_eq!(counts(&results.facets[&Facet::Province]), BTreeMap::from([("79", 1)]), "only the one that tells its region");
        let theirs = Query { party: Some(party(5)), ..Query::words("") };
        assert_eq!(s.find(&theirs, &viewer).unwrap().total, 0);
        assert_eq!(s.find(&Query::words(format!("party:{}", party(5))), &viewer).unwrap().total, 0);
    }
}

#[test]
fn a_facet_that_is_narrowed_still_counts_its_other_values() {
    let s = space();
    let narrowed = Query::words("sấy dừa").with(Facet::Kind, "technology").trl(7, 9);
    let results = s.find(&narrowed, &staff()).unwrap();
    assert_eq!(results.total, 3);
    assert_eq!(counts(&results.facets[&Facet::Kind]), BTreeMap::from([("technology", 3)]), "under TRL 7 to 9 there is no need");
    assert_eq!(counts(&results.facets[&Facet::Trl]), BTreeMap::from([("4", 1), ("7", 2), ("9", 1)]));
    assert_eq!(counts(&results.facets[&Facet::Field]), BTreeMap::from([("4", 1), ("401", 1), ("40107", 1), ("2", 1)]), "with all above");
    let both = s.find(&Query::words("").with(Facet::Province, "79").with(Facet::Province, "86"), &anybody()).unwrap();
    assert_eq!(both.total, 3);
    assert_eq!(both.facets[&Facet::Province][0].label, "Thành phố Hồ Chí Minh");
    let english = search::Viewer::of(&base::Actor::anonymous(Lang::En));
    let results = s.find(&Query::words(""), &english).unwrap();
    assert!(results.facets[&Facet::Field].iter().any(|c| c.label == "Crops"));
}

#[test]
fn counting_by_sets_and_counting_by_documents_agree() {
    let many: Vec<_> = (1..=600_u128)
        .map(|n| {
            let level = u8::try_from(n % 9 + 1).unwrap();
            technology(n, &format!("Sấy mẫu {}", n % 7), if n % 50 == 0 { "hiếm" } else { "thường" }).trl(level).field(if n % 2 == 0 {
                "40107"
            } else {
                "2"
            })
        })
        .collect();
    let s = index(many);
    for text in ["sấy", "hiếm", "thường", ""] {
        let results = s.find(&Query::words(text), &anybody()).unwrap();
        assert_eq!(results.facets[&Facet::Trl].iter().map(|c| c.count).sum::<u64>(), results.total, "{text}");
        assert_eq!(results.facets[&Facet::Kind][0].count, results.total);
    }
    assert_eq!(find(&s, "hiếm").total, 12);
}

#[test]
fn a_walk_by_cursor_sees_each_document_once_in_every_order() {
    let s = index((1..=157_u128).map(|n| technology(n, &format!("Sấy dừa {n}"), "x").trl(u8::try_from(n % 9 + 1).unwrap())).collect());
    for sort in [Sort::Relevance, Sort::Newest, Sort::Trl, Sort::ClosingSoon] {
        for text in ["sấy dừa", ""] {
            let mut query = Query { sort, limit: Limit::new(10).unwrap(), ..Query::words(text) };
            let mut seen = Vec::new();
            loop {
                let page = s.find(&query, &anybody()).unwrap();
                assert_eq!(page.total, 157);
                seen.extend(numbers(&page));
                match page.next {
                    Some(next) => query.cursor = Some(next),
                    None => break,
                }
                if seen.len() == 50 {
                    // The index changes in between: a new document, another one gone, nothing is seen twice.
                    let add = documents(vec![technology(9_999, "Khác hẳn", "x")]);
                    s.apply(&search::Batch { add, remove: vec![uuid::Uuid::from_u128(9_999)], position: 2 }).unwrap();
                    s.apply(&search::Batch { add: vec![], remove: vec![uuid::Uuid::from_u128(9_999)], position: 3 }).unwrap();
                }
            }
            let mut once = seen.clone();
            once.sort_unstable();
            once.dedup();
            assert_eq!((once.len(), seen.len()), (157, 157), "{sort:?} {text:?}");
        }
    }
    let other = Query { cursor: Some("bm9uc2Vuc2U".into()), ..Query::words("") };
    assert!(matches!(s.find(&other, &anybody()), Err(search::SearchError::Cursor)));
}

/// Walks by pages of ten; `between` happens behind the second page.
fn walk(s: &Search, text: &str, between: impl Fn()) -> Vec<u128> {
    let mut query = Query { limit: Limit::new(10).unwrap(), ..Query::words(text) };
    let mut seen = Vec::new();
    loop {
        let page = s.find(&query, &anybody()).unwrap();
        seen.extend(numbers(&page));
        match page.next {
            Some(next) => query.cursor = Some(next),
            None => return seen,
        }
        if seen.len() == 20 {
            between();
        }
    }
}

#[test]
fn a_walk_goes_on_as_it_began_whatever_is_published_meanwhile() {
    let made = |n: u128| {
        let words = ["máy", "sấy", "dừa", "sấy dừa", "máy sấy dừa", "bơm nhiệt"];
        technology(n, &format!("{} {n}", words[n as usize % 6]), &"sấy dừa bằng máy ".repeat(n as usize % 5))
    };
    let count = 150;
    // Rarer than it was and commoner than it was, longer texts and shorter ones: all that scores are made of changes.
    let changes: [(&str, Vec<Make>); 3] = [
        ("the words become common", (1_000..1_200).map(|n| technology(n, "Máy sấy dừa", "sấy dừa sấy dừa")).collect()),
        ("the words become rare", (1_000..1_400).map(|n| technology(n, &format!("Thứ khác {n}"), "x")).collect()),
        ("texts become long", (1_000..1_100).map(|n| technology(n, "Một thứ khác", &"dài ".repeat(300))).collect()),
    ];
    for text in ["máy sấy dừa", "sấy dừa", "may", "\"sấy dừa\" máy", "máy bơm nhiệt dừa zeolit"] {
        for (what, change) in &changes {
            let s = index((1..=count).map(made).collect());
            let alone = walk(&s, text, || {});
            let add: Vec<_> = change.iter().map(|m| search::Document::listing(&m.0, &vocabularies()).unwrap()).collect();
            let seen = walk(&s, text, || s.apply(&search::Batch { add: add.clone(), remove: vec![], position: 2 }).unwrap());
            let mut once = seen.clone();
            once.sort_unstable();
            once.dedup();
            assert_eq!(once.len(), seen.len(), "{text}, {what}: something came twice");
            let old: Vec<u128> = seen.into_iter().filter(|n| *n <= count).collect();
            assert_eq!(old, alone, "{text}, {what}");
        }
    }
}

#[test]
fn a_word_of_what_is_hidden_is_nowhere() {
    let some = || (1..=30).map(|n| technology(n, &format!("Máy sấy {n}"), "x"));
    let secret = || technology(99, "Máy zeolit", "x").audience(Audience::Parties(vec![party(8)]));
    let (with, without) = (index(some().chain([secret()]).collect()), index(some().chain([technology(99, "Thứ khác", "x")]).collect()));
    let told = |s: &Search, text: &str, viewer: &search::Viewer| {
        let found = s.find(&Query::words(text), viewer).unwrap();
        (found.total, found.relaxed, found.did_you_mean.clone(), numbers(&found))
    };
    for text in ["máy zeolit", "zeolit", "may zeolit", "zeolix máy", "máy zeolitt"] {
        assert_eq!(told(&with, text, &anybody()), told(&without, text, &anybody()), "{text}");
    }
    assert_eq!(told(&with, "máy zeolit", &anybody()).0, 30);
    assert_eq!(told(&with, "máy zeolit", &member_of(party(8))).3.first(), Some(&99));
    // What was taken away is nowhere at once, and not when its piece of the index is merged.
    let gone = index(some().chain([technology(99, "Máy zeolit", "x")]).collect());
    gone.apply(&search::Batch { add: vec![], remove: vec![uuid::Uuid::from_u128(99)], position: 2 }).unwrap();
    assert_eq!(told(&gone, "máy zeolit", &anybody()), told(&without, "máy zeolit", &anybody()));
}

#[test]
fn orders_are_what_they_say() {
    let s = index(vec![technology(1, "Sấy", "a").trl(3), technology(2, "Sấy", "b").trl(9), technology(3, "Sấy", "c").trl(6)]);
    let order = |sort| numbers(&s.find(&Query { sort, ..Query::words("sấy") }, &anybody()).unwrap());
    assert_eq!(order(Sort::Newest), [1, 2, 3]);
    assert_eq!(order(Sort::Trl), [2, 3, 1]);
    assert_eq!(order(Sort::ClosingSoon), [3, 2, 1]);
}

/// Three hundred listings for everybody, and some for whoever is signed in, alike in length.
fn partly_hidden(hidden: u128) -> Search {
    let open = (1..=300_u128).map(|n| technology(n, if n % 5 == 0 { "Máy sấy mít" } else { "Máy sấy dừa" }, "x"));
    index(open.chain((1_001..=1_000 + hidden).map(secret)).collect())
}

fn secret(n: u128) -> Make {
    technology(n, "Máy sấy dừa", "x").audience(Audience::Registered)
}

#[test]
fn what_is_hidden_changes_no_byte_of_a_strangers_cursor() {
    let told = |s: &Search, text: &str| {
        let page = s.find(&Query::words(text), &anybody()).unwrap();
        let scores: Vec<f32> = page.items.iter().map(|hit| hit.score).collect();
        (page.next.unwrap(), scores, page.total)
    };
    let s = partly_hidden(30);
    for text in ["máy sấy dừa", "may say", "dừa", "máy mít bơm", ""] {
        // In the same piece of the index, and in one of its own.
        let before = told(&s, text);
        assert_eq!(told(&partly_hidden(31), text), before, "{text}");
        s.apply(&search::Batch { add: documents(vec![secret(2_000)]), remove: vec![], position: 2 }).unwrap();
        assert_eq!(told(&s, text), before, "{text}");
        s.apply(&search::Batch { add: vec![], remove: vec![uuid::Uuid::from_u128(2_000)], position: 3 }).unwrap();
    }
}

/// Every value of a JSON text that is a number or a number in hexadecimal digits, at the ends of what it can be.
fn at_the_ends(value: &serde_json::Value) -> Vec<serde_json::Value> {
    use serde_json::{Value, json};
    let ends = || vec![json!(0), json!(1), json!(u64::MAX), json!(i64::MIN), json!(i64::MAX), json!(u32::MAX), json!(-1), json!(1.5)];
    match value {
        Value::Number(_) => ends(),
        Value::String(_) => {
            vec![json!("0"), json!("f".repeat(16)), json!("f".repeat(32)), json!("f".repeat(33)), json!("7fc00000"), json!("x")]
        }
        Value::Array(all) => {
            let mut changed = vec![json!([])];
            for (place, inner) in all.iter().enumerate() {
                for end in at_the_ends(inner) {
                    let mut all = all.clone();
                    all[place] = end;
                    changed.push(Value::Array(all));
                }
            }
            changed
        }
        Value::Object(all) => {
            let mut changed = Vec::new();
            for (name, inner) in all {
                for end in at_the_ends(inner) {
                    let mut all = all.clone();
                    all.insert(name.clone(), end);
                    changed.push(Value::Object(all));
                }
            }
            changed
        }
        Value::Bool(_) | Value::Null => Vec::new(),
    }
}

#[test]
fn a_forged_cursor_gives_a_page_or_is_refused() {
    let s = partly_hidden(0);
    for sort in [Sort::Relevance, Sort::Newest, Sort::Trl, Sort::ClosingSoon] {
        for text in ["máy dừa mít bơm", "máy sấy", ""] {
            let query = Query { sort, ..Query::words(text) };
            let genuine = s.find(&query, &anybody()).unwrap().next.unwrap();
            let read: serde_json::Value = base::Cursor::read(&genuine).unwrap();
            let forged = at_the_ends(&read);
            assert!(forged.len() > 50, "{read}");
            for value in forged {
                let query = Query { cursor: Some(base::Cursor::write(&value)), ..query.clone() };
                let answer = s.find(&query, &anybody());
                assert!(matches!(answer, Ok(_) | Err(search::SearchError::Cursor)), "{sort:?} {text:?}: {value}");
            }
        }
    }
}

#[test]
fn a_walk_ends_where_words_or_weights_come_to_mean_something_else() {
    let s = partly_hidden(0);
    let first = Query::words("máy sấy");
    let query = Query { cursor: s.find(&first, &anybody()).unwrap().next, ..first };
    let pages = |query: &Query| s.find(query, &anybody()).map(|page| page.items.len());
    assert_eq!(pages(&query).unwrap(), 20);
    let (synonyms, weights) = (s.synonyms(), s.weights());
    let own = "version = \"1\"\n[[group]]\nkind = \"translation\"\nterms = [\"máy sấy\", \"roaster\"]";
    s.set_synonyms(search::synonyms::Synonyms::parse(own).unwrap());
    assert!(matches!(pages(&query), Err(search::SearchError::Cursor)));
    s.set_synonyms((*synonyms).clone());
    assert_eq!(pages(&query).unwrap(), 20, "they mean what they did");
    s.set_weights(search::Weights { title: 0.9, ..(*weights).clone() });
    assert!(matches!(pages(&query), Err(search::SearchError::Cursor)));
    s.set_weights((*weights).clone());
    assert_eq!(pages(&query).unwrap(), 20);
}
