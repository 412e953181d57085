//! What figures measure: whether two metrics name the same thing, in one language or across two.
//!
//! In one language they share words. Across two the Vietnamese one is translated, always in that direction, so that it does
//! not matter which side says it: by the glossary of the search and by the names of what is measured (`data/metrics.toml`).
//! Where both name what they measure (time, cost) and no name meets, they measure different things, whatever else they share.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

use base::{Lang, Localised};
use search::analysis::{nfc, stem, words};
use search::synonyms::Synonyms;

use crate::common::metric_weight;

/// The names of what is measured as they are written; other ones make other comparisons.
pub(crate) const TEXT: &str = include_str!("../data/metrics.toml");

/// A test holds that the file is one.
static NAMES: LazyLock<Synonyms> = LazyLock::new(|| Synonyms::parse(TEXT).unwrap_or_default());

/// The most metrics that are held taken apart; behind that they are taken apart anew.
const MOST_HELD: usize = 4_096;

/// What one metric has of the other: the language in which, and which of its words, without marks or as stems.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Met {
    pub(crate) lang: Lang,
    pub(crate) shared: BTreeSet<String>,
}

/// Two metrics that have words in common.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Same {
    /// What share of the shorter one's words both have.
    pub(crate) overlap: f64,
    /// What share of the longer one's: little where one measures the other's thing among much else (“Axit” and “Chuyển hóa cồn
    /// thành axit”), which is enough to look at the two figures together and not to shut anybody out by them.
    pub(crate) whole: f64,
    pub(crate) one: Met,
    pub(crate) other: Met,
}

/// Whether there is a language in which both say what they measure.
pub(crate) fn speak_alike(one: &Localised, other: &Localised) -> bool {
    Lang::ALL.into_iter().any(|lang| one.get(lang).is_some() && other.get(lang).is_some())
}

/// What both have in the language in which it is most. General words (time, share, cost) count little: two figures are not
/// comparable for being times.
pub(crate) fn same(one: &Localised, other: &Localised) -> Option<Same> {
    let mut best: Option<Same> = None;
    for lang in Lang::ALL {
        let (Some(one), Some(other)) = (one.get(lang), other.get(lang)) else { continue };
        let keys = |text: &str| -> BTreeSet<String> { metric_words(text, lang).into_iter().map(|word| word.key).collect() };
        let (one, other) = (keys(one), keys(other));
        let shared: BTreeSet<String> = one.intersection(&other).cloned().collect();
        let (least, most) = (sum(&one).min(sum(&other)), sum(&one).max(sum(&other)));
        if shared.is_empty() || least <= 0.0 {
            continue;
        }
        let (overlap, whole) = (sum(&shared) / least, sum(&shared) / most);
        if best.as_ref().is_none_or(|best| (overlap, whole) > (best.overlap, best.whole)) {
            let met = Met { lang, shared };
            best = Some(Same { overlap, whole, one: met.clone(), other: met });
        }
    }
    best
}

/// What a set of words counts.
fn sum(words: &BTreeSet<String>) -> f64 {
    words.iter().map(|word| metric_weight(word)).sum()
}

/// A word of a metric.
struct MetricWord {
    /// As it is compared: without marks, or as a stem.
    key: String,
    /// The ways in which it is written.
    written: Vec<String>,
    /// If it is the same in every language (COP, CO2), how it is then compared.
    code: Option<String>,
}

/// The words of a metric, in the order of the text.
fn metric_words(text: &str, lang: Lang) -> Vec<MetricWord> {
    let text = nfc(text);
    // Words in capitals alone say nothing by that; one such word is an abbreviation.
    let shouted = !text.chars().any(char::is_lowercase) && text.split_whitespace().nth(1).is_some();
    let mut all: Vec<MetricWord> = Vec::new();
    words(&text, |word| {
        if word.joins > 0 {
            return;
        }
        let key = match lang {
            Lang::Vi => word.folded.clone(),
            Lang::En => stem(&word.folded).into_owned(),
        };
        let surface = text.get(word.start..word.end).unwrap_or_default();
        let is_code = !shouted && surface.is_ascii() && surface.len() > 1 && surface.chars().skip(1).any(|c| c.is_ascii_uppercase());
        let written = surface.to_lowercase();
        match all.iter_mut().find(|one| one.key == key) {
            Some(one) if one.written.contains(&written) => {}
            Some(one) => one.written.push(written),
            None => all.push(MetricWord { key, written: vec![written], code: is_code.then(|| word.folded.clone()) }),
        }
    });
    all
}

/// How the words that met are written in a metric.
pub(crate) fn written(metric: &Localised, met: &Met) -> Vec<String> {
    let text = metric.get(met.lang).unwrap_or_default();
    metric_words(text, met.lang).into_iter().filter(|word| met.shared.contains(&word.key)).flat_map(|word| word.written).collect()
}

/// Some words of a Vietnamese metric and what they are called in English.
struct Part {
    own: BTreeSet<String>,
    /// Each by its stems, all of which must stand in the other metric.
    english: Vec<BTreeSet<String>>,
    /// Whether it names what is measured.
    is_name: bool,
}

/// A metric in one language, taken apart.
struct Taken {
    words: BTreeSet<String>,
    /// From how a code is compared to the word that it is.
    codes: HashMap<String, String>,
    /// Of a Vietnamese one.
    parts: Vec<Part>,
    /// Whether it names what is measured.
    is_named: bool,
}

impl Taken {
    fn of(text: &str, lang: Lang, synonyms: &Synonyms) -> Self {
        let all = metric_words(text, lang);
        let codes = all.iter().filter_map(|word| Some((word.code.clone()?, word.key.clone()))).collect();
        let words = all.into_iter().map(|word| word.key).collect();
        if lang == Lang::En {
            return Self { words, codes, parts: Vec::new(), is_named: !NAMES.translations(text, lang).is_empty() };
        }
        let keys = |text: &str, lang: Lang| -> BTreeSet<String> { metric_words(text, lang).into_iter().map(|word| word.key).collect() };
        let mut parts = Vec::new();
        for (list, is_name) in [(&*NAMES, true), (synonyms, false)] {
            for found in list.translations(text, lang) {
                let english = found.terms.iter().map(|term| keys(term, Lang::En)).filter(|stems| !stems.is_empty()).collect();
                parts.push(Part { own: keys(&found.surface, lang), english, is_name });
            }
        }
        let is_named = parts.iter().any(|part| part.is_name);
        Self { words, codes, parts, is_named }
    }
}

/// Metrics that were taken apart already; made anew when the glossary is another one.
#[derive(Default)]
pub(crate) struct Metrics(Mutex<Held>);

#[derive(Default)]
struct Held {
    by: Option<Arc<Synonyms>>,
    vietnamese: HashMap<String, Arc<Taken>>,
    english: HashMap<String, Arc<Taken>>,
}

impl Metrics {
    fn taken(&self, text: &str, lang: Lang, synonyms: &Arc<Synonyms>) -> Arc<Taken> {
        let mut held = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if !held.by.as_ref().is_some_and(|by| Arc::ptr_eq(by, synonyms)) {
            *held = Held { by: Some(Arc::clone(synonyms)), ..Held::default() };
        }
        let all = match lang {
            Lang::Vi => &mut held.vietnamese,
            Lang::En => &mut held.english,
        };
        if let Some(found) = all.get(text) {
            return Arc::clone(found);
        }
        if all.len() >= MOST_HELD {
            all.clear();
        }
        let made = Arc::new(Taken::of(text, lang, synonyms));
        all.insert(text.to_owned(), Arc::clone(&made));
        made
    }

    /// What two metrics have in common that share no language; with the same strictness as within one.
    pub(crate) fn across(&self, one: &Localised, other: &Localised, synonyms: &Arc<Synonyms>) -> Option<Same> {
        let is_turned = one.get(Lang::Vi).is_none();
        let (first, second) = if is_turned { (other, one) } else { (one, other) };
        let vietnamese = self.taken(first.get(Lang::Vi)?, Lang::Vi, synonyms);
        let english = self.taken(second.get(Lang::En)?, Lang::En, synonyms);
        let Shares { overlap, whole, here, there } = translated(&vietnamese, &english)?;
        let (here, there) = (Met { lang: Lang::Vi, shared: here }, Met { lang: Lang::En, shared: there });
        let (one, other) = if is_turned { (there, here) } else { (here, there) };
        Some(Same { overlap, whole, one, other })
    }
}

/// What two metrics of two languages have of each other.
struct Shares {
    overlap: f64,
    whole: f64,
    here: BTreeSet<String>,
    there: BTreeSet<String>,
}

/// How much of the shorter and of the longer of two metrics the other one has, and which words of each.
fn translated(vietnamese: &Taken, english: &Taken) -> Option<Shares> {
    let (mut here, mut there) = (BTreeSet::new(), BTreeSet::new());
    let mut does_name_meet = false;
    for part in &vietnamese.parts {
        for stems in part.english.iter().filter(|stems| stems.is_subset(&english.words)) {
            here.extend(part.own.iter().cloned());
            there.extend(stems.iter().cloned());
            does_name_meet |= part.is_name;
        }
    }
    for (code, word) in &vietnamese.codes {
        if let Some(other) = english.codes.get(code) {
            here.insert(word.clone());
            there.insert(other.clone());
        }
    }
    let (own, other) = (sum(&vietnamese.words), sum(&english.words));
    let least = own.min(other);
    let is_other = vietnamese.is_named && english.is_named && !does_name_meet;
    if is_other || here.is_empty() || least <= 0.0 {
        return None;
    }
    let overlap = (sum(&here).min(sum(&there)) / least).min(1.0);
    let whole = (sum(&here) / own).min(sum(&there) / other).min(1.0);
    Some(Shares { overlap, whole, here, there })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::weights::Weights;

    fn metric(text: &str) -> Localised {
        Localised::of(Lang::Vi, text)
    }

    fn english(text: &str) -> Localised {
        Localised::of(Lang::En, text)
    }

    fn overlap(one: &str, other: &str) -> f64 {
        same(&metric(one), &metric(other)).map_or(0.0, |same| same.overlap)
    }

    fn glossary() -> Arc<Synonyms> {
        let group = "version = \"1\"\n[[group]]\nkind = \"translation\"\nterms = [\"sấy\", \"drying\"]\n";
        Arc::new(Synonyms::parse(group).unwrap())
    }

    #[test]
    fn the_names_are_read() {
        assert!(Synonyms::parse(TEXT).unwrap().len() > 20);
    }

    #[test]
    fn figures_of_the_same_thing_are_told_from_figures_that_are_both_times() {
        let least = Weights::default().metric_overlap;
        assert!(overlap("Thời gian sấy một mẻ", "thoi gian say") >= least);
        assert!(overlap("Độ ẩm sau sấy", "Độ ẩm sản phẩm sau sấy") >= least);
        assert!(overlap("Thời gian sấy", "Thời gian giao hàng") < least);
        assert!(overlap("Chi phí điện", "Chi phí nhân công") < least);
        assert!(overlap("Tỷ lệ cây sống", "Tỷ lệ thu hồi dầu") < least);
    }

    #[test]
    fn a_thing_that_is_named_among_much_else_is_not_the_same_in_whole() {
        let least = Weights::default().metric_overlap;
        let whole = |one: &str, other: &str| same(&metric(one), &metric(other)).map_or(0.0, |same| same.whole);
        assert!(overlap("Axit", "Chuyển hóa cồn thành axit") >= least && whole("Axit", "Chuyển hóa cồn thành axit") < least);
        for (one, other) in [("Thời gian sấy", "Thời gian sấy một mẻ"), ("Độ ẩm sau sấy", "Độ ẩm sản phẩm sau sấy"), ("Axit", "Độ axit")]
        {
            assert!(whole(one, other) >= least && whole(other, one) >= least, "{one} {other}");
        }
        let across = |vi: &str, en: &str| Metrics::default().across(&metric(vi), &english(en), &glossary()).map_or(0.0, |same| same.whole);
        assert!(across("Thời gian sấy một mẻ", "Drying time") >= least);
        assert!(across("Thời gian sấy", "Drying time of peeled shrimp heads") < least);
    }

    #[test]
    fn across_two_languages_the_same_holds_from_either_side() {
        let (metrics, synonyms, least) = (Metrics::default(), glossary(), Weights::default().metric_overlap);
        let across = |vi: &str, en: &str| {
            let found = metrics.across(&metric(vi), &english(en), &synonyms);
            let back = metrics.across(&english(en), &metric(vi), &synonyms);
            assert_eq!(found.as_ref().map(|s| (s.overlap, &s.one, &s.other)), back.as_ref().map(|s| (s.overlap, &s.other, &s.one)));
            found.map_or(0.0, |same| same.overlap)
        };
        assert!(across("Thời gian sấy", "Drying time") >= least);
        assert!(across("Thời gian sấy một mẻ", "Drying time") >= least);
        assert!(across("Hệ số COP", "COP") >= least);
        // Another thing named, only the general word in common, or nothing that is translated.
        assert!(across("Thời gian sấy", "Drying cost") < least);
        assert!(across("Thời gian giao hàng", "Drying time") < least);
        assert!(across("Thời gian giao hàng", "Delivery date") < least);
        // Another glossary is looked into anew.
        let none = Arc::new(Synonyms::default());
        assert!(metrics.across(&metric("Thời gian sấy"), &english("Drying time"), &none).is_none_or(|same| same.overlap < least));
    }

    #[test]
    fn the_words_that_met_are_cited_as_each_side_writes_them() {
        let (one, other) = (metric("Thời gian sấy một mẻ"), english("Drying Time per batch"));
        let same = Metrics::default().across(&one, &other, &glossary()).unwrap();
        assert_eq!(written(&one, &same.one), ["thời", "gian", "sấy"]);
        assert_eq!(written(&other, &same.other), ["drying", "time"]);
    }
}
