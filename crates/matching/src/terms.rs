//! The telling words of one side, in one language, and how they are found in the other side.
//!
//! Words meet as the index makes them: Vietnamese ones with marks where both texts have them and without where one has
//! none, and as pairs of syllables; English ones by their stems. Between languages codes meet (HACCP, ESP-32), and what a
//! field of a side says in one language alone meets the other through the glossary of the search (`vocabularies/synonyms.toml`):
//! “máy sấy” meets “dryer”, counts less than a word that meets itself, and never makes up for what has no translation.

use std::collections::{BTreeMap, HashMap, HashSet};

use base::Lang;
use search::analysis::{self, nfc};
use search::synonyms::Synonyms;
use search::{Failure, Search, View};

use crate::common;
use crate::side::{Field, bare};
use crate::sought::{Marks, Sought, is_parting};
use crate::statistics::Statistics;
use crate::weights::{Weights, word_name};

/// How a word is met.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Shape {
    /// Two neighbouring Vietnamese syllables.
    Pair,
    /// A Vietnamese syllable.
    Syllable,
    /// Two neighbouring English words.
    StemPair,
    /// An English word.
    Stem,
}

/// A word in a text.
struct Token<'a> {
    shape: Shape,
    /// With marks, or the stem.
    key: &'a str,
    /// Without marks.
    folded: &'a str,
    /// Says little wherever it stands.
    common: bool,
    /// The same in every language.
    code: bool,
    /// As it is written.
    surface: &'a str,
}

/// Walks through a text of a language, word by word and pair by pair.
fn walk(text: &str, lang: Lang, marked: bool, stems: &mut Stems, mut each: impl FnMut(&Token<'_>)) {
    let text = nfc(text);
    let shouted = !text.chars().any(char::is_lowercase);
    // The word before this one: whether it says little, where it starts and where it ends.
    let mut before: Option<(bool, usize, usize)> = None;
    let (mut first, mut pair) = (Halves::default(), Halves::default());
    analysis::words(&text, |word| {
        let surface = text.get(word.start..word.end).unwrap_or_default();
        let digits = word.folded.bytes().any(|b| b.is_ascii_digit());
        let letters = word.folded.bytes().any(|b| !b.is_ascii_digit());
        let loud = !shouted && surface.len() > 1 && surface.chars().all(|c| c.is_ascii_uppercase() || !c.is_ascii_alphabetic());
        let code = word.folded.len() > 1 && word.folded.is_ascii() && letters && (digits || loud);
        let (shape, pair_shape) = match lang {
            Lang::Vi => (Shape::Syllable, Shape::Pair),
            Lang::En => (Shape::Stem, Shape::StemPair),
        };
        let stem: &str;
        let key = match lang {
            Lang::Vi => word.exact.as_str(),
            Lang::En => {
                stem = stems.of(&word.folded);
                stem
            }
        };
        let common = !letters
            || word.folded.len() < 2
            || match lang {
                Lang::Vi if marked => common::is_common_exact(key),
                Lang::Vi => common::is_common_folded(&word.folded),
                Lang::En => common::is_common_stem(key),
            };
        each(&Token { shape, key, folded: &word.folded, common, code, surface });
        if word.joins > 0 {
            return;
        }
        // Pairs are the same by their halves with marks, and looked for in the index without; English ones are of stems.
        let folded = if lang == Lang::Vi { word.folded.as_str() } else { key };
        if let Some((first_common, start, end)) = before
            && !is_parting(text.get(end..word.start).unwrap_or_default())
        {
            pair.join(&first, key, folded);
            let common = match lang {
                Lang::Vi => common::is_common_pair(&pair.folded, first_common, common),
                Lang::En => first_common || common,
            };
            let surface = text.get(start..word.end).unwrap_or_default();
            each(&Token { shape: pair_shape, key: &pair.key, folded: &pair.folded, common, code: false, surface });
        }
        first.set(key, folded);
        before = Some((common, word.start, word.end));
    });
}

/// A word or a pair, with marks and without.
#[derive(Default)]
struct Halves {
    key: String,
    folded: String,
}

impl Halves {
    fn set(&mut self, key: &str, folded: &str) {
        key.clone_into(&mut self.key);
        folded.clone_into(&mut self.folded);
    }

    /// The pair of a word and the one behind it.
    fn join(&mut self, first: &Self, key: &str, folded: &str) {
        self.set(&first.key, &first.folded);
        for (pair, second) in [(&mut self.key, key), (&mut self.folded, folded)] {
            pair.push('_');
            pair.push_str(second);
        }
    }
}

/// Stems that were made already.
#[derive(Default)]
pub(crate) struct Stems(HashMap<String, String>);

impl Stems {
    /// The stem of a word.
    pub(crate) fn of(&mut self, folded: &str) -> &str {
        if !self.0.contains_key(folded) {
            self.0.insert(folded.to_owned(), analysis::stem(folded).into_owned());
        }
        self.0.get(folded).map_or("", String::as_str)
    }
}

/// A telling word of one side.
#[derive(Clone)]
pub(crate) struct Term {
    pub(crate) shape: Shape,
    pub(crate) key: String,
    /// Without marks.
    pub(crate) folded: String,
    code: bool,
    /// Whether it stands in texts without marks alone, beside others that have them.
    pub(crate) is_bare: bool,
    /// What it counts.
    pub(crate) weight: f64,
    /// What it counts without its rarity, which the index knows by itself.
    pub(crate) plain_weight: f64,
    /// How telling it is.
    pub(crate) rarity: f64,
    /// How often it stands in which field of its own side.
    pub(crate) counts: Vec<(usize, f64)>,
    /// The field of its own side where it stands with the most weight, the first of equals.
    pub(crate) home: usize,
    /// Of which words of its own side it is the translation, with their field.
    translates: Vec<(usize, String)>,
}

impl Term {
    /// Without marks, if it is a code that is the same in every language.
    pub(crate) fn code(&self) -> Option<&str> {
        self.code.then_some(self.folded.as_str())
    }

    /// Whether its own side says it in another language.
    pub(crate) fn is_translated(&self) -> bool {
        !self.translates.is_empty()
    }
}

/// The telling words of one side in one language.
pub(crate) struct Terms {
    pub(crate) lang: Lang,
    pub(crate) all: Vec<Term>,
    /// The sum of their weights; with translated words at least that of all that is said in the language they were taken from,
    /// translated or not.
    pub(crate) norm: f64,
    /// Whether its own side says some of them in another language.
    pub(crate) translated: bool,
    /// Whether they are runs in fields of the other language alone: what there is beside all that is said in that one, and never
    /// a whole of its own ([`Self::lean_on`]).
    pub(crate) leans: bool,
    /// Words that are too many to count.
    beyond: Vec<(Shape, String)>,
    marked: bool,
    sought: Sought,
}

impl Terms {
    /// The words of these fields in a language; none if there are no telling ones.
    pub(crate) fn of(
        fields: &[Field<'_>],
        lang: Lang,
        figures: Figures<'_>,
        weights: &Weights,
        stems: &mut Stems,
    ) -> Result<Option<Self>, Failure> {
        let own: Vec<(usize, &Field<'_>)> = fields.iter().enumerate().filter(|(_, f)| f.lang == lang).collect();
        if own.is_empty() {
            return Ok(None);
        }
        let marked = lang == Lang::En || own.iter().any(|(_, f)| f.marked);
        let leans = own.iter().all(|(_, f)| f.is_aside && !f.is_said);
        let rarity = Rarity::of_words(
            figures,
            || own.iter().flat_map(|(_, f)| f.texts.iter().copied()).collect::<Vec<_>>().join("\n"),
            lang,
            weights,
            marked,
        )?;

        #[derive(Default)]
        struct Seen {
            folded: String,
            code: bool,
            is_marked: bool,
            counts: BTreeMap<usize, f64>,
        }
        let mut seen: BTreeMap<(Shape, String), Seen> = BTreeMap::new();
        for (place, field) in own {
            for text in &field.texts {
                walk(text, lang, field.marked, stems, |token| {
                    if token.common {
                        return;
                    }
                    let key = if marked { token.key } else { token.folded };
                    let one = seen.entry((token.shape, key.to_owned())).or_default();
                    if one.folded.is_empty() {
                        token.folded.clone_into(&mut one.folded);
                    }
                    one.code |= token.code;
                    one.is_marked |= field.marked;
                    *one.counts.entry(place).or_default() += 1.0;
                });
            }
        }
        let mut all = Vec::with_capacity(seen.len());
        for ((shape, key), one) in seen {
            let Some(rarity) = rarity.of(shape, &key, &one.folded) else { continue };
            let counts: Vec<(usize, f64)> = one.counts.into_iter().collect();
            let Some((times, home)) = stands(&counts, fields, weights) else { continue };
            let plain_weight = plain_weight(times, shape, weights) * learned(weights, lang, &key);
            let weight = plain_weight * rarity;
            let (code, is_bare, translates) = (one.code, lang == Lang::Vi && !one.is_marked, Vec::new());
            all.push(Term { shape, key, folded: one.folded, code, is_bare, weight, plain_weight, rarity, counts, home, translates });
        }
        let made = Self::made(lang, all, marked, weights);
        Ok(made.map(|made| Self { leans, ..made }))
    }

    /// Weighs runs of a language as a part of what is said in the other one.
    pub(crate) fn lean_on(&mut self, said: &Self) {
        self.norm = self.norm.max(said.norm);
    }

    /// What a side says in a language, with what its fields say in the other one alone, as far as the glossary goes; none if
    /// there is nothing of that. `said` are its words in the other language, `own` those in this one.
    ///
    /// A field that speaks both is left as it is, and a word that the side says itself is its own. Words without marks stand
    /// apart from those that have them.
    pub(crate) fn translated(
        (said, own): (&Self, Option<&Self>),
        fields: &[Field<'_>],
        lang: Lang,
        (synonyms, figures): (&Synonyms, Figures<'_>),
        weights: &Weights,
        stems: &mut Stems,
    ) -> Result<Option<Self>, Failure> {
        #[derive(Default)]
        struct Seen {
            folded: String,
            counts: BTreeMap<usize, f64>,
            translates: Vec<(usize, String)>,
        }
        let mut seen: BTreeMap<(Shape, String), Seen> = BTreeMap::new();
        let mut text = String::new();
        let spoken: HashSet<&str> = fields.iter().filter(|f| f.lang == lang && f.is_said).map(|f| bare(&f.pointer)).collect();
        let lacks = |field: &Field<'_>| field.lang == said.lang && !spoken.contains(bare(&field.pointer));
        for (place, field) in fields.iter().enumerate().filter(|(_, field)| lacks(field)) {
            for one in field.texts.iter().flat_map(|text| synonyms.translations(text, said.lang)) {
                for term in &one.terms {
                    text.push_str(term);
                    text.push('\n');
                    walk(term, lang, true, stems, |token| {
                        if token.common {
                            return;
                        }
                        let word = seen.entry((token.shape, token.key.to_owned())).or_default();
                        if word.folded.is_empty() {
                            token.folded.clone_into(&mut word.folded);
                        }
                        *word.counts.entry(place).or_default() += 1.0;
                        let from = (place, one.surface.clone());
                        if !word.translates.contains(&from) {
                            word.translates.push(from);
                        }
                    });
                }
            }
        }
        if seen.is_empty() {
            return Ok(None);
        }
        let rarity = Rarity::of_words(figures, || text, lang, weights, true)?;
        let own = own.filter(|own| own.marked);
        let own_words: HashSet<(Shape, &str)> = own.into_iter().flat_map(Self::words).collect();
        let mut all = Vec::with_capacity(seen.len());
        for ((shape, key), one) in seen {
            if own_words.contains(&(shape, key.as_str())) {
                continue;
            }
            let Some(rarity) = rarity.of(shape, &key, &one.folded) else { continue };
            let counts: Vec<(usize, f64)> = one.counts.into_iter().collect();
            let Some((times, home)) = stands(&counts, fields, weights).filter(|_| weights.translation > 0.0) else { continue };
            let plain_weight = plain_weight(times * weights.translation, shape, weights) * learned(weights, lang, &key);
            let (weight, translates, (code, is_bare)) = (plain_weight * rarity, one.translates, (false, false));
            all.push(Term { shape, key, folded: one.folded, code, is_bare, weight, plain_weight, rarity, counts, home, translates });
        }
        if all.is_empty() {
            return Ok(None);
        }
        all.extend(own.into_iter().flat_map(|own| own.all.iter().cloned()));
        let made = Self::made(lang, all, true, weights);
        Ok(made.map(|made| Self { norm: made.norm.max(said.norm), translated: true, ..made }))
    }

    /// All of its words, those too that are too many to count.
    fn words(&self) -> impl Iterator<Item = (Shape, &str)> {
        let counted = self.all.iter().map(|term| (term.shape, term.key.as_str()));
        counted.chain(self.beyond.iter().map(|(shape, key)| (*shape, key.as_str())))
    }

    /// The weightiest of these words; none if there are none.
    fn made(lang: Lang, mut all: Vec<Term>, marked: bool, weights: &Weights) -> Option<Self> {
        all.sort_by(|a, b| b.weight.total_cmp(&a.weight).then_with(|| (a.shape, &a.key).cmp(&(b.shape, &b.key))));
        let beyond = all.split_off(weights.terms.min(all.len())).into_iter().map(|term| (term.shape, term.key)).collect();
        if all.is_empty() {
            return None;
        }
        let norm = all.iter().map(|t| t.weight).sum();
        Some(Self { lang, sought: Sought::of(&all), all, beyond, norm, translated: false, leans: false, marked })
    }

    /// In which view of the index its syllables are to be looked for.
    pub(crate) fn syllables(&self) -> View {
        if self.marked { View::Exact } else { View::Folded }
    }

    /// Calls for every place of a field of the other side where one of the words stands, with the word's number and
    /// how it is written there.
    pub(crate) fn meet(&self, field: &Field<'_>, stems: &mut Stems, mut each: impl FnMut(usize, &str)) {
        if self.translated && field.lang != self.lang {
            return; // there the words themselves meet
        }
        if field.lang == self.lang {
            let marks = if self.marked && field.marked { Marks::Count } else { Marks::Pass };
            for text in &field.texts {
                self.sought.each(text, field.lang, marks, stems, &mut each);
            }
        } else if self.sought.has_codes() && field.is_said && !field.is_aside {
            // A code stands once, in whatever language the words around it are.
            for text in &field.texts {
                walk(text, field.lang, field.marked, stems, |token| {
                    if token.code
                        && let Some(n) = self.sought.code(token.folded)
                    {
                        each(n, token.surface);
                    }
                });
            }
        }
    }

    /// Calls for every place of a field of its own side, the `place`th, where one of the words stands, or what it
    /// translates.
    pub(crate) fn stand(&self, place: usize, field: &Field<'_>, stems: &mut Stems, mut each: impl FnMut(usize, &str)) {
        for (n, term) in self.all.iter().enumerate() {
            for (_, surface) in term.translates.iter().filter(|(at, _)| *at == place) {
                each(n, surface);
            }
        }
        if field.lang != self.lang {
            return;
        }
        let marks = if self.marked { Marks::Count } else { Marks::Pass };
        for text in &field.texts {
            self.sought.each(text, field.lang, marks, stems, &mut each);
        }
    }
}

/// How often a word stands in its own side, each time weighed by its field, and where most; none if nowhere that counts.
fn stands(counts: &[(usize, f64)], fields: &[Field<'_>], weights: &Weights) -> Option<(f64, usize)> {
    let (mut times, mut most, mut home) = (0.0, 0.0, None);
    for (place, count) in counts {
        let weighed = count * fields.get(*place).map_or(0.0, |field| weights.sought.of(field.role));
        times += weighed;
        if weighed > most {
            (most, home) = (weighed, Some(*place));
        }
    }
    Some((times, home?))
}

/// What a word of the seeking side counts that stands there so often, each time weighed by its field; without its rarity and
/// what was learned of it.
pub(crate) fn plain_weight(times: f64, shape: Shape, weights: &Weights) -> f64 {
    times * (weights.k3 + 1.0) / (times + weights.k3) * view_weight(weights, shape)
}

/// What was learned of a word; most spaces learned nothing.
fn learned(weights: &Weights, lang: Lang, key: &str) -> f64 {
    if weights.words.is_empty() { 1.0 } else { weights.of_word(&word_name(lang, key)) }
}

fn view_weight(weights: &Weights, shape: Shape) -> f64 {
    match shape {
        Shape::Syllable => weights.view.syllable,
        Shape::Pair => weights.view.pair,
        Shape::Stem => weights.view.stem,
        Shape::StemPair => weights.view.stem_pair,
    }
}

/// What words' rarity is taken from.
#[derive(Clone, Copy)]
pub(crate) enum Figures<'a> {
    /// The index as it is now.
    Live(&'a Search),
    /// What was counted at one moment.
    Held(&'a Statistics),
}

/// In how many documents words are.
enum Documents<'a> {
    Live(HashMap<(View, String), u64>),
    Held(&'a Statistics),
}

/// How telling words are.
struct Rarity<'a> {
    documents: Documents<'a>,
    all: f64,
    weights: &'a Weights,
    marked: bool,
}

impl<'a> Rarity<'a> {
    /// How telling the words of a text are; the text itself is only looked into where the index is asked.
    fn of_words(
        figures: Figures<'a>,
        text: impl FnOnce() -> String,
        lang: Lang,
        weights: &'a Weights,
        marked: bool,
    ) -> Result<Self, Failure> {
        let (documents, all) = match figures {
            Figures::Held(statistics) => (Documents::Held(statistics), statistics.documents()),
            Figures::Live(search) => {
                let found = search.telling_terms(&text(), lang, usize::MAX)?.into_iter().map(|t| ((t.view, t.term), t.documents));
                (Documents::Live(found.collect()), search.snapshot().documents())
            }
        };
        Ok(Self { documents, all: all as f64, weights, marked })
    }

    /// None for a word that says too little, or that no document has.
    fn of(&self, shape: Shape, key: &str, folded: &str) -> Option<f64> {
        let idf = match shape {
            // Without marks the word may stand where texts have none.
            Shape::Syllable if self.marked => self.idf(View::Exact, key).or_else(|| self.idf(View::Folded, folded)),
            Shape::Syllable => self.idf(View::Folded, folded),
            Shape::Pair => self.idf(View::Pair, folded),
            Shape::Stem => self.idf(View::Stem, key),
            // The index has no pairs of English words: two words together are as rare as the two of them, at most.
            Shape::StemPair => {
                let (first, second) = key.split_once('_')?;
                Some(self.idf(View::Stem, first)? + self.idf(View::Stem, second)?)
            }
        }?;
        (idf >= self.weights.least_idf).then(|| idf.powf(self.weights.idf_power))
    }

    fn idf(&self, view: View, term: &str) -> Option<f64> {
        let with = match &self.documents {
            Documents::Live(found) => *found.get(&(view, term.to_owned()))?,
            Documents::Held(statistics) => statistics.with(view, term),
        } as f64;
        let all = self.all.max(with) + self.weights.imagined_documents;
        Some((1.0 + (all - with + 0.5) / (with + 0.5)).ln())
    }
}
