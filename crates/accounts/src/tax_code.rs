//! Tax codes of organisations and personal ids: whether they are written right. A pass says nothing about existence.

use base::Faults;

/// The weights of digits 1 to 9; the tenth digit is 10 − (sum mod 11).
const WEIGHTS: [u32; 9] = [31, 29, 23, 19, 17, 13, 7, 5, 3];

/// What a code is, judged by its digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TaxCode {
    /// Ten digits, the last one as it should be.
    Organisation,
    /// Ten digits whose sum leaves no digit for the tenth: sources differ on what stands there, so it is only unusual.
    Unusual,
    /// Ten digits, a hyphen, 001 to 999: a dependent unit.
    Branch,
    /// Twelve digits: a citizen's personal id, the tax code of a person or a household business since July 2025.
    Personal,
}

/// The code in its one spelling, and what it is. Spaces and dots between digits are forgiven, and the hyphen of a
/// branch may be missing.
///
/// # Errors
/// The code of the fault.
pub fn parse(text: &str) -> Result<(String, TaxCode), &'static str> {
    let bare: String = text.chars().filter(|c| !matches!(c, ' ' | '.')).collect();
    let digits: String = bare.chars().filter(|c| *c != '-').collect();
    if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return Err("tax_code_form");
    }
    match (digits.len(), bare.find('-')) {
        (10, None) => Ok((digits.clone(), check(&digits)?)),
        (12, None) => Ok((digits, TaxCode::Personal)),
        (13, None | Some(10)) if bare.len() <= 14 => {
            let (parent, suffix) = digits.split_at(10);
            check(parent)?;
            if suffix == "000" {
                return Err("tax_code_form");
            }
            Ok((format!("{parent}-{suffix}"), TaxCode::Branch))
        }
        _ => Err("tax_code_form"),
    }
}

/// The check digit of a ten-digit code.
fn check(ten: &str) -> Result<TaxCode, &'static str> {
    let mut digits = ten.bytes().map(|b| u32::from(b - b'0'));
    let sum: u32 = WEIGHTS.iter().zip(digits.by_ref()).map(|(w, d)| w * d).sum();
    let last = digits.next().unwrap_or_default();
    match 10 - sum % 11 {
        10 => Ok(TaxCode::Unusual),
        due if due == last => Ok(TaxCode::Organisation),
        _ => Err("tax_code_check_digit"),
    }
}

/// The code in its one spelling if it is one that this type of party may have, else a fault.
pub(crate) fn checked(text: &str, personal: bool, faults: &mut Faults) -> Option<String> {
    match parse(text) {
        Ok((_, TaxCode::Personal)) if !personal => {
            faults.add("/tax_code", "tax_code_personal");
            None
        }
        Ok((code, _)) => Some(code),
        Err(fault) => {
            faults.add("/tax_code", fault);
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tenth_digit_is_checked() {
        assert_eq!(parse("0100109106"), Ok(("0100109106".into(), TaxCode::Organisation)));
        assert_eq!(parse("0100109107"), Err("tax_code_check_digit"));
        assert_eq!(parse("0100 109 106").unwrap().0, "0100109106");
    }

    #[test]
    fn a_sum_that_leaves_no_digit_is_unusual_not_wrong() {
        assert_eq!(parse("0000000000").unwrap().1, TaxCode::Unusual);
    }

    #[test]
    fn a_branch_has_three_more_digits_and_a_parent_that_checks() {
        assert_eq!(parse("0100109106001"), Ok(("0100109106-001".into(), TaxCode::Branch)));
        assert_eq!(parse("0100109106-012"), Ok(("0100109106-012".into(), TaxCode::Branch)));
        assert_eq!(parse("0100109106-000"), Err("tax_code_form"));
        assert_eq!(parse("0100109107-001"), Err("tax_code_check_digit"));
    }

    proptest::proptest! {
        #[test]
        fn of_ten_last_digits_one_is_right_or_all_are_unusual(nine in "[0-9]{9}") {
            let right = (0..10).filter(|d| parse(&format!("{nine}{d}")).is_ok_and(|(_, kind)| kind == TaxCode::Organisation)).count();
            let unusual = (0..10).filter(|d| parse(&format!("{nine}{d}")).is_ok_and(|(_, kind)| kind == TaxCode::Unusual)).count();
            proptest::prop_assert!(matches!((right, unusual), (1, 0) | (0, 10)));
        }

        #[test]
        fn whatever_is_typed_is_judged_and_the_one_spelling_stays(text in ".{0,20}") {
            if let Ok((code, kind)) = parse(&text) {
                proptest::prop_assert_eq!(parse(&code), Ok((code.clone(), kind)));
            }
        }
    }

    #[test]
    fn anything_else_is_no_tax_code() {
        for text in ["", "-", "12345", "01001091O6", "0100-109106", "0100109106-1", "٠١٠٠١٠٩١٠٦", "012345678901234"] {
            assert_eq!(parse(text), Err("tax_code_form"), "{text}");
        }
        assert_eq!(parse("012345678901").unwrap().1, TaxCode::Personal);
    }
}
