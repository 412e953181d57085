//! A text as a QR code: one SVG element, drawn here so that nothing of it goes anywhere else.

use qrcode::render::svg;
use qrcode::{EcLevel, QrCode};

/// The code with sides of this many pixels; empty where the text would not fit into one.
pub(super) fn svg(text: &str, side: u32) -> String {
    // Screens and fresh prints need little redundancy; fewer dots are easier to read for an old phone.
    let Ok(code) = QrCode::with_error_correction_level(text, EcLevel::L) else { return String::new() };
    let image = code.render::<svg::Color<'_>>().min_dimensions(side, side).build();
    // The element alone: what stands before it is for files.
    image.find("<svg").and_then(|at| image.get(at..)).unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::svg;

    #[test]
    fn an_address_becomes_one_small_element_and_what_is_too_long_none() {
        let code = svg("https://khong-gian.example/technologies/may-say-com-dua-bang-bom-nhiet-2026-000123", 120);
        assert!(code.starts_with("<svg") && code.trim_end().ends_with("</svg>") && code.len() < 9_000, "{}", code.len());
        // The policy of the pages allows no style in it.
        assert!(!code.contains("style"));
        assert_eq!(svg(&"x".repeat(5_000), 120), "");
    }
}
