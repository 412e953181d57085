//! The telling words of one side as they are looked for in the other side's texts: one look a word, since this is what
//! reckoning matches spends its time on.

use std::collections::HashMap;

use base::Lang;
use search::analysis::{self, nfc};

use crate::terms::{Shape, Stems, Term};

/// Whether tones and shapes of letters must be the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Marks {
    /// Both sides write them.
    Count,
    /// One side writes none.
    Pass,
}

/// What there is of one word, by how it reads without marks (Vietnamese) or by its stem (English).
#[derive(Default)]
struct Sound {
    /// The word itself, with its marks.
    exact: Vec<(String, usize)>,
    /// The weightiest of those that sound so.
    any: Option<usize>,
    /// What may follow in a pair that begins so, the weightiest first.
    then: Vec<Follower>,
}

/// The second half of a pair.
struct Follower {
    /// Without marks, or the stem.
    sound: String,
    /// Both halves with their marks: without them “tự động” and “tự đóng” are one.
    exact: (String, String),
    /// Whether the pair stands in texts without marks alone, so that there is nothing to hold the other side to.
    is_bare: bool,
    /// The number of the pair.
    n: usize,
}

/// Whether what stands between two words parts them: the end of a sentence, of an item of a list or of a line. Two words
/// with it between them are no pair.
pub(crate) fn is_parting(between: &str) -> bool {
    between.contains(['.', ',', ';', ':', '!', '?', '…', '(', ')', '[', ']', '{', '}', '/', '|', '•', '·', '–', '—', '\n', '\r'])
}

/// Words of one language, by number.
#[derive(Default)]
pub(crate) struct Sought {
    sounds: HashMap<String, Sound>,
    /// Codes, which are the same in every language, as they are written without marks.
    codes: HashMap<String, usize>,
}

impl Sought {
    /// The words to look for, the weightiest first.
    pub(crate) fn of(terms: &[Term]) -> Self {
        let mut sought = Self::default();
        for (n, term) in terms.iter().enumerate() {
            match term.shape {
                Shape::Syllable | Shape::Stem => {
                    let sound = if term.shape == Shape::Stem { &term.key } else { &term.folded };
                    let sound = sought.sounds.entry(sound.clone()).or_default();
                    sound.exact.push((term.key.clone(), n));
                    sound.any = sound.any.or(Some(n));
                }
                Shape::Pair | Shape::StemPair => {
                    let (Some((first, second)), Some((exact, exact_second))) = (term.folded.split_once('_'), term.key.split_once('_'))
                    else {
                        continue;
                    };
                    let exact = (exact.to_owned(), exact_second.to_owned());
                    let follower = Follower { sound: second.to_owned(), exact, is_bare: term.is_bare, n };
                    sought.sounds.entry(first.to_owned()).or_default().then.push(follower);
                }
            }
            if let Some(code) = term.code() {
                sought.codes.entry(code.to_owned()).or_insert(n);
            }
        }
        sought
    }

    /// The word that is this code, if it is sought.
    pub(crate) fn code(&self, folded: &str) -> Option<usize> {
        self.codes.get(folded).copied()
    }

    /// Whether any code is sought.
    pub(crate) fn has_codes(&self) -> bool {
        !self.codes.is_empty()
    }

    /// Calls for every place of a text of their own language where a word or a pair stands, with its number and how it
    /// is written there.
    pub(crate) fn each(&self, text: &str, lang: Lang, marks: Marks, stems: &mut Stems, mut each: impl FnMut(usize, &str)) {
        let text = nfc(text);
        // What may follow the word before this one, where that one starts and where it ends.
        let mut before: Option<(&[Follower], usize, usize)> = None;
        let mut first = String::new();
        analysis::words(&text, |word| {
            let sound = match lang {
                Lang::Vi => word.folded.as_str(),
                Lang::En => stems.of(&word.folded),
            };
            let found = self.sounds.get(sound);
            if let Some(found) = found {
                let met = match (lang, marks) {
                    (Lang::Vi, Marks::Count) => found.exact.iter().find(|(exact, _)| *exact == word.exact).map(|(_, n)| *n),
                    (Lang::Vi, Marks::Pass) | (Lang::En, _) => found.any,
                };
                if let Some(n) = met {
                    each(n, text.get(word.start..word.end).unwrap_or_default());
                }
            }
            if word.joins > 0 {
                return; // a whole such as ESP-32 stands beside its parts
            }
            if let Some((then, start, end)) = before
                && !is_parting(text.get(end..word.start).unwrap_or_default())
            {
                let exact = (lang == Lang::Vi && marks == Marks::Count).then_some((first.as_str(), word.exact.as_str()));
                if let Some(n) = pair(then, sound, exact) {
                    each(n, text.get(start..word.end).unwrap_or_default());
                }
            }
            before = found.filter(|f| !f.then.is_empty()).map(|f| (f.then.as_slice(), word.start, word.end));
            if before.is_some() {
                first.clone_from(&word.exact);
            }
        });
    }
}

/// The pair that ends in this sound; where marks count, one with just these halves before one that was written without marks.
fn pair(then: &[Follower], sound: &str, exact: Option<(&str, &str)>) -> Option<usize> {
    let mut sounding = then.iter().filter(|one| one.sound == sound);
    let Some((first, second)) = exact else { return sounding.next().map(|one| one.n) };
    let mut bare = None;
    for one in sounding {
        if one.exact.0 == first && one.exact.1 == second {
            return Some(one.n);
        }
        bare = bare.or(one.is_bare.then_some(one.n));
    }
    bare
}
