//! Words that say little: they are no evidence of anything, and figures that share only them measure different things.

use std::collections::HashSet;
use std::sync::LazyLock;

use search::analysis::{nfc, stem, words};
use serde::Deserialize;

/// The lists as they are written; other ones make other scores.
pub(crate) const TEXT: &str = include_str!("../data/common.toml");

static COMMON: LazyLock<Common> = LazyLock::new(Common::built_in);

#[derive(Deserialize)]
struct File {
    vi: String,
    vi_pairs: String,
    en: String,
    metric: Metric,
}

#[derive(Deserialize)]
struct Metric {
    vi: String,
    en: String,
}

#[derive(Default)]
struct Common {
    exact: HashSet<String>,
    folded: HashSet<String>,
    pairs: HashSet<String>,
    stems: HashSet<String>,
    metric: HashSet<String>,
}

impl Common {
    fn built_in() -> Self {
        let mut all = Self::default();
        // A test holds that the file is one.
        let Ok(file) = toml::from_str::<File>(TEXT) else { return all };
        words(&nfc(&file.vi), |w| {
            all.exact.insert(w.exact.clone());
            all.folded.insert(w.folded.clone());
        });
        for pair in file.vi_pairs.split(',') {
            let mut both = Vec::new();
            words(&nfc(pair), |w| both.push(w.folded.clone()));
            all.pairs.insert(both.join("_"));
        }
        words(&file.en, |w| {
            all.stems.insert(stem(&w.folded).into_owned());
        });
        words(&nfc(&file.metric.vi), |w| {
            all.metric.insert(w.folded.clone());
        });
        words(&file.metric.en, |w| {
            all.metric.insert(stem(&w.folded).into_owned());
        });
        all
    }
}

/// A Vietnamese syllable that says little, with its marks.
pub(crate) fn is_common_exact(exact: &str) -> bool {
    COMMON.exact.contains(exact)
}

/// A Vietnamese syllable that says little, typed without marks.
pub(crate) fn is_common_folded(folded: &str) -> bool {
    COMMON.folded.contains(folded)
}

/// Two syllables that say little together, without marks.
pub(crate) fn is_common_pair(pair: &str, first_is_common: bool, second_is_common: bool) -> bool {
    (first_is_common && second_is_common) || COMMON.pairs.contains(pair)
}

/// An English stem that says little.
pub(crate) fn is_common_stem(stem: &str) -> bool {
    COMMON.stems.contains(stem)
}

/// What a word of a metric counts: little for `time` and `thời`, much for `sấy`.
pub(crate) fn metric_weight(word: &str) -> f64 {
    if COMMON.metric.contains(word) { 0.3 } else { 1.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_is_read() {
        assert!(is_common_exact("va1") && is_common_exact("cua2"));
        assert!(is_common_pair("cong_nghe", false, false) && !is_common_pair("nang_luong", false, true));
        assert!(is_common_stem("technolog") && !is_common_stem("coconut"));
        assert!(metric_weight("thoi") < metric_weight("say"));
    }
}
