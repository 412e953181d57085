//! What a field says in the other language than the one it is kept under: English typed where Vietnamese is asked for, an
//! English run in a Vietnamese sentence, and the other way round.
//!
//! Told by how single words are spelled, without a dictionary, since it is done for every text of every candidate: a word
//! without marks that Vietnamese could not spell is English, one with marks is Vietnamese, and what both could spell is told by
//! its neighbours. Codes and figures are the same in every language and no sign of any.

use base::Lang;
use search::is_syllable;

/// So many words tell a run of another language: a name or two are none.
const LEAST_TELLING: usize = 2;
/// A text without marks and without a word that only English has reads as Vietnamese from so many words on.
const LEAST_UNMARKED: usize = 3;
/// A Vietnamese text has marks in at least one word of so many.
pub(crate) const MARKED_OF: usize = 8;

/// What there is of the other language.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Foreign<'a> {
    Nothing,
    /// These runs, as they stand in the texts.
    Runs(Vec<&'a str>),
    /// All of it.
    Whole,
}

/// How a word is spelled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Spelling {
    /// With marks.
    Vietnamese,
    /// As Vietnamese spells nothing.
    English,
    /// As either could.
    Either,
    /// A code, a figure, letters of neither.
    Neither,
}

/// Reads what is kept under a language.
pub(crate) fn read<'a>(texts: &[&'a str], lang: Lang) -> Foreign<'a> {
    // The usual English text is told by its first words.
    let is_english = |(.., spelling): (usize, &str, Spelling)| spelling == Spelling::English;
    if lang == Lang::En && texts.iter().all(|text| text.is_ascii()) && texts.iter().copied().flat_map(spelled).any(is_english) {
        return Foreign::Nothing;
    }
    let (mut vietnamese, mut english, mut either) = (0_usize, 0_usize, 0_usize);
    for spelling in texts.iter().copied().flat_map(spelled).map(|(.., spelling)| spelling) {
        match spelling {
            Spelling::Vietnamese => vietnamese += 1,
            Spelling::English => english += 1,
            Spelling::Either => either += 1,
            Spelling::Neither => {}
        }
    }
    let all = vietnamese + english + either;
    let (telling, is_whole) = match lang {
        Lang::Vi => (english, english > 0 && english * 2 >= all && vietnamese * MARKED_OF < all),
        Lang::En if vietnamese + english == 0 => (0, either >= LEAST_UNMARKED),
        Lang::En => (vietnamese, vietnamese * MARKED_OF >= all && vietnamese >= english && english * 3 < all),
    };
    if is_whole {
        return Foreign::Whole;
    }
    if telling < LEAST_TELLING {
        return Foreign::Nothing;
    }
    let wanted = if lang == Lang::Vi { Spelling::English } else { Spelling::Vietnamese };
    let runs: Vec<&str> = texts.iter().copied().flat_map(|text| runs(text, wanted)).collect();
    if runs.is_empty() { Foreign::Nothing } else { Foreign::Runs(runs) }
}

/// The runs of a text that begin and end with such a word, have enough of them, and between them only what could be of the same
/// language.
fn runs(text: &str, wanted: Spelling) -> Vec<&str> {
    let mut all = Vec::new();
    // Of the run that is open: where it starts, where its last telling word ends, and how many it has.
    let mut open: Option<(usize, usize, usize)> = None;
    let mut close = |run: Option<(usize, usize, usize)>| {
        if let Some((start, end, _)) = run.filter(|(.., telling)| *telling >= LEAST_TELLING) {
            all.extend(text.get(start..end));
        }
    };
    for (start, word, spelling) in spelled(text) {
        let end = start + word.len();
        if spelling == wanted {
            open = open.map_or(Some((start, end, 1)), |(first, _, telling)| Some((first, end, telling + 1)));
        } else if spelling != Spelling::Either {
            close(open.take());
        }
    }
    close(open);
    all
}

/// The words of a text with where each starts and how it is spelled.
fn spelled(text: &str) -> impl Iterator<Item = (usize, &str, Spelling)> {
    // Where all is in capitals they say nothing.
    let is_shouted = !text.bytes().any(|byte| byte.is_ascii_lowercase());
    let mut at = 0;
    text.split_inclusive(is_gap).filter_map(move |piece| {
        let start = at;
        at += piece.len();
        let word = piece.trim_end_matches(is_gap);
        (!word.is_empty()).then(|| (start, word, spelling(word, is_shouted)))
    })
}

/// Marks that stand by themselves are of their letter.
fn is_gap(c: char) -> bool {
    !c.is_alphanumeric() && !matches!(c, '\u{300}'..='\u{36f}')
}

/// Whether a word has Latin letters with marks, or marks that stand by themselves.
pub(crate) fn has_marks(word: &str) -> bool {
    word.chars().any(|c| matches!(c, '\u{c0}'..='\u{36f}' | '\u{1e00}'..='\u{1eff}'))
}

fn spelling(word: &str, is_shouted: bool) -> Spelling {
    if !word.is_ascii() {
        return if has_marks(word) { Spelling::Vietnamese } else { Spelling::Neither };
    }
    let is_code = !is_shouted && word.len() > 1 && word.bytes().all(|byte| byte.is_ascii_uppercase());
    if is_code || word.bytes().any(|byte| byte.is_ascii_digit()) {
        return Spelling::Neither;
    }
    if word.len() > 2 && !is_syllable(word) { Spelling::English } else { Spelling::Either }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_under_the_wrong_language_is_told_from_one_under_its_own() {
        for whole in ["Looking for a heat pump dryer for grated coconut", "dryer", "HEAT PUMP DRYER", "Coconut shell charcoal, 500 kg"] {
            assert_eq!(read(&[whole], Lang::Vi), Foreign::Whole, "{whole}");
            assert_eq!(read(&[whole], Lang::En), Foreign::Nothing, "{whole}");
        }
        for whole in ["Cần máy sấy bơm nhiệt cho cơm dừa", "can may say bom nhiet cho com dua", "Nuôi tôm thẻ theo HACCP"] {
            assert_eq!(read(&[whole], Lang::En), Foreign::Whole, "{whole}");
            assert_eq!(read(&[whole], Lang::Vi), Foreign::Nothing, "{whole}");
        }
        // A name, a code or a loan word does not make a language.
        for text in ["Màng lọc UF theo HACCP", "Bơm piston thủy lực", "Cảm biến ESP-32", "", "42"] {
            assert_eq!(read(&[text], Lang::Vi), Foreign::Nothing, "{text}");
        }
        for text in ["Coconut candy of Bến Tre", "Café drying", "ESP-32 board", ""] {
            assert_eq!(read(&[text], Lang::En), Foreign::Nothing, "{text}");
        }
    }

    #[test]
    fn a_run_of_the_other_language_is_told_as_it_stands() {
        let text = "Cần mua heat pump dryer cho cơm dừa";
        assert_eq!(read(&[text], Lang::Vi), Foreign::Runs(vec!["heat pump dryer"]));
        assert_eq!(read(&["Fish sauce (nước mắm cốt) from the Mekong delta"], Lang::En), Foreign::Runs(vec!["nước mắm cốt"]));
    }
}
