//! Fitting the weights: what is varied is what the engine does, weights move towards what people judge, and only then.

use std::collections::{BTreeMap, BTreeSet};

use crate::space::*;
use base::{Actor, Lang, ListingId};
use listings::Kind;
use listings::content::Need;
use listings::published::Published;
use matching::tuning::{Fit, FitError, LEAST_QUESTIONS, Options, Question, fit};
use matching::{Calibration, Reader, Side, Weights, usual_kinds};
use search::Viewer;
use sha2::{Digest, Sha256};

const READER: fn() -> Reader = || Reader { lang: Lang::Vi, now: now(), explain: false };
const USUAL: Options = Options { folds: 5, force: false, calibrate: true, words: false };

fn found(space: &Space, of: &Published) -> Vec<Published> {
    let ids = space.engine.candidates(&Side::of(of), &usual_kinds(of.kind), &Viewer::of(&Actor::system())).unwrap();
    ids.iter().map(|id| space.all[id].clone()).collect()
}

#[test]
fn what_was_taken_apart_once_scores_as_the_engine_does_whatever_the_weights() {
    let (mut all, _) = demo();
    // Beside those in Vietnamese one that meets the others through the glossary alone.
    let title = en("Heat-pump dryer for desiccated coconut, with HACCP");
    let english = Need { title, problem: en("Drying of grated coconut"), ..Need::default() };
    all.push(listing(9_000, 3, english));
    let usual = Space::new(all.clone());
    let mut other = Weights::default();
    (other.sought.title, other.sought.problem, other.offered.description) = (0.9, 2.0, 3.0);
    (other.view.syllable, other.view.stem_pair, other.translation) = (1.3, 0.9, 1.4);
    (other.k1, other.k3, other.b) = (0.7, 2.0, 0.3);
    (other.field, other.fit, other.unknown) = (0.45, 0.7, 0.2);
    (other.parts.targets, other.parts.place) = (1.0, 5.0);
    other.words =
        [("vi:say1", 1.7), ("vi:may4_sây4", 0.6), ("vi:cơm_dưa1", 5.0), ("en:dryer", 2.0)].map(|(w, by)| (w.to_owned(), by)).into();
    let few = Weights { terms: 12, ..other.clone() };
    let mut compared = 0;
    for weights in [Weights::default(), other, few] {
        let anew = Space::with(all.clone(), weights.clone());
        for of in some_needs(&all) {
            let found = found(&usual, of);
            let apart = Question::new(&usual.engine, &Side::of(of), &found, now(), |_| None).unwrap();
            let scored: BTreeMap<ListingId, f64> = apart.scored(&weights).into_iter().collect();
            let judged = anew.engine.judge(&Side::of(of), &found, READER()).unwrap();
            let shown: BTreeMap<ListingId, u32> =
                judged.iter().filter(|one| !one.is_excluded()).map(|one| (one.listing.id, one.score_ppm)).collect();
            for (id, score_ppm) in &shown {
                let ppm = scored[id] * 1e6;
                assert!((ppm - f64::from(*score_ppm)).abs() < 1.0, "{} {}: {ppm} {score_ppm}", of.code, all_code(&all, *id));
                compared += 1;
            }
            for (id, score) in scored.iter().filter(|(id, _)| !shown.contains_key(*id)) {
                assert!(*score < weights.least_score, "{} {}: {score} is not shown", of.code, all_code(&all, *id));
            }
        }
    }
    assert!(compared > 100, "{compared}");
}

/// Every eighth need, from the last on: a need is weighed against all of the space.
fn some_needs(all: &[Published]) -> impl Iterator<Item = &Published> {
    all.iter().rev().filter(|one| one.kind == Kind::Need).step_by(8)
}

fn all_code(all: &[Published], id: ListingId) -> &str {
    &all.iter().find(|one| one.id == id).unwrap().code
}

/// Needs that all look for the same words, each with offers of every form of cooperation in both provinces. What is good
/// is decided by `good`: the number of the need, the form, and whether the province is the same.
fn made_up(weights: &Weights, needs: usize, good: impl Fn(usize, usize, bool) -> bool) -> Vec<Question> {
    const FORMS: [&str; 3] = ["licence", "assignment", "joint_venture"];
    let mut all = Vec::new();
    for (form, cooperation) in FORMS.iter().enumerate() {
        for (place, province) in ["86", "79"].iter().enumerate() {
            let mut offer = technology("Máy sấy cơm dừa bơm nhiệt", "Sấy cơm dừa ở nhiệt độ thấp");
            offer.cooperation = vec![(*cooperation).into()];
            let mut one = listing(100 + (form * 2 + place) as u128, 1, offer);
            one.owner.province = Some((*province).into());
            all.push(one);
        }
    }
    for n in 0..needs {
        let mut seeker = need("Cần máy sấy cơm dừa", "Sấy cơm dừa bằng lò hơi làm vàng sản phẩm");
        seeker.cooperation = vec![FORMS[n % 3].into()];
        let mut one = listing(1_000 + n as u128, 2, seeker);
        one.owner.province = Some(if n % 2 == 0 { "86" } else { "79" }.into());
        all.push(one);
    }
    let space = Space::with(all.clone(), weights.clone());
    let question = |n: usize| {
        let of = space.get(1_000 + n as u128);
        let found = found(&space, of);
        assert_eq!(found.len(), 6);
        let said = |id: ListingId| {
            let offer = space.all.get(&id)?;
            let form = usize::try_from((id.0.as_u128() - 100) / 2).unwrap();
            Some(good(n, form, offer.owner.province == of.owner.province))
        };
        let mut question = Question::new(&space.engine, &Side::of(of), &found, now(), said).unwrap();
        question.component = format!("need-{n}");
        question
    };
    (0..needs).map(question).collect()
}

/// Weights with which the place counts more than the form of cooperation.
fn place_first() -> Weights {
    let mut weights = Weights::default();
    (weights.parts.place, weights.parts.cooperation) = (4.0, 2.0);
    weights
}

fn fitted(questions: &[Question], start: &Weights, options: Options) -> Fit {
    fit(questions, start, options, &mut || {}).unwrap()
}

#[test]
fn weights_move_towards_the_part_that_tells_good_from_other_pairs() {
    let start = place_first();
    let questions = made_up(&start, 30, |need, form, _| need % 3 == form);
    let fit = fitted(&questions, &start, USUAL);
    assert!(fit.is_better && fit.after.mean > fit.before.mean, "{fit:?}");
    assert_eq!(fit.after.mean, 1.0, "every kept-aside need has what it wants in front: {fit:?}");
    let more = |weights: &Weights| weights.parts.cooperation / weights.parts.place;
    assert!(more(&fit.weights) > more(&start), "{:?}", fit.weights.parts);
    assert!(fit.moved.iter().any(|moved| moved.weight.starts_with("parts.")), "{:?}", fit.moved);
    assert_eq!(fit.folds.iter().map(|fold| fold.questions).sum::<usize>(), 30);
    // What is not fitted stays.
    assert_eq!((fit.weights.candidates, fit.weights.terms, fit.weights.least_score), (start.candidates, start.terms, start.least_score));
    // Wherever the weights in use stand, the climb begins at one place: they may have been fitted to these questions before.
    let mut elsewhere = start.clone();
    (elsewhere.parts.place, elsewhere.parts.cooperation, elsewhere.sought.title, elsewhere.k1) = (19.0, 0.2, 9.0, 7.0);
    let other = fitted(&questions, &elsewhere, Options { calibrate: false, ..USUAL });
    assert_eq!((&other.start, &other.after, &other.folds.len()), (&fit.start, &fit.after, &fit.folds.len()));
    assert_eq!(other.weights.parts, fit.weights.parts);
    // The same judgements give the same weights.
    assert_eq!(fitted(&questions, &start, USUAL), fit);
}

#[test]
fn weights_that_chance_alone_would_move_are_kept_unless_forced() {
    let start = place_first();
    // Neither the form nor the place has to do with what is good.
    let chance =
        |need: usize, form: usize, same: bool| (need * 7 + form * 5 + usize::from(same) * 3).wrapping_mul(2_654_435_761) >> 7 & 1 == 0;
    let questions = made_up(&start, 30, chance);
    let kept = fitted(&questions, &start, Options { calibrate: false, ..USUAL });
    assert!(!kept.is_better, "{kept:?}");
    assert_eq!((kept.weights, kept.moved), (start.clone(), Vec::new()));
    let forced = fitted(&questions, &start, Options { calibrate: false, force: true, ..USUAL });
    assert!(!forced.is_better && !forced.moved.is_empty(), "{forced:?}");
}

#[test]
fn too_few_judged_questions_are_refused() {
    let start = place_first();
    let of = |needs| made_up(&start, needs, |need, form, _| need % 3 == form);
    assert!(fit(&of(LEAST_QUESTIONS), &start, USUAL, &mut || {}).is_ok());
    let refused = fit(&of(LEAST_QUESTIONS - 1), &start, USUAL, &mut || {}).unwrap_err();
    assert!(matches!(refused, FitError::TooFew { questions: 19 }));
    assert!(refused.to_string().contains("fewer than 20"), "{refused}");
    // Questions whose candidates are all good tell nothing of weights.
    let all_good = made_up(&start, 40, |_, _, _| true);
    assert!(matches!(fit(&all_good, &start, USUAL, &mut || {}), Err(FitError::TooFew { questions: 0 })));
}

#[test]
fn what_hangs_together_is_kept_aside_together_and_is_one_piece_of_evidence() {
    let start = place_first();
    let mut questions = made_up(&start, 40, |need, form, _| need % 3 == form);
    let apart = fitted(&questions, &start, USUAL);
    // Two questions of each component, as where each of two is asked for the other.
    for (n, question) in questions.iter_mut().enumerate() {
        question.component = format!("need-{}", n / 2);
    }
    let paired = fitted(&questions, &start, USUAL);
    assert_eq!((apart.components, paired.components, paired.questions), (40, 20, 40));
    assert!(paired.folds.iter().all(|fold| fold.questions % 2 == 0), "{:?}", paired.folds);
    // If all of it is one component, nothing can be shown, whatever is asked for.
    for question in &mut questions {
        question.component = "need-0".to_owned();
    }
    let refused = fit(&questions, &start, Options { force: true, ..USUAL }, &mut || {}).unwrap_err();
    assert!(matches!(refused, FitError::Connected { questions: 40, components: 1, folds: 5 }), "{refused}");
}

#[test]
fn what_nobody_judged_counts_where_all_good_ones_are_named_and_nowhere_else() {
    let start = place_first();
    // Only the good ones are named.
    let mut questions = made_up(&start, 30, |_, _, _| true);
    for (n, question) in questions.iter_mut().enumerate() {
        for candidate in &mut question.candidates {
            let form = usize::try_from((candidate.id.0.as_u128() - 100) / 2).unwrap();
            candidate.good = (form == n % 3).then_some(true);
        }
    }
    assert!(matches!(fit(&questions, &start, USUAL, &mut || {}), Err(FitError::TooFew { questions: 0 })));
    for question in &mut questions {
        question.complete = true;
    }
    let fit = fitted(&questions, &start, USUAL);
    assert!(fit.is_better, "{fit:?}");
    assert_eq!((fit.complete, fit.calibrated.unwrap().pairs), (30, 180));
}

#[test]
fn a_told_score_is_the_share_of_such_pairs_that_was_judged_good() {
    let mut start = Weights::default();
    (start.parts.cooperation, start.parts.place, start.fit) = (4.0, 2.0, 0.6);
    // All speak of the same; the words are rare beside all that is imagined.
    start.imagined_documents = 5_000.0;
    // The right form of cooperation in the same province is good nine times of ten, elsewhere six; the wrong one never.
    let good = |need: usize, form: usize, same: bool| need % 3 == form && if same { !need.is_multiple_of(10) } else { need % 10 > 3 };
    let questions = made_up(&start, 200, good);
    let mut scores: Vec<f64> = questions.iter().flat_map(|question| question.scored(&start)).map(|(_, score)| score).collect();
    scores.sort_by(f64::total_cmp);
    (start.standing_min, start.strong_min) = (scores[500], scores[1_000]);
    let fit = fitted(&questions, &start, USUAL);
    let calibrated = fit.calibrated.as_ref().unwrap();
    assert_eq!((calibrated.pairs, calibrated.good), (1_200, 180 + 120));
    assert!(calibrated.brier_after < calibrated.brier_before, "{calibrated:?}");
    for told in calibrated.told.iter().filter(|told| told.pairs > 100) {
        assert!((told.told - told.good).abs() < 0.05, "{calibrated:?}");
    }
    // As many pairs are kept and told as before.
    let passing = |weights: &Weights, bound: f64| {
        let shown =
            |question: &Question| question.scored(weights).into_iter().map(|(_, score)| weights.calibration.of(score)).collect::<Vec<_>>();
        questions.iter().flat_map(shown).filter(|shown| *shown >= bound).count()
    };
    assert!(passing(&start, start.standing_min) > passing(&start, start.strong_min));
    assert_eq!(passing(&fit.weights, fit.weights.standing_min), passing(&start, start.standing_min));
    assert_eq!(passing(&fit.weights, fit.weights.strong_min), passing(&start, start.strong_min));
}

#[test]
fn what_is_told_of_pairs_kept_aside_was_fitted_without_them() {
    let mut start = place_first();
    // The words are rare beside all that is imagined.
    start.imagined_documents = 5_000.0;
    // What is good follows chance, so that weights fitted on it are others for each part of it.
    let chance =
        |need: usize, form: usize, same: bool| (need * 7 + form * 5 + usize::from(same) * 3).wrapping_mul(2_654_435_761) >> 7 & 1 == 0;
    let options = Options { folds: 2, force: true, calibrate: true, words: false };
    let all = || made_up(&start, 60, chance);
    let told = fitted(&all(), &start, options).calibrated.unwrap();
    let (mut brier, mut pairs) = (0.0, 0);
    for fold in 0..options.folds {
        let in_fold = |question: &Question| {
            let hash = Sha256::digest(question.component.as_bytes());
            u64::from_be_bytes(*hash.first_chunk().unwrap()) % 2 == fold as u64
        };
        let (aside, others): (Vec<Question>, Vec<Question>) = all().into_iter().partition(in_fold);
        // How it is divided once more changes nothing of what is fitted to all of it.
        let weights = fitted(&others, &start, Options { folds: 3, ..options }).weights;
        for question in &aside {
            for ((_, score), candidate) in question.scored(&weights).iter().zip(&question.candidates) {
                let good = if candidate.good.unwrap() { 1.0 } else { 0.0 };
                brier += (weights.calibration.of(*score) - good).powi(2);
                pairs += 1;
            }
        }
    }
    assert_eq!(told.pairs, pairs);
    assert!((told.brier_after - brier / pairs as f64).abs() < 1e-9, "{} {}", told.brier_after, brier / pairs as f64);
}

#[test]
fn words_that_tell_good_pairs_are_learned_where_that_is_shown_and_nowhere_else() {
    // Each need speaks of both matters; two offers are of the one and two of the other.
    let offers = ["Lò hấp cách thủy", "Lò hấp cách thủy lớn", "Robot phun thuốc cầm tay", "Robot phun thuốc cầm tay lớn"];
    let asked = |good: &dyn Fn(usize, usize) -> bool| -> Vec<Question> {
        let mut all: Vec<Published> = Vec::new();
        for (n, title) in offers.iter().enumerate() {
            all.push(listing(100 + n as u128, 1, technology(title, "")));
        }
        all.extend((0..40).map(|n| listing(1_000 + n, 2, need("Lò hấp cách thủy và robot phun thuốc cầm tay", ""))));
        let space = Space::new(all);
        let question = |n: usize| {
            let of = space.get(1_000 + n as u128);
            let said = |id: ListingId| Some(good(n, usize::try_from(id.0.as_u128() - 100).unwrap()));
            let mut question = Question::new(&space.engine, &Side::of(of), &found(&space, of), now(), said).unwrap();
            question.component = format!("need-{n}");
            question
        };
        (0..40).map(question).collect()
    };
    let start = Weights::default();
    let options = Options { calibrate: false, words: true, ..USUAL };
    let told = fitted(&asked(&|_, offer| offer < 2), &start, options);
    let words = told.words.unwrap();
    assert!(words.words > 0 && words.difference.mean >= 0.0, "{words:?}");
    assert_eq!(words.is_better, !told.weights.words.is_empty());
    for (word, by) in &told.weights.words {
        assert!((0.5..=2.0).contains(by));
        assert_eq!(
            *by > 1.0,
            word.contains("hâp") || word.contains("hap") || word.contains("thuy") || word.starts_with("vi:lo") || word.contains("cach"),
            "{word} {by}"
        );
    }
    // What is good as often with a word as without teaches nothing of it, and nothing is learned unasked.
    let even = fitted(&asked(&|need, offer| (need + offer) % 2 == 0), &start, options);
    assert_eq!((even.words.unwrap().words, even.weights.words.len()), (0, 0));
    let unasked = fitted(&asked(&|_, offer| offer < 2), &start, Options { words: false, ..options });
    assert!(unasked.words.is_none() && unasked.weights.words.is_empty());
}

#[test]
fn calibration_changes_what_is_told_and_no_order() {
    let (all, _) = demo();
    let usual = Space::new(all.clone());
    let calibration = Calibration::try_from(vec![[0.3, 0.05], [0.5, 0.4], [1.0, 0.7]]).unwrap();
    let told = Space::with(all.clone(), Weights { calibration: calibration.clone(), ..Weights::default() });
    let mut compared = BTreeSet::new();
    for of in some_needs(&all) {
        let (before, after) = (usual.matches(of.id.0.as_u128()), told.matches(of.id.0.as_u128()));
        assert_eq!(numbers(&before), numbers(&after), "{}", of.code);
        for (before, after) in before.iter().zip(&after) {
            assert!((calibration.of(before.score) - after.score).abs() < 5e-6, "{} {}", before.score, after.score);
            // Why they match and how each part came out is the same.
            assert_eq!((&before.reasons, &before.parts), (&after.reasons, &after.parts));
            compared.insert((of.id, before.listing.id));
        }
    }
    assert!(compared.len() > 50, "{}", compared.len());
}
