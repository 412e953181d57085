//! How much of what one side speaks of the other side speaks of, and in which fields the two meet.

use std::borrow::Cow;
use std::collections::BTreeMap;

use base::Lang;

use crate::side::Field;
use crate::terms::{Stems, Terms};
use crate::weights::{Role, Weights};

/// From which share of the best on a meeting in the reader's language is told instead.
const ABOUT_AS_WELL: f64 = 0.5;

/// Two fields that meet.
#[derive(Clone, Debug)]
pub(crate) struct Meeting {
    /// The field of the seeking side.
    pub(crate) sought: usize,
    /// The field of the offering side.
    pub(crate) offered: usize,
    /// Its share of the topical part; all shares sum to 1.
    pub(crate) share: f64,
    /// The words that meet here, the weightiest first.
    pub(crate) terms: Vec<usize>,
}

/// The topical part of a match in one language of the seeking side.
#[derive(Clone, Debug)]
pub(crate) struct Topic {
    /// Which of the languages.
    pub(crate) terms: usize,
    /// 0 to 1.
    pub(crate) value: f64,
    /// Where the two sides meet, the weightiest first.
    pub(crate) meetings: Vec<Meeting>,
}

/// The topical part in the language in which it is greatest; none if no word meets.
///
/// A word is counted once, between the two fields where it stands with the most weight.
pub(crate) fn topic(sought: &[Terms], offered: &[Field<'_>], weights: &Weights, stems: &mut Stems) -> Option<Topic> {
    let mut best: Option<Topic> = None;
    for (place, terms) in sought.iter().enumerate() {
        if let Some(topic) = in_language(place, terms, offered, weights, stems)
            && best.as_ref().is_none_or(|b| topic.value > b.value)
        {
            best = Some(topic);
        }
    }
    best
}

/// The topical part as it is told to a reader: in their own language where the two sides meet in it about as well, else in
/// the language in which they meet best.
pub(crate) fn told<'a>(
    best: &'a Topic,
    sought: &[Terms],
    offered: &[Field<'_>],
    lang: Lang,
    (weights, stems): (&Weights, &mut Stems),
) -> Cow<'a, Topic> {
    let own = sought.iter().enumerate().filter(|(place, terms)| *place != best.terms && terms.lang == lang && !terms.translated);
    let is_best_own = sought.get(best.terms).is_some_and(|terms| terms.lang == lang);
    for (place, terms) in own.filter(|_| !is_best_own) {
        if let Some(topic) = in_language(place, terms, offered, weights, stems)
            && topic.value >= best.value * ABOUT_AS_WELL
        {
            return Cow::Owned(topic);
        }
    }
    Cow::Borrowed(best)
}

/// What meets between two fields.
#[derive(Default)]
struct Weight {
    sum: f64,
    /// Each word's weight and number.
    words: Vec<(f64, usize)>,
}

fn in_language(place: usize, terms: &Terms, offered: &[Field<'_>], weights: &Weights, stems: &mut Stems) -> Option<Topic> {
    // How often each word stands in each field.
    let mut times: Vec<Vec<(usize, f64)>> = vec![Vec::new(); terms.all.len()];
    for (at, field) in offered.iter().enumerate() {
        let one = once(field.role, length(field), weights);
        if one <= 0.0 {
            continue;
        }
        terms.meet(field, stems, |n, _| {
            let Some(places) = times.get_mut(n) else { return };
            match places.last_mut() {
                Some((last, sum)) if *last == at => *sum += one,
                _ => places.push((at, one)),
            }
        });
    }
    let mut met = 0.0;
    let mut meetings: BTreeMap<(usize, usize), Weight> = BTreeMap::new();
    for (n, (term, places)) in terms.all.iter().zip(&times).enumerate() {
        let sum: f64 = places.iter().map(|(_, t)| t).sum();
        if sum <= 0.0 {
            continue;
        }
        let counts = met_weight(term.weight, sum, weights);
        met += counts;
        let Some(to) = heaviest(places) else { continue };
        let meeting = meetings.entry((term.home, to)).or_default();
        meeting.sum += counts;
        meeting.words.push((counts, n));
    }
    if met <= 0.0 || terms.norm <= 0.0 {
        return None;
    }
    let raw = (met / terms.norm).min(1.0);
    let mut meetings: Vec<Meeting> = meetings
        .into_iter()
        .map(|((sought, offered), Weight { sum, mut words })| {
            words.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
            Meeting { sought, offered, share: sum / met, terms: words.into_iter().map(|(_, n)| n).collect() }
        })
        .collect();
    meetings.sort_by(|a, b| b.share.total_cmp(&a.share).then((a.sought, a.offered).cmp(&(b.sought, b.offered))));
    Some(Topic { terms: place, value: value(raw, weights), meetings })
}

/// How long a text of the offering side is, beside the usual one of its role.
pub(crate) fn length(field: &Field<'_>) -> f64 {
    field.length as f64 / usual_length(field.role)
}

/// What a word counts on the offering side each time it stands in a text of this role and length.
pub(crate) fn once(role: Role, length: f64, weights: &Weights) -> f64 {
    weights.offered.of(role) / (1.0 - weights.b + weights.b * length)
}

/// What is met of a word's weight where it stands so often on the offering side.
pub(crate) fn met_weight(weight: f64, often: f64, weights: &Weights) -> f64 {
    weight * often / (often + weights.k1)
}

/// The topical part, from the share of the words' weight that is met.
pub(crate) fn value(met: f64, weights: &Weights) -> f64 {
    met * (1.0 + weights.topic_half) / (met + weights.topic_half)
}

/// The field with the most weight, the first of equals.
fn heaviest(places: &[(usize, f64)]) -> Option<usize> {
    let mut best: Option<(usize, f64)> = None;
    for (place, weight) in places {
        if best.is_none_or(|(_, most)| *weight > most) {
            best = Some((*place, *weight));
        }
    }
    best.map(|(place, _)| place)
}

/// How many words a text of a role usually has: what its length is measured by. An advantage more must not make the
/// others count less, so short texts have no length of their own.
fn usual_length(role: Role) -> f64 {
    match role {
        Role::Title => 12.0,
        Role::Keywords => 12.0,
        Role::Summary => 80.0,
        Role::Problem => 100.0,
        Role::Advantage => 30.0,
        Role::Description => 250.0,
        Role::Other => 40.0,
    }
}
