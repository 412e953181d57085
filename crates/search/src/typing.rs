//! What a keyboard left undone: Telex (`duwaf`) and VNI (`du7a2`) keys that an input method did not turn into marks.
//!
//! Only reads a word; whether the reading is a word of the index, and whether to suggest it, is decided elsewhere
//! (rule L9 of the domain reference: never where what was typed is a word itself).

use crate::analysis::has_one_i;
use crate::rule::{Rule, off};

/// A syllable read from keys.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Syllable {
    /// Letters with their shapes, without tone.
    shaped: Vec<char>,
    /// 0 none, 1 huyền, 2 hỏi, 3 ngã, 4 sắc, 5 nặng.
    tone: u8,
}

/// Reads a word as VNI if it has digits, as Telex else; none if nothing of it is a key.
pub(crate) fn read(word: &str) -> Option<Syllable> {
    let letters: Vec<char> = word.chars().collect();
    if letters.len() > 12 || !letters.iter().all(|c| c.is_alphanumeric()) {
        return None;
    }
    let syllable = if letters.iter().any(char::is_ascii_digit) { vni(&letters) } else { telex(&letters) }?;
    // A syllable has vowels in one run between consonants that Vietnamese has there, and a mark at least.
    let vowels: Vec<usize> = syllable.shaped.iter().enumerate().filter(|(_, c)| is_vowel(**c)).map(|(n, _)| n).collect();
    let (first, last) = (*vowels.first()?, *vowels.last()?);
    let marked = syllable.tone > 0 || syllable.shaped.iter().any(|c| !c.is_ascii());
    let onset: String = syllable.shaped.iter().take(first).collect();
    let coda: String = syllable.shaped.iter().skip(last + 1).collect();
    let spelled = ONSETS.contains(&onset.as_str()) && CODAS.contains(&coda.as_str());
    (marked && spelled && last - first + 1 == vowels.len() && vowels.len() <= 3).then_some(syllable)
}

/// The consonants a syllable may begin with; qu and gi come as q and g before their vowels.
const ONSETS: [&str; 27] = [
    "", "b", "c", "ch", "d", "đ", "g", "gh", "h", "k", "kh", "l", "m", "n", "ng", "ngh", "nh", "p", "ph", "q", "r", "s", "t", "th", "tr",
    "v", "x",
];
/// The consonants a syllable may end with.
const CODAS: [&str; 9] = ["", "c", "ch", "m", "n", "ng", "nh", "p", "t"];

/// The longest syllable: `nghieng`.
const MAX_SYLLABLE_BYTES: usize = 7;
/// The vowels of a syllable without marks that consonants may follow.
const CLOSED_VOWELS: [&str; 16] = ["a", "e", "i", "o", "u", "y", "ie", "ye", "oa", "oe", "oo", "ua", "ue", "uo", "uy", "uye"];
/// Those that nothing follows.
const OPEN_VOWELS: [&str; 24] = [
    "ai", "ao", "au", "ay", "eo", "eu", "ia", "iu", "oi", "ui", "uu", "ieu", "yeu", "oai", "oay", "oao", "oeo", "uai", "uay", "uoi", "uou",
    "uya", "uyu", "uau",
];

/// Whether a word of plain letters could be a Vietnamese syllable that was written without marks: consonants, vowels and
/// consonants as Vietnamese has them. English has such words, too (`can`, `pin`); most of its words are none.
#[must_use]
pub fn is_syllable(word: &str) -> bool {
    let mut lower = [0_u8; MAX_SYLLABLE_BYTES];
    let Some(letters) = lower.get_mut(..word.len()) else { return false };
    letters.copy_from_slice(word.as_bytes());
    letters.make_ascii_lowercase();
    let Ok(word) = std::str::from_utf8(letters) else { return false };
    let (onset, mut rest) = word.split_at(word.find(is_vowel).unwrap_or(word.len()));
    // The u of qu and the i of gi are no vowels where another one follows.
    for (sign, second) in [("q", 'u'), ("g", 'i')] {
        if onset == sign
            && let Some(behind) = rest.strip_prefix(second)
            && behind.starts_with(is_vowel)
        {
            rest = behind;
        }
    }
    let (vowels, coda) = rest.split_at(rest.find(|c| !is_vowel(c)).unwrap_or(rest.len()));
    let is_spelled = CLOSED_VOWELS.contains(&vowels) || (coda.is_empty() && OPEN_VOWELS.contains(&vowels));
    ONSETS.contains(&onset) && CODAS.contains(&coda) && is_spelled
}

fn is_vowel(c: char) -> bool {
    matches!(c, 'a' | 'ă' | 'â' | 'e' | 'ê' | 'i' | 'o' | 'ô' | 'ơ' | 'u' | 'ư' | 'y')
}

fn vni(letters: &[char]) -> Option<Syllable> {
    if off(Rule::Vni) {
        return None;
    }
    let (mut shaped, mut tone) = (Vec::<char>::new(), 0);
    for c in letters {
        match c {
            '1' => tone = 4,
            '2' => tone = 1,
            '3' => tone = 2,
            '4' => tone = 3,
            '5' => tone = 5,
            '6' => change_last(&mut shaped, |c| match c {
                'a' => Some('â'),
                'e' => Some('ê'),
                'o' => Some('ô'),
                _ => None,
            })?,
            '7' => horn(&mut shaped)?,
            '8' => change_last(&mut shaped, |c| (c == 'a').then_some('ă'))?,
            '9' => change_last(&mut shaped, |c| (c == 'd').then_some('đ'))?,
            '0' => return None,
            letter => shaped.push(*letter),
        }
    }
    Some(Syllable { shaped, tone })
}

fn telex(letters: &[char]) -> Option<Syllable> {
    if off(Rule::Telex) {
        return None;
    }
    let (mut shaped, mut tone) = (Vec::<char>::new(), 0);
    let mut used = false;
    for c in letters {
        let has_vowel = shaped.iter().any(|v| is_vowel(*v));
        let doubled = match c {
            'a' => shaped.iter().rposition(|v| *v == 'a').filter(|at| reaches_end(&shaped, *at)).map(|at| (at, 'â')),
            'e' => shaped.iter().rposition(|v| *v == 'e').filter(|at| reaches_end(&shaped, *at)).map(|at| (at, 'ê')),
            'o' => shaped.iter().rposition(|v| *v == 'o').filter(|at| reaches_end(&shaped, *at)).map(|at| (at, 'ô')),
            'd' => shaped.first().filter(|d| **d == 'd').map(|_| (0, 'đ')),
            _ => None,
        };
        if let Some((at, letter)) = doubled {
            if let Some(place) = shaped.get_mut(at) {
                *place = letter;
            }
            used = true;
            continue;
        }
        match c {
            's' if has_vowel => tone = 4,
            'f' if has_vowel => tone = 1,
            'r' if has_vowel => tone = 2,
            'x' if has_vowel => tone = 3,
            'j' if has_vowel => tone = 5,
            'w' if shaped.last() == Some(&'a') => change_last(&mut shaped, |c| (c == 'a').then_some('ă'))?,
            'w' if has_vowel => horn(&mut shaped)?,
            'w' => shaped.push('ư'),
            letter => {
                shaped.push(*letter);
                continue;
            }
        }
        used = true;
    }
    used.then_some(Syllable { shaped, tone })
}

/// Whether from a vowel on there are vowels alone or a final consonant: `caan`, `cana`, but not `banana`.
fn reaches_end(shaped: &[char], at: usize) -> bool {
    let behind: Vec<char> = shaped.iter().skip(at + 1).copied().collect();
    !behind.iter().skip_while(|c| !is_vowel(**c) || **c == 'u' || **c == 'i' || **c == 'y').any(|c| is_vowel(*c)) && behind.len() <= 2
}

fn change_last(shaped: &mut [char], by: impl Fn(char) -> Option<char>) -> Option<()> {
    let (place, letter) = shaped.iter_mut().rev().find_map(|c| by(*c).map(|letter| (c, letter)))?;
    *place = letter;
    Some(())
}

/// u and o become ư and ơ, both of them where they stand together.
fn horn(shaped: &mut [char]) -> Option<()> {
    let at = shaped.iter().rposition(|c| matches!(c, 'u' | 'o'))?;
    let both = at > 0 && shaped.get(at) == Some(&'o') && matches!(shaped.get(at - 1), Some('u' | 'ư'));
    if let Some(place) = shaped.get_mut(at) {
        *place = if *place == 'o' { 'ơ' } else { 'ư' };
    }
    if both && let Some(place) = shaped.get_mut(at - 1) {
        *place = 'ư';
    }
    Some(())
}

impl Syllable {
    /// As the exact view of the index has it, with its own tone first and, where none was typed, the others behind.
    pub(crate) fn exact_forms(&self) -> Vec<(Self, String)> {
        let tones = if self.tone == 0 { 0..=5 } else { self.tone..=self.tone };
        tones
            .map(|tone| {
                let mut exact: String = self.shaped.iter().collect();
                if has_one_i(&exact) {
                    exact.pop();
                    exact.push('i');
                }
                if tone > 0 {
                    exact.push(char::from(b'0' + tone));
                }
                (Self { shaped: self.shaped.clone(), tone }, exact)
            })
            .collect()
    }

    /// As it is written, the tone where most people put it (hòa, thuế, quý).
    pub(crate) fn written(&self) -> String {
        use unicode_normalization::UnicodeNormalization as _;
        let mark = match self.tone {
            1 => '\u{300}',
            2 => '\u{309}',
            3 => '\u{303}',
            4 => '\u{301}',
            5 => '\u{323}',
            _ => return self.shaped.iter().collect(),
        };
        let at = self.tone_place();
        let spelled = self.shaped.iter().enumerate().flat_map(|(n, c)| [Some(*c), (n == at).then_some(mark)]).flatten();
        spelled.nfc().collect()
    }

    fn tone_place(&self) -> usize {
        let shaped = &self.shaped;
        if let Some(at) = shaped.iter().rposition(|c| matches!(c, 'ă' | 'â' | 'ê' | 'ô' | 'ơ')) {
            return at;
        }
        if let Some(at) = shaped.iter().position(|c| *c == 'ư') {
            return at;
        }
        let mut vowels: Vec<usize> = shaped.iter().enumerate().filter(|(_, c)| is_vowel(**c)).map(|(n, _)| n).collect();
        // The u of qu and the i of gi belong to the consonant.
        let glide = matches!(shaped.as_slice(), ['q', 'u', ..] | ['g', 'i', ..]);
        if glide && vowels.len() > 1 {
            vowels.remove(0);
        }
        let ends_in_vowel = vowels.last() == Some(&(shaped.len().saturating_sub(1)));
        let place = match (vowels.len(), ends_in_vowel) {
            (0 | 1, _) | (2, true) => 0,
            (2, false) | (_, true) => 1,
            (n, false) => n - 1,
        };
        vowels.get(place).copied().unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_become_the_syllables_they_were_meant_for() {
        for (keys, word) in [
            ("nghe65", "nghệ"),
            ("du7a2", "dừa"),
            ("d9u7o7ng2", "đường"),
            ("duwaf", "dừa"),
            ("dduwowngf", "đường"),
            ("dduowngf", "đường"),
            ("saays", "sấy"),
            ("saay", "sây"),
            ("coong", "công"),
            ("congo", "công"),
            ("thuees", "thuế"),
            ("hoaf", "hòa"),
            ("quys", "quý"),
            ("giaf", "già"),
            ("toans", "toán"),
            ("muoosi", "muối"),
            ("khoai6", "khoâi"),
        ] {
            assert_eq!(read(keys).map(|s| s.written()).as_deref(), Some(word), "{keys}");
        }
    }

    #[test]
    fn a_y_that_the_index_has_as_i_is_looked_for_as_i() {
        for (keys, exact, written) in [("lys", "li4", "lý"), ("kyx", "ki3", "kỹ"), ("quys", "qui4", "quý"), ("thuys", "thuy4", "thúy")]
        {
            let forms = read(keys).map(|s| s.exact_forms()).unwrap_or_default();
            let forms: Vec<(String, &str)> = forms.iter().map(|(s, exact)| (s.written(), exact.as_str())).collect();
            assert_eq!(forms, [(written.to_owned(), exact)], "{keys}");
        }
    }

    #[test]
    fn syllables_are_told_from_words_that_vietnamese_could_not_spell() {
        let vietnamese = "may say com dua bom nhiet nghieng quyen quoc gia giay giuong khuya thuy uong nguoi nuoc mam xoong hoa khoai yeu cau qua gi \
                          Truong LUONG trai cay huynh oai y an ngoan ruou khuyu";
        for word in vietnamese.split_whitespace() {
            assert!(is_syllable(word), "{word}");
        }
        for word in
            "heat pump dryer grated coconut looking for water wireless shrimp bacillus haccp ph machine with tea oil Blue".split(' ')
        {
            assert!(!is_syllable(word), "{word}");
        }
        assert!(!is_syllable("") && !is_syllable("sấy") && !is_syllable("b2"));
    }

    #[test]
    fn words_that_are_no_keys_are_left_alone() {
        for word in ["dua", "esp32", "h2so4", "banana", "ưu", "", "2026", "kw10", "0"] {
            let read = read(word);
            assert!(read.is_none(), "{word}: {:?}", read.map(|s| s.written()));
        }
    }
}
