//! Stems of English words, the last ones kept. Never here: which texts are English.

use std::borrow::Cow;
use std::cell::RefCell;
use std::sync::LazyLock;

use frostem::{Algorithm, Stemmer};

use crate::rule::{Rule, off};

static STEMMER: LazyLock<Stemmer> = LazyLock::new(|| Stemmer::new(Algorithm::English));

/// The stem of a folded English word.
#[must_use]
pub fn stem(folded: &str) -> Cow<'_, str> {
    with_stem(folded, |stem| if stem == folded { Cow::Borrowed(folded) } else { Cow::Owned(stem.to_owned()) })
}

/// How many stems are kept.
const KEPT_STEMS: usize = 4_096;

thread_local! {
    /// Texts repeat their words, and stemming is what costs most in an English one: the last stems, by a hash of the word.
    static STEMS: RefCell<Vec<(String, String)>> = RefCell::new(vec![Default::default(); KEPT_STEMS]);
}

/// Looks at the stem of a folded English word; `look` must not ask for another.
fn with_stem<T>(folded: &str, look: impl FnOnce(&str) -> T) -> T {
    if folded.len() <= 2 || off(Rule::EnglishStems) || !folded.bytes().all(|b| b.is_ascii_lowercase()) {
        return look(folded);
    }
    let hash = folded.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |h, b| (h ^ u64::from(b)).wrapping_mul(0x0100_0000_01b3));
    let place = usize::try_from(hash >> 40).unwrap_or_default() % KEPT_STEMS;
    STEMS.with_borrow_mut(|kept| {
        let Some((word, stemmed)) = kept.get_mut(place) else { return look(folded) };
        if word != folded {
            word.clear();
            word.push_str(folded);
            stemmed.clear();
            stemmed.push_str(&STEMMER.stem(folded));
        }
        look(stemmed)
    })
}

/// Adds the stem of a folded English word to a view.
pub(super) fn push_stem(out: &mut String, folded: &str) {
    with_stem(folded, |stem| out.push_str(stem));
}
