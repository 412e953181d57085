//! What is searched and what is asked: real texts, short documents made of them where more are wanted, and queries.
//!
//! The same number always gives the same documents and queries. Documents are read from the files again by everybody
//! who indexes them, so that none of them is held in memory.

use std::collections::{BTreeSet, HashMap};
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};

use base::Lang;
use search::analysis;

/// The sets, the language and the column of the text.
const SETS: [(&str, Lang, &str); 2] = [("vi_articles.jsonl.gz", Lang::Vi, "text"), ("offers_en.jsonl.gz", Lang::En, "abstract")];
/// The most characters of a title and of a text.
const TITLE_CHARS: usize = 256;
const TEXT_CHARS: usize = 4_000;
/// How many different queries there are.
const QUERIES: usize = 500;
/// One text in so many gives a query, if it can.
const QUERY_EVERY: u64 = 40;
/// Pieces of each text that short documents are made of.
const WINDOWS: u64 = 4;
/// What `trl` a narrowed query asks for.
pub const LEVELS: std::ops::RangeInclusive<u8> = 4..=6;

/// Numbers that look like chance and are always the same (splitmix64).
pub struct Chance(u64);

impl Chance {
    pub fn of(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ 0x5eed)
    }

    pub fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % bound.max(1)
    }

    fn pick<'a, T>(&mut self, list: &'a [T]) -> &'a T {
        &list[usize::try_from(self.below(list.len() as u64)).unwrap()]
    }
}

/// A document.
pub struct Doc {
    pub n: u64,
    pub lang: Lang,
    pub title: String,
    pub text: String,
    /// A place in the list of provinces: the facet. Some are common and some rare.
    pub province: usize,
    /// 1 to 9: the filter.
    pub trl: u8,
}

/// How many provinces there are.
pub const PROVINCES: usize = 34;

impl Doc {
    fn new(n: u64, lang: Lang, title: String, text: String) -> Self {
        let mut chance = Chance::of(n);
        let place = chance.below(1_000) as f64 / 1_000.0;
        Self { n, lang, title, text, province: (place * place * PROVINCES as f64) as usize, trl: chance.below(9) as u8 + 1 }
    }

    fn bytes(&self) -> u64 {
        (self.title.len() + self.text.len()) as u64
    }

    /// Title and text, every word without marks, as the peers that cannot do it themselves are given them.
    pub fn folded(&self) -> String {
        let mut out = String::with_capacity(self.title.len() + self.text.len());
        for part in [&self.title, &self.text] {
            analysis::words(part, |word| {
                if word.joins == 0 {
                    out.push_str(&word.folded);
                    out.push(' ');
                }
            });
        }
        out
    }
}

/// A query.
pub struct Asked {
    pub n: usize,
    /// As it is typed.
    pub text: String,
    /// Its words as the product folds them.
    pub folded: Vec<String>,
    /// Its words without marks and nothing else, as other databases fold them.
    pub unmarked: Vec<String>,
    pub lang: Lang,
    /// Whether the marks were left out.
    pub plain: bool,
    /// Whether only levels 4 to 6 are wanted.
    pub narrowed: bool,
}

/// The documents and the queries.
pub struct Corpus {
    folder: PathBuf,
    /// Real texts there are.
    real: u64,
    pub documents: u64,
    pub text_mb: f64,
    pub queries: Vec<Asked>,
}

fn cut(text: &str, chars: usize) -> &str {
    text.char_indices().nth(chars).map_or(text, |(at, _)| &text[..at])
}

/// Every text of the sets.
fn read(folder: &Path, mut each: impl FnMut(Lang, String, String)) {
    for (file, lang, column) in SETS {
        let file = std::fs::File::open(folder.join(file)).unwrap_or_else(|e| panic!("{file}: {e}"));
        for line in BufReader::new(flate2::read::GzDecoder::new(file)).lines() {
            let row: serde_json::Value = serde_json::from_str(&line.unwrap()).unwrap();
            let part = |name: &str, chars| analysis::nfc(cut(row[name].as_str().unwrap_or_default(), chars)).replace('\0', " ");
            each(lang, part("title", TITLE_CHARS), part(column, TEXT_CHARS));
        }
    }
}

impl Corpus {
    /// Counts the texts and makes the queries. Without `documents`, the real texts as they are.
    pub fn open(folder: &Path, documents: Option<u64>) -> Self {
        let mut real = 0;
        let mut queries = Vec::new();
        let mut chance = Chance::of(42);
        read(folder, |lang, title, text| {
            real += 1;
            if chance.below(QUERY_EVERY) == 0
                && let Some(query) = Asked::from(&title, &text, lang, &mut chance)
            {
                queries.push(query);
            }
        });
        for n in (1..queries.len()).rev() {
            queries.swap(n, usize::try_from(chance.below(n as u64 + 1)).unwrap());
        }
        let mut known = BTreeSet::new();
        queries.retain(|q| known.insert(q.folded.clone()));
        queries.truncate(QUERIES);
        for (n, query) in queries.iter_mut().enumerate() {
            query.n = n;
            query.plain = n % 2 == 1;
            query.narrowed = n / 2 % 2 == 1;
            if query.plain {
                query.text = query.unmarked.join(" ");
            }
        }
        let mut corpus = Self { folder: folder.to_owned(), real, documents: documents.unwrap_or(real), text_mb: 0.0, queries };
        let mut bytes = 0;
        corpus.each(|doc| bytes += doc.bytes());
        corpus.text_mb = bytes as f64 / 1e6;
        corpus
    }

    pub fn is_real(&self) -> bool {
        self.documents <= self.real
    }

    /// Every document, in order.
    pub fn each(&self, mut each: impl FnMut(Doc)) {
        if !self.is_real() {
            return self.each_short(each);
        }
        let (mut seen, mut n) = (0, 0);
        read(&self.folder, |lang, title, text| {
            // Evenly chosen where less than all are wanted.
            seen += 1;
            if seen * self.documents / self.real > n {
                n += 1;
                each(Doc::new(n, lang, title, text));
            }
        });
    }

    /// Short documents: the title of one text and two pieces of 20 to 40 words of others in the same language.
    fn each_short(&self, mut each: impl FnMut(Doc)) {
        let mut titles = Vec::new();
        let mut pieces: HashMap<&str, Vec<String>> = HashMap::new();
        read(&self.folder, |lang, title, text| {
            let mut chance = Chance::of(titles.len() as u64);
            let words: Vec<&str> = text.split_whitespace().collect();
            for _ in 0..WINDOWS {
                let from = usize::try_from(chance.below(words.len() as u64)).unwrap();
                let to = (from + 20 + chance.below(21) as usize).min(words.len());
                pieces.entry(lang.code()).or_default().push(words[from..to].join(" "));
            }
            titles.push((lang, title));
        });
        for n in 1..=self.documents {
            let mut chance = Chance::of(n.wrapping_mul(7_919));
            let (lang, title) = chance.pick(&titles).clone();
            let pieces = &pieces[lang.code()];
            let text = format!("{} {}", chance.pick(pieces), chance.pick(pieces));
            each(Doc::new(n, lang, title, text));
        }
    }

    /// How many documents have all words of each of these queries, counted by reading every document: with the stems of
    /// English texts as the product finds them, and by words alone.
    pub fn naive_counts(&self, asked: &[&Asked]) -> Vec<(u64, u64)> {
        let mut words: HashMap<String, usize> = HashMap::new();
        let mut stems: HashMap<String, usize> = HashMap::new();
        let wanted: Vec<Vec<(usize, usize)>> = asked
            .iter()
            .map(|q| {
                let place = |map: &mut HashMap<String, usize>, text: &str| {
                    let next = map.len();
                    *map.entry(text.to_owned()).or_insert(next)
                };
                q.folded.iter().map(|w| (place(&mut words, w), place(&mut stems, &analysis::stem(w)))).collect()
            })
            .collect();
        let mut counts = vec![(0, 0); asked.len()];
        self.each(|doc| {
            let (mut has, mut has_stem) = (vec![false; words.len()], vec![false; stems.len()]);
            for part in [&doc.title, &doc.text] {
                analysis::words(part, |word| {
                    if let Some(place) = words.get(&word.folded) {
                        has[*place] = true;
                    }
                    if doc.lang == Lang::En
                        && let Some(place) = stems.get(analysis::stem(&word.folded).as_ref())
                    {
                        has_stem[*place] = true;
                    }
                });
            }
            for (words, counts) in wanted.iter().zip(&mut counts) {
                counts.0 += u64::from(words.iter().all(|(word, stem)| has[*word] || has_stem[*stem]));
                counts.1 += u64::from(words.iter().all(|(word, _)| has[*word]));
            }
        });
        counts
    }
}

impl Asked {
    /// Two to five words of a title or a text, most of them neighbours, some with one left out between.
    fn from(title: &str, text: &str, lang: Lang, chance: &mut Chance) -> Option<Self> {
        let source = if chance.below(2) == 0 { title } else { text };
        let mut words = Vec::new();
        analysis::words(source, |word| {
            let letters = word.folded.bytes().all(|b| b.is_ascii_lowercase());
            if word.joins == 0 && letters && word.folded.len() > 1 {
                words.push((source[word.start..word.end].to_lowercase(), word.folded.clone()));
            }
        });
        let count = 2 + usize::try_from(chance.below(4)).unwrap();
        let stride = if chance.below(4) == 0 { 2 } else { 1 };
        let from = usize::try_from(chance.below((words.len() as u64).saturating_sub(count as u64 * stride as u64) + 1)).unwrap();
        let chosen: Vec<&(String, String)> = words.iter().skip(from).step_by(stride).take(count).collect();
        let folded: Vec<String> = chosen.iter().map(|(_, folded)| folded.clone()).collect();
        let different: BTreeSet<&String> = folded.iter().collect();
        (different.len() == folded.len() && folded.len() >= 2).then(|| Self {
            n: 0,
            text: chosen.iter().map(|(typed, _)| typed.as_str()).collect::<Vec<_>>().join(" "),
            unmarked: chosen.iter().map(|(typed, _)| base::fold::folded(typed)).collect(),
            folded,
            lang,
            plain: false,
            narrowed: false,
        })
    }
}
