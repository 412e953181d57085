//! A text as a QR code: one SVG element, drawn here so that nothing of it goes anywhere else.

use qrcode::{Color, EcLevel, QrCode};

/// Light modules around the code, as the standard asks for (ISO/IEC 18004).
const QUIET: usize = 4;

/// The code; empty where the text would not fit into one. How large it is shown is up to the style sheet.
pub(super) fn svg(text: &str) -> String {
    // Screens and fresh prints need little redundancy; fewer dots are easier to read for an old phone.
    let Ok(code) = QrCode::with_error_correction_level(text, EcLevel::L) else { return String::new() };
    let (width, dots) = (code.width(), code.to_colors());
    let side = width + 2 * QUIET;
    let mut path = String::new();
    for (y, row) in dots.chunks(width).enumerate() {
        let mut x = 0;
        // A run of dark dots is one rectangle.
        while let Some(start) = row.iter().skip(x).position(|c| *c == Color::Dark).map(|n| x + n) {
            let run = row.iter().skip(start).take_while(|c| **c == Color::Dark).count();
            path.push_str(&format!("M{} {}h{run}v1h-{run}z", start + QUIET, y + QUIET));
            x = start + run;
        }
    }
    format!(
        "<svg viewBox=\"0 0 {side} {side}\" shape-rendering=\"crispEdges\" aria-hidden=\"true\"><path fill=\"#fff\" d=\"M0 0h{side}v{side}H0z\"/><path fill=\"#000\" d=\"{path}\"/></svg>"
    )
}

#[cfg(test)]
mod tests {
    use super::svg;

    #[test]
    fn an_address_becomes_one_small_element_and_what_is_too_long_none() {
        let code = svg("https://khong-gian.example/technologies/may-say-com-dua-bang-bom-nhiet-2026-000123");
        assert!(code.starts_with("<svg") && code.ends_with("</svg>") && code.len() < 7_000, "{}", code.len());
        // The policy of the pages allows no style in it.
        assert!(!code.contains("style"));
        // The corner that every reader looks for: seven dark dots in the first row.
        assert!(code.contains("M4 4h7v1h-7z"), "{code}");
        assert_eq!(svg(&"x".repeat(5_000)), "");
    }
}
