//! Piece after piece of a query to its clauses. Never here: how a text falls into pieces, or what a clause means to the index.

use std::collections::BTreeSet;

use base::Vocabularies;
use uuid::Uuid;

use super::fields::{Field, field_of, levels};
use super::pieces::{Bracket, Piece, next_piece};
use super::{Atom, Clause, MAX_TERMS, Parsed, Part};
use crate::analysis::{self, DECIMAL_POINT, Word};
use crate::facet::Facet;
use crate::numbers;
use crate::rule::{Rule, off};

/// The most beginnings of words in one query: each stands for hundreds of words, and is found anew each time.
pub(super) const MAX_PREFIXES: usize = 8;
/// The most phrases in one query: where their words stand is read for each document that has them.
pub(super) const MAX_PHRASES: usize = 8;
/// The fewest letters before `*`.
const MIN_PREFIX: usize = 3;
/// The most clauses that brackets beside OR are turned into: `(a b) OR (c d)` are four.
const MAX_CROSSED: usize = 16;
/// The most remarks on what was ignored.
const MAX_IGNORED: usize = 8;

/// What was read so far.
pub(super) struct Parser<'a> {
    vocabularies: &'a Vocabularies,
    out: Parsed,
    terms: usize,
    prefixes: usize,
    phrases: usize,
    /// The last piece was OR.
    or: bool,
    /// What came last may be widened by OR.
    open: bool,
    /// The first clause of what came last: of a word, of the parts of one, of what is in brackets.
    unit: usize,
    /// The parts of the last piece, if it is a word of several, and how many words there were before it.
    row: Option<(usize, Vec<Word>)>,
    /// The brackets that are open.
    group: Option<Group>,
}

/// What is in brackets.
struct Group {
    /// Its first clause.
    start: usize,
    /// Nothing of it is wanted.
    negated: bool,
    /// OR stood before it: the first clause of what it widens.
    widens: Option<usize>,
    /// Of each bracket that is open within, whether nothing of it is wanted.
    deeper: Vec<bool>,
}

impl<'a> Parser<'a> {
    pub(super) fn new(text: &str, vocabularies: &'a Vocabularies) -> Self {
        let out = Parsed { lookup: numbers::lookup_keys(text), ..Parsed::default() };
        Self { vocabularies, out, terms: 0, prefixes: 0, phrases: 0, or: false, open: false, unit: 0, row: None, group: None }
    }

    /// Reads a text to its end.
    pub(super) fn read(mut self, text: &str) -> Parsed {
        let mut rest = text;
        while let Some((piece, after)) = next_piece(rest) {
            rest = after;
            self.piece(piece);
        }
        self.finish()
    }

    fn piece(&mut self, mut piece: Piece<'_>) {
        match piece.bracket {
            Some(Bracket::Opens) => return self.open_group(piece),
            Some(Bracket::Closes) => return self.close_group(piece),
            None => {}
        }
        let is_unwanted = self.group.as_ref().is_some_and(|group| group.negated || group.deeper.contains(&true));
        if !piece.quoted && piece.field.is_none() && !piece.negated {
            match piece.text {
                "OR" | "|" | "HOẶC" if !off(Rule::Or) => {
                    if self.open {
                        self.fold_row();
                        self.or = true;
                    } else if !is_unwanted {
                        self.ignore(piece.text);
                    }
                    return;
                }
                "AND" | "VÀ" => {
                    self.or = false;
                    return;
                }
                _ => {}
            }
        }
        piece.negated |= is_unwanted;
        self.row = None;
        let before = self.out.clauses.len();
        self.condition(piece);
        if self.out.clauses.len() > before {
            self.unit = before;
        }
    }

    /// Of `-(a b)` nothing is wanted, neither a nor b. Brackets within brackets are left out and told.
    fn open_group(&mut self, piece: Piece<'_>) {
        if let Some(group) = &mut self.group {
            group.deeper.push(piece.negated);
            self.ignore(piece.text);
            return;
        }
        let or = std::mem::take(&mut self.or);
        if or && piece.negated {
            self.ignore("OR");
        }
        let widens = (or && !piece.negated).then_some(self.unit);
        self.group = Some(Group { start: self.out.clauses.len(), negated: piece.negated, widens, deeper: Vec::new() });
        (self.open, self.row) = (false, None);
    }

    fn close_group(&mut self, piece: Piece<'_>) {
        match self.group.as_mut().map(|group| group.deeper.pop().is_some()) {
            None => self.ignore(piece.text),
            Some(true) => {}
            Some(false) => self.end_group(),
        }
    }

    /// What is in brackets is one for an OR before it and behind it: `(a b) OR c` is `a OR c` and `b OR c`.
    fn end_group(&mut self) {
        let Some(group) = self.group.take() else { return };
        if std::mem::take(&mut self.or) {
            self.ignore("OR");
        }
        self.row = None;
        self.unit = group.start.min(self.out.clauses.len());
        let inner = self.out.clauses.split_off(self.unit);
        match group.widens {
            Some(start) if self.may_cross(start, &inner) => {
                let left = self.out.clauses.split_off(start);
                self.unit = start;
                for (one, other) in left.iter().flat_map(|one| inner.iter().map(move |other| (one, other))) {
                    let any = one.any.iter().chain(&other.any).cloned().collect();
                    self.out.clauses.push(Clause { negated: false, any });
                }
            }
            widens => {
                if widens.is_some() {
                    self.ignore("OR");
                }
                self.out.clauses.extend(inner);
            }
        }
        let clauses = self.out.clauses.get(self.unit..).unwrap_or_default();
        self.open = !clauses.is_empty() && clauses.iter().all(|clause| !clause.negated);
    }

    /// Whether what came last and what is in brackets can be put together by OR. What costs more than its length is counted
    /// as often as it is then asked.
    fn may_cross(&mut self, start: usize, inner: &[Clause]) -> bool {
        let left = self.out.clauses.get(start..).unwrap_or_default();
        let (ones, others) = (left.len(), inner.len());
        let wanted = ones > 0 && others > 0 && left.iter().chain(inner).all(|clause| !clause.negated);
        if !wanted || ones * others > MAX_CROSSED {
            return false;
        }
        let count = |clauses: &[Clause], is: fn(&Atom) -> bool| clauses.iter().flat_map(|c| &c.any).filter(|a| is(a)).count();
        let again = |is: fn(&Atom) -> bool| count(left, is) * (others - 1) + count(inner, is) * (ones - 1);
        let phrases = self.phrases + again(|atom| matches!(atom, Atom::Phrase(_)));
        let prefixes = self.prefixes + again(|atom| matches!(atom, Atom::Prefix(..)));
        let may = phrases <= MAX_PHRASES && prefixes <= MAX_PREFIXES;
        if may {
            (self.phrases, self.prefixes) = (phrases, prefixes);
        }
        may
    }

    /// A word of several parts that OR follows is one: `low-cost OR x` is what `x OR low-cost` is.
    fn fold_row(&mut self) {
        let Some((words_before, row)) = self.row.take() else { return };
        if self.phrases < MAX_PHRASES {
            self.phrases += 1;
            self.out.clauses.truncate(self.unit);
            self.out.words.truncate(words_before);
            self.add(false, Atom::Phrase(row));
        }
    }

    fn condition(&mut self, piece: Piece<'_>) {
        match piece.field.filter(|_| !off(Rule::FieldValues)) {
            Some(name) => match self.field(name, piece) {
                Some(atom) => self.add(piece.negated, atom),
                None => {
                    self.ignore(&format!("{name}:"));
                    self.plain(piece, piece.whole.strip_prefix('-').unwrap_or(piece.whole));
                }
            },
            None if piece.quoted && !off(Rule::Phrases) => {
                let words = self.take(piece.text);
                match words.len() {
                    0 => self.ignore(piece.whole),
                    // One word is quoted for its marks.
                    1 if !words.iter().any(|w| w.marked) => {
                        for word in words {
                            self.add(piece.negated, Atom::Word(word));
                        }
                    }
                    _ => self.phrase(piece, words),
                }
            }
            None => self.plain(piece, piece.text),
        }
    }

    fn plain(&mut self, piece: Piece<'_>, text: &str) {
        // A field without a value asks for nothing; its name is no word of anybody's.
        if text.strip_suffix(':').is_some_and(|name| field_of(name).is_some()) && !off(Rule::FieldValues) {
            return self.ignore(text);
        }
        if let Some(stem) = text.strip_suffix('*').filter(|_| !off(Rule::Prefix)) {
            let mut words = Vec::new();
            analysis::words(stem, |word| words.push(word.clone()));
            if let [word] = words.as_slice()
                && word.folded.chars().count() >= MIN_PREFIX
                && self.prefixes < MAX_PREFIXES
                && self.room()
            {
                self.prefixes += 1;
                self.add(piece.negated, Atom::Prefix(word.clone()));
                return;
            }
            self.ignore("*");
        }
        let mut words = self.take(text);
        // A whole such as ESP-32 stands for its parts.
        let mut parts = Vec::new();
        if let Some(whole) = words.iter().position(|w| w.joins > 0) {
            let joins = words.get(whole).map_or(0, |w| w.joins);
            parts = words.drain(whole.saturating_sub(joins)..whole).collect();
        }
        let mut atom = |word: Word| match word.joins {
            0 => Atom::Word(word),
            _ if off(Rule::Parts) => Atom::Word(word),
            _ => Atom::Whole(word, std::mem::take(&mut parts)),
        };
        match words.len() {
            0 => self.ignore(text),
            1 => {
                for word in words {
                    self.add(piece.negated, atom(word));
                }
            }
            _ if piece.negated || self.or => self.phrase(piece, words),
            _ => {
                self.row = Some((self.out.words.len(), words.clone()));
                for word in words {
                    self.add(false, atom(word));
                }
            }
        }
    }

    /// Words in a row; beyond so many they are searched as words, and none of them excludes anything.
    fn phrase(&mut self, piece: Piece<'_>, words: Vec<Word>) {
        if self.phrases < MAX_PHRASES {
            self.phrases += 1;
            self.add(piece.negated, Atom::Phrase(words));
            return;
        }
        self.ignore(piece.whole);
        if !piece.negated {
            for word in words.into_iter().filter(|w| w.joins == 0) {
                self.add(false, Atom::Word(word));
            }
        }
    }

    fn field(&mut self, name: &str, piece: Piece<'_>) -> Option<Atom> {
        let value = piece.text;
        let facet = match field_of(name)? {
            Field::Number => {
                let keys = numbers::number_keys(value);
                return (!keys.is_empty()).then_some(Atom::Number(keys));
            }
            Field::Within(Part::Party) if let Ok(id) = value.parse::<Uuid>() => return Some(Atom::Owner(id)),
            Field::Within(part) => return self.within(part, value),
            Field::Of(facet) => facet,
        };
        let codes = if facet == Facet::Trl {
            levels(value)?
        } else {
            let codes = value.split(',').map(str::trim).filter(|c| !c.is_empty());
            codes.map(|code| self.as_listed(facet, code)).collect()
        };
        let known = codes.iter().all(|code| facet.knows(code, self.vocabularies));
        (!codes.is_empty() && known && codes.len() <= MAX_TERMS).then_some(Atom::Value(facet, codes))
    }

    /// A value as its list has it, whatever its capitals.
    fn as_listed(&self, facet: Facet, code: &str) -> String {
        let ways = [code.to_owned(), code.to_lowercase(), code.to_uppercase()];
        ways.into_iter().find(|way| facet.knows(way, self.vocabularies)).unwrap_or_else(|| code.to_owned())
    }

    fn within(&mut self, part: Part, value: &str) -> Option<Atom> {
        let words: Vec<Word> = self.take(value).into_iter().filter(|w| w.joins == 0).collect();
        (!words.is_empty()).then_some(Atom::Within(part, words))
    }

    fn room(&self) -> bool {
        self.terms < MAX_TERMS
    }

    /// The words of a text, as far as there is room.
    fn take(&mut self, text: &str) -> Vec<Word> {
        let mut words = Vec::new();
        let mut dropped = false;
        analysis::words(text, |word| {
            if self.terms < MAX_TERMS {
                self.terms += 1;
                words.push(word.clone());
            } else {
                dropped = true;
            }
        });
        if dropped {
            self.ignore(text);
        }
        words
    }

    fn add(&mut self, negated: bool, atom: Atom) {
        if !negated {
            match &atom {
                Atom::Word(word) => self.out.words.push(word.clone()),
                Atom::Whole(word, parts) => {
                    // "500kg" is mostly written "500 kg". The parts of 2,5 are no numbers of their own.
                    if !word.folded.contains(DECIMAL_POINT) {
                        self.out.words.extend(parts.iter().cloned());
                    }
                    self.out.words.push(word.clone());
                }
                Atom::Phrase(words) | Atom::Within(_, words) => self.out.words.extend(words.iter().filter(|w| w.joins == 0).cloned()),
                Atom::Prefix(_) | Atom::Value(..) | Atom::Number(_) | Atom::Owner(_) => {}
            }
        }
        let widens = std::mem::take(&mut self.or);
        let clause = Clause { negated, any: vec![atom] };
        if widens && self.may_cross(self.unit, std::slice::from_ref(&clause)) {
            for one in self.out.clauses.iter_mut().skip(self.unit) {
                one.any.extend(clause.any.iter().cloned());
            }
        } else {
            if widens {
                // "This or not that" is nearly everything: what is not wanted is left out all the same, and it is said.
                self.ignore("OR");
            }
            self.out.clauses.push(clause);
        }
        self.open = !negated;
    }

    fn ignore(&mut self, text: &str) {
        if self.out.ignored.len() < MAX_IGNORED {
            let text: String = text.chars().take(40).collect();
            if !self.out.ignored.contains(&text) {
                self.out.ignored.push(text);
            }
        }
    }

    fn finish(mut self) -> Parsed {
        if self.group.is_some() {
            self.ignore("(");
            self.end_group();
        }
        if self.or {
            self.ignore("OR");
        }
        // The same word twice asks for nothing more.
        let mut seen = BTreeSet::new();
        self.out.clauses.retain(|clause| match clause.any.as_slice() {
            [Atom::Word(word) | Atom::Whole(word, _)] => seen.insert((clause.negated, word.folded.clone(), word.exact.clone())),
            _ => true,
        });
        self.out.marked = self.out.words.iter().any(|w| w.marked);
        self.out
    }
}
