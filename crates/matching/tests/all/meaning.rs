//! What means the same is found without a common word, says so, and moves no hard constraint and nothing of who may see what.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::space::*;
use base::{Actor, Lang, ListingId};
use listings::content::{Need, Technology};
use listings::published::{Audience, Published};
use matching::tuning::Question;
use matching::{Meanings, Part, Reader, Side, VectorSettings, Weights, usual_kinds};
use search::Viewer;
use vectors::testing::Concepts;

/// Words that the glossary does not have, so that vectors alone lead from one to the other.
const WORDS: [(&str, &str); 6] =
    [("bánh", "pastry"), ("gói", "wrapping"), ("lá", "leaf"), ("tươi", "staleness"), ("chuông", "bell"), ("đúc", "foundry")];

fn wanted() -> Need {
    need("Cần gói bánh bằng lá", "Bánh không còn tươi sau hai ngày")
}

fn english(title: &str, summary: &str) -> Technology {
    Technology { title: en(title), summary: en(summary), ..Technology::default() }
}

fn answering() -> Technology {
    english("Leaf wrapping", "Keeps pastry from staleness")
}

fn all() -> Vec<Published> {
    vec![listing(1, 1, answering()), listing(2, 1, english("Bell foundry", "Casting of bronze")), listing(3, 2, wanted())]
}

fn weights() -> Weights {
    Weights { vector_line: [0.2, 0.9], ..Weights::default() }
}

/// A space with the vectors of all its listings.
fn meant(all: Vec<Published>, weights: Weights) -> Space {
    let mut space = Space::with(all, weights);
    let meanings = Meanings::new(Arc::new(Concepts::new(1, &WORDS)), &VectorSettings::default());
    space.all.values().for_each(|listing| meanings.hold(listing).unwrap());
    space.engine = space.engine.with_meanings(Some(Arc::new(meanings)));
    space
}

#[test]
fn a_vietnamese_need_finds_an_english_technology_without_a_common_word_and_says_why() {
    assert!(Space::with(all(), weights()).matches(3).is_empty(), "by words alone there is nothing");
    let space = meant(all(), weights());
    let found = space.matches(3);
    assert_eq!(numbers(&found), [1]);
    let reasons = &found[0].reasons;
    assert!(reasons[0].part == Part::Meaning && reasons[0].share > 0.5, "{reasons:?}");
    assert!(reasons.iter().all(|reason| reason.part != Part::Topic), "{reasons:?}");
    assert_eq!((reasons[0].need_field.as_str(), reasons[0].offer_field.as_str()), ("/problem/vi", "/summary/en"));
    assert!(reasons[0].words.is_empty() && reasons[0].need_value.is_none());
    let said = |lang| {
        let found = space.ask(&Side::of(space.get(3)), &usual_kinds(space.get(3).kind), &Actor::anonymous(lang), false);
        found[0].reasons[0].text.clone()
    };
    assert_eq!(
        said(Lang::Vi),
        "Theo mô hình ngôn ngữ, tiêu đề và vấn đề của nhu cầu gần nghĩa với tiêu đề và tóm tắt của công nghệ (độ gần 100 %)."
    );
    assert_eq!(
        said(Lang::En),
        "The language model finds the need's title and problem close in meaning to the technology's title and summary (nearness 100%)."
    );
    let part = found[0].parts.iter().find(|part| part.part == Part::Meaning).unwrap();
    assert!(part.known && part.value > 0.99);
    // And the other way round, with the same score.
    let back = space.matches(1);
    assert_eq!((numbers(&back), back[0].score), (vec![3], found[0].score));
}

#[test]
fn hard_constraints_hold_whatever_means_the_same() {
    let mut all = all();
    all[0] = listing(1, 1, Technology { trl: Some(3), ..answering() });
    all[2] = listing(3, 2, Need { trl_min: Some(7), ..wanted() });
    let space = meant(all, weights());
    assert!(space.matches(3).is_empty());
    assert_eq!(numbers(&space.excluded(3)), [1]);
}

#[test]
fn what_a_viewer_may_not_see_takes_no_place_among_the_nearest() {
    let mut all = all();
    // Nearer than the one that everybody sees, and there is room for one alone.
    all.push(listing(4, 4, english("Wrapping pastry in a leaf", "Against staleness")));
    all[0] = listing(1, 1, english("Leaf wrapping", "Keeps pastry from staleness, from a bell foundry"));
    let hidden = all[3].owner.id;
    all[3].audience = Audience::Parties(vec![hidden]);
    let space = meant(all, Weights { vector_candidates: 1, ..weights() });
    assert_eq!(numbers(&space.matches(3)), [1]);
    let everything = space.engine.candidates(&Side::of(space.get(3)), &usual_kinds(space.get(3).kind), &Viewer::of(&Actor::system()));
    assert_eq!(everything.unwrap(), [ListingId(uuid::Uuid::from_u128(4))]);
}

#[test]
fn a_vector_of_another_text_counts_nothing() {
    let space = meant(all(), weights());
    let subject = space.get(3).clone();
    let edited = content_of(need("Cần đúc chuông", "Chuông bị rạn"));
    let side = Side { content: &edited, ..Side::of(&subject) };
    assert!(space.ask(&side, &usual_kinds(subject.kind), &Actor::anonymous(Lang::Vi), false).is_empty());
}

#[test]
fn without_weight_there_are_no_vectors_and_with_them_no_pair_is_worth_less() {
    let (all, _) = demo();
    let plain = Space::new(all.clone());
    let none = meant(all.clone(), Weights { vectors: 0.0, ..weights() });
    let more = meant(all.clone(), Weights { vector_candidates: 5, ..weights() });
    let mut compared = 0;
    for of in all.iter().filter(|one| one.kind == listings::Kind::Need).step_by(12) {
        let n = of.id.0.as_u128();
        let before = plain.matches(n);
        assert_eq!(none.matches(n), before);
        let after: BTreeMap<ListingId, f64> = more.matches(n).into_iter().map(|one| (one.listing.id, one.score)).collect();
        for one in before {
            assert!(after[&one.listing.id] >= one.score, "{}", one.listing.code);
            compared += 1;
        }
    }
    assert!(compared > 30, "{compared}");
}

#[test]
fn what_was_taken_apart_once_scores_as_the_engine_does_with_vectors_too() {
    let mut all = all();
    all.push(listing(5, 1, technology("Gói bánh bằng lá chuối", "Bánh tươi lâu hơn")));
    let mut compared = 0;
    for weights in [weights(), Weights { vectors: 0.9, field: 0.4, ..weights() }, Weights { vectors: 0.0, ..weights() }] {
        let (usual, anew) = (meant(all.clone(), self::weights()), meant(all.clone(), weights.clone()));
        let of = usual.get(3).clone();
        let found: Vec<Published> = [1, 2, 5].map(|n| usual.get(n).clone()).into();
        let apart = Question::new(&usual.engine, &Side::of(&of), &found, now(), |_| None).unwrap();
        let scored: BTreeMap<ListingId, f64> = apart.scored(&weights).into_iter().collect();
        let judged = anew.engine.judge(&Side::of(&of), &found, Reader { lang: Lang::Vi, now: now(), explain: false }).unwrap();
        for one in &judged {
            let ppm = scored[&one.listing.id] * 1e6;
            assert!((ppm - f64::from(one.score_ppm)).abs() < 1.0, "{ppm} {}", one.score_ppm);
            compared += 1;
        }
        for (id, score) in scored.iter().filter(|(id, _)| !judged.iter().any(|one| one.listing.id == **id)) {
            assert!(*score < weights.least_score, "{id}: {score} is not shown");
        }
    }
    assert!(compared >= 5, "{compared}");
}
