//! Vietnamese letters without their marks: one function shared by slugs, search, suggestions and duplicates.
//!
//! Rules L3, L6 and L7 of the domain reference: NFC → NFD, drop the five tones and three shapes, map đ by hand.

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// Lower case without any mark: `"Dừa Xiêm"` → `"dua xiem"`, `đ` → `d`. Other scripts keep their base letters.
#[must_use]
pub fn folded(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.nfd() {
        if c.is_ascii() {
            out.push(c.to_ascii_lowercase());
        } else if !is_combining_mark(c) {
            match c {
                'đ' | 'Đ' => out.push('d'),
                _ => out.extend(c.to_lowercase()),
            }
        }
    }
    out
}

/// Lower case without tones, but with the letters' shapes: `"Dừa Xiêm"` → `"dưa xiêm"`, `đ` stays.
#[must_use]
pub fn toneless(text: &str) -> String {
    text.nfd()
        .filter(|c| !matches!(c, '\u{300}' | '\u{301}' | '\u{303}' | '\u{309}' | '\u{323}'))
        .flat_map(char::to_lowercase)
        .nfc()
        .collect()
}

/// A readable piece of an address: folded words joined by hyphens, at most `max` bytes, cut at a word.
/// Gives `"khong-ten"` when nothing readable is left.
#[must_use]
pub fn slug(text: &str, max: usize) -> String {
    let folded = folded(text);
    let mut out = String::new();
    for word in folded.split(|c: char| !c.is_ascii_alphanumeric()).filter(|w| !w.is_empty()) {
        let with_hyphen = word.len() + usize::from(!out.is_empty());
        if out.len() + with_hyphen > max {
            break;
        }
        if !out.is_empty() {
            out.push('-');
        }
        out.push_str(word);
    }
    if out.is_empty() { "khong-ten".to_owned() } else { out }
}

/// The key by which Vietnamese words sort (rules L1 and L2): letters first (a ă â b c d đ e ê …), tones last
/// (none, huyền, hỏi, ngã, sắc, nặng), so that ma < mà < mả < mã < má < mạ and đ comes after every d.
#[must_use]
pub fn sort_key(text: &str) -> String {
    let mut letters = String::with_capacity(text.len() * 2);
    let mut tones = String::new();
    for c in text.to_lowercase().nfd() {
        match c {
            '\u{300}' => tones.push('1'),
            '\u{309}' => tones.push('2'),
            '\u{303}' => tones.push('3'),
            '\u{301}' => tones.push('4'),
            '\u{323}' => tones.push('5'),
            // A shape makes another letter: it sorts behind the plain one, ă before â.
            '\u{306}' | '\u{31b}' => letters.push('{'),
            '\u{302}' => letters.push('|'),
            'đ' => letters.push_str("d{"),
            _ => {
                letters.push(c);
                tones.push('0');
            }
        }
    }
    format!("{letters}\u{1}{tones}")
}

#[cfg(test)]
mod tests {
    use super::{folded, slug, sort_key, toneless};

    #[test]
    fn marks_go_and_letters_stay() {
        assert_eq!(folded("Đường DỪA Xiêm Bến Tre 5 t/h"), "duong dua xiem ben tre 5 t/h");
        assert_eq!(folded("u\u{31b}\u{300}"), "u");
        assert_eq!(toneless("Dừa ĐƯỜNG"), "dưa đương");
    }

    #[test]
    fn a_slug_is_cut_at_a_word() {
        assert_eq!(slug("Máy sấy cơm dừa (bơm nhiệt) 5 t/h!", 20), "may-say-com-dua-bom");
        assert_eq!(slug("…", 20), "khong-ten");
    }

    #[test]
    fn words_sort_as_the_vietnamese_alphabet_does() {
        let mut words = ["mạ", "má", "mã", "mả", "mà", "ma", "đa", "da", "dz", "Bình Đại", "Bến Tre"];
        words.sort_by_key(|w| sort_key(w));
        assert_eq!(words, ["Bến Tre", "Bình Đại", "da", "dz", "đa", "ma", "mà", "mả", "mã", "má", "mạ"]);
    }
}
