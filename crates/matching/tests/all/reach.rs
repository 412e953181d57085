//! Who is reached from both sides: fields at different depths, sides with many words, and what shuts out only when it is sure.

use std::collections::BTreeSet;

use crate::space::*;
use base::{Actor, Lang};
use listings::Kind;
use listings::content::{Direction, IpAsset, Need, TargetPriority, Technology};
use matching::{Constraint, Part, Side, usual_kinds};

/// Every pair that is found, from the needs or from the offers.
fn pairs(space: &Space, from_needs: bool) -> BTreeSet<(u128, u128)> {
    let mut all = BTreeSet::new();
    for own in space.all.values().filter(|one| (one.kind == Kind::Need) == from_needs) {
        let own = own.id.0.as_u128();
        let found = numbers(&space.matches(own)).into_iter();
        all.extend(found.map(|other| if from_needs { (own, other) } else { (other, own) }));
    }
    all
}

#[test]
fn whoever_of_two_names_its_field_more_exactly_each_finds_the_other() {
    // Without a word in common: what brings two together is the field alone.
    let offer = |n: u128, title: &str, field: &str| listing(n, 1, Technology { field: Some(field.into()), ..technology(title, "") });
    let seeker = |n: u128, title: &str, field: &str| listing(n, 2, Need { field: Some(field.into()), ..need(title, "") });
    let space = Space::new(vec![
        offer(1, "Khung cửi", "202"),
        offer(2, "Bè hàu", "20202"),
        offer(3, "Mái ngói", "2"),
        offer(4, "Thuyền nan", "401"),
        seeker(11, "Trục vít", "20202"),
        seeker(12, "Đèn lồng", "202"),
        seeker(13, "Gốm sứ", "2"),
    ]);
    let found = pairs(&space, true);
    assert_eq!(found, pairs(&space, false));
    assert_eq!(found, BTreeSet::from([(11, 1), (11, 2), (12, 1), (12, 2), (13, 3)]));
}

#[test]
fn a_side_with_very_many_words_is_found_by_the_last_of_them_in_a_small_space() {
    // Each word is of one listing alone, so the weightiest of them bring nobody.
    let many: Vec<String> = (0..180).map(|n| format!("t\u{1eeb}{}", word(n))).collect();
    let english: Vec<String> = (0..180).map(|n| format!("zq{}", word(n))).collect();
    let mut long = technology(&many.join(", "), "giàn mướp");
    long.title.0.extend(en(&english.join(", ")).0);
    let space = Space::new(vec![listing(1, 1, long), listing(11, 2, need("giàn mướp", ""))]);
    assert_eq!(pairs(&space, true), BTreeSet::from([(11, 1)]));
    assert_eq!(pairs(&space, false), pairs(&space, true));
}

/// A word of letters for a number.
fn word(n: u32) -> String {
    [n / 26 % 26, n % 26].iter().map(|n| char::from_u32(u32::from(b'a') + n).unwrap()).collect()
}

#[test]
fn a_must_target_shuts_out_by_a_figure_of_just_the_same_and_not_of_what_names_it_among_much_else() {
    let asking = |metric: &str, wanted: f64, unit: &str, offered: (&str, f64)| {
        let mut seeker = need("Cần lên men giấm dừa", "Lên men giấm từ nước dừa");
        seeker.targets = vec![target(metric, Direction::AtMost, wanted, unit, TargetPriority::Must)];
        let mut offer = technology("Quy trình lên men giấm dừa", "Lên men giấm từ nước dừa");
        offer.advantages = vec![advantage(offered.0, offered.1, unit)];
        let space = Space::new(vec![listing(1, 1, offer), listing(2, 2, seeker)]);
        (
            numbers(&space.matches(2)),
            space.excluded(2).into_iter().flat_map(|one| one.excluded).map(|one| one.constraint).collect::<Vec<_>>(),
        )
    };
    assert_eq!(asking("Axit", 1.0, "%", ("Chuyển hóa cồn thành axit", 93.0)), (vec![1], vec![]));
    for metric in ["Thời gian sấy một mẻ", "Thời gian sấy"] {
        for other in ["Thời gian sấy", "Thời gian sấy một mẻ"] {
            assert_eq!(asking(metric, 6.0, "h", (other, 14.0)), (vec![], vec![Constraint::MustTarget]), "{metric} / {other}");
        }
    }
}

#[test]
fn of_two_figures_the_one_of_just_the_same_counts() {
    let mut seeker = need("Cần lên men giấm dừa", "Lên men giấm từ nước dừa");
    seeker.targets = vec![target("Axit", Direction::AtLeast, 4.0, "%", TargetPriority::Must)];
    let mut offer = technology("Quy trình lên men giấm dừa", "Lên men giấm từ nước dừa");
    offer.advantages = vec![advantage("Chuyển hóa cồn thành axit", 93.0, "%"), advantage("Độ axit", 2.0, "%")];
    let space = Space::new(vec![listing(1, 1, offer), listing(2, 2, seeker)]);
    let excluded = &space.excluded(2)[0].excluded[0];
    assert_eq!((excluded.constraint, excluded.offer_field.as_str()), (Constraint::MustTarget, "/advantages/1"));
}

#[test]
fn an_asset_that_is_not_to_be_had_is_told_without_an_empty_place() {
    for right in [None, Some("ownership"), Some("right_to_use")] {
        let seeker = Need { right_sought: right.map(Into::into), ..need("Cần máy sấy cơm dừa", "Sấy cơm dừa bơm nhiệt") };
        let asset = IpAsset {
            title: vi("Máy sấy cơm dừa bơm nhiệt"),
            summary: vi("Sấy cơm dừa"),
            availability: vec!["not_available".into()],
            ..IpAsset::default()
        };
        let space = Space::new(vec![listing(1, 1, asset), listing(2, 2, seeker)]);
        for lang in Lang::ALL {
            let found = space.ask(&Side::of(space.get(2)), &usual_kinds(Kind::Need), &Actor::anonymous(lang), true);
            let one = &found[0].excluded[0];
            assert_eq!(one.constraint, Constraint::Availability);
            assert!(!one.text.contains("()") && !one.text.contains("( )") && !one.text.starts_with("match-"), "{}", one.text);
        }
    }
}

#[test]
fn the_goods_of_a_mark_are_little_for_a_need() {
    let mark = IpAsset { ip_kind: Some("trademark".into()), ..IpAsset::default() };
    let with = |asset: IpAsset| {
        let asset = IpAsset { title: vi("Hương Quê"), products: words(Lang::Vi, &["cơm dừa nạo sấy", "kẹo dừa"]), ..asset };
        let space = Space::new(vec![listing(1, 1, asset), listing(2, 2, need("Cần máy sấy cơm dừa nạo", "Sấy cơm dừa nạo"))]);
        space.matches(2).first().map_or(0.0, |one| one.parts.iter().find(|part| part.part == Part::Topic).unwrap().value)
    };
    let patent = IpAsset { ip_kind: Some("patent".into()), ..IpAsset::default() };
    let (of_mark, of_patent) = (with(mark), with(patent));
    assert!(of_mark < of_patent, "{of_mark} {of_patent}");
}
