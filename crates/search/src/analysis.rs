//! How a text becomes words: one place for what is written and for what is typed, so that the two always meet.
//!
//! Every text is seen in several views (rules L3 to L8 of the domain reference):
//! * **folded**: lower case, no marks, `đ` = `d`: what `dua xiem` is found by;
//! * **exact**: the letters' shapes, and the tone as a digit at the end (`dừa` → `dưa1`), so that it does not matter
//!   on which vowel a tone was put (hòa = hoà) and all tones of one shaped syllable stand together;
//! * **pairs** of neighbouring folded syllables, made while indexing by [`crate::tokens::Pairs`];
//! * **stems** of English texts.
//!
//! A view is one string: words apart by spaces, passages apart by line feeds, over which no phrase and no pair
//! reaches. Never here: display. What people read is the stored text; these strings are only for the index.

mod joined;
mod stems;

use std::borrow::Cow;
use std::sync::LazyLock;

use base::Lang;
use unicode_normalization::{IsNormalized, UnicodeNormalization, is_nfc_quick};

use crate::rule::{Rule, off};
use joined::Joined;
use stems::push_stem;

pub(crate) use joined::DECIMAL_POINT;
pub use stems::stem;

/// The longest word that is looked at, in bytes of the folded view; longer runs of letters are no words.
pub const MAX_WORD_BYTES: usize = 64;

/// The longest unit that is cut off a number: `tấn`, `kWh`, `mol`, `triệu`.
const MAX_UNIT_CHARS: usize = 5;

/// One letter, taken apart.
#[derive(Clone, Copy)]
struct Letter {
    /// Lower case with its shape, without tone.
    shaped: char,
    /// Lower case without anything.
    folded: char,
    /// 0 none, 1 huyền, 2 hỏi, 3 ngã, 4 sắc, 5 nặng: the order in which Vietnamese dictionaries sort.
    tone: u8,
    /// Part of a word: a letter, a digit, or a mark that has no composed form.
    word: bool,
    /// A small letter.
    small: bool,
}

/// All Latin letters that a mark can sit on, taken apart once: U+00C0 to U+024F and U+1E00 to U+1EFF.
static LETTERS: LazyLock<Vec<Letter>> = LazyLock::new(|| ('\u{c0}'..='\u{24f}').chain('\u{1e00}'..='\u{1eff}').map(take_apart).collect());

const LATIN: u32 = 0x24f - 0xc0 + 1;

fn letter(c: char) -> Letter {
    if c.is_ascii() {
        let lower = c.to_ascii_lowercase();
        return Letter { shaped: lower, folded: lower, tone: 0, word: c.is_ascii_alphanumeric(), small: c.is_ascii_lowercase() };
    }
    let n = match u32::from(c) {
        n @ 0xc0..=0x24f => n - 0xc0,
        n @ 0x1e00..=0x1eff => n - 0x1e00 + LATIN,
        _ => return take_apart(c),
    };
    usize::try_from(n).ok().and_then(|n| LETTERS.get(n).copied()).unwrap_or_else(|| take_apart(c))
}

fn lower(c: char) -> char {
    c.to_lowercase().next().unwrap_or(c)
}

/// The letter as it is seen without a rule that a test has switched off.
fn as_ruled(mut l: Letter, c: char) -> Letter {
    if off(Rule::Marks) && c.is_alphabetic() && l.shaped != 'đ' {
        l.folded = lower(c);
    }
    if off(Rule::Stroke) && l.shaped == 'đ' {
        l.folded = l.shaped;
    }
    if off(Rule::SmallDigits) && l.folded.is_ascii_digit() {
        (l.folded, l.shaped) = (c, c);
    }
    if off(Rule::LowerCase) && c.is_uppercase() {
        let upper = |c: char| c.to_uppercase().next().unwrap_or(c);
        (l.folded, l.shaped) = (upper(l.folded), upper(l.shaped));
    }
    l
}

fn take_apart(c: char) -> Letter {
    let lower = lower(c);
    let mut tone = 0;
    let mut base = None;
    let mut shape = String::new();
    for part in std::iter::once(lower).nfd() {
        match part {
            '\u{300}' => tone = 1,
            '\u{309}' => tone = 2,
            '\u{303}' => tone = 3,
            '\u{301}' => tone = 4,
            '\u{323}' => tone = 5,
            _ => {
                base.get_or_insert(part);
                shape.push(part);
            }
        }
    }
    let shaped = shape.nfc().next().unwrap_or(lower);
    let folded = match base.unwrap_or(lower) {
        'đ' => 'd',
        digit @ ('₀'..='₉') => char::from_digit(u32::from(digit) - 0x2080, 10).unwrap_or(digit),
        digit @ ('⁰' | '⁴'..='⁹') => char::from_digit(u32::from(digit) - 0x2070, 10).unwrap_or(digit),
        '¹' => '1',
        '²' => '2',
        '³' => '3',
        other => other,
    };
    Letter {
        shaped: if folded.is_ascii_digit() { folded } else { shaped },
        folded,
        tone,
        word: c.is_alphanumeric() || unicode_normalization::char::is_combining_mark(c),
        small: c.is_lowercase(),
    }
}

/// One word of a text, in its views.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Word {
    /// No marks.
    pub folded: String,
    /// Shape and tone.
    pub exact: String,
    /// Whether any letter carries a mark (or is đ).
    pub marked: bool,
    /// The tone, 0 for none.
    pub tone: u8,
    /// For a whole such as `ESP-32`, which is also looked for in parts: how many words before this one are its parts.
    pub joins: usize,
    /// Where it stands in the text, in bytes.
    pub start: usize,
    /// Where it ends.
    pub end: usize,
}

impl Word {
    /// Its letters with their shapes, without its tone.
    #[must_use]
    pub fn shape(&self) -> &str {
        self.exact.strip_suffix(|c: char| self.tone != 0 && c.is_ascii_digit()).unwrap_or(&self.exact)
    }
}

/// NFC, borrowed if the text is NFC already.
#[must_use]
pub fn nfc(text: &str) -> Cow<'_, str> {
    // Every letter below the combining marks, and every Latin one with its marks, is composed: the usual text.
    let composed = |c| matches!(c, '\0'..'\u{300}' | '\u{1e00}'..='\u{1eff}');
    if off(Rule::Compose) || text.chars().all(composed) || is_nfc_quick(text.chars()) == IsNormalized::Yes {
        Cow::Borrowed(text)
    } else {
        Cow::Owned(text.nfc().collect())
    }
}

/// The words of an NFC text, in order. A whole made of parts (`ESP-32`, `KH&CN`, `1-2019-01234`, `22kW`) follows its parts.
pub fn words(text: &str, each: impl FnMut(&Word)) {
    words_where(text, |_| true, each);
}

/// The words of an NFC text that can begin so, folded; what begins with a digit always comes, since its unit may be what
/// is looked for. Passing over the others is much quicker than taking them apart.
pub(crate) fn words_where(text: &str, begins: impl Fn(char) -> bool, mut each: impl FnMut(&Word)) {
    let mut word = Word::default();
    let mut joined = Joined::default();
    let mut chars = text.char_indices().peekable();
    while let Some(&(at, first)) = chars.peek() {
        if !letter(first).word {
            chars.next();
            joined.gap(first, &mut each);
            continue;
        }
        if !joined.open && !first.is_numeric() && !begins(as_ruled(letter(first), first).folded) {
            while chars.next_if(|(_, c)| letter(*c).word).is_some() {}
            joined.break_off(&mut each);
            continue;
        }
        word.start = at;
        word.folded.clear();
        word.exact.clear();
        word.marked = false;
        word.tone = 0;
        let (mut upper, mut digit) = (true, false);
        // Only digits so far; and whether a unit follows them.
        let (mut digits, mut cut) = (false, false);
        while let Some(&(at, c)) = chars.peek() {
            let l = as_ruled(letter(c), c);
            if !l.word {
                break;
            }
            if digits && !l.folded.is_ascii_digit() && is_unit(text.get(at..).unwrap_or_default()) && !off(Rule::Units) {
                cut = true;
                break;
            }
            digits = l.folded.is_ascii_digit() && (digits || word.folded.is_empty());
            chars.next();
            word.end = at + c.len_utf8();
            word.marked |= l.shaped != l.folded || l.tone != 0;
            if l.tone != 0 {
                word.tone = l.tone;
            }
            upper &= !l.small;
            digit |= l.folded.is_ascii_digit();
            word.folded.push(l.folded);
            word.exact.push(if off(Rule::TonePlace) { lower(c) } else { l.shaped });
        }
        if word.folded.len() > MAX_WORD_BYTES {
            joined.break_off(&mut each);
            continue;
        }
        one_i(&mut word);
        if word.tone != 0 && !off(Rule::TonePlace) {
            word.exact.push(char::from(b'0' + word.tone));
        }
        each(&word);
        joined.part(&word, upper, digit);
        joined.open |= cut;
    }
    joined.break_off(&mut each);
}

/// Whether what stands right behind a number can be its unit: `kW`, `m3`, `kg`.
fn is_unit(text: &str) -> bool {
    let length = text.chars().take_while(|c| letter(*c).word).take(MAX_UNIT_CHARS + 1).count();
    length <= MAX_UNIT_CHARS && text.starts_with(char::is_alphabetic)
}

/// kỹ = kĩ, lý = lí, quý = quí (rule L7): a y that is the only vowel after h, k, l, m, s, t or qu becomes i.
/// Names such as Vỹ are left alone, and so is a y at the start (y tế) or after a vowel (tay).
fn one_i(word: &mut Word) {
    if has_one_i(&word.folded) && word.exact.is_ascii() {
        for text in [&mut word.folded, &mut word.exact] {
            text.pop();
            text.push('i');
        }
    }
}

/// Whether a syllable without marks is one whose y is written as i.
pub(crate) fn has_one_i(syllable: &str) -> bool {
    let follows = matches!(syllable.as_bytes(), [b'h' | b'k' | b'l' | b'm' | b's' | b't', b'y'] | [b'q', b'u', b'y']);
    follows && !off(Rule::OneI)
}

/// The views of a document's texts, growing passage by passage.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Views {
    /// Words without marks, every language.
    pub folded: String,
    /// Words with shape and tone, Vietnamese texts only.
    pub exact: String,
    /// Folded words of Vietnamese texts only: what pairs are made of.
    pub pairs: String,
    /// Stems, English texts only.
    pub stems: String,
}

impl Views {
    /// Adds one passage.
    pub fn add(&mut self, text: &str, lang: Lang) {
        if text.is_empty() {
            return;
        }
        self.folded.reserve(text.len());
        match lang {
            Lang::Vi => {
                self.exact.reserve(text.len());
                self.pairs.reserve(text.len());
            }
            Lang::En => self.stems.reserve(text.len()),
        }
        words(&nfc(text), |word| {
            push(&mut self.folded, &word.folded);
            match lang {
                Lang::Vi => {
                    push(&mut self.exact, &word.exact);
                    if word.joins == 0 && !off(Rule::Pairs) {
                        push(&mut self.pairs, &word.folded);
                    }
                }
                Lang::En => {
                    space(&mut self.stems);
                    push_stem(&mut self.stems, &word.folded);
                }
            }
        });
        for view in [&mut self.folded, &mut self.exact, &mut self.pairs, &mut self.stems] {
            end_passage(view);
        }
    }

    /// Adds a short text whose language does not matter, such as a name or a code.
    pub fn add_name(&mut self, text: &str) {
        self.add(text, Lang::Vi);
    }
}

/// The sign before an exact word in a field that holds several views.
pub const EXACT_SIGN: char = '=';
/// The sign before an English stem in a field that holds several views.
pub const STEM_SIGN: char = '~';
/// What joins the two halves of a pair.
pub const PAIR_SIGN: char = '_';

/// Neighbours as the index has them, each pair as one word; a whole such as ESP-32 has no neighbours, its parts have.
pub(crate) fn pairs(words: &[Word]) -> impl Iterator<Item = String> {
    let single = || words.iter().filter(|w| w.joins == 0);
    single().zip(single().skip(1)).map(|(first, second)| format!("{}{PAIR_SIGN}{}", first.folded, second.folded))
}

/// All views of a short text (a title, keywords) in one string: folded words as they are, the others with their sign.
pub fn add_mixed(out: &mut String, text: &str, lang: Lang) {
    let mut before = String::new();
    words(&nfc(text), |word| {
        push(out, &word.folded);
        match lang {
            Lang::Vi => {
                out.push(' ');
                out.push(EXACT_SIGN);
                out.push_str(&word.exact);
            }
            Lang::En => {
                out.push(' ');
                out.push(STEM_SIGN);
                push_stem(out, &word.folded);
            }
        }
        if word.joins == 0 {
            if !before.is_empty() && !off(Rule::Pairs) {
                push(out, &before);
                out.push(PAIR_SIGN);
                out.push_str(&word.folded);
            }
            before.clone_from(&word.folded);
        }
    });
}

/// Folded words and English stems alone: for longer texts, whose exact words and pairs the whole document has.
pub fn add_plain(out: &mut String, text: &str, lang: Lang) {
    words(&nfc(text), |word| {
        push(out, &word.folded);
        if lang == Lang::En {
            out.push(' ');
            out.push(STEM_SIGN);
            push_stem(out, &word.folded);
        }
    });
}

fn space(view: &mut String) {
    if !view.is_empty() && !view.ends_with('\n') {
        view.push(' ');
    }
}

fn push(view: &mut String, word: &str) {
    space(view);
    view.push_str(word);
}

fn end_passage(view: &mut String) {
    if !view.is_empty() && !view.ends_with('\n') && !off(Rule::Passages) {
        view.push('\n');
    }
}

/// The folded words of a text joined by single spaces: the key of suggestions.
#[must_use]
pub fn folded_line(text: &str) -> String {
    let mut out = String::new();
    words(&nfc(text), |word| {
        if word.joins == 0 {
            push(&mut out, &word.folded);
        }
    });
    out
}

/// A folded line from each of its words on.
pub(crate) fn beginnings(line: &str) -> impl Iterator<Item = &str> {
    std::iter::once(0).chain(line.match_indices(' ').map(|(at, _)| at + 1)).filter_map(|at| line.get(at..))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn exact(text: &str) -> String {
        let mut views = Views::default();
        views.add(text, Lang::Vi);
        views.exact.trim_end().to_owned()
    }

    fn folded(text: &str) -> String {
        let mut views = Views::default();
        views.add(text, Lang::Vi);
        views.folded.trim_end().to_owned()
    }

    #[test]
    fn marks_go_in_the_folded_view_and_count_in_the_exact_one() {
        assert_eq!(folded("Đường DỪA Xiêm"), "duong dua xiem");
        assert_eq!(exact("dừa dứa dưa"), "dưa1 dưa4 dưa");
        assert_ne!(exact("đường"), exact("dương"));
    }

    #[test]
    fn where_the_tone_was_put_does_not_matter() {
        for (old, new) in [("hòa", "hoà"), ("khỏe", "khoẻ"), ("thủy", "thuỷ"), ("tòa", "toà")] {
            assert_eq!(exact(old), exact(new), "{old}");
        }
        assert_ne!(exact("hòa"), exact("hóa"));
    }

    #[test]
    fn i_and_y_are_one_where_they_are_one_word() {
        for (y, i) in
            [("kỹ", "kĩ"), ("lý", "lí"), ("mỹ", "mĩ"), ("sỹ", "sĩ"), ("tỷ", "tỉ"), ("hy", "hi"), ("quý", "quí"), ("công ty", "công ti")]
        {
            assert_eq!((exact(y), folded(y)), (exact(i), folded(i)), "{y}");
        }
        for (y, i) in [("tay", "tai"), ("y", "i"), ("Vỹ", "Vĩ"), ("thúy", "thúi"), ("Thy", "Thi")] {
            assert_ne!(exact(y), exact(i), "{y}");
        }
    }

    #[test]
    fn decomposed_text_is_the_same_text() {
        let apart: String = "Bến Tre đường".nfd().collect();
        assert_eq!(exact(&apart), exact("Bến Tre đường"));
    }

    #[test]
    fn wholes_follow_their_parts() {
        assert_eq!(folded("ESP-32 và KH&CN"), "esp 32 esp32 va kh cn khcn");
        assert_eq!(folded("5 t/h, 10 kW"), "5 t h 10 kw");
        assert_eq!(folded("VN 1-2019-01234."), "vn 1 2019 01234 1201901234");
        assert_eq!(folded("heat-pump H₂SO₄ m³"), "heat pump h2so4 m3");
        assert_eq!(folded("76/2018/NĐ-CP"), "76 2018 nd cp 762018ndcp");
    }

    #[test]
    fn a_decimal_number_is_no_whole_one_and_thousands_are() {
        let whole = |text: &str| folded(text).split(' ').next_back().unwrap_or_default().to_owned();
        for (decimal, as_one) in
            [("2,5", "2.5"), ("2.5", "2.5"), ("0,125", "0.125"), ("1.234,56", "1234.56"), ("2,5kW", "2.5kw"), ("1250,375", "1250.375")]
        {
            assert_eq!(whole(decimal), as_one, "{decimal}");
        }
        for (number, as_one) in [
            ("4.000", "4000"),
            ("11,234,567", "11234567"),
            ("15.08.2025", "15082025"),
            ("10.5555/jst.2025.0173", "105555jst20250173"),
            ("1.2019.01234", "1201901234"),
            ("45.VN.2024", "45vn2024"),
        ] {
            assert_eq!(whole(number), as_one, "{number}");
        }
        assert_eq!(folded("2,5 m³/h"), "2 5 2.5 m3 h m3h");
    }

    #[test]
    fn english_is_stemmed_and_vietnamese_is_not() {
        let mut views = Views::default();
        views.add("drying coconuts", Lang::En);
        views.add("sấy dừa", Lang::Vi);
        assert_eq!(views.stems, "dri coconut\n");
        assert_eq!(views.exact, "sây4 dưa1\n");
        assert_eq!(views.folded, "drying coconuts\nsay dua\n");
    }

    #[test]
    fn words_without_end_are_no_words() {
        assert_eq!(folded(&format!("a {} b", "à".repeat(500))), "a b");
        assert_eq!(folded("\u{301}\u{301}").len(), 4);
    }
}
