//! A file must be UTF-8. One that is not is refused with what it seems to be, so that its owner knows how to save it.

use encoding_rs::WINDOWS_1258;
use unicode_normalization::UnicodeNormalization;

use super::broken::Broken;

/// What is wrong with text that is no UTF-8.
pub(crate) fn not_utf8(bytes: &[u8], row: Option<u64>) -> Broken {
    Broken { row, ..Broken::new("not_utf8", &[("encoding", guess(bytes))]) }
}

/// UTF-16 or UTF-32, told by its mark or by the zeros that ASCII letters have there.
pub(crate) fn wide(head: &[u8]) -> Option<Broken> {
    let marked = head.starts_with(&[0xff, 0xfe]) || head.starts_with(&[0xfe, 0xff]);
    let looked_at = head.get(..head.len().min(512)).unwrap_or_default();
    let zeros = looked_at.iter().filter(|b| **b == 0).count();
    (marked || zeros * 4 > looked_at.len().max(4)).then(|| Broken::new("not_utf8", &[("encoding", "UTF-16")]))
}

/// The legacy encoding these bytes seem to be in.
fn guess(bytes: &[u8]) -> &'static str {
    let sample = bytes.get(..bytes.len().min(64 * 1024)).unwrap_or_default();
    // TCVN3 (ABC) puts letters where the Windows encodings have signs such as © or ¶, which do not stand inside words.
    let inside_words = |wanted: fn(u8) -> bool| {
        sample
            .windows(2)
            .filter(|pair| matches!(pair, [a, b] if wanted(*b) && a.is_ascii_alphabetic() || wanted(*a) && b.is_ascii_alphabetic()))
            .count()
    };
    let tcvn3 = inside_words(|b| matches!(b, 0xa7..=0xae | 0xb5..=0xbe));
    let high = sample.iter().filter(|b| **b >= 0x80).count().max(1);
    if tcvn3 * 5 > high {
        return "TCVN3 (ABC)";
    }
    let (text, _) = WINDOWS_1258.decode_without_bom_handling(sample);
    let vietnamese = text.nfc().filter(|c| matches!(c, 'ă' | 'Ă' | 'đ' | 'Đ' | 'ơ' | 'Ơ' | 'ư' | 'Ư' | '\u{1ea0}'..='\u{1ef9}')).count();
    if vietnamese * 4 > high { "Windows-1258" } else { "Windows-1252" }
}

#[cfg(test)]
mod tests {
    use super::*;
    use unicode_normalization::UnicodeNormalization;

    const WORDS: &str = "Máy sấy bơm nhiệt cho cơm dừa nạo; độ mặn của kênh rạch, giữ màu trắng tự nhiên";

    fn windows_1258(text: &str) -> Vec<u8> {
        // Base letters with their hook, hat or breve stay whole there; the tone is a mark after them.
        let mut bytes = Vec::new();
        for c in text.chars() {
            let whole = WINDOWS_1258.encode(&c.to_string()).0.into_owned();
            if !whole.starts_with(b"&#") {
                bytes.extend(whole);
                continue;
            }
            let parts: Vec<char> = c.to_string().nfd().collect();
            let (tone, base): (Vec<char>, Vec<char>) =
                parts.into_iter().partition(|c| matches!(c, '\u{300}' | '\u{301}' | '\u{303}' | '\u{309}' | '\u{323}'));
            let base: String = base.into_iter().nfc().collect();
            for piece in [base, tone.into_iter().collect()] {
                bytes.extend(WINDOWS_1258.encode(&piece).0.into_owned());
            }
        }
        bytes
    }

    fn tcvn3(text: &str) -> Vec<u8> {
        let table = "áb8ấcaơacệd6ừf5ạb9độe9ặc6ủf1êaaêaaịdeữf7àb5ắbeựf8ôabđaeừf5ăa8";
        let mut bytes = Vec::new();
        for c in text.chars() {
            if c.is_ascii() {
                bytes.push(u8::try_from(c).unwrap());
            } else if let Some(at) = table.find(c) {
                let code = table[at + c.len_utf8()..].chars().filter(char::is_ascii_hexdigit).take(2).collect::<String>();
                bytes.push(u8::from_str_radix(&code, 16).unwrap_or(0xb8));
            }
        }
        bytes
    }

    #[test]
    fn the_usual_encodings_of_vietnam_are_named() {
        assert_eq!(guess(&windows_1258(WORDS)), "Windows-1258");
        assert_eq!(guess(&tcvn3(WORDS)), "TCVN3 (ABC)");
        assert_eq!(guess(&encoding_rs::WINDOWS_1252.encode("Séchoir à pompe à chaleur, économie d'énergie").0), "Windows-1252");
        let wide16: Vec<u8> = "May say".encode_utf16().flat_map(u16::to_le_bytes).collect();
        assert!(wide(&wide16).is_some());
        assert!(wide("Máy sấy".as_bytes()).is_none());
    }
}
