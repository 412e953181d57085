//! ORCID iDs: the number by which a researcher is known across publishers, sixteen digits with a check character.

use base::Faults;

/// The iD in the spelling of its owner's register, `0000-0002-1825-0097`; it may be typed with or without hyphens and
/// with the register's address before it. What is wrong goes to the faults, at `/orcid`.
pub(super) fn checked(typed: &str, faults: &mut Faults) -> Option<String> {
    let bare = typed.trim().rsplit_once("orcid.org/").map_or(typed.trim(), |(_, number)| number);
    let digits: Vec<char> = bare.chars().filter(|c| *c != '-' && *c != ' ').map(|c| c.to_ascii_uppercase()).collect();
    let Some((check, rest)) = digits.split_last().filter(|_| digits.len() == 16) else {
        faults.add("/orcid", "orcid_form");
        return None;
    };
    if !rest.iter().all(char::is_ascii_digit) || !(check.is_ascii_digit() || *check == 'X') {
        faults.add("/orcid", "orcid_form");
        return None;
    }
    if check_character(rest) != *check {
        faults.add("/orcid", "orcid_check");
        return None;
    }
    Some(digits.chunks(4).map(|four| four.iter().collect::<String>()).collect::<Vec<_>>().join("-"))
}

/// ISO 7064, MOD 11-2, as the register reckons it.
fn check_character(digits: &[char]) -> char {
    let total = digits.iter().filter_map(|c| c.to_digit(10)).fold(0_u32, |total, digit| (total + digit) * 2 % 11);
    match (12 - total) % 11 {
        10 => 'X',
        digit => char::from_digit(digit, 10).unwrap_or('X'),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(typed: &str) -> Result<String, &'static str> {
        let mut faults = Faults::new();
        checked(typed, &mut faults).ok_or_else(|| faults.iter().next().unwrap().code)
    }

    #[test]
    fn an_orcid_is_known_by_its_check_character() {
        for (typed, kept) in [
            ("0000-0002-1825-0097", "0000-0002-1825-0097"),
            ("0000000218250097", "0000-0002-1825-0097"),
            ("https://orcid.org/0000-0001-5109-3700", "0000-0001-5109-3700"),
            (" 0000-0002-1694-233x ", "0000-0002-1694-233X"),
        ] {
            assert_eq!(read(typed).as_deref(), Ok(kept), "{typed}");
        }
        for (typed, fault) in [
            ("0000-0002-1825-0098", "orcid_check"),
            ("0000-0002-1825-009", "orcid_form"),
            ("0000-000X-1825-0097", "orcid_form"),
            ("", "orcid_form"),
            ("０000-0002-1825-0097", "orcid_form"),
        ] {
            assert_eq!(read(typed), Err(fault), "{typed}");
        }
    }
}
