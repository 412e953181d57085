//! Every match says why; what it says stands in the two fields; without the cited words the reason is gone.

use crate::space::*;
use base::{Actor, Lang};
use listings::Kind;
use listings::content::{Content, Direction, TargetPriority, Technology};
use listings::published::Published;
use matching::{Match, Part, Reason, Side, usual_kinds};
use proptest::prelude::*;
use serde_json::Value;

fn json(content: &Content) -> Value {
    serde_json::from_str(&content.to_json().unwrap()).unwrap()
}

/// The strings at a reason's pointer, joined.
fn text_at(content: &Value, pointer: &str) -> String {
    fn gather(value: &Value, out: &mut String) {
        match value {
            Value::String(text) => {
                out.push_str(&text.to_lowercase());
                out.push('\n');
            }
            Value::Array(items) => items.iter().for_each(|i| gather(i, out)),
            Value::Object(map) => map.values().for_each(|i| gather(i, out)),
            _ => {}
        }
    }
    let mut out = String::new();
    gather(content.pointer(pointer).unwrap_or_else(|| panic!("{pointer} is not there")), &mut out);
    out
}

/// The content without these words in one field.
fn without(content: &Content, pointer: &str, words: &[String]) -> Content {
    fn strike(value: &mut Value, words: &[String]) {
        match value {
            Value::String(text) => {
                let mut lower = format!(" {} ", text.to_lowercase());
                for word in words {
                    lower = lower.replace(word.as_str(), " ");
                }
                *text = lower;
            }
            Value::Array(items) => items.iter_mut().for_each(|i| strike(i, words)),
            Value::Object(map) => map
                .iter_mut()
                .filter(|(k, _)| !["origin", "direction", "priority", "unit"].contains(&k.as_str()))
                .for_each(|(_, i)| strike(i, words)),
            _ => {}
        }
    }
    let mut value = json(content);
    strike(value.pointer_mut(pointer).unwrap(), words);
    Content::from_json(content.kind(), &value.to_string()).unwrap()
}

fn has(found: &[Match], n: u128, reason: &Reason) -> bool {
    found.iter().filter(|m| m.listing.id.0.as_u128() == n).flat_map(|m| &m.reasons).any(|r| {
        (r.part, &r.need_field, &r.offer_field) == (reason.part, &reason.need_field, &reason.offer_field)
            && r.words.iter().any(|w| reason.words.contains(w))
    })
}

#[test]
fn cited_words_stand_in_both_fields_and_without_them_the_reason_is_gone() {
    let (all, _) = demo();
    let space = Space::new(all);
    let needs: Vec<u128> = space.all.values().filter(|p| p.kind == Kind::Need).map(|p| p.id.0.as_u128()).collect();
    let (mut checked, mut parts) = (0, std::collections::BTreeSet::new());
    for n in needs.into_iter().step_by(8) {
        let subject = space.get(n).clone();
        for found in space.matches(n).into_iter().take(2) {
            assert!(!found.reasons.is_empty());
            let sum: f64 = found.reasons.iter().map(|r| r.share).sum();
            assert!((sum + found.unexplained_share - 1.0).abs() < 1e-4, "{sum} {}", found.unexplained_share);
            let t = found.listing.id.0.as_u128();
            let (need, offer) = (json(&subject.content), json(&space.get(t).content));
            for reason in &found.reasons {
                parts.insert(reason.part);
                assert!(!reason.text.contains("match-") && !reason.text.is_empty(), "{}", reason.text);
                assert!(reason.words.is_empty() == reason.offer_words.is_empty());
                if reason.words.is_empty() {
                    continue;
                }
                let (here, there) = (text_at(&need, &reason.need_field), text_at(&offer, &reason.offer_field));
                assert!(reason.words.iter().all(|w| here.contains(w.as_str())), "{reason:?}\n{here}");
                assert!(reason.offer_words.iter().all(|w| there.contains(w.as_str())), "{reason:?}\n{there}");
                let struck = without(&subject.content, &reason.need_field, &reason.words);
                let side = Side { content: &struck, ..Side::of(&subject) };
                let again = space.ask(&side, &usual_kinds(Kind::Need), &Actor::anonymous(Lang::Vi), false);
                assert!(!has(&again, t, reason), "{reason:?}");
                checked += 1;
            }
        }
    }
    assert!(checked > 30, "{checked}");
    assert!(parts.is_superset(&[Part::Topic, Part::Field, Part::Cooperation, Part::Maturity].into()), "{parts:?}");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 32, ..ProptestConfig::default() })]

    /// In any small space of both languages: what a reason cites stands in the two fields, and without it the reason is gone.
    #[test]
    fn what_is_cited_stands_there_and_carries_the_reason(drawn in small_space()) {
        let space = Space::speaking(made(&drawn), &glossary());
        for subject in space.all.values().filter(|one| one.kind == Kind::Need) {
            for found in space.matches(subject.id.0.as_u128()).into_iter().take(2) {
                let t = found.listing.id.0.as_u128();
                let sum: f64 = found.reasons.iter().map(|r| r.share).sum();
                prop_assert!(!found.reasons.is_empty() && (sum + found.unexplained_share - 1.0).abs() < 1e-4);
                let (need, offer) = (json(&subject.content), json(&space.get(t).content));
                for reason in found.reasons.iter().filter(|reason| !reason.words.is_empty()) {
                    let (here, there) = (text_at(&need, &reason.need_field), text_at(&offer, &reason.offer_field));
                    prop_assert!(reason.words.iter().all(|w| here.contains(w.as_str())), "{:?}\n{}", reason, here);
                    prop_assert!(reason.offer_words.iter().all(|w| there.contains(w.as_str())), "{:?}\n{}", reason, there);
                    let struck = without(&subject.content, &reason.need_field, &reason.words);
                    let side = Side { content: &struck, ..Side::of(subject) };
                    let again = space.ask(&side, &usual_kinds(Kind::Need), &Actor::anonymous(Lang::Vi), false);
                    prop_assert!(!has(&again, t, reason), "{:?}", reason);
                }
            }
        }
    }
}

#[test]
fn words_struck_from_the_offer_take_the_reason_with_them() {
    let (all, keys) = demo();
    let mut space = Space::new(all);
    let n = keys["can-may-say-com-dua"];
    let found = space.matches(n).into_iter().next().unwrap();
    let t = found.listing.id.0.as_u128();
    let whole = space.get(t).clone();
    for reason in found.reasons.iter().filter(|r| !r.words.is_empty()) {
        let mut struck = whole.clone();
        struck.content = without(&whole.content, &reason.offer_field, &reason.offer_words);
        space.all.insert(whole.id, struck);
        assert!(!has(&space.matches(n), t, reason), "{reason:?}");
    }
}

/// What stands at a reason's pointer, of the content or of the party, in pieces.
fn pieces_at(listing: &Published, pointer: &str) -> Vec<String> {
    if pointer == "/party/province" {
        return listing.owner.province.iter().map(|code| code.as_str().to_owned()).collect();
    }
    match json(&listing.content).pointer(pointer).unwrap_or_else(|| panic!("{pointer} is not there")) {
        Value::String(text) => vec![text.clone()],
        Value::Array(items) => items.iter().map(|i| i.as_str().unwrap().to_owned()).collect(),
        other => vec![other.to_string()],
    }
}

/// The listing without what stands at a pointer.
fn silent(listing: &Published, pointer: &str) -> Published {
    let mut struck = listing.clone();
    if pointer == "/party/province" {
        struck.owner.province = None;
        return struck;
    }
    if pointer.is_empty() || pointer.starts_with("/party/") {
        return struck; // told by nothing in the content
    }
    let mut value = json(&listing.content);
    value.as_object_mut().unwrap().remove(pointer.trim_start_matches('/')).unwrap();
    struck.content = Content::from_json(listing.kind, &value.to_string()).unwrap();
    struck
}

/// Checks the reasons without words of a need's best matches; gives the parts there were.
fn check_codes(space: &mut Space, n: u128) -> std::collections::BTreeSet<Part> {
    let mut parts = std::collections::BTreeSet::new();
    let subject = space.get(n).clone();
    for found in space.matches(n).into_iter().take(2) {
        let t = found.listing.id.0.as_u128();
        let offer = space.get(t).clone();
        for reason in found.reasons.iter().filter(|r| r.words.is_empty()) {
            let told = |found: &[Match]| {
                let of_offer = found.iter().filter(|m| m.listing.id == offer.id).flat_map(|m| &m.reasons);
                of_offer
                    .into_iter()
                    .any(|r| (r.part, &r.need_field, &r.offer_field) == (reason.part, &reason.need_field, &reason.offer_field))
            };
            for (listing, pointer, value) in
                [(&subject, &reason.need_field, &reason.need_value), (&offer, &reason.offer_field, &reason.offer_value)]
            {
                let (pieces, value) = (pieces_at(listing, pointer), value.clone().unwrap());
                assert!(value.split(',').all(|v| pieces.iter().any(|p| p == v)), "{reason:?}: {pieces:?}");
            }
            let quiet = silent(&subject, &reason.need_field);
            let again = space.ask(&Side::of(&quiet), &usual_kinds(Kind::Need), &Actor::anonymous(Lang::Vi), false);
            assert!(!told(&again), "{reason:?}");
            space.all.insert(offer.id, silent(&offer, &reason.offer_field));
            assert!(!told(&space.matches(n)), "{reason:?}");
            space.all.insert(offer.id, offer.clone());
            parts.insert(reason.part);
        }
    }
    parts
}

#[test]
fn cited_codes_stand_in_both_fields_and_without_them_the_reason_is_gone() {
    let (all, _) = demo();
    let mut space = Space::new(all);
    let needs: Vec<u128> = space.all.values().filter(|p| p.kind == Kind::Need).map(|p| p.id.0.as_u128()).collect();
    for n in needs.into_iter().step_by(8) {
        check_codes(&mut space, n);
    }
    // One pair that has all of them.
    let mut seeker = need("Cần máy sấy cơm dừa", "Sấy cơm dừa bơm nhiệt");
    (seeker.field, seeker.trl_min, seeker.province) = (Some("21101".into()), Some(6), Some("86".into()));
    seeker.cooperation = vec!["licence".into()];
    let mut offer = technology("Máy sấy cơm dừa bơm nhiệt", "Sấy cơm dừa");
    (offer.field, offer.trl) = (Some("21101".into()), Some(7));
    offer.cooperation = vec!["licence".into(), "joint_venture".into()];
    let mut space = Space::new(vec![listing(1, 1, offer), listing(2, 2, seeker)]);
    let parts = check_codes(&mut space, 2);
    assert_eq!(parts, [Part::Field, Part::Cooperation, Part::Maturity, Part::Place].into());
}

#[test]
fn a_reached_figure_is_said_in_both_languages() {
    let mut seeker = need("Cần máy sấy cơm dừa", "Sấy cơm dừa bơm nhiệt");
    seeker.targets = vec![target("Năng suất sấy", Direction::AtLeast, 5.0, "t/h", TargetPriority::Must)];
    let mut offer = technology("Máy sấy cơm dừa bơm nhiệt", "Sấy cơm dừa");
    offer.advantages = vec![advantage("Năng suất sấy", 8_500.5, "kg/h")];
    let space = Space::new(vec![listing(1, 1, offer), listing(2, 2, seeker)]);
    let said = |lang| {
        let found = space.ask(&Side::of(space.get(2)), &usual_kinds(Kind::Need), &Actor::anonymous(lang), false);
        found[0].reasons.iter().find(|r| r.part == Part::Targets).cloned().unwrap()
    };
    assert_eq!(said(Lang::Vi).text, "Năng suất sấy: cần ≥ 5\u{a0}t/h, đạt 8.500,5\u{a0}kg/h.");
    assert_eq!(said(Lang::En).text, "Năng suất sấy: ≥ 5\u{a0}t/h wanted, 8,500.5\u{a0}kg/h reached.");
    assert_eq!(said(Lang::En).need_field, "/targets/0");
    assert_eq!(said(Lang::En).offer_field, "/advantages/0");
    assert_eq!(said(Lang::En).words, ["năng", "suất", "sấy"]);
}

#[test]
fn a_share_is_of_the_whole_score_and_what_is_not_said_is_no_reason() {
    let seeker = need("Cần máy sấy cơm dừa", "Sấy cơm dừa bơm nhiệt");
    let offer = technology("Máy sấy cơm dừa bơm nhiệt", "Sấy cơm dừa");
    let with = |change: fn(&mut listings::content::Need, &mut Technology)| {
        let (mut seeker, mut offer) = (seeker.clone(), offer.clone());
        change(&mut seeker, &mut offer);
        let mut far = listing(2, 2, seeker);
        far.owner.province = Some("01".into());
        Space::new(vec![listing(1, 1, offer), far]).matches(2).remove(0)
    };
    let open = with(|_, _| {});
    let words: f64 = open.reasons.iter().filter(|reason| reason.part == Part::Topic).map(|reason| reason.share).sum();
    assert!(open.reasons.iter().all(|reason| reason.part == Part::Topic), "{:?}", open.reasons);
    let topic = open.parts.iter().find(|part| part.part == Part::Topic).unwrap().value;
    // Of the score before the fit the words have all but what the fit decides.
    assert!((words * open.score - topic * 0.7).abs() < 1e-4, "{words} {} {topic}", open.score);
    assert!((words + open.unexplained_share - 1.0).abs() < 1e-4 && open.unexplained_share > 0.1);
    // What is said on both sides becomes a reason and leaves less open.
    let said = with(|seeker, offer| {
        seeker.cooperation = vec!["licence".into()];
        offer.cooperation = vec!["licence".into()];
    });
    assert!(said.reasons.iter().any(|reason| reason.part == Part::Cooperation));
    assert!(said.unexplained_share < open.unexplained_share);
}

#[test]
fn reasons_are_told_in_the_readers_language_where_both_sides_speak_it() {
    let both = |vietnamese: &str, english: &str| {
        let mut text = vi(vietnamese);
        text.0.extend(en(english).0);
        text
    };
    let offer = Technology {
        title: both("Máy sấy cơm dừa bơm nhiệt", "Heat pump dryer for desiccated coconut"),
        summary: both("Sấy cơm dừa nạo ở nhiệt độ thấp", "Dries desiccated coconut at low temperature with a heat pump"),
        ..Technology::default()
    };
    let mut wanted = need("Cần máy sấy cơm dừa", "Lò than làm cơm dừa vàng");
    wanted.title = both("Cần máy sấy cơm dừa", "Desiccated coconut dryer with a heat pump wanted");
    let space =
        Space::new(vec![listing(1, 1, offer), listing(2, 2, technology("Lọc nước ao tôm", "Giảm khí độc")), listing(11, 3, wanted)]);
    let subject = space.get(11);
    let told = |lang: Lang| {
        let found = space.ask(&Side::of(subject), &usual_kinds(subject.kind), &Actor::anonymous(lang), false);
        let topical: Vec<Reason> = found[0].reasons.iter().filter(|r| r.part == Part::Topic).cloned().collect();
        (found[0].score, topical)
    };
    let ((vietnamese_score, vietnamese), (english_score, english)) = (told(Lang::Vi), told(Lang::En));
    assert_eq!(vietnamese_score, english_score, "the score does not depend on who reads");
    for (reasons, end) in [(vietnamese, "/vi"), (english, "/en")] {
        assert!(!reasons.is_empty());
        assert!(reasons.iter().all(|r| r.need_field.ends_with(end) && r.offer_field.ends_with(end)), "{reasons:?}");
    }
}

#[test]
fn neighbouring_patent_classes_are_named_where_they_are_nearer_than_the_fields() {
    let with = |title: &str, field: &str, classes: &[&str]| Technology {
        field: Some(field.into()),
        ipc: classes.iter().map(|class| (*class).into()).collect(),
        ..technology(title, title)
    };
    // Without a word in common: what brings the two together is the class alone.
    let one = with("Bơm piston thủy lực", "21101", &["C02F 1/44", "A23N 5/01"]);
    let other = with("Khung cửi dệt lụa", "20202", &["A23N 12/08"]);
    let space = Space::new(vec![listing(1, 1, one.clone()), listing(2, 2, other)]);
    let kinds = std::collections::BTreeSet::from([Kind::Technology]);
    let between =
        |space: &Space, n: u128, lang: Lang| space.ask(&Side::of(space.get(n)), &kinds, &Actor::anonymous(lang), false).into_iter().next();
    let (found, back) = (between(&space, 1, Lang::Vi).unwrap(), between(&space, 2, Lang::En).unwrap());
    assert_eq!(found.score, back.score, "it is the same from either side");
    let field = found.parts.iter().find(|part| part.part == Part::Field).unwrap();
    assert!(field.known && (field.value - 0.75_f64.powf(1.5)).abs() < 1e-9, "{field:?}");
    let (reason, other_way) = (&found.reasons[0], &back.reasons[0]);
    assert_eq!(reason.text, "Phân loại sáng chế quốc tế (IPC) gần nhau: A23N 5/01 và A23N 12/08, cùng thuộc A23N.");
    assert_eq!(other_way.text, "Neighbouring international patent classes (IPC): A23N 12/08 and A23N 5/01, both in A23N.");
    assert_eq!((reason.need_field.as_str(), reason.offer_field.as_str()), ("/ipc", "/ipc"));
    let values = (reason.need_value.as_deref(), reason.offer_value.as_deref());
    assert_eq!(values, (Some("A23N 5/01"), Some("A23N 12/08")));
    // Without the class the reason is gone, and with the same field that is told instead.
    let mut quiet = Space::new(vec![listing(1, 1, Technology { ipc: Vec::new(), ..one.clone() }), space.get(2).clone()]);
    assert!(between(&quiet, 1, Lang::Vi).is_none());
    quiet.all.insert(quiet.get(1).id, listing(1, 1, Technology { field: Some("20202".into()), ..one }));
    assert_eq!(between(&quiet, 1, Lang::Vi).unwrap().reasons[0].need_field, "/field");
}

#[test]
fn an_offer_whose_party_soon_replies_stands_higher_and_says_so_in_the_words_of_its_page() {
    let offer = technology("Máy sấy cơm dừa bơm nhiệt", "Sấy cơm dừa");
    let seeker = need("Cần máy sấy cơm dừa", "Sấy cơm dừa bơm nhiệt");
    let mut space = Space::new(vec![listing(1, 1, offer), listing(2, 2, seeker)]);
    let plain = space.engine.clone();
    let (offering, seeking) = (space.get(1).owner.id, space.get(2).owner.id);
    let mut with = |hours: &[(base::PartyId, u32)], n: u128, lang: Lang| {
        space.engine = plain.knowing(std::sync::Arc::new(matching::Replies::from_iter(hours.iter().copied())));
        space.ask(&Side::of(space.get(n)), &usual_kinds(space.get(n).kind), &Actor::anonymous(lang), false).remove(0)
    };
    let (unknown, soon, late) = (with(&[], 2, Lang::Vi), with(&[(offering, 60)], 2, Lang::Vi), with(&[(offering, 24 * 60)], 2, Lang::Vi));
    assert!(soon.score > unknown.score && unknown.score > late.score);
    assert_eq!((&unknown.replies, &late.replies), (&None, &None), "what is unknown or late speaks for nobody");
    assert_eq!(soon.replies.as_deref(), Some("Bên chào thường trả lời trong 3 ngày."));
    // It meets nothing of the need: it stands beside the reasons, and its share is in what they leave open.
    let names_both = |reason: &Reason| !reason.need_field.is_empty() && !reason.offer_field.is_empty();
    assert!(soon.reasons.iter().all(|reason| reason.part != Part::Responsiveness && names_both(reason)));
    assert!(soon.unexplained_share > 0.0);
    // The same from the other side; what the seeker's own party does says nothing.
    let back = with(&[(offering, 60)], 1, Lang::En);
    assert_eq!((back.score, back.replies.as_deref()), (soon.score, Some("The offering side usually answers within 3 days.")));
    assert_eq!(with(&[(seeking, 1)], 2, Lang::Vi).score, unknown.score);
}
