//! Words that are made of parts with one sign between (`ESP-32`, `76/2018/NĐ-CP`, `2,5`): beside its parts each is a word of
//! its own. Never here: where a text is cut into parts.

use super::Word;
use crate::rule::{Rule, off};

/// The longest whole made of joined parts, such as `ESP-32` or `1-2019-01234`.
const MAX_JOINED_BYTES: usize = 32;

/// What stands in a whole for the sign of a decimal number, be it typed as a comma or a point.
pub(crate) const DECIMAL_POINT: char = '.';

/// Parts joined by one sign without a space, which people also write as one word.
#[derive(Default)]
pub(super) struct Joined {
    whole: Word,
    parts: usize,
    upper: bool,
    digit: bool,
    /// A sign stood behind the last part.
    pub(super) open: bool,
    /// The sign that stood there; none before a unit.
    sign: Option<char>,
    /// Of each part the sign before it, its length in the whole, and whether it is digits alone.
    pieces: Vec<Piece>,
}

/// A part of a whole.
#[derive(Clone, Copy)]
struct Piece {
    sign: Option<char>,
    length: usize,
    digits: bool,
}

/// Where the point of a decimal number stands in a whole: `2,5` and `2.5kW` have one, and are no 25. A sign before just three
/// digits parts thousands (`4.000`), and what has more parts than a number is a number of an office, a day or a code, whose
/// parts are one word without it.
fn decimal_point(pieces: &[Piece], whole: &str) -> Option<usize> {
    let is_in_number = |(n, piece): &(usize, &Piece)| piece.digits && (*n == 0 || matches!(piece.sign, Some('.' | ',')));
    let count = pieces.iter().enumerate().take_while(is_in_number).count();
    // Behind it comes its unit or nothing.
    if count < 2 || pieces.get(count).is_some_and(|next| next.sign.is_some()) {
        return None;
    }
    let (last, before) = pieces.get(..count)?.split_last()?;
    let (first, groups) = before.split_first()?;
    let at = before.iter().map(|piece| piece.length).sum();
    let is_decimal = if groups.is_empty() {
        last.length != 3 || first.length > 3 || whole.starts_with('0')
    } else {
        let are_thousands = first.length <= 3 && groups.iter().all(|g| g.length == 3 && g.sign != last.sign);
        are_thousands && groups.windows(2).all(|two| matches!(two, [a, b] if a.sign == b.sign))
    };
    is_decimal.then_some(at)
}

impl Joined {
    pub(super) fn part(&mut self, word: &Word, upper: bool, digit: bool) {
        if self.parts > 0 && !self.open {
            self.reset();
        }
        if self.parts == 0 {
            self.whole.start = word.start;
            self.upper = true;
        }
        self.upper &= upper;
        self.digit |= digit;
        self.whole.end = word.end;
        if self.whole.folded.len() <= MAX_JOINED_BYTES {
            self.whole.folded.push_str(&word.folded);
            let digits = word.folded.bytes().all(|b| b.is_ascii_digit());
            self.pieces.push(Piece { sign: self.sign, length: word.folded.len(), digits });
        }
        self.parts += 1;
        self.open = false;
        self.sign = None;
    }

    pub(super) fn gap(&mut self, sign: char, each: &mut impl FnMut(&Word)) {
        if self.parts > 0 && !self.open && matches!(sign, '-' | '.' | '/' | '&' | ',' | '_' | '–' | '‑') {
            self.open = true;
            self.sign = Some(sign);
        } else {
            self.break_off(each);
        }
    }

    pub(super) fn break_off(&mut self, each: &mut impl FnMut(&Word)) {
        if self.parts > 1 && !off(Rule::Joined) && (self.digit || self.upper) && self.whole.folded.len() <= MAX_JOINED_BYTES {
            if let Some(at) = decimal_point(&self.pieces, &self.whole.folded).filter(|_| !off(Rule::Decimals)) {
                self.whole.folded.insert(at, DECIMAL_POINT);
            }
            self.whole.exact.clone_from(&self.whole.folded);
            self.whole.joins = self.parts;
            each(&self.whole);
        }
        self.reset();
    }

    fn reset(&mut self) {
        self.whole.folded.clear();
        self.pieces.clear();
        self.parts = 0;
        self.open = false;
        self.sign = None;
        self.digit = false;
    }
}
