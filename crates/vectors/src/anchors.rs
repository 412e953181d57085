//! The texts by which a model is set right between the two languages: `config/vectors/anchors.toml`.

use std::collections::BTreeMap;

use crate::Anchors;
use serde::Deserialize;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    anchor: Vec<Anchor>,
}

/// A text in both languages.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Anchor {
    vi: String,
    en: String,
}

/// The built-in texts, of each language as many.
#[must_use]
pub fn anchors() -> Anchors {
    let file = base::defaults::text("vectors/anchors.toml").and_then(|text| toml::from_str::<File>(&text).ok());
    // The file is part of the program, and a test reads it.
    let all = file.map(|file| file.anchor).unwrap_or_default();
    let (vi, en) = all.into_iter().map(|anchor| (anchor.vi, anchor.en)).unzip();
    Anchors(BTreeMap::from([(base::Lang::Vi, vi), (base::Lang::En, en)]))
}

#[cfg(test)]
mod tests {
    use base::Lang;

    use super::*;

    #[test]
    fn both_languages_have_enough_of_them_and_none_is_empty() {
        let Anchors(all) = anchors();
        assert_eq!(all[&Lang::Vi].len(), all[&Lang::En].len());
        assert!(all[&Lang::Vi].len() >= 2 * crate::LEAST_ANCHORS);
        assert!(all.values().flatten().all(|text| text.len() > 40));
        assert!(all[&Lang::Vi].iter().all(|text| Lang::of_words(text) == Lang::Vi));
        assert!(all[&Lang::En].iter().all(|text| !text.contains('ấ')));
    }
}
