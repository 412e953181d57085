//! Which words meet: Vietnamese pairs with their marks and within their sentence, and what is typed under the wrong language.

use crate::space::*;
use listings::content::{Need, Technology};
use matching::{Match, Part};

/// The words of the need that are told as reasons for an offer.
fn told(found: &[Match], n: u128) -> Vec<String> {
    let of_offer = found.iter().filter(|one| one.listing.id.0.as_u128() == n).flat_map(|one| &one.reasons);
    of_offer.filter(|reason| reason.part == Part::Topic).flat_map(|reason| reason.words.clone()).collect()
}

/// A need and an offer that have one line each, and beside it a word that they share.
fn reasons_between(sought: &str, offered: &str) -> Vec<String> {
    let space = Space::new(vec![
        listing(1, 1, technology(&format!("Khung cửi {offered}"), "")),
        listing(2, 1, technology(&format!("Bè nuôi hàu {sought}"), "")),
        listing(11, 2, need(&format!("Khung cửi. {sought}"), "")),
    ]);
    told(&space.matches(11), 1)
}

#[test]
fn two_syllables_are_a_pair_by_their_marks_and_within_their_sentence() {
    for (sought, offered) in [
        ("tự động", "tự đóng"),
        ("đo mặn", "độ mặn"),
        ("làm mát", "làm mất"),
        ("dễ hiểu", "để hiệu"),
        ("dừa, xiêm", "dừa xiêm"),
        ("cụ thử", "cũ, thu"),
        ("bánh. Tráng", "bánh tráng"),
        ("bánh (tráng", "bánh tráng"),
    ] {
        for (one, other) in [(sought, offered), (offered, sought)] {
            let words = reasons_between(one, other);
            assert!(words.contains(&"khung cửi".to_owned()), "{one} / {other}: {words:?}");
            let pairs: Vec<&String> = words.iter().filter(|word| word.contains(' ') && *word != "khung cửi").collect();
            assert!(pairs.is_empty(), "{one} / {other}: {pairs:?}");
        }
    }
    for (sought, offered, met) in [
        ("tự động", "tự động", "tự động"),
        ("đo độ mặn", "độ mặn", "độ mặn"),
        ("hòa tan", "hoà tan", "hòa tan"),
        ("công ty lý tưởng", "lí tưởng", "lý tưởng"),
    ] {
        assert!(reasons_between(sought, offered).contains(&met.to_owned()), "{sought} / {offered}");
    }
}

#[test]
fn a_text_without_marks_meets_pairs_with_any() {
    let offer = listing(1, 1, technology("Máy đóng gói tự động", "Đóng gói"));
    let plain = |title: &str, problem: &str| Space::new(vec![offer.clone(), listing(11, 2, need(title, problem))]).matches(11);
    assert!(told(&plain("may dong goi tu dong", ""), 1).contains(&"dong goi".to_owned()));
    // One field without marks beside others that have them.
    assert!(told(&plain("may dong goi tu dong", "Cần chạy nhanh hơn ở nhà xưởng"), 1).contains(&"dong goi".to_owned()));
    let bare = listing(1, 1, technology("May dong goi tu dong", "Dong goi"));
    let space = Space::new(vec![bare, listing(11, 2, need("Máy đóng gói tự động", ""))]);
    assert!(told(&space.matches(11), 1).contains(&"tự động".to_owned()));
}

fn dryers() -> Vec<listings::published::Published> {
    vec![
        listing(1, 1, technology("Máy sấy bơm nhiệt cho cơm dừa nạo", "Sấy ở nhiệt độ thấp")),
        listing(
            4,
            2,
            Technology { title: en("Heat pump dryer for grated coconut"), summary: en("Low temperature drying"), ..Technology::default() },
        ),
        listing(5, 2, Technology { title: en("Wireless gauge"), summary: en("Sends figures"), ..Technology::default() }),
    ]
}

/// What a need with this finds, checked from the other side.
fn found_for(seeker: Need) -> Vec<u128> {
    let mut all = dryers();
    all.push(listing(11, 3, seeker));
    let space = Space::new(all);
    let found = space.matches(11);
    for one in &found {
        let back = space.matches(one.listing.id.0.as_u128());
        assert_eq!((numbers(&back), back[0].score), (vec![11], one.score), "{}", one.listing.id);
    }
    numbers(&found)
}

#[test]
fn english_typed_under_vietnamese_finds_what_is_said_in_english() {
    for title in ["Looking for a heat pump dryer for grated coconut", "dryer", "HEAT PUMP DRYER"] {
        let found = found_for(need(title, ""));
        assert!(found.contains(&4) && !found.contains(&5), "{title}: {found:?}");
    }
    // Through the glossary it finds what is said in Vietnamese, too.
    assert!(found_for(need("dryer", "")).contains(&1));
    // A run in a Vietnamese sentence.
    let found = found_for(need("Cần mua heat pump dryer", "Lò than làm vàng sản phẩm"));
    assert!(found.contains(&4) && !found.contains(&5), "{found:?}");
}

#[test]
fn vietnamese_typed_under_english_finds_what_is_said_in_vietnamese() {
    for title in ["Cần máy sấy bơm nhiệt cho cơm dừa", "can may say bom nhiet cho com dua"] {
        let found = found_for(Need { title: en(title), ..Need::default() });
        assert!(found.contains(&1) && !found.contains(&5), "{title}: {found:?}");
    }
}

#[test]
fn a_name_in_the_other_language_is_a_small_part_of_what_is_said() {
    let named = |title: &str| {
        let mut all = dryers();
        all.push(listing(6, 2, Technology { title: en("Bacillus subtilis culture"), summary: en("For ponds"), ..Technology::default() }));
        all.push(listing(11, 3, need(title, "Lò than làm vàng sản phẩm")));
        Space::new(all).matches(11)
    };
    let found = named("Máy sấy bơm nhiệt cho cơm dừa nạo, lên men bằng Bacillus subtilis");
    let score = |n: u128| found.iter().find(|one| one.listing.id.0.as_u128() == n).map_or(0.0, |one| one.score);
    assert!(score(1) > score(6), "{} {}", score(1), score(6));
}
