//! From a parsed query to terms of the index: what must be there, and what counts for the order.
//!
//! The two are apart on purpose. Which documents are found is decided on folded words and stems, so that marks are
//! optional; in which order they come is decided by all views and parts of a document, so that marks typed count.

use tantivy::Term;
use tantivy::schema::Field;
use uuid::Uuid;

use crate::analysis::{DECIMAL_POINT, EXACT_SIGN, STEM_SIGN, Word, pairs, stem};
use crate::failure::Failure;
use crate::query::{Atom, Clause, Parsed, Part};
use crate::rows::{Budget, Of};
use crate::rule::{Rule, off};
use crate::schema::Fields;
use crate::settings::Weights;
use crate::snapshot::Snapshot;
use crate::statistics::Statistics;
use crate::synonyms::Expansion;

// These are no settings: they are shares of one another and belong to how finding works, were chosen with the relevance sets
// and the golden table, and moving one alone moves what every weight means. What a space may want otherwise is a weight
// (`search.weights`).

/// How much of a query's weight must be there, step by step, once all of it finds too little.
const STEPS: [f32; 3] = [0.7, 0.45, 0.25];
/// What the folded form of a word counts where the word was typed with marks.
const FOLDED_OF_MARKED: f32 = 0.4;
/// What stems count within a title or keywords.
const STEM_WITHIN: f32 = 0.5;

/// What the beginning of a word counts: as much as a word that every seventh document has, for it may stand for any.
const BEGINNING: f32 = 2.0;

/// What can be asked of a segment.
#[derive(Clone, Debug)]
pub(crate) enum Test {
    /// Any of these terms.
    Any(Vec<Term>),
    /// These terms in a row (with their places); of the words those in `marked` (with their places) with their marks.
    Row { words: Vec<Word>, terms: Vec<(usize, Term)>, marked: Vec<(usize, Term)> },
    /// A word of a view that begins so; of the exact one with this tone, unless it is 0.
    Prefix { field: Field, text: String, tone: u8 },
    /// Of each list, any.
    Each(Vec<Vec<Term>>),
}

/// One condition: any of its tests.
#[derive(Clone, Debug)]
pub(crate) struct Condition {
    pub(crate) any: Vec<Test>,
    /// Places in [`Plan::alternatives`] that will do as well.
    pub(crate) or: Vec<usize>,
    /// Words may be missing where all of them find too little; phrases and values never.
    pub(crate) may_miss: bool,
    /// Values, numbers and beginnings narrow what is found and tell nothing of how well it fits.
    pub(crate) narrows: bool,
    /// How telling it is, as a share of all, in 1/250. What may not miss counts too: with a phrase much is there.
    pub(crate) share: u8,
}

/// A term that counts for the order.
#[derive(Clone, Debug)]
pub(crate) struct Scoring {
    pub(crate) term: Term,
    pub(crate) boost: f32,
    /// Counts the same wherever it is.
    pub(crate) constant: bool,
    /// The most that rareness may count: what stands in for a word is not to count more than the word for being rarer.
    pub(crate) most_idf: f32,
    /// The term is the beginning of words, those with this tone unless it is 0. All count the same: which words there are changes
    /// with every document, and the pages of one walk must join.
    pub(crate) begins: Option<u8>,
}

impl Scoring {
    /// A word that counts by how rare it is.
    pub(crate) fn word(term: Term, boost: f32) -> Self {
        Self { term, boost, constant: false, most_idf: f32::INFINITY, begins: None }
    }
}

/// A query in terms of the index.
#[derive(Debug, Default)]
pub(crate) struct Plan {
    pub(crate) required: Vec<Condition>,
    pub(crate) excluded: Vec<Condition>,
    pub(crate) scoring: Vec<Scoring>,
    /// What stands in for parts of the query: synonyms, abbreviations, translations.
    pub(crate) alternatives: Vec<Test>,
    /// Documents with one of these numbers are found whatever else is asked.
    pub(crate) lookup: Vec<Term>,
    /// What finding may still read.
    pub(crate) budget: Budget,
}

/// The whole of what tells.
pub(crate) const WHOLE: u8 = 250;

impl Plan {
    pub(crate) fn new(
        parsed: &Parsed,
        expansions: &[Expansion],
        statistics: &mut Statistics<'_>,
        weights: &Weights,
    ) -> Result<Self, Failure> {
        let fields = &statistics.snapshot.fields;
        let mut plan = Self { lookup: parsed.lookup.iter().map(|k| Term::from_field_text(fields.number, k)).collect(), ..Self::default() };
        plan.score(parsed, fields, weights);
        let mut conditions: Vec<Condition> = parsed.clauses.iter().map(|c| condition(c, fields)).collect();
        for expansion in expansions {
            plan.stand_in(expansion, parsed, statistics, weights, &mut conditions)?;
        }
        let mut idfs = Vec::new();
        for (clause, condition) in parsed.clauses.iter().zip(conditions) {
            if clause.negated {
                plan.excluded.push(condition);
            } else {
                idfs.push(if condition.narrows { 0.0 } else { plan.weight_of(&condition, statistics)? });
                plan.required.push(condition);
            }
        }
        let sum: f32 = idfs.iter().sum();
        if sum > 0.0 {
            for (condition, idf) in plan.required.iter_mut().zip(&idfs) {
                condition.share = (idf / sum * f32::from(WHOLE)).round() as u8;
            }
        }
        Ok(plan)
    }

    /// Adds what stands in for a part of the query, to what is found and to the order.
    fn stand_in(
        &mut self,
        expansion: &Expansion,
        parsed: &Parsed,
        statistics: &mut Statistics<'_>,
        weights: &Weights,
        conditions: &mut [Condition],
    ) -> Result<(), Failure> {
        let fields = &statistics.snapshot.fields;
        let mut budget = 0.0;
        for clause in parsed.clauses.iter().take(expansion.to).skip(expansion.from) {
            if let [Atom::Word(word) | Atom::Whole(word, _)] = clause.any.as_slice() {
                let frequency = statistics.frequency(&Term::from_field_text(fields.folded, &word.folded))?;
                budget += if frequency == 0 { 0.0 } else { statistics.idf(frequency) };
            }
        }
        for term in &expansion.terms {
            let place = self.alternatives.len();
            self.alternatives.push(alternative(&term.words, fields));
            for condition in conditions.iter_mut().take(expansion.to).skip(expansion.from) {
                condition.or.push(place);
            }
            let counts = counts_for(&term.words, fields, weights);
            // Of what counts anywhere, each has its share.
            let parts = counts.iter().filter(|(field, ..)| *field != fields.title && *field != fields.keywords).count();
            let most_idf = if budget > 0.0 { budget / parts.max(1) as f32 } else { f32::INFINITY };
            for (field, text, boost) in counts {
                let boost = boost * weights.synonym;
                if boost > 0.0 {
                    self.scoring.push(Scoring { most_idf, ..Scoring::word(Term::from_field_text(field, &text), boost) });
                }
            }
        }
        Ok(())
    }

    /// What its conditions are asked of.
    pub(crate) fn of<'a>(&'a self, snapshot: &'a Snapshot) -> Of<'a> {
        Of { snapshot, budget: &self.budget }
    }

    /// How much must be there: first all, then less and less.
    pub(crate) fn steps(&self) -> Vec<u8> {
        let some_may_miss = self.required.iter().any(|c| c.may_miss);
        let telling = self.required.iter().filter(|c| !c.narrows).count();
        let mut steps = vec![WHOLE];
        if some_may_miss && telling > 1 && !off(Rule::Relaxation) {
            steps.extend(STEPS.map(|s| (s * f32::from(WHOLE)) as u8));
        }
        steps
    }

    /// How telling a condition is; 0 where no document fits, so that a mistyped word does not keep the others from finding.
    fn weight_of(&self, condition: &Condition, statistics: &mut Statistics<'_>) -> Result<f32, Failure> {
        let mut most = 0;
        for test in condition.any.iter().chain(condition.or.iter().filter_map(|n| self.alternatives.get(*n))) {
            most = most.max(match test {
                Test::Any(terms) => most_frequent(terms, statistics)?,
                Test::Each(lists) => {
                    let mut least = u64::MAX;
                    for terms in lists {
                        least = least.min(most_frequent(terms, statistics)?);
                    }
                    least
                }
                // As telling as its rarest word.
                Test::Row { terms, .. } => {
                    let mut least = u64::MAX;
                    for (_, term) in terms {
                        least = least.min(statistics.frequency(term)?);
                    }
                    least
                }
                Test::Prefix { .. } => 0,
            });
        }
        Ok(match most {
            0 => 0.0,
            _ if off(Rule::Telling) => 1.0,
            most => statistics.idf(most),
        })
    }

    fn score(&mut self, parsed: &Parsed, fields: &Fields, weights: &Weights) {
        for term in &self.lookup {
            self.scoring.push(Scoring { constant: true, ..Scoring::word(term.clone(), weights.number.max(0.0)) });
        }
        for (place, word) in parsed.words.iter().enumerate() {
            if parsed.words.iter().take(place).any(|w| w.exact == word.exact && w.folded == word.folded) {
                continue;
            }
            self.score_word(word, parsed.marked, fields, weights);
        }
        for pair in pairs(&parsed.words) {
            self.add(fields.pairs, &pair, weights.pairs);
            self.add(fields.title, &pair, weights.title * 0.5);
            self.add(fields.keywords, &pair, weights.keywords * 0.5);
        }
        let mut beginnings: Vec<&Word> = Vec::new();
        for atom in parsed.clauses.iter().filter(|clause| !clause.negated).flat_map(|clause| &clause.any) {
            if let Atom::Prefix(word) = atom
                && !beginnings.iter().any(|known| known.exact == word.exact)
            {
                beginnings.push(word);
                self.score_beginning(word, fields, weights);
            }
        }
    }

    /// What begins so counts by where it stands and, where marks were typed, by having them.
    fn score_beginning(&mut self, word: &Word, fields: &Fields, weights: &Weights) {
        let folded = if word.marked { FOLDED_OF_MARKED } else { 1.0 };
        for (field, weight) in [(fields.title, weights.title), (fields.keywords, weights.keywords), (fields.summary, weights.summary)] {
            self.begin(field, &word.folded, 0, weight * folded);
        }
        if word.marked && !off(Rule::ExactView) {
            self.begin(fields.exact, word.shape(), word.tone, weights.exact);
            let within = format!("{EXACT_SIGN}{}", word.shape());
            self.begin(fields.title, &within, word.tone, weights.title);
            self.begin(fields.keywords, &within, word.tone, weights.keywords);
        }
    }

    fn begin(&mut self, field: Field, text: &str, tone: u8, weight: f32) {
        let boost = weight * BEGINNING;
        if boost > 0.0 {
            let term = Term::from_field_text(field, text);
            self.scoring.push(Scoring { constant: true, begins: Some(tone), ..Scoring::word(term, boost) });
        }
    }

    fn score_word(&mut self, word: &Word, marked: bool, fields: &Fields, weights: &Weights) {
        let folded = if word.marked { FOLDED_OF_MARKED } else { 1.0 };
        self.add(fields.folded, &word.folded, weights.folded * folded);
        self.add(fields.title, &word.folded, weights.title * folded);
        self.add(fields.keywords, &word.folded, weights.keywords * folded);
        self.add(fields.party, &word.folded, weights.party * folded);
        self.add(fields.summary, &word.folded, weights.summary * folded);
        self.add(fields.advantage, &word.folded, weights.advantage * folded);
        if marked && !off(Rule::ExactView) {
            self.add(fields.exact, &word.exact, weights.exact);
            let exact = format!("{EXACT_SIGN}{}", word.exact);
            self.add(fields.title, &exact, weights.title);
            self.add(fields.keywords, &exact, weights.keywords);
            self.add(fields.party, &exact, weights.party);
            if word.marked && word.tone == 0 && !off(Rule::Shapes) {
                for tone in '1'..='5' {
                    self.add(fields.exact, &format!("{}{tone}", word.exact), weights.shaped);
                }
            }
        }
        if is_english(word) {
            let stem = stem(&word.folded);
            self.add(fields.stems, &stem, weights.stems);
            let within = format!("{STEM_SIGN}{stem}");
            self.add(fields.title, &within, weights.title * STEM_WITHIN);
            self.add(fields.keywords, &within, weights.keywords * STEM_WITHIN);
        }
    }

    fn add(&mut self, field: Field, text: &str, boost: f32) {
        if boost > 0.0 {
            self.scoring.push(Scoring::word(Term::from_field_text(field, text), boost));
        }
    }
}

/// Whether a word can be English: letters without marks.
pub(crate) fn is_english(word: &Word) -> bool {
    !word.marked && word.folded.len() > 1 && word.folded.bytes().all(|b| b.is_ascii_lowercase())
}

/// The terms by which a word is found.
fn found_by(word: &Word, fields: &Fields) -> Vec<Term> {
    let mut terms = vec![Term::from_field_text(fields.folded, &word.folded)];
    if is_english(word) {
        terms.push(Term::from_field_text(fields.stems, &stem(&word.folded)));
    }
    if word.folded.len() >= 5 && word.folded.bytes().any(|b| b.is_ascii_digit()) {
        // A number of an office may be typed as a decimal one is.
        terms.push(Term::from_field_text(fields.number, &word.folded.replace(DECIMAL_POINT, "")));
    }
    terms
}

fn condition(clause: &Clause, fields: &Fields) -> Condition {
    let may_miss = clause.any.iter().all(|a| matches!(a, Atom::Word(_) | Atom::Whole(..)));
    let test = |atom: &Atom| match atom {
        // Who does not want dứa wants dừa all the same.
        Atom::Word(word) if clause.negated && word.marked => as_marked(word, fields),
        Atom::Within(part, words) if clause.negated && !off(Rule::ExactView) => within(*part, words, fields, true),
        Atom::Prefix(word) if clause.negated && word.marked && !off(Rule::ExactView) => {
            Test::Prefix { field: fields.exact, text: word.shape().to_owned(), tone: word.tone }
        }
        atom => test(atom, fields),
    };
    let mut any: Vec<Test> = clause.any.iter().map(test).collect();
    for atom in &clause.any {
        match atom {
            Atom::Whole(_, parts) if parts.len() > 1 => any.push(row(parts, fields)),
            // "10kW" in quotes is found where it is written "10 kW", which has no whole.
            Atom::Phrase(words) if words.iter().any(|w| w.joins > 0) => {
                let parts: Vec<Word> = words.iter().filter(|w| w.joins == 0).cloned().collect();
                if parts.len() > 1 {
                    any.push(row(&parts, fields));
                }
            }
            _ => {}
        }
    }
    let narrows = clause.any.iter().any(|a| matches!(a, Atom::Value(..) | Atom::Number(_) | Atom::Owner(_) | Atom::Prefix(_)));
    Condition { any, or: Vec::new(), may_miss, narrows, share: 0 }
}

/// A word with the marks that were typed.
fn as_marked(word: &Word, fields: &Fields) -> Test {
    let (field, text) = if off(Rule::ExactView) { (fields.folded, &word.folded) } else { (fields.exact, &word.exact) };
    Test::Any(vec![Term::from_field_text(field, text)])
}

/// Two words or more in a row, those with marks with their marks.
fn row(words: &[Word], fields: &Fields) -> Test {
    let marked = words.iter().enumerate().filter(|(_, w)| w.marked && !off(Rule::ExactView));
    Test::Row {
        words: words.to_vec(),
        terms: words.iter().enumerate().map(|(n, w)| (n, Term::from_field_text(fields.folded, &w.folded))).collect(),
        marked: marked.map(|(n, w)| (n, Term::from_field_text(fields.exact, &w.exact))).collect(),
    }
}

fn test(atom: &Atom, fields: &Fields) -> Test {
    let texts = |field: Field, all: &[String]| Test::Any(all.iter().map(|t| Term::from_field_text(field, t)).collect());
    match atom {
        Atom::Word(word) | Atom::Whole(word, _) => Test::Any(found_by(word, fields)),
        Atom::Phrase(words) => match words.as_slice() {
            [word] => as_marked(word, fields),
            words => row(words, fields),
        },
        Atom::Prefix(word) => Test::Prefix { field: fields.folded, text: word.folded.clone(), tone: 0 },
        Atom::Value(facet, codes) => texts(fields.facet(*facet), codes),
        Atom::Number(keys) => texts(fields.number, keys),
        Atom::Owner(id) => Test::Any(vec![owner(*id, fields)]),
        Atom::Within(part, words) => within(*part, words, fields, false),
    }
}

/// Words within a part of a document; `as_typed` with the marks that were typed.
fn within(part: Part, words: &[Word], fields: &Fields, as_typed: bool) -> Test {
    let field = match part {
        Part::Title => fields.title,
        Part::Keywords => fields.keywords,
        Part::Party => fields.party,
    };
    let terms = |w: &Word| {
        if as_typed && w.marked {
            return vec![Term::from_field_text(field, &format!("{EXACT_SIGN}{}", w.exact))];
        }
        let mut terms = vec![Term::from_field_text(field, &w.folded)];
        if is_english(w) {
            terms.push(Term::from_field_text(field, &format!("{STEM_SIGN}{}", stem(&w.folded))));
        }
        terms
    };
    Test::Each(words.iter().map(terms).collect())
}

/// The term of what belongs to a party.
pub(crate) fn owner(id: Uuid, fields: &Fields) -> Term {
    Term::from_field_text(fields.owner, &id.simple().to_string())
}

/// By what a term that stands in for words is found. A term with marks is found by its pairs of syllables, which is
/// nearly the phrase and costs much less; other terms are looked for as they are.
fn alternative(words: &[Word], fields: &Fields) -> Test {
    let folded = |w: &Word| Term::from_field_text(fields.folded, &w.folded);
    match words {
        [word] if word.marked => Test::Any(vec![Term::from_field_text(fields.exact, &word.exact)]),
        [word] => Test::Any(found_by(word, fields)),
        words if words.iter().any(|w| w.joins > 0) => Test::Each(words.iter().map(|w| vec![folded(w)]).collect()),
        words if words.iter().any(|w| w.marked) => {
            Test::Each(pairs(words).map(|pair| vec![Term::from_field_text(fields.pairs, &pair)]).collect())
        }
        words => {
            Test::Row { words: Vec::new(), terms: words.iter().enumerate().map(|(n, w)| (n, folded(w))).collect(), marked: Vec::new() }
        }
    }
}

/// What counts for the order where a term stands in for words: field, text and boost.
fn counts_for(words: &[Word], fields: &Fields, weights: &Weights) -> Vec<(Field, String, f32)> {
    let anywhere = weights.folded + weights.exact;
    let mut all = Vec::new();
    if words.len() > 1 && words.iter().any(|w| w.marked) && words.iter().all(|w| w.joins == 0) {
        for pair in pairs(words) {
            all.push((fields.pairs, pair.clone(), anywhere));
            all.push((fields.title, pair.clone(), weights.title));
            all.push((fields.keywords, pair, weights.keywords));
        }
        return all;
    }
    for word in words {
        let (view, within) = if word.marked && words.len() == 1 {
            ((fields.exact, word.exact.clone()), format!("{EXACT_SIGN}{}", word.exact))
        } else if is_english(word) {
            let stem = stem(&word.folded).into_owned();
            ((fields.stems, stem.clone()), format!("{STEM_SIGN}{stem}"))
        } else {
            ((fields.folded, word.folded.clone()), word.folded.clone())
        };
        all.push((view.0, view.1, anywhere));
        all.push((fields.title, within.clone(), weights.title));
        all.push((fields.keywords, within, weights.keywords));
    }
    all
}

fn most_frequent(terms: &[Term], statistics: &mut Statistics<'_>) -> Result<u64, Failure> {
    let mut most = 0;
    for term in terms {
        most = most.max(statistics.frequency(term)?);
    }
    Ok(most)
}
